"""The examination of rules before they are published (spec, section 3): contradictions and forbidden inputs, each with its place.

`lint(rules)` returns every problem it finds, in the order of the document; an empty list means that the rules may be published.
A place is a JSON pointer into the rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from services.evaluation.domain.forbidden_inputs import WHY, forbidden_input, same_words
from services.evaluation.events.rulebooks import Dimension, Item, PointRange, Rules, Schedule
from shared.errors import Invalid

KINDS = ("base", "bonus", "deduction")
_SHARE = re.compile(r"(0|[1-9][0-9]{0,5})/([1-9][0-9]{0,5})")
_CODE = re.compile(r"\S{1,64}")
_LARGEST = Decimal(10_000)
_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)
_LONGEST_TITLE = 200


class Problem(NamedTuple):
    """One thing wrong: its place, and the reason with what to do about it."""

    pointer: str
    detail: str


class RulesNotSound(Invalid):
    """The rules contradict themselves, or hold an input that may not feed an assessment."""

    code = "rules_not_sound"
    sentence = "These rules can't be published; each place and reason is listed under errors."


def require_sound(rules: Rules) -> None:
    """Raises RulesNotSound with every problem of `rules`; its places begin with `/rules`."""
    if problems := lint(rules):
        raise RulesNotSound(errors=[(f"/rules{problem.pointer}", problem.detail) for problem in problems])


def lint(rules: Rules) -> list[Problem]:
    """Every problem of `rules`, in the order of the document."""
    return [
        *_dimensions(rules.dimensions),
        *_items(rules.items),
        *_caps(rules),
        *_one_of("/late_entries", rules.late_entries, "next_half_year", "refused"),
        *_bands(rules),
        *_one_of("/rounding", rules.rounding, "half_up"),
        *_flags(rules),
        *_peer(rules),
        *_committee(rules),
        *_result(rules),
        *_publicity(rules),
        *_whole("/objections/answer_within_working_days", rules.objections.answer_within_working_days, 1, 250),
        *_schedule(rules.schedule),
        *_annual(rules),
        *_responsibility(rules),
    ]


def _dimensions(dimensions: tuple[Dimension, ...]) -> Iterator[Problem]:
    if not dimensions:
        yield Problem("/dimensions", "there is no dimension to score people by")
    yield from _no_two_alike("/dimensions", dimensions, "dimensions")
    for number, dimension in enumerate(dimensions):
        place = f"/dimensions/{number}"
        yield from _named(place, dimension)
        yield from _score(f"{place}/max", dimension.max, Decimal(0), _HUNDRED, above=True)
    whole = sum((dimension.max for dimension in dimensions if _is_small(dimension.max)), Decimal(0))
    if dimensions and whole != _HUNDRED:
        yield Problem("/dimensions", f"the maxima add up to {whole:f}; they must add up to 100")


def _items(items: tuple[Item, ...]) -> Iterator[Problem]:
    yield from _no_two_alike("/items", items, "items for the same deed")
    for number, item in enumerate(items):
        place = f"/items/{number}"
        yield from _named(place, item)
        yield from _one_of(f"{place}/kind", item.kind, *KINDS)
        if isinstance(item.points, PointRange):
            yield from _range(place, item.points)
        else:
            yield from _score(f"{place}/points", item.points, Decimal(0), _LARGEST, above=True)
        yield from _score(f"{place}/cap", item.cap, Decimal(0), _LARGEST, above=True)


def _range(place: str, points: PointRange) -> Iterator[Problem]:
    yield from _score(f"{place}/points/from", points.least, Decimal(0), _LARGEST, above=True)
    yield from _score(f"{place}/points/to", points.most, Decimal(0), _LARGEST, above=True)
    if points.least > points.most:
        yield Problem(f"{place}/points", "the range is reversed: `from` is above `to`")


def _named(place: str, thing: Dimension | Item) -> Iterator[Problem]:
    if not _CODE.fullmatch(thing.code):
        yield Problem(f"{place}/code", "a code is 1 to 64 characters without spaces")
    if not thing.title.strip() or len(thing.title) > _LONGEST_TITLE:
        yield Problem(f"{place}/title", "a title is 1 to 200 characters")
    if what := forbidden_input(thing.code, thing.title):
        why = WHY.get(what, "national rules against formalism forbid it")
        yield Problem(place, f"{what} may not feed an assessment: {why}; remove this")


def _no_two_alike(place: str, things: tuple[Dimension, ...] | tuple[Item, ...], what: str) -> Iterator[Problem]:
    for field in ("code", "title"):
        first: dict[str, int] = {}
        for number, thing in enumerate(things):
            words = same_words(getattr(thing, field)) or getattr(thing, field)
            if words in first:
                yield Problem(f"{place}/{number}/{field}", f"two {what}: the same {field} stands at {place}/{first[words]}")
            first.setdefault(words, number)


def _caps(rules: Rules) -> Iterator[Problem]:
    yield from _score("/caps/base", rules.caps.base, Decimal(0), _HUNDRED)
    yield from _score("/caps/bonus", rules.caps.bonus, Decimal(0), _HUNDRED)


def _bands(rules: Rules) -> Iterator[Problem]:
    bands = rules.bands
    if not bands:
        yield Problem("/bands", "there is no band: no score would give any stars")
        return
    for number, band in enumerate(bands):
        yield from _score(f"/bands/{number}/from", band.least, Decimal(0), _HUNDRED)
        yield from _whole(f"/bands/{number}/stars", band.stars, 0, 10)
        if _is_small(band.least) and band.least != band.least.to_integral_value():
            yield Problem(f"/bands/{number}/from", "scores are rounded to whole points before banding; begin at a whole point")
    for number, (above, below) in enumerate(pairwise(bands), start=1):
        if below.least >= above.least:
            yield Problem(f"/bands/{number}/from", "this band overlaps the one before it: bands descend, each `from` below the last")
        if below.stars > above.stars:
            yield Problem(f"/bands/{number}/stars", "a lower band gives more stars than the one above it")
    if bands[-1].least != 0:
        yield Problem(f"/bands/{len(bands) - 1}/from", f"a gap: scores below {bands[-1].least:f} fall into no band; end with a band from 0")


def _flags(rules: Rules) -> Iterator[Problem]:
    yield from _whole("/flags/stars_per_flag", rules.flags.stars_per_flag, 1, 100)
    yield from _one_of("/flags/accrual", rules.flags.accrual, "year", "half_year", "lifetime")


def _peer(rules: Rules) -> Iterator[Problem]:
    peer = rules.peer
    yield from _one_of("/peer/scope", peer.scope, "branch", "group")
    yield from _one_of("/peer/aggregate", peer.aggregate, "trimmed_mean", "mean", "median")
    yield from _whole("/peer/trim_from", peer.trim_from, 3, 1000, "dropping the highest and the lowest of fewer than 3 leaves nothing")
    yield from _share("/peer/quorum", peer.quorum)
    yield from _whole("/peer/minimum_shown", peer.minimum_shown, 3, 1000, "fewer than 3 would show single scores")
    yield from _whole("/peer/smallest_group", peer.smallest_group, 2, 1000, "who is alone in its group has nobody to score")


def _committee(rules: Rules) -> Iterator[Problem]:
    committee = rules.committee
    yield from _one_of("/committee/mode", committee.mode, "agreed", "mean")
    yield from _score("/committee/deviation_limit", committee.deviation_limit, Decimal(0), _HUNDRED)
    yield from _whole("/committee/minimum_members", committee.minimum_members, 1, 100)


def _result(rules: Rules) -> Iterator[Problem]:
    yield from _one_of("/result/formula", rules.result.formula, "committee", "weighted")
    weights = rules.result.weights
    parts = {"points": weights.points, "peer": weights.peer, "committee": weights.committee}
    for name, weight in parts.items():
        yield from _score(f"/result/weights/{name}", weight, Decimal(0), Decimal(1))
    whole = sum((weight for weight in parts.values() if _is_small(weight)), Decimal(0))
    if whole != 1:
        yield Problem("/result/weights", f"the weights add up to {whole:f}; they must add up to 1")
    if weights.points == weights.peer == 0:
        yield Problem("/result/weights", "points and peer both weigh nothing: the reference score rests on them; give one a weight")


def _publicity(rules: Rules) -> Iterator[Problem]:
    publicity, schedule = rules.publicity, rules.schedule
    yield from _whole("/publicity/working_days", publicity.working_days, 0, 250)
    yield from _share("/publicity/readable_share_of_day", publicity.readable_share_of_day)
    if 0 <= schedule.published_by <= schedule.confirmed_by < schedule.published_by + publicity.working_days:
        yield Problem("/publicity/working_days", "the period does not fit between published_by and confirmed_by of the schedule")


def _schedule(schedule: Schedule) -> Iterator[Problem]:
    steps = ("opened_by", "peer_closed_by", "committee_by", "published_by", "confirmed_by", "annual_by")
    for step in steps:
        yield from _whole(f"/schedule/{step}", getattr(schedule, step), 0, 3660)
    for earlier, later in pairwise(steps):
        if getattr(schedule, later) < getattr(schedule, earlier):
            yield Problem(f"/schedule/{later}", f"this step is due before {earlier}, which comes first")


def _annual(rules: Rules) -> Iterator[Problem]:
    for name in ("excellent_share", "attendance", "majority"):
        yield from _share(f"/annual/{name}", getattr(rules.annual, name))


def _responsibility(rules: Rules) -> Iterator[Problem]:
    yield from _score("/responsibility/start", rules.responsibility.start, Decimal(0), _LARGEST, above=True)
    for name in ("poor_implementation", "falsification", "unfair_selection", "late_disclosure"):
        amount = getattr(rules.responsibility.deductions, name)
        yield from _score(f"/responsibility/deductions/{name}", amount, Decimal(0), _LARGEST)


def _one_of(pointer: str, value: str, *known: str) -> Iterator[Problem]:
    if value not in known:
        yield Problem(pointer, f"not known; one of: {', '.join(known)}")


def _whole(pointer: str, value: int, least: int, most: int, why: str = "") -> Iterator[Problem]:
    if not least <= value <= most:
        yield Problem(pointer, f"must be a whole number from {least} to {most}" + (f": {why}" if why else ""))


def _share(pointer: str, text: str) -> Iterator[Problem]:
    if not (match := _SHARE.fullmatch(text)):
        yield Problem(pointer, 'not a share; write an exact fraction such as "1/3"')
    elif not 0 < Fraction(int(match[1]), int(match[2])) <= 1:
        yield Problem(pointer, "a share is above 0 and at most 1")


def _score(pointer: str, value: Decimal, least: Decimal, most: Decimal, *, above: bool = False) -> Iterator[Problem]:
    if not _is_small(value) or not least <= value <= most or (above and value == least):
        yield Problem(pointer, f"must be {'above' if above else 'from'} {least:f} {'and at most' if above else 'to'} {most:f}")
    elif value != value.quantize(_CENT):
        yield Problem(pointer, "has more than two decimals")


def _is_small(value: Decimal) -> bool:
    return value.is_finite() and abs(value) <= _LARGEST

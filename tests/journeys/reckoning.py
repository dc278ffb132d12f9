"""An independent reckoning of the 341 method, written from the spec alone (`spec/method-341.md`).

It imports nothing of the product and nothing beyond the standard library. It takes what people put in (entries, ballots, committee
scores, corrections) and says what must come out: points, peer scores, references, results, stars, flags and publicity days. All sums
are exact fractions until the very end; `shown` rounds half up to two places, `whole` half up to a whole point.

The order of happenings is given by `at`: any counter that grows with each recorded input.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

SMALLEST_GROUP = 6
"""A Party group with fewer members does not score by itself (section 6)."""

Rules = Mapping[str, Any]
"""The rules of one version of the rulebook, as a rulebook is written (section 3)."""


@dataclass(kw_only=True)
class Entry:
    """One point entry as it was asked for. `points` only where the item has a range; `reversed_at` once it is reversed."""

    id: str
    member: str
    item: str
    occurred_on: date
    at: int
    points: Decimal | None = None
    reversed_at: int | None = None


@dataclass(kw_only=True)
class Committee:
    """What the committee (or the town) gave one member: one score, or one by each of its members."""

    score: Decimal | None = None
    by: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(kw_only=True)
class Review:
    """What was put into one branch's review of one half-year.

    `eligible` is the electorate with each member's group. `ballots` stand in the order of casting: (rater, scores), the scores by
    rated member and dimension. `results_at` is when the results were published, `corrected` what an upheld objection or a
    confirmed correction made of a result; `corrected_late`: by a correction after confirmation.
    """

    id: str
    period: str
    eligible: dict[str, str | None]
    branch: str = ""
    excused: set[str] = field(default_factory=set)
    excused_later: set[str] = field(default_factory=set)
    ballots: list[tuple[str, Mapping[str, Mapping[str, Decimal]]]] = field(default_factory=list)
    closed_at: int | None = None
    without_quorum: bool = False
    committee: dict[str, Committee] = field(default_factory=dict)
    results_at: int | None = None
    corrected: dict[str, Decimal] = field(default_factory=dict)
    corrected_late: bool = False
    confirmed: bool = False
    annulled_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class Points:
    """Points of one member and half-year (section 5): each kind after the caps of its items and before its own cap; the whole."""

    base: Fraction
    bonus: Fraction
    deductions: Fraction
    total: Fraction


@dataclass(frozen=True, kw_only=True)
class Result:
    """All figures of one rated member, unrounded; None where a part is absent."""

    points: Fraction
    peer: Fraction | None
    peer_scores: int
    reference: Fraction | None
    committee: Fraction | None
    result: Fraction | None
    stars: int | None


@dataclass(kw_only=True)
class Books:
    """Everything that was put in: the rules of each half-year, all entries, all reviews."""

    rules: dict[str, Rules]
    entries: list[Entry] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)


def half_year_of(day: date) -> str:
    """`2026-H1` for January to June, `2026-H2` for July to December."""
    return f"{day.year}-H{1 if day.month <= 6 else 2}"


def next_half_year(period: str) -> str:
    """The half-year after `period`."""
    year, half = int(period[:4]), period[-1]
    return f"{year}-H2" if half == "1" else f"{year + 1}-H1"


# Points (section 5)


def period_of(books: Books, entry: Entry) -> str:
    """Where an entry counts: in the half-year of its deed, else in the next one whose peer review is not closed for the member."""
    period = half_year_of(entry.occurred_on)
    while any(_is_closed_for(review, entry, period) for review in books.reviews):
        period = next_half_year(period)
    return period


def _is_closed_for(review: Review, entry: Entry, period: str) -> bool:
    concerns = review.period == period and entry.member in review.eligible and entry.member not in review.excused
    was_closed = review.closed_at is not None and review.closed_at < entry.at
    was_annulled = review.annulled_at is not None and review.annulled_at < entry.at
    return concerns and was_closed and not was_annulled


def points_of(books: Books, member: str, period: str, until: int | None = None) -> Points:
    """min(base, cap) + min(bonus, cap) - deductions, within 0 and 100, each item's cap first; as the books stood at `until`."""
    rules = books.rules[period]
    items = {item["code"]: item for item in rules["items"]}
    by_item: dict[str, Fraction] = defaultdict(Fraction)
    for entry in books.entries:
        is_recorded = until is None or entry.at < until
        is_reversed = entry.reversed_at is not None and (until is None or entry.reversed_at < until)
        if entry.member == member and is_recorded and not is_reversed and period_of(books, entry) == period:
            worth = entry.points if entry.points is not None else items[entry.item]["points"]
            by_item[entry.item] += exact(worth)
    kinds: dict[str, Fraction] = defaultdict(Fraction)
    for code, worth in by_item.items():
        kinds[items[code]["kind"]] += min(worth, exact(items[code]["cap"]))
    base = min(kinds["base"], exact(rules["caps"]["base"]))
    bonus = min(kinds["bonus"], exact(rules["caps"]["bonus"]))
    total = min(max(base + bonus - kinds["deduction"], Fraction(0)), Fraction(100))
    return Points(base=kinds["base"], bonus=kinds["bonus"], deductions=kinds["deduction"], total=total)


# Peer review (section 6)


def rated_members(review: Review) -> set[str]:
    """Who is rated at the end: the electorate without those excused, at the opening or later."""
    return set(review.eligible) - review.excused - review.excused_later


def sheet_of(review: Review, rater: str, scope: str) -> set[str]:
    """Whom `rater` scores: every other rated member of the branch, or, under scope `group`, of those it scores with."""
    voting = {member: group for member, group in review.eligible.items() if member not in review.excused}
    together = set(voting) if scope == "branch" else _scoring_together(voting, rater)
    return together - {rater} - review.excused_later


def _scoring_together(voting: Mapping[str, str | None], rater: str) -> set[str]:
    groups: dict[str, set[str]] = defaultdict(set)
    for member, group in voting.items():
        if group is not None:
            groups[group].add(member)
    large = [members for members in groups.values() if len(members) >= SMALLEST_GROUP]
    others = set(voting) - set().union(*large)
    if others and len(others) < SMALLEST_GROUP:
        return set(voting)
    return next((members for members in large if rater in members), others)


def peer_sums(review: Review, rules: Rules) -> dict[str, list[Fraction]]:
    """For each rated member the sums of the five dimensions it got, from each rater's newest ballot."""
    newest = dict(review.ballots)
    sums: dict[str, list[Fraction]] = {member: [] for member in rated_members(review)}
    codes = [dimension["code"] for dimension in rules["dimensions"]]
    for ballot in newest.values():
        for ratee in ballot.keys() & sums.keys():
            sums[ratee].append(sum((exact(ballot[ratee][code]) for code in codes), Fraction(0)))
    return sums


def aggregate(sums: Sequence[Fraction], peer: Mapping[str, Any]) -> Fraction | None:
    """The mean, the median, or the mean without one highest and one lowest where there are enough scores; unrounded."""
    ordered = sorted(sums)
    if not ordered:
        return None
    if peer["aggregate"] == "median":
        middle = len(ordered) // 2
        ordered = ordered[middle : middle + 1] if len(ordered) % 2 else ordered[middle - 1 : middle + 1]
    elif peer["aggregate"] == "trimmed_mean" and len(ordered) >= peer["trim_from"]:
        ordered = ordered[1:-1]
    return sum(ordered, Fraction(0)) / len(ordered)


def has_quorum(review: Review, rules: Rules) -> bool:
    """Whether enough of those who may vote have cast a ballot."""
    may_vote = len(review.eligible.keys() - review.excused)
    return len({rater for rater, _ in review.ballots}) >= Fraction(rules["peer"]["quorum"]) * may_vote


# Results (section 6)


def results_of(books: Books, review: Review) -> dict[str, Result]:
    """Every figure of every rated member of one review."""
    rules = books.rules[review.period]
    sums = peer_sums(review, rules)
    return {member: _result_of(books, review, member, sums[member]) for member in rated_members(review)}


def _result_of(books: Books, review: Review, member: str, sums: Sequence[Fraction]) -> Result:
    rules = books.rules[review.period]
    points = points_of(books, member, review.period, review.results_at).total
    peer = aggregate(sums, rules["peer"])
    if review.without_quorum or len(sums) < rules["peer"]["minimum_shown"]:
        peer = None
    committee = committee_score(review.committee.get(member))
    result = combined(rules["result"], points, peer, committee)
    if member in review.corrected:
        result = exact(review.corrected[member])
    return Result(
        points=points,
        peer=peer,
        peer_scores=len(sums),
        reference=reference(rules["result"]["weights"], points, peer),
        committee=committee,
        result=result,
        stars=None if result is None else stars(rules["bands"], result),
    )


def committee_score(given: Committee | None) -> Fraction | None:
    """The deliberated score, or the mean of its members' scores."""
    if given is None:
        return None
    if given.score is not None:
        return exact(given.score)
    return sum((exact(score) for score in given.by.values()), Fraction(0)) / len(given.by)


def reference(weights: Mapping[str, Any], points: Fraction, peer: Fraction | None) -> Fraction | None:
    """Points and peers by their weights, scaled to one; absent where one of them is."""
    return None if peer is None else _weighted([(weights["points"], points), (weights["peer"], peer)])


def combined(result: Mapping[str, Any], points: Fraction, peer: Fraction | None, committee: Fraction | None) -> Fraction | None:
    """The committee's score, or the weighted parts that are there; nothing without the committee's part."""
    if committee is None or result["formula"] == "committee":
        return committee
    parts = {"points": points, "peer": peer, "committee": committee}
    return _weighted([(result["weights"][name], part) for name, part in parts.items() if part is not None])


def _weighted(parts: Sequence[tuple[Any, Fraction]]) -> Fraction | None:
    whole = sum((exact(weight) for weight, _ in parts), Fraction(0))
    return sum((exact(weight) * part for weight, part in parts), Fraction(0)) / whole if whole else None


def stars(bands: Iterable[Mapping[str, Any]], score: Fraction) -> int:
    """The stars of the band in which the score lies, once it is rounded half up to a whole point."""
    rounded = whole(score)
    band = max((band for band in bands if exact(band["from"]) <= rounded), key=lambda band: exact(band["from"]))
    return int(band["stars"])


# Flags (sections 3 and 6)


def flags(rule: Mapping[str, Any], by_period: Mapping[str, int]) -> int:
    """Flags of the stars of confirmed half-years, under the accrual of the rulebook."""
    per_flag = int(rule["stars_per_flag"])
    match rule["accrual"]:
        case "year":
            return sum(total // per_flag for total in stars_by_year(by_period).values())
        case "half_year":
            return sum(count // per_flag for count in by_period.values())
        case "lifetime":
            return sum(by_period.values()) // per_flag
    raise ValueError(rule["accrual"])


def stars_by_year(by_period: Mapping[str, int]) -> dict[str, int]:
    """Stars belong to the year of their half-year, whenever they were confirmed."""
    years: dict[str, int] = defaultdict(int)
    for period, count in by_period.items():
        years[period[:4]] += count
    return dict(years)


def confirmed_stars(books: Books, member: str) -> dict[str, int]:
    """The stars of a member by half-year; they count from confirmation."""
    counted = [review for review in books.reviews if review.confirmed and review.annulled_at is None]
    found = {review.period: results_of(books, review).get(member) for review in counted if member in rated_members(review)}
    return {period: result.stars for period, result in found.items() if result is not None and result.stars is not None}


# Publicity (section 6)


def publicity_ends_on(first_readable: date, working_days: int, is_working: Callable[[date], bool]) -> date:
    """The last day of a publicity period: the day on which the notice could first be read is not counted."""
    days = (day for day in _days_after(first_readable) if is_working(day))
    return [next(days) for _ in range(working_days)][-1]


def _days_after(day: date) -> Iterator[date]:
    while True:
        day += timedelta(days=1)
        yield day


# Arithmetic


def exact(number: Decimal | float | str) -> Fraction:
    """A JSON number as the fraction that its digits say."""
    return Fraction(str(number))


def whole(score: Fraction) -> int:
    """Rounded half up to a whole point."""
    return floor(score + Fraction(1, 2))


def shown(score: Fraction | None) -> Decimal | None:
    """Rounded half up to two places, as pages and answers show it."""
    return None if score is None else Decimal(floor(score * 100 + Fraction(1, 2))) / 100

"""A past half-year once more under other rules (spec, section 3): whose stars would change, and why.

What people did stays as it was: entries, ballots, the committee's scores, corrections. What rules make of it is computed anew: what an
entry is worth, its caps, the peers' aggregate and quorum, the result, its band. Where the draft asks for something that was never asked
(other dimensions, other circles), the ballots stay as they are and a note says so. An aggregate that the review's own rules kept from
everybody stays unseen under any draft.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import msgspec

from services.evaluation.domain.ballots import OpenedBallot, has_quorum, sums_by_member
from services.evaluation.domain.committee import GivenScore
from services.evaluation.domain.points import ZERO, Entry, Ledger
from services.evaluation.domain.results import peer_of
from services.evaluation.domain.reviews import Review
from services.evaluation.domain.scoring import band_of, peer_score, result_score, shown
from services.evaluation.domain.totals import total
from services.evaluation.events.results import Result
from services.evaluation.events.rulebooks import Item, PointRange, Rules
from shared.calendar import HalfYear
from shared.errors import Invalid


class HalfYearNotPast(Invalid):
    """Rules are tried out on a half-year that is over."""

    code = "half_year_not_past"
    sentence = "This half-year is not over; name a past one, whose results are there."


@dataclass(frozen=True)
class Made:
    """What rules make of a member: its points, peer part and result (rounded to two places; None where absent), and its stars."""

    points: Decimal
    peer: Decimal | None
    score: Decimal | None
    stars: int | None


@dataclass(frozen=True)
class Changed:
    """A member whose stars would be others. `reasons`: which parts differ, in the order of the way to the stars."""

    member_id: str
    branch_id: str
    review_id: str
    was: Made
    would_be: Made
    reasons: tuple[str, ...]


def require_past(period: HalfYear, ended_before: HalfYear) -> None:
    """Raises HalfYearNotPast unless `period` lies before the present half-year."""
    if period >= ended_before:
        raise HalfYearNotPast(errors=[("/period", HalfYearNotPast.sentence)])


def simulate(
    review: Review,
    ledgers: Mapping[str, Ledger],
    scores: Mapping[str, GivenScore],
    ballots: Sequence[OpenedBallot] | None,
    draft: Rules,
) -> Iterator[Changed]:
    """The members of a published review whose stars would be others under `draft`.

    `ledgers`: as far as they were read for the results. `ballots`: those that were counted; None where they can't be opened any more.
    """
    peers = _peers(review, ballots, draft)
    for member_id, stands in review.results.items():
        was = _as_it_was(review, member_id, stands)
        points = total(revalued(ledgers[member_id], draft), draft).total
        would_be = _under(points, scores[member_id].score, peers[member_id], _decided(review, member_id), draft)
        if was.stars != would_be.stars:
            reasons = tuple(_reasons(review, was, would_be, draft))
            yield Changed(member_id, review.opening.branch_id, review.id, was, would_be, reasons)


def notes_of(review: Review, ballots: Sequence[OpenedBallot] | None, draft: Rules) -> list[str]:
    """What can't be tried out on this review: `dimensions`, `scope`, `ballots_erased`, `committee_mode`."""
    rules = review.rules
    differing = {
        "dimensions": [(one.code, one.max) for one in rules.dimensions] != [(one.code, one.max) for one in draft.dimensions],
        "scope": (rules.peer.scope, rules.peer.smallest_group) != (draft.peer.scope, draft.peer.smallest_group),
        "committee_mode": rules.committee.mode != draft.committee.mode,
        "ballots_erased": ballots is None,
    }
    return [note for note, differs in differing.items() if differs]


def _as_it_was(review: Review, member_id: str, stands: Result) -> Made:
    peer = peer_of(review, member_id)
    return Made(review.basis[member_id].points, None if peer is None else shown(peer), stands.result, stands.stars)


def _under(points: Decimal, committee: Fraction, peer: Fraction | None, decided: Result | None, draft: Rules) -> Made:
    exact = result_score(draft.result, Fraction(points), peer, committee)
    if decided is not None:
        exact = None if decided.result is None else Fraction(decided.result)
    seen = None if peer is None else shown(peer)
    if exact is None:
        return Made(points, seen, None, None)
    return Made(points, seen, shown(exact), band_of(exact, draft.bands).stars)


def _decided(review: Review, member_id: str) -> Result | None:
    """A corrected result: what people decided stays, only its band is looked up anew."""
    is_corrected = any(one.fact.member_id == member_id for one in review.corrections)
    return review.results[member_id] if is_corrected else None


# Entries


def revalued(ledger: Ledger, draft: Rules) -> Ledger:
    """The ledger as if its deeds had been recorded under `draft`: what has no item there counts nothing."""
    items = {item.code: item for item in draft.items}
    return Ledger({entry_id: _revalued(entry, items.get(entry.fact.item)) for entry_id, entry in ledger.entries.items()})


def _revalued(entry: Entry, item: Item | None) -> Entry:
    fact = entry.fact
    if item is None:
        return replace(entry, fact=msgspec.structs.replace(fact, points=ZERO))
    worth = _held_within(fact.points, item.points) if isinstance(item.points, PointRange) else item.points
    return replace(entry, fact=msgspec.structs.replace(fact, kind=item.kind, points=worth, cap=item.cap))


def _held_within(points: Decimal, allowed: PointRange) -> Decimal:
    return min(allowed.most, max(allowed.least, points))


# Ballots


def _peers(review: Review, ballots: Sequence[OpenedBallot] | None, draft: Rules) -> dict[str, Fraction | None]:
    if ballots is None or review.peer is None:
        return {member: peer_of(review, member) for member in review.results}
    if not has_quorum(len(ballots), review.peer.may_vote, draft.peer.quorum):
        return dict.fromkeys(review.results)
    least = max(draft.peer.minimum_shown, review.rules.peer.minimum_shown)
    rule = msgspec.structs.replace(draft.peer, minimum_shown=least)
    sums = sums_by_member(review, ballots)
    return {member: peer_score(sums[member], rule) for member in review.results}


# Why


def _reasons(review: Review, was: Made, would_be: Made, draft: Rules) -> Iterator[str]:
    """Points and peers are a reason only where the result is made of them, before or under the draft."""
    results = (review.rules.result, draft.result)
    is_weighted = any(one.formula == "weighted" for one in results)
    if is_weighted and was.points != would_be.points and any(one.weights.points for one in results):
        yield "points"
    if is_weighted and was.peer != would_be.peer and any(one.weights.peer for one in results):
        yield "peer"
    if results[0] != results[1] and was.score != would_be.score:
        yield "result"
    if review.rules.bands != draft.bands and would_be.score is not None and _stars(would_be, review.rules) != _stars(would_be, draft):
        yield "bands"


def _stars(made: Made, rules: Rules) -> int:
    return band_of(Fraction(made.score or 0), rules.bands).stars

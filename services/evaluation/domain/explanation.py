"""Why a result is what it is (spec, sections 6, 8 and 11): every entry, aggregate and rule, computed anew from the events alone.

Nothing here is read from a view. Shares are exact fractions in text; `shown` is rounded half up to two places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from services.evaluation.domain.committee import GivenScore
from services.evaluation.domain.points import Entry, Ledger
from services.evaluation.domain.results import peer_of
from services.evaluation.domain.reviews import Corrected, Phase, Review, Step
from services.evaluation.domain.rulebooks import RulesInForce
from services.evaluation.domain.scoring import band_of, is_trimmed, reference_score, result_score, rounded, shown
from services.evaluation.domain.totals import total


@dataclass(frozen=True)
class ExplainedEntry:
    """One entry of the ledger: what it was worth, what it counted under the caps, and who recorded it."""

    id: str
    item: str
    title: str
    kind: str
    occurred_on: date
    points: Decimal
    counted: Decimal
    cap: Decimal
    is_reversed: bool
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True)
class ExplainedPoints:
    """min(base, cap) + min(bonus, cap) - deductions, held within 0 and 100."""

    base: Decimal
    bonus: Decimal
    deductions: Decimal
    total: Decimal
    caps: dict[str, Decimal]
    entries: tuple[ExplainedEntry, ...]


@dataclass(frozen=True)
class ExplainedPeer:
    """How `scores` scores became one. `absent` says why there is none: `not_closed`, `no_quorum`, `too_few_scores`."""

    score: str | None
    shown: Decimal | None
    scores: int
    aggregate: str
    highest_and_lowest_dropped: bool
    minimum_shown: int
    absent: str | None


@dataclass(frozen=True)
class ExplainedReference:
    """Points and peers by their weights, scaled to one; absent where the peer part is."""

    score: str | None
    shown: Decimal | None
    weights: dict[str, Decimal]


@dataclass(frozen=True)
class ExplainedCommittee:
    """The committee's score: who gave it, who was recused, how far it lies from the reference, and the reason.

    `went_up`: the town scored because too few of the team were left, as `recused` of the whole team shows. `reason` is the id of a text:
    who shows the explanation reads it.
    """

    score: str
    shown: Decimal
    mode: str
    by: dict[str, Decimal]
    by_town: bool
    attendees: tuple[str, ...]
    other_attendees: int
    recused: tuple[str, ...]
    went_up: bool
    deviation: Decimal | None
    deviation_limit: Decimal
    reason: str | None
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True)
class ExplainedResult:
    """From the parts to the stars. `agrees` says that the result which was published first is the one that is computed here."""

    formula: str
    weights: dict[str, Decimal]
    score: str | None
    shown: Decimal | None
    rounded: int | None
    band_from: Decimal | None
    stars: int | None
    agrees: bool


@dataclass(frozen=True)
class ExplainedCorrection:
    """The result was corrected: from what to what, because of which objection or finding, by whom. `reason` is the id of a text."""

    from_score: Decimal | None
    from_stars: int | None
    to_score: Decimal | None
    to_stars: int | None
    objection_id: str | None
    finding_id: str | None
    reason: str | None
    proposed_by: str | None
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True)
class Explanation:
    """The way from entries, ballots and scores to a member's stars; parts that are not there yet are None.

    `counts`: the review is confirmed, so the stars count.
    """

    member_id: str
    period: str
    rulebook_id: str
    version: int
    points: ExplainedPoints
    review_id: str | None = None
    branch_id: str | None = None
    phase: str | None = None
    counts: bool = False
    without_peer_quorum: bool = False
    peer: ExplainedPeer | None = None
    reference: ExplainedReference | None = None
    committee: ExplainedCommittee | None = None
    result: ExplainedResult | None = None
    steps: tuple[Step, ...] = ()
    corrections: tuple[ExplainedCorrection, ...] = ()


def explain_points_alone(member_id: str, period: str, ledger: Ledger, in_force: RulesInForce) -> Explanation:
    """What there is to say of a member that stands in no review of the half-year: its points."""
    return Explanation(member_id, period, in_force.rulebook_id, in_force.version, _points(ledger, in_force))


def explain(review: Review, member_id: str, ledger: Ledger, scores: Mapping[str, GivenScore]) -> Explanation:
    """The explanation of a rated member's result. `ledger` is its ledger as far as it was read for the result.

    Nothing of the committee's is told before the results are published.
    """
    opening = review.opening
    points = _points(ledger, RulesInForce(opening.rulebook_id, opening.version, review.rules))
    given = scores.get(member_id) if review.results else None
    return Explanation(
        member_id=member_id,
        period=opening.period,
        rulebook_id=opening.rulebook_id,
        version=opening.version,
        points=points,
        review_id=review.id,
        branch_id=opening.branch_id,
        phase=review.phase.value,
        counts=review.phase == Phase.CONFIRMED,
        without_peer_quorum=review.is_without_peer_quorum,
        peer=_peer(review, member_id),
        reference=_reference(review, member_id, points.total),
        committee=_committee(review, member_id, given, points.total) if given else None,
        result=_result(review, member_id, points.total, given) if given else None,
        steps=review.steps,
        corrections=tuple(_correction(one) for one in review.corrections if one.fact.member_id == member_id),
    )


def _correction(one: Corrected) -> ExplainedCorrection:
    fact = one.fact
    (stands,) = [result for result in fact.results if result.member_id == fact.member_id]
    return ExplainedCorrection(
        from_score=fact.was.result,
        from_stars=fact.was.stars,
        to_score=stands.result,
        to_stars=stands.stars,
        objection_id=fact.cause.objection_id,
        finding_id=fact.cause.finding_id,
        reason=fact.reason.id,
        proposed_by=fact.proposed_by,
        recorded_by=fact.recorded_by,
        recorded_at=one.at,
    )


def _points(ledger: Ledger, in_force: RulesInForce) -> ExplainedPoints:
    caps, added = in_force.rules.caps, total(ledger, in_force.rules)
    titles = {item.code: item.title for item in in_force.rules.items}
    entries = tuple(_entry(entry, added.counted[entry_id], titles) for entry_id, entry in ledger.entries.items())
    return ExplainedPoints(added.base, added.bonus, added.deductions, added.total, {"base": caps.base, "bonus": caps.bonus}, entries)


def _entry(entry: Entry, counted: Decimal, titles: Mapping[str, str]) -> ExplainedEntry:
    fact = entry.fact
    return ExplainedEntry(
        id=fact.entry_id,
        item=fact.item,
        title=titles.get(fact.item, fact.item),
        kind=fact.kind,
        occurred_on=fact.occurred_on,
        points=fact.points,
        cap=fact.cap,
        counted=counted,
        is_reversed=not entry.counts,
        recorded_at=entry.recorded.recorded_at,
        recorded_by=fact.recorded_by,
    )


def _peer(review: Review, member_id: str) -> ExplainedPeer:
    peer, rule = peer_of(review, member_id), review.rules.peer
    count = review.peer_scores[member_id].scores if member_id in review.peer_scores else 0
    return ExplainedPeer(
        score=_text(peer),
        shown=_shown(peer),
        scores=count,
        aggregate=rule.aggregate,
        highest_and_lowest_dropped=peer is not None and is_trimmed(count, rule),
        minimum_shown=rule.minimum_shown,
        absent=None if peer is not None else _why_absent(review),
    )


def _why_absent(review: Review) -> str:
    if review.peer is None:
        return "not_closed"
    return "no_quorum" if review.is_without_peer_quorum else "too_few_scores"


def _reference(review: Review, member_id: str, points: Decimal) -> ExplainedReference:
    weights = review.rules.result.weights
    reference = reference_score(Fraction(points), peer_of(review, member_id), weights)
    return ExplainedReference(_text(reference), _shown(reference), {"points": weights.points, "peer": weights.peer})


def _committee(review: Review, member_id: str, given: GivenScore, points: Decimal) -> ExplainedCommittee:
    reference = reference_score(Fraction(points), peer_of(review, member_id), review.rules.result.weights)
    return ExplainedCommittee(
        score=str(given.score),
        shown=shown(given.score),
        mode=review.rules.committee.mode,
        by=given.given.by,
        by_town=given.by_town,
        attendees=given.attendees,
        other_attendees=given.other_attendees,
        recused=given.given.recused,
        went_up=given.by_town and _left(review, given) < review.rules.committee.minimum_members,
        deviation=None if reference is None else shown(abs(given.score - reference)),
        deviation_limit=review.rules.committee.deviation_limit,
        reason=given.given.reason.id if given.given.reason else None,
        recorded_by=given.recorded_by,
        recorded_at=given.recorded_at,
    )


def _left(review: Review, given: GivenScore) -> int:
    return len(set(review.opening.committee).difference(given.given.recused))


def _result(review: Review, member_id: str, points: Decimal, given: GivenScore) -> ExplainedResult:
    rule = review.rules.result
    exact = result_score(rule, Fraction(points), peer_of(review, member_id), given.score)
    band = None if exact is None else band_of(exact, review.rules.bands)
    stars = None if band is None else band.stars
    published = review.published[member_id]
    return ExplainedResult(
        formula=rule.formula,
        weights={"points": rule.weights.points, "peer": rule.weights.peer, "committee": rule.weights.committee},
        score=_text(exact),
        shown=_shown(exact),
        rounded=None if exact is None else rounded(exact),
        band_from=None if band is None else band.least,
        stars=stars,
        agrees=(published.result, published.stars) == (_shown(exact), stars),
    )


def _text(share: Fraction | None) -> str | None:
    return None if share is None else str(share)


def _shown(share: Fraction | None) -> Decimal | None:
    return None if share is None else shown(share)

"""The committee sheet: all that the team looks at when it scores (spec, section 6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pydantic import BaseModel

from services.evaluation.api.self_reviews import SelfReviewAnswer
from services.evaluation.commands.committee import load_scores
from services.evaluation.commands.points import load_ledger
from services.evaluation.commands.self_reviews import read_self_review
from services.evaluation.domain.committee import GivenScore, Scores, recused_from
from services.evaluation.domain.results import peer_of, reference_of
from services.evaluation.domain.reviews import Review
from services.evaluation.domain.scoring import shown
from services.evaluation.domain.self_reviews import NoSelfReview
from services.evaluation.domain.totals import total
from services.evaluation.projections.pledges import PLEDGES
from shared.web import Doorway


class PointsOnSheet(BaseModel):
    """Points of the half-year as they stand."""

    base: float
    bonus: float
    deductions: float
    total: float


class PledgeOnSheet(BaseModel):
    """A pledge of the half-year and what came of it."""

    pledge_id: str
    theme: str
    action: str | None
    target: str | None
    due_on: date
    state: str
    outcome: str | None


class ScoreOnSheet(BaseModel):
    """The score that was put so far."""

    score: float
    by: dict[str, float]
    by_town: bool
    recused: list[str]
    reason: str | None


class RowAnswer(BaseModel):
    """One rated member. `recused`: who of the team takes no part; `up_to_town`: too few are left (null: the roster is away)."""

    member_id: str
    points: PointsOnSheet
    peer: float | None
    peer_scores: int
    reference: float | None
    pledges: list[PledgeOnSheet]
    self_review: SelfReviewAnswer | None
    recused: list[str] | None
    up_to_town: bool | None
    committee: ScoreOnSheet | None


class SheetAnswer(BaseModel):
    """The sheet, and the rules that go with it."""

    mode: str
    deviation_limit: float
    minimum_members: int
    committee: list[str]
    items: list[RowAnswer]


@dataclass(frozen=True)
class _Beside:
    """What is looked at beside the log: the scores put so far, pledges by member, and whom each of the team has named as kin."""

    scores: Scores
    pledges: Mapping[str, list[dict[str, Any]]]
    kin: Mapping[str, Collection[str]] | None


async def committee_sheet(door: Doorway, review: Review, kin: Mapping[str, Collection[str]] | None) -> dict[str, Any]:
    """The whole sheet. `kin`: whom each of the team has named as spouse or kin; None where nobody could say."""
    rule = review.rules.committee
    beside = _Beside((await load_scores(door.log, review.id)).state, await _pledges(door, review), kin)
    return {
        "mode": rule.mode,
        "deviation_limit": rule.deviation_limit,
        "minimum_members": rule.minimum_members,
        "committee": review.opening.committee,
        "items": [await _row(door, review, member, beside) for member in review.rated],
    }


async def _row(door: Doorway, review: Review, member_id: str, beside: _Beside) -> dict[str, Any]:
    ledger = await load_ledger(door.log, member_id, review.period)
    points = total(ledger.state, review.rules)
    team = review.opening.committee
    recused = None if beside.kin is None else recused_from(member_id, team, beside.kin)
    given = beside.scores.get(member_id)
    return {
        "member_id": member_id,
        "points": {"base": points.base, "bonus": points.bonus, "deductions": points.deductions, "total": points.total},
        "peer": _shown(peer_of(review, member_id)),
        "peer_scores": review.peer_scores[member_id].scores,
        "reference": _shown(reference_of(review, member_id, points.total)),
        "pledges": beside.pledges.get(member_id, []),
        "self_review": await _self_review(door, review, member_id),
        "recused": recused,
        "up_to_town": None if recused is None else len(team) - len(recused) < review.rules.committee.minimum_members,
        "committee": None if given is None else await _given(door, given),
    }


async def _self_review(door: Doorway, review: Review, member_id: str) -> dict[str, object] | None:
    try:
        return await read_self_review(door.log, review.id, member_id)
    except NoSelfReview:
        return None


async def _given(door: Doorway, given: GivenScore) -> dict[str, Any]:
    reason = given.given.reason
    texts = await door.log.texts.read([reason.id]) if reason else {}
    return {
        "score": shown(given.score),
        "by": given.given.by,
        "by_town": given.by_town,
        "recused": given.given.recused,
        "reason": texts.get(reason.id) if reason else None,
    }


async def _pledges(door: Doorway, review: Review) -> dict[str, list[dict[str, Any]]]:
    snapshot = await door.snapshot()
    rows = [row for member in review.rated for row in await snapshot.rows(PLEDGES, member_id=member, period=review.opening.period)]
    texts = await door.log.texts.read([text for row in rows for text in (row["action"], row["target"])])
    pledges: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        shown_row = {name: row[name] for name in ("pledge_id", "theme", "due_on", "state", "outcome")}
        shown_row |= {"action": texts.get(row["action"]), "target": texts.get(row["target"])}
        pledges.setdefault(row["member_id"], []).append(shown_row)
    return pledges


def _shown(share: Fraction | None) -> Decimal | None:
    return None if share is None else shown(share)

"""How one review is shown: its phase, who takes part, turnout, deadlines. Never a score before its time, never who gave which."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from services.evaluation.commands.ballots import who_voted
from services.evaluation.domain.ballots import has_quorum
from services.evaluation.domain.reviews import Phase, Review
from services.evaluation.events.reviews import Eligible
from shared.events import TextRef
from shared.web import Doorway

OFFICERS = ("branch_secretary", "committee_member", "town_officer", "county_supervisor")
"""Who sees why somebody is excused and who has voted, beside the administrator; members see how many."""


class Taking(BaseModel):
    """A member of the electorate, as it stood when the review was opened. `excused`: neither rated nor rating."""

    member_id: str
    group_id: str | None
    status: str
    floating: bool
    excused: bool


class ExcusedAnswer(BaseModel):
    """Why somebody is excused: `stated` with the reason (null once erased), or `rated_elsewhere`."""

    member_id: str
    cause: str
    reason: str | None


class Turnout(BaseModel):
    """Ballots cast, of those who may vote; `voted` (for officers): by whom."""

    cast: int
    may_vote: int
    quorum: str
    is_quorate: bool
    voted: list[str] | None


class StepAnswer(BaseModel):
    """A phase that began."""

    phase: Phase
    at: datetime
    by: str


class CertificateAnswer(BaseModel):
    """Notice's word that the publicity period has run."""

    number: str
    notice_id: str
    hash: str


class ReviewAnswer(BaseModel):
    """A review as it stands. `circles`: who scores whom: every member of a circle every other one.

    `deadlines`: by the rulebook's schedule, the last day of each step.
    """

    id: str
    branch_id: str
    period: str
    phase: Phase
    electorate_on: date
    rulebook_id: str
    version: int
    opened_late: bool
    rated: int
    raters: int
    members: list[Taking]
    circles: list[list[str]]
    committee: list[str]
    excused: list[ExcusedAnswer] | None
    turnout: Turnout
    deadlines: dict[str, date]
    without_peer_quorum: bool
    without_quorum_reason: str | None
    steps: list[StepAnswer]
    certificate: CertificateAnswer | None


async def review_portrait(door: Doorway, review: Review) -> dict[str, Any]:
    """The review for this caller: reasons, and who has voted, are for officers of its branch and above."""
    opening = review.opening
    is_officer = door.has("admin") or any([await door.holds(role, opening.branch_id) for role in OFFICERS])
    return {
        "id": review.id,
        "branch_id": opening.branch_id,
        "period": opening.period,
        "phase": review.phase.value,
        "electorate_on": opening.electorate_on,
        "rulebook_id": opening.rulebook_id,
        "version": opening.version,
        "opened_late": review.is_opened_late,
        "rated": len(review.rated),
        "raters": len(review.rated),
        "members": [_taking(review, member) for member in opening.eligible],
        "circles": opening.circles,
        "committee": opening.committee,
        "excused": await _excused(door, review) if is_officer else None,
        "turnout": _turnout(review, await _voted(door, review), is_officer),
        "deadlines": review.deadlines(),
        "without_peer_quorum": review.is_without_peer_quorum,
        "without_quorum_reason": await _text(door, review.peer.without_quorum) if is_officer and review.peer else None,
        "steps": review.steps,
        "certificate": review.certificate,
    }


def _taking(review: Review, member: Eligible) -> dict[str, Any]:
    return {
        "member_id": member.member_id,
        "group_id": member.group_id,
        "status": member.status,
        "floating": member.floating,
        "excused": member.member_id in review.excused,
    }


async def _excused(door: Doorway, review: Review) -> list[dict[str, Any]]:
    return [{"member_id": one.member_id, "cause": one.cause, "reason": await _text(door, one.reason)} for one in review.excused.values()]


async def _text(door: Doorway, ref: TextRef | None) -> str | None:
    return (await door.log.texts.read([ref.id])).get(ref.id) if ref else None


async def _voted(door: Doorway, review: Review) -> Sequence[str]:
    if review.peer is not None:
        return [ballot.rater_id for ballot in review.peer.counted]
    return await who_voted(door.log, review)


def _turnout(review: Review, voted: Sequence[str], is_officer: bool) -> dict[str, Any]:
    may_vote = review.peer.may_vote if review.peer else len({*review.voters, *voted})
    quorum = review.rules.peer.quorum
    return {
        "cast": len(voted),
        "may_vote": may_vote,
        "quorum": quorum,
        "is_quorate": has_quorum(len(voted), may_vote, quorum),
        "voted": list(voted) if is_officer else None,
    }

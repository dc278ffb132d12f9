"""Votes and grades at the annual review (spec, section 7): who may vote, who is graded, what a quorum and a majority are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import ceil, floor

import msgspec

from services.evaluation.domain.rulebooks import share
from services.evaluation.events.annual import Votes
from services.evaluation.events.reviews import Eligible
from services.evaluation.events.rulebooks import Annual
from shared.errors import Invalid
from shared.events import TextRef

GRADES = tuple(Votes.__struct_fields__)
"""The four grades, the best first."""
EXCELLENT = GRADES[0]


class NotEntitled(Invalid):
    """Who attends with a vote is of the branch's electorate of that day."""

    code = "not_entitled"
    sentence = "Some of those present are not of the branch's electorate of that day, or are named twice; the errors say which."


class NotGradable(Invalid):
    """Full members of the electorate are graded."""

    code = "not_gradable"
    sentence = "Only full members of the branch's electorate are graded; the errors name strangers and probationary members."


class MoreVotesThanPresent(Invalid):
    """Everybody who is present has one vote on a member."""

    code = "more_votes_than_present"
    sentence = "The votes on these members add up to more than were present; count again."


class MajorityMissing(Invalid):
    """A grade passes with more than the rulebook's share of those entitled."""

    code = "majority_missing"
    sentence = "These grades got too few votes of those entitled; vote again, and leave out who got no grade."


class ExcellentReasonMissing(Invalid):
    """More than the allowed share of excellent grades needs a reason."""

    code = "excellent_reason_missing"
    sentence = "More members are graded excellent than the rulebook allows without a word; say why in `excellent_reason`."


@dataclass(frozen=True)
class Given:
    """The grade that somebody wants recorded for a member, with its votes."""

    grade: str
    votes: Votes


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """What somebody wants recorded of a meeting; `entitled` is what the roster answered for the day."""

    annual_review_id: str
    branch_id: str
    year: int
    held_on: date
    entitled: tuple[Eligible, ...]
    present: tuple[str, ...]
    grades: Mapping[str, Given]
    half_years: Mapping[str, str]
    excellent_reason: TextRef | None = None


def quorum(entitled: int, rule: Annual) -> int:
    """How many of those entitled must at least be present."""
    return ceil(share(rule.attendance) * entitled)


def majority(entitled: int, rule: Annual) -> int:
    """How many votes at least a decision passes with: more than the share of those entitled."""
    return floor(share(rule.majority) * entitled) + 1


def is_too_many(excellent: int, graded: int, rule: Annual) -> bool:
    """Whether so many excellent of so many graded are more than the share: 10 of 30 are not, 11 of 30 are."""
    return excellent > share(rule.excellent_share) * graded


# What is refused


def require_entitled(meeting: Meeting) -> None:
    """Raises NotEntitled for who is present without a vote, or twice."""
    entitled = {one.member_id for one in meeting.entitled}
    errors = [
        (f"/present/{place}", "not of the electorate" if member not in entitled else "named twice")
        for place, member in enumerate(meeting.present)
        if member not in entitled or member in meeting.present[:place]
    ]
    if errors:
        raise NotEntitled(errors=errors)


def require_gradable(meeting: Meeting) -> None:
    """Raises NotGradable for a grade of somebody who is no full member of the electorate."""
    status = {one.member_id: one.status for one in meeting.entitled}
    why = {"probationary": "a probationary member gets no grade", None: "not of the electorate"}
    errors = [(f"/grades/{member}", why[status.get(member)]) for member in meeting.grades if status.get(member) != "full"]
    if errors:
        raise NotGradable(errors=errors)


def require_votes(meeting: Meeting) -> None:
    """Raises MoreVotesThanPresent."""
    counted = {member: sum(msgspec.structs.astuple(one.votes)) for member, one in meeting.grades.items()}
    errors = [
        (f"/grades/{member}/votes", f"{votes} votes, {len(meeting.present)} present")
        for member, votes in counted.items()
        if votes > len(meeting.present)
    ]
    if errors:
        raise MoreVotesThanPresent(errors=errors)


def require_majorities(meeting: Meeting, needed: int) -> None:
    """Raises MajorityMissing for a grade with fewer than `needed` votes."""
    got = {member: int(getattr(one.votes, one.grade)) for member, one in meeting.grades.items()}
    errors = [
        (f"/grades/{member}", f"{votes} votes for this grade; it passes with {needed} of {len(meeting.entitled)} entitled")
        for member, votes in got.items()
        if votes < needed
    ]
    if errors:
        raise MajorityMissing(errors=errors)


def require_reason(meeting: Meeting, rule: Annual) -> None:
    """Raises ExcellentReasonMissing where there are more excellent ones than the rule allows, and no reason."""
    excellent = sum(one.grade == EXCELLENT for one in meeting.grades.values())
    if is_too_many(excellent, len(meeting.grades), rule) and meeting.excellent_reason is None:
        raise ExcellentReasonMissing(errors=[("/excellent_reason", f"{excellent} of {len(meeting.grades)} are excellent")])

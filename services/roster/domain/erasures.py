"""Erasing a profile for good: one person proposes, a second confirms (spec, section 11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.roster.domain.members import Member
from services.roster.domain.profiles import check_has_profile
from services.roster.events.profiles import ErasureProposed, ProfileErased
from shared.errors import Conflict, NotAllowed, Unknown
from shared.events import Recorded

NEVER = datetime.max.replace(tzinfo=UTC)
VALID_FOR = timedelta(days=30)
"""A proposal is confirmed within so long, or made anew: nobody's data hang on a paper that lies in a drawer."""


class UnknownErasure(Unknown):
    """No proposed erasure under this id."""

    code = "unknown_erasure"
    sentence = "There is no proposed erasure under this id."


class SamePersonErases(NotAllowed):
    """An erasure is confirmed by a second person."""

    code = "same_person"
    sentence = "Who proposed an erasure can't confirm it; a second officer does."


class ErasureExpired(Conflict):
    """A proposal waits 30 days for its second person."""

    code = "erasure_expired"
    sentence = "This erasure was proposed more than 30 days ago and not confirmed since; propose it again if it is still wanted."


@dataclass(frozen=True)
class Erasure:
    """A proposed erasure; `id` is empty where none was proposed under the id that was asked for."""

    id: str = ""
    member_id: str = ""
    proposed_by: str = ""
    proposed_at: datetime = NEVER


def evolve(erasure: Erasure, recorded: Recorded) -> Erasure:
    """The erasure after one more event of its stream."""
    match recorded.event:
        case ErasureProposed() as e:
            return Erasure(e.erasure_id, e.member_id, e.recorded_by, recorded.recorded_at)
        case _:
            return erasure


def propose_erasure(member: Member, erasure_id: str, by: str) -> ErasureProposed:
    """Ask that the member's profile be erased. Raises UnknownMember, ProfileIsErased."""
    check_has_profile(member)
    return ErasureProposed(erasure_id=erasure_id, member_id=member.id, recorded_by=by)


def expires_at(proposed_at: datetime) -> datetime:
    """The last instant at which what was proposed then can be confirmed."""
    return proposed_at + VALID_FOR


def confirm_erasure(erasure: Erasure, member: Member, by: str, now: datetime) -> ProfileErased:
    """A second person confirms: profile, kin and texts about the member are gone for good; the log stays whole.

    Raises:
        UnknownErasure.
        ProfileIsErased: it was erased meanwhile.
        SamePersonErases: `by` proposed it.
        ErasureExpired: it was proposed more than 30 days before `now`.
    """
    if not erasure.id:
        raise UnknownErasure
    check_has_profile(member)
    if erasure.proposed_by == by:
        raise SamePersonErases
    if now > expires_at(erasure.proposed_at):
        raise ErasureExpired
    return ProfileErased(erasure_id=erasure.id, member_id=member.id, recorded_by=by)

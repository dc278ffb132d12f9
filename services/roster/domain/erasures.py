"""Erasing a profile for good: one person proposes, a second confirms (spec, section 11)."""

from __future__ import annotations

from dataclasses import dataclass

from services.roster.domain.members import Member
from services.roster.domain.profiles import check_has_profile
from services.roster.events.profiles import ErasureProposed, ProfileErased
from shared.errors import NotAllowed, Unknown
from shared.events import Recorded


class UnknownErasure(Unknown):
    """No proposed erasure under this id."""

    code = "unknown_erasure"
    sentence = "There is no proposed erasure under this id."


class SamePersonErases(NotAllowed):
    """An erasure is confirmed by a second person."""

    code = "same_person"
    sentence = "Who proposed an erasure can't confirm it; a second officer does."


@dataclass(frozen=True)
class Erasure:
    """A proposed erasure; `id` is empty where none was proposed under the id that was asked for."""

    id: str = ""
    member_id: str = ""
    proposed_by: str = ""


def evolve(erasure: Erasure, recorded: Recorded) -> Erasure:
    """The erasure after one more event of its stream."""
    match recorded.event:
        case ErasureProposed() as e:
            return Erasure(e.erasure_id, e.member_id, e.recorded_by)
        case _:
            return erasure


def propose_erasure(member: Member, erasure_id: str, by: str) -> ErasureProposed:
    """Ask that the member's profile be erased. Raises UnknownMember, ProfileIsErased."""
    check_has_profile(member)
    return ErasureProposed(erasure_id=erasure_id, member_id=member.id, recorded_by=by)


def confirm_erasure(erasure: Erasure, member: Member, by: str) -> ProfileErased:
    """A second person confirms: profile, kin and texts about the member are gone for good; the log stays whole.

    Raises:
        UnknownErasure.
        ProfileIsErased: it was erased meanwhile.
        SamePersonErases: `by` proposed it.
    """
    if not erasure.id:
        raise UnknownErasure
    check_has_profile(member)
    if erasure.proposed_by == by:
        raise SamePersonErases
    return ProfileErased(erasure_id=erasure.id, member_id=member.id, recorded_by=by)

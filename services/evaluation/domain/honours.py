"""Rotating flags (spec, section 7): handed to members or branches, taken over the next year; the chain of holders is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from services.evaluation.events.honours import FlagHandedOn
from shared.errors import Conflict, Invalid
from shared.events import Recorded


class HolderMissing(Invalid):
    """A flag has one holder: a member or a branch."""

    code = "holder_missing"
    sentence = "A rotating flag is handed to a member or to a branch; name one of the two."


class HolderOutside(Invalid):
    """An organisation hands its flag to somebody within it."""

    code = "holder_outside"
    sentence = "The holder does not belong to the organisation whose flag it is; name a member or a branch within it."


class FlagOfFuture(Invalid):
    """A flag is of a year that has begun."""

    code = "flag_of_future"
    sentence = "This year has not begun; a rotating flag is handed on at the year's end."


class FlagTakenOver(Conflict):
    """A chain goes forward."""

    code = "flag_taken_over"
    sentence = "The flag of a later year has been handed on already, and took over from this one; the chain goes forward only."


class FlagHeldAlready(Conflict):
    """A holder has an organisation's flag of a year once."""

    code = "flag_held_already"
    sentence = "This holder has the flag of this year already."


class Holder(NamedTuple):
    """Who gets a flag: a member or a branch."""

    member_id: str | None
    branch_id: str | None

    @property
    def is_member(self) -> bool:
        """Whether it is a member."""
        return self.member_id is not None


Chain = tuple[FlagHandedOn, ...]
"""The flags of one organisation in the order in which they were handed on."""


def evolve(chain: Chain, recorded: Recorded) -> Chain:
    """The chain after one more event of `rotating-flags/<organization>`."""
    match recorded.event:
        case FlagHandedOn() as e:
            return (*chain, e)
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to a chain of holders")


def require_holder(holder: Holder, organization_id: str, ancestry: Sequence[str], this_year: int, year: int) -> None:
    """Return if `holder`, whose branch and what lies above it is `ancestry`, can have the organisation's flag of `year`.

    Raises HolderOutside, FlagOfFuture.
    """
    if organization_id not in ancestry or holder.branch_id == organization_id:
        raise HolderOutside(errors=[("/holder", HolderOutside.sentence)])
    if year > this_year:
        raise FlagOfFuture(errors=[("/year", FlagOfFuture.sentence)])


def hand_on(chain: Chain, award_id: str, organization_id: str, year: int, holder: Holder, *, by: str) -> FlagHandedOn:
    """The flag goes to a holder, who takes over from those of the latest earlier year. Raises FlagTakenOver, FlagHeldAlready."""
    of_its_kind = [one for one in chain if (one.member_id is not None) == holder.is_member]
    if any(one.year > year for one in of_its_kind):
        raise FlagTakenOver
    if any(one.year == year and (one.member_id, one.branch_id) == holder for one in of_its_kind):
        raise FlagHeldAlready
    return FlagHandedOn(
        award_id=award_id,
        organization_id=organization_id,
        year=year,
        member_id=holder.member_id,
        branch_id=holder.branch_id,
        taken_over_from=_last_holders(of_its_kind, year),
        recorded_by=by,
    )


def _last_holders(chain: Sequence[FlagHandedOn], before: int) -> tuple[str, ...]:
    latest = max((one.year for one in chain if one.year < before), default=None)
    return tuple(one.award_id for one in chain if one.year == latest)

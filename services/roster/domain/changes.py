"""What may change about a member, and when: transfer, going away and coming back, status (spec, section 1).

Each fact holds from its own day. It may be recorded late, or up to a year ahead; it never lies before the member came to its
branch, and nothing is recorded of a day after the member died.
"""

from __future__ import annotations

from datetime import date

from services.roster.domain.members import (
    IN_THE_PARTY,
    DatesOutOfOrder,
    InTheFuture,
    Member,
    UnknownMember,
    by_day,
    check_not_far_ahead,
    is_floating_on,
    placed_on,
    status_on,
)
from services.roster.events.members import MemberFloating, MemberReturned, MemberTransferred, StatusChanged
from shared.errors import Conflict, Invalid
from shared.events import TextRef


class BeforeComing(Invalid):
    """No fact about a member lies before the day on which it came."""

    code = "before_coming"
    sentence = "This day lies before the member came to its branch."


class MemberDeceased(Conflict):
    """The member is deceased on that day."""

    code = "member_deceased"
    sentence = "The member is deceased on that day; nothing more is recorded."


class MemberLeft(Conflict):
    """The member is no longer in the Party on that day."""

    code = "member_left"
    sentence = "The member has left the Party on that day; record its new status first, if it was admitted again."


class AlreadyThere(Conflict):
    """The member belongs to that branch and group already."""

    code = "already_there"
    sentence = "The member belongs to that branch and group already on that day."


class AlreadyFloating(Conflict):
    """The member is away already."""

    code = "already_floating"
    sentence = "The member is recorded as away already; record the return first."


class NotFloating(Conflict):
    """The member is not away."""

    code = "not_floating"
    sentence = "The member is not recorded as away on that day."


class StatusUnchanged(Conflict):
    """The member has that status already."""

    code = "status_unchanged"
    sentence = "The member has this status already on that day."


def transfer_member(
    member: Member, *, branch_id: str, group_id: str | None, on: date, reason: TextRef, today: date, by: str
) -> MemberTransferred:
    """From `on` the member belongs to another branch or group.

    Raises:
        UnknownMember, BeforeComing, InTheFuture, MemberDeceased, MemberLeft.
        AlreadyThere: it belongs there on that day.
    """
    check_known(member)
    _check_day(member, on, today)
    check_in_the_party(member, on)
    place = placed_on(member, on)
    if place is not None and (place.branch_id, place.group_id) == (branch_id, group_id):
        raise AlreadyThere
    return MemberTransferred(member_id=member.id, branch_id=branch_id, group_id=group_id, on=on, reason=reason, recorded_by=by)


def float_member(member: Member, *, since: date, place: TextRef, host_branch_id: str | None, today: date, by: str) -> MemberFloating:
    """From `since`, which may lie before it came to its branch, the member is away working; it stays in the electorate.

    Raises:
        UnknownMember, InTheFuture, MemberDeceased, MemberLeft.
        AlreadyFloating: it is away on that day, or from a later day without having returned before.
    """
    check_not_far_ahead(since, today, "/since")
    check_in_the_party(member, since)
    following = next((absence for absence in by_day(member.absences) if absence.on > since), None)
    if is_floating_on(member, since) or (following is not None and following.is_away):
        raise AlreadyFloating
    return MemberFloating(member_id=member.id, since=since, place=place, host_branch_id=host_branch_id, recorded_by=by)


def return_member(member: Member, *, on: date, today: date, by: str) -> MemberReturned:
    """From `on` the member is back.

    Raises:
        UnknownMember, InTheFuture, MemberDeceased.
        NotFloating: it is not away on that day, or is known to come back later.
    """
    check_not_far_ahead(on, today, "/on")
    _check_alive(member, on)
    following = next((absence for absence in by_day(member.absences) if absence.on > on), None)
    if not is_floating_on(member, on) or (following is not None and not following.is_away):
        raise NotFloating
    return MemberReturned(member_id=member.id, on=on, recorded_by=by)


def change_status(member: Member, *, status: str, on: date, reason: TextRef, today: date, by: str) -> StatusChanged:
    """From `on` the member has another status. Death cuts off whatever is recorded of later days.

    Raises:
        UnknownMember, BeforeComing, InTheFuture, MemberDeceased.
        StatusUnchanged: it has this status on that day.
    """
    check_known(member)
    _check_day(member, on, today)
    _check_alive(member, on)
    if status in {"deceased", "left"} and on > today:
        raise InTheFuture(errors=[("/on", InTheFuture.sentence)])
    if status_on(member, on) == status:
        raise StatusUnchanged
    return StatusChanged(member_id=member.id, status=status, on=on, reason=reason, recorded_by=by)


def check_known(member: Member) -> None:
    """Raises UnknownMember where nobody joined under this id."""
    if not member.id:
        raise UnknownMember


def check_in_order(first: date, last: date | None, place: str) -> None:
    """A stretch of days does not end before it begins; raises DatesOutOfOrder."""
    if last is not None and last < first:
        raise DatesOutOfOrder(errors=[(place, "The last day lies before the first.")])


def check_in_the_party(member: Member, day: date) -> None:
    """Raises UnknownMember, and MemberDeceased or MemberLeft where it is that on `day` (or came later: on the day on which it came)."""
    _check_alive(member, day)
    if status_on(member, max(day, member.in_branch_since)) not in IN_THE_PARTY:
        raise MemberLeft


def _check_day(member: Member, day: date, today: date) -> None:
    check_not_far_ahead(day, today, "/on")
    if day < member.in_branch_since:
        raise BeforeComing(errors=[("/on", BeforeComing.sentence)])


def _check_alive(member: Member, day: date) -> None:
    check_known(member)
    if status_on(member, day) == "deceased":
        raise MemberDeceased

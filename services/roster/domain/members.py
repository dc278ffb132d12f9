"""A member through time: facts that hold from their own day, in whatever order they were recorded.

`placed_on`, `status_on` and `is_floating_on` answer for the end of a day: of the facts up to that day the latest holds, of several
of one day the last recorded. `stays` cuts a member's time into stretches in which nothing changes; the electorate is read from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NewType, Protocol, TypeVar

import msgspec

from services.roster.events.members import MemberFloating, MemberJoined, MemberReturned, MemberTransferred, PostAssigned, StatusChanged
from services.roster.events.profiles import ProfileErased
from shared.errors import Invalid, Unknown
from shared.events import Event, Recorded, TextRef

MemberId = NewType("MemberId", str)
IN_THE_PARTY = frozenset({"full", "probationary", "suspended"})
WITH_A_VOTE = frozenset({"full", "probationary"})
"""Who is of the electorate: floating members too; not the suspended, those who left, the deceased."""


class UnknownMember(Unknown):
    """No member under this id."""

    code = "unknown_member"
    sentence = "There is no member under this id."


class DatesOutOfOrder(Invalid):
    """One day must not lie before another."""

    code = "dates_out_of_order"
    sentence = "These days are in an order that can't be; look at which comes first."


class InTheFuture(Invalid):
    """The day has not come yet."""

    code = "in_the_future"
    sentence = "This day lies in the future."


class Move(msgspec.Struct, frozen=True):
    """From `on` the member belongs to this branch and group."""

    on: date
    branch_id: str
    group_id: str | None


class StatusFrom(msgspec.Struct, frozen=True):
    """From `on` the member has this status; `reason` is absent for the status of joining."""

    on: date
    status: str
    reason: TextRef | None = None


class Absence(msgspec.Struct, frozen=True):
    """From `on` the member is away working (`is_away`), or back."""

    on: date
    is_away: bool
    place: TextRef | None = None
    host_branch_id: str | None = None


class Post(msgspec.Struct, frozen=True):
    """A post as it was assigned: `to_on` is its last day, None until further notice."""

    post: str
    organization_id: str
    from_on: date
    to_on: date | None


class Stay(msgspec.Struct, frozen=True):
    """From `from_on` until the day `until` (not included; None: still) nothing about the member changes."""

    from_on: date
    until: date | None
    branch_id: str
    group_id: str | None
    status: str
    is_floating: bool


class Member(msgspec.Struct, frozen=True):
    """All facts about a member in the order of recording; `id` is empty where nobody joined under the id that was asked for."""

    id: MemberId = MemberId("")
    joined_on: date = date.min
    moves: tuple[Move, ...] = ()
    statuses: tuple[StatusFrom, ...] = ()
    absences: tuple[Absence, ...] = ()
    posts: tuple[Post, ...] = ()
    is_erased: bool = False

    @property
    def in_branch_since(self) -> date:
        """From when the roster places this member; who was away before is away from then on."""
        return self.moves[0].on


class _Fact(Protocol):
    @property
    def on(self) -> date: ...


F = TypeVar("F", bound=_Fact)


def evolve(member: Member, recorded: Recorded) -> Member:
    """The member after one more event of its stream."""
    match recorded.event:
        case MemberJoined() as e:
            joined = Move(e.in_branch_since, e.branch_id, e.group_id)
            return Member(MemberId(e.member_id), e.joined_on, (joined,), (StatusFrom(e.in_branch_since, e.status),))
        case ProfileErased():
            return msgspec.structs.replace(member, is_erased=True)
        case other:
            return _with_fact(member, other)


def _with_fact(member: Member, event: Event) -> Member:
    change = msgspec.structs.replace
    match event:
        case MemberTransferred() as e:
            return change(member, moves=(*member.moves, Move(e.on, e.branch_id, e.group_id)))
        case StatusChanged() as e:
            return change(member, statuses=(*member.statuses, StatusFrom(e.on, e.status, e.reason)))
        case MemberFloating() as e:
            return change(member, absences=(*member.absences, Absence(e.since, True, e.place, e.host_branch_id)))
        case MemberReturned() as e:
            return change(member, absences=(*member.absences, Absence(e.on, is_away=False)))
        case PostAssigned() as e:
            others = tuple(post for post in member.posts if not _is_same_post(post, e))
            return change(member, posts=(*others, Post(e.post, e.organization_id, e.from_on, e.to_on)))
        case _:
            return member


def placed_on(member: Member, day: date) -> Move | None:
    """The branch and group at the end of `day`; None before the member came."""
    return latest(member.moves, day)


def status_on(member: Member, day: date) -> str | None:
    """The status at the end of `day`; None before the member came. Nothing changes the status of the deceased."""
    until_then = [fact for fact in by_day(member.statuses) if fact.on <= day]
    if any(fact.status == "deceased" for fact in until_then):
        return "deceased"
    return until_then[-1].status if until_then else None


def is_floating_on(member: Member, day: date) -> bool:
    """Whether the member is away working at the end of `day`."""
    absence = absence_on(member, day)
    return absence is not None and absence.is_away


def absence_on(member: Member, day: date) -> Absence | None:
    """The last going away or coming back up to the end of `day`."""
    return latest(member.absences, day)


def stays(member: Member) -> tuple[Stay, ...]:
    """The member's time in the roster, cut where anything changes, in order; the last stay is open."""
    facts: tuple[_Fact, ...] = (*member.moves, *member.statuses, *member.absences)
    days = sorted({max(fact.on, member.in_branch_since) for fact in facts})
    found: list[Stay] = []
    for day, following in zip(days, [*days[1:], None], strict=False):
        stay = _stay_from(member, day, following)
        if found and _is_unchanged(found[-1], stay):
            stay = msgspec.structs.replace(stay, from_on=found.pop().from_on)
        found.append(stay)
    return tuple(found)


def join_member(
    *,
    member_id: str,
    branch_id: str,
    group_id: str | None,
    joined_on: date,
    in_branch_since: date | None,
    status: str,
    today: date,
    by: str,
) -> MemberJoined:
    """A member is entered: in the Party since `joined_on`, in the branch since `in_branch_since` (None: as long).

    Raises:
        InTheFuture: `joined_on` has not come yet.
        DatesOutOfOrder: in the branch before in the Party.
    """
    since = in_branch_since or joined_on
    if joined_on > today:
        raise InTheFuture(errors=[("/joined_on", InTheFuture.sentence)])
    if since < joined_on:
        raise DatesOutOfOrder(errors=[("/in_branch_since", "Nobody belongs to a branch before entering the Party.")])
    check_not_far_ahead(since, today, "/in_branch_since")
    return MemberJoined(
        member_id=member_id,
        branch_id=branch_id,
        group_id=group_id,
        joined_on=joined_on,
        in_branch_since=since,
        status=status,
        recorded_by=by,
    )


MOST_DAYS_AHEAD = 366


def check_not_far_ahead(day: date, today: date, place: str) -> None:
    """A fact may be recorded up to a year ahead (a move that is agreed upon), not further: that is a slip of the pen."""
    if (day - today).days > MOST_DAYS_AHEAD:
        raise InTheFuture(errors=[(place, f"This day lies more than {MOST_DAYS_AHEAD} days ahead.")])


def by_day(facts: Iterable[F]) -> list[F]:
    """Facts in the order of their days; those of one day in the order of recording."""
    return sorted(facts, key=lambda fact: fact.on)


def latest(facts: Sequence[F], day: date) -> F | None:
    """The fact that holds at the end of `day`."""
    until_then = [fact for fact in by_day(facts) if fact.on <= day]
    return until_then[-1] if until_then else None


def _stay_from(member: Member, day: date, following: date | None) -> Stay:
    move = placed_on(member, day) or member.moves[0]
    return Stay(day, following, move.branch_id, move.group_id, status_on(member, day) or "", is_floating_on(member, day))


def _is_unchanged(before: Stay, after: Stay) -> bool:
    return msgspec.structs.replace(before, from_on=after.from_on, until=after.until) == after


def _is_same_post(post: Post, event: PostAssigned) -> bool:
    return (post.post, post.organization_id, post.from_on) == (event.post, event.organization_id, event.from_on)

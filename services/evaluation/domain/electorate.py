"""Who takes part in a review (spec, section 6): the electorate as of a day, who is excused, and who scores whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.evaluation.events.reviews import Eligible, Excused
from services.evaluation.events.rulebooks import Peer
from shared.calendar import HalfYear
from shared.errors import Conflict, Invalid
from shared.events import TextRef


class HalfYearNotBegun(Invalid):
    """A half-year is reviewed when it has begun at the earliest."""

    code = "half_year_not_begun"
    sentence = "This half-year has not begun; open its review when it has."


class ElectorateInFuture(Invalid):
    """The roster knows nothing of a day that has not come."""

    code = "electorate_in_future"
    sentence = (
        "The members are taken from the roster as of a day that has come. The half-year still runs: "
        "wait for its last day, or name an earlier one as electorate_on."
    )


class ElectorateOutsideHalfYear(Invalid):
    """The electorate is that of a day in the half-year."""

    code = "electorate_outside_half_year"
    sentence = "electorate_on must be a day of the half-year that is reviewed."


class ExcusedStranger(Invalid):
    """Only members of the electorate can be excused, each once."""

    code = "excused_stranger"
    sentence = "Some of those to be excused are not of this branch's electorate, or are named twice; the errors say which."


class NobodyToRate(Conflict):
    """A review without a single rated member is none."""

    code = "nobody_to_rate"
    sentence = "Nobody of this branch can be rated for this half-year on that day: nobody is there, or all are excused."


@dataclass(frozen=True)
class Electorate:
    """What the roster answered: the branch's members with a vote at the end of the day `on`, and its committee team."""

    on: date
    members: tuple[Eligible, ...]
    committee: tuple[str, ...]


def electorate_day(period: HalfYear, asked: date | None, today: date) -> date:
    """The day whose electorate counts: the one asked for, else the half-year's last.

    Raises HalfYearNotBegun, ElectorateOutsideHalfYear, ElectorateInFuture.
    """
    if period.first_day > today:
        raise HalfYearNotBegun(errors=[("/period", HalfYearNotBegun.sentence)])
    day = asked or period.last_day
    if HalfYear.of(day) != period:
        raise ElectorateOutsideHalfYear(errors=[("/electorate_on", ElectorateOutsideHalfYear.sentence)])
    if day > today:
        raise ElectorateInFuture(errors=[("/electorate_on", ElectorateInFuture.sentence)])
    return day


def require_excusable(electorate: Electorate, member_ids: Sequence[str]) -> None:
    """Raises ExcusedStranger with the place of each that is not of the electorate, or named twice."""
    members = {member.member_id for member in electorate.members}
    errors = [
        (f"/excused/{place}/member_id", "not of this electorate" if member_id not in members else "named twice")
        for place, member_id in enumerate(member_ids)
        if member_id not in members or member_id in member_ids[:place]
    ]
    if errors:
        raise ExcusedStranger(errors=errors)


def excused_at_opening(stated: Mapping[str, TextRef], rated_elsewhere: Iterable[str]) -> tuple[Excused, ...]:
    """Who is excused from the start: for a stated reason, or because another review of the half-year rates the member already."""
    elsewhere = [member_id for member_id in rated_elsewhere if member_id not in stated]
    return (
        *(Excused(member_id, "stated", reason) for member_id, reason in stated.items()),
        *(Excused(member_id, "rated_elsewhere") for member_id in elsewhere),
    )


def circles_of(groups: Mapping[str, str | None], peer: Peer) -> tuple[tuple[str, ...], ...]:
    """Who scores whom: every member of a circle every other member of it. `groups` gives each rating member's Party group.

    Under scope `branch` the branch is one circle. Under `group` each group of at least `smallest_group` (by default six: then each gets
    the five scores that may be shown) is one; who has no group, or is in a smaller one, joins the branch's other such members; and if
    those are too few as well, the whole branch is one circle.
    """
    whole_branch = tuple(groups)
    sizes = Counter(group for group in groups.values() if group is not None)
    large = [group for group, size in sizes.items() if size >= peer.smallest_group]
    others = tuple(member for member, group in groups.items() if group not in large)
    if peer.scope == "branch" or not large or 0 < len(others) < peer.smallest_group:
        return (whole_branch,)
    by_group = [tuple(member for member, own in groups.items() if own == group) for group in large]
    return (*by_group, others) if others else tuple(by_group)

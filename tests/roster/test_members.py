from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.roster.domain.members import (
    DatesOutOfOrder,
    InTheFuture,
    Stay,
    is_floating_on,
    join_member,
    placed_on,
    status_on,
    stays,
)
from services.roster.events.members import MemberJoined
from shared.events import Event
from tests.roster.builders import OFFICER, TODAY, away, back, became, member, moved


def join(joined_on: str, in_branch_since: str | None = None) -> MemberJoined:
    return join_member(
        member_id="member",
        branch_id="north",
        group_id=None,
        joined_on=date.fromisoformat(joined_on),
        in_branch_since=date.fromisoformat(in_branch_since) if in_branch_since else None,
        status="full",
        today=TODAY,
        by=OFFICER,
    )


def test_without_a_day_of_its_own_a_member_is_in_its_branch_since_it_entered_the_party() -> None:
    assert join("2010-07-01").in_branch_since == date(2010, 7, 1)
    assert join("2010-07-01", "2020-01-01").in_branch_since == date(2020, 1, 1)


def test_nobody_is_in_a_branch_before_entering_the_party() -> None:
    with pytest.raises(DatesOutOfOrder):
        join("2010-07-01", "2010-06-30")


@pytest.mark.parametrize(("joined_on", "since"), [("2026-11-26", None), ("2010-07-01", "2062-01-01")])
def test_nobody_joined_in_the_future(joined_on: str, since: str | None) -> None:
    with pytest.raises(InTheFuture):
        join(joined_on, since)


def test_a_fact_holds_from_its_own_day_to_the_end_of_that_day() -> None:
    one = member(moved("2026-03-01", "south"))
    assert [placed_on(one, date(2026, 2, 28)), placed_on(one, date(2026, 3, 1))] == list(one.moves)


def test_facts_may_be_recorded_in_another_order_than_they_happened() -> None:
    late = member(moved("2026-06-01", "south"), moved("2026-03-01", "west"))
    in_time = member(moved("2026-03-01", "west"), moved("2026-06-01", "south"))
    assert stays(late) == stays(in_time)


@pytest.mark.spec("1.4")
def test_of_two_facts_of_one_day_the_last_recorded_holds() -> None:
    one = member(moved("2026-06-01", "south"), moved("2026-06-01", "west"))
    place = placed_on(one, date(2026, 6, 1))
    assert place is not None
    assert place.branch_id == "west"


def test_before_a_member_came_it_is_nowhere() -> None:
    one = member(since="2026-03-01")
    assert placed_on(one, date(2026, 2, 28)) is None
    assert status_on(one, date(2026, 2, 28)) is None


def test_who_was_away_before_coming_is_away_from_joining_on() -> None:
    one = member(away("2026-01-01"), since="2026-03-01")
    assert stays(one) == (Stay(date(2026, 3, 1), None, "north", None, "full", is_floating=True),)


def test_a_return_ends_an_absence_on_its_day() -> None:
    one = member(away("2026-01-01"), back("2026-03-01"))
    assert is_floating_on(one, date(2026, 2, 28))
    assert not is_floating_on(one, date(2026, 3, 1))


def test_nothing_changes_the_status_of_the_deceased_and_death_may_be_recorded_late() -> None:
    one = member(became("suspended", "2026-05-01"), became("deceased", "2026-04-01"))
    assert status_on(one, date(2026, 6, 1)) == "deceased"


def test_stays_are_cut_where_something_changes_and_only_there() -> None:
    one = member(moved("2026-03-01", "south", "far"), became("suspended", "2026-03-01"), moved("2026-05-01", "south", "far"))
    assert stays(one) == (
        Stay(date(2010, 7, 1), date(2026, 3, 1), "north", None, "full", is_floating=False),
        Stay(date(2026, 3, 1), None, "south", "far", "suspended", is_floating=False),
    )


days = st.dates(date(2026, 1, 1), date(2026, 1, 20)).map(date.isoformat)
facts = st.one_of(
    st.builds(moved, days, st.sampled_from(["north", "south"]), st.sampled_from([None, "first"])),
    st.builds(became, st.sampled_from(["full", "suspended", "left", "deceased"]), days),
    st.builds(away, days),
    st.builds(back, days),
)


@pytest.mark.spec("1.4")
@given(st.lists(facts, max_size=6), st.sampled_from(["2010-07-01", "2026-01-05"]))
def test_stays_say_of_every_day_what_the_facts_say(history: list[Event], since: str) -> None:
    one = member(*history, since=since)
    found = stays(one)
    assert found[0].from_on == date.fromisoformat(since) == min(stay.from_on for stay in found)
    assert found[-1].until is None
    for day in (date(2026, 1, 1) + timedelta(days=n) for n in range(25)):
        there = [stay for stay in found if stay.from_on <= day and (stay.until is None or day < stay.until)]
        place = placed_on(one, day)
        assert len(there) == (0 if day < date.fromisoformat(since) else 1)
        if there and place:
            expected = (place.branch_id, place.group_id, status_on(one, day), is_floating_on(one, day))
            assert (there[0].branch_id, there[0].group_id, there[0].status, there[0].is_floating) == expected

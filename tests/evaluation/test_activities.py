from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.evaluation.domain import activities
from services.evaluation.domain.activities import (
    Activity,
    AlreadyRecorded,
    Attendee,
    ListedTwice,
    NoAttendanceItem,
    NotOfThisBranch,
    hold_activity,
    refuse_recorded,
    require_attendance_item,
    require_possible_attendance,
    who_has_it_already,
)
from services.evaluation.domain.points import BeforeJoining, FutureDeed, PointsMissing
from shared.errors import Invalid
from tests.evaluation.builders import SECRETARY, TODAY, WRITTEN, Town, deed, entry, folded, item, ledger, recorded, reversal

MARCH = date(2026, 3, 2)


def attendee(member: str, branch: str = "b1", joined: date = date(2010, 7, 1), *, remote: bool = False) -> Attendee:
    return Attendee(member, remote, None if remote else True, joined, frozenset({branch}))


@pytest.mark.parametrize(
    ("attendees", "on", "refusal", "places"),
    [
        ([attendee("m1")], date(2026, 5, 21), FutureDeed, ["/held_on"]),
        ([attendee("m1"), attendee("m2"), attendee("m1")], MARCH, ListedTwice, ["/attendees/2"]),
        ([attendee("m1"), attendee("m2", "b2")], MARCH, NotOfThisBranch, ["/attendees/1"]),
        ([attendee("m1", joined=date(2026, 3, 3)), attendee("m2")], MARCH, BeforeJoining, ["/attendees/0"]),
    ],
)
def test_who_can_not_have_been_there_is_named(attendees: list[Attendee], on: date, refusal: type[Invalid], places: list[str]) -> None:
    with pytest.raises(refusal) as refused:
        require_possible_attendance("b1", attendees, on, TODAY)
    assert [pointer for pointer, _ in refused.value.errors] == places


def test_members_of_the_branch_and_guests_whom_it_hosts_may_be_present() -> None:
    guest = Attendee("m2", True, None, date(2010, 7, 1), frozenset({"b2", "b1"}))
    require_possible_attendance("b1", [attendee("m1"), guest], MARCH, TODAY)


@pytest.mark.spec("5.15")
def test_attendance_gives_the_fixed_points_of_a_base_item() -> None:
    require_attendance_item(item("study"))
    for wrong, refusal in ((item("x", "bonus"), NoAttendanceItem), (item("x", "deduction"), NoAttendanceItem)):
        with pytest.raises(refusal):
            require_attendance_item(wrong)
    with pytest.raises(PointsMissing):
        require_attendance_item(item("x", worth=("1", "5")))


def test_who_has_the_same_deed_already_is_listed_with_the_first_entry() -> None:
    has = who_has_it_already([([ledger(), ledger(entry())], deed(number=2))])
    assert has == {"m1": "e1"}
    with pytest.raises(AlreadyRecorded) as refused:
        refuse_recorded(has)
    assert refused.value.extra["recorded"] == [{"member_id": "m1", "entry_id": "e1"}]


def test_other_evidence_or_a_reversed_entry_is_not_the_same_deed() -> None:
    assert who_has_it_already([([ledger(entry(fingerprint="f"))], deed(number=2))]) == {}
    assert who_has_it_already([([ledger(entry(), reversal(1))], deed(number=2))]) == {}
    refuse_recorded({})


@pytest.mark.spec("4.1", "5.16")
def test_badge_and_taking_part_from_afar_are_recorded() -> None:
    (event,) = hold_activity(
        activity_id="a1",
        branch_id="b1",
        item="study",
        title=WRITTEN,
        held_on=MARCH,
        attendees=[attendee("m1"), attendee("m2", remote=True)],
        entries={"m1": "e1"},
        by=SECRETARY,
    )
    assert [(one.member_id, one.remote, one.badge, one.entry_id) for one in event.attendees] == [
        ("m1", False, True, "e1"),
        ("m2", True, None, None),
    ]
    assert folded(activities.evolve, Activity(), event).fact == event


def test_a_foreign_event_in_the_stream_stops() -> None:
    with pytest.raises(TypeError):
        activities.evolve(Activity(), recorded(entry()))


# By REST


def meeting(town: Town, *names: str, **more: object) -> dict[str, Any]:
    attendees = [{"member_id": town.members[name], "badge": True} for name in names]
    return {
        "branch_id": town.places["north"], "item": "meeting", "title": "固定党日", "held_on": "2026-03-02", "attendees": attendees, **more,
    }  # fmt: skip


@pytest.mark.spec("5.15")
async def test_one_command_gives_base_points_to_all_present(town: Town) -> None:
    body = meeting(town, "wang", "li")
    body["attendees"].append({"member_id": town.members["zhao"], "remote": True})
    made = await town.do("POST", "/activities", body, town.secretary)
    assert [one["member_id"] for one in made["entries"]] == [town.members[name] for name in ("wang", "li", "zhao")]
    assert [(await town.points(name))["base"] for name in ("wang", "li", "zhao")] == [5, 5, 5]
    shown = await town.do("GET", f"/activities/{made['id']}", by=town.secretary)
    assert (shown["title"], [(one["remote"], one["badge"]) for one in shown["attendees"]]) == (
        "固定党日",
        [(False, True), (False, True), (True, None)],
    )
    assert (await town.do("GET", f"/entries/{made['entries'][0]['id']}", by=town.secretary))["activity_id"] == made["id"]


async def test_all_or_none_and_who_has_it_already_is_listed(town: Town) -> None:
    first = await town.record("li", "meeting")
    answer = await town.send("POST", "/activities", meeting(town, "wang", "li"), town.secretary)
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate_entry")
    assert answer.json()["recorded"] == [{"member_id": town.members["li"], "entry_id": first["id"]}]
    assert (await town.points("wang"))["entries"] == []


async def test_who_has_it_already_is_left_out_where_that_is_wanted(town: Town) -> None:
    await town.record("li", "meeting")
    made = await town.do("POST", "/activities", meeting(town, "wang", "li", skip_recorded=True), town.secretary)
    assert [one["member_id"] for one in made["entries"]] == [town.members["wang"]]
    assert (await town.points("li"))["base"] == 5
    shown = await town.do("GET", f"/activities/{made['id']}", by=town.officer)
    assert [one["entry_id"] is None for one in shown["attendees"]] == [False, True]


@pytest.mark.parametrize(
    ("more", "code", "status"),
    [
        ({"item": "rescue"}, "no_attendance_item", 422),
        ({"item": "post"}, "points_missing", 422),
        ({"item": "nothing"}, "unknown_item", 422),
        ({"held_on": "2026-05-21"}, "future_deed", 422),
        ({"held_on": "2009-03-02"}, "before_joining", 422),
        ({"attendees": []}, "invalid", 422),
        ({"title": ""}, "invalid", 422),
        ({"branch_id": "00000000-0000-7000-8000-000000000000"}, "unknown_organization", 404),
    ],
)
async def test_an_activity_that_can_not_be_is_refused_and_nothing_is_stored(
    town: Town, more: dict[str, Any], code: str, status: int
) -> None:
    before = town.app.state.service.log.head()
    answer = await town.send("POST", "/activities", meeting(town, "wang", **more), town.secretary)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert town.app.state.service.log.head() == before


async def test_a_stranger_in_the_list_refuses_the_whole_and_a_town_holds_no_activity(town: Town) -> None:
    refused = await town.refused("not_of_this_branch", "POST", "/activities", meeting(town, "wang", "sun"), town.secretary)
    assert [error["pointer"] for error in refused["errors"]] == ["/attendees/1"]
    await town.refused("listed_twice", "POST", "/activities", meeting(town, "wang", "wang"), town.secretary)
    of_the_town = meeting(town, "wang", branch_id=town.places["town"])
    by = town.roster.token("branch_secretary", "town")
    await town.refused("not_a_branch", "POST", "/activities", of_the_town, by)
    nobody = meeting(town, "wang")
    nobody["attendees"][0]["member_id"] = "00000000-0000-7000-8000-000000000000"
    await town.refused("unknown_member", "POST", "/activities", nobody, town.secretary)


async def test_a_member_who_moved_a_moment_ago_is_known_in_its_new_branch(town: Town) -> None:
    await town.mirror.catch_up_with_roster()
    body = {"branch_id": town.places["north"], "on": "2026-03-01", "reason": "迁居"}
    await town.roster.do("POST", f"/members/{town.members['sun']}/transfer", body)
    made = await town.do("POST", "/activities", meeting(town, "sun"), town.secretary)
    assert len(made["entries"]) == 1
    assert (await town.record("sun"))["points"] == 5


@pytest.mark.spec("5.16")
async def test_a_member_who_works_away_is_recorded_by_the_branch_that_hosts_it(town: Town) -> None:
    away = {"since": "2026-02-01", "place": "兰州市", "host_branch_id": town.places["north"]}
    await town.roster.do("POST", f"/members/{town.members['sun']}/floating", away)
    made = await town.do("POST", "/activities", meeting(town, "sun"), town.secretary)
    entry_id = made["entries"][0]["id"]
    shown = await town.do("GET", f"/entries/{entry_id}", by=town.of("sun"))
    assert shown["branch_id"] == town.places["south"]


@pytest.mark.spec("1.8")
async def test_who_may_record_and_read_an_activity(town: Town) -> None:
    south = town.roster.token("branch_secretary", "south")
    for by in (south, town.officer, town.of("wang"), town.roster.admin):
        await town.refused("not_allowed", "POST", "/activities", meeting(town, "wang"), by)
    made = await town.do("POST", "/activities", meeting(town, "wang"), town.secretary)
    for by in (south, town.of("wang")):
        await town.refused("not_allowed", "GET", f"/activities/{made['id']}", by=by)
    await town.refused("unknown_activity", "GET", f"/activities/{town.members['wang']}", by=town.secretary)

"""The publicity period as evaluation and the public see it: over REST, with the clock moved as an operator moves it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.notice import facts
from tests.notice.builders import clock, october, september
from tests.notice.house import HERE, START, House

END = clock(october(10), 24)


@pytest.fixture
def member(own_boards: House) -> str:
    return own_boards.join("王芳")


@pytest.fixture
def notice(own_boards: House, member: str) -> dict[str, Any]:
    """Results on the board since Monday 28 September 2026, 10:00, for five working days."""
    own_boards.told.tell(facts.results_published(own_boards.places[HERE], {member: 2}))
    return result(own_boards)


def result(boards: House) -> dict[str, Any]:
    """The review's notice that is current."""
    found = boards.read(f"notices?kind=result&organization_id={boards.places[HERE]}")["items"]
    (current,) = [notice for notice in found if notice["replaced_by"] is None]
    return current  # type: ignore[no-any-return]


def period(boards: House, notice: dict[str, Any]) -> dict[str, Any]:
    return boards.read(f"notices/{notice['id']}/publicity")  # type: ignore[no-any-return]


def certificate(boards: House, notice: dict[str, Any]) -> dict[str, Any]:
    def issued() -> dict[str, Any]:
        return boards.read(f"notices/{notice['id']}/certificate")  # type: ignore[no-any-return]

    boards.until(lambda: issued()["checkpoint"] is not None)
    return issued()


def no_certificate(boards: House, code: str, notice: dict[str, Any]) -> dict[str, Any]:
    return boards.refused(code, "GET", f"notice/notices/{notice['id']}/certificate?min_position={boards.told.position}")


def test_the_worked_example(own_boards: House, notice: dict[str, Any]) -> None:
    assert period(own_boards, notice) == {
        "state": "running",
        "readable_since": "2026-09-28T02:00:00Z",
        "counted": [],
        "not_counted": [],
        "ends_on": "2026-10-10",
        "reason": None,
        "open_objections": 0,
    }
    own_boards.move_clock(END - timedelta(seconds=1))
    assert no_certificate(own_boards, "publicity_running", notice)["ends_on"] == "2026-10-10"
    own_boards.move_clock(END)
    assert period(own_boards, notice)["state"] == "ended"
    issued = certificate(own_boards, notice)
    days = ["2026-09-29", "2026-09-30", "2026-10-08", "2026-10-09", "2026-10-10"]
    assert (issued["number"], issued["from"], issued["to"]) == ("XH-01-2026-1", "2026-09-28", "2026-10-10")
    assert (issued["counted"], issued["not_counted"]) == (days, [])
    assert issued["checkpoint"].startswith("xingqi/notice/local\n")
    assert issued["content_hash"] == own_boards.read(f"notices/{notice['id']}")["content_hash"]


def test_a_certificate_is_issued_once_and_stays_the_same(own_boards: House, notice: dict[str, Any]) -> None:
    own_boards.move_clock(END)
    first = certificate(own_boards, notice)
    own_boards.move_clock(END + timedelta(days=30))
    assert {**certificate(own_boards, notice), "checkpoint": None} == {**first, "checkpoint": None}


def test_what_happened_before_the_clock_was_moved_was_public_before_it(own_boards: House, member: str) -> None:
    """The event came a moment before the clock jumped: the board had shown it, so the jump counts."""
    own_boards.told.tell(facts.results_published(own_boards.places[HERE], {member: 2}))
    own_boards.move_clock(END)
    assert period(own_boards, result(own_boards))["state"] == "ended"


@pytest.mark.spec("6.58b")
def test_three_working_days_without_the_service_move_the_end_by_three(own_boards: House, notice: dict[str, Any]) -> None:
    own_boards.move_clock(clock(september(30), 20))
    own_boards.stop("notice")
    own_boards.move_clock(clock(october(12), 7), "roster")
    own_boards.start("notice")
    own_boards.now = clock(october(12), 7)
    found = period(own_boards, notice)
    away = [{"date": f"2026-10-{day:02}", "reason": "service_away"} for day in (8, 9, 10)]
    assert (found["not_counted"], found["ends_on"]) == (away, "2026-10-14")
    own_boards.move_clock(clock(october(14), 24))
    assert certificate(own_boards, notice)["not_counted"] == away


def test_a_restart_without_a_move_of_the_clock_costs_nothing(own_boards: House, notice: dict[str, Any]) -> None:
    own_boards.move_clock(clock(september(29), 12))
    own_boards.stop("notice")
    own_boards.start("notice")
    own_boards.move_clock(END)
    assert period(own_boards, notice)["state"] == "ended"


def test_started_while_no_neighbour_can_be_asked_the_next_move_was_the_outage(own_boards: House, notice: dict[str, Any]) -> None:
    own_boards.move_clock(clock(september(30), 20))
    own_boards.stop("notice")
    own_boards.stop("roster")
    own_boards.told.is_away = True
    own_boards.start("notice")
    own_boards.move_clock(clock(october(9), 7), "notice")
    found = own_boards.do("GET", f"notice/notices/{notice['id']}/publicity")
    assert found["not_counted"] == [{"date": "2026-10-08", "reason": "service_away"}]


@pytest.mark.spec("6.58a")
def test_a_withdrawn_notice_cannot_be_read_and_its_days_stop(own_boards: House, notice: dict[str, Any]) -> None:
    secretary = own_boards.token("branch_secretary", HERE)
    path = f"notice/notices/{notice['id']}"
    own_boards.move_clock(clock(september(29), 9))
    assert own_boards.do("POST", f"{path}/withdrawal", {"reason": "有误"}, secretary) == {"id": notice["id"], "state": "withdrawn"}
    assert own_boards.read(f"notices/{notice['id']}")["content"] is None
    assert own_boards.board(HERE)["notices"] == []
    assert own_boards.send("GET", f"{path}/content").status_code == 404
    own_boards.refused("notice_withdrawn", "POST", f"{path}/withdrawal", {"reason": "有误"}, secretary)
    no_certificate(own_boards, "notice_withdrawn", notice)
    own_boards.move_clock(clock(september(30), 7))
    assert (period(own_boards, notice)["ends_on"], period(own_boards, notice)["reason"]) == (None, "notice_withdrawn")
    assert own_boards.do("POST", f"{path}/return", {}, secretary)["state"] == "current"
    own_boards.refused("notice_not_withdrawn", "POST", f"{path}/return", {}, secretary)
    found = period(own_boards, notice)
    assert (found["not_counted"], found["ends_on"]) == ([{"date": "2026-09-29", "reason": "withdrawn"}], "2026-10-12")


@pytest.mark.parametrize(("role", "place", "status"), [
    ("branch_secretary", HERE, 200), ("town_officer", "宣化镇", 200), ("branch_secretary", "别村", 403), ("member", HERE, 403),
    ("admin", "高台县", 403), ("county_supervisor", "高台县", 403),
])  # fmt: skip
def test_who_may_withdraw(own_boards: House, notice: dict[str, Any], role: str, place: str, status: int) -> None:
    own_boards.found("branch", "别村", "宣化镇")
    answer = own_boards.send("POST", f"notice/notices/{notice['id']}/withdrawal", {"reason": "有误"}, own_boards.token(role, place))
    assert answer.status_code == status


@pytest.mark.spec("9.14", "6.46b")
def test_a_corrected_result_is_a_new_notice_with_a_full_period_and_links_both_ways(
    own_boards: House, notice: dict[str, Any], member: str
) -> None:
    own_boards.move_clock(clock(september(30), 15))
    own_boards.told.tell(facts.results_corrected(own_boards.places[HERE], {member: 3}))
    following = result(own_boards)
    original = own_boards.read(f"notices/{notice['id']}")
    assert (original["state"], original["replaced_by"], original["version"]) == ("corrected", following["id"], 1)
    assert (following["state"], following["replaces"], following["version"]) == ("current", notice["id"], 2)
    assert original["content"]["results"][0]["stars"] == 2
    assert period(own_boards, following)["ends_on"] == "2026-10-13"
    stopped = period(own_boards, notice)
    assert (stopped["ends_on"], stopped["counted"], stopped["reason"]) == (None, ["2026-09-29"], "notice_corrected")
    own_boards.move_clock(END)
    assert no_certificate(own_boards, "notice_withdrawn", notice)["replaced_by"] == following["id"]
    no_certificate(own_boards, "publicity_running", following)
    own_boards.move_clock(clock(october(13), 24))
    assert certificate(own_boards, following)["counted"][0] == "2026-10-08"


def test_a_correction_goes_on_where_the_rulebook_says_that_it_does_not_restart(own_boards: House, member: str) -> None:
    branch = own_boards.places[HERE]
    opened = facts.review_opened(branch, facts.rules_with(restart_on_correction=False))
    for event in (opened, facts.results_published(branch, {member: 2})):
        own_boards.told.tell(event)
    result(own_boards)
    own_boards.move_clock(clock(september(30), 15))
    own_boards.told.tell(facts.results_corrected(branch, {member: 3}))
    assert period(own_boards, result(own_boards))["ends_on"] == "2026-10-10"


def test_the_readable_share_is_that_of_the_reviews_rulebook(own_boards: House, member: str) -> None:
    branch = own_boards.places[HERE]
    opened = facts.review_opened(branch, facts.rules_with(readable_share_of_day="1/1"))
    for event in (opened, facts.results_published(branch, {member: 2})):
        own_boards.told.tell(event)
    found = result(own_boards)
    secretary = own_boards.token("branch_secretary", HERE)
    own_boards.move_clock(clock(september(29), 9))
    own_boards.do("POST", f"notice/notices/{found['id']}/withdrawal", {"reason": "有误"}, secretary)
    own_boards.move_clock(clock(september(29), 9, 5))
    own_boards.do("POST", f"notice/notices/{found['id']}/return", {"reason": "已改"}, secretary)
    own_boards.move_clock(clock(september(30), 7))
    assert period(own_boards, found)["not_counted"] == [{"date": "2026-09-29", "reason": "withdrawn"}]


def test_an_open_objection_holds_the_certificate_back_until_it_is_decided(own_boards: House, notice: dict[str, Any]) -> None:
    review = facts.identity("review", own_boards.places[HERE])
    own_boards.told.tell(facts.objection("raised", review))
    own_boards.told.tell(facts.objection("raised", notice["id"], 2))
    assert period(own_boards, notice)["open_objections"] == 2
    no_certificate(own_boards, "publicity_running", notice)
    own_boards.move_clock(END)
    assert no_certificate(own_boards, "objection_open", notice)["open_objections"] == 2
    own_boards.told.tell(facts.objection("decided", review))
    own_boards.told.tell(facts.objection("decided", notice["id"], 2))
    assert certificate(own_boards, notice)["number"] == notice["number"]


def test_confirmed_results_are_final_and_leave_the_board_at_their_end(own_boards: House, notice: dict[str, Any]) -> None:
    own_boards.move_clock(END)
    issued = certificate(own_boards, notice)
    own_boards.told.tell(facts.review_confirmed(own_boards.places[HERE]))
    final = own_boards.read(f"notices/{notice['id']}")
    assert (final["is_final"], final["until"], final["title"]) == (True, "2027-06-30", "王庄村党支部2026年上半年评星结果")
    own_boards.told.tell(facts.objection("raised", facts.identity("review", own_boards.places[HERE])))
    newest = {"checkpoint": None}  # the log is signed meanwhile
    assert certificate(own_boards, notice) | newest == issued | newest
    own_boards.move_clock(datetime(2027, 7, 1, tzinfo=START.tzinfo))
    assert own_boards.read(f"notices/{notice['id']}")["state"] == "expired"


def test_an_annulled_review_takes_its_notice_down_for_good(own_boards: House, notice: dict[str, Any]) -> None:
    own_boards.told.tell(facts.review_annulled(own_boards, own_boards.places[HERE]))
    assert own_boards.read(f"notices/{notice['id']}")["state"] == "withdrawn"
    secretary = own_boards.token("branch_secretary", HERE)
    own_boards.refused("notice_withdrawn", "POST", f"notice/notices/{notice['id']}/return", {}, secretary)


def test_without_a_publicity_period_there_is_neither_period_nor_certificate(own_boards: House, member: str) -> None:
    own_boards.told.tell(facts.results_published(own_boards.places[HERE], {member: 2}, days=0))
    found = result(own_boards)
    for path in ("publicity", "certificate"):
        own_boards.refused("no_publicity_period", "GET", f"notice/notices/{found['id']}/{path}")


@pytest.mark.spec("6.60b")
def test_a_year_that_the_calendar_does_not_know_stops_nobody(own_boards: House, member: str) -> None:
    own_boards.move_clock(datetime(2026, 12, 30, 4, tzinfo=START.tzinfo))
    own_boards.told.tell(facts.results_published(own_boards.places[HERE], {member: 2}))
    found = result(own_boards)
    assert (period(own_boards, found)["ends_on"], period(own_boards, found)["reason"]) == (None, "calendar_unknown")
    admin = own_boards.issuer.token(["admin"])
    year = {"holidays": ["2027-01-01"], "workdays": [], "source": "国务院办公厅"}
    own_boards.do("PUT", "roster/calendar/years/2027", year, admin)
    own_boards.until(lambda: period(own_boards, found)["ends_on"] == "2027-01-07")
    own_boards.do("PUT", "roster/calendar/2027-01-06", {"kind": "holiday", "source": "县里通知"}, admin)
    own_boards.until(lambda: period(own_boards, found)["ends_on"] == "2027-01-08")


@pytest.mark.spec("6.58c")
def test_a_registered_screen_counts_by_its_heartbeats(own_boards: House, notice: dict[str, Any]) -> None:
    secretary, branch = own_boards.token("branch_secretary", HERE), own_boards.places[HERE]
    own_boards.move_clock(clock(september(29), 20))
    screen = own_boards.do("POST", "notice/screens", {"organization_id": branch, "place": "村委会门口"}, secretary)["id"]
    own_boards.move_clock(clock(september(30), 8))
    for quarter in range(21):
        own_boards.move_clock(clock(september(30), 8) + timedelta(minutes=15 * quarter))
        own_boards.do("POST", f"notice/screens/{screen}/heartbeats", {"shown": [notice["id"]]}, secretary)
    own_boards.move_clock(clock(october(9), 7))
    found = period(own_boards, notice)
    assert found["counted"] == ["2026-09-29", "2026-09-30"]
    assert found["not_counted"] == [{"date": "2026-10-08", "reason": "no_screen_alive"}]
    assert own_boards.send("DELETE", f"notice/screens/{screen}", None, secretary).status_code == 204
    own_boards.refused("unknown_screen", "POST", f"notice/screens/{screen}/heartbeats", {"shown": []}, secretary)
    own_boards.move_clock(clock(october(12), 7))
    assert period(own_boards, notice)["counted"] == ["2026-09-29", "2026-09-30", "2026-10-09", "2026-10-10"]

"""The publicity period holds whatever happens to the board: told over three real processes, with the clock moved as operators do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from tests.journeys.processes import CellSettings
from tests.journeys.stories import Branch, Town, names, story_town

pytestmark = pytest.mark.timeout(240)
START = "manual:2026-09-28T02:00:00Z"
"""Monday 28 September 2026, 10:00 in Shanghai: the spec's worked example. 1 to 7 October are free, Saturday 10 October is worked."""


@pytest.fixture
def town(cell_settings: CellSettings, tmp_path: Path) -> Iterator[Town]:
    with story_town(tmp_path, START, **cell_settings()) as made:
        yield made


def notice_of(town: Town, branch: Branch) -> str:
    """The id of the notice of the branch's results, once notice has taken them in."""
    seen = town.position("evaluation")
    (found,) = town.read("notice/notices", kind="result", review_id=branch.review, min_position=seen)["items"]
    identity: str = found["id"]
    return identity


def period(town: Town, notice: str) -> dict[str, Any]:
    found: dict[str, Any] = town.read(f"notice/notices/{notice}/publicity")
    return found


def end_after(town: Town, notice: str, earlier: str) -> str:
    """The end once it is another than `earlier`: what the roster tells comes by itself, within a moment."""
    until = monotonic() + 10
    while (end := period(town, notice)["ends_on"]) == earlier and monotonic() < until:
        sleep(0.05)
    return str(end)


def confirmed_by(town: Town, branch: Branch) -> None:
    town.to(branch, "confirmed")


def refused_for_now(town: Town, branch: Branch) -> None:
    town.refused((409, "publicity_running"), "POST", f"evaluation/reviews/{branch.review}/phase", branch.secretary, {"to": "confirmed"})


def test_three_working_days_without_the_service_move_the_end_by_three_and_the_certificate_says_so(town: Town) -> None:
    branch = town.published(town.branch(names(6)))
    notice = notice_of(town, branch)
    assert period(town, notice)["ends_on"] == "2026-10-10"

    # It stops on the evening of 30 September; the others go on to the morning of 12 October: 8, 9 and 10 October are lost.
    town.now("2026-09-30T12:00:00Z")
    town.cell.stop("notice")
    for service in ("roster", "evaluation"):
        town.do("PUT", f"{service}/clock", town.admin, {"now": "2026-10-11T23:00:00Z"})
    town.cell.start("notice")
    found = period(town, notice)
    assert (found["state"], found["ends_on"]) == ("running", "2026-10-14"), "12, 13 and 14 October take the place of 8, 9 and 10"
    assert [(day["date"], day["reason"]) for day in found["not_counted"]] == [
        ("2026-10-08", "service_away"), ("2026-10-09", "service_away"), ("2026-10-10", "service_away"),
    ]  # fmt: skip

    # A second before the end nobody can confirm; at the end the certificate names the days, and the review stands.
    town.now("2026-10-14T15:59:59Z")
    refused_for_now(town, branch)
    town.now("2026-10-14T16:00:00Z")
    certificate = town.read(f"notice/notices/{notice}/certificate")
    assert certificate["counted"] == ["2026-09-29", "2026-09-30", "2026-10-12", "2026-10-13", "2026-10-14"]
    assert [day["date"] for day in certificate["not_counted"]] == ["2026-10-08", "2026-10-09", "2026-10-10"]
    assert (certificate["from"], certificate["to"]) == ("2026-09-28", "2026-10-14")
    confirmed_by(town, branch)


def test_a_service_that_is_up_was_up_the_whole_time_that_the_clock_jumps_over(town: Town) -> None:
    branch = town.published(town.branch(names(6)))
    notice = notice_of(town, branch)
    town.now("2026-10-10T16:00:00Z")
    found = period(town, notice)
    assert (found["state"], found["not_counted"]) == ("ended", [])
    confirmed_by(town, branch)


def test_results_published_while_the_board_is_away_are_counted_from_when_they_could_first_be_read(town: Town) -> None:
    people = town.branch(names(6))
    town.cell.stop("notice")
    branch = town.published(people)
    for service in ("roster", "evaluation"):
        town.do("PUT", f"{service}/clock", town.admin, {"now": "2026-09-30T02:00:00Z"})
    town.cell.start("notice")
    found = period(town, notice_of(town, branch))
    assert found["readable_since"].startswith("2026-09-30")
    assert found["ends_on"] == "2026-10-13", "8, 9, 10, 12 and 13 October"


def test_killed_it_comes_back_with_the_same_end_and_days_off_entered_later_move_it(town: Town) -> None:
    branch = town.published(town.branch(names(6)))
    notice = notice_of(town, branch)
    town.cell.stop("notice", kill=True)
    town.cell.start("notice")
    assert period(town, notice)["ends_on"] == "2026-10-10"
    town.do("PUT", "roster/calendar/2026-10-09", town.admin, {"kind": "holiday", "source": "县里通知"})
    assert end_after(town, notice, "2026-10-10") == "2026-10-12"


def test_a_withdrawn_notice_waits_and_goes_on(town: Town) -> None:
    branch = town.published(town.branch(names(6)))
    notice = notice_of(town, branch)
    town.now("2026-10-07T23:00:00Z")
    town.do("POST", f"notice/notices/{notice}/withdrawal", town.officer, {"reason": "核对姓名"})
    assert (period(town, notice)["ends_on"], period(town, notice)["reason"]) == (None, "notice_withdrawn")
    town.now("2026-10-09T12:00:00Z")
    town.do("POST", f"notice/notices/{notice}/return", town.officer, {})
    found = period(town, notice)
    assert [(day["date"], day["reason"]) for day in found["not_counted"]] == [("2026-10-08", "withdrawn")]
    town.now("2026-10-09T16:00:00Z")
    assert period(town, notice)["ends_on"] == "2026-10-13"
    refused_for_now(town, branch)


def test_an_objection_of_the_public_holds_back_the_confirmation_until_it_is_answered(town: Town) -> None:
    branch = town.published(town.branch(names(6)))
    notice = notice_of(town, branch)
    place, said = f"notice/notices/{notice}/objections", {"text": "公示的星级与实际不符，请复核。", "contact": "村口小卖部"}
    first, again = (town.send("POST", place, None, said) for _ in range(2))
    assert (first.status_code, again.json()) == (201, first.json()), first.text
    assert period(town, notice)["open_objections"] == 1
    town.now("2026-10-10T16:00:00Z")
    town.refused((409, "objection_open"), "POST", f"evaluation/reviews/{branch.review}/phase", branch.secretary, {"to": "confirmed"})
    (objection,) = town.read("evaluation/objections", town.second_officer, organization_id=branch.id)["items"]
    assert objection["reference"] == first.json()["reference"]
    decision = {"decision": "dismissed", "reason": "经复核，评分无误。"}
    town.do("POST", f"evaluation/objections/{objection['id']}/decision", town.second_officer, decision)
    assert town.read(f"notice/notices/{notice}/publicity", min_position=town.position("evaluation"))["open_objections"] == 0
    confirmed_by(town, branch)

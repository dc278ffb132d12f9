"""Obligations (spec, sections 3 and 8): computed from what did not happen, against the rulebook's schedule and the working days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.domain import obligations
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.domain.obligations import Duty, Obligation, half_years, judged, of_half_year, of_term, of_year
from services.evaluation.events.annual import AnnualReviewHeld
from services.evaluation.events.objections import ObjectionDecided, ObjectionRaised
from services.evaluation.projections.obligations import ANSWERS, MEETINGS, Obligations
from shared.calendar import Calendar, HalfYear
from shared.events import Event
from shared.projections import Page, Table, ViewDatabase
from shared.store import Files
from tests.evaluation.builders import WRITTEN, recorded

H1 = HalfYear(2026, 1)
SCHEDULE = DEFAULT_RULES.schedule
DUTY = Duty("objection_answered", "b1", "b1")


def owed(today: str, **done: str) -> dict[str, Obligation]:
    days = {step: date.fromisoformat(on) for step, on in done.items()}
    found = of_half_year("b1", H1, SCHEDULE, days, None, today=date.fromisoformat(today))
    return {one.duty.kind: one for one in found}


@pytest.mark.spec("3.26")
def test_a_half_year_that_nobody_opened_is_owed_all_the_same() -> None:
    assert owed("2026-06-30") == {}
    assert {one.state for one in owed("2026-07-01").values()} == {"open"}
    assert set(owed("2026-07-01")) == set(obligations.STEPS)
    assert {one.state for one in owed("2026-12-01").values()} == {"overdue"}


@pytest.mark.parametrize(
    ("step", "due"),
    [
        ("review_opened", "2026-07-10"),
        ("peer_review_closed", "2026-07-25"),
        ("committee_review_held", "2026-08-04"),
        ("results_published", "2026-08-11"),
        ("review_confirmed", "2026-09-08"),
    ],
)
def test_the_day_on_which_it_is_due_is_still_in_time(step: str, due: str) -> None:
    on = date.fromisoformat(due)
    assert owed(due)[step] == Obligation(Duty(step, "b1", "b1", "2026-H1"), "open", on, date(2026, 7, 1))
    after = on + timedelta(days=1)
    assert owed(after.isoformat())[step] == Obligation(Duty(step, "b1", "b1", "2026-H1"), "overdue", on, after)


def test_what_was_done_is_met_and_late_where_it_was() -> None:
    found = owed("2026-09-30", review_opened="2026-07-10", results_published="2026-08-12")
    assert (found["review_opened"].state, found["review_opened"].is_late) == ("met", False)
    assert (found["results_published"].state, found["results_published"].is_late) == ("met", True)
    assert found["results_published"].since == date(2026, 8, 12)
    assert found["peer_review_closed"].state == "overdue"


@pytest.mark.spec("3.25")
def test_the_annual_review_is_owed_90_days_after_the_year() -> None:
    def held(today: str, on: str | None = None) -> list[Obligation]:
        return list(of_year("b1", 2026, SCHEDULE, date.fromisoformat(on) if on else None, date.fromisoformat(today)))

    assert held("2026-12-31") == []
    assert [(one.state, one.due_on) for one in held("2027-03-31")] == [("open", date(2027, 3, 31))]
    assert held("2027-04-01")[0].state == "overdue"
    assert held("2027-05-01", "2027-04-02")[0].is_late


def test_an_answer_is_owed_within_working_days() -> None:
    """Ten working days after Monday 28 September 2026: the National Day's week is free, Saturday 10 October is a make-up day."""
    raised, due = date(2026, 9, 28), date(2026, 10, 16)
    assert of_term(DUTY, raised, 10, Calendar(), met_on=None, today=due) == Obligation(DUTY, "open", due, raised)
    assert of_term(DUTY, raised, 10, Calendar(), met_on=None, today=date(2026, 10, 17)).state == "overdue"


def test_a_year_without_calendar_data_is_never_overdue_and_says_why() -> None:
    one = of_term(DUTY, date(2030, 3, 1), 10, Calendar(), met_on=None, today=date(2031, 1, 1))
    assert (one.state, one.due_on, one.since, one.reason) == ("open", None, date(2030, 3, 1), "calendar_unknown")
    assert not of_term(DUTY, date(2030, 3, 1), 10, Calendar(), met_on=date(2030, 9, 1), today=date(2031, 1, 1)).is_late


def test_half_years_go_from_the_first_to_the_present_one() -> None:
    assert [str(one) for one in half_years(date(2025, 12, 31), date(2026, 7, 1))] == ["2025-H2", "2026-H1", "2026-H2"]


@pytest.fixture
def page(tmp_path: Path) -> Page:
    database = ViewDatabase(Files(tmp_path).database("views"))
    tables: tuple[Table, ...] = Obligations.tables
    for table in tables:
        table.create(database.database, table.name)
    return Page(database.connection(), {table: table.name for table in tables})


def at(page: Page, event: Event, day: int) -> None:
    Obligations().project(page, recorded(event, at=datetime(2026, 7, day, 2, tzinfo=UTC)))


def test_an_objection_is_answered_by_its_first_decision(page: Page) -> None:
    about: dict[str, Any] = {"objection_id": "o1", "kind": "finding", "about_id": "f1", "member_id": None, "organization_id": "b1"}
    raised = ObjectionRaised(
        **about, reference="YY-1", text=WRITTEN, contact=None, raised_by="m1", on_paper=False, working_days=10, recorded_by="m1"
    )
    decided = ObjectionDecided(**about, decision="dismissed", reason=WRITTEN, score=None, recorded_by="sun")
    at(page, raised, 1)
    row = page.get(ANSWERS, "o1")
    assert row is not None
    assert (row["organization_id"], row["working_days"], row["raised_on"]) == ("b1", 10, date(2026, 7, 1))
    at(page, decided, 8)
    at(page, decided, 9)
    row = page.get(ANSWERS, "o1")
    assert row is not None
    assert row["decided_on"] == date(2026, 7, 8)


def meeting(state: str, held_on: date) -> AnnualReviewHeld:
    return AnnualReviewHeld(
        annual_review_id="a1", branch_id="b1", year=2026, held_on=held_on, state=state, rulebook_id="town", version=1,
        rule=DEFAULT_RULES.annual, entitled=(), present=(), grades=(), half_years=(), excellent_reason=None, recorded_by="wang",
    )  # fmt: skip


def test_a_meeting_without_quorum_does_not_meet_the_obligation(page: Page) -> None:
    at(page, meeting("no_quorum", date(2027, 1, 9)), 1)
    assert page.get(MEETINGS, "b1", 2026) is None
    at(page, meeting("held", date(2027, 2, 1)), 2)
    at(page, meeting("held", date(2027, 3, 1)), 3)
    row = page.get(MEETINGS, "b1", 2026)
    assert row is not None
    assert row["held_on"] == date(2027, 2, 1)


DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@given(DAYS, DAYS, st.none() | DAYS, DAYS, DAYS)
def test_an_obligation_only_ever_goes_from_open_to_overdue_to_met(
    begins: date, due: date, met: date | None, one: date, other: date
) -> None:
    order = ("open", "overdue")
    first, later = sorted((one, other))
    before, after = (judged(DUTY, begins=begins, due_on=due, met_on=met, today=day) for day in (first, later))
    if met is not None:
        assert before == after
        assert before.is_late == (met > due)
    else:
        assert order.index(before.state) <= order.index(after.state)
        assert (after.state == "overdue") == (later > due)

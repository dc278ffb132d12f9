from __future__ import annotations

from datetime import date

import pytest

from services.roster.domain.calendar import DayIsBoth, DayOfAnotherYear, EnteredCalendar, days_between, enter_year, evolve, set_day
from shared.events import Event
from tests.roster.builders import OFFICER, Roster, recorded

YEAR = {"holidays": ["2027-01-01", "2027-02-08"], "workdays": ["2027-01-02"], "source": "国务院办公厅 2026 年第 1 号通知"}


def entered(*events: Event) -> EnteredCalendar:
    calendar = EnteredCalendar()
    for event in events:
        calendar = evolve(calendar, recorded(event))
    return calendar


def day(calendar: EnteredCalendar, on: str) -> tuple[bool | None, str | None]:
    (found,) = days_between(calendar, date.fromisoformat(on), date.fromisoformat(on))
    return found.working, found.by


def year_2027(**more: tuple[date, ...]) -> Event:
    days = {"holidays": (date(2027, 1, 1),), "workdays": (date(2027, 1, 2),), **more}
    return enter_year(year=2027, source="公告", by=OFFICER, **days)


@pytest.mark.spec("6.60a")
def test_a_year_that_nobody_entered_is_not_guessed() -> None:
    assert day(entered(), "2027-01-04") == (None, None)
    assert day(entered(), "2026-10-10") == (True, "library")


def test_every_day_of_an_entered_year_is_known() -> None:
    calendar = entered(year_2027())
    assert [day(calendar, f"2027-01-0{n}") for n in range(1, 5)] == [(False, "year"), (True, "year"), (False, "year"), (True, "year")]


def test_a_single_day_wins_over_its_year_and_the_newest_entry_over_the_older() -> None:
    holiday = set_day(on=date(2027, 1, 4), kind="holiday", source="公告", by=OFFICER)
    workday = set_day(on=date(2027, 1, 4), kind="workday", source="公告", by=OFFICER)
    assert day(entered(year_2027(), holiday), "2027-01-04") == (False, "day")
    assert day(entered(year_2027(), holiday, workday), "2027-01-04") == (True, "day")
    assert day(entered(year_2027(), year_2027(holidays=(date(2027, 1, 4),))), "2027-01-01") == (True, "year")


def test_a_year_holds_days_of_its_own_each_of_one_kind() -> None:
    with pytest.raises(DayOfAnotherYear):
        year_2027(holidays=(date(2026, 12, 31),))
    with pytest.raises(DayIsBoth):
        year_2027(holidays=(date(2027, 1, 2),))


async def test_an_administrator_enters_a_year_and_a_day(roster: Roster) -> None:
    assert await roster.do("PUT", "/calendar/years/2027", YEAR) == {"year": 2027, **YEAR}
    await roster.do("PUT", "/calendar/2027-01-04", {"kind": "holiday", "source": "县里通知"})
    days = (await roster.do("GET", "/calendar?from=2026-12-31&to=2027-01-04"))["items"]
    assert days == [
        {"date": "2026-12-31", "working": True, "by": "library", "source": None},
        {"date": "2027-01-01", "working": False, "by": "year", "source": YEAR["source"]},
        {"date": "2027-01-02", "working": True, "by": "year", "source": YEAR["source"]},
        {"date": "2027-01-03", "working": False, "by": "year", "source": YEAR["source"]},
        {"date": "2027-01-04", "working": False, "by": "day", "source": "县里通知"},
    ]
    feed = (await roster.do("GET", "/events?types=calendar.year-entered.v1,calendar.day-set.v1", by=roster.service))["items"]
    assert [item["data"]["source"] for item in feed] == [YEAR["source"], "县里通知"]


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("PUT", "/calendar/years/2028", YEAR, "day_of_another_year"),
        ("PUT", "/calendar/years/2027", {**YEAR, "workdays": ["2027-01-01"]}, "day_is_both"),
        ("PUT", "/calendar/years/2027", {**YEAR, "source": " "}, "invalid"),
        ("PUT", "/calendar/years/2027", {**YEAR, "holidays": ["2027-02-30"]}, "invalid"),
        ("PUT", "/calendar/years/9999", YEAR, "not_found"),
        ("PUT", "/calendar/2027-02-29", {"kind": "holiday", "source": "-"}, "not_found"),
        ("PUT", "/calendar/2027-02-28", {"kind": "party", "source": "-"}, "invalid"),
        ("GET", "/calendar?from=2027-01-02&to=2027-01-01", None, "bad_range"),
        ("GET", "/calendar?from=1990-01-01&to=2027-01-01", None, "bad_range"),
        ("GET", "/calendar?from=2027-01-01", None, "invalid"),
    ],
)
async def test_a_faulty_entry_or_question_is_refused(
    roster: Roster, method: str, path: str, body: dict[str, object] | None, code: str
) -> None:
    await roster.refused(code, method, path, body)


async def test_only_an_administrator_of_the_cell_enters_and_whoever_is_signed_in_reads(roster: Roster) -> None:
    for token in (roster.token("town_officer", "town"), roster.token("admin", "county"), roster.service):
        await roster.refused("not_allowed", "PUT", "/calendar/years/2027", YEAR, token)
    await roster.do("GET", "/calendar?from=2026-01-01&to=2026-12-31", by=roster.of_member(await roster.join()))

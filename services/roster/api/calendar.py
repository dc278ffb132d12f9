"""The calendar of working days: what the library knows, and above it what administrators enter."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from services.roster.commands import calendar
from services.roster.domain.calendar import DayIsBoth, DayOfAnotherYear, RangeTooLong, days_between
from shared.web import Body, Day, Door, Router, ShortText, answered, json_answer, problems

DAYS_OF_A_YEAR = 366
router = Router(tags=["Calendar"])


class YearBody(Body):
    """The days off and the make-up working days of a year, by the official notice that `source` names."""

    holidays: Annotated[list[Day], Field(max_length=DAYS_OF_A_YEAR)]
    workdays: Annotated[list[Day], Field(max_length=DAYS_OF_A_YEAR)]
    source: ShortText


class DayBody(Body):
    """What one day is, by the official notice that `source` names."""

    kind: Literal["workday", "holiday"]
    source: ShortText


class DayAnswer(BaseModel):
    """A day: `working` is null where its year is not known yet; `by` is what decided."""

    date: dt.date
    working: bool | None
    by: Literal["day", "year", "library"] | None
    source: str | None


class CalendarAnswer(BaseModel):
    """Days in order."""

    items: list[DayAnswer]


class YearAnswer(BaseModel):
    """The year that is known now."""

    year: int
    holidays: list[dt.date]
    workdays: list[dt.date]
    source: str


class DaySetAnswer(BaseModel):
    """The day as it is now."""

    date: dt.date
    kind: Literal["workday", "holiday"]
    source: str


@router.get("/calendar", response_model=CalendarAnswer, responses=problems(RangeTooLong))
async def get_calendar(door: Door, first: Annotated[Day, Query(alias="from")], last: Annotated[Day, Query(alias="to")]) -> Response:
    """The days from `from` to `to`, both included, at most 1100: working or not, and by what."""
    await door.require()
    entered = await calendar.load_calendar(door.log)
    return json_answer({"items": list(days_between(entered.state, first, last))})


@router.put("/calendar/years/{year}", response_model=YearAnswer, responses=problems(DayOfAnotherYear, DayIsBoth))
async def put_year(year: Annotated[int, Path(ge=1949, le=2200)], body: YearBody, door: Door) -> Response:
    """The year is known from now on: every day that is named nowhere follows its weekday. Entered again, the newest holds."""
    await door.require()
    holidays, workdays = sorted(set(body.holidays)), sorted(set(body.workdays))
    answer = {"year": year, "holidays": holidays, "workdays": workdays, "source": body.source}
    stored = await calendar.enter_year(
        door.log,
        year=year,
        holidays=tuple(body.holidays),
        workdays=tuple(body.workdays),
        source=body.source,
        by=door.caller.person,
        reply=door.reply(200, lambda _: answer),
    )
    return answered(stored)


@router.put("/calendar/{date}", response_model=DaySetAnswer)
async def put_day(date: Day, body: DayBody, door: Door) -> Response:
    """One day is a working day or a holiday from now on, whatever its year says."""
    await door.require()
    reply = door.reply(200, lambda _: {"date": date, "kind": body.kind, "source": body.source})
    return answered(await calendar.set_day(door.log, on=date, kind=body.kind, source=body.source, by=door.caller.person, reply=reply))

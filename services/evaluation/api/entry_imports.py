"""Entries as a spreadsheet: the template, and the import, all rows or none."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel

from services.evaluation.api.entry_people import People
from services.evaluation.api.entry_sheet import EXPLAINS, NOTES, SHEETS, Meeting, Written, cell_places, columns, read_sheets
from services.evaluation.api.places import UnknownOrganization, places_of
from services.evaluation.commands import entry_imports
from services.evaluation.commands.activities import ActivityToRecord
from services.evaluation.commands.entry_imports import ActivityRows, DeedRow, EntriesToImport, RowsRefused
from services.evaluation.commands.evidence import EvidenceText
from services.evaluation.commands.points import EntryToRecord
from services.evaluation.commands.rulebooks import rules_for
from services.evaluation.domain.activities import NotABranch
from services.evaluation.domain.entry_imports import Table, label
from services.evaluation.domain.rulebooks import NoRulesInForce
from services.evaluation.events.activities import ActivityHeld
from services.evaluation.events.points import EntryRecorded
from shared.calendar import HalfYear
from shared.errors import TooLarge
from shared.sheets import Column, NotASheet, SheetRefused, read_book, written
from shared.store import Stored
from shared.web import Door, Doorway, Id, Router, answered, json_answer, problems
from shared.web.spreadsheets import GIVES_A_SHEET, MOST_FILE_BYTES, TAKES_A_SHEET, sent_file, sheet_answer

router = Router(tags=["Points"])


class EntriesImported(BaseModel):
    """How many entries were recorded and how many activities; `skipped`: rows whose deed was recorded already."""

    created: int
    activities: int
    skipped: int


@router.get("/entries/template.xlsx", responses={**GIVES_A_SHEET, **problems(UnknownOrganization, NotABranch, NoRulesInForce)})
async def get_template(door: Door, branch_id: Annotated[Id, Query()]) -> Response:
    """An empty spreadsheet for a branch's deeds and activities, with a drop-down of the items of this half-year and a sheet that explains.

    It holds no names.
    """
    ancestry = await _branch(door, branch_id)
    in_force = await rules_for(door.log, ancestry, HalfYear.of(door.log.today()))
    options: dict[Table, list[str]] = {
        "deeds": [label(item) for item in in_force.rules.items],
        "attendance": [label(item) for item in in_force.rules.items if item.kind == "base" and isinstance(item.points, Decimal)],
    }
    tables: dict[str, tuple[list[Column], list[dict[str, object]]]] = {
        SHEETS[table]: (columns(table, items), []) for table, items in options.items()
    }
    return sheet_answer(await asyncio.to_thread(written, tables, NOTES, EXPLAINS), "entries-template.xlsx")


@router.post(
    "/entries/imports",
    status_code=201,
    response_model=EntriesImported,
    responses=problems(UnknownOrganization, NotABranch, NotASheet, SheetRefused, TooLarge),
    openapi_extra=TAKES_A_SHEET,
    max_body_size=MOST_FILE_BYTES,
)
async def post_import(
    door: Door,
    branch_id: Annotated[Id, Query()],
    dry_run: Annotated[bool, Query()] = False,
    skip_recorded: Annotated[bool, Query()] = False,
) -> Response:
    """Record a branch's deeds and activities from a spreadsheet: all rows or none. Names mean members of this branch alone.

    `dry_run`: answers the same, and stores nothing. `skip_recorded`: rows whose deed is recorded already are left out, instead of the
    whole being refused with the first entry of each.
    """
    ancestry = await _branch(door, branch_id)
    book = await asyncio.to_thread(read_book, await sent_file(door), frozenset(SHEETS.values()))
    found = read_sheets(book)
    people = People(places_of(door), branch_id)
    await people.find(found.people, [deed.person for deed in found.deeds])
    sheet = EntriesToImport(ancestry, _deeds(found, people), await _activities(found, people), skip_recorded)
    wrong = found.places + cell_places(people.errors)
    try:
        if dry_run or wrong:
            plan = await entry_imports.plan_import(door.log, sheet, by=door.caller.person)
            if wrong:
                raise SheetRefused(wrong)
            return json_answer(plan.answer(), 201)
        reply = door.reply(201, lambda stored: _counts(stored, len(sheet.member_ids())))
        return answered(await entry_imports.import_entries(door.log, sheet, by=door.caller.person, reply=reply))
    except RowsRefused as error:
        raise SheetRefused(wrong + cell_places(error.errors)) from error


def _counts(stored: Stored, rows: int) -> dict[str, int]:
    created = sum(isinstance(one.event, EntryRecorded) for one in stored.recorded)
    held = sum(isinstance(one.event, ActivityHeld) for one in stored.recorded)
    return {"created": created, "activities": held, "skipped": rows - created}


async def _branch(door: Doorway, branch_id: str) -> tuple[str, ...]:
    places = places_of(door)
    ancestry = await places.ancestry(branch_id)
    await door.require(organization=branch_id)
    if (await places.organization(branch_id)).kind != "branch":
        raise NotABranch(errors=[("/query/branch_id", NotABranch.sentence)])
    return ancestry


def _deeds(found: Written, people: People) -> list[DeedRow]:
    rows: list[DeedRow] = []
    for deed in found.deeds:
        if (facts := people.facts(deed.person)) is not None:
            evidence = [EvidenceText("text", deed.evidence)] if deed.evidence else []
            rows.append(DeedRow(deed.person.place, facts, EntryToRecord(deed.item, deed.occurred_on, deed.points, evidence)))
    return rows


async def _activities(found: Written, people: People) -> list[ActivityRows]:
    rows = [await _activity(meeting, people) for meeting in found.meetings]
    return [one for one in rows if one.places]


async def _activity(meeting: Meeting, people: People) -> ActivityRows:
    asked = [(one, await people.present(one.person, meeting.held_on, remote=one.remote, badge=one.badge)) for one in meeting.attendance]
    present = [(one.person.place, found) for one, found in asked if found is not None]
    activity = ActivityToRecord(meeting.item, meeting.title, meeting.held_on, [found for _, found in present])
    return ActivityRows(tuple(place for place, _ in present), activity)

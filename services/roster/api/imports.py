"""The roster as a spreadsheet: the template, the import (all rows or none), the export that the import takes back."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel

from services.roster.api.members import names_of, record_read
from services.roster.api.names import by_name
from services.roster.api.roster_sheet import EXPLAINS, NOTES, SHEET, Unit, Units, columns, read_rows, record_of, refused
from services.roster.commands import imports
from services.roster.commands.imports import RowsRefused
from services.roster.commands.members import member_of
from services.roster.commands.organizations import organization_of
from services.roster.commands.profiles import profiles_of
from services.roster.domain.imports import Namesake, Register, RosterRow
from services.roster.domain.organizations import UnknownOrganization
from services.roster.events.members import MemberJoined
from services.roster.events.profiles import ProfileCorrected
from services.roster.projections.members import members_of
from services.roster.projections.organizations import branches_below, subtree
from shared.projections import Snapshot
from shared.sheets import NotASheet, SheetRefused, read_book, written
from shared.store import Stored
from shared.web import Door, Doorway, Id, Router, answered, json_answer, problems
from shared.web.spreadsheets import GIVES_A_SHEET, MOST_FILE_BYTES, TAKES_A_SHEET, sent_file, sheet_answer

router = Router(tags=["Spreadsheets"])


class ImportAnswer(BaseModel):
    """How many members were entered, how many profiles corrected, how many rows changed nothing."""

    created: int
    changed: int
    unchanged: int


@router.get("/imports/template.xlsx", responses=GIVES_A_SHEET)
async def get_template(door: Door) -> Response:
    """An empty roster to fill in, with drop-downs of the caller's branches and groups and a sheet that explains."""
    units = await _units(door, await door.scopes())
    return await _sheet(units, [], "roster-template.xlsx")


@router.get("/exports/roster.xlsx", responses={**GIVES_A_SHEET, **problems(UnknownOrganization)})
async def get_export(door: Door, organization_id: Annotated[Id, Query()]) -> Response:
    """The members of the organisation and of all below it who are in the Party, as they are today; the import takes it unchanged."""
    await organization_of(door.log, organization_id)
    await door.require(organization=organization_id)
    units = await _units(door, frozenset({organization_id}))
    snapshot = await door.snapshot(is_current=True)
    found = await members_of(snapshot, [one.id for one in units.branches], door.log.today())
    ordered = by_name(found, await names_of(door).of(one.member_id for one in found))
    profiles = await profiles_of(door.log, [one.member_id for one in ordered])
    by_id = {one.id: one for one in (*units.branches, *units.groups)}
    shown = [one.member_id for one in ordered if one.member_id in profiles]
    records = [record_of(await member_of(door.log, one), profiles[one], by_id, door.log.today()) for one in shown]
    record_read(door, shown, "list")
    return await _sheet(units, records, "roster.xlsx")


@router.post(
    "/imports",
    status_code=201,
    response_model=ImportAnswer,
    responses=problems(NotASheet, SheetRefused),
    openapi_extra=TAKES_A_SHEET,
    max_body_size=MOST_FILE_BYTES,
)
async def post_import(door: Door, dry_run: Annotated[bool, Query()] = False) -> Response:
    """Take a roster over: all rows or none. Rows of members that are there correct their profiles; others enter new members.

    `dry_run`: answers the same, and stores nothing.
    """
    scopes = await door.scopes()
    units = await _units(door, scopes)
    book = await asyncio.to_thread(read_book, await sent_file(door), frozenset({SHEET}))
    rows = read_rows(book, units)
    look = _looking(door, rows)
    try:
        if dry_run:
            plan = await imports.plan_import(door.log, rows, await look(), by=door.caller.person)
            return json_answer({"created": plan.created, "changed": plan.changed, "unchanged": plan.unchanged}, 201)
        reply = door.reply(201, lambda stored: _counts(stored, len(rows)))
        return answered(await imports.import_roster(door.log, rows, look, by=door.caller.person, reply=reply))
    except RowsRefused as error:
        raise refused(error.errors, units) from error


def _counts(stored: Stored, rows: int) -> dict[str, int]:
    created = sum(isinstance(one.event, MemberJoined) for one in stored.recorded)
    changed = sum(isinstance(one.event, ProfileCorrected) for one in stored.recorded)
    return {"created": created, "changed": changed, "unchanged": rows - created - changed}


def _looking(door: Doorway, rows: list[RosterRow]) -> Callable[[], Awaitable[Register]]:
    branches = list(dict.fromkeys(row.branch_id for row in rows))

    async def look() -> Register:
        found: defaultdict[tuple[str, str, date], list[Namesake]] = defaultdict(list)
        members = await members_of(await door.snapshot(is_current=True), branches, date.max)
        profiles = await profiles_of(door.log, [one.member_id for one in members])
        for one in members:
            if profile := profiles.get(one.member_id):
                namesake = Namesake(one.member_id, profile.identity_number is not None)
                found[one.branch_id, profile.name, one.joined_on].append(namesake)
        return found

    return look


async def _units(door: Doorway, scopes: frozenset[str] | None) -> Units:
    snapshot = await door.snapshot(is_current=True)
    branches: list[Unit] = []
    groups: list[Unit] = []
    for branch_id in await branches_below(snapshot, scopes):
        branch, *below = await _units_below(snapshot, branch_id)
        branches.append(branch)
        groups += below
    return Units(sorted(branches, key=lambda one: one.code), sorted(groups, key=lambda one: one.code))


async def _units_below(snapshot: Snapshot, branch_id: str) -> list[Unit]:
    rows = await subtree(snapshot, branch_id)
    return [Unit(row["organization_id"], row["parent_id"], row["code"], row["name"]) for row in rows]


async def _sheet(units: Units, records: list[dict[str, object]], name: str) -> Response:
    data = await asyncio.to_thread(written, {SHEET: (columns(units), records)}, NOTES, EXPLAINS)
    return sheet_answer(data, name)

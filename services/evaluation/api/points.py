"""Entries and points: recording, reversing, telling, reading."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from services.evaluation.api import evidence
from services.evaluation.api.entry_shapes import (
    EntryAnswer,
    EntryBody,
    EntryLine,
    EntryList,
    EntryMade,
    PointsAnswer,
    ReasonBody,
    ReversalMade,
    StoryBody,
    StoryMade,
)
from services.evaluation.api.member_reads import record_read
from services.evaluation.api.places import UnknownMember, require_for_member
from services.evaluation.api.portraits import entry_portrait, points_portrait
from services.evaluation.api.scopes import branches_to_list
from services.evaluation.commands import points
from services.evaluation.commands.points import EntryToRecord
from services.evaluation.domain.points import (
    AlreadyReversed,
    BeforeJoining,
    DuplicateEntry,
    EvidenceMissing,
    FutureDeed,
    LateEntry,
    PointsGiven,
    PointsMissing,
    PointsOutOfRange,
    UnknownEntry,
    UnknownItem,
)
from services.evaluation.domain.rulebooks import NoRulesInForce
from services.evaluation.domain.stories import AlreadyTold, NoGoodDeed, StoryEndsInThePast
from services.evaluation.events.points import EntryRecorded, EntryReversed
from services.evaluation.projections.points import entries_page, ledger_of
from shared.calendar import HalfYear
from shared.errors import TooLarge
from shared.store import Stored
from shared.web import Cursor, Door, Doorway, HalfYearText, Id, Router, answered, json_answer, problems

router = Router(tags=["Points"])


@router.post(
    "/entries",
    status_code=201,
    response_model=EntryMade,
    responses=problems(
        UnknownMember,
        FutureDeed,
        BeforeJoining,
        NoRulesInForce,
        LateEntry,
        UnknownItem,
        PointsGiven,
        PointsMissing,
        PointsOutOfRange,
        EvidenceMissing,
        DuplicateEntry,
        TooLarge,
    ),
)
async def post_entry(body: EntryBody, door: Door) -> Response:
    """Record a deed of a member: a duty done, a good deed, a breach."""
    member = await require_for_member(door, body.member_id)
    entry = EntryToRecord(body.item, body.occurred_on, body.points, evidence.pieces(body.evidence), body.force_reason)
    return answered(await points.record_entry(door.log, member, entry, by=door.caller.person, reply=door.reply(201, _recorded)))


def _recorded(stored: Stored) -> dict[str, object]:
    event = stored.recorded[0].event
    if not isinstance(event, EntryRecorded):
        raise TypeError(f"{type(event).__name__} records no entry")
    return {
        "id": event.entry_id,
        "kind": event.kind,
        "points": event.points,
        "period": event.period,
        "version": event.version,
    }


@router.post(
    "/entries/{entry_id}/reversal",
    status_code=201,
    response_model=ReversalMade,
    responses=problems(UnknownEntry, AlreadyReversed, TooLarge),
)
async def post_reversal(entry_id: Id, body: ReasonBody, door: Door) -> Response:
    """Reverse an entry that was a mistake: it counts nothing from now on, and stays visible."""
    member_id, period, entry_id = await _find(door, entry_id)
    member = await require_for_member(door, member_id)
    stored = await points.reverse_entry(
        door.log,
        (member_id, period),
        entry_id,
        branch_id=member.branch_id,
        reason=body.reason,
        by=door.caller.person,
        reply=door.reply(201, _reversed),
    )
    return answered(stored)


def _reversed(stored: Stored) -> dict[str, object]:
    event = stored.recorded[0].event
    if not isinstance(event, EntryReversed):
        raise TypeError(f"{type(event).__name__} reverses no entry")
    return {"id": event.reversal_id, "reverses": event.entry_id}


@router.post(
    "/entries/{entry_id}/story",
    status_code=201,
    response_model=StoryMade,
    responses=problems(UnknownEntry, NoGoodDeed, AlreadyReversed, AlreadyTold, StoryEndsInThePast, TooLarge),
)
async def post_story(entry_id: Id, body: StoryBody, door: Door) -> Response:
    """Tell a good deed on the board."""
    member_id, period, entry_id = await _find(door, entry_id)
    member = await require_for_member(door, member_id)
    stored = await points.tell_story(
        door.log,
        (member_id, period),
        entry_id,
        branch_id=member.branch_id,
        title=body.title,
        text=body.text,
        until=body.on_board_until,
        by=door.caller.person,
        reply=door.reply(201, lambda _: {"id": entry_id}),
    )
    return answered(stored)


@router.get("/entries/{entry_id}", response_model=EntryAnswer, responses=problems(UnknownEntry))
async def get_entry(entry_id: Id, door: Door) -> Response:
    """One entry with its history, from the log. The id of a reversal gives the entry that it reverses."""
    member_id, period, entry_id = await _find(door, entry_id)
    await require_for_member(door, member_id)
    record_read(door, [member_id], "entry")
    ledger = (await points.load_ledger(door.log, member_id, period)).state
    return json_answer(await entry_portrait(door.log, ledger.entry(entry_id)))


@router.get("/entries", response_model=EntryList, responses=problems(UnknownMember))
async def get_entries(
    door: Door,
    page: Cursor,
    *,
    branch_id: Annotated[Id | None, Query()] = None,
    member_id: Annotated[Id | None, Query()] = None,
    period: Annotated[HalfYearText | None, Query()] = None,
) -> Response:
    """The entries that were recorded in a branch, or of a member, in the order of their recording."""
    branches = await branches_to_list(door, branch_id, member_id)
    if member_id is not None:
        record_read(door, [member_id], "entries")
    rows = await entries_page(
        await door.snapshot(), branches=branches, after=page.after, limit=page.limit + 1, member_id=member_id, period=period
    )
    return page.page(
        rows,
        place=lambda row: (row["entry_id"],),
        show=lambda row: {"id": row["entry_id"], **{name: row[name] for name in EntryLine.model_fields if name != "id"}},
    )


@router.get("/members/{member_id}/points", response_model=PointsAnswer, responses=problems(UnknownMember))
async def get_points(member_id: Id, door: Door, period: Annotated[HalfYearText | None, Query()] = None) -> Response:
    """A member's points of a half-year (left out: the present one), and what each entry counted; with `as_of=` as it stood then."""
    member = await require_for_member(door, member_id)
    record_read(door, [member_id], "points")
    at = (await door.snapshot()).at
    half_year = HalfYear.parse(period) if period else HalfYear.of(door.log.today())
    return json_answer(await points_portrait(door.log, member, half_year, at))


async def _find(door: Doorway, entry_id: str) -> tuple[str, HalfYear, str]:
    """The member and half-year of the ledger that holds the entry, and the entry's id; raises UnknownEntry.

    A view says which ledger: that never changes, so that its lag can only hide the newest, for which we wait.
    """
    found = await ledger_of(await door.snapshot(), entry_id) or await ledger_of(await door.snapshot(is_current=True), entry_id)
    if found is None:
        raise UnknownEntry
    return found

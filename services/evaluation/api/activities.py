"""Activities: who was there, and base points for all of them with one command."""

from __future__ import annotations

from datetime import date

from fastapi import Response

from services.evaluation.api.activity_shapes import ActivityAnswer, ActivityBody, ActivityMade
from services.evaluation.api.places import UnknownMember, UnknownOrganization, places_of
from services.evaluation.commands import activities
from services.evaluation.commands.activities import ActivityToRecord, Present
from services.evaluation.domain.activities import (
    AlreadyRecorded,
    Attendee,
    ListedTwice,
    NoAttendanceItem,
    NotABranch,
    NotOfThisBranch,
    UnknownActivity,
)
from services.evaluation.domain.points import BeforeJoining, FutureDeed, LateEntry, PointsMissing, UnknownItem
from services.evaluation.domain.rulebooks import NoRulesInForce
from services.evaluation.events.activities import ActivityHeld
from services.evaluation.events.points import EntryRecorded
from shared.errors import TooLarge
from shared.store import Stored
from shared.web import Door, Doorway, Id, Router, answered, json_answer, problems

router = Router(tags=["Activities"])


@router.post(
    "/activities",
    status_code=201,
    response_model=ActivityMade,
    responses=problems(
        UnknownOrganization,
        UnknownMember,
        NotABranch,
        FutureDeed,
        ListedTwice,
        NotOfThisBranch,
        BeforeJoining,
        NoRulesInForce,
        UnknownItem,
        NoAttendanceItem,
        PointsMissing,
        LateEntry,
        AlreadyRecorded,
        TooLarge,
    ),
)
async def post_activity(body: ActivityBody, door: Door) -> Response:
    """Record an activity with all who took part, those from afar included: all of them get their entry, or nothing is stored."""
    ancestry = await door.places.ancestry(body.branch_id)
    await door.require(organization=body.branch_id)
    if (await places_of(door).organization(body.branch_id)).kind != "branch":
        raise NotABranch(errors=[("/branch_id", NotABranch.sentence)])
    present = await _present(door, body)
    activity = ActivityToRecord(body.item, body.title, body.held_on, present, body.skip_recorded)
    stored = await activities.hold_activity(door.log, ancestry, activity, by=door.caller.person, reply=door.reply(201, _held))
    return answered(stored)


@router.get("/activities/{activity_id}", response_model=ActivityAnswer, responses=problems(UnknownActivity))
async def get_activity(activity_id: Id, door: Door) -> Response:
    """One activity, from the log."""
    activity = await activities.load_activity(door.log, activity_id)
    if activity.fact is None or activity.recorded is None:
        raise UnknownActivity
    fact = activity.fact
    await door.require(organization=fact.branch_id)
    texts = await door.log.texts.read([fact.title.id])
    return json_answer(
        {
            "id": fact.activity_id,
            "branch_id": fact.branch_id,
            "item": fact.item,
            "title": texts.get(fact.title.id),
            "held_on": fact.held_on,
            "attendees": fact.attendees,
            "recorded_at": activity.recorded.recorded_at,
            "recorded_by": fact.recorded_by,
        }
    )


async def _present(door: Doorway, body: ActivityBody) -> list[Present]:
    """Who took part, as the roster knows it; where somebody seems not to belong here, the roster's newest events are taken in first."""
    present = await _looked_up(door, body, body.held_on)
    if any(body.branch_id not in one.attendee.branches for one in present):
        await places_of(door).catch_up_with_roster()
        present = await _looked_up(door, body, body.held_on)
    return present


async def _looked_up(door: Doorway, body: ActivityBody, day: date) -> list[Present]:
    places = places_of(door)
    found: list[Present] = []
    for one in body.attendees:
        facts = await places.member(one.member_id)
        branches = await places.branches_on(one.member_id, day)
        found.append(Present(facts, Attendee(one.member_id, one.remote, one.badge, facts.joined_on, branches)))
    return found


def _held(stored: Stored) -> dict[str, object]:
    events = [recorded.event for recorded in stored.recorded]
    (held,) = (event for event in events if isinstance(event, ActivityHeld))
    entries = [event for event in events if isinstance(event, EntryRecorded)]
    made = [{"id": e.entry_id, "member_id": e.member_id, "points": e.points, "period": e.period} for e in entries]
    return {"id": held.activity_id, "entries": made}

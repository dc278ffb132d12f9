"""Pledges (spec, section 4): drafted, submitted, returned or approved, announced, progress, evaluated. No step can be skipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from services.evaluation.events.pledges import (
    AnnouncedPledge,
    PledgeAnnounced,
    PledgeApproved,
    PledgeChanged,
    PledgeDrafted,
    PledgeEvaluated,
    PledgeReturned,
    PledgesAnnounced,
    PledgeSubmitted,
    ProgressReported,
)
from services.evaluation.events.points import Evidence
from shared.calendar import HalfYear
from shared.errors import Conflict, Invalid, Unknown
from shared.events import Event, Recorded, TextRef

THEMES = ("theory_study", "industry", "mediation", "helping", "customs", "environment")
OUTCOMES = ("fulfilled", "partly", "unfulfilled")
STATES = ("drafted", "submitted", "returned", "approved", "announced", "evaluated")
STATE_AFTER: dict[type[Event], str | None] = {
    PledgeSubmitted: "submitted",
    PledgeReturned: "returned",
    PledgeApproved: "approved",
    PledgeAnnounced: "announced",
    ProgressReported: None,
}


class UnknownPledge(Unknown):
    """No pledge under this id."""

    code = "unknown_pledge"
    sentence = "There is no pledge under this id."


class WrongPledgeState(Conflict):
    """The step does not follow on the pledge's state; none can be skipped."""

    code = "wrong_state"
    sentence = "The pledge is not in the state for this step; see its state and history."


class DueBeforePeriod(Invalid):
    """A pledge is due in its half-year, or later; not before it began."""

    code = "due_before_period"
    sentence = "The pledge is due before its half-year begins; check the date or the half-year."


class OtherMember(Invalid):
    """A pledge stays its member's."""

    code = "other_member"
    sentence = "This pledge belongs to another member; it can't be handed over."


class ReturnReasonMissing(Invalid):
    """Who returns a pledge says why."""

    code = "reason_missing"
    sentence = "A pledge is returned with a reason: what is not specific, what is not doable."


class AnnouncedInFuture(Invalid):
    """A meeting is recorded when it has been held."""

    code = "meeting_in_future"
    sentence = "The meeting lies in the future; announce the pledges when it has been held."


class NotToBeAnnounced(Conflict):
    """Only approved pledges of the branch are announced, all or none."""

    code = "not_to_be_announced"
    sentence = "Some of these pledges are not approved pledges of this branch; nothing was announced."


class Promise(NamedTuple):
    """What a member promises for a half-year, and by when."""

    period: HalfYear
    theme: str
    action: TextRef
    target: TextRef
    due_on: date

    def require_due(self) -> None:
        """Raises DueBeforePeriod."""
        if self.due_on < self.period.first_day:
            raise DueBeforePeriod(errors=[("/due_on", DueBeforePeriod.sentence)])


@dataclass(frozen=True)
class Pledge:
    """One pledge as it stands; `state` is empty where there is none."""

    id: str = ""
    member_id: str = ""
    branch_id: str = ""
    promise: Promise | None = None
    state: str = ""
    outcome: str | None = None

    def written(self) -> Promise:
        """What is promised; raises UnknownPledge where there is no pledge."""
        if self.promise is None:
            raise UnknownPledge
        return self.promise

    def require(self, *states: str) -> None:
        """Raises UnknownPledge where there is none, WrongPledgeState where it is in none of `states`."""
        self.written()
        if self.state not in states:
            raise WrongPledgeState(state=self.state)


def evolve(pledge: Pledge, recorded: Recorded) -> Pledge:
    """The pledge after one more event of its stream."""
    match recorded.event:
        case PledgeDrafted() as e:
            return Pledge(e.pledge_id, e.member_id, e.branch_id, _promise(e), "drafted")
        case PledgeChanged() as e:
            return replace(pledge, promise=_promise(e))
        case PledgeEvaluated() as e:
            return replace(pledge, state="evaluated", outcome=e.outcome)
        case other if type(other) in STATE_AFTER:
            return replace(pledge, state=STATE_AFTER[type(other)] or pledge.state)
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to a pledge")


def _promise(e: PledgeDrafted | PledgeChanged) -> Promise:
    return Promise(HalfYear.parse(e.period), e.theme, e.action, e.target, e.due_on)


def draft_pledge(*, pledge_id: str, member_id: str, branch_id: str, promise: Promise, by: str) -> list[Event]:
    """Write a pledge down. Raises DueBeforePeriod."""
    promise.require_due()
    return [
        PledgeDrafted(
            pledge_id=pledge_id,
            member_id=member_id,
            branch_id=branch_id,
            period=str(promise.period),
            theme=promise.theme,
            action=promise.action,
            target=promise.target,
            due_on=promise.due_on,
            recorded_by=by,
        )
    ]


def change_pledge(pledge: Pledge, promise: Promise, by: str) -> list[Event]:
    """Write it anew, while it is a draft or was returned. Raises WrongPledgeState, DueBeforePeriod."""
    pledge.require("drafted", "returned")
    promise.require_due()
    return [
        PledgeChanged(
            pledge_id=pledge.id,
            member_id=pledge.member_id,
            branch_id=pledge.branch_id,
            period=str(promise.period),
            theme=promise.theme,
            action=promise.action,
            target=promise.target,
            due_on=promise.due_on,
            recorded_by=by,
        )
    ]


def submit_pledge(pledge: Pledge, by: str) -> list[Event]:
    """Hand it in; after a return again. Raises WrongPledgeState."""
    pledge.require("drafted", "returned")
    return [PledgeSubmitted(**_ids(pledge), recorded_by=by)]


def review_pledge(pledge: Pledge, decision: str, reason: TextRef | None, by: str) -> list[Event]:
    """The branch approves it, or returns it with a reason. Raises WrongPledgeState, ReturnReasonMissing."""
    pledge.require("submitted")
    if decision == "approved":
        return [PledgeApproved(**_ids(pledge), reason=reason, recorded_by=by)]
    if reason is None:
        raise ReturnReasonMissing(errors=[("/reason", ReturnReasonMissing.sentence)])
    return [PledgeReturned(**_ids(pledge), reason=reason, recorded_by=by)]


def announce_pledges(
    pledges: Sequence[Pledge], *, announcement_id: str, branch_id: str, on: date, today: date, by: str
) -> tuple[PledgesAnnounced, dict[str, PledgeAnnounced]]:
    """One meeting announces several pledges, all or none: the event of the meeting, and that of each pledge by its id.

    Raises AnnouncedInFuture, UnknownPledge, NotToBeAnnounced (with each that is not an approved pledge of the branch).
    """
    if on > today:
        raise AnnouncedInFuture(errors=[("/on", AnnouncedInFuture.sentence)])
    promises = [(pledge, pledge.written()) for pledge in pledges]
    wrong = [pledge for pledge in pledges if pledge.branch_id != branch_id or pledge.state != "approved"]
    if wrong:
        raise NotToBeAnnounced(pledges=[{"pledge_id": pledge.id, "state": pledge.state} for pledge in wrong])
    announced = tuple(
        AnnouncedPledge(pledge.id, pledge.member_id, str(promise.period), promise.theme, promise.action, promise.target, promise.due_on)
        for pledge, promise in promises
    )
    meeting = PledgesAnnounced(announcement_id=announcement_id, branch_id=branch_id, on=on, pledges=announced, recorded_by=by)
    single = {p.id: PledgeAnnounced(pledge_id=p.id, announcement_id=announcement_id, on=on, recorded_by=by) for p in pledges}
    return meeting, single


def report_progress(pledge: Pledge, note: TextRef, evidence: tuple[Evidence, ...], by: str) -> list[Event]:
    """Say what has come of an announced pledge so far. Raises WrongPledgeState."""
    pledge.require("announced")
    return [ProgressReported(**_ids(pledge), note=note, evidence=evidence, recorded_by=by)]


def evaluate_pledge(pledge: Pledge, outcome: str, reason: TextRef, by: str) -> list[Event]:
    """The branch says what came of it. Raises WrongPledgeState."""
    pledge.require("announced")
    return [PledgeEvaluated(**_ids(pledge), outcome=outcome, reason=reason, recorded_by=by)]


def _ids(pledge: Pledge) -> dict[str, str]:
    period = str(pledge.written().period)
    return {"pledge_id": pledge.id, "member_id": pledge.member_id, "branch_id": pledge.branch_id, "period": period}

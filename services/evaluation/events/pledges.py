"""What happened to a pledge (spec, section 4): from the draft to its evaluation. All texts are those of the member.

Streams: `pledge/<id>` for each pledge; `announcement/<id>` for the meeting that announced several.
"""

from __future__ import annotations

from datetime import date

import msgspec

from services.evaluation.events.points import Evidence
from shared.events import Event, TextRef, event


@event("pledges.pledge-drafted.v1")
class PledgeDrafted(Event, frozen=True, kw_only=True):
    """A member wrote down a promise for a half-year: a theme, an action, a measurable target and a due date."""

    pledge_id: str
    member_id: str
    branch_id: str
    period: str
    theme: str
    action: TextRef
    target: TextRef
    due_on: date
    recorded_by: str


@event("pledges.pledge-changed.v1")
class PledgeChanged(Event, frozen=True, kw_only=True):
    """The member wrote it anew, while it was a draft or had been returned."""

    pledge_id: str
    member_id: str
    branch_id: str
    period: str
    theme: str
    action: TextRef
    target: TextRef
    due_on: date
    recorded_by: str


@event("pledges.pledge-submitted.v1")
class PledgeSubmitted(Event, frozen=True, kw_only=True):
    """The member handed it in; the branch reviews it."""

    pledge_id: str
    member_id: str
    branch_id: str
    period: str
    recorded_by: str


@event("pledges.pledge-returned.v1")
class PledgeReturned(Event, frozen=True, kw_only=True):
    """The branch returned it with a reason: not specific, not doable."""

    pledge_id: str
    member_id: str
    branch_id: str
    period: str
    reason: TextRef
    recorded_by: str


@event("pledges.pledge-approved.v1")
class PledgeApproved(Event, frozen=True, kw_only=True):
    """The branch approved it; it may be announced."""

    pledge_id: str
    member_id: str
    branch_id: str
    period: str
    reason: TextRef | None
    recorded_by: str


class AnnouncedPledge(msgspec.Struct, frozen=True):
    """A pledge as it was announced: all that the board needs."""

    pledge_id: str
    member_id: str
    period: str
    theme: str
    action: TextRef
    target: TextRef
    due_on: date


@event("pledges.pledges-announced.v1")
class PledgesAnnounced(Event, frozen=True, kw_only=True):
    """A members' meeting on the day `on` announced these pledges. Stream `announcement/<id>`."""

    announcement_id: str
    branch_id: str
    on: date
    pledges: tuple[AnnouncedPledge, ...]
    recorded_by: str


@event("pledges.pledge-announced.v1")
class PledgeAnnounced(Event, frozen=True, kw_only=True):
    """The pledge was announced at a meeting; stored together with `PledgesAnnounced`. Stream `pledge/<id>`."""

    pledge_id: str
    announcement_id: str
    on: date
    recorded_by: str


@event("pledges.progress-reported.v1")
class ProgressReported(Event, frozen=True, kw_only=True):
    """What has come of it so far, with evidence."""

    pledge_id: str
    member_id: str
    branch_id: str
    period: str
    note: TextRef
    evidence: tuple[Evidence, ...]
    recorded_by: str


@event("pledges.pledge-evaluated.v1")
class PledgeEvaluated(Event, frozen=True, kw_only=True):
    """The branch evaluated it: `outcome` is `fulfilled`, `partly` or `unfulfilled`."""

    pledge_id: str
    member_id: str
    branch_id: str
    period: str
    outcome: str
    reason: TextRef
    recorded_by: str

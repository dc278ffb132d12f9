"""The life of a lead (spec, section 8; design: fairness.md): found by an examination, looked at, answered, explained or followed, closed.

Stream `lead/<lead>`. A lead's id is a keyed hash of what it is about, so that the same lead found again goes on in the same stream. Who it
is about, and the scores behind it, stand sealed in `details`. `organization_id` is who was examined: whoever may see the events of that
organisation sees that there is a lead, and no more; that the branch is named `of_branch` keeps them from those who see the branch alone.
"""

from __future__ import annotations

from decimal import Decimal

from shared.events import Event, TextRef, event


@event("leads.lead-found.v1", sealed=("of_branch", "review_id", "indicator", "level", "effect", "q", "sample", "details", "fingerprint"))
class LeadFound(Event, frozen=True, kw_only=True):
    """An examination found the lead, or found it again with other figures; the newest of its stream holds.

    `from_period` to `period`: the half-years that it rests on. `effect`, `q`, `sample`: docs/fairness.md says in what. `details` is sealed
    under the key `review/<review_id>`, that of the earliest review whose scores it holds, so that it outlives no ballot; bound to the
    lead. `fingerprint`: a keyed hash of the details, by which the same is found to be the same.
    """

    lead_id: str
    examination_id: str
    organization_id: str
    of_branch: str
    review_id: str
    from_period: str
    period: str
    indicator: str
    level: str
    effect: Decimal
    q: Decimal
    sample: int
    details: bytes
    fingerprint: str


@event("leads.lead-gone.v1")
class LeadGone(Event, frozen=True, kw_only=True):
    """A later examination of the same organisation and half-years did not find the lead any more, after a correction for example."""

    lead_id: str
    examination_id: str
    organization_id: str


@event("leads.lead-looked-at.v1")
class LeadLookedAt(Event, frozen=True, kw_only=True):
    """A supervisor has looked at the lead."""

    lead_id: str
    organization_id: str
    recorded_by: str


@event("leads.lead-asked-about.v1", sealed=("asked",))
class LeadAskedAbout(Event, frozen=True, kw_only=True):
    """Those concerned are asked: `asked` holds some of `secretary`, `committee`, `members` (whom the lead is about)."""

    lead_id: str
    organization_id: str
    asked: tuple[str, ...]
    recorded_by: str


@event("leads.lead-answered.v1", sealed=("role", "recorded_by"))
class LeadAnswered(Event, frozen=True, kw_only=True):
    """One of those concerned has answered, as `role`: `secretary`, `committee` or `member`.

    `recorded_by` is None for a member: who answered would say whom the lead is about, so that it is sealed with the text.
    """

    lead_id: str
    organization_id: str
    answer_id: str
    role: str
    text: TextRef
    recorded_by: str | None


@event("leads.lead-explained.v1")
class LeadExplained(Event, frozen=True, kw_only=True):
    """A supervisor finds that the lead has an innocent explanation; the reason says which."""

    lead_id: str
    organization_id: str
    reason: TextRef
    recorded_by: str


@event("leads.lead-followed.v1", sealed=("finding_id",))
class LeadFollowed(Event, frozen=True, kw_only=True):
    """A person followed the lead and recorded a finding of its own."""

    lead_id: str
    organization_id: str
    finding_id: str
    recorded_by: str


@event("leads.lead-closed.v1")
class LeadClosed(Event, frozen=True, kw_only=True):
    """The lead is done with; it stays, with all that was said."""

    lead_id: str
    organization_id: str
    reason: TextRef | None
    recorded_by: str

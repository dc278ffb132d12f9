"""What happens in supervision (spec, section 8): a branch is inspected, findings are recorded, the branch answers, a circular is issued.

All stand in the stream `inspection/<inspection>`. `organization_id` is who inspects: an organisation above the branch.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from services.evaluation.events.points import Evidence
from shared.events import Event, TextRef, event


@event("supervision.inspection-opened.v1")
class InspectionOpened(Event, frozen=True, kw_only=True):
    """A higher organisation looked at a branch on the day `on`; its findings count in the responsibility score of `year`."""

    inspection_id: str
    branch_id: str
    organization_id: str
    year: int
    on: date
    recorded_by: str


@event("supervision.finding-recorded.v1", sealed=("lead_id",))
class FindingRecorded(Event, frozen=True, kw_only=True):
    """A person found something, with its evidence. `deduction` is what it takes from the score once a circular names it.

    `kind`: `poor_implementation`, `falsification`, `unfair_selection` or `late_disclosure`. `rulebook_id` and `version` are the rules
    that the amount was taken from. `lead_id`: the lead that somebody followed, where there was one.
    """

    finding_id: str
    inspection_id: str
    branch_id: str
    organization_id: str
    year: int
    kind: str
    text: TextRef
    evidence: tuple[Evidence, ...]
    lead_id: str | None
    deduction: Decimal
    rulebook_id: str
    version: int
    recorded_by: str


@event("supervision.finding-reversed.v1")
class FindingReversed(Event, frozen=True, kw_only=True):
    """A finding does not stand: it deducts nothing from now on, and stays visible with the reason."""

    finding_id: str
    inspection_id: str
    branch_id: str
    organization_id: str
    year: int
    reason: TextRef
    recorded_by: str


@event("supervision.response-given.v1")
class ResponseGiven(Event, frozen=True, kw_only=True):
    """The branch answers to what was found."""

    response_id: str
    inspection_id: str
    branch_id: str
    organization_id: str
    year: int
    text: TextRef
    recorded_by: str


class CircularFinding(msgspec.Struct, frozen=True):
    """A finding that a circular names, and what it deducts from now on."""

    finding_id: str
    kind: str
    deduction: Decimal


@event("supervision.circular-issued.v1")
class CircularIssued(Event, frozen=True, kw_only=True):
    """A notice of criticism to the branch; it goes on the board, and the deductions of its findings count from it."""

    circular_id: str
    inspection_id: str
    branch_id: str
    organization_id: str
    year: int
    text: TextRef
    findings: tuple[CircularFinding, ...]
    recorded_by: str


@event("supervision.circular-corrected.v1")
class CircularCorrected(Event, frozen=True, kw_only=True):
    """The finding `finding_id` was reversed, and others of the circular stand: it says `text` from now on, about `findings` alone."""

    circular_id: str
    inspection_id: str
    branch_id: str
    organization_id: str
    year: int
    finding_id: str
    text: TextRef
    findings: tuple[CircularFinding, ...]
    recorded_by: str


@event("supervision.circular-withdrawn.v1")
class CircularWithdrawn(Event, frozen=True, kw_only=True):
    """The finding `finding_id` was reversed, the last of the circular that stood: nothing is left of it."""

    circular_id: str
    inspection_id: str
    branch_id: str
    organization_id: str
    year: int
    finding_id: str
    recorded_by: str

"""Corrections of results (spec, section 6): by an upheld objection during publicity, by a second person after confirmation.

`ResultsCorrected` stands in `phase/<review>`; stream `correction/<correction>`: what one person proposes and another confirms.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from services.evaluation.events.results import Result
from shared.events import Event, TextRef, event


class Cause(msgspec.Struct, frozen=True):
    """Why a result is corrected: an upheld objection, or a finding; one of the two."""

    objection_id: str | None = None
    finding_id: str | None = None


@event("reviews.results-corrected.v1")
class ResultsCorrected(Event, frozen=True, kw_only=True):
    """The results stand anew: the whole list, in which the result of `member_id` is another than before (`was`).

    During publicity the period begins anew with it; after confirmation the stars follow at once. `correction_id` and `proposed_by` are
    there for what was proposed and then confirmed by a second person, who is `recorded_by`.
    """

    review_id: str
    branch_id: str
    period: str
    working_days: int
    raw_scores: bool
    without_peer_quorum: bool
    results: tuple[Result, ...]
    member_id: str
    was: Result
    cause: Cause
    reason: TextRef
    correction_id: str | None
    proposed_by: str | None
    recorded_by: str


@event("corrections.correction-proposed.v1")
class CorrectionProposed(Event, frozen=True, kw_only=True):
    """Somebody wants a confirmed result corrected to `score`. `was`: the result that stood when it was proposed."""

    correction_id: str
    review_id: str
    branch_id: str
    period: str
    member_id: str
    score: Decimal
    was: Result
    cause: Cause
    reason: TextRef
    recorded_by: str


@event("corrections.correction-confirmed.v1")
class CorrectionConfirmed(Event, frozen=True, kw_only=True):
    """A second person confirmed the correction: the result is another from now on."""

    correction_id: str
    review_id: str
    member_id: str
    recorded_by: str

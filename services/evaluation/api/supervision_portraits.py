"""How an inspection is shown, from its stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.evaluation.api.evidence import shown, text_of
from services.evaluation.domain.supervision import Finding, Inspection
from services.evaluation.events.supervision import (
    CircularCorrected,
    CircularIssued,
    CircularWithdrawn,
    FindingRecorded,
    FindingReversed,
    ResponseGiven,
)
from shared.events import Recorded, TextRef
from shared.store import Log


async def inspection_portrait(log: Log, inspection: Inspection, *, with_leads: bool) -> dict[str, Any]:
    """The inspection with its texts; `with_leads`: also which lead led to a finding."""
    texts = await log.texts.read(ref.id for ref in _texts(inspection))
    fact, opening = inspection.fact, inspection.history[0]
    return {
        "id": fact.inspection_id,
        "branch_id": fact.branch_id,
        "organization_id": fact.organization_id,
        "year": fact.year,
        "on": fact.on,
        "recorded_at": opening.recorded_at,
        "recorded_by": fact.recorded_by,
        "findings": [_finding(one, texts, with_leads=with_leads) for one in inspection.findings],
        "responses": [_said(one, e, e.response_id, texts) for one in inspection.history if isinstance(e := one.event, ResponseGiven)],
        "circulars": [_circular(inspection, one, e, texts) for one in inspection.history if isinstance(e := one.event, CircularIssued)],
    }


def _circular(inspection: Inspection, issued: Recorded, fact: CircularIssued, texts: Mapping[str, str]) -> dict[str, Any]:
    later = [one for one in inspection.history if getattr(one.event, "circular_id", None) == fact.circular_id and one is not issued]
    corrections = [_correction(one, e, texts) for one in later if isinstance(e := one.event, CircularCorrected)]
    is_withdrawn = any(isinstance(one.event, CircularWithdrawn) for one in later)
    state = "withdrawn" if is_withdrawn else "corrected" if corrections else "current"
    named = [one.finding_id for one in fact.findings]
    return _said(issued, fact, fact.circular_id, texts) | {"finding_ids": named, "state": state, "corrections": corrections}


def _correction(recorded: Recorded, event: CircularCorrected, texts: Mapping[str, str]) -> dict[str, Any]:
    return {
        "text": text_of(event.text, texts),
        "finding_ids": [one.finding_id for one in event.findings],
        "because_of": event.finding_id,
        "recorded_at": recorded.recorded_at,
        "recorded_by": event.recorded_by,
    }


def _finding(one: Finding, texts: Mapping[str, str], *, with_leads: bool) -> dict[str, Any]:
    fact = one.fact
    return {
        "id": fact.finding_id,
        "kind": fact.kind,
        "text": text_of(fact.text, texts),
        "evidence": shown(fact.evidence, texts),
        "deduction": fact.deduction,
        "state": one.state,
        "circular_id": one.circular.circular_id if one.circular else None,
        "reversal_reason": text_of(one.reversal.reason, texts) if one.reversal else None,
        "lead_id": fact.lead_id if with_leads else None,
        "rulebook_id": fact.rulebook_id,
        "version": fact.version,
        "recorded_at": one.recorded.recorded_at,
        "recorded_by": fact.recorded_by,
    }


def _said(recorded: Recorded, event: ResponseGiven | CircularIssued, identity: str, texts: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": identity,
        "text": text_of(event.text, texts),
        "recorded_at": recorded.recorded_at,
        "recorded_by": event.recorded_by,
    }


def _texts(inspection: Inspection) -> Iterator[TextRef]:
    for recorded in inspection.history:
        match recorded.event:
            case FindingRecorded() as e:
                yield e.text
                yield from (piece.value for piece in e.evidence)
            case FindingReversed() as e:
                yield e.reason
            case ResponseGiven() | CircularIssued() | CircularCorrected() as e:
                yield e.text

"""Circulars (spec, sections 8 and 9): findings lead to one, and when a finding is reversed its circular is corrected or withdrawn."""

from __future__ import annotations

from collections.abc import Sequence

from services.evaluation.domain.supervision import Finding, FindingIsReversed, Inspection
from services.evaluation.events.supervision import (
    CircularCorrected,
    CircularFinding,
    CircularIssued,
    CircularWithdrawn,
    FindingReversed,
)
from shared.errors import Invalid
from shared.events import TextRef


class CircularTextMissing(Invalid):
    """Who reverses a finding of a circular in which others stand says what the circular says from now on."""

    code = "circular_text_missing"
    sentence = "A circular names this finding and others that stand; send `circular_text`, what it says from now on without this one."


class NoCircularToCorrect(Invalid):
    """A text for a circular that there is not, or of which nothing is left."""

    code = "no_circular_to_correct"
    sentence = "No circular remains to be corrected: none names this finding, or no other finding of it stands; leave `circular_text` out."


def issue_circular(inspection: Inspection, circular_id: str, finding_ids: Sequence[str], text: TextRef, by: str) -> list[CircularIssued]:
    """Findings lead to a circular: all of these, or nothing happens.

    Raises UnknownInspection, UnknownFinding, FindingIsReversed, FindingInCircular.
    """
    named = [inspection.finding(finding_id) for finding_id in dict.fromkeys(finding_ids)]
    for one in named:
        one.require_open()
    return [
        CircularIssued(
            **inspection.ids(),
            year=inspection.fact.year,
            circular_id=circular_id,
            text=text,
            findings=_named(named),
            recorded_by=by,
        )
    ]


def reverse_finding(
    inspection: Inspection, finding_id: str, reason: TextRef, by: str, circular_text: TextRef | None = None
) -> list[FindingReversed | CircularCorrected | CircularWithdrawn]:
    """A finding does not stand. Its circular says `circular_text` from now on where others of it stand; else it is withdrawn.

    Raises UnknownInspection, UnknownFinding, FindingIsReversed, CircularTextMissing, NoCircularToCorrect.
    """
    found = inspection.finding(finding_id)
    if found.reversal is not None:
        raise FindingIsReversed(finding_id=finding_id)
    left = _left_of_circular(inspection, found)
    if left and circular_text is None:
        raise CircularTextMissing(errors=[("/circular_text", CircularTextMissing.sentence)])
    if circular_text is not None and not left:
        raise NoCircularToCorrect(errors=[("/circular_text", NoCircularToCorrect.sentence)])
    same = {**inspection.ids(), "finding_id": finding_id, "recorded_by": by}
    year = inspection.fact.year
    reversal = FindingReversed(year=year, reason=reason, **same)
    if found.circular is None:
        return [reversal]
    circular_id = found.circular.circular_id
    if circular_text is None:
        return [reversal, CircularWithdrawn(year=year, circular_id=circular_id, **same)]
    return [reversal, CircularCorrected(year=year, circular_id=circular_id, text=circular_text, findings=_named(left), **same)]


def _left_of_circular(inspection: Inspection, found: Finding) -> list[Finding]:
    """The other findings of its circular that stand; none where it is in no circular."""
    return [one for one in inspection.findings if found.circular and one.circular == found.circular and one.is_counted and one != found]


def _named(findings: Sequence[Finding]) -> tuple[CircularFinding, ...]:
    return tuple(CircularFinding(one.fact.finding_id, one.fact.kind, one.fact.deduction) for one in findings)

"""Inspections of a branch by an organisation above it (spec, section 8): findings with evidence, and the branch's answer.

A finding is what a person found. It deducts nothing until a circular names it, and nothing any more once it is reversed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from services.evaluation.domain.rulebooks import RulesInForce
from services.evaluation.events.points import Evidence
from services.evaluation.events.rulebooks import FindingDeductions, Responsibility
from services.evaluation.events.supervision import (
    CircularCorrected,
    CircularIssued,
    CircularWithdrawn,
    FindingRecorded,
    FindingReversed,
    InspectionOpened,
    ResponseGiven,
)
from shared.calendar import HalfYear
from shared.errors import Conflict, Invalid, NotAllowed, Unknown
from shared.events import Recorded, TextRef

ZERO = Decimal(0)
KINDS = tuple(FindingDeductions.__struct_fields__)
"""The four kinds of findings."""


class UnknownInspection(Unknown):
    """No inspection under this id."""

    code = "unknown_inspection"
    sentence = "There is no inspection under this id."


class UnknownFinding(Unknown):
    """No finding under this id, or not one of this inspection."""

    code = "unknown_finding"
    sentence = "There is no such finding; take its id from GET /inspections/{id}."


class NotAbove(NotAllowed):
    """A branch is inspected from above, never by itself."""

    code = "not_above"
    sentence = "Only an officer of an organisation above the branch inspects it; ask the town or the county."


class NotABranch(Invalid):
    """Branches are inspected."""

    code = "not_a_branch"
    sentence = "This organisation is no branch; an inspection is of a branch."


class InspectedInFuture(Invalid):
    """An inspection is recorded when it has taken place."""

    code = "inspection_in_future"
    sentence = "The inspection lies in the future; record it when it has taken place."


class InspectedBeforeYear(Invalid):
    """What is found can't be of a year that had not begun."""

    code = "inspection_before_year"
    sentence = "The inspection lies before the year whose score it is about; check `on` and `year`."


class DeductionOutOfRange(Invalid):
    """A finding deducts no more than there is, and adds nothing."""

    code = "deduction_out_of_range"
    sentence = "A deduction lies between 0 and the score at which the year starts; leave it out to take the rulebook's amount."


class FindingIsReversed(Conflict):
    """A reversed finding stands no more."""

    code = "finding_reversed"
    sentence = "This finding has been reversed; record a new one if something else was found."


class FindingInCircular(Conflict):
    """A finding goes into one circular."""

    code = "finding_in_circular"
    sentence = "A circular names this finding already; leave it out."


class NothingToAnswer(Conflict):
    """The branch answers to findings."""

    code = "nothing_found"
    sentence = "No finding stands in this inspection, so there is nothing to answer to."


class Found(NamedTuple):
    """What somebody found, its texts sealed; `deduction` None takes the rulebook's amount for the kind."""

    finding_id: str
    kind: str
    text: TextRef
    evidence: tuple[Evidence, ...]
    lead_id: str | None = None
    deduction: Decimal | None = None


@dataclass(frozen=True)
class Finding:
    """A finding as it stands: its recording, the circular that names it, the reversal that ended it."""

    fact: FindingRecorded
    recorded: Recorded
    circular: CircularIssued | None = None
    reversal: FindingReversed | None = None

    @property
    def state(self) -> str:
        """`found`, `in_circular` or `reversed`."""
        if self.reversal is not None:
            return "reversed"
        return "found" if self.circular is None else "in_circular"

    @property
    def is_counted(self) -> bool:
        """Whether it deducts: a circular names it, and nobody reversed it."""
        return self.state == "in_circular"

    def require_open(self) -> None:
        """Raises FindingIsReversed, FindingInCircular unless it may go into a circular."""
        if self.reversal is not None:
            raise FindingIsReversed(finding_id=self.fact.finding_id)
        if self.circular is not None:
            raise FindingInCircular(finding_id=self.fact.finding_id)


@dataclass(frozen=True)
class Inspection:
    """One inspection as its stream tells it; `opening` is None where there is none."""

    opening: Recorded | None = None
    findings: tuple[Finding, ...] = ()
    history: tuple[Recorded, ...] = ()

    @property
    def fact(self) -> InspectionOpened:
        """How it began; raises UnknownInspection where there is none."""
        if self.opening is None or not isinstance(self.opening.event, InspectionOpened):
            raise UnknownInspection
        return self.opening.event

    def finding(self, finding_id: str) -> Finding:
        """One of its findings; raises UnknownFinding."""
        for one in self.findings:
            if one.fact.finding_id == finding_id:
                return one
        raise UnknownFinding(finding_id=finding_id)

    def ids(self) -> dict[str, str]:
        """What every event of its stream names."""
        fact = self.fact
        return {"inspection_id": fact.inspection_id, "branch_id": fact.branch_id, "organization_id": fact.organization_id}


def evolve(inspection: Inspection, recorded: Recorded) -> Inspection:
    """The inspection after one more event of its stream."""
    seen = replace(inspection, history=(*inspection.history, recorded))
    match recorded.event:
        case InspectionOpened():
            return replace(seen, opening=recorded)
        case FindingRecorded() as e:
            return replace(seen, findings=(*seen.findings, Finding(e, recorded)))
        case FindingReversed() as reversal:
            return _each(seen, {reversal.finding_id}, lambda one: replace(one, reversal=reversal))
        case CircularIssued() as circular:
            return _each(seen, {one.finding_id for one in circular.findings}, lambda one: replace(one, circular=circular))
        case ResponseGiven() | CircularCorrected() | CircularWithdrawn():
            return seen
        case other:
            raise TypeError(f"{type(other).__name__} does not belong to an inspection")


def _each(inspection: Inspection, ids: set[str], change: Callable[[Finding], Finding]) -> Inspection:
    return replace(inspection, findings=tuple(change(one) if one.fact.finding_id in ids else one for one in inspection.findings))


def period_of_year(year: int, on: date) -> HalfYear:
    """Whose rules a year's findings follow: those of the half-year of the inspection, or the year's last where it came later."""
    return min(HalfYear.of(on), HalfYear(year, 2))


def open_inspection(opening: InspectionOpened, ancestry: Sequence[str], today: date) -> list[InspectionOpened]:
    """A branch was inspected. `ancestry` is the branch, then each organisation above it.

    Raises NotAbove, InspectedInFuture, InspectedBeforeYear.
    """
    if opening.organization_id not in ancestry[1:]:
        raise NotAbove
    if opening.on > today:
        raise InspectedInFuture(errors=[("/on", InspectedInFuture.sentence)])
    if opening.on.year < opening.year:
        raise InspectedBeforeYear(errors=[("/on", InspectedBeforeYear.sentence)])
    return [opening]


def record_finding(inspection: Inspection, found: Found, in_force: RulesInForce, by: str) -> list[FindingRecorded]:
    """Something was found. Raises UnknownInspection, DeductionOutOfRange."""
    rule = in_force.rules.responsibility
    deduction = getattr(rule.deductions, found.kind) if found.deduction is None else found.deduction
    if not ZERO <= deduction <= rule.start:
        raise DeductionOutOfRange(errors=[("/deduction", DeductionOutOfRange.sentence)])
    return [
        FindingRecorded(
            **inspection.ids(),
            year=inspection.fact.year,
            finding_id=found.finding_id,
            kind=found.kind,
            text=found.text,
            evidence=found.evidence,
            lead_id=found.lead_id,
            deduction=deduction,
            rulebook_id=in_force.rulebook_id,
            version=in_force.version,
            recorded_by=by,
        )
    ]


def give_response(inspection: Inspection, response_id: str, text: TextRef, by: str) -> list[ResponseGiven]:
    """The branch answers; as often as it has something to say. Raises UnknownInspection, NothingToAnswer."""
    year = inspection.fact.year
    if not any(one.reversal is None for one in inspection.findings):
        raise NothingToAnswer
    return [ResponseGiven(**inspection.ids(), year=year, response_id=response_id, text=text, recorded_by=by)]


def responsibility_score(rule: Responsibility, deductions: Sequence[Decimal]) -> Decimal:
    """A branch's score of a year: where it starts, less what the findings in circulars deduct; never below 0."""
    return max(ZERO, rule.start - sum(deductions, ZERO))

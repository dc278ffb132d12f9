"""Commands of supervision (spec, section 8): load the inspection, decide, save. Texts about a branch are sealed under the branch's id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from services.evaluation.commands.evidence import EvidenceText, Sealing
from services.evaluation.commands.leads import following
from services.evaluation.commands.rulebooks import rules_for
from services.evaluation.domain import circulars, supervision
from services.evaluation.domain.rulebooks import NoRulesInForce, RulesInForce
from services.evaluation.domain.supervision import Found, Inspection, period_of_year
from services.evaluation.events.supervision import InspectionOpened
from shared.calendar import HalfYear
from shared.store import Loaded, Log, Reply, Stored, Write, again_when_stale


class FindingToRecord(NamedTuple):
    """A finding as it was given, its texts still in the clear."""

    kind: str
    text: str
    evidence: Sequence[EvidenceText]
    lead_id: str | None = None
    deduction: Decimal | None = None


async def load_inspection(log: Log, inspection_id: str) -> Loaded[Inspection]:
    """The inspection under this id; raises UnknownInspection."""
    loaded = await log.load(f"inspection/{inspection_id}", Inspection(), supervision.evolve)
    _ = loaded.state.fact
    return loaded


async def rules_of_year(log: Log, ancestry: Sequence[str], year: int) -> RulesInForce:
    """The rules in which a year's score starts: those of its first half, else of its second. Raises NoRulesInForce."""
    try:
        return await rules_for(log, ancestry, HalfYear(year, 1))
    except NoRulesInForce:
        return await rules_for(log, ancestry, HalfYear(year, 2))


@again_when_stale
async def open_inspection(
    log: Log, ancestry: Sequence[str], *, organization_id: str, year: int, on: date, by: str, reply: Reply | None = None
) -> Stored:
    """Record that a branch was inspected. Raises NotAbove, InspectedInFuture, InspectedBeforeYear."""
    inspection_id = log.new_id()
    opening = InspectionOpened(
        inspection_id=inspection_id, branch_id=ancestry[0], organization_id=organization_id, year=year, on=on, recorded_by=by
    )
    events = supervision.open_inspection(opening, ancestry, log.today())
    return await log.append([Write(f"inspection/{inspection_id}", 0, events)], reply=reply)


@again_when_stale
async def record_finding(
    log: Log, inspection_id: str, ancestry: Sequence[str], found: FindingToRecord, *, by: str, reply: Reply | None = None
) -> Stored:
    """Record a finding, and in the lead that it follows that it was followed.

    Raises UnknownInspection, NoRulesInForce, DeductionOutOfRange, WrongLeadState.
    """
    loaded = await load_inspection(log, inspection_id)
    fact = loaded.state.fact
    in_force = await rules_for(log, ancestry, period_of_year(fact.year, fact.on))
    sealing = Sealing(log, fact.branch_id)
    sealed = Found(log.new_id(), found.kind, sealing.text(found.text), sealing.evidence(found.evidence), found.lead_id, found.deduction)
    events = supervision.record_finding(loaded.state, sealed, in_force, by)
    followed = await following(log, found.lead_id, sealed.finding_id, by)
    return await log.append([loaded.then(*events), *followed], texts=sealing.texts, reply=reply)


@again_when_stale
async def reverse_finding(
    log: Log, inspection_id: str, finding_id: str, *, reason: str, circular_text: str | None = None, by: str, reply: Reply | None = None
) -> Stored:
    """Reverse a finding that does not stand: a `FindingReversed`, and where a circular names it what becomes of that one.

    `circular_text`: what its circular says from now on, where other findings of it stand. Raises UnknownInspection, UnknownFinding,
    FindingIsReversed, CircularTextMissing, NoCircularToCorrect.
    """
    loaded = await load_inspection(log, inspection_id)
    sealing = Sealing(log, loaded.state.fact.branch_id)
    corrected = sealing.text(circular_text) if circular_text is not None else None
    events = circulars.reverse_finding(loaded.state, finding_id, sealing.text(reason), by, corrected)
    return await log.append([loaded.then(*events)], texts=sealing.texts, reply=reply)


@again_when_stale
async def give_response(log: Log, inspection_id: str, *, text: str, by: str, reply: Reply | None = None) -> Stored:
    """Keep the branch's answer. Raises UnknownInspection, NothingToAnswer."""
    loaded = await load_inspection(log, inspection_id)
    sealing = Sealing(log, loaded.state.fact.branch_id)
    events = supervision.give_response(loaded.state, log.new_id(), sealing.text(text), by)
    return await log.append([loaded.then(*events)], texts=sealing.texts, reply=reply)


@again_when_stale
async def issue_circular(
    log: Log, inspection_id: str, *, finding_ids: Sequence[str], text: str, by: str, reply: Reply | None = None
) -> Stored:
    """Issue a circular. Raises UnknownInspection, UnknownFinding, FindingIsReversed, FindingInCircular."""
    loaded = await load_inspection(log, inspection_id)
    sealing = Sealing(log, loaded.state.fact.branch_id)
    events = circulars.issue_circular(loaded.state, log.new_id(), finding_ids, sealing.text(text), by)
    return await log.append([loaded.then(*events)], texts=sealing.texts, reply=reply)

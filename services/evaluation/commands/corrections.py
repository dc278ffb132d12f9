"""Commands on corrections (spec, section 6): one person proposes what a confirmed result should be, another confirms it."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from services.evaluation.commands.evidence import Sealing
from services.evaluation.commands.objections import load_objection
from services.evaluation.commands.reviews import load_review
from services.evaluation.commands.supervision import load_inspection
from services.evaluation.domain import corrections
from services.evaluation.domain.corrections import CauseDoesNotHold, Correction, FindingFact, Proposal
from services.evaluation.domain.objections import Objection, UnknownObjection
from services.evaluation.domain.reviews import Review
from services.evaluation.domain.supervision import UnknownFinding, UnknownInspection
from services.evaluation.events.corrections import Cause
from shared.store import Guard, Loaded, Log, Reply, Stored, Write, again_when_stale

_NONE: Correction | None = None


class ToCorrect(NamedTuple):
    """A correction as it came in, its reason in the clear."""

    member_id: str
    score: Decimal
    cause: Cause
    reason: str


async def load_correction(log: Log, correction_id: str) -> Loaded[Correction]:
    """The correction under this id; raises UnknownCorrection."""
    loaded = await log.load(f"correction/{correction_id}", _NONE, corrections.evolve)
    return Loaded(corrections.known(loaded.state), loaded.stream, loaded.version)


@again_when_stale
async def propose_correction(
    log: Log, review_id: str, wanted: ToCorrect, *, inspection_id: str | None, by: str, reply: Reply | None = None
) -> Stored:
    """Propose a corrected result: a `CorrectionProposed`; nothing changes by it. `inspection_id`: where the finding that is named stands.

    Raises UnknownReview, WrongPhase, CauseMissing, CauseDoesNotHold, CorrectionInvalid.
    """
    review = await load_review(log, review_id)
    guards = await _require_cause(log, wanted.cause, review.state, wanted.member_id, inspection_id)
    sealing = Sealing(log, wanted.member_id)
    proposal = Proposal(log.new_id(), wanted.member_id, wanted.score, wanted.cause, sealing.text(wanted.reason))
    proposed = corrections.propose_correction(review.state, proposal, by)
    write = Write(f"correction/{proposal.correction_id}", 0, [proposed])
    return await log.append([write], guards=[review.guard, *guards], texts=sealing.texts, reply=reply)


@again_when_stale
async def confirm_correction(log: Log, correction_id: str, *, inspection_id: str | None, by: str, reply: Reply | None = None) -> Stored:
    """Confirm a correction as a second person: `CorrectionConfirmed`, `ResultsCorrected`.

    Raises UnknownCorrection, CauseDoesNotHold (a finding may have been reversed since), and what `domain.corrections` raises.
    """
    loaded = await load_correction(log, correction_id)
    fact = loaded.state.fact
    review = await load_review(log, fact.review_id)
    confirmed, corrected = corrections.confirm_correction(review.state, loaded.state, by, log.now())
    guards = await _require_cause(log, fact.cause, review.state, fact.member_id, inspection_id)
    return await log.append([loaded.then(confirmed), review.then(corrected)], guards=guards, reply=reply)


async def _require_cause(log: Log, cause: Cause, review: Review, member_id: str, inspection_id: str | None) -> list[Guard]:
    objection: Loaded[Objection] | None = None
    finding, guards = None, []
    if cause.objection_id is not None:
        try:
            objection = await load_objection(log, cause.objection_id)
        except UnknownObjection as error:
            raise CauseDoesNotHold from error
        guards.append(objection.guard)
    if cause.finding_id is not None and inspection_id is not None:
        finding, guard = await _finding(log, inspection_id, cause.finding_id)
        guards.append(guard)
    corrections.require_cause(cause, review, member_id, objection.state if objection else None, finding)
    return guards


async def _finding(log: Log, inspection_id: str, finding_id: str) -> tuple[FindingFact, Guard]:
    try:
        inspection = await load_inspection(log, inspection_id)
        found = inspection.state.finding(finding_id)
    except (UnknownInspection, UnknownFinding) as error:
        raise CauseDoesNotHold from error
    return FindingFact(inspection.state.fact.branch_id, found.reversal is not None), inspection.guard

"""Commands on unsealings (design: trust.md): propose, decide, and read a ballot that two officers have agreed to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from services.evaluation.commands.lead_files import load_lead, opened
from services.evaluation.commands.reviews import load_review
from services.evaluation.domain import unsealings
from services.evaluation.domain.ballots import scores_on, seal_binding, seal_name
from services.evaluation.domain.lead_life import UnknownLead
from services.evaluation.domain.reviews import Review
from services.evaluation.domain.unsealings import NobodyToUnseal, Office, Second, Unsealing, Wanted
from services.evaluation.events.ballots import BallotCast
from services.evaluation.events.unsealings import UnsealingApproved, UnsealingRejected
from shared.store import KeyGone, Loaded, Log, Recorded, Reply, Stored, Write, again_when_stale

_NONE: Unsealing | None = None


class ToUnseal(NamedTuple):
    """An unsealing as it came in, its reason in the clear."""

    rater_ids: tuple[str, ...]
    lead_id: str | None
    reason: str


class ReadBallot(NamedTuple):
    """An opened ballot: where it stands in the log, and what it gave."""

    recorded: Recorded
    number: int
    on_paper: bool
    scores: Mapping[str, Mapping[str, Decimal]]


async def load_unsealing(log: Log, unsealing_id: str) -> Loaded[Unsealing]:
    """The unsealing under this id; raises UnknownUnsealing."""
    loaded = await log.load(f"unsealing/{unsealing_id}", _NONE, unsealings.evolve)
    return Loaded(unsealings.known(loaded.state), loaded.stream, loaded.version)


@again_when_stale
async def propose_unsealing(log: Log, review_id: str, wanted: ToUnseal, office: Office, *, by: str, reply: Reply | None = None) -> Stored:
    """Propose that ballots be read: an `UnsealingProposed`; nothing is opened by it.

    Raises UnknownReview, WrongPhase, NobodyToUnseal, OwnCase, UnknownLead, and KeyGone once the review's key is destroyed.
    """
    review = await load_review(log, review_id)
    _require_key(log, review_id)
    if wanted.lead_id is not None:
        await _raters_of(log, review.state, wanted.lead_id)
    reason = log.texts.seal(review.state.opening.branch_id, wanted.reason)
    proposal = Wanted(log.new_id(), tuple(dict.fromkeys(wanted.rater_ids)), wanted.lead_id, reason.ref)
    proposed = unsealings.propose(review.state, proposal, office, by)
    write = Write(f"unsealing/{proposal.unsealing_id}", 0, [proposed])
    return await log.append([write], guards=[review.guard], texts=[reason], reply=reply)


@again_when_stale
async def approve_unsealing(
    log: Log, unsealing_id: str, first: Office, offices: Sequence[Office], *, by: str, reply: Reply | None = None
) -> Stored:
    """Agree as the second officer: an `UnsealingApproved`. Raises what `domain.unsealings.require_second_officer` raises, KeyGone."""
    loaded = await load_unsealing(log, unsealing_id)
    fact, second = loaded.state.fact, Second(by, offices, log.now())
    review = (await load_review(log, fact.review_id)).state
    office = unsealings.require_second_officer(loaded.state, review, first, second)
    _require_key(log, fact.review_id)
    raters = await _raters_of(log, review, fact.lead_id) if fact.lead_id is not None else ()
    approved = unsealings.approve(loaded.state, review, raters, office, second)
    return await log.append([loaded.then(approved)], reply=reply)


@again_when_stale
async def reject_unsealing(
    log: Log, unsealing_id: str, first: Office, offices: Sequence[Office], *, reason: str, by: str, reply: Reply | None = None
) -> Stored:
    """Refuse as the second officer: an `UnsealingRejected`. Raises what `domain.unsealings.require_second_officer` raises."""
    loaded = await load_unsealing(log, unsealing_id)
    fact = loaded.state.fact
    review = (await load_review(log, fact.review_id)).state
    office = unsealings.require_second_officer(loaded.state, review, first, Second(by, offices, log.now()))
    text = log.texts.seal(fact.branch_id, reason)
    rejected = unsealings.reject(loaded.state, text.ref, office, by)
    return await log.append([loaded.then(rejected)], texts=[text], reply=reply)


async def read_ballot(log: Log, unsealing_id: str, rater_id: str, *, by: str) -> ReadBallot:
    """A ballot that was unsealed for this reader. Raises UnknownUnsealing, NotAllowed, NotUnsealed, KeyGone."""
    unsealing = (await load_unsealing(log, unsealing_id)).state
    counted = unsealings.require_readable(unsealing, rater_id, by, log.now())
    review = (await load_review(log, unsealing.fact.review_id)).state
    for recorded in await log.history(f"ballot/{review.id}/{rater_id}"):
        match recorded.event:
            case BallotCast(number=number, sheet=sealed, on_paper=on_paper) if number == counted.number:
                sheet = log.keys.open(seal_name(review.id), sealed, seal_binding(review.id, rater_id, number))
                return ReadBallot(recorded, number, on_paper, scores_on(review, sheet))
    raise LookupError(f"the counted ballot {counted.number} of the unsealing {unsealing_id} is not in the log")


def decided(stored: Stored) -> str:
    """The state that a stored decision leads to."""
    match stored.recorded[0].event:
        case UnsealingApproved():
            return "approved"
        case UnsealingRejected():
            return "rejected"
        case other:
            raise TypeError(f"{type(other).__name__} decides no unsealing")


def _require_key(log: Log, review_id: str) -> None:
    if log.keys.is_destroyed(seal_name(review_id)):
        raise KeyGone


async def _raters_of(log: Log, review: Review, lead_id: str) -> tuple[str, ...]:
    """Who gave the scores of this half-year that lie behind the lead, and had a ballot counted. Raises UnknownLead, NobodyToUnseal."""
    lead = (await load_lead(log, lead_id)).state
    if lead.found is None or lead.fact.of_branch != review.opening.branch_id:
        raise UnknownLead
    details, counted = opened(log, lead.fact), {one.rater_id for one in review.peer.counted} if review.peer else set()
    labels = [row.by for row in details.rows if row.by is not None and row.period == review.opening.period]
    raters = [details.people[label] for label in dict.fromkeys(labels) if label in details.people]
    found = tuple(one for one in raters if one in counted)
    if not found:
        raise NobodyToUnseal(errors=[("/lead_id", "is about no rater of this review")])
    return found

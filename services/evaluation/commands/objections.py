"""Commands on objections (spec, section 6): raise one, decide it, and what an upheld one changes during publicity."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from services.evaluation.commands.evidence import Sealing
from services.evaluation.commands.reviews import load_review
from services.evaluation.domain import corrections, objections
from services.evaluation.domain.objections import About, Answer, Objection, Part, Written
from services.evaluation.domain.reviews import Review
from shared.store import Guard, Loaded, Log, Reply, Stored, Write, again_when_stale

_NONE: Objection | None = None
_NOTHING_OPEN: frozenset[str] = frozenset()
REFERENCE_DIGITS = 8


class ToRaise(NamedTuple):
    """An objection as it came in. `contact`: how somebody of the public wants to be answered."""

    text: str
    contact: str | None = None
    raised_by: str | None = None
    on_paper: bool = False


class ToDecide(NamedTuple):
    """A decision as it came in, its reason in the clear."""

    decision: str
    reason: str
    score: Decimal | None = None
    member_id: str | None = None


async def load_objection(log: Log, objection_id: str) -> Loaded[Objection]:
    """The objection under this id; raises UnknownObjection."""
    loaded = await log.load(f"objection/{objection_id}", _NONE, objections.evolve)
    return Loaded(objections.known(loaded.state), loaded.stream, loaded.version)


async def load_open(log: Log, about_id: str) -> Loaded[frozenset[str]]:
    """Which objections to this thing are open."""
    return await log.load(f"objections-of/{about_id}", _NOTHING_OPEN, objections.still_open)


@again_when_stale
async def raise_objection(log: Log, about: About, wanted: ToRaise, *, working_days: int, by: str, reply: Reply | None = None) -> Stored:
    """Take an objection; the first stored event is an `ObjectionRaised`. Its text goes with the member concerned, or the organisation.

    Raises, of one to results: UnknownReview, NotPublished, ObjectionTermOver, NoResultOfMember.
    """
    guards: list[Guard] = []
    if about.kind == objections.RESULT:
        review = await load_review(log, about.id)
        objections.require_open_to_objections(review.state, about.member_id, log.today())
        guards.append(review.guard)
    listed = await load_open(log, about.id)
    objection_id = log.new_id()
    sealing, contact = Sealing(log, about.member_id or about.organization_id), Sealing(log, objection_id)
    written = Written(
        objection_id,
        f"{log.today().year}-{objection_id.replace('-', '')[-REFERENCE_DIGITS:].upper()}",
        sealing.text(wanted.text),
        contact.optional(wanted.contact),
        wanted.raised_by,
        wanted.on_paper,
    )
    raised, listing = objections.raise_objection(about, written, working_days, by)
    writes = [Write(f"objection/{objection_id}", 0, [raised]), listed.then(listing)]
    return await log.append(writes, guards=guards, texts=[*sealing.texts, *contact.texts], reply=reply)


@again_when_stale
async def decide_objection(
    log: Log, objection_id: str, wanted: ToDecide, part: Part, *, by: str, role: str, reply: Reply | None = None
) -> Stored:
    """Answer an objection: an `ObjectionDecided`; upheld during publicity the results are published anew, in the same transaction.

    Raises UnknownObjection, and what `domain.objections.decide` raises.
    """
    loaded = await load_objection(log, objection_id)
    fact = loaded.state.fact
    objections.require_may_decide(loaded.state, part, by=by, role=role)
    review: Loaded[Review] | None = await load_review(log, fact.about_id) if fact.kind == objections.RESULT else None
    listed = await load_open(log, fact.about_id)
    sealing = Sealing(log, fact.member_id or wanted.member_id or fact.organization_id)
    answer = Answer(wanted.decision, sealing.text(wanted.reason), wanted.score, wanted.member_id)
    decided, delisted = objections.decide(loaded.state, answer, part, review.state if review else None, by=by, role=role)
    writes, guards = [loaded.then(decided), listed.then(delisted)], []
    if review is not None:
        corrected = corrections.correct_by_objection(review.state, decided)
        if corrected is None:
            guards.append(review.guard)
        else:
            writes.append(review.then(corrected))
    return await log.append(writes, guards=guards, texts=sealing.texts, reply=reply)

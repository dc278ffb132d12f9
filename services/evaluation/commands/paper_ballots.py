"""Commands on paper ballots and codes (spec, section 6): key a sheet, key it again, hand out a code, vote with it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import NamedTuple

from services.evaluation.commands import ballot_box
from services.evaluation.commands.ballots import Scores, load_ballot
from services.evaluation.commands.evidence import Sealing
from services.evaluation.commands.papers import load_waiting
from services.evaluation.commands.reviews import load_review
from services.evaluation.domain import ballots, paper_ballots
from services.evaluation.domain.ballots import seal_name
from services.evaluation.domain.paper_ballots import Code, Paper, seal_binding
from services.evaluation.domain.reviews import Phase, Review
from services.evaluation.events.ballots import BallotCast
from services.evaluation.events.paper_ballots import PaperBallotConfirmed, PaperBallotEntered, PaperDelisted, PaperListed
from shared.store import Loaded, Log, Reply, Stored, Write, again_when_stale

_NONE: Paper | None = None


class CodeMade(NamedTuple):
    """A code that was just made; it is told once and kept nowhere."""

    code: str
    stored: Stored


async def load_paper(log: Log, paper_id: str) -> Loaded[Paper]:
    """The sheet under this id; raises UnknownPaperBallot."""
    loaded = await log.load(f"paper-ballot/{paper_id}", _NONE, paper_ballots.evolve)
    return Loaded(paper_ballots.known(loaded.state), loaded.stream, loaded.version)


async def load_code(log: Log, review_id: str, rater_id: str) -> Loaded[Code]:
    """The member's newest code in the review."""
    return await log.load(f"remote-code/{review_id}/{rater_id}", Code(), paper_ballots.evolve_code)


@again_when_stale
async def enter_paper_ballot(
    log: Log, review_id: str, rater_id: str, scores: Scores, *, sheet: str, by: str, reply: Reply | None = None
) -> Stored:
    """Key in a sheet for the first time: a `PaperBallotEntered`. It takes the place of an earlier sheet that still waits.

    Raises UnknownReview, OwnBallotExists, and what `domain.ballots.cast_ballot` raises.
    """
    review = await load_review(log, review_id)
    cells = ballots.cast_ballot(review.state, rater_id, scores)
    ballot = await load_ballot(log, review_id, rater_id)
    paper_ballots.require_no_own_ballot(ballot.state)
    waiting = await load_waiting(log, review_id)
    paper_id, sealing = log.new_id(), Sealing(log, rater_id)
    entered = PaperBallotEntered(
        paper_id=paper_id,
        review_id=review_id,
        rater_id=rater_id,
        sheet=sealing.text(sheet),
        cells=log.keys.seal(seal_name(review_id), cells, seal_binding(paper_id)),
        recorded_by=by,
    )
    listed = PaperListed(review_id=review_id, rater_id=rater_id, paper_id=paper_id)
    writes = [Write(f"paper-ballot/{paper_id}", 0, [entered]), waiting.then(listed)]
    return await log.append(writes, guards=[review.guard, ballot.guard], texts=sealing.texts, reply=reply)


async def confirm_paper_ballot(log: Log, paper_id: str, scores: Scores, *, by: str, reply: Reply | None = None) -> Stored:
    """Key in the same sheet as a second person: it is the rater's ballot from now on. The first stored event is the `BallotCast`.

    Raises UnknownPaperBallot, SecondKeyingByOther, PaperDone, OwnBallotExists, SheetsDiffer, and what `cast_ballot` raises.
    """
    fact = (await load_paper(log, paper_id)).state.fact
    async with ballot_box.casting(fact.review_id):
        return await _confirm(log, paper_id, scores, by=by, reply=reply)


@again_when_stale
async def _confirm(log: Log, paper_id: str, scores: Scores, *, by: str, reply: Reply | None) -> Stored:
    paper = await load_paper(log, paper_id)
    fact = paper.state.fact
    review, waiting = await load_review(log, fact.review_id), await load_waiting(log, fact.review_id)
    paper_ballots.require_second_person(paper.state, waiting.state, by)
    cells = ballots.cast_ballot(review.state, fact.rater_id, scores)
    earlier = await load_ballot(log, fact.review_id, fact.rater_id)
    paper_ballots.require_no_own_ballot(earlier.state)
    paper_ballots.require_same(review.state, log.keys.open(seal_name(fact.review_id), fact.cells, seal_binding(paper_id)), cells)
    ids = {"paper_id": paper_id, "review_id": fact.review_id, "rater_id": fact.rater_id}
    cast = _cast(log, review.state, fact.rater_id, earlier.state.number + 1, cells, by=by, on_paper=True)
    writes = [earlier.then(cast), paper.then(PaperBallotConfirmed(recorded_by=by, **ids)), waiting.then(PaperDelisted(**ids))]
    return await log.append(writes, guards=[review.guard], reply=reply)


def _cast(log: Log, review: Review, rater_id: str, number: int, cells: bytes, *, by: str, on_paper: bool) -> BallotCast:
    return BallotCast(
        review_id=review.id,
        rater_id=rater_id,
        number=number,
        on_paper=on_paper,
        sheet=log.keys.seal(seal_name(review.id), cells, ballots.seal_binding(review.id, rater_id, number)),
        recorded_by=by,
    )


# From afar


async def issue_code(log: Log, review_id: str, rater_id: str, *, by: str) -> CodeMade:
    """Make a one-time code for a member; earlier ones of it are void. Raises UnknownReview, WrongPhase, MayNotVote."""
    letters = "".join(secrets.choice(paper_ballots.CODE_LETTERS) for _ in range(paper_ballots.CODE_GROUPS * paper_ballots.GROUP_LENGTH))
    code = paper_ballots.written_code(letters)
    return CodeMade(code, await _issue(log, review_id, rater_id, code, by=by))


@again_when_stale
async def _issue(log: Log, review_id: str, rater_id: str, code: str, *, by: str) -> Stored:
    review, held = await load_review(log, review_id), await load_code(log, review_id, rater_id)
    return await log.append([held.then(paper_ballots.issue_code(review.state, rater_id, code, by))], guards=[review.guard])


async def paper_for_code(log: Log, review_id: str, rater_id: str, code: str) -> Review:
    """The review in which the code opens a ballot, still unused. Raises UnknownReview, CodeNotValid, CodeUsed, WrongPhase."""
    review = (await load_review(log, review_id)).state
    paper_ballots.use_code((await load_code(log, review_id, rater_id)).state, review_id, rater_id, code)
    review.require_phase(Phase.PEER_REVIEW)
    return review


async def cast_from_afar(log: Log, review_id: str, rater_id: str, code: str, scores: Scores, *, reply: Reply | None = None) -> Stored:
    """Cast the member's own ballot with its code, which is used by it; the first stored event is the `BallotCast`.

    Raises UnknownReview, CodeNotValid, CodeUsed, and what `domain.ballots.cast_ballot` raises: then the code stays good.
    """
    async with ballot_box.casting(review_id):
        return await _cast_from_afar(log, review_id, rater_id, code, scores, reply=reply)


@again_when_stale
async def _cast_from_afar(
    log: Log, review_id: str, rater_id: str, code: str, scores: Mapping[str, Mapping[str, object]], *, reply: Reply | None
) -> Stored:
    review, held = await load_review(log, review_id), await load_code(log, review_id, rater_id)
    used = paper_ballots.use_code(held.state, review_id, rater_id, code)
    cells = ballots.cast_ballot(review.state, rater_id, scores)
    earlier = await load_ballot(log, review_id, rater_id)
    cast = _cast(log, review.state, rater_id, earlier.state.number + 1, cells, by=rater_id, on_paper=False)
    return await log.append([earlier.then(cast), held.then(used)], guards=[review.guard], reply=reply)

"""Commands on pledges (spec, section 4): load the pledge, decide, save."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from services.evaluation.commands.evidence import EvidenceText, Sealing
from services.evaluation.domain import pledges
from services.evaluation.domain.pledges import Pledge, Promise
from shared.calendar import HalfYear
from shared.store import Loaded, Log, Reply, Stored, Write, again_when_stale


class PromiseToWrite(NamedTuple):
    """A promise as it was given, its texts still in the clear."""

    period: HalfYear
    theme: str
    action: str
    target: str
    due_on: date

    def sealed(self, sealing: Sealing) -> Promise:
        """The promise with its texts sealed."""
        return Promise(self.period, self.theme, sealing.text(self.action), sealing.text(self.target), self.due_on)


async def load_pledge(log: Log, pledge_id: str) -> Loaded[Pledge]:
    """The pledge under this id; without a state where there is none."""
    return await log.load(f"pledge/{pledge_id}", Pledge(), pledges.evolve)


@again_when_stale
async def make_pledge(
    log: Log, member_id: str, branch_id: str, promise: PromiseToWrite, *, is_draft: bool, by: str, reply: Reply | None = None
) -> Stored:
    """Write a pledge down and, unless it is a draft, hand it in. Raises DueBeforePeriod."""
    sealing = Sealing(log, member_id)
    pledge_id = log.new_id()
    written = promise.sealed(sealing)
    events = pledges.draft_pledge(pledge_id=pledge_id, member_id=member_id, branch_id=branch_id, promise=written, by=by)
    if not is_draft:
        events += pledges.submit_pledge(Pledge(pledge_id, member_id, branch_id, written, "drafted"), by)
    return await log.append([Write(f"pledge/{pledge_id}", 0, events)], texts=sealing.texts, reply=reply)


@again_when_stale
async def change_pledge(
    log: Log, pledge_id: str, promise: PromiseToWrite, *, and_submit: bool, by: str, reply: Reply | None = None
) -> Stored:
    """Write a draft or a returned pledge anew, and hand it in at once where that is wanted.

    Raises UnknownPledge, WrongPledgeState, DueBeforePeriod.
    """
    loaded = await load_pledge(log, pledge_id)
    loaded.state.written()
    sealing = Sealing(log, loaded.state.member_id)
    events = pledges.change_pledge(loaded.state, promise.sealed(sealing), by)
    if and_submit:
        events += pledges.submit_pledge(loaded.state, by)
    return await log.append([loaded.then(*events)], texts=sealing.texts, reply=reply)


@again_when_stale
async def submit_pledge(log: Log, pledge_id: str, *, by: str, reply: Reply | None = None) -> Stored:
    """Hand a pledge in. Raises UnknownPledge, WrongPledgeState."""
    loaded = await load_pledge(log, pledge_id)
    return await log.append([loaded.then(*pledges.submit_pledge(loaded.state, by))], reply=reply)


@again_when_stale
async def review_pledge(log: Log, pledge_id: str, *, decision: str, reason: str | None, by: str, reply: Reply | None = None) -> Stored:
    """Approve a pledge, or return it with a reason. Raises UnknownPledge, WrongPledgeState, ReturnReasonMissing."""
    loaded = await load_pledge(log, pledge_id)
    sealing = Sealing(log, loaded.state.member_id)
    events = pledges.review_pledge(loaded.state, decision, sealing.optional(reason), by)
    return await log.append([loaded.then(*events)], texts=sealing.texts, reply=reply)


@again_when_stale
async def announce_pledges(log: Log, branch_id: str, on: date, pledge_ids: Sequence[str], *, by: str, reply: Reply | None = None) -> Stored:
    """Announce several pledges at one meeting, all or none; the first stored event is the `PledgesAnnounced`.

    Raises AnnouncedInFuture, UnknownPledge, NotToBeAnnounced.
    """
    loaded = [await load_pledge(log, pledge_id) for pledge_id in dict.fromkeys(pledge_ids)]
    announcement_id = log.new_id()
    meeting, single = pledges.announce_pledges(
        [one.state for one in loaded], announcement_id=announcement_id, branch_id=branch_id, on=on, today=log.today(), by=by
    )
    writes = [Write(f"announcement/{announcement_id}", 0, [meeting])]
    writes += [one.then(single[one.state.id]) for one in loaded]
    return await log.append(writes, reply=reply)


@again_when_stale
async def report_progress(
    log: Log, pledge_id: str, *, note: str, evidence: Sequence[EvidenceText], by: str, reply: Reply | None = None
) -> Stored:
    """Say what has come of a pledge so far. Raises UnknownPledge, WrongPledgeState."""
    loaded = await load_pledge(log, pledge_id)
    sealing = Sealing(log, loaded.state.member_id)
    events = pledges.report_progress(loaded.state, sealing.text(note), sealing.evidence(evidence), by)
    return await log.append([loaded.then(*events)], texts=sealing.texts, reply=reply)


@again_when_stale
async def evaluate_pledge(log: Log, pledge_id: str, *, outcome: str, reason: str, by: str, reply: Reply | None = None) -> Stored:
    """Say what came of a pledge. Raises UnknownPledge, WrongPledgeState."""
    loaded = await load_pledge(log, pledge_id)
    sealing = Sealing(log, loaded.state.member_id)
    events = pledges.evaluate_pledge(loaded.state, outcome, sealing.text(reason), by)
    return await log.append([loaded.then(*events)], texts=sealing.texts, reply=reply)

"""Commands of the fairness examination (spec, section 8; design: fairness.md): begin it, hold it, repeat it.

An examination reads the log as it stood at one position, opens the counted ballots in memory and nowhere else, and stores what it found:
leads, whose details are sealed again. Beginning is quick; holding takes seconds, and is done on a thread by the `Examiner`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple

from services.evaluation.commands.lead_files import known_leads, load_lead
from services.evaluation.commands.reading_reviews import Gathered, gather
from services.evaluation.commands.sealing_leads import Sealed, seal
from services.evaluation.domain import examinations, lead_life
from services.evaluation.domain.examinations import Examination, packed, unpacked
from services.evaluation.events.examinations import ExaminationBegun, ExaminationFailed, ExaminationHeld
from services.evaluation.events.leads import LeadFound, LeadGone
from shared.calendar import HalfYear
from shared.store import Loaded, Log, Reply, Stored, Write, again_when_stale
from shared.transparency.notes import Checkpoint

logger = logging.getLogger(__name__)
TOPICS = tuple(kind.topic for kind in (ExaminationBegun, ExaminationHeld, ExaminationFailed))
CHECKPOINT_TRIES, CHECKPOINT_PAUSE = 30, 0.1
PAGE = 5000


class ToExamine(NamedTuple):
    """What somebody wants examined: these branches of an organisation, from one half-year through another."""

    organization_id: str
    branches: Sequence[str]
    from_period: str
    period: str


class Result(NamedTuple):
    """What an examination over the log up to a position came to, before anything of it is stored."""

    gathered: Gathered
    scores: int
    sealed: Sealed


async def load_examination(log: Log, examination_id: str) -> Loaded[Examination]:
    """The examination under this id; raises UnknownExamination."""
    loaded = await log.load(f"examination/{examination_id}", Examination(), examinations.evolve)
    _ = loaded.state.fact
    return loaded


async def begin_examination(log: Log, wanted: ToExamine, *, by: str, reply: Reply | None = None) -> Stored:
    """Begin one; the stored event is an `ExaminationBegun`. Raises HalfYearsReversed, HalfYearNotBegun, NoBranches, TooManyBranches."""
    examination_id = log.new_id()
    begun = ExaminationBegun(
        examination_id=examination_id,
        organization_id=wanted.organization_id,
        from_period=wanted.from_period,
        period=wanted.period,
        to_position=log.head(),
        branches=packed(wanted.branches),
        recorded_by=by,
    )
    events = examinations.begin(begun, len(wanted.branches), HalfYear.of(log.today()))
    return await log.append([Write(f"examination/{examination_id}", 0, events)], reply=reply)


def result_of(log: Log, begun: ExaminationBegun) -> Result:
    """Examine; for a thread. The same examination gives the same `sealed.fingerprint` whenever it is asked for.

    Raises:
        KeyGone: a review's key was destroyed while its leads were being sealed.
    """
    # here, so that the service does not wait for numpy and polars when it starts
    from services.evaluation.fairness.records import examined  # noqa: PLC0415

    periods = examinations.half_years(begun.from_period, begun.period)
    gathered = gather(log, begun.to_position, set(unpacked(begun.branches)), periods)
    found = examined(gathered.opened, periods)
    return Result(gathered, found.scores, seal(log, begun, found.leads, gathered.reviews))


async def hold_examination(log: Log, examination_id: str, checkpoint: Callable[[], Checkpoint | None]) -> None:
    """Hold what was begun: an `ExaminationHeld` with its leads, or an `ExaminationFailed`. One that has ended is left as it is."""
    loaded = await load_examination(log, examination_id)
    if loaded.state.state != "running":
        return
    begun = loaded.state.fact
    try:
        result = await asyncio.to_thread(result_of, log, begun)
        await _record(log, begun, result, await _covering(checkpoint, begun.to_position))
    except Exception as error:
        logger.exception("an examination could not be held")
        failed = ExaminationFailed(examination_id=examination_id, organization_id=begun.organization_id, cause=type(error).__name__)
        await log.append([loaded.then(failed)])


async def _covering(checkpoint: Callable[[], Checkpoint | None], position: int) -> Checkpoint | None:
    """The newest signed checkpoint; where there is one, waits a little for one that covers the position."""
    signed = await asyncio.to_thread(checkpoint)
    for _ in range(CHECKPOINT_TRIES):
        if signed is None or signed.size >= position:
            break
        await asyncio.sleep(CHECKPOINT_PAUSE)
        signed = await asyncio.to_thread(checkpoint)
    return signed


@again_when_stale
async def _record(log: Log, begun: ExaminationBegun, result: Result, signed: Checkpoint | None) -> Stored | None:
    loaded = await load_examination(log, begun.examination_id)
    if loaded.state.state != "running":
        return None
    sealed = result.sealed
    ids = {one.lead_id for one in sealed.leads} | await asyncio.to_thread(known_leads, log)
    files = {lead_id: await load_lead(log, lead_id) for lead_id in sorted(ids)}
    known = {lead_id: file.state for lead_id, file in files.items()}
    scope = {name: getattr(begun, name) for name in ("examination_id", "organization_id", "from_period", "period")}
    gone = lead_life.gone(known, {one.lead_id for one in sealed.leads}, **scope)
    events: list[LeadFound | LeadGone] = [*lead_life.find_again(known, sealed.leads), *gone]
    held = _held(begun, result, signed, gone=len(gone))
    return await log.append([loaded.then(held), *(files[one.lead_id].then(one) for one in events)])


def _held(begun: ExaminationBegun, result: Result, signed: Checkpoint | None, *, gone: int) -> ExaminationHeld:
    from services.evaluation.fairness.records import METHOD, SEED  # noqa: PLC0415 - the same

    levels = [one.level for one in result.sealed.leads]
    gathered = result.gathered
    return ExaminationHeld(
        examination_id=begun.examination_id,
        organization_id=begun.organization_id,
        from_period=begun.from_period,
        period=begun.period,
        from_position=gathered.from_position,
        to_position=begun.to_position,
        checkpoint_size=signed.size if signed else 0,
        checkpoint_root=signed.root.hex() if signed else "",
        rules=gathered.rules,
        method=METHOD,
        code=result.sealed.code,
        seed=SEED,
        reviews=len(gathered.reviews),
        ballots=sum(len(one.sheets) for one in gathered.opened),
        unreadable=gathered.unreadable,
        scores=result.scores,
        leads=len(levels) - levels.count("note"),
        notes=levels.count("note"),
        gone=gone,
        result=result.sealed.fingerprint,
    )


async def repeat_examination(log: Log, examination_id: str) -> tuple[str, str]:
    """Examine the same positions again and store nothing: the recorded result and the one of today. Raises UnknownExamination, NotHeld."""
    examination = (await load_examination(log, examination_id)).state
    held = examination.result
    result = await asyncio.to_thread(result_of, log, examination.fact)
    return held.result, result.sealed.fingerprint


def running(log: Log) -> list[str]:
    """The examinations that were begun and have not ended, by the log; for a thread."""
    begun: dict[str, None] = {}
    position = 0
    while rows := log.page(position, PAGE, TOPICS):
        position = rows[-1].position
        for row in rows:
            identity = row.stream.partition("/")[2]
            if row.topic == ExaminationBegun.topic:
                begun[identity] = None
            else:
                begun.pop(identity, None)
    return list(begun)


class Examiner:
    """Holds examinations one after another in the background; one that a stopped process left behind is held at the next start.

    Two workers may hold the same one: they find the same, and only the first stores it.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._one_at_a_time = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self.checkpoint: Callable[[], Checkpoint | None] = lambda: None
        """The newest signed checkpoint of the log; set when the service is put together."""

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Within this it goes on with what was left behind, and takes what comes."""
        for examination_id in await asyncio.to_thread(running, self._log):
            self.take(examination_id)
        try:
            yield
        finally:
            await self.close()

    def take(self, examination_id: str) -> None:
        """Hold this one as soon as the others are done; returns at once."""
        self._begin(partial(hold_examination, self._log, examination_id, self._checkpoint))

    def _checkpoint(self) -> Checkpoint | None:
        return self.checkpoint()

    def _begin(self, work: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.create_task(self._alone(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _alone(self, work: Callable[[], Awaitable[None]]) -> None:
        async with self._one_at_a_time:
            try:
                await work()
            except Exception:
                logger.exception("an examination was left; it is held at the next start")

    async def drained(self) -> None:
        """Return when all that was taken so far has ended."""
        await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Wait for what is being computed to be given up; nothing half is stored."""
        tasks: Iterable[asyncio.Task[None]] = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

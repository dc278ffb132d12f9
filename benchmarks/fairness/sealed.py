"""A simulated county as the service's own log holds it: reviews, sealed ballots, results; for the examination as it runs in the service.

    python -m benchmarks.fairness.sealed --branches 600 --size 50

writes the county into a new store, examines it from the sealed ballots, and prints seconds and peak memory. Events are decided by the
domain; only the doors (REST, the roster) are left out, and the generator's gaps in ballots, which the service refuses, are kept.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from struct import Struct
from time import monotonic, process_time
from typing import Any

import polars as pl

import services.evaluation.events  # noqa: F401 - every topic is known before the log is read
from benchmarks.fairness.counties import simulate
from services.evaluation.commands.examinations import ToExamine, begin_examination, hold_examination, load_examination
from services.evaluation.domain import reviews
from services.evaluation.domain.ballots import UNSCORED, OpenedBallot, close_peer_review, seal_binding, seal_name
from services.evaluation.domain.default_rules import DEFAULT_RULES
from services.evaluation.domain.electorate import Electorate
from services.evaluation.domain.openings import Opening, open_peer_review, open_review
from services.evaluation.domain.results import confirm_review
from services.evaluation.domain.reviews import Review
from services.evaluation.domain.rulebooks import RulesInForce
from services.evaluation.domain.scoring import band_of, shown
from services.evaluation.events.ballots import BallotCast
from services.evaluation.events.committee import CommitteeReviewClosed, ResultBasis
from services.evaluation.events.results import Certificate, Result, ResultsPublished
from services.evaluation.events.reviews import Eligible
from services.evaluation.events.rulebooks import Rules
from services.evaluation.projections.roster import SIDE_TABLES
from shared.calendar import HalfYear
from shared.events import Event, Recorded
from shared.settings import Settings
from shared.store import Log, Write, open_log

WHO = "00000000-0000-7000-8000-00000000000a"
RULEBOOK = "00000000-0000-7000-8000-00000000000b"
COUNTY = "00000000-0000-7000-8000-00000000000c"
HUNDRED = 100
FIRST = HalfYear(2025, 1)


def branch_id(number: int) -> str:
    """The id of the simulator's branch."""
    return f"{number:08x}-0000-7000-8000-00000000b0b0"


def member_id(number: int) -> str:
    """The id of the simulator's member."""
    return f"{number:08x}-0000-7000-8000-00000000eeee"


@dataclass
class Sitting:
    """One branch's half-year: who is there, what each rater gave whom (0 to 100), each final score; members by id."""

    branch: str
    period: HalfYear
    members: Sequence[str]
    scores: Mapping[str, Mapping[str, float]]
    final: Mapping[str, Decimal]
    floating: frozenset[str] = frozenset()
    committee: Sequence[str] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    stars: Mapping[str, int] = field(default_factory=dict)
    rules: Rules = DEFAULT_RULES


class Writer:
    """Writes sittings into a log, each as all the events of a confirmed review."""

    def __init__(self, log: Log) -> None:
        self.log = log

    def write(self, sitting: Sitting, *, is_closed: bool = True) -> str:
        """Store one review; returns its id. `is_closed` False: the peer review goes on, and the ballots stay sealed."""
        review_id = self.log.new_id()
        eligible = tuple(Eligible(one, sitting.groups.get(one), "full", one in sitting.floating) for one in sitting.members)
        electorate = Electorate(sitting.period.last_day, eligible, tuple(sitting.committee))
        opening = Opening(review_id, sitting.branch, sitting.period, electorate, (), RulesInForce(RULEBOOK, 1, sitting.rules))
        opened, _, _ = open_review(opening, None, WHO)
        events: list[Event] = [opened]
        review = _then(None, opened)
        started = open_peer_review(review, WHO)
        events.append(started)
        review = _then(review, started)
        sheets = {rater: _sheet(sitting.members, given, len(sitting.rules.dimensions)) for rater, given in sitting.scores.items()}
        ballots = self._ballots(review_id, sheets)
        if is_closed:
            events += _ended(review, sitting, sheets)
        self.log.save(Write(f"phase/{review_id}", 0, events), *ballots)
        return review_id

    def _ballots(self, review_id: str, sheets: Mapping[str, bytes]) -> list[Write]:
        return [
            Write(
                f"ballot/{review_id}/{rater}",
                0,
                [
                    BallotCast(
                        review_id=review_id,
                        rater_id=rater,
                        number=1,
                        on_paper=False,
                        sheet=self.log.keys.seal(seal_name(review_id), sheet, seal_binding(review_id, rater, 1)),
                        recorded_by=rater,
                    )
                ],
            )
            for rater, sheet in sheets.items()
        ]


def _ended(review: Review, sitting: Sitting, sheets: Mapping[str, bytes]) -> list[Event]:
    closed = close_peer_review(review, [OpenedBallot(rater, 1, sheet) for rater, sheet in sheets.items()], None, WHO)
    ids = {"review_id": review.id, "branch_id": sitting.branch, "period": str(sitting.period), "recorded_by": WHO}
    exact = {member: Fraction(sitting.final[member]) for member in sitting.final}
    basis = CommitteeReviewClosed(basis=tuple(_basis(one, exact.get(one)) for one in sitting.members), **ids)
    results = tuple(_result(one, exact.get(one), sitting) for one in sitting.members)
    published = ResultsPublished(working_days=5, raw_scores=False, without_peer_quorum=False, results=results, **ids)
    review = _then(_then(_then(review, closed), basis), published)
    return [closed, basis, published, confirm_review(review, Certificate("X-1", WHO, "0" * 64), review.results_position, WHO)]


def _then(review: Review | None, event: Event) -> Review:
    return reviews.known(reviews.evolve(review, Recorded(1, "phase", 1, datetime(2026, 7, 2, tzinfo=UTC), event)))


def _basis(member: str, exact: Fraction | None) -> ResultBasis:
    text = None if exact is None else str(exact)
    return ResultBasis(member, Decimal(70), 0, None, 0, None, text, text)


def _result(member: str, exact: Fraction | None, sitting: Sitting) -> Result:
    if exact is None:
        return Result(member, None, None)
    return Result(member, shown(exact), sitting.stars.get(member, band_of(exact, sitting.rules.bands).stars))


def _sheet(members: Sequence[str], given: Mapping[str, float], width: int) -> bytes:
    cells: list[int] = []
    for member in members:
        score = given.get(member)
        if score is None:
            cells += [UNSCORED] * width
        else:
            whole, rest = divmod(round(score * HUNDRED), width)
            cells += [whole + (k < rest) for k in range(width)]
    return Struct(f">{len(cells)}H").pack(*cells)


def sittings(frames: Mapping[str, pl.DataFrame], first: HalfYear = FIRST) -> Iterable[Sitting]:
    """The sittings of a simulated county, branch by branch."""
    people = {key[0]: frame for key, frame in frames["members"].partition_by("branch_id", as_dict=True).items()}
    scores = frames["peer_scores"].partition_by("branch_id", "period", as_dict=True)
    for (branch, period), results in frames["results"].partition_by("branch_id", "period", as_dict=True).items():
        half_year = first
        for _ in range(int(period)):
            half_year = half_year.next()
        of_branch = people[branch]
        given: dict[str, dict[str, float]] = {}
        for rater, ratee, score in scores[branch, period].select("rater_id", "ratee_id", "score").iter_rows():
            given.setdefault(member_id(rater), {})[member_id(ratee)] = float(score)
        yield Sitting(
            branch_id(int(branch)),
            half_year,
            [member_id(one) for one in of_branch["member_id"]],
            given,
            {member_id(m): Decimal(str(round(f, 2))) for m, f in results.select("member_id", "final_score").iter_rows() if f is not None},
            frozenset(member_id(m) for m, f in of_branch.select("member_id", "floating").iter_rows() if f),
            [member_id(m) for m, f in of_branch.select("member_id", "committee").iter_rows() if f],
        )


async def examine(log: Log, branches: Iterable[str], period: HalfYear, from_period: HalfYear | None = None) -> Any:  # noqa: ANN401
    """Examine these branches, and return the examination."""
    wanted = ToExamine(COUNTY, list(branches), str(from_period or period), str(period))
    stored = await begin_examination(log, wanted, by=WHO)
    identity = stored.recorded[0].stream.partition("/")[2]
    await hold_examination(log, identity, lambda: None)
    return (await load_examination(log, identity)).state


def store_at(data: Path, clock: str = "manual:2027-01-02T02:00:00Z") -> Log:
    """A log of evaluation in this folder."""
    return open_log(Settings(data=data, clock=clock, _env_file=None), "evaluation", SIDE_TABLES)


class Lag:
    """How long the event loop was away at most, in seconds: what a request would have had to wait."""

    def __init__(self) -> None:
        self.worst = 0.0

    async def watch(self) -> None:
        """Look a hundred times a second, until cancelled."""
        while True:
            before = monotonic()
            await asyncio.sleep(0.01)
            self.worst = max(self.worst, monotonic() - before - 0.01)


async def measured(data: Path, branches: int, size: int, periods: int, seed: int) -> dict[str, float]:
    """Write a county, examine it, and say how long it took."""
    log = store_at(data)
    try:
        writer, frames = Writer(log), simulate(seed=seed, branches=branches, sizes=(size, size), periods=periods)
        begun = monotonic()
        for sitting in sittings(frames):
            writer.write(sitting)
        written, last = monotonic() - begun, HalfYear(2025, 1)
        for _ in range(periods - 1):
            last = last.next()
        scores = frames["peer_scores"].height
        del frames
        lag = Lag()
        watching = asyncio.create_task(lag.watch())
        begun, worked = monotonic(), process_time()
        examination = await examine(log, {branch_id(k) for k in range(branches)} | {branch_id(branches)}, last, HalfYear(2025, 1))
        seconds, work = monotonic() - begun, process_time() - worked
        watching.cancel()
        held = examination.result
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        return {
            "written": written, "seconds": seconds, "work": work, "scores": held.scores, "of": scores,
            "leads": held.leads, "notes": held.notes,
            "peak": peak, "lag": lag.worst,
        }  # fmt: skip
    finally:
        log.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fairness.sealed", description=__doc__)
    for name, default in (("branches", 600), ("size", 50), ("periods", 1), ("seed", 8100)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--plain", action="store_true", help="three numbers alone: seconds, seconds of work, the loop's longest absence")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        m = asyncio.run(measured(Path(folder), options.branches, options.size, options.periods, options.seed))
    if options.plain:
        print(m["seconds"], m["work"], m["lag"])
        return
    print(f"{m['scores']:,.0f} of {m['of']:,.0f} scores in sealed ballots ({m['written']:.1f} s to write)")
    print(
        f"examined in {m['seconds']:.1f} s ({m['work']:.1f} s of work), peak memory {m['peak']:.2f} GB; "
        f"{m['leads']:.0f} leads, {m['notes']:.0f} notes"
    )
    print(f"the event loop was away for {1000 * m['lag']:.0f} ms at most")


if __name__ == "__main__":
    main()

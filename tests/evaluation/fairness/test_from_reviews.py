"""From the service's reviews to the engine's tables, and from its leads back: blocks, star lines, results, the scores behind a lead."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from benchmarks.fairness.counties import simulate
from benchmarks.fairness.sealed import Writer, member_id, sittings, store_at
from services.evaluation.commands.reading_reviews import gather
from services.evaluation.fairness import examination, leads, tables
from services.evaluation.fairness.evidence import others_mean
from services.evaluation.fairness.from_reviews import NO_LINE, Opened, lines_of, read
from services.evaluation.fairness.records import examined
from shared.calendar import HalfYear
from tests.evaluation.builders_review import Course, rules
from tests.evaluation.sealed_town import sitting

GROUPED = {f"m{k}": "one" if k <= 6 else "two" for k in range(1, 15)}


def test_a_star_begins_half_a_point_below_its_band() -> None:
    """Half up: 59.50 is 60, a star."""
    assert lines_of(rules()) == [59.5, 69.5, 89.5]


def opened(course: Course) -> Opened:
    return Opened(course.review, {rater: sheet for rater, (_, sheet) in course.sheets.items()})


def test_those_who_never_score_each_other_are_blocks_of_their_own() -> None:
    grouped = Course(GROUPED, rules(peer={"scope": "group"})).opened_for_peers().all_cast().closed().scored().published()
    reading = read([opened(grouped)], ["2026-H1"])
    assert reading.blocks == (("b1", 0), ("b1", 1))
    assert sorted(len(matrix.people) for matrix in reading.matrices.values()) == [6, 8]
    assert len(reading.tables.peer_scores["score"]) == 6 * 5 + 8 * 7
    whole = Course(14).opened_for_peers().all_cast().closed().scored().published()
    assert read([opened(whole)], ["2026-H1"]).blocks == (("b1", 0),)


def test_scores_are_sums_of_dimensions_and_results_those_that_stand() -> None:
    course = Course(7).opened_for_peers().all_cast(17).closed().scored("81.5").published()
    reading = read([opened(course)], ["2026-H1"])
    assert set(reading.tables.peer_scores["score"].tolist()) == {85.0}
    assert set(reading.tables.results["final_score"].tolist()) == {81.5}
    assert len(reading.tables.members["committee"].nonzero()[0]) == 4


def test_no_review_and_a_running_one_are_empty_tables() -> None:
    assert examined([], ["2026-H1"]).leads == ()
    running = Course(12).opened_for_peers()
    assert examined([Opened(running.review, {})], ["2026-H1"]).leads == ()


def test_the_usual_score_is_the_mean_of_the_others() -> None:
    scores = np.array([[np.nan, 80.0, 60.0], [70.0, np.nan, 90.0], [50.0, 40.0, np.nan]])
    assert others_mean(scores)[0, 1] == 40.0
    assert np.isnan(others_mean(np.array([[np.nan, 80.0], [70.0, np.nan]]))).sum() == 2


@pytest.fixture(scope="module")
def frames() -> dict[str, object]:
    return dict(simulate(seed=77, branches=24, sizes=(20, 30), periods=2, anomaly_scale=2.0))


async def test_the_service_finds_in_sealed_ballots_what_the_command_finds_in_tables(frames: dict[str, object], tmp_path: Path) -> None:
    """The same engine on the same county: once from the folder's tables, once from the log."""
    log = store_at(tmp_path)
    try:
        writer, branches = Writer(log), set()
        for one in sittings(frames):  # type: ignore[arg-type]
            writer.write(one)
            branches.add(one.branch)
        gathered = gather(log, log.head(), branches, ["2025-H1", "2025-H2"])
        ours = examined(gathered.opened, ["2025-H1", "2025-H2"]).leads
    finally:
        log.close()
    found = examination.examine(tables.from_frames(frames), [59.5, 69.5, 89.5])  # type: ignore[arg-type]
    table = leads.table(found.leads, found.county.branch_ids, found.county.member_ids)
    theirs = sorted(
        (row["indicator"], row["period"], round(row["effect"], 2), row["sample"])
        for row in table.iter_rows(named=True)
        if not row["indicator"].startswith("A")
    )
    last = {"2025-H1": 0, "2025-H2": 1}
    assert sorted((one.indicator, last[one.period], round(float(one.effect), 2), one.sample) for one in ours) == theirs
    assert {one.indicator for one in ours} >= {"B1", "B2", "B3", "B4", "D1"}
    for lead in ours:
        assert lead.level == "note" or 1 <= len(lead.rows) <= 10
        assert {row.by for row in lead.rows} == {None} or lead.indicator not in {"B5", "D1", "D2", "D3", "D4"}


def test_other_lines_for_other_branches_are_heard() -> None:
    """A branch under a rulebook without stars has no line to be pushed over."""
    course = Course(7).opened_for_peers().all_cast().closed().scored().published()
    assert (read([opened(course)], ["2026-H1"]).lines < NO_LINE).all()
    one = sitting("b", 1, seed=1, period=HalfYear(2026, 1))
    assert one.members[0] == member_id(1)
    assert isinstance(one.final[one.members[0]], Decimal)

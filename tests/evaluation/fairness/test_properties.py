"""What must hold of the examination whatever the county: names and order mean nothing, small branches give facts only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.fairness.counties import simulate
from services.evaluation.fairness import examination, leads, tables
from services.evaluation.fairness.leads import SCHEMA
from xingqi.audit import lines_of
from xingqi.cli import main

Frames = dict[str, pl.DataFrame]
TABLES = ("branches", "members", "peer_scores", "committee_scores", "results")
PERSONS = ["B1", "B2", "B3", "B4", "B5", "C1", "C2", "C3"]


@pytest.fixture(scope="module")
def county() -> Frames:
    return simulate(seed=77, branches=40, sizes=(20, 40), periods=2, anomaly_scale=2.0)


def examined(frames: Frames) -> pl.DataFrame:
    found = examination.examine(tables.from_frames({name: frames[name] for name in TABLES}))
    return leads.table(found.leads, found.county.branch_ids, found.county.member_ids)


def test_the_county_has_leads_of_most_kinds(county: Frames) -> None:
    found = examined(county)
    assert found.schema == SCHEMA
    assert {"A1", "B1", "B2", "B3", "B4", "D1"} <= set(found["indicator"])


def test_the_order_of_rows_changes_nothing(county: Frames) -> None:
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=5) for name, frame in county.items()}
    assert examined(shuffled).equals(examined(county))


def test_other_ids_give_the_same_leads_up_to_names(county: Frames) -> None:
    def renamed(frame: pl.DataFrame) -> pl.DataFrame:
        people = [pl.col(c) * 7 + 1000 for c in frame.columns if c in {"member_id", "rater_id", "ratee_id", "scorer_id"}]
        return frame.with_columns(*people, *([pl.col("branch_id") * 3 + 50] if "branch_id" in frame.columns else []))

    ours, other = examined(county), examined({name: renamed(frame) for name, frame in county.items() if name in TABLES})
    of_branch = pl.col("indicator").is_in(["A1", "C1", "C3", "D2", "D3", "D4"])
    back = other.with_columns(
        branch_id=(pl.col("branch_id") - 50) // 3,
        entity=pl.when(of_branch).then((pl.col("entity") - 50) // 3).otherwise((pl.col("entity") - 1000) // 7),
        entity2=pl.when(pl.col("entity2") < 0).then(-1).otherwise((pl.col("entity2") - 1000) // 7),
        members=pl.col("members").list.eval((pl.element() - 1000) // 7),
    )
    key = ["indicator", "level", "period", "branch_id", "entity", "entity2", "effect", "sample"]
    assert back.select(key).sort(key).equals(ours.select(key).sort(key))


def test_a_branch_that_is_scored_higher_altogether_gives_the_same_leads(county: Frames) -> None:
    """What only shifts a branch is no matter between its people; scores at the ceiling excepted, so it is shifted down."""
    branch = int(county["branches"]["branch_id"][3])
    here = pl.col("branch_id") == branch
    shifted = dict(county)
    shifted["peer_scores"] = county["peer_scores"].with_columns(score=pl.when(here).then(pl.col("score") - 3).otherwise(pl.col("score")))
    within = pl.col("indicator").is_in(["B1", "B2"]) & here
    key = ["indicator", "period", "entity", "entity2"]
    assert examined(shifted).filter(within).select(key).equals(examined(county).filter(within).select(key))


def test_a_branch_of_nine_gives_facts_only() -> None:
    found = examined(simulate(seed=3, branches=30, sizes=(4, 9), anomaly_scale=4.0))
    assert found.filter(pl.col("indicator").is_in(PERSONS) & (pl.col("level") != "note")).is_empty()
    assert not found.filter(pl.col("indicator") == "A1").is_empty()


def test_the_same_rows_give_the_same_bytes_by_the_command(county: Frames, tmp_path: Path) -> None:
    for name in TABLES:
        county[name].write_parquet(tmp_path / f"{name}.parquet")
    for out in ("one.parquet", "two.parquet"):
        assert main(["audit", str(tmp_path), "--out", str(tmp_path / out)]) == 0
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    assert pl.read_parquet(tmp_path / "one.parquet").equals(examined(county))


def test_an_empty_folder_and_a_branch_of_one_give_an_empty_table(tmp_path: Path) -> None:
    assert main(["audit", str(tmp_path), "--out", str(tmp_path / "none.parquet")]) == 0
    assert pl.read_parquet(tmp_path / "none.parquet").schema == SCHEMA
    alone = {
        "branches": pl.DataFrame({"branch_id": [1], "period": [0], "deadline_day": [180], "published_day": [170]}),
        "members": pl.DataFrame({"member_id": [1], "branch_id": [1], "floating": [False], "committee": [True]}),
        "results": pl.DataFrame(
            {"period": [0], "branch_id": [1], "member_id": [1], "peer_mean": [None], "final_score": [80.0], "stars": [2]},
            schema_overrides={"peer_mean": pl.Float64},
        ),
    }
    assert not examination.examine(tables.from_frames(alone)).leads


def test_the_commands_errors_say_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(tmp_path / "nowhere"), "--out", str(tmp_path / "x.parquet")]) == 2
    assert "is no folder" in capsys.readouterr().err
    pl.DataFrame({"branch_id": [1]}).write_parquet(tmp_path / "results.parquet")
    assert main(["audit", str(tmp_path), "--out", str(tmp_path / "x.parquet")]) == 1
    assert "results lacks the column" in capsys.readouterr().err
    for bad in ("60,x", "70,60", "60,60", "nan"):
        with pytest.raises(Exception, match=r"lines|list of numbers"):
            lines_of(bad)
    assert lines_of("59.5,69.5") == (59.5, 69.5)
    assert np.isfinite(lines_of("60,70,90")).all()

"""The engine against published results and against programs that are not ours (lme4, TripleR, srm), on real data.

The data lie outside the repository: XINGQI_REFERENCE_DATA names their folder.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy import stats

from services.evaluation.fairness import examination, leads, reml, srm, srm_gaps, tables
from services.evaluation.fairness.evidence import others_mean
from xingqi import ratings
from xingqi.cli import main

FOLDER = os.environ.get("XINGQI_REFERENCE_DATA")
if not FOLDER:
    pytest.skip("XINGQI_REFERENCE_DATA names no folder: the engine is NOT held against lme4, TripleR and srm", allow_module_level=True)
DATA = Path(FOLDER)
Floats = NDArray[np.float64]


def reference(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / name).read_text())
    return found


def coded(column: pl.Series) -> tuple[NDArray[Any], NDArray[np.int64]]:
    known, codes = np.unique(column.to_numpy(), return_inverse=True)
    return known, codes.astype(np.int64)


def test_insteval_is_fitted_as_lme4_does(tmp_path: Path) -> None:
    """73,421 real ratings: variances to 1e-5, REML no more than 1e-6 above, BLUPs and their sd to 1e-5, by the command."""
    arguments = ["ratings", str(DATA / "insteval.parquet"), "--rater", "s", "--ratee", "d", "--score", "y", "--out", str(tmp_path)]
    assert main(arguments) == 0
    fit, known = json.loads((tmp_path / "fit.json").read_text()), reference("insteval_lme4_sd.json")["reference"]
    for ours, theirs in (("rater", "s"), ("ratee", "d"), ("residual", "Residual")):
        assert fit["variances"][ours] == pytest.approx(known["vcov"][theirs], rel=1e-5)
    assert fit["reml"] <= known["REMLcrit"] + 1e-6
    assert fit["intercept"] == pytest.approx(known["fixef"]["(Intercept)"], abs=1e-6)
    assert fit["intercept_se"] == pytest.approx(known["se"]["(Intercept)"], abs=1e-6)
    effects = pl.read_parquet(DATA / "insteval_lme4_sd_ranef.parquet").with_columns(
        side=pl.when(pl.col("grpvar") == "s").then(pl.lit("rater")).otherwise(pl.lit("ratee"))
    )
    both = pl.read_parquet(tmp_path / "effects.parquet").join(effects, left_on=["id", "side"], right_on=["grp", "side"])
    assert both.height == effects.height
    for ours, theirs in (("blup", "condval"), ("sd", "condsd")):
        assert np.abs(both[ours].to_numpy() - both[theirs].to_numpy()).max() < 1e-5


def test_a_county_of_branches_is_fitted_as_lme4_does() -> None:
    known = reference("county_small_lme4.json")
    scores = pl.read_parquet(DATA / "county_small_peer_scores.parquet").filter(pl.col("period") == 0)
    columns = [coded(scores[name])[1] for name in ("rater_id", "ratee_id", "branch_id")]
    fit = reml.fit(columns[0], columns[1], scores["score"].to_numpy().astype(float), columns[2])
    names = {"rater": "rater", "ratee": "ratee", "block": "branch", "residual": "Residual"}
    for ours, theirs in names.items():
        assert fit.variances[ours] == pytest.approx(known["vcov"][theirs], rel=1e-5)
    assert fit.reml <= known["REMLcrit"] + 1e-6
    assert fit.intercept == pytest.approx(known["fixef"]["(Intercept)"], abs=1e-6)
    assert fit.intercept_se == pytest.approx(known["se"], abs=1e-6)


def round_robin(file: str, rater: str, ratee: str, score: str) -> Floats:
    frame = pl.read_csv(DATA / file, null_values=["NA", ""])
    people = np.unique(np.concatenate([frame[rater].to_numpy(), frame[ratee].to_numpy()]))
    matrix = np.full((len(people), len(people)), np.nan)
    for i, j, value in frame.select(rater, ratee, score).iter_rows():
        matrix[np.searchsorted(people, i), np.searchsorted(people, j)] = np.nan if value is None else value
    np.fill_diagonal(matrix, np.nan)
    return matrix


ROUND_ROBINS = {
    "liking_a": ("roundrobin54_liking.csv", "perceiver.id", "target.id", "liking_a", "roundrobin54_reference.json", "likingLong_liking_a"),
    "liking_b": ("roundrobin54_liking.csv", "perceiver.id", "target.id", "liking_b", "roundrobin54_reference.json", "likingLong_liking_b"),
    "Warner 1": ("warner1979.csv", "actor.id", "partner.id", "prop.T1", "warner1979_reference.json", "warner_T1"),
    "Warner 2": ("warner1979.csv", "actor.id", "partner.id", "prop.T2", "warner1979_reference.json", "warner_T2"),
    "Warner 3": ("warner1979.csv", "actor.id", "partner.id", "prop.T3", "warner1979_reference.json", "warner_T3"),
}


@pytest.mark.parametrize("name", ROUND_ROBINS)
def test_a_complete_round_robin_is_taken_apart_as_tripler_does(name: str) -> None:
    file, rater, ratee, score, known_in, key = ROUND_ROBINS[name]
    components = srm.decompose(round_robin(file, rater, ratee, score)).components
    known = {row["type"]: row.get("estimate") for row in reference(known_in)[key]["TripleR"]["varComp"]}
    for ours, theirs in (
        (components.actor, "actor variance"),
        (components.partner, "partner variance"),
        (components.relationship, "relationship variance"),
        (components.actor_partner, "actor-partner covariance"),
        (components.reciprocity, "relationship covariance"),
    ):
        assert ours == pytest.approx(known[theirs], rel=1e-10)


@pytest.mark.parametrize("name", ROUND_ROBINS)
def test_the_fit_for_gaps_agrees_with_srms_maximum_likelihood(name: str) -> None:
    file, rater, ratee, score, known_in, key = ROUND_ROBINS[name]
    fit = srm_gaps.fit([round_robin(file, rater, ratee, score)], restricted=False).components
    known = reference(known_in)[key]["srm_ml"]["coef"]
    whole = fit.actor + fit.partner + fit.relationship
    for ours, theirs in (
        (fit.actor, "F1@A~~F1@A"),
        (fit.partner, "F1@P~~F1@P"),
        (fit.relationship, "F1@AP~~F1@AP"),
        (fit.actor_partner, "F1@A~~F1@P"),
        (fit.reciprocity, "F1@AP~~F1@PA"),
    ):
        assert abs(ours - known[theirs]) <= 0.02 * whole


def test_what_is_planted_in_the_small_county_is_found_and_little_else() -> None:
    frames = {
        name: pl.read_parquet(DATA / f"county_small_{name}.parquet")
        for name in ("branches", "members", "peer_scores", "committee_scores", "results")
    }
    found = examination.examine(tables.from_frames(frames))
    table = leads.table(found.leads, found.county.branch_ids, found.county.member_ids).filter(pl.col("level") != "note")
    truth = pl.read_parquet(DATA / "county_small_truth.parquet")
    for indicator, kind in (("A1", "late"), ("A2", "mismatch"), ("B1", "straight")):
        planted = set(truth.filter(pl.col("kind") == kind).select("period", "entity").iter_rows())
        seen = set(table.filter(pl.col("indicator") == indicator).select("period", "entity").iter_rows())
        assert seen <= planted, "nobody innocent by a fact"
        assert len(seen & planted) >= 0.9 * len(planted)


def test_ratings_say_what_is_wrong_with_their_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.csv").write_text("a,b,c\n1,2,three\n")
    options = ["--rater", "a", "--ratee", "b", "--out", str(tmp_path)]
    for file, column, said in (
        ("x.csv", "c", "no number"), ("x.csv", "d", "has no column d"), ("y.csv", "c", "can't be read"), ("x.txt", "c", "neither"),
    ):  # fmt: skip
        assert main(["ratings", str(tmp_path / file), "--score", column, *options]) != 0
        assert said in capsys.readouterr().err
    assert ratings.READERS


def test_the_published_preference_of_skating_judges_for_their_own_country() -> None:
    """14,680 real scores: what a judge gave less what the others gave the same performance, less the judge's mean in that kind of program.

    `others_mean` is what stands beside each score behind a lead; the t is Welch's.
    """
    known = reference("skating_published.json")
    rows = pl.read_parquet(DATA / "skating_judges.parquet").sort("performance_id", "judge")
    parts = rows.partition_by("performance_id", maintain_order=True)
    usual = [others_mean(part["judge_total"].to_numpy()[:, None])[:, 0] for part in parts]
    rows = rows.with_columns(difference=pl.col("judge_total") - pl.Series(np.concatenate(usual)))
    rows = rows.with_columns(left=pl.col("difference") - pl.col("difference").mean().over("judge_name", "program_type"))
    same = rows["judge_country"] == rows["nation"]
    own, other = rows.filter(same)["left"].to_numpy(), rows.filter(~same)["left"].to_numpy()
    assert (len(own), len(other)) == (known["n_same"], known["n_other"])
    assert own.mean() - other.mean() == pytest.approx(3.388863, abs=1e-6)
    found = stats.ttest_ind(own, other, equal_var=False)
    assert found.statistic == pytest.approx(known["welch_t"], abs=1e-6)

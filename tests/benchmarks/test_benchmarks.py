"""`make bench` runs whole, and says of each figure whether its goal is met."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.ratios import Figure, compare
from tests.journeys.processes import ROOT


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_quick_run_prints_a_row_for_each_figure() -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks", "--quick"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.split("|")[1].strip() for line in done.stdout.splitlines() if "**" in line]
    entry, ballot, append = ["POST /entries"] * 2, ["PUT ballot of 48 scores"] * 2, ["durable append"] * 3
    log = ["log on and off: POST /entries", "log on and off: append by 50"]
    board = ["board by ETag", "board drawn"]
    rebuild = ["rebuild of standings", "rebuild of entries"]
    assert [name.split(",")[0].split(" with")[0] for name in rows] == [
        *entry,
        *ballot,
        "ballots at most",
        *board,
        "feed",
        *append,
        *log,
        *rebuild,
    ]


def test_a_quick_run_of_one_figure_prints_its_rows() -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks", "--quick", "append"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.split("|")[1].strip() for line in done.stdout.splitlines() if "**" in line]
    assert [name.split(" with")[0].split(",")[0] for name in rows] == ["durable append"] * 3


def test_a_figure_that_does_not_exist_is_refused_with_those_that_do() -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks", "speed"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "entry, ballot, evening, board, feed, append, log, rebuild" in done.stderr


def test_the_ratio_is_the_median_of_the_pairs_after_a_run_that_does_not_count() -> None:
    measured, reference = iter([1000.0, 4.0, 5.0, 60.0]), iter([1.0, 10.0, 10.0, 10.0])
    figure = compare("x", lambda: next(measured), lambda: next(reference), pairs=3, goal=0.5)
    assert (figure.ratio, figure.lowest, figure.highest) == (0.5, 0.4, 6.0)
    assert "0.50 met" in figure.line()


@pytest.mark.parametrize(("rate", "verdict"), [(25_000, "met"), (24_999, "MISSED")])
def test_a_goal_may_be_a_rate(rate: float, verdict: str) -> None:
    assert f"25,000 a second: {verdict}" in Figure("x", rate, 100.0, 0.1, 0.1, 0.1, goal_a_second=25_000).line()

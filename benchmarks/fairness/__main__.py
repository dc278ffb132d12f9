"""`make bench-fairness`: a county of 30,000 members, time and peak memory, each beside its reference in the same run, as a ratio.

The reference is lme4 (R; Debian's r-cran-lme4) on the county's own scores where `Rscript` finds it, and a fixed numpy workload everywhere.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import polars as pl

from benchmarks.fairness.counties import simulate, write

AUDIT_GOAL, SEALED_GOAL, MEMORY_GOAL, LME4_GOAL = 4.0, 15.0, 1.0, 0.1
R_PROGRAM = """
suppressMessages(library(lme4))
d <- read.csv(commandArgs(TRUE)[1])
for (column in c("rater_id", "ratee_id", "branch_id")) d[[column]] <- factor(d[[column]])
begun <- proc.time()[["elapsed"]]
m <- lmer(score ~ 1 + (1 | rater_id) + (1 | ratee_id) + (1 | branch_id), d, control = lmerControl(calc.derivs = FALSE))
cat(proc.time()[["elapsed"]] - begun, REMLcrit(m), "\\n")
"""
FIT_PROGRAM = """
import sys
from time import perf_counter
import numpy as np
import polars as pl
from services.evaluation.fairness import reml
rows = pl.read_csv(sys.argv[1])
codes = [np.unique(rows[name].to_numpy(), return_inverse=True)[1].astype(np.int64) for name in ("rater_id", "ratee_id", "branch_id")]
begun = perf_counter()
fit = reml.fit(codes[0], codes[1], rows["score"].to_numpy().astype(float), codes[2])
print(perf_counter() - begun, fit.reml)
"""


def numpy_reference() -> float:
    """Seconds of a fixed piece of work: 10 products and 10 Cholesky factors of 700 x 700 matrices, and 2 sorts of 1 million numbers."""
    rng = np.random.default_rng(341)
    matrix, numbers = rng.normal(size=(700, 700)), rng.normal(size=1_000_000)
    square = matrix @ matrix.T + 700 * np.eye(700)
    begun = perf_counter()
    for _ in range(10):
        _ = matrix @ matrix
        _ = np.linalg.cholesky(square)
    for _ in range(2):
        _ = np.sort(numbers)
    return perf_counter() - begun


def command(arguments: list[str]) -> tuple[float, float, float, str]:
    """Run to its end: seconds by the wall, seconds of work, peak memory in GB, what it printed."""
    begun = perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        running = subprocess.Popen(arguments, stdout=said, env=os.environ | {"PYTHONPATH": str(Path.cwd())})
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read()
    if running.returncode:
        raise SystemExit(f"{arguments[0]} ended with {running.returncode}")
    return perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024**2, text


def line(what: str, value: str, beside: str = "", goal: str = "") -> None:
    """Print one figure."""
    print(f"{what:52} {value:>22}  {beside:32} {goal}", flush=True)


def audit(folder: Path, reference: float) -> None:
    """From parquet to leads, by the command, start-up included."""
    arguments = [sys.executable, "-m", "xingqi", "audit", str(folder), "--out", str(folder / "leads.parquet")]
    wall, work, peak, _ = command(arguments)
    line("xingqi audit, 1.4 million scores", f"{wall:.1f} s ({work:.1f} s work)", f"{wall / reference:.1f} x numpy", f"goal {AUDIT_GOAL} s")
    line("  peak memory", f"{peak:.2f} GB", "", f"goal {MEMORY_GOAL} GB")


def sealed(branches: int, size: int, reference: float) -> None:
    """From the event store's sealed ballots to the stored leads."""
    _, _, peak, said = command(
        [sys.executable, "-m", "benchmarks.fairness.sealed", "--branches", str(branches), "--size", str(size), "--plain"]
    )
    seconds, work, lag = map(float, said.split())
    wall = f"{seconds:.1f} s ({work:.1f} s work)"
    line("examination from sealed ballots", wall, f"{seconds / reference:.1f} x numpy", f"goal {SEALED_GOAL} s")
    line("  peak memory, the writing of the county included", f"{peak:.2f} GB", f"loop away {1000 * lag:.0f} ms at most")


def lme4(folder: Path) -> None:
    """The two-way model of the county, by ours and by lme4, in this same run."""
    if shutil.which("Rscript") is None:
        line("lme4", "not measured", "no Rscript here", "apt-get install r-cran-lme4")
        return
    scores = folder / "scores.csv"
    pl.read_parquet(folder / "peer_scores.parquet").filter(pl.col("period") == 0).select(
        "rater_id", "ratee_id", "branch_id", "score"
    ).write_csv(scores)
    ours, our_reml = map(float, command([sys.executable, "-c", FIT_PROGRAM, str(scores)])[3].split())
    theirs, their_reml = map(float, command(["Rscript", "-e", R_PROGRAM, str(scores)])[3].split())
    line("lme4's model: rater, ratee, branch", f"{ours:.1f} s", f"lme4 {theirs:.1f} s: {ours / theirs:.3f}", f"goal {LME4_GOAL}")
    line("  REML less lme4's", f"{our_reml - their_reml:+.2e}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fairness", description=__doc__)
    parser.add_argument("--branches", type=int, default=600)
    parser.add_argument("--size", type=int, default=50)
    parser.add_argument("--seed", type=int, default=8100)
    options = parser.parse_args()
    begun = process_time()
    reference = numpy_reference()
    line("fixed numpy workload", f"{reference:.1f} s ({process_time() - begun:.1f} s work)", "the reference of this machine, now")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(simulate(options.seed, options.branches, size=options.size), folder)
        audit(folder, reference)
        lme4(folder)
    sealed(options.branches, options.size, reference)


if __name__ == "__main__":
    main()

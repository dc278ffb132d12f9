"""The fair score: what a member would have got from the branch's usual rater, with a margin that covers 95 %.

Point: merit of the additive fit (`additive.py`, straight ballots out) on the scale of the branch's raters' Huber mean level (k = 2), since
the median of 50 levels wastes a third of them. Margin: the raters are a sample, and each enters a member's score twice, by what it gives
the member (u_ij psi(e_ij)) and by its level and slope in the branch's scale, w_i (a_i - a + (s_i - 1) m_j): the variance is the sum
over raters of the squared sum of both (the sandwich with raters as clusters: Liang and Zeger 1986, Biometrika 73, 13-22; to first order
the bootstrap over raters), times (n / (n - 1))^2, with Student's t. It is for audits and objections; it never changes a star by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import special

from services.evaluation.fairness import additive, ballots
from services.evaluation.fairness.county import assemble
from services.evaluation.fairness.tables import Tables

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
SCALE_K = 2.0
LEAST = 5
CALIBRATION = 1.09


@dataclass(frozen=True, slots=True)
class FairScores:
    """Per member of a stack (b x n), in points: `score`, `margin` (half width of the 95 % interval), `plain` mean, `count` of scores."""

    score: Floats
    margin: Floats
    plain: Floats
    count: NDArray[np.int64]


def usual_level(level: Floats, given: Booleans) -> tuple[Floats, Floats]:
    """Huber's mean level of each branch's raters (b), and each rater's weight in it (b x n, summing to 1)."""
    centre = additive.middle(level, given)
    scale = np.maximum(1.4826 * additive.middle(np.abs(level - centre[:, None]), given), 0.1)
    weight = given.astype(float)
    for _ in range(15):
        weight = given * np.minimum(1.0, SCALE_K * scale[:, None] / np.maximum(np.abs(level - centre[:, None]), 1e-12))
        centre = (weight * level).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-12)
    return centre, weight / np.maximum(weight.sum(axis=1), 1e-12)[:, None]


def fair_scores(scores: Floats, fit: additive.Fit) -> FairScores:
    """Fair scores of a stack; `fit` is of `scores` without straight ballots. Members with fewer than 5 scores get NaN."""
    seen = np.asarray(fit.weight > 0)
    count = np.isfinite(scores).sum(axis=1)
    usable = seen.sum(axis=1)
    given = np.asarray(seen.any(axis=2))
    centre, share = usual_level(fit.level, given)
    residual = np.where(seen, scores - fit.expected, 0.0)
    carrier = fit.weight * fit.slope[:, :, None]
    sharp = np.where(np.abs(residual) < additive.HUBER * fit.noise[:, :, None], carrier, 0.0)  # psi' is 1 inside, 0 outside
    total = np.maximum(np.einsum("bij,bi->bj", sharp, fit.slope), 1e-12)
    own = carrier * residual / total[:, None, :]
    raters = given.sum(axis=1)
    scale = (share * (fit.level - centre[:, None]))[:, :, None] + (share * (fit.slope - 1))[:, :, None] * fit.merit[:, None, :]
    variance = ((own + scale) ** 2).sum(axis=1) * (raters / np.maximum(raters - 1, 1))[:, None] ** 2
    freedom = np.maximum(np.minimum(usable, raters[:, None]) - 1, 1)
    margin = CALIBRATION * special.stdtrit(freedom, 0.975) * np.sqrt(variance)
    plain = np.where(np.isfinite(scores), scores, 0.0).sum(axis=1) / np.maximum(count, 1)
    enough = usable >= LEAST
    score = fit.centre[:, None] + fit.merit + centre[:, None]
    return FairScores(np.where(enough, score, np.nan), np.where(enough, margin, np.nan), np.where(count > 0, plain, np.nan), count)


def of_county(tables: Tables) -> pl.DataFrame:
    """Fair scores of everybody with at least 5 scores: period, branch_id, member_id, fair_score, margin, plain_mean, scores."""
    county = assemble(tables)
    frames = []
    for half_year in county.half_years:
        straight = ballots.straight(half_year.scores)
        fair = fair_scores(half_year.scores, additive.fit(np.where(straight.straight[:, :, None], np.nan, half_year.scores)))
        where = np.isfinite(fair.score) & half_year.stack.here
        branch = np.broadcast_to(half_year.stack.branch[:, None], where.shape)[where]
        frames.append(
            pl.DataFrame(
                {
                    "period": np.full(int(where.sum()), half_year.period),
                    "branch_id": county.branch_ids[branch],
                    "member_id": county.member_ids[half_year.stack.member[where]],
                    "fair_score": fair.score[where],
                    "margin": fair.margin[where],
                    "plain_mean": fair.plain[where],
                    "scores": fair.count[where],
                }
            )
        )
    schema = {"period": pl.Int64, "branch_id": pl.Int64, "member_id": pl.Int64, "fair_score": pl.Float64, "margin": pl.Float64}
    empty = pl.DataFrame(schema={**schema, "plain_mean": pl.Float64, "scores": pl.Int64})
    return pl.concat([empty, *(f.cast(empty.schema) for f in frames)]).sort("period", "branch_id", "member_id")

"""A1 late, A2 a star outside its band, A3 irregular ballots: facts, recomputed; no test, no minimum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.evaluation.fairness.county import County
from services.evaluation.fairness.leads import Lead
from services.evaluation.fairness.tables import Columns

Floats = NDArray[np.float64]
WHOLE_SHARE = 0.8  # of the branch's usual number of scores: a ballot below it is called incomplete


def late(branches: Columns, county: County) -> list[Lead]:
    """A1: published after the deadline; effect = days late. One fact for each branch and half-year that has both days."""
    rows = sorted(
        {
            (int(period), int(branch), int(published - deadline))
            for period, branch, deadline, published in zip(
                branches["period"], branches["branch_id"], branches["deadline_day"], branches["published_day"], strict=True
            )
            if published > deadline
        }
    )
    places = {int(b): k for k, b in enumerate(county.branch_ids)}
    worst = {(period, branch): days for period, branch, days in rows if branch in places}
    return [Lead("A1", "look", period, places[b], places[b], float(days), 0.0, 1) for (period, b), days in worst.items()]


def due(final: Floats, lines: Sequence[float]) -> Floats:
    """The stars that a final score earns: the number of lines it reaches."""
    return np.searchsorted(np.asarray(lines, dtype=float), final, side="right").astype(float)


def wrong_stars(results: Columns, county: County, lines: Sequence[float]) -> list[Lead]:
    """A2: stars given less stars due, where they differ. Members without a score or without stars are passed over."""
    final, stars = results["final_score"], results["stars"]
    known = np.isfinite(final) & np.isfinite(stars)
    wrong = np.flatnonzero(known & (due(np.where(known, final, 0.0), lines) != stars))
    branches, members = ({int(x): k for k, x in enumerate(ids)} for ids in (county.branch_ids, county.member_ids))
    leads = []
    for k in wrong:
        branch, member = branches.get(int(results["branch_id"][k])), members.get(int(results["member_id"][k]))
        if branch is not None and member is not None:
            effect = float(stars[k] - due(final[k : k + 1], lines)[0])
            leads.append(Lead("A2", "look", int(results["period"][k]), branch, member, effect, 0.0, 1))
    return leads


def irregular(county: County) -> list[Lead]:
    """A3, a note: scores of oneself, of strangers or given twice; a ballot with under 80 % of its branch's usual number of scores."""
    leads = []
    for half_year in county.half_years:
        given = np.isfinite(half_year.scores).sum(axis=2)
        cast = given > 0
        usual = np.array([np.median(row[ok]) if ok.any() else 0.0 for row, ok in zip(given, cast, strict=True)])
        missing = np.where(cast, np.maximum(usual[:, None] - given, 0), 0)
        missing = np.where(given < WHOLE_SHARE * usual[:, None], missing, 0)
        for b, i in zip(*np.nonzero((missing > 0) | (half_year.irregular > 0)), strict=True):
            effect = float(missing[b, i] + half_year.irregular[b, i])
            branch, member = int(half_year.stack.branch[b]), int(half_year.stack.member[b, i])
            leads.append(Lead("A3", "note", half_year.period, branch, member, effect, 0.0, int(given[b, i])))
    return leads

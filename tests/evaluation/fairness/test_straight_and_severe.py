"""B1 and B3 in doubt: who writes only tens and means them, and who gives so many 100s that his level can't be known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from services.evaluation.fairness import additive, ballots, raters

Floats = NDArray[np.float64]
SIZE = 20


def branch(seed: int = 3) -> Floats:
    """A stack of one branch of honest raters."""
    rng = np.random.default_rng(seed)
    merit, severity = rng.normal(80, 6, SIZE), rng.normal(0, 3, SIZE)
    scores = np.round(merit + severity[:, None] + rng.normal(0, 4, (SIZE, SIZE)))[None].clip(0, 100)
    scores[:, np.arange(SIZE), np.arange(SIZE)] = np.nan
    return scores


def ballot(scores: Floats, *, rater: int, low: slice) -> Floats:
    """Rater gives everybody 80, and 70 to those at these places in the order of what the others gave; never himself."""
    order = [j for j in np.argsort(np.nansum(scores[0], axis=0)) if j != rater]
    scores[0, rater] = np.where(np.arange(SIZE) == rater, np.nan, 80.0)
    scores[0, rater, order[low]] = 70.0
    return scores


def test_a_ballot_of_tens_that_marks_the_weakest_down_is_a_note_and_stays_in_the_fit() -> None:
    found = ballots.straight(ballot(branch(), rater=4, low=slice(0, 3)))
    assert found.share[0, 4] == pytest.approx(16 / 19)
    assert (bool(found.telling[0, 4]), bool(found.straight[0, 4])) == (True, False)


@pytest.mark.parametrize("low", [slice(16, 19), slice(8, 11)], ids=["the best", "the middle"])
def test_a_ballot_of_tens_that_marks_others_down_is_straight(low: slice) -> None:
    found = ballots.straight(ballot(branch(), rater=4, low=low))
    assert (bool(found.telling[0, 4]), bool(found.straight[0, 4])) == (False, True)


def test_one_value_alone_and_a_ballot_within_a_point_are_straight_whatever_they_go_with() -> None:
    scores = ballot(branch(), rater=4, low=slice(0, 3))
    scores[0, 4] = np.where(scores[0, 4] == 70, 79, scores[0, 4])
    assert ballots.straight(scores).straight[0, 4], "a spread under one point tells nobody apart"
    scores[0, 4] = np.where(np.isfinite(scores[0, 4]), 80.0, np.nan)
    assert ballots.straight(scores).straight[0, 4]


def test_the_others_mean_leaves_the_raters_own_score_out() -> None:
    """With his own scores in it, whom he marks down would be low in part by his hand."""
    scores = ballot(branch(), rater=4, low=slice(8, 11))
    scores[0, np.arange(SIZE) != 4] = np.where(np.isfinite(scores[0, np.arange(SIZE) != 4]), 85.0, np.nan)
    found = ballots.straight(scores)
    assert found.straight[0, 4]


def test_an_innocent_clean_ballot_is_neither() -> None:
    found = ballots.straight(branch())
    assert not found.straight.any()
    assert not found.telling.any()


def test_a_level_behind_many_100s_is_less_sure_and_a_severe_one_is_not() -> None:
    scores = branch()
    scores[0, 2] = np.minimum(scores[0, 2] + 22, 100)
    scores[0, 5] -= 18
    fit = additive.fit(scores)
    error = raters.level_error(scores, fit)[0]
    plain = fit.noise[0] / np.sqrt(SIZE - 1)
    assert (scores[0, 2] == 100).sum() >= 8, "a rater at the ceiling"
    assert error[2] > 1.2 * plain[2]
    assert error[5] == pytest.approx(plain[5], rel=0.02)


def test_the_error_of_a_level_is_what_many_draws_show() -> None:
    """A rater whose scores are cut at 100: over many branches his level strays as far as its error says, and farther than the plain one."""
    strays, told, plain = [], [], []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        merit = rng.normal(84, 5, SIZE)
        scores = (merit + rng.normal(0, 4, (SIZE, SIZE)))[None]
        scores[0, 0] += 12
        scores = np.round(scores).clip(0, 100)
        scores[:, np.arange(SIZE), np.arange(SIZE)] = np.nan
        fit = additive.fit(scores)
        others = fit.level[0, 1:].mean()
        strays.append(fit.level[0, 0] - others)
        told.append(raters.level_error(scores, fit)[0, 0])
        plain.append(fit.noise[0, 0] / np.sqrt(SIZE - 1))
    spread = float(np.std(strays))
    assert np.sqrt(np.mean(np.square(plain))) < 0.9 * spread
    assert np.sqrt(np.mean(np.square(told))) == pytest.approx(spread, rel=0.25)

"""Who scores and who is scored change places: the social-relations decomposition must change its words and nothing else."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from services.evaluation.fairness import srm, srm_gaps
from services.evaluation.fairness.srm import Components

Floats = NDArray[np.float64]


def round_robin(people: int, seed: int) -> Floats:
    """A branch whose raters differ more than its people, with reciprocity; the diagonal holds what must not be read."""
    rng = np.random.default_rng(seed)
    own = rng.normal(0, 1, (people, 2)) @ np.array([[6.0, 1.5], [0.0, 3.0]])
    mutual = rng.normal(0, 4, (people, people))
    scores = 80 + own[:, :1] + own[:, 1] + 0.8 * mutual + 0.6 * mutual.T
    np.fill_diagonal(scores, 1e6)
    return np.asarray(scores)


def with_gaps(scores: Floats, seed: int) -> Floats:
    """A tenth missing, one rater absent: lone directions and pairs nobody scored."""
    gapped = scores.copy()
    gapped[np.random.default_rng(seed).random(scores.shape) < 0.1] = np.nan
    gapped[2] = np.nan
    return gapped


def swapped(c: Components) -> Components:
    """What the transposed round robin must come to."""
    return Components(c.partner, c.actor, c.relationship, c.actor_partner, c.reciprocity)


def parts(c: Components) -> list[float]:
    return [c.actor, c.partner, c.relationship, c.actor_partner, c.reciprocity]


@pytest.mark.parametrize("people", [4, 5, 12, 50])
def test_a_transposed_round_robin_swaps_actor_and_partner(people: int) -> None:
    scores = round_robin(people, seed=people)
    one, other = srm.decompose(scores), srm.decompose(scores.T)
    assert parts(other.components) == pytest.approx(parts(swapped(one.components)), rel=1e-10, abs=1e-10)
    assert other.mean == pytest.approx(one.mean, rel=1e-12)
    np.testing.assert_allclose(other.actor, one.partner, atol=1e-10)
    np.testing.assert_allclose(other.partner, one.actor, atol=1e-10)
    np.testing.assert_allclose(other.relationship, one.relationship.T, atol=1e-10)
    assert (other.errors.actor, other.errors.partner) == pytest.approx((one.errors.partner, one.errors.actor), rel=1e-9)
    assert parts(other.errors)[2:] == pytest.approx(parts(one.errors)[2:], rel=1e-9)
    assert one.components.actor != pytest.approx(one.components.partner, rel=0.01), "or the swap would prove nothing"


@pytest.mark.parametrize("restricted", [True, False])
def test_a_transposed_round_robin_with_gaps_swaps_actor_and_partner(restricted: bool) -> None:
    branches = [with_gaps(round_robin(10, seed=k), seed=k + 50) for k in range(2)]
    one, other = (srm_gaps.fit(x, restricted=restricted) for x in (branches, [b.T for b in branches]))
    total = one.components.total
    assert parts(other.components) == pytest.approx(parts(swapped(one.components)), abs=1e-4 * total)
    assert other.deviance == pytest.approx(one.deviance, abs=1e-5)
    assert other.mean == pytest.approx(one.mean, abs=1e-3)
    for actor, partner in zip(other.actor, one.partner, strict=True):
        np.testing.assert_allclose(actor, partner, atol=2e-3)
    for partner, actor in zip(other.partner, one.actor, strict=True):
        np.testing.assert_allclose(partner, actor, atol=2e-3)
    assert one.components.actor > 1.5 * one.components.partner, "or the swap would prove nothing"


def test_an_absent_raters_severity_is_drawn_to_the_branch_and_his_merit_is_not_lost() -> None:
    gapped = with_gaps(round_robin(14, seed=1), seed=51)
    fit = srm_gaps.fit([gapped])
    np.fill_diagonal(gapped, np.nan)
    known = np.nanmean(gapped, axis=0) - fit.mean
    assert abs(fit.actor[0][2]) < np.abs(fit.actor[0]).max()
    assert np.corrcoef(known, fit.partner[0])[0, 1] > 0.9


def test_complete_and_gapped_agree_where_nothing_is_missing() -> None:
    """Restricted likelihood and moments are two estimates of the same: close on many people, and closer on more of them."""
    apart = []
    for people in (10, 40):
        scores = round_robin(people, seed=7)
        by_moments, fitted = srm.decompose(scores).components, srm_gaps.fit([scores]).components
        apart.append(np.abs(np.subtract(parts(by_moments), parts(fitted))).max() / by_moments.total)
    assert apart[-1] < 0.02
    assert all(b <= a + 1e-3 for a, b in pairwise(apart))

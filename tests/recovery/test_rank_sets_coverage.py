"""Rank sets hold the true ranks as often as they say, whatever the spacing of the people."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.covariance import Dense
from rankkit.kernels.rank_sets import rank_sets

pytestmark = pytest.mark.recovery

REPLICATES = 1000
LEVEL = 0.95
SLACK = 2 * np.sqrt(LEVEL * (1 - LEVEL) / REPLICATES)  # two Monte Carlo standard errors

PACKED = np.concatenate([np.linspace(0.0, 0.14, 14), [1.5]])  # fourteen within .14 of each other at se .3
SPREAD = np.linspace(0.0, 4.0, 10)
TIED = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 2.0])


def true_bounds(truth):
    """Ranks a person may rightly be said to hold: with exact ties, any rank of the tied group."""
    best = 1 + (truth[None, :] > truth[:, None]).sum(axis=1)
    worst = len(truth) - (truth[None, :] < truth[:, None]).sum(axis=1)
    return best, worst


def covered(truth, sigma, df, kind, seed, replicates=REPLICATES):
    rng = np.random.default_rng(seed)
    root = np.linalg.cholesky(sigma)
    best, worst = true_bounds(truth)
    hits = np.zeros((replicates, len(truth)), dtype=bool)
    for r in range(replicates):
        estimate = truth + root @ rng.standard_normal(len(truth))
        scale = rng.chisquare(df) / df if np.isfinite(df) else 1.0
        sets = rank_sets(estimate, Dense(sigma * scale), df=df, kind=kind, draws=1000, seed=r)
        hits[r] = (sets.low <= best) & (worst <= sets.high)
    return hits


def shared_raters(n):
    rng = np.random.default_rng(n)
    panel = (rng.random((n, 4)) < 0.5) * 0.3
    return panel @ panel.T + np.diag(rng.uniform(0.03, 0.15, n))


@pytest.mark.parametrize(
    ("truth", "df"),
    [(PACKED, np.inf), (SPREAD, np.inf), (TIED, np.inf), (PACKED, 5), (SPREAD, 5)],
    ids=["packed", "spread", "tied", "packed-t5", "spread-t5"],
)
def test_all_sets_at_once(truth, df):
    for sigma in (np.eye(len(truth)) * 0.09, shared_raters(len(truth))):
        hits = covered(truth, sigma, df, "simultaneous", seed=1, replicates=REPLICATES // 2)
        assert hits.all(axis=1).mean() >= LEVEL - np.sqrt(2) * SLACK


@pytest.mark.parametrize(("truth", "df"), [(PACKED, np.inf), (SPREAD, 5)], ids=["packed", "spread-t5"])
def test_each_set_by_itself(truth, df):
    hits = covered(truth, shared_raters(len(truth)), df, "marginal", seed=2, replicates=REPLICATES // 2)
    assert hits.mean(axis=0).min() >= LEVEL - 3 * np.sqrt(2) * SLACK / 2  # lowest of up to fifteen


def test_all_tied_is_the_hardest_case_and_exact():
    """With every true score equal, joint coverage is the level itself: the sets are not needlessly wide."""
    truth = np.zeros(8)
    rng = np.random.default_rng(3)
    ruled_out = 0
    for r in range(REPLICATES):
        sets = rank_sets(truth + 0.3 * rng.standard_normal(8), Dense(np.eye(8) * 0.09), draws=1000, seed=r)
        ruled_out += bool((sets.low > 1).any() or (sets.high < 8).any())
    assert ruled_out / REPLICATES == pytest.approx(1 - LEVEL, abs=1.5 * SLACK)

"""Simulated lists: p-values under the null, intervals of W, Mallows' θ and the consensus under known ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rankkit.kernels.rankings.kemeny import kemeny
from rankkit.kernels.rankings.mallows import mallows
from rankkit.kernels.rankings.partial_concordance import skillings_mack
from rankkit.kernels.rankings.rank_concordance import kendall_w
from rankkit.kernels.rankings.ranking_lists import from_matrix
from rankkit.kernels.rankings.rater_agreement import rater_agreement

pytestmark = pytest.mark.recovery
MC = 3.3  # Monte Carlo standard errors allowed: one false alarm in a thousand
LEVELS = (0.01, 0.05, 0.1, 0.5)


def above_nominal(p, level):
    """How many Monte Carlo standard errors more p-values lie below the level than should."""
    return (np.mean(p <= level) - level) / np.sqrt(level * (1 - level) / len(p))


def random_lists(rng, m, n):
    return np.argsort(rng.random((m, n)), axis=1).astype(float) + 1


def mallows_lists(rng, m, n, theta):
    """Lists by repeated insertion; the consensus is 0, 1, 2, …"""
    ranks = np.empty((m, n))
    for r in range(m):
        order: list[int] = []
        for j in range(n):
            chance = np.exp(-theta * np.arange(j + 1))
            order.insert(j - int(rng.choice(j + 1, p=chance / chance.sum())), j)
        ranks[r, order] = np.arange(1, n + 1)
    return ranks


@pytest.mark.parametrize(("m", "n", "ties"), [(3, 5, False), (4, 12, False), (8, 4, True), (10, 15, False)])
def test_w_under_the_null(m, n, ties):
    """Exact and drawn p never exceed their level; χ² on larger panels is close."""
    rng = np.random.default_rng(m * n)
    reps = 500
    p = np.empty(reps)
    for k in range(reps):
        ranks = np.ceil(random_lists(rng, m, n) / 2) if ties else random_lists(rng, m, n)
        p[k] = kendall_w(ranks, draws=400, seed=k).p
    assert max(above_nominal(p, level) for level in LEVELS) < MC
    if n > 10:
        assert stats.kstest(p, "uniform").pvalue > 1e-3


def test_chi_square_of_small_panels_is_poor():
    """Why permutations: with three lists of three people the exact p has six values, and χ² misses them by far."""
    rng = np.random.default_rng(2)
    found = [kendall_w(random_lists(rng, 3, 3)) for _ in range(800)]
    exact, rough = np.array([f.p for f in found]), np.array([f.p_chi2 for f in found])
    assert np.all(np.isin(np.round(exact, 6), np.round([1, 34 / 36, 19 / 36, 13 / 36, 7 / 36, 1 / 36], 6)))
    assert (np.abs(rough - exact) > 0.02).mean() > 0.3


def test_skillings_mack_under_the_null():
    rng = np.random.default_rng(5)
    p = []
    for k in range(400):
        ranks = random_lists(rng, 6, 7)
        ranks[rng.random(ranks.shape) < 0.3] = np.nan
        p.append(skillings_mack(ranks, draws=300, seed=k).p)
    assert max(above_nominal(np.array(p), level) for level in LEVELS) < MC
    assert stats.kstest(p, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("n", [6, 12])
def test_raters_in_random_order(n):
    """One-sided p of each rater is uniform, up to the steps of τ, when all lists are random."""
    rng = np.random.default_rng(n)
    against, agree = [], []
    for k in range(150):
        found = rater_agreement(random_lists(rng, 5, n), draws=400, seed=k)
        against.append(found.p_against[0])  # one rater a panel: raters of a panel are dependent
        agree.append(found.p_agree[0])
    for p in (np.array(against), np.array(agree)):
        assert max(above_nominal(p, level) for level in LEVELS) < MC
        assert np.mean(p <= 0.5) > 0.25


def coverage(n, m, noise, reps, seed):
    rng = np.random.default_rng(seed)
    merit = np.linspace(-1, 1, n)
    mean = (stats.rankdata(merit + noise * rng.normal(size=(40_000, n)), axis=1) - (n + 1) / 2).mean(axis=0)
    expected = (1 + (m - 1) * (mean @ mean) / ((n**3 - n) / 12)) / m
    inside, defined = 0, 0
    for _ in range(reps):
        found = kendall_w(merit + noise * rng.normal(size=(m, n)), draws=1)
        if not np.isnan(found.low):
            defined += 1
            inside += found.low <= expected <= found.high
    return inside / defined, 0.95 - MC * np.sqrt(0.05 * 0.95 / defined)


@pytest.mark.parametrize(("n", "m", "noise"), [(8, 4, 1.0), (12, 10, 1.0), (12, 20, 3.0)])
def test_interval_of_w_covers(n, m, noise):
    share, least = coverage(n, m, noise, 500, seed=n + m)
    assert share > least


@pytest.mark.thorough
@pytest.mark.parametrize("n", [5, 12])
@pytest.mark.parametrize("m", [3, 5, 10, 25])
@pytest.mark.parametrize("noise", [0.3, 1.0, 3.0])
def test_interval_of_w_covers_everywhere(n, m, noise, monkeypatch):
    monkeypatch.setattr("rankkit.kernels.rankings.rank_concordance._STEPS", 0)  # the p-value is not looked at
    share, least = coverage(n, m, noise, 1500, seed=n * m)
    assert share > least - 0.015  # .934 with 25 lists of five people


@pytest.mark.parametrize(("theta", "n"), [(0.3, 6), (0.8, 8)])
def test_mallows_concentration(theta, n):
    """Unbiased and covering given the consensus; the estimated consensus of 60 lists is the true one."""
    rng = np.random.default_rng(n)
    m, reps = 60, 150
    estimate, covered = np.empty(reps), np.empty(reps)
    for k in range(reps):
        lists = from_matrix(mallows_lists(rng, m, n, theta))
        found = mallows(lists, order=np.arange(n))
        estimate[k], covered[k] = found.theta, abs(found.theta - theta) <= 1.96 * found.se
    assert abs(estimate.mean() - theta) < MC * estimate.std() / np.sqrt(reps) + 0.02 * theta
    assert abs(covered.mean() - 0.95) < MC * np.sqrt(0.05 * 0.95 / reps)
    strong = kemeny_of(mallows_lists(rng, m, n, max(theta, 0.8)))
    assert strong.order.tolist() == list(range(n))


def kemeny_of(ranks):
    from rankkit.kernels.rankings.condorcet import preference_matrix

    return kemeny(preference_matrix(from_matrix(ranks)))


def test_consensus_of_many_lists_is_the_true_order():
    rng = np.random.default_rng(3)
    assert kemeny_of(mallows_lists(rng, 400, 25, 0.5)).order.tolist() == list(range(25))

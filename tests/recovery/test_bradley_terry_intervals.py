"""Coverage of 95 % intervals for worths, by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import t as student

from rankkit.errors import ConvergenceError
from rankkit.kernels.pairs.bradley_terry import fit
from rankkit.kernels.pairs.judge_clusters import jackknife, judge_scores, sandwich
from rankkit.kernels.pairs.pair_counts import PairCounts, aggregate

pytestmark = pytest.mark.recovery

LEVEL_Z = 1.959963984540054


def complete_pairs(n):
    return np.triu_indices(n, 1)


def test_model_intervals_cover_at_their_level():
    n, each, replicates = 20, 20, 2500
    rng = np.random.default_rng(20_240_601)
    first, second = complete_pairs(n)
    truth = np.linspace(-1.5, 1.5, n)
    wins = rng.binomial(each, expit(truth[first] - truth[second]), size=(replicates, len(first))).astype(float)
    covered, bias = np.zeros((replicates, n), dtype=bool), np.zeros(n)
    for k in range(replicates):
        found = fit(PairCounts(n, first, second, wins[k], each - wins[k], np.zeros(len(first))))
        se = np.sqrt(np.diag(found.covariance))
        covered[k] = np.abs(found.worth - truth) <= LEVEL_Z * se
        bias += (found.worth - truth) / replicates
    share = covered.mean()
    error = covered.mean(axis=1).std() / np.sqrt(replicates)  # people of one replicate are dependent
    assert error < 0.005
    assert 0.94 <= share <= 0.96
    assert np.max(np.abs(bias)) < 0.03  # ML stretches by about 1/(comparisons per person); se is .11


def simulate_judges(n, m, spread, replicates, seed):
    """Complete pairs by every judge, each with a private view of each person."""
    rng = np.random.default_rng(seed)
    first, second = complete_pairs(n)
    common = np.linspace(-1.2, 1.2, n)
    judge, left, right = np.repeat(np.arange(m), len(first)), np.tile(first, m), np.tile(second, m)
    for _ in range(replicates):
        view = common + spread * rng.normal(size=(m, n))
        chance = expit(view[judge, left] - view[judge, right])
        yield judge, left, right, np.where(rng.random(len(judge)) < chance, 1, -1)


def long_run_mean(n, spread):
    """Where the estimator settles with infinitely many judges: the fit to the chances averaged over judges."""
    first, second = complete_pairs(n)
    common = np.linspace(-1.2, 1.2, n)
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    gap = (common[first] - common[second])[:, None] + np.sqrt(2) * spread * nodes
    chance = expit(gap) @ weights / weights.sum()
    return fit(PairCounts(n, first, second, chance, 1 - chance, np.zeros(len(first)))).worth


@pytest.mark.parametrize("m", [10, 20])
def test_judge_clustered_intervals_cover_where_model_intervals_do_not(m):
    n, spread, replicates = 12, 0.8, 500
    target = long_run_mean(n, spread)
    clustered = full = model = 0.0
    for judge, left, right, result in simulate_judges(n, m, spread, replicates, seed=m):
        found = fit(aggregate(left, right, result, None, n))
        scores = judge_scores(judge, left, right, result, None, found.worth, n, m)
        wide, plain = (sandwich(scores, found.solve, full_rank=full_rank) for full_rank in (True, False))
        miss = np.abs(found.worth - target) / student.ppf(0.975, m - 1)
        clustered += np.mean(miss <= np.sqrt(np.diag(plain.covariance(found.covariance)))) / replicates
        full += np.mean(miss <= np.sqrt(np.diag(wide.covariance(found.covariance)))) / replicates
        miss *= student.ppf(0.975, m - 1)
        model += np.mean(miss <= LEVEL_Z * np.sqrt(np.diag(found.covariance))) / replicates
    assert 0.94 <= clustered <= 0.97
    assert full >= 0.975  # made for rank sets; single intervals are conservative
    assert model < 0.90  # every comparison taken as independent: too narrow


def test_jackknife_intervals_cover_with_five_judges():
    n, m, spread, replicates = 8, 5, 0.8, 400
    target = long_run_mean(n, spread)
    covered = 0.0
    for judge, left, right, result in simulate_judges(n, m, spread, replicates, seed=55):
        found = fit(aggregate(left, right, result, None, n))

        def refit(r, found=found, judge=judge, left=left, right=right, result=result):
            keep = judge != r
            try:
                return fit(aggregate(left[keep], right[keep], result[keep], None, n), start=found.worth).worth
            except ConvergenceError:  # somebody is undefeated without judge r
                return None

        information = found.information.toarray()
        spread_of = jackknife(refit, found.worth, m, lambda x, h=information: h @ x)
        se = np.sqrt(np.diag(spread_of.covariance(found.covariance)))
        covered += np.mean(np.abs(found.worth - target) <= student.ppf(0.975, spread_of.df) * se) / replicates
    assert covered >= 0.94

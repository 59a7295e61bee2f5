"""Coverage of Plackett-Luce intervals, by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rankkit.kernels.pairs.judge_clusters import sandwich
from rankkit.kernels.rankings.plackett_luce import fit, log_chances
from rankkit.kernels.rankings.ranking_lists import from_matrix
from tests.oracles_rankings import drawn, weak_orders

pytestmark = pytest.mark.recovery

LEVEL_Z = 1.959963984540054
TRUTH = np.linspace(1.4, -1.4, 8)


def test_intervals_of_partial_rankings_with_orders_left_open_cover_at_their_level() -> None:
    """Five of eight people are shown; only the best two and the worst are recorded."""
    replicates, rng = 700, np.random.default_rng(3)
    covered, bias = np.zeros((replicates, 8), dtype=bool), np.zeros(8)
    for k in range(replicates):
        ranks = drawn(rng, TRUTH, 70, 5)
        ranks = np.where(np.isin(ranks, (3, 4)), 3.5, ranks)
        found = fit(from_matrix(ranks))
        covered[k] = np.abs(found.worth - TRUTH) <= LEVEL_Z * np.sqrt(np.diag(found.covariance))
        bias += (found.worth - TRUTH) / replicates
    assert 0.935 <= covered.mean() <= 0.965  # standard error about .005
    assert np.max(np.abs(bias)) < 0.06  # maximum likelihood stretches a little; se is .24


def test_intervals_with_tie_parameters_cover_at_their_level() -> None:
    """Four people, ties of two and of three as answers."""
    replicates, rng = 400, np.random.default_rng(4)
    truth, log_delta = np.array([0.8, 0.2, -0.3, -0.7]), np.array([-0.3, -1.0])
    everything = weak_orders(4)
    possible = everything[[len(set(r)) > 1 for r in everything]]
    chances = np.exp(log_chances(from_matrix(possible), truth, ties="davidson_luce", tie_sizes=(2, 3), log_delta=log_delta))
    assert chances.sum() == pytest.approx(1)
    covered, over_ties = np.zeros((replicates, 4), dtype=bool), np.zeros((replicates, 2), dtype=bool)
    for k in range(replicates):
        seen = np.bincount(rng.choice(len(possible), 120, p=chances), minlength=len(possible)).astype(float)
        found = fit(from_matrix(possible, weight=seen), ties="davidson_luce")
        covered[k] = np.abs(found.worth - truth) <= LEVEL_Z * np.sqrt(np.diag(found.covariance))
        over_ties[k] = np.abs(found.log_delta - log_delta) <= LEVEL_Z * found.se_log_delta
    assert 0.93 <= covered.mean() <= 0.97  # standard error about .007
    assert 0.92 <= over_ties.mean() <= 0.98


def test_intervals_that_know_raters_cover_where_raters_differ() -> None:
    """Twenty raters with private views hand in three lists each; the model's own intervals are too short."""
    replicates, raters, rng = 300, 20, np.random.default_rng(5)
    truth = TRUTH[::2]
    long_run = fit(_pooled(rng, truth, 4000, 1)).worth
    known, naive = np.zeros((replicates, 4), dtype=bool), np.zeros((replicates, 4), dtype=bool)
    for k in range(replicates):
        found = fit(_pooled(rng, truth, raters, 3))
        clustered = sandwich(found.rater_scores, found.solve, full_rank=False)
        se = np.sqrt(np.diag(clustered.covariance(np.zeros((4, 4)))))
        known[k] = np.abs(found.worth - long_run) <= stats.t.ppf(0.975, clustered.df) * se
        naive[k] = np.abs(found.worth - long_run) <= LEVEL_Z * np.sqrt(np.diag(found.covariance))
    assert 0.92 <= known.mean() <= 0.98
    assert naive.mean() < 0.90


def _pooled(rng, truth, raters, each):
    """Complete rankings by raters whose views differ by one logit."""
    views = truth + rng.normal(size=(raters, len(truth)))
    ranks = np.vstack([drawn(rng, view, each, len(truth)) for view in views])
    return from_matrix(ranks, rater=np.repeat(np.arange(raters), each))

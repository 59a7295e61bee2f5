"""Expected points, residuals and surprises of pairs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from rankkit.kernels.pairs.bradley_terry import fit
from rankkit.kernels.pairs.pair_counts import PairCounts
from rankkit.kernels.pairs.pair_residuals import davidson_spread, implied_ties, pair_residuals, points, surprises

ROUNDING = 1e-12


def complete(n, wins, losses, ties=None):
    first, second = np.triu_indices(n, 1)
    none = np.zeros(len(first)) if ties is None else np.asarray(ties, float)
    return PairCounts(n, first, second, np.asarray(wins, float), np.asarray(losses, float), none)


def test_moments_outcome_by_outcome():
    win, tie = np.array([0.2, 0.5, 0.9]), np.array([0.3, 0.0, 0.05])
    found = points(win, tie)
    for k in range(3):
        chances = {1.0: win[k], 0.5: tie[k], 0.0: 1 - win[k] - tie[k]}
        mean = sum(p * x for x, p in chances.items())
        assert found.mean[k] == pytest.approx(mean, abs=ROUNDING)
        assert found.variance[k] == pytest.approx(sum(p * (x - mean) ** 2 for x, p in chances.items()), abs=ROUNDING)
        assert found.fourth[k] == pytest.approx(sum(p * (x - mean) ** 4 for x, p in chances.items()), abs=ROUNDING)
    p = win * (1 - win)
    np.testing.assert_allclose(points(win).variance, p, atol=ROUNDING)
    np.testing.assert_allclose(points(win).fourth, p * (1 - 3 * p), atol=ROUNDING)


def test_residuals_are_the_formula_and_p_is_exact():
    counts = complete(3, [7, 2, 5], [3, 2, 0])
    chance = np.array([0.6, 0.3, 0.5])
    found = pair_residuals(counts, chance)
    np.testing.assert_allclose(found.expected, [6, 1.2, 2.5], atol=ROUNDING)
    np.testing.assert_allclose(found.standardised, found.residual / np.sqrt(counts.total * chance * (1 - chance)), atol=ROUNDING)
    assert found.p[2] == pytest.approx(2 / 2**5)
    assert found.p[0] == pytest.approx(min(1, 2 * stats.binom.sf(6, 10, 0.6)))


def test_ties_count_half_and_make_p_normal():
    counts = complete(2, [2], [1], [3])
    found = pair_residuals(counts, np.array([0.4]), np.array([0.2]))
    assert found.points[0] == 3.5
    assert found.expected[0] == pytest.approx(3.0)
    assert found.standardised[0] == pytest.approx(0.5 / np.sqrt(6 * 0.2))
    assert found.p[0] == pytest.approx(2 * stats.norm.sf(found.standardised[0]))


def test_a_pair_the_fit_must_reproduce_has_no_residual():
    counts = complete(2, [3], [1])
    fitted = fit(counts)
    chance = expit(fitted.worth[[0]] - fitted.worth[[1]])
    found = pair_residuals(counts, chance, leverage=np.array([1.0]))
    assert np.isnan(found.standardised[0])
    assert np.isnan(found.p[0])
    assert len(surprises(found)) == 0


def test_leverage_gives_residuals_their_spread():
    """Over simulated data of the fitted model, residuals have variance 1 with the leverage and less without."""
    rng = np.random.default_rng(3)
    first, second = np.triu_indices(5, 1)
    truth = np.linspace(-0.8, 0.8, 5)
    p = expit(truth[first] - truth[second])
    with_leverage, without = [], []
    for _ in range(400):
        wins = rng.binomial(40, p)
        counts = PairCounts(5, first, second, wins.astype(float), 40.0 - wins, np.zeros(10))
        fitted = fit(counts)
        chance = expit(fitted.worth[first] - fitted.worth[second])
        v = np.diag(fitted.covariance)
        leverage = 40 * chance * (1 - chance) * (v[first] + v[second] - 2 * fitted.covariance[first, second])
        with_leverage.append(pair_residuals(counts, chance, leverage=leverage).standardised)
        without.append(pair_residuals(counts, chance).standardised)
    assert np.var(with_leverage) == pytest.approx(1.0, abs=0.06)  # 4000 residuals
    assert np.var(without) == pytest.approx(0.6, abs=0.05)  # 10 pairs less 4 worths


def test_surprises_are_ordered_and_ties_at_the_end_left_out():
    counts = complete(3, [10, 8, 8], [0, 2, 2])
    found = pair_residuals(counts, np.full(3, 0.5))
    assert surprises(found, at_least=1.5).tolist() == [0, 1, 2]
    assert surprises(found, at_least=1.5, most=2).tolist() == [0]  # neither of two equal ones
    assert surprises(found, at_least=3).tolist() == [0]


def test_ties_spread_by_davidsons_model_keep_the_points():
    nu, d = 0.7, np.linspace(-30, 30, 41)
    whole = np.exp(d / 2) + np.exp(-d / 2) + nu
    win, tie = np.exp(d / 2) / whole, nu / whole
    found = davidson_spread(win + tie / 2, np.log(nu))
    np.testing.assert_allclose(found[0][5:-5], win[5:-5], rtol=1e-6)
    np.testing.assert_allclose(found[1][5:-5], tie[5:-5], rtol=1e-6)
    np.testing.assert_allclose(sum(found), 1.0)
    weight = np.linspace(1, 3, 41)
    assert implied_ties(win + tie / 2, weight, float(weight @ tie)) == pytest.approx(np.log(nu), abs=1e-6)
    assert implied_ties(np.full(3, 0.5), np.ones(3), 3.0) == 20
    assert implied_ties(np.full(3, 0.5), np.ones(3), 0.0) == -20


def test_variance_of_comparisons_with_different_chances_is_their_sum():
    counts = PairCounts(2, np.array([0]), np.array([1]), np.array([15.0]), np.array([5.0]), np.zeros(1))
    each = np.repeat([0.9, 0.3], 10)
    found = pair_residuals(counts, np.array([0.6]), variance=np.array([np.sum(each * (1 - each))]))
    assert found.standardised[0] == pytest.approx(3 / np.sqrt(3.0))
    assert found.p[0] == pytest.approx(2 * stats.norm.sf(3 / np.sqrt(3.0)))
    alike = pair_residuals(counts, np.array([0.6]), variance=np.array([20 * 0.24]))
    assert alike.p[0] == pair_residuals(counts, np.array([0.6])).p[0]

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg, optimize

from rankkit.kernels.components import slope_variance as module
from rankkit.kernels.components.slope_variance import restricted_lrt


def parts(seed, slope_sd=0.5, m=6, n=5):
    rng = np.random.default_rng(seed)
    rater, t = np.repeat(np.arange(m), n), np.tile(np.linspace(-0.5, 0.5, n), m)
    y = (slope_sd * rng.standard_normal(m))[rater] * t + 0.3 * rng.standard_normal(m * n)
    F = (rater[:, None] == np.arange(m)).astype(float)
    return y, F, F * t[:, None]


def pieces(y, F, Z):
    M = np.eye(len(y)) - F @ np.linalg.pinv(F)
    return Z.T @ M @ Z, Z.T @ M @ y, float(y @ M @ y), len(y) - F.shape[1]


def dense_criterion(log_ratio, y, F, Z):
    """REML criterion with the residual variance profiled out, by dense algebra."""
    V = np.eye(len(y)) + np.exp(log_ratio) * Z @ Z.T
    inverse = linalg.inv(V)
    A = F.T @ inverse @ F
    beta = np.linalg.solve(A, F.T @ inverse @ y)
    r, nu = y - F @ beta, len(y) - F.shape[1]
    return np.linalg.slogdet(V)[1] + np.linalg.slogdet(A)[1] + nu * np.log(r @ inverse @ r)


@pytest.mark.parametrize("seed", range(3))
def test_it_maximises_the_dense_restricted_likelihood(seed):
    y, F, Z = parts(seed)
    found = restricted_lrt(*pieces(y, F, Z))
    grid = np.linspace(-6, 9, 31)
    start = grid[np.argmin([dense_criterion(g, y, F, Z) for g in grid])]
    best = optimize.minimize_scalar(dense_criterion, bounds=(start - 0.6, start + 0.6), args=(y, F, Z), method="bounded")
    assert found.statistic == pytest.approx(max(dense_criterion(-40.0, y, F, Z) - best.fun, 0), abs=1e-6)
    if found.statistic > 0.01:
        assert found.variance / found.sigma2 == pytest.approx(np.exp(best.x), rel=1e-2)
    assert found.exact


def test_nothing_to_test_with_is_nan():
    assert np.isnan(restricted_lrt(np.zeros((3, 3)), np.zeros(3), 1.0, 9).p)
    assert np.isnan(restricted_lrt(np.eye(3), np.ones(3), 0.0, 9).p)
    assert np.isnan(restricted_lrt(np.eye(3), np.ones(3), 5.0, 3).statistic)


def test_an_estimate_of_zero_has_p_one():
    found = restricted_lrt(10 * np.eye(4), np.array([0.1, -0.1, 0.1, -0.1]), 30.0, 30)
    assert (found.statistic, found.variance, found.p, found.p_mixture) == (0.0, 0.0, 1.0, 1.0)


def test_the_order_of_raters_decides_nothing():
    y, F, Z = parts(1)
    gram, product, total, df = pieces(y, F, Z)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(product))
    noise = np.diag(rng.random(6) + 0.5)
    one = restricted_lrt(gram, product, total, df, (noise, total))
    two = restricted_lrt(gram[np.ix_(order, order)], product[order], total, df, (noise[np.ix_(order, order)], total))
    assert one.statistic == pytest.approx(two.statistic, abs=1e-8)
    assert one.p == two.p


def test_a_large_spectrum_takes_the_mixture(monkeypatch):
    monkeypatch.setattr(module, "_SPECTRUM", 3)
    y, F, Z = parts(0)
    found = restricted_lrt(*pieces(y, F, Z))
    assert not found.exact
    assert found.p == found.p_mixture


@pytest.mark.recovery
def test_level_and_the_conservative_mixture(monkeypatch):
    """Six raters, equal error variances: the finite-sample null holds .05, the mixture stays below it."""
    monkeypatch.setattr(module, "_DRAWS", 1999)
    replicates, exact, mixture = 500, 0, 0
    for seed in range(replicates):
        found = restricted_lrt(*pieces(*parts(seed + 10, slope_sd=0.0)))
        exact += found.p < 0.05
        mixture += found.p_mixture < 0.05
    limit = 2 * np.sqrt(0.05 * 0.95 / replicates)
    assert abs(exact / replicates - 0.05) <= limit
    assert mixture <= exact

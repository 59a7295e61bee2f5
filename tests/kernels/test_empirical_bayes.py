"""Empirical Bayes against the closed form, brute-force likelihood and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from rankkit.kernels import empirical_bayes
from rankkit.kernels.covariance import Dense
from rankkit.kernels.empirical_bayes import posterior


def some(n=8, seed=0, spread=2.0):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(n, n)) / np.sqrt(n)
    sigma = root @ root.T + 0.2 * np.eye(n)
    estimate = 3 + spread * rng.normal(size=n) + rng.multivariate_normal(np.zeros(n), sigma)
    return estimate, sigma


def test_equal_errors_have_the_james_stein_form():
    x = np.array([1.0, 2.0, 4.0, 9.0])
    found = posterior(x, Dense(np.eye(4) * 2.0))
    between = x.var(ddof=1) - 2.0
    assert found.between == pytest.approx(between)
    np.testing.assert_allclose(found.mean, x.mean() + between / (between + 2) * (x - x.mean()))


@pytest.mark.parametrize("seed", range(4))
def test_between_variance_maximises_the_likelihood_of_contrasts(seed):
    x, sigma = some(seed=seed)
    contrast = np.linalg.svd(np.ones((1, 8)))[2][1:]

    def minus(t):
        return -stats.multivariate_normal(np.zeros(7), contrast @ (sigma + t * np.eye(8)) @ contrast.T).logpdf(contrast @ x)

    best = optimize.minimize_scalar(minus, bounds=(0, 100), method="bounded", options={"xatol": 1e-10})
    assert posterior(x, Dense(sigma)).between == pytest.approx(best.x, rel=1e-4)


def test_the_posterior_of_contrasts_is_the_normal_one():
    x, sigma = some(seed=2)
    found = posterior(x, Dense(sigma))
    contrast = np.linalg.svd(np.ones((1, 8)))[2][1:]
    v = contrast @ sigma @ contrast.T
    gain = found.between * np.linalg.inv(v + found.between * np.eye(7))
    np.testing.assert_allclose(contrast @ found.mean, gain @ contrast @ x, rtol=1e-8)
    covariance = found.root @ found.root.T
    np.testing.assert_allclose(contrast @ covariance @ contrast.T, gain @ v, rtol=1e-7, atol=1e-10)


def test_errors_everybody_shares_shrink_nobody():
    x, sigma = some(seed=3)
    a, b = posterior(x, Dense(sigma)), posterior(x, Dense(sigma + 50.0))
    np.testing.assert_allclose(a.mean, b.mean, rtol=1e-6)
    assert a.between == pytest.approx(b.between, rel=1e-6)


def test_spread_no_larger_than_the_error_leaves_nothing():
    x = np.array([1.0, 1.1, 0.9, 1.05])
    found = posterior(x, Dense(np.eye(4)))
    assert found.between == 0
    np.testing.assert_allclose(found.mean, x.mean())
    np.testing.assert_allclose(found.draws(10, np.random.default_rng(0)), x.mean())


def test_no_error_leaves_the_scores():
    x = np.array([1.0, 2.0, 5.0])
    np.testing.assert_allclose(posterior(x, Dense(np.zeros((3, 3)))).mean, x)


def test_draws_have_the_posteriors_moments():
    x, sigma = some(seed=5)
    found = posterior(x, Dense(sigma))
    drawn = found.draws(200_000, np.random.default_rng(1))
    np.testing.assert_allclose(drawn.mean(axis=0), found.mean, atol=0.02)
    np.testing.assert_allclose(np.cov(drawn, rowvar=False), found.root @ found.root.T, atol=0.02)


def test_large_problems_use_variances_only(monkeypatch):
    x, _ = some(seed=6)
    v = np.linspace(0.1, 0.9, 8)
    whole = posterior(x, Dense(np.diag(v)))
    monkeypatch.setattr(empirical_bayes, "DENSE_LIMIT", 2)
    quick = posterior(x, Dense(np.diag(v)))
    np.testing.assert_allclose(quick.mean, whole.mean, atol=0.15)  # the mean is not weighted by precision there
    assert quick.root.ndim == 1


def test_one_person():
    found = posterior(np.array([2.0]), Dense(np.array([[0.25]])))
    assert found.mean.tolist() == [2.0]

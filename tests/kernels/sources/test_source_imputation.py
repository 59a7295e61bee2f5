from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from rankkit.kernels.sources.source_imputation import imputed, source_levels

OPTIMUM = 1e-4  # relative: the slow maximiser stops where its own tolerance is
ROUNDING = 1e-9


def sample(seed=0, n=50, S=4, missing=0.25):
    rng = np.random.default_rng(seed)
    v = rng.uniform(0.05, 0.4, (n, S))
    x = rng.normal(size=(n, 1)) * 0.6 + np.linspace(0, 0.5, S) + 0.3 * rng.normal(size=(n, S)) + np.sqrt(v) * rng.normal(size=(n, S))
    x[rng.random((n, S)) < missing] = np.nan
    x[:3] = np.nan_to_num(x[:3])
    return x, v


def criterion(x, v, general, specific):
    """−2 log restricted likelihood, one person at a time."""
    S = x.shape[1]
    M, total, pull = np.zeros((S, S)), 0.0, np.zeros(S)
    for row, error in zip(x, v, strict=True):
        here = ~np.isnan(row)
        if here.any():
            Z = np.eye(S)[here]
            W = np.linalg.inv(np.full((here.sum(),) * 2, general) + np.diag(specific + error[here]))
            M += Z.T @ W @ Z
            pull += Z.T @ W @ row[here]
    mu = np.linalg.solve(M, pull)
    for row, error in zip(x, v, strict=True):
        here = ~np.isnan(row)
        if here.any():
            cov = np.full((here.sum(),) * 2, general) + np.diag(specific + error[here])
            total -= 2 * stats.multivariate_normal(mu[here], cov).logpdf(row[here])
    return total + np.linalg.slogdet(M)[1]


@pytest.mark.parametrize("seed", range(3))
def test_the_maximum_is_that_of_the_plain_likelihood(seed):
    x, v = sample(seed)
    found = source_levels(x, v)
    slow = optimize.minimize(lambda t: criterion(x, v, *np.exp(t)), np.log([0.3, 0.1]), method="Nelder-Mead", options={"fatol": 1e-9})
    assert [found.general, found.specific] == pytest.approx(np.exp(slow.x), rel=20 * OPTIMUM, abs=1e-4)
    assert criterion(x, v, found.general, found.specific) <= slow.fun + OPTIMUM


def test_ids_decide_not_even_the_last_digit():
    x, v = sample(4)
    order = np.random.default_rng(0).permutation(len(x))
    a, b = source_levels(x, v), source_levels(x[order], v[order])
    assert a.mu == pytest.approx(b.mu, abs=1e-13)
    assert a.general == pytest.approx(b.general, abs=1e-13)
    assert a.weights[order] == pytest.approx(b.weights, abs=1e-12)


def test_a_prediction_is_the_conditional_expectation():
    x, v = sample(5)
    levels = source_levels(x, v)
    here = ~np.isnan(x)
    omega = np.array([0.4, 0.3, 0.2, 0.1])
    found = imputed(levels, here, omega)
    T = levels.true
    for i in range(len(x)):
        p = here[i]
        V = T[np.ix_(p, p)] + np.diag(v[i, p])
        expected = levels.mu[~p] + T[np.ix_(~p, p)] @ np.linalg.solve(V, x[i, p] - levels.mu[p])
        score = omega[p] @ x[i, p] + omega[~p] @ expected
        assert found.weight[i] @ np.nan_to_num(x[i]) + found.constant[i] == pytest.approx(score, abs=ROUNDING)
    complete = here.all(axis=1)
    assert found.own[complete] == pytest.approx(0.0)
    assert found.shared[complete] == pytest.approx(0.0)


def test_levels_are_compared_on_shared_people():
    """A strict source that rates only the best is still seen to be strict; the raw means say the opposite."""
    rng = np.random.default_rng(1)
    g = rng.normal(size=400)
    x = np.column_stack([g, g - 0.5]) + 0.3 * rng.normal(size=(400, 2))
    x[x[:, 0] < 0.5, 1] = np.nan
    found = source_levels(x, np.full(x.shape, 0.09))
    assert np.nanmean(x[:, 1]) > np.nanmean(x[:, 0])
    assert found.mu[1] - found.mu[0] == pytest.approx(-0.5, abs=0.1)


def test_too_little():
    x, v = sample(2)
    assert source_levels(x[:1], v[:1]) is None
    assert source_levels(np.full((5, 2), np.nan), np.ones((5, 2))) is None
    alone = np.where(np.eye(2)[np.arange(6) % 2] > 0, 1.0 * np.arange(6)[:, None], np.nan)  # nobody has two sources
    assert source_levels(alone, np.ones((6, 2))) is None

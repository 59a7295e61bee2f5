"""Gaps in scores: Welch and HC3 against their peers, error rates with few people and unequal variances."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from rankkit.kernels.grading.adjusted_gaps import adjusted_gaps, mean_gap

CLOSE = 1e-9  # the same sums in another order


@pytest.mark.parametrize("seed", range(4))
def test_welch_is_scipys(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(0.3, 2.0, 5 + 4 * seed), rng.normal(0, 1, 30)
    found, peer = mean_gap(x, y), stats.ttest_ind(x, y, equal_var=False)
    interval = peer.confidence_interval(0.95)
    assert found.p == pytest.approx(peer.pvalue, abs=CLOSE)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=CLOSE)
    spread = np.sqrt(((len(x) - 1) * x.var(ddof=1) + 29 * y.var(ddof=1)) / (len(x) + 28))
    assert found.g == pytest.approx((x.mean() - y.mean()) / spread * (1 - 3 / (4 * (len(x) + 28) - 1)))
    assert found.g_low < found.g < found.g_high


def test_no_variation_is_no_error() -> None:
    found = mean_gap(np.ones(4), np.ones(5))
    assert found.difference == 0
    assert np.isnan([found.low, found.p, found.g]).all()


def people(seed: int, n: int = 80) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    group, covariates = rng.integers(0, 3, n), rng.normal(size=(n, 2))
    return covariates @ [0.5, -0.2] + 0.3 * (group == 1) + rng.normal(size=n) * (1 + group), group, covariates


@pytest.mark.parametrize("seed", range(3))
def test_hc3_is_that_of_statsmodels(seed: int) -> None:
    score, group, covariates = people(seed)
    found = adjusted_gaps(score, group, covariates)
    X = np.column_stack([np.ones(80), group == 1, group == 2, covariates]).astype(float)
    peer = sm.OLS(score, X).fit(cov_type="HC3")
    assert found.gap == pytest.approx(peer.params[1:3], abs=CLOSE)
    assert found.se == pytest.approx(peer.bse[1:3], abs=CLOSE)
    assert (found.df < 75).all()


def test_superfluous_and_constant_covariates_do_no_harm() -> None:
    score, group, covariates = people(1)
    more = np.column_stack([covariates, 2 * covariates[:, 0] + 1, np.ones(80), 1e9 * covariates[:, 1]])
    one, other = adjusted_gaps(score, group, covariates), adjusted_gaps(score, group, more)
    assert other.gap == pytest.approx(one.gap, abs=1e-6)  # the last column costs digits
    assert other.se == pytest.approx(one.se, rel=1e-6)


def test_covariates_that_tell_the_group_leave_no_gap_to_see() -> None:
    score, group, covariates = people(2)
    found = adjusted_gaps(score, group, np.column_stack([covariates, group == 1]))
    assert np.isnan(found.gap[0])
    assert np.isfinite(found.gap[1])


def test_degrees_of_freedom_by_brute_force() -> None:
    """Satterthwaite's: moments of the quadratic form, with the whole residual maker."""
    score, group, covariates = people(3, 30)
    X = np.column_stack([np.ones(30), group == 1, group == 2, covariates]).astype(float)
    inverse = np.linalg.inv(X.T @ X)
    H = X @ inverse @ X.T
    w, M = (X @ inverse)[:, 1], np.eye(30) - H
    A = np.diag((w / (1 - np.diag(H))) ** 2)
    B = M @ A @ M
    assert adjusted_gaps(score, group, covariates).df[0] == pytest.approx(np.trace(B) ** 2 / np.trace(B @ B))


@pytest.mark.recovery
@pytest.mark.parametrize(("n", "share", "clusters"), [(60, 0.15, 0), (30, 0.25, 0), (60, 0.3, 8)])
def test_level_without_a_difference(n: int, share: float, clusters: int) -> None:
    """Unequal variances, a covariate that differs between groups, people of a unit sharing an error."""
    rng, reps = np.random.default_rng(11), 400
    rejected = 0
    for _ in range(reps):
        group = (np.arange(n) < max(5, int(n * share))).astype(int)
        unit = rng.permutation(n) % clusters if clusters else None
        covariates = rng.normal(size=(n, 2)) + 0.5 * group[:, None]
        error = rng.normal(size=n) * (1 + group)
        error += 0 if unit is None else 0.5 * rng.normal(size=clusters)[unit]
        rejected += adjusted_gaps(covariates @ [0.5, 0.3] + error, group, covariates, unit).p[0] < 0.05
    assert rejected / reps <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / reps)

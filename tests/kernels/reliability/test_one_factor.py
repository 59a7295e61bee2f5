"""One-factor maximum likelihood against a general optimiser, ω and its interval."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from rankkit.errors import InsufficientDataError
from rankkit.kernels.reliability import one_factor
from rankkit.kernels.reliability.internal_consistency import cronbach_alpha

OPTIMISER = 1e-6  # BFGS stops near the square root of its own rounding


def items(n, loadings, uniquenesses, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 1)) * loadings + rng.normal(size=(n, len(loadings))) * np.sqrt(uniquenesses)


def by_optimiser(s):
    k = len(s)

    def discrepancy(theta):
        sigma = np.outer(theta[:k], theta[:k]) + np.diag(np.exp(theta[k:]))
        return np.linalg.slogdet(sigma)[1] - np.linalg.slogdet(s)[1] + np.trace(np.linalg.solve(sigma, s)) - k

    start = np.r_[0.7 * np.sqrt(np.diag(s)), np.log(0.5 * np.diag(s))]
    return optimize.minimize(discrepancy, start, method="BFGS", options={"gtol": 1e-9})


@pytest.mark.parametrize(("n", "k"), [(60, 3), (80, 5), (300, 11)])
def test_it_is_the_maximum_of_the_likelihood(n, k):
    s = np.cov(items(n, np.linspace(0.6, 1.2, k), np.linspace(1.2, 0.6, k), seed=k), rowvar=False)
    found, other = one_factor.fit(s), by_optimiser(s)
    assert found.discrepancy <= other.fun + 1e-9
    np.testing.assert_allclose(found.loadings, np.abs(other.x[:k]), atol=OPTIMISER * 100)
    np.testing.assert_allclose(found.uniquenesses, np.exp(other.x[k:]), rtol=1e-4)
    assert not found.improper.any()


def test_gradient_and_hessian():
    r = np.corrcoef(items(50, np.array([0.8, 0.6, 1, 0.5]), np.ones(4), seed=1), rowvar=False)
    x = np.log([0.5, 0.4, 0.7, 0.6])
    _, gradient, hessian = one_factor._profile(r, x)
    step = 1e-5 * np.eye(4)
    np.testing.assert_allclose(
        gradient, [(one_factor._profile(r, x + e)[0] - one_factor._profile(r, x - e)[0]) / 2e-5 for e in step], atol=1e-8
    )
    np.testing.assert_allclose(
        hessian, [(one_factor._profile(r, x + e)[1] - one_factor._profile(r, x - e)[1]) / 2e-5 for e in step], atol=1e-8
    )


def test_units_of_the_items_scale_loadings_only():
    x = items(100, np.array([0.8, 0.6, 1.0, 0.5]), np.ones(4), seed=2)
    one, two = (one_factor.fit(np.cov(x * scale, rowvar=False)) for scale in (1.0, np.array([1, 10, 0.1, 3.0])))
    np.testing.assert_allclose(two.loadings, one.loadings * [1, 10, 0.1, 3.0], rtol=1e-6)
    assert two.discrepancy == pytest.approx(one.discrepancy, abs=1e-10)


def test_omega_is_alpha_of_equal_loadings_and_above_it_otherwise():
    equal = np.outer(np.ones(5), np.ones(5)) + np.diag([1, 2, 0.5, 1, 1.5])
    alpha = 5 / 4 * (1 - np.trace(equal) / equal.sum())
    assert one_factor.fit(equal).omega == pytest.approx(alpha, rel=1e-9)
    loadings = np.array([0.3, 0.6, 1.0, 1.4, 1.7])
    uneven = np.outer(loadings, loadings) + np.eye(5)
    assert one_factor.fit(uneven).omega > 5 / 4 * (1 - np.trace(uneven) / uneven.sum()) + 0.005


def test_standard_error_is_near_the_jackknife():
    x = items(80, np.array([0.8, 0.6, 1.0, 0.7]), np.ones(4), seed=3)
    left_out = np.array([one_factor.omega(np.delete(x, i, axis=0)).omega for i in range(len(x))])
    jackknife = np.sqrt((len(x) - 1) / len(x) * ((left_out - left_out.mean()) ** 2).sum())
    assert one_factor.omega(x).se == pytest.approx(jackknife, rel=0.05)


def test_people_and_items_in_any_order():
    x = items(60, np.array([0.8, 0.6, 1.0, 0.7]), np.ones(4), seed=4)
    rng = np.random.default_rng(4)
    one, two = one_factor.omega(x), one_factor.omega(x[rng.permutation(60)][:, rng.permutation(4)] - 100)
    assert two.omega == pytest.approx(one.omega, rel=1e-8)
    assert (two.low, two.high) == pytest.approx((one.low, one.high), rel=1e-6)


def test_heywood_cases_are_named():
    r = np.array([[1, 0.9, 0.8], [0.9, 1, 0.5], [0.8, 0.5, 1]])  # .9 × .8 / .5 > 1
    found = one_factor.fit(r)
    assert found.improper.tolist() == [True, False, False]
    assert 0 < found.omega < 1


def test_reversed_items_and_no_common_factor():
    found = one_factor.fit(np.eye(4))  # a factor of a single item fits as well as none
    assert 0 <= found.omega < 0.05
    flipped = np.outer([1, 1, -1, 1], [1, 1, -1, 1]) + np.eye(4)
    assert (one_factor.fit(flipped).loadings < 0).sum() == 1


@pytest.mark.parametrize("column", [np.zeros(30), None])
def test_constant_and_copied_items_are_refused(column):
    x = items(30, np.array([0.8, 0.6, 1.0]), np.ones(3), seed=5)
    with pytest.raises(InsufficientDataError) as caught:
        one_factor.omega(np.c_[x, x[:, 0] if column is None else column])
    assert caught.value.code == "E-ONEFACTOR"


def test_one_factor_test_keeps_its_level_and_sees_two_factors():
    rng = np.random.default_rng(6)
    p = [one_factor.omega(items(150, np.full(6, 0.8), np.ones(6), seed=int(s))).p for s in rng.integers(1e9, size=400)]
    assert 0.02 <= np.mean(np.array(p) < 0.05) <= 0.085  # 5 % ± 3 Monte Carlo standard errors
    two = np.c_[items(150, np.full(3, 1.0), np.ones(3), 7), items(150, np.full(3, 1.0), np.ones(3), 8)]
    assert one_factor.omega(two).p < 1e-4
    assert np.isnan(one_factor.omega(two[:, :3]).p)


@pytest.mark.recovery
@pytest.mark.parametrize(("n", "heavy", "least"), [(60, False, 0.93), (150, False, 0.93), (200, True, 0.89)])
def test_intervals_cover(n, heavy, least):
    """95 % ± 3 Monte Carlo standard errors; of exponential scores of two hundred people 94 %."""
    loadings, unique = np.array([0.6, 0.8, 1.0, 0.7, 0.9]), np.array([0.6, 0.5, 0.7, 0.4, 0.9])
    truth = loadings.sum() ** 2 / (loadings.sum() ** 2 + unique.sum())
    rng = np.random.default_rng(n)
    hits = np.empty(600)
    for k in range(600):
        f, e = (rng.exponential(size=s) - 1 if heavy else rng.normal(size=s) for s in ((n, 1), (n, 5)))
        found = one_factor.omega(f * loadings + e * np.sqrt(unique))
        hits[k] = found.low <= truth <= found.high
    assert least <= hits.mean() <= 0.975


def test_omega_and_alpha_agree_on_parallel_items():
    x = items(400, np.full(5, 1.0), np.ones(5), seed=9)
    assert one_factor.omega(x).omega == pytest.approx(cronbach_alpha(x).alpha, abs=0.01)

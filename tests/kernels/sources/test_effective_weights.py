from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankkit.kernels.sources.effective_weights import effective_weights, effective_weights_of, weight_sensitivity
from tests.oracles_ranks import tau_b

PRINTED = 5e-6  # the published figures have five decimals
ROUNDING = 1e-10


def test_golden():
    sd = np.array([1.0, 0.3])
    covariance = np.outer(sd, sd) * np.array([[1.0, 0.5], [0.5, 1.0]])
    assert effective_weights(covariance, np.array([0.5, 0.5])) == pytest.approx([0.82734, 0.17266], abs=PRINTED)


@given(st.integers(0, 1000))
def test_shares_of_variance_sum_to_one_and_are_covariances_with_the_composite(seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((20, 4)) @ rng.standard_normal((4, 4))
    w = rng.dirichlet(np.ones(4))
    got = effective_weights_of(x, w)
    composite = x @ w
    expected = [w[d] * np.cov(x[:, d], composite)[0, 1] / composite.var(ddof=1) for d in range(4)]
    assert got == pytest.approx(expected, abs=ROUNDING)
    assert got.sum() == pytest.approx(1.0, abs=ROUNDING)
    holes = np.vstack([x, [np.nan, 9.0, 9.0, 9.0]])
    assert effective_weights_of(holes, w) == pytest.approx(got)


def test_no_variance_no_weights():
    assert np.isnan(effective_weights_of(np.ones((5, 2)), np.array([0.5, 0.5]))).all()
    assert np.isnan(effective_weights_of(np.ones((1, 2)), np.array([0.5, 0.5]))).all()
    opposed = np.array([[1.0, -1.0], [-1.0, 1.0]])  # the composite of perfect opposites is constant
    assert np.isnan(effective_weights(opposed, np.array([0.5, 0.5]))).all()


def test_sensitivity_by_definition():
    rng = np.random.default_rng(0)
    x, w = rng.integers(1, 6, (15, 3)).astype(float), np.array([0.6, 0.3, 0.1])
    got = weight_sensitivity(x, w, draws=50)
    tens = np.round(x @ (w * 10)).astype(int)
    assert got.equal == pytest.approx(tau_b(tens, x.sum(axis=1)), abs=ROUNDING)
    assert got.without[2] == pytest.approx(tau_b(tens, np.round(x[:, :2] @ [6, 3])), abs=ROUNDING)
    assert got.perturbed.shape == (50,)
    assert (np.abs(got.perturbed) <= 1).all()
    assert np.ptp(got.perturbed) > 0


def test_certain_weights_do_not_move_the_order():
    x = np.random.default_rng(1).standard_normal((12, 3))
    sure = weight_sensitivity(x, np.array([0.5, 0.3, 0.2]), concentration=1e9, draws=20)
    assert sure.perturbed == pytest.approx(np.ones(20))


@given(st.integers(0, 500))
def test_order_of_rows_and_of_components_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    x, w = rng.standard_normal((8, 3)), np.array([0.5, 0.25, 0.25])
    rows, columns = rng.permutation(8), rng.permutation(3)
    one = weight_sensitivity(x, w, draws=10)
    other = weight_sensitivity(x[rows][:, columns], w[columns], draws=10)
    assert other.perturbed == pytest.approx(one.perturbed)
    assert other.without == pytest.approx(one.without[columns])


def test_components_without_weight_and_single_components():
    x = np.random.default_rng(2).standard_normal((6, 2))
    got = weight_sensitivity(x, np.array([1.0, 0.0]), draws=5)
    assert np.isnan(got.without[0])
    assert got.without[1] == pytest.approx(1.0)
    assert got.perturbed == pytest.approx(np.ones(5))

"""Balanced, nested and unbalanced analyses of variance against projections written out in full."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from rankkit.kernels.components.variance_components import method_one, one_way, three_way, two_way
from tests.oracles_components import indicators

EXACT = 1e-10  # same algebra, other order of operations


def averaging(size):
    return np.full((size, size), 1 / size)


def kronecker_mean_squares(y, effects):
    """Mean squares of a complete table from products of averaging and centring matrices."""
    out = []
    for effect in effects:
        matrix = np.ones((1, 1))
        df = 1
        for axis, size in enumerate(y.shape):
            inside = axis in effect
            matrix = np.kron(matrix, np.eye(size) - averaging(size) if inside else averaging(size))
            df *= size - 1 if inside else 1
        out.append(y.ravel() @ matrix @ y.ravel() / df)
    return np.array(out)


def test_two_way_mean_squares_and_components():
    y = np.random.default_rng(1).normal(5, 2, size=(6, 4))
    found = two_way(y)
    expected = kronecker_mean_squares(y, [(0,), (1,), (0, 1)])
    np.testing.assert_allclose(found.mean_squares, expected, rtol=EXACT)
    r, c, e = expected
    np.testing.assert_allclose(found.raw, [(r - e) / 4, (c - e) / 6, e], rtol=EXACT)
    assert found.names == ("ratee", "rater", "residual")
    assert found["residual"] == found.estimates[2]


def test_three_way_mean_squares_and_components():
    y = np.random.default_rng(2).normal(5, 2, size=(5, 4, 3))
    found = three_way(y)
    effects = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
    expected = kronecker_mean_squares(y, effects)
    np.testing.assert_allclose(found.mean_squares, expected, rtol=1e-9)
    i, r, d, ir, id_, rd, e = expected
    by_hand = [
        (i - ir - id_ + e) / 12,
        (r - ir - rd + e) / 15,
        (d - id_ - rd + e) / 20,
        (ir - e) / 3,
        (id_ - e) / 4,
        (rd - e) / 5,
        e,
    ]
    np.testing.assert_allclose(found.raw, by_hand, atol=1e-9)


def test_expected_mean_squares_invert_to_the_components():
    """E(MS) computed from indicator matrices, put through the estimator, returns the components."""
    n, m, d = 4, 3, 2
    i, r, k = np.indices((n, m, d)).reshape(3, -1)
    truth = np.array([1.0, 0.5, 0.3, 0.2, 0.1, 0.05, 0.4])
    codes = [i, r, k, i * m + r, i * d + k, r * d + k, np.arange(n * m * d)]
    v = sum(s * (z := indicators(c, c.max() + 1)) @ z.T for s, c in zip(truth, codes, strict=True))
    found = three_way(np.random.default_rng(0).normal(size=(n, m, d)))
    expected = []
    for effect, df in zip([(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)], found.df, strict=True):
        matrix = np.ones((1, 1))
        for axis, size in enumerate((n, m, d)):
            matrix = np.kron(matrix, np.eye(size) - averaging(size) if axis in effect else averaging(size))
        expected.append(np.trace(matrix @ v) / df)
    np.testing.assert_allclose(found.coefficients @ expected, truth, rtol=EXACT)


def test_negative_components_are_kept_raw_and_cut_in_the_estimate():
    y = np.array([[1.0, 2.0], [2.0, 1.0]])  # only interaction
    found = two_way(y)
    assert found.raw[0] < 0
    assert found.estimates[0] == 0
    assert found.estimates[2] == found.raw[2] > 0


def test_one_rater_has_no_residual():
    found = two_way([[1.0], [2.0], [4.0]])
    assert np.isnan(found.mean_squares[2])
    assert np.isnan(found.raw).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_order_of_people_and_raters_and_location_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(5, 4, 3))
    shuffled = y[rng.permutation(5)][:, rng.permutation(4)][:, :, rng.permutation(3)] + 1000
    np.testing.assert_allclose(three_way(shuffled).raw, three_way(y).raw, atol=1e-9)
    swapped = two_way(y[:, :, 0].T)
    np.testing.assert_allclose(swapped.raw[[1, 0, 2]], two_way(y[:, :, 0]).raw, atol=1e-12)


def test_one_way_is_unbiased_by_its_expected_mean_squares():
    group = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 4])
    found = one_way(np.random.default_rng(3).normal(size=10), group, 6)
    z = indicators(group, 6)
    v = 2.0 * z @ z.T + 0.7 * np.eye(10)
    within = np.eye(10) - z @ np.diag(1 / np.maximum(z.sum(0), 1)) @ z.T
    between = np.eye(10) - averaging(10) - within
    expected = np.array([np.trace(between @ v) / 3, np.trace(within @ v) / 6])
    np.testing.assert_allclose(found.coefficients @ expected, [2.0, 0.7], rtol=EXACT)
    assert found.df.tolist() == [3, 6]


def test_one_way_balanced_by_hand():
    y = np.random.default_rng(4).normal(size=(5, 3))
    found = one_way(y.ravel(), np.repeat(np.arange(5), 3), 5)
    msb, msw = 3 * y.mean(axis=1).var(ddof=1), y.var(axis=1, ddof=1).mean()
    np.testing.assert_allclose(found.raw, [(msb - msw) / 3, msw], rtol=EXACT)


def test_covariance_of_components_is_the_simulated_one():
    rng = np.random.default_rng(5)
    n, m, reps = 12, 5, 4000
    a, b = rng.normal(size=(reps, n, 1)), 0.7 * rng.normal(size=(reps, 1, m))
    tables = a + b + 0.8 * rng.normal(size=(reps, n, m))
    raw = np.array([two_way(t).raw for t in tables])
    # covariance at the true mean squares: plug their averages in
    mean_squares = np.mean([two_way(t).mean_squares for t in tables], axis=0)
    one = two_way(tables[0])
    exact = (one.coefficients * (2 * mean_squares**2 / one.df)) @ one.coefficients.T
    np.testing.assert_allclose(np.diag(np.cov(raw.T)), np.diag(exact), rtol=0.12)  # 4000 draws: se of a variance 2–5 %
    np.testing.assert_allclose(one.covariance(), (one.coefficients * (2 * one.mean_squares**2 / one.df)) @ one.coefficients.T)


def test_method_one_is_unbiased_with_gaps_and_replicates():
    rng = np.random.default_rng(6)
    n, m = 7, 5
    cells = rng.choice(n * m, 20, replace=False)
    row, col = np.r_[cells // m, cells[:4] // m], np.r_[cells % m, cells[:4] % m]
    size = len(row)
    za, zb = indicators(row, n), indicators(col, m)
    counts = sparse.csr_array(za.T @ zb)
    truth = np.array([0.9, 0.4, 0.6])
    v = truth[0] * za @ za.T + truth[1] * zb @ zb.T + truth[2] * np.eye(size)
    # the estimator is quadratic in y: its expectation is the sum over the columns of a root of V
    root = np.linalg.cholesky(v)
    total = np.zeros(3)
    for j in range(size):
        z = root[:, j] - root[:, j].mean()
        total += method_one(counts, za.T @ z, zb.T @ z, z @ z)
    np.testing.assert_allclose(total, truth, rtol=1e-9)


def test_method_one_says_when_it_cannot_separate():
    counts = sparse.csr_array(np.eye(4))
    assert np.isnan(method_one(counts, np.ones(4), np.ones(4), 4.0)).all()


@pytest.mark.parametrize("shape", list(itertools.product([2, 3], [2, 4], [2, 3])))
def test_smallest_tables_do_not_fail(shape):
    found = three_way(np.random.default_rng(7).normal(size=shape))
    assert np.isfinite(found.raw).all()
    assert (found.estimates >= 0).all()

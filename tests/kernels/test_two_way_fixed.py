from __future__ import annotations

import numpy as np
import pytest

from rankkit.errors import ConvergenceError
from rankkit.kernels import two_way_fixed as module
from rankkit.kernels.two_way_fixed import absorbed_fit, two_way_fixed

CLOSE = 1e-9  # dense and absorbed solutions differ by rounding only


def dummies(codes):
    return (codes[:, None] == np.unique(codes)).astype(float)


def residual_maker(row, col):
    Z = np.column_stack([dummies(row), dummies(col)])
    return np.eye(len(row)) - Z @ np.linalg.pinv(Z), np.linalg.matrix_rank(Z)


def designs():
    rng = np.random.default_rng(0)
    for k in range(12):
        n, m = int(rng.integers(3, 25)), int(rng.integers(2, 12))
        size = int(rng.integers(n, n * m))
        row, col = 3 * rng.integers(0, n, size) + 1, rng.integers(0, m, size)
        yield (row, col) if k % 2 else (col, row)
    yield np.arange(6), np.repeat([0, 1], 3)  # rows of one observation
    yield np.zeros(5, dtype=int), np.zeros(5, dtype=int)
    yield np.repeat(np.arange(8), 2), np.repeat(np.arange(4), 4)  # rows nested in columns


@pytest.mark.parametrize(("row", "col"), list(designs()))
def test_it_is_the_dense_projection(row, col):
    M, rank = residual_maker(row, col)
    design = two_way_fixed(row, col)
    rng = np.random.default_rng(1)
    v = rng.standard_normal((len(row), 2))
    group = rng.integers(0, 3, len(row))
    W = dummies(np.r_[group, 0, 1, 2])[:-3] * v[:, :1]
    assert design.rank == rank
    np.testing.assert_allclose(design.residual(v), M @ v, atol=CLOSE)
    np.testing.assert_allclose(design.leverage(), 1 - np.diag(M), atol=CLOSE)
    np.testing.assert_allclose(design.gram(v[:, 0], group, 3), W.T @ M @ W, atol=CLOSE)
    i, j = rng.integers(0, len(row), (2, 40))
    np.testing.assert_allclose(design.projection(i, j), (np.eye(len(row)) - M)[i, j], atol=CLOSE)
    of_row, of_col = design.effects(v[:, 1])
    np.testing.assert_allclose(v[:, 1] - of_row - of_col, M @ v[:, 1], atol=CLOSE)
    for effect, codes in ((of_row, row), (of_col, col)):
        assert all(np.ptp(effect[codes == c]) < CLOSE for c in np.unique(codes))


def test_blocks_agree(monkeypatch):
    rng = np.random.default_rng(5)
    row, col = rng.integers(0, 12, 60), rng.integers(0, 5, 60)
    whole = two_way_fixed(row, col).leverage()
    monkeypatch.setattr(module, "_BLOCK", 20)
    np.testing.assert_allclose(two_way_fixed(row, col).leverage(), whole, atol=CLOSE)


@pytest.mark.parametrize("how", ["dense", "sparse", "iterative"])
def test_every_way_to_solve_agrees(how, monkeypatch):
    rng = np.random.default_rng(2)
    row, col = np.repeat(np.arange(60), 3), rng.integers(0, 25, 180)
    v = rng.standard_normal(180)
    M, _ = residual_maker(row, col)
    monkeypatch.setattr(module, "_SPARSE_FROM", 2 if how == "sparse" else 10**9)
    monkeypatch.setattr(module, "_SPARSE_FILL", 1.0)
    monkeypatch.setattr(module, "_DENSE", 2 if how == "iterative" else 10**9)
    np.testing.assert_allclose(two_way_fixed(row, col).residual(v), M @ v, atol=1e-8)


def test_what_does_not_converge_is_an_error(monkeypatch):
    monkeypatch.setattr(module, "_SPARSE_FROM", 10**9)
    monkeypatch.setattr(module, "_DENSE", 2)
    monkeypatch.setattr(module.sparse_linalg, "cg", lambda matrix, b, **_: (np.zeros(len(b)), 7))
    row, col = np.repeat(np.arange(9), 3), np.tile(np.arange(3), 9)
    with pytest.raises(ConvergenceError) as caught:
        two_way_fixed(row, col).residual(np.arange(27.0))
    assert caught.value.code == "E-CONV"


def test_regression_within_rows_and_columns_is_least_squares():
    rng = np.random.default_rng(3)
    row, col = rng.integers(0, 15, 90), rng.integers(0, 6, 90)
    X, y = rng.standard_normal((90, 3)), rng.standard_normal(90)
    X[:, 2] = X[:, 0] - 2 * X[:, 1] + dummies(row) @ rng.standard_normal(len(np.unique(row)))  # nothing of its own
    found = absorbed_fit(two_way_fixed(row, col), X, y)
    full = np.column_stack([X[:, found.used], dummies(row), dummies(col)])
    expected = np.linalg.lstsq(full, y, rcond=None)[0]
    assert len(found.used) == 2
    assert np.isnan(found.coefficient).sum() == 1
    np.testing.assert_allclose(found.coefficient[found.used], expected[:2], atol=1e-8)
    np.testing.assert_allclose(found.residual, y - full @ expected, atol=1e-8)
    assert found.df == 90 - np.linalg.matrix_rank(full)
    assert found.sigma2 == pytest.approx(float(found.residual @ found.residual) / found.df)


def test_share_is_what_the_rows_leave_of_the_variance_within_columns():
    row, col = np.repeat(np.arange(4), 3), np.tile(np.arange(3), 4)
    design = two_way_fixed(row, col)
    same = np.repeat([1.0, 4.0, 2.0, 3.0], 3)
    own = np.array([1, 2, 4, 2, 1, 3, 3, 4, 2, 4, 3, 1.0])
    assert absorbed_fit(design, same[:, None], own).share[0] < 1e-12
    assert 0.5 < absorbed_fit(design, own[:, None], same).share[0] <= 1
    assert not len(absorbed_fit(design, np.zeros((12, 1)), own).used)

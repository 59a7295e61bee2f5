from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy import sparse

from rankkit.errors import IdentificationError
from rankkit.kernels import covariance as engine
from rankkit.kernels import matrix_forms
from rankkit.kernels.covariance import (
    Dense,
    Factor,
    Precision,
    canonical,
    difference_variance,
)
from rankkit.kernels.on_demand_covariance import OnDemand

ROUNDING = 1e-10  # linear algebra on matrices of condition number < 1e4
DRAWS = 40_000
MC = 5.0 / np.sqrt(DRAWS)  # five standard errors of a correlation of draws


def laplacian(n, rng, extra=3):
    """A ring with chords."""
    left = np.concatenate([np.arange(n), rng.integers(0, n, extra * n)])
    right = np.concatenate([(np.arange(n) + 1) % n, rng.integers(0, n, extra * n)])
    keep = left != right
    weight = rng.uniform(0.2, 2.0, keep.sum())
    a = sparse.coo_array((weight, (left[keep], right[keep])), shape=(n, n))
    a = sparse.csr_array(a + a.T)
    return sparse.csr_array(sparse.diags_array(a.sum(axis=1)) - a)


def forms(n=12, seed=3):
    rng = np.random.default_rng(seed)
    loadings = rng.standard_normal((n, 4)) * 0.5
    specific = rng.uniform(0.1, 0.5, n)
    graph = laplacian(n, rng)
    thin = sparse.csr_array(np.where(rng.random((n, 5)) < 0.4, loadings[:, :1], 0.0))
    return [
        (Dense(loadings @ loadings.T + np.diag(specific)), loadings @ loadings.T + np.diag(specific)),
        (Factor(loadings, specific), loadings @ loadings.T + np.diag(specific)),
        (Factor(thin, specific), thin.toarray() @ thin.toarray().T + np.diag(specific)),
        (Precision(graph), np.linalg.pinv(graph.toarray())),
        (Precision(graph, 0.3), centred(np.linalg.inv(graph.toarray() + 0.3 * np.eye(n)))),
        (OnDemand(n, lambda: Precision(graph)), np.linalg.pinv(graph.toarray())),
    ]


def centred(matrix):
    centre = np.eye(len(matrix)) - 1 / len(matrix)
    return centre @ matrix @ centre


IDS = ["dense", "factor", "factor-sparse", "precision", "precision-prior", "on-demand"]


@pytest.mark.parametrize(("form", "matrix"), forms(), ids=IDS)
def test_every_form_is_the_matrix_it_stands_for(form, matrix):
    rows, columns = np.array([3, 0, 7]), np.array([7, 2])
    index = np.array([5, 1, 9])
    assert form.size == len(matrix)
    assert form.dense() == pytest.approx(matrix, abs=ROUNDING)
    assert form.diagonal() == pytest.approx(np.diag(matrix), abs=ROUNDING)
    assert form.block(rows, columns) == pytest.approx(matrix[np.ix_(rows, columns)], abs=ROUNDING)
    assert form.block(columns, rows) == pytest.approx(matrix[np.ix_(columns, rows)], abs=ROUNDING)
    assert form.take(index).dense() == pytest.approx(matrix[np.ix_(index, index)], abs=ROUNDING)
    order = np.random.default_rng(0).permutation(form.size)
    assert canonical(form, order).dense() == pytest.approx(matrix[np.ix_(order, order)], abs=ROUNDING)


@pytest.mark.parametrize(("form", "matrix"), forms(), ids=IDS)
def test_variance_of_differences(form, matrix):
    i, j = np.triu_indices(form.size)
    expected = matrix[i, i] + matrix[j, j] - 2 * matrix[i, j]
    assert difference_variance(form, i, j) == pytest.approx(expected, abs=ROUNDING)
    assert difference_variance(form, j, i) == pytest.approx(expected, abs=ROUNDING)
    assert difference_variance(form, np.array([[0], [1]]), np.array([2, 3])).shape == (2, 2)


@pytest.mark.parametrize(("form", "matrix"), forms(), ids=IDS)
def test_draws_have_the_covariance(form, matrix):
    draws = form.draws(DRAWS, np.random.default_rng(11))
    scale = np.sqrt(np.outer(np.diag(matrix), np.diag(matrix)))
    assert draws.shape == (DRAWS, form.size)
    assert np.abs(np.cov(draws, rowvar=False) - matrix).max() < (2 * MC * scale).max()
    assert np.abs(draws.mean(axis=0)).max() < MC * np.sqrt(np.diag(matrix)).max()


@pytest.mark.parametrize(("form", "matrix"), forms(), ids=IDS)
def test_draws_of_permuted_people_are_permuted_where_the_root_is_unique(form, matrix):
    rng = np.random.default_rng(5)
    root = Dense(matrix)._root
    order = rng.permutation(form.size)
    assert form.take(order).draws(3, np.random.default_rng(1)) == pytest.approx(
        np.random.default_rng(1).standard_normal((3, form.size)) @ root[np.ix_(order, order)], abs=1e-6
    )


@pytest.mark.parametrize(("form", "matrix"), forms(), ids=IDS)
def test_stored_and_rebuilt(form, matrix):
    made = type(getattr(form, "resolved", form))
    assert made.from_arrays(form.to_arrays()).dense() == pytest.approx(matrix, abs=ROUNDING)
    as_lists = {name: array.tolist() for name, array in form.to_arrays().items()}
    assert made.from_arrays(as_lists).dense() == pytest.approx(matrix, abs=ROUNDING)


@pytest.mark.parametrize(("form", "matrix"), forms(), ids=IDS)
def test_pickles_without_its_factorisation(form, matrix):
    fresh = len(pickle.dumps(form))
    form.draws(2, np.random.default_rng(0))
    form.diagonal()
    again = pickle.dumps(form)
    assert len(again) == fresh
    assert pickle.loads(again).dense() == pytest.approx(matrix, abs=ROUNDING)


def test_rounding_noise_does_not_rotate_the_draws():
    n = 30
    matrix = np.full((n, n), 0.1) + np.eye(n)  # one eigenvalue n−1 times
    noise = np.random.default_rng(0).standard_normal((n, n)) * 1e-15
    drawn = [Dense(m).draws(50, np.random.default_rng(4)) for m in (matrix, matrix + noise + noise.T)]
    assert drawn[0] == pytest.approx(drawn[1], abs=1e-12)


def test_relabelled_raters_do_not_change_the_draws():
    rng = np.random.default_rng(2)
    loadings, specific = rng.standard_normal((20, 6)), rng.uniform(0.1, 1, 20)
    one = Factor(loadings, specific).draws(10, np.random.default_rng(0))
    other = Factor(loadings[:, ::-1].copy(), specific).draws(10, np.random.default_rng(0))
    assert one == pytest.approx(other, abs=1e-12)


def test_above_the_limit_draws_use_the_structure(monkeypatch):
    monkeypatch.setattr(engine, "SYMMETRIC_ROOT_LIMIT", 10)
    for form, matrix in forms()[1:]:
        draws = form.draws(DRAWS, np.random.default_rng(1))
        scale = np.sqrt(np.outer(np.diag(matrix), np.diag(matrix)))
        assert np.abs(np.cov(draws, rowvar=False) - matrix).max() < (2 * MC * scale).max()
        assert "_small" not in form.__dict__
    assert draws.sum(axis=1) == pytest.approx(np.zeros(DRAWS), abs=1e-8)  # a graph's scores sum to zero


def test_large_forms_are_worked_through_in_runs(monkeypatch):
    monkeypatch.setattr(matrix_forms, "CELLS", 30)
    i, j = np.triu_indices(12)
    for form, matrix in forms():
        assert form.diagonal() == pytest.approx(np.diag(matrix), abs=ROUNDING)
        expected = matrix[i, i] + matrix[j, j] - 2 * matrix[i, j]
        assert difference_variance(form, i, j) == pytest.approx(expected, abs=ROUNDING)


def test_unconnected_graph_is_refused():
    two = sparse.csr_array(np.kron(np.eye(2), np.array([[1.0, -1.0], [-1.0, 1.0]])))
    with pytest.raises(IdentificationError, match="2 groups"):
        Precision(two).diagonal()

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankkit.errors import ConvergenceError
from rankkit.kernels.pairs import davidson, pair_laplacian
from rankkit.kernels.pairs.davidson import fit, has_finite_estimate
from rankkit.kernels.pairs.pair_counts import PairCounts, aggregate
from tests.oracles_pairs import (
    beats_edges,
    davidson_loglik,
    hessian,
    more_wins_than_ties_on_a_cycle,
    random_counts,
    reachable,
)

PRINTED = 5e-7  # published to six decimals
ACCURATE = 1e-8  # promised error of a parameter, in log-units


def golden():
    left, right = np.repeat([0, 0, 1], 6), np.repeat([1, 2, 2], 6)
    answers = np.array([(1, 1, 0), (1, 0, -1), (1, -1, 1), (-1, 1, 1), (0, 1, 1), (0, 0, 1)])
    return aggregate(left, right, answers.T.ravel(), None, 3)


def test_golden():
    found = fit(golden())
    np.testing.assert_allclose(found.worth - found.worth[2], [1.562749, 1.042995, 0], atol=PRINTED)
    assert found.log_nu == pytest.approx(-0.117261, abs=PRINTED)
    assert found.loglik == pytest.approx(-17.933136, abs=PRINTED)


def test_chances_score_and_covariance_against_plain_versions():
    counts = random_counts(5, 90, seed=1, tie_share=0.3)
    found = fit(counts)
    assert found.loglik == pytest.approx(davidson_loglik(counts, found.worth, found.log_nu), abs=1e-10)
    np.testing.assert_allclose(sum(found.probabilities()), 1, atol=1e-15)
    free = np.append(found.worth, found.log_nu)

    def value(x):
        return davidson_loglik(counts, x[:-1], x[-1])

    steps = 1e-5 * np.eye(6)
    slope = [(value(free + e) - value(free - e)) / 2e-5 for e in steps]
    np.testing.assert_allclose(slope, 0, atol=1e-7)  # rounding 1e-14 * 90 / 1e-5
    inverse = np.linalg.pinv(-hessian(value, free), rcond=1e-6)
    np.testing.assert_allclose(found.covariance, inverse[:5, :5], atol=1e-5)
    assert found.se_log_nu == pytest.approx(np.sqrt(inverse[5, 5]), abs=1e-5)


def test_iterative_and_dense_solutions_agree(monkeypatch):
    counts = random_counts(60, 1500, seed=2, tie_share=0.2)
    dense = fit(counts)
    covariance = dense.covariance
    monkeypatch.setattr(pair_laplacian, "_SMALL", 0)
    iterative = fit(counts)
    np.testing.assert_allclose(iterative.worth, dense.worth, atol=1e-10)
    np.testing.assert_allclose(iterative.covariance, covariance, atol=1e-10)
    assert iterative.log_nu == pytest.approx(dense.log_nu, abs=1e-10)
    assert iterative.se_log_nu == pytest.approx(dense.se_log_nu, abs=1e-10)
    monkeypatch.setattr(davidson, "DENSE", 50)
    large = fit(counts)
    assert large.covariance is None
    np.testing.assert_allclose(large.compact_covariance().dense(), covariance, atol=1e-10)
    np.testing.assert_allclose(large.compact_covariance().diagonal(), np.diag(dense.compact_covariance().dense()), atol=1e-10)


def test_long_thin_designs_are_solved_exactly():
    counts = random_counts(500, 30_000, seed=3, near=True, tie_share=0.2, spread=0.5)
    found = fit(counts)
    first, second, _ = (p.astype(np.longdouble) for p in found.probabilities())
    lead = 0.5 * (counts.wins_first - counts.wins_second - counts.total * (first - second))
    score = np.zeros(500, dtype=np.longdouble)
    np.add.at(score, counts.first, lead)
    np.add.at(score, counts.second, -lead)
    assert np.max(np.abs(found.covariance @ score.astype(float))) < ACCURATE / 10


@st.composite
def small_counts(draw):
    n = draw(st.integers(2, 4))
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    cell = st.sampled_from([0, 0, 1, 2])
    cells = np.array([draw(st.tuples(cell, cell, cell)) for _ in pairs], dtype=float)
    kept = cells.sum(axis=1) > 0
    first, second = np.array(pairs).T
    return PairCounts(n, first[kept], second[kept], *cells[kept].T)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(small_counts())
def test_existence_agrees_with_plain_walks_and_with_the_iteration(counts):
    reach = reachable(counts.n, beats_edges(counts))
    expected = all(all(row) for row in reach) and bool(np.any(counts.ties > 0)) and more_wins_than_ties_on_a_cycle(counts)
    assert has_finite_estimate(counts) == expected
    if expected:
        assert fit(counts).gradient_norm <= 1e-10  # the tolerance asked for
    else:
        with pytest.raises(ConvergenceError):
            fit(counts)


def test_a_win_and_a_tie_between_two_people_have_no_finite_estimate():
    counts = aggregate(np.array([0, 0]), np.array([1, 1]), np.array([1, 0]), None, 2)
    assert not has_finite_estimate(counts)
    # the likelihood keeps rising along worths (t, -t), log nu = t: both observed outcomes go to one half each
    values = [davidson_loglik(counts, [t, -t], t) for t in (1.0, 3.0, 9.0, 27.0)]
    assert values == sorted(values)
    assert values[-1] == pytest.approx(2 * np.log(0.5), abs=1e-6)

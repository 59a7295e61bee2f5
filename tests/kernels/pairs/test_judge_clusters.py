from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankkit.kernels.pairs.bradley_terry import fit
from rankkit.kernels.pairs.judge_clusters import jackknife, judge_scores, model_based, sandwich, unanimity_blocks
from rankkit.kernels.pairs.pair_counts import aggregate
from tests.oracles_pairs import beats_edges, random_comparisons, reachable

ROUNDING = 1e-10


def judged(n, m, rows, seed):
    left, right, result = random_comparisons(n, rows, seed, tie_share=0.1)
    judge = np.random.default_rng(seed + 1).integers(0, m, rows)
    return judge, left, right, result


@pytest.mark.parametrize(("n", "m"), [(6, 9), (3, 30)])
def test_sandwich_is_the_formula(n, m):
    judge, left, right, result = judged(n, m, 600, seed=1)
    weight = np.random.default_rng(2).integers(1, 4, 600).astype(float)
    found = fit(aggregate(left, right, result, weight, n))
    g = np.zeros((m, n))
    for r, a, b, x, w in zip(judge, left, right, result, weight, strict=True):
        p = 1 / (1 + np.exp(found.worth[b] - found.worth[a]))
        g[r, a] += w * ((x + 1) / 2 - p)
        g[r, b] -= w * ((x + 1) / 2 - p)
    scores = judge_scores(judge, left, right, result, weight, found.worth, n, m)
    np.testing.assert_allclose(scores, g, atol=ROUNDING)
    np.testing.assert_allclose(scores.sum(axis=0), 0, atol=1e-6)  # at the estimate
    inverse = np.linalg.pinv(found.information.toarray())
    middle = m / (m - 1) * g.T @ g
    p = n - 1
    delta = min(0.5, p / (m - p)) if m > 3 * p else 0.5
    phi = max(1.0, np.trace(inverse @ middle) / p)
    clustered = sandwich(scores, found.solve)
    expected = inverse @ middle @ inverse + delta * phi * inverse
    np.testing.assert_allclose(clustered.covariance(found.covariance), expected, atol=1e-6)
    assert clustered.phi == pytest.approx(phi, abs=1e-6)
    assert (clustered.df, clustered.basis) == (m - 1, "sandwich")
    assert np.linalg.matrix_rank(clustered.covariance(found.covariance)) == p


def test_scores_are_centred_under_a_penalty():
    judge, left, right, result = judged(5, 10, 60, seed=3)
    found = fit(aggregate(left, right, result, None, 5), penalty="jeffreys")
    scores = judge_scores(judge, left, right, result, None, found.worth, 5, 10)
    assert np.max(np.abs(scores.sum(axis=0))) > 1e-3  # the penalty pulls
    clustered = sandwich(scores, found.solve)
    np.testing.assert_allclose(clustered.loadings.sum(axis=1), 0, atol=ROUNDING)


def test_splitting_rows_of_a_judge_changes_nothing():
    judge, left, right, result = judged(5, 9, 200, seed=4)
    worth = np.linspace(-1, 1, 5)
    whole = judge_scores(judge, left, right, result, np.full(200, 2.0), worth, 5, 9)
    twice = [np.concatenate([x, x]) for x in (judge, left, right, result)]
    np.testing.assert_allclose(judge_scores(*twice, None, worth, 5, 9), whole, atol=ROUNDING)


def test_jackknife_is_the_formula_and_falls_back():
    judge, left, right, result = judged(5, 3, 400, seed=5)
    found = fit(aggregate(left, right, result, None, 5))

    def refit(r):
        keep = judge != r
        return fit(aggregate(left[keep], right[keep], result[keep], None, 5)).worth

    information = found.information.toarray()
    plain = jackknife(refit, found.worth, 3, lambda x: information @ x)
    shifts = np.array([refit(r) - found.worth for r in range(3)])
    np.testing.assert_allclose(plain.covariance(found.covariance), 2 / 3 * shifts.T @ shifts, atol=ROUNDING)
    assert (plain.df, plain.basis, plain.model_multiple) == (2, "jackknife", 0)
    assert np.linalg.matrix_rank(plain.covariance(found.covariance), tol=1e-12) <= 3
    ranked = jackknife(refit, found.worth, 3, lambda x: information @ x, full_rank=True)
    assert ranked.model_multiple == pytest.approx(0.5 * ranked.phi)
    assert np.linalg.matrix_rank(ranked.covariance(found.covariance)) == 4
    fallen = jackknife(lambda r: None if r == 2 else refit(r), found.worth, 3, lambda x: information @ x)
    assert fallen.basis == model_based(5).basis == "model"
    assert fallen.df == np.inf
    np.testing.assert_allclose(fallen.covariance(found.covariance), found.covariance)


@st.composite
def small_judging(draw):
    n, m = draw(st.integers(2, 4)), draw(st.integers(2, 4))
    row = st.tuples(st.integers(0, m - 1), st.integers(0, n - 1), st.integers(1, n - 1), st.sampled_from([-1, 1, 1, 0]))
    rows = np.array(draw(st.lists(row, min_size=1, max_size=30)), dtype=np.int64)
    return rows[:, 0], rows[:, 1], (rows[:, 1] + rows[:, 2]) % n, rows[:, 3], n, m


@settings(max_examples=300, deadline=None, derandomize=True)
@given(small_judging())
def test_unanimity_by_leaving_out_every_judge_in_turn(data):
    judge, left, right, result, n, m = data

    def strong(keep):
        counts = aggregate(left[keep], right[keep], result[keep], None, n)
        return all(all(row) for row in reachable(n, beats_edges(counts)))

    everyone = np.ones(len(judge), dtype=bool)
    expected = not (strong(everyone) and all(strong(judge != r) for r in range(m)))
    assert unanimity_blocks(judge, left, right, result, n, m) == expected


def test_identical_judges_are_unanimous():
    judge = np.repeat(np.arange(10), 3)
    left, right = np.tile([0, 0, 1], 10), np.tile([1, 2, 2], 10)
    assert unanimity_blocks(judge, left, right, np.ones(30, dtype=np.int64), 3, 10)

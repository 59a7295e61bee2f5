from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.pairs import pair_counts
from rankkit.kernels.pairs.pair_counts import aggregate
from tests.oracles_pairs import counts_by_loops

ROUNDING = 1e-12


def rows(n, m, seed, *, ties=True):
    rng = np.random.default_rng(seed)
    left = rng.integers(0, n, m)
    right = (left + rng.integers(1, n, m)) % n
    return left, right, rng.integers(-1, 2, m) if ties else rng.choice([-1, 1], m)


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize(("n", "m"), [(2, 1), (3, 200), (40, 300), (40, 9_000), (5_000, 4_000), (70_000, 500)])
def test_pairs_add_up_as_row_by_row(n, m, weighted, ties):
    left, right, result = rows(n, m, seed=n + m, ties=ties)
    weight = np.random.default_rng(1).integers(0, 4, m) * 0.5 if weighted else np.ones(m)
    if not weight.any():
        weight[:] = 1
    found = aggregate(left, right, result, weight if weighted else None, n)
    used = weight > 0
    expected = counts_by_loops(left[used], right[used], result[used], weight[used], n)
    assert list(zip(found.first.tolist(), found.second.tolist(), strict=True)) == sorted(expected)
    each = np.column_stack([found.wins_first, found.wins_second, found.ties])
    np.testing.assert_allclose(each, [expected[pair] for pair in sorted(expected)], atol=ROUNDING)
    np.testing.assert_allclose(found.total, each.sum(axis=1), atol=ROUNDING)
    wins = np.zeros(n)
    for (a, b), (of_a, of_b, tied) in expected.items():
        wins[a] += of_a + tied / 2
        wins[b] += of_b + tied / 2
    np.testing.assert_allclose(found.wins, wins, atol=ROUNDING)
    assert found.has_ties == any(c[2] > 0 for c in expected.values())
    assert found.first.dtype == found.second.dtype == np.int64


def test_long_runs_and_small_integers_are_added_up_alike(monkeypatch):
    left, right, result = rows(300, 40_000, seed=3)  # runs of the same pair beside pairs met once
    whole = aggregate(left, right, result, None, 300)
    monkeypatch.setattr(pair_counts, "_RUN", 100)
    again = aggregate(left.astype(np.int16), right.astype(np.int16), result.astype(np.int8), None, 300)
    for name in ("first", "second", "wins_first", "wins_second", "ties", "total"):
        np.testing.assert_array_equal(getattr(again, name), getattr(whole, name))


def test_both_ways_to_add_up_by_person_agree(monkeypatch):
    left, right, result = rows(60, 2_000, seed=4)
    found = aggregate(left, right, result, None, 60)
    values = np.random.default_rng(5).normal(size=(2, len(found.first)))
    few = found.per_person(*values)
    monkeypatch.setattr(pair_counts, "_FEW", 0)
    np.testing.assert_allclose(found.per_person(*values), few, atol=ROUNDING)


def test_a_sparse_matrix_keeps_the_values_it_is_given():
    left, right, result = rows(20, 100, seed=6)
    found = aggregate(left, right, result, None, 20)
    values = np.zeros(len(found.first))
    matrix = found.upper(values)
    values[:] = np.arange(len(values))  # the solver changes weights in place
    assert matrix[found.first, found.second].tolist() == values.tolist()


def test_nothing_compared():
    none = np.zeros(0, dtype=np.int64)
    for weight in (None, np.zeros(0)):
        for n in (1, 3):
            assert len(aggregate(none, none, none, weight, n).first) == 0
    assert len(aggregate(np.array([0]), np.array([1]), np.array([1]), np.zeros(1), 3).total) == 0

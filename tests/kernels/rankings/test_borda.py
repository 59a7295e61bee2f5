from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankkit.kernels.rankings.borda import borda
from rankkit.kernels.rankings.condorcet import preference_matrix
from rankkit.kernels.rankings.ranking_lists import from_matrix

ROUNDING = 1e-12


def test_complete_lists():
    found = borda(from_matrix(np.array([[1, 2, 3], [2, 1, 3], [1, 3, 2]], dtype=float)))
    assert found.points.tolist() == [5, 3, 1]  # Σ(n − rank)
    np.testing.assert_allclose(found.share, [5 / 6, 3 / 6, 1 / 6])
    assert found.same_people


def test_left_over_people_share_the_mean_of_the_positions_left():
    found = borda(from_matrix(np.array([[1, 2, np.inf, np.inf, np.inf]])))
    assert found.points.tolist() == [4, 3, 1, 1, 1]  # positions 3, 4, 5: mean 4, and 5 − 4 = 1


def test_who_was_not_presented_gets_nothing_and_loses_nothing():
    found = borda(from_matrix(np.array([[1, 2, 3], [1, 2, np.nan]])))
    assert found.points.tolist() == [3, 1, 0]
    np.testing.assert_allclose(found.share, [1, 0.25, 0])
    assert found.lists.tolist() == [2, 2, 1]
    assert not found.same_people


def test_a_list_of_one_says_nothing():
    found = borda(from_matrix(np.array([[1, np.nan, np.nan], [np.nan, 1, 2]])))
    assert np.isnan(found.share[0])
    assert found.lists.tolist() == [0, 1, 1]
    assert found.same_people  # the one list that counts


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(1, 6))
def test_points_are_the_people_put_below(seed, n, m):
    rng = np.random.default_rng(seed)
    ranks = rng.integers(1, n + 1, (m, n)).astype(float)
    weight = rng.integers(1, 4, m).astype(float)
    lists = from_matrix(ranks, weight=weight)
    found = borda(lists)
    np.testing.assert_allclose(found.points, preference_matrix(lists).sum(axis=1), atol=ROUNDING)
    np.testing.assert_allclose(found.share, found.points / weight.sum() / (n - 1), atol=ROUNDING)
    assert found.points.sum() == pytest.approx(weight.sum() * n * (n - 1) / 2)

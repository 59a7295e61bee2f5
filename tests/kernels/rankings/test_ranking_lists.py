from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata

from rankkit.kernels.rankings.ranking_lists import RankingLists, collect, from_matrix


def _random(seed: int, lists: int = 30, n: int = 8) -> np.ndarray:
    rng = np.random.default_rng(seed)
    ranks = rng.integers(1, 6, size=(lists, n)).astype(float)
    ranks[rng.random(ranks.shape) < 0.2] = np.nan
    ranks[rng.random(ranks.shape) < 0.2] = np.inf
    return ranks


@pytest.mark.parametrize("seed", range(4))
def test_lists_say_what_the_matrix_says(seed: int) -> None:
    ranks = _random(seed)
    lists = from_matrix(ranks)
    assert lists.size == len(ranks)
    for k in range(lists.size):
        part = slice(lists.start[k], lists.start[k + 1])
        shown = np.flatnonzero(~np.isnan(ranks[k]))
        assert sorted(lists.item[part]) == shown.tolist()
        mine = ranks[k, lists.item[part]]
        assert (np.diff(mine[np.isfinite(mine)]) >= 0).all()
        np.testing.assert_array_equal(lists.left_over[part], np.isinf(mine))
        np.testing.assert_array_equal(lists.place[part], np.unique(mine, return_inverse=True)[1])
        np.testing.assert_array_equal(lists.midrank[part], rankdata(mine))
        np.testing.assert_array_equal(lists.group_size[part], (mine[:, None] == mine[None, :]).sum(axis=1))
        assert (lists.list_of[part] == k).all()


def test_any_order_of_rows() -> None:
    rng = np.random.default_rng(1)
    which, item = np.nonzero(np.ones((5, 4)))
    rank = rng.integers(1, 4, size=20).astype(float)
    shuffle = rng.permutation(20)
    first, second = collect(which, item, rank, 4), collect(which[shuffle], item[shuffle], rank[shuffle], 4)
    for name in ("start", "item", "place", "left_over"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def test_left_over_with_a_place() -> None:
    lists = collect(np.zeros(4, int), np.arange(4), np.array([1.0, 2, 2, 3]), 4, left_over=np.array([False, True, True, False]))
    assert lists.place.tolist() == [0, 1, 1, 2]
    assert lists.left_over.tolist() == [False, True, True, False]
    beside = collect(np.zeros(3, int), np.arange(3), np.array([1.0, 1, 2]), 3, left_over=np.array([False, True, False]))
    assert beside.place.tolist() == [0, 1, 2], "somebody left over is not tied with somebody placed"


def test_choosing() -> None:
    lists = from_matrix(_random(7), rater=np.repeat(np.arange(10), 3), weight=np.arange(30.0))
    kept = lists.without_rater(4)
    assert kept.size == 27
    assert kept.m == lists.m == 10
    assert 4 not in kept.rater
    assert kept.weight.tolist() == [w for w in range(30) if w not in (12, 13, 14)]
    same = lists.choose(np.ones(30, dtype=bool))
    np.testing.assert_array_equal(same.item, lists.item)
    np.testing.assert_array_equal(kept.midrank, np.delete(lists.midrank, np.flatnonzero((lists.list_of >= 12) & (lists.list_of < 15))))
    assert lists.reweighted(np.ones(30)).weight.sum() == 30


def test_none_and_empty_lists() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    none = collect(nothing, nothing, np.zeros(0), 3)
    assert (none.size, none.m, len(none.midrank), len(none.group_size)) == (0, 0, 0, 0)
    hollow = collect(np.array([1]), np.array([2]), np.array([1.0]), 3, rater=np.array([0, 0, 1]))
    assert isinstance(hollow, RankingLists)
    assert hollow.length.tolist() == [0, 1, 0]
    assert hollow.midrank.tolist() == [1.0]

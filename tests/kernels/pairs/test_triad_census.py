"""Which triads are circular, where pairs may be missing or tied."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rankkit.kernels.pairs.circular_triads import circular_triads, preferences
from rankkit.kernels.pairs.triad_census import by_judge, triad_census
from tests.oracles_triads import answers_by_pair, sort_triads


@st.composite
def answers(draw):
    n = draw(st.integers(2, 8))
    row = st.tuples(st.integers(0, n - 1), st.integers(1, n - 1), st.sampled_from([-1, 1, 1, -1, 0]))
    rows = np.array(draw(st.lists(row, min_size=1, max_size=60)), dtype=np.int64)
    return rows[:, 0], (rows[:, 0] + rows[:, 1]) % n, rows[:, 2], n


@settings(max_examples=200, deadline=None, derandomize=True)
@given(answers())
def test_census_triad_by_triad(data):
    left, right, result, n = data
    found = triad_census(preferences(left, right, result, n))
    net = answers_by_pair(left, right, result)
    transitive, circles, tied = sort_triads(net, n)
    assert (found.transitive, found.circular, found.with_ties) == (transitive, len(circles), tied)
    assert {frozenset(c) for c in found.cycles.tolist()} == set(circles)
    assert len(found.cycles) == len(circles)
    for i, j, k in found.cycles.tolist():
        assert i == min(i, j, k)
        assert all(net[min(p), max(p)] == (1 if p[0] < p[1] else -1) for p in ((i, j), (j, k), (k, i)))
    assert found.involved.tolist() == [sum(i in c for c in circles) for i in range(n)]
    assert found.judged == transitive + len(circles) + tied


def test_cycles_are_found_in_blocks_too(monkeypatch):
    from rankkit.kernels.pairs import triad_census as module

    rng = np.random.default_rng(1)
    first, second = np.triu_indices(25, 1)
    mine = preferences(first, second, rng.choice([-1, 1], 300), 25)
    whole = triad_census(mine)
    monkeypatch.setattr(module, "_BLOCK", 50)
    np.testing.assert_array_equal(triad_census(mine).cycles, whole.cycles)
    assert whole.circular == circular_triads(mine).circular


def test_ties_are_counted_apart():
    found = triad_census(preferences(np.array([0, 1, 0]), np.array([1, 2, 2]), np.array([1, 1, 0]), 3))
    assert (found.transitive, found.circular, found.with_ties) == (0, 0, 1)
    assert np.isnan(found.share_transitive)


def test_every_judge_over_the_people_that_judge_compared():
    # judge 0: complete over 1, 3, 4 of 6 people, in a circle; judge 1: a tie; judge 2: nobody; judge 3: a gap
    judge = np.array([0, 0, 0, 1, 1, 1, 3, 3])
    left = np.array([1, 3, 4, 0, 1, 0, 0, 1])
    right = np.array([3, 4, 1, 1, 2, 2, 1, 5])
    result = np.array([1, 1, 1, 1, 1, 0, 1, 1])
    found = by_judge(judge, left, right, result, 6, 4)
    assert found.people.tolist() == [3, 3, 0, 3]
    assert found.missing.tolist() == [0, 0, 0, 1]
    assert found.tied.tolist() == [0, 1, 0, 0]
    assert found.method == ("exact", "none", "none", "none")
    np.testing.assert_array_equal(found.zeta, [0.0, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(found.p, [1.0, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(found.share_transitive, [0.0, np.nan, np.nan, np.nan])
    assert found.cycle_judge.tolist() == [0]
    assert found.cycles.tolist() == [[1, 3, 4]]
    assert found.involved.tolist() == [0, 1, 0, 1, 1, 0]


def test_one_judge_and_many_people_stay_small():
    rng = np.random.default_rng(2)
    n = 10_000
    left = rng.integers(0, n, 3 * n)
    right = (left + rng.integers(1, n, 3 * n)) % n
    found = by_judge(np.zeros(3 * n, dtype=np.int64), left, right, rng.choice([-1, 1], 3 * n), n, 1)
    assert found.transitive[0] + found.circular[0] < 100  # sparse: hardly a triangle
    assert found.method == ("none",)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankkit.kernels.rankings.condorcet import condorcet, majority_components, margins, plurality, preference_matrix
from rankkit.kernels.rankings.ranking_lists import from_matrix
from tests.oracles_consensus import has_cycle_of, preferences_by_loops

ROUNDING = 1e-12


def matrices(values, people=(2, 6), lists=(1, 5)):
    return st.integers(*people).flatmap(
        lambda n: st.lists(st.lists(st.sampled_from(values), min_size=n, max_size=n), min_size=lists[0], max_size=lists[1])
    )


@settings(max_examples=80, deadline=None)
@given(matrices([1.0, 2.0, 3.0, 4.0, np.nan, np.inf]), st.integers(0, 99))
def test_preferences_by_definition(rows, seed):
    ranks = np.array(rows)
    weight = np.random.default_rng(seed).integers(0, 5, len(ranks)).astype(float)
    found = preference_matrix(from_matrix(ranks, weight=weight))
    np.testing.assert_allclose(found, preferences_by_loops(ranks, weight), atol=ROUNDING)


def test_preferences_of_many_lists_are_added_in_blocks(monkeypatch):
    ranks = np.random.default_rng(1).integers(1, 5, (40, 6)).astype(float)
    whole = preference_matrix(from_matrix(ranks))
    monkeypatch.setattr("rankkit.kernels.rankings.condorcet._CELLS", 100)
    np.testing.assert_array_equal(preference_matrix(from_matrix(ranks)), whole)


def test_winner_loser_and_no_cycle():
    found = condorcet(preference_matrix(from_matrix(np.array([[1, 2, 3], [1, 3, 2], [2, 1, 3]], dtype=float))))
    assert (found.winner, found.loser, found.cycles) == (0, 2, ())
    assert found.component.tolist() == [0, 1, 2]
    assert found.majority.tolist() == [[0, 1, 1], [-1, 0, 1], [-1, -1, 0]]


def test_ties_are_no_cycle_and_no_win():
    found = condorcet(np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0.0]]))
    assert (found.winner, found.loser, found.cycles) == (-1, -1, ())
    assert found.component.tolist() == [0, 0, 0]


def test_the_cycle_with_the_strongest_weakest_majority_is_named():
    # 0>1>2>0 by 1, 0>1>3>0 by 3 at least; both are shortest
    margin = np.zeros((4, 4))
    for a, b, by in ((0, 1, 5), (1, 2, 1), (2, 0, 1), (1, 3, 3), (3, 0, 4), (2, 3, 2)):
        margin[a, b] = by
    found = condorcet(margin)
    assert found.cycles == ((0, 1, 3),)


def test_a_circle_broken_by_ties_is_found_whole():
    margin = np.zeros((5, 5))
    for a in range(5):
        margin[a, (a + 1) % 5] = 1
    assert condorcet(margin).cycles == ((0, 1, 2, 3, 4),)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 6))
def test_cycles_and_groups_by_trying_all(seed, n):
    rng = np.random.default_rng(seed)
    preferences = rng.integers(0, 3, (n, n)).astype(float)
    np.fill_diagonal(preferences, 0)
    found = condorcet(preferences)
    beats = found.majority > 0
    lengths = [k for k in range(3, n + 1) if has_cycle_of(beats, k)]
    assert bool(found.cycles) == bool(lengths)
    for cycle in found.cycles:
        assert all(beats[a, b] for a, b in zip(cycle, (*cycle[1:], cycle[0]), strict=True))
        assert not any(has_cycle_of(beats[np.ix_(cycle, cycle)], k) for k in range(3, len(cycle)))
    if lengths:
        assert min(map(len, found.cycles)) == lengths[0]
    late = found.component[:, None] < found.component[None, :]
    assert (beats | ~late).all()  # members of an earlier group beat those of a later one
    for g in range(found.component.max() + 1):  # and a group cannot be split further
        inside = found.component == g
        weak = (found.margin >= 0)[np.ix_(inside, inside)]
        reach = np.linalg.matrix_power(weak.astype(float) + np.eye(len(weak)), len(weak)) > 0
        assert reach.all()


def test_rounding_decides_nothing():
    margin = margins(np.array([[0, 0.1 + 0.2], [0.3, 0]]))
    assert not margin.any()
    assert majority_components(margin).tolist() == [0, 0]
    with pytest.raises(ValueError, match="square"):
        margins(np.zeros((2, 3)))


def test_first_places():
    ranks = np.array([[1, 1, 3], [np.nan, 2, 1], [np.inf, np.inf, 1]])
    assert plurality(from_matrix(ranks, weight=np.array([2.0, 1.0, 3.0]))).tolist() == [1.0, 1.0, 4.0]
    nobody_placed = np.array([[np.inf, np.inf, np.inf]])
    assert plurality(from_matrix(nobody_placed)).tolist() == [0.0, 0.0, 0.0]

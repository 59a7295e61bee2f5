from __future__ import annotations

import itertools

import numpy as np
import pytest

from rankkit.kernels.rankings.best_worst import fit, loglik
from rankkit.kernels.rankings.picks import from_log, has_finite_estimate, top_down
from tests.oracles_best_worst import alternation_log, drawn_logs, logged, sequential_loglik
from tests.oracles_pairs import reachable

EXACT = 1e-10  # the same sum in another order


def test_only_the_last_place_is_forced():
    # failing toy i: the last placement counted as a choice would make six choices of six people
    picks = logged([alternation_log(range(6))], 6)
    np.testing.assert_array_equal(picks.size, [6, 5, 4, 3, 2])
    np.testing.assert_array_equal(picks.end, [1, -1, 1, -1, 1])
    np.testing.assert_array_equal(picks.stage, [0, 0, 1, 1, 2])
    assert [int(picks.person[s]) for s in picks.start[:-1]] == [0, 5, 1, 4, 2]


def test_stages_count_picks_whichever_end_they_were_at():
    log = [((0,), 1), ((1,), 1), ((5,), -1), ((4,), -1), ((2,), 1)]  # ends switched on the way
    picks = logged([log], 6)
    np.testing.assert_array_equal(picks.stage, [0, 0, 1, 1, 2])
    u = dict(enumerate([1.2, 0.6, 0.1, -0.2, -0.5, -1.2]))
    expected = sequential_loglik(u, log, scale=0.7, loss=0.25)
    assert loglik(picks, np.array(list(u.values())), worst_scale=0.7, depth_loss=0.25) == pytest.approx(expected, abs=EXACT)


def test_leftovers_stand_in_the_sets_and_those_not_presented_do_not():
    log = [((0,), 1), ((4,), -1)]  # 1 and 2 left over at the finish; 3 never shown
    picks = logged([log], 5, presented=[[0, 1, 2, 4]])
    np.testing.assert_array_equal(picks.size, [4, 3])
    assert 3 not in picks.person
    assert picks.made.tolist() == [1, 2, 2, 0, 2]


def test_a_choice_that_takes_everybody_left_is_none():
    log = [((0,), 1), ((1, 2, 3), -1)]
    assert logged([log], 4).size.tolist() == [4]
    assert logged([[((0, 1), 1)]], 2).size.tolist() == []
    assert len(from_log(*np.zeros((4, 0), dtype=np.int64), np.zeros(0, dtype=np.int64), 3, 0)) == 0


def test_top_down_reads_places():
    place = np.array([2.0, 1.0, 7.0, 7.0, 9.0])
    picks = top_down(np.zeros(5, int), np.arange(5), place, np.zeros(1, int), 5, 1)
    np.testing.assert_array_equal(picks.size, [5, 4, 3])
    np.testing.assert_array_equal(picks.taken, [1, 1, 2])
    assert set(picks.person[-3:-1]) == {2, 3}


def test_where_and_without_keep_whole_choices():
    rng = np.random.default_rng(4)
    logs = drawn_logs(rng.normal(size=(3, 5)), rng)
    picks = logged(logs, 5)
    rest = picks.without(1)
    again = logged([logs[0], logs[2]], 5, rater=[0, 2])
    for name in ("person", "start", "taken", "end", "stage", "rater"):
        np.testing.assert_array_equal(getattr(rest, name), getattr(again, name))


@pytest.mark.parametrize("seed", range(12))
def test_existence_is_a_walk_from_everybody_to_everybody(seed):
    rng = np.random.default_rng(seed)
    n, m = 5, int(rng.integers(1, 4))
    picks = logged(drawn_logs(np.tile(rng.normal(scale=3, size=n), (m, 1)), rng), n)
    _, better, worse = picks.outcomes()
    reach = reachable(n, zip(better.tolist(), worse.tolist(), strict=True))
    assert has_finite_estimate(picks) == all(itertools.chain.from_iterable(reach))


def test_one_ranking_never_has_a_finite_estimate():
    # failing toy g: Plackett-Luce on one ranking
    for order in itertools.permutations(range(4)):
        assert not has_finite_estimate(logged([alternation_log(order)], 4))
    pair = logged([alternation_log((0, 1, 2)), alternation_log((2, 1, 0))], 3)
    assert has_finite_estimate(pair)
    assert fit(pair).worth[0] == pytest.approx(fit(pair).worth[2], abs=EXACT)  # each was best once and worst once

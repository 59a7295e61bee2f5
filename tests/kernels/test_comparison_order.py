"""Canonical orders of people, judges and comparisons."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.comparison_order import canonical_judges, canonical_people, canonical_rows
from rankkit.kernels.pair_counts import aggregate
from tests.oracles_pairs import random_comparisons


@pytest.mark.parametrize(("n", "rows", "m"), [(5, 12, 3), (12, 200, 7), (30, 60, 4)])
def test_shuffling_turning_and_renaming_change_nothing(n, rows, m):
    for seed in range(20):
        left, right, result = random_comparisons(n, rows, seed, tie_share=0.2)
        rng = np.random.default_rng(seed)
        judge = rng.integers(0, m, rows)
        people, judges, order = rng.permutation(n), rng.permutation(m), rng.permutation(rows)
        here, place, classes = canonical_rows(judge, left, right, result, n, m)
        there, place_2, classes_2 = canonical_rows(judges[judge][order], people[right][order], people[left][order], -result[order], n, m)
        np.testing.assert_array_equal(place_2[people], place)
        np.testing.assert_array_equal(classes_2[judges], classes)
        seen = np.column_stack([classes[judge], np.minimum(place[left], place[right]), np.maximum(place[left], place[right])])[here]
        turned = np.column_stack(
            [classes_2[judges[judge]], np.minimum(place_2[people[left]], place_2[people[right]]), np.maximum(place[left], place[right])]
        )[order][there]
        np.testing.assert_array_equal(seen, turned)
        assert sorted(here.tolist()) == list(range(rows))


def test_people_are_told_apart_by_whom_they_beat():
    # 0 beat 2 and lost to 3; 1 beat 3 and lost to 2; 2 has one more win elsewhere
    left, right = np.array([0, 3, 1, 2, 2]), np.array([2, 0, 3, 1, 4])
    place = canonical_people(aggregate(left, right, np.ones(5, dtype=np.int64), None, 5))
    assert len(set(place.tolist())) == 5


def test_interchangeable_people_share_a_class():
    first, second = np.triu_indices(4, 1)
    assert canonical_people(aggregate(first, second, np.zeros(6, dtype=np.int64), None, 4)).tolist() == [0, 0, 0, 0]


def test_judges_who_said_the_same_share_a_class():
    left, right, result = random_comparisons(6, 20, 1)
    place = canonical_people(aggregate(left, right, result, None, 6))
    judge = np.repeat([0, 1, 2], 20)
    third = result.copy()
    third[0] *= -1
    classes = canonical_judges(judge, np.tile(left, 3), np.tile(right, 3), np.concatenate([result, result, third]), place, 3)
    assert classes[0] == classes[1] != classes[2]

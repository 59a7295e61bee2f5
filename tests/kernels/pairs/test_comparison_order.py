"""Canonical orders of people, judges and comparisons."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.pairs.comparison_order import canonical_judges, canonical_people, canonical_places, canonical_rows
from rankkit.kernels.pairs.pair_counts import aggregate
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


def test_rows_told_apart_by_side_and_kind_go_by_them():
    for seed in range(20):
        left, right, result = random_comparisons(6, 60, seed, tie_share=0.2)
        rng = np.random.default_rng(seed)
        kind, order, people = rng.choice([0.5, 1.0, 2.0], 60), rng.permutation(60), rng.permutation(6)
        here, place, _ = canonical_rows(None, left, right, result, 6, 0, kind=kind)
        shuffled = canonical_rows(None, left[order], right[order], result[order], 6, 0, kind=kind[order])[0]
        content = np.column_stack([left, right, result, kind])
        np.testing.assert_array_equal(content[here], content[order][shuffled])
        renamed, place_2, _ = canonical_rows(None, people[left][order], people[right][order], result[order], 6, 0, kind=kind[order])
        np.testing.assert_array_equal(place_2[people], place)
        content = np.column_stack([place[left], place[right], result, kind])
        np.testing.assert_array_equal(content[here], content[order][renamed])
        assert not np.array_equal(canonical_rows(None, right, left, -result, 6, 0, kind=kind)[0], here)  # sides tell apart


@pytest.mark.parametrize("seed", range(10))
def test_everybody_has_a_place_that_names_do_not_decide(seed):
    """Opponents in a ring: nobody's record differs, yet the picture of who met whom is the same under any names."""
    rng = np.random.default_rng(seed)
    left = np.arange(7)
    right = (left + 1) % 7

    def picture(names):
        place = canonical_places(names[left], names[right], np.ones((7, 1)), -np.ones((7, 1)), 7)
        assert sorted(place.tolist()) == list(range(7))
        out = np.zeros((7, 7))
        out[place[names[left]], place[names[right]]] = 1
        return out

    np.testing.assert_array_equal(picture(rng.permutation(7)), picture(np.arange(7)))

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from rankkit.kernels.grading.bounded_seats import bounded_seats, unsplit_seats
from rankkit.kernels.grading.curve_units import pool
from rankkit.kernels.grading.ruled_grades import exchangeable, nearest_seats, overfull, place
from tests.oracles_distribution import best_first, least_shift, placements


def case(seed):
    rng = np.random.default_rng(seed)
    n, size = int(rng.integers(2, 7)), int(rng.integers(2, 5))
    ends = np.sort(rng.integers(0, size, (n, 2)), axis=1)
    free = rng.random(n) < 0.5
    return (
        rng.multinomial(n, np.ones(size) / size),
        np.where(free, 0, ends[:, 0]),
        np.where(free, size - 1, ends[:, 1]),
        rng.permutation(n).astype(float),
    )


@pytest.mark.parametrize("seed", range(120))
def test_seats_are_filled_best_first_wherever_they_can_be(seed):
    counts, best, worst, score = case(seed)
    ways = placements(counts, best, worst)
    assert bool(ways) == (not overfull(counts, best, worst))
    if ways:
        assert tuple(place(score[None, :], counts, best, worst)[0]) == best_first(ways, score, len(counts))
        assert nearest_seats(counts, best, worst) is counts
    else:
        nearest = nearest_seats(counts, best, worst)
        assert not overfull(nearest, best, worst)
        assert np.abs(np.cumsum(nearest) - np.cumsum(counts)).sum() == least_shift(counts, best, worst)


@pytest.mark.parametrize("seed", range(60))
def test_grades_left_open_are_those_some_order_of_equal_scores_gives(seed):
    counts, best, worst, _ = case(seed)
    counts = nearest_seats(counts, best, worst)
    ways = placements(counts, best, worst)
    n = len(best)
    given = place(np.zeros((1, n)), counts, best, worst)[0]
    open_ = exchangeable(given, np.zeros(n, dtype=int), best, worst)
    seen = np.array(sorted(ways))
    np.testing.assert_array_equal(open_, np.column_stack([seen.min(axis=0), seen.max(axis=0)]))


def test_seats_between_bounds():
    third = [Fraction(1, 3)] * 3
    assert bounded_seats(4, third, np.zeros(3, int), np.full(3, 4)).tolist() == [1, 2, 1]
    assert bounded_seats(4, third, np.zeros(3, int), np.array([4, 1, 4]), seat_ties="top").tolist() == [2, 1, 1]
    assert bounded_seats(4, third, np.array([3, 0, 0]), np.full(3, 4)).sum() == 4


def test_a_cut_moves_within_its_range_rather_than_through_a_tie():
    target, low, high = np.array([2, 6, 2]), np.array([1, 4, 1]), np.array([4, 8, 3])
    assert unsplit_seats(target, low, high, np.arange(1, 11)).tolist() == [2, 6, 2]
    assert unsplit_seats(target, low, high, np.array([1, 4, 5, 6, 7, 8, 9, 10])).tolist() == [1, 7, 2]
    assert unsplit_seats(target, low, high, np.array([10])) is None


def test_small_units_go_to_their_parents():
    size, parent = np.array([0, 0, 30, 5, 6, 25, 3]), np.array([-1, 0, 1, 1, 1, 0, 0])
    found = pool(size, parent, 20)
    # units 3 and 4 (11 people) need unit 2 at their parent 1; unit 6 joins unit 5 at the top
    assert found.curve.tolist() == [-1, -1, 1, 1, 1, 0, 0]
    assert found.size[2:].tolist() == [41, 41, 41, 28, 28]
    assert found.enough[2:].all()
    alone = pool(np.array([30, 5]), np.array([-1, -1]), 20)
    assert alone.enough.tolist() == [True, False]
    with pytest.raises(ValueError, match="above itself"):
        pool(np.array([5, 5]), np.array([1, 0]), 20)

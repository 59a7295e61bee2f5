from __future__ import annotations

import numpy as np

from rankkit.kernels.pairs import pair_counts
from rankkit.kernels.pairs.contests import aggregate, of_pairs


def random_rows(rows=400, n=6, judges=5, seed=0):
    rng = np.random.default_rng(seed)
    left = rng.integers(0, n, rows)
    right = (left + rng.integers(1, n, rows)) % n
    result, weight = rng.integers(-1, 2, rows), rng.integers(0, 4, rows).astype(float)
    covariates = np.column_stack([np.ones(rows), rng.integers(0, 2, rows), rng.choice([0.1, 0.25, -3.0], rows)])
    return left, right, result, weight, covariates, rng.integers(0, judges, rows)


def by_loops(left, right, result, weight, covariates):
    table: dict[tuple, list[float]] = {}
    for a, b, outcome, w, v in zip(left, right, result, weight, covariates, strict=True):
        if w > 0:
            table.setdefault((int(a), int(b), *map(float, v)), [0.0, 0.0, 0.0])[{1: 0, -1: 1, 0: 2}[int(outcome)]] += w
    return table


def as_table(contests):
    keys = [(int(a), int(b), *map(float, v)) for a, b, v in zip(contests.left, contests.right, contests.covariates, strict=True)]
    assert len(set(keys)) == len(keys)
    counts = zip(contests.wins_left, contests.wins_right, contests.ties, strict=True)
    return {key: list(map(float, c)) for key, c in zip(keys, counts, strict=True)}


def test_rows_add_up_to_contests():
    left, right, result, weight, covariates, _ = random_rows()
    found = aggregate(left, right, result, weight, 6, covariates)
    assert as_table(found) == by_loops(left, right, result, weight, covariates)
    known = found.of_row >= 0
    np.testing.assert_array_equal(found.left[found.of_row[known]], left[known])
    np.testing.assert_array_equal(found.covariates[found.of_row[known]], covariates[known])
    assert np.all(weight[~known] == 0)


def test_row_order_does_not_matter():
    left, right, result, weight, covariates, _ = random_rows(seed=1)
    found = aggregate(left, right, result, weight, 6, covariates)
    shuffled = np.random.default_rng(0).permutation(len(left))
    again = aggregate(left[shuffled], right[shuffled], result[shuffled], weight[shuffled], 6, covariates[shuffled])
    for name in ("left", "right", "wins_left", "wins_right", "ties", "covariates"):
        np.testing.assert_array_equal(getattr(found, name), getattr(again, name))


def test_without_a_judge_is_what_the_other_rows_add_up_to():
    left, right, result, weight, covariates, judge = random_rows(rows=60, seed=2)
    found = aggregate(left, right, result, weight, 6, covariates)
    keep = judge != 3
    without = found.recounted(result, np.where(keep, weight, 0.0))
    assert as_table(without) == by_loops(left[keep], right[keep], result[keep], weight[keep], covariates[keep])
    again = without.recounted(result, np.where(keep & (judge != 1), weight, 0.0))
    keep &= judge != 1
    assert as_table(again) == by_loops(left[keep], right[keep], result[keep], weight[keep], covariates[keep])


def test_pairs_are_those_of_the_plain_aggregation():
    left, right, result, weight, covariates, _ = random_rows(seed=3)
    found = aggregate(left, right, result, weight, 6, covariates).pairs
    plain = pair_counts.aggregate(left, right, result, weight, 6)
    kept = plain.total > 0
    for name in ("first", "second", "wins_first", "wins_second", "ties"):
        np.testing.assert_allclose(getattr(found, name), getattr(plain, name)[kept], rtol=0, atol=1e-12)
    one_a_pair = of_pairs(plain)
    np.testing.assert_array_equal(one_a_pair.total, plain.total[kept])
    np.testing.assert_array_equal(one_a_pair.per_pair(one_a_pair.total), one_a_pair.pairs.total)


def test_more_covariate_combinations_than_a_number_can_count():
    rng = np.random.default_rng(4)
    rows = 300
    values = rng.normal(size=(rows, 40))
    twice = np.tile(np.arange(rows), 2)
    left = rng.integers(0, 3, rows)
    right = (left + 1) % 3
    found = aggregate(left[twice], right[twice], np.ones(2 * rows, dtype=int), None, 3, values[twice])
    np.testing.assert_array_equal(found.wins_left, np.full(rows, 2.0))
    np.testing.assert_array_equal(found.of_row[:rows], found.of_row[rows:])

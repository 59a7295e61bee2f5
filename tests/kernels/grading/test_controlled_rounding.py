from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.grading.controlled_rounding import controlled_rounding, raked
from tests.oracles_distribution import cheapest_roundings, cheapest_tables

ROUNDING = 1e-8  # sums of a dozen costs of size 1


@pytest.mark.parametrize("seed", range(40))
def test_no_table_with_the_same_totals_costs_less(seed):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 9, rng.integers(2, 5))
    columns = rng.multinomial(rows.sum(), [0.2, 0.7, 0.1])
    cost = rng.normal(size=(len(rows), 1)) * np.arange(3) if seed % 2 else rng.integers(0, 3, (len(rows), 3)).astype(float)
    weight = np.exp(rng.normal(size=(len(rows), 3))) if seed % 3 == 0 else None
    found = controlled_rounding(rows, columns, cost, weight=weight)
    least, ways = cheapest_roundings(rows, columns, cost, found.expected)
    assert (found.counts.sum(axis=1) == rows).all()
    assert (found.counts.sum(axis=0) == columns).all()
    assert float((found.counts * cost).sum()) == pytest.approx(least, abs=ROUNDING)
    assert found.unique == (ways == 1)


@pytest.mark.parametrize("seed", range(60))
def test_what_equally_cheap_tables_leave_open(seed):
    rng = np.random.default_rng(seed)
    units, grades = int(rng.integers(2, 5)), int(rng.integers(2, 4))
    rows = rng.choice([3, 4, 5, 7], units)
    columns = rng.multinomial(rows.sum(), np.ones(grades) / grades)
    cost = rng.integers(0, 2, (units, 1)) * np.arange(grades) if seed % 3 else rng.integers(0, 2, (units, grades)).astype(float)
    found = controlled_rounding(rows, columns, cost)
    tables = cheapest_tables(rows, columns, cost, found.expected)
    assert found.open.tolist() == (tables.min(axis=0) < tables.max(axis=0)).tolist()
    down = tables.cumsum(axis=2)
    assert found.fewest.tolist() == down.min(axis=0).tolist()
    assert found.most.tolist() == down.max(axis=0).tolist()


def test_every_cell_is_a_floor_or_a_ceiling_in_exact_numbers():
    rows, columns = np.array([7, 7, 7, 7, 7]), np.array([7, 25, 3])
    found = controlled_rounding(rows, columns, np.arange(5.0)[:, None] * np.arange(3))
    assert (np.abs(found.counts - found.expected) < 1).all()
    assert found.counts[:, 0].tolist() == [1, 1, 1, 2, 2]  # 1.4 each: the units a better grade is cheapest for
    whole = controlled_rounding(np.array([10, 20]), np.array([6, 24]), np.zeros((2, 2)))
    assert whole.counts.tolist() == [[2, 8], [4, 16]]
    assert whole.unique


def test_totals_must_agree():
    with pytest.raises(ValueError, match="sum to 3"):
        controlled_rounding(np.array([3]), np.array([1, 1]), np.zeros((1, 2)))


def test_raking_keeps_totals_and_odds():
    weight = np.exp([[0.5, 0, -0.5], [0, 0, 0], [-0.3, 0, 0.3]])
    table = raked(np.array([10, 20, 5]), np.array([7, 24, 4]), weight)
    np.testing.assert_allclose(table.sum(axis=0), [7, 24, 4])
    np.testing.assert_allclose(table.sum(axis=1), [10, 20, 5])
    odds = table[0, 0] * table[1, 2] / (table[0, 2] * table[1, 0])
    assert odds == pytest.approx(np.exp(1.0))

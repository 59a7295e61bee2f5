"""Krippendorff's alpha: every metric against all pairs of values, one at a time."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.reliability.krippendorff import METRICS, disagreement
from rankkit.kernels.reliability.log_difference_sums import log_nodes
from tests.oracles_agreement import alpha as plain

EXACT = 1e-11  # sums in another order; nodes are exact to rounding
SUMS = 1e-13  # relative


def values(metric, seed, *, distinct=False, n=25, m=5, gaps=0.35):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(n, 1))
    y = truth + 0.7 * rng.normal(size=(n, m))
    if metric == "ratio":
        y = np.exp(y)
    if not distinct:
        y = np.clip(np.round(y * 1.3 + 3), 0, 6)
    held = rng.random((n, m)) >= gaps
    unit, _ = np.nonzero(held)
    return unit, y[held]


def lists(unit, x):
    return [x[unit == u].tolist() for u in np.unique(unit)]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("distinct", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_against_all_pairs(metric, distinct, seed):
    unit, x = values(metric, seed, distinct=distinct)
    found = disagreement(unit, x, metric).alpha()
    paired = [u for u in lists(unit, x) if len(u) > 1]
    everything = [v for u in paired for v in u]
    ends, steps = (min(everything), max(everything)), max(everything) - min(everything) + 1
    assert found.value == pytest.approx(plain(lists(unit, x), metric, ends=ends, steps=steps), abs=EXACT)
    assert found.n_values == len(everything)
    assert found.n_units == len(paired)
    assert found.n_alone == len(x) - len(everything)


def test_ends_and_circumference_are_taken_as_given():
    unit, x = values("bipolar", 4)
    found = disagreement(unit, x, "bipolar", ends=(-1.0, 8.0)).alpha().value
    assert found == pytest.approx(plain(lists(unit, x), "bipolar", ends=(-1, 8)), abs=EXACT)
    hours = disagreement(unit, x * 4, "circular", steps=24.0).alpha().value
    assert hours == pytest.approx(plain(lists(unit, x * 4), "circular", steps=24), abs=EXACT)


def test_zeros_of_a_ratio_scale():
    """Two zeros are alike, a zero and anything else are as different as can be."""
    unit = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    x = np.array([0.0, 0, 0, 3, 2, 2.5, 7, 6])
    assert disagreement(unit, x, "ratio").alpha().value == pytest.approx(plain(lists(unit, x), "ratio"), abs=EXACT)


@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval"])
def test_units_of_measurement_do_not_matter(metric):
    unit, x = values(metric, 5)
    a = disagreement(unit, x, metric).alpha().value
    assert disagreement(unit, 1e6 + 0.1 * x, metric).alpha().value == pytest.approx(a, abs=1e-7)
    swap = np.random.default_rng(1).permutation(len(x))
    assert disagreement(99 - unit[swap], x[swap], metric).alpha().value == pytest.approx(a, abs=EXACT)


def test_only_order_matters_for_ranks():
    unit, x = values("ordinal", 6, distinct=True)
    a = disagreement(unit, x, "ordinal").alpha().value
    assert disagreement(unit, np.exp(2 * x), "ordinal").alpha().value == pytest.approx(a, abs=EXACT)


@pytest.mark.parametrize("metric", METRICS)
def test_perfect_agreement_is_exactly_one(metric):
    x = np.repeat([0.1, 0.7, 1.3, 2.9], 3)
    found = disagreement(np.repeat(np.arange(4), 3), x, metric).alpha()
    assert found.value == 1
    assert found.observed == 0


@pytest.mark.parametrize("metric", METRICS)
def test_values_that_do_not_vary_have_no_alpha(metric):
    found = disagreement(np.repeat(np.arange(4), 3), np.full(12, 2.0), metric).alpha()
    assert np.isnan(found.value)


@pytest.mark.parametrize("metric", METRICS)
def test_no_pairs_at_all(metric):
    found = disagreement(np.arange(3), np.array([1.0, 2, 3]), metric).alpha()
    assert np.isnan(found.value)
    assert (found.n_units, found.n_values, found.n_alone) == (0, 0, 3)
    assert np.isnan(disagreement(np.zeros(0, dtype=int), np.zeros(0), metric).alpha().value)


@pytest.mark.parametrize("metric", ["interval", "ratio", "ordinal"])
def test_memory_does_not_grow_with_distinct_values_squared(metric):
    """200 000 distinct values: a table of coincidences would take 320 GB."""
    rng = np.random.default_rng(3)
    x = np.exp(rng.normal(size=100_000).repeat(2) + rng.normal(size=200_000))
    found = disagreement(np.repeat(np.arange(100_000), 2), x, metric).alpha()
    assert 0.2 < found.value < 0.6


def test_nodes_add_up_to_the_sum_over_all_pairs():
    rng = np.random.default_rng(8)
    x = np.exp(3 * rng.normal(size=400))
    spread = log_nodes(x)
    np.testing.assert_allclose(spread.weights.sum(axis=1), 1, rtol=SUMS)
    away = spread.nodes[:, None] - spread.nodes
    m = spread.mass()
    true = (((x[:, None] - x) / (x[:, None] + x)) ** 2).sum()
    assert float(m @ np.tanh(away / 2) ** 2 @ m) == pytest.approx(true, rel=SUMS)
    assert len(log_nodes(np.zeros(0)).nodes) == 0

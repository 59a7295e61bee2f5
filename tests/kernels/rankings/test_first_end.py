from __future__ import annotations

import itertools

import numpy as np
import pytest

from rankkit.kernels.rankings.first_end import first_end_effect


def sample(seed, lists=7, n=5):
    rng = np.random.default_rng(seed)
    share = np.argsort(np.argsort(rng.normal(size=(lists, n)), axis=1), axis=1) / (n - 1)
    share[rng.random(share.shape) < 0.15] = np.nan
    return share, np.arange(lists) < 3


def effect(share, chosen):
    differences = []
    for column in share.T:
        one, other = column[chosen & ~np.isnan(column)], column[~chosen & ~np.isnan(column)]
        if len(one) and len(other):
            differences.append(abs(one.mean() - other.mean()))
    return np.mean(differences)


def test_all_allocations_by_plain_loops():
    share, worst_first = sample(1)
    found = first_end_effect(share, worst_first)
    assert found.method == "exact"
    assert found.effect == pytest.approx(effect(share, worst_first))
    every = [effect(share, np.isin(np.arange(7), members)) for members in itertools.combinations(range(7), 3)]
    assert found.p == pytest.approx(np.mean(np.array(every) >= found.effect - 1e-12))


def test_one_kind_of_lists_tells_nothing():
    share, _ = sample(2)
    found = first_end_effect(share, np.ones(7, dtype=bool))
    assert found.method == "none"
    assert np.isnan(found.p)


def test_order_of_the_lists_does_not_matter():
    share, worst_first = sample(3, lists=24)
    worst_first = np.arange(24) % 2 == 0
    there = first_end_effect(share, worst_first)
    assert there.method == "permutation"
    order = np.random.default_rng(0).permutation(24)
    assert first_end_effect(share[order], worst_first[order]).p == there.p
    assert first_end_effect(share[:, ::-1], worst_first).p == there.p


def test_p_values_are_uniform_where_the_end_does_not_matter():
    p = [first_end_effect(*sample(100 + k)).p for k in range(200)]
    assert np.mean(np.array(p) <= 0.1) < 0.1 + 3 * np.sqrt(0.1 * 0.9 / 200)
    assert 0.4 < np.mean(p) < 0.65

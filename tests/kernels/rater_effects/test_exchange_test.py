"""Tail probabilities of exchanging raters against visiting all exchanges."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from rankkit.kernels.rater_effects.exchange_test import exchange_test
from rankkit.kernels.rater_effects.profile_dispersion import team_comparison

SADDLEPOINT = 0.02  # absolute; Lugannani–Rice on a total with hundreds of possible values


def table(h):
    n, m = h.shape
    return h.ravel(), np.repeat(np.arange(n), m), np.tile(np.arange(m), n), m


@pytest.mark.parametrize(("n", "m", "seed"), [(8, 2, 0), (7, 3, 1), (6, 4, 2)])
def test_tails_against_all_exchanges(n, m, seed):
    h = np.random.default_rng(seed).gamma(4, size=(n, m))
    found = exchange_test(*table(h))
    totals = np.array([sum(p) for p in product(*h)])
    for r in range(m):
        own = h[:, r].sum()
        middle = np.mean(totals < own - 1e-9) + 0.5 * np.mean(np.abs(totals - own) <= 1e-9)  # between the steps
        assert found.p_low[r] == pytest.approx(middle, abs=SADDLEPOINT)
        assert found.p_low[r] + found.p_high[r] == pytest.approx(1, abs=1e-9)
        assert found.mean[r] == pytest.approx(h[:, r].mean())
        assert found.others[r] == pytest.approx(np.delete(h, r, axis=1).mean())


def test_extremes_are_exact():
    h = np.c_[np.zeros(9), np.random.default_rng(0).gamma(4, size=(9, 2))]
    found = exchange_test(*table(h))
    assert found.p_low[0] == pytest.approx(3.0**-9)
    assert found.p_high[0] == 1.0


def test_far_tail_is_small_and_right():
    rng = np.random.default_rng(4)
    h = rng.gamma(4, size=(30, 4))
    h[:, 0] *= 0.4
    found = exchange_test(*table(h))
    draws = sum(h[i][rng.integers(0, 4, 200_000)] for i in range(30))
    assert found.p_low[0] < 1e-6
    assert np.mean(draws <= h[:, 0].sum()) < 1e-4


def test_nothing_to_exchange():
    found = exchange_test(np.ones(8), np.repeat(np.arange(4), 2), np.tile([0, 1], 4), 2)
    assert np.isnan(found.p_low).all()
    alone = exchange_test(np.array([1.0, 2.0, np.nan]), np.array([0, 1, 1]), np.array([0, 0, 1]), 2)
    assert alone.n.tolist() == [0, 0]
    assert np.isnan(alone.p_low).all()


def test_order_and_names_decide_nothing():
    value, block, unit, m = table(np.random.default_rng(5).gamma(3, size=(10, 4)))
    mixed = np.random.default_rng(6).permutation(40)
    names = np.array([2, 0, 3, 1])
    a, b = exchange_test(value, block, unit, m), exchange_test(value[mixed], 9 - block[mixed], names[unit[mixed]], m)
    np.testing.assert_allclose(a.p_low, b.p_low[names], rtol=1e-9)


@pytest.mark.parametrize(("n", "m"), [(8, 2), (10, 3)])
def test_rejects_at_its_level_without_differences(n, m):
    rng = np.random.default_rng(7)
    p = np.array([exchange_test(*table(rng.gamma(4, size=(n, m)))).p_low[0] for _ in range(800)])
    for level in (0.05, 0.2):
        assert np.mean(p < level) <= level + 2 * np.sqrt(level * (1 - level) / 800)


def test_welch():
    from scipy import stats

    rng = np.random.default_rng(8)
    x, unit = rng.normal(size=30), np.repeat([0, 1, 2], [8, 10, 12])
    found = team_comparison(x, unit, 3)
    for r in range(3):
        t = stats.ttest_ind(x[unit == r], x[unit != r], equal_var=False, alternative="less")
        assert found.p_low[r] == pytest.approx(t.pvalue, rel=1e-9)

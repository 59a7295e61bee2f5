"""Intervals of alpha: replicates against refitting one by one, influences against finite differences, invariances."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.reliability.krippendorff import METRICS, disagreement
from rankkit.kernels.reliability.krippendorff_bootstrap import INTERVALS, _Ordinal, _Quadratic, alpha_interval, difference_bootstrap

EXACT = 1e-10
JACKKNIFE = 0.03  # relative, 150 units
STEP = 1e-6  # of a unit's weight
SLOPE = 1e-5  # error of a one-sided difference with that step, relative to the largest influence


def ratings(n=40, m=4, seed=1, *, decimals=0):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(n, 1)) + 0.8 * rng.normal(size=(n, m))
    x = np.clip(np.round(y + 3.2, decimals), 1, 6)
    held = rng.random((n, m)) > 0.2
    held[:, :2] = True
    return np.nonzero(held)[0], x[held]


def spread(d):
    return _Ordinal(d) if d.metric == "ordinal" else _Quadratic(d)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("decimals", [0, 1])
def test_a_replicate_is_alpha_of_the_resampled_units(metric, decimals):
    unit, x = ratings(decimals=decimals)
    d = disagreement(unit, x, metric, ends=(0.0, 7.0), steps=9.0)
    n = len(d.sizes)
    w = np.bincount(np.random.default_rng(2).integers(0, n, n), minlength=n).astype(float)
    lam, _, _ = spread(d).log_ratio(w[None, :])
    copies = [(x[unit == u], int(w[u])) for u in range(n)]
    again = np.concatenate([np.tile(values, times) for values, times in copies])
    of_unit = np.concatenate([np.repeat(100 * u + np.arange(times), len(values)) for u, (values, times) in enumerate(copies)])
    direct = disagreement(of_unit, again, metric, ends=(0.0, 7.0), steps=9.0).alpha().value
    assert 1 - np.exp(lam[0]) == pytest.approx(direct, abs=EXACT)


@pytest.mark.parametrize("metric", METRICS)
def test_influences_are_slopes(metric):
    unit, x = ratings()
    d = disagreement(unit, x, metric)
    one = np.ones((1, len(d.sizes)))
    here, _, influence = spread(d).log_ratio(one)
    slopes = []
    for u in range(6):
        w = one.copy()
        w[0, u] += STEP
        slopes.append((spread(d).log_ratio(w)[0] - here)[0] / STEP)
    off = np.array(slopes) - influence[:6]
    np.testing.assert_allclose(off, off.mean(), atol=SLOPE * np.abs(influence).max() + 1e-7)  # equal but for the centring


@pytest.mark.parametrize("metric", METRICS)
def test_standard_error_against_a_jackknife(metric):
    unit, x = ratings(n=150)
    d = disagreement(unit, x, metric, ends=(0.0, 7.0), steps=9.0)
    left = [disagreement(unit[unit != u], x[unit != u], metric, ends=(0.0, 7.0), steps=9.0).alpha().value for u in range(150)]
    jackknife = np.sqrt(149 / 150 * ((left - np.mean(left)) ** 2).sum())
    assert alpha_interval(d, "linear").se == pytest.approx(jackknife, rel=JACKKNIFE)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("kind", INTERVALS)
def test_order_and_names_of_units_do_not_matter(metric, kind):
    unit, x = ratings(decimals=1)
    a = alpha_interval(disagreement(unit, x, metric), kind, draws=200, seed=3)
    swap = np.random.default_rng(5).permutation(len(x))
    b = alpha_interval(disagreement(88 - unit[swap], x[swap], metric), kind, draws=200, seed=3)
    assert (a.low, a.high) == pytest.approx((b.low, b.high), abs=1e-8)
    assert a.low < disagreement(unit, x, metric).alpha().value < a.high


def test_many_categories_go_another_way_to_the_same_interval():
    unit, x = ratings(decimals=0)
    few = alpha_interval(disagreement(unit, x, "nominal"), draws=300, seed=1)
    d = disagreement(unit, x, "nominal")
    wide = _Quadratic(d)
    wide.i = np.zeros(0, dtype=np.int64)
    w = np.random.default_rng(1).multinomial(40, np.full(40, 1 / 40), size=20).astype(float)
    narrow = _Quadratic(d, np.arange(40))
    np.testing.assert_allclose(wide.log_ratio(w)[1], narrow.log_ratio(w)[1], rtol=1e-8)
    assert few.kind == "studentized"


def test_nothing_to_resample():
    same = disagreement(np.repeat(np.arange(5), 2), np.repeat([1.0, 2, 3, 4, 5], 2))
    assert np.isnan(alpha_interval(same).low)
    two = disagreement(np.repeat(np.arange(2), 2), np.array([1.0, 2, 4, 4]))
    assert np.isnan(alpha_interval(two).low)
    flat = disagreement(np.repeat(np.arange(5), 2), np.full(10, 3.0))
    assert np.isnan(alpha_interval(flat).low)


def test_few_disagreements_leave_the_lower_end_to_linearisation():
    """One unit of twenty disagrees: a third of the replicates have no disagreement and say nothing about the lower end."""
    x = np.tile([1.0, 1, 2, 2], 10)
    x[0] = 2
    found = alpha_interval(disagreement(np.repeat(np.arange(20), 2), x, "nominal"))
    assert found.kind == "linear"
    assert np.isfinite(found.low)
    assert found.low < found.high <= 1


def test_krippendorffs_own_interval_is_too_short_with_many_raters():
    unit, x = ratings(n=50, m=8, seed=4, decimals=1)
    d = disagreement(unit, x)
    low, high = difference_bootstrap(unit, x, d)
    ours = alpha_interval(d)
    assert high - low < 0.7 * (ours.high - ours.low)


def test_seed_and_level():
    unit, x = ratings()
    d = disagreement(unit, x)
    assert alpha_interval(d, seed=1).low == alpha_interval(d, seed=1).low
    assert alpha_interval(d, seed=1).low != alpha_interval(d, seed=2).low
    wide, narrow = alpha_interval(d, level=0.99), alpha_interval(d, level=0.8)
    assert wide.low < narrow.low < narrow.high < wide.high
    assert alpha_interval(d, draws=0).kind == "linear"

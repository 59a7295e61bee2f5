from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.rater_effects.scale_use import scale_use


def halves(seed, raters, n, shrink=1.0, rounded=True):
    rng = np.random.default_rng(seed)
    people = 0.6 * rng.standard_normal((raters, 2 * n))
    others = people + 0.3 * rng.standard_normal(people.shape)
    late = np.tile(np.arange(2 * n) >= n, raters)
    own = 3 + (people + 0.5 * rng.standard_normal(people.shape)).ravel()
    own = np.clip(np.rint(own), 1, 5) if rounded else own
    own = np.where(late, 3 + shrink * (own - 3), own)
    return np.repeat(np.arange(raters), 2 * n), late, own, others.ravel()


def test_ratio_of_ratios():
    rater, late, own, others = halves(0, 3, 12, rounded=False)
    found = scale_use(rater, late, own, others, 4, fewest=8, level=0.95)
    one = rater == 1
    expected = own[one & late].std(ddof=1) / own[one & ~late].std(ddof=1)
    expected /= others[one & late].std(ddof=1) / others[one & ~late].std(ddof=1)
    assert found.ratio[1] == pytest.approx(expected)
    assert found.low[1] < expected < found.high[1]
    assert np.isnan(found.ratio[3])
    assert found.n.tolist() == [12, 12, 12, 0]


def test_too_short_or_without_spread_is_nan():
    rater, late, own, others = halves(1, 2, 8)
    assert np.isnan(scale_use(rater, late, own, others, 2, fewest=9, level=0.95).p).all()
    own[rater == 0] = 3.0
    found = scale_use(rater, late, own, others, 2, fewest=8, level=0.95)
    assert np.isnan(found.p[0])
    assert found.p[1] > 0
    others[rater == 1] = np.nan
    assert np.isnan(scale_use(rater, late, own, others, 2, fewest=8, level=0.95).p).all()


def test_order_of_rows_decides_nothing():
    rater, late, own, others = halves(2, 3, 10)
    order = np.random.default_rng(0).permutation(len(rater))
    one = scale_use(rater, late, own, others, 3, fewest=8, level=0.95)
    two = scale_use(2 - rater[order], late[order], own[order], others[order], 3, fewest=8, level=0.95)
    np.testing.assert_array_equal(one.p, two.p[::-1])


def test_long_series_use_the_normal_distribution():
    rater, late, own, others = halves(3, 1, 220, rounded=False)
    found = scale_use(rater, late, own, others, 1, fewest=8, level=0.95)
    assert found.low[0] < found.ratio[0] < found.high[0]
    assert 0 < found.p[0] <= 1


@pytest.mark.recovery
def test_level_and_power():
    """t on the delta-method variance rejects .16 here; the permutation holds the level."""
    null = scale_use(*halves(4, 300, 8), 300, fewest=8, level=0.95)
    assert np.nanmean(null.p < 0.05) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)
    half = scale_use(*halves(5, 150, 20, shrink=0.5), 150, fewest=8, level=0.95)
    assert np.nanmean(half.p < 0.05) > 0.6
    assert np.nanmedian(half.ratio) == pytest.approx(0.5, abs=0.05)

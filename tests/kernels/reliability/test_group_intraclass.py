"""ICC(1) and ICC(1,k) of groups."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.components.variance_components import one_way
from rankkit.kernels.reliability.group_intraclass import group_intraclass
from rankkit.kernels.reliability.intraclass import intraclass

EXACT = 1e-9


def test_equal_groups_are_the_one_way_forms():
    y = np.random.default_rng(0).normal(size=(15, 4)) + np.random.default_rng(1).normal(size=(15, 1))
    found, table = group_intraclass(y.ravel(), np.repeat(np.arange(15), 4), 15), intraclass(y)
    for ours, at in ((found.single, 0), (found.mean, 3)):
        assert ours == pytest.approx(table.estimate[at], rel=EXACT)
    assert (found.single_low, found.single_high) == pytest.approx((table.low[0], table.high[0]), rel=EXACT)
    assert (found.mean_low, found.mean_high) == pytest.approx((table.low[3], table.high[3]), rel=EXACT)
    assert (found.f, found.p) == pytest.approx((table.f[0], table.p[0]), rel=EXACT)


def test_unequal_groups():
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(10), rng.integers(1, 8, size=10))
    y = rng.normal(size=10)[group] + rng.normal(size=len(group))
    found, parts = group_intraclass(y, group, 12), one_way(y, group, 12)
    assert (found.between, found.within) == pytest.approx(tuple(parts.raw), rel=EXACT)
    assert found.single == pytest.approx(parts.raw[0] / parts.raw.sum(), rel=EXACT)
    assert (found.groups, found.n) == (10, len(group))
    order = rng.permutation(len(y))
    assert group_intraclass(y[order], group[order], 12).single == pytest.approx(found.single, rel=EXACT)


def test_edges():
    same = group_intraclass([1.0, 1, 5, 5], [0, 0, 1, 1], 2)
    assert (same.single, same.single_low, same.single_high, same.mean, same.f) == (1, 1, 1, 1, np.inf)
    for y, g in (([2.0, 2, 2, 2], [0, 0, 1, 1]), ([1.0, 2], [0, 0]), ([1.0, 2], [0, 1])):
        nothing = group_intraclass(y, g, 2)
        assert np.isnan([nothing.single, nothing.mean, nothing.p]).all()
    apart = group_intraclass([0.0, 2, 0, 2], [0, 0, 1, 1], 2)
    assert apart.single == -1
    assert apart.mean == -np.inf


@pytest.mark.recovery
def test_intervals_cover_with_unequal_groups():
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(20), rng.integers(2, 9, size=20))
    for truth in (0.1, 0.4):
        hits = []
        for _ in range(1000):
            y = truth**0.5 * rng.normal(size=20)[group] + (1 - truth) ** 0.5 * rng.normal(size=len(group))
            found = group_intraclass(y, group, 20)
            hits.append(found.single_low <= truth <= found.single_high)
        assert 0.93 <= np.mean(hits) <= 0.97  # 95 % ± 3 Monte Carlo standard errors

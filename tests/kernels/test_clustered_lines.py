from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels import clustered_lines as module
from rankkit.kernels.clustered_lines import clustered_line


def sample(seed=0, people=40, raters=4):
    rng = np.random.default_rng(seed)
    who, by = np.repeat(np.arange(people), raters), np.tile(np.arange(raters), people)
    X = rng.standard_normal((people, 2))[who]
    y = X @ [0.2, 0.5] + by + 0.4 * rng.standard_normal(people)[who] + 0.3 * rng.standard_normal(len(who))
    return y, X, who, by


def test_slopes_and_their_difference():
    y, X, who, by = sample()
    found = clustered_line(y, X, who, by, 99)
    full = np.column_stack([X, by[:, None] == np.arange(4)])
    np.testing.assert_allclose(found.slope, np.linalg.lstsq(full, y, rcond=None)[0][:2], atol=1e-9)
    turned = clustered_line(y, np.column_stack([X[:, 1], X[:, 0]]), who, by, 99)
    assert turned.se[2] == pytest.approx(found.se[2])
    assert found.drawn.std(axis=0) == pytest.approx(found.se[:2], rel=0.2)  # 99 draws know a spread to 7 %


def test_a_resample_is_weighted_least_squares():
    y, X, who, by = sample(1, people=12)
    drawn = clustered_line(y, X, who, by, 99, seed=3).drawn
    order = np.lexsort(np.column_stack([np.bincount(who, v) for v in (y, *X.T)]).T)
    times = np.random.default_rng(3).multinomial(12, np.full(12, 1 / 12), size=99)
    for k in (0, 50, 98):
        weight = np.empty(12)
        weight[order] = times[k]
        w = np.sqrt(weight[who])
        full = np.column_stack([X, by[:, None] == np.arange(4)])
        expected = np.linalg.lstsq(full * w[:, None], y * w, rcond=None)[0][:2]
        np.testing.assert_allclose(drawn[k], expected, atol=1e-8)


def test_labels_decide_nothing():
    y, X, who, by = sample(2)
    one, two = clustered_line(y, X, who, by, 99), clustered_line(y, X, 39 - who, 3 - by, 99)
    np.testing.assert_allclose(one.drawn, two.drawn, atol=1e-9)
    np.testing.assert_allclose(one.se, two.se)


def test_blocks_of_resamples_agree(monkeypatch):
    y, X, who, by = sample(3)
    whole = clustered_line(y, X, who, by, 99).drawn
    monkeypatch.setattr(module, "_MEMORY", 1000)
    np.testing.assert_allclose(clustered_line(y, X, who, by, 99).drawn, whole, atol=1e-10)


def test_nothing_to_estimate_is_none():
    y, X, who, by = sample()
    assert clustered_line(y, np.column_stack([X[:, 0], 2 * X[:, 0]]), who, by, 99) is None
    assert clustered_line(np.ones_like(y), X, who, by, 99) is None
    assert clustered_line(y, X, np.zeros_like(who), by, 99) is None

"""Mantel's test against plain loops over all exchanges, and against the regression over pairs that gets it wrong."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from rankkit.kernels.reliability.mantel import mantel

EXACT = 1e-12  # the same sums


def symmetric(rng, D):
    a = rng.normal(size=(D, D))
    return a + a.T


def plain(a, b):
    D = len(a)
    i, j = np.triu_indices(D, 1)
    seen = [np.corrcoef(a[np.ix_(p, p)][i, j], b[i, j])[0, 1] for p in permutations(range(D))]
    return seen[0], np.mean(np.array(seen) >= seen[0] - 1e-9)


@pytest.mark.parametrize("D", [4, 5, 6])
def test_all_exchanges_by_hand(D):
    rng = np.random.default_rng(D)
    a, b = symmetric(rng, D), symmetric(rng, D)
    found = mantel(a, b)
    r, p = plain(a, b)
    assert found.r == pytest.approx(r, abs=EXACT)
    assert found.p_greater == pytest.approx(p, abs=EXACT)
    assert found.exact


def test_four_dimensions_on_a_line_can_never_be_significant():
    close = 1 / np.maximum(np.abs(np.subtract.outer(range(4), range(4))), 1)
    assert mantel(close, close).p_smallest == pytest.approx(2 / 24)
    assert mantel(close, close).p_greater == pytest.approx(2 / 24)


def test_partial_correlation():
    rng = np.random.default_rng(1)
    a, b, c = (symmetric(rng, 6) for _ in range(3))
    i, j = np.triu_indices(6, 1)
    r = np.corrcoef([a[i, j], b[i, j], c[i, j]])
    expected = (r[0, 1] - r[0, 2] * r[1, 2]) / np.sqrt((1 - r[0, 2] ** 2) * (1 - r[1, 2] ** 2))
    assert mantel(a, b, given=c).r == pytest.approx(expected, abs=EXACT)


def test_names_of_dimensions_decide_nothing():
    rng = np.random.default_rng(2)
    a, b = symmetric(rng, 9), symmetric(rng, 9)
    mixed = rng.permutation(9)
    one, again = mantel(a, b, draws=499), mantel(a[np.ix_(mixed, mixed)], b[np.ix_(mixed, mixed)], draws=499)
    assert again.r == pytest.approx(one.r, abs=EXACT)
    assert again.p_greater == one.p_greater


def test_layers_move_together():
    rng = np.random.default_rng(3)
    a = np.stack([symmetric(rng, 5), symmetric(rng, 5)])
    assert mantel(a, a).r == pytest.approx(1)
    assert mantel(a, a).p_greater == pytest.approx(1 / 120)


def test_constant_matrices_have_no_correlation():
    found = mantel(np.ones((5, 5)), np.ones((5, 5)))
    assert np.isnan(found.r)
    assert np.isnan(found.p_greater)


@pytest.mark.recovery
def test_regression_over_pairs_rejects_too_often_and_mantel_does_not():
    rng = np.random.default_rng(4)
    i, j = np.triu_indices(10, 1)
    ols, ours = [], []
    for _ in range(300):
        u, v = rng.normal(size=(2, 10))
        a = np.add.outer(u, u) + 0.2 * symmetric(rng, 10)
        b = np.abs(np.subtract.outer(v, v))
        ols.append(stats.linregress(b[i, j], a[i, j]).pvalue < 0.05)
        ours.append(mantel(a, b, draws=199).p_two < 0.05)
    assert np.mean(ols) > 0.15  # 45 pairs of 10 dimensions are not 45 observations
    assert np.mean(ours) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)

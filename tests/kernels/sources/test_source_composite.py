from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.sources.source_composite import SourceCells, rater_loadings, source_composite, source_means, within_sources

ROUNDING = 1e-12


def cells(seed=0, n=8, m=30, D=3, S=3, rate=0.35):
    rng = np.random.default_rng(seed)
    source_of = rng.integers(0, S, m)
    ratee, rater, dimension = np.nonzero(rng.random((n, m, D)) < rate)
    return SourceCells(ratee, rater, dimension, source_of[rater], rng.normal(3, 1, len(ratee)), (n, m, D, S))


def plainly(c, omega, w, least):
    """The definition, one person at a time."""
    n, _, D, S = c.shape
    out = np.full(n, np.nan)
    for i in range(n):
        total, seen = 0.0, 0.0
        for d in range(D):
            top, bottom = 0.0, 0.0
            for s in range(S):
                own = c.score[(c.ratee == i) & (c.dimension == d) & (c.source == s)]
                if len(own) >= least[s] and omega[s] > 0:
                    top, bottom = top + omega[s] * own.mean(), bottom + omega[s]
            if bottom > 0 and w[d] > 0:
                total, seen = total + w[d] * top / bottom, seen + w[d]
        if seen > 0:
            out[i] = total / seen
    return out


@pytest.mark.parametrize("seed", range(6))
def test_composites_are_what_the_definition_says(seed):
    c = cells(seed)
    omega, w, least = np.array([0.5, 0.3, 0.2]), np.array([0.6, 0.4, 0.0]), np.array([1, 2, 3])
    means = source_means(c)
    found = source_composite(means, means.present(least), omega, w)
    assert found.score == pytest.approx(plainly(c, omega, w, least), abs=ROUNDING, nan_ok=True)
    some = ~np.isnan(found.score)
    assert found.by_source[some].sum(axis=1) == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(3))
def test_loadings_give_the_same_scores_from_single_ratings(seed):
    """Σ over sources and raters of c_ir times the rater's own mean, where every rater fills in every dimension."""
    rng = np.random.default_rng(seed)
    n, m, D, S = 6, 24, 2, 3
    pairs = np.argwhere(rng.random((n, m)) < 0.5)
    ratee, rater = (np.repeat(pairs[:, k], D) for k in (0, 1))
    dimension = np.tile(np.arange(D), len(pairs))
    source = (rng.integers(0, S, m))[rater]
    score = rng.normal(3, 1, len(ratee))
    c = SourceCells(ratee, rater, dimension, source, score, (n, m, D, S))
    means = source_means(c)
    w = np.array([0.5, 0.5])
    found = source_composite(means, means.present(np.ones(S, int)), np.array([0.5, 0.25, 0.25]), w)
    own = np.zeros((n, m))
    own[pairs[:, 0], pairs[:, 1]] = score.reshape(-1, D) @ w
    total = sum((rater_loadings(c, means, found.coefficient, s).toarray() * own).sum(axis=1) for s in range(S))
    some = ~np.isnan(found.score)
    assert total[some] == pytest.approx(found.score[some], abs=ROUNDING)


def test_twelve_peers_do_not_drown_one_supervisor():
    """The toy: a grand mean of all raters."""
    score = np.array([2.0, *[4.5] * 12])
    c = SourceCells(np.zeros(13, int), np.arange(13), np.zeros(13, int), np.array([0] + [1] * 12), score, (1, 13, 1, 2))
    means = source_means(c)
    assert source_composite(means, means.count > 0, np.array([0.5, 0.5]), np.ones(1)).score[0] == pytest.approx(3.25)
    assert score.mean() == pytest.approx(4.3077, abs=1e-4)


def test_sources_by_themselves():
    c = cells(3)
    means = source_means(c)
    w = np.array([0.5, 0.25, 0.25])
    score, coefficient = within_sources(means, means.count > 0, w)
    for s in range(3):
        alone = source_composite(means, means.count > 0, np.eye(3)[s], w)
        assert score[:, s] == pytest.approx(alone.score, abs=ROUNDING, nan_ok=True)
    assert coefficient.sum(axis=2)[~np.isnan(score)] == pytest.approx(1.0)

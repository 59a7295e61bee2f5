"""Designs with gaps, replicates, nesting, slopes and fixed columns on which kernels are compared with the oracle."""

from __future__ import annotations

import numpy as np

from rankkit.kernels.components.mixed_design import cross


def scores(rng, effects, variances, n):
    y = 3.0 + np.sqrt(variances[-1]) * rng.normal(size=n)
    for variance, (codes, levels, *values) in zip(variances, effects, strict=False):
        y = y + np.sqrt(variance) * rng.normal(size=levels)[codes] * (values[0] if values else 1.0)
    return y


def three_facets(seed=0, n=12, m=6, per=3, dims=3, gaps=0.1, variances=(0.8, 0.5, 0.2, 0.4, 0.3, 0.2, 0.5)):
    """Ratee × rater × dimension with all two-way interactions, gaps, and a few cells rated twice."""
    rng = np.random.default_rng(seed)
    row = np.repeat(np.arange(n), per * dims)
    col = np.repeat(np.concatenate([rng.choice(m, per, replace=False) for _ in range(n)]), dims)
    dim = np.tile(np.arange(dims), n * per)
    keep = np.flatnonzero(rng.random(len(row)) > gaps)
    keep = np.r_[keep, rng.choice(keep, 6, replace=False)]
    row, col, dim = row[keep], col[keep], dim[keep]
    effects = [(row, n), (col, m), (dim, dims), cross(row, col), cross(row, dim), cross(col, dim)]
    return scores(rng, effects, variances, len(row)), effects, np.ones((len(row), 1))


def drift(seed=1, n=10, m=7, times=4):
    """Raters with a slope over time beside their severity; time is also a fixed covariate."""
    rng = np.random.default_rng(seed)
    row, col, when = np.indices((n, m, times)).reshape(3, -1)
    keep = rng.random(len(row)) < 0.6
    row, col = row[keep], col[keep]
    t = when[keep] - 1.5 + rng.uniform(-0.2, 0.2, keep.sum())
    effects = [(row, n), (col, m), (col, m, t)]
    return scores(rng, effects, (0.6, 0.4, 0.2, 0.5), len(row)), effects, np.c_[np.ones(len(row)), t]


def nested(seed=2, teams=6, dims=3):
    """Raters nested in teams, dimensions fixed: an intercept and a dummy for every dimension, one of them too many."""
    rng = np.random.default_rng(seed)
    rows = []
    for team in range(teams):
        for rater in range(rng.integers(2, 4)):
            for ratee in range(4):
                rows += [(team, rater, team * 4 + ratee, d) for d in range(dims) if rng.random() < 0.85]
    team, rater, ratee, dim = np.array(rows).T
    effects = [(team, teams), cross(team, rater), (ratee, teams * 4 + 1), cross(ratee, rater)]
    x = np.c_[np.ones(len(team)), dim[:, None] == np.arange(dims)]
    y = scores(rng, effects, (0.5, 0.3, 0.8, 0.2, 0.4), len(team)) + 0.3 * dim
    return y, effects, x


def full_rank(x):
    """Columns that are not combinations of earlier ones, by repeated rank."""
    kept = []
    for j in range(x.shape[1]):
        if np.linalg.matrix_rank(x[:, [*kept, j]]) > len(kept):
            kept.append(j)
    return x[:, kept]

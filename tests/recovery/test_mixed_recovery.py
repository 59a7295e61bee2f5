"""Simulated ratings: the boundary tests keep their level, intervals and standard errors cover.

Long versions (marker ``thorough``), measured at .05 and 95 %: no severity .043 (8 raters) and .043 (20 raters), no drift
.038 (8) and .045 (20), two interactions at once .046. Power for severity variance .2 beside a residual of .7: .71
(8 raters, 90 ratings), .99 (20 raters, 300); for drift variance .04 beside 1: .32 (8 raters), .65 (20 raters). Profile
intervals .94 to .96, for a factor of 4 levels .91. Contrast of two kinds of raters: .946 (normal theory: .88).
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from rankkit.kernels.components import mixed_blups, mixed_intervals, mixed_reml
from rankkit.kernels.components.mixed_design import cross

pytestmark = pytest.mark.recovery
MC = 2.0  # Monte Carlo standard errors allowed above the nominal rate


def scores(rng, effects, variances):
    y = np.sqrt(variances[-1]) * rng.normal(size=len(effects[0][0]))
    for variance, (codes, levels, *values) in zip(variances, effects, strict=False):
        y = y + np.sqrt(variance) * rng.normal(size=levels)[codes] * (values[0] if values else 1.0)
    return y


def incomplete(rng, n, m, per):
    return np.repeat(np.arange(n), per), np.concatenate([rng.choice(m, per, replace=False) for _ in range(n)])


def severity_p(rng, variance, n=30, m=8, per=3):
    row, col = incomplete(rng, n, m, per)
    effects = [(row, n), (col, m)]
    found = mixed_reml.fit(scores(rng, effects, (1.0, variance, 0.7)), effects, information="average")
    return mixed_intervals.boundary_test(found, [1]).p


def drift_p(rng, variance, n=20, m=20, times=4):
    """Common targets seen by every rater again and again; a quarter of the ratings is there."""
    row, col, when = np.indices((n, m, times)).reshape(3, -1)
    kept = rng.random(len(row)) < 0.25
    row, col, t = row[kept], col[kept], when[kept] - 1.5
    effects = [(row, n), (col, m), (col, m, t)]
    y = scores(rng, effects, (1.0, 0.3, variance, 1.0))
    found = mixed_reml.fit(y, effects, np.c_[np.ones(len(t)), t], information="average")
    return mixed_intervals.boundary_test(found, [2]).p


def joint_p(rng):
    row, col, dim = np.indices((25, 6, 4)).reshape(3, -1)
    effects = [(row, 25), (col, 6), (dim, 4), cross(row, col), cross(row, dim)]
    found = mixed_reml.fit(scores(rng, effects, (1.0, 0.3, 0.2, 0.0, 0.0, 0.5)), effects, information="average")
    return mixed_intervals.boundary_test(found, [3, 4]).p


def rate(p, level=0.05):
    return float(np.mean(np.asarray(p) <= level))


def nominal(level, reps):
    return level + MC * np.sqrt(level * (1 - level) / reps)


def test_boundary_tests_keep_their_level():
    rng = np.random.default_rng(1)
    reps = 25
    for draw in (lambda: severity_p(rng, 0.0), lambda: drift_p(rng, 0.0, n=12, m=8)):
        assert rate([draw() for _ in range(reps)]) <= nominal(0.05, reps)


def test_drift_of_raters_is_found():
    rng = np.random.default_rng(2)
    assert rate([drift_p(rng, 0.3, n=12, m=8) for _ in range(10)]) > 0.5


def test_intervals_of_components_cover():
    """Short: profiles of the residual and of the ratees in a sparse two-way design."""
    rng = np.random.default_rng(3)
    truth = np.array([1.0, 0.4, 0.7])
    hits = []
    for _ in range(14):
        row, col = incomplete(rng, 25, 8, 3)
        effects = [(row, 25), (col, 8)]
        found = mixed_reml.fit(scores(rng, effects, truth), effects)
        limits = mixed_intervals.intervals(found, components=[0, 2])
        hits.append((limits.low <= truth) & (truth <= limits.high))
    assert np.all(np.mean(hits, axis=0) >= 0.95 - 3.3 * np.sqrt(0.95 * 0.05 / 14))


@pytest.mark.thorough
@pytest.mark.parametrize("draw", [severity_p, drift_p], ids=["severity", "drift"])
def test_boundary_tests_keep_their_level_at_length(draw):
    rng = np.random.default_rng(10)
    reps = 2000
    p = np.array([draw(rng, 0.0) for _ in range(reps)])
    assert rate(p) <= nominal(0.05, reps)
    assert np.mean(p == 1) > 0.45  # half of the statistics are zero, more with few levels


@pytest.mark.thorough
def test_two_components_at_once_keep_the_level_at_length():
    rng = np.random.default_rng(11)
    reps = 1500
    assert rate([joint_p(rng) for _ in range(reps)]) <= nominal(0.05, reps)


@pytest.mark.thorough
def test_intervals_cover_at_length():
    """Every component of an unbalanced three-facet study with 25 ratees, 8 raters and 4 dimensions.

    The 4 dimensions have three degrees of freedom: the likelihood ratio is not quite χ² there, coverage .91.
    """
    rng = np.random.default_rng(12)
    n, m, dims, per, reps = 25, 8, 4, 4, 500
    truth = np.array([0.6, 0.3, 0.3, 0.3, 0.15, 0.1, 0.25])
    hits = []
    for _ in range(reps):
        row, col = (np.repeat(c, dims) for c in incomplete(rng, n, m, per))
        dim = np.tile(np.arange(dims), n * per)
        kept = rng.random(len(row)) < 0.9
        row, col, dim = row[kept], col[kept], dim[kept]
        effects = [(row, n), (col, m), (dim, dims), cross(row, col), cross(row, dim), cross(col, dim)]
        limits = mixed_intervals.intervals(mixed_reml.fit(scores(rng, effects, truth), effects))
        hits.append((limits.low <= truth) & (truth <= limits.high))
    coverage = np.mean(hits, axis=0)
    assert np.all(np.abs(np.delete(coverage, 2) - 0.95) <= 3.3 * np.sqrt(0.95 * 0.05 / reps))
    assert 0.88 <= coverage[2] <= 0.96


@pytest.mark.thorough
def test_means_and_contrasts_cover_at_length():
    """Six raters, a property of raters as covariate: t with Kenward and Roger's covariance, against z, which is a toy."""
    rng = np.random.default_rng(13)
    hits, toy = [], []
    for _ in range(1500):
        row, col = incomplete(rng, 25, 6, 2)
        x = rng.integers(0, 2, 6)[col].astype(float)
        if x.min() == x.max():
            continue
        effects = [(row, 25), (col, 6)]
        y = scores(rng, effects, (1.0, 0.4, 0.49)) + 0.5 * x
        found = mixed_reml.fit(y, effects, np.c_[np.ones(len(x)), x])
        inference = mixed_blups.fixed_inference(found)
        width = special.stdtrit(np.minimum(inference.df, 1e6), 0.975) * inference.se
        hits.append(abs(inference.estimate[1] - 0.5) <= width[1])
        toy.append(abs(found.fixed[1] - 0.5) <= 1.96 * np.sqrt(found.fixed_covariance[1, 1]))
    assert 0.935 <= np.mean(hits) <= 0.965
    assert np.mean(toy) < 0.90

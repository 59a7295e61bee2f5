"""The hold-out slope, and what it says of scales made from noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_expit

from rankkit.kernels.pairs.beats_graph import is_connected
from rankkit.kernels.pairs.bradley_terry import fit
from rankkit.kernels.pairs.holdout import holdout_calibration
from rankkit.kernels.pairs.pair_counts import aggregate
from rankkit.kernels.pairs.scale_reliability import separation, split_half

PEOPLE, ROUNDS, SPECIAL = 60, 16, 0.2
ENOUGH = 1e-4  # accuracy of worths that only decide who meets whom


def loss(kappa, difference, result, weight):
    share = (result + 1) / 2
    return -np.sum(weight * (share * log_expit(kappa * difference) + (1 - share) * log_expit(-kappa * difference)))


def outcomes(seed, rows=200, slope=0.6):
    rng = np.random.default_rng(seed)
    difference = rng.normal(size=rows)
    result = np.where(rng.random(rows) < expit(slope * difference), 1, -1)
    result[rng.random(rows) < 0.1] = 0
    return difference, result, rng


def test_the_slope_maximises_the_likelihood():
    difference, result, rng = outcomes(1)
    weight = rng.integers(1, 4, 200).astype(float)
    found = holdout_calibration(difference, result, weight=weight, spread=2.0)
    best = minimize_scalar(loss, args=(difference, result, weight), bracket=(0, 1), options={"xtol": 1e-10})
    assert found.kappa == pytest.approx(best.x, abs=1e-7)
    step = 1e-4
    curvature = sum(s * loss(best.x + d * step, difference, result, weight) for s, d in ((1, 1), (-2, 0), (1, -1))) / step**2
    assert found.se == pytest.approx(1 / np.sqrt(curvature), rel=1e-4)
    assert (found.low, found.high) == pytest.approx((found.kappa - 1.959964 * found.se, found.kappa + 1.959964 * found.se), abs=1e-6)
    assert (found.spread, found.spread_low) == pytest.approx((2 * found.kappa, 2 * found.low))
    assert found.basis == "model"


def test_clustering_is_the_sandwich():
    difference, result, rng = outcomes(2)
    judge = rng.integers(0, 9, 200)
    found = holdout_calibration(difference, result, judge=judge)
    p = expit(found.kappa * difference)
    g = np.array([np.sum(((result + 1) / 2 - p)[judge == r] * difference[judge == r]) for r in range(9)])
    h = np.sum(p * (1 - p) * difference**2)
    assert found.se == pytest.approx(np.sqrt(9 / 8 * np.sum(g**2)) / h)
    assert (found.basis, found.df) == ("judge_cluster", 8)
    assert holdout_calibration(difference, result, judge=judge % 2).basis == "model"  # two judges tell nothing


def test_sides_and_rows_do_not_matter():
    difference, result, rng = outcomes(3)
    turned, order = np.where(rng.random(200) < 0.5, -1, 1), rng.permutation(200)
    here, there = holdout_calibration(difference, result), holdout_calibration((turned * difference)[order], (turned * result)[order])
    assert there.kappa == pytest.approx(here.kappa, abs=1e-10)
    assert there.accuracy == pytest.approx(here.accuracy)


def test_every_outcome_one_way_bounds_the_slope_on_one_side():
    difference = np.array([0.5, -1.0, 2.0, 0.3])
    found = holdout_calibration(difference, np.sign(difference).astype(int), spread=1.5)
    assert (found.kappa, found.high, found.basis, found.accuracy) == (np.inf, np.inf, "separated", 1.0)
    assert 2 * loss(found.low, difference, np.sign(difference), np.ones(4)) == pytest.approx(3.841459, abs=1e-5)
    worse = holdout_calibration(difference, -np.sign(difference).astype(int))
    assert (worse.kappa, worse.high) == (-np.inf, pytest.approx(-found.low))


def test_equal_worths_tell_nothing():
    found = holdout_calibration(np.zeros(3), np.array([1, -1, 1]))
    assert np.isnan(found.kappa)
    assert found.basis == "none"
    assert holdout_calibration(np.zeros(0), np.zeros(0, dtype=int)).comparisons == 0


def session(rng, truth, *, adaptive, holdout=SPECIAL):
    """Rounds of pairs, near neighbours on the scale so far or at random; a share of all pairs is never used for pairing."""
    n = len(truth)
    special = np.triu(rng.random((n, n)) < holdout, 1)
    special |= special.T
    barred, rows, worth = special.copy(), [], None  # nobody meets twice
    for _ in range(ROUNDS):
        order = rng.permutation(n) if worth is None else np.argsort(worth)
        free = list(order)
        while len(free) > 1:
            a = free.pop(0)
            b = next((x for x in free if not barred[a, x]), None)
            if b is None:
                continue
            free.remove(b)
            barred[a, b] = barred[b, a] = True
            rows.append((a, b, 1 if rng.random() < expit(truth[a] - truth[b]) else -1))
        left, right, result = np.array(rows).T
        counts = aggregate(left, right, result, None, n)
        if adaptive and is_connected(counts):
            worth = fit(counts, penalty="jeffreys", tolerance=ENOUGH).worth
    left, right, result = np.array(rows).T
    a, b = np.nonzero(np.triu(special))
    return left, right, result, a, b, np.where(rng.random(len(a)) < expit(truth[a] - truth[b]), 1, -1)


def study(rng, spread, *, adaptive, repetitions):
    """Means of separation reliability, split halves, slope, deflated spread, and of whether the slope may be zero."""
    out = []
    for seed in range(repetitions):
        left, right, result, a, b, held = session(rng, spread * rng.normal(size=PEOPLE), adaptive=adaptive)
        found = fit(aggregate(left, right, result, None, PEOPLE), penalty="jeffreys", tolerance=ENOUGH)
        apart = separation(found.worth, np.diag(found.covariance))
        judge = rng.integers(0, 10, len(left))
        halves = split_half(judge, left, right, result, PEOPLE, 10, splits=1, seed=seed).mean
        calibrated = holdout_calibration(found.worth[a] - found.worth[b], held, spread=apart.spread)
        out.append((apart.ssr, halves, calibrated.kappa, calibrated.spread, calibrated.low <= 0 <= calibrated.high))
    return np.mean(out, axis=0)


@pytest.mark.recovery
def test_adaptive_pairing_makes_a_scale_from_noise_and_the_holdout_exposes_it():
    """A toy prints the separation reliability of an adaptive scale: high for people who do not differ at all."""
    ssr, halves, kappa, deflated, holds_zero = study(np.random.default_rng(11), 0.0, adaptive=True, repetitions=6)
    assert ssr > 0.8
    assert halves > 0.7  # split halves do not rescue it
    assert abs(kappa) < 0.1
    assert abs(deflated) < 0.2
    assert holds_zero >= 0.5
    plain = study(np.random.default_rng(11), 0.0, adaptive=False, repetitions=6)
    assert plain[0] < 0.35


@pytest.mark.recovery
def test_true_differences_are_kept_by_the_deflated_spread():
    ssr, _, kappa, deflated, holds_zero = study(np.random.default_rng(12), 1.0, adaptive=True, repetitions=6)
    assert ssr > 0.85
    assert 0.15 < kappa < 0.45  # the scale is stretched
    assert 0.5 < deflated < 0.95  # the true standard deviation is 1
    assert holds_zero == 0
    plain = study(np.random.default_rng(12), 1.0, adaptive=False, repetitions=6)
    assert plain[2] == pytest.approx(plain[0], abs=0.12)  # with random pairs the slope is about the reliability


@pytest.mark.recovery
@pytest.mark.parametrize("judges", [None, 12])
def test_the_interval_covers_the_slope(judges):
    held = []
    for seed in range(1000):
        difference, result, rng = outcomes(1000 + seed, rows=150, slope=0.6)
        result = np.where(rng.random(150) < expit(0.6 * difference), 1, -1)
        found = holdout_calibration(difference, result, judge=None if judges is None else rng.integers(0, judges, 150))
        held.append(found.low <= 0.6 <= found.high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.025)  # two Monte Carlo errors, and a little for clustering by few judges

"""Blind re-rating, waiting times and later scores against plain oracles and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rankkit.kernels.grading.blind_rerating import rerating
from rankkit.kernels.grading.later_scores import later_scores
from rankkit.kernels.grading.waiting_times import waiting_times

TIGHT = 1e-10  # the same formula by another route
EXACT_BAND = 3.5  # Monte-Carlo standard errors around a nominal level


def test_difference_and_its_error_by_hand() -> None:
    found = rerating(3.0, 0.3, np.array([3.8]), np.array([0.4]), cut=3.5)
    assert (found.difference, found.sed) == (pytest.approx(0.8), pytest.approx(0.5))
    assert (found.low, found.high) == (pytest.approx(0.8 - 1.959964 * 0.5, abs=1e-6), pytest.approx(0.8 + 1.959964 * 0.5, abs=1e-6))
    assert found.supported == "undecided"
    shared = rerating(3.0, 0.3, np.array([3.8]), np.array([0.4]), cut=3.5, covariance=0.08)
    assert shared.sed == pytest.approx(0.3)
    assert shared.supported == "yes"
    weight = 0.3**-2 / (0.3**-2 + 0.4**-2)
    combined = weight * 3.0 + (1 - weight) * 3.8
    assert found.chance == pytest.approx(stats.norm.sf((3.5 - combined) * np.sqrt(0.3**-2 + 0.4**-2)), abs=TIGHT)
    assert rerating(3.0, 0.3, np.array([2.8]), np.array([0.1]), cut=4.0).supported == "no"
    assert rerating(3.0, 0.1, np.array([3.2]), np.array([0.1])).supported == "undecided"
    moved = rerating(4.2, 0.3, np.array([4.3]), np.array([0.3]), cut=4.0)  # the score reaches the grade, the committee did not give it
    assert (moved.needed, moved.supported) == (pytest.approx(-0.2), "yes")
    assert rerating(3.0, float("nan"), np.array([3.2]), np.array([0.1]), cut=3.1).supported == "undecided"
    assert rerating(2.0, 0.3, np.array([3.2]), np.array([0.1]), centre=3.0, reliability=0.7).expected == pytest.approx(0.3)


def test_a_single_rating_needs_its_error() -> None:
    with pytest.raises(ValueError, match="standard error"):
        rerating(3.0, 0.3, np.array([3.8]))
    with pytest.raises(ValueError, match="positive"):
        rerating(3.0, 0.3, np.array([3.8]), np.array([0.0]))


@pytest.mark.recovery
@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_the_interval_covers_the_difference(k: int) -> None:
    rng = np.random.default_rng(40 + k)
    runs, sx, sy, shift = 2500, 0.3, 0.25, 0.4
    hits = 0
    for _ in range(runs):
        scores = shift + rng.normal(0, sy, k)
        found = rerating(rng.normal(0, sx), sx, scores, np.full(k, sy) if k == 1 else None)
        hits += found.low <= shift <= found.high
    error = np.sqrt(0.95 * 0.05 / runs)
    assert hits / runs > 0.95 - EXACT_BAND * error  # Welch–Satterthwaite is close to nominal, a little above it with two raters
    assert hits / runs < 0.985


@pytest.mark.recovery
def test_low_scorers_rise_by_regression_alone_and_it_says_how_much() -> None:
    rng = np.random.default_rng(5)
    n, se = 20000, 0.5
    truth = rng.normal(3, 0.7, n)
    x, y = truth + rng.normal(0, se, n), truth + rng.normal(0, se, n)
    low = x < 2.2  # who appeals
    reliability = 0.49 / (0.49 + 0.25)
    expected = [
        rerating(a, se, np.array([b]), np.array([se]), centre=3.0, reliability=reliability).expected
        for a, b in zip(x[low], y[low], strict=True)
    ]
    mean_rise = float((y - x)[low].mean())
    assert mean_rise > 0.2  # the naive reading: "the raters were unfair to those who appealed"
    assert mean_rise == pytest.approx(float(np.mean(expected)), abs=4 * 0.7 / np.sqrt(low.sum()))


def plain_median(time: list[float], ended: list[bool]) -> float:
    """Product-limit median by the textbook."""
    survival = 1.0
    for t in sorted(set(time)):
        at_risk = sum(s >= t for s in time)
        d = sum(s == t and e for s, e in zip(time, ended, strict=True))
        survival *= 1 - d / at_risk
        if survival <= 0.5 + 1e-12:
            return t
    return float("nan")


def test_waiting_times_against_the_textbook() -> None:
    rng = np.random.default_rng(2)
    for _ in range(60):
        n = int(rng.integers(1, 15))
        t, e = rng.integers(1, 10, n).astype(float), rng.random(n) < 0.6
        found = waiting_times(t, e)
        assert found.median == pytest.approx(plain_median(t.tolist(), e.tolist()), nan_ok=True)
        if e.any():
            assert not found.low > found.high
            assert np.isnan(found.median) or found.low <= found.median <= found.high
    library = stats.ecdf(stats.CensoredData.right_censored([3.0, 5, 8, 12, 12, 20], np.array([0, 0, 1, 0, 1, 0], bool))).sf
    found = waiting_times(np.array([3.0, 5, 8, 12, 12, 20]), np.array([1, 1, 0, 1, 0, 1], bool))
    assert found.median == library.quantiles[np.argmax(library.probabilities <= 0.5)]


@pytest.mark.recovery
@pytest.mark.parametrize("n", [6, 12, 30])
def test_the_median_interval_covers(n: int) -> None:
    rng = np.random.default_rng(9)
    runs, hits = 1500, 0
    for _ in range(runs):
        t, c = rng.exponential(10, n), rng.uniform(0, 40, n)
        found = waiting_times(np.minimum(t, c), t <= c)
        hits += found.low <= 10 * np.log(2) <= found.high
    assert hits / runs > 0.95 - EXACT_BAND * np.sqrt(0.95 * 0.05 / runs)


def test_fewer_than_six_tell_no_end_of_the_interval_that_all_lie_beyond() -> None:
    """Five of five below the median happen in 1 of 32 cases, which is more than 2.5 %: a single appeal is no interval of one day."""
    alone = waiting_times(np.array([6.0]), np.array([True]))
    assert (alone.median, alone.low, alone.high) == (6.0, 0.0, np.inf)
    days = np.arange(1.0, 7.0)
    assert waiting_times(days[:5], np.ones(5, bool)).low == 0.0
    assert waiting_times(days, np.ones(6, bool)).low == 1.0


def test_later_scores_against_ordinary_least_squares() -> None:
    rng = np.random.default_rng(4)
    unit = rng.integers(0, 3, 50)
    x, group = rng.normal(size=50), rng.random(50) < 0.3
    y = 0.5 * x - 0.7 * group + unit + rng.normal(size=50)
    found = later_scores(y, x, unit, group, permutations=99)
    design = np.column_stack([group, x, *(unit == u for u in range(3))]).astype(float)
    beta = np.linalg.lstsq(design, y, rcond=None)[0]
    bread = np.linalg.inv(design.T @ design)
    h = np.einsum("ij,jk,ik->i", design, bread, design)
    meat = design.T @ (design * ((y - design @ beta) / (1 - h))[:, None] ** 2)
    assert (found.gap, found.slope) == (pytest.approx(beta[0], abs=TIGHT), pytest.approx(beta[1], abs=TIGHT))
    assert found.se == pytest.approx(np.sqrt((bread @ meat @ bread)[0, 0]), abs=TIGHT)
    assert np.isnan(later_scores(y[:4], x[:4], np.zeros(4, int), group[:4]).gap)
    alone = later_scores(y, x, np.arange(50), group)  # units of one person say nothing
    assert np.isnan(alone.gap)


def _later(rng: np.random.Generator, gap: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Two cycles of 60 people in four units; twelve of the low scorers appealed."""
    unit = np.repeat(np.arange(4), 15)
    truth = rng.normal(0, 0.7, 60) + 0.3 * unit
    x, y = truth + rng.normal(0, 0.4, 60), truth + rng.normal(0, 0.4, 60)
    group = np.zeros(60, bool)
    group[np.argsort(x + rng.normal(0, 0.5, 60))[:12]] = True
    return y - gap * group, x, unit, group


@pytest.mark.recovery
def test_later_scores_keep_their_level_and_find_a_gap() -> None:
    rng = np.random.default_rng(12)
    runs = 240
    null = [later_scores(*_later(rng, 0.0), permutations=199, seed=k) for k in range(runs)]
    error = np.sqrt(0.05 * 0.95 / runs)
    assert np.mean([f.p <= 0.05 for f in null]) <= 0.05 + 2 * error
    assert np.mean([f.low <= 0 <= f.high for f in null]) >= 0.95 - 2 * error
    found = [later_scores(*_later(rng, 0.6), permutations=199, seed=k) for k in range(80)]
    assert np.mean([f.p <= 0.05 for f in found]) > 0.7


def test_errors_in_the_earlier_scores_are_said() -> None:
    rng = np.random.default_rng(8)
    n = 40000
    truth = rng.normal(size=n)
    group = truth + rng.normal(size=n) < -1  # who stands lower truly, whatever the score says
    x, y = truth + rng.normal(size=n), truth.copy()
    found = later_scores(y, x, np.zeros(n, int), group, reliability=0.5, permutations=1)
    assert found.gap < -0.3  # nobody was treated differently: the error of the earlier score alone
    inside = np.var(truth[~group]) / np.var(x[~group])
    corrected = later_scores(y, x, np.zeros(n, int), group, reliability=float(inside), permutations=1).corrected
    assert abs(corrected) < 0.1

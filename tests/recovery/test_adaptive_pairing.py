"""What adaptive pairing does to reliability, how the hold-out shows it, and where it saves comparisons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import spearmanr

from rankkit.elicit.pairing import PairingSession
from rankkit.kernels.pairs import bradley_terry
from rankkit.kernels.pairs.holdout import HoldoutCalibration, holdout_calibration
from rankkit.kernels.pairs.pair_counts import aggregate
from rankkit.kernels.pairs.scale_reliability import separation
from tests.elicit.pairing_sessions import ids, run

pytestmark = pytest.mark.recovery


@dataclass
class Outcome:
    ssr: float
    holdout: HoldoutCalibration | None
    accuracy: float


def play(design: str, n: int, k: int, sd: float, seed: int) -> Outcome:
    """Simulate one session; fit without the hold-out, check against it, and rank people by all answers."""
    worth = np.random.default_rng([seed, 1]).normal(size=n) * sd
    session = PairingSession.start(ids(n), rater="r", design=design, k=k, seed=seed, repeats=0)
    run(session, worth, seed=seed)
    code = session.settings.code
    frame = session.frame()
    left, right = (frame[side].map(code).to_numpy() for side in ("left", "right"))
    result = np.where(frame["outcome"] == "left", 1, -1)
    held = (frame["design"] == "holdout").to_numpy()
    used = bradley_terry.fit(aggregate(left[~held], right[~held], result[~held], None, n), penalty="jeffreys")
    everything = bradley_terry.fit(aggregate(left, right, result, None, n), penalty="jeffreys")
    found = separation(used.worth, np.diag(used.covariance))
    check = None
    if held.any():
        check = holdout_calibration(used.worth[left[held]] - used.worth[right[held]], result[held], spread=float(used.worth.std(ddof=1)))
    accuracy = float(spearmanr(everything.worth, worth).statistic) if sd else float("nan")
    return Outcome(found.ssr, check, accuracy)


def many(design: str, n: int, k: int, sd: float, sessions: int) -> list[Outcome]:
    return [play(design, n, k, sd, seed) for seed in range(sessions)]


def test_without_true_differences_the_spread_is_spurious_and_the_hold_out_says_so():
    """Adaptive pairing of equals looks reliable, random pairing does not; held-out answers are unrelated to the worths."""
    adaptive, random = many("adaptive", 40, 16, 0.0, 8), many("random_regular", 40, 16, 0.0, 8)
    assert np.mean([o.ssr for o in adaptive]) > 0.75
    assert abs(np.mean([o.ssr for o in random])) < 0.45  # the estimate wanders around zero, also below
    kappa = [o.holdout.kappa for o in adaptive]
    assert abs(np.mean(kappa)) < 3.5 * np.std(kappa, ddof=1) / np.sqrt(8)
    assert abs(np.mean(kappa)) < 0.15
    assert sum(o.holdout.low <= 0 <= o.holdout.high for o in adaptive) >= 6


def test_with_true_differences_the_hold_out_brings_the_spread_back():
    found = many("adaptive", 40, 16, 1.5, 6)
    kappa = np.mean([o.holdout.kappa for o in found])
    assert 0.2 < kappa < 0.9
    deflated = np.mean([o.holdout.spread for o in found])
    assert abs(deflated - 1.5) < 0.45  # six sessions of one judge; the undeflated spread is twice the true one


def test_adaptive_pairing_needs_fewer_comparisons_where_people_differ_much():
    """Twelve adaptive comparisons each, hold-out included, rank people as well as sixteen random ones."""
    sessions = 12
    adaptive, same, more = (
        np.array([o.accuracy for o in many(design, 30, k, 3.0, sessions)])
        for design, k in (("adaptive", 12), ("random_regular", 12), ("random_regular", 16))
    )
    gain = adaptive - same
    assert gain.mean() > 2 * gain.std(ddof=1) / np.sqrt(sessions)
    assert adaptive.mean() > more.mean() - 2 * (adaptive - more).std(ddof=1) / np.sqrt(sessions)  # forty sessions: .955 and .955


@pytest.mark.thorough
def test_long_versions():
    """Sixty people, sixteen rounds, as in the published simulations."""
    equals = many("adaptive", 60, 16, 0.0, 60)
    kappa = np.array([o.holdout.kappa for o in equals])
    assert np.mean([o.ssr for o in equals]) > 0.78
    assert abs(kappa.mean()) < 0.06
    covered = np.mean([o.holdout.low <= 0 <= o.holdout.high for o in equals])
    assert covered > 0.95 - 3.5 * np.sqrt(0.95 * 0.05 / 60)
    different = many("adaptive", 60, 16, 1.0, 40)
    assert 0.1 < np.mean([o.holdout.kappa for o in different]) < 0.45
    swiss = many("swiss", 60, 16, 0.0, 40)
    assert np.mean([o.ssr for o in swiss]) > 0.5

"""Accuracy against true scores: the published identity, plain loops, coverage of the intervals, gains from training."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.errors import InsufficientDataError, RatingsError, SettingsError
from rankkit.kernels.rater_effects.accuracy_components import NAMES, accuracy_components, component_intervals
from rankkit.kernels.rater_effects.signal_detection import signal_detection

EXACT = 1e-12
T = np.array([[4.0, 3, 5], [3, 3, 2], [5, 4, 4], [2, 1, 3]])
Y = np.array([[5.0, 3, 4], [4, 3, 3], [5, 5, 4], [3, 3, 3]])


def tidy(y, rater="r", names="abcdefghijklmnopqrstuvwxyz"):
    n, k = y.shape
    rows = [(rater, names[i], f"d{j}", y[i, j]) for i in range(n) for j in range(k)]
    return pd.DataFrame(rows, columns=["rater", "ratee", "dimension", "score"])


def plain(y, t):
    """The four components with loops, as they are defined."""
    n, k = len(y), len(y[0])
    mean = lambda v: sum(v) / len(v)  # noqa: E731
    row = lambda a: [mean(a[i]) for i in range(n)]  # noqa: E731
    col = lambda a: [mean([a[i][j] for i in range(n)]) for j in range(k)]  # noqa: E731
    whole = lambda a: mean(row(a))  # noqa: E731
    e = (whole(y) - whole(t)) ** 2
    de = mean([((row(y)[i] - whole(y)) - (row(t)[i] - whole(t))) ** 2 for i in range(n)])
    sa = mean([((col(y)[j] - whole(y)) - (col(t)[j] - whole(t))) ** 2 for j in range(k)])
    inner = lambda a, i, j: a[i][j] - row(a)[i] - col(a)[j] + whole(a)  # noqa: E731
    da = mean([(inner(y, i, j) - inner(t, i, j)) ** 2 for i in range(n) for j in range(k)])
    return e, de, sa, da


def test_golden_components():
    found = accuracy_components(Y, T)
    np.testing.assert_allclose(found.squared, [0.25, 0.138889, 0.125, 0.319444], atol=5e-7)  # printed with six decimals
    assert found.distance_squared == pytest.approx(0.833333, abs=5e-7)
    assert found.borman == pytest.approx(0.87111, abs=5e-6)
    np.testing.assert_allclose(found.squared, plain(Y.tolist(), T.tolist()), rtol=EXACT)


def test_components_add_up_and_differential_elevation_has_its_parts():
    rng = np.random.default_rng(3)
    for n, k in ((2, 2), (7, 4), (30, 1), (1, 5)):
        y, t = rng.normal(size=(2, n, k))
        found = accuracy_components(y, t)
        assert found.squared.sum() == pytest.approx(np.mean((y - t) ** 2), rel=1e-10)
        if n > 1:
            (sy, st), r = found.spread[0], found.correlation[0]
            assert found.squared[1] == pytest.approx(sy**2 + st**2 - 2 * r * sy * st, rel=1e-9)


def test_correction_for_unreliable_truth_takes_the_expected_share():
    """Perfect raters, true scores with known error: the components are that error, and corrected they are nothing."""
    rng = np.random.default_rng(5)
    n, k, se = 12, 4, 0.5
    raw, corrected = np.zeros(4), np.zeros(4)
    for _ in range(400):
        truth = rng.normal(size=(n, k))
        found = accuracy_components(truth, truth + se * rng.normal(size=(n, k)), np.full((n, k), se))
        raw += found.squared / 400
        corrected += found.corrected / 400
    shares = np.array([1, n - 1, k - 1, (n - 1) * (k - 1)]) / (n * k) * se**2
    np.testing.assert_allclose(raw, shares, rtol=0.1)  # 400 replicates
    assert (corrected < 0.55 * raw).all()  # what is left is the flooring at 0


@pytest.mark.recovery
@pytest.mark.parametrize("n", [8, 25])
def test_intervals_of_components_cover(n):
    rng = np.random.default_rng(n)
    bias, sa, de, da, k, times = 0.4, 0.4, 0.5, 0.6, 5, 300
    c = rng.normal(size=k)
    c = (c - c.mean()) / c.std() * sa
    true = np.array([bias**2, de**2 + da**2 / k, sa**2, da**2 * (1 - 1 / k)])
    covered = np.zeros(4)
    for _ in range(times):
        low, high = component_intervals(bias + c + de * rng.normal(size=(n, 1)) + da * rng.normal(size=(n, k)))
        covered += (low <= true) & (true <= high)
    assert (covered / times > 0.95 - 3 * np.sqrt(0.05 * 0.95 / times)).all(), covered / times


def test_table_of_raters_names_who_is_left_out():
    frame = pd.concat([tidy(Y), tidy(Y - 1, "s"), tidy(Y[:1], "t").iloc[:1], tidy(T, "perfect")])
    frame.loc[(frame["rater"] == "s") & (frame["ratee"] == "a") & (frame["dimension"] == "d0"), "score"] = np.nan
    truth = tidy(T).drop(columns="rater").assign(se=0.2)
    found = rk.accuracy.components(frame, truth)
    assert found.raters.loc["s", "n"] == 3
    assert found.raters.loc["t", "n"] == 0
    assert found.raters.loc["t", "reason"]
    codes = set(found.messages["code"])
    assert {"I-PARTRATED", "W-FEWTRUE", "I-PERFECTR"} <= codes
    np.testing.assert_allclose(found.raters.loc["perfect", list(NAMES)].astype(float), 0, atol=1e-12)
    assert found.raters.loc["r", "elevation_corrected"] < found.raters.loc["r", "elevation"]
    assert found.dimensions.loc[("r", "d0"), "difference"] == pytest.approx(0.75)
    nothing = found.raters.isna().any(axis=1)
    assert (found.raters.loc[nothing, "reason"] != "").all()
    assert "Accuracy of 4 raters" in repr(found)


def test_bad_truth_is_explained():
    frame = tidy(Y)
    truth = tidy(T).drop(columns="rater")
    with pytest.raises(RatingsError, match="d2"):
        rk.accuracy.components(frame, truth[truth["dimension"] != "d2"])
    with pytest.raises(RatingsError, match="two true scores"):
        rk.accuracy.components(frame, pd.concat([truth, truth.iloc[:1]]))
    with pytest.raises(RatingsError, match="row 2"):
        rk.accuracy.components(frame, truth.assign(se=-1.0))
    with pytest.raises(InsufficientDataError):
        rk.accuracy.components(frame, truth.assign(ratee=truth["ratee"] + "x"))
    with pytest.raises(SettingsError):
        rk.accuracy.components(frame, truth, level=2)


def rated(truth, raters, error, rng):
    return pd.concat([truth.assign(rater=r, score=truth["score"] + error * rng.normal(size=len(truth))) for r in raters])


def test_training_gain_is_taken_off_the_comparison_groups():
    rng = np.random.default_rng(9)
    truth = tidy(rng.normal(size=(8, 3))).drop(columns="rater")
    before = rated(truth, "abcdefgh", 1.0, rng)
    after = pd.concat([rated(truth, "abcd", 0.4, rng), rated(truth, "efgh", 0.8, rng)])
    alone = rk.accuracy.training(before[before["rater"] < "e"], after[after["rater"] < "e"], truth)
    against = rk.accuracy.training(before, after, truth, trained=list("abcd"))
    assert (alone["gain"] > 0).sum() >= 4
    assert against.loc["differential_accuracy", "gain"] < alone.loc["differential_accuracy", "gain"]
    assert "practice is in the gain" in alone["assumes"].iloc[0]
    assert (alone["ci_low"] <= alone["gain"]).all()
    with pytest.raises(SettingsError):
        rk.accuracy.training(before, after, truth, trained=["nobody"])
    with pytest.raises(InsufficientDataError):
        rk.accuracy.training(before, after, truth, trained=["a", "b"])


def test_training_that_does_nothing_is_found_as_often_as_chance():
    rng = np.random.default_rng(10)
    truth = tidy(rng.normal(size=(8, 3))).drop(columns="rater")
    times, small = 60, 0
    for _ in range(times):
        found = rk.accuracy.training(rated(truth, "abcdef", 0.7, rng), rated(truth, "abcdef", 0.7, rng), truth)
        small += int((found["q"] < 0.05).any())
    assert small / times <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / times)


def test_observation_with_shares_of_nought_and_one_stays_finite():
    reports = pd.DataFrame(
        {"rater": ["a"] * 8 + ["b"] * 4, "reported": [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 1], "occurred": [1] * 4 + [0] * 4 + [1] * 4}
    )
    found = rk.accuracy.observation(reports)
    assert np.isfinite(found.loc["a", "d_prime"])
    assert found.loc["b", "reason"] == "all of the behaviours occurred"
    with pytest.raises(RatingsError, match="neither true nor false"):
        rk.accuracy.observation(reports.assign(reported="maybe"))
    with pytest.raises(RatingsError, match="reported"):
        rk.accuracy.observation(reports.drop(columns="reported"))
    zh = rk.accuracy.observation(reports.assign(reported=reports["reported"].map({1: "是", 0: "否"})))
    pd.testing.assert_frame_equal(zh, found)


def test_the_criterion_leans_with_the_observer_and_sensitivity_does_not():
    rng = np.random.default_rng(2)
    n, d = 4000, 1.2
    signal, noise = rng.normal(d, 1, n), rng.normal(0, 1, n)
    for criterion in (-0.4, 0.0, 0.6):
        cut = d / 2 + criterion
        found = signal_detection([(signal > cut).sum()], [n], [(noise > cut).sum()], [n])
        assert found.d_prime[0] == pytest.approx(d, abs=4 * found.d_prime_se[0])
        assert found.criterion[0] == pytest.approx(criterion, abs=4 * found.criterion_se[0])

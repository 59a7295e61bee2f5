"""Internal consistency of dimensions, through the public functions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.agreement import cronbach_alpha, omega
from rankkit.errors import InsufficientDataError, RatingsError, SettingsError
from rankkit.kernels.reliability import one_factor
from rankkit.kernels.reliability.internal_consistency import bonett_interval, feldt_interval, robust_interval
from rankkit.kernels.reliability.internal_consistency import cronbach_alpha as alpha_of
from tests.agreement.test_generalizability import simulated

EXACT = 1e-9


def wide(data):
    return data.pivot_table(index="ratee", columns="dimension", values="score").to_numpy()


def test_alpha_is_of_the_ratees_means_and_says_what_it_is():
    data = simulated(40, 4, 5, seed=1)
    row, direct = cronbach_alpha(data).iloc[0], alpha_of(wide(data))
    assert row["value"] == pytest.approx(direct.alpha, rel=EXACT)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((direct.low, direct.high), rel=EXACT)
    assert row["standardized"] == pytest.approx(direct.standardized, rel=EXACT)
    assert "internal consistency" in row["assumes"]
    assert "not agreement between raters" in row["assumes"]
    assert omega(data)["assumes"][0] == row["assumes"]


@pytest.mark.parametrize("interval", ["feldt", "bonett", "robust"])
def test_intervals(interval):
    data = simulated(40, 4, 5, seed=2)
    x = wide(data)
    alpha = alpha_of(x).alpha
    expected = {"feldt": feldt_interval(alpha, 40, 5), "bonett": bonett_interval(alpha, 40, 5), "robust": robust_interval(x)}[interval]
    row = cronbach_alpha(data, interval=interval).iloc[0]
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(expected, rel=1e-7)


def test_omega_is_of_the_ratees_means():
    data = simulated(60, 4, 5, seed=3)
    row, direct = omega(data).iloc[0], one_factor.omega(wide(data))
    assert row["value"] == pytest.approx(direct.omega, rel=1e-8)
    assert (row["ci_low"], row["ci_high"], row["p"]) == pytest.approx((direct.low, direct.high, direct.p), rel=1e-5)


def test_a_sheet_of_people_by_items():
    data = simulated(30, 4, 5, seed=4)
    sheet = pd.DataFrame(wide(data), columns=list("abcde"))
    assert cronbach_alpha(sheet)["value"][0] == pytest.approx(cronbach_alpha(data)["value"][0], rel=EXACT)
    with pytest.raises(RatingsError):
        cronbach_alpha(sheet.assign(name="x"))
    with pytest.raises(RatingsError):
        cronbach_alpha(sheet, by="source")


def test_a_row_a_group_of_raters_with_reasons_where_there_is_none():
    data = simulated(30, 5, 4, seed=5)
    data["source"] = data["rater"].map({"r0": "supervisor", "r1": "peer", "r2": "peer", "r3": "peer", "r4": "customer"})
    data = data[(data["source"] != "customer") | (data["dimension"] == "d0")]
    for found in (cronbach_alpha(data, by="source"), omega(data, by="source")):
        assert found["source"].tolist() == ["customer", "peer", "supervisor"]
        assert found["value"].notna().tolist() == [False, True, True]
        assert "at least" in found["reason"][0]
    peers = data[data["source"] == "peer"]
    assert cronbach_alpha(data, by="source")["value"][1] == pytest.approx(alpha_of(wide(peers)).alpha, rel=EXACT)


def test_gaps_go_through_a_model_and_leave_complete_tables_as_they_are():
    data = simulated(80, 3, 5, seed=6)
    whole = cronbach_alpha(data)["value"][0]
    ratees = data["ratee"].unique()
    rng = np.random.default_rng(6)
    lost = {(p, f"d{k}") for p in ratees[:40] for k in rng.choice(5, 1)}
    gap = data[[pair not in lost for pair in zip(data["ratee"], data["dimension"], strict=True)]]
    row = cronbach_alpha(gap).iloc[0]
    assert row["value"] == pytest.approx(whole, abs=0.03)
    assert row["ci_low"] < whole < row["ci_high"]
    assert "40 of 400 cells missing" in row["method"]
    assert row["reason"] == "no correlations: cells are missing"
    told = omega(gap).iloc[0]
    assert told["n"] == 40
    assert "40 people with gaps left out" in told["method"]


def test_self_ratings_stay_out_unless_asked_for():
    data = simulated(6, 6, 4, seed=7).assign(source="peer")
    data["ratee"] = data["ratee"].str.replace("p0", "r")
    data.loc[data["rater"] == data["ratee"], "source"] = "self"
    others = data[data["source"] == "peer"]
    assert cronbach_alpha(data)["value"][0] == pytest.approx(cronbach_alpha(others.drop(columns="source"))["value"][0])
    assert cronbach_alpha(data, by="source")["source"].tolist() == ["peer", "self"]


def test_degenerate_tables_have_reasons_or_named_errors():
    data = simulated(20, 3, 4, seed=8)
    flat = data.assign(score=np.where(data["dimension"] == "d0", 3.0, data["score"]))
    row = cronbach_alpha(flat).iloc[0]
    assert np.isfinite(row["value"])
    assert np.isnan(row["mean_correlation"])
    assert "does not vary" in row["reason"]
    row = cronbach_alpha(data.assign(score=3.0)).iloc[0]
    assert np.isnan(row["value"])
    assert "does not vary" in row["reason"]
    with pytest.raises(InsufficientDataError) as caught:
        omega(flat)
    assert caught.value.code == "E-ONEFACTOR"
    for function in (cronbach_alpha, omega):
        with pytest.raises(InsufficientDataError):
            function(data[data["dimension"] == "d0"])
        with pytest.raises(InsufficientDataError):
            function(data[data["ratee"].isin(["p00", "p01"])])
        with pytest.raises(SettingsError):
            function(data, level=2)
        with pytest.raises(SettingsError):
            function(data, by="rater")
    with pytest.raises(SettingsError):
        cronbach_alpha(data, interval="wald")
    lone = data[(data["ratee"].str[-1].astype(int) % 4) == data["dimension"].str[-1].astype(int)]
    with pytest.raises(InsufficientDataError):
        cronbach_alpha(lone)  # nobody on two dimensions


def test_published_halo():
    """US judges: nearly one factor."""
    data = rk.datasets.load("us_judge_ratings")
    assert cronbach_alpha(data)["value"][0] == pytest.approx(0.9900209, abs=5e-8)
    assert omega(data)["value"][0] == pytest.approx(0.991, abs=1e-3)


def test_alpha_says_nothing_of_raters_who_disagree():
    """Raters with views of their own, each consistent: α near one, agreement near zero."""
    data = simulated(40, 2, 6, seed=9, sd=(0.1, 0, 0, 1.5, 0.1, 0, 0.3))
    assert cronbach_alpha(data)["value"][0] > 0.95
    assert rk.agreement.icc(data).set_index("coefficient")["value"]["ICC(C,1)"] < 0.3


def test_limits_stay_within_what_the_coefficients_can_be():
    """Small tables had lower limits of −46; a share of variance is not negative."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        sheet = pd.DataFrame(rng.normal(size=(6, 3)) + (seed % 2) * rng.normal(size=(6, 1)))
        gappy = sheet.mask(rng.random(sheet.shape) < 0.15)
        for row in (cronbach_alpha(sheet).iloc[0], cronbach_alpha(gappy).iloc[0], omega(sheet).iloc[0]):
            assert min(row["value"], 0) <= row["ci_low"] <= row["value"] <= row["ci_high"] <= 1
            if row["value"] < 0 and "REML" not in row["method"]:
                assert "do not go together" in row["reason"]
                assert "cut at the estimate" in row["method"]


@pytest.mark.recovery
def test_cut_limits_of_alpha_cover():
    inside = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        x = pd.DataFrame(rng.normal(size=(12, 4)) + 0.5 * rng.normal(size=(12, 1)))  # α = .5
        row = cronbach_alpha(x).iloc[0]
        inside += row["ci_low"] <= 0.5 <= row["ci_high"]
    assert inside / 150 >= 0.95 - 2 * np.sqrt(0.05 * 0.95 / 150)

"""Standard error of measurement, smallest detectable difference, repeated occasions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit.agreement import measurement_error
from rankkit.agreement.measurement_error import sem, smallest_detectable_difference
from rankkit.errors import InsufficientDataError, RatingsError, SettingsError
from rankkit.kernels.reliability.intraclass import intraclass
from tests.agreement.test_generalizability import simulated

EXACT = 1e-9


def twice(n=30, m=3, d=2, shift=0.0, noise=0.4, seed=0):
    data = simulated(n, m, d, seed=seed)
    rng = np.random.default_rng(seed)
    parts = [data.assign(occasion=o, score=data["score"] + noise * rng.normal(size=len(data)) + o * shift) for o in (0, 1)]
    return pd.concat(parts, ignore_index=True)


def test_formulas():
    assert sem(2.0, 0.75) == pytest.approx(1.0)
    assert sem(2.0, -0.1) == 2.0
    assert sem(2.0, 1.0) == 0.0
    assert smallest_detectable_difference(1.0) == pytest.approx(2.771808, abs=1e-6)
    assert smallest_detectable_difference(1.0, 0.9) == pytest.approx(1.644854 * np.sqrt(2), abs=1e-6)


def test_impossible_settings():
    for call in (lambda: sem(-1, 0.5), lambda: sem(1, 1.1), lambda: sem(float("nan"), 0.5), lambda: sem(1, float("nan"))):
        with pytest.raises(SettingsError):
            call()
    with pytest.raises(SettingsError):
        smallest_detectable_difference(-1.0)
    with pytest.raises(SettingsError):
        smallest_detectable_difference(1.0, 1.0)


@pytest.mark.parametrize("unit", ["form", "ratee"])
def test_retest_by_hand(unit):
    data = twice(shift=0.2)
    found = measurement_error.test_retest(data, unit=unit).set_index("coefficient")
    keys = ["ratee", "rater"] if unit == "form" else ["ratee"]
    y = data.pivot_table(index=keys, columns="occasion", values="score").to_numpy()
    table = intraclass(y)
    assert found.loc["ICC(A,1) over occasions", "value"] == pytest.approx(table["ICC(A,1)"], rel=EXACT)
    assert found.loc["ICC(C,1) over occasions", "ci_low"] == pytest.approx(table.low[2], rel=1e-8)
    assert found.loc["mean change", "value"] == pytest.approx((y[:, 1] - y[:, 0]).mean(), rel=EXACT)
    within = np.sqrt(((y[:, 1] - y[:, 0]) ** 2).mean() / 2)
    assert found.loc["SEM", "value"] == pytest.approx(within, rel=EXACT)
    assert found.loc["smallest detectable difference", "value"] == pytest.approx(2.771808 * within, rel=1e-6)
    assert (found["n"] == len(y)).all()


def test_only_what_was_rated_every_time_counts():
    data = twice(seed=1)
    lost = data[~((data["ratee"] == "p00") & (data["occasion"] == 1))]
    assert (measurement_error.test_retest(lost)["n"] == 87).all()
    assert (measurement_error.test_retest(lost, unit="ratee")["n"] == 29).all()
    third = pd.concat([data, data[data["occasion"] == 0].assign(occasion=2)])
    found = measurement_error.test_retest(third, occasion="occasion", dimension="d0")
    assert "mean change" not in found["coefficient"].tolist()
    assert "3 occasions" in found["assumes"][0]


def test_refusals():
    data = twice(4, 2)
    with pytest.raises(RatingsError):
        measurement_error.test_retest(data.drop(columns="occasion").drop_duplicates(["rater", "ratee", "dimension"]))
    with pytest.raises(RatingsError):
        measurement_error.test_retest(data, dimension="d7")
    with pytest.raises(InsufficientDataError):
        measurement_error.test_retest(data[data["occasion"] == 0])
    with pytest.raises(InsufficientDataError):
        measurement_error.test_retest(data[data["ratee"] == "p00"])
    for options in ({"level": 0}, {"unit": "team"}):
        with pytest.raises(SettingsError):
            measurement_error.test_retest(data, **options)


def test_alike_at_every_time():
    found = measurement_error.test_retest(twice().assign(score=2.0)).set_index("coefficient")
    assert np.isnan(found.loc["ICC(A,1) over occasions", "value"])
    assert "do not vary" in found.loc["ICC(A,1) over occasions", "assumes"]
    assert found.loc["SEM", "value"] == 0


@pytest.mark.recovery
def test_intervals_of_the_standard_error_cover():
    rng = np.random.default_rng(2)
    hits = np.empty(150)
    for k in range(150):
        true = rng.normal(size=12)
        rows = [("r", f"p{i:02d}", o, true[i] + 0.5 * rng.normal()) for i in range(12) for o in (0, 1)]
        found = measurement_error.test_retest(pd.DataFrame(rows, columns=["rater", "ratee", "occasion", "score"]))
        row = found.set_index("coefficient").loc["SEM"]
        hits[k] = row["ci_low"] <= 0.5 <= row["ci_high"]
    assert 0.89 <= hits.mean() <= 1.0  # 95 % ± 3 Monte Carlo standard errors

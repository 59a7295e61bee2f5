"""Gaps in scores between groups: Welch's numbers, covariates, clusters, who is left out, what is hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

import rankkit as rk
from rankkit import calibration, simulate
from rankkit.errors import InsufficientDataError, SettingsError

CLOSE = 1e-9  # the same sums in another order


@pytest.fixture(scope="module")
def scores() -> rk.Result:
    return rk.GraphicRatingScale().fit(simulate.ratings(90, 6, dimensions=3, seed=4).table)


def groups(scores: rk.Result, values: list[str]) -> rk.Attributes:
    return rk.Attributes.from_frame(pd.DataFrame({"person": list(scores.people), "attribute": "gender", "value": values}))


def facts(scores: rk.Result, **columns: object) -> rk.People:
    return rk.People.from_frame(pd.DataFrame({"person": list(scores.people), **columns}))


def test_the_gap_is_welchs(scores: rk.Result) -> None:
    values = ["f"] * 25 + ["m"] * 65
    row = calibration.score_gaps(scores, groups(scores, values), reference={"gender": "m"}).table.iloc[0]
    x, y = scores.estimate[:25], scores.estimate[25:]
    peer = stats.ttest_ind(x, y, equal_var=False)
    interval = peer.confidence_interval(0.95)
    assert (row["group"], row["reference"], row["n"], row["n_reference"]) == ("f", "m", 25, 65)
    assert row["difference"] == pytest.approx(x.mean() - y.mean(), abs=CLOSE)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((interval.low, interval.high), abs=CLOSE)
    assert row["p"] == pytest.approx(peer.pvalue, abs=CLOSE)
    assert row["g"] == pytest.approx(row["difference"] / np.sqrt((24 * x.var(ddof=1) + 64 * y.var(ddof=1)) / 88) * (1 - 3 / (4 * 88 - 1)))


def test_the_same_gap_stands_in_the_impact_of_grades(scores: rk.Result) -> None:
    graded = rk.ForcedDistribution(shares={"A": 0.2, "B": 0.6, "C": 0.2}, ties="up").fit(scores)
    some = groups(scores, ["f"] * 25 + ["m"] * 65)
    people = facts(scores, tenure=[k % 7 for k in range(90)])
    found = calibration.impact(graded, some, people=people, covariates=["tenure"])
    alone = calibration.score_gaps(scores, some, people=people, covariates=["tenure"])
    pd.testing.assert_frame_equal(found.scores, alone.table)
    assert {n.code for n in alone.notes} <= {n.code for n in found.notes}


def test_beside_covariates_of_every_kind(scores: rk.Result) -> None:
    rng = np.random.default_rng(0)
    values = ["f", "m", "m"] * 30
    tenure = rng.normal(size=90)
    job = np.array(["desk", "field", "lab"])[rng.integers(0, 3, 90)]
    hired = pd.Timestamp(2015, 1, 1) + pd.to_timedelta(rng.integers(0, 3000, 90), unit="D")
    people = facts(scores, tenure=tenure, job_family=job, hire_date=hired.strftime("%Y-%m-%d"))
    found = calibration.score_gaps(
        scores, groups(scores, values), people=people, covariates=["tenure", "job_family", "hire_date"], reference={"gender": "m"}
    )
    row = found.table.iloc[0]
    days = (hired - pd.Timestamp(2000, 1, 1)).days
    X = np.column_stack([np.ones(90), np.array(values) == "f", tenure, job == "field", job == "lab", days]).astype(float)
    peer = sm.OLS(scores.estimate, X).fit(cov_type="HC3")
    assert row["adjusted"] == pytest.approx(peer.params[1], abs=1e-8)
    assert row["errors"] == "HC3"
    assert (row["adjusted_high"] - row["adjusted_low"]) / 2 >= 1.96 * peer.bse[1]  # t with Satterthwaite's df
    assert "W-IMPACTTAINTED" in {n.code for n in found.notes}
    assert "hide" in repr(found)


def test_a_tainted_covariate_hides_a_gap_and_it_is_said(scores: rk.Result) -> None:
    """Last year's rating, itself unequal, takes the gap away; the gap as it is stays in the table."""
    values = np.array(["f", "m"] * 45)
    shifted = replace(scores, estimate=scores.estimate - 0.8 * (values == "f"))
    rng = np.random.default_rng(1)
    people = facts(scores, last_year=shifted.estimate + 0.02 * rng.normal(size=90))
    found = calibration.score_gaps(
        shifted, groups(scores, list(values)), people=people, covariates=["last_year"], reference={"gender": "m"}
    )
    row = found.table.iloc[0]
    assert row["difference"] < -0.5
    assert row["p"] < 0.001
    assert abs(row["adjusted"]) < 0.05
    assert [n.code for n in found.notes] == ["W-IMPACTTAINTED"]


def test_clusters_widen_what_units_share(scores: rk.Result) -> None:
    values = [("f" if (k // 15) % 2 else "m") for k in range(90)]
    people = facts(scores, unit=[f"u{k // 15}" for k in range(90)])
    shared = replace(scores, estimate=scores.estimate + np.repeat([0.0, 0.9, -0.6, 0.4, -0.9, 0.2], 15))
    plain = calibration.score_gaps(shared, groups(scores, values), people=people, covariates=[], reference={"gender": "m"}).table.iloc[0]
    found = calibration.score_gaps(shared, groups(scores, values), people=people, cluster="unit", reference={"gender": "m"}).table.iloc[0]
    assert found["errors"] == "clustered"
    assert found["adjusted"] == pytest.approx(plain["difference"])
    assert found["adjusted_high"] - found["adjusted_low"] > 1.5 * (plain["ci_high"] - plain["ci_low"])
    few = facts(scores, unit=["a", "b"] * 45)
    told = calibration.score_gaps(scores, groups(scores, values), people=few, cluster="unit").table.iloc[0]
    assert np.isnan(told["adjusted"])
    assert told["reason"] == "too few clusters for their standard errors"


def test_missing_covariates_are_counted_and_small_groups_hidden(scores: rk.Result) -> None:
    tenure: list[float | None] = [float(k % 5) for k in range(90)]
    tenure[0] = tenure[40] = None
    people = facts(scores, tenure=tenure)
    found = calibration.score_gaps(scores, groups(scores, ["f", "m"] * 45), people=people, covariates=["tenure"])
    assert {n.code: n.details.get("n") for n in found.notes}["W-IMPACTCOVARIATE"] == 2
    assert int(found.table.iloc[0]["n_adjusted"]) in (43, 45)
    small = calibration.score_gaps(scores, groups(scores, ["x"] * 3 + ["f"] * 30 + ["m"] * 57))
    assert "x" not in set(small.table.get("group", []))
    assert "W-IMPACTSMALL" in {n.code for n in small.notes}
    shift = facts(scores, shift=["day"] * 30 + ["night"] * 60)
    told = calibration.score_gaps(scores, groups(scores, ["f"] * 30 + ["m"] * 60), people=shift, covariates=["shift"])
    assert told.table.iloc[0]["reason"] == "the covariates tell the group"


def test_rows_and_names_decide_nothing(scores: rk.Result) -> None:
    values = ["f", "m", "x"] * 30
    people = facts(scores, tenure=np.arange(90) % 8, unit=[f"u{k % 9}" for k in range(90)])
    frame = groups(scores, values).frame
    settings = {"people": people, "covariates": ["tenure"], "cluster": "unit"}
    one = calibration.score_gaps(scores, rk.Attributes.from_frame(frame), **settings)  # type: ignore[arg-type]
    other = calibration.score_gaps(scores, rk.Attributes.from_frame(frame.sample(frac=1, random_state=1)), **settings)  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(one.table, other.table)


def test_bad_input_is_explained(scores: rk.Result) -> None:
    some = groups(scores, ["f", "m"] * 45)
    for wrong in (
        {"covariates": ["tenure"]},
        {"cluster": "unit"},
        {"covariates": "tenure"},
        {"reference": {"gender": "q"}},
        {"min_group": 0},
    ):
        with pytest.raises(SettingsError):
            calibration.score_gaps(scores, some, **wrong)  # type: ignore[arg-type]
    with pytest.raises(SettingsError):
        calibration.score_gaps(scores, pd.DataFrame())  # type: ignore[arg-type]
    nobody = rk.Attributes.from_frame(pd.DataFrame({"person": ["?"], "attribute": ["gender"], "value": ["f"]}))
    with pytest.raises(InsufficientDataError):
        calibration.score_gaps(scores, nobody)

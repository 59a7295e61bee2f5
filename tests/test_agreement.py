"""agreement.icc: six named forms, complete and with gaps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import rankkit as rk
from rankkit.agreement import icc
from rankkit.errors import InsufficientDataError, RatingsError

REFERENCE = Path(__file__).resolve().parents[1].parent / "shared" / "reference" / "ratings"
FORMS = ["ICC(1,1)", "ICC(A,1)", "ICC(C,1)", "ICC(1,k)", "ICC(A,k)", "ICC(C,k)"]


def values(table):
    return table.set_index("coefficient")["value"]


def shrout_fleiss():
    return rk.datasets.frame("shrout_fleiss")


def test_forms_are_named_and_say_what_they_assume():
    found = icc(rk.datasets.load("shrout_fleiss"))
    assert found["coefficient"].tolist() == FORMS
    assert (found["assumes"].str.len() > 10).all()


def test_analysis_of_variance_by_hand():
    data = shrout_fleiss().pivot_table(index="ratee", columns="rater", values="score").to_numpy(dtype=float)
    n, k = data.shape
    row, col, grand = data.mean(axis=1), data.mean(axis=0), data.mean()
    msr = k * ((row - grand) ** 2).sum() / (n - 1)
    msc = n * ((col - grand) ** 2).sum() / (k - 1)
    mse = ((data - row[:, None] - col + grand) ** 2).sum() / ((n - 1) * (k - 1))
    msw = ((data - row[:, None]) ** 2).sum() / (n * (k - 1))
    found = values(icc(rk.datasets.load("shrout_fleiss")))
    expected = [
        (msr - msw) / (msr + (k - 1) * msw),
        (msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n),
        (msr - mse) / (msr + (k - 1) * mse),
        (msr - msw) / msr,
        (msr - mse) / (msr + (msc - mse) / n),
        (msr - mse) / msr,
    ]
    np.testing.assert_allclose(found[FORMS], expected, rtol=1e-10)


def test_missing_rating_by_components():
    """psych::ICC with lmer on the same table without S2 × J3: .19126, .30923, .74244 (lme4 converges to five digits)."""
    data = shrout_fleiss()
    gap = data[~((data["ratee"] == "S2") & (data["rater"] == "J3"))]
    assert len(gap) == 23
    found = values(icc(gap))
    np.testing.assert_allclose(found[FORMS[:3]], [0.19126, 0.30923, 0.74244], atol=1e-5)
    assert icc(gap)["assumes"].str.contains("REML").all()


@pytest.mark.reference_data
def test_missing_rating_against_the_reference_file():
    if not REFERENCE.exists():
        pytest.skip("reference files are not here")
    rows = json.loads((REFERENCE / "shrout_fleiss_missing_lmer.json").read_text())["psych_lmer"]
    data = shrout_fleiss()
    gap = data[~((data["ratee"] == "S2") & (data["rater"] == "J3"))]
    np.testing.assert_allclose(values(icc(gap))[FORMS[:3]], [r["ICC"] for r in rows[:3]], atol=2e-6)


def test_a_lone_dimension_and_the_mean_of_dimensions():
    data = rk.datasets.load("guilford_creativity")
    frame = data.frame.astype({"rater": str, "ratee": str, "dimension": str})
    one = data.dimensions[0]
    alone = frame[frame["dimension"] == one].drop(columns="dimension")
    np.testing.assert_allclose(values(icc(data, one)), values(icc(alone)), rtol=1e-10)
    mean = frame.groupby(["rater", "ratee"], as_index=False)["score"].mean()
    np.testing.assert_allclose(values(icc(data)), values(icc(mean)), rtol=1e-10)
    with pytest.raises(RatingsError):
        icc(data, "nonesuch")


def test_consistency_ignores_severity_and_agreement_does_not():
    rng = np.random.default_rng(2)
    merit = rng.normal(size=40)
    data = pd.DataFrame(
        [(f"r{b}", f"p{a:02d}", merit[a] + 2 * b + 0.5 * rng.normal()) for a in range(40) for b in range(4)],
        columns=["rater", "ratee", "score"],
    )
    lenient = data.assign(score=data["score"] + data["rater"].map({f"r{b}": 5.0 * b for b in range(4)}))
    a, b = values(icc(data)), values(icc(lenient))
    assert a["ICC(C,1)"] == pytest.approx(b["ICC(C,1)"])
    assert b["ICC(A,1)"] < a["ICC(A,1)"] < a["ICC(C,1)"]


def test_an_interval_at_another_level():
    narrow, wide = icc(rk.datasets.load("shrout_fleiss"), level=0.5), icc(rk.datasets.load("shrout_fleiss"), level=0.99)
    assert (narrow["ci_high"] - narrow["ci_low"] < wide["ci_high"] - wide["ci_low"]).all()
    row = icc(rk.datasets.load("shrout_fleiss")).set_index("coefficient").loc["ICC(C,1)"]
    assert row["p"] == pytest.approx(stats.f.sf(row["F"], row["df1"], row["df2"]))


@pytest.mark.parametrize(
    "rows",
    [
        [("a", "x", 1.0), ("b", "x", 2.0)],  # one person
        [("a", "x", 1.0), ("a", "y", 2.0)],  # one rater
        [("a", "x", 1.0), ("b", "y", 2.0)],  # nobody has two
    ],
)
def test_too_little(rows):
    with pytest.raises(InsufficientDataError):
        icc(pd.DataFrame(rows, columns=["rater", "ratee", "score"]))

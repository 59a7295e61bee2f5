"""The ten forms of McGraw and Wong, gaps, sparse designs, edge cases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.agreement import icc
from rankkit.agreement.intraclass_correlation import _complete, _composites, as_frame, coefficients
from rankkit.errors import InsufficientDataError, SettingsError
from tests.agreement.test_generalizability import simulated

PSYCH = 1e-4  # lme4's own optimiser, as the requirement has it
RANDOM = ["ICC(1,1)", "ICC(A,1)", "ICC(C,1)", "ICC(1,k)", "ICC(A,k)", "ICC(C,k)"]
FIXED = ["ICC(A,1), raters fixed", "ICC(C,1), raters fixed", "ICC(A,k), raters fixed", "ICC(C,k), raters fixed"]


def test_ten_forms():
    data = rk.datasets.load("shrout_fleiss")
    found = icc(data, raters="all").set_index("coefficient")
    assert found.index.tolist() == RANDOM + FIXED
    assert found["model"].nunique() == 3
    assert found["assumes"].nunique() == 10
    for form in FIXED:
        twin = form.replace(", raters fixed", "")
        numbers = ["value", "ci_low", "ci_high", "F", "df1", "df2", "p"]
        assert (found.loc[form, numbers] == found.loc[twin, numbers]).all()
    assert icc(data, raters="fixed")["coefficient"].tolist() == FIXED
    assert icc(data)["coefficient"].tolist() == RANDOM
    with pytest.raises(SettingsError):
        icc(data, raters="mixed")


def test_a_gap_as_psych_has_it():
    """psych::ICC through lme4 2.2.9, S2 × J3 left out: .19126 .30923 .74244."""
    data = rk.datasets.frame("shrout_fleiss")
    gap = data[~((data["ratee"] == "S2") & (data["rater"] == "J3"))]
    found = icc(gap, raters="all").set_index("coefficient")
    np.testing.assert_allclose(found.loc[RANDOM[:3], "value"], [0.19126, 0.30923, 0.74244], atol=PSYCH)
    assert found["assumes"].str.contains("REML").all()


def test_three_of_eight_raters_each():
    rng = np.random.default_rng(0)
    severity = 0.7 * rng.normal(size=8)
    rows = []
    for p in range(60):
        merit = rng.normal()
        rows += [(f"r{r}", f"p{p:02d}", merit + severity[r] + 0.6 * rng.normal()) for r in rng.choice(8, 3, replace=False)]
    found = icc(pd.DataFrame(rows, columns=["rater", "ratee", "score"])).set_index("coefficient")
    assert found["value"].notna().all()
    assert (found["ci_low"] < found["value"]).all()
    assert (found["value"] < found["ci_high"]).all()
    assert found.loc["ICC(C,1)", "ci_low"] < 1 / 1.36 < found.loc["ICC(C,1)", "ci_high"]


@pytest.mark.parametrize("dimensions", [1, 3])
def test_the_short_way_and_the_long_way_agree(dimensions):
    table = rk.Ratings.from_frame(simulated(12, 4, dimensions, seed=1).sample(frac=1, random_state=1))
    assert _complete(table, None) is not None
    long = as_frame(coefficients(_composites(table, None), 0.95))
    pd.testing.assert_frame_equal(icc(table), long, rtol=1e-9)


def test_the_short_way_is_not_taken_for_repeated_or_missing_cells():
    data = simulated(6, 3, 1, seed=2)
    doubled = pd.concat([data.iloc[1:].assign(occasion="a"), data.iloc[[1]].assign(occasion="b")])
    assert len(doubled) == 18
    assert _complete(rk.Ratings.from_frame(doubled), None) is None
    blank = data.assign(score=data["score"].where(data.index != 3))
    assert _complete(rk.Ratings.from_frame(blank), None) is None
    assert icc(blank)["assumes"].str.contains("REML").all()


def test_scores_that_do_not_vary_say_so():
    found = icc(simulated(5, 3, 1).assign(score=2.0), raters="all")
    assert found["value"].isna().all()
    assert found["assumes"].str.contains("do not vary").all()


def test_averages_without_raters():
    averaged = rk.Ratings.averaged(pd.DataFrame({"ratee": list("abc"), "score": [1.0, 2, 3]}))
    with pytest.raises(InsufficientDataError):
        icc(averaged)


@pytest.mark.recovery
@pytest.mark.parametrize(("n", "m", "var"), [(20, 4, (1.0, 0.4, 0.6)), (15, 3, (0.5, 0.1, 1.0)), (30, 8, (1.0, 1.0, 0.5))])
def test_intervals_of_all_forms_cover(n, m, var):
    """ICC(1,·) is judged on one-way data, where it is the coefficient; the others on crossed raters."""
    from rankkit.kernels.reliability.intraclass import intraclass

    reps = 1000
    rng = np.random.default_rng(n)
    a, b, e = var
    truth = np.array([a / (a + b + e), a / (a + b + e), a / (a + e), a / (a + (b + e) / m), a / (a + (b + e) / m), a / (a + e / m)])
    hits = np.empty((reps, 6))
    for k in range(reps):
        person = a**0.5 * rng.normal(size=(n, 1))
        crossed = intraclass(person + b**0.5 * rng.normal(size=m) + e**0.5 * rng.normal(size=(n, m)))
        one_way = intraclass(person + (b + e) ** 0.5 * rng.normal(size=(n, m)))
        low, high = (np.where([1, 0, 0, 1, 0, 0], getattr(one_way, x), getattr(crossed, x)) for x in ("low", "high"))
        hits[k] = (low <= truth) & (truth <= high)
    coverage = hits.mean(axis=0)
    assert np.all(coverage > 0.93)  # 95 % − 3 Monte Carlo standard errors
    assert np.all(coverage < 0.975)

"""Intervals of multi-source composites cover, and blind spots are found no more often than their level says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import rankkit as rk
from tests.multi_source_panels import panel

DESIGNS = {
    "raters of one's own": {},
    "shared raters": {"pools": {"peer": 20, "subordinate": 25, "customer": 12}},
    "few experts": {"sizes": {"peer": (2, 5), "customer": (3, 3)}, "pools": {"customer": 5}},
    "fifteen people": {"n": 15},
    "missing": {"missing": {"customer": 0.4, "subordinate": 0.3}},
    "missing, shared": {"missing": {"customer": 0.4}, "pools": {"peer": 20, "subordinate": 25, "customer": 12}},
}
SHORT, LONG = 12, 500
LOW, HIGH = 0.94, 0.96
CLOSE = 3.5  # Monte-Carlo errors


def intervals(name, how, seed):
    """Which scores and which differences lie within their intervals, in one sample."""
    rng = np.random.default_rng(seed)
    made = panel(rng, **DESIGNS[name])
    weights = dict.fromkeys(made.views, 1 / made.views.shape[1])
    result = rk.MultiSourceFeedback(missing_source=how, min_weight=0.3).fit(made.frame)
    truth = (made.renormalised if how == "renormalise" else made.composite)(weights).loc[list(result.people)].to_numpy()
    scores = result.scores
    inside = ((scores["ci_low"] <= truth) & (truth <= scores["ci_high"]))[scores["score"].notna()]
    error = (scores["score"] - truth).dropna().to_numpy()
    V = result.covariance.dense()
    a, b = rng.integers(0, len(V), (2, 60))
    a, b = a[a != b], b[a != b]
    se = np.sqrt(V[a, a] + V[b, b] - 2 * V[a, b])
    return inside.mean(), (np.abs(error[a] - error[b]) <= stats.t.ppf(0.975, result.df_difference) * se).mean()


CASES = [(name, how) for name in DESIGNS for how in (("renormalise", "impute_eb") if "missing" in name else ("renormalise",))]


@pytest.mark.recovery
@pytest.mark.parametrize(("name", "how"), CASES)
def test_coverage_short(name, how):
    found = np.array([intervals(name, how, k) for k in range(SHORT)])
    error = found.std(axis=0, ddof=1) / np.sqrt(SHORT)
    assert (found.mean(axis=0) >= LOW - CLOSE * error).all()
    assert (found.mean(axis=0) <= HIGH + 0.01 + CLOSE * error).all()


@pytest.mark.thorough
@pytest.mark.recovery
@pytest.mark.parametrize(("name", "how"), CASES)
def test_coverage(name, how):
    found = np.array([intervals(name, how, 10_000 + k) for k in range(LONG)])
    error = found.std(axis=0, ddof=1) / np.sqrt(LONG)
    assert (found.mean(axis=0) >= LOW - 2 * error).all()
    assert (found.mean(axis=0) <= HIGH + 2 * error).all()


def self_rated(seed, gap=0.0, r_self=0.7, n=40):
    """Nobody sees themselves otherwise than others do, but for ``gap`` in the first five; self ratings err as declared."""
    rng = np.random.default_rng(seed)
    made = panel(rng, n, dimensions=1, specific=0.0)
    true = made.views.mean(axis=1)
    error = np.sqrt(np.var(true, ddof=1) * (1 - r_self) / r_self)
    own = true + rng.normal(0, error, n) + gap * (np.arange(n) < 5)
    rows = pd.DataFrame({"rater": true.index, "ratee": true.index, "source": "self", "dimension": "d0", "score": own.to_numpy()})
    return rk.MultiSourceFeedback(self_reliability=r_self).fit(pd.concat([made.frame, rows], ignore_index=True)).self_other


@pytest.mark.recovery
def test_blind_spots_hold_their_level_and_categories_do_not():
    found = [self_rated(k) for k in range(SHORT)]
    rate = np.array([(f["finding"] != "").mean() for f in found])
    assert rate.mean() <= 0.05 + 2 * rate.std(ddof=1) / np.sqrt(SHORT)
    toy = np.mean([f["category"].isin(["over", "under"]).mean() for f in found])
    assert toy > 0.5  # half a standard deviation calls most people over- or underraters where nobody is


@pytest.mark.recovery
def test_large_differences_are_found():
    power = np.mean([(self_rated(k, gap=1.5)["finding"].iloc[:5] == "blind spot").mean() for k in range(SHORT)])
    assert power > 0.6

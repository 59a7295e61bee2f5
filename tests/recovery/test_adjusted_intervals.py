"""Intervals of scores with severity taken out cover the truth, whoever rates whom; strong teams are not taken for lenient raters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk

pytestmark = pytest.mark.recovery
SHORT, LONG = 60, 600


def partly_crossed(rng, n, m, k, severity, error, team=0.0):
    """Ratings by k of m raters; with ``team`` the people of higher merit meet certain raters more often."""
    merit = rng.normal(size=n)
    rows = []
    for i in range(n):
        lure = team * merit[i] * np.linspace(-1, 1, m)
        for r in np.argsort(-(lure + rng.gumbel(size=m)))[:k]:
            rows.append((r, i))
    r, i = np.array(rows).T
    score = merit[i] + (severity * rng.normal(size=m))[r] + error * rng.normal(size=len(r))
    return pd.DataFrame({"rater": [f"r{x}" for x in r], "ratee": [f"p{x:02d}" for x in i], "score": score}), merit


def coverage(replicates, adjust, **design):
    rng = np.random.default_rng(11)
    single, difference, raw, fair = [], [], [], []
    for _ in range(replicates):
        frame, merit = partly_crossed(rng, **design)
        found = rk.GraphicRatingScale(adjust=adjust).fit(frame)
        if found.design.kind != "partially_crossed" or found.covariance is None:
            continue
        table = found.scores
        single.append(((table["ci_low"] <= merit) & (merit <= table["ci_high"])).mean())
        d = [found.difference(f"p{a:02d}", f"p{a + 1:02d}") for a in range(0, len(merit) - 1, 3)]
        gap = [merit[a] - merit[a + 1] for a in range(0, len(merit) - 1, 3)]
        difference.append(np.mean([x.ci_low <= g <= x.ci_high for x, g in zip(d, gap, strict=True)]))
        fair.append(np.corrcoef(found.estimate, merit)[0, 1])
        raw.append(np.corrcoef(found.changes["raw_score"].reindex(list(found.people)), merit)[0, 1])
    return np.mean(single), np.mean(difference), np.mean(raw), np.mean(fair), len(single)


@pytest.mark.parametrize("team", [0.0, 1.5], ids=["at random", "strong people meet certain raters"])
def test_scores_without_severity_cover(team):
    single, difference, raw, fair, used = coverage(SHORT, "severity", n=30, m=6, k=3, severity=0.8, error=0.6, team=team)
    assert used > SHORT * 0.9
    error = 3 * np.sqrt(0.05 * 0.95 / used)  # people of one panel share its severity: count panels, not people
    assert abs(single - 0.95) < error
    assert abs(difference - 0.95) < 0.03  # many differences a panel, nearly independent
    assert fair > raw


@pytest.mark.thorough
@pytest.mark.parametrize("team", [0.0, 1.5])
@pytest.mark.parametrize(("m", "k", "severity"), [(6, 2, 0.8), (6, 3, 0.3), (12, 2, 1.2), (4, 3, 0.8)])
def test_scores_without_severity_cover_at_length(m, k, severity, team):
    single, difference, raw, fair, used = coverage(LONG, "severity", n=30, m=m, k=k, severity=severity, error=0.6, team=team)
    print(f"{m=} {k=} {severity=} {team=}: scores {single:.3f}, differences {difference:.3f}, r {raw:.3f} to {fair:.3f}, {used=}")
    assert 0.935 < single < 0.975
    assert 0.935 < difference < 0.965

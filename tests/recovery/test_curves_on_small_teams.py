"""A curve on small teams finds the wrong people: how many of those in the lowest grade are among the company's lowest tenth."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from rankkit import ForcedDistribution, People
from tests.methods.test_forced_distribution import scored

pytestmark = pytest.mark.recovery

PEOPLE, REPLICATES = 140, 40
BETWEEN, ERROR = 0.1, 0.35  # variances, of true scores 1 in all: teams differ modestly, reliability .74
MONTE_CARLO = 0.06  # four standard errors: a share of 14 to 28 people has one of about .1, its mean over 40 of .015


def truly_lowest(size, low):
    """Share of the lowest grade that belongs to the lowest 14: each team with its own curve, and small teams pooled."""
    rng = np.random.default_rng(7)
    team = np.arange(PEOPLE) // size
    shares = {"B": 1 - Fraction(low, size), "C": Fraction(low, size)}
    found = []
    for _ in range(REPLICATES):
        true = rng.normal(0, BETWEEN**0.5, PEOPLE // size)[team] + rng.normal(0, (1 - BETWEEN) ** 0.5, PEOPLE)
        source = scored(true + rng.normal(0, ERROR**0.5, PEOPLE))
        people = People.from_frame(pd.DataFrame({"person": source.people, "unit": [f"t{k}" for k in team], "above": "all"}))
        lowest = np.isin(np.arange(PEOPLE), np.argsort(true)[:14])
        for least in (1, PEOPLE):
            curve = ForcedDistribution(shares=shares, scope="unit", parents="above", min_unit=least).fit(source, people=people)
            given = (curve.grades["grade"] == "C").to_numpy()
            assert given.sum() == PEOPLE * low // size
            found.append(lowest[given].mean())
    return np.reshape(found, (REPLICATES, 2)).mean(axis=0)


@pytest.mark.parametrize(
    ("size", "low", "within", "pooled"), [(5, 1, 0.33, 0.42), (7, 1, 0.40, 0.53), (10, 1, 0.48, 0.63), (20, 2, 0.52, 0.62)]
)
def test_the_lowest_of_each_small_team_are_not_the_lowest(size, low, within, pooled):
    np.testing.assert_allclose(truly_lowest(size, low), [within, pooled], atol=MONTE_CARLO)

"""Grade probabilities by unit mean what they say, for curves of everybody, of each unit, and of units within company totals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit import ForcedDistribution, People
from rankkit.kernels.covariance import Dense
from rankkit.kernels.grading.quota_assignment import assign
from rankkit.kernels.grading.ruled_grades import place
from rankkit.result import Result

pytestmark = pytest.mark.recovery

SHARES = {"A": 0.2, "B": 0.6, "C": 0.2}
EDGES = np.array([0.0, 0.05, 0.15, 0.3, 0.5, 0.65, 0.75, 0.85, 0.95, 1.0])
SEVENTY = 5  # the bin .65–.75
REPLICATES = 80
UNITS = np.repeat(np.arange(4), 25)
SD_TRUE, SD_UNIT, SD_ERROR = 0.6, 0.5, 0.4
FROM_ESTIMATED_SPREAD = 0.02  # τ² is estimated and taken for known
PEOPLE = People.from_frame(pd.DataFrame({"person": [f"p{k:03d}" for k in range(100)], "unit": [f"u{g}" for g in UNITS]}))


def result(estimate, covariance):
    n = len(estimate)
    people = tuple(f"p{k:03d}" for k in range(n))
    return Result(
        method="Given", people=people, labels={p: p for p in people}, estimate=estimate, status=("scored",) * n, reasons=(None,) * n,
        n_raters=np.full(n, 3), n_obs=np.full(n, 3), covariance=covariance, df=np.full(n, np.inf), unit="scale points",
    )  # fmt: skip


def predicted_and_realised(scope, replicates=REPLICATES, **settings):
    predicted, realised = [], []
    for k in range(replicates):
        rng = np.random.default_rng(1000 + k)
        true = rng.normal(0, SD_UNIT if scope != "company" else 0.0, 4)[UNITS] + rng.normal(0, SD_TRUE, 100)
        noise = SD_ERROR * (rng.normal(size=100) + 0.5 * rng.normal(size=4)[UNITS])  # partly shared within units
        covariance = SD_ERROR**2 * (np.eye(100) + 0.25 * (UNITS[:, None] == UNITS[None, :]))
        found = ForcedDistribution(shares=SHARES, scope=scope, seed=k, **settings).fit(
            result(true + noise, Dense(covariance)), people=PEOPLE
        )
        grade = np.empty(100, dtype=int)
        if settings.get("floors"):
            worst = np.where(np.isin(PEOPLE.ids, list(settings["floors"])), 1, 2)
            grade = place(true[None, :], found.quota["seats"].to_numpy(), np.zeros(100, int), worst)[0]
        elif scope == "company":
            grade = assign(true, found.quota["seats"].to_numpy()).grade
        else:
            for g in range(4):
                grade[g == UNITS] = assign(true[g == UNITS], found.unit_quota.loc[f"u{g}", "seats"].to_numpy()).grade
        predicted.append(found.probabilities.to_numpy().ravel())
        realised.append((grade[:, None] == np.arange(3)).ravel())
    return np.concatenate(predicted), np.concatenate(realised).astype(float)


@pytest.mark.parametrize(
    ("scope", "settings"),
    [("company", {}), ("unit", {}), ("hybrid", {}), ("company", {"floors": {f"p{k:03d}": "B" for k in range(0, 100, 4)}})],
    ids=["company", "unit", "hybrid", "floors"],
)
def test_of_people_given_seventy_per_cent_seventy_per_cent_belong_there(scope, settings):
    predicted, realised = predicted_and_realised(scope, **settings)
    place_ = np.clip(np.digitize(predicted, EDGES) - 1, 0, len(EDGES) - 2)
    n = np.bincount(place_, minlength=len(EDGES) - 1)
    mean, share = np.bincount(place_, predicted) / n, np.bincount(place_, realised) / n
    error = np.sqrt(mean * (1 - mean) / n)
    assert n[SEVENTY] > 500
    assert (np.abs(share - mean) < FROM_ESTIMATED_SPREAD + 2.5 * error).all()

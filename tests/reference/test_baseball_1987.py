"""American League East 1987, home and away together; Agresti (2002), Categorical Data Analysis, pp. 437-438."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import rankkit as rk

R_COVARIANCE = 2e-5  # relative; R stops its weights one step early
REFERENCE = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "pairs" / "baseball1987_plain.json"
TEAMS = ["Boston", "Cleveland", "Detroit", "Milwaukee", "New York", "Toronto"]


@pytest.fixture
def result():
    return rk.PairedComparison().fit(rk.datasets.load("baseball_1987"))


def against_baltimore(result):
    place = {p: k for k, p in enumerate(result.people)}
    m = np.zeros((6, 7))
    for row, name in enumerate(TEAMS):
        m[row, place[name]], m[row, place["Baltimore"]] = 1, -1
    return m @ result.estimate, m @ result.covariance.dense() @ m.T


def test_published_worths(result):
    """Milwaukee 1.58, Detroit 1.44, Toronto 1.29, New York 1.25, Boston 1.11, Cleveland .68, Baltimore 0."""
    worth, _ = against_baltimore(result)
    np.testing.assert_allclose(worth, [1.11, 0.68, 1.44, 1.58, 1.25, 1.29], atol=0.006)
    assert result.scores.sort_values("rank").index[0] == "Milwaukee"
    assert result.scores.sort_values("rank").index[-1] == "Baltimore"


def test_more_digits(result):
    """BradleyTerry2 1.1.2, teams only."""
    worth, covariance = against_baltimore(result)
    np.testing.assert_allclose(worth, [1.10770, 0.68385, 1.43641, 1.58136, 1.24762, 1.29449], atol=6e-6)
    np.testing.assert_allclose(
        np.sqrt(np.diag(covariance)), [0.333878, 0.331876, 0.339568, 0.343256, 0.335861, 0.336669], rtol=R_COVARIANCE
    )


def test_every_team_played_every_other_thirteen_times(result):
    assert result.design.kind == "complete"
    assert (result.record["comparisons"] == 78).all()
    assert result.existence == "finite"


def test_deviance_between_models(result):
    """44.05 on 36 with home and away apart less the lack of fit that home and away explain: 7 × 13 games in 21 pairs."""
    wins = rk.datasets.load("baseball_1987")
    saturated = 0.0
    for i in range(7):
        for j in range(i):
            won = sum(
                c for a, b, r, c in zip(wins.left, wins.right, wins.result, wins.count, strict=True) if (a, b, r) in ((i, j, 1), (j, i, -1))
            )
            lost = sum(
                c for a, b, r, c in zip(wins.left, wins.right, wins.result, wins.count, strict=True) if (a, b, r) in ((i, j, -1), (j, i, 1))
            )
            saturated += sum(x * np.log(x / (won + lost)) for x in (won, lost) if x)
    assert result.deviance == pytest.approx(2 * (saturated - result.loglik), abs=1e-8)
    assert result.deviance_df == 21 - 6


@pytest.mark.reference_data
def test_whole_covariance(result):
    if not REFERENCE.exists():
        pytest.skip("reference files are not here")
    reference = json.loads(REFERENCE.read_text())
    worth, covariance = against_baltimore(result)
    np.testing.assert_allclose(worth, reference["coef"]["Estimate"], atol=1e-7)
    np.testing.assert_allclose(covariance, reference["vcov"]["values"], rtol=R_COVARIANCE)

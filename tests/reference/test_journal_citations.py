"""Stigler (1994) citations among four journals; Agresti (2002), Categorical Data Analysis, p. 448."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import rankkit as rk

PRINTED = 5e-4
R_COVARIANCE = 2e-5  # relative; R stops its weights one step early
REFERENCE = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "pairs" / "citations_stigler1994.json"
ORDER = ["Comm Statist", "JASA", "JRSS-B"]


@pytest.fixture
def result():
    return rk.PairedComparison().fit(rk.datasets.load("journal_citations"))


def against_biometrika(result):
    """Worths and covariance relative to Biometrika, as R writes them."""
    place = {p: k for k, p in enumerate(result.people)}
    m = np.zeros((3, 4))
    for row, name in enumerate(ORDER):
        m[row, place[name]], m[row, place["Biometrika"]] = 1, -1
    return m @ result.estimate, m @ result.covariance.dense() @ m.T


def test_published_worths(result):
    worth, _ = against_biometrika(result)
    np.testing.assert_allclose(worth, [-2.949, -0.480, 0.269], atol=PRINTED)


def test_more_digits_and_standard_errors(result):
    """BradleyTerry2 1.1.2."""
    worth, covariance = against_biometrika(result)
    np.testing.assert_allclose(worth, [-2.949072, -0.479570, 0.268954], atol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), [0.1025453, 0.0605887, 0.0708300], rtol=R_COVARIANCE)
    assert result.difference("JASA", "Biometrika").se == pytest.approx(0.0605887, rel=R_COVARIANCE)
    assert result.deviance == pytest.approx(4.293384, abs=1e-5)
    assert result.deviance_df == 3


@pytest.mark.reference_data
def test_whole_covariance(result):
    if not REFERENCE.exists():
        pytest.skip("reference files are not here")
    reference = json.loads(REFERENCE.read_text())
    worth, covariance = against_biometrika(result)
    np.testing.assert_allclose(worth, reference["coef"]["Estimate"], atol=1e-7)
    np.testing.assert_allclose(covariance, reference["vcov"]["values"], rtol=R_COVARIANCE)
    assert result.deviance == pytest.approx(reference["deviance"], abs=1e-7)

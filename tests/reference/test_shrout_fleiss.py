"""Shrout & Fleiss (1979), Psychological Bulletin 86, 420-428, Table 4: six targets, four judges."""

from __future__ import annotations

import numpy as np
import pytest

import rankkit as rk

PRINTED = 0.005  # two decimals


@pytest.fixture
def table():
    return rk.agreement.icc(rk.datasets.load("shrout_fleiss")).set_index("coefficient")


def test_published_coefficients(table):
    published = {"ICC(1,1)": 0.17, "ICC(A,1)": 0.29, "ICC(C,1)": 0.71, "ICC(1,k)": 0.44, "ICC(A,k)": 0.62, "ICC(C,k)": 0.91}
    for form, value in published.items():
        assert table.loc[form, "value"] == pytest.approx(value, abs=PRINTED)


def test_more_digits_and_intervals(table):
    """psych::ICC 2.2.9 on the same table."""
    digits = {"ICC(1,1)": 0.16574, "ICC(A,1)": 0.28976, "ICC(C,1)": 0.71484, "ICC(1,k)": 0.44280, "ICC(A,k)": 0.62005, "ICC(C,k)": 0.90932}
    for form, value in digits.items():
        assert table.loc[form, "value"] == pytest.approx(value, abs=6e-6)
    np.testing.assert_allclose(table.loc["ICC(A,1)", ["ci_low", "ci_high"]].astype(float), [0.01879, 0.7611], atol=6e-5)
    np.testing.assert_allclose(table.loc["ICC(C,1)", ["ci_low", "ci_high"]].astype(float), [0.34247, 0.9459], atol=6e-5)


def test_scale_scores_and_components():
    """REML ratee 2.555563, rater 5.244451, residual 1.019443 (lme4)."""
    found = rk.GraphicRatingScale().fit(rk.datasets.load("shrout_fleiss"))
    np.testing.assert_allclose(found.components["variance"], [2.555563, 5.244451, 1.019443], atol=1e-5)
    np.testing.assert_allclose(found.scores["se"], np.sqrt((5.244451 + 1.019443) / 4), atol=1e-5)
    assert found.difference("S1", "S2").se == pytest.approx(np.sqrt(2 * 1.019443 / 4), abs=1e-5)
    value = found.reliability.set_index("coefficient")["value"]
    assert value["ICC(A,k)"] == pytest.approx(0.62005, abs=6e-6)
    assert value["ICC(C,k)"] == pytest.approx(0.90932, abs=6e-6)

"""Lawyers' ratings of 43 judges, averaged (New Haven Register 1977): halo in the extreme."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk


@pytest.fixture
def result():
    return rk.GraphicRatingScale().fit(rk.datasets.load("us_judge_ratings"))


def wide():
    return rk.datasets.frame("us_judge_ratings").pivot_table(index="ratee", columns="dimension", values="score")


def test_one_factor_carries_eleven_traits():
    values = np.linalg.eigvalsh(np.corrcoef(wide().to_numpy(), rowvar=False))[::-1]
    np.testing.assert_allclose(values[:4], [10.1334, 0.4246, 0.2553, 0.0913], atol=5e-5)


def test_alpha_is_reported_as_consistency_and_enters_no_standard_error(result):
    alpha = result.reliability.set_index("coefficient").loc["Cronbach's α"]
    assert alpha["value"] == pytest.approx(0.9900209, abs=5e-8)  # raw α, psych 2.2.9
    assert "not agreement" in alpha["assumes"]
    assert result.se_basis == "none"
    assert result.scores["se"].isna().all()
    assert "I-NORATERS" in set(result.messages["code"])


def test_scores_are_means_of_traits(result):
    expected = wide().mean(axis=1)
    np.testing.assert_allclose(result.scores["score"], expected[list(result.people)])
    assert (
        result.scores["rank"].to_list() == expected.round(9).rank(ascending=False, method="min")[list(result.people)].astype(int).to_list()
    )
    assert result.scores["rank_low"].isna().all()


def test_grades_without_probabilities(result):
    grades = rk.ForcedDistribution(shares={"A": 0.2, "B": 0.7, "C": 0.1}).fit(result)
    assert grades.quota["seats"].tolist() == [9, 30, 4]  # 8.6, 30.1, 4.3
    assert grades.probabilities is None
    assert pd.notna(grades.grades["grade"]).all()

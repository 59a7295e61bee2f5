"""The order of rows tells no exact score: grades of protected ratings are listed by what may be shown of them."""

from __future__ import annotations

import numpy as np
import pytest

import rankkit as rk
from tests.privacy.test_confidential import panel


@pytest.mark.parametrize("audience", ["hr", "committee"])
def test_people_near_a_cut_stand_by_released_scores(audience):
    told = 0
    for seed in range(4):
        fitted = rk.GraphicRatingScale(scale=(1, 5)).fit(panel(seed).drop(columns="dimension"))
        graded = rk.ForcedDistribution(shares={"A": 30, "B": 40, "C": 30}, ties="up").fit(fitted)
        shown = graded.for_audience(audience).boundary
        place = [graded.people.index(p) for p in shown.index]
        key = [(-score if np.isfinite(score) else np.inf, k) for score, k in zip(shown["score"], place, strict=True)]
        assert key == sorted(key)
        exact = graded.boundary.index.tolist()
        told += exact != shown.index.tolist()
    assert told  # the order of the exact scores was another one

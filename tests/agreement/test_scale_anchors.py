"""Where judges place the labels of a scale: gaps with paired errors, and labels nobody can tell apart are said to be so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rankkit.agreement.scale_anchors import anchor_quality
from rankkit.errors import InsufficientDataError, RatingsError, SettingsError
from rankkit.kernels.behaviours.anchor_scaling import anchor_scaling


def study(values, labels):
    rows = [(f"j{j}", w, v) for j, line in enumerate(values) for w, v in zip(labels, line, strict=True)]
    return pd.DataFrame(rows, columns=["judge", "label", "value"])


def test_gaps_are_paired_where_the_same_judges_placed_both():
    rng = np.random.default_rng(1)
    judge = 20 * rng.normal(size=(12, 1))  # judges use different parts of the line: that is not an error of the gap
    values = np.array([20.0, 40, 60, 80]) + judge + 3 * rng.normal(size=(12, 4))
    found = anchor_scaling(values)
    for a in range(3):
        test = stats.ttest_rel(values[:, a + 1], values[:, a])
        interval = test.confidence_interval(0.95)
        assert (found.gap_low[a], found.gap_high[a]) == pytest.approx((interval.low, interval.high), rel=1e-9)
    values[0, 1] = np.nan
    apart = anchor_scaling(values)
    other = stats.ttest_ind(values[:, 2], values[1:, 1], equal_var=False).confidence_interval(0.95)
    assert (apart.gap_low[1], apart.gap_high[1]) == pytest.approx((other.low, other.high), rel=1e-9)
    assert apart.paired.tolist() == [False, False, True]
    assert found.gap_low.min() > 0  # told apart, though the spread of each label is larger than the gap
    quality = anchor_quality(study(values, "abcd"))
    assert quality["overlaps"].iloc[:3].tolist() == (apart.gap_low <= 0).tolist()


def test_labels_that_coincide_or_are_out_of_order_are_named():
    rng = np.random.default_rng(2)
    place = {"差": 10, "一般": 48, "尚可": 50, "优": 90, "良": 75}
    values = np.array(list(place.values())) + 4 * rng.normal(size=(15, 5))
    found = anchor_quality(study(values, list(place)), order=["差", "一般", "尚可", "优", "良"])
    assert found.loc["一般", "overlaps"]
    assert "尚可" in found.loc["一般", "reading"]
    assert found.loc["优", "reversed"]
    assert "equal" in found.loc["良", "reading"]
    by_mean = anchor_quality(study(values, list(place)))
    assert list(by_mean.index) == [list(place)[k] for k in np.argsort(values.mean(axis=0))]


def test_overlap_is_declared_at_its_level():
    """Two labels at the same place are told apart in 5 % of studies."""
    rng = np.random.default_rng(3)
    times = 2000
    apart = 0
    for _ in range(times):
        found = anchor_scaling(50 + 10 * rng.normal(size=(8, 2)))
        apart += found.gap_low[0] > 0 or found.gap_high[0] < 0
    assert abs(apart / times - 0.05) < 3 * np.sqrt(0.05 * 0.95 / times)


def test_bad_studies_are_explained():
    good = study(np.array([[1.0, 5], [2, 6], [1, 7]]), "ab")
    with pytest.raises(RatingsError, match="judge"):
        anchor_quality(good.drop(columns="judge"))
    with pytest.raises(RatingsError, match="row 8"):
        anchor_quality(pd.concat([good, good.iloc[:1]], ignore_index=True))
    with pytest.raises(RatingsError, match="not a number"):
        anchor_quality(good.assign(value="hoch"))
    with pytest.raises(SettingsError):
        anchor_quality(good, order=["a", "c"])
    with pytest.raises(InsufficientDataError, match="judges"):
        anchor_quality(good.iloc[:4])
    with pytest.raises(InsufficientDataError, match="labels"):
        anchor_quality(good[good["label"] == "a"])

"""agreement.kendall_w: from rankings and from ratings, complete and with gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.agreement import kendall_w
from rankkit.errors import InsufficientDataError, RatingsError, SettingsError
from rankkit.kernels.rankings import rank_concordance as kernel
from rankkit.kernels.rankings.partial_concordance import mean_tau, skillings_mack

GOLDEN = np.array([[1, 2.5, 2.5, 4], [1, 2, 3.5, 3.5], [2, 1, 3, 4]])
PRINTED = 5e-7


def rankings(matrix, **more):
    rater, ratee = np.nonzero(~np.isnan(matrix))
    data = {"rater": [f"r{r}" for r in rater], "ratee": [f"p{i}" for i in ratee], "rank": matrix[rater, ratee]}
    return pd.DataFrame({**data, **more})


def rows(table):
    assert table.columns.tolist() == ["coefficient", "value", "ci_low", "ci_high", "p", "method"]
    return table.set_index("coefficient")


def test_golden():
    found = rows(kendall_w(rankings(GOLDEN)))
    assert found.index.tolist() == ["kendall_w", "mean_spearman", "mean_tau"]
    assert found.loc["kendall_w", "value"] == pytest.approx(0.821429, abs=PRINTED)
    assert found.loc["kendall_w", "p"] == kernel.kendall_w(GOLDEN).p
    assert "all arrangements" in found.loc["kendall_w", "method"]
    assert found.loc["mean_tau", "value"] == pytest.approx(mean_tau(GOLDEN).mean)


def test_ratings_are_ranked_within_each_rater():
    """Severity and spread of a rater do not matter; a published W: .887 for the six people and four judges of Shrout & Fleiss."""
    found = rows(kendall_w(rk.datasets.load("shrout_fleiss")))
    assert found.loc["kendall_w", "value"] == pytest.approx(0.887037, abs=PRINTED)
    frame = rk.datasets.frame("shrout_fleiss")
    other = frame.assign(score=frame["score"].astype(float) * 3 + frame["rater"].map({f"J{k}": 10.0 * k for k in range(1, 5)}))
    pd.testing.assert_frame_equal(kendall_w(other.drop(columns=[c for c in ("scale_min", "scale_max") if c in other])), found.reset_index())


def test_rows_and_names_do_not_matter():
    data = rankings(GOLDEN)
    other = data.sample(frac=1, random_state=3).replace({"ratee": {"p0": "zz", "p3": "aa"}, "rater": {"r0": "x"}})
    pd.testing.assert_frame_equal(kendall_w(data), kendall_w(other))


def test_lists_with_gaps():
    matrix = np.array([[1, 2, 3, 4, 5, np.nan], [2, 1, 3, 4, np.nan, 5], [1, 3, 2, np.nan, 4, 5], [np.nan, 1, 2, 3, 5, 4]])
    found = rows(kendall_w(rankings(matrix), seed=3))
    assert found.index.tolist() == ["skillings_mack", "mean_tau"]
    test, tau = skillings_mack(matrix, seed=3), mean_tau(matrix)
    assert found.loc["skillings_mack", ["value", "p"]].tolist() == pytest.approx([test.statistic, test.p])
    assert found.loc["mean_tau", ["value", "ci_low", "ci_high"]].tolist() == pytest.approx([tau.mean, tau.low, tau.high])
    assert "5 df" in found.loc["skillings_mack", "method"]


def test_people_left_over_stand_together_at_the_bottom():
    lists = rk.Rankings.from_orders({"r1": ["a"], "r2": ["a", "b"]}, presented=["a", "b", "c"])
    found = rows(kendall_w(lists))
    assert found.loc["kendall_w", "value"] == pytest.approx(kernel.kendall_w(np.array([[1, 2.5, 2.5], [1, 2, 3]])).w)


def test_dimensions():
    both = pd.concat([rankings(GOLDEN, dimension="skill"), rankings(GOLDEN[:, ::-1], dimension="care")])
    with pytest.raises(SettingsError):
        kendall_w(both)
    pd.testing.assert_frame_equal(kendall_w(both, "skill"), kendall_w(rankings(GOLDEN)))
    with pytest.raises(RatingsError):
        kendall_w(rk.datasets.load("guilford_creativity"), "nonesuch")
    creativity = rk.datasets.load("guilford_creativity")
    one = creativity.dimensions[0]
    frame = creativity.frame.astype({"rater": str, "ratee": str, "dimension": str})
    alone = frame[frame["dimension"] == one].drop(columns="dimension")
    pd.testing.assert_frame_equal(kendall_w(creativity, one), kendall_w(alone))
    mean = frame.groupby(["rater", "ratee"], as_index=False)["score"].mean()
    np.testing.assert_allclose(rows(kendall_w(creativity))["value"], rows(kendall_w(mean))["value"])


def test_self_ratings_are_left_out():
    frame = pd.DataFrame(
        [(r, p, "peer", s) for r, scores in {"a": [1, 2, 3], "b": [1, 3, 2]}.items() for p, s in zip("xyz", scores, strict=True)],
        columns=["rater", "ratee", "source", "score"],
    )
    own = pd.DataFrame([(p, p, "self", 5) for p in "xyz"], columns=frame.columns)
    pd.testing.assert_frame_equal(kendall_w(pd.concat([frame, own])), kendall_w(frame))


@pytest.mark.parametrize(
    "matrix",
    [
        np.array([[1.0, 2, 3]]),
        np.array([[1, 2, np.nan, np.nan], [np.nan, np.nan, 1, 2]]),
        np.array([[1, np.nan], [np.nan, 1]]),
    ],
)
def test_too_little(matrix):
    with pytest.raises(InsufficientDataError):
        kendall_w(rankings(matrix))


def test_level():
    with pytest.raises(SettingsError):
        kendall_w(rankings(GOLDEN), level=95)
    narrow, wide = (rows(kendall_w(rk.datasets.load("shrout_fleiss"), level=level)) for level in (0.5, 0.99))
    assert narrow.loc["kendall_w", "ci_low"] > wide.loc["kendall_w", "ci_low"]

"""Who cannot be told apart, promotion lists, and standards missed again and again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import rankkit as rk
from rankkit import simulate
from rankkit.calibration.pay.standing import cannot_be_told_apart, probability_below, promotion_list, repeated_failure
from rankkit.errors import IdentificationError, SettingsError

NEAR = 1e-9  # the same few operations in another order


@pytest.fixture(scope="module")
def result():
    return rk.GraphicRatingScale().fit(simulate.ratings(20, 5, seed=8).table)


def test_it_is_the_difference_of_two_people(result) -> None:
    for who in result.people[:4]:
        alike = cannot_be_told_apart(result, who)
        told = {p: result.difference(p, who) for p in result.people if p != who}
        assert set(alike.index) == {p for p, d in told.items() if not d.distinguishable}
        for p, row in alike.iterrows():
            assert abs(row["se"] - told[p].se) < NEAR
            assert abs(row["ci_low"] - told[p].ci_low) < NEAR
    wide = cannot_be_told_apart(result, result.people[0], level=0.999)
    assert set(cannot_be_told_apart(result, result.people[0]).index) <= set(wide.index)


def test_overlapping_intervals_are_the_toy(result) -> None:
    """Intervals of single scores overlap where the difference is told: at .05 for each, the overlap asks for p < .0056."""
    assert abs(2 * stats.norm.sf(1.96 * np.sqrt(2)) - 0.0056) < 5e-5
    scores = result.scores
    toy = {
        (a, b)
        for a in scores.index
        for b in scores.index
        if a < b and scores.ci_low[a] <= scores.ci_high[b] and scores.ci_low[b] <= scores.ci_high[a]
    }
    ours = {(a, b) for a in scores.index for b in cannot_be_told_apart(result, a).index if a < b}
    assert ours < toy
    assert len(toy) > len(ours) + 10


def test_a_promotion_list(result) -> None:
    table = promotion_list(result, 5)
    assert table["score"].is_monotonic_decreasing
    fifth, sixth = table.index[4], table.index[5]
    for p in table.index:
        told = result.difference(p, sixth if table.loc[p, "rank"] <= 5 else fifth)
        standing = "open" if not told.distinguishable else "ahead" if told.difference > 0 else "behind"
        assert table.loc[p, "standing"] == standing
    assert table.attrs["open_places"] == 5 - (table["standing"] == "ahead").sum()
    assert (table.iloc[:5]["standing"] != "behind").all()
    assert (table.iloc[5:]["standing"] != "ahead").all()
    for bad in (0, 20, True, 2.5):
        with pytest.raises(SettingsError):
            promotion_list(result, bad)


def test_equal_scores_at_the_cut_are_open_whatever_their_names() -> None:
    rows = [(r, p, s + d) for r, d in (("r1", 0), ("r2", 0), ("r3", 0)) for p, s in zip("abcdef", (5, 4, 3, 3, 3, 1), strict=True)]
    frame = pd.DataFrame(rows, columns=["rater", "ratee", "score"])
    frame.loc[0, "score"] = 4
    frame.loc[8, "score"] = 3
    result = rk.GraphicRatingScale().fit(frame)
    table = promotion_list(result, 3)
    assert (table.loc[["c", "d", "e"], "standing"] == "open").all()
    assert len(set(table.loc[["c", "d", "e"], "rank"])) == 1
    shuffled = promotion_list(rk.GraphicRatingScale().fit(frame.iloc[::-1]), 3)
    assert shuffled["standing"].sort_index().equals(table["standing"].sort_index())


def test_without_a_covariance_there_is_no_list() -> None:
    one = rk.AlternationRanking().fit(pd.DataFrame({"rater": "r", "ratee": list("abc"), "rank": [1, 2, 3]}))
    with pytest.raises(IdentificationError):
        cannot_be_told_apart(one, "a")
    with pytest.raises(IdentificationError):
        promotion_list(one, 1)
    assert probability_below(one, 2.0).isna().all()


def test_the_probability_of_being_below(result) -> None:
    cut = float(result.scores["score"].median())
    p = probability_below(result, cut)
    for k, who in enumerate(result.people[:5]):
        z = (cut - result.scores.loc[who, "score"]) / result.scores.loc[who, "se"]
        assert abs(p[who] - stats.t.cdf(z, result.df[k] if len(result.df) else np.inf)) < NEAR
    assert (p[result.scores["score"] > cut] < 0.5).all()
    with pytest.raises(SettingsError):
        probability_below(result, float("nan"))


def test_cycles_that_are_not_known_count_neither_way() -> None:
    cycles = {
        "2023": pd.Series({"a": 0.99, "b": 0.99}),
        "2024": pd.Series({"a": 0.95}),
        "2025": pd.Series({"a": 0.2, "b": 0.91}),
        "2026": pd.Series({"a": 0.5, "b": 0.9}),
    }
    found = repeated_failure(cycles, times=2, last=3)
    assert found.loc["a", ["cycles", "below", "reached", "reason"]].tolist() == [3, 1, False, ""]
    assert found.loc["b", ["cycles", "below", "reached", "reason"]].tolist() == [2, 1, False, "2024"]
    assert repeated_failure(cycles, times=2, last=4)["reached"].all()
    for bad in ({"times": 4}, {"last": 0}, {"probability": 0.3}):
        with pytest.raises(SettingsError):
            repeated_failure(cycles, **bad)
    with pytest.raises(SettingsError):
        repeated_failure({})


def test_counting_point_grades_is_the_toy() -> None:
    """People exactly at the standard: point grades call half of them failures, the counter as few as it says."""
    n, se, rng = 4000, 0.3, np.random.default_rng(9)
    cycles = {c: pd.Series(stats.norm.cdf(-rng.normal(0, se, n) / se)) for c in ("1", "2", "3")}
    found = repeated_failure(cycles)
    by_points = (found["more_likely_than_not"] >= 2).mean()
    ours, expected = found["reached"].mean(), 3 * 0.1**2 * 0.9 + 0.1**3
    assert abs(by_points - 0.5) < 3 * np.sqrt(0.25 / n)
    assert abs(ours - expected) < 3 * np.sqrt(expected * (1 - expected) / n)
    poor = {c: pd.Series(stats.norm.cdf(-rng.normal(-0.75, se, n) / se)) for c in ("1", "2", "3")}
    assert repeated_failure(poor)["reached"].mean() > 0.95  # two and a half standard errors below: found

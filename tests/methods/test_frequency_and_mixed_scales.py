"""Behavioural observation and mixed standard scales: sums, items, patterns, and answers that contradict."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.errors import RatingsError, SettingsError

CLOSE = 1e-9  # the same sums in another order


def seen(seed=0, n=40, raters=3, noise=0.8) -> pd.DataFrame:
    """Frequencies in percent: two criteria of three behaviours, and one behaviour that has nothing to do with its criterion."""
    rng = np.random.default_rng(seed)
    merit = rng.normal(size=(n, 2))
    rows = []
    for i in range(n):
        for r in range(raters):
            for c, name in enumerate(("care", "speed")):
                for b in range(3):
                    own = rng.standard_normal() if (c, b) == (1, 2) else merit[i, c]
                    rows.append(
                        (f"r{r}", f"p{i:02d}", f"{name}{b}", float(np.clip(80 + 10 * own + 10 * noise * rng.standard_normal(), 0, 100)))
                    )
    return pd.DataFrame(rows, columns=["rater", "ratee", "dimension", "score"])


CRITERIA = {name: tuple(f"{name}{b}" for b in range(3)) for name in ("care", "speed")}


def test_sums_of_classes():
    frame = seen(n=6)
    result = rk.BehaviouralObservationScale(criteria=CRITERIA, frequencies="percent").fit(frame)
    edges = np.array([65, 75, 85, 95])
    classes = frame.assign(score=1 + (frame["score"].to_numpy()[:, None] >= edges).sum(axis=1))
    sums = classes.assign(c=classes["dimension"].str[:-1]).groupby(["ratee", "c", "rater"])["score"].sum()
    expected = sums.groupby(["ratee", "c"]).mean().groupby("ratee").mean()
    np.testing.assert_allclose(result.scores["score"], expected, atol=CLOSE)
    np.testing.assert_allclose(result.sums["score"], sums.reorder_levels(["rater", "ratee", "c"]).sort_index(), atol=CLOSE)
    same = rk.BehaviouralObservationScale(criteria=CRITERIA).fit(classes)
    pd.testing.assert_frame_equal(result.scores, same.scores)


def test_a_stray_behaviour_is_marked():
    result = rk.BehaviouralObservationScale(criteria=CRITERIA, frequencies="percent").fit(seen())
    items = result.behaviours.set_index("behaviour")
    assert items.index[items["low"]].to_list() == ["speed2"]
    assert "W-ITEMTOTAL" in set(result.messages["code"])
    alpha = result.criteria.set_index("criterion")
    assert alpha.loc["care", "alpha"] > 0.8 > alpha.loc["speed", "alpha"]
    assert (alpha["lowest"].to_list(), alpha["highest"].to_list()) == ([3.0, 3.0], [15.0, 15.0])


def test_gaps_are_scaled_up_or_left_out():
    frame = seen(n=8)
    frame.loc[frame["dimension"].eq("care0") & frame["rater"].eq("r0"), "score"] = np.nan
    frame.loc[frame["dimension"].isin(["speed0", "speed1"]) & frame["rater"].eq("r1"), "score"] = np.nan
    result = rk.BehaviouralObservationScale(criteria=CRITERIA, frequencies="percent").fit(frame)
    sums = result.sums.set_index(["rater", "dimension"])
    assert sums.loc[("r0", "care"), "score"].notna().all()
    assert sums.loc[("r1", "speed"), "score"].isna().all()
    assert "I-BOSGAPS" in set(result.messages["code"])


def test_criteria_of_different_length_are_put_on_percent():
    criteria = {"care": ("care0", "care1"), "speed": ("speed0", "speed1", "speed2", "care2")}
    result = rk.BehaviouralObservationScale(criteria=criteria, frequencies="percent").fit(seen(n=6))
    assert result.unit == "POMP"
    assert result.scores["score"].between(0, 100).all()


def test_frequencies_that_are_none():
    with pytest.raises(RatingsError) as caught:
        rk.BehaviouralObservationScale().fit(seen(n=2))  # percent, not classes
    assert set(caught.value.codes) == {"E-NOTCLASS"}
    with pytest.raises(RatingsError) as caught:
        rk.BehaviouralObservationScale(criteria={"care": CRITERIA["care"]}, frequencies="percent").fit(seen(n=2))
    assert caught.value.code == "E-NOCRITERION"
    wrong = ({"criteria": {"a": ("x",), "b": ("x",)}}, {"bands": (65, 75, 70, 95)}, {"min_answered": 0}, {"frequencies": "often"})
    for settings in wrong:
        with pytest.raises(SettingsError):
            rk.BehaviouralObservationScale(**settings)


# --- mixed standards -----------------------------------------------------------------------------------------------------

KEY = {name: (f"{name}_g", f"{name}_a", f"{name}_p") for name in ("care", "speed", "skill")}


def answers(seed=0, n=20, raters=6, careless=(), swapped=()) -> pd.DataFrame:
    """Answers of raters who hold each person against three examples; careless ones answer at random."""
    rng = np.random.default_rng(seed)
    merit = rng.normal(size=(n, len(KEY)))
    rows = []
    for i in range(n):
        for r in range(raters):
            for d, (name, three) in enumerate(KEY.items()):
                view = merit[i, d] + 0.3 * rng.standard_normal()
                cuts = (-1.2, 0.0, 1.2) if name in swapped else (1.2, 0.0, -1.2)
                for statement, cut in zip(three, cuts, strict=True):
                    said = np.sign(view - cut) if abs(view - cut) > 0.3 else 0
                    rows.append((f"r{r}", f"p{i:02d}", statement, int(rng.integers(-1, 2)) if f"r{r}" in careless else int(said)))
    return pd.DataFrame(rows, columns=["rater", "ratee", "dimension", "score"])


def test_values_and_words():
    frame = answers(n=5, raters=2)
    signs = frame.assign(score=frame["score"].map({1: "+", 0: "0", -1: "-"}))
    one, other = (rk.MixedStandardScale(key=KEY).fit(f) for f in (frame, signs))
    pd.testing.assert_frame_equal(one.scores, other.scores)
    expected = 4 + frame.assign(d=frame["dimension"].str[:-2]).groupby(["ratee", "rater", "d"])["score"].sum()
    np.testing.assert_allclose(one.scores["score"], expected.groupby("ratee").mean(), atol=CLOSE)
    assert one.answers["logical_error"].sum() == 0


def test_a_careless_rater_is_a_pattern_to_review():
    result = rk.MixedStandardScale(key=KEY).fit(answers(careless=("r4",)))
    table = result.errors_by_rater
    assert table.loc["r4", "share"] == pytest.approx(20 / 27, abs=0.2)  # answers at random
    assert table.loc["r4", "ci_low"] > 0.5
    found = result.findings[result.findings["code"] == "F-LOGICALRATER"]
    assert found[["unit_id", "level"]].to_numpy().tolist() == [["r4", "review"]]
    assert found["what_it_could_also_be"].str.len().gt(0).all()


def test_examples_in_the_wrong_order_are_found_by_dimension():
    result = rk.MixedStandardScale(key=KEY).fit(answers(swapped=("speed",)))
    found = result.findings[result.findings["code"] == "F-LOGICALDIMENSION"]
    assert found["unit_id"].to_list() == ["speed"]
    assert result.errors_by_dimension.loc["care", "errors"] == 0


def test_incomplete_sets_have_no_value():
    frame = answers(n=4)
    frame.loc[frame["dimension"].eq("care_a") & frame["ratee"].eq("p00"), "score"] = np.nan
    result = rk.MixedStandardScale(key=KEY).fit(frame)
    assert result.answers["score"].isna().sum() == 6
    assert "I-MIXEDGAPS" in set(result.messages["code"])


def test_answers_that_are_none():
    for frame, code in ((answers(n=2).assign(score=3), "E-NOTMIXED"), (answers(n=2).replace("care_g", "x"), "E-NOKEY")):
        with pytest.raises(RatingsError) as caught:
            rk.MixedStandardScale(key=KEY).fit(frame)
        assert caught.value.code == code
    for key in ({}, {"a": ("x", "y")}, {"a": ("x", "y", "x")}):
        with pytest.raises(SettingsError):
            rk.MixedStandardScale(key=key)


def test_raters_without_errors_are_left_alone():
    fired = [(rk.MixedStandardScale(key=KEY).fit(answers(seed=s, n=8)).errors_by_rater["q"] < 0.05).any() for s in range(5)]
    assert not any(fired)


def test_answers_of_colleagues_pass_the_disclosure_control():
    frame = answers(n=6).assign(source="peer")
    result = rk.MixedStandardScale(key=KEY).fit(frame)
    shown = result.release("committee")
    assert shown["score"].notna().any()  # six colleagues: enough for a mean
    two = rk.MixedStandardScale(key=KEY).fit(answers(n=6, raters=2).assign(source="peer")).release("committee")
    assert two["score"].isna().all()
    sums = rk.BehaviouralObservationScale(criteria=CRITERIA, frequencies="percent").fit(seen(n=6, raters=2).assign(source="peer"))
    assert sums.release("committee")["score"].isna().all()

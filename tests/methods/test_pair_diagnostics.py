"""What is said of judges, pairs and transitivity: right where the model is right, whatever ties and sides do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from rankkit import Comparisons, PairedComparison
from rankkit.errors import use_language

OFFENDING = {"left": "right", "right": "left", "tie": "tie"}


def panel(seed, worth, m, *, per=None, nu=0.0, order=0.0, repeats=1, better_left=0.0):
    """Independent comparisons by Davidson's model, ``per`` random pairs a judge or all of them."""
    rng = np.random.default_rng(seed)
    n = len(worth)
    i, j = np.triu_indices(n, 1)
    rows = []
    for r in range(m):
        kept = np.repeat(np.arange(len(i)) if per is None else rng.choice(len(i), per, replace=False), repeats)
        turned = rng.random(len(kept)) < 0.5
        left, right = np.where(turned, j[kept], i[kept]), np.where(turned, i[kept], j[kept])
        wrong = (worth[left] < worth[right]) & (rng.random(len(kept)) < better_left)
        left, right = np.where(wrong, right, left), np.where(wrong, left, right)
        lead = worth[left] - worth[right] + order
        chance = np.stack([np.exp(lead / 2), np.full(len(lead), nu), np.exp(-lead / 2)])
        draw = rng.random(len(lead)) * chance.sum(axis=0)
        outcome = np.where(draw < chance[0], "left", np.where(draw < chance[0] + chance[1], "tie", "right"))
        names = [np.char.add("p", x.astype(str)) for x in (left, right)]
        rows.append(pd.DataFrame({"rater": f"j{r}", "left": names[0], "right": names[1], "outcome": outcome}))
    return pd.concat(rows, ignore_index=True)


def fitted(frame, **settings):
    return PairedComparison(**settings).fit(Comparisons.from_frame(frame))


def turn(frame, mine):
    """The other outcome in some of the rows."""
    return frame.assign(outcome=frame["outcome"].where(~mine, frame["outcome"].map(OFFENDING)))


def test_ties_that_count_half_make_nobody_tame():
    """Half of each is less variable than winning and losing: without a chance of ties everybody looked tame."""
    worth = np.linspace(1, -1, 8)
    codes, infit, residual = [], [], []
    for seed in range(5):
        found = fitted(panel(seed, worth, 6, nu=1.0), ties="half")
        codes += list(found.findings["code"])
        infit += list(found.judges["infit"])
        residual += list(found.pairs["residual"])
    assert codes == []
    assert np.mean(infit) == pytest.approx(1.0, abs=0.1)
    assert np.std(residual) == pytest.approx(1.0, abs=0.15)  # 140 residuals


def test_a_noisy_judge_is_still_found_where_ties_count_half():
    frame = panel(1, np.linspace(2, -2, 9), 8, nu=0.5)
    found = fitted(turn(frame, frame["rater"] == "j3"), ties="half").findings
    assert found.loc[found["unit_id"] == "j3", "code"].tolist() == ["F-JUDGENOISY"]


def test_nothing_is_said_where_everything_is_tied():
    frame = panel(0, np.zeros(5), 4, repeats=2).assign(outcome="tie")
    found = fitted(frame)
    assert found.judges[["p", "q"]].isna().all().all()
    assert not found.judges["review"].any()
    assert found.findings.empty
    frame.loc[0, "outcome"] = "left"
    assert fitted(frame, ties="half").findings.empty


@pytest.mark.parametrize("m", [1, 2])
def test_one_or_two_judges_get_no_p_of_their_fit(m):
    found = fitted(panel(3, np.linspace(1, -1, 6), m, repeats=3))
    assert found.judges[["p", "q"]].isna().all().all()
    assert np.isfinite(found.judges["infit"]).all()
    assert "infit" not in set(found.findings.get("effect_name", []))


def test_better_people_on_the_left_are_no_preferred_side():
    worth = np.linspace(1.2, -1.2, 10)
    shares, p = [], []
    for seed in range(10):
        found = fitted(panel(seed, worth, 12, per=30, better_left=0.8))
        shares += list(found.judges["left_share"] - 0.5)
        p += list(found.judges["left_p"])
        assert not set(found.findings["code"]) & {"F-LEFT", "F-RIGHT"}
    assert np.mean(shares) > 0.1
    assert np.mean(np.array(p) < 0.05) <= 0.08  # of 120, 5 % less what an exact test loses


@pytest.mark.parametrize(("side", "word", "order_effect"), [("left", "left", False), ("right", "right", False), ("left", "left", True)])
def test_a_judge_with_a_side(side, word, order_effect):
    frame = panel(2, np.linspace(1, -1, 7), 6, repeats=2, nu=0.2)
    mine = (frame["rater"] == "j1") & (frame["outcome"] != "tie") & (np.arange(len(frame)) % 5 > 0)
    found = fitted(frame.assign(outcome=frame["outcome"].mask(mine, side)), order_effect=order_effect)
    row = found.judges.loc["j1"]
    assert row["review"]
    assert row["left_expected"] == pytest.approx(0.5, abs=0.15)
    finding = found.findings[found.findings["code"] == f"F-{side.upper()}"].set_index("unit_id").loc["j1"]
    share = row["left_share"] if side == "left" else 1 - row["left_share"]
    assert f"on the {word} in {share:.2f} of {int(row['decided'])} decided" in finding["message"]
    assert finding["n"] == row["decided"] < row["comparisons"]
    assert ("order_effect=True" in finding["suggested_action"]) == (not order_effect)
    use_language("zh")
    try:
        again = fitted(frame.assign(outcome=frame["outcome"].mask(mine, side)), order_effect=order_effect).findings
    finally:
        use_language("en")
    assert ("左侧" if side == "left" else "右侧") in again.loc[again["unit_id"] == "j1", "message"].str.cat()


def test_noisy_is_above_what_the_model_expects_whatever_the_band():
    frame = panel(4, np.linspace(1.5, -1.5, 10), 12, per=40)
    rng = np.random.default_rng(7)
    frame = turn(frame, (frame["rater"] == "j3") & (rng.random(len(frame)) < 0.4))
    seen = {level: fitted(frame, level=level) for level in (0.95, 0.99999)}
    for found in seen.values():
        about = found.findings[(found.findings["unit_id"] == "j3") & (found.findings["effect_name"] == "infit")]
        assert about["code"].tolist() == ["F-JUDGENOISY"]
        assert found.judges.loc["j3", "infit"] > found.judges.loc["j3", "infit_middle"]
    wide = seen[0.99999].judges.loc["j3"]
    assert wide["infit"] < wide["infit_high"]  # the test goes further than simulation can
    assert "depart from the common order more than" in about["message"].iloc[0]


@pytest.mark.parametrize(
    ("settings", "nu"), [({"order_effect": True}, 0.0), ({"order_effect": True}, 0.6), ({"order_effect": True, "ties": "half"}, 0.6)]
)
def test_residuals_under_an_order_effect_have_their_spread(settings, nu):
    """The variance is that of the comparisons, which differ in their chances, not that at their mean chance."""
    worth = np.linspace(1, -1, 6)
    found = [fitted(panel(s, worth, 20, order=1.5, nu=nu), judges="model", **settings).pairs["residual"] for s in range(60)]
    assert np.std(found) == pytest.approx(1.0, abs=0.06)  # 900 residuals, two standard errors and the correlations


@pytest.mark.parametrize(("order", "nu"), [(1.5, 0.0), (0.0, 1.0)])
def test_expected_reversals_allow_for_sides_and_ties(order, nu):
    worth = np.linspace(1.5, -1.5, 10)
    seen, expected = [], []
    for seed in range(6):
        frame = panel(seed, worth, 8, per=20, order=order, nu=nu)
        again = panel(seed + 100, worth, 8, order=order, nu=nu)
        key = [frozenset(x) for x in zip(frame["left"], frame["right"], strict=True)]
        met = set(zip(frame["rater"], key, strict=True))
        second = [(r, frozenset((a, b))) in met for r, a, b in zip(again["rater"], again["left"], again["right"], strict=True)]
        found = fitted(pd.concat([frame, again[second]]), order_effect=order > 0)
        seen.append(found.judges[["reversal_rate"]].mean().iloc[0])
        expected.append(found.judges["reversals_expected"].mean())
        if nu:
            assert found.judges["half_changes_expected"].mean() > 0.2
    assert np.mean(seen) == pytest.approx(np.mean(expected), abs=0.04)  # 960 repeats
    plain = expit(worth[:, None] - worth)
    assert abs(np.mean(expected) - np.mean(2 * plain * (1 - plain))) > 0.03  # what disregarding both would say


def test_violations_of_transitivity_stand_beside_those_of_chance():
    worth = np.linspace(0.8, -0.8, 7)
    shares, expected, p = [], [], []
    for seed in range(12):
        table = fitted(panel(seed, worth, 3)).transitivity
        shares.append(table["share"])
        expected.append(table["expected"])
        p += list(table["p"])
    np.testing.assert_allclose(np.mean(shares, axis=0), np.mean(expected, axis=0), atol=0.06)
    assert np.mean(np.array(p) < 0.05) <= 0.1
    rows = [(f"p{k}", f"p{(k + step) % 7}") for k in range(7) for step in (1, 2, 3)] * 6  # each beats the next three
    circle = pd.DataFrame(rows, columns=["left", "right"]).assign(outcome=["left"] * 105 + ["right"] * 21)
    assert fitted(circle).transitivity.loc["weak", "p"] < 0.05
    weighed = fitted(circle.assign(count=0.5)).transitivity
    assert weighed[["expected", "p"]].isna().all().all()


def test_fit_of_the_model_is_said_to_take_comparisons_as_independent():
    found = fitted(panel(0, np.linspace(1, -1, 5), 6)).goodness_of_fit
    assert found["method"].str.contains("independent").all()
    assert found["method"].str.contains("no evidence of fit").all()


def test_weights_that_are_no_counts_leave_answers_answers():
    frame = panel(0, np.linspace(1, -1, 5), 5)
    for weight in (0.05, 2.5):
        found = fitted(frame.assign(weight=weight)).judges
        assert (found["repeats"] == 0).all()


@pytest.mark.parametrize("settings", [{}, {"order_effect": True}, {"ties": "half"}, {"ties": "rao_kupper"}])
def test_names_and_rows_change_nothing_that_is_said(settings):
    frame = panel(4, np.array([0.5, 0.5, 0.0, 0.0, -0.5, -0.5]), 6, nu=0.3, repeats=2)
    rng = np.random.default_rng(1)
    new = dict(zip([f"p{k}" for k in range(6)], [f"p{k}" for k in rng.permutation(6)], strict=True))
    judge = dict(zip([f"j{k}" for k in range(6)], [f"j{k}" for k in rng.permutation(6)], strict=True))
    other = frame.assign(left=frame["left"].map(new), right=frame["right"].map(new), rater=frame["rater"].map(judge))
    here, there = fitted(frame, **settings), fitted(other.iloc[rng.permutation(len(frame))], **settings)
    numbers = here.judges.select_dtypes("number")
    np.testing.assert_allclose(there.judges.loc[[judge[r] for r in numbers.index], numbers.columns], numbers, atol=1e-6)
    for name in ("goodness_of_fit", "transitivity"):
        one, two = (getattr(x, name).select_dtypes("number") for x in (here, there))
        np.testing.assert_allclose(two, one, atol=1e-6)

"""agreement.cohen_kappa, fleiss_kappa, gwet_ac: tables, words, weights, the paradox, bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.agreement import cohen_kappa, fleiss_kappa, gwet_ac
from rankkit.errors import InsufficientDataError, RatingsError, SettingsError

A = [1, 1, 2, 2, 3, 3, 1, 2, 3, 1]
B = [1, 2, 2, 2, 3, 3, 1, 1, 3, 1]
WORDS = {1: "poor", 2: "fair", 3: "good"}


def long(**raters):
    return pd.DataFrame(
        [(r, f"p{k:02d}", s) for r, x in raters.items() for k, s in enumerate(x) if s is not None], columns=["rater", "ratee", "score"]
    )


def panel(n=30, m=4, q=3, seed=1):
    rng = np.random.default_rng(seed)
    truth = rng.integers(1, q + 1, n)
    return long(**{f"r{k}": np.where(rng.random(n) < 0.6, truth, rng.integers(1, q + 1, n)).tolist() for k in range(m)})


def value(table, coefficient):
    return float(table.set_index("coefficient").loc[coefficient, "value"])


def test_two_raters_of_the_specification():
    data = long(a=A, b=B)
    assert cohen_kappa(data)["value"].item() == pytest.approx(0.697, abs=5e-4)
    assert cohen_kappa(data, weights="quadratic")["value"].item() == pytest.approx(0.855, abs=5e-4)
    row = cohen_kappa(data).iloc[0]
    assert (row["rater_1"], row["rater_2"], row["n"]) == ("a", "b", 10)
    assert row["ci_low"] < row["value"] < row["ci_high"] <= 1
    assert "3 categories" in row["assumes"]
    assert cohen_kappa(data, weights="quadratic")["coefficient"].item() == "Cohen weighted kappa, quadratic weights"


def test_words_give_what_numbers_give():
    numbers, words = long(a=A, b=B), long(a=[WORDS[x] for x in A], b=[WORDS[x] for x in B])
    columns = ["value", "se", "ci_low", "ci_high", "z", "p"]
    np.testing.assert_allclose(cohen_kappa(words)[columns], cohen_kappa(numbers)[columns])
    np.testing.assert_allclose(fleiss_kappa(words)["value"].iloc[:3], fleiss_kappa(numbers)["value"].iloc[:3])
    renamed = words.rename(columns={"score": "value"})
    assert gwet_ac(renamed)["value"].tolist() == gwet_ac(numbers)["value"].tolist()
    ordered = cohen_kappa(words, weights="quadratic", categories=["poor", "fair", "good"])
    assert ordered["value"].item() == pytest.approx(cohen_kappa(numbers, weights="quadratic")["value"].item())
    with pytest.raises(SettingsError) as caught:
        cohen_kappa(words, weights="quadratic")
    assert caught.value.code == "E-CATORDER"


def test_chinese_words_and_blanks():
    words = long(甲=["好", "好", "差", None, "中 "], 乙=["好", "中", "差", "差", "中"])
    words.loc[len(words)] = ["甲", "p03", ""]
    assert cohen_kappa(words)["n"].item() == 4


def test_one_slip_of_the_pen_does_not_make_numbers_words():
    data = long(a=A, b=B).astype({"score": object})
    data.loc[3, "score"] = "2x"
    with pytest.raises(RatingsError) as caught:
        cohen_kappa(data)
    assert caught.value.code == "E-NUMBER"


def test_own_weights():
    data = long(a=A, b=B)
    mine = pd.DataFrame([[1, 0.75, 0], [0.75, 1, 0.75], [0, 0.75, 1.0]], index=["3", "2", "1"], columns=["3", "2", "1"])
    assert cohen_kappa(data, weights=mine)["value"].item() == pytest.approx(cohen_kappa(data, weights="quadratic")["value"].item())
    for bad in ("cubic", np.eye(2), [[1, 2, 0], [2, 1, 0], [0, 0, 1]], [["x"]], pd.DataFrame(np.eye(3))):
        with pytest.raises(SettingsError):
            cohen_kappa(data, weights=bad)


def test_all_pairs_or_the_two_named():
    data = panel()
    every = cohen_kappa(data)
    assert len(every) == 6
    two = cohen_kappa(data, raters=("r2", "r0"))
    assert two[["rater_1", "rater_2"]].to_numpy().tolist() == [["r2", "r0"]]
    same = every[(every["rater_1"] == "r0") & (every["rater_2"] == "r2")]
    assert two["value"].item() == pytest.approx(same["value"].item())
    for bad, error in ((("r0", "x"), RatingsError), (("r0", "r0"), SettingsError), ("r0", SettingsError)):
        with pytest.raises(error):
            cohen_kappa(data, raters=bad)
    apart = pd.concat([long(a=[1, 2, 1]), long(b=[1, 2, 2]).assign(ratee=list("xyz")), long(c=[1, 2, 2])])
    with pytest.raises(InsufficientDataError):
        cohen_kappa(apart, raters=("a", "b"))


def test_dimensions_have_their_own_rows():
    data = pd.concat([panel(seed=k).assign(dimension=d) for k, d in enumerate(["speed", "care"])])
    table = fleiss_kappa(data)
    assert set(table["dimension"]) == {"speed", "care"}
    only = fleiss_kappa(data, "speed")
    np.testing.assert_allclose(only["value"], table[table["dimension"] == "speed"]["value"])
    with pytest.raises(RatingsError):
        fleiss_kappa(data, "nonesuch")


def test_paradox_is_explained():
    """Feinstein & Cicchetti: 92 % agreement, kappa below zero; AC1 .91."""
    data = long(a=[0] * 46 + [1] * 2 + [0] * 2, b=[0] * 46 + [0] * 2 + [1] * 2)
    row = cohen_kappa(data).iloc[0]
    assert row["observed"] == pytest.approx(0.92)
    assert row["value"] < 0
    assert "Feinstein" in row["note"]
    assert "96%" in row["note"]
    assert value(gwet_ac(data), "Gwet AC1") == pytest.approx(0.9133, abs=5e-4)
    assert "Feinstein" in fleiss_kappa(data)["note"].iloc[0]
    assert cohen_kappa(long(a=A, b=B))["note"].item() == ""
    rk.use_language("zh")
    assert "kappa 仍仅为" in cohen_kappa(data)["note"].item()


def test_unequal_totals_are_mentioned():
    data = long(a=[1] * 10 + [2] * 10, b=[1] * 18 + [2] * 2)
    assert "cannot pass" in cohen_kappa(data)["note"].item()
    assert cohen_kappa(data)["largest"].item() < 0.5


def test_pabak_is_brennan_prediger_of_two_categories():
    data = panel(q=2)
    table = gwet_ac(data).set_index("coefficient")
    assert table.loc["Brennan-Prediger", "value"] == pytest.approx(2 * table.loc["percent agreement", "value"] - 1)


def test_categories_nobody_used_count_for_gwet_not_for_kappa():
    data = long(a=A, b=B)
    more = [1, 2, 3, 4, 5]
    assert cohen_kappa(data, categories=more)["value"].item() == pytest.approx(cohen_kappa(data)["value"].item())
    assert value(gwet_ac(data, categories=more), "Gwet AC1") != value(gwet_ac(data), "Gwet AC1")
    scaled = rk.Ratings.from_frame(data, scale=(1, 5))
    assert value(gwet_ac(scaled), "Gwet AC1") == value(gwet_ac(data, categories=more), "Gwet AC1")
    rows = fleiss_kappa(data, categories=more)
    empty = rows[rows["category"] == "5"].iloc[0]
    assert np.isnan(empty["value"])
    assert "nobody" in empty["reason"]
    with pytest.raises(RatingsError) as caught:
        gwet_ac(data, categories=[1, 2])
    assert caught.value.code == "E-NOTCATEGORY"
    with pytest.raises(SettingsError):
        gwet_ac(data, categories=[1, 1, 2, 3])


def test_random_raters_widen_the_interval():
    data = panel()
    fixed, free = gwet_ac(data).iloc[0], gwet_ac(data, raters="random").iloc[0]
    assert free["ci_low"] < fixed["ci_low"]
    assert "jackknife" in free["assumes"]
    assert "these raters" in gwet_ac(long(a=A, b=B), raters="random").iloc[0]["assumes"]


def test_order_of_rows_and_names_do_not_matter():
    data = panel()
    shuffled = data.sample(frac=1, random_state=3)
    renamed = data.assign(rater=data["rater"].map({f"r{k}": "dcba"[k] for k in range(4)}), ratee="z" + data["ratee"].str[::-1])
    for check in (fleiss_kappa, gwet_ac):
        pd.testing.assert_frame_equal(check(shuffled), check(data))
        np.testing.assert_allclose(check(renamed)["value"], check(data)["value"])
    pd.testing.assert_frame_equal(cohen_kappa(shuffled), cohen_kappa(data))


def test_self_ratings_are_left_out():
    data = panel().assign(source="peer")
    own = pd.DataFrame({"rater": ["p00"], "ratee": ["p00"], "score": [3], "source": ["self"]})
    np.testing.assert_allclose(fleiss_kappa(pd.concat([data, own]))["value"], fleiss_kappa(data)["value"])
    words = pd.concat([data, own]).assign(score=lambda d: d["score"].map(WORDS))
    np.testing.assert_allclose(fleiss_kappa(words)["value"].iloc[:3], fleiss_kappa(data)["value"].iloc[:3])


@pytest.mark.parametrize("check", [cohen_kappa, fleiss_kappa, gwet_ac])
def test_bad_tables_are_explained(check):
    with pytest.raises(InsufficientDataError):
        check(long(a=A))
    with pytest.raises(InsufficientDataError):
        check(pd.concat([long(a=[1, 2]), long(b=[1, 2]).assign(ratee=["x", "y"])]))
    with pytest.raises(RatingsError):
        check(pd.concat([long(a=A, b=B)] * 2))
    words = long(a=[WORDS[x] for x in A], b=[WORDS[x] for x in B])
    with pytest.raises(RatingsError) as caught:
        check(pd.concat([words, words.iloc[:3]]))
    assert caught.value.codes == ("E-DUP",)
    assert len(caught.value.problems) == 3
    with pytest.raises(SettingsError):
        check(long(a=A, b=B), level=1.5)
    with pytest.raises(RatingsError):
        check(words.drop(columns="rater"))
    with pytest.raises(RatingsError) as caught:
        check(pd.concat([long(a=A, b=B).assign(occasion=k) for k in (1, 2)]))
    assert caught.value.code == "E-REPEATED"


@pytest.mark.parametrize("check", [cohen_kappa, fleiss_kappa, gwet_ac])
@pytest.mark.parametrize(
    "data", [long(a=[2] * 6, b=[2] * 6), long(a=[1, 2], b=[1, 2]), long(a=[1], b=[2]), long(a=[1, 2] * 4, b=[1, 2] * 4)]
)
def test_every_blank_has_its_reason(check, data):
    table = check(data)
    numbers = table[["value", "ci_low", "ci_high"]]
    wanting = numbers.isna().any(axis=1)
    assert (table.loc[wanting, "reason"] != "").all()
    assert (table.loc[table["value"].isna(), "reason"] != "").all()


def test_forty_percent_missing_and_a_rater_with_one_rating():
    data = panel(n=60).sample(frac=0.6, random_state=2)
    data = pd.concat([data, pd.DataFrame({"rater": ["late"], "ratee": ["p00"], "score": [1]})])
    table = cohen_kappa(data)
    assert ((table["rater_1"] == "late") | (table["rater_2"] == "late")).any()
    thin = table[table["n"] == 1]
    assert (thin["reason"] != "").all()
    assert np.isfinite(value(gwet_ac(data), "Gwet AC1"))
    assert np.isfinite(value(fleiss_kappa(data), "Fleiss kappa"))


def test_two_raters_who_share_one_dimension_only():
    data = pd.concat([long(a=A, b=B).assign(dimension="speed"), long(a=A[:3]).assign(dimension="care")])
    table = cohen_kappa(data, raters=("b", "a")).set_index("dimension")
    assert table["rater_1"].tolist() == ["b", "b"]
    assert np.isnan(table.loc["care", "value"])
    assert table.loc["care", "reason"]
    assert table.loc["speed", "value"] == pytest.approx(0.697, abs=5e-4)
    assert len(cohen_kappa(data)) == 1

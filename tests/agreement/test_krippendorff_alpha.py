"""agreement.krippendorff_alpha: metrics, intervals, words, bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.agreement import krippendorff_alpha
from rankkit.errors import InsufficientDataError, RatingsError, SettingsError

METRICS = ("nominal", "ordinal", "interval", "ratio", "circular", "bipolar")


def canonical():
    return rk.datasets.load("krippendorff_canonical")


def panel(n=40, m=4, seed=1):
    rng = np.random.default_rng(seed)
    y = np.clip(np.round(rng.normal(size=(n, 1)) + rng.normal(size=(n, m)) + 3), 1, 5).astype(int)
    return pd.DataFrame([(f"r{b}", f"p{a:02d}", y[a, b]) for a in range(n) for b in range(m)], columns=["rater", "ratee", "score"])


def value(table):
    return table["value"].item()


def test_published_values():
    found = [round(value(krippendorff_alpha(canonical(), metric)), 3) for metric in METRICS[:4]]
    assert found == [0.743, 0.815, 0.849, 0.797]


def test_what_the_row_says():
    row = krippendorff_alpha(canonical()).iloc[0]
    assert row["coefficient"] == "Krippendorff alpha, interval"
    assert (row["n"], row["n_values"], row["raters"]) == (11, 40, 4)
    assert "1 values without a partner" in row["assumes"]
    assert row["value"] == pytest.approx(1 - row["observed"] / row["expected"])
    assert row["ci_low"] < row["value"] < row["ci_high"]


@pytest.mark.parametrize("kind", ["studentized", "percentile", "linear", "krippendorff"])
def test_the_interval_is_named(kind):
    row = krippendorff_alpha(panel(), interval=kind).iloc[0]
    named = {"studentized": "studentised", "percentile": "percentiles", "linear": "linearised", "krippendorff": "single differences"}
    assert named[kind] in row["assumes"]
    assert row["ci_low"] < row["value"] < row["ci_high"]


def test_no_bootstrap_is_a_linearised_interval():
    assert "linearised" in krippendorff_alpha(panel(), bootstrap=0)["assumes"].item()


def test_words_need_an_order_unless_nominal():
    names = {1: "never", 2: "seldom", 3: "sometimes", 4: "often", 5: "always"}
    data, words = panel(), panel().assign(score=lambda d: d["score"].map(names))
    assert value(krippendorff_alpha(words, "nominal")) == pytest.approx(value(krippendorff_alpha(data, "nominal")))
    with pytest.raises(SettingsError) as caught:
        krippendorff_alpha(words, "ordinal")
    assert caught.value.code == "E-CATORDER"
    ordered = krippendorff_alpha(words, "ordinal", categories=list(names.values()))
    assert value(ordered) == pytest.approx(value(krippendorff_alpha(data, "ordinal")))


def test_a_scale_gives_the_ends_of_a_bipolar_metric():
    data = panel()
    inner = data[data["score"].between(2, 4)]
    assert value(krippendorff_alpha(rk.Ratings.from_frame(inner, scale=(1, 5)), "bipolar")) != value(krippendorff_alpha(inner, "bipolar"))


def test_the_clock_comes_round():
    """23 and 1 o'clock are two hours apart."""
    rows = [("a", "x", 23), ("b", "x", 1), ("a", "y", 11), ("b", "y", 12), ("a", "z", 6), ("b", "z", 5)]
    data = pd.DataFrame(rows, columns=["rater", "ratee", "score"])
    assert value(krippendorff_alpha(data, "circular", circumference=24)) > 0.9 > value(krippendorff_alpha(data, "interval"))


@pytest.mark.parametrize("metric", METRICS)
def test_order_of_rows_and_names_do_not_matter(metric):
    data = panel()
    shuffled = data.sample(frac=1, random_state=4)
    pd.testing.assert_frame_equal(krippendorff_alpha(shuffled, metric), krippendorff_alpha(data, metric))
    renamed = data.assign(ratee="q" + data["ratee"].str[::-1], rater="s" + data["rater"].str[::-1])
    columns = ["value", "ci_low", "ci_high"]
    np.testing.assert_allclose(krippendorff_alpha(renamed, metric)[columns], krippendorff_alpha(data, metric)[columns], atol=1e-8)


def test_occasions_are_averaged_where_scores_are_numbers():
    data = pd.concat([panel(seed=1).assign(occasion=1), panel(seed=1).assign(occasion=2)])
    once = krippendorff_alpha(panel(seed=1))
    table = krippendorff_alpha(data)
    assert value(table) == pytest.approx(value(once))
    assert "means over occasions" in table["assumes"].item()
    with pytest.raises(RatingsError) as caught:
        krippendorff_alpha(data, "nominal")
    assert caught.value.code == "E-REPEATED"


def test_dimensions_have_their_own_rows():
    data = pd.concat([panel(seed=k).assign(dimension=d) for k, d in enumerate(["speed", "care"])])
    table = krippendorff_alpha(data)
    assert table["dimension"].tolist() == ["care", "speed"]
    assert value(krippendorff_alpha(data, "interval", "speed")) == table["value"].iloc[1]


@pytest.mark.parametrize(
    "settings",
    [
        {"metric": "cardinal"},
        {"interval": "bayes"},
        {"bootstrap": 7},
        {"bootstrap": -1},
        {"level": 1.0},
        {"metric": "circular", "circumference": 0},
        {"metric": "ratio", "interval": "krippendorff"},
    ],
)
def test_impossible_settings(settings):
    with pytest.raises(SettingsError):
        krippendorff_alpha(panel(), **settings)


def test_bad_tables_are_explained():
    data = panel()
    with pytest.raises(InsufficientDataError):
        krippendorff_alpha(data[data["rater"] == "r0"])
    with pytest.raises(InsufficientDataError):
        krippendorff_alpha(data[(data["rater"] == "r0") == (data["ratee"] < "p20")].drop_duplicates("ratee"))
    with pytest.raises(RatingsError) as caught:
        krippendorff_alpha(data.assign(score=data["score"] - 3), "ratio")
    assert caught.value.code == "E-NEGATIVE"
    with pytest.raises(RatingsError):
        krippendorff_alpha(data, dimension="nonesuch")
    with pytest.raises(InsufficientDataError):
        krippendorff_alpha(rk.Ratings.averaged(data.drop(columns="rater").drop_duplicates("ratee")))


@pytest.mark.parametrize("metric", METRICS)
def test_every_blank_has_its_reason(metric):
    data = panel()
    constant = data.assign(score=4)
    one = data[data["ratee"] == "p03"]
    two = data[data["ratee"].isin(["p03", "p04"])]
    perfect = data.assign(score=data.groupby("ratee")["score"].transform("first"))
    for table in (constant, one, two, perfect):
        row = krippendorff_alpha(table, metric).iloc[0]
        assert np.isnan(row["ci_low"])
        assert row["reason"]
    assert krippendorff_alpha(perfect, metric)["value"].item() == 1
    assert "disagreement" in krippendorff_alpha(perfect, metric)["reason"].item()


def test_two_raters_of_whom_one_is_constant():
    data = panel(m=2)
    data.loc[data["rater"] == "r0", "score"] = 5
    row = krippendorff_alpha(data).iloc[0]
    assert row["value"] < 0.1
    assert np.isfinite(row["ci_low"])

"""Halo: four indices that may disagree, a reference that must exist, and tables without unexplained gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit import bias, simulate
from rankkit.errors import InsufficientDataError, RatingsError, SettingsError
from rankkit.kernels.components.variance_components import three_way
from rankkit.wording import CATALOGUE

EXACT = 1e-9  # sums taken in another order


def frame(seed=0, n=40, m=5, D=5, halo=0.0, rho=0.3, error=0.5, keep=None):
    """One rater, r0, with a general impression of each person of standard deviation ``halo``."""
    rng = np.random.default_rng(seed)
    y = np.sqrt(rho) * rng.normal(size=(n, 1, 1)) + np.sqrt(1 - rho) * rng.normal(size=(n, 1, D)) + error * rng.normal(size=(n, m, D))
    y[:, 0] += halo * rng.normal(size=(n, 1))
    i, r, d = np.indices((n, m, D)).reshape(3, -1)
    out = pd.DataFrame({"rater": [f"r{k}" for k in r], "ratee": [f"p{k:03}" for k in i], "dimension": [f"d{k}" for k in d]})
    out["score"] = y.ravel()
    return out if keep is None else out[keep(i, r, d)]


def test_a_rater_with_a_general_impression_is_a_pattern_to_review():
    found = bias.halo(frame(halo=2.0))
    table = found.of("halo")
    assert table["level"].tolist() == ["review", "", "", "", ""]
    first = next(p for p in found.patterns if p.code == "F-HALO")
    assert (first.unit_id, first.effect_name, first.design_ok) == ("r0", "inflation", True)
    assert first.effect == pytest.approx(table.loc["r0", "same_rater"] - table.loc["r0", "reference"])
    assert table.loc["r0", "ci_low"] > 0


def test_dimensions_that_go_together_in_people_are_no_halo():
    found = bias.halo(frame(seed=1, rho=0.8))
    assert not (found.of("halo")["level"] == "review").any()
    assert not (found.of("halo")["ratio_level"] == "review").any()
    assert found.of("halo_indices").loc["H4", "p"] < 0.01  # the first eigenvalue alone would have called it halo


def test_one_halo_score_would_have_to_choose():
    """Covariance and dispersion answer different questions: this rater has none of the one and much of the other, r1 the reverse."""
    rng = np.random.default_rng(2)
    data = frame(seed=2, halo=0.0, n=60)
    narrow = data["rater"] == "r0"
    data.loc[narrow, "score"] = 0.3 * data.loc[narrow, "score"]  # the same correlations on a third of the scale
    broad = data["rater"] == "r1"
    people = dict(zip(data["ratee"].unique(), 2 * rng.normal(size=60), strict=True))
    data.loc[broad, "score"] = data.loc[broad, "score"] + data.loc[broad, "ratee"].map(people)
    table = bias.halo(data).of("halo")
    assert (table.loc["r0", "level"], table.loc["r0", "ratio_level"]) == ("", "review")
    assert (table.loc["r1", "level"], table.loc["r1", "ratio_level"]) == ("review", "")
    assert not {"halo", "index", "score", "total"} & set(table.columns)


def test_interaction_is_that_of_the_analysis_of_variance():
    data = frame(seed=3, n=12, m=3, D=4)
    row = bias.halo(data).of("halo_indices").loc["H3"]
    y = data.sort_values(["ratee", "rater", "dimension"])["score"].to_numpy().reshape(12, 3, 4)
    anova = three_way(y)
    ms = dict(zip(anova.names, anova.mean_squares, strict=True))
    raw = dict(zip(anova.names, anova.raw, strict=True))
    assert row["statistic"] == pytest.approx(ms["ratee:rater"] / ms["residual"], rel=EXACT)
    assert (row["df1"], row["df2"]) == (22, 66)
    share = raw["ratee:rater"] / (raw["ratee"] + raw["ratee:rater"] + raw["ratee:dimension"] + raw["residual"])
    assert row["estimate"] == pytest.approx(share, rel=1e-6)


def test_without_second_raters_correlations_are_described_and_dispersion_is_a_remark():
    data = frame(seed=4, n=60, m=4, halo=2.5, keep=lambda i, r, d: i % 4 == r)
    found = bias.halo(data)
    table = found.of("halo")
    assert "E-HALOREF" in set(found.refusals["code"])
    assert not table["design_ok"].any()
    assert table["same_rater"].notna().all()
    assert table["p"].isna().all()
    assert (table["reason"] != "").all()
    assert set(table["ratio_level"]) <= {"", "info"}
    assert not table["ratio_design_ok"].any()
    assert found.of("halo_indices").loc["H3", "reason"]


def test_true_scores_are_a_reference():
    data = frame(seed=5, halo=2.0, n=60, m=4, keep=lambda i, r, d: i % 4 == r)
    rng = np.random.default_rng(5)
    truth = np.sqrt(0.3) * rng.normal(size=(60, 1)) + np.sqrt(0.7) * rng.normal(size=(60, 5))
    scores = pd.DataFrame(truth, index=[f"p{k:03}" for k in range(60)], columns=[f"d{k}" for k in range(5)])
    known = bias.halo(data, true_scores=scores.corr())
    assert known.of("halo").loc["r0", "level"] == "review"
    assert any(p.code == "F-HALOTRUE" for p in known.patterns)
    both = bias.halo(data, true_scores=scores).of("halo")
    assert both["reference"].iloc[0] == pytest.approx(known.of("halo")["reference"].iloc[0])
    assert both["se"].iloc[0] != known.of("halo")["se"].iloc[0]  # true scores of people carry an error of their own


def test_correlation_table_holds_all_pairs_for_the_plot():
    table = bias.halo(frame(seed=6)).of("halo_correlations")
    assert len(table) == 10
    assert (table["disattenuated"] >= table["cross_rater"]).all()
    np.testing.assert_allclose(table["inflation"], table["same_rater"] - table["disattenuated"])
    assert ((table["ci_low"] <= table["inflation"]) & (table["inflation"] <= table["ci_high"])).all()


def test_order_of_rows_and_names_decide_nothing():
    data = frame(seed=7, halo=1.5, n=30)
    one = bias.halo(data)
    mixed = bias.halo(data.sample(frac=1, random_state=1))
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, mixed.tables[name])
    names = {"r0": "z", "r1": "b", "r2": "y", "r3": "a", "r4": "m"}
    people = {p: f"q{99 - k}" for k, p in enumerate(sorted(data["ratee"].unique()))}
    again = bias.halo(data.assign(rater=data["rater"].map(names), ratee=data["ratee"].map(people)))
    other = again.of("halo").loc[[names[r] for r in one.of("halo").index]]
    for column in ("estimate", "se", "p", "ratio", "ratio_p"):
        np.testing.assert_allclose(other[column], one.of("halo")[column], rtol=1e-6)
    np.testing.assert_allclose(again.of("halo_indices")["p"], one.of("halo_indices")["p"], rtol=1e-6)


def test_scale_and_units_decide_nothing():
    data = frame(seed=8, halo=1.5)
    tiny = bias.halo(data.assign(score=1e-8 * data["score"] + 3)).of("halo")
    np.testing.assert_allclose(tiny["estimate"], bias.halo(data).of("halo")["estimate"], rtol=1e-3)


@pytest.mark.parametrize("kind", ["constant", "all the same", "one ratee", "one rating", "gaps", "copies"])
def test_every_gap_has_a_reason(kind):
    data = frame(seed=9, n=1 if kind == "one ratee" else 12, m=3)
    if kind == "constant":
        data["score"] = np.where(data["rater"] == "r1", 4.0, data["score"])
    if kind == "all the same":
        data["score"] = 4.0
    if kind == "one rating":
        data = data[(data["rater"] != "r0") | ((data["ratee"] == "p000") & (data["dimension"] == "d0"))]
    if kind == "gaps":
        data = data[np.random.default_rng(1).random(len(data)) > 0.4]
    if kind == "copies":
        data["score"] = data.groupby(["rater", "ratee"])["score"].transform("first")
    found = bias.halo(data)
    table = found.of("halo")
    assert (table["reason"] != "")[table["p"].isna()].all()
    assert (table["ratio_reason"] != "")[table["ratio_p"].isna()].all()
    for name in ("halo_indices", "halo_correlations"):
        other = found.of(name)
        assert (other["reason"] != "")[other["p" if name == "halo_indices" else "se"].isna()].all()


def test_two_dimensions_are_refused_by_name():
    found = bias.halo(frame(D=2))
    assert found.refusals["code"].tolist() == ["E-DIMENSIONS"]
    assert not found.tables


@pytest.mark.parametrize("setting", [{"floor": -1}, {"ratio": 0}, {"ratio": 2}, {"fewest": 2}, {"review_q": 0}, {"level": 1.0}])
def test_impossible_settings(setting):
    with pytest.raises(SettingsError):
        bias.halo(frame(n=10), **setting)


@pytest.mark.parametrize(
    "truth",
    [
        [1.0],
        pd.DataFrame({"d0": [1.0]}),
        pd.DataFrame(2 * np.eye(5) + 1.5, index=[f"d{k}" for k in range(5)], columns=[f"d{k}" for k in range(5)]),
        pd.DataFrame(np.arange(25.0).reshape(5, 5), index=[f"d{k}" for k in range(5)], columns=[f"d{k}" for k in range(5)]),
        pd.DataFrame(np.ones((1, 5)), index=["p000"], columns=[f"d{k}" for k in range(5)]),
    ],
)
def test_impossible_true_scores(truth):
    with pytest.raises(SettingsError):
        bias.halo(frame(n=10), true_scores=truth)


def test_published_tables():
    """Guilford's creativity ratings have seven people a rater: covariance within a rater is not judged, interaction is."""
    found = bias.halo(rk.datasets.load("guilford_creativity"))
    assert found.refusals["code"].tolist() == ["E-HALOFEW"]
    row = found.of("halo_indices").loc["H3"]
    assert (row["df1"], row["df2"]) == (12, 48)
    assert row["p"] < 0.001
    judges = rk.datasets.frame("us_judge_ratings").pivot_table(index="ratee", columns="dimension", values="score")
    table = bias.halo_of_matrix(judges)
    assert table["eigenvalue"].iloc[0] == pytest.approx(10.1334, abs=5e-5)
    assert table["above"].sum() == 1
    with pytest.raises(InsufficientDataError):
        bias.halo(rk.datasets.load("us_judge_ratings"))


def test_a_matrix_that_cannot_be_read():
    with pytest.raises(SettingsError):
        bias.halo_of_matrix([[1.0, 2.0]])
    with pytest.raises(InsufficientDataError):
        bias.halo_of_matrix(pd.DataFrame({"a": range(20)}))
    with pytest.raises(InsufficientDataError):
        bias.halo_of_matrix(pd.DataFrame({"a": [1, 2], "b": [2, 1]}))
    with pytest.raises(RatingsError):
        bias.halo_of_matrix(pd.DataFrame({"a": range(20), "b": 1.0}))


def test_texts_accuse_nobody_in_both_languages():
    table = simulate.ratings(60, 4, dimensions=5, sd_halo=0.6, seed=1).table
    rk.use_language("zh")
    assert "总体印象" in bias.halo(table).patterns[0].message
    for code in ("F-HALO", "F-ALIKE", "F-ALIKETEAM", "F-IMPRESSION"):
        english = CATALOGUE[code][0].lower() + CATALOGUE[f"{code}-ELSE"][0].lower()
        assert not {"biased", "guilty", "careless", "wrong", "fault"} & set(english.replace(",", " ").split())

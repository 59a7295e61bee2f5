"""Contrast and serial position."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit import bias, simulate
from rankkit.errors import RatingsError, SettingsError

CHECKS = {"contrast": bias.contrast, "serial_position": bias.serial_position}
COLUMNS = ["n", "raters", "estimate", "se", "df", "ci_low", "ci_high", "effect", "p", "q", "mde", "level", "reason"]


def frame(**settings):
    return simulate.biased_ratings(**{"n_ratees": 30, "n_raters": 8, "dimensions": 2} | settings).table.frame


@pytest.mark.parametrize("name", CHECKS)
def test_table(name):
    found = CHECKS[name](frame())
    table = found.of(name)
    assert table.index.tolist() == ["d1", "d2"]
    assert [c for c in table.columns if c != "reliability"] == COLUMNS
    assert not table.drop(columns="reason").isna().to_numpy().any()
    assert not found.refused
    assert ((table["ci_low"] < table["estimate"]) & (table["estimate"] < table["ci_high"])).all()
    assert (table["df"] <= table["raters"] - 1).all()


def test_planted_effects_are_found_and_named():
    contrast = bias.contrast(frame(contrast=-0.6, seed=1))
    assert contrast.frame["code"].tolist() == ["F-CONTRAST", "F-CONTRAST"]
    assert (contrast.frame["level"] == "review").all()
    assert (contrast.frame["family"] == "contrast × dimension").all()
    assert contrast.patterns[0].what_it_could_also_be
    assert "attenuated" in contrast.patterns[0].message
    assert bias.contrast(frame(contrast=0.6, seed=1)).frame["code"].tolist() == ["F-ASSIMILATION"] * 2
    assert bias.serial_position(frame(serial=1.0, seed=1)).frame["code"].tolist() == ["F-SERIALUP"] * 2
    assert bias.serial_position(frame(serial=-1.0, seed=1)).frame["code"].tolist() == ["F-SERIALDOWN"] * 2


@pytest.mark.parametrize("name", CHECKS)
def test_order_of_rows_and_labels_decide_nothing(name):
    one = frame(contrast=-0.3, serial=0.3, raters_per_ratee=5)
    rng = np.random.default_rng(0)
    names = {r: f"x{k}" for r, k in zip(one["rater"].unique(), rng.permutation(99), strict=False)}
    people = {p: f"y{k}" for p, k in zip(one["ratee"].unique(), rng.permutation(99), strict=False)}
    two = one.assign(rater=one["rater"].map(names), ratee=one["ratee"].map(people)).sample(frac=1, random_state=1)
    a, b = (CHECKS[name](f).of(name) for f in (one, two))
    pd.testing.assert_frame_equal(a, b, rtol=1e-7)


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda f: f.drop(columns="order"), "E-NEEDCOLUMN"),
        (lambda f: f.assign(order=np.nan), "E-NEEDCOLUMN"),
        (lambda f: f[f["rater"].astype(str) < "r6"], "E-ORDERFEW"),
        (lambda f: f.assign(order=f.groupby("ratee", observed=True).ngroup() + 1), "E-SAMEORDER"),
        (lambda f: f.assign(order=(f["order"] + 1) // 2), "E-ORDERTIES"),
        (lambda f: f.assign(score=3.0), "E-NOVARIATION"),
    ],
)
def test_designs_that_cannot_answer(name, change, code):
    found = CHECKS[name](change(frame()))
    assert [(p.code, p.column) for p in found.refused] == [(code, name)]
    assert name not in found.tables
    assert found.refusals["text"].str.len().gt(20).all()


def test_no_second_rater_needs_an_objective_score():
    made = simulate.biased_ratings(80, 8, raters_per_ratee=1, contrast=-0.5, dimensions=1, seed=2)
    assert [p.code for p in bias.contrast(made.table).refused] == ["E-NOSECOND"]
    assert [p.code for p in bias.serial_position(made.table).refused] == ["E-NOSECOND"]
    crossed = simulate.biased_ratings(40, 8, contrast=-0.5, dimensions=1, seed=2)
    known = bias.contrast(crossed.table, objective=crossed.truth["score"].to_dict()).of("contrast")
    assert known.loc["d1", "estimate"] == pytest.approx(-0.5, abs=0.1)
    assert np.isnan(known.loc["d1", "reliability"])
    assert known.loc["d1", "reason"]
    with pytest.raises(SettingsError):
        bias.contrast(crossed.table, objective=[1, 2])


def test_orders_by_merit_are_refused_and_single_ones_left_out():
    data = frame(n_raters=10)
    rank = data.groupby(["rater", "ratee"], observed=True)["score"].transform("mean")
    merit = data.groupby("ratee", observed=True)["score"].transform("mean") + 1e-3 * rank
    order = (-merit).groupby(data["rater"], observed=True).rank(method="dense")
    order = order + 1e-6 * data["order"]  # people of equal merit in any order
    found = bias.contrast(data.assign(order=order))
    assert [p.code for p in found.refused] == ["E-ORDERSORT"]
    assert found.of("contrast_orders")["sorted"].all()
    assert [p.code for p in bias.serial_position(data.assign(order=order)).refused] == ["E-ORDERSORT"]
    some = data["rater"].isin(["r01", "r02"])
    mixed = bias.contrast(data.assign(order=data["order"].where(~some, order)))
    assert not mixed.refused
    assert {"r01", "r02"} <= set(mixed.of("contrast_orders").query("sorted").index)
    assert mixed.notes[0].code == "W-ORDERSORT"
    assert {"r01", "r02"} <= set(mixed.notes[0].details["who"])
    assert mixed.of("contrast").loc["d1", "raters"] <= 8
    assert "chance" in mixed.notes[0].note()


def test_orders_that_are_no_numbers_are_errors():
    data = frame().astype({"order": object})
    data.loc[3, "order"] = "third"
    with pytest.raises(RatingsError) as caught:
        bias.contrast(data)
    assert [(p.code, p.row, p.column) for p in caught.value.items] == [("E-NUMBER", 5, "order")]


def test_sittings_start_anew_with_occasion_and_session():
    made = simulate.biased_ratings(12, 6, occasions=3, contrast=-0.5, dimensions=1, seed=4).table.frame
    with_occasions = bias.contrast(made).of("contrast")
    assert with_occasions.loc["d1", "n"] == 6 * 3 * 11
    sessions = made.drop(columns="occasion").assign(
        ratee=made["ratee"].astype(str) + made["occasion"].astype(str), session=made["occasion"].astype(str)
    )
    assert bias.contrast(sessions).of("contrast").loc["d1", "n"] == 6 * 3 * 11


def test_blanks_are_left_out_and_one_dimension_may_fail_alone():
    data = frame(n_ratees=20, seed=3)
    data.loc[(data["dimension"] == "d2") & (data["rater"].astype(str) > "r4"), "score"] = np.nan
    table = bias.contrast(data).of("contrast")
    assert table.loc["d1", "reason"] == ""
    assert "6" in table.loc["d2", "reason"]
    assert np.isnan(table.loc["d2", "p"])
    assert table.loc["d1", "q"] == table.loc["d1", "p"]
    rng = np.random.default_rng(0)
    holes = data.assign(score=data["score"].where(rng.random(len(data)) > 0.4))
    assert bias.serial_position(holes).of("serial_position").loc["d1", "p"] > 0

"""Careless responding: two kinds of signs, never one; halo and one flat form are neither."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit import bias
from rankkit.errors import SettingsError


def forms(seed=0, n=20, m=8, D=8, plan=("", ""), times=True, keep=None):
    """Attentive raters after those of the plan: "constant", "random", "halo", "fast", "one flat", "slow constant"."""
    rng = np.random.default_rng(seed)
    truth = np.sqrt(0.6) * rng.normal(size=(n, 1)) + np.sqrt(0.4) * rng.normal(size=(n, D))
    rows = []
    for r in range(m):
        kind = plan[r] if r < len(plan) else ""
        y = 3.4 + 0.8 * (truth + 0.4 * rng.normal(size=(n, 1)) + 0.6 * rng.normal(size=(n, D)))
        if kind == "random":
            y = rng.integers(1, 6, size=(n, D)).astype(float)
        if "constant" in kind:
            y = 4 + (rng.random((n, D)) < 0.05)
        if kind == "halo":
            y = np.repeat(3.4 + truth[:, :1], D, axis=1)
        if kind == "one flat":
            y[0] = 4
        ms = 1000 * rng.lognormal(0 if kind in ("constant", "random", "fast") else 1.8, 0.4, size=(n, D))
        who = np.arange(n) if keep is None else np.flatnonzero(keep(np.arange(n), r))
        i, d = np.meshgrid(who, np.arange(D), indexing="ij")
        rows.append(pd.DataFrame({"rater": f"r{r}", "ratee": [f"p{k:03}" for k in i.ravel()], "dimension": [f"d{k}" for k in d.ravel()],
                                  "score": np.clip(np.rint(y), 1, 5)[i, d].ravel(), "position": d.ravel() + 1,
                                  "response_ms": ms[i, d].ravel()}))  # fmt: skip
    data = pd.concat(rows, ignore_index=True)
    return data if times else data.drop(columns="response_ms")


def test_two_kinds_of_signs_and_no_score_is_changed():
    data = forms(plan=("constant", "random"))
    found = bias.careless(data)
    table = found.of("careless")
    assert table["level"].tolist() == ["review", "review"] + [""] * 6
    assert table.loc["r0", "signs"] == "sameness; speed"
    assert "speed" in table.loc["r1", "signs"]
    assert table.loc["r0", "longest_run"] == 8
    assert {p.code for p in found.patterns} == {"F-CARELESS"}
    without = found.of("careless_sensitivity")
    assert (without["n_raters"] - without["n_raters_without"] == 2).all()
    kept = data[~data["rater"].isin(["r0", "r1"])]
    np.testing.assert_allclose(without["score_without"], kept.groupby("ratee")["score"].mean())
    np.testing.assert_allclose(without["score"], data.groupby("ratee")["score"].mean())


@pytest.mark.parametrize("kind", ["halo", "one flat", "fast", "slow constant"])
def test_one_kind_alone_is_never_a_pattern(kind):
    found = bias.careless(forms(seed=1, plan=(kind,)))
    assert not found.patterns
    assert found.of("careless").loc["r0", "estimate"] <= 1


def test_low_variance_for_one_person_is_not_careless_where_a_cut_off_says_so():
    data = forms(seed=2, plan=("one flat",))
    flat = data.groupby(["rater", "ratee"])["score"].std().eq(0).groupby("rater").any()
    assert flat["r0"]  # any rater with a flat form: the toy
    assert not bias.careless(data).patterns


def test_low_variance_over_items_but_not_people_is_halo():
    table = bias.careless(forms(seed=3, plan=("halo",))).of("careless")
    assert table.loc["r0", "straight_lines"] == 1
    assert table.loc["r0", "variability"] == 0
    assert "sameness" not in table.loc["r0", "signs"]


def test_without_times_a_constant_rater_has_one_sign():
    found = bias.careless(forms(seed=4, plan=("constant", "random"), times=False))
    assert found.refusals["code"].tolist() == ["E-NOTIMES"]
    table = found.of("careless")
    assert table.loc["r0", "signs"] == "sameness"
    assert table.loc["r0", "level"] == ""
    assert table.loc["r1", "level"] == "review"
    assert not {"item_seconds", "fast_forms", "repeated"} & set(table.columns)


def test_people_of_one_rater_each():
    found = bias.careless(forms(seed=5, n=100, m=8, plan=("constant",), keep=lambda i, r: i % 8 == r))
    assert found.of("careless")["level"].tolist() == ["review"] + [""] * 7
    rest = found.of("careless_sensitivity")
    assert (rest["reason"] != "").sum() == 13
    assert rest.loc[rest["reason"] != "", "score_without"].isna().all()


def test_repeated_items():
    once = forms(seed=6, plan=("random",), times=False).assign(occasion=1)
    twice = once.copy()
    rng = np.random.default_rng(0)
    wild = twice["rater"] == "r0"
    twice["score"] = np.clip(twice["score"] + rng.integers(-1, 2, len(twice)) * (rng.random(len(twice)) < 0.2), 1, 5)
    twice.loc[wild, "score"] = rng.integers(1, 6, wild.sum())
    table = bias.careless(pd.concat([once, twice.assign(occasion=2)])).of("careless")
    assert table.loc["r0", "repeated"] > 3 * table.loc["r0", "repeated_others"]
    assert table.loc["r0", "level"] == "review"


def test_few_forms_are_described_and_not_judged():
    found = bias.careless(forms(seed=7, n=6, plan=("constant",)))
    assert found.refusals["code"].tolist() == ["E-CARELESSFEW"]
    table = found.of("careless")
    assert table["p"].isna().all()
    assert (table["reason"] != "").all()
    assert table["variability"].notna().all()


@pytest.mark.parametrize("kind", ["gaps", "all the same", "one rater", "no columns", "blanks"])
def test_bad_tables(kind):
    data = forms(seed=8, m=1 if kind == "one rater" else 4)
    rng = np.random.default_rng(1)
    if kind == "gaps":
        data = data[rng.random(len(data)) > 0.4]
    if kind == "all the same":
        data["score"] = 4.0
    if kind == "no columns":
        data = data.drop(columns=["position", "response_ms"])
    if kind == "blanks":
        data["score"] = data["score"].where(rng.random(len(data)) > 0.3)
        data["source"] = "peer"
    found = bias.careless(data)
    table = found.of("careless")
    assert not found.patterns
    assert (table["reason"] != "")[table["p"].isna()].all()
    if kind == "blanks":
        assert found.of("careless_nonresponse").loc["peer", "share"] == pytest.approx(0.3, abs=0.05)


def test_settings_and_dimensions():
    for wrong in ({"seconds": 0}, {"fewest": 2}, {"review_q": 1.0}, {"level": 0.0}):
        with pytest.raises(SettingsError):
            bias.careless(forms(n=8, m=2), **wrong)
    few = forms(n=8, m=2, D=2)
    assert bias.careless(few).refusals["code"].tolist() == ["E-DIMENSIONS"]


def test_both_languages():
    data = forms(plan=("constant",))
    english = bias.careless(data).patterns[0]
    assert "too little time to read" in english.message
    assert "Nothing was deleted" in english.suggested_action
    rk.use_language("zh")
    chinese = bias.careless(data).patterns[0]
    assert "作答时间过短" in chinese.message
    assert "未删除" in chinese.suggested_action


def test_order_of_rows_and_names_decide_nothing():
    data = forms(seed=9, plan=("constant", "random"), n=16)
    one = bias.careless(data).of("careless")
    pd.testing.assert_frame_equal(one, bias.careless(data.sample(frac=1, random_state=3)).of("careless"))
    names = dict(zip([f"r{k}" for k in range(8)], "hgfedcba", strict=True))
    again = bias.careless(data.assign(rater=data["rater"].map(names))).of("careless").loc[[names[r] for r in one.index]]
    np.testing.assert_allclose(again["p"], one["p"], rtol=1e-6)

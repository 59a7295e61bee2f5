"""Levels of raters: what is found, what is only shown, what is refused, and the shortcuts that fail."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import rankkit as rk
from rankkit import bias, simulate
from rankkit.errors import IdentificationError, RatingsError, SettingsError
from rankkit.kernels.rater_effects.rater_severity import rater_severity


def frame(y, dimensions=1):
    """Ratee × rater (× dimension) as a table of ratings."""
    y = np.asarray(y, dtype=float)
    y = y[:, :, None] if y.ndim == 2 else y
    rows = [(f"r{r}", f"p{i}", f"d{d}", y[i, r, d]) for i, r, d in np.ndindex(*y.shape) if not np.isnan(y[i, r, d])]
    return pd.DataFrame(rows, columns=["rater", "ratee", "dimension", "score"])


def shifted(n=20, m=5, shift=0.8, seed=0, dimensions=1):
    """Rater r0 is lenient by ``shift``; the rest do not differ."""
    rng = np.random.default_rng(seed)
    y = 3 + rng.normal(size=(n, 1, 1)) * 0.6 + rng.normal(size=(n, m, 1)) * 0.4 + rng.normal(size=(n, m, dimensions)) * 0.4
    y[:, 0] += shift
    return frame(y)


def test_a_lenient_rater_is_a_pattern_to_review():
    found = bias.severity(shifted())
    table = found.of("severity")
    assert table.loc["r0", "level"] == "review"
    assert table.loc["r0", "estimate"] == pytest.approx(0.8 * 0.8, abs=0.3)  # sums to zero over five raters
    assert table["estimate"].sum() == pytest.approx(0, abs=1e-9)
    pattern = next(f for f in found.patterns if f.unit_id == "r0")
    assert (pattern.code, pattern.level, pattern.family, pattern.effect_name) == ("F-LENIENT", "review", "severity × rater", "g")
    assert pattern.what_it_could_also_be
    assert pattern.ci_low < pattern.estimate < pattern.ci_high
    assert "0." in pattern.message
    assert set(found.tables) == {"severity", "severity_global", "severity_variance"}


def test_single_raters_are_tested_only_if_raters_differ_as_a_whole():
    found = bias.severity(shifted(shift=0.0, seed=3))
    assert (found.of("severity_global")["p"] > 0.05).all()
    table = found.of("severity")
    assert table["p"].notna().all()
    assert table["q"].isna().all()
    assert (table["reason"] == "no difference between the raters as a whole was found: single raters were not tested").all()
    assert not found.patterns


def test_an_effect_below_the_floor_is_a_remark():
    rng = np.random.default_rng(1)
    y = rng.normal(size=(400, 1)) + rng.normal(size=(400, 4)) * 0.3 + [0.2, 0, 0, -0.2]
    levels = bias.severity(frame(y)).of("severity")["level"]
    assert levels.tolist() == ["info", "", "", "info"]
    assert bias.severity(frame(y), floor=0.1).of("severity")["level"].tolist() == ["review", "", "", "review"]


def test_few_shared_people_are_shown_and_not_judged():
    rng = np.random.default_rng(2)
    y = rng.normal(size=(12, 1)) + rng.normal(size=(12, 4)) * 0.3
    y[:, 3] += 3
    y[4:, 3] = np.nan  # four people
    table = bias.severity(frame(y)).of("severity")
    assert table.loc["r3", "level"] == ""
    assert np.isnan(table.loc["r3", "p"])
    assert table.loc["r3", "estimate"] > 1
    assert table.loc["r3", "reason"] == "too few people shared with other raters to judge"


def test_dimensions_do_not_count_as_replicates():
    """Copying every rating to five dimensions changes nothing; counting cells would halve the standard error and more."""
    one = shifted(n=12, dimensions=1)
    five = pd.concat([one.assign(dimension=f"d{d}") for d in range(5)])
    a, b = bias.severity(one).of("severity"), bias.severity(five).of("severity")
    pd.testing.assert_frame_equal(a, b, check_exact=False, rtol=1e-9)
    y = five.pivot_table(index=["ratee", "dimension"], columns="rater", values="score").to_numpy()
    toy = stats.ttest_1samp(y - y.mean(axis=1, keepdims=True), 0)
    assert (np.abs(toy.statistic) > 2 * np.abs(a["estimate"] / a["se"]) * 0.99).all()


def test_a_noisy_rater_is_not_called_lenient_where_the_pooled_test_does():
    """One rater of six with three times the error, nobody lenient: error rates of the pooled t and of ours."""
    rng = np.random.default_rng(0)
    i, r = np.indices((15, 6)).reshape(2, -1)
    pooled, ours = [], []
    for _ in range(400):
        y = rng.normal(size=(15, 1)) + rng.normal(size=(15, 6)) * [1.2, 0.4, 0.4, 0.4, 0.4, 0.4]
        found = rater_severity(i, r, y.ravel(), 15, 6)
        pooled.append(2 * stats.t.sf(abs(found.effect / found.se_equal)[0], found.df_residual) < 0.05)
        ours.append(2 * stats.t.sf(abs(found.effect / found.se)[0], found.df[0]) < 0.05)
    assert np.mean(pooled) > 0.15
    assert np.mean(ours) < 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)
    table = [bias.severity(frame(y), variances=v).of("severity") for v in ("equal", "unequal")]
    np.testing.assert_allclose(table[0]["se"], found.se_equal)
    np.testing.assert_allclose(table[1]["se"], found.se)


def test_each_dimension_is_one_family():
    found = bias.severity(shifted(n=30, dimensions=3), each_dimension=True)
    table = found.of("severity")
    assert table.index.names == ["dimension", "rater"]
    assert len(table) == 15
    assert {f.family for f in found.patterns} == {"severity × rater × dimension"}
    assert found.patterns[0].message.startswith("d0: ")
    assert len(found.of("severity_global")) == 6
    assert found.of("severity_variance")["dimension"].tolist() == ["d0", "d1", "d2"]


def test_one_rater_each_is_a_remark_at_most():
    """Strong and weak teams: means differ hugely, and nobody can say that a rater is lenient."""
    rng = np.random.default_rng(0)
    rows = [(f"r{t}", f"p{t}.{k}", 3 + t + rng.normal() * 0.4) for t in range(5) for k in range(10)]
    found = bias.severity(pd.DataFrame(rows, columns=["rater", "ratee", "score"]))
    table = found.of("severity")
    assert set(table["level"]) == {"info", ""}
    assert {f.code for f in found.patterns} == {"F-TEAMABOVE", "F-TEAMBELOW"}
    assert not any(f.design_ok for f in found.patterns)
    assert [p.code for p in found.refused] == ["I-NESTED"]
    assert table["mde"].iloc[0] == pytest.approx(2.8 / np.sqrt(10), rel=0.15)


def test_mean_above_the_midpoint_is_not_leniency():
    """Everybody's ratings sit well above the midpoint, as in nearly every organisation: the toy flags all, we flag none."""
    rng = np.random.default_rng(5)
    y = np.clip(np.round(4.1 + rng.normal(size=(25, 1)) * 0.5 + rng.normal(size=(25, 6)) * 0.4), 1, 5)
    toy = stats.ttest_1samp(y, 3.0).pvalue
    assert (toy < 0.001).all()
    assert not bias.severity(frame(y)).patterns
    elevated = bias.elevation(frame(y), scale=(1, 5))
    assert (elevated.of("elevation")["ci_low"] > 0).all()
    assert not elevated.patterns
    assert "lenien" not in " ".join(f.message for f in elevated.patterns)


def test_flags_at_ten_people_of_many_small_teams_are_held_in_check():
    """Twenty raters without any difference, seven people each: the toy's |z| > 2 on raw means flags somebody nearly always."""
    rng = np.random.default_rng(0)
    toy, ours = 0, 0
    for _ in range(40):
        ratee = np.repeat(np.arange(70), 2)
        rater = np.concatenate([rng.permutation(20) for _ in range(7)])
        z = rng.normal(size=70)[ratee] + rng.normal(size=140) * 0.5
        means = np.bincount(rater, z) / 7
        toy += bool((np.abs(means - means.mean()) / means.std() > 2).any())
        table = pd.DataFrame({"rater": rater.astype(str), "ratee": ratee.astype(str), "score": z}).drop_duplicates(["rater", "ratee"])
        ours += bool((bias.severity(table).of("severity")["level"] == "review").any())
    assert toy > 20
    assert ours <= 4


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"level": 1.2}, "E-LEVEL"), ({"variances": "odd"}, "E-SETTING"), ({"review_q": 0}, "E-SETTING"), ({"fewest": 1}, "E-SETTING")],
)
def test_impossible_settings(settings, code):
    with pytest.raises(SettingsError) as caught:
        bias.severity(shifted(), **settings)
    assert caught.value.code == code


def test_designs_that_cannot_answer():
    one = bias.severity(frame(np.arange(5.0)[:, None]))
    assert [p.code for p in one.refused] == ["I-ONERATER"]
    with pytest.raises(IdentificationError):
        one.of("severity")
    alone = bias.severity(frame(np.arange(4.0)[None, :]))  # one person, four raters
    assert [p.code for p in alone.refused] == ["E-FEWLINKS"]
    with pytest.raises(RatingsError):
        bias.severity(pd.DataFrame({"rater": ["a"], "ratee": ["b"], "score": ["x"]}))


def test_raters_who_agree_to_a_constant():
    table = bias.severity(frame(np.arange(8.0)[:, None] + [0.0, 1.0, 2.0])).of("severity")
    np.testing.assert_allclose(table["estimate"], [-1, 0, 1], atol=1e-12)
    assert table["p"].isna().all()
    assert (table["reason"] != "").all()
    same = bias.severity(frame(np.full((8, 3), 4.0))).of("severity")
    assert (same["estimate"] == 0).all()
    assert (same["reason"] != "").all()


def test_disconnected_groups_are_compared_inside_only():
    y = np.full((20, 6), np.nan)
    rng = np.random.default_rng(0)
    y[:10, :3] = rng.normal(size=(10, 3))
    y[10:, 3:] = 10 + rng.normal(size=(10, 3))
    table = bias.severity(frame(y)).of("severity")
    assert table["estimate"].iloc[:3].sum() == pytest.approx(0, abs=1e-9)
    assert np.abs(table["estimate"]).max() < 3
    assert table["group"].nunique() == 2


def test_order_of_rows_and_names_of_raters_decide_nothing():
    data = simulate.ratings(40, 6, dimensions=3, design="partial", sd_rater=0.6, seed=4).table.frame
    first = bias.severity(data)
    names = dict(zip(sorted(data["rater"].unique()), [f"x{k}" for k in (3, 1, 5, 0, 2, 4)], strict=True))
    shuffled = data.assign(rater=data["rater"].astype(str).map(names)).sample(frac=1, random_state=1)
    second = bias.severity(shuffled)
    a, b = first.of("severity").rename(index=names).sort_index(), second.of("severity").sort_index()
    pd.testing.assert_frame_equal(a, b, check_exact=False, rtol=1e-9)
    pd.testing.assert_frame_equal(first.of("severity_global"), second.of("severity_global"), rtol=1e-9)


def test_names_come_from_the_table_of_people():
    people = rk.People.from_frame(pd.DataFrame({"person": ["r0"], "label": ["王伟"]}))
    found = bias.severity(shifted(), people)
    assert any("王伟" in f.message for f in found.patterns)

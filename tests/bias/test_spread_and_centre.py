"""Range restriction, central tendency and where ratings stand: what is found, and what is only described."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rankkit import bias, simulate
from rankkit.errors import RatingsError, SettingsError


def frame(y):
    y = np.asarray(y, dtype=float)
    y = y[:, :, None] if y.ndim == 2 else y
    rows = [(f"r{r}", f"p{i}", f"d{d}", y[i, r, d]) for i, r, d in np.ndindex(*y.shape) if not np.isnan(y[i, r, d])]
    return pd.DataFrame(rows, columns=["rater", "ratee", "dimension", "score"])


def squeezed(factor=0.35, n=40, m=5, centre=3.0, seed=0, shift=0.0):
    """Rater r0 draws everybody together."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(n, 1)) * 0.8 + rng.normal(size=(n, m)) * 0.5
    y[:, 0] = y[:, 0] * factor + shift
    return np.clip(np.round((centre + y) * 2) / 2, 1, 5)


def test_a_restricted_rater_is_a_pattern_to_review():
    found = bias.range_restriction(frame(squeezed()))
    table = found.of("range_restriction")
    assert table.loc["r0", "level"] == "review"
    assert table.loc["r0", "ci_high"] < 1
    assert table.loc["r0", "sd"] < table.loc["r1", "sd"]
    assert (table["level"].iloc[1:] != "review").all()
    assert [f.code for f in found.patterns if f.level == "review"] == ["F-NARROW"]
    wide = bias.range_restriction(frame(squeezed(factor=2.2, centre=3.0)), floor=(0.67, 1.2))
    assert ("F-WIDE", "review") in [(f.code, f.level) for f in wide.patterns if f.unit_id == "r0"]


def test_near_the_middle_it_is_central_tendency_at_the_top_it_is_not():
    middle = bias.central_tendency(frame(squeezed(factor=0.3, n=60)), scale=(1, 5))
    assert {f.code for f in middle.patterns if f.unit_id == "r0"} >= {"F-CENTRAL", "F-FLATSLOPE"}
    assert middle.of("central_tendency").loc["r0", "level"] == "review"
    top = bias.central_tendency(frame(squeezed(factor=0.3, n=60, shift=1.5)), scale=(1, 5))
    assert "F-CENTRAL" not in {f.code for f in top.patterns}
    assert top.of("central_tendency").loc["r0", "distance"] > 1


def test_the_middle_category_is_set_against_the_level_of_the_rater():
    rng = np.random.default_rng(1)
    y = np.clip(np.round(3 + rng.normal(size=(80, 1)) * 0.9 + rng.normal(size=(80, 4)) * 0.7), 1, 5)
    y[:, 0] = np.where(rng.random(80) < 0.85, 3, y[:, 0])
    found = bias.central_tendency(frame(y), scale=(1, 5))
    row = found.of("central_tendency").loc["r0"]
    assert row["middle_share"] > row["middle_expected"] + 0.2
    assert "F-MIDDLE" in {f.code for f in found.patterns if f.unit_id == "r0"}
    assert not [f for f in found.patterns if f.code == "F-MIDDLE" and f.unit_id != "r0"]
    text = next(f.message for f in found.patterns if f.code == "F-MIDDLE")
    assert f"{row['middle_share']:.0%}" in text


def test_without_ratings_on_points_or_a_scale_there_is_no_middle():
    y = squeezed() + np.random.default_rng(0).normal(size=(40, 5)) * 0.01
    found = bias.central_tendency(frame(y))
    assert [p.code for p in found.refused] == ["E-NOSCALE"]
    table = found.of("central_tendency")
    assert table[["distance", "middle_share", "middle_p"]].isna().all().all()
    assert table["effect"].notna().all()
    assert "category_use" not in bias.range_restriction(frame(y)).tables


def test_nested_raters_have_no_slope_but_a_spread():
    table = simulate.ratings(60, 6, design="nested", seed=1).table
    found = bias.central_tendency(table)
    assert [p.code for p in found.refused] == ["I-NESTED"]
    one = found.of("central_tendency")
    assert one["effect"].isna().all()
    assert (one["reason"] == "no other raters of the same people: no slope").all()
    assert one["sd_ratio"].notna().all()
    spread = bias.range_restriction(table)
    assert spread.of("range_restriction")["p"].notna().all()
    assert "among all ratings" in spread.of("range_restriction_global")["method"].iloc[0]


def test_teams_below_eight_are_not_judged():
    found = bias.range_restriction(frame(squeezed(n=7)))
    table = found.of("range_restriction")
    assert table["p"].isna().all()
    assert (table["level"] == "").all()
    assert (table["reason"] == "too few people to judge").all()
    assert [p.code for p in found.refused] == ["E-FEWEACH"]
    both = bias.central_tendency(frame(squeezed(n=7)), scale=(1, 5))
    assert [p.code for p in both.refused] == ["E-FEWEACH"]
    assert (both.of("central_tendency")["reason"] != "").all()


def test_a_constant_rater_and_all_top_ratings():
    y = squeezed()
    y[:, 0] = 5
    found = bias.range_restriction(frame(y))
    row = found.of("range_restriction").loc["r0"]
    assert (row["effect"], row["level"]) == (0.0, "review")
    assert row["reason"] == "the same rating for everyone: no interval"
    top = frame(np.full((10, 3), 5.0))
    for check in (bias.range_restriction, bias.central_tendency, bias.elevation):
        result = check(top, scale=(1, 5))
        main = next(iter(result.tables.values()))
        assert (main["reason"] != "").all()
    assert {f.code for f in bias.elevation(top, scale=(1, 5)).patterns} == {"F-CEILING"}
    assert {f.code for f in bias.elevation(frame(np.full((10, 3), 1.0)), scale=(1, 5)).patterns} == {"F-FLOORED"}


def test_use_of_categories():
    y = np.array([[1, 3], [2, 3], [3, 3], [4, 3], [5, 4], [1, 3], [2, 3], [3, 3]], dtype=float)
    use = bias.range_restriction(frame(y), scale=(1, 5)).of("category_use")
    assert use.loc["r0", "categories_used"] == 5
    assert use.loc["r1", "categories_used"] == 2
    assert use.loc["r1", "3"] == 7 / 8
    assert use.loc["r0", "entropy"] == pytest.approx(stats.entropy([2, 2, 2, 1, 1]) / np.log(5))


def test_elevation_is_described():
    rng = np.random.default_rng(0)
    y = np.clip(np.round(4 + rng.normal(size=(30, 3, 2)) * 0.8), 1, 5)
    table = bias.elevation(frame(y), scale=(1, 5)).of("elevation")
    means = y[:, 0].mean(axis=1)
    row = table.loc["r0"]
    assert row["estimate"] == pytest.approx(means.mean() - 3)
    assert row["pomp"] == pytest.approx(100 * (means.mean() - 1) / 4)
    assert row["skewness"] == pytest.approx(stats.skew(means))
    assert row["skewness_p"] == pytest.approx(stats.skewtest(means).pvalue)
    assert row["ceiling"] == pytest.approx((y[:, 0] == 5).mean())
    assert table["p"].isna().all()
    assert (table["reason"] != "").all()


def test_a_guideline_is_compared_and_never_called_leniency():
    rng = np.random.default_rng(0)
    y = np.clip(np.round([4.2, 3.0, 3.0] + rng.normal(size=(20, 3)) * 0.8), 1, 5)
    found = bias.elevation(frame(y), scale=(1, 5), guideline={1: 0.05, 2: 0.25, 3: 0.4, 4: 0.25, 5: 0.05})
    assert {(f.code, f.unit_id, f.level) for f in found.patterns} == {("F-GUIDEABOVE", "r0", "info")}
    row = found.of("elevation").loc["r0"]
    assert row["departure"] == pytest.approx(y[:, 0].mean() - 3.0)
    counts = np.bincount(y[:, 0].astype(int), minlength=6)[1:] / 20
    assert row["moved"] == pytest.approx(0.5 * np.abs(counts - [0.05, 0.25, 0.4, 0.25, 0.05]).sum())
    low = bias.elevation(frame(np.clip(y - 1, 1, 5)), scale=(1, 5), guideline={4: 1})
    assert {f.code for f in low.patterns} == {"F-GUIDEBELOW"}


@pytest.mark.parametrize("guideline", [{}, {1: 0.5, 2: 0.4}, {1: -0.5, 2: 1.5}, {9: 1.0}, {float("nan"): 1.0}])
def test_impossible_guidelines(guideline):
    with pytest.raises(SettingsError) as caught:
        bias.elevation(frame(squeezed()), scale=(1, 5), guideline=guideline)
    assert caught.value.code == "E-GUIDELINE"


def test_elevation_without_a_scale_and_of_one_rater():
    found = bias.elevation(frame(squeezed()[:, :1]))
    assert [p.code for p in found.refused] == ["E-NOSCALE"]
    table = found.of("elevation")
    assert table["skewness"].notna().all()
    assert (table["reason"] == "the ends of the scale are not known").all()


@pytest.mark.parametrize("check", [bias.range_restriction, bias.central_tendency])
@pytest.mark.parametrize("settings", [{"level": 0}, {"floor": (1.5, 0.7)}, {"fewest": 2}, {"review_q": 2}])
def test_impossible_settings(check, settings):
    with pytest.raises(SettingsError):
        check(frame(squeezed()), **settings)


def test_scores_outside_the_scale():
    with pytest.raises(RatingsError):
        bias.elevation(frame(squeezed()), scale=(1, 3))
    with pytest.raises(SettingsError):
        bias.central_tendency(frame(squeezed()), near=0)


@pytest.mark.parametrize("check", [bias.range_restriction, bias.central_tendency])
def test_one_rater_for_everybody(check):
    assert [p.code for p in check(frame(squeezed()[:, :1])).refused] == ["I-ONERATER"]


@pytest.mark.parametrize("check", [bias.range_restriction, bias.central_tendency, bias.elevation])
def test_rows_and_names_decide_nothing(check):
    data = simulate.ratings(40, 6, dimensions=3, design="partial", seed=4).table.frame
    names = dict(zip(sorted(data["rater"].unique()), [f"x{k}" for k in (3, 1, 5, 0, 2, 4)], strict=True))
    other = data.assign(rater=data["rater"].astype(str).map(names)).sample(frac=1, random_state=1)
    for name, frame_ in check(data, scale=(1, 5)).tables.items():
        again = check(other, scale=(1, 5)).of(name)
        expected = frame_.rename(index=names).sort_index() if frame_.index.name == "rater" else frame_
        pd.testing.assert_frame_equal(again, expected, check_exact=False, rtol=1e-8)


def test_two_raters_have_a_spread_and_no_slope():
    found = bias.central_tendency(frame(squeezed(m=2)), scale=(1, 5))
    assert [p.code for p in found.refused] == ["E-TWOSLOPES"]
    assert (found.of("central_tendency")["reason"] == "fewer than three raters: no slope").all()
    opposed = np.column_stack([np.arange(10), -np.arange(10), np.arange(10) % 2])
    assert [p.code for p in bias.central_tendency(frame(opposed), scale=(-10, 10)).refused] == ["E-NOSLOPE"]

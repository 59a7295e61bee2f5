"""Plots of multi-source feedback show the numbers of their tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit import plot
from rankkit.errors import SettingsError
from rankkit.privacy import clear
from tests.plot.plot_subjects import HOSTILE

KINDS = ("source_dots", "self_other", "variance_shares")


@pytest.fixture(scope="module")
def made():
    return rk.simulate.service_team()


@pytest.fixture(scope="module")
def result(made):
    return rk.MultiSourceFeedback(scale=(1, 5)).fit(made.table)


def test_kinds(result):
    assert set(KINDS) <= set(plot.kinds(result))
    assert "components" not in plot.kinds(result)  # which are by source here


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", KINDS)
def test_drawn_in_both_languages(result, kind, lang):
    ax = result.plot(kind, lang=lang)
    assert ax.get_title(loc="left")
    assert all(len(line.get_xdata()) for line in ax.lines)


def test_dots_are_the_means(result):
    data = plot.data(result, "source_dots", ratee="L3")
    exact = result.sources.loc["L3"]
    for row in data.table.itertuples():
        found = exact.loc[(row.source, row.dimension)]
        assert row.value == pytest.approx(found["mean"])
        assert row.n == found["n"]
        assert np.isnan(row.low) if row.source == "self" else row.low == pytest.approx(found["ci_low"])
    with pytest.raises(SettingsError):
        plot.data(result, "source_dots", ratee="nobody")


def test_released_dots_are_what_may_be_shown(result):
    shown = clear(result, "hr").subject
    data = plot.data(shown, "source_dots", ratee="L3")
    assert plot.data(result, "source_dots", ratee="L3", released=True).table.equals(data.table)
    allowed = result.released_sources.loc["L3"]
    for row in data.table.itertuples():
        assert row.low <= row.value <= row.high
        assert row.value == pytest.approx(allowed.loc[(row.source, row.dimension), "value"])
    assert "self_other" not in plot.kinds(shown)  # exact ratings by others


def test_the_band_is_the_error_of_the_difference(result):
    data = plot.data(result, "self_other", dimension="attitude")
    rows = result.self_other.xs("attitude", level="dimension")
    assert data.more["band"]["half"].iloc[0] == pytest.approx((rows["ci_high"] - rows["difference"]).median())
    assert data.table["named"].sum() <= (rows["finding"] != "").sum()
    with pytest.raises(SettingsError):
        plot.data(result, "self_other", dimension="charm")


def test_the_surface_is_drawn_where_people_are(result, made):
    surface = result.response_surface(made.truth["score"])
    data = surface.plot_data()
    grid = data.more["surface"]
    assert grid["height"].isna().any()
    row = grid.dropna().iloc[100]
    assert row["height"] == pytest.approx(float(surface.fitted.predict(np.array([row["self"] - 3]), np.array([row["others"] - 3]))[0]))
    for lang in ("en", "zh"):
        assert surface.plot(lang=lang).get_title(loc="left")


def test_shares_stand_beside_published_ones(result):
    data = plot.data(result, "variance_shares")
    assert data.table["share"].sum() == pytest.approx(1.0)
    assert data.more["published"]["share"].max() == 0.62


def test_hostile_names(made):
    frame = made.table.frame.drop(columns=["ratee_label", "rater_label"])
    names = dict(zip(sorted(set(frame["ratee"]))[: len(HOSTILE)], HOSTILE, strict=True))
    people = rk.People.from_frame(pd.DataFrame({"person": list(names), "label": [v or "-" for v in names.values()]}, dtype=object))
    result = rk.MultiSourceFeedback(scale=(1, 5)).fit(frame, people=people)
    for kind in KINDS:
        plot.svg(result, kind)
    for who in list(names)[:6]:
        plot.svg(result, "source_dots", ratee=who)

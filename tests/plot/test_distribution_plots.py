"""Quota and membership plots of forced distributions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from rankkit import ForcedDistribution, People, plot
from tests.plot.plot_subjects import HOSTILE, result

KINDS = ("quota_bars", "membership")
SHARES = {"优": 0.2, "良": 0.6, "差": 0.2}


def graded(n=46, **settings):
    source = result(n)
    units = ["研发"] * (n - 26) + ["Sales"] * 22 + ["x"] * 4
    people = People.from_frame(pd.DataFrame({"person": source.people, "unit": units}))
    return ForcedDistribution(**({"shares": SHARES, "scope": "unit"} | settings)).fit(source, people=people)


@pytest.mark.parametrize("kind", KINDS)
def test_they_draw_into_the_axes_given_in_both_languages(kind):
    subject = graded()
    assert kind in plot.kinds(subject)
    for lang, chinese in (("en", False), ("zh", True)):
        ax = Figure().add_subplot()
        assert plot.draw(subject, kind, ax=ax, lang=lang) is ax
        ax.figure.canvas.draw()
        assert any("\u4e00" <= c <= "\u9fff" for c in plot.data(subject, kind, lang=lang).title) is chinese


def test_quota_bars_show_what_was_given_and_what_was_asked():
    subject = graded()
    data = plot.data(subject, "quota_bars", lang="en")
    assert data.table.index.tolist() == ["", "Sales", "研发", "x"]
    assert data.table["enforced"].tolist() == [True, True, True, False]
    bars = data.more["bars"]
    np.testing.assert_allclose(bars.groupby("curve")["share"].sum(), 1)
    assert bars[(bars["curve"] == "x") & (bars["grade"] == "")]["people"].tolist() == [4]
    sales = bars[(bars["curve"] == "Sales") & (bars["grade"] != "")]["people"].tolist()
    assert sales == subject.unit_quota.loc["Sales", "used"].tolist()
    assert data.more["asked"]["x"].tolist()[:2] == pytest.approx([0.2, 0.8])
    assert "guideline" in data.subtitle
    assert len(plot.data(subject, "quota_bars", named=1).table) == 2


def test_quota_bars_are_there_where_the_quota_was_not_simply_kept():
    assert "quota_bars" not in plot.kinds(ForcedDistribution(shares=SHARES).fit(result(20)))
    ranged = ForcedDistribution(shares={"A": (0.1, 0.3), "B": (0.7, 0.9)}).fit(result(20))
    assert len(plot.data(ranged, "quota_bars").table) == 1
    plot.draw(ranged, "quota_bars").figure.canvas.draw()


def test_membership_shows_every_probability_and_who_is_unsure():
    subject = graded()
    data = plot.data(subject, "membership", lang="en")
    shown = data.more["probabilities"]
    np.testing.assert_allclose(shown.sum(axis=1), 1)
    assert set(shown.index) == set(subject.probabilities.index)
    unsure = subject.probabilities.max(axis=1) < 0.6
    assert set(data.table.index[data.table["unsure"]]) == set(unsure.index[unsure])
    assert f"{subject.expected_misgraded:.1f} of 42" in data.subtitle
    fewer = plot.data(subject, "membership", named=10, lang="en")
    assert "10 of 46" in fewer.subtitle
    assert fewer.table["largest"].max() <= data.table["largest"].sort_values().iloc[9]
    assert "membership" not in plot.kinds(ForcedDistribution(shares=SHARES).fit(result(20, covariance=False)))


def test_hostile_names_are_drawn():
    n = len(HOSTILE)
    subject = result(n, labels=HOSTILE)
    people = People.from_frame(pd.DataFrame({"person": subject.people, "unit": ["$a$", "<b>\n🦊"] * (n // 2) + ["x"] * (n % 2)}))
    found = ForcedDistribution(scope="hybrid").fit(subject, people=people)
    for kind in KINDS:
        plot.draw(found, kind).figure.canvas.draw()

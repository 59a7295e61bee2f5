"""The forest of adverse impact: both ends, honest arrows, strata, both languages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from rankkit import calibration, plot
from rankkit.errors import SettingsError


def found(rows, **settings):
    counts = pd.DataFrame(rows, columns=["stratum", "group", "grade", "n"])
    return calibration.impact_of_counts(counts, **{"grades": ["优", "良", "差"], "law": "us"} | settings)


def of_one_year(cells):
    return found([("all", g, grade, n) for g, row in cells.items() for grade, n in zip("优良差", row, strict=True)])


YEARS = [
    (year, g, grade, n)
    for year, cells in {"2025": ((5, 20, 5), (20, 40, 10)), "2026": ((6, 22, 4), (18, 45, 6))}.items()
    for g, row in zip(("女", "男"), cells, strict=True)
    for grade, n in zip("优良差", row, strict=True)
]


def test_both_ends_and_left_is_worse_in_every_row():
    subject = of_one_year({"女": (10, 70, 20), "男": (20, 75, 5)})
    data = plot.data(subject, lang="en")
    assert data.kind == "impact_forest"
    good, kept, bad = data.table["ratio"]
    assert good == pytest.approx(0.5)
    assert kept == pytest.approx(0.8 / 0.95)
    assert bad == pytest.approx(0.05 / 0.20), "the inverse of the ratio of the rates of having it"
    row = subject.comparisons.query("against == 'highest' and end == 'adverse'").iloc[0]
    assert (data.table["low"].iloc[2], data.table["high"].iloc[2]) == pytest.approx((1 / row["adverse_high"], 1 / row["adverse_low"]))
    assert [t.split(":")[0] for t in data.more["blocks"]["title"]] == ["优", "差", "差"]
    assert data.more["lines"]["x"].tolist() == [0.8, 1.25]
    assert data.table["n"].tolist() == ["100 / 100"] * 3


def test_strata_are_diamonds_and_sparse_ones_hollow():
    data = plot.data(found(YEARS), lang="en")
    assert data.table["mark"].value_counts().to_dict() == {"group": 3, "strata": 3}
    sparse = [(y, g, grade, n // 4) for y, g, grade, n in YEARS]
    marks = plot.data(found(sparse, min_group=1), lang="en").table["mark"]
    assert "exact" in set(marks)
    assert (marks == "exact").sum() + (marks == "strata").sum() <= 3


def test_nobody_and_everybody_are_drawn_as_they_are():
    subject = of_one_year({"a": (0, 7, 3), "b": (6, 20, 0), "c": (0, 9, 0)})
    data = plot.data(subject, lang="en")
    table = data.table
    assert (table["ratio"] == 0).any()
    assert (table["low"] == 0).any()
    turned = plot.data(subject, against="others", lang="en").table
    assert np.isinf(turned["high"]).any()
    assert "Arrow" in data.subtitle
    low, high = data.more["limits"].iloc[0]
    assert low == pytest.approx(1 / high)
    ax = plot.draw(subject, ax=Figure(layout="constrained").add_subplot(), lang="en")
    ax.figure.canvas.draw()
    arrows = [line for line in ax.lines if line.get_marker() in ("<", ">")]
    beyond = int((table["low"] < low).sum() + (table["high"] > high).sum())
    assert len(arrows) == beyond
    nobody = of_one_year({"a": (0, 10, 0), "b": (0, 10, 0)})
    text = plot.data(nobody, lang="en").table["text"]
    assert set(text) == {"nobody in either group", "1.00 [0.72–1.38]"}
    plot.draw(nobody).figure.canvas.draw()


def test_lines_without_a_rule_are_called_orientation():
    assert "orientation" in plot.data(found(YEARS, law="cn"), lang="en").subtitle
    assert "orientation" not in plot.data(found(YEARS), lang="en").subtitle
    assert "everybody else" in plot.data(found(YEARS, law="cn"), lang="en").subtitle


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_draws_into_the_axes_given(lang):
    ax = Figure().add_subplot()
    assert plot.draw(found(YEARS), "impact_forest", ax=ax, lang=lang) is ax
    ax.figure.canvas.draw()
    assert any("\u4e00" <= c <= "\u9fff" for c in plot.data(found(YEARS), lang=lang).title) is (lang == "zh")


def test_many_groups_are_cut_and_hostile_names_drawn():
    cells = {f"$g_{k}$\n🦊": (k + 5, 20, 3) for k in range(40)}
    data = plot.data(of_one_year(cells), lang="en", named=10)
    assert len(data.table) <= 10 * 2
    assert "10 of" in data.subtitle
    plot.draw(of_one_year(cells), named=10).figure.canvas.draw()


def test_there_is_none_where_nothing_may_be_compared():
    subject = of_one_year({"a": (1, 1, 1), "b": (9, 9, 9)})
    assert plot.kinds(subject) == ()
    with pytest.raises(SettingsError):
        subject.plot()
    with pytest.raises(SettingsError):
        found(YEARS).plot("forest")

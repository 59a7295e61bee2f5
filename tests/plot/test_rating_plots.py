"""Plots of ratings show the numbers of their tables: components, projections, severity, maps, drift, Wright maps."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit import accuracy, bias, plot, simulate
from rankkit.errors import SettingsError
from rankkit.findings import Findings
from tests.plot.plot_subjects import HOSTILE


@cache
def study():
    return rk.agreement.generalizability(rk.datasets.load("gleser_symptom_ratings"))


@cache
def scored(n=12, m=5, dimensions=2):
    return rk.GraphicRatingScale(adjust="severity").fit(
        simulate.ratings(n, m, dimensions=dimensions, design="partial", raters_per_ratee=3, seed=2).table
    )


@cache
def planted():
    return simulate.biased_ratings(seed=1).table


@cache
def levels():
    return Findings.together([bias.severity(planted()), bias.range_restriction(planted()), bias.halo(planted()), bias.drift(planted())])


@cache
def measured():
    return rk.ManyFacetRasch().fit(rk.datasets.load("guilford_creativity"))


SUBJECTS = {
    "components": study, "dstudy": study, "rating_map": scored, "severity": levels, "category_use": levels, "halo": levels,
    "drift": levels, "wright": measured,
}  # fmt: skip


def chinese(text):
    return any("\u4e00" <= c <= "\u9fff" for c in text)


@pytest.mark.parametrize("kind", SUBJECTS)
def test_each_kind_is_drawn_in_both_languages(kind):
    subject = SUBJECTS[kind]()
    assert kind in plot.kinds(subject)
    for lang in ("en", "zh"):
        data = plot.data(subject, kind, lang=lang)
        assert len(data.table)
        assert (chinese(data.title), chinese(data.subtitle)) == (lang == "zh", lang == "zh")
        plot.draw(subject, kind, lang=lang).figure.canvas.draw()


def test_components_are_those_of_the_study_and_negative_ones_are_named():
    data = plot.data(study(), "components")
    np.testing.assert_allclose(data.table["variance"], study().components["variance"])
    assert data.table["share"].sum() == pytest.approx(1)
    assert "raters" in data.subtitle  # came out below zero
    bars = [p.get_width() for p in plot.draw(study(), "components").patches]
    np.testing.assert_allclose(bars, study().components["variance"])


def test_the_projection_marks_how_many_raters_are_needed():
    data = plot.data(study(), "dstudy", target=0.7)
    assert int(data.more["needed"]["raters"]["relative"]) == study().raters_needed(0.7)
    assert "never" not in data.subtitle
    assert "No number of raters" in plot.data(study(), "dstudy", target=0.95).subtitle
    project = study().project(raters=range(1, 11))
    np.testing.assert_allclose(data.table["relative"].iloc[:10], project["relative"])


def test_the_map_has_means_and_residuals_without_levels():
    data = plot.data(scored(), "rating_map")
    cells = scored().ratings_by_rater
    one = cells.groupby(["ratee", "rater"], observed=True)["score"].mean()
    shown = data.more["cells"]
    for (ratee, rater), value in list(one.items())[:10]:
        assert shown.loc[ratee, rater] == pytest.approx(value)
    assert list(data.more["raters"]["mean"]) == sorted(data.more["raters"]["mean"])
    assert list(data.table["score"]) == sorted(data.table["score"], reverse=True)
    left = plot.data(scored(), "rating_map", show="residuals").more["cells"]
    np.testing.assert_allclose(left.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(left.mean(axis=1), 0, atol=1e-6)
    for wrong in ({"dimension": "nothing"}, {"show": "everything"}):
        with pytest.raises(SettingsError):
            plot.data(scored(), "rating_map", **wrong)


def test_a_large_map_says_who_is_left_out():
    big = rk.GraphicRatingScale().fit(simulate.ratings(200, 80, design="partial", raters_per_ratee=4, seed=3).table)
    data = plot.data(big, "rating_map")
    assert "60" in data.subtitle
    assert data.more["cells"].shape[1] == 60
    assert len(data.table) <= 150
    plot.draw(big, "rating_map").figure.canvas.draw()


def test_severity_is_in_order_and_coloured_by_what_was_found():
    found = levels()
    data = plot.data(found, "severity")
    assert list(data.table["estimate"]) == sorted(data.table["estimate"])
    assert data.table["level"].to_dict() == found.tables["severity"]["level"].loc[data.table.index].to_dict()
    assert plot.data(found, "severity", named=4).table.shape[0] == 4
    crowd = found.tables["severity"]
    crowd = pd.concat([crowd.set_axis([f"{r}-{k}" for r in crowd.index], axis=0) for k in range(6)]).rename_axis("rater")
    many = Findings(tables={"severity": crowd})
    assert "strictest" in plot.data(many, "severity").subtitle
    plot.draw(many, "severity").figure.canvas.draw()


def test_halo_matrices_are_symmetric_and_those_of_the_table():
    data = plot.data(levels(), "halo")
    for which in ("same_rater", "cross_rater"):
        matrix = data.more[which]
        np.testing.assert_allclose(matrix, matrix.T)
        row = levels().tables["halo_correlations"].iloc[0]
        assert matrix.loc[row["first"], row["second"]] == pytest.approx(row[which])


def test_drift_draws_those_nearest_to_a_signal_first():
    data = plot.data(levels(), "drift")
    assert list(data.more["raters"]["most"]) == sorted(data.more["raters"]["most"], reverse=True)
    rater = data.more["raters"].index[-1]
    assert list(plot.data(levels(), "drift", raters=(rater,)).more["raters"].index) == [rater]
    with pytest.raises(SettingsError):
        plot.data(levels(), "drift", raters=("nobody",))


def test_the_wright_map_has_every_measure():
    data = plot.data(measured(), "wright")
    assert len(data.table) == int(measured().measures["measure"].notna().sum())
    assert len(data.more["thresholds"]) == int(measured().thresholds["threshold"].notna().sum())
    crowd = rk.ManyFacetRasch().fit(simulate.ratings(60, 5, seed=4).table)
    plot.draw(crowd, "wright").figure.canvas.draw()


def test_category_shares_add_up():
    data = plot.data(levels(), "category_use")
    np.testing.assert_allclose(data.more["shares"].sum(axis=1), 1)


def test_hostile_names_are_drawn():
    table = simulate.ratings(6, len(HOSTILE), design="crossed", seed=6).table.frame
    names = dict(zip(sorted(set(table["rater"])), HOSTILE, strict=True))
    frame = table.assign(rater_label=[names[r] for r in table["rater"]])
    found = bias.severity(frame)
    plot.draw(found, "severity").figure.canvas.draw()
    result = rk.GraphicRatingScale().fit(frame)
    plot.draw(result, "rating_map").figure.canvas.draw()
    plot.draw(bias.range_restriction(frame), "category_use").figure.canvas.draw()


def test_accuracy_is_drawn_by_dimension():
    made = simulate.ratings(12, 4, dimensions=3, seed=7)
    truth = made.dimensions.rename_axis("ratee").reset_index().melt("ratee", var_name="dimension", value_name="score")
    found = accuracy.components(made.table, truth)
    assert "accuracy" in plot.kinds(found)
    data = plot.data(found, "accuracy")
    assert len(data.table) == 4 * 3
    for lang in ("en", "zh"):
        plot.draw(found, "accuracy", lang=lang).figure.canvas.draw()

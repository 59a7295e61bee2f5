"""Plots of paired comparisons show the numbers of the result, at every size and in both languages."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection

import rankkit as rk
from rankkit import plot, simulate
from rankkit.errors import Problem, SettingsError
from rankkit.lazy_tables import LazyTables
from rankkit.plot import cell_map, judges, pairs, person_rows
from rankkit.tables.comparisons import Comparisons
from tests.plot.plot_subjects import HOSTILE

KINDS = ("quasi", "pairs", "judges", "growth", "design")


@cache
def fitted(n=7, judges=6, rounds=12, sd=1.0, seed=3):
    return rk.PairedComparison().fit(simulate.comparisons(n, judges=judges, rounds=rounds, sd=sd, seed=seed).table)


@cache
def with_an_odd_judge():
    frame = simulate.comparisons(12, judges=8, rounds=40, sd=1.5, seed=3).table.frame.astype(str)
    odd = frame["rater"] == "j3"
    frame.loc[odd, "outcome"] = frame.loc[odd, "outcome"].map({"left": "right", "right": "left"})
    return rk.PairedComparison().fit(Comparisons.from_frame(frame.replace({"rater": {"j3": "评判者 $j$"}})))


def texts(ax):
    return [t.get_text() for t in ax.texts]


def chinese(text):
    return any("\u4e00" <= c <= "\u9fff" for c in text)


@pytest.mark.parametrize("n", [2, 3, 24])
@pytest.mark.parametrize("kind", KINDS)
def test_every_size_is_drawn_in_both_languages(kind, n):
    subject = fitted(n)
    assert kind in plot.kinds(subject)
    for lang in ("en", "zh"):
        data = plot.data(subject, kind, lang=lang)
        assert len(data.table)
        assert (chinese(data.title), chinese(data.subtitle)) == (lang == "zh", lang == "zh")
        plot.draw(subject, kind, lang=lang).figure.canvas.draw()


def test_asking_for_the_kinds_makes_no_table():
    made = []

    def maker(name):
        return lambda: made.append(name) or pd.DataFrame()

    subject = replace(fitted(), evidence=LazyTables({name: maker(name) for name in fitted().evidence}))
    assert set(KINDS) <= set(plot.kinds(subject))
    assert made == []


def test_quasi_intervals_are_those_of_the_result():
    subject = fitted()
    data = plot.data(subject, "quasi", lang="en")
    expected = subject.quasi.loc[data.table.index]
    np.testing.assert_array_equal(data.table["quasi_low"].to_numpy(), expected["quasi_low"].to_numpy())
    assert data.table["score"].is_monotonic_decreasing
    ax = plot.draw(subject, "quasi")
    lines = np.concatenate(
        [np.array(c.get_segments()) for c in ax.collections if isinstance(c, LineCollection) and c.get_linewidth()[0] == 2.0]
    )
    np.testing.assert_array_equal(lines[:, :, 0], expected[["quasi_low", "quasi_high"]].to_numpy())
    assert {f"{se:.2f}" for se in expected["quasi_se"]} <= set(texts(ax))


def test_quasi_says_how_far_off_the_lines_are():
    subject = fitted()

    def said(worst):
        return plot.data(replace(subject, evidence={"quasi": subject.quasi.assign(worst_error=worst)}), "quasi", lang="en").subtitle

    assert "wrong by 2% at most" in said(0.02)
    assert "wrong by 0.4% at most" in said(0.004)
    assert "as much as 31%: a rough guide" in said(0.31)


def test_quasi_of_two_people_has_points_only():
    data = plot.data(fitted(2), "quasi", lang="en")
    assert "no quasi-intervals" in data.subtitle
    assert list(data.table["text"]) == ["—", "—"]


def test_quasi_of_many_names_both_ends():
    data = plot.data(fitted(80, rounds=20), "quasi", lang="en")
    assert data.table["place"].value_counts().to_dict() == {"scored": person_rows.NAMED, "between": 20}
    assert "20 between them" in data.subtitle


def test_pairs_are_the_matrices_of_the_result_and_written_for_few():
    subject = fitted()
    data = plot.data(subject, "pairs", lang="en")
    for what in ("probability", "observed", "comparisons", "residual"):
        pd.testing.assert_frame_equal(data.more[what], subject.pair_matrix(what))
    ax = plot.draw(subject, "pairs", lang="en")
    chance, won, met, residual = (subject.pair_matrix(w).to_numpy() for w in ("probability", "observed", "comparisons", "residual"))
    written = set(texts(ax))
    for i, j in zip(*np.triu_indices(len(chance), 1), strict=True):
        expected = f"{100 * chance[i, j]:.0f}%" if chance[i, j] < 0.995 else ">99%"
        wins = f"\n{won[i, j]:g}–{won[j, i]:g}" if met[i, j] > 0 else ""
        assert expected + wins in written
    z = residual[np.tril_indices(len(chance), -1)]
    assert f"{np.sum(np.abs(z) > 2)} of {np.isfinite(z).sum()} compared pairs lie beyond ±2." in data.subtitle
    assert ax.get_yticklabels()[0].get_text() == f"1  {data.table['label'].iloc[0]}"


def test_surprise_has_the_colour_of_who_did_better_than_expected():
    subject = fitted(24)
    residual = subject.pair_matrix("residual").to_numpy()
    ax = plot.draw(subject, "pairs")
    below = [c for c in ax.collections if isinstance(c, PathCollection)][1]
    steps = cell_map.levels(np.where(np.tril(np.ones_like(residual), -1) > 0, residual, np.nan), -3, 3, pairs._STEPS)
    assert len(below.get_paths()) == len(set(steps[steps >= 0]))
    area = sum(np.ptp(p[:, 0]) * np.ptp(p[:, 1]) for path in below.get_paths() for p in path.vertices.reshape(-1, 5, 2))
    assert area == np.isfinite(residual[np.tril_indices(24, -1)]).sum()
    red, _, blue, _ = below.get_facecolor()[-1]
    assert red > blue  # the highest residual: placed lower, won more


def test_a_matrix_of_too_many_people_is_not_offered(monkeypatch):
    monkeypatch.setattr(pairs, "MOST", 6)
    assert "pairs" not in plot.kinds(fitted(7))


def test_large_matrices_are_numbered_and_have_no_text():
    ax = plot.draw(fitted(60, rounds=10), "pairs", lang="en")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["1", "10", "20", "30", "40", "50", "60"]
    assert not [t for t in texts(ax) if "%" in t and "\n" not in t[:6]]


def test_judges_are_drawn_where_they_fit_and_only_those_to_review_are_named():
    subject = with_an_odd_judge()
    data = plot.data(subject, "judges", lang="en")
    table = subject.judges.sort_index()
    for what in ("infit", "outfit", "infit_low", "outfit_high", "comparisons"):
        np.testing.assert_array_equal(data.table[what].to_numpy(), table[what].to_numpy(dtype=float))
    assert set(data.table.index[data.table["place"] == "review"]) == set(table.index[table["review"]])
    assert "评判者 $j$" in table.index[table["review"]]
    assert set(data.table["label"]) - {""} == set(table.index[table["review"]])
    assert data.table["x"].max() <= judges.MOST_VALUE
    ax = plot.draw(subject, "judges")
    assert texts(ax).count("评判者 $j$") == 1
    drawn = np.vstack([c.get_offsets() for c in ax.collections if isinstance(c, PathCollection)])
    assert sorted(map(tuple, drawn)) == sorted(map(tuple, data.table[["x", "y"]].to_numpy()))
    outside = (data.table["infit"] > data.table["infit_high"]) | (data.table["infit"] < data.table["infit_low"])
    assert not (data.table.loc[outside, "place"] == "inside").any()


def test_bands_of_many_judges_are_drawn_for_few():
    data = plot.data(fitted(20, judges=20, rounds=40), "judges", lang="en")
    assert data.table["band"].sum() < len(data.table)
    assert "Bands are drawn for judges outside" in data.subtitle


def test_growth_draws_reliability_and_says_when_a_line_is_reached():
    subject = fitted(10, rounds=60, sd=2.0)
    data = plot.data(subject, "growth", lang="en")
    expected = subject.growth
    np.testing.assert_array_equal(data.table["reliability"].to_numpy(), expected["reliability"].to_numpy())
    ax = plot.draw(subject, "growth", lang="en")
    curve = next(line for line in ax.lines if line.get_label() == "with the mean error")
    shown = expected["reliability"].where(expected["reliability"] >= 0)
    np.testing.assert_array_equal(curve.get_ydata(), shown.to_numpy())
    np.testing.assert_array_equal(ax.child_axes[0].lines[0].get_ydata(), expected["mean_se"].to_numpy())
    assert {".70", ".90"} <= set(texts(ax))
    k = int(data.more["reached"].set_index("line")["comparisons"][0.70])
    later = expected.loc[expected["comparisons"] >= k, "reliability"]
    assert (later >= 0.70).all()
    before = expected.loc[expected["comparisons"] < k, "reliability"]
    assert len(before)
    assert not before.iloc[-1] >= 0.70
    assert f"From {k} comparisons on at least .70." in data.subtitle


def test_growth_under_adaptive_pairing_draws_no_reliability():
    subject = replace(fitted(), notes=(Problem("W-ADAPT", None, None, None, {"how": "swiss"}),))
    data = plot.data(subject, "growth", lang="en")
    assert data.table["reliability"].isna().all()
    assert "would be too high" in data.subtitle
    ax = plot.draw(subject, "growth", lang="en")
    assert not ax.child_axes
    assert ax.get_ylabel() == "Mean standard error (logits)"


def test_growth_of_counted_rows_counts_their_comparisons():
    subject = rk.PairedComparison().fit(rk.datasets.load("guilford_vegetables"))
    data = plot.data(subject, "growth", lang="en")
    assert data.x_label.startswith("Comparisons")
    assert data.table["comparisons"].max() == subject.record["comparisons"].sum() / 2


def test_the_graph_goes_round_by_score_and_marks_the_one_sided():
    rows = [("a", "b", "left"), ("b", "c", "left"), ("c", "b", "left"), ("c", "d", "left"), ("a", "d", "left"), ("b", "d", "left")]
    subject = rk.PairedComparison().fit(Comparisons.from_frame(pd.DataFrame(rows, columns=["left", "right", "outcome"])))
    table = plot.data(subject, "design", lang="en").table
    assert list(table["id"]) == [subject.people[k] for k in np.argsort(-subject.estimate, kind="stable")]
    assert table.set_index("id")["mark"].to_dict() == {"a": "won", "b": "", "c": "", "d": "lost"}
    assert table["y"].idxmin() == 0  # the best on top: the axis points down
    labels = [t.get_text() for t in plot.draw(subject, "design", lang="en").get_legend().get_texts()]
    assert labels == ["won every comparison", "lost every comparison"]


def test_dimensions_have_plots_of_their_own():
    one, other = (simulate.comparisons(6, judges=4, seed=k).table.frame.astype(str) for k in (1, 2))
    both = pd.concat([one.assign(dimension="quality"), other.assign(dimension="服务")], ignore_index=True)
    subject = rk.PairedComparison().fit(Comparisons.from_frame(both))
    for kind in ("quasi", "pairs", "judges", "growth"):
        first = next(iter(subject.parts))
        assert plot.data(subject, kind, lang="en").title.endswith(f": {first}")
        assert plot.data(subject, kind, dimension="服务", lang="zh").title.endswith("：服务")
    expected = subject.parts["服务"].pair_matrix("residual")
    pd.testing.assert_frame_equal(plot.data(subject, "pairs", dimension="服务").more["residual"], expected)
    with pytest.raises(SettingsError):
        plot.data(subject, "pairs", dimension="nothing")


def test_hostile_names_are_drawn():
    frame = simulate.comparisons(len(HOSTILE), judges=3, rounds=10, seed=4).table
    subject = rk.PairedComparison().fit(replace(frame, labels=dict(zip(frame.people, HOSTILE, strict=True))))
    for kind in KINDS:
        ax = plot.draw(subject, kind)
        ax.figure.canvas.draw()
        assert "<svg" in plot.svg(subject, kind)

"""What is drawn is what the result says, for every kind of plot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from rankkit import plot
from rankkit.design_audit import DesignAudit, audit
from rankkit.errors import SettingsError
from rankkit.methods.forced_distribution import ForcedDistribution
from rankkit.plot import design, person_rows, rank_lines, raters
from tests.plot.plot_subjects import HOSTILE, comparison, rated, result


def graded(n=20, **options):
    return ForcedDistribution(shares={"优": 0.2, "良": 0.6, "差": 0.2}).fit(result(n, **options))


def ratings_design(n_raters=4, n=9, groups=2):
    return audit(
        pd.DataFrame(
            [(f"m{k}", f"p{i}", 3.0 + (i + k) % 2) for k in range(n_raters) for i in range(n) if i % groups == k % groups],
            columns=["rater", "ratee", "score"],
        )
    )


def pairs_design(n=8, groups=2):
    rows = [(f"p{i}", f"p{j}", "left") for i in range(n) for j in range(i) if i % groups == j % groups]
    return audit(pd.DataFrame(rows, columns=["left", "right", "outcome"]))


def texts(ax):
    return [t.get_text() for t in ax.texts]


def y_names(ax):
    return [t.get_text() for t in ax.get_yticklabels()]


def dots(ax):
    """All markers of the axes: rows of (x, y)."""
    lines = [np.column_stack([line.get_xdata(), line.get_ydata()]) for line in ax.lines if line.get_marker() not in ("", "None", None)]
    return np.vstack(lines)


SUBJECTS = {
    "forest": lambda: result(7, unscored=1, provisional=2),
    "bump": comparison,
    "boundary": graded,
    "before_after": rated,
    "raters": rated,
    "design": ratings_design,
}


@pytest.mark.parametrize("kind", SUBJECTS)
def test_every_kind_draws_into_the_axes_given_and_returns_them(kind):
    ax = Figure().add_subplot()
    assert kind in plot.kinds(SUBJECTS[kind]())
    assert plot.draw(SUBJECTS[kind](), kind, ax=ax) is ax
    ax.figure.canvas.draw()


@pytest.mark.parametrize("kind", SUBJECTS)
def test_titles_are_in_the_language_asked_for(kind):
    for lang, expected in (("en", False), ("zh", True)):
        data = plot.data(SUBJECTS[kind](), kind, lang=lang)
        assert data.lang == lang
        assert any("\u4e00" <= c <= "\u9fff" for c in data.title) is expected
        assert plot.draw(SUBJECTS[kind](), kind, lang=lang).get_title(loc="left") == data.title


def test_unknown_kind_names_those_there_are():
    with pytest.raises(SettingsError) as caught:
        plot.draw(result(), "pie")
    assert caught.value.codes == ("E-PLOT",)
    assert "forest" in str(caught.value)


def test_forest_draws_scores_intervals_ranks_and_everyone():
    subject = result(7, unscored=2, provisional=1)
    data = plot.data(subject)
    ax = plot.draw(subject, lang="en")
    scored = subject.scores.dropna(subset="score").sort_values("score", ascending=False)
    table = data.table[data.table["place"] == "scored"]
    assert list(table.index) == list(scored.index)
    for column in ("score", "ci_low", "ci_high"):
        np.testing.assert_array_equal(table[column].to_numpy(), scored[column].to_numpy())
    drawn = dots(ax)
    np.testing.assert_array_equal(drawn[np.argsort(drawn[:, 1]), 0], scored["score"].to_numpy())
    segments = np.concatenate([np.array(c.get_segments()) for c in ax.collections if c.get_linewidth()[0] == 1.5])
    np.testing.assert_array_equal(segments[:, :, 0], scored[["ci_low", "ci_high"]].to_numpy())
    assert y_names(ax) == [*scored["label"], "员工5", "员工6"]
    written = [f"{r} [{a}–{b}]" for r, a, b in zip(scored["rank"], scored["rank_low"], scored["rank_high"], strict=True)]
    assert [t for t in texts(ax) if "[" in t and "–" in t] == written
    assert sum(t.startswith("no score") for t in texts(ax)) == 2
    hollow = [line for line in ax.lines if line.get_markerfacecolor() == "white"]
    assert sum(len(line.get_xdata()) for line in hollow) == 1


def test_forest_of_scores_without_covariance_claims_no_interval():
    data = plot.data(result(5, covariance=False), lang="en")
    assert "No standard error" in data.subtitle
    assert list(data.table["text"]) == ["1", "2", "3", "4", "5"]


def test_forest_of_nobody_scored_still_lists_everyone():
    ax = plot.draw(result(3, unscored=3))
    ax.figure.canvas.draw()
    assert len(y_names(ax)) == 3


def test_forest_of_many_names_both_ends_and_says_so():
    data = plot.data(result(200), lang="en")
    places = data.table["place"].value_counts()
    assert places["scored"] == person_rows.NAMED
    assert places["between"] == 200 - person_rows.NAMED
    assert "140 between them" in data.subtitle
    assert data.table["y"].is_monotonic_increasing
    assert "31–170" in " ".join(texts(plot.draw(result(200), lang="en")))


def test_forest_does_not_depend_on_row_order():
    one, other = result(9), result(9)
    order = np.random.default_rng(3).permutation(9)
    for name in ("estimate", "n_raters", "n_obs"):
        object.__setattr__(other, name, getattr(other, name)[order])
    object.__setattr__(other, "people", tuple(one.people[k] for k in order))
    object.__setattr__(other, "covariance", one.covariance.take(order))
    columns = ["label", "score", "ci_low", "ci_high", "y"]
    pd.testing.assert_frame_equal(plot.data(one).table[columns], plot.data(other).table[columns])


def test_forest_of_a_dimension_and_of_one_that_is_not_there():
    whole = result(5)
    object.__setattr__(whole, "parts", {"quality": result(5, seed=9)})
    part = plot.data(whole, dimension="quality").table["score"]
    assert set(part) == set(result(5, seed=9).estimate)
    with pytest.raises(SettingsError):
        plot.data(whole, dimension="nothing")


def test_raters_summarises_each_rater():
    subject = rated(3, 6)
    data = plot.data(subject, "raters")
    cells = subject.ratings_by_rater
    for rater, row in data.table.iterrows():
        own = cells.loc[cells["rater"] == rater, "score"]
        assert row["n"] == len(own)
        assert row["mean"] == own.mean()
        np.testing.assert_array_equal([row["q1"], row["median"], row["q3"]], np.quantile(own, [0.25, 0.5, 0.75]))
        shown = data.more["ratings"].query("rater == @rater")
        assert sorted(shown["score"]) == sorted(own)
        assert (abs(shown["y"] - row["y"]) < 0.5).all()
    assert data.table["mean"].is_monotonic_increasing
    ax = plot.draw(subject, "raters")
    assert y_names(ax) == list(data.table["label"])
    assert {f"{m:.2f}" for m in data.table["mean"]} <= set(texts(ax))
    diamonds = next(line for line in ax.lines if line.get_marker() == "D")
    np.testing.assert_array_equal(diamonds.get_xdata(), data.table["mean"].to_numpy())


def test_raters_of_many_shows_the_ends_and_thins_dots():
    data = plot.data(rated(raters.NAMED + 10, 4, per=60), "raters", lang="en")
    assert len(data.table) == raters.NAMED
    assert "50 raters" in data.subtitle
    assert "evenly spread" in data.subtitle


def test_bump_draws_each_rank_and_colours_the_largest_shifts():
    subject = comparison(9, ("a", "b", "c"))
    data = plot.data(subject)
    ranks = subject.ranks[["a", "b", "c"]].astype(float)
    pd.testing.assert_frame_equal(data.more["ranks"].sort_index(), ranks.sort_index(), check_names=False)
    shift = ranks.max(axis=1) - ranks.min(axis=1)
    coloured = data.table.index[data.table["color"] != "#B3B3B3"]
    assert len(coloured) > 0
    assert shift[coloured].min() > shift.drop(coloured).max()
    ax = plot.draw(subject)
    drawn = {tuple(line.get_ydata()) for line in ax.lines if len(line.get_xdata()) == 3}
    assert drawn == {tuple(row) for row in ranks.to_numpy()}
    assert sum("员工" in t for t in texts(ax)) == 18
    assert [t.get_text() for t in ax.get_xticklabels()] == ["a", "b", "c"]


def test_tied_ranks_get_lines_of_their_own_for_names():
    assert list(rank_lines.slots(np.array([1.0, 1.0, 1.0, 4.0]))) == [1, 2, 3, 4]
    y = rank_lines.spread_apart(np.array([1.0, 1.0, 9.9, 10.0]), 1.0, 1.0, 10.0)
    assert (np.diff(y) >= 1.0).all()
    assert y.max() == 10.0


def test_before_after_shows_who_moves():
    subject = rated(3, 6)
    data = plot.data(subject, "before_after")
    moved = subject.changes["raw_rank"] - subject.changes["rank"]
    for who, direction in data.table["direction"].items():
        assert direction == ("up" if moved[who] > 0 else "down" if moved[who] < 0 else "same")
    ax = plot.draw(subject, "before_after")
    drawn = sorted(tuple(line.get_ydata()) for line in ax.lines if line.get_marker() == "o")
    assert drawn == sorted(map(tuple, subject.changes[["raw_rank", "rank"]].astype(float).to_numpy()))


def test_boundary_draws_grades_cuts_and_probabilities():
    subject = graded(20)
    data = plot.data(subject, "boundary")
    table = data.table
    assert list(table.index[table["near"]]) == [p for p in table.index if p in subject.boundary.index]
    assert table["grade"].to_dict() == subject.grades["grade"].to_dict()
    np.testing.assert_array_equal(data.more["cuts"]["score"].to_numpy(), subject.cuts["score"].to_numpy())
    for row in data.more["cuts"].itertuples():
        assert (table["score"] > row.score).sum() - 0.5 == row.y
    shares = data.more["probabilities"]
    np.testing.assert_array_equal(shares.to_numpy(), subject.probabilities.loc[table.index].to_numpy())
    ax = plot.draw(subject, "boundary")
    vertical = [
        line.get_xdata()[0]
        for line in ax.lines
        if len(set(line.get_xdata())) == 1 and len(line.get_xdata()) == 2 and line.get_linestyle() == "--"
    ]
    assert sorted(vertical) == sorted(subject.cuts["score"])
    bars = np.array([patch.get_width() for patch in ax.child_axes[0].patches])
    np.testing.assert_allclose(np.sort(bars), np.sort(shares.to_numpy().ravel()), atol=1e-12)  # a bar keeps its width up to rounding
    assert {"优", "良", "差"} <= set(texts(ax))


def test_boundary_leaves_a_tie_at_the_cut_open():
    subject = replace(result(8, covariance=False), estimate=np.array([5.0, 5, 5, 4, 3, 2, 1, 0]))
    grades = ForcedDistribution(shares={"A": 0.25, "B": 0.5, "C": 0.25}).fit(subject)
    data = plot.data(grades, "boundary", lang="en")
    assert list(data.table["text"][data.table["awaiting"]]) == ["A / B?"] * 3
    assert "probabilities" not in data.more
    assert "No standard error" in data.subtitle


def test_boundary_of_many_keeps_those_nearest_to_a_cut():
    data = plot.data(graded(150), "boundary", named=30, lang="en")
    assert len(data.table) == 30
    assert "30 of 150" in data.subtitle
    cuts = data.more["cuts"]["score"].to_numpy()
    everyone = plot.data(graded(150), "boundary", named=150).table["score"]
    nearest = sorted(abs(everyone.to_numpy()[:, None] - cuts).min(axis=1))[:30]
    assert sorted(abs(data.table["score"].to_numpy()[:, None] - cuts).min(axis=1)) == nearest


@pytest.mark.parametrize(("make", "people"), [(ratings_design, 9), (pairs_design, 8)])
def test_design_draws_every_link_and_every_component(make, people):
    subject = make()
    data = plot.data(subject)
    assert (data.table["role"] == "ratee").sum() == people
    assert len(data.more["links"]) == len(subject.links)
    assert data.more["groups"]["n"].tolist() == [len(c) for c in subject.components]
    for k, component in enumerate(subject.components):
        assert set(data.table[(data.table["component"] == k) & (data.table["role"] == "ratee")]["id"]) == set(component)
    ax = plot.draw(subject)
    segments = ax.collections[0].get_segments()
    points = data.table[["x", "y"]].to_numpy()
    np.testing.assert_array_equal(segments[0], points[data.more["links"].loc[0, ["start", "end"]].astype(int)])
    assert len(segments) == len(subject.links)
    ax.figure.canvas.draw()


def test_design_rings_people_who_hold_it_together():
    rows = [("m1", "a"), ("m1", "b"), ("m1", "c"), ("m2", "c"), ("m2", "d"), ("m2", "e")]
    subject = audit(pd.DataFrame([(r, p, 3.0) for r, p in rows], columns=["rater", "ratee", "score"]))
    assert subject.articulation == ("c",)
    table = plot.data(subject).table
    assert list(table["id"][table["ringed"]]) == ["c"]


def test_rater_and_ratee_of_one_id_are_two_nodes_and_keep_their_names():
    links = pd.DataFrame({"rater": ["1", "2"], "ratee": ["1", "1"], "n": [1, 1]})
    table = plot.data(DesignAudit(kind="crossed", components=(("1",),), tables={"links": links}, labels={"1": "赵云"})).table
    assert sorted(zip(table["role"], table["label"], strict=True)) == [("ratee", "赵云"), ("rater", "1"), ("rater", "2")]


@pytest.mark.parametrize("make", [lambda: ratings_design(6, 60, 3), lambda: pairs_design(60, 3), lambda: ratings_design(5, 700, 2)])
def test_large_designs_become_a_map_that_keeps_every_judgement(make):
    subject = make()
    data = plot.data(subject)
    assert len(data.table[data.table["role"] == "ratee"]) > design.GRAPH_NODES
    both = 2 if "left" in subject.links.columns else 1
    assert data.more["cells"]["n"].sum() == both * subject.links["n"].sum()
    ax = plot.draw(subject)
    assert len(ax.images) == 0
    assert len(ax.patches) == len(subject.components)
    ax.figure.canvas.draw()


def test_every_plot_survives_hostile_names():
    n = len(HOSTILE)
    subject = result(n, labels=HOSTILE, unscored=2)
    plot.draw(subject).figure.canvas.draw()
    plot.draw(ForcedDistribution().fit(subject), "boundary").figure.canvas.draw()
    both = comparison(n, ("$a$", "<b>\n🦊", "shift"), HOSTILE)
    plot.draw(both).figure.canvas.draw()
    by_rater = rated(n, 3, labels=HOSTILE)
    plot.draw(by_rater, "raters").figure.canvas.draw()
    by_rater.changes["label"] = HOSTILE[:3]
    plot.draw(by_rater, "before_after").figure.canvas.draw()
    links = pd.DataFrame({"rater": list(HOSTILE), "ratee": list(HOSTILE[::-1]), "n": 1})
    plot.draw(DesignAudit(kind="nested", components=tuple((p,) for p in HOSTILE), tables={"links": links})).figure.canvas.draw()

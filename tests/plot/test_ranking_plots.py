"""Plots of rankings show who was picked when, where each list puts each person, and which lists are alike."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection
from scipy.stats import kendalltau

import rankkit as rk
from rankkit import plot, simulate
from rankkit.elicit.alternation import AlternationSession
from rankkit.kernels.rankings.partial_concordance import mean_tau
from rankkit.plot import heatmap, ladder
from rankkit.tables.rankings import Rankings
from tests.plot.plot_subjects import HOSTILE

KINDS = ("ladder", "heatmap", "dendrogram")


@cache
def ranked(n=8, raters=5, ties=0.2, **options):
    return rk.AlternationRanking().fit(simulate.rankings(n, raters=raters, ties=ties, seed=5, **options).table)


def texts(ax):
    return [t.get_text() for t in ax.texts]


def chinese(text):
    return any("\u4e00" <= c <= "\u9fff" for c in text)


@pytest.mark.parametrize("n", [2, 3, 24, 60])
@pytest.mark.parametrize("kind", KINDS)
def test_every_size_is_drawn_in_both_languages(kind, n):
    subject = ranked(n)
    assert kind in plot.kinds(subject)
    for lang in ("en", "zh"):
        data = plot.data(subject, kind, lang=lang)
        assert len(data.table)
        assert (chinese(data.title), chinese(data.subtitle)) == (lang == "zh", lang == "zh")
        plot.draw(subject, kind, lang=lang).figure.canvas.draw()


def test_ladder_fills_from_both_ends():
    subject = ranked()
    data = plot.data(subject, "ladder", lang="en")
    for name, frame in data.table.groupby("list"):
        picks = subject.ladder[subject.ladder["list"] == name].set_index("ratee")
        rows = frame.set_index("ratee").sort_values("slot")
        drawn = rows.loc[picks.index]
        assert drawn["pick"].tolist() == picks["pick"].tolist()
        assert drawn["kind"].tolist() == picks["end"].tolist()
        assert drawn["tied"].tolist() == picks["tied"].tolist()
        best, worst = (rows.loc[rows["kind"] == end, "pick"].tolist() for end in ("best", "worst"))
        assert best == sorted(best)
        assert worst == sorted(worst, reverse=True)
        ranks = subject.ranks[subject.ranks["list"] == name].set_index("ratee")["midrank"].loc[rows.index]
        assert ranks.is_monotonic_increasing
        assert (rows["kind"] == "forced").sum() == (len(rows) > len(picks))
        assert rows["shade"].min() == 0.0
        assert rows["shade"].max() == 1.0
    ax = plot.draw(subject, "ladder")
    assert [t.get_text() for t in ax.get_xticklabels()] == ["r1", "r2", "r3", "r4", "r5"]
    assert texts(ax).count("1") == (data.table["pick"] == 1).sum()


def test_ladder_shows_who_was_left_over_and_what_a_tie_is():
    subject = ranked(9, raters=3, most_picks=4)
    data = plot.data(subject, "ladder", lang="en")
    left = subject.ranks[subject.ranks["left_over"]]
    found = data.table[data.table["kind"] == "left_over"]
    assert set(zip(found["list"], found["ratee"], strict=True)) == set(zip(left["list"], left["ratee"], strict=True))
    legend = [t.get_text() for t in plot.draw(subject, "ladder", lang="en").get_legend().get_texts()]
    assert "shown, not placed" in legend
    assert ("picked together" in legend) == bool((data.table["tied"] > 1).any())


def test_ladder_of_many_lists_shows_a_few_and_says_so():
    data = plot.data(ranked(8, raters=9), "ladder", lang="en")
    assert data.table["list"].nunique() == ladder.MOST_LISTS
    assert f"{ladder.MOST_LISTS} of 9 lists" in data.subtitle


def test_ladder_without_picks_shows_the_lists():
    frame = simulate.rankings(6, raters=3, seed=2).table.frame[["rater", "ratee", "rank"]]
    subject = rk.AlternationRanking().fit(Rankings.from_frame(frame))
    data = plot.data(subject, "ladder", lang="en")
    assert set(data.table["kind"]) == {"ranked"}
    assert "No picks were recorded" in data.subtitle
    plot.draw(subject, "ladder").figure.canvas.draw()


def test_ladder_of_a_session_at_every_step():
    names = {p: f"员工{p}" for p in "abcdefg"}
    session = AlternationSession.start(list(names), rater="张经理", labels=names, seed=1)
    assert plot.kinds(session) == ("ladder",)
    assert set(plot.data(session, "ladder").table["kind"]) == {"waiting"}
    session.pick(session.remaining[:2])
    picked = session.ladder()["ratee"].tolist()
    while session.remaining:
        data = plot.data(session, lang="zh")
        assert (data.table["kind"] == "waiting").sum() == len(session.remaining)
        assert data.table["label"].tolist() == [names[p] for p in data.table["ratee"]]
        assert sorted(data.table.loc[data.table["tied"] > 1, "ratee"]) == sorted(picked)
        plot.draw(session, lang="zh").figure.canvas.draw()
        session.pick(session.remaining[0])
    done = plot.data(session, lang="en").table
    assert (done["kind"] == "forced").sum() == session.ladder()["forced"].sum()
    ranks = session.frame().set_index("ratee")["rank"].astype(float)
    assert ranks.loc[done["ratee"]].is_monotonic_increasing
    alone = plot.data(session.ladder(), lang="en").table
    assert alone["ratee"].tolist() == done["ratee"].tolist()
    session.withdraw(picked[0])
    assert picked[0] not in set(plot.data(session).table["ratee"])


def test_heatmap_is_the_ranks_in_order_of_the_score():
    subject = ranked()
    data = plot.data(subject, "heatmap", lang="en")
    wide = subject.ranks.pivot_table(index="ratee", columns="list", values="midrank")
    shown = data.more["ranks"]
    pd.testing.assert_frame_equal(shown, wide.loc[shown.index, shown.columns])
    score = pd.Series(subject.estimate, index=subject.people)
    assert score[shown.index].is_monotonic_decreasing
    for name, tau in data.more["lists"]["tau"].items():
        assert tau == kendalltau(score[wide.index], -wide[name]).statistic
    assert data.more["lists"]["tau"].is_monotonic_decreasing
    ax = plot.draw(subject, "heatmap")
    assert [t.get_text() for t in ax.get_xticklabels()] == list(data.more["lists"]["label"])
    written = sorted(t for t in texts(ax) if len(t) < 5 and not t.startswith("τ"))
    assert written == sorted(f"{v:g}" for v in shown.to_numpy().ravel())


def test_heatmap_leaves_out_who_was_not_shown_and_greys_who_was_left_over():
    subject = ranked(10, raters=6, shown=7, most_picks=4)
    data = plot.data(subject, "heatmap", lang="en")
    gaps = data.more["ranks"].isna().to_numpy()
    left = data.more["left_over"].to_numpy()
    assert gaps.sum() == 6 * 3
    assert left.sum() == subject.ranks["left_over"].sum()
    cells = [c for c in plot.draw(subject, "heatmap").collections if isinstance(c, PathCollection)]
    area = [sum(np.ptp(q[:, 0]) * np.ptp(q[:, 1]) for p in c.get_paths() for q in p.vertices.reshape(-1, 5, 2)) for c in cells]
    assert area == [(~gaps & ~left).sum(), left.sum()]


def test_heatmap_of_many_lists_keeps_those_at_both_ends():
    whole = plot.data(ranked(8, raters=9), "heatmap").more["lists"]["tau"]
    some = plot.data(ranked(8, raters=9), "heatmap", lists=4, lang="en")
    assert list(some.more["lists"]["tau"]) == [*whole.iloc[:2], *whole.iloc[-2:]]
    assert "4 of 9 lists" in some.subtitle
    assert heatmap.MOST_LISTS >= 9


def test_dendrogram_joins_by_mean_disagreement():
    subject = ranked(10, raters=6, ties=0.0)
    data = plot.data(subject, "dendrogram", lang="en")
    wide = subject.ranks.pivot_table(index="list", columns="ratee", values="midrank")
    tau = mean_tau(wide.to_numpy()).tau
    np.testing.assert_array_equal(data.more["tau"].to_numpy(), tau)
    joins = data.more["joins"]
    closest = 1 - np.max(tau[np.triu_indices(6, 1)])
    assert joins["distance"].iloc[0] == pytest.approx(closest, abs=1e-12)  # 1 − (τ + τ')/2 rounds once more
    assert joins["lists"].iloc[-1] == 6
    last = joins.iloc[-1]
    cut = (last["y1"] + last["y2"]) / 2
    clusters = [set(data.table.index[data.table["y"] < cut]), set(data.table.index[data.table["y"] > cut])]
    between = [1 - data.more["tau"].loc[a, b] for a in clusters[0] for b in clusters[1]]
    assert last["distance"] == pytest.approx(np.mean(between), abs=1e-9)  # average linkage
    ax = plot.draw(subject, "dendrogram")
    assert [t.get_text() for t in ax.get_yticklabels()] == list(data.table["label"])
    lines = next(c for c in ax.collections if isinstance(c, LineCollection))
    assert len(lines.get_segments()) == 5


def test_dendrogram_marks_raters_to_review():
    subject = ranked(10, raters=6, ties=0.0)
    flagged = subject.raters.assign(review=[r == "r2" for r in subject.raters.index])
    subject = replace(subject, evidence={**{k: subject.evidence[k] for k in ("ranks", "ladder")}, "raters": flagged})
    data = plot.data(subject, "dendrogram", lang="en")
    assert list(data.table.index[data.table["review"]]) == ["r2"]
    assert "Orange" in data.subtitle
    dots = [line for line in plot.draw(subject, "dendrogram").lines if line.get_marker() == "o"]
    assert [list(line.get_ydata()) for line in dots] == [[data.table.loc["r2", "y"]]]


def test_dendrogram_of_lists_with_too_little_in_common_says_so():
    few = plot.data(ranked(3, raters=3), "dendrogram", lang="en")
    assert "No two lists share enough" in few.subtitle
    assert len(few.table) == 3
    gaps = plot.data(ranked(12, raters=10, shown=7), "dendrogram", lang="en")
    missing = int(gaps.more["tau"].isna().to_numpy().sum() // 2)
    if missing:
        assert f"{missing} of " in gaps.subtitle


def test_one_rater_has_no_dendrogram():
    assert set(KINDS) & set(plot.kinds(ranked(6, raters=1))) == {"ladder", "heatmap"}


def test_hostile_names_are_drawn():
    table = simulate.rankings(len(HOSTILE), raters=3, ties=0.1, seed=4).table
    subject = rk.AlternationRanking().fit(replace(table, labels=dict(zip(table.people, HOSTILE, strict=True))))
    for kind in KINDS:
        plot.draw(subject, kind).figure.canvas.draw()
        assert "<svg" in plot.svg(subject, kind)

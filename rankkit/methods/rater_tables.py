"""Tables of what each rater did: agreement with the others, repeats, speed, picks and places."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.rankings import partial_concordance
from rankkit.kernels.rankings.first_end import first_ends
from rankkit.kernels.rankings.partial_concordance import mean_tau, skillings_mack, spread_out
from rankkit.kernels.rankings.rank_concordance import kendall_w, rank_matrix
from rankkit.kernels.rankings.ranking_lists import RankingLists
from rankkit.kernels.rankings.rater_agreement import rater_agreement
from rankkit.methods.ranking_evidence import Lists
from rankkit.methods.ranking_patterns import FAST_SECONDS, FEWEST_PEOPLE, REVIEW_Q

_FEWEST_FOR_TAU = 3  # people both lists of a repeat must hold


def shares(lists: Lists) -> Floats:
    """Share of the others in the list each person was put above, shape (lists, n); ``nan`` = not in the list."""
    return partial_concordance.shares(lists.entries)


def one_each(lists: Lists) -> RankingLists:
    """One list a rater: those of a rater who handed in several are averaged over the people in all of them."""
    return partial_concordance.one_each(lists.entries)


def raters(lists: Lists, seed: int) -> pd.DataFrame:
    """One row a rater."""
    e, m = lists.entries, lists.m
    found = rater_agreement(rank_matrix(one_each(lists)), seed=seed)
    q = benjamini_hochberg(found.p_against)
    first = _first_ends(lists)
    repeat_tau, repeated = _repeats(lists)
    timed, seconds, fast = _speed(lists)
    with np.errstate(invalid="ignore"):
        review = (found.tau < 0) & (q < REVIEW_Q) & (found.shared >= FEWEST_PEOPLE)
    return pd.DataFrame(
        {
            "lists": np.bincount(e.rater, minlength=m),
            "presented": np.bincount(e.rater[e.list_of], minlength=m),
            "ranked": np.bincount(e.rater[e.list_of], ~e.left_over, m).astype(np.int64),
            "shared": found.shared,
            "tau": found.tau,
            "p": found.p_against,
            "q": q,
            "review": review,
            "first_end": first,
            "repeated": repeated,
            "repeat_tau": repeat_tau,
            "timed": timed,
            "seconds": seconds,
            "fast_share": fast,
        },
        index=pd.Index(list(lists.raters), name="rater"),
    )


def begun(lists: Lists) -> Ints:
    """End at which each list was begun, shape (lists,): +1, -1, or 0 where no pick is recorded."""
    return first_ends(lists.which, lists.pick, lists.end, lists.entries.size)


def _first_ends(lists: Lists) -> list[str]:
    """End at which each rater began: best, worst, both, or nothing where no pick was recorded."""
    ends: list[set[str]] = [set() for _ in lists.raters]
    for rater, end in zip(lists.entries.rater, begun(lists), strict=True):
        if end:
            ends[int(rater)].add("best" if end > 0 else "worst")
    return ["both" if len(found) > 1 else next(iter(found), "") for found in ends]


def _repeats(lists: Lists) -> tuple[Floats, Any]:
    """Agreement of each rater's own lists, and the people they share at least."""
    e, above = lists.entries, shares(lists)
    tau, people = np.full(lists.m, np.nan), np.zeros(lists.m, dtype=np.int64)
    for r in range(lists.m):
        own = above[e.rater == r]
        found = []
        for a in range(len(own)):
            for b in range(a + 1, len(own)):
                both = ~np.isnan(own[a]) & ~np.isnan(own[b])
                if both.sum() >= _FEWEST_FOR_TAU:
                    found.append((float(stats.kendalltau(own[a, both], own[b, both]).statistic), int(both.sum())))
        if found:
            tau[r], people[r] = np.mean([t for t, _ in found]), min(n for _, n in found)
    return tau, people


def _speed(lists: Lists) -> tuple[Any, Floats, Floats]:
    """Timed picks, median seconds and share of fast picks of each rater; a group taken together is one pick."""
    frame = pd.DataFrame({"rater": lists.entries.rater[lists.which], "which": lists.which, "pick": lists.pick, "ms": lists.milliseconds})
    frame = frame[(frame["pick"] > 0) & frame["ms"].notna()].drop_duplicates(["which", "pick"])
    by_rater = frame.assign(fast=frame["ms"] < 1000 * FAST_SECONDS).groupby("rater")
    everyone = range(lists.m)
    timed = by_rater.size().reindex(everyone, fill_value=0)
    seconds, fast = (x.reindex(everyone).to_numpy(dtype=np.float64) for x in (by_rater["ms"].median() / 1000, by_rater["fast"].mean()))
    return timed.to_numpy(), seconds, fast


def agreement_rows(lists: Lists, level: float, seed: int) -> dict[str, tuple[Any, ...]]:
    """How far raters agree: value, interval, p and method by coefficient."""
    each = one_each(lists)
    each = each.choose(each.length >= 2)
    if each.size < 2:
        return {}
    ranks = rank_matrix(each)[:, np.unique(each.item)]
    same = not np.isnan(ranks).any()
    nan = float("nan")
    rows: dict[str, tuple[Any, ...]] = {}
    if same:
        w = kendall_w(ranks, level=level, seed=seed)
        rows["kendall_w"] = (w.w, *spread_out(w.low, w.high), w.p, w.method.replace("_", " "))
        rows["mean_spearman"] = (w.mean_spearman, nan, nan, nan, "")
    tau = mean_tau(ranks, level=level)
    rows["mean_tau"] = (tau.mean, tau.low, tau.high, nan, "Kendall's tau-b")
    if not same:
        s = skillings_mack(ranks, seed=seed)
        rows["skillings_mack"] = (s.statistic, nan, nan, s.p, s.method.replace("_", " "))
    return rows


def ladder(lists: Lists) -> pd.DataFrame:
    """The picks in order, one row a person picked."""
    e = lists.entries
    person = lists.person
    picked = np.flatnonzero(lists.pick > 0)
    order = picked[np.lexsort((person[picked], lists.pick[picked], lists.which[picked]))]
    which, pick = lists.which[order], lists.pick[order]
    key = which * (int(lists.pick.max(initial=0)) + 1) + pick
    _, inverse, size = np.unique(key, return_inverse=True, return_counts=True)
    before = np.array([int(np.sum((which == w) & (pick < p))) for w, p in zip(which, pick, strict=True)], dtype=np.int64)
    place = np.full((e.size, e.n), np.nan)
    place[e.list_of, e.item] = e.midrank - (e.group_size - 1) / 2
    return pd.DataFrame(
        {
            "rater": np.array(lists.raters, dtype=object)[e.rater[which]],
            "list": np.array(lists.names, dtype=object)[which],
            "pick": pick,
            "stage": (pick - 1) // 2 + 1,
            "end": np.where(lists.end[order] > 0, "best", "worst").astype(object),
            "ratee": np.array(lists.people, dtype=object)[person[order]],
            "rank": place[which, person[order]].astype(np.int64),
            "tied": size[inverse] if len(order) else np.zeros(0, dtype=np.int64),
            "shown": e.length[which] - before,
            "seconds": lists.milliseconds[order] / 1000,
        }
    )


def ranks(lists: Lists) -> pd.DataFrame:
    """Who stands where in which list."""
    e = lists.entries
    pick, end = np.zeros((e.size, e.n), dtype=np.int64), np.zeros((e.size, e.n), dtype=np.int64)
    pick[lists.which, lists.person], end[lists.which, lists.person] = lists.pick, lists.end
    pick, end = pick[e.list_of, e.item], end[e.list_of, e.item]
    return pd.DataFrame(
        {
            "rater": np.array(lists.raters, dtype=object)[e.rater[e.list_of]],
            "list": np.array(lists.names, dtype=object)[e.list_of],
            "ratee": np.array(lists.people, dtype=object)[e.item],
            "rank": (e.midrank - (e.group_size - 1) / 2).astype(np.int64),
            "midrank": e.midrank,
            "left_over": e.left_over,
            "end": np.select([end > 0, end < 0], ["best", "worst"], "").astype(object),
            "pick": pd.array([int(p) if p > 0 else pd.NA for p in pick], dtype="Int64"),
        }
    )

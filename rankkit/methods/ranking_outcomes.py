"""Who was put before whom by whom: what can be reached from what, and what cannot be told apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from rankkit.errors import Problem
from rankkit.kernels.arrays import Ints
from rankkit.kernels.rankings.picks import Picks
from rankkit.kernels.rankings.ranking_lists import RankingLists


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Who was put before whom, as rows of comparisons: for questions of reachability only."""

    n: int
    m: int
    judge: Ints
    left: Ints
    right: Ints
    result: Ints
    raters: tuple[str, ...] = ()


def outcomes_of(picks: Picks) -> Outcomes:
    """Read choices as comparisons."""
    judge, better, worse = picks.outcomes()
    return Outcomes(picks.n, picks.m, judge, better, worse, np.ones(len(judge), dtype=np.int64))


def with_ties(outcomes: Outcomes, entries: RankingLists) -> Outcomes:
    """Add neighbours in a tie, where a tie is an answer: it leads both ways."""
    row = np.flatnonzero(~entries.left_over)
    row = row[np.lexsort((entries.place[row], entries.list_of[row]))]
    one, next_one = row[:-1], row[1:]
    tied = (entries.list_of[one] == entries.list_of[next_one]) & (entries.place[one] == entries.place[next_one])
    one, next_one = one[tied], next_one[tied]
    return replace(
        outcomes,
        judge=np.concatenate([outcomes.judge, entries.rater[entries.list_of[one]]]),
        left=np.concatenate([outcomes.left, entries.item[one]]),
        right=np.concatenate([outcomes.right, entries.item[next_one]]),
        result=np.concatenate([outcomes.result, np.zeros(len(one), dtype=np.int64)]),
    )


def one_sided(outcomes: Outcomes, names: list[str]) -> Problem:
    """Name the people whom nobody outside their group was ever put before."""
    tied = outcomes.result == 0
    better = np.concatenate([outcomes.left, outcomes.right[tied]])
    worse = np.concatenate([outcomes.right, outcomes.left[tied]])
    graph = csr_array((np.ones(len(better), dtype=np.int8), (better, worse)), shape=(outcomes.n, outcomes.n))
    strong = connected_components(graph, directed=True, connection="strong")[1]
    beaten = np.unique(strong[worse[strong[better] != strong[worse]]])
    upper = ~np.isin(strong, beaten)
    if upper.all():
        groups = [[names[i] for i in np.flatnonzero(strong == g)] for g in dict.fromkeys(strong.tolist())]
        return Problem("W-CHOICESAPART", None, None, None, {"groups": " | ".join(", ".join(g) for g in groups)})
    above, below = ([names[i] for i in np.flatnonzero(side)] for side in (upper, ~upper))
    return Problem("W-ALWAYSABOVE", None, None, None, {"upper": above, "lower": below})

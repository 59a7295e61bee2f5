"""Who has beaten whom: whether maximum likelihood exists, and if not, because of whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from rankkit.kernels.arrays import Bools, Ints
from rankkit.kernels.pairs.pair_counts import PairCounts

_MATRIX = 700  # people up to whom a matrix of who met whom is quick to search
_SAMPLE = 8  # pairs of each person that mostly suffice to link everybody
_ROUNDS = 12  # well-mixed graphs are crossed in fewer; long thin ones are left to the depth-first search


@dataclass(frozen=True)
class Existence:
    """Verdict on the comparison graph.

    Attributes
    ----------
    kind : {"finite", "disconnected", "one_sided"}
        Finite maximum likelihood exists; some people were never compared with the others, not even through third
        people; or some group was never beaten (nor tied) by anyone outside it.
    component : ndarray of int, shape (n,)
        Connected component of each person, numbered by its first member; a person never compared is alone.
    strong : ndarray of int, shape (n,)
        Strongly connected component of the "beats" digraph (a tie is an edge both ways), numbered likewise.
    unbeaten_group, beating_nobody_group : ndarray of bool, shape (strong components,)
        Whether nobody outside the strong component beat a member; whether no member beat anybody outside.
    undefeated, winless : ndarray of int
        People with wins and neither loss nor tie; people with losses and neither win nor tie.
    """

    kind: Literal["finite", "disconnected", "one_sided"]
    component: Ints
    strong: Ints
    unbeaten_group: Bools
    beating_nobody_group: Bools
    undefeated: Ints
    winless: Ints

    @classmethod
    def certified(cls, n: int) -> Existence:
        """Verdict of a solved score equation on a connected graph: finite, one component of each kind."""
        zeros, yes, nobody = np.zeros(n, dtype=np.int64), np.ones(min(n, 1), dtype=np.bool_), np.zeros(0, dtype=np.int64)
        return cls("finite", zeros, zeros, yes, yes, nobody, nobody)

    @property
    def n_components(self) -> int:
        """Number of connected components."""
        return int(self.component.max(initial=-1)) + 1

    @property
    def n_strong(self) -> int:
        """Number of strongly connected components."""
        return len(self.unbeaten_group)


def verdict(counts: PairCounts) -> Existence:
    """Say whether finite maximum likelihood estimates exist in the Bradley-Terry model.

    They do if and only if everybody can be reached from everybody along "beat or tied with" (Ford 1957; Zermelo's
    condition). With the Jeffreys penalty connectedness suffices (Kosmidis & Firth 2021).

    Parameters
    ----------
    counts : PairCounts
        Comparisons by pair.

    Returns
    -------
    Existence
        The verdict and the groups that cause it.

    Notes
    -----
    Ford, L. R. (1957). Solution of a ranking problem from binary comparisons. *American Mathematical Monthly*, 64.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.pairs.pair_counts import aggregate
    >>> counts = aggregate(np.array([0, 0, 1, 2]), np.array([1, 2, 2, 1]), np.array([1, 1, 1, 1]), None, 3)
    >>> found = verdict(counts)
    >>> found.kind, found.undefeated, found.strong
    ('one_sided', array([0]), array([0, 1, 1]))
    """
    n = counts.n
    down = (counts.wins_first > 0) | (counts.ties > 0)  # an edge first -> second
    up = (counts.wins_second > 0) | (counts.ties > 0)
    if _reaches_all(counts, down, up) and _reaches_all(counts, up, down):
        return Existence.certified(n)
    winner = np.concatenate([counts.first[down], counts.second[up]])
    loser = np.concatenate([counts.second[down], counts.first[up]])
    graph = csr_array((np.ones(len(winner), dtype=np.int8), (winner, loser)), shape=(n, n))
    component = _numbered_by_first_member(connected_components(graph, directed=False)[1])
    strong = _numbered_by_first_member(connected_components(graph, directed=True, connection="strong")[1])
    outward = strong[winner] != strong[loser]
    unbeaten = np.ones(strong.max(initial=-1) + 1, dtype=np.bool_)
    harmless = unbeaten.copy()
    unbeaten[strong[loser[outward]]] = False
    harmless[strong[winner[outward]]] = False
    beats = np.bincount(winner, minlength=n) > 0  # a tie stands on both sides
    beaten = np.bincount(loser, minlength=n) > 0
    kind: Literal["finite", "disconnected", "one_sided"] = "finite"
    if component.max(initial=0) > 0:
        kind = "disconnected"
    elif strong.max(initial=0) > 0:
        kind = "one_sided"
    undefeated, winless = np.flatnonzero(beats & ~beaten), np.flatnonzero(beaten & ~beats)
    return Existence(kind, component, strong, unbeaten, harmless, undefeated, winless)


def is_connected(counts: PairCounts) -> bool:
    """Say whether everybody is linked to everybody by comparisons, directly or through others.

    Parameters
    ----------
    counts : PairCounts
        Comparisons by pair.

    Returns
    -------
    bool
        True for one component (a single person included).

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.pairs.pair_counts import aggregate
    >>> is_connected(aggregate(np.array([0, 2]), np.array([1, 3]), np.array([1, 1]), None, 4))
    False
    """
    kept = vars(counts)  # counts do not change: one search is enough
    if "connected" not in kept:
        kept["connected"] = _links_all(counts)
    return bool(kept["connected"])


def _links_all(counts: PairCounts) -> bool:
    """Search for a way from everybody to everybody."""
    n, first, second = counts.n, counts.first, counts.second
    if n <= 1:
        return True
    compared = counts.total > 0
    everyone = bool(compared.all())
    if not everyone:
        first, second = first[compared], second[compared]
    if len(first) < n - 1:
        return False
    if n <= _MATRIX:
        return _floods(n, first, second)
    start = counts.compressed[1] if everyone else np.searchsorted(first, np.arange(n + 1))
    if len(first) > 4 * _SAMPLE * n:  # a few pairs of each person first
        met = np.diff(start)
        people = np.flatnonzero(met)
        few = (start[people, None] + met[people, None] * np.arange(_SAMPLE) // _SAMPLE).ravel()
        parts, label = _parts(n, np.concatenate([[0], np.cumsum(np.where(met > 0, _SAMPLE, 0))]), second[few])
        if parts == 1:
            return True
        ends = label[first], label[second]
        across = ends[0] != ends[1]
        links = np.unique(ends[0][across] * parts + ends[1][across])
        n, second = parts, links % parts
        start = np.searchsorted(links // parts, np.arange(n + 1))
    return bool(_parts(n, start, second)[0] == 1)


def _parts(n: int, start: Ints, second: Ints) -> tuple[int, Ints]:
    """Number of connected components, and that of each node, of a graph in compressed rows."""
    graph: Any = csr_array((np.ones(len(second)), second, start), shape=(n, n))
    parts, label = connected_components(graph, directed=False)
    return int(parts), label.astype(np.int64)


def _floods(n: int, first: Ints, second: Ints) -> bool:
    """Whether everybody is reached from the first person, over a matrix of who met whom."""
    met = np.zeros((n, n), dtype=np.bool_)
    met.ravel()[first * n + second] = True
    met |= met.T
    reached = np.zeros(n, dtype=np.bool_)
    frontier = np.zeros(1, dtype=np.int64)
    while len(frontier):
        reached[frontier] = True
        frontier = np.flatnonzero(met[frontier].any(axis=0) & ~reached)
    return bool(reached.all())


def _reaches_all(counts: PairCounts, down: Bools, up: Bools) -> bool:
    """Flood from the busiest person; False when somebody is left over after a few rounds (not a proof)."""
    if counts.n <= 1:
        return True
    if not len(counts.first):
        return False
    away = counts.upper(down.astype(np.float32)).T  # moves reach from first to second
    back = counts.upper(up.astype(np.float32))
    reached = np.zeros(counts.n, dtype=np.float32)
    reached[np.argmax(np.bincount(counts.first, minlength=counts.n))] = 1
    held = 1
    for _ in range(_ROUNDS):
        reached = np.minimum(reached + away @ reached + back @ reached, 1).astype(np.float32)
        now = int(np.count_nonzero(reached))
        if now in (held, counts.n):
            return now == counts.n
        held = now
    return False


def _numbered_by_first_member(label: NDArray[np.int32]) -> Ints:
    """Renumber groups in order of their first member."""
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    place = np.empty(len(first), dtype=np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    return np.asarray(place[inverse], dtype=np.int64)

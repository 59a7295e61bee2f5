"""Who was rated by whom: the bipartite graph of ratees and raters, and what it allows to be compared.

Severities are comparable only inside a connected component; a ratee whose removal cuts the graph carries the whole
link. ``q`` says how much of the raters' severity stays in a comparison of two ratees (Putka, Le, McCloy & Diaz 2008).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.sparse import csgraph

from rankkit.kernels.arrays import Bools, Floats, Ints

DesignClass = Literal["one_rater", "crossed", "partially_crossed", "disconnected", "nested"]
_ARTICULATION_EDGES = 2_000_000  # above this many cells the search for articulation ratees is left out
_UNSEEN = -1


@dataclass(frozen=True, eq=False)
class RatingGraph:
    """Structure of a rating design. Ratees and raters without ratings count in nothing.

    Attributes
    ----------
    n, m : int
        Ratees and raters that occur.
    cells : int
        Distinct ratee × rater pairs.
    fill_rate : float
        ``cells / (n m)``.
    design : str
        "one_rater" (one rater in all: crossed and nested at once, a class of its own), "crossed" (everybody rates
        everybody), "nested" (every ratee has exactly one rater), "partially_crossed" (connected), "disconnected".
    nested_raters : bool
        Every rater rates exactly one ratee (raters of one's own): severity cannot be told from error.
    n_components : int
        Connected components.
    ratee_component, rater_component : ndarray of int, shapes (n_rows,) and (n_cols,)
        Component of each, numbered by size (0 has most ratees, then most raters, then the lowest code); −1 = absent.
    articulation_ratees : ndarray of int or None
        Codes of ratees whose removal leaves raters, connected before, unconnected; None above two million cells.
    raters_per_ratee, ratees_per_rater : ndarray of int, shapes (n_rows,) and (n_cols,)
        Distinct raters of each ratee and the reverse.
    k_min, k_median, k_harmonic : float
        Of the raters per ratee.
    q : float
        Share of rater variance in the comparison of two ratees: 0 crossed, 1/k̂ when no rater is shared.
    """

    n: int
    m: int
    cells: int
    fill_rate: float
    design: DesignClass
    nested_raters: bool
    n_components: int
    ratee_component: Ints
    rater_component: Ints
    articulation_ratees: Ints | None
    raters_per_ratee: Ints
    ratees_per_rater: Ints
    k_min: float
    k_median: float
    k_harmonic: float
    q: float


def rating_graph(row: ArrayLike, col: ArrayLike, n_rows: int, n_cols: int) -> RatingGraph:
    r"""Describe a rating design.

    .. math:: q = \frac{1}{\hat k} - \frac{\sum_{i \ne i'} c_{ii'}/(k_i k_{i'})}{n(n-1)}

    with k̂ the harmonic mean number of raters and c the number of raters two ratees share.

    Parameters
    ----------
    row, col : int arrays, shape (N,)
        Ratee and rater codes of the ratings, 0-based; repeated cells count once.
    n_rows, n_cols : int
        Numbers of codes.

    Returns
    -------
    RatingGraph

    References
    ----------
    Putka, Le, McCloy & Diaz (2008), Ill-structured measurement designs in organizational research, Journal of Applied
    Psychology 93, 959–981. Tarjan (1972), Depth-first search and linear graph algorithms.

    Examples
    --------
    >>> found = rating_graph([0, 0, 1, 1, 2, 2], [0, 1, 1, 2, 2, 3], 3, 4)
    >>> found.design, found.n_components, found.articulation_ratees.tolist()
    ('partially_crossed', 1, [0, 1, 2])
    >>> round(found.q, 4)
    0.3333
    """
    table = incidence(row, col, n_rows, n_cols)
    k = np.diff(table.indptr).astype(np.int64)
    load = np.bincount(table.indices, minlength=n_cols).astype(np.int64)
    present = k[k > 0]
    n, m, cells = len(present), int(np.count_nonzero(load)), int(table.nnz)
    ratee_component, rater_component, n_components = _components(table, k, load)
    if n == 0:
        design: DesignClass = "disconnected"
    elif m == 1:
        design = "one_rater"
    elif cells == n * m:
        design = "crossed"
    elif present.max() == 1:
        design = "nested"
    else:
        design = "partially_crossed" if n_components == 1 else "disconnected"
    return RatingGraph(
        n=n,
        m=m,
        cells=cells,
        fill_rate=cells / (n * m) if n else 0.0,
        design=design,
        nested_raters=n > 0 and int(load.max()) == 1,
        n_components=n_components,
        ratee_component=ratee_component,
        rater_component=rater_component,
        articulation_ratees=_articulation_rows(table) if cells <= _ARTICULATION_EDGES else None,
        raters_per_ratee=k,
        ratees_per_rater=load,
        k_min=float(present.min()) if n else np.nan,
        k_median=float(np.median(present)) if n else np.nan,
        k_harmonic=float(n / (1 / present).sum()) if n else np.nan,
        q=_q(table, k),
    )


def incidence(row: ArrayLike, col: ArrayLike, n_rows: int, n_cols: int) -> sparse.csr_array:
    """0/1 table of who was rated by whom, shape (n_rows, n_cols).

    Parameters
    ----------
    row, col : int arrays, shape (N,)
        Codes of the ratings.
    n_rows, n_cols : int
        Numbers of codes.

    Returns
    -------
    scipy.sparse.csr_array
        Sorted, without duplicates.

    Examples
    --------
    >>> incidence([0, 0, 1], [1, 1, 0], 2, 2).toarray().tolist()
    [[0, 1], [1, 0]]
    """
    row, col = np.asarray(row, dtype=np.int64), np.asarray(col, dtype=np.int64)
    table = sparse.csr_array((np.ones(len(row), dtype=np.int64), (row, col)), shape=(n_rows, n_cols))
    table.sum_duplicates()
    table.data[:] = 1
    return table


def shared_raters(row: ArrayLike, col: ArrayLike, n_rows: int, n_cols: int) -> sparse.csr_array:
    """Count the raters each two ratees have in common (on the diagonal: their number of raters).

    Parameters
    ----------
    row, col : int arrays, shape (N,)
        Codes of the ratings.
    n_rows, n_cols : int
        Numbers of codes.

    Returns
    -------
    scipy.sparse.csr_array, shape (n_rows, n_rows)
        Pairs that share nobody are not stored.

    Examples
    --------
    >>> shared_raters([0, 0, 1, 2], [0, 1, 1, 2], 3, 3).toarray().tolist()
    [[2, 1, 0], [1, 1, 0], [0, 0, 1]]
    """
    table = incidence(row, col, n_rows, n_cols)
    return sparse.csr_array(table @ table.T)


def _q(table: sparse.csr_array, k: Ints) -> float:
    """Σ_{i≠i'} c_ii'/(k_i k_i') = Σ_r (Σ_i n_ir/k_i)² − Σ_i 1/k_i: no n × n table is needed."""
    n = int(np.count_nonzero(k))
    if n < 2:
        return float("nan")
    inverse: Floats = np.where(k > 0, 1 / np.maximum(k, 1), 0.0)
    per_rater = table.T @ inverse
    own = float(inverse.sum())
    return max(own / n - (float(per_rater @ per_rater) - own) / (n * (n - 1)), 0.0)


def _components(table: sparse.csr_array, k: Ints, load: Ints) -> tuple[Ints, Ints, int]:
    """Components numbered by size, independent of how the search met them."""
    n_rows = table.shape[0]
    edges = table.tocoo()
    size = n_rows + len(load)
    graph = sparse.csr_array((np.ones(edges.nnz), (edges.row, n_rows + edges.col.astype(np.int64))), shape=(size, size))
    _, label = csgraph.connected_components(graph, directed=False)
    label = label.astype(np.int64)
    alive: Bools = np.r_[k, load] > 0
    if not alive.any():
        return np.full(n_rows, _UNSEEN), np.full(len(load), _UNSEEN), 0
    used, label[alive] = np.unique(label[alive], return_inverse=True)
    label[~alive] = _UNSEEN
    rows, cols = label[:n_rows], label[n_rows:]
    size_rows = np.bincount(rows[rows >= 0], minlength=len(used))
    size_cols = np.bincount(cols[cols >= 0], minlength=len(used))
    lowest = np.full(len(used), n_rows)
    np.minimum.at(lowest, rows[rows >= 0], np.flatnonzero(rows >= 0))
    rank = np.empty(len(used), dtype=np.int64)
    rank[np.lexsort((lowest, -size_cols, -size_rows))] = np.arange(len(used))
    return np.where(rows >= 0, rank[rows], _UNSEEN), np.where(cols >= 0, rank[cols], _UNSEEN), len(used)


def _articulation_rows(table: sparse.csr_array) -> Ints:
    """Ratees that are cut vertices, by Tarjan's low points on the graph without raters of a single ratee's periphery.

    Ratees with one rater are never cut vertices and raters of one ratee hang from it: a ratee with such a rater and
    any other is a cut vertex at once. Both are peeled off first; what remains is searched iteratively.
    """
    k = np.diff(table.indptr)
    load = np.bincount(table.indices, minlength=table.shape[1])
    pendant = np.asarray(table @ (load == 1).astype(np.int64)).ravel()
    cut = (pendant > 0) & (k > 1)
    core = sparse.csr_array(table[k > 1])
    core_rows = np.flatnonzero(k > 1)
    n_core = len(core_rows)
    if n_core == 0:
        return np.flatnonzero(cut).astype(np.int64)
    graph = sparse.block_array([[None, core], [core.T, None]], format="csr")
    start, neighbour = graph.indptr.tolist(), graph.indices.tolist()
    order, low = [0] * graph.shape[0], [0] * graph.shape[0]
    parent = [_UNSEEN] * graph.shape[0]
    following = start[:-1].copy()
    found = cut.tolist()
    clock = 0
    for root in range(n_core):
        if order[root]:
            continue
        clock += 1
        order[root] = low[root] = clock
        stack, branches = [root], 0
        while stack:
            v = stack[-1]
            i = following[v]
            if i < start[v + 1]:
                following[v] = i + 1
                w = neighbour[i]
                if not order[w]:
                    clock += 1
                    order[w] = low[w] = clock
                    parent[w] = v
                    branches += v == root
                    stack.append(w)
                elif w != parent[v] and order[w] < low[v]:
                    low[v] = order[w]
                continue
            stack.pop()
            p = parent[v]
            if p == _UNSEEN:
                continue
            low[p] = min(low[p], low[v])
            if p != root and p < n_core and low[v] >= order[p]:
                found[core_rows[p]] = True
        if branches > 1:
            found[core_rows[root]] = True
    return np.flatnonzero(found).astype(np.int64)

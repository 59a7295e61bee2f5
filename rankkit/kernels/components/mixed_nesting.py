"""Which random effects to absorb: those nested in one factor, or in the connected parts that several of them form."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from rankkit.kernels.arrays import Bools, Floats, Ints

_CROWDED = 1500  # columns left dense from which connected parts are looked for as well
_ENTRY = 30.0  # multiplications in the time of adding one number to a scattered place
_DENSE_RATE = 0.15  # time of a multiplication in one large matrix, relative to one in many small ones
_SAMPLE = 2000  # rows that a factor must not contradict before all are looked at


def choose_blocks(codes: list[Ints], levels: Ints, p: int) -> tuple[Bools, Ints]:
    """Find the cheapest set of effects to absorb.

    Parameters
    ----------
    codes : list of int arrays, shape (M,)
        Codes of each effect.
    levels : int array, shape (K,)
        Their numbers of levels.
    p : int
        Columns of the fixed part.

    Returns
    -------
    absorbed : ndarray of bool, shape (K,)
        Effects to absorb; none if one dense matrix is cheaper.
    block : int array, shape (M,)
        Block of each row.

    Examples
    --------
    >>> ratee, rater = np.indices((400, 20)).reshape(2, -1)
    >>> absorbed, block = choose_blocks([ratee, rater], np.array([400, 20]), 1)
    >>> absorbed.tolist(), int(block.max())
    ([True, False], 399)
    """
    k = len(codes)
    nested = np.array([[a == b or _nested(codes[a], codes[b], int(levels[a])) for b in range(k)] for a in range(k)])
    best_cost, best, factor = _cost(np.zeros(k, dtype=bool), None, codes, levels, p), np.zeros(k, dtype=bool), np.zeros_like(codes[0])
    for b in range(k):
        cost = _cost(nested[:, b], codes[b], codes, levels, p)
        if cost < best_cost:
            best_cost, best, factor = cost, nested[:, b], codes[b]
    if p + levels[~best].sum() > _CROWDED:
        large = np.argsort(-levels, kind="stable")
        for members in [tuple(large[[i, j]]) for i in range(min(k, 3)) for j in range(i)] + [tuple(range(k))]:
            part = _connected([codes[m] for m in members])
            inside = np.array([m in members or _nested(codes[m], part, int(levels[m])) for m in range(k)])
            cost = _cost(inside, part, codes, levels, p)
            if cost < best_cost:
                best_cost, best, factor = cost, inside, part
    return best, np.unique(factor, return_inverse=True)[1]


def _nested(inner: Ints, outer: Ints, n_inner: int) -> bool:
    """Whether each level of ``inner`` occurs within one level of ``outer``."""
    for rows in (slice(0, _SAMPLE), slice(None)):
        parent = np.full(n_inner, -1, dtype=np.int64)
        parent[inner[rows]] = outer[rows]
        if not np.array_equal(parent[inner[rows]], outer[rows]):
            return False
    return True


def _connected(codes: list[Ints]) -> Ints:
    """Connected part of each row when rows sharing a level of any factor hang together."""
    anchor = codes[0]
    n = int(anchor.max()) + 1
    edges, size = [], n
    for other in codes[1:]:
        edges.append((anchor, size + other))
        size += int(other.max()) + 1
    rows = np.concatenate([e[0] for e in edges]) if edges else anchor[:0]
    cols = np.concatenate([e[1] for e in edges]) if edges else anchor[:0]
    graph = sparse.coo_array((np.ones(len(rows), dtype=np.int8), (rows, cols)), shape=(size, size))
    part = csgraph.connected_components(graph, directed=False)[1]
    return np.asarray(part[anchor], dtype=np.int64)


def _cost(absorbed: Bools, factor: Ints | None, codes: list[Ints], levels: Ints, p: int) -> float:
    """Work of one evaluation with derivatives, in multiplications inside small blocks."""
    dense = float(p + levels[~absorbed].sum())
    cost = _DENSE_RATE * 2.0 * dense**3 + 4 * dense**2
    if factor is None:
        return cost
    blocks = int(factor.max()) + 1
    rows: Floats = np.zeros(blocks)
    for k in np.flatnonzero(absorbed):
        parent = np.full(levels[k], -1, dtype=np.int64)
        parent[codes[k]] = factor
        rows += np.bincount(parent[parent >= 0], minlength=blocks)
    size = np.bincount(factor, minlength=blocks).astype(float)
    columns = p + sum((np.minimum(size, float(levels[k])) for k in np.flatnonzero(~absorbed)), np.zeros(blocks))
    columns = np.minimum(columns, dense)
    return float(cost + (6 * rows**3 + 4 * rows**2 * columns + 2 * rows * columns**2 + _ENTRY * columns**2)[size > 0].sum())

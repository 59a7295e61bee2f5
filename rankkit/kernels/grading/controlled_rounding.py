"""Two-way controlled rounding: whole numbers of people by unit and grade that keep the totals of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize, sparse
from scipy.sparse.csgraph import connected_components

from rankkit.errors import ConvergenceError, SolverError
from rankkit.kernels.arrays import Bools, Floats, Ints

_WHOLE = 1e-7  # an entry this close to a whole number is one: far above what raking leaves, far below a person
_EQUAL = 1e-9  # costs this close, relative to all costs, are equal
_RAKED = 1e-11  # relative error of the totals at which raking stops
_TURNS = 10_000
_program: Any = optimize.linprog  # its stubs know no sparse arrays


@dataclass(frozen=True, eq=False)
class Rounded:
    """A table of whole numbers.

    Attributes
    ----------
    counts : ndarray of int, shape (G, B)
        Each is the floor or the ceiling of ``expected``; rows and columns sum to the totals.
    expected : ndarray, shape (G, B)
        What was rounded.
    open : ndarray of bool, shape (G, B)
        Cells that another table which costs as little has otherwise.
    fewest, most : ndarrays of int, shape (G, B)
        People of the unit in grade b or better, at least and at most, over all tables that cost as little.
    """

    counts: Ints
    expected: Floats
    open: Bools
    fewest: Ints
    most: Ints

    @property
    def unique(self) -> bool:
        """Whether no other table costs as little."""
        return not self.open.any()


def controlled_rounding(rows: Ints, columns: Ints, cost: Floats, *, weight: Floats | None = None) -> Rounded:
    r"""Round :math:`q_{gb} = n_g n_b / n` to floors or ceilings with the same row and column totals, at the least cost.

    .. math:: \min \sum_{gb} c_{gb} n_{gb}, \quad \sum_b n_{gb} = n_g,\ \sum_g n_{gb} = n_b,\
              n_{gb} \in \{\lfloor q_{gb} \rfloor, \lceil q_{gb} \rceil\}

    A transportation program: its vertices are whole numbers, and it has a solution for every table whose totals agree
    (Cox 1987). What the solver returns is rounded and checked again.

    Parameters
    ----------
    rows : ndarray of int, shape (G,)
        People of each unit, n_g.
    columns : ndarray of int, shape (B,)
        People in each grade, n_b; as many in all.
    cost : ndarray, shape (G, B)
        Of one person of the unit in the grade.
    weight : ndarray, shape (G, B), optional
        Positive factors by which q is tilted before it is raked back to the totals.

    Returns
    -------
    Rounded

    Raises
    ------
    ValueError
        If the totals differ.
    ConvergenceError
        If raking does not settle.
    SolverError
        If the solution does not hold when it is checked.

    References
    ----------
    Cox (1987), A constructive procedure for unbiased controlled rounding, Journal of the American Statistical
    Association 82, 520–524.

    Examples
    --------
    >>> import numpy as np
    >>> controlled_rounding(np.array([7, 7]), np.array([3, 10, 1]), np.array([[0.0, 0, 0], [0, 1, 2]])).counts
    array([[1, 5, 1],
           [2, 5, 0]])
    """
    rows, columns = np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64)
    n = int(rows.sum())
    if n != int(columns.sum()):
        msg = f"rows sum to {n}, columns to {int(columns.sum())}"
        raise ValueError(msg)
    if weight is None:
        product = rows[:, None] * columns[None, :]
        expected = np.asarray(product / max(n, 1), dtype=np.float64)
        floor, loose = product // max(n, 1), product % max(n, 1) > 0
    else:
        expected = raked(rows, columns, weight)
        near = np.round(expected)
        floor = np.where(np.abs(expected - near) < _WHOLE, near, np.floor(expected)).astype(np.int64)
        loose = np.abs(expected - near) >= _WHOLE
    extra, swaps = _extra(rows - floor.sum(axis=1), columns - floor.sum(axis=0), loose, np.asarray(cost, dtype=np.float64))
    counts = floor + extra
    if (counts.sum(axis=1) != rows).any() or (counts.sum(axis=0) != columns).any() or (extra > loose).any() or (extra < 0).any():
        raise SolverError("E-SOLVER", reason="a rounded table does not hold when it is checked", n=len(rows))
    fewest, most = (np.cumsum(counts, axis=1) + by for by in _reach(extra, swaps))
    return Rounded(counts, expected, swaps, fewest, most)


def raked(rows: Ints, columns: Ints, weight: Floats) -> Floats:
    r"""Fit :math:`n_g n_b w_{gb}` to the totals by iterative proportional fitting.

    Parameters
    ----------
    rows, columns : ndarrays of int, shapes (G,) and (B,)
        Totals.
    weight : ndarray, shape (G, B)
        Positive.

    Returns
    -------
    ndarray, shape (G, B)

    Raises
    ------
    ConvergenceError
        If the totals are not reached.

    References
    ----------
    Deming & Stephan (1940), Annals of Mathematical Statistics 11, 427–444.

    Examples
    --------
    >>> import numpy as np
    >>> raked(np.array([10, 10]), np.array([4, 16]), np.array([[2.0, 1.0], [1.0, 1.0]])).round(3)
    array([[2.543, 7.457],
           [1.457, 8.543]])
    """
    table: Floats = np.outer(rows, columns).astype(np.float64) * np.asarray(weight, dtype=np.float64)
    for _ in range(_TURNS):
        table *= np.divide(rows, table.sum(axis=1), out=np.zeros(len(rows)), where=rows > 0)[:, None]
        by_column = table.sum(axis=0)
        if np.abs(by_column - columns).max(initial=0.0) <= _RAKED * max(1, int(columns.max(initial=0))):
            return table
        table *= np.divide(columns, by_column, out=np.zeros(len(columns)), where=columns > 0)[None, :]
    raise ConvergenceError("E-CONV", iterations=_TURNS, gradient="raking")


def _extra(rows: Ints, columns: Ints, loose: Bools, cost: Floats) -> tuple[Ints, Bools]:
    """Who gets the ceiling: a 0/1 table with the totals that are left, at the least cost; and the cells open between such tables.

    Two such tables differ by circles of cells whose reduced costs are 0 (whatever the dual solution), so a cell is open if and
    only if its unit and its grade are strongly connected by the changes that cost nothing.
    """
    g, b = np.nonzero(loose)
    out = np.zeros(loose.shape, dtype=np.int64)
    if not len(g):
        return out, np.zeros(loose.shape, dtype=bool)
    k = np.arange(len(g))
    matrix = sparse.csr_array(
        (np.ones(2 * len(g)), (np.concatenate([g, len(rows) + b]), np.concatenate([k, k]))), shape=(len(rows) + len(columns), len(g))
    )
    totals = np.concatenate([rows, columns])
    price = cost[g, b] - cost[g, b].mean()
    price = price / (np.abs(price).max() or 1.0)
    found = _program(price, A_eq=matrix, b_eq=totals, bounds=(0, 1), method="highs-ds")
    if found.status != 0:
        raise SolverError("E-SOLVER", reason=str(found.message))
    out[g, b] = np.round(found.x).astype(np.int64)
    free = np.abs(price - matrix.T @ found.eqlin.marginals) <= _EQUAL
    given = out[g, b][free] == 1
    ends = np.column_stack([g, len(rows) + b])[free]
    tail, head = np.where(given, ends[:, 1], ends[:, 0]), np.where(given, ends[:, 0], ends[:, 1])
    _, part = connected_components(sparse.csr_array((np.ones(len(tail)), (tail, head)), shape=(len(totals),) * 2), connection="strong")
    swaps = np.zeros(loose.shape, dtype=bool)
    swaps[g[free], b[free]] = part[ends[:, 0]] == part[ends[:, 1]]
    return out, swaps


def _reach(extra: Ints, swaps: Bools) -> tuple[Ints, Ints]:
    """How many fewer and more than now a unit may have down to each grade, over the tables that cost as little."""
    fewer, more = np.zeros_like(extra), np.zeros_like(extra)
    g, b = np.nonzero(swaps)
    if not len(g):
        return fewer, more
    units, grades = np.unique(g), np.unique(b)
    k = np.arange(len(g))
    rows = np.concatenate([np.searchsorted(units, g), len(units) + np.searchsorted(grades, b)])
    matrix = sparse.csr_array((np.ones(2 * len(g)), (rows, np.concatenate([k, k]))))
    totals = matrix @ extra[g, b]
    seen: dict[tuple[bytes, int], Ints] = {}
    for unit in units:
        held = np.cumsum(np.where(swaps[unit], extra[unit], 0))
        kind = (swaps[unit].tobytes(), int(held[-1]))  # units with the same cells open and as many seats could change places
        if kind not in seen:
            seen[kind] = np.array([_range(matrix, totals, (g == unit) & (b <= c)) for c in range(extra.shape[1])])
        fewer[unit], more[unit] = seen[kind].T - held
    return fewer, more


def _range(matrix: Any, totals: Any, counted: Bools) -> tuple[int, int]:
    """Least and most seats in some cells of a 0/1 table with these totals."""
    want = counted.astype(np.float64)
    ends = [_program(sign * want, A_eq=matrix, b_eq=totals, bounds=(0, 1), method="highs-ds") for sign in (1.0, -1.0)]
    if any(end.status != 0 for end in ends):
        raise SolverError("E-SOLVER", reason=str(next(end.message for end in ends if end.status != 0)))
    return round(float(ends[0].fun)), round(float(-ends[1].fun))

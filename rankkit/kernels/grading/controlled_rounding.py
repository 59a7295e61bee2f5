"""Two-way controlled rounding: whole numbers of people by unit and grade that keep the totals of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize, sparse

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
    unique : bool
        Whether no other table costs as little.
    """

    counts: Ints
    expected: Floats
    unique: bool


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
    extra, unique = _extra(rows - floor.sum(axis=1), columns - floor.sum(axis=0), loose, np.asarray(cost, dtype=np.float64))
    counts = floor + extra
    if (counts.sum(axis=1) != rows).any() or (counts.sum(axis=0) != columns).any() or (extra > loose).any() or (extra < 0).any():
        raise SolverError("E-SOLVER", reason="a rounded table does not hold when it is checked", n=len(rows))
    return Rounded(counts, expected, unique)


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


def _extra(rows: Ints, columns: Ints, loose: Bools, cost: Floats) -> tuple[Ints, bool]:
    """Who gets the ceiling: a 0/1 table with the totals that are left, at the least cost; and whether it is the only one."""
    g, b = np.nonzero(loose)
    out = np.zeros(loose.shape, dtype=np.int64)
    if not len(g):
        return out, True
    k = np.arange(len(g))
    matrix = sparse.csr_array(
        (np.ones(2 * len(g)), (np.concatenate([g, len(rows) + b]), np.concatenate([k, k]))), shape=(len(rows) + len(columns), len(g))
    )
    totals = np.concatenate([rows, columns])
    price = cost[g, b] - cost[g, b].mean()
    price = price / (np.abs(price).max() or 1.0)
    flow = {"A_eq": matrix, "b_eq": totals, "bounds": (0, 1), "method": "highs-ds"}
    found = _program(price, **flow)
    if found.status != 0:
        raise SolverError("E-SOLVER", reason=str(found.message))
    x = np.round(found.x)
    other = _program(x, A_ub=price[None, :], b_ub=[float(price @ x) + _EQUAL * len(g)], **flow)  # as good, and sharing the fewest cells
    out[g, b] = x.astype(np.int64)
    return out, bool(other.status == 0 and other.fun > x.sum() - 0.5)

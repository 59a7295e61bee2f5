"""What published numbers leave possible for each hidden rating on a bounded scale.

Linear algebra alone overlooks the ends of the scale: a mean of 5.0 on a scale of 1 to 5 reveals everyone, at any number of
raters. One mean has a closed form; joint statements need a whole-number program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, lcm
from operator import itemgetter
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from rankkit.errors import SolverError
from rankkit.kernels.arrays import Bools, Ints
from rankkit.kernels.sources.disclosure import Row, column_classes, separate_parts

_FEASIBLE, _IMPOSSIBLE = 0, 2  # statuses of scipy.optimize.milp


@dataclass(frozen=True)
class FeasibleRanges:
    """Lowest and highest possible category of each cell, counted from 0; known and untouched cells are included.

    Attributes
    ----------
    low, high : array of int, shape (cells,)
    """

    low: Ints
    high: Ints

    @property
    def categories(self) -> Ints:
        """How many categories each range spans; 1 = the rating is determined."""
        return self.high - self.low + 1


def mean_range(total: Fraction, n: int, low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
    """Range of one rating, given the sum of n ratings on a scale from ``low`` to ``high``.

    ``[max(L, s − (n−1)H), min(H, s − (n−1)L)]``.

    >>> from fractions import Fraction
    >>> [int(v) for v in mean_range(Fraction(14), 3, Fraction(1), Fraction(5))]
    [4, 5]
    """
    return max(low, total - (n - 1) * high), min(high, total - (n - 1) * low)


def feasible_ranges(
    A: Any,
    lower: Sequence[Fraction | int],
    upper: Sequence[Fraction | int],
    categories: int,
    known: Bools | None = None,
    values: Any = None,
) -> FeasibleRanges:
    """Range of every cell, given all statements together: ``lower ≤ A x ≤ upper`` with x in 0 … categories − 1.

    Cells with the same column are one variable, their sum; components that share no cell are solved apart, those with a
    single sum in closed form, the others by ``scipy.optimize.milp``. Solutions are rounded and checked again in whole
    numbers, because a solver may call a point optimal that breaks a bound.

    Parameters
    ----------
    A : array of int, shape (m, cells)
    lower, upper : sequence of Fraction, length m
        In units of categories from 0; a rounded number is an interval.
    categories : int
        Points of the scale.
    known : array of bool, shape (cells,), optional
        Cells the attacker knows.
    values : array of int, shape (cells,), optional
        Their values; needed where ``known`` is true.

    Returns
    -------
    FeasibleRanges

    Raises
    ------
    SolverError
        ``E-SOLVER`` if no ratings agree with the statements, or the solver fails.

    Examples
    --------
    >>> import numpy as np
    >>> feasible_ranges(np.array([[1, 1, 1]]), [11], [11], 5).low.tolist()
    [3, 3, 3]
    """
    matrix = np.asarray(A)
    m, n = matrix.shape
    hidden = np.ones(n, dtype=bool) if known is None else ~np.asarray(known, dtype=bool)
    fixed = np.where(hidden, 0, 0 if values is None else np.asarray(values)).astype(object)
    shift = [sum(int(a) * int(x) for a, x in zip(matrix[i], fixed, strict=True) if a and x) for i in range(m)]
    bounds = [(ceil(Fraction(lower[i]) - shift[i]), floor(Fraction(upper[i]) - shift[i])) for i in range(m)]
    low, high = np.zeros(n, dtype=np.int64), np.full(n, categories - 1, dtype=np.int64)
    low[~hidden] = high[~hidden] = fixed[~hidden].astype(np.int64)
    classes = column_classes(matrix, ~hidden)
    touched = {c for members in classes.members for c in members}
    rows: list[tuple[Row, int, int]] = []
    place = {c: k for k, members in enumerate(classes.members) for c in members}
    for i in range(m):
        row = {place[c]: int(matrix[i, c]) for c in np.flatnonzero(matrix[i]).tolist() if c in touched}
        if row:
            rows.append((row, *bounds[i]))
    size = [len(members) for members in classes.members]
    for part in separate_parts(rows, itemgetter(0)):
        for c, (least, most) in _sums(part, size, categories).items():
            cells = list(classes.members[c])
            low[cells] = max(0, least - (size[c] - 1) * (categories - 1))
            high[cells] = min(categories - 1, most)
    return FeasibleRanges(low, high)


def _sums(part: list[tuple[Row, int, int]], size: list[int], categories: int) -> dict[int, tuple[int, int]]:
    """Lowest and highest possible sum of each class."""
    columns = sorted({c for row, _, _ in part for c in row})
    top = {c: size[c] * (categories - 1) for c in columns}
    if len(columns) == 1:
        c = columns[0]
        least, most = 0, top[c]
        for row, low, high in part:
            a = row[c]
            ends = sorted((Fraction(low, a), Fraction(high, a)))
            least, most = max(least, ceil(ends[0])), min(most, floor(ends[1]))
        if least > most:
            raise SolverError("E-SOLVER", reason="infeasible")
        return {c: (least, most)}
    out = {}
    for c in columns:
        out[c] = extreme(part, columns, top, {c: 1})[c], extreme(part, columns, top, {c: -1})[c]
    return out


def extreme(part: list[tuple[Row, int, int]], columns: list[int], top: dict[int, int], objective: Row) -> dict[int, int]:
    """Minimise a whole-number objective over sums between 0 and ``top``; the solution is checked in whole numbers.

    Raises
    ------
    SolverError
        ``E-SOLVER`` if there is no solution, or the one found breaks a constraint.
    """
    place = {c: k for k, c in enumerate(columns)}
    A = np.zeros((len(part), len(columns)))
    for i, (row, _, _) in enumerate(part):
        for c, a in row.items():
            A[i, place[c]] = a
    goal = np.array([objective.get(c, 0) for c in columns], dtype=np.float64)
    found = milp(
        goal,
        constraints=LinearConstraint(A, [low for _, low, _ in part], [high for _, _, high in part]),
        integrality=np.ones(len(columns), dtype=np.int64),
        bounds=Bounds(0, [top[c] for c in columns]),
    )
    if found.status != _FEASIBLE or found.x is None:
        raise SolverError("E-SOLVER", reason="infeasible" if found.status == _IMPOSSIBLE else str(found.message))
    x = {c: round(float(v)) for c, v in zip(columns, found.x, strict=True)}
    broken = any(not low <= sum(a * x[c] for c, a in row.items()) <= high for row, low, high in part)
    if broken or any(not 0 <= x[c] <= top[c] for c in columns):
        raise SolverError("E-SOLVER", reason="broken")
    return x


def whole_rows(rows: Sequence[dict[int, Fraction]], n: int) -> tuple[Any, list[int]]:
    """Clear the denominators of sparse rows: a matrix of whole numbers and each row's factor.

    >>> from fractions import Fraction
    >>> whole_rows([{0: Fraction(1, 2), 1: Fraction(1, 3)}], 2)[1]
    [6]
    """
    matrix = np.zeros((len(rows), n), dtype=object)
    factors = []
    for i, row in enumerate(rows):
        factor = lcm(*(v.denominator for v in row.values())) if row else 1
        factors.append(factor)
        for c, v in row.items():
            matrix[i, c] = int(v * factor)
    return matrix, factors

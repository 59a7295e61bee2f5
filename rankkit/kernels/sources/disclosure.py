"""Who is exposed by a set of published sums: exact linear algebra over every small set of people.

Published linear statements are the rows of an integer matrix over cells (rater × dimension) of one ratee. A set of people is
exposed if some combination of the statements is about its cells alone:

    S exposed  ⇔  rank(A) > rank(A without the columns of S)

and no member of S could be left out (S is then what the combination is about).
Testing single cells (is the unit vector in the row space?) is too weak: the sum of two people's ratings passes it. Arithmetic is
in whole numbers; there is no tolerance.

References
----------
Cox, L. H. (1980). Suppression methodology and statistical disclosure control. *Journal of the American Statistical Association*
75, 377–385. Duncan, G. T., Elliot, M., & Salazar-González, J.-J. (2011). *Statistical Confidentiality*. Springer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import gcd
from typing import Any, TypeVar

import numpy as np

from rankkit.kernels.arrays import Bools, Ints

Row = dict[int, int]
E = TypeVar("E")
_MOST_TESTS = 20_000  # sets looked at one by one; with more the whole component counts as exposed, which errs on the safe side


@dataclass(frozen=True)
class Exposure:
    """What a matrix of published sums says about small sets of people.

    Attributes
    ----------
    sets : tuple of tuple of int
        Smallest exposed sets (codes of people); none contains another.
    rank : int
        Rank of the matrix without known columns.
    complete : bool
        False if there were too many candidates to look at singly: then sets stand for whole components.
    """

    sets: tuple[tuple[int, ...], ...]
    rank: int
    complete: bool = True

    @property
    def safe(self) -> bool:
        """Whether no set below its threshold is exposed."""
        return not self.sets


@dataclass(frozen=True)
class ColumnClasses:
    """Cells whose columns are the same: no statement can tell them apart.

    Attributes
    ----------
    members : tuple of tuple of int
        Columns of each class.
    rows : tuple of dict
        The matrix over classes, without zero rows.
    """

    members: tuple[tuple[int, ...], ...]
    rows: tuple[Row, ...]


def column_classes(A: Any, known: Bools | None = None) -> ColumnClasses:
    """Collapse identical columns; known and empty columns are dropped.

    Parameters
    ----------
    A : array of int, shape (m, cells)
        One statement a row.
    known : array of bool, shape (cells,), optional
        Cells the attacker knows already.

    Returns
    -------
    ColumnClasses

    Examples
    --------
    >>> import numpy as np
    >>> column_classes(np.array([[1, 1, 0], [1, 1, 1]])).members
    ((0, 1), (2,))
    """
    matrix = np.asarray(A)
    hidden = range(matrix.shape[1]) if known is None else np.flatnonzero(~np.asarray(known, dtype=bool)).tolist()
    found: dict[tuple[int, ...], list[int]] = {}
    for c in hidden:
        column = tuple(int(v) for v in matrix[:, c])
        if any(column):
            found.setdefault(column, []).append(int(c))
    columns = list(found)
    rows = tuple(row for i in range(matrix.shape[0]) if (row := {k: column[i] for k, column in enumerate(columns) if column[i]}))
    return ColumnClasses(tuple(tuple(v) for v in found.values()), rows)


def exposed_sets(A: Any, person: Ints, threshold: Ints, known: Bools | None = None) -> Exposure:
    """Find every smallest set of people below its threshold that the statements expose.

    Parameters
    ----------
    A : array of int, shape (m, cells)
        Published statements, denominators cleared.
    person : array of int, shape (cells,)
        Whose rating each cell is.
    threshold : array of int, shape (people,)
        k of each person's group; a set is below its threshold if it is smaller than the largest k among its members. A set that
        is as large as that may be exposed.
    known : array of bool, shape (cells,), optional
        Cells exempt by design or known to the audience.

    Returns
    -------
    Exposure

    Examples
    --------
    A supervisor (exempt), four peers whose mean is shown, one subordinate who is hidden, and the mean of all:

    >>> import numpy as np
    >>> A = np.array([[1, 0, 0, 0, 0, 0], [0, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1]])
    >>> exposed_sets(A, np.arange(6), np.full(6, 3), np.array([1, 0, 0, 0, 0, 0], dtype=bool)).sets
    ((5,),)
    """
    person, threshold = np.asarray(person), np.asarray(threshold)
    classes = column_classes(A, known)
    people = [frozenset(person[list(m)].tolist()) for m in classes.members]
    most = [max(int(threshold[p]) for p in group) for group in people]
    largest = max(most, default=0)
    small = {c for c, group in enumerate(people) if len(group) < largest}
    echelon = eliminated(classes.rows, first=[c for c in range(len(people)) if c not in small])
    within = [row for row in echelon if small.issuperset(row)]  # combinations about small classes alone
    sets: list[frozenset[int]] = []
    complete = True
    for component in separate_parts(within, dict.keys):
        found, whole = _smallest(component, people, threshold, largest)
        sets += found
        complete = complete and whole
    smallest = {s for s in sets if not any(t < s for t in sets)}
    return Exposure(tuple(sorted(tuple(sorted(s)) for s in smallest)), len(echelon), complete)


def _smallest(rows: list[Row], people: list[frozenset[int]], threshold: Ints, largest: int) -> tuple[list[frozenset[int]], bool]:
    """Smallest exposed sets within rows that hang together."""
    used = sorted({c for row in rows for c in row})
    bundles: dict[frozenset[int], set[int]] = {}  # people who stand in the same classes come together or not at all
    for p in sorted({p for c in used for p in people[c]}):
        bundles.setdefault(frozenset(c for c in used if p in people[c]), set()).add(p)
    groups = sorted((frozenset(b) for b in bundles.values()), key=lambda b: (len(b), sorted(b)))
    found: list[frozenset[int]] = []
    tests = 0
    for size in range(1, min(len(groups), largest - 1) + 1):
        for chosen in combinations(groups, size):
            candidate = frozenset().union(*chosen)
            if len(candidate) >= max(int(threshold[p]) for p in candidate) or any(s <= candidate for s in found):
                continue
            tests += 1
            if tests > _MOST_TESTS:
                return [*found, frozenset().union(*groups)], False
            inside = _about(rows, people, candidate)
            if inside and all(_about(rows, people, candidate - bundle) < inside for bundle in chosen):
                found.append(candidate)
    return [s for s in found if not any(t < s for t in found)], True


def _about(rows: list[Row], people: list[frozenset[int]], chosen: frozenset[int]) -> int:
    """Dimension of the combinations about the chosen people alone; the rows are independent."""
    return len(rows) - rank({c: v for c, v in row.items() if not people[c] <= chosen} for row in rows)


def rank(rows: Iterable[Row]) -> int:
    """Rank of sparse whole-number rows.

    >>> rank([{0: 1, 1: 1}, {0: 2, 1: 2}, {1: 5}])
    2
    """
    return len(eliminated(rows))


def eliminated(rows: Iterable[Row], first: Sequence[int] = ()) -> list[Row]:
    """Bring sparse rows into echelon form, taking pivots in the columns ``first`` wherever there is one.

    Fraction-free: rows stay whole numbers without common factor.

    >>> eliminated([{0: 2, 1: 2}, {0: 1, 1: 1, 2: 3}])
    [{0: 1, 1: 1}, {2: 1}]
    """
    early = set(first)
    waiting = [_primitive(dict(row)) for row in rows if row]
    waiting = [row for row in waiting if row]
    done: list[Row] = []
    while waiting:
        pick = min(range(len(waiting)), key=lambda i: (early.isdisjoint(waiting[i]), len(waiting[i]), min(waiting[i])))
        row = waiting.pop(pick)
        inside = early.intersection(row)
        pivot = min(inside) if inside else min(row)
        done.append(row)
        waiting = [other for other in (_without(other, row, pivot) for other in waiting) if other]
    return done


def _without(row: Row, by: Row, pivot: int) -> Row:
    """Take a multiple of another row away, so that the pivot vanishes."""
    if pivot not in row:
        return row
    a, b = by[pivot], row[pivot]
    out = {c: a * v for c, v in row.items()}
    for c, v in by.items():
        left = out.get(c, 0) - b * v
        if left:
            out[c] = left
        else:
            out.pop(c, None)
    return _primitive(out)


def _primitive(row: Row) -> Row:
    """Divide by the greatest common factor; the sign of the first entry is positive."""
    row = {int(c): int(v) for c, v in row.items() if v}
    factor = gcd(*row.values()) if row else 1
    if row and row[min(row)] < 0:
        factor = -factor
    return {c: v // factor for c, v in row.items()} if factor != 1 else row


def separate_parts(rows: Iterable[E], columns_of: Callable[[E], Iterable[int]]) -> list[list[E]]:
    """Split rows into groups that share no column.

    Examples
    --------
    >>> separate_parts([{0: 1, 1: 1}, {2: 1}, {1: 1, 3: -1}], dict.keys)
    [[{2: 1}], [{0: 1, 1: 1}, {1: 1, 3: -1}]]
    """
    groups: list[tuple[set[int], list[E]]] = []
    for row in rows:
        columns, members = set(columns_of(row)), [row]
        apart = []
        for other, held in groups:
            if columns.isdisjoint(other):
                apart.append((other, held))
            else:
                columns |= other
                members = held + members
        groups = [*apart, (columns, members)]
    return [members for _, members in groups]

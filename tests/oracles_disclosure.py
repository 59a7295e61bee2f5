"""The attack on released numbers, written plainly: who is given away by what was published about one ratee.

The attacker knows who rated whom on what, every release, the scale and its ends, this program, and perhaps the own answers. Only
what a release shows is used: names of groups, n, low and high. Nothing here imports the code under attack.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp


def rank(rows):
    """Rank by Gaussian elimination in fractions."""
    rows = [[Fraction(v) for v in row] for row in rows]
    r = 0
    for c in range(len(rows[0]) if rows else 0):
        pivot = next((i for i in range(r, len(rows)) if rows[i][c]), None)
        if pivot is None:
            continue
        rows[r], rows[pivot] = rows[pivot], rows[r]
        for i in range(r + 1, len(rows)):
            if rows[i][c]:
                factor = rows[i][c] / rows[r][c]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[r], strict=True)]
        r += 1
    return r


def exposed_sets(A, person, threshold, known=None):
    """Every smallest exposed set below its threshold, trying all sets of people."""
    person = np.asarray(person)
    hidden = [c for c in range(len(person)) if known is None or not known[c]]
    columns = [[row[c] for c in hidden] for row in A]
    people = sorted({int(person[c]) for c in hidden})

    def about(chosen):
        """Dimension of the combinations about some people alone."""
        kept = [[row[k] for k, c in enumerate(hidden) if person[c] not in chosen] for row in columns]
        return rank(columns) - (rank(kept) if kept and kept[0] else 0)

    found = []
    for size in range(1, max((threshold[p] for p in people), default=1)):
        for chosen in combinations(people, size):
            if size >= max(threshold[p] for p in chosen) or any(set(s) <= set(chosen) for s in found):
                continue
            inside = about(chosen)
            if inside and all(about(set(chosen) - {p}) < inside for p in chosen):
                found.append(chosen)
    return tuple(sorted(found))


def possible(A, lower, upper, categories, known, values):
    """Lowest and highest category of every cell by enumerating every table of answers (small designs only)."""
    hidden = [c for c in range(len(values)) if not known[c]]
    low, high = [categories] * len(values), [-1] * len(values)
    for answer in product(range(categories), repeat=len(hidden)):
        x = list(values)
        for c, v in zip(hidden, answer, strict=True):
            x[c] = v
        if all(lo <= sum(a * v for a, v in zip(row, x, strict=True)) <= up for row, lo, up in zip(A, lower, upper, strict=True)):
            low, high = [min(a, v) for a, v in zip(low, x, strict=True)], [max(a, v) for a, v in zip(high, x, strict=True)]
    return low, high


class Attack:
    """What an attacker holds about one ratee: linear rows over cells, each with the interval that was published."""

    def __init__(self, cells, categories):
        self.cells = cells  # list of (rater, dimension)
        self.place = {cell: k for k, cell in enumerate(cells)}
        self.categories = categories
        self.rows = []
        self.shown_rows, self.classes, self.values = 0, [], []

    def publish(self, weights, low, high):
        """Take one published number: weights by (rater, dimension), in categories from 0."""
        row = {self.place[cell]: Fraction(w) for cell, w in weights.items() if w}
        if row and (row, low, high) not in self.rows:
            self.rows.append((row, Fraction(low), Fraction(high)))

    def exact(self):
        """Rows whose value is known exactly."""
        return [row for row, low, high in self.rows if low == high]

    def columns(self):
        """Cells of the same column, which no release can tell apart: (column, cells)."""
        found = {}
        for c in range(len(self.cells)):
            column = tuple((i, row[c]) for i, (row, _, _) in enumerate(self.rows) if c in row)
            if column:
                found.setdefault(column, []).append(c)
        return [(dict(column), members) for column, members in found.items()]

    def determined(self, x, protected, insider, least):
        """Cells that are left fewer than ``least`` categories, given the true answers ``x``.

        Worlds that agree with every release are looked for in three steps: two members of a class trade answers (no release
        changes); one or two classes move by a category; a whole-number program. Only if the last finds none is a cell given away.
        """
        known = [not protected[c] or self.cells[c][0] == insider for c in range(len(x))]
        if self.shown_rows != len(self.rows):
            self.shown_rows, self.classes = len(self.rows), self.columns()
            self.values = [sum(w * x[c] for c, w in row.items()) for row, _, _ in self.rows]
        classes = [(k, [c for c in members if not known[c]]) for k, (_, members) in enumerate(self.classes)]
        classes = {k: (len(members), sum(x[c] for c in members), members) for k, members in classes if members}
        m = self.categories - 1
        out = []
        for k, (n, y, members) in classes.items():
            if span(y, y, n, m) >= least or any(span(min(y, z), max(y, z), n, m) >= least for z in self._moved(classes, k, m, least)):
                continue
            if span(self._sum(x, known, classes, k, 1), self._sum(x, known, classes, k, -1), n, m) < least:
                out += members
        return out

    def _moved(self, classes, k, m, least):
        """Sums a class can have if it, and perhaps one other, moves by a few categories."""
        n, y, _ = classes[k]
        steps = [s for s in range(-least, least + 1) if s and 0 <= y + s <= n * m]
        for s in steps:
            if self._agrees({k: s}):
                yield y + s
        near = set(self.classes[k][0])
        for other, (size, z, _) in classes.items():
            if other != k and near & set(self.classes[other][0]):
                for s, r in product(steps, range(-4, 5)):
                    if r and 0 <= z + r <= size * m and self._agrees({k: s, other: r}):
                        yield y + s

    def _agrees(self, moves):
        """Whether all releases stay as they are when sums of classes move."""
        change = {}
        for k, s in moves.items():
            for i, w in self.classes[k][0].items():
                change[i] = change.get(i, 0) + w * s
        return all(self.rows[i][1] <= self.values[i] + d <= self.rows[i][2] for i, d in change.items())

    def _sum(self, x, known, classes, target, sign):
        """Lowest (sign 1) or highest (−1) sum of a class that agrees with everything published."""
        linked, frontier = {target}, {target}
        while frontier:
            rows = {i for k in frontier for i in self.classes[k][0]}
            frontier = {k for k in classes if k not in linked and rows & set(self.classes[k][0])}
            linked |= frontier
        linked = sorted(linked)
        A, low, high = [], [], []
        for i in sorted({i for k in linked for i in self.classes[k][0]}):
            row, a, b = self.rows[i]
            weights = [self.classes[k][0].get(i, Fraction(0)) for k in linked]
            shift = sum(w * x[c] for c, w in row.items() if known[c])
            scale = int(np.lcm.reduce([int(w.denominator) for w in weights]))
            A.append([float(w * scale) for w in weights])
            low.append(float((a - shift) * scale))
            high.append(float((b - shift) * scale))
        slack = 1e-7  # sums are whole numbers times the weights; a solver needs room to be wrong in
        found = milp(
            [float(sign) if k == target else 0.0 for k in linked],
            constraints=LinearConstraint(np.array(A), np.array(low) - slack, np.array(high) + slack),
            integrality=np.ones(len(linked), dtype=int),
            bounds=Bounds(0, [classes[k][0] * (self.categories - 1) for k in linked]),
        )
        assert found.status == 0, found.message  # the true answers agree with everything published
        return round(found.x[linked.index(target)])


def span(y_low, y_high, n, m):
    """Categories one member of a class can have, given the range of the sum of the class (m = highest category)."""
    return min(m, y_high) - max(0, y_low - (n - 1) * m) + 1

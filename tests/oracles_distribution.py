"""Slow plain answers about seats and grades, by trying everything."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np


def cheapest_roundings(rows, columns, cost, expected, tolerance=1e-9):
    """Least cost of a table of floors and ceilings with these totals, and how many tables have it."""
    tables = cheapest_tables(rows, columns, cost, expected, tolerance)
    return float((cost * tables[0]).sum()), len(tables)


def cheapest_tables(rows, columns, cost, expected, tolerance=1e-9):
    """All tables of floors and ceilings with these totals that cost the least."""
    floor = np.floor(expected + tolerance).astype(int)
    loose = np.argwhere(expected - floor > tolerance)
    found = []
    for bits in product((0, 1), repeat=len(loose)):
        table = floor.copy()
        for (g, b), extra in zip(loose, bits, strict=True):
            table[g, b] += extra
        if (table.sum(axis=1) == rows).all() and (table.sum(axis=0) == columns).all():
            found.append((float((cost * table).sum()), table))
    least = min(c for c, _ in found)
    return np.array([table for c, table in found if c <= least + tolerance])


def placements(counts, best, worst):
    """Every way to fill the seats with people in grades open to them."""
    seats = np.repeat(np.arange(len(counts)), counts).tolist()
    return {p for p in permutations(seats) if all(a <= g <= b for a, g, b in zip(best, p, worst, strict=True))}


def best_first(ways, score, n_grades):
    """The way whose people down to each grade, from the best grade on, have the best scores."""
    return min(ways, key=lambda p: [sorted(-score[i] for i in range(len(p)) if p[i] <= k) for k in range(n_grades)])


def least_shift(counts, best, worst):
    """Least sum of shifts of the cuts that lets everybody have a grade open to them."""
    cuts = np.cumsum(counts)
    ways = product(*[range(a, b + 1) for a, b in zip(best, worst, strict=True)])
    return min(int(np.abs(np.cumsum(np.bincount(p, minlength=len(counts))) - cuts).sum()) for p in ways)

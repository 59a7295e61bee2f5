"""Agreement written out slowly: every pair, every answer, one at a time."""

from __future__ import annotations

from itertools import combinations, product
from math import pi, sin

import numpy as np


def squared_difference(x, y, metric, values, *, ends=None, steps=None):
    """δ² of two values among all pairable values."""
    if x == y:
        return 0.0
    if metric == "nominal":
        return 1.0
    if metric == "interval":
        return (x - y) ** 2
    if metric == "ordinal":
        low, high = min(x, y), max(x, y)
        between = sum(low <= v <= high for v in values)
        return (between - (values.count(low) + values.count(high)) / 2) ** 2
    if metric == "ratio":
        return ((x - y) / (x + y)) ** 2
    if metric == "circular":
        return sin(pi * (x - y) / steps) ** 2
    low, high = ends
    return (x - y) ** 2 / ((x + y - 2 * low) * (2 * high - x - y))


def alpha(units, metric, *, ends=None, steps=None):
    """Krippendorff's alpha of lists of values, one list a unit."""
    units = [u for u in units if len(u) > 1]
    values = [x for u in units for x in u]
    if ends is None:
        ends = (min(values), max(values))
    if steps is None:
        steps = max(values) - min(values) + 1
    n = len(values)

    def delta(x, y):
        return squared_difference(x, y, metric, values, ends=ends, steps=steps)

    observed = sum(sum(2 * delta(x, y) for x, y in combinations(u, 2)) / (len(u) - 1) for u in units) / n
    expected = sum(2 * delta(x, y) for x, y in combinations(values, 2)) / (n * (n - 1))
    return 1 - observed / expected


def kappa(a, b, weight):
    """Cohen's weighted kappa of two lists, weight(i, j) by value."""
    n = len(a)
    observed = sum(weight(x, y) for x, y in zip(a, b, strict=True)) / n
    expected = sum(weight(x, y) for x in a for y in b) / n**2
    return (observed - expected) / (1 - expected)


def chance_corrected(table, q, chance):
    """Agreement of a units × raters table of codes (None = missing), all pairs of raters one at a time."""
    rows = [[c for c in row if c is not None] for row in table]
    rows = [r for r in rows if r]
    agreed = [np.mean([x == y for x, y in combinations(r, 2)]) for r in rows if len(r) > 1]
    observed = float(np.mean(agreed))
    share = [float(np.mean([r.count(k) / len(r) for r in rows])) for k in range(q)]
    if chance == "gwet":
        expected = sum(p * (1 - p) for p in share) / (q - 1)
    elif chance == "fleiss":
        expected = sum(p**2 for p in share)
    elif chance == "brennan_prediger":
        expected = 1 / q
    else:
        columns = [[c for c in column if c is not None] for column in zip(*table, strict=True)]
        use = [[c.count(k) / len(c) for k in range(q)] for c in columns]
        expected = float(np.mean([sum(x * y for x, y in zip(a, b, strict=True)) for a, b in combinations(use, 2)]))
    return (observed - expected) / (1 - expected)


def null_share(k, shares, statistic, limit):
    """Probability that k random answers have a statistic of at most ``limit``, all answers visited."""
    total = 0.0
    for answers in product(range(len(shares)), repeat=k):
        if statistic(np.array(answers, dtype=float)) <= limit + 1e-9:
            total += float(np.prod([shares[a] for a in answers]))
    return total

"""Slow and plain versions of the consensus kernels, to check the fast ones against."""

from __future__ import annotations

import csv
import itertools
import math
from fractions import Fraction
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"


def rows(name):
    """Rows of a data set kept outside the repository."""
    with (DATA / name / "data.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def preferences_by_loops(ranks, weight=None):
    """n_ij: nan = not presented, inf = left over."""
    m, n = ranks.shape
    out = np.zeros((n, n))
    for r in range(m):
        w = 1.0 if weight is None else weight[r]
        for i, j in itertools.permutations(range(n), 2):
            a, b = ranks[r, i], ranks[r, j]
            if np.isnan(a) or np.isnan(b) or (np.isinf(a) and np.isinf(b)):
                continue
            out[i, j] += w * (1.0 if a < b else 0.5 if a == b else 0.0)
    return out


def kemeny_by_all_orders(preferences):
    """Least cost and all orders that have it; exact for numbers that are sums of few binary digits."""
    n = len(preferences)
    exact = [[Fraction(float(preferences[i, j])) for j in range(n)] for i in range(n)]
    least, found = None, []
    for order in itertools.permutations(range(n)):
        cost = sum((exact[b][a] for a, b in itertools.combinations(order, 2)), Fraction(0))
        if least is None or cost < least:
            least, found = cost, []
        if cost == least:
            found.append(order)
    return float(least), found


def places(orders):
    """Best and worst position of each person over a list of orders."""
    position = np.array([[order.index(i) + 1 for i in range(len(order))] for order in orders])
    return position.min(axis=0), position.max(axis=0)


def kemeny_by_sets(cost):
    """Least Σ cost over ordered pairs, number of orders and places, by recursion over all sets of people (Held & Karp)."""
    n = len(cost)
    exact = [[int(cost[i, j]) for j in range(n)] for i in range(n)]
    full = (1 << n) - 1
    start, ways = [math.inf] * (full + 1), [0] * (full + 1)
    start[0], ways[0] = 0, 1

    def added(state, i):
        return sum(exact[i][j] for j in range(n) if j != i and not state >> j & 1)

    for state in range(full):
        for i in range(n):
            if not state >> i & 1:
                after, value = state | 1 << i, start[state] + added(state, i)
                if value < start[after]:
                    start[after], ways[after] = value, 0
                if value == start[after]:
                    ways[after] += ways[state]
    rest = [math.inf] * (full + 1)
    rest[full] = 0
    for state in range(full - 1, -1, -1):
        rest[state] = min(added(state, i) + rest[state | 1 << i] for i in range(n) if not state >> i & 1)
    best, worst = [n] * n, [1] * n
    for state in range(full):
        place = bin(state).count("1") + 1
        for i in range(n):
            if not state >> i & 1 and start[state] + added(state, i) + rest[state | 1 << i] == start[full]:
                best[i], worst[i] = min(best[i], place), max(worst[i], place)
    return start[full], ways[full], best, worst


def has_cycle_of(beats, length):
    """Whether the graph has a cycle of that length, by trying all."""
    n = len(beats)
    return any(all(beats[walk[k], walk[(k + 1) % length]] for k in range(length)) for walk in itertools.permutations(range(n), length))


def mallows_probability(order, consensus, theta):
    """exp(−θ d)/Σ over all orders."""
    place = {person: k for k, person in enumerate(consensus)}

    def distance(one):
        return sum(place[a] > place[b] for a, b in itertools.combinations(one, 2))

    total = sum(math.exp(-theta * distance(one)) for one in itertools.permutations(consensus))
    return math.exp(-theta * distance(order)) / total


def w_by_definition(ranks):
    """W = 12S/(m²(n³ − n) − mΣT) and Friedman's χ² with ties."""
    m, n = ranks.shape
    sums = [Fraction(0)] * n
    ties = 0
    for row in ranks:
        values = row.tolist()
        for i, x in enumerate(values):
            sums[i] += Fraction(2 * sum(v < x for v in values) + values.count(x) + 1, 2)
        ties += sum(values.count(v) ** 3 - values.count(v) for v in set(values))
    mean = sum(sums, Fraction(0)) / n
    s = sum(((x - mean) ** 2 for x in sums), Fraction(0))
    return float(12 * s / (m * m * (n**3 - n) - m * ties)), float(s)


def concordance_p(ranks):
    """P(S* ≥ S) over all arrangements of every list but the first."""
    m, n = ranks.shape
    doubled = np.array([[2 * sum(v < x for v in row) + list(row).count(x) + 1 for x in row] for row in ranks])
    center = m * (n + 1)

    def spread(sums):
        return int(((sums - center) ** 2).sum())

    observed, above, total = spread(doubled.sum(axis=0)), 0, 0
    for others in itertools.product(*(itertools.permutations(row) for row in doubled[1:].tolist())):
        total += 1
        above += spread(doubled[0] + np.sum(others, axis=0)) >= observed
    return above / total

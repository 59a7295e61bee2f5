"""Slow plain versions of everything about ranks: loops over definitions, nothing clever."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np


def critical_values(z, sigma, level):
    """Order statistics of max |Z_j − Z_k|/s_jk: (over all pairs, per person)."""
    size, n = z.shape
    place = min(size, math.ceil(level * (size + 1))) - 1
    largest = np.zeros((size, n))
    for j in range(n):
        for k in range(n):
            if j != k:
                s = math.sqrt(sigma[j, j] + sigma[k, k] - 2 * sigma[j, k])
                largest[:, j] = np.maximum(largest[:, j], abs(z[:, j] - z[:, k]) / s)
    return np.sort(largest.max(axis=1))[place], np.sort(largest, axis=0)[place]


def rank_bounds(estimate, sigma, critical):
    """Rank sets by counting, for given critical values."""
    n = len(estimate)
    out = []
    for j in range(n):
        better = worse = 0
        for k in range(n):
            if k == j:
                continue
            s = math.sqrt(sigma[j, j] + sigma[k, k] - 2 * sigma[j, k])
            better += (estimate[k] - estimate[j]) / s > critical[j]
            worse += (estimate[j] - estimate[k]) / s > critical[j]
        out.append((1 + better, n - worse))
    return out


def ranks(score):
    """1 + number of better scores."""
    return [1 + sum(other > own for other in score) for own in score]


def hamilton_is_optimal(n, shares, counts):
    """Hamilton's method minimises Σ (n_b − q_b)² over all ways to seat n people."""
    quotas = [Fraction(str(share)) / Fraction(str(sum(shares))) * n for share in shares]

    def loss(seats):
        return sum((seat - quota) ** 2 for seat, quota in zip(seats, quotas, strict=True))

    every = (c for c in itertools.product(range(n + 1), repeat=len(shares)) if sum(c) == n)
    return loss(counts) == min(loss(c) for c in every)


def webster(n, shares, priority):
    """Seats one at a time to the largest p/(2s + 1)."""
    seats = [0] * len(shares)
    for _ in range(n):
        best = max(range(len(shares)), key=lambda b: (Fraction(shares[b], 2 * seats[b] + 1), -priority[b][0], -priority[b][1]))
        seats[best] += 1
    return seats


def adjusted(p, method):
    """Adjusted p-values by definition, smallest level at which each is rejected."""
    m = len(p)
    order = sorted(range(m), key=lambda i: p[i])
    out = [0.0] * m
    for place, i in enumerate(order):
        if method == "bh":
            out[i] = min(1.0, *(m * p[order[j]] / (j + 1) for j in range(place, m)))
        else:
            out[i] = min(1.0, max((m - j) * p[order[j]] for j in range(place + 1)))
    return out


def average_ranks(x):
    return [sum(b < a for b in x) + (sum(b == a for b in x) + 1) / 2 for a in x]


def tau_b(x, y):
    """Kendall's τ_b by counting pairs."""
    concordant = ties_x = ties_y = pairs = 0
    for i, j in itertools.combinations(range(len(x)), 2):
        pairs += 1
        ties_x += x[i] == x[j]
        ties_y += y[i] == y[j]
        concordant += int(np.sign(x[i] - x[j]) * np.sign(y[i] - y[j]))
    return concordant / math.sqrt((pairs - ties_x) * (pairs - ties_y))


def assigned(score, counts, ties):
    """Grades person by person: the grades of all places a group of equals holds, then the rule for cuts inside it."""
    place_grade = [b for b, count in enumerate(counts) for _ in range(count)]
    out = []
    for own in score:
        first = sum(other > own for other in score)
        last = first + sum(other == own for other in score) - 1
        low, high = place_grade[first], place_grade[last]
        if low != high and ties == "up":
            high = low
        if low != high and ties == "down":
            low = high
        out.append((low, high))
    return out


def fewest_errors(score, sigma, grade):
    """Per person: who of another grade is fewest standard errors away (of equals the largest error), and how many."""
    out = []
    for i in range(len(score)):
        found = []
        for j in range(len(score)):
            if grade[j] != grade[i]:
                s = math.sqrt(sigma[i, i] + sigma[j, j] - 2 * sigma[i, j])
                found.append((abs(score[i] - score[j]) / s, -s, j))
        ratio, _, j = min(found)
        out.append((j, ratio))
    return out

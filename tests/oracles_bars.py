"""Slow, plain implementations of what behavioural scales compute."""

from __future__ import annotations

import itertools
import math

import numpy as np


def wilson(k: int, n: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """The two roots of (p - π)² = z² π(1 - π)/n."""
    p = k / n
    a, b, c = 1 + z * z / n, -(2 * p + z * z / n), p * p
    root = math.sqrt(max(b * b - 4 * a * c, 0.0))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def kappa_of_category(counts, d: int) -> float:
    """Fleiss (1971) for one category, by counting pairs of judges."""
    disagree = p = 0.0
    for row in counts:
        judges = [k for k, c in enumerate(row) for _ in range(int(c))]
        pairs = list(itertools.permutations(range(len(judges)), 2))
        disagree += sum((judges[a] == d) and (judges[b] != d) for a, b in pairs) / len(pairs)
        p += judges.count(d) / len(judges)
    disagree, p = disagree / len(counts), p / len(counts)
    return 1 - disagree / (p * (1 - p))


def best_assignment(mean, sd, agreement, targets, reach, a, b, unit) -> tuple[int, float]:
    """Most points that can be anchored, and the least cost of doing so, by trying every assignment."""
    best = (0, 0.0)
    choices = [[-1, *(j for j in range(len(mean)) if abs(mean[j] - t) <= reach + 1e-9)] for t in targets]
    for picked in itertools.product(*choices):
        used = [j for j in picked if j >= 0]
        if len(set(used)) < len(used):
            continue
        cost = sum(
            ((mean[j] - t) / unit) ** 2 + a * (sd[j] / unit) ** 2 + b * (1 - agreement[j])
            for j, t in zip(picked, targets, strict=True)
            if j >= 0
        )
        if len(used) > best[0] or (len(used) == best[0] and cost < best[1]):
            best = (len(used), cost)
    return best


def follows_order(good: int, average: int, poor: int) -> bool:
    """Whether some standing of the person explains the three answers: placed on or between three examples in their order."""
    standings = np.arange(-1, 6)  # below poor (at 0), at it, between, at average (2), between, at good (4), above
    return any((np.sign(s - 4), np.sign(s - 2), np.sign(s - 0)) == (good, average, poor) for s in standings)

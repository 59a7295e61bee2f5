"""Slow plain implementations of what the checks of networks compute."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np


def residual_maker(rater, ratee):
    """I less the projection on indicators of both, by a pseudo-inverse."""
    Z = np.concatenate([np.equal.outer(rater, np.unique(rater)), np.equal.outer(ratee, np.unique(ratee))], axis=1).astype(float)
    return np.eye(len(rater)) - Z @ np.linalg.pinv(Z)


def exchange(rater, ratee):
    """Matrix that takes each rating to the one in the other direction."""
    n = len(rater)
    S = np.zeros((n, n))
    for k, m in product(range(n), range(n)):
        S[k, m] = rater[k] == ratee[m] and ratee[k] == rater[m]
    return S


def reciprocity(rater, ratee, score):
    """Solve the two moment equations with full matrices."""
    M, S = residual_maker(rater, ratee), exchange(rater, ratee)
    e = M @ score
    T = e @ S @ e / (e @ e)
    return (T * np.trace(M) - np.trace(S @ M)) / (np.trace(S @ M @ S @ M) - T * np.trace(S @ M))


def best_group(rater, ratee, score):
    """Largest standardised sum of residuals inside a group, over all groups of three or more that leave three out."""
    M = residual_maker(rater, ratee)
    e = M @ score
    sigma = np.sqrt(e @ e / np.trace(M))
    people = sorted({*rater.tolist(), *ratee.tolist()})
    best = (-np.inf, ())
    for size in range(3, len(people) - 2):
        for group in combinations(people, size):
            inside = (np.isin(rater, group) & np.isin(ratee, group)).astype(float)
            z = inside @ e / (sigma * np.sqrt(inside @ M @ inside))
            if z > best[0] + 1e-9:
                best = (z, group)
    return best


def count_tail(p, least):
    """Probability of so many events or more, by listing all outcomes."""
    return sum(np.prod(np.where(x, p, 1 - np.asarray(p))) for x in product((0, 1), repeat=len(p)) if sum(x) >= least)

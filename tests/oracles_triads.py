"""Slow and plain versions of the consistency kernels, to check the fast ones against."""

from __future__ import annotations

import itertools
import math

import numpy as np


def answers_by_pair(left, right, result):
    """Net answer of one judge for each pair: {(i, j): +1, 0 or -1} with i < j."""
    net: dict[tuple[int, int], int] = {}
    for a, b, outcome in zip(left, right, result, strict=True):
        pair, signed = ((int(a), int(b)), int(outcome)) if a < b else ((int(b), int(a)), -int(outcome))
        net[pair] = net.get(pair, 0) + signed
    return {pair: (x > 0) - (x < 0) for pair, x in net.items()}


def sort_triads(net, n):
    """Transitive, circular and tied triads among those fully judged; the circular ones as sets."""
    transitive, tied, circles = 0, 0, []
    for a, b, c in itertools.combinations(range(n), 3):
        if not all(pair in net for pair in ((a, b), (b, c), (a, c))):
            continue
        three = net[a, b], net[b, c], net[a, c]
        if 0 in three:
            tied += 1
        elif three[0] == three[1] != three[2]:
            circles.append(frozenset((a, b, c)))
        else:
            transitive += 1
    return transitive, circles, tied


def all_tournaments(n):
    """Number of circular triads of every one of the 2^(n(n-1)/2) sets of preferences, counted triad by triad."""
    pairs = list(itertools.combinations(range(n), 2))
    code = np.arange(2 ** len(pairs))
    prefers = {pair: (code >> k) & 1 for k, pair in enumerate(pairs)}
    circular = np.zeros(len(code), dtype=np.int64)
    for a, b, c in itertools.combinations(range(n), 3):
        circular += (prefers[a, b] == prefers[b, c]) & (prefers[a, b] != prefers[a, c])
    return circular


def kendall_u_by_judges(votes, n):
    """Mean over pairs of judges and of people of same (+1) and opposite (-1) preferences; votes: one dictionary a judge."""
    agreement, possible = 0, 0
    for one, other in itertools.combinations(votes, 2):
        for pair in itertools.combinations(range(n), 2):
            if pair in one and pair in other:
                possible += 1
                agreement += one[pair] * other[pair]
    return agreement / possible


def kendall_u_null(m, pairs, agreeing):
    """Chance of at least so many agreeing pairs of judges, by going through all coin tosses of m judges on each pair."""
    chance = {0: 1.0}
    for _ in range(pairs):
        grown: dict[int, float] = {}
        for toss in itertools.product((0, 1), repeat=m):
            won = sum(toss)
            more = math.comb(won, 2) + math.comb(m - won, 2)
            for total, p in chance.items():
                grown[total + more] = grown.get(total + more, 0.0) + p / 2**m
        chance = grown
    return sum(p for total, p in chance.items() if total >= agreeing)


def transitivity_by_loops(p):
    """Violations of weak, moderate and strong transitivity: triads no admissible reading of which is free of them."""
    n = len(p)
    triads, counts = 0, [0, 0, 0]
    for three in itertools.combinations(range(n), 3):
        if any(math.isnan(p[a][b]) for a, b in itertools.combinations(three, 2)):
            continue
        triads += 1
        readings = []
        for i, j, k in itertools.permutations(three):
            if p[i][j] >= 0.5 and p[j][k] >= 0.5:
                readings.append((p[i][k] >= 0.5, p[i][k] >= min(p[i][j], p[j][k]), p[i][k] >= max(p[i][j], p[j][k])))
        for form in range(3):
            counts[form] += not any(r[form] for r in readings)
    return triads, counts


def mean_squares(scored, win, tie):
    """Infit and outfit of one group, comparison by comparison."""
    squares, variances, ratios = 0.0, 0.0, 0.0
    for x, w, t in zip(scored, win, tie, strict=True):
        mean = w + t / 2
        variance = sum(chance * (value - mean) ** 2 for value, chance in ((1, w), (0.5, t), (0, 1 - w - t)))
        squares += (x - mean) ** 2
        variances += variance
        ratios += (x - mean) ** 2 / variance
    return squares / variances, ratios / len(scored)


def mean_square_variances(win, tie):
    """Variances of infit and outfit of one group, over every sequence of outcomes."""
    squares = []
    for outcome in itertools.product((1.0, 0.5, 0.0), repeat=len(win)):
        chance = math.prod({1.0: w, 0.5: t, 0.0: 1 - w - t}[x] for x, w, t in zip(outcome, win, tie, strict=True))
        if chance > 0:
            squares.append((chance, *mean_squares(outcome, win, tie)))
    weight, infit, outfit = np.array(squares).T
    return [float(np.sum(weight * (x - np.sum(weight * x)) ** 2)) for x in (infit, outfit)]

"""Slow and plain versions of the paired-comparison kernels, to check the fast ones against."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from rankkit.kernels.pairs.pair_counts import PairCounts, aggregate

REFERENCE = Path(__file__).resolve().parents[1].parent / "shared" / "reference"


def counts_from_matrix(wins) -> PairCounts:
    """Counts from a matrix whose entry (i, j) is how often i beat j."""
    wins = np.asarray(wins, dtype=float)
    first, second = np.nonzero(np.triu(wins + wins.T, 1))
    return PairCounts(len(wins), first, second, wins[first, second], wins[second, first], np.zeros(len(first)))


def counts_by_loops(left, right, result, weight, n):
    """Dictionary {(first, second): [wins of first, wins of second, ties]}."""
    table: dict[tuple[int, int], list[float]] = {}
    for k, (a, b, outcome) in enumerate(zip(left, right, result, strict=True)):
        w = 1.0 if weight is None else float(weight[k])
        first, second, signed = (a, b, outcome) if a < b else (b, a, -outcome)
        table.setdefault((int(first), int(second)), [0.0, 0.0, 0.0])[{1: 0, -1: 1, 0: 2}[int(signed)]] += w
    return table


def reachable(n, edges):
    """Transitive closure: reach[i][j] whether a walk leads from i to j."""
    reach = [[i == j for j in range(n)] for i in range(n)]
    for a, b in edges:
        reach[a][b] = True
    for k, i, j in itertools.product(range(n), repeat=3):  # k is the outermost loop
        reach[i][j] = reach[i][j] or (reach[i][k] and reach[k][j])
    return reach


def beats_edges(counts):
    """Edges (winner, loser), ties both ways."""
    edges = []
    for a, b, w, v, t in zip(counts.first, counts.second, counts.wins_first, counts.wins_second, counts.ties, strict=True):
        if w > 0 or t > 0:
            edges.append((int(a), int(b)))
        if v > 0 or t > 0:
            edges.append((int(b), int(a)))
    return edges


def more_wins_than_ties_on_a_cycle(counts):
    """Whether any closed walk has more wins than ties, by longest walks of every length (max-plus powers)."""
    n = counts.n
    gain = [[-math.inf] * n for _ in range(n)]
    for a, b, w, v, t in zip(counts.first, counts.second, counts.wins_first, counts.wins_second, counts.ties, strict=True):
        for i, j, won in ((a, b, w), (b, a, v)):
            gain[i][j] = 1.0 if won > 0 else -1.0 if t > 0 else -math.inf
    walk = [row[:] for row in gain]
    for _ in range(n):
        if any(walk[i][i] > 0 for i in range(n)):
            return True
        walk = [[max(walk[i][k] + gain[k][j] for k in range(n)) for j in range(n)] for i in range(n)]
    return False


def loglik(counts, worth):
    """Bradley-Terry log-likelihood, one comparison type at a time; a tie is half a win for each."""
    total = 0.0
    for a, b, w, v, t in zip(counts.first, counts.second, counts.wins_first, counts.wins_second, counts.ties, strict=True):
        total -= (w + t / 2) * math.log1p(math.exp(worth[b] - worth[a]))
        total -= (v + t / 2) * math.log1p(math.exp(worth[a] - worth[b]))
    return total


def information(counts, worth):
    """Information matrix, one pair at a time."""
    matrix = np.zeros((counts.n, counts.n))
    for a, b, m in zip(counts.first, counts.second, counts.total, strict=True):
        p = 1 / (1 + math.exp(worth[b] - worth[a]))
        arrow = np.zeros(counts.n)
        arrow[a], arrow[b] = 1, -1
        matrix += m * p * (1 - p) * np.outer(arrow, arrow)
    return matrix


def bradley_terry_by_search(counts, *, jeffreys=False):
    """Maximise the (penalised) likelihood by a general-purpose optimiser without derivatives of ours."""
    basis = np.linalg.svd(np.eye(counts.n) - 1 / counts.n)[0][:, : counts.n - 1]  # sum-to-zero space

    def loss(x):
        worth = basis @ x
        value = -loglik(counts, worth)
        if jeffreys:
            value -= 0.5 * np.linalg.slogdet(basis.T @ information(counts, worth) @ basis)[1]
        return value

    x = np.zeros(counts.n - 1)
    for _ in range(4):  # restarts sharpen the simplex
        found = minimize(loss, x, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-14, "maxiter": 20000})
        x = found.x
    return basis @ x


def davidson_loglik(counts, worth, log_nu):
    """Davidson's log-likelihood, one pair at a time."""
    total = 0.0
    for a, b, w, v, t in zip(counts.first, counts.second, counts.wins_first, counts.wins_second, counts.ties, strict=True):
        first, second = math.exp(worth[a]), math.exp(worth[b])
        tie = math.exp(log_nu) * math.sqrt(first * second)
        whole = first + second + tie
        total += w * math.log(first / whole) + v * math.log(second / whole) + t * math.log(tie / whole)
    return total


def hessian(function, x, step=1e-4):
    """Second derivatives by central differences."""
    k = len(x)
    out = np.zeros((k, k))
    for i, j in itertools.product(range(k), repeat=2):
        e, f = step * np.eye(k)[i], step * np.eye(k)[j]
        out[i, j] = (function(x + e + f) - function(x + e - f) - function(x - e + f) + function(x - e - f)) / (4 * step * step)
    return out


def random_comparisons(n, rows, seed, *, near=False, tie_share=0.0, spread=1.0):
    """Codes and results of simulated comparisons; ``near``: only pairs up to five places apart."""
    rng = np.random.default_rng(seed)
    worth = rng.normal(scale=spread, size=n)
    left = rng.integers(0, n, rows)
    if near:
        worth = np.sort(worth)
        right = left + rng.integers(1, 6, rows) * rng.choice([-1, 1], rows)
        inside = (right >= 0) & (right < n)
        left, right = left[inside], right[inside]
    else:
        right = (left + rng.integers(1, n, rows)) % n
    chance = 1 / (1 + np.exp(worth[right] - worth[left]))
    result = np.where(rng.random(len(left)) < chance, 1, -1)
    result[rng.random(len(left)) < tie_share] = 0
    return left, right, result


def random_counts(n, rows, seed, **kwargs):
    """Counts of simulated comparisons."""
    return aggregate(*random_comparisons(n, rows, seed, **kwargs), None, n)

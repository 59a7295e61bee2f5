"""Slow plain versions of what the kernels of texts and logs compute."""

from __future__ import annotations

import numpy as np
from scipy import stats


def lcs(a, b):
    """Longest common subsequence by the textbook table."""
    table = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1, j + 1] = table[i, j] + 1 if x == y else max(table[i, j + 1], table[i + 1, j])
    return int(table[-1, -1])


def plain_log_odds(counts, in_first, prior):
    """δ, z and the variance summed over people, word by word."""
    delta, z, clustered = [], [], []
    total = counts.sum()
    for w in range(counts.shape[1]):
        alpha = prior * counts[:, w].sum() / total
        parts, variance = [], 0.0
        model = 0.0
        for group in (in_first, ~in_first):
            y, n = counts[group, w].sum(), counts[group].sum()
            parts.append(np.log((y + alpha) / (n + prior - y - alpha)))
            model += 1 / (y + alpha)
            lean = 1 / (y + alpha) + 1 / (n + prior - y - alpha)
            own = [lean * (counts[i, w] - y / n * counts[i].sum()) for i in np.flatnonzero(group)]
            variance += len(own) / (len(own) - 1) * sum(e * e for e in own)
        delta.append(parts[0] - parts[1])
        z.append(delta[-1] / np.sqrt(model))
        clustered.append(variance)
    return np.array(delta), np.array(z), np.array(clustered)


def marginal_loglik(count, ratee, logger, mean, sd_ratee, sd_logger, dispersion, points=15):
    """Log-likelihood of a small log by Gauss–Hermite quadrature over authors and, within, people."""
    node, weight = np.polynomial.hermite_e.hermegauss(points)
    weight = weight / weight.sum()
    loggers = int(logger.max()) + 1
    grid = np.stack(np.meshgrid(*[np.arange(points)] * loggers, indexing="ij"), -1).reshape(-1, loggers)
    total = 0.0
    for place in grid:
        b = sd_logger * node[place]
        value = np.prod(weight[place])
        for i in np.unique(ratee):
            mine = ratee == i
            mu = np.exp(mean + sd_ratee * node[:, None] + b[logger[mine]])
            p = (
                stats.poisson.pmf(count[mine], mu)
                if dispersion < 1e-3
                else stats.nbinom.pmf(count[mine], 1 / dispersion, 1 / (1 + dispersion * mu))
            )
            value *= weight @ p.prod(axis=1)
        total += value
    return np.log(total)

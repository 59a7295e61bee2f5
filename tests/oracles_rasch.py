"""Plain many-facet Rasch: one rating at a time, a general optimiser, everything written out."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.optimize import linprog, minimize


def category_chances(eta, tau):
    """P(x = 0), …, P(x = K) by the definition: the log-odds of neighbours are η − τ_k."""
    odds = [1.0]
    for t in tau:
        odds.append(odds[-1] * np.exp(eta - t))
    total = sum(odds)
    return [o / total for o in odds]


class PlainRasch:
    """θ free, the other facets and τ centred; parameters are free values with the last element of a facet minus the rest."""

    def __init__(self, facets, sizes, category, *, threshold_facet=None, weight=None):
        self.facets, self.sizes, self.category = [list(map(int, f)) for f in facets], sizes, list(map(int, category))
        self.threshold_facet = threshold_facet
        self.weight = [1.0] * len(category) if weight is None else list(weight)
        self.k = max(self.category)
        self.groups = 1 if threshold_facet is None else sizes[threshold_facet]

    def unpack(self, x):
        at, measures = self.sizes[0], [x[: self.sizes[0]]]
        for size in self.sizes[1:]:
            part = x[at : at + size - 1]
            measures.append(np.append(part, -part.sum()))
            at += size - 1
        tau = []
        for _ in range(self.groups):
            part = x[at : at + self.k - 1]
            tau.append(np.append(part, -part.sum()))
            at += self.k - 1
        return measures, tau

    @property
    def n_free(self):
        return self.sizes[0] + sum(s - 1 for s in self.sizes[1:]) + self.groups * (self.k - 1)

    def loglik(self, x):
        measures, tau = self.unpack(x)
        total = 0.0
        for n, k in enumerate(self.category):
            eta = measures[0][self.facets[0][n]] - sum(m[f[n]] for m, f in zip(measures[1:], self.facets[1:], strict=True))
            group = 0 if self.threshold_facet is None else self.facets[self.threshold_facet][n]
            total += self.weight[n] * np.log(category_chances(eta, tau[group])[k])
        return total

    def fit(self):
        x = minimize(lambda x: -self.loglik(x), np.zeros(self.n_free), method="BFGS").x
        e = np.eye(self.n_free) * 1e-5
        slope = np.array([(self.loglik(x + s) - self.loglik(x - s)) / 2e-5 for s in e])
        return x + np.linalg.solve(self.information(x), slope)  # one Newton step: the optimiser stops early

    def information(self, x, step=1e-4):
        """Observed information by second differences."""
        n = len(x)
        out = np.empty((n, n))
        e = np.eye(n) * step
        for i, j in itertools.combinations_with_replacement(range(n), 2):
            four = [self.loglik(x + a * e[i] + b * e[j]) for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            out[i, j] = out[j, i] = -(four[0] - four[1] - four[2] + four[3]) / (4 * step**2)
        return out

    def covariance(self, x):
        """Covariance of (θ, β, δ, …), the dependent elements included."""
        inner = np.linalg.inv(self.information(x))
        rows = []
        at = self.sizes[0]
        rows.append(np.eye(self.n_free)[:at])
        for size in self.sizes[1:]:
            part = np.eye(self.n_free)[at : at + size - 1]
            rows.append(np.vstack([part, -part.sum(axis=0, keepdims=True)]))
            at += size - 1
        full = np.vstack(rows)
        return full @ inner @ full.T


def runs_off(facets, sizes, category):
    """Whether some direction raises no rating's odds against it and some rating's odds for it: no finite maximum (a linear program)."""
    offset = np.concatenate([[0], np.cumsum(sizes)])
    top = int(max(category))
    rows = []
    for n, own in enumerate(category):
        for other in range(top + 1):
            if other == own:
                continue
            row = np.zeros(offset[-1] + top + 1)
            for f, codes in enumerate(facets):
                row[offset[f] + codes[n]] += own - other
            row[offset[-1] + own] += 1
            row[offset[-1] + other] -= 1
            rows.append(row)
    table = np.array(rows)
    found = linprog(-table.sum(axis=0), A_ub=-table, b_ub=np.zeros(len(table)), bounds=[(-1, 1)] * table.shape[1])
    return -found.fun > 1e-7


def linked_by_rank(facets, sizes):
    """Rank of the design is elements − facets + 1 exactly when everything is linked."""
    offset = np.concatenate([[0], np.cumsum(sizes)])
    table = np.zeros((len(facets[0]), offset[-1]))
    for f, codes in enumerate(facets):
        table[np.arange(len(codes)), offset[f] + np.asarray(codes)] = 1
    return int(np.linalg.matrix_rank(table)), table


def mean_squares(x, expected, variance):
    """Infit and outfit of one element, by their definitions."""
    residual = [(a - e) ** 2 for a, e in zip(x, expected, strict=True)]
    return sum(residual) / sum(variance), sum(r / v for r, v in zip(residual, variance, strict=True)) / len(residual)

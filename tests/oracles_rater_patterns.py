"""Slow, plain versions of the comparisons of raters: dummy regressions, leave-one-out loops, permutations drawn one by one."""

from __future__ import annotations

from itertools import product

import numpy as np


def dummies(ratee, rater, n, m):
    """Ratee dummies and sum-zero rater effects, one connected component."""
    A = np.zeros((len(ratee), n))
    A[np.arange(len(ratee)), ratee] = 1
    A = A[:, A.any(axis=0)]
    B = np.zeros((len(rater), m))
    B[np.arange(len(rater)), rater] = 1
    return A, B[:, :-1] - B[:, -1:]


def least_squares(ratee, rater, z, n, m):
    """Sum-zero severities, their covariance under equal variances, F."""
    A, B = dummies(ratee, rater, n, m)
    X = np.hstack([A, B])
    coef, *_ = np.linalg.lstsq(X, z, rcond=None)
    residual = z - X @ coef
    df = len(z) - X.shape[1]
    small, *_ = np.linalg.lstsq(A, z, rcond=None)
    s2 = residual @ residual / df
    f = (np.sum((z - A @ small) ** 2) - residual @ residual) / (m - 1) / s2
    spread = np.vstack([np.eye(m - 1), -np.ones(m - 1)])
    last = s2 * np.linalg.inv(X.T @ X)[-(m - 1) :, -(m - 1) :]
    return spread @ coef[-(m - 1) :], spread @ last @ spread.T, f, df


def clustered(ratee, rater, z, n, m):
    """CR2 covariance of the sum-zero severities, ratees taken out first, written as in Bell & McCaffrey (2002)."""
    A, B = dummies(ratee, rater, n, m)
    M = np.eye(len(z)) - A @ np.linalg.pinv(A)
    X, y = M @ B, M @ z
    bread = np.linalg.inv(X.T @ X)
    e = y - X @ bread @ X.T @ y
    whole = M - X @ bread @ X.T
    meat = np.zeros((m - 1, m - 1))
    for i in np.unique(ratee):
        at = np.flatnonzero(ratee == i)
        w, V = np.linalg.eigh(whole[np.ix_(at, at)])
        root = sum((np.outer(V[:, k], V[:, k]) / np.sqrt(w[k]) for k in range(len(w)) if w[k] > 1e-8), np.zeros((len(at), len(at))))
        score = X[at].T @ root @ e[at]
        meat += np.outer(score, score)
    spread = np.vstack([np.eye(m - 1), -np.ones(m - 1)])
    return spread @ bread @ meat @ bread @ spread.T


def sign_flips(ratee, rater, z, n, m):
    """Share of sign patterns whose statistic is at least as large as the one seen."""
    A, B = dummies(ratee, rater, n, m)
    M = np.eye(len(z)) - A @ np.linalg.pinv(A)
    u, X = M @ z, M @ B
    P = X @ np.linalg.pinv(X)
    seen = u @ P @ u
    people = np.unique(ratee)
    found = [_flipped(dict(zip(people, signs, strict=True)), ratee, u, P) for signs in product((1, -1), repeat=len(people))]
    return np.mean(np.array(found) >= seen * (1 - 1e-9))


def _flipped(sign, ratee, u, P):
    v = u * np.array([sign[i] for i in ratee])
    return v @ P @ v


def log_sd_ratio(ratee, rater, z, m):
    """Log of each rater's SD over the pooled one."""
    sums = np.array([np.sum((z[rater == r] - z[rater == r].mean()) ** 2) for r in range(m)])
    df = np.array([np.sum(rater == r) - 1 for r in range(m)])
    return 0.5 * np.log(sums / df) - 0.5 * np.log(sums.sum() / df.sum())


def slope_ratio(ratee, rater, z, severity, m):
    """Slope of each rater on the mean of the others, over the mean slope."""
    y = z - severity[rater]
    slopes = []
    for r in range(m):
        own, others = [], []
        for i in ratee[rater == r]:
            rest = y[(ratee == i) & (rater != r)]
            if len(rest):
                own.append(y[(ratee == i) & (rater == r)][0])
                others.append(rest.mean())
        slopes.append(np.polyfit(others, own, 1)[0])
    return np.array(slopes) / np.mean(slopes)


def jackknife(statistic, ratee, rater, z):
    """Standard error of a statistic by leaving out one ratee at a time."""
    people = np.unique(ratee)
    left = np.array([statistic(ratee[ratee != i], rater[ratee != i], z[ratee != i]) for i in people])
    n = len(people)
    return np.sqrt((n - 1) / n * np.sum((left - left.mean(axis=0)) ** 2, axis=0))


def permuted_sums(block, rater, y, m, draws, rng):
    """Sums of each rater after permuting within blocks, one row a draw."""
    out = np.empty((draws, m))
    for k in range(draws):
        v = y.copy()
        for b in np.unique(block):
            at = np.flatnonzero(block == b)
            v[at] = v[rng.permutation(at)]
        out[k] = np.bincount(rater, v, m)
    return out

"""Slow, plain implementations: dense REML by the profiled deviance, dense information, graphs by brute force."""

from __future__ import annotations

import numpy as np
from scipy import optimize


def indicators(code, levels):
    return (np.asarray(code)[:, None] == np.arange(levels)).astype(float)


def reml_deviance(theta, y, row, col, n_rows, n_cols):
    """Bates et al. (2015): θ are standard deviations of the effects relative to the residual's."""
    n = len(y)
    z = np.hstack([indicators(row, n_rows) * theta[0], indicators(col, n_cols) * theta[1]])
    x = np.ones((n, 1))
    lower = np.linalg.cholesky(z.T @ z + np.eye(z.shape[1]))
    cu = np.linalg.solve(lower, z.T @ y)
    r = np.linalg.solve(lower, z.T @ x)
    s = x.T @ x - r.T @ r
    beta = np.linalg.solve(s, x.T @ y - r.T @ cu)
    pwrss = y @ y - cu @ cu - beta @ (x.T @ y - r.T @ cu)
    deviance = 2 * np.log(np.diag(lower)).sum() + np.log(s[0, 0]) + (n - 1) * (1 + np.log(2 * np.pi * pwrss / (n - 1)))
    return deviance, float(beta[0]), float(pwrss / (n - 1))


def dense_reml(y, row, col, n_rows, n_cols):
    """Components and deviance by a derivative-free search, several starts."""
    best = None
    for start in ([0.5, 0.5], [1.5, 0.2], [0.2, 1.5], [0.0, 0.7], [0.7, 0.0]):
        found = optimize.minimize(
            lambda t: reml_deviance(np.abs(t), y, row, col, n_rows, n_cols)[0],
            start,
            method="Nelder-Mead",
            options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 4000},
        )
        if best is None or found.fun < best.fun:
            best = found
    deviance, mu, s2 = reml_deviance(np.abs(best.x), y, row, col, n_rows, n_cols)
    return np.r_[best.x**2 * s2, s2], mu, deviance


def dense_projector(variances, row, col, n_rows, n_cols):
    za, zb = indicators(row, n_rows), indicators(col, n_cols)
    parts = [za @ za.T, zb @ zb.T, np.eye(len(row))]
    v = sum(s * p for s, p in zip(variances, parts, strict=True))
    inverse = np.linalg.inv(v)
    ones = np.ones((len(row), 1))
    return inverse - inverse @ ones @ ones.T @ inverse / (ones.T @ inverse @ ones), parts, za, zb


def dense_information(variances, row, col, n_rows, n_cols):
    """½ tr(P V_k P V_l)."""
    p, parts, _, _ = dense_projector(variances, row, col, n_rows, n_cols)
    return np.array([[0.5 * np.trace(p @ a @ p @ b) for b in parts] for a in parts])


def dense_score(y, variances, row, col, n_rows, n_cols):
    """Derivative of the restricted log-likelihood by each variance."""
    p, parts, _, _ = dense_projector(variances, row, col, n_rows, n_cols)
    return np.array([-0.5 * np.trace(p @ v) + 0.5 * y @ p @ v @ p @ y for v in parts])


def dense_prediction_error(variances, row, col, n_rows, n_cols):
    """Covariance of (μ̂, â, b̂) − (μ, a, b) from Henderson's mixed-model equations."""
    w = np.hstack([np.ones((len(row), 1)), indicators(row, n_rows), indicators(col, n_cols)])
    prior = np.r_[0.0, np.full(n_rows, 1 / variances[0]), np.full(n_cols, 1 / variances[1])]
    return np.linalg.inv(w.T @ w / variances[2] + np.diag(prior))


def _reach(edges, start, removed):
    """Vertices connected with start when one vertex is taken out."""
    seen, stack = {start}, [start]
    while stack:
        v = stack.pop()
        for w in edges[v]:
            if w != removed and w not in seen:
                seen.add(w)
                stack.append(w)
    return seen


def brute_graph(row, col):
    """Connected components (as sets of vertices) and articulation ratees, by removing each ratee."""
    edges = {}
    for i, r in set(zip(row, col, strict=True)):
        edges.setdefault(("ratee", i), set()).add(("rater", r))
        edges.setdefault(("rater", r), set()).add(("ratee", i))
    parts, left = [], set(edges)
    while left:
        part = _reach(edges, next(iter(left)), None)
        parts.append(part)
        left -= part
    cut = []
    for v in edges:
        if v[0] == "ratee":
            rest = next(p for p in parts if v in p) - {v}
            if rest and _reach(edges, next(iter(rest)), v) != rest:
                cut.append(int(v[1]))
    return parts, sorted(cut)


def brute_q(row, col):
    """Putka et al. (2008) by the double sum over ratees."""
    raters = {}
    for i, r in zip(row, col, strict=True):
        raters.setdefault(i, set()).add(r)
    k = [len(s) for s in raters.values()]
    n = len(k)
    harmonic = n / sum(1 / v for v in k)
    sets = list(raters.values())
    shared = sum(len(sets[i] & sets[j]) / (k[i] * k[j]) for i in range(n) for j in range(n) if i != j)
    return 1 / harmonic - shared / (n * (n - 1))

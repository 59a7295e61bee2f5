"""Slow, plain mixed models: the whole covariance matrix V, its inverse, and derivative-free or numeric answers."""

from __future__ import annotations

import numpy as np
from scipy import optimize


def matrices(effects, n):
    """Z of every effect, dense."""
    out = []
    for codes, levels, *values in effects:
        z = np.zeros((n, levels))
        z[np.arange(n), codes] = 1.0 if not values or values[0] is None else values[0]
        out.append(z)
    return out


def whole(variances, z):
    """V."""
    n = len(z[0])
    return sum(s * m @ m.T for s, m in zip(variances, z, strict=False)) + variances[-1] * np.eye(n)


def criterion(variances, y, z, x):
    """−2 × restricted log-likelihood, straight from the multivariate normal density of error contrasts."""
    v = whole(variances, z)
    inverse = np.linalg.inv(v)
    information = x.T @ inverse @ x
    beta = np.linalg.solve(information, x.T @ inverse @ y)
    rest = y - x @ beta
    n, p = x.shape
    return np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1] + rest @ inverse @ rest + (n - p) * np.log(2 * np.pi)


def maximum(y, z, x, starts=3, seed=0):
    """Components and criterion by a bounded quasi-Newton search from several starts, on standard deviations."""
    rng = np.random.default_rng(seed)
    spread = y.std()
    best = None
    for _ in range(starts):
        found = optimize.minimize(
            lambda s: criterion(s**2, y, z, x),
            rng.uniform(0.2, 0.9, len(z) + 1) * spread,
            method="L-BFGS-B",
            bounds=[(0, None)] * len(z) + [(1e-4 * spread, None)],
            options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 3000, "maxfun": 100_000},
        )
        best = found if best is None or found.fun < best.fun else best
    return best.x**2, best.fun


def projector(variances, z, x):
    """P."""
    inverse = np.linalg.inv(whole(variances, z))
    return inverse - inverse @ x @ np.linalg.solve(x.T @ inverse @ x, x.T @ inverse)


def informations(variances, y, z, x):
    """Expected and average information of the components."""
    p = projector(variances, z, x)
    parts = [*(m @ m.T for m in z), np.eye(len(y))]
    expected = np.array([[0.5 * np.trace(p @ a @ p @ b) for b in parts] for a in parts])
    average = np.array([[0.5 * y @ p @ a @ p @ b @ p @ y for b in parts] for a in parts])
    return expected, average


def predictions(variances, y, z, x):
    """(β̂, b̂) stacked."""
    inverse = np.linalg.inv(whole(variances, z))
    beta = np.linalg.solve(x.T @ inverse @ x, x.T @ inverse @ y)
    rest = inverse @ (y - x @ beta)
    return np.concatenate([beta, *(s * m.T @ rest for s, m in zip(variances, z, strict=False))])


def prediction_error(variances, z, x):
    """Covariance of (β̂ − β, b̂ − b): the linear predictor's error, from its definition."""
    inverse = np.linalg.inv(whole(variances, z))
    zs = np.hstack(z)
    prior = np.diag(np.concatenate([np.full(m.shape[1], s) for s, m in zip(variances, z, strict=False)]))
    to_beta = np.linalg.solve(x.T @ inverse @ x, x.T @ inverse)
    p = inverse - inverse @ x @ to_beta
    maps = np.vstack([to_beta, prior @ zs.T @ p])  # estimates = maps @ y
    truth = np.vstack([np.zeros((x.shape[1], len(prior))), np.eye(len(prior))])
    left = maps @ zs - truth
    return left @ prior @ left.T + variances[-1] * maps @ maps.T


def kenward_roger(variances, weights, z, x):
    """Adjusted covariance of β̂ by the printed formula (Kenward & Roger 1997) with all of its matrices."""
    inverse = np.linalg.inv(whole(variances, z))
    phi = np.linalg.inv(x.T @ inverse @ x)
    parts = [*(m @ m.T for m in z), np.eye(len(x))]
    p_of = [-x.T @ inverse @ v @ inverse @ x for v in parts]
    adjust = np.zeros_like(phi)
    for i, a in enumerate(parts):
        for j, b in enumerate(parts):
            q = x.T @ inverse @ a @ inverse @ b @ inverse @ x
            adjust += weights[i, j] * (q - p_of[i] @ phi @ p_of[j])
    return phi + 2 * phi @ adjust @ phi


def satterthwaite_df(variances, weights, z, x, contrast):
    """2v²/(g'Wg), g by central differences of v = c'(X'V⁻¹X)⁻¹c."""

    def variance(s):
        return contrast @ np.linalg.inv(x.T @ np.linalg.inv(whole(s, z)) @ x) @ contrast

    gradient = np.empty(len(variances))
    for k in range(len(variances)):
        step = np.zeros(len(variances))
        step[k] = 1e-5 * variances[-1]
        gradient[k] = (variance(variances + step) - variance(variances - step)) / (2 * step[k])
    return 2 * variance(variances) ** 2 / (gradient @ weights @ gradient)

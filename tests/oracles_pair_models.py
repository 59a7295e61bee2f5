"""Slow and plain versions of the extended paired-comparison models, to check the fast ones against."""

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy.optimize import minimize
from scipy.stats import norm

from tests.oracles_pairs import hessian


def chances(eta, t, link, ties):
    """Chances of left, right and tie at one lead, written out from the papers."""
    if ties == "davidson":
        weights = [math.exp(eta / 2), math.exp(-eta / 2), math.exp(t)]
        return [w / sum(weights) for w in weights]
    if ties == "rao_kupper" and link == "logit":
        left, right, theta = math.exp(eta), 1.0, math.exp(t)
        first, second = left / (left + theta * right), right / (theta * left + right)
        return [first, second, left * right * (theta**2 - 1) / ((left + theta * right) * (theta * left + right))]
    shift = t if ties == "rao_kupper" else 0.0
    first, second = (
        (math.erfc(-x / math.sqrt(2)) / 2 if link == "probit" else 1 / (1 + math.exp(-x))) for x in (eta - shift, -eta - shift)
    )
    return [first, second, 1 - first - second]


def loglik(rows, parameters, n, link, ties):
    """Log-likelihood of rows (left, right, result, weight, covariates), one comparison at a time.

    Parameters are worths, coefficients and, unless ties count half, the tie parameter.
    """
    q = len(rows[0][4])
    worth, gamma, t = parameters[:n], parameters[n : n + q], parameters[-1]
    total = 0.0
    for left, right, result, weight, v in rows:
        eta = worth[left] - worth[right] + sum(g * x for g, x in zip(gamma, v, strict=True))
        p = chances(eta, t, link, ties)
        if ties == "half":
            total += weight * (0.5 * (1 + result) * math.log(p[0]) + 0.5 * (1 - result) * math.log(p[1]))
        else:
            total += weight * math.log(p[{1: 0, -1: 1, 0: 2}[int(result)]])
    return total


def fisher_information(rows, parameters, n, link, ties):
    """Fisher information by numerical derivatives of the chances, one comparison at a time."""
    q = len(rows[0][4])
    size = len(parameters)
    matrix = np.zeros((size, size))
    for left, right, _, weight, v in rows:
        arrow = np.zeros((2, size))
        arrow[0, left], arrow[0, right] = 1, -1
        arrow[0, n : n + q] = v
        if ties != "half":
            arrow[1, -1] = 1
        t = parameters[-1] if ties != "half" else 0.0
        eta, h = float(arrow[0] @ parameters), 1e-6
        by_eta = (np.array(chances(eta + h, t, link, ties)) - chances(eta - h, t, link, ties)) / (2 * h)
        by_t = (np.array(chances(eta, t + h, link, ties)) - chances(eta, t - h, link, ties)) / (2 * h)
        for p, e, s in list(zip(chances(eta, t, link, ties), by_eta, by_t, strict=True))[: 2 if ties == "half" else 3]:
            slope = e * arrow[0] + s * arrow[1]
            matrix += weight * np.outer(slope, slope) / p
    return matrix


def by_search(rows, n, link, ties, *, jeffreys=False, tau=None):
    """Maximise the (penalised) raw likelihood by a general-purpose optimiser with numerical derivatives.

    Returns the parameters (worths summing to zero, coefficients, tie parameter) and the maximum.
    """
    q = len(rows[0][4])
    basis = np.linalg.svd(np.eye(n) - 1 / n)[0][:, : n - 1]
    tie = ties != "half"

    def spread(x):
        t = [math.exp(x[-1]) if ties == "rao_kupper" else x[-1]] if tie else []
        return np.concatenate([basis @ x[: n - 1], x[n - 1 : n - 1 + q], t])

    def loss(x):
        parameters = spread(x)
        try:
            value = -loglik(rows, parameters, n, link, ties)
        except (ValueError, OverflowError):
            return 1e10
        if tau is not None:
            value += float(np.sum(parameters[:n] ** 2)) / (2 * tau**2)
        if jeffreys:
            span = np.zeros((len(parameters), len(x)))
            span[:n, : n - 1] = basis
            span[n:, n - 1 :] = np.eye(len(parameters) - n)
            value -= 0.5 * np.linalg.slogdet(span.T @ fisher_information(rows, parameters, n, link, ties) @ span)[1]
        return value

    x = np.zeros(n - 1 + q + int(tie))
    for _ in range(2):  # a restart forgets a poor guess of the curvature
        x = minimize(loss, x, method="BFGS", jac="3-point", options={"gtol": 1e-7}).x
    return spread(x), -loss(x)


def covariance(rows, parameters, n, link, ties):
    """Inverse of the observed information, by numerical second derivatives, worths summing to zero."""
    parameters = np.asarray(parameters, dtype=float)
    return np.linalg.pinv(-hessian(lambda x: loglik(rows, x, n, link, ties), parameters), rcond=1e-6)


def separating_direction(rows, n, *, tie):
    """Search a grid for a direction (worths, one coefficient, tie parameter) along which no term falls and some move.

    Enough for few people and one covariate of ones: the directions at the edges of the cone are small whole numbers.
    """
    for v in itertools.product(range(-3, 4), repeat=n - 1):
        worth = (0, *v)
        for g in range(-3, 4):
            for s in range(4) if tie else (0,):
                leads = [(worth[left] - worth[right] + g * x[0], result) for left, right, result, _, x in rows]
                good = all(d >= s if r > 0 else -d >= s if r < 0 else abs(d) <= s for d, r in leads)
                if good and (any(d != 0 for d, _ in leads) or s > 0):
                    return worth, g, s
    return None


def thurstone_by_least_squares(proportions):
    """Thurstone's Case V as of old: means of the normal deviates of the proportions (Mosteller 1951), lowest at zero.

    ``proportions[i, j]`` preferred i to j; one half on the diagonal. Returns the scale and one minus the share of the
    squared proportions that the reproduced ones miss.
    """
    scale = norm.ppf(proportions).mean(axis=1)
    scale = scale - scale.min()
    missed = norm.cdf(scale[:, None] - scale[None, :]) - proportions
    return scale, 1 - float(np.sum(missed**2) / np.sum(proportions**2))

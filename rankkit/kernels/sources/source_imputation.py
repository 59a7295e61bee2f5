"""What a person's absent source would have said, given the sources that spoke; and how high each source rates.

Source means follow ``x_is = μ_s + g_i + u_is + e_is`` with ``g ~ N(0, σ²_g)`` common to all sources of a person,
``u ~ N(0, σ²_u)`` the view of one source, and ``e`` the raters' error with known variance v_is. The two variances are
estimated by restricted maximum likelihood, μ by generalised least squares, so sources are compared on the people they share
and not on whom they happen to rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Bools, Floats

_RANGE = (-18.0, 4.0)  # logarithms of the variances over the total variance
_FLOOR = 1e-9  # smallest error variance over the total one
_STEPS, _LAST_DIGIT = 60, 1e-14
_FEWEST = 4  # source means beyond one a source from which two variances can be estimated


@dataclass(frozen=True, eq=False)
class SourceLevels:
    """The fitted model of source means.

    Attributes
    ----------
    mu : ndarray, shape (S,)
        Level of each source; ``nan`` for sources without data.
    mu_root : ndarray, shape (S, S)
        R with R Rᵀ = covariance of ``mu``.
    general, specific : float
        σ²_g and σ²_u.
    weights : ndarray, shape (n, S, S)
        (T + V_i)⁻¹ over the sources present, zero elsewhere.
    """

    mu: Floats
    mu_root: Floats
    general: float
    specific: float
    weights: Floats

    @property
    def true(self) -> Floats:
        """T: covariance of true standing over sources, shape (S, S)."""
        size = len(self.mu)
        return np.full((size, size), self.general) + self.specific * np.eye(size)


@dataclass(frozen=True, eq=False)
class Imputed:
    """Composites with absent sources predicted.

    Attributes
    ----------
    weight : ndarray, shape (n, S)
        Coefficient of each source present.
    constant : ndarray, shape (n,)
        What the predictions add besides.
    own : ndarray, shape (n,)
        Variance of the prediction.
    shared : ndarray, shape (n, S)
        Error of the estimated levels.
    """

    weight: Floats
    constant: Floats
    own: Floats
    shared: Floats


def source_levels(x: Floats, error: Floats) -> SourceLevels | None:
    """Fit the levels of sources and how far they see the same.

    Parameters
    ----------
    x : ndarray, shape (n, S)
        Source means; ``nan`` = absent.
    error : ndarray, shape (n, S)
        Error variances of these means.

    Returns
    -------
    SourceLevels or None
        None where too few people have several sources.

    Raises
    ------
    ConvergenceError
        If the likelihood has no maximum that can be found.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=(300, 1)) + np.array([0.0, 0.4]) + 0.5 * rng.normal(size=(300, 2))
    >>> found = source_levels(x, np.full((300, 2), 0.25))
    >>> round(float(found.mu[1] - found.mu[0]), 1), found.general > 5 * found.specific
    (0.4, True)
    """
    here: Bools = ~np.isnan(x)
    used: Bools = np.asarray(here.any(axis=0))
    if int(here.sum()) - int(used.sum()) < _FEWEST or int((here.sum(axis=1) > 1).sum()) < 2:
        return None
    size = float(np.var(x[here]))
    if size <= 0:
        return None
    z = np.where(here, x, 0.0) / np.sqrt(size)
    v = np.where(here, np.maximum(error / size, _FLOOR), 1.0)
    order = np.lexsort(np.hstack([here, np.round(z, 9), np.round(v, 9)]).T)  # the ids of people decide nothing, not even in the last digit
    z, v, here = z[order], v[order], here[order]

    def criterion(log: Floats) -> float:
        return _fit(z, v, here, used, np.exp(log[0]), np.exp(log[1]))[0]

    starts = [np.log([0.3, 0.1]), np.log([0.05, 0.4])]
    tries = [optimize.minimize(criterion, s, method="L-BFGS-B", bounds=[_RANGE] * 2) for s in starts]
    best = min(tries, key=lambda t: float(t.fun))
    if not np.isfinite(best.fun):
        raise ConvergenceError("E-CONV", iterations=int(best.nit), gradient=f"{float(np.abs(best.jac).max()):.2g}")
    start = np.where(best.x > _RANGE[0] + 1.0, np.exp(best.x), 0.0)
    general, specific = (float(value) for value in _polished(z, v, here, used, start))
    _, mu, covariance, W = _fit(z, v, here, used, general, specific)
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0)) * np.sqrt(size)
    level = np.where(used, mu * np.sqrt(size), np.nan)
    back = np.empty_like(W)
    back[order] = W
    return SourceLevels(level, root, general * size, specific * size, back / size)


def _polished(z: Floats, v: Floats, here: Bools, used: Bools, start: Floats) -> Floats:
    """Scoring steps from near the maximum, down to the last digits; variances of zero stay."""
    theta, free = start.copy(), np.flatnonzero(start > 0)
    for _ in range(_STEPS if len(free) else 0):
        _, mu, covariance, W = _fit(z, v, here, used, float(theta[0]), float(theta[1]))
        d = np.einsum("nst,nt->ns", W, np.where(here, z - mu, 0.0))
        sums = W.sum(axis=2)
        squares = np.einsum("nst,ntu->nsu", W, W)
        away = [np.einsum("ns,nt->st", sums, sums), squares.sum(axis=0)]
        trace = np.array([sums.sum(), np.einsum("nss->", W)]) - np.array([float((covariance * a).sum()) for a in away])
        fit = np.array([float((d.sum(axis=1) ** 2).sum()), float((d**2).sum())])
        cross = float(squares.sum())
        information = np.array([[float((sums.sum(axis=1) ** 2).sum()), cross], [cross, float(np.einsum("nst,nst->", W, W))]])
        step = np.zeros(2)
        step[free] = np.linalg.solve(information[np.ix_(free, free)], (fit - trace)[free])
        step = np.maximum(step, -theta / 2)
        theta = theta + step
        if np.abs(step).max() <= _LAST_DIGIT * theta.max():
            break
    return theta


def _fit(z: Floats, v: Floats, here: Bools, used: Bools, general: float, specific: float) -> tuple[float, Floats, Floats, Floats]:
    """REML criterion, levels, their covariance and the inverse covariances of the people."""
    own = np.where(here, 1 / (specific + v), 0.0)
    total = own.sum(axis=1)
    shrink = general / (1 + general * total)
    W = -shrink[:, None, None] * own[:, :, None] * own[:, None, :]
    W[:, np.arange(z.shape[1]), np.arange(z.shape[1])] += own
    M = W.sum(axis=0)
    inside = np.ix_(used, used)
    covariance = np.zeros_like(M)
    covariance[inside] = np.linalg.inv(M[inside])
    mu = covariance @ np.einsum("nst,nt->s", W, z)
    d = np.where(here, z - mu, 0.0)
    log = -np.log(own[here]).sum() + np.log1p(general * total).sum() + np.linalg.slogdet(M[inside])[1]
    return float(log + np.einsum("ns,nst,nt->", d, W, d)), mu, covariance, W


def imputed(levels: SourceLevels, here: Bools, source_weights: Floats) -> Imputed:
    r"""Predict absent sources: :math:`\hat\tau_{im} = \mu_m + T_{mp}(T_{pp} + V_i)^{-1}(x_{ip} - \mu_p)`.

    Parameters
    ----------
    levels : SourceLevels
    here : ndarray of bool, shape (n, S)
        Sources present.
    source_weights : ndarray, shape (S,)
        ω; what is present keeps its own mean, only what is absent is predicted.
    """
    T = levels.true
    absent = np.where(here, 0.0, source_weights)
    b = np.einsum("nst,nt->ns", levels.weights, absent @ T)
    away = absent - b
    mu = np.nan_to_num(levels.mu)
    own = np.einsum("ns,st,nt->n", away, T, away)
    return Imputed(np.where(here, source_weights, 0.0) + b, away @ mu, np.maximum(own, 0.0), away @ levels.mu_root)

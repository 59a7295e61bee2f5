"""Whether longer texts get better scores: a line through scores that are themselves uncertain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from rankkit.kernels.arrays import Floats, Ints


@dataclass(frozen=True)
class LengthEffect:
    """A fitted line.

    Attributes
    ----------
    slope, se : float
        Score units a unit of log length (natural logarithm).
    df : int
        Degrees of freedom of the t-interval.
    low, high, p : float
    between : float
        τ²: variance of true scores around the line.
    correlation : float
        Slope × SD of log length over the SD of true scores (line and τ²), languages taken out.
    """

    slope: float
    se: float
    df: int
    low: float
    high: float
    p: float
    between: float
    correlation: float


def length_effect(score: Floats, covariance: Floats, log_length: Floats, group: Ints, level: float = 0.95) -> LengthEffect | None:
    r"""Generalised least squares of scores on log length: :math:`u \sim N(X\beta, \tau^2 I + \Sigma)`, τ² by restricted likelihood.

    Parameters
    ----------
    score : ndarray, shape (n,)
    covariance : ndarray, shape (n, n)
        Σ of the scores' errors.
    log_length : ndarray, shape (n,)
    group : ndarray of int, shape (n,)
        Language; each has its own intercept, as lengths in characters and in words are different units.
    level : float
        Of the interval.

    Returns
    -------
    LengthEffect or None
        None with fewer than three texts more than coefficients, or without variation of length within a language.

    References
    ----------
    Berkey, Hoaglin, Mosteller & Colditz (1995), A random-effects regression model for meta-analysis, Statistics in Medicine 14.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(2)
    >>> x = np.log(rng.integers(20, 200, 40))
    >>> found = length_effect(0.8 * x + rng.standard_normal(40), 0.1 * np.eye(40), x, np.zeros(40, int))
    >>> bool(found.low < 0.8 < found.high), found.p < 0.05
    (True, True)
    """
    kinds = np.unique(group)
    design = np.column_stack([*(group == k for k in kinds), log_length]).astype(np.float64)
    n, k = design.shape
    centred = log_length - (np.bincount(group, log_length) / np.maximum(np.bincount(group), 1))[group]
    if n - k < 3 or float(np.abs(centred).max()) < 1e-9:
        return None
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    values = np.maximum(values, 0.0)
    y, x = vectors.T @ score, vectors.T @ design
    top = float(np.var(score)) + 1e-12

    def loss(log_tau2: float) -> float:
        w = 1 / (values + np.exp(log_tau2))
        a = x.T @ (w[:, None] * x)
        r = y - x @ np.linalg.solve(a, x.T @ (w * y))
        return float(0.5 * (-np.log(w).sum() + np.linalg.slogdet(a)[1] + (w * r * r).sum()))

    found = optimize.minimize_scalar(loss, bounds=(np.log(1e-8 * top), np.log(20 * top)), method="bounded", options={"xatol": 1e-8})
    tau2 = _polished(float(found.x), values, x, y)
    w = 1 / (values + tau2)
    inverse = np.linalg.inv(x.T @ (w[:, None] * x))
    beta = inverse @ (x.T @ (w * y))
    residual = y - x @ beta
    spread = max(1.0, float((w * residual * residual).sum() / (n - k)))  # Knapp & Hartung (2003), never narrower than the model
    se = float(np.sqrt(inverse[-1, -1] * spread))
    slope, df = float(beta[-1]), n - k
    half = float(stats.t.ppf((1 + level) / 2, df)) * se
    explained = slope * slope * float(np.var(centred))
    r = float(np.sign(slope) * np.sqrt(explained / (explained + tau2))) if explained > 0 else 0.0
    return LengthEffect(slope, se, df, slope - half, slope + half, float(2 * stats.t.sf(abs(slope) / se, df)), tau2, r)


def _polished(log_tau2: float, values: Floats, x: Floats, y: Floats) -> float:
    """Where the likelihood's slope is exactly zero, near where a search found it: the last digits must not hang on rounding."""

    def slope(at: float) -> float:
        w = 1 / (values + np.exp(at))
        inverse = np.linalg.inv(x.T @ (w[:, None] * x))
        r = y - x @ (inverse @ (x.T @ (w * y)))
        return float((w * w * r * r).sum() - w.sum() + np.trace(inverse @ (x.T @ ((w * w)[:, None] * x))))

    low, high = log_tau2 - 1e-3, log_tau2 + 1e-3
    if slope(low) > 0 > slope(high):
        return float(np.exp(optimize.brentq(slope, low, high, xtol=1e-14, rtol=1e-14)))
    return float(np.exp(round(log_tau2, 4)))  # at an end, where τ² is as good as zero

"""A random slope correlated with its intercept: two effects of the same levels whose predictions may go together.

An intercept u and a slope v with Cov(u, v) ≠ 0 are the same model as u and v = λu + w with w independent of u: the
intercept's column becomes 1 + λt. So the correlated model is a family of independent ones over λ, and the best λ is
found by a bounded search on its angle.

Sources: Searle, Casella & McCulloch (1992); Stram & Lee (1994) for the test, mixture ½χ²_1 + ½χ²_2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.components.mixed_design import Effect
from rankkit.kernels.components.mixed_intervals import mixture_p
from rankkit.kernels.components.mixed_reml import MixedComponents, fit

_ANGLES = 16  # angles looked at before the search; the criterion is smooth and has one or two dips
_CLOSE = 1e-7  # accuracy of the angle


@dataclass(frozen=True, eq=False)
class CorrelatedSlope:
    """A fit with a slope correlated with its intercept.

    Attributes
    ----------
    covariance : ndarray, shape (2, 2)
        Of intercept and slope.
    correlation : float
        Zero where one of the variances is zero.
    deviance : float
        REML criterion; infinite below for an exact fit.
    statistic, p : float
        Likelihood ratio against no slope at all, and its mixture tail ½χ²_1 + ½χ²_2.
    statistic_correlation, p_correlation : float
        Likelihood ratio against independence of the two, χ²_1.
    blup_intercept, blup_slope : ndarray
        Predictions.
    components : MixedComponents
        The equivalent model of independent effects; its intercept has the column 1 + λt.
    ratio : float
        λ.
    """

    covariance: Floats
    correlation: float
    deviance: float
    statistic: float
    p: float
    statistic_correlation: float
    p_correlation: float
    blup_intercept: Floats
    blup_slope: Floats
    components: MixedComponents
    ratio: float


def correlated_slope(
    y: ArrayLike, effects: Sequence[Effect], intercept: int, slope: int, fixed: ArrayLike | None = None
) -> CorrelatedSlope:
    r"""Fit a mixed model in which a random slope and its intercept are correlated.

    .. math:: u_r + v_r t,\qquad \operatorname{Var}(u_r, v_r) =
              \sigma^2_u \begin{pmatrix} 1 & \lambda \\ \lambda & \lambda^2 \end{pmatrix} +
              \begin{pmatrix} 0 & 0 \\ 0 & \sigma^2_w \end{pmatrix}

    Parameters
    ----------
    y : array, shape (N,)
        Scores.
    effects : sequence of effects
        As in :func:`~rankkit.kernels.components.mixed_reml.fit`.
    intercept, slope : int
        The two effects; they have the same codes, the slope has values.
    fixed : array, shape (N, p), optional
        Fixed part.

    Returns
    -------
    CorrelatedSlope
        With the tests of the slope and of the correlation.

    Raises
    ------
    ConvergenceError
        ``E-MIXEDINPUT`` if the two do not share their codes or the slope has no values; ``E-CONV`` as in ``fit``.

    References
    ----------
    Stram & Lee (1994), Variance components testing in the longitudinal mixed effects model, Biometrics 50, 1171–1177.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rater, t = np.repeat(np.arange(30), 8), np.tile(np.linspace(-1, 1, 8), 30)
    >>> u = rng.normal(size=30)
    >>> y = u[rater] * (1 + t) + 0.3 * rng.normal(size=240)
    >>> found = correlated_slope(y, [(rater, 30), (rater, 30, t)], 0, 1, np.c_[np.ones(240), t])
    >>> found.correlation > 0.9, found.p < 1e-6
    (True, True)
    """
    codes, levels = np.asarray(effects[intercept][0]), effects[intercept][1]
    values = effects[slope][2] if len(effects[slope]) > 2 else None  # type: ignore[misc]
    if values is None or levels != effects[slope][1] or not np.array_equal(codes, effects[slope][0]):
        raise ConvergenceError("E-MIXEDINPUT", what="slope")
    t = np.asarray(values, dtype=np.float64)
    first = effects[intercept][2] if len(effects[intercept]) > 2 else None  # type: ignore[misc]
    own = np.ones(len(t)) if first is None else np.asarray(first, dtype=np.float64)
    unit = float(np.sqrt(np.mean(own**2) / max(float(np.mean(t**2)), 1e-300)))

    def at(ratio: float) -> MixedComponents:
        changed = list(effects)
        changed[intercept] = (codes, levels, own + ratio * t)
        return fit(y, changed, fixed, information="average")

    def criterion(angle: float) -> float:
        return at(unit * float(np.tan(angle))).deviance

    plain = fit(y, effects, fixed, information="average")
    none = fit(y, [e for k, e in enumerate(effects) if k != slope], fixed, information="average")
    width = np.pi / _ANGLES
    grid = -np.pi / 2 + width * (np.arange(_ANGLES) + 0.5)
    best, ratio = plain, 0.0
    if np.isfinite(plain.deviance):
        lowest = float(grid[int(np.argmin([criterion(a) for a in grid]))])
        ends = (max(lowest - width, -np.pi / 2 + 1e-4), min(lowest + width, np.pi / 2 - 1e-4))
        found = optimize.minimize_scalar(criterion, bounds=ends, method="bounded", options={"xatol": _CLOSE})
        there = unit * float(np.tan(found.x))
        better = at(there)
        if better.deviance < plain.deviance:
            best, ratio = better, there
    u, w = float(best.variances[intercept]), float(best.variances[slope])
    covariance = np.array([[u, ratio * u], [ratio * u, ratio**2 * u + w]])
    size = float(np.sqrt(covariance[0, 0] * covariance[1, 1]))
    exact = not np.isfinite(best.deviance)
    statistic = 0.0 if exact else max(none.deviance - best.deviance, 0.0)
    apart = 0.0 if exact else max(plain.deviance - best.deviance, 0.0)
    return CorrelatedSlope(
        covariance=covariance,
        correlation=float(covariance[0, 1] / size) if size > 0 else 0.0,
        deviance=best.deviance,
        statistic=statistic,
        p=mixture_p(statistic, [0.5, 0.5], first=1),
        statistic_correlation=apart,
        p_correlation=mixture_p(apart, [1.0], first=1),
        blup_intercept=best.blups[intercept],
        blup_slope=ratio * best.blups[intercept] + best.blups[slope],
        components=best,
        ratio=ratio,
    )

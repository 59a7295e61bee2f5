"""Whether a scale made by adaptive pairing holds for comparisons that had no part in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats
from scipy.special import expit, log_expit

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats, Ints

_MOST_NEWTON = 100
_TOLERANCE = 1e-12  # relative change of the slope at the solution
_STEP = 2.0  # times the largest difference: most a Newton step may change a log-odds


@dataclass(frozen=True)
class HoldoutCalibration:
    """Slope of held-out outcomes on the differences of worths.

    Attributes
    ----------
    kappa : float
        Slope; 1 where the scale holds as it stands, 0 where its differences are spurious. Infinite if every held-out
        comparison went to the higher worth, minus infinite if to the lower; NaN if no two worths compared differ.
    se, low, high : float
        Standard error and interval; NaN and the profile-likelihood bounds where ``kappa`` is infinite.
    basis : {"judge_cluster", "model", "separated", "none"}
        Of the interval.
    df : float
        Degrees of freedom of the interval.
    comparisons : float
        Held-out comparisons.
    accuracy : float
        Share of the decided ones, between people of different worth, that went to the higher worth.
    spread, spread_low, spread_high : float
        Deflated spread: ``kappa`` times the standard deviation of the worths, and its interval (of ``kappa`` alone).
    """

    kappa: float
    se: float
    low: float
    high: float
    basis: Literal["judge_cluster", "model", "separated", "none"]
    df: float
    comparisons: float
    accuracy: float
    spread: float
    spread_low: float
    spread_high: float


def holdout_calibration(
    difference: Floats,
    result: Ints,
    *,
    weight: Floats | None = None,
    judge: Ints | None = None,
    spread: float = float("nan"),
    level: float = 0.95,
) -> HoldoutCalibration:
    """Regress held-out outcomes on the differences of worths estimated from the other comparisons.

    ``logit P(left wins) = kappa (u_left - u_right)``, no intercept; a tie counts as half of each. An adaptive design
    meets the pairs that earlier outcomes made look close, so chance differences grow into a scale that separates
    people well by its own standard errors. Held-out pairs, chosen at random and never used for pairing, are free of that.
    Errors of the worths alone bring ``kappa`` to about the reliability of the scale, so with a sound design ``kappa``
    is near the separation reliability, and ``kappa`` times the standard deviation of the worths estimates how far the
    differences can be relied on.

    Parameters
    ----------
    difference : ndarray, shape (rows,)
        ``u_left - u_right``, in logits, estimated without the held-out rows.
    result : ndarray of int, shape (rows,)
        ``+1`` left won, ``-1`` right won, ``0`` tie.
    weight : ndarray, shape (rows,), optional
        Comparisons a row stands for.
    judge : ndarray of int, shape (rows,), optional
        Judge of each row: with at least three the standard error is clustered by judge, with t on their number less one.
    spread : float
        Standard deviation of the worths.
    level : float
        Of the interval.

    Returns
    -------
    HoldoutCalibration

    Raises
    ------
    ConvergenceError
        If the slope is not found.

    Notes
    -----
    Bramley, T. (2015). *Investigating the reliability of adaptive comparative judgment*. Cambridge Assessment.
    Cox, D. R. (1958). Two further applications of a model for binary regression. *Biometrika*, 45 (the slope).

    Examples
    --------
    >>> import numpy as np
    >>> difference = np.repeat([2.0, 1.0], [20, 20])
    >>> result = np.repeat([1, -1, 1, -1], [15, 5, 12, 8])
    >>> found = holdout_calibration(difference, result, spread=1.5)
    >>> round(found.kappa, 3), round(found.se, 3), found.accuracy, round(found.spread, 3)
    (0.515, 0.223, 0.675, 0.773)
    """
    w = np.ones(len(difference)) if weight is None else weight
    use = (difference != 0) & (w > 0)
    size, w_used = np.abs(difference[use]), w[use]
    share = np.where(difference[use] > 0, (1 + result[use]) / 2, (1 - result[use]) / 2)  # points of the higher worth
    decided = share != 0.5
    nan, total = float("nan"), float(w.sum())
    accuracy = float(np.sum(w_used[decided] * share[decided]) / np.sum(w_used[decided])) if decided.any() else nan
    if not len(size):
        return HoldoutCalibration(nan, nan, nan, nan, "none", nan, total, accuracy, nan, nan, nan)
    if share.min() == share.max() and share[0] != 0.5:
        sign = 1.0 if share[0] > 0 else -1.0
        bound = sign * _profile_bound(size, w_used, level)
        low, high = (bound, np.inf) if sign > 0 else (-np.inf, bound)
        return HoldoutCalibration(
            sign * np.inf, nan, low, high, "separated", np.inf, total, accuracy, sign * np.inf, low * spread, high * spread
        )
    kappa = _slope(size, share, w_used)
    chance = expit(kappa * size)
    information = float(np.sum(w_used * chance * (1 - chance) * size**2))
    se, df = float(1 / np.sqrt(information)), float("inf")
    basis: Literal["judge_cluster", "model"] = "model"
    if judge is not None:
        known, code = np.unique(judge[use], return_inverse=True)
        m = len(known)
        if m >= 3:
            score = np.bincount(code, w_used * (share - chance) * size, m)
            clustered = float(np.sqrt(m / (m - 1) * np.sum(score**2)) / information)
            se, df, basis = clustered, float(m - 1), "judge_cluster"
    half = float(stats.t.isf((1 - level) / 2, df)) * se
    low, high = kappa - half, kappa + half
    return HoldoutCalibration(kappa, se, low, high, basis, df, total, accuracy, kappa * spread, low * spread, high * spread)


def _slope(size: Floats, share: Floats, weight: Floats) -> float:
    """Maximise the concave likelihood of the slope by bounded Newton steps."""
    kappa, longest = 0.0, _STEP / float(size.max())
    for _ in range(_MOST_NEWTON):
        chance = expit(kappa * size)
        score = float(np.sum(weight * (share - chance) * size))
        information = float(np.sum(weight * chance * (1 - chance) * size**2))
        if not information > 0:
            break
        step = float(np.clip(score / information, -longest, longest))
        kappa += step
        if abs(step) <= _TOLERANCE * (abs(kappa) + longest):
            return kappa
    raise ConvergenceError("E-CONV", iterations=_MOST_NEWTON, gradient=score)


def _profile_bound(size: Floats, weight: Floats, level: float) -> float:
    """Smallest slope not ruled out where every comparison went to the higher worth."""
    allowed = float(stats.chi2.isf(1 - level, 1)) / 2
    low, high = -_MOST_NEWTON / float(size.max()), _MOST_NEWTON / float(size.min())
    for _ in range(200):
        middle = 0.5 * (low + high)
        if -float(np.sum(weight * log_expit(middle * size))) > allowed:
            low = middle
        else:
            high = middle
    return high

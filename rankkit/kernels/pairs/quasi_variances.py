"""Quasi-variances: one number for each person from which every difference gets its standard error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, solve

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Bools, Floats

_MOST_STEPS = 200
_EXACT = 1e-12  # relative size of the last step


@dataclass(frozen=True)
class QuasiVariances:
    """Quasi-variances and how well they stand in for the covariance matrix.

    Attributes
    ----------
    variance : ndarray, shape (n,)
        ``q`` with ``Var(u_i - u_j)`` close to ``q_i + q_j``; one of them may be negative.
    smallest_error, largest_error : float
        Extreme relative errors of the standard error of a simple difference, ``sqrt((q_i + q_j) / v_ij) - 1``.
    """

    variance: Floats
    smallest_error: float
    largest_error: float

    @property
    def se(self) -> Floats:
        """Quasi-standard errors, shape (n,); NaN where the quasi-variance is negative."""
        return np.sqrt(np.where(self.variance >= 0, self.variance, np.nan))


def quasi_variances(covariance: Floats) -> QuasiVariances:
    """Find quasi-variances by least squares on the log scale.

    Minimises ``sum_{i<j} (log(q_i + q_j) - log v_ij)^2`` with ``v_ij = V_ii + V_jj - 2 V_ij`` by Levenberg-Marquardt.

    Parameters
    ----------
    covariance : ndarray, shape (n, n)
        Covariance matrix ``V``; any identification (sum to zero, reference person) gives the same answer. Every
        difference of two people must have positive variance.

    Returns
    -------
    QuasiVariances
        With two people only the sum is determined, and each gets half of it.

    Raises
    ------
    ConvergenceError
        If the iteration does not settle, or a difference has no variance.

    Notes
    -----
    Firth, D. & de Menezes, R. X. (2004). Quasi-variances. *Biometrika*, 91.

    Examples
    --------
    >>> import numpy as np
    >>> quasi_variances(np.diag([0.1, 0.2, 0.4])).variance.round(9)
    array([0.1, 0.2, 0.4])
    """
    n = len(covariance)
    own = np.diag(covariance)
    target = own[:, None] + own[None, :] - 2 * covariance
    off = ~np.eye(n, dtype=np.bool_)
    if n < 2:
        return QuasiVariances(np.zeros(n), 0.0, 0.0)
    if not np.all(target[off] > 0):
        raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan"))
    if n == 2:
        return QuasiVariances(np.full(2, 0.5 * target[0, 1]), 0.0, 0.0)
    unit = float(np.median(target[off]))  # work on numbers near one
    log_target = np.log(np.where(off, target / unit, 1.0))
    q = np.full(n, 0.5) if n == 3 else np.maximum(_by_least_squares(target / unit, off), 0.05)
    loss, slope, curve = _loss(q, log_target, off)
    damping = 1e-6
    for _ in range(_MOST_STEPS):
        try:
            step = solve(curve + damping * np.diag(np.diag(curve)), -slope, assume_a="pos")
        except LinAlgError:
            damping *= 10
            continue
        trial = q + step
        fresh = _loss(trial, log_target, off)
        small = float(np.max(np.abs(step)) / np.max(np.abs(q)))
        if fresh[0] <= loss:
            q, (loss, slope, curve) = trial, fresh
            damping = max(damping / 10, 1e-15)
        else:
            damping *= 10
        if small <= _EXACT or (small <= 1e-9 and fresh[0] > loss):
            sums = unit * (q[:, None] + q[None, :])[off]
            error = np.sqrt(sums / target[off]) - 1
            return QuasiVariances(unit * q, float(error.min()), float(error.max()))
    raise ConvergenceError("E-CONV", iterations=_MOST_STEPS, gradient=float(np.max(np.abs(slope))))


def _by_least_squares(target: Floats, off: Bools) -> Floats:
    """Least squares on the variances themselves: a start."""
    n = len(target)
    rows = np.sum(target, axis=1, where=off)
    return np.asarray((rows - rows.sum() / (2 * (n - 1))) / (n - 2))


def _loss(q: Floats, log_target: Floats, off: Bools) -> tuple[float, Floats, Floats]:
    """Half the sum of squares, its gradient and its Gauss-Newton matrix; infinite where a sum is not positive."""
    sums = q[:, None] + q[None, :]
    if np.min(sums[off]) <= 0:
        return np.inf, q, sums
    gap = np.where(off, np.log(np.where(off, sums, 1.0)) - log_target, 0.0)
    inverse = np.where(off, 1 / np.where(off, sums, 1.0), 0.0)
    curve = inverse**2
    curve[np.diag_indices_from(curve)] = curve.sum(axis=1)
    return 0.25 * float(np.sum(gap**2)), np.sum(gap * inverse, axis=1), curve

"""Worths from choices: damped Newton steps with a certificate, and the spread of a prior where one is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import minimize_scalar

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats

FIXED_TAU = 1.5
"""Standard deviation of the prior of worths, in logits, where the data do not say: most people within ±3."""

_MOST = 60  # Newton steps
_LONGEST = 3.0  # log-units one step may move a parameter
_TOLERANCE = 1e-9  # a full step this short leaves an error of its square
_ARMIJO = 1e-4
_TAU = (0.2, 6.0)  # spreads of worths anybody has met
_AT_A_BOUND = 1.02  # factor within which a spread has run into one of these
_LEAST_TAU = 1.0  # logits; below, few lists that happen to cancel out would shrink everybody together
_LOST = 1e-12  # relative to the diagonal: information this small is rounding error, and any step solves it
_FEWEST_FOR_TAU = 3  # raters; the chance of a single complete ranking is 1/n! whatever the spread


class Derivatives(NamedTuple):
    """Log-likelihood, its gradient by rater, shape (m, p), and the negative Hessian, shape (p, p)."""

    value: float
    by_rater: Floats
    information: Floats


Evaluate = Callable[[Floats], Derivatives]


@dataclass(frozen=True, eq=False)
class Peak:
    """A maximum: parameters, what was found there, and how.

    Attributes
    ----------
    parameters : ndarray, shape (p,)
        Worths first, summing to zero.
    loglik : float
        Without the prior.
    by_rater : ndarray, shape (m, p)
        Score contributions of the raters, without the prior's.
    information : ndarray, shape (p, p)
        Negative Hessian, with ``1/tau^2`` for the worths.
    iterations : int
        Newton steps.
    gradient_norm : float
        Largest derivative left over.
    """

    parameters: Floats
    loglik: float
    by_rater: Floats
    information: Floats
    iterations: int
    gradient_norm: float


def maximise(evaluate: Evaluate, start: Floats, n: int, *, tau: float = np.inf) -> Peak:
    """Maximise a log-likelihood of worths, and perhaps of further parameters, perhaps under a Gaussian prior.

    ``l(u, theta) - sum u^2 / (2 tau^2)`` over worths that sum to zero.

    Parameters
    ----------
    evaluate : callable
        Log-likelihood and derivatives at parameters of shape (p,); adding a constant to all worths must not matter.
    start : ndarray, shape (p,)
        The worths, then further parameters.
    n : int
        Number of worths.
    tau : float
        Standard deviation of the prior; infinite = maximum likelihood, which must exist.

    Returns
    -------
    Peak

    Raises
    ------
    ConvergenceError
        If no certified maximum is found, as when parameters run away until nothing is known of them.

    Examples
    --------
    >>> import numpy as np
    >>> def bernoulli(u):
    ...     p = 1 / (1 + np.exp(u[1] - u[0]))
    ...     g = 3 - 4 * p
    ...     return Derivatives(3 * np.log(p) + np.log(1 - p), np.array([[g, -g]]), 4 * p * (1 - p) * np.array([[1.0, -1], [-1, 1]]))
    >>> maximise(bernoulli, np.zeros(2), 2).parameters.round(6)
    array([ 0.549306, -0.549306])
    """
    at = start.astype(np.float64)
    at[:n] -= at[:n].mean()
    precision = 1.0 / tau**2
    prior = np.concatenate([np.full(n, precision), np.zeros(len(at) - n)])
    found = evaluate(at)
    value = found.value - 0.5 * float(prior @ at**2)
    for iteration in range(_MOST + 1):
        gradient = found.by_rater.sum(axis=0) - prior * at
        information = found.information + np.diag(prior)
        left = float(np.abs(gradient).max(initial=0.0))
        if iteration == _MOST or not (np.isfinite(left) and np.isfinite(information).all()):
            break
        step, convex = _step(information, gradient, n)
        size = float(np.abs(step).max(initial=0.0))
        rise = float(gradient @ step)
        length = min(1.0, _LONGEST / size) if size > 0 else 1.0
        slack = 1e-11 * (1.0 + abs(value))
        for _ in range(50):
            trial = at + length * step
            trial[:n] -= trial[:n].mean()
            fresh = evaluate(trial)
            height = fresh.value - 0.5 * float(prior @ trial**2)
            if height >= value + _ARMIJO * length * rise - slack:
                break
            length /= 2
        else:
            break
        at, found, value = trial, fresh, height
        if convex and length == 1.0 and size <= _TOLERANCE:
            information = found.information + np.diag(prior)
            if _has_lost_rank(information, n):
                break
            return Peak(at, found.value, found.by_rater, information, iteration + 1, left)
    raise ConvergenceError("E-CONV", iterations=iteration, gradient=left)


def _step(information: Floats, gradient: Floats, n: int) -> tuple[Floats, bool]:
    """Newton step on the sum-to-zero space; where the information is not positive definite, a step that still climbs."""
    scale = float(np.diagonal(information)[:n].mean()) if n else 1.0
    lifted = information.copy()
    lifted[:n, :n] += max(scale, 1e-300) / max(n, 1)
    try:
        step: Floats = cho_solve(cho_factor(lifted, lower=True), gradient)
    except LinAlgError:
        root, vectors = np.linalg.eigh(lifted)
        safe = np.maximum(np.abs(root), 1e-8 * np.abs(root).max())
        return vectors @ ((vectors.T @ gradient) / safe), False
    return step, True


def _has_lost_rank(information: Floats, n: int) -> bool:
    """Say whether some direction, but for a shift of all worths, is left without information."""
    diagonal = np.diagonal(information)
    if not len(diagonal) or n < 2:
        return False
    if not (np.isfinite(information).all() and (diagonal > 0).all()):
        return True
    root = np.sqrt(diagonal)
    scaled = information / np.outer(root, root)
    shift = np.concatenate([root[:n], np.zeros(len(root) - n)])
    shift /= np.linalg.norm(shift)
    return bool(np.linalg.eigvalsh(scaled + np.outer(shift, shift))[0] < _LOST)


def centred_inverse(information: Floats, n: int) -> Floats:
    """Invert information on the space where the first ``n`` parameters sum to zero.

    Parameters
    ----------
    information : ndarray, shape (p, p)
        With rows of the first ``n`` parameters summing to zero, but for a multiple of the identity.
    n : int
        Number of worths.

    Returns
    -------
    ndarray, shape (p, p)
        Covariance of the parameters; its first ``n`` rows sum to zero.

    Raises
    ------
    ConvergenceError
        If there is no inverse.

    Examples
    --------
    >>> import numpy as np
    >>> centred_inverse(np.array([[1.0, -1.0], [-1.0, 1.0]]), 2)
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    ones = np.zeros(len(information))
    ones[:n] = 1.0 / np.sqrt(max(n, 1))
    at_ones = float(ones @ information @ ones)  # 0, or the prior's
    scale = float(np.diagonal(information)[:n].mean()) if n else 1.0
    lifted = information + np.outer(ones, ones) * scale
    try:
        whole = np.asarray(np.linalg.inv(lifted))
    except LinAlgError as error:
        raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan")) from error
    inverse = whole - np.outer(ones, ones) / (scale + at_ones)
    return 0.5 * (inverse + inverse.T)


def marginal_tau(evaluate: Evaluate, n: int, m: int) -> float:
    """Spread of the worths that makes the data most probable.

    ``log p(data | tau) = l(u) - u'u / (2 tau^2) - (n-1) log tau - 1/2 log det(H + I/tau^2)`` at the peak ``u`` for this
    ``tau``, on the sum-to-zero space (Laplace 1774), maximised between 0.2 and 6 logits. Where it runs into
    one of these bounds the data do not say, and :data:`FIXED_TAU` is taken; what they do say counts from 1 logit on.

    Parameters
    ----------
    evaluate : callable
        As for :func:`maximise`, of the worths alone.
    n, m : int
        Number of people and of raters.

    Returns
    -------
    float
        In logits, 1 or more; 1.5 with fewer than three raters: the chance of one complete ranking is ``1/n!`` whatever the
        spread.

    Examples
    --------
    >>> import numpy as np
    >>> marginal_tau(lambda u: Derivatives(0.0, np.zeros((1, 2)), np.zeros((2, 2))), 2, 1)
    1.5
    """
    if m < _FEWEST_FOR_TAU or n < 2:
        return FIXED_TAU
    start = np.zeros(n)

    def lack(log_tau: float) -> float:
        tau = float(np.exp(log_tau))
        peak = maximise(evaluate, start, n, tau=tau)
        roots = np.linalg.eigvalsh(peak.information)
        along_ones = float(np.argmin(np.abs(roots - 1.0 / tau**2)))
        others = np.delete(roots, int(along_ones))
        u = peak.parameters[:n]
        return -(peak.loglik - 0.5 * float(u @ u) / tau**2 - (n - 1) * log_tau - 0.5 * float(np.log(others).sum()))

    low, high = np.log(_TAU)
    tau = float(np.exp(minimize_scalar(lack, bounds=(low, high), method="bounded", options={"xatol": 1e-4}).x))
    inside = _TAU[0] * _AT_A_BOUND < tau < _TAU[1] / _AT_A_BOUND
    return max(tau, _LEAST_TAU) if inside else FIXED_TAU

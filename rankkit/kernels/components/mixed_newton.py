"""Maximum of the restricted likelihood over non-negative variances by average-information Newton steps.

Each step minimises the quadratic model over the variances that stay non-negative, so that components on the boundary
become exactly zero and may leave it again. Unless something is held fixed, the residual variance is then set to its
best value for the ratios reached.

Source: Gilmour, Thompson & Cullis (1995); Bertsekas (1982) for the constraints.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.components.mixed_design import MixedDesign
from rankkit.kernels.components.mixed_profile import MixedPoint, Scores

MAX_ITERATIONS = 200
DECREMENT = 1e-12  # predicted gain in half the criterion at which Newton stops: steps of 1e-6 standard errors
EXACT_FIT = 1e-5  # residual share of the variance below which the effects leave nothing over
_STALLED = 1e-7  # predicted gain below which a search that finds no descent has met rounding, not trouble
_STALLED_EXACT = 1e-4  # the same next to an exact fit, where rounding is larger: a hundredth of a standard error
_IDLE = 2  # steps without a visible gain after which rounding is the reason
_ROUNDING = 2e-13  # relative rounding error of the criterion, forgiven when comparing two of them
_TINY = 300  # rows up to which more than one start is tried
_NEAR = 1e-3  # predicted gain from which on a start that leads to no better maximum is given up
_SAME = 1e-6  # maxima closer than this in the criterion are one
_STEEP = 0.5  # derivative by the residual's logarithm: one or more for an exact fit, none where the other effects span all
_LEFT = 0.1  # smallest share of the residual variance a step may leave


@dataclass(frozen=True, eq=False)
class Optimum:
    """Where the iterations ended.

    Attributes
    ----------
    point : MixedPoint
        The likelihood there.
    variances : ndarray, shape (K + 1,)
        Effects, then residual.
    deviance : float
        The criterion; of an exact fit only its value at the floor.
    iterations : int
        Newton steps.
    gradient_norm : float
        Largest derivative by the logarithm of a free variance.
    exact_fit : bool
        The criterion falls without bound as the residual goes to zero.
    floored : bool
        The residual is held at the floor: its best value is zero.
    """

    point: MixedPoint
    variances: Floats
    deviance: float
    iterations: int
    gradient_norm: float
    exact_fit: bool
    floored: bool


def maximise(
    design: MixedDesign,
    scores: Scores,
    start: Floats,
    held: Bools,
    *,
    fixed: int | None = None,
    floor: float = EXACT_FIT,
    beat: float = -np.inf,
    enough: float = DECREMENT,
) -> Optimum:
    """Maximise the restricted likelihood.

    Parameters
    ----------
    design : MixedDesign
        The design.
    scores : Scores
        Sums of the scaled scores.
    start : ndarray, shape (K + 1,)
        Variances to start from, residual last and positive.
    held : ndarray of bool, shape (K,)
        Effects kept at zero.
    fixed : int, optional
        A variance kept at its start (K for the residual); the others are free.
    floor : float
        Residual variance at which the fit counts as exact and is carried on with the residual held there.
    enough : float
        Predicted gain in half the criterion at which to stop.
    beat : float
        Criterion to beat: near a maximum that is not better the iterations end early.

    Returns
    -------
    Optimum
        The maximum.

    Raises
    ------
    ConvergenceError
        If 200 iterations do not suffice.
    """
    free = np.r_[~held, True]
    exact = False
    if fixed is not None:
        free[fixed] = False
    variances, point = _evaluate(design, scores, start, fixed, floor)
    norm, idle = np.inf, 0
    for iteration in range(MAX_ITERATIONS):
        if not exact and fixed != design.k and variances[-1] <= floor:
            # nothing is left over: the likelihood has no maximum; its limit is taken with the residual at the floor
            exact, fixed, free[-1] = True, design.k, False
            variances, point = _evaluate(design, scores, np.r_[variances[:-1], floor], fixed, floor)
        gradient, information = _derivatives(point, float(variances[-1]))
        step = _step(gradient, information, variances, free)
        active = free & ((variances > 0) | (gradient < 0))
        norm = float(np.max(np.abs(2 * gradient * variances)[active], initial=0.0))
        gain = -float(gradient @ step)
        small = _STALLED_EXACT if exact else _STALLED
        deviance = point.deviance(float(variances[-1]))
        hopeless = np.isfinite(beat) and gain <= _NEAR and deviance - 4 * gain > beat
        done = gain <= enough or (idle >= _IDLE and gain <= small) or hopeless
        better = None if done else _search(point, variances, step, fixed, floor)
        if better is None and not done and gain > small:
            # expectation-maximisation never lowers the likelihood
            levels = np.r_[design.levels, point.df]
            better = _search(point, variances, np.where(active, -2 * variances**2 * gradient / levels, 0.0), fixed, floor)
            if better is None:
                raise ConvergenceError("E-CONV", iterations=iteration, gradient=f"{norm:.1e}")
        if better is None:
            steep = bool(2 * gradient[-1] * variances[-1] > _STEEP)
            return Optimum(point, variances, deviance, iteration, norm, exact and steep, exact)
        idle = idle + 1 if deviance - better[1].deviance(float(better[0][-1])) <= _ROUNDING * max(abs(deviance), point.df) else 0
        variances, point = better
    raise ConvergenceError("E-CONV", iterations=MAX_ITERATIONS, gradient=f"{norm:.1e}")


def best_of_starts(design: MixedDesign, scores: Scores, start: Floats, held: Bools) -> Optimum:
    """Maximise from a start, and in tiny designs, where the likelihood can have several maxima, from two more.

    Parameters
    ----------
    design, scores, start, held
        As in :func:`maximise`.

    Returns
    -------
    Optimum
        The highest maximum found.

    Raises
    ------
    ConvergenceError
        If the iterations do not settle.
    """
    best = maximise(design, scores, start, held)
    if best.exact_fit or design.n > _TINY or held.all():
        return best
    total = float(start.sum())
    for share in (1.0, 10.0):
        more = np.r_[np.where(held, 0.0, share * total), total] / (share * (len(start) - 1) + 1)
        beat = best.deviance - _SAME
        other = maximise(design, scores, more, held, beat=beat)
        if not other.exact_fit and other.deviance < beat:
            best = other
    return best


def _evaluate(design: MixedDesign, scores: Scores, variances: Floats, fixed: int | None, floor: float) -> tuple[Floats, MixedPoint]:
    """Point at the ratios; with nothing fixed all variances are rescaled to the best residual variance."""
    theta = variances[:-1] / variances[-1]
    point = MixedPoint(design, scores, theta)
    if fixed is None:
        best = max(point.s2, floor / 2, 1e-300)
        variances = np.r_[theta * best, best]
    return variances, point


def _derivatives(point: MixedPoint, residual: float) -> tuple[Floats, Floats]:
    """Gradient of half the criterion by the variances, and the average information."""
    gradient = 0.5 * (point.traces / residual - point.quadratics / residual**2)
    return gradient, point.average_information / residual**3


def _step(gradient: Floats, information: Floats, variances: Floats, free: Bools) -> Floats:
    """Minimise g's + ½ s'As with variances + s ≥ 0, as a non-negative least-squares problem."""
    step = np.zeros_like(variances)
    known = np.diag(information) > 0  # next to an exact fit the residual's information is lost to rounding
    idle = free & ~known & (gradient > 0)  # levels whose predictions are all zero: nothing speaks for a variance
    step[:-1][idle[:-1]] = -variances[:-1][idle[:-1]]
    free = free & known
    index = np.flatnonzero(free)
    if not len(index):
        return step
    least = np.r_[np.zeros(len(variances) - 1), _LEFT * variances[-1]][index]
    scale = 1 / np.sqrt(np.diag(information)[index])
    block = information[np.ix_(index, index)] * np.outer(scale, scale)
    values, vectors = np.linalg.eigh(block)
    values = np.maximum(values, 1e-10)
    root = np.sqrt(values)[:, None] * vectors.T
    here = (variances[index] - least) / scale
    goal = root @ here - (vectors.T @ (gradient[index] * scale)) / np.sqrt(values)
    found = optimize.nnls(root, goal, maxiter=50 * len(index))[0]
    step[index] = (found - here) * scale
    return step


def _search(point: MixedPoint, variances: Floats, step: Floats, fixed: int | None, floor: float) -> tuple[Floats, MixedPoint] | None:
    """Halve the step until the criterion does not rise."""
    now = point.deviance(float(variances[-1]))
    allowed = now + _ROUNDING * max(abs(now), point.df)
    for halvings in range(40):
        moved = np.maximum(variances + step * 0.5**halvings, 0.0)
        try:
            trial, there = _evaluate(point.design, point.scores, moved, fixed, floor)
        except ConvergenceError:  # a step so long that the equations lose their definiteness
            continue
        if there.ypy > 0 and there.deviance(float(trial[-1])) <= allowed:
            return trial, there
    return None

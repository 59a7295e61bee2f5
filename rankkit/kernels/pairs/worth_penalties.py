"""Penalties that keep Bradley-Terry worths finite: the Jeffreys prior, and a Gaussian prior with estimated spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import brentq

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.pairs import pair_laplacian
from rankkit.kernels.pairs.pair_counts import PairCounts
from rankkit.kernels.pairs.pair_laplacian import PairSystem, dense_laplacian, pseudo_inverse
from rankkit.kernels.pairs.pair_newton import maximise, pair_information, score_of

FIXED_SD = 1.5
"""Prior standard deviation, in logits, where the data do not say: 95 % of differences of two people within ± 4.2."""

_LEAST_SD, _MOST_SD = 0.05, 4.0  # logits between which the spread of the prior is sought
_FEWEST = 5  # people below whom a spread is not estimated
_MOST_PENALTY = 300
_MOST_COMBINED = 60  # steps combined with those before, then refits
_MEMORY = 6  # steps remembered
_LONGEST_STEP = 2.0  # log-units one step may move a person
_BLOCK = 256  # columns of the inverse computed at a time


@dataclass(frozen=True)
class Penalised:
    """Worths of a penalised fit.

    Attributes
    ----------
    worth : ndarray, shape (n,)
        Sums to zero.
    iterations : int
        Newton steps taken.
    gradient_norm : float
        Largest score relative to a person's comparisons.
    leverages : {"none", "exact", "degree"}
        How the Jeffreys leverages were computed.
    prior_sd : float
        Standard deviation of the Gaussian prior, in logits; infinite without one.
    prior_source : {"none", "given", "estimated", "fixed"}
        Where it comes from.
    """

    worth: Floats
    iterations: int
    gradient_norm: float
    leverages: Literal["none", "exact", "degree"] = "none"
    prior_sd: float = float("inf")
    prior_source: Literal["none", "given", "estimated", "fixed"] = "none"


def jeffreys(counts: PairCounts, start: Floats, tolerance: float) -> Penalised:
    """Solve the score equation with half a leverage of each pair added to the wins of both sides.

    Newton steps with the information of the data so enlarged, the leverages computed afresh at each; combined with the
    steps before by Anderson's method (1965), as by themselves they close in slowly on people who won or lost everything.

    Parameters
    ----------
    counts : PairCounts
        A connected comparison graph.
    start : ndarray, shape (n,)
        Worths to start from.
    tolerance : float
        As for :func:`rankkit.kernels.pairs.bradley_terry.fit`.

    Returns
    -------
    Penalised

    Raises
    ------
    ConvergenceError
        If the leverages and the worths do not settle.

    Notes
    -----
    Kosmidis, I. & Firth, D. (2021). Jeffreys-prior penalty, finiteness and shrinkage. *Biometrika*, 108. Walker, H. F. &
    Ni, P. (2011). Anderson acceleration for fixed-point iterations. *SIAM Journal on Numerical Analysis*, 49.

    Examples
    --------
    >>> chain = PairCounts(2, np.array([0]), np.array([1]), np.ones(1), np.zeros(1), np.zeros(1))
    >>> jeffreys(chain, np.zeros(2), 1e-10).worth.round(6)  # leverage 1: half a win more for each, log(3) apart
    array([ 0.549306, -0.549306])
    """
    system, solver = PairSystem(counts), PairSystem(counts)
    worth = start - start.mean()
    places: list[Floats] = []
    steps: list[Floats] = []
    best, before = np.inf, np.inf
    for iteration in range(_MOST_COMBINED):
        weight = pair_information(counts, worth)
        leverage, kind = leverages(system, weight)
        half, total = 0.5 * leverage, counts.total + leverage
        score = score_of(counts, counts.wins + counts.per_person(half, half), total, worth)
        solver.set_weights(weight * (total / counts.total))
        step = solver.solve(score, 1e-6)
        size, worst = float(np.max(np.abs(step))), float(np.max(np.abs(score) / counts.comparisons))
        rate = min(size / before, 0.99) if before < np.inf else 0.99  # the error shrinks by this factor each time
        if worst <= tolerance and size / (1 - rate) <= tolerance:
            return Penalised(worth + step, iteration + 1, worst, kind)
        if size > 10 * best:  # the past misleads
            places, steps = [], []
        best, before = min(best, size), size
        places, steps = [*places[-_MEMORY:], worth], [*steps[-_MEMORY:], step]
        move = step
        if len(steps) > 1:
            of_step, of_place = np.diff(np.array(steps), axis=0).T, np.diff(np.array(places), axis=0).T
            move = step - (of_place + of_step) @ np.linalg.lstsq(of_step, step, rcond=1e-12)[0]
        worth = worth + move * min(1.0, _LONGEST_STEP / float(np.max(np.abs(move))))
        worth -= worth.mean()
    return _by_refits(system, start, tolerance)


def _by_refits(system: PairSystem, start: Floats, tolerance: float) -> Penalised:
    """Refit to the enlarged data until leverages and worths agree: slow and sure, where combined steps go astray."""
    counts = system.counts
    worth = start - start.mean()
    steps, change, found = 0, np.inf, leverages(system, pair_information(counts, worth))
    for _ in range(_MOST_PENALTY):
        half = 0.5 * found[0]
        wins, total = counts.wins + counts.per_person(half, half), counts.total + found[0]
        fresh, taken, _ = maximise(system, wins, total, worth, tolerance)
        steps += taken
        before, change = change, float(np.max(np.abs(fresh - worth)))
        worth = fresh
        found = leverages(system, pair_information(counts, worth))
        half = 0.5 * found[0]
        wins, total = counts.wins + counts.per_person(half, half), counts.total + found[0]
        score = float(np.max(np.abs(score_of(counts, wins, total, worth)) / counts.comparisons))
        rate = min(change / before, 0.99) if before > 0 else 0.0  # the error shrinks by this factor each time
        if score <= tolerance and change * max(rate, 1e-3) / (1 - rate) <= tolerance:
            return Penalised(worth, steps, score, found[1])
    raise ConvergenceError("E-CONV", iterations=steps, gradient=score)


def leverages(system: PairSystem, weight: Floats) -> tuple[Floats, Literal["exact", "degree"]]:
    """Information of each pair times the variance of its difference; they sum to n - 1 (Foster's theorem)."""
    counts = system.counts
    n, first, second = counts.n, counts.first, counts.second
    if n <= pair_laplacian.DENSE:
        covariance = pseudo_inverse(dense_laplacian(counts, weight))
        variance = np.diag(covariance)
        return weight * (variance[first] + variance[second] - 2 * covariance[first, second]), "exact"
    system.set_weights(weight)
    if not system.fits():
        degree = counts.per_person(weight, weight)
        leverage = np.minimum(weight * (1 / degree[first] + 1 / degree[second]), 1.0)
        return leverage * ((n - 1) / leverage.sum()), "degree"
    system.prefer_factorisation()
    own, across = np.empty(n), np.empty(len(first))
    for low in range(0, n, _BLOCK):
        high = min(low + _BLOCK, n)
        columns = system.solve(np.eye(n, high - low, -low))
        own[low:high] = columns[np.arange(low, high), np.arange(high - low)]
        mine = slice(*np.searchsorted(first, [low, high]))  # pairs are sorted by their first person
        across[mine] = columns[second[mine], first[mine] - low]
    return weight * (own[first] + own[second] - 2 * across), "exact"


def gaussian(counts: PairCounts, sd: float | None, start: Floats, tolerance: float) -> Penalised:
    """Maximise the likelihood times a prior ``u_i ~ N(0, sd²)``; the maximum sums to zero by itself.

    Parameters
    ----------
    counts : PairCounts
        A connected comparison graph.
    sd : float or None
        Standard deviation of the prior, in logits. ``None`` estimates it: the fixed point ``sd² = (|u|² + tr V) /
        (n - 1)`` of the EM algorithm for the marginal likelihood in Laplace's approximation, with ``V`` the covariance
        given ``sd``. Where that has no fixed point between 0.05 and 4 logits, or there are fewer than 5 people, 1.5.
    start : ndarray, shape (n,)
        Worths to start from.
    tolerance : float
        As for :func:`rankkit.kernels.pairs.bradley_terry.fit`.

    Returns
    -------
    Penalised

    Raises
    ------
    ConvergenceError
        If Newton's method does not settle.

    Notes
    -----
    Breslow, N. E. & Clayton, D. G. (1993). Approximate inference in generalized linear mixed models. *Journal of the
    American Statistical Association*, 88. Above 2000 people the trace is that of the Neumann series to second order,
    ``sum_i 1/d_i + sum_ij w_ij² / (d_i² d_j)`` with ``d`` the diagonal: exact enough where everybody met many.

    Examples
    --------
    >>> pair = PairCounts(2, np.array([0]), np.array([1]), np.array([3.0]), np.zeros(1), np.zeros(1))
    >>> found = gaussian(pair, 1.0, np.zeros(2), 1e-10)
    >>> found.worth.round(4), (found.worth - 3 / (1 + np.exp(2 * found.worth[0])) * np.array([1, -1])).round(8) + 0.0
    (array([ 0.6463, -0.6463]), array([0., 0.]))
    """
    system = PairSystem(counts)
    n, steps, worth = counts.n, 0, start

    def at(spread: float) -> tuple[Floats, int, float]:
        system.ridge = spread**-2
        return maximise(system, counts.wins, counts.total, worth, tolerance)

    def missing(log_sd: float) -> float:
        """By how much the fixed point is missed, relative to the variance."""
        nonlocal worth, steps
        variance = float(np.exp(2 * log_sd))
        worth, taken, _ = at(float(np.exp(log_sd)))
        weight = pair_information(counts, worth)
        steps += taken
        return (float(worth @ worth) + _trace(counts, weight, 1 / variance)) / ((n - 1) * variance) - 1

    source: Literal["given", "estimated", "fixed"] = "given"
    if sd is None:
        least, most = float(np.log(_LEAST_SD)), float(np.log(_MOST_SD))
        estimable = n >= _FEWEST and missing(least) > 0 > missing(most)
        sd = float(np.exp(brentq(missing, least, most, xtol=1e-11))) if estimable else FIXED_SD
        source = "estimated" if estimable else "fixed"
    worth, taken, score = at(sd)
    return Penalised(worth, steps + taken, score, prior_sd=sd, prior_source=source)


def _trace(counts: PairCounts, weight: Floats, ridge: float) -> float:
    """Trace of ``C (L + ridge I)^-1 C``."""
    n = counts.n
    if n <= pair_laplacian.DENSE:
        centre = np.eye(n) - 1 / n
        return float(np.trace(pseudo_inverse(dense_laplacian(counts, weight) + ridge * centre)))
    diagonal = counts.per_person(weight, weight) + ridge
    first, second = diagonal[counts.first], diagonal[counts.second]
    return (1 - 1 / n) * float(np.sum(1 / diagonal) + np.sum(weight**2 / (first * second) * (1 / first + 1 / second)))

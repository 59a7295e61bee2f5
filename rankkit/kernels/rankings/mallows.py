"""Mallows' model: orders become rarer with every pair they turn against the consensus."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rankings.condorcet import preference_matrix
from rankkit.kernels.rankings.kemeny import kemeny
from rankkit.kernels.rankings.ranking_lists import RankingLists

_FLAT = 1e-4  # below this θ series take over from differences of large numbers
_STEEP = 40.0  # e^−40 is rounding error beside 1
_XTOL = 1e-14


@dataclass(frozen=True)
class Mallows:
    """Consensus and concentration.

    Attributes
    ----------
    order : ndarray of int, shape (n,)
        Consensus, best first.
    theta : float
        Concentration θ ≥ 0: log odds against each further pair turned round; 0 = all orders equally likely, inf = all lists are
        the consensus.
    se : float
        Standard error of θ given the consensus, from the information; nan where θ is 0 or infinite. As the consensus is chosen to
        fit, θ comes out somewhat large with few lists.
    phi : float
        Dispersion φ = e^−θ, from 0 (unanimous) to 1 (no agreement).
    mean_distance : float
        Mean number of pairs a list has the other way round than the consensus.
    distance : ndarray of float, shape (lists,)
        The same for each list.
    loglik : float
        Log-likelihood.
    n_optimal : int or None
        Number of consensus orders that fit equally well; None = not counted, or the order was given.
    """

    order: Ints
    theta: float
    se: float
    phi: float
    mean_distance: float
    distance: Floats
    loglik: float
    n_optimal: int | None


def mallows(lists: RankingLists, *, order: Ints | None = None, time_limit: float = 60.0) -> Mallows:
    """Maximum likelihood in Mallows' model with Kendall's distance.

    P(list) = exp(−θ d(list, consensus))/Π_{j≤n} (1 − e^{−jθ})/(1 − e^{−θ}), d the number of pairs in the other order. The best
    consensus is Kemeny's, whatever θ; then θ̂ solves E_θ(d) = mean distance (Mallows 1957; Fligner & Verducci 1986).

    Parameters
    ----------
    lists : RankingLists
        Complete lists without ties; each counts as often as its weight says.
    order : ndarray of int, shape (n,), optional
        Consensus; Kemeny's by default.
    time_limit : float
        Seconds for finding it.

    Returns
    -------
    Mallows
        The fit.

    Raises
    ------
    ValueError
        If a list is not complete, has ties or left-over people, or there is none, or fewer than two people.
    ConvergenceError
        If the consensus is not proven optimal in time.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rankings.ranking_lists import from_matrix
    >>> found = mallows(from_matrix(np.array([[1, 2, 3], [1, 2, 3], [1, 3, 2], [2, 1, 3]])))
    >>> found.order, round(found.theta, 4), round(found.se, 4), found.mean_distance
    (array([0, 1, 2]), 1.3556, 0.7283, 0.5)
    """
    n, counts = lists.n, lists.weight
    complete = (lists.length == n).all() and (lists.group_size == 1).all() and not lists.left_over.any()
    if n < 2 or not complete or not counts.sum() > 0:
        raise ValueError("Mallows' model is for complete lists without ties of two or more people")
    n_optimal = None
    if order is None:
        consensus = kemeny(preference_matrix(lists), time_limit=time_limit, max_orders=0)
        order, n_optimal = consensus.order, consensus.n_optimal
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n)
    distance = np.array([_turned(row) for row in place[lists.item].reshape(-1, n)])
    mean, total = float(counts @ distance / counts.sum()), float(counts.sum())
    theta = _concentration(mean, n)
    variance = _moments(theta, n)[1] if np.isfinite(theta) else 0.0
    se = float(1.0 / np.sqrt(total * variance)) if 0.0 < theta < np.inf else float("nan")
    loglik = -total * (theta * mean + log_partition(theta, n)) if np.isfinite(theta) else 0.0
    return Mallows(np.asarray(order, dtype=np.int64), theta, se, float(np.exp(-theta)), mean, distance, loglik, n_optimal)


def log_partition(theta: float, n: int) -> float:
    """Logarithm of Σ e^{−θ d} over all orders of n people: Σ_{j≤n} log((1 − e^{−jθ})/(1 − e^{−θ})).

    Parameters
    ----------
    theta : float
        Concentration, ≥ 0.
    n : int
        People.

    Returns
    -------
    float
        log n! for θ = 0.

    Examples
    --------
    >>> round(log_partition(0.0, 4), 4), round(log_partition(50.0, 4), 4)
    (3.1781, 0.0)
    """
    j = np.arange(1.0, n + 1)
    if theta < 1e-12:
        return float(np.log(j).sum())
    return float(np.log(np.expm1(-j * theta) / np.expm1(-theta)).sum())


def _moments(theta: float, n: int) -> tuple[float, float]:
    """Mean and variance of the distance: sums over j of those of a truncated geometric variable on 0 … j−1."""
    j = np.arange(1.0, n + 1)
    if theta * n < _FLAT:  # first terms of the series in θ
        spread = (j * j - 1.0) / 12.0
        return float((j - 1.0).sum() / 2.0 - theta * spread.sum()), float(spread.sum())
    with np.errstate(over="ignore"):
        mean = 1.0 / np.expm1(theta) - j / np.expm1(j * theta)
        variance = 0.25 / np.sinh(theta / 2.0) ** 2 - (j / 2.0) ** 2 / np.sinh(j * theta / 2.0) ** 2
    return float(mean.sum()), float(variance.sum())


def _concentration(mean: float, n: int) -> float:
    """θ whose expected distance is the mean observed; 0 if that is no smaller than by chance."""
    if mean <= 0.0:
        return float("inf")
    if mean >= n * (n - 1) / 4.0:
        return 0.0
    high = 1.0
    while _moments(high, n)[0] > mean and high < _STEEP * 10:
        high *= 2.0
    return float(brentq(lambda theta: _moments(theta, n)[0] - mean, 0.0, high, xtol=_XTOL, rtol=1e-13))


def _turned(place: Ints) -> float:
    """Count the pairs in the other order than 0, 1, 2 and so on."""
    return float(np.triu(place[:, None] > place[None, :], 1).sum())

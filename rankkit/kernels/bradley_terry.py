"""Bradley-Terry worths from pair counts, by maximum likelihood or with the Jeffreys penalty."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy.sparse import csr_array

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.beats_graph import is_connected, verdict
from rankkit.kernels.pair_counts import PairCounts
from rankkit.kernels.pair_laplacian import DENSE, PairSystem, laplacian, pseudo_inverse

_MOST_NEWTON = 60
_MOST_PENALTY = 300
_WIDE = 20.0  # log-units between best and worst; beyond, rounding could pass a runaway for a solution
_WIDEST = 500.0  # log-units; beyond, no finite estimate is near
_LONGEST_STEP = 4.0  # log-units one Newton step may move a person
_BLOCK = 256  # columns of the inverse computed at a time
_SLOW = 7  # Newton steps after which conjugate gradients give way to a factorisation


@dataclass(frozen=True)
class BradleyTerryFit:
    """Worths and what is needed to judge them.

    Attributes
    ----------
    counts : PairCounts
        The data.
    worth : ndarray, shape (n,)
        Log-worths ``u``, in logits, summing to zero: ``P(i beats j) = 1 / (1 + exp(u_j - u_i))``.
    weight : ndarray, shape (pairs,)
        Fisher information of each pair, ``n_ij p_ij (1 - p_ij)``.
    iterations : int
        Newton steps taken.
    gradient_norm : float
        Largest score of a person relative to that person's number of comparisons.
    penalty : {"none", "jeffreys"}
        What was maximised.
    leverages : {"none", "exact", "degree"}
        How the penalty's leverages were computed; ``"degree"`` approximates effective resistances by
        ``1/L_ii + 1/L_jj``, scaled to their known sum, where the graph is too large and dense for exact ones.
    """

    counts: PairCounts
    worth: Floats
    weight: Floats
    iterations: int
    gradient_norm: float
    penalty: Literal["none", "jeffreys"]
    leverages: Literal["none", "exact", "degree"]

    @cached_property
    def information(self) -> csr_array:
        """Observed (= expected) information of the worths: a Laplacian, shape (n, n)."""
        return laplacian(self.counts, self.weight)

    @cached_property
    def covariance(self) -> Floats | None:
        """Centred inverse information, shape (n, n); None above 2000 people."""
        return pseudo_inverse(self.information.toarray()) if self.counts.n <= DENSE else None

    def solve(self, right: Floats) -> Floats:
        """Apply the centred inverse information to a vector or to columns, shape (n,) or (n, k)."""
        if self.counts.n <= DENSE and self.covariance is not None:
            return self.covariance @ right
        system = PairSystem(self.counts)
        system.set_weights(self.weight)
        return system.solve(right)

    @cached_property
    def loglik(self) -> float:
        """Log-likelihood of the counts (without the penalty, without binomial coefficients)."""
        half = 0.5 * self.counts.ties
        gap = self.worth[self.counts.first] - self.worth[self.counts.second]
        against = np.where(gap > 0, self.counts.wins_second, self.counts.wins_first) + half
        size = np.abs(gap)
        return -float(np.sum(self.counts.total * np.log1p(np.exp(-size)) + against * size))

    @cached_property
    def deviance(self) -> float | None:
        """Twice the log-likelihood lost against one free probability for each pair; None with ties or the penalty."""
        if self.penalty != "none" or self.counts.has_ties:
            return None
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = [w * np.log(w / self.counts.total) for w in (self.counts.wins_first, self.counts.wins_second)]
        return 2 * (float(np.nansum(parts)) - self.loglik)

    @property
    def df(self) -> int:
        """Degrees of freedom of the deviance: pairs compared minus n - 1."""
        return len(self.counts.first) - (self.counts.n - 1)


def fit(
    counts: PairCounts,
    *,
    penalty: Literal["none", "jeffreys"] = "none",
    tolerance: float = 1e-10,
    start: Floats | None = None,
) -> BradleyTerryFit:
    """Fit the Bradley-Terry model.

    Maximises ``sum_ij w_ij log p_ij`` over worths that sum to zero, a tie counting as half a win for each, by damped
    Newton steps ``L+ (w - e)`` with ``e`` the expected wins and ``L`` the information. With ``penalty="jeffreys"``
    half the log-determinant of the information on the sum-to-zero space is added; its score equation is that of
    the data with ``h_ij / 2`` wins added to both sides of each pair, ``h_ij = n_ij p_ij (1 - p_ij) (e_i - e_j)' L+
    (e_i - e_j)``, and is solved by repeating the fit with updated leverages.

    Parameters
    ----------
    counts : PairCounts
        Comparisons by pair; the comparison graph must be connected (:func:`rankkit.kernels.beats_graph.verdict`).
    penalty : {"none", "jeffreys"}
        Maximum likelihood, finite if and only if the "beats" digraph is strongly connected; or the Jeffreys prior,
        finite whenever the comparison graph is connected.
    tolerance : float
        Largest error of a worth, in logits, and largest score relative to a person's comparisons, at the solution.
    start : ndarray, shape (n,), optional
        Worths to start from; default: shrunken log-odds of the share of wins.

    Returns
    -------
    BradleyTerryFit
        Worths, information and, on demand, covariance, log-likelihood and deviance.

    Raises
    ------
    ConvergenceError
        If the iteration does not end in a certified solution, as when no finite estimate exists.

    Notes
    -----
    Bradley, R. A. & Terry, M. E. (1952). Rank analysis of incomplete block designs I. *Biometrika*, 39.
    Firth, D. (1993). Bias reduction of maximum likelihood estimates. *Biometrika*, 80.
    Kosmidis, I. & Firth, D. (2021). Jeffreys-prior penalty, finiteness and shrinkage. *Biometrika*, 108.

    Examples
    --------
    >>> import numpy as np
    >>> pairs = PairCounts(3, np.array([0, 0, 1]), np.array([1, 2, 2]), np.full(3, 4.0), np.ones(3), np.zeros(3))
    >>> found = fit(pairs)
    >>> found.worth.round(6) + 0.0, np.sqrt(np.diag(found.covariance)).round(6), round(found.loglik, 6)
    (array([ 0.971262,  0.      , -0.971262]), array([0.542878, 0.472341, 0.542878]), -7.765545)
    """
    if counts.n <= 1:
        return BradleyTerryFit(counts, np.zeros(counts.n), np.zeros(0), 0, 0.0, penalty, "none")
    if not is_connected(counts):
        raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan"))
    system = PairSystem(counts)
    if start is None:
        share = (counts.wins + 0.5) / (counts.comparisons + 1)
        start = np.log(share / (1 - share))
    if penalty == "none":
        worth, weight, steps, score = _newton(system, counts.wins, counts.total, start, tolerance, verify=True)
        return BradleyTerryFit(counts, worth, weight, steps, score, "none", "none")
    return _penalised(system, start, tolerance)


def _newton(
    system: PairSystem, wins: Floats, total: Floats, start: Floats, tolerance: float, *, verify: bool = False
) -> tuple[Floats, Floats, int, float]:
    """Maximise the likelihood: worths, information of each pair, steps taken, largest relative score."""
    counts = system.counts
    played = counts.per_person(total, total) if total is not counts.total else counts.comparisons
    worth = start - start.mean()
    score, weight = _score(counts, wins, total, worth)
    worst = float(np.max(np.abs(score) / played))
    predicted = np.inf  # bound on the error left after the last step
    for iteration in range(_MOST_NEWTON + 1):
        if verify and np.ptp(worth) > _WIDE:
            if verdict(counts).kind != "finite":
                break
            verify = False
        if worst <= tolerance and predicted <= tolerance:
            return worth, weight, iteration, worst
        if iteration == _MOST_NEWTON or np.ptp(worth) > _WIDEST:
            break
        if iteration >= _SLOW:
            system.prefer_factorisation()
        system.set_weights(weight)
        accuracy = min(1e-2, worst)
        step = system.solve(score, accuracy)
        size = float(np.max(np.abs(step)))
        rise = float(np.sum(score * step))
        length = min(1.0, _LONGEST_STEP / size) if size > 0 else 1.0
        for _ in range(30):
            trial = worth + length * step
            fresh, weight = _score(counts, wins, total, trial)
            if float(np.sum(fresh * step)) >= -0.5 * rise - 1e-12 * abs(rise):  # the top of the line is not far overshot
                break
            length /= 2
        worth, score = trial - trial.mean(), fresh
        worst = float(np.max(np.abs(score) / played))
        predicted = max(size * size, 0.0 if system.exact else accuracy * size) if length == 1.0 else np.inf
    raise ConvergenceError("E-CONV", iterations=iteration, gradient=worst)


def _score(counts: PairCounts, wins: Floats, total: Floats, worth: Floats) -> tuple[Floats, Floats]:
    """Wins minus expected wins of each person, and the information of each pair."""
    ability = np.exp(worth - 0.5 * (worth.max() + worth.min()))
    of_first, of_second = ability[counts.first], ability[counts.second]
    both = of_first + of_second
    rate = total / both
    expected = ability * counts.per_person(rate, rate)
    weight = rate * of_first
    of_second /= both
    weight *= of_second
    return wins - expected, weight


def _penalised(system: PairSystem, start: Floats, tolerance: float) -> BradleyTerryFit:
    """Repeat the fit to data with half a leverage added to both sides until the leverages agree with it."""
    counts = system.counts
    worth, weight = start - start.mean(), _score(counts, counts.wins, counts.total, start)[1]
    steps, change, leverages = 0, np.inf, _leverages(system, weight)
    for _ in range(_MOST_PENALTY):
        leverage, kind = leverages
        half = 0.5 * leverage
        wins, total = counts.wins + counts.per_person(half, half), counts.total + leverage
        fresh, _, taken, _ = _newton(system, wins, total, worth, tolerance)
        steps += taken
        before, change = change, float(np.max(np.abs(fresh - worth)))
        worth = fresh
        weight = _score(counts, counts.wins, counts.total, worth)[1]
        leverages = _leverages(system, weight)
        half = 0.5 * leverages[0]
        wins, total = counts.wins + counts.per_person(half, half), counts.total + leverages[0]
        score = float(np.max(np.abs(_score(counts, wins, total, worth)[0]) / counts.comparisons))
        rate = min(change / before, 0.99) if before > 0 else 0.0  # the error shrinks by this factor each time
        if score <= tolerance and change * max(rate, 1e-3) / (1 - rate) <= tolerance:
            return BradleyTerryFit(counts, worth, weight, steps, score, "jeffreys", kind)
    raise ConvergenceError("E-CONV", iterations=steps, gradient=score)


def _leverages(system: PairSystem, weight: Floats) -> tuple[Floats, Literal["exact", "degree"]]:
    """Information of each pair times the variance of its difference; they sum to n - 1 (Foster's theorem)."""
    counts = system.counts
    n, first, second = counts.n, counts.first, counts.second
    if n <= DENSE:
        covariance = pseudo_inverse(laplacian(counts, weight).toarray())
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

"""Davidson's model: paired comparisons in which a tie is an answer of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.covariance import Covariance, Dense
from rankkit.kernels.pairs.beats_graph import is_connected, verdict
from rankkit.kernels.pairs.bordered_laplacian import BorderedPrecision
from rankkit.kernels.pairs.pair_counts import PairCounts
from rankkit.kernels.pairs.pair_laplacian import DENSE, PairSystem, laplacian, pseudo_inverse

_MOST_NEWTON = 100
_LONGEST_STEP = 4.0  # log-units one Newton step may move a parameter
_WIDE = 20.0  # log-units; beyond, rounding could pass a runaway for a solution
_WIDEST = 500.0  # log-units; beyond, no finite estimate is near
_SLOW = 7  # Newton steps after which conjugate gradients give way to a factorisation


@dataclass(frozen=True)
class DavidsonFit:
    """Worths, tie parameter and what is needed to judge them.

    Attributes
    ----------
    counts : PairCounts
        The data.
    worth : ndarray, shape (n,)
        Log-worths ``u``, summing to zero; ``P(i) : P(j) : P(tie) = exp(u_i) : exp(u_j) : nu exp((u_i + u_j) / 2)``.
    log_nu : float
        Log of the tie parameter: two equal people tie with probability ``nu / (2 + nu)``.
    weight : ndarray, shape (pairs,)
        Information of each pair about the difference of its two worths, tie parameter known.
    tie_loading : ndarray, shape (n,)
        Vector ``f``: not knowing the tie parameter adds ``f f'`` to the covariance of the worths.
    se_log_nu : float
        Standard error of ``log_nu``.
    iterations : int
        Newton steps taken.
    gradient_norm : float
        Largest score of a parameter relative to the comparisons it concerns.
    """

    counts: PairCounts
    worth: Floats
    log_nu: float
    weight: Floats
    tie_loading: Floats
    se_log_nu: float
    iterations: int
    gradient_norm: float

    @cached_property
    def information(self) -> csr_array:
        """Information of the worths with the tie parameter known: a Laplacian, shape (n, n)."""
        return laplacian(self.counts, self.weight)

    @cached_property
    def covariance(self) -> Floats | None:
        """Covariance of the worths, the tie parameter estimated, shape (n, n); None above 2000 people."""
        if self.counts.n > DENSE:
            return None
        known = pseudo_inverse(self.information.toarray())
        return known + np.outer(self.tie_loading, self.tie_loading)

    def compact_covariance(self) -> Covariance:
        """Covariance of the worths in a form that fits any number of people."""
        if self.covariance is not None:
            return Dense(self.covariance)
        return BorderedPrecision(self.information, self.tie_loading[:, None])

    def probabilities(self) -> tuple[Floats, Floats, Floats]:
        """Chances that the first wins, the second wins, neither does; each of shape (pairs,)."""
        return _chances(self.counts, self.worth, self.log_nu)

    @cached_property
    def loglik(self) -> float:
        """Log-likelihood of the counts (without multinomial coefficients)."""
        data = (self.counts.wins_first, self.counts.wins_second, self.counts.ties)
        return float(sum(np.sum(seen[seen > 0] * np.log(p[seen > 0])) for seen, p in zip(data, self.probabilities(), strict=True)))


def has_finite_estimate(counts: PairCounts) -> bool:
    """Say whether finite maximum likelihood estimates of worths and tie parameter exist.

    Besides a strongly connected "beats" digraph, ties counting both ways, and at least one tie, this needs a cycle
    with more wins than ties on it, a win walked from winner to loser and a tie in either direction. Otherwise worths
    ``v`` exist with ``v_i - v_j >= 1`` for every win and ``|v_i - v_j| <= 1`` for every tie, and moving along
    ``(v, log nu = 1/2)`` never lowers the likelihood. A tie and a win between the same two people are not enough.

    Parameters
    ----------
    counts : PairCounts
        Comparisons by pair.

    Returns
    -------
    bool
        Whether :func:`fit` has a solution.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.pairs.pair_counts import aggregate
    >>> two = np.array([0, 0]), np.array([1, 1])
    >>> has_finite_estimate(aggregate(*two, np.array([1, 0]), None, 2))
    False
    >>> has_finite_estimate(aggregate(np.zeros(3, int), np.ones(3, int), np.array([1, 0, -1]), None, 2))
    True
    """
    if not counts.has_ties or verdict(counts).kind != "finite":
        return False
    if counts.n == 1:
        return False
    down, up = counts.wins_first > 0, counts.wins_second > 0
    if np.any(down & up):
        return True  # a cycle of two wins
    tied = counts.ties > 0
    a, b = counts.first, counts.second
    source = np.concatenate([a[down], b[up], a[tied], b[tied]])
    target = np.concatenate([b[down], a[up], b[tied], a[tied]])
    gain = np.concatenate([np.ones(int(down.sum() + up.sum())), -np.ones(2 * int(tied.sum()))])
    longest = np.zeros(counts.n)  # Bellman-Ford on longest walks
    for _ in range(counts.n + 1):
        before = longest.copy()
        np.maximum.at(longest, target, before[source] + gain)
        if np.array_equal(before, longest):
            return False
    return True


def fit(counts: PairCounts, *, tolerance: float = 1e-10) -> DavidsonFit:
    """Fit Davidson's model by maximum likelihood.

    With ``d = u_i - u_j`` the log-odds of the three outcomes are ``d/2, -d/2, log nu``; damped Newton steps on
    ``(u, log nu)``, the tie parameter eliminated from the Laplacian system of the worths.

    Parameters
    ----------
    counts : PairCounts
        Comparisons by pair, with finite estimates (:func:`has_finite_estimate`).
    tolerance : float
        Largest error of a parameter, in log-units, and largest relative score, at the solution.

    Returns
    -------
    DavidsonFit
        Worths, log tie parameter and, on demand, covariance and log-likelihood.

    Raises
    ------
    ConvergenceError
        If the iteration does not end in a certified solution, as when no finite estimate exists.

    Notes
    -----
    Davidson, R. R. (1970). On extending the Bradley-Terry model to accommodate ties in paired comparison experiments.
    *Journal of the American Statistical Association*, 65.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.pairs.pair_counts import aggregate
    >>> left, right = np.repeat([0, 0, 1], 6), np.repeat([1, 2, 2], 6)
    >>> result = np.array([1, 1, 1, -1, 0, 0, 1, 0, -1, 1, 1, 0, 0, -1, 1, 1, 1, 1])
    >>> found = fit(aggregate(left, right, result, None, 3))
    >>> (found.worth - found.worth[2]).round(6) + 0.0, round(found.log_nu, 6), round(found.loglik, 6)
    (array([1.562749, 1.042995, 0.      ]), -0.117261, -17.933136)
    """
    if counts.n < 2 or not is_connected(counts) or not counts.has_ties:
        raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan"))
    n_all, n_ties = float(counts.total.sum()), float(counts.ties.sum())
    share = (counts.wins + 0.5) / (counts.comparisons + 1)
    worth = np.log(share / (1 - share))
    worth -= worth.mean()
    log_nu = float(np.log(2 * (n_ties + 0.5) / (n_all - n_ties + 0.5)))
    system = PairSystem(counts)
    score, tie_score = _score(counts, worth, log_nu)
    worst, predicted = max(float(np.max(np.abs(score) / counts.comparisons)), abs(tie_score) / n_all), np.inf
    unverified = True
    for iteration in range(_MOST_NEWTON + 1):
        if unverified and max(np.ptp(worth), 2 * abs(log_nu)) > _WIDE:
            if not has_finite_estimate(counts):
                break
            unverified = False
        weight, border, corner = _information(counts, worth, log_nu)
        system.set_weights(weight)
        done = worst <= tolerance and predicted <= tolerance
        accuracy = 1e-13 if done else min(1e-2, worst)
        if not done and (iteration == _MOST_NEWTON or np.ptp(worth) > _WIDEST or abs(log_nu) > _WIDEST):
            break
        if iteration >= _SLOW:
            system.prefer_factorisation()
        slope = system.solve(border, 1e-13)
        pivot = corner - float(np.sum(border * slope))  # information about log nu, worths estimated
        if not pivot > 0:
            break
        if done:
            root = float(np.sqrt(pivot))
            return DavidsonFit(counts, worth, log_nu, weight, slope / root, 1 / root, iteration, worst)
        own = system.solve(score, accuracy)
        tie_step = (tie_score - float(np.sum(border * own))) / pivot
        step = own - slope * tie_step
        size = max(float(np.max(np.abs(step))), abs(tie_step))
        rise = float(np.sum(score * step)) + tie_score * tie_step
        length = min(1.0, _LONGEST_STEP / size) if size > 0 else 1.0
        for _ in range(30):
            trial, trial_nu = worth + length * step, log_nu + length * tie_step
            fresh, fresh_tie = _score(counts, trial, trial_nu)
            if float(np.sum(fresh * step)) + fresh_tie * tie_step >= -0.5 * rise - 1e-12 * abs(rise):
                break
            length /= 2
        worth, log_nu, score, tie_score = trial - trial.mean(), trial_nu, fresh, fresh_tie
        worst = max(float(np.max(np.abs(score) / counts.comparisons)), abs(tie_score) / n_all)
        predicted = max(size * size, 0.0 if system.exact else accuracy * size) if length == 1.0 else np.inf
    raise ConvergenceError("E-CONV", iterations=iteration, gradient=worst)


def _chances(counts: PairCounts, worth: Floats, log_nu: float) -> tuple[Floats, Floats, Floats]:
    half = 0.5 * (worth[counts.first] - worth[counts.second])
    top = np.maximum(np.abs(half), log_nu)
    first, second, tie = np.exp(half - top), np.exp(-half - top), np.exp(log_nu - top)
    whole = first + second + tie
    return first / whole, second / whole, tie / whole


def _score(counts: PairCounts, worth: Floats, log_nu: float) -> tuple[Floats, float]:
    """Return the derivatives by the worths and by the log tie parameter."""
    first, second, tie = _chances(counts, worth, log_nu)
    lead = 0.5 * (counts.wins_first - counts.wins_second - counts.total * (first - second))
    return counts.per_person(lead, -lead), float(np.sum(counts.ties - counts.total * tie))


def _information(counts: PairCounts, worth: Floats, log_nu: float) -> tuple[Floats, Floats, float]:
    """Pair weights of the worths, their covariance with the tie score (n,), and the information on log nu."""
    first, second, tie = _chances(counts, worth, log_nu)
    lead = first - second
    weight = 0.25 * counts.total * (4 * first * second + tie * (first + second))  # n/4 Var(sign of the outcome)
    across = -0.5 * counts.total * lead * tie
    return weight, counts.per_person(across, -across), float(np.sum(counts.total * tie * (1 - tie)))

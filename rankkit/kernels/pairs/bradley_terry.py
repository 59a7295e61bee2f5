"""Bradley-Terry worths from pair counts, by maximum likelihood, with the Jeffreys penalty or with a Gaussian prior."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy.sparse import csr_array

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.covariance import Covariance, Dense, Precision
from rankkit.kernels.on_demand_covariance import OnDemand
from rankkit.kernels.pairs import worth_penalties
from rankkit.kernels.pairs.beats_graph import Existence, is_connected, verdict
from rankkit.kernels.pairs.pair_counts import PairCounts
from rankkit.kernels.pairs.pair_laplacian import DENSE, PairSystem, laplacian, pseudo_inverse
from rankkit.kernels.pairs.pair_newton import maximise, pair_information

Penalty = Literal["none", "jeffreys", "gaussian"]


@dataclass(frozen=True)
class BradleyTerryFit:
    """Worths and what is needed to judge them.

    Attributes
    ----------
    counts : PairCounts
        The data.
    worth : ndarray, shape (n,)
        Log-worths ``u``, in logits, summing to zero: ``P(i beats j) = 1 / (1 + exp(u_j - u_i))``.
    iterations : int
        Newton steps taken.
    gradient_norm : float
        Largest score of a person relative to that person's number of comparisons, or a bound on it.
    penalty : {"none", "jeffreys", "gaussian"}
        What was maximised.
    leverages : {"none", "exact", "degree"}
        How the penalty's leverages were computed; ``"degree"`` approximates effective resistances by
        ``1/L_ii + 1/L_jj``, scaled to their known sum, where the graph is too large and dense for exact ones.
    prior_sd : float
        Standard deviation of the Gaussian prior, in logits; infinite without one.
    prior_source : {"none", "given", "estimated", "fixed"}
        Where it comes from (:func:`rankkit.kernels.pairs.worth_penalties.gaussian`).
    """

    counts: PairCounts
    worth: Floats
    iterations: int
    gradient_norm: float
    penalty: Penalty
    leverages: Literal["none", "exact", "degree"] = "none"
    prior_sd: float = float("inf")
    prior_source: Literal["none", "given", "estimated", "fixed"] = "none"

    @cached_property
    def weight(self) -> Floats:
        """Fisher information of each pair, ``n_ij p_ij (1 - p_ij)``, shape (pairs,)."""
        return pair_information(self.counts, self.worth)

    @cached_property
    def information(self) -> csr_array:
        """Observed (= expected) information of the worths: a Laplacian, shape (n, n)."""
        return laplacian(self.counts, self.weight)

    @property
    def ridge(self) -> float:
        """Precision of the Gaussian prior; 0 = none."""
        return self.prior_sd**-2

    @cached_property
    def covariance(self) -> Floats | None:
        """Centred inverse information (with the prior's, if there is one), shape (n, n); None above 2000 people."""
        if self.counts.n > DENSE:
            return None
        matrix = self.information.toarray()
        return pseudo_inverse(matrix + self.ridge * (np.eye(len(matrix)) - 1 / len(matrix)) if self.ridge > 0 else matrix)

    def covariance_on_demand(self) -> Covariance:
        """Return the same as a covariance that costs nothing until it is asked for; a sparse form above 2000 people."""

        def make() -> Covariance:
            return Precision(self.information, self.ridge) if self.covariance is None else Dense(self.covariance)

        return OnDemand(self.counts.n, make)

    def solve(self, right: Floats) -> Floats:
        """Apply the centred inverse information to a vector or to columns, shape (n,) or (n, k)."""
        if self.counts.n <= DENSE and self.covariance is not None:
            return self.covariance @ right
        system = PairSystem(self.counts, self.ridge)
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
    penalty: Penalty = "none",
    prior_sd: float | None = None,
    tolerance: float = 1e-10,
    start: Floats | None = None,
) -> BradleyTerryFit:
    """Fit the Bradley-Terry model.

    Maximises ``sum_ij w_ij log p_ij`` over worths that sum to zero, a tie counting as half a win for each, by damped
    Newton steps ``L+ (w - e)`` with ``e`` the expected wins and ``L`` the information. With ``penalty="jeffreys"``
    half the log-determinant of the information on the sum-to-zero space is added; its score equation is that of
    the data with ``h_ij / 2`` wins added to both sides of each pair, ``h_ij = n_ij p_ij (1 - p_ij) (e_i - e_j)' L+
    (e_i - e_j)``, and is solved by repeating the fit with updated leverages. With ``penalty="gaussian"`` worths have
    the prior N(0, ``prior_sd``²); the covariance is that of the posterior in Laplace's approximation.

    Parameters
    ----------
    counts : PairCounts
        Comparisons by pair; the comparison graph must be connected (:func:`rankkit.kernels.pairs.beats_graph.verdict`).
    penalty : {"none", "jeffreys", "gaussian"}
        Maximum likelihood, finite if and only if the "beats" digraph is strongly connected; the Jeffreys prior, finite
        whenever the comparison graph is connected; or a Gaussian prior, as finite, and cheap for any number of people.
    prior_sd : float, optional
        Standard deviation of the Gaussian prior, in logits; estimated by default, or 1.5 where the data do not say
        (:func:`rankkit.kernels.pairs.worth_penalties.gaussian`).
    tolerance : float
        Largest error of a worth, in logits, and largest score relative to a person's comparisons, at the solution.
    start : ndarray, shape (n,), optional
        Worths to start from; default: :func:`first_guess`.

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
        return BradleyTerryFit(counts, np.zeros(counts.n), 0, 0.0, penalty)
    if not is_connected(counts):
        raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan"))
    if start is None:
        start = first_guess(counts)
    if penalty == "none":
        worth, steps, score = maximise(PairSystem(counts), counts.wins, counts.total, start, tolerance, verify=True)
        return BradleyTerryFit(counts, worth, steps, score, "none")
    if penalty == "jeffreys":
        found = worth_penalties.jeffreys(counts, start, tolerance)
    else:
        found = worth_penalties.gaussian(counts, prior_sd, start, tolerance)
    return BradleyTerryFit(
        counts,
        found.worth,
        found.iterations,
        found.gradient_norm,
        penalty,
        found.leverages,
        found.prior_sd,
        found.prior_source,
    )


def fit_if_finite(counts: PairCounts, *, tolerance: float = 1e-10, start: Floats | None = None) -> tuple[BradleyTerryFit | None, Existence]:
    """Fit by maximum likelihood, or say why there is no finite maximum.

    A solved score equation is itself the proof that a finite maximum exists, as the likelihood is concave; the "beats"
    digraph, which costs as much as the fit, is searched only where somebody won or lost everything, or worths run away.

    Parameters
    ----------
    counts : PairCounts
        Comparisons by pair.
    tolerance, start
        As for :func:`fit`.

    Returns
    -------
    BradleyTerryFit or None
        The fit; None where no finite maximum exists.
    Existence
        The verdict.

    Raises
    ------
    ConvergenceError
        If there is a finite maximum but Newton's method does not find it.

    Examples
    --------
    >>> import numpy as np
    >>> pairs = PairCounts(3, np.array([0, 0, 1]), np.array([1, 2, 2]), np.full(3, 4.0), np.ones(3), np.zeros(3))
    >>> fit_if_finite(pairs)[1].kind, fit_if_finite(PairCounts(2, *(np.array([x]) for x in (0, 1, 3.0, 0.0, 0.0))))[1].kind
    ('finite', 'one_sided')
    """
    if counts.n <= 1:
        return fit(counts), Existence.certified(counts.n)
    won, played = counts.wins, counts.comparisons
    if ((won <= 0) | (won >= played)).any():  # nobody is compared with this person, or nobody beat them, or they beat nobody
        return None, verdict(counts)
    try:
        return fit(counts, tolerance=tolerance, start=start), Existence.certified(counts.n)
    except ConvergenceError:
        found = verdict(counts)
        if found.kind == "finite":
            raise
        return None, found


def first_guess(counts: PairCounts) -> Floats:
    """Worths from each person's share of wins alone.

    The log-odds of the share (half a win and half a loss added) are those of beating a *mixture* of opponents, nearer to
    zero than the worth by about ``sqrt(1 + 0.346 s²)`` where opponents' worths vary by ``s²`` (the logistic distribution
    as a normal one, Zeger, Liang & Albert 1988); they are stretched by as much.

    Parameters
    ----------
    counts : PairCounts
        Comparisons by pair; everybody compared at least once.

    Returns
    -------
    ndarray, shape (n,)
        In logits, summing to zero.

    Examples
    --------
    >>> import numpy as np
    >>> first_guess(PairCounts(2, np.array([0]), np.array([1]), np.array([3.0]), np.ones(1), np.zeros(1))).round(3)
    array([ 0.847, -0.847])
    """
    wins, losses = counts.wins + 0.5, counts.comparisons - counts.wins + 0.5
    odds = np.log(wins / losses)
    spread = float(np.var(odds) - np.mean(1 / wins + 1 / losses))  # less what chance alone makes
    odds *= 1 / np.sqrt(1 - min(0.346 * max(spread, 0.0), 0.6))
    return np.asarray(odds - odds.mean())

"""Plackett-Luce worths from rankings, complete or partial, with tied places as orders nobody recorded or as answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.pairs.beats_graph import Existence, is_connected, verdict
from rankkit.kernels.pairs.pair_laplacian import DENSE, PairSystem, dense_laplacian, pseudo_inverse
from rankkit.kernels.rankings import choice_newton
from rankkit.kernels.rankings.davidson_luce import TieOutcomes
from rankkit.kernels.rankings.ordered_choices import Evaluation, OrderedChoices, implied_pairs, next_pairs
from rankkit.kernels.rankings.ranking_lists import RankingLists

Ties = Literal["marginal", "davidson_luce"]

_MOST_NEWTON = 1000  # steps; large tie groups bend the likelihood in ways weights of pairs only follow slowly
_WIDE = 20.0  # log-units between best and worst; beyond, rounding could pass a runaway for a solution
_WIDEST = 300.0  # log-units; beyond, no finite estimate is near
_WIDEST_WITH_TIES = 30.0  # log-units; with tie parameters nothing tells a runaway from an estimate beyond
_LONGEST_STEP = 4.0  # log-units one Newton step may move a person
_SLOW = 7  # Newton steps after which conjugate gradients give way to a factorisation
_ROUNDING = 1e-12  # relative: an increase this small cannot be told from none


@dataclass(frozen=True, eq=False)
class PlackettLuceFit:
    """Worths and what is needed to judge them.

    Attributes
    ----------
    lists : RankingLists
        The data.
    worth : ndarray, shape (n,)
        Log-worths ``u``, summing to zero: of those left, ``i`` is chosen with chances in proportion to ``exp(u_i)``.
    ties : {"marginal", "davidson_luce"}
        What a shared place means: an order nobody recorded, or an answer of its own.
    iterations : int
        Newton steps taken.
    gradient_norm : float
        Largest score of a person relative to the choices they could have been chosen in.
    prior_sd : float
        Standard deviation of the Gaussian prior of the worths; infinite = maximum likelihood.
    tie_sizes : tuple of int
        Sizes of ties with a parameter; none but in the Davidson-Luce model.
    log_delta : ndarray, shape (ties,)
        Logs of their tie parameters.
    """

    lists: RankingLists
    worth: Floats
    ties: Ties
    iterations: int
    gradient_norm: float
    prior_sd: float = float("inf")
    tie_sizes: tuple[int, ...] = ()
    log_delta: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def ridge(self) -> float:
        """Precision of the Gaussian prior; 0 = none."""
        return self.prior_sd**-2

    @cached_property
    def _ordered(self) -> tuple[OrderedChoices, Evaluation]:
        choices = OrderedChoices(self.lists)
        return choices, choices.evaluate(self.worth)

    @cached_property
    def _full_information(self) -> Floats:
        """Information of worths and tie parameters, without the prior's, shape (n + ties, n + ties)."""
        if self.ties == "marginal":
            choices, found = self._ordered
            return dense_laplacian(choices.counts, found.weight)
        information = TieOutcomes(self.lists, self.tie_sizes).evaluate(self.worth, self.log_delta).information
        return np.zeros((0, 0)) if information is None else information

    @cached_property
    def information(self) -> Floats:
        """Observed information of the worths, the tie parameters estimated, without the prior's, shape (n, n)."""
        n = self.lists.n
        full = self._full_information
        if len(full) == n:
            return full
        return np.asarray(full[:n, :n] - full[:n, n:] @ np.linalg.solve(full[n:, n:], full[n:, :n]))

    @cached_property
    def covariance(self) -> Floats | None:
        """Centred inverse information, with the prior's if there is one, shape (n, n); None above 2000 people."""
        n = self.lists.n
        if n > DENSE:
            return None
        return pseudo_inverse(self.information + self.ridge * (np.eye(n) - 1 / n) if self.ridge > 0 else self.information)

    @cached_property
    def se_log_delta(self) -> Floats:
        """Standard errors of the log tie parameters, shape (ties,)."""
        n, full = self.lists.n, self._full_information.copy()
        full[:n, :n] += self.ridge * np.eye(n)
        return np.sqrt(np.diag(choice_newton.centred_inverse(full, n))[n:])

    def solve(self, right: Floats) -> Floats:
        """Apply the centred inverse information to a vector or to columns, shape (n,) or (n, k)."""
        if self.covariance is not None:
            return self.covariance @ right
        choices, found = self._ordered
        system = PairSystem(choices.counts, self.ridge)
        system.set_weights(found.weight)
        return system.solve(right)

    @cached_property
    def loglik(self) -> float:
        """Log-likelihood of the rankings, weighted, without the prior."""
        return float(self.log_chances(self.lists) @ self.lists.weight)

    def log_chances(self, lists: RankingLists) -> Floats:
        """Log-probability of each of some rankings, shape (lists,); weights do not matter."""
        return log_chances(lists, self.worth, ties=self.ties, tie_sizes=self.tie_sizes, log_delta=self.log_delta)

    @cached_property
    def rater_scores(self) -> Floats:
        """Score contributions of the raters, shape (m, n), for :func:`rankkit.kernels.pairs.judge_clusters.sandwich`.

        Where tie parameters were estimated too: the part of the scores that these cannot account for.
        """
        lists, n = self.lists, self.lists.n
        if self.ties == "marginal":
            return self._ordered[0].list_scores(self.worth, lists.rater, lists.m)
        scores = TieOutcomes(lists, self.tie_sizes).list_scores(self.worth, self.log_delta, lists.rater, lists.m)
        full = self._full_information
        return np.asarray(scores[:, :n] - scores[:, n:] @ np.linalg.solve(full[n:, n:], full[n:, :n]))


def existence(lists: RankingLists, *, ties: Ties = "marginal") -> Existence:
    """Say whether rankings have finite maximum likelihood estimates, and if not, because of whom.

    They do if and only if everybody can be reached from everybody along "stood above" (Hunter 2004, from Ford 1957);
    one ranking never has. With ties as answers, a tie leads both ways; then this is necessary, and
    :func:`fit` finds out about the tie parameters.

    Parameters
    ----------
    lists : RankingLists
        The rankings.
    ties : {"marginal", "davidson_luce"}
        What a shared place means. People left over are never tied.

    Returns
    -------
    Existence
        ``kind`` is ``"finite"``, ``"disconnected"`` (some never stood in a list with the others, not even through third
        people) or ``"one_sided"`` (some group always stood above all outside it), with the groups as codes.

    Notes
    -----
    Hunter, D. R. (2004). MM algorithms for generalized Bradley-Terry models. *Annals of Statistics*, 32.

    Examples
    --------
    >>> from rankkit.kernels.rankings.ranking_lists import from_matrix
    >>> existence(from_matrix(np.array([[1.0, 2, 3]]))).kind, existence(from_matrix(np.array([[1.0, 2, 3], [3, 1, 2]]))).kind
    ('one_sided', 'finite')
    """
    if (lists.group_size == 1).all():
        return verdict(next_pairs(lists))
    return verdict(implied_pairs(lists, tied=ties == "davidson_luce"))


def log_chances(
    lists: RankingLists,
    worth: Floats,
    *,
    ties: Ties = "marginal",
    tie_sizes: tuple[int, ...] = (),
    log_delta: Floats | None = None,
) -> Floats:
    """Log-probabilities of rankings.

    Parameters
    ----------
    lists : RankingLists
        The rankings, with the people who were to be ranked.
    worth : ndarray, shape (n,)
        Log-worths.
    ties : {"marginal", "davidson_luce"}
        What a shared place means.
    tie_sizes : tuple of int
        In the Davidson-Luce model: sizes of ties that can occur.
    log_delta : ndarray, shape (ties,), optional
        Logs of their parameters.

    Returns
    -------
    ndarray, shape (lists,)
        Of each ranking as it stands; of a partial one, the sum over all complete ones that agree with it.

    Raises
    ------
    ValueError
        For a tie of a size without a parameter.

    Examples
    --------
    >>> from rankkit.kernels.rankings.ranking_lists import from_matrix
    >>> orders = from_matrix(np.array([[1.0, 2, 3], [2, 1, 3], [1, 2, 2]]))
    >>> np.exp(log_chances(orders, np.log([3.0, 2, 1]))).round(6)
    array([0.333333, 0.25    , 0.5     ])
    """
    if ties == "marginal":
        return OrderedChoices(lists).evaluate(worth, information=False).loglik
    return TieOutcomes(lists, tie_sizes).evaluate(worth, np.zeros(0) if log_delta is None else log_delta, information=False).loglik


def fit(
    lists: RankingLists,
    *,
    ties: Ties = "marginal",
    prior_sd: float = float("inf"),
    tolerance: float = 1e-10,
    start: Floats | None = None,
) -> PlackettLuceFit:
    """Fit the Plackett-Luce model.

    A ranking is a series of choices, best first, each from those who are left: ``P = prod_t exp(u_t) / sum_{j left at t}
    exp(u_j)``. The log-likelihood is concave; its negative Hessian is the Laplacian of a graph on the people, and damped
    Newton steps solve the system of that Laplacian.

    Parameters
    ----------
    lists : RankingLists
        Rankings of the same or of different people, connected (:func:`existence`); people left over were never chosen.
    ties : {"marginal", "davidson_luce"}
        ``"marginal"``: a shared place is an order nobody recorded, and the chances of all orders are summed, exactly
        (:mod:`rankkit.kernels.rankings.unordered_choice`). ``"davidson_luce"``: a tie is an answer, whose frequency has a
        parameter for each size (:mod:`rankkit.kernels.rankings.davidson_luce`).
    prior_sd : float
        Standard deviation of a Gaussian prior of the worths; infinite = maximum likelihood.
    tolerance : float
        Largest error of a worth, in logits, and largest score relative to a person's choices, at the solution.
    start : ndarray, shape (n,), optional
        Worths to start from; default: shrunken log-odds of the share of people one stands above.

    Returns
    -------
    PlackettLuceFit
        Worths and, on demand, information, covariance, log-likelihood and the raters' scores.

    Raises
    ------
    ConvergenceError
        If the iteration does not end in a certified solution, as when no finite estimate exists: of one ranking there
        is none without a prior.

    Notes
    -----
    Luce, R. D. (1959). *Individual Choice Behavior*. Plackett, R. L. (1975). The analysis of permutations. *Applied
    Statistics*, 24. Turner, H. L., van Etten, J., Firth, D. & Kosmidis, I. (2020). Modelling rankings in R: the
    PlackettLuce package. *Computational Statistics*, 35.

    Examples
    --------
    >>> from rankkit.kernels.rankings.ranking_lists import from_matrix
    >>> found = fit(from_matrix(np.array([[1.0, 2, 3], [1, 3, 2], [2, 1, 3], [3, 2, 1]])))
    >>> found.worth.round(6), np.sqrt(np.diag(found.covariance)).round(6), round(found.loglik, 6)
    (array([ 0.320996,  0.055026, -0.376022]), array([0.555171, 0.524174, 0.567509]), -6.903973)
    """
    if lists.n <= 1:
        return PlackettLuceFit(lists, np.zeros(lists.n), ties, 0, 0.0, prior_sd)
    choices = OrderedChoices(lists)
    pairs = choices.counts if ties == "marginal" else implied_pairs(lists, tied=True)
    if np.isinf(prior_sd) and not is_connected(pairs):
        raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan"))
    if start is None:
        share = (pairs.wins + 0.5) / (pairs.comparisons + 1)
        start = np.log(share / (1 - share))
    if ties == "davidson_luce":
        return _with_tie_outcomes(lists, prior_sd, tolerance, start - start.mean())
    worth, steps, score = _newton(choices, start, prior_sd**-2, tolerance)
    return PlackettLuceFit(lists, worth, ties, steps, score, prior_sd)


def _newton(choices: OrderedChoices, start: Floats, ridge: float, tolerance: float) -> tuple[Floats, int, float]:
    """Maximise the likelihood, times the prior: worths, steps taken, largest relative score."""
    system = PairSystem(choices.counts, ridge)
    exposure = choices.exposure + ridge
    worth = start - start.mean()
    found = choices.evaluate(worth)
    score = found.score - ridge * worth
    worst = float(np.max(np.abs(score) / exposure))
    predicted, verify = np.inf, ridge == 0
    for iteration in range(_MOST_NEWTON + 1):
        if verify and np.ptp(worth) > _WIDE:
            if existence(choices.lists).kind != "finite":
                break
            verify = False
        if worst <= tolerance and predicted <= tolerance:
            return worth, iteration, worst
        if iteration == _MOST_NEWTON or np.ptp(worth) > _WIDEST:
            break
        if iteration >= _SLOW:
            system.prefer_factorisation()
        system.set_weights(found.weight)
        accuracy = min(1e-2, worst)
        step = system.solve(score, accuracy)
        size = float(np.max(np.abs(step)))
        if worst <= tolerance and max(size * size, 0.0 if system.exact else accuracy * size) <= tolerance:
            worth = worth + step
            return worth - worth.mean(), iteration + 1, worst
        rise = float(np.sum(score * step))
        length = min(1.0, _LONGEST_STEP / size) if size > 0 else 1.0
        for _ in range(30):
            trial = worth + length * step
            found = choices.evaluate(trial)
            fresh = found.score - ridge * trial
            if float(np.sum(fresh * step)) >= -0.5 * rise - _ROUNDING * abs(rise):  # the top of the line is not far overshot
                break
            length /= 2
        worth, score = trial - trial.mean(), fresh
        worst = float(np.max(np.abs(score) / exposure))
        predicted = max(size * size, 0.0 if system.exact else accuracy * size) if length == 1.0 else np.inf
    raise ConvergenceError("E-CONV", iterations=iteration, gradient=worst)


def _with_tie_outcomes(lists: RankingLists, prior_sd: float, tolerance: float, start: Floats) -> PlackettLuceFit:
    """Fit the Davidson-Luce model."""
    n, outcomes = lists.n, TieOutcomes(lists)
    if np.isinf(prior_sd) and existence(lists, ties="davidson_luce").kind != "finite":
        raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan"))

    def evaluate(theta: Floats) -> choice_newton.Derivatives:
        found = outcomes.evaluate(theta[:n], theta[n:])
        information = np.zeros((0, 0)) if found.information is None else found.information
        return choice_newton.Derivatives(float(found.loglik @ lists.weight), found.score[None, :], information)

    even = outcomes.even_start()
    theta = np.concatenate([start, even])
    peak = choice_newton.maximise(evaluate, theta, n, tau=prior_sd)
    worth, log_delta = peak.parameters[:n], peak.parameters[n:]
    score = peak.by_rater.sum(axis=0)
    score[:n] -= prior_sd**-2 * worth
    exposure = np.concatenate([outcomes.exposure + prior_sd**-2, np.full(len(log_delta), outcomes.choices.sum())])
    worst = float(np.max(np.abs(score) / exposure))
    ran_away = max(float(np.ptp(worth)), float(np.max(np.abs(log_delta - even), initial=0.0))) > _WIDEST_WITH_TIES
    if worst > tolerance or ran_away:
        raise ConvergenceError("E-CONV", iterations=peak.iterations, gradient=worst)
    return PlackettLuceFit(lists, worth, "davidson_luce", peak.iterations, worst, prior_sd, outcomes.sizes, log_delta)

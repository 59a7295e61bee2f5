"""Alternation ranking as it was done: best, worst, second best, second worst, each chosen from those left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rankings.choice_newton import Derivatives, Peak, centred_inverse, marginal_tau, maximise
from rankkit.kernels.rankings.picks import WORST, Picks
from rankkit.kernels.rankings.unordered_choice import unordered_choices

_FURTHEST = 50.0  # a scale beyond this means that one end, or all but the first stage, carries no information at all
_WIDEST = 300.0  # log-units


@dataclass(frozen=True, eq=False)
class BestWorstFit:
    """Worths from choices, with what is needed to judge them.

    Attributes
    ----------
    worth : ndarray, shape (n,)
        In logits of a best pick at the first stage, summing to zero.
    worst_scale, depth_loss : float
        ``lambda`` and ``rho``.
    loglik : float
        Log-likelihood of the choices, without the prior.
    by_rater : ndarray, shape (m, n)
        Score contributions of the raters; where ``lambda`` or ``rho`` were estimated too, those about the worths left
        by them.
    information : ndarray, shape (n, n)
        Observed information of the worths (likewise), with ``1/tau^2`` under a prior.
    covariance : ndarray, shape (n, n)
        Its inverse on the sum-to-zero space.
    estimated : tuple of str
        Which of ``worst_scale`` and ``depth_loss`` were estimated.
    se : ndarray, shape (len(estimated),)
        Their standard errors by the model.
    tau : float
        Standard deviation of the Gaussian prior; infinite = maximum likelihood.
    iterations : int
        Newton steps.
    """

    worth: Floats
    worst_scale: float
    depth_loss: float
    loglik: float
    by_rater: Floats
    information: Floats
    covariance: Floats
    estimated: tuple[str, ...]
    se: Floats
    tau: float
    iterations: int

    @property
    def parameters(self) -> int:
        """Number of free parameters."""
        return len(self.worth) - 1 + len(self.estimated)

    @property
    def aic(self) -> float:
        """Akaike's criterion ``2 k - 2 l``; ``nan`` under a prior."""
        return 2 * self.parameters - 2 * self.loglik if np.isinf(self.tau) else float("nan")


def loglik(picks: Picks, worth: Floats, *, worst_scale: float = 1.0, depth_loss: float = 0.0) -> float:
    """Log-likelihood of choices under the sequential best-worst logit.

    A best pick at stage ``s`` has probability ``exp(k_s u_b) / sum_R exp(k_s u_j)``, a worst pick
    ``exp(-lambda k_s u_w) / sum_R exp(-lambda k_s u_j)``, with ``k_s = exp(-rho (s - 1))`` and ``R`` the set before that
    very pick. A tie group stands for all orders inside it.

    Parameters
    ----------
    picks : Picks
        The choices; forced placements are none.
    worth : ndarray, shape (n,)
        In logits.
    worst_scale : float
        ``lambda``: how much surer (or less sure) the worst picks are.
    depth_loss : float
        ``rho``: loss of certainty with each stage.

    Returns
    -------
    float

    Notes
    -----
    Marley, A. A. J. & Louviere, J. J. (2005). Some probabilistic models of best, worst, and best-worst choices. *Journal
    of Mathematical Psychology*, 49. Hausman, J. A. & Ruud, P. A. (1987). Specifying and testing econometric models for
    rank-ordered data. *Journal of Econometrics*, 34.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rankings.picks import from_log
    >>> five = from_log(np.zeros(5, int), np.arange(5), np.array([1, 3, 0, 4, 2]), np.array([1, 1, 0, -1, -1]), np.zeros(1, int), 5, 1)
    >>> u = np.array([1.5, 0.4, 0.1, -0.6, -1.4])
    >>> round(loglik(five, u), 6), round(loglik(five, u, worst_scale=0.8, depth_loss=0.3), 6)
    (-2.321381, -2.619041)
    """
    return derivatives(picks, np.concatenate([np.asarray(worth, dtype=np.float64), [worst_scale, depth_loss]])).value


def derivatives(picks: Picks, parameters: Floats) -> Derivatives:
    """Log-likelihood of choices with its derivatives by worths, ``lambda`` and ``rho``.

    Parameters
    ----------
    picks : Picks
        The choices.
    parameters : ndarray, shape (n + 2,)
        Worths, ``lambda``, ``rho``.

    Returns
    -------
    Derivatives
        Gradient by rater, shape (m, n + 2), and negative Hessian, shape (n + 2, n + 2).

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rankings.picks import top_down
    >>> pair = top_down(np.zeros(2, int), np.arange(2), np.array([1.0, 2.0]), np.zeros(1, int), 2, 1)
    >>> derivatives(pair, np.array([0.0, 0.0, 1.0, 0.0])).by_rater
    array([[ 0.5, -0.5,  0. ,  0. ]])
    """
    total = _Sum(picks.n, picks.m, parameters)
    for g in np.unique(picks.taken):
        same = picks if picks.ties == 0 else picks.where(picks.taken == g)
        (_add_single if g == 1 else _add_groups)(total, same)
    return Derivatives(total.value, total.by_rater, total.information)


class _Sum:
    """Adds up what choices contribute; each sees the worths times its own coefficient ``a``."""

    def __init__(self, n: int, m: int, parameters: Floats) -> None:
        self.n, self.m = n, m
        self.worth, (self.scale, self.loss) = parameters[:n], parameters[n:]
        self.value = 0.0
        self.by_rater = np.zeros((m, n + 2))
        self.information = np.zeros((n + 2, n + 2))

    def coefficient(self, picks: Picks) -> tuple[Floats, Floats, Floats]:
        """``a`` of each choice and its derivatives by ``lambda`` and ``rho``."""
        worst = picks.end == WORST
        plain = picks.end * np.exp(-self.loss * picks.stage)
        a = np.where(worst, self.scale, 1.0) * plain
        return a, np.where(worst, plain, 0.0), -picks.stage * a

    def add_worths(self, rater: Ints, person: Ints, slope: Floats) -> None:
        """Add derivatives by worths, row by row."""
        self.by_rater[:, : self.n] += np.bincount(rater * self.n + person, slope, self.m * self.n).reshape(self.m, self.n)

    def add_scales(self, picks: Picks, person: Ints, row: Ints, *, by_a: Floats, by_aa: Floats, mixed: Floats) -> None:
        """Add derivatives by ``lambda`` and ``rho`` from those by ``a``: ``mixed`` is row by row, the others by choice."""
        n = self.n
        a, *slopes = self.coefficient(picks)
        bends = {(0, 1): -picks.stage * slopes[0], (1, 1): picks.stage**2 * a}
        for j in range(2):
            self.by_rater[:, n + j] += np.bincount(picks.rater, by_a * slopes[j], self.m)
            across = np.bincount(person, mixed * slopes[j][row], n)
            self.information[:n, n + j] -= across
            self.information[n + j, :n] -= across
            for k in range(j, 2):
                both = float(np.sum(by_aa * slopes[j] * slopes[k] + by_a * bends.get((j, k), 0.0)))
                self.information[n + j, n + k] -= both
                if k != j:
                    self.information[n + k, n + j] -= both


def _add_single(total: _Sum, picks: Picks) -> None:
    """Choices of one person: a conditional logit."""
    row, person, first = picks.pick, picks.person, picks.start[:-1]
    a = total.coefficient(picks)[0]
    u = total.worth[person]
    seen = a[row] * u
    peak = np.maximum.reduceat(seen, first)
    weight = np.exp(seen - peak[row])
    whole = np.add.reduceat(weight, first)
    p = weight / whole[row]
    surprise = picks.is_taken - p
    total.value += float(np.sum(seen[first])) - float(np.sum(np.log(whole) + peak))
    total.add_worths(picks.rater[row], person, a[row] * surprise)
    expected = np.add.reduceat(p * u, first)
    away = p * (u - expected[row])
    spread = csr_array((a[row] * p, (row, person)), shape=(len(picks), total.n))
    total.information[: total.n, : total.n] += np.diag(np.bincount(person, a[row] ** 2 * p, total.n)) - (spread.T @ spread).toarray()
    by_a, by_aa = np.add.reduceat(u * surprise, first), -np.add.reduceat(u * away, first)
    total.add_scales(picks, person, row, by_a=by_a, by_aa=by_aa, mixed=surprise - a[row] * away)


def _add_groups(total: _Sum, picks: Picks) -> None:
    """Choices of tie groups of one size: all orders inside them."""
    g, row, first = int(picks.taken[0]), picks.pick, picks.start[:-1]
    a = total.coefficient(picks)[0]
    seen = a[row] * total.worth[picks.person]
    rest = np.where(picks.is_taken, -np.inf, seen)
    peak = np.maximum.reduceat(rest, first)
    outside = np.exp(rest - peak[row])
    whole = np.add.reduceat(outside, first)
    member = seen[picks.is_taken].reshape(len(picks), g)
    found = unordered_choices(member - (np.log(whole) + peak)[:, None])
    total.value += float(found.log_chance.sum())
    share = outside / whole[row]
    slope, mixed = np.empty(len(seen)), np.empty(len(seen))
    by_a, by_aa = np.empty(len(picks)), np.empty(len(picks))
    for k in range(len(picks)):
        here = slice(picks.start[k], picks.start[k + 1])
        person, p = picks.person[here], share[here]
        u = total.worth[person]
        lift = -np.tile(p, (g, 1))  # how log-worths less the log-sum of the others move with the worths
        lift[np.arange(g), np.arange(g)] = 1.0
        gain = lift.T @ found.gradient[k]
        bend = lift.T @ found.hessian[k] @ lift - found.gradient[k].sum() * (np.diag(p) - np.outer(p, p))
        total.information[np.ix_(person, person)] -= a[k] ** 2 * bend
        slope[here], by_a[k], by_aa[k] = a[k] * gain, float(u @ gain), float(u @ bend @ u)
        mixed[here] = gain + a[k] * (bend @ u)
    total.add_worths(picks.rater[row], picks.person, slope)
    total.add_scales(picks, picks.person, row, by_a=by_a, by_aa=by_aa, mixed=mixed)


def fit(
    picks: Picks,
    *,
    worst_scale: float | None = 1.0,
    depth_loss: float | None = 0.0,
    tau: float | None = np.inf,
    start: Floats | None = None,
) -> BestWorstFit:
    """Fit the sequential best-worst logit to choices (:func:`loglik`).

    Parameters
    ----------
    picks : Picks
        The choices. Choices from the top only (:func:`rankkit.kernels.rankings.picks.top_down`) make this the Plackett-Luce model
        with tie groups as partial orders.
    worst_scale, depth_loss : float or None
        ``lambda`` and ``rho``; ``None`` = estimated.
    tau : float or None
        Standard deviation of a Gaussian prior of the worths; infinite = maximum likelihood, which must exist
        (:func:`rankkit.kernels.rankings.picks.has_finite_estimate`); ``None`` = from the marginal likelihood.
    start : ndarray, shape (n,), optional
        Worths to start from.

    Returns
    -------
    BestWorstFit

    Raises
    ------
    ConvergenceError
        If there is no certified maximum, or ``lambda`` or ``rho`` runs away.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rankings.picks import from_log
    >>> lists, people = np.repeat([0, 1, 2], 3), np.array([0, 1, 2, 1, 0, 2, 2, 0, 1])
    >>> picks = from_log(lists, people, np.tile([1, 0, 2], 3), np.tile([1, 0, -1], 3), np.arange(3), 3, 3)
    >>> found = fit(picks)
    >>> found.worth.round(4) + 0.0, round(found.loglik, 4)
    (array([ 0.5911,  0.0731, -0.6642]), -4.7773)
    """
    n = picks.n
    given = (1.0 if worst_scale is None else worst_scale, 0.0 if depth_loss is None else depth_loss)
    free = np.concatenate([np.ones(n, dtype=bool), [worst_scale is None, depth_loss is None]])
    first = np.zeros(n) if start is None else np.asarray(start, dtype=np.float64)
    alone = partial(_evaluate, picks, np.arange(n + 2) < n, np.concatenate([np.zeros(n), given]))
    if tau is None:
        tau = marginal_tau(alone, n, picks.m)
    peak = maximise(alone, first, n, tau=tau)
    if free[n:].any():
        both = partial(_evaluate, picks, free, np.concatenate([np.zeros(n), given]))
        peak = maximise(both, np.concatenate([peak.parameters, np.array(given)[free[n:]]]), n, tau=tau)
    names = [name for name, yes in zip(("worst_scale", "depth_loss"), free[n:], strict=True) if yes]
    return _fitted(peak, n, names, given, tau)


def _evaluate(picks: Picks, free: Any, given: Floats, parameters: Floats) -> Derivatives:
    """Derivatives by the free parameters only; a step to where chances cannot be told from 0 or 1 is refused."""
    whole = given.copy()
    whole[free] = parameters
    scale, loss = np.abs(whole[-2:])
    if max(scale, loss) > _FURTHEST:
        raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan"))
    widest = np.abs(whole[:-2]).max(initial=0.0) * max(1.0, scale) * np.exp(max(0.0, -whole[-1]) * picks.stage.max(initial=0))
    if widest > _WIDEST:
        return Derivatives(-np.inf, np.zeros((1, len(parameters))), np.zeros((len(parameters), len(parameters))))
    found = derivatives(picks, whole)
    return Derivatives(found.value, found.by_rater[:, free], found.information[np.ix_(free, free)])


def _fitted(peak: Peak, n: int, names: list[str], given: tuple[float, float], tau: float) -> BestWorstFit:
    covariance = centred_inverse(peak.information, n)
    scores, information = peak.by_rater[:, :n], peak.information[:n, :n]
    if names:  # what the raters say about the worths, over and above what they say about the scales
        border, corner = peak.information[:n, n:], peak.information[n:, n:]
        scores = scores - peak.by_rater[:, n:] @ np.linalg.solve(corner, border.T)
        information = information - border @ np.linalg.solve(corner, border.T)
    scales = dict(zip(("worst_scale", "depth_loss"), given, strict=True)) | dict(zip(names, peak.parameters[n:].tolist(), strict=True))
    return BestWorstFit(
        worth=peak.parameters[:n],
        worst_scale=float(scales["worst_scale"]),
        depth_loss=float(scales["depth_loss"]),
        loglik=peak.loglik,
        by_rater=scores,
        information=information,
        covariance=covariance[:n, :n],
        estimated=tuple(names),
        se=np.sqrt(np.diagonal(covariance)[n:]),
        tau=float(tau),
        iterations=peak.iterations,
    )

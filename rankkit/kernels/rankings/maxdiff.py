"""The maxdiff model: best and worst of a set chosen together, as the pair farthest apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.sparse import csr_array

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rankings.best_worst import BestWorstFit
from rankkit.kernels.rankings.choice_newton import Derivatives, centred_inverse, marginal_tau, maximise
from rankkit.kernels.rankings.picks import BEST, Picks


@dataclass(frozen=True, eq=False)
class PairChoices:
    """Stages at which both ends of a set were chosen.

    Attributes
    ----------
    picks : Picks
        The first choice of each stage: its set is the stage's.
    best, worst : ndarray of int, shape (stages,)
        Who was chosen.
    used : Picks
        The choices that were joined.
    alone : int
        Choices left out because the other end of their stage is missing, was taken by a group, or changed hands.
    """

    picks: Picks
    best: Ints
    worst: Ints
    used: Picks
    alone: int


def pair_choices(picks: Picks) -> PairChoices:
    """Join the two choices of each stage.

    A stage is a choice of one person and the next, at the other end, of one of the others; with two people left the
    second choice is forced, and the stage counts.

    Parameters
    ----------
    picks : Picks
        The choices (:func:`rankkit.kernels.rankings.picks.from_log`).

    Returns
    -------
    PairChoices

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rankings.picks import from_log
    >>> five = from_log(np.zeros(5, int), np.arange(5), np.array([1, 3, 0, 4, 2]), np.array([1, 1, 0, -1, -1]), np.zeros(1, int), 5, 1)
    >>> found = pair_choices(five)
    >>> found.best, found.worst, found.picks.size, found.alone
    (array([0, 1]), array([4, 3]), array([5, 3]), 0)
    """
    first, best, worst, joined, k = [], [], [], np.ones(len(picks), dtype=bool), 0
    while k < len(picks):
        here = picks.person[picks.start[k] : picks.start[k + 1]]
        one, other, used = int(here[0]), -1, 1
        if picks.taken[k] == 1 and len(here) == 2:
            other = int(here[1])
        elif (
            picks.taken[k] == 1
            and k + 1 < len(picks)
            and picks.ranking[k + 1] == picks.ranking[k]
            and picks.stage[k + 1] == picks.stage[k]
            and picks.end[k + 1] != picks.end[k]
        ):
            used = 2
            if picks.taken[k + 1] == 1:
                other = int(picks.person[picks.start[k + 1]])
        if other < 0:
            joined[k : k + used] = False
        else:
            first.append(k)
            best.append(one if picks.end[k] == BEST else other)
            worst.append(other if picks.end[k] == BEST else one)
        k += used
    keep = np.zeros(len(picks), dtype=bool)
    keep[first] = True
    chosen = (np.array(best, dtype=np.int64), np.array(worst, dtype=np.int64))
    return PairChoices(picks.where(keep), *chosen, picks.where(joined), int((~joined).sum()))


def derivatives(data: PairChoices, worth: Floats) -> Derivatives:
    """Log-likelihood of stages under the maxdiff model, with its derivatives.

    ``P(b, w | R) = exp(u_b - u_w) / sum_{j != k in R} exp(u_j - u_k)``.

    Parameters
    ----------
    data : PairChoices
        The stages.
    worth : ndarray, shape (n,)
        In logits.

    Returns
    -------
    Derivatives
        Gradient by rater, shape (m, n), and negative Hessian, shape (n, n).

    Notes
    -----
    Marley, A. A. J. & Louviere, J. J. (2005). Some probabilistic models of best, worst, and best-worst choices. *Journal
    of Mathematical Psychology*, 49.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rankings.picks import from_log
    >>> five = from_log(np.zeros(5, int), np.arange(5), np.array([1, 3, 0, 4, 2]), np.array([1, 1, 0, -1, -1]), np.zeros(1, int), 5, 1)
    >>> round(derivatives(pair_choices(five), np.array([1.5, 0.4, 0.1, -0.6, -1.4])).value, 6)
    -2.154827
    """
    picks, n, m = data.picks, data.picks.n, data.picks.m
    if not len(picks):
        return Derivatives(0.0, np.zeros((m, n)), np.zeros((n, n)))
    row, person, first = picks.pick, picks.person, picks.start[:-1]
    u = worth[person]
    high, low = np.maximum.reduceat(u, first), np.minimum.reduceat(u, first)
    up, down = np.exp(u - high[row]), np.exp(low[row] - u)
    total_up, total_down = np.add.reduceat(up, first), np.add.reduceat(down, first)
    # exp(u_j) exp(-u_j) is the same for all members: leave these pairs out of the product
    whole = np.add.reduceat(up * (total_down[row] - down), first)
    is_best, is_worst = up * (total_down[row] - down) / whole[row], down * (total_up[row] - up) / whole[row]
    value = float(np.sum(worth[data.best] - worth[data.worst] - np.log(whole) - (high - low)))
    by_rater = -np.bincount(picks.rater[row] * n + person, is_best - is_worst, m * n)
    by_rater += np.bincount(picks.rater * n + data.best, minlength=m * n)
    by_rater -= np.bincount(picks.rater * n + data.worst, minlength=m * n)
    shape = (len(picks), n)
    best = csr_array((up / whole[row], (row, person)), shape=shape)
    worst = csr_array((down, (row, person)), shape=shape)
    lead = csr_array((is_best - is_worst, (row, person)), shape=shape)
    pairs = (best.T @ worst).toarray()
    np.fill_diagonal(pairs, 0.0)
    information = np.diag(np.bincount(person, is_best + is_worst, n)) - pairs - pairs.T - (lead.T @ lead).toarray()
    return Derivatives(value, by_rater.reshape(m, n).astype(np.float64), information)


def loglik(picks: Picks, worth: Floats) -> float:
    """Log-likelihood of the stages of pick logs (:func:`derivatives`).

    Parameters
    ----------
    picks : Picks
        The choices.
    worth : ndarray, shape (n,)
        In logits.

    Returns
    -------
    float

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rankings.picks import from_log
    >>> two = from_log(np.zeros(2, int), np.arange(2), np.array([1, 0]), np.array([1, 0]), np.zeros(1, int), 2, 1)
    >>> round(float(np.exp(loglik(two, np.zeros(2)))), 12)
    0.5
    """
    return derivatives(pair_choices(picks), np.asarray(worth, dtype=np.float64)).value


def fit(picks: Picks, *, tau: float | None = np.inf, start: Floats | None = None) -> BestWorstFit:
    """Fit the maxdiff model to pick logs.

    Parameters
    ----------
    picks : Picks
        The choices.
    tau : float or None
        Standard deviation of a Gaussian prior of the worths; infinite = maximum likelihood, which must exist
        (:func:`rankkit.kernels.rankings.picks.has_finite_estimate` of the choices that were joined); ``None`` = from the marginal
        likelihood.
    start : ndarray, shape (n,), optional
        Worths to start from.

    Returns
    -------
    BestWorstFit
        With ``worst_scale`` 1 and ``depth_loss`` 0.

    Raises
    ------
    ConvergenceError
        If there is no certified maximum.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rankings.picks import from_log
    >>> lists, people = np.repeat([0, 1, 2], 3), np.array([0, 1, 2, 1, 0, 2, 2, 0, 1])
    >>> picks = from_log(lists, people, np.tile([1, 0, 2], 3), np.tile([1, 0, -1], 3), np.arange(3), 3, 3)
    >>> fit(picks).worth.round(4) + 0.0
    array([ 0.3537,  0.    , -0.3537])
    """
    data, n = pair_choices(picks), picks.n
    evaluate = partial(derivatives, data)
    if tau is None:
        tau = marginal_tau(evaluate, n, picks.m)
    peak = maximise(evaluate, np.zeros(n) if start is None else np.asarray(start, dtype=np.float64), n, tau=tau)
    return BestWorstFit(
        worth=peak.parameters,
        worst_scale=1.0,
        depth_loss=0.0,
        loglik=peak.loglik,
        by_rater=peak.by_rater,
        information=peak.information,
        covariance=centred_inverse(peak.information, n),
        estimated=(),
        se=np.zeros(0),
        tau=float(tau),
        iterations=peak.iterations,
    )

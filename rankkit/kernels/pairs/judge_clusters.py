"""Uncertainty that knows judges: comparisons by one judge share that judge's private view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from rankkit.kernels.arrays import Floats, Ints

FEWEST_FOR_SANDWICH = 8
FEWEST_FOR_JACKKNIFE = 3


@dataclass(frozen=True)
class JudgeCovariance:
    """Covariance of worths as ``F F' + k H+``, ``H+`` the centred inverse information.

    Attributes
    ----------
    loadings : ndarray, shape (n, m)
        ``F``: one column for each judge; no columns when ``basis`` is ``"model"``.
    model_multiple : float
        ``k``: how much of the model's covariance is added.
    df : float
        Degrees of freedom of intervals; infinite when ``basis`` is ``"model"``.
    phi : float
        Overdispersion due to judges, at least 1; 1 when ``basis`` is ``"model"``.
    basis : {"sandwich", "jackknife", "model"}
        How it was computed; ``"model"`` means that judges' disagreement could not be assessed.
    """

    loadings: Floats
    model_multiple: float
    df: float
    phi: float
    basis: Literal["sandwich", "jackknife", "model"]

    def covariance(self, inverse: Floats) -> Floats:
        """Dense covariance, shape (n, n), from the centred inverse information."""
        return self.loadings @ self.loadings.T + self.model_multiple * inverse


def judge_scores(judge: Ints, left: Ints, right: Ints, result: Ints, weight: Floats | None, worth: Floats, n: int, m: int) -> Floats:
    """Add the Bradley-Terry score contributions of the comparisons up by judge.

    ``g_r = sum (x - p) (e_left - e_right)`` over the comparisons of judge ``r``, with ``x`` 1 if the left person won,
    ``1/2`` for a tie, and ``p`` the fitted chance.

    Parameters
    ----------
    judge, left, right : ndarray of int, shape (rows,)
        Codes of the judge and of the two people.
    result : ndarray of int, shape (rows,)
        ``+1`` left won, ``-1`` right won, ``0`` tie.
    weight : ndarray, shape (rows,), or None
        Comparisons a row stands for.
    worth : ndarray, shape (n,)
        Fitted worths.
    n, m : int
        Number of people and of judges.

    Returns
    -------
    ndarray, shape (m, n)
        Rows sum to zero; at the maximum likelihood estimate columns do too.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.array([0, 1])
    >>> judge_scores(one, np.array([0, 0]), np.array([1, 1]), np.array([1, -1]), None, np.zeros(2), 2, 2)
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """
    chance_lead = np.tanh(0.5 * (worth[left] - worth[right]))
    surprise: Floats = 0.5 * (result.astype(np.float64) - chance_lead)
    if weight is not None:
        surprise = surprise * weight
    total = np.bincount(judge * n + left, weights=surprise, minlength=m * n).astype(np.float64)
    total -= np.bincount(judge * n + right, weights=surprise, minlength=m * n)
    return total.reshape(m, n)


def sandwich(scores: Floats, solve: Callable[[Floats], Floats], *, full_rank: bool = True) -> JudgeCovariance:
    """Covariance clustered by judge, with the small-sample term that gives it full rank.

    ``V = H+ M H+ + delta phi H+``, the second term with ``full_rank`` only; ``M = m/(m-1) sum_r g_r g_r'`` (scores
    centred over judges), ``p = n - 1``, ``delta = min(1/2, p/(m-p))`` if ``m > 3p``, else ``1/2``, and
    ``phi = max(1, tr(H+ M)/p)``.

    Parameters
    ----------
    scores : ndarray, shape (m, n)
        Score contribution of each judge (:func:`judge_scores`), at least two judges.
    solve : callable
        Applies ``H+`` to columns, shape (n, k): :meth:`rankkit.kernels.pairs.bradley_terry.BradleyTerryFit.solve`.
        Under a penalty ``H`` is the plain information.
    full_rank : bool
        Add the second term. Rank sets need it: ``H+ M H+`` alone has rank ``m - 1`` at most. A single interval does
        not, and is conservative with it.

    Returns
    -------
    JudgeCovariance
        With ``df = m - 1``.

    Notes
    -----
    Morel, J. G., Bokossa, M. C. & Neerchal, N. K. (2003). Small sample correction for the variance of GEE estimators.
    *Biometrical Journal*, 45.

    Examples
    --------
    >>> import numpy as np
    >>> found = sandwich(np.array([[1.0, -1.0], [-1.0, 1.0]]), lambda b: 0.5 * b)
    >>> found.covariance(np.array([[0.25, -0.25], [-0.25, 0.25]])), found.df, round(found.phi, 9)
    (array([[ 1.5, -1.5],
           [-1.5,  1.5]]), 1.0, 4.0)
    """
    m, n = scores.shape
    centred = (scores - scores.mean(axis=0)).T * np.sqrt(m / (m - 1))
    loadings = solve(centred)
    multiple, phi = model_share(float(np.sum(centred * loadings)), n - 1, m)
    return JudgeCovariance(loadings, multiple if full_rank else 0.0, float(m - 1), phi, "sandwich")


def jackknife(
    refit: Callable[[int], Floats | None],
    worth: Floats,
    m: int,
    information: Callable[[Floats], Floats],
    *,
    full_rank: bool = False,
) -> JudgeCovariance:
    """Covariance from leaving one judge out at a time, for three to seven judges.

    ``V = (m-1)/m sum_r (u_(r) - u)(u_(r) - u)'``, with ``df = m - 1``. If any leave-out has no estimate, the model's
    own covariance is returned.

    Parameters
    ----------
    refit : callable
        Worths without judge ``r``, shape (n,), or None where they are not estimable.
    worth : ndarray, shape (n,)
        Worths with all judges.
    m : int
        Number of judges, at least two.
    information : callable
        Multiplies columns, shape (n, k), by the information matrix ``H``.
    full_rank : bool
        Add ``delta phi H+`` as :func:`sandwich` does. The jackknife alone has rank ``m`` at most, and contrasts it
        cannot see would count as known exactly: rank sets need the addition, single standard errors do not.

    Returns
    -------
    JudgeCovariance
        Basis ``"jackknife"``, or ``"model"`` after a leave-out without an estimate.

    Examples
    --------
    >>> import numpy as np
    >>> without = [np.array([0.5, -0.5]), np.array([0.1, -0.1]), np.array([0.3, -0.3])]
    >>> found = jackknife(lambda r: without[r], np.array([0.3, -0.3]), 3, lambda x: x)
    >>> found.covariance(np.zeros((2, 2))).round(6), found.df
    (array([[ 0.053333, -0.053333],
           [-0.053333,  0.053333]]), 2.0)
    """
    n = len(worth)
    shifts = np.empty((n, m))
    for r in range(m):
        without = refit(r)
        if without is None:
            return model_based(n)
        shifts[:, r] = without - worth
    loadings = shifts * np.sqrt((m - 1) / m)
    multiple, phi = model_share(float(np.sum(loadings * information(loadings))), n - 1, m)
    return JudgeCovariance(loadings, multiple if full_rank else 0.0, float(m - 1), phi, "jackknife")


def model_based(n: int) -> JudgeCovariance:
    """Return the model's own covariance, every comparison taken as independent.

    Parameters
    ----------
    n : int
        Number of people.

    Returns
    -------
    JudgeCovariance
        ``0 + 1 H+``, normal intervals.

    Examples
    --------
    >>> model_based(3).basis
    'model'
    """
    return JudgeCovariance(np.zeros((n, 0)), 1.0, float("inf"), 1.0, "model")


def unanimity_blocks(judge: Ints, left: Ints, right: Ints, result: Ints, n: int, m: int) -> bool:
    """Say whether agreement among judges is too one-sided for a covariance clustered by judge.

    It is when the "beats" digraph (a tie is an edge both ways), of all judges or with any one left out, is not
    strongly connected: judges who agree entirely would give a standard error of zero.

    Parameters
    ----------
    judge, left, right, result : ndarray of int, shape (rows,)
        As in :func:`judge_scores`.
    n, m : int
        Number of people and of judges.

    Returns
    -------
    bool
        True: use :func:`model_based` and mark the result as provisional.

    Examples
    --------
    >>> import numpy as np
    >>> two_judges, zeros, ones = np.array([0, 1]), np.zeros(2, int), np.ones(2, int)
    >>> unanimity_blocks(two_judges, zeros, ones, np.array([1, 1]), 2, 2)
    True
    """
    found = indispensable_judges(judge, left, right, result, n, m)
    return found is None or len(found) > 0


def indispensable_judges(judge: Ints, left: Ints, right: Ints, result: Ints, n: int, m: int) -> Ints | None:
    """Find the judges without whom the "beats" digraph is not strongly connected.

    Parameters
    ----------
    judge, left, right, result, n, m
        As in :func:`unanimity_blocks`.

    Returns
    -------
    ndarray of int or None
        Their codes; None where it is not strongly connected even with all judges.

    Examples
    --------
    >>> import numpy as np
    >>> each, zeros, ones = np.arange(3), np.zeros(3, int), np.ones(3, int)
    >>> indispensable_judges(each, zeros, ones, np.array([1, 1, -1]), 2, 3)
    array([2])
    """
    down, up = result >= 0, result <= 0
    winner, loser = np.concatenate([left[down], right[up]]), np.concatenate([right[down], left[up]])
    who = np.concatenate([judge[down], judge[up]])
    # an edge matters to a judge's leave-out only if nobody else supports it
    edge, inverse = np.unique(winner.astype(np.int64) * n + loser, return_inverse=True)
    lowest, highest = np.full(len(edge), m), np.full(len(edge), -1)
    np.minimum.at(lowest, inverse, who)
    np.maximum.at(highest, inverse, who)
    alone = lowest == highest
    if _strongly_connected(edge[~alone], n):
        return np.zeros(0, dtype=np.int64)
    if not _strongly_connected(edge, n):
        return None
    found = [r for r in np.unique(lowest[alone]) if not _strongly_connected(edge[~alone | (lowest != r)], n)]
    return np.array(found, dtype=np.int64)


def overdispersion(scores: Floats, solve: Callable[[Floats], Floats]) -> float:
    """How much more the judges' scores vary than independent comparisons would: ``phi = max(1, tr(H+ M)/p)``.

    One number for all people, where there is too little for the covariance of each: ``phi H+`` then stands for it.

    Parameters
    ----------
    scores : ndarray, shape (m, n)
        Score contribution of each judge, at least two judges.
    solve : callable
        Applies ``H+`` to columns.

    Returns
    -------
    float

    Notes
    -----
    Wedderburn, R. W. M. (1974). Quasi-likelihood functions, generalized linear models, and the Gauss-Newton method.
    *Biometrika*, 61; here with judges as the units that vary.

    Examples
    --------
    >>> import numpy as np
    >>> overdispersion(np.array([[1.0, -1.0], [-1.0, 1.0]]), lambda b: 0.5 * b)
    4.0
    """
    m, n = scores.shape
    centred = (scores - scores.mean(axis=0)).T * np.sqrt(m / (m - 1))
    return round(model_share(float(np.sum(centred * solve(centred))), n - 1, m)[1], 12)


def _strongly_connected(edge: Ints, n: int) -> bool:
    """Whether edges ``winner * n + loser`` lead from everybody to everybody."""
    graph = csr_array((np.ones(len(edge), dtype=np.int8), (edge // n, edge % n)), shape=(n, n))
    return int(connected_components(graph, directed=True, connection="strong")[0]) <= 1


def model_share(trace: float, p: int, m: int) -> tuple[float, float]:
    """Return ``delta phi`` and ``phi`` of Morel, Bokossa & Neerchal (2003) from ``tr(H+ M)``, ``p`` directions and ``m`` judges.

    >>> model_share(22.0, 11, 8)
    (1.0, 2.0)
    """
    delta = min(0.5, p / (m - p)) if m > 3 * p else 0.5
    phi = max(1.0, trace / p) if p > 0 else 1.0
    return delta * phi, phi

"""What a model expects of comparisons, and which pairs came out otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.pairs.pair_counts import PairCounts

_KNOWN = 1e-9  # share of a pair's variance left to its residual below which the fit reproduces the pair whatever happens
_EXTREME = 20.0  # log of Davidson's tie parameter at which (nearly) everything, or nothing, is tied
_SMALLEST = 1e-100  # expected points
_WHOLE = 1e-9  # distance from a whole number that is rounding


@dataclass(frozen=True, eq=False)
class Points:
    """Moments of the points in one comparison: 1 for a win, 1/2 for a tie.

    Attributes
    ----------
    mean, variance, fourth : ndarray, shape (rows,)
        Mean, variance and fourth central moment.
    """

    mean: Floats
    variance: Floats
    fourth: Floats


@dataclass(frozen=True, eq=False)
class PairResiduals:
    """Observed against expected points of the first person of each pair.

    Attributes
    ----------
    points, expected : ndarray, shape (pairs,)
        Wins plus half the ties of the first person, and what the model expects.
    residual : ndarray, shape (pairs,)
        ``points - expected``.
    standardised : ndarray, shape (pairs,)
        Residual by its standard error; NaN where the pair was not compared, or the fit cannot but reproduce it.
    p : ndarray, shape (pairs,)
        Two-sided p: exact binomial without ties and for whole numbers (twice the smaller tail), else normal.
    """

    points: Floats
    expected: Floats
    residual: Floats
    standardised: Floats
    p: Floats


def points(win: Floats, tie: Floats | None = None) -> Points:
    """Moments of the points of a comparison.

    ``E = w + t/2`` and ``mu_k = w (1 - E)^k + t (1/2 - E)^k + l (0 - E)^k``.

    Parameters
    ----------
    win : ndarray, shape (rows,)
        Chance of winning.
    tie : ndarray, shape (rows,), optional
        Chance of a tie; none by default.

    Returns
    -------
    Points

    Examples
    --------
    >>> import numpy as np
    >>> found = points(np.array([0.5, 0.4]), np.array([0.0, 0.2]))
    >>> found.mean, found.variance, found.fourth
    (array([0.5, 0.5]), array([0.25, 0.2 ]), array([0.0625, 0.05  ]))
    """
    draw = np.zeros_like(win) if tie is None else tie
    loss = 1 - win - draw
    mean: Floats = win + 0.5 * draw
    variance, fourth = (win * (1 - mean) ** k + draw * (0.5 - mean) ** k + loss * mean**k for k in (2, 4))
    return Points(mean, variance, fourth)


def davidson_spread(mean: Floats, log_nu: float) -> tuple[Floats, Floats, Floats]:
    """Chances of win, tie and loss by Davidson's model with given expected points.

    With ``r`` the root of the odds of winning, ``r^2 (1 - E) - nu (E - 1/2) r - E = 0``.

    Parameters
    ----------
    mean : ndarray, shape (rows,)
        Expected points ``E = w + t/2``.
    log_nu : float
        Davidson's tie parameter.

    Returns
    -------
    tuple of three ndarrays, shape (rows,)

    Examples
    --------
    >>> import numpy as np
    >>> [x.round(4).tolist() for x in davidson_spread(np.array([0.5, 0.8]), 0.0)]
    [[0.3333, 0.6819], [0.3333, 0.2363], [0.3333, 0.0819]]
    """
    nu = np.exp(log_nu)
    off, other = nu * np.abs(mean - 0.5), np.maximum(np.minimum(mean, 1 - mean), _SMALLEST)
    r = (off + np.sqrt(off**2 + 4 * mean * (1 - mean))) / (2 * other)  # of the likelier winner
    whole = r + 1 / r + nu
    more, less = r / whole, 1 / (r * whole)
    return np.where(mean >= 0.5, more, less), nu / whole, np.where(mean >= 0.5, less, more)


def implied_ties(mean: Floats, weight: Floats, ties: float) -> float:
    """Davidson's tie parameter that makes as many ties as there are, for models in which a tie counts half.

    Parameters
    ----------
    mean : ndarray, shape (rows,)
        Expected points of the left person.
    weight : ndarray, shape (rows,)
        Comparisons a row stands for.
    ties : float
        Ties there are.

    Returns
    -------
    float
        ``log nu``; 20 where (nearly) everything is tied, -20 where nothing is.

    Notes
    -----
    Davidson, R. R. (1970). On extending the Bradley-Terry model to accommodate ties. *JASA*, 65.

    Examples
    --------
    >>> import numpy as np
    >>> round(implied_ties(np.full(4, 0.5), np.ones(4), 2.0), 6) == round(float(np.log(2)), 6)
    True
    """

    def surplus(log_nu: float) -> float:
        return float(weight @ davidson_spread(mean, log_nu)[1]) - ties

    if surplus(-_EXTREME) >= 0:
        return -_EXTREME
    return _EXTREME if surplus(_EXTREME) <= 0 else float(optimize.brentq(surplus, -_EXTREME, _EXTREME, xtol=1e-12))


def pair_residuals(
    counts: PairCounts, win: Floats, tie: Floats | None = None, leverage: Floats | None = None, variance: Floats | None = None
) -> PairResiduals:
    """Residuals of pairs under any model that gives the chances of a win and of a tie.

    ``z = (x - N E) / sqrt(N V (1 - h))`` with ``x`` the points of the first person in ``N`` comparisons.

    Parameters
    ----------
    counts : PairCounts
        Comparisons by pair.
    win, tie : ndarray, shape (pairs,)
        Chances that the first person wins, and of a tie (optional).
    leverage : ndarray, shape (pairs,), optional
        Share ``h`` of the pair's information that went into its own prediction: information of the pair times the
        variance of the difference of its worths. None: taken as zero, which makes the residuals look too small.
    variance : ndarray, shape (pairs,), optional
        Variance of the pair's points, where its comparisons differ in their chances, as with an effect of the side: sum of
        the variances of the comparisons. Chances are means over the comparisons then, and there is no exact test.

    Returns
    -------
    PairResiduals

    Examples
    --------
    >>> import numpy as np
    >>> counts = PairCounts(2, np.array([0]), np.array([1]), np.array([9.0]), np.array([1.0]), np.zeros(1))
    >>> found = pair_residuals(counts, np.array([0.5]))
    >>> found.residual, found.standardised.round(3), found.p.round(4)
    (array([4.]), array([2.53]), array([0.0215]))
    """
    each = points(win, tie)
    observed: Floats = counts.wins_first + 0.5 * counts.ties
    expected: Floats = counts.total * each.mean
    left = np.ones_like(win) if leverage is None else 1 - leverage
    spread = (counts.total * each.variance if variance is None else variance) * np.where(left > _KNOWN, left, 0.0)
    residual: Floats = observed - expected
    with np.errstate(divide="ignore", invalid="ignore"):
        standardised = np.where(spread > 0, residual / np.sqrt(spread), np.nan)
    p: Floats = 2 * stats.norm.sf(np.abs(standardised))
    whole = np.abs(counts.total - np.rint(counts.total)) + np.abs(counts.wins_first - np.rint(counts.wins_first)) <= _WHOLE
    exact = whole & ~np.isnan(standardised)
    if tie is not None:
        exact &= tie <= 0
    if variance is not None:
        exact &= np.isclose(variance, counts.total * each.variance, rtol=_WHOLE)
    exact &= counts.ties <= 0
    size, won, chance = np.rint(counts.total[exact]), np.rint(counts.wins_first[exact]), win[exact]
    p[exact] = np.minimum(1.0, 2 * np.minimum(stats.binom.cdf(won, size, chance), stats.binom.sf(won - 1, size, chance)))
    return PairResiduals(observed, expected, residual, standardised, p)


def surprises(found: PairResiduals, *, at_least: float = 2.0, most: int = 20) -> Ints:
    """Pairs that came out most unlike the model, the largest standardised residual first.

    Parameters
    ----------
    found : PairResiduals
        From :func:`pair_residuals`.
    at_least : float
        Smallest absolute standardised residual.
    most : int
        Longest list; pairs as surprising as the last one are left out with it rather than chosen among.

    Returns
    -------
    ndarray of int
        Positions of the pairs.

    Examples
    --------
    >>> import numpy as np
    >>> first, second = np.triu_indices(3, 1)
    >>> counts = PairCounts(3, first, second, np.array([9.0, 5, 0]), np.array([1.0, 5, 10]), np.zeros(3))
    >>> surprises(pair_residuals(counts, np.full(3, 0.5)))
    array([2, 0])
    """
    size = np.nan_to_num(np.abs(found.standardised), nan=-1.0)
    order: Ints = np.argsort(-np.round(size, 9), kind="stable")
    order = order[size[order] >= at_least]
    if len(order) <= most:
        return order
    above: Ints = order[np.round(size[order], 9) > np.round(size[order[most]], 9)]
    return above

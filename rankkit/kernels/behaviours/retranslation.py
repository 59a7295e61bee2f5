"""Retranslation: which dimension independent judges see in an incident, how far they agree, and which dimensions they mix up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from rankkit.kernels.arrays import Bools, Floats, Ints

FEWEST_INCIDENTS = 3  # for an interval of kappa by leaving incidents out


def wilson(hits: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    r"""Wilson's score interval of a share.

    .. math:: \frac{p + z^2/2n \pm z\sqrt{p(1-p)/n + z^2/4n^2}}{1 + z^2/n}

    Parameters
    ----------
    hits, n : array of the same shape
        Successes and trials; no trials give ``nan``.
    level : float
        Confidence level.

    Returns
    -------
    (ndarray, ndarray)
        Lower and upper bounds.

    References
    ----------
    Wilson (1927), JASA 22, 209-212.

    Examples
    --------
    >>> low, high = wilson([6, 4], [10, 5])
    >>> low.round(5), high.round(5)
    (array([0.31267, 0.37553]), array([0.83182, 0.96378]))
    """
    k, n = np.asarray(hits, dtype=np.float64), np.asarray(n, dtype=np.float64)
    z2 = stats.norm.ppf((1 + level) / 2) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        p = k / n
        centre = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


@dataclass(frozen=True, eq=False)
class Retranslation:
    """What judges made of each incident; one entry an incident.

    Attributes
    ----------
    n : ndarray of int, shape (J,)
        Judges, those who saw no dimension in it included.
    winner : ndarray of int, shape (J,)
        The dimension most judges chose; ``-1`` where several share the first place or nobody chose one.
    runner_up : ndarray of int, shape (J,)
        The second; ``-1`` where there is none or several share the second place.
    agreement, low, high : ndarray, shape (J,)
        Largest share of judges on one dimension, with Wilson's interval; ``nan`` without judges.
    runner_share : ndarray, shape (J,)
        Share of the second dimension.
    entropy : ndarray, shape (J,)
        Shannon's entropy of the choices over its largest possible value: 0 all alike, 1 evenly spread.
    tied : ndarray of bool, shape (J,)
        Several dimensions share the first place.
    """

    n: Ints
    winner: Ints
    runner_up: Ints
    agreement: Floats
    low: Floats
    high: Floats
    runner_share: Floats
    entropy: Floats
    tied: Bools


def retranslate(counts: ArrayLike, none: ArrayLike | None = None, *, level: float = 0.95) -> Retranslation:
    r"""Agreement of judges on the dimension of each incident.

    .. math:: A_j = \max_d n_{jd} / n_j

    The interval is that of a share fixed in advance. The largest of several shares found in the same answers lies a little
    above the share in the population where two dimensions are nearly even; above .6 this does not matter.

    Parameters
    ----------
    counts : array of int, shape (J, D)
        Judges who put incident j into dimension d.
    none : array of int, shape (J,), optional
        Judges who saw none of the dimensions in it.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    Retranslation

    References
    ----------
    Smith & Kendall (1963), Journal of Applied Psychology 47, 149-155. Wilson (1927).

    Examples
    --------
    >>> found = retranslate([[6, 3, 1], [5, 5, 0]])
    >>> found.winner, found.agreement, found.low.round(2), found.high.round(2)
    (array([ 0, -1]), array([0.6, 0.5]), array([0.31, 0.24]), array([0.83, 0.76]))
    """
    c = np.asarray(counts, dtype=np.int64)
    outside = np.zeros(len(c), dtype=np.int64) if none is None else np.asarray(none, dtype=np.int64)
    n = c.sum(axis=1) + outside
    order = np.argsort(-c, axis=1, kind="stable")
    best = np.take_along_axis(c, order, axis=1)
    best = np.hstack([best, np.zeros((len(c), 3), dtype=np.int64)])  # so that there is a second and a third
    tied = (best[:, 0] == best[:, 1]) & (best[:, 0] > 0)
    winner = np.where(tied | (best[:, 0] == 0), -1, order[:, 0])
    second = order[:, 1] if c.shape[1] > 1 else np.full(len(c), -1)
    runner = np.where(tied | (best[:, 1] == 0) | (best[:, 1] == best[:, 2]), -1, second)
    low, high = wilson(best[:, 0], n, level)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.column_stack([c, outside]) / n[:, None]
        spread = -np.where(share > 0, share * np.log(np.where(share > 0, share, 1.0)), 0.0).sum(axis=1)
        kinds = c.shape[1] + (1 if none is not None else 0)
        entropy = np.where(n > 0, spread / np.log(max(kinds, 2)), np.nan)
        return Retranslation(n, winner, runner, best[:, 0] / n, low, high, best[:, 1] / n, entropy, tied)


@dataclass(frozen=True, eq=False)
class CategoryKappa:
    """Fleiss' kappa, over all dimensions and of each against the others.

    Attributes
    ----------
    value, low, high : ndarray, shape (D + 1,)
        One entry a dimension, the last over all; ``nan`` where nobody or everybody chose the dimension.
    incidents : int
        Incidents with two judges or more.
    """

    value: Floats
    low: Floats
    high: Floats
    incidents: int


def category_kappa(counts: ArrayLike, *, level: float = 0.95) -> CategoryKappa:
    r"""Fleiss' kappa by dimension, with intervals from leaving out one incident at a time.

    .. math:: \kappa_d = 1 - \frac{\overline{n_{jd}(n_j - n_{jd}) / n_j(n_j-1)}}{p_d (1 - p_d)}

    with the mean over incidents and :math:`p_d` the mean share. With the same number of judges everywhere these are the
    values of Fleiss (1971). The interval is t on the jackknife's standard error: other incidents, the same judges.

    Parameters
    ----------
    counts : array of int, shape (J, D)
        Judges who put incident j into dimension d; "none of these" is a column of its own.
    level : float
        Confidence level.

    Returns
    -------
    CategoryKappa

    References
    ----------
    Fleiss (1971), Psychological Bulletin 76, 378-382.

    Examples
    --------
    >>> category_kappa([[3, 0], [2, 1], [0, 3], [0, 3]]).value.round(4)
    array([0.6571, 0.6571, 0.6571])
    """
    c = np.asarray(counts, dtype=np.float64)
    c = c[c.sum(axis=1) >= 2]
    j, d = c.shape
    if not j:
        nothing = np.full(d + 1, np.nan)
        return CategoryKappa(nothing, nothing, nothing, 0)
    n = c.sum(axis=1, keepdims=True)
    apart, share = c * (n - c) / (n * (n - 1)), c / n
    value = _kappas(apart.mean(axis=0), share.mean(axis=0))
    if j < FEWEST_INCIDENTS:
        unknown = np.full(d + 1, np.nan)
        return CategoryKappa(value, unknown, unknown, j)
    without = np.array([_kappas((apart.sum(0) - apart[k]) / (j - 1), (share.sum(0) - share[k]) / (j - 1)) for k in range(j)])
    se = np.sqrt((j - 1) / j * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    half = stats.t.ppf((1 + level) / 2, j - 1) * se
    return CategoryKappa(value, np.clip(value - half, -1, 1), np.clip(value + half, -1, 1), j)


def _kappas(apart: Floats, p: Floats) -> Floats:
    """Kappa of each dimension, then over all."""
    with np.errstate(invalid="ignore", divide="ignore"):
        both = p * (1 - p)
        return np.append(np.where(both > 0, 1 - apart / both, np.nan), 1 - apart.sum() / both.sum() if both.sum() > 0 else np.nan)

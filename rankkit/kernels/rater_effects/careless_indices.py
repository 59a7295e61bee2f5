"""Signs that a rater may not have read the items: runs, flat forms, odd profiles, halves that disagree.

A row is one form, a rater's scores of one person. Each index is a description; none alone says much, and a flat form of one
person is ordinary halo (Curran 2016).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rater_effects.halo_indices import SameRater
from rankkit.kernels.rater_effects.rating_profiles import Profiles

_ITEMS = 3  # items a form needs before it can be called flat or odd
_FLOOR = 0.05  # smallest eigenvalue of a covariance, relative to their mean: gaps and near-copies must not make distances explode


def longest_run(sequence: Floats) -> Ints:
    """Longest run of one and the same score in each row, blanks skipped.

    Parameters
    ----------
    sequence : ndarray, shape (P, L)
        Scores in the order of presentation; NaN = blank.

    Returns
    -------
    ndarray of int, shape (P,)
        0 for a row of blanks.

    Examples
    --------
    >>> import numpy as np
    >>> longest_run(np.array([[4.0, 4, 5, 5, 5], [4, np.nan, 4, 4, 3]])).tolist()
    [3, 3]
    """
    P = len(sequence)
    run, best = np.zeros(P, dtype=np.int64), np.zeros(P, dtype=np.int64)
    last = np.full(P, np.nan)
    for column in sequence.T:
        seen = ~np.isnan(column)
        run = np.where(seen, np.where(column == last, run + 1, 1), run)
        last = np.where(seen, column, last)
        best = np.maximum(best, run)
    return best


def response_variability(rows: Floats) -> Floats:
    """Standard deviation of each form's scores (intra-individual response variability; Dunn et al. 2018).

    Parameters
    ----------
    rows : ndarray, shape (P, D)
        Scores; NaN = blank.

    Returns
    -------
    ndarray, shape (P,)
        NaN with fewer than three scores; 0 = a straight line.

    Examples
    --------
    >>> import numpy as np
    >>> response_variability(np.array([[4.0, 4, 4], [3, 4, 5], [3, 4, np.nan]]))
    array([ 0.,  1., nan])
    """
    seen = ~np.isnan(rows)
    k = seen.sum(axis=1)
    mean = np.where(seen, rows, 0.0).sum(axis=1) / np.maximum(k, 1)
    squares = (np.where(seen, rows - mean[:, None], 0.0) ** 2).sum(axis=1)
    return np.where(k >= _ITEMS, np.sqrt(squares / np.maximum(k - 1, 1)), np.nan)


def spread_over_people(level: Floats, rater: Ints, m: int) -> Floats:
    """Distance of each form's mean from the rater's median form, times √(n_r/(n_r − 1)) (Brown & Forsythe 1974).

    Parameters
    ----------
    level : ndarray, shape (P,)
        Mean score of each form.
    rater : ndarray of int, shape (P,)
        Codes.
    m : int
        Number of raters.

    Returns
    -------
    ndarray, shape (P,)
        NaN for raters of one person.

    Examples
    --------
    >>> import numpy as np
    >>> spread_over_people(np.array([3.0, 4, 5, 3]), np.array([0, 0, 0, 1]), 2).round(3)
    array([1.225, 0.   , 1.225,   nan])
    """
    n = np.bincount(rater, minlength=m)
    order = np.lexsort((level, rater))
    start = np.concatenate([[0], np.cumsum(n)[:-1]])
    filled = np.maximum(n, 1)
    ordered = level[order]
    last = max(len(ordered) - 1, 0)
    low = ordered[np.minimum(start + (filled - 1) // 2, last)]
    high = ordered[np.minimum(start + filled // 2, last)]
    away = np.abs(level - (low + high)[rater] / 2)
    size = n[rater]
    return np.where(size > 1, away * np.sqrt(size / np.maximum(size - 1, 1)), np.nan)


def profile_distance(data: Profiles) -> Floats:
    """How odd each form is: Mahalanobis distance from the rater's mean form, in the covariance within all raters.

    D² = aᵀS⁻¹a on the k dimensions rated, a the scores centred at the rater's means times √(n_r/(n_r − 1)), is about χ²_k for
    attentive raters, and is returned as the normal deviate {(D²/k)^⅓ − 1 + 2/(9k)}/√(2/(9k)) (Wilson & Hilferty 1931), so
    that forms with gaps count alike. One S serves all raters: with S from the *other* raters a rater's distances would be
    measured by another rod than theirs, and exchanging raters would reject in 10 % of attentive ones. Eigenvalues of S below
    a twentieth of their mean are raised to it.

    Parameters
    ----------
    data : Profiles
        Ratings.

    Returns
    -------
    ndarray, shape (P,)
        NaN with fewer than three scores, and for raters of one person.

    References
    ----------
    Mahalanobis (1936). Curran (2016), Journal of Experimental Social Psychology 66, 4–19.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((40, 1)) + 0.5 * rng.standard_normal((40, 4))
    >>> x[0] = [2.0, -2.0, 2.0, -2.0]
    >>> z = profile_distance(Profiles(np.tile(np.arange(20), 2), np.repeat([0, 1], 20), x, 20, 2))
    >>> int(np.argmax(z)), round(float(np.median(z)), 1)
    (0, -0.1)
    """
    a, mask = data.centred(), data.seen.astype(float)
    D = a.shape[1]
    size = data.to_raters(mask)[data.rater]
    a = a * np.sqrt(size / np.maximum(size - 1, 1))
    usable = (data.seen & (size > 1)).astype(float)
    rest = (a * usable).T @ (a * usable)
    n = usable.T @ usable
    k = usable.sum(axis=1)
    known = k >= _ITEMS
    if not known.any() or len(a) <= D:
        return np.full(len(a), np.nan)
    spread, axes = np.linalg.eigh(np.where(n > 0, rest / np.maximum(n, 1), 0.0))
    covariance = (axes * np.maximum(spread, max(_FLOOR * spread.mean(), 1e-300))) @ axes.T
    on = usable[known] > 0
    own = np.where(on[:, :, None] & on[:, None, :], covariance, np.eye(D))
    vector = np.where(on, a[known], 0.0)
    square = np.einsum("ij,ij->i", vector, np.linalg.solve(own, vector[:, :, None])[:, :, 0])
    unit = 2 / (9 * k[known])
    out = np.full(len(a), np.nan)
    out[known] = (np.cbrt(square / k[known]) - 1 + unit) / np.sqrt(unit)
    return out


@dataclass(frozen=True, eq=False)
class Consistency:
    """A rater's correlation of items against that of the other raters.

    Attributes
    ----------
    r, others : ndarray, shape (m,)
        Correlations; NaN where not known.
    p_low : ndarray, shape (m,)
        Probability of one this low or lower if the rater is as consistent as the others (t on n_r − 1).
    """

    r: Floats
    others: Floats
    p_low: Floats


def consistency(data: Profiles, same: SameRater) -> Consistency:
    """Compare each rater's mean atanh correlation with the mean over the other raters, weighted by n − 3.

    Parameters
    ----------
    data : Profiles
        What was correlated: halves of the form, or items.
    same : SameRater
        The correlations.

    Returns
    -------
    Consistency

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rater_effects.halo_indices import same_rater
    >>> x = np.array([[1.0, 1], [2, 3], [3, 2], [4, 5], [5, 4], [6, 6], [1, 3], [2, 6], [3, 1], [4, 5], [5, 2], [6, 4]])
    >>> halves = Profiles(np.tile(np.arange(6), 2), np.repeat([0, 1], 6), x, 6, 2)
    >>> consistency(halves, same_rater(halves, fewest=6)).r.round(2)
    array([ 0.87, -0.08])
    """
    n = same.n.astype(np.float64)
    known = np.isfinite(same.z)
    change = np.nan_to_num(same.left_out)
    centre = data.to_raters(change) / np.maximum(np.bincount(data.rater, minlength=data.m), 1)
    square = data.to_raters((change - centre[data.rater]) ** 2)
    variance = np.where(known, (n - 1) / np.maximum(n, 1) * square, 0.0)
    weight = np.where(known, np.maximum(n - 3, 1), 0.0)
    z = np.where(known, same.z, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = weight.sum() - weight
        others = (weight @ z - weight * z) / rest
        of_others = ((weight**2) @ variance - weight**2 * variance) / rest**2
        t = (same.z - others) / np.sqrt(variance + of_others)
    t[~np.isfinite(t)] = np.nan
    return Consistency(np.tanh(same.z), np.tanh(others), special.stdtr(np.maximum(n - 1, 1), t))


def at_least_two(p: Floats) -> Floats:
    """p-value of the hypothesis that fewer than two of K signs are real: (K − 1) p₍₂₎, whatever the dependence.

    Parameters
    ----------
    p : ndarray, shape (m, K)
        One-sided p-values of the kinds of signs; NaN = not known.

    Returns
    -------
    ndarray, shape (m,)
        NaN with fewer than two.

    References
    ----------
    Benjamini & Heller (2008), Screening for partial conjunction hypotheses, Biometrics 64, 1215–1222.

    Examples
    --------
    >>> import numpy as np
    >>> at_least_two(np.array([[0.001, 0.01, 0.8], [0.001, np.nan, np.nan]]))
    array([0.02,  nan])
    """
    known = (~np.isnan(p)).sum(axis=1)
    second = np.sort(np.where(np.isnan(p), np.inf, p), axis=1)[:, 1]
    second[known < 2] = np.nan
    return np.asarray(np.minimum((known - 1) * second, 1.0))

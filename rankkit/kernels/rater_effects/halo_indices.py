"""How strongly dimensions go together within one rater, and between two raters of the same person.

A row is one rater's profile of one person over D dimensions. Scores are centred at the rater's own mean of the dimension, so
that severity takes no part. Products of one rater's scores estimate what the dimensions share *including* the rater's
general impression and errors common to the dimensions; products of two raters' scores estimate what they share in the
persons themselves. The difference is halo in the sense of covariance, or a legitimate view of one's own.

Every statistic is recomputed with each person left out (jackknife over ratees): no random draws, no order of rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.rater_effects.rating_profiles import Profiles

CAP = 0.99  # correlations beyond it are cut before atanh
_ZERO = 1e-10  # of a mean square, below which a dimension is constant


@dataclass(frozen=True, eq=False)
class SameRater:
    """Correlations of dimensions within each rater.

    Attributes
    ----------
    correlation : ndarray, shape (m, K)
        r_r(d, d′) over the rater's ratees; NaN where fewer than ``fewest`` have both or one does not vary.
    z : ndarray, shape (m,)
        Mean of atanh r − r/(2(n−1)) over the pairs with a correlation (Hotelling 1953); NaN without any.
    pairs : ndarray of int, shape (m,)
        How many pairs that is.
    n : ndarray of int, shape (m,)
        Ratees with at least two dimensions.
    capped : ndarray of bool, shape (m,)
        Whether a correlation was cut at ±.99.
    left_out : ndarray, shape (P,)
        z with the row's ratee left out, less z; NaN where z is.
    """

    correlation: Floats
    z: Floats
    pairs: Ints
    n: Ints
    capped: Bools
    left_out: Floats


def _moments(data: Profiles) -> tuple[Ints, Ints, Floats]:
    """Pairs d < d′, and for each row what it adds to n, Σx, Σy, Σx², Σy², Σxy of the pair, shape (6, P, K)."""
    a, seen = data.centred(), data.seen.astype(float)
    i, j = np.triu_indices(a.shape[1], 1)
    both = seen[:, i] * seen[:, j]
    x, y = a[:, i] * both, a[:, j] * both
    return i, j, np.stack([both, x, y, x * x, y * y, x * y])


def _correlation(moments: Floats, fewest: int) -> Floats:
    """Correlation from n, Σx, Σy, Σx², Σy², Σxy."""
    n, x, y, xx, yy, xy = moments
    with np.errstate(divide="ignore", invalid="ignore"):
        vx, vy = xx - x * x / n, yy - y * y / n
        r = (xy - x * y / n) / np.sqrt(vx * vy)
    usable = (n >= fewest) & (vx > _ZERO * np.maximum(n, 1)) & (vy > _ZERO * np.maximum(n, 1))
    return np.asarray(np.where(usable, r, np.nan))


def _fisher(r: Floats, n: Floats) -> Floats:
    """Transform by atanh, cut at ±.99, less the bias r/(2(n−1))."""
    cut = np.clip(r, -CAP, CAP)
    return np.asarray(np.arctanh(cut) - cut / (2 * np.maximum(n - 1, 1)))


def same_rater(data: Profiles, *, fewest: int = 8, only: Bools | None = None) -> SameRater:
    """Correlate the dimensions over the ratees of each rater, and again with each ratee left out.

    Parameters
    ----------
    data : Profiles
        Ratings.
    fewest : int
        Ratees rated on both dimensions that a correlation needs.
    only : bool array, shape (K,), optional
        Pairs that count.

    Returns
    -------
    SameRater

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0, 2], [2, 1], [3, 4], [4, 3], [5, 5]])
    >>> one = Profiles(np.arange(5), np.zeros(5, int), x, 5, 1)
    >>> same_rater(one, fewest=5).correlation.round(2)
    array([[0.8]])
    """
    _, _, rows = _moments(data)
    total = np.stack([data.to_raters(part) for part in rows])
    r = _correlation(total, fewest)
    if only is not None:
        r[:, ~only] = np.nan
    used = ~np.isnan(r)
    pairs = used.sum(axis=1)
    z = np.where(used, _fisher(r, total[0]), 0.0).sum(axis=1) / np.maximum(pairs, 1)
    less = _correlation(total[:, data.rater] - rows, fewest - 1)
    # a correlation that hangs on one person alone is as uncertain as can be: without that person it is taken to be 0
    without = np.where(used[data.rater], np.nan_to_num(_fisher(less, total[0][data.rater] - rows[0])), 0.0)
    left_out = without.sum(axis=1) / np.maximum(pairs, 1)[data.rater] - z[data.rater]
    left_out[pairs[data.rater] == 0] = np.nan
    z[pairs == 0] = np.nan
    n = np.bincount(data.rater[data.seen.sum(axis=1) > 1], minlength=data.m)
    return SameRater(r, z, pairs, n, np.asarray((np.abs(r) > CAP).any(axis=1)), left_out)


@dataclass(frozen=True, eq=False)
class Covariances:
    """Pooled covariances of dimensions, D × D, and again with each ratee left out.

    Attributes
    ----------
    same : ndarray, shape (D, D)
        Within raters, one rater's scores with each other: persons + persons × raters + error.
    cross : ndarray, shape (D, D)
        One rater's scores with another's of the same person: persons only; NaN without second raters.
    same_without, cross_without : ndarray, shape (n, D, D)
        Without each ratee.
    rated : ndarray of int
        Ratees with a row.
    shared : ndarray of int
        Ratees with two or more raters.
    """

    same: Floats
    cross: Floats
    same_without: Floats
    cross_without: Floats
    rated: Ints
    shared: Ints


def covariances(data: Profiles) -> Covariances:
    r"""Covariances of dimensions within raters and between raters of the same person, with any gaps.

    Within raters: Σ_r SSP_r(d,d′)/Σ_r (n_r − 1). Between: with scores a centred at the rater's mean over A_rd (the ratees
    of r rated on d), E[a_ird a_isd′] = C_dd′ {1 − 1/|A_rd| − 1/|A_sd′| + |A_rd ∩ A_sd′|/(|A_rd||A_sd′|)}, so
    C_dd′ is the sum of products over ratees and ordered pairs of raters divided by the sum of the braces. In complete
    tables this is the covariance between raters; its diagonal is the variance of true scores, and
    mean_{d≠d′}(same − cross) is the ANOVA estimate of σ²_ir (Brennan 2001).

    Parameters
    ----------
    data : Profiles
        Ratings.

    Returns
    -------
    Covariances

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rater_effects.rating_profiles import Profiles
    >>> x = np.array([[1.0, 2], [2, 1], [3, 3], [1, 3], [2, 2], [3, 4]])
    >>> found = covariances(Profiles(np.tile(np.arange(3), 2), np.repeat([0, 1], 3), x, 3, 2))
    >>> found.cross.round(2)
    array([[1. , 0.5],
           [0.5, 1. ]])
    """
    a, seen = data.centred(), data.seen
    same, same_without = _within(data, a, seen)
    cross, cross_without = _between(data, a, seen)
    raters = np.bincount(data.ratee[seen.any(axis=1)], minlength=data.n)
    return Covariances(same, cross, same_without, cross_without, np.flatnonzero(raters), np.flatnonzero(raters > 1))


def _outer(rows: Floats) -> Floats:
    """Products of the columns of each row, shape (rows, D, D)."""
    return np.asarray(rows[:, :, None] * rows[:, None, :])


def _within(data: Profiles, a: Floats, seen: Bools) -> tuple[Floats, Floats]:
    """Pooled within-rater covariance, whole and without each ratee."""
    both = _outer(seen.astype(float))
    n = data.to_raters(both)
    x = data.to_raters(a[:, :, None] * both) / np.maximum(n, 1)  # mean of d where d′ is rated too
    left, right = a[:, :, None] - x[data.rater], a[:, None, :] - np.swapaxes(x, 1, 2)[data.rater]
    products = both * left * right
    df = np.maximum(n - 1, 0).sum(axis=0)
    total = products.sum(axis=0)
    size = n[data.rater]
    share = np.where(size > 1, size / np.maximum(size - 1, 1), 0.0)
    less = data.to_ratees(products * share)
    df_less = df - data.to_ratees(both * (size > 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(df > 0, total / df, np.nan), np.where(df_less > 0, (total - less) / df_less, np.nan)


def _between(data: Profiles, a: Floats, seen: Bools) -> tuple[Floats, Floats]:
    """Covariance between raters of the same person, whole and without each ratee."""
    mask = seen.astype(float)
    size = data.to_raters(mask)[data.rater]  # ratings of the rater on the dimension
    weight = mask / np.maximum(size, 1)
    products = _outer(data.to_ratees(a)) - data.to_ratees(_outer(a))
    k = data.to_ratees(mask)
    count = _outer(k) - data.to_ratees(_outer(mask))
    own = data.to_ratees(weight)
    lost = own[:, :, None] * k[:, None, :] - data.to_ratees(weight[:, :, None] * mask[:, None, :])
    freedom = (count - lost - np.swapaxes(lost, 1, 2)).sum(axis=0) + _overlaps(data, mask, weight)
    pairs, total = count.sum(axis=0), products.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.where(freedom > _ZERO, freedom, np.nan)
        whole = total / kept
        without = (total - products * (pairs / kept)) / np.where(kept - count > _ZERO, kept - count, np.nan)
    return whole, without


def _overlaps(data: Profiles, mask: Floats, weight: Floats) -> Floats:
    """Σ over ordered pairs of raters of |A_rd ∩ A_sd′|²/(|A_rd||A_sd′|), shape (D, D)."""
    D = mask.shape[1]
    where = (data.rater, data.ratee)
    shape = (data.m, data.n)
    raters = np.zeros((data.m, D))
    np.maximum.at(raters, data.rater, weight)  # 1/|A_rd|
    if bool((mask == mask[:, :1]).all()):  # whole profiles: all pairs of dimensions alike
        return np.full((D, D), _overlap(sparse.csr_array((mask[:, 0], where), shape=shape), None, raters[:, 0], raters[:, 0]))
    incidence = [sparse.csr_array((mask[:, d], where), shape=shape) for d in range(D)]
    out = np.empty((D, D))
    for d in range(D):
        for e in range(d, D):
            out[d, e] = out[e, d] = _overlap(incidence[d], incidence[e], raters[:, d], raters[:, e])
    return out


def _overlap(first: sparse.csr_array, second: sparse.csr_array | None, u: Floats, v: Floats) -> float:
    """Σ_{r≠s} c²_rs u_r v_s."""
    shared = first @ (first if second is None else second).T
    own = shared.diagonal() ** 2 @ (u * v)
    return float(u @ (shared.multiply(shared) @ v) - own)


@dataclass(frozen=True, eq=False)
class PairInflation:
    """Correlations of pairs of dimensions, same rater against the reference.

    Attributes
    ----------
    first, second : ndarray of int, shape (K,)
        Dimensions d < d′.
    same_rater, cross_rater : ndarray, shape (K,)
        Correlation within raters; between raters of one person, for single ratings.
    reference : ndarray, shape (K,)
        ρ̂ = r_cross/√(ICC_d ICC_d′), cut at ±.99; NaN where raters do not agree on a dimension at all.
    capped : ndarray of bool, shape (K,)
        Where it was cut.
    same_without, reference_without : ndarray, shape (n, K)
        atanh of the correlations without each ratee.
    """

    first: Ints
    second: Ints
    same_rater: Floats
    cross_rater: Floats
    reference: Floats
    capped: Bools
    same_without: Floats
    reference_without: Floats


def pair_inflation(found: Covariances) -> PairInflation:
    """Turn covariances into same-rater, cross-rater and disattenuated correlations of all pairs of dimensions.

    Parameters
    ----------
    found : Covariances
        From :func:`covariances`.

    Returns
    -------
    PairInflation

    References
    ----------
    Viswesvaran, Schmidt & Ones (2005), Journal of Applied Psychology 90, 108–131.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rater_effects.rating_profiles import Profiles
    >>> x = np.array([[1.0, 2], [2, 1], [3, 3], [1, 3], [2, 2], [3, 4]])
    >>> found = covariances(Profiles(np.tile(np.arange(3), 2), np.repeat([0, 1], 3), x, 3, 2))
    >>> pairs = pair_inflation(found)
    >>> pairs.same_rater.round(2), pairs.cross_rater.round(2), pairs.reference.round(2)
    (array([0.5]), array([0.5]), array([0.5]))
    """
    i, j = np.triu_indices(len(found.same), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.diagonal(found.same)
        cross = found.cross[i, j] / np.sqrt(own[i] * own[j])
        same = found.same[i, j] / np.sqrt(own[i] * own[j])
    raw, _ = _normed(found.cross[None], i, j)
    _, without = _normed(found.cross_without, i, j)
    _, same_without = _normed(found.same_without, i, j)
    usable = np.isfinite(same)
    return PairInflation(
        i, j, np.where(usable, same, np.nan), cross, np.clip(raw[0], -CAP, CAP), np.abs(raw[0]) > CAP,
        np.arctanh(same_without), np.arctanh(without),
    )  # fmt: skip


def _normed(c: Floats, i: Ints, j: Ints) -> tuple[Floats, Floats]:
    """Covariances over the roots of their variances, and cut at ±.99; NaN (and ±.99) where a variance is not positive."""
    variance = np.diagonal(c, axis1=1, axis2=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        r = c[:, i, j] / np.sqrt(np.where(variance > _ZERO, variance, np.nan)[:, i] * variance[:, j])
    # as a variance goes to zero its correlations leave the interval: without that person the reference is not known at all
    return r, np.where(np.isnan(r), np.sign(c[:, i, j]) * CAP, np.clip(r, -CAP, CAP))


def correlations_of(scores: ArrayLike) -> tuple[Floats, Floats]:
    """Correlate true scores of people on dimensions: atanh of the pairs d < d′, whole and without each person.

    Parameters
    ----------
    scores : array, shape (n, D)
        True scores, finite.

    Returns
    -------
    whole : ndarray, shape (K,)
    without : ndarray, shape (n, K)

    Examples
    --------
    >>> correlations_of([[1, 2], [2, 1], [3, 4], [4, 3], [5, 5]])[0].round(3)
    array([1.099])
    """
    x = np.asarray(scores, dtype=np.float64)
    n = len(x)
    one = covariances(Profiles(np.arange(n), np.zeros(n, dtype=np.int64), x, n, 1))
    i, j = np.triu_indices(x.shape[1], 1)
    whole, without = _normed(one.same[None], i, j)[1], _normed(one.same_without, i, j)[1]
    return np.arctanh(whole[0]), np.arctanh(without)

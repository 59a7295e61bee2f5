"""Which points of the scale each rater uses, and whether the middle is used more than the rater's level explains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from rankkit.kernels.arrays import Bools, Floats, Ints

_STEPS = 34  # halvings of the interval a threshold or shift is searched in: to 1e-9
_FARTHEST = 12.0  # standard deviations
_ROUNDS = 25
_CLOSE = 1e-4
_NONE = 1e-12


@dataclass(frozen=True, eq=False)
class CategoryUse:
    """Use of the categories. Vectors have one entry a rater; ``nan`` for raters without ratings.

    Attributes
    ----------
    counts : ndarray of int, shape (m, c)
        Ratings of each rater in each category, lowest first.
    used : ndarray of int
        Categories used at least once.
    entropy : ndarray
        H / log c: 0 = one category only, 1 = all alike.
    middle_share : ndarray
        Share of ratings in the middle category (the two middle ones of an even number).
    middle_expected : ndarray
        The share expected of a rater of the same level who divides the scale like all raters together.
    p : ndarray
        Of a larger middle share than expected (one-sided).
    """

    counts: Ints
    used: Ints
    entropy: Floats
    middle_share: Floats
    middle_expected: Floats
    p: Floats


def middle_categories(c: int) -> Bools:
    """Tell which of c categories are in the middle.

    >>> middle_categories(5).nonzero()[0], middle_categories(4).nonzero()[0]
    (array([2]), array([1, 2]))
    """
    at = np.arange(c)
    return np.asarray(np.abs(at - (c - 1) / 2) < 0.75)


def category_use(ratee: Ints, rater: Ints, dimension: Ints, category: Ints, c: int, n_raters: int) -> CategoryUse:
    """Count categories and compare the middle with its expectation.

    All raters together give thresholds on a normal latent scale, dimension by dimension. A rater's shift on that scale is
    the one that reproduces the rater's mean; the middle share at that shift is the expectation. The number of middle
    ratings is compared with the binomial distribution; where a rater gives several ratings to a ratee the number of ratings
    counts only as far as ratees differ (design effect, never below 1). Raters of the same ratees share what these are like,
    and the expectation follows them, so the test is conservative (.01 for .05 in complete crossings).

    Parameters
    ----------
    ratee, rater, dimension : ndarray of int, shape (N,)
        Codes of the ratings.
    category : ndarray of int, shape (N,)
        0 … c − 1.
    c, n_raters : int
        Numbers of categories and raters.

    Returns
    -------
    CategoryUse

    Examples
    --------
    >>> import numpy as np
    >>> r = np.repeat([0, 1], 10)
    >>> x = np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 4] + [2] * 9 + [1])
    >>> found = category_use(np.tile(np.arange(10), 2), r, np.zeros(20, int), x, 5, 2)
    >>> found.used, found.middle_share, found.p.round(3)
    (array([5, 2]), array([0.2, 0.9]), array([0.993, 0.015]))
    """
    counts = np.bincount(rater * c + category, minlength=n_raters * c).reshape(n_raters, c)
    n = counts.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = counts / n[:, None]
        entropy = special.entr(share).sum(axis=1) / np.log(c) if c > 1 else np.zeros(n_raters)
    middle = middle_categories(c)
    D = int(dimension.max(initial=0)) + 1
    by_dimension = np.bincount(rater * D + dimension, minlength=n_raters * D).reshape(n_raters, D)
    expected = _expected(dimension, category, c, D, by_dimension, counts)
    inside = middle[category]
    pi = expected[rater, dimension]
    key, place = np.unique(ratee * n_raters + rater, return_inverse=True)
    excess = np.bincount(place, inside - pi)
    people = np.bincount(key % n_raters, minlength=n_raters)
    clustered = np.bincount(key % n_raters, excess**2, n_raters)
    plain = np.bincount(rater, pi * (1 - pi), n_raters)
    with np.errstate(invalid="ignore", divide="ignore"):
        effect = np.maximum(clustered * (people / np.maximum(people - 1, 1)) / plain, 1.0)
        effect = np.where(people == n, 1.0, np.where(np.isfinite(effect), effect, 1.0))
        mean_pi = np.bincount(rater, pi, n_raters) / n
        k = np.bincount(rater, inside, n_raters) / effect
        size = n / effect
        p = np.where(k > 0, special.betainc(np.maximum(k, 1e-9), size - k + 1, mean_pi), 1.0)
    p[n == 0] = np.nan
    entropy[n == 0] = np.nan
    return CategoryUse(counts, (counts > 0).sum(axis=1), entropy, share[:, middle].sum(axis=1), mean_pi, p)


def _expected(dimension: Ints, category: Ints, c: int, D: int, by_dimension: Ints, counts: Ints) -> Floats:
    """Middle share expected of each rater on each dimension, shape (m, D).

    Thresholds reproduce the shares of all raters together given the raters' shifts, shifts the raters' means given the
    thresholds, in turn: shares of the mixture alone would be too wide wherever raters differ in level.
    """
    table = np.bincount(dimension * c + category, minlength=D * c).reshape(D, c)
    rows = table.sum(axis=1, keepdims=True)
    at_most = np.cumsum(table, axis=1)[:, :-1]
    at_most = rows * (at_most + 0.5) / (rows + 1)
    wanted = counts @ np.arange(c)
    shift = np.zeros(len(counts))
    weight = by_dimension[:, :, None].astype(np.float64)
    for _ in range(_ROUNDS):
        tau = _bisect(lambda t: (weight * special.ndtr(t[None] - shift[:, None, None])).sum(axis=0) - at_most, (D, c - 1))  # noqa: B023
        found = _bisect(lambda s: (weight * special.ndtr(s[:, None, None] - tau)).sum(axis=(1, 2)) - wanted, (len(counts),))  # noqa: B023
        found -= np.average(found, weights=np.maximum(counts.sum(axis=1), _NONE))
        done = float(np.abs(found - shift).max(initial=0.0)) < _CLOSE
        shift = found
        if done:
            break
    cumulative = special.ndtr(tau - shift[:, None, None])
    ends = np.zeros((len(counts), D, 1))
    return np.asarray(np.diff(np.concatenate([ends, cumulative, ends + 1], axis=2), axis=2)[:, :, middle_categories(c)].sum(axis=2))


def _bisect(increasing: Callable[[Floats], Floats], shape: tuple[int, ...]) -> Floats:
    """Root of a function that increases in every element."""
    low, high = np.full(shape, -_FARTHEST), np.full(shape, _FARTHEST)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        below = increasing(middle) < 0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2)

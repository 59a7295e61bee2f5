"""Two raters put people into categories: Cohen's kappa, plain and weighted, with the standard errors of large samples.

The tables of all pairs of raters are counted at once, as one sparse cross-product, so that a hundred raters cost little more
than two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse, special

from rankkit.kernels.arrays import Floats, Ints


@dataclass(frozen=True, eq=False)
class Kappa:
    """Cohen's kappa of one or several pairs of raters; every array has the leading shape of the tables, (…).

    Attributes
    ----------
    value : ndarray
        κ or weighted κ; NaN where chance alone gives full agreement (both raters use one and the same category) or n = 0.
    se : ndarray
        Standard error for intervals.
    se_null : ndarray
        Standard error where the two raters are independent, for the test of κ = 0.
    low, high : ndarray
        Interval, symmetric in the cube root of 1 − κ, t on n − 1 degrees of freedom; NaN where se is 0 or n < 3.
    z, p : ndarray
        Two-sided test of κ = 0.
    observed, expected : ndarray
        Weighted agreement observed and expected by chance.
    n : ndarray of int
        People both raters put into a category.
    """

    value: Floats
    se: Floats
    se_null: Floats
    low: Floats
    high: Floats
    z: Floats
    p: Floats
    observed: Floats
    expected: Floats
    n: Ints


def cohen_kappa(tables: ArrayLike, weights: ArrayLike | None = None, *, level: float = 0.95) -> Kappa:
    r"""Cohen's kappa of cross-tables of two raters.

    .. math:: \kappa = \frac{p_o - p_e}{1 - p_e}, \quad p_o = \sum w_{ij} p_{ij}, \quad p_e = \sum w_{ij} p_{i.} p_{.j}

    .. math:: n (1-p_e)^4 \sigma^2 = \sum p_{ij} [w_{ij}(1-p_e) - (\bar w_{i.} + \bar w_{.j})(1-p_o)]^2 - (p_o p_e - 2 p_e + p_o)^2

    and under independence :math:`n (1-p_e)^2 \sigma_0^2 = \sum p_{i.} p_{.j} [w_{ij} - \bar w_{i.} - \bar w_{.j}]^2 - p_e^2`.

    Parameters
    ----------
    tables : array, shape (…, q, q)
        People in category i by the first rater and j by the second.
    weights : array, shape (q, q), optional
        Agreement weights, 1 on the diagonal (:func:`rankkit.kernels.reliability.agreement_weights.weight_matrix`); the identity by default.
    level : float
        Confidence level.

    Returns
    -------
    Kappa

    Notes
    -----
    The estimate is skewed, its cube root of 1 − κ much less so. Simulated coverage of the interval at 95 % (2 to 5 categories):
    .93 to .96 from 100 people on, .87 to .95 with 30 to 50, .82 to .95 with 20, least for quadratic weights where whole
    categories go unused (κ ± z·se: .91 to .95, .86 to .97, .79 to .91).

    References
    ----------
    Cohen (1960), Educational and Psychological Measurement 20, 37-46; (1968), Psychological Bulletin 70, 213-220. Fleiss,
    Cohen & Everitt (1969), Psychological Bulletin 72, 323-327.

    Examples
    --------
    >>> found = cohen_kappa([[20, 5], [10, 15]])
    >>> float(found.value.round(4)), float(found.se.round(4)), float(found.se_null.round(4))
    (0.4, 0.127, 0.1386)
    """
    counts = np.asarray(tables, dtype=np.float64)
    q = counts.shape[-1]
    w = np.eye(q) if weights is None else np.asarray(weights, dtype=np.float64)
    n = counts.sum(axis=(-2, -1))
    with np.errstate(invalid="ignore", divide="ignore"):
        p = counts / n[..., None, None]
        row, column = p.sum(axis=-1), p.sum(axis=-2)
        chance = row[..., :, None] * column[..., None, :]
        po, pe = (w * p).sum(axis=(-2, -1)), (w * chance).sum(axis=(-2, -1))
        room = np.where(1 - pe > 1e-12, 1 - pe, np.nan)
        value = (po - pe) / room
        mean = (column @ w.T)[..., :, None] + (row @ w)[..., None, :]
        spread = (p * (w * room[..., None, None] - mean * (1 - po)[..., None, None]) ** 2).sum(axis=(-2, -1))
        left = spread - (po * pe - 2 * pe + po) ** 2
        left = np.where(left > 1e-12 * spread + 1e-15 * np.sqrt(spread), left, 0.0)  # what rounding leaves of two equal terms
        variance = left / (n * room**4)
        null = np.maximum((chance * (w - mean) ** 2).sum(axis=(-2, -1)) - pe**2, 0.0) / (n * room**2)
        se, se_null = np.sqrt(variance), np.sqrt(null)
        z = np.where(se_null > 1e-9, value / se_null, np.nan)
        low, high = complement_interval(value, se, n - 1, level)
    return Kappa(value, se, se_null, low, high, z, 2 * special.ndtr(-np.abs(z)), po, pe, n.astype(np.int64))


def complement_interval(value: ArrayLike, se: ArrayLike, df: ArrayLike, level: float, *, least: float = -1.0) -> tuple[Floats, Floats]:
    r"""Interval of an agreement coefficient, symmetric in the cube root of 1 − κ, with t on ``df``.

    .. math:: y = (1-\kappa)^{1/3}, \quad se_y = \frac{se}{3 (1-\kappa)^{2/3}}, \quad 1 - (y \pm t\, se_y)^3

    so that it cannot pass 1; cut at ``least``; NaN where se is 0 or df < 2.

    Examples
    --------
    >>> low, high = complement_interval(0.6, 0.1, 29, 0.95)
    >>> float(low.round(3)), float(high.round(3))
    (0.359, 0.772)
    """
    v, s, n = (np.asarray(x, dtype=np.float64) for x in (value, se, df))
    ok = (s > 0) & (v < 1) & (n >= 2)
    y = np.where(ok, np.cbrt(1 - v), np.nan)
    half = special.stdtrit(np.where(ok, n, 2.0), (1 + level) / 2) * s / (3 * y**2)
    return np.maximum(1 - (y + half) ** 3, least), 1 - np.maximum(y - half, 0.0) ** 3


@dataclass(frozen=True, eq=False)
class PairTables:
    """Cross-tables of all pairs of raters who share people.

    Attributes
    ----------
    first, second : ndarray of int, shape (P,)
        The two raters, first < second, pairs in ascending order.
    counts : ndarray of int, shape (P, q, q)
        People in category i by the first and j by the second.
    """

    first: Ints
    second: Ints
    counts: Ints


def pair_tables(unit: Ints, rater: Ints, category: Ints, n_categories: int) -> PairTables:
    """Count the cross-table of every pair of raters who coded the same units.

    Parameters
    ----------
    unit, rater, category : ndarray of int, shape (N,)
        One coding each: at most one a unit and rater.
    n_categories : int
        q.

    Returns
    -------
    PairTables

    Examples
    --------
    >>> import numpy as np
    >>> found = pair_tables(np.array([0, 0, 1, 1, 1]), np.array([0, 1, 0, 1, 2]), np.array([0, 0, 1, 0, 1]), 2)
    >>> list(zip(found.first.tolist(), found.second.tolist())), found.counts[0].tolist()
    ([(0, 1), (0, 2), (1, 2)], [[1, 0], [1, 0]])
    """
    q = n_categories
    shape = (int(unit.max(initial=-1)) + 1, (int(rater.max(initial=-1)) + 1) * q)
    used = sparse.csr_array((np.ones(len(unit), dtype=np.int64), (unit, rater * q + category)), shape=shape)
    shared = (used.T @ used).tocoo()
    a, i = np.divmod(shared.row.astype(np.int64), q)
    b, j = np.divmod(shared.col.astype(np.int64), q)
    above = a < b
    raters = shape[1] // q
    pairs, at = np.unique(a[above] * raters + b[above], return_inverse=True)
    counts = np.zeros((len(pairs), q, q), dtype=np.int64)
    counts[at, i[above], j[above]] = shared.data[above]
    first, second = np.divmod(pairs, max(raters, 1))
    return PairTables(first, second, counts)


def largest_kappa(tables: ArrayLike) -> Floats:
    """Largest unweighted κ the two raters' marginals allow (Cohen 1960): Σ min(p_i., p_.i) in place of p_o.

    Examples
    --------
    >>> float(largest_kappa([[20, 5], [10, 15]]).round(3))
    0.8
    """
    counts = np.asarray(tables, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = counts / counts.sum(axis=(-2, -1), keepdims=True)
        row, column = p.sum(axis=-1), p.sum(axis=-2)
        pe = (row * column).sum(axis=-1)
        room = np.where(1 - pe > 1e-12, 1 - pe, np.nan)
        return np.asarray((np.minimum(row, column).sum(axis=-1) - pe) / room)


@dataclass(frozen=True, eq=False)
class FleissTest:
    """Test of chance agreement for a complete design, and agreement category by category.

    Attributes
    ----------
    value : float
        Fleiss' κ.
    se_null, z, p : float
        Standard error under chance, and the two-sided test.
    category_value, category_se_null, category_z, category_p : ndarray, shape (q,)
        κ of each category against all others; NaN where nobody or everybody was put into it.
    specific : ndarray, shape (q,)
        Probability that a second rater uses the category given that the first did (specific agreement).
    """

    value: float
    se_null: float
    z: float
    p: float
    category_value: Floats
    category_se_null: Floats
    category_z: Floats
    category_p: Floats
    specific: Floats


def fleiss_test(counts: ArrayLike) -> FleissTest:
    r"""Fleiss' kappa of units coded by the same number m of raters, with its standard error under chance.

    .. math:: \sigma_0^2 = \frac{2}{N m (m-1)} \frac{(\sum p_j q_j)^2 - \sum p_j q_j (q_j - p_j)}{(\sum p_j q_j)^2}, \quad
              \sigma_0^2(\kappa_j) = \frac{2}{N m (m-1)}

    Parameters
    ----------
    counts : array, shape (N, q)
        Raters who put unit i into category j; every row sums to m ≥ 2.

    Returns
    -------
    FleissTest

    References
    ----------
    Fleiss (1971), Psychological Bulletin 76, 378-382. Fleiss, Nee & Landis (1979), Psychological Bulletin 86, 974-977.

    Examples
    --------
    >>> found = fleiss_test([[3, 0], [2, 1], [0, 3], [0, 3]])
    >>> round(found.value, 4), round(found.z, 4)
    (0.6571, 2.2764)
    """
    c = np.asarray(counts, dtype=np.float64)
    n, m = len(c), float(c[0].sum())
    p = c.sum(axis=0) / (n * m)
    both = p * (1 - p)
    apart = (c * (m - c)).sum(axis=0) / (n * m * (m - 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        value = 1 - apart.sum() / both.sum()
        variance = 2 / (n * m * (m - 1)) * (both.sum() ** 2 - (both * (1 - 2 * p)).sum()) / both.sum() ** 2
        se_null = np.sqrt(np.maximum(variance, 0.0))
        each = np.where(both > 0, 1 - apart / both, np.nan)
        each_se = np.where(both > 0, np.sqrt(2 / (n * m * (m - 1))), np.nan)
        z, each_z = value / se_null, each / each_se
        specific = np.where(p > 0, 1 - apart / p, np.nan)
    tails = 2 * special.ndtr(-np.abs(np.append(each_z, z)))
    return FleissTest(float(value), float(se_null), float(z), float(tails[-1]), each, each_se, each_z, tails[:-1], specific)

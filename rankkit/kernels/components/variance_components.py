"""Variance components from mean squares: balanced two- and three-way tables, nested raters, Henderson's method 1.

Each mean square is set equal to its expectation (Brennan 2001; Searle, Casella & McCulloch 1992). Estimates can be
negative; they are kept as ``raw`` and set to zero in ``estimates``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from rankkit.kernels.arrays import Floats


@dataclass(frozen=True, eq=False)
class BalancedComponents:
    """Mean squares of a random-effects analysis of variance and the components they imply.

    Attributes
    ----------
    names : tuple of str
        Effects, in the order of every array below.
    mean : float
        Grand mean, score units.
    sum_squares, df, mean_squares : ndarray, shape (k,)
        The analysis of variance table.
    raw : ndarray, shape (k,)
        Unbiased components, squared score units; may be negative, NaN where an effect has no degrees of freedom.
    estimates : ndarray, shape (k,)
        ``raw`` with negative values set to zero.
    coefficients : ndarray, shape (k, k)
        ``raw = coefficients @ mean_squares``.
    """

    names: tuple[str, ...]
    mean: float
    sum_squares: Floats
    df: Floats
    mean_squares: Floats
    raw: Floats
    estimates: Floats
    coefficients: Floats

    def covariance(self) -> Floats:
        """Return the sampling covariance of ``raw`` with MS² for E(MS)²: Σ 2 MS²/df over the mean squares (k, k)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            variance = np.where(self.df > 0, 2 * self.mean_squares**2 / self.df, np.nan)
        return np.asarray((self.coefficients * variance) @ self.coefficients.T)

    def __getitem__(self, name: str) -> float:
        """Component by name, negative values already zero."""
        return float(self.estimates[self.names.index(name)])


def _components(names: tuple[str, ...], mean: float, sum_squares: Floats, df: Floats, coefficients: Floats) -> BalancedComponents:
    """Divide, combine, cut at zero."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_squares = np.where(df > 0, sum_squares / df, np.nan)
    raw = np.array([row[row != 0] @ mean_squares[row != 0] for row in coefficients])
    return BalancedComponents(names, mean, sum_squares, df, mean_squares, raw, np.fmax(raw, 0.0), coefficients)


def two_way(y: ArrayLike) -> BalancedComponents:
    """Ratee × rater table without gaps: components of ratee, rater and residual (interaction and error together).

    Parameters
    ----------
    y : array, shape (n, m)
        Scores of n ratees by m raters; n, m ≥ 2 for the residual to exist.

    Returns
    -------
    BalancedComponents
        Names ``("ratee", "rater", "residual")``; σ²_i = (MS_i − MS_e)/m, σ²_r = (MS_r − MS_e)/n, σ²_e = MS_e.

    References
    ----------
    Shrout & Fleiss (1979); Brennan (2001), p × i design.

    Examples
    --------
    >>> found = two_way([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> found.raw.round(4)
    array([2.5556, 5.2444, 1.0194])
    """
    y = np.asarray(y, dtype=np.float64)
    n, m = y.shape
    mean = float(y.mean())
    z = y - mean
    ratee, rater = z.mean(axis=1), z.mean(axis=0)
    residual = z - ratee[:, None] - rater
    sums = np.array([m * (ratee @ ratee), n * (rater @ rater), np.vdot(residual, residual)])
    df = np.array([n - 1, m - 1, (n - 1) * (m - 1)], dtype=float)
    coefficients = np.array([[1 / m, 0, -1 / m], [0, 1 / n, -1 / n], [0, 0, 1]])
    return _components(("ratee", "rater", "residual"), mean, sums, df, coefficients)


def three_way(y: ArrayLike) -> BalancedComponents:
    """Ratee × rater × dimension table without gaps, one score a cell: seven random-effects components.

    Parameters
    ----------
    y : array, shape (n, m, D)
        Scores of n ratees by m raters on D dimensions, each ≥ 2.

    Returns
    -------
    BalancedComponents
        Names ``("ratee", "rater", "dimension", "ratee:rater", "ratee:dimension", "rater:dimension", "residual")``.

    Notes
    -----
    σ²_ir = (MS_ir − MS_e)/D, σ²_id = (MS_id − MS_e)/m, σ²_rd = (MS_rd − MS_e)/n,
    σ²_i = (MS_i − MS_ir − MS_id + MS_e)/(mD), σ²_r = (MS_r − MS_ir − MS_rd + MS_e)/(nD),
    σ²_d = (MS_d − MS_id − MS_rd + MS_e)/(nm).

    References
    ----------
    Brennan (2001), Generalizability Theory, p × i × o design.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.add.outer(np.add.outer([1.0, 3.0], [0.0, 1.0]), [0.0, 4.0])
    >>> three_way(y).estimates.round(6)
    array([2. , 0.5, 8. , 0. , 0. , 0. , 0. ])
    """
    y = np.asarray(y, dtype=np.float64)
    n, m, d = y.shape
    mean = float(y.mean())
    z = y - mean
    i, r, k = z.mean(axis=(1, 2)), z.mean(axis=(0, 2)), z.mean(axis=(0, 1))
    ir = z.mean(axis=2) - i[:, None] - r
    ik = z.mean(axis=1) - i[:, None] - k
    rk = z.mean(axis=0) - r[:, None] - k
    e = z - (ir + i[:, None] + r)[:, :, None] - (ik + k)[:, None, :] - rk
    sums = np.array([m * d * i @ i, n * d * r @ r, n * m * k @ k, d * np.vdot(ir, ir), m * np.vdot(ik, ik),
                     n * np.vdot(rk, rk), np.vdot(e, e)])  # fmt: skip
    a, b, c = n - 1, m - 1, d - 1
    df = np.array([a, b, c, a * b, a * c, b * c, a * b * c], dtype=float)
    # columns: MS of i, r, d, ir, id, rd, e
    signs = np.array(
        [
            [1, 0, 0, -1, -1, 0, 1],
            [0, 1, 0, -1, 0, -1, 1],
            [0, 0, 1, 0, -1, -1, 1],
            [0, 0, 0, 1, 0, 0, -1],
            [0, 0, 0, 0, 1, 0, -1],
            [0, 0, 0, 0, 0, 1, -1],
            [0, 0, 0, 0, 0, 0, 1],
        ],
        dtype=float,
    )
    coefficients = signs / np.array([m * d, n * d, n * m, d, m, n, 1])[:, None]
    names = ("ratee", "rater", "dimension", "ratee:rater", "ratee:dimension", "rater:dimension", "residual")
    return _components(names, mean, sums, df, coefficients)


def one_way(y: ArrayLike, group: ArrayLike, n_groups: int) -> BalancedComponents:
    """Scores nested in ratees (each ratee has raters of their own), any number of raters each.

    Parameters
    ----------
    y : array, shape (N,)
        Scores.
    group : int array, shape (N,)
        Ratee codes 0 … n_groups−1.
    n_groups : int
        Number of ratees; those without scores are left out.

    Returns
    -------
    BalancedComponents
        Names ``("ratee", "residual")``; σ²_i = (MS_i − MS_e)/n₀ with n₀ = (N − Σk²/N)/(n − 1). The residual holds
        rater severity too.

    References
    ----------
    Searle, Casella & McCulloch (1992), Variance Components, section 3.6.

    Examples
    --------
    >>> one_way([1, 3, 7, 9], [0, 0, 1, 1], 2).raw.tolist()
    [17.0, 2.0]
    """
    y = np.asarray(y, dtype=np.float64)
    group = np.asarray(group, dtype=np.int64)
    size = np.bincount(group, minlength=n_groups).astype(float)
    mean = float(y.mean())
    z = y - mean
    means = np.bincount(group, z, n_groups) / np.maximum(size, 1)
    within = z - means[group]
    total, n = float(len(y)), float(np.count_nonzero(size))
    sums = np.array([size @ means**2, within @ within])
    n0 = (total - size @ size / total) / (n - 1) if n > 1 else 1.0
    coefficients = np.array([[1 / n0, -1 / n0], [0, 1]])
    return _components(("ratee", "residual"), mean, sums, np.array([n - 1, total - n]), coefficients)


def method_one(counts: sparse.csr_array, sum_row: Floats, sum_col: Floats, squares: float) -> Floats:
    """Henderson's method 1 for two crossed random effects with gaps: components of row, column and residual.

    Parameters
    ----------
    counts : sparse array, shape (n, m)
        Number of scores in each cell.
    sum_row, sum_col : ndarray, shapes (n,) and (m,)
        Sums per level of scores centred at the grand mean.
    squares : float
        Sum of squares of the centred scores.

    Returns
    -------
    ndarray, shape (3,)
        Unbiased, possibly negative; NaN if the design does not separate the three.

    References
    ----------
    Henderson (1953), Estimation of variance and covariance components, Biometrics 9, 226–252.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
    >>> z = y - y.mean()
    >>> method_one(sparse.csr_array(np.ones_like(y)), z.sum(1), z.sum(0), (z**2).sum()).round(4)
    array([2.5556, 5.2444, 1.0194])
    """
    r = np.asarray(counts.sum(axis=1), dtype=float).ravel()
    c = np.asarray(counts.sum(axis=0), dtype=float).ravel()
    n = float(r.sum())
    per_r, per_c = 1 / np.maximum(r, 1), 1 / np.maximum(c, 1)
    squared = counts.copy()
    squared.data = counts.data**2
    rr, cc = n - r @ r / n, n - c @ c / n
    rc = per_r @ (squared @ np.ones(len(c))) - c @ c / n
    cr = (squared @ per_c).sum() - r @ r / n
    expected = np.array(
        [
            [rr, rc, np.count_nonzero(r) - 1.0],
            [cr, cc, np.count_nonzero(c) - 1.0],
            [rr, cc, n - 1.0],
        ]
    )
    observed = np.array([per_r @ sum_row**2, per_c @ sum_col**2, squares])
    size = np.abs(expected).max()
    if size == 0 or np.linalg.cond(expected / size) > 1e10:
        return np.full(3, np.nan)
    return np.asarray(np.linalg.solve(expected, observed))

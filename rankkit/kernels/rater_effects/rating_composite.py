"""Composite scores from ratings, and which linear combination of the raters' errors each of them carries.

A cell is one ratee × rater × dimension. The composite of ratee i is ``X_i = Σ_d w_d x_id / Σ_d w_d`` over the observed
dimensions, ``x_id`` the mean over raters. Rater r therefore enters with the coefficient ``c_ir = Σ_d w_d / (W_i n_id)``,
and with raters' composites ``z_ir = μ + α_i + β_r + ε_ir``, the error covariance is ``σ²_β C Cᵀ + σ²_ε diag(Σ_r c²_ir)``:
a rater's dimensions are never counted as independent evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import sparse, special

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.covariance import Covariance, Dense, Factor

_WEIGHT_SLACK = 1e-12  # rounding of sums of weights
_DENSE_LIMIT = 3000  # people up to which a centred covariance is formed in full
_SHRINK_BELOW = 8  # ratees below which a rater's own spread is too uncertain to divide by (CV above 27 %)


@dataclass(frozen=True, eq=False)
class Composite:
    """Composite scores and the raters' part in them.

    Attributes
    ----------
    score : ndarray, shape (n,)
        ``X_i``; ``nan`` where nothing was observed.
    weight_seen : ndarray, shape (n,)
        ``W_i``, the share of the total weight on observed dimensions.
    dimension_mean : ndarray, shape (n, D)
        ``x_id``; ``nan`` where not observed.
    ratee, rater : ndarray of int, shape (pairs,)
        The ratee × rater pairs with at least one rating.
    coefficient : ndarray, shape (pairs,)
        ``c_ir``.
    rater_score : ndarray, shape (pairs,)
        ``z_ir``, the rater's own composite; dimensions the rater left out are replaced by nothing but the
        difference of dimension means.
    n_raters : ndarray of int, shape (n,)
        Raters behind each score.
    partial : bool
        Whether some rater left out dimensions the ratee was rated on.
    """

    score: Floats
    weight_seen: Floats
    dimension_mean: Floats
    ratee: Ints
    rater: Ints
    coefficient: Floats
    rater_score: Floats
    n_raters: Ints
    n_rater_levels: int
    partial: bool

    @cached_property
    def loadings(self) -> sparse.csr_array:
        """``C``: coefficients as a ratee × rater matrix."""
        shape = (len(self.score), self.n_rater_levels)
        return sparse.csr_array((self.coefficient, (self.ratee, self.rater)), shape=shape)

    @cached_property
    def square(self) -> Floats:
        """``Σ_r c²_ir``, shape (n,)."""
        return np.asarray(np.bincount(self.ratee, weights=self.coefficient**2, minlength=len(self.score)), dtype=np.float64)


def composite(ratee: Ints, rater: Ints, dimension: Ints, score: Floats, weights: Floats, n_ratees: int, n_raters: int) -> Composite:
    """Form composites from cells.

    Parameters
    ----------
    ratee, rater, dimension : ndarray of int, shape (cells,)
        Codes; each cell at most once. ``rater`` may be ``-1`` throughout (averages without raters).
    score : ndarray, shape (cells,)
        Ratings.
    weights : ndarray, shape (D,)
        Dimension weights summing to one.
    n_ratees, n_raters : int
        Number of levels.

    Returns
    -------
    Composite

    Examples
    --------
    >>> import numpy as np
    >>> one = composite(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.zeros(4, int), np.array([4., 2., 5., 3.]), np.ones(1), 2, 2)
    >>> one.score, one.coefficient
    (array([3., 4.]), array([0.5, 0.5, 0.5, 0.5]))
    """
    D = len(weights)
    key = ratee * D + dimension
    n_id = np.bincount(key, minlength=n_ratees * D).reshape(n_ratees, D)
    with np.errstate(invalid="ignore", divide="ignore"):
        x = np.bincount(key, weights=score, minlength=n_ratees * D).reshape(n_ratees, D) / n_id
        seen = (n_id > 0) @ weights
        X = np.where(n_id > 0, x * weights, 0.0).sum(axis=1) / seen
    X[n_id.sum(axis=1) == 0] = np.nan
    grand = np.bincount(dimension, weights=score, minlength=D) / np.maximum(np.bincount(dimension, minlength=D), 1)
    pair_key = ratee * max(n_raters, 1) + np.maximum(rater, 0)
    pairs, place = np.unique(pair_key, return_inverse=True)
    pair_ratee, pair_rater = np.divmod(pairs, max(n_raters, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        m = weights[dimension] / (seen[ratee] * n_id[ratee, dimension])
        own = np.bincount(place, weights=weights[dimension])
        z = np.bincount(place, weights=weights[dimension] * (score - grand[dimension])) / own + grand @ weights
    coefficient = np.asarray(np.bincount(place, weights=np.nan_to_num(m)), dtype=np.float64)
    known = own > 0  # a rater who only rated dimensions of weight zero says nothing about the composite
    counted = np.bincount(pair_ratee[known], minlength=n_ratees)
    partial = bool((own[known] < seen[pair_ratee[known]] - _WEIGHT_SLACK).any())
    X[seen <= 0] = np.nan
    return Composite(X, seen, x, pair_ratee[known], pair_rater[known], coefficient[known], z[known], counted, n_raters, partial)


def raw_covariance(parts: Composite, keep: Ints, var_rater: float, var_residual: float) -> Covariance:
    """Error covariance of the composites: ``σ²_β C Cᵀ + σ²_ε diag(Σ_r c²_ir)``.

    Severity a person shares with another through a common rater enters their covariance and leaves their difference.

    Parameters
    ----------
    parts : Composite
        The composites.
    keep : ndarray of int
        The people wanted.
    var_rater, var_residual : float
        ``σ²_β`` and ``σ²_ε`` of the raters' composites.
    """
    return Factor(parts.loadings[keep] * np.sqrt(var_rater), parts.square[keep] * var_residual)


def centred_covariance(parts: Composite, keep: Ints, var_residual: float, var_level: float = 0.0) -> Covariance:
    """Error covariance after subtracting each rater's mean: ``σ²_ε (diag(Σ_r c²_ir) − C diag(1/n_r) Cᵀ) + var_level``.

    ``var_level`` is the error of the overall mean that was added again (:func:`panel_gradient`). Above 3000 people the
    second term is left out, which makes the intervals wider, never narrower.
    """
    if len(keep) > _DENSE_LIMIT:
        return Factor(sparse.csr_array(np.full((len(keep), 1), np.sqrt(var_level))), parts.square[keep] * var_residual)
    C = parts.loadings[keep].toarray()
    n_r = np.bincount(parts.rater, minlength=parts.n_rater_levels)
    shared = (C / np.maximum(n_r, 1)) @ C.T
    return Dense(var_residual * (np.diag(parts.square[keep]) - shared) + var_level)


def panel_gradient(parts: Composite) -> Floats:
    """Coefficients of (σ²_β, σ²_ε) in the error variance of the mean of all ratings: ``(Σ_r (N_r/N)², 1/N)``."""
    share = np.bincount(parts.rater) / len(parts.rater)
    return np.array([float(share @ share), 1 / len(parts.rater)])


def rater_gradient(parts: Composite, keep: Ints) -> tuple[Floats, Floats]:
    """Coefficients of (σ²_α, σ²_β, σ²_ε) in the error variance of each score, and of an average difference.

    Returns
    -------
    each : ndarray, shape (n, 3)
    average_difference : ndarray, shape (3,)
    """
    q = parts.square[keep]
    each = np.column_stack([np.zeros(len(keep)), q, q])
    n = len(keep)
    if n < 2:
        return each, np.array([0.0, 0.0, 2.0 * float(q.sum())])
    column = np.asarray(parts.loadings[keep].sum(axis=0)).ravel()
    shared = (float(column @ column) - float(q.sum())) / (n * (n - 1))
    return each, np.array([0.0, max(2 * (float(q.mean()) - shared), 0.0), 2 * float(q.mean())])


def adjust(
    rater: Ints, dimension: Ints, score: Floats, how: Literal["center", "z"], n_raters: int, n_dimensions: int
) -> tuple[Floats, Bools]:
    """Take each rater's level (and spread) out, dimension by dimension.

    ``center``: ``y − ȳ_rd + ȳ_d``. ``z``: ``(y − ȳ_rd) / s_rd``; where a rater has fewer than 8 ratees, ``s²_rd`` is pooled
    with the other raters', ``s̃² = (ν₀ s₀² + (n−1) s²) / (ν₀ + n − 1)``, ν₀ and s₀² from the spread of log s² across raters
    (Smyth 2004).

    Returns
    -------
    adjusted : ndarray, shape (cells,)
        ``nan`` for raters without any spread under ``z``.
    pooled : ndarray of bool, shape (n_raters,)
        Raters whose spread was pooled.
    """
    key = rater * n_dimensions + dimension
    size = n_raters * n_dimensions
    n = np.bincount(key, minlength=size)
    mean = np.bincount(key, weights=score, minlength=size) / np.maximum(n, 1)
    if how == "center":
        rated = np.maximum(np.bincount(dimension, minlength=n_dimensions), 1)
        grand = np.bincount(dimension, weights=score, minlength=n_dimensions) / rated
        return score - mean[key] + grand[dimension], np.zeros(n_raters, dtype=bool)
    residual = score - mean[key]
    df = np.maximum(n - 1, 0)
    variance = np.bincount(key, weights=residual**2, minlength=size) / np.maximum(df, 1)
    variance[variance < 1e-20 * max(float(np.max(score**2, initial=0.0)), 1.0)] = 0.0
    small = (n < _SHRINK_BELOW) & (n > 0)
    spread = np.where(small, shrunken_variance(variance, df), variance)
    spread[variance == 0] = 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        out = residual / np.sqrt(spread[key])
    out[spread[key] == 0] = np.nan
    pooled = np.bincount(np.arange(size) // n_dimensions, weights=small & (variance > 0), minlength=n_raters) > 0
    return out, pooled


def shrunken_variance(variance: Floats, df: Ints) -> Floats:
    """Pool sample variances towards a common one by moment matching of their logarithms (Smyth 2004, section 6.2).

    Examples
    --------
    >>> import numpy as np
    >>> shrunken_variance(np.array([1.0, 1.0, 1.0]), np.array([4, 4, 4])).round(6)
    array([1., 1., 1.])
    """
    use = (variance > 0) & (df > 0)
    pooled = float((df[use] * variance[use]).sum() / max(int(df[use].sum()), 1)) if use.any() else 0.0
    if use.sum() < 3:
        prior_df, prior = np.inf, pooled  # too few raters to say how much spreads differ: use the common one
    else:
        half = df[use] / 2
        e = np.log(variance[use]) - special.digamma(half) + np.log(half)
        excess = float(np.var(e, ddof=1) - special.polygamma(1, half).mean())
        prior_df = np.inf if excess <= 0 else 2 * _inverse_trigamma(excess)
        prior = pooled if np.isinf(prior_df) else float(np.exp(e.mean() + special.digamma(prior_df / 2) - np.log(prior_df / 2)))
    if np.isinf(prior_df):
        return np.where(df > 0, prior, prior)
    return np.asarray((prior_df * prior + df * variance) / (prior_df + df))


def _inverse_trigamma(x: float) -> float:
    """Solve trigamma(y) = x by Newton steps on 1/trigamma, which is nearly linear."""
    y = 0.5 + 1 / x
    for _ in range(50):
        tri = float(special.polygamma(1, y))
        step = tri * (1 - tri / x) / float(special.polygamma(2, y))
        y += step
        if abs(step) < 1e-10 * y:
            break
    return y

"""Least squares with one set of fixed effects, clustered by the unit the regressors belong to, with a bootstrap of units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.two_way_clusters import one_way
from rankkit.kernels.two_way_fixed import AbsorbedFit, absorbed_fit, two_way_fixed

_MEMORY = 10_000_000  # numbers in one block of resamples
_PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))


@dataclass(frozen=True, eq=False)
class ClusteredLine:
    """Two slopes and their difference.

    Attributes
    ----------
    slope : ndarray, shape (2,)
    se, df : ndarray, shape (3,)
        Of both slopes and of the second less the first.
    drawn : ndarray, shape (B, 2)
        Slopes of the resamples.
    """

    slope: Floats
    se: Floats
    df: Floats
    drawn: Floats


def clustered_line(y: Floats, X: Floats, cluster: Ints, effect: Ints, draws: int, seed: int = 0) -> ClusteredLine | None:
    """Regress ``y`` on two variables within levels of an effect, clustered.

    Parameters
    ----------
    y : ndarray, shape (N,)
        Response.
    X : ndarray, shape (N, 2)
        Regressors.
    cluster : ndarray of int, shape (N,)
        Units, which the bootstrap resamples (in the order of their data, so that labels decide nothing).
    effect : ndarray of int, shape (N,)
        Levels taken out.
    draws : int
        Resamples.
    seed : int
        Of the resamples.

    Returns
    -------
    ClusteredLine or None
        None where the regressors do not vary within levels, or are collinear, or nothing is left over.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((40, 2))
    >>> found = clustered_line(X @ [1.0, 2.0] + 0.1 * rng.standard_normal(40), X, np.arange(40), np.zeros(40, dtype=int), 99)
    >>> found.slope.round(1), found.se.round(2)
    (array([1., 2.]), array([0.01, 0.02, 0.02]))
    """
    design = two_way_fixed(effect, np.zeros_like(effect))
    turned = np.column_stack([X[:, 0] + X[:, 1], X[:, 1]])  # the second coefficient is the difference of the slopes
    fit, other = absorbed_fit(design, X, y), absorbed_fit(design, turned, y)
    if len(fit.used) < 2 or fit.df < 1 or not float(fit.residual @ fit.residual) > 0:
        return None
    errors = [one_way(fit, 0, cluster), one_way(fit, 1, cluster), one_way(other, 1, cluster)]
    if any(not e.variance > 0 for e in errors):
        return None
    se, df = np.array([e.se for e in errors]), np.array([e.df for e in errors])
    return ClusteredLine(fit.coefficient, se, df, _resampled(fit, y, X, cluster, effect, draws, seed))


def _resampled(fit: AbsorbedFit, y: Floats, X: Floats, cluster: Ints, effect: Ints, draws: int, seed: int) -> Floats:
    """Slopes when clusters are drawn with replacement, by weighted cross-products."""
    _, unit = np.unique(cluster, return_inverse=True)
    G = int(unit.max()) + 1
    total = np.column_stack([np.bincount(unit, v, G) for v in (y, *X.T)])
    unit = np.argsort(np.lexsort(total.T))[unit]
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(G, np.full(G, 1 / G), size=draws).astype(np.float64)
    _, level = np.unique(effect, return_inverse=True)
    shape = (G, int(level.max()) + 1)
    columns = [X[:, 0], X[:, 1], y]
    count, *sums = (sparse.csr_array((v, (unit, level)), shape=shape) for v in (np.ones(len(y)), *columns))
    squares = np.column_stack([np.asarray(np.bincount(unit, columns[a] * columns[b], G), dtype=np.float64) for a, b in _PAIRS])
    least = 1e-8 * float(np.linalg.det(fit.X.T @ fit.X))
    step = max(_MEMORY // (G + shape[1]), 1)
    parts = [_slopes(drawn[k : k + step], count, sums, squares, fit.coefficient, least) for k in range(0, draws, step)]
    return np.concatenate(parts)


def _slopes(weight: Floats, count: sparse.csr_array, sums: list[sparse.csr_array], squares: Floats, kept: Floats, least: float) -> Floats:
    """Weighted slopes, one row a resample; a resample without variation keeps the estimate."""
    n = np.maximum(np.asarray(weight @ count), 1e-300)
    totals = [np.asarray(weight @ s) for s in sums]
    raw = weight @ squares
    cross = np.empty((len(weight), 3, 3))
    for k, (a, b) in enumerate(_PAIRS):
        cross[:, a, b] = cross[:, b, a] = raw[:, k] - (totals[a] * totals[b] / n).sum(axis=1)
    gram, product = cross[:, :2, :2], cross[:, :2, 2]
    safe = gram[:, 0, 0] * gram[:, 1, 1] - gram[:, 0, 1] ** 2 > least
    out = np.tile(kept, (len(weight), 1))
    out[safe] = np.linalg.solve(gram[safe], product[safe, :, None])[:, :, 0]
    return np.asarray(out)

"""The first eigenvalue of the correlations of dimensions, against dimensions that have nothing to do with each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rankkit.kernels.arrays import Floats, Ints

_EXACT = 1000  # rows up to which orders are drawn, above which their normal limit


@dataclass(frozen=True, eq=False)
class ParallelAnalysis:
    """Eigenvalues of a correlation matrix beside those of dimensions in random order.

    Attributes
    ----------
    eigenvalues : ndarray, shape (D,)
        Largest first.
    null_mean, null_high : ndarray, shape (D,)
        Mean and 95 % point of the eigenvalues in random order, rank by rank.
    share : float
        λ₁/D.
    factors : int
        Leading eigenvalues above their 95 % point.
    p : float
        (1 + draws with a first eigenvalue as large)/(1 + draws).
    """

    eigenvalues: Floats
    null_mean: Floats
    null_high: Floats
    share: float
    factors: int
    p: float


def parallel_analysis(scores: ArrayLike, group: Ints | None = None, *, draws: int = 499, seed: int = 0) -> ParallelAnalysis:
    """Horn's parallel analysis with random order in place of random numbers, within groups.

    Parameters
    ----------
    scores : array, shape (n, D)
        Without gaps; every dimension varies within some group.
    group : int array, shape (n,), optional
        Rater of each row: scores are centred, and put in random order, within raters.
    draws : int
        Random orders.
    seed : int
        Their seed. Above 1000 rows correlations in random order are normal with the exact permutation variance
        Σ_g s_gd s_gd′/(n_g − 1), s the sums of squares in a group, and are drawn so; below, each dimension is sorted within its group, and
        groups and dimensions are taken in the order of their values, so names and the order of rows decide nothing.

    Returns
    -------
    ParallelAnalysis

    References
    ----------
    Horn (1965), A rationale and test for the number of factors in factor analysis, Psychometrika 30, 179–185. Buja & Eyuboglu
    (1992), Remarks on parallel analysis, Multivariate Behavioral Research 27, 509–540 (permutation).

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> general = rng.standard_normal((60, 1))
    >>> found = parallel_analysis(general + rng.standard_normal((60, 4)))
    >>> round(found.share, 2), found.factors, found.p
    (0.55, 1, 0.002)
    """
    x = np.asarray(scores, dtype=np.float64)
    n, D = x.shape
    group = np.zeros(n, dtype=np.int64) if group is None else np.asarray(group, dtype=np.int64)
    code = np.unique(group, return_inverse=True)[1]
    size = np.bincount(code)
    sums = np.stack([np.bincount(code, column) for column in x.T], axis=1)
    x = x - (sums / size[:, None])[code]
    x = x / np.sqrt((x**2).sum(axis=0))
    eigenvalues = np.linalg.eigvalsh(x.T @ x)[::-1]
    drawn = _in_random_order if n <= _EXACT else _normal
    null = drawn(x, code, size, draws, np.random.default_rng(seed))
    high = np.quantile(null, 0.95, axis=0)
    above = eigenvalues > high
    factors = D if above.all() else int(np.argmin(above))
    p = (1 + np.count_nonzero(null[:, 0] >= eigenvalues[0] - 1e-12)) / (1 + draws)
    return ParallelAnalysis(eigenvalues, null.mean(axis=0), high, float(eigenvalues[0] / D), factors, float(p))


def _in_random_order(x: Floats, code: Ints, size: Ints, draws: int, rng: np.random.Generator) -> Floats:
    """Eigenvalues with every dimension put in random order within groups, shape (draws, D)."""
    D = x.shape[1]
    columns = np.stack([column[np.lexsort((column, code))] for column in x.T])  # sorted within group
    start = np.concatenate([[0], np.cumsum(size)])
    spread = [(int(size[g]), *np.sort((columns[:, start[g] : start[g + 1]] ** 2).sum(axis=1)).round(9)) for g in range(len(size))]
    places = [np.arange(start[g], start[g + 1]) for g in sorted(range(len(size)), key=spread.__getitem__)]
    block = np.repeat(np.arange(len(places)), [len(p) for p in places])
    columns = columns[:, np.concatenate(places)]
    columns = columns[np.lexsort(columns.round(9).T[::-1])]
    null = np.empty((draws, D))
    for b in range(draws):
        order = np.argsort(block + rng.random((D, len(block))), axis=1)
        mixed = np.take_along_axis(columns, order, axis=1)
        null[b] = np.linalg.eigvalsh(mixed @ mixed.T)[::-1]
    return null


def _normal(x: Floats, code: Ints, size: Ints, draws: int, rng: np.random.Generator) -> Floats:
    """Eigenvalues where the correlations in random order are normal, shape (draws, D)."""
    squares = np.stack([np.bincount(code, column**2) for column in x.T])
    squares = squares[np.lexsort(np.sort(squares, axis=1).round(9).T[::-1])]
    variance = (squares / np.maximum(size - 1, 1)) @ squares.T
    i, j = np.triu_indices(len(squares), 1)
    matrices = np.broadcast_to(np.eye(len(squares)), (draws, len(squares), len(squares))).copy()
    matrices[:, i, j] = matrices[:, j, i] = rng.standard_normal((draws, len(i))) * np.sqrt(variance[i, j])
    return np.asarray(np.linalg.eigvalsh(matrices)[:, ::-1], dtype=np.float64)

"""Mantel's test: whether two matrices of the same dimensions go together, dimension by dimension exchanged.

The D(D−1)/2 pairs of D dimensions are not independent: each dimension is in D−1 of them. A regression over pairs counts them
as if they were and rejects far too often; exchanging whole dimensions does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike

from rankkit.kernels.arrays import Floats, Ints

_ALL = 7  # dimensions up to which all D! exchanges are visited
_BLOCK = 4_000_000  # entries of permuted matrices held at once
_EQUAL = 1e-9  # correlations closer than this are equal, summed in another order


@dataclass(frozen=True)
class MantelTest:
    """Correlation of two matrices over pairs of dimensions, against exchanging the dimensions of one.

    Attributes
    ----------
    r : float
        Correlation (partial if ``given``); NaN where one matrix is constant.
    p_greater, p_two : float
        Share of exchanges with an r as large, or as far from 0.
    sd, high : float
        Standard deviation and 95 % point of r over exchanges.
    p_smallest : float
        Smallest ``p_greater`` this pair of matrices could give.
    arrangements : int
        Exchanges visited, the one observed included.
    exact : bool
        Whether they are all there are.
    """

    r: float
    p_greater: float
    p_two: float
    sd: float
    high: float
    p_smallest: float
    arrangements: int
    exact: bool


def mantel(a: ArrayLike, b: ArrayLike, *, given: ArrayLike | None = None, draws: int = 9999, seed: int = 0) -> MantelTest:
    r"""Correlate two symmetric matrices over their pairs and test by exchanging dimensions.

    Parameters
    ----------
    a, b : array, shape (D, D) or (F, D, D)
        Symmetric; the diagonal is not read. Of stacks all F·D(D−1)/2 entries count, and the same exchange is made in all
        layers.
    given : array like ``b``, optional
        Matrix whose linear part is taken out of both (partial Mantel test); the residual of ``a`` is exchanged.
    draws : int
        Random exchanges where D > 7; up to 7 dimensions all D! are visited.
    seed : int
        Their seed; dimensions are taken in the order of their values, so names decide nothing.

    Returns
    -------
    MantelTest

    References
    ----------
    Mantel (1967), Cancer Research 27, 209–220. Smouse, Long & Sokal (1986), Systematic Zoology 35, 627–632. Legendre (2000),
    Journal of Statistical Computation and Simulation 67, 37–73 (exchange of residuals).

    Examples
    --------
    >>> import numpy as np
    >>> place = np.arange(5)
    >>> closeness = 1 / np.maximum(np.abs(place[:, None] - place), 1)
    >>> found = mantel(closeness + np.diag(place), closeness)
    >>> round(found.r, 6), round(found.p_greater, 4), found.arrangements
    (1.0, 0.0167, 120)
    """
    a, b = (np.atleast_3d(np.asarray(v, dtype=np.float64).T).T for v in (a, b))
    D = a.shape[-1]
    order = _by_value(a, b)
    a, b = a[:, order][:, :, order], b[:, order][:, :, order]
    i, j = np.triu_indices(D, 1)
    y = b[:, i, j].ravel()
    z = None if given is None else np.atleast_3d(np.asarray(given, dtype=np.float64).T).T[:, order][:, :, order][:, i, j].ravel()
    a = _residual_matrix(a, z, i, j)
    y, z = _without(y - y.mean(), None if z is None else z - z.mean()), None if z is None else z - z.mean()
    moves = _exchanges(D, draws, seed)
    r = _correlations(a, y, z, moves, i, j)
    if np.isnan(r[0]):
        nothing = float("nan")
        return MantelTest(nothing, nothing, nothing, nothing, nothing, nothing, len(r), D <= _ALL)
    p, two = np.mean(r >= r[0] - _EQUAL), np.mean(np.abs(r) >= abs(r[0]) - _EQUAL)
    smallest = np.mean(r >= r.max() - _EQUAL) if D <= _ALL else 1 / len(r)
    return MantelTest(float(r[0]), float(p), float(two), float(r.std()), float(np.quantile(r, 0.95)), float(smallest), len(r), D <= _ALL)


def _by_value(a: Floats, b: Floats) -> Ints:
    """Order dimensions by what their rows hold."""
    off = ~np.eye(a.shape[-1], dtype=bool)
    keys = [np.round(np.where(off, m, 0.0).sum(axis=(0, 2)), 9) for m in (a, b, a**2, b**2)]
    return np.lexsort(keys[::-1])


def _exchanges(D: int, draws: int, seed: int) -> Ints:
    """All orders of D dimensions, or random ones after the one observed."""
    if D <= _ALL:
        return np.array(list(permutations(range(D))))
    rng = np.random.default_rng(seed)
    return np.vstack([np.arange(D), rng.permuted(np.tile(np.arange(D), (draws, 1)), axis=1)])


def _without(x: Floats, z: Floats | None) -> Floats:
    """Residual of x on z, both centred."""
    if z is None or z @ z <= _EQUAL**2:
        return x
    return np.asarray(x - z * (x @ z) / (z @ z))


def _residual_matrix(a: Floats, z: Floats | None, i: Ints, j: Ints) -> Floats:
    """``a`` centred over its pairs and freed of z, as symmetric matrices again."""
    x = a[:, i, j].ravel()
    x = _without(x - x.mean(), None if z is None else z - z.mean())
    out = np.zeros_like(a)
    out[:, i, j] = out[:, j, i] = x.reshape(len(a), -1)
    return out


def _correlations(a: Floats, y: Floats, z: Floats | None, moves: Ints, i: Ints, j: Ints) -> Floats:
    """Correlation of y with every exchange of ``a`` (z taken out of it again)."""
    size = float(np.sqrt(y @ y))
    out = np.empty(len(moves))
    step = max(_BLOCK // max(len(y), 1), 1)
    for start in range(0, len(moves), step):
        move = moves[start : start + step]
        x = np.concatenate([layer[move[:, i], move[:, j]] for layer in a], axis=1)
        squares = np.einsum("ij,ij->i", x, x)
        if z is not None and z @ z > _EQUAL**2:
            squares = squares - (x @ z) ** 2 / (z @ z)
        with np.errstate(divide="ignore", invalid="ignore"):
            out[start : start + step] = (x @ y) / (np.sqrt(np.maximum(squares, 0)) * size)
    if size <= _EQUAL or np.abs(a).max(initial=0) <= _EQUAL:
        out[:] = np.nan
    return out

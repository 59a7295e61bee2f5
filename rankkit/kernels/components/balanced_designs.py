"""Analysis of variance and variance components of any complete balanced design, crossed, nested or both.

Mean squares are set equal to their expectations with every facet random (Cornfield & Tukey 1956; Brennan 2001).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.components.design_notation import DesignNotation
from rankkit.kernels.components.variance_components import BalancedComponents

_ROUNDING = 1e-26  # share of the total sum of squares that is rounding error


def analyse(y: ArrayLike, design: DesignNotation) -> BalancedComponents:
    r"""Sums of squares, mean squares and variance components of a complete table, one score a cell.

    .. math:: \sigma^2 = C^{-1} MS, \qquad C_{AB} = \prod_{f \notin B} n_f \; [A \subseteq B]

    Parameters
    ----------
    y : array
        One axis a facet, in the order of ``design.facets``; the axis of a nested facet numbers its conditions within
        those it is nested in. Finite.
    design : DesignNotation
        The design.

    Returns
    -------
    BalancedComponents
        Names as ``design.names``. A facet with one condition leaves effects without degrees of freedom: their components
        are NaN, and those of the others hold what they are confounded with.

    References
    ----------
    Cornfield & Tukey (1956), Annals of Mathematical Statistics 27, 907–949. Brennan (2001), sections 3.3 and 3.4.

    Examples
    --------
    >>> from rankkit.kernels.components.design_notation import parse
    >>> analyse([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], parse("p x r")).raw.round(4)
    array([2.5556, 5.2444, 1.0194])
    """
    y = np.asarray(y, dtype=np.float64)
    sizes = np.array(y.shape, dtype=np.float64)
    mean = float(y.mean())
    means = _means(y - mean, design)
    sums = np.array([_sum_of_squares(means[effect], design.primary(effect), effect, sizes) for effect in design.effects])
    sums[sums < _ROUNDING * max(float(sums.sum()), 1e-300)] = 0.0
    df = design.degrees_of_freedom(sizes)
    return _solved(design, mean, sums, df, sizes)


def _solved(design: DesignNotation, mean: float, sums: Floats, df: Floats, sizes: Floats) -> BalancedComponents:
    """Solve the expected mean squares for the effects that have degrees of freedom."""
    there = df > 0
    k = len(df)
    coefficients = np.zeros((k, k))
    kept = np.flatnonzero(there)
    expected = design.expected_mean_squares(sizes)[np.ix_(kept, kept)]
    if len(kept):
        coefficients[np.ix_(kept, kept)] = linalg.solve_triangular(expected, np.eye(len(kept)), check_finite=False)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_squares = np.where(there, sums / df, np.nan)
    raw = np.full(k, np.nan)
    raw[kept] = coefficients[np.ix_(kept, kept)] @ mean_squares[kept]
    return BalancedComponents(design.names, mean, sums, df, mean_squares, raw, np.fmax(raw, 0.0), coefficients)


def _means(z: Floats, design: DesignNotation) -> dict[frozenset[int], Floats]:
    """Means of every effect, each from the smallest table already averaged; axes kept."""
    everything = frozenset(range(z.ndim))
    out: dict[frozenset[int], Floats] = {everything: z}
    for effect in sorted(design.effects, key=len, reverse=True):
        if effect in out:
            continue
        nearest = min((e for e in out if e > effect), key=lambda e: out[e].size)
        out[effect] = np.asarray(out[nearest].mean(axis=tuple(nearest - effect), keepdims=True))
    return out


def _sum_of_squares(means: Floats, primary: frozenset[int], effect: frozenset[int], sizes: Floats) -> float:
    """Centre the means over the primary facets and add up the squares over all cells of the table."""
    deviation = means
    for axis in primary:
        deviation = deviation - deviation.mean(axis=axis, keepdims=True)
    cells = float(np.prod([n for f, n in enumerate(sizes) if f not in effect], initial=1.0))
    return cells * float(np.vdot(deviation, deviation))


def arranged(y: Floats, codes: Ints, design: DesignNotation) -> Floats | None:
    """Lay scores out as a complete table, one axis a facet.

    Parameters
    ----------
    y : array, shape (N,)
        Scores.
    codes : int array, shape (facets, N)
        Condition of each facet; those of a nested facet need to differ only within what it is nested in.
    design : DesignNotation
        The design.

    Returns
    -------
    ndarray or None
        None where cells are missing, hold several scores, or nested facets have unequal numbers of conditions.

    Examples
    --------
    >>> from rankkit.kernels.components.design_notation import parse
    >>> arranged(np.array([1.0, 2, 3, 4]), np.array([[7, 8, 9, 6], [0, 0, 1, 1]]), parse("r:p"))
    array([[1., 4.],
           [2., 3.]])
    """
    within = np.empty_like(codes)
    sizes = []
    for f, outer in enumerate(design.nested_in):
        nest = packed(codes[sorted(outer)]) if outer else np.zeros(len(y), dtype=np.int64)
        span = int(codes[f].max()) + 1
        pairs, place = np.unique(nest * span + codes[f], return_inverse=True)
        counts = np.bincount(pairs // span)
        if counts.min() != counts.max():
            return None
        within[f] = (np.arange(len(pairs)) % counts[0])[place]
        sizes.append(int(counts[0]))
    if int(np.prod(sizes)) != len(y):
        return None
    out = np.full(sizes, np.nan)
    out[tuple(within)] = y
    return None if np.isnan(out).any() else out


def packed(codes: Ints) -> Ints:
    """Number the distinct columns of a table of codes, shape (facets, N), in lexicographic order from 0."""
    key = np.zeros(codes.shape[1], dtype=np.int64)
    for row in codes:
        key = np.unique(key * (int(row.max(initial=0)) + 1) + row, return_inverse=True)[1].astype(np.int64)
    return key

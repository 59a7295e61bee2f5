"""How well judges, and people judged, fit the model of everybody's comparisons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.pairs.pair_residuals import Points

_NONE = 1e-9  # standard deviation of a mean square that cannot vary


@dataclass(frozen=True, eq=False)
class FitStatistics:
    """Mean squares of residuals by group: 1 is expected, more is noisier than the model, less is tamer.

    Attributes
    ----------
    load : ndarray, shape (groups,)
        Comparisons.
    infit, outfit : ndarray, shape (groups,)
        Mean square weighted by information, and unweighted: the latter is moved by single surprises between people
        far apart. NaN without comparisons.
    infit_z, outfit_z : ndarray, shape (groups,)
        Wilson-Hilferty standardised; NaN where the mean square cannot vary (all chances 1/2).
    """

    load: Floats
    infit: Floats
    outfit: Floats
    infit_z: Floats
    outfit_z: Floats


def fit_statistics(group: Ints, groups: int, scored: Floats, expected: Points, weight: Floats | None = None) -> FitStatistics:
    """Infit and outfit of groups of comparisons.

    With ``z = (x - E)/sqrt(V)``: outfit is the mean of ``z^2``, infit ``sum (x - E)^2 / sum V``. Standardised by
    ``(MS^(1/3) - 1) 3/q + q/3`` with ``q^2 = Var(infit) = sum (C - V^2) / (sum V)^2`` and
    ``q^2 = Var(outfit) = sum (C/V^2 - 1) / N^2``, ``C`` the fourth central moment; without ties ``C - V^2 = pq(1 - 4pq)``
    and ``C/V^2 - 1 = 1/(pq) - 4``.

    Parameters
    ----------
    group : ndarray of int, shape (rows,)
        Judge, or person, of each comparison.
    groups : int
        Number of groups.
    scored : ndarray, shape (rows,)
        Points of the left person: 1, 1/2 or 0.
    expected : Points
        Their moments.
    weight : ndarray, shape (rows,), optional
        Comparisons a row stands for.

    Returns
    -------
    FitStatistics

    Notes
    -----
    Wright, B. D. & Masters, G. N. (1982). *Rating Scale Analysis*. Wilson, E. B. & Hilferty, M. M. (1931). The
    distribution of chi-square. *PNAS*, 17.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.pairs.pair_residuals import points
    >>> found = fit_statistics(np.zeros(4, int), 1, np.array([1.0, 1, 0, 1]), points(np.array([0.9, 0.8, 0.9, 0.7])))
    >>> found.infit.round(3), found.outfit.round(3), found.outfit_z.round(3)
    (array([1.727]), array([2.447]), array([1.351]))
    """
    w = np.ones(len(scored)) if weight is None else weight

    def added(x: Floats) -> Floats:
        return np.bincount(group, w * x, groups).astype(np.float64)

    squared, variance, fourth = (scored - expected.mean) ** 2, expected.variance, expected.fourth
    with np.errstate(divide="ignore", invalid="ignore"):
        load, information = added(np.ones(len(scored))), added(variance)
        infit, outfit = added(squared) / information, added(squared / variance) / load
        q_in = np.sqrt(np.maximum(added(fourth - variance**2), 0.0)) / information
        q_out = np.sqrt(np.maximum(added(fourth / variance**2 - 1), 0.0)) / load
        return FitStatistics(load, infit, outfit, _wilson_hilferty(infit, q_in), _wilson_hilferty(outfit, q_out))


def _wilson_hilferty(mean_square: Floats, q: Floats) -> Floats:
    q = np.where(q > _NONE, q, np.nan)
    z: Floats = (np.cbrt(mean_square) - 1) * 3 / q + q / 3
    return z

"""Do some people's later scores fall short of what their earlier ones led to expect? A test in the aggregate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from rankkit.kernels.arrays import Bools, Floats, Ints


@dataclass(frozen=True)
class LaterScores:
    """Later scores of a group beside those of everybody else with the same earlier score and unit.

    Attributes
    ----------
    n, peers : int
        People of the group, and others; those of units without both are not compared.
    gap, se, low, high : float
        Mean difference of later scores at equal earlier scores within units.
    p : float
        Two-sided p by permutation within units.
    slope : float
        Slope of later on earlier scores within units.
    corrected : float
        The gap had the earlier scores no error (slope over reliability); ``nan`` if the reliability is not known.
    permutations : int
        Number drawn.
    """

    n: int
    peers: int
    gap: float
    se: float
    low: float
    high: float
    p: float
    slope: float
    corrected: float
    permutations: int


def later_scores(
    later: Floats,
    earlier: Floats,
    unit: Ints,
    group: Bools,
    *,
    reliability: float = np.nan,
    level: float = 0.95,
    permutations: int = 9999,
    seed: int = 0,
) -> LaterScores:
    r"""Compare later scores of a group with its peers.

    .. math:: y_{iu} = \alpha_u + \beta x_{iu} + \gamma g_{iu} + e_{iu}

    Interval of γ by least squares with HC3 standard errors; p by permuting the residuals of the model without γ inside units
    (Freedman & Lane), with the t statistic of γ.

    Parameters
    ----------
    later, earlier : ndarray, shape (n,)
        y and x.
    unit : ndarray of int, shape (n,)
        Unit codes; units without both sorts of people say nothing of γ and are left out.
    group : ndarray of bool, shape (n,)
        Who belongs to the group.
    reliability : float
        Of x within units, for ``corrected``.
    level, permutations, seed
        Confidence level, permutations, seed.

    Returns
    -------
    LaterScores
        With ``nan`` where fewer than three degrees of freedom are left.

    References
    ----------
    Freedman & Lane (1983), Journal of Business & Economic Statistics 1, 292–298. Long & Ervin (2000), The American Statistician
    54, 217–224, for HC3. Lord (1960), JASA 55, 307–321, for a covariate with error.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(3)
    >>> x, group = rng.normal(size=60), np.arange(60) < 12
    >>> found = later_scores(x + rng.normal(size=60) - 2.0 * group, x, np.zeros(60, int), group, permutations=199)
    >>> found.gap < -1, found.p
    (True, 0.005)
    """
    y, x, g = np.asarray(later, dtype=np.float64), np.asarray(earlier, dtype=np.float64), np.asarray(group, dtype=np.float64)
    u = np.unique(np.asarray(unit), return_inverse=True)[1]
    size = np.bincount(u)
    both = (np.bincount(u, g) > 0) & (np.bincount(u, g) < size)
    kept = both[u]
    y, x, g, u = y[kept], x[kept], g[kept], np.unique(u[kept], return_inverse=True)[1]
    n, units = len(y), int(u.max(initial=-1)) + 1
    nan = float("nan")
    df = n - units - 2
    if df < 3:
        return LaterScores(int(g.sum()), int(n - g.sum()), nan, nan, nan, nan, nan, nan, nan, 0)
    y_in, x_in, g_in = (_within(v, u) for v in (y, x, g))
    gx = g_in - x_in * _slope(g_in, x_in)  # γ rests on what of g is not in x and the units
    power = float(gx @ gx)
    slope_without = _slope(y_in, x_in)
    rest = y_in - slope_without * x_in
    if power <= 1e-12 * n:
        return LaterScores(int(g.sum()), int(n - g.sum()), nan, nan, nan, nan, nan, nan, nan, 0)
    gap = float(gx @ rest) / power
    slope = _slope(y_in - gap * g_in, x_in)
    residual = y_in - slope * x_in - gap * g_in
    leverage = 1 / np.bincount(u)[u] + _share(x_in) + gx**2 / power
    se = float(np.sqrt(((gx * residual / np.maximum(1 - leverage, 1e-6)) ** 2).sum()) / power)
    half = float(stats.t.ppf((1 + level) / 2, df)) * se
    rng = np.random.default_rng(seed)
    observed = _statistic(gx, x_in, rest, power, df)
    order = np.argsort(u, kind="stable")
    hits = sum(
        int(_statistic(gx, x_in, _within(rest[_shuffled(rng, u, order)], u), power, df) >= observed - 1e-9) for _ in range(permutations)
    )
    corrected = nan
    if reliability > 0:
        apart = float(g_in @ x_in) / float(g_in @ g_in)  # how far the group's earlier scores lie from its peers'
        corrected = gap + (slope - slope / reliability) * apart
    return LaterScores(
        int(g.sum()), int(n - g.sum()), gap, se, gap - half, gap + half, (hits + 1) / (permutations + 1), slope, corrected, permutations
    )  # fmt: skip


def _within(v: Floats, u: Ints) -> Floats:
    return np.asarray(v - (np.bincount(u, v) / np.bincount(u))[u])


def _slope(v: Floats, x: Floats) -> float:
    power = float(x @ x)
    return float(v @ x) / power if power > 0 else 0.0


def _share(x: Floats) -> Floats:
    power = float(x @ x)
    return np.asarray(x**2 / power) if power > 0 else np.zeros_like(x)


def _statistic(gx: Floats, x: Floats, rest: Floats, power: float, df: int) -> float:
    """|t| of γ for residuals of the model without it."""
    rest = rest - _slope(rest, x) * x
    gap = float(gx @ rest) / power
    left = rest - gap * gx
    scale = float(left @ left) / df
    return abs(gap) / np.sqrt(scale / power) if scale > 0 else np.inf


def _shuffled(rng: np.random.Generator, u: Ints, order: Ints) -> Ints:
    """Places of a permutation inside units."""
    draw = np.lexsort((rng.random(len(u)), u))
    out = np.empty_like(order)
    out[order] = draw
    return out

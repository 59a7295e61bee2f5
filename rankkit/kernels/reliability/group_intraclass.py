"""How far members of a group are alike: ICC(1) and ICC(1,k) of scores nested in groups of any sizes.

ICC(1) is the share of variance between groups; ICC(1,k), often printed "ICC(2)", the reliability of group means.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from rankkit.kernels.arrays import Floats


@dataclass(frozen=True, eq=False)
class GroupIntraclass:
    """One-way intraclass correlations.

    Attributes
    ----------
    single, single_low, single_high : float
        ICC(1), one member; may be negative. NaN if the scores do not vary or no group has two members.
    mean, mean_low, mean_high : float
        ICC(1,k), a group's mean, (MS_B − MS_W)/MS_B.
    f, df1, df2, p : float
        F test of no differences between groups.
    between, within : float
        Variance components, squared score units; ``between`` may be negative.
    size : float
        n₀ = (N − Σn²/N)/(g − 1), the size a group counts as.
    harmonic_size : float
        Harmonic mean of the group sizes.
    groups, n : int
        Groups and scores.
    level : float
        Confidence level.
    """

    single: float
    single_low: float
    single_high: float
    mean: float
    mean_low: float
    mean_high: float
    f: float
    df1: float
    df2: float
    p: float
    between: float
    within: float
    size: float
    harmonic_size: float
    groups: int
    n: int
    level: float


def group_intraclass(y: ArrayLike, group: ArrayLike, n_groups: int, *, level: float = 0.95) -> GroupIntraclass:
    r"""One-way random-effects intraclass correlations of groups.

    .. math:: ICC(1) = \frac{MS_B - MS_W}{MS_B + (n_0 - 1) MS_W}, \qquad ICC(1,k) = \frac{MS_B - MS_W}{MS_B}

    Parameters
    ----------
    y : array, shape (N,)
        Scores.
    group : int array, shape (N,)
        Codes 0 … n_groups − 1; groups without scores are left out.
    n_groups : int
        Number of codes.
    level : float
        Confidence level.

    Returns
    -------
    GroupIntraclass
        Intervals are exact for groups of one size; otherwise Thomas and Hultquist's, from the variance of unweighted group
        means times the harmonic size.

    References
    ----------
    Bartko (1976), Psychological Bulletin 83, 762–765. Thomas & Hultquist (1978), Annals of Statistics 6, 582–587. Burdick &
    Graybill (1992), section 4.3. Bliese (2000) on ICC(1) and ICC(2).

    Examples
    --------
    >>> found = group_intraclass([1.0, 3, 7, 9], [0, 0, 1, 1], 2)
    >>> round(found.single, 3), round(found.mean, 3), found.f
    (0.895, 0.944, 18.0)
    """
    y = np.asarray(y, dtype=np.float64)
    code = np.asarray(group, dtype=np.int64)
    count = np.bincount(code, minlength=n_groups).astype(np.float64)
    there = count > 0
    sizes = count[there]
    g, n = len(sizes), len(y)
    z = y - (y.mean() if n else 0.0)
    means = (np.bincount(code, z, n_groups) / np.maximum(count, 1))[there]
    place = np.cumsum(there) - 1
    within = _square(z - means[place[code]], z)
    between = float(sizes @ means**2)
    df1, df2 = float(g - 1), float(n - g)
    nothing = float("nan")
    size = float((n - sizes @ sizes / n) / df1) if g > 1 else nothing
    harmonic = float(g / (1 / sizes).sum()) if g else nothing
    if df1 < 1 or df2 < 1 or between + within == 0:
        blank = (nothing,) * 6
        return GroupIntraclass(*blank, nothing, df1, df2, nothing, nothing, nothing, size, harmonic, g, n, level)
    msb, msw = between / df1, within / df2
    unweighted = harmonic * float(np.var(means, ddof=1))
    tail = (1 - level) / 2
    if msw == 0:
        ends = (1.0, 1.0)
        f = np.inf
    else:
        f = msb / msw
        ratio = unweighted / msw
        ends = ratio / float(special.fdtri(df1, df2, 1 - tail)), ratio * float(special.fdtri(df2, df1, 1 - tail))
    low, high = ((e - 1) / (e + harmonic - 1) if msw > 0 else 1.0 for e in ends)
    mean_low, mean_high = ((1 - 1 / e) if e > 0 else -np.inf for e in ends) if msw > 0 else (1.0, 1.0)
    return GroupIntraclass(
        single=(msb - msw) / (msb + (size - 1) * msw),
        single_low=low,
        single_high=high,
        mean=(msb - msw) / msb if msb > 0 else -np.inf,
        mean_low=mean_low,
        mean_high=mean_high,
        f=f,
        df1=df1,
        df2=df2,
        p=float(stats.f.sf(f, df1, df2)),
        between=(msb - msw) / size,
        within=msw,
        size=size,
        harmonic_size=harmonic,
        groups=g,
        n=n,
        level=level,
    )


def _square(residual: Floats, total: Floats) -> float:
    """Sum of squares, zero where it is only rounding error."""
    whole = float(total @ total)
    part = float(residual @ residual)
    return part if part > 1e-26 * max(whole, 1e-300) else 0.0

"""The six classic intraclass correlations, each with its form named, from complete tables or variance components.

Sources: Shrout & Fleiss (1979) for the forms (1), (2), (3); McGraw & Wong (1996) for the names A (absolute agreement)
and C (consistency) and the intervals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from rankkit.kernels.arrays import Floats
from rankkit.kernels.components.component_intervals import pivotal_components, pseudo_mean_squares
from rankkit.kernels.components.variance_components import two_way

FORMS = ("ICC(1,1)", "ICC(A,1)", "ICC(C,1)", "ICC(1,k)", "ICC(A,k)", "ICC(C,k)")
_DRAWS = 4_000  # antithetic; an interval's end is known to a fifteenth of its distance from the estimate
SHROUT_FLEISS = ("ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)")


@dataclass(frozen=True, eq=False)
class IntraclassTable:
    """Six intraclass correlations, in the order of ``forms``.

    Attributes
    ----------
    forms, shrout_fleiss : tuple of str
        McGraw & Wong's and Shrout & Fleiss's names.
    estimate, low, high : ndarray, shape (6,)
        Coefficients and the ends of their intervals. May be negative. NaN where scores do not vary.
    f, df1, df2, p : ndarray, shape (6,)
        F test of no ratee variance; NaN for method "reml".
    level : float
        Confidence level.
    n : int
        Ratees.
    k : float
        Raters averaged in the forms with k.
    method : {"anova", "reml"}
        Complete table, or variance components of any design.
    """

    forms: tuple[str, ...]
    shrout_fleiss: tuple[str, ...]
    estimate: Floats
    low: Floats
    high: Floats
    f: Floats
    df1: Floats
    df2: Floats
    p: Floats
    level: float
    n: int
    k: float
    method: Literal["anova", "reml"]

    def __getitem__(self, form: str) -> float:
        """Estimate by either name."""
        names = self.forms if form in self.forms else self.shrout_fleiss
        return float(self.estimate[names.index(form)])


def spearman_brown(single: ArrayLike, k: float) -> Floats:
    """Reliability of a mean of k raters from that of one: kρ/(1 + (k−1)ρ).

    Parameters
    ----------
    single : array
        Single-rater coefficients.
    k : float
        Raters averaged.

    Returns
    -------
    ndarray

    References
    ----------
    Spearman (1910); Brown (1910).

    Examples
    --------
    >>> spearman_brown([0.5, 0.2], 4).round(3).tolist()
    [0.8, 0.5]
    """
    rho = np.asarray(single, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(k * rho / (1 + (k - 1) * rho))


def intraclass(y: ArrayLike, *, level: float = 0.95) -> IntraclassTable:
    r"""Six intraclass correlations of a table without gaps, with F tests and exact or Satterthwaite intervals.

    .. math:: ICC(1,1) = \frac{MS_R - MS_W}{MS_R + (k-1) MS_W}, \quad
              ICC(A,1) = \frac{MS_R - MS_E}{MS_R + (k-1) MS_E + k (MS_C - MS_E)/n}, \quad
              ICC(C,1) = \frac{MS_R - MS_E}{MS_R + (k-1) MS_E}

    Parameters
    ----------
    y : array, shape (n, k)
        Scores of n ratees by the same k raters, n, k ≥ 2, finite.
    level : float
        Confidence level.

    Returns
    -------
    IntraclassTable
        Forms with k are the Spearman–Brown steps of the single forms, and so are their intervals.

    References
    ----------
    Shrout & Fleiss (1979), Psychological Bulletin 86, 420–428. McGraw & Wong (1996), Psychological Methods 1, 30–46.

    Examples
    --------
    >>> table = intraclass([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> table.estimate.round(4)
    array([0.1657, 0.2898, 0.7148, 0.4428, 0.6201, 0.9093])
    """
    y = np.asarray(y, dtype=np.float64)
    n, k = y.shape
    anova = two_way(y)
    msr, msc, mse = _cleaned(anova.sum_squares) / anova.df
    msw = (n * msc * (k - 1) / n + mse * (n - 1) * (k - 1)) / (n * (k - 1)) if k > 1 else np.nan
    tail = (1 - level) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        one = (msr - msw) / (msr + (k - 1) * msw)
        agreement = (msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n)
        consistency = (msr - mse) / (msr + (k - 1) * mse)
        f = np.array([msr / msw, msr / mse, msr / mse])
        df1, df2 = n - 1.0, np.array([n * (k - 1.0), (n - 1.0) * (k - 1), (n - 1.0) * (k - 1)])
        f_low, f_high = f / _f_upper(tail, df1, df2), f * _f_upper(tail, df2, df1)
        low = (f_low - 1) / (f_low + k - 1)
        high = (f_high - 1) / (f_high + k - 1)
        low[~np.isfinite(f_low) & ~np.isnan(f_low)] = 1.0
        high[~np.isfinite(f_high) & ~np.isnan(f_high)] = 1.0
        low[1], high[1] = _agreement_interval(agreement, msr, msc, mse, n, k, tail)
    single = np.array([one, agreement, consistency])
    return IntraclassTable(
        FORMS,
        SHROUT_FLEISS,
        estimate=np.r_[single, spearman_brown(single, k)],
        low=np.r_[low, spearman_brown(low, k)],
        high=np.r_[high, spearman_brown(high, k)],
        f=np.tile(f, 2),
        df1=np.full(6, df1),
        df2=np.tile(df2, 2),
        p=np.tile(stats.f.sf(f, df1, df2), 2),
        level=level,
        n=n,
        k=float(k),
        method="anova",
    )


def _cleaned(sums: Floats) -> Floats:
    """Set sums of squares that are only rounding error to zero."""
    return np.where(sums > 1e-26 * max(float(sums.sum()), 1e-300), sums, 0.0)


def _f_upper(tail: float, df1: float | Floats, df2: float | Floats) -> Floats:
    """Upper quantile of F."""
    return np.asarray(special.fdtri(df1, df2, 1 - tail))


def _agreement_interval(rho: float, msr: float, msc: float, mse: float, n: int, k: int, tail: float) -> tuple[float, float]:
    """Interval of ICC(A,1) with Satterthwaite's degrees of freedom (McGraw & Wong 1996, table 7)."""
    a, b = k * rho / (n * (1 - rho)), 1 + k * rho * (n - 1) / (n * (1 - rho))
    v = (a * msc + b * mse) ** 2 / ((a * msc) ** 2 / (k - 1) + (b * mse) ** 2 / ((n - 1) * (k - 1)))
    if not np.isfinite(v) or v <= 0:
        return (1.0, 1.0) if msr > 0 and msc == 0 and mse == 0 else (np.nan, np.nan)
    f_low, f_high = float(_f_upper(tail, n - 1.0, v)), float(_f_upper(tail, v, n - 1.0))
    spread = k * msc + (k * n - k - n) * mse
    low = n * (msr - f_low * mse) / (f_low * spread + n * msr)
    high = n * (f_high * msr - mse) / (spread + n * f_high * msr)
    return low, high


def intraclass_from_components(
    components: ArrayLike,
    variance_of_components: ArrayLike,
    *,
    n_raters: int,
    n: int,
    k: float | None = None,
    level: float = 0.95,
) -> IntraclassTable:
    r"""Six intraclass correlations from REML components of ratee, rater and residual: any design.

    .. math:: ICC(1,1) = \frac{m\sigma^2_a - \sigma^2_b}{m\sigma^2_a + (m-1)\sigma^2_b + m\sigma^2_e}, \quad
              ICC(A,1) = \frac{\sigma^2_a}{\sigma^2_a + \sigma^2_b + \sigma^2_e}, \quad
              ICC(C,1) = \frac{\sigma^2_a}{\sigma^2_a + \sigma^2_e}

    Parameters
    ----------
    components : array, shape (3,)
        Variances of ratee, rater, residual.
    variance_of_components : array, shape (3, 3)
        Their sampling covariance, without zeroed rows (``CrossedComponents.variance_unrestricted``).
    n_raters : int
        m, the raters of the design.
    n : int
        Ratees of the design.
    k : float, optional
        Raters averaged in the forms with k; default m. For people rated by some of the raters give the harmonic mean.
    level : float
        Confidence level.

    Returns
    -------
    IntraclassTable
        ``method`` is "reml"; no F tests. Intervals are quantiles of generalised pivotal quantities from pseudo mean squares
        (coverage 95 to 97 % at 95 %, also with three raters); where the covariance is singular, by the delta method on Fisher's
        z of an intraclass correlation, ½ log((1 + (m−1)ρ)/(1 − ρ)). Limits of ICC(A) and ICC(C) are not below zero.

    Notes
    -----
    ICC(1,1) is what a one-way analysis of the completed table would give (its value depends on m because the raters
    are in fact crossed).

    References
    ----------
    McGraw & Wong (1996); Weerahandi (1993), Journal of the American Statistical Association 88, 899–905; Fisher (1925).

    Examples
    --------
    >>> found = intraclass_from_components([2.857781, 5.392341, 0.991377], np.eye(3), n_raters=4, n=6)
    >>> found.estimate[:3].round(5)
    array([0.19126, 0.30923, 0.74244])
    """
    sigma = np.asarray(components, dtype=np.float64)
    covariance = np.asarray(variance_of_components, dtype=np.float64)
    m = float(n_raters)
    k = m if k is None else float(k)
    top = np.array([[m, -1, 0], [1, 0, 0], [1, 0, 0]])
    bottom = np.array([[m, m - 1, m], [1, 1, 1], [1, 0, 1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = bottom @ sigma
        rho = top @ sigma / whole
        slope = (top - rho[:, None] * bottom) / whole[:, None]
        se = np.sqrt(np.einsum("fi,ij,fj->f", slope, covariance, slope))
        z = 0.5 * np.log((1 + (m - 1) * rho) / (1 - rho))
        se_z = 0.5 * m / ((1 + (m - 1) * rho) * (1 - rho)) * se
        half = special.ndtri((1 + level) / 2) * se_z
        low, high = (_from_z(z + sign * half, m) for sign in (-1.0, 1.0))
    low[1:] = np.where(rho[1:] >= 0, np.maximum(low[1:], 0.0), low[1:])
    drawn = pseudo_mean_squares(("ratee", "rater", "residual"), sigma, covariance, sigma)
    if drawn is not None and np.isfinite(rho).all():
        low, high = _pivotal(pivotal_components(drawn, draws=_DRAWS), top, bottom, level)
    certain = rho == 1
    low[certain] = high[certain] = 1.0
    blank = np.full(6, np.nan)
    return IntraclassTable(
        FORMS,
        SHROUT_FLEISS,
        estimate=np.r_[rho, spearman_brown(rho, k)],
        low=np.r_[low, spearman_brown(low, k)],
        high=np.r_[high, spearman_brown(high, k)],
        f=blank,
        df1=blank,
        df2=blank,
        p=blank,
        level=level,
        n=n,
        k=k,
        method="reml",
    )


def _pivotal(components: Floats, top: Floats, bottom: Floats, level: float) -> tuple[Floats, Floats]:
    """Quantiles of the ratios over draws of the components, each cut at zero: below −1/(m − 1) the step to m raters has no meaning."""
    kept = np.maximum(components, 0.0)
    whole = np.maximum(kept @ bottom.T, 1e-300)
    ends = np.quantile((kept @ top.T) / whole, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return ends[0], np.minimum(ends[1], 1.0)


def _from_z(z: Floats, m: float) -> Floats:
    """Inverse of Fisher's z for groups of m."""
    ratio = np.exp(np.clip(2 * z, -700, 700))
    return np.asarray((ratio - 1) / (ratio + m - 1))

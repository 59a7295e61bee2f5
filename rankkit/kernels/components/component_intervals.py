"""How sure a balanced analysis of variance is of its variance components, and of ratios of them.

Mean squares of a balanced design are independent multiples of χ². Single components are differences of mean squares: their
intervals are those of Ting, Burdick, Graybill, Jeyaratnam & Lu (1990), exact for a lone mean square. Ratios such as
generalizability coefficients get generalised confidence intervals (Weerahandi 1993) from draws of MS df/χ²_df.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg, special

from rankkit.kernels.arrays import Floats
from rankkit.kernels.components.variance_components import BalancedComponents

_KNOWN = 1e8  # degrees of freedom of a constant
_SINGULAR = 1e-7  # standard deviation left of a component given those inside it, at which the covariance is singular
_SAME = 1e-9  # coefficients of mean squares that only rounding keeps from zero
DRAWS = 10_000  # the tail beyond an end is known to .0016 of .025


def standard_errors(found: BalancedComponents) -> Floats:
    r"""Standard errors of the components.

    .. math:: se(\hat\sigma^2_A) = \Bigl(\sum_B \frac{2 (c_{AB} MS_B)^2}{df_B + 2}\Bigr)^{1/2}

    Parameters
    ----------
    found : BalancedComponents
        k components.

    Returns
    -------
    ndarray, shape (k,)
        NaN where a component is.

    References
    ----------
    Brennan (2001), equation 6.1 (the square is unbiased under normality).

    Examples
    --------
    >>> from rankkit.kernels.components.variance_components import one_way
    >>> standard_errors(one_way([1, 3, 7, 9], [0, 0, 1, 1], 2)).round(3)
    array([14.714,  1.414])
    """
    with np.errstate(invalid="ignore"):
        squares = np.where(found.df > 0, 2 * found.mean_squares**2 / (found.df + 2), 0.0)
    return np.where(np.isnan(found.raw), np.nan, np.sqrt(found.coefficients**2 @ squares))


def ting(found: BalancedComponents, *, level: float = 0.95) -> tuple[Floats, Floats]:
    r"""Confidence intervals of the components, as linear combinations of mean squares with either sign.

    .. math:: L = \hat\gamma - \sqrt{V_L}, \quad V_L = \sum_q G_q^2 c_q^2 MS_q^2 + \sum_r H_r^2 c_r^2 MS_r^2
              + \sum_{q,r} G_{qr} c_q c_r MS_q MS_r + \sum_{q<t} G^*_{qt} c_q c_t MS_q MS_t

    over the mean squares added (q) and subtracted (r); the upper end exchanges their parts.

    Parameters
    ----------
    found : BalancedComponents
        k components.
    level : float
        Confidence level.

    Returns
    -------
    low, high : ndarray, shape (k,)
        Cut at zero.

    References
    ----------
    Ting, Burdick, Graybill, Jeyaratnam & Lu (1990), Journal of Statistical Computation and Simulation 35, 135–143.
    Burdick & Graybill (1992), Confidence Intervals on Variance Components, section 3.3. Brennan (2001), section 6.2.

    Examples
    --------
    >>> from rankkit.kernels.components.variance_components import two_way
    >>> found = two_way([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> low, high = ting(found)
    >>> low.round(2), high.round(2)
    (array([0.81, 1.56, 0.56]), array([16.63, 75.09,  2.44]))
    """
    tail = (1 - level) / 2
    low: Floats = np.full(len(found.raw), np.nan)
    high = low.copy()
    for k, row in enumerate(found.coefficients):
        used = np.flatnonzero(row)
        if np.isnan(found.raw[k]) or not len(used):
            continue
        terms, df = row[used] * found.mean_squares[used], found.df[used]
        plus, minus = row[used] > 0, row[used] < 0
        total = float(terms.sum())
        low[k] = total - _half(terms[plus], df[plus], -terms[minus], df[minus], tail, lower=True)
        high[k] = total + _half(-terms[minus], df[minus], terms[plus], df[plus], tail, lower=False)
    return np.asarray(np.maximum(low, 0.0)), np.asarray(np.maximum(high, 0.0))


def _half(first: Floats, df1: Floats, second: Floats, df2: Floats, tail: float, *, lower: bool) -> float:
    """Root of V: ``first`` holds the mean squares whose being too large the end guards against, ``second`` the others."""
    g = 1 - df1 / _chi_upper(tail, df1)
    h = df2 / _chi_upper(1 - tail, df2) - 1
    v = float(((g * first) ** 2).sum() + ((h * second) ** 2).sum())
    for a, x in enumerate(first):
        for b, z in enumerate(second):
            if lower:
                f = float(special.fdtri(df1[a], df2[b], 1 - tail))
                cross = ((f - 1) ** 2 - (g[a] * f) ** 2 - h[b] ** 2) / f
            else:
                f = float(special.fdtri(df2[b], df1[a], tail))
                cross = ((1 - f) ** 2 - (h[b] * f) ** 2 - g[a] ** 2) / f
            v += cross * float(x * z)
    for a in range(len(first)):
        for b in range(a + 1, len(first)):
            n = df1[a] + df1[b]
            pooled = (1 - n / float(_chi_upper(tail, n))) ** 2 * n**2 / (df1[a] * df1[b])
            star = (pooled - g[a] ** 2 * df1[a] / df1[b] - g[b] ** 2 * df1[b] / df1[a]) / (len(first) - 1)
            v += star * float(first[a] * first[b])
    return float(np.sqrt(max(v, 0.0)))


def _chi_upper(tail: float, df: float | Floats) -> Floats:
    """Upper quantile of χ²."""
    return np.asarray(special.chdtri(df, tail), dtype=np.float64)


def pseudo_mean_squares(names: tuple[str, ...], components: Floats, covariance: Floats, raw: Floats) -> BalancedComponents | None:
    r"""Independent mean squares that have the components of a design with gaps, and their sampling covariance.

    .. math:: V = U D U^\top, \qquad \theta = U^{-1}\sigma^2, \qquad \nu_k = 2\theta_k^2/D_k

    U is upper triangular with a unit diagonal, as the coefficients of mean squares are. Of a complete table these are the mean
    squares themselves (each over the scores behind one cell) with their degrees of freedom, so that intervals by likelihood are
    those of the analysis of variance there.

    Parameters
    ----------
    names : tuple of str
        Effects, main effects first, the residual last.
    components : ndarray, shape (k,)
        Estimates at which the covariance was worked out.
    covariance : ndarray, shape (k, k)
        V, without zeroed rows for components on the boundary.
    raw : ndarray, shape (k,)
        Estimates before cutting at zero.

    Returns
    -------
    BalancedComponents or None
        For :func:`ting`, :func:`pivotal_components` and :func:`exact_ratio_interval`. None if V is singular.

    Examples
    --------
    >>> from rankkit.kernels.components.variance_components import two_way
    >>> found = two_way([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> again = pseudo_mean_squares(found.names, found.estimates, found.covariance(), found.raw)
    >>> again.df.round(6), again.mean_squares.round(4)
    (array([ 5.,  3., 15.]), array([2.8104, 5.4144, 1.0194]))
    """
    try:
        root = linalg.cholesky(covariance[::-1, ::-1], lower=True)[::-1, ::-1]
    except linalg.LinAlgError:
        return None
    spread = np.diag(root)
    if not (spread > _SINGULAR * np.sqrt(np.diag(covariance))).all():
        return None
    unit = np.where(np.abs(root) > _SAME * spread, root / spread, 0.0)
    theta = linalg.solve_triangular(unit, components, unit_diagonal=True)
    short = np.flatnonzero(theta < spread)  # less than its own error: ν = 2, and what that adds is taken off as a constant
    added = spread[short] - theta[short]
    theta[short] = spread[short]
    df = np.r_[2 * (theta / spread) ** 2, np.full(len(short), _KNOWN)]
    theta, unit = np.r_[theta, added], np.c_[unit, -unit[:, short]]
    return BalancedComponents(names, float("nan"), theta * df, df, theta, raw, np.maximum(raw, 0.0), unit)


def pivotal_components(found: BalancedComponents, *, draws: int = DRAWS, seed: int = 0) -> Floats:
    r"""Generalised pivotal quantities of the components: Σ_B c_AB MS_B df_B/χ²_B.

    Quantiles of any function of them are a generalised confidence interval of that function of the true components.

    Parameters
    ----------
    found : BalancedComponents
        k components; those without degrees of freedom are left at NaN.
    draws : int
        Number of draws, in antithetic pairs.
    seed : int
        Seed.

    Returns
    -------
    ndarray, shape (draws, k)
        Single draws may be negative, as estimates may.

    References
    ----------
    Weerahandi (1993), Journal of the American Statistical Association 88, 899–905.

    Examples
    --------
    >>> from rankkit.kernels.components.variance_components import two_way
    >>> found = two_way([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> pivotal_components(found, draws=1000).shape
    (1000, 3)
    """
    rng = np.random.default_rng(seed)
    there = np.flatnonzero(found.df > 0)
    half = rng.random((draws // 2, len(there)))
    uniform = np.r_[half, 1 - half]
    df = found.df[there]
    with np.errstate(divide="ignore"):
        expected = found.mean_squares[there] * df / special.chdtri(df, uniform)
    return np.asarray(np.where(np.isnan(found.raw), np.nan, expected @ found.coefficients[:, there].T))


def exact_ratio_interval(found: BalancedComponents, universe: Floats, error: Floats, *, level: float = 0.95) -> tuple[float, float] | None:
    r"""Exact interval of a coefficient σ²(τ)/(σ²(τ) + σ²(error)) that rests on the ratio of two mean squares.

    Parameters
    ----------
    found : BalancedComponents
        k components.
    universe, error : ndarray, shape (k,)
        Coefficients of the components in the two variances.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float, or None
        Cut at zero. None where more mean squares are involved (Eρ² of a p × r × d study, Φ).

    References
    ----------
    Feldt (1965), Psychometrika 30, 357–370.

    Examples
    --------
    >>> from rankkit.kernels.components.variance_components import two_way
    >>> found = two_way([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> low, high = exact_ratio_interval(found, np.array([1.0, 0, 0]), np.array([0.0, 0, 1 / 4]))
    >>> round(low, 4), round(high, 4)
    (0.6757, 0.9859)
    """
    whole, wrong = ((universe + error) @ found.coefficients, error @ found.coefficients)
    used = [np.flatnonzero(np.abs(row) > _SAME * np.abs(row).max()) for row in (whole, wrong)]
    if len(used[0]) != 1 or len(used[1]) != 1 or not wrong.any():
        return None
    a, b = int(used[0][0]), int(used[1][0])
    top, bottom = float(whole[a] * found.mean_squares[a]), float(wrong[b] * found.mean_squares[b])
    if a == b or top <= 0 or bottom <= 0:
        return None
    tail = (1 - level) / 2
    f = top / bottom
    low = 1 - float(special.fdtri(found.df[a], found.df[b], 1 - tail)) / f
    high = 1 - float(special.fdtri(found.df[a], found.df[b], tail)) / f
    return max(low, 0.0), max(high, 0.0)

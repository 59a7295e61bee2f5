"""Differences of mean scores between groups, as they are and beside covariates: Welch, d with its interval, robust regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, special, stats

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.two_way_clusters import one_way
from rankkit.kernels.two_way_fixed import absorbed_fit, two_way_fixed

_ALONE = 1e-8  # share of a column's length left over by the others, below which it says nothing of its own


@dataclass(frozen=True)
class MeanGap:
    """Mean of a focal group less that of a reference group.

    Attributes
    ----------
    difference, low, high, p : float
        Difference with Welch's interval and two-sided p; ``nan`` where all scores of both groups are equal.
    g, g_low, g_high : float
        Hedges' g, for equal variances, with the normal interval of its large-sample variance.
    """

    difference: float
    low: float
    high: float
    p: float
    g: float
    g_low: float
    g_high: float


def mean_gap(x: Floats, y: Floats, level: float = 0.95) -> MeanGap:
    r"""Compare two means.

    .. math:: g = J\,\frac{\bar x - \bar y}{s}, \qquad J = 1 - \frac{3}{4(n + m - 2) - 1}, \qquad
        \operatorname{var} g = \frac{n + m}{nm} + \frac{g^2}{2(n + m)}

    Parameters
    ----------
    x, y : ndarray, shapes (n,) and (m,)
        Scores of the focal and of the reference group; at least two each.
    level : float
        Confidence level.

    Returns
    -------
    MeanGap

    References
    ----------
    Welch (1947), Biometrika 34, 28–35. Hedges (1981), Journal of Educational Statistics 6, 107–128. Hedges & Olkin (1985),
    Statistical Methods for Meta-Analysis, for its variance.

    Examples
    --------
    >>> import numpy as np
    >>> found = mean_gap(np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 4.0, 5.0, 7.0, 7.0]))
    >>> round(found.difference, 2), round(found.low, 2), round(found.high, 2), round(found.p, 3)
    (-2.5, -5.24, 0.24, 0.068)
    """
    n, m = len(x), len(y)
    parts = np.array([x.var(ddof=1) / n, y.var(ddof=1) / m])
    d, se = float(x.mean() - y.mean()), float(np.sqrt(parts.sum()))
    if not se > 0:
        return MeanGap(d, *(float("nan"),) * 6)
    df = float(parts.sum() ** 2 / (parts**2 / [n - 1, m - 1]).sum())
    half = float(stats.t.ppf((1 + level) / 2, df)) * se
    free = n + m - 2
    spread = float(np.sqrt(((n - 1) * x.var(ddof=1) + (m - 1) * y.var(ddof=1)) / free))
    g = (1 - 3 / (4 * free - 1)) * d / spread
    wide = float(special.ndtri((1 + level) / 2)) * float(np.sqrt((n + m) / (n * m) + g**2 / (2 * (n + m))))
    return MeanGap(d, d - half, d + half, float(2 * stats.t.sf(abs(d) / se, df)), g, g - wide, g + wide)


@dataclass(frozen=True, eq=False)
class AdjustedGaps:
    """Gaps beside covariates, one a focal group; ``nan`` where the covariates tell the group, or nothing is left over.

    Attributes
    ----------
    gap, se, df, p, low, high : ndarray, shape (K - 1,)
        Coefficients of groups 1 … K - 1 against group 0, robust standard errors, degrees of freedom of t, two-sided p, interval.
    """

    gap: Floats
    se: Floats
    df: Floats
    p: Floats
    low: Floats
    high: Floats


def adjusted_gaps(score: Floats, group: Ints, covariates: Floats, cluster: Ints | None = None, level: float = 0.95) -> AdjustedGaps:
    r"""Regress scores on groups and covariates.

    Standard errors allow for unequal variances (HC3: residuals over :math:`1 - h_i`) or, with ``cluster``, for whatever the people
    of a cluster share (:func:`~rankkit.kernels.two_way_clusters.one_way`). Both go with Satterthwaite's degrees of freedom: t on n
    less the rank rejects 8 % instead of 5 % where the focal group has nine people and the larger variance.

    Parameters
    ----------
    score : ndarray, shape (n,)
    group : ndarray of int, shape (n,)
        0 is the reference group.
    covariates : ndarray, shape (n, c)
        Without a constant; columns that others make superfluous do no harm.
    cluster : ndarray of int, shape (n,), optional
        Unit of each person.
    level : float
        Confidence level.

    Returns
    -------
    AdjustedGaps

    References
    ----------
    MacKinnon & White (1985), Journal of Econometrics 29, 305–325. Long & Ervin (2000), American Statistician 54, 217–224. Bell &
    McCaffrey (2002), Survey Methodology 28, 169–181.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> group, tenure = np.arange(200) % 2, rng.normal(size=200)
    >>> score = 3 + 0.5 * tenure - 0.2 * group + 0.1 * rng.normal(size=200)
    >>> found = adjusted_gaps(score, group, tenure[:, None])
    >>> found.gap.round(1), bool(found.low[0] < -0.2 < found.high[0])
    (array([-0.2]), True)
    """
    n, K = len(score), int(group.max()) + 1
    dummies = (group[:, None] == np.arange(1, K)).astype(np.float64)
    rest = np.column_stack([np.ones(n), covariates])
    gap, se, df = (np.full(K - 1, np.nan) for _ in range(3))
    X = np.column_stack([dummies, _independent(rest)])
    told = np.array([_alone(X, j) for j in range(K - 1)], dtype=bool)
    X = np.column_stack([dummies[:, told], _independent(np.column_stack([rest, dummies[:, ~told]]))])
    free = n - X.shape[1]
    if told.any() and free > 0:
        first = int(told.sum())
        gap[told], se[told], df[told] = _hc3(X, score, first) if cluster is None else _clustered(X, score, first, cluster)
    se = np.where(se > 0, se, np.nan)
    half = stats.t.ppf((1 + level) / 2, df) * se
    p = np.asarray(2 * stats.t.sf(np.abs(gap / se), df), dtype=np.float64)
    return AdjustedGaps(gap, se, df, p, gap - half, gap + half)


def _hc3(X: Floats, score: Floats, first: int) -> tuple[Floats, Floats, Floats]:
    """Return the first coefficients, their standard errors by HC3 and the degrees of freedom.

    With weights w = X(X'X)⁻¹e_j the variance is Σ aᵢeᵢ², aᵢ = wᵢ²/(1 - hᵢ)². Under equal variances its mean is proportional to
    Σ aᵢ(1 - hᵢ) and its variance to 2 ΣΣ aᵢaₖM²ᵢₖ, M = I - H.
    """
    inverse = np.linalg.inv(X.T @ X)
    b = inverse @ (X.T @ score)
    leverage = np.minimum(np.einsum("ij,jk,ik->i", X, inverse, X), 1 - _ALONE)
    squared = ((X @ inverse[:, :first]) / (1 - leverage)[:, None]) ** 2
    df = np.empty(first)
    for j, a in enumerate(squared.T):
        hat = inverse @ ((X.T * a) @ X)
        df[j] = (a @ (1 - leverage)) ** 2 / (a**2 @ (1 - 2 * leverage) + np.trace(hat @ hat))
    return b[:first], np.sqrt(squared.T @ (score - X @ b) ** 2), df


def _clustered(X: Floats, score: Floats, first: int, cluster: Ints) -> tuple[Floats, Floats, Floats]:
    """Return the first coefficients, their standard errors and degrees of freedom; a cluster shares its error."""
    zero = np.zeros(len(score), dtype=np.int64)
    fit = absorbed_fit(two_way_fixed(zero, zero), X, score)
    gap, se, df = (np.full(first, np.nan) for _ in range(3))
    for j in range(first):
        place = np.flatnonzero(fit.used == j)
        if len(place):
            found = one_way(fit, j, cluster)
            gap[j], se[j], df[j] = fit.coefficient[place[0]], found.se, found.df
    return gap, se, df


def _alone(X: Floats, j: int) -> bool:
    """Tell whether a column says something that the others do not."""
    others = np.delete(X, j, axis=1)
    left = X[:, j] - others @ np.linalg.lstsq(others, X[:, j], rcond=None)[0]
    return float(left @ left) > _ALONE * float(X[:, j] @ X[:, j])


def _independent(X: Floats) -> Floats:
    """Keep the constant, which is first, and as many of the other columns as say something of their own, on a common scale."""
    centred = X[:, 1:] - X[:, 1:].mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    varies = length > _ALONE * (1 + np.abs(X[:, 1:]).max(axis=0, initial=0.0)) * np.sqrt(len(X))
    scaled = centred[:, varies] / length[varies]
    if not scaled.shape[1]:
        return X[:, :1]
    _, triangle, order = linalg.qr(scaled, mode="economic", pivoting=True)
    own = np.abs(np.diag(triangle)) > np.sqrt(_ALONE)
    return np.column_stack([X[:, :1], scaled[:, np.sort(order[: len(own)][own])]])

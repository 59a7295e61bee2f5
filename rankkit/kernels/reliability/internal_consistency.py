"""How consistently one set of items (dimensions) orders people: Cronbach's α, mean correlation, eigenvalues.

These describe agreement among items, mostly halo; they are not the reliability of a rater's scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from rankkit.kernels.arrays import Floats


@dataclass(frozen=True, eq=False)
class InternalConsistency:
    """Internal consistency of k items.

    Attributes
    ----------
    alpha : float
        Cronbach's α from covariances; NaN if the total does not vary.
    low, high : float
        Feldt's interval.
    standardized : float
        α from correlations, k r̄/(1 + (k−1) r̄).
    mean_correlation : float
        r̄, mean inter-item correlation.
    eigenvalues : ndarray, shape (k,)
        Of the correlation matrix, largest first; NaN if an item does not vary.
    item_rest : ndarray, shape (k,)
        Correlation of each item with the sum of the others.
    alpha_without : ndarray, shape (k,)
        α of the other items; NaN for k = 2.
    n, k : int
        People and items.
    level : float
        Confidence level.
    """

    alpha: float
    low: float
    high: float
    standardized: float
    mean_correlation: float
    eigenvalues: Floats
    item_rest: Floats
    alpha_without: Floats
    n: int
    k: int
    level: float


def feldt_interval(alpha: float, n: int, k: int, *, level: float = 0.95) -> tuple[float, float]:
    """Confidence interval of Cronbach's α: (1 − α)/(1 − α̂) follows F on n−1 and (n−1)(k−1).

    Parameters
    ----------
    alpha : float
        Estimate.
    n, k : int
        People and items.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float

    References
    ----------
    Feldt, Woodruff & Salih (1987), Applied Psychological Measurement 11, 93–103.

    Examples
    --------
    >>> low, high = feldt_interval(0.9, 50, 5)
    >>> round(low, 3), round(high, 3)
    (0.848, 0.938)
    """
    df1, df2 = n - 1.0, (n - 1.0) * (k - 1.0)
    tail = (1 - level) / 2
    low = 1 - (1 - alpha) * float(special.fdtri(df1, df2, 1 - tail))
    high = 1 - (1 - alpha) * float(special.fdtri(df1, df2, tail))
    return low, high


def bonett_interval(alpha: float, n: int, k: int, *, level: float = 0.95) -> tuple[float, float]:
    r"""Confidence interval of Cronbach's α from the normal approximation of log(1 − α̂).

    .. math:: 1 - \exp\Bigl(\log(1-\hat\alpha) - \log\tfrac{n}{n-1} \pm z \sqrt{\tfrac{2k}{(k-1)(n-2)}}\Bigr)

    Parameters
    ----------
    alpha : float
        Estimate.
    n, k : int
        People (3 or more) and items.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float

    References
    ----------
    Bonett (2002), Journal of Educational and Behavioral Statistics 27, 335–340.

    Examples
    --------
    >>> low, high = bonett_interval(0.9, 50, 5)
    >>> round(low, 3), round(high, 3)
    (0.847, 0.937)
    """
    centre = np.log((1 - alpha) * (n - 1) / n) if alpha < 1 else -np.inf
    half = float(special.ndtri((1 + level) / 2)) * np.sqrt(2 * k / ((k - 1) * (n - 2)))
    return float(1 - np.exp(centre + half)), float(1 - np.exp(centre - half))


def robust_interval(x: ArrayLike, *, level: float = 0.95) -> tuple[float, float]:
    r"""Confidence interval of Cronbach's α that assumes neither normal scores nor equal items.

    The standard error sums the squared influences :math:`g_i = \langle \partial\alpha/\partial S, z_i z_i' - S \rangle` of the
    people, each over 1 − its leverage; the interval is symmetric in log(1 − α).

    Parameters
    ----------
    x : array, shape (n, k)
        People × items, finite.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float

    References
    ----------
    Maydeu-Olivares, Coffman & Hartmann (2007), Psychological Methods 12, 157–176; MacKinnon & White (1985) on the leverages.

    Examples
    --------
    >>> low, high = robust_interval(np.random.default_rng(0).normal(size=(50, 1)) + np.random.default_rng(1).normal(size=(50, 4)))
    >>> low < 0.8 < high
    True
    """
    x = np.asarray(x, dtype=np.float64)
    n, k = x.shape
    z = x - x.mean(axis=0)
    covariance = z.T @ z / (n - 1)
    total, trace = float(covariance.sum()), float(np.trace(covariance))
    alpha = _alpha(covariance)
    if not np.isfinite(alpha) or alpha == 1:
        return alpha, alpha
    square = z.sum(axis=1) ** 2
    influence = k / (k - 1) * (trace / total**2 * square - (z**2).sum(axis=1) / total)
    leverage = 1 / n + np.einsum("ni,ni->n", z @ np.linalg.pinv(covariance), z) / (n - 1)
    se = float(np.sqrt((influence**2 / (1 - np.minimum(leverage, 0.99))).sum()) / (n - 1))
    half = float(special.ndtri((1 + level) / 2)) * se / (1 - alpha)
    return float(1 - (1 - alpha) * np.exp(half)), float(1 - (1 - alpha) * np.exp(-half))


def cronbach_alpha(x: ArrayLike, *, level: float = 0.95) -> InternalConsistency:
    r"""Cronbach's α of a table without gaps, with Feldt's interval and the correlation structure.

    .. math:: \alpha = \frac{k}{k-1}\Bigl(1 - \frac{\sum_j s_j^2}{s_{total}^2}\Bigr)

    Parameters
    ----------
    x : array, shape (n, k)
        People × items, finite; n ≥ 3, k ≥ 2.
    level : float
        Confidence level.

    Returns
    -------
    InternalConsistency

    References
    ----------
    Cronbach (1951), Psychometrika 16, 297–334. Feldt, Woodruff & Salih (1987).

    Examples
    --------
    >>> found = cronbach_alpha([[1, 2], [2, 3], [3, 5], [4, 4]])
    >>> round(found.alpha, 4), round(found.mean_correlation, 4)
    (0.8889, 0.8)
    """
    x = np.asarray(x, dtype=np.float64)
    n, k = x.shape
    covariance = np.atleast_2d(np.cov(x, rowvar=False))
    item = np.diag(covariance)
    with np.errstate(divide="ignore", invalid="ignore"):
        alpha = _alpha(covariance)
        sd = np.sqrt(item)
        correlation = covariance / np.outer(sd, sd)
        mean = float((correlation.sum() - k) / (k * (k - 1)))
        standardized = float(np.divide(k * mean, 1 + (k - 1) * mean))
        rest = covariance.sum(axis=1) - item  # covariance of each item with the sum of the others
        rest_variance = covariance.sum() - 2 * covariance.sum(axis=1) + item
        item_rest = rest / np.sqrt(item * rest_variance)
        without = (k - 1) / (k - 2) * (1 - (item.sum() - item) / rest_variance) if k > 2 else np.full(k, np.nan)
    usable = bool(np.all(np.isfinite(correlation)))
    eigenvalues = np.linalg.eigvalsh(correlation)[::-1] if usable else np.full(k, np.nan)
    low, high = feldt_interval(alpha, n, k, level=level)
    return InternalConsistency(
        alpha=alpha,
        low=low,
        high=high,
        standardized=standardized if usable else float("nan"),
        mean_correlation=mean if usable else float("nan"),
        eigenvalues=eigenvalues,
        item_rest=item_rest,
        alpha_without=without,
        n=n,
        k=k,
        level=level,
    )


def _alpha(covariance: Floats) -> float:
    """α of a covariance matrix."""
    k, total = len(covariance), float(covariance.sum())
    if total <= 1e-14 * float(np.trace(covariance)) or total == 0:
        return float("nan")
    return k / (k - 1) * (1 - float(np.trace(covariance)) / total)

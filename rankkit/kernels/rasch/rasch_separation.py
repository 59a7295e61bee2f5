"""How far the elements of a facet can be told apart: separation, reliability, strata, and tests that they are all the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg
from scipy.stats import chi2

from rankkit.kernels.arrays import Floats

_CENTRED = 1e-12  # a mean this small beside the measures is the rounding of measures that sum to zero


@dataclass(frozen=True)
class Separation:
    """Spread of measures against their errors.

    Attributes
    ----------
    n : int
        Elements with a finite measure.
    mean, sd : float
        Of the measures, in logits.
    rmse : float
        Root mean squared standard error.
    true_sd : float
        √max(0, sd² − rmse²).
    separation : float
        G = true_sd/rmse.
    strata : float
        (4G + 1)/3: levels at least three standard errors apart.
    reliability : float
        G²/(1 + G²): share of the variance of measures that is not error. Of raters it says how *un*like they are.
    """

    n: int
    mean: float
    sd: float
    rmse: float
    true_sd: float
    separation: float
    strata: float
    reliability: float


def separation(measure: Floats, se: Floats, *, population: bool = False) -> Separation:
    """Separation of the elements of a facet.

    Parameters
    ----------
    measure, se : ndarray, shape (n,)
        Logits; NaN where there is no finite measure.
    population : bool
        Whether these elements are all there are (variance over n), or a sample of more (over n − 1).

    Returns
    -------
    Separation
        NaN beyond ``n`` where there are fewer than two elements.

    References
    ----------
    Wright & Masters (1982), Rating Scale Analysis. Linacre (1994), Many-Facet Rasch Measurement.

    Examples
    --------
    >>> found = separation(np.array([-1.0, 0.0, 1.0]), np.array([0.5, 0.5, 0.5]))
    >>> round(found.separation, 3), round(found.strata, 3), round(found.reliability, 3)
    (1.732, 2.643, 0.75)
    """
    known = ~np.isnan(measure) & ~np.isnan(se)
    m, n = measure[known], int(known.sum())
    if n < 2:
        nan = float("nan")
        return Separation(n, float(m[0]) if n else nan, nan, nan, nan, nan, nan, nan)
    variance, error = float(np.var(m, ddof=0 if population else 1)), float(np.mean(se[known] ** 2))
    true = max(variance - error, 0.0)
    g, mean = float(np.sqrt(true / error)), float(m.mean())
    mean = 0.0 if abs(mean) < _CENTRED * float(np.abs(m).max()) else mean
    return Separation(n, mean, float(np.sqrt(variance)), float(np.sqrt(error)), float(np.sqrt(true)), g, (4 * g + 1) / 3, g**2 / (1 + g**2))


@dataclass(frozen=True)
class SameTest:
    """Test that all elements have the same measure (or one normal spread)."""

    statistic: float
    df: int
    p: float


def fixed_chi2(measure: Floats, se: Floats) -> SameTest:
    r"""Test that all measures are equal, errors taken as independent (FACETS' fixed χ²).

    .. math:: \sum_j w_j b_j^2 - \frac{(\sum_j w_j b_j)^2}{\sum_j w_j}, \qquad w_j = 1/se_j^2, \quad n - 1 \text{ degrees of freedom}

    Examples
    --------
    >>> fixed_chi2(np.array([-1.0, 0.0, 1.0]), np.array([0.5, 0.5, 0.5])).statistic
    8.0
    """
    known = ~np.isnan(measure) & ~np.isnan(se)
    return _weighted(measure[known], se[known] ** 2, 1)


def random_chi2(measure: Floats, se: Floats) -> SameTest:
    """Test that the measures are a sample from one normal distribution: weights 1/(true variance + se²), n − 2 degrees of freedom.

    Examples
    --------
    >>> round(random_chi2(np.array([-1.0, 0.0, 1.0, 0.4]), np.array([0.5, 0.5, 0.5, 0.5])).p, 3)
    0.223
    """
    known = ~np.isnan(measure) & ~np.isnan(se)
    m, error = measure[known], se[known] ** 2
    if len(m) < 3:
        return SameTest(float("nan"), 0, float("nan"))
    true = max(float(np.var(m, ddof=1)) - float(error.mean()), 0.0)
    return _weighted(m, true + error, 2)


def _weighted(m: Floats, variance: Floats, lost: int) -> SameTest:
    if len(m) <= lost:
        return SameTest(float("nan"), 0, float("nan"))
    w = 1 / variance
    statistic = float((w * m**2).sum() - (w * m).sum() ** 2 / w.sum())
    df = len(m) - lost
    return SameTest(statistic, df, float(chi2.sf(statistic, df)))


def wald(measure: Floats, covariance: Floats) -> SameTest:
    """Test that all measures are equal, with their covariance: b'Σ⁺b on n − 1 degrees of freedom.

    Parameters
    ----------
    measure : ndarray, shape (n,)
        Logits, summing to zero.
    covariance : ndarray, shape (n, n)
        Of measures that sum to zero.

    Returns
    -------
    SameTest

    Examples
    --------
    >>> centring = np.eye(3) - 1 / 3
    >>> round(wald(np.array([-1.0, 0.0, 1.0]), 0.25 * centring).statistic, 6)
    8.0
    """
    n = len(measure)
    if n < 2:
        return SameTest(float("nan"), 0, float("nan"))
    basis = linalg.qr(np.column_stack([np.ones(n), np.eye(n)[:, : n - 1]]))[0][:, 1:]
    y = basis.T @ measure
    statistic = float(y @ linalg.solve(basis.T @ covariance @ basis, y, assume_a="pos"))
    return SameTest(statistic, n - 1, float(chi2.sf(statistic, n - 1)))

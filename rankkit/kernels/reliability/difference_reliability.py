"""Reliability of a difference: two reliable ratings that agree make an unreliable difference."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rankkit.kernels.arrays import Floats


def difference_reliability(
    variance_a: ArrayLike, variance_b: ArrayLike, correlation: ArrayLike, reliability_a: ArrayLike, reliability_b: ArrayLike
) -> Floats:
    r"""Reliability of A − B with uncorrelated errors.

    .. math:: r_D = \frac{\sigma^2_A r_{AA} + \sigma^2_B r_{BB} - 2 r_{AB} \sigma_A \sigma_B}
        {\sigma^2_A + \sigma^2_B - 2 r_{AB} \sigma_A \sigma_B}

    Parameters
    ----------
    variance_a, variance_b : array_like
        Observed variances between people.
    correlation : array_like
        Observed correlation.
    reliability_a, reliability_b : array_like
        Their reliabilities.

    Returns
    -------
    ndarray
        Of the broadcast shape; NaN where the difference does not vary. It may be negative, where the declared reliabilities are too
        low for so high a correlation.

    References
    ----------
    Edwards (2002), Alternatives to difference scores; Lord & Novick (1968), section 3.

    Examples
    --------
    >>> float(difference_reliability(1, 1, 0.5, 0.75, 0.75))
    0.5
    """
    va, vb = np.asarray(variance_a, dtype=np.float64), np.asarray(variance_b, dtype=np.float64)
    shared = 2 * np.asarray(correlation, dtype=np.float64) * np.sqrt(va * vb)
    total = va + vb - shared
    true = va * np.asarray(reliability_a, dtype=np.float64) + vb * np.asarray(reliability_b, dtype=np.float64) - shared
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(total > 1e-12 * (va + vb), true / total, np.nan))

"""An index of evidence, for those who insist on one: positive less negative incidents a month, shrunken to the average person."""

from __future__ import annotations

import numpy as np

from rankkit.kernels.arrays import Floats


def shrunken_rates(count: Floats, exposure: Floats) -> Floats:
    r"""Empirical-Bayes rates :math:`(y + m^2/\tau^2)/(e + m/\tau^2)` with a gamma prior whose moments come from the counts.

    :math:`m = \sum y/\sum e`; :math:`\tau^2 = \max(0, [\sum e_i(r_i - m)^2 - (n-1)m] / [\sum e - \sum e^2/\sum e])`.

    Parameters
    ----------
    count, exposure : ndarray, shape (n,)
        Incidents and months; ``nan`` where exposure is 0.

    References
    ----------
    Marshall (1991), Mapping disease and mortality rates using empirical Bayes estimators, Applied Statistics 40, 283-294.

    Examples
    --------
    >>> import numpy as np
    >>> shrunken_rates(np.array([0.0, 4.0, 20.0]), np.array([2.0, 4.0, 4.0])).round(2)
    array([0.37, 1.12, 4.78])
    """
    seen = exposure > 0
    y, e = count[seen], exposure[seen]
    out = np.full(len(count), np.nan)
    if not len(y):
        return out
    total = e.sum()
    m = y.sum() / total
    spare = total - (e**2).sum() / total
    tau2 = ((e * (y / e - m) ** 2).sum() - (len(y) - 1) * m) / spare if spare > 0 else 0.0
    out[seen] = (y + m * m / tau2) / (e + m / tau2) if tau2 > 1e-12 * m * m else m
    return out


def evidence_index(positive: Floats, negative: Floats, months: Floats) -> Floats:
    """Shrunken rate of positive less that of negative incidents, a month.

    >>> import numpy as np
    >>> evidence_index(np.array([6.0, 1.0, 0.0]), np.array([0.0, 1.0, 6.0]), np.full(3, 6.0)).round(3)
    array([ 0.774,  0.   , -0.774])
    """
    return shrunken_rates(positive, months) - shrunken_rates(negative, months)

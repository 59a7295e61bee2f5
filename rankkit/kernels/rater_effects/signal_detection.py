"""Accuracy of observing behaviour: hits, false alarms, sensitivity d′ and criterion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from rankkit.kernels.arrays import Floats


@dataclass(frozen=True, eq=False)
class SignalDetection:
    """Sensitivity of observers, one entry each.

    Attributes
    ----------
    hit_rate, false_alarm_rate : ndarray
        Shares as observed.
    d_prime, criterion : ndarray
        Standard normal units, with the log-linear correction; criterion > 0 = reports too little.
    d_prime_se, criterion_se : ndarray
        Large-sample standard errors.
    """

    hit_rate: Floats
    false_alarm_rate: Floats
    d_prime: Floats
    criterion: Floats
    d_prime_se: Floats
    criterion_se: Floats


def signal_detection(hits: Floats, occurred: Floats, false_alarms: Floats, absent: Floats) -> SignalDetection:
    r"""Sensitivity and criterion of yes/no reports.

    .. math:: d' = \Phi^{-1}(H) - \Phi^{-1}(F), \qquad c = -\tfrac12 (\Phi^{-1}(H) + \Phi^{-1}(F))

    with ``H = (hits + ½) / (occurred + 1)`` and ``F`` alike, so that shares of 0 and 1 stay finite.

    Parameters
    ----------
    hits, occurred : array, shape (m,)
        Behaviours reported among those that occurred, and how many occurred.
    false_alarms, absent : array, shape (m,)
        Behaviours reported among those that did not occur, and how many did not.

    Returns
    -------
    SignalDetection
        NaN where nothing occurred, or nothing was absent.

    References
    ----------
    Lord (1985), Journal of Applied Psychology 70, 66-71. Hautus (1995), Behavior Research Methods 27, 46-51 (log-linear
    correction). Gourevitch & Galanter (1967), Psychometrika 32, 25-33 (standard errors).

    Examples
    --------
    >>> found = signal_detection([18], [20], [4], [20])
    >>> found.d_prime.round(2), found.criterion.round(2)
    (array([1.97]), array([-0.19]))
    """
    hits, occurred, false_alarms, absent = (np.asarray(v, dtype=np.float64) for v in (hits, occurred, false_alarms, absent))
    known = (occurred > 0) & (absent > 0)
    h, f = (hits + 0.5) / (occurred + 1), (false_alarms + 0.5) / (absent + 1)
    zh, zf = special.ndtri(h), special.ndtri(f)
    vh = h * (1 - h) / (occurred + 1) * 2 * np.pi * np.exp(zh**2)
    vf = f * (1 - f) / (absent + 1) * 2 * np.pi * np.exp(zf**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = hits / occurred, false_alarms / absent
    out = (*rates, zh - zf, -(zh + zf) / 2, np.sqrt(vh + vf), np.sqrt(vh + vf) / 2)
    return SignalDetection(*(np.where(known, v, np.nan) for v in out))

"""How far two sources agree about people, as observed and with their raters' error taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from rankkit.kernels.arrays import Floats

_FEWEST = 5  # people two sources must share


@dataclass(frozen=True, eq=False)
class SourceAgreement:
    """Two sources over the people they share.

    Attributes
    ----------
    n : int
    r, r_low, r_high : float
        Correlation, with Fisher's interval.
    reliability_a, reliability_b : float
        Of the source means.
    corrected, corrected_low, corrected_high : float
        Correlation of what the sources would say with any number of raters; resampled ratees. May exceed 1.
    difference, difference_low, difference_high : float
        Mean of a less b, score units, t interval over people.
    d : float
        The difference over the root mean square of both standard deviations.
    """

    n: int
    r: float
    r_low: float
    r_high: float
    reliability_a: float
    reliability_b: float
    corrected: float
    corrected_low: float
    corrected_high: float
    difference: float
    difference_low: float
    difference_high: float
    d: float


def source_agreement(
    a: Floats, b: Floats, error_a: Floats | float, error_b: Floats | float, *, level: float = 0.95, draws: int = 1000, seed: int = 0
) -> SourceAgreement:
    r"""Compare two sources.

    .. math:: \hat\rho = \frac{s_{ab}}{\sqrt{(s^2_a - \bar v_a)(s^2_b - \bar v_b)}}

    Parameters
    ----------
    a, b : ndarray, shape (n,)
        Means of the sources for the people both rated.
    error_a, error_b : ndarray, shape (n,), or float
        Error variances of these means; a number is the declared share of the observed variance that is error (1 − reliability).
    level, draws, seed
        Of the intervals.

    Returns
    -------
    SourceAgreement
        NaN throughout with fewer than five people.

    References
    ----------
    Spearman (1904); Conway & Huffcutt (1997), Human Performance 10, 331-360.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> true = rng.normal(size=2000)
    >>> a, b = true + rng.normal(size=2000), true + rng.normal(size=2000)
    >>> found = source_agreement(a, b, np.ones(2000), 0.5)
    >>> round(found.r, 1), round(found.corrected, 1)
    (0.5, 1.0)
    """
    n, nan = len(a), float("nan")
    if n < _FEWEST or min(np.ptp(a), np.ptp(b)) <= 0:
        return SourceAgreement(n, *[nan] * 12)
    va, vb = float(np.var(a, ddof=1)), float(np.var(b, ddof=1))
    r = float(np.clip(np.corrcoef(a, b)[0, 1], -1.0, 1.0))
    half = float(stats.norm.ppf(0.5 + level / 2)) / np.sqrt(n - 3)
    z = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))
    columns = [np.broadcast_to(np.asarray(e, dtype=np.float64), n) for e in (error_a, error_b)]
    declared = [isinstance(e, float) for e in (error_a, error_b)]
    data = np.column_stack([a, b, *columns])
    data = data[np.lexsort(np.round(data, 9).T)]  # people are drawn in an order that ids do not decide
    times = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws).astype(np.float64)
    corrected, reliable_a, reliable_b = (x[0] for x in _corrected(np.ones((1, n)), data, declared))
    drawn = _corrected(times, data, declared)[0]
    drawn = drawn[np.isfinite(drawn)]
    tails = 100 * np.array([(1 - level) / 2, (1 + level) / 2])
    low, high = np.percentile(drawn, tails) if len(drawn) >= draws // 2 and np.isfinite(corrected) else (nan, nan)
    gap = a - b
    mean, t = float(gap.mean()), float(stats.t.ppf(0.5 + level / 2, n - 1))
    error = t * float(gap.std(ddof=1)) / np.sqrt(n)
    return SourceAgreement(
        n, r, float(np.tanh(z - half)), float(np.tanh(z + half)), float(reliable_a), float(reliable_b), float(corrected), float(low),
        float(high), mean, mean - error, mean + error, mean / np.sqrt((va + vb) / 2),
    )  # fmt: skip


def _corrected(times: Floats, data: Floats, declared: list[bool]) -> tuple[Floats, Floats, Floats]:
    """Corrected correlation and reliabilities of samples in which each person occurs so many times."""
    n = times.sum(axis=1)
    mean = times @ data / n[:, None]
    moments = [times @ (data[:, j] * data[:, k]) / n - mean[:, j] * mean[:, k] for j, k in ((0, 0), (1, 1), (0, 1))]
    factor = n / (n - 1)
    variance = [moments[0] * factor, moments[1] * factor]
    with np.errstate(divide="ignore", invalid="ignore"):
        reliable = [1 - (mean[:, 2 + k] if declared[k] else mean[:, 2 + k] / variance[k]) for k in range(2)]
        true = [variance[k] * reliable[k] for k in range(2)]
        found = np.where((true[0] > 0) & (true[1] > 0), moments[2] * factor / np.sqrt(true[0] * true[1]), np.nan)
    return found, reliable[0], reliable[1]

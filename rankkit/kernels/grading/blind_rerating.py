"""A second, blind rating beside the first, and whether the difference is more than their two errors allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from rankkit.kernels.arrays import Floats

Support = Literal["yes", "no", "undecided"]


@dataclass(frozen=True)
class Rerating:
    """A re-rating against the original score.

    Attributes
    ----------
    score, se, df : float
        Re-rating: mean of the raters, its standard error, degrees of freedom of that (``inf`` where it was known).
    difference, sed : float
        Re-rating less original score, and the standard error of the difference.
    low, high : float
        Interval of the difference.
    needed : float
        Gain over the original score from which the better grade begins; ``nan`` if there is none.
    supported : {"yes", "no", "undecided"}
        Whether the re-rating supports the better grade.
    chance : float
        P(true score ≥ cut) by both ratings together, flat prior; ``nan`` without a cut.
    expected : float
        Difference expected by regression to the mean alone, see :func:`rerating`; ``nan`` if not known.
    """

    score: float
    se: float
    df: float
    difference: float
    sed: float
    low: float
    high: float
    needed: float
    supported: Support
    chance: float
    expected: float


def rerating(
    original: float,
    original_se: float,
    scores: Floats,
    ses: Floats | None = None,
    *,
    cut: float = np.nan,
    covariance: float = 0.0,
    centre: float = np.nan,
    reliability: float = np.nan,
    level: float = 0.95,
) -> Rerating:
    r"""Compare a blind re-rating *y* with the original score *x*.

    .. math:: d = y - x, \quad \mathrm{SED} = \sqrt{s_x^2 + s_y^2 - 2 s_{xy}}, \quad d \pm t_\nu\,\mathrm{SED}

    Of k raters whose standard errors are not known, :math:`s_y = s/\sqrt k` and (Welch–Satterthwaite)
    :math:`\nu = (k - 1)\,\mathrm{SED}^4 / s_y^4`. With a cut *c* of the next better grade, the gain needed is *c − x*, and the better
    grade is **supported** if the re-rating reaches the cut and the interval lies above 0 (where *x* itself reaches the cut, the
    first is enough); it is **not supported** if even the upper end of the interval stays below the gain needed; else undecided.

    Who appeals is not drawn by lot: a low score is more often too low than too high. By regression to the mean alone a second
    rating is expected at :math:`(1 - \rho)(\mu - x)` from the first (``expected``).

    Parameters
    ----------
    original, original_se : float
        x and its standard error.
    scores : ndarray, shape (k,)
        Re-ratings, one a rater.
    ses : ndarray, shape (k,), optional
        Standard error of each; needed for a single rater.
    cut : float
        Score from which the better grade begins.
    covariance : float
        s_xy: what both errors share. 0 takes the interval too wide rather than too narrow where both rest on the same evidence.
    centre, reliability : float
        μ and ρ of the original scores.
    level : float
        Confidence level.

    Returns
    -------
    Rerating

    Raises
    ------
    ValueError
        If a single rating has no standard error, or one is not positive.

    References
    ----------
    Satterthwaite (1946), Biometrics Bulletin 2, 110–114. Kelley (1947), Fundamentals of Statistics, for the regressed score.

    Examples
    --------
    >>> import numpy as np
    >>> found = rerating(3.0, 0.2, np.array([3.9]), np.array([0.2]), cut=3.5)
    >>> round(found.sed, 3), round(found.low, 2), found.supported
    (0.283, 0.35, 'yes')
    """
    y = np.asarray(scores, dtype=np.float64)
    k = len(y)
    if ses is None and k < 2:
        msg = "a single re-rating needs its standard error"
        raise ValueError(msg)
    score = float(y.mean())
    if ses is None:
        se, own = float(y.std(ddof=1) / np.sqrt(k)), float(k - 1)
    else:
        known = np.asarray(ses, dtype=np.float64)
        se, own = float(np.sqrt((known**2).sum()) / k), np.inf
        if not (known > 0).all():
            msg = "a standard error is positive"
            raise ValueError(msg)
    variance = max(original_se**2 + se**2 - 2 * covariance, 0.0)
    sed = float(np.sqrt(variance))
    df = np.inf if np.isinf(own) or se == 0 else own * variance**2 / se**4
    half = float(stats.t.ppf((1 + level) / 2, df)) * sed
    d, needed = score - original, cut - original
    low, high = d - half, d + half
    expected = (1 - reliability) * (centre - original)
    return Rerating(
        score,
        se,
        float(df),
        d,
        sed,
        low,
        high,
        needed,
        _support(d, low, high, needed),
        _chance(original, original_se, score, se, cut),
        expected,
    )


def _support(d: float, low: float, high: float, needed: float) -> Support:
    """What the interval says of the gain that is needed."""
    if np.isnan(needed) or np.isnan(low):
        return "undecided"
    if d >= needed and (low > 0 or needed <= 0):
        return "yes"
    return "no" if high < needed else "undecided"


def _chance(x: float, sx: float, y: float, sy: float, cut: float) -> float:
    """P(true score ≥ cut) by the precision-weighted mean."""
    if np.isnan(cut) or not (sx > 0 and sy > 0):
        return float("nan")
    wx, wy = sx**-2, sy**-2
    return float(stats.norm.sf((cut - (wx * x + wy * y) / (wx + wy)) * np.sqrt(wx + wy)))

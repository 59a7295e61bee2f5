"""How far apart a rater's scores of one person lie on the different dimensions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rater_effects.rating_profiles import Profiles


def standardised(data: Profiles) -> Floats:
    """Score every dimension by its mean and standard deviation over everyone.

    Parameters
    ----------
    data : Profiles
        Ratings.

    Returns
    -------
    ndarray, shape (P, D)
        z-scores; NaN = not rated, or the dimension does not vary.

    Examples
    --------
    >>> import numpy as np
    >>> standardised(Profiles(np.arange(3), np.zeros(3, int), np.array([[1.0, 5], [2, 5], [3, 5]]), 3, 1))
    array([[-1., nan],
           [ 0., nan],
           [ 1., nan]])
    """
    seen = data.seen
    n = seen.sum(axis=0)
    mean = np.where(seen, data.x, 0.0).sum(axis=0) / np.maximum(n, 1)
    deviation = np.where(seen, data.x - mean, 0.0)
    variance = (deviation**2).sum(axis=0) / np.maximum(n - 1, 1)
    scale = np.sqrt(np.where((n > 1) & (variance > 1e-12 * (1 + mean**2)), variance, np.nan))
    return np.asarray(np.where(seen, deviation, np.nan) / scale)


def unbiased_sd(rows: Floats, *, fewest: int = 2) -> Floats:
    """Standard deviation of each row's values, divided by c₄(k) so that rows of unequal length have one expectation.

    c₄(k) = √(2/(k−1)) Γ(k/2)/Γ((k−1)/2) is exact for normal values.

    Parameters
    ----------
    rows : ndarray, shape (P, D)
        Values; NaN = none.
    fewest : int
        Values a row needs, at least 2.

    Returns
    -------
    ndarray, shape (P,)
        NaN where there are too few.

    Examples
    --------
    >>> import numpy as np
    >>> unbiased_sd(np.array([[1.0, 3.0, np.nan], [1.0, np.nan, np.nan]])).round(4)
    array([1.7725,    nan])
    """
    seen = ~np.isnan(rows)
    k = seen.sum(axis=1).astype(np.float64)
    known = k >= max(fewest, 2)
    size = np.where(known, k, 2.0)
    mean = np.where(seen, rows, 0.0).sum(axis=1) / np.maximum(k, 1)
    squares = np.where(seen, rows - mean[:, None], 0.0)
    sd = np.sqrt((squares**2).sum(axis=1) / (size - 1))
    c4 = np.sqrt(2 / (size - 1)) * np.exp(special.gammaln(size / 2) - special.gammaln((size - 1) / 2))
    return np.where(known, sd / c4, np.nan)


@dataclass(frozen=True, eq=False)
class TeamComparison:
    """Each rater's mean value against the values of all other raters, about people of their own.

    Attributes
    ----------
    mean, others : ndarray, shape (m,)
        Means; NaN without values.
    ratio_se : ndarray, shape (m,)
        Standard error of log(mean/others).
    p_low, p_high : ndarray, shape (m,)
        One-sided p-values of Welch's t.
    """

    mean: Floats
    others: Floats
    ratio_se: Floats
    p_low: Floats
    p_high: Floats


def team_comparison(value: Floats, unit: Ints, n_units: int) -> TeamComparison:
    """Compare the values of each rater with those of all others by Welch's t.

    Parameters
    ----------
    value : ndarray, shape (rows,)
        One value a ratee; NaN = none.
    unit : ndarray of int, shape (rows,)
        Rater codes.
    n_units : int
        Number of raters.

    Returns
    -------
    TeamComparison

    References
    ----------
    Welch (1947), Biometrika 34, 28–35.

    Examples
    --------
    >>> import numpy as np
    >>> found = team_comparison(np.array([1.0, 2, 3, 3, 4, 5]), np.array([0, 0, 0, 1, 1, 1]), 2)
    >>> found.p_low.round(3)
    array([0.035, 0.965])
    """
    held = ~np.isnan(value)
    x, u = value[held], unit[held]
    n = np.bincount(u, minlength=n_units).astype(np.float64)
    centre = x.mean() if len(x) else 0.0
    own, square = np.bincount(u, x - centre, n_units), np.bincount(u, (x - centre) ** 2, n_units)
    k, rest, rest_square = n.sum() - n, own.sum() - own, square.sum() - square
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, others = own / n, rest / k
        v, w = (square - own * mean) / (n - 1) / n, (rest_square - rest * others) / (k - 1) / k
        v, w = np.maximum(v, 0), np.maximum(w, 0)
        t = (mean - others) / np.sqrt(v + w)
        df = (v + w) ** 2 / (v**2 / (n - 1) + w**2 / (k - 1))
        mean, others = mean + centre, others + centre
        se = np.sqrt(v / mean**2 + w / others**2)
        low, high = special.stdtr(df, t), special.stdtr(df, -t)
    se[~np.isfinite(se)] = np.nan
    return TeamComparison(mean, others, se, low, high)

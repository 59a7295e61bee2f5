"""Halo as inflation: how much higher one rater's correlations of dimensions are than a reference, with standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.rater_effects.halo_indices import SameRater
from rankkit.kernels.rater_effects.rating_profiles import Profiles


@dataclass(frozen=True, eq=False)
class Inflation:
    """Mean correlation of dimensions less the reference, in atanh units.

    Attributes
    ----------
    z, reference : ndarray, shape (k,)
        Mean atanh of the correlations and of the reference over the same pairs; NaN where there are none.
    se : ndarray, shape (k,)
        Jackknife standard error of their difference over ratees.
    df : ndarray, shape (k,)
        n − 1.
    """

    z: Floats
    reference: Floats
    se: Floats
    df: Floats

    @property
    def difference(self) -> Floats:
        """Same rater less reference, atanh units."""
        return self.z - self.reference

    @property
    def effect(self) -> Floats:
        """Difference of correlations, tanh z̄ − tanh ζ̄."""
        return np.tanh(self.z) - np.tanh(self.reference)

    def p(self) -> Floats:
        """Probability of a difference this large or larger where there is none (t on n − 1)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(special.stdtr(self.df, -self.difference / self.se))

    def interval(self, level: float) -> tuple[Floats, Floats]:
        """Limits of the effect, the reference taken at its estimate."""
        half = special.stdtrit(self.df, (1 + level) / 2) * self.se
        return tuple(np.tanh(self.reference + self.difference + side * half) - np.tanh(self.reference) for side in (-1, 1))  # type: ignore[return-value]


def rater_inflation(data: Profiles, same: SameRater, reference: Floats, without: Floats | None) -> Inflation:
    r"""Compare each rater's mean correlation with the reference, leaving ratees out one by one.

    With u_i the change of z̄_r and v_i that of ζ̄ without ratee i, both centred and scaled by √((n−1)/n) of their own n, the
    variance of z̄_r − ζ̄ is :math:`\sum_i (u_i - v_i)^2`. Where a correlation was cut at ±.99 the jackknife sees no error, and
    1/√(n_r − 3) of a single correlation is the least that is stated.

    Parameters
    ----------
    data : Profiles
        Ratings.
    same : SameRater
        Their correlations within raters.
    reference : ndarray, shape (K,)
        atanh of the reference; NaN = not known for that pair.
    without : ndarray, shape (n, K) or None
        The reference without each ratee; None if it comes from elsewhere and is known.

    Returns
    -------
    Inflation
        One value a rater.

    References
    ----------
    Arvesen (1969), Jackknifing U-statistics, Annals of Mathematical Statistics 40, 2076–2100.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rater_effects.halo_indices import same_rater
    >>> x = np.array([[1.0, 2], [2, 1], [3, 4], [4, 3], [5, 5], [6, 8], [7, 6], [8, 7]])
    >>> one = Profiles(np.arange(8), np.zeros(8, int), x, 8, 1)
    >>> rater_inflation(one, same_rater(one), np.array([0.5]), None).effect.round(2)
    array([0.4])
    """
    m, P = data.m, len(data.rater)
    used = ~np.isnan(same.correlation) & ~np.isnan(reference)
    z, zeta, variance = np.full((3, m), np.nan)
    n = np.bincount(data.rater[(data.seen.sum(axis=1) > 1)], minlength=m).astype(np.float64)
    u = np.zeros(P)
    z_row = same.left_out
    with np.errstate(divide="ignore", invalid="ignore"):
        shrink = np.sqrt((n - 1) / n)
        centre = data.to_raters(np.nan_to_num(z_row)) / np.maximum(n, 1)
        u = np.where(np.isnan(z_row) | (data.seen.sum(axis=1) < 2), 0.0, (z_row - centre[data.rater]) * shrink[data.rater])
    for pattern in np.unique(used, axis=0):
        raters = np.flatnonzero((used == pattern).all(axis=1))
        if not pattern.any():
            continue
        v = _reference_changes(without, pattern, data.n)
        mine = np.isin(data.rater, raters)
        cross = np.bincount(data.rater[mine], u[mine] * v[data.ratee[mine]], minlength=m)
        own = np.bincount(data.rater[mine], u[mine] ** 2, minlength=m)
        z[raters] = same.z[raters]
        zeta[raters] = reference[pattern].mean()
        variance[raters] = (own - 2 * cross)[raters] + v @ v
    se = np.sqrt(np.maximum(variance, 0))
    least = np.where(same.capped, 1 / np.sqrt(np.maximum(n - 3, 1)), 0.0)
    return Inflation(z, zeta, np.maximum(se, least), np.maximum(n - 1, 1))


def _reference_changes(without: Floats | None, pattern: Bools, n: int) -> Floats:
    """Change of the mean reference without each ratee, centred and scaled, shape (n,)."""
    if without is None:
        return np.zeros(n)
    mean = without[:, pattern].mean(axis=1)
    known = np.isfinite(mean)
    k = max(int(known.sum()), 1)
    return np.asarray(np.where(known, mean - mean[known].sum() / k, 0.0) * np.sqrt((k - 1) / k))


def mean_inflation(same: Floats, reference: Floats, without: tuple[Floats, Floats], ratees: Ints) -> Inflation:
    """Compare the pooled same-rater correlations with the reference, pair by pair or on average.

    Parameters
    ----------
    same, reference : ndarray, shape (K,)
        atanh of the correlations; one value for the mean over pairs.
    without : (ndarray, ndarray), each of shape (n, K)
        Both without each ratee.
    ratees : ndarray of int
        Ratees that carry information.

    Returns
    -------
    Inflation
        One value a pair.

    Examples
    --------
    >>> import numpy as np
    >>> left_out = np.array([[0.9], [1.0], [1.1]])
    >>> mean_inflation(np.array([1.0]), np.array([0.5]), (left_out, np.full((3, 1), 0.5)), np.arange(3)).se.round(3)
    array([0.115])
    """
    change = (without[0] - without[1])[ratees]
    known = np.isfinite(change)
    n = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, change, 0.0).sum(axis=0) / n
    squares = (np.where(known, change - mean, 0.0) ** 2).sum(axis=0)
    usable = np.isfinite(same) & np.isfinite(reference) & (n > 2)
    se = np.where(usable, np.sqrt((n - 1) / n * squares), np.nan)
    return Inflation(np.where(usable, same, np.nan), np.where(usable, reference, np.nan), se, np.maximum(n - 1.0, 1))

"""Ratings laid out as profiles: one row a rater's scores of one person on all dimensions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from rankkit.kernels.arrays import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class Profiles:
    """One row a ratee × rater, sorted by rater and ratee.

    Attributes
    ----------
    ratee, rater : ndarray of int, shape (P,)
        Codes; every rater code 0 … m−1 occurs, or has no row.
    x : ndarray, shape (P, D)
        Scores; NaN = not rated.
    n, m : int
        Ratee and rater codes.
    """

    ratee: Ints
    rater: Ints
    x: Floats
    n: int
    m: int

    @property
    def seen(self) -> Bools:
        """Where there is a score, shape (P, D)."""
        return ~np.isnan(self.x)

    def centred(self) -> Floats:
        """Scores about the rater's mean of the dimension, 0 where there is none, shape (P, D)."""
        sums = self.to_raters(np.nan_to_num(self.x))
        mean = sums / np.maximum(self.to_raters(self.seen.astype(float)), 1)
        return np.where(self.seen, self.x - mean[self.rater], 0.0)

    def to_raters(self, rows: Floats) -> Floats:
        """Sum rows of each rater, shape (m, …)."""
        return _summed(rows, self.rater, self.m)

    def to_ratees(self, rows: Floats) -> Floats:
        """Sum rows of each ratee, shape (n, …)."""
        return _summed(rows, self.ratee, self.n)


def _summed(rows: Floats, code: Ints, levels: int) -> Floats:
    """Sum rows of each level, whatever their shape."""
    flat = rows.reshape(len(rows), int(np.prod(rows.shape[1:])))
    one = sparse.csr_array((np.ones(len(rows)), (code, np.arange(len(rows)))), shape=(levels, len(rows)))
    return np.asarray(one @ flat).reshape(levels, *rows.shape[1:])


def profiles(ratee: Ints, rater: Ints, dimension: Ints, score: Floats, shape: tuple[int, int, int]) -> Profiles:
    """Lay cells out as profiles.

    Parameters
    ----------
    ratee, rater, dimension : ndarray of int, shape (cells,)
        Codes, each combination at most once.
    score : ndarray, shape (cells,)
        Scores.
    shape : (int, int, int)
        Numbers of ratees, raters and dimensions.

    Returns
    -------
    Profiles

    Examples
    --------
    >>> import numpy as np
    >>> two = profiles(np.array([0, 0, 1]), np.array([0, 0, 0]), np.array([0, 1, 1]), np.array([3.0, 4, 5]), (2, 1, 2))
    >>> two.x
    array([[ 3.,  4.],
           [nan,  5.]])
    """
    n, m, D = shape
    key, place = np.unique(rater * n + ratee, return_inverse=True)
    x = np.full((len(key), D), np.nan)
    x[place, dimension] = score
    who, whom = np.divmod(key, n)
    return Profiles(whom, who, x, n, m)

"""Points by rank, for complete and for partial lists."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rankings.ranking_lists import RankingLists


@dataclass(frozen=True)
class Borda:
    """Points from ranks.

    Attributes
    ----------
    points : ndarray of float, shape (n,)
        Σ w_r(n_r − rank), the number of people a person is put above; comparable between people only if the lists hold the same.
    share : ndarray of float, shape (n,)
        Weighted mean of (n_r − rank)/(n_r − 1) over the lists with the person, 1 = first everywhere; nan for who is in no list of
        two or more. Orders people as ``points`` do where all lists hold the same people.
    lists : ndarray of int, shape (n,)
        Lists of two or more people with positive weight a person was presented in.
    same_people : bool
        Whether all those lists present the same people. If not, a place among the strong counts as much as one among the weak.
    """

    points: Floats
    share: Floats
    lists: Ints
    same_people: bool


def borda(lists: RankingLists) -> Borda:
    """Borda count: the number of people each rater puts below a person (Borda 1784).

    In a list of n_r people presented, rank k earns n_r − k; tied people share the mean, and people left over share the mean
    of the positions left over. Who was not presented earns nothing and loses nothing.

    Parameters
    ----------
    lists : RankingLists
        Rankings.

    Returns
    -------
    Borda
        Points, shares, number of lists, and whether the lists hold the same people.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rankings.ranking_lists import from_matrix
    >>> found = borda(from_matrix(np.array([[1, 2, 3, 4], [2, 1, np.inf, np.inf]])))
    >>> found.points, found.share.round(3), found.same_people
    (array([5. , 5. , 1.5, 0.5]), array([0.833, 0.833, 0.25 , 0.083]), True)
    """
    counted = (lists.length >= 2) & (lists.weight > 0)
    kept = counted[lists.list_of]
    item, which = lists.item[kept], lists.list_of[kept]
    length, weight = lists.length[which], lists.weight[which]
    earned = length - lists.midrank[kept]
    points = np.bincount(item, weight * earned, lists.n).astype(np.float64)
    held = np.bincount(item, weight, lists.n)
    with np.errstate(invalid="ignore"):
        share: Floats = np.bincount(item, weight * earned / (length - 1), lists.n) / held
    times = np.bincount(item, minlength=lists.n).astype(np.int64)
    return Borda(points, share, times, bool(np.all((times == 0) | (times == counted.sum()))))

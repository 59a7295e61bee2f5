"""Plackett-Luce worths by another program, to check our own against."""

from __future__ import annotations

import numpy as np

from rankkit.errors import ConvergenceError, SettingsError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.rankings import plackett_luce
from rankkit.kernels.rankings.ranking_lists import RankingLists

_ACCURACY = 1e-10  # change of all worths together at which choix stops
_MOST = 10_000  # its steps; more than any connected data set has been seen to need


def worths_by_choix(lists: RankingLists) -> Floats:
    """Fit rankings by choix's iterative Luce spectral ranking.

    Parameters
    ----------
    lists : RankingLists
        Rankings without ties, each counted once; people left over at the bottom are fine.

    Returns
    -------
    ndarray, shape (n,)
        Log-worths, summing to zero.

    Raises
    ------
    SettingsError
        ``E-SETTING`` for ties, weights or people left over above people placed, which choix does not know.
    ConvergenceError
        If no finite estimate exists, or choix does not find it.

    Notes
    -----
    Maystre, L. & Grossglauser, M. (2015). Fast and accurate inference of Plackett-Luce models. *Advances in Neural
    Information Processing Systems*, 28.

    Examples
    --------
    >>> from rankkit.kernels.rankings.ranking_lists import from_matrix
    >>> worths_by_choix(from_matrix(np.array([[1.0, 2, 3], [1, 3, 2], [2, 1, 3], [3, 2, 1]]))).round(6)
    array([ 0.320996,  0.055026, -0.376022])
    """
    import choix  # noqa: PLC0415 - an optional cross-check, slow to import

    parts = [slice(lists.start[k], lists.start[k + 1]) for k in range(lists.size)]
    tied = (lists.group_size > 1) & ~lists.left_over
    inside = any((np.diff(lists.left_over[p].astype(int)) < 0).any() for p in parts)
    if tied.any() or inside or (lists.weight != 1).any():
        raise SettingsError("E-SETTING", name="solver", value="'choix'", allowed="'newton' where there are ties or weights")
    if lists.n < 2:
        return np.zeros(lists.n)
    if plackett_luce.existence(lists).kind != "finite":
        raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan"))
    choices = []
    for p in parts:
        people, placed = lists.item[p].tolist(), int((~lists.left_over[p]).sum())
        choices += [(people[k], people[k + 1 :]) for k in range(min(placed, len(people) - 1))]
    try:
        worth = np.asarray(choix.ilsr_top1(lists.n, choices, max_iter=_MOST, tol=_ACCURACY))
    except RuntimeError:
        raise ConvergenceError("E-CONV", iterations=_MOST, gradient=float("nan")) from None
    return np.asarray(worth - worth.mean())

"""Whether the numbers of a list are ranks, or look like something else."""

from __future__ import annotations

import numpy as np

from rankkit.errors import Problem
from rankkit.kernels.arrays import Floats, Ints


def unusual(which: Ints, rank: Floats, rater: Ints, raters: tuple[str, ...]) -> list[Problem]:
    """Note lists in which a rank is larger than the list is long, and lists that number tied people densely.

    Their order is plain, but both are what scores look like, and scores in which more is better would be read upside down.

    Parameters
    ----------
    which : ndarray of int, shape (rows,)
        List of each row.
    rank : ndarray, shape (rows,)
        ``nan`` = not ranked.
    rater : ndarray of int, shape (rows,)
        Codes into ``raters``.
    raters : tuple of str
        Ids.

    Returns
    -------
    list of Problem
        ``W-RANKGAPS``, ``I-RANKDENSE``, or nothing.

    Examples
    --------
    >>> [p.message("en") for p in unusual(np.zeros(3, int), np.array([1.0, 5.0, 99.0]), np.zeros(3, int), ("r1",))]
    ['lists with a rank beyond the number of their people: 1 (r1); only the order was used, 1 as the best']
    """
    size = np.bincount(which)
    ranked = ~np.isnan(rank)
    highest = np.zeros(len(size))
    np.maximum.at(highest, which[ranked], rank[ranked])
    beyond = highest > size
    order = np.lexsort((rank[ranked], which[ranked]))
    lists, values = which[ranked][order], rank[ranked][order]
    opens = np.append(True, lists[1:] != lists[:-1])[: len(lists)]
    steps = opens | np.append(True, values[1:] != values[:-1])[: len(lists)]
    levels = np.cumsum(steps)
    dense = levels - levels[opens][np.cumsum(opens) - 1] + 1  # 1, 2, 2, 3
    tied = np.bincount(lists, minlength=len(size)) > np.bincount(lists[steps], minlength=len(size))
    other = np.bincount(lists, dense != values, minlength=len(size)) > 0
    group = np.cumsum(steps) - 1
    last = np.bincount(lists[steps], minlength=len(size)) > 1
    before = np.arange(len(lists)) - np.flatnonzero(opens)[np.cumsum(opens) - 1]
    shared = np.flatnonzero(steps)[group]
    usual = np.bincount(lists, before[shared] + 1 != values, minlength=len(size)) == 0  # 1, 2, 2, 4
    out = []
    for code, found in (("W-RANKGAPS", beyond), ("I-RANKDENSE", tied & last & ~other & ~usual)):
        if found.any():
            who = [raters[r] for r in np.unique(rater[found[which]])]
            out.append(Problem(code, details={"n": int(found.sum()), "who": who}))
    return out

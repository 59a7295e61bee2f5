"""Normal scores of ranks within each rater: what a rater's order says when neither level nor spread is trusted."""

from __future__ import annotations

import numpy as np
from scipy import special

from rankkit.kernels.arrays import Floats, Ints


def normal_scores(group: Ints, score: Floats, n_groups: int) -> Floats:
    r"""Replace scores by the normal quantiles of their ranks within a group (Blom's formula).

    .. math:: \Phi^{-1}\left(\frac{n - \mathrm{rank} + 5/8}{n + 1/4}\right), \qquad \text{rank 1 = highest}

    Ties share the mean rank.

    Parameters
    ----------
    group : ndarray of int, shape (N,)
        Rater, or rater × dimension, of each score.
    score : ndarray, shape (N,)
        Scores.
    n_groups : int
        Number of groups.

    Returns
    -------
    ndarray, shape (N,)
        Standard normal units; ``nan`` in groups that give everyone the same score (they say nothing about order).

    References
    ----------
    Blom (1958), Statistical Estimates and Transformed Beta-Variables.

    Examples
    --------
    >>> import numpy as np
    >>> normal_scores(np.zeros(4, int), np.array([5.0, 3.0, 3.0, 1.0]), 1).round(3)
    array([ 1.049,  0.   ,  0.   , -1.049])
    """
    n = len(score)
    order = np.lexsort((score, group))
    g, y = group[order], score[order]
    opens = np.ones(n, dtype=np.bool_)
    opens[1:] = (g[1:] != g[:-1]) | (y[1:] != y[:-1])
    first = np.flatnonzero(opens)
    size = np.diff(np.append(first, n))
    of_group = np.bincount(group, minlength=n_groups)
    begin = np.cumsum(of_group) - of_group
    below = np.repeat(first + (size - 1) / 2, size) - begin[g]  # mean number of lower places, from 0
    out = np.empty(n)
    out[order] = special.ndtri((below + 5 / 8) / (of_group[g] + 1 / 4))
    alone = np.bincount(g[opens], minlength=n_groups) < 2
    out[alone[group]] = np.nan
    return out

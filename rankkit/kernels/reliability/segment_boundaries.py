"""Where coders cut a text: similarity of boundaries, with near misses counted as such."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rankkit.kernels.arrays import Ints


@dataclass(frozen=True)
class BoundarySimilarity:
    """How two coders cut the same text.

    Attributes
    ----------
    value : float
        B; ``nan`` where neither has a boundary.
    matched, near, missed : int
        Boundaries in the same place, near each other, and of one coder only.
    """

    value: float
    matched: int
    near: int
    missed: int


def boundary_similarity(first: Ints, second: Ints, reach: int = 2) -> BoundarySimilarity:
    r"""Boundary similarity of Fournier (2013) with one kind of boundary.

    .. math:: B = 1 - \frac{|A| + \sum_T d_t / r}{|A| + |T| + |M|}

    M boundaries match, T are pairs of different ones less than r positions apart (a near miss by d costs d/r), A are the rest.

    Parameters
    ----------
    first, second : ndarray of int
        Positions of the boundaries inside the text (its ends are none).
    reach : int
        r: how many positions apart two boundaries are no longer the same one misplaced; 1 = near misses do not count.

    Returns
    -------
    BoundarySimilarity

    References
    ----------
    Fournier (2013), Evaluating text segmentation using boundary edit distance, ACL, 1702-1712.

    Examples
    --------
    >>> import numpy as np
    >>> boundary_similarity(np.array([3, 8]), np.array([3, 9]))
    BoundarySimilarity(value=0.75, matched=1, near=1, missed=0)
    """
    a, b = set(np.asarray(first).tolist()), set(np.asarray(second).tolist())
    same = len(a & b)
    left, right = sorted(a - b), sorted(b - a)
    cost, near = 0.0, 0
    gaps = sorted((abs(x - y), x, y) for x in left for y in right if abs(x - y) < reach)
    used: set[tuple[int, int]] = set()
    for gap, x, y in gaps:
        if (0, x) not in used and (1, y) not in used:
            used |= {(0, x), (1, y)}
            near += 1
            cost += gap / reach
    missed = len(left) + len(right) - 2 * near
    whole = missed + near + same
    return BoundarySimilarity(1 - (missed + cost) / whole if whole else float("nan"), same, near, missed)

"""Whether it matters at which end a ranking was begun."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Literal

import numpy as np

from rankkit.kernels.arrays import Bools, Floats, Ints

_EXACT = 20_000  # allocations listed in full


@dataclass(frozen=True)
class FirstEndEffect:
    """Difference between lists begun at the two ends.

    Attributes
    ----------
    effect : float
        Mean absolute difference of people's mean shares between the two kinds of lists.
    p : float
        Share of the allocations of lists to ends with an effect at least as large; ``nan`` if there is one kind only.
    method : {"exact", "permutation", "none"}
        All allocations, or random ones.
    """

    effect: float
    p: float
    method: Literal["exact", "permutation", "none"]


def first_ends(which: Ints, pick: Ints, end: Ints, lists: int) -> Ints:
    """Tell the end at which each list was begun, also where whoever was picked first was withdrawn later.

    Ends alternate: picks 1, 3, 5, … are at the first end and 2, 4, 6, … at the other. A rater who switched ends before the first
    pick that is left cannot be told from one who did not.

    Parameters
    ----------
    which, pick, end : ndarray of int, shape (rows,)
        List, number of the pick in it (from 1; 0 = none) and its end, ``+1`` or ``-1``, of each person left.
    lists : int
        Number of lists.

    Returns
    -------
    ndarray of int, shape (lists,)
        ``+1``, ``-1``; 0 where no pick is left.

    Examples
    --------
    >>> import numpy as np
    >>> first_ends(np.array([0, 0, 1, 1]), np.array([1, 2, 2, 3]), np.array([1, -1, -1, 1]), 3)
    array([1, 1, 0])
    """
    out = np.zeros(lists, dtype=np.int64)
    picked = np.flatnonzero(pick > 0)
    late_to_early = picked[np.argsort(-pick[picked], kind="stable")]
    for row in late_to_early:  # the first pick left has the last word
        out[which[row]] = end[row] if pick[row] % 2 else -end[row]
    return out


def first_end_effect(share: Floats, worst_first: Bools, *, draws: int = 5000, seed: int = 0) -> FirstEndEffect:
    """Test whether lists begun with the worst put people elsewhere than lists begun with the best.

    A fair test if the first end was drawn at random for each list; otherwise raters who chose it may differ in other ways.

    Parameters
    ----------
    share : ndarray, shape (lists, n)
        Share of the others in the list a person was put above; ``nan`` = not in the list.
    worst_first : ndarray of bool, shape (lists,)
        Which lists were begun with the worst.
    draws : int
        Random allocations where there are too many to list.
    seed : int
        Of the draws, which follow an order of the lists that neither labels nor rows decide.

    Returns
    -------
    FirstEndEffect

    Examples
    --------
    >>> import numpy as np
    >>> up, down = [1.0, 0.5, 0.0], [0.0, 0.5, 1.0]
    >>> found = first_end_effect(np.array([up, up, up, down, down, down]), np.array([False] * 3 + [True] * 3))
    >>> round(found.effect, 3), found.p, found.method
    (0.667, 0.1, 'exact')
    """
    lists, k = len(worst_first), int(worst_first.sum())
    if k in (0, lists):
        return FirstEndEffect(float("nan"), float("nan"), "none")
    seen = ~np.isnan(share)
    value = np.where(seen, share, 0.0)
    order = np.lexsort((value.sum(axis=1), _distance(share), worst_first))
    value, seen = value[order], seen[order]
    observed = float(_effects(value, seen, worst_first[order][None, :])[0])
    if comb(lists, k) <= _EXACT:
        chosen = np.zeros((comb(lists, k), lists), dtype=bool)
        for row, members in enumerate(combinations(range(lists), k)):
            chosen[row, list(members)] = True
        effects = _effects(value, seen, chosen)
        return FirstEndEffect(observed, float(np.mean(effects >= observed * (1 - 1e-9))), "exact")
    rng = np.random.default_rng(seed)
    chosen = np.argsort(rng.random((draws, lists)), axis=1) < k
    more = int(np.sum(_effects(value, seen, chosen) >= observed * (1 - 1e-9)))
    return FirstEndEffect(observed, (1 + more) / (1 + draws), "permutation")


def _distance(share: Floats) -> Floats:
    """How far each list is from the mean of all."""
    mean = np.nansum(share, axis=0) / np.maximum((~np.isnan(share)).sum(axis=0), 1)
    distance: Floats = np.round(np.nansum((share - mean) ** 2, axis=1), 9)
    return distance


def _effects(value: Floats, seen: Bools, chosen: Bools) -> Floats:
    """Mean absolute difference of the means over chosen and other lists, of people in both, by allocation."""
    one, other = chosen.astype(np.float64), (~chosen).astype(np.float64)
    count_one, count_other = one @ seen, other @ seen
    both = (count_one > 0) & (count_other > 0)
    difference = one @ value / np.maximum(count_one, 1) - other @ value / np.maximum(count_other, 1)
    effects: Floats = np.where(both, np.abs(difference), 0.0).sum(axis=1) / np.maximum(both.sum(axis=1), 1)
    return effects

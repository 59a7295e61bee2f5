"""Cyclic designs: everybody is compared with those at certain distances around a circle."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
from numpy.random import Generator

from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.designs.pair_designs import PairDesign, check_degree, design_of, pair_keys

_ALL_SETS = 20_000  # difference sets up to which the best is found by looking at every one
_SAME = 1e-9  # relative difference of efficiency below which the first set is kept
_RELABELLINGS = 50  # draws of seats where pairs must be avoided


def cyclic(n: int, k: int, rng: Generator | None = None, forbidden: Ints | None = None) -> PairDesign:
    """Take the cyclic (chained) design whose differences are the most efficient.

    People sit in a circle; the pairs are all ``(i, i + d mod n)`` with ``d`` in the difference set of
    :func:`cyclic_differences`. Everybody has ``k`` comparisons and the same standing in the design.

    Parameters
    ----------
    n, k : int
        People, and comparisons of each; ``n k`` must be even and ``2 <= k < n``.
    rng : Generator, optional
        Draws who sits where; without it, in order of code.
    forbidden : ndarray of int, shape (f, 2), optional
        Pairs that must not be compared. They are left out; seats are drawn so that few are lost and everybody
        stays linked.

    Returns
    -------
    PairDesign

    Raises
    ------
    SettingsError
        ``E-KRANGE``, ``E-ODDTOTAL``; ``E-NOREGULAR`` if leaving out the forbidden pairs always breaks the circle.

    Notes
    -----
    David, H. A. (1988). *The Method of Paired Comparisons* (2nd ed.), ch. 5. Griffin.

    Examples
    --------
    >>> found = cyclic(6, 2)
    >>> list(zip(found.first.tolist(), found.second.tolist()))
    [(0, 1), (0, 5), (1, 2), (2, 3), (3, 4), (4, 5)]
    """
    differences = cyclic_differences(n, k)
    seats = np.arange(n)
    pairs = np.concatenate([np.column_stack([seats, (seats + d) % n])[: n // 2 if 2 * d == n else n] for d in differences])
    banned = pair_keys(n, forbidden)
    best: PairDesign | None = None
    for _ in range(_RELABELLINGS if len(banned) and rng is not None else 1):
        who = np.arange(n) if rng is None else rng.permutation(n)
        design = design_of(n, who[pairs[:, 0]], who[pairs[:, 1]])
        keep = ~np.isin(design.first * n + design.second, banned)
        design = PairDesign(n, design.first[keep], design.second[keep])
        if design.connected and (best is None or len(design.first) > len(best.first)):
            best = design
    if best is None:
        raise SettingsError("E-NOREGULAR", k=k, n=n, excluded=len(banned))
    return best


def cyclic_differences(n: int, k: int) -> tuple[int, ...]:
    """Find the differences of the most efficient connected cyclic design.

    A difference ``d < n/2`` gives everybody two comparisons, ``d = n/2`` one. The Laplacian has the eigenvalues
    ``sum_d 2 (1 - cos(2 pi j d / n))`` (half of that for ``d = n/2``), ``j = 1 … n-1``; their harmonic mean is
    greatest. Up to some twenty thousand sets all are tried, beyond that single exchanges.

    Parameters
    ----------
    n, k : int
        People, and comparisons of each; ``n k`` must be even and ``2 <= k < n``.

    Returns
    -------
    tuple of int
        Differences, ascending.

    Raises
    ------
    SettingsError
        ``E-KRANGE`` or ``E-ODDTOTAL``.

    Examples
    --------
    >>> cyclic_differences(13, 4), cyclic_differences(8, 3)
    ((1, 5), (1, 4))
    """
    check_degree(n, k)
    half = (n // 2,) if k % 2 else ()
    size = k // 2
    candidates = np.arange(1, (n + 1) // 2)
    angle = 2 * np.pi * np.arange(1, n) / n
    roots = 2 * (1 - np.cos(np.outer(np.arange(n // 2 + 1), angle)))  # (difference, eigenvalue)
    fixed = roots[n // 2] / 2 if half else np.zeros(n - 1)
    if not size:
        return half
    if comb(len(candidates), size) <= _ALL_SETS:
        sets = np.array(list(combinations(candidates.tolist(), size)), dtype=np.int64)
        cost = np.concatenate([_cost(roots[block].sum(axis=1) + fixed) for block in np.array_split(sets, len(sets) // 2000 + 1)])
        chosen = sets[int(np.flatnonzero(cost <= cost.min() * (1 + _SAME))[0])]
    else:
        chosen = _exchange(candidates, size, roots, fixed)
    return (*(int(d) for d in chosen), *half)


def _cost(eigenvalues: Floats) -> Floats:
    """Sum of inverse eigenvalues, infinite where one is zero; shape (sets,)."""
    lowest = eigenvalues.min(axis=-1)
    return np.asarray(np.where(lowest > _SAME, np.sum(1 / np.maximum(eigenvalues, _SAME), axis=-1), np.inf))


def _exchange(candidates: Ints, size: int, roots: Floats, fixed: Floats) -> Ints:
    """Add the best difference one at a time, then exchange single ones while that helps."""
    chosen: list[int] = [1]  # difference 1 links everybody
    while len(chosen) < size:
        rest = np.setdiff1d(candidates, chosen)
        chosen.append(int(rest[np.argmin(_cost(roots[chosen].sum(axis=0) + fixed + roots[rest]))]))
    best = float(_cost(roots[chosen].sum(axis=0) + fixed))
    improved = True
    while improved:
        improved = False
        for place in range(size):
            others = chosen[:place] + chosen[place + 1 :]
            rest = np.setdiff1d(candidates, chosen)
            if not len(rest):
                break
            cost = _cost(roots[others].sum(axis=0) + fixed + roots[rest])
            if cost.min() < best * (1 - _SAME):
                best, improved = float(cost.min()), True
                chosen[place] = int(rest[np.argmin(cost)])
    return np.sort(np.array(chosen, dtype=np.int64))

"""Which people share a curve: units large enough by themselves, smaller ones together with their parent unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rankkit.kernels.arrays import Bools, Ints


@dataclass(frozen=True, eq=False)
class Curves:
    """Curves of units.

    Attributes
    ----------
    curve : ndarray of int, shape (U,)
        Unit on whose curve the people of each unit are graded; −1 for units without people.
    size : ndarray of int, shape (U,)
        People on the curve of each unit.
    enough : ndarray of bool, shape (U,)
        Whether that curve reached the least size.
    """

    curve: Ints
    size: Ints
    enough: Bools


def pool(size: Ints, parent: Ints, least: int) -> Curves:
    """Pool small units upwards.

    From the leaves up: what is too small is graded with its parent unit, together with the parent's own people and the
    other small units below it; if that is still too few, the smallest other curves below the same parent join (all of
    equal size at once); if that is still too few, all of it goes to the parent's parent.

    Parameters
    ----------
    size : ndarray of int, shape (U,)
        People of each unit itself.
    parent : ndarray of int, shape (U,)
        Parent unit; −1 = none.
    least : int
        Fewest people of a curve.

    Returns
    -------
    Curves

    Raises
    ------
    ValueError
        If a unit is above itself.

    Examples
    --------
    >>> import numpy as np
    >>> pool(np.array([38, 6, 0]), np.array([2, 2, -1]), 20).curve  # units A and C below Ops, which has nobody itself
    array([ 2,  2, -1])
    """
    size, parent = np.asarray(size, dtype=np.int64), np.asarray(parent, dtype=np.int64)
    n = len(size)
    depth = _depths(parent)
    curve = np.where(size > 0, np.arange(n), -1)
    held = [np.array([u]) if size[u] else np.zeros(0, dtype=np.int64) for u in range(n)]  # units graded at this one
    below: list[list[int]] = [[] for _ in range(n)]  # curves that stand by themselves below it
    for u in np.argsort(-depth, kind="stable").tolist():
        members = held[u]
        while 0 < size[members].sum() < least and below[u]:
            smallest = min(int(size[held[v]].sum()) for v in below[u])
            for v in [v for v in below[u] if int(size[held[v]].sum()) == smallest]:
                members = np.concatenate([members, held[v]])
                below[u].remove(v)
        held[u], up = members, int(parent[u])
        curve[members] = u
        total = int(size[members].sum())
        if up >= 0:
            below[up] += below[u]
            if total >= least:
                below[up].append(u)
            else:
                held[up] = np.concatenate([held[up], members])
    together = np.bincount(curve[curve >= 0], weights=size[curve >= 0], minlength=n).astype(np.int64)
    on = np.where(curve >= 0, together[curve], 0)
    return Curves(curve, on, on >= least)


def _depths(parent: Ints) -> Ints:
    """Steps to the top."""
    depth = np.zeros(len(parent), dtype=np.int64)
    at = parent.copy()
    for _ in range(len(parent) + 1):
        going = at >= 0
        if not going.any():
            return depth
        depth[going] += 1
        at[going] = parent[at[going]]
    msg = "a unit is above itself"
    raise ValueError(msg)

"""Best gradings of units at a price, and all that are nearly as good."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.grading.unit_gradings import Gradings, Layer


@dataclass(frozen=True, eq=False)
class Paths:
    """Gradings of units.

    Attributes
    ----------
    unit : ndarray of int, shape (P,)
    sets : ndarray of int, shape (P, B)
        The set of each layer.
    counts : ndarray of int, shape (P, B)
        People in each grade.
    slack : ndarray of int, shape (P,)
        People beyond or short of the unit's ranges.
    """

    unit: Ints
    sets: Ints
    counts: Ints
    slack: Ints

    def joined(self, other: Paths) -> Paths:
        """Both, each path once."""
        sets = np.concatenate([self.sets, other.sets])
        _, first = np.unique(sets, axis=0, return_index=True)
        first.sort()
        return Paths(
            np.concatenate([self.unit, other.unit])[first],
            sets[first],
            np.concatenate([self.counts, other.counts])[first],
            np.concatenate([self.slack, other.slack])[first],
        )

    def total(self, values: list[Floats]) -> Floats:
        """Sum of the values of the sets of each path."""
        out: Floats = np.sum([v[self.sets[:, b]] for b, v in enumerate(values)], axis=0)
        return out


def priced(found: Gradings, values: list[Floats], by_grade: Floats, by_slack: float) -> list[Floats]:
    """Node values with a price on every person in a grade added; and the least price of a path to each set.

    Parameters
    ----------
    found : Gradings
    values : list of ndarray
        As of :meth:`Gradings.node_values`.
    by_grade : ndarray, shape (B,)
        Price of a person in each grade.
    by_slack : float
        Price of a person beyond or short of a range.

    Returns
    -------
    list of ndarray
        One a layer.
    """
    step = np.append(by_grade[:-1] - by_grade[1:], by_grade[-1])
    out: list[Floats] = []
    for b, layer in enumerate(found.layers):
        price = by_slack * layer.slack
        if b:
            price = price + out[-1][layer.origin]
        least = np.minimum.reduceat(price, layer.start[:-1]) if len(price) else np.zeros(0)
        out.append(least + values[b] + step[b] * layer.size)
    return out


def best(found: Gradings, least: list[Floats], by_slack: float) -> Paths:
    """Find the path of least price of each unit."""
    at = np.arange(len(found.members))
    sets = np.empty((len(at), len(found.layers)), dtype=np.int64)
    slack = np.zeros(len(at), dtype=np.int64)
    for b in range(len(found.layers) - 1, -1, -1):
        layer = found.layers[b]
        sets[:, b] = at
        rows, owner = _into(layer, at)
        price = by_slack * layer.slack[rows] + (least[b - 1][layer.origin[rows]] if b else 0.0)
        first = np.lexsort((rows, price, owner))
        chosen = rows[first[np.searchsorted(owner[first], np.arange(len(at)))]]
        slack += layer.slack[chosen]
        at = layer.origin[chosen]
    return _described(found, sets, slack)


def nearly_best(
    found: Gradings, values: list[Floats], least: list[Floats], by_grade: Floats, by_slack: float, most: Floats, limit: int
) -> Paths | None:
    """All paths of a price of at most ``most`` of their unit; None if there are more than ``limit``."""
    step = np.append(by_grade[:-1] - by_grade[1:], by_grade[-1])
    at = np.arange(len(found.members))
    keep = least[-1] <= most
    at, left = at[keep], (most - (values[-1] + step[-1] * found.layers[-1].size))[keep]
    sets, slack = at[:, None], np.zeros(len(at), dtype=np.int64)
    for b in range(len(found.layers) - 1, -1, -1):
        layer = found.layers[b]
        if float(np.diff(layer.start)[at].sum()) > 50.0 * limit:
            return None
        rows, owner = _into(layer, at)
        spare = left[owner] - by_slack * layer.slack[rows]
        fits = spare >= (least[b - 1][layer.origin[rows]] if b else 0.0)
        rows, owner = rows[fits], owner[fits]
        if len(rows) > limit:
            return None
        slack = slack[owner] + layer.slack[rows]
        at = layer.origin[rows]
        if b:
            left = spare[fits] - (values[b - 1][at] + step[b - 1] * found.layers[b - 1].size[at])
            sets = np.column_stack([at, sets[owner]])
        else:
            sets = sets[owner]
    return _described(found, sets, slack)


def _into(layer: Layer, at: Ints) -> tuple[Ints, Ints]:
    """Steps into some sets, and which of these they lead to."""
    count = layer.start[at + 1] - layer.start[at]
    owner = np.repeat(np.arange(len(at)), count)
    offset = np.cumsum(count) - count
    return layer.start[at][owner] + np.arange(int(count.sum())) - offset[owner], owner


def _described(found: Gradings, sets: Ints, slack: Ints) -> Paths:
    size = np.column_stack([layer.size[sets[:, b]] for b, layer in enumerate(found.layers)])
    return Paths(found.layers[-1].unit[sets[:, -1]], sets, np.diff(size, axis=1, prepend=0), slack)

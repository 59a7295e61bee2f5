"""Seats by unit and grade with the totals of both, and what equally good units leave open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum

import numpy as np

from rankkit.errors import PolicyError, Problem
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.grading.controlled_rounding import controlled_rounding
from rankkit.kernels.ranking import tie_groups
from rankkit.methods.distribution_curves import Curves
from rankkit.methods.distribution_policy import Quota

_MOST_TILT = 20.0  # log odds between two grades of a unit: beyond it raking has nothing to hold to


@dataclass(frozen=True, eq=False)
class UnitSeats:
    """Seats of one unit.

    Attributes
    ----------
    seats : ndarray of int, shape (B,)
        In the table chosen.
    open : ndarray of bool, shape (B,)
        Grades of which the unit has more or fewer people in another table that costs as little.
    fewest, most : ndarrays of int, shape (B,)
        Seats by whose cuts fewest, and most, people stand above each cut in any such table.
    alike : ndarray of int, shape (K, B)
        Seats of the units of the same size, mean and tilt, this one among them: which of them gets which is chance.
    """

    seats: Ints
    open: Bools
    fewest: Ints
    most: Ints
    alike: Ints


def hybrid_seats(
    curves: Curves,
    score: Floats,
    totals: Ints,
    quota: Quota,
    tilt: Mapping[str, float] | None,
    performance: Mapping[str, float] | None,
) -> list[UnitSeats]:
    r"""Seats by unit and grade with the totals of both, the better units first: cost :math:`b \cdot \bar\theta_g`.

    With a tilt :math:`q_{gb} \propto n_g n_b \exp(\eta_b z_g)`, raked to the totals.

    Raises
    ------
    PolicyError
        If the performance of a unit is missing, or its tilt is beyond all bounds.
    """
    units = range(len(curves.names))
    size = np.array([int((curves.code == k).sum()) for k in units], dtype=np.int64)
    exact = np.array([fsum(score[curves.code == k]) / size[k] for k in units])  # the order of rows decides nothing
    standing = tie_groups(exact)
    mean = np.array([exact[standing == k].max() for k in standing])
    weight = np.ones((len(size), len(totals)))
    if tilt is not None:
        known = performance or {}
        missing = [u for u in curves.names if u not in known]
        if missing:
            raise PolicyError([Problem("E-TILT", None, None, None, {"name": u}) for u in missing])
        z = np.array([float(known[u]) for u in curves.names])
        eta = np.array([float(tilt.get(g, 0.0)) for g in quota.names])
        by = eta[None, :] * z[:, None]
        far = np.ptp(by, axis=1)
        if (far > _MOST_TILT).any():
            where = [(u, f) for u, f in zip(curves.names, far, strict=True) if f > _MOST_TILT]
            raise PolicyError([Problem("E-TILTRANGE", None, None, None, {"name": u, "value": f"{f:.3g}"}) for u, f in where])
        weight = np.exp(by - by.max(axis=1, keepdims=True))  # raking takes out what all grades of a unit share
    order = np.lexsort((*weight.T, size, mean))  # names decide nothing
    cost = (mean[order] - mean[order].mean())[:, None] * np.arange(len(totals))[None, :]
    found = controlled_rounding(size[order], totals, cost, weight=None if tilt is None else weight[order])
    place = np.argsort(order)
    kind = np.unique(np.column_stack([standing, size, weight])[order], axis=0, return_inverse=True)[1].ravel()
    return [
        UnitSeats(
            found.counts[k],
            found.open[k],
            np.diff(found.fewest[k], prepend=0),
            np.diff(found.most[k], prepend=0),
            found.counts[kind == kind[k]],
        )
        for k in place
    ]

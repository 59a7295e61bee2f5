"""Choosing anchors: the incidents that lie best on equally spaced points of a scale, each point at most one; gaps and overlaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.optimize import linear_sum_assignment

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.behaviours.effectiveness_scaling import GAP_ON_SEVEN, REACH_ON_SEVEN, on_scale

SD_WEIGHT, DISAGREEMENT_WEIGHT = 0.25, 0.5  # what a point of spread and full disagreement cost beside a point of distance, squared
_SLACK = 1e-9  # rounding at the borders


@dataclass(frozen=True, eq=False)
class AnchorAssignment:
    """Incidents chosen for the points of a scale.

    Attributes
    ----------
    targets : ndarray, shape (K,)
        The points.
    incident : ndarray of int, shape (K,)
        Index of the incident at each point; ``-1`` = no incident lies close enough.
    cost : ndarray, shape (K,)
        What it costs; ``nan`` where there is none.
    """

    targets: Floats
    incident: Ints
    cost: Floats


def assign_anchors(
    mean: ArrayLike,
    sd: ArrayLike,
    agreement: ArrayLike,
    targets: ArrayLike,
    scale: tuple[float, float],
    *,
    reach: float | None = None,
    sd_weight: float = SD_WEIGHT,
    disagreement_weight: float = DISAGREEMENT_WEIGHT,
) -> AnchorAssignment:
    r"""Choose distinct incidents for as many points as can be anchored, at the least cost.

    .. math:: \sum_k \frac{(M_{j(k)} - t_k)^2}{u^2} + a \frac{SD_{j(k)}^2}{u^2} + b (1 - A_{j(k)}), \qquad u = (c - 1)/6

    subject to :math:`|M_j - t_k| \le 0.5\,u`. As an assignment problem with one dummy a point: leaving a point without an
    anchor costs more than any choice of incidents, an incident out of reach more than leaving all points without. Costs stay
    finite: with infinite ones the solver refuses points nobody can reach, and cutting off afterwards loses anchors.

    Parameters
    ----------
    mean, sd, agreement : arrays, shape (J,)
        Of the incidents that may be chosen.
    targets : array, shape (K,)
        Points of the scale.
    scale : (float, float)
        Lowest and highest point.
    reach : float, optional
        Farthest an anchor may lie from its point; .5 on a scale from 1 to 7, carried over to others.
    sd_weight, disagreement_weight : float
        a and b.

    Returns
    -------
    AnchorAssignment

    References
    ----------
    Kuhn (1955), Naval Research Logistics Quarterly 2, 83-97, for the assignment problem.

    Examples
    --------
    >>> found = assign_anchors([1.1, 2.9, 6.8, 3.4], [0.5, 0.6, 0.4, 0.2], [0.9, 0.8, 0.9, 0.9], [1, 3, 5, 7], (1, 7))
    >>> found.incident
    array([ 0,  1, -1,  2])
    """
    m, s, a, t = (np.asarray(v, dtype=np.float64) for v in (mean, sd, agreement, targets))
    if not len(m) or not len(t):
        return AnchorAssignment(t, np.full(len(t), -1), np.full(len(t), np.nan))
    unit = on_scale(1.0, scale)
    far = on_scale(REACH_ON_SEVEN, scale) if reach is None else reach
    distance = m[None, :] - t[:, None]
    cost = (distance / unit) ** 2 + sd_weight * (s / unit) ** 2 + disagreement_weight * (1 - a)
    allowed = np.abs(distance) <= far + _SLACK
    dummy = (float(cost[allowed].max()) if allowed.any() else 0.0) * len(t) + 1.0
    forbidden = dummy * (len(t) + 1)
    table = np.hstack([np.where(allowed, cost, forbidden), np.full((len(t), len(t)), dummy)])
    row, column = linear_sum_assignment(table)
    chosen = np.where(column < len(m), column, -1)[np.argsort(row)]
    taken = chosen >= 0
    return AnchorAssignment(t, chosen, np.where(taken, cost[np.arange(len(t)), chosen], np.nan))


@dataclass(frozen=True, eq=False)
class Gaps:
    """Stretches of a scale between neighbouring anchors and the ends, from the bottom.

    Attributes
    ----------
    low, high : ndarray, shape (G,)
        Where each begins and ends.
    wide : ndarray of bool, shape (G,)
        Wider than allowed.
    """

    low: Floats
    high: Floats
    wide: Bools


def gaps(values: ArrayLike, scale: tuple[float, float], *, most: float | None = None) -> Gaps:
    """Find stretches of the scale without an anchor.

    Parameters
    ----------
    values : array, shape (K,)
        Scale values of the anchors, in any order; without any the whole scale is one gap.
    scale : (float, float)
        Lowest and highest point.
    most : float, optional
        Widest stretch that is no gap; 1.5 on a scale from 1 to 7, carried over to others.

    Returns
    -------
    Gaps

    Examples
    --------
    >>> found = gaps([1.4, 3.1, 5.2, 6.6], (1, 7))
    >>> found.low[found.wide], found.high[found.wide]
    (array([1.4, 3.1]), array([3.1, 5.2]))
    """
    limit = on_scale(GAP_ON_SEVEN, scale) if most is None else most
    edges = np.concatenate([[scale[0]], np.sort(np.asarray(values, dtype=np.float64)), [scale[1]]])
    return Gaps(edges[:-1], edges[1:], np.diff(edges) > limit + _SLACK)


def separated(lower: ArrayLike, upper: ArrayLike, *, level: float = 0.95) -> tuple[float, float, bool]:
    r"""Tell whether judges place one anchor above another by more than chance.

    Judges who placed both are compared with themselves: ``d ± t SD(d)/√J``. With fewer than two such judges the two means are
    taken as independent, ``√(SD²/J + SD²/J)``, with Welch's degrees of freedom.

    Parameters
    ----------
    lower, upper : arrays, shape (R,)
        Placings of the two anchors by the same judges in the same order; ``nan`` = not judged.
    level : float
        Confidence level.

    Returns
    -------
    (float, float, bool)
        Difference of means, its standard error (``nan`` if there is none), and whether the interval lies above 0. Anchors
        that all judges place apart by the same amount are separated.

    Examples
    --------
    >>> separated([2, 3, 2, 3], [4, 5, 4, 5])
    (2.0, 0.0, True)
    """
    a, b = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() > 1:
        d = b[both] - a[both]
        mean, se, df = float(d.mean()), float(d.std(ddof=1) / np.sqrt(len(d))), float(len(d) - 1)
    else:
        a, b = a[np.isfinite(a)], b[np.isfinite(b)]
        if min(len(a), len(b)) < 2:
            return (float(b.mean() - a.mean()) if len(a) and len(b) else float("nan"), float("nan"), False)
        va, vb = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
        mean, se = float(b.mean() - a.mean()), float(np.sqrt(va + vb))
        df = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1)) if se > 0 else 1.0
    return mean, se, bool(mean - stats.t.ppf((1 + level) / 2, df) * se > 0)

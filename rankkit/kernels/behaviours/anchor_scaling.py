"""Where judges place the labels of a scale: means, spacing, overlap of neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from rankkit.kernels.arrays import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class AnchorScaling:
    """Scaling of c labels, in the order of the scale.

    Attributes
    ----------
    mean, sd : ndarray, shape (c,)
        Of the judges' values; sd divides by J − 1, NaN with one judge.
    judges : ndarray of int, shape (c,)
        Judges of each label.
    gap, gap_se, gap_low, gap_high : ndarray, shape (c−1,)
        Distance of neighbouring means with its standard error and interval (Student's t).
    paired : ndarray of bool, shape (c−1,)
        Whether the same judges placed both, so that the error is that of their differences.
    gap_ratio : float
        Largest over smallest gap; infinite or negative where labels coincide or are out of order.
    """

    mean: Floats
    sd: Floats
    judges: Ints
    gap: Floats
    gap_se: Floats
    gap_low: Floats
    gap_high: Floats
    paired: Bools
    gap_ratio: float


def anchor_scaling(values: Floats, level: float = 0.95) -> AnchorScaling:
    r"""Scale labels from judges' placements.

    The gap of neighbours a, a + 1 has standard error ``SD(v_{a+1} − v_a)/√J`` where the same J judges placed both, else
    ``√(SD²_a/J_a + SD²_{a+1}/J_{a+1})`` with Welch's degrees of freedom.

    Parameters
    ----------
    values : ndarray, shape (judges, labels)
        Placements, NaN where a judge did not place a label; labels in the order of the scale.
    level : float
        Confidence level.

    Returns
    -------
    AnchorScaling

    References
    ----------
    Thurstone & Chave (1929), The Measurement of Attitude. Bass, Cascio & O'Connor (1974), Journal of Applied Psychology 59,
    313-320.

    Examples
    --------
    >>> found = anchor_scaling(np.array([[0.0, 30, 100], [10, 50, 90], [5, 40, 95]]))
    >>> found.mean, found.gap, round(found.gap_ratio, 2)
    (array([ 5., 40., 95.]), array([35., 55.]), 1.57)
    """
    given = ~np.isnan(values)
    judges = given.sum(axis=0)
    filled = np.where(given, values, 0.0)
    mean = filled.sum(axis=0) / np.maximum(judges, 1)
    squares = (np.where(given, values - mean, 0.0) ** 2).sum(axis=0)
    sd = np.where(judges > 1, np.sqrt(squares / np.maximum(judges - 1, 1)), np.nan)
    c = values.shape[1]
    gap = np.diff(mean)
    se, df, paired = np.full(c - 1, np.nan), np.full(c - 1, np.nan), np.zeros(c - 1, dtype=np.bool_)
    for a in range(c - 1):
        both = given[:, a] & given[:, a + 1]
        paired[a] = bool((given[:, a] == given[:, a + 1]).all())
        if paired[a] and both.sum() > 1:
            se[a] = np.std(values[both, a + 1] - values[both, a], ddof=1) / np.sqrt(both.sum())
            df[a] = both.sum() - 1
        elif not paired[a] and min(judges[a], judges[a + 1]) > 1:
            parts = sd[a : a + 2] ** 2 / judges[a : a + 2]
            se[a] = np.sqrt(parts.sum())
            df[a] = parts.sum() ** 2 / max(float((parts**2 / (judges[a : a + 2] - 1)).sum()), 1e-300)
    half = np.where(se == 0, 0.0, special.stdtrit(np.maximum(df, 1e-9), (1 + level) / 2) * se)
    smallest = float(gap.min()) if c > 1 else float("nan")
    ratio = float(gap.max()) / smallest if smallest != 0 else float("inf")
    return AnchorScaling(mean, sd, judges, gap, se, gap - half, gap + half, paired, ratio)

"""Interactions of two facets: whether one element meets another more kindly, or more harshly, than their measures say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.stats import f as f_distribution
from scipy.stats import t as student

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.rasch.rasch_fit import Residuals
from rankkit.kernels.rasch.rasch_model import expectations, sums

_TOLERANCE = 1e-10
_MOST_STEPS = 200
_INSIDE = 0.3  # points by which a total at the very end is moved inside


@dataclass(frozen=True, eq=False)
class Interactions:
    """Cells of two facets that were met, arrays of shape (cells,).

    Attributes
    ----------
    first, second : ndarray of int
        Codes of the elements.
    n : ndarray
        Weighted ratings in the cell.
    observed, expected : ndarray
        Totals, in units of the form.
    difference : ndarray
        Mean of observed less expected, in units of the form: positive = higher ratings than the measures say.
    bias, se : ndarray
        What has to be added to the location, in logits, and its standard error, everything else taken as known.
    t, df, p, q : ndarray
        bias/se, n − 1, two-sided p, false discovery rate over the cells. NaN where there is one rating only.
    extreme : ndarray of bool
        Every rating of the cell is at the top, or at the bottom: the bias is that of a total .3 points inside.
    statistic, df1, df2, statistic_p : float
        F test whether there is any interaction: Σ_c (Σ(x−E))²/ΣV per degree of freedom (cells − elements + pieces), over what
        is left of Σ(x−E)²/V per degree of freedom. NaN where cells have one rating each. Dividing by what is left matters:
        joint maximum likelihood makes V too small, and taken alone the first sum as a χ² rejects up to always.
    """

    first: Ints
    second: Ints
    n: Floats
    observed: Floats
    expected: Floats
    difference: Floats
    bias: Floats
    se: Floats
    t: Floats
    df: Floats
    p: Floats
    q: Floats
    extreme: Bools
    statistic: float
    df1: float
    df2: float
    statistic_p: float


def interactions(found: Residuals, first: int, second: int) -> Interactions:
    r"""Bias of every cell of two facets, by maximum likelihood with all measures held.

    The bias b of a cell solves Σ x = Σ E(η + b); se = 1/√ΣV at b.

    Parameters
    ----------
    found : Residuals
        Observations at the fitted measures.
    first, second : int
        Facets.

    Returns
    -------
    Interactions

    Raises
    ------
    ConvergenceError
        If a cell's equation is not solved.

    References
    ----------
    Linacre (1994), Many-Facet Rasch Measurement, chapter on bias. Myford & Wolfe (2003, 2004), Detecting and measuring rater
    effects using many-facet Rasch measurement, Journal of Applied Measurement 4, 386–422; 5, 189–227.
    """
    design, w = found.design, found.design.weight
    cells, own = np.unique(design.facets[first] * design.sizes[second] + design.facets[second], return_inverse=True)
    size = len(cells)
    n, observed = sums(own, w, size), sums(own, w * design.x, size)
    expected, information = sums(own, w * found.expected.mean, size), sums(own, w * found.expected.variance, size)
    score = np.where(design.used, design.score, np.nan)
    least = sums(own, w * np.nanmin(score, axis=1)[design.group], size)
    most = sums(own, w * np.nanmax(score, axis=1)[design.group], size)
    extreme = (observed <= least + _TOLERANCE) | (observed >= most - _TOLERANCE)
    bias, at_bias = _solved(found, own, np.clip(observed, least + _INSIDE, most - _INSIDE), size)
    se = 1 / np.sqrt(at_bias)
    t, df = bias / se, n - 1
    enough = df > 0
    p = np.where(enough, 2 * student.sf(np.abs(t), np.where(enough, df, 1.0)), np.nan)
    a, b = np.divmod(cells, design.sizes[second])
    points, expected_points = sums(own, w * design.observed, size), sums(own, w * found.expected_value, size)
    between = float((((observed - expected) ** 2) / information).sum())
    lost = len(np.unique(a)) + len(np.unique(b)) - _pieces(a, b, design.sizes[first], design.sizes[second])
    df1 = float(size - lost)
    df2 = float(w.sum()) - _parameters(found) - df1
    within = float((w * found.z**2).sum()) - between
    tested = df1 > 0 and df2 > 0 and within > 0
    statistic = (between / df1) / (within / df2) if tested else float("nan")
    return Interactions(
        first=a,
        second=b,
        n=n,
        observed=points,
        expected=expected_points,
        difference=(points - expected_points) / n,
        bias=bias,
        se=se,
        t=np.where(enough, t, np.nan),
        df=np.where(enough, df, np.nan),
        p=p,
        q=benjamini_hochberg(p),
        extreme=extreme,
        statistic=statistic,
        df1=df1,
        df2=df2,
        statistic_p=float(f_distribution.sf(statistic, df1, df2)) if tested else float("nan"),
    )


def _solved(found: Residuals, own: Ints, total: Floats, size: int) -> tuple[Floats, Floats]:
    """Newton's method for all cells at once; a cell that has arrived is left alone."""
    design, b = found.design, np.zeros(size)
    information = sums(own, design.weight * found.expected.variance, size)
    mean = sums(own, design.weight * found.expected.mean, size)
    for _ in range(_MOST_STEPS):
        step = np.clip((total - mean) / np.maximum(information, 1e-300), -1.0, 1.0)
        if float(np.abs(step).max(initial=0.0)) < _TOLERANCE:
            return b, information
        b = b + step
        now = expectations(design, found.eta + b[own], found.psi)
        information, mean = sums(own, design.weight * now.variance, size), sums(own, design.weight * now.mean, size)
    raise ConvergenceError("E-RASCHSINGULAR")


def _parameters(found: Residuals) -> int:
    """Free parameters of the model."""
    design = found.design
    elements = sum(len(np.unique(codes)) for codes in design.facets)
    groups = np.unique(design.group)
    thresholds = np.isfinite(found.psi[groups]).sum(axis=1) - 2
    return elements - len(design.facets) + 1 + int(np.maximum(thresholds, 0).sum())


def _pieces(a: Ints, b: Ints, n_a: int, n_b: int) -> int:
    """Connected components of the cells."""
    graph = sparse.coo_array((np.ones(len(a)), (a, n_a + b)), shape=(n_a + n_b, n_a + n_b)).tocsr()
    _, label = csgraph.connected_components(graph, directed=False)
    return len(np.unique(label[a]))


@dataclass(frozen=True, eq=False)
class Contrasts:
    """One element of the first facet with two of the second: differential functioning.

    Attributes
    ----------
    first, low, high : ndarray of int
        Element, and the two it is compared on.
    difference, se, t, df, p, q : ndarray
        Bias with ``low`` less bias with ``high``, in logits; Welch's t.
    """

    first: Ints
    low: Ints
    high: Ints
    difference: Floats
    se: Floats
    t: Floats
    df: Floats
    p: Floats
    q: Floats


def contrasts(found: Interactions) -> Contrasts:
    """Compare each element's biases with one another, pair by pair (a rater's severity on one dimension and on another).

    References
    ----------
    Linacre (1994), Many-Facet Rasch Measurement (pairwise bias report).
    """
    order = np.lexsort((found.second, found.first))
    start = np.flatnonzero(np.diff(found.first[order], prepend=-1))
    low, high = [], []
    for block in np.split(order, start[1:]):
        i, j = np.triu_indices(len(block), 1)
        low.append(block[i])
        high.append(block[j])
    a, b = np.concatenate(low), np.concatenate(high)
    difference, variance = found.bias[a] - found.bias[b], found.se[a] ** 2 + found.se[b] ** 2
    se = np.sqrt(variance)
    enough = (found.n[a] > 1) & (found.n[b] > 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        df = np.where(enough, variance**2 / (found.se[a] ** 4 / (found.n[a] - 1) + found.se[b] ** 4 / (found.n[b] - 1)), np.nan)
    t = np.where(enough, difference / se, np.nan)
    p = np.where(enough, 2 * student.sf(np.abs(t), df), np.nan)
    return Contrasts(found.first[a], found.second[a], found.second[b], difference, se, t, df, p, benjamini_hochberg(p))

r"""Krippendorff's alpha in linear time: any metric, any gaps, any number of distinct values.

The textbook algorithm fills a table of distinct values squared. Here the disagreement expected by chance is a quadratic form
E(w) = bᵀQb in a few sums b = Σ_u w_u F_u over units: of three sums for interval values (2(nΣx² − (Σx)²)), of category counts
for nominal ones, of sines and cosines for circular ones, of nodes for ratio and bipolar ones; ordinal values are interval
values after their ranks have been taken. The same sums with weights w give every replicate of a bootstrap over units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.reliability.log_difference_sums import LogNodes, log_nodes

Metric = Literal["nominal", "ordinal", "interval", "ratio", "circular", "bipolar"]
METRICS: tuple[Metric, ...] = get_args(Metric)
Features = NDArray[np.float64] | sparse.csr_array
_EXACT = 1e-13  # of the expected disagreement: less between the values of a unit is rounding


@dataclass(frozen=True, eq=False)
class Alpha:
    """Krippendorff's alpha.

    Attributes
    ----------
    value : float
        1 − D_o/D_e; NaN where the values do not vary at all, or no unit has two.
    observed, expected : float
        D_o and D_e, in units of the squared metric.
    n_units, n_values : int
        Units with two values or more, and the values in them.
    n_alone : int
        Values left out because they have no partner in their unit.
    """

    value: float
    observed: float
    expected: float
    n_units: int
    n_values: int
    n_alone: int


@dataclass(frozen=True, eq=False)
class Disagreement:
    """What alpha and its replicates are made of, unit by unit.

    Attributes
    ----------
    metric : str
        One of ``METRICS``.
    sizes : ndarray, shape (N,)
        Values of each unit, m_u ≥ 2.
    within : ndarray, shape (N,)
        Σ_{i≠j} δ²(x_i, x_j)/(m_u − 1) inside each unit.
    totals : ndarray, shape (p,)
        b = Σ_u F_u.
    make : callable
        Builds ``features``, which the point estimate can do without.
    form : callable
        b ↦ Qb along the last axis. For ordinal values Q depends on b and ``form`` holds the ranks fixed at b itself.
    n_alone : int
        Values without a partner.
    varies : bool
        Whether there are two different values.
    """

    metric: Metric
    sizes: Floats
    within: Floats
    totals: Floats
    make: Callable[[], Features]
    form: Callable[[Floats], Floats]
    n_alone: int
    varies: bool

    @cached_property
    def features(self) -> Features:
        """F, shape (N, p), dense or sparse; for nominal and ordinal values the counts of each distinct value."""
        return self.make()

    def alpha(self) -> Alpha:
        """Point estimate."""
        n = float(self.sizes.sum())
        pairs = float(self.totals @ self.form(self.totals))
        a = float(self.within.sum())
        value = 1 - (n - 1) * a / pairs if self.varies else np.nan
        observed, expected = (a / n, pairs / (n * (n - 1))) if n else (np.nan, np.nan)
        return Alpha(value, observed, expected, len(self.sizes), int(n), self.n_alone)


def disagreement(
    unit: Ints, value: ArrayLike, metric: Metric = "interval", *, ends: tuple[float, float] | None = None, steps: float | None = None
) -> Disagreement:
    r"""Reduce codings to the sums alpha needs.

    .. math:: \alpha = 1 - \frac{D_o}{D_e}, \quad D_o = \frac1n \sum_u \frac{1}{m_u-1} \sum_{i \ne j \in u} \delta^2(x_i, x_j), \quad
              D_e = \frac{1}{n(n-1)} \sum_{i \ne j} \delta^2(x_i, x_j)

    with δ² = 1 (x ≠ y) nominal; (R_x − R_y)² of mid-ranks, ordinal; (x − y)² interval; ((x − y)/(x + y))² ratio;
    sin²(π(x − y)/U) circular; (x − y)²/{(x + y − 2L)(2H − x − y)} bipolar.

    Parameters
    ----------
    unit : ndarray of int, shape (n,)
        Unit of each value.
    value : array, shape (n,)
        Numbers; codes for nominal values. Not negative for ratio, between the ends for bipolar.
    metric : str
        One of ``METRICS``.
    ends : (float, float), optional
        L and H of the bipolar metric; smallest and largest value by default.
    steps : float, optional
        U, the length of the circle; range + 1 by default.

    Returns
    -------
    Disagreement

    References
    ----------
    Krippendorff (2019), Content Analysis, 4th ed., chapter 12; (2011), Computing Krippendorff's alpha-reliability.

    Examples
    --------
    >>> import numpy as np
    >>> unit, x = np.array([0, 0, 1, 1, 2, 2, 3]), np.array([1.0, 1.0, 2.0, 3.0, 4.0, 4.0, 9.0])
    >>> round(disagreement(unit, x).alpha().value, 4), disagreement(unit, x).n_alone
    (0.9123, 1)
    """
    x = np.asarray(value, dtype=np.float64)
    unit, x, sizes, n_alone = pairable(unit, x)
    n_units = len(sizes)
    varies = len(x) > 0 and float(np.ptp(x)) > 0
    if metric == "interval":
        z = x - (x.mean() if len(x) else 0.0)
        one, two = _by_unit(unit, z, n_units), _by_unit(unit, z * z, n_units)
        sums, inside = (sizes, one, two), 2 * (sizes * two - one**2)
        return _finish(metric, sizes, inside, _added(sums), lambda: np.stack(sums, axis=1), _moments, n_alone, varies=varies)
    if metric == "circular":
        angle = 2 * np.pi * x / (steps if steps is not None else np.ptp(x) + 1 if len(x) else 1.0)
        one, two = _by_unit(unit, np.cos(angle), n_units), _by_unit(unit, np.sin(angle), n_units)
        sums, inside = (sizes, one, two), (sizes**2 - one**2 - two**2) / 2
        return _finish(metric, sizes, inside, _added(sums), lambda: np.stack(sums, axis=1), _circle, n_alone, varies=varies)
    if metric in ("ratio", "bipolar"):
        return _of_logarithms(metric, unit, x, sizes, ends, n_alone, varies=varies)
    distinct, code = np.unique(x, return_inverse=True)
    counts = sparse.csr_array((np.ones(len(x)), (unit, code)), shape=(n_units, len(distinct)))
    counts.sum_duplicates()
    b = np.bincount(code, minlength=len(distinct)).astype(np.float64)
    if metric == "nominal":
        held = np.repeat(np.arange(n_units), np.diff(counts.indptr))
        inside = sizes**2 - np.bincount(held, counts.data**2, n_units)
        return _finish(metric, sizes, inside, b, lambda: counts, _apart, n_alone, varies=varies)
    rank = mid_ranks(b)
    rank -= rank.mean() if len(rank) else 0.0
    one, two = np.asarray(counts @ rank), np.asarray(counts @ rank**2)
    inside = 2 * (sizes * two - one**2)
    return _finish(metric, sizes, inside, b, lambda: counts, _ranked, n_alone, varies=varies)


def pairable(unit: Ints, x: Floats) -> tuple[Ints, Floats, Floats, int]:
    """Values of units with two or more, units renumbered, their sizes, and how many values were left out."""
    size = np.bincount(unit) if len(unit) else np.zeros(0, dtype=np.int64)
    if not len(size) or int(size.min()) < 2:
        keep = size[unit] >= 2
        place = np.cumsum(size >= 2) - 1
        unit, x, n_alone = place[unit[keep]], x[keep], int((~keep).sum())
        return unit, x, size[size >= 2].astype(np.float64), n_alone
    return unit, x, size.astype(np.float64), 0


def _by_unit(unit: Ints, x: Floats, n_units: int) -> Floats:
    """Sum of the values of each unit."""
    return np.asarray(np.bincount(unit, x, n_units), dtype=np.float64)


def _added(sums: tuple[Floats, ...]) -> Floats:
    """Totals over units."""
    return np.array([part.sum() for part in sums])


def _finish(
    metric: Metric,
    sizes: Floats,
    inside: Floats,
    totals: Floats,
    make: Callable[[], Features],
    form: Callable[[Floats], Floats],
    n_alone: int,
    *,
    varies: bool,
) -> Disagreement:
    """Divide by m_u − 1, rounding errors set to zero."""
    n = sizes.sum()
    typical = float(totals @ form(totals)) / n**2 if n else 0.0
    within = np.where(inside > _EXACT * typical * sizes**2, inside, 0.0) / (sizes - 1)
    return Disagreement(metric, sizes, within, totals, make, form, n_alone, varies)


def mid_ranks(b: Floats) -> Floats:
    """Mean rank of each distinct value from their counts, along the last axis (values ascending)."""
    return np.asarray(np.cumsum(b, axis=-1) - b / 2)


def _moments(b: Floats) -> Floats:
    """Q of Σ_ij (x_i − x_j)² = 2(n Σx² − (Σx)²)."""
    return np.stack([b[..., 2], -2 * b[..., 1], b[..., 0]], axis=-1)


def _circle(b: Floats) -> Floats:
    """Q of Σ_ij sin²(π(x_i − x_j)/U) = ½(n² − (Σcos)² − (Σsin)²)."""
    return np.asarray(b * np.array([0.5, -0.5, -0.5]))


def _apart(b: Floats) -> Floats:
    """Q of Σ_ij 1(x_i ≠ x_j) = n² − Σ n_c²."""
    return np.asarray(b.sum(axis=-1, keepdims=True) - b)


def _ranked(b: Floats) -> Floats:
    """Q of Σ_ij (R_i − R_j)² with the mid-ranks of these counts."""
    rank = mid_ranks(b)
    n, one, two = (np.asarray((b * rank**k).sum(axis=-1, keepdims=True)) for k in (0, 1, 2))
    return np.asarray(two - 2 * one * rank + n * rank**2)


def _of_logarithms(
    metric: Metric, unit: Ints, x: Floats, sizes: Floats, ends: tuple[float, float] | None, n_alone: int, *, varies: bool
) -> Disagreement:
    """Ratio and bipolar values by nodes of their logarithms.

    Ratio: δ = tanh((log x − log y)/2). Bipolar, on u = (x − L)/(H − L): δ² = ½[g(u, v) + g(1 − u, 1 − v)] with
    g(u, v) = (u − v)²/(u + v) = √u √v · 2 sinh²(d/2)/cosh(d/2), d = log u − log v. Zeros have no logarithm and a column of their own.
    """
    if metric == "ratio":
        one = _block(unit, x, len(sizes), mass=False)
        return _finish(metric, sizes, _inside(unit, x, sizes, mass=False), one.totals, one.make, one.form, n_alone, varies=varies)
    low, high = ends if ends is not None else (float(x.min(initial=np.inf)), float(x.max(initial=-np.inf)))
    u = (x - low) / (high - low) if high > low else np.zeros_like(x)
    left, right = (_block(unit, v, len(sizes), mass=True) for v in (u, 1 - u))
    inside = (_inside(unit, u, sizes, mass=True) + _inside(unit, 1 - u, sizes, mass=True)) / 2
    cut = len(left.totals)

    def form(b: Floats) -> Floats:
        return np.concatenate([left.form(b[..., :cut]), right.form(b[..., cut:])], axis=-1) / 2

    def make() -> Features:
        return sparse.csr_array(sparse.hstack([left.make(), right.make()]))

    return _finish(metric, sizes, inside, np.concatenate([left.totals, right.totals]), make, form, n_alone, varies=varies)


@dataclass(frozen=True, eq=False)
class _Block:
    """One kernel of logarithms: b, how to make F, and Q."""

    totals: Floats
    make: Callable[[], sparse.csr_array]
    form: Callable[[Floats], Floats]


def _block(unit: Ints, x: Floats, n: int, *, mass: bool) -> _Block:
    """Nodes of the positive values, then one column for zeros and one for what a zero differs from a value by: v, or 1."""
    some = x > 0
    spread: LogNodes = log_nodes(x[some])
    weight = np.sqrt(x[some]) if mass else np.ones(int(some.sum()))
    k, p = len(spread.nodes), spread.weights.shape[1]
    zeros = np.bincount(unit[~some], minlength=n).astype(np.float64)
    sums = np.bincount(unit[some], x[some] if mass else None, n).astype(np.float64)
    away = spread.nodes[:, None] - spread.nodes
    kernel = 2 * np.sinh(away / 2) ** 2 / np.cosh(away / 2) if mass else np.tanh(away / 2) ** 2

    def make() -> sparse.csr_array:
        at = (spread.column[:, None] + np.arange(p)).ravel()
        on_nodes = sparse.coo_array(((spread.weights * weight[:, None]).ravel(), (np.repeat(unit[some], p), at)), shape=(n, k))
        return sparse.csr_array(sparse.hstack([on_nodes, sparse.coo_array(np.stack([zeros, sums], axis=1))]))

    def form(b: Floats) -> Floats:
        return np.concatenate([b[..., :k] @ kernel, b[..., k + 1 :], b[..., k : k + 1]], axis=-1)

    return _Block(np.append(spread.mass(weight), [zeros.sum(), sums.sum()]), make, form)


def _inside(unit: Ints, x: Floats, sizes: Floats, *, mass: bool) -> Floats:
    """Σ_ij of the kernel inside each unit, pair by pair."""
    out = np.zeros(len(sizes))
    for units, a, b in pairs_within(unit, x, sizes):
        below = np.where(a + b > 0, a + b, 1.0)
        out[units] += 2 * ((a - b) ** 2 / (below if mass else below**2)).sum(axis=1)
    return out


def pairs_within(unit: Ints, x: Floats, sizes: Floats) -> Iterator[tuple[Ints, Floats, Floats]]:
    """Run over all pairs of values of the same unit, each once: units, and their values k places apart, (units, m − k) each."""
    y = x[np.argsort(unit, kind="stable")]
    start = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    for m in np.unique(sizes).astype(np.int64):
        units = np.flatnonzero(sizes == m)
        for part in np.array_split(units, max(1, len(units) * int(m) // (1 << 18))):
            rows = y[start[part][:, None] + np.arange(m)]
            for k in range(1, int(m)):
                yield part, rows[:, k:], rows[:, :-k]

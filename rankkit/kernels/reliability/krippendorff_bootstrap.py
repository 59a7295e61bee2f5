"""Intervals of Krippendorff's alpha: by bootstrap over units, studentised or not, by linearisation, or as Krippendorff proposed.

Every replicate needs only weighted sums over units, so a thousand replicates are a few matrix products. The studentised interval
is formed for log(1 − α) = log D_o − log D_e, whose estimate is far less skewed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy import sparse

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.reliability.krippendorff import Disagreement, mid_ranks, pairable, pairs_within
from rankkit.kernels.reliability.nominal_agreement import complement_interval

IntervalKind = Literal["studentized", "percentile", "linear"]
INTERVALS: tuple[IntervalKind, ...] = get_args(IntervalKind)
_BLOCK = 1 << 17  # weights drawn at a time
_FLAT = 1e-12  # of the usual expected disagreement: less is rounding, the values of a replicate are all the same
_NARROW = 12  # features up to which the variance of a replicate comes from products of features


@dataclass(frozen=True, eq=False)
class AlphaInterval:
    """Interval of alpha and what it came from.

    Attributes
    ----------
    low, high : float
        NaN where no interval can be formed: fewer than three units, or no disagreement at all.
    se : float
        Linearised standard error of α.
    kind : str
        What it is: "linear" where a bootstrap was asked for but is of no use (no draws, or too few units that disagree for the
        lower end of a studentised one).
    replicates : ndarray, shape (draws,)
        α of each replicate; NaN where its values did not vary.
    """

    low: float
    high: float
    se: float
    kind: IntervalKind
    replicates: Floats


def alpha_interval(
    d: Disagreement, kind: IntervalKind = "studentized", *, draws: int = 1000, level: float = 0.95, seed: int = 0
) -> AlphaInterval:
    r"""Interval of Krippendorff's alpha with units drawn from many.

    With the influence g_u of unit u on :math:`\lambda = \log(1-\alpha)`, :math:`s^2 = \frac{N}{N-1} \sum_u (g_u - \bar g)^2` and the
    quantiles :math:`t_q` of :math:`(\lambda^* - \lambda)/s^*` over replicates, the studentised interval is
    :math:`1 - \exp(\lambda - t_q s)`; the percentile one is between quantiles of α*; the linear one is symmetric in the cube root of
    1 − α with Student's t on N − 1 degrees of freedom.

    Parameters
    ----------
    d : Disagreement
        From :func:`rankkit.kernels.reliability.krippendorff.disagreement`.
    kind : str
        One of ``INTERVALS``.
    draws : int
        Replicates; 0 = linear.
    level : float
        Confidence level.
    seed : int
        Seed. Units are ordered by what they contribute, so neither row order nor names matter.

    Returns
    -------
    AlphaInterval

    Notes
    -----
    Simulated coverage at 95 % over 21 designs (10 to 200 units, 2 to 10 raters, four metrics, 600 replications each): studentised
    .94 to .98, linear .88 to .96 and percentile .85 to .96, both missing at the upper end in small samples. Bootstrapping single
    differences with D_e held fixed, as Krippendorff (2011) proposed, ignores that the values of a unit belong together
    (:func:`difference_bootstrap`): .34 to .93.

    References
    ----------
    Hall (1992), The Bootstrap and Edgeworth Expansion. Zapf, Castell, Morawietz & Karch (2016), BMC Medical Research
    Methodology 16:93 (bootstrap over units). Gwet (2014) for linearisation.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.reliability.krippendorff import disagreement
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=(40, 1)) + rng.normal(size=(40, 3))
    >>> found = alpha_interval(disagreement(np.repeat(np.arange(40), 3), x.ravel()))
    >>> round(found.low, 2), round(found.high, 2)
    (0.25, 0.68)
    """
    n_units = len(d.sizes)
    nothing = np.zeros(0)
    point = d.alpha()
    if n_units < 3 or not np.isfinite(point.value) or point.observed == 0:
        return AlphaInterval(np.nan, np.nan, np.nan, kind, nothing)
    spread: _Ordinal | _Quadratic = _Ordinal(d) if d.metric == "ordinal" else _Quadratic(d)
    here, se, influence = spread.log_ratio(np.ones((1, n_units)))
    lam, s = float(here[0]), float(se[0])
    se_alpha = float(np.exp(lam) * s)
    ends = complement_interval(point.value, se_alpha, n_units - 1, level, least=-np.inf)
    linear = (float(ends[0]), float(ends[1]))
    if draws == 0 or kind == "linear" or s == 0:
        return AlphaInterval(*linear, se_alpha, "linear", nothing)
    spread = spread.ordered(influence)
    found = [spread.log_ratio(w)[:2] for w in _resampled(n_units, draws, seed)]
    lams, ses = np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found])
    replicates = 1 - np.exp(lams)  # log of 0 disagreement is −inf: α* = 1
    tails = [(1 - level) / 2, (1 + level) / 2]
    if kind == "percentile":
        low, high = np.nanquantile(replicates, tails)
        return AlphaInterval(float(low), float(high), se_alpha, kind, replicates)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.where(np.isneginf(lams), -np.inf, (lams - lam) / np.where(ses > 0, ses, np.nan))
    low_t, high_t = np.quantile(t[~np.isnan(t)], tails, method="inverted_cdf") if (~np.isnan(t)).any() else (np.nan, np.nan)
    low = 1 - np.exp(lam - low_t * s) if np.isfinite(low_t) else linear[0]
    high = 1 - np.exp(lam - high_t * s) if np.isfinite(high_t) else linear[1]
    return AlphaInterval(float(low), float(high), se_alpha, kind if np.isfinite(low_t) else "linear", replicates)


def _resampled(n: int, draws: int, seed: int) -> Iterator[Floats]:
    """How often each of n units is drawn, replicate by replicate, some replicates at a time."""
    rng = np.random.default_rng(seed)
    rows = max(1, _BLOCK // n)
    for start in range(0, draws, rows):
        b = min(rows, draws - start)
        picked = rng.integers(0, n, size=(b, n), dtype=np.int32)
        picked += (np.arange(b, dtype=np.int32) * n)[:, None]
        yield np.bincount(picked.ravel(), minlength=b * n).reshape(b, n).astype(np.float64)


def _order(*keys: Floats) -> Ints:
    """Order units by what they contribute, first key first; differences by rounding do not count."""
    rounded = [np.round(k / max(float(np.abs(k).max()), 1e-300), 9) for k in keys]
    return np.lexsort(rounded[::-1])


def difference_bootstrap(
    unit: Ints, value: Floats, d: Disagreement, *, draws: int = 1000, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Interval of alpha by drawing single differences, D_e held fixed, as Krippendorff proposed.

    For comparison with other programs. It treats the m(m − 1)/2 differences inside a unit as unrelated and D_e as known:
    simulated coverage at 95 % is .86 to .93 with two raters, .34 with ten.

    Parameters
    ----------
    unit, value : ndarray, shape (n,)
        As given to :func:`rankkit.kernels.reliability.krippendorff.disagreement`; nominal, ordinal and interval values.
    d : Disagreement
        What that made of them.
    draws : int
        Replicates, each of as many differences as there are pairs.
    level : float
        Confidence level.
    seed : int
        Seed.

    Returns
    -------
    low, high : float

    References
    ----------
    Krippendorff (2006, revised 2011), Algorithm for bootstrapping a distribution of α; without its cap on the number of draws and
    its correction for draws that lack variation.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.reliability.krippendorff import disagreement
    >>> unit, x = np.repeat(np.arange(30), 2), np.tile([1.0, 1, 2, 2, 3, 2], 10)
    >>> low, high = difference_bootstrap(unit, x, disagreement(unit, x))
    >>> round(low, 2), round(high, 2)
    (0.48, 0.83)
    """
    unit, x, sizes, _ = pairable(unit, np.asarray(value, dtype=np.float64))
    if d.metric == "ordinal":
        _, code, counts = np.unique(x, return_inverse=True, return_counts=True)
        x = mid_ranks(counts.astype(np.float64))[code]
    squares, chances = [], []
    for units, a, b in pairs_within(unit, x, sizes):
        square = (a != b).astype(np.float64) if d.metric == "nominal" else (a - b) ** 2
        squares.append(square.ravel())
        chances.append(np.broadcast_to(1 / (sizes[units, None] - 1), square.shape).ravel())
    delta, at = np.unique(np.round(np.concatenate(squares), 12), return_inverse=True)
    p = np.bincount(at, np.concatenate(chances))
    expected = d.alpha().expected
    rng = np.random.default_rng(seed)
    pairs, chance = len(at), np.cumsum(p) / p.sum()
    sums = []
    if len(p) > pairs // 8:  # many different ones: draw them singly
        rows = max(1, _BLOCK // pairs)
        for k in range(0, draws, rows):
            picked = np.searchsorted(chance, rng.random((min(rows, draws - k), pairs)), side="right")
            sums.append(delta[np.minimum(picked, len(p) - 1)].sum(axis=1))
    else:
        sums.append(rng.multinomial(pairs, p / p.sum(), size=draws) @ delta)
    low, high = np.quantile(1 - np.concatenate(sums) / (pairs * expected), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


class _Quadratic:
    """λ and its variance where E(w) is a quadratic form in fixed features."""

    def __init__(self, d: Disagreement, order: Ints | None = None) -> None:
        """Take the units in this order; with one, make ready for many replicates."""
        self.d, self.n = d, len(d.sizes)
        f = d.features
        self.f = f.toarray() if isinstance(f, sparse.csr_array) and f.shape[1] <= _NARROW else f
        self.sizes, self.within = d.sizes, d.within
        self.typical = float(d.totals @ d.form(d.totals)) / float(d.sizes.sum()) ** 2
        self.i, self.j = np.triu_indices(2 + self.f.shape[1]) if self.f.shape[1] <= _NARROW else (np.zeros(0, dtype=np.int64),) * 2
        self.products = np.zeros((self.n, 0))
        if order is not None:
            self.f, self.sizes, self.within = self.f[order], self.sizes[order], self.within[order]
            h = np.column_stack([self.sizes, self.within, np.asarray(self.f)]) if len(self.i) else self.products
            self.products = h[:, self.i] * h[:, self.j]

    def ordered(self, influence: Floats) -> _Quadratic:
        """Put units into canonical order."""
        which = np.asarray(self.f @ np.cos(1.0 + np.arange(self.f.shape[1])))  # tells units apart that count the same
        return _Quadratic(self.d, _order(self.sizes, self.within, influence, which))

    def log_ratio(self, w: Floats) -> tuple[Floats, Floats, Floats]:
        """λ, its standard error, and (of the last replicate) the influence of each unit."""
        n, a, b = w @ self.sizes, w @ self.within, np.asarray(w @ self.f)
        slope = self.d.form(b)
        e = (b * slope).sum(axis=-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            e = np.where(e > _FLAT * self.typical * n**2, e, np.nan)
            lam = np.log(n - 1) + np.log(a) - np.log(e)
            c = np.column_stack([1 / (n - 1), 1 / np.where(a > 0, a, np.nan), -2 * slope / e[:, None]])
        centre = (c[:, 0] * n + c[:, 1] * a + (c[:, 2:] * b).sum(axis=-1)) / self.n
        last = c[-1, 0] * self.sizes + c[-1, 1] * self.within + np.asarray(self.f @ c[-1, 2:])
        if self.products.shape[1]:
            twice = np.where(self.i == self.j, 1.0, 2.0)
            square = ((w @ self.products) * (c[:, self.i] * c[:, self.j] * twice)).sum(axis=1)
            variance = square - self.n * centre**2
        else:
            g = c[:, :1] * self.sizes + c[:, 1:2] * self.within + np.asarray((self.f @ c[:, 2:].T).T) - centre[:, None]
            variance = (w * g**2).sum(axis=1)
        return lam, np.sqrt(np.maximum(variance, 0.0) * self.n / (self.n - 1)), last


class _Ordinal:
    """λ and its variance where the metric itself, mid-ranks, depends on the weights."""

    def __init__(self, d: Disagreement, order: Ints | None = None) -> None:
        """Take the units in this order."""
        f = d.features
        every = np.arange(len(d.sizes)) if order is None else order
        self.d, self.n, self.m = d, len(d.sizes), d.sizes[every]
        self.c = (f.toarray() if isinstance(f, sparse.csr_array) and f.shape[1] <= _NARROW * 4 else f)[every]

    def ordered(self, influence: Floats) -> _Ordinal:
        """Put units into canonical order."""
        ranks = mid_ranks(np.asarray(self.c.sum(axis=0)).ravel())
        return _Ordinal(self.d, _order(self.m, influence, np.asarray(self.c @ ranks)))

    def log_ratio(self, w: Floats) -> tuple[Floats, Floats, Floats]:
        """λ, its standard error, and (of the last replicate) the influence of each unit."""
        c, inverse = self.c, 1 / (self.m - 1)
        across = c.T
        n, b = w @ self.m, np.asarray(w @ c)
        rank = mid_ranks(b) - n[:, None] / 2
        s, t = np.asarray(rank @ across), np.asarray(rank**2 @ across)
        within = 2 * (self.m * t - s**2) * inverse
        within[within < 1e-13 * n[:, None] ** 2] = 0.0
        a = (w * within).sum(axis=1)
        one, two = (b * rank).sum(axis=1)[:, None], (b * rank**2).sum(axis=1)[:, None]
        e = 2 * (n * two[:, 0] - one[:, 0] ** 2)
        by_rank = 4 * (rank * np.asarray((w * (self.m * inverse)) @ c) - np.asarray((w * s * inverse) @ c))
        e_by_rank = 4 * b * (n[:, None] * rank - one)
        with np.errstate(invalid="ignore", divide="ignore"):
            e = np.where(e > _FLAT * n**4, e, np.nan)
            a_or = np.where(a > 0, a, np.nan)
            lam = np.log(n - 1) + np.log(a) - np.log(e)
            turn = _later(by_rank) / a_or[:, None] - (2 * (two + n[:, None] * rank**2 - 2 * one * rank) + _later(e_by_rank)) / e[:, None]
            g = self.m / (n - 1)[:, None] + within / a_or[:, None] + np.asarray(turn @ across)
        g -= (w * g).sum(axis=1)[:, None] / self.n
        return lam, np.sqrt((w * g**2).sum(axis=1) * self.n / (self.n - 1)), g[-1]


def _later(p: Floats) -> Floats:
    """Σ_c p_c ∂R_c/∂n_g for every g: a value moves its own rank by a half and later ones by one."""
    return np.asarray(p.sum(axis=-1, keepdims=True) - np.cumsum(p, axis=-1) + p / 2)

"""Could raters who answer at random agree this well? Exact for small groups, by simulation for large ones and for several items."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from rankkit.kernels.arrays import Bools, Floats, Ints

_LISTED = 60_000  # ways the answers can fall up to which all are listed
_ROOM = 1 << 21  # answers simulated at a time
_CLOSE = 1e-9  # relative; sums of the same terms in another order are equal


@dataclass(frozen=True, eq=False)
class NullAgreement:
    """Variance and average deviation of k random answers.

    Attributes
    ----------
    k : int
        Raters.
    variance, ad_mean, ad_median : ndarray, shape (n,)
        s², AD_M, AD_Md of each way the answers can fall, or of each draw.
    probability : ndarray, shape (n,)
        Its probability; they sum to 1.
    exact : bool
        All ways listed, not drawn.
    """

    k: int
    variance: Floats
    ad_mean: Floats
    ad_median: Floats
    probability: Floats
    exact: bool

    def p_value(self, observed: ArrayLike, of: str = "variance") -> Floats:
        """Probability that random answers are as close together as observed or closer; NaN for NaN.

        A draw counts the observed answers as one more draw, so the smallest p is 1/(draws + 1).
        """
        values = getattr(self, of)
        order = np.argsort(values, kind="stable")
        cumulated = np.append(0.0, np.cumsum(self.probability[order]))
        x = np.asarray(observed, dtype=np.float64)
        reached = np.searchsorted(values[order], x * (1 + _CLOSE) + _CLOSE, side="right")
        p = np.minimum(cumulated[reached], 1.0)
        if not self.exact:
            n = len(values)
            p = (p * n + 1) / (n + 1)
        return np.where(np.isnan(x), np.nan, p)

    def critical(self, alpha: float = 0.05, of: str = "variance") -> float:
        """Largest value whose p is at most ``alpha``; NaN if even perfect agreement is likelier than that."""
        values = np.unique(np.round(getattr(self, of), 12))
        good = self.p_value(values, of) <= alpha
        return float(values[good][-1]) if good.any() else float("nan")

    def share_above(self, rwg: float, null_variance: float) -> float:
        """Probability that random answers reach r_wg ≥ ``rwg``: what a fixed cut-off lets pass."""
        reached = 1 - self.variance / null_variance >= rwg - _CLOSE
        return float(self.probability[reached].sum())


def null_agreement(k: int, shares: ArrayLike, *, step: float = 1.0, draws: int = 20_000, seed: int = 0) -> NullAgreement:
    """Distribution of agreement among k raters who answer at random.

    Parameters
    ----------
    k : int
        Raters, 2 or more.
    shares : array, shape (A,)
        Probability of each answer.
    step : float
        Distance of neighbouring answers, score units.
    draws : int
        Draws where the ways the answers can fall are too many to list.
    seed : int
        Seed of them.

    Returns
    -------
    NullAgreement

    References
    ----------
    Dunlap, Burke & Smith-Crowe (2003), Journal of Applied Psychology 88, 356-362. Cohen, Doveh & Eick (2001), Psychological Methods
    6, 297-310.

    Examples
    --------
    >>> import numpy as np
    >>> [round(null_agreement(k, np.full(5, 0.2)).share_above(0.7, 2.0), 2) for k in (3, 4, 5, 8)]
    [0.23, 0.1, 0.06, 0.02]
    """
    p = np.asarray(shares, dtype=np.float64)
    a = len(p)
    exact = comb(k + a - 1, a - 1) <= _LISTED
    if exact:
        counts = _ways(k, a)
        logs = special.gammaln(k + 1) - special.gammaln(counts + 1).sum(axis=1) + special.xlogy(counts, p).sum(axis=1)
        probability = np.exp(logs)
        counts, probability = counts[probability > 0], probability[probability > 0]
    else:
        counts = np.random.default_rng(seed).multinomial(k, p / p.sum(), size=draws)
        probability = np.full(draws, 1 / draws)
    x = np.arange(a)
    total, squares = counts @ x, counts @ x**2
    variance = (k * squares - total**2) / (k * (k - 1)) * step**2
    reached = np.cumsum(counts, axis=1)
    middle = ((reached <= (k - 1) // 2).sum(axis=1) + (reached <= k // 2).sum(axis=1)) / 2
    ad_mean = (counts * np.abs(x - (total / k)[:, None])).sum(axis=1) / k * step
    ad_median = (counts * np.abs(x - middle[:, None])).sum(axis=1) / k * step
    return NullAgreement(k, variance, ad_mean, ad_median, probability, exact)


def _ways(k: int, a: int) -> Ints:
    """All ways k answers can fall on a points, as counts: bars between stars."""
    bars = np.array(list(combinations(range(k + a - 1), a - 1)), dtype=np.int64).reshape(-1, a - 1)
    edges = np.column_stack([np.full(len(bars), -1), bars, np.full(len(bars), k + a - 1)])
    return np.asarray(np.diff(edges, axis=1) - 1)


@dataclass(frozen=True, eq=False)
class ItemNull:
    """Random answers of one panel to several items.

    Attributes
    ----------
    answers : ndarray of int, shape (draws, k, J)
        Answers, 0 … A − 1.
    step : float
        Score units from one answer to the next.
    """

    answers: Ints
    step: float

    def mean_variance(self, rated: Bools) -> Floats:
        """Mean over items of the variance of those who rated them, (draws,); ``rated`` is (≤ k, J).

        Items with fewer than two raters are left out, as in the index itself.
        """
        w = rated.astype(np.float64)
        n = w.sum(axis=0)
        use = n >= 2
        x = self.answers[:, : len(w)].astype(np.float64)
        one, two = np.einsum("bkj,kj->bj", x, w), np.einsum("bkj,kj->bj", x * x, w)
        variance = (two[:, use] - one[:, use] ** 2 / n[use]) / (n[use] - 1)
        return np.asarray(variance.mean(axis=1) * self.step**2)


def item_null(
    k: int, n_items: int, shares: ArrayLike, *, correlation: float = 0.0, step: float = 1.0, draws: int = 10_000, seed: int = 0
) -> ItemNull:
    """Draw random answers of k raters to J items that hang together within a rater.

    A rater's answers are a normal vector with one correlation between all items, cut so that every item has the null's shares.
    Items answered independently (``correlation=0``) make the mean of their variances too steady and the test too lenient.

    Parameters
    ----------
    k, n_items : int
        Raters and items, J.
    shares : array, shape (A,)
        Probability of each answer.
    correlation : float
        Between items of the underlying normal answers, 0 to less than 1.
    step : float
        Score units from one answer to the next.
    draws : int
        Panels drawn.
    seed : int
        Seed.

    Returns
    -------
    ItemNull

    References
    ----------
    Cohen, Doveh & Eick (2001); Cohen, Doveh & Nahum-Shani (2009), Organizational Research Methods 12, 148-164 (correlated items).

    Examples
    --------
    >>> import numpy as np
    >>> null = item_null(4, 3, np.full(5, 0.2), draws=2000)
    >>> bool(abs(null.mean_variance(np.ones((4, 3), dtype=bool)).mean() - 2.0) < 0.05)
    True
    """
    p = np.asarray(shares, dtype=np.float64)
    cuts = special.ndtri(np.clip(np.cumsum(p)[:-1] / p.sum(), 0.0, 1.0))
    rng = np.random.default_rng(seed)
    rows = max(1, _ROOM // (k * n_items))
    parts = []
    for start in range(0, draws, rows):
        b = min(rows, draws - start)
        z = np.sqrt(1 - correlation) * rng.standard_normal((b, k, n_items)) + np.sqrt(correlation) * rng.standard_normal((b, k, 1))
        answer = np.zeros(z.shape, dtype=np.int16)
        for cut in cuts:
            answer += z > cut
        parts.append(answer)
    return ItemNull(np.concatenate(parts), step)


def item_correlation(group: Ints, rater: Ints, item: Ints, score: ArrayLike, n_groups: int, n_raters: int, n_items: int) -> float:
    """Correlation between items within raters, pooled over groups and pairs of items, between 0 and .95.

    Scores are taken as deviations from the group's mean of the item; 0 where nothing can be correlated.

    Examples
    --------
    >>> import numpy as np
    >>> rater, item = np.divmod(np.arange(8), 2)
    >>> round(item_correlation(np.zeros(8, dtype=int), rater, item, [1, 2, 2, 2, 4, 3, 5, 5], 1, 4, 2), 4)
    0.9037
    """
    x = np.asarray(score, dtype=np.float64)
    cell = group * n_items + item
    n = np.bincount(cell, minlength=n_groups * n_items)
    off = x - (np.bincount(cell, x, n_groups * n_items) / np.maximum(n, 1))[cell]
    ids, row = np.unique(group * n_raters + rater, return_inverse=True)
    wide = np.zeros((len(ids), n_items))
    held = np.zeros((len(ids), n_items))
    wide[row, item], held[row, item] = off, (n[cell] >= 2).astype(np.float64)
    cross, square = wide.T @ wide, (wide**2).T @ held
    upper = np.triu_indices(n_items, 1)
    below = np.sqrt(square * square.T)[upper]
    usable = below > 0
    if not usable.any():
        return 0.0
    return float(np.clip((cross[upper][usable] / below[usable]).mean(), 0.0, 0.95))

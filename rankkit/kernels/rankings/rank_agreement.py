"""How far two orders of the same people agree, with intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from rankkit.kernels.arrays import Floats, Ints

FEW = 25
"""Below this many people the interval is a bootstrap one."""

IntervalBasis = Literal["bonett_wright", "fieller_hartley_pearson", "bca", "none"]
_RESAMPLES = 10_000
_PERFECT = 1e-12  # |r| this close to 1 is 1


@dataclass(frozen=True)
class RankCorrelation:
    """A rank correlation with its interval.

    Attributes
    ----------
    estimate, low, high : float
        NaN where there is nothing to estimate.
    n : int
        People with both scores.
    basis : {"bonett_wright", "fieller_hartley_pearson", "bca", "none"}
        Origin of the interval; ``"none"`` for fewer than three people, a constant order, or perfect agreement (of
        which no sample of people tells how exceptional it is).
    """

    estimate: float
    low: float
    high: float
    n: int
    basis: IntervalBasis


@dataclass(frozen=True)
class TopOverlap:
    """People both orders have among their best k.

    Attributes
    ----------
    share : float
        |A ∩ B| / max(|A|, |B|); without ties at place k this is |A ∩ B|/k.
    expected : float
        The same for unrelated orders: min(|A|, |B|)/n, without ties k/n.
    p : float
        Hypergeometric probability of at least this overlap for unrelated orders.
    common, size_x, size_y, n : int
        |A ∩ B|, |A|, |B| and the people ranked by both.
    """

    share: float
    expected: float
    p: float
    common: int
    size_x: int
    size_y: int
    n: int


def spearman(x: Floats, y: Floats, *, level: float = 0.95, seed: int = 0) -> RankCorrelation:
    """Spearman's rank correlation, with average ranks for ties.

    Interval tanh(atanh r ± z √((1 + r²/2)/(n − 3))) (Bonett & Wright 2000); for n < 25 BCa bootstrap (Efron 1987).

    Parameters
    ----------
    x, y : (n,) arrays
        Scores of the same people; people with NaN in either are left out.
    level : float
        Confidence level.
    seed : int
        Seed of the bootstrap, which resamples the pairs in sorted order: rows do not matter.

    Returns
    -------
    RankCorrelation
        NaN for fewer than three people or a constant side.

    Examples
    --------
    >>> import numpy as np
    >>> round(spearman(np.arange(30.0), np.arange(30.0)[::-1] ** 2).estimate, 3)
    -1.0
    """
    return _with_interval(x, y, _spearman, spearman_interval, "bonett_wright", level, seed)


def spearman_interval(r: float, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Interval of Bonett & Wright (2000), *Psychometrika* 65, 23-28: tanh(atanh r ± z √((1 + r²/2)/(n − 3))).

    Parameters
    ----------
    r : float
        Spearman's correlation, |r| < 1.
    n : int
        Number of people, more than 3.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float
        Inside (−1, 1).

    Examples
    --------
    >>> low, high = spearman_interval(0.6, 30)
    >>> round(low, 2), round(high, 2)
    (0.28, 0.8)
    """
    return _fisher(r, np.sqrt((1.0 + r * r / 2.0) / (n - 3)), level)


def kendall_tau_b(x: Floats, y: Floats, *, level: float = 0.95, seed: int = 0) -> RankCorrelation:
    """Kendall's τ_b = (C − D)/√((C + D + T_x)(C + D + T_y)), pairs tied on both sides left out.

    Interval tanh(atanh τ ± z √(.437/(n − 4))) (Fieller, Hartley & Pearson 1957); for n < 25 BCa bootstrap.

    Parameters
    ----------
    x, y : (n,) arrays
        Scores of the same people; people with NaN in either are left out.
    level : float
        Confidence level.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    RankCorrelation
        NaN for fewer than three people or a constant side.

    Examples
    --------
    >>> import numpy as np
    >>> round(kendall_tau_b(np.array([1.0, 2, 2, 3]), np.array([1.0, 2, 3, 4])).estimate, 4)
    0.9129
    """
    return _with_interval(x, y, _kendall, kendall_interval, "fieller_hartley_pearson", level, seed)


def kendall_interval(tau: float, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Interval of Fieller, Hartley & Pearson (1957), *Biometrika* 44, 470-481: tanh(atanh τ ± z √(.437/(n − 4))).

    Parameters
    ----------
    tau : float
        Kendall's correlation, |τ| < 1.
    n : int
        Number of people, more than 4.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float
        Inside (−1, 1).

    Examples
    --------
    >>> low, high = kendall_interval(0.4, 30)
    >>> round(low, 3), round(high, 3)
    (0.168, 0.59)
    """
    return _fisher(tau, np.sqrt(0.437 / (n - 4)), level)


def top_k_overlap(rank_x: Ints, rank_y: Ints, k: int) -> TopOverlap:
    """Compare the best k of two orders.

    Parameters
    ----------
    rank_x, rank_y : (n,) int arrays
        Competition ranks, 1 = best, 0 = not ranked. People not ranked by both are left out and the rest re-ranked.
    k : int
        Size of the top; everyone tied at place k belongs to it.

    Returns
    -------
    TopOverlap
        With the hypergeometric p-value for tops of these sizes.

    Examples
    --------
    >>> import numpy as np
    >>> top = top_k_overlap(np.array([1, 2, 3, 4]), np.array([2, 1, 4, 3]), k=2)
    >>> top.share, top.expected, round(top.p, 4)
    (1.0, 0.5, 0.1667)
    """
    rank_x, rank_y = np.asarray(rank_x), np.asarray(rank_y)
    both = (rank_x > 0) & (rank_y > 0)
    n = int(both.sum())
    if n == 0 or k < 1:
        return TopOverlap(float("nan"), float("nan"), float("nan"), 0, 0, 0, n)
    in_x, in_y = (stats.rankdata(rank[both], method="min") <= k for rank in (rank_x, rank_y))
    common, size_x, size_y = int((in_x & in_y).sum()), int(in_x.sum()), int(in_y.sum())
    p = float(stats.hypergeom.sf(common - 1, n, size_x, size_y))
    return TopOverlap(common / max(size_x, size_y), min(size_x, size_y) / n, p, common, size_x, size_y, n)


def _fisher(r: float, se: float, level: float) -> tuple[float, float]:
    half = stats.norm.isf((1.0 - level) / 2.0) * se
    return float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))


def _with_interval(
    x: Floats,
    y: Floats,
    statistic: Callable[[Floats, Floats], Floats],
    interval: Callable[..., tuple[float, float]],
    basis: IntervalBasis,
    level: float,
    seed: int,
) -> RankCorrelation:
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    both = ~(np.isnan(x) | np.isnan(y))
    n = int(both.sum())
    nothing = float("nan")
    if n < 3:
        return RankCorrelation(nothing, nothing, nothing, n, "none")
    u, v = stats.rankdata(x[both]), stats.rankdata(y[both])
    order = np.lexsort((u, np.abs(u - v), u + v))
    u, v = u[order], v[order]
    if np.ptp(u) == 0 or np.ptp(v) == 0:
        return RankCorrelation(nothing, nothing, nothing, n, "none")
    large = n >= FEW
    estimate = float(stats.kendalltau(u, v).statistic) if large and statistic is _kendall else float(statistic(u, v))
    estimate = float(np.clip(estimate, -1.0, 1.0))
    if 1.0 - abs(estimate) < _PERFECT:
        return RankCorrelation(float(np.sign(estimate)), nothing, nothing, n, "none")
    if large:
        return RankCorrelation(estimate, *interval(estimate, n, level=level), n, basis)
    return RankCorrelation(estimate, *_bca(u, v, statistic, estimate, level, seed), n, "bca")


def _ranks(x: Floats) -> Floats:
    """Average ranks along the last axis."""
    less = (x[..., None, :] < x[..., :, None]).sum(axis=-1)
    equal = (x[..., None, :] == x[..., :, None]).sum(axis=-1)
    ranks: Floats = less + (equal + 1) / 2.0
    return ranks


def _spearman(x: Floats, y: Floats) -> Floats:
    """Correlation of ranks along the last axis; NaN where a side is constant."""
    u, v = _ranks(x), _ranks(y)
    u, v = u - u.mean(axis=-1, keepdims=True), v - v.mean(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        r: Floats = (u * v).sum(axis=-1) / np.sqrt((u * u).sum(axis=-1) * (v * v).sum(axis=-1))
    return r


def _kendall(x: Floats, y: Floats) -> Floats:
    """Kendall's τ_b along the last axis; NaN where a side is constant."""
    u = np.sign(x[..., None, :] - x[..., :, None])
    v = np.sign(y[..., None, :] - y[..., :, None])
    with np.errstate(invalid="ignore", divide="ignore"):
        tau: Floats = (u * v).sum(axis=(-1, -2)) / np.sqrt((u * u).sum(axis=(-1, -2)) * (v * v).sum(axis=(-1, -2)))
    return tau


def _bca(
    u: Floats, v: Floats, statistic: Callable[[Floats, Floats], Floats], estimate: float, level: float, seed: int
) -> tuple[float, float]:
    """Bias-corrected and accelerated bootstrap interval (Efron 1987), resamples with a constant side left out."""
    n = len(u)
    picks = np.random.default_rng(seed).integers(0, n, size=(_RESAMPLES, n))
    boot = statistic(u[picks], v[picks])
    boot = np.sort(boot[~np.isnan(boot)])
    below = (np.sum(boot < estimate - _PERFECT) + np.sum(boot <= estimate + _PERFECT)) / (2.0 * len(boot))
    z0 = stats.norm.ppf(np.clip(below, 1.0 / len(boot), 1.0 - 1.0 / len(boot)))
    left_out = np.array([np.delete(np.arange(n), i) for i in range(n)])
    jackknife = statistic(u[left_out], v[left_out])
    jackknife = jackknife[~np.isnan(jackknife)]
    away = jackknife.mean() - jackknife if len(jackknife) else np.zeros(1)
    size = float((away**2).sum()) ** 1.5
    acceleration = float((away**3).sum()) / (6.0 * size) if size > 0.0 else 0.0
    z = z0 + stats.norm.ppf([(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    adjusted = stats.norm.cdf(z0 + z / (1.0 - acceleration * z))
    ends = np.quantile(boot, np.asarray(adjusted))
    return float(ends[0]), float(ends[1])

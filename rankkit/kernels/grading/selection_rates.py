"""Two selection rates: ratio, odds, difference, exact tests, and whether one person would turn the comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

_EQUAL = 1 + 1e-7  # probabilities this close are taken for equal when those at most as large are added up


@dataclass(frozen=True)
class TwoRates:
    """Selection of a focal group beside a reference group.

    Attributes
    ----------
    focal, reference : float
        Selection rates.
    ratio, ratio_low, ratio_high : float
        Focal over reference rate with its interval; ``nan`` if nobody of either was selected, ``inf`` if none of the
        reference was.
    odds_ratio, odds_low, odds_high : float
        Odds ratio with its interval.
    difference, difference_low, difference_high : float
        Focal less reference rate, with Newcombe's interval.
    h : float
        Cohen's effect size 2 asin √p₁ − 2 asin √p₂.
    z, z_p : float
        "Two standard deviations": difference over its pooled standard error, and its two-sided p; ``nan`` without variation.
    fisher, mid_p : float
        Two-sided p of Fisher's exact test and Lancaster's mid-p.
    swapped : float
        Ratio had one more of the focal and one fewer of the reference been selected; ``nan`` if impossible.
    """

    focal: float
    reference: float
    ratio: float
    ratio_low: float
    ratio_high: float
    odds_ratio: float
    odds_low: float
    odds_high: float
    difference: float
    difference_low: float
    difference_high: float
    h: float
    z: float
    z_p: float
    fisher: float
    mid_p: float
    swapped: float


def two_rates(a: int, n: int, c: int, m: int, level: float = 0.95) -> TwoRates:
    r"""Compare a focal group, ``a`` of ``n`` selected, with a reference group, ``c`` of ``m``.

    .. math:: \mathrm{IR} = \frac{a/n}{c/m}, \qquad
        \exp\Big(\log \mathrm{IR} \pm z\sqrt{\tfrac{1 - a/n}{a} + \tfrac{1 - c/m}{c}}\Big)

    with ½ added to both counts and 1 to both sizes in the interval when a count is zero; the odds ratio's interval is Woolf's,
    with ½ added to all four cells when one is zero.

    Parameters
    ----------
    a, n, c, m : int
        Selected and considered, n, m ≥ 1.
    level : float
        Confidence level.

    Returns
    -------
    TwoRates

    References
    ----------
    Morris & Lobsenz (2000), Personnel Psychology 53, 89–111, for the ratio's interval. Woolf (1955) for the odds ratio's.
    Newcombe (1998), Statistics in Medicine 17, 873–890, for the difference. Lancaster (1961), JASA 56, 223–234, for mid-p.
    Cohen (1988) for h.

    Examples
    --------
    >>> found = two_rates(2, 10, 6, 20)
    >>> round(found.ratio, 3), round(found.ratio_low, 2), round(found.ratio_high, 2)
    (0.667, 0.16, 2.73)
    >>> round(found.fisher, 3), round(found.mid_p, 3), round(found.swapped, 2)
    (0.682, 0.533, 1.2)
    """
    z = float(special.ndtri((1 + level) / 2))
    p, q = a / n, c / m
    ratio_low, ratio_high = _ratio_interval(a, n, c, m, z)
    cells = np.array([a, n - a, c, m - c], dtype=float)
    held = cells + 0.5 if (cells == 0).any() else cells
    log_odds, width = float(np.log(held[0] * held[3] / (held[1] * held[2]))), z * float(np.sqrt((1 / held).sum()))
    pooled = (a + c) / (n + m)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    standard = (p - q) / spread if spread > 0 else float("nan")
    low, high = newcombe(a, n, c, m, z)
    fisher, mid_p = exact_p(a, n, c, m)
    swap = a < n and c > 0
    return TwoRates(
        focal=p,
        reference=q,
        ratio=_ratio(p, q),
        ratio_low=ratio_low,
        ratio_high=ratio_high,
        odds_ratio=_ratio(a * (m - c), c * (n - a)),
        odds_low=float(np.exp(log_odds - width)),
        odds_high=float(np.exp(log_odds + width)),
        difference=p - q,
        difference_low=low,
        difference_high=high,
        h=float(2 * np.arcsin(np.sqrt(p)) - 2 * np.arcsin(np.sqrt(q))),
        z=float(standard),
        z_p=float(2 * special.ndtr(-abs(standard))),
        fisher=fisher,
        mid_p=mid_p,
        swapped=_ratio((a + 1) / n, (c - 1) / m) if swap else float("nan"),
    )


def exact_p(a: int, n: int, c: int, m: int) -> tuple[float, float]:
    """Two-sided p of Fisher's exact test, and mid-p: half the probability of the table seen taken off.

    Examples
    --------
    >>> [round(p, 4) for p in exact_p(150, 2000, 190, 2000)]
    [0.0269, 0.0252]
    """
    total = a + c
    lowest, highest = max(0, total - m), min(n, total)
    probability = stats.hypergeom.pmf(np.arange(lowest, highest + 1), n + m, n, total)
    seen = float(probability[a - lowest])
    fisher = min(float(probability[probability <= seen * _EQUAL].sum()), 1.0)
    return fisher, fisher - seen / 2


def wilson(a: int, n: int, z: float) -> tuple[float, float]:
    """Wilson's interval of a rate (1927).

    Examples
    --------
    >>> [round(x, 5) for x in wilson(4, 5, 1.959964)]
    [0.37553, 0.96378]
    """
    centre, half = (a + z * z / 2) / (n + z * z), z / (n + z * z) * np.sqrt(a * (n - a) / n + z * z / 4)
    low, high = float(centre - half), float(centre + half)
    return (0.0 if a == 0 else low), (1.0 if a == n else high)


def newcombe(a: int, n: int, c: int, m: int, z: float) -> tuple[float, float]:
    """Newcombe's hybrid interval (his method 10) of the difference of two rates."""
    p, q = a / n, c / m
    (low, high), (below, above) = wilson(a, n, z), wilson(c, m, z)
    d = p - q
    return d - float(np.hypot(p - low, above - q)), d + float(np.hypot(high - p, q - below))


def _ratio(p: float, q: float) -> float:
    """Divide; by nothing, infinite, or unknown if both are nothing."""
    return p / q if q > 0 else (float("inf") if p > 0 else float("nan"))


def _ratio_interval(a: int, n: int, c: int, m: int, z: float) -> tuple[float, float]:
    """Interval of the ratio on the log scale."""
    if a == 0 or c == 0:
        x, y, n_x, n_y = a + 0.5, c + 0.5, n + 1.0, m + 1.0
    else:
        x, y, n_x, n_y = float(a), float(c), float(n), float(m)
    width = z * float(np.sqrt((1 - x / n_x) / x + (1 - y / n_y) / y))
    log = float(np.log(x / n_x) - np.log(y / n_y))
    return float(np.exp(log - width)), float(np.exp(log + width))

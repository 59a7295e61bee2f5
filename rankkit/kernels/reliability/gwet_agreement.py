"""Chance-corrected agreement of any number of raters, with gaps and any weights: Gwet's AC1 and AC2 and the older kappas.

They share the agreement observed and differ in what they call chance; the standard errors treat the units as drawn from many
and are by linearisation, so that one function serves all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.reliability.nominal_agreement import complement_interval

Chance = Literal["gwet", "fleiss", "conger", "brennan_prediger", "none"]
CHANCES: tuple[Chance, ...] = get_args(Chance)


@dataclass(frozen=True, eq=False)
class ChanceCorrected:
    """One agreement coefficient.

    Attributes
    ----------
    value : float
        (p_a − p_e)/(1 − p_e); NaN where chance alone gives full agreement.
    se : float
        Standard error for units drawn from many; with ``se_raters`` for raters drawn from many too.
    se_raters : float
        Jackknife standard error over raters; NaN if not asked for or with fewer than three raters.
    low, high : float
        Interval, symmetric in the cube root of 1 − γ, t on n − 1 degrees of freedom; NaN where se is 0 or n < 3.
    p : float
        Two-sided test of a coefficient of 0 by t.
    observed, expected : float
        p_a and p_e.
    n : int
        Units with at least one coding.
    n_shared : int
        Units with at least two codings.
    """

    value: float
    se: float
    se_raters: float
    low: float
    high: float
    p: float
    observed: float
    expected: float
    n: int
    n_shared: int


def chance_corrected(
    unit: Ints,
    rater: Ints,
    category: Ints,
    weights: ArrayLike,
    chance: Chance = "gwet",
    *,
    raters: Literal["fixed", "random"] = "fixed",
    level: float = 0.95,
) -> ChanceCorrected:
    r"""Agreement beyond chance of raters who put units into categories; units may lack any raters.

    With :math:`r_{ik}` of the :math:`r_i` codings of unit i in category k, :math:`r^*_{ik} = \sum_l w_{kl} r_{il}`,
    n' units with two codings or more and :math:`\pi_k = n^{-1} \sum_i r_{ik}/r_i`:

    .. math:: p_a = \frac{1}{n'} \sum_i \sum_k \frac{r_{ik}(r^*_{ik} - 1)}{r_i(r_i - 1)}, \qquad
              p_e = \frac{T_w}{q(q-1)} \sum_k \pi_k (1-\pi_k) \ \text{(Gwet)}, \quad
              \sum_{kl} w_{kl} \pi_k \pi_l \ \text{(Fleiss)}, \quad \frac{T_w}{q^2} \ \text{(Brennan–Prediger)}

    with :math:`T_w = \sum_{kl} w_{kl}`. Conger's p_e is the mean of :math:`\sum_{kl} w_{kl} p_{gk} p_{hl}` over pairs of raters g ≠ h.

    Parameters
    ----------
    unit, rater, category : ndarray of int, shape (N,)
        One coding each, at most one a unit and rater.
    weights : array, shape (q, q)
        Agreement weights, symmetric, ones on the diagonal.
    chance : str
        "gwet" (AC1, AC2), "fleiss" (of two raters: Scott's π), "conger" (of two complete raters: Cohen's κ),
        "brennan_prediger" (of two categories: PABAK), "none" (observed agreement).
    raters : {"fixed", "random"}
        "random" adds the jackknife variance over raters (Gwet 2008): the interval is then for raters of this kind.
    level : float
        Confidence level.

    Returns
    -------
    ChanceCorrected

    Notes
    -----
    Simulated coverage of the interval at 95 % (15 to 100 units, 2 to 6 raters): AC1 and Brennan–Prediger .94 to .99 (γ ± t·se, as
    other programs print it, .88 to 1), most where one category holds 90 % of the units. Fleiss' κ .93 to .97 with balanced
    categories, but .66 to .93 with 15 to 50 units of which one category holds 70 to 90 %: there prefer the studentised bootstrap of
    Krippendorff's alpha, which estimates the same.

    References
    ----------
    Gwet (2008a), British Journal of Mathematical and Statistical Psychology 61, 29-48; (2008b), Psychometrika 73, 407-430; (2014),
    Handbook of Inter-Rater Reliability, 4th ed. Scott (1955); Fleiss (1971); Conger (1980); Brennan & Prediger (1981).

    Examples
    --------
    >>> import numpy as np
    >>> unit, rater = np.divmod(np.arange(20), 2)
    >>> category = np.array([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 1, 1])
    >>> found = chance_corrected(unit, rater, category, np.eye(2))
    >>> round(found.value, 4), round(found.se, 4)
    (0.8165, 0.1893)
    """
    w = np.asarray(weights, dtype=np.float64)
    q = len(w)
    if len(unit) == 0:
        return ChanceCorrected(*(np.nan,) * 8, n=0, n_shared=0)
    unit = np.unique(unit, return_inverse=True)[1].astype(np.int64)
    counts = np.bincount(unit * q + category, minlength=(int(unit.max()) + 1) * q).reshape(-1, q).astype(np.float64)
    value, influence, observed, expected, n_shared = _coefficient(unit, rater, category, counts, w, chance)
    n = len(counts)
    if not n_shared:
        return ChanceCorrected(*(np.nan,) * 8, n=n, n_shared=0)
    se = float(np.sqrt((influence @ influence) / (n * (n - 1)))) if n > 1 else np.nan
    se_raters = np.nan
    if raters == "random":
        se_raters = _over_raters(unit, rater, category, w, chance)
        se = float(np.sqrt(se**2 + se_raters**2)) if np.isfinite(se_raters) else se
    se = 0.0 if se < 1e-9 else se
    low, high = complement_interval(value, se, n - 1, level, least=0.0 if chance == "none" else -1.0)
    p = float(2 * special.stdtr(n - 1, -abs(value) / se)) if n > 2 and se > 0 else np.nan
    return ChanceCorrected(value, se, se_raters, float(low), float(high), p, observed, expected, n, n_shared)


def _coefficient(
    unit: Ints, rater: Ints, category: Ints, counts: Floats, w: Floats, chance: Chance
) -> tuple[float, Floats, float, float, int]:
    """Coefficient, each unit's influence on it (mean zero), p_a, p_e and the units with two codings."""
    r = counts.sum(axis=1)
    shared: Bools = r >= 2
    n, n_shared = len(r), int(shared.sum())
    if n_shared == 0:
        return np.nan, np.zeros(n), np.nan, np.nan, 0
    agreed = np.zeros(n)
    agreed[shared] = (counts * (counts @ w - 1)).sum(axis=1)[shared] / (r * (r - 1))[shared]
    observed = float(agreed.sum() / n_shared)
    expected, turn = _expected(unit, rater, category, counts, w, chance)
    if not 1 - expected > 1e-12:
        return np.nan, np.zeros(n), observed, expected, n_shared
    value = (observed - expected) / (1 - expected)
    own = n / n_shared * (agreed - expected * shared) / (1 - expected)
    return value, own - value - (1 - value) * turn / (1 - expected), observed, expected, n_shared


def _expected(unit: Ints, rater: Ints, category: Ints, counts: Floats, w: Floats, chance: Chance) -> tuple[float, Floats]:
    """p_e, and each unit's influence on it."""
    n, q = counts.shape
    nothing = np.zeros(n)
    if chance == "none":
        return 0.0, nothing
    if chance == "brennan_prediger":
        return float(w.sum() / q**2), nothing
    if chance == "conger":
        return _conger(unit, rater, category, w, n)
    share = counts / counts.sum(axis=1, keepdims=True)
    pi = share.mean(axis=0)
    if chance == "fleiss":
        slope = (w + w.T) @ pi / 2
        expected = float(pi @ w @ pi)
        return expected, 2 * (share @ slope - expected)
    factor = w.sum() / (q * (q - 1)) if q > 1 else np.nan
    expected = float(factor * (pi * (1 - pi)).sum()) if q > 1 else 1.0
    return expected, 2 * (factor * (share @ (1 - pi)) - expected)


def _conger(unit: Ints, rater: Ints, category: Ints, w: Floats, n: int) -> tuple[float, Floats]:
    """Conger's p_e, the mean over pairs of raters of chance agreement with each one's own shares, and influences."""
    q = len(w)
    rater = np.unique(rater, return_inverse=True)[1].astype(np.int64)
    m = int(rater.max()) + 1
    if m < 2:
        return np.nan, np.zeros(n)
    use = np.bincount(rater * q + category, minlength=m * q).reshape(m, q).astype(np.float64)
    size = use.sum(axis=1)
    p = use / size[:, None]
    total = p.sum(axis=0)
    both = (w + w.T) / 2
    slope = 2 * (total - p) @ both / (m * (m - 1))  # of p_e by each rater's shares
    expected = float((total @ both @ total - np.einsum("gk,kl,gl->", p, both, p)) / (m * (m - 1)))
    own = (p * slope).sum(axis=1)
    turn = np.bincount(unit, weights=n / size[rater] * (slope[rater, category] - own[rater]), minlength=n)
    return expected, turn.astype(np.float64)


def _over_raters(unit: Ints, rater: Ints, category: Ints, w: Floats, chance: Chance) -> float:
    """Jackknife standard error over raters: sqrt((r − 1)/r Σ (γ_(−g) − mean)²)."""
    ids = np.unique(rater)
    if len(ids) < 3:
        return np.nan
    left = []
    for g in ids:
        keep = rater != g
        u = np.unique(unit[keep], return_inverse=True)[1].astype(np.int64)
        counts = np.bincount(u * len(w) + category[keep], minlength=(int(u.max()) + 1) * len(w)).reshape(-1, len(w)).astype(float)
        left.append(_coefficient(u, rater[keep], category[keep], counts, w, chance)[0])
    found = np.array(left)
    if not np.isfinite(found).all():
        return np.nan
    return float(np.sqrt((len(ids) - 1) / len(ids) * ((found - found.mean()) ** 2).sum()))


def light_kappa(values: Floats, observed: Floats) -> float:
    """Light's κ, the mean of Cohen's κ over pairs of raters; a pair that agrees fully in one category cannot be counted.

    Examples
    --------
    >>> import numpy as np
    >>> light_kappa(np.array([0.5, 0.7, np.nan]), np.array([0.8, 0.9, 1.0]))
    0.6
    """
    usable = np.isfinite(values) & np.isfinite(observed)
    return float(values[usable].mean()) if usable.any() else np.nan

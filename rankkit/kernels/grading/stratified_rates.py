"""Two groups compared within strata: Mantel–Haenszel ratios, tests, homogeneity, and the exact conditional answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from rankkit.kernels.arrays import Floats, Ints

_EQUAL = 1 + 1e-7  # probabilities this close are taken for equal when those at most as large are added up
_FEW = 5.0  # fewest people expected selected and not selected, over all strata, for the χ² approximation (Mantel & Fleiss 1980)
_WIDEST = 60.0  # logarithm of an odds ratio that stands for infinite


@dataclass(frozen=True)
class Stratified:
    """Answers over all strata that tell something: both groups in them, some selected and some not.

    Attributes
    ----------
    strata : int
        Strata used.
    odds_ratio, odds_low, odds_high : float
        Mantel–Haenszel odds ratio, interval by Robins, Breslow & Greenland's variance.
    ratio, ratio_low, ratio_high : float
        Mantel–Haenszel ratio of rates, interval by Greenland & Robins's variance. Strata where everybody was selected count too:
        they say that the rates are equal there.
    adverse_ratio, adverse_low, adverse_high : float
        The same of the rates of not being selected.
    chi2, p : float
        Cochran–Mantel–Haenszel test on one degree of freedom, without continuity correction.
    exact_p, exact_mid_p : float
        Exact conditional test of odds ratio 1 and its mid-p.
    conditional, conditional_low, conditional_high : float
        Conditional maximum likelihood odds ratio and its exact interval.
    homogeneity, homogeneity_p : float
        Breslow–Day statistic with Tarone's correction; ``nan`` with one stratum, or if the odds ratio is 0 or infinite.
    sparse : bool
        Whether too few are expected for the χ² test (Mantel & Fleiss): read the exact one.
    """

    strata: int
    odds_ratio: float
    odds_low: float
    odds_high: float
    ratio: float
    ratio_low: float
    ratio_high: float
    adverse_ratio: float
    adverse_low: float
    adverse_high: float
    chi2: float
    p: float
    exact_p: float
    exact_mid_p: float
    conditional: float
    conditional_low: float
    conditional_high: float
    homogeneity: float
    homogeneity_p: float
    sparse: bool


def stratified(a: Ints, n: Ints, c: Ints, m: Ints, level: float = 0.95) -> Stratified | None:
    r"""Compare the selection of a focal and a reference group stratum by stratum.

    .. math:: \mathrm{OR} = \frac{\sum a_k d_k/N_k}{\sum b_k c_k/N_k}, \qquad
        \mathrm{RR} = \frac{\sum a_k m_k/N_k}{\sum c_k n_k/N_k}

    with :math:`b_k = n_k - a_k`, :math:`d_k = m_k - c_k`, :math:`N_k = n_k + m_k`.

    Parameters
    ----------
    a, n, c, m : ndarray of int, shape (K,)
        Selected and considered of the focal group, of the reference group.
    level : float
        Confidence level.

    Returns
    -------
    Stratified or None
        None if no stratum tells anything.

    References
    ----------
    Mantel & Haenszel (1959), JNCI 22, 719–748. Robins, Breslow & Greenland (1986), Biometrics 42, 311–323. Greenland & Robins
    (1985), Biometrics 41, 55–68. Tarone (1985), Biometrika 72, 91–95. Mantel & Fleiss (1980), American Journal of Epidemiology
    112, 129–134. Mehta, Patel & Gray (1985), JASA 80, 969–973, for the exact conditional distribution.

    Examples
    --------
    A case of Simpson's: no difference in either stratum.

    >>> import numpy as np
    >>> found = stratified(np.array([8, 4]), np.array([20, 40]), np.array([20, 1]), np.array([50, 10]))
    >>> found.odds_ratio, found.ratio, round(found.homogeneity_p, 6)
    (1.0, 1.0, 1.0)
    """
    a, n, c, m = (np.asarray(x, dtype=np.int64) for x in (a, n, c, m))
    total = a + c
    tells = (n > 0) & (m > 0) & (total > 0) & (total < n + m)
    if not tells.any():
        return None
    z = float(special.ndtri((1 + level) / 2))
    both = (n > 0) & (m > 0)
    ratio, ratio_low, ratio_high = _ratio(a[both], n[both], c[both], m[both], z)
    adverse, adverse_low, adverse_high = _ratio((n - a)[both], n[both], (m - c)[both], m[both], z)
    a, n, c, m, total = (x[tells] for x in (a, n, c, m, total))
    odds, odds_low, odds_high = _odds(a, n, c, m, z)
    N = (n + m).astype(float)
    expected = n * total / N
    variance = float((n * m * total * (N - total) / (N**2 * np.maximum(N - 1, 1))).sum())
    chi2 = float((a - expected).sum() ** 2 / variance)
    exact = Conditional.of(a, n, m, total)
    exact_p, exact_mid = exact.test()
    low, high = exact.interval(level)
    statistic, p = _homogeneity(a, n, m, total, odds)
    least, most = np.maximum(0, total - m), np.minimum(n, total)
    room = min(float((expected - least).sum()), float((most - expected).sum()))
    return Stratified(
        strata=len(a),
        odds_ratio=odds,
        odds_low=odds_low,
        odds_high=odds_high,
        ratio=ratio,
        ratio_low=ratio_low,
        ratio_high=ratio_high,
        adverse_ratio=adverse,
        adverse_low=adverse_low,
        adverse_high=adverse_high,
        chi2=chi2,
        p=float(special.chdtrc(1, chi2)),
        exact_p=exact_p,
        exact_mid_p=exact_mid,
        conditional=exact.estimate(),
        conditional_low=low,
        conditional_high=high,
        homogeneity=statistic,
        homogeneity_p=p,
        sparse=room < _FEW,
    )


def _odds(a: Ints, n: Ints, c: Ints, m: Ints, z: float) -> tuple[float, float, float]:
    """Mantel–Haenszel odds ratio and its interval."""
    b, d, N = n - a, m - c, (n + m).astype(float)
    P, Q, R, S = (a + d) / N, (b + c) / N, a * d / N, b * c / N
    r, s = float(R.sum()), float(S.sum())
    if s == 0 or r == 0:
        return (float("inf") if s == 0 else 0.0), float("nan"), float("nan")
    variance = float((P * R).sum() / (2 * r * r) + (P * S + Q * R).sum() / (2 * r * s) + (Q * S).sum() / (2 * s * s))
    return _around(r / s, variance, z)


def _ratio(a: Ints, n: Ints, c: Ints, m: Ints, z: float) -> tuple[float, float, float]:
    """Mantel–Haenszel ratio of rates and its interval."""
    N = (n + m).astype(float)
    r, s = float((a * m / N).sum()), float((c * n / N).sum())
    if s == 0 or r == 0:
        return (float("inf") if s == 0 else 0.0), float("nan"), float("nan")
    variance = float(((n * m * (a + c) - a * c * N) / N**2).sum() / (r * s))
    return _around(r / s, variance, z)


def _around(value: float, variance: float, z: float) -> tuple[float, float, float]:
    """Interval of a ratio on the log scale."""
    width = float(np.exp(z * np.sqrt(variance)))
    return value, value / width, value * width


def _homogeneity(a: Ints, n: Ints, m: Ints, total: Ints, odds: float) -> tuple[float, float]:
    """Breslow–Day statistic with Tarone's correction at the Mantel–Haenszel odds ratio."""
    if len(a) < 2 or not 0 < odds < np.inf:
        return float("nan"), float("nan")
    e = _fitted(n.astype(float), m.astype(float), total.astype(float), odds)
    variance = 1 / (1 / e + 1 / (n - e) + 1 / (total - e) + 1 / (m - total + e))
    statistic = float(((a - e) ** 2 / variance).sum() - (a - e).sum() ** 2 / variance.sum())
    statistic = max(statistic, 0.0)
    return statistic, float(special.chdtrc(len(a) - 1, statistic))


def _fitted(n: Floats, m: Floats, total: Floats, odds: float) -> Floats:
    """Expected selected of the focal group at an odds ratio; at 1 the quadratic equation is linear."""
    if odds == 1:
        return n * total / (n + m)
    lead, middle, last = odds - 1, -(odds * (n + total) + m - total), odds * n * total
    root: Floats = 2 * last / (-middle + np.sqrt(middle**2 - 4 * lead * last))  # the smaller root, without cancellation
    return root


@dataclass(frozen=True, eq=False)
class Conditional:
    """Distribution of the focal group's selected, all margins given: coefficients by their number, in logarithms."""

    lowest: int
    log_weight: Floats
    seen: int

    @classmethod
    def of(cls, a: Ints, n: Ints, m: Ints, total: Ints) -> Conditional:
        """Multiply the polynomials of the strata."""
        lowest, log_scale, product = 0, 0.0, np.ones(1)
        for k in range(len(a)):
            values = np.arange(max(0, int(total[k] - m[k])), min(int(n[k]), int(total[k])) + 1)
            weight = stats.hypergeom.pmf(values, int(n[k] + m[k]), int(n[k]), int(total[k]))
            product = np.convolve(product, weight)
            top = product.max()
            product, log_scale = product / top, log_scale + float(np.log(top))
            lowest += int(values[0])
        with np.errstate(divide="ignore"):
            return cls(lowest, np.log(product) + log_scale, int(a.sum()))

    def probability(self, log_odds: float) -> Floats:
        """Probabilities at an odds ratio."""
        log = self.log_weight + log_odds * np.arange(len(self.log_weight))
        share = np.exp(log - log.max())
        out: Floats = share / share.sum()
        return out

    def test(self) -> tuple[float, float]:
        """Two-sided p of odds ratio 1: tables at most as likely as the one seen; and mid-p."""
        p = self.probability(0.0)
        seen = float(p[self.seen - self.lowest])
        exact = min(float(p[p <= seen * _EQUAL].sum()), 1.0)
        return exact, exact - seen / 2

    def estimate(self) -> float:
        """Conditional maximum likelihood odds ratio."""
        place, last = self.seen - self.lowest, len(self.log_weight) - 1
        if place in (0, last):
            return 0.0 if place == 0 else float("inf")
        steps = np.arange(last + 1)
        return self._where(lambda t: float(self.probability(t) @ steps) - place)

    def interval(self, level: float) -> tuple[float, float]:
        """Exact interval: where either tail has half of what the level leaves."""
        place, last, tail = self.seen - self.lowest, len(self.log_weight) - 1, (1 - level) / 2
        low = 0.0 if place == 0 else self._where(lambda t: float(self.probability(t)[place:].sum()) - tail)
        high = float("inf") if place == last else self._where(lambda t: tail - float(self.probability(t)[: place + 1].sum()))
        return low, high

    @staticmethod
    def _where(rising: Callable[[float], float]) -> float:
        """Odds ratio at which an increasing function of its logarithm is zero."""
        return float(np.exp(optimize.brentq(rising, -_WIDEST, _WIDEST, xtol=1e-10)))

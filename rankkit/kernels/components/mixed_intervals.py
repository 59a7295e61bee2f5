"""Intervals for variance components and tests that components are zero.

Profile likelihood intervals hold a component fixed and let all others move; the quick ones use the information at the
estimate. Under σ² = 0 the likelihood ratio is a mixture of χ², because the components cannot be negative.

Sources: Self & Liang (1987), Stram & Lee (1994) for the mixtures; Shapiro (1985), Towards a unified theory of
inequality constrained testing, for the weights; Satterthwaite (1946); Bates et al. (2015) for profiles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.components.mixed_newton import EXACT_FIT, Optimum, best_of_starts, maximise
from rankkit.kernels.components.mixed_reml import MixedComponents

Method = Literal["profile", "chi2", "log"]
_STEPS = 100  # steps towards a limit; an upper one not bracketed by then is infinite
_CLOSE = 1e-5  # accuracy of a limit relative to it, in the standard deviation
_ENOUGH = 1e-7  # predicted gain at which a point of a profile is good enough: limits change by less than 1e-7
_FLAT = 1e-6  # criterion difference that two maxima may have by rounding


@dataclass(frozen=True, eq=False)
class Intervals:
    """Confidence limits of the components, effects in order, residual last.

    Attributes
    ----------
    low, high : ndarray, shape (K + 1,)
        Squared score units. Components that are not identified, and all of an exact fit, have limits 0 and infinity.
    level : float
        Confidence level.
    method : str
        How they were found.
    """

    low: Floats
    high: Floats
    level: float
    method: Method


@dataclass(frozen=True, eq=False)
class BoundaryTest:
    """Likelihood-ratio test that components are zero.

    Attributes
    ----------
    statistic : float
        Difference of the REML criteria, not negative.
    p : float
        Upper tail of the mixture.
    weights : ndarray, shape (r + 1,)
        Weights of χ²_0 … χ²_r for r components.
    tested : tuple of int
        Effects held at zero.
    reduced : Optimum
        The fit without them, variances in the units of ``found.scale`` squared.
    """

    statistic: float
    p: float
    weights: Floats
    tested: tuple[int, ...]
    reduced: Optimum


def intervals(
    found: MixedComponents, *, level: float = 0.95, method: Method = "profile", components: Sequence[int] | None = None
) -> Intervals:
    r"""Confidence intervals for variance components.

    Parameters
    ----------
    found : MixedComponents
        A fit.
    level : float
        Confidence level.
    method : {"profile", "chi2", "log"}
        ``profile``: the values that a likelihood-ratio test does not reject, the others re-estimated. ``chi2``:
        ν(σ̂² + c)/χ²_ν − c. ν is L − 1 for an effect of L levels and c the error variance of their means that fits
        Var(σ̂²) = 2(σ̂² + c)²/ν; with c = 0 it is Satterthwaite's 2σ̂⁴/Var(σ̂²). ``log``: (σ̂² + c) exp(±z √(2/ν)) − c.
        With few levels the quick ones are wide (two levels say next to nothing) or rough; profiles are the better choice.
    components : sequence of int, optional
        Components wanted (K is the residual); the others get the limits 0 and infinity. All by default.

    Returns
    -------
    Intervals
        Limits are zero or positive.

    Notes
    -----
    Coverage at 95 % in 500 simulated three-facet studies (25 ratees, 8 raters, 4 dimensions, gaps): profiles .94 to .96
    for every component but that of the 4 dimensions, .91. Three degrees of freedom say little about a variance, and the
    likelihood ratio is then not quite χ². In 250 studies each of 20 ratees by 2, 4 and 8 raters without, with little and
    with much rater variance: ``chi2`` .95 to .99, ``log`` .82 to 1.

    Raises
    ------
    ConvergenceError
        If a profile does not settle, or finds a better maximum than the fit (designs of a handful of rows).

    Examples
    --------
    >>> from rankkit.kernels.components.mixed_reml import fit
    >>> y = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
    >>> ratee, rater = np.indices(y.shape).reshape(2, -1)
    >>> found = intervals(fit(y.ravel(), [(ratee, 6), (rater, 4)]))
    >>> np.c_[found.low, found.high].round(2).tolist()
    [[0.73, 13.09], [1.35, 47.05], [0.54, 2.3]]
    """
    k = found.design.k
    low, high = np.zeros(k + 1), np.full(k + 1, np.inf)
    wanted = range(k + 1) if components is None else components
    for i in wanted:
        if found.exact_fit or not found.identified[i]:
            continue
        low[i], high[i] = _profile(found, i, level) if method == "profile" else _quick(found, i, level, method)
    return Intervals(low, high, level, method)


def profile_deviance(found: MixedComponents, component: int, value: float, start: Floats | None = None) -> tuple[float, Optimum]:
    """REML criterion with one component held at a value and all others re-estimated.

    Parameters
    ----------
    found : MixedComponents
        A fit.
    component : int
        Effect, or K for the residual.
    value : float
        Its variance, squared score units.
    start : ndarray, shape (K + 1,), optional
        Variances to start from, in the units of ``found.scale`` squared.

    Returns
    -------
    deviance : float
        The criterion.
    optimum : Optimum
        Where it was reached.

    Raises
    ------
    ConvergenceError
        If the iterations do not settle.
    """
    best = found.optimum
    at = (best.variances if start is None else start).copy()
    at[component] = value / found.scale**2
    at = np.maximum(at, 0.0)
    reached = maximise(found.design, best.point.scores, at, found.held, fixed=component, enough=_ENOUGH)
    return reached.deviance + 2 * reached.point.df * float(np.log(found.scale)), reached


def _profile(found: MixedComponents, i: int, level: float) -> tuple[float, float]:
    """Both ends of the profile interval, searched on the scale of standard deviations."""
    bound = float(np.sqrt(special.chdtri(1, 1 - level)))
    estimate = float(np.sqrt(found.variances[i]))
    memory = {"start": found.optimum.variances}

    def excess(deviation: float) -> tuple[float, float]:
        """Signed root of the likelihood ratio over its bound, and its derivative (envelope theorem)."""
        deviance, reached = profile_deviance(found, i, deviation**2, memory["start"])
        memory["start"] = reached.variances
        rise = deviance - found.deviance
        if rise < -_FLAT * max(1.0, abs(found.deviance)):
            raise ConvergenceError("E-CONV", iterations=reached.iterations, gradient=f"{rise:.1e}")
        residual, root = float(reached.variances[-1]), float(np.sqrt(max(rise, 0.0)))
        score = float(reached.point.traces[i] / residual - reached.point.quadratics[i] / residual**2)
        return root - bound, score * deviation / found.scale**2 / max(root, 1e-3)

    step = _first_guess(found, i)
    high = _limit(excess, estimate, np.inf, estimate + step)
    memory["start"] = found.optimum.variances
    lowest = 0.0 if i < found.design.k else float(np.sqrt(EXACT_FIT)) * found.scale  # the residual's zero
    if estimate <= lowest or (i < found.design.k and excess(0.0)[0] <= 0):
        return 0.0, high**2
    memory["start"] = found.optimum.variances
    low = _limit(excess, estimate, lowest, max(estimate - step, 0.5 * (estimate + lowest)))
    return (low**2 if i < found.design.k or low > 1.1 * lowest else 0.0), high**2


def _first_guess(found: MixedComponents, i: int) -> float:
    """A step on the scale of standard deviations: about two standard errors."""
    variance = float(found.variance_unrestricted[i, i])
    se = np.sqrt(variance) if variance > 0 else float(found.variances.sum())
    return float(np.sqrt(found.variances[i] + 2 * se) - np.sqrt(found.variances[i]))


def _limit(excess: Callable[[float], tuple[float, float]], inside: float, outside: float, start: float) -> float:
    """Root of ``excess`` between a point inside the interval and one outside (or infinity): Newton, else bisection."""
    x = start
    for _ in range(_STEPS):
        value, slope = excess(x)
        if value < 0:
            inside = x
        else:
            outside = x
        newton = x - value / slope if slope != 0 else np.nan
        if not min(inside, outside) < newton < max(inside, outside):
            newton = 0.5 * (inside + outside) if np.isfinite(outside) else 2 * x
        elif np.isinf(outside):
            newton = min(newton, 3 * x)
        if abs(newton - x) <= _CLOSE * x:
            return float(newton)
        x = newton
    return float(x) if np.isfinite(outside) else np.inf


def _quick(found: MixedComponents, i: int, level: float, method: Method) -> tuple[float, float]:
    """Limits from the information at the estimate: of σ² + c, as variable as a mean square of the effect, less c."""
    value = float(found.variances[i])
    variance = float(found.variance_unrestricted[i, i] if value == 0 else found.variance_of_components[i, i])
    if not variance > 0:  # no information at all
        return 0.0, np.inf
    whole, df = value, 2 * value**2 / variance
    if i < found.design.k:
        most = len(np.unique(found.design.codes[i])) - 1
        if df < most:
            whole, df = float(np.sqrt(variance * most / 2)), float(most)
    rest, tails = whole - value, ((1 - level) / 2, (1 + level) / 2)
    if method == "log":
        width = float(np.exp(special.ndtri(tails[1]) * np.sqrt(2 / df)))
        low, high = whole / width, whole * width
    else:
        low, high = (df * whole / float(special.chdtri(df, tail)) for tail in tails)
    return max(low - rest, 0.0), high - rest


def boundary_test(found: MixedComponents, tested: Sequence[int]) -> BoundaryTest:
    r"""Test by the restricted likelihood ratio that random effects have no variance.

    .. math:: p = \sum_{j=0}^{r} w_j \Pr(\chi^2_j \ge D_0 - D_1)

    Parameters
    ----------
    found : MixedComponents
        The fit with them.
    tested : sequence of int
        Effects under test, r of them. One: w = (½, ½). Several: the weights of the cone of non-negative values in the
        metric of their information, the other components being estimated too.

    Returns
    -------
    BoundaryTest
        With few levels the statistic is zero more often than the mixture says: the test keeps its level and is
        conservative. Where another component lies on the boundary under the null, the weights are approximate.

    Raises
    ------
    ConvergenceError
        If the fit without the effects does not settle.

    References
    ----------
    Self & Liang (1987), JASA 82, 605–610, cases 5 to 7; Stram & Lee (1994), Biometrics 50, 1171–1177.

    Examples
    --------
    >>> from rankkit.kernels.components.mixed_reml import fit
    >>> y = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
    >>> ratee, rater = np.indices(y.shape).reshape(2, -1)
    >>> found = boundary_test(fit(y.ravel(), [(ratee, 6), (rater, 4)]), tested=[1])
    >>> round(found.statistic, 3), found.p < 1e-4
    (22.295, True)
    """
    index = sorted({int(i) for i in tested})
    best, k = found.optimum, found.design.k
    held: Bools = found.held.copy()
    held[index] = True
    start = best.variances.copy()
    start[index] = 0.0
    start[-1] += best.variances[index].sum()
    if not start[-1] > 0:  # no variation at all
        return BoundaryTest(0.0, 1.0, np.full(2, 0.5), tuple(index), best)
    reduced = best_of_starts(found.design, best.point.scores, start, held)
    if found.exact_fit:  # infinitely better, or just as exact without the effects
        p = float(reduced.exact_fit)
        return BoundaryTest(0.0 if p else np.inf, p, np.full(2, 0.5), tuple(index), reduced)
    statistic = float(max(reduced.deviance - best.deviance, 0.0))
    free = [i for i in index if not found.held[i]]
    if len(free) <= 1:
        weights = np.full(2, 0.5) if free else np.ones(1)
    else:
        information = reduced.point.expected_information
        nuisance = [i for i in range(k + 1) if (i == k or not held[i]) and reduced.variances[i] > 0]
        block = information[np.ix_(free, nuisance)]
        efficient = information[np.ix_(free, free)] - block @ np.linalg.solve(information[np.ix_(nuisance, nuisance)], block.T)
        weights = cone_weights(efficient)
    return BoundaryTest(statistic, mixture_p(statistic, weights), weights, tuple(index), reduced)


def mixture_p(statistic: float, weights: ArrayLike, *, first: int = 0) -> float:
    """Upper tail of a mixture of χ².

    Parameters
    ----------
    statistic : float
        Difference of two criteria.
    weights : array, shape (m,)
        Weights of χ² with ``first``, ``first`` + 1, … degrees of freedom; they sum to one.
    first : int
        Degrees of freedom of the first; a random slope correlated with its intercept has weights (½, ½) from 1.

    Returns
    -------
    float
        1 for a statistic of zero.

    Examples
    --------
    >>> round(mixture_p(2.706, [0.5, 0.5]), 3), round(mixture_p(5.138, [0.5, 0.5], first=1), 3)
    (0.05, 0.05)
    """
    if statistic <= 0:
        return 1.0
    w = np.asarray(weights, dtype=np.float64)
    tails = [0.0 if df == 0 else float(special.chdtrc(df, statistic)) for df in range(first, first + len(w))]
    return float(min(w @ np.array(tails), 1.0))


def cone_weights(information: ArrayLike) -> Floats:
    """Weights of χ²_0 … χ²_r for r components that cannot be negative.

    Parameters
    ----------
    information : array, shape (r, r)
        Their information, the nuisance components taken out.

    Returns
    -------
    ndarray, shape (r + 1,)
        Exact up to three components; above, orthant probabilities by integration to about 1e-4.

    References
    ----------
    Shapiro (1985), Biometrika 72, 133–144; Kudô (1963), Biometrika 50, 403–418.

    Examples
    --------
    >>> cone_weights(np.eye(2)).round(3)
    array([0.25, 0.5 , 0.25])
    """
    covariance = np.linalg.inv(np.asarray(information, dtype=np.float64))
    r = len(covariance)
    out = np.zeros(r + 1)
    for size in range(r + 1):
        for inside in combinations(range(r), size):
            outside = [i for i in range(r) if i not in inside]
            kept = list(inside)
            probability = 1.0
            if outside:
                probability *= _orthant(np.asarray(np.linalg.inv(covariance[np.ix_(outside, outside)])))
            if kept:
                given = covariance[np.ix_(kept, kept)]
                if outside:
                    part = covariance[np.ix_(kept, outside)]
                    given = given - part @ np.linalg.solve(covariance[np.ix_(outside, outside)], part.T)
                probability *= _orthant(given)
            out[size] += probability
    return np.asarray(out / out.sum())


def _orthant(covariance: Floats) -> float:
    """Probability that all of a few centred normals are positive."""
    r = len(covariance)
    scale = 1 / np.sqrt(np.diag(covariance))
    correlation = np.clip(covariance * np.outer(scale, scale), -1.0, 1.0)
    if r <= 3:
        angles = np.arcsin(correlation[np.triu_indices(r, 1)])
        return float(0.5**r + angles.sum() / (2 ** (r - 1) * np.pi))
    return float(stats.multivariate_normal(np.zeros(r), correlation, allow_singular=True, seed=0).cdf(np.zeros(r)))

"""How well ratings follow a many-facet Rasch model: residuals, mean squares of every element, categories, exact agreement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.rasch.rasch_design import RaschDesign
from rankkit.kernels.rasch.rasch_model import Expectations, expectations, location, sums

Totals = Callable[[Floats], Floats]
_BAND = 1.959963984540054  # standard normal 97.5 % point
_ROUNDING = 1e-12  # variance that is rounding


@dataclass(frozen=True, eq=False)
class Residuals:
    """Observations with what the model expects of them.

    Attributes
    ----------
    design : RaschDesign
        Observations whose elements all have a finite measure.
    rows : ndarray of int
        Their positions in the design that was given.
    eta : ndarray, shape (N,)
        Location θ − β − δ − … in logits.
    psi : ndarray, shape (G, J)
        Sums of thresholds; ∞ in slots without one.
    expected : Expectations
        Probabilities, means, variances (category numbers).
    """

    design: RaschDesign
    rows: Ints
    eta: Floats
    psi: Floats
    expected: Expectations

    @classmethod
    def of(cls, design: RaschDesign, measures: tuple[Floats, ...], psi: Floats, active: Bools) -> Residuals:
        """Residuals of the active observations at given measures.

        Parameters
        ----------
        design : RaschDesign
            All observations.
        measures : tuple of arrays, one a facet
            θ, β, δ … in logits; NaN = none.
        psi : ndarray, shape (G, J)
            Sums of thresholds in the slots of ``design``.
        active : ndarray of bool, shape (N,)
            Observations without extreme elements.
        """
        part = design if active.all() else design.rows(active)
        eta, known = location(part, measures), np.where(np.isnan(psi), np.inf, psi)
        return cls(part, np.flatnonzero(active), eta, known, expectations(part, eta, known))

    @cached_property
    def residual(self) -> Floats:
        """Residual x − E, in categories."""
        return self.design.x - self.expected.mean

    @cached_property
    def z(self) -> Floats:
        """Standardised residual (x − E)/√V."""
        return np.asarray(self.residual / np.sqrt(self.expected.variance))

    @cached_property
    def fourth(self) -> Floats:
        """Fourth central moment Σ (s − E)⁴ P."""
        score = np.where(self.design.used, self.design.score, 0.0)
        out = np.zeros(len(self.design))
        for j in range(score.shape[1]):
            out += (score[self.design.group, j] - self.expected.mean) ** 4 * self.expected.p[j]
        return out

    @cached_property
    def expected_value(self) -> Floats:
        """Expected rating, in units of the form."""
        value = np.where(self.design.used, self.design.value, 0.0)
        out = np.zeros(len(self.design))
        for j in range(value.shape[1]):
            out += value[self.design.group, j] * self.expected.p[j]
        return out


@dataclass(frozen=True, eq=False)
class ElementFit:
    """Fit of the elements of one facet, arrays of shape (size,); NaN for elements without active observations.

    Attributes
    ----------
    n : ndarray
        Weighted number of ratings.
    observed, expected : ndarray
        Mean rating and mean expected rating, in units of the form.
    infit, outfit : ndarray
        Mean squares, Σ(x−E)²/ΣV and Σz²/n: 1 = as unpredictable as the model says, below 1 more regular, above 1 more erratic.
    infit_z, outfit_z : ndarray
        The same as normal deviates (Wilson–Hilferty).
    infit_low, infit_high : ndarray
        Between these an element that follows the model has its infit with probability 95 %.
    infit_p : ndarray
        Two-sided probability of an infit this far out.
    correlation, correlation_expected : ndarray
        Of ratings with the locations behind them, and what the model expects of it (point-measure correlation).
    """

    n: Floats
    observed: Floats
    expected: Floats
    infit: Floats
    outfit: Floats
    infit_z: Floats
    outfit_z: Floats
    infit_low: Floats
    infit_high: Floats
    infit_p: Floats
    correlation: Floats
    correlation_expected: Floats


def element_fit(found: Residuals, facet: int) -> ElementFit:
    r"""Mean squares of the elements of a facet.

    .. math:: \text{infit} = \frac{\sum (x-E)^2}{\sum V}, \quad \text{outfit} = \frac1n\sum\frac{(x-E)^2}{V}, \quad
        q^2_\text{in} = \frac{\sum (C - V^2)}{(\sum V)^2}, \quad q^2_\text{out} = \frac{\sum C/V^2}{n^2} - \frac1n

    and ``z = (ms^{1/3} − 1)·3/q + q/3``. Residuals of fitted measures are too small by what the fit has taken up, and so are
    their variances, as joint maximum likelihood stretches the measures: simulated mean squares average 1.00. The band and
    ``infit_p`` reject 2 to 5 % of elements that follow the model (of people with three ratings 8 %);
    :func:`~rankkit.kernels.rasch.rasch_bootstrap.fit_bands` holds its level there too.

    Parameters
    ----------
    found : Residuals
    facet : int

    Returns
    -------
    ElementFit

    References
    ----------
    Wright & Masters (1982), Rating Scale Analysis, chapter 5. Smith (1991), The distributional properties of Rasch item fit
    statistics, Educational and Psychological Measurement 51, 541–565. Linacre (1994), Many-Facet Rasch Measurement.
    """
    design, codes, size = found.design, found.design.facets[facet], found.design.sizes[facet]
    w, v = design.weight, found.expected.variance

    def total(values: Floats) -> Floats:
        return sums(codes, w * values, size)

    n, sum_v = total(np.ones(len(w))), total(v)
    squares, c = found.residual**2, found.fourth
    with np.errstate(divide="ignore", invalid="ignore"):
        infit, outfit = total(squares) / sum_v, total(squares / v) / n
        q_in = np.sqrt(sums(codes, w**2 * (c - v**2), size)) / sum_v
        q_out = np.sqrt(np.maximum(sums(codes, w**2 * (c / v**2 - 1.0), size), 0.0)) / n
        infit_z, outfit_z = standardised(infit, q_in), standardised(outfit, q_out)
        observed, expected = total(design.observed) / n, total(found.expected_value) / n
        correlation, ideal = _correlations(found, total, n)
    low, high = (np.maximum(1 + (s * _BAND - q_in / 3) * q_in / 3, 0.0) ** 3 for s in (-1, 1))
    p = np.asarray(2 * ndtr(-np.abs(infit_z)))
    return ElementFit(n, observed, expected, infit, outfit, infit_z, outfit_z, low, high, p, correlation, ideal)


def standardised(mean_square: Floats, q: Floats) -> Floats:
    """Wilson and Hilferty's normal deviate of a mean square with standard deviation q.

    Examples
    --------
    >>> standardised(np.array([1.0, 1.5]), np.array([0.3, 0.3])).round(3)
    array([0.1  , 1.547])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(q > 0, (np.cbrt(mean_square) - 1) * 3 / q + q / 3, np.nan)


def _correlations(found: Residuals, total: Totals, n: Floats) -> tuple[Floats, Floats]:
    """Correlation of ratings with locations inside each element, and its expected value."""
    x, eta, mean = found.design.x, found.eta, found.expected.mean
    spread_eta = total(eta**2) / n - (total(eta) / n) ** 2
    spread_x = total(x**2) / n - (total(x) / n) ** 2
    spread_mean = total(mean**2) / n - (total(mean) / n) ** 2
    both = total(x * eta) / n - total(x) * total(eta) / n**2
    ideal = total(mean * eta) / n - total(mean) * total(eta) / n**2
    real = (spread_eta > _ROUNDING) & (spread_x > _ROUNDING)
    observed = np.where(real, both / np.sqrt(np.where(real, spread_eta * spread_x, 1.0)), np.nan)
    scale = spread_eta * (spread_mean + total(found.expected.variance) / n)
    return np.clip(observed, -1.0, 1.0), np.where(spread_eta > _ROUNDING, ideal / np.sqrt(np.where(scale > 0, scale, 1.0)), np.nan)


@dataclass(frozen=True, eq=False)
class CategoryUse:
    """Use of the categories of each threshold group, arrays of shape (G, J); NaN where there is none.

    Attributes
    ----------
    count : ndarray
        Weighted number of ratings, extreme elements' included.
    measure, expected_measure : ndarray
        Mean location of the ratings in the category, and what the model expects.
    outfit : ndarray
        Mean squared standardised residual of the ratings in the category.
    """

    count: Floats
    measure: Floats
    expected_measure: Floats
    outfit: Floats


def category_use(design: RaschDesign, found: Residuals) -> CategoryUse:
    """Describe how the categories were used.

    References
    ----------
    Linacre (2002), Optimizing rating scale category effectiveness, Journal of Applied Measurement 3, 85–106.
    """
    shape, part = design.score.shape, found.design
    cell = part.group * shape[1] + part.slot
    count = sums(design.group * shape[1] + design.slot, design.weight, design.score.size).reshape(shape)
    n = sums(cell, part.weight, design.score.size).reshape(shape)
    located = sums(cell, part.weight * found.eta, design.score.size).reshape(shape)
    squares = sums(cell, part.weight * found.z**2, design.score.size).reshape(shape)
    weight = np.stack([sums(part.group, part.weight * p, shape[0]) for p in found.expected.p], axis=1)
    ideal = np.stack([sums(part.group, part.weight * p * found.eta, shape[0]) for p in found.expected.p], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return CategoryUse(
            np.where(design.used, count, np.nan),
            located / n,
            np.where(design.used, ideal / weight, np.nan),
            np.where(n > 0, squares / n, np.nan),
        )


@dataclass(frozen=True, eq=False)
class ExactAgreement:
    """Pairs of raters who rated the same thing, by rater: shape (raters,).

    Attributes
    ----------
    opportunities, exact : ndarray
        Pairs a rater is in, and those with the same category.
    expected : ndarray
        Pairs with the same category the model expects, of raters who rate independently given the measures.
    """

    opportunities: Floats
    exact: Floats
    expected: Floats


def exact_agreement(found: Residuals, rater_facet: int = 1) -> ExactAgreement:
    """Count exact agreements beside what the model expects.

    References
    ----------
    Linacre (1994), Many-Facet Rasch Measurement: much more agreement than expected says that raters act as one, like scoring
    machines, rather than as independent experts.
    """
    design = found.design
    context = np.zeros(len(design), dtype=np.int64)
    for f, codes in enumerate(design.facets):
        if f != rater_facet:
            context = np.unique(context * design.sizes[f] + codes, return_inverse=True)[1]
    size, raters = int(context.max(initial=-1)) + 1, design.facets[rater_facet]
    width = len(design.categories)
    code = design.x.astype(np.int64)
    seen = np.bincount(context, minlength=size)
    same = np.bincount(context * width + code, minlength=size * width)[context * width + code]
    expected = np.zeros(len(design))
    for k in range(width):
        p = np.zeros(len(design))
        for j in range(design.score.shape[1]):
            p += np.where(design.score[design.group, j] == k, found.expected.p[j], 0.0)
        expected += p * (sums(context, p, size)[context] - p)
    m = design.sizes[rater_facet]
    return ExactAgreement(
        sums(raters, (seen[context] - 1).astype(np.float64), m), sums(raters, (same - 1).astype(np.float64), m), sums(raters, expected, m)
    )

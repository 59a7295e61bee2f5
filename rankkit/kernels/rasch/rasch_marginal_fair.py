"""Fair averages of people after marginal maximum likelihood, with the errors of everything they rest on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.covariance import Covariance, Factor
from rankkit.kernels.on_demand_covariance import OnDemand
from rankkit.kernels.rasch.rasch_louis import Slopes
from rankkit.kernels.rasch.rasch_marginal_fitted import MarginalFit, quadratic
from rankkit.kernels.rasch.rasch_quadrature import normal_nodes

_BLOCK = 1_000_000  # numbers in a temporary array


@dataclass(frozen=True, eq=False)
class MarginalFair:
    """Fair averages of people, in units of the form; NaN for people without a measure.

    Attributes
    ----------
    fit : MarginalFit
        What they come from.
    averaged : int or None
        Facet averaged over.
    value : ndarray, shape (n,)
        Expected rating by an average rater, averaged over dimensions.
    se : ndarray, shape (n,)
        Standard errors, those of θ, difficulties, thresholds and ω together.
    slope : ndarray, shape (n,)
        Derivative by θ.
    own_variance : ndarray, shape (n,)
        What each person's own ratings add.
    slopes : ndarray, shape (n, P)
        Derivatives by the parameters, θ̂ moving with them.
    """

    fit: MarginalFit
    averaged: int | None
    value: Floats
    se: Floats
    slope: Floats
    own_variance: Floats
    slopes: Slopes

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Ends of intervals, shapes (n,): of F(θ̂ ± z·se/F'), so that they bend with the curve and stay on the form."""
        rated = ~np.isnan(self.value)
        reach = special.ndtri(0.5 + level / 2) * self.se[rated] / self.slope[rated]
        theta = self.fit.measures[0][rated]
        ends = np.full((2, len(self.value)), np.nan)
        for end, at in zip(ends, (theta - reach, theta + reach), strict=True):
            end[rated] = _curve(self.fit, self.averaged, at, slopes=False).value
        return ends[0], ends[1]

    def covariance(self) -> Covariance:
        """Covariance of the people with a measure (``fit.measured``); made on first use."""
        return OnDemand(len(self.fit.measured), self._people)

    def _people(self) -> Covariance:
        who = self.fit.measured
        return Factor(self.slopes.take(who).times(self.fit.covariance_root), self.own_variance[who])


def marginal_fair_averages(fit: MarginalFit, averaged: int | None = 2) -> MarginalFair:
    r"""Fair averages of people.

    .. math:: F_i = \frac{1}{D}\sum_d \int E[x \mid \hat\theta_i + \gamma, \beta = 0, \delta_d]\, \phi(\gamma; 0, \omega^2)\, d\gamma

    With thresholds by rater the expectation is averaged over the raters' thresholds. The covariance is by the delta
    method from θ̂, whose own error is independent between people, and from the parameters, which all share.

    Parameters
    ----------
    fit : MarginalFit
        A fitted model.
    averaged : int, optional
        Facet (dimension) to average over; other facets are at 0. None, or a facet the design does not have: no averaging.

    Returns
    -------
    MarginalFair

    References
    ----------
    Linacre (1994), Many-Facet Rasch Measurement. Oehlert (1992), A note on the delta method.

    Examples
    --------
    >>> from rankkit.kernels.rasch.rasch_design import rasch_design
    >>> from rankkit.kernels.rasch.rasch_marginal import fit
    >>> person, rater = (index.ravel() for index in np.indices((30, 4)))
    >>> rating = (np.linspace(-2, 2, 30)[person] + np.random.default_rng(1).logistic(size=(3, 120)) > 0).sum(axis=0)
    >>> fair = marginal_fair_averages(fit(rasch_design([person, rater], [30, 4], rating)))
    >>> bool(0 < fair.value[0] < fair.value[29] < 3), bool(fair.se[0] > 0)
    (True, True)
    """
    theta = np.where(np.isnan(fit.measures[0]), 0.0, fit.measures[0])
    curve = _curve(fit, averaged, theta, slopes=True)
    rated = ~np.isnan(fit.measures[0])
    persons = fit.persons
    used = np.unique(np.concatenate([persons.slopes.shared_index, np.flatnonzero(curve.by_parameter.any(axis=0))]))
    shared = curve.by_parameter[:, used]
    shared[:, np.searchsorted(used, persons.slopes.shared_index)] += curve.by_theta[:, None] * persons.slopes.shared
    slopes = Slopes(persons.slopes.own.multiply(curve.by_theta[:, None]).tocsr(), shared, used)
    own = curve.by_theta**2 / np.where(rated, persons.information, np.nan)
    se = np.sqrt(own + quadratic(slopes, fit.parameter_covariance))
    return MarginalFair(fit, averaged, np.where(rated, curve.value, np.nan), np.where(rated, se, np.nan), curve.by_theta, own, slopes)


@dataclass(frozen=True, eq=False)
class _Curve:
    """Fair averages at given θ: values (n,), derivatives by θ (n,) and by the parameters (n, P)."""

    value: Floats
    by_theta: Floats
    by_parameter: Floats


def _curve(fit: MarginalFit, averaged: int | None, theta: Floats, *, slopes: bool) -> _Curve:
    """Follow the curve of fair averages."""
    where = fit.cells.parameters
    z, log_w = normal_nodes(fit.n_z)
    weight = np.exp(log_w)
    size = len(fit.parameter_covariance)
    value, by_theta = np.zeros(len(theta)), np.zeros(len(theta))
    by_parameter = np.zeros((len(theta), size if slopes else 0))
    elements = _elements(fit, averaged)
    categories = fit.design.categories
    k = np.arange(len(categories))
    for element, position, delta in elements:
        groups = _groups(fit, averaged, element)
        share = 1 / (len(elements) * len(groups))
        for group in groups:
            column = where.psi[group]
            for people in _blocks(len(theta), len(z) * len(k)):
                p = _probabilities(theta[people, None] + fit.omega * z - delta, fit.items.psi[group])
                mean = p @ categories
                slope = p @ (categories * k) - mean * (p @ k)
                value[people] += share * (mean @ weight)
                by_theta[people] += share * (slope @ weight)
                if not slopes:
                    continue
                if position >= 0:
                    by_parameter[people, position] -= share * (slope @ weight)
                if size > where.omega:
                    by_parameter[people, where.omega] += share * (slope @ (weight * z))
                for j in np.flatnonzero(column >= 0):
                    by_parameter[people, column[j]] += share * ((p[..., j] * (mean - categories[j])) @ weight)
    return _Curve(value, by_theta, by_parameter)


def _elements(fit: MarginalFit, averaged: int | None) -> list[tuple[int, int, float]]:
    """Elements to average over: code, position of the parameter, difficulty."""
    if averaged is None or averaged >= len(fit.measures):
        return [(-1, -1, 0.0)]
    offset = fit.cells.parameters.offset[averaged - 1]
    extreme = fit.extreme[averaged]
    return [
        (d, offset + d if extreme[d] == 0 else -1, float(delta)) for d, delta in enumerate(fit.measures[averaged]) if not np.isnan(delta)
    ]


def _groups(fit: MarginalFit, averaged: int | None, element: int) -> Ints:
    """Threshold groups to average over: the element's own, or all that hold more than one category."""
    usable = np.flatnonzero(fit.cells.exists.sum(axis=1) > 1)
    if fit.design.threshold_facet is not None and fit.design.threshold_facet == averaged and element in usable:
        return np.array([element])
    return usable


def _blocks(n: int, width: int) -> list[slice]:
    step = max(1, _BLOCK // width)
    return [slice(a, min(a + step, n)) for a in range(0, n, step)]


def _probabilities(eta: Floats, psi: Floats) -> Floats:
    """P of each category, shape (..., K+1)."""
    log_p = eta[..., None] * np.arange(len(psi)) - psi
    p = np.exp(log_p - log_p.max(axis=-1, keepdims=True))
    return np.asarray(p / p.sum(axis=-1, keepdims=True))

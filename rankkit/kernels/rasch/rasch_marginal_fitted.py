"""What marginal maximum likelihood of a many-facet Rasch model returns, and how precise its measures are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import linalg, sparse

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.covariance import Covariance, Factor
from rankkit.kernels.on_demand_covariance import OnDemand
from rankkit.kernels.rasch.rasch_cells import Cells
from rankkit.kernels.rasch.rasch_constraints import Constraints
from rankkit.kernels.rasch.rasch_design import RaschDesign
from rankkit.kernels.rasch.rasch_extremes import Extremes, extended_psi, extreme_measures
from rankkit.kernels.rasch.rasch_information import Layout
from rankkit.kernels.rasch.rasch_louis import Slopes
from rankkit.kernels.rasch.rasch_marginal_newton import Point
from rankkit.kernels.rasch.rasch_persons import Estimator, PersonMeasures, measure_persons
from rankkit.kernels.rasch.rasch_subsets import Finite, Subsets, subsets
from rankkit.kernels.rasch.rasch_unit_tables import Items

Verdict = Literal["estimated", "zero", "not_modelled", "not_identified"]
_EXTREME = 0.3  # score points by which an extreme total is moved inside
_ROWS = 4_000_000  # numbers written out at a time where variances are added up


@dataclass(frozen=True, eq=False)
class MarginalFit:
    """Measures in logits, τ summing to zero, facets 1, 2, … centred, θ ~ N(μ, σ²).

    Attributes
    ----------
    design : RaschDesign
        Everything that was given.
    active : ndarray of bool, shape (N,)
        Observations in the likelihood: those without an extreme rater or dimension.
    cells : Cells
        The same folded; people in order of their average rating.
    items : Items
        Locations, thresholds and ω.
    measures : tuple of arrays, one a facet
        Unshrunken θ, severities β, difficulties δ …; NaN = nothing is known.
    se_conditional : tuple of arrays
        1/√information, everything else taken as known.
    se : tuple of arrays
        Standard errors with the uncertainty of severities, difficulties, thresholds and ω in them.
    psi : ndarray, shape (G, J)
        Sums of thresholds by the slots of ``design``; NaN where there is none.
    no_threshold : ndarray of bool, shape (G, J)
        Slots only extreme elements used.
    mu, sigma : float
        Of θ. ``sigma`` is 0 where people do not differ more than their ratings would by chance.
    omega : float
        Standard deviation of the ratee × rater term γ, logits; 0 where it is not in the model.
    mu_se, sigma_se, omega_se : float
        Standard errors; NaN for what is not estimated.
    dependence : {"estimated", "zero", "not_modelled", "not_identified"}
        Whether γ is in the model; ``zero``: the likelihood falls from ω = 0 on.
    dependence_test : (float, float) or None
        Likelihood ratio statistic of ω = 0 and p from ½χ²₀ + ½χ²₁.
    eap, posterior_sd : ndarrays, shape (n,)
        Posterior mean (shrunken) and its standard deviation, the uncertainty of all parameters included.
    loglik : float
        Marginal log-likelihood of the active observations.
    iterations : int
        Newton steps.
    spacing, n_nodes, n_z : float, int, int
        Of the grid of θ, and nodes of γ.
    quadrature_error : float
        Change of the deviance when both are made twice as fine.
    extreme : tuple of int arrays
        +1 every rating of the element is at the top, −1 at the bottom. Persons keep their finite measure; the measure of
        others is that of a total .3 points inside.
    unmeasured : tuple of bool arrays
        Elements with ratings whose measure these cannot give.
    subsets : Subsets
        What the active observations link without the help of the normal distribution of θ.
    parameter_covariance : ndarray, shape (P, P)
        Of the parameter vector of ``cells.parameters``.
    persons : PersonMeasures
        Measures with their derivatives by the parameters.
    """

    design: RaschDesign
    active: Bools
    cells: Cells
    items: Items
    measures: tuple[Floats, ...]
    se_conditional: tuple[Floats, ...]
    se: tuple[Floats, ...]
    psi: Floats
    no_threshold: Bools
    mu: float
    sigma: float
    omega: float
    mu_se: float
    sigma_se: float
    omega_se: float
    dependence: Verdict
    dependence_test: tuple[float, float] | None
    eap: Floats
    posterior_sd: Floats
    loglik: float
    iterations: int
    spacing: float
    n_nodes: int
    n_z: int
    quadrature_error: float
    extreme: tuple[Ints, ...]
    unmeasured: tuple[Bools, ...]
    subsets: Subsets
    parameter_covariance: Floats
    persons: PersonMeasures

    @property
    def deviance(self) -> float:
        """−2 × log-likelihood."""
        return -2 * self.loglik

    @property
    def n_parameters(self) -> int:
        """Free parameters."""
        items = sum(len(np.unique(self.cells.element[:, f])) - 1 for f in range(self.cells.element.shape[1]))
        return items + int((self.cells.parameters.psi >= 0).sum()) + 1 + int(self.sigma > 0) + int(self.omega > 0)

    @property
    def optimistic(self) -> bool:
        """Whether one rater's ratings of a person were taken as independent without that being looked into."""
        several = bool((self.cells.cell_size > 1 + 1e-9).any())
        return several and self.dependence in ("not_modelled", "not_identified")

    @property
    def subset(self) -> tuple[Ints, ...]:
        """Subset of each element, 0 the largest; −1 for extreme raters and elements without ratings."""
        return self.subsets.label

    @property
    def linked_by_prior(self) -> bool:
        """Whether some measures are comparable only because all θ are taken to come from one normal distribution."""
        return not self.subsets.linked

    @property
    def tau(self) -> Floats:
        """Andrich thresholds, shape (G, J−1): τ_j separates slot j from slot j−1."""
        return np.diff(self.psi, axis=1)

    @property
    def measured(self) -> Ints:
        """Codes of the people with a measure."""
        return np.flatnonzero(~np.isnan(self.measures[0]))

    def facet_covariance(self, facet: int) -> Floats:
        """Covariance of the elements of a facet (1, 2, …) among themselves, (size, size); 0 for extreme and absent ones."""
        start = self.cells.parameters.offset[facet - 1]
        at = slice(start, start + self.cells.parameters.sizes[facet - 1])
        return self.parameter_covariance[at, at].copy()

    @cached_property
    def _theta_covariance(self) -> Covariance:
        return OnDemand(len(self.measured), self._people)

    def theta_covariance(self) -> Covariance:
        """Covariance of the people with a measure (:attr:`measured`); made on first use.

        What they share are the errors of the parameters (factors), what each has alone is 1/information.
        """
        return self._theta_covariance

    def _people(self) -> Covariance:
        who = self.measured
        loadings = self.persons.slopes.times(self.covariance_root)
        return Factor(loadings[who], 1 / self.persons.information[who])

    @cached_property
    def covariance_root(self) -> Floats:
        """L with L Lᵀ = :attr:`parameter_covariance`, shape (P, rank)."""
        value, vector = linalg.eigh(self.parameter_covariance)
        keep = value > value[-1] * 1e-13
        return np.asarray(vector[:, keep] * np.sqrt(value[keep]))

    @cached_property
    def psi_variance(self) -> Floats:
        """Variances of the sums of thresholds, by the slots of the active observations, shape (G, J)."""
        column = self._psi_column
        return np.where(column >= 0, np.diag(self.parameter_covariance)[np.maximum(column, 0)], 0.0)

    @cached_property
    def _psi_column(self) -> Ints:
        active = self.design.where(self.active)
        score = np.where(active.used, active.score, 0).astype(np.int64)
        column = self.cells.parameters.psi[np.arange(active.n_groups)[:, None], score]
        return np.where(active.used, column, -1)

    @cached_property
    def tau_se(self) -> Floats:
        """Standard errors of τ, by the slots of the active observations, shape (G, J−1)."""
        column, v = self._psi_column, self.parameter_covariance
        low, high = column[:, :-1], column[:, 1:]
        both = (low >= 0) & (high >= 0)
        variance = self.psi_variance[:, 1:] + self.psi_variance[:, :-1]
        variance = variance - 2 * np.where(both, v[np.maximum(low, 0), np.maximum(high, 0)], 0.0)
        exists = np.arange(1, column.shape[1]) < self.design.where(self.active).n_slots[:, None]
        return np.where(exists, np.sqrt(np.maximum(variance, 0.0)), np.nan)


@dataclass(frozen=True)
class Integration:
    """How the likelihood was integrated and what became of the ratee × rater term."""

    iterations: int
    n_z: int
    error: float
    dependence: Verdict
    test: tuple[float, float] | None


def assemble(
    design: RaschDesign,
    finite: Finite,
    cells: Cells,
    place: Ints,
    point: Point,
    constraints: Constraints,
    integration: Integration,
    estimator: Estimator,
) -> MarginalFit:
    """Turn a maximum into measures with standard errors.

    Parameters
    ----------
    design : RaschDesign
        Everything that was given.
    finite : Finite
        Which observations were active, of facets 1, 2, … .
    place : ndarray of int, shape (n,)
        Position of each person in ``cells``.
    cells, point, constraints
        Of the maximum; the information in ``point`` is overwritten.
    integration : Integration
        What to report about it.
    estimator : {"wle", "ml"}
        Measures of persons.
    """
    where, xi, active = cells.parameters, point.xi, design.where(finite.active)
    size = len(point.gradient)
    items = Items.of(cells, xi)
    covariance = constraints.covariance(point.information)
    found = measure_persons(cells, items, integration.n_z, point.posterior.mean, estimator)
    persons = PersonMeasures(found.theta[place], found.information[place], found.slopes.take(place))
    measures, conditional, se = [persons.theta], [1 / np.sqrt(persons.information)], [_person_se(persons, covariance)]
    variance = np.diag(covariance)
    for f, offset in enumerate(where.offset):
        at = slice(offset, offset + where.sizes[f])
        seen = np.zeros(where.sizes[f], dtype=bool)
        seen[constraints.facets[f] - offset] = True
        measures.append(np.where(seen, xi[at], np.nan))
        conditional.append(np.where(seen, 1 / np.sqrt(np.maximum(point.complete[at], 1e-300)), np.nan))
        se.append(np.where(seen, np.sqrt(np.maximum(variance[at], 0.0)), np.nan))
    psi, no_threshold = extended_psi(design, active, _by_slot(active, where.psi, xi))
    extreme = _extremes(design, finite)
    if not finite.active.all():
        before = Extremes(replace(finite, extreme=extreme), tuple(measures), tuple(conditional), psi, Layout.of(active))
        placed = extreme_measures(design, before, _EXTREME)
        for f in range(1, len(measures)):
            new = np.isnan(measures[f]) & ~np.isnan(placed.measures[f])
            measures[f] = np.where(new, placed.measures[f], measures[f])
            conditional[f] = np.where(new, placed.se[f], conditional[f])
            se[f] = np.where(new, placed.se[f], se[f])
    unmeasured = tuple(np.isnan(m) & (np.bincount(codes, minlength=len(m)) > 0) for m, codes in zip(measures, design.facets, strict=True))
    slopes = point.posterior.mean_slope
    added = quadratic(slopes, covariance) if slopes is not None else np.zeros(cells.n)
    sigma = float(np.exp(xi[where.log_sigma])) if constraints.free[where.log_sigma] else 0.0
    omega = float(xi[where.omega])
    return MarginalFit(
        design=design,
        active=finite.active,
        cells=cells,
        items=items,
        measures=tuple(measures),
        se_conditional=tuple(conditional),
        se=tuple(se),
        psi=psi,
        no_threshold=no_threshold,
        mu=float(xi[where.mu]),
        sigma=sigma,
        omega=omega,
        mu_se=float(np.sqrt(variance[where.mu])),
        sigma_se=sigma * float(np.sqrt(variance[where.log_sigma])) if sigma > 0 else float("nan"),
        omega_se=float(np.sqrt(variance[where.omega])) if size > where.omega else float("nan"),
        dependence=integration.dependence,
        dependence_test=integration.test,
        eap=point.posterior.mean[place],
        posterior_sd=np.sqrt(point.posterior.sd**2 + added)[place],
        loglik=point.loglik,
        iterations=integration.iterations,
        spacing=float(point.theta[1] - point.theta[0]),
        n_nodes=len(point.theta),
        n_z=integration.n_z if omega > 0 else 1,
        quadrature_error=integration.error,
        extreme=extreme,
        unmeasured=unmeasured,
        subsets=subsets(active.facets, active.sizes),
        parameter_covariance=covariance,
        persons=persons,
    )


def _by_slot(active: RaschDesign, column: Ints, xi: Floats) -> Floats:
    """ψ by the slots of a design; NaN where there is none."""
    score = np.where(active.used, active.score, 0).astype(np.int64)
    at = column[np.arange(active.n_groups)[:, None], score]
    return np.where(active.used, np.where(at >= 0, xi[np.maximum(at, 0)], 0.0), np.nan)


def _extremes(design: RaschDesign, finite: Finite) -> tuple[Ints, ...]:
    """Signs of extreme elements; of persons by their own ratings."""
    top, bottom = design.slot == design.n_slots[design.group] - 1, design.slot == 0
    n = np.bincount(design.facets[0], minlength=design.sizes[0])
    high = (np.bincount(design.facets[0], top, minlength=len(n)) == n) & (n > 0)
    low = (np.bincount(design.facets[0], bottom, minlength=len(n)) == n) & (n > 0)
    return (high.astype(np.int64) - low.astype(np.int64), *finite.extreme)


def _person_se(persons: PersonMeasures, covariance: Floats) -> Floats:
    """√(1/information + what severities, difficulties, thresholds and ω add)."""
    return np.asarray(np.sqrt(1 / persons.information + quadratic(persons.slopes, covariance)))


def quadratic(slopes: Slopes, covariance: Floats) -> Floats:
    """Diagonal of J V Jᵀ, in blocks of rows, shape (n,)."""
    n = slopes.own.shape[0]
    out = np.empty(n)
    of_shared = covariance[:, slopes.shared_index]
    length = np.diff(slopes.own.indptr).astype(np.float64)
    few = float((length**2).sum()) < float(length.sum()) * len(covariance) / 10
    step = max(1, _ROWS // (int(length.max(initial=1.0)) ** 2 if few else len(covariance)))
    for start in range(0, n, step):
        own, shared = slopes.own[start : start + step], slopes.shared[start : start + step]
        inside = _by_pairs(own, covariance) if few else np.asarray(own.multiply(own @ covariance).sum(axis=1)).ravel()
        both = np.einsum("ij,ij->i", own @ of_shared, shared)
        rest = np.einsum("ij,ij->i", shared @ of_shared[slopes.shared_index], shared)
        out[start : start + step] = inside + 2 * both + rest
    return np.maximum(out, 0.0)


def _by_pairs(rows: sparse.csr_array, covariance: Floats) -> Floats:
    """Σ_ab x_a x_b V_ab of every sparse row, by looking up the pairs that occur."""
    length = np.diff(rows.indptr)
    times = np.repeat(length, length)
    left = np.repeat(np.arange(rows.nnz), times)
    first = np.repeat(np.repeat(rows.indptr[:-1], length), times)
    right = first + np.arange(len(left)) - np.repeat(np.cumsum(times) - times, times)
    value = rows.data[left] * rows.data[right] * covariance[rows.indices[left], rows.indices[right]]
    return np.bincount(np.repeat(np.arange(len(length)), length**2), value, minlength=len(length)).astype(np.float64)

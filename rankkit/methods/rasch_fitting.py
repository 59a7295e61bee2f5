"""From a table of ratings to a fitted many-facet Rasch model, and what has to be said about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.stats import norm

from rankkit.errors import ConvergenceError, IdentificationError, Problem
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.covariance import Covariance
from rankkit.kernels.rasch import many_facet_rasch, rasch_marginal
from rankkit.kernels.rasch.rasch_fair import FairAverages, fair_averages
from rankkit.kernels.rasch.rasch_fit import Residuals
from rankkit.kernels.rasch.rasch_fitted import RaschFit
from rankkit.kernels.rasch.rasch_marginal_fair import marginal_fair_averages
from rankkit.kernels.rasch.rasch_marginal_fitted import MarginalFit
from rankkit.methods.rasch_ratings import RaschModel, RaschRatings, named_groups, rasch_ratings
from rankkit.result import Status
from rankkit.tables.ratings import Ratings

_FEW = 10  # ratings in a category from which Linacre (2002) calls its thresholds stable
_NAMED = 6


Estimates = RaschFit | MarginalFit


@dataclass(frozen=True, eq=False)
class RaschFitted:
    """A fitted model with the table it is of.

    Attributes
    ----------
    table : Ratings
    model : RaschModel
    data : RaschRatings
    fit : RaschFit or MarginalFit
    """

    table: Ratings
    model: RaschModel
    data: RaschRatings
    fit: Estimates

    @cached_property
    def joint(self) -> Estimates:
        """Joint estimates, whose residuals behave in a known way; the marginal ones where no finite joint ones exist.

        Marginal residuals would count the ratee × rater term as misfit.
        """
        if isinstance(self.fit, RaschFit):
            return self.fit
        try:
            return many_facet_rasch.joint_ml(self.data.design, linked=self.data.linked)
        except (ConvergenceError, IdentificationError):
            return self.fit

    @cached_property
    def residuals(self) -> Residuals:
        """Observations without extreme elements, at the joint measures."""
        fit = self.joint
        known = np.all([~np.isnan(m)[c] for m, c in zip(fit.measures, fit.design.facets, strict=True)], axis=0)
        ends = np.any([(e != 0)[c] for e, c in zip(fit.extreme, fit.design.facets, strict=True)], axis=0)
        return Residuals.of(fit.design, fit.measures, fit.psi, np.asarray(known & ~ends))

    @cached_property
    def comparable(self) -> Bools:
        """People with a measure on the common scale, shape (people,)."""
        apart = self.fit.subsets.label[0] > 0
        return ~np.isnan(self.fit.measures[0]) & ~apart

    def covariance(self) -> Covariance:
        """Covariance of the measures of the comparable people, severities estimated."""
        measured = self.fit.measured
        use = self.comparable[measured]
        return self.fit.theta_covariance() if use.all() else self.fit.theta_covariance().take(np.flatnonzero(use))

    @property
    def dimension(self) -> int | None:
        """Number of the facet fair averages are averaged over."""
        at = self.data.position("dimension")
        return at if at > 0 else None

    def fair(self, facet: int = 0, shift: Floats | None = None) -> FairAverages:
        """Fair averages of a facet, in units of the form, averaged over the dimensions where there are any.

        ``shift`` is added to the facet's measures (for the ends of intervals).
        """
        measures = list(self.fit.measures)
        if shift is not None:
            measures[facet] = measures[facet] + shift
        return fair_averages(self.fit.design, tuple(measures), self.fit.psi, facet, self.dimension)

    def fair_people(self, level: float) -> tuple[Floats, Floats, Floats, Floats]:
        """Fair averages of people, their standard errors and the ends of their intervals, which bend with the scale."""
        if isinstance(self.fit, MarginalFit):
            found = marginal_fair_averages(self.fit, self.dimension)
            return found.value, found.se, *found.interval(level)
        reach = norm.ppf(0.5 + level / 2) * self.fit.se[0]
        middle = self.fair(0)
        return middle.value, middle.slope * self.fit.se[0], self.fair(0, -reach).value, self.fair(0, reach).value

    def statuses(self) -> tuple[tuple[Status, ...], tuple[Problem | None, ...]]:
        """Say of each person how final the measure is, and why."""
        fit, data = self.fit, self.data
        apart = {p for group in data.apart for p in group}
        status: list[Status] = []
        reasons: list[Problem | None] = []
        for i, person in enumerate(self.table.people):
            if not data.rated[i]:
                given: tuple[Status, Problem | None] = ("insufficient_data", Problem("S-NOSCORE"))
            elif person in apart or fit.subsets.label[0][i] > 0:
                given = ("not_identified", Problem("S-RASCHAPART"))
            elif np.isnan(fit.measures[0][i]):
                given = ("insufficient_data", Problem("S-RASCHUNPLACED"))
            elif fit.extreme[0][i] != 0:
                given = ("provisional", Problem("S-RASCHTOP" if fit.extreme[0][i] > 0 else "S-RASCHBOTTOM"))
            else:
                given = ("scored", None)
            status.append(given[0])
            reasons.append(given[1])
        return tuple(status), tuple(reasons)

    def notes(self) -> tuple[Problem, ...]:
        """What has to be said about the fit."""
        return (*self._of_design(), *self._of_categories(), *self._of_estimation())

    def _of_design(self) -> list[Problem]:
        data, fit, notes = self.data, self.fit, []
        if data.apart:
            notes.append(_note("W-RASCHAPART", who=named_groups(data.apart, self.table.labels), n=sum(map(len, data.apart))))
        for f, name in enumerate(data.names):
            ends = np.flatnonzero(fit.extreme[f])
            if len(ends):
                notes.append(_note("W-RASCHENDS", facet=name, n=len(ends), who=self._named(f, ends)))
            loose = np.flatnonzero(fit.subsets.label[f] > 0)
            if len(loose) and f:
                notes.append(_note("W-RASCHLOOSE", facet=name, who=self._named(f, loose)))
            lost = np.flatnonzero(fit.unmeasured[f])
            if len(lost) and f:
                notes.append(_note("W-RASCHUNPLACED", facet=name, who=self._named(f, lost)))
        if data.repeated:
            notes.append(_note("I-RASCHREPEATS", n=data.repeated))
        return notes

    def _named(self, facet: int, codes: Ints) -> list[str]:
        """Names of some elements, in the order of their labels."""
        names = sorted(self.data.name(facet, int(k)) for k in codes)
        return [*names[:_NAMED], *(["…"] if len(names) > _NAMED else [])]

    def _of_categories(self) -> list[Problem]:
        design, notes = self.fit.design, []
        if len(design.unused):
            notes.append(_note("I-RASCHMERGED", unused=[f"{v:g}" for v in design.unused[:_NAMED]]))
        count = np.bincount(design.x.astype(np.int64), minlength=len(design.categories))
        rare = np.flatnonzero((count > 0) & (count < _FEW))
        if len(rare):
            notes.append(_note("I-RASCHRARE", categories=[f"{design.categories[k]:g}" for k in rare[:_NAMED]], least=_FEW))
        if self.fit.no_threshold.any():
            notes.append(_note("I-RASCHENDCATEGORY"))
        if design.threshold_facet is not None:
            used = design.n_slots[design.n_slots > 0]
            if (used < len(design.categories)).any():
                n = int((used < len(design.categories)).sum())
                notes.append(_note("I-RASCHRANGES", facet=self.data.names[design.threshold_facet], n=n))
        return notes

    def _of_estimation(self) -> list[Problem]:
        notes = []
        if isinstance(self.fit, RaschFit):
            counts = np.bincount(self.fit.design.facets[0], self.fit.design.weight)
            each = float(np.median(counts[counts > 0]))
            stretch = f"{each / (each - 1):.2f}" if each > 1 else "–"
            notes.append(_note("I-RASCHJOINT", ratings=f"{each:g}", stretch=stretch))
            notes.append(_note("I-RASCHINDEPENDENT"))
            if self.fit.approximate:
                notes.append(_note("I-RASCHMANYRATERS"))
        elif self.fit.optimistic:
            notes.append(_note("I-RASCHINDEPENDENT"))
        return notes


def _note(code: str, **details: object) -> Problem:
    return Problem(code, None, None, None, details)


def fitted(table: Ratings, model: RaschModel) -> RaschFitted:
    """Fit a many-facet Rasch model to the ratings of a table.

    Parameters
    ----------
    table : Ratings
        The rows that count (sources chosen, one cycle).
    model : RaschModel

    Returns
    -------
    RaschFitted

    Raises
    ------
    RatingsError
        For scores that are no whole numbers and facets that are no columns.
    IdentificationError, InsufficientDataError
        If the design cannot carry the model; the people concerned are named.
    ConvergenceError
        If there is no finite maximum; the elements that run off are named.
    """
    data = rasch_ratings(table, model)
    try:
        if model.estimation == "joint":
            fit: Estimates = many_facet_rasch.joint_ml(data.design, linked=data.linked)
        else:
            rater = data.position("rater")
            dependence = model.dependence if rater > 0 else "none"
            fit = rasch_marginal.fit(data.design, dependence=dependence, cell_facet=max(rater, 1))
    except (ConvergenceError, IdentificationError) as error:
        raise type(error)([_with_names(p, data) for p in error.items]) from None
    return RaschFitted(table, model, data, fit)


def _with_names(problem: Problem, data: RaschRatings) -> Problem:
    """Put names for the codes a kernel gave."""
    details = dict(problem.details)
    if "facet" not in details or "codes" not in details:
        return problem
    facet, codes = details["facet"], details.pop("codes")
    names = sorted(data.name(facet, k) for k in codes)
    details |= {"facet": data.names[facet], "who": [*names[:_NAMED], *(["…"] if len(names) > _NAMED else [])]}
    return Problem(problem.code, problem.row, problem.column, problem.value, details)

"""Rating scores from ordered categories: measures of the many-facet Rasch model, or its fair averages in points of the form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rankkit.errors import Problem, RatingsError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.covariance import Covariance, Dense, Factor
from rankkit.kernels.rasch.rasch_fair import fair_averages
from rankkit.methods.rasch_fitting import RaschFitted, fitted
from rankkit.methods.rasch_ratings import RaschModel
from rankkit.methods.rating_evidence import Evidence
from rankkit.methods.rating_scales import in_pomp
from rankkit.tables.ratings import Ratings


def by_categories(table: Ratings, weights: Floats, raw: Evidence, *, ordinal: bool) -> tuple[Evidence, tuple[Problem, ...]]:
    """Fit raters, dimensions and people together (marginal maximum likelihood), and score people free of severity.

    Parameters
    ----------
    table : Ratings
        Whole numbers on one scale.
    weights : ndarray, shape (D,)
        Of the dimensions.
    raw : Evidence
        The raw composites; who has too little of the weight has no score here either.
    ordinal : bool
        Scores are measures in logits, else fair averages: the expected rating by a rater of average severity, weighted over
        dimensions, in points of the form.

    Returns
    -------
    evidence : Evidence
    notes : tuple of Problem

    Raises
    ------
    RatingsError
        For scores that are no whole numbers, and for dimensions on different scales.
    IdentificationError, InsufficientDataError
        If the design cannot carry the model.
    ConvergenceError
        If there is no finite maximum.
    """
    if in_pomp(table):
        raise RatingsError("E-RASCHSCALES")
    counted = weights[table.dimension] > 0  # a dimension of no weight decides nothing
    table = table if counted.all() else replace(table, score=np.where(counted, table.score, np.nan))
    model = fitted(table, RaschModel())
    measured = model.fit.measured[model.comparable[model.fit.measured]]
    scored = model.comparable & raw.scored
    score = model.fit.measures[0]
    covariance = model.covariance()
    if not ordinal:
        score, slope = _fair(model, weights)
        covariance = scaled(covariance, slope[measured])
    keep = scored[measured]
    status, reasons = model.statuses()
    remarks = {
        i: r for i, (s, r) in enumerate(zip(status, reasons, strict=True)) if r is not None and (s == "provisional" or not scored[i])
    }
    n = len(scored)
    used = replace(
        raw,
        parts=replace(raw.parts, score=np.where(model.comparable, score, np.nan)),
        scored=scored,
        covariance=covariance if keep.all() else covariance.take(np.flatnonzero(keep)),
        df=np.full(n, np.inf),
        df_difference=np.inf,
        se_basis="model",
        notes=(),
        remarks=remarks,
    )
    uneven = ordinal and np.ptp(weights[weights > 0]) > 1e-9
    said = ("I-LOGITWEIGHTS",) if uneven else () if ordinal else ("I-FAIRPANEL",)
    return used, (*model.notes(), *map(Problem, said))


def _fair(model: RaschFitted, weights: Floats) -> tuple[Floats, Floats]:
    """Fair averages and their slopes, weighted over the dimensions."""
    fit, place = model.fit, model.data.position("dimension")
    if place < 0:
        found = fair_averages(fit.design, fit.measures, fit.psi, 0)
        return found.value, found.slope
    names = model.table.dimensions
    value, slope, total = np.zeros(len(fit.measures[0])), np.zeros(len(fit.measures[0])), 0.0
    for code in range(len(names)):
        one = np.where(np.arange(len(names)) == code, fit.measures[place], np.nan)
        if weights[code] <= 0 or np.isnan(one).all():
            continue
        measures = (*fit.measures[:place], one, *fit.measures[place + 1 :])
        found = fair_averages(fit.design, measures, fit.psi, 0, place)
        value, slope, total = value + weights[code] * found.value, slope + weights[code] * found.slope, total + weights[code]
    return value / total, slope / total


def scaled(covariance: Covariance, factor: Floats) -> Covariance:
    """Covariance of scores that are each multiplied by a factor of their own.

    Examples
    --------
    >>> scaled(Dense(np.eye(2)), np.array([1.0, 2.0])).dense()
    array([[1., 0.],
           [0., 4.]])
    """
    if isinstance(covariance, Factor):
        return Factor(covariance.rows * factor[:, None], covariance.specific * factor**2)
    return Dense(covariance.dense() * np.outer(factor, factor))

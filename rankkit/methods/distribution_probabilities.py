"""Probabilities of grades: the same seats and the same rules, applied to draws of what the true scores may be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rankkit.kernels import empirical_bayes
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.covariance import Covariance, Dense
from rankkit.kernels.empirical_bayes import Posterior
from rankkit.kernels.grading import quota_assignment, ruled_grades
from rankkit.kernels.grading.unit_posterior import unit_posterior
from rankkit.kernels.ranking import canonical_form, tie_groups
from rankkit.methods.distribution_grading import CurveGrades

DRAWS = 10_000
_JITTER = 1e-9  # of the spread of the draws: decides equal draws by lot


def one_curve(estimate: Floats, joint: Covariance, seats: Ints, prior: str, seed: int) -> Floats:
    """Share of posterior draws in which each person gets each grade, where all share one curve without rules."""
    dense = joint.dense() if len(estimate) <= empirical_bayes.DENSE_LIMIT else None
    order, alike = canonical_form(estimate, joint.diagonal(), dense)
    ordered = joint.take(order)
    rng = np.random.default_rng(seed)
    if prior == "flat":
        draws = estimate[order] + ordered.draws(DRAWS, rng)
    else:
        draws = empirical_bayes.posterior(estimate[order], ordered).draws(DRAWS, rng)
    out = np.empty((len(estimate), len(seats)))
    out[order] = quota_assignment.membership(draws, seats)
    return _shared(out, alike)


def several_curves(estimate: Floats, joint: Covariance, place: Ints, curves: Sequence[CurveGrades], prior: str, seed: int) -> Floats:
    """The same by curve, with rules about persons.

    Parameters
    ----------
    estimate : ndarray, shape (n,)
    joint : Covariance
    place : ndarray of int
        Position of each person of the result among those with an estimate.
    curves : sequence of CurveGrades
    prior : {"empirical_bayes", "flat"}
    seed : int

    Returns
    -------
    ndarray, shape (n, B)
        Rows sum to 1. Units have their own means and share the spread of true scores within units.
    """
    code = np.zeros(len(estimate), dtype=np.int64)
    for k, curve in enumerate(curves):
        code[place[curve.people]] = k
    found = None if prior == "flat" else unit_posterior(estimate, joint, code)
    out = np.zeros((len(estimate), len(curves[0].seats)))
    for curve in curves:
        members = place[curve.people]
        mean, covariance = (estimate[members], joint.take(members)) if found is None else _part(found, members)
        out[members] = _of_curve(mean, covariance, curve, seed)
    return out


def _part(found: Posterior, members: Ints) -> tuple[Floats, Covariance]:
    """Posterior of some people."""
    if found.root.ndim == 1:
        return found.mean[members], Dense(np.diag(found.root[members] ** 2))
    return found.mean[members], Dense(found.root[members] @ found.root[:, members])


def _of_curve(mean: Floats, covariance: Covariance, curve: CurveGrades, seed: int) -> Floats:
    """Draw in an order that neither rows nor names decide, so that each curve has its own draws whatever the others are."""
    size, n_grades = len(mean), len(curve.seats)
    best, worst = curve.rules.best, curve.rules.worst
    variance = covariance.diagonal()
    kind = (tie_groups(-variance) * n_grades + best) * n_grades + worst  # people of other rules are not alike
    dense = covariance.dense() if size <= empirical_bayes.DENSE_LIMIT else None
    order, alike = canonical_form(mean, kind.astype(np.float64), dense)
    rng = np.random.default_rng(seed)
    draws = mean[order] + covariance.take(order).draws(DRAWS, rng)
    out = np.empty((size, n_grades))
    if curve.by_units is None or curve.alike is None:
        rows, share = curve.seats[None, :], np.ones(1)
    else:
        rows, held = np.unique(curve.alike, axis=0, return_counts=True)  # equally good units: as often as they have these seats
        share = held / held.sum()
    if not curve.rules.any:
        out[order] = sum(w * quota_assignment.membership(draws, seats) for seats, w in zip(rows, share, strict=True))
        return _shared(out, alike)
    draws += (_JITTER * float(np.ptp(draws)) or 1.0) * rng.standard_normal(draws.shape)
    out[:] = 0.0
    for seats, w in zip(rows, share, strict=True):
        grade = ruled_grades.place(draws, ruled_grades.nearest_seats(seats, best, worst), best[order], worst[order])
        out[order] += w * np.column_stack([(grade == b).mean(axis=0) for b in range(n_grades)])
    return _shared(out, alike)


def _shared(out: Floats, alike: Ints) -> Floats:
    """People nothing tells apart have the same chances, whoever was drawn first."""
    people = np.bincount(alike)[:, None]
    shared: Floats = np.column_stack([np.bincount(alike, weights=column) for column in out.T]) / people
    return shared[alike]

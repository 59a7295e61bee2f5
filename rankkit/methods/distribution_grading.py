"""Grades on one curve: seats, rules about persons, ties, and what had to give way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from rankkit.errors import PolicyError, Problem
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.grading import bounded_seats, quota_assignment, ruled_grades
from rankkit.kernels.grading.quota_assignment import Assignment, CutTies
from rankkit.kernels.grading.ruled_grades import Overfull
from rankkit.kernels.ranking import tie_groups
from rankkit.methods.distribution_hybrid import UnitSeats
from rankkit.methods.distribution_policy import PersonRules, in_words

Priority = Literal["people", "quotas", "neither"]


@dataclass(frozen=True, eq=False)
class CurveGrades:
    """Grades of the people of one curve.

    Attributes
    ----------
    name : str
        The unit whose curve it is; "" for everybody.
    people : ndarray of int
        Positions of its people in the result.
    given : Assignment
        Their grades, in that order.
    asked, seats : ndarrays of int, shape (B,)
        Seats by the quota, and after rules and ranges.
    rules : PersonRules
        As applied.
    relaxed : tuple of dict
        Rules that gave way: ``curve, grade, rule, asked, given, who, why``.
    enforced : bool
        Whether grades are given; if not, the curve is a guideline.
    bounds : (fewest, most), optional
        Within which the ranges of shares keep the people of each grade.
    alike : ndarray of int, shape (K, B), optional
        Seats of the units nothing tells apart from this one.
    by_units : ndarray of bool, shape (n,), optional
        Who waits because equally good units could have each other's seats.
    """

    name: str
    people: Ints
    given: Assignment
    asked: Ints
    seats: Ints
    rules: PersonRules
    relaxed: tuple[dict[str, Any], ...] = ()
    enforced: bool = True
    bounds: tuple[Ints, Ints] | None = None
    alike: Ints | None = None
    by_units: Bools | None = None


@dataclass(frozen=True)
class Curve:
    """What a curve is to hold to: names for messages, and what gives way."""

    name: str
    grades: Sequence[str]
    labels: Sequence[str]
    ties: CutTies
    priority: Priority


def grade_curve(
    curve: Curve,
    people: Ints,
    score: Floats,
    standing: Ints,
    seats: Ints,
    rules: PersonRules,
    bounds: tuple[Ints, Ints] | None = None,
) -> CurveGrades:
    """Grade the people of a curve.

    Parameters
    ----------
    curve : Curve
        Names and policy.
    people : ndarray of int, shape (n,)
        Positions in the result.
    score : ndarray, shape (n,)
        Higher is better.
    standing : ndarray of int, shape (n,)
        0 for the best; equal where neither score nor a declared tie-break tells people apart.
    seats : ndarray of int, shape (B,)
        By the quota.
    rules : PersonRules
        Of these people.
    bounds : (fewest, most), optional
        Within which seats may move so that a cut splits no tie.

    Returns
    -------
    CurveGrades

    Raises
    ------
    PolicyError
        If quotas and rules cannot both hold and neither may give way.
    """
    asked = seats
    if bounds is not None and not rules.any:
        found = bounded_seats.unsplit_seats(seats, *bounds, np.cumsum(np.bincount(standing)))
        seats = asked = seats if found is None else found
    if not rules.any:
        given = quota_assignment.assign(score, seats, ties=curve.ties)
        if standing.max(initial=0) > tie_groups(score).max(initial=0):  # a tie-break told people apart
            given = quota_assignment.assign(-standing.astype(np.float64), seats, ties=curve.ties)
            given = replace(given, cut_score=_between(score, given))
        return CurveGrades(curve.name, people, given, asked, seats, rules, bounds=bounds)
    seats, rules, relaxed = _reconciled(curve, score, seats, rules)
    placed = ruled_grades.place(-standing[None, :].astype(np.float64), seats, rules.best, rules.worst)[0]
    candidates = ruled_grades.exchangeable(placed, standing, rules.best, rules.worst)
    if curve.ties != "committee":
        candidates = np.repeat(candidates[:, [0 if curve.ties == "up" else 1]], 2, axis=1)
    grade = np.where(candidates[:, 0] == candidates[:, 1], candidates[:, 0], -1)
    counts = np.bincount(grade[grade >= 0], minlength=len(seats))
    total = np.cumsum(seats if curve.ties == "committee" else counts)[:-1]
    given = Assignment(grade, candidates, counts, total, np.full(len(seats) - 1, np.nan))
    given = replace(given, cut_score=_between(score, given))
    return CurveGrades(curve.name, people, given, asked, seats, rules, relaxed, bounds=bounds)


def grade_unit(curve: Curve, people: Ints, score: Floats, standing: Ints, unit: UnitSeats, rules: PersonRules) -> CurveGrades:
    """Grade the people of a unit whose seats come from a table of units and grades.

    Where another table is as good, who would have another grade by it waits for the committee.

    Parameters
    ----------
    unit : UnitSeats
        Its seats.

    Returns
    -------
    CurveGrades
        The others as in :func:`grade_curve`.
    """
    found = replace(grade_curve(curve, people, score, standing, unit.seats, rules), alike=unit.alike)
    if not unit.open.any():
        return found
    moving = replace(curve, priority="people")
    ends = [grade_curve(moving, people, score, standing, seats, found.rules).given for seats in (unit.fewest, unit.most)]
    best = np.min([one.candidates[:, 0] for one in (found.given, *ends)], axis=0)
    worst = np.max([one.candidates[:, 1] for one in (found.given, *ends)], axis=0)
    candidates, grade = np.column_stack([best, worst]), np.where(best == worst, best, -1)
    counts = np.bincount(grade[grade >= 0], minlength=len(unit.seats))
    cut_score = np.where(ends[0].cuts == ends[1].cuts, found.given.cut_score, np.nan)
    given = Assignment(grade, candidates, counts, found.given.cuts, cut_score)
    return replace(found, given=given, by_units=(ends[0].candidates != ends[1].candidates).any(axis=1))


def _between(score: Floats, given: Assignment) -> Floats:
    """Middle between the scores on both sides of each cut; NaN where a side is empty or rules leave no cut."""
    best, worst = given.candidates.T
    out = np.full(len(given.cuts), np.nan)
    for k in range(len(out)):
        above, below = score[best <= k], score[worst > k]
        if len(above) and len(below):
            low, high = above.min(), below.max()
            if low >= high or ((best <= k) & (worst > k)).any():
                out[k] = (low + high) / 2.0
    return out


def _reconciled(curve: Curve, score: Floats, seats: Ints, rules: PersonRules) -> tuple[Ints, PersonRules, tuple[dict[str, Any], ...]]:
    """Seats and rules that agree, and what had to give way."""
    found = ruled_grades.overfull(seats, rules.best, rules.worst)
    if not found:
        return seats, rules, ()
    if curve.priority == "neither":
        raise PolicyError([_infeasible(curve, run, seats, rules) for run in found])
    if curve.priority == "people":
        why = " ".join(_infeasible(curve, run, seats, rules).message() + "." for run in found[:1])
        nearest = ruled_grades.nearest_seats(seats, rules.best, rules.worst)
        rows = tuple(
            {"curve": curve.name, "grade": g, "rule": "quota", "asked": int(a), "given": int(b), "who": "", "why": why}
            for g, a, b in zip(curve.grades, seats, nearest, strict=True)
            if a != b
        )
        return nearest, rules, rows
    return seats, *_freed(curve, score, seats, rules)


def _freed(curve: Curve, score: Floats, seats: Ints, rules: PersonRules) -> tuple[PersonRules, tuple[dict[str, Any], ...]]:
    """Let people out of floors and caps until the seats can be filled: from floors the lowest scores, from caps the highest."""
    best, worst, last = rules.best.copy(), rules.worst.copy(), len(seats) - 1
    rows: list[dict[str, Any]] = []
    while found := ruled_grades.overfull(seats, best, worst):
        run = found[0]
        inside = np.flatnonzero((best >= run.first) & (worst <= run.last) & ~rules.locked)
        floors = inside[worst[inside] < last] if run.last < last else inside[:0]
        from_floor = len(floors) > 0
        group = floors if from_floor else inside[best[inside] > 0]
        excess = run.people - run.seats
        if not len(group):
            raise PolicyError(_infeasible(curve, run, seats, rules))
        order = tie_groups(-score[group] if from_floor else score[group])
        edge = np.sort(order)[min(excess, len(group)) - 1]
        for i in group[order <= edge]:  # everybody who equals the last of them, too
            why = _infeasible(curve, run, seats, rules).message() + "."
            (worst if from_floor else best)[i] = last if from_floor else 0
            row = {"grade": curve.grades[int((rules.worst if from_floor else rules.best)[i])], "rule": " / ".join(rules.names[i])}
            rows.append({"curve": curve.name, **row, "asked": 1, "given": 0, "who": curve.labels[i], "why": why})
    return PersonRules(best, worst, rules.locked, rules.names), tuple(rows)


def _infeasible(curve: Curve, run: Overfull, seats: Ints, rules: PersonRules) -> Problem:
    """Say which grades cannot be filled, or hold too many, and by which rules."""
    confined = (rules.best >= run.first) & (rules.worst <= run.last)
    by = sorted({name for i in np.flatnonzero(confined) for name in rules.names[i]})
    n, last = len(rules.best), len(seats) - 1
    where = {"curve": f" ({curve.name})" if curve.name else "", "curve_zh": f"（{curve.name}）" if curve.name else ""} | in_words(by)
    if run.first == 0 or run.last == last:
        outside = range(run.last + 1, last + 1) if run.first == 0 else range(run.first)
        details = {"grades": [curve.grades[b] for b in outside], "least": n - run.seats, "open": n - run.people}
        return Problem("E-INFEASIBLE", None, None, None, details | where)
    details = {"grades": [curve.grades[b] for b in range(run.first, run.last + 1)], "most": run.seats, "held": run.people}
    return Problem("E-OVERFULL", None, None, None, details | where)

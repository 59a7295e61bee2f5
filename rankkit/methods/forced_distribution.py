"""Forced distribution: grades by quota from any result, with the uncertainty of every grade shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from rankkit.assessment import Assessment, Fixed, check_choice, is_number
from rankkit.errors import InsufficientDataError, PolicyError, Problem, SettingsError
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.grading.quota_assignment import CutTies
from rankkit.methods import distribution_curves, distribution_links, distribution_notes, distribution_probabilities, distribution_tables
from rankkit.methods.distribution_curves import Curves, SmallUnits
from rankkit.methods.distribution_grading import Curve, CurveGrades, Priority, grade_curve, grade_unit
from rankkit.methods.distribution_hybrid import hybrid_seats
from rankkit.methods.distribution_policy import Apportionment, PersonRules, Quota, SeatTies, Told, person_rules, read_rules, read_shares
from rankkit.methods.distribution_result import ForcedDistributionResult
from rankkit.methods.distribution_tables import Graded
from rankkit.result import Result
from rankkit.tables.people import People

__all__ = ["ForcedDistribution", "ForcedDistributionResult"]

Prior = Literal["empirical_bayes", "flat"]
Scope = Literal["company", "unit", "hybrid"]
Unlinked = Literal["warn", "refuse"]


@dataclass(frozen=True, kw_only=True)
class ForcedDistribution(Assessment[Result, ForcedDistributionResult]):
    r"""Grades by quota.

    Seats are the floors of :math:`p_b n` and, for what is left over, the largest fractions (exact arithmetic); equal
    fractions go by the declared rule. People with equal scores at a cut are never separated by order: by default the
    committee decides. Probabilities grade draws from the posterior of true scores with the same quota. They take the
    variances for known: simulated with 40 people and 5 raters they come true as stated, with 15 people and 3 raters
    high ones are too sure (of grades given 89 %, 82 % were right).

    Parameters
    ----------
    shares : mapping
        Grade to share, best first, summing to exactly 1 or 100; or to a range (lowest, highest): then the number of
        people is between :math:`\lceil lo \cdot n \rceil` and :math:`\lfloor hi \cdot n \rfloor`, as near the same fraction
        of every range as it can be, moved within the ranges where a cut would else split equal scores. With ``ties`` "up" or
        "down" ranges no such move can keep are left, and a note says so. A hybrid keeps the ranges of all its units together.
    seat_ties : {"middle", "top", "bottom"}
        Who gets a left-over seat when fractions are equal.
    ties : {"committee", "up", "down"}
        Equal scores at a cut: the committee decides, all get the better grade, or all get the worse.
    apportionment : {"largest_remainder", "sainte_lague"}
        Rule for whole seats; the second is free of the Alabama paradox.
    prior : {"empirical_bayes", "flat"}
        What grade probabilities assume of true scores: a normal distribution fitted to the data (with several curves, of
        each unit its own mean), or nothing.
    scope : {"company", "unit", "hybrid"}
        Whom a curve is for: everybody; each unit by itself; or each unit, with the seats of all units together as for
        everybody (floors or ceilings of :math:`n_g n_b / n`, :func:`~rankkit.kernels.grading.controlled_rounding.controlled_rounding`,
        the better units first). Everybody on one curve needs scores that can be compared.
    unit : str
        Column of ``people`` with the units.
    parents : mapping of unit to parent unit, or str, optional
        Where small units go; or the column of ``people`` that says so.
    min_unit : int
        Fewest people of a unit's own curve (``scope="unit"``).
    small_units : {"pool", "guideline"}
        Smaller units are graded together with their parent unit, or the curve is a guideline there: nobody is graded by it,
        and the committee sees what it would give. It is also where there is no parent.
    tilt : mapping of grade to number, optional
        η of a hybrid: seats in proportion to :math:`n_g n_b \exp(\eta_b z_g)`, raked to the totals.
    unit_performance : mapping of unit to number, optional
        z of the tilt.
    not_eligible : mapping of person to reason, or str, optional
        Who is not graded, and why (probation, long leave, joined late); or the column of ``people`` that says so. They
        stay in the result with the reason, and are taken out before anybody is counted.
    floors, caps, locks : mapping of person to grade, optional
        No worse than, no better than, or exactly this grade; the grade may be given as (grade, name of the rule).
    priority : {"people", "quotas", "neither"}
        What gives way where quotas and rules about persons cannot both hold: quotas, the cuts moving as little as can be;
        floors and caps (never locks) of the fewest people; or nothing, which is an error. All of it is listed.
    tiebreak : sequence of str
        Columns of ``people`` (numbers or dates) that decide between equal scores, in this order; more is better, or less
        for a column with "-" before its name. What they leave equal goes by ``ties``.
    unlinked : {"warn", "refuse"}
        Where groups that share no rater would be on one curve (in a hybrid, in one company): a warning that names them, as
        each manager rating one team is how most firms begin, and what a calibration is for; or an error.
    level : float
        Confidence level of the comparisons across a cut, and of every interval and rank set of the result, its parts
        included: scores fitted at another level are shown at this one. Intervals of reliability coefficients, which
        are the source's, stay as fitted.
    seed
        See :class:`~rankkit.assessment.Assessment`.

    Raises
    ------
    PolicyError
        If shares are negative or do not sum to 1 or 100; if a range holds no whole number for the people there are; if
        quotas and rules cannot both hold and nothing may give way; if units, parents or columns are not known; with
        ``unlinked="refuse"`` if no rater links the people of a curve.
    InsufficientDataError
        If the result has no scores, or nobody is eligible.

    References
    ----------
    Balinski & Young (1982), Fair Representation; Morris (1983) for the posterior; Cox (1987), Journal of the American
    Statistical Association 82, 520–524, for seats by unit and grade.

    Examples
    --------
    >>> import rankkit as rk
    >>> scores = rk.GraphicRatingScale().fit(rk.datasets.load("guilford_creativity"))
    >>> grades = rk.ForcedDistribution(shares={"A": 0.2, "B": 0.7, "C": 0.1}).fit(scores)
    >>> grades.quota["seats"].to_dict()
    {'A': 1, 'B': 5, 'C': 1}
    """

    accepts: ClassVar[type[Result]] = Result
    shares: Mapping[str, Any] = field(default_factory=lambda: Fixed.of({"A": 0.2, "B": 0.7, "C": 0.1}))
    seat_ties: SeatTies = "middle"
    ties: CutTies = "committee"
    apportionment: Apportionment = "largest_remainder"
    prior: Prior = "empirical_bayes"
    scope: Scope = "company"
    unit: str = "unit"
    parents: Mapping[str, str] | str | None = None
    min_unit: int = 20
    small_units: SmallUnits = "pool"
    tilt: Mapping[str, float] | None = None
    unit_performance: Mapping[str, float] | None = None
    not_eligible: Mapping[str, str] | str | None = None
    floors: Mapping[str, Any] | None = None
    caps: Mapping[str, Any] | None = None
    locks: Mapping[str, Any] | None = None
    priority: Priority = "people"
    tiebreak: Sequence[str] = ()
    unlinked: Unlinked = "warn"

    def __post_init__(self) -> None:
        super().__post_init__()
        choices = {"seat_ties": SeatTies, "ties": CutTies, "apportionment": Apportionment, "prior": Prior}
        choices |= {"scope": Scope, "small_units": SmallUnits, "priority": Priority, "unlinked": Unlinked}
        fixed: dict[str, Any] = {"shares": read_shares(self.shares)}
        names = list(Quota.of(fixed["shares"]).names)
        told = Told()
        for name, allowed in choices.items():
            told.reading(check_choice, name, getattr(self, name), allowed)
        for name in ("floors", "caps", "locks"):
            fixed[name] = told.reading(read_rules, name, getattr(self, name), names)
        for name in ("parents", "not_eligible"):
            value = getattr(self, name)
            told.unless(value is None or isinstance(value, (str, Mapping)), name, value, "a mapping, or a column of people")
            fixed[name] = Fixed.of(value) if isinstance(value, Mapping) else value
        for name in ("tilt", "unit_performance"):
            fixed[name] = told.reading(_numbers, name, getattr(self, name), names if name == "tilt" else None)
        whole = isinstance(self.min_unit, (int, np.integer)) and not isinstance(self.min_unit, bool)
        told.unless(whole and self.min_unit >= 1, "min_unit", self.min_unit, "1, 2, 3, …")
        tilted = self.tilt is not None
        fits = tilted == (self.unit_performance is not None) and (self.scope == "hybrid" or not tilted)
        told.unless(fits, "tilt", self.tilt, "with unit_performance and scope='hybrid'")
        told.unless(isinstance(self.unit, str), "unit", self.unit, "a column of people")
        columns = isinstance(self.tiebreak, (list, tuple)) and all(isinstance(c, str) for c in self.tiebreak)
        told.unless(columns, "tiebreak", self.tiebreak, "['column', '-column']")
        if told.problems:
            raise SettingsError(told.problems)
        fixed["tiebreak"] = tuple(self.tiebreak)
        for name, value in fixed.items():
            object.__setattr__(self, name, value)

    def _estimate(self, table: Result, people: People | None, /) -> ForcedDistributionResult:
        table = _at_level(_ungraded(table), self.level)
        if not len(table.estimated_ids):
            why = next((r.message() for r in table.reasons if r is not None), table.unit)
            raise InsufficientDataError("E-NOSCORES", method=table.title, reason=why)
        policy = Quota.of(self.shares)
        names = list(policy.names)
        by_person = (self.floors or {}, self.caps or {}, self.locks or {})
        unknown = distribution_curves.unknown_people(table, self.not_eligible)
        rules = person_rules(table.people, table.labels, names, *by_person, unknown)
        table, excluded = distribution_curves.eligible_only(table, people, self.not_eligible)
        scored = np.isin(table.people, table.estimated_ids)
        n = int(scored.sum())
        curves = self._curves(table, people, scored, policy)
        refuse = self.unlinked == "refuse"
        apart = distribution_links.unlinked(table, curves, whole=self.scope != "unit", code="E-NOTLINKED" if refuse else "W-NOTLINKED")
        if refuse and apart:
            raise PolicyError(apart)
        given = self._graded(table, people, policy, curves, rules)
        units = self.scope != "company"
        probability = self._probabilities(table, given, rules, units=units)
        frame = distribution_tables.grades(table, given, names, rules, units=units)
        boundary = distribution_tables.boundary(table, given, probability, names, self.level)
        quota = distribution_tables.quota(n, policy, given, whole=self.scope != "unit")
        relaxed = distribution_tables.relaxations(given)
        inherited = {f.name: getattr(table, f.name) for f in fields(Result)}
        status = tuple("provisional" if a else s for s, a in zip(table.status, given.awaiting, strict=True))
        reasons = tuple(
            Problem(given.reason(i), None, None, None, {"grades": frame["candidates"].iloc[i]}) if given.awaiting[i] else r
            for i, r in enumerate(table.reasons)
        )
        notes = distribution_notes.notes(table, given, boundary, quota, relaxed, self, probability=probability)
        inherited |= {"method": type(self).__name__, "status": status, "reasons": reasons, "seed": self.seed}
        inherited["notes"] = (*table.notes, *excluded, *curves.notes, *apart, *notes)
        return ForcedDistributionResult(
            **inherited,
            grades=frame,
            probabilities=None
            if probability is None
            else pd.DataFrame(probability, index=pd.Index(list(table.estimated_ids), name="ratee"), columns=names),
            boundary=boundary,
            quota=quota,
            cuts=distribution_tables.cuts(names, given),
            expected_misgraded=_expected_misgraded(probability, given),
            unit_quota=distribution_tables.unit_quota(policy, given) if units else pd.DataFrame(),
            unit_cuts=distribution_tables.unit_cuts(names, given) if units else pd.DataFrame(),
            curves=curves.table if units else pd.DataFrame(),
            relaxations=relaxed,
            rules=distribution_tables.rules(table, rules, given, names),
        )

    def _curves(self, table: Result, people: People | None, scored: Bools, policy: Quota) -> Curves:
        """Whom each curve is for."""
        if self.scope == "company":
            return distribution_curves.everybody(scored)
        if self.scope == "hybrid":
            return distribution_curves.by_unit(table, scored, people, self.unit)
        return distribution_curves.by_unit(
            table,
            scored,
            people,
            self.unit,
            parents=self.parents,
            least=int(self.min_unit),
            small=self.small_units,
            smallest=min(share for share in policy.target if share > 0),
        )

    def _graded(self, table: Result, people: People | None, policy: Quota, curves: Curves, rules: PersonRules) -> Graded:
        """Grades on every curve."""
        scored = curves.code >= 0
        score = np.where(scored, table.estimate, np.nan)
        label = [table.labels.get(p, p) for p in table.people]
        whole = self.scope == "hybrid"
        if whole:
            totals = policy.seats(int(scored.sum()), self.apportionment, self.seat_ties)
            by_unit = hybrid_seats(curves, table.estimate, totals, policy, self.tilt, self.unit_performance)
        done: list[CurveGrades] = []
        problems: list[Problem] = []
        for k, name in enumerate(curves.names):
            members = np.flatnonzero(curves.code == k)
            n, held = len(members), curves.enforced[k]
            curve = Curve(name, policy.names, [label[i] for i in members], self.ties, self.priority if held else "people")
            try:
                standing = distribution_curves.standing(score[members], [table.people[i] for i in members], people, self.tiebreak)
                if whole:
                    found = grade_unit(curve, members, score[members], standing, by_unit[k], rules.take(members))
                else:
                    seats = policy.seats(n, self.apportionment, self.seat_ties, name, held=held)
                    bounds = policy.bounds(n, name) if policy.ranged and held else None
                    found = grade_curve(curve, members, score[members], standing, seats, rules.take(members), bounds)
                done.append(replace(found, enforced=held))
            except PolicyError as error:
                problems += [item for item in error.items if item not in problems]
        if problems:
            raise PolicyError(problems)
        return Graded.of(done, scored)

    def _probabilities(self, table: Result, given: Graded, rules: PersonRules, *, units: bool) -> Floats | None:
        """Share of posterior draws in which each person gets each grade."""
        joint = table.joint_covariance or table.covariance
        if joint is None:
            return None
        estimate = table.estimate[given.scored]
        if not units and not rules.any:
            return distribution_probabilities.one_curve(estimate, joint, given.curves[0].seats, self.prior, self.seed)
        place = np.cumsum(given.scored) - 1
        return distribution_probabilities.several_curves(estimate, joint, place, given.curves, self.prior, self.seed)


def _ungraded(table: Result) -> Result:
    """Take back what an earlier grading said of the scores: its notes, and who awaited the committee."""
    if not isinstance(table, ForcedDistributionResult):
        return table
    awaited = [r is not None and r.code in distribution_tables.AWAITING for r in table.reasons]
    return replace(
        table,
        status=tuple("scored" if a else s for s, a in zip(table.status, awaited, strict=True)),
        reasons=tuple(None if a else r for r, a in zip(table.reasons, awaited, strict=True)),
        notes=tuple(note for note in table.notes if note.code not in distribution_notes.OWN),
    )


def _at_level(table: Result, level: float) -> Result:
    """Show a result and its parts at one confidence level."""
    return replace(table, level=level, parts={d: _at_level(part, level) for d, part in table.parts.items()})


def _numbers(name: str, given: Any, keys: Sequence[str] | None) -> Fixed | None:
    """Read a setting of names and numbers."""
    if given is None:
        return None
    fine = isinstance(given, Mapping) and all(is_number(v) and np.isfinite(v) for v in given.values())
    if not fine or (keys is not None and not set(given) <= set(keys)):
        raise SettingsError("E-SETTING", name=name, value=given, allowed=f"{{{', '.join(keys or ['unit'])}: number}}")
    return Fixed.of(given)


def _expected_misgraded(probability: Floats | None, given: Graded) -> float:
    if probability is None:
        return float("nan")
    grade = given.grade[given.scored]
    graded = grade >= 0
    return float((1 - probability[np.flatnonzero(graded), grade[graded]]).sum())

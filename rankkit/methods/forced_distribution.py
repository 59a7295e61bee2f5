"""Forced distribution: grades by quota from any result, with the uncertainty of every grade shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from typing import ClassVar, Literal, Self

import numpy as np
import pandas as pd

from rankkit.archive import archived
from rankkit.assessment import Assessment, Fixed, check_choice
from rankkit.errors import InsufficientDataError, PolicyError, Problem, SettingsError
from rankkit.kernels import apportionment, empirical_bayes, quota_assignment
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.quota_assignment import Assignment
from rankkit.kernels.ranking import canonical_form
from rankkit.result import Result
from rankkit.tables.people import People

SeatTies = Literal["middle", "top", "bottom"]
CutTies = Literal["committee", "up", "down"]
Apportionment = Literal["largest_remainder", "sainte_lague"]
Prior = Literal["empirical_bayes", "flat"]
_COIN_FLIP = 0.6
_SMALLEST_CURVE = 20  # people below which a curve grades mostly chance
_DRAWS = 10_000
_OWN_NOTES = frozenset({"W-TIEDCUT", "W-SEATS", "W-COINFLIP", "W-SMALLUNIT", "W-NOTGRADED", "I-NOPROB"})


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ForcedDistributionResult(Result):
    """Result of :class:`ForcedDistribution`: the source's scores, and grades.

    Attributes
    ----------
    grades : DataFrame
        Indexed by ``ratee``: ``label, score, grade`` (NA where a tie awaits the committee or there is no score),
        ``candidates`` (the grades still open).
    probabilities : DataFrame or None
        Probability of each grade under the same quota; ``None`` if the source has no covariance.
    boundary : DataFrame
        The people near a cut: whom they are tied with across it, and how sure the grade is.
    quota : DataFrame
        Indexed by ``grade``: share asked, people that would be exactly, seats by the rule, seats used.
    cuts : DataFrame
        The score at each cut.
    expected_misgraded : float
        Σ(1 − probability of the grade given): how many grades are expected to be wrong; ``nan`` if not known.
    """

    grades: pd.DataFrame = field(default_factory=pd.DataFrame)
    probabilities: pd.DataFrame | None = None
    boundary: pd.DataFrame = field(default_factory=pd.DataFrame)
    quota: pd.DataFrame = field(default_factory=pd.DataFrame)
    cuts: pd.DataFrame = field(default_factory=pd.DataFrame)
    expected_misgraded: float = float("nan")

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables this method adds to reports."""
        named = {"grades": self.grades, "boundary": self.boundary, "quota": self.quota, "cuts": self.cuts}
        return named if self.probabilities is None else {**named, "probabilities": self.probabilities}

    def completed(self) -> Self:
        """List people nobody judged among the grades, without one."""
        added = [p for p in self.people if p not in self.grades.index]
        if not added:
            return self
        index = pd.Index([*self.grades.index, *added], name="ratee")
        grades = self.grades.reindex(index)
        grades["label"] = [self.labels.get(p, p) for p in index]
        grades["candidates"] = grades["candidates"].fillna("").astype("object")
        who = [self.labels.get(p, p) for p in added]
        note = Problem("W-NOTGRADED", None, None, None, {"n": len(added), "who": who})
        return replace(self, grades=grades, notes=(*self.notes, note))


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
        Grade to share, best first, summing to exactly 1 or 100.
    seat_ties : {"middle", "top", "bottom"}
        Who gets a left-over seat when fractions are equal.
    ties : {"committee", "up", "down"}
        Equal scores at a cut: the committee decides, all get the better grade, or all get the worse.
    apportionment : {"largest_remainder", "sainte_lague"}
        Rule for whole seats; the second is free of the Alabama paradox.
    prior : {"empirical_bayes", "flat"}
        What grade probabilities assume of true scores: a normal distribution fitted to the data, or nothing.
    level : float
        Confidence level of the comparisons across a cut, and of every interval and rank set of the result, its parts
        included: scores fitted at another level are shown at this one. Intervals of reliability coefficients, which
        are the source's, stay as fitted.
    seed
        See :class:`~rankkit.assessment.Assessment`.

    Raises
    ------
    PolicyError
        If shares are negative or do not sum to 1 or 100.
    InsufficientDataError
        If the result has no scores.

    References
    ----------
    Balinski & Young (1982), Fair Representation; Morris (1983) for the posterior.

    Examples
    --------
    >>> import rankkit as rk
    >>> scores = rk.GraphicRatingScale().fit(rk.datasets.load("guilford_creativity"))
    >>> grades = rk.ForcedDistribution(shares={"A": 0.2, "B": 0.7, "C": 0.1}).fit(scores)
    >>> grades.quota["seats"].to_dict()
    {'A': 1, 'B': 5, 'C': 1}
    """

    accepts: ClassVar[type[Result]] = Result
    shares: Mapping[str, float] = field(default_factory=lambda: Fixed.of({"A": 0.2, "B": 0.7, "C": 0.1}))
    seat_ties: SeatTies = "middle"
    ties: CutTies = "committee"
    apportionment: Apportionment = "largest_remainder"
    prior: Prior = "empirical_bayes"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, choices in (("seat_ties", SeatTies), ("ties", CutTies), ("apportionment", Apportionment), ("prior", Prior)):
            check_choice(name, getattr(self, name), choices)
        if not isinstance(self.shares, Mapping) or not self.shares:
            raise SettingsError("E-SETTING", name="shares", value=self.shares, allowed="{'A': 0.2, …}")
        for name, share in self.shares.items():
            if isinstance(share, bool) or not _is_share(share):
                raise PolicyError("E-QUOTA", name=name, value=share)
        apportionment.exact_shares(list(self.shares.values()))
        object.__setattr__(self, "shares", Fixed.of(self.shares))

    def _estimate(self, table: Result, people: People | None, /) -> ForcedDistributionResult:  # noqa: ARG002 - names are attached later
        table = _at_level(_ungraded(table.for_audience("hr")), self.level)  # a grade would tell about a score that is not shown
        scored = np.isin(table.people, table.estimated_ids)
        if not scored.any():
            why = next((r.message() for r in table.reasons if r is not None), table.unit)
            raise InsufficientDataError("E-NOSCORES", method=table.title, reason=why)
        names = list(self.shares)
        n = int(scored.sum())
        divide = apportionment.largest_remainder if self.apportionment == "largest_remainder" else apportionment.sainte_lague
        seats = divide(n, list(self.shares.values()), seat_ties=self.seat_ties)
        score = np.where(scored, table.estimate, np.nan)
        given = quota_assignment.assign(score, seats, ties=self.ties)
        probability = self._probabilities(table, scored, seats)
        grades = self._grades(table, given, names)
        boundary = self._boundary(table, scored, given, probability, names)
        quota = self._quota(n, seats, given)
        inherited = {f.name: getattr(table, f.name) for f in fields(Result)}
        awaiting = (given.grade < 0) & scored
        status = tuple("provisional" if a else s for s, a in zip(table.status, awaiting, strict=True))
        reasons = tuple(
            Problem("S-TIEDCUT", None, None, None, {"grades": grades["candidates"].iloc[i]}) if awaiting[i] else r
            for i, r in enumerate(table.reasons)
        )
        inherited |= {"method": type(self).__name__, "status": status, "reasons": reasons, "seed": self.seed}
        inherited["notes"] = (
            *table.notes,
            *self._notes(table, scored, given, seats, boundary, quota, with_probabilities=probability is not None),
        )
        return ForcedDistributionResult(
            **inherited,
            grades=grades,
            probabilities=None
            if probability is None
            else pd.DataFrame(probability, index=pd.Index(list(table.estimated_ids), name="ratee"), columns=names),
            boundary=boundary,
            quota=quota,
            cuts=pd.DataFrame(
                {"score": given.cut_score, "people_above": given.cuts},
                index=pd.Index([f"{a}|{b}" for a, b in pairwise(names)], name="cut"),
            ),
            expected_misgraded=_expected_misgraded(probability, given.grade[scored]),
        )

    def _probabilities(self, table: Result, scored: Bools, seats: Ints) -> Floats | None:
        """Share of posterior draws in which each person gets each grade."""
        joint = table.joint_covariance or table.covariance
        if joint is None:
            return None
        estimate = table.estimate[scored]
        dense = joint.dense() if len(estimate) <= empirical_bayes.DENSE_LIMIT else None
        order, alike = canonical_form(estimate, joint.diagonal(), dense)
        ordered = joint.take(order)
        rng = np.random.default_rng(self.seed)
        if self.prior == "flat":
            draws = estimate[order] + ordered.draws(_DRAWS, rng)
        else:
            draws = empirical_bayes.posterior(estimate[order], ordered).draws(_DRAWS, rng)
        out = np.empty((len(estimate), len(seats)))
        out[order] = quota_assignment.membership(draws, seats)
        people = np.bincount(alike)[:, None]  # people nothing tells apart have the same chances, whoever was drawn first
        shared: Floats = np.column_stack([np.bincount(alike, weights=column) for column in out.T]) / people
        return shared[alike]

    def _grades(self, table: Result, given: Assignment, names: list[str]) -> pd.DataFrame:
        grade = [names[g] if g >= 0 else pd.NA for g in given.grade]
        open_ = [" / ".join(names[a : b + 1]) if a >= 0 else "" for a, b in given.candidates]
        return pd.DataFrame(
            {
                "label": pd.Series([table.labels.get(p, p) for p in table.people], dtype="object").array,
                "score": table.estimate,
                "grade": pd.Series(grade, dtype="object").array,
                "candidates": pd.Series(open_, dtype="object").array,
            },
            index=pd.Index(list(table.people), name="ratee"),
        )

    def _boundary(self, table: Result, scored: Bools, given: Assignment, probability: Floats | None, names: list[str]) -> pd.DataFrame:
        """People statistically tied with someone across a cut, or whose grade is a coin-flip, or who await the committee."""
        n = len(table.people)
        nearest, difference, se = np.full(n, -1), np.full(n, np.nan), np.full(n, np.nan)
        tied: Bools = (given.grade < 0) & scored
        if table.covariance is not None:
            place = np.flatnonzero(scored)
            local = Assignment(given.grade[place], given.candidates[place], given.counts, given.cuts, given.cut_score)
            found = quota_assignment.boundary(table.estimate[place], table.covariance, local, level=self.level, df=table.df_difference)
            nearest[place] = np.where(found.nearest >= 0, place[found.nearest], -1)
            difference[place], se[place], tied[place] = found.difference, found.se, found.tied
        largest = np.full(n, np.nan)
        if probability is not None:
            largest[scored] = probability.max(axis=1)
        coin = largest < _COIN_FLIP
        frame = pd.DataFrame(
            {
                "label": [table.labels.get(p, p) for p in table.people],
                "score": table.estimate,
                "grade": [names[g] if g >= 0 else pd.NA for g in given.grade],
                "across": [table.people[j] if j >= 0 else "" for j in nearest],
                "across_label": [table.labels.get(table.people[j], table.people[j]) if j >= 0 else "" for j in nearest],
                "difference": difference,
                "se": se,
                "tie": tied,
                "largest_probability": largest,
                "coin_flip": coin,
            },
            index=pd.Index(list(table.people), name="ratee"),
        ).astype({"label": "object", "grade": "object", "across": "object", "across_label": "object"})
        return frame[tied | coin].sort_values("score", ascending=False, kind="stable")

    def _quota(self, n: int, seats: Ints, given: Assignment) -> pd.DataFrame:
        exact = apportionment.exact_shares(list(self.shares.values()))
        data = {"share": [float(s) for s in exact], "asked": [float(s * n) for s in exact], "seats": seats, "used": given.counts}
        return pd.DataFrame(data, index=pd.Index(list(self.shares), name="grade"))

    def _notes(
        self,
        table: Result,
        scored: Bools,
        given: Assignment,
        seats: Ints,
        boundary: pd.DataFrame,
        quota: pd.DataFrame,
        *,
        with_probabilities: bool,
    ) -> list[Problem]:
        names, n = list(self.shares), int(scored.sum())
        out = []
        if n < _SMALLEST_CURVE:
            out.append(Problem("W-SMALLUNIT", None, None, None, {"n": n, "least": _SMALLEST_CURVE}))
        if (quota["asked"] % 1 > 0).any():
            details = {
                "n": n,
                "asked": [f"{a:g}" for a in quota["asked"]],
                "given": [str(s) for s in seats],
                "rule": f"{self.apportionment}, {self.seat_ties}",
            }
            out.append(Problem("W-SEATS", None, None, None, details))
        awaiting = (given.grade < 0) & scored
        for low, high in sorted({(int(a), int(b)) for a, b in given.candidates[awaiting]}):
            who = [
                table.labels.get(table.people[i], table.people[i])
                for i in np.flatnonzero(awaiting)
                if tuple(given.candidates[i]) == (low, high)
            ]
            out.append(Problem("W-TIEDCUT", None, None, None, {"who": who, "upper": names[low], "lower": names[high]}))
        flips = boundary[boundary["coin_flip"]]
        if len(flips):
            out.append(Problem("W-COINFLIP", None, None, None, {"n": len(flips), "who": list(flips["label"])}))
        if not with_probabilities:
            out.append(Problem("I-NOPROB"))
        if n < len(scored):
            who = [table.labels.get(p, p) for p, s in zip(table.people, scored, strict=True) if not s]
            out.append(Problem("W-NOTGRADED", None, None, None, {"n": len(who), "who": who}))
        return out


def _ungraded(table: Result) -> Result:
    """Take back what an earlier grading said of the scores: its notes, and who awaited the committee."""
    if not isinstance(table, ForcedDistributionResult):
        return table
    awaited = [r is not None and r.code == "S-TIEDCUT" for r in table.reasons]
    return replace(
        table,
        status=tuple("scored" if a else s for s, a in zip(table.status, awaited, strict=True)),
        reasons=tuple(None if a else r for r, a in zip(table.reasons, awaited, strict=True)),
        notes=tuple(note for note in table.notes if note.code not in _OWN_NOTES),
    )


def _at_level(table: Result, level: float) -> Result:
    """Show a result and its parts at one confidence level."""
    return replace(table, level=level, parts={d: _at_level(part, level) for d, part in table.parts.items()})


def _is_share(value: object) -> bool:
    """Whether a value is a number of 0 or more; text and fractions that are numbers count."""
    try:
        return 0 <= float(value) < np.inf  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False


def _expected_misgraded(probability: Floats | None, grade: Ints) -> float:
    if probability is None:
        return float("nan")
    graded = grade >= 0
    return float((1 - probability[np.flatnonzero(graded), grade[graded]]).sum())

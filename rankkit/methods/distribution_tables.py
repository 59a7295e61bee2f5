"""Tables of a forced distribution, from the grades of its curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.grading import quota_assignment
from rankkit.kernels.grading.quota_assignment import Assignment
from rankkit.methods.distribution_grading import CurveGrades
from rankkit.methods.distribution_policy import PersonRules, Quota
from rankkit.result import Result

COIN_FLIP = 0.6
AWAITING = ("S-TIEDCUT", "S-TIEDUNITS", "S-GUIDELINE")
"""Why a person with a score has no grade yet."""


@dataclass(frozen=True, eq=False)
class Graded:
    """Grades of everybody, put together from the curves.

    Attributes
    ----------
    grade : ndarray of int, shape (n,)
        −1 = none.
    candidates : ndarray of int, shape (n, 2)
        Grades open; (−1, −1) for people who are not graded.
    guideline : ndarray of bool, shape (n,)
        Who would have a grade by a curve that is a guideline.
    by_units : ndarray of bool, shape (n,)
        Who waits because equally good units could have each other's seats.
    """

    curves: tuple[CurveGrades, ...]
    scored: Bools
    grade: Ints
    candidates: Ints
    guideline: Bools
    by_units: Bools

    @classmethod
    def of(cls, curves: Sequence[CurveGrades], scored: Bools) -> Graded:
        """Put the curves together."""
        n = len(scored)
        grade, candidates = np.full(n, -1), np.full((n, 2), -1)
        guideline, by_units = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
        for curve in curves:
            grade[curve.people] = curve.given.grade if curve.enforced else -1
            candidates[curve.people] = curve.given.candidates
            guideline[curve.people] = not curve.enforced
            by_units[curve.people] = False if curve.by_units is None else curve.by_units
        return cls(tuple(curves), scored, grade, candidates, guideline, by_units)

    def reason(self, person: int) -> str:
        """Code of why somebody waits."""
        return "S-GUIDELINE" if self.guideline[person] else "S-TIEDUNITS" if self.by_units[person] else "S-TIEDCUT"

    @property
    def curve(self) -> list[str]:
        """Whose curve each person is graded on; "" for none or everybody's."""
        out = [""] * len(self.scored)
        for one in self.curves:
            for i in one.people:
                out[i] = one.name
        return out

    @property
    def awaiting(self) -> Bools:
        """Who has a score and no grade yet."""
        return (self.grade < 0) & self.scored

    @property
    def used(self) -> Ints:
        """People given each grade."""
        return np.bincount(self.grade[self.grade >= 0], minlength=len(self.curves[0].seats))


def grades(table: Result, given: Graded, names: Sequence[str], rules: PersonRules, *, units: bool) -> pd.DataFrame:
    """Grade of each person."""
    grade = [names[g] if g >= 0 else pd.NA for g in given.grade]
    open_ = [" / ".join(names[a : b + 1]) if a >= 0 else "" for a, b in given.candidates]
    data = {
        "label": pd.Series([table.labels.get(p, p) for p in table.people], dtype="object").array,
        "score": table.estimate,
        "grade": pd.Series(grade, dtype="object").array,
        "candidates": pd.Series(open_, dtype="object").array,
    }
    if units:
        data["curve"] = pd.Series(given.curve, dtype="object").array
    if rules.any:
        data["rule"] = pd.Series([" / ".join(r) for r in rules.names], dtype="object").array
    return pd.DataFrame(data, index=pd.Index(list(table.people), name="ratee"))


def boundary(table: Result, given: Graded, probability: Floats | None, names: Sequence[str], level: float) -> pd.DataFrame:
    """People statistically tied with someone across a cut, or whose grade is a coin-flip, or who await the committee."""
    n, scored = len(table.people), given.scored
    nearest, difference, se = np.full(n, -1), np.full(n, np.nan), np.full(n, np.nan)
    tied: Bools = given.awaiting & ~given.guideline
    place = np.cumsum(scored) - 1  # among the people the covariance is of
    locked = np.zeros(n, dtype=bool)
    known = table.covariance
    for curve in given.curves:
        if known is None:
            break
        free = np.flatnonzero(~curve.rules.locked)
        locked[curve.people[curve.rules.locked]] = True
        people, one = curve.people[free], curve.given
        local = Assignment(one.grade[free], one.candidates[free], one.counts, one.cuts, one.cut_score)
        own = known if len(people) == int(scored.sum()) else known.take(place[people])
        found = quota_assignment.boundary(table.estimate[people], own, local, level=level, df=table.df_difference)
        nearest[people] = np.where(found.nearest >= 0, people[found.nearest], -1)
        difference[people], se[people], tied[people] = found.difference, found.se, found.tied
    largest = np.full(n, np.nan)
    if probability is not None:
        largest[scored] = probability.max(axis=1)
    coin = (largest < COIN_FLIP) & ~locked
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
    if len(given.curves) > 1:
        frame.insert(1, "curve", pd.Series(given.curve, index=frame.index, dtype="object"))
    near = frame[tied | coin].sort_values("score", ascending=False, kind="stable")
    return near.sort_values("curve", kind="stable") if len(given.curves) > 1 else near


def quota(n: int, policy: Quota, given: Graded, *, whole: bool) -> pd.DataFrame:
    """Seats of everybody; ranges are of the ``whole``, or of each curve by itself."""
    data = {
        "share": [float(s) for s in policy.target],
        "asked": [float(s * n) for s in policy.target],
        "seats": np.sum([c.seats for c in given.curves], axis=0),
        "used": given.used,
    }
    if policy.ranged:
        fewest, most = policy.bounds(n) if whole else np.sum([_bounds(c) for c in given.curves], axis=0)
        data |= {"fewest": fewest, "most": most}
    return pd.DataFrame(data, index=pd.Index(list(policy.names), name="grade"))


def _bounds(curve: CurveGrades) -> tuple[Ints, Ints]:
    """Fewest and most people of each grade; a guideline sets none."""
    return curve.bounds or (np.zeros_like(curve.seats), np.full_like(curve.seats, len(curve.people)))


def unit_quota(policy: Quota, given: Graded) -> pd.DataFrame:
    """Seats by curve; between how many where units nothing tells apart share seats left over."""
    rows = [
        (curve.name, g, len(curve.people), float(s), float(s * len(curve.people)), int(k), int(u), int(few), int(many))
        for curve in given.curves
        for g, s, k, u, few, many in zip(policy.names, policy.target, curve.seats, _used(curve), *_alike(curve), strict=True)
    ]
    names = ["curve", "grade", "n", "share", "asked", "seats", "used", "fewest", "most"]
    frame = pd.DataFrame(rows, columns=names).set_index(["curve", "grade"])
    return frame if (frame["fewest"] < frame["most"]).any() else frame.drop(columns=["fewest", "most"])


def _alike(curve: CurveGrades) -> tuple[Ints, Ints]:
    """Fewest and most seats by grade."""
    rows = curve.seats[None, :] if curve.alike is None or curve.relaxed else curve.alike
    return rows.min(axis=0), rows.max(axis=0)


def _used(curve: CurveGrades) -> Ints:
    return curve.given.counts if curve.enforced else np.zeros_like(curve.given.counts)


def cuts(names: Sequence[str], given: Graded) -> pd.DataFrame:
    """Cuts of everybody; each unit has its own."""
    index = pd.Index([f"{a}|{b}" for a, b in pairwise(names)], name="cut")
    if len(given.curves) == 1:
        one = given.curves[0].given
        return pd.DataFrame({"score": one.cut_score, "people_above": one.cuts}, index=index)
    above = np.sum([c.given.cuts for c in given.curves], axis=0)
    return pd.DataFrame({"score": np.full(len(index), np.nan), "people_above": above}, index=index)


def unit_cuts(names: Sequence[str], given: Graded) -> pd.DataFrame:
    """Cuts by curve."""
    rows = [
        (curve.name, f"{a}|{b}", float(s), int(k))
        for curve in given.curves
        for (a, b), s, k in zip(pairwise(names), curve.given.cut_score, curve.given.cuts, strict=True)
    ]
    return pd.DataFrame(rows, columns=["curve", "cut", "score", "people_above"]).set_index(["curve", "cut"])


def rules(table: Result, asked: PersonRules, given: Graded, names: Sequence[str]) -> pd.DataFrame:
    """Rules about persons as applied; of people who are not graded, as asked."""
    best, worst = asked.best.copy(), asked.worst.copy()
    for curve in given.curves:
        best[curve.people], worst[curve.people] = curve.rules.best, curve.rules.worst
    last = len(names) - 1
    bound = (best > 0) | (worst < last) | asked.locked
    rows = {
        table.people[i]: (
            names[best[i]] if best[i] > 0 or asked.locked[i] else "",
            names[worst[i]] if worst[i] < last or asked.locked[i] else "",
            bool(asked.locked[i]),
            " / ".join(asked.names[i]),
        )
        for i in np.flatnonzero(bound)
    }
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["best", "worst", "locked", "rule"]).rename_axis("ratee")
    return frame.astype({"best": "object", "worst": "object", "locked": "bool", "rule": "object"})


def relaxations(given: Graded) -> pd.DataFrame:
    """What gave way."""
    rows = [row for curve in given.curves for row in curve.relaxed]
    return pd.DataFrame(rows, columns=["curve", "grade", "rule", "asked", "given", "who", "why"])

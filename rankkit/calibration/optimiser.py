"""A proposal for the committee: grades that keep quotas, ranges, locks and the order of the evidence with the fewest moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from rankkit.archive import archived
from rankkit.errors import InsufficientDataError, Problem, SettingsError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.grading.grade_program import Graded, solve
from rankkit.kernels.grading.grade_rows import GradeRules
from rankkit.kernels.grading.order_rules import OrderRules, clearly_apart
from rankkit.methods.forced_distribution import ForcedDistributionResult
from rankkit.tables.people import People

Within = Literal["unit", "everybody", "none"]
_DRAWS = 10_000  # draws the probabilities are shares of


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Proposal:
    """Grades proposed; the committee decides.

    Attributes
    ----------
    grades : DataFrame
        Indexed by ``ratee``: ``label, unit, score, before, grade, moved, probability`` (of the grade proposed), ``other``: the grade
        in another proposal as good, where there is one.
    moves : DataFrame
        Those who move.
    relaxed : DataFrame
        Rules that had to give way: ``rule, unit, grade, by`` (people beyond or, negative, short of the range), ``who``.
    unique : bool or None
        Whether no other proposal is as good; None if that could not be found out in time.
    proved : bool
        Whether no proposal has fewer relaxations, then fewer moves, then less cost.
    notes : tuple of Problem
        The same in words.
    """

    grades: pd.DataFrame
    moves: pd.DataFrame
    relaxed: pd.DataFrame
    unique: bool | None
    proved: bool
    notes: tuple[Problem, ...] = field(default_factory=tuple)

    def __repr__(self) -> str:
        head = f"Proposal: {len(self.moves)} moves, {len(self.relaxed)} rules relaxed"
        return "\n".join([head, self.moves[["label", "before", "grade", "probability"]].to_string(), *(n.note() for n in self.notes)])


def propose(
    grades: ForcedDistributionResult,
    people: People | None = None,
    *,
    current: Mapping[str, str] | None = None,
    unit: str = "unit",
    spare: int = 1,
    ranges: Mapping[str, Mapping[str, tuple[int, int]]] | None = None,
    locks: Mapping[str, str] | None = None,
    open_grades: Mapping[str, Sequence[str]] | None = None,
    no_inversion: Within = "unit",
    multiple: float = 1.96,
    most_moves: int | None = None,
    seconds: float = 60.0,
) -> Proposal:
    r"""Find the grades nearest to the committee's that keep every rule; where rules cannot all be kept, say which give way.

    In this order: fewest people beyond the ranges, fewest moves from the current grades, least
    :math:`\sum -\log\frac{k_{ib} + 1/2}{R + B/2}` with k the draws of R in which person i belongs into grade b. Protected attributes
    cannot be given: not as a rule, not as a cost.

    Parameters
    ----------
    grades : ForcedDistributionResult
        Scores with their covariance, quotas, probabilities.
    people : People, optional
        For units.
    current : mapping of ratee to grade, optional
        The committee's grades; by default those of ``grades``. Who has none is free.
    unit : str
        Column of ``people``.
    spare : int
        Each unit may have this many people more or fewer in a grade than its share, rounded up or down.
    ranges : mapping of unit to mapping of grade to (fewest, most), optional
        Instead of the share, for some units.
    locks : mapping of ratee to grade, optional
        Decided already.
    open_grades : mapping of ratee to sequence of grades, optional
        Floors and caps: neighbouring grades open to a person.
    no_inversion : {"unit", "everybody", "none"}
        Among whom nobody may be graded below somebody whose score is lower by more than ``multiple`` standard errors.
    most_moves : int, optional
        At most so many moves.
    seconds : float
        Time allowed.

    Returns
    -------
    Proposal

    Raises
    ------
    SettingsError
        For people, grades, units or columns that do not exist.
    InsufficientDataError
        If the scores have no covariance, so that nobody knows how sure a grade is.
    SolverError
        If no solution was found in time, or one did not hold when it was checked.

    Examples
    --------
    >>> import rankkit as rk
    >>> from rankkit import calibration, simulate
    >>> scores = rk.GraphicRatingScale().fit(simulate.ratings(30, 6, dimensions=3, seed=1).table)
    >>> graded = rk.ForcedDistribution(shares={"A": 0.2, "B": 0.7, "C": 0.1}).fit(scores)
    >>> best = str(graded.grades["score"].idxmax())
    >>> found = calibration.propose(graded, locks={best: "B"})
    >>> found.grades.loc[best, "grade"], found.grades["grade"].value_counts().to_dict(), found.proved
    ('B', {'B': 21, 'A': 6, 'C': 3}, True)
    """
    if grades.probabilities is None or grades.covariance is None:
        raise InsufficientDataError("E-PROPOSENOPROB")
    names = [str(g) for g in grades.quota.index]
    ids = tuple(grades.probabilities.index)
    table = grades.grades.reindex(list(ids))
    before = table["grade"] if current is None else pd.Series({i: current.get(i) for i in ids}, dtype=object)
    _known(names, [*before.dropna(), *(locks or {}).values(), *(g for gs in (open_grades or {}).values() for g in gs)], "grade")
    _known(ids, [*(current or {}), *(locks or {}), *(open_grades or {})], "ratee")
    units, unit_code = _units(ids, people, unit)
    _known(units, list(ranges or {}), "unit")
    start = np.array([names.index(str(g)) if pd.notna(g) else -1 for g in before], dtype=np.int64)
    probability = grades.probabilities[names].to_numpy(dtype=np.float64)
    cost = -np.log((probability * _DRAWS + 0.5) / (_DRAWS + len(names) / 2))
    seats = grades.quota["seats"].to_numpy(dtype=np.int64)
    rules = GradeRules.of(
        _allowed(ids, names, locks or {}, open_grades or {}),
        np.column_stack([seats, seats]),
        unit=unit_code,
        unit_ranges=_unit_ranges(unit_code, units, names, grades.quota["share"].to_numpy(dtype=np.float64), spare, ranges or {}),
        order=_order(grades, unit_code, no_inversion, multiple),
        most_moves=most_moves,
        current=start,
    )
    found = solve(cost, start, rules, seconds=seconds)
    return _proposal(found, grades, ids, names, before, units, unit_code, probability)


def _known(allowed: Sequence[str], asked: Sequence[object], what: str) -> None:
    """Raise for names nobody knows."""
    unknown = [a for a in dict.fromkeys(asked) if a not in set(allowed)]
    if unknown:
        raise SettingsError("E-SETTING", name=what, value=unknown[:5], allowed=list(allowed)[:10])


def _units(ids: Sequence[str], people: People | None, column: str) -> tuple[list[str], Ints]:
    """Units, and the code of each person's; −1 without one."""
    if people is None:
        return [], np.full(len(ids), -1, dtype=np.int64)
    if column not in people.frame.columns:
        raise SettingsError("E-SETTING", name="unit", value=column, allowed=list(people.frame.columns))
    of = people.frame[column].reindex(list(ids))
    filled = of.notna() & (of.astype(str) != "")
    units = sorted(set(of[filled].astype(str)))
    return units, np.array([units.index(str(u)) if f else -1 for u, f in zip(of, filled, strict=True)], dtype=np.int64)


def _allowed(ids: Sequence[str], names: list[str], locks: Mapping[str, str], opened: Mapping[str, Sequence[str]]) -> Bools:
    """Grades open to each person."""
    out = np.ones((len(ids), len(names)), dtype=bool)
    for k, ratee in enumerate(ids):
        if ratee in opened:
            out[k] &= np.isin(names, list(opened[ratee]))
            among = np.flatnonzero(out[k])
            if len(among) and np.ptp(among) != len(among) - 1:
                raise SettingsError("E-SETTING", name="open_grades", value={ratee: opened[ratee]}, allowed="neighbouring grades")
        if ratee in locks:
            out[k] &= np.array(names) == locks[ratee]
    return out


def _unit_ranges(
    code: Ints, units: list[str], names: list[str], share: Floats, spare: int, given: Mapping[str, Mapping[str, tuple[int, int]]]
) -> Ints:
    """Fewest and most people of each unit in each grade."""
    size = np.bincount(code[code >= 0], minlength=len(units))
    asked = size[:, None] * share[None, :]
    low = np.maximum(np.floor(asked + 1e-9) - spare, 0)
    high = np.minimum(np.ceil(asked - 1e-9) + spare, size[:, None])
    out: Ints = np.stack([low, high], axis=2).astype(np.int64)
    for name, grades in given.items():
        for grade, (fewest, most) in grades.items():
            _known(names, [grade], "grade")
            out[units.index(name), names.index(grade)] = fewest, most
    return out


def _order(grades: ForcedDistributionResult, code: Ints, within: Within, multiple: float) -> OrderRules | None:
    """Who is clearly better than whom."""
    if within == "none" or grades.covariance is None:
        return None
    estimate = np.array([e for e, i in zip(grades.estimate, grades.people, strict=True) if i in set(grades.estimated_ids)])
    group = np.zeros(len(code), dtype=np.int64) if within == "everybody" else code
    return clearly_apart(estimate, grades.covariance, group, multiple=multiple)


def _proposal(
    found: Graded,
    grades: ForcedDistributionResult,
    ids: Sequence[str],
    names: list[str],
    before: pd.Series,
    units: list[str],
    code: Ints,
    probability: Floats,
) -> Proposal:
    """Say a solution with names."""
    n = np.arange(len(ids))
    table = pd.DataFrame(
        {
            "label": [grades.labels.get(i, i) for i in ids],
            "unit": [units[c] if c >= 0 else "" for c in code],
            "score": grades.grades["score"].reindex(list(ids)).to_numpy(),
            "before": before.to_numpy(dtype=object),
            "grade": [names[g] for g in found.grade],
            "moved": [bool(pd.notna(b)) and b != names[g] for b, g in zip(before, found.grade, strict=True)],
            "probability": probability[n, found.grade],
            "other": [
                "" if found.other is None or o == g else names[o] for o, g in zip(_or(found.other, found.grade), found.grade, strict=True)
            ],
        },
        index=pd.Index(list(ids), name="ratee"),
    )
    label = list(table["label"])
    rows = [("quota", "", names[b], int(s), "") for b, s in enumerate(found.company_slack) if s]
    rows += [("unit range", units[g], names[b], int(found.unit_slack[g, b]), "") for g, b in np.argwhere(found.unit_slack)]
    rows += [("grades open to a person", "", names[found.grade[i]], 1, label[i]) for i in found.freed]
    rows += [("order of the evidence", "", names[found.grade[i]], 1, label[i]) for i in found.overtaken]
    relaxed = pd.DataFrame(rows, columns=["rule", "unit", "grade", "by", "who"])
    notes = [Problem("W-RELAXED", None, None, None, {"n": len(rows), "rules": [_in_words(r) for r in rows]})] if rows else []
    if found.unique is False:
        who = [label[i] for i in np.flatnonzero(_or(found.other, found.grade) != found.grade)]
        notes.append(Problem("W-NOTUNIQUE", None, None, None, {"n": len(who), "who": who}))
    if not found.proved:
        notes.append(Problem("W-NOTPROVED"))
    moved = table[table["moved"]].sort_values("score", ascending=False, kind="stable")
    return Proposal(grades=table, moves=moved, relaxed=relaxed, unique=found.unique, proved=found.proved, notes=tuple(notes))


def _or(other: Ints | None, grade: Ints) -> Ints:
    return grade if other is None else other


def _in_words(row: tuple[str, str, str, int, str]) -> str:
    rule, unit, grade, by, who = row
    return " ".join(part for part in (rule, unit, grade, f"{by:+d}", who) if part)

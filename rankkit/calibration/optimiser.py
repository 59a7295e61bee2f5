"""A proposal for the committee: grades that keep quotas, ranges, locks and the order of the evidence with the fewest moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from rankkit import show
from rankkit.archive import archived
from rankkit.calibration import proposal_rules
from rankkit.calibration.proposal_rules import Asked, Within
from rankkit.errors import InsufficientDataError, Lang, Problem
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.grading.grade_program import Graded, solve
from rankkit.kernels.grading.grade_rows import GradeRules
from rankkit.kernels.grading.order_rules import OrderRules
from rankkit.methods.forced_distribution import ForcedDistributionResult
from rankkit.tables.people import People

_DRAWS = 10_000  # draws the probabilities are shares of


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Proposal:
    """Grades proposed; the committee decides.

    Attributes
    ----------
    grades : DataFrame
        Indexed by ``ratee``: ``label, unit, score, before, grade, candidates, moved, probability`` (of the grade proposed), ``other``:
        the grade in another proposal as good, where there is one. People nothing tells apart who would get different grades have
        none (NA): the committee chooses among them, and ``candidates`` are the grades there are for them.
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
        return show.proposal_text(self)

    def _repr_html_(self) -> str:
        return show.proposal_html(self)

    def to_report(self, path: str | Path, lang: Lang = "en") -> Path:
        """Write the proposal as a page for the committee, in English or Chinese.

        Parameters
        ----------
        path : path-like
            The file (``.html``).
        lang : {"en", "zh"}

        Returns
        -------
        pathlib.Path
        """
        return show.proposal_report(self, path, lang=lang)

    def to_excel(self, path: str | Path, lang: Lang = "en") -> Path:
        """Write the proposal as a workbook; parameters as :meth:`to_report`."""
        return show.proposal_workbook(self, path, lang=lang)


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
        The committee's grades; by default those of ``grades``. Who has none is free. People without a score are left as they are.
    unit : str
        Column of ``people``.
    spare : int
        Each unit may have this many people more or fewer in a grade than its share, rounded up or down.
    ranges : mapping of unit to mapping of grade to (fewest, most), optional
        Instead of the share, for some units.
    locks : mapping of ratee to grade, optional
        Decided already. Floors, caps and locks of ``grades`` hold in any case.
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
        For people, grades, units, columns or settings that do not exist, and rules that leave somebody no grade; all are listed.
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
    asked = proposal_rules.read(
        grades,
        people,
        current=current,
        unit=unit,
        spare=spare,
        ranges=ranges or {},
        locks=locks or {},
        open_grades=open_grades or {},
        no_inversion=no_inversion,
        multiple=multiple,
        most_moves=most_moves,
        seconds=seconds,
    )
    size = len(asked.names)
    probability = grades.probabilities[list(asked.names)].to_numpy(dtype=np.float64)
    cost = -np.log((probability * _DRAWS + 0.5) / (_DRAWS + size / 2))
    order, alike = proposal_rules.canonical(grades, asked)
    rules = GradeRules.of(
        asked.allowed[order],
        asked.company,
        unit=asked.unit[order],
        unit_ranges=asked.unit_ranges,
        order=_reordered(proposal_rules.order(grades, asked.unit, no_inversion, multiple), order),
        most_moves=most_moves,
        current=asked.start[order],
    )
    found = _as_given(solve(cost[order], asked.start[order], rules, seconds=seconds), order)
    notes = [Problem("I-NOORDER")] if no_inversion == "unit" and not asked.units else []
    return _proposal(found, grades, asked, probability, alike, notes)


def _reordered(rules: OrderRules | None, order: Ints) -> OrderRules | None:
    """The same rules about people in another order."""
    if rules is None:
        return None
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return OrderRules(tuple((place[m], first, position) for m, first, position in rules.tails), place[rules.pairs])


def _as_given(found: Graded, order: Ints) -> Graded:
    """Put a solution back into the order of the people."""
    grade, other = np.empty_like(found.grade), None
    grade[order] = found.grade
    if found.other is not None:
        other = np.empty_like(found.other)
        other[order] = found.other
    return replace(found, grade=grade, other=other, freed=np.sort(order[found.freed]), overtaken=np.sort(order[found.overtaken]))


def _open_to(grade: Ints, alike: Ints) -> Ints:
    """Best and worst grade among the people nothing tells apart from each person, shape (n, 2)."""
    out = np.column_stack(
        [np.full(int(alike.max(initial=-1)) + 1, grade.max(initial=0)), np.zeros(int(alike.max(initial=-1)) + 1, dtype=np.int64)]
    )
    np.minimum.at(out[:, 0], alike, grade)
    np.maximum.at(out[:, 1], alike, grade)
    return out[alike]


def _proposal(
    found: Graded, grades: ForcedDistributionResult, asked: Asked, probability: Floats, alike: Ints, notes: list[Problem]
) -> Proposal:
    """Say a solution with names."""
    ids, names, units, given = asked.ids, asked.names, asked.units, found.grade
    candidates = _open_to(given, alike)
    tied = candidates[:, 0] < candidates[:, 1]
    other = given if found.other is None else found.other
    label = [grades.labels.get(i, i) for i in ids]
    table = pd.DataFrame(
        {
            "label": label,
            "unit": [units[c] if c >= 0 else "" for c in asked.unit],
            "score": grades.grades["score"].reindex(list(ids)).to_numpy(),
            "before": asked.before.to_numpy(dtype=object),
            "grade": pd.Series([pd.NA if t else names[g] for g, t in zip(given, tied, strict=True)], dtype="object").array,
            "candidates": [" / ".join(names[a : b + 1]) for a, b in candidates],
            "moved": (asked.start >= 0) & (asked.start != given),
            "probability": np.where(tied, np.nan, probability[np.arange(len(ids)), given]),
            "other": ["" if o == g else names[o] for o, g in zip(other, given, strict=True)],
        },
        index=pd.Index(list(ids), name="ratee"),
    )
    twice = {name for name, k in Counter(label).items() if k > 1}
    called = [f"{name} ({i})" if name in twice else name for i, name in zip(ids, label, strict=True)]
    rows = [("quota", "", names[b], int(s), "") for b, s in enumerate(found.company_slack) if s]
    rows += [("unit range", units[g], names[b], int(found.unit_slack[g, b]), "") for g, b in np.argwhere(found.unit_slack)]
    rows += [("grades open to a person", "", names[given[i]], 1, called[i]) for i in found.freed]
    rows += [("order of the evidence", "", names[given[i]], 1, called[i]) for i in found.overtaken]
    relaxed = pd.DataFrame(rows, columns=["rule", "unit", "grade", "by", "who"])
    if rows:
        told = {lang_key: [_in_words(r, zh=lang_key.endswith("zh")) for r in rows] for lang_key in ("rules", "rules_zh")}
        notes.append(Problem("W-RELAXED", None, None, None, {"n": len(rows), **told}))
    if tied.any():
        who = [called[i] for i in np.flatnonzero(tied)]
        notes.append(Problem("W-ALIKE", None, None, None, {"n": len(who), "who": who}))
    if found.unique is False and (other != given)[~tied].any():
        who = [called[i] for i in np.flatnonzero(other != given)]
        notes.append(Problem("W-NOTUNIQUE", None, None, None, {"n": len(who), "who": who}))
    if not found.proved:
        notes.append(Problem("W-NOTPROVED"))
    moved = table[table["moved"]].sort_values("score", ascending=False, kind="stable")
    return Proposal(grades=table, moves=moved, relaxed=relaxed, unique=found.unique, proved=found.proved, notes=tuple(notes))


RULES: Mapping[str, str] = {
    "quota": "名额",
    "unit range": "部门人数范围",
    "grades open to a person": "个人可用等级",
    "order of the evidence": "依据的先后次序",
}
"""Rules in Chinese."""


def _in_words(row: tuple[str, str, str, int, str], *, zh: bool) -> str:
    rule, unit, grade, by, who = row
    return " ".join(part for part in (RULES[rule] if zh else rule, unit, grade, f"{by:+d}", who) if part)

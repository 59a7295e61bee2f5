"""Judgements of incidents: into which dimension judges sort each incident, and how effective they find it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from rankkit.errors import DataError, Problem
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.tables import numbers, score_checks
from rankkit.tables.judgements import Intake, Judgements
from rankkit.tables.text import as_text, categorical, encode, normalise, recode

NONE = "none"  # the judge sees none of the dimensions in the incident
ROLES = ("supervisor", "incumbent", "other")
_KNOWN = {"incident", "judge", "judge_group", "judge_role", "dimension_chosen", "effectiveness"}


@dataclass(frozen=True, eq=False, repr=False)
class IncidentJudgements(Judgements):
    """A validated, immutable table of judgements of incidents; build it with :meth:`from_frame`.

    Attributes
    ----------
    people : tuple of str
        Ids of the incidents, sorted: they are what is judged.
    judges, dimensions, groups, roles : tuple of str
        Distinct ids, sorted.
    incident, judge, chosen, group, role : array of int, shape (n,)
        Codes into them; ``-1`` where there is none. ``chosen`` may be the dimension ``"none"``.
    effectiveness : array of float, shape (n,)
        Points of the scale, higher is better; ``nan`` = not judged.
    scale : (float, float)
        Lowest and highest point.
    """

    people: tuple[str, ...]
    judges: tuple[str, ...]
    dimensions: tuple[str, ...]
    groups: tuple[str, ...]
    roles: tuple[str, ...]
    incident: Ints
    judge: Ints
    chosen: Ints
    group: Ints
    role: Ints
    effectiveness: Floats
    scale: tuple[float, float]
    rows: Ints
    extras: pd.DataFrame
    labels: Mapping[str, str]
    source_name: str | None = None
    notes: tuple[Problem, ...] = field(default=())

    error: ClassVar[type[DataError]] = DataError

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        columns: Mapping[str, str] | None = None,
        source_name: str | None = None,
        scale: tuple[float, float] = (1.0, 7.0),
        dimensions: Sequence[str] | None = None,
        incidents: Sequence[str] | None = None,
    ) -> Self:
        """Validate a DataFrame of judgements.

        Parameters
        ----------
        frame : DataFrame
            One judgement a row: ``incident, judge`` and ``dimension_chosen`` or ``effectiveness`` or both; perhaps
            ``judge_group`` and ``judge_role`` (supervisor, incumbent or other).
        columns : mapping, optional
            Our name to the frame's own name.
        source_name : str, optional
            What messages call the table.
        scale : (float, float)
            Lowest and highest point of effectiveness.
        dimensions, incidents : sequence of str, optional
            What there is to choose and to judge; anything else is a problem. ``"none"`` may always be chosen.

        Returns
        -------
        IncidentJudgements

        Raises
        ------
        DataError
            With every problem of the table: row, column, value and fix.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"incident": ["s1", "s1"], "judge": ["c1", "c2"], "dimension_chosen": ["attitude", "none"]})
        >>> IncidentJudgements.from_frame(frame)
        <IncidentJudgements: 2 rows, 1 incidents, 2 judges>
        """
        checked_scale = score_checks.possible(scale) or (1.0, 7.0)
        intake = Intake(cls, frame, columns, source_name, None)
        intake.need("incident", "judge", *(() if intake.has("effectiveness") else ("dimension_chosen",)))
        n = len(intake.user_frame)
        incident, judge = encode(intake.column("incident")), encode(intake.column("judge"))
        intake.check_ids("incident", incident)
        intake.check_ids("judge", judge)
        coded = {}
        for name in ("dimension_chosen", "judge_group", "judge_role"):
            found = encode(intake.column(name)) if intake.has(name) else None
            coded[name] = (np.full(n, -1, dtype=np.int64), ()) if found is None else (found.codes, found.values)
        _listed(intake, "incident", incident.codes, incident.values, incidents, "E-UNKNOWNINCIDENT")
        allowed = None if dimensions is None else (*dimensions, NONE)
        _listed(intake, "dimension_chosen", *coded["dimension_chosen"], allowed, "E-UNKNOWNDIMENSION")
        _listed(intake, "judge_role", *coded["judge_role"], ROLES, "E-JUDGEROLE")
        value = np.full(n, np.nan)
        if intake.has("effectiveness"):
            value, bad = numbers.parse(intake.column("effectiveness"))
            low, high = checked_scale
            intake.at("E-NUMBER", bad, "effectiveness", range=f" from {low:g} to {high:g}", range_zh=f"（{low:g} 至 {high:g}）")
            with np.errstate(invalid="ignore"):
                intake.at("E-RANGE", (value < low) | (value > high), "effectiveness", low=low, high=high)
        silent = (coded["dimension_chosen"][0] < 0) & np.isnan(value)
        intake.problems += _repeated(incident.codes, judge.codes, incident.values, judge.values, intake.rows)
        intake.problems += _two_roles(judge.codes, judge.values, *coded["judge_role"])
        if silent.all():
            intake.problems.append(Problem("E-ALLMISSING"))
        intake.fail_if_any()
        return cls(
            people=incident.values,
            judges=judge.values,
            dimensions=coded["dimension_chosen"][1],
            groups=coded["judge_group"][1],
            roles=coded["judge_role"][1],
            incident=incident.codes,
            judge=judge.codes,
            chosen=coded["dimension_chosen"][0],
            group=coded["judge_group"][0],
            role=coded["judge_role"][0],
            effectiveness=value,
            scale=checked_scale,
            rows=intake.rows,
            extras=intake.extras(_KNOWN),
            labels={i: i for i in incident.values},
            source_name=intake.source_name,
            notes=tuple(intake.notes),
        )

    def counts(self, incidents: Sequence[str], dimensions: Sequence[str]) -> Ints:
        """Count choices.

        Parameters
        ----------
        incidents, dimensions : sequence of str
            Rows and columns; the column after the last is ``"none"`` and dimensions not listed.

        Returns
        -------
        ndarray of int, shape (len(incidents), len(dimensions) + 1)
        """
        row = np.array([*(_place(i, incidents) for i in self.people), -1])[self.incident]
        column = np.array([*(_place(d, dimensions, len(dimensions)) for d in self.dimensions), -1])[self.chosen]
        out = np.zeros((len(incidents), len(dimensions) + 1), dtype=np.int64)
        use = (row >= 0) & (column >= 0)
        np.add.at(out, (row[use], column[use]), 1)
        return out

    def placings(self, incidents: Sequence[str], judges: Sequence[str]) -> Floats:
        """Lay effectiveness out as incidents × judges; ``nan`` = not judged."""
        row = np.array([*(_place(i, incidents) for i in self.people), -1])[self.incident]
        column = np.array([*(_place(j, judges) for j in self.judges), -1])[self.judge]
        out = np.full((len(incidents), len(judges)), np.nan)
        use = (row >= 0) & (column >= 0)
        out[row[use], column[use]] = self.effectiveness[use]
        return out

    def role_of(self) -> dict[str, str]:
        """Role of each judge; judges without one are left out."""
        known = self.role >= 0
        return {self.judges[j]: self.roles[r] for j, r in zip(self.judge[known], self.role[known], strict=True)}

    @cached_property
    def _tidy(self) -> pd.DataFrame:
        data: dict[str, Any] = {"incident": categorical(self.incident, self.people), "judge": categorical(self.judge, self.judges)}
        for name, codes, values in (("judge_group", self.group, self.groups), ("judge_role", self.role, self.roles)):
            if values:
                data[name] = categorical(codes, values)
        if self.dimensions:
            data["dimension_chosen"] = categorical(self.chosen, self.dimensions)
        if np.isfinite(self.effectiveness).any():
            data["effectiveness"] = self.effectiveness
        return pd.DataFrame(data).join(self.extras)

    def _where(self, mask: Bools) -> Self:
        incident, people = recode(self.incident[mask], self.people)
        judge, judges = recode(self.judge[mask], self.judges)
        chosen, dimensions = recode(self.chosen[mask], self.dimensions)
        group, groups = recode(self.group[mask], self.groups)
        role, roles = recode(self.role[mask], self.roles)
        return replace(
            self, people=people, judges=judges, dimensions=dimensions, groups=groups, roles=roles, incident=incident, judge=judge,
            chosen=chosen, group=group, role=role, effectiveness=self.effectiveness[mask], rows=self.rows[mask],
            extras=self.extras[mask].reset_index(drop=True), labels={i: self.labels[i] for i in people},
        )  # fmt: skip

    @property
    def _keys(self) -> Sequence[tuple[Ints, tuple[str, ...]]]:
        return [
            (self.incident, self.people),
            (self.judge, self.judges),
            (self.chosen, self.dimensions),
            (self.group, self.groups),
            (self.role, self.roles),
        ]

    @property
    def _values(self) -> Floats:
        return self.effectiveness

    def __len__(self) -> int:
        return len(self.incident)

    def __repr__(self) -> str:
        return f"<IncidentJudgements: {len(self):,} rows, {len(self.people):,} incidents, {len(self.judges):,} judges>"


def _place(name: str, names: Sequence[str], otherwise: int = -1) -> int:
    return names.index(name) if name in names else otherwise


def _listed(intake: Intake, column: str, codes: Ints, values: Sequence[str], allowed: Sequence[str] | None, code: str) -> None:
    """Report values that nobody defined."""
    if allowed is None or not intake.has(column):
        return
    known = {normalise(as_text(a) or "") for a in allowed}
    unknown = np.array([*(v not in known for v in values), False])
    if unknown.any():
        intake.at(code, unknown[codes], column, known=list(allowed))


def _repeated(incident: Ints, judge: Ints, incidents: Sequence[str], judges: Sequence[str], rows: Ints) -> list[Problem]:
    """Report a judge who judged an incident twice."""
    named = (incident >= 0) & (judge >= 0)
    key = pd.Series(np.where(named, incident * (len(judges) + 1) + judge, -1 - np.arange(len(incident))))
    out = []
    for k in np.flatnonzero(key.duplicated().to_numpy()):
        details = {"judge": judges[judge[k]], "incident": incidents[incident[k]]}
        out.append(Problem("E-JUDGEDTWICE", int(rows[k]), None, None, details))
    return out


def _two_roles(judge: Ints, judges: Sequence[str], role: Ints, roles: Sequence[str]) -> list[Problem]:
    """Report judges with two roles."""
    pairs = {(int(j), int(r)) for j, r in zip(judge, role, strict=True) if j >= 0 and r >= 0}
    seen: dict[int, list[str]] = {}
    for j, r in sorted(pairs):
        seen.setdefault(j, []).append(roles[r])
    return [Problem("E-TWOROLES", None, None, None, {"judge": judges[j], "roles": both}) for j, both in seen.items() if len(both) > 1]

"""People: organisational facts a method may use. Protected attributes are not among them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import pandas as pd

from rankkit.errors import DataError, PeopleError, Problem
from rankkit.kernels.arrays import Ints
from rankkit.tables.judgements import Intake
from rankkit.tables.text import encode, normalise

PROTECTED = frozenset(
    {
        "gender", "sex", "race", "ethnicity", "ethnic_group", "age", "birth_date", "date_of_birth", "birthday", "religion", "belief",
        "disability", "nationality", "national_origin", "marital_status", "pregnancy", "sexual_orientation", "union_member", "veteran",
        "性别", "性別", "民族", "种族", "種族", "年龄", "年齡", "出生日期", "生日", "宗教", "残疾", "殘疾", "国籍", "國籍",
        "婚姻状况", "婚姻狀況", "政治面貌", "户籍", "籍贯",
    }
)  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class People:
    """A validated, immutable table of people: ids, display names and organisational facts.

    Attributes
    ----------
    ids : tuple of str
        One per person, sorted.
    labels : mapping
        Display names.
    frame : DataFrame
        Indexed by ``person``: ``label``, ``unit``, ``manager``, ``level`` and whatever else was given.
    """

    ids: tuple[str, ...]
    labels: Mapping[str, str]
    facts: pd.DataFrame

    error: ClassVar[type[DataError]] = PeopleError

    @property
    def frame(self) -> pd.DataFrame:
        """The table; changing it does not change the people."""
        return self.facts.copy(deep=False)  # pandas copies on write

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        columns: Mapping[str, str] | None = None,
        source_name: str | None = None,
        row_numbers: Sequence[int] | Ints | None = None,
    ) -> Self:
        """Validate a DataFrame of people.

        Parameters
        ----------
        frame : DataFrame
            Column ``person`` and perhaps ``label, unit, manager, level, job_family, hire_date, leave_from, leave_to, status``.
        columns : mapping, optional
            Our name to the frame's own name.
        source_name : str, optional
            What messages call the table.
        row_numbers : sequence of int, optional
            Spreadsheet row of each record; 2, 3, … by default.

        Returns
        -------
        People

        Raises
        ------
        PeopleError
            If a person is listed twice, an id is blank, or a protected attribute is among the columns.

        Examples
        --------
        >>> import pandas as pd, rankkit as rk
        >>> rk.People.from_frame(pd.DataFrame({"person": ["e1", "e2"], "unit": ["A", "B"]}))
        <People: 2 people; unit>
        """
        intake = Intake(cls, frame, columns, source_name, row_numbers)
        intake.need("person")
        for name in intake.names:
            if {_folded(name), _folded(intake.shown(name))} & PROTECTED:
                intake.problems.append(Problem("E-ATTR", None, None, None, {"name": intake.shown(name)}))
        person = encode(intake.column("person"))
        intake.check_ids("person", person)
        twice = pd.Series(person.codes).duplicated() & (person.codes >= 0)
        for k in twice[twice].index:
            details = {"name": " / ".join(person.respelled.get(person.values[person.codes[k]], (person.values[person.codes[k]],)))}
            intake.problems.append(Problem("E-DUPPERSON", int(intake.rows[k]), intake.shown("person"), None, details))
        intake.fail_if_any()
        tidy = intake.extras({"person"})
        labels = {i: i for i in person.values}
        for name in ("unit", "manager", "level", "label"):
            if name in tidy:
                text = encode(tidy[name])
                tidy[name] = np.array([*text.values, None], dtype=object)[text.codes]
                if name == "label":
                    labels |= {person.values[p]: text.values[t] for p, t in zip(person.codes, text.codes, strict=True) if t >= 0}
        tidy.index = pd.Index([person.values[c] for c in person.codes], name="person")
        return cls(person.values, labels, tidy.sort_index())

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"<People: {len(self.ids):,} people; {', '.join(map(str, self.facts.columns))}>"


def _folded(name: str) -> str:
    """Reduce a column name to small letters and underscores."""
    return re.sub(r"[\W_]+", "_", normalise(name)).strip("_").lower()

"""People: organisational facts a method may use. Protected attributes are not among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import pandas as pd

from rankkit.errors import PeopleError, Problem
from rankkit.tables.judgements import Intake
from rankkit.tables.text import encode

PROTECTED = frozenset(
    {
        "gender", "sex", "race", "ethnicity", "ethnic_group", "age", "birth_date", "date_of_birth", "birthday", "religion", "belief",
        "disability", "nationality", "national_origin", "marital_status", "pregnancy", "sexual_orientation", "union_member", "veteran",
        "性别", "性別", "民族", "种族", "種族", "年龄", "年齡", "出生日期", "生日", "宗教", "残疾", "殘疾", "国籍", "國籍", "婚姻状况", "婚姻狀況", "政治面貌", "户籍", "籍贯",
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
    frame: pd.DataFrame

    error = PeopleError

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, columns: Mapping[str, str] | None = None, source_name: str | None = None) -> Self:
        """Validate a DataFrame of people.

        Parameters
        ----------
        frame : DataFrame
            Column ``person`` and perhaps ``label, unit, manager, level, job_family, hire_date, leave_from, leave_to, status``.
        columns : mapping, optional
            Our name to the frame's own name.
        source_name : str, optional
            What messages call the table.

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
        intake = Intake(cls, frame, columns, source_name, None)
        intake.need("person")
        for name in intake.names:
            shown = intake.shown(name).strip().lower().replace(" ", "_")
            if name.lower() in PROTECTED or shown in PROTECTED:
                intake.problems.append(Problem("E-ATTR", None, None, None, {"name": intake.shown(name)}))
        person = encode(intake.column("person"))
        intake.check_ids("person", person)
        twice = pd.Series(person.codes).duplicated() & (person.codes >= 0)
        for k in twice[twice].index:
            details = {"name": " / ".join(person.respelled.get(person.values[person.codes[k]], (person.values[person.codes[k]],)))}
            intake.problems.append(Problem("E-DUPPERSON", int(intake.rows[k]), intake.shown("person"), None, details))
        intake.fail_if_any()
        data: dict[str, Any] = {n: intake.column(n).to_numpy() for n in intake.names if n != "person"}
        for name in ("unit", "manager", "level", "label"):
            if name in data:
                text = encode(intake.column(name))
                data[name] = [text.values[c] if c >= 0 else None for c in text.codes]
        ids = [person.values[c] for c in person.codes]
        tidy = pd.DataFrame(data, index=pd.Index(ids, name="person")).sort_index()
        labels = {i: str(tidy.loc[i, "label"]) if "label" in tidy and tidy.loc[i, "label"] is not None else i for i in tidy.index}
        return cls(tuple(tidy.index), labels, tidy)

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"<People: {len(self.ids):,} people; {', '.join(map(str, self.frame.columns))}>"

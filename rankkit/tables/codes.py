"""Codes: which coder put which piece of a text into which category."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from rankkit.errors import DataError, Problem
from rankkit.tables import numbers
from rankkit.tables.judgements import Intake
from rankkit.tables.text import encode

MODEL = "model"
_SOURCES = ("human", MODEL)
_KNOWN = {"narrative", "segment", "coder", "code", "value", "start", "end", "source"}


@dataclass(frozen=True, eq=False, repr=False)
class Codes:
    """A validated, immutable table of codes; build it with :meth:`from_frame`.

    Attributes
    ----------
    coders : tuple of str
        Distinct coders, sorted; people and models.
    models : tuple of str
        Coders that are computer models.
    categories : tuple of str
        Distinct codes, sorted.
    entries : DataFrame
        ``narrative, segment, coder, code, source`` (``human`` or ``model``) and, where given, ``value`` (a number) and ``start, end``
        (positions of the segment), sorted. A blank code says that the coder did not code this segment.
    """

    coders: tuple[str, ...]
    models: tuple[str, ...]
    categories: tuple[str, ...]
    entries: pd.DataFrame

    error: ClassVar[type[DataError]] = DataError

    @property
    def frame(self) -> pd.DataFrame:
        """The table; changing it does not change the codes."""
        return self.entries.copy(deep=False)  # pandas copies on write

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, columns: Mapping[str, str] | None = None, source_name: str | None = None) -> Self:
        """Validate a DataFrame of codes.

        Parameters
        ----------
        frame : DataFrame
            ``narrative, segment, coder, code`` and perhaps ``value`` (a number beside the code), ``start, end`` (first and last
            position + 1 of the segment in the text, where coders cut it themselves), ``source`` (``human``, or ``model`` for a
            computer model).
        columns : mapping, optional
            Our name to the frame's own name.
        source_name : str, optional
            What messages call the table.

        Returns
        -------
        Codes

        Raises
        ------
        DataError
            With every problem of the table: row, column, value and fix.

        Examples
        --------
        >>> import pandas as pd
        >>> rows = {"narrative": "n1", "segment": [1, 1], "coder": ["a", "b"], "code": ["quality", "speed"]}
        >>> Codes.from_frame(pd.DataFrame(rows))
        <Codes: 2 of 1 texts by 2 coders, 2 categories>
        """
        intake = Intake(cls, frame, columns, source_name, None)
        intake.need("narrative", "segment", "coder", "code")
        coded = {name: encode(intake.column(name)) for name in ("narrative", "segment", "coder", "code")}
        for name in ("narrative", "segment", "coder"):
            intake.check_ids(name, coded[name])
        data: dict[str, Any] = {k: np.array([*c.values, None], dtype=object)[c.codes] for k, c in coded.items()}
        for name in ("value", "start", "end"):
            if intake.has(name):
                data[name], bad = numbers.parse(intake.column(name))
                intake.at("E-NUMBER", bad, name, range="", range_zh="")
        data["source"] = _sources(intake)
        tidy = pd.DataFrame(data)
        filled = tidy[["narrative", "segment", "coder"]].notna().all(axis=1)
        twice = tidy.duplicated(["narrative", "segment", "coder"]) & filled
        for k in np.flatnonzero(twice):
            details = {"coder": tidy["coder"].iloc[k], "segment": tidy["segment"].iloc[k], "narrative": tidy["narrative"].iloc[k]}
            intake.problems.append(Problem("E-DUPCODE", int(intake.rows[k]), intake.shown("code"), None, details))
        for coder, part in tidy[filled].groupby("coder", sort=True):
            if len(set(part["source"])) > 1:
                intake.problems.append(Problem("E-CODERSOURCE", None, None, None, {"coder": coder}))
        intake.fail_if_any()
        if coded["code"].blank.all():
            raise cls.error("E-ALLMISSING")
        tidy = tidy.join(intake.extras(_KNOWN)).sort_values(["narrative", "segment", "coder"], kind="stable", ignore_index=True)
        models = tuple(sorted(set(tidy.loc[tidy["source"] == MODEL, "coder"])))
        return cls(coded["coder"].values, models, coded["code"].values, tidy)

    @property
    def people(self) -> tuple[str, ...]:
        """Coders who are people."""
        return tuple(c for c in self.coders if c not in self.models)

    def as_ratings(self, what: str = "code") -> pd.DataFrame:
        """Return the codes as agreement coefficients read them: ``rater, ratee`` (the segment), ``score``.

        Parameters
        ----------
        what : {"code", "value"}
            The category, or the number beside it.
        """
        unit = self.entries["narrative"] + "|" + self.entries["segment"]
        return pd.DataFrame({"rater": self.entries["coder"], "ratee": unit, "score": self.entries[what]})

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        texts = self.entries["narrative"].nunique()
        return f"<Codes: {len(self):,} of {texts:,} texts by {len(self.coders)} coders, {len(self.categories)} categories>"


def _sources(intake: Intake) -> np.ndarray[Any, Any]:
    """Read who is a person and who a model; people by default."""
    n = len(intake.user_frame)
    if not intake.has("source"):
        return np.full(n, "human", dtype=object)
    coded = encode(intake.column("source"))
    unknown = np.array([v.lower() not in _SOURCES for v in coded.values] + [False])
    intake.at("E-CODESOURCE", unknown[coded.codes], "source")
    return np.array([*(v.lower() for v in coded.values), "human"], dtype=object)[coded.codes]

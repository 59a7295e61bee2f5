"""Incidents: what a person did, when, and how well or badly it turned out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from rankkit.errors import DataError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.tables import dates, numbers
from rankkit.tables.judgements import Intake
from rankkit.tables.text import encode

VALENCE = (-2.0, 2.0)  # very bad to very good
EFFECTIVENESS = (1.0, 7.0)  # the same on the scale of behavioural anchors
_KNOWN = {"ratee", "occurred_on", "valence", "effectiveness", "author", "dimension"}


@dataclass(frozen=True, eq=False, repr=False)
class Incidents:
    """A validated, immutable table of incidents; build it with :meth:`from_frame`.

    Attributes
    ----------
    people : tuple of str
        Distinct ratees, sorted.
    entries : DataFrame
        ``ratee, occurred_on, valence`` and, where given, ``effectiveness, author, dimension`` and other columns, sorted by
        ratee and date.
    """

    people: tuple[str, ...]
    entries: pd.DataFrame

    error: ClassVar[type[DataError]] = DataError

    @property
    def frame(self) -> pd.DataFrame:
        """The table; changing it does not change the incidents."""
        return self.entries.copy(deep=False)  # pandas copies on write

    @property
    def ratee(self) -> Ints:
        """Code of each incident's ratee in ``people``."""
        return np.searchsorted(np.array(self.people), self.entries["ratee"].to_numpy(dtype=str)).astype(np.int64)

    @property
    def day(self) -> Floats:
        """When each happened, in days since 1970."""
        return dates.days(self.entries["occurred_on"])[0]

    @property
    def valence(self) -> Floats:
        """−2 very bad … +2 very good; an effectiveness of 1 … 7 is ``2(e − 4)/3``."""
        return self.entries["valence"].to_numpy(dtype=np.float64)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, columns: Mapping[str, str] | None = None, source_name: str | None = None) -> Self:
        """Validate a DataFrame of incidents.

        Parameters
        ----------
        frame : DataFrame
            One incident a row: ``ratee, occurred_on`` (a date), ``valence`` (−2 … +2) or ``effectiveness`` (1 … 7), and
            perhaps ``author, dimension`` and columns of text, which are kept.
        columns : mapping, optional
            Our name to the frame's own name.
        source_name : str, optional
            What messages call the table.

        Returns
        -------
        Incidents

        Raises
        ------
        DataError
            With every problem of the table: row, column, value and fix.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"ratee": ["e1", "e1"], "occurred_on": ["2026-03-01", "2026-05-09"], "valence": [2, -1]})
        >>> Incidents.from_frame(frame)
        <Incidents: 2 of 1 people, 2026-03-01 to 2026-05-09>
        """
        intake = Intake(cls, frame, columns, source_name, None)
        intake.need("ratee", "occurred_on", *(() if intake.has("effectiveness") else ("valence",)))
        ratee = encode(intake.column("ratee"))
        intake.check_ids("ratee", ratee)
        when, undated = dates.parse(intake.column("occurred_on"))
        intake.at("E-TIME", undated, "occurred_on")
        intake.at("E-BLANK", when.isna().to_numpy() & ~undated, "occurred_on")
        data: dict[str, Any] = {"ratee": np.array([*ratee.values, None], dtype=object)[ratee.codes], "occurred_on": when}
        if intake.has("valence"):
            data["valence"] = _number(intake, "valence", VALENCE)
        if intake.has("effectiveness"):
            data["effectiveness"] = _number(intake, "effectiveness", EFFECTIVENESS)
            data.setdefault("valence", (data["effectiveness"] - 4.0) * 2 / 3)
        for name in ("author", "dimension"):
            if intake.has(name):
                coded = encode(intake.column(name))
                data[name] = np.array([*coded.values, None], dtype=object)[coded.codes]
        intake.fail_if_any()
        tidy = pd.DataFrame(data).join(intake.extras(_KNOWN))
        tidy = tidy.sort_values(["ratee", "occurred_on", "valence"], kind="stable", ignore_index=True)
        return cls(ratee.values, tidy)

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        when = self.entries["occurred_on"]
        return f"<Incidents: {len(self):,} of {len(self.people):,} people, {when.min():%Y-%m-%d} to {when.max():%Y-%m-%d}>"


def _number(intake: Intake, name: str, scale: tuple[float, float]) -> Floats:
    """Read a column that must be filled with numbers within a scale."""
    values, bad = numbers.parse(intake.column(name))
    intake.at("E-NUMBER", bad, name, range=f" from {scale[0]:g} to {scale[1]:g}", range_zh=f"（{scale[0]:g} 至 {scale[1]:g}）")
    intake.at("E-BLANK", np.isnan(values) & ~bad, name)
    with np.errstate(invalid="ignore"):
        intake.at("E-RANGE", (values < scale[0]) | (values > scale[1]), name, low=scale[0], high=scale[1])
    return values

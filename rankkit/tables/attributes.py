"""Attributes: protected characteristics, a type of their own so that no scoring call can be given them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from rankkit.errors import DataError, PeopleError, Problem
from rankkit.kernels.arrays import Ints
from rankkit.tables.judgements import Intake
from rankkit.tables.text import encode


@dataclass(frozen=True, eq=False, repr=False)
class Attributes:
    """A validated, immutable table of protected attributes; only bias and impact checks accept it.

    Attributes
    ----------
    ids : tuple of str
        Distinct people, sorted.
    names : tuple of str
        Distinct attributes, sorted.
    frame : DataFrame
        ``person, attribute, value``, one row each.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    entries: pd.DataFrame

    error: ClassVar[type[DataError]] = PeopleError

    @property
    def frame(self) -> pd.DataFrame:
        """The table; changing it does not change the attributes."""
        return self.entries.copy(deep=False)  # pandas copies on write

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        columns: Mapping[str, str] | None = None,
        source_name: str | None = None,
        row_numbers: Sequence[int] | Ints | None = None,
    ) -> Self:
        """Validate a DataFrame ``person, attribute, value``.

        Parameters
        ----------
        frame : DataFrame
            One row a person and attribute.
        columns : mapping, optional
            Our name to the frame's own name.
        source_name : str, optional
            What messages call the table.
        row_numbers : sequence of int, optional
            Spreadsheet row of each record; 2, 3, … by default.

        Returns
        -------
        table : Attributes

        Raises
        ------
        PeopleError
            With every problem of the table.

        Examples
        --------
        >>> import pandas as pd, rankkit as rk
        >>> frame = pd.DataFrame({"person": ["e1"], "attribute": ["gender"], "value": ["f"]})
        >>> rk.Attributes.from_frame(frame)
        <Attributes: gender of 1 people>
        """
        intake = Intake(cls, frame, columns, source_name, row_numbers)
        intake.need("person", "attribute", "value")
        coded = {name: encode(intake.column(name)) for name in ("person", "attribute", "value")}
        for name in ("person", "attribute"):
            intake.check_ids(name, coded[name])
        data: dict[str, Any] = {k: np.array([*c.values, None], dtype=object)[c.codes] for k, c in coded.items()}
        tidy = pd.DataFrame(data).astype("str")
        filled = ~(coded["person"].blank | coded["attribute"].blank)
        for k in np.flatnonzero(tidy.duplicated(["person", "attribute"]) & filled):
            details = {"name": f"{tidy['person'].iloc[k]} ({tidy['attribute'].iloc[k]})"}
            intake.problems.append(Problem("E-DUPPERSON", int(intake.rows[k]), intake.shown("person"), None, details))
        intake.fail_if_any()
        tidy = tidy.sort_values(["person", "attribute"], ignore_index=True)
        return cls(coded["person"].values, coded["attribute"].values, tidy)

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        return f"<Attributes: {', '.join(self.names)} of {len(self.ids):,} people>"

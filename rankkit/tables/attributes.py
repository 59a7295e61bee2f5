"""Attributes: protected characteristics, a type of their own so that no scoring call can be given them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import pandas as pd

from rankkit.errors import PeopleError, Problem
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
    frame: pd.DataFrame

    error = PeopleError

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, columns: Mapping[str, str] | None = None, source_name: str | None = None) -> Self:
        """Validate a DataFrame ``person, attribute, value``.

        Parameters
        ----------
        frame : DataFrame
            One row a person and attribute.
        columns : mapping, optional
            Our name to the frame's own name.
        source_name : str, optional
            What messages call the table.

        Returns
        -------

        Attributes
        ----------

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
        intake = Intake(cls, frame, columns, source_name, None)
        intake.need("person", "attribute", "value")
        coded = {name: encode(intake.column(name)) for name in ("person", "attribute", "value")}
        for name in ("person", "attribute"):
            intake.check_ids(name, coded[name])
        tidy = pd.DataFrame({k: [c.values[i] if i >= 0 else None for i in c.codes] for k, c in coded.items()})
        for k in tidy.index[tidy.duplicated(["person", "attribute"])]:
            intake.problems.append(
                Problem("E-DUPPERSON", int(intake.rows[k]), intake.shown("person"), None, {"name": tidy.loc[k, "person"]})
            )
        intake.fail_if_any()
        tidy = tidy.sort_values(["person", "attribute"], ignore_index=True)
        return cls(coded["person"].values, coded["attribute"].values, tidy)

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return f"<Attributes: {', '.join(self.names)} of {len(self.ids):,} people>"

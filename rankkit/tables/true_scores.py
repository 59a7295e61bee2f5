"""True scores: what ratings are held against, from expert consensus, written vignettes or a simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import pandas as pd

from rankkit.errors import DataError, Problem, RatingsError
from rankkit.tables import numbers
from rankkit.tables.judgements import Intake
from rankkit.tables.ratings import OVERALL
from rankkit.tables.text import encode


@dataclass(frozen=True, eq=False, repr=False)
class TrueScores:
    """A validated, immutable table of true scores.

    Attributes
    ----------
    people, dimensions : tuple of str
        Distinct ids, sorted.
    entries : DataFrame
        ``ratee, dimension, score, se`` (standard error of the true score, NaN where not known), one row each.
    """

    people: tuple[str, ...]
    dimensions: tuple[str, ...]
    entries: pd.DataFrame

    error: ClassVar[type[DataError]] = RatingsError

    @property
    def frame(self) -> pd.DataFrame:
        """The table; changing it does not change the true scores."""
        return self.entries.copy(deep=False)  # pandas copies on write

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, columns: Mapping[str, str] | None = None, source_name: str | None = None) -> Self:
        """Validate a DataFrame ``ratee, score`` and perhaps ``dimension``, ``se``.

        Parameters
        ----------
        frame : DataFrame
            One row a ratee and dimension; ``se`` is the standard error of the true score (experts' standard deviation over
            the root of their number).
        columns : mapping, optional
            Our name to the frame's own name.
        source_name : str, optional
            What messages call the table.

        Returns
        -------
        TrueScores

        Raises
        ------
        RatingsError
            With every problem of the table.

        Examples
        --------
        >>> import pandas as pd
        >>> TrueScores.from_frame(pd.DataFrame({"ratee": ["v1", "v2"], "score": [3.2, 4.1]}))
        <TrueScores: 2 people, 1 dimension>
        """
        intake = Intake(cls, frame, columns, source_name, None)
        intake.need("ratee", "score")
        ratee = encode(intake.column("ratee"))
        intake.check_ids("ratee", ratee)
        n = len(intake.user_frame)
        names: tuple[str, ...] = (OVERALL,)
        codes = np.zeros(n, dtype=np.int64)
        if intake.has("dimension"):
            dimension = encode(intake.column("dimension"))
            intake.require_filled("dimension", dimension)
            names, codes = dimension.values, dimension.codes
        values = {}
        for name in ("score", "se"):
            if not intake.has(name):
                values[name] = np.full(n, np.nan)
                continue
            values[name], bad = numbers.parse(intake.column(name))
            wrong = bad | (values[name] < 0 if name == "se" else np.isnan(values[name]))
            intake.at("E-TRUENUMBER", wrong, name)
        tidy = pd.DataFrame(
            {
                "ratee": np.array([*ratee.values, None], dtype=object)[ratee.codes],
                "dimension": np.array([*names, None], dtype=object)[codes],
                **values,
            }
        )
        filled = (ratee.codes >= 0) & (codes >= 0)
        for k in np.flatnonzero(tidy.duplicated(["ratee", "dimension"]) & filled):
            details = {"ratee": tidy["ratee"].iloc[k], "dimension": tidy["dimension"].iloc[k]}
            intake.problems.append(Problem("E-TRUETWICE", int(intake.rows[k]), None, None, details))
        intake.fail_if_any()
        return cls(ratee.values, names, tidy.sort_values(["ratee", "dimension"], ignore_index=True))

    def notes_on_error(self, people: Sequence[str]) -> tuple[Problem, ...]:
        """Say which true scores of these people are taken as free of error because no standard error is given.

        Parameters
        ----------
        people : sequence of str
            Ids of those whose true scores are used.

        Returns
        -------
        tuple of Problem
            ``I-TRUEEXACT`` where none has one, ``W-TRUEPARTLY`` where some lack it; empty otherwise.
        """
        se = self.entries.loc[self.entries["ratee"].isin(people), "se"]
        lacking = int(se.isna().sum())
        if not lacking:
            return ()
        code = "I-TRUEEXACT" if lacking == len(se) else "W-TRUEPARTLY"
        return (Problem(code, None, None, None, {"n": lacking, "of": len(se)}),)

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        s = "" if len(self.dimensions) == 1 else "s"
        return f"<TrueScores: {len(self.people):,} people, {len(self.dimensions)} dimension{s}>"

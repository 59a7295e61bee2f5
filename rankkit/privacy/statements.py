"""What somebody wants to publish about one ratee: means of groups, roll-ups, composites, anything linear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pandas as pd

from rankkit.errors import DataError, SettingsError
from rankkit.tables.ratings import Ratings

COLUMNS = ("rater", "source", "dimension", "score")


@dataclass(frozen=True)
class GroupMean:
    """Mean of one source on one dimension.

    >>> GroupMean("peer", "skill").name
    'peer · skill'
    """

    source: str
    dimension: str

    @property
    def name(self) -> str:
        """How the table calls it."""
        return f"{self.source} · {self.dimension}"


@dataclass(frozen=True)
class RollUp:
    """Mean over all raters of several sources on one dimension ("all others")."""

    name: str
    sources: tuple[str, ...]
    dimension: str


@dataclass(frozen=True)
class Composite:
    """Weighted mean of group means, over dimensions, sources or both.

    Parameters
    ----------
    name : str
    weights : mapping of (source, dimension) to number
        Not negative; divided by their sum.
    missing : {"renormalise", "drop"}
        What happens if a group is not shown: its weight goes to the others (and the table says so), or there is no composite. A
        group that was merged into another hands its weight over to it.
    """

    name: str
    weights: Mapping[tuple[str, str], Any]
    missing: Literal["renormalise", "drop"] = "renormalise"

    def __post_init__(self) -> None:
        exact = {key: fraction(w) for key, w in self.weights.items()}
        if not exact or any(w < 0 for w in exact.values()) or not sum(exact.values()):
            raise SettingsError("E-SETTING", name="weights", value=dict(self.weights), allowed="0 or more, not all 0")
        if self.missing not in ("renormalise", "drop"):
            raise SettingsError("E-SETTING", name="missing", value=self.missing, allowed=["renormalise", "drop"])


@dataclass(frozen=True)
class Linear:
    """Any weighted sum of single ratings, a declared adjustment for example: Σ weight × rating."""

    name: str
    weights: Mapping[tuple[str, str], Any]


@dataclass(frozen=True)
class Pooled:
    """Weighted mean over dimensions of the mean over all raters of some sources who are in groups that are shown.

    No group is merged for its sake, and raters of groups that are not shown are left out: it says nothing beyond the groups.

    Parameters
    ----------
    name : str
    sources : tuple of str
    weights : mapping of dimension to number
    """

    name: str
    sources: tuple[str, ...]
    weights: Mapping[str, Any]


Statement = GroupMean | RollUp | Composite | Linear | Pooled


def fraction(value: Any) -> Fraction:
    """Read a number as it is written: 0.3 is 3/10, not the nearest binary fraction.

    >>> fraction(0.3), fraction("1/3")
    (Fraction(3, 10), Fraction(1, 3))
    """
    try:
        return Fraction(repr(float(value)) if isinstance(value, (float, np.floating)) else str(value))
    except (ValueError, ZeroDivisionError, TypeError):
        raise SettingsError("E-SETTING", name="weights", value=value, allowed="numbers") from None


def cells_of(table: Ratings) -> pd.DataFrame:
    """Lay ratings out as cells: one row a ratee × rater × dimension, repeated occasions averaged.

    Parameters
    ----------
    table : Ratings

    Returns
    -------
    DataFrame
        ``ratee, rater, source, dimension, score``; the source is empty where the table has none.

    Raises
    ------
    DataError
        ``E-TWOSOURCES`` if a rater rates a person in two roles.
    """
    rated = ~np.isnan(table.score)
    names = np.array([*table.sources, ""], dtype=object)
    frame = pd.DataFrame(
        {
            "ratee": np.array(table.people, dtype=object)[table.ratee[rated]],
            "rater": np.array([*table.raters, ""], dtype=object)[table.rater[rated]],
            "source": names[table.source[rated]],
            "dimension": np.array(table.dimensions, dtype=object)[table.dimension[rated]],
            "score": table.score[rated],
        }
    )
    roles = frame.drop_duplicates(["ratee", "rater", "source"])
    twice = roles.duplicated(["ratee", "rater"])
    if twice.any():
        first = roles[twice].iloc[0]
        raise DataError("E-TWOSOURCES", rater=first["rater"], ratee=first["ratee"])
    return frame.groupby(["ratee", "rater", "source", "dimension"], sort=True)["score"].mean().reset_index()


def checked(cells: pd.DataFrame) -> pd.DataFrame:
    """Make sure that a table has the columns of cells of one ratee, and each cell once.

    Raises
    ------
    DataError
        ``E-COLS``, ``E-CELLS`` if several ratees are in it, ``E-DUPCELL`` if a cell stands twice.
    """
    missing = [c for c in COLUMNS if c not in cells.columns]
    if missing:
        raise DataError("E-COLS", missing=missing, found=list(map(str, cells.columns)), example=f"'{missing[0]}': '…'")
    people = len(set(cells["ratee"])) if "ratee" in cells.columns else 1
    if people > 1:
        raise DataError("E-CELLS", n=people)
    kept = cells[cells["score"].notna()]
    twice = kept.duplicated(["rater", "dimension"])
    if twice.any():
        row = kept[twice].iloc[0]
        raise DataError("E-DUPCELL", rater=row["rater"], dimension=row["dimension"])
    return kept.assign(source=kept["source"].fillna("").astype(str)).sort_values(["dimension", "rater"], kind="stable")

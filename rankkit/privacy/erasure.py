"""Erasing a person from every table, and saying what was removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import DataError
from rankkit.tables.judgements import Judgements
from rankkit.tables.text import normalise

_ABOUT = ("ratee", "person", "left", "right", "winner", "loser", "item", "employee")  # rows about the person
_BY = ("rater", "judge", "author", "logger", "coder", "verified_by", "nominated_by")  # rows the person made
_ROLE = ("manager",)  # a mention that is blanked; the row is about somebody else
_NAMES = ("ratee_label", "rater_label", "author_label", "label", "name")


@dataclass(frozen=True, eq=False)
class Erasure:
    """Tables without a person, and what was removed.

    Attributes
    ----------
    tables : mapping
        The same names and types as were given; ``None`` where nothing is left.
    removed : DataFrame
        By ``table``: ``about`` (rows about the person), ``by`` (rows the person made), ``blanked`` (mentions as manager), ``left``
        (rows that stay), ``in_words`` (rows whose free text still names them: read these).
    """

    tables: Mapping[str, Any]
    removed: pd.DataFrame

    def __repr__(self) -> str:
        gone = int(self.removed[["about", "by"]].to_numpy().sum())
        return f"<Erasure: {gone} rows of {len(self.removed)} tables>"


def erase(person: str, tables: Mapping[str, Any]) -> Erasure:
    """Remove a person from all tables, as ratee and as rater; what others wrote about third people stays.

    Tables are not changed; new ones are returned. A ranking of several people keeps its order without the person. Free text is
    not edited: rows whose words name the person are counted in ``in_words`` and must be read by somebody.

    Event logs of sessions cannot lose lines (that would break their order). Their rule: keep them under pseudonyms, keep the key of
    the pseudonyms apart, and to erase a person destroy the person's entry in the key: the lines then stand for nobody (a
    tombstone). A ledger of releases keeps its lines too, under salted stand-ins: without them the difference between two
    releases would give away the very answer that was erased.

    Parameters
    ----------
    person : str
        Id.
    tables : mapping of str to table
        ``Ratings, Comparisons, Rankings, Incidents, Narratives, People, Attributes`` or DataFrames, by any names.

    Returns
    -------
    Erasure

    Raises
    ------
    DataError
        ``E-TYPE`` if something is no table.

    Examples
    --------
    >>> ratings = pd.DataFrame({"rater": ["a", "b", "c"], "ratee": ["b", "c", "a"], "score": [3, 4, 5]})
    >>> people = pd.DataFrame({"person": ["a", "b", "c"], "manager": ["", "a", "a"]})
    >>> gone = erase("a", {"ratings": ratings, "people": people})
    >>> gone.tables["ratings"]
      rater ratee  score
    1     b     c      4
    >>> gone.removed[["about", "by", "blanked", "left"]]
             about  by  blanked  left
    table
    ratings      1   1        0     1
    people       1   0        2     2
    """
    person = normalise(person)
    rows: dict[str, tuple[int, ...]] = {}
    out: dict[str, Any] = {}
    for name, table in tables.items():
        out[name], rows[name] = _erased(person, table)
    removed = pd.DataFrame.from_dict(rows, orient="index", columns=["about", "by", "blanked", "left", "in_words"]).rename_axis("table")
    return Erasure(out, removed)


def _erased(person: str, table: Any) -> tuple[Any, tuple[int, ...]]:
    """Remove the person from one table of any kind."""
    if isinstance(table, pd.DataFrame):
        kept, counts = _from_frame(person, table)
        return kept, counts
    frame = getattr(table, "frame", None)
    if not isinstance(frame, pd.DataFrame) or not hasattr(type(table), "from_frame"):
        raise DataError("E-TYPE", expected="a table", found=type(table).__name__)
    indexed = frame.index.name is not None
    kept, counts = _from_frame(person, frame.reset_index() if indexed else frame)
    if len(kept) == len(frame) and not counts[2]:
        return table, counts
    if not len(kept):
        return None, counts
    if isinstance(table, Judgements) and not counts[2]:
        mask = np.zeros(len(frame), dtype=bool)
        mask[kept.index.to_numpy(dtype=np.int64)] = True
        return table.where(mask), counts
    kept = kept.reset_index(drop=True)
    extra = {"scale": table.scale} if getattr(table, "scale", None) is not None else {}
    return type(table).from_frame(kept, **extra), counts


def _from_frame(person: str, frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[int, ...]]:
    """Remove rows about and by the person; blank the person where somebody else's row names them as manager."""

    def names(columns: tuple[str, ...]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        hit = np.zeros(len(frame), dtype=bool)
        for column in columns:
            if column in frame.columns:
                hit |= (frame[column].astype(object).map(lambda v: isinstance(v, str) and normalise(v) == person)).to_numpy(dtype=bool)
        return hit

    about = names(_ABOUT)
    by = names(_BY) & ~about
    kept = frame.loc[~(about | by)].copy()
    blanked = 0
    for column in _ROLE:
        if column in kept.columns:
            mention = kept[column].astype(object).map(lambda v: isinstance(v, str) and normalise(v) == person).to_numpy(dtype=bool)
            blanked += int(mention.sum())
            if mention.any():
                kept[column] = kept[column].astype(object).where(~mention, None)
    called = {person} | {
        str(v)
        for c, key in (("ratee_label", _ABOUT), ("label", _ABOUT), ("rater_label", _BY))
        if c in frame.columns
        for v in frame.loc[names(key), c].dropna()
    }
    free = [c for c in kept.columns if c not in (*_ABOUT, *_BY, *_ROLE, *_NAMES) and kept[c].dtype.kind not in "biufcmM"]
    told = (
        kept[free].map(lambda v: isinstance(v, str) and any(_mentions(v, n) for n in called)).any(axis=1) if free else pd.Series(dtype=bool)
    )
    return kept, (int(about.sum()), int(by.sum()), blanked, len(kept), int(told.sum()))


def _mentions(text: str, name: str) -> bool:
    """Tell whether a text names somebody; short codes only as a whole cell or word."""
    if not name.isascii():
        return name in text
    return name in text.replace(",", " ").replace(".", " ").replace(";", " ").split() or (" " in name and name in text)

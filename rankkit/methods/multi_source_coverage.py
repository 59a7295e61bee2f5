"""Who was asked and who answered, by ratee and source."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import RatingsError
from rankkit.tables.ratings import SOURCES, Ratings
from rankkit.tables.text import encode

REASONS = ("not_observed", "not_applicable", "declined", "late", "withdrawn", "redacted")
_NOMINATORS = ("ratee", "manager", "system")


def coverage(table: Ratings) -> pd.DataFrame:
    """Forms and answers by (``ratee``, ``source``).

    Returns
    -------
    DataFrame
        ``invited`` (raters with a row), ``answered`` (with at least one rating), ``response`` (their share), ``items`` and
        ``filled`` (rows, and rows with a rating), why rows are blank (``not_observed, declined, late …``, from the column
        ``na_reason``), and ``nominated_by_ratee, …`` (raters, from the column ``nominated_by``).
    """
    frame = pd.DataFrame(
        {
            "ratee": np.array(table.people, dtype=object)[table.ratee],
            "source": np.array(table.sources, dtype=object)[table.source],
            "rater": table.rater,
            "filled": ~np.isnan(table.score),
        }
    )
    keys = ["ratee", "source"]
    forms = frame.groupby([*keys, "rater"])["filled"].any().reset_index()
    out = pd.DataFrame(forms.groupby(keys)["filled"].agg(invited="size", answered="sum"))
    rows = frame.groupby(keys)["filled"].agg(items="size", filled="sum")
    out = out.join(rows).astype("int64")
    out.insert(2, "response", out["answered"] / out["invited"])
    if "na_reason" in table.extras:
        said = _words(table.extras["na_reason"])
        for reason in REASONS:
            count = frame[(said == reason) & ~frame["filled"].to_numpy()].groupby(keys).size()
            if len(count):
                out[reason] = count.reindex(out.index, fill_value=0).astype("int64")
    if "nominated_by" in table.extras:
        said = _words(table.extras["nominated_by"])
        for who in _NOMINATORS:
            count = frame[said == who].groupby(keys)["rater"].nunique()
            if len(count):
                out[f"nominated_by_{who}"] = count.reindex(out.index, fill_value=0).astype("int64")
    out.insert(0, "label", [table.labels[p] for p in out.index.get_level_values("ratee")])
    return out


def with_nominations(own: pd.DataFrame, cells: pd.DataFrame, nominations: pd.DataFrame) -> pd.DataFrame:
    """Coverage against a list of who was asked: ``rater, ratee, source``; forms that never came are counted.

    Raises
    ------
    RatingsError
        If the list lacks a column, or names a source that does not exist.
    """
    if not isinstance(nominations, pd.DataFrame):
        raise RatingsError("E-TYPE", expected="DataFrame", found=type(nominations).__name__)
    for column in ("rater", "ratee", "source"):
        if column not in nominations.columns:
            found = list(map(str, nominations.columns))
            raise RatingsError("E-COLS", missing=column, found=found, example=f"'{column}': '…'")
    asked = pd.DataFrame(
        {
            c: np.array([*encode(nominations[c]).values, ""], dtype=object)[encode(nominations[c]).codes]
            for c in ("rater", "ratee", "source")
        }
    )
    unknown = sorted(set(asked["source"]) - set(SOURCES))
    if unknown:
        raise RatingsError("E-SETTING", name="source", value=unknown, allowed=list(SOURCES))
    keys = ["ratee", "source"]
    asked = asked.drop_duplicates()
    came = cells[["rater", "ratee", "source"]].astype(object).drop_duplicates().assign(answered=True)
    joined = asked.merge(came, how="left", on=["rater", "ratee", "source"])
    joined["answered"] = joined["answered"].notna()
    extra = came.merge(asked, how="left", on=["rater", "ratee", "source"], indicator=True)
    extra = extra[extra["_merge"] == "left_only"]
    counts = pd.DataFrame(joined.groupby(keys)["answered"].agg(invited="size", answered="sum"))
    out = pd.concat([counts, extra.groupby(keys).size().rename("unasked")], axis=1).fillna(0).astype("int64").sort_index()
    out.insert(2, "response", out["answered"] / out["invited"].where(out["invited"] > 0))
    labels = own["label"].groupby(level="ratee").first() if len(own) else pd.Series(dtype=object)
    out.insert(0, "label", [labels.get(p, p) for p in out.index.get_level_values("ratee")])
    return out


def _words(column: pd.Series[Any]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Cells as plain words."""
    return column.astype(object).where(column.notna(), "").astype(str).str.strip().str.lower().to_numpy(dtype=object)

"""Altered incidents and narratives: under other names, turned round, improved, in rows as a user holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from rankkit.tables.codes import Codes
from rankkit.tables.comparisons import Comparisons
from rankkit.tables.narratives import Narratives


def reversed_incidents(frame: pd.DataFrame) -> pd.DataFrame:
    """Call good what was bad."""
    columns = {"valence": -frame["valence"]}
    if "effectiveness" in frame:
        columns["effectiveness"] = 8.0 - frame["effectiveness"]
    return frame.assign(**columns)


def improved_incidents(frame: pd.DataFrame, person: str) -> pd.DataFrame:
    """Call everything very good that one person did."""
    mine = (frame["ratee"] == person) & frame["valence"].notna()
    columns = {"valence": frame["valence"].mask(mine, 2.0)}
    if "effectiveness" in frame:
        columns["effectiveness"] = frame["effectiveness"].mask(mine, 7.0)
    return frame.assign(**columns)


def attached(table: Narratives, made: Narratives, names: Mapping[str, str] | None = None) -> Narratives:
    """Give a rebuilt table the codes and comparisons of the first one, under other names of judges if need be."""
    known = names or {}
    ids = set(made.entries["narrative"])
    if table.codes is not None:
        entries = table.codes.frame
        entries = entries[entries["narrative"].isin(ids)]
        if len(entries):
            made = replace(made, codes=Codes.from_frame(entries))
    if table.comparisons is not None:
        frame = table.comparisons.frame.astype({"rater": "object", "left": "object", "right": "object"})
        frame = frame[frame["left"].isin(ids) & frame["right"].isin(ids)].reset_index(drop=True)
        if len(frame):
            pairs = Comparisons.from_frame(frame.assign(rater=frame["rater"].map(lambda r: known.get(r, r))))
            made = replace(made, comparisons=pairs)
    return made


def has_attachments(table: object) -> bool:
    """Whether a table holds more than its own rows: texts with codes or comparisons."""
    return isinstance(table, Narratives) and (table.codes is not None or table.comparisons is not None)

"""Altered rankings as frames: turned round, with somebody put first, handed in twice, without a word about somebody."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rankkit.result import Result
from rankkit.tables.ranking_picks import UNRANKED
from rankkit.tables.rankings import Rankings

_ENDS = {"best": "worst", "worst": "best"}


def mirrors(result: Result) -> bool:
    """Whether lists turned round should mirror the scores: not where one end is chosen otherwise than the other."""
    scale = float(getattr(result, "worst_scale", 1.0))
    return getattr(result, "model", "") not in ("plackett_luce", "several") and (np.isnan(scale) or scale == 1)


def turned(table: Rankings, frame: pd.DataFrame) -> pd.DataFrame | None:
    """Turn every list round, and the ends of its picks; ``None`` if leftovers of lists without picks cannot be.

    Parameters
    ----------
    table : Rankings
        The table.
    frame : DataFrame
        Its tidy frame, which is altered.
    """
    entries = table.to_lists()
    picked = np.zeros(entries.size, dtype=bool)
    shown = np.repeat(np.arange(table.lists.size), np.diff(table.lists.start))
    picked[shown[table.pick[table.lists.row] > 0]] = True
    if (entries.left_over & ~picked[entries.list_of]).any():
        return None
    reversed_rank = entries.length[entries.list_of] + 1 - entries.midrank
    found = pd.Series(reversed_rank, index=pd.MultiIndex.from_arrays([entries.list_of, entries.item]))
    which = np.empty(len(table), dtype=np.int64)
    which[table.lists.row] = shown
    ranked = ~np.isnan(table.rank)
    rank = np.full(len(table), np.nan)
    rank[ranked] = found.loc[list(zip(which[ranked], table.ratee[ranked], strict=True))].to_numpy()
    out = frame.assign(rank=rank)
    return out.assign(end=frame["end"].replace(_ENDS)) if "end" in frame else out


def promoted(table: Rankings, frame: pd.DataFrame, person: str) -> pd.DataFrame:
    """Let a person and the first of each list change places, with everything that is said about the two places."""
    out = frame.copy()
    who = [c for c in ("ratee", "ratee_label") if c in frame]
    cells = {c: out[c].astype(object).to_numpy().copy() for c in who}
    code = table.people.index(person)
    lists = table.lists
    for k in range(lists.size):
        rows = lists.row[lists.start[k] : lists.start[k + 1]]
        rows = rows[table.status[rows] <= UNRANKED]
        here = rows[table.ratee[rows] == code]
        if len(here) and not np.isnan(table.rank[rows]).all():
            first, own = rows[np.nanargmin(table.rank[rows])], here[0]
            for cell in cells.values():
                cell[[first, own]] = cell[[own, first]]
    return out.assign(**cells)


def repeated(frame: pd.DataFrame) -> pd.DataFrame:
    """Hand every list in a second time, in a session of its own."""
    before = frame["session"].astype(str) if "session" in frame else pd.Series("first", index=frame.index)
    return pd.concat([frame.assign(session=before), frame.assign(session=before + " again")], ignore_index=True)


def silent(person: str) -> dict[str, object]:
    """Cells of a row that says of somebody only that they were not shown."""
    return {"ratee": person, "rank": np.nan, "status": "not_presented"}


def without_picks(frame: pd.DataFrame) -> pd.DataFrame:
    """Forget how the lists were made."""
    return frame.drop(columns=[c for c in ("pick", "end", "forced", "status") if c in frame])

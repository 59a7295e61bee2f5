"""Rows of people, best first: everybody by name, or both ends by name and the middle squeezed into a band."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from rankkit.errors import Lang
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import say

NAMED = 60  # people listed by name; above that, the two ends
ROW = 0.235  # inches a row
_BAND = 9.0  # rows that the unnamed middle takes
_BAND_LINES = 240  # unnamed people drawn at most


def laid(scored: pd.DataFrame, named: int) -> tuple[pd.DataFrame, int, int]:
    """Give each person a row ``y`` and a ``place``; above ``named`` the middle is squeezed into a band.

    Parameters
    ----------
    scored : DataFrame
        Best first, with ``text``.
    named : int
        Most people listed by name.

    Returns
    -------
    DataFrame
        With ``y`` and ``place``: ``scored`` or ``between``.
    int
        Every how many people of the middle one is drawn.
    int
        People named at each end; 0 = everybody is named.
    """
    n = len(scored)
    scored = scored.assign(place="scored", y=np.arange(n, dtype=np.float64))
    if n <= named:
        return scored, 1, 0
    ends = max(named // 2, 1)
    middle = scored.iloc[ends : n - ends]
    stride = -(-len(middle) // _BAND_LINES)
    drawn = middle.iloc[::stride]
    offset = ends - 0.5 + _BAND * (np.arange(len(drawn)) + 0.5) / len(drawn)
    drawn = drawn.assign(y=offset, place="between", text="")
    last = scored.iloc[n - ends :].assign(y=ends + _BAND + np.arange(ends, dtype=np.float64))
    return pd.concat([scored.iloc[:ends], drawn, last]), stride, ends


def middle_of(scored: pd.DataFrame, ends: int) -> pd.DataFrame:
    """Count those drawn without a name: ``n, rank_low, rank_high, y``."""
    middle = scored.iloc[ends : len(scored) - ends] if ends else scored.iloc[:0]
    rows = [(len(middle), int(middle["rank"].min()), int(middle["rank"].max()), ends - 0.5 + _BAND / 2)] if len(middle) else []
    return pd.DataFrame(rows, columns=["n", "rank_low", "rank_high", "y"])


def middle_words(n: int, ends: int, stride: int, lang: Lang) -> tuple[str, str]:
    """Say how many are named, and whether some of the others are not even drawn."""
    cut = say("forest_cut", lang, n=n, ends=ends, middle=n - 2 * ends) if ends else ""
    return cut, say("forest_stride", lang, stride=stride) if stride > 1 else ""


def draw_lines(ax: Axes, rows: pd.DataFrame, low: str, high: str, color: str, width: float) -> None:
    """Draw the intervals there are."""
    some = rows[np.isfinite(rows[low]) & np.isfinite(rows[high])]
    ax.hlines(some["y"], some[low], some[high], color=color, linewidth=width, zorder=2)


def write_middle(ax: Axes, middle: pd.DataFrame, lang: Lang) -> None:
    """Say beside the band how many are drawn without a name."""
    for n, low, high, y in middle.itertuples(index=False):
        text = say("not_named", lang, n=n, low=low, high=high)
        lettering.write(ax, 1.02, y, text, color=palette.GREY, size=8.5, transform=ax.get_yaxis_transform(), va="center", ha="left")

"""Sankey diagram: from the grades before a calibration session to the grades now."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch, PathPatch, Rectangle
from matplotlib.path import Path

from rankkit.errors import Lang, language
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "sankey"
_COLORS = {"up": palette.BLUE, "down": palette.VERMILLION, "same": palette.SILVER, "new": palette.GREEN}
_BAR = 0.06  # width of the columns, of the distance between them
_GAP = 0.06  # between grades, of the number of people


def applies(subject: Any) -> bool:
    """Tell whether a subject is a calibration session."""
    return hasattr(subject, "flows") and hasattr(subject, "quota_only")


def compute(session: Any, *, lang: Lang | None = None) -> PlotData:
    """Lay out the flows between grades.

    Parameters
    ----------
    session : SessionRecord
        Its ``flows`` has ``before, grade, n``.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table``: ``before, grade, n, direction`` (``up, down, same``, or ``new`` for an awaited grade) and the lower edge of the
        band on either side, ``left, right``. ``more["bars"]``: ``side, grade, n, low``.
    """
    lang = lang or language()
    order = [*session.state.grades, "—"]
    place = {g: k for k, g in enumerate(order)}
    table = session.flows.copy()
    table["direction"] = [_direction(place[a], place[b], len(order) - 1) for a, b in zip(table["before"], table["grade"], strict=True)]
    n = int(table["n"].sum())
    bars, edge = [], {}
    for side, column, other in (("left", "before", "grade"), ("right", "grade", "before")):
        height = 0.0
        edge[side] = pd.Series(0.0, index=table.index)
        for grade in reversed(order):  # the best on top
            rows = table[table[column] == grade].sort_values(other, key=lambda c: c.map(place).astype("int64"), ascending=False)
            if not len(rows):
                continue
            bars.append({"side": side, "grade": grade, "n": int(rows["n"].sum()), "low": height})
            for k, size in rows["n"].items():
                edge[side][k] = height
                height += float(size)
            height += _GAP * n
    table = table.assign(**edge)
    counts = table.groupby("direction")["n"].sum()
    up, down, new = (int(counts.get(d, 0)) for d in ("up", "down", "new"))
    only, all_down = session.quota_only
    return PlotData(
        kind=KIND,
        table=table,
        more={"bars": pd.DataFrame(bars, columns=["side", "grade", "n", "low"])},
        title=say("sankey", lang),
        subtitle=sentences(
            lang,
            say("sankey_say", lang, moved=up + down, n=n, up=up, down=down),
            say("sankey_placed", lang, n=new) if new else "",
            say("sankey_quota", lang, n=only, of=all_down) if only else "",
        ),
        lang=lang,
        size=(6.8, 4.6),
    )


def _direction(before: int, now: int, awaited: int) -> str:
    if before == awaited:
        return "new" if now != awaited else "same"
    return "same" if before == now else "up" if now < before else "down"


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw the diagram.

    Parameters
    ----------
    data : PlotData
        From :func:`compute`.
    ax : Axes
        Where to draw.

    Returns
    -------
    Axes
    """
    palette.dress(ax, data.title, data.subtitle, line=80, lift=16)
    ax.spines["bottom"].set_visible(False)
    ax.set_xticks([])
    ax.set_yticks([])
    table, bars = data.table, data.more["bars"]
    for direction in ("same", "new", "up", "down"):  # the few that moved lie on top
        for row in table[table["direction"] == direction].itertuples():
            ax.add_patch(PathPatch(_band(row.left, row.right, row.n), facecolor=_COLORS[direction], alpha=0.55, linewidth=0))  # type: ignore[arg-type]
    for bar in bars.itertuples():
        left = bar.side == "left"
        ax.add_patch(Rectangle((-_BAR if left else 1.0, float(bar.low)), _BAR, float(bar.n), facecolor=palette.INK, linewidth=0))  # type: ignore[arg-type]
        text = f"{lettering.legible(str(bar.grade), 14)}  {bar.n}" if left else f"{bar.n}  {lettering.legible(str(bar.grade), 14)}"
        middle = float(bar.low) + float(bar.n) / 2  # type: ignore[arg-type]
        at = -_BAR - 0.02 if left else 1 + _BAR + 0.02
        lettering.write(ax, at, middle, text, size=10, color=palette.INK, ha="right" if left else "left", va="center")
    top = float((bars["low"] + bars["n"]).max()) if len(bars) else 1.0
    for x, word in ((-_BAR / 2, "session_before"), (1 + _BAR / 2, "session_now")):
        lettering.write(ax, x, top * 1.03, say(word, data.lang), size=9, color=palette.GREY, ha="center", va="bottom")
    ax.set_xlim(-0.3, 1.3)
    ax.set_ylim(0, top * 1.1)
    shown = [d for d in _COLORS if (table["direction"] == d).any()]
    handles = [Patch(facecolor=_COLORS[d], alpha=0.55, label=say(f"sankey_{d}", data.lang)) for d in shown]
    palette.legend(ax, handles, columns=4, below=12)
    return ax


def _band(left: float, right: float, n: float) -> Path:
    """Outline of a band from one column to the other."""
    points = [(0, left), (0.5, left), (0.5, right), (1, right), (1, right + n), (0.5, right + n), (0.5, left + n), (0, left + n), (0, left)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    return Path(points, codes)

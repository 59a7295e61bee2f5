"""Timeline of moves: who was moved from which grade to which, in the order the moves were made."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from rankkit.errors import Lang, language
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "move_log"
_UPRIGHT = 4  # names that fit side by side
SHOWN = 40  # moves that can be told apart side by side
_COLORS = {"move_up": palette.BLUE, "move_down": palette.VERMILLION, "move_quota": palette.ORANGE, "move_placed": palette.GREEN}


def applies(subject: Any) -> bool:
    """Tell whether a subject is a calibration session with moves."""
    return hasattr(subject, "flows") and hasattr(subject, "quota_only") and len(subject.moves) > 0


def compute(session: Any, *, lang: Lang | None = None) -> PlotData:
    """Lay out moves in order.

    Parameters
    ----------
    session : SessionRecord
        Its ``moves`` has ``label, from, to, steps, code, n_evidence, undone_by``.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` by number of the event: ``label, from, to, kind`` (``move_up, move_down, move_quota, move_placed``), ``undone,
        evidence, x, start, end``. The highest grade is on top.
    """
    lang = lang or language()
    order = list(session.state.grades)
    height = {g: len(order) - 1 - k for k, g in enumerate(order)}
    moves = session.moves.iloc[-SHOWN:]
    table = moves[["label", "from", "to"]].copy()
    table["label"] = lettering.distinct(list(moves["ratee"]), list(moves["label"])) if moves["ratee"].is_unique else [
        lettering.legible(str(name)) for name in moves["label"]
    ]  # fmt: skip
    table["kind"] = [_kind(str(row["from"]), int(row["steps"]), str(row["code"])) for _, row in moves.iterrows()]
    table["undone"] = moves["undone_by"].notna()
    table["evidence"] = moves["n_evidence"] > 0
    table["x"] = np.arange(len(table))
    table["start"] = [height.get(g, -1) for g in moves["from"]]
    table["end"] = [height[g] for g in moves["to"]]
    n = len(session.moves)
    return PlotData(
        kind=KIND,
        table=table,
        title=say("move_log", lang),
        subtitle=sentences(lang, say("move_log_say", lang), say("move_log_cut", lang, shown=SHOWN, n=n) if n > SHOWN else ""),
        x_label=say("move_log_x", lang),
        y_label=say("session_grade", lang),
        lang=lang,
        size=(min(max(7.5, 3.0 + 0.5 * len(table)), 14.0), 2.4 + 0.75 * len(order)),
    )


def _kind(before: str, steps: int, code: str) -> str:
    if before == "—":
        return "move_placed"
    return "move_up" if steps > 0 else "move_quota" if code == "quota_only" else "move_down"


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw the timeline.

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
    table = data.table
    palette.dress(ax, data.title, data.subtitle, data.x_label, data.y_label, line=86)
    lowest = min([0, *table["start"]])
    slanted = len(table) > _UPRIGHT
    names = {int(y): str(g) for column, at in (("from", "start"), ("to", "end")) for g, y in zip(table[column], table[at], strict=True)}
    top = max(names, default=0)
    for y in sorted(names):
        ax.axhline(y, color=palette.PALE, linewidth=1, zorder=0)
    for row in table.itertuples():
        color, x, a, b = _COLORS[str(row.kind)], float(row.x), float(row.start), float(row.end)  # type: ignore[arg-type]
        filled = bool(row.evidence)
        arrow = FancyArrowPatch(
            (x, a),
            (x, b),
            arrowstyle="-|>",
            mutation_scale=13,
            edgecolor=color,
            facecolor=color if filled else "white",
            linewidth=1.8,
            linestyle="--" if row.undone else "-",
            shrinkA=0,
            shrinkB=0,
        )
        ax.add_patch(arrow)
        ax.plot([x], [a], marker="o", markersize=4, color=color)
        above = max(a, b) + 0.1
        lettering.write(ax, x, above, str(row.label), size=8, color=palette.INK, ha="center", va="bottom", rotation=60 if slanted else 0)
    ax.set_xlim(-0.7, len(table) - 0.3)
    ax.set_ylim(lowest - 0.3, top + (1.0 if slanted else 0.45))
    lettering.tick_names(ax, "y", sorted(names), [lettering.legible(names[y], 14) for y in sorted(names)], size=10)
    step = max(1, len(table) // 16)
    lettering.tick_names(ax, "x", list(table["x"])[::step], [str(n) for n in table.index[::step]], size=8)
    kinds = [k for k in _COLORS if (table["kind"] == k).any()]
    palette.legend(ax, [Line2D([], [], color=_COLORS[k], linewidth=2.5, label=say(k, data.lang)) for k in kinds], columns=4, below=38)
    return ax

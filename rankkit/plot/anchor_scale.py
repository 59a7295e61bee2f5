"""Kept incidents on the scale of each dimension: mean and spread, which became anchors, and where there is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from rankkit.errors import Lang, language
from rankkit.methods.bars_card import ScaleCard
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "anchor_scale"
_ROOM = 1.5  # rows between dimensions
_GAP = "#FBEBCB"
_NAMED = 60  # anchors whose ids are written


def applies(subject: Any) -> bool:
    """Tell whether this is a scale card."""
    return isinstance(subject, ScaleCard) and len(subject.anchors) > 0


def compute(card: ScaleCard, *, dimension: str | None = None, lang: Lang | None = None) -> PlotData:
    """Lay out the incidents.

    Parameters
    ----------
    card : ScaleCard
        The card.
    dimension : str, optional
        Only this one.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table``: ``dimension, incident, value, sd, anchor, y``, from low to high within each dimension; ``more["gaps"]``:
        ``dimension, low, high, top, bottom``; ``more["dimensions"]``: ``label, y``.
    """
    lang = lang or language()
    names = card.names if dimension is None else (dimension,)
    rows, marks, gaps = [], [], []
    y = 0.0
    for name in names:
        anchors = card.of(name)
        part = anchors[["dimension", "incident", "value", "sd"]].assign(anchor=True)
        if {"kept", "dimension", "incident", "value", "sd"} <= set(card.items.columns):
            rest = card.items[card.items["kept"] & (card.items["dimension"] == name) & ~card.items["incident"].isin(anchors["incident"])]
            part = pd.concat([part, rest[["dimension", "incident", "value", "sd"]].assign(anchor=False)], ignore_index=True)
        part = part.sort_values(["value", "incident"], kind="stable").assign(y=y + np.arange(len(part)))
        top, bottom = y - 0.8, y + max(len(part), 1) - 0.2
        rows.append(part)
        marks.append((card.labels[name], (top + bottom) / 2, top))
        if len(card.gaps):
            for row in card.gaps[card.gaps["dimension"] == name].itertuples(index=False):
                gaps.append((name, row.low, row.high, top, bottom))
        y = bottom + 0.2 + _ROOM
    table = pd.concat(rows, ignore_index=True)
    return PlotData(
        kind=KIND,
        table=table,
        more={
            "gaps": pd.DataFrame(gaps, columns=["dimension", "low", "high", "top", "bottom"]),
            "dimensions": pd.DataFrame(marks, columns=["label", "y", "top"], index=list(names)),
            "scale": pd.DataFrame({"low": [card.scale[0]], "high": [card.scale[1]]}),
        },
        title=say("anchor_scale", lang),
        subtitle=sentences(lang, say("anchor_scale_say", lang)),
        x_label=say("effectiveness", lang),
        lang=lang,
        size=(8.0, float(np.clip(2.0 + 0.062 * y, 3.6, 14.0))),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw means, spreads and gaps.

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
    table, gaps, marks = data.table, data.more["gaps"], data.more["dimensions"]
    low, high = float(data.more["scale"]["low"].iloc[0]), float(data.more["scale"]["high"].iloc[0])
    for a, b, top, bottom in gaps[["low", "high", "top", "bottom"]].to_numpy(dtype=np.float64):
        ax.add_patch(Rectangle((a, top), b - a, bottom - top, facecolor=_GAP, edgecolor="none", zorder=0))
    for chosen, color, size in ((False, palette.SILVER, 10), (True, palette.BLUE, 34)):
        part = table[table["anchor"] == chosen]
        x, y, sd = (part[c].to_numpy(dtype=np.float64) for c in ("value", "y", "sd"))
        ax.hlines(y, np.clip(x - sd, low, high), np.clip(x + sd, low, high), color=color, linewidth=1.6 if chosen else 0.8, zorder=2)
        ax.scatter(x, y, s=size, color=color if chosen else "white", edgecolor=color, linewidth=0.8, zorder=3)
    anchors = table[table["anchor"]]
    if len(anchors) <= _NAMED:
        for name, x, y, sd in anchors[["incident", "value", "y", "sd"]].itertuples(index=False):
            reach = float(sd) if np.isfinite(float(sd)) else 0.0
            beyond = min(float(x) + reach, high) >= high - 0.1 * (high - low)  # no room on the right
            at = max(float(x) - reach, low) - 0.012 * (high - low) if beyond else float(x) + reach + 0.012 * (high - low)
            side = "right" if beyond else "left"
            lettering.write(ax, at, float(y), lettering.legible(str(name), 14), size=7.0, color=palette.BLUE, ha=side, va="center")
    palette.dress(ax, data.title, data.subtitle, data.x_label, line=int(12.5 * data.size[0]))
    ax.set_xlim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    ax.set_ylim(float(table["y"].max()) + 1.5, -2.0)
    lettering.tick_names(ax, "y", list(marks["y"]), [lettering.legible(str(v), 20) for v in marks["label"]], color=palette.INK)
    for top in marks["top"].iloc[1:]:
        ax.axhline(float(top) - 0.75, color=palette.PALE, linewidth=0.8, zorder=0)
    handles: list[Any] = [
        Line2D([], [], color=palette.BLUE, marker="o", label=say("anchor", data.lang)),
        Line2D(
            [],
            [],
            color=palette.SILVER,
            marker="o",
            markerfacecolor="white",
            markersize=4,
            linewidth=0.8,
            label=say("kept_incident", data.lang),
        ),
    ]
    if len(gaps):
        handles.append(Rectangle((0, 0), 1, 1, facecolor=_GAP, label=say("anchor_gap", data.lang)))
    palette.legend(ax, handles)
    return ax

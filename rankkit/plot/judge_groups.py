"""Supervisors against incumbents: where each group places the incidents."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from rankkit.errors import Lang, language
from rankkit.methods.bars_card import ScaleCard
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "judge_groups"
_SURE = 0.05
_NAMED = 12  # incidents whose ids are written


def applies(subject: Any) -> bool:
    """Tell whether two groups of judges placed the incidents."""
    return isinstance(subject, ScaleCard) and len(subject.differences) > 0


def compute(card: ScaleCard, *, lang: Lang | None = None) -> PlotData:
    """Lay out the two means of each incident.

    Parameters
    ----------
    card : ScaleCard
        With supervisors' and incumbents' placings.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table``: :attr:`ScaleCard.differences` and ``apart`` (q < .05).
    """
    lang = lang or language()
    table = card.differences.assign(apart=(card.differences["q"] < _SURE).to_numpy(dtype=bool))
    level = f"{card.settings.get('level', 0.95):.0%}"
    return PlotData(
        kind=KIND,
        table=table,
        more={"scale": pd.DataFrame({"low": [card.scale[0]], "high": [card.scale[1]]})},
        title=say("judge_groups", lang),
        subtitle=sentences(
            lang, say("judge_groups_say", lang, level=level), "" if table["apart"].any() else say("judge_groups_none", lang)
        ),
        x_label=say("by_incumbents", lang),
        y_label=say("by_supervisors", lang),
        lang=lang,
        size=(6.8, 6.8),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw one point an incident.

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
    low, high = float(data.more["scale"]["low"].iloc[0]), float(data.more["scale"]["high"].iloc[0])
    room = 0.03 * (high - low)
    ax.plot([low, high], [low, high], color=palette.SILVER, linewidth=1.0, zorder=1)
    for apart in (False, True):
        part = data.table[data.table["apart"] == apart]
        x, y = part["incumbents"].to_numpy(dtype=np.float64), part["supervisors"].to_numpy(dtype=np.float64)
        if apart:
            bounds = [np.clip(x + part[c].to_numpy(dtype=np.float64), low, high) for c in ("ci_low", "ci_high")]
            ax.vlines(x, *bounds, color=palette.VERMILLION, linewidth=1.4, zorder=2)
            ax.scatter(x, y, s=34, color=palette.VERMILLION, zorder=4)
            for name, a, b in list(zip(part["incident"], x, y, strict=True))[:_NAMED]:
                lettering.write(ax, a + room / 2, b, lettering.legible(str(name), 14), size=8, color=palette.VERMILLION, va="center")
        else:
            ax.scatter(x, y, s=20, facecolor="white", edgecolor=palette.BLUE, linewidth=0.9, zorder=3)
    palette.dress(ax, data.title, data.subtitle, data.x_label, data.y_label, line=int(12.5 * data.size[0]))
    ax.set_xlim(low - room, high + room)
    ax.set_ylim(low - room, high + room)
    ax.set_aspect("equal")
    handles = [
        Line2D([], [], color=palette.VERMILLION, marker="o", label=say("placed_apart", data.lang)),
        Line2D([], [], color=palette.BLUE, marker="o", markerfacecolor="white", linewidth=0, label=say("placed_alike", data.lang)),
    ]
    palette.legend(ax, handles, below=44.0)
    return ax

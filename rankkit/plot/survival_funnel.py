"""The survival funnel: how many incidents of each dimension were left after each step."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from rankkit.errors import Lang, language
from rankkit.methods.bars_card import ScaleCard
from rankkit.plot import cell_map, lettering, palette
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "survival_funnel"
_NARROW = 3  # incidents below which no number fits into the bar


def applies(subject: Any) -> bool:
    """Tell whether the card knows its funnel."""
    return isinstance(subject, ScaleCard) and len(subject.funnel) > 0


def compute(card: ScaleCard, *, lang: Lang | None = None) -> PlotData:
    """Lay out the counts.

    Parameters
    ----------
    card : ScaleCard
        With its funnel.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table``: stages × dimensions, with ``label``, ``total`` and ``y``.
    """
    lang = lang or language()
    stages = list(dict.fromkeys(card.funnel["stage"]))
    wide = card.funnel.pivot_table(index="stage", columns="dimension", values="n", aggfunc="sum", sort=False)
    wide = wide.reindex(index=stages, columns=list(card.names)).astype("int64")
    wide.columns.name = None
    table = wide.assign(label=[say(f"stage_{s}", lang) for s in stages], total=wide.sum(axis=1), y=np.arange(len(stages), dtype=np.float64))
    return PlotData(
        kind=KIND,
        table=table,
        more={"dimensions": card.dimensions[["dimension", "label"]]},
        title=say("survival_funnel", lang),
        subtitle=sentences(lang, say("survival_funnel_say", lang)),
        x_label=say("incidents", lang),
        lang=lang,
        size=(7.8, 2.2 + 0.42 * len(stages)),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw stacked bars, widest first.

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
    table, names = data.table, data.more["dimensions"]
    most = float(table["total"].max())
    left = np.zeros(len(table))
    handles = []
    for k, (name, label) in enumerate(names.itertuples(index=False)):
        color = palette.group_color(k)
        width = table[name].to_numpy(dtype=np.float64)
        ax.barh(table["y"], width, left=left, height=0.74, color=color, edgecolor="white", linewidth=0.6)
        for y, at, w in zip(table["y"], left, width, strict=True):
            if w >= max(_NARROW, 0.03 * most):
                lettering.write(ax, at + w / 2, y, f"{w:.0f}", size=8.0, color=cell_map.ink_on(color), ha="center", va="center")
        left = left + width
        handles.append(Rectangle((0, 0), 1, 1, facecolor=color, label=lettering.legible(str(label), 20)))
    for y, total in zip(table["y"], table["total"], strict=True):
        lettering.write(ax, total + 0.012 * most, y, f"{total}", size=9, color=palette.INK, va="center")
    ax.set_xlim(0, 1.07 * most)
    ax.set_ylim(len(table) - 0.4, -0.6)
    palette.dress(ax, data.title, data.subtitle, data.x_label, line=int(12.5 * data.size[0]))
    lettering.tick_names(ax, "y", list(table["y"]), list(table["label"]), color=palette.INK)
    palette.legend(ax, handles)
    return ax

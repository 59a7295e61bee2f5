"""Retranslation as a map: incidents by dimension, the share of judges who saw it there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from rankkit.errors import Lang, language
from rankkit.methods.bars_card import ScaleCard
from rankkit.plot import cell_map, lettering, palette
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "retranslation"
NAMED = 60
_STEPS = 20
_COLORS = ("#FFFFFF", "#9CC7E2", palette.BLUE)
_WRITTEN = 0.075  # shares from which a number stands in the cell
_TEXT = 46  # width of an incident's text


def applies(subject: Any) -> bool:
    """Tell whether incidents were retranslated."""
    return isinstance(subject, ScaleCard) and "n_retranslated" in subject.items and bool((subject.items["n_retranslated"] > 0).any())


def compute(card: ScaleCard, *, named: int = NAMED, dimension: str | None = None, lang: Lang | None = None) -> PlotData:
    """Lay out the shares.

    Parameters
    ----------
    card : ScaleCard
        With its item bank.
    named : int
        Most incidents shown; of more, evenly spread ones of each dimension.
    dimension : str, optional
        Only the incidents meant for it.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by ``incident``: ``label, intended, chosen, agreement, kept, y``; ``more["shares"]`` incidents × dimensions.
    """
    lang = lang or language()
    items = card.items[card.items["n_retranslated"] > 0]
    if dimension is not None:
        card.of(dimension)
        items = items[items["intended"] == dimension]
    place = {d: k for k, d in enumerate(card.names)}
    shares_of = items[[f"share:{d}" for d in card.names]].to_numpy(dtype=np.float64)
    at = items["intended"].map(place).to_numpy()
    items = items.assign(at=at, own=shares_of[np.arange(len(items)), at])
    items = items.sort_values(["at", "own", "agreement", "incident"], ascending=[True, False, False, True], kind="stable")
    shown = _spread(items, named)
    labels = [f"{i}  {lettering.legible(str(t), _TEXT)}" for i, t in zip(shown["incident"], shown["text"], strict=True)]
    breaks = np.cumsum(np.diff(shown["at"].to_numpy(), prepend=shown["at"].iloc[0] if len(shown) else 0) != 0)
    table = shown[["intended", "chosen", "agreement", "agreement_low", "agreement_high", "kept"]].assign(
        label=labels, y=np.arange(len(shown)) + 0.6 * breaks
    )
    table.index = pd.Index(shown["incident"], name="incident")
    columns = [*(f"share:{d}" for d in card.names), "share:none"]
    shares = shown[columns].set_axis([*card.names, "none"], axis=1).set_axis(table.index, axis=0)
    if not shares["none"].any():
        shares = shares.drop(columns="none")
    names = [card.labels.get(d, say("none_of_these", lang)) for d in shares.columns]
    return PlotData(
        kind=KIND,
        table=table,
        more={"shares": shares, "columns": pd.DataFrame({"label": names}, index=list(shares.columns))},
        title=say("retranslation", lang),
        subtitle=sentences(
            lang,
            say("retranslation_say", lang),
            say("retranslation_cut", lang, n=len(items), shown=len(shown)) if len(shown) < len(items) else "",
            "" if table["kept"].all() else say("retranslation_dropped", lang),
        ),
        lang=lang,
        size=(9.6, 2.2 + 0.2 * max(len(table), 6)),
    )


def _spread(items: pd.DataFrame, most: int) -> pd.DataFrame:
    """Evenly spread incidents of each dimension."""
    if len(items) <= most:
        return items
    parts = []
    for _, part in items.groupby("at", sort=True):
        n = max(round(most * len(part) / len(items)), 1)
        parts.append(part.iloc[np.unique(np.linspace(0, len(part) - 1, n).round().astype(int))])
    return pd.concat(parts)


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw the map.

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
    table, shares = data.table, data.more["shares"]
    colors = cell_map.ramp(_COLORS, _STEPS)
    values = shares.to_numpy(dtype=np.float64)
    level = cell_map.levels(values, 0.0, 1.0, _STEPS)
    columns = list(shares.columns)
    palette.dress(ax, data.title, data.subtitle, line=int(10.5 * data.size[0]), lift=18)
    ax.set_xlim(0, len(columns))
    ax.set_ylim(float(table["y"].max()) + 1 if len(table) else 1, 0)
    ax.spines["bottom"].set_visible(False)
    for row, (y, chosen) in enumerate(zip(table["y"], table["chosen"], strict=True)):
        for k, name in enumerate(columns):
            color = colors[level[row, k]] if level[row, k] >= 0 else palette.PALE
            ax.add_patch(Rectangle((k, y), 1, 1, facecolor=color, edgecolor=palette.PALE, linewidth=0.4, zorder=1))
            if values[row, k] >= _WRITTEN:
                text = f"{values[row, k]:.0%}"
                lettering.write(ax, k + 0.5, y + 0.52, text, size=7.0, color=cell_map.ink_on(color), ha="center", va="center")
            if name == chosen:
                ax.add_patch(Rectangle((k + 0.01, y + 0.05), 0.98, 0.9, fill=False, edgecolor=palette.INK, linewidth=0.9, zorder=3))
    lettering.tick_names(ax, "y", [float(y) + 0.5 for y in table["y"]], list(table["label"]), size=7.5, color=palette.INK)
    for tick, kept in zip(ax.yaxis.get_major_ticks(), table["kept"], strict=True):
        tick.label1.set_color(palette.INK if kept else palette.SILVER)
    ax.xaxis.set_ticks_position("top")
    lettering.tick_names(ax, "x", [k + 0.5 for k in range(len(columns))], list(data.more["columns"]["label"]), size=9, color=palette.INK)
    for tick in ax.xaxis.get_major_ticks():
        lettering.letter(tick.label2, 9, palette.INK)
    ax.tick_params(axis="both", length=0)
    return ax

"""Where raters stand above or below the truth, dimension by dimension."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from rankkit.accuracy import Accuracy
from rankkit.errors import Lang, language
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import percent, say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "accuracy"
NAMED = 40


def applies(subject: Any) -> bool:
    """Tell whether ratings were held against true scores."""
    return isinstance(subject, Accuracy) and len(subject.dimensions) > 0


def compute(found: Accuracy, *, lang: Lang | None = None) -> PlotData:
    """Lay out mean differences from the truth.

    Parameters
    ----------
    found : Accuracy
        Its ``dimensions`` has ``difference`` by (``rater``, ``dimension``), its ``raters`` the bias with interval.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has ``rater, dimension, difference, y``; ``more["raters"]`` by ``rater``, lowest bias first: ``label, bias,
        bias_low, bias_high, y``.
    """
    lang = lang or language()
    raters = found.raters.loc[found.raters["n"] > 0, ["bias", "bias_low", "bias_high"]].astype("float64")
    raters.insert(0, "label", lettering.distinct([str(r) for r in raters.index], [str(r) for r in raters.index]))
    raters = raters.sort_values("bias", kind="stable").iloc[:NAMED]
    raters["y"] = np.arange(len(raters), dtype=np.float64)
    table = found.dimensions.reset_index()
    table = table[table["rater"].isin(raters.index)].copy()
    table["y"] = table["rater"].map(raters["y"]).astype(float)
    return PlotData(
        kind=KIND,
        table=table.reset_index(drop=True),
        more={"raters": raters},
        title=say("accuracy", lang),
        subtitle=sentences(lang, say("accuracy_say", lang, level=percent(found.level))),
        x_label=say("accuracy_axis", lang),
        lang=lang,
        size=(7.2, 2.0 + 0.42 * max(len(raters), 2)),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw the differences.

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
    table, raters = data.table, data.more["raters"]
    ax.axvline(0, color=palette.SILVER, linewidth=1.0, zorder=1)
    numbers = raters[["bias", "bias_low", "bias_high", "y"]].to_numpy(dtype=np.float64)
    for bias, low, high, y in numbers:
        if np.isfinite(low):
            ax.plot([low, high], [y, y], color=palette.INK, linewidth=1.6, zorder=2)
        ax.plot([bias], [y], marker="D", markersize=6, color=palette.INK, markeredgecolor="white", zorder=4)
    dimensions = list(dict.fromkeys(table["dimension"].astype(str)))
    handles = [Line2D([], [], linestyle="none", marker="D", markersize=6, color=palette.INK, label=say("accuracy_mean", data.lang))]
    for k, name in enumerate(dimensions):
        rows: pd.DataFrame = table[table["dimension"].astype(str) == name]
        aside = 0.16 * (k - (len(dimensions) - 1) / 2) / max(len(dimensions) / 4, 1)
        color = palette.group_color(k)
        ax.plot(rows["difference"], rows["y"] + aside, linestyle="none", marker="o", markersize=4.5, color=color, alpha=0.85, zorder=3)
        handles.append(Line2D([], [], linestyle="none", marker="o", markersize=4.5, color=color, label=lettering.legible(name)))
    ax.set_ylim(len(raters) - 0.4, -0.7)
    palette.dress(ax, data.title, data.subtitle, data.x_label, line=int(12.5 * data.size[0]))
    lettering.tick_names(ax, "y", list(raters["y"]), list(raters["label"]), color=palette.INK)
    palette.legend(ax, handles, columns=5)
    return ax

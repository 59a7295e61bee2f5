"""Shares of the variance of one rating in these data, beside what studies of managers found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from rankkit.errors import Lang, language
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import percent, say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "variance_shares"
_MARKS = ("s", "^", "v", "D")
_OWN = ("share", "ci_low", "ci_high", "reason")


def applies(subject: Any) -> bool:
    """Tell whether shares stand beside published ones."""
    return "variance_groups" in getattr(subject, "evidence", ())


def compute(result: Any, *, lang: Lang | None = None) -> PlotData:
    """Lay out shares of variance.

    Parameters
    ----------
    result : MultiSourceFeedbackResult
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by ``facet``: ``label, share, ci_low, ci_high, y``; ``more["published"]``: ``study, facet, share, y``.
    """
    lang = lang or language()
    found = result.evidence["variance_groups"]
    table = found[["share", "ci_low", "ci_high"]].astype("float64")
    table.insert(0, "label", [say(f"share {f}", lang) for f in table.index])
    table["y"] = np.arange(len(table), dtype=np.float64)
    studies = [c for c in found.columns if c not in _OWN]
    rows = [(s, f, float(found.loc[f, s]), float(table.loc[f, "y"])) for s in studies for f in table.index if np.isfinite(found.loc[f, s])]
    unclear = [str(table.loc[f, "label"]) for f in table.index if str(found.loc[f, "reason"])]
    return PlotData(
        kind=KIND,
        table=table,
        more={"published": pd.DataFrame(rows, columns=["study", "facet", "share", "y"])},
        title=say("variance_shares", lang),
        subtitle=sentences(
            lang,
            say("variance_shares_say", lang, level=percent(result.level)),
            say("variance_shares_open", lang, who=("、" if lang == "zh" else ", ").join(unclear)) if unclear else "",
        ),
        x_label=say("share_of_variance", lang),
        lang=lang,
        size=(7.6, 3.5),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw shares of variance.

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
    table, published = data.table, data.more["published"]
    ax.set_xlim(0, 1)
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.barh(table["y"], table["share"].fillna(0.0), height=0.55, color=palette.SKY, zorder=1)
    for y, low, high in zip(table["y"], table["ci_low"], table["ci_high"], strict=True):
        if np.isfinite(low):
            ax.plot([low, high], [y, y], color=palette.INK, linewidth=1.3, zorder=3)
    studies = list(dict.fromkeys(published["study"]))
    handles = [Line2D([], [], color=palette.SKY, linewidth=7, label=say("these_data", data.lang))]
    for k, study in enumerate(studies):
        rows = published[published["study"] == study]
        lift = (k - (len(studies) - 1) / 2) * 0.26
        style: dict[str, Any] = {"linestyle": "none", "marker": _MARKS[k % len(_MARKS)], "markersize": 6.5, "color": palette.VERMILLION}
        ax.plot(rows["share"], rows["y"] + lift, zorder=4, markerfacecolor="white" if k % 2 else palette.VERMILLION, **style)
        handles.append(Line2D([], [], label=study, markerfacecolor="white" if k % 2 else palette.VERMILLION, **style))
    palette.dress(ax, data.title, data.subtitle, data.x_label, line=int(12.5 * data.size[0]))
    lettering.tick_names(ax, "y", list(table["y"]), list(table["label"]), color=palette.INK)
    ax.set_xticks(np.arange(0, 1.01, 0.2), [f"{v:.0%}" for v in np.arange(0, 1.01, 0.2)])
    lettering.numbers(ax, "x")
    palette.legend(ax, handles, columns=1)
    return ax

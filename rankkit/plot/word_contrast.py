"""Words that texts about one group use more than texts about another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from rankkit.errors import Lang, language
from rankkit.findings import Findings
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import percent, say
from rankkit.plot.plot_data import PlotData

KIND = "word_contrast"
NAMED = 30


def applies(subject: Any) -> bool:
    """Tell whether words of groups were contrasted."""
    return isinstance(subject, Findings) and len(subject.tables.get("group_language", ())) > 0


def compute(found: Findings, *, named: int = NAMED, lang: Lang | None = None) -> PlotData:
    """Lay out the words that differ most.

    Parameters
    ----------
    found : Findings
        With the table ``group_language``.
    named : int
        Most words shown, by absolute t.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table``: by ``word``: ``log_odds, ci_low, ci_high, q, y``.
    """
    lang = lang or language()
    source = found.tables["group_language"]
    size = (source["log_odds"] / source["se"]).abs()
    kept = source.loc[size.sort_values(ascending=False, kind="stable").index[:named]]
    kept = kept.sort_values("log_odds", kind="stable")
    table = pd.DataFrame(
        {
            "label": [lettering.legible(str(w)) for w in kept.index],
            "log_odds": kept["log_odds"],
            "ci_low": kept["ci_low"],
            "ci_high": kept["ci_high"],
            "q": kept["q"],
            "y": np.arange(len(kept), dtype=np.float64),
        },
        index=kept.index,
    )
    first, second = (str(source[c].iloc[0]) for c in ("group_1", "group_2"))
    return PlotData(
        kind=KIND,
        table=table,
        title=say("word_contrast", lang),
        subtitle=say("word_contrast_say", lang, level=percent(0.95)),
        x_label=say("word_contrast_axis", lang, first=lettering.legible(first), second=lettering.legible(second)),
        lang=lang,
        size=(7.0, 1.9 + 0.24 * max(len(table), 4)),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw points with intervals.

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
    colors = np.where(table["q"] < 0.05, palette.ORANGE, palette.GREY)
    ax.axvline(0, color=palette.SILVER, linewidth=0.8)
    ax.hlines(table["y"], table["ci_low"], table["ci_high"], colors=colors.tolist(), linewidth=1.2)
    ax.scatter(table["log_odds"], table["y"], s=20, c=colors.tolist(), zorder=3)
    ax.set_ylim(-0.7, len(table) - 0.3)
    palette.dress(ax, data.title, data.subtitle, data.x_label, line=int(12.5 * data.size[0]))
    lettering.tick_names(ax, "y", list(table["y"]), list(table["label"]), color=palette.INK)
    return ax

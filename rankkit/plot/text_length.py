"""Length of texts against their worth, with the line within each language."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from rankkit.errors import Lang, language
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import percent, say
from rankkit.plot.plot_data import PlotData

KIND = "text_length"


def applies(subject: Any) -> bool:
    """Tell whether texts were compared."""
    evidence = getattr(subject, "evidence", ())
    return "worths" in evidence and "length_effect" in evidence


def compute(subject: Any, *, lang: Lang | None = None) -> PlotData:
    """Lay out worths and lengths.

    Parameters
    ----------
    subject : NarrativeAppraisalResult
        With comparisons of texts.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table``: by ``narrative``: ``label, language, length, score, ci_low, ci_high``; ``more["line"]``: ``language, length, score``.
    """
    lang = lang or language()
    worths = subject.evidence["worths"]
    known = worths[worths["score"].notna() & (worths["length"] > 0)]
    table = pd.DataFrame(
        {
            "label": [subject.labels.get(p, p) for p in known["ratee"]],
            "language": known["lang"],
            "length": known["length"].astype(float),
            "score": known["score"],
            "ci_low": known["ci_low"],
            "ci_high": known["ci_high"],
        },
        index=known.index,
    )
    row = subject.evidence["length_effect"].iloc[0]
    lines = []
    if np.isfinite(row["estimate"]):
        for name, part in table.groupby("language", sort=True):
            x = np.log(part["length"])
            centre = (float(x.mean()), float(part["score"].mean()))
            lines += [(name, float(np.exp(v)), centre[1] + row["estimate"] * (v - centre[0])) for v in (x.min(), x.max())]
        twice = [float(row[c]) * np.log(2) for c in ("estimate", "ci_low", "ci_high")]
        shown = dict(zip(("slope", "low", "high"), (f"{v:+.2f}" for v in twice), strict=True))
        subtitle = say("text_length_say", lang, level=percent(subject.level), **shown)
    else:
        subtitle = say("text_length_none", lang)
    return PlotData(
        kind=KIND,
        table=table,
        more={"line": pd.DataFrame(lines, columns=["language", "length", "score"])},
        title=say("text_length", lang),
        subtitle=subtitle,
        x_label=say("text_length_axis", lang),
        y_label=say("text_worth", lang),
        lang=lang,
        size=(7.0, 4.6),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw points with intervals, and the line.

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
    table, line = data.table, data.more["line"]
    for k, (name, part) in enumerate(table.groupby("language", sort=True)):
        color = palette.group_color(k)
        ax.vlines(part["length"], part["ci_low"], part["ci_high"], color=color, linewidth=0.8, alpha=0.5)
        ax.scatter(part["length"], part["score"], s=22, color=color, zorder=3)
        own = line[line["language"] == name]
        ax.plot(own["length"], own["score"], color=color, linewidth=1.6)
    ax.set_xscale("log")
    low, high = float(table["length"].min()), float(table["length"].max())
    ticks = [t for base in (1, 10, 100, 1000, 10000) for m in (1, 1.5, 2, 3, 5, 7) for t in (base * m,) if low * 0.8 <= t <= high * 1.25]
    ax.xaxis.set_major_locator(FixedLocator(ticks or [low, high]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticklabels([f"{t:g}" for t in ticks or [low, high]])
    palette.dress(ax, data.title, data.subtitle, data.x_label, data.y_label, line=int(12.5 * data.size[0]))
    row: Any
    for row in table.itertuples():
        lettering.write(
            ax, row.length, row.score, "  " + lettering.legible(row.label), color=palette.GREY, size=7.5, va="center", ha="left"
        )
    return ax

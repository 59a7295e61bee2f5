"""Raters from strict to lenient, each with an interval; colour says which differences are patterns to review."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from rankkit.errors import Lang, language
from rankkit.findings import Findings
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import percent, say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "severity"
NAMED = 40  # raters drawn; above that, the strictest and the most lenient
FLOOR = 0.30  # standard deviations from which a difference is worth a review
_COLORS = {"": palette.GREY, "info": palette.ORANGE, "review": palette.VERMILLION}


def applies(subject: Any) -> bool:
    """Tell whether the severity of raters was looked at."""
    return isinstance(subject, Findings) and "severity" in subject.tables


def compute(found: Findings, *, named: int = NAMED, level: float = 0.95, lang: Lang | None = None) -> PlotData:
    """Lay out the severity of raters.

    Parameters
    ----------
    found : Findings
        Its table ``severity`` has, by ``rater``, ``estimate, ci_low, ci_high, n, level``.
    named : int
        Most raters shown; with more, the ends.
    level : float
        Confidence level of the intervals, as it was asked for.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by ``rater``, strictest first: ``label, n, estimate, ci_low, ci_high, level, y``; ``more["floor"]`` the
        smallest difference worth a review, in points of the scale.
    """
    lang = lang or language()
    source = found.tables["severity"]
    columns = ["n", "estimate", "ci_low", "ci_high"]
    table = source.loc[source["estimate"].notna(), columns].astype("float64")
    table["level"] = source.loc[table.index, "level"].astype(object)
    labels = [found.labels.get(str(r), str(r)) for r in table.index]
    table.insert(0, "label", lettering.distinct([str(r) for r in table.index], labels))
    table = table.sort_values(["estimate", "label"], kind="stable")
    raters = len(table)
    if raters > named:
        ends = max(named // 2, 1)
        table = pd.concat([table.iloc[:ends], table.iloc[-ends:]])
    table["y"] = np.arange(len(table), dtype=np.float64)
    effect = source.loc[table.index, "effect"].astype("float64")
    unit = (table["estimate"] / effect).replace([np.inf, -np.inf], np.nan).median()
    reviewed = int((source["level"] == "review").sum())
    wide = (table["ci_high"] - table["ci_low"]).max() > _LONGEST * max(float(np.ptp(table["estimate"])), 1e-12)
    return PlotData(
        kind=KIND,
        table=table,
        more={"floor": pd.DataFrame({"floor": [FLOOR * float(unit)]})},
        title=say("severity", lang),
        subtitle=sentences(
            lang,
            say("severity_say", lang, level=percent(level)),
            say("severity_review", lang, n=reviewed) if reviewed else say("severity_none", lang),
            say("severity_cut", lang, n=raters, ends=max(named // 2, 1)) if raters > named else "",
            say("components_beyond", lang) if wide else "",
        ),
        x_label=say("severity_axis", lang),
        lang=lang,
        size=(7.4, 2.1 + 0.27 * max(len(table), 3)),
    )


_LONGEST = 3.0  # spreads of the estimates an interval may be long before it is cut


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw the severity of raters.

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
    floor = float(data.more["floor"]["floor"].iloc[0])
    spread = max(float(np.ptp(table["estimate"])), 1e-9) if len(table) else 1.0
    reach = [
        max(float(table["ci_low"].min()), float(table["estimate"].min()) - _LONGEST * spread),
        min(float(table["ci_high"].max()), float(table["estimate"].max()) + _LONGEST * spread),
    ]
    if not np.isfinite(reach).all():
        reach = [float(table["estimate"].min()), float(table["estimate"].max())]
    room = 0.04 * (reach[1] - reach[0]) + 1e-9
    low, high = reach[0] - room, reach[1] + room
    ax.set_xlim(min(low, -1.1 * floor) if np.isfinite(floor) else low, max(high, 1.1 * floor) if np.isfinite(floor) else high)
    low, high = ax.get_xlim()
    ax.set_ylim(len(table) - 0.4, -0.9)
    if np.isfinite(floor):
        ax.axvspan(-floor, floor, color=palette.PALE, zorder=0, linewidth=0)
    ax.axvline(0, color=palette.SILVER, linewidth=1.0, zorder=1)
    numbers = table[["estimate", "ci_low", "ci_high", "y"]].to_numpy(dtype=np.float64)
    for (estimate, left, right, y), found in zip(numbers, table["level"], strict=True):
        color = _COLORS.get(str(found), palette.GREY)
        if np.isfinite(left):
            ax.plot([max(left, low), min(right, high)], [y, y], color=color, linewidth=1.4, alpha=0.8, zorder=2)
            for end, beyond, marker in ((low, left < low, "<"), (high, right > high, ">")):
                if beyond:
                    ax.plot([end], [y], marker=marker, markersize=4, color=color, clip_on=False, zorder=2)
        ax.plot([estimate], [y], marker="o", markersize=6, color=color, markeredgecolor="white", zorder=3)
    palette.dress(ax, data.title, data.subtitle, data.x_label, line=int(12.5 * data.size[0]))
    lettering.tick_names(ax, "y", list(table["y"]), list(table["label"]), size=9.0 if len(table) <= 25 else 8.0, color=palette.INK)
    beside = ax.get_yaxis_transform()
    lettering.write(
        ax, 1.06, -0.75, say("people_rated", data.lang), color=palette.GREY, size=8.5, transform=beside, va="center", ha="right"
    )
    for y, n in zip(table["y"], table["n"], strict=True):
        lettering.write(ax, 1.06, y, f"{n:.0f}", color=palette.INK, size=8.5, transform=beside, va="center", ha="right")
    style: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 6, "markeredgecolor": "white"}
    used = [k for k in _COLORS if (table["level"] == k).any()]
    palette.legend(ax, [Line2D([], [], color=_COLORS[k], label=say(f"level_{k or 'none'}", data.lang), **style) for k in used], columns=3)
    return ax

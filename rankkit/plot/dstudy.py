"""Decision study: reliability of the mean by the number of raters."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from rankkit.errors import Lang, language
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import percent, say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "dstudy"
_COLORS = {"relative": palette.BLUE, "absolute": palette.VERMILLION}
_MOST = 10
_FARTHEST = 25  # raters up to which the axis grows to show the target being reached


def applies(subject: Any) -> bool:
    """Tell whether a study can be projected to other numbers of raters."""
    return hasattr(subject, "raters_needed") and "rater" in getattr(subject, "facets", ())


def compute(study: Any, *, target: float = 0.8, raters: int | None = None, lang: Lang | None = None) -> PlotData:
    """Project the coefficients to numbers of raters.

    Parameters
    ----------
    study : GeneralizabilityStudy
        What was estimated.
    target : float
        Coefficient wanted.
    raters : int, optional
        Most raters shown; ten, or as many as the target needs up to 25, by default.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has ``raters, relative, relative_low, relative_high, absolute, …``; ``more["needed"]`` the raters each
        coefficient needs for the target (NA: no number reaches it).
    """
    lang = lang or language()
    needed = {kind: study.raters_needed(target, kind) for kind in _COLORS}
    far = max([_MOST, *(n + 1 for n in needed.values() if n is not None and n <= _FARTHEST)])
    table = study.project(raters=range(1, (raters or far) + 1))
    goal = f"{target:.2f}".lstrip("0")
    said = [
        say("dstudy_never", lang, target=goal, what=say(kind, lang))
        if n is None
        else say("dstudy_needed", lang, n=n, target=goal, what=say(kind, lang))
        for kind, n in needed.items()
    ]
    return PlotData(
        kind=KIND,
        table=table,
        more={
            "needed": pd.DataFrame({"raters": pd.array([needed[k] for k in _COLORS], dtype="Int64")}, index=pd.Index(list(_COLORS))),
            "target": pd.DataFrame({"target": [target]}),
        },
        title=say("dstudy", lang),
        subtitle=sentences(lang, *said, say("dstudy_say", lang, level=percent(study.level))),
        x_label=say("n_raters", lang),
        y_label=say("coefficient", lang),
        lang=lang,
        size=(6.8, 4.6),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw the decision study.

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
    table, target = data.table, float(data.more["target"]["target"].iloc[0])
    most = int(table["raters"].max())
    ax.set_xlim(0.7, most + 0.3)
    ax.set_ylim(0, 1)
    ax.axhline(target, color=palette.GREY, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    handles = []
    for kind, color in _COLORS.items():
        ax.fill_between(table["raters"], table[f"{kind}_low"], table[f"{kind}_high"], color=color, alpha=0.12, linewidth=0, zorder=1)
        ax.plot(table["raters"], table[kind], color=color, marker="o", markersize=4.5, linewidth=2.0, zorder=3)
        handles.append(Line2D([], [], color=color, marker="o", markersize=4.5, label=say(kind, data.lang)))
        reached = table[(table["raters"] == data.more["needed"]["raters"][kind]).fillna(value=False)]
        if len(reached):
            ax.plot(
                reached["raters"],
                reached[kind],
                linestyle="none",
                marker="o",
                markersize=10,
                markerfacecolor="none",
                markeredgecolor=color,
                markeredgewidth=1.6,
                zorder=4,
            )
    palette.dress(ax, data.title, data.subtitle, data.x_label, data.y_label, line=86)
    ax.spines["left"].set_visible(True)
    ax.spines["left"].set_color(palette.SILVER)
    step = 1 if most <= 12 else 2 if most <= 26 else 5
    ticks = list(range(1, most + 1)) if step == 1 else [1, *range(step, most + 1, step)]
    ax.set_xticks(ticks, [str(t) for t in ticks])
    lettering.numbers(ax, "x", "y")
    palette.legend(ax, handles)
    return ax

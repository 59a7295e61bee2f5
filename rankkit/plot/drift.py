"""Drift of raters over time: residuals against common targets, and two-sided cumulative sums with their limit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from rankkit.errors import Lang, SettingsError, language
from rankkit.findings import Findings
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "drift"
LIMIT = 4.0  # cumulative sum that signals
MOST = 12  # raters drawn: those who came nearest to a signal
_ROW = 2.6 * LIMIT  # height of one rater's strip, in units of the cumulative sum
_COLORS = {"upper": palette.BLUE, "lower": palette.VERMILLION}


def applies(subject: Any) -> bool:
    """Tell whether raters were followed over time."""
    return isinstance(subject, Findings) and len(subject.tables.get("drift_cusum", ())) > 0


def compute(found: Findings, *, raters: tuple[str, ...] | None = None, lang: Lang | None = None) -> PlotData:
    """Lay out the cumulative sums.

    Parameters
    ----------
    found : Findings
        Its table ``drift_cusum`` has ``rater, t, z, upper, lower, signal``.
    raters : tuple of str, optional
        Whom to draw; by default those who came nearest to a signal.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has ``rater, step, z, upper, lower, signal`` of the raters drawn, in order of time; ``more["raters"]`` by
        ``rater``: ``label, most, y``.

    Raises
    ------
    SettingsError
        If a rater asked for was not followed.
    """
    lang = lang or language()
    source = found.tables["drift_cusum"]
    source = source.assign(rater=source["rater"].astype(str))
    height = source[["upper", "lower"]].abs().max(axis=1)
    most = height.groupby(source["rater"]).max().sort_values(ascending=False, kind="stable")
    if raters is not None:
        unknown = [r for r in raters if r not in most.index]
        if unknown:
            raise SettingsError("E-SETTING", name="raters", value=unknown, allowed=list(most.index))
        most = most[list(raters)]
    shown = most.iloc[:MOST]
    table = source[source["rater"].isin(shown.index)].copy()
    table["step"] = table.groupby("rater").cumcount() + 1
    about = pd.DataFrame({"most": shown})
    about.insert(0, "label", lettering.distinct([str(r) for r in shown.index], [found.labels.get(str(r), str(r)) for r in shown.index]))
    about["y"] = _ROW * np.arange(len(about), dtype=np.float64)
    signals = int((source.groupby("rater")["signal"].any()).sum())
    return PlotData(
        kind=KIND,
        table=table[["rater", "step", "z", "upper", "lower", "signal"]],
        more={"raters": about},
        title=say("drift", lang),
        subtitle=sentences(
            lang,
            say("drift_say", lang, limit=f"{LIMIT:g}"),
            say("drift_signals", lang, n=signals, raters=len(most)) if raters is None else "",
            say("drift_cut", lang, n=MOST) if len(most) > MOST else "",
        ),
        x_label=say("drift_axis", lang),
        lang=lang,
        size=(8.0, 2.2 + 0.62 * max(len(about), 2)),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw one strip a rater.

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
    ax.set_xlim(0, float(table["step"].max()) * 1.02 + 0.5)
    ax.set_ylim(float(raters["y"].max()) + _ROW / 2, -_ROW / 2)
    for rater, about in raters.iterrows():
        y = float(about["y"])
        own = table[table["rater"] == rater]
        ax.axhline(y, color=palette.SILVER, linewidth=0.8, zorder=1)
        for side in (-1, 1):
            ax.axhline(y + side * LIMIT, color=palette.SILVER, linewidth=0.7, linestyle=(0, (3, 3)), zorder=1)
        ax.plot(
            own["step"],
            y - own["z"].clip(-LIMIT, LIMIT),
            linestyle="none",
            marker=".",
            markersize=3,
            color=palette.GREY,
            alpha=0.6,
            zorder=2,
        )
        for which, sign in (("upper", -1.0), ("lower", 1.0)):
            path = y + sign * own[which].abs().clip(upper=0.46 * _ROW)
            ax.plot(own["step"], path, color=_COLORS[which], linewidth=1.6, zorder=3)
        hit = own[own["signal"].astype(bool)]
        if len(hit):
            up = hit["upper"].abs() >= hit["lower"].abs()
            place = np.where(up, y - hit["upper"].abs().clip(upper=0.46 * _ROW), y + hit["lower"].abs().clip(upper=0.46 * _ROW))
            ax.plot(
                hit["step"],
                place,
                linestyle="none",
                marker="o",
                markersize=5,
                markerfacecolor="none",
                markeredgecolor=palette.INK,
                zorder=4,
            )
    palette.dress(ax, data.title, data.subtitle, data.x_label, line=int(12.5 * data.size[0]))
    lettering.tick_names(ax, "y", list(raters["y"]), list(raters["label"]), color=palette.INK)
    handles = [
        Line2D([], [], color=_COLORS["upper"], label=say("drift_up", data.lang)),
        Line2D([], [], color=_COLORS["lower"], label=say("drift_down", data.lang)),
        Line2D(
            [], [], linestyle="none", marker="o", markerfacecolor="none", markeredgecolor=palette.INK, label=say("drift_signal", data.lang)
        ),
        Line2D([], [], linestyle="none", marker=".", color=palette.GREY, label=say("drift_residual", data.lang)),
    ]
    palette.legend(ax, handles)
    return ax

"""Growth of reliability: what more comparisons bring."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from rankkit.errors import Lang, language
from rankkit.plot import lettering, palette, parts
from rankkit.plot.phrases import say, sentences, unit_name
from rankkit.plot.plot_data import PlotData

KIND = "growth"
LINES = (0.70, 0.90)
_ADAPTIVE = ("W-ADAPT", "I-HOLDOUT")  # notes that say pairs were chosen by earlier outcomes


def applies(subject: Any) -> bool:
    """Tell whether a result can say how its reliability grew."""
    return parts.holds(subject, "growth")


def compute(result: Any, *, dimension: str | None = None, lang: Lang | None = None) -> PlotData:
    """Lay out reliability and mean standard error after the first so many comparisons.

    Parameters
    ----------
    result : PairedComparisonResult
        Its ``growth`` has ``comparisons, reliability, reliability_median, mean_se``.
    dimension : str, optional
        Of a result over several dimensions; the first by default.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has ``comparisons, reliability, reliability_median, mean_se``. Where pairs were chosen by earlier outcomes
        reliability would be too high, and is left out (NaN). ``more["reached"]``: ``line, comparisons`` (NA = not reached, or
        not kept up to the end); ``more["axis"]`` the label of the second axis.

    Raises
    ------
    SettingsError
        If there is no such dimension.
    """
    lang = lang or language()
    part, dimension = parts.part_with(result, "growth", dimension)
    table = part.evidence["growth"][["comparisons", "reliability", "reliability_median", "mean_se"]].astype("float64")
    adaptive = any(note.code in _ADAPTIVE for note in (*part.notes, *result.notes))
    if adaptive:
        table = table.assign(reliability=np.nan, reliability_median=np.nan)
    reached = pd.DataFrame({"line": LINES, "comparisons": [_reached(table, line) for line in LINES]})
    reached["comparisons"] = reached["comparisons"].astype("Int64")
    error = say("mean_se", lang, unit=unit_name(part.unit, lang))
    met = [say("growth_reached", lang, n=n, line=_decimal(line)) for line, n in reached.itertuples(index=False) if not pd.isna(n)]
    return PlotData(
        kind=KIND,
        table=table,
        more={"reached": reached, "axis": pd.DataFrame({"mean_se": [error]})},
        title=parts.titled(say("growth", lang), dimension, lang),
        subtitle=sentences(
            lang,
            say("growth_say", lang),
            *met,
            say("growth_adaptive", lang) if adaptive else "",
            say("growth_below", lang) if (table["reliability"] < 0).any() else "",
            say("growth_gap", lang) if table["mean_se"].isna().any() else "",
        ),
        x_label=say("comparisons", lang),
        y_label=error if adaptive else say("reliability", lang),
        lang=lang,
        size=(6.0, 4.2) if adaptive else (9.0, 4.2),
    )


def _reached(table: pd.DataFrame, line: float) -> Any:
    """Comparisons from which on reliability stays at or above a line."""
    enough = (table["reliability"] >= line).to_numpy()
    if not len(enough) or not enough[-1]:
        return pd.NA
    return int(table["comparisons"].iloc[len(enough) - int(np.argmin(enough[::-1]) if not enough.all() else len(enough))])


def _decimal(line: float) -> str:
    """Write a coefficient without the zero: ``.70``."""
    return f"{line:.2f}".lstrip("0")


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw the growth of reliability.

    Parameters
    ----------
    data : PlotData
        From :func:`compute`.
    ax : Axes
        Where to draw; standard errors stand in an inset at its right.

    Returns
    -------
    Axes
    """
    table = data.table
    drawn = table["reliability"].notna().any() or table["mean_se"].isna().all()
    most = float(table["comparisons"].max()) * 1.04 if len(table) else 1.0
    palette.dress(ax, data.title, data.subtitle, data.x_label, data.y_label, line=110 if drawn else 76)
    if not drawn:
        _errors(ax, table, most)
        return ax
    _axes(ax, most)
    ax.set_ylim(0, 1)
    for line in LINES:
        ax.axhline(line, color=palette.GREY, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        lettering.write(ax, most * 0.012, line + 0.012, _decimal(line), color=palette.GREY, size=8.5, va="bottom", ha="left")
    handles = []
    for column, key, color, width in (
        ("reliability_median", "reliability_median", palette.SKY, 1.1),
        ("reliability", "reliability_mean", palette.BLUE, 2.0),
    ):
        shown = table[column].where(table[column] >= 0)
        handles += ax.plot(table["comparisons"], shown, color=color, linewidth=width, marker="o", markersize=4.2, label=say(key, data.lang))
    palette.legend(ax, handles[::-1])
    inset = ax.inset_axes((1.14, 0.0, 0.72, 1.0))
    palette.dress(inset, "", "", data.x_label, data.more["axis"]["mean_se"].iloc[0])
    _errors(inset, table, most)
    return ax


def _errors(ax: Axes, table: pd.DataFrame, most: float) -> None:
    """Draw mean standard errors."""
    _axes(ax, most)
    ax.plot(table["comparisons"], table["mean_se"], color=palette.VERMILLION, linewidth=2.0, marker="o", markersize=4.2)
    high = table["mean_se"].max()
    ax.set_ylim(0, 1.08 * float(high) if np.isfinite(high) and high > 0 else 1.0)


def _axes(ax: Axes, most: float) -> None:
    """Begin at no comparisons, and show both axes."""
    ax.set_xlim(0, most)
    ax.spines["left"].set_visible(True)
    ax.spines["left"].set_color(palette.SILVER)

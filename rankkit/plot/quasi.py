"""Caterpillar plot: everyone's score with a quasi-interval, from which any two people can be compared."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from rankkit.errors import Lang, language
from rankkit.kernels.ranking import competition_ranks
from rankkit.plot import lettering, palette, parts, person_rows
from rankkit.plot.phrases import percent, say, score_axis, sentences
from rankkit.plot.plot_data import PlotData

KIND = "quasi"
_ROUGH = 0.10  # relative error of a standard error above which the lines are called a rough guide


def applies(subject: Any) -> bool:
    """Tell whether a result can make quasi-standard errors."""
    return parts.holds(subject, "quasi")


def compute(result: Any, *, dimension: str | None = None, named: int = person_rows.NAMED, lang: Lang | None = None) -> PlotData:
    """Lay out scores with quasi-intervals, best first.

    Parameters
    ----------
    result : PairedComparisonResult
        Its ``quasi`` has ``quasi_se, quasi_low, quasi_high, worst_error`` by ``ratee``.
    dimension : str, optional
        Of a result over several dimensions; the first by default.
    named : int
        Most people listed by name; with more, the first and last of them are named and the rest drawn between.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by ``ratee``: ``label, score, rank, quasi_se, quasi_low, quasi_high, text, place, y`` (people with a
        score); ``more["middle"]`` counts those drawn without a name.

    Raises
    ------
    SettingsError
        If there is no such dimension.
    """
    lang = lang or language()
    part, dimension = parts.part_with(result, "quasi", dimension)
    quasi = part.evidence["quasi"]
    scored = parts.best_first(part).dropna(subset="score")
    scored["rank"] = competition_ranks(scored["score"].to_numpy())
    for column in ("quasi_se", "quasi_low", "quasi_high"):
        scored[column] = quasi[column].reindex(scored.index).astype("float64")
    scored["text"] = [f"{se:.2f}" if np.isfinite(se) else "—" for se in scored["quasi_se"]]
    table, stride, ends = person_rows.laid(scored, named)
    worst = float(quasi["worst_error"].max()) if len(quasi) else float("nan")
    known = scored["quasi_se"].notna()
    said = [say("quasi_none", lang)]
    if known.any():
        rough = "quasi_rough" if worst > _ROUGH else "quasi_error"
        said = [say("quasi_say", lang, level=percent(part.level)), say("quasi_overlap", lang), say(rough, lang, error=_share(worst))]
        said += [] if known.all() else [say("quasi_some", lang)]
    return PlotData(
        kind=KIND,
        table=table,
        more={"middle": person_rows.middle_of(scored, ends)},
        title=parts.titled(say("quasi", lang), dimension, lang),
        subtitle=sentences(lang, *said, *person_rows.middle_words(len(scored), ends, stride, lang)),
        x_label=score_axis(part.unit, lang),
        lang=lang,
        size=(7.5, 1.9 + person_rows.ROW * (float(table["y"].max()) + 1 if len(table) else 1)),
    )


def _share(error: float) -> str:
    """Write a relative error: at least one tenth of a per cent."""
    return f"{100 * error:.0f}%" if error >= 0.0095 else f"{max(100 * error, 0.1):.1f}%"


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw a caterpillar plot.

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
    ax.set_ylim((float(table["y"].max()) if len(table) else 0.0) + 0.8, -1.6)
    rows, between = table[table["place"] == "scored"], table[table["place"] == "between"]
    ax.hlines(rows["y"], 0, 1, transform=ax.get_yaxis_transform(), color=palette.PALE, linewidth=0.6, zorder=0)
    ax.axvline(0.0, color=palette.SILVER, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    person_rows.draw_lines(ax, between, "quasi_low", "quasi_high", palette.SILVER, 0.5)
    ax.plot(between["score"], between["y"], linestyle="none", marker=".", markersize=2.0, color=palette.GREY, zorder=3)
    person_rows.draw_lines(ax, rows, "quasi_low", "quasi_high", palette.GREEN, 2.0)
    ax.plot(rows["score"], rows["y"], linestyle="none", marker="o", markersize=5.0, color=palette.INK, zorder=4)
    palette.dress(ax, data.title, data.subtitle, data.x_label)
    lettering.tick_names(ax, "y", list(rows["y"]), list(rows["label"]), color=palette.INK)
    beside = ax.get_yaxis_transform()
    lettering.write(ax, 1.02, -1.0, say("quasi_se", data.lang), color=palette.GREY, size=8.5, transform=beside, va="center", ha="left")
    for y, text in zip(rows["y"], rows["text"], strict=True):
        lettering.write(ax, 1.02, y, text, color=palette.INK, transform=beside, va="center", ha="left")
    person_rows.write_middle(ax, data.more["middle"], data.lang)
    return ax

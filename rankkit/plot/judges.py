"""Judge fit: infit against outfit, each judge with the band that chance gives this judge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from rankkit.errors import Lang, language
from rankkit.plot import lettering, palette, parts, rank_lines
from rankkit.plot.phrases import percent, say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "judges"
MOST_BANDS = 16  # judges up to whom every band is drawn
MOST_VALUE = 3.0  # mean square beyond which a judge is drawn at the edge
_LARGEST = 120.0  # points² of the dot of the judge with most comparisons
_COLORS = {"inside": palette.BLUE, "outside": palette.SKY, "review": palette.VERMILLION}


def applies(subject: Any) -> bool:
    """Tell whether a result can describe its judges."""
    return parts.holds(subject, "judges")


def compute(result: Any, *, dimension: str | None = None, lang: Lang | None = None) -> PlotData:
    """Lay out the fit of each judge.

    Parameters
    ----------
    result : PairedComparisonResult
        Its ``judges`` has ``infit, outfit``, their bands, ``comparisons`` and ``review`` by ``rater``.
    dimension : str, optional
        Of a result over several dimensions; the first by default.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by ``rater``: ``label`` (nothing unless there is a pattern to review), ``comparisons, infit, infit_low,
        infit_high, outfit, outfit_low, outfit_high, place`` (``inside`` or ``outside`` the own band, or ``review``), ``band``
        (whether it is drawn), and where it is drawn: ``x, y``, at most :data:`MOST_VALUE`.

    Raises
    ------
    SettingsError
        If there is no such dimension.
    """
    lang = lang or language()
    part, dimension = parts.part_with(result, "judges", dimension)
    judges = part.evidence["judges"]
    fitted = judges["infit"].notna() & judges["outfit"].notna()
    columns = ["comparisons", "infit", "infit_low", "infit_high", "outfit", "outfit_low", "outfit_high"]
    table = judges.loc[fitted, columns].astype("float64").sort_index()
    review = judges.loc[table.index, "review"].to_numpy(dtype=np.bool_)
    outside = np.zeros(len(table), dtype=np.bool_)
    for what in ("infit", "outfit"):
        outside |= ((table[what] < table[f"{what}_low"]) | (table[what] > table[f"{what}_high"])).to_numpy()
    names = parts.rater_labels(part)
    labels = lettering.distinct([str(r) for r in table.index], [names.get(str(r), str(r)) for r in table.index])
    table.insert(0, "label", [name if named else "" for name, named in zip(labels, review, strict=True)])
    table["place"] = np.select([review, outside], ["review", "outside"], "inside")
    table["band"] = outside | review | (len(table) <= MOST_BANDS)
    table["x"], table["y"] = (table[what].clip(upper=MOST_VALUE) for what in ("infit", "outfit"))
    beyond = bool((table[["infit", "outfit"]] > MOST_VALUE).to_numpy().any())
    left_out = int((~fitted).sum())
    return PlotData(
        kind=KIND,
        table=table,
        title=parts.titled(say("judges", lang), dimension, lang),
        subtitle=sentences(
            lang,
            say("judges_say", lang, level=percent(part.level)),
            say("judges_bands", lang) if not table["band"].all() else "",
            say("judges_named" if review.any() else "judges_nobody", lang),
            say("judges_beyond", lang, most=f"{MOST_VALUE:g}") if beyond else "",
            say("judges_unfit", lang, n=left_out) if left_out else "",
        ),
        x_label=say("infit", lang),
        y_label=say("outfit", lang),
        lang=lang,
        size=(6.8, 6.4),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw the fit of the judges.

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
    largest = max(float(table["comparisons"].max()), 1.0) if len(table) else 1.0
    high = {what: _reach(table, what, at) for what, at in (("infit", "x"), ("outfit", "y"))}
    ax.set_xlim(0, high["infit"])
    ax.set_ylim(0, high["outfit"])
    for line in (ax.axvline, ax.axhline):
        line(1.0, color=palette.SILVER, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    for place, color in _COLORS.items():
        _bands(ax, table[(table["place"] == place) & table["band"]], color, high, strong=place == "review")
    for place, color in _COLORS.items():
        rows = table[table["place"] == place]
        right, up = rows["infit"] > MOST_VALUE, rows["outfit"] > MOST_VALUE
        for some, marker in ((rows[~right & ~up], "o"), (rows[up], "^"), (rows[right & ~up], ">")):
            area = np.maximum(_LARGEST * some["comparisons"] / largest, 9.0)
            ax.scatter(some["x"], some["y"], s=area, c=color, marker=marker, edgecolors="white", linewidths=0.7, alpha=0.9, zorder=4)
    palette.dress(ax, data.title, data.subtitle, data.x_label, data.y_label, line=86)
    ax.spines["left"].set_visible(True)
    ax.spines["left"].set_color(palette.SILVER)
    _name(ax, table[table["place"] == "review"], high["infit"], high["outfit"])
    _legend(ax, table, largest, data.lang)
    return ax


def _reach(table: pd.DataFrame, what: str, at: str) -> float:
    """Where an axis ends: beyond every dot and every band drawn, at most a little beyond :data:`MOST_VALUE`."""
    ends = table.loc[table["band"], f"{what}_high"].to_numpy(dtype=np.float64)
    reach = max(float(np.max(values, initial=1.5)) for values in (table[at].to_numpy(), ends[np.isfinite(ends)]))
    return 1.06 * min(reach, MOST_VALUE)


def _bands(ax: Axes, rows: pd.DataFrame, color: str, high: dict[str, float], *, strong: bool) -> None:
    """Draw the band of each judge through the dot, dotted from the end of the band to a dot that lies outside it."""
    style: dict[str, Any] = {"color": color, "linewidth": 1.4 if strong else 0.8, "alpha": 0.75 if strong else 0.4, "zorder": 2}
    for what, at, across, line in (("infit", "x", "y", ax.hlines), ("outfit", "y", "x", ax.vlines)):
        low, top = (rows[f"{what}_{end}"].clip(upper=high[what]) for end in ("low", "high"))
        line(rows[across], low, top, **style)
        nearest = rows[at].clip(lower=low, upper=top)
        line(rows[across], nearest, rows[at], **{**style, "linestyle": (0, (1, 2)), "linewidth": 0.9})


def _name(ax: Axes, rows: pd.DataFrame, width: float, height: float) -> None:
    """Write names beside the dots, moved apart, towards the middle of the plot."""
    for left, some in ((False, rows[rows["x"] <= 0.62 * width]), (True, rows[rows["x"] > 0.62 * width])):
        at = rank_lines.spread_apart(some["y"].to_numpy() + 0.03 * height, 0.036 * height, 0.0, height)
        for x, dot, y, name in zip(some["x"], some["y"], at, some["label"], strict=True):
            to = x + (-0.035 if left else 0.035) * width
            ax.plot([x, to], [dot, y], color=palette.VERMILLION, linewidth=0.6, zorder=3)
            place = lettering.write(ax, to, y, name, color=palette.darker(palette.VERMILLION), va="center", ha="right" if left else "left")
            place.set_bbox({"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.6})
            place.set_zorder(5)


def _legend(ax: Axes, table: pd.DataFrame, largest: float, lang: Lang) -> None:
    """Explain colours and sizes."""
    style: dict[str, Any] = {"linestyle": "none", "marker": "o", "markeredgecolor": "white"}
    handles = [
        Line2D([], [], markersize=8, color=color, label=say(place, lang), **style)
        for place, color in _COLORS.items()
        if (table["place"] == place).any()
    ]
    loads = sorted({round(float(v)) for v in (table["comparisons"].min(), largest)}) if len(table) else []
    for load in loads:
        size = float(np.sqrt(max(_LARGEST * load / largest, 9.0)))
        handles.append(Line2D([], [], markersize=size, color=palette.SILVER, label=say("load", lang, n=load), **style))
    palette.legend(ax, handles, columns=5, below=36)

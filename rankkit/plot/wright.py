"""Wright map: people, raters, dimensions and thresholds of a many-facet Rasch model on one logit scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import special

from rankkit.errors import Lang, language
from rankkit.plot import lettering, palette, parts, rank_lines
from rankkit.plot.phrases import percent, say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "wright"
NAMED = 36  # elements of a facet written out; above that, dots
_WIDTH = 2.3  # inches a column
_LANES, _LANE = 7, 0.022  # neighbours stand side by side, so that each interval can be told from the next
_FACETS = {"ratee": "wright_people", "rater": "wright_raters", "dimension": "wright_dimensions"}
_COLORS = (palette.BLUE, palette.VERMILLION, palette.GREEN, palette.PURPLE, palette.ORANGE)


def applies(subject: Any) -> bool:
    """Tell whether facets have measures on one scale."""
    return parts.holds(subject, "measures") and parts.holds(subject, "thresholds")


def compute(result: Any, *, lang: Lang | None = None) -> PlotData:
    """Lay out the measures of all facets.

    Parameters
    ----------
    result : ManyFacetRaschResult
        Its ``measures`` has ``facet, element, label, measure, se``; its ``thresholds`` has ``threshold`` by ``category``.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has ``facet, element, label, measure, se, x``; ``more["thresholds"]`` the thresholds by ``category``.
    """
    lang = lang or language()
    found = result.measures
    found = found[found["measure"].notna()]
    table = found[["facet", "element", "label", "measure", "se"]].copy()
    facets = list(dict.fromkeys(table["facet"]))
    table["label"] = [
        name
        for f in facets
        for rows in [table[table["facet"] == f]]
        for name in lettering.distinct(list(rows["element"].astype(str)), list(rows["label"].astype(str)), 16)
    ]
    table["x"] = table["facet"].map({f: float(k) for k, f in enumerate(facets)})
    thresholds = result.thresholds
    one_set = thresholds.index.nlevels == 1
    tau = thresholds[["threshold"]].dropna() if one_set else thresholds.iloc[:0][["threshold"]]
    return PlotData(
        kind=KIND,
        table=table.reset_index(drop=True),
        more={
            "thresholds": tau,
            "facets": pd.DataFrame({"facet": facets}),
            "z": pd.DataFrame({"z": [special.ndtri(0.5 + result.level / 2)]}),
        },
        title=say("wright", lang),
        subtitle=sentences(
            lang,
            say("wright_say", lang, level=percent(result.level)),
            say("wright_thresholds", lang) if len(tau) else "",
        ),
        y_label=say("logit_axis", lang),
        lang=lang,
        size=(float(np.clip(_WIDTH * (len(facets) + bool(len(tau))) + 1.0, 6.5, 13.0)), 7.0),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw the map.

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
    table, tau = data.table, data.more["thresholds"]
    facets = list(data.more["facets"]["facet"])
    z = float(data.more["z"]["z"].iloc[0])
    half = z * table["se"].fillna(0.0)
    values = np.concatenate(
        [(table["measure"] - half).to_numpy(), (table["measure"] + half).to_numpy(), tau["threshold"].to_numpy(dtype=np.float64)]
    )
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = 0.04 * (high - low) + 0.05
    low, high = low - room, high + room
    columns = len(facets) + bool(len(tau))
    ax.set_ylim(low, high)
    ax.set_xlim(-0.18, columns - 0.1)
    ax.axhline(0, color=palette.SILVER, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    palette.dress(ax, data.title, data.subtitle, "", data.y_label, line=int(12.5 * data.size[0]), lift=18)
    ax.spines["left"].set_visible(True)
    ax.spines["left"].set_color(palette.SILVER)
    ax.set_xticks([])
    for k, facet in enumerate(facets):
        rows = table[table["facet"] == facet].sort_values("measure", kind="stable")
        color = _COLORS[k % len(_COLORS)]
        _head(ax, k, say(_FACETS[facet], data.lang) if facet in _FACETS else lettering.legible(str(facet)))
        if len(rows) <= NAMED:
            _names(ax, rows, float(k), color, (low, high), z)
        else:
            _dots(ax, rows["measure"].to_numpy(dtype=np.float64), float(k), color, (low, high))
    if len(tau):
        k = len(facets)
        _head(ax, k, say("wright_categories", data.lang))
        at = rank_lines.spread_apart(tau["threshold"].to_numpy(dtype=np.float64), 0.027 * (high - low), low, high)
        for (category, value), y in zip(tau["threshold"].items(), at, strict=True):
            ax.plot([k, k + 0.1], [value, value], color=palette.INK, linewidth=1.2, zorder=3)
            lettering.write(ax, k + 0.16, y, f"{float(str(category)):g}", color=palette.INK, size=8.5, va="center", ha="left")
    return ax


def _head(ax: Axes, x: float, text: str) -> None:
    head = ax.annotate(text, (x, 1), (0, 6), xycoords=ax.get_xaxis_transform(), textcoords="offset points", ha="left")
    lettering.letter(head, 9.5, palette.INK)


def _names(ax: Axes, rows: pd.DataFrame, x: float, color: str, ends: tuple[float, float], z: float) -> None:
    """Dots with intervals, and names beside them moved apart."""
    measure, se = (rows[c].to_numpy(dtype=np.float64) for c in ("measure", "se"))
    at = rank_lines.spread_apart(measure, 0.027 * (ends[1] - ends[0]), *ends)
    for k, (y, s, to, name) in enumerate(zip(measure, se, at, rows["label"], strict=True)):
        beside = x - _LANE * (k % _LANES)
        if np.isfinite(s):
            ax.plot([beside, beside], [y - z * s, y + z * s], color=color, linewidth=1.2, alpha=0.45, zorder=1)
        ax.plot([beside], [y], marker="o", markersize=5, color=color, markeredgecolor="white", zorder=3)
        ax.plot([beside + 0.02, x + 0.12], [y, to], color=palette.SILVER, linewidth=0.6, zorder=1)
        lettering.write(ax, x + 0.14, to, name, color=palette.INK, size=8.5, va="center", ha="left")


def _dots(ax: Axes, measure: Any, x: float, color: str, ends: tuple[float, float]) -> None:
    """A histogram lying on its side."""
    edges = np.linspace(*ends, 46)
    count, _ = np.histogram(measure, edges)
    ax.barh(
        (edges[:-1] + edges[1:]) / 2,
        0.78 * count / max(int(count.max()), 1),
        left=x,
        height=0.86 * (edges[1] - edges[0]),
        color=color,
        alpha=0.75,
    )

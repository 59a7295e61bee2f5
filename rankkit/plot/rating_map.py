"""Ratings of everyone by every rater as a map of cells; residuals show raters who see people alike."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from scipy.cluster import hierarchy

from rankkit.errors import Lang, SettingsError, language
from rankkit.kernels.arrays import Floats
from rankkit.plot import cell_map, lettering, palette, parts
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "rating_map"
NAMED = 45
MOST_PEOPLE, MOST_RATERS = 150, 60
_STEPS = 25
_RATINGS = ("#F7FBFF", "#9CC7E2", palette.BLUE, "#08306B")
_RESIDUALS = (palette.VERMILLION, "#F3B98F", "#F4F4F4", "#9CC7E2", palette.BLUE)
Show = Literal["ratings", "residuals"]


def applies(subject: Any) -> bool:
    """Tell whether a result keeps the ratings with who gave them."""
    ratings = getattr(subject, "ratings_by_rater", None)
    return ratings is not None and len(ratings) > 0


def compute(result: Any, *, dimension: str | None = None, show: Show = "ratings", lang: Lang | None = None) -> PlotData:
    """Lay out mean ratings by person and rater.

    Parameters
    ----------
    result : GraphicRatingScaleResult
        Its ``ratings_by_rater`` has ``rater, rater_label, ratee, dimension, score``.
    dimension : str, optional
        One dimension; by default each rater's mean over dimensions.
    show : {"ratings", "residuals"}
        Ratings, raters from strict to lenient; or what is left of them after the means of person and rater, raters who deviate
        alike side by side (average linkage on correlations).
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by ``ratee``, best first: ``label, score, y``; ``more["raters"]`` by ``rater``: ``label, mean, x``;
        ``more["cells"]`` people × raters.

    Raises
    ------
    SettingsError
        If there is no such dimension or view.
    """
    lang = lang or language()
    if show not in ("ratings", "residuals"):
        raise SettingsError("E-SETTING", name="show", value=show, allowed="'ratings', 'residuals'")
    cells = result.ratings_by_rater
    if dimension is not None:
        if dimension not in set(cells["dimension"]):
            raise SettingsError("E-SETTING", name="dimension", value=dimension, allowed=", ".join(sorted(set(cells["dimension"]))))
        cells = cells[cells["dimension"] == dimension]
    wide = cells.pivot_table("score", "ratee", "rater", observed=True)
    table = parts.best_first(result)
    table = table[table.index.isin(wide.index)]
    wide = wide.reindex(table.index)
    m = wide.shape[1]
    if m > MOST_RATERS:
        kept = wide.notna().sum().sort_values(ascending=False, kind="stable").index[:MOST_RATERS]
        wide = wide[sorted(kept)]
        wide = wide[wide.notna().any(axis=1)]
        table = table.loc[wide.index]
    mean = wide.mean()
    if show == "residuals":
        wide = _residuals(wide)
        order = _alike(wide)
    else:
        order = list(mean.sort_values(kind="stable").index)
    n = len(wide)
    step = -(-n // MOST_PEOPLE)
    table, wide = table.iloc[::step], wide.iloc[::step][order]
    table = table.assign(y=np.arange(len(table), dtype=np.float64) + 0.5)
    names = cells.drop_duplicates("rater").set_index("rater")["rater_label"]
    raters = pd.DataFrame(
        {"label": lettering.distinct([str(r) for r in order], [str(names[r]) for r in order], 18), "mean": mean[order]},
        index=pd.Index(order, name="rater"),
    )
    raters["x"] = np.arange(len(raters), dtype=np.float64) + 0.5
    return PlotData(
        kind=KIND,
        table=table,
        more={"raters": raters, "cells": wide, "residuals": table.iloc[: len(table) if show == "residuals" else 0][[]]},
        title=parts.titled(say("rating_map", lang), dimension, lang),
        subtitle=sentences(
            lang,
            say("rating_map_residual" if show == "residuals" else "rating_map_say", lang),
            say("rating_map_raters", lang, n=m, shown=len(order)) if len(order) < m else "",
            say("rating_map_people", lang, n=n, shown=len(table)) if step > 1 else "",
        ),
        lang=lang,
        size=(
            float(np.clip(3.2 + 0.3 * len(raters), 6.4, 11.0)),
            2.4 + max((0.235 if len(table) <= 24 else 0.18 if len(table) <= NAMED else 8.0 / len(table)) * len(table), 1.0),
        ),
    )


def _residuals(wide: pd.DataFrame) -> pd.DataFrame:
    """Ratings less the means of person and rater, taken out in turns until nothing moves."""
    y = wide.to_numpy(dtype=np.float64)
    out = y - np.nanmean(y)
    for _ in range(50):
        out = out - np.nanmean(out, axis=0)
        out = out - np.nanmean(out, axis=1)[:, None]
    return pd.DataFrame(out, index=wide.index, columns=wide.columns)


def _alike(residuals: pd.DataFrame) -> list[Any]:
    """Raters ordered so that those who deviate alike stand together."""
    m = residuals.shape[1]
    if m < 3:
        return list(residuals.columns)
    r = residuals.corr(min_periods=3).to_numpy(dtype=np.float64)
    distance = 1 - np.nan_to_num(r, nan=0.0)
    tree = hierarchy.linkage(distance[np.triu_indices(m, 1)], "average", optimal_ordering=m <= 60)
    return [residuals.columns[int(k)] for k in hierarchy.leaves_list(tree)]


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
    table, raters = data.table, data.more["raters"]
    residual = len(data.more["residuals"]) > 0
    values: Floats = data.more["cells"].to_numpy(dtype=np.float64)
    colors = cell_map.ramp(_RESIDUALS if residual else _RATINGS, _STEPS)
    most = max(float(np.nanmax(np.abs(values))), 1e-9)
    low, high = (-most, most) if residual else (float(np.nanmin(values)), float(np.nanmax(values)))
    level = cell_map.levels(values, low, high if high > low else low + 1.0, _STEPS)
    cell_map.fill(ax, level, colors)
    n, m = len(table), len(raters)
    palette.dress(ax, data.title, data.subtitle, line=int(13 * data.size[0]))
    cell_map.frame(ax, n, m)
    if n <= NAMED:
        for k in range(1, n):
            ax.axhline(k, color="white", linewidth=0.6, zorder=2)
        lettering.tick_names(ax, "y", list(table["y"]), list(table["label"]), size=9.0 if n <= 24 else 7.5, color=palette.INK)
    else:
        ax.set_yticks([])
    widest = max((lettering.width(name) for name in raters["label"]), default=1)
    turned = widest * 5.0 > 72 * (data.size[0] - 2.2) / max(m, 1)
    rotation = 90 if turned else 0
    lettering.tick_names(
        ax, "x", list(raters["x"]), list(raters["label"]), size=8.5 if m <= 30 else 6.5, color=palette.INK, rotation=rotation
    )
    ax.tick_params(axis="x", length=0)
    ends = ("below_both", "above_both") if residual else ("low_end", "high_end")
    keys = [(f"{say(ends[0], data.lang)} ({low:.2g})", 0), (f"{say(ends[1], data.lang)} ({high:.2g})", _STEPS - 1)]
    handles = [Rectangle((0, 0), 1, 1, facecolor=colors[k], edgecolor=palette.SILVER, linewidth=0.5, label=text) for text, k in keys]
    palette.legend(ax, handles, below=14 + (4.8 * widest if turned else 14))
    return ax

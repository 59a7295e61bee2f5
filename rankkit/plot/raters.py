"""Ratings by rater: who uses which part of the scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from rankkit.errors import Lang, language
from rankkit.kernels.arrays import Floats
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "raters"
NAMED = 40  # raters shown; above that, the ends
_DOTS = 200  # ratings of one rater drawn as dots
_HALF = 0.32  # half the height of a row that dots may take
_STACK = 7  # equal ratings stacked before a second stack begins
_STACKS = 9  # stacks of one value at most


def applies(subject: Any) -> bool:
    """Tell whether a result keeps the ratings with who gave them."""
    ratings = getattr(subject, "ratings_by_rater", None)
    return ratings is not None and len(ratings) > 0


def compute(result: Any, *, dimension: str | None = None, named: int = NAMED, lang: Lang | None = None) -> PlotData:
    """Summarise the ratings of each rater.

    Parameters
    ----------
    result : GraphicRatingScaleResult
        Its ``ratings_by_rater`` has ``rater, rater_label, dimension, score``.
    dimension : str, optional
        Only the ratings on one dimension.
    named : int
        Most raters shown; with more, those with the lowest and the highest means.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by ``rater``, lowest mean first: ``label, n, mean, q1, median, q3, low, high, y``;
        ``more["ratings"]`` the dots
        (``rater, score, x, y``; ``x`` is the score moved aside where many are equal); ``more["overall"]`` the mean of all ratings.
    """
    lang = lang or language()
    cells = result.ratings_by_rater
    cells = cells[cells["score"].notna()]
    if dimension is not None and "dimension" in cells.columns:
        cells = cells[cells["dimension"] == dimension]
    score = cells["score"].astype("float64")
    by = score.groupby(cells["rater"], sort=True, observed=True)
    table = pd.DataFrame(
        {
            "n": by.size(),
            "mean": by.mean(),
            "q1": by.quantile(0.25),
            "median": by.median(),
            "q3": by.quantile(0.75),
            "low": by.min(),
            "high": by.max(),
        }
    )
    names = cells.drop_duplicates("rater").set_index("rater")["rater_label"].reindex(table.index)
    table.insert(0, "label", lettering.distinct([str(r) for r in table.index], [str(v) for v in names]))
    table = table.sort_values("mean", kind="stable")
    raters, cut = len(table), ""
    if raters > named:
        ends = max(named // 2, 1)
        table = pd.concat([table.iloc[:ends], table.iloc[-ends:]])
        cut = say("raters_cut", lang, n=raters, ends=ends)
    table["y"] = np.arange(len(table), dtype=np.float64)
    gaps = np.diff(np.unique(score))
    aside = min(0.011 * float(np.ptp(score)) if len(score) else 0.0, float(gaps.min(initial=np.inf)) / 12)
    dots = [_dots(rater, score[cells["rater"] == rater].to_numpy(), y, aside) for rater, y in zip(table.index, table["y"], strict=True)]
    thinned = say("raters_thinned", lang, most=_DOTS) if (table["n"] > _DOTS).any() else ""
    return PlotData(
        kind=KIND,
        table=table,
        more={
            "ratings": pd.concat(dots, ignore_index=True) if dots else pd.DataFrame(columns=["rater", "score", "x", "y"]),
            "overall": pd.DataFrame({"mean": [float(score.mean())]}),
        },
        title=say("raters", lang),
        subtitle=sentences(lang, say("raters_say", lang), cut, thinned),
        x_label=say("rating", lang) + (f" ({lettering.legible(dimension)})" if dimension else ""),
        lang=lang,
        size=(7.5, 1.9 + 0.42 * max(len(table), 2)),
    )


def _dots(rater: Any, score: Floats, y: float, aside: float) -> pd.DataFrame:
    """Stack equal ratings around the row, in several stacks side by side where they are many; the same way every time."""
    ordered = np.sort(score)
    if len(ordered) > _DOTS:
        ordered = ordered[np.linspace(0, len(ordered) - 1, _DOTS).round().astype(int)]
    values, where, counts = np.unique(ordered, return_inverse=True, return_counts=True)
    k = np.arange(len(ordered)) - np.searchsorted(ordered, values)[where]
    stacks = np.minimum(-(-counts // _STACK), _STACKS)
    tall = -(-counts // stacks)
    stack, level = k // tall[where], k % tall[where]
    in_stack = np.minimum(tall[where], counts[where] - stack * tall[where])
    step = np.minimum(0.095, 2 * _HALF / np.maximum(tall, 1))[where]
    x = ordered + (stack - (stacks[where] - 1) / 2) * aside
    return pd.DataFrame({"rater": rater, "score": ordered, "x": x, "y": y + (level - (in_stack - 1) / 2) * step})


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw ratings by rater.

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
    table, dots = data.table, data.more["ratings"]
    overall = float(data.more["overall"]["mean"].iloc[0])
    ax.set_ylim(len(table) - 0.4, -1.25)
    ax.axvline(overall, color=palette.GREY, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)
    for y, q1, q3, median in zip(table["y"], table["q1"], table["q3"], table["median"], strict=True):
        ax.add_patch(Rectangle((q1, y - 0.36), q3 - q1, 0.72, facecolor=palette.SKY, alpha=0.28, edgecolor="none", zorder=1))
        ax.plot([median, median], [y - 0.36, y + 0.36], color=palette.SKY, linewidth=1.6, zorder=2)
    ax.plot(dots["x"], dots["y"], linestyle="none", marker="o", markersize=2.8, color=palette.INK, alpha=0.55, markeredgewidth=0, zorder=3)
    ax.plot(
        table["mean"], table["y"], linestyle="none", marker="D", markersize=6, color=palette.VERMILLION, markeredgecolor="white", zorder=4
    )
    palette.dress(ax, data.title, data.subtitle, data.x_label)
    lettering.tick_names(ax, "y", list(table["y"]), list(table["label"]), color=palette.INK)
    beside = ax.get_yaxis_transform()
    columns = ((1.085, "mean", [f"{v:.2f}" for v in table["mean"]]), (1.165, "n", [f"{v}" for v in table["n"]]))
    for x, head, texts in columns:
        lettering.write(ax, x, -0.95, say(head, data.lang), color=palette.GREY, size=8.5, transform=beside, va="center", ha="right")
        for y, text in zip(table["y"], texts, strict=True):
            lettering.write(ax, x, y, text, color=palette.INK, transform=beside, va="center", ha="right")
    handles = [
        Line2D([], [], linestyle="none", marker="o", markersize=3, color=palette.INK, label=say("one_rating", data.lang)),
        Line2D([], [], linestyle="none", marker="D", markersize=6, color=palette.VERMILLION, label=say("rater_mean", data.lang)),
        Line2D([], [], color=palette.GREY, linewidth=1.0, linestyle=(0, (4, 3)), label=say("grand_mean", data.lang, mean=overall)),
    ]
    palette.legend(ax, handles)
    return ax

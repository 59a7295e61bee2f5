"""Slope graph: everyone's rank on raw ratings and after the adjustment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from rankkit.errors import Lang, language
from rankkit.plot import lettering, palette, rank_lines
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "before_after"
_COLORS = {"up": palette.BLUE, "down": palette.VERMILLION, "same": palette.SILVER}


def applies(subject: Any) -> bool:
    """Tell whether a result keeps raw beside adjusted scores."""
    changes = getattr(subject, "changes", None)
    return (
        changes is not None
        and {"raw_rank", "rank"} <= set(changes.columns)
        and bool(changes[["raw_rank", "rank"]].notna().all(axis=1).any())
    )


def compute(result: Any, *, lang: Lang | None = None) -> PlotData:
    """Lay out ranks before and after.

    Parameters
    ----------
    result : GraphicRatingScaleResult
        Its ``changes`` has ``label, raw_score, raw_rank, score, rank``.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by ``ratee``: ``label, raw_score, raw_rank, score, rank`` and ``direction`` (``up, down, same``;
        up is a better rank after the adjustment).
    """
    lang = lang or language()
    changes = result.changes
    both = changes[changes[["raw_rank", "rank"]].notna().all(axis=1)].sort_index()
    table = both[["label", "raw_score", "raw_rank", "score", "rank"]].copy()
    table["label"] = lettering.distinct(list(table.index), list(table["label"]))
    gain = (table["raw_rank"] - table["rank"]).to_numpy(dtype=np.float64)
    table["direction"] = np.select([gain > 0, gain < 0], ["up", "down"], "same")
    table = table.sort_values(["raw_rank", "rank"], kind="stable")
    n = len(table)
    return PlotData(
        kind=KIND,
        table=table,
        title=say("before_after", lang),
        subtitle=sentences(
            lang,
            say("before_after_say", lang, changed=int((gain != 0).sum()), n=n),
            say("bump_names", lang) if n > rank_lines.NAMED else "",
        ),
        y_label=say("rank", lang),
        lang=lang,
        size=(7.0, rank_lines.height(n) + 0.3),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw a slope graph.

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
    ranks = table[["raw_rank", "rank"]].to_numpy(dtype=np.float64)
    worst = float(np.nanmax(ranks, initial=max(len(table), 1)))
    loud = (table["direction"] != "same").to_numpy()
    colors = [_COLORS[d] for d in table["direction"]]
    palette.dress(ax, data.title, data.subtitle, line=70, lift=18)
    rank_lines.frame(ax, [say("before", data.lang), say("after", data.lang)], worst)
    named = _named(table)
    rank_lines.draw_lines(ax, ranks, colors, list(loud & named))
    left, right = (
        _texts(table[named], score, rank, before=before)
        for score, rank, before in (("raw_score", "raw_rank", False), ("score", "rank", True))
    )
    rank_lines.names_at_ends(ax, ranks[named], left, right, list(np.array(colors, dtype=object)[named]), worst)
    handles = [
        Line2D([], [], color=_COLORS[d], marker="o", markersize=5, label=say(d, data.lang))
        for d in _COLORS
        if (table["direction"] == d).any()
    ]
    palette.legend(ax, handles, columns=3, below=12)
    return ax


def _named(table: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Name everyone, or, of many, those who move most."""
    if len(table) <= rank_lines.NAMED:
        return np.ones(len(table), dtype=bool)
    gain = (table["raw_rank"] - table["rank"]).abs().to_numpy(dtype=np.float64)
    cut = np.sort(gain)[::-1][min(20, len(gain) - 1)]
    return np.asarray(gain > cut, dtype=bool)


def _texts(rows: pd.DataFrame, score: str, rank: str, *, before: bool) -> pd.Series:
    """Write name, score and rank, the rank facing the line."""
    scores = [f"{s:.2f}".replace("-", "−") for s in rows[score].astype("float64")]
    texts = [
        f"{place:g}  {name}  {points}" if before else f"{name}  {points}  {place:g}"
        for name, points, place in zip(rows["label"], scores, rows[rank].astype("float64"), strict=True)
    ]
    return pd.Series(texts, index=rows.index, dtype="object")

"""Bump chart: the same people's ranks under several methods."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from rankkit.errors import Lang, language
from rankkit.kernels.arrays import Floats
from rankkit.plot import lettering, palette, rank_lines
from rankkit.plot.phrases import percent, say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "bump"
_COLOURED = len(palette.CATEGORIES)


def applies(subject: Any) -> bool:
    """Tell whether this compares the ranks of several methods."""
    return hasattr(subject, "results") and hasattr(subject, "ranks") and len(subject.results) > 1


def compute(comparison: Any, *, lang: Lang | None = None) -> PlotData:
    """Lay out ranks by method.

    Parameters
    ----------
    comparison : MethodComparison
        ``ranks`` (people × methods) and ``rank_sets`` (columns ``(method, rank_low)``, ``(method, rank_high)``).
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by ``ratee``: ``label``, ``shift`` (worst minus best rank) and ``color``. ``more["ranks"]`` has one
        column of ranks a method, ``more["rank_sets"]`` the bars.
    """
    lang = lang or language()
    methods = list(comparison.results)
    ranks = comparison.ranks[methods].sort_index().sort_values(methods, kind="stable")
    numbers = ranks.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    shift = _shift(numbers)
    names = lettering.distinct(list(ranks.index), [comparison.labels.get(p, p) for p in ranks.index])
    table = pd.DataFrame({"label": names, "shift": shift, "color": _colors(shift)}, index=ranks.index)
    sets = _sets(comparison.rank_sets, methods, table.index)
    n = len(table)
    loud = set(table.index[table["color"] != palette.SILVER])
    subtitle = sentences(
        lang,
        say("bump_say", lang, n=n),
        say("bump_same", lang) if not shift.any() else say("bump_loud", lang) if 0 < len(loud) < n else "",
        say("bump_bars", lang, level=percent(comparison.level)) if sets["ratee"].isin(loud).any() else "",
        say("bump_names", lang) if n > rank_lines.NAMED else "",
    )
    return PlotData(
        kind=KIND,
        table=table,
        more={"ranks": pd.DataFrame(numbers, index=ranks.index, columns=pd.Index(methods)), "rank_sets": sets},
        title=say("bump", lang, n=len(methods)),
        subtitle=subtitle,
        y_label=say("rank", lang),
        lang=lang,
        size=(max(3.4 + 2.1 * (len(methods) - 1), 6.5), rank_lines.height(n)),
    )


def _shift(ranks: Floats) -> Floats:
    """Worst minus best rank of each person over the methods."""
    seen = np.isfinite(ranks)
    low = np.where(seen, ranks, np.inf).min(axis=1)
    high = np.where(seen, ranks, -np.inf).max(axis=1)
    return np.where(seen.any(axis=1), high - low, 0.0)


def _colors(shift: Floats) -> list[str]:
    """Colour the biggest movers: as many as there are colours, tied people all or none; few people all have a colour."""
    if len(shift) <= _COLOURED:
        return list(palette.CATEGORIES[: len(shift)])
    counts = {t: int((shift >= t).sum()) for t in np.unique(shift[shift > 0])}
    enough = [t for t, count in counts.items() if count <= _COLOURED]
    if not enough:
        return [palette.SILVER] * len(shift)
    loud = shift >= min(enough)
    colors = iter(palette.CATEGORIES)
    return [next(colors) if strong else palette.SILVER for strong in loud]


def _sets(wide: pd.DataFrame, methods: list[str], order: pd.Index) -> pd.DataFrame:
    """Rank sets in long form, of the methods that have them."""
    frames = [
        pd.DataFrame({"ratee": order, "method": m, **{bound: wide[(m, bound)].reindex(order).array for bound in ("rank_low", "rank_high")}})
        for m in methods
        if (m, "rank_low") in wide.columns
    ]
    return pd.concat(frames, ignore_index=True).dropna() if frames else pd.DataFrame(columns=["ratee", "method", "rank_low", "rank_high"])


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw a bump chart.

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
    methods = list(data.more["ranks"].columns)
    ranks = data.more["ranks"].to_numpy(dtype=np.float64)
    worst = float(max(len(table), np.nanmax(ranks, initial=1.0)))
    colors = list(table["color"])
    loud = [c != palette.SILVER for c in colors]
    palette.dress(ax, data.title, data.subtitle, line=34 + 26 * len(methods), lift=18)
    rank_lines.frame(ax, [lettering.legible(m, 26) for m in methods], worst)
    barred = table[loud]
    low, high = (_wide(data.more["rank_sets"], bound, barred.index, methods) for bound in ("rank_low", "rank_high"))
    rank_lines.draw_bars(ax, low, high, list(barred["color"]))
    rank_lines.draw_lines(ax, ranks, colors, loud)
    named = np.array(loud) if len(table) > rank_lines.NAMED else np.ones(len(table), dtype=bool)
    left, right = (_with_rank(table["label"][named], ranks[named, k], before=k != 0) for k in (0, -1))
    rank_lines.names_at_ends(ax, ranks[named], left, right, list(table["color"][named]), worst)
    return ax


def _wide(sets: pd.DataFrame, bound: str, people: pd.Index, methods: list[str]) -> Floats:
    """Shape (people, methods) of one end of the rank sets; ``nan`` where there is none."""
    wide = sets.pivot_table(index="ratee", columns="method", values=bound, aggfunc="first") if len(sets) else pd.DataFrame()
    return wide.reindex(index=people, columns=methods).astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)


def _with_rank(names: pd.Series, rank: Floats, *, before: bool) -> pd.Series:
    """Put the rank on the side of the name that faces the line."""
    texts = [(f"{r:g}  {name}" if before else f"{name}  {r:g}") if np.isfinite(r) else name for name, r in zip(names, rank, strict=True)]
    return pd.Series(texts, index=names.index, dtype="object")

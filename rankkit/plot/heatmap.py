"""Heatmap of ranks: one row a person in order of the score, one column a list."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from scipy.stats import kendalltau

from rankkit.errors import Lang, language
from rankkit.kernels.arrays import Floats
from rankkit.plot import cell_map, lettering, palette, parts
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "heatmap"
NAMED = 45  # people named; above that, places are numbered
MOST_LISTS = 60
WRITTEN = (30, 16)  # people and lists up to which ranks stand in the cells
_STEPS = 25
_PLACES = (palette.BLUE, "#9CC7E2", "#F4F4F4", "#F3B98F", palette.VERMILLION)


def applies(subject: Any) -> bool:
    """Tell whether a result keeps the ranks of its lists."""
    return parts.holds(subject, "ranks")


def compute(result: Any, *, dimension: str | None = None, lists: int = MOST_LISTS, lang: Lang | None = None) -> PlotData:
    """Lay out the ranks in every list.

    Parameters
    ----------
    result : AlternationRankingResult
        Its ``ranks`` has ``list, ratee, midrank, left_over``.
    dimension : str, optional
        Of a result over several dimensions; the first by default.
    lists : int
        Most lists shown; with more, those that agree least and most with the scores.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by ``ratee``, best score first: ``label, score, y, text``. ``more["lists"]`` has, by ``list``, most agreement
        first: ``label, tau`` (Kendall's τ_b with the scores), ``x``; ``more["ranks"]`` is people × lists (ranks, ties averaged; NaN
        = not in the list), ``more["places"]`` the same from 0 (first) to 1 (last), ``more["left_over"]`` who was shown but not
        placed.

    Raises
    ------
    SettingsError
        If there is no such dimension.
    """
    lang = lang or language()
    part, dimension = parts.part_with(result, "ranks", dimension)
    ranks = part.evidence["ranks"]
    table = parts.best_first(part)
    table = table[table.index.isin(set(ranks["ratee"]))]
    n = len(table)
    table["y"] = np.arange(n, dtype=np.float64) + 0.5
    table["text"] = [f"{k + 1}  {name}" for k, name in enumerate(table["label"])]
    wide = ranks.pivot_table(index="ratee", columns="list", values="midrank", dropna=False).reindex(table.index).sort_index(axis=1)
    tau = {name: _agreement(table["score"].to_numpy(), wide[name].to_numpy()) for name in wide.columns}
    order = sorted(wide.columns, key=lambda name: (-tau[name] if np.isfinite(tau[name]) else 2.0, name))
    n_lists = len(order)
    if n_lists > lists:
        order = order[: lists - lists // 2] + order[n_lists - lists // 2 :]
    wide = wide[order]
    raters, names = dict(zip(ranks["list"], ranks["rater"], strict=True)), parts.rater_labels(part)
    labels = [names.get(name, name) if raters[name] == name else name for name in order]
    about = pd.DataFrame(
        {"label": lettering.distinct(order, labels, 18), "tau": [tau[c] for c in order]}, index=pd.Index(order, name="list")
    )
    about["x"] = np.arange(len(order), dtype=np.float64) + 0.5
    held = wide.notna().sum()
    left = ranks[ranks["left_over"]].pivot_table(index="ratee", columns="list", values="midrank").reindex(index=table.index, columns=order)
    row = 0.235 if n <= 24 else 0.19 if n <= NAMED else max(7.5 / n, 0.02)
    written = n <= WRITTEN[0] and len(order) <= WRITTEN[1]
    return PlotData(
        kind=KIND,
        table=table,
        more={
            "lists": about,
            "ranks": wide,
            "places": (wide - 1) / (held - 1).clip(lower=1),
            "left_over": left.notna(),
            "written": table.iloc[: n if written else 0][[]],
        },
        title=parts.titled(say("heatmap", lang), dimension, lang),
        subtitle=sentences(
            lang,
            say("heatmap_say", lang),
            say("heatmap_numbers", lang) if written else "",
            say("heatmap_tau", lang) if len(order) <= WRITTEN[1] and np.isfinite(about["tau"]).any() else "",
            say("heatmap_cut", lang, n=n_lists, shown=len(order)) if n_lists > len(order) else "",
        ),
        lang=lang,
        size=(float(np.clip(3.4 + 0.42 * len(order), 6.4, 9.0)), 2.5 + row * n),
    )


def _agreement(score: Floats, rank: Floats) -> float:
    """Kendall's τ_b of a list with the scores, on the people in the list."""
    both = np.isfinite(score) & np.isfinite(rank)
    if both.sum() < 2 or np.ptp(score[both]) == 0 or np.ptp(rank[both]) == 0:
        return float("nan")
    return float(kendalltau(score[both], -rank[both]).statistic)


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw a heatmap of ranks.

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
    table, lists = data.table, data.more["lists"]
    n, m = len(table), len(lists)
    colors = cell_map.ramp(_PLACES, _STEPS)
    left = data.more["left_over"].to_numpy(dtype=np.bool_)
    level = cell_map.levels(np.where(left, np.nan, data.more["places"].to_numpy(dtype=np.float64)), 0.0, 1.0, _STEPS)
    cell_map.fill(ax, level, colors)
    cell_map.fill(ax, np.where(left, 0, -1), [palette.PALE])
    with_tau = m <= WRITTEN[1] and bool(np.isfinite(lists["tau"]).any())
    palette.dress(ax, data.title, data.subtitle, line=int(13.5 * data.size[0]), lift=16 if with_tau else 0)
    cell_map.frame(ax, n, m)
    if n <= NAMED:
        for k in range(1, n):
            ax.axhline(k, color="white", linewidth=0.7, zorder=2)
    for k in range(1, m if m <= WRITTEN[1] else 1):
        ax.axvline(k, color="white", linewidth=1.2, zorder=2)
    size = 9.0 if n <= 24 else 7.5
    if n <= NAMED:
        lettering.tick_names(ax, "y", list(table["y"]), list(table["text"]), size=size, color=palette.INK)
    else:
        step = 10 if n <= 120 else 25
        places = [1, *range(step, n + 1, step)]
        lettering.tick_names(ax, "y", [p - 0.5 for p in places], [f"{p}" for p in places], size=size, color=palette.INK)
    widest = max((lettering.width(name) for name in lists["label"]), default=1)
    turned = widest * 5.0 > 72 * (data.size[0] - 2.2) / max(m, 1)
    lettering.tick_names(
        ax, "x", list(lists["x"]), list(lists["label"]), size=8.5 if m <= 30 else 7.0, color=palette.INK, rotation=90 if turned else 0
    )
    ax.tick_params(axis="x", length=0)
    if len(data.more["written"]):
        _write(ax, data, level, colors)
    if with_tau:
        for x, tau in zip(lists["x"], lists["tau"], strict=True):
            text = "τ —" if np.isnan(tau) else f"τ {tau:.2f}".replace("0.", ".").replace("-", "−")
            place = ax.annotate(
                text, (x, 1), (0, 4), xycoords=("data", "axes fraction"), textcoords="offset points", ha="center", va="bottom"
            )
            lettering.letter(place, 8.0, palette.GREY)
    _legend(ax, data, colors, 14 + (4.8 * widest if turned else 14))
    return ax


def _write(ax: Axes, data: PlotData, level: Any, colors: list[str]) -> None:
    """Write ranks into the cells."""
    ranks, left = data.more["ranks"].to_numpy(dtype=np.float64), data.more["left_over"].to_numpy(dtype=np.bool_)
    for i, k in np.argwhere(np.isfinite(ranks)):
        text = "–" if left[i, k] else f"{ranks[i, k]:g}"
        color = palette.GREY if left[i, k] else cell_map.ink_on(colors[level[i, k]])
        lettering.write(ax, k + 0.5, i + 0.5, text, size=8.0, color=color, ha="center", va="center", zorder=3)


def _legend(ax: Axes, data: PlotData, colors: list[str], below: float) -> None:
    """Explain the colours."""
    keys = (("first_places", 0), ("middle_places", _STEPS // 2), ("last_places", _STEPS - 1))
    handles = [Rectangle((0, 0), 1, 1, facecolor=colors[k], label=say(key, data.lang)) for key, k in keys]
    if data.more["left_over"].to_numpy(dtype=np.bool_).any():
        handles.append(Rectangle((0, 0), 1, 1, facecolor=palette.PALE, label=say("left_over", data.lang)))
    palette.legend(ax, handles, columns=5, below=below)

"""Pair matrix, best first: what the model expects of every pair, and which outcomes surprised it."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from rankkit.errors import Lang, language
from rankkit.plot import cell_map, lettering, palette, parts
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "pairs"
MOST = 300  # people beyond whom a matrix of pairs cannot be read
NAMED = 45  # people named; above that, places are numbered
WRITTEN = 15  # people up to whom numbers stand in the cells
_STEPS = 25  # shades of a colour scale, an odd number
_SURPRISE = 3.0  # residual at which the colour is full
_LARGE = 2.0
_CHANCES = ("#F0F0F0", "#959595", "#3A3A3A")
_RESIDUALS = (palette.BLUE, "#9CC7E2", "#E6E6E6", "#F3B98F", palette.VERMILLION)


def applies(subject: Any) -> bool:
    """Tell whether a result has a table of pairs, of a number of people that can be drawn."""
    return parts.holds(subject, "pairs") and hasattr(subject, "pair_matrix") and len(subject.people) <= MOST


def compute(result: Any, *, dimension: str | None = None, written: int = WRITTEN, lang: Lang | None = None) -> PlotData:
    """Lay out the pairs of a result.

    Parameters
    ----------
    result : PairedComparisonResult
        Its ``pair_matrix`` is drawn.
    dimension : str, optional
        Of a result over several dimensions; the first by default.
    written : int
        Most people for whom numbers are written into the cells.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by ``ratee``, best first: ``label, score, y, text``; ``more`` the matrices ``probability`` (chance
        that the row is preferred), ``observed`` (wins of the row), ``comparisons`` and ``residual`` (standardised, of the row).

    Raises
    ------
    SettingsError
        If there is no such dimension.
    """
    lang = lang or language()
    part, dimension = parts.part_with(result, "pairs", dimension)
    matrices = {what: part.pair_matrix(what) for what in ("probability", "observed", "comparisons", "residual")}
    table = parts.best_first(part).loc[matrices["probability"].index]
    n = len(table)
    table["y"] = np.arange(n, dtype=np.float64) + 0.5
    table["text"] = [f"{k + 1}  {name}" for k, name in enumerate(table["label"])]
    residual = np.abs(matrices["residual"].to_numpy()[np.triu_indices(n, 1)])
    known = int(np.isfinite(residual).sum())
    beyond = int((residual[np.isfinite(residual)] > _LARGE).sum())
    return PlotData(
        kind=KIND,
        table=table,
        more=matrices | {"written": table.iloc[: n if n <= written else 0][[]]},
        title=parts.titled(say("pairs", lang), dimension, lang),
        subtitle=sentences(
            lang,
            say("pairs_say", lang),
            say("pairs_wins", lang) if n <= written else "",
            say("pairs_residuals", lang),
            say("pairs_beyond", lang, n=beyond, all=known) if known else "",
        ),
        lang=lang,
        size=(7.6, 2.2 + float(np.clip(0.36 * n, 2.0, 6.2))),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw a pair matrix.

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
    n = len(data.table)
    chance, residual = (data.more[what].to_numpy(dtype=np.float64) for what in ("probability", "residual"))
    greys, colors = cell_map.ramp(_CHANCES, _STEPS), cell_map.ramp(_RESIDUALS, _STEPS)
    upper = np.triu(np.ones((n, n), dtype=np.bool_), 1)
    expected = cell_map.levels(np.where(upper, chance, np.nan), 0.5, 1.0, _STEPS)
    surprise = cell_map.levels(np.where(upper.T, residual, np.nan), -_SURPRISE, _SURPRISE, _STEPS)
    cell_map.fill(ax, expected, greys)
    cell_map.fill(ax, surprise, colors)
    palette.dress(ax, data.title, data.subtitle, data.x_label)
    cell_map.frame(ax, n, n)
    if n <= NAMED:
        for k in range(1, n):
            ax.axhline(k, color="white", linewidth=0.8, zorder=2)
            ax.axvline(k, color="white", linewidth=0.8, zorder=2)
        for k in range(n):
            ax.add_patch(Rectangle((k, k), 1, 1, facecolor="white", edgecolor="none", zorder=1))
    _name(ax, data, n)
    if len(data.more["written"]):
        _write(ax, data, expected, surprise, (greys, colors))
    _legend(ax, data.lang, greys, colors)
    return ax


def _name(ax: Axes, data: PlotData, n: int) -> None:
    """Name the rows and number the columns; beyond :data:`NAMED` number both."""
    size = 9.0 if n <= 24 else 7.5
    if n <= NAMED:
        lettering.tick_names(ax, "y", list(data.table["y"]), list(data.table["text"]), size=size, color=palette.INK)
        places = list(range(1, n + 1))
    else:
        step = 10 if n <= 120 else 25
        places = [1, *range(step, n + 1, step)]
        lettering.tick_names(ax, "y", [p - 0.5 for p in places], [f"{p}" for p in places], size=size, color=palette.INK)
    lettering.tick_names(ax, "x", [p - 0.5 for p in places], [f"{p}" for p in places], size=size, color=palette.INK)
    ax.tick_params(axis="x", length=0)


def _write(ax: Axes, data: PlotData, expected: Any, surprise: Any, scales: tuple[list[str], list[str]]) -> None:
    """Write chances and wins above the diagonal, residuals below."""
    chance, won, met, residual = (data.more[what].to_numpy() for what in ("probability", "observed", "comparisons", "residual"))
    for i in range(len(chance)):
        for j in range(len(chance)):
            if i < j:
                text, color = _percent(chance[i, j]), cell_map.ink_on(scales[0][expected[i, j]])
                if np.isfinite(met[i, j]) and met[i, j] > 0:
                    text += f"\n{won[i, j]:g}–{won[j, i]:g}"
            elif i > j and np.isfinite(residual[i, j]):
                text, color = f"{round(residual[i, j], 1) + 0.0:+.1f}".replace("-", "−"), cell_map.ink_on(scales[1][surprise[i, j]])
            else:
                continue
            lettering.write(ax, j + 0.5, i + 0.5, text, size=7.0, color=color, ha="center", va="center", linespacing=1.15, zorder=3)


def _percent(chance: float) -> str:
    """Write a chance; never as certain."""
    return ">99%" if chance >= 0.995 else f"{100 * chance:.0f}%"


def _legend(ax: Axes, lang: Lang, greys: list[str], colors: list[str]) -> None:
    """Explain the two scales."""
    chances = [(0.5, "50%"), (0.75, "75%"), (1.0, "100%")]
    handles = [
        Rectangle(
            (0, 0),
            1,
            1,
            facecolor=greys[round((p - 0.5) * 2 * (_STEPS - 1))],
            edgecolor=palette.SILVER,
            label=say("pairs_chance", lang, chance=text),
        )
        for p, text in chances
    ]
    for share, key, text in ((1.0, "pairs_upset", "≥ +3"), (0.5, "pairs_expected", "0"), (0.0, "pairs_stronger", "≤ −3")):
        handles.append(Rectangle((0, 0), 1, 1, facecolor=colors[round(share * (_STEPS - 1))], label=f"{text} {say(key, lang)}"))
    palette.legend(ax, handles, columns=2, below=24)

"""Lines of ranks across columns, rank 1 on top: the drawing that bump and before-after plots share."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from rankkit.kernels.arrays import Floats
from rankkit.plot import lettering, palette

NAMED = 45  # people named at both ends; above that, only the coloured ones


def height(n: int) -> float:
    """Inches that ``n`` ranks want."""
    return 1.5 + min(0.24 * n, 9.0)


def slots(rank: Floats) -> Floats:
    """Give tied people neighbouring lines to write their names on: rank 2, 2, 4 becomes 2, 3, 4.

    >>> slots(np.array([2.0, 1.0, 2.0, 4.0]))
    array([2., 1., 3., 4.])
    """
    order = np.argsort(rank, kind="stable")
    out = rank.copy()
    for place, next_place in pairwise(order):
        out[next_place] = max(out[next_place], out[place] + 1)
    return out


def spread_apart(y: Floats, least: float, low: float, high: float) -> Floats:
    """Move heights apart until names fit, staying between ``low`` and ``high`` where there is room."""
    if not len(y):
        return y
    order = np.argsort(y, kind="stable")
    placed = y[order].astype(np.float64)
    for k in range(1, len(placed)):
        placed[k] = max(placed[k], placed[k - 1] + least)
    placed[-1] = min(placed[-1], max(high, low + least * (len(placed) - 1)))
    for k in range(len(placed) - 2, -1, -1):
        placed[k] = min(placed[k], placed[k + 1] - least)
    out = np.empty_like(placed)
    out[order] = placed
    return out


def draw_lines(ax: Axes, ranks: Floats, colors: Sequence[str], loud: Sequence[bool]) -> None:
    """Draw one line a person through the ranks, shape (people, columns); loud ones on top, quiet ones thin where there are many."""
    x = np.arange(ranks.shape[1])
    many = len(ranks) > NAMED
    for row, color, strong in zip(ranks, colors, loud, strict=True):
        ax.plot(
            x,
            row,
            color=color,
            linewidth=2.0 if strong else 0.5 if many else 1.0,
            marker="o" if strong or not many else ".",
            markersize=5.5 if strong else 2.5 if many else 3.5,
            markeredgecolor="white" if strong or not many else "none",
            markeredgewidth=0.6,
            zorder=4 if strong else 3,
            solid_capstyle="round",
        )


def draw_bars(ax: Axes, low: Floats, high: Floats, colors: Sequence[str], *, step: float = 0.032) -> None:
    """Draw pale bars for rank sets, shape (people, columns), beside each column, on the side away from the names."""
    last = low.shape[1] - 1
    for k, (row_low, row_high, color) in enumerate(zip(low, high, colors, strict=True)):
        some = np.flatnonzero(np.isfinite(row_low) & np.isfinite(row_high))
        x = some + np.where(some == last, -1, 1) * (0.035 + step * k)
        ax.vlines(x, row_low[some] - 0.25, row_high[some] + 0.25, color=color, alpha=0.32, linewidth=4.0, zorder=1)


def names_at_ends(ax: Axes, ranks: Floats, left: pd.Series, right: pd.Series, colors: Sequence[str], worst: float) -> None:
    """Write names beside the first and the last column, moved apart, each tied to its point by a thin line."""
    last = ranks.shape[1] - 1
    rows_per_inch = worst / max(height(int(worst)) - 1.5, 0.5)
    least = max(0.155 * rows_per_inch, 1.0 if worst <= NAMED else 0.0)
    for x, names, side, edge in ((0, left, -1, ranks[:, 0]), (last, right, 1, ranks[:, last])):
        some = np.isfinite(edge)
        wanted = slots(edge[some]) if worst <= NAMED else edge[some]
        y = spread_apart(wanted, least, 1.0, worst)
        for place, at, text, color in zip(y, edge[some], names[some], np.array(colors, dtype=object)[some], strict=True):
            ax.plot([x + side * 0.02, x + side * 0.07], [at, place], color=palette.SILVER, linewidth=0.5, zorder=1, clip_on=False)
            align = "left" if side > 0 else "right"
            shade = palette.INK if color == palette.SILVER else palette.darker(color)
            lettering.write(ax, x + side * 0.085, place, text, color=shade, va="center", ha=align, size=8.8)


def frame(ax: Axes, columns: Sequence[str], worst: float) -> None:
    """Set limits, column heads on top, and no other frame."""
    ax.set_xlim(-0.1, len(columns) - 0.9)
    ax.set_ylim(worst + 0.7, 0.3)
    ax.spines["bottom"].set_visible(False)
    ax.set_yticks([])
    lettering.tick_names(ax, "x", range(len(columns)), columns, size=9.5, color=palette.INK)
    ax.tick_params(axis="x", length=0, labeltop=True, labelbottom=False, top=False, bottom=False, pad=4)
    for k in range(len(columns)):
        ax.axvline(k, color=palette.PALE, linewidth=0.8, zorder=0)

"""Cells of a map as shapes: one path a colour, so that large maps stay small files and need no embedded image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgb
from matplotlib.path import Path

from rankkit.kernels.arrays import Floats, Ints
from rankkit.plot import palette

_CORNERS = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], dtype=np.float64)
_CODES = np.array([Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY], dtype=np.uint8)
_SEAM = 0.15  # points by which neighbouring cells overlap, against hairlines between them


def ramp(colors: Sequence[str], steps: int) -> list[str]:
    """Blend colours in equal steps.

    >>> ramp(["#000000", "#ffffff"], 3)
    ['#000000', '#808080', '#ffffff']
    """
    blend = LinearSegmentedColormap.from_list("ramp", list(colors))
    return [to_hex(blend(x)) for x in np.linspace(0, 1, steps)]


def levels(values: Floats, low: float, high: float, steps: int) -> Ints:
    """Sort values into equal steps between two bounds, those beyond into the outer steps; -1 where there is none.

    >>> levels(np.array([0.0, 0.5, 2.0, np.nan]), 0.0, 1.0, 4).tolist()
    [0, 2, 3, -1]
    """
    share = (np.nan_to_num(values, nan=low) - low) / (high - low)
    return np.where(np.isnan(values), -1, np.clip((share * steps).astype(np.int64), 0, steps - 1))


def fill(ax: Axes, level: Ints, colors: Sequence[str], size: tuple[float, float] = (1.0, 1.0)) -> PathCollection:
    """Fill cell (row, column) with the colour of its level; row 0 on top once the axis points down, -1 stays blank.

    A cell is ``size`` = (width, height) large. Cells of one colour next to each other in a row become one rectangle, and all
    of one colour one path.
    """
    paths, used = [], []
    for k in np.unique(level[level >= 0]):
        edge = np.diff(np.pad((level == k).astype(np.int8), ((0, 0), (1, 1))), axis=1)
        row, start = np.nonzero(edge > 0)
        end = np.nonzero(edge < 0)[1]
        run = np.stack([end - start, np.ones_like(start)], axis=1)[:, None, :]
        points = (np.stack([start, row], axis=1)[:, None, :] + _CORNERS * run) * np.asarray(size)
        paths.append(Path(points.reshape(-1, 2), np.tile(_CODES, len(row))))
        used.append(colors[int(k)])
    cells = PathCollection(paths, facecolors=used, edgecolors=used, linewidths=_SEAM, zorder=1)
    ax.add_collection(cells, autolim=False)
    return cells


def frame(ax: Axes, rows: int, columns: int) -> None:
    """Set the limits of a map of cells and frame it."""
    ax.set_xlim(0, columns)
    ax.set_ylim(rows, 0)
    for side in ("top", "right", "left", "bottom"):
        ax.spines[side].set_visible(True)
        ax.spines[side].set_color(palette.SILVER)


def ink_on(color: str) -> str:
    """Choose dark or white letters for a background.

    >>> ink_on("#ffffff"), ink_on("#0072B2")
    ('#222222', '#ffffff')
    """
    red, green, blue = to_rgb(color)
    return palette.INK if 0.299 * red + 0.587 * green + 0.114 * blue > 0.55 else "#ffffff"

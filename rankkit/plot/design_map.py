"""Map of a large design: one cell a rater and person (or a pair of people), darker with more judgements."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from rankkit.errors import Lang
from rankkit.plot import cell_map, lettering, palette
from rankkit.plot.phrases import say
from rankkit.plot.plot_data import PlotData

NAMED = 40  # rows or columns that get names
_STEPS = 33
CELLS = 300  # rows and columns of the map at most; beyond that, neighbours are summed


def height(rows: int, columns: int) -> float:
    """Inches that suit a map, with room for the names of few rows."""
    return 1.7 + (0.17 * max(rows, 8) if rows <= NAMED else min(6.0 * max(rows / columns, 0.25), 6.5))


def cells(table: pd.DataFrame, lines: pd.DataFrame, *, pairs: bool, lang: Lang) -> tuple[pd.DataFrame, str]:
    """Place judgements on a grid, groups next to each other; say if cells were summed.

    Returns
    -------
    DataFrame
        ``row, column, n``: the cells that hold judgements.
    str
        Sentence about summed cells, or nothing.
    """
    order = table.reset_index()
    rows = order[order["role"] == ("ratee" if pairs else "rater")]["index"].to_numpy()
    columns = order[order["role"] == "ratee"]["index"].to_numpy()
    place_row, place_column = (dict(zip(nodes.tolist(), range(len(nodes)), strict=True)) for nodes in (rows, columns))
    row, column = lines["start"].map(place_row).to_numpy(), lines["end"].map(place_column).to_numpy()
    n = lines["n"].to_numpy()
    if pairs:
        row, column, n = np.r_[row, column], np.r_[column, row], np.r_[n, n]
    by_row, by_column = -(-len(rows) // CELLS), -(-len(columns) // CELLS)
    parts = pd.DataFrame({"row": row // by_row, "column": column // by_column, "n": n})
    grid = parts.groupby(["row", "column"])["n"].sum().reset_index()
    return grid, say("design_binned", lang, rows=by_row, columns=by_column) if max(by_row, by_column) > 1 else ""


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw the map, each connected group framed in its colour.

    Parameters
    ----------
    data : PlotData
        With ``more["cells"]``.
    ax : Axes
        Where to draw.

    Returns
    -------
    Axes
    """
    grid, table = data.more["cells"], data.table
    pairs = "rater" not in set(table["role"])
    sides = {role: table[table["role"] == role] for role in ("rater", "ratee")}
    down = sides["ratee"] if pairs else sides["rater"]
    across = sides["ratee"]
    by_row, by_column = (-(-len(side) // CELLS) for side in (down, across))
    picture = np.zeros((-(-len(down) // by_row), -(-len(across) // by_column)))
    picture[grid["row"], grid["column"]] = grid["n"]
    shades = cell_map.ramp(["#FFFFFF", "#A9CCE3", palette.BLUE, "#00304D"], _STEPS)
    shown = np.sqrt(np.where(picture > 0, picture, np.nan))
    most = float(np.sqrt(picture.max()))
    darkest = most if len(set(grid["n"])) > 1 else 1.6 * most
    cell_map.fill(ax, cell_map.levels(shown, -0.35 * most, darkest, _STEPS), shades, (by_column, by_row))
    palette.dress(ax, data.title, data.subtitle, data.x_label, data.y_label)
    cell_map.frame(ax, len(down), len(across))
    for axis, nodes in (("y", down), ("x", across)):
        some = len(nodes) <= NAMED
        positions = [k + 0.5 for k in range(len(nodes))] if some else []
        lettering.tick_names(ax, axis, positions, list(nodes["label"]) if some else [], size=7.5, rotation=90 if axis == "x" else 0)
    if len(set(table["component"])) > 1:
        _frames(ax, down["component"].to_numpy(), across["component"].to_numpy())
    return ax


def _frames(ax: Axes, down: np.ndarray, across: np.ndarray) -> None:
    """Frame each group."""
    for component in np.unique(across):
        rows, columns = np.flatnonzero(down == component), np.flatnonzero(across == component)
        if len(rows) and len(columns):
            corner = (columns[0], rows[0])
            ax.add_patch(
                Rectangle(
                    corner, len(columns), len(rows), fill=False, edgecolor=palette.group_color(int(component)), linewidth=1.4, zorder=3
                )
            )

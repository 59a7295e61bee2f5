"""A response surface from above: predicted outcome over self and others' ratings, where there are people."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from rankkit.errors import Lang, language
from rankkit.plot import lettering, palette
from rankkit.plot.phrases import say, sentences
from rankkit.plot.plot_data import PlotData

KIND = "response_surface"
_GRID = 61
_LEVELS = 9
_NEAR = 0.18  # distance from a person, of the width of the picture, within which the surface is drawn


def applies(subject: Any) -> bool:
    """Tell whether this is a response surface."""
    return all(hasattr(subject, name) for name in ("fitted", "difference_models", "midpoint"))


def compute(found: Any, *, outcome: str | None = None, lang: Lang | None = None) -> PlotData:
    """Lay out a response surface.

    Parameters
    ----------
    found : ResponseSurface
    outcome : str, optional
        What the outcome is called.
    lang : {"en", "zh"}, optional
        Language of titles; the session's by default.

    Returns
    -------
    PlotData
        ``table`` has, by ``ratee``: ``label, self, others, outcome``; ``more["surface"]`` the grid: ``others, self, height`` (missing
        away from people); ``more["lines"]`` agreement and disagreement; ``more["point"]`` the stationary point, if it is inside.
    """
    lang = lang or language()
    people = found.data
    both = people[["self", "others"]].to_numpy(dtype=np.float64)
    low, high = float(both.min()), float(both.max())
    room = 0.05 * max(high - low, 1e-9)
    axis = np.linspace(low - room, high + room, _GRID)
    o, s = np.meshgrid(axis, axis)
    height = found.fitted.predict(s.ravel() - found.midpoint, o.ravel() - found.midpoint)
    near = np.full(len(height), np.inf)
    for own, other in both:
        near = np.minimum(near, np.hypot(s.ravel() - own, o.ravel() - other))
    height = np.where(near <= _NEAR * (axis[-1] - axis[0]), height, np.nan)
    s0, o0 = found.fitted.stationary_point()
    point = pd.DataFrame({"self": [s0 + found.midpoint], "others": [o0 + found.midpoint], "shape": [found.shape]})
    inside = point[(point["self"].between(axis[0], axis[-1])) & (point["others"].between(axis[0], axis[-1]))]
    tests = found.tests
    told = {
        n: f"{v:.2f}{'*' if p < 0.05 else ''}".replace("-", "−") for n, v, p in zip(tests.index, tests["estimate"], tests["p"], strict=True)
    }
    what = lettering.legible(outcome) if outcome else say("outcome", lang)
    return PlotData(
        kind=KIND,
        table=people,
        more={
            "surface": pd.DataFrame({"others": o.ravel(), "self": s.ravel(), "height": height}),
            "lines": pd.DataFrame({"others": axis, "agreement": axis, "disagreement": 2 * found.midpoint - axis}),
            "point": inside,
        },
        title=say("response_surface", lang, what=what),
        subtitle=sentences(lang, say("surface_say", lang), say("surface_tests", lang, **told), say("surface_star", lang)),
        x_label=say("rated_by_others", lang),
        y_label=say("rated_by_self", lang),
        lang=lang,
        size=(6.9, 6.2),
    )


def draw(data: PlotData, ax: Axes) -> Axes:
    """Draw a response surface.

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
    grid = data.more["surface"].pivot_table("height", "self", "others", dropna=False)
    axis = data.more["lines"]["others"].to_numpy(dtype=np.float64)
    height = np.ma.masked_invalid(grid.to_numpy(dtype=np.float64))
    filled = ax.contourf(axis, axis, height, levels=_LEVELS, cmap="cividis", alpha=0.85, zorder=0)
    ax.contour(axis, axis, height, levels=filled.levels, colors="white", linewidths=0.6, zorder=1)
    ax.plot(axis, data.more["lines"]["agreement"], color=palette.INK, linewidth=1.2, zorder=2)
    ax.plot(axis, data.more["lines"]["disagreement"], color=palette.INK, linewidth=1.2, linestyle=(0, (5, 3)), zorder=2)
    ax.plot(
        data.table["others"],
        data.table["self"],
        linestyle="none",
        marker="o",
        markersize=3.2,
        color="white",
        markeredgecolor=palette.INK,
        markeredgewidth=0.6,
        zorder=3,
    )
    ax.set_xlim(axis[0], axis[-1])
    ax.set_ylim(axis[0], axis[-1])
    ax.set_aspect("equal")
    figure = ax.get_figure()
    if figure is not None:
        bar = figure.colorbar(filled, ax=ax, shrink=0.7, pad=0.02)
        lettering.numbers(bar.ax, "y")
        bar.outline.set_visible(False)
    palette.dress(ax, data.title, data.subtitle, data.x_label, data.y_label, line=88)
    ax.spines["left"].set_visible(True)
    ax.spines["left"].set_color(palette.SILVER)
    point = data.more["point"]
    if len(point):
        ax.plot(
            point["others"],
            point["self"],
            linestyle="none",
            marker="*",
            markersize=13,
            color=palette.VERMILLION,
            markeredgecolor="white",
            zorder=4,
        )
        label = say("surface_point", data.lang, shape=say(str(point["shape"].iloc[0]), data.lang))
        palette.legend(ax, [Line2D([], [], linestyle="none", marker="*", markersize=10, color=palette.VERMILLION, label=label)])
    return ax

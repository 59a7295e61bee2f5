"""Colours that colour-blind readers can tell apart (Okabe & Ito 2008), and the plain dress all plots share."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.transforms import ScaledTranslation

from rankkit.plot import lettering

BLACK = "#000000"
ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"
INK = "#222222"
GREY = "#767676"
SILVER = "#B3B3B3"
PALE = "#E9E9E9"
CATEGORIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
"""Okabe–Ito without black (text) and yellow (too pale for lines), in order of use."""

STYLE: Any = MappingProxyType(
    {
        "figure.facecolor": "white",
        "figure.dpi": 100.0,
        "figure.max_open_warning": 0,
        "axes.facecolor": "white",
        "axes.linewidth": 0.8,
        "axes.axisbelow": True,
        "axes.grid": False,
        "axes.unicode_minus": True,
        "axes.formatter.use_mathtext": False,
        "text.usetex": False,
        "lines.linewidth": 1.5,
        "lines.linestyle": "-",
        "hatch.linewidth": 0.6,
        "path.simplify": True,
        "path.effects": [],
        "path.sketch": None,
        "xtick.direction": "out",
        "ytick.direction": "out",
        "legend.frameon": False,
        "savefig.facecolor": "white",
        "savefig.edgecolor": "white",
        "savefig.transparent": False,
        "savefig.bbox": None,
        "svg.fonttype": "path",
        "svg.hashsalt": "rankkit",
    }
)
"""Holds while we draw, inside ``rc_context``; the user's settings return unchanged."""


def darker(color: str) -> str:
    """Mix a colour with black, for text on white.

    >>> darker("#E69F00")
    '#8f6300'
    """
    red, green, blue = (round(0.62 * 255 * part) for part in to_rgb(color))
    return f"#{red:02x}{green:02x}{blue:02x}"


def group_color(group: int) -> str:
    """Colour of the ``group``-th group; from the seventh on all share grey."""
    return CATEGORIES[group] if group < len(CATEGORIES) else GREY


def dress(ax: Axes, title: str, subtitle: str, x_label: str = "", y_label: str = "", *, line: int = 96, lift: float = 0.0) -> None:
    """Write title and axis labels, and leave only the bottom line of the frame; ``lift`` is room in points above it."""
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(SILVER)
    ax.tick_params(axis="both", color=SILVER, labelcolor=INK, length=3)
    ax.tick_params(axis="y", length=0)
    lettering.numbers(ax, "x", "y")
    below = lettering.wrapped(subtitle, line) if subtitle else ""
    lines = below.count("\n") + 1 if below else 0
    lettering.letter(ax.set_title(lettering.wrapped(title, line * 3 // 4), loc="left", y=1.0, pad=8 + 12.5 * lines + lift), 12, INK)
    if below:
        place = ax.annotate(
            below, (0, 1), (0, 6 + lift), xycoords="axes fraction", textcoords="offset points", va="bottom", ha="left", linespacing=1.25
        )
        lettering.letter(place, 8.5, GREY)
    lettering.letter(ax.set_xlabel(x_label), 9, INK)
    lettering.letter(ax.set_ylabel(y_label), 9, INK)


def legend(ax: Axes, handles: list[Any], *, columns: int = 4, below: float = 34.0) -> None:
    """Put a legend under the axes, ``below`` points under its bottom line."""
    if not handles:
        return
    figure = ax.get_figure()
    if figure is None:
        return
    shift = ax.transAxes + ScaledTranslation(0, -below / 72, figure.dpi_scale_trans)
    box = ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=shift,
        ncols=columns,
        frameon=False,
        borderaxespad=0,
        handletextpad=0.5,
        columnspacing=1.4,
        borderpad=0,
    )
    for text in box.get_texts():
        lettering.letter(text, 8.5, INK)

"""Lettering: any name, in any script, on one line, in a font that travels with the package.

Fonts are asked for by family on each piece of text; the user's ``rcParams`` are never read for names nor written.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

GETA = "〓"
"""Stands for a character that neither font has, as in Chinese and Japanese typesetting."""
ELLIPSIS = "…"
NAMELESS = "—"
LONGEST = 30  # width units of a name; a Chinese character takes two
SIZE = 9.0  # points
_SPACES = ("Cc", "Zl", "Zp", "Zs")
_WIDE = ("W", "F")


@cache
def families() -> tuple[str, ...]:
    """Family names to ask for, first choice first; registers the bundled font with matplotlib once."""
    bundled = Path(str(files("rankkit.plot") / "fonts" / "NotoSansSC-subset.otf"))
    font_manager.fontManager.addfont(str(bundled))
    return ("DejaVu Sans", FT2Font(str(bundled)).family_name)


@cache
def _characters() -> frozenset[int]:
    """Code points that can be drawn."""
    paths = [font_manager.findfont(FontProperties(family=family), fallback_to_default=False) for family in families()]
    return frozenset().union(*(FT2Font(path).get_charmap() for path in paths))


def font(size: float = SIZE) -> FontProperties:
    """Ask for the two fonts at a size in points."""
    return FontProperties(family=list(families()), size=size)


def width(text: str) -> int:
    """Width in units of a Latin letter; a Chinese character takes two.

    >>> width("Li Na"), width("李娜")
    (5, 4)
    """
    return sum(2 if unicodedata.east_asian_width(c) in _WIDE else 1 for c in text)


def shortened(text: str, most: int) -> str:
    """Cut a text to a width, the cut shown as ``…``.

    >>> shortened("Wolfeschlegelsteinhausen", 10)
    'Wolfeschl…'
    """
    if width(text) <= most:
        return text
    kept, used = [], 1
    for c in text:
        used += width(c)
        if used > most:
            break
        kept.append(c)
    return "".join(kept).rstrip() + ELLIPSIS


@lru_cache(maxsize=20_000)
def legible(label: str, most: int = LONGEST) -> str:
    r"""Turn any string into one line that the two fonts can draw.

    Line breaks and control characters become a space; invisible marks (joiners, direction overrides, variation
    selectors) go; a character that neither font has becomes ``〓``; a long label is cut with ``…``. Mathematics is
    never set: :func:`letter` switches that off, so ``$`` stays a dollar sign.

    Parameters
    ----------
    label : str
        Any string.
    most : int
        Longest width, in Latin letters; a Chinese character counts two.

    Returns
    -------
    str
        One line, never empty.

    Examples
    --------
    >>> legible("赵\n云 🦊 $x$")
    '赵 云 〓 $x$'
    """
    drawn = []
    for c in unicodedata.normalize("NFC", label):
        category = unicodedata.category(c)
        if category in _SPACES:
            drawn.append(" ")
        elif category == "Cf" or 0xFE00 <= ord(c) <= 0xFE0F or 0xE0100 <= ord(c) <= 0xE01EF:  # variation selectors
            continue
        else:
            drawn.append(c if ord(c) in _characters() else GETA)
    return shortened(" ".join("".join(drawn).split()), most) or NAMELESS


def distinct(ids: Sequence[str], labels: Sequence[str], most: int = LONGEST) -> list[str]:
    """Legible names, no two alike: the id is added to those that would read the same.

    >>> distinct(["p1", "p2", "p3"], ["王伟", "王伟", "李娜"])
    ['王伟 (p1)', '王伟 (p2)', '李娜']
    """
    names = [legible(label, most) for label in labels]
    repeated = {name for name, n in Counter(names).items() if n > 1}
    out = []
    for who, label, name in zip(ids, labels, names, strict=True):
        if name not in repeated:
            out.append(name)
            continue
        mark = f" ({legible(who, most // 2)})"
        out.append(legible(label, max(most - width(mark), most // 3)) + mark)
    still: Counter[str] = Counter()
    totals = Counter(out)
    for k, name in enumerate(out):
        if totals[name] > 1:
            still[name] += 1
            out[k] = f"{name} #{still[name]}"
    return out


def wrapped(text: str, most: int) -> str:
    """Break a text into lines of a width: at spaces in English, anywhere between Chinese characters."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and width((line + piece).rstrip()) > most:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return "\n".join([*lines, line.rstrip()])


def _pieces(text: str) -> list[str]:
    """Cut where a line may break; a closing mark stays with what it closes."""
    pieces: list[str] = []
    for c in text:
        wide = unicodedata.east_asian_width(c) in _WIDE
        closing = c in "，。；：、）」』！？"
        starts = (
            not pieces
            or pieces[-1].endswith(" ")
            or (wide and not closing)
            or (not closing and unicodedata.east_asian_width(pieces[-1][-1]) in _WIDE)
        )
        if starts and not c.isspace():
            pieces.append(c)
        elif pieces:
            pieces[-1] += c
    return pieces


def letter(text: Text, size: float = SIZE, color: str | None = None) -> Text:
    """Set an existing piece of text in our fonts, without mathematics and without TeX."""
    text.set_fontproperties(font(size))
    text.set_usetex(False)
    text.set_parse_math(False)
    if color is not None:
        text.set_color(color)
    return text


def write(ax: Axes, x: float, y: float, text: str, *, size: float = SIZE, color: str = "black", **options: Any) -> Text:
    """Write a text into the axes (``options`` go to :meth:`matplotlib.axes.Axes.text`)."""
    return letter(ax.text(x, y, text, **options), size, color)


def tick_names(
    ax: Axes, axis: str, positions: Sequence[float], names: Sequence[str], *, size: float = SIZE, color: str | None = None, **options: Any
) -> None:
    """Name positions along the ``"x"`` or ``"y"`` axis (``options`` go to the tick labels)."""
    chosen = ax.xaxis if axis == "x" else ax.yaxis
    chosen.set_ticks(list(positions))
    chosen.set_ticklabels(list(names), **options)
    for tick in chosen.get_major_ticks():
        letter(tick.label1, size, color)
        letter(tick.label2, size, color)


def numbers(ax: Axes, *axes: str, size: float = SIZE - 0.5) -> None:
    """Set the numbers along some axes in our first font."""
    for axis in axes:
        ax.tick_params(axis=axis, labelsize=size, labelfontfamily=list(families()))  # type: ignore[arg-type]

"""The vertical scale of a card as SVG: a line to be marked anywhere, with examples beside it at their height."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from rankkit.errors import Lang
from rankkit.kernels.arrays import Floats
from rankkit.methods.bars_card import ScaleCard
from rankkit.report.scale_card_words import say

WIDTH, TOP, HEIGHT = 940.0, 26.0, 880.0
_LEFT, _LINE, _TEXT = 14.0, 268.0, 352.0  # definitions, the line, the examples
_SIZE, _LEADING, _SPACE = 14.0, 18.5, 12.0  # letters, lines, room between examples
_DEFINED, _EXAMPLE = 29, 74  # widths of texts in Latin letters
_FONT = "'Noto Sans SC','Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',system-ui,'Segoe UI',Arial,sans-serif"
_INK, _SOFT, _BLUE, _PALE = "#1c2430", "#5b6675", "#0072b2", "#e6f1f8"
_NO_BREAK = "，。；：、）」』！？,.;:)"


def spread(centres: Sequence[float], heights: Sequence[float], low: float, high: float) -> Floats:
    """Move boxes apart as little as needed (least squares), in their order and within bounds.

    Parameters
    ----------
    centres, heights : sequences of float
        Wanted centre and height of each box, from the top.
    low, high : float
        Bounds; boxes that do not fit go over the lower one.

    Returns
    -------
    ndarray
        Centres.

    Examples
    --------
    >>> spread([10, 12, 50], [10, 10, 10], 0, 100).tolist()
    [6.0, 16.0, 50.0]
    """
    if not len(centres):
        return np.zeros(0)
    h = np.asarray(heights, dtype=np.float64)
    offset = np.concatenate([[0.0], np.cumsum((h[:-1] + h[1:]) / 2)])
    blocks: list[list[float]] = []  # mean wanted place less offset, and how many boxes share it
    for want in np.asarray(centres, dtype=np.float64) - offset:
        blocks.append([float(want), 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, n), (b, m) = blocks[-2:]
            blocks[-2:] = [[(a * n + b * m) / (n + m), n + m]]
    place = np.concatenate([np.full(int(n), value) for value, n in blocks])
    place = np.maximum(np.minimum(place, high - h[-1] / 2 - offset[-1]), low + h[0] / 2)
    return np.asarray(place + offset, dtype=np.float64)


def lines_of(text: str, most: int) -> list[str]:
    """Break a text into lines: at blanks, and between Chinese characters.

    >>> lines_of("could be expected to help", 14)
    ['could be', 'expected to', 'help']
    """
    pieces: list[str] = []
    for c in text:
        glued = bool(pieces) and not c.isspace() and not pieces[-1].isspace() and not (_wide(c) or _wide(pieces[-1][-1]))
        if glued or (pieces and c in _NO_BREAK):
            pieces[-1] += c
        else:
            pieces.append(c)
    out, line = [], ""
    for piece in pieces:
        if line and _width(line + piece) > most:
            out.append(line.strip())
            line = piece
        else:
            line += piece
    return [*out, line.strip()] if line.strip() else out


def _wide(c: str) -> bool:
    return unicodedata.east_asian_width(c) in "WF"


def _width(text: str) -> int:
    return sum(2 if _wide(c) else 1 for c in text.rstrip())


def drawing(card: ScaleCard, dimension: str, lang: Lang) -> Markup:
    """Draw the scale of one dimension.

    Parameters
    ----------
    card : ScaleCard
        The card.
    dimension : str
        Which.
    lang : {"en", "zh"}
        Language of the words around the texts.

    Returns
    -------
    Markup
        An SVG element: shapes and text, no script, link or style sheet.
    """
    anchors = card.of(dimension).iloc[::-1].reset_index(drop=True)
    facts = card.dimensions[card.dimensions["dimension"] == dimension].iloc[0]
    low, high = card.scale

    def y(value: float) -> float:
        return TOP + (high - value) / (high - low) * HEIGHT

    texts = [lines_of(str(text), _EXAMPLE) for text in anchors["text"]]
    heights = [len(lines) * _LEADING + _SPACE for lines in texts]
    values = [float(v) for v in anchors["value"]]
    at = spread([y(v) for v in values], heights, TOP - 12, TOP + HEIGHT + 12)
    bottom = max(TOP + HEIGHT + 24, float(at[-1]) + heights[-1] / 2 + 6 if len(at) else 0.0)
    shapes = [*_gaps(card, dimension, y, lang), *_line(low, high, y), *_definitions(facts, y, low, high, lang)]
    for value, place, lines, height in zip(values, at, texts, heights, strict=True):
        shapes += _example(value, y(value), float(place), lines, height)
    label = say("svg", lang, dimension=card.labels[dimension])
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {bottom:g}" width="{WIDTH:g}" height="{bottom:g}" role="img" '
    body = Markup("").join(shapes)
    return Markup(head) + Markup('aria-label="{}" font-family="{}">').format(label, _FONT) + body + Markup("</svg>")  # noqa: S704 - numbers of our own


def _text(x: float, y: float, text: str, size: float, color: str, **more: Any) -> Markup:
    extra = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in more.items())
    return Markup(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{color}"{extra}>') + escape(text) + Markup("</text>")  # noqa: S704


def _shape(text: str) -> Markup:
    return Markup(text)  # noqa: S704 - numbers and colours of our own


def _line(low: float, high: float, y: Any) -> list[Markup]:
    """The line with its points: whole ones named where they are not too many."""
    step = max(1.0, round((high - low) / 10))
    out = [_shape(f'<line x1="{_LINE}" x2="{_LINE}" y1="{y(high):.1f}" y2="{y(low):.1f}" stroke="{_INK}" stroke-width="3"/>')]
    for value in np.arange(low, high + 1e-9, step):
        out.append(
            _shape(f'<line x1="{_LINE - 9}" x2="{_LINE + 9}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="{_INK}" stroke-width="2"/>')
        )
        out.append(_text(_LINE - 18, y(value) + 6, f"{value:g}", 18, _INK, text_anchor="end", font_weight="600"))
    for value in np.arange(low, high + 1e-9, step / 4):  # quarter points say that anything between may be marked
        out.append(
            _shape(f'<line x1="{_LINE}" x2="{_LINE + 5}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="{_SOFT}" stroke-width="1"/>')
        )
    return out


def _example(value: float, at: float, place: float, lines: list[str], height: float) -> list[Markup]:
    """One anchor: its spot on the line, and its text beside it."""
    top = place - height / 2 + _SPACE / 2
    out = [
        _shape(
            f'<path d="M{_LINE + 10} {at:.1f} L{_TEXT - 46} {place:.1f} L{_TEXT - 8} {place:.1f}" '
            f'fill="none" stroke="{_BLUE}" stroke-width="1.2"/>'
        ),
        _shape(f'<circle cx="{_LINE}" cy="{at:.1f}" r="4.5" fill="{_BLUE}"/>'),
        _shape(
            f'<line x1="{_TEXT - 8}" x2="{_TEXT - 8}" y1="{top:.1f}" y2="{top + height - _SPACE:.1f}" stroke="{_BLUE}" stroke-width="3"/>'
        ),
        _text(_TEXT - 14, place - 5, f"{value:.1f}", 12, _BLUE, text_anchor="end"),
    ]
    return out + [_text(_TEXT, top + (k + 0.75) * _LEADING, line, _SIZE, _INK) for k, line in enumerate(lines)]


def _definitions(facts: Any, y: Any, low: float, high: float, lang: Lang) -> list[Markup]:
    """What high, acceptable and low mean, on the left."""
    out: list[Markup] = []
    for part, value in (("high", high), ("acceptable", (low + high) / 2), ("low", low)):
        lines = lines_of(str(facts[part]), _DEFINED)
        room = (len(lines) + 1) * _LEADING
        first = {"high": y(high) + 4, "acceptable": y(value) - room / 2 + _LEADING, "low": y(low) - room + _LEADING + 6}[part]
        out.append(_text(_LEFT, first, say(part, lang), 13, _BLUE, font_weight="600"))
        out += [_text(_LEFT, first + (k + 1) * _LEADING, line, 13, _SOFT) for k, line in enumerate(lines)]
    return out


def _gaps(card: ScaleCard, dimension: str, y: Any, lang: Lang) -> list[Markup]:
    """Stretches without an example: a mark there is as good as any."""
    out: list[Markup] = []
    if not len(card.gaps):
        return out
    for row in card.gaps[card.gaps["dimension"] == dimension].itertuples(index=False):
        top, bottom = y(row.high), y(row.low)
        out.append(_shape(f'<rect x="{_LINE - 7}" y="{top:.1f}" width="14" height="{bottom - top:.1f}" fill="{_PALE}"/>'))
        middle = (top + bottom) / 2
        turned = f"rotate(-90 {_LINE + 24:.1f} {middle:.1f})"
        out.append(_text(_LINE + 24, middle, say("gap", lang), 11.5, _SOFT, text_anchor="middle", transform=turned))
    return out

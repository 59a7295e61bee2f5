"""Pictures for a page: SVG reduced to shapes, so that nothing in it can run, load or name anything by accident."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

from rankkit.errors import Lang
from rankkit.report import words
from rankkit.report.views import View

MOST_PEOPLE = 120  # beyond it a picture with a line a person cannot be read on paper
_PER_PERSON = ("forest", "bump", "design", "boundary", "before_after")
_ELEMENTS = frozenset(
    {"svg", "g", "defs", "path", "rect", "use", "clipPath", "text", "tspan", "line", "circle", "ellipse", "polyline", "polygon"}
)
_ATTRIBUTES = frozenset(
    {
        "viewBox",
        "id",
        "d",
        "x",
        "y",
        "dx",
        "dy",
        "x1",
        "x2",
        "y1",
        "y2",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "width",
        "height",
        "points",
        "transform",
        "style",
        "href",
        "clip-path",
        "fill",
        "stroke",
        "opacity",
        "fill-opacity",
        "stroke-width",
        "stroke-opacity",
        "stroke-dasharray",
        "stroke-linecap",
        "stroke-linejoin",
        "font-size",
        "font-family",
        "font-weight",
        "text-anchor",
        "clip-rule",
        "fill-rule",
    }
)


def draw(view: View, lang: Lang) -> list[tuple[str, str]]:
    """Draw every picture the audience may see: pairs of caption and SVG text."""
    if view.drawn is None:
        return []
    from rankkit import plot  # noqa: PLC0415 - matplotlib is loaded only where something is drawn

    out = []
    for kind in plot.kinds(view.drawn):
        if not view.may_draw(kind) or (kind in _PER_PERSON and view.n_people > MOST_PEOPLE):
            continue
        names = view.identities if view.audience == "research" else None
        if names is not None and any(names.mentioned_in(text) for text in _words_in(plot.data(view.drawn, kind, lang=lang))):
            continue
        drawn = plot.svg(view.drawn, kind, lang=lang)
        caption = words.plot(kind, lang)
        out.append((caption, shapes_only(drawn, f"{kind}-", caption)))
    return out


def shapes_only(svg: str, prefix: str, title: str) -> str:
    """Reduce an SVG document to its shapes, for use inside a page.

    Parameters
    ----------
    svg : str
        A whole SVG document.
    prefix : str
        Put before every id, so that several pictures on a page do not share ids.
    title : str
        Text for those who cannot see it.

    Returns
    -------
    str
        One ``svg`` element without name spaces, style sheets, links, metadata or comments.

    Examples
    --------
    >>> shapes_only('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script><path d="M0 0" onclick="x"/></svg>', "a-", "Scores")
    '<svg role="img" aria-label="Scores" focusable="false"><path d="M0 0" /></svg>'
    """
    root = ET.fromstring(svg)  # noqa: S314 - it reads what this library has just drawn
    out = _shape(root, prefix)
    size = {k: out.attrib.pop(k) for k in ("width", "height") if k in out.attrib}
    if "viewBox" not in out.attrib and len(size) == 2:
        out.set("viewBox", "0 0 " + " ".join(re.sub(r"[^\d.]", "", v) for v in size.values()))
    out.attrib = {"role": "img", "aria-label": title, "focusable": "false", **out.attrib}
    return ET.tostring(out, encoding="unicode")


def _shape(node: ET.Element, prefix: str) -> ET.Element:
    out = ET.Element(_local(node.tag))
    for name, value in node.attrib.items():
        local = _local(name)
        kept = _attribute(local, value, prefix)
        if kept is not None:
            out.set(local, kept)
    if out.tag in ("text", "tspan"):
        out.text = node.text
    for child in node:
        if isinstance(child.tag, str) and _local(child.tag) in _ELEMENTS:
            out.append(_shape(child, prefix))
            if out.tag in ("text", "tspan"):
                out[-1].tail = child.tail
    return out


def _attribute(name: str, value: str, prefix: str) -> str | None:
    """Keep an attribute that draws; references may only point inside the picture."""
    if name not in _ATTRIBUTES:
        return None
    if name == "id":
        return prefix + value
    if name == "href":
        return "#" + prefix + value[1:] if value.startswith("#") else None
    if "url(" in value:
        inside = re.fullmatch(r"(.*?)url\(#([\w-]+)\)(.*)", value)
        return f"{inside[1]}url(#{prefix}{inside[2]}){inside[3]}" if inside and "url(" not in inside[1] + inside[3] else None
    return value


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2]


def _words_in(data: Any) -> list[str]:
    """Every text the numbers of a picture carry."""
    frames = (data.table, *data.more.values())
    cells = [v for f in frames for v in f.reset_index().to_numpy(dtype=object).ravel() if isinstance(v, str)]
    return [data.title, data.subtitle, data.x_label, data.y_label, *cells]

"""Pictures for a page: SVG reduced to shapes, so that nothing in it can run, load or name anything by accident."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

from rankkit.errors import Lang
from rankkit.report import grids, words
from rankkit.report.views import View

MOST_PEOPLE = 120  # beyond it a picture with a line a person cannot be read on paper
_MOST = {
    **dict.fromkeys(("forest", "bump", "design", "boundary", "before_after", "heatmap"), MOST_PEOPLE),
    "ladder": 40,
    "pairs": 30,
}  # people up to whom a kind is drawn; kinds without a line a person have no limit
_TABLE = {"pairs": "pairs", "judges": "judges", "growth": "growth", "ladder": "ladder", "heatmap": "ranks"}  # what belongs to one dimension
_NOT_SHOWN = ("quasi", "dendrogram", "membership")  # for those who work with the numbers; beside the other pictures they would repeat
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

    names = view.identities if view.audience == "research" else None
    out: list[tuple[str, str]] = []
    for kind in plot.kinds(view.drawn):
        if kind in _NOT_SHOWN or not view.may_draw(kind) or view.n_people > _MOST.get(kind, view.n_people):
            continue
        for options in _each(view.drawn, kind):
            if names is not None and any(names.mentioned_in(text) for text in _words_in(plot.data(view.drawn, kind, lang=lang, **options))):
                continue
            caption = words.plot(kind, lang)
            if options:
                caption = f"{caption}{'：' if lang == 'zh' else ': '}{grids.clean(options['dimension'])}"
            out.append((caption, shapes_only(plot.svg(view.drawn, kind, lang=lang, **options), f"{kind}-{len(out)}-", caption)))
    return out


def _each(subject: Any, kind: str) -> list[dict[str, str]]:
    """Options of the pictures of one kind: one a dimension where the tables belong to dimensions."""
    table = _TABLE.get(kind)
    if table is None or table in subject.evidence:
        return [{}]
    return [{"dimension": d} for d, part in subject.parts.items() if table in part.evidence]


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

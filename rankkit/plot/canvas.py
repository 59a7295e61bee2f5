"""Where plots are drawn: a fresh figure on screen or in a notebook, a file, or an inline SVG."""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rankkit.errors import writing
from rankkit.plot.palette import STYLE

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_NO_METADATA: dict[str, dict[str, Any]] = {
    ".svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    ".png": {"Software": None},
}


@contextmanager
def styled() -> Iterator[None]:
    """Hold our settings while drawing; the user's return unchanged.

    The first figure of a notebook makes matplotlib interactive, which must outlast our settings: otherwise only that
    first figure would be displayed.
    """
    interactive = mpl.is_interactive()
    try:
        with mpl.rc_context(STYLE):
            try:
                yield
            finally:
                interactive = mpl.is_interactive()
    finally:
        mpl.interactive(interactive)


def shown_axes(size: tuple[float, float]) -> Axes:
    """Make axes that show up where the user expects them.

    In a notebook, or where the session has imported pyplot, the figure belongs to pyplot, so that it is displayed at
    the end of the cell or by ``plt.show()``. Anywhere else it is a plain figure that opens no window.
    """
    if "matplotlib.pyplot" in sys.modules or _in_notebook():
        from matplotlib import pyplot as plt  # noqa: PLC0415 - only where the session uses it

        return plt.figure(figsize=size, layout="constrained").add_subplot()
    return quiet_axes(size)


def quiet_axes(size: tuple[float, float]) -> Axes:
    """Make axes of a plain figure that no window and no pyplot knows of."""
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def _in_notebook() -> bool:
    """Tell whether a Jupyter kernel runs this session."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


def figure_of(ax: Axes) -> Figure:
    """Return the figure that holds the axes."""
    figure = ax.get_figure(root=True)
    if figure is None:
        msg = "these axes belong to no figure"
        raise ValueError(msg)
    return figure


def write(ax: Axes, path: Path, dpi: float) -> Path:
    """Write the figure as the file name says (png, svg, pdf …), without dates, so that equal plots are equal files."""
    figure = figure_of(ax)
    with writing(path, [f".{kind}" for kind in figure.canvas.get_supported_filetypes()]):
        figure.savefig(path, dpi=dpi, bbox_inches="tight", pad_inches=0.12, metadata=_NO_METADATA.get(path.suffix.lower()))
    return path


def inline_svg(ax: Axes, title: str) -> str:
    """Write the figure as an SVG element that can stand inside an HTML page.

    Text is drawn as paths. There is no script, style sheet, comment, metadata, document type or link, and every id
    carries a prefix made from the picture itself, so that several pictures share a page and equal pictures are equal
    bytes.
    """
    buffer = io.BytesIO()
    figure_of(ax).savefig(buffer, format="svg", dpi=110, bbox_inches="tight", pad_inches=0.1, metadata=_NO_METADATA[".svg"])
    root = ET.fromstring(buffer.getvalue())  # noqa: S314 - our own output; parsing drops comments and the document type
    prefix = "rk" + hashlib.sha256(buffer.getvalue() + title.encode()).hexdigest()[:10] + "-"
    _plain(root)
    for node in root.iter():
        _prefixed(node, prefix)
    root.attrib.pop("width", None)
    width = float(root.attrib["viewBox"].split()[2])
    root.attrib.pop("height", None)
    root.attrib.update({"xmlns": _SVG, "role": "img", "aria-labelledby": prefix + "title"})
    root.set("style", f"width:100%;max-width:{width * 96 / 72:.0f}px;height:auto;stroke-linejoin:round;stroke-linecap:butt")
    heading = ET.Element("title", {"id": prefix + "title"})
    heading.text = title
    root.insert(0, heading)
    return ET.tostring(root, encoding="unicode")


def _plain(root: ET.Element) -> None:
    """Take out metadata and style sheets, and namespace prefixes."""
    for parent in list(root.iter()):
        parent.tag = parent.tag.rpartition("}")[2]
        for child in list(parent):
            if child.tag.rpartition("}")[2] in ("metadata", "style"):
                parent.remove(child)


def _prefixed(node: ET.Element, prefix: str) -> None:
    """Give ids, and references to them, the prefix."""
    for name, value in list(node.attrib.items()):
        if name == "id":
            node.set(name, prefix + value)
        elif name == _XLINK:
            del node.attrib[name]
            node.set("href", "#" + prefix + value[1:] if value.startswith("#") else value)
        elif "url(#" in value:
            node.set(name, value.replace("url(#", f"url(#{prefix}"))

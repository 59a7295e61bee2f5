"""The one module that looks upward: results ask it for pictures, reports and workbooks, and it imports them only then."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rankkit.errors import RankkitError


def plot(subject: Any, kind: str | None = None, ax: Axes | None = None, **options: Any) -> Axes:
    """Draw a result, a comparison of methods or a design."""
    from rankkit import plot as plotting

    return plotting.draw(subject, kind, ax=ax, **options)


def plot_data(subject: Any, kind: str | None = None, **options: Any) -> Any:
    """Return the numbers and labels a plot shows."""
    from rankkit import plot as plotting

    return plotting.data(subject, kind, **options)


def report(subject: Any, path: str | Path, **options: Any) -> Path:
    """Write an HTML report."""
    from rankkit.report import html

    return html.write(subject, Path(path), **options)


def workbook(subject: Any, path: str | Path, **options: Any) -> Path:
    """Write an Excel workbook."""
    from rankkit.report import excel

    return excel.write(subject, Path(path), **options)


def as_html(subject: Any) -> str:
    """Show a result in a notebook."""
    from rankkit.report import notebook

    return notebook.html(subject)


def as_text(subject: Any) -> str:
    """Show a result in a terminal."""
    from rankkit.report import plain

    return plain.text(subject)


def write_marked_sheet(error: RankkitError, path: Path) -> Path:
    """Write the user's sheet back with the bad cells marked."""
    from rankkit.tables import workbook as sheets

    return sheets.write_marked_sheet(error, path)


def load_result_types() -> None:
    """Import every method, so that archives of their results can be read."""
    from rankkit import methods

    for name in methods.HOME:
        methods.named(name)

"""The notebooks as files: valid, with their outputs, without errors or machine paths. Running them is done by
``notebooks/execute.py``, in continuous integration."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
NAMES = ("01_graphic_rating_scale", "02_paired_comparison", "03_compare_and_grade")
CELLS = range(15, 27)  # short enough to read, long enough to be complete
SOURCES = {
    "01_graphic_rating_scale": ("Guilford", "1954", "Shrout", "1979", "service_team"),
    "02_paired_comparison": ("Stigler", "1994", "Agresti", "Bradley", "1952", "service_team_pairs"),
    "03_compare_and_grade": ("service_team", "service_team_pairs"),
}
# a drive, a home or a temporary folder: what only the machine that ran the notebook has
PATH = re.compile(r"(?:/(?:home|root|Users|tmp|var|usr|opt|mnt|work|private)/\w)|(?:\b[A-Z]:\\\\?\w)")


def read(name: str) -> Any:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def code_cells(name: str) -> list[Any]:
    return [c for c in read(name).cells if c.cell_type == "code"]


def texts(output: Any) -> str:
    data = output.get("data", {})
    return "\n".join([*(t for k, t in data.items() if not k.startswith("image/")), output.get("text", "")])


def test_every_notebook_is_tested() -> None:
    assert sorted(p.stem for p in FOLDER.glob("*.ipynb")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_is_a_valid_notebook_of_readable_length(name: str) -> None:
    notebook = read(name)
    nbformat.validate(notebook)
    assert len(notebook.cells) in CELLS
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.cells[0].source.startswith("# ")


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_committed(name: str) -> None:
    cells = code_cells(name)
    with_output = [c for c in cells if c.outputs]
    assert len(with_output) >= len(cells) - 2, "only imports and settings may be silent"
    kinds = {k for c in cells for o in c.outputs for k in o.get("data", {})}
    assert "text/html" in kinds
    assert "image/png" in kinds


@pytest.mark.parametrize("name", NAMES)
def test_every_plot_is_shown(name: str) -> None:
    plotting = [c for c in code_cells(name) if ".plot(" in c.source]
    assert plotting
    for cell in plotting:
        shown = [o for o in cell.outputs if "image/png" in o.get("data", {})]
        assert len(shown) == cell.source.count(".plot("), cell.source


@pytest.mark.parametrize("name", NAMES)
def test_no_errors_no_warnings_no_volatile_metadata(name: str) -> None:
    for cell in code_cells(name):
        assert cell.execution_count is None
        assert not cell.metadata
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr"
            assert "Warning" not in texts(output)


@pytest.mark.parametrize("name", NAMES)
def test_shows_no_path_of_the_machine_that_ran_it(name: str) -> None:
    for cell in read(name).cells:
        shown = "\n".join([cell.source, *(texts(o) for o in cell.get("outputs", []))])
        assert not PATH.search(shown), PATH.search(shown)


@pytest.mark.parametrize("name", NAMES)
def test_says_where_its_data_come_from(name: str) -> None:
    prose = "\n".join(c.source for c in read(name).cells if c.cell_type == "markdown")
    for word in SOURCES[name]:
        assert word in prose
    if "service_team" in prose:
        assert re.search("simulated", prose, re.IGNORECASE), "simulated data are called simulated"


@pytest.mark.parametrize("name", NAMES)
def test_explains_every_step(name: str) -> None:
    kinds = "".join(c.cell_type[0] for c in read(name).cells)
    assert "cc" not in kinds, "prose goes before code"


def test_the_path_pattern_finds_paths_and_nothing_else() -> None:
    assert PATH.search("written to /tmp/abc/report.html")
    assert PATH.search(r"C:\Users\me\report.html")
    assert not PATH.search("</td><td>4/7</td> and/or https://example.org/home page")

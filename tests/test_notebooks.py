"""The notebooks as files: valid, with their outputs, without errors or machine paths. Running them is done by
``notebooks/execute.py``, in continuous integration."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
PUBLISHED = "published-data"  # tag of cells that need tables kept elsewhere
NAMES = (
    "01_graphic_rating_scale",
    "02_paired_comparison",
    "03_compare_and_grade",
    "04_alternation_ranking",
    "05_published_results",
    "06_rater_effects",
    "07_reproducing_reliability_studies",
    "10_incidents_and_narratives",
    "08_multi_source_feedback",
    "09_bars",
    "11_forced_distribution_and_impact",
    "12_calibration_committee",
)
CELLS = range(15, 49)  # short enough to read, long enough to be complete
SCREEN = 40  # lines of text a cell may show
SOURCES = {
    "01_graphic_rating_scale": ("Guilford", "1954", "Shrout", "1979", "service_team"),
    "02_paired_comparison": ("Stigler", "1994", "Agresti", "Guilford", "Bradley", "1952", "service_team_pairs"),
    "03_compare_and_grade": ("service_team", "service_team_pairs"),
    "04_alternation_ranking": ("service_team_rankings", "Marley", "Kemeny"),
    "05_published_results": ("Stigler", "Agresti", "Davidson", "Kendall", "Critchlow", "Diaconis", "PlackettLuce", "prefmod", "eba"),
    "06_rater_effects": ("Guilford", "1954", "service_team", "FACETS"),
    "08_multi_source_feedback": ("service_team", "360", "published"),
    "07_reproducing_reliability_studies": ("Shrout", "1979", "Krippendorff", "Gleser", "Guilford", "MacNell", "Uttl", "Cohen"),
    "10_incidents_and_narratives": ("Flanagan", "service_team_incidents", "service_team_narratives", "Thurstone", "Krippendorff"),
    "11_forced_distribution_and_impact": ("service_team", "uk_maff_box_marks_1998", "Ricci", "Teal", "Simpson", "Alabama"),
    "12_calibration_committee": ("service_team", "service_team_rankings", "service_team_pairs", "service_team_incidents"),
    "09_bars": ("Smith", "Kendall", "1963", "service_team_retranslation", "Blanz", "Latham"),
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
        assert cell.metadata in ({}, {"tags": [PUBLISHED]})
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


@pytest.mark.parametrize("name", NAMES)
def test_no_output_is_longer_than_a_screen(name: str) -> None:
    for cell in code_cells(name):
        for output in cell.outputs:
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            assert len(text.splitlines()) <= SCREEN, cell.source


def names_in(source: str, context: type[ast.expr_context]) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name) and isinstance(node.ctx, context)}


@pytest.mark.parametrize("name", NAMES)
def test_cells_with_tables_kept_elsewhere_are_tagged_and_nothing_else_needs_them(name: str) -> None:
    tagged = [PUBLISHED in c.metadata.get("tags", []) for c in code_cells(name)]
    for cell, elsewhere in zip(code_cells(name), tagged, strict=True):
        if "published(" in cell.source and "def published(" not in cell.source:
            assert elsewhere, cell.source
    made = [names_in(c.source, ast.Store) for c in code_cells(name)]
    only_there: set[str] = set()
    for cell, stored, elsewhere in zip(code_cells(name), made, tagged, strict=True):
        if elsewhere:
            only_there |= stored
        else:
            only_there -= stored
            assert not only_there & names_in(cell.source, ast.Load), cell.source


@pytest.mark.parametrize("present", [False, True])
def test_cells_with_tables_kept_elsewhere_are_skipped_without_them_and_only_then(present: bool, tmp_path: Path) -> None:
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    first, second = nbformat.v4.new_code_cell("print(1)"), nbformat.v4.new_code_cell("print(2)")
    second.metadata["tags"] = [PUBLISHED]
    first.outputs = [nbformat.v4.new_output("stream", text="1\n")]
    second.outputs = [nbformat.v4.new_output("stream", text="from an earlier day\n")]
    nbformat.write(nbformat.v4.new_notebook(cells=[first, second]), tmp_path / "9_small.ipynb")
    env = {**os.environ, "PYTHONIOENCODING": "utf-8", "RANKKIT_PUBLISHED_DATA": str(tmp_path) if present else ""}
    command = [sys.executable, str(FOLDER / "execute.py"), str(tmp_path / "9_small.ipynb")]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=env, check=False)
    assert run.returncode == int(present), run.stdout + run.stderr  # run anew, the second cell says something else
    assert ("neither run nor compared, as RANKKIT_PUBLISHED_DATA names no folder: 1" in run.stdout) is not present
    assert ("stale output" in run.stdout) is present


def test_the_path_pattern_finds_paths_and_nothing_else() -> None:
    assert PATH.search("written to /tmp/abc/report.html")
    assert PATH.search(r"C:\Users\me\report.html")
    assert not PATH.search("</td><td>4/7</td> and/or https://example.org/home page")

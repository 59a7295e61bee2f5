"""Execute the notebooks: check that their committed outputs are what the code gives today, or write them anew.

``python notebooks/execute.py``          run every notebook beside this file in a temporary folder; fail on any error or
                                         warning, and where a text output differs from the committed one
``python notebooks/execute.py --write``  run them and keep the outputs

The kernel is the interpreter that runs this script, and ``rankkit`` is the one of this checkout. Needs nbclient,
nbformat and ipykernel.

Cells tagged ``published-data`` read tables that do not come with rankkit from the folder named by the environment variable
``RANKKIT_PUBLISHED_DATA``. Where there is no such folder these cells, and only these, are left as they are, and it is said.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

HERE = Path(__file__).resolve().parent
TIMEOUT = 60  # seconds for a single cell
PUBLISHED = "published-data"  # tag of cells that need tables kept elsewhere
FOLDER = "RANKKIT_PUBLISHED_DATA"  # environment variable that names their folder
AT_ONCE = 2  # notebooks executed side by side
_NUMBER = re.compile(r"[-−+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_VOLATILE = (
    (re.compile(r"0x[0-9a-fA-F]{6,}"), "0x…"),  # addresses of objects
    (re.compile(r"rankkit(?:-appraisal)? v?\d+(?:\.\d+)+\S*"), "rankkit …"),  # versions
    (re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?)?"), "…"),  # dates and times
    (re.compile(r"Figure size \d+x\d+"), "Figure size …"),
)
_SLACK = 1.01  # units of the last printed decimal by which numbers may differ: processors add in different orders


def main(arguments: list[str] | None = None) -> int:
    """Execute and compare, or execute and write; the exit status is the number of notebooks that failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="keep the new outputs")
    parser.add_argument("notebooks", nargs="*", type=Path, help="some of them; all by default")
    options = parser.parse_args(arguments)
    paths = options.notebooks or sorted(HERE.glob("[0-9]*.ipynb"))
    path = os.pathsep.join(filter(None, [str(HERE.parent), os.environ.get("PYTHONPATH")]))
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": path, "PYTHONWARNINGS": "default"}
    failed = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for notebook, (fresh, problems, seconds) in zip(paths, pool.map(executed, paths), strict=True):
            stale = [] if fresh is None or options.write else differences(nbformat.read(notebook, as_version=4), fresh)
            wrong = [line for problem in problems + stale for line in problem.splitlines()]
            if options.write and not wrong:
                nbformat.write(fresh, notebook)
            print(f"{notebook.name}: {'FAILED' if wrong else 'written' if options.write else 'as committed'} ({seconds:.1f} s)")
            print("".join(f"  {line}\n" for line in wrong), end="")
            if fresh is not None and (skipped := sum(map(left_alone, fresh.cells))):
                print(f"  cells tagged {PUBLISHED} neither run nor compared, as {FOLDER} names no folder: {skipped}")
            failed += bool(wrong)
    return failed


def executed(path: Path) -> tuple[nbformat.NotebookNode | None, list[str], float]:
    """Run one notebook from a clean state; return it with its outputs, what went wrong, and the seconds it took."""
    start = time.perf_counter()
    notebook = plain(nbformat.read(path, as_version=4))
    for cell in notebook.cells:
        if cell.cell_type == "code" and not left_alone(cell):
            cell.outputs = []
    with tempfile.TemporaryDirectory() as folder:
        manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
        quiet = ["--Application.log_level=40"]  # the kernel talks to this machine only
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=TIMEOUT,
            extra_arguments=quiet,
            coalesce_streams=True,
            resources={"metadata": {"path": folder}},
            skip_cells_with_tag="" if has_published_data() else PUBLISHED,
        )
        try:
            client.execute()
        except CellExecutionError as error:
            return None, [_COLOUR.sub("", str(error))], time.perf_counter() - start
    return plain(notebook), complaints(notebook), time.perf_counter() - start


def has_published_data() -> bool:
    """Whether the folder of published tables is here."""
    return Path(os.environ.get(FOLDER) or os.devnull).is_dir()


def left_alone(cell: nbformat.NotebookNode) -> bool:
    """Whether a cell is not run because it needs tables that are not here; its committed outputs stay."""
    return PUBLISHED in cell.metadata.get("tags", []) and not has_published_data()


def plain(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Drop what changes from run to run without meaning: times, the interpreter's version, ids of displays."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
        }
    )
    for number, cell in enumerate(notebook.cells):
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k == "tags"})
        cell["id"] = f"cell-{number:02d}"
        if cell.cell_type == "code":
            cell.execution_count = None
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = None
                if "metadata" in output:
                    output.metadata = nbformat.from_dict({})
    return notebook


def complaints(notebook: nbformat.NotebookNode) -> list[str]:
    """Anything written to the error stream (warnings go there), errors, and paths of this machine."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                found.append(f"{cell['id']}: {output.ename}: {output.evalue}")
            elif output.get("name") == "stderr":
                found.append(f"{cell['id']}: written to stderr: {output.text}")
            folders = (tempfile.gettempdir() + os.sep, str(Path.home()) + os.sep)
            found += [f"{cell['id']}: shows a path in {folder}" for folder in folders if folder in shown_text(output)]
    return found


def differences(committed: nbformat.NotebookNode, fresh: nbformat.NotebookNode) -> list[str]:
    """Where committed and fresh outputs say different things; pictures need only both be there."""
    if [c.source for c in committed.cells] != [c.source for c in fresh.cells]:
        return ["the cells changed while running"]
    found = []
    for old, new in zip(committed.cells, fresh.cells, strict=True):
        before, after = ([shown(o) for o in cell.get("outputs", [])] for cell in (old, new))
        if len(before) != len(after) or not all(map(same, before, after)):
            lines = ["\n".join(map(_readable, side)).splitlines() for side in (before, after)]
            diff = list(difflib.unified_diff(*lines, "committed", "fresh", lineterm="", n=0))[:20]
            head = f"{new['id']}: stale output; run with --write ({new.source.splitlines()[-1]})"
            found.append("\n".join([head, *("    " + line[:200] for line in diff)]))
    return found


def shown(output: Any) -> dict[str, str]:
    """Return what an output shows, by kind, without what changes from run to run."""
    data = {output["name"]: output.text} if output.output_type == "stream" else output.get("data", {})
    return {kind: "" if kind.startswith("image/") else _settled(text) for kind, text in data.items()}


def shown_text(output: Any) -> str:
    """Return all text of an output."""
    return "\n".join(text for kind, text in output.get("data", {}).items() if not kind.startswith("image/png")) + output.get("text", "")


def same(before: dict[str, str], after: dict[str, str]) -> bool:
    """Equal words, and numbers equal to the last printed decimal give or take one."""
    return before.keys() == after.keys() and all(_alike(before[k], after[k]) for k in before)


def _alike(a: str, b: str) -> bool:
    if a == b:
        return True
    if _NUMBER.split(a) != _NUMBER.split(b):
        return False
    return all(_close(x, y) for x, y in zip(_NUMBER.findall(a), _NUMBER.findall(b), strict=True))


def _close(x: str, y: str) -> bool:
    """Whole numbers (ranks, counts) must be equal; decimals may differ by one in the last place."""
    if x == y:
        return True
    places = [len(n.partition(".")[2]) for n in (x, y)]
    if min(places) == 0 or "e" in (x + y).lower():
        return False
    p, q = (float(n.replace("−", "-")) for n in (x, y))
    return abs(p - q) <= _SLACK * 10.0 ** -min(places)


def _settled(text: str) -> str:
    for pattern, replacement in _VOLATILE:
        text = pattern.sub(replacement, text)
    return text.replace(tempfile.gettempdir(), "…")


def _readable(output: dict[str, str]) -> str:
    return next((output[k] for k in ("text/plain", "stdout") if k in output), "\n".join(output.values()))


if __name__ == "__main__":
    sys.exit(main())

"""Measure speed as ratios to peers in one run: ``python benchmarks/run.py [--write]``.

Every row is the minimum over repeats of CPU-bound work in one process with one BLAS thread; peers run in the same
process, turn by turn, so that the ratio holds when the machine's speed drifts. ``--write`` keeps the table in
``benchmarks/latest.md``.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import platform
import sys
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import agreement
import grading
import importing
import pairs
import rank_sets
import rankings
import ratings
import reading


def main() -> None:
    """Run all benchmarks and print one table."""
    rows = [row for part in (importing, reading, pairs, rankings, agreement, ratings, rank_sets, grading) for row in part.run()]
    lines = ["| what | measured | against | ratio or bar |", "|---|---|---|---|", *(f"| {' | '.join(r)} |" for r in rows)]
    packages = ", ".join(f"{p} {version(p)}" for p in ("numpy", "scipy", "pandas", "choix", "evalica", "pingouin"))
    text = "\n".join([*lines, "", f"Python {platform.python_version()}, {os.cpu_count()} cores, one BLAS thread; {packages}."])
    print(text)
    if "--write" in sys.argv:
        Path(__file__).with_name("latest.md").write_text(f"# Latest run\n\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

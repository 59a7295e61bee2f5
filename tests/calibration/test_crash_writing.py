"""Programs that are killed while they write, and eight that write at once: nothing that was acknowledged is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("crash_writing.py")
ROOT = SCRIPT.parents[2]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def run(*arguments: object) -> dict[str, Any]:
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, arguments)], capture_output=True, text=True, check=False, env=environment, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr[-2000:]
    out: dict[str, Any] = json.loads(done.stdout)
    return out


def check_kills(found: dict[str, Any], kills: int) -> None:
    assert found["kills"] == kills
    assert found["lost"] == found["extra"] == found["unverified"] == 0
    assert found["acknowledged"] > kills // 4  # the writers were at work when they were killed


def test_thirty_kills_lose_nothing(tmp_path: Path) -> None:
    check_kills(run("kill", tmp_path, 30, 1), 30)


@pytest.mark.thorough
def test_a_thousand_kills_lose_nothing(tmp_path: Path) -> None:
    check_kills(run("kill", tmp_path, 1000, 2), 1000)


def test_eight_processes_lose_nothing(tmp_path: Path) -> None:
    found = run("eight", tmp_path, 12)
    assert found["failed"] == found["lost"] == 0
    assert found["acknowledged"] == found["kept"] == 8 * 12
    assert found["events"] == 8 * 12 + 3

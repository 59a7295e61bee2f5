"""``import rankkit`` in a fresh interpreter, beyond the interpreter's own start."""

from __future__ import annotations

import subprocess
import sys

from timing import in_turns, shown


def run() -> list[tuple[str, str, str, str]]:
    """Bar: 50 ms."""

    def start(code: str) -> object:
        return subprocess.run([sys.executable, "-c", code], check=True)

    found = in_turns({"bare": lambda: start("pass"), "import": lambda: start("import rankkit")}, 7)
    return [("import rankkit", shown(found["import"] - found["bare"]), "bare interpreter", "bar 50 ms")]

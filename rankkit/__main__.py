"""``python -m rankkit``: the command line."""

from __future__ import annotations

from rankkit.cli import main

if __name__ == "__main__":
    main(prog_name="rankkit")

"""Minimum time of functions, taking turns."""

from __future__ import annotations

import time
from collections.abc import Callable


def in_turns(functions: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Run the functions in turn, ``repeats`` rounds; seconds of the fastest round of each."""
    best = dict.fromkeys(functions, float("inf"))
    for _ in range(repeats):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def shown(seconds: float) -> str:
    """Seconds with a fitting unit."""
    return f"{seconds * 1e3:.2g} ms" if seconds < 0.1 else f"{seconds:.2f} s"

"""Minimum time of functions, taking turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping


def in_turns(
    functions: Mapping[str, Callable[[], object]], repeats: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, float]:
    """Run the functions in turn, ``repeats`` rounds; seconds of the fastest round of each.

    ``clock=time.process_time`` counts this process's work alone, whatever else the machine does.
    """
    best = dict.fromkeys(functions, float("inf"))
    for _ in range(repeats):
        for name, function in functions.items():
            start = clock()
            function()
            best[name] = min(best[name], clock() - start)
    return best


def shown(seconds: float) -> str:
    """Seconds with a fitting unit."""
    return f"{seconds * 1e3:.2g} ms" if seconds < 0.1 else f"{seconds:.2f} s"

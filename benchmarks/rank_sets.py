"""Simultaneous rank sets of 200 people (R csranks needs 6.7 s, a stored figure: it cannot be installed here), and of 1000."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from timing import in_turns, shown

from rankkit.kernels.covariance import Dense
from rankkit.kernels.rank_sets import rank_sets

_ALONE = """
import re, sys
sys.path.insert(0, {folder!r})
import rank_sets
rank_sets.rank_sets(*rank_sets.people(1_000))
print(int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read()).group(1)) / 2**20)  # ru_maxrss would be the parent's
"""


def people(n: int) -> tuple[np.ndarray, Dense]:
    """Scores with unequal variances."""
    rng = np.random.default_rng(2)
    covariance = Dense(np.diag(rng.uniform(0.02, 0.08, n)))
    return rng.normal(size=n), covariance


def memory() -> float:
    """Largest memory, in GB, of a process that does nothing but the sets of 1000 people."""
    code = _ALONE.format(folder=str(Path(__file__).parent))
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def run() -> list[tuple[str, str, str, str]]:
    """10 000 draws, unequal variances."""
    rows = []
    for n, peer in ((200, "R csranks 6.7 s (stored)"), (1_000, "–")):
        estimate, covariance = people(n)
        seconds = in_turns({"ours": lambda e=estimate, c=covariance: rank_sets(e, c)}, 3, time.process_time)["ours"]
        if n == 200:
            verdict = f"{6.7 / seconds:.0f}×; bar 20×: {'met' if 6.7 / seconds >= 20 else 'MISSED'}"
        else:
            most = memory()
            verdict = f"{most:.2f} GB; bar 1 GB: {'met' if most <= 1 else 'MISSED'}"
        rows.append((f"simultaneous rank sets, {n} people", shown(seconds), peer, verdict))
    return rows

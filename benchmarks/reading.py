"""Reading and validating a million ratings, against the bare read of the same file."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from timing import in_turns, shown

import rankkit as rk

N = 1_000_000


def frame(seed: int = 1) -> pd.DataFrame:
    """50 000 ratees, 2 000 raters, 4 dimensions; no rater rates anyone twice on a dimension."""
    rng = np.random.default_rng(seed)
    key = rng.choice(50_000 * 2_000 * 4, size=N, replace=False)
    ratees = np.array([f"e{i:05d}" for i in range(50_000)], dtype=object)
    raters = np.array([f"r{i:04d}" for i in range(2_000)], dtype=object)
    dims = np.array(["quality", "speed", "service", "teamwork"], dtype=object)
    return pd.DataFrame(
        {"rater": raters[key // 4 % 2_000], "ratee": ratees[key // 8_000], "dimension": dims[key % 4], "score": rng.integers(1, 6, N)}
    )


def run() -> list[tuple[str, str, str, str]]:
    """Bar: 1.5 s beyond the bare read."""
    data = frame()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ratings.csv"
        data.to_csv(path, index=False)
        found = in_turns(
            {
                "bare": lambda: pd.read_csv(path),
                "text": lambda: pd.read_csv(path, dtype=str),
                "ours": lambda: rk.read_ratings(path, scale=(1, 5)),
                "frame": lambda: rk.Ratings.from_frame(data, scale=(1, 5)),
            },
            3,
        )
    beyond = found["ours"] - found["bare"]
    return [
        (
            "read and validate 1M ratings, csv",
            shown(found["ours"]),
            f"pandas.read_csv {shown(found['bare'])}",
            f"{shown(beyond)} beyond; bar 1.5 s",
        ),
        ("validate 1M ratings, DataFrame", shown(found["frame"]), f"pandas.read_csv as text {shown(found['text'])}", "–"),
    ]

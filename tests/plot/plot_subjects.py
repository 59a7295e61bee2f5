"""Results to draw, made without any method so that every number drawn is known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from rankkit.comparing import compare
from rankkit.errors import Problem
from rankkit.kernels.covariance import Dense
from rankkit.result import Result

HOSTILE = (
    "赵\n云",
    "😀",
    "🦊",
    "🦄",
    "𠮷野",
    "<script>alert(1)</script>",
    "=cmd|'/c calc'!A1",
    "$\\frac{1}{0}$",
    "$5",
    "a\u202eb\u200dc",
    "",
    "x" * 300,
    "\x00\x07",
    "e\u0301",
    "مرحبا",
    "नमस्ते",
    "A\ufe0f",
)


def result(n=7, *, labels=None, covariance=True, unscored=0, provisional=0, seed=1):
    rng = np.random.default_rng(seed)
    people = tuple(f"p{k:03d}" for k in range(n))
    estimate = rng.normal(4.0, 0.6, n)
    scored = n - unscored
    estimate[scored:] = np.nan
    status = ["provisional"] * provisional + ["scored"] * (scored - provisional) + ["insufficient_data"] * unscored
    reasons = [None] * scored + [Problem("W-UNSCORED", details={"n": 1, "who": "?"})] * unscored
    names = labels if labels is not None else [f"员工{k}" for k in range(n)]
    return Result(
        method="Example",
        people=people,
        labels=dict(zip(people, names, strict=True)),
        estimate=estimate,
        status=tuple(status),
        reasons=tuple(reasons),
        n_raters=np.full(n, 3),
        n_obs=np.full(n, 6),
        covariance=Dense(np.diag(rng.uniform(0.02, 0.1, scored))) if covariance else None,
        unit="scale points",
    )


def comparison(n=7, methods=("ratings", "对偶"), labels=None):
    return compare({m: result(n, seed=k + 1, labels=labels) for k, m in enumerate(methods)})


def rated(n_raters=3, n=6, *, labels=None, per=1, seed=2):
    """Make a subject with ratings by rater and with changes."""
    rng = np.random.default_rng(seed)
    people = [f"p{i:03d}" for i in range(n)]
    names = labels or [f"经理{k}" for k in range(n_raters)]
    rows = [(f"m{k}", names[k], p, "work", float(rng.integers(1, 6))) for k in range(n_raters) for p in people for _ in range(per)]
    scores = pd.DataFrame({"raw_score": rng.normal(3, 1, n), "score": rng.normal(3, 1, n)}, index=pd.Index(people, name="ratee"))
    changes = scores.assign(label=[f"员工{k}" for k in range(n)])
    for rank, score in (("raw_rank", "raw_score"), ("rank", "score")):
        changes[rank] = changes[score].rank(ascending=False, method="min").astype("Int64")
    return SimpleNamespace(
        ratings_by_rater=pd.DataFrame(rows, columns=["rater", "rater_label", "ratee", "dimension", "score"]), changes=changes
    )

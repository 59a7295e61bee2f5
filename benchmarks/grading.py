"""Grades of 3 000 people in 200 units, and proposals to the committee that keep the order of the evidence within every unit."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from timing import in_turns, shown

from rankkit import ForcedDistribution, People
from rankkit.calibration import propose
from rankkit.kernels.covariance import Dense
from rankkit.result import Result

PEOPLE, UNITS = 3000, 200
SHARES = {"A": 0.1, "B": 0.2, "C": 0.4, "D": 0.2, "E": 0.1}
BAR = 10.0  # seconds for a proposal, solved and checked


def graded_units(n: int = PEOPLE, units: int = UNITS, seed: int = 1) -> tuple[Result, People, dict[str, str]]:
    """Scores of people in units that differ, and the grades lenient and severe managers gave."""
    rng = np.random.default_rng(seed)
    unit = rng.integers(0, units, n)
    se = rng.uniform(0.3, 0.5, n)
    estimate = rng.normal(0, 0.5, units)[unit] + rng.normal(size=n) + se * rng.normal(size=n)
    ids = tuple(f"p{k:04d}" for k in range(n))
    result = Result(
        method="Given", people=ids, labels={i: i for i in ids}, estimate=estimate, status=("scored",) * n, reasons=(None,) * n,
        n_raters=np.full(n, 3), n_obs=np.full(n, 3), covariance=Dense(np.diag(se**2)), df=np.full(n, np.inf), unit="scale points",
    )  # fmt: skip
    cuts = np.quantile(estimate, np.cumsum(list(SHARES.values()))[::-1][1:])
    lenient = estimate + rng.normal(0, 0.5, units)[unit]
    current = {i: "ABCDE"[int(k)] for i, k in zip(ids, (lenient[:, None] < cuts[None, :]).sum(axis=1), strict=True)}
    return result, People.from_frame(pd.DataFrame({"person": ids, "unit": [f"u{g:03d}" for g in unit]})), current


def run() -> list[tuple[str, str, str, str]]:
    """Time grading at three scopes, and proposals."""
    result, people, current = graded_units()
    policies = {scope: ForcedDistribution(shares=SHARES, scope=scope, min_unit=1) for scope in ("company", "unit", "hybrid")}
    took = in_turns(
        {scope: lambda policy=policy: policy.fit(result, people=people) for scope, policy in policies.items()}, 3, time.process_time
    )
    twice = graded_units(2 * PEOPLE, 2 * UNITS)[0]
    more = in_turns({"company": lambda: policies["company"].fit(twice)}, 2, time.process_time)["company"]
    rows = [
        (f"forced distribution, {scope}, {PEOPLE} people × {UNITS} units, probabilities included", shown(seconds), "none", "–")
        for scope, seconds in took.items()
    ]
    rows.append(("the same, company, twice as many people", shown(more), "growth", f"×{more / took['company']:.1f}"))
    grades = policies["company"].fit(result)
    for name, settings in (("1.96 standard errors", {}), ("1 standard error", {"multiple": 1.0}), ("1.96, tight ranges", {"spare": 0})):
        start = time.perf_counter()
        found = propose(grades, people, current=current, **settings)
        seconds = time.perf_counter() - start
        what = f"proposal, {PEOPLE} people × 5 grades × {UNITS} units, order within units at {name}; {len(found.moves)} moves"
        rows.append(
            (
                what,
                shown(seconds),
                "proved the best" if found.proved else "not proved",
                f"bar {BAR:.0f} s: {'kept' if seconds <= BAR else 'missed'}",
            )
        )
    return rows


if __name__ == "__main__":
    for row in run():
        print(" | ".join(row))

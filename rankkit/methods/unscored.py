"""The result where nobody has a score, for one reason."""

from __future__ import annotations

from typing import Any

import numpy as np

from rankkit.design_audit import DesignAudit
from rankkit.errors import Problem
from rankkit.result import Result, Status
from rankkit.tables.ratings import Ratings


def nobody_scored(method: str, table: Ratings, why: Problem, settings: Any, design: DesignAudit) -> Result:
    """Everybody of a table, without a score, and why."""
    n = len(table.people)
    unknown: Status = "insufficient_data"
    return Result(
        method=method,
        people=table.people,
        labels=table.labels,
        estimate=np.full(n, np.nan),
        status=(unknown,) * n,
        reasons=(why,) * n,
        n_raters=np.zeros(n, dtype=np.int64),
        n_obs=np.zeros(n, dtype=np.int64),
        df=np.full(n, np.nan),
        level=settings.level,
        seed=settings.seed,
        notes=(why,),
        design=design,
    )

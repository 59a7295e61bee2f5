"""Six intraclass correlations with intervals, against pingouin."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pingouin
from timing import in_turns, shown

from rankkit.agreement import icc
from rankkit.kernels.reliability.intraclass import intraclass
from rankkit.tables.ratings import Ratings


def run() -> list[tuple[str, str, str, str]]:
    """10 000 ratees, 10 raters; the tidy table is validated beforehand on our side, pivoted by pingouin itself."""
    rng = np.random.default_rng(5)
    y = rng.normal(size=(10_000, 1)) + rng.normal(size=(1, 10)) + rng.normal(size=(10_000, 10))
    i, r = np.indices(y.shape).reshape(2, -1)
    tidy = pd.DataFrame({"ratee": np.char.add("e", i.astype(str)), "rater": np.char.add("r", r.astype(str)), "score": y.ravel()})
    table = Ratings.from_frame(tidy)
    found = in_turns(
        {
            "kernel": lambda: intraclass(y),
            "table": lambda: icc(table),
            "pingouin": lambda: pingouin.intraclass_corr(tidy, targets="ratee", raters="rater", ratings="score"),
        },
        3,
    )
    return [
        (
            "six ICCs, 10 000 × 10, from arrays",
            shown(found["kernel"]),
            f"pingouin {shown(found['pingouin'])}",
            f"{found['pingouin'] / found['kernel']:.0f}×",
        ),
        (
            "six ICCs, 10 000 × 10, from a validated table",
            shown(found["table"]),
            f"pingouin {shown(found['pingouin'])}",
            f"{found['pingouin'] / found['table']:.0f}×",
        ),
    ]

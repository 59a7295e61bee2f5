"""What a forced distribution says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rankkit.design_audit import DesignAudit
from rankkit.errors import Problem
from rankkit.kernels.arrays import Floats
from rankkit.methods.distribution_tables import Graded
from rankkit.result import Result

if TYPE_CHECKING:
    from rankkit.methods.forced_distribution import ForcedDistribution

_SMALLEST_CURVE = 20  # people below which a curve grades mostly chance
OWN = frozenset(
    {
        *("W-TIEDCUT", "W-SEATS", "W-COINFLIP", "W-SMALLUNIT", "W-NOTGRADED", "I-NOPROB", "I-NOTLINKED"),
        *("W-UNITPOOLED", "W-UNITALONE", "W-UNITGUIDE", "W-ROUNDINGTIE", "W-RELAXED"),
    }
)


def notes(
    table: Result,
    given: Graded,
    boundary: pd.DataFrame,
    quota: pd.DataFrame,
    relaxed: pd.DataFrame,
    policy: ForcedDistribution,
    *,
    linked: DesignAudit | None,
    probability: Floats | None,
) -> list[Problem]:
    """Notes on size, seats, ties, what gave way, and how sure grades are.

    Parameters
    ----------
    linked : DesignAudit or None
        Design of the scores where one curve compares everybody.
    """
    names, scored = list(quota.index), given.scored
    label = [table.labels.get(p, p) for p in table.people]
    n, alone = int(scored.sum()), policy.scope == "company"
    out = []
    if linked is not None and linked.kind == "disconnected":
        out.append(Problem("I-NOTLINKED", None, None, None, {"groups": len(linked.components)}))
    smallest = min(len(curve.people) for curve in given.curves if curve.enforced) if any(c.enforced for c in given.curves) else n
    if smallest < _SMALLEST_CURVE and policy.scope != "hybrid":
        out.append(Problem("W-SMALLUNIT", None, None, None, {"n": smallest, "least": _SMALLEST_CURVE}))
    if (quota["asked"] % 1 > 0).any() and alone and "fewest" not in quota:
        details = {
            "n": n,
            "asked": [f"{a:g}" for a in quota["asked"]],
            "given": [str(s) for s in given.curves[0].asked],
            "rule": f"{policy.apportionment}, {policy.seat_ties}",
        }
        out.append(Problem("W-SEATS", None, None, None, details))
    for curve in given.curves:
        waiting = np.flatnonzero((curve.given.grade < 0) & curve.enforced)
        for low, high in sorted({(int(a), int(b)) for a, b in curve.given.candidates[waiting]}):
            who = [label[curve.people[i]] for i in waiting if tuple(curve.given.candidates[i]) == (low, high)]
            out.append(Problem("W-TIEDCUT", None, None, None, {"who": who, "upper": names[low], "lower": names[high]}))
    if len(relaxed):
        out.append(
            Problem("W-RELAXED", None, None, None, {"n": len(relaxed), "rules": [_in_words(row) for row in relaxed.to_dict("records")]})
        )
    flips = boundary[boundary["coin_flip"]]
    if len(flips):
        out.append(Problem("W-COINFLIP", None, None, None, {"n": len(flips), "who": list(flips["label"])}))
    if probability is None:
        out.append(Problem("I-NOPROB"))
    without = [name for name, s, r in zip(label, scored, table.reasons, strict=True) if not s and (r is None or r.code != "S-NOTELIGIBLE")]
    if without:
        out.append(Problem("W-NOTGRADED", None, None, None, {"n": len(without), "who": without}))
    return out


def _in_words(row: Mapping[Any, Any]) -> str:
    """Name a rule that gave way."""
    parts = (row["curve"], row["who"], row["rule"], row["grade"], f"{row['asked']} → {row['given']}")
    return " ".join(str(part) for part in parts if part != "")

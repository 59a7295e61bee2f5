"""What a forced distribution says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rankkit.errors import Problem
from rankkit.kernels.arrays import Floats
from rankkit.methods.distribution_tables import Graded
from rankkit.result import Result

if TYPE_CHECKING:
    from rankkit.methods.forced_distribution import ForcedDistribution

_SMALLEST_CURVE = 20  # people below which a curve grades mostly chance
OWN = frozenset(
    {
        *("W-TIEDCUT", "W-SEATS", "W-COINFLIP", "W-SMALLUNIT", "W-NOTGRADED", "I-NOPROB", "W-NOTLINKED"),
        *("W-UNITPOOLED", "W-UNITALONE", "W-UNITGUIDE", "W-ROUNDINGTIE", "W-RELAXED", "W-RANGELEFT"),
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
    probability: Floats | None,
) -> list[Problem]:
    """Notes on size, seats, ties, what gave way, and how sure grades are."""
    names, scored = list(quota.index), given.scored
    label = [table.labels.get(p, p) for p in table.people]
    n, alone = int(scored.sum()), policy.scope == "company"
    out = []
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
        tied = (curve.given.grade < 0) & curve.enforced
        waiting = np.flatnonzero(tied if curve.by_units is None else tied & ~curve.by_units)
        for low, high in sorted({(int(a), int(b)) for a, b in curve.given.candidates[waiting]}):
            who = [label[curve.people[i]] for i in waiting if tuple(curve.given.candidates[i]) == (low, high)]
            out.append(Problem("W-TIEDCUT", None, None, None, {"who": who, "upper": names[low], "lower": names[high]}))
    swap = [label[i] for i in np.flatnonzero(given.by_units)]
    if any(curve.by_units is not None for curve in given.curves):
        out.append(Problem("W-ROUNDINGTIE", None, None, None, {"n": len(swap), "who": swap}))
    out += _left_ranges(given, quota, policy)
    if len(relaxed):
        rows = relaxed.to_dict("records")
        rules_zh = [_in_words(row | {"rule": "名额"} if row["rule"] == "quota" else row) for row in rows]
        out.append(
            Problem("W-RELAXED", None, None, None, {"n": len(relaxed), "rules": [_in_words(row) for row in rows], "rules_zh": rules_zh})
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


def _left_ranges(given: Graded, quota: pd.DataFrame, policy: ForcedDistribution) -> list[Problem]:
    """Ranges of shares that the tie rule leaves; where quotas gave way to rules about persons, that is told as such."""
    if policy.ties == "committee" or "fewest" not in quota:
        return []
    cases = [(c.name, c.given.counts, c.seats, c.bounds) for c in given.curves if c.enforced and c.bounds is not None]
    if policy.scope == "hybrid" and not given.awaiting.any():
        bounds = (quota["fewest"].to_numpy(), quota["most"].to_numpy())
        cases = [("", quota["used"].to_numpy(), quota["seats"].to_numpy(), bounds)]
    return [
        Problem(
            "W-RANGELEFT",
            None,
            None,
            None,
            {"grade": grade, "used": int(used), "least": int(low), "most": int(high), "rule": f"ties='{policy.ties}'"}
            | {"curve": f" ({name})" if name else "", "curve_zh": f"（{name}）" if name else ""},
        )
        for name, counts, seats, (fewest, most) in cases
        for grade, used, asked, low, high in zip(quota.index, counts, seats, fewest, most, strict=True)
        if used != asked and not low <= used <= high
    ]


def _in_words(row: Mapping[Any, Any]) -> str:
    """Name a rule that gave way."""
    parts = (row["curve"], row["who"], row["rule"], row["grade"], f"{row['asked']} → {row['given']}")
    return " ".join(str(part) for part in parts if part != "")

"""Small results made by hand, with awkward names."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rankkit.design_audit import DesignAudit
from rankkit.errors import Problem
from rankkit.kernels.covariance import Dense
from rankkit.result import Result

HOSTILE = {
    "h1": "=1+1",
    "h2": "<script>alert(1)</script>",
    "h3": "line\nbreak\x00\x07",
    "h4": "😀 emoji",
    "h5": "𠮷田",
    "h6": "\" onmouseover='x' \"'",
    "h7": "{{7*7}}{% raw %}",
    "h8": "@SUM(A1)",
    "h9": "https://evil.example/x",
    "h10": "--></style><img src=x onerror=alert(1)>",
    "h11": "\u202eback",
    "h12": "]]><!--",
}


class TabledResult(Result):
    """A result with tables of its own, as methods have."""

    def tables(self):
        ids = pd.Index(list(self.people), name="ratee")
        labels = [self.labels[p] for p in self.people]
        return {
            "changes": pd.DataFrame({"label": labels, "raw_score": self.estimate, "rank_change": range(len(ids))}, index=ids),
            "boundary": pd.DataFrame(
                {"label": labels, "across": list(reversed(self.people)), "across_label": list(reversed(labels)), "coin_flip": True},
                index=ids,
            ),
            "a/b:c" * 9: pd.DataFrame({"rater": [f"rater {labels[0]}"], "secret words": ["Zhao Qian said so"], "mean": [1.5]}),
        }


def result(labels, *, kind=Result, parts=True, missing=(), **changes):
    """Scores falling by one from person to person, with two dimensions and notes that name people."""
    people = tuple(labels)
    n = len(people)
    scored = [p for p in people if p not in missing]
    status = tuple("not_identified" if p in missing else "scored" for p in people)
    settings = {
        "method": "GraphicRatingScale",
        "people": people,
        "labels": dict(labels),
        "estimate": np.array([np.nan if p in missing else 5.0 - k / 2 for k, p in enumerate(people)]),
        "status": status,
        "reasons": tuple(
            Problem("E-DISC", None, None, None, {"groups": f"{{{labels[people[0]]}}} / {{{labels[p]}}}"}) if p in missing else None
            for p in people
        ),
        "n_raters": np.full(n, 3),
        "n_obs": np.full(n, 6),
        "covariance": Dense(0.1 * np.eye(len(scored))),
        "df": np.full(n, 10.0),
        "df_difference": 10.0,
        "unit": "scale points",
        "se_basis": "rater",
        "notes": (
            Problem("W-UNSCORED", None, None, None, {"n": 1, "who": [labels[people[0]]]}),
            Problem("W-CONST", None, None, 3, {"rater": "Rater Rasmus", "value": 3, "n": n}),
            Problem("I-ONERATER"),
        ),
        "design": DesignAudit(
            kind="crossed",
            components=(people,),
            facts={"people": n, "raters": 3},
            labels={**labels, "r1": "Rater Rasmus"},
            tables={"links": pd.DataFrame({"rater": "r1", "ratee": list(people), "n": 2})},
        ),
        "evidence": {
            "reliability": pd.DataFrame(
                {"coefficient": ["ICC(2,k)"], "value": [0.8], "ci_low": [0.5], "ci_high": [0.9], "assumes": ["crossed"]}
            )
        },
        "settings": {"scale": (1.0, 5.0), "adjust": "none", "overrides": {labels[people[0]]: 3}},
        "provenance": {"rankkit": "0.1.0", "data": "abc123", "source": f"{labels[people[-1]]}.csv"},
    }
    if parts:
        settings["parts"] = {d: result(labels, parts=False, missing=missing) for d in ("skill", "care")}
    return kind(**{**settings, **changes})

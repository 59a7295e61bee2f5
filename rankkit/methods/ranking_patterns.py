"""Patterns in how raters ranked: described, with what else could explain them; never a verdict, never a change to a score."""

from __future__ import annotations

import pandas as pd

from rankkit.errors import Problem
from rankkit.findings import Finding, as_frame

REVIEW_Q = 0.05
FEWEST_PEOPLE = 5  # ranked by a rater before an order can be called the reverse of the others'
FAST_SECONDS = 2.0
FAST_SHARE = 0.5  # of the timed picks
FEWEST_TIMED = 5


def patterns_to_review(raters: pd.DataFrame) -> pd.DataFrame:
    """Say what stands out among raters, as findings.

    Two lists by one rater that agree little are no finding: how much they should agree depends on how far apart the people are.

    Parameters
    ----------
    raters : DataFrame
        As in :attr:`~rankkit.methods.alternation_result.AlternationRankingResult.raters`.

    Returns
    -------
    DataFrame
        Columns of the findings contract.
    """
    out = []
    for rater, row in raters.iterrows():
        who = str(rater)
        if row["review"]:
            details = {"rater": rater, "tau": round(float(row["tau"]), 2), "n": int(row["shared"])}
            numbers = {"estimate": float(row["tau"]), "p": float(row["p"]), "q": float(row["q"]), "n": int(row["shared"])}
            out.append(_pattern("F-AGAINST", who, details, "Kendall's tau with the others", numbers))
        if row["timed"] >= FEWEST_TIMED and row["fast_share"] >= FAST_SHARE:
            details = {"rater": rater, "share": f"{row['fast_share']:.0%}", "n": int(row["timed"]), "seconds": FAST_SECONDS}
            numbers = {"estimate": float(row["fast_share"]), "n": int(row["timed"])}
            out.append(_pattern("F-FASTPICKS", who, details, "share of picks under 2 s", numbers))
    return as_frame(out)


def _pattern(code: str, who: str, details: dict[str, object], effect: str, numbers: dict[str, float | int]) -> Finding:
    problem = Problem(code, None, None, None, details)
    return Finding(
        code=code,
        level="review",
        unit_kind="rater",
        unit_id=who,
        message=problem.note(),
        what_it_could_also_be=Problem(f"{code}-ELSE").note(),
        suggested_action=problem.fix(),
        effect=float(numbers["estimate"]),
        effect_name=effect,
        family="raters",
        **numbers,  # type: ignore[arg-type]
    )

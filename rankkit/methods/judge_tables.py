"""How each judge answered: fit to the common scale, sides, reversals, circular triads. Patterns to review, not verdicts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from rankkit import findings
from rankkit.errors import Problem
from rankkit.findings import Finding
from rankkit.kernels.arrays import Floats
from rankkit.kernels.fit_bands import calibrated_fit
from rankkit.kernels.judge_habits import left_share, repeat_reversals, response_speed
from rankkit.kernels.triad_census import JudgeTriads, by_judge
from rankkit.methods.pair_data import Pairs
from rankkit.methods.pair_fitting import PairFit
from rankkit.tables import numbers

_REVIEW = 0.05  # q-value below which a pattern is worth a look
_FEWEST = 10  # comparisons of a judge below which nothing is flagged
_LEFT_FLOOR = 0.10  # distance of the left share from one half that is worth a look


def _triads(pairs: Pairs, seed: int) -> tuple[JudgeTriads, list[str]]:
    """Triads of each judge; comparisons by nobody in particular are taken as one judge's."""
    known = pairs.judge >= 0
    if pairs.m and known.any():
        one = by_judge(pairs.judge[known], pairs.left[known], pairs.right[known], pairs.result[known], pairs.n, pairs.m, seed=seed)
        return one, list(pairs.raters)
    return by_judge(np.zeros_like(pairs.left), pairs.left, pairs.right, pairs.result, pairs.n, 1, seed=seed), ["(all)"]


def consistency(pairs: Pairs, seed: int) -> pd.DataFrame:
    """Circular triads by judge (Kendall & Babington Smith 1940).

    ``zeta`` and ``p`` only where the judge compared every pair of people without a tie; else ``transitive``, the
    share of fully judged, tie-free triads that are transitive, is what can be said.
    """
    found, raters = _triads(pairs, seed)
    columns = {
        "people": found.people,
        "pairs_missing": found.missing,
        "pairs_tied": found.tied,
        "triads": found.transitive + found.circular + found.with_ties,
        "circular": found.circular,
        "transitive": found.share_transitive,
        "zeta": found.zeta,
        "p": found.p,
        "method": np.array(found.method, dtype=object),
    }
    return pd.DataFrame(columns, index=pd.Index(raters, name="rater"))


def circular_triads(pairs: Pairs, seed: int) -> pd.DataFrame:
    """List the circular triads: first beat second, second beat third, third beat first."""
    found, raters = _triads(pairs, seed)
    ids, names = np.array(pairs.people, dtype=object), np.array(raters, dtype=object)
    first, second, third = ids[found.cycles].reshape(-1, 3).T
    return pd.DataFrame({"rater": names[found.cycle_judge], "first": first, "second": second, "third": third})


def judges(milliseconds: Any, pairs: Pairs, fitted: PairFit, level: float, seed: int) -> pd.DataFrame:
    """Describe each judge: fit with its calibrated band, side preferred, changed answers, speed."""
    known = pairs.judge >= 0
    judge, left, right, result = (x[known] for x in (pairs.judge, pairs.left, pairs.right, pairs.result))
    weight = None if pairs.weight is None else pairs.weight[known]
    win, tie = fitted.chances(pairs)
    win, tie = win[known], None if tie is None else tie[known]
    band = calibrated_fit(
        judge,
        left,
        right,
        result,
        fitted.worth,
        win,
        pairs.n,
        pairs.m,
        tie=tie,
        weight=weight,
        penalised=fitted.penalty != "none",
        level=level,
        seed=seed,
    ).judges
    if band is None:  # judges are known here
        return pd.DataFrame()
    lead = fitted.worth[left] - fitted.worth[right]
    again = repeat_reversals(judge, left, right, result, pairs.n, pairs.m, weight=weight, lead=lead)
    columns: dict[str, Any] = {
        "comparisons": band.observed.load,
        "infit": band.observed.infit,
        "infit_low": band.infit_low,
        "infit_high": band.infit_high,
        "outfit": band.observed.outfit,
        "outfit_low": band.outfit_low,
        "outfit_high": band.outfit_high,
        "p": band.p,
        "q": band.q,
    }
    review = (band.q < _REVIEW) & (band.observed.load >= _FEWEST)
    if pairs.sided:
        side = left_share(judge, result, pairs.m, weight=weight, lead=lead)
        columns |= {"left_share": side.share, "left_p": side.p, "left_q": side.q}
        review |= (side.q < _REVIEW) & (np.abs(side.share - 0.5) >= _LEFT_FLOOR) & (side.decided >= _FEWEST)
    columns |= {"repeats": again.repeats, "reversals": again.reversals, "reversal_rate": again.rate, "reversals_expected": again.expected}
    if milliseconds is not None:
        time = _times(milliseconds)[pairs.row][known]
        speed = response_speed(judge, time, pairs.m)
        columns |= {"median_ms": speed.median, "fast_share": speed.fast_share}
    return pd.DataFrame({**columns, "review": review}, index=pd.Index(list(pairs.raters), name="rater"))


def _times(milliseconds: Any) -> Floats:
    value, bad = numbers.parse(pd.Series(milliseconds).reset_index(drop=True))
    return np.where(bad, np.nan, value)


def as_findings(milliseconds: Any, pairs: Pairs, fitted: PairFit, level: float, seed: int) -> pd.DataFrame:
    """Judges whose answers are worth a look, as findings: never more than that."""
    table = judges(milliseconds, pairs, fitted, level, seed)
    out = []
    for rater, row in table.iterrows():
        if row["comparisons"] < _FEWEST:
            continue
        if row["q"] < _REVIEW:
            noisy = row["infit"] > row["infit_high"]
            out.append(_finding("F-JUDGENOISY" if noisy else "F-JUDGETAME", str(rater), row, "infit", row["infit"], row["p"], row["q"]))
        if "left_q" in row and row["left_q"] < _REVIEW and abs(row["left_share"] - 0.5) >= _LEFT_FLOOR:
            out.append(_finding("F-LEFT", str(rater), row, "left share", row["left_share"], row["left_p"], row["left_q"]))
    return findings.as_frame(out)


def _finding(code: str, rater: str, row: Any, name: str, value: float, p: float, q: float) -> Finding:
    text = Problem(code, None, None, None, {"rater": rater, "value": f"{value:.2f}", "n": int(row["comparisons"])})
    other = Problem(f"{code}-ELSE")
    return Finding(
        code=code,
        level="review",
        unit_kind="rater",
        unit_id=rater,
        message=text.note(),
        what_it_could_also_be=other.note(),
        suggested_action=text.fix(),
        estimate=float(value),
        effect=float(value),
        effect_name=name,
        p=float(p),
        q=float(q),
        family=f"{name} × rater",
        n=int(row["comparisons"]),
    )

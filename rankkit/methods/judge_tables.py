"""How each judge answered: fit to the common scale, sides, reversals, circular triads. Patterns to review, not verdicts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from rankkit import findings
from rankkit.errors import Problem
from rankkit.findings import Finding
from rankkit.kernels.arrays import Floats
from rankkit.kernels.pairs.fit_bands import calibrated_fit
from rankkit.kernels.pairs.judge_habits import left_share, repeat_reversals, response_speed
from rankkit.kernels.pairs.triad_census import JudgeTriads, by_judge
from rankkit.methods import pair_expectations
from rankkit.methods.pair_data import Pairs
from rankkit.methods.pair_fit import PairFit
from rankkit.tables import numbers

_REVIEW = 0.05  # q-value below which a pattern is worth a look
_FEWEST = 10  # comparisons of a judge below which nothing is flagged
_LEFT_FLOOR = 0.10  # distance of the left share from what is expected that is worth a look
_ALL_TIED = 0.95  # share of ties from which there is nothing to fit a judge to


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
    """Describe each judge: fit with its calibrated band, side preferred, changed answers, speed.

    ``p`` and ``q`` of the fit are empty for fewer than three judges and where nearly everything is tied. The side preferred is
    judged beside ``left_expected``, as the better people may have stood on the left.
    """
    known = pairs.judge >= 0
    judge, left, right, result = (x[known] for x in (pairs.judge, pairs.left, pairs.right, pairs.result))
    weight = None if pairs.weight is None else pairs.weight[known]
    chances = pair_expectations.rows(pairs, fitted)
    win, tie = chances.win[known], chances.tie[known]
    band = calibrated_fit(
        judge,
        left,
        right,
        result,
        chances.worth,
        win,
        pairs.n,
        pairs.m,
        tie=tie if tie.any() else None,
        weight=weight,
        penalised=fitted.penalty != "none",
        level=level,
        seed=seed,
    ).judges
    if band is None:  # judges are known here
        return pd.DataFrame()
    tied = float(pairs.counts.ties.sum()) > _ALL_TIED * float(pairs.counts.total.sum())
    p, q = (np.full_like(x, np.nan) if tied else x for x in (band.p, band.q))
    again = repeat_reversals(judge, left, right, result, pairs.n, pairs.m, weight=weight, win=win, tie=tie)
    columns: dict[str, Any] = {
        "comparisons": band.observed.load,
        "infit": band.observed.infit,
        "infit_low": band.infit_low,
        "infit_middle": band.infit_middle,
        "infit_high": band.infit_high,
        "outfit": band.observed.outfit,
        "outfit_low": band.outfit_low,
        "outfit_high": band.outfit_high,
        "p": p,
        "q": q,
    }
    review = (q < _REVIEW) & (band.observed.load >= _FEWEST)
    if pairs.sided:
        side = left_share(judge, result, pairs.m, weight=weight, chance=chances.even[known])
        columns |= {"decided": side.decided, "left_share": side.share, "left_expected": side.expected, "left_p": side.p, "left_q": side.q}
        review |= (side.q < _REVIEW) & (np.abs(side.share - side.expected) >= _LEFT_FLOOR) & (side.decided >= _FEWEST)
    columns |= {"repeats": again.repeats, "reversals": again.reversals, "reversal_rate": again.rate, "reversals_expected": again.expected}
    if pairs.counts.has_ties:
        columns |= {"half_changes": again.half_changes, "half_changes_expected": again.half_expected}
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
    allowed = "order_effect" in fitted.names
    out = []
    for rater, row in table.iterrows():
        if row["comparisons"] >= _FEWEST and row["q"] < _REVIEW:
            code = "F-JUDGENOISY" if row["infit"] > row["infit_middle"] else "F-JUDGETAME"
            out.append(_finding(code, str(rater), row, "infit", row["infit"]))
        if "left_q" in row and row["decided"] >= _FEWEST and row["left_q"] < _REVIEW:
            left, expected = row["left_share"], row["left_expected"]
            if abs(left - expected) >= _LEFT_FLOOR:
                code, share, usual = ("F-LEFT", left, expected) if left > expected else ("F-RIGHT", 1 - left, 1 - expected)
                out.append(_finding(code, str(rater), row, "left share", share, expected=usual, fix="I-SIDEALLOWED" if allowed else code))
    return findings.as_frame(out)


def _finding(code: str, rater: str, row: Any, name: str, value: float, *, expected: float = float("nan"), fix: str = "") -> Finding:
    n, p, q = ("comparisons", "p", "q") if name == "infit" else ("decided", "left_p", "left_q")
    text = Problem(code, None, None, None, {"rater": rater, "value": f"{value:.2f}", "n": int(row[n]), "expected": f"{expected:.2f}"})
    other = Problem(f"{code}-ELSE")
    return Finding(
        code=code,
        level="review",
        unit_kind="rater",
        unit_id=rater,
        message=text.note(),
        what_it_could_also_be=other.note(),
        suggested_action=Problem(fix).fix() if fix else text.fix(),
        estimate=float(row["infit"] if name == "infit" else row["left_share"]),
        effect=float(row["infit"] if name == "infit" else row["left_share"] - row["left_expected"]),
        effect_name=name,
        p=float(row[p]),
        q=float(row[q]),
        family=f"{name} × rater",
        n=int(row[n]),
    )

"""Tables of adverse impact from counts: who was considered, who fared well, compared at both ends of the scale of grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from scipy import special

from rankkit.calibration.adverse_impact.jurisdiction import Jurisdiction, Verdict
from rankkit.errors import SettingsError
from rankkit.kernels.grading.selection_rates import detectable, two_rates, wilson
from rankkit.kernels.grading.stratified_rates import stratified
from rankkit.kernels.multiplicity import holm

Interval = Literal["score", "log"]
End = Literal["favourable", "adverse"]
Outcome = tuple[str, End, Sequence[str]]
POWER, SIGNIFICANCE = 0.80, 0.05
_KEYS = ["attribute", "outcome", "end"]


class Tally(NamedTuple):
    """Of a group: considered, and with the favourable outcome."""

    considered: int
    well: int


def check_settings(least: object, level: float, interval: object = "score") -> None:
    """Refuse an impossible smallest group, level or kind of interval."""
    if isinstance(least, bool) or not isinstance(least, (int, np.integer)) or least < 1:
        raise SettingsError("E-SETTING", name="min_group", value=least, allowed="1, 2, 3, …")
    if not isinstance(level, (int, float)) or not 0 < level < 1:
        raise SettingsError("E-SETTING", name="level", value=level, allowed="0 < level < 1")
    if interval not in get_args(Interval):
        raise SettingsError("E-SETTING", name="interval", value=interval, allowed=list(get_args(Interval)))


def tallies(counts: pd.DataFrame, outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """Considered, and with the favourable outcome, by attribute, outcome, stratum and group.

    ``counts`` has ``attribute, stratum, group, grade, n``. Favourable is: to have the outcome, or not to have an adverse one.
    """
    keys = ["attribute", "stratum", "group"]
    considered = counts.groupby(keys, sort=False)["n"].sum()
    parts = []
    for name, end, grades in outcomes:
        inside = counts["grade"].isin(list(grades)) == (end == "favourable")
        well = counts["n"].where(inside, 0).groupby([counts[k] for k in keys], sort=False).sum()
        table = pd.DataFrame({"considered": considered, "well": well}).reset_index()
        parts.append(table.assign(outcome=name, end=end))
    return pd.concat(parts, ignore_index=True)


def hidden_groups(sizes: Mapping[str, int], least: int) -> set[str]:
    """Name groups too small to show, and the next smallest where what is hidden could be had by subtraction.

    A total over all groups is always known to somebody (the seats of a grade, the people of a unit): what is shown subtracted from it
    must leave ``least`` people or more, so that no single small group and no single person can be worked out.

    >>> sorted(hidden_groups({"a": 3, "b": 40, "c": 90}, 5)), sorted(hidden_groups({"a": 3, "b": 4, "c": 90}, 5))
    (['a', 'b'], ['a', 'b'])
    """
    sizes = {g: n for g, n in sizes.items() if n > 0}  # of nobody there is nothing to show or to hide
    order = sorted(sizes, key=lambda g: (sizes[g], g))
    hidden = {g for g in order if sizes[g] < least}
    while hidden and sum(sizes[g] for g in hidden) < least and len(hidden) < len(order):
        hidden.add(next(g for g in order if g not in hidden))
    return hidden


def rate_table(tally: pd.DataFrame, hidden: Mapping[str, set[str]], level: float) -> pd.DataFrame:
    """Rate of every outcome in every group, with Wilson's interval; small groups without numbers."""
    z = float(special.ndtri((1 + level) / 2))
    rows: list[dict[str, Any]] = []
    for (attribute, outcome, end, group), part in tally.groupby([*_KEYS, "group"], sort=False):
        row = {"attribute": attribute, "outcome": outcome, "end": end, "group": group}
        if str(group) in hidden[str(attribute)]:
            rows.append(row | {"reason": "too few people to show"})
            continue
        n, well = int(part["considered"].sum()), int(part["well"].sum())
        a = well if end == "favourable" else n - well
        low, high = wilson(a, n, z)
        rows.append(row | {"considered": n, "selected": a, "rate": a / n, "ci_low": low, "ci_high": high, "reason": ""})
    columns = [*_KEYS, "group", "considered", "selected", "rate", "ci_low", "ci_high", "reason"]
    return pd.DataFrame(rows, columns=columns).astype({"considered": "Int64", "selected": "Int64"})


def comparison_table(
    tally: pd.DataFrame, hidden: Mapping[str, set[str]], reference: Mapping[str, str], pack: Jurisdiction, level: float, interval: Interval
) -> pd.DataFrame:
    """Compare every group with the group that fares best (or the one named) and with everybody else."""
    parts = []
    for (attribute, outcome, end), rows in tally.groupby(_KEYS, sort=False):
        shown = _sums(rows, hidden[str(attribute)])
        if len(shown) < 2:
            continue
        best = reference.get(str(attribute)) or best_group(shown)
        found = []
        for against in ("highest", "others"):
            part = _against(shown, best, against, level, interval)
            part["q"] = holm(part["mid_p"].to_numpy(dtype=float))
            found.append(part.assign(attribute=str(attribute), outcome=str(outcome), end=str(end), against=against))
        parts.append(pd.concat(found))
    if not parts:
        numbers = _numbers(Tally(1, 1), Tally(1, 1), level, interval)
        return pd.DataFrame(columns=[*_KEYS, "against", "group", "reference", *numbers, "q", "verdict"])
    table = pd.concat(parts, ignore_index=True)
    table["verdict"] = [_verdict(row, pack) for row in table.to_dict("records")]
    lead = [*_KEYS, "against", "group", "reference"]
    return table[[*lead, *(c for c in table.columns if c not in lead)]]


def best_group(shown: Mapping[str, Tally]) -> str:
    """Return the group with the best rate; of equal ones the largest, then the first by name."""
    return min(shown, key=lambda g: (-shown[g].well / shown[g].considered, -shown[g].considered, g))


def _sums(rows: pd.DataFrame, hidden: set[str]) -> dict[str, Tally]:
    """Add up the strata of the groups that may be shown."""
    sums = rows[~rows["group"].isin(hidden)].groupby("group", sort=False)[["considered", "well"]].sum()
    return {str(g): Tally(int(n), int(a)) for g, n, a in zip(sums.index, sums["considered"], sums["well"], strict=True)}


def _against(shown: Mapping[str, Tally], best: str, against: str, level: float, interval: Interval) -> pd.DataFrame:
    rows = []
    everybody = Tally(sum(t.considered for t in shown.values()), sum(t.well for t in shown.values()))
    for group, own in shown.items():
        if group == best and (against == "highest" or len(shown) == 2):
            continue
        rest = Tally(everybody.considered - own.considered, everybody.well - own.well)
        other, name = (shown[best], best) if against == "highest" else (rest, "all others shown")
        rows.append({"group": group, "reference": name} | _numbers(own, other, level, interval))
    return pd.DataFrame(rows)


def _numbers(focal: Tally, other: Tally, level: float, interval: Interval) -> dict[str, float]:
    """One comparison: of the rate of faring well, and of its complement."""
    (n, a), (m, c) = focal, other
    found, worse = two_rates(a, n, c, m, level), two_rates(n - a, n, m - c, m, level)
    log = interval == "log"
    return {
        "n": n, "n_reference": m,
        "ratio": found.ratio,
        "ratio_low": found.ratio_low if log else found.score_low, "ratio_high": found.ratio_high if log else found.score_high,
        "adverse_ratio": worse.ratio,
        "adverse_low": worse.ratio_low if log else worse.score_low, "adverse_high": worse.ratio_high if log else worse.score_high,
        "odds_ratio": found.odds_ratio, "odds_low": found.odds_low, "odds_high": found.odds_high,
        "difference": found.difference, "difference_low": found.difference_low, "difference_high": found.difference_high,
        "h": found.h, "z": found.z, "z_p": found.z_p, "fisher": found.fisher, "mid_p": found.mid_p,
        "swapped": found.swapped, "swapped_back": found.swapped_back,
        "adverse_swapped": worse.swapped_back, "adverse_swapped_back": worse.swapped,
        "detectable": detectable(n, c, m, SIGNIFICANCE, POWER),
    }  # fmt: skip


def _ruled(row: Mapping[Any, Any], swap: str) -> float:
    """Ratio a threshold is held against; of an adverse outcome the inverse of the ratio of its rates."""
    if row["end"] == "favourable":
        return float(row[swap or "ratio"])
    adverse = float(row[f"adverse_{swap or 'ratio'}"])
    return 1 / adverse if adverse > 0 else float("nan" if np.isnan(adverse) else "inf")


def _under(ratio: float, threshold: float) -> bool:
    """Whether a ratio is below a threshold, exactly four fifths not being below four fifths; an unknown one is not."""
    return bool(ratio < threshold * (1 - 1e-12))


def _verdict(row: Mapping[Any, Any], pack: Jurisdiction) -> Verdict:
    """Which words of the jurisdiction apply; of an adverse outcome it is the inverse of the ratio of its rates that counts."""
    significant = row["q"] < pack.alpha and row["difference"] < 0
    if pack.threshold is None:
        return "below" if significant else "none"
    ratio = _ruled(row, "")
    if _under(ratio, pack.threshold):
        return "below" if significant else "below_by_chance"
    return "above_but_significant" if significant else "none"


def flips(table: pd.DataFrame, threshold: float | None) -> pd.DataFrame:
    """Whether exchanging one person would turn the comparison round, or carry it over the threshold, in either direction."""
    turns, crosses = [], []
    for row in table.to_dict("records"):
        now, better, worse = row["ratio"], row["swapped"], row["swapped_back"]
        turns.append(bool((now < 1 and better > 1) or (now > 1 and worse < 1)))
        if threshold is None:
            crosses.append(False)
            continue
        now, better, worse = (_ruled(row, swap) for swap in ("", "swapped", "swapped_back"))
        low, lower, higher = (_under(x, threshold) for x in (now, worse, better))
        crosses.append((low and not higher and not np.isnan(better)) or (not low and lower))
    return table.assign(one_person_reverses=turns, one_person_crosses=crosses)


def strata_table(tally: pd.DataFrame, hidden: Mapping[str, set[str]], reference: Mapping[str, str], level: float) -> pd.DataFrame:
    """Compare within strata with the group that fares best over all of them (or the one named)."""
    rows = []
    for (attribute, outcome, end), part in tally.groupby(_KEYS, sort=False):
        sums = _sums(part, hidden[str(attribute)])
        if len(sums) < 2:
            continue
        best = reference.get(str(attribute)) or best_group(sums)
        by = part.pivot_table(index="stratum", columns="group", values=["considered", "well"], aggfunc="sum", fill_value=0)
        cells = {g: [by[c][g].to_numpy(dtype=np.int64) for c in ("considered", "well")] for g in sums}
        m, c = cells[best]
        for group in sums:
            if group == best:
                continue
            n, a = cells[group]
            found = stratified(a, n, c, m, level)
            row = {"attribute": attribute, "outcome": outcome, "end": end, "group": group, "reference": best}
            pooled = two_rates(int(a.sum()), int(n.sum()), int(c.sum()), int(m.sum()), level)
            row |= {"n": int(n.sum()), "n_reference": int(m.sum())}
            row |= {"pooled_ratio": pooled.ratio, "pooled_odds_ratio": pooled.odds_ratio}
            if found is None:
                rows.append(row | {"reason": "no stratum has both groups and both outcomes"})
                continue
            told_by = {"told_by": "exact", "mid_p": found.exact_mid_p} if found.sparse else {"told_by": "cmh", "mid_p": found.p}
            rows.append(row | vars(found) | told_by | {"reason": ""})
    table = pd.DataFrame(rows)
    if "mid_p" in table:
        table["q"] = table.groupby(_KEYS, sort=False)["mid_p"].transform(lambda p: holm(p.to_numpy(dtype=float)))
        table = table.drop(columns="mid_p")
    return table

"""Was anybody's team treated differently, and how much of the judgement was kept: tests of a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.calibration.adverse_impact.impact_tables import hidden_groups
from rankkit.calibration.sessions.session_people import Names
from rankkit.calibration.sessions.session_state import SessionState
from rankkit.kernels import multiplicity
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.grading import stratified_permutation, stratified_rates
from rankkit.tables.attributes import Attributes

_SMALLEST_GROUP = 5  # people below which a protected group is not shown
HIDDEN = "n < 5, or it would give one away"
_FEWEST = 4  # pairs of numbers below which a correlation has no interval


@dataclass(frozen=True, eq=False)
class GroupMoves:
    """How groups were moved.

    Attributes
    ----------
    table : DataFrame
        By group: ``n, up, down, mean`` (grades up), ``expected`` (by lot), ``sd, p, q`` (Holm), and of being moved down against
        everybody else ``odds, odds_low, odds_high, odds_p`` (exact, within strata); ``reason`` where there are no numbers.
    overall : float
        p of all groups together.
    strata : str
        Within what people were compared.
    """

    table: pd.DataFrame
    overall: float
    strata: str


def by_manager(state: SessionState, names: Names, level: float = 0.95) -> GroupMoves:
    """Mean signed move of each manager's people, permuted across managers among people of the same first grade."""
    moved = _moved(state)
    frame = pd.DataFrame(
        {"group": [names.manager(w) for w in moved.index], "stratum": [state.before[w] for w in moved.index], "change": moved.to_numpy()}
    )
    return _tested(frame, state, "before", level=level)


def by_group(state: SessionState, names: Names, attributes: Attributes, name: str, level: float = 0.95) -> GroupMoves:
    """The same for groups of a protected attribute, permuted inside units among people of the same first grade."""
    moved = _moved(state)
    held = attributes.frame[attributes.frame["attribute"] == name].set_index("person")["value"].to_dict()
    pairs = [(str(w), int(change)) for w, change in zip(moved.index, moved, strict=True)]
    rows = [(held[names.id(w)], f"{names.manager(w)}\x00{state.before[w]}", change) for w, change in pairs if names.id(w) in held]
    frame = pd.DataFrame(rows, columns=["group", "stratum", "change"])
    sizes = {str(g): int(n) for g, n in frame["group"].value_counts().items()}
    return _without_small(frame, sizes, state, level)


def _without_small(frame: pd.DataFrame, sizes: dict[str, int], state: SessionState, level: float) -> GroupMoves:
    """Test the groups that may be shown among themselves: those hidden are in no number, sum or comparison."""
    hidden = hidden_groups(sizes, _SMALLEST_GROUP)
    hidden = set(sizes) if len(set(sizes) - hidden) < 2 else hidden  # one alone against everybody would tell of the rest
    tested = _tested(frame[~frame["group"].isin(hidden)], state, "unit, before", level=level)
    rows = pd.DataFrame(index=pd.Index(sorted(hidden), name="group"), columns=tested.table.columns).assign(reason=HIDDEN)
    table = pd.concat([tested.table, rows]).sort_index() if hidden else tested.table
    return GroupMoves(table.astype(tested.table.dtypes.to_dict()), tested.overall, tested.strata)


def _moved(state: SessionState) -> pd.Series:
    """Grades up, of everybody who had a grade at the start and has one now."""
    order = {g: k for k, g in enumerate(state.grades)}
    pairs = {w: (b, state.grade[w]) for w, b in state.before.items()}
    change = {w: order[b] - order[g] for w, (b, g) in pairs.items() if b is not None and g is not None}
    return pd.Series(change, dtype="int64")


def _tested(frame: pd.DataFrame, state: SessionState, strata: str, *, level: float) -> GroupMoves:
    """Test every group against lot, and its odds of being moved down."""
    columns = ["n", "up", "down", "mean", "expected", "sd", "p", "q", "odds", "odds_low", "odds_high", "odds_p", "reason"]
    groups = sorted(set(frame["group"]))
    if len(groups) < 2:
        kinds = {c: "Int64" if c in ("n", "up", "down") else "object" if c == "reason" else "float64" for c in columns}
        empty = pd.DataFrame({c: pd.Series(dtype=kind) for c, kind in kinds.items()}, index=pd.Index([], name="group", dtype="object"))
        return GroupMoves(empty, float("nan"), strata)
    stratum = pd.Categorical(frame["stratum"], categories=sorted(set(frame["stratum"]), key=lambda s: _place(state, str(s)))).codes
    code = pd.Categorical(frame["group"], categories=groups).codes
    change = frame["change"].to_numpy(dtype=np.int64)
    s, g = stratum.astype(np.int64), code.astype(np.int64)
    found = stratified_permutation.group_changes(change, s, g, len(groups), seed=int(state.start["seed"]))
    q = multiplicity.holm(found.p)
    rows = []
    for k in range(len(groups)):
        row: dict[str, Any] = dict.fromkeys(columns, np.nan) | {"n": int(found.n[k]), "reason": ""}
        own = g == k
        row |= {"up": int((change[own] > 0).sum()), "down": int((change[own] < 0).sum()), "mean": found.mean[k]}
        row |= {"expected": found.expected[k], "sd": found.sd[k], "p": found.p[k], "q": q[k]}
        row |= _odds(change < 0, s, own, level)
        row["reason"] = "" if not np.isnan(found.p[k]) else "nobody who could be compared was moved"
        rows.append(row)
    table = pd.DataFrame(rows, index=pd.Index(groups, name="group"), columns=columns)
    return GroupMoves(table.astype({"n": "Int64", "up": "Int64", "down": "Int64"}), found.overall, strata)


def _place(state: SessionState, stratum: str) -> tuple[int, str]:
    """Strata in the order of grades."""
    last = stratum.rpartition("\x00")[2]
    return (state.grades.index(last) if last in state.grades else len(state.grades)), stratum


def _odds(down: Floats | Any, stratum: Ints, own: Any, level: float) -> dict[str, float]:
    """Odds of being moved down, own people against all others, within strata (Mantel–Haenszel)."""
    size = int(stratum.max()) + 1
    a, n = (np.bincount(stratum[mask], minlength=size) for mask in (own & down, own))
    c, m = (np.bincount(stratum[mask], minlength=size) for mask in (~own & down, ~own))
    found = stratified_rates.stratified(a, n, c, m, level)
    if found is None:
        return {}
    ends = (found.conditional_low, found.conditional_high) if found.sparse else (found.odds_low, found.odds_high)
    return {"odds": found.odds_ratio, "odds_low": ends[0], "odds_high": ends[1], "odds_p": found.exact_p if found.sparse else found.p}


def retained(state: SessionState, names: Names, level: float = 0.95) -> pd.DataFrame:
    r"""How much of the judgement the grades keep: rank correlations, best grade highest.

    Spearman's ρ with mid-ranks; interval by Fisher's z with the variance :math:`(1 + \rho^2/2)/(n - 3)`.

    Returns
    -------
    DataFrame
        By what is correlated: ``score_before`` (score and first grade), ``score_now``, ``votes_before`` (mean pre-vote and first
        grade), ``votes_now``, and where results were given ``kpi_before, kpi_now``: ``n, rho, ci_low, ci_high, reason``. First
        grades were made from the scores: of their correlation there is no interval.

    Notes
    -----
    Simulated with grades by quota (three and five, 20 and 60 people, ρ of scores .3 to .9) the interval holds the correlation of
    the population in 94.5 to 100 % of samples.

    References
    ----------
    Bonett & Wright (2000), Psychometrika 65, 23–28.
    """
    order = {g: -float(k) for k, g in enumerate(state.grades)}
    place = pd.DataFrame(
        {
            "score": {w: names.number(w, "score") for w in state.before},
            "votes": {w: _mean_vote(state, w, order) for w in state.before},
            "kpi": {w: names.number(w, "kpi") for w in state.before},
            "before": {w: order.get(g or "", np.nan) for w, g in state.before.items()},
            "now": {w: order.get(g or "", np.nan) for w, g in state.grade.items()},
        }
    )
    known = ("score", "votes", "kpi") if place["kpi"].notna().any() else ("score", "votes")
    rows = {f"{a}_{b}": _spearman(place[a], place[b], level) for a in known for b in ("before", "now")}
    n, rho, *_, why = rows["score_before"]
    rows["score_before"] = (n, rho, np.nan, np.nan, why if why not in ("", "no interval") else "made from the scores")
    return pd.DataFrame.from_dict(rows, orient="index", columns=["n", "rho", "ci_low", "ci_high", "reason"]).rename_axis("pair")


def _mean_vote(state: SessionState, who: str, order: dict[str, float]) -> float:
    given = [order[v.grade] for v in state.counted(who).values() if v.grade is not None]
    return float(np.mean(given)) if given else float("nan")


def _spearman(a: pd.Series, b: pd.Series, level: float) -> tuple[int, float, float, float, str]:
    both = a.notna() & b.notna()
    n, nan = int(both.sum()), float("nan")
    if n < 2 or a[both].nunique() < 2 or b[both].nunique() < 2:
        return n, nan, nan, nan, "too few people, or all alike"
    rho = float(stats.spearmanr(a[both], b[both]).statistic)
    if n < _FEWEST or abs(rho) > 1 - 1e-9:
        return n, rho, nan, nan, "no interval"
    half = stats.norm.ppf((1 + level) / 2) * np.sqrt((1 + rho**2 / 2) / (n - 3))
    return n, rho, float(np.tanh(np.arctanh(rho) - half)), float(np.tanh(np.arctanh(rho) + half)), ""


def spread_between_managers(state: SessionState, names: Names) -> tuple[float, float]:
    """Standard deviation of the managers' mean grade, before and now. Less of it is no evidence of accuracy."""
    order = {g: -float(k) for k, g in enumerate(state.grades)}
    out = []
    for held in (state.before, state.grade):
        frame = pd.DataFrame({"m": [names.manager(w) for w in held], "g": [order.get(g or "", np.nan) for g in held.values()]}).dropna()
        means = frame.groupby("m")["g"].mean()
        out.append(float(means.std(ddof=1)) if len(means) > 1 else float("nan"))
    return out[0], out[1]

"""Retaliation: whether subordinates rate a superior as the superior rated them one cycle before."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.bias.panel import POWER, REVIEW_Q, check_settings, levels, panel
from rankkit.bias.rating_network import FEWEST_PAIRS, SUBORDINATE, SUPERIOR, Network, in_order, network
from rankkit.errors import Problem
from rankkit.findings import Finding, Findings, pattern
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings

_VOICES = 2  # other forms about a person, for a standing
_LEAST_DF = 8


def retaliation(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    cycles: Sequence[str] | None = None,
    floor: float = 0.20,
    review_q: float = REVIEW_Q,
    level: float = 0.95,
    seed: int = 0,  # noqa: ARG001 - every check takes it; nothing is drawn here
) -> Findings:
    r"""Regress what subordinates give their superior on what the superior gave them one cycle before.

    .. math:: y_{ib,t} = \lambda_b + \gamma\,(x_{bi,t-1} - \hat\theta_{i,t-1}) + \varphi\,y_{ib,t-1} + e

    λ is the superior's own level. With one superior each, a low rating x may be strictness or the person's weak year: what all
    *other* raters said of the person, θ̂, is taken out, and without them the check refuses. The subordinate's earlier rating of the
    superior is held constant where it is known, so that a relation that was bad before does not count. γ > 0: low ratings are
    followed by low ones, and high by high. Errors of θ̂ draw γ̂ towards 0. Standard errors allow for unequal variances (HC3; Long
    & Ervin 2000). Cause is not shown: an event both remember does the same.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        With ``source`` (supervisor, subordinate and others) and ``cycle``.
    people : People, optional
        For names.
    cycles : sequence of str, optional
        Cycles from the earliest; by default read from the numbers in their names.
    floor : float
        Smallest partial correlation worth a review.
    review_q : float
        False discovery rate over steps from cycle to cycle.
    level : float
        Of the intervals.
    seed : int
        Not used.

    Returns
    -------
    Findings
        Table ``retaliation``, one row a step: ``n`` pairs, ``superiors, controlled`` (whether y of the earlier cycle is held
        constant), ``estimate`` γ in points for a point, ``se, df, ci_low, ci_high, effect`` (partial correlation), ``p, q, mde, level,
        reason``.

    Raises
    ------
    RatingsError, InsufficientDataError
        If the table cannot be read, or nothing is left of it.
    SettingsError
        For an impossible setting.

    Examples
    --------
    >>> from rankkit import simulate
    >>> found = retaliation(simulate.feedback(64, 8, cycles=2, retaliation=1.5, seed=1).table)
    >>> found.of("retaliation")[["n", "superiors", "level"]]
              n  superiors   level
    step
    c1 → c2  64          8  review
    """
    check_settings(level, review_q, floor=(floor, 0))
    start = panel(ratings, people)
    data = network(start)

    def refuse(code: str, **details: Any) -> Findings:
        return Findings(refused=(Problem(code, None, "retaliation", None, details),), labels=start.labels)

    if not {SUPERIOR, SUBORDINATE} <= set(data.sources):
        return refuse("E-NOUPWARD")
    named = [c for c in data.cycles if c]
    if len(named) < 2:
        return refuse("E-NOBEFORE")
    order = in_order(named, cycles)
    if order is None:
        return refuse("E-CYCLEORDER", cycles=named)
    steps = [_row(data, data.cycles.index(a), data.cycles.index(b), level) for a, b in pairwise(order)]
    if all(row["n"] == 0 for row in steps):
        return refuse("E-NOUPWARD" if not any(row["pairs"] for row in steps) else "E-NOSTANDING")
    table = pd.DataFrame(steps).set_index("step")
    p, effect, n = (table[c].to_numpy(dtype=np.float64) for c in ("p", "effect", "n"))
    table["q"] = benjamini_hochberg(p)
    table["level"] = levels(p, table["q"].to_numpy(), effect, n.astype(np.int64), floor=floor, fewest=FEWEST_PAIRS, review_q=review_q)
    kept = [*[c for c in table.columns if c not in ("pairs", "mde", "level", "reason")], "mde", "level", "reason"]
    patterns = tuple(_finding(str(name), row) for name, row in table.iterrows() if row["level"])
    return Findings(patterns=patterns, tables={"retaliation": table[kept]}, labels=start.labels)


def _row(data: Network, before: int, after: int, level: float) -> dict[str, Any]:
    """One step from a cycle to the next."""
    boss, x, y, earlier, pairs = _linked(data, before, after)
    known = ~np.isnan(earlier)
    controlled = bool(len(earlier) and known.mean() >= 0.8)
    if controlled:
        boss, x, y, earlier = boss[known], x[known], y[known], earlier[known]
    row: dict[str, Any] = {
        "step": f"{data.cycles[before]} → {data.cycles[after]}", "n": len(x), "pairs": pairs, "superiors": len(np.unique(boss)),
        "controlled": controlled,
        **dict.fromkeys(("estimate", "se", "df", "ci_low", "ci_high", "effect", "p", "mde"), np.nan), "reason": "",
    }  # fmt: skip
    df = len(x) - row["superiors"] - 1 - controlled
    if len(x) < FEWEST_PAIRS or df < _LEAST_DF:
        return row | {"reason": Problem("S-FEWPAIRS", None, None, None, {"needed": FEWEST_PAIRS}).message()}
    team = np.unique(boss, return_inverse=True)[1]
    size = np.bincount(team)
    columns = [x, earlier] if controlled else [x]
    X = np.column_stack([_within(v, team, size) for v in columns])
    X = X[:, [k for k in range(X.shape[1]) if k == 0 or np.ptp(X[:, k]) > 1e-9]]
    outcome = _within(y, team, size)
    if np.linalg.matrix_rank(X) < X.shape[1] or not np.ptp(outcome) > 1e-9:
        return row | {"reason": Problem("S-NORELATION").message()}
    bread = np.linalg.inv(X.T @ X)
    b = bread @ X.T @ outcome
    e = outcome - X @ b
    leverage = np.einsum("ij,jk,ik->i", X, bread, X) + 1 / size[team]
    w = X @ bread[:, 0]
    variance = float(((w * e / np.maximum(1 - leverage, 0.05)) ** 2).sum())
    if not variance > 0:
        return row | {"estimate": float(b[0]), "reason": Problem("S-NORELATION").message()}
    se = float(np.sqrt(variance))
    t, half = float(b[0]) / se, float(stats.t.ppf((1 + level) / 2, df)) * se
    needed = float(stats.t.ppf(0.975, df) + stats.t.ppf(POWER, df))
    return row | {
        "estimate": float(b[0]), "se": se, "df": float(df), "ci_low": float(b[0]) - half, "ci_high": float(b[0]) + half,
        "effect": t / np.sqrt(t * t + df), "p": float(2 * stats.t.sf(abs(t), df)), "mde": needed / np.sqrt(needed**2 + df),
    }  # fmt: skip


def _linked(data: Network, before: int, after: int) -> tuple[Ints, Floats, Floats, Floats, int]:
    """Pairs: superior, the superior's rating less the standing, the answer, the earlier answer; and how many there were."""
    n = len(data.who)
    down, up, past = data.pick(SUPERIOR, before), data.pick(SUBORDINATE, after), data.pick(SUBORDINATE, before)
    answer = {int(data.ratee[k]) * n + int(data.rater[k]): k for k in up}  # superior, subordinate
    earlier = {int(data.ratee[k]) * n + int(data.rater[k]): float(data.score[k]) for k in past}
    level = data.source_level()
    here = np.flatnonzero(data.cycle == before)
    count, said = np.bincount(data.ratee[here], minlength=n), np.bincount(data.ratee[here], level[here], n)
    rows, pairs = [], 0
    for k in down:
        boss, person = int(data.rater[k]), int(data.ratee[k])
        key = boss * n + person
        if key not in answer:
            continue
        pairs += 1
        voices = count[person] - 1
        if voices >= _VOICES:
            x = float(level[k]) - (float(said[person]) - float(level[k])) / voices
            rows.append((boss, x, float(data.score[answer[key]]), earlier.get(key, np.nan)))
    found = np.array(rows, dtype=np.float64).reshape(-1, 4)
    return found[:, 0].astype(np.int64), found[:, 1], found[:, 2], found[:, 3], pairs


def _within(v: Floats, team: Ints, size: Ints) -> Floats:
    return np.asarray(v - (np.bincount(team, v) / size)[team])


def _finding(name: str, row: pd.Series[Any]) -> Finding:
    details = {"step": name, "value": f"{abs(row['estimate']):.2f}", "n": int(row["n"]), "superiors": int(row["superiors"])}
    numbers = {c: float(row[c]) for c in ("estimate", "se", "ci_low", "ci_high", "effect", "p", "q")}
    code = "F-RETURNED" if row["estimate"] > 0 else "F-TURNED"
    family = "retaliation × step"
    return pattern(code, row["level"], "cycle", name, details, **numbers, effect_name="partial r", family=family, n=int(row["n"]))

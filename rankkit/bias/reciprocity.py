"""Reciprocity: whether people who rate each other return what they get, and pairs who stand out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.bias.panel import POWER, REVIEW_Q, Panel, check_settings, levels, panel
from rankkit.bias.rating_network import FEWEST_PAIRS, SUBORDINATE, SUPERIOR, Layer, Network, called, dyads, family_q, in_chinese, network
from rankkit.errors import Problem
from rankkit.findings import Finding, Findings, pattern
from rankkit.kernels.arrays import Floats
from rankkit.kernels.components import crossed_reml
from rankkit.kernels.rater_effects.social_relations import Relations, RoundRobin, round_robin
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings

_PAIR_SD = 2.0  # both residuals of a pair above so many standard deviations


def reciprocity(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    floor: float = 0.20,
    times: int = 999,
    review_q: float = REVIEW_Q,
    level: float = 0.95,
    seed: int = 0,
) -> Findings:
    r"""Correlate what two people give each other, once how high each rates and is rated has been taken out.

    In the social relations model (Warner, Kenny & Stoto 1979; Kenny & La Voie 1984) a rating is the mean, the ratee's and the
    rater's effect, and a relation; ρ is the correlation of the two directions of a relation. Each source and cycle is a network of
    its own. Where everybody of a group rates everybody, ``F = MS_s/MS_a`` of the symmetric and antisymmetric parts, on n(n−3)/2 and
    (n−1)(n−2)/2 degrees of freedom, tests ρ = 0 exactly. Otherwise relations are permuted within raters and the effects taken out
    again. Superiors and subordinates rate each other as different things: Pearson's r within superiors, the subordinate's
    standing with all other raters taken out of the superior's rating.

    A pair is shown where both of its residuals exceed 2 SD and their sum stands out among the sums of all pairs.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        Ratings by people who are rated themselves, with ``source`` and ``cycle`` if there are several.
    people : People, optional
        For names.
    floor : float
        Smallest \|ρ\| worth a review.
    times : int
        Permutations.
    review_q : float
        False discovery rate.
    level : float
        Of the intervals.
    seed : int
        Of the permutations.

    Returns
    -------
    Findings
        Table ``reciprocity``, one row a network: ``cycle, source, people, n`` mutual pairs, ``estimate`` ρ̂ with interval, ``effect``,
        ``method, p, q, mde, level, reason``. Table ``reciprocity_pairs``: ``first, second``, both standardised residuals, ``t, p, q,
        level``. Table ``social_relations``: variances of raters (actor), ratees (partner) and relations (error included).
        Table ``network_dyads``: the residuals.

    Raises
    ------
    RatingsError, InsufficientDataError
        If the table cannot be read, or nothing is left of it.
    SettingsError
        For an impossible setting.

    Examples
    --------
    >>> from rankkit import simulate
    >>> found = reciprocity(simulate.feedback(32, 4, peers=7, reciprocity=0.8, seed=2).table)
    >>> found.of("reciprocity")[["n", "estimate", "method", "level"]].round(2)
              n  estimate method   level
    network
    ...
    """
    check_settings(level, review_q, floor=(floor, 0), times=(times, 99))
    start = panel(ratings, people)
    data = network(start)
    layers = [(layer, data.of(layer.at)) for layer in data.layers()]
    layers = [(layer, own) for layer, own in layers if own.mutual.sum() > 2]
    bosses = [row for c in range(len(data.cycles)) if (row := _hierarchy(data, c, level)) is not None]
    if not layers and not bosses:
        return Findings(refused=(Problem("E-NODYADS", None, "reciprocity"),), labels=start.labels)
    rng = np.random.default_rng(seed)
    table = pd.DataFrame([*(_row(layer, own, rng, times, level) for layer, own in layers), *bosses]).set_index("network")
    p, effect, n = (table[c].to_numpy(dtype=np.float64) for c in ("p", "effect", "n"))
    table["q"] = family_q(p, table["cycle"].tolist())
    table["level"] = levels(p, table["q"].to_numpy(), effect, n.astype(np.int64), floor=floor, fewest=FEWEST_PAIRS, review_q=review_q)
    order = [*[c for c in table.columns if c not in ("mde", "level", "reason")], "mde", "level", "reason"]
    tables = {"reciprocity": table[order]}
    patterns = [_finding(str(name), row) for name, row in table.iterrows() if row["level"]]
    if layers:
        pairs = _pairs(data, layers, table, review_q)
        tables |= {"reciprocity_pairs": pairs, "social_relations": _components(layers), "network_dyads": dyads(data, layers)}
        patterns += [_pair_finding(start, row) for row in pairs.to_dict("records") if row["level"]]
    return Findings(patterns=tuple(patterns), tables=tables, labels=start.labels)


def _groups(own: Relations) -> list[Floats] | None:
    """Complete round robins of four or more as matrices; None if some part is not complete."""
    out = []
    for part in range(int(own.part.max()) + 1):
        at = np.flatnonzero(own.part == part)
        who = np.union1d(own.rater[at], own.ratee[at])
        if len(who) < 4 or len(at) != len(who) * (len(who) - 1):
            return None
        square = np.zeros((len(who), len(who)))
        square[np.searchsorted(who, own.rater[at]), np.searchsorted(who, own.ratee[at])] = own.score[at]
        out.append(square)
    return out


def _row(layer: Layer, own: Relations, rng: np.random.Generator, times: int, level: float) -> dict[str, Any]:
    """Reciprocity of one network."""
    n = int(own.mutual.sum()) // 2
    row: dict[str, Any] = {
        "network": layer.name, "cycle": layer.cycle, "source": layer.source, "people": len(np.union1d(own.rater, own.ratee)), "n": n,
        "method": "", **dict.fromkeys(("estimate", "ci_low", "ci_high", "effect", "p", "mde"), np.nan), "reason": "",
    }  # fmt: skip
    if n < FEWEST_PAIRS or not own.sigma > 0:
        why = Problem("S-FEWPAIRS", None, None, None, {"needed": FEWEST_PAIRS}) if n < FEWEST_PAIRS else Problem("S-NORELATION")
        return row | {"reason": why.message()}
    groups = _groups(own)
    if groups is not None:
        return row | {"method": "F"} | _exact(round_robin(groups), level)
    drawn = np.concatenate([own.correlation(own.permuted(rng, size)) for size in own.blocks(times)])
    rho = float(own.correlation(own.residual[None])[0])
    z, spread = np.arctanh(np.clip(drawn, -0.999, 0.999)), float(stats.norm.ppf((1 + level) / 2))
    centre, sd = float(np.arctanh(np.clip(rho, -0.999, 0.999))), float(z.std())
    p = (1 + int((np.abs(drawn - drawn.mean()) >= abs(rho - drawn.mean()) - 1e-12).sum())) / (times + 1)
    return row | {
        "method": "permutation", "estimate": rho, "effect": rho, "p": p,
        "ci_low": float(np.tanh(centre - spread * sd)), "ci_high": float(np.tanh(centre + spread * sd)),
        "mde": float(np.tanh((stats.norm.ppf(0.975) + stats.norm.ppf(POWER)) * sd)),
    }  # fmt: skip


def _exact(found: RoundRobin, level: float) -> dict[str, Any]:
    """F test, and the interval that inverts it: (1 + ρ)/(1 − ρ) scales F."""
    d1, d2 = found.df_symmetric, found.df_antisymmetric
    if not (found.ms_antisymmetric > 0 or found.ms_symmetric > 0):
        return {"reason": Problem("S-NORELATION").message()}
    f = found.ms_symmetric / found.ms_antisymmetric if found.ms_antisymmetric > 0 else np.inf
    ratio = np.array([f / stats.f.ppf((1 + level) / 2, d1, d2), f / stats.f.ppf((1 - level) / 2, d1, d2)])
    least = stats.f.ppf(0.975, d1, d2) / stats.f.ppf(1 - POWER, d1, d2)
    with np.errstate(invalid="ignore"):
        low, high = np.where(np.isinf(ratio), 1.0, (ratio - 1) / (ratio + 1))
    rho = found.dyadic / found.relation
    p = float(min(2 * min(stats.f.cdf(f, d1, d2), stats.f.sf(f, d1, d2)), 1.0))
    return {"estimate": rho, "effect": rho, "p": p, "ci_low": float(low), "ci_high": float(high), "mde": float((least - 1) / (least + 1))}


def _hierarchy(data: Network, cycle: int, level: float) -> dict[str, Any] | None:
    """Pearson's r of what superiors and subordinates give each other, within superiors; None where they do not."""
    down, up = data.pick(SUPERIOR, cycle), data.pick(SUBORDINATE, cycle)
    n_who = len(data.who)
    back = {int(data.rater[k]) * n_who + int(data.ratee[k]): k for k in up}
    pairs = [(k, back[key]) for k in down if (key := int(data.ratee[k]) * n_who + int(data.rater[k])) in back]
    if len(pairs) < 2:
        return None
    a, b = (np.array(side) for side in zip(*pairs, strict=True))
    boss = np.unique(data.rater[a], return_inverse=True)[1]
    others = np.flatnonzero((data.cycle == cycle) & ~np.isin(data.source, data.source[down[:1]]))
    level_of, heard = _standing(data, others)
    name = " ".join(x for x in (data.cycles[cycle], f"{SUPERIOR} – {SUBORDINATE}") if x)
    row: dict[str, Any] = {
        "network": name, "cycle": data.cycles[cycle], "source": SUPERIOR, "people": len(np.union1d(data.rater[a], data.ratee[a])),
        "n": len(a), "method": "", **dict.fromkeys(("estimate", "ci_low", "ci_high", "effect", "p", "mde"), np.nan), "reason": "",
    }  # fmt: skip
    df = len(a) - int(boss.max() + 1) - 1
    if len(a) < FEWEST_PAIRS or df < 3:
        return row | {"reason": Problem("S-FEWPAIRS", None, None, None, {"needed": FEWEST_PAIRS}).message()}
    standing = np.where(heard[data.ratee[a]], level_of[data.ratee[a]], 0.0) if heard[data.ratee[a]].all() else np.zeros(len(a))
    x, y = _within(data.score[a] - standing, boss), _within(data.score[b], boss)
    if not (np.ptp(x) > 1e-9 and np.ptp(y) > 1e-9):
        return row | {"reason": Problem("S-NORELATION").message()}
    r = float(x @ y / np.sqrt((x @ x) * (y @ y)))
    t = r * np.sqrt(df / max(1 - r * r, 1e-300))
    half, sd = float(stats.norm.ppf((1 + level) / 2)), 1 / np.sqrt(df - 1)
    return row | {
        "method": "Pearson" if heard[data.ratee[a]].all() else "Pearson, as given", "estimate": r, "effect": r,
        "p": float(2 * stats.t.sf(abs(t), df)), "ci_low": float(np.tanh(np.arctanh(r) - half * sd)),
        "ci_high": float(np.tanh(np.arctanh(r) + half * sd)), "mde": float(np.tanh((stats.norm.ppf(0.975) + stats.norm.ppf(POWER)) * sd)),
    }  # fmt: skip


def _standing(data: Network, at: np.ndarray) -> tuple[Floats, np.ndarray]:
    """What some forms say of each person, source levels taken out, and who has two of them or more."""
    n = np.bincount(data.ratee[at], minlength=len(data.who))
    return np.bincount(data.ratee[at], data.source_level()[at], len(data.who)) / np.maximum(n, 1), n > 1


def _within(x: Floats, group: np.ndarray) -> Floats:
    return np.asarray(x - (np.bincount(group, x) / np.bincount(group))[group])


def _pairs(data: Network, layers: list[tuple[Layer, Relations]], table: pd.DataFrame, review_q: float) -> pd.DataFrame:
    """Every mutual pair of the networks that could be tested: both residuals, and their sum among all sums."""
    parts = []
    for layer, own in layers:
        rho, p = (float(table[c].to_numpy()[table.index.get_loc(layer.name)]) for c in ("estimate", "p"))
        if np.isnan(p):
            continue
        k = np.flatnonzero(own.mutual & (own.rater < own.ratee))
        back = own.reverse[k]
        free = 1 - np.minimum(own.leverage, 1.0)
        v = free[k] + free[back] - 2 * own.projected(k, back)
        total = own.residual[k] + own.residual[back]
        usable = (v > 1e-9) & (free[k] > 1e-9) & (free[back] > 1e-9)
        with np.errstate(invalid="ignore", divide="ignore"):
            left = (own.sigma**2 * own.df - total**2 / v) / (own.df - 1)
            t = total / np.sqrt(v * left * (1 + max(rho, 0.0)))
            first, second = (own.residual[x] / (own.sigma * np.sqrt(free[x])) for x in (k, back))
        parts.append(
            pd.DataFrame(
                {
                    "cycle": layer.cycle, "source": layer.source, "first": [data.who[x] for x in own.rater[k]],
                    "second": [data.who[x] for x in own.ratee[k]], "first_gives": first, "second_gives": second,
                    "estimate": total / 2, "effect": total / 2 / own.sigma, "t": t,
                    "p": np.where(usable, stats.t.sf(t, own.df - 1), np.nan),
                }
            ).loc[usable]
        )  # fmt: skip
    columns = ["cycle", "source", "first", "second", "first_gives", "second_gives", "estimate", "effect", "t", "p"]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    frame["q"] = family_q(frame["p"].to_numpy(dtype=np.float64), frame["cycle"].tolist())
    found = frame["q"].to_numpy(dtype=np.float64) < review_q
    both = (frame[["first_gives", "second_gives"]].to_numpy(dtype=np.float64) > _PAIR_SD).all(axis=1)
    frame["level"] = np.where(found & both, "review", np.where(found, "info", ""))
    return frame


def _components(layers: list[tuple[Layer, Relations]]) -> pd.DataFrame:
    """Variances of the social relations model: exact for complete round robins, by REML otherwise."""
    rows = []
    for layer, own in layers:
        groups = _groups(own)
        if groups is not None:
            found = round_robin(groups)
            actor, partner, rest, ab = found.actor, found.partner, found.relation, found.actor_partner
        else:
            who = np.union1d(own.rater, own.ratee)
            ratee, rater = np.searchsorted(who, own.ratee), np.searchsorted(who, own.rater)
            partner, actor, rest = crossed_reml.fit(own.score, ratee, rater, len(who), len(who)).variances.tolist()
            ab = float("nan")
        whole = max(actor, 0.0) + max(partner, 0.0) + rest
        shares = [max(v, 0.0) / whole if whole > 0 else float("nan") for v in (actor, partner, rest)]
        rows.append([layer.name, actor, partner, rest, *shares, ab, "round robin" if groups is not None else "REML"])
    columns = ["network", "actor", "partner", "relation", "actor_share", "partner_share", "relation_share", "actor_partner", "method"]
    return pd.DataFrame(rows, columns=columns).set_index("network")


def _finding(name: str, row: pd.Series[Any]) -> Finding:
    details = {"network": name, "network_zh": in_chinese(name), "n": int(row["n"]), "value": f"{row['estimate']:.2f}"}
    numbers = {c: float(row[c]) for c in ("estimate", "ci_low", "ci_high", "effect", "p", "q")}
    code = "F-RECIPROCAL" if row["estimate"] > 0 else "F-OPPOSED"
    return pattern(code, row["level"], "group", name, details, **numbers, effect_name="ρ", family="reciprocity × network", n=int(row["n"]))


def _pair_finding(start: Panel, row: Mapping[Any, Any]) -> Finding:
    details = {"first": called(start, row["first"]), "second": called(start, row["second"]), "value": f"{row['estimate']:.2f}"}
    numbers = {c: float(row[c]) for c in ("estimate", "effect", "p", "q")}
    unit = f"{row['first']} – {row['second']}"
    family = "reciprocity × pair"
    return pattern("F-PAIR", row["level"], "pair", unit, details, **numbers, effect_name="residual SD", family=family, n=2)

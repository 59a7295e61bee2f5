"""Cliques: groups of people who rate each other higher than they rate, and are rated by, the others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.bias.panel import POWER, REVIEW_Q, Panel, check_settings, levels, panel
from rankkit.bias.rating_network import Layer, Network, called, dyads, family_q, in_chinese, network
from rankkit.errors import Problem
from rankkit.findings import Finding, Findings, pattern
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rater_effects.rating_cliques import SMALLEST, RatingGroup, rating_cliques
from rankkit.kernels.rater_effects.social_relations import Relations
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings

_FEWEST_RATINGS = 6  # inside a group, for a review


def cliques(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    floor: float = 0.50,
    times: int = 999,
    review_q: float = REVIEW_Q,
    level: float = 0.95,
    seed: int = 0,
) -> Findings:
    r"""Look for groups of three or more who rate each other higher than the rest of the network explains.

    After the effects of ratee and rater are taken out, the residuals inside a group are added up and divided by their standard
    deviation; each connected part of the network (source and cycle apart) is searched for the group with the largest value
    (:mod:`rankkit.kernels.rater_effects.rating_cliques`). A group that was found by searching looks striking in pure noise,
    so the search is repeated in every permutation of the standardised residuals; pairs may go together in the null hypothesis,
    groups do not.

    Taking both effects out, a part that falls into two groups looks the same from both sides. Which of them is favoured is
    read from the other sources: ``lift`` is how far the ratings inside lie above what others say of the same people,
    ``lift_rest`` the same for the rest; without other sources the smaller group is named and the message says so.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        Ratings by people who are rated themselves, with ``source`` and ``cycle`` if there are several.
    people : People, optional
        For names.
    floor : float
        Smallest difference, in residual standard deviations, worth a review.
    times : int
        Permutations.
    review_q : float
        False discovery rate over parts.
    level : float
        Of the interval of the difference; the interval does not know that the group was searched for.
    seed : int
        Of the permutations.

    Returns
    -------
    Findings
        Table ``cliques``, one row a connected part: ``cycle, source, people`` in it, ``size, members`` (ids), ``n`` ratings inside,
        ``estimate`` points inside above the ratings between members and others, ``ci_low, ci_high, effect`` (÷ σ̂), ``z, p, q, mde`` (in σ̂,
        for this group), ``lift, lift_rest, level, reason``. Table ``network_dyads``: the residuals.

    Raises
    ------
    RatingsError, InsufficientDataError
        If the table cannot be read, or nothing is left of it.
    SettingsError
        For an impossible setting.

    Examples
    --------
    >>> from rankkit import simulate
    >>> found = cliques(simulate.feedback(32, 4, cliques=1, clique_lift=1.5, seed=2).table, times=199)
    >>> found.of("cliques").query("level == 'review'")[["members", "size"]]
            members  size
    group
    ...
    """
    check_settings(level, review_q, floor=(floor, 0), times=(times, 99))
    start = panel(ratings, people)
    data = network(start)
    layers = [(layer, own) for layer in data.layers() if (own := data.of(layer.at)).mutual.sum() > 2]
    if not layers:
        return Findings(refused=(Problem("E-NODYADS", None, "cliques"),), labels=start.labels)
    rng = np.random.default_rng(seed)
    rows = [_row(data, layer, own, group, level) for layer, own in layers for group in rating_cliques(own, rng=rng, times=times)]
    tables = {"network_dyads": dyads(data, layers)}
    if not rows:
        problem = Problem("E-NOGROUPS", None, "cliques", None, {"needed": SMALLEST + 2})
        return Findings(refused=(problem,), tables=tables, labels=start.labels)
    table = pd.DataFrame(rows).set_index("group")
    p, effect, n = (table[c].to_numpy(dtype=np.float64) for c in ("p", "effect", "n"))
    table["q"] = family_q(p, table["cycle"].tolist())
    table["level"] = levels(p, table["q"].to_numpy(), effect, n.astype(np.int64), floor=floor, fewest=_FEWEST_RATINGS, review_q=review_q)
    table["reason"] = ""
    order = [*[c for c in table.columns if c not in ("mde", "lift", "lift_rest", "level", "reason")], "mde", "lift", "lift_rest", "level"]
    patterns = tuple(_finding(start, row) for _, row in table.iterrows() if row["level"])
    return Findings(patterns=patterns, tables={"cliques": table[[*order, "reason"]]} | tables, labels=start.labels)


def _row(data: Network, layer: Layer, own: Relations, found: RatingGroup, level: float) -> dict[str, Any]:
    """Describe the group of one part; of two groups that mirror each other, the one that other sources do not bear out."""
    lift = [_lift(data, layer, own, group) for group in (found.people, found.rest)]
    swap = len(found.rest) >= SMALLEST and lift[1] > lift[0] and 2 * len(found.rest) <= len(found.people) + len(found.rest) + 2
    people, rest = (found.rest, found.people) if swap else (found.people, found.rest)
    lift = lift[::-1] if swap else lift
    among, among_others = np.isin(own.rater, people), np.isin(own.rater, rest)
    to, to_others = np.isin(own.ratee, people), np.isin(own.ratee, rest)
    inside, between = among & to, (among & to_others) | (among_others & to)
    contrast = inside / max(inside.sum(), 1) - between / max(between.sum(), 1)
    estimate = float(contrast @ own.residual)
    se = own.sigma * float(np.sqrt((own.project(contrast[None]) ** 2).sum()))
    half = float(stats.t.ppf((1 + level) / 2, own.df)) * se
    gain = float(own.project(contrast[None])[0] @ own.project(inside[None].astype(np.float64))[0]) / max(found.variance, 1e-12)
    return {
        "group": f"{layer.name} {found.part + 1}", "cycle": layer.cycle, "source": layer.source, "people": len(people) + len(rest),
        "size": len(people), "members": ", ".join(data.who[k] for k in people), "n": int(inside.sum()),
        "estimate": estimate, "ci_low": estimate - half, "ci_high": estimate + half, "effect": estimate / own.sigma, "z": found.z,
        "p": found.p, "mde": gain * (found.critical + float(stats.norm.ppf(POWER))) * float(np.sqrt(found.variance)),
        "lift": lift[0], "lift_rest": lift[1],
    }  # fmt: skip


def _lift(data: Network, layer: Layer, own: Relations, group: Ints) -> float:
    """Ratings inside a group, less what other sources say of the same people; ``nan`` without two of these each."""
    inside = np.isin(own.rater, group) & np.isin(own.ratee, group)
    if not inside.any():
        return float("nan")
    cycle = data.cycles.index(layer.cycle)
    others = np.flatnonzero((data.cycle == cycle) & (data.source != data.sources.index(layer.source)))
    n = np.bincount(data.ratee[others], minlength=len(data.who))
    said: Floats = np.bincount(data.ratee[others], data.source_level()[others], len(data.who)) / np.maximum(n, 1)
    rated = own.ratee[inside]
    if (n[rated] < 2).any():
        return float("nan")
    return float(np.mean(own.score[inside] - own.score.mean() - said[rated]))


def _finding(start: Panel, row: pd.Series[Any]) -> Finding:
    who = [called(start, ident) for ident in row["members"].split(", ")]
    known = np.isfinite(row["lift"]) and np.isfinite(row["lift_rest"])
    details = {
        "members": who, "n": int(row["n"]), "value": f"{row['estimate']:.2f}",
        "network": " ".join(x for x in (row["cycle"], row["source"]) if x),
    }  # fmt: skip
    details["network_zh"] = in_chinese(str(details["network"]))
    numbers: dict[str, Any] = {c: float(row[c]) for c in ("estimate", "ci_low", "ci_high", "effect", "p", "q")}
    code = "F-CLIQUE" if known else "F-CLIQUESIDE"
    numbers |= {"effect_name": "residual SD", "family": "cliques × part", "n": int(row["n"])}
    return pattern(code, row["level"], "pair", row["members"].replace(", ", " – "), details, **numbers)

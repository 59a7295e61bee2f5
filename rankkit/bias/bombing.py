"""Bombing: single forms far from what all others say of the same person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.bias.panel import POWER, REVIEW_Q, Panel, check_settings, panel
from rankkit.bias.rating_network import Network, called, family_q, network
from rankkit.errors import Problem
from rankkit.findings import Finding, Findings, pattern
from rankkit.kernels.arrays import Floats
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings

_USUAL = 0.5  # share of the distance that the rater's other forms may explain


def bombing(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    floor: float = 3.5,
    fewest: int = 5,
    review_q: float = REVIEW_Q,
    level: float = 0.95,
    seed: int = 0,  # noqa: ARG001 - every check takes it; nothing is drawn here
) -> Findings:
    r"""Look for single forms far from the others about the same person, up or down.

    With n raters of a person, source means taken out,

    .. math:: z_{ir} = \frac{x_{ir} - \bar x_{i(r)}}{\hat\sigma_{(ir)} \sqrt{1 + 1/(n-1)}}

    is the distance from the mean of the others; σ̂ is pooled over all people, this form left out, so that it cannot hide itself,
    and z has a t distribution under normal errors. Reviewed are forms with \|z\| > ``floor`` and q < ``review_q`` (Benjamini &
    Hochberg 1995). A rater who is as far from others everywhere is severe or lenient, which is no single form's matter: where
    half of the distance is the rater's usual one, it is a remark.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        Ratings with ``source`` and ``cycle`` if there are several.
    people : People, optional
        For names.
    floor : float
        Smallest \|z\| worth a review.
    fewest : int
        Fewest raters of a person, 3 or more.
    review_q : float
        False discovery rate over forms.
    level : float
        Of the interval: where the others' forms would lie, as a distance.
    seed : int
        Not used.

    Returns
    -------
    Findings
        Table ``bombing``, one row a form about somebody with ``fewest`` raters: ``cycle, rater, ratee, source, n`` raters,
        ``estimate`` distance in points, ``ci_low, ci_high, usual`` (the rater's mean distance on other people; blank = none),
        ``effect`` z, ``p, q, mde, level, reason``.

    Raises
    ------
    RatingsError, InsufficientDataError
        If the table cannot be read, or nothing is left of it.
    SettingsError
        For an impossible setting.

    Examples
    --------
    >>> from rankkit import simulate
    >>> found = bombing(simulate.feedback(32, 4, bombs=1, bomb=-3, mean=3.8, seed=3).table)
    >>> found.of("bombing").query("level == 'review'")[["n", "estimate", "effect"]].round(1)
                  n  estimate  effect
    form
    ...
    """
    check_settings(level, review_q, floor=(floor, 0), fewest=(fewest, 3))
    start = panel(ratings, people)
    data = network(start)
    person = np.unique(data.cycle * len(data.who) + data.ratee, return_inverse=True)[1]
    n = np.bincount(person)[person]
    if not (n >= fewest).any():
        return Findings(refused=(Problem("E-FEWRATERSEACH", None, "bombing", None, {"needed": fewest}),), labels=start.labels)
    table = _table(data, person, n, fewest, level)
    if table is None:
        return Findings(refused=(Problem("E-NOVARIATION", None, "bombing"),), labels=start.labels)
    table["q"] = family_q(table["p"].to_numpy(), table["cycle"].tolist())
    found = table["q"].to_numpy() < review_q
    usual = np.nan_to_num(table["usual"].to_numpy())
    own = np.abs(table["estimate"].to_numpy() - usual) > _USUAL * np.abs(table["estimate"].to_numpy())
    table["level"] = np.where(found & own & (np.abs(table["effect"].to_numpy()) > floor), "review", np.where(found, "info", ""))
    table["reason"] = np.where(table["usual"].isna(), Problem("S-RATEDONE").message(), "")
    order = [*[c for c in table.columns if c not in ("mde", "level", "reason")], "mde", "level", "reason"]
    patterns = tuple(_finding(start, str(form), row) for form, row in table[table["level"] != ""].to_dict("index").items())
    return Findings(patterns=patterns, tables={"bombing": table[order]}, labels=start.labels)


def _table(data: Network, person: np.ndarray, n: np.ndarray, fewest: int, level: float) -> pd.DataFrame | None:
    """Distance of every form from the others about the same person; None where nothing varies."""
    x = data.source_level()
    df = len(x) - int(person.max() + 1) - 1
    mean = (np.bincount(person, x) / np.bincount(person))[person]
    e = np.where(n > 1, x - mean, 0.0)
    total = float(e @ e)
    use = np.flatnonzero(n >= fewest)
    if df < 2 or total <= 1e-9 * len(x):
        return None
    k = n[use]
    away = e[use] * k / (k - 1)
    left = np.maximum(total - e[use] * away, 0.0) / df  # the form's own contribution to the sum of squares left out
    spread = np.sqrt(left * k / (k - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(spread > 0, away / spread, np.sign(away) * np.inf)
    z = np.where(np.abs(away) < 1e-9, 0.0, z)
    half = float(stats.t.ppf((1 + level) / 2, df)) * spread
    order = float(stats.t.isf(0.025 / len(use), df))  # what the smallest of so many p-values has to reach
    return pd.DataFrame(
        {
            "form": _names(data, use), "cycle": [data.cycles[c] for c in data.cycle[use]], "rater": [data.who[r] for r in data.rater[use]],
            "ratee": [data.who[i] for i in data.ratee[use]], "source": [data.sources[s] for s in data.source[use]], "n": k,
            "estimate": away, "ci_low": away - half, "ci_high": away + half, "usual": _usual(data, e, n)[use], "effect": z,
            "p": 2 * stats.t.sf(np.abs(z), df), "mde": order + float(stats.norm.ppf(POWER)), "reason": "",
        }
    ).set_index("form")  # fmt: skip


def _names(data: Network, use: np.ndarray) -> list[str]:
    """What a form is called: cycle, rater → ratee, and the source where a pair has two."""
    key = (data.cycle[use] * len(data.who) + data.rater[use]) * len(data.who) + data.ratee[use]
    again = pd.Series(key).duplicated(keep=False).to_numpy()
    out = []
    for k, twice in zip(use, again, strict=True):
        name = f"{data.who[data.rater[k]]} → {data.who[data.ratee[k]]}"
        parts = (data.cycles[data.cycle[k]] if len(data.cycles) > 1 else "", name, data.sources[data.source[k]] if twice else "")
        out.append(" ".join(p for p in parts if p))
    return out


def _usual(data: Network, e: Floats, n: np.ndarray) -> Floats:
    """Each rater's mean distance from others over the other people they rate in the cycle."""
    role = np.unique(data.cycle * len(data.who) + data.rater, return_inverse=True)[1]
    there = n > 1
    away = np.where(there, e * n / np.maximum(n - 1, 1), 0.0)
    count = np.bincount(role, there)[role] - there
    rest = np.bincount(role, away)[role] - away
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(count > 0, rest / count, np.nan))


def _finding(start: Panel, form: str, row: Mapping[Any, Any]) -> Finding:
    details = {
        "rater": called(start, row["rater"]), "ratee": called(start, row["ratee"]), "value": f"{abs(row['estimate']):.1f}",
        "n": int(row["n"]) - 1,
    }  # fmt: skip
    numbers = {c: float(row[c]) for c in ("estimate", "ci_low", "ci_high", "effect", "p", "q")}
    code = "F-FARBELOW" if row["estimate"] < 0 else "F-FARABOVE"
    return pattern(code, row["level"], "pair", form, details, **numbers, effect_name="z", family="bombing × form", n=int(row["n"]))

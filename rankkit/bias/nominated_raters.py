"""Nominated raters: whether raters whom the ratee chose rate higher than those who were assigned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.bias.order_effects import within_sd
from rankkit.bias.panel import POWER, REVIEW_Q, check_settings, levels, panel
from rankkit.bias.rating_network import Network, in_chinese, network
from rankkit.errors import Problem
from rankkit.findings import Finding, Findings, pattern
from rankkit.kernels.arrays import Ints
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.two_way_clusters import one_way, two_way
from rankkit.kernels.two_way_fixed import absorbed_fit, two_way_fixed
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings

_FEWEST = 20  # forms of each kind that can be compared
_FEWEST_RATERS = 10
_BASIS = (("of the same people", "比较同一被评人"), ("of the same people, by the same raters", "比较同一被评人与同一评价人"))
_SHARE = 1e-6  # of the variance of the comparison that must be left


def nominated_raters(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    floor: float = 0.20,
    review_q: float = REVIEW_Q,
    level: float = 0.95,
    seed: int = 0,  # noqa: ARG001 - every check takes it; nothing is drawn here
) -> Findings:
    r"""Compare raters chosen by the ratee with raters of the same source chosen by somebody else.

    .. math:: x_{ir} = \alpha_i + \gamma c_{ir} + e, \qquad x_{ir} = \alpha_i + \beta_r + \gamma c_{ir} + e

    with c = 1 where i chose r, else 0.

    α is the ratee's effect within source and cycle. The first γ, *chosen raters*, is all that choosing adds to a person's score,
    lenient raters who are chosen often included. The second, *same raters*, compares a rater's ratings of those who chose them
    with the ratings of others: it is about the relation. Standard errors are clustered by ratee and rater at once
    (:func:`rankkit.kernels.two_way_clusters.two_way`). Sources with fewer than 20 forms of a kind, or 10 raters, are left blank.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        With ``nominated_by``: ``ratee`` where the person rated chose the rater; anything else = somebody else; blank = not known.
    people : People, optional
        For names.
    floor : float
        Smallest \|γ/σ_w\| worth a review.
    review_q : float
        False discovery rate over sources and comparisons.
    level : float
        Of the intervals.
    seed : int
        Not used.

    Returns
    -------
    Findings
        Table ``nominated_raters``, index ``comparison``: ``source, n`` forms compared, ``chosen`` of them, ``ratees, raters,
        estimate`` γ in points, ``se, df, ci_low, ci_high, effect`` (÷ pooled within-rater SD), ``p, q, mde, level, reason``.

    Raises
    ------
    RatingsError, InsufficientDataError
        If the table cannot be read, or nothing is left of it.
    SettingsError
        For an impossible setting.

    Examples
    --------
    >>> from rankkit import simulate
    >>> found = nominated_raters(simulate.feedback(60, 8, nomination=0.6, seed=1).table)
    >>> found.of("nominated_raters")[["chosen", "estimate", "level"]].round(2)
                         chosen  estimate   level
    comparison
    ...
    """
    check_settings(level, review_q, floor=(floor, 0))
    start = panel(ratings, people)
    data = network(start)
    kinds = [s for s in data.sources if len(np.unique(data.chosen[data.pick(s)][data.chosen[data.pick(s)] >= 0])) > 1]
    if not kinds:
        return Findings(refused=(Problem("E-NOTCHOSEN", None, "nominated_raters"),), labels=start.labels)
    table = pd.DataFrame([_row(data, s, own, level) for s in kinds for own in (False, True)]).set_index("comparison")
    p, effect, raters = (table[c].to_numpy(dtype=np.float64) for c in ("p", "effect", "raters"))
    table["q"] = benjamini_hochberg(p)
    graded = levels(p, table["q"].to_numpy(), effect, raters.astype(np.int64), floor=floor, fewest=_FEWEST_RATERS, review_q=review_q)
    table["level"] = graded
    order = [*[c for c in table.columns if c not in ("mde", "level", "reason")], "mde", "level", "reason"]
    patterns = tuple(_finding(str(name), row) for name, row in table.iterrows() if row["level"])
    return Findings(patterns=patterns, tables={"nominated_raters": table[order]}, labels=start.labels)


def _row(data: Network, source: str, same_raters: bool, level: float) -> dict[str, Any]:
    """One comparison of one source."""
    at = data.pick(source)
    at = at[data.chosen[at] >= 0]
    ratee, rater = (data.cycle[at] * len(data.who) + codes[at] for codes in (data.ratee, data.rater))
    use = _both(ratee, data.chosen[at])
    at, ratee, rater = at[use], ratee[use], rater[use]
    x = data.chosen[at].astype(np.float64)
    row: dict[str, Any] = {
        "comparison": f"{source or 'all'}: {'same raters' if same_raters else 'chosen raters'}", "source": source, "n": len(at),
        "chosen": int(x.sum()), "ratees": len(np.unique(data.ratee[at])), "raters": len(np.unique(data.rater[at])),
        **dict.fromkeys(("estimate", "se", "df", "ci_low", "ci_high", "effect", "p", "mde"), np.nan), "reason": "",
    }  # fmt: skip
    if min(x.sum(), len(x) - x.sum()) < _FEWEST or row["raters"] < _FEWEST_RATERS:
        why = Problem("S-FEWCHOSEN", None, None, None, {"needed": _FEWEST, "raters": _FEWEST_RATERS})
        return row | {"reason": why.message()}
    design = two_way_fixed(ratee, rater if same_raters else np.zeros(len(at), dtype=np.int64))
    fit = absorbed_fit(design, x[:, None], data.score[at])
    sigma = within_sd(data.score[at], rater)
    estimate = float(fit.coefficient[0])
    if np.isnan(estimate) or fit.share[0] < _SHARE or not sigma:
        return row | {"reason": Problem("S-NOCOMPARE").message()}
    error = two_way(fit, 0, data.ratee[at], data.rater[at])
    if not error.variance > 0:
        error = one_way(fit, 0, data.ratee[at])
    if not error.variance > 0:
        return row | {"estimate": estimate, "reason": Problem("S-NORELATION").message()}
    half = float(stats.t.ppf((1 + level) / 2, error.df)) * error.se
    return row | {
        "estimate": estimate, "se": error.se, "df": error.df, "ci_low": estimate - half, "ci_high": estimate + half,
        "effect": estimate / sigma, "p": float(2 * stats.t.sf(abs(estimate) / error.se, error.df)),
        "mde": float(stats.t.ppf(0.975, error.df) + stats.t.ppf(POWER, error.df)) * error.se / sigma,
    }  # fmt: skip


def _both(ratee: Ints, chosen: Ints) -> np.ndarray:
    """Forms about people who have raters of both kinds."""
    code = np.unique(ratee, return_inverse=True)[1]
    n, own = np.bincount(code), np.bincount(code, chosen)
    return np.asarray(((own > 0) & (own < n))[code])


def _finding(name: str, row: pd.Series[Any]) -> Finding:
    details = {
        "source": row["source"],
        "source_zh": in_chinese(row["source"]),
        "value": f"{abs(row['estimate']):.2f}",
        "chosen": int(row["chosen"]),
        "n": int(row["n"]),
    }
    details |= dict(zip(("basis", "basis_zh"), _BASIS[name.endswith("same raters")], strict=True))
    numbers = {c: float(row[c]) for c in ("estimate", "se", "ci_low", "ci_high", "effect", "p", "q")}
    code = "F-CHOSENHIGH" if row["estimate"] > 0 else "F-CHOSENLOW"
    return pattern(code, row["level"], "source", name, details, **numbers, effect_name="γ/σ_w", family="nominated raters", n=int(row["n"]))

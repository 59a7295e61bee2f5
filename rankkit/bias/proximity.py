"""Proximity: whether dimensions that stand close together on the form are rated more alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import numpy as np
import pandas as pd

from rankkit.bias import matrix_tests
from rankkit.bias.dimension_correlations import DimensionCorrelations, dimension_correlations
from rankkit.bias.form_positions import FormOrders, form_orders
from rankkit.bias.panel import Panel, check_settings, panel
from rankkit.errors import Problem
from rankkit.findings import Finding, Findings, pattern
from rankkit.kernels.arrays import Ints
from rankkit.kernels.rater_effects.halo_indices import CAP, covariances, pair_inflation
from rankkit.kernels.rater_effects.rating_profiles import Profiles
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings


class _Options(TypedDict):
    floor: float
    level: float
    seed: int


def proximity(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    positions: Mapping[str, float] | Sequence[str] | None = None,
    true_scores: pd.DataFrame | None = None,
    floor: float = matrix_tests.FLOOR,
    level: float = 0.95,
    seed: int = 0,
) -> Findings:
    r"""Test whether closeness on the form raises the correlation of two dimensions.

    The inflation :math:`R_{dd'} = \operatorname{atanh} r_{same} - \operatorname{atanh} \rho_{ref}` (see
    :func:`~rankkit.bias.halo`) is correlated with closeness :math:`1/|pos_d - pos_{d'}|`, and tested by exchanging
    dimensions: all orders up to seven dimensions, 9999 random ones above (Mantel 1967). Pairs share dimensions, so a
    regression over pairs has no valid p-value. Where forms had two or more orders the *change* of correlations with the
    change of closeness is tested too: what the dimensions have in common by meaning is the same in all orders and drops
    out. Four dimensions have 12 orders that differ, so that p is never below .08; five have 60.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        Ratings on four or more dimensions, with a column ``position`` unless ``positions`` is given.
    people : People, optional
        Accepted as in all checks.
    positions : mapping or sequence, optional
        Position of each dimension on the form, or the dimensions in their order.
    true_scores : DataFrame, optional
        As in :func:`~rankkit.bias.halo`.
    floor : float
        Smallest Mantel correlation worth a review.
    level : float
        Of the intervals (jackknife over people).
    seed : int
        Of the random orders.

    Returns
    -------
    Findings
        Table ``proximity`` (index ``test``: ``order``, ``change``): ``n`` dimensions, ``estimate`` = ``effect`` Mantel r with
        ``se, ci_low, ci_high``, one-sided ``p`` (= ``q``), ``mde``, ``p_smallest`` (no smaller p is possible), ``level``,
        ``design_ok``, ``method``, ``reason``. Table ``proximity_pairs``: ``first, second, inflation, closeness``.

    Raises
    ------
    RatingsError, InsufficientDataError
        If the table cannot be read, or nothing is left of it.
    SettingsError
        For an impossible setting.

    References
    ----------
    Newcomb (1931), Journal of Educational Psychology 22, 279–289. Stockford & Bissell (1949), Personnel 26, 94–116.

    Examples
    --------
    >>> from rankkit import simulate
    >>> ratings = simulate.ratings(40, 4, dimensions=5, sd_ratee_dimension=0.5, seed=2).table
    >>> found = proximity(ratings, positions=["d3", "d1", "d5", "d2", "d4"])
    >>> found.of("proximity")[["n", "p_smallest", "level"]].round(4)
           n  p_smallest level
    test
    order  5      0.0167
    """
    check_settings(level)
    start = panel(ratings, people)
    D = len(start.table.dimensions)
    if D < matrix_tests.DIMENSIONS:
        return _refused(start, Problem("E-DIMENSIONS", None, "proximity", None, {"n": D, "needed": matrix_tests.DIMENSIONS}))
    parts = dimension_correlations(start, true_scores)
    orders = form_orders(start, parts.data, positions)
    if orders is None:
        return _refused(start, Problem("E-NOPOSITION", None, "proximity"))
    a, without = matrix_tests.excess(parts)
    if not np.isfinite(a).all():
        return _refused(start, Problem("E-FLATPAIRS", None, "proximity"))
    options: _Options = {"floor": floor, "level": level, "seed": seed}
    i, j = np.triu_indices(D, 1)
    close = orders.mean_closeness[i, j]
    told = "inflation of same-rater correlations" if parts.source else "same-rater correlations, no second rater"
    rows = {
        "order": matrix_tests.matrix_test(
            a[None], without[None], close[None], None, **options, design_ok=bool(parts.source), method=f"{told}, with closeness"
        )
    }
    refused = [] if parts.source else [Problem("E-PROXIMITYREF", None, "proximity")]
    if len(orders.rows) > 1:
        rows["change"] = _change(parts, orders, i, j, options)
    table = matrix_tests.frame_of(rows)
    names = start.table.dimensions
    pairs = pd.DataFrame({"first": [names[d] for d in i], "second": [names[d] for d in j], "inflation": a, "closeness": close})
    tables = {"proximity": table, "proximity_pairs": pairs}
    return Findings(patterns=tuple(_patterns(table)), refused=tuple(refused), tables=tables, labels=start.labels)


def _refused(start: Panel, problem: Problem) -> Findings:
    return Findings(refused=(problem,), labels=start.labels)


def _change(parts: DimensionCorrelations, orders: FormOrders, i: Ints, j: Ints, options: _Options) -> dict[str, object]:
    """Correlate what differs between orders of the form with what differs in closeness."""
    data = parts.data
    z, without = [], []
    for rows in orders.rows:
        pairs = pair_inflation(covariances(Profiles(data.ratee[rows], data.rater[rows], data.x[rows], data.n, data.m)))
        with np.errstate(invalid="ignore"):
            z.append(np.arctanh(np.clip(pairs.same_rater, -CAP, CAP)))
        without.append(pairs.same_without)
    a, b = np.stack(z), orders.closeness[:, i, j]
    left_out = np.stack(without)
    method = f"change of same-rater correlations with that of closeness; {len(z)} orders of the form"
    if not np.isfinite(a).all():
        return {"n": data.x.shape[1], "level": "", "design_ok": True, "method": method, "reason": "S-FLAT"}
    a, b, left_out = a - a.mean(axis=0), b - b.mean(axis=0), left_out - left_out.mean(axis=0)
    return matrix_tests.matrix_test(a, left_out, b, None, **options, design_ok=True, method=method)


def _patterns(table: pd.DataFrame) -> list[Finding]:
    """One finding: from the change where there is one, else from the order."""
    test = "change" if "change" in table.index and table.loc["change", "reason"] == "" else "order"
    row = table.loc[[test]].to_dict("records")[0]
    if not row["level"]:
        return []
    numbers = {k: row[k] for k in ("estimate", "se", "ci_low", "ci_high", "effect", "p", "q", "n", "design_ok")}
    code = "F-PROXIMITY" if row["design_ok"] else "F-PROXIMITYALONE"
    details = {"r": round(row["estimate"], 2), "n": row["n"]}
    return [pattern(code, row["level"], "form", "all", details, **numbers, effect_name="Mantel r", family="proximity × form")]

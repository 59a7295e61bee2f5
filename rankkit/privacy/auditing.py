"""What numbers would give away if they were published as they are: the attack, for tables made elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import SettingsError
from rankkit.kernels.sources.disclosure import exposed_sets
from rankkit.kernels.sources.disclosure_ranges import feasible_ranges, whole_rows
from rankkit.privacy.policy import DisclosurePolicy
from rankkit.privacy.statements import Composite, GroupMean, Linear, RollUp, Statement, checked, fraction

_COLUMNS = ["kind", "raters", "dimension", "low", "high", "known_by"]


def audit(
    cells: pd.DataFrame,
    statements: Sequence[Statement],
    policy: DisclosurePolicy | None = None,
    *,
    scale: tuple[float, float],
    step: float = 1,
    decimals: int | None = None,
    insiders: bool = True,
) -> pd.DataFrame:
    """List whom publishing these numbers exactly, or rounded, would expose.

    Two attacks on the ratings of one ratee: linear algebra (is some combination of the numbers about fewer than k people?) and
    whole-number programming on the bounded scale (which ratings does it leave possible?), by an outsider and by each of the
    raters, who knows the own answers.

    Parameters
    ----------
    cells : DataFrame
        ``rater, source, dimension, score`` of one ratee.
    statements : sequence of GroupMean, RollUp, Composite or Linear
        What is published.
    policy : DisclosurePolicy, optional
        Says who is protected, k, and how many categories must stay possible.
    scale, step
        As for :func:`disclose`; scores must lie on the scale's points.
    decimals : int, optional
        Places the numbers are rounded to; exact by default. Rounding protects next to nothing: with up to ten raters one decimal
        leaves one sum.
    insiders : bool
        Whether raters attack too.

    Returns
    -------
    DataFrame
        One row an exposure: ``kind`` (``set``: a combination about these raters alone can be computed, whatever the decimals;
        ``rating``: too few categories are left), ``raters``, ``dimension``, ``low, high`` (score units), ``known_by`` (empty =
        everybody). Empty = nothing found.

    Raises
    ------
    SettingsError
        If scores lie between the points of the scale.
    SolverError
        If the statements contradict the scale.

    Examples
    --------
    >>> cells = pd.DataFrame({"rater": list("abcdef"), "source": ["supervisor"] + ["peer"] * 4 + ["subordinate"],
    ...                       "dimension": "care", "score": [4, 3, 4, 2, 3, 5]})
    >>> published = [GroupMean("peer", "care"), RollUp("all", ("supervisor", "peer", "subordinate"), "care")]
    >>> audit(cells, published, scale=(1, 5), decimals=1)[["kind", "raters", "low", "high", "known_by"]].head(2)
         kind raters  low  high known_by
    0     set      f  NaN   NaN
    1  rating      f  5.0   5.0
    """
    policy = DisclosurePolicy() if policy is None else policy
    kept = checked(cells).reset_index(drop=True)
    lowest, width = fraction(scale[0]), fraction(step)
    points = [(fraction(v) - lowest) / width for v in kept["score"]]
    if any(p.denominator != 1 for p in points):
        raise SettingsError("E-SETTING", name="step", value=step, allowed="a step on which all scores lie")
    categories = int((fraction(scale[1]) - lowest) / width) + 1
    rows = [row for s in statements if (row := _row(s, kept))]
    A, factors = whole_rows(rows, len(kept))
    x = np.array([int(p) for p in points], dtype=object)
    half = Fraction(0) if decimals is None else Fraction(1, 2 * 10**decimals) / width
    total = [sum((int(a) * int(v) for a, v in zip(A[i], x, strict=True)), 0) for i in range(len(rows))]
    lower = [Fraction(t) - f * half for t, f in zip(total, factors, strict=True)]
    upper = [Fraction(t) + f * half for t, f in zip(total, factors, strict=True)]
    exempt = np.array([not policy.protects(s) for s in kept["source"]], dtype=bool)
    raters = sorted(kept["rater"].astype(str).unique())
    person = np.array([raters.index(str(r)) for r in kept["rater"]], dtype=np.int64)
    k = np.ones(len(raters), dtype=np.int64)
    np.maximum.at(k, person, np.array([policy.k(s) for s in kept["source"]]))
    found: list[tuple[Any, ...]] = [
        ("set", ", ".join(raters[p] for p in group), "", np.nan, np.nan, "") for group in exposed_sets(A, person, k, exempt).sets
    ]
    seen: set[int] = set()
    for attacker in ["", *(raters if insiders else [])]:
        known = exempt | (kept["rater"].astype(str) == attacker).to_numpy() if attacker else exempt
        if attacker and not (known & ~exempt).any():
            continue
        ranges = feasible_ranges(A, lower, upper, categories, known, np.where(known, x, 0))
        for c in np.flatnonzero(~known & (ranges.categories <= policy.margin)).tolist():
            if c in seen:
                continue
            if not attacker:
                seen.add(c)
            low, high = (float(lowest + width * int(v[c])) for v in (ranges.low, ranges.high))
            found.append(("rating", str(kept["rater"].iloc[c]), str(kept["dimension"].iloc[c]), low, high, attacker))
    return pd.DataFrame(found, columns=_COLUMNS)


def _row(statement: Statement, cells: pd.DataFrame) -> dict[int, Fraction]:
    """Weights of a statement over cells, as somebody would publish it who takes no care."""
    if isinstance(statement, GroupMean):
        return _mean(cells, (statement.source,), statement.dimension)
    if isinstance(statement, RollUp):
        return _mean(cells, statement.sources, statement.dimension)
    if isinstance(statement, Composite):
        means = [(_mean(cells, (s,), d), fraction(w)) for (s, d), w in statement.weights.items()]
        present = sum((w for row, w in means if row), Fraction(0))
        out: dict[int, Fraction] = {}
        for row, w in means:
            for c, v in row.items():
                out[c] = out.get(c, Fraction(0)) + w / present * v
        return {c: v for c, v in out.items() if v}
    if isinstance(statement, Linear):
        place = {(str(r), str(d)): k for k, (r, d) in enumerate(zip(cells["rater"], cells["dimension"], strict=True))}
        return {place[key]: fraction(w) for key, w in statement.weights.items() if key in place and fraction(w)}
    raise SettingsError("E-TYPE", expected="GroupMean, RollUp, Composite or Linear", found=type(statement).__name__)


def _mean(cells: pd.DataFrame, sources: Sequence[str], dimension: str) -> dict[int, Fraction]:
    chosen = np.flatnonzero((cells["source"].isin(sources) & (cells["dimension"] == dimension)).to_numpy()).tolist()
    return dict.fromkeys(chosen, Fraction(1, len(chosen))) if chosen else {}

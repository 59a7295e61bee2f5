"""Every check of ratings that the design and the columns allow, in one go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rankkit.bias.panel import REVIEW_Q, Panel, panel
from rankkit.errors import IdentificationError, InsufficientDataError, Problem, SettingsError
from rankkit.findings import Findings
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings

if TYPE_CHECKING:
    from rankkit.tables.attributes import Attributes

CHECKS: tuple[tuple[str, str], ...] = (
    ("severity", ""),
    ("elevation", ""),
    ("range_restriction", ""),
    ("central_tendency", ""),
    ("halo", ""),
    ("proximity", ""),
    ("logical_error", ""),
    ("contrast", ""),
    ("serial_position", ""),
    ("drift", ""),
    ("recency", "incidents"),
    ("similar_to_me", ""),
    ("careless", ""),
    ("reciprocity", ""),
    ("cliques", ""),
    ("nominated_raters", ""),
    ("retaliation", ""),
    ("bombing", ""),
    ("copying", ""),
)
"""Name of each check (its function, in the module of the same name) and the argument without which it cannot be called."""

_NORMAL_DETECTABLE = 2.8  # standard errors found with probability .80 by a two-sided test at .05


def check(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    attributes: Attributes | None = None,
    incidents: Any = None,
    similarity: pd.DataFrame | None = None,
    true_scores: pd.DataFrame | None = None,
    scale: tuple[float, float] | None = None,
    guideline: Mapping[float, float] | None = None,
    floors: Mapping[str, Any] | None = None,
    review_q: float = REVIEW_Q,
    level: float = 0.95,
    seed: int = 0,
) -> Findings:
    """Run every check that the design and the columns allow, and say of the others why not.

    Findings are patterns to review: a level of ``review`` needs a false discovery rate below ``review_q`` within the family
    (index × unit), an effect that reaches its floor, enough observations and a design that can tell; significance
    alone is a remark (``info``). No finding changes a score, and the absence of one is no clearance: the table
    ``power`` says what could have been found.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        Ratings; self ratings are left out where there are others.
    people : People, optional
        For names, and for facts raters and people may share.
    attributes : Attributes, optional
        Protected attributes, for :func:`~rankkit.bias.similar_to_me` only.
    incidents : Incidents, optional
        Dated incidents, for :func:`~rankkit.bias.recency`.
    similarity : DataFrame, optional
        Experts' judgement of how alike dimensions are in meaning, for :func:`~rankkit.bias.logical_error`.
    true_scores : DataFrame, optional
        True scores of people on the dimensions, a reference for halo.
    scale : (float, float), optional
        Lowest and highest score; by default as declared with the ratings.
    guideline : mapping of float to float, optional
        Agreed share of every score, for :func:`~rankkit.bias.elevation`.
    floors : mapping of str to float or pair, optional
        Effect floors by check where they should differ, e.g. ``{"severity": 0.5}``.
    review_q : float
        False discovery rate within each family.
    level : float
        Of the intervals.
    seed : int
        Of the random draws of checks that need any.

    Returns
    -------
    Findings
        Patterns, review before remarks; ``tables`` of every check that ran and ``power``: for each, the units tested, the
        median effect detectable with probability .80, the floor, and the share of units where the floor could be
        detected; ``refused``: checks these data cannot answer, and why; ``notes``.

    Raises
    ------
    RatingsError, InsufficientDataError
        If the table cannot be read, or nothing is left of it.
    SettingsError
        For an impossible setting, or a floor for a check that does not exist.

    Examples
    --------
    >>> from rankkit import bias, simulate
    >>> found = bias.check(simulate.ratings(40, 5, dimensions=4, sd_rater=0.8, seed=3).table)
    >>> found.of("power").loc[["severity", "range_restriction"], ["tested", "floor"]]
                       tested  floor
    check
    severity                5   0.30
    range_restriction       5   0.67
    """
    floors = dict(floors or {})
    unknown = sorted(set(floors) - {name for name, _ in CHECKS})
    if unknown:
        raise SettingsError("E-SETTING", name="floors", value=unknown, allowed=[name for name, _ in CHECKS])
    start = panel(ratings, people)
    given: dict[str, Any] = {
        "attributes": attributes,
        "incidents": incidents,
        "similarity": similarity,
        "true_scores": true_scores,
        "scale": scale,
        "guideline": guideline,
        "review_q": review_q,
        "level": level,
        "seed": seed,
    }
    parts = {name: _run(name, needs, start, people, {**given, "floor": floors.get(name)}) for name, needs in CHECKS}
    whole = Findings.together(parts.values())
    power = _power(whole, floors)
    return replace(
        whole,
        patterns=tuple(sorted(whole.patterns, key=lambda f: f.level == "info")),  # a stable sort: the order of the checks stays
        tables={**whole.tables, "power": power},
        notes=(*whole.notes, *_notes(start, power)),
    )


def function(name: str) -> Callable[..., Findings]:
    """Return the function of a check."""
    found: Callable[..., Findings] = getattr(import_module(f"rankkit.bias.{name}"), name)
    return found


def _run(name: str, needs: str, start: Panel, people: People | None, given: Mapping[str, Any]) -> Findings:
    """Call a check with what it takes; a design that cannot answer is a refusal."""
    if needs and given[needs] is None:
        return Findings(refused=(Problem("I-NEEDS", None, name, None, {"argument": needs}),))
    call = function(name)
    takes = signature(call).parameters
    chosen = {key: value for key, value in given.items() if key in takes and value is not None}
    try:
        return call(start, people, **chosen)  # every check begins with panel(), which hands a panel back
    except (InsufficientDataError, IdentificationError) as why:
        problem = why.items[0]
        return Findings(refused=(Problem(problem.code, problem.row, name, problem.value, problem.details),), labels=start.labels)


def _power(whole: Findings, floors: Mapping[str, Any]) -> pd.DataFrame:
    """What each check could have found."""
    rows = []
    for name, _ in CHECKS:
        table = whole.tables.get(name)
        if table is None or "mde" not in table or "p" not in table:
            continue
        tested = table["p"].notna().to_numpy()
        mde = table["mde"].to_numpy(dtype=np.float64)[tested]
        default = signature(function(name)).parameters.get("floor")
        floor = floors.get(name, None if default is None or default.default is Parameter.empty else default.default)
        ratio = isinstance(floor, (tuple, list))
        least = float(floor[0]) if ratio else float("nan") if floor is None else float(floor)
        reached = mde >= least if ratio else mde <= least  # NaN: no effect could be found, and reaches nothing
        worst = np.where(np.isnan(mde), -np.inf if ratio else np.inf, mde)
        half = float(np.median(worst)) if len(mde) else float("nan")
        rows.append(
            {
                "check": name,
                "units": len(table),
                "tested": int(tested.sum()),
                "mde": half if np.isfinite(half) else float("nan"),
                "floor": least,
                "enough": float(np.mean(reached)) if len(mde) and np.isfinite(least) else float("nan"),
                "reason": "no unit could be tested" if not len(mde) else "" if np.isfinite(half) else "most units could show no effect",
            }
        )
    columns = ["check", "units", "tested", "mde", "floor", "enough", "reason"]
    return pd.DataFrame(rows, columns=columns).set_index("check")


def _notes(start: Panel, power: pd.DataFrame) -> tuple[Problem, ...]:
    """Say that no flag is no clearance."""
    load = np.bincount(start.composites.rater, minlength=len(start.table.raters))
    n = float(np.median(load[load > 0])) if load.any() else 0.0
    if n < 1:
        return ()
    known = "severity" in power.index and bool(power.loc["severity", "tested"])
    mde = float(power["mde"].get("severity", np.nan)) if known else _NORMAL_DETECTABLE / np.sqrt(n)
    made = tuple(note for note in start.table.notes if note.code == "I-SIMULATED")
    return (
        *made,
        Problem("I-POWER", None, None, None, {"n": n, "mde": round(mde, 1)}),
    )

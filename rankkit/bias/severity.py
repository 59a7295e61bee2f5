"""Leniency and severity: how high a rater rates, people taken out where others rated the same people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from rankkit.bias import severity_tables
from rankkit.bias.panel import REVIEW_Q, Panel, check_settings, panel
from rankkit.bias.severity_tables import SeveritySettings
from rankkit.errors import InsufficientDataError, Problem, SettingsError
from rankkit.findings import Finding, Findings, pattern
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.rater_effects.rater_severity import rater_severity
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings


def severity(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    each_dimension: bool = False,
    variances: Literal["unequal", "equal"] = "unequal",
    floor: float = 0.30,
    fewest: int = 5,
    review_q: float = REVIEW_Q,
    level: float = 0.95,
    seed: int = 0,
) -> Findings:
    r"""Compare the levels of raters: leniency and severity.

    Where raters are linked through people they share, the rater effects of :math:`z_{ir} = \mu + \alpha_i + \beta_r +
    \varepsilon_{ir}` are estimated by least squares (never shrunken), summing to zero among linked raters; ``z`` is the
    rater's mean over the dimensions, so that dimensions do not count as replicates. First one global test, all raters
    together; only if it rejects is the family of single raters opened, with the false discovery rate held
    (Benjamini & Hochberg 1995; Yekutieli 2008). Where everybody has one rater, a rater's mean is the team's quality and
    the rater's severity together: it is shown, tested as a difference between teams, and is a remark at most.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        Ratings; self ratings are left out where there are others.
    people : People, optional
        For the names of raters.
    each_dimension : bool
        Whether every dimension is examined by itself (one family) instead of the mean over dimensions.
    variances : {"unequal", "equal"}
        ``unequal``: raters may rate more or less exactly; standard errors clustered by person (CR2), global test by sign
        patterns of whole persons. ``equal``: one error variance for all, F test; its error rates do not hold where raters
        differ in precision (see :mod:`rankkit.kernels.rater_effects.rater_severity`).
    floor : float
        Smallest \|g\| worth a review.
    fewest : int
        Fewest people, shared with other raters, for a rater to be judged.
    review_q : float
        False discovery rate.
    level : float
        Of the intervals.
    seed : int
        Of the sign patterns.

    Returns
    -------
    Findings
        Table ``severity``, one row a rater: ``n`` people, ``shared_people`` with other raters, ``mean`` as given, ``estimate`` β̂
        in scale points with ``se, df, ci_low, ci_high``, ``effect`` g = β̂ / pooled SD of a rater's ratings over people,
        with interval, ``p, q``, ``mde`` (in g, at power .80), ``level``, ``group`` of linked raters, ``reason`` of blanks.
        Table ``severity_global``: both global tests. Table ``severity_variance``: share of the raters in the variance of
        a rating, separation reliability 1 − mean(se²)/var(β̂).

    Raises
    ------
    RatingsError, InsufficientDataError
        If the table cannot be read, or nothing is left of it.
    SettingsError
        For an impossible setting.

    References
    ----------
    Saal, Downey & Lahey (1980), Rating the ratings: assessing the psychometric quality of rating data, Psychological
    Bulletin 88, 413–428.

    Examples
    --------
    >>> from rankkit import bias, simulate
    >>> panel = simulate.ratings(40, 5, sd_rater=0.8, seed=3).table
    >>> found = bias.severity(panel)
    >>> found.of("severity")[["n", "estimate", "effect", "level"]].round(2)
            n  estimate  effect   level
    rater
    r1     40      0.61    0.67  review
    r2     40     -0.24   -0.27    info
    r3     40     -0.02   -0.02
    r4     40      0.11    0.12
    r5     40     -0.44   -0.49  review
    """
    _check(variances, floor, fewest, review_q, level)
    settings = SeveritySettings(variances == "unequal", floor, fewest, review_q, level, seed)
    start = panel(ratings, people)
    kind = start.design.kind
    if kind == "one_rater":
        return Findings(refused=(Problem("I-ONERATER", column="severity"),), labels=start.labels)
    parts = _parts(start, each_dimension=each_dimension)
    if kind == "nested":
        tables = {name: severity_tables.teams(start, rater, score, settings) for name, (_, rater, score) in parts.items()}
        frame = severity_tables.grade(tables, settings, {}, design_ok=False)
        refused = (Problem("I-NESTED", column="severity"),)
        return Findings(patterns=_patterns(start, frame, nested=True), refused=refused, tables={"severity": frame}, labels=start.labels)
    size = len(start.table.people), len(start.table.raters)
    try:
        fits = {name: rater_severity(*cells, *size, seed=seed) for name, cells in parts.items()}
    except InsufficientDataError as why:
        return Findings(refused=(Problem(why.code, None, "severity", None, why.items[0].details),), labels=start.labels)
    tables = {name: severity_tables.linked(start, fits[name], *cells[1:], settings) for name, cells in parts.items()}
    gates = benjamini_hochberg(np.array([severity_tables.global_p(fit, settings) for fit in fits.values()]))
    frame = severity_tables.grade(tables, settings, dict(zip(fits, gates < review_q, strict=True)), design_ok=True)
    return Findings(
        patterns=_patterns(start, frame, nested=False),
        tables={
            "severity": frame,
            "severity_global": severity_tables.global_tests(fits),
            "severity_variance": severity_tables.variance(fits, settings),
        },
        labels=start.labels,
    )


def _check(variances: str, floor: float, fewest: int, review_q: float, level: float) -> None:
    check_settings(level, review_q, floor=(floor, 0), fewest=(fewest, 2))
    if variances not in ("unequal", "equal"):
        raise SettingsError("E-SETTING", name="variances", value=variances, allowed=["unequal", "equal"])


def _parts(start: Panel, *, each_dimension: bool) -> dict[str, tuple[Ints, Ints, Floats]]:
    """Ratee, rater and rating: of the mean over dimensions, or of each dimension."""
    if not each_dimension:
        c = start.composites
        return {"": (c.ratee, c.rater, c.rater_score)}
    cells = start.cells
    own = [cells.dimension == d for d in range(len(start.table.dimensions))]
    return {d: (cells.ratee[at], cells.rater[at], cells.score[at]) for d, at in zip(start.table.dimensions, own, strict=True) if at.any()}


def _patterns(start: Panel, frame: pd.DataFrame, *, nested: bool) -> tuple[Finding, ...]:
    """One finding a rater (and dimension) that was graded."""
    found = frame.reset_index()
    return tuple(_pattern(start, row, nested=nested) for row in found[found["level"] != ""].to_dict("records"))


def _pattern(start: Panel, row: Mapping[Any, Any], *, nested: bool) -> Finding:
    rater, dimension = str(row["rater"]), row.get("dimension")
    high = row["estimate"] > 0
    code = ("F-TEAMABOVE" if high else "F-TEAMBELOW") if nested else "F-LENIENT" if high else "F-SEVERE"
    n = int(row["n" if nested else "shared_people"])
    details = {
        "rater": start.labels.get(rater, rater),
        "value": f"{abs(row['estimate']):.2f}",
        "size": f"{abs(row['effect']):.2f}",
        "n": n,
        "people": n,
    }
    if dimension is not None:
        details["on"] = str(dimension)
    numbers = {name: float(row[name]) for name in ("estimate", "se", "ci_low", "ci_high", "effect", "p", "q")}
    family = "severity × rater" if dimension is None else "severity × rater × dimension"
    return pattern(code, row["level"], "rater", rater, details, **numbers, effect_name="g", family=family, n=n, design_ok=not nested)

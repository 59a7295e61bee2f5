"""Adjusting ratings for raters: what each adjustment may assume, what it takes out, and what to say about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from rankkit.design_audit import DesignAudit
from rankkit.errors import IdentificationError, InsufficientDataError, PeopleError, Problem, SettingsError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.components import crossed_reml
from rankkit.kernels.components.crossed_reml import CrossedComponents
from rankkit.kernels.normal_scores import normal_scores
from rankkit.kernels.rater_effects.rating_composite import Composite
from rankkit.kernels.rater_effects.rating_composite import adjust as adjust_cells
from rankkit.kernels.rater_effects.severity_adjustment import SeverityAdjustment, severity_adjustment
from rankkit.methods.rating_evidence import Evidence, degrees
from rankkit.tables import numbers
from rankkit.tables.people import People
from rankkit.tables.ratings import Cells, Ratings

Adjust = Literal["none", "center", "z", "T", "rank_normal", "severity", "anchor", "objective", "mfrm"]
WITHIN_RATER = ("center", "z", "T", "rank_normal")  # these take a rater's own mean out and need equal teams, or everyone rated
_FEWEST_ANCHORS, _FEWEST_ANCHOR_RATERS = 2, 3
_FEWEST_TEAMS = 5  # raters through whose means a line on an objective measure may be drawn
_YES = ("true", "1", "1.0", "yes", "y", "anchor", "是", "锚")  # marks in the column anchor
_T_MEAN, _T_SD = 50.0, 10.0


@dataclass(frozen=True, eq=False)
class Severities:
    """Severity of each rater as it was taken out: code, cells it rests on, leniency and its standard error."""

    rater: Ints
    linked: Ints
    leniency: Floats
    se: Floats
    df: float = float("inf")


def may_adjust(how: Adjust, assume: str | None, design: DesignAudit, table: Ratings) -> None:
    """Refuse what would remove real differences between teams without anyone having said so.

    Raises
    ------
    IdentificationError
        Naming the people concerned.
    """
    if table.averaged_over:
        remedy = "Use the ratings of single raters."
        raise IdentificationError("E-IDENT", what=f"adjust={how!r}", reason="the raters are unknown", remedy=remedy)
    if how in WITHIN_RATER:
        if assume == "equal_teams" or (design.kind in ("crossed", "one_rater") and _rated_alike(table)):
            return
        nested = [n for n in design.notes if n.code == "I-NESTED"]
        raise IdentificationError([*nested, Problem("E-ASSUME", None, None, None, {"adjust": how, "who": _teams(design, table)})])
    if how in ("severity", "mfrm") and design.kind not in ("crossed", "partially_crossed"):
        refusal = Problem("E-SEVERITY", None, None, None, {"adjust": how, "who": _teams(design, table)})
        raise IdentificationError([*design.notes, refusal])


def _teams(design: DesignAudit, table: Ratings) -> str:
    """Name some raters and some of the people each rated."""
    teams = {str(r): [str(p) for p in team] for r, team in design.links.groupby("rater", observed=True)["ratee"]}
    shown = []
    for rater, team in list(teams.items())[:4]:
        names = ", ".join(table.labels.get(p, p) for p in team[:3]) + (" …" if len(team) > 3 else "")
        shown.append(f"{table.rater_labels.get(rater, rater)}: {names}")
    return "; ".join(shown) + ("; …" if len(teams) > 4 else "")


def transformed(how: Adjust, assume: str | None, table: Ratings) -> tuple[Cells, tuple[Problem, ...]]:
    """Cells without the raters' level (and spread), and what to say about it."""
    cells = table.cells
    m, k = len(table.raters), len(table.dimensions)
    pooled: Bools = np.zeros(m, dtype=np.bool_)
    if how == "rank_normal":
        score = normal_scores(cells.rater * k + cells.dimension, cells.score, m * k)
    else:
        score, pooled = adjust_cells(cells.rater, cells.dimension, cells.score, "center" if how == "center" else "z", m, k)
        if how == "T":
            score = _T_MEAN + _T_SD * score
    notes = []
    if assume is not None:
        notes.append(Problem("I-ASSUMETEAMS"))
    if pooled.any():
        notes.append(
            Problem("W-SHRUNKSD", None, None, None, {"who": [table.rater_labels[table.raters[r]] for r in np.flatnonzero(pooled)]})
        )
    lost = np.unique(np.column_stack([cells.rater, cells.dimension])[np.isnan(score)], axis=0)
    notes += [
        Problem("W-NOSPREAD", None, None, None, {"rater": table.rater_labels[table.raters[r]], "dimension": table.dimensions[d]})
        for r, d in lost
    ]
    return replace(cells, score=score), tuple(notes)


def by_severity(raw: Evidence) -> tuple[Evidence, Severities]:
    """Take out severity estimated from all people with several raters; nothing is assumed about who rates whom.

    Raises
    ------
    InsufficientDataError
        If how far raters differ cannot be estimated: one rater for each person who is ranked, or exact agreement.
    """
    fitted = raw.fitted
    if fitted is None or raw.covariance is None:
        raise InsufficientDataError("E-NOSEVERITY")
    found = severity_adjustment(raw.parts, np.flatnonzero(raw.scored), fitted.col, fitted.residual)
    return _with_severity(raw, found, fitted), _severities(raw.parts, found)


def by_anchors(raw: Evidence, anchors: Bools, table: Ratings) -> tuple[Evidence, Severities, tuple[Problem, ...]]:
    """Take out severity estimated from anchor ratees only, whom all raters rated and who are not ranked.

    Raises
    ------
    InsufficientDataError
        With fewer than two anchors or three raters of them: the precision of a severity cannot be known then.
    """
    parts = raw.parts
    speaks = anchors[parts.ratee]
    shared = int((np.bincount(parts.ratee[speaks], minlength=len(anchors)) > 1).sum())
    raters = np.unique(parts.rater[speaks])
    if shared < _FEWEST_ANCHORS:
        raise InsufficientDataError(
            "E-FEW", what="adjust='anchor'", needed=_FEWEST_ANCHORS, unit="anchor people with several raters", found=shared
        )
    if len(raters) < _FEWEST_ANCHOR_RATERS:
        found = len(raters)
        raise InsufficientDataError("E-FEW", what="adjust='anchor'", needed=_FEWEST_ANCHOR_RATERS, unit="raters of anchors", found=found)
    fitted = crossed_reml.fit(parts.rater_score[speaks], parts.ratee[speaks], parts.rater[speaks], len(anchors), parts.n_rater_levels)
    notes = []
    residual = fitted.residual
    if residual <= 1e-12 * max(float(np.var(parts.rater_score)), 1e-300):  # anchors agreed upon to the last point tell no error
        whole = raw.fitted.residual if raw.fitted is not None else 0.0
        if whole <= 0:
            raise InsufficientDataError("E-ANCHORERROR")
        residual = whole
    keep = np.flatnonzero(raw.scored)
    adjustment = severity_adjustment(parts, keep, fitted.col, residual, speaks)
    without = sorted(set(np.unique(parts.rater).tolist()) - set(raters.tolist()))
    if without:
        notes.append(Problem("W-NOANCHOR", None, None, None, {"who": [table.rater_labels[table.raters[r]] for r in without]}))
    return _with_severity(raw, adjustment, fitted), _severities(parts, adjustment), tuple(notes)


def _with_severity(raw: Evidence, found: SeverityAdjustment, fitted: CrossedComponents) -> Evidence:
    df = np.full(len(raw.scored), np.inf)
    keep = np.flatnonzero(raw.scored)
    df[keep] = degrees(found.each, fitted, raw.parts, keep)
    joint = float(crossed_reml.satterthwaite(found.difference, fitted.variances, fitted.variance_unrestricted))
    notes = tuple(n for n in raw.notes if n.code != "I-ASSUMED")
    return replace(
        raw,
        parts=replace(raw.parts, score=found.score),
        covariance=found.covariance,
        df=df,
        df_difference=joint,
        se_basis="rater",
        fitted=fitted,
        notes=notes,
    )


def _severities(parts: Composite, found: SeverityAdjustment) -> Severities:
    """Severities of those who rated; their intervals have the degrees of freedom the residual variance has."""
    rater = np.unique(parts.rater)
    free = float(max(int(found.linked.sum()) - int(found.ratees) - len(rater) + 1, 1))
    return Severities(rater, found.linked[rater], found.severity[rater], found.severity_se[rater], free)


def by_objective(
    name: str | None, raw: Evidence, table: Ratings, people: People | None
) -> tuple[Evidence, Severities, tuple[Problem, ...]]:
    """Take out what a rater's mean exceeds the line on the objective measure of the rater's people by. Experimental.

    A team may be better than its measure says; no standard error can be known, and none is given.

    Raises
    ------
    SettingsError
        If there is no such measure.
    InsufficientDataError
        With fewer than five raters, or without differences in the measure.
    """
    measure = _measure(name, table, people)
    parts = raw.parts
    use = ~np.isnan(measure[parts.ratee])
    m = parts.n_rater_levels
    n = np.bincount(parts.rater[use], minlength=m)
    raters = np.flatnonzero(n)
    if len(raters) < _FEWEST_TEAMS:
        unit = "raters whose people have the measure"
        raise InsufficientDataError("E-FEW", what="adjust='objective'", needed=_FEWEST_TEAMS, unit=unit, found=len(raters))
    x = (np.bincount(parts.rater[use], measure[parts.ratee[use]], m)[raters]) / n[raters]
    y = (np.bincount(parts.rater[use], parts.rater_score[use], m)[raters]) / n[raters]
    if np.ptp(x) <= 1e-12 * max(float(np.abs(x).max()), 1.0):
        raise InsufficientDataError("E-OBJECTIVEFLAT", name=name)
    slope = float(np.cov(x, y)[0, 1] / np.var(x, ddof=1))
    residual = (y - y.mean()) - slope * (x - x.mean())
    total = float(((y - y.mean()) ** 2).sum())
    explained = 1 - float((residual**2).sum()) / total if total > 0 else 0.0
    severity = np.zeros(m)
    severity[raters] = residual
    score = np.asarray(parts.score - parts.loadings @ severity)
    notes = [Problem("I-EXPERIMENTAL", None, None, None, {"name": name, "share": f"{explained:.0%}", "n": len(raters)})]
    unknown = int((np.isnan(measure) & raw.scored).sum())
    if unknown:
        notes.append(Problem("I-NOMEASURE", None, None, None, {"n": unknown, "name": name}))
    without = np.setdiff1d(np.unique(parts.rater), raters)
    if len(without):
        notes.append(Problem("W-NOOBJECTIVE", None, None, None, {"who": [table.rater_labels[table.raters[r]] for r in without]}))
    infinite = np.full(len(raw.scored), np.inf)
    used = replace(raw, parts=replace(parts, score=score), covariance=None, df=infinite, df_difference=np.inf, se_basis="none", notes=())
    return used, Severities(raters, n[raters], residual, np.full(len(raters), np.nan)), tuple(notes)


def _measure(name: str | None, table: Ratings, people: People | None) -> Floats:
    """The objective measure of each person, from the table of people."""
    facts = None if people is None else people.frame
    if name is None or facts is None or name not in facts:
        known = [] if facts is None else [str(c) for c in facts.columns]
        raise SettingsError("E-OBJECTIVE", name=name, found=known or "–")
    value, bad = numbers.parse(facts[name])
    bad = bad | np.isinf(value)
    if bad.any():
        raise PeopleError(
            [Problem("E-NUMBER", None, f"{name}, {p}", facts.loc[p, name], {"range": "", "range_zh": ""}) for p in facts.index[bad]]
        )
    if np.isnan(value).all():
        raise SettingsError("E-OBJECTIVE", name=name, found=[str(c) for c in facts.columns])
    return np.asarray(pd.Series(value, index=facts.index).reindex(list(table.people)).to_numpy(dtype=np.float64))


def anchors_in(table: Ratings, named: tuple[str, ...] | None) -> Bools:
    """Who is an anchor: those named, or those whose rows are marked in the column ``anchor``.

    Raises
    ------
    SettingsError
        If somebody named is not in the ratings.
    """
    out: Bools = np.zeros(len(table.people), dtype=np.bool_)
    if named is not None:
        unknown = [p for p in named if p not in table.people]
        if unknown:
            raise SettingsError("E-PERSON", name=", ".join(unknown))
        out[[table.people.index(p) for p in named]] = True
    elif "anchor" in table.extras:
        mark = table.extras["anchor"]
        yes = mark.astype("str").str.strip().str.lower().isin(_YES)
        out[table.ratee[yes.to_numpy(dtype=np.bool_)]] = True
    return out


def table_of_severities(severities: Severities, table: Ratings, level: float) -> pd.DataFrame:
    """Severities with names, most lenient first; a pattern to look at, never a verdict."""
    from scipy import stats  # noqa: PLC0415 - loaded when the table is asked for

    half = stats.t.ppf(0.5 + level / 2, severities.df) * severities.se
    frame = pd.DataFrame(
        {
            "label": [table.rater_labels[table.raters[r]] for r in severities.rater],
            "n": severities.linked,
            "leniency": severities.leniency,
            "se": severities.se,
            "ci_low": severities.leniency - half,
            "ci_high": severities.leniency + half,
        },
        index=pd.Index([table.raters[r] for r in severities.rater], name="rater"),
    )
    return frame.sort_values("leniency", ascending=False, kind="stable")


def _rated_alike(table: Ratings) -> bool:
    """Whether every rater who rates a dimension rates everybody on it; else the rater's mean is that of some people only."""
    cells = table.cells
    size = np.bincount(cells.rater * len(table.dimensions) + cells.dimension)
    return bool((size[size > 0] == len(np.unique(cells.ratee))).all())

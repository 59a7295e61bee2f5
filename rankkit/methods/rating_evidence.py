"""What ratings say about the precision of scores: the step from composites to covariance, degrees of freedom and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rankkit.errors import Problem, SettingsError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.components import crossed_reml
from rankkit.kernels.components.crossed_reml import CrossedComponents
from rankkit.kernels.covariance import Covariance, Dense, Factor
from rankkit.kernels.rater_effects.rating_composite import Composite, centred_covariance, panel_gradient, rater_gradient, raw_covariance
from rankkit.kernels.rater_effects.rating_graph import rating_graph
from rankkit.result import SeBasis
from rankkit.tables.ratings import Ratings

_CEILING = 0.5  # share of top ratings above which the scale is said not to separate
_BLANK = 0.3  # share of blank cells of one rater that makes scores provisional
_SMALL = 5  # ratees below which a rater's level is shown, not judged
_FEWEST = 3  # raters' composites from which variances can be estimated
_FEWEST_FOR_ALPHA = 3
_NO_ERROR = 1e-12  # residual variance over total variance below which raters agree exactly
_DENSE_LIMIT = 3000


@dataclass(frozen=True, eq=False)
class Evidence:
    """Composites, who of them counts as scored, and how precise they are."""

    parts: Composite
    scored: Bools
    covariance: Covariance | None
    df: Floats
    df_difference: float
    se_basis: SeBasis
    fitted: CrossedComponents | None
    notes: tuple[Problem, ...]
    remarks: Mapping[int, Problem] | None = None  # people of whom there is something to say, by code


def evidence(
    parts: Composite, scored: Bools, design: str, reliability: float, *, centred: bool, before: CrossedComponents | None = None
) -> Evidence:
    """Attach a covariance to composites.

    Several raters for someone: variances of raters' composites by REML. One rater for each: the declared single-rater
    reliability, ``se = s √(1 − r)``. No raters or exact agreement: no covariance, and said so. Equal scores from raters
    who disagree are equal with a known error. Of centred scores ``before`` has the variances of the raw ones: centring
    removes differences of severity, not that of the panel as a whole. Scores without a level (z) have no ``before``.
    """
    n = len(scored)
    keep = np.flatnonzero(scored)
    infinite = np.full(n, np.inf)
    values = parts.score[keep]
    nothing = Evidence(parts, scored, None, infinite, np.inf, "none", None, ())
    several = design != "averaged" and int(parts.n_raters[keep].max(initial=0)) > 1
    level = max(float(np.abs(values).max()), 1.0)
    equal = len(values) > 1 and bool(np.ptp(values) <= _NO_ERROR * level)
    if equal and not (several and np.ptp(parts.rater_score) > _NO_ERROR * level):
        return _with(nothing, Problem("W-ALLEQUAL"))
    if design == "averaged":
        return nothing
    if not several:
        return _assumed(parts, scored, reliability, centred=centred, single=design == "one_rater")
    if len(parts.rater_score) < _FEWEST and np.ptp(parts.rater_score) > _NO_ERROR * level:
        return _with(nothing, Problem("W-TWORATINGS"))
    fitted = before or crossed_reml.fit(parts.rater_score, parts.ratee, parts.rater, n, parts.n_rater_levels)
    spread = float(np.var(parts.rater_score))
    if fitted.residual + fitted.col <= _NO_ERROR * max(spread, 1e-300):
        return _with(nothing, Problem("W-NOVAR"))
    if fitted.residual <= _NO_ERROR * max(spread, 1e-300) and not (~fitted.identified).any():
        return _with(nothing, Problem("W-NOVAR"))
    each, difference = rater_gradient(parts, keep)
    covariance = raw_covariance(parts, keep, fitted.col, fitted.residual)
    if centred:
        lost = 1.0 if before is not None else _lost_to_centring(parts)
        panel = panel_gradient(parts) if before is not None else np.zeros(2)
        covariance = centred_covariance(parts, keep, fitted.residual * lost, float(panel @ fitted.variances[1:]))
        each[:, 1], difference[1] = panel[0], 0.0
    df = infinite.copy()
    df[keep] = degrees(each, fitted, parts, keep)
    df_difference = float(crossed_reml.satterthwaite(difference, fitted.variances, fitted.variance_unrestricted))
    remarks = _small_print(parts, fitted)
    if equal or len(keep) == 1:
        remarks = (Problem("W-ALLEQUAL" if equal else "I-ONEPERSON"), *remarks)
    return Evidence(parts, scored, covariance, df, df_difference, "rater", fitted, remarks)


def degrees(each: Floats, fitted: CrossedComponents, parts: Composite, keep: Ints) -> Floats:
    """Satterthwaite's degrees of freedom of each score, with an allowance where one panel stands behind all scores.

    Then the panel's mean severity is independent of the estimated spread of severity, and Satterthwaite's intervals are
    too short where severity dominates: they trust a spread that came out small by chance (coverage .93 with three raters,
    σ_β = 2σ_ε). The degrees of freedom are therefore those for severity one standard error of its variance,
    √(2/(m − 1)), larger. With different raters for different people large errors and large estimates go together, the
    intervals hold their level, and no allowance is made.
    """
    plain = crossed_reml.satterthwaite(each, fitted.variances, fitted.variance_unrestricted)
    if not _same_panel(parts, keep):
        return plain
    least = float(len(np.unique(parts.rater)) - 1)
    larger = each * np.array([1.0, 1 + np.sqrt(2 / least), 1.0])
    return np.maximum(crossed_reml.satterthwaite(larger, fitted.variances, fitted.variance_unrestricted), np.minimum(plain, least))


def _same_panel(parts: Composite, keep: Ints) -> bool:
    """Whether the same raters, two or more, stand behind every score."""
    share = parts.loadings[keep]
    columns = len(np.unique(share.indices))
    return columns > 1 and share.nnz == len(keep) * columns


def _lost_to_centring(parts: Composite) -> float:
    """Ratio by which the residual variance of centred scores is too small.

    Centring takes one degree of freedom for each rater (less one for each group of raters who share nobody), which the
    fit, finding no rater variance left, adds to the residual: (N − n)/(N − n − m + g), n/(n − 1) in a crossed design.
    """
    n, m, total = int((parts.n_raters > 0).sum()), len(np.unique(parts.rater)), len(parts.rater)
    groups = rating_graph(parts.ratee, parts.rater, len(parts.score), parts.n_rater_levels).n_components
    left = total - n - m + groups
    return (total - n) / left if left > 0 else 1.0


def _assumed(parts: Composite, scored: Bools, reliability: float, *, centred: bool, single: bool) -> Evidence:
    """One rater for each person: the error variance is what the declared reliability leaves, s²(1 − r).

    Part of it is the raters' severity, how much no one can tell from these data. People of one rater share it, so their
    differences are surer than stated here; between raters the statement holds. With one rater for all, s² contains no
    severity, and the rater's own level is not in the interval.
    """
    n, keep = len(scored), np.flatnonzero(scored)
    note = Problem("I-ASSUMED", None, None, None, {"reliability": f"{reliability:g}"})
    teams = len(np.unique(parts.rater)) if centred and not single else 1
    if len(keep) <= teams:
        return Evidence(parts, scored, None, np.full(n, np.inf), np.inf, "none", None, (Problem("I-ONEPERSON"),))
    squares = float(((parts.score[keep] - parts.score[keep].mean()) ** 2).sum())
    variance = squares / (len(keep) - teams) * (1 - reliability)  # centring has taken one degree of freedom a team
    if centred and not single:
        covariance: Covariance = centred_covariance(parts, keep, variance)
    elif len(keep) <= _DENSE_LIMIT:
        covariance = Dense(np.diag(np.full(len(keep), variance)))
    else:
        covariance = Factor(np.zeros((len(keep), 1)), np.full(len(keep), variance))
    return Evidence(parts, scored, covariance, np.full(n, np.inf), np.inf, "assumed", None, (note,))


def _with(found: Evidence, note: Problem) -> Evidence:
    return Evidence(found.parts, found.scored, None, found.df, found.df_difference, "none", found.fitted, (*found.notes, note))


def _small_print(parts: Composite, fitted: CrossedComponents) -> tuple[Problem, ...]:
    notes = []
    if parts.partial:
        notes.append(Problem("I-INCOMPLETE"))
    if fitted.at_boundary[1]:
        notes.append(Problem("I-ZEROVAR", None, None, None, {"facet": "rater"}))
    return tuple(notes)


def rating_notes(table: Ratings, parts: Composite) -> list[Problem]:
    """Notes on the ratings themselves: constant raters, ceilings, blanks, few ratees, repeated ratings, partial weights."""
    notes = []
    rated = ~np.isnan(table.score)
    if table.scale is not None:
        share = float((table.score[rated] == table.scale[1]).mean())
        if share > _CEILING:
            notes.append(Problem("W-CEIL", None, None, None, {"share": f"{share:.0%}", "high": table.scale[1]}))
    if not table.averaged_over:
        notes += _rater_notes(table, rated)
        repeated = int(rated.sum() - len(table.cells.score))
        if repeated:
            notes.append(Problem("I-OCCASIONS", None, None, None, {"n": repeated}))
    rescaled = int(((parts.weight_seen > 0) & (parts.weight_seen < 1 - 1e-9)).sum())
    if rescaled:
        notes.append(Problem("I-RENORMALISED", None, None, None, {"n": rescaled}))
    return notes


def _rater_notes(table: Ratings, rated: Bools) -> list[Problem]:
    """Notes on single raters."""
    notes: list[Problem] = []
    cells, m = table.cells, len(table.raters)
    if not len(cells.score):
        return notes
    order = np.lexsort((cells.score, cells.rater))
    rater, score, ratee = cells.rater[order], cells.score[order], cells.ratee[order]
    first = np.flatnonzero(np.diff(rater, prepend=-1))
    last = np.append(first[1:], len(rater)) - 1
    people = np.bincount(np.unique(cells.ratee * m + cells.rater) % m, minlength=m)
    for a, b in zip(first, last, strict=True):
        r = int(rater[a])
        name = table.rater_labels[table.raters[r]]
        if score[a] == score[b] and people[r] > 1:
            notes.append(Problem("W-CONST", None, None, None, {"rater": name, "value": float(score[a]), "n": int(people[r])}))
    small = np.flatnonzero((people > 0) & (people < _SMALL))
    if len(small) and len(np.unique(ratee)) >= _SMALL:
        names = [table.rater_labels[table.raters[r]] for r in small]
        notes.append(Problem("W-SMALL", None, None, None, {"rater": names, "n": len(names), "least": _SMALL}))
    blanks = np.bincount(table.rater[~rated], minlength=m)
    total = np.bincount(table.rater, minlength=m)
    used = np.bincount(table.rater[rated], minlength=m) > 0
    for k in np.flatnonzero(used & (blanks > _BLANK * total)):
        affected = len(np.unique(table.ratee[~rated & (table.rater == k)]))
        details = {"rater": table.rater_labels[table.raters[k]], "share": f"{blanks[k] / total[k]:.0%}", "n": affected}
        notes.append(Problem("W-NOTOBS", None, None, None, details))
    return notes


def rows_of_sources(table: Ratings, sources: tuple[str, ...] | None) -> Bools:
    """Rows whose source counts: all but ``self`` (unless there is nothing else), or those asked for.

    Raises
    ------
    SettingsError
        If a source asked for is not in the data.
    """
    if sources is None:
        others = table.source != (table.sources.index("self") if "self" in table.sources else -2)
        return others if bool((others & ~np.isnan(table.score)).any()) else np.ones(len(table), dtype=bool)
    unknown = [s for s in sources if s not in table.sources]
    if unknown:
        raise SettingsError("E-SETTING", name="sources", value=unknown, allowed=list(table.sources))
    return np.isin(table.source, [table.sources.index(s) for s in sources])


def of_dimensions(table: Ratings, used: Evidence, reliability: float) -> list[Problem]:
    """Say of single dimensions what does not hold of the whole: where their standard errors come from.

    Whatever can be seen without estimating variances; the rest is said by the result of the dimension itself.
    """
    said = {n.code for n in used.notes}
    if len(table.dimensions) < 2 or table.averaged_over or used.se_basis == "none":
        return []
    cells, n, k = table.cells, len(table.people), len(table.dimensions)
    key = cells.ratee * k + cells.dimension
    raters = np.bincount(key, minlength=n * k).reshape(n, k)
    low, high = (np.full(n * k, v) for v in (np.inf, -np.inf))
    np.minimum.at(low, key, cells.score)
    np.maximum.at(high, key, cells.score)
    with np.errstate(invalid="ignore"):
        apart = (high - low).reshape(n, k)
    notes = []
    for d, name in enumerate(table.dimensions):
        rated = np.flatnonzero((raters[:, d] > 0) & used.scored)
        code = _of_dimension(used.parts.dimension_mean[rated, d], raters[rated, d], apart[rated, d]) if len(rated) else None
        if code is not None and code not in said:
            notes.append(Problem(code, None, name, None, {"reliability": f"{reliability:g}"}))
    return notes


def _of_dimension(mean: Floats, raters: Ints, apart: Floats) -> str | None:
    """Why a dimension has no standard errors of its own, or only assumed ones."""
    level = _NO_ERROR * max(float(np.abs(mean).max()), 1.0)
    if len(mean) == 1:
        return "I-ONEPERSON"
    if np.ptp(mean) <= level and (apart <= level).all():
        return "W-ALLEQUAL"
    if raters.max() < 2:
        return "I-ASSUMED"
    if raters.sum() < _FEWEST:
        return "W-TWORATINGS"
    return "W-NOVAR" if (apart <= level).all() else None

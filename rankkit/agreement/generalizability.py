"""Generalizability studies: how much of the variance of ratings lies between people, raters, dimensions and the rest."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Literal, NoReturn

import numpy as np
import pandas as pd

from rankkit.agreement.component_estimates import Estimates
from rankkit.agreement.generalizability_data import StudyData, dense, study_data
from rankkit.agreement.generalizability_study import GeneralizabilityStudy
from rankkit.errors import IdentificationError, Problem, SettingsError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.components import crossed_reml, mixed_intervals, mixed_reml
from rankkit.kernels.components.analogous_anova import analogous_anova
from rankkit.kernels.components.balanced_designs import analyse, packed
from rankkit.kernels.components.component_intervals import pseudo_mean_squares, standard_errors, ting
from rankkit.kernels.components.crossed_reml import CrossedComponents
from rankkit.tables.ratings import Ratings

Method = Literal["auto", "anova", "reml", "henderson"]
Intervals = Literal["squares", "profile"]
_METHODS = ("auto", "anova", "reml", "henderson")


def generalizability(
    ratings: Ratings | pd.DataFrame,
    design: str | None = None,
    *,
    fixed: Collection[str] = (),
    method: Method = "auto",
    intervals: Intervals = "squares",
    level: float = 0.95,
) -> GeneralizabilityStudy:
    r"""Variance components of ratings, and what they say of the mean of any number of raters and dimensions.

    .. math:: y_{ird} = \mu + \alpha_i + \beta_r + \delta_d + (\alpha\beta)_{ir} + (\alpha\delta)_{id} + (\beta\delta)_{rd} + e_{ird}

    Parameters
    ----------
    ratings : Ratings or DataFrame
        ``rater, ratee, score``, perhaps ``dimension`` and columns of further facets (``occasion``, ``item``, ``task``, ``team`` …).
        Self ratings are left out where there are others. Facets the design does not name are averaged over: repeated ratings
        of one cell are not evidence of their own.
    design : str, optional
        Facets joined by ``x`` (crossed) and ``:`` (nested in): ``"ratee x rater x dimension"``, ``"rater:ratee"``, or by letters,
        ``"p x r x o"``, ``"r:p"``, ``"p x (i:o)"`` (p ratee, r rater, d dimension, o occasion, i item or dimension, t task or
        team). By default ratee × rater, or raters nested in ratees if each rates one person, with the dimensions if there are
        several.
    fixed : collection of str
        Facets whose conditions are all there are (usually ``"dimension"``), for coefficients and projections. Components are
        always those of the random model.
    method : {"auto", "anova", "reml", "henderson"}
        Mean squares on complete balanced tables, restricted maximum likelihood on others; or one of them by name; or Henderson's
        method 1, which carries the mean squares over to tables with gaps.
    intervals : {"squares", "profile"}
        Of components: Ting and others' from mean squares, with gaps from pseudo mean squares that have the components' sampling
        covariance (simulated coverage at 95 %: 93 to 97 %; up to 98.5 % for facets of three or four conditions with gaps); or by
        profile likelihood, which refits some hundred times and is for REML only.
    level : float
        Confidence level.

    Returns
    -------
    GeneralizabilityStudy

    Raises
    ------
    RatingsError
        If the table has problems.
    SettingsError
        For an impossible setting or design.
    IdentificationError
        If the data cannot separate what the design needs apart: ``I-NESTED`` where each person has one rater (leniency or a
        strong team?), ``I-ONERATER``, ``E-FACETALIAS``, ``E-COMPONENTS``.
    InsufficientDataError
        With a single condition of a facet.
    ConvergenceError
        If REML does not settle.

    References
    ----------
    Cronbach, Gleser, Nanda & Rajaratnam (1972), The Dependability of Behavioral Measurements. Brennan (2001), Generalizability
    Theory. Shavelson & Webb (1991). Putka, Le, McCloy & Diaz (2008), Journal of Applied Psychology 93, 959–981.

    Examples
    --------
    >>> import rankkit as rk
    >>> study = rk.agreement.generalizability(rk.datasets.load("gleser_symptom_ratings"))
    >>> study.components[["as_estimated", "variance"]].round(5)
                     as_estimated  variance
    facet
    ratee                 0.41869   0.41869
    rater                -0.01414   0.00000
    dimension             0.46717   0.46717
    ratee:rater           0.19192   0.19192
    ratee:dimension       0.42727   0.42727
    rater:dimension       0.02045   0.02045
    residual              0.62121   0.62121
    >>> study.raters_needed(0.7)
    3
    """
    if not 0 < level < 1:
        raise SettingsError("E-LEVEL", value=level)
    if method not in _METHODS:
        raise SettingsError("E-SETTING", name="method", value=method, allowed=list(_METHODS))
    if intervals not in ("squares", "profile"):
        raise SettingsError("E-SETTING", name="intervals", value=intervals, allowed=["squares", "profile"])
    data = study_data(dense(ratings), design)
    chosen = (fixed,) if isinstance(fixed, str) else tuple(fixed)
    for facet in chosen:
        if facet not in data.design.facets[1:]:
            raise SettingsError("E-SETTING", name="fixed", value=facet, allowed=list(data.design.facets[1:]))
    if method == "anova" and data.complete is None:
        raise SettingsError("E-SETTING", name="method", value="anova (the table has gaps)", allowed=["auto", "reml", "henderson"])
    if method == "henderson":
        found, notes = _by_analogy(data, level)
    elif method == "reml" or data.complete is None:
        found, notes = _by_likelihood(data, intervals, level)
    else:
        found, notes = _by_mean_squares(data, level)
    return GeneralizabilityStudy(
        components=_frame(data, found),
        design=str(data.design),
        method=found.method,
        fixed=chosen,
        level=level,
        mean=found.mean,
        n_scores=len(data.score),
        levels=data.levels,
        conditions=data.conditions,
        notes=(*data.notes, *_design_notes(data), *notes),
        notation=data.design,
        estimates=found,
        q=float(data.graph.q) if data.graph is not None and "rater" not in _nested_in_ratee(data) else None,
    )


def _nested_in_ratee(data: StudyData) -> tuple[str, ...]:
    """Facets whose conditions are each ratee's own."""
    return tuple(f for f, outer in zip(data.design.facets, data.design.nested_in, strict=True) if 0 in outer)


def _by_mean_squares(data: StudyData, level: float) -> tuple[Estimates, list[Problem]]:
    """Analysis of variance of a complete table."""
    assert data.complete is not None  # noqa: S101 - asked for by the caller
    found = analyse(data.complete, data.design)
    low, high = ting(found, level=level)
    se = standard_errors(found)
    estimates = Estimates("anova", found.mean, found.estimates, found.raw, se, low, high, found.df, found)
    return estimates, _negative(data, found.raw)


def _by_analogy(data: StudyData, level: float) -> tuple[Estimates, list[Problem]]:
    """Henderson's method 1."""
    found = analogous_anova(data.score, data.codes, data.design)
    estimates = _with_covariance("henderson", data, found.mean, found.raw, found.covariance, level)
    notes = [] if estimates.squares is not None else [Problem("I-NOCOMPSE")]
    return estimates, [*_negative(data, found.raw), *notes]


def _by_likelihood(data: StudyData, intervals: Intervals, level: float) -> tuple[Estimates, list[Problem]]:
    """Restricted maximum likelihood on any table."""
    found: mixed_reml.MixedComponents | CrossedComponents
    codes = [packed(data.codes[sorted(e)]) for e in data.design.effects[:-1]]
    sizes = [int(c.max()) + 1 for c in codes]
    two_way = len(codes) == 2 and not any(data.design.nested_in)
    if two_way and intervals != "profile":  # ratees and one facet crossed: sums and counts suffice
        found = crossed_reml.fit(data.score, codes[0], codes[1], sizes[0], sizes[1])
        mean = found.mu
    else:
        found = mixed_reml.fit(data.score, list(zip(codes, sizes, strict=True)))
        mean = float(found.fixed[0])
    if not found.identified.all():
        _refuse(data, [data.design.names[k] for k in np.flatnonzero(~found.identified)])
    estimates = _with_covariance("reml", data, mean, found.variances, found.variance_unrestricted, level)
    if isinstance(found, mixed_reml.MixedComponents) and intervals == "profile":
        ends = mixed_intervals.intervals(found, level=level, method="profile")
        estimates = replace(estimates, low=ends.low, high=ends.high)
    zero = [data.design.names[k] for k in np.flatnonzero(found.at_boundary)]
    notes = [Problem("I-ZEROCOMP", None, None, None, {"facet": name}) for name in zero]
    return estimates, notes if estimates.squares is not None else [*notes, Problem("I-NOCOMPSE")]


def _with_covariance(method: str, data: StudyData, mean: float, raw: Floats, covariance: Floats | None, level: float) -> Estimates:
    """Intervals from the sampling covariance, through pseudo mean squares."""
    variances = np.maximum(raw, 0.0)
    k = len(raw)
    if covariance is None or not variances.any():
        blank = np.zeros(k) if not variances.any() else np.full(k, np.nan)
        return Estimates(method, mean, variances, raw, blank, blank, blank, blank)
    se = np.sqrt(np.maximum(np.diag(covariance), 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        df = np.where(variances > 0, 2 * (variances / se) ** 2, 0.0)
    squares = pseudo_mean_squares(data.design.names, variances, covariance, raw)
    if squares is None:
        blank = np.full(k, np.nan)
        return Estimates(method, mean, variances, raw, blank, blank, blank, blank)
    low, high = ting(squares, level=level)
    return Estimates(method, mean, variances, raw, se, low, high, df, squares)


def _refuse(data: StudyData, names: list[str]) -> NoReturn:
    """Say which components the data cannot tell apart."""
    if data.graph is not None and data.graph.design == "nested" and not data.graph.nested_raters:
        raise IdentificationError("I-NESTED")
    raise IdentificationError("E-FACETALIAS", facets=names, design=str(data.design))


def _negative(data: StudyData, raw: Floats) -> list[Problem]:
    """Say which components came out negative."""
    return [
        Problem("I-NEGVAR", None, None, None, {"facet": name, "value": f"{value:.3g}"})
        for name, value in zip(data.design.names, raw, strict=True)
        if value < 0
    ]


def _design_notes(data: StudyData) -> list[Problem]:
    """What the design itself cannot tell."""
    if data.design.nested_in[0] and "rater" in [data.design.facets[f] for f in data.design.nested_in[0]]:
        return [Problem("I-NESTED")]
    if data.graph is not None and data.graph.design == "disconnected" and "rater" not in _nested_in_ratee(data):
        groups = [f"{k + 1}" for k in range(data.graph.n_components)]
        return [Problem("W-DISCONN", None, None, None, {"groups": groups})]
    return []


def _frame(data: StudyData, found: Estimates) -> pd.DataFrame:
    """Components as a table."""
    total = float(found.variances.sum())
    return pd.DataFrame(
        {
            "variance": found.variances,
            "share": found.variances / total if total > 0 else np.zeros(len(found.variances)),
            "as_estimated": found.raw,
            "se": found.se,
            "ci_low": found.low,
            "ci_high": found.high,
            "df": found.df,
        },
        index=pd.Index(list(data.design.names), name="facet"),
    )

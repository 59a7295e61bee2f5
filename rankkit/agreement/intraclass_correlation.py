"""Intraclass correlations of a table of ratings."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from rankkit.errors import InsufficientDataError, RatingsError, SettingsError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.components import crossed_reml
from rankkit.kernels.components.crossed_reml import CrossedComponents
from rankkit.kernels.rater_effects.rating_composite import Composite, composite
from rankkit.kernels.reliability.intraclass import IntraclassTable, intraclass, intraclass_from_components
from rankkit.tables.ratings import Ratings

COLUMNS = ("coefficient", "value", "ci_low", "ci_high", "F", "df1", "df2", "p", "model", "assumes")
RatersAre = Literal["random", "fixed", "all"]
_ASSUMES = {
    "ICC(1,1)": "one rater, different raters for each person",
    "ICC(A,1)": "one rater, raters drawn from many, absolute standing matters",
    "ICC(C,1)": "one rater, only the order matters",
    "ICC(1,k)": "mean of k raters, different raters for each person",
    "ICC(A,k)": "mean of k raters, raters drawn from many, absolute standing matters",
    "ICC(C,k)": "mean of k raters, only the order matters",
}
_FIXED = {
    "ICC(A,1)": "one of exactly these raters, absolute standing matters",
    "ICC(C,1)": "one of exactly these raters, only the order matters",
    "ICC(A,k)": "mean of exactly these raters, absolute standing matters; a lower bound if raters differ in whom they favour (case 3)",
    "ICC(C,k)": "mean of exactly these raters, only the order matters; a lower bound if raters differ in whom they favour (case 3)",
}
_FIXED_SUFFIX = ", raters fixed"


def icc(ratings: Ratings | pd.DataFrame, dimension: str | None = None, level: float = 0.95, raters: RatersAre = "random") -> pd.DataFrame:
    r"""Intraclass correlations in the forms of McGraw and Wong.

    With mean squares of ratees :math:`MS_R`, raters :math:`MS_C` and residual :math:`MS_E`, for example
    :math:`ICC(C,1) = (MS_R - MS_E) / (MS_R + (k-1) MS_E)`. Where ratings are missing the same ratios are formed from
    variance components by REML.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        ``rater, ratee, score`` and perhaps ``dimension``.
    dimension : str, optional
        One dimension; by default each rater's mean over the dimensions. Self ratings are left out where there are others.
    level : float
        Confidence level.
    raters : {"random", "fixed", "all"}
        What the raters stand for. ``random``: a sample of raters; the six forms of cases 1, 2 and 2A. ``fixed``: nobody but
        themselves; the four forms of cases 3 and 3A. ``all``: the ten forms. Cases 2 and 3 have the same estimates,
        intervals and tests and mean different things.

    Returns
    -------
    DataFrame
        One row a form: ``coefficient, value, ci_low, ci_high, F, df1, df2, p, model, assumes``. No F test where
        ratings are missing. NaN where scores do not vary at all, and ``assumes`` says so.

    Raises
    ------
    RatingsError
        If the table has problems or lacks the dimension.
    SettingsError
        For an impossible setting.
    InsufficientDataError
        With fewer than two people, or fewer than two raters for anyone.

    References
    ----------
    Shrout & Fleiss (1979), Psychological Bulletin 86, 420-428. McGraw & Wong (1996), Psychological Methods 1, 30-46, tables 4
    and 7.

    Examples
    --------
    >>> import rankkit as rk
    >>> table = rk.agreement.icc(rk.datasets.load("shrout_fleiss"))
    >>> table.set_index("coefficient")["value"].round(2).to_dict()
    {'ICC(1,1)': 0.17, 'ICC(A,1)': 0.29, 'ICC(C,1)': 0.71, 'ICC(1,k)': 0.44, 'ICC(A,k)': 0.62, 'ICC(C,k)': 0.91}
    """
    if not 0 < level < 1:
        raise SettingsError("E-LEVEL", value=level)
    if raters not in ("random", "fixed", "all"):
        raise SettingsError("E-SETTING", name="raters", value=raters, allowed=["random", "fixed", "all"])
    table = ratings if isinstance(ratings, Ratings) else Ratings.from_frame(ratings)
    if table.averaged_over:
        raise InsufficientDataError("E-FEW", what="an intraclass correlation", needed=2, unit="raters for the same person", found="–")
    if "self" in table.sources and len(table.sources) > 1:
        table = table.where(table.source != table.sources.index("self"))
    if dimension is not None and dimension not in table.dimensions:
        raise RatingsError("E-NOTPARTS", dimension=dimension, found=list(table.dimensions))
    y = _complete(table, dimension)
    if y is not None:
        return as_frame(intraclass(y, level=level), raters)
    return as_frame(coefficients(_composites(table, dimension), level), raters)


def _complete(table: Ratings, dimension: str | None) -> Floats | None:
    """Ratees × raters without gaps, straight from the rows: the common case, and ten times faster than forming cells."""
    n, k, d = len(table.people), len(table.raters), len(table.dimensions)
    if len(table) != n * k * d or n < 2 or k < 2 or (dimension is not None and d > 1):
        return None
    y = np.full(n * k * d, np.nan)
    y[(table.ratee * k + table.rater) * d + table.dimension] = table.score
    if np.isnan(y.sum()):  # a blank, or a cell rated twice and another never
        return None
    return y.reshape(n, k) if d == 1 else np.asarray(y.reshape(n, k, d).mean(axis=2))


def _composites(table: Ratings, dimension: str | None) -> Composite:
    """Each rater's composite of each ratee, of one dimension or all."""
    cells = table.cells
    keep = np.ones(len(cells.score), dtype=bool)
    weights = np.full(len(table.dimensions), 1 / len(table.dimensions))
    if dimension is not None:
        code = table.dimensions.index(dimension)
        keep, weights = cells.dimension == code, (np.arange(len(table.dimensions)) == code).astype(np.float64)
    return composite(
        cells.ratee[keep], cells.rater[keep], cells.dimension[keep], cells.score[keep], weights, len(table.people), len(table.raters)
    )


def coefficients(parts: Composite, level: float, fitted: CrossedComponents | None = None) -> IntraclassTable:
    """Six forms from raters' composites: by analysis of variance where complete, else from REML components."""
    rated = np.flatnonzero(parts.n_raters)
    raters = np.unique(parts.rater)
    if len(rated) < 2:
        raise InsufficientDataError("E-FEW", what="an intraclass correlation", needed=2, unit="people", found=len(rated))
    if int(parts.n_raters.max(initial=0)) < 2:
        raise InsufficientDataError("E-FEW", what="an intraclass correlation", needed=2, unit="raters for the same person", found=1)
    if len(parts.ratee) == len(rated) * len(raters):
        y = np.empty((len(rated), len(raters)))
        y[np.searchsorted(rated, parts.ratee), np.searchsorted(raters, parts.rater)] = parts.rater_score
        return intraclass(y, level=level)
    if fitted is None:
        fitted = crossed_reml.fit(parts.rater_score, parts.ratee, parts.rater, len(parts.score), parts.n_rater_levels)
    k = float(len(rated) / (1 / parts.n_raters[rated]).sum())
    return intraclass_from_components(fitted.variances, fitted.variance_unrestricted, n_raters=len(raters), n=len(rated), k=k, level=level)


def as_frame(table: IntraclassTable, raters: RatersAre = "random") -> pd.DataFrame:
    """Lay the forms out as rows."""
    how = "" if table.method == "anova" else "; variance components by REML, ratings missing"
    random = range(6) if raters != "fixed" else ()
    fixed = [k for k, form in enumerate(table.forms) if form in _FIXED] if raters != "random" else []
    order = np.array([*random, *fixed], dtype=np.int64)
    n_random = len(random)
    said = [_ASSUMES[table.forms[k]] for k in order[:n_random]] + [_FIXED[table.forms[k]] for k in order[n_random:]]
    empty = np.isnan(table.estimate[order])
    data = {
        "coefficient": [table.forms[k] + (_FIXED_SUFFIX if at >= n_random else "") for at, k in enumerate(order)],
        "value": table.estimate[order],
        "ci_low": table.low[order],
        "ci_high": table.high[order],
        "F": table.f[order],
        "df1": table.df1[order],
        "df2": table.df2[order],
        "p": table.p[order],
        "model": [_model(table.forms[k], fixed=at >= n_random) for at, k in enumerate(order)],
        "assumes": [s + how + ("; not defined: the scores do not vary" if e else "") for s, e in zip(said, empty, strict=True)],
    }
    return pd.DataFrame(data, columns=list(COLUMNS))


def _model(form: str, *, fixed: bool) -> str:
    """Name the model and McGraw and Wong's case."""
    if form.startswith("ICC(1,"):
        return "one-way random (case 1)"
    return "two-way mixed (cases 3, 3A)" if fixed else "two-way random (cases 2, 2A)"

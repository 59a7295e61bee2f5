"""Intraclass correlations of a table of ratings."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rankkit.errors import InsufficientDataError, RatingsError, SettingsError
from rankkit.kernels import crossed_reml
from rankkit.kernels.crossed_reml import CrossedComponents
from rankkit.kernels.intraclass import IntraclassTable, intraclass, intraclass_from_components
from rankkit.kernels.rating_composite import Composite, composite
from rankkit.tables.ratings import Ratings

COLUMNS = ("coefficient", "value", "ci_low", "ci_high", "F", "df1", "df2", "p", "assumes")
_ASSUMES = {
    "ICC(1,1)": "one rater, different raters for each person",
    "ICC(A,1)": "one rater, raters drawn from many, absolute standing matters",
    "ICC(C,1)": "one rater, only the order matters",
    "ICC(1,k)": "mean of k raters, different raters for each person",
    "ICC(A,k)": "mean of k raters, raters drawn from many, absolute standing matters",
    "ICC(C,k)": "mean of k raters, only the order matters",
}


def icc(ratings: Ratings | pd.DataFrame, dimension: str | None = None, level: float = 0.95) -> pd.DataFrame:
    r"""Intraclass correlations in the six classic forms.

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

    Returns
    -------
    DataFrame
        One row a form: ``coefficient, value, ci_low, ci_high, F, df1, df2, p, assumes``.

    Raises
    ------
    RatingsError
        If the table has problems or lacks the dimension.
    InsufficientDataError
        With fewer than two people, or fewer than two raters for anyone.

    References
    ----------
    Shrout & Fleiss (1979), Psychological Bulletin 86, 420-428. McGraw & Wong (1996), Psychological Methods 1, 30-46.

    Examples
    --------
    >>> import rankkit as rk
    >>> table = rk.agreement.icc(rk.datasets.load("shrout_fleiss"))
    >>> table.set_index("coefficient")["value"].round(2).to_dict()
    {'ICC(1,1)': 0.17, 'ICC(A,1)': 0.29, 'ICC(C,1)': 0.71, 'ICC(1,k)': 0.44, 'ICC(A,k)': 0.62, 'ICC(C,k)': 0.91}
    """
    if not 0 < level < 1:
        raise SettingsError("E-LEVEL", value=level)
    table = ratings if isinstance(ratings, Ratings) else Ratings.from_frame(ratings)
    if "self" in table.sources and len(table.sources) > 1:
        table = table.where(table.source != table.sources.index("self"))
    cells = table.cells
    keep = np.ones(len(cells.score), dtype=bool)
    weights = np.full(len(table.dimensions), 1 / len(table.dimensions))
    if dimension is not None:
        if dimension not in table.dimensions:
            raise RatingsError("E-NOTPARTS", dimension=dimension, found=list(table.dimensions))
        code = table.dimensions.index(dimension)
        keep, weights = cells.dimension == code, (np.arange(len(table.dimensions)) == code).astype(np.float64)
    parts = composite(
        cells.ratee[keep], cells.rater[keep], cells.dimension[keep], cells.score[keep], weights, len(table.people), len(table.raters)
    )
    return as_frame(coefficients(parts, level))


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


def as_frame(table: IntraclassTable) -> pd.DataFrame:
    """Lay the forms out as rows."""
    how = "" if table.method == "anova" else "; variance components by REML, ratings missing"
    data = {
        "coefficient": list(table.forms),
        "value": table.estimate,
        "ci_low": table.low,
        "ci_high": table.high,
        "F": table.f,
        "df1": table.df1,
        "df2": table.df2,
        "p": table.p,
        "assumes": [_ASSUMES[f] + how for f in table.forms],
    }
    return pd.DataFrame(data, columns=list(COLUMNS))

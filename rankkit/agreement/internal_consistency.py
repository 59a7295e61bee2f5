"""Cronbach's α and McDonald's ω: how consistently the dimensions of a form order people.

Internal consistency is not agreement between raters. One rater's overall impression of a person makes all dimensions agree;
a standard error built on it is far too small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
import pandas as pd

from rankkit.errors import ConvergenceError, InsufficientDataError, RatingsError, SettingsError
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.components import crossed_reml
from rankkit.kernels.reliability import one_factor
from rankkit.kernels.reliability.internal_consistency import bonett_interval, robust_interval
from rankkit.kernels.reliability.internal_consistency import cronbach_alpha as alpha_of
from rankkit.kernels.reliability.intraclass import intraclass_from_components
from rankkit.tables.ratings import Ratings

Interval = Literal["feldt", "bonett", "robust"]
_NOT_AGREEMENT = "internal consistency of the dimensions, not agreement between raters; never used for a standard error"
_TIDY = ("rater", "ratee", "score")
_FEWEST = 3  # people
_NEGATIVE = "below zero: the dimensions do not go together, and their sum is no measure of anything they share"
_MEANS = {"feldt": "F interval (Feldt)", "bonett": "log interval (Bonett)", "robust": "distribution-free interval"}


def cronbach_alpha(
    ratings: Ratings | pd.DataFrame, *, by: Literal["source"] | None = None, interval: Interval = "feldt", level: float = 0.95
) -> pd.DataFrame:
    r"""Cronbach's α of the dimensions, as internal consistency.

    .. math:: \alpha = \frac{k}{k-1}\Bigl(1 - \frac{\sum_j s_j^2}{s_{total}^2}\Bigr)

    Where cells are missing α is formed from the components of a people × items model by REML, which on complete tables is the
    same number.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        ``rater, ratee, dimension, score``: ratees' means over raters, the dimensions as items. Or a DataFrame without those
        columns: one row a person, one column an item. Self ratings are left out where there are others, unless ``by`` is given.
    by : {"source"}, optional
        One row for each group of raters.
    interval : {"feldt", "bonett", "robust"}
        Exact for normal scores on parallel items; its approximation; or without either assumption, for many people. Tables with
        gaps have a large-sample interval of their own.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        ``coefficient, value, ci_low, ci_high, standardized, mean_correlation, n, items, method, reason, assumes``, with ``by``
        after a column ``source``. Numbers are NaN only where ``reason`` says why. Lower limits are cut at zero, as the share of
        true variance α stands for is not negative, or at the estimate where that is below zero; ``method`` says so.

    Raises
    ------
    RatingsError
        If the table has problems.
    SettingsError
        For an impossible setting.
    InsufficientDataError
        Without ``by``: with fewer than two items or three people.

    References
    ----------
    Cronbach (1951), Psychometrika 16, 297–334. Feldt, Woodruff & Salih (1987). Bonett (2002). Maydeu-Olivares, Coffman & Hartmann
    (2007). Hoyt (1941) for the model with gaps.

    Examples
    --------
    >>> import rankkit as rk
    >>> rk.agreement.cronbach_alpha(rk.datasets.load("guilford_creativity"))[["coefficient", "value", "n", "items"]].round(2)
        coefficient  value  n  items
    0  Cronbach's α   0.86  7      5
    """
    if interval not in _MEANS:
        raise SettingsError("E-SETTING", name="interval", value=interval, allowed=list(_MEANS))

    def row(x: Floats) -> dict[str, object]:
        return _alpha_row(x, interval, level)

    return _rows(ratings, by, level, "Cronbach's α", row, ("standardized", "mean_correlation"))


def omega(ratings: Ratings | pd.DataFrame, *, by: Literal["source"] | None = None, level: float = 0.95) -> pd.DataFrame:
    r"""McDonald's ω total of the dimensions from one common factor, as internal consistency.

    .. math:: \omega = \frac{(\sum_j \lambda_j)^2}{(\sum_j \lambda_j)^2 + \sum_j \psi_j}

    Parameters
    ----------
    ratings, by, level
        As :func:`cronbach_alpha`. At least three items; people rated on all items.

    Returns
    -------
    DataFrame
        ``coefficient, value, ci_low, ci_high, chi2, df, p, n, items, method, reason, assumes``, with ``by`` after a column
        ``source``. χ² tests that one factor is enough (no test of three items). The interval assumes no distribution. Where an
        item's own variance is estimated at its bound (a Heywood case) ``method`` says so.

    Raises
    ------
    RatingsError
        If the table has problems.
    SettingsError
        For an impossible setting.
    InsufficientDataError
        Without ``by``: with fewer than three items, fewer complete people than items and two, or items that do not vary or
        repeat each other.

    Notes
    -----
    ω hierarchical needs group factors, which five or six dimensions of a rating form do not carry; it is not offered.

    References
    ----------
    McDonald (1999), Test Theory. Yuan & Bentler (2002), Psychometrika 67, 251–259.

    Examples
    --------
    >>> import rankkit as rk
    >>> rk.agreement.omega(rk.datasets.load("us_judge_ratings"))[["value", "n", "items"]].round(3)
       value   n  items
    0  0.991  43     11
    """
    return _rows(ratings, by, level, "McDonald's ω total", lambda x: _omega_row(x, level), ("chi2", "df", "p"))


def _rows(
    ratings: Ratings | pd.DataFrame,
    by: str | None,
    level: float,
    name: str,
    row: Callable[[Floats], dict[str, object]],
    extra: tuple[str, ...],
) -> pd.DataFrame:
    """One row a group of raters; what a group lacks is a reason in its row, or an error if there is only one."""
    if not 0 < level < 1:
        raise SettingsError("E-LEVEL", value=level)
    if by not in (None, "source"):
        raise SettingsError("E-SETTING", name="by", value=by, allowed=["source"])
    columns = ["coefficient", "value", "ci_low", "ci_high", *extra, "n", "items", "method", "reason", "assumes"]
    out = []
    for source, x in _tables(ratings, by):
        base = {"source": source, "coefficient": name, "n": len(x), "items": x.shape[1]}
        base |= {"method": "", "reason": "", "assumes": _NOT_AGREEMENT}
        try:
            out.append({**base, **row(x)})
        except (InsufficientDataError, ConvergenceError) as error:
            if by is None:
                raise
            out.append({**base, "reason": error.items[0].message()})
    frame = pd.DataFrame(out, columns=["source", *columns])
    numbers = ["value", "ci_low", "ci_high", *extra]
    return frame.astype(dict.fromkeys(numbers, "float64"))[columns if by is None else ["source", *columns]]


def _tables(ratings: Ratings | pd.DataFrame, by: str | None) -> Iterator[tuple[str, Floats]]:
    """People × items, gaps as NaN, for each group of raters."""
    if isinstance(ratings, pd.DataFrame) and not set(_TIDY) & set(ratings.columns):
        if by is not None:
            raise RatingsError("E-COLS", missing="source", found=[str(c) for c in ratings.columns], example="'source': '…'")
        yield "", _wide(ratings)
        return
    table = ratings if isinstance(ratings, Ratings) else Ratings.from_frame(ratings)
    if by is None:
        if "self" in table.sources and len(table.sources) > 1:
            table = table.where(table.source != table.sources.index("self"))
        yield "", _means(table)
        return
    if not table.sources:
        raise RatingsError("E-COLS", missing="source", found=[str(c) for c in table.frame.columns], example="'source': '…'")
    for code, source in enumerate(table.sources):
        yield source, _means(table.where(table.source == code))


def _wide(frame: pd.DataFrame) -> Floats:
    """A sheet with one row a person and one column an item."""
    bad = [str(c) for c in frame.columns if not pd.api.types.is_numeric_dtype(frame[c])]
    if bad or not len(frame.columns):
        raise RatingsError("E-COLS", missing=list(_TIDY), found=[str(c) for c in frame.columns], example="'score': '…'")
    x = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(x[~np.isnan(x).all(axis=1)])


def _means(table: Ratings) -> Floats:
    """Ratees' means over raters, one column a dimension."""
    cells, d = table.cells, len(table.dimensions)
    key = cells.ratee * d + cells.dimension
    size = len(table.people) * d
    count = np.bincount(key, minlength=size)
    total = np.bincount(key, cells.score, size)
    x = np.where(count > 0, total / np.maximum(count, 1), np.nan).reshape(-1, d)
    return np.asarray(x[:, ~np.isnan(x).all(axis=0)][~np.isnan(x).all(axis=1)])


def _enough(x: Floats, what: str, items: int, people: int) -> None:
    """Refuse tables too small for the coefficient."""
    if x.shape[1] < items:
        raise InsufficientDataError("E-FEW", what=what, needed=items, unit="dimensions", found=x.shape[1])
    if len(x) < people:
        raise InsufficientDataError("E-FEW", what=what, needed=people, unit="people rated on every dimension", found=len(x))


def _alpha_row(x: Floats, interval: Interval, level: float) -> dict[str, object]:
    """α of people × items."""
    _enough(x, "Cronbach's α", 2, _FEWEST)
    gaps = np.isnan(x)
    if gaps.any():
        return _alpha_with_gaps(x, gaps, level)
    found = alpha_of(x, level=level)
    if np.isnan(found.alpha):
        return {"reason": "not defined: the total over the dimensions does not vary"}
    low, high = found.low, found.high
    if interval == "bonett":
        low, high = bonett_interval(found.alpha, found.n, found.k, level=level)
    elif interval == "robust":
        low, high = robust_interval(x, level=level)
    flat = ["no correlations: a dimension does not vary"] if np.isnan(found.mean_correlation) else []
    low, cut = _cut(found.alpha, low)
    return {
        "value": found.alpha,
        "ci_low": low,
        "ci_high": high,
        "standardized": found.standardized,
        "mean_correlation": found.mean_correlation,
        "method": f"complete table; {_MEANS[interval]}{cut}",
        "reason": "; ".join([*flat, *([_NEGATIVE] if found.alpha < 0 else [])]),
    }


def _cut(value: float, low: float) -> tuple[float, str]:
    """Lower limit of a share of variance, which cannot be negative, and what to say of it."""
    least = min(value, 0.0)
    return (least, f", lower limit cut at {'zero' if value >= 0 else 'the estimate'}") if low < least else (low, "")


def _alpha_with_gaps(x: Floats, gaps: Bools, level: float) -> dict[str, object]:
    """α as consistency of the mean from a people × items model by REML."""
    person, item = np.nonzero(~gaps)
    if len(np.unique(person)) == len(person):
        raise InsufficientDataError("E-FEW", what="Cronbach's α", needed=2, unit="dimensions of the same person", found=1)
    n, k = x.shape
    fitted = crossed_reml.fit(x[person, item], person, item, n, k)
    found = intraclass_from_components(fitted.variances, fitted.variance_unrestricted, n_raters=k, n=n, level=level)
    at = found.forms.index("ICC(C,k)")
    if np.isnan(found.estimate[at]):
        return {"reason": "not defined: the scores do not vary"}
    low, cut = _cut(float(found.estimate[at]), float(found.low[at]))
    return {
        "value": found.estimate[at],
        "ci_low": low,
        "ci_high": found.high[at],
        "method": f"people × dimensions model by REML, {int(gaps.sum())} of {x.size} cells missing; large-sample interval{cut}",
        "reason": "no correlations: cells are missing",
    }


def _omega_row(x: Floats, level: float) -> dict[str, object]:
    """ω of people × items, complete people only."""
    whole = x[~np.isnan(x).any(axis=1)]
    _enough(whole, "McDonald's ω", 3, x.shape[1] + 2)
    found = one_factor.omega(whole, level=level)
    left_out = len(x) - len(whole)
    said = ["one factor by maximum likelihood; distribution-free interval"]
    said += [f"{left_out} people with gaps left out"] if left_out else []
    said += ["improper: a dimension's own variance is at its bound"] if found.model.improper.any() else []
    return {
        "value": found.omega,
        "ci_low": found.low,
        "ci_high": found.high,
        "chi2": found.chi2,
        "df": found.df,
        "p": found.p,
        "n": len(whole),
        "method": "; ".join(said),
        "reason": "" if found.df > 0 else "no test: one factor always fits three dimensions",
    }

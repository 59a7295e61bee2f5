"""Reliability of rating scores: every coefficient with its form named, and what it means in points of the scale."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from rankkit.agreement.internal_consistency import cronbach_alpha, omega
from rankkit.agreement.intraclass_correlation import as_frame, coefficients
from rankkit.agreement.measurement_error import sem, smallest_detectable_difference, test_retest
from rankkit.errors import RankkitError
from rankkit.kernels.arrays import Floats
from rankkit.methods.rating_evidence import Evidence
from rankkit.tables.ratings import Ratings

COLUMNS = ["coefficient", "value", "ci_low", "ci_high", "assumes"]
_FEWEST_FOR_ALPHA = 3


def reliability(table: Ratings, used: Evidence, level: float, unit: str = "scale points") -> pd.DataFrame:
    """Agreement of raters, error of a score in points, and, labelled as what it is, internal consistency by group of raters.

    Parameters
    ----------
    table : Ratings
        The ratings in use.
    used : Evidence
        Raw composites and their variances.
    level : float
        Confidence level.
    unit : str
        What scores are measured in.

    Returns
    -------
    DataFrame
        ``coefficient, value, ci_low, ci_high, assumes``. The standard error of measurement is s√(1 − r) with r = ICC(C,k),
        or ICC(1,k) where raters cannot be told from ratees; the smallest detectable difference is 1.96·√2 times that at
        level .95.
    """
    frames: list[pd.DataFrame] = []
    if used.se_basis == "rater" and int((used.parts.n_raters > 0).sum()) > 1:
        frames.append(_between_raters(used, level, unit))
    frames += _internal(table.where(used.scored[table.ratee]), level)
    if "occasion" in table.extras:
        frames += _over_occasions(table, level)
    frames = [f[COLUMNS] for f in frames if len(f)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)


def _between_raters(used: Evidence, level: float, unit: str) -> pd.DataFrame:
    forms = as_frame(coefficients(used.parts, level, used.fitted))
    nested = used.fitted is not None and bool((~used.fitted.identified).any())
    wanted = ["ICC(1,1)", "ICC(1,k)"] if nested else ["ICC(A,1)", "ICC(C,1)", "ICC(A,k)", "ICC(C,k)"]
    shown = forms[forms["coefficient"].isin(wanted)].drop_duplicates("coefficient")[COLUMNS]
    name = "ICC(1,k)" if nested else "ICC(C,k)"
    mean = shown[shown["coefficient"] == name].iloc[0]
    return pd.concat([shown, _in_points(used.parts.score[used.scored], mean, name, level, unit)], ignore_index=True)


def _in_points(score: Floats, mean: pd.Series, name: str, level: float, unit: str) -> pd.DataFrame:
    """The same as an error in points of the scale; the interval is that of the coefficient."""
    score = score[~np.isnan(score)]
    sd = float(np.std(score, ddof=1)) if len(score) > 1 else float("nan")
    value, low, high = np.clip(mean[["value", "ci_low", "ci_high"]].to_numpy(dtype=np.float64), 0.0, 1.0)
    errors = [sem(sd, r) for r in (value, high, low)]
    differences = [smallest_detectable_difference(e, level=level) for e in errors]
    rows = [
        ("standard error of measurement", *errors, f"{unit}, s√(1 − {name})"),
        ("smallest detectable difference", *differences, f"{unit}, between two people or two occasions"),
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _internal(table: Ratings, level: float) -> list[pd.DataFrame]:
    """α and ω of the dimensions, within each group of raters."""
    if len(table.dimensions) < 2 or len(table.people) < _FEWEST_FOR_ALPHA:
        return []
    table = table.where(~np.isnan(table.score))  # sources without a rating in use are left out
    by: Literal["source"] | None = "source" if len(table.sources) > 1 else None
    out = []
    for coefficient in (cronbach_alpha, omega):
        try:
            found = coefficient(table, by=by, level=level)
        except RankkitError:  # too few people, or dimensions without spread: there is nothing to state
            continue
        if by is not None:
            found = found.assign(coefficient=[f"{c} ({s})" for c, s in zip(found["coefficient"], found["source"], strict=True)])
        out.append(found[found["value"].notna()])
    return out


def _over_occasions(table: Ratings, level: float) -> list[pd.DataFrame]:

    try:
        return [test_retest(table, level=level)]
    except RankkitError:
        return []

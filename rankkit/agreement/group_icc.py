"""Reliability of the mean rating of a person's raters: ICC(1) and ICC(1,k) over people, to stand beside agreement."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from rankkit.agreement.kappa_notes import say
from rankkit.agreement.within_group_data import group_table, grouped
from rankkit.errors import SettingsError
from rankkit.kernels.reliability.group_intraclass import GroupIntraclass, group_intraclass
from rankkit.tables.ratings import Ratings


def group_icc(ratings: Ratings | pd.DataFrame, dimension: str | None = None, by: str | None = None, *, level: float = 0.95) -> pd.DataFrame:
    r"""Do the raters of a person tell people apart? One-way intraclass correlations with people as groups.

    :math:`ICC(1) = (MS_B - MS_W)/(MS_B + (n_0 - 1) MS_W)` and, for the mean of a person's raters,
    :math:`ICC(1,k) = (MS_B - MS_W)/MS_B`, which is often printed "ICC(2)". Raters may agree and yet tell nobody apart.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        ``rater, ratee, score`` and perhaps ``dimension, source``. Self ratings are left out where there are others.
    dimension : str, optional
        One dimension; by default each has its own rows.
    by : str, optional
        A column, such as "source", whose groups of raters are looked at apart.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        Two rows a dimension (× ``by``): ``coefficient, dimension, [by], value, ci_low, ci_high, F, df1, df2, p, people, ratings,
        reason, assumes``.

    Raises
    ------
    RatingsError, SettingsError, InsufficientDataError
        As :func:`rwg`.

    References
    ----------
    Bartko (1976), Psychological Bulletin 83, 762-765. Thomas & Hultquist (1978), Annals of Statistics 6, 582-587 (intervals).

    Examples
    --------
    >>> import rankkit as rk
    >>> table = rk.agreement.group_icc(rk.datasets.load("shrout_fleiss"))
    >>> table.set_index("coefficient")["value"].round(2).to_dict()
    {'ICC(1)': 0.17, 'ICC(1,k)': 0.44}
    """
    if not 0 < level < 1:
        raise SettingsError("E-LEVEL", value=level)
    data = grouped(ratings, None, by, dimension, need_scale=False)
    rows: list[dict[str, Any]] = []
    for names, person, score in group_table(data, by):
        found = group_intraclass(score, person, int(person.max()) + 1, level=level)
        tests = {"F": found.f, "df1": found.df1, "df2": found.df2, "p": found.p, "people": found.groups, "ratings": found.n}
        for form, numbers, what in (
            ("ICC(1)", (found.single, found.single_low, found.single_high), "one rater, different raters for each person"),
            (
                "ICC(1,k)",
                (found.mean, found.mean_low, found.mean_high),
                f"mean of {found.size:.3g} raters, different raters for each person",
            ),
        ):
            value, low, high = (x if np.isfinite(x) else np.nan for x in numbers)
            shown = {"coefficient": form, **names, "value": value, "ci_low": low, "ci_high": high}
            rows.append({**shown, **tests, "reason": _reason(found, value, low), "assumes": what})
    return pd.DataFrame(rows)


def _reason(found: GroupIntraclass, value: float, low: float) -> str:
    """Why a coefficient or its interval is missing."""
    if found.groups < 2:
        return say("S-ONEPERSON")
    if found.df2 < 1:
        return say("S-ONERATER")
    if not np.isfinite(found.single):
        return say("S-ONECATEGORY")
    return "" if np.isfinite(value) and np.isfinite(low) else say("S-EQUALMEANS")

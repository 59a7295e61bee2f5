"""Gwet's AC1 and AC2: agreement on categories that does not collapse where nearly everybody is in one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from rankkit.agreement.codings import Weights, codings
from rankkit.agreement.kappa_notes import why
from rankkit.errors import SettingsError
from rankkit.kernels.reliability.gwet_agreement import Chance, chance_corrected
from rankkit.tables.ratings import Ratings

COLUMNS = (
    "coefficient", "dimension", "value", "se", "ci_low", "ci_high", "p", "observed", "expected", "n", "raters", "reason", "assumes",
)  # fmt: skip
_UNITS = "people drawn from many, these raters"
_BOTH = "people and raters drawn from many (jackknife over raters)"


def gwet_ac(
    ratings: Ratings | pd.DataFrame,
    dimension: str | None = None,
    *,
    weights: Weights = None,
    categories: Sequence[Any] | None = None,
    raters: Literal["fixed", "random"] = "fixed",
    level: float = 0.95,
) -> pd.DataFrame:
    r"""Gwet's AC1 (AC2 with weights), with Brennan and Prediger's coefficient and the agreement observed beside it.

    :math:`(p_a - p_e)/(1 - p_e)` with :math:`p_e = \frac{T_w}{q(q-1)} \sum_k \pi_k (1 - \pi_k)`, where T_w adds up the weights and
    π_k is the share of category k. People may lack raters.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        ``rater, ratee, score`` and perhaps ``dimension``; in a DataFrame the scores may be words (or be called ``value``). Self
        ratings are left out where there are others.
    dimension : str, optional
        One dimension; by default each has its own rows.
    weights : str or (q, q) array or DataFrame, optional
        As for :func:`cohen_kappa`; None gives AC1.
    categories : sequence, optional
        All categories in order. The coefficients depend on their number: name those nobody used too, unless the table carries
        an integer scale.
    raters : {"fixed", "random"}
        "random" adds the variance between raters, for conclusions about raters of this kind; needs three raters.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        ``coefficient, dimension, value, se, ci_low, ci_high, p, observed, expected, n, raters, reason, assumes``; n = people coded
        by two raters or more. Of two categories Brennan and Prediger's is PABAK.

    Raises
    ------
    RatingsError
        If the table has problems or lacks the dimension.
    SettingsError
        If a setting is impossible.
    InsufficientDataError
        If nobody was coded by two raters.

    Notes
    -----
    The "ordinal" weights here are Gwet's. Krippendorff's ordinal metric is another: on the canonical table alpha with these
    weights is .834, Krippendorff's ordinal alpha .815.

    References
    ----------
    Gwet (2008), British Journal of Mathematical and Statistical Psychology 61, 29-48. Brennan & Prediger (1981), Educational and
    Psychological Measurement 41, 687-699. Byrt, Bishop & Carlin (1993), Journal of Clinical Epidemiology 46, 423-429 (PABAK).

    Examples
    --------
    >>> import rankkit as rk
    >>> table = rk.agreement.gwet_ac(rk.datasets.load("krippendorff_canonical"))
    >>> table.set_index("coefficient").loc["Gwet AC1", ["value", "se"]].astype(float).round(5).tolist()
    [0.77544, 0.14295]
    """
    if not 0 < level < 1:
        raise SettingsError("E-LEVEL", value=level)
    if raters not in ("fixed", "random"):
        raise SettingsError("E-SETTING", name="raters", value=raters, allowed=["fixed", "random"])
    data = codings(ratings, dimension, categories)
    data.need("Gwet's coefficient")
    w, name = data.weight_matrix(weights)
    tail = f", {name} weights" if name else ""
    forms: tuple[tuple[str, Chance, str], ...] = (
        (f"Gwet AC2{tail}" if name else "Gwet AC1", "gwet", "chance: raters who are unsure pick any category"),
        (f"Brennan-Prediger{tail}", "brennan_prediger", "chance: every category as likely as any other"),
        (f"percent agreement{tail}", "none", "nothing is put down to chance"),
    )
    rows: list[tuple[Any, ...]] = []
    for part_name, part in data.by_dimension():
        n_raters = len(np.unique(part.rater))
        whom = _BOTH if raters == "random" and n_raters > 2 else _UNITS
        for label, chance, assumes in forms:
            found = chance_corrected(part.unit, part.rater, part.category, w, chance, raters=raters, level=level)
            numbers = (found.value, found.se, found.low, found.high, found.p, found.observed, found.expected, found.n_shared, n_raters)
            reason = why(found.value, found.se, found.observed, found.n_shared)
            rows.append((label, part_name, *numbers, reason, f"{assumes}; {len(w)} categories; {whom}"))
    return pd.DataFrame(rows, columns=list(COLUMNS))

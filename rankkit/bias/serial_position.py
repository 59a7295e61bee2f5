"""Serial position: whether ratings rise or fall as the rater works through the list."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rankkit.bias.order_effects import Asked, order_effects
from rankkit.bias.panel import panel
from rankkit.bias.work_order import work_order
from rankkit.errors import Problem
from rankkit.findings import Finding, Findings, pattern
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings


def serial_position(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    floor: float = 0.20,
    review_q: float = 0.05,
    level: float = 0.95,
    seed: int = 0,  # noqa: ARG001 - every check takes it; nothing is drawn here
) -> Findings:
    r"""Estimate the trend of ratings along the rater's own order of work.

    .. math:: x_{ir(k)} = \alpha_i + \beta_r + \delta k + e

    with persons and sittings as fixed effects and standard errors clustered by rater
    (:func:`rankkit.kernels.two_way_clusters.one_way`). The effect is δ·K/σ_w: the shift over a sitting of median length K,
    in pooled within-sitting SDs.

    Sittings whose order followed merit are left out, their raters named: who works from best to worst by their own view declines
    without any effect of position.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        With a column ``order``, as for :func:`rankkit.bias.contrast`.
    people : People, optional
        Display names.
    floor : float
        Smallest \|δ·K/σ_w\| worth a review.
    review_q : float
        False discovery rate over dimensions.
    level : float
        Of the intervals.
    seed : int
        Not used.

    Returns
    -------
    Findings
        Table ``serial_position``, index ``dimension``: ``n, raters, estimate`` (δ, points a place), ``se, df, ci_low, ci_high,
        effect, p, q, mde, level, reason``. Refused as for :func:`rankkit.bias.contrast`.

    Raises
    ------
    RatingsError
        If the table has problems, or cells of ``order`` are no numbers.
    SettingsError
        If ``people`` is of the wrong type.

    Examples
    --------
    >>> from rankkit import bias, simulate
    >>> made = simulate.biased_ratings(40, 10, serial=-1.0, dimensions=1, seed=3)
    >>> bias.serial_position(made.table).of("serial_position")["level"].tolist()
    ['review']
    """
    data = panel(ratings, people)
    found = work_order(data, "serial_position")
    if isinstance(found, Problem):
        return Findings(refused=(found,), labels=data.labels)
    if not (found.others > 0).any():
        return Findings(refused=(Problem("E-NOSECOND", None, "serial_position"),), labels=data.labels)
    if found.all_sorted:
        why = Problem("E-ORDERSORT", None, "serial_position", None, {"tau": round(found.tau, 2)})
        return Findings(refused=(why,), labels=data.labels)
    warned = found.warning(data, "serial_position")
    length = found.length
    asked = Asked(found.place[:, None], found.place, lambda _: length)
    table, refused = order_effects(data, found, asked, "serial_position", floor, review_q, level)
    if refused:
        return Findings(refused=tuple(refused + warned), labels=data.labels)
    shown = tuple(_finding(str(name), row, length) for name, row in table.iterrows() if row["level"])
    return Findings(patterns=shown, notes=tuple(warned), tables={"serial_position": table}, labels=data.labels)


def _finding(dimension: str, row: pd.Series, length: float) -> Finding:
    code = "F-SERIALDOWN" if row["estimate"] < 0 else "F-SERIALUP"
    details = {
        "dimension": dimension, "value": round(abs(float(row["estimate"])) * length, 2), "length": int(np.rint(length)),
        "effect": round(float(row["effect"]), 2), "raters": int(row["raters"]),
    }  # fmt: skip
    return pattern(
        code, row["level"], "dimension", dimension, details, estimate=row["estimate"], se=row["se"], ci_low=row["ci_low"],
        ci_high=row["ci_high"], effect=row["effect"], effect_name="δ·K/σ_w", p=row["p"], q=row["q"],
        family="serial position × dimension", n=int(row["n"]),
    )  # fmt: skip

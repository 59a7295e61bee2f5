"""Krippendorff's alpha: agreement of any number of raters, with gaps, on any kind of scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from rankkit.agreement.codings import Codings, codings
from rankkit.agreement.kappa_notes import say
from rankkit.errors import RatingsError, SettingsError
from rankkit.kernels.reliability.krippendorff import METRICS, Alpha, Disagreement, Metric, disagreement
from rankkit.kernels.reliability.krippendorff_bootstrap import INTERVALS, IntervalKind, alpha_interval, difference_bootstrap
from rankkit.tables.ratings import Ratings

COLUMNS = (
    "coefficient", "dimension", "value", "se", "ci_low", "ci_high", "observed", "expected", "n", "n_values", "raters", "reason", "assumes",
)  # fmt: skip
_LARGE = 50_000_000  # weights to be drawn from which linearisation is as good as a bootstrap
_METHOD = {
    "studentized": "{draws} resamples of the people, studentised",
    "percentile": "{draws} resamples of the people, percentiles",
    "krippendorff": "{draws} resamples of single differences (Krippendorff's algorithm)",
    "linear": "linearised, t on {df} degrees of freedom",
}
_WORDY: tuple[Metric, ...] = ("nominal", "ordinal", "interval")


def krippendorff_alpha(
    ratings: Ratings | pd.DataFrame,
    metric: Metric = "interval",
    dimension: str | None = None,
    *,
    bootstrap: int = 1000,
    interval: IntervalKind | Literal["krippendorff"] = "studentized",
    categories: Sequence[Any] | None = None,
    circumference: float | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Krippendorff's alpha, :math:`1 - D_o/D_e`: disagreement within people over disagreement between any two values.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        ``rater, ratee, score`` and perhaps ``dimension``; in a DataFrame the scores may be words (or be called ``value``) for
        metric "nominal", and with ``categories`` for "ordinal". Self ratings are left out where there are others.
    metric : str
        How far apart two values are: "nominal" (same or not), "ordinal" (by rank), "interval", "ratio" (values of 0 or more),
        "circular" (hours, directions), "bipolar" (a scale with two ends).
    dimension : str, optional
        One dimension; by default each has its own row.
    bootstrap : int
        Resamples; 0 = none, a linearised interval.
    interval : str
        "studentized" (of log(1 − α), resampling people), "percentile", "linear" or "krippendorff" (his own algorithm, which
        resamples single differences; its intervals are too short).
    categories : sequence, optional
        Words in their order, for metric "ordinal".
    circumference : float, optional
        Where metric "circular" comes round, score units (24 for hours); range + 1 by default.
    level : float
        Confidence level.
    seed : int
        Seed of the resamples.

    Returns
    -------
    DataFrame
        One row a dimension: ``coefficient, dimension, value, se, ci_low, ci_high, observed, expected, n, n_values, raters, reason,
        assumes``. ``n`` people with two values or more, ``observed`` and ``expected`` are D_o and D_e.

    Raises
    ------
    RatingsError
        If the table has problems or lacks the dimension; ``E-NEGATIVE`` for negative values of a ratio.
    SettingsError
        If a setting is impossible; ``E-CATORDER`` for words whose order is not known.
    InsufficientDataError
        If nobody was rated twice.

    Notes
    -----
    Krippendorff (2019) asks for .800, and .667 for tentative conclusions; compare the lower end of the interval, not the value.
    Simulated coverage of the intervals: :func:`rankkit.kernels.reliability.krippendorff_bootstrap.alpha_interval`.

    References
    ----------
    Krippendorff (2019), Content Analysis, 4th ed. Hayes & Krippendorff (2007), Communication Methods and Measures 1, 77-89. Zapf,
    Castell, Morawietz & Karch (2016), BMC Medical Research Methodology 16:93.

    Examples
    --------
    >>> import rankkit as rk
    >>> table = rk.datasets.load("krippendorff_canonical")
    >>> [round(rk.agreement.krippendorff_alpha(table, m)["value"].item(), 4) for m in ("nominal", "ordinal", "interval", "ratio")]
    [0.7434, 0.8154, 0.8491, 0.7974]
    """
    _settings(metric, bootstrap, interval, circumference, level)
    kind: Literal["categories", "ranks", "numbers"] = (
        "categories" if metric == "nominal" else "numbers" if metric in ("interval", "ratio") else "ranks"
    )
    data = codings(ratings, dimension, categories, kind=kind)
    if not data.ordered and metric != "nominal":
        raise SettingsError("E-CATORDER", found=list(data.categories))
    if metric == "ratio" and (data.value < 0).any():
        raise RatingsError("E-NEGATIVE", metric=metric, low=f"{data.value.min():g}")
    data.need("Krippendorff's alpha")
    ends = _ends(ratings, data)
    rows: list[tuple[Any, ...]] = []
    for name, part in data.by_dimension():
        value = part.category.astype(np.float64) if metric == "nominal" else part.value
        d = disagreement(part.unit, value, metric, ends=ends, steps=circumference)
        point = d.alpha()
        low, high, se, how, lost = _interval(part, value, d, point, interval, bootstrap, level, seed)
        method = _METHOD[how].format(draws=bootstrap, df=point.n_units - 1) if np.isfinite(low) else ""
        assumes = "; ".join(
            s
            for s in (
                f"{metric} metric, raters exchangeable",
                f"interval: {method}" if method else "",
                f"{data.repeated} values are means over occasions" if data.repeated else "",
                f"{point.n_alone} values without a partner left out" if point.n_alone else "",
            )
            if s
        )
        numbers = (point.value, se, low, high, point.observed, point.expected, point.n_units, point.n_values, len(np.unique(part.rater)))
        rows.append((f"Krippendorff alpha, {metric}", name, *numbers, _reason(point, low, lost), assumes))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _settings(metric: str, bootstrap: int, interval: str, circumference: float | None, level: float) -> None:
    """Refuse impossible settings."""
    if not 0 < level < 1:
        raise SettingsError("E-LEVEL", value=level)
    if metric not in METRICS:
        raise SettingsError("E-SETTING", name="metric", value=metric, allowed=list(METRICS))
    if interval not in (*INTERVALS, "krippendorff"):
        raise SettingsError("E-SETTING", name="interval", value=interval, allowed=[*INTERVALS, "krippendorff"])
    if interval == "krippendorff" and metric not in _WORDY:
        raise SettingsError("E-SETTING", name="interval", value=interval, allowed=f"{', '.join(INTERVALS)} with metric={metric!r}")
    if not isinstance(bootstrap, (int, np.integer)) or not (bootstrap == 0 or bootstrap >= 100):
        raise SettingsError("E-SETTING", name="bootstrap", value=bootstrap, allowed="0, or 100 and more")
    if circumference is not None and not 0 < circumference < np.inf:
        raise SettingsError("E-SETTING", name="circumference", value=circumference, allowed="a positive number")


def _ends(ratings: Ratings | pd.DataFrame, data: Codings) -> tuple[float, float]:
    """Ends of the scale: the table's own, else the smallest and largest value."""
    if isinstance(ratings, Ratings) and ratings.scale is not None:
        return ratings.scale
    return float(data.value.min()), float(data.value.max())


def _interval(
    part: Codings, value: np.ndarray[Any, Any], d: Disagreement, point: Alpha, interval: str, draws: int, level: float, seed: int
) -> tuple[float, float, float, str, float]:
    """Ends, standard error, what kind it is, and the share of resamples without variation."""
    kind: IntervalKind = "linear" if draws == 0 or draws * point.n_units > _LARGE else "studentized"
    if interval in INTERVALS and kind != "linear":
        kind = interval
    wanted = interval == "krippendorff" and draws > 0
    found = alpha_interval(d, "linear" if wanted else kind, draws=draws, level=level, seed=seed)
    lost = float(np.isnan(found.replicates).mean()) if len(found.replicates) else 0.0
    if wanted and np.isfinite(found.low):
        low, high = difference_bootstrap(part.unit, value, d, draws=draws, level=level, seed=seed)
        return low, high, found.se, "krippendorff", 0.0
    return found.low, found.high, found.se, found.kind, lost


def _reason(point: Alpha, low: float, lost: float) -> str:
    """Why alpha or its interval is missing, or stands on fewer resamples."""
    if point.n_units == 0:
        return say("S-NOTSHARED", needed=1)
    if not np.isfinite(point.value):
        return say("S-ONECATEGORY")
    if np.isfinite(low):
        return say("S-FEWVARY", share=f"{lost:.0%}") if lost > 0.05 else ""
    if point.n_units < 3:
        return say("S-NOTSHARED", needed=3)
    return say("S-FULLAGREEMENT" if point.observed == 0 else "S-FULLDISAGREEMENT")

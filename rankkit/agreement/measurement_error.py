"""How much one person's score would change by error alone: standard error of measurement, repeated occasions."""
# ruff: noqa: PT028 - test_retest is a statistic, not a test

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special

from rankkit.errors import InsufficientDataError, RatingsError, SettingsError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rater_effects.rating_composite import composite
from rankkit.kernels.reliability.intraclass import intraclass
from rankkit.tables.ratings import Ratings
from rankkit.tables.text import encode

COLUMNS = ("coefficient", "value", "ci_low", "ci_high", "n", "assumes")
_FEWEST = 3  # pairs of occasions for a correlation


def sem(sd: float, reliability: float) -> float:
    r"""Standard error of measurement s√(1 − r), in score units.

    Parameters
    ----------
    sd : float
        Standard deviation of the scores between people.
    reliability : float
        Reliability of these scores, at most 1: interrater reliability of the mean they are. Internal consistency in its
        place leaves out what raters disagree about and makes the standard error too small. Below 0 counts as 0.

    Returns
    -------
    float

    Raises
    ------
    SettingsError
        For a negative ``sd`` or a reliability above 1.

    References
    ----------
    Lord & Novick (1968), Statistical Theories of Mental Test Scores, section 3.8.

    Examples
    --------
    >>> round(sem(0.8, 0.75), 6)
    0.4
    """
    if not (sd >= 0 and math.isfinite(sd)):
        raise SettingsError("E-SETTING", name="sd", value=sd, allowed="0 or more")
    if not reliability <= 1:
        raise SettingsError("E-SETTING", name="reliability", value=reliability, allowed="at most 1")
    return sd * math.sqrt(1 - max(reliability, 0.0))


def smallest_detectable_difference(error: float, level: float = 0.95) -> float:
    r"""Smallest difference of two scores of one person that error alone rarely reaches: z√2 SEM, in score units.

    Parameters
    ----------
    error : float
        Standard error of measurement.
    level : float
        Confidence level.

    Returns
    -------
    float

    Raises
    ------
    SettingsError
        For an impossible setting.

    References
    ----------
    Bland & Altman (1996), BMJ 313, 744. de Vet, Terwee, Mokkink & Knol (2011), Measurement in Medicine, section 8.5.

    Examples
    --------
    >>> round(smallest_detectable_difference(0.4), 3)
    1.109
    """
    if not 0 < level < 1:
        raise SettingsError("E-LEVEL", value=level)
    if not (error >= 0 and math.isfinite(error)):
        raise SettingsError("E-SETTING", name="error", value=error, allowed="0 or more")
    return float(special.ndtri((1 + level) / 2)) * math.sqrt(2) * error


def test_retest(
    ratings: Ratings | pd.DataFrame,
    *,
    occasion: str = "occasion",
    unit: Literal["form", "ratee"] = "form",
    dimension: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Agreement of repeated ratings: the same raters, the same people, another occasion.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        ``rater, ratee, score``, perhaps ``dimension``, and a column of occasions.
    occasion : str
        The column that tells occasions apart, say ``"occasion"`` or ``"cycle"``.
    unit : {"form", "ratee"}
        What is compared with itself: one rater's mean of one ratee over dimensions, or a ratee's mean over the raters who rated
        on every occasion.
    dimension : str, optional
        One dimension; by default the mean over dimensions.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        One row a coefficient, ``coefficient, value, ci_low, ci_high, n, assumes``: ICC(A,1) and ICC(C,1) over occasions, the
        standard error of measurement between occasions, the smallest detectable difference and, of two occasions, the mean
        change. ``n`` counts the units rated on every occasion. Change that is real counts as error here.

    Raises
    ------
    RatingsError
        If the table has problems, or lacks the dimension or the column.
    InsufficientDataError
        With fewer than two occasions or three units rated on all of them.

    References
    ----------
    McGraw & Wong (1996). Weir (2005), Journal of Strength and Conditioning Research 19, 231–240.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(r, p, o, s + (o == 2) * (p == "c")) for r in "xy" for p, s in zip("abcd", (1, 2, 3, 5)) for o in (1, 2)]
    >>> table = test_retest(pd.DataFrame(rows, columns=["rater", "ratee", "occasion", "score"]))
    >>> table.set_index("coefficient")["value"].round(2).iloc[:2].to_dict()
    {'ICC(A,1) over occasions': 0.95, 'ICC(C,1) over occasions': 0.96}
    """
    if not 0 < level < 1:
        raise SettingsError("E-LEVEL", value=level)
    if unit not in ("form", "ratee"):
        raise SettingsError("E-SETTING", name="unit", value=unit, allowed=["form", "ratee"])
    table = ratings if isinstance(ratings, Ratings) else Ratings.from_frame(ratings)
    if occasion not in table.extras:
        raise RatingsError("E-COLS", missing=occasion, found=[str(c) for c in table.frame.columns], example=f"'{occasion}': '…'")
    if dimension is not None:
        if dimension not in table.dimensions:
            raise RatingsError("E-NOTPARTS", dimension=dimension, found=list(table.dimensions))
        table = table.where(table.dimension == table.dimensions.index(dimension))
    when = encode(table.extras[occasion])
    if len(when.values) < 2:
        raise InsufficientDataError("E-FEW", what="test-retest agreement", needed=2, unit="occasions", found=len(when.values))
    y, units = _by_occasion(table, when.codes, len(when.values), unit)
    if len(y) < _FEWEST:
        unit_text = f"{units} rated on every occasion"
        raise InsufficientDataError("E-FEW", what="test-retest agreement", needed=_FEWEST, unit=unit_text, found=len(y))
    return _rows(y, units, level)


test_retest.__test__ = False  # type: ignore[attr-defined]  # no test, whatever its name


def _by_occasion(table: Ratings, when: Ints, n_occasions: int, unit: str) -> tuple[Floats, str]:
    """Units × occasions, complete units only."""
    m = len(table.raters)
    pairs = len(table.people) * max(m, 1)
    y = np.full((pairs, n_occasions), np.nan)
    d = len(table.dimensions)
    for o in range(n_occasions):
        part = table.where(when == o)
        if not len(part) or np.isnan(part.score).all():
            continue
        ratee = np.searchsorted(table.people, part.people)
        rater = np.searchsorted(table.raters, part.raters) if m else np.zeros(0, dtype=np.int64)
        dims = np.searchsorted(table.dimensions, part.dimensions)
        c = part.cells
        r = rater[c.rater] if m else np.zeros(len(c.score), dtype=np.int64)
        found = composite(ratee[c.ratee], r, dims[c.dimension], c.score, np.full(d, 1 / d), len(table.people), max(m, 1))
        y[found.ratee * max(m, 1) + found.rater, o] = found.rater_score
    whole = ~np.isnan(y).any(axis=1)
    if unit == "form":
        return y[whole], "forms"
    ratee = np.arange(pairs)[whole] // max(m, 1)
    count = np.bincount(ratee, minlength=len(table.people))
    sums = np.stack([np.bincount(ratee, y[whole, o], len(table.people)) for o in range(n_occasions)], axis=1)
    return sums[count > 0] / count[count > 0][:, None], "ratees"


def _rows(y: Floats, units: str, level: float) -> pd.DataFrame:
    """Coefficients of units × occasions."""
    n, k = y.shape
    found = intraclass(y, level=level)
    told = f"{n} {units} on {k} occasions; real change between occasions counts as error"
    rows: list[tuple[str, float, float, float, int, str]] = []
    for form, meaning in (("ICC(A,1)", "absolute standing matters"), ("ICC(C,1)", "only the order matters")):
        at = found.forms.index(form)
        flat = "; not defined: the scores do not vary" if np.isnan(found.estimate[at]) else ""
        value, low, high = (float(v[at]) for v in (found.estimate, found.low, found.high))
        rows.append((f"{form} over occasions", value, low, high, n, f"{meaning}; {told}{flat}"))
    within = y - y.mean(axis=1, keepdims=True)
    df = float(n * (k - 1))
    variance = float((within**2).sum()) / df
    tail = (1 - level) / 2
    ends = [df * variance / float(special.chdtri(df, p)) for p in (tail, 1 - tail)]
    error, low, high = (math.sqrt(v) for v in (variance, *ends))
    rows.append(("SEM", error, low, high, n, f"standard deviation of one {units[:-1]} over occasions, shifts included; {told}"))
    scale = smallest_detectable_difference(1.0, level)
    rows.append(("smallest detectable difference", scale * error, scale * low, scale * high, n, f"between two occasions; {told}"))
    if k == 2:
        change = y[:, 1] - y[:, 0]
        half = float(special.stdtrit(n - 1, 1 - tail)) * float(change.std(ddof=1)) / math.sqrt(n)
        mean = float(change.mean())
        rows.append(("mean change", mean, mean - half, mean + half, n, f"second less first occasion; {told}"))
    return pd.DataFrame(rows, columns=list(COLUMNS))

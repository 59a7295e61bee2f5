"""Where ratings stand on the scale: elevation, skewness, ceiling and floor. A description, never called leniency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.bias.category_tables import ends
from rankkit.bias.panel import POWER, REVIEW_Q, Panel, check_settings, panel
from rankkit.errors import Problem, SettingsError
from rankkit.findings import Finding, Findings, pattern
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.share_intervals import clustered_shares
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings

_FEWEST_FOR_SKEWNESS = 20
_FEWEST = 5
_MOST_AT_AN_END = 0.5
_SLACK = 1e-6  # of the shares of a guideline
_SIGNIFICANCE = 0.05  # two-sided, at which minimum detectable effects are stated


def elevation(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    scale: tuple[float, float] | None = None,
    guideline: Mapping[float, float] | None = None,
    review_q: float = REVIEW_Q,
    level: float = 0.95,
    seed: int = 0,  # noqa: ARG001 - every check takes one; nothing is drawn here
) -> Findings:
    r"""Describe where each rater's ratings stand on the scale.

    Ratings above the midpoint are the rule nearly everywhere; that is elevation, not leniency, and no test of the mean
    against the midpoint is a finding. Findings, remarks only, are a pile of ratings at an end of the scale (the
    interval of its share above one half) and, if a distribution was agreed on beforehand, a mean away from it.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        Ratings; self ratings are left out where there are others.
    people : People, optional
        For the names of raters.
    scale : (float, float), optional
        Lowest and highest score; by default as declared with the ratings.
    guideline : mapping of float to float, optional
        Agreed share of every score.
    review_q : float
        False discovery rate of the comparison with the guideline.
    level : float
        Of the intervals.
    seed : int
        Not used.

    Returns
    -------
    Findings
        Table ``elevation``, one row a rater: ``n`` people, ``mean, sd`` of the rater's means over dimensions; ``estimate`` =
        mean − midpoint with ``se`` and interval (over people), ``effect`` = that over the SD, ``pomp`` percent of the
        maximum possible; ``skewness`` g₁ with ``skewness_p`` (D'Agostino, from 20 people); ``ceiling`` and ``floor`` shares of
        all ratings with Wilson intervals (a person's ratings count as far as people differ); with a guideline
        ``departure, moved`` (share of ratings that would have to move), ``p, q, mde``; ``level, reason``.

    Raises
    ------
    RatingsError, InsufficientDataError
        If the table cannot be read, or nothing is left of it.
    SettingsError
        For an impossible setting or guideline.

    References
    ----------
    Saal, Downey & Lahey (1980), Psychological Bulletin 88, 413–428. D'Agostino, Belanger & D'Agostino (1990), American
    Statistician 44, 316–321. Cohen, Cohen, Aiken & West (1999), Multivariate Behavioral Research 34, 315–346, for POMP.

    Examples
    --------
    >>> from rankkit import bias, simulate
    >>> found = bias.elevation(simulate.ratings(40, 5, mean=3.8, seed=3).table)
    >>> found.of("elevation")[["n", "pomp", "ceiling", "level"]].round(2).head(2)
            n   pomp  ceiling level
    rater
    ...
    """
    check_settings(level, review_q)
    start = panel(ratings, people)
    between = ends(start, scale)
    frame = _table(start, between, level)
    refused = () if between is not None else (Problem("E-NOSCALE", column="elevation"),)
    frame["p"], frame["q"], frame["mde"] = np.nan, np.nan, np.nan
    if guideline is not None:
        _against(start, frame, _checked(guideline, between), review_q)
    reason = frame.pop("reason")
    patterns = [*_piled(start, frame, between), *_departed(start, frame)]
    frame["level"] = ["info" if r in {f.unit_id for f in patterns} else "" for r in frame.index]
    frame["reason"] = reason.mask((reason == "") & (guideline is None), "no guideline: a description, nothing is tested")
    return Findings(patterns=tuple(patterns), refused=refused, tables={"elevation": frame}, labels=start.labels)


def _table(start: Panel, between: tuple[float, float] | None, level: float) -> pd.DataFrame:
    c, m = start.composites, len(start.table.raters)
    n = np.bincount(c.rater, minlength=m)
    low, high = between if between is not None else (np.nan, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(c.rater, c.rater_score, m) / n
        d = c.rater_score - mean[c.rater]
        square = np.bincount(c.rater, d**2, m)
        square[square < 1e-12 * np.maximum(np.bincount(c.rater, c.rater_score**2, m), 1e-300)] = 0.0
        sd = np.where(n > 1, np.sqrt(square / (n - 1)), np.nan)
        se = sd / np.sqrt(n)
        estimate = mean - (low + high) / 2
        half = stats.t.ppf((1 + level) / 2, np.maximum(n - 1, 1)) * se
        skewness = np.where((square > 0) & (n > 2), np.bincount(c.rater, d**3, m) / n / (square / n) ** 1.5, np.nan)
        effect = np.where(sd > 0, estimate / sd, np.nan)
        pomp = 100 * (mean - low) / (high - low)
    data = {"n": n, "mean": mean, "sd": sd, "estimate": estimate, "se": se, "ci_low": estimate - half, "ci_high": estimate + half}
    data |= {"effect": effect, "pomp": pomp, "skewness": skewness, "skewness_p": _skewness_p(skewness, n)}
    frame = pd.DataFrame(data, index=start.rater_index())
    cells = start.cells
    for name, at in (("ceiling", high), ("floor", low)):
        hit = cells.score == at
        found = clustered_shares(cells.rater, cells.ratee, hit, m, level)
        unknown = between is None
        for part, values in (("", found.share), ("_low", found.low), ("_high", found.high)):
            frame[name + part] = np.nan if unknown else values
    reason = np.full(m, "", dtype=object)
    reason[sd == 0] = "the same rating for everyone"
    reason[n < 2] = "one person: no spread"
    if between is None:
        reason[:] = "the ends of the scale are not known"
    frame["reason"] = reason
    return frame


def _skewness_p(skewness: Floats, n: Ints) -> Floats:
    """D'Agostino's (1970) test of g₁, from 20 people on."""
    enough = n >= _FEWEST_FOR_SKEWNESS
    k = np.where(enough, n, _FEWEST_FOR_SKEWNESS).astype(np.float64)
    y = skewness * np.sqrt((k + 1) * (k + 3) / (6 * (k - 2)))
    beta2 = 3 * (k**2 + 27 * k - 70) * (k + 1) * (k + 3) / ((k - 2) * (k + 5) * (k + 7) * (k + 9))
    w2 = np.sqrt(2 * (beta2 - 1)) - 1
    z = np.arcsinh(y * np.sqrt((w2 - 1) / 2)) / np.sqrt(0.5 * np.log(w2))
    return np.where(enough, 2 * stats.norm.sf(np.abs(z)), np.nan)


def _checked(guideline: Mapping[float, float], between: tuple[float, float] | None) -> tuple[Floats, Floats]:
    """Scores and shares of a guideline."""
    points, shares = np.array(list(guideline), dtype=np.float64), np.array(list(guideline.values()), dtype=np.float64)
    why = ""
    if not len(points) or not np.isfinite(points).all() or not np.isfinite(shares).all() or (shares < 0).any():
        why = "shares of finite scores, none negative"
    elif abs(float(shares.sum()) - 1) > _SLACK:
        why = f"{float(shares.sum()):g} ≠ 1"
    elif between is not None and ((points < between[0]) | (points > between[1])).any():
        why = f"{between[0]:g}–{between[1]:g}"
    if why:
        raise SettingsError("E-GUIDELINE", why=why)
    return points, shares / shares.sum()


def _against(start: Panel, frame: pd.DataFrame, guideline: tuple[Floats, Floats], review_q: float) -> None:
    """Add the comparison with a guideline: of means over people, and of the shares of scores."""
    points, shares = guideline
    n, se = frame["n"].to_numpy(), frame["se"].to_numpy()
    departure = frame["mean"].to_numpy() - float(points @ shares)
    df = np.maximum(n - 1, 1)
    tested = (n >= _FEWEST) & (se > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = np.where(tested, 2 * stats.t.sf(np.abs(departure / se), df), np.nan)
        mde = (stats.t.ppf(1 - _SIGNIFICANCE / 2, df) + stats.t.ppf(POWER, df)) / np.sqrt(n)
    cells, m = start.cells, len(n)
    values = np.union1d(cells.score, points)
    given = np.bincount(cells.rater * len(values) + np.searchsorted(values, cells.score), minlength=m * len(values)).reshape(m, -1)
    wanted = np.zeros(len(values))
    wanted[np.searchsorted(values, points)] = shares
    frame["departure"] = departure
    frame["moved"] = 0.5 * np.abs(given / np.maximum(given.sum(axis=1, keepdims=True), 1) - wanted).sum(axis=1)
    frame["p"], frame["q"], frame["mde"] = p, benjamini_hochberg(p), mde
    frame["departs"] = np.nan_to_num(frame["q"].to_numpy(), nan=1.0) < review_q
    frame["reason"] = frame["reason"].mask((frame["reason"] == "") & ~tested, "too few people to compare with the guideline")


def _piled(start: Panel, frame: pd.DataFrame, between: tuple[float, float] | None) -> list[Finding]:
    """Raters with most of their ratings at an end of the scale."""
    out: list[Finding] = []
    if between is None:
        return out
    for ident, row in frame.to_dict("index").items():
        rater = str(ident)
        name = start.labels.get(rater, rater)
        for column in ("ceiling", "floor"):
            if row["n"] < _FEWEST or not row[f"{column}_low"] > _MOST_AT_AN_END:
                continue
            numbers: dict[str, Any] = {"estimate": row[column], "ci_low": row[f"{column}_low"], "ci_high": row[f"{column}_high"]}
            numbers |= {"effect": row[column], "effect_name": "share", "family": "elevation × rater", "n": int(row["n"])}
            share, n = f"{row[column]:.0%}", int(row["n"])
            if column == "ceiling":
                details = {"rater": name, "share": share, "high": float(between[1]), "n": n, "people": n}
                out.append(pattern("F-CEILING", "info", "rater", rater, details, **numbers))
            else:
                details = {"rater": name, "share": share, "low": float(between[0]), "n": n, "people": n}
                out.append(pattern("F-FLOORED", "info", "rater", rater, details, **numbers))
    return out


def _departed(start: Panel, frame: pd.DataFrame) -> list[Finding]:
    """Raters whose mean departs from the guideline; such a departure is no error by itself, so a remark at most."""
    if "departs" not in frame:
        return []
    departs = frame.pop("departs")
    out = []
    for ident, row in frame[departs].to_dict("index").items():
        rater = str(ident)
        n = int(row["n"])
        details = {"rater": start.labels.get(rater, rater), "value": f"{abs(row['departure']):.2f}", "moved": f"{row['moved']:.0%}", "n": n}
        numbers = {name: float(row[name]) for name in ("se", "p", "q")}
        numbers |= {"estimate": float(row["departure"]), "effect": float(row["departure"] / row["sd"])}
        family = "guideline × rater"
        code = "F-GUIDEABOVE" if row["departure"] > 0 else "F-GUIDEBELOW"
        out.append(
            pattern(code, "info", "rater", rater, details, **numbers, effect_name="departure / SD", family=family, n=n, design_ok=False)
        )
    return out

"""What a log of incidents says as it stands: counts, balance, rates, lags, new categories."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.errors import Problem
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.multiplicity import benjamini_hochberg, simes
from rankkit.kernels.share_intervals import clustered_shares
from rankkit.tables.incidents import Incidents
from rankkit.tables.text_detectors import wilson

ALL = "(all)"
MONTH = 30.4375  # days
BLOCK = 10  # incidents a row of the saturation table


def counts(table: Incidents) -> pd.DataFrame:
    """Incidents by (``ratee``, ``dimension``): ``positive, neutral, negative, n``; ``(all)`` first."""
    sign = np.sign(table.valence).astype(int)
    dimension = table.entries["dimension"].fillna("–") if "dimension" in table.entries else pd.Series(ALL, index=table.entries.index)
    long = pd.DataFrame({"ratee": table.entries["ratee"], "dimension": dimension, "sign": sign})
    both = pd.concat([long.assign(dimension=ALL), long]) if "dimension" in table.entries else long
    names = {1: "positive", 0: "neutral", -1: "negative"}
    out = both.assign(n=1).pivot_table("n", ["ratee", "dimension"], "sign", aggfunc="sum", fill_value=0)
    out = out.reindex(columns=list(names), fill_value=0)
    silent = [(p, ALL) for p in table.people if p not in set(table.entries["ratee"])]
    out = pd.concat([out, pd.DataFrame(0, index=pd.MultiIndex.from_tuples(silent, names=["ratee", "dimension"]), columns=out.columns)])
    out = out.rename(columns=names).rename_axis(columns=None).sort_index().astype("int64")
    return out.assign(n=out.sum(axis=1))


def balance(table: Incidents, level: float) -> pd.DataFrame:
    """Net balance (p − n)/(p + n) by ``ratee``, with the exact interval of Clopper & Pearson (1934)."""
    positive, negative = _signs(table)
    n = positive + negative
    alpha = 1 - level
    with np.errstate(invalid="ignore"):
        low = np.where(positive > 0, stats.beta.ppf(alpha / 2, positive, negative + 1), 0.0)
        high = np.where(negative > 0, stats.beta.ppf(1 - alpha / 2, positive + 1, negative), 1.0)
        value = (positive - negative) / np.where(n > 0, n, np.nan)
    none = n == 0
    data = {
        "positive": positive.astype("int64"), "negative": negative.astype("int64"), "balance": value,
        "ci_low": np.where(none, np.nan, 2 * low - 1), "ci_high": np.where(none, np.nan, 2 * high - 1),
        "reason": np.where(none, Problem("S-NOINCIDENT").message(), ""),
    }  # fmt: skip
    return pd.DataFrame(data, index=pd.Index(list(table.people), name="ratee"))


def _signs(table: Incidents) -> tuple[Floats, Floats]:
    n = len(table.people)
    return tuple(np.bincount(table.ratee, np.sign(table.valence) == s, n).astype(np.float64) for s in (1, -1))  # type: ignore[return-value]


def observed_months(table: Incidents, days: float) -> tuple[Floats, Bools]:
    """Months × share observed of each person, summed over authors; the whole period where it is not known."""
    n = len(table.people)
    if table.exposure is None:
        return np.full(n, days / MONTH), np.ones(n, dtype=bool)
    place = {p: k for k, p in enumerate(table.people)}
    codes = np.array([place[p] for p in table.exposure["ratee"]])
    months = np.bincount(codes, table.exposure["months"] * table.exposure["observed_share"], n)
    known = np.bincount(codes, minlength=n) > 0
    return np.where(known, months, days / MONTH), ~known


def rates(table: Incidents, days: float, level: float) -> pd.DataFrame:
    """Incidents a month of full observation by ``ratee``, with exact Poisson intervals (Garwood 1936)."""
    months, assumed = observed_months(table, days)
    out: dict[str, Any] = {"months": months, "assumed": assumed}
    alpha = 1 - level
    seen = np.where(months > 0, months, np.nan)
    for name, count in zip(("positive", "negative"), _signs(table), strict=True):
        out |= {
            f"{name}_rate": count / seen,
            f"{name}_low": np.where(count > 0, stats.chi2.ppf(alpha / 2, np.maximum(2 * count, 1)) / 2, 0.0) / seen,
            f"{name}_high": stats.chi2.ppf(1 - alpha / 2, 2 * count + 2) / 2 / seen,
        }
    loggers = loggers_of(table)
    out["authors"] = loggers
    reason = np.where(loggers < 2, Problem("S-ONELOGGER").message(), "").astype(object)
    out["reason"] = np.where(months > 0, reason, Problem("S-NOTOBSERVED").message())
    return pd.DataFrame(out, index=pd.Index(list(table.people), name="ratee"))


def loggers_of(table: Incidents) -> np.ndarray[Any, Any]:
    """Authors who observed each person, or recorded something."""
    pairs = {(r, a) for r, a in zip(table.ratee, table.author, strict=True) if a >= 0}
    if table.exposure is not None:
        place, names = {p: k for k, p in enumerate(table.people)}, {a: k for k, a in enumerate(table.authors)}
        seen = table.exposure[table.exposure["months"] * table.exposure["observed_share"] > 0]
        pairs |= {(place[r], names[a]) for r, a in zip(seen["ratee"], seen["author"], strict=True)}
    codes = np.array(sorted(r for r, _ in pairs), dtype=np.int64)
    return np.bincount(codes, minlength=len(table.people)).astype("int64")


def lags(table: Incidents, period: tuple[float, float] | None, late_days: int, last_days: int, level: float) -> pd.DataFrame:
    """How long after the event each author writes, and how much in the last days of the period, by ``rater``.

    ``late_share`` recorded more than ``late_days`` after; ``last_share`` of the records within the period are of its last
    ``last_days``, ``expected`` (last_days + λ) / days at an even rate and a mean lag λ, as what happened shortly before the end is
    written down by the end; λ is that of all records made before the last days. ``p`` exact binomial, ``q`` over authors. Row
    ``(all)``: shares clustered by author, ``p`` of Simes.
    """
    recorded, lag = table.recorded, np.floor(table.recorded) - np.floor(table.day)
    author = np.where(table.author < 0, len(table.authors), table.author)
    names = [*table.authors, *(["–"] if (table.author < 0).any() else [])]
    earlier = ~np.isnan(lag) & ~_is_last(recorded, period, last_days)
    days = np.nan if period is None else period[1] - period[0] + 1
    expected = min((last_days + (float(lag[earlier].mean()) if earlier.any() else 0.0)) / days, 1.0) if days > 0 else np.nan
    rows = [_author_lags(lag[author == k], recorded[author == k], period, late_days, last_days, expected, level) for k in range(len(names))]
    columns = (
        "n", "dated", "median_lag", "late_share", "late_low", "late_high", "in_period", "last_share", "last_low", "last_high", "expected",
        "p", "reason",
    )  # fmt: skip
    out = pd.DataFrame(rows, columns=list(columns), index=pd.Index(names, name="rater"))
    out.insert(len(columns) - 1, "q", benjamini_hochberg(out["p"].to_numpy(dtype=np.float64)))
    whole = list(_author_lags(lag, recorded, period, late_days, last_days, expected, level))
    for at, keep, hit in (
        (3, ~np.isnan(lag), lag > late_days),
        (7, _inside(recorded, period), _is_last(recorded, period, last_days)),
    ):
        if keep.any():
            found = clustered_shares(np.zeros(int(keep.sum()), dtype=np.int64), author[keep], hit[keep], 1, level)
            whole[at : at + 3] = [float(found.share[0]), float(found.low[0]), float(found.high[0])]
    whole[11] = simes(out["p"].to_numpy(dtype=np.float64))
    out.loc[ALL] = [*whole[:12], np.nan, whole[12] or Problem("S-SIMES").message()]
    return out.astype({"n": "int64", "dated": "int64", "in_period": "int64"})


def _inside(recorded: Floats, period: tuple[float, float] | None) -> Bools:
    if period is None:
        return np.zeros(len(recorded), dtype=bool)
    with np.errstate(invalid="ignore"):
        return np.asarray((recorded >= period[0]) & (recorded < period[1] + 1))


def _is_last(recorded: Floats, period: tuple[float, float] | None, last_days: int) -> Bools:
    end = np.nan if period is None else period[1]
    with np.errstate(invalid="ignore"):
        return np.asarray(recorded >= end + 1 - last_days)


def _author_lags(
    lag: Floats, recorded: Floats, period: tuple[float, float] | None, late_days: int, last_days: int, share: float, level: float
) -> tuple[Any, ...]:
    dated = ~np.isnan(lag)
    n = int(dated.sum())
    late = wilson(int((lag[dated] > late_days).sum()), n, level)
    inside = _inside(recorded, period)
    k = int(inside.sum())
    last = int((inside & _is_last(recorded, period, last_days)).sum())
    p = float(stats.binomtest(last, k, share).pvalue) if k and period is not None else np.nan
    reason = Problem("S-NORECORDDATE").message() if not n else Problem("S-NOPERIOD").message() if period is None else ""
    return (len(lag), n, float(np.median(lag[dated])) if n else np.nan, *late, k, *wilson(last, k, level), share, p, reason)


def saturation(table: Incidents) -> pd.DataFrame:
    """New categories in each ten incidents in order of time.

    ``coverage`` is Good's (1953) estimate of the share of further incidents that fall into known categories, ``unseen`` the
    categories not yet met by Chao (1984). Categories are those of the column ``category``, else the dimensions.
    """
    name = next((c for c in ("category", "dimension") if c in table.entries), None)
    columns = ["incidents", "new", "known", "coverage", "unseen"]
    if name is None:
        return pd.DataFrame(columns=columns, index=pd.Index([], name="block"))
    known = table.entries[[name, "occurred_on"]].dropna()
    ordered = known.sort_values(["occurred_on", name], kind="stable")[name].tolist()
    rows, seen = [], dict[str, int]()
    for start in range(0, len(ordered), BLOCK):
        part, before = ordered[start : start + BLOCK], len(seen)
        for value in part:
            seen[value] = seen.get(value, 0) + 1
        once, twice = (sum(v == k for v in seen.values()) for k in (1, 2))
        total = start + len(part)
        rows.append((total, len(seen) - before, len(seen), 1 - once / total, once * (once - 1) / (2 * (twice + 1))))
    return pd.DataFrame(rows, columns=columns, index=pd.RangeIndex(1, len(rows) + 1, name="block"))

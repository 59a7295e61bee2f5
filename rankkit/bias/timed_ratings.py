"""Ratings with the time at which they were given: one value a rater, person and sitting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from rankkit.bias import rating_columns
from rankkit.bias.panel import Panel
from rankkit.errors import Problem, SettingsError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.tables.text import encode

Time = Literal["auto", "rated_at", "cycle", "occasion", "order"]
TIMES: tuple[Time, ...] = ("rated_at", "cycle", "occasion", "order")


@dataclass(frozen=True, eq=False)
class TimedRatings:
    """What a rater thought of a person, and when.

    Attributes
    ----------
    ratee, rater : ndarray of int, shape (n,)
        Codes in the table.
    period : ndarray of int, shape (n,)
        Cycle and occasion; people may differ from one to the next.
    score : ndarray, shape (n,)
        Mean over dimensions, scale points.
    clock : ndarray, shape (n,)
        Time as given: days, number of the cycle or occasion, place.
    moment : ndarray of int, shape (n,)
        The same with ties broken by ``rated_at`` and ``order`` where there are these, as a rank.
    t : ndarray, shape (n,)
        The same in ``unit``s, centred.
    anchor : ndarray of bool, shape (n,)
        Whether the person is a calibration vignette.
    time, unit, unit_zh : str
        Column used, and what one unit of ``t`` is, in English and Chinese.
    """

    ratee: Ints
    rater: Ints
    period: Ints
    score: Floats
    clock: Floats
    moment: Ints
    t: Floats
    anchor: Bools
    time: str
    unit: str
    unit_zh: str

    def only(self, keep: Bools) -> TimedRatings:
        """Keep some of them."""
        return TimedRatings(
            self.ratee[keep], self.rater[keep], self.period[keep], self.score[keep], self.clock[keep], self.moment[keep],
            self.t[keep], self.anchor[keep], self.time, self.unit, self.unit_zh,
        )  # fmt: skip


def timed_ratings(panel: Panel, time: Time, per: float | None) -> TimedRatings | Problem:
    """Average the dimensions of each sitting, and read its time.

    Parameters
    ----------
    panel : Panel
        Ratings.
    time : str
        Column, or ``auto``: the first of ``rated_at, cycle, occasion, order`` that has two values.
    per : float or None
        Days (or steps) one unit is long. By default a cycle or occasion; with ``rated_at`` the whole time observed, divided
        by the number of cycles; with ``order`` the longest sitting.

    Returns
    -------
    TimedRatings or Problem
        The problem if there is no such column, or only one time.

    Raises
    ------
    SettingsError
        If ``time`` is not one of these, or ``per`` not positive.
    RatingsError
        If its cells cannot be read.
    """
    if time not in ("auto", *TIMES):
        raise SettingsError("E-SETTING", name="time", value=time, allowed=["auto", *TIMES])
    if per is not None and not 0 < per < np.inf:
        raise SettingsError("E-SETTING", name="per", value=per, allowed="a positive number")
    table = panel.table
    rated = ~np.isnan(table.score)
    for name in TIMES if time == "auto" else (time,):
        if not rating_columns.has(table, name):
            continue
        clock = clock_of(panel, name)
        use = rated & ~np.isnan(clock)
        if use.any() and np.ptp(clock[use]) > 0:
            return _averaged(panel, np.flatnonzero(use), clock, name, per)
    return Problem("E-NOTIMES", None, "drift", None, {"needed": list(TIMES) if time == "auto" else [time]})


def clock_of(panel: Panel, name: str) -> Floats:
    """Time of every row, ``nan`` where blank."""
    table = panel.table
    if name == "rated_at":
        return rating_columns.time_column(table, name)
    if name == "order":
        return rating_columns.number_column(table, name)
    coded = encode(table.extras[name])
    numbered = all(v.isdecimal() for v in coded.values)
    order = sorted(range(len(coded.values)), key=lambda k: (int(coded.values[k]) if numbered else 0, coded.values[k]))
    step = np.full(len(coded.values) + 1, np.nan)
    step[order] = np.arange(len(order))
    return step[coded.codes]


def _averaged(panel: Panel, use: Ints, clock: Floats, name: str, per: float | None) -> TimedRatings:
    """One row a sitting and person."""
    table = panel.table
    dimension, score = table.dimension[use], table.score[use]
    n_d = np.maximum(np.bincount(dimension), 1)
    level = np.bincount(dimension, score) / n_d
    centred = score - level[dimension] + score.mean()  # a dimension left out moves nothing
    period, sitting = rating_columns.periods(table)[use], rating_columns.sittings(table)[use]
    key, place = np.unique(sitting * len(table.people) + table.ratee[use], return_inverse=True)
    n = np.bincount(place)
    first = np.zeros(len(key), dtype=np.int64)
    first[place[::-1]] = np.arange(len(use))[::-1]
    anchor = rating_columns.true_column(table, "anchor") if rating_columns.has(table, "anchor") else np.zeros(len(table), dtype=bool)
    when = np.bincount(place, clock[use]) / n
    span = float(np.ptp(when)) or 1.0
    length, *unit = _unit(table.extras, name, span, per)
    return TimedRatings(
        table.ratee[use][first], table.rater[use][first], period[first], np.bincount(place, centred) / n, when,
        _moments(panel, use, place, when), (when - when.mean()) / length, anchor[use][first], name, *unit,
    )  # fmt: skip


def _moments(panel: Panel, use: Ints, place: Ints, when: Floats) -> Ints:
    """Rank of each sitting and person in time, the finest the columns tell."""
    keys = [when]
    for name in ("rated_at", "order"):
        if rating_columns.has(panel.table, name):
            fine = np.nan_to_num(clock_of(panel, name)[use])
            keys.append((np.bincount(place, fine) / np.bincount(place)).round(9))
    order = np.lexsort(keys[::-1])
    new = np.logical_or.reduce([np.diff(key[order], prepend=key[order][:1]) != 0 for key in keys])
    out = np.empty(len(when), dtype=np.int64)
    out[order] = np.cumsum(new)
    return out


def _unit(extras: pd.DataFrame, name: str, span: float, per: float | None) -> tuple[float, str, str]:
    """Length of one unit of time, and its name in English and Chinese."""
    if per is not None:
        return (per, f"{per:g} days", f"{per:g} 天") if name == "rated_at" else (per, f"{per:g} steps of {name}", f"{per:g} 个 {name}")
    if name in ("cycle", "occasion"):
        return 1.0, name, {"cycle": "周期", "occasion": "轮"}[name]
    if name == "order":
        return span, f"sitting of {span + 1:g}", f"次（{span + 1:g} 人）"
    cycles = max(len(encode(extras["cycle"]).values), 1) if "cycle" in extras else 1
    days = f"{span / cycles:.4g}"
    return (span / cycles, f"cycle of {days} days", f"周期（{days} 天）") if cycles > 1 else (span, f"{days} days", f"{days} 天")

"""How a ranking came about: who was shown, who was picked when and at which end, and whether that fits the ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import Problem
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.tables import numbers
from rankkit.tables.judgements import Intake
from rankkit.tables.text import as_text, distinct

STATUSES = ("ranked", "unranked", "not_presented", "not_known", "withdrawn")
RANKED, UNRANKED, NOT_PRESENTED, NOT_KNOWN, WITHDRAWN = range(5)
ENDS = ("best", "worst")
BEST, WORST = 0, 1

_STATUS_WORDS = {
    **{word: code for code, word in enumerate(STATUSES)},
    **dict.fromkeys(["已排序", "已排名", "已排"], RANKED),
    **dict.fromkeys(["未排序", "未排名", "未排", "剩余", "剩餘"], UNRANKED),
    **dict.fromkeys(["未呈现", "未呈現", "未展示", "未出示", "未列入"], NOT_PRESENTED),
    **dict.fromkeys(["不了解", "不瞭解", "不熟悉", "不认识", "不認識"], NOT_KNOWN),
    **dict.fromkeys(["退出", "撤回", "已撤回"], WITHDRAWN),
}
_END_WORDS = {
    **{word: code for code, word in enumerate(ENDS)},
    **dict.fromkeys(["top", "最好", "最佳", "最优", "最優", "好"], BEST),
    **dict.fromkeys(["bottom", "最差", "差"], WORST),
}
_TRUE_WORDS = {
    **dict.fromkeys(["true", "yes", "y", "1", "是"], 1),
    **dict.fromkeys(["false", "no", "n", "0", "否"], 0),
}


@dataclass(frozen=True)
class Picks:
    """What a table of rankings says beside the ranks.

    Attributes
    ----------
    status : ndarray of int, shape (rows,)
        Position in :data:`STATUSES`.
    pick : ndarray of int, shape (rows,)
        Number of the pick in its list, from 1; -1 = not picked.
    end : ndarray of int, shape (rows,)
        Position in :data:`ENDS`; -1 = not picked.
    forced : ndarray of bool, shape (rows,)
        Placed without a choice, as the last one.
    given : bool
        Whether a status was given in words.
    """

    status: Ints
    pick: Ints
    end: Ints
    forced: Bools
    given: bool


def read_picks(intake: Intake, rank: Floats, unreadable: Bools) -> Picks:
    """Read ``status, pick, end, forced``; what cannot be read is reported, and treated as blank.

    Parameters
    ----------
    intake : Intake
        The table being read.
    rank : ndarray, shape (rows,)
        The ranks; ``nan`` = none.
    unreadable : ndarray of bool, shape (rows,)
        Cells with a rank that is none: nothing follows from them.

    Returns
    -------
    Picks
        With the default status, ``ranked`` where there is a rank and ``unranked`` elsewhere.

    Examples
    --------
    >>> from rankkit.tables.rankings import Rankings
    >>> frame = pd.DataFrame({"end": ["最好", None]})
    >>> read_picks(Intake(Rankings, frame, None, None, None), np.array([1.0, np.nan]), np.zeros(2, bool)).end
    array([ 0, -1])
    """
    ranked = ~np.isnan(rank)
    status = _coded(intake, "status", _STATUS_WORDS, "E-STATUS")
    given = status >= 0
    sure = given & ~unreadable
    for k in np.flatnonzero(sure & (status != RANKED) & ranked).tolist():
        _report(intake, "E-STATUSRANK", k, "status", status=STATUSES[status[k]])
    for k in np.flatnonzero(sure & (status == RANKED) & ~ranked).tolist():
        _report(intake, "E-NORANK", k, "status")
    status = np.where(given, status, np.where(ranked, RANKED, UNRANKED))
    pick = np.full(len(rank), -1, dtype=np.int64)
    odd = np.zeros(len(rank), dtype=bool)
    if intake.has("pick"):
        value, odd = numbers.parse(intake.column("pick"))
        with np.errstate(invalid="ignore"):
            odd |= (value < 1) | (value % 1 != 0) & ~np.isnan(value)
        intake.at("E-PICK", odd, "pick")
        pick = np.where(np.isnan(value) | odd, -1, value).astype(np.int64)
    forced = _coded(intake, "forced", _TRUE_WORDS, "E-FORCED") == 1
    end = _coded(intake, "end", _END_WORDS, "E-END")
    _check_pairing(intake, pick, end, forced, ranked | unreadable, odd)
    return Picks(status, pick, end, forced, bool(given.any()))


def _coded(intake: Intake, column: str, words: dict[str, int], code: str) -> Ints:
    """Codes of the words of a column, -1 where blank; other words are reported."""
    if not intake.has(column):
        return np.full(len(intake.user_frame), -1, dtype=np.int64)
    raw, cells = distinct(intake.column(column))
    texts = [as_text(cell) for cell in cells]
    lookup = [-1 if t is None else words.get("_".join(t.casefold().replace("-", " ").split()), -2) for t in texts]
    codes = np.array([*lookup, -1], dtype=np.int64)[raw]
    intake.at(code, codes == -2, column)
    return codes


def _check_pairing(intake: Intake, pick: Ints, end: Ints, forced: Bools, ranked: Bools, odd: Bools) -> None:
    """A pick has an end and a rank, an end has a pick, and nobody is both picked and placed without a choice."""
    picked = pick >= 0
    unread = odd | (end == -2)
    for k in np.flatnonzero((picked != (end >= 0)) & ~unread & ~forced).tolist():
        here, missing = ("pick", "end") if picked[k] else ("end", "pick")
        _report(intake, "E-PICKEND", k, here, given=here, missing=missing)
    for k in np.flatnonzero((picked | forced) & ~ranked).tolist():
        _report(intake, "E-PICKNORANK", k, "pick" if picked[k] else "forced")
    for k in np.flatnonzero(forced & (picked | (end >= 0))).tolist():
        _report(intake, "E-FORCEDPICK", k, "forced")


def check_lists(intake: Intake, which: Ints, rank: Floats, picks: Picks, names: Sequence[tuple[str, str]]) -> None:
    """Report lists whose picks contradict their ranks, and lists in which two people were the last one.

    The best picks take places from the top and the worst picks from the bottom, in the order of the picks; people
    picked together share number, end and rank; everybody else who is ranked stands between, on one shared rank.

    Parameters
    ----------
    intake : Intake
        The table being read, without problems in single cells.
    which : ndarray of int, shape (rows,)
        List of each row.
    rank : ndarray, shape (rows,)
        The ranks.
    picks : Picks
        What was read.
    names : sequence of (str, str), length rows
        Rater and ratee of each row.

    Examples
    --------
    >>> from rankkit.errors import RankingsError
    >>> from rankkit.tables.rankings import Rankings
    >>> late = pd.DataFrame({"rater": "r", "ratee": ["a", "b"], "rank": [1, 2], "pick": [2, 1], "end": ["best", "best"]})
    >>> try:
    ...     _ = Rankings.from_frame(late)
    ... except RankingsError as e:
    ...     print(e.codes, e.items[0].row)
    ('E-PICKORDER',) 2
    """
    for group in _repeated(which, picks.forced):
        who = sorted({names[k][1] for k in group})
        _report(intake, "E-TWOFORCED", group[1], "forced", rater=names[group[0]][0], who=who)
    for k in _out_of_order(which, rank, picks):
        _report(intake, "E-PICKORDER", k, "pick" if picks.pick[k] >= 0 else "rank", rater=names[k][0], ratee=names[k][1])


def _repeated(which: Ints, mask: Bools) -> list[list[int]]:
    """Rows where the mask is true, by list, of the lists with more than one."""
    at = np.flatnonzero(mask)
    at = at[np.argsort(which[at], kind="stable")]
    groups = np.split(at, np.flatnonzero(np.diff(which[at])) + 1)
    return [group.tolist() for group in groups if len(group) > 1]


def _out_of_order(which: Ints, rank: Floats, picks: Picks) -> list[int]:
    """Find the row, one a list, at which picks and ranks first disagree."""
    lists = pd.DataFrame({"which": which, "rank": rank, "pick": picks.pick, "end": picks.end})[~np.isnan(rank)]
    lists = lists[lists["which"].isin(which[picks.pick >= 0])].reset_index(names="row")
    if not len(lists):
        return []
    picked = lists[lists["pick"] >= 0].sort_values(["which", "pick", "rank", "end", "row"])
    by_pick = picked.groupby(["which", "pick"])
    wrong = [picked[(picked["rank"] != by_pick["rank"].transform("first")) | (picked["end"] != by_pick["end"].transform("first"))]]
    for end, sign in ((BEST, 1), (WORST, -1)):
        side = picked[picked["end"] == end]
        before = side.groupby("which")[["pick", "rank"]].shift()
        wrong.append(side[(side["pick"] != before["pick"]) & (sign * (side["rank"] - before["rank"]) <= 0)])
    rest = lists[lists["pick"] < 0].copy()
    top = picked[picked["end"] == BEST].groupby("which")["rank"].max()
    bottom = picked[picked["end"] == WORST].groupby("which")["rank"].min()
    rest["top"], rest["bottom"] = rest["which"].map(top), rest["which"].map(bottom)
    apart = rest["rank"] != rest.groupby("which")["rank"].transform("min")
    wrong.append(rest[(rest["rank"] <= rest["top"]) | (rest["rank"] >= rest["bottom"]) | apart])
    worst = picked[picked["end"] == WORST]
    wrong.append(worst[worst["rank"] <= worst["which"].map(top)])
    found = pd.concat(wrong).sort_values("row").drop_duplicates("which")
    return [int(k) for k in found["row"]]


def _report(intake: Intake, code: str, k: int, column: str, **details: Any) -> None:
    """Add a problem of one cell; the column may be ours alone."""
    shown = intake.shown(column) if intake.has(column) else column
    value = intake.column(column).iloc[k] if intake.has(column) else None
    intake.problems.append(Problem(code, int(intake.rows[k]), shown, value, details))

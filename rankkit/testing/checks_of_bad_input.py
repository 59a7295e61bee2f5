"""Checks of what cannot be answered: it is refused in words, or said in a status; never a number, never a raw exception."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import DataError, PeopleError, RankkitError
from rankkit.result import Result
from rankkit.tables.attributes import Attributes
from rankkit.tables.comparisons import Comparisons
from rankkit.tables.people import People
from rankkit.tables.rankings import Rankings
from rankkit.tables.ratings import Ratings
from rankkit.testing import alterations
from rankkit.testing.contract import ContractViolation, NotApplicable, check, require
from rankkit.testing.sameness import difference
from rankkit.testing.trial import Trial, attempt, unexplained

_HEADER = 2  # spreadsheet row of the first record
_BAD_ROW = 1  # position of the record that is spoilt

Bad = tuple[str, pd.DataFrame, str, int | None]  # what is wrong, the frame, the code expected, the row it must name


@check
def bad_table(trial: Trial) -> NotApplicable | None:
    """A bad table is refused with the code, the row and the remedy of what is wrong, in English and Chinese."""
    fit = trial.assessment.fit
    if trial.through is not None:
        _check_refused("a table instead of a result", DataError, "E-TYPE", None, fit, alterations.plain(trial.table))
        _check_refused("a result without scores", RankkitError, None, None, fit, _without_scores(trial.source()))
        return None
    kinds = [_bad_ratings, _bad_comparisons, _bad_rankings]
    found = [bad for kind in kinds for bad in kind(trial)]
    if not found:
        return NotApplicable("no bad table of this kind is known")
    for what, frame, code, row in found:
        _check_refused(what, type(trial.table).error, code, row, fit, frame)
    return None


def _check_refused(
    what: str, kind: type[RankkitError], code: str | None, row: int | None, fit: Callable[..., Any], *args: Any, **settings: Any
) -> None:
    """Call what must raise this kind of error, with this code for this row."""
    try:
        fit(*args, **settings)
    except kind as error:
        require(code is None or code in error.codes, f"{what}: the error says {error.codes}, not {code}")
        require(not unexplained(error), f"{what}: {unexplained(error)}")
        require(len(error.problems) == len(error.items), f"{what}: err.problems does not list every problem")
        require(error.text("en") != error.text("zh"), f"{what}: the error is not said in Chinese")
        if row is not None:
            rows = [p.row for p in error.items if p.code == code]
            require(rows == [row], f"{what}: the error names rows {rows}, wrong is row {row}")
    except Exception as error:
        raise ContractViolation(f"{what}: raised {type(error).__name__}, not {kind.__name__}: {error}") from error
    else:
        raise ContractViolation(f"{what}: was accepted")


def _without_scores(result: Result) -> Result:
    n = len(result.people)
    return replace(
        result,
        estimate=np.full(n, np.nan),
        covariance=None,
        joint_covariance=None,
        se_basis="none",
        status=tuple(["not_scored"] * n),
        parts={},
    )


def _spoilt(frame: pd.DataFrame, column: str, value: Any) -> pd.DataFrame:
    """Put a value into one cell."""
    cells = frame[column].astype(object).tolist()
    cells[_BAD_ROW] = value
    return frame.assign(**{column: pd.Series(cells, index=frame.index, dtype=object)})


def _common(frame: pd.DataFrame, required: tuple[str, ...], person: str) -> Iterator[Bad]:
    yield "no table at all", pd.DataFrame(), "E-EMPTY", None
    yield "a header only", frame.iloc[:0], "E-HEADERONLY", None
    for column in required:
        yield f"no column {column}", frame.drop(columns=column), "E-COLS", None
    yield f"a blank {person}", _spoilt(frame, person, " "), "E-BLANK", _BAD_ROW + _HEADER


def _bad_ratings(trial: Trial) -> Iterator[Bad]:
    if not isinstance(trial.table, Ratings):
        return
    frame = alterations.plain(trial.table)
    if trial.table.averaged_over:
        frame = frame.assign(rater="form")
    yield from _common(frame, ("rater", "ratee", "score"), "ratee")
    yield "a word for a score", _spoilt(frame, "score", "plenty"), "E-NUMBER", _BAD_ROW + _HEADER
    yield "a rating given twice", pd.concat([frame, frame.iloc[[_BAD_ROW]]], ignore_index=True), "E-DUP", len(frame) + _HEADER
    yield "no score at all", frame.assign(score=np.nan), "E-ALLMISSING", None


def _bad_comparisons(trial: Trial) -> Iterator[Bad]:
    if not isinstance(trial.table, Comparisons):
        return
    frame = alterations.plain(trial.table)
    sided = trial.table.sided
    first, second = ("left", "right") if sided else ("winner", "loser")
    yield from _common(frame, (first, second), second)
    labels = [c for c in frame.columns if c.endswith("_label")]
    alone = frame.drop(columns=labels)
    yield "somebody compared with themselves", _spoilt(alone, first, alone[second].iloc[_BAD_ROW]), "E-SELFPAIR", _BAD_ROW + _HEADER
    yield "a count below zero", _spoilt(frame, "count", -1), "E-COUNT", _BAD_ROW + _HEADER
    if sided:
        yield "an unknown outcome", _spoilt(frame, "outcome", "perhaps"), "E-OUTCOME", _BAD_ROW + _HEADER
        yield "nothing decided", frame.assign(outcome="skip"), "E-NOCOMPARISON", None
    else:
        yield "nothing decided", frame.assign(count=0.0), "E-NOCOMPARISON", None


def _bad_rankings(trial: Trial) -> Iterator[Bad]:
    if not isinstance(trial.table, Rankings):
        return
    frame = alterations.plain(trial.table)
    yield from _common(frame, ("rater", "ratee", "rank"), "ratee")
    yield "a word for a rank", _spoilt(frame, "rank", "plenty"), "E-RANK", _BAD_ROW + _HEADER
    yield "no rank at all", frame.assign(rank=np.nan), "E-ALLMISSING", None
    yield "somebody ranked twice", pd.concat([frame, frame.iloc[[_BAD_ROW]]], ignore_index=True), "E-DUPRANK", len(frame) + _HEADER
    yield (
        "an unknown status",
        frame.assign(status=["lost" if k == _BAD_ROW else "" for k in range(len(frame))]),
        "E-STATUS",
        _BAD_ROW + _HEADER,
    )
    if "end" in frame:
        yield "a third end", _spoilt(frame, "end", "middle"), "E-END", _BAD_ROW + _HEADER


@check
def one_person_or_rater(trial: Trial) -> NotApplicable | None:
    """One person, one rater or judgements that are all equal give a status, a note or an explained error."""
    tables = alterations.small_tables(trial.table)
    if not tables:
        return NotApplicable("no smaller table of this kind is known")
    for what, frame in tables.items():
        _, text = attempt(trial, alterations.rebuilt, trial.table, frame)
        require(not text, f"{what}: {text}")
    return None


@check
def protected(trial: Trial) -> NotApplicable | None:
    """Protected attributes cannot be given to a scoring call, and in a column of their own they change nothing."""
    ids = list(trial.table.people)
    for values in (["f", "m"], ["m", "f"]):
        given = [values[k % 2] for k in range(len(ids))]
        attributes = Attributes.from_frame(pd.DataFrame({"person": ids, "attribute": "gender", "value": given}))
        _check_refused("attributes as people", PeopleError, "E-ATTRIBUTES", None, trial.fit, people=attributes)
        _check_refused("attributes as data", RankkitError, None, None, trial.assessment.fit, attributes)
        known = pd.DataFrame({"person": ids, "gender": given})
        _check_refused("people with a gender", PeopleError, "E-ATTR", None, People.from_frame, known)
        frame = alterations.plain(trial.table).assign(gender=[values[k % 2] for k in range(len(trial.table))])
        text = difference(trial.result, trial.fit(alterations.rebuilt(trial.table, frame)))
        require(not text, f"a column with protected attributes changes the result: {text}")
    return None

"""Checks of what leaves a result: archives, tables, pictures, and what each audience may read."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from rankkit import plot
from rankkit.result import Result
from rankkit.testing import alterations
from rankkit.testing.contract import ContractViolation, NotApplicable, check, require
from rankkit.testing.trial import Trial

HOSTILE = ("<script>alert(1)</script>", "=1+1", "@SUM(A1)", "王\n伟", "𠮷野", '🙂 & "co"', "'; --", "{{ 7*7 }}")
_DIGITS = 6  # a score written to this many digits is recognisable


@check
def pickles(trial: Trial) -> NotApplicable | None:
    """A result survives pickling."""
    result = trial.result
    copy = pickle.loads(pickle.dumps(result))  # noqa: S301 - our own bytes
    require(type(copy) is type(result), f"a {type(result).__name__} comes back as {type(copy).__name__}")
    require(copy.to_json() == result.to_json(), "a result differs after pickling")
    pd.testing.assert_frame_equal(copy.scores, result.scores)
    return None


@check
def json(trial: Trial) -> NotApplicable | None:
    """A result written as JSON reads back equal: scores, covariance, tables, messages, settings, provenance and type."""
    result = trial.result
    copy = type(result).from_json(result.to_json())
    require(type(copy) is type(result), f"a {type(result).__name__} comes back as {type(copy).__name__}")
    require(copy.to_json() == result.to_json(), "a result differs after JSON")
    pairs = {name: (getattr(result, name), getattr(copy, name)) for name in ("scores", "messages", "findings", "reliability")}
    if result.dimensions is not None:
        require(copy.dimensions is not None, "dimensions are lost")
        pairs["dimensions"] = (result.dimensions, copy.dimensions)
    require(list(result.tables()) == list(copy.tables()), "tables are lost")
    pairs |= {name: (frame, copy.tables()[name]) for name, frame in result.tables().items()}
    for name, (a, b) in pairs.items():
        try:
            pd.testing.assert_frame_equal(a, b, check_exact=True)
        except AssertionError as error:
            raise ContractViolation(f"{name} after JSON: {error}") from error
    require(dict(copy.settings) == dict(result.settings), "settings differ after JSON")
    require(dict(copy.provenance) == dict(result.provenance), "provenance differs after JSON")
    require((copy.covariance is None) == (result.covariance is None), "the covariance is lost")
    if result.covariance is not None and copy.covariance is not None:
        require(np.array_equal(copy.covariance.dense(), result.covariance.dense()), "the covariance differs after JSON")
    return None


@check
def people_names(trial: Trial) -> NotApplicable | None:
    """Display names of a list of people appear in scores, dimensions and tables, and change nothing else."""
    labels = {p: f"Name of {p}" for p in trial.table.people}
    result = trial.fit(people=trial.named(labels))
    frames = {"scores": result.scores, **({} if result.dimensions is None else {"dimensions": result.dimensions})}
    frames |= {name: frame for name, frame in result.tables().items() if "label" in frame.columns and "ratee" in frame.index.names}
    for name, frame in frames.items():
        wrong = [p for p, label in zip(frame.index.get_level_values("ratee"), frame["label"], strict=True) if label != labels[p]]
        require(not wrong, f"{name} does not show the display names of {wrong[:5]}")
    pd.testing.assert_frame_equal(result.scores.drop(columns="label"), trial.result.scores.drop(columns="label"))
    return None


@check
def representation(trial: Trial) -> NotApplicable | None:
    """``repr`` and ``_repr_html_`` are text whatever people are called, and HTML runs nothing."""
    labels = {p: f"{HOSTILE[k % len(HOSTILE)]} {k}" for k, p in enumerate(trial.table.people)}
    result = trial.fit(people=trial.named(labels))
    texts = {"repr of the settings": repr(trial.assessment), "repr": repr(result), "_repr_html_": result._repr_html_()}
    for name, text in texts.items():
        require(isinstance(text, str) and text.strip(), f"{name} is no text")
    require("<script" not in texts["_repr_html_"].lower(), "_repr_html_ lets a display name be a script")
    return None


@check
def tables(trial: Trial) -> NotApplicable | None:
    """The tables a method adds are DataFrames with distinct columns named in words."""
    for name, frame in trial.result.tables().items():
        require(isinstance(name, str) and name, f"a table is called {name!r}")
        require(isinstance(frame, pd.DataFrame), f"{name} is a {type(frame).__name__}")
        odd = [c for c in frame.columns if not isinstance(c, str)]
        require(not odd, f"{name} has columns {odd}")
        require(frame.columns.is_unique, f"{name} has a column twice")
    return None


@check
def plots(trial: Trial) -> NotApplicable | None:
    """Every plot a result offers is drawn from numbers it hands out."""
    kinds = plot.kinds(trial.result)
    if not kinds:
        return NotApplicable("there is nothing to draw")
    for kind in kinds:
        require(len(trial.result.plot_data(kind).table), f"{kind} has no numbers")
        ax = trial.result.plot(kind)
        require(isinstance(ax, Axes), f"{kind} is a {type(ax).__name__}, not Axes")
        require(ax.has_data() or ax.texts, f"{kind} draws nothing")
        ax.figure.clear()
    return None


@check
def release_ratee(trial: Trial) -> NotApplicable | None:
    """What one person may read names nobody else and holds nobody else's score."""
    result, labels = _anonymised(trial)
    ids = list(result.people)
    for own in dict.fromkeys((ids[0], ids[-1])):
        frame = result.release("ratee", ratee=own)
        require(list(frame.index) == [own], f"the release for {own} has rows of {list(frame.index)[:5]}")
        others = {x for p in labels if p != own for x in (p, labels[p])}
        scores = [f"{s:.{_DIGITS}g}" for p, s in result.scores["score"].dropna().items() if p != own]
        mine = {f"{v:.{_DIGITS}g}" for v in frame.select_dtypes("number").to_numpy(dtype=float, na_value=np.nan).ravel()}
        telling = [s for s in scores if len(s.strip("-0.").replace(".", "")) >= _DIGITS - 1 and s not in mine]
        report = _report(result, audience="ratee", ratee=own)
        require("<script" not in report.lower(), "the report lets a display name be a script")
        for name, text in (("release", frame.to_csv()), ("report", report)):
            _check_absent(text, others, f"the {name} for {own} names")
            _check_absent(text, telling, f"the {name} for {own} holds somebody else's score")
    return None


@check
def release_research(trial: Trial) -> NotApplicable | None:
    """What research may read names nobody."""
    result, labels = _anonymised(trial)
    names = {x for p, label in labels.items() for x in (p, label)}
    frame = result.release("research", key=b"secret")
    require(len(frame) == len(result.people), "the release for research leaves people out")
    _check_absent(frame.to_csv(), names, "the release for research names")
    _check_absent(_report(result, audience="research"), names, "the report for research names")
    return None


def _anonymised(trial: Trial) -> tuple[Result, dict[str, str]]:
    """Fit with ids and names that occur nowhere else, so that a plain search finds them; raters are to be found too."""
    ids = {p: f"Qx{k:05d}Q" for k, p in enumerate(alterations.everyone(trial.table))}
    names = {ids[p]: f"Label{k:05d}L" for k, p in enumerate(trial.table.people)}
    people = trial.named({p: f"<script>{name}" for p, name in names.items()})
    return trial.fit(alterations.renamed(trial.table, ids), people=people), {**{i: i for i in ids.values()}, **names}


def _report(result: Result, audience: str, ratee: str | None = None) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = result.to_report(Path(folder) / "report.html", audience=audience, ratee=ratee)  # type: ignore[arg-type]
        return path.read_text(encoding="utf-8")


def _check_absent(text: str, words: Iterable[str], what: str) -> None:
    found = sorted(w for w in words if w in text)
    require(not found, f"{what} {found[:5]}")

"""Tables as a page shows them: headings and cells with their kind, still without any markup."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import Lang
from rankkit.report import numbers, terms
from rankkit.report.words import say

_DIRECTIONS = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))  # marks that could show a name backwards
_CONTROL = dict.fromkeys((*range(32), *range(127, 160), 0x2028, 0x2029, *_DIRECTIONS), " ")
_PAIRED = {"ci_low": ("ci_high", "interval"), "rank_low": ("rank_high", "rank_set")}


@dataclass(frozen=True)
class Cell:
    """One cell: ``kind`` is text, number, person, status or bar; ``note`` stands below or beside the text."""

    text: str
    kind: str = "text"
    note: str = ""
    bar: tuple[float, float, float] | None = None  # from, at, to in percent of the axis


@dataclass(frozen=True)
class Heading:
    """Heading of a column and whether it stands over numbers."""

    text: str
    number: bool = False


@dataclass(frozen=True)
class Grid:
    """One table of a page."""

    title: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def has_bars(self) -> bool:
        """Tell whether a column holds bars."""
        return bool(self.rows) and any(cell.kind == "bar" for cell in self.rows[0])


def clean(text: Any) -> str:
    r"""Make a name fit one line: control characters and lone surrogates become spaces or marks.

    >>> clean("a\nb\x00c")
    'a b c'
    """
    return str(text).translate(_CONTROL).encode("utf-8", "replace").decode("utf-8")


def person_cell(ident: str, label: str) -> Cell:
    """Return the name of a person, with the id beside it where it differs."""
    return Cell(clean(label), "person", "" if label == ident else clean(ident))


def axis(*frames: pd.DataFrame | None) -> tuple[float, float] | None:
    """Return the common axis of small interval bars; ``None`` if there is nothing to draw."""
    values = [f[c].to_numpy(float) for f in frames if f is not None for c in ("score", "ci_low", "ci_high")]
    found = np.concatenate(values) if values else np.array([])
    found = found[np.isfinite(found)]
    return (float(found.min()), float(found.max())) if len(found) and found.max() > found.min() else None


def score_grid(
    frame: pd.DataFrame,
    lang: Lang,
    unit: str,
    title: str,
    *,
    ends: tuple[float, float] | None,
    labels: Mapping[str, str],
    named: bool = True,
) -> Grid:
    """Lay out scores: rank with its set, person, score, interval as bar and numbers, counts, status with reason.

    Without ``named`` the person is known (their own report) and the other index levels head the rows.
    """
    other = [str(n) for n in frame.index.names if n != "ratee"]
    with_set = bool(frame["rank_low"].notna().any())
    with_interval = bool(frame["ci_low"].notna().any())
    counts = [c for c in ("n_raters", "n_obs") if frame[c].notna().any()]
    told = bool((frame["status"] != "scored").any() or (frame["status_reason"].astype(str) != "").any())
    ends = ends if with_interval else None
    headings = [
        Heading(say("rank", lang), number=True),
        *([Heading(say("rank_set", lang), number=True)] if with_set else []),
        *([Heading(say("person", lang))] if named else []),
        *(Heading(terms.column(n, lang)) for n in other),
        *([Heading(terms.column("grade", lang))] if "grade" in frame.columns else []),
        Heading(say("score", lang), number=True),
        *([Heading(say("axis", lang))] if ends else []),
        *([Heading(say("interval", lang), number=True)] if with_interval else []),
        *(Heading(terms.column(c, lang), number=True) for c in counts),
        *([Heading(say("status", lang))] if told else []),
    ]
    places = numbers.decimals(unit)
    levels = {n: frame.index.get_level_values(n) for n in ("ratee", *other)}
    rows = []
    for i, row in enumerate(frame.to_dict("records")):
        ident = str(levels["ratee"][i])
        cells = [
            Cell(numbers.fixed(row["rank"], 0), "number"),
            *([Cell(numbers.span(row["rank_low"], row["rank_high"]), "number")] if with_set else []),
            *([person_cell(ident, str(row.get("label", labels.get(ident, ident))))] if named else []),
            *(Cell(clean(levels[n][i]), "text" if named else "person") for n in other),
            *([Cell(str(row["grade"]), "person")] if "grade" in row else []),
            Cell(numbers.fixed(row["score"], places), "number"),
            *([Cell("", "bar", bar=_bar(row, ends))] if ends else []),
            *([Cell(numbers.span(row["ci_low"], row["ci_high"], places, lang), "number")] if with_interval else []),
            *(Cell(numbers.fixed(row[c], 0), "number") for c in counts),
            *([Cell(terms.status(row["status"], lang), "status", clean(row["status_reason"]))] if told else []),
        ]
        rows.append(tuple(cells))
    return Grid(title, tuple(headings), tuple(rows))


def grades_of(tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Grade of each person, or the grades still open, where the method gives grades."""
    table = tables.get("grades")
    if table is None or not {"grade", "candidates"} <= set(table.columns):
        return {}
    chosen = table["grade"].where(table["grade"].notna(), table["candidates"].map(lambda open_: f"{open_}?" if open_ else None))
    return {str(p): clean(g) for p, g in chosen.dropna().items()}


def with_grades(scores: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the grade beside the score."""
    grades = grades_of(tables)
    if not grades or "method" in scores.index.names:
        return scores
    out = scores.copy()
    out.insert(list(out.columns).index("score"), "grade", [grades.get(str(p), "") for p in out.index.get_level_values("ratee")])
    return out


def _bar(row: Mapping[Any, Any], ends: tuple[float, float]) -> tuple[float, float, float] | None:
    """Place interval and score on the axis, in percent; a score without interval is a point."""
    if numbers.missing(row["score"]):
        return None
    known = not numbers.missing(row["ci_low"])
    low, high = (row["ci_low"], row["ci_high"]) if known else (row["score"], row["score"])
    share = [round(2 + 96 * (float(v) - ends[0]) / (ends[1] - ends[0]), 1) for v in (low, row["score"], high)]
    return share[0], share[1], share[2]


def grid(frame: pd.DataFrame, lang: Lang, unit: str, title: str, *, percent: bool = False) -> Grid:
    """Lay out any table: ids and names become one column, bounds become intervals."""
    numbered = all(n is None for n in frame.index.names) and pd.api.types.is_integer_dtype(frame.index.dtype)
    flat = frame if numbered else _with_index(frame)
    columns = list(flat.columns)
    makers: list[tuple[Heading, Callable[[Mapping[Any, Any]], Cell]]] = []
    for name in columns:
        if name in ("ci_high", "rank_high") or (name == "label" and "ratee" in columns) or (name == "across" and "across_label" in columns):
            continue
        makers.append(_maker(str(name), name, columns, flat[name], lang, unit, percent))
    rows = tuple(tuple(make(row) for _, make in makers) for row in flat.to_dict("records"))
    return Grid(title, tuple(h for h, _ in makers), rows)


def _with_index(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn the index into columns; an index without a name gets a heading without text."""
    named = frame.rename_axis([n if n is not None else f" {k}" for k, n in enumerate(frame.index.names)])
    clash = [n for n in named.index.names if n in named.columns]
    return named.drop(columns=clash).reset_index()


def _maker(
    text: str, name: Any, columns: list[Any], values: Any, lang: Lang, unit: str, percent: bool
) -> tuple[Heading, Callable[[Mapping[Any, Any]], Cell]]:
    if text == "ratee":
        return Heading(say("person", lang)), lambda row: person_cell(str(row[name]), str(row.get("label", row[name])))
    if text == "across_label" and "across" in columns:
        return Heading(terms.column(text, lang)), _across
    if text in _PAIRED and _PAIRED[text][0] in columns:
        high, heading = _PAIRED[text]
        places = numbers.decimals(unit) if text == "ci_low" and "coefficient" not in columns else 2 if text == "ci_low" else 0
        return Heading(say(heading, lang), number=True), lambda row: Cell(numbers.span(row[name], row[high], places, lang), "number")
    if text == "status":
        return Heading(terms.column(text, lang)), lambda row: Cell(numbers.cell(row[name], text, unit, lang), "status")
    number = bool(pd.api.types.is_numeric_dtype(values.dtype)) and not pd.api.types.is_bool_dtype(values.dtype)
    number = number or all(isinstance(v, (int, float, np.number)) and not isinstance(v, bool) for v in values)
    kind = "number" if number else "text"
    if not number and "ratee" not in columns and name == columns[0]:
        kind = "person"  # the first column heads its row
    return Heading(clean(terms.column(text, lang)).strip(), number), lambda row: Cell(
        clean(numbers.cell(row[name], text, unit, lang, percent=percent)), kind
    )


def _across(row: Mapping[Any, Any]) -> Cell:
    if numbers.missing(row["across"]):
        return Cell(numbers.BLANK)
    return person_cell(str(row["across"]), str(row["across_label"]))

"""What the groups hand in, validated and turned into plain values for the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from rankkit.elicit.bars_state import BarsState
from rankkit.errors import DataError, Problem
from rankkit.kernels.arrays import Floats
from rankkit.tables import numbers
from rankkit.tables.incident_judgements import NONE, IncidentJudgements
from rankkit.tables.judgements import Intake
from rankkit.tables.ratings import Ratings
from rankkit.tables.text import as_text, encode, normalise

_IDS = ("dimension", "author", "incident")


class _Incoming:
    """Names the error that a table of dimensions or incidents raises."""

    error = DataError


def renamed(table: Any, columns: Mapping[str, str] | None) -> Any:
    """Give the columns of a frame our names; a validated table has them.

    >>> renamed(pd.DataFrame({"维度": ["态度"]}), {"dimension": "维度"}).columns.tolist()
    ['dimension']
    """
    return table.rename(columns={own: ours for ours, own in columns.items()}) if columns and isinstance(table, pd.DataFrame) else table


def dimensions(frame: pd.DataFrame) -> list[dict[str, str]]:
    """Read definitions of dimensions.

    Parameters
    ----------
    frame : DataFrame
        ``dimension, definition, high, acceptable, low`` and perhaps ``label``.

    Returns
    -------
    list of dict
        In the order of the frame: it is the order of the card.

    Raises
    ------
    DataError
        Every problem: missing columns, blank cells, a dimension twice, one called ``none``.
    """
    intake = Intake(_Incoming, frame, None, None, None)
    intake.need("dimension", "definition", "high", "acceptable", "low")
    names = encode(intake.column("dimension"))
    intake.check_ids("dimension", names)
    fields = {c: _texts(intake, c) for c in ("dimension", "definition", "high", "acceptable", "low")}
    for column in ("definition", "high", "acceptable", "low"):
        intake.at("E-BLANK", np.array([not t for t in fields[column]], dtype=bool), column)
    intake.at("E-DIMENSIONTWICE", pd.Series(fields["dimension"]).duplicated().to_numpy(), "dimension")
    intake.at("E-NONENAME", np.array([t == NONE for t in fields["dimension"]], dtype=bool), "dimension")
    intake.fail_if_any()
    labels = _texts(intake, "label") if intake.has("label") else [""] * len(names.codes)
    rows = zip(*fields.values(), labels, strict=True)
    return [
        {"dimension": d, "label": label or d, "definition": definition, "high": high, "acceptable": middle, "low": low}
        for d, definition, high, middle, low, label in rows
    ]


def incidents(frame: pd.DataFrame, state: BarsState) -> list[dict[str, Any]]:
    """Read incidents.

    Parameters
    ----------
    frame : DataFrame
        ``incident, dimension``, ``text`` or ``behaviour`` (with ``situation`` and ``result``), and perhaps ``author, effectiveness``.
    state : BarsState
        Dimensions and scale.

    Returns
    -------
    list of dict
        By id.

    Raises
    ------
    DataError
        Every problem of the table.
    """
    intake = Intake(_Incoming, frame, None, None, None)
    intake.need("incident", "dimension", *(() if intake.has("text") else ("behaviour",)))
    ids, under = encode(intake.column("incident")), encode(intake.column("dimension"))
    intake.check_ids("incident", ids)
    intake.require_filled("dimension", under)
    unknown = np.array([*(v not in state.names for v in under.values), False])
    intake.at("E-UNKNOWNDIMENSION", unknown[under.codes], "dimension", known=list(state.names))
    n = len(ids.codes)
    fields = {c: _texts(intake, c) if intake.has(c) else [""] * n for c in ("situation", "behaviour", "result", "text", "author")}
    if intake.has("author"):
        intake.check_ids("author", encode(intake.column("author")))
    told = [text or behaviour for text, behaviour in zip(fields["text"], fields["behaviour"], strict=True)]
    intake.at("E-BLANK", np.array([not t for t in told], dtype=bool), "text" if intake.has("text") else "behaviour")
    value = _effectiveness(intake, state.scale) if intake.has("effectiveness") else np.full(n, np.nan)
    intake.at("E-INCIDENTTWICE", pd.Series(ids.codes).duplicated().to_numpy(), "incident")
    intake.fail_if_any()
    rows = []
    for k in range(n):
        row = {c: fields[c][k] for c in ("situation", "behaviour", "result", "author")}
        text = fields["text"][k] or _joined(row)
        effect = None if np.isnan(value[k]) else float(value[k])
        rows.append(
            {"incident": ids.values[ids.codes[k]], "dimension": under.values[under.codes[k]], **row, "text": text, "effectiveness": effect}
        )
    return sorted(rows, key=lambda r: str(r["incident"]))


def judges(judgements: pd.DataFrame | IncidentJudgements, state: BarsState, step: Literal["retranslation", "scaling"]) -> dict[str, Any]:
    """Read judgements into one entry a judge: ``role, group`` and ``choices`` or ``placings``.

    Raises
    ------
    DataError
        Every problem of the table; ``E-ALLMISSING`` if it holds nothing for this step.
    """
    if isinstance(judgements, IncidentJudgements):
        judgements = judgements.frame
    known = state.in_hand or ("",)
    table = IncidentJudgements.from_frame(judgements, scale=state.scale, dimensions=state.names, incidents=known)
    what = "choices" if step == "retranslation" else "placings"
    filled = table.chosen >= 0 if step == "retranslation" else np.isfinite(table.effectiveness)
    if not filled.any():
        raise DataError(Problem("E-ALLMISSING"))
    roles = table.role_of()
    out: dict[str, Any] = {}
    for k in np.flatnonzero(filled):
        judge = table.judges[table.judge[k]]
        group = table.groups[table.group[k]] if table.group[k] >= 0 else ""
        entry = out.setdefault(judge, {"role": roles.get(judge, ""), "group": group, what: {}})
        said = table.dimensions[table.chosen[k]] if step == "retranslation" else float(table.effectiveness[k])
        entry[what][table.people[table.incident[k]]] = said
    return {j: out[j] | {what: dict(sorted(out[j][what].items()))} for j in sorted(out)}


def pilot(ratings: pd.DataFrame, state: BarsState) -> list[list[Any]]:
    """Read ratings of a pilot: rater, ratee, dimension, score.

    Raises
    ------
    RatingsError
        Every problem of the table; ``E-CARDDIMENSION`` for dimensions the scale does not have.
    """
    table = Ratings.from_frame(ratings, scale=state.scale)
    strange = sorted(set(table.dimensions) - set(state.names))
    if strange:
        raise Ratings.error("E-CARDDIMENSION", names=strange, known=list(state.names))
    frame = table.frame.dropna(subset=["score"])
    rows = [[str(a), str(b), str(d), float(s)] for a, b, d, s in frame[["rater", "ratee", "dimension", "score"]].itertuples(index=False)]
    return sorted(rows)


def _texts(intake: Intake, column: str) -> list[str]:
    """Cells as text: ids normalised, prose as it was written (full-width punctuation is right in Chinese)."""
    cells = intake.column(column)
    if column in _IDS:
        return [normalise(as_text(cell) or "") for cell in cells]
    return ["" if as_text(cell) is None else " ".join(str(cell).split()) for cell in cells]


def _effectiveness(intake: Intake, scale: tuple[float, float]) -> Floats:
    """The writer's own view of each incident."""
    value, bad = numbers.parse(intake.column("effectiveness"))
    low, high = scale
    intake.at("E-NUMBER", bad, "effectiveness", range=f" from {low:g} to {high:g}", range_zh=f"（{low:g} 至 {high:g}）")
    with np.errstate(invalid="ignore"):
        intake.at("E-RANGE", (value < low) | (value > high), "effectiveness", low=low, high=high)
    return value


def _joined(row: dict[str, str]) -> str:
    """Situation, behaviour and result as one text, until somebody edits it."""
    parts = [row[c] for c in ("situation", "behaviour", "result") if row[c]]
    return ("；" if any("\u4e00" <= c <= "\u9fff" for c in "".join(parts)) else "; ").join(parts)

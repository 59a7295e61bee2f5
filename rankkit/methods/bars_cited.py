"""Incidents cited with the marks on a scale: which mark cites what, and where the two contradict each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import Problem, SettingsError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.behaviours.effectiveness_scaling import on_scale
from rankkit.kernels.behaviours.retranslation import wilson
from rankkit.methods.bars_card import ScaleCard
from rankkit.tables.incidents import EFFECTIVENESS
from rankkit.tables.ratings import Ratings
from rankkit.tables.text import as_text

FAR_ON_SEVEN = 2.0  # a cited incident lies this far from the mark at most
COLUMN = "incident_ids"
_SPLIT = re.compile(r"[;,、，；|\s]+")
_NEAR = 1e-6  # a mark on an anchor
_ONLY_ANCHORS, _ENOUGH = 0.9, 20  # share and number of marks


def values_of(observed: Any, scale: tuple[float, float]) -> dict[str, float]:
    """Scale value of observed incidents.

    Parameters
    ----------
    observed : mapping, DataFrame or Incidents, optional
        Incident to value in points of the scale; or a table ``incident, effectiveness`` (1 to 7, carried over to the scale).
    scale : (float, float)
        Lowest and highest point.

    Returns
    -------
    dict

    Raises
    ------
    SettingsError
        ``E-SETTING`` if it is something else, or values are no numbers of the scale.
    """
    if observed is None:
        return {}
    if isinstance(observed, Mapping):
        found = {str(k): v for k, v in observed.items()}
    else:
        frame = observed if isinstance(observed, pd.DataFrame) else getattr(observed, "frame", None)
        if frame is None or not {"incident", "effectiveness"} <= set(frame.columns):
            allowed = "incident to value, or a table with incident and effectiveness"
            raise SettingsError("E-SETTING", name="observed", value=type(observed).__name__, allowed=allowed)
        filled = frame.dropna(subset=["effectiveness"])
        low, high = EFFECTIVENESS
        stretch = (scale[1] - scale[0]) / (high - low)
        pairs = zip(filled["incident"], filled["effectiveness"], strict=True)
        found = {as_text(i) or "": scale[0] + (float(v) - low) * stretch for i, v in pairs}
    wrong = {k: v for k, v in found.items() if not (isinstance(v, (int, float)) and scale[0] <= v <= scale[1])}
    if wrong:
        raise SettingsError("E-SETTING", name="observed", value=next(iter(wrong.values())), allowed=f"{scale[0]:g}–{scale[1]:g}")
    return {k: float(v) for k, v in found.items()}


def cited_table(table: Ratings, card: ScaleCard, observed: Mapping[str, float]) -> pd.DataFrame:
    """List the incidents cited with each mark.

    Parameters
    ----------
    table : Ratings
        Perhaps with a column ``incident_ids``: ids in a list or separated by semicolons, commas or blanks.
    card : ScaleCard
        Whose item bank gives the value of its own incidents.
    observed : mapping
        Values of other incidents, in points of the scale.

    Returns
    -------
    DataFrame
        ``rater, ratee, dimension, mark, incident, value, distance`` (mark less value) and ``inconsistent``: farther than two points
        of a scale from 1 to 7, carried over; ``value`` is blank for incidents nobody scaled.
    """
    bank = {}
    if {"incident", "value"} <= set(card.items.columns):
        bank = dict(zip(card.items["incident"].astype(str), card.items["value"].astype(float), strict=True))
    known = bank | dict(observed)
    rows = []
    if COLUMN in table.extras:
        for k, cell in enumerate(table.extras[COLUMN]):
            for name in _ids(cell) if not np.isnan(table.score[k]) else ():
                rows.append((k, name, known.get(name, np.nan)))
    at = np.array([r[0] for r in rows], dtype=np.int64)
    value = np.array([r[2] for r in rows], dtype=np.float64)
    mark = table.score[at]
    far = on_scale(FAR_ON_SEVEN, card.scale)
    frame = pd.DataFrame(
        {
            "rater": np.array([*table.raters, ""], dtype=object)[table.rater[at]],
            "ratee": np.array(table.people, dtype=object)[table.ratee[at]],
            "dimension": np.array(table.dimensions, dtype=object)[table.dimension[at]],
            "mark": mark,
            "incident": [r[1] for r in rows],
            "value": value,
            "distance": mark - value,
            "inconsistent": np.abs(mark - value) > far + _NEAR,
        }
    )
    keys = ["ratee", "rater", "dimension", "mark", "incident"]
    return frame.sort_values(keys, kind="stable", ignore_index=True)


def citing_table(table: Ratings, cited: pd.DataFrame, level: float) -> pd.DataFrame:
    """Count, by rater, marks with a cited incident and incidents that contradict the mark.

    Returns
    -------
    DataFrame
        Indexed by ``rater``: ``marks, with_incident, cited, scaled, inconsistent, share, ci_low, ci_high`` (share of the cited
        incidents with a value that contradict the mark, with Wilson's interval).
    """
    rated = ~np.isnan(table.score)
    raters = list(table.raters)
    marks = np.bincount(table.rater[rated & (table.rater >= 0)], minlength=len(raters))
    place = {r: k for k, r in enumerate(raters)}
    codes = np.array([place[r] for r in cited["rater"]], dtype=np.int64)
    forms = cited.drop_duplicates(["rater", "ratee", "dimension", "mark"])
    scaled = cited["value"].notna().to_numpy()
    n = np.bincount(codes[scaled], minlength=len(raters))
    wrong = np.bincount(codes[cited["inconsistent"].to_numpy(dtype=bool)], minlength=len(raters))
    low, high = wilson(wrong, n, level)
    share = np.divide(wrong, n, out=np.full(len(raters), np.nan), where=n > 0)
    return pd.DataFrame(
        {
            "marks": marks,
            "with_incident": np.bincount(np.array([place[r] for r in forms["rater"]], dtype=np.int64), minlength=len(raters)),
            "cited": np.bincount(codes, minlength=len(raters)),
            "scaled": n,
            "inconsistent": wrong,
            "share": share,
            "ci_low": low,
            "ci_high": high,
        },
        index=pd.Index(raters, name="rater"),
    )


def marks_table(table: Ratings, card: ScaleCard) -> pd.DataFrame:
    """Describe where marks stand: ``dimension, marks, whole_points, on_anchors`` (shares)."""
    rows = []
    for code, name in enumerate(table.dimensions):
        score: Floats = table.score[(table.dimension == code) & ~np.isnan(table.score)]
        anchors = card.of(name)["value"].to_numpy(dtype=np.float64)
        on = (np.abs(score[:, None] - anchors[None]) <= _NEAR).any(axis=1) if len(anchors) else np.zeros(len(score), dtype=bool)
        whole = np.abs(score - np.rint(score)) <= _NEAR
        rows.append((name, len(score), whole.mean() if len(score) else np.nan, on.mean() if len(score) else np.nan))
    return pd.DataFrame(rows, columns=["dimension", "marks", "whole_points", "on_anchors"])


def cited_notes(table: Ratings, card: ScaleCard, cited: pd.DataFrame) -> list[Problem]:
    """What to say of cited incidents, and of marks that stand on anchors only."""
    notes = []
    n = int((~np.isnan(table.score)).sum())
    wrong = cited[cited["inconsistent"].astype(bool)]
    if len(wrong):
        who = sorted(set(wrong["rater"]))
        details = {"n": len(wrong), "of": int(cited["value"].notna().sum()), "who": who, "far": on_scale(FAR_ON_SEVEN, card.scale)}
        notes.append(Problem("W-INCON", None, None, None, details))
    unknown = sorted(set(cited.loc[cited["value"].isna(), "incident"]))
    if unknown:
        notes.append(Problem("I-UNSCALED", None, None, None, {"n": len(unknown), "which": unknown}))
    with_one = len(cited.drop_duplicates(["rater", "ratee", "dimension", "mark"]))
    if n > with_one:
        notes.append(Problem("I-NOTCITED", None, None, None, {"n": n - with_one, "of": n}))
    marks = marks_table(table, card)
    on = float((marks["marks"] * marks["on_anchors"].fillna(0)).sum() / max(n, 1))
    if n >= _ENOUGH and on >= _ONLY_ANCHORS:
        notes.append(Problem("W-ONLYANCHORS", None, None, None, {"share": f"{on:.0%}"}))
    if card.draft:
        notes.append(Problem("I-DRAFTCARD", None, None, None, {"card": card.digest}))
    return notes


def _ids(cell: Any) -> tuple[str, ...]:
    """Ids of a cell, each once."""
    listed = isinstance(cell, (list, tuple, set, np.ndarray))
    texts = [as_text(v) or "" for v in cell] if listed else _SPLIT.split(as_text(cell) or "")
    return tuple(dict.fromkeys(t for t in texts if t))

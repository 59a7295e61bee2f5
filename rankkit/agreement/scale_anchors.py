"""Quality of the verbal anchors of a rating scale, from a study in which judges place each label on a line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from rankkit.errors import InsufficientDataError, Problem, RatingsError, SettingsError
from rankkit.kernels.behaviours.anchor_scaling import anchor_scaling
from rankkit.tables import numbers
from rankkit.tables.text import encode

_EQUAL_INTERVALS = 2.0  # largest over smallest gap up to which intervals count as equal-appearing
_FEWEST_JUDGES, _FEWEST_LABELS = 3, 2


def anchor_quality(placements: pd.DataFrame, order: Sequence[str] | None = None, level: float = 0.95) -> pd.DataFrame:
    """Say whether the labels of a scale are in order, apart, and evenly spaced.

    Parameters
    ----------
    placements : DataFrame
        ``judge, label, value``: where each judge places each label, on any line (say 0 to 100).
    order : sequence of str, optional
        Labels from lowest to highest, as the form has them; by their means if left out.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        By ``label``, lowest first: ``mean, sd, judges``; ``gap`` to the next label with ``gap_low, gap_high`` (paired where the
        same judges placed both); ``overlaps`` (the interval reaches 0: people will not tell the two labels apart),
        ``reversed`` (the next label is placed lower), ``gap_ratio`` (largest over smallest gap; equal-appearing intervals up to
        2) and ``reading`` in words.

    Raises
    ------
    RatingsError
        If a column is missing, a value is no number, or a judge places a label twice.
    SettingsError
        If ``order`` does not name the labels.
    InsufficientDataError
        With fewer than two labels or three judges.

    References
    ----------
    Thurstone & Chave (1929), The Measurement of Attitude. Bass, Cascio & O'Connor (1974), Journal of Applied Psychology 59,
    313-320.

    Examples
    --------
    >>> import pandas as pd, rankkit as rk
    >>> rows = [(j, w, v) for j, line in {"j1": (5, 45, 90), "j2": (0, 55, 95), "j3": (10, 50, 85)}.items()
    ...         for w, v in zip(("poor", "fair", "good"), line)]
    >>> study = pd.DataFrame(rows, columns=["judge", "label", "value"])
    >>> rk.agreement.anchor_quality(study)[["mean", "gap", "overlaps"]]
           mean   gap overlaps
    label
    poor    5.0  45.0    False
    fair   50.0  40.0    False
    good   90.0   NaN     <NA>
    """
    if not 0 < level < 1:
        raise SettingsError("E-LEVEL", value=level)
    missing = [c for c in ("judge", "label", "value") if c not in placements]
    if missing:
        example = ", ".join(f"'{c}': '…'" for c in missing)
        raise RatingsError("E-COLS", missing=missing, found=list(map(str, placements.columns)), example=example)
    judge, label = encode(placements["judge"]), encode(placements["label"])
    value, bad = numbers.parse(placements["value"])
    problems = [
        Problem("E-BLANK", int(k) + 2, name) for name, x in (("judge", judge), ("label", label)) for k in np.flatnonzero(x.codes < 0)
    ]
    problems += [
        Problem("E-NUMBER", int(k) + 2, "value", placements["value"].iloc[k], {"range": "", "range_zh": ""}) for k in np.flatnonzero(bad)
    ]
    twice = pd.Series(judge.codes * (len(label.values) + 1) + label.codes).duplicated() & (judge.codes >= 0) & (label.codes >= 0)
    problems += [Problem("E-PLACEDTWICE", int(k) + 2, "label", placements["label"].iloc[k]) for k in np.flatnonzero(twice)]
    if problems:
        raise RatingsError(problems, n_rows=len(placements))
    wide = np.full((len(judge.values), len(label.values)), np.nan)
    wide[judge.codes, label.codes] = value
    names = list(label.values)
    order = None if order is None else [str(name) for name in order]
    if order is not None and sorted(order) != sorted(names):
        raise SettingsError("E-SETTING", name="order", value=list(order), allowed=names)
    for found, needed, unit in (
        (len(names), _FEWEST_LABELS, "labels"),
        (int((~np.isnan(wide)).sum(axis=0).min()) if names else 0, _FEWEST_JUDGES, "judges"),
    ):
        if found < needed:
            raise InsufficientDataError("E-FEW", what="the quality of anchors", needed=needed, unit=unit, found=found)
    place = [names.index(n) for n in order] if order is not None else list(np.argsort(np.nanmean(wide, axis=0), kind="stable"))
    scaled = anchor_scaling(wide[:, place], level)
    known = ~np.isnan(scaled.gap_se)
    overlaps, reversed_ = known & (scaled.gap_low <= 0) & (scaled.gap_high >= 0), known & (scaled.gap_high < 0)
    uneven = not 0 < scaled.gap_ratio <= _EQUAL_INTERVALS
    frame = pd.DataFrame(
        {"mean": scaled.mean, "sd": scaled.sd, "judges": scaled.judges}, index=pd.Index([names[k] for k in place], name="label")
    )
    for name, column in (("gap", scaled.gap), ("gap_low", scaled.gap_low), ("gap_high", scaled.gap_high)):
        frame[name] = np.append(column, np.nan)
    for name, flag in (("overlaps", overlaps), ("reversed", reversed_)):
        frame[name] = pd.array([*flag.tolist(), pd.NA], dtype="boolean")
    frame["gap_ratio"] = scaled.gap_ratio
    said = []
    for k in range(len(place)):
        last = k == len(place) - 1
        code = "I-ANCHORLAST" if last else "W-ANCHORREVERSED" if reversed_[k] else "W-ANCHOROVERLAP" if overlaps[k] else "I-ANCHORAPART"
        said.append(Problem(code, None, None, None, {"next": "" if last else names[place[k + 1]]}).message())
    if uneven:
        said[-1] = Problem("W-ANCHORUNEVEN", None, None, None, {"ratio": f"{scaled.gap_ratio:.1f}"}).message()
    return frame.assign(reading=said)

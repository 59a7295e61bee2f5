"""The audit of a scale under construction: who did what, and what a pilot showed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rankkit.agreement.intraclass_correlation import icc
from rankkit.elicit.bars_state import BarsState
from rankkit.errors import RankkitError

_FORM = "ICC(1,1)"
_COLUMNS = ("dimension", "marks", "raters", "ratees", "mean", "sd", "at_ends", "on_anchors", "icc", "icc_low", "icc_high")
_NEAR = 0.05  # of the length of the scale's unit: a mark on an anchor


def judges(state: BarsState) -> pd.DataFrame:
    """List everybody who took part.

    Parameters
    ----------
    state : BarsState
        The scale under construction.

    Returns
    -------
    DataFrame
        ``judge, role, group, defined`` (whether), ``wrote, retranslated, scaled`` (how many incidents), ``overlap`` (whether let
        in although of another group).
    """
    everybody = sorted({*state.definers, *state.authors, *state.choices, *state.placings})
    overlap = {j for o in state.overlaps for j in o["judges"]}
    rows = []
    for judge in everybody:
        one, two = state.choices.get(judge, {}), state.placings.get(judge, {})
        role, group = (str(one.get(k) or two.get(k) or "") for k in ("role", "group"))
        wrote = sum(str(i.get("author")) == judge for i in state.incidents.values())
        rows.append(
            (
                judge,
                role,
                group,
                judge in state.definers,
                wrote,
                len(one.get("choices", ())),
                len(two.get("placings", ())),
                judge in overlap,
            )
        )
    columns = ["judge", "role", "group", "defined", "wrote", "retranslated", "scaled", "overlap"]
    return pd.DataFrame(rows, columns=columns).astype({"defined": "bool", "overlap": "bool"})


def pilot(state: BarsState, anchors: pd.DataFrame) -> pd.DataFrame:
    """Describe the ratings of a pilot by dimension.

    Parameters
    ----------
    state : BarsState
        With pilot ratings.
    anchors : DataFrame
        ``dimension, value``.

    Returns
    -------
    DataFrame
        ``dimension, marks, raters, ratees, mean, sd``; ``at_ends``, the share of marks on the lowest or highest point;
        ``on_anchors``, the share that stands exactly on an anchor (many: it was used as a list of boxes); ``icc``, the
        agreement of single raters, one-way, with its interval, ``nan`` where it cannot be told.
    """
    frame = pd.DataFrame(list(state.pilot), columns=["rater", "ratee", "dimension", "score"])
    rows = []
    for name in state.names:
        part = frame[frame["dimension"] == name]
        score = part["score"].to_numpy(dtype=np.float64)
        if not len(part):
            rows.append((name, 0, 0, 0, *[np.nan] * 7))
            continue
        values = anchors.loc[anchors["dimension"] == name, "value"].to_numpy(dtype=np.float64)
        near = (np.abs(score[:, None] - values[None]) <= _NEAR).any(axis=1) if len(values) else np.zeros(len(score), dtype=bool)
        found = _single(part)
        sd = float(score.std(ddof=1)) if len(score) > 1 else np.nan
        ends = float(np.isin(score, state.scale).mean())
        rows.append((name, len(part), part["rater"].nunique(), part["ratee"].nunique(), score.mean(), sd, ends, near.mean(), *found))
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _single(part: pd.DataFrame) -> tuple[float, float, float]:
    """Agreement of single raters."""
    try:
        found = icc(part[["rater", "ratee", "score"]])
    except RankkitError:
        return np.nan, np.nan, np.nan
    row = found[found["coefficient"] == _FORM]
    return tuple(float(row[c].iloc[0]) for c in ("value", "ci_low", "ci_high")) if len(row) else (np.nan,) * 3  # type: ignore[return-value]

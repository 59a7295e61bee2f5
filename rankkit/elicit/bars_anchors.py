"""From kept incidents to anchors: one incident a point where one lies close enough, and what is missing between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from rankkit.elicit.bars_editing import LEVELS, level_of, named_levels
from rankkit.elicit.bars_item_bank import ItemBank
from rankkit.elicit.bars_state import BarsState
from rankkit.errors import DataError, Problem, SettingsError
from rankkit.kernels.behaviours import anchor_assignment as kernel
from rankkit.kernels.behaviours.effectiveness_scaling import GAP_ON_SEVEN, REACH_ON_SEVEN, on_scale
from rankkit.methods.bars_card import ANCHORS

MORE = 5  # incidents to be written for a gap
_FEWEST, _MOST = 3, 15  # points


@dataclass(frozen=True, kw_only=True)
class Anchoring:
    """How anchors are chosen.

    Parameters
    ----------
    points : int
        Equally spaced points of the scale that should get an anchor, ends included; 5 to 9 are usual.
    sd_weight, disagreement_weight : float
        What spread and disagreement cost beside distance from the point, see
        :func:`rankkit.kernels.behaviours.anchor_assignment.assign_anchors`.
    reach : float, optional
        Farthest an anchor may lie from its point; .5 on a scale from 1 to 7, carried over to others.
    gap : float, optional
        Widest stretch without an anchor; 1.5 on a scale from 1 to 7, carried over to others.
    chosen : mapping, optional
        Dimension to incidents chosen by hand instead; they must have been kept.

    Raises
    ------
    SettingsError
        For impossible values.
    """

    points: int = 7
    sd_weight: float = kernel.SD_WEIGHT
    disagreement_weight: float = kernel.DISAGREEMENT_WEIGHT
    reach: float | None = None
    gap: float | None = None
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _FEWEST <= self.points <= _MOST:
            raise SettingsError("E-SETTING", name="points", value=self.points, allowed=f"{_FEWEST}–{_MOST}")
        for name in ("sd_weight", "disagreement_weight"):
            if not getattr(self, name) >= 0:
                raise SettingsError("E-SETTING", name=name, value=getattr(self, name), allowed="0 or more")
        for name in ("reach", "gap"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise SettingsError("E-SETTING", name=name, value=value, allowed="above 0")
        object.__setattr__(self, "chosen", {str(k): tuple(map(str, v)) for k, v in self.chosen.items()})

    def facts(self) -> dict[str, Any]:
        """Settings as plain values."""
        return asdict(self) | {"chosen": {k: list(v) for k, v in self.chosen.items()}}


@dataclass(frozen=True, eq=False)
class Anchors:
    """Chosen anchors; the tables are those of :class:`~rankkit.methods.bars_card.ScaleCard`."""

    anchors: pd.DataFrame
    gaps: pd.DataFrame
    overlaps: pd.DataFrame
    notes: tuple[Problem, ...]


def choose(bank: ItemBank, state: BarsState, settings: Anchoring) -> Anchors:
    """Choose the anchors of every dimension and report gaps and overlaps.

    Parameters
    ----------
    bank : ItemBank
        The incidents.
    state : BarsState
        Dimensions and scale.
    settings : Anchoring
        How.

    Returns
    -------
    Anchors

    Raises
    ------
    DataError
        ``E-NOTKEPT`` if an incident chosen by hand was not kept in its dimension.
    """
    labels = {d["dimension"]: d.get("label") or d["dimension"] for d in state.dimensions}
    parts, gap_rows, overlap_rows, notes = [], [], [], []
    for name in state.names:
        kept = bank.items[bank.items["kept"] & (bank.items["dimension"] == name)]
        taken = _by_hand(kept, name, settings) if name in settings.chosen else _assigned(kept, state, settings)
        parts.append(taken)
        gap_rows += _gaps(name, taken, kept, state, settings)
        overlap_rows += _overlaps(name, taken, bank)
    anchors = pd.concat(parts, ignore_index=True)
    gaps = pd.DataFrame(gap_rows, columns=["dimension", "low", "high", "width", "needed", "survivors", "empty_low", "empty_high"])
    overlaps = pd.DataFrame(overlap_rows, columns=["dimension", "lower", "upper", "difference", "se", "separated"])
    notes += [_gap_note(row, labels, state.scale) for row in gap_rows]
    for name in state.names:
        pairs = [f"{row[1]}–{row[2]}" for row in overlap_rows if row[0] == name and not row[-1]]
        if pairs:
            notes.append(Problem("W-OVERLAPPING", None, None, None, {"dimension": labels[name], "n": len(pairs), "pairs": pairs}))
    return Anchors(anchors, gaps, overlaps.astype({"separated": "bool"}), tuple(notes))


def _assigned(kept: pd.DataFrame, state: BarsState, settings: Anchoring) -> pd.DataFrame:
    """The incidents that lie best on equally spaced points."""
    targets = np.linspace(*state.scale, settings.points)
    found = kernel.assign_anchors(
        kept["value"],
        kept["sd"],
        kept["agreement"],
        targets,
        state.scale,
        reach=settings.reach,
        sd_weight=settings.sd_weight,
        disagreement_weight=settings.disagreement_weight,
    )
    here = found.incident >= 0
    taken = kept.iloc[found.incident[here]].assign(point=targets[here], cost=found.cost[here])
    taken = taken.sort_values(["value", "cost", "incident"], kind="stable").drop_duplicates("value")  # two on one spot say nothing more
    return _as_anchors(taken)


def _by_hand(kept: pd.DataFrame, name: str, settings: Anchoring) -> pd.DataFrame:
    """The incidents somebody chose."""
    wrong = [i for i in settings.chosen[name] if i not in set(kept["incident"])]
    if wrong:
        raise DataError("E-NOTKEPT", dimension=name, which=wrong)
    taken = kept[kept["incident"].isin(settings.chosen[name])]
    return _as_anchors(taken.assign(point=np.nan).sort_values(["value", "incident"], kind="stable"))


def _as_anchors(taken: pd.DataFrame) -> pd.DataFrame:
    return taken[list(ANCHORS)].astype({"point": "float64"}).reset_index(drop=True)


def _gaps(name: str, taken: pd.DataFrame, kept: pd.DataFrame, state: BarsState, settings: Anchoring) -> list[tuple[Any, ...]]:
    """Stretches that are too wide, the kept incidents that could fill them, and the widest stretch nobody wrote for."""
    found = kernel.gaps(taken["value"], state.scale, most=settings.gap)
    values = kept["value"].to_numpy(dtype=np.float64)
    reach, _ = reach_of(settings, state.scale)
    rows = []
    for low, high in zip(found.low[found.wide], found.high[found.wide], strict=True):
        inner = (values >= low + reach) & (values <= high - reach)  # next to an anchor an incident fills no gap
        edges = np.unique([low, *values[(values > low) & (values < high)], high])
        widest = int(np.argmax(np.diff(edges)))
        level = level_of((low + high) / 2, state.scale)
        rows.append((name, float(low), float(high), float(high - low), level, int(inner.sum()), edges[widest], edges[widest + 1]))
    return rows


def _gap_note(row: tuple[Any, ...], labels: Mapping[str, str], scale: tuple[float, float]) -> Problem:
    """What to write, or which unused incidents to look at."""
    name, low, high, width, needed, survivors, empty_low, empty_high = row
    if survivors:
        details = {"dimension": labels[name], "low": f"{low:.1f}", "high": f"{high:.1f}", "survivors": survivors}
        return Problem("W-GAPUNUSED", None, None, None, details)
    levels = list(LEVELS) if width >= scale[1] - scale[0] else [needed]
    details = {"dimension": labels[name], "low": f"{empty_low:.1f}", "high": f"{empty_high:.1f}", "more": MORE}
    return Problem("W-GAP", None, None, None, details | named_levels("needed", levels))


def _overlaps(name: str, taken: pd.DataFrame, bank: ItemBank) -> list[tuple[Any, ...]]:
    """Neighbouring anchors, compared by the judges who placed both."""
    place = {i: k for k, i in enumerate(bank.items["incident"])}
    names = list(taken["incident"])
    rows = []
    for lower, upper in pairwise(names):
        rows.append((name, lower, upper, *kernel.separated(bank.placings[place[lower]], bank.placings[place[upper]])))
    return rows


def reach_of(settings: Anchoring, scale: tuple[float, float]) -> tuple[float, float]:
    """Reach and widest stretch in points of a scale.

    >>> reach_of(Anchoring(), (1, 9))
    (0.6666666666666666, 2.0)
    """
    reach = on_scale(REACH_ON_SEVEN, scale) if settings.reach is None else settings.reach
    return reach, on_scale(GAP_ON_SEVEN, scale) if settings.gap is None else settings.gap

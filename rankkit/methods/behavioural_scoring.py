"""What the behavioural scales share: settings that are those of plain ratings, and scores made as theirs are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import Any

import pandas as pd

from rankkit.errors import Problem
from rankkit.lazy_tables import LazyTables
from rankkit.methods.graphic_rating_scale import GraphicRatingScale
from rankkit.methods.rating_result import GraphicRatingScaleResult

_SHARED = ("weights", "adjust", "assume", "min_weight", "reliability", "sources", "level", "seed")
_READ = ("weights", "sources")  # settings that plain ratings put into one form


def plain_ratings(method: Any, scale: Any) -> GraphicRatingScale:
    """Score what a behavioural scale makes of the answers, with the settings of that scale."""
    return GraphicRatingScale(scale=scale, **{name: getattr(method, name) for name in _SHARED})


def check_shared(method: Any, scale: Any) -> None:
    """Check the settings a method shares with plain ratings, and keep them in the form these give them."""
    ratings = plain_ratings(method, scale)
    for name in _READ:
        object.__setattr__(method, name, getattr(ratings, name))


def result_fields(
    method: Any, scored: GraphicRatingScaleResult, notes: Sequence[Problem], tables: Mapping[str, Callable[[], pd.DataFrame]]
) -> dict[str, Any]:
    """Fields of a result: those of plain ratings, under the name of the method, with its own notes and tables."""
    own = {f.name: getattr(scored, f.name) for f in fields(scored) if f.init}
    kept = {name: partial(scored.evidence.__getitem__, name) for name in scored.evidence}
    return own | {"method": type(method).__name__, "notes": (*scored.notes, *notes), "evidence": LazyTables({**kept, **tables})}

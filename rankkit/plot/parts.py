"""Which part of a result a plot is about: the whole, or the dimension that has the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from rankkit.errors import Lang, SettingsError
from rankkit.plot import lettering
from rankkit.plot.phrases import say


def holds(subject: Any, table: str) -> bool:
    """Tell whether a result, or one of its dimensions, has a table; without making it."""
    return any(table in getattr(part, "evidence", ()) for part in (subject, *_dimensions(subject).values()))


def part_with(subject: Any, table: str, dimension: str | None) -> tuple[Any, str | None]:
    """Return the result that has a table and the dimension it is of: the one asked for, else the whole, else the first dimension.

    Raises
    ------
    SettingsError
        If the result has no such dimension, or that dimension has no such table.
    """
    found = {d: part for d, part in _dimensions(subject).items() if table in getattr(part, "evidence", ())}
    if dimension is not None:
        if dimension not in found:
            raise SettingsError("E-SETTING", name="dimension", value=dimension, allowed=", ".join(found) or "None")
        return found[dimension], dimension
    if table in getattr(subject, "evidence", ()) or not found:
        return subject, None
    first = next(iter(found))
    return found[first], first


def titled(title: str, dimension: str | None, lang: Lang) -> str:
    """Add the dimension to a title."""
    return title if dimension is None else say("titled", lang, title=title, dimension=lettering.legible(dimension))


def rater_labels(subject: Any) -> dict[str, str]:
    """Display names of raters, where the design keeps them; elsewhere their ids are shown."""
    return {str(k): str(v) for k, v in getattr(getattr(subject, "design", None), "rater_labels", {}).items()}


def best_first(part: Any) -> pd.DataFrame:
    """``label`` and ``score`` of everybody, by ``ratee``: best first, people without a score last, no two labels alike."""
    scored = dict(zip(part.people, part.estimate, strict=True))
    has_score = set(part.estimated_ids)
    ids = sorted(part.people, key=lambda p: (-scored[p] if p in has_score else float("inf"), p))
    labels = lettering.distinct(ids, [part.labels.get(p, p) for p in ids])
    score = [float(scored[p]) if p in has_score else float("nan") for p in ids]
    return pd.DataFrame({"label": labels, "score": score}, index=pd.Index(ids, name="ratee"))


def _dimensions(subject: Any) -> Mapping[str, Any]:
    parts = getattr(subject, "parts", None)
    return parts if isinstance(parts, Mapping) else {}

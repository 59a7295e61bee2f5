"""Results of a scale card with its dimensions called by their names, as people who read reports know them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import pandas as pd

from rankkit.errors import Problem
from rankkit.lazy_tables import LazyTables

R = TypeVar("R")
_COLUMN = "dimension"


def under_labels(result: R) -> R:
    """Call dimensions by the names of the card wherever ids stand; two dimensions of one name keep their ids."""
    subject: Any = result
    given: Mapping[str, str] = getattr(subject, "dimension_labels", {})
    named = [label for d, label in given.items() if label != d]
    labels = {d: label for d, label in given.items() if label != d and named.count(label) == 1 and label not in given}
    if not labels:
        return result
    settings = {
        k: {labels.get(d, d): w for d, w in v.items()} if k == "weights" and isinstance(v, Mapping) else v
        for k, v in subject.settings.items()
    }
    renamed: R = replace(
        subject,
        parts={labels.get(d, d): part for d, part in subject.parts.items()},
        evidence=LazyTables({name: partial(_table, subject.evidence, name, labels) for name in subject.evidence}),
        notes=tuple(_problem(n, labels) for n in subject.notes),
        settings=settings,
    )
    return renamed


def _table(tables: Mapping[str, pd.DataFrame], name: str, labels: Mapping[str, str]) -> pd.DataFrame:
    frame = tables[name]
    if _COLUMN in frame.columns:
        frame = frame.assign(**{_COLUMN: [labels.get(d, d) for d in frame[_COLUMN]]})
    names = list(frame.index.names)
    if _COLUMN in names:
        levels = [frame.index.get_level_values(k) for k in range(len(names))]
        called = [pd.Index([labels.get(v, v) for v in level]) if n == _COLUMN else level for n, level in zip(names, levels, strict=True)]
        frame = frame.set_axis(called[0].rename(_COLUMN) if len(names) == 1 else pd.MultiIndex.from_arrays(called, names=names))
    return frame


def _problem(problem: Problem, labels: Mapping[str, str]) -> Problem:
    told = problem.details.get(_COLUMN)
    return problem if told not in labels else replace(problem, details={**problem.details, _COLUMN: labels[str(told)]})

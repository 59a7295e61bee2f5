"""Names in a result: who may be recognised by which words, and how they are taken out of what others read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import Lang, Problem
from rankkit.privacy.audience import pseudonyms
from rankkit.report.words import say

PERSON_COLUMNS = frozenset(
    {
        "ratee", "person", "rater", "left", "right", "winner", "loser", "across", "unit_id", "judge", "ratee_a", "ratee_b",
        "first", "second", "third",
    }
)  # fmt: skip
LABEL_COLUMNS = frozenset({"label", "name", "across_label", "rater_label", "label_a", "label_b"})
_HARMLESS = frozenset(
    {
        "adjust", "reliability", "how", "facet", "share", "n", "total", "least", "high", "rule", "asked", "given", "value", "sd",
        "argument", "needed", "grades",
    }
)  # fmt: skip
_FIXED_FIELDS = frozenset({"method", "status", "unit", "se_basis", "kind", "code", "level", "unit_kind", "settings", "provenance", "facts"})


@dataclass(frozen=True)
class Identities:
    """Every id and display name found in a subject, with its pseudonym."""

    replacement: Mapping[str, str]

    @classmethod
    def of(cls, results: Iterable[Any], key: bytes) -> Identities:
        """Collect the people and raters of results and their designs."""
        labels: dict[str, str] = {}
        for result in results:
            _collect(result, labels)
        return cls.of_labels(labels, key)

    @classmethod
    def of_labels(cls, labels: Mapping[str, str], key: bytes) -> Identities:
        """Give everyone of these ids and display names a pseudonym."""
        hidden = pseudonyms(tuple(sorted(labels)), key)
        many = Counter(labels.values())  # a name that two people share stands for neither
        names = {label: hidden[i] if many[label] == 1 else "…" for i, label in labels.items()}
        return cls({**names, **hidden})

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        names = sorted((n for n in self.replacement if n.strip()), key=len, reverse=True)
        return re.compile("|".join(map(_as_word, names)) or r"(?!)")

    def mentioned_in(self, text: str) -> bool:
        """Tell whether a text contains an id or a name."""
        return self._pattern.search(text) is not None

    def scrub(self, text: str) -> str:
        """Replace every id and name in a text."""
        return self._pattern.sub(lambda m: self.replacement[m.group()], text)

    @cached_property
    def _pseudonyms(self) -> frozenset[str]:
        return frozenset(self.replacement.values())

    def veil(self, value: Any, *, person: bool) -> Any:
        """Make sure of a cell: where a person stands only a pseudonym passes, elsewhere names inside a text are replaced."""
        if isinstance(value, (list, tuple)):
            return type(value)(self.veil(v, person=person) for v in value)
        if not isinstance(value, str) or value in self._pseudonyms:
            return value
        return "…" if person else self.scrub(value)

    def hide_in_problem(self, problem: Problem, lang: Lang) -> Problem:
        """Take the names out of a note, known ones and whatever else might be one."""
        details = {k: self._hidden_detail(k, v, lang) for k, v in problem.details.items()}
        value = problem.value if isinstance(problem.value, (int, float)) else None if problem.value is None else say("withheld", lang)
        column = None if problem.column is None else say("withheld", lang)
        return Problem(problem.code, None, column, value, details)

    def _hidden_detail(self, key: str, value: Any, lang: Lang) -> Any:
        if isinstance(value, (int, float)) or value == "":
            return value
        if key in _HARMLESS and not self.mentioned_in(str(value)):
            return value
        if isinstance(value, (list, tuple)) and all(v in self.replacement for v in value):
            return [self.replacement[v] for v in value]
        return self.replacement.get(value, say("withheld", lang)) if isinstance(value, str) else say("withheld", lang)

    def hide(self, obj: Any) -> Any:
        """Return a copy of a result, comparison, design or table with every id and name replaced."""
        if isinstance(obj, str):
            return self.replacement.get(obj, obj)
        if isinstance(obj, pd.DataFrame):
            return self.hide_in_frame(obj)
        if isinstance(obj, Problem):
            return self.hide_in_problem(obj, "en")
        if isinstance(obj, tuple):
            return tuple(self.hide(v) for v in obj)
        if isinstance(obj, list):
            return [self.hide(v) for v in obj]
        if isinstance(obj, Mapping):
            return {self.hide(k): self.hide(v) for k, v in obj.items()}
        if is_dataclass(obj) and not isinstance(obj, type):
            return replace(obj, **{f.name: self.hide(getattr(obj, f.name)) for f in fields(obj) if f.init and f.name not in _FIXED_FIELDS})
        return obj

    def hide_in_frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Replace ids and names in the cells, the index and the headings of a table."""
        out = frame.rename(index=self._cell, columns=self._cell) if len(frame) else frame.rename(columns=self._cell)
        for k, dtype in enumerate(out.dtypes):
            if not (pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)):
                out.isetitem(k, np.array([*map(self._cell, out.iloc[:, k]), None], dtype=object)[:-1])
        return out

    def _cell(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return type(value)(self._cell(v) for v in value)
        return self.replacement.get(value, value) if isinstance(value, str) else value


def _as_word(name: str) -> str:
    """Pattern of a name: an id such as ``1`` counts as a word only, Chinese names are found inside a text too."""
    return rf"(?<![\w.]){re.escape(name)}(?![\w]|\.\w)" if name.isascii() else re.escape(name)


def _collect(result: Any, labels: dict[str, str]) -> None:
    """Add the ids and names of one result, of its parts and of its design."""
    for person in result.people:
        labels[person] = result.labels.get(person, person)
    design = result.design
    if design is not None:
        labels.update({str(k): str(v) for k, v in design.labels.items()})
        groups = (*design.components, *design.rater_components)
        for name in [n for group in groups for n in group]:
            labels.setdefault(str(name), str(name))
        for column in PERSON_COLUMNS.intersection(design.links.columns):
            for name in design.links[column].dropna().unique():
                labels.setdefault(str(name), str(name))
    for part in result.parts.values():
        _collect(part, labels)

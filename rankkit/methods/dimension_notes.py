"""Notes of one dimension among those of all."""

from __future__ import annotations

from typing import Any

from rankkit.errors import Problem


def of_dimension(note: Problem, dimension: str) -> Problem:
    """A dimension's note keeps its dimension where it names people."""
    return Problem(note.code, None, dimension, None, _Frozen(note.details))


class _Frozen(dict[str, Any]):
    """Details of a note, hashable so that equal notes are listed once."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple((k, str(v)) for k, v in self.items()))

"""Tables and parts of results that are computed when somebody asks for them, so that a fit never pays for what nobody reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

import pandas as pd

Maker = Callable[[], pd.DataFrame]
V = TypeVar("V")


class LazyTables(Mapping[str, pd.DataFrame]):
    """A mapping of tables by name, each made on first access and then kept.

    Archives and equality see finished tables: writing one out makes all of them. Made of functions that can be pickled
    (``functools.partial`` of a module's function over arrays), it can be pickled too.

    Parameters
    ----------
    makers : mapping of str to callable
        What makes each table, without arguments.

    Examples
    --------
    >>> from functools import partial
    >>> tables = LazyTables({"squares": partial(pd.DataFrame, {"x": [1, 4, 9]})})
    >>> tables, tables["squares"]["x"].sum(), tables
    (<LazyTables: squares>, np.int64(14), <LazyTables: squares>)
    """

    def __init__(self, makers: Mapping[str, Maker]) -> None:
        self._makers = dict(makers)
        self._made: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name].copy(deep=False)

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def __repr__(self) -> str:
        return f"<LazyTables: {', '.join(n if n in self._made else f'{n} (not yet made)' for n in self)}>"


class LazyParts(Mapping[str, V]):
    """A mapping of results by name, each made on first access and then kept; :meth:`mapped` changes them without making them.

    Parameters
    ----------
    makers : mapping of str to callable
        What makes each part, without arguments.

    Examples
    --------
    >>> from functools import partial
    >>> parts = LazyParts({"a": partial(int, "3")})
    >>> parts.mapped(float)["a"], list(parts)
    (3.0, ['a'])
    """

    def __init__(self, makers: Mapping[str, Callable[[], V]]) -> None:
        self._makers = dict(makers)
        self._made: dict[str, V] = {}

    def __getitem__(self, name: str) -> V:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def mapped(self, change: Callable[[V], V]) -> LazyParts[V]:
        """Return the parts with a function applied to each when it is made."""
        return LazyParts({name: _Changed(self, name, change) for name in self._makers})

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def __repr__(self) -> str:
        return f"<LazyParts: {', '.join(n if n in self._made else f'{n} (not yet made)' for n in self)}>"


class _Changed(Generic[V]):
    """A part of another mapping, changed."""

    def __init__(self, parts: LazyParts[V], name: str, change: Callable[[V], V]) -> None:
        self.parts, self.name, self.change = parts, name, change

    def __call__(self) -> V:
        return self.change(self.parts[self.name])


def each(parts: Mapping[str, V], change: Callable[[V], V]) -> Mapping[str, V]:
    """Apply a function to every part, or to each when it is made.

    >>> each({"a": 1, "b": 2}, float)
    {'a': 1.0, 'b': 2.0}
    """
    return parts.mapped(change) if isinstance(parts, LazyParts) else {name: change(part) for name, part in parts.items()}

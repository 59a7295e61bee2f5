"""Tables that are computed when somebody asks for them, so that a fit never pays for what nobody reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pandas as pd

Maker = Callable[[], pd.DataFrame]


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

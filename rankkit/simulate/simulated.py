"""What a simulation hands back: the judgements, the truth behind them and the settings that made them."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pandas as pd

from rankkit.tables.judgements import Judgements

T = TypeVar("T", bound=Judgements)


@dataclass(frozen=True, eq=False, repr=False)
class Simulated(Generic[T]):
    """Simulated judgements with the truth that produced them.

    Attributes
    ----------
    table : Ratings, Comparisons or Rankings
        The judgements, as a method would receive them.
    truth : DataFrame
        Indexed by ``ratee``; ``score`` is what a perfect method would find, in scale points (ratings) or logits
        (comparisons, rankings).
    dimensions : DataFrame
        True scores, ratee × dimension.
    raters : DataFrame
        Indexed by ``rater``; ``effect`` is the rater's true leniency (positive: gives more than the average rater).
    parameters : mapping
        Settings of the simulation, its seed among them.
    """

    table: T
    truth: pd.DataFrame
    dimensions: pd.DataFrame
    raters: pd.DataFrame
    parameters: Mapping[str, Any]

    def __repr__(self) -> str:
        settings = ", ".join(f"{k}={v!r}" for k, v in self.parameters.items())
        return f"<SIMULATED {repr(self.table).strip('<>')}; {settings}>"

    def _repr_html_(self) -> str:
        return f"<p><b>SIMULATED</b> {html.escape(repr(self)[11:-1])}</p>{self.table.frame.head(8).to_html(escape=True, index=False)}"


def ids(letter: str, n: int) -> tuple[str, ...]:
    """Ids of equal width, so that their order as text is their order as numbers.

    >>> ids("p", 3), ids("r", 12)[-1]
    (('p1', 'p2', 'p3'), 'r12')
    """
    return tuple(f"{letter}{k:0{len(str(n))}d}" for k in range(1, n + 1))

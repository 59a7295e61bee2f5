"""Rankings written as lists in order, spelled out as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from rankkit.errors import RankingsError


def spelled_out(
    orders: Mapping[str, Sequence[str | Sequence[str]]], presented: Sequence[str] | Mapping[str, Sequence[str]] | None
) -> pd.DataFrame:
    """Write orders as rows ``rater, ratee, rank``, and ``status`` where somebody was left over.

    Parameters
    ----------
    orders : mapping
        Rater to the ids in order, best first; an inner list holds people who are tied and share the better rank.
    presented : sequence of str, or mapping of rater to sequence, or None
        Who was shown.

    Returns
    -------
    DataFrame
        One row a person and rater.

    Raises
    ------
    RankingsError
        ``E-TYPE`` if an order, or who was shown, is not a list.

    Examples
    --------
    >>> spelled_out({"r1": ["a", ["b", "c"], "d"]}, None)["rank"].tolist()
    [1, 2, 2, 4]
    """
    if not isinstance(orders, Mapping):
        raise RankingsError("E-TYPE", expected="mapping of raters to lists", found=type(orders).__name__)
    rows: list[tuple[str, str, int | None, str]] = []
    for rater, order in orders.items():
        placed: list[str] = []
        for place in _listed(order):
            group = [str(person) for person in ([place] if isinstance(place, str) else _listed(place))]
            rows += [(rater, person, len(placed) + 1, "ranked") for person in group]
            placed += group
        shown = presented.get(rater, ()) if isinstance(presented, Mapping) else presented
        rows += [(rater, person, None, "unranked") for person in dict.fromkeys(map(str, _listed(shown or ()))) if person not in placed]
    return pd.DataFrame(rows, columns=["rater", "ratee", "rank", "status"]).astype({"rank": "Int64"})


def _listed(order: Any) -> list[Any]:
    """Return an order as a list; a text is none."""
    if isinstance(order, (str, bytes, Mapping)) or not hasattr(order, "__iter__"):
        raise RankingsError("E-TYPE", expected="list of people", found=type(order).__name__)
    return list(order)

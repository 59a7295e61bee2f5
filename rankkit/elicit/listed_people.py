"""The people of a session: their ids, checked once, and their display names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rankkit.errors import Problem, RankingsError
from rankkit.tables.people import People
from rankkit.tables.text import as_text, zero_padded_twins

FEWEST = 3


def listed(items: Iterable[Any] | People, labels: Mapping[str, str] | None = None) -> tuple[list[str], dict[str, str]]:
    """Read the ids of a list, and report everything that is wrong with them together.

    Parameters
    ----------
    items : iterable of str, or People
        Three ids or more; their order does not matter.
    labels : mapping, optional
        Display names.

    Returns
    -------
    list of str
        The ids, sorted.
    dict
        Display names that differ from the id.

    Raises
    ------
    RankingsError
        ``E-SHORTLIST, E-BLANK, E-DUPPERSON, E-ID, E-TYPE``.

    Examples
    --------
    >>> listed(["e2", "e1", "e3"], {"e1": "王伟"})
    (['e1', 'e2', 'e3'], {'e1': '王伟'})
    """
    names = {**(items.labels if isinstance(items, People) else {}), **(labels or {})}
    given: Any = items.ids if isinstance(items, People) else items
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise RankingsError("E-TYPE", expected="list", found=type(given).__name__)
    ids = [as_text(item) for item in given]
    known = [i for i in ids if i is not None]
    problems = [Problem("E-BLANK", k) for k, i in enumerate(ids, start=1) if i is None]
    problems += [Problem("E-DUPPERSON", details={"name": i}) for i in dict.fromkeys(known) if known.count(i) > 1]
    problems += [Problem("E-ID", details={"a": a, "b": b}) for a, b in zero_padded_twins(dict.fromkeys(known))]
    if not problems and len(known) < FEWEST:
        problems.append(Problem("E-SHORTLIST", details={"n": len(known)}))
    if problems:
        raise RankingsError(problems)
    shown = {i: text for i in sorted(known) if (text := as_text(names.get(i))) is not None and text != i}
    return sorted(known), shown

"""Audiences: which rows and columns of a table of scores a reader may see."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Literal, get_args

import pandas as pd

from rankkit.errors import DisclosureError, SettingsError

if TYPE_CHECKING:
    from rankkit.tables.people import People

Audience = Literal["ratee", "manager", "committee", "hr", "research"]
OWN: frozenset[str] = frozenset({"ratee", "manager"})
"""Audiences that see some people only, and no pattern of any rater."""
_RESEARCH_HIDES = ["label"]


def restrict(
    scores: pd.DataFrame, audience: Audience, ratee: str | None = None, key: bytes = b"", *, team: Collection[str] | None = None
) -> pd.DataFrame:
    """Cut a table of scores to what an audience may see.

    Parameters
    ----------
    scores : DataFrame
        Indexed by ``ratee`` (first index level).
    audience : {"ratee", "manager", "committee", "hr", "research"}
        ``ratee`` sees the own row only, ``manager`` those of the own team; ``committee`` and ``hr`` see all; ``research`` sees
        pseudonyms and no names.
    ratee : str, optional
        Whose report it is; needed for ``ratee``.
    key : bytes
        Secret of the pseudonyms.
    team : collection of str, optional
        Ids of the team; needed for ``manager`` (:func:`team_of`).

    Returns
    -------
    DataFrame

    Raises
    ------
    DisclosureError
        If the report is for a ratee or a manager and nobody says which.
    SettingsError
        If there is no such audience, or no such person.
    """
    seen = visible(audience, scores.index.get_level_values("ratee"), ratee, team)
    if seen is not None:
        return scores.loc[scores.index.get_level_values("ratee").isin(seen)]
    if audience == "research":
        out = scores.drop(columns=[c for c in _RESEARCH_HIDES if c in scores.columns])
        names = pseudonyms(tuple(dict.fromkeys(scores.index.get_level_values("ratee"))), key)
        out = out.rename(index=names, level="ratee") if isinstance(out.index, pd.MultiIndex) else out.rename(index=names)
        return out.sort_index(level="ratee", sort_remaining=False, kind="stable")  # the order of ids would give them away
    return scores


def visible(
    audience: Audience, people: Iterable[str], ratee: str | None = None, team: Collection[str] | None = None
) -> tuple[str, ...] | None:
    """Return the people an audience may read about by name, or ``None`` for everybody.

    Raises
    ------
    DisclosureError, SettingsError
        As :func:`restrict`.

    Examples
    --------
    >>> visible("manager", ["a", "b", "c"], team=["c", "b", "elsewhere"])
    ('b', 'c')
    """
    if audience not in get_args(Audience):
        raise SettingsError("E-SETTING", name="audience", value=audience, allowed=list(get_args(Audience)))
    if audience == "ratee":
        if ratee is None:
            raise DisclosureError("E-AUDIENCE")
        if ratee not in set(people):
            raise SettingsError("E-PERSON", name=ratee)
        return (ratee,)
    if audience == "manager":
        if team is None:
            raise DisclosureError("E-TEAM")
        return tuple(p for p in dict.fromkeys(people) if p in set(team))
    return None


def team_of(manager: str | None, people: People | pd.DataFrame | None) -> tuple[str, ...]:
    """Find the people of a manager.

    Parameters
    ----------
    manager : str or None
        Id of the manager.
    people : People or DataFrame
        With a column ``manager``; a DataFrame also needs ``person``, as a column or as its index.

    Returns
    -------
    tuple of str
        Never the manager, even if the table has them report to themselves.

    Raises
    ------
    DisclosureError
        ``E-TEAM`` if nobody says which manager, or there is no column ``manager``.
    SettingsError
        ``E-PERSON`` if nobody reports to that id.

    Examples
    --------
    >>> team_of("m", pd.DataFrame({"person": ["a", "b"], "manager": ["m", "n"]}))
    ('a',)
    """
    frame = None if people is None else people if isinstance(people, pd.DataFrame) else people.frame
    if manager is None or frame is None or "manager" not in frame.columns:
        raise DisclosureError("E-TEAM")
    ids = frame["person"] if "person" in frame.columns else frame.index
    team = tuple(str(p) for p, m in zip(ids, frame["manager"], strict=True) if m == manager and p != manager)
    if not team:
        raise SettingsError("E-PERSON", name=manager)
    return team


def pseudonyms(ids: tuple[str, ...], key: bytes) -> dict[str, str]:
    """Replace ids by HMAC-SHA256(key, id), the first 12 hex digits; two ids never share one.

    >>> pseudonyms(("e1",), b"secret")
    {'e1': 'f84864a576a2'}
    """
    for length in range(12, 65):
        out = {i: hmac.new(key, i.encode(), hashlib.sha256).hexdigest()[:length] for i in ids}
        if len(set(out.values())) == len(ids):
            return out
    raise DisclosureError("E-SETTING", name="key", value="…", allowed="another key")

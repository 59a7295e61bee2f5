"""Audiences: which rows and columns of a table of scores a reader may see."""

from __future__ import annotations

import hashlib
import hmac
from typing import Literal, get_args

import pandas as pd

from rankkit.errors import DisclosureError, SettingsError

Audience = Literal["ratee", "committee", "hr", "research"]
_RESEARCH_HIDES = ["label"]


def restrict(scores: pd.DataFrame, audience: Audience, ratee: str | None = None, key: bytes = b"") -> pd.DataFrame:
    """Cut a table of scores to what an audience may see.

    Parameters
    ----------
    scores : DataFrame
        Indexed by ``ratee`` (first index level).
    audience : {"ratee", "committee", "hr", "research"}
        ``ratee`` sees the own row only; ``committee`` and ``hr`` see all; ``research`` sees pseudonyms and no names.
    ratee : str, optional
        Whose report it is; needed for ``ratee``.
    key : bytes
        Secret of the pseudonyms.

    Returns
    -------
    DataFrame

    Raises
    ------
    DisclosureError
        If the report is for a ratee and nobody says which.
    SettingsError
        If there is no such audience, or no such person.
    """
    if audience not in get_args(Audience):
        raise SettingsError("E-SETTING", name="audience", value=audience, allowed=list(get_args(Audience)))
    if audience == "ratee":
        if ratee is None:
            raise DisclosureError("E-AUDIENCE")
        own = scores.index.get_level_values("ratee") == ratee
        if not own.any():
            raise SettingsError("E-PERSON", name=ratee)
        return scores.loc[own]
    if audience == "research":
        out = scores.drop(columns=[c for c in _RESEARCH_HIDES if c in scores.columns])
        names = pseudonyms(tuple(dict.fromkeys(scores.index.get_level_values("ratee"))), key)
        out = out.rename(index=names, level="ratee") if isinstance(out.index, pd.MultiIndex) else out.rename(index=names)
        return out.sort_index(level="ratee", sort_remaining=False, kind="stable")  # the order of ids would give them away
    return scores


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

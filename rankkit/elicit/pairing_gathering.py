"""Pairing sessions of several raters, gathered into one table."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from rankkit.elicit.pairing import PairingSession
from rankkit.elicit.pairing_tables import comparisons_of
from rankkit.errors import Problem, RankkitError, ReadingError, SettingsError
from rankkit.tables.comparisons import Comparisons


def gather_comparisons(
    sessions: str | os.PathLike[str] | Iterable[str | os.PathLike[str] | PairingSession], *, withdrawn: Literal["keep", "drop"] = "keep"
) -> Comparisons:
    """Read the pairing sessions of several raters into one table.

    Parameters
    ----------
    sessions : path-like, or iterable of path-like or PairingSession
        Logs or sessions, finished or not; of a folder, all its ``.jsonl`` files.
    withdrawn : {"keep", "drop"}
        As in :meth:`PairingSession.frame`.

    Returns
    -------
    Comparisons
        With the extra columns ``seq, design, session, response_ms``.

    Raises
    ------
    ReadingError
        With everything that is wrong with any of the files; ``E-SESSIONTWICE`` if one session is there twice.
    SessionError
        ``E-NOANSWERS`` if none of them holds a decided comparison.

    Examples
    --------
    >>> a = PairingSession.start(["e1", "e2", "e3"], rater="r1")
    >>> b = PairingSession.start(["e1", "e2", "e3"], rater="r2")
    >>> a.answer("left"), b.answer("tie")
    (None, None)
    >>> gather_comparisons([a, b])
    <Comparisons: 2 rows, 2 people, 2 judges, 1 dimension>
    """
    found: dict[str, str] = {}
    frames: list[pd.DataFrame] = []
    problems: list[Problem] = []
    for source in _sources(sessions):
        try:
            session = source if isinstance(source, PairingSession) else PairingSession.read(source)
            frame = session.frame(withdrawn=withdrawn)
        except SettingsError:
            raise
        except RankkitError as error:
            problems += error.items
            continue
        name, where = session.settings.session, str(session.log.path or session.settings.session)
        if name in found:
            problems.append(Problem("E-SESSIONTWICE", details={"session": name, "first": found[name], "second": where}))
        found[name] = where
        frames.append(frame)
    if problems or not found:
        raise ReadingError(problems or Problem("E-NOLOG", details={"path": str(sessions)}))
    return comparisons_of(frames, ", ".join(list(found)[:3]) + (", …" if len(found) > 3 else ""))


def _sources(sessions: Any) -> list[Any]:
    """Sessions and files meant."""
    if not isinstance(sessions, (str, os.PathLike)):
        return list(sessions)
    one = Path(sessions)
    return sorted(one.glob("*.jsonl")) if one.is_dir() else [one]

"""Sessions of several raters, gathered into one table."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from rankkit.elicit.alternation import AlternationSession
from rankkit.errors import Problem, RankkitError, ReadingError
from rankkit.tables.rankings import Rankings


def gather(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], *, partial: bool = False) -> Rankings:
    """Read the alternation sessions of several raters into one table.

    Parameters
    ----------
    paths : path-like, or iterable of path-like
        Logs; of a folder, all its ``.jsonl`` files that are alternation sessions.
    partial : bool
        Also sessions that are not finished: those not placed yet count as left over.

    Returns
    -------
    Rankings
        One list a session; nothing is merged or averaged.

    Raises
    ------
    RankkitError
        ``E-UNFINISHED`` for every session that is not finished, ``E-NOLOG`` if there is none; what is wrong with any of
        the files, all together.
    RankingsError
        If one rater ranks somebody twice in one session.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for rater in ("r1", "r2"):
    ...     with AlternationSession.start(["a", "b", "c"], rater=rater, path=folder / f"{rater}.jsonl") as session:
    ...         session.pick("b")
    ...         session.pick("a")
    >>> gather(folder)
    <Rankings: 6 rows, 3 people, 2 raters>
    """
    files = _files(paths)
    frames: list[pd.DataFrame] = []
    problems: list[Problem] = []
    for path, chosen in files:
        try:
            frames.append(AlternationSession.read(path).frame(partial=partial))
        except RankkitError as error:
            problems += [p for p in error.items if chosen or p.code != "E-LOGKIND"]
    if problems or not frames:
        raise ReadingError(problems or Problem("E-NOLOG", details={"path": str(paths)}))
    table = pd.concat([f.astype(object) for f in frames], ignore_index=True)
    names = [path.name for path, _ in files]
    return Rankings.from_frame(table, source_name=", ".join(names[:3]) + (", …" if len(names) > 3 else ""))


def _files(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[tuple[Path, bool]]:
    """The logs meant, and whether each was named itself."""
    named = [Path(p) for p in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]
    return [(file, path == file) for path in named for file in (sorted(path.glob("*.jsonl")) if path.is_dir() else [path])]

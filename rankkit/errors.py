"""What can go wrong, said once, in full, in English or Chinese.

One exception carries *every* problem of an input: the spreadsheet row, the column, the value, what is wrong and
what to do about it. In a notebook the exception prints as that list, not as a wall of traceback.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rankkit import wording

if TYPE_CHECKING:
    from pandas import DataFrame

Lang = Literal["en", "zh"]
_language: ContextVar[Lang | None] = ContextVar("rankkit_language", default=None)
_SHOWN = 20  # problems printed in full; err.problems has all of them


def use_language(lang: Lang) -> None:
    """Set the language of messages for this session: ``"en"`` or ``"zh"`` (simplified Chinese).

    Parameters
    ----------
    lang : {"en", "zh"}
        Without a call, the environment variable ``RANKKIT_LANG`` decides; without that, English.

    Raises
    ------
    SettingsError
        If the language is not one of the two.

    Examples
    --------
    >>> import rankkit as rk
    >>> rk.use_language("en")
    """
    if lang not in ("en", "zh"):
        raise SettingsError("E-SETTING", name="lang", value=lang, allowed="'en', 'zh'")
    _language.set(lang)


def language() -> Lang:
    """Return the language messages are written in."""
    chosen = _language.get()
    if chosen is not None:
        return chosen
    return "zh" if os.environ.get("RANKKIT_LANG", "en").lower().startswith("zh") else "en"


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input.

    Attributes
    ----------
    code : str
        Stable identifier, e.g. ``"E-RANGE"``; its text is in :mod:`rankkit.wording`.
    row : int or None
        Row as a spreadsheet shows it (the header is row 1); ``None`` when the whole table is meant.
    column : str or None
        Column as the user's file calls it.
    value : object
        What stands there.
    details : mapping
        Values for the placeholders of the text.
    """

    code: str
    row: int | None = None
    column: str | None = None
    value: Any = None
    details: Mapping[str, Any] = field(default_factory=dict)

    def message(self, lang: Lang | None = None) -> str:
        """Say what is wrong, in one clause."""
        return wording.problem_text(self.code, {"value": self.value, "column": self.column, **self.details}, lang or language())

    def note(self, lang: Lang | None = None) -> str:
        """What is said, after the dimension it is said of, where it is of one."""
        lang = lang or language()
        colon = "：" if lang == "zh" else ": "
        return f"{self.column}{colon}{self.message(lang)}" if self.column else self.message(lang)

    def fix(self, lang: Lang | None = None) -> str:
        """Say what to do about it."""
        return wording.fix_text(self.code, {"value": self.value, "column": self.column, **self.details}, lang or language())

    def text(self, lang: Lang | None = None) -> str:
        """Place, problem and fix in one line."""
        lang = lang or language()
        place = wording.place_text(self.row, self.column, self.value, lang)
        return wording.sentence(place, self.message(lang), self.fix(lang), lang)


class RankkitError(Exception):
    """Every error this library raises on purpose; ``problems`` has them as a table."""

    kind = "RankkitError"

    def __init__(
        self,
        problems: str | Problem | Sequence[Problem],
        /,
        *,
        source: str | None = None,
        n_rows: int | None = None,
        **details: Any,
    ) -> None:
        if isinstance(problems, str):
            problems = Problem(problems, details=details)
        if isinstance(problems, Problem):
            problems = [problems]
        self.items: tuple[Problem, ...] = tuple(problems)
        self.source = source
        self.n_rows = n_rows
        self.table: DataFrame | None = None  # the user's own sheet, kept so that to_excel can write it back marked
        super().__init__(self.items[0].code if self.items else "")

    @property
    def code(self) -> str:
        """Code of the first problem."""
        return self.items[0].code

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of all problems, each once, in order of appearance."""
        return tuple(dict.fromkeys(p.code for p in self.items))

    @property
    def problems(self) -> DataFrame:
        """All problems: ``code, row, column, value, message, fix``."""
        from pandas import DataFrame  # noqa: PLC0415 - the ground floor stays free of pandas until a table is asked for

        rows = [(p.code, p.row, p.column, p.value, p.message(), p.fix()) for p in self.items]
        frame = DataFrame(rows, columns=["code", "row", "column", "value", "message", "fix"])
        return frame.astype({"row": "Int64"})

    def text(self, lang: Lang | None = None) -> str:
        """Return the whole message in a language of choice."""
        lang = lang or language()
        if len(self.items) == 1 and self.items[0].row is None and self.source is None:
            return self.items[0].text(lang)
        n_bad = len({p.row for p in self.items if p.row is not None})
        head = wording.headline(len(self.items), n_bad, self.n_rows, self.source, lang)
        lines = ["  " + p.text(lang) for p in self.items[:_SHOWN]]
        if len(self.items) > _SHOWN:
            lines.append("  " + wording.and_more(len(self.items) - _SHOWN, lang))
        return "\n".join([head, *lines])

    def __str__(self) -> str:
        return self.text()

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.items, self.source, self.n_rows))

    def _render_traceback_(self) -> list[str]:
        """IPython prints this instead of a traceback."""
        return [f"{type(self).__name__}: {self}"]

    def to_excel(self, path: str | Path) -> Path:
        """Write the user's sheet back with the bad cells marked and commented.

        Parameters
        ----------
        path : path-like
            Where to write the workbook (``.xlsx``).

        Returns
        -------
        pathlib.Path
            The file written.
        """
        from rankkit import show  # noqa: PLC0415

        return show.write_marked_sheet(self, Path(path))


def _rebuild(kind: type[RankkitError], items: Iterable[Problem], source: str | None, n_rows: int | None) -> RankkitError:
    return kind(list(items), source=source, n_rows=n_rows)


class DataError(RankkitError):
    """The table cannot be read as what it should be."""


class RatingsError(DataError):
    """Problems in a table of ratings."""


class ComparisonsError(DataError):
    """Problems in a table of comparisons."""


class RankingsError(DataError):
    """Problems in a table of rankings."""


class PeopleError(DataError):
    """Problems in a table of people or of attributes."""


class ReadingError(DataError):
    """A file cannot be read: missing, empty, of an unknown kind or encoding."""


class SettingsError(RankkitError):
    """A setting of a method is impossible."""


class PolicyError(RankkitError):
    """A policy (quota, weight, threshold) cannot be applied as declared."""


class SessionError(RankkitError):
    """A step of a session is impossible as things stand, or its log cannot be written; the session is as it was."""


class IdentificationError(RankkitError):
    """The design cannot answer the question that was asked; the people concerned are named."""


class InsufficientDataError(RankkitError):
    """Too little data for any estimate."""


class DisclosureError(RankkitError):
    """A release would show what it must not."""


class ConvergenceError(RankkitError):
    """An iteration did not converge; no number is returned."""


class SolverError(RankkitError):
    """A solver failed or broke its own constraints."""


@contextmanager
def writing(path: str | Path, endings: Sequence[str] = ()) -> Iterator[Path]:
    """Make the folder of a file to be written, and say in one line what keeps it from being written.

    Parameters
    ----------
    path : path-like
        The file.
    endings : sequence of str
        Endings the name may have; any by default.

    Yields
    ------
    pathlib.Path
        The file.

    Raises
    ------
    SettingsError
        ``E-SETTING`` for another ending, ``E-WRITE`` if the system refuses.
    """
    target = Path(path)
    if endings and target.suffix.lower() not in endings:
        raise SettingsError("E-SETTING", name="path", value=str(target), allowed=[f"*{e}" for e in endings])
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield target
    except OSError as error:
        raise SettingsError("E-WRITE", path=str(target)) from error

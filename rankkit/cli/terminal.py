"""A conversation in a terminal: what is shown is plain text, what is typed becomes a command."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import click

from rankkit.cli.phrases import phrase

_JOINERS = "\u200c\u200d"  # emoji and some scripts are spelt with them
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
LOST = frozenset({"E-LOGMOVED", "E-LOGCLOSED"})  # the log is gone: nothing typed from here on would be kept
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "undo": ("u", "undo", "撤销", "撤銷"),
    "redo": ("r", "redo", "重做"),
    "withdraw": ("w", "withdraw", "撤回"),
    "exclude": ("x", "exclude", "剔除"),
    "switch": ("s", "switch", "换端", "換端"),
    "note": ("n", "note", "备注", "備註"),
    "pause": ("p", "pause", "q", "quit", "exit", "暂停", "暫停", "退出"),
    "finish": ("f", "finish", "结束", "結束", "完成"),
    "list": ("l", "list", "查看"),
    "abandon": ("a", "abandon", "放弃", "放棄"),
    "help": ("?", "h", "help", "帮助", "幫助"),
}


class StoppedError(Exception):
    """The rater pressed Ctrl-C, or the input ended; whatever was answered is kept."""


@dataclass(frozen=True)
class Typed:
    """A line as it is meant.

    Attributes
    ----------
    command : str
        Name of the command, ``"choice"``, or ``""`` for an empty line.
    rest : str
        What follows the command; for a choice, the whole line.
    """

    command: str
    rest: str


def plain(text: str) -> str:
    r"""Drop everything that could drive a terminal or turn the direction of writing; line breaks stay.

    Parameters
    ----------
    text : str
        From a file, a log or the keyboard.

    Returns
    -------
    str

    Examples
    --------
    >>> plain("\x1b[31m王伟\x07\u202e"), plain("a\nb")
    ('[31m王伟', 'a\nb')
    """
    return "".join(c for c in text if c == "\n" or c in _JOINERS or unicodedata.category(c) not in _HIDDEN)


def say(text: str, *, err: bool = False) -> None:
    """Print plain text."""
    click.echo(plain(text), err=err)


def ask(prompt: str) -> str:
    """Read one line; width of letters and digits is settled.

    Raises
    ------
    StoppedError
        At Ctrl-C or the end of the input.
    """
    try:
        line = click.prompt(plain(prompt), prompt_suffix=" > ", default="", show_default=False)
    except (click.Abort, KeyboardInterrupt, EOFError) as error:
        raise StoppedError from error
    return " ".join(unicodedata.normalize("NFKC", str(line)).split())


def understood(line: str, commands: Mapping[str, tuple[str, ...]] = COMMANDS) -> Typed:
    """Tell commands from choices.

    Parameters
    ----------
    line : str
        As typed.
    commands : mapping
        Name of each command to the words for it.

    Returns
    -------
    Typed

    Examples
    --------
    >>> understood("u 4"), understood("2 5"), understood("备注 很难选")
    (Typed(command='undo', rest='4'), Typed(command='choice', rest='2 5'), Typed(command='note', rest='很难选'))
    """
    word, _, rest = line.partition(" ")
    if not line:
        return Typed("", "")
    name = next((name for name, words in commands.items() if word.casefold() in words), None)
    return Typed(name, rest) if name else Typed("choice", line)


class NotFoundError(Exception):
    """What was typed names nobody; the text says so."""


def people_named(text: str, shown: Sequence[str], labels: Mapping[str, str], everybody: Sequence[str]) -> list[str]:
    """Find the people somebody typed: numbers of the list shown, ids or names.

    Parameters
    ----------
    text : str
        ``"2 5"``, ``"2,5"``, ``"e04"`` or ``"王伟"``.
    shown : sequence of str
        Ids in the order of the list shown; number 1 is the first.
    labels : mapping
        Display names.
    everybody : sequence of str
        All ids.

    Returns
    -------
    list of str
        Ids.

    Raises
    ------
    NotFoundError
        If a number, id or name is not there, or a name is that of several people.

    Examples
    --------
    >>> people_named("2、1", ["e04", "e07"], {}, ["e04", "e07"]), people_named("王伟", [], {"e04": "王伟"}, ["e04"])
    (['e07', 'e04'], ['e04'])
    """
    whole = _one(text, (), labels, everybody)
    if whole is not None:
        return [whole]
    found = []
    for token in re.split(r"[\s,、;]+", text.strip()):
        if token:
            who = _one(token, shown, labels, everybody)
            if who is None:
                raise NotFoundError(phrase("no_number", number=plain(token)))
            found.append(who)
    return found


def _one(token: str, shown: Sequence[str], labels: Mapping[str, str], everybody: Sequence[str]) -> str | None:
    """Find one person."""
    if token.isdecimal() and 1 <= int(token) <= len(shown):
        return shown[int(token) - 1]
    if token in everybody and (shown or not token.isdecimal()):
        return token
    called = [i for i in everybody if labels.get(i) == token]
    if len(called) > 1:
        raise NotFoundError(phrase("which_name", name=token, who=", ".join(called)))
    return called[0] if called else None


def numbered(names: Sequence[str]) -> str:
    """Number a list, one name a line.

    Parameters
    ----------
    names : sequence of str
        In the order to show.

    Returns
    -------
    str

    Examples
    --------
    >>> print(numbered(["王伟", "李娜"]))
       1  王伟
       2  李娜
    """
    width = max(3, len(str(len(names))) + 1)
    return "\n".join(f" {k:{width}d}  {name}" for k, name in enumerate(names, start=1))

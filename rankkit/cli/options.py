"""Options several commands share, and what every command does with errors."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from rankkit.errors import RankkitError, language, use_language

F = TypeVar("F", bound=Callable[..., Any])
LANG = click.option("--lang", type=click.Choice(["en", "zh"]), default=None, help="Language of messages and reports.")
ENCODING = click.option("--encoding", default=None, help="Text encoding of csv files; detected and reported by default.")
SHEET = click.option("--sheet", default=None, help="Sheet of a workbook; the first by default.")
COLUMN = click.option("-c", "--column", "columns", multiple=True, metavar="OURS=THEIRS", help="Name a column: -c ratee=被考核人")
WORDS = click.option("--words", default=None, metavar="WORD=NUMBER,…", help="Grade words: 优秀=5,良好=4 or a known set (quality5).")
SCALE = click.option("--scale", nargs=2, type=float, default=None, help="Lowest and highest score of the form.")


def plainly(function: F) -> F:
    """Errors of the library print as their message and exit with status 1, without a traceback."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("lang"):
            use_language(kwargs["lang"])
        try:
            return function(*args, **kwargs)
        except RankkitError as error:
            name = "错误" if language() == "zh" else type(error).__name__
            click.echo(f"{name}{'：' if language() == 'zh' else ': '}{error}", err=True)
            for line in _columns_to_name(error):
                click.echo(line, err=True)
            raise SystemExit(1) from error

    return wrapper  # type: ignore[return-value]


def _columns_to_name(error: RankkitError) -> list[str]:
    """Say how missing columns are named on the command line."""
    out = []
    for problem in error.items:
        named = re.findall(r"'([^']+)': '([^'…]+)'", str(problem.details.get("example", "")))
        if problem.code == "E-COLS" and named:
            options = " ".join(f"-c {ours}={theirs}" for ours, theirs in named)
            out.append(f"  命令行写法：{options}" if language() == "zh" else f"  On the command line: {options}")
    return out


def named_numbers(text: str) -> dict[str, float]:
    """Read A=20,B=70,C=10: every name once, every number a number."""
    parts = [part.rpartition("=") for part in text.split(",")]
    try:
        named = {name.strip(): float(number.strip().rstrip("%")) for name, _, number in parts}
    except ValueError as error:
        raise click.UsageError(f"{text!r}: {error}; write for example A=20,B=70,C=10.") from error
    if "" in named or len(named) < len(parts):
        raise click.UsageError(f"{text!r}: every number needs a name of its own; write for example A=20,B=70,C=10.")
    return named


def named_columns(columns: tuple[str, ...]) -> dict[str, str]:
    """Read -c OURS=THEIRS."""
    for column in columns:
        if not all(part.strip() for part in column.partition("=")):
            raise click.UsageError(f"{column!r} names no column; write for example -c ratee=被考核人.")
    return dict(c.split("=", 1) for c in columns)


def say_written(paths: list[Any]) -> None:
    """Say which files there are now."""
    if paths:
        click.echo(
            ("\n已写入：" if language() == "zh" else "\nWritten: ") + ("、" if language() == "zh" else ", ").join(str(p) for p in paths)
        )

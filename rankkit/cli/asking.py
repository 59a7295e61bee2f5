"""Asking raters in a terminal: `rankkit elicit alternation | pairs | gather`."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rankkit.cli.options import COLUMN, ENCODING, LANG, SHEET, named_columns, plainly
from rankkit.cli.phrases import phrase
from rankkit.cli.terminal import StoppedError, ask, say
from rankkit.errors import Lang, ReadingError, SettingsError, writing
from rankkit.tables.text import as_text

if TYPE_CHECKING:
    from rankkit.cli.alternation_screen import AlternationScreen
    from rankkit.cli.pairs_screen import PairsScreen
    from rankkit.tables.people import People

_PATH = click.Path(path_type=Path)
_INTERRUPTED = 130  # what a shell reports after Ctrl-C
_PEOPLE = click.argument("people", type=_PATH, required=False)
_RATER = click.option("--rater", default=None, help="Who answers; asked for if not given.")
_SESSION = click.option("--session", "path", type=_PATH, default=None, help="File that keeps every answer; the same file goes on later.")
_SEED = click.option("--seed", type=int, default=0, show_default=True, help="Of the order in which people are shown.")
_OUT = click.option("--out", type=_PATH, default=None, help="Where the table goes; beside the session by default.")


@click.group()
def elicit() -> None:
    """Ask a rater; every answer is kept at once, and a session can be stopped and gone on with at any moment."""


@elicit.command()
@_PEOPLE
@_RATER
@_SESSION
@click.option("--first-end", type=click.Choice(["best", "worst", "random"]), default="best", show_default=True)
@click.option("--dimension", default=None, help="On what people are ranked.")
@_SEED
@_OUT
@COLUMN
@SHEET
@ENCODING
@LANG
@plainly
def alternation(
    people: Path | None,
    rater: str | None,
    path: Path | None,
    first_end: Any,
    dimension: str | None,
    seed: int,
    out: Path | None,
    columns: tuple[str, ...],
    sheet: str | None,
    encoding: str | None,
    lang: Lang | None,
) -> None:
    """Rank the PEOPLE of a file: the best, the worst of the rest, the best of what is left, and so on.

    PEOPLE is a table with a column person (staff number or name) and perhaps label (display name); name others with
    -c person=工号 -c label=姓名.
    """
    from rankkit.cli.alternation_screen import AlternationScreen
    from rankkit.elicit.alternation import AlternationSession

    found = _people(people, columns, sheet, encoding)
    path, rater = _whose(path, rater, people, "alternation")
    target = _target(out, path, people)
    session = _opened(AlternationSession, path)
    if session is None:
        found, rater = _needed(found, rater, "alternation")
        session = AlternationSession.start(found, rater=rater, path=path, first_end=first_end, seed=seed, dimension=dimension)
        n, minutes = len(session.standing.items), max(1, round(session.load.minutes))
        say(phrase("begun", n=n, rater=session.rater, minutes=minutes, path=path))
    else:
        _check_resumed(session, session.rater, path, rater)
        standing = session.standing
        if found is not None and tuple(found.ids) != standing.items:
            say(phrase("people_differ", file=people))
        placed = len(standing.ranks)
        say(phrase("resumed", rater=session.rater, placed=placed, n=placed + len(session.remaining)))
    for note in session.notes:
        say(note.text())
    with session:
        if _converse(AlternationScreen(session), _again("alternation", people, path, columns, lang), path):
            _write(session.frame(), target)
            say(phrase("how_to_fit", sessions=shlex.quote(str(path.parent))))


@elicit.command()
@_PEOPLE
@_RATER
@_SESSION
@click.option(
    "--design", type=click.Choice(["complete", "random_regular", "cyclic", "swiss", "adaptive"]), default="complete", show_default=True
)
@click.option("-k", "k", type=int, default=None, help="Comparisons of each person, where the design is not complete.")
@click.option("--dimension", "dimensions", multiple=True, help="On what people are compared; one at a time, in this order.")
@click.option("--holdout", type=float, default=0.2, show_default=True, help="Share of pairs by lot in an adaptive design.")
@click.option("--repeats", type=float, default=0.1, show_default=True, help="Share of pairs asked again, for consistency.")
@click.option("--conflict", "conflicts", multiple=True, metavar="PERSON", help="Somebody this rater must not judge.")
@_SEED
@_OUT
@COLUMN
@SHEET
@ENCODING
@LANG
@plainly
def pairs(
    people: Path | None,
    rater: str | None,
    path: Path | None,
    design: Any,
    k: int | None,
    dimensions: tuple[str, ...],
    holdout: float,
    repeats: float,
    conflicts: tuple[str, ...],
    seed: int,
    out: Path | None,
    columns: tuple[str, ...],
    sheet: str | None,
    encoding: str | None,
    lang: Lang | None,
) -> None:
    """Compare the PEOPLE of a file two at a time.

    PEOPLE is a table with a column person (staff number or name) and perhaps label (display name); name others with
    -c person=工号 -c label=姓名.
    """
    from rankkit.cli.pairs_screen import PairsScreen
    from rankkit.elicit.pairing import PairingSession

    found = _people(people, columns, sheet, encoding)
    path, rater = _whose(path, rater, people, "pairs")
    target = _target(out, path, people)
    session = _opened(PairingSession, path)
    if session is None:
        found, rater = _needed(found, rater, "pairs")
        chosen = {"design": design, "k": k, "holdout": holdout, "repeats": repeats, "dimensions": dimensions, "conflicts": conflicts}
        session = PairingSession.start(found, rater=rater, path=path, seed=seed, **chosen)
        settings, progress = session.settings, session.progress
        minutes = max(1, round(progress.minutes_left))
        say(phrase("pairs_begun", pairs=progress.total, n=len(settings.items), rater=settings.rater, minutes=minutes, path=path))
    else:
        _check_resumed(session, session.settings.rater, path, rater)
        progress = session.progress
        say(phrase("pairs_resumed", rater=session.settings.rater, asked=progress.asked, total=progress.total))
    for note in session.notes:
        say(note.text())
    with session:
        finished = _converse(PairsScreen(session), _again("pairs", people, path, columns, lang), path)
        if finished and session.state.answers:
            _write(session.frame(), target)
            say(phrase("how_to_fit_pairs", path=shlex.quote(str(target))))


@elicit.command()
@click.argument("sessions", nargs=-1, required=True, type=_PATH)
@click.option("--out", type=_PATH, default=Path("rankings.csv"), show_default=True, help="Where the table goes.")
@click.option("--partial", is_flag=True, help="Also sessions that are not finished; those not placed yet count as left over.")
@LANG
@plainly
def gather(sessions: tuple[Path, ...], out: Path, partial: bool, lang: Lang | None) -> None:
    """Put the alternation SESSIONS of several raters (files or a folder) into one table of rankings."""
    from rankkit.elicit.gathering import gather as gathered

    table = gathered(sessions, partial=partial)
    say(repr(table))
    _write(table.frame, out)
    say(f"  rankkit fit alternation_ranking {shlex.quote(str(out))}")


def _people(file: Path | None, columns: tuple[str, ...], sheet: str | None, encoding: str | None) -> People | None:
    """Read the people, if a file is given."""
    if file is None:
        return None
    from rankkit.tables import reading

    return reading.read_people(file, named_columns(columns) or None, encoding=encoding, sheet=sheet)


def _whose(path: Path | None, rater: str | None, people: Path | None, what: str) -> tuple[Path, str | None]:
    """Name the session file after the people and the rater, where it is not named."""
    if path is not None:
        return path, rater
    rater = rater or ask(phrase("asked_rater"))
    stem = f"{people.stem}-{what}-{rater}" if people else f"{what}-{rater}"
    return Path(re.sub(r"[^\w.-]+", "_", stem) + ".jsonl"), rater


def _target(out: Path | None, session: Path, people: Path | None) -> Path:
    """Where the table will go: checked before the first question, and never over the file of people."""
    if out is None:
        return session.with_name(f"{session.stem}-table.csv")
    if out.suffix.lower() != ".csv":
        raise SettingsError("E-SETTING", name="--out", value=out, allowed="*.csv")
    if people is not None and out.resolve() == people.resolve():
        raise click.UsageError(phrase("over_people", path=out))
    return out


def _opened(kind: Any, path: Path) -> Any:
    """Go on with a session; None where there is none, or where it was begun and not one answer was kept."""
    try:
        return kind.open(path) if path.exists() else None
    except ReadingError as error:
        if error.code != "E-NOLOG":  # a file that is no session at all is refused again when one is started on it
            raise
        return None


def _needed(found: People | None, rater: str | None, what: str) -> tuple[People, str]:
    """Ask for what a new session needs."""
    if found is None:
        raise click.UsageError(phrase("no_people", what=what))
    return found, rater or ask(phrase("asked_rater"))


def _check_resumed(session: Any, theirs: str, path: Path, rater: str | None) -> None:
    """Refuse to go on with the session of somebody else."""
    if rater is not None and as_text(rater) != theirs:
        session.close()
        raise click.UsageError(phrase("other_rater", path=path, theirs=theirs, given=rater))


def _converse(screen: AlternationScreen | PairsScreen, again: str, path: Path) -> bool:
    """Ask until it is done; however it ends, say how to go on."""
    try:
        finished = screen.run()
    except (StoppedError, KeyboardInterrupt) as error:
        say("\n" + phrase("kept", path=path, command=again))
        raise SystemExit(_INTERRUPTED) from error
    if not finished:
        say(phrase("kept", path=path, command=again))
    return finished


def _again(what: str, people: Path | None, path: Path, columns: tuple[str, ...], lang: str | None) -> str:
    """Write the command that goes on with a session."""
    words = ["rankkit", "elicit", what, *([str(people)] if people else []), "--session", str(path)]
    words += [part for column in columns for part in ("-c", column)] + (["--lang", lang] if lang else [])
    return shlex.join(words)


def _write(frame: Any, path: Path) -> None:
    """Write a table, as spreadsheets read it."""
    with writing(path, (".csv",)) as target:
        frame.to_csv(target, index=False, encoding="utf-8-sig")
    say(phrase("written", path=path))

"""A committee's session in a terminal: `rankkit calibrate open | vote | agenda | move | undo | status | verify | export …`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rankkit.cli.calibrate_phrases import phrase
from rankkit.cli.options import COLUMN, LANG, plainly, say_written
from rankkit.cli.terminal import say
from rankkit.errors import Lang, language

if TYPE_CHECKING:
    from rankkit.calibration import CalibrationSession
    from rankkit.report.grids import Grid

_PATH = click.Path(path_type=Path)
_SESSION = click.argument("session", type=_PATH)
_AS = click.option("--as", "by", required=True, metavar="PARTICIPANT", help="Who does it: the id of a participant.")
_REASONS = ["new_evidence", "standard_misapplied", "comparison_within_level", "scope_change", "data_error", "quota_only", "other"]


@click.group()
def calibrate() -> None:
    """Hold a calibration session; every step is kept at once, and nothing is ever deleted."""


def _step(function: Callable[..., Any]) -> Any:
    """A command on a session: its file first, its language last, errors in plain words."""
    return calibrate.command()(_SESSION(LANG(plainly(function))))


@_step
@click.option("--grades", type=_PATH, default=None, help="Archive of a forced distribution (rankkit grade … --json).")
@click.option("--people", type=_PATH, default=None, help="Table of people: person, label, manager, unit.")
@click.option("--participant", "participants", multiple=True, metavar="ID[=NAME]", help="Who meets; repeat it.")
@click.option("--chair", default=None, metavar="ID[=NAME]", help="Who leads.")
@click.option("--family", multiple=True, metavar="PARTICIPANT:PERSON", help="A close relative among the people graded.")
@click.option("--title", default="", help="Name of the session.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the order of discussion.")
@COLUMN
def open(  # noqa: A001 - the name of the command
    session: Path,
    grades: Path | None,
    people: Path | None,
    participants: tuple[str, ...],
    chair: str | None,
    family: tuple[str, ...],
    title: str,
    seed: int,
    columns: tuple[str, ...],
    lang: Lang | None,
) -> None:
    """Begin SESSION from grades, or show where it stands."""
    from rankkit.calibration import CalibrationSession
    from rankkit.cli.options import named_columns
    from rankkit.result import Result
    from rankkit.tables import reading

    if session.exists() and grades is None:
        with CalibrationSession.open(session, write=False) as found:
            _status(found)
        return
    if grades is None or not (participants or chair):
        raise click.UsageError(phrase("needs_grades", path=session))
    table = None if people is None else reading.read_people(people, named_columns(columns) or None)
    members = _members(participants, chair, family)
    held: Any = Result.from_json(grades)
    with CalibrationSession.create(session, held, members, people=table, title=title, seed=seed) as made:
        say(phrase("created", title=made.title, path=session, n=len(made.state.before), members=len(members)))
        say(phrase("head", head=made.head()))


@_step
@_AS
@click.argument("ratee")
@click.argument("stance", type=click.Choice(["agree", "up", "down", "abstain"]))
@click.option("--grade", default=None, help="The grade meant; the next one by default.")
def vote(session: Path, by: str, ratee: str, stance: Any, grade: str | None, lang: Lang | None) -> None:
    """Give a pre-vote on RATEE."""
    with _opened(session) as found:
        found.vote(by, ratee, stance, grade)
        say(phrase("voted", who=ratee))
        left = [found.names.label(w) for w in found.state.outstanding(found.names.token(by))]
        if left:
            say(phrase("outstanding", who=", ".join(left)))


@_step
@click.option("--as", "by", default=None, metavar="PARTICIPANT", help="While votes are given: who looks, after voting on every case.")
def agenda(session: Path, by: str | None, lang: Lang | None) -> None:
    """Show the agenda."""
    with _opened(session, write=by is not None) as found:
        if found.phase == "prepare":
            say(found.agenda(by).drop(columns=["part"]).to_string(float_format="{:.2f}".format, na_rep="–"))
            return
        from rankkit.report import session_grids

        grid = session_grids.agenda(found, language())
        if grid is not None:
            say(_columns(grid))


@_step
@_AS
@click.argument("ratee")
@click.argument("grade")
@click.option("--code", type=click.Choice(_REASONS), required=True, help="Kind of the reason.")
@click.option("--reason", required=True, help="The reason in words, 20 characters or more.")
@click.option("--evidence", multiple=True, help="What it rests on; repeat it.")
@click.option("--second-code", type=click.Choice(_REASONS), default=None, help="Kind of a second reason, over more than one grade.")
@click.option("--second-reason", default="", help="The second reason in words.")
def move(
    session: Path,
    by: str,
    ratee: str,
    grade: str,
    code: Any,
    reason: str,
    evidence: tuple[str, ...],
    second_code: Any,
    second_reason: str,
    lang: Lang | None,
) -> None:
    """Give RATEE another GRADE."""
    with _opened(session) as found:
        second = None if second_code is None else (second_code, second_reason)
        made = found.move(by, ratee, grade, code, reason, evidence, second)
        say(phrase("moved", n=made.n, who=ratee, a=made.from_grade or "—", b=made.to_grade))
        for note in made.notes:
            say(note.text())


@_step
@_AS
@click.option("--move", "number", type=int, default=None, help="Number of the move; the last one that stands by default.")
@click.option("--reason", required=True, help="Why it is taken back.")
def undo(session: Path, by: str, number: int | None, reason: str, lang: Lang | None) -> None:
    """Take a move back, by a further event."""
    with _opened(session) as found:
        say(phrase("undone", n=found.undo(by, reason, number)))


@_step
@_AS
@click.argument("ratee")
@click.option("--reason", default="", help="Why.")
def recuse(session: Path, by: str, ratee: str, reason: str, lang: Lang | None) -> None:
    """Take no part in the case of RATEE."""
    with _opened(session) as found:
        found.recuse(by, ratee, reason)
        say(phrase("recused", who=by, ratee=ratee))


@_step
@_AS
@click.argument("ratee")
def discuss(session: Path, by: str, ratee: str, lang: Lang | None) -> None:
    """Record who spoke first on RATEE."""
    with _opened(session) as found:
        found.discuss(ratee, by)
        say(phrase("discussed", ratee=ratee, who=by))


@_step
@_AS
def advance(session: Path, by: str, lang: Lang | None) -> None:
    """Go on to the next phase."""
    with _opened(session) as found:
        found.advance(by)
        _say_phase(found)


@_step
@_AS
@click.option("--reason", required=True, help="Why.")
def reopen(session: Path, by: str, reason: str, lang: Lang | None) -> None:
    """Go back from ratifying to proposing."""
    with _opened(session) as found:
        found.reopen(by, reason)
        _say_phase(found)


@_step
@_AS
def ratify(session: Path, by: str, lang: Lang | None) -> None:
    """Ratify the grades as they stand."""
    from rankkit.calibration.session_steps import needed_to_ratify

    with _opened(session) as found:
        found.ratify(by)
        say(phrase("ratified", who=by, n=len(found.state.signed), needed=needed_to_ratify(found.state)))


@_step
def status(session: Path, lang: Lang | None) -> None:
    """Show where SESSION stands: seats, moves, managers, what to keep in mind."""
    with _opened(session, write=False) as found:
        _status(found)


@_step
@click.option("--head", default=None, help="A head printed or exported before: COUNT:HASH.")
def verify(session: Path, head: str | None, lang: Lang | None) -> None:
    """Check every record of SESSION, or of an export of one (.jsonl)."""
    from rankkit.calibration import read_export

    if session.suffix.lower() == ".jsonl":
        found = read_export(session, head).head
    else:
        with _opened(session, write=False) as opened:
            found = opened.verify(head)
    say(phrase("sound", n=found.count))
    say(phrase("head", head=found))


@_step
@click.argument("out", type=_PATH)
@click.option("--without-personal", is_flag=True, help="Leave out names, scores and reasons; the chain can be checked all the same.")
def export(session: Path, out: Path, without_personal: bool, lang: Lang | None) -> None:
    """Write everything to OUT as JSON lines."""
    with _opened(session, write=False) as found:
        head = found.export(out, personal=not without_personal)
    say(phrase("exported", n=head.count, path=out))
    say(phrase("head", head=head))


@_step
@click.argument("out", type=_PATH)
def report(session: Path, out: Path, lang: Lang | None) -> None:
    """Write the report of SESSION as HTML."""
    with _opened(session, write=False) as found:
        say_written([found.to_report(out, lang=lang or language())])


@_step
@click.argument("person")
@click.option("--yes", is_flag=True, help="Do not ask.")
def shred(session: Path, person: str, yes: bool, lang: Lang | None) -> None:
    """Erase PERSON from SESSION for good; the chain stays valid."""
    with _opened(session) as found:
        if not yes:
            click.confirm(phrase("sure", who=person), abort=True)
        notes = found.shred(person)
        say(phrase("erased", who=person))
        for note in notes:
            say(note.text())


def _opened(path: Path, *, write: bool = True) -> CalibrationSession:
    from rankkit.calibration import CalibrationSession

    return CalibrationSession.open(path, write=write)


def _members(participants: tuple[str, ...], chair: str | None, family: tuple[str, ...]) -> list[Any]:
    """Read ID=NAME and PARTICIPANT:PERSON."""
    from rankkit.calibration import Participant

    related: dict[str, list[str]] = {}
    for pair in family:
        who, colon, person = pair.partition(":")
        if not (who and colon and person):
            raise click.UsageError(f"{pair!r}: PARTICIPANT:PERSON")
        related.setdefault(who, []).append(person)
    named = [(text, "member") for text in participants] + ([(chair, "chair")] if chair else [])
    out = []
    for text, role in named:
        ident, _, label = text.partition("=")
        out.append(Participant(id=ident, label=label, role=role, family=tuple(related.pop(ident, ()))))  # type: ignore[arg-type]
    if related:
        raise click.UsageError(f"{', '.join(related)}: PARTICIPANT:PERSON")
    return out


def _say_phase(found: CalibrationSession) -> None:
    from rankkit.report import terms_of_sessions

    say(phrase("phase", phase=terms_of_sessions.WORDS[found.phase][language() == "zh"]))


def _status(found: CalibrationSession) -> None:
    """Print the live view."""
    from rankkit.report import session_grids

    lang = language()
    say(repr(found))
    _say_phase(found)
    grids = (
        session_grids.quota(found, lang),
        session_grids.before_after(found, lang),
        session_grids.moves(found, lang, 10),
        session_grids.boundary(found, lang, 10),
    )
    for grid in grids:
        if grid is not None:
            say("\n" + _columns(grid))
    for note in found.notes:
        say("\n" + note.text())


def _columns(grid: Grid) -> str:
    """Set a table in columns; Chinese characters are two wide."""
    from rankkit.report.plain import aligned

    rows = [[cell.text for cell in row] for row in grid.rows]
    return "\n".join(aligned([h.text for h in grid.headings], rows, [h.number for h in grid.headings]))

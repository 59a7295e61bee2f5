"""A committee's session in a terminal: `rankkit calibrate open | case | vote | agenda | move | whatif | status | verify | …`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rankkit.cli.calibrate_phrases import phrase
from rankkit.cli.log_files import say_exported, say_verified
from rankkit.cli.options import COLUMN, LANG, plainly, say_written
from rankkit.cli.terminal import say
from rankkit.errors import Lang, language

if TYPE_CHECKING:
    from rankkit.calibration import CalibrationSession

_PATH = click.Path(path_type=Path)
_SESSION = click.argument("session", type=_PATH)
_AS = click.option("--as", "by", required=True, metavar="PARTICIPANT", help="Who does it: the id of a participant.")
_ATTRIBUTES = click.option(
    "--attributes",
    type=_PATH,
    default=None,
    help="Table of attributes (person, attribute, value): adds groups; the session keeps none of it.",
)
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
@click.option("--cycle", default="", help="The period graded, for example 2026H1.")
@click.option("--kpi", default=None, metavar="COLUMN", help="Column of the people's table with results, shown beside the scores.")
@click.option("--quorum", type=int, default=None, help="How many members must ratify; all by default.")
@click.option("--require-evidence", is_flag=True, help="Refuse moves without evidence, instead of warning.")
@click.option("--policy-version", default="", help="Version of the written policy.")
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
    cycle: str,
    kpi: str | None,
    quorum: int | None,
    require_evidence: bool,
    policy_version: str,
    seed: int,
    columns: tuple[str, ...],
    lang: Lang | None,
) -> None:
    """Begin SESSION from grades, or show where it stands."""
    from rankkit.calibration import CalibrationSession, SessionPolicy
    from rankkit.cli.options import named_columns
    from rankkit.result import Result
    from rankkit.tables import reading

    if session.exists() and grades is None:
        with CalibrationSession.open(session, write=False) as found:
            say(repr(found.view()))
        return
    if grades is None or not (participants or chair):
        raise click.UsageError(phrase("needs_grades", path=session))
    table = None if people is None else reading.read_people(people, named_columns(columns) or None)
    members = _members(participants, chair, family)
    held: Any = Result.from_json(grades)
    rules = SessionPolicy(quorum=quorum, evidence="require" if require_evidence else "warn", version=policy_version)
    results = _column(table, kpi)
    more: dict[str, Any] = {"people": table, "policy": rules, "title": title, "cycle": cycle, "kpi": results, "seed": seed}
    with CalibrationSession.create(session, held, members, **more) as made:
        say(phrase("created", title=made.title, path=session, n=len(made.state.before), members=len(members)))
        say(phrase("head", head=made.head()))


@_step
@_AS
@click.argument("ratee")
@click.argument("stance", type=click.Choice(["agree", "up", "down", "abstain"]))
@click.option("--grade", default=None, help="The grade meant; the next one by default.")
def vote(session: Path, by: str, ratee: str, stance: Any, grade: str | None, lang: Lang | None) -> None:
    """Give a pre-vote on RATEE."""
    from rankkit.report import session_grids

    with _opened(session) as found:
        found.vote(by, ratee, stance, grade)
        say(phrase("voted", who=_named(found, ratee)))
        left = [found.names.label(w) for w in found.state.outstanding(found.names.token(by))]
        if left:
            say(phrase("outstanding", n=len(left), who=session_grids.some(left, language())))


@_step
@click.option("--as", "by", default=None, metavar="PARTICIPANT", help="While votes are given: who looks, after voting on every case.")
def agenda(session: Path, by: str | None, lang: Lang | None) -> None:
    """Show the agenda."""
    with _opened(session, write=by is not None) as found:
        if found.phase == "prepare":
            say(found.agenda(by).drop(columns=["part"]).to_string(float_format="{:.2f}".format, na_rep="–"))
            return
        from rankkit.report import session_grids
        from rankkit.report.session_view import columns

        grid = session_grids.agenda(found, language())
        if grid is not None:
            say(columns(grid))


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
        say(phrase("moved", n=made.n, who=_named(found, ratee), a=made.from_grade or "—", b=made.to_grade))
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
        say(phrase("recused", who=_named(found, by), ratee=_named(found, ratee)))


@_step
@_AS
@click.argument("ratee")
def discuss(session: Path, by: str, ratee: str, lang: Lang | None) -> None:
    """Record who spoke first on RATEE."""
    with _opened(session) as found:
        found.discuss(ratee, by)
        say(phrase("discussed", ratee=_named(found, ratee), who=_named(found, by)))


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
    from rankkit.calibration.sessions.session_steps import needed_to_ratify

    with _opened(session) as found:
        found.ratify(by)
        say(phrase("ratified", who=_named(found, by), n=len(found.state.signed), needed=needed_to_ratify(found.state)))


@_step
@_ATTRIBUTES
@COLUMN
def status(session: Path, attributes: Path | None, columns: tuple[str, ...], lang: Lang | None) -> None:
    """Show where SESSION stands: seats, agenda, managers, moves, who cannot be told apart, what to keep in mind."""
    with _opened(session, write=False) as found:
        say(repr(found.view(_groups(attributes, columns))))


@_step
@click.argument("ratee")
def case(session: Path, ratee: str, lang: Lang | None) -> None:
    """Show the evidence on RATEE; no vote of anybody."""
    from rankkit.report import session_cases

    with _opened(session, write=False) as found:
        say(session_cases.text(found.case(ratee), language()))


@_step
@click.argument("ratee")
@click.argument("grade")
@click.option("--attributes", type=_PATH, required=True, help="Table of attributes: person, attribute, value.")
@COLUMN
def whatif(session: Path, ratee: str, grade: str, attributes: Path, columns: tuple[str, ...], lang: Lang | None) -> None:
    """Show how groups would fare if RATEE had GRADE; nothing is kept."""
    from rankkit.report import session_cases

    with _opened(session, write=False) as found:
        say(session_cases.what_if(found.what_if(ratee, grade, _groups(attributes, columns)), language()))


@_step
@click.option("--head", default=None, help="A head printed or exported before: COUNT:HASH.")
def verify(session: Path, head: str | None, lang: Lang | None) -> None:
    """Check every record of SESSION, or of an export of one (.jsonl)."""
    from rankkit.calibration import read_export

    say_verified(session, head, read_export, _opened, phrase)


@_step
@click.argument("out", type=_PATH)
@click.option("--without-personal", is_flag=True, help="Leave out names, scores and reasons; the chain can be checked all the same.")
def export(session: Path, out: Path, without_personal: bool, lang: Lang | None) -> None:
    """Write everything to OUT as JSON lines."""
    say_exported(session, out, _opened, phrase, personal=not without_personal)


@_step
@click.argument("out", type=_PATH)
@_ATTRIBUTES
@COLUMN
def report(session: Path, out: Path, attributes: Path | None, columns: tuple[str, ...], lang: Lang | None) -> None:
    """Write the report of SESSION, or of an export of one (.jsonl), as HTML."""
    from rankkit.calibration import read_export

    groups = _groups(attributes, columns)
    if session.suffix.lower() == ".jsonl":
        say_written([read_export(session).to_report(out, lang=lang or language(), attributes=groups)])
        return
    with _opened(session, write=False) as found:
        say_written([found.to_report(out, lang=lang or language(), attributes=groups)])


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


def _named(found: CalibrationSession, person: str) -> str:
    """Name and id of a person."""
    label = found.names.label(found.names.token(person))
    return label if person in label else f"{label} ({person})"


def _say_phase(found: CalibrationSession) -> None:
    from rankkit.report import terms_of_sessions

    say(phrase("phase", phase=terms_of_sessions.WORDS[found.phase][language() == "zh"]))


def _column(people: Any, name: str | None) -> Any:
    """A column of the table of people."""
    if name is None:
        return None
    if people is None or name not in people.frame:
        raise click.UsageError(phrase("no_column", name=name, there="—" if people is None else ", ".join(map(str, people.frame))))
    return people.frame[name]


def _groups(path: Path | None, columns: tuple[str, ...]) -> Any:
    """Protected attributes, for this answer only."""
    from rankkit.cli.options import named_columns
    from rankkit.tables import reading

    return None if path is None else reading.read_attributes(path, named_columns(columns) or None)

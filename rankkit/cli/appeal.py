"""Appeals in a terminal: `rankkit appeal open | deliver | submit | admit | statement | pack | rerate | decide | approve | notify …`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rankkit.cli import appeal_beginning
from rankkit.cli.appeal_phrases import phrase
from rankkit.cli.options import COLUMN, LANG, plainly, say_written
from rankkit.cli.terminal import say
from rankkit.errors import Lang, language

if TYPE_CHECKING:
    from rankkit.calibration import AppealLog
    from rankkit.report.grids import Grid

PATH = click.Path(path_type=Path)
LOG = click.argument("log", type=PATH)
CASE = click.argument("appeal", type=int)
AS = click.option("--as", "by", required=True, metavar="STAFF", help="Who does it: the id of a member of staff.")
ON = click.option("--on", default=None, metavar="DATE", help="Day of the step; today by default.")
TEXT = click.option("--text", required=True, help="The reasons in words.")
PROOF = click.option("--proof", required=True, help="How it is known: signed copy, receipt.")


@click.group()
def appeal() -> None:
    """Handle appeals against grades; every step is kept at once, and nothing is ever deleted."""


def step(function: Callable[..., Any]) -> Any:
    """A command on a log: its file first, its language last, errors in plain words."""
    return appeal.command()(LOG(LANG(plainly(function))))


@step
@click.option("--session", type=PATH, default=None, help="File of a closed calibration session.")
@click.option(
    "--grades", type=PATH, default=None, help="Archive of a forced distribution (rankkit grade … --json), where no committee met."
)
@click.option("--staff", multiple=True, metavar="ID[=NAME]", help="Who may act; repeat it.")
@click.option("--family", multiple=True, metavar="STAFF:PERSON", help="A close relative among the people graded.")
@click.option("--filing-days", type=int, default=None, help="Working days to appeal in, from the delivery.")
@click.option(
    "--step-days", default="", metavar="STEP=DAYS,…", help="admission=3,investigation=10,re_rating=5,decision=5,approval=3,notice=3"
)
@click.option("--calendar", default=None, metavar="cn|weekends|FILE", help="Working days: built in, weekends only, or a table date, kind.")
@click.option("--effects", type=click.Choice(["no_displacement", "re_rank"]), default="no_displacement", show_default=True)
@click.option("--evidence", type=click.Choice(["require", "warn"]), default="require", show_default=True, help="Appeals without evidence.")
@click.option("--policy-version", default="", help="Version of the written scheme.")
@click.option("--re-raters", type=int, default=1, show_default=True, help="How many rate again.")
@click.option("--rating-se", type=float, default=None, help="Standard error of one re-rating.")
@click.option("--people", type=PATH, default=None, help="Table of people: person, label, manager, unit.")
@click.option("--ratings", type=PATH, default=None, help="The original ratings: their raters act in no case of theirs.")
@click.option("--title", default="", help="Name of the log.")
@COLUMN
def open(log: Path, session: Path | None, grades: Path | None, **options: Any) -> None:  # noqa: A001 - the name of the command
    """Begin LOG from a closed session or from grades, or show where it stands."""
    from rankkit.calibration import AppealLog

    if log.exists() and session is None and grades is None:
        with AppealLog.open(log, write=False) as found:
            show_status(found, None)
        return
    if (session is None) == (grades is None) or not options["staff"] or options["filing_days"] is None or options["calendar"] is None:
        raise click.UsageError(phrase("needs_basis", path=log))
    with appeal_beginning.begin(log, session, grades, options) as made:
        say(phrase("created", title=made.title, path=log, n=len(made.state.before), staff=len(made.state.staff)))
        say(phrase("head", head=made.head()))


@step
@AS
@click.argument("ratees", nargs=-1)
@click.option("--on", required=True, metavar="DATE", help="Day of delivery.")
@PROOF
def deliver(log: Path, by: str, ratees: tuple[str, ...], on: str, proof: str, lang: Lang | None) -> None:
    """Record that grades were delivered to RATEES, or to everybody."""
    with opened(log) as found:
        found.deliver(ratees or None, on, proof, by)
        who = len(ratees) or len(found.events[-1].data["who"])
        say(phrase("delivered", n=who, last=found.calendar.deadline(on, found.policy.filing_days)))


@step
@AS
@click.argument("person", metavar="ID[=NAME]")
@click.option("--family", multiple=True, metavar="PERSON", help="A close relative among the people graded.")
def enrol(log: Path, by: str, person: str, family: tuple[str, ...], lang: Lang | None) -> None:
    """Let somebody more act in appeals."""
    from rankkit.calibration import Participant

    ident, _, label = person.partition("=")
    with opened(log) as found:
        found.enrol(Participant(id=ident, label=label, family=family), by)
        say(phrase("enrolled", who=label or ident))


@step
@click.argument("ratee")
@click.option("--ground", required=True, help="score_wrong, evidence_ignored, standard_misapplied, procedure, bias, data_error, other")
@TEXT
@click.option("--evidence", multiple=True, help="What it rests on; repeat it.")
@click.option("--wanted", default=None, metavar="GRADE", help="The grade asked for.")
@click.option("--late-reason", default="", help="Why it comes too late: the admission then decides.")
@ON
def submit(
    log: Path,
    ratee: str,
    ground: str,
    text: str,
    evidence: tuple[str, ...],
    wanted: str | None,
    late_reason: str,
    on: str | None,
    lang: Lang | None,
) -> None:
    """Submit the appeal of RATEE."""
    with opened(log) as found:
        n = found.submit(ratee, ground, text, evidence, on=on, wanted=wanted, late_reason=late_reason)
        say(phrase("submitted", n=n, who=ratee))


@step
@CASE
@AS
@ON
def admit(log: Path, appeal: int, by: str, on: str | None, lang: Lang | None) -> None:
    """Accept APPEAL for examination."""
    with opened(log) as found:
        found.admit(appeal, by, on=on)
        _say_stage(found, appeal)


@step
@CASE
@AS
@click.option("--ground", required=True, help="late, no_reasons, no_evidence, not_appealable, duplicate, other")
@TEXT
@ON
def reject(log: Path, appeal: int, by: str, ground: str, text: str, on: str | None, lang: Lang | None) -> None:
    """Refuse to examine APPEAL."""
    with opened(log) as found:
        found.reject(appeal, by, ground, text, on=on)
        _say_stage(found, appeal)


@step
@CASE
@click.argument("giver")
@AS
@click.option("--text", default="", help="What was said.")
@click.option("--role", type=click.Choice(["supervisor", "other"]), default=None, help="Where it is not known who the supervisor is.")
@click.option("--declined", is_flag=True, help="GIVER would not say anything.")
@ON
def statement(
    log: Path, appeal: int, giver: str, by: str, text: str, role: str | None, declined: bool, on: str | None, lang: Lang | None
) -> None:
    """Record what GIVER says on APPEAL."""
    with opened(log) as found:
        found.statement(appeal, giver, text, by, role=role, declined=declined, on=on)
        say(phrase("stated", who=giver))


@step
@CASE
@AS
@click.option("--evidence", multiple=True, help="What the original rating rested on; repeat it.")
@click.option("--incidents", type=PATH, default=None, help="Table of incidents with the texts.")
@click.option("--out", type=PATH, default=None, help="Write the pack as csv.")
@ON
@COLUMN
def pack(
    log: Path, appeal: int, by: str, evidence: tuple[str, ...], incidents: Path | None, out: Path | None, on: str | None,
    columns: tuple[str, ...], lang: Lang | None,
) -> None:  # fmt: skip
    """Make the blind pack of APPEAL: evidence only."""
    from rankkit.cli.options import named_columns
    from rankkit.tables import reading

    texts = None if incidents is None else reading.read_incidents(incidents, named_columns(columns) or None)
    with opened(log) as found:
        made = found.blind_pack(appeal, by, evidence, texts, on=on)
    say(phrase("packed", n=appeal, pieces=len(made.evidence), sha=made.sha256))
    say(made.instructions(language()))
    for note in made.notes:
        say(note.text())
    if out is not None:
        say_written([made.to_csv(out)])


@step
@CASE
@AS
@click.argument("score", type=float)
@click.option("--se", type=float, default=None, help="Its standard error.")
@click.option("--text", default="", help="Reasons.")
@ON
def rerate(log: Path, appeal: int, by: str, score: float, se: float | None, text: str, on: str | None, lang: Lang | None) -> None:
    """Rate APPEAL again, blind, with SCORE."""
    with opened(log) as found:
        made = found.re_rate(appeal, by, score, se=se, text=text, on=on)
        if made is None:
            say(phrase("waiting", left=found.policy.re_raters - len(found.state.cases[appeal].scores)))
            return
        say(made.text(language()))
        for note in made.notes:
            say(note.text())


@step
@CASE
@AS
@click.argument("outcome", type=click.Choice(["confirmed", "adjusted", "process_defect"]))
@click.option("--grade", default=None, help="The new grade.")
@TEXT
@click.option("--exception", is_flag=True, help="Under re_rank: displace nobody.")
@ON
def decide(
    log: Path, appeal: int, by: str, outcome: str, grade: str | None, text: str, exception: bool, on: str | None, lang: Lang | None
) -> None:
    """Propose OUTCOME for APPEAL; somebody else approves it."""
    with opened(log) as found:
        made = found.decide(appeal, by, outcome, text, grade, exception=exception, on=on)
        _say_stage(found, appeal)
    if made.displaced:
        say(phrase("down", who=", ".join(made.displaced)))
    for note in made.notes:
        say(note.text())


@step
@CASE
@AS
@click.option("--displaced", multiple=True, metavar="RATEE", help="Who goes down under re_rank; repeat it, name everybody.")
@ON
def approve(log: Path, appeal: int, by: str, displaced: tuple[str, ...], on: str | None, lang: Lang | None) -> None:
    """Approve the decision of APPEAL: grades change now."""
    with opened(log) as found:
        found.approve(appeal, by, displaced, on=on)
        _say_stage(found, appeal)


@step
@CASE
@AS
@PROOF
@ON
def notify(log: Path, appeal: int, by: str, proof: str, on: str | None, lang: Lang | None) -> None:
    """Record that the appellant of APPEAL was told."""
    with opened(log) as found:
        found.notify(appeal, by, proof, on=on)
        _say_stage(found, appeal)


@step
@CASE
@AS
@ON
def close(log: Path, appeal: int, by: str, on: str | None, lang: Lang | None) -> None:
    """Close APPEAL."""
    with opened(log) as found:
        found.close_case(appeal, by, on=on)
        _say_stage(found, appeal)


@step
@CASE
@click.option("--text", default="", help="Why.")
@ON
def withdraw(log: Path, appeal: int, text: str, on: str | None, lang: Lang | None) -> None:
    """Take APPEAL back, for the appellant."""
    with opened(log) as found:
        found.withdraw(appeal, None, text, on=on)
        _say_stage(found, appeal)


@step
@CASE
@AS
@click.option("--reason", required=True, help="Why it is taken back.")
def undo(log: Path, appeal: int, by: str, reason: str, lang: Lang | None) -> None:
    """Take back the last step of APPEAL, by a further event."""
    from rankkit.wording.appeals import word

    with opened(log) as found:
        found.undo(appeal, by, reason)
        say(phrase("undone", n=appeal, stage=word(found.case(appeal)["stage"], language())))


def opened(path: Path, *, write: bool = True) -> AppealLog:
    """Open a log."""
    from rankkit.calibration import AppealLog

    return AppealLog.open(path, write=write)


def _say_stage(found: AppealLog, n: int) -> None:
    from rankkit.wording.appeals import word

    say(phrase("stage", n=n, stage=word(found.case(n)["stage"], language())))


def show_status(found: AppealLog, on: str | None) -> None:
    """Print where the log stands."""
    from rankkit.report import appeal_grids

    lang = language()
    say(repr(found))
    for grid in (
        appeal_grids.cases(found, lang),
        appeal_grids.effects(found, lang),
        appeal_grids.quota(found, lang),
        appeal_grids.statuses(found, on, lang),
    ):
        if grid is not None:
            say("\n" + columns_of(grid))
    for note in found.notes:
        say("\n" + note.text())


def columns_of(grid: Grid) -> str:
    """Set a table in columns; Chinese characters are two wide."""
    from rankkit.report.plain import aligned

    rows = [[cell.text for cell in row] for row in grid.rows]
    return "\n".join(aligned([h.text for h in grid.headings], rows, [h.number for h in grid.headings]))

"""Looking at appeals in a terminal: `rankkit appeal status | overdue | calendar | statistics | verify | export | report | letter …`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rankkit.cli.appeal import AS, ON, PATH, appeal, columns_of, opened, show_status, step
from rankkit.cli.appeal_phrases import phrase
from rankkit.cli.log_files import say_exported, say_verified
from rankkit.cli.options import COLUMN, named_columns, say_written
from rankkit.cli.terminal import say
from rankkit.errors import Lang, language

if TYPE_CHECKING:
    from rankkit.calibration.appeals.appeal_record import AppealRecord

__all__ = ["appeal"]


@step
@ON
def status(log: Path, on: str | None, lang: Lang | None) -> None:
    """Show where LOG stands: appeals, seats, which grades are final."""
    with opened(log, write=False) as found:
        show_status(found, on)


@step
@ON
def overdue(log: Path, on: str | None, lang: Lang | None) -> None:
    """List the steps beyond their deadline."""
    from rankkit.report import appeal_grids

    with opened(log, write=False) as found:
        grid = appeal_grids.overdue(found, on, language())
    say(phrase("none_overdue") if grid is None else columns_of(grid))


@step
@click.argument("table", type=PATH)
@AS
def calendar(log: Path, table: Path, by: str, lang: Lang | None) -> None:
    """Add the years of TABLE (date, kind) to the calendar, as soon as their notice is out."""
    from rankkit.calibration import WorkingCalendar

    with opened(log) as found:
        found.extend_calendar(WorkingCalendar.from_table(table, weekend=found.calendar.weekend, zone=found.calendar.zone), by)
        say(phrase("years", years=", ".join(map(str, found.calendar.years or ()))))


@step
@click.option("--by", default="manager", show_default=True, help="manager, unit, grade, or the name of an attribute.")
@click.option("--attributes", type=PATH, default=None, help="Table of attributes: person, attribute, value; the log keeps none of it.")
@COLUMN
@ON
def statistics(log: Path, by: str, attributes: Path | None, columns: tuple[str, ...], on: str | None, lang: Lang | None) -> None:
    """Show appeal rates, rates of change and how long it takes."""
    from rankkit.report import appeal_grids
    from rankkit.report.numbers import fixed
    from rankkit.tables import reading

    groups = None if attributes is None else reading.read_attributes(attributes, named_columns(columns) or None)
    with opened(log, write=False) as held:
        found = held.statistics(by, groups, on=on)
    for grid in (appeal_grids.rates(found, language()), appeal_grids.reasons(found, language())):
        if grid is not None:
            say(columns_of(grid) + "\n")
    times = found.times
    say(phrase("times", median=fixed(times["median"], 1), decided=times["n"] - times["open"], open=times["open"]))
    for note in found.notes:
        say(note.text())


@step
@click.option("--head", default=None, help="A head printed or exported before: COUNT:HASH.")
def verify(log: Path, head: str | None, lang: Lang | None) -> None:
    """Check every record of LOG, or of an export of one (.jsonl)."""
    from rankkit.calibration import read_appeals

    say_verified(log, head, read_appeals, opened, phrase)


@step
@click.argument("out", type=PATH)
@click.option("--without-personal", is_flag=True, help="Leave out names, scores and texts; the chain can be checked all the same.")
def export(log: Path, out: Path, without_personal: bool, lang: Lang | None) -> None:
    """Write everything to OUT as JSON lines."""
    say_exported(log, out, opened, phrase, personal=not without_personal)


@step
@click.argument("out", type=PATH)
@click.option("--by", type=click.Choice(["manager", "unit", "grade"]), default="manager", show_default=True, help="Groups of the rates.")
@ON
def report(log: Path, out: Path, by: str, on: str | None, lang: Lang | None) -> None:
    """Write the committee's summary of LOG, or of an export of one (.jsonl), as HTML."""
    from rankkit.calibration import read_appeals

    if log.suffix.lower() == ".jsonl":
        _report(read_appeals(log), out, by, on, lang)
        return
    with opened(log, write=False) as found:
        _report(found, out, by, on, lang)


@step
@click.argument("number", type=int, metavar="APPEAL")
@click.argument("out", type=PATH)
def letter(log: Path, number: int, out: Path, lang: Lang | None) -> None:
    """Write the letter the appellant of APPEAL gets, as HTML."""
    with opened(log, write=False) as found:
        say_written([found.to_letter(out, number, lang=lang or language())])


@step
@click.argument("person")
@click.option("--yes", is_flag=True, help="Do not ask.")
def shred(log: Path, person: str, yes: bool, lang: Lang | None) -> None:
    """Erase PERSON from LOG for good; the chain stays valid."""
    with opened(log) as found:
        if not yes:
            click.confirm(phrase("sure", who=person), abort=True)
        notes = found.shred(person)
    say(phrase("erased", who=person))
    for note in notes:
        say(note.text())


def _report(found: AppealRecord, out: Path, by: str, on: str | None, lang: Lang | None) -> None:
    say_written([found.to_report(out, lang=lang or language(), on=on, by=by)])

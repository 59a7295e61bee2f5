"""A bonus pool divided in a terminal: `rankkit bonus GRADES PAYROLL --pool …`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rankkit.cli.options import COLUMN, ENCODING, LANG, SHEET, named_columns, plainly, say_written
from rankkit.cli.terminal import say
from rankkit.errors import Lang, language

_PATH = click.Path(path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("grades", type=_FILE)
@click.argument("payroll", type=_FILE)
@click.option("--pool", required=True, metavar="AMOUNT", help="What is divided, such as 1000000.00.")
@click.option("--coefficients", required=True, metavar="A=1.5,B=1,C=0.6", help="What each grade is worth, best first.")
@click.option("--reserve", default="0", show_default=True, metavar="AMOUNT", help="Money outside the pool, for successful appeals.")
@click.option("--cap", default=None, metavar="MULTIPLE|COLUMN", help="Most of one person: a multiple of base pay, or a column of amounts.")
@click.option("--floor", default=None, metavar="MULTIPLE|COLUMN", help="Least of one person, likewise.")
@click.option(
    "--surplus", type=click.Choice(["refuse", "reserve"]), default="refuse", show_default=True, help="Where caps cannot hold the pool."
)
@click.option("--tiebreak", multiple=True, metavar="COLUMN", help="Who gets a cent where claims are equal: date of entry; repeat it.")
@click.option("--exclude", multiple=True, metavar="ID=REASON", help="Who does not share, and why; repeat it.")
@click.option("--appeal", multiple=True, metavar="ID=GRADE", help="A successful appeal, paid from the reserve; repeat it.")
@click.option("--currency", default="CNY", show_default=True)
@click.option("--minor-units", type=int, default=2, show_default=True, help="Decimals of the currency.")
@click.option("--preview", is_flag=True, help="Try out a session that is still open.")
@click.option("--json", "archive", type=_PATH, default=None, help="Keep everything, for later appeals.")
@click.option("--report", type=_PATH, default=None, help="Write an HTML page for HR.")
@click.option("--excel", type=_PATH, default=None, help="Write a workbook for HR.")
@COLUMN
@ENCODING
@SHEET
@LANG
@plainly
def bonus(
    grades: Path,
    payroll: Path,
    pool: str,
    coefficients: str,
    reserve: str,
    cap: str | None,
    floor: str | None,
    surplus: Any,
    tiebreak: tuple[str, ...],
    exclude: tuple[str, ...],
    appeal: tuple[str, ...],
    currency: str,
    minor_units: int,
    preview: bool,
    archive: Path | None,
    report: Path | None,
    excel: Path | None,
    columns: tuple[str, ...],
    encoding: str | None,
    sheet: str | None,
    lang: Lang | None,
) -> None:
    """Divide a bonus pool by GRADES (archive, session, export or table: ratee, grade) and PAYROLL (person, base, months).

    Amounts are exact to the cent and add up to the pool. An appeal is paid from the reserve at the same rate: nobody else's
    amount changes.
    """
    from rankkit.calibration import BonusPlan
    from rankkit.tables.payroll import read_payroll

    plan = BonusPlan(
        pool=pool,
        coefficients=_pairs(coefficients.replace("，", ",").split(","), "A=1.5,B=1"),
        reserve=reserve,
        cap=cap,
        floor=floor,
        surplus=surplus,
        tiebreak=tiebreak,
        currency=currency,
        minor_units=minor_units,
    )
    named = named_columns(columns)
    of_grades: dict[str, str] = {ours: named.pop(ours) for ours in ("ratee", "grade") if ours in named}
    pay: Any = payroll
    if encoding or sheet:  # else the allocation reads it, so that one error lists the problems of both tables
        pay = read_payroll(payroll, named or None, minor_units=minor_units, encoding=encoding, sheet=sheet)
    left_out = _pairs(exclude, "007=on leave")
    held = _grades(grades, of_grades, encoding)
    given = plan.allocate(held, pay, columns=None if pay is not payroll else named or None, excluded=left_out, preview=preview)
    if appeal:
        given = given.after_appeal(_pairs(appeal, "007=A"))
    say(repr(given))
    written = [given.to_json(archive) and archive] if archive else []
    written += [given.to_report(report, lang=lang or language())] if report else []
    written += [given.to_excel(excel, lang=lang or language())] if excel else []
    say_written(written)


def _pairs(given: Any, example: str) -> dict[str, str]:
    """Read NAME=VALUE, every name once."""
    parts = [text.partition("=") for text in given]
    named = {name.strip(): value.strip() for name, _, value in parts}
    if len(named) < len(parts) or not all(name.strip() and equals for name, equals, _ in parts):
        raise click.UsageError(f"{', '.join(given)!r}: every name once, with '='; write for example {example}.")
    return named


def _grades(path: Path, columns: dict[str, str], encoding: str | None) -> Any:
    """Read grades from an archive, a session, an export of one, or a table."""
    from rankkit.calibration import CalibrationSession, read_export
    from rankkit.result import Result
    from rankkit.tables.sheets import read_sheet

    kind = path.suffix.lower()
    if kind == ".json":
        return Result.from_json(path)
    if kind == ".jsonl":
        return read_export(path)
    with path.open("rb") as file:
        is_session = file.read(6) == b"SQLite"
    if is_session:
        with CalibrationSession.open(path, write=False) as session:
            return session.replay(len(session.events))
    return read_sheet(path, encoding=encoding).frame.rename(columns={theirs: ours for ours, theirs in columns.items()})

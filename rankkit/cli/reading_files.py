"""Files into tables: `rankkit check`, `rankkit template`, `rankkit datasets`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rankkit.cli.options import COLUMN, ENCODING, LANG, SCALE, SHEET, WORDS, named_columns, named_numbers, plainly, say_written
from rankkit.errors import Lang, RankkitError, language

_KINDS = ("ratings", "comparisons", "rankings")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice(_KINDS), default=None, help="Guessed from the columns by default.")
@COLUMN
@SCALE
@WORDS
@SHEET
@ENCODING
@click.option("--mark", type=click.Path(path_type=Path), default=None, help="Write the sheet back with the bad cells marked.")
@LANG
@plainly
def check(
    file: Path,
    kind: str | None,
    columns: tuple[str, ...],
    scale: tuple[float, float] | None,
    words: str | None,
    sheet: str | None,
    encoding: str | None,
    mark: Path | None,
    lang: Lang | None,
) -> None:
    """Read FILE, list every problem, and say what its design allows."""
    import rankkit as rk

    try:
        table = read_table(file, kind, columns, scale, sheet, encoding, words)
    except RankkitError as error:
        if mark is not None and error.table is not None:
            click.echo(f"{type(error).__name__}: {error}\n\nMarked: {error.to_excel(mark)}", err=True)
            raise SystemExit(1) from error
        raise
    click.echo(repr(table))
    for note in table.notes:
        click.echo(f"  {note.text()}")
    click.echo(_described(rk.audit(table)))


@click.command()
@click.argument("method")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@LANG
@plainly
def template(method: str, path: Path | None, lang: Lang | None) -> None:
    """Write an empty workbook to fill in for METHOD, or for a kind of table: ratings, comparisons, rankings."""
    from rankkit import methods
    from rankkit.tables import workbook

    name = method if method in _KINDS else methods.HOME[methods.named(method).__name__]
    say_written([workbook.template(name, path or Path(f"{name}.xlsx"), lang or language())])


@click.command()
@click.argument("name", required=False)
@click.option("--csv", type=click.Path(path_type=Path), default=None, help="Write the data to a file.")
@LANG
@plainly
def datasets(name: str | None, csv: Path | None, lang: Lang | None) -> None:
    """List the data sets, or describe NAME."""
    import rankkit as rk

    if name is None:
        for each in rk.datasets.names():
            card = rk.datasets.describe(each)
            click.echo(f"{each:32} {card.kind:18} {card.title}")
        return
    click.echo(str(rk.datasets.describe(name)))
    if csv is not None:
        rk.datasets.frame(name).to_csv(csv, index=False, encoding="utf-8-sig")
        say_written([csv])


def _described(audit: Any) -> str:
    """Facts of a design and what it does not identify, a line each."""
    from rankkit.report import terms

    lang = language()
    colon = "：" if lang == "zh" else ": "
    facts = {"design": terms.word(audit.kind, lang), **{k: f"{v:g}" for k, v in audit.facts.items()}}
    lines = [f"  {terms.word(name, lang)}{colon}{value}" for name, value in facts.items()]
    return "\n".join([*lines, *(f"  ! {line}" for line in audit.in_words())])


def read_table(
    file: Path,
    kind: str | None,
    columns: tuple[str, ...],
    scale: tuple[float, float] | None,
    sheet: str | None,
    encoding: str | None,
    words: str | None,
) -> Any:
    """Read a file as the kind of table asked for, or the kind its columns suggest."""
    from rankkit.tables import reading
    from rankkit.tables.sheets import read_sheet

    named = named_columns(columns)
    if kind is None:
        kind = _kind([*map(str, read_sheet(file, encoding=encoding, sheet=sheet).frame.columns), *named])
    common = {"encoding": encoding, "sheet": sheet}
    if kind == "ratings":
        meaning = named_numbers(words) if words and "=" in words else words
        return reading.read_ratings(file, named or None, scale, words=meaning, **common)
    read: Any = {
        "comparisons": reading.read_comparisons,
        "rankings": reading.read_rankings,
        "incidents": reading.read_incidents,
        "narratives": reading.read_narratives,
    }[kind]
    return read(file, named or None, **common)


def _kind(columns: list[str]) -> str:
    """Guess the kind of a table from its columns: our names first, then what others call them."""
    from rankkit.tables import headings

    found = {c.strip().lower() for c in columns}
    if not found & {"winner", "left", "rank", "score"}:
        found |= set(headings.suggest(columns, ["winner", "left", "rank", "score"]))
    if found & {"winner", "left"}:
        return "comparisons"
    return "rankings" if "rank" in found else "ratings"

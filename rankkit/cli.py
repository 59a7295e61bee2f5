"""The command line: ``rankkit demo | check | fit | compare | grade | report | template | datasets``."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rankkit import show
from rankkit.errors import Lang, RankkitError, language, use_language

if TYPE_CHECKING:
    from rankkit.methods.forced_distribution import ForcedDistributionResult

F = TypeVar("F", bound=Callable[..., Any])
_LANG = click.option("--lang", type=click.Choice(["en", "zh"]), default=None, help="Language of messages and reports.")
_ENCODING = click.option("--encoding", default=None, help="Text encoding of csv files; detected and reported by default.")
_SHEET = click.option("--sheet", default=None, help="Sheet of a workbook; the first by default.")
_COLUMN = click.option("-c", "--column", "columns", multiple=True, metavar="OURS=THEIRS", help="Name a column: -c ratee=被考核人")
_WORDS = click.option("--words", default=None, metavar="WORD=NUMBER,…", help="Grade words: 优秀=5,良好=4 or a known set (quality5).")
_SCALE = click.option("--scale", nargs=2, type=float, default=None, help="Lowest and highest score of the form.")


_DEMO = {
    "en": (
        "Three senior scientists rated seven juniors on five traits of creativity (Guilford 1954).",
        "Grades (A 20 %, B 70 %, C 10 %): who is near a cut.",
        "raw",
        "adjusted",
    ),
    "zh": (
        "三位资深科学家就创造力的五项特质为七位年轻人评分（Guilford 1954）。",
        "等级（A 20%、B 70%、C 10%）：谁接近分界。",
        "原始",
        "调整后",
    ),
}


def _plainly(function: F) -> F:
    """Errors of the library print as their message and exit with status 1, without a traceback."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("lang"):
            use_language(kwargs["lang"])
        try:
            return function(*args, **kwargs)
        except RankkitError as error:
            click.echo(f"{type(error).__name__}: {error}", err=True)
            raise SystemExit(1) from error

    return wrapper  # type: ignore[return-value]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rankkit-appraisal", prog_name="rankkit")
def main() -> None:
    """Statistical ranking and calibration of performance ratings, with the uncertainty shown."""


@main.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("rankkit-demo"), show_default=True)
@_LANG
@_plainly
def demo(out: Path, lang: Lang | None) -> None:
    """Rate, adjust, compare and grade on real data; write a report, a workbook and a picture."""
    import rankkit as rk
    from rankkit import plot

    out.mkdir(parents=True, exist_ok=True)
    table: Any = rk.datasets.load("guilford_creativity")
    click.echo(f"{table!r}\n{_DEMO[language()][0]}\n")
    raw = rk.GraphicRatingScale().fit(table)
    adjusted = rk.GraphicRatingScale(adjust="z").fit(table)
    click.echo(f"{raw!r}\n")
    both = rk.compare(dict(zip(_DEMO[language()][2:], (raw, adjusted), strict=True)))
    click.echo(f"{both!r}\n")
    grades = rk.ForcedDistribution(shares={"A": 0.2, "B": 0.7, "C": 0.1}).fit(raw)
    click.echo(_DEMO[language()][1])
    _boundary(grades)
    report = grades.to_report(out / "report.html", lang=lang or language())
    workbook = grades.to_excel(out / "result.xlsx", lang=lang or language())
    picture = plot.save(raw, None, out / "forest.png", lang=lang or language())
    click.echo(f"\nWritten: {report}, {workbook}, {picture}")


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--kind", type=click.Choice(["ratings", "comparisons", "rankings"]), default=None, help="Guessed from the columns by default."
)
@_COLUMN
@_SCALE
@_WORDS
@_SHEET
@_ENCODING
@click.option("--mark", type=click.Path(path_type=Path), default=None, help="Write the sheet back with the bad cells marked.")
@_LANG
@_plainly
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
        table = _read(file, kind, columns, scale, sheet, encoding, words)
    except RankkitError as error:
        if mark is not None and error.table is not None:
            click.echo(f"{type(error).__name__}: {error}\n\nMarked: {error.to_excel(mark)}", err=True)
            raise SystemExit(1) from error
        raise
    click.echo(repr(table))
    for note in table.notes:
        click.echo(f"  {note.text()}")
    click.echo(_described(rk.audit(table)))


@main.command()
@click.argument("method")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of the method: --set adjust=z --set assume=equal_teams"
)
@_COLUMN
@_SCALE
@_WORDS
@_SHEET
@_ENCODING
@click.option("--json", "archive", type=click.Path(path_type=Path), default=None, help="Keep the result as an archive.")
@click.option("--report", type=click.Path(path_type=Path), default=None, help="Write an HTML report.")
@click.option("--excel", type=click.Path(path_type=Path), default=None, help="Write a workbook.")
@click.option("--plot", "picture", type=click.Path(path_type=Path), default=None, help="Write the picture (png, svg, pdf).")
@_LANG
@_plainly
def fit(
    method: str,
    file: Path,
    settings: tuple[str, ...],
    columns: tuple[str, ...],
    scale: tuple[float, float] | None,
    words: str | None,
    sheet: str | None,
    encoding: str | None,
    archive: Path | None,
    report: Path | None,
    excel: Path | None,
    picture: Path | None,
    lang: Lang | None,
) -> None:
    """Fit METHOD (graphic_rating_scale, paired_comparison …) to FILE and show the scores."""
    from rankkit import methods, plot

    cls = methods.named(method)
    kinds = {"Ratings": "ratings", "Comparisons": "comparisons", "Rankings": "rankings"}
    if cls.accepts.__name__ not in kinds:
        raise click.UsageError(f"{method} works on a result: use `rankkit grade RESULT.json`.")
    result = _configured(cls, settings).fit(_read(file, kinds[cls.accepts.__name__], columns, scale, sheet, encoding, words))
    click.echo(repr(result))
    written = [result.to_json(archive) and archive] if archive else []
    written += [result.to_report(report, lang=lang or language())] if report else []
    written += [result.to_excel(excel, lang=lang or language())] if excel else []
    written += [plot.save(result, None, picture, lang=lang or language())] if picture else []
    _written(written)


@main.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--report", type=click.Path(path_type=Path), default=None, help="Write an HTML report.")
@click.option("--plot", "picture", type=click.Path(path_type=Path), default=None, help="Write the picture.")
@_LANG
@_plainly
def compare(results: tuple[Path, ...], report: Path | None, picture: Path | None, lang: Lang | None) -> None:
    """Compare archived RESULTS (json) on the people they share."""
    import rankkit as rk
    from rankkit import plot

    found = rk.compare({path.stem: rk.Result.from_json(path) for path in results})
    click.echo(repr(found))
    written = [found.to_report(report, lang=lang or language())] if report else []
    written += [plot.save(found, None, picture, lang=lang or language())] if picture else []
    _written(written)


@main.command()
@click.argument("result", type=click.Path(exists=True, path_type=Path))
@click.option("--shares", required=True, metavar="A=20,B=70,C=10", help="Grades, best first; summing to 1 or 100.")
@click.option("--ties", type=click.Choice(["committee", "up", "down"]), default="committee", show_default=True)
@click.option("--seat-ties", type=click.Choice(["middle", "top", "bottom"]), default="middle", show_default=True)
@click.option("--json", "archive", type=click.Path(path_type=Path), default=None)
@click.option("--report", type=click.Path(path_type=Path), default=None)
@click.option("--excel", type=click.Path(path_type=Path), default=None)
@_LANG
@_plainly
def grade(
    result: Path, shares: str, ties: str, seat_ties: str, archive: Path | None, report: Path | None, excel: Path | None, lang: Lang | None
) -> None:
    """Grade an archived RESULT (json) by quota."""
    import rankkit as rk

    quota = _named_numbers(shares)
    graded = rk.ForcedDistribution(shares=quota, ties=ties, seat_ties=seat_ties).fit(rk.Result.from_json(result))  # type: ignore[arg-type]
    click.echo(repr(graded))
    click.echo()
    _boundary(graded)
    written = [graded.to_json(archive) and archive] if archive else []
    written += [graded.to_report(report, lang=lang or language())] if report else []
    written += [graded.to_excel(excel, lang=lang or language())] if excel else []
    _written(written)


@main.command()
@click.argument("result", type=click.Path(exists=True, path_type=Path))
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--audience", type=click.Choice(["committee", "hr", "ratee", "research"]), default="committee", show_default=True)
@click.option("--ratee", default=None, help="Whose report it is (audience ratee).")
@_LANG
@_plainly
def report(result: Path, path: Path, audience: str, ratee: str | None, lang: Lang | None) -> None:
    """Write a report of an archived RESULT (json) to PATH (.html or .xlsx)."""
    import rankkit as rk

    loaded = rk.Result.from_json(result)
    if path.suffix.lower() == ".xlsx":
        _written([loaded.to_excel(path, audience=audience, lang=lang or language(), ratee=ratee)])  # type: ignore[arg-type]
    else:
        _written([loaded.to_report(path, audience=audience, lang=lang or language(), ratee=ratee)])  # type: ignore[arg-type]


@main.command()
@click.argument("method")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@_LANG
@_plainly
def template(method: str, path: Path | None, lang: Lang | None) -> None:
    """Write an empty workbook to fill in for METHOD."""
    from rankkit import methods
    from rankkit.tables import workbook

    cls = methods.named(method)
    _written([workbook.template(methods.HOME[cls.__name__], path or Path(f"{methods.HOME[cls.__name__]}.xlsx"), lang or language())])


@main.command()
@click.argument("name", required=False)
@click.option("--csv", type=click.Path(path_type=Path), default=None, help="Write the data to a file.")
@_LANG
@_plainly
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
        _written([csv])


def _described(audit: Any) -> str:
    """Facts of a design and what it does not identify, a line each."""
    from rankkit.report import terms

    lang = language()
    colon = "：" if lang == "zh" else ": "
    facts = {"design": terms.word(audit.kind, lang), **{k: f"{v:g}" for k, v in audit.facts.items()}}
    lines = [f"  {terms.word(name, lang)}{colon}{value}" for name, value in facts.items()]
    return "\n".join([*lines, *(f"  ! {line}" for line in audit.in_words())])


def _read(
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

    for column in columns:
        if not all(part.strip() for part in column.partition("=")):
            raise click.UsageError(f"{column!r} names no column; write for example -c ratee=被考核人.")
    named = dict(c.split("=", 1) for c in columns)
    if kind is None:
        found = {str(c).strip().lower() for c in read_sheet(file, encoding=encoding, sheet=sheet).frame.columns} | set(named)
        kind = "comparisons" if found & {"winner", "left"} else "rankings" if "rank" in found else "ratings"
    common = {"encoding": encoding, "sheet": sheet}
    if kind == "ratings":
        meaning = _named_numbers(words) if words and "=" in words else words
        return reading.read_ratings(file, named or None, scale, words=meaning, **common)
    read = reading.read_comparisons if kind == "comparisons" else reading.read_rankings
    return read(file, named or None, **common)


def _configured(cls: Any, settings: tuple[str, ...]) -> Any:
    """Make a method from NAME=VALUE settings; values are JSON where they can be."""
    values: dict[str, Any] = {}
    for setting in settings:
        name, _, text = setting.partition("=")
        try:
            values[name] = json.loads(text)
        except json.JSONDecodeError:
            values[name] = text
    known = {f.name for f in fields(cls)}
    for name in values:
        if name not in known:
            raise click.UsageError(f"{cls.__name__} has no setting {name}; it has {', '.join(sorted(known))}.")
    return cls(**values)


def _named_numbers(text: str) -> dict[str, float]:
    """Read A=20,B=70,C=10: every name once, every number a number."""
    parts = [part.rpartition("=") for part in text.split(",")]
    try:
        named = {name.strip(): float(number.strip().rstrip("%")) for name, _, number in parts}
    except ValueError as error:
        raise click.UsageError(f"{text!r}: {error}; write for example A=20,B=70,C=10.") from error
    if "" in named or len(named) < len(parts):
        raise click.UsageError(f"{text!r}: every number needs a name of its own; write for example A=20,B=70,C=10.")
    return named


def _boundary(graded: ForcedDistributionResult) -> None:
    """Show who is near a cut."""
    nobody = {"en": "Nobody is near a cut.", "zh": "没有人接近分界。"}[language()]
    click.echo(show.as_text(graded.boundary) if len(graded.boundary) else nobody)


def _written(paths: list[Any]) -> None:
    if paths:
        click.echo("\nWritten: " + ", ".join(str(p) for p in paths))

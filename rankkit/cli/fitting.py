"""Tables into results: `rankkit demo`, `fit`, `compare`, `report`, `feedback`."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from rankkit.cli.grading import near_cuts
from rankkit.cli.options import COLUMN, ENCODING, LANG, SCALE, SHEET, WORDS, plainly, say_written
from rankkit.cli.reading_files import read_table
from rankkit.errors import Lang, language

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


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("rankkit-demo"), show_default=True)
@LANG
@plainly
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
    near_cuts(grades)
    report = grades.to_report(out / "report.html", lang=lang or language())
    workbook = grades.to_excel(out / "result.xlsx", lang=lang or language())
    picture = plot.save(raw, None, out / "forest.png", lang=lang or language())
    say_written([report, workbook, picture])


@click.command()
@click.argument("method")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of the method: --set adjust=z --set assume=equal_teams"
)
@COLUMN
@SCALE
@WORDS
@SHEET
@ENCODING
@click.option("--json", "archive", type=click.Path(path_type=Path), default=None, help="Keep the result as an archive.")
@click.option("--report", type=click.Path(path_type=Path), default=None, help="Write an HTML report.")
@click.option("--excel", type=click.Path(path_type=Path), default=None, help="Write a workbook.")
@click.option("--plot", "picture", type=click.Path(path_type=Path), default=None, help="Write the picture (png, svg, pdf).")
@LANG
@plainly
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
    kinds = {name: name.lower() for name in ("Ratings", "Comparisons", "Rankings", "Incidents", "Narratives")}
    if cls.accepts.__name__ not in kinds:
        raise click.UsageError(f"{method} works on a result: use `rankkit grade RESULT.json`.")
    result = _configured(cls, settings).fit(read_table(file, kinds[cls.accepts.__name__], columns, scale, sheet, encoding, words))
    click.echo(repr(result))
    written = [result.to_json(archive) and archive] if archive else []
    written += [result.to_report(report, lang=lang or language())] if report else []
    written += [result.to_excel(excel, lang=lang or language())] if excel else []
    written += [plot.save(result, None, picture, lang=lang or language())] if picture else []
    say_written(written)


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--report", type=click.Path(path_type=Path), default=None, help="Write an HTML report.")
@click.option("--plot", "picture", type=click.Path(path_type=Path), default=None, help="Write the picture.")
@LANG
@plainly
def compare(results: tuple[Path, ...], report: Path | None, picture: Path | None, lang: Lang | None) -> None:
    """Compare archived RESULTS (json) on the people they share."""
    import rankkit as rk
    from rankkit import plot

    found = rk.compare({path.stem: rk.Result.from_json(path) for path in results})
    click.echo(repr(found))
    written = [found.to_report(report, lang=lang or language())] if report else []
    written += [plot.save(found, None, picture, lang=lang or language())] if picture else []
    say_written(written)


@click.command()
@click.argument("result", type=click.Path(exists=True, path_type=Path))
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--audience", type=click.Choice(["committee", "hr", "manager", "ratee", "research"]), default="committee", show_default=True)
@click.option("--ratee", default=None, help="Whose report it is (audience ratee).")
@click.option("--manager", default=None, help="Whose team it is about (audience manager, with --people).")
@click.option("--people", type=click.Path(exists=True, path_type=Path), default=None, help="Table of people with their managers.")
@click.option("--use", type=click.Choice(["development", "administration", "research"]), default=None, help="What it is for.")
@LANG
@plainly
def report(
    result: Path,
    path: Path,
    audience: str,
    ratee: str | None,
    manager: str | None,
    people: Path | None,
    use: str | None,
    lang: Lang | None,
) -> None:
    """Write a report of an archived RESULT (json) to PATH (.html or .xlsx)."""
    import rankkit as rk

    loaded = rk.Result.from_json(result)
    write: Any = loaded.to_excel if path.suffix.lower() == ".xlsx" else loaded.to_report
    staff = None if people is None else rk.read_people(people)
    say_written([write(path, audience=audience, lang=lang or language(), ratee=ratee, manager=manager, people=staff, use=use)])


@click.command()
@click.argument("result", type=click.Path(exists=True, path_type=Path))
@click.argument("ratee")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--incidents", type=click.Path(exists=True, path_type=Path), default=None, help="Log of incidents.")
@click.option("--narratives", type=click.Path(exists=True, path_type=Path), default=None, help="Texts about people.")
@click.option("--use", type=click.Choice(["development", "administration", "research"]), default=None, help="What it is for.")
@LANG
@plainly
def feedback(
    result: Path, ratee: str, path: Path, incidents: Path | None, narratives: Path | None, use: str | None, lang: Lang | None
) -> None:
    """Write the feedback report of one person, RATEE, from an archived RESULT (json) to PATH (.html)."""
    import rankkit as rk

    say_written(
        [
            rk.Result.from_json(result).to_feedback(
                path,
                ratee,
                lang or language(),
                incidents=None if incidents is None else rk.read_incidents(incidents),
                narratives=None if narratives is None else rk.read_narratives(narratives),
                use=use,
            )
        ]
    )


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

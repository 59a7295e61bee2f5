"""How groups fare under grades, from files: `rankkit impact`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rankkit.cli.options import COLUMN, ENCODING, LANG, SHEET, named_columns, plainly, say_written
from rankkit.cli.terminal import say
from rankkit.errors import Lang, RankkitError, language

if TYPE_CHECKING:
    from rankkit.calibration import Impact
    from rankkit.tables.people import People

T = TypeVar("T")
_PATH = click.Path(path_type=Path)
_PHRASES = {
    "no_column": ("no file has the column {name}.", "没有文件含有列 {name}。"),
    "needs_groups": (
        "{path} has a row a person: give the table of groups with --attributes.",
        "{path} 每行一人：请用 --attributes 指定群体属性表。",
    ),
    "needs_order": ("Name all grades, best first: --order A,B,C.", "请用 --order 按从高到低列出全部等级，例如 --order 优,良,差。"),
    "no_group": ("{name} is no group shown; there are {groups}.", "没有可显示的群体 {name}；现有：{groups}。"),
    "several": ("{name} is a group of {n} attributes: write ATTRIBUTE={name}.", "{name} 同属 {n} 个属性：请写成 属性={name}。"),
    "no_scores": (
        "--beside and --cluster need scores: give the archive of a grading (json).",
        "--beside 与 --cluster 需要分数：请提供评级结果的存档（json）。",
    ),
}  # fmt: skip


@click.command()
@click.argument("file", type=_PATH)
@click.option("--attributes", "groups", type=_PATH, default=None, help="Groups of people: person, attribute, value; or a column each.")
@click.option("--attribute", "names", multiple=True, metavar="COLUMN", help="A column of --attributes that is one; repeat it.")
@click.option("--people", type=_PATH, default=None, help="Facts about people: person, unit, level …")
@click.option("--order", default=None, metavar="A,B,C", help="All grades, best first.")
@click.option("--good", default=None, metavar="A,B", help="Grades that are the favourable outcome; the best by default.")
@click.option("--bad", default=None, metavar="C", help="Grades that are the unfavourable outcome; the lowest by default.")
@click.option("--by", default=None, metavar="COLUMN", help="Compare within units, levels or years too.")
@click.option("--focal", default=None, metavar="GROUP", help="Show the comparisons of this group only.")
@click.option("--reference", default=None, metavar="GROUP", help="Whom to compare with; the group that fares best by default.")
@click.option("--beside", multiple=True, metavar="COLUMN", help="Covariate of --people for gaps in scores; repeat it.")
@click.option("--cluster", default=None, metavar="COLUMN", help="Unit of --people whose members may share an error of their scores.")
@click.option("--law", default="none", show_default=True, help="Whose words: us, gb, cn or none.")
@click.option("--min-group", type=click.IntRange(1), default=5, show_default=True, help="Smaller groups are not shown.")
@COLUMN
@SHEET
@ENCODING
@click.option("--report", type=_PATH, default=None, help="Write an HTML report.")
@click.option("--excel", type=_PATH, default=None, help="Write a workbook.")
@click.option("--plot", "picture", type=_PATH, default=None, help="Write the forest plot (png, svg, pdf).")
@LANG
@plainly
def impact(
    file: Path,
    groups: Path | None,
    names: tuple[str, ...],
    people: Path | None,
    order: str | None,
    good: str | None,
    bad: str | None,
    by: str | None,
    focal: str | None,
    reference: str | None,
    beside: tuple[str, ...],
    cluster: str | None,
    law: str,
    min_group: int,
    columns: tuple[str, ...],
    sheet: str | None,
    encoding: str | None,
    report: Path | None,
    excel: Path | None,
    picture: Path | None,
    lang: Lang | None,
) -> None:
    """Compare how groups fare under grades, at both ends.

    FILE is an archive of grades (json), a table person, grade (with --attributes), or a table of counts: group, considered,
    selected, or group, grade, n. Name columns with -c, for instance -c person=工号 -c grade=等级.
    """
    from rankkit import plot

    files = _Files(named_columns(columns), sheet, encoding)
    asked: dict[str, Any] = {"law": law, "min_group": min_group}
    asked["outcomes"] = None if good is None else {good: _listed(good)}
    asked["adverse"] = None if bad is None else {bad: _listed(bad)}
    if file.suffix.lower() != ".json" and groups is None:
        if beside or cluster:
            raise click.UsageError(_phrase("no_scores"))
        found = _of_counts(file, files, order, by, reference, asked)
    else:
        if groups is None:
            raise click.UsageError(_phrase("needs_groups", path=file))
        found = _of_people(file, groups, people, files, names, order, by, reference, asked | {"covariates": beside, "cluster": cluster})
    for name in files.unused:
        raise click.UsageError(_phrase("no_column", name=name))
    found = found if focal is None else _of_one(found, focal)
    say(repr(found))
    _say_words(found)
    chosen = lang or language()
    written = [found.to_report(report, lang=chosen)] if report else []
    written += [found.to_excel(excel, lang=chosen)] if excel else []
    written += [plot.save(found, None, picture, lang=chosen)] if picture else []
    say_written(written)


@dataclass
class _Files:
    """Reads tables; a column is renamed in the files that have it, and what goes wrong in any of them is kept for one answer."""

    columns: dict[str, str]
    sheet: str | None
    encoding: str | None

    def __post_init__(self) -> None:
        self.unused = dict.fromkeys(self.columns.values())
        self.errors: list[RankkitError] = []

    def options(self, path: Path) -> dict[str, Any]:
        """Columns, sheet and encoding for one file."""
        from rankkit.tables.sheets import read_sheet

        sheet = self.sheet if path.suffix.lower() in (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods") else None
        there = set(read_sheet(path, encoding=self.encoding, sheet=sheet).frame.columns)
        mine = {ours: theirs for ours, theirs in self.columns.items() if theirs in there}
        self.unused = {name: None for name in self.unused if name not in there}
        return {"columns": mine or None, "sheet": sheet, "encoding": self.encoding}

    def read(self, reader: Callable[..., T], path: Path, **more: Any) -> T | None:
        """Read one file, or keep what is wrong with it."""
        try:
            return reader(path, **self.options(path), **more)
        except RankkitError as error:
            self.errors.append(error)
            return None

    def stop_if_any(self) -> None:
        """Say everything that is wrong with all files, and stop."""
        if not self.errors:
            return
        for error in self.errors:
            click.echo(f"{type(error).__name__}: {error}", err=True)
        raise SystemExit(1)


def _of_counts(file: Path, files: _Files, order: str | None, by: str | None, reference: str | None, asked: dict[str, Any]) -> Impact:
    """Impact of a table of counts."""
    from rankkit.calibration import impact_of_counts
    from rankkit.calibration.adverse_impact.impact_files import named, need

    if by is not None:
        files.columns |= {"stratum": by}
    table = files.read(named, file)
    files.stop_if_any()
    assert table is not None  # noqa: S101 - it stopped above
    frame = table.frame
    if {"person", "grade"} <= set(frame.columns) and "n" not in frame.columns:
        raise click.UsageError(_phrase("needs_groups", path=file))
    if by is not None and "stratum" not in frame.columns:
        need(table, [by])
    grades = None if order is None else _listed(order)
    if "grade" in frame.columns and grades is None and None in (asked["outcomes"], asked["adverse"]):
        raise click.UsageError(_phrase("needs_order"))
    attributes = {str(a): set(g) for a, g in frame.groupby("attribute")["group"]} if {"attribute", "group"} <= set(frame.columns) else {}
    known = attributes or {"all": set(frame.get("group", []))}
    return impact_of_counts(file, **files.options(file), grades=grades, reference=_reference(reference, known), **asked)


def _of_people(
    file: Path,
    groups: Path,
    people: Path | None,
    files: _Files,
    names: tuple[str, ...],
    order: str | None,
    by: str | None,
    reference: str | None,
    asked: dict[str, Any],
) -> Impact:
    """Impact of the grades of people."""
    from rankkit import calibration
    from rankkit.calibration.adverse_impact.impact_files import read_grades, read_groups
    from rankkit.errors import Problem
    from rankkit.result import Result
    from rankkit.tables import reading

    graded: Any = None
    listed = None if order is None else _listed(order)
    archive = file.suffix.lower() == ".json"
    if archive:
        try:
            graded = Result.from_json(file)
        except RankkitError as error:
            files.errors.append(error)
    else:
        graded = files.read(read_grades, file, order=listed)
    attributes = files.read(read_groups, groups, names=names)
    staff = None if people is None else files.read(reading.read_people, people)
    files.stop_if_any()
    notes: list[Problem] = []
    if not archive:
        if listed is None:
            raise click.UsageError(_phrase("needs_order"))
        if asked["covariates"] or asked["cluster"]:
            raise click.UsageError(_phrase("no_scores"))
        if by is not None and staff is None:
            staff = _facts(graded.facts, by)
        notes = [*graded.notes] + ([Problem("W-IMPACTUNGRADED", None, None, None, {"n": graded.ungraded})] if graded.ungraded else [])
        graded = graded.grades
    assert attributes is not None  # noqa: S101 - it stopped above
    known = {str(a): set(g) for a, g in attributes.frame.groupby("attribute")["value"]}
    found = calibration.impact(
        graded,
        attributes,
        order=None if archive else listed,
        people=staff,
        strata=by,
        reference=_reference(reference, known),
        **asked,
    )
    return replace(found, notes=(*notes, *found.notes))


def _facts(facts: Any, by: str) -> People | None:
    """Make people of one column of the table of grades."""
    from rankkit.tables.people import People

    if by not in facts.columns:
        return None
    return People.from_frame(facts[[by]].reset_index())


def _reference(given: str | None, known: dict[str, set[str]]) -> dict[str, str] | None:
    """Read GROUP or ATTRIBUTE=GROUP; a group by itself is that of the one attribute that has it."""
    if given is None:
        return None
    attribute, equals, group = given.partition("=")
    if equals and attribute in known:
        return {attribute: group}
    holders = [name for name, groups in known.items() if given in groups]
    if not holders:
        everybody = sorted({str(g) for groups in known.values() for g in groups})
        raise click.UsageError(_phrase("no_group", name=given, groups=", ".join(everybody)))
    if len(holders) > 1:
        raise click.UsageError(_phrase("several", name=given, n=len(holders)))
    return {holders[0]: given}


def _of_one(found: Impact, focal: str) -> Impact:
    """Keep the comparisons of one group; its q still allows for all groups of the attribute."""
    groups = sorted(set(found.comparisons["group"]))
    if focal not in groups:
        raise click.UsageError(_phrase("no_group", name=focal, groups=", ".join(groups) or "—"))

    def of(table: Any) -> Any:
        return table[table["group"] == focal].reset_index(drop=True) if "group" in table else table

    return replace(found, comparisons=of(found.comparisons), strata=of(found.strata), scores=of(found.scores))


def _say_words(found: Impact) -> None:
    """Verdicts in words, then what to keep in mind of the law."""
    from rankkit.report import impact_page

    lang = language()
    colon = "：" if lang == "zh" else ": "
    for row in found.words(lang).to_dict("records"):
        shown = (f"{row['attribute']} · " if row["attribute"] != "all" else "") + f"{row['outcome']} · {row['group']}"
        click.echo(f"\n{shown} / {impact_page.word(row['reference'], lang)}{colon}{row['text']}")
    click.echo("\n" + "\n".join(impact_page.law(found, lang)))


def _listed(text: str) -> list[str]:
    """Read A,B,C; a Chinese comma will do."""
    return [part.strip() for part in text.replace("，", ",").replace("、", ",").split(",") if part.strip()]


def _phrase(name: str, /, **values: Any) -> str:
    return _PHRASES[name][language() == "zh"].format(**values)

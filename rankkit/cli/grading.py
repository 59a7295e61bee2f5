"""Results into grades: `rankkit grade`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pandas as pd

from rankkit import show
from rankkit.cli.options import COLUMN, ENCODING, LANG, SHEET, named_columns, plainly, say_written
from rankkit.errors import Lang, language

if TYPE_CHECKING:
    from rankkit.methods.forced_distribution import ForcedDistributionResult
    from rankkit.tables.people import People

_PATH = click.Path(exists=True, path_type=Path)
_OUT = click.Path(path_type=Path)
_WORDS = {
    "boundary": ("Who is near a cut, and who cannot be told apart across it:", "接近分界、以及与分界另一侧无法区分的人："),
    "nobody": ("Nobody is near a cut.", "没有人接近分界。"),
    "quota": ("Seats:", "名额："),
    "units": ("Seats by unit:", "各单元名额："),
    "relaxed": ("Rules that gave way:", "已放宽的规则："),
    "no_people": (
        "{option} names a column of the table of people; give it with --people FILE.",
        "{option} 指人员表中的列；请用 --people 文件 给出人员表。",
    ),
    "no_column": (
        "{option}: the table of people has no column {name}; it has {there}.",
        "{option}：人员表中没有“{name}”列；现有列：{there}。",
    ),
    "shares": (
        "{text!r} is no share; write for example A=20,B=70,C=10, or ranges: A=10-20%,B=60-80%,C=5-15%.",
        "{text!r} 不是比例；请写成 A=20,B=70,C=10，或区间 A=10-20%,B=60-80%,C=5-15%。",
    ),
}


@click.command()
@click.argument("result", type=_PATH)
@click.option("--shares", required=True, metavar="A=20,B=70,C=10", help="Grades, best first, summing to 1 or 100; or ranges: A=10-20%.")
@click.option("--ties", type=click.Choice(["committee", "up", "down"]), default="committee", show_default=True)
@click.option("--tiebreak", default=None, metavar="COLUMN,-COLUMN", help="Columns of people that decide between equal scores first.")
@click.option("--seat-ties", type=click.Choice(["middle", "top", "bottom"]), default="middle", show_default=True)
@click.option("--apportionment", type=click.Choice(["largest_remainder", "sainte_lague"]), default="largest_remainder", show_default=True)
@click.option("--scope", type=click.Choice(["company", "unit", "hybrid"]), default="company", show_default=True)
@click.option("--people", type=_PATH, default=None, help="Table of people: person, unit, and the columns named below.")
@click.option("--unit", default="unit", show_default=True, metavar="COLUMN", help="Column of people with the units.")
@click.option("--parents", default=None, metavar="COLUMN", help="Column with the parent unit that small units are pooled with.")
@click.option("--min-unit", type=click.IntRange(min=1), default=20, show_default=True, help="Fewest people of a unit's own curve.")
@click.option("--small-units", type=click.Choice(["pool", "guideline"]), default="pool", show_default=True)
@click.option("--not-eligible", default=None, metavar="COLUMN", help="Column with the reason why somebody is not graded.")
@click.option("--floors", default=None, metavar="COLUMN", help="Column with the lowest grade somebody may get.")
@click.option("--caps", default=None, metavar="COLUMN", help="Column with the best grade somebody may get.")
@click.option("--locks", default=None, metavar="COLUMN", help="Column with grades decided already.")
@click.option("--priority", type=click.Choice(["people", "quotas", "neither"]), default="people", show_default=True)
@click.option("--unlinked", type=click.Choice(["warn", "refuse"]), default="warn", show_default=True, help="People no rater links.")
@click.option("--prior", type=click.Choice(["empirical_bayes", "flat"]), default="empirical_bayes", show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@COLUMN
@SHEET
@ENCODING
@click.option("--json", "archive", type=_OUT, default=None, help="Keep the grades as an archive.")
@click.option("--report", type=_OUT, default=None, help="Write an HTML report.")
@click.option("--excel", type=_OUT, default=None, help="Write a workbook.")
@click.option("--plot", "picture", type=_OUT, default=None, help="Write the picture of the cuts (png, svg, pdf).")
@LANG
@plainly
def grade(
    result: Path,
    shares: str,
    tiebreak: str | None,
    people: Path | None,
    not_eligible: str | None,
    floors: str | None,
    caps: str | None,
    locks: str | None,
    parents: str | None,
    columns: tuple[str, ...],
    sheet: str | None,
    encoding: str | None,
    archive: Path | None,
    report: Path | None,
    excel: Path | None,
    picture: Path | None,
    lang: Lang | None,
    **policy: Any,
) -> None:
    """Grade an archived RESULT (json) by quota: of everybody, by unit, or by unit within totals."""
    import rankkit as rk
    from rankkit import plot

    quota = read_quota(shares)
    staff = None if people is None else rk.read_people(people, named_columns(columns) or None, encoding=encoding, sheet=sheet)
    breaks = tuple(name.strip() for name in (tiebreak or "").replace("，", ",").split(",") if name.strip())
    named = [("--not-eligible", not_eligible), ("--parents", parents), ("--floors", floors), ("--caps", caps), ("--locks", locks)]
    for option, name in [*named, *(("--tiebreak", name.removeprefix("-")) for name in breaks)]:
        if name is not None:
            _column(staff, option, name)
    if policy["scope"] != "company":
        _column(staff, "--unit", policy["unit"])
    rules: dict[str, Any] = {kind: _rules(staff, name) for kind, name in (("floors", floors), ("caps", caps), ("locks", locks))}
    method = rk.ForcedDistribution(shares=quota, tiebreak=breaks, not_eligible=not_eligible, parents=parents, **rules, **policy)
    graded = method.fit(rk.Result.from_json(result), people=staff)
    click.echo(repr(graded))
    for name, frame in (("quota", graded.quota), ("units", graded.unit_quota), ("relaxed", graded.relaxations)):
        if len(frame):
            click.echo(f"\n{_say(name)}\n{show.as_text(frame)}")
    click.echo()
    near_cuts(graded)
    said = lang or language()
    written = [graded.to_json(archive) and archive] if archive else []
    written += [graded.to_report(report, lang=said)] if report else []
    written += [graded.to_excel(excel, lang=said)] if excel else []
    written += [plot.save(graded, "boundary", picture, lang=said)] if picture else []
    say_written(written)


def read_quota(text: str) -> dict[str, Any]:
    """Read A=20,B=70,C=10, or ranges: A=10-20%,B=60-80%; a share stays the text it was, so that it is exact."""
    out: dict[str, Any] = {}
    for part in text.replace("，", ",").split(","):
        name, sign, share = part.strip().replace("＝", "=").replace("％", "%").rpartition("=")
        bounds = [b.strip().rstrip("%").strip() for b in share.replace("–", "-").replace("~", "-").split("-")]
        if not sign or not name.strip() or name.strip() in out or len(bounds) not in (1, 2) or not all(map(_is_number, bounds)):
            raise click.UsageError(_say("shares", text=part.strip()))
        out[name.strip()] = bounds[0] if len(bounds) == 1 else tuple(bounds)
    return out


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit()


def _column(staff: People | None, option: str, name: str) -> pd.Series[Any]:
    """Column of the table of people an option names."""
    if staff is None:
        raise click.UsageError(_say("no_people", option=option))
    if name not in staff.frame:
        raise click.UsageError(_say("no_column", option=option, name=name, there=", ".join(map(str, staff.frame))))
    return staff.frame[name]


def _rules(staff: People | None, name: str | None) -> dict[str, tuple[str, str]] | None:
    """Person to (grade, name of the rule), where the column says something."""
    if staff is None or name is None:
        return None
    return {str(p): (str(g).strip(), name) for p, g in staff.frame[name].items() if pd.notna(g) and str(g).strip()}


def near_cuts(graded: ForcedDistributionResult) -> None:
    """Show who is near a cut."""
    click.echo(f"{_say('boundary')}\n{show.as_text(graded.boundary)}" if len(graded.boundary) else _say("nobody"))


def _say(word: str, **details: Any) -> str:
    return _WORDS[word][language() == "zh"].format(**details)

"""There is one way from a result to a reader, and it goes through clearance: the types hold it, and so does the import graph."""

from __future__ import annotations

import ast
import copy
import pickle
import re
from pathlib import Path

import pandas as pd
import pytest

import rankkit as rk
from rankkit.errors import DisclosureError
from rankkit.findings import Findings
from rankkit.privacy import Released, clear
from rankkit.report import excel, findings_page, html, notebook, plain, views

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "rankkit"
SOURCES = sorted(PACKAGE.rglob("*.py"))
# a notebook's table of raters without ratees; a table of anchors; evidence on one appellant without scores, authors or raters
HARMLESS = {"accuracy.py", "methods/bars_card.py", "calibration/appeals/appeal_pack.py"}


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def room(path):
    """First folder or file below the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path):
    """Modules a file imports, absolute."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{a.name}" for a in node.names}
    return found


def called(path, name):
    return [
        n
        for n in ast.walk(tree(path))
        if isinstance(n, ast.Call) and (getattr(n.func, "id", "") == name or getattr(n.func, "attr", "") == name)
    ]


def result():
    frame = pd.DataFrame({"rater": ["a", "b"] * 3, "ratee": list("xxyyzz"), "score": [1, 2, 3, 4, 5, 4]})
    return rk.GraphicRatingScale(scale=(1, 5)).fit(frame)


def test_only_clear_makes_a_released():
    for build in (lambda: Released(object(), result(), "hr", None, None), lambda: Released(None, "x", "hr", None, None)):
        with pytest.raises(DisclosureError, match="not cleared"):
            build()
    released = clear(result(), "hr")
    with pytest.raises(DisclosureError):
        released.subject = "something else"
    for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(DisclosureError):
            duplicate(released)
    with pytest.raises(TypeError):
        type("Mine", (Released,), {}).__init_subclass__(0)
    makers = [p for p in SOURCES if called(p, "Released")]
    assert [p.relative_to(PACKAGE).as_posix() for p in makers] == ["privacy/released.py"]
    assert len(called(makers[0], "Released")) == 1


def test_writers_take_views_and_views_take_what_was_cleared():
    fake = {"audience": "hr", "lang": "en", "title": "t", "sentence": "", "methods": ()}
    for released in (None, result(), clear(result(), "committee")):  # nothing, the bare result, cleared for somebody else
        with pytest.raises(DisclosureError):
            views.View(released=released, **fake)
        with pytest.raises(DisclosureError):
            findings_page.FindingsView(released=released, audience="hr", lang="en", title="t", facts=())
    assert views.View(released=clear(result(), "hr"), **fake)
    for writer, function in ((html, "_page"), (html, "_findings"), (excel, "_write"), (plain, "_result"), (notebook, "_notes")):
        note = next(iter(getattr(writer, function).__annotations__.values()))
        assert "View" in str(note) or note == "Any", (writer, function)
    for path in SOURCES:
        for name in ("View", "FindingsView"):
            if called(path, name):
                assert path.parent.name == "report"


def test_every_entrance_of_the_writers_is_cleared(monkeypatch, tmp_path):
    """Whatever a report, a workbook, a notebook or a terminal shows was handed to ``clear`` first."""
    seen = []

    def counting(subject, audience, **options):
        seen.append(audience)
        return clear(subject, audience, **options)

    monkeypatch.setattr(views, "clear", counting)
    monkeypatch.setattr(findings_page, "clear", counting)
    fitted = result()
    html.write(fitted, tmp_path / "a.html", audience="hr")
    excel.write(fitted, tmp_path / "a.xlsx", audience="research")
    notebook.html(fitted)
    plain.text(fitted)
    fitted.to_report(tmp_path / "b.html", audience="ratee", ratee="x")
    fitted.to_excel(tmp_path / "b.xlsx", audience="manager", manager="m", people=pd.DataFrame({"person": ["x"], "manager": ["m"]}))
    html.write(Findings(), tmp_path / "c.html", audience="hr")
    assert seen == ["hr", "research", "committee", "committee", "ratee", "manager", "hr"]


def test_what_writes_for_people_is_imported_by_reports_alone():
    """xlsxwriter and Jinja2 in report/ (and the sheet of errors, which is the user's own); nobody below reports imports them."""
    for path in SOURCES:
        names = imported(path)
        if any(n.split(".")[0] in ("xlsxwriter", "jinja2", "markupsafe") for n in names):
            assert room(path) == "report" or path.relative_to(PACKAGE).as_posix() == "tables/workbook.py", path
        if any(n.startswith("rankkit.report") for n in names):
            assert room(path) in ("report", "show", "cli", "testing"), path


def test_frames_are_written_to_files_by_nobody():
    writers = {"to_csv", "to_html", "to_parquet", "to_pickle", "to_feather", "to_markdown", "to_latex"}
    for path in SOURCES:
        used = {n.func.attr for n in ast.walk(tree(path)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)} & writers
        if room(path) not in ("cli", "testing", "simulate", "tables") and path.relative_to(PACKAGE).as_posix() not in HARMLESS:
            assert not used, (path, used)


def test_privacy_looks_down_only():
    below = ("rankkit.errors", "rankkit.kernels", "rankkit.tables", "rankkit.privacy", "rankkit.wording")
    for path in sorted((PACKAGE / "privacy").glob("*.py")):
        assert all(n.startswith(below) for n in imported(path) if n.startswith("rankkit")), path


def test_confidential_and_never_anonymous():
    """Pseudonymised is not anonymous, and ratings somebody could look up are confidential at best."""
    allowed = re.compile(r"pseudonym|not anonymous|never.{0,4}anonymous|_anonymised|匿名化")
    for path in [*SOURCES, *sorted((PACKAGE / "report" / "templates").iterdir()), *(ROOT / "docs").glob("*.md"), ROOT / "README.md"]:
        for line in path.read_text(encoding="utf-8").splitlines():
            if re.search(r"anonym|匿名", line, re.IGNORECASE):
                assert allowed.search(line.lower()), (path, line)


def test_the_archive_says_that_it_is_the_owners():
    doc = rk.Result.to_json.__doc__ or ""
    assert "owner" in doc
    assert "unredacted" in doc

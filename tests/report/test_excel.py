"""The workbook: texts stay texts, blanks stay blank, and the audience filter holds."""

from __future__ import annotations

import re
import zipfile

import pytest
from python_calamine import CalamineWorkbook

from rankkit.errors import DisclosureError
from rankkit.report import excel, terms
from tests.report.subjects import HOSTILE, TabledResult, result

PEOPLE = {"007": "王伟", "e02": "Betty Brown", "e03": "王伟"}
DANGEROUS = re.compile(rb"<f[ >/]|<hyperlinks? |externalLink|ddeLink|oleLink|<definedName[^>]*>[^<]*\[|TargetMode=.External", re.IGNORECASE)


def rows_of(path, sheet=0):
    book = CalamineWorkbook.from_path(path)
    return book.get_sheet_by_name(book.sheet_names[sheet] if isinstance(sheet, int) else sheet).to_python(skip_empty_area=False)


def all_text(path):
    book = CalamineWorkbook.from_path(path)
    return "\n".join(str(c) for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for c in row) + "\n".join(
        book.sheet_names
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_hostile_names_are_text_and_nothing_else(tmp_path, lang):
    path = excel.write(result(HOSTILE, kind=TabledResult, missing=("h9",)), tmp_path / "r.xlsx", lang=lang)
    with zipfile.ZipFile(path) as parts:
        assert parts.testzip() is None
        for name in parts.namelist():
            assert not DANGEROUS.search(parts.read(name)), name
    names = {row[1] for row in rows_of(path)[1:]}
    for label in ("=1+1", "<script>alert(1)</script>", "@SUM(A1)", "{{7*7}}{% raw %}", "https://evil.example/x", "𠮷田", "😀 emoji"):
        assert label in names
    assert len(names) == len(HOSTILE)


def test_scores_are_numbers_ids_are_text_and_missing_is_blank(tmp_path):
    subject = result(PEOPLE, missing=("e03",))
    path = excel.write(subject, tmp_path / "r.xlsx")
    head, *rows = rows_of(path)
    assert head[:3] == [terms.column(c, "en") for c in ("ratee", "label", "score")]
    assert [r[0] for r in rows] == ["007", "e02", "e03"]
    assert rows[0][2] == subject.scores.loc["007", "score"]
    assert rows[2][2] == ""
    assert rows[2][head.index("Status")] == "not identified"


def test_sheets_for_every_table(tmp_path):
    subject = result(PEOPLE, kind=TabledResult)
    names = CalamineWorkbook.from_path(excel.write(subject, tmp_path / "r.xlsx")).sheet_names
    wanted = [terms.table(n, "en") for n in ("scores", "dimensions", "changes", "reliability", "design", "messages", "settings")]
    assert set(wanted) <= set(names)
    assert all(0 < len(n) <= 31 and not set("[]:*?/\\") & set(n) for n in names)
    assert len({n.lower() for n in names}) == len(names)


def test_sheet_names_are_made_legal_and_distinct():
    taken: set[str] = set()
    wild = ["x" * 40, "X" * 40, "'quoted'", "[a]:*?/\\", "", "😀" * 20, "😀" * 20]
    made = [excel.sheet_name(n, taken) for n in wild]
    assert len({m.lower() for m in made}) == len(wild)
    assert all(0 < len(m.encode("utf-16-le")) // 2 <= 31 for m in made)
    assert not any(set("[]:*?/\\") & set(m) or m[0] == "'" or m[-1] == "'" for m in made)


def test_header_is_frozen_and_filtered(tmp_path):
    with zipfile.ZipFile(excel.write(result(PEOPLE), tmp_path / "r.xlsx")) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml")
    assert b'state="frozen"' in sheet
    assert b"<autoFilter" in sheet


def test_the_same_result_gives_the_same_bytes(tmp_path):
    a, b = (excel.write(result(PEOPLE), tmp_path / f"{k}.xlsx").read_bytes() for k in "ab")
    assert a == b


def test_research_and_ratee_see_what_they_may(tmp_path):
    people = {"id1x": "Anna Alpha", "id2x": "Ben Beta", "id3x": "陈晓明"}
    subject = result(people, kind=TabledResult, missing=("id3x",))
    text = all_text(excel.write(subject, tmp_path / "r.xlsx", audience="research"))
    for name in [*people, *people.values(), "Rasmus", "Zhao Qian", ".csv"]:
        assert name not in text
    own = all_text(excel.write(subject, tmp_path / "o.xlsx", audience="ratee", ratee="id1x"))
    assert "Anna Alpha" in own
    for name in ["id2x", "id3x", "Ben Beta", "陈晓明", "Rasmus", "Zhao Qian", ".csv"]:
        assert name not in own
    with pytest.raises(DisclosureError):
        excel.write(subject, tmp_path / "x.xlsx", audience="ratee")

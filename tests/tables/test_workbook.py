from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import python_calamine

from rankkit.errors import Problem, RatingsError, ReadingError, SettingsError
from rankkit.tables.reading import read_comparisons, read_rankings, read_ratings
from rankkit.tables.wide import from_wide
from rankkit.tables.workbook import template, write_marked_sheet

HOSTILE = ["=1+1", "=cmd|' /C calc'!A0", "@SUM(A1)", "+1", "-1+1", "http://x.example", "<script>alert(1)</script>",
           "a\nb", "😀", "𠮷野", "a\x00b", "\x07", "\ud800", "\ufffe", "x" * 40_000, "𠮷" * 20_000, '"', "'"]  # fmt: skip


def _cells(path: Path, sheet: int = 0) -> list[list[object]]:
    book = python_calamine.CalamineWorkbook.from_path(str(path))
    return book.get_sheet_by_index(sheet).to_python(skip_empty_area=False)


def _xml(path: Path, part: str) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(part).decode()


def _parts(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def _marked_cells(path: Path) -> dict[str, str]:
    """Cell -> comment."""
    import xml.etree.ElementTree as ET

    root = ET.fromstring(_xml(path, "xl/comments1.xml"))  # noqa: S314 - our own file
    ns = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    return {c.get("ref", ""): "".join(c.itertext()) for c in root.iterfind(".//m:comment", ns)}


@pytest.fixture
def broken(tmp_path: Path) -> RatingsError:
    path = tmp_path / "考核.csv"
    path.write_text("rater,ratee,score\n\nr1,e1,四\nr1,007,7\nr2,,3\nr2,007,4\n", encoding="utf-8")
    with pytest.raises(RatingsError) as caught:
        read_ratings(path, scale=(1, 5))
    return caught.value


def test_the_sheet_comes_back_with_the_same_rows(broken: RatingsError, tmp_path: Path) -> None:
    path = write_marked_sheet(broken, tmp_path / "marked.xlsx")
    cells = _cells(path)
    assert cells[1] == ["rater", "ratee", "score"]
    assert cells[2] == ["r1", "e1", "四"]
    assert cells[3] == ["r1", "007", "7"]
    comments = _marked_cells(path)
    assert set(comments) == {"C3", "C4", "B5"}
    assert "outside the 1–5 scale" in comments["C4"]
    assert "Correct it" in comments["C4"]


def test_bad_cells_are_filled_and_the_header_frozen(broken: RatingsError, tmp_path: Path) -> None:
    path = write_marked_sheet(broken, tmp_path / "marked.xlsx")
    sheet = _xml(path, "xl/worksheets/sheet1.xml")
    styles = dict(re.findall(r'<c r="([A-Z]+\d+)" s="(\d+)"', sheet))
    assert styles["C3"] == styles["C4"] == styles["B5"]
    assert "A3" not in styles
    assert "B4" not in styles
    assert 'state="frozen"' in sheet
    assert "F4B6B0" in _xml(path, "xl/styles.xml")


def test_all_problems_are_listed_in_the_language_asked_for(broken: RatingsError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = _cells(write_marked_sheet(broken, tmp_path / "en.xlsx"), 1)
    assert listed[0][:3] == ["row", "column", "value"]
    assert len(listed) == 1 + len(broken.items)
    assert {row[5] for row in listed[1:]} == {"E-NUMBER", "E-RANGE", "E-BLANK"}
    monkeypatch.setenv("RANKKIT_LANG", "zh")
    listed = _cells(write_marked_sheet(broken, tmp_path / "zh.xlsx"), 1)
    assert listed[0][0] == "行"
    assert any("不是数字" in str(row[3]) for row in listed)


def test_to_excel_of_an_error(broken: RatingsError, tmp_path: Path) -> None:
    assert broken.to_excel(tmp_path / "a.xlsx").exists()


def test_whole_row_and_header_problems(tmp_path: Path) -> None:
    error = RatingsError([Problem("E-DUP", 3), Problem("E-BLANK", None, "b")], source="x", n_rows=2)
    error.table = pd.DataFrame({"a": [1, 2], "b": [3.5, None]})
    path = write_marked_sheet(error, tmp_path / "a.xlsx")
    assert set(_marked_cells(path)) == {"A3", "B1"}
    sheet = _xml(path, "xl/worksheets/sheet1.xml")
    styles = dict(re.findall(r'<c r="([A-Z]+\d+)" s="(\d+)"', sheet))
    assert styles["A3"] == styles["B3"] != styles["B1"]
    assert _cells(path)[1] == [1.0, 3.5]


def test_an_error_without_a_table_still_lists_its_problems(tmp_path: Path) -> None:
    path = write_marked_sheet(ReadingError("E-EMPTY"), tmp_path / "a.xlsx")
    assert _cells(path)[1][5] == "E-EMPTY"


def test_wide_sheets_are_marked_in_their_own_columns(tmp_path: Path) -> None:
    frame = pd.DataFrame({"who": ["a", "b"], "quality": [9, 3], "speed": [2, "?"]})
    with pytest.raises(RatingsError) as caught:
        from_wide(frame, ratee="who", dimensions=["quality", "speed"], scale=(1, 5))
    assert set(_marked_cells(caught.value.to_excel(tmp_path / "a.xlsx"))) == {"B2", "C3"}


def test_nothing_is_executed_and_no_file_is_corrupt(tmp_path: Path) -> None:
    error = RatingsError([Problem("E-NUMBER", k + 2, "=score", v) for k, v in enumerate(HOSTILE)], source="=x")
    error.table = pd.DataFrame({"=score": HOSTILE, "<b>": HOSTILE}, dtype=object)
    path = write_marked_sheet(error, tmp_path / "a.xlsx")
    for part in _parts(path):
        if part.startswith("xl/worksheets/sheet"):
            assert "<f>" not in _xml(path, part)
            assert "hyperlink" not in _xml(path, part)
    cells = _cells(path)
    assert cells[0] == ["=score", "<b>"]
    assert [row[0] for row in cells[1:8]] == HOSTILE[:7]
    assert cells[1 + HOSTILE.index("x" * 40_000)][0] != ""  # too long for a cell: cut, not lost
    assert len(_cells(path, 1)) == 1 + len(HOSTILE)
    import xml.etree.ElementTree as ET

    for part in _parts(path):
        if part.endswith((".xml", ".rels", ".vml")):
            ET.fromstring(_xml(path, part))  # noqa: S314 - our own file


def test_impossible_targets(tmp_path: Path) -> None:
    error = RatingsError("E-ALLMISSING")
    with pytest.raises(SettingsError) as caught:
        write_marked_sheet(error, tmp_path / "a.csv")
    assert caught.value.code == "E-SETTING"
    with pytest.raises(SettingsError) as caught:
        write_marked_sheet(error, tmp_path / "nowhere" / "a.xlsx")
    assert caught.value.code == "E-WRITE"


# --- templates


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("method", "kind"),
    [("GraphicRatingScale", "ratings"), ("graphic_rating_scale", "ratings"), ("BARS", "ratings"), ("ratings", "ratings"),
     ("paired-comparison", "comparisons"), ("AlternationRanking", "rankings"), ("rankings", "rankings")],
)  # fmt: skip
def test_templates(tmp_path: Path, method: str, kind: str, lang: str) -> None:
    path = template(method, tmp_path / "fill.xlsx", lang)  # type: ignore[arg-type]
    header = _cells(path)[0]
    assert ("rater" in header) == (lang == "en")
    assert ("评价人" in header) == (lang == "zh")
    assert "dataValidation" in _xml(path, "xl/worksheets/sheet1.xml")
    text = " ".join(str(c) for row in _cells(path, 1) for c in row)
    assert f"rk.read_{kind}('fill.xlsx'" in text
    reader = {"ratings": read_ratings, "comparisons": read_comparisons, "rankings": read_rankings}[kind]
    with pytest.raises(ReadingError) as caught:
        reader(path)  # type: ignore[operator]
    assert caught.value.code == "E-HEADERONLY"


def test_the_call_printed_in_a_chinese_template_reads_it(tmp_path: Path) -> None:
    path = template("ratings", tmp_path / "fill.xlsx", "zh", scale=(0, 10))
    sheet = _cells(path)
    call = str(_cells(path, 1)[-1][1])
    filled = pd.DataFrame([["r1", "007", "质量", 10]], columns=sheet[0])
    columns = re.search(r"columns=(\{.*?\})", call)
    assert columns is not None
    import ast

    table = read_ratings(filled, ast.literal_eval(columns.group(1)), (0, 10))
    assert table.people == ("007",)
    rule = _xml(path, "xl/worksheets/sheet1.xml")
    assert "<formula1>0</formula1><formula2>10</formula2>" in rule


def test_impossible_templates(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        template("astrology", tmp_path / "a.xlsx")
    assert caught.value.code == "E-METHOD"
    for scale in ((5, 1), (1, 1), (1, float("nan"))):
        with pytest.raises(SettingsError) as caught:
            template("ratings", tmp_path / "a.xlsx", scale=scale)
        assert caught.value.code == "E-SETTING"

"""Headers that are not where they are looked for: below a title, or on another sheet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

import rankkit as rk
from rankkit.errors import RatingsError, ReadingError
from rankkit.tables.headings import below_a_title, suggest

CHINESE = {"rater": "评价人", "ratee": "工号", "score": "得分"}
TITLED: list[list[str]] = [["2026年上半年考核表"], [], ["评价人", "工号", "得分"], ["甲", "007", "4"], ["乙", "007", "5"]]


def _workbook(path: Path, **sheets: Sequence[Sequence[str]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for k, row in enumerate(rows):
                sheet.write_row(k, 0, row)
    return path


@pytest.mark.parametrize("columns", [CHINESE, None])
def test_a_title_above_the_header_is_said_once_with_the_row(tmp_path: Path, columns: dict[str, str] | None) -> None:
    with pytest.raises(RatingsError) as caught:
        rk.read_ratings(_workbook(tmp_path / "考核.xlsx", 评分=TITLED), columns)
    assert [(p.code, p.row) for p in caught.value.items] == [("E-TITLEROW", 3)]
    assert "above this row" in str(caught.value)
    assert "第 3 行" in caught.value.text("zh")


def test_a_title_above_a_wide_sheet(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "wide.xlsx", 评分=[["考核表"], ["姓名", "质量", "沟通"], ["王伟", "4", "5"]])
    with pytest.raises(RatingsError) as caught:
        rk.from_wide(path, ratee="姓名", dimensions=["质量", "沟通"])
    assert [(p.code, p.row) for p in caught.value.items] == [("E-TITLEROW", 2)]


def test_a_cell_that_happens_to_be_a_heading_is_no_header() -> None:
    frame = pd.DataFrame({"rater": ["姓名", "甲"], "ratee": ["得分", "乙"], "x": [None, 3.0]})
    assert below_a_title(frame, ["得分", "部门"]) is None
    assert below_a_title(frame, ["score"]) is None
    assert below_a_title(frame.iloc[:0], ["score"]) is None
    with pytest.raises(RatingsError) as caught:
        rk.read_ratings(frame)
    assert caught.value.codes == ("E-COLS",)


def test_a_first_sheet_without_data_names_the_others(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "two.xlsx", 说明=[["请见第二页"]], 评分=TITLED[2:])
    with pytest.raises(ReadingError) as caught:
        rk.read_ratings(path, CHINESE)
    assert caught.value.codes == ("E-ONECELL",)
    assert "说明" in str(caught.value)
    assert "评分" in str(caught.value)
    assert len(rk.read_ratings(path, CHINESE, sheet="评分")) == 2
    with pytest.raises(ReadingError) as asked:
        rk.read_ratings(path, CHINESE, sheet="说明")
    assert asked.value.codes == ("E-HEADERONLY",)


def test_a_title_line_in_a_text_file(tmp_path: Path) -> None:
    path = tmp_path / "考核.csv"
    path.write_bytes("2026年考核\n评价人,工号,得分\n甲,007,4\n乙,007,5\n".encode("gb18030"))
    with pytest.raises(ReadingError) as caught:
        rk.read_ratings(path, CHINESE)
    assert [(p.code, p.row) for p in caught.value.items] == [("E-TITLELINE", 2)]


@pytest.mark.parametrize(
    ("found", "missing", "expected"),
    [
        (["評分人", "受評人", "評分"], ["rater", "ratee", "score"], ["評分人", "受評人", "評分"]),
        (["考核人姓名", "被考核人姓名", "考核得分"], ["rater", "ratee", "score"], ["考核人姓名", "被考核人姓名", "考核得分"]),
        (["工号", "姓名", "评委", "分数"], ["ratee", "rater", "score"], ["工号", "评委", "分数"]),
        (["Judge", "Employee ID", "Rating"], ["rater", "ratee", "score"], ["Judge", "Employee ID", "Rating"]),
        (["胜者", "败者"], ["winner", "loser"], ["胜者", "败者"]),
        (["左", "右", "結果"], ["left", "right", "outcome"], ["左", "右", "結果"]),
        (["rater", "ratee", "scroe"], ["score"], ["scroe"]),
        (["rater", "rank"], ["ratee"], [None]),
        (["维度", "指標"], ["dimension"], ["维度"]),
    ],
)
def test_suggestions(found: list[str], missing: list[str], expected: list[str | None]) -> None:
    assert suggest(found, missing) == {m: e for m, e in zip(missing, expected, strict=True) if e is not None}

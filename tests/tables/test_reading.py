from __future__ import annotations

import builtins
import datetime as dt
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xlsxwriter

from rankkit.errors import DataError, PeopleError, RankingsError, RatingsError, ReadingError
from rankkit.tables.delimited import read_text, sniff
from rankkit.tables.reading import (
    read_attributes,
    read_comparisons,
    read_incidents,
    read_narratives,
    read_people,
    read_rankings,
    read_ratings,
)
from rankkit.tables.sheets import read_sheet

ROWS = [("r1", "007", "4"), ("r1", "008", "5"), ("r2", "007", "3"), ("r2", "008", "5")]
PLAIN = "rater,ratee,score\n" + "".join(",".join(row) + "\n" for row in ROWS)


def _write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _cells(frame: pd.DataFrame) -> list[list[Any]]:
    return frame.astype(object).where(frame.notna(), None).to_numpy().tolist()


# --- csv


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_any_separator_and_line_end(tmp_path: Path, separator: str, line_end: str, mark: bytes) -> None:
    text = PLAIN.replace(",", separator).replace("\n", line_end)
    sheet = read_sheet(_write(tmp_path / "a.csv", mark + text.encode()))
    assert list(sheet.frame.columns) == ["rater", "ratee", "score"]
    assert _cells(sheet.frame) == [list(r) for r in ROWS]
    assert sheet.row_numbers.tolist() == [2, 3, 4, 5]
    assert sheet.notes == ()
    assert sheet.name == "a.csv"


def test_blank_lines_are_skipped_but_counted(tmp_path: Path) -> None:
    sheet = read_sheet(_write(tmp_path / "a.csv", "\n\nrater,ratee\n\nr1,e1\n,\n  ,\nr2,e2\n\n\n"))
    assert _cells(sheet.frame)[0] == ["r1", "e1"]
    assert sheet.row_numbers.tolist() == [5, 7, 8]


def test_quoted_cells(tmp_path: Path) -> None:
    text = 'rater,ratee\n"r,1","e\n1"\n"say ""hi""",e2\n5" disk,e3\n"",e4\n'
    sheet = read_sheet(_write(tmp_path / "a.csv", text))
    assert _cells(sheet.frame) == [["r,1", "e\n1"], ['say "hi"', "e2"], ['5" disk', "e3"], [None, "e4"]]
    assert sheet.row_numbers.tolist() == [2, 3, 4, 5]


def test_words_that_other_readers_take_for_missing(tmp_path: Path) -> None:
    sheet = read_sheet(_write(tmp_path / "a.csv", "ratee\nNA\nnull\nNone\n1e5\n007\nTrue\n"))
    assert sheet.frame["ratee"].tolist() == ["NA", "null", "None", "1e5", "007", "True"]


def test_every_ragged_row_is_named(tmp_path: Path) -> None:
    text = "rater,ratee,score\nr1,e1,3,9\nr1,e2\nr1,e3,4\nr1,e4,4,,\n\nr1,e5,3;5,1,2\n"
    with pytest.raises(ReadingError) as caught:
        read_sheet(_write(tmp_path / "a.csv", text))
    found = [(p.code, p.row, p.details["found"]) for p in caught.value.items]
    assert found == [("E-RAGGED", 2, 4), ("E-RAGGED", 3, 2), ("E-RAGGED", 7, 5)]
    assert caught.value.n_rows == 5
    assert caught.value.table is not None
    assert caught.value.table.index.tolist() == [2, 3, 4, 5, 7]


def test_a_wholly_ragged_file_is_said_once(tmp_path: Path) -> None:
    text = "rater,ratee\n" + "r1,e1,3\n" * 500
    with pytest.raises(ReadingError) as caught:
        read_sheet(_write(tmp_path / "a.csv", text))
    assert caught.value.codes == ("E-RAGGEDALL",)
    assert "500 of 500" in str(caught.value)


def test_a_quote_never_closed(tmp_path: Path) -> None:
    with pytest.raises(ReadingError) as caught:
        read_sheet(_write(tmp_path / "a.csv", 'a,b\n1,2\n"x,3\n4,5\n'))
    assert [(p.code, p.row) for p in caught.value.items] == [("E-QUOTE", 3)]


def test_headings_missing_and_doubled(tmp_path: Path) -> None:
    sheet = read_sheet(_write(tmp_path / "a.csv", "rater,,score,,\nr1,x,3,,\n"))
    assert list(sheet.frame.columns) == ["rater", "column B", "score"]
    with pytest.raises(ReadingError) as caught:
        read_sheet(_write(tmp_path / "b.csv", "rater,score, score \nr1,3,4\n"))
    assert caught.value.codes == ("E-DUPCOL",)


def test_declared_separator(tmp_path: Path) -> None:
    sheet = read_sheet(_write(tmp_path / "a.csv", "sep=;\na;b\n1,5;2\n"))
    assert _cells(sheet.frame) == [["1,5", "2"]]
    assert sheet.row_numbers.tolist() == [3]


def test_decimal_commas_do_not_decide_the_separator() -> None:
    assert sniff(b"rater;ratee;score\na;b;3,5\na;c;4,5\n") == ";"
    assert sniff(b'"Smith, A";"b"\n"x, y";3\n') == ";"
    assert sniff(b"name\nx\n") == ","


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", "", "E-EMPTY"),
        ("a.csv", " \n\n \n", "E-EMPTY"),
        ("a.csv", "rater,ratee,score\n", "E-HEADERONLY"),
        ("a.csv", "rater,ratee,score\n,,\n\n", "E-HEADERONLY"),
        ("a.csv", "rater,ratee\nr1,e\x001\n", "E-NUL"),
        ("a.docx", "rater", "E-KIND"),
        ("a", "rater", "E-KIND"),
        ("a.xlsx", "rater,ratee\n", "E-BROKEN"),
        ("a.xlsx", "", "E-EMPTY"),
        ("a.parquet", "rater,ratee\n", "E-BROKEN"),
        ("a.csv", b"PK\x03\x04 not a workbook", "E-BROKEN"),
    ],
)
def test_unreadable_files(tmp_path: Path, name: str, content: str | bytes, code: str) -> None:
    with pytest.raises(ReadingError) as caught:
        read_sheet(_write(tmp_path / name, content))
    assert caught.value.codes == (code,)
    for lang in ("en", "zh"):
        assert "…" not in caught.value.text(lang)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["nowhere.csv", "nul\0.csv", "long" * 2000 + ".csv", "rater,ratee\nr1,e1"])
def test_no_such_file(path: str) -> None:
    with pytest.raises(ReadingError) as caught:
        read_sheet(path)
    assert caught.value.codes == ("E-FILE",)


def test_folders_and_other_things(tmp_path: Path) -> None:
    with pytest.raises(ReadingError) as caught:
        read_sheet(tmp_path)
    assert caught.value.code == "E-KIND"
    for thing in (None, 7, [1, 2], {"rater": ["r1"]}, object()):
        with pytest.raises(ReadingError) as caught:
            read_sheet(thing)
        assert caught.value.code == "E-TYPE"


def test_encoding_is_reported(tmp_path: Path) -> None:
    text = "评价人,姓名,得分\nr1,王伟,4\nr1,李娜,5\n"
    sheet = read_sheet(_write(tmp_path / "a.csv", text.encode("gb18030")))
    assert sheet.frame["姓名"].tolist() == ["王伟", "李娜"]
    assert [n.code for n in sheet.notes] == ["I-ENCODING"]
    assert "gb18030" in sheet.notes[0].text("en")
    table = read_ratings(tmp_path / "a.csv", {"rater": "评价人", "ratee": "姓名", "score": "得分"})
    assert "I-ENCODING" in [n.code for n in table.notes]
    with pytest.raises(ReadingError) as caught:
        read_sheet(tmp_path / "a.csv", encoding="utf-8")
    assert (caught.value.code, caught.value.source) == ("E-ENCODING", "a.csv")


def test_two_passes_agree_with_a_plain_csv_reader() -> None:
    import csv
    import io

    rng = np.random.default_rng(1)
    pieces = ["a", "王", " ", '""', "x\ny", ",", "1.5", ""]
    for _ in range(200):
        rows = [["".join(rng.choice(pieces, size=rng.integers(1, 4))) for _ in range(3)] for _ in range(6)]
        out = io.StringIO()
        csv.writer(out, lineterminator=str(rng.choice(["\n", "\r\n"]))).writerows([["p", "q", "r"], *rows])
        text = read_text(out.getvalue().encode(), "t", ",")
        kept = [(k, row) for k, row in enumerate(rows) if any(row)]
        assert text.row_numbers.tolist() == [k + 2 for k, _ in kept]
        assert _cells(text.frame) == [[c or None for c in row] for _, row in kept]


# --- workbooks


def _workbook(path: Path) -> Path:
    book = xlsxwriter.Workbook(str(path))
    first = book.add_worksheet("评分")
    first.write_row(2, 0, ["工号", "分数", "日期", "", "备注"])
    first.write_row(3, 0, [7, 3.5])
    day = dt.datetime(2026, 1, 2)  # noqa: DTZ001 - a workbook knows no time zones
    first.write_datetime(3, 2, day, book.add_format({"num_format": "yyyy-mm-dd"}))
    first.write_string(4, 0, "007")
    first.write_formula(4, 1, "=NA()", None, "#N/A")
    first.write_boolean(6, 4, True)
    first.write_row(6, 0, ["008", 4.0])
    first.merge_range(8, 0, 8, 1, "合并")
    book.add_worksheet("other").write_row(0, 0, ["a"])
    book.close()
    return path


def test_workbook_cells_read_as_people_see_them(tmp_path: Path) -> None:
    sheet = read_sheet(_workbook(tmp_path / "a.xlsx"))
    assert list(sheet.frame.columns) == ["工号", "分数", "日期", "备注"]
    assert _cells(sheet.frame) == [
        ["7", "3.5", "2026-01-02", None],
        ["007", "#N/A", None, None],
        ["008", "4", None, "TRUE"],
        ["合并", None, None, None],
    ]
    assert sheet.row_numbers.tolist() == [4, 5, 7, 9]
    assert [n.code for n in sheet.notes] == ["I-SHEET"]


def test_an_error_cell_is_not_a_missing_score(tmp_path: Path) -> None:
    with pytest.raises(RatingsError) as caught:
        read_ratings(_workbook(tmp_path / "a.xlsx"), {"ratee": "工号", "score": "分数", "rater": "备注"})
    assert ("E-NUMBER", 5, "分数", "#N/A") in [(p.code, p.row, p.column, p.value) for p in caught.value.items]


def test_sheets_by_name_and_position(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "a.xlsx")
    assert list(read_sheet(path, sheet=0).frame.columns) == list(read_sheet(path, sheet="评分").frame.columns)
    with pytest.raises(ReadingError) as caught:
        read_sheet(path, sheet="other")
    assert caught.value.code == "E-HEADERONLY"
    for wrong in ("nope", 2, -1, True):
        with pytest.raises(ReadingError, match="评分") as caught:
            read_sheet(path, sheet=wrong)
        assert caught.value.code == "E-SHEET"


def test_title_rows_are_not_guessed_away(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    page = book.add_worksheet()
    page.write_row(0, 0, ["2026 年考核"])
    page.write_row(1, 0, ["rater", "ratee", "score"])
    page.write_row(2, 0, ["r1", "e1", 4])
    book.close()
    with pytest.raises(RatingsError) as caught:
        read_ratings(tmp_path / "a.xlsx")
    assert [(p.code, p.row) for p in caught.value.items] == [("E-TITLEROW", 2)]


def test_a_workbook_named_csv_is_still_a_workbook(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "a.xlsx").rename(tmp_path / "a.csv")
    assert len(read_sheet(path).frame) == 4


# --- frames of any engine


def test_pandas_frames_keep_their_types() -> None:
    frame = pd.DataFrame({"rater": ["r1", "r2"], "ratee": ["007", "007"], "score": [4.5, None]}, index=[9, 9])
    before = frame.copy()
    sheet = read_sheet(frame)
    assert sheet.frame["score"].dtype == np.float64
    assert sheet.row_numbers.tolist() == [2, 3]
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(("frame", "code"), [(pd.DataFrame(), "E-EMPTY"), (pd.DataFrame({"a": []}), "E-HEADERONLY"),
    (pd.DataFrame([[1, 2]], columns=["a", "a"]), "E-DUPCOL"), (pd.DataFrame([[1, 2]], columns=[1, "1"]), "E-DUPCOL")])  # fmt: skip
def test_impossible_frames(frame: pd.DataFrame, code: str) -> None:
    with pytest.raises(ReadingError) as caught:
        read_sheet(frame)
    assert caught.value.code == code


def _engines() -> list[Any]:
    polars = pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    data = {"rater": ["r1", "r2", "r2"], "ratee": ["007", "007", "008"], "score": [4, None, 5]}
    lazy = polars.DataFrame(data)
    return [pd.DataFrame(data), lazy, lazy.lazy(), pyarrow.table(data)]


def test_every_engine_gives_the_same_table() -> None:
    hashes = {read_ratings(frame, scale=(1, 5)).data_hash() for frame in _engines()}
    assert len(hashes) == 1


def test_numbers_as_ids_stay_whole_beside_blanks() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"ratee": [7, None], "when": [dt.date(2026, 1, 2), None], "cat": ["a", "b"]})
    sheet = read_sheet(frame.with_columns(frame["cat"].cast(polars.Categorical)))
    assert _cells(sheet.frame) == [[7, "2026-01-02", "a"], [None, None, "b"]]


def test_parquet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"rater": ["r1"], "ratee": ["007"], "score": [4]})
    frame.to_parquet(tmp_path / "a.parquet")
    assert _cells(read_sheet(tmp_path / "a.parquet").frame) == [["r1", "007", 4]]
    real = builtins.__import__

    def without_pyarrow(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_pyarrow)
    with pytest.raises(ReadingError) as caught:
        read_sheet(tmp_path / "a.parquet")
    assert caught.value.code == "E-EXTRA"
    assert "rankkit-appraisal[parquet]" in str(caught.value)


# --- the read functions


def test_all_sources_give_the_same_ratings(tmp_path: Path) -> None:
    csv = read_ratings(_write(tmp_path / "a.csv", PLAIN), scale=(1, 5))
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    page = book.add_worksheet()
    page.write_row(0, 0, ["rater", "ratee", "score"])
    for k, (rater, ratee, score) in enumerate(ROWS, start=1):
        page.write_row(k, 0, [rater, ratee, int(score)])
    book.close()
    frame = read_ratings(pd.DataFrame(ROWS, columns=["rater", "ratee", "score"]), scale=(1, 5))
    assert csv.data_hash() == read_ratings(tmp_path / "a.xlsx", scale=(1, 5)).data_hash() == frame.data_hash()
    assert csv.people == ("007", "008")
    assert read_ratings(csv) is csv
    assert read_ratings(csv, scale=(1, 5)).data_hash() == csv.data_hash()


def test_errors_name_the_spreadsheet_row_and_the_file(tmp_path: Path) -> None:
    path = _write(tmp_path / "考核.csv", "rater,ratee,score\n\nr1,e1,四\nr1,e2,7\n")
    with pytest.raises(RatingsError) as caught:
        read_ratings(path, scale=(1, 5))
    assert [(p.code, p.row) for p in caught.value.items] == [("E-NUMBER", 3), ("E-RANGE", 4)]
    assert "考核.csv" in str(caught.value)
    assert caught.value.table is not None
    assert caught.value.table.index.tolist() == [3, 4]


def test_missing_columns_suggest_and_never_map(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.csv", "考核人,被考核人,得分\nr1,e1,3\n")
    with pytest.raises(RatingsError) as caught:
        read_ratings(path)
    for pair in ("'rater': '考核人'", "'ratee': '被考核人'", "'score': '得分'"):
        assert pair in str(caught.value)


def test_the_other_tables(tmp_path: Path) -> None:
    pairs = read_comparisons(_write(tmp_path / "p.csv", "胜,负\n甲,乙\n乙,丙\n"), {"winner": "胜", "loser": "负"})
    assert len(pairs) == 2
    ranks = read_rankings(_write(tmp_path / "k.tsv", "rater\tratee\trank\nr1\t007\t1\nr1\t008\t2\n"))
    assert ranks.people == ("007", "008")
    assert len(read_people(_write(tmp_path / "w.csv", "person,unit\n007,A\n008,B\n"))) == 2
    attributes = read_attributes(_write(tmp_path / "q.csv", "person,attribute,value\n007,gender,f\n008,gender,m\n"))
    assert len(attributes) == 2
    log = pd.DataFrame({"ratee": ["e1"], "occurred_on": ["2026-03-01"], "valence": [1]})
    incidents = read_incidents(log)
    narratives = read_narratives(pd.DataFrame({"ratee": ["e1"], "text": ["Answered 40 calls a day."]}))
    for table, reader in (
        (pairs, read_comparisons), (ranks, read_rankings), (attributes, read_attributes),
        (incidents, read_incidents), (narratives, read_narratives),
    ):  # fmt: skip
        assert reader(table) is table


def test_rows_of_the_other_tables(tmp_path: Path) -> None:
    with pytest.raises(PeopleError) as caught:
        read_people(_write(tmp_path / "w.csv", "person,unit\n\n007,A\n\n007,B\n"))
    assert {p.row for p in caught.value.items} == {5}
    with pytest.raises(RankingsError) as caught_too:
        read_rankings(_write(tmp_path / "k.csv", "rater,ratee,rank\n\nr1,e1,first\nr1,e2,2\n"))
    assert {p.row for p in caught_too.value.items} == {3}
    with pytest.raises(DataError) as caught_log:
        read_incidents(_write(tmp_path / "i.csv", "ratee,occurred_on,valence\n\n\n007,2026-03-01,9\n"))
    assert {p.row for p in caught_log.value.items} == {4}


def test_incidents_are_called_by_their_row_in_the_sheet(tmp_path: Path) -> None:
    log = "ratee,occurred_on,valence,text\n\n007,2026-03-01,1,接了四十个电话\n".encode("gb18030")
    table = read_incidents(_write(tmp_path / "i.csv", log))
    assert table.places == ["#3"]
    assert [n.code for n in table.notes] == ["I-ENCODING"]


def test_reading_warns_of_nothing(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_ratings(_write(tmp_path / "a.csv", PLAIN))
        read_sheet(_workbook(tmp_path / "a.xlsx"))

"""Whatever a file holds, reading it gives a table or an error that says why; nothing else."""
# ruff: noqa: PT017 - either outcome is right, and the error is looked at where there is one

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rankkit.errors import RankkitError
from rankkit.tables.delimited import read_text
from rankkit.tables.encodings import to_utf8
from rankkit.tables.reading import read_comparisons, read_ratings
from rankkit.tables.sheets import read_sheet
from rankkit.tables.workbook import write_marked_sheet

QUICK = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NASTY = ["=1+1", '=HYPERLINK("http://x")', "<script>alert(1)</script>", "a\nb", "a\r\nb", "😀👩‍👩‍👧", "𠮷野家", "９５％", "Ａ００７",
         '"', '""', "'", ",", ";", "\t", "|", "\\", "%s{0}", "x" * 50_000, "\u202eabc", "\u200b", "e\u0301", "NaN", "-inf"]  # fmt: skip


def _csv(rows: list[list[str]], line_end: str = "\n") -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue().encode()


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_name_is_read_as_text_or_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(_csv([["rater", "ratee", "score"], ["r1", name, "4"], ["r1", "e2", "5"]]))
    assert read_sheet(path).frame["ratee"].tolist() == [name, "e2"]
    try:
        table = read_ratings(path, scale=(1, 5))
    except RankkitError as e:
        assert e.text("en")
        assert e.text("zh")
    else:
        assert len(table.people) == 2
        assert table.score.tolist().count(4.0) == 1


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_heading(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(_csv([["rater", name], ["r1", "4"]]))
    with pytest.raises(RankkitError) as caught:
        read_ratings(path)
    assert caught.value.text("en")
    assert caught.value.text("zh")


def test_nul_is_refused_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"rater,ratee\nr1,e1\nr1,e\x002\n")
    with pytest.raises(RankkitError) as caught:
        read_sheet(path)
    assert [(p.code, p.row) for p in caught.value.items] == [("E-NUL", 3)]


@QUICK
@given(st.binary(max_size=300))
def test_random_bytes_never_crash(tmp_path: Path, data: bytes) -> None:
    for suffix in (".csv", ".xlsx", ".parquet"):
        path = tmp_path / f"a{suffix}"
        path.write_bytes(data)
        try:
            read_ratings(path)
        except RankkitError as e:
            assert str(e)


@QUICK
@given(st.text(st.sampled_from('a1王,;\t|"\n\r \u3000=.𠮷'), max_size=80))
def test_random_structure_never_crashes_and_loses_no_row(text: str) -> None:
    try:
        read = read_text(text.encode(), "t")
    except RankkitError as e:
        assert str(e)
        return
    assert len(read.frame) == len(read.row_numbers)
    assert (read.row_numbers[1:] > read.row_numbers[:-1]).all()
    kept = sum(cell.count("王") for cell in read.frame.astype(object).fillna("").to_numpy().ravel())
    assert kept + sum((cell or "").count("王") for cell in read.header) == text.count("王")


@QUICK
@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=6), min_size=3, max_size=3),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_written_is_read(rows: list[list[str]], line_end: str) -> None:
    read = read_text(_csv([["p", "q", "r"], *rows], line_end), "t", ",") if any(map(any, rows)) else None
    if read is not None:
        cells = read.frame.astype(object).where(read.frame.notna(), "").to_numpy().tolist()
        assert cells == [row for row in rows if any(row)]


@QUICK
@given(st.binary(max_size=120))
def test_decoding_is_total(data: bytes) -> None:
    try:
        decoded = to_utf8(data)
    except RankkitError as e:
        assert e.code == "E-ENCODING"
        assert e.items[0].row is not None
    else:
        decoded.data.decode("utf-8")


@QUICK
@given(
    st.lists(st.text(max_size=8) | st.none() | st.floats() | st.integers() | st.booleans(), min_size=1, max_size=5),
    st.lists(st.text(max_size=8) | st.none() | st.floats() | st.integers(), min_size=5, max_size=5),
)
def test_any_frame_gives_a_table_or_an_error_that_can_be_written_back(tmp_path: Path, ratees: list[object], scores: list[object]) -> None:
    frame = pd.DataFrame({"rater": "r1", "ratee": pd.Series(ratees, dtype=object), "score": pd.Series(scores[: len(ratees)], dtype=object)})
    for reader in (read_ratings, read_comparisons):
        try:
            reader(frame)
        except RankkitError as e:
            assert e.text("zh")
            assert write_marked_sheet(e, tmp_path / "a.xlsx").stat().st_size > 0

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit.tables.text import as_text, common_values, display_names, distinct, encode, merge, normalise, recode, zero_padded_twins


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Ａ００７", "A007"),
        ("　王 伟\t", "王 伟"),
        ("王\n伟", "王 伟"),
        ("a\r\n\tb", "a b"),
        ("a  b", "a b"),
        ("e1\u200b", "e1"),
        ("\ufeffe1", "e1"),
        ("e\u00ad1", "e1"),
        ("\u202ee1\u202c", "e1"),
        ("a\x00b", "a b"),
        ("007", "007"),
        ("９５％", "95%"),
        ("𠮷野", "𠮷野"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("=1+1", "=1+1"),
        ("<script>", "<script>"),
        ("Straße", "Straße"),
        ("", ""),
    ],
)
def test_normalise(raw: str, clean: str) -> None:
    assert normalise(raw) == clean
    assert normalise(clean) == clean


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (7.0, "7"),
        (7.5, "7.5"),
        (np.float64(7), "7"),
        (7, "7"),
        (True, "True"),
        (np.bool_(False), "False"),
        ("7.0", "7.0"),
        (None, None),
        (pd.NA, None),
        (pd.NaT, None),
        (float("nan"), None),
        (" \u200b ", None),
        ("NaN", None),
        (float("inf"), "inf"),
    ],
)
def test_as_text(cell: object, text: str | None) -> None:
    assert as_text(cell) == text


@pytest.mark.parametrize("dtype", [object, "str", "string", "string[pyarrow]", "category"])
def test_codes_do_not_depend_on_row_order_or_dtype(dtype: object) -> None:
    column = pd.Series(["b", "a", None, "Ａ", "c "], dtype=object).astype(dtype)
    found = encode(column)
    assert found.values == ("A", "a", "b", "c")
    back = encode(column[::-1])
    assert back.values == found.values
    assert back.codes[::-1].tolist() == found.codes.tolist()
    assert found.blank.tolist() == [False, False, True, False, False]


def test_folded_spellings_are_kept() -> None:
    found = encode(pd.Series(["A", "Ａ", "A ", "b"]))
    assert found.values == ("A", "b")
    assert set(found.respelled["A"]) == {"A", "Ａ", "A "}
    assert "b" not in found.respelled


def test_true_is_not_one_and_lists_are_cells() -> None:
    codes, _ = distinct(pd.Series([True, 1, "1", [1], [1], None], dtype=object))
    assert codes.tolist() == [0, 1, 2, 3, 3, -1]
    assert encode(pd.Series([1, True], dtype=object)).values == ("1", "True")
    assert encode(pd.Series([True, 1], dtype=object)).values == ("1", "True")


def test_recode_drops_what_no_row_uses() -> None:
    codes, values = recode(np.array([2, -1, 0]), ("a", "b", "c"))
    assert codes.tolist() == [1, -1, 0]
    assert values == ("a", "c")


def test_merge_gives_one_set_of_values() -> None:
    (left, right), values = merge(encode(pd.Series(["b", None])), encode(pd.Series(["c", "a"])))
    assert values == ("a", "b", "c")
    assert left.tolist() == [1, -1]
    assert right.tolist() == [2, 0]


def test_twins() -> None:
    assert zero_padded_twins(["7", "07", "007", "0", "00", "x7", "70"]) == [("0", "00"), ("007", "07"), ("007", "7")]
    assert zero_padded_twins(["e07", "e7", "a", ""]) == []


def test_display_names_name_the_row_of_the_second() -> None:
    column = pd.Series(["王", None, "李", "王", "汪"])
    labels, problems = display_names(np.array([0, 0, 1, 0, 0]), ("a", "b"), column, "姓名", np.arange(2, 7))
    assert labels["b"] == "李"
    assert [(p.code, p.row, p.column, p.value) for p in problems] == [("E-LABELS2", 6, "姓名", "汪")]
    assert problems[0].details == {"id": "a", "a": "王", "b": "汪"}


def test_display_names_without_names() -> None:
    assert display_names(np.array([0]), ("a",), None, "x", np.array([2])) == ({"a": "a"}, [])
    assert display_names(np.array([0]), ("a",), pd.Series([None]), "x", np.array([2])) == ({"a": "a"}, [])


@pytest.mark.parametrize("kind", ["str", "object", "arrow", "chunks"])
@pytest.mark.parametrize("cells", [["b", "a", "b"], ["b ", "ａ", "b"], ["b", None, "nan"], ["7", "007", ""], ["王 伟", "b", "b"]])
def test_arrow_text_and_objects_are_coded_alike(kind, cells):
    column = pd.Series(cells, dtype=object)
    expected = encode(column)
    if kind == "chunks":
        column = pd.concat([pd.Series(cells[:1], dtype="str"), pd.Series(cells[1:], dtype="str")], ignore_index=True)
    elif kind != "object":
        column = column.astype({"str": "str", "arrow": "string[pyarrow]"}[kind])
    found = encode(column)
    assert found.codes.tolist() == expected.codes.tolist()
    assert found.codes.dtype == np.int64
    assert found.values == expected.values
    assert {k: set(v) for k, v in found.respelled.items()} == {k: set(v) for k, v in expected.respelled.items()}
    again = encode(column, alike=found)
    assert again.values == found.values
    assert again.codes.tolist() == found.codes.tolist()


def test_common_values_of_columns():
    a, b, c = (encode(pd.Series(cells)) for cells in (["x", "y"], ["y", "x", "x"], ["z", "x"]))
    assert common_values(a, b) == ("x", "y")
    assert common_values(a, c) == ("x", "y", "z")
    (left, right), values = merge(a, c)
    assert [values[k] for k in left] == ["x", "y"]
    assert [values[k] for k in right] == ["z", "x"]

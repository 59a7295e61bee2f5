from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit.errors import SettingsError
from rankkit.tables.numbers import parse

NAN = float("nan")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4", 4.0),
        (" ４ ", 4.0),
        ("−1", -1.0),
        ("1e2", 100.0),
        (".5", 0.5),
        ("4.", 4.0),
        ("", NAN),
        (None, NAN),
        ("nan", NAN),
    ],
)
def test_readable(text: object, value: float) -> None:
    values, bad = parse(pd.Series([text, "9"], dtype=object))
    np.testing.assert_equal(values[0], value)
    assert not bad.any()


@pytest.mark.parametrize(
    "text", ["四", "x", "1,5", "1_000", "inf", "-inf", "1e999", "0x10", "95%", "５％", "½", "1 2", "=1+1", True, [1], {}, 1j]
)
def test_unreadable(text: object) -> None:
    values, bad = parse(pd.Series([text, "9"], dtype=object))
    assert np.isnan(values[0])
    assert bad.tolist() == [True, False]


def test_percent_only_where_declared() -> None:
    cells = pd.Series(["９５％", "80 %", "70", "%"])
    values, bad = parse(cells, percent=True)
    np.testing.assert_equal(values, [95.0, 80.0, 70.0, NAN])
    assert bad.tolist() == [False, False, False, True]
    assert parse(cells)[1].tolist() == [True, True, False, True]


@pytest.mark.parametrize(
    "dtype", ["int8", "uint64", "float32", "Int64", "Float64", "int64[pyarrow]", "double[pyarrow]", "category", "object", "str"]
)
def test_every_dtype_of_numbers(dtype: str) -> None:
    values, bad = parse(pd.Series([1, 2]).astype(dtype))
    assert values.tolist() == [1.0, 2.0]
    assert values.dtype == np.float64
    assert not bad.any()


def test_missing_of_every_dtype() -> None:
    for column in (pd.array([1, None], dtype="Int64"), pd.array([1.0, None], dtype="Float64"), pd.arrays.SparseArray([1.0, np.nan])):
        values, bad = parse(pd.Series(column))
        np.testing.assert_equal(values, [1.0, NAN])
        assert not bad.any()


def test_booleans_infinities_and_dates_are_not_numbers() -> None:
    assert parse(pd.Series([True, False]))[1].all()
    assert parse(pd.Series(pd.array([True, None], dtype="boolean")))[1].tolist() == [True, False]
    assert parse(pd.Series([1.0, np.inf, -np.inf]))[1].tolist() == [False, True, True]
    assert parse(pd.Series(pd.date_range("2026-01-01", periods=2)))[1].all()
    assert parse(pd.Series([1 + 2j, 2]))[1].all()


@pytest.mark.parametrize("cells", [[True, 1, "2"], [1, True, "2"], ["2", 1, True]])
def test_true_beside_one_in_any_order(cells: list[object]) -> None:
    values, bad = parse(pd.Series(cells, dtype=object))
    assert [c for c, b in zip(cells, bad, strict=True) if b] == [True]
    assert np.isnan(values).sum() == 1


def test_words() -> None:
    words = {"优秀": 5, " Ｇｏｏｄ ": 4.0}
    values, bad = parse(pd.Series(["优秀", "Good", "3", "良", None]), words=words)
    np.testing.assert_equal(values, [5.0, 4.0, 3.0, NAN, NAN])
    assert bad.tolist() == [False, False, False, True, False]


def test_words_that_are_digits_count_for_numbers_too() -> None:
    for cells in ([1, 2], ["1", "2"], [1.0, 2.0]):
        assert parse(pd.Series(cells), words={"1": 5, "2": 4})[0].tolist() == [5.0, 4.0]


@pytest.mark.parametrize("value", ["x", None, float("nan"), float("inf")])
def test_words_must_stand_for_numbers(value: object) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(pd.Series([1]), words={"a": value})  # type: ignore[dict-item]
    assert caught.value.code == "E-SETTING"


def test_parsed_numbers_are_no_view_of_the_users() -> None:
    column = pd.Series([1.0, 2.0])
    values, _ = parse(column)
    assert not np.shares_memory(values, column.to_numpy())

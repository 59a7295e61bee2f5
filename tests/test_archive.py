from __future__ import annotations

import datetime as dt
import json
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from rankkit import archive
from rankkit.errors import DataError, Problem
from rankkit.kernels.covariance import Dense, Factor, Precision


def _again(obj: Any) -> Any:
    return archive.loads(archive.dumps(obj))


@pytest.mark.parametrize(
    "obj",
    [
        None, True, 0, -(2**70), 0.1 + 0.2, 5e-324, float("inf"), -float("inf"), "", "名\u2028\n\"'</script>😀",
        (1, [2, (3,)], {"a": {"b": (1, None)}}), {1: 2, (1, 2): 3, None: 4}, {"$": "NA", "v": 1}, [], (), {},
        dt.date(2026, 6, 30), pd.Timestamp("2026-06-30 12:00", tz="Asia/Taipei"), Problem("E-DUP", 3, "c", [1], {"rows": (1, 2)}),
    ],
)  # fmt: skip
def test_plain_objects(obj: Any) -> None:
    back = _again(obj)
    assert type(back) is type(obj)
    assert back == obj


def test_special_numbers() -> None:
    assert np.isnan(_again(float("nan")))
    assert np.signbit(_again(-0.0))
    assert _again(pd.NA) is pd.NA
    assert _again(np.float64(0.1)) == 0.1
    assert _again(np.int8(3)) == 3
    assert _again(np.bool_(True)) is True
    assert _again(MappingProxyType({"a": 1})) == {"a": 1}


@pytest.mark.parametrize(
    "array",
    [
        np.array([0.1, np.nan, np.inf, -0.0]),
        np.zeros((0, 3)),
        np.array([[1, 2]], dtype=np.int8),
        np.array([True, False]),
        np.array(["a", "名"]),
        np.array(3.5),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array([None, "x", 1.5], dtype=object),
        np.array([0.1], dtype=np.float32),
        np.array(["2026-01-01", "NaT"], dtype="datetime64[D]"),
        np.random.default_rng(0).normal(size=(4, 4)),
    ],
)
def test_arrays(array: np.ndarray[Any, Any]) -> None:
    back = _again(array)
    np.testing.assert_array_equal(back, array)
    assert (back.dtype, back.shape) == (array.dtype, array.shape)


def test_lists_in_arrays_stay_lists() -> None:
    array = np.empty(2, dtype=object)
    array[0], array[1] = [1], [2]
    assert _again(array).tolist() == [[1], [2]]


ID = pd.Index(["x", "y"], name="ratee")
FRAMES = {
    "floats": pd.DataFrame({"a": [0.1 + 0.2, np.nan], "b": [np.inf, -0.0]}),
    "nullable": pd.DataFrame(
        {"i": pd.array([1, None], "Int64"), "f": pd.array([1.5, None], "Float64"), "b": pd.array([True, None], "boolean")}
    ),
    "texts": pd.DataFrame({"s": ["a", None], "n": pd.array(["a", None], "string"), "o": pd.Series(["x", None], dtype=object)}),
    "kinds of nothing": pd.DataFrame({"o": pd.Series([None, pd.NA, np.nan, 1, "a", True, 2.5, (1,), [2]], dtype=object)}),
    "small types": pd.DataFrame(
        {"i": np.array([1], "int8"), "u": np.array([2**63], "uint64"), "f": np.array([0.1], "float32"), "b": [True]}
    ),
    "categories": pd.DataFrame({"c": pd.Categorical(["a", None], categories=["b", "a", "z"], ordered=True), "n": pd.Categorical([2, 1])}),
    "times": pd.DataFrame({"t": [pd.Timestamp("2026-01-01 10:00"), pd.NaT], "z": pd.date_range("2026", periods=2, tz="Asia/Taipei")}),
    "named index": pd.DataFrame({"a": [1, 2]}, index=ID),
    "index named like a column": pd.DataFrame({"ratee": [1, 2], "index": [1, 2]}, index=ID),
    "numbered index": pd.DataFrame({"a": [1, 2]}, index=[5, 6]),
    "category index": pd.DataFrame({"a": [1, 2]}, index=pd.CategoricalIndex(["y", "x"], name="k")),
    "two levels": pd.DataFrame({"a": [1, 2]}, index=pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["ratee", None])),
    "nothing": pd.DataFrame(),
    "no rows": pd.DataFrame({"a": pd.Series([], dtype="Int64"), "s": pd.Series([], dtype="str")}, index=ID[:0]),
    "no columns": pd.DataFrame(index=ID),
    "column twice": pd.DataFrame([[1, "a"]], columns=["x", "x"]),
    "numbered columns": pd.DataFrame([[1, 2]], columns=[3, 4]),
    "named columns": pd.DataFrame([[1, 2]], columns=pd.Index(["a", "b"], name="grade")),
    "two levels of columns": pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames(name: str) -> None:
    pd.testing.assert_frame_equal(_again(FRAMES[name]), FRAMES[name], check_exact=True)
    pd.testing.assert_frame_equal(_again({"nested": [FRAMES[name]]})["nested"][0], FRAMES[name], check_exact=True)


@pytest.mark.parametrize(
    "covariance",
    [
        Dense(np.array([[0.1, 0.02], [0.02, 0.3]])),
        Factor(np.array([[0.3], [0.2]]), np.array([0.01, 0.04])),
        Factor(sparse.csr_array(np.array([[0.3, 0.0], [0.0, 0.2]])), np.array([0.01, 0.04])),
        Precision(sparse.csr_array(np.array([[1.0, -1.0], [-1.0, 1.0]]))),
    ],
)
def test_covariances(covariance: Any) -> None:
    back = _again(covariance)
    assert type(back) is type(covariance)
    np.testing.assert_array_equal(back.dense(), covariance.dense())


def test_a_covariance_written_long_ago_is_read() -> None:
    """The words of an archive stay: a graph of two people and what not knowing a further parameter adds."""
    cells = {"row": [0, 0, 1, 1], "column": [0, 1, 0, 1], "value": [1.0, -1.0, -1.0, 1.0], "shape": [2, 2]}
    arrays = {k: {"$": "array", "dtype": "float64" if k == "value" else "int64", "shape": [len(v)], "v": v} for k, v in cells.items()}
    arrays["loadings"] = {"$": "array", "dtype": "float64", "shape": [2, 1], "v": [0.5, -0.5]}
    arrays["ridge"] = {"$": "array", "dtype": "float64", "shape": [], "v": [0.0]}
    text = json.dumps({"schema": 1, "rankkit": {"$": "covariance", "kind": "bordered_precision", "v": arrays}})
    assert archive.loads(text).dense() == pytest.approx(np.array([[0.5, -0.5], [-0.5, 0.5]]))


def test_the_text_is_plain_json() -> None:
    text = archive.dumps({"a": np.array([np.nan, np.inf]), "b": FRAMES["floats"], "c": "名"})
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert "名" in text


def test_unknown_schema() -> None:
    for text in ('{"schema": 99, "rankkit": 1}', "{}", "[]", "3"):
        with pytest.raises(DataError) as caught:
            archive.loads(text)
        assert caught.value.code == "E-SCHEMA"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        '{"schema": 1}',
        '{"schema": 1, "rankkit": {"$": "Nope"}}',
        '{"schema": 1, "rankkit": {}}',
        '{"schema": 1, "rankkit": {"$": "array"}}',
        '{"schema": 1, "rankkit": {"$": "covariance", "kind": "diagonal", "v": {}}}',
    ],
)
def test_what_is_no_archive(text: str) -> None:
    with pytest.raises(DataError) as caught:
        archive.loads(text)
    assert caught.value.code == "E-ARCHIVE"


@pytest.mark.parametrize("obj", [{1, 2}, object(), 1j, lambda: None])
def test_what_an_archive_cannot_hold_is_refused(obj: Any) -> None:
    with pytest.raises(TypeError):
        archive.dumps(obj)

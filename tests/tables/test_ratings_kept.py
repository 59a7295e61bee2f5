from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rankkit.errors import RatingsError
from rankkit.tables.ratings import Ratings


def _frame(**changes: Any) -> pd.DataFrame:
    plain = pd.DataFrame({"rater": ["r1", "r1", "r2", "r2"], "ratee": ["a", "b", "a", "b"], "score": [1.0, 2.0, 3.0, 4.0]})
    return plain.assign(**changes)


def _problems(frame: Any, **settings: Any) -> list[tuple[str, int | None, str | None]]:
    with pytest.raises(RatingsError) as caught:
        Ratings.from_frame(frame, **settings)
    return [(p.code, p.row, p.column) for p in caught.value.items]


# --- kinds of columns


@pytest.mark.parametrize("dtype", [object, "str", "string", "string[pyarrow]", "category"])
def test_dtypes_give_the_same_table(dtype: Any) -> None:
    plain = Ratings.from_frame(_frame())
    other = Ratings.from_frame(_frame().astype({"rater": dtype, "ratee": dtype}))
    assert other.data_hash() == plain.data_hash()
    pd.testing.assert_frame_equal(other.frame, plain.frame)


@pytest.mark.parametrize("index", [[0, 0, 1, 1], list("wxyz"), [9, 3, 1, 7]])
def test_the_index_means_nothing(index: list[Any]) -> None:
    frame = _frame(note=[1, 2, 3, 4], score=[1, 99, 3, 4])
    table = Ratings.from_frame(frame.set_axis(index))
    assert table.frame["note"].tolist() == [1, 2, 3, 4]
    assert table.frame.index.tolist() == [0, 1, 2, 3]
    assert _problems(frame.set_axis(index), scale=(1, 5)) == [("E-RANGE", 3, "score")]


def test_one_row() -> None:
    table = Ratings.from_frame(_frame().iloc[:1])
    assert (len(table), table.people, table.raters) == (1, ("a",), ("r1",))


def test_other_columns_keep_their_kind() -> None:
    extra = _frame(at=pd.date_range("2026-01-01", periods=4, tz="Asia/Taipei"), n=pd.array([1, None, 2, 3], dtype="Int64"), l=[[1]] * 4)
    table = Ratings.from_frame(extra)
    assert table.frame["at"].dtype == extra["at"].dtype
    assert table.frame["n"].dtype == "Int64"
    assert table.where(np.array([True, False, True, False])).frame["n"].tolist() == [1, 2]


# --- nothing can change it


def test_changing_what_was_given_or_returned_changes_nothing() -> None:
    frame = _frame(note=[1, 2, 3, 4])
    rows = np.arange(2, 6)
    table = Ratings.from_frame(frame, row_numbers=rows)
    before = table.data_hash()
    frame.loc[:, "score"] = 0.0
    frame.loc[0, "note"] = 99
    rows[:] = 0
    returned = table.frame
    returned.loc[0, "score"] = 77.0
    returned["new"] = 1
    assert table.score.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert table.rows.tolist() == [2, 3, 4, 5]
    assert table.frame["score"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert table.frame["note"].tolist() == [1, 2, 3, 4]
    assert "new" not in table.frame
    assert table.data_hash() == before


@pytest.mark.parametrize("name", ["ratee", "rater", "dimension", "source", "score", "rows"])
def test_arrays_are_read_only(name: str) -> None:
    table = Ratings.from_frame(_frame())
    for one in (table, table.where(np.array([True, True, True, False])), table.with_scale((1, 5))):
        with pytest.raises(ValueError, match="read-only"):
            getattr(one, name)[0] = 0
        with pytest.raises(AttributeError):
            setattr(one, name, None)
    with pytest.raises(ValueError, match="read-only"):
        table.cells.score[0] = 0


# --- order of rows, round trips, parts


def _big() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    grid = pd.MultiIndex.from_product([[f"r{i}" for i in range(4)], [f"e{i}" for i in range(7)], ["x", "y"], [1, 2]])
    frame = grid.to_frame(index=False, name=["rater", "ratee", "dimension", "occasion"])
    frame["score"] = rng.integers(1, 6, len(frame)).astype(float)
    frame.loc[rng.random(len(frame)) < 0.2, "score"] = np.nan
    return frame.assign(ratee_label="名" + frame["ratee"])


def test_row_order_changes_nothing() -> None:
    frame = _big()
    table = Ratings.from_frame(frame)
    for seed in range(3):
        other = Ratings.from_frame(frame.sample(frac=1, random_state=seed))
        assert other.data_hash() == table.data_hash()
        assert other.people == table.people
        for name in ("ratee", "rater", "dimension", "score", "n"):
            assert getattr(other.cells, name).tolist() == getattr(table.cells, name).tolist()


def test_the_hash_sees_every_change() -> None:
    frame = _big()
    first = frame.index[frame["score"].notna()][0]
    changed = [
        frame.assign(score=frame["score"].where(frame.index != first, frame["score"] + 1)),
        frame.assign(ratee=frame["ratee"].replace("e0", "e9")),
        frame.assign(rater=frame["rater"].replace("r0", "r9")),
        frame.assign(dimension=frame["dimension"].replace("x", "z")),
        frame.iloc[1:],
        frame.assign(source="peer"),
        frame.rename(columns={"rater": "ratee", "ratee": "rater"}).drop(columns="ratee_label"),
    ]
    assert len({Ratings.from_frame(f).data_hash() for f in [frame, *changed]}) == 8


def test_cells_average_occasions() -> None:
    frame = _big()
    cells = Ratings.from_frame(frame).cells
    expected = frame.dropna(subset="score").groupby(["ratee", "rater", "dimension"])["score"].agg(["mean", "count"])
    np.testing.assert_allclose(cells.score, expected["mean"], rtol=1e-15)
    assert cells.n.tolist() == expected["count"].tolist()


def test_frame_reads_back() -> None:
    for frame in (_big(), _frame(), _frame(source="peer", rater_label=["x", "x", "y", "y"])):
        table = Ratings.from_frame(frame)
        again = Ratings.from_frame(table.frame)
        pd.testing.assert_frame_equal(again.frame, table.frame)
        assert again.data_hash() == table.data_hash()
        assert (again.labels, again.rater_labels) == (table.labels, table.rater_labels)


def test_pickle() -> None:
    table = Ratings.from_frame(_big(), scale=(1, 5))
    again = pickle.loads(pickle.dumps(table))
    assert again.data_hash() == table.data_hash()
    pd.testing.assert_frame_equal(again.frame, table.frame)


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, lambda v: pd.Series(v, index=[3, 2, 1, 0])])
def test_where_takes_any_mask_by_position(kind: Any) -> None:
    table = Ratings.from_frame(_frame(note=[1, 2, 3, 4])).where(kind([True, False, True, False]))
    assert (table.people, table.raters, table.score.tolist()) == (("a",), ("r1", "r2"), [1.0, 3.0])
    assert table.rows.tolist() == [2, 4]
    assert table.frame["note"].tolist() == [1, 3]
    assert table.labels == {"a": "a"}


def test_where_nothing_is_left() -> None:
    table = Ratings.from_frame(_frame()).where(np.zeros(4, dtype=bool))
    assert (len(table), table.people, len(table.frame), len(table.cells.score)) == (0, (), 0, 0)


def test_split() -> None:
    parts = Ratings.from_frame(_frame(cycle=[10, 9, 10, 9])).split("cycle")
    assert list(parts) == ["9", "10"]
    assert parts["9"].people == ("b",)
    assert list(Ratings.from_frame(_frame(cycle=["b", "a", "a", "b"])).split("cycle")) == ["a", "b"]
    mixed = Ratings.from_frame(_frame(cycle=pd.Series([1, "1", "2", 2], dtype=object))).split("cycle")
    assert {k: len(v) for k, v in mixed.items()} == {"1": 2, "2": 2}
    assert list(Ratings.from_frame(_frame()).split("ratee")) == ["a", "b"]


def test_split_leaves_nobody_out_silently() -> None:
    with pytest.raises(RatingsError) as caught:
        Ratings.from_frame(_frame(cycle=["1", "1", None, ""])).split("cycle")
    assert [(p.code, p.row) for p in caught.value.items] == [("E-BLANK", 4), ("E-BLANK", 5)]
    with pytest.raises(RatingsError) as caught:
        Ratings.from_frame(_frame()).split("unit")
    assert caught.value.code == "E-COLS"


def test_with_scale() -> None:
    table = Ratings.from_frame(_frame())
    assert table.with_scale((1, 5)).scale == (1, 5)
    assert table.scale is None
    with pytest.raises(RatingsError) as caught:
        table.with_scale((1, 3))
    assert [(p.code, p.row) for p in caught.value.items] == [("E-RANGE", 5)]


def test_averaged() -> None:
    frame = pd.DataFrame({"ratee": ["a", "b"], "score": [3.5, 4.25], "rater": ["x", "y"]})
    table = Ratings.averaged(frame)
    assert table.averaged_over
    assert table.raters == ()
    assert table.rater.tolist() == [-1, -1]
    assert "rater" not in table.frame
    assert Ratings.averaged(table.frame).data_hash() == table.data_hash()
    assert table.cells.rater.tolist() == [-1, -1]
    assert "raters unknown" in repr(table)
    with pytest.raises(RatingsError) as caught:
        Ratings.averaged(pd.concat([frame, frame]))
    assert caught.value.codes == ("E-DUP",)

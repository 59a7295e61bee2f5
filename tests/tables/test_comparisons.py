from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rankkit.errors import ComparisonsError
from rankkit.tables.comparisons import LEFT, RIGHT, SKIP, TIE, Comparisons


def _frame(**changes: Any) -> pd.DataFrame:
    plain = {
        "rater": ["j1", "j1", "j2", "j2"],
        "left": ["a", "b", "a", "c"],
        "right": ["b", "c", "c", "a"],
        "outcome": ["left", "right", "tie", "skip"],
    }
    return pd.DataFrame(plain).assign(**changes)


def _wins(**changes: Any) -> pd.DataFrame:
    return pd.DataFrame({"winner": ["a", "b", "a"], "loser": ["b", "c", "c"]}).assign(**changes)


def _problems(frame: Any, **settings: Any) -> list[tuple[str, int | None, str | None]]:
    with pytest.raises(ComparisonsError) as caught:
        Comparisons.from_frame(frame, **settings)
    return [(p.code, p.row, p.column) for p in caught.value.items]


def test_outcomes() -> None:
    table = Comparisons.from_frame(_frame())
    assert table.result.tolist() == [LEFT, RIGHT, TIE, SKIP]
    assert table.people == ("a", "b", "c")
    assert Comparisons.from_frame(_frame(outcome=["ＬＥＦＴ", " Right ", "Tie", "SKIP"])).result.tolist() == table.result.tolist()
    assert Comparisons.from_frame(_wins()).result.tolist() == [LEFT] * 3


@pytest.mark.parametrize(
    ("frame", "codes"),
    [
        (pd.DataFrame(), ["E-EMPTY"]),
        (_frame().iloc[:0], ["E-HEADERONLY"]),
        (pd.DataFrame({"x": [1]}), ["E-COLS"]),
        (_frame().drop(columns="right"), ["E-COLS"]),
        (_wins().drop(columns="loser"), ["E-COLS"]),
        (_frame(winner="a"), ["E-TWOWAYS"]),
        (_wins(outcome="tie"), ["E-TWOWAYS"]),
        (_frame(outcome="skip"), ["E-NOCOMPARISON"]),
        (_frame(count=0), ["E-NOCOMPARISON"]),
        (_frame(count=[0, 0, 0, 5]), ["E-NOCOMPARISON"]),
        (np.eye(2), ["E-TYPE"]),
    ],
)
def test_tables_that_are_none(frame: Any, codes: list[str]) -> None:
    assert [p[0] for p in _problems(frame)] == codes


def test_what_stands_in_the_cells() -> None:
    frame = _frame(outcome=["a", None, "tie", "draw"], left=["a", "", "c", "c"], count=[-1, 1, np.inf, "x"])
    assert sorted(_problems(frame), key=str) == sorted(
        [
            ("E-OUTCOME", 2, "outcome"),
            ("E-COUNT", 2, "count"),
            ("E-BLANK", 3, "left"),
            ("E-BLANK", 3, "outcome"),
            ("E-SELFPAIR", 4, None),
            ("E-COUNT", 4, "count"),
            ("E-OUTCOME", 5, "outcome"),
            ("E-COUNT", 5, "count"),
        ],
        key=str,
    )


def test_blank_judges_and_dimensions() -> None:
    assert _problems(_frame(rater=["j", None, "j", "j"], dimension=["x", "x", "", "x"])) == [
        ("E-BLANK", 3, "rater"),
        ("E-BLANK", 4, "dimension"),
    ]


def test_blank_counts_are_no_counts() -> None:
    assert _problems(_frame(count=[1, None, 1, 1])) == [("E-COUNT", 3, "count")]


def test_ids_that_lost_their_zeros_on_either_side() -> None:
    assert _problems(_frame(left=["007", "b", "a", "c"], right=["b", "c", "c", "7"])) == [("E-ID", 5, "right")]
    assert _problems(_frame(left=["007", "b", "7", "c"])) == [("E-ID", 4, "left")]


def test_self_pairs_after_normalising() -> None:
    assert _problems(_frame(left=["Ａ", "b", "a", "c"], right=["A ", "c", "c", "a"])) == [("E-SELFPAIR", 2, None)]


def test_names_from_either_side() -> None:
    table = Comparisons.from_frame(_frame(left_label=["甲", "乙", "甲", "丙"], right_label=["乙", "丙", "丙", "甲"]))
    assert table.labels == {"a": "甲", "b": "乙", "c": "丙"}
    one = Comparisons.from_frame(_frame(left_label=["甲", "乙", "甲", "丙"]))
    assert one.labels == table.labels
    wins = Comparisons.from_frame(_wins(winner_label=["甲", "乙", "甲"]))
    assert wins.labels == {"a": "甲", "b": "乙", "c": "c"}
    assert _problems(_frame(left_label=["甲", "乙", "甲", "丙"], right_label=["乙", "丙", "丁", "甲"])) == [("E-LABELS2", 4, "right_label")]


def test_count_times_weight() -> None:
    table = Comparisons.from_frame(_frame(count=[2, 1, 0, 1], weight=[0.5, 3, 1, 1]))
    assert table.count.tolist() == [1.0, 3.0, 0.0, 1.0]


@pytest.mark.parametrize(
    "frame",
    [_frame(), _frame(count=2, dimension=["x", "y", "x", "y"], note=1), _wins(), _frame(left_label=list("ABAC"), right_label=list("BCCA"))],
)
def test_frame_reads_back(frame: pd.DataFrame) -> None:
    table = Comparisons.from_frame(frame)
    again = Comparisons.from_frame(table.frame)
    pd.testing.assert_frame_equal(again.frame, table.frame)
    assert again.data_hash() == table.data_hash()
    assert again.labels == table.labels
    assert pickle.loads(pickle.dumps(table)).data_hash() == table.data_hash()


def test_row_order_changes_nothing_and_every_fact_counts() -> None:
    table = Comparisons.from_frame(_frame())
    assert Comparisons.from_frame(_frame().iloc[::-1]).data_hash() == table.data_hash()
    others = [
        _frame(outcome="left"),
        _frame(rater="j1"),
        _frame(count=2),
        _frame().iloc[:3],
        _frame(left=["a", "b", "b", "c"]),
        _frame(dimension="x"),
    ]
    assert len({Comparisons.from_frame(f).data_hash() for f in [_frame(), *others]}) == 7


def test_nothing_can_change_it() -> None:
    frame = _frame(count=[1.0, 2.0, 3.0, 4.0])
    table = Comparisons.from_frame(frame)
    frame.loc[:, "count"] = 9.0
    returned = table.frame
    returned.loc[0, "count"] = 9.0
    assert table.count.tolist() == table.frame["count"].tolist() == [1.0, 2.0, 3.0, 4.0]
    for name in ("left", "right", "rater", "dimension", "result", "count", "rows"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(table, name)[0] = 0


def test_where() -> None:
    table = Comparisons.from_frame(_frame(note=[1, 2, 3, 4])).where(np.array([True, False, False, False]))
    assert (table.people, table.raters, len(table)) == (("a", "b"), ("j1",), 1)
    assert table.frame["note"].tolist() == [1]
    assert list(Comparisons.from_frame(_frame(cycle=[1, 1, 2, 2])).split("cycle")) == ["1", "2"]
    assert repr(Comparisons.from_frame(_wins())) == "<Comparisons: 3 rows, 3 people, judges unknown, 1 dimension>"


def test_chinese_outcomes() -> None:
    frame = pd.DataFrame({"left": list("甲乙丙丁"), "right": list("乙丙丁甲"), "outcome": ["左", "右", "平局", "跳过"]})
    assert Comparisons.from_frame(frame).result.tolist() == [1, -1, 0, 2]

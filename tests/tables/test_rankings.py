from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rankkit.errors import ComparisonsError, RankingsError
from rankkit.tables.comparisons import LEFT, TIE
from rankkit.tables.rankings import Rankings


def _frame(**changes: Any) -> pd.DataFrame:
    return pd.DataFrame({"rater": list("jjjkk"), "ratee": list("abcab"), "rank": [1, 2, 3, 1, 1]}).assign(**changes)


def _problems(frame: Any) -> list[tuple[str, int | None, str | None]]:
    with pytest.raises(RankingsError) as caught:
        Rankings.from_frame(frame)
    return [(p.code, p.row, p.column) for p in caught.value.items]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (pd.DataFrame(), "E-EMPTY"),
        (_frame().iloc[:0], "E-HEADERONLY"),
        (_frame().drop(columns="rank"), "E-COLS"),
        (_frame(rank=np.nan), "E-ALLMISSING"),
        ("x", "E-TYPE"),
    ],
)
def test_tables_that_are_none(frame: Any, code: str) -> None:
    assert [p[0] for p in _problems(frame)] == [code]


def test_ranks() -> None:
    assert [p[1] for p in _problems(_frame(rank=[0, 1.3, -1, "x", np.inf]))] == [2, 3, 4, 5, 6]
    assert {p[0] for p in _problems(_frame(rank=True))} == {"E-RANK"}
    assert Rankings.from_frame(_frame(rank=["1.5", "１.5", 3, 1, None])).rank[:3].tolist() == [1.5, 1.5, 3.0]


def test_blank_cells_and_names() -> None:
    assert _problems(_frame(rater=["j", None, "j", "k", "k"])) == [("E-BLANK", 3, "rater")]
    assert _problems(_frame(ratee_label=["甲", "乙", "丙", "丁", "乙"])) == [("E-LABELS2", 5, "ratee_label")]


def test_nobody_stands_twice_in_a_list() -> None:
    with pytest.raises(RankingsError) as caught:
        Rankings.from_frame(pd.concat([_frame(), _frame().iloc[[0, 4]]]))
    assert [(p.code, p.row, p.details["rows"]) for p in caught.value.items] == [("E-DUPRANK", 7, [2, 7]), ("E-DUPRANK", 8, [6, 8])]


@pytest.mark.parametrize("column", ["cycle", "session", "occasion", "dimension"])
def test_one_list_for_each(column: str) -> None:
    both = pd.concat([_frame(**{column: "x"}), _frame(**{column: "y"}, rank=[3, 2, 1, 1, 2])])
    table = Rankings.from_frame(both)
    assert len(table) == 10
    pairs = table.to_comparisons()
    assert len(pairs) == 8  # lists are not mixed
    assert {k: len(v) for k, v in pairs.split(column).items()} == {"x": 4, "y": 4}


def test_pairs_of_a_ranking() -> None:
    table = Rankings.from_frame(_frame(rank=[2, 1, None, 1, 1], ratee_label=["甲", "乙", "丙", "甲", "乙"]))
    pairs = table.to_comparisons()
    assert pairs.frame[["rater", "left", "right", "outcome"]].astype(str).to_numpy().tolist() == [
        ["j", "b", "a", "left"],
        ["j", "b", "c", "left"],  # c was shown and left over
        ["j", "a", "c", "left"],
        ["k", "a", "b", "tie"],
    ]
    assert pairs.result.tolist() == [LEFT, LEFT, LEFT, TIE]
    assert pairs.labels == {"a": "甲", "b": "乙", "c": "丙"}


def test_pairs_of_lists_of_one() -> None:
    with pytest.raises(ComparisonsError) as caught:
        Rankings.from_frame(_frame().iloc[[0]]).to_comparisons()
    assert caught.value.code == "E-NOCOMPARISON"


def test_frame_reads_back_in_any_order() -> None:
    for frame in (_frame(), _frame(dimension="x", note=range(5)), _frame(ratee_label=list("ABCAB"))):
        table = Rankings.from_frame(frame)
        again = Rankings.from_frame(table.frame)
        pd.testing.assert_frame_equal(again.frame, table.frame)
        assert Rankings.from_frame(frame.iloc[::-1]).data_hash() == table.data_hash() == pickle.loads(pickle.dumps(table)).data_hash()
    assert Rankings.from_frame(_frame(rank=[1, 3, 2, 1, 1])).data_hash() != Rankings.from_frame(_frame()).data_hash()


def test_nothing_can_change_it() -> None:
    frame = _frame(rank=[1.0, 2.0, 3.0, 1.0, 1.0])
    table = Rankings.from_frame(frame)
    frame.loc[:, "rank"] = 9.0
    returned = table.frame
    returned["rank"] = 9.0
    assert table.rank.tolist() == table.frame["rank"].tolist() == [1.0, 2.0, 3.0, 1.0, 1.0]
    with pytest.raises(ValueError, match="read-only"):
        table.rank[0] = 5
    kept = table.where(table.rater == 1)
    assert (kept.people, kept.raters, kept.rows.tolist()) == (("a", "b"), ("k",), [5, 6])
    assert repr(kept) == "<Rankings: 2 rows, 2 people, 1 raters>"

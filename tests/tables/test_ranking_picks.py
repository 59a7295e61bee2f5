"""Who was shown, picked and left over: read, kept, and held against the ranks."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rankkit.errors import RankingsError
from rankkit.tables.ranking_picks import BEST, ENDS, NOT_PRESENTED, RANKED, STATUSES, UNRANKED, WITHDRAWN, WORST
from rankkit.tables.rankings import Rankings
from rankkit.tables.reading import read_rankings


def _alternated(**changes: Any) -> pd.DataFrame:
    """Five people: a, then e, then b with c, then d is left."""
    frame = pd.DataFrame({
        "rater": "r1", "ratee": list("abcde"), "rank": [1, 2, 2, 4, 5], "pick": [1, 3, 3, None, 2],
        "end": ["best", "best", "best", None, "worst"], "forced": [None, False, None, True, None],
    })  # fmt: skip
    return frame.assign(**changes)


def _problems(frame: pd.DataFrame) -> list[tuple[str, int | None, str | None]]:
    with pytest.raises(RankingsError) as caught:
        Rankings.from_frame(frame)
    for lang in ("en", "zh"):
        assert "…" not in caught.value.text(lang), "every placeholder has its value"
    return [(p.code, p.row, p.column) for p in caught.value.items]


def test_picks_are_kept() -> None:
    table = Rankings.from_frame(_alternated())
    assert table.has_picks
    assert table.pick.tolist() == [1, 3, 3, -1, 2]
    assert table.end.tolist() == [BEST, BEST, BEST, -1, WORST]
    assert table.forced.tolist() == [False, False, False, True, False]
    assert (table.status == RANKED).all()
    assert {"pick", "end", "forced"} <= set(table.frame)
    assert "status" not in table.frame


def test_plain_ranks_need_none_of_it() -> None:
    table = Rankings.from_frame(_alternated()[["rater", "ratee", "rank"]])
    assert not table.has_picks
    assert set(table.frame) == {"rater", "ratee", "dimension", "rank"}
    assert (table.pick == -1).all()
    assert (table.end == -1).all()
    assert not table.forced.any()


def test_words_in_both_languages() -> None:
    chinese = _alternated(end=["最好", "最優", "最佳", None, "最差"], forced=["否", None, "", "是", 0])
    table = Rankings.from_frame(chinese)
    assert table.end.tolist() == Rankings.from_frame(_alternated()).end.tolist()
    assert table.data_hash() == Rankings.from_frame(_alternated()).data_hash()
    frame = pd.DataFrame({"rater": "r", "ratee": list("abcdef"), "rank": [1, *[None] * 5]})
    words = ["Ranked", "未排序", "未呈現", "不了解", "退出", "not presented"]
    assert [STATUSES[k] for k in Rankings.from_frame(frame.assign(status=words)).status] == [
        *STATUSES,
        "not_presented",
    ]


def test_a_blank_rank_is_somebody_left_over_and_the_note_says_so() -> None:
    frame = pd.DataFrame({"rater": "r", "ratee": list("abc"), "rank": [1, 2, None]})
    table = Rankings.from_frame(frame)
    assert table.status.tolist() == [RANKED, RANKED, UNRANKED]
    assert [(p.code, p.details["n"]) for p in table.notes] == [("I-LEFTOVER", 1)]
    said = Rankings.from_frame(frame.assign(status=[None, None, "not_presented"]))
    assert said.status[2] == NOT_PRESENTED
    assert not said.notes


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"status": ["ranked", "?", None, None, None]}, [("E-STATUS", 3, "status")]),
        ({"status": ["withdrawn", None, None, None, "not_known"]}, [("E-STATUSRANK", 2, "status"), ("E-STATUSRANK", 6, "status")]),
        ({"status": ["unranked", None, None, None, None]}, [("E-STATUSRANK", 2, "status")]),
        ({"end": ["best", "top", "up", None, "worst"]}, [("E-END", 4, "end")]),
        ({"pick": [1, 3, "x", None, 1.5]}, [("E-PICK", 4, "pick"), ("E-PICK", 6, "pick")]),
        ({"pick": [0, 3, 3, None, 2]}, [("E-PICK", 2, "pick")]),
        ({"forced": [None, None, None, "perhaps", None]}, [("E-FORCED", 5, "forced")]),
        ({"pick": [1, 3, None, None, 2]}, [("E-PICKEND", 4, "end")]),
        ({"end": ["best", "best", "best", None, None]}, [("E-PICKEND", 6, "pick")]),
        ({"forced": [None, None, None, True, True]}, [("E-FORCEDPICK", 6, "forced")]),
        ({"end": ["best", "best", "best", "worst", "worst"]}, [("E-FORCEDPICK", 5, "forced")]),
        ({"rank": [1, 2, 2, 4, None]}, [("E-PICKNORANK", 6, "pick")]),
        ({"rank": [1, 2, 2, None, 5]}, [("E-PICKNORANK", 5, "forced")]),
        ({"rank": [1, 2, 2, "x", 5]}, [("E-RANK", 5, "rank")]),
    ],
)
def test_cells_that_cannot_be(changes: dict[str, Any], expected: list[tuple[str, int, str]]) -> None:
    assert _problems(_alternated(**changes)) == expected


def test_a_status_of_ranked_needs_a_rank() -> None:
    frame = pd.DataFrame({"rater": "r", "ratee": ["a", "b"], "rank": [1, None], "status": "ranked"})
    assert _problems(frame) == [("E-NORANK", 3, "status")]


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ({"pick": [3, 1, 1, None, 2]}, 2),  # a was picked after b and c, but stands above them
        ({"rank": [1, 2, 3, 4, 5]}, 4),  # picked together, not tied
        ({"pick": [1, 3, 4, None, 2]}, 4),  # tied, not picked together
        ({"end": ["best", "best", "worst", None, "worst"]}, 4),  # one pick at two ends
        ({"rank": [2, 3, 3, 5, 1]}, 5),  # the worst pick stands above everybody
        ({"rank": [1, 2, 2, 5, 4]}, 5),  # the last one does not stand between
        ({"rank": [2, 3, 3, 1, 5]}, 5),
        ({"forced": None, "pick": [1, None, 3, None, 2], "end": ["best", None, "best", None, "worst"], "rank": [1, 3, 2, 4, 5]}, 5),
        ({"pick": [1, None, 3, 4, 2], "end": ["best", None, "worst", "worst", "worst"], "forced": None, "rank": [1, 2, 3, 4, 5]}, 5),
    ],
)
def test_picks_that_contradict_the_ranks(changes: dict[str, Any], row: int) -> None:
    assert _problems(_alternated(**changes)) == [("E-PICKORDER", row, _column(changes, row))]


def test_the_worst_pick_above_the_best() -> None:
    two = pd.DataFrame({"rater": "r", "ratee": ["a", "b"], "rank": [2, 1], "pick": [1, 2], "end": ["best", "worst"]})
    assert _problems(two) == [("E-PICKORDER", 3, "pick")]
    assert Rankings.from_frame(two.assign(rank=[1, 2])).has_picks


def _column(changes: dict[str, Any], row: int) -> str:
    return "pick" if pd.notna(_alternated(**changes)["pick"].iloc[row - 2]) else "rank"


def test_picks_that_do_not() -> None:
    for changes in (
        {"rank": [1.0, 2.5, 2.5, 4, 5]},  # mid-ranks
        {"rank": [10, 20, 20, 30, 40]},  # gaps
        {"pick": [2, 7, 7, None, 5]},  # somebody withdrew
        {"forced": None},  # an unnamed rest of one
    ):
        assert len(Rankings.from_frame(_alternated(**changes))) == 5
    tied_rest = _alternated(pick=[1, None, None, None, 2], end=["best", None, None, None, "worst"], forced=None, rank=[1, 2, 2, 2, 5])
    assert Rankings.from_frame(tied_rest).to_lists().place.tolist() == [0, 1, 1, 1, 2]


def test_only_one_is_left_at_the_end() -> None:
    two = _alternated(pick=[1, None, None, None, 2], end=["best", None, None, None, "worst"], forced=[0, 1, 1, 0, 0])
    assert ("E-TWOFORCED", 4, "forced") in _problems(two.assign(rank=[1, 2, 2, 2, 5]))
    apart = pd.concat([_alternated(), _alternated(rater="r2")])
    assert Rankings.from_frame(apart).forced.sum() == 2


def test_every_problem_at_once() -> None:
    bad = _alternated(status=["?", None, None, None, None], end=["best", "best", "up there", None, "worst"], rank=[0, 2, 2, 4, 5])
    codes = {p[0] for p in _problems(bad)}
    assert codes == {"E-RANK", "E-STATUS", "E-END"}


def test_it_reads_back_in_any_order() -> None:
    frame = pd.concat([_alternated(), _alternated(rater="r2", session="2")])
    frame = pd.concat(
        [frame, pd.DataFrame({"rater": ["r2"], "ratee": ["x"], "status": ["withdrawn"], "session": ["2"]})], ignore_index=True
    )
    table = Rankings.from_frame(frame)
    again = Rankings.from_frame(table.frame)
    pd.testing.assert_frame_equal(again.frame, table.frame)
    shuffled = Rankings.from_frame(frame.iloc[::-1])
    assert shuffled.data_hash() == table.data_hash() == again.data_hash() == pickle.loads(pickle.dumps(table)).data_hash()
    changed = {"pick": [1, 4, 4, None, 2]}, {"forced": None}, {"status": "ranked"}
    hashes = [Rankings.from_frame(_alternated(**c)).data_hash() for c in (*changed, {})]
    assert hashes[2] == hashes[3]
    assert len(set(hashes)) == 3
    read = read_rankings(frame.rename(columns={"end": "哪一端"}), {"end": "哪一端"})
    assert read.data_hash() == table.data_hash()
    kept = table.where(table.rater == 1)
    assert kept.status.tolist() == [RANKED] * 5 + [WITHDRAWN]
    assert kept.pick.tolist() == [1, 3, 3, -1, 2, -1]
    assert kept.forced.tolist() == [False] * 3 + [True] + [False] * 2
    assert [ENDS[e] for e in kept.end[:2]] == ["best", "best"]


def test_lists() -> None:
    frame = pd.concat([_alternated(rater="r2"), _alternated(cycle="2025"), _alternated(cycle="2024")])
    table = Rankings.from_frame(frame)
    assert table.lists.names == ("r1 · 2024", "r1 · 2025", "r2")
    assert table.lists.keys.columns.tolist() == ["rater", "dimension", "cycle"]
    assert np.diff(table.lists.start).tolist() == [5, 5, 5]
    assert [table.people[k] for k in table.ratee[table.lists.row[:5]]] == list("abcde")
    entries = table.to_lists()
    assert entries.rater.tolist() == [0, 0, 1]
    assert entries.place.tolist() == [0, 1, 1, 2, 3] * 3


def test_people_who_were_not_shown_are_in_no_list_and_people_left_over_are() -> None:
    frame = pd.DataFrame({"rater": "r", "ratee": list("abcdef"), "rank": [1, 2, *[None] * 4]})
    table = Rankings.from_frame(frame.assign(status=["ranked", "ranked", "unranked", "unranked", "not_presented", "withdrawn"]))
    entries = table.to_lists()
    assert entries.item.tolist() == [0, 1, 2, 3]
    assert entries.place.tolist() == [0, 1, 2, 2]
    assert entries.left_over.tolist() == [False, False, True, True]
    pairs = table.to_comparisons().frame[["left", "right"]].astype(str).agg("".join, axis=1).tolist()
    assert pairs == ["ab", "ac", "ad", "bc", "bd"]


def test_people_left_over_stand_between_the_best_picks_and_the_worst() -> None:
    frame = pd.DataFrame({
        "rater": "r", "ratee": list("abcd"), "rank": [1, None, None, 4], "pick": [1, None, None, 2], "end": ["best", None, None, "worst"],
    })  # fmt: skip
    entries = Rankings.from_frame(frame).to_lists()
    assert entries.item.tolist() == [0, 1, 2, 3]
    assert entries.place.tolist() == [0, 1, 1, 2]
    assert entries.left_over.tolist() == [False, True, True, False]
    only_worst = Rankings.from_frame(frame.iloc[1:]).to_lists()
    assert only_worst.place.tolist() == [0, 0, 1]
    pairs = Rankings.from_frame(frame).to_comparisons().frame[["left", "right"]].astype(str).agg("".join, axis=1).tolist()
    assert pairs == ["ab", "ac", "ad", "bd", "cd"]


def test_lists_of_one_dimension() -> None:
    table = Rankings.from_frame(pd.concat([_alternated(dimension="x"), _alternated(dimension="y", rater="r2")]))
    assert table.to_lists("y").rater.tolist() == [1]
    assert table.to_lists("y").item.tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(RankingsError, match="x, y"):
        table.to_lists("z")


def test_orders() -> None:
    table = Rankings.from_orders({"r1": ["a", ["b", "c"], "d"], "r2": ["d"]}, presented=list("abcde"))
    assert table.frame["rank"].iloc[:4].tolist() == [1, 2, 2, 4]
    assert table.to_lists().place.tolist() == [0, 1, 1, 2, 3, 0, 1, 1, 1, 1]
    assert not table.notes
    each = Rankings.from_orders({"r1": ["a", "b"], "r2": ["b", "a"]}, presented={"r1": ["a", "b", "c"]})
    assert np.diff(each.to_lists().start).tolist() == [3, 2]
    with pytest.raises(RankingsError) as caught:
        Rankings.from_orders({"r1": ["a", "b", "a"]})
    assert caught.value.codes == ("E-DUPRANK",)
    for wrong in ({"r1": "abc"}, [["a", "b"]], {"r1": 3}):
        with pytest.raises(RankingsError) as caught:
            Rankings.from_orders(wrong)  # type: ignore[arg-type]
        assert caught.value.codes == ("E-TYPE",)
    with pytest.raises(RankingsError) as caught:
        Rankings.from_orders({})
    assert caught.value.codes == ("E-HEADERONLY",)

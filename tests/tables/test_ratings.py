from __future__ import annotations

import html
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rankkit.errors import RatingsError, SettingsError
from rankkit.tables.ratings import Ratings


def _frame(**changes: Any) -> pd.DataFrame:
    plain = pd.DataFrame({"rater": ["r1", "r1", "r2", "r2"], "ratee": ["a", "b", "a", "b"], "score": [1.0, 2.0, 3.0, 4.0]})
    return plain.assign(**changes)


def _problems(frame: Any, **settings: Any) -> list[tuple[str, int | None, str | None]]:
    with pytest.raises(RatingsError) as caught:
        Ratings.from_frame(frame, **settings)
    return [(p.code, p.row, p.column) for p in caught.value.items]


# --- the table as a whole


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (pd.DataFrame(), "E-EMPTY"),
        (pd.DataFrame(index=range(3)), "E-EMPTY"),
        (pd.DataFrame(columns=["rater", "ratee", "score"]), "E-HEADERONLY"),
        (_frame().drop(columns="rater"), "E-COLS"),
        ([1, 2], "E-TYPE"),
        ({"rater": ["a"]}, "E-TYPE"),
        (None, "E-TYPE"),
        (_frame()[["rater", "ratee", "score", "score"]], "E-DUPCOL"),
        (_frame().rename(columns={"rater": "Ｘ"}).assign(X=1), "E-DUPCOL"),
        (_frame(score=np.nan), "E-ALLMISSING"),
        (_frame(score=None), "E-ALLMISSING"),
        (_frame(score=["", " ", "nan", None]), "E-ALLMISSING"),
    ],
)
def test_tables_that_are_none(frame: Any, code: str) -> None:
    assert [p[0] for p in _problems(frame)] == [code]


def test_missing_columns_suggest_a_mapping() -> None:
    with pytest.raises(RatingsError) as caught:
        Ratings.from_frame(_frame().rename(columns={"rater": "考核人", "score": "得分"}))
    assert "columns={'score': '得分', 'rater': '考核人'}" in caught.value.text("en")
    table = Ratings.from_frame(_frame().rename(columns={"rater": "考核人", "score": "得分"}), columns={"rater": "考核人", "score": "得分"})
    assert list(table.frame.columns) == ["rater", "ratee", "dimension", "score"]


def test_mapping_to_a_column_that_is_not_there() -> None:
    assert _problems(_frame(), columns={"rater": "nobody"}) == [("E-MAPCOL", None, None)]


def test_mapping_wins_over_a_column_of_our_name() -> None:
    table = Ratings.from_frame(_frame(points=[4, 3, 2, 1]), columns={"score": "points"})
    assert table.score.tolist() == [4.0, 3.0, 2.0, 1.0]
    swapped = Ratings.from_frame(_frame(), columns={"ratee": "rater", "rater": "ratee"})
    assert swapped.people == ("r1", "r2")


@pytest.mark.parametrize("scale", [(5, 1), (1, 1), (float("nan"), 5), (1, float("inf")), 5, "x", (1, 2, 3), ("a", "b")])
def test_impossible_scales(scale: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        Ratings.from_frame(_frame(), scale=scale)
    assert caught.value.code == "E-SETTING"
    with pytest.raises(SettingsError):
        Ratings.from_frame(_frame()).with_scale(scale)


def test_row_numbers_must_match() -> None:
    with pytest.raises(SettingsError):
        Ratings.from_frame(_frame(), row_numbers=[2, 3])


# --- cells


def test_range_names_row_column_and_value() -> None:
    frame = _frame(score=[1, 9, 3, -2]).rename(columns={"score": "得分"})
    assert _problems(frame, columns={"score": "得分"}, scale=(1, 5)) == [("E-RANGE", 3, "得分"), ("E-RANGE", 5, "得分")]
    assert _problems(frame, columns={"score": "得分"}, scale=(1, 5), row_numbers=[10, 20, 30, 40])[0][1] == 20
    wide = _problems(frame, columns={"score": "得分"}, scale=(1, 5), score_columns=["质量", "速度", "质量", "速度"])
    assert [p[2] for p in wide] == ["速度", "速度"]


def test_ends_of_the_scale_belong_to_it() -> None:
    assert Ratings.from_frame(_frame(score=[1, 5, 1, 5]), scale=(1, 5)).scale == (1, 5)


@pytest.mark.parametrize(
    ("score", "code"),
    [
        ([0, 1, 4, 0], "E-ZEROBASE"),
        ([6, 2, 3, 6], "E-ONEBASE"),
        ([0, 1, 5, 0], None),  # 5 occurs: the form does reach the top
        ([6, 1, 3, 6], None),
        ([0, 1, 4, 2], None),  # one cell is a slip
        ([0, 1, -1, 0], None),
    ],
)
def test_forms_that_count_from_another_number(score: list[int], code: str | None) -> None:
    codes = [p[0] for p in _problems(_frame(score=score), scale=(1, 5))]
    assert ("E-ZEROBASE" in codes, "E-ONEBASE" in codes) == (code == "E-ZEROBASE", code == "E-ONEBASE")
    assert "E-RANGE" in codes


def test_forms_that_count_from_another_number_say_what_to_pass() -> None:
    with pytest.raises(RatingsError, match=r"may count from 0. Pass scale=\(0, …\)"):
        Ratings.from_frame(_frame(score=[0, 1, 4, 0]), scale=(1, 5))
    with pytest.raises(RatingsError, match=r"may count from 1. Pass scale=\(1, 5\)"):
        Ratings.from_frame(_frame(score=[5, 1, 3, 5]), scale=(0, 4))


def test_numbers_that_are_none() -> None:
    assert _problems(_frame(score=["四", "1", "x", None])) == [("E-NUMBER", 2, "score"), ("E-NUMBER", 4, "score")]
    assert [p[0] for p in _problems(_frame(score=[True, False, True, True]))] == ["E-NUMBER"] * 4
    assert [p[1] for p in _problems(_frame(score=[np.inf, 1, -np.inf, 2]))] == [2, 4]
    with pytest.raises(RatingsError, match="Type a number from 1 to 5, or leave it blank"):
        Ratings.from_frame(_frame(score=["四", 1, 2, 3]), scale=(1, 5))


def test_percent_signs() -> None:
    assert Ratings.from_frame(_frame(score=["９５％", "80%", "7", None]), scale=(0, 100)).score[:3].tolist() == [95.0, 80.0, 7.0]
    assert [p[0] for p in _problems(_frame(score=["９５％", "80", "7", None]), scale=(0, 5))] == ["E-NUMBER", "E-RANGE", "E-RANGE"]


def test_grade_words() -> None:
    words = {"优秀": 5.0, "良好": 4.0}
    table = Ratings.from_frame(_frame(score=["优秀", "良好", "3", None]), words=words)
    np.testing.assert_equal(table.score, [5.0, 4.0, 3.0, np.nan])
    with pytest.raises(RatingsError) as caught:
        Ratings.from_frame(_frame(score=["优秀", "优良", "zzz", None]), words=words)
    assert [(p.code, p.row, p.value) for p in caught.value.items] == [("E-LABEL", 3, "优良"), ("E-LABEL", 4, "zzz")]
    first, second = caught.value.items
    assert "nearest: " in first.message("en")
    assert "最接近：" in first.message("zh")
    assert "nearest" not in second.message("en")


# --- ids


@pytest.mark.parametrize("column", ["rater", "ratee"])
@pytest.mark.parametrize("cell", ["", None, "  ", float("nan"), "\u200b"])
def test_blank_ids(column: str, cell: object) -> None:
    cells = ["x1", cell, "x2", "x3"]
    assert _problems(_frame(**{column: cells})) == [("E-BLANK", 3, column)]


def test_ids_are_text() -> None:
    table = Ratings.from_frame(_frame(ratee=["007", "008", "007", "008"]))
    assert table.people == ("007", "008")
    assert Ratings.from_frame(_frame(ratee=[7.0, 8.0, 7.0, 8.0])).people == ("7", "8")
    assert Ratings.from_frame(_frame(ratee=pd.array([7, 8, 7, 8], dtype="Int64"))).people == ("7", "8")


def test_ids_that_lost_their_zeros() -> None:
    assert _problems(_frame(ratee=["007", "8", "007", "7"])) == [("E-ID", 5, "ratee")]


@pytest.mark.parametrize("damaged", ["7.0", "1.23E+11", "１.0"])
def test_ids_that_became_decimals(damaged: str) -> None:
    assert _problems(_frame(ratee=[damaged, "b", "c", "b"])) == [("E-FLOATID", 2, "ratee")]


def test_spellings_are_folded_and_said() -> None:
    table = Ratings.from_frame(_frame(ratee=["Ａ１", "b", "A1 ", "b"]))
    assert table.people == ("A1", "b")
    assert [n.code for n in table.notes] == ["I-NORMALISED"]


def test_spellings_that_fall_together_are_duplicates() -> None:
    assert _problems(_frame(ratee=["a", "a\u200b", "c", "d"])) == [("E-DUP", 3, None)]


HOSTILE = ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "𠮷野家", "😀", "+1", "@x", "a,b", '"q"', "{x}", "%s", "\\"]


def test_hostile_names_pass_through_unharmed() -> None:
    frame = pd.DataFrame({"rater": "r", "ratee": HOSTILE, "score": range(len(HOSTILE))})
    table = Ratings.from_frame(frame)
    assert sorted(HOSTILE) == list(table.people)
    assert "<script>" not in table._repr_html_()
    assert html.escape(HOSTILE[1]) in table._repr_html_()
    newline = Ratings.from_frame(_frame(ratee=["王\n伟", "b", "王\n伟", "b"]))
    assert newline.people == ("b", "王 伟")
    errors = pd.concat([frame, frame], ignore_index=True)
    with pytest.raises(RatingsError) as caught:
        Ratings.from_frame(errors)
    for name, line in zip(HOSTILE, caught.value.text("en").splitlines()[1:], strict=True):
        assert f"r rated {name} on overall more than once" in line


# --- duplicates, self ratings, sources, names


def test_duplicates_name_both_rows_and_values() -> None:
    frame = pd.concat([_frame(), _frame(score=[1.5, None, 3, 4]).iloc[:2]], ignore_index=True)
    with pytest.raises(RatingsError) as caught:
        Ratings.from_frame(frame)
    first, second = caught.value.items
    assert (first.code, first.row, first.details["rows"], first.details["values"]) == ("E-DUP", 6, [2, 6], ["1", "1.5"])
    assert (second.row, second.details["values"]) == (7, ["2", "–"])


def test_three_of_a_kind_are_one_problem() -> None:
    assert _problems(pd.concat([_frame()] * 3)) == [("E-DUP", row, None) for row in (6, 7, 8, 9)]


@pytest.mark.parametrize("column", ["occasion", "cycle", "form", "method"])
def test_repeats_that_are_declared(column: str) -> None:
    both = pd.concat([_frame(**{column: 1}), _frame(**{column: 2})])
    assert len(Ratings.from_frame(both)) == 8
    assert {p[0] for p in _problems(pd.concat([both, both]))} == {"E-DUP"}
    assert {p[0] for p in _problems(pd.concat([_frame(**{column: "1"}), _frame(**{column: "１"})]))} == {"E-DUP"}
    assert {p[0] for p in _problems(pd.concat([_frame(**{column: None})] * 2))} == {"E-DUP"}


def test_repeats_crossed_by_two_columns() -> None:
    parts = [_frame(cycle=c, occasion=o) for c in "xy" for o in (1, 2)]
    assert len(Ratings.from_frame(pd.concat(parts))) == 16
    assert len(_problems(pd.concat([*parts, parts[0]]))) == 4


def test_occasions_may_be_lists() -> None:
    assert len(Ratings.from_frame(pd.concat([_frame(occasion=[[1]] * 4), _frame(occasion=[[2]] * 4)]))) == 8


def test_self_and_not_self() -> None:
    frame = _frame(rater=["a", "b", "b", "a"], source=["self", "peer", "self", "peer"])
    assert _problems(frame) == [("E-SELF", 3, "source"), ("E-NOTSELF", 4, "source")]
    good = Ratings.from_frame(_frame(rater=["a", "b", "b", "a"], source=["self", "self", "peer", None]))
    assert good.sources == ("peer", "self")
    assert good.source.tolist() == [1, 1, 0, -1]


def test_self_problem_names_the_users_column() -> None:
    frame = _frame(rater=["a", "b", "b", "a"], 来源=["self", "peer", "self", "peer"])
    assert {p[2] for p in _problems(frame, columns={"source": "来源"})} == {"来源"}


def test_unknown_sources() -> None:
    assert _problems(_frame(source=["peer", "boss", "Peer", "peer"])) == [("E-SOURCE", 3, "source"), ("E-SOURCE", 4, "source")]


def test_two_names_of_one_id() -> None:
    assert _problems(_frame(ratee_label=["王", "李", "汪", "李"])) == [("E-LABELS2", 4, "ratee_label")]
    assert _problems(_frame(rater_label=["王", "李", "汪", "汪"])) == [("E-LABELS2", 3, "rater_label")]


def test_two_people_of_one_name_stay_two() -> None:
    table = Ratings.from_frame(_frame(ratee_label="王伟"))
    assert table.labels == {"a": "王伟", "b": "王伟"}
    assert len(table.people) == 2


# --- one error with everything


def test_a_bad_cell_hides_no_duplicate() -> None:
    frame = pd.DataFrame({"rater": list("mmnnn"), "ratee": ["a", None, "a", "b", "b"], "score": ["优", "4", "4", "5", "2"]})
    with pytest.raises(RatingsError) as caught:
        Ratings.from_frame(frame, scale=(1, 5))
    assert caught.value.codes == ("E-NUMBER", "E-BLANK", "E-DUP")


def test_all_problems_in_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame(
        {
            "rater": ["r1", "", None, "r2"],
            "ratee": ["a", "7.0", "b", "a"],
            "score": ["x", "9", "3", "4"],
            "source": ["boss", "peer", "peer", "peer"],
            "ratee_label": ["A", "B", "C", "D"],
        }
    )
    with pytest.raises(RatingsError) as caught:
        Ratings.from_frame(frame, scale=(1, 5), source_name="考核.xlsx")
    error = caught.value
    found = error.problems[["code", "row", "column"]].to_numpy().tolist()
    assert found == [
        ["E-SOURCE", 2, "source"],
        ["E-NUMBER", 2, "score"],
        ["E-FLOATID", 3, "ratee"],
        ["E-BLANK", 3, "rater"],
        ["E-RANGE", 3, "score"],
        ["E-BLANK", 4, "rater"],
        ["E-LABELS2", 5, "ratee_label"],
    ]
    assert error.table is frame
    assert str(error).splitlines()[0] == "7 problems in 4 of 4 rows of 考核.xlsx; nothing was computed."
    assert error.text("zh").splitlines()[0] == "考核.xlsx 中发现 7 个问题，涉及 4 行中的 4 行；未做任何计算。"
    for line in error.text("zh").splitlines()[1:]:
        assert line.strip().startswith("第 ")
    monkeypatch.setenv("RANKKIT_LANG", "zh")
    assert str(error) == error.text("zh")
    assert error.problems["fix"].iloc[1] == "请填写数字（1 至 5），未评分请留空；若为等级词，请指定 words={等级词: 数值}。"

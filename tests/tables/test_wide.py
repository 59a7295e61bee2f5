from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rankkit.errors import ComparisonsError, RatingsError, SettingsError
from rankkit.tables.reading import read_ratings
from rankkit.tables.wide import from_matrix, from_wide

WIDE = pd.DataFrame({
    "姓名": ["王伟", "李娜", "王伟", "李娜"], "评委": ["r1", "r1", "r2", "r2"],
    "质量": [4, 5, 3, 4], "沟通": [3, None, 2, 5], "备注": ["", "x", "", ""],
})  # fmt: skip


def test_wide_is_long_rearranged() -> None:
    table = from_wide(WIDE, ratee="姓名", rater="评委", dimensions=["质量", "沟通"], scale=(1, 5))
    long = WIDE.melt(id_vars=["姓名", "评委"], value_vars=["质量", "沟通"], var_name="dimension", value_name="score")
    same = read_ratings(long, {"ratee": "姓名", "rater": "评委"}, (1, 5))
    assert table.data_hash() == same.data_hash()
    assert np.isnan(table.score).sum() == 1
    assert not table.averaged_over


def test_dimensions_may_be_renamed_and_other_columns_kept() -> None:
    frame = WIDE.assign(关系=["peer", "peer", "self", "peer"], 评委=["r1", "r1", "王伟", "r2"])
    table = from_wide(frame, ratee="姓名", rater="评委", dimensions={"quality": "质量"}, columns={"source": "关系"})
    assert table.dimensions == ("quality",)
    assert set(table.sources) == {"peer", "self"}


def test_without_raters_the_scores_are_averages() -> None:
    table = from_wide(WIDE.iloc[:2], ratee="姓名", dimensions=["质量"])
    assert table.averaged_over
    assert table.people == ("李娜", "王伟")


def test_a_sheet_may_use_our_own_names_for_something_else() -> None:
    frame = pd.DataFrame({"score": ["e1", "e2"], "dimension": ["r1", "r1"], "q": [1, 2]})
    table = from_wide(frame, ratee="score", rater="dimension", dimensions=["q"])
    assert table.people == ("e1", "e2")
    assert table.score.tolist() == [1, 2]


def test_problems_point_to_the_cell_of_the_sheet(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("姓名,评委,质量,沟通\n\n王伟,r1,4,9\n李娜,r1,五,3\n,r2,4,4\n", encoding="utf-8")
    with pytest.raises(RatingsError) as caught:
        from_wide(path, ratee="姓名", rater="评委", dimensions=["质量", "沟通"], scale=(1, 5))
    found = {(p.code, p.row, p.column) for p in caught.value.items}
    assert found == {("E-RANGE", 3, "沟通"), ("E-NUMBER", 4, "质量"), ("E-BLANK", 5, "姓名")}
    assert len(caught.value.items) == 3  # a blank id is one problem, not one a dimension
    assert caught.value.n_rows == 3
    assert caught.value.table is not None
    assert list(caught.value.table.columns) == ["姓名", "评委", "质量", "沟通"]


def test_unknown_and_doubled_columns() -> None:
    with pytest.raises(RatingsError) as caught:
        from_wide(WIDE, ratee="name", rater="评委", dimensions=["质量", "质量"])
    assert caught.value.codes == ("E-MAPCOL", "E-DUPCOL")
    with pytest.raises(SettingsError, match="dimensions"):
        from_wide(WIDE, ratee="姓名", rater="评委", dimensions=[])


# --- matrix of wins


def test_matrix_from_frame_and_array_agree() -> None:
    wins = np.array([[0, 3, 1], [2, 0, 0], [0, 5, 0]])
    by_index = from_matrix(pd.DataFrame(wins, index=list("abc"), columns=list("abc")))
    by_column = from_matrix(pd.DataFrame(wins, columns=list("abc")).assign(who=list("abc"))[["who", "a", "b", "c"]])
    by_array = from_matrix(wins, names=list("abc"))
    assert by_index.data_hash() == by_column.data_hash() == by_array.data_hash()
    frame = by_index.frame
    assert frame["count"].sum() == wins.sum()


def test_rows_and_columns_may_be_in_different_order() -> None:
    wins = pd.DataFrame([[0, 3, 1], [2, 0, 0], [0, 5, 0]], index=list("abc"), columns=list("abc"))
    assert from_matrix(wins).data_hash() == from_matrix(wins.loc[list("cab"), list("bca")]).data_hash()


def test_somebody_never_compared_stays() -> None:
    wins = pd.DataFrame([[0, 3, 0], [2, 0, 0], [0, 0, 0]], index=list("abc"), columns=list("abc"))
    table = from_matrix(wins)
    assert table.people == ("a", "b", "c")
    assert table.frame["count"].sum() == 5


def test_matrix_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "wins.csv"
    path.write_text(",007,008\n007,,4\n008,1,\n", encoding="utf-8")
    table = from_matrix(path)
    assert table.people == ("007", "008")
    assert sorted(table.frame["count"]) == [1, 4]


def test_matrix_problems_point_to_the_cell() -> None:
    wins = pd.DataFrame([[1, -3, "x"], [2, 0, 0], [0, 5, 0]], index=list("abc"), columns=list("abc"))
    with pytest.raises(ComparisonsError) as caught:
        from_matrix(wins)
    found = {(p.code, p.row, p.column) for p in caught.value.items}
    assert found == {("E-SELFPAIR", 2, "a"), ("E-COUNT", 2, "b"), ("E-COUNT", 2, "c")}


@pytest.mark.parametrize("shape", [(2, 3), (3, 2)])
def test_not_square(shape: tuple[int, int]) -> None:
    with pytest.raises(ComparisonsError) as caught:
        from_matrix(np.zeros(shape), names=list("abc")[: shape[1]])
    assert caught.value.code == "E-MATRIX"
    with pytest.raises(ComparisonsError):
        from_matrix(np.zeros((2, 2)))


def test_not_the_same_people() -> None:
    with pytest.raises(ComparisonsError, match="d"):
        from_matrix(pd.DataFrame([[0, 1], [1, 0]], index=["a", "d"], columns=["a", "b"]))


def test_nothing_decided() -> None:
    with pytest.raises(ComparisonsError) as caught:
        from_matrix(np.zeros((2, 2)), names=["a", "b"])
    assert caught.value.codes == ("E-NOCOMPARISON",)

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from rankkit.errors import RankingsError, SettingsError
from rankkit.tables.rank_matrix import rankings_from_matrix
from rankkit.tables.rankings import Rankings

SHEET = pd.DataFrame({"评委": ["r1", "r2", "r3"], "王伟": [1, 2, 1], "李娜": [2, 1, None], "赵敏": [3, 2.0, 2]})


def test_a_matrix_is_the_long_table() -> None:
    table = rankings_from_matrix(SHEET, rater="评委")
    long = SHEET.melt(id_vars="评委", var_name="ratee", value_name="rank").rename(columns={"评委": "rater"})
    long["status"] = long["rank"].map(lambda r: "not_presented" if pd.isna(r) else "ranked")
    assert table.data_hash() == Rankings.from_frame(long).data_hash()
    assert table.to_lists().length.tolist() == [3, 3, 2]
    assert rankings_from_matrix(SHEET, rater="评委", blank="unranked").to_lists().length.tolist() == [3, 3, 3]


def test_rows_without_names_are_numbered() -> None:
    table = rankings_from_matrix(SHEET.drop(columns="评委"))
    assert table.raters == ("1", "2", "3")
    assert rankings_from_matrix(SHEET, people=["王伟", "赵敏"]).people == ("王伟", "赵敏")


def test_problems_point_to_the_cell(tmp_path: Path) -> None:
    path = tmp_path / "ranks.csv"
    path.write_text("评委,王伟,李娜\n\nr1,1,二\n,0,1\nr1,2,1.3\n", encoding="utf-8")
    with pytest.raises(RankingsError) as caught:
        rankings_from_matrix(path, rater="评委")
    assert {(p.code, p.row, p.column) for p in caught.value.items} == {("E-RANK", 3, "李娜"), ("E-RANK", 4, "王伟"), ("E-RANK", 5, "李娜")}
    assert caught.value.table is not None
    assert list(caught.value.table.columns) == ["评委", "王伟", "李娜"]
    path.write_text("评委,王伟,李娜\nr1,1,2\n,2,1\n", encoding="utf-8")
    with pytest.raises(RankingsError) as caught:
        rankings_from_matrix(path, rater="评委")
    assert [(p.code, p.row) for p in caught.value.items] == [("E-BLANK", 3)]


def test_columns_that_are_not_there() -> None:
    with pytest.raises(RankingsError) as caught:
        rankings_from_matrix(SHEET, rater="who", people=["王伟", "周杰"])
    assert caught.value.codes == ("E-MAPCOL",)
    assert len(caught.value.items) == 2
    with pytest.raises(SettingsError):
        rankings_from_matrix(SHEET, blank="tied")  # type: ignore[arg-type]

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from rankkit.errors import PeopleError
from rankkit.tables.attributes import Attributes


def _frame(**changes: Any) -> pd.DataFrame:
    return pd.DataFrame({"person": ["b", "a", "a"], "attribute": ["sex", "sex", "age"], "value": ["f", "m", 30]}).assign(**changes)


def test_attributes() -> None:
    table = Attributes.from_frame(_frame())
    assert (table.ids, table.names, len(table)) == (("a", "b"), ("age", "sex"), 3)
    assert table.frame.to_numpy().tolist() == [["a", "age", "30"], ["a", "sex", "m"], ["b", "sex", "f"]]
    assert repr(table) == "<Attributes: age, sex of 2 people>"


@pytest.mark.parametrize(
    ("frame", "problems"),
    [
        (pd.DataFrame(), [("E-EMPTY", None)]),
        (_frame().iloc[:0], [("E-HEADERONLY", None)]),
        (_frame().drop(columns="value"), [("E-COLS", None)]),
        (_frame(person=["b", None, None]), [("E-BLANK", 3), ("E-BLANK", 4)]),
        (_frame(attribute="sex"), [("E-DUPPERSON", 4)]),
    ],
)
def test_problems(frame: pd.DataFrame, problems: list[tuple[str, int | None]]) -> None:
    with pytest.raises(PeopleError) as caught:
        Attributes.from_frame(frame)
    assert [(p.code, p.row) for p in caught.value.items] == problems


def test_blank_values_stay_missing() -> None:
    table = Attributes.from_frame(_frame(value=["f", None, ""]))
    assert table.frame["value"].isna().tolist() == [True, True, False]


def test_nothing_can_change_it() -> None:
    frame = _frame()
    table = Attributes.from_frame(frame)
    frame["value"] = "x"
    returned = table.frame
    returned["value"] = "x"
    assert table.frame["value"].tolist() == ["30", "m", "f"]

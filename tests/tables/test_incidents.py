from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from rankkit.errors import DataError
from rankkit.tables.incidents import Incidents


def _frame(**changes: Any) -> pd.DataFrame:
    rows = {"ratee": ["b", "a", "a"], "occurred_on": ["2026-03-01", "2026-02-01 09:30", "2026-01-15"], "valence": [2, "-1", 0.5]}
    return pd.DataFrame(rows).assign(**changes)


def test_incidents() -> None:
    table = Incidents.from_frame(_frame(note=["x", "y", "z"], author=["m1", " m1", None], dimension="speed"))
    assert (table.people, len(table)) == (("a", "b"), 3)
    assert table.frame["note"].tolist() == ["z", "y", "x"]
    assert table.valence.tolist() == [0.5, -1.0, 2.0]
    assert table.ratee.tolist() == [0, 0, 1]
    assert np.diff(table.day).round(1).tolist() == [17.4, 27.6]
    assert table.frame["author"].fillna("–").tolist() == ["–", "m1", "m1"]
    assert repr(table) == "<Incidents: 3 of 2 people, 2026-01-15 to 2026-03-01>"


def test_effectiveness_stands_for_valence() -> None:
    table = Incidents.from_frame(_frame(effectiveness=[7, 4, 1]).drop(columns="valence"))
    assert table.valence.tolist() == [-2.0, 0.0, 2.0]
    both = Incidents.from_frame(_frame(effectiveness=[7, 4, 1]))
    assert both.valence.tolist() == [0.5, -1.0, 2.0]


@pytest.mark.parametrize(
    ("frame", "problems"),
    [
        (pd.DataFrame(), [("E-EMPTY", None)]),
        (_frame().iloc[:0], [("E-HEADERONLY", None)]),
        (_frame().drop(columns="valence"), [("E-COLS", None)]),
        (_frame(ratee=["b", None, "a"]), [("E-BLANK", 3)]),
        (_frame(occurred_on=["2026-03-01", None, "1.2.2026"]), [("E-BLANK", 3), ("E-TIME", 4)]),
        (_frame(occurred_on=[46000, 46001, 46002]), [("E-TIME", 2), ("E-TIME", 3), ("E-TIME", 4)]),
        (_frame(valence=[3, "good", None]), [("E-VALENCE", 2), ("E-VALENCE", 3), ("E-BLANK", 4)]),
        (_frame(effectiveness=[0, 4, 8]), [("E-VALENCE", 2), ("E-VALENCE", 4)]),
    ],
)
def test_problems(frame: pd.DataFrame, problems: list[tuple[str, int | None]]) -> None:
    with pytest.raises(DataError) as caught:
        Incidents.from_frame(frame)
    assert [(p.code, p.row) for p in caught.value.items] == problems


def test_order_of_rows_and_changes_decide_nothing() -> None:
    frame = _frame()
    table, turned = Incidents.from_frame(frame), Incidents.from_frame(frame.iloc[::-1])
    pd.testing.assert_frame_equal(table.frame, turned.frame)
    frame["ratee"] = "x"
    shown = table.frame
    shown["valence"] = 0
    assert table.people == ("a", "b")
    assert table.valence.tolist() == [0.5, -1.0, 2.0]


def test_another_type_is_refused() -> None:
    with pytest.raises(DataError) as caught:
        Incidents.from_frame([1, 2])  # type: ignore[arg-type]
    assert caught.value.code == "E-TYPE"


def test_names_come_back_from_the_frame():
    log = pd.DataFrame(
        {
            "ratee": ["e1", "e1", "e2", "e3"],
            "ratee_label": ["王伟", "王伟", "李娜", "张敏"],
            "author": ["m1", None, "m2", "m2"],
            "author_label": ["赵强", None, "钱芳", "钱芳"],
            "occurred_on": ["2026-03-01", "2026-03-02", "2026-03-03", None],
            "valence": [1, -1, 2, None],
            "months": [6, 6, 6, 6],
        }
    )
    table = Incidents.from_frame(log[log["author"].notna()])
    again = Incidents.from_frame(table.frame)
    assert again.labels == table.labels == {"e1": "王伟", "e2": "李娜", "e3": "张敏"}
    assert again.author_labels == table.author_labels == {"m1": "赵强", "m2": "钱芳"}
    plain = Incidents.from_frame(log.drop(columns=["ratee_label", "author_label", "months"]).iloc[:3])
    assert not [c for c in plain.frame if c.endswith("_label")]
    unknown = Incidents.from_frame(log.drop(columns="months").iloc[:3]).frame
    assert unknown["author_label"].fillna("–").tolist() == ["赵强", "–", "钱芳"]

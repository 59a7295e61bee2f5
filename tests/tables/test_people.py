from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from rankkit.errors import PeopleError
from rankkit.tables.people import People


def _frame(**changes: Any) -> pd.DataFrame:
    return pd.DataFrame({"person": ["b", "a"], "label": ["李", "王"], "unit": ["X", "Y"]}).assign(**changes)


def _problems(frame: Any, **settings: Any) -> list[tuple[str, int | None]]:
    with pytest.raises(PeopleError) as caught:
        People.from_frame(frame, **settings)
    return [(p.code, p.row) for p in caught.value.items]


def test_people() -> None:
    people = People.from_frame(_frame(hire_date=pd.to_datetime(["2020-01-01", "2021-01-01"])))
    assert people.ids == ("a", "b")
    assert people.labels == {"a": "王", "b": "李"}
    assert people.frame["unit"].to_dict() == {"a": "Y", "b": "X"}
    assert people.frame["hire_date"].dt.year.tolist() == [2021, 2020]
    assert (len(people), repr(people)) == (2, "<People: 2 people; label, unit, hire_date>")


@pytest.mark.parametrize("missing", [None, "", float("nan"), " "])
def test_people_without_a_name_go_by_their_id(missing: object) -> None:
    assert People.from_frame(_frame(label=["李", missing])).labels == {"a": "a", "b": "李"}
    assert People.from_frame(_frame(label=missing)).labels == {"a": "a", "b": "b"}


def test_units_read_as_text() -> None:
    assert People.from_frame(_frame(unit=[1.0, None])).frame["unit"].loc["b"] == "1"


@pytest.mark.parametrize(
    ("frame", "problems"),
    [
        (pd.DataFrame(), [("E-EMPTY", None)]),
        (pd.DataFrame({"person": []}), [("E-HEADERONLY", None)]),
        (pd.DataFrame({"who": ["a"]}), [("E-COLS", None)]),
        (_frame(person=["a", None]), [("E-BLANK", 3)]),
        (_frame(person=["a", "a"]), [("E-DUPPERSON", 3)]),
        (_frame(person=["007", "7"]), [("E-ID", 3)]),
        (_frame(person=["1.0", "b"]), [("E-FLOATID", 2)]),
    ],
)
def test_problems(frame: pd.DataFrame, problems: list[tuple[str, int | None]]) -> None:
    assert _problems(frame) == problems


def test_two_spellings_of_one_person_are_both_shown() -> None:
    with pytest.raises(PeopleError, match="Ａ / A is listed twice"):
        People.from_frame(_frame(person=["Ａ", "A"]))


@pytest.mark.parametrize(
    "name",
    ["gender", "Gender", "GENDER ", "ＧＥＮＤＥＲ", "Date of Birth", "date-of-birth", "Ethnic.Group", "性别", "性別", "年龄", "政治面貌"],
)
def test_protected_attributes_do_not_get_in(name: str) -> None:
    assert _problems(_frame(**{name: "x"})) == [("E-ATTR", None)]


def test_protected_attributes_do_not_get_in_under_another_name() -> None:
    assert _problems(_frame(g="x"), columns={"gender": "g"}) == [("E-ATTR", None)]
    assert _problems(_frame(sex="x"), columns={"unit_2": "sex"}) == [("E-ATTR", None)]
    assert len(People.from_frame(_frame(language="x", stage="y", sextant="z"))) == 2


def test_nothing_can_change_it() -> None:
    frame = _frame()
    people = People.from_frame(frame)
    frame.loc[:, "unit"] = "Z"
    returned = people.frame
    returned.loc["a", "unit"] = "Z"
    assert people.frame["unit"].to_dict() == {"a": "Y", "b": "X"}

"""Proposals: rules of the grades hold on, ranges have room, what is wrong is listed, and what it says in Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from rankkit import ForcedDistribution, People, Result
from rankkit.calibration import propose
from rankkit.errors import SettingsError, use_language
from rankkit.kernels.covariance import Dense
from tests.methods.test_forced_distribution import scored

if TYPE_CHECKING:
    from pathlib import Path

CURVE = {"A": 0.2, "B": 0.7, "C": 0.1}
TWENTY = np.arange(20, 0, -1, dtype=float)


def graded(values: Any = TWENTY, **settings: Any) -> Any:
    return ForcedDistribution(**({"shares": CURVE} | settings)).fit(scored(values, se=1.0))


def people_of(result: Result, units: Any) -> People:
    return People.from_frame(pd.DataFrame({"person": result.people, "unit": units}))


def test_what_was_decided_when_grading_stays_decided() -> None:
    """A proposal that knows only scores undoes an appeal that was upheld."""
    rules = {"locks": {"p019": ("A", "appeal decided")}, "caps": {"p000": ("B", "sanction")}, "floors": {"p018": ("B", "target met")}}
    found = propose(graded(**rules))
    assert found.moves.empty
    assert found.grades.loc[["p019", "p000", "p018"], "grade"].tolist() == ["A", "B", "B"]
    with pytest.raises(SettingsError) as error:
        propose(graded(**rules), locks={"p019": "B"}, open_grades={"p000": ["A"]})
    assert [item.code for item in error.value.items] == ["E-RULECLASH"] * 2


def test_nobody_moves_where_a_range_has_room() -> None:
    grades = graded(shares={"A": (0.1, 0.3), "B": (0.5, 0.8), "C": (0.05, 0.15)})
    seats = int(grades.quota.loc["A", "seats"])
    found = propose(grades, locks={f"p{seats:03d}": "A"})
    assert found.moves.index.tolist() == [f"p{seats:03d}"]
    assert found.relaxed.empty


def test_grades_of_everybody_are_taken_though_some_have_no_score() -> None:
    values = [*TWENTY[:12], np.nan]
    grades = graded(values)
    found = propose(grades, current=grades.grades["grade"].to_dict())
    assert found.moves.empty
    assert "p012" not in found.grades.index


def test_everything_wrong_is_listed_at_once() -> None:
    grades = graded()
    wrong: dict[str, Any] = {"no_inversion": "company", "multiple": float("nan"), "spare": 1.5, "most_moves": -1, "seconds": 0}
    wrong |= {"locks": {"nobody": "A", "p000": "Z"}, "ranges": {"north": {"A": (5, 2)}, "south": {"A": 3}}}
    with pytest.raises(SettingsError) as error:
        propose(grades, **wrong)
    said = str(error.value)
    for word in ("no_inversion", "multiple", "spare", "most_moves", "seconds", "nobody", "Z", "north", "(5, 2)"):
        assert word in said
    for settings in ({"open_grades": {"p000": []}}, {"open_grades": {"p000": ["A", "C"]}}, {"locks": {"p0": "A"}}):
        with pytest.raises(SettingsError):
            propose(grades, **settings)  # type: ignore[arg-type]


def test_without_units_it_says_that_no_order_is_kept() -> None:
    assert "I-NOORDER" in {n.code for n in propose(graded()).notes}
    assert "I-NOORDER" not in {n.code for n in propose(graded(), people_of(graded(), "all")).notes}


@pytest.mark.parametrize("order", [np.arange(10), np.arange(10)[::-1], np.array([3, 1, 2, 0, 9, 8, 7, 6, 5, 4])])
def test_of_people_nothing_tells_apart_rows_choose_none(order: Any) -> None:
    values = np.array([5.0, 4, 4, 4, 3, 2, 1, 0, -1, -2])
    found = propose(graded(values[order]))
    tied = found.grades[found.grades["score"] == 4.0]
    assert tied["grade"].isna().all()
    assert set(tied["candidates"]) == {"A / B"}
    assert "W-ALIKE" in {n.code for n in found.notes}
    assert found.grades["grade"].notna().sum() == 7


def test_permuting_rows_and_protected_attributes_changes_nothing() -> None:
    """Attributes have no way in; people in another order, and units of other names, get the same grades."""
    rng = np.random.default_rng(5)
    values = rng.normal(size=24) * 2
    units = np.repeat(["x", "y", "z"], 8)
    first = graded(values)
    current = {p: "ABC"[k] for p, k in zip(first.people, rng.integers(0, 3, 24), strict=True)}
    plain = propose(first, people_of(first, units), current=current).grades["grade"]
    order = rng.permutation(24)
    source = scored(values[order], se=1.0)
    object.__setattr__(source, "covariance", Dense(np.eye(24)))
    again = ForcedDistribution(shares=CURVE).fit(source)
    renamed = {"x": "q", "y": "p", "z": "r"}
    moved = {again.people[k]: current[first.people[i]] for k, i in enumerate(order)}
    other = propose(again, people_of(again, [renamed[u] for u in units[order]]), current=moved).grades["grade"]
    assert other.tolist() == plain.iloc[order].tolist()


def test_it_is_shown_in_both_languages(tmp_path: Path) -> None:
    grades = graded()
    units = ["east", "west"] * 10
    found = propose(grades, people_of(grades, units), ranges={"east": {"A": (9, 9)}}, locks={"p019": "A"})
    assert "Rules that give way" in repr(found)
    assert "unit range" in repr(found)
    page = found.to_report(tmp_path / "p.html", lang="zh").read_text(encoding="utf-8")
    assert "部门人数范围" in page
    assert "unit range" not in page
    assert "需要" in page or "规则只能放宽" in page
    book = pd.read_excel(found.to_excel(tmp_path / "p.xlsx", lang="zh"), sheet_name=None, engine="calamine")
    assert set(book["放宽的规则"]["规则"]) <= {"部门人数范围", "名额"}
    assert "建议等级" in book["全部人员"].columns
    use_language("zh")
    try:
        assert "提交委员会的方案" in repr(found)
        assert "名额" in found._repr_html_() or "部门人数范围" in found._repr_html_()
    finally:
        use_language("en")
    with pytest.raises(SettingsError):
        found.to_report(tmp_path / "x.html", lang="fr")  # type: ignore[arg-type]

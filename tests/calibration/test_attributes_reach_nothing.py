"""Protected attributes reach no score, no quota and no move: by type, by name of column, and by what is kept."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pandas as pd
import pytest

import rankkit as rk
from rankkit import calibration, methods, simulate
from rankkit.errors import PeopleError, RankkitError, SettingsError

SOURCE = Path(rk.__file__).parent
ALLOWED = (  # describe, and change nothing
    "bias/",
    "tables/attributes.py",
    "tables/reading.py",
    "simulate/",
    "calibration/adverse_impact/",
    "calibration/sessions/session_record.py",
    "calibration/sessions/session_impact.py",
    "calibration/sessions/session_statistics.py",
    "calibration/appeals/appeal_record.py",
    "calibration/appeals/appeal_statistics.py",
    "report/session_",
)


def takes_attributes(path: Path) -> list[str]:
    """Functions of a file with a parameter that may be Attributes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    out = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            if any(a.annotation is not None and "Attributes" in ast.unparse(a.annotation).replace("'", "").split(" | ") for a in arguments):
                out.append(node.name)
    return out


def test_only_descriptions_take_them() -> None:
    found = {str(p.relative_to(SOURCE)): takes_attributes(p) for p in SOURCE.rglob("*.py")}
    found = {name: functions for name, functions in found.items() if functions}
    assert any(name.startswith("calibration/adverse_impact/") for name in found)
    assert not [name for name in found if not name.startswith(ALLOWED)], "a place that scores, grades or moves must not take them"


def test_no_method_and_no_proposal_takes_them() -> None:
    for name in methods.HOME:
        signature = inspect.signature(methods.named(name).fit)
        assert not any("Attributes" in str(p.annotation) for p in signature.parameters.values()), name
    assert not any("Attributes" in str(p.annotation) for p in inspect.signature(calibration.propose).parameters.values())


def test_given_all_the_same_they_are_refused() -> None:
    table = simulate.ratings(30, 6, seed=3).table
    scores = rk.GraphicRatingScale().fit(table)
    some = rk.Attributes.from_frame(pd.DataFrame({"person": list(scores.people), "attribute": "gender", "value": ["f", "m"] * 15}))
    graded = rk.ForcedDistribution(shares={"A": 0.2, "B": 0.6, "C": 0.2}, ties="up").fit(scores)
    with pytest.raises(PeopleError, match="Attributes"):
        rk.GraphicRatingScale().fit(table, people=some)  # type: ignore[arg-type]
    with pytest.raises(PeopleError, match="Attributes"):
        rk.ForcedDistribution(scope="unit").fit(scores, people=some)  # type: ignore[arg-type]
    with pytest.raises(RankkitError):
        calibration.propose(graded, some)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="Attributes"):
        calibration.impact(graded, some.frame)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["gender", "Gender", "sex", "性别", "民族", "date of birth", "年龄"])
def test_people_do_not_hold_them(name: str) -> None:
    with pytest.raises(PeopleError, match="protected"):
        rk.People.from_frame(pd.DataFrame({"person": ["1", "2"], name: ["a", "b"]}))


def test_they_are_in_no_file_of_the_grades(tmp_path: Path) -> None:
    scores = rk.GraphicRatingScale().fit(simulate.ratings(30, 6, seed=3).table)
    graded = rk.ForcedDistribution(shares={"A": 0.2, "B": 0.6, "C": 0.2}, ties="up").fit(scores)
    some = rk.Attributes.from_frame(pd.DataFrame({"person": list(scores.people), "attribute": "faith", "value": ["north", "south"] * 15}))
    before = graded.to_json()
    calibration.impact(graded, some)
    calibration.score_gaps(scores, some)
    assert graded.to_json() == before
    graded.to_report(tmp_path / "r.html")
    assert "faith" not in (tmp_path / "r.html").read_text(encoding="utf-8")

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from rankkit.archive import dumps, loads
from rankkit.findings import COLUMNS, Finding, as_frame


def _finding(**changes: Any) -> Finding:
    given = {
        "code": "W-SEVERE",
        "level": "review",
        "unit_kind": "rater",
        "unit_id": "r1",
        "message": "severe",
        "what_it_could_also_be": "a weak team",
    }
    return Finding(**{**given, **changes})


@pytest.mark.parametrize("alternative", ["", "  ", "\n"])
def test_a_finding_says_what_else_it_could_be(alternative: str) -> None:
    with pytest.raises(ValueError, match="W-SEVERE does not say what else"):
        _finding(what_it_could_also_be=alternative)
    with pytest.raises(TypeError):
        Finding(code="x", level="info", unit_kind="rater", unit_id="r", message="m")  # type: ignore[call-arg]


def test_findings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        _finding().level = "act"  # type: ignore[misc]


def test_as_frame() -> None:
    frame = as_frame([_finding(), _finding(unit_id="r2", estimate=0.5, p=0.01, q=0.02, n=12, design_ok=False)])
    assert tuple(frame.columns) == COLUMNS
    assert frame["unit_id"].tolist() == ["r1", "r2"]
    assert np.isnan(frame["estimate"].iloc[0])
    assert frame["n"].tolist() == [0, 12]
    assert frame["design_ok"].tolist() == [True, False]
    empty = as_frame([])
    assert tuple(empty.columns) == COLUMNS
    assert (empty.dtypes == frame.dtypes)[["estimate", "se", "p", "q", "n", "design_ok"]].all()


def test_round_trip() -> None:
    finding = _finding(estimate=0.5, se=0.1, ci_low=0.3, ci_high=0.7, effect=1.0, p=0.01, q=0.02, details={"who": ("a", "b")})
    assert loads(dumps(finding)) == finding

"""Judgements of incidents: what is read, and what is refused, all at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit.errors import DataError
from rankkit.tables.incident_judgements import IncidentJudgements

FRAME = pd.DataFrame(
    {
        "incident": ["s1", "s1", "s2", "s2"],
        "judge": ["c1", "c2", "c1", "c2"],
        "judge_role": ["supervisor", "incumbent"] * 2,
        "dimension_chosen": ["care", "none", "speed", "speed"],
        "effectiveness": [6, 5, 2, None],
    }
)


def test_counts_and_placings():
    table = IncidentJudgements.from_frame(FRAME, dimensions=["care", "speed"])
    assert table.counts(["s1", "s2"], ["care", "speed"]).tolist() == [[1, 0, 1], [0, 2, 0]]
    np.testing.assert_array_equal(table.placings(["s2", "s1"], ["c1", "c2"]), [[2, np.nan], [6, 5]])
    assert table.role_of() == {"c1": "supervisor", "c2": "incumbent"}


def test_order_of_rows_decides_nothing():
    one, other = IncidentJudgements.from_frame(FRAME), IncidentJudgements.from_frame(FRAME.iloc[::-1])
    assert one.data_hash() == other.data_hash()
    assert one.where(one.chosen >= 0).data_hash() == one.data_hash()


def test_every_problem_is_listed():
    bad = FRAME.assign(
        incident=["s1", "s1", "s9", "s2"],
        judge=["c1", "c1", "c1", None],
        judge_role=["supervisor", "incumbent", "boss", "incumbent"],
        dimension_chosen=["care", "kindness", "speed", "speed"],
        effectiveness=[8, "x", 2, 3],
    )
    before = bad.copy()
    with pytest.raises(DataError) as caught:
        IncidentJudgements.from_frame(bad, dimensions=["care", "speed"], incidents=["s1", "s2"])
    assert set(caught.value.codes) == {
        "E-UNKNOWNINCIDENT", "E-BLANK", "E-JUDGEROLE", "E-UNKNOWNDIMENSION", "E-RANGE", "E-NUMBER", "E-JUDGEDTWICE", "E-TWOROLES",
    }  # fmt: skip
    pd.testing.assert_frame_equal(bad, before)


@pytest.mark.parametrize("column", ["incident", "judge"])
def test_columns_that_must_be_there(column):
    with pytest.raises(DataError) as caught:
        IncidentJudgements.from_frame(FRAME.drop(columns=column))
    assert caught.value.code == "E-COLS"


def test_a_table_that_says_nothing():
    with pytest.raises(DataError) as caught:
        IncidentJudgements.from_frame(FRAME[["incident", "judge"]].assign(effectiveness=np.nan))
    assert caught.value.codes == ("E-ALLMISSING",)

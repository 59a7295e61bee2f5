"""Curves by unit and hybrids × every check of the contract: the units are made from the scores, so that they move with the people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from rankkit import ForcedDistribution, GraphicRatingScale, People, datasets
from rankkit.kernels.ranking import competition_ranks
from rankkit.testing import check_assessment, checks


@dataclass(frozen=True, kw_only=True)
class ByStanding(ForcedDistribution):
    """People of odd and of even standing are units: they have the same unit whatever they are called."""

    def _estimate(self, table, people, /):
        place = competition_ranks(table.estimate)
        frame = pd.DataFrame({"person": table.people, "unit": np.where(place % 2 == 1, "odd", "even")}, dtype=object)
        return super()._estimate(table, People.from_frame(frame))


RAN = {"unit": 31, "hybrid": 31}


@pytest.mark.parametrize("scope", RAN)
def test_contract(scope):
    assessment = ByStanding(scope=scope, min_unit=2, shares={"A": 0.25, "B": 0.75})
    found = check_assessment(assessment, datasets.load("shrout_fleiss"), through=GraphicRatingScale())
    assert tuple(found["check"]) == checks()
    assert (found["outcome"] == "passed").sum() == RAN[scope], found[found["outcome"] != "passed"]

"""Units within company totals: company ranges, and what equally good units leave to the committee."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from rankkit import ForcedDistribution, People, Result
from tests.methods.test_forced_distribution import scored

ONE_IN_SIX = {"A": Fraction(1, 6), "B": Fraction(5, 6)}
SAME = 1e-9  # the same draws for the same people, whatever their names


def units_of(source, units):
    return People.from_frame(pd.DataFrame({"person": source.people, "unit": list(units)}))


def fitted(values, units, **settings):
    source = scored(values, se=0.3)
    return ForcedDistribution(**({"scope": "hybrid"} | settings)).fit(source, people=units_of(source, units))


def test_ranges_are_those_of_the_company():
    """Three people a unit hold no whole number of .15 to .20; twelve do."""
    shares = {"A": (0.15, 0.2), "B": (0.6, 0.8), "C": (0.05, 0.2)}
    found = fitted(np.arange(12.0), np.repeat(list("abcd"), 3), shares=shares)
    assert found.quota["seats"].tolist() == [2, 8, 2]
    assert found.quota["fewest"].tolist() == [2, 8, 1]
    assert found.quota["most"].tolist() == [2, 9, 2]


@pytest.mark.parametrize("names", list(permutations("abc")))
def test_equally_good_units_share_a_seat_whatever_they_are_called(names):
    """Three units alike, one seat: the alphabet gave it to one of them."""
    values = np.tile([3.0, 2.0, 1.0], 3)
    found = fitted(values, np.repeat(names, 3), shares={"A": Fraction(1, 9), "B": Fraction(8, 9)})
    assert found.grades["candidates"].tolist() == ["A / B", "B", "B"] * 3
    assert found.grades["grade"].isna().tolist() == [True, False, False] * 3
    waiting = found.scores[found.grades["grade"].isna()]
    assert set(waiting["status"]) == {"provisional"}
    assert waiting["status_reason"].str.contains("equally good units").all()
    note = next(n for n in found.notes if n.code == "W-ROUNDINGTIE")
    assert "p000, p003, p006" in note.message("en")
    assert "p000" in note.message("zh")
    assert "W-TIEDCUT" not in set(found.messages["code"])
    best = found.probabilities["A"].to_numpy()[::3]
    np.testing.assert_allclose(best, best[0], atol=SAME)
    np.testing.assert_allclose(found.probabilities.sum(), [1, 8], atol=SAME)
    by_unit = found.unit_quota.xs("A", level="grade")
    assert (by_unit["fewest"] == 0).all()
    assert (by_unit["most"] == 1).all()
    assert found.unit_cuts["score"].isna().all()
    assert Result.from_json(found.to_json()).to_json() == found.to_json()
    again = ForcedDistribution(shares=ONE_IN_SIX).fit(found)
    assert not set(again.messages["code"]) & {"W-ROUNDINGTIE"}


def test_rounding_error_of_a_mean_breaks_no_tie():
    """0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1 in floats: the order of rows would choose the unit."""
    for second in permutations([0.1, 0.2, 0.3]):
        found = fitted([0.1, 0.2, 0.3, *second], "aaabbb", shares=ONE_IN_SIX)
        assert found.grades["grade"].isna().sum() == 2


def test_equally_good_units_with_rules_and_with_equal_scores_inside():
    found = fitted([3.0, 2.0, 1.0] * 2, "aaabbb", shares=ONE_IN_SIX, locks={"p000": "A"})
    assert found.grades.loc["p000", "grade"] == "A"
    both = fitted([3.0, 3.0, 1.0] * 2, "aaabbb", shares=ONE_IN_SIX)
    assert both.grades["candidates"].tolist() == ["A / B", "A / B", "B"] * 2
    capped = fitted([3.0, 2.0, 1.0] * 2, "aaabbb", shares=ONE_IN_SIX, caps={"p000": "B", "p003": "B"})
    assert capped.grades["candidates"].tolist() == ["B", "A / B", "B"] * 2
    np.testing.assert_allclose(capped.probabilities.sum(), [1, 5], atol=SAME)


def test_why_somebody_waits_is_the_same_in_every_unit_that_is_alike():
    """Six people, two of each score: they are tied with each other in every unit, whichever unit has the seat."""
    shares = {"A": 0.2, "B": 0.7, "C": 0.1}
    found = fitted([3.0, 4.0, 5.0] * 8, np.repeat(list("abcd"), 6), shares=shares)
    reasons = found.scores["status_reason"].to_numpy().reshape(4, 6)
    assert (reasons == reasons[0]).all()
    assert (found.grades["candidates"].to_numpy().reshape(4, 6) == found.grades["candidates"].to_numpy()[:6]).all()
    chances = found.probabilities.to_numpy().reshape(4, 6, 3)
    np.testing.assert_allclose(chances, np.broadcast_to(chances[0], chances.shape), atol=0.03)  # each unit has its own draws


def test_better_units_are_no_tie():
    found = fitted([3.0, 2.0, 1.0, 3.1, 2.0, 1.0], "aaabbb", shares=ONE_IN_SIX)
    assert found.grades["grade"].tolist() == ["B", "B", "B", "A", "B", "B"]
    assert list(found.unit_quota.columns) == ["n", "share", "asked", "seats", "used"]

"""Proposals: rules in words, locks, ranges, and that protected attributes are nowhere."""

from __future__ import annotations

import inspect
from dataclasses import replace

import pandas as pd
import pytest

import rankkit as rk
from rankkit import calibration, simulate
from rankkit.errors import InsufficientDataError, SettingsError


@pytest.fixture(scope="module")
def graded() -> rk.methods.ForcedDistributionResult:
    scores = rk.GraphicRatingScale().fit(simulate.ratings(40, 6, dimensions=3, seed=4).table)
    return rk.ForcedDistribution(shares={"A": 0.2, "B": 0.6, "C": 0.2}).fit(scores)


@pytest.fixture(scope="module")
def people(graded: rk.methods.ForcedDistributionResult) -> rk.People:
    units = ["east", "west"] * (len(graded.people) // 2)
    return rk.People.from_frame(pd.DataFrame({"person": list(graded.people), "unit": units}))


def test_nothing_to_change_changes_nothing(graded: rk.methods.ForcedDistributionResult) -> None:
    found = calibration.propose(graded)
    assert found.moves.empty
    assert found.relaxed.empty
    assert (found.grades["grade"].value_counts()[["A", "B", "C"]] == [8, 24, 8]).all()


def test_unit_ranges_are_kept_or_named(graded: rk.methods.ForcedDistributionResult, people: rk.People) -> None:
    found = calibration.propose(graded, people, spare=0)
    counts = pd.crosstab(found.grades["unit"], found.grades["grade"])
    waiting = found.grades[found.grades["grade"].isna()].groupby("unit").size().reindex(counts.index, fill_value=0)
    for name in ("A", "C"):  # of people nothing tells apart the committee chooses
        assert (counts[name] <= 4).all()
        assert (counts[name] + waiting >= 4).all()
    assert found.relaxed.empty
    impossible = calibration.propose(graded, people, spare=0, ranges={"east": {"A": (20, 20)}})
    assert set(impossible.relaxed["rule"]) <= {"quota", "unit range"}
    assert "W-RELAXED" in {n.code for n in impossible.notes}


def test_nobody_clearly_better_is_graded_below(graded: rk.methods.ForcedDistributionResult) -> None:
    rank = graded.grades["score"].rank(ascending=False)
    upside_down = {i: ("C" if r <= 8 else "A" if r > 32 else "B") for i, r in rank.items()}
    free = calibration.propose(graded, current=upside_down, no_inversion="none")
    assert free.moves.empty
    found = calibration.propose(graded, current=upside_down, no_inversion="everybody")
    assert len(found.moves)
    given = found.grades["grade"].map({"A": 0, "B": 1, "C": 2})
    order = given.reindex(rank.sort_values().index).to_numpy()
    assert order[:4].max() <= order[-4:].min()


def test_names_that_do_not_exist_are_refused(graded: rk.methods.ForcedDistributionResult, people: rk.People) -> None:
    one = graded.people[0]
    for wrong in (
        {"locks": {one: "Z"}},
        {"locks": {"nobody": "A"}},
        {"open_grades": {one: ["A", "C"]}},
        {"ranges": {"north": {"A": (0, 1)}}},
        {"unit": "planet"},
    ):
        with pytest.raises(SettingsError):
            calibration.propose(graded, people, **wrong)  # type: ignore[arg-type]


def test_no_uncertainty_no_proposal(graded: rk.methods.ForcedDistributionResult) -> None:
    with pytest.raises(InsufficientDataError):
        calibration.propose(replace(graded, probabilities=None))


def test_protected_attributes_cannot_be_given(graded: rk.methods.ForcedDistributionResult) -> None:
    """Neither the signature nor the table of people has room for them."""
    hints = [str(p.annotation) for p in inspect.signature(calibration.propose).parameters.values()]
    assert not any("Attributes" in h for h in hints)
    with pytest.raises(rk.errors.PeopleError):
        rk.People.from_frame(pd.DataFrame({"person": list(graded.people), "gender": "f"}))

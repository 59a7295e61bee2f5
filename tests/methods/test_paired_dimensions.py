"""PairedComparison on several dimensions: fitted apart, none passed over, and what a common score then means."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit import PairedComparison, People
from rankkit.errors import SettingsError


def judged(m, n=5, seed=0, gap=0.4):
    rng = np.random.default_rng(seed)
    rows = []
    for r in range(m):
        for i in range(n):
            for j in range(i + 1, n):
                w = rng.random()
                rows.append((f"j{r}", f"p{i}", f"p{j}", "left" if w < 1 / (1 + np.exp(-gap * (j - i))) else "right"))
    return pd.DataFrame(rows, columns=["rater", "left", "right", "outcome"])


def codes(found):
    return set(found.messages["code"])


def several():
    parts = [judged(9, seed=s, gap=g).assign(dimension=d) for s, d, g in ((0, "care", 0.3), (1, "speed", 0.6))]
    return pd.concat(parts)


def test_dimensions_are_never_pooled_unasked():
    data = several()
    found = PairedComparison().fit(data)
    assert set(found.scores["status"]) == {"not_scored"}
    assert found.scores["score"].isna().all()
    assert "W-MIXDIM" in codes(found)
    for d in ("care", "speed"):
        alone = PairedComparison().fit(data[data["dimension"] == d])
        np.testing.assert_allclose(found.parts[d].estimate, alone.estimate)
        np.testing.assert_allclose(found.parts[d].scores["se"], alone.scores["se"])


def test_standardised_mean_of_dimensions():
    found = PairedComparison(standardise=True).fit(several())
    expected = np.mean([p.estimate / np.std(p.estimate, ddof=1) for p in found.parts.values()], axis=0)
    np.testing.assert_allclose(found.estimate, expected)
    assert found.unit == "z"
    worst = sum(p.joint_covariance.dense() / np.var(p.estimate, ddof=1) for p in found.parts.values()) / 2
    np.testing.assert_allclose(found.covariance.dense(), worst)  # errors of one judge on both may go together in full


def undecided(outcome, n=1):
    """Care is judged in full; on speed nothing is decided."""
    care = judged(9, gap=0.3).assign(dimension="care")
    return pd.concat([care, care.head(n).assign(dimension="speed", outcome=outcome)])


@pytest.mark.parametrize(("outcome", "ties", "said"), [("skip", "auto", "I-SKIPS"), ("tie", "drop", "I-TIES")])
def test_a_dimension_without_a_decision_is_named_and_not_passed_over(outcome, ties, said):
    found = PairedComparison(ties=ties).fit(undecided(outcome, 4))
    assert "speed" in found.messages.set_index("code").loc["W-NODECISION", "text"]
    assert next(n for n in found.notes if n.code == said).column == "speed"
    assert "4" in found.messages.set_index("code").loc[said, "text"]
    assert list(found.parts) == ["care"]
    assert found.scores["score"].isna().all()  # those of care are not the scores of both
    alone = PairedComparison().fit(judged(9, gap=0.3))
    np.testing.assert_allclose(found.parts["care"].estimate, alone.estimate)
    combined = PairedComparison(ties=ties, standardise=True).fit(undecided(outcome))
    assert combined.unit == "z"
    assert {"W-NODECISION", "I-STANDARDISED", said} <= codes(combined)


def test_a_dimension_of_count_zero_is_named():
    found = PairedComparison().fit(undecided("left").assign(count=lambda f: (f["dimension"] == "care").astype(float)))
    assert "W-NODECISION" in codes(found)
    assert not codes(found) & {"I-SKIPS", "I-TIES"}


def test_chances_come_from_logits_only():
    combined = PairedComparison(standardise=True).fit(several())
    apart = PairedComparison().fit(several())
    for found in (combined, apart):
        with pytest.raises(SettingsError, match="care") as caught:
            found.win_probability("p0", "p1")
        assert caught.value.code == "E-SETTING"
        care = found.parts["care"]
        gap = care.estimate[0] - care.estimate[1]
        assert care.win_probability("p0", "p1") == pytest.approx(1 / (1 + np.exp(-gap)))


def test_the_reason_names_the_dimension_somebody_lacks():
    data = several()
    data = data[(data["dimension"] == "care") | ~data[["left", "right"]].eq("p2").any(axis=1)]
    data = pd.concat([data, data.head(1).assign(left="z", outcome="skip")])
    found = PairedComparison(standardise=True).fit(data)
    assert found.scores.loc["p2", "status"] == "insufficient_data"
    assert found.scores.loc["p2", "status_reason"] == "no decided comparison of this person on speed"
    speed = found.parts["speed"]
    assert speed.reasons[speed.people.index("p2")].code == "S-NODECISION"
    for settings in ({}, {"standardise": True}):
        scores = PairedComparison(**settings).fit(data).scores
        assert scores.loc["z", "status"] == "insufficient_data"  # not compared on any dimension
        assert scores.loc["z", "status_reason"] == "no decided comparison of this person"


@pytest.mark.parametrize("names", [("care", "speed"), ("speed", "care")])
def test_the_basis_of_the_composite_does_not_depend_on_names(names):
    clustered, too_few = judged(9, seed=0, gap=0.3), judged(2, seed=3, gap=0.1)
    data = pd.concat([part.assign(dimension=d) for part, d in zip((clustered, too_few), names, strict=True)])
    found = PairedComparison(standardise=True).fit(data)
    assert {p.se_basis for p in found.parts.values()} == {"judge_cluster", "model"}
    assert found.se_basis == "model"
    assert PairedComparison(standardise=True).fit(several()).se_basis == "judge_cluster"


def test_people_nobody_compared_are_in_the_record():
    people = People.from_frame(pd.DataFrame({"person": ["p0", "new"], "label": ["Ann", "Neu"]}))
    found = PairedComparison().fit(judged(9), people=people)
    assert list(found.record.index) == list(found.people)
    assert found.record.index.name == "ratee"
    assert (found.record.loc["new"] == 0).all()
    np.testing.assert_array_equal(found.record.loc["p0"], PairedComparison().fit(judged(9)).record.loc["p0"])
    parts = PairedComparison().fit(several(), people=people).parts
    assert all("new" in part.record.index for part in parts.values())

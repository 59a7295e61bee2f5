"""Incidents of service work and the simulated building of a scale: two languages of one truth, and the data sets made of it."""

from __future__ import annotations

import pandas as pd
import pytest

from rankkit import datasets, simulate
from rankkit.errors import SettingsError
from rankkit.simulate.incident_texts import DIMENSIONS, expectations, second_dimensions, service_incidents


def test_both_languages_tell_the_same_incidents():
    english, chinese = service_incidents("en"), service_incidents("zh")
    assert len(english) == len(chinese) == 150
    assert [t[:3] for t in english] == [t[:3] for t in chinese]
    assert all(part for t in (*english, *chinese) for part in t[3:])
    assert all(any("\u4e00" <= c <= "\u9fff" for c in "".join(t[3:])) for t in chinese)
    assert len(set(english)) == 150
    assert {t[1] for t in english} == set(DIMENSIONS)
    assert all(1 <= t[2] <= 7 for t in english)


def test_two_dimensions_are_two():
    own = {t[0]: t[1] for t in service_incidents()}
    assert len(second_dimensions()) == 22
    assert all(d in DIMENSIONS and d != own[name] for name, d in second_dimensions().items())


def test_expectations_are_in_their_form():
    assert all("could be expected to" in text for text in expectations("en").values())
    assert all("预期会" in text for text in expectations("zh").values())
    with pytest.raises(SettingsError):
        expectations("fr")


def test_the_data_sets_are_the_simulation():
    made = simulate.retranslation(seed=2026)
    stored = datasets.frame("service_team_retranslation")
    chosen = stored[stored["dimension_chosen"].notna()].drop(columns="effectiveness").reset_index(drop=True)
    placed = stored[stored["effectiveness"].notna()].drop(columns="dimension_chosen").reset_index(drop=True)
    pd.testing.assert_frame_equal(chosen.astype(str), made.retranslation.astype(str), check_dtype=False)
    pd.testing.assert_frame_equal(placed.astype({"effectiveness": float}).astype(str), made.scaling.astype(str), check_dtype=False)
    texts = datasets.frame("service_team_incident_statements").set_index("incident")
    assert texts["text_en"].to_dict() == expectations("en")
    assert texts["text_zh"].to_dict() == expectations("zh")


def test_the_seed_decides_everything_and_the_language_nothing():
    one, other = simulate.retranslation(seed=3), simulate.retranslation(seed=3, lang="zh")
    pd.testing.assert_frame_equal(one.scaling, other.scaling)
    pd.testing.assert_frame_equal(one.truth, other.truth)
    assert not one.scaling.equals(simulate.retranslation(seed=4).scaling)
    assert "SIMULATED" in repr(one)


@pytest.mark.parametrize("settings", [{"n_judges": 1}, {"clear": 1.2}, {"n_shifted": -1}, {"lang": "fr"}])
def test_impossible_settings(settings):
    with pytest.raises(SettingsError):
        simulate.retranslation(**settings)

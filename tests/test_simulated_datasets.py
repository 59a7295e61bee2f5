"""The simulated data sets are what their generators make again, and hold what was planted in them."""

from __future__ import annotations

import pandas as pd
import pytest

from rankkit import datasets, simulate
from rankkit.tables.text_detectors import DETECTORS, SAMPLE, accuracy, measured


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("service_team", lambda: simulate.service_team(seed=2026).table),
        ("service_team_pairs", lambda: simulate.service_team_pairs(seed=2026).table),
    ],
)
def test_simulating_again_gives_the_stored_file(name, made):
    stored, fresh = datasets.frame(name), made().frame
    for column in stored.columns:
        kind = float if column == "score" else str
        assert stored[column].astype(kind).tolist() == fresh[column].astype(kind).tolist()


def test_simulating_the_rankings_again_gives_the_stored_ones():
    stored, fresh = datasets.load("service_team_rankings"), simulate.service_team_rankings(seed=2026).table
    pd.testing.assert_frame_equal(stored.frame, fresh.frame)
    assert stored.data_hash() == fresh.data_hash()
    assert stored.has_picks
    assert set(stored.people) <= set(datasets.load("service_team").people)


def test_service_team_people_match_the_ratings():
    people, ratings = datasets.load("service_team_people"), datasets.load("service_team")
    assert people.frame.astype("str").equals(simulate.service_team_people().frame.astype("str"))
    assert set(ratings.people) == set(people.ids) - {"H1"}
    assert {p: people.labels[p] for p in ratings.people} == dict(ratings.labels)
    superior = datasets.frame("service_team").query("source == 'supervisor'").drop_duplicates("ratee")
    assert dict(zip(superior["ratee"], superior["rater"], strict=True)) == people.frame["manager"].dropna().to_dict()


def test_incidents_are_made_again():
    stored, fresh = datasets.load("service_team_incidents"), simulate.service_team_incidents(seed=2026)
    pd.testing.assert_frame_equal(stored.frame[list(fresh.table.frame)], fresh.table.frame, check_dtype=False)
    assert stored.labels == fresh.table.labels
    assert set(stored.people) <= set(datasets.load("service_team").people)
    english = simulate.service_team_incidents(names="en")
    assert english.planted == fresh.planted
    assert english.table.valence.tolist() == fresh.table.valence.tolist()


def test_narratives_codes_and_pairs_are_made_again():
    fresh = simulate.service_team_narratives(seed=2026).table
    stored = datasets.load("service_team_narratives")
    kept = ["narrative", "ratee", "author", "section", "text"]
    pd.testing.assert_frame_equal(stored.frame[kept], fresh.frame[kept], check_dtype=False)
    whole = stored.with_codes(datasets.load("service_team_codes")).with_comparisons(datasets.load("service_team_text_pairs"))
    pd.testing.assert_frame_equal(whole.codes.frame, fresh.codes.frame, check_dtype=False)
    columns = ["rater", "left", "right", "outcome", "source"]
    pd.testing.assert_frame_equal(whole.comparisons.frame[columns].astype(str), fresh.comparisons.frame[columns].astype(str))


def test_the_printed_precision_and_recall_are_those_of_the_held_out_texts():
    texts = datasets.frame(SAMPLE)
    assert len(texts) >= 120
    assert texts.groupby(["lang", "split"]).size().min() > 30
    held = measured(texts[texts["split"] == "holdout"])
    pd.testing.assert_frame_equal(held.sort_index(), accuracy().sort_index(), check_dtype=False)
    assert set(held.index.get_level_values("detector")) == set(DETECTORS)
    assert (held[["precision_low", "recall_low"]] < 1).all(axis=None)  # nothing is certain on so few

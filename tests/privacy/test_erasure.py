"""Erasing a person, and comments that tell no dates."""

from __future__ import annotations

import pandas as pd
import pytest

import rankkit as rk
from rankkit.errors import DataError
from rankkit.privacy import comments, erase
from rankkit.tables.incidents import Incidents

RATINGS = pd.DataFrame(
    {"rater": ["a", "b", "c", "a"], "ratee": ["b", "c", "a", "c"], "score": [3, 4, 5, 2], "note": ["", "as Ann said", "", "fine"]}
).assign(ratee_label=lambda f: f["ratee"].map({"a": "Ann", "b": "Bob", "c": "Cem"}))


def everything():
    return {
        "ratings": rk.Ratings.from_frame(RATINGS, scale=(1, 5)),
        "comparisons": rk.Comparisons.from_frame(pd.DataFrame({"rater": ["a", "b"], "winner": ["b", "c"], "loser": ["c", "b"]})),
        "rankings": rk.Rankings.from_frame(pd.DataFrame({"rater": ["b"] * 3, "ratee": ["a", "b", "c"], "rank": [1, 2, 3]})),
        "incidents": Incidents.from_frame(
            pd.DataFrame({"ratee": ["a", "b"], "occurred_on": ["2026-01-02", "2026-01-03"], "valence": [1, -1], "author": ["c", "a"]})
        ),
        "people": rk.People.from_frame(pd.DataFrame({"person": ["a", "b", "c"], "manager": [None, "a", "a"]})),
        "attributes": rk.Attributes.from_frame(pd.DataFrame({"person": ["a", "b"], "attribute": "sex", "value": ["f", "m"]})),
    }


def test_nothing_of_the_person_is_left_in_any_table():
    gone = erase("a", everything())
    for name, table in gone.tables.items():
        if table is None:
            continue
        frame = table.frame.reset_index()
        ids = {c for c in frame.columns if c in ("rater", "ratee", "person", "manager", "author", "left", "right")}
        assert not (frame[sorted(ids)].astype(object) == "a").any().any(), name
        assert type(table) is type(everything()[name])
    assert gone.removed["about"].to_dict() == {"ratings": 1, "comparisons": 0, "rankings": 1, "incidents": 1, "people": 1, "attributes": 1}
    assert gone.removed.loc["ratings", ["by", "left", "in_words"]].tolist() == [2, 1, 1]  # somebody must read "as Ann said"
    assert gone.removed.loc["incidents", "by"] == 1
    assert gone.removed.loc["people", "blanked"] == 2
    assert gone.tables["incidents"] is None  # nothing is left of it
    assert gone.tables["ratings"].scale == (1, 5)


def test_what_was_given_is_not_changed_and_strangers_change_nothing():
    before = everything()
    frames = {name: table.frame.copy() for name, table in before.items()}
    erase("a", before)
    for name, table in before.items():
        pd.testing.assert_frame_equal(table.frame, frames[name])
    same = erase("zz", before)
    assert all(same.tables[name] is before[name] for name in before)
    assert same.removed[["about", "by", "blanked"]].to_numpy().sum() == 0
    with pytest.raises(DataError):
        erase("a", {"x": [1, 2]})


def test_comments_below_the_threshold_are_withheld_and_the_rest_is_shuffled():
    texts = [f"comment {k} of 2026-03-0{k + 1}" for k in range(6)]
    assert comments(texts, 4) == []
    shown = comments(texts, 6)
    assert sorted(shown) == [f"comment {k} of …" for k in range(6)]
    assert shown == comments(texts[::-1], 6)  # the order they came in decides nothing
    assert shown != sorted(shown)
    assert comments(["于2026年3月2日", "on 3 March 2026, late", "12.03.2026 ok", " ", "x", "y"], 5, seed=1).count("") == 0

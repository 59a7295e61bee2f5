from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit import bias, simulate
from rankkit.errors import DataError, SettingsError


def made(**settings):
    return simulate.biased_ratings(**{"n_ratees": 60, "n_raters": 5, "dimensions": 2, "incidents": 5} | settings)


def test_what_happened_late_weighs_more():
    sample = made(recency=(0.0, 0.3), seed=1)
    found = bias.recency(sample.table, incidents=sample.incidents)
    row = found.of("recency").loc["late − early"]
    assert row["estimate"] == pytest.approx(0.3, abs=0.12)
    assert (row["level"], row["n"]) == ("review", 60)
    assert row["ci_low"] < row["estimate"] < row["ci_high"]
    assert row["boot_low"] < row["estimate"] < row["boot_high"]
    terms = found.of("recency_terms")
    assert terms.index.tolist() == ["early", "late", "ratio"]
    assert terms.loc["late", "estimate"] - terms.loc["early", "estimate"] == pytest.approx(row["estimate"])
    assert 0 < terms.loc["ratio", "estimate"] <= 1
    assert terms.loc["ratio", "reason"]
    assert found.frame["code"].tolist() == ["F-RECENCY"]
    early = made(recency=(0.4, 0.0), seed=1)
    assert bias.recency(early.table, incidents=early.incidents).frame["code"].tolist() == ["F-PRIMACY"]


def test_the_difference_is_tested_not_the_ratio():
    """Where incidents matter little, the ratio is near one by chance, and its interval says so."""
    sample = made(sd_ratee=0.0, seed=4)
    found = bias.recency(sample.table, incidents=sample.incidents)
    ratio = found.of("recency_terms").loc["ratio"]
    assert ratio["boot_high"] - ratio["boot_low"] > 0.9
    assert not len(found.patterns)


def test_slopes_are_those_of_rated_people_with_and_without_incidents():
    sample = made(n_raters=1, dimensions=1, seed=2)
    found = bias.recency(sample.table, incidents=sample.incidents, split="2026-04-01")
    happened = sample.incidents.frame
    late = happened["occurred_on"] >= pd.Timestamp("2026-04-01")
    score = sample.table.frame.astype({"ratee": str}).set_index("ratee")["score"]
    sums = [happened[at].groupby("ratee")["valence"].sum().reindex(score.index).fillna(0) for at in (~late, late)]
    expected = np.linalg.lstsq(np.column_stack([np.ones(60), *sums]), score.to_numpy(), rcond=None)[0]
    assert found.of("recency_terms").loc["early", "estimate"] == pytest.approx(expected[1])
    assert found.of("recency_terms").loc["late", "estimate"] == pytest.approx(expected[2])


def test_lenient_raters_do_not_matter():
    """One rater a person: raters' levels are taken out."""
    sample = made(n_ratees=90, n_raters=6, raters_per_ratee=1, recency=(0.0, 0.3), seed=3)
    shifted = sample.table.frame
    shifted["score"] += shifted["rater"].astype(str).map({f"r{k}": 2.0 * k for k in range(1, 7)})
    plain, moved = (bias.recency(t, incidents=sample.incidents).of("recency") for t in (sample.table, shifted))
    assert moved["estimate"].iloc[0] == pytest.approx(plain["estimate"].iloc[0], abs=1e-9)


@pytest.mark.parametrize(
    ("settings", "change", "code"),
    [
        ({"n_ratees": 29}, lambda f: f, "E-RECENCYFEW"),
        ({}, lambda f: f.assign(ratee="x" + f["ratee"]), "E-NOINCIDENTS"),
        ({}, lambda f: f[(f["occurred_on"] < "2026-04-01") | (f["ratee"] < "p04")], "E-RECENCYHALF"),
        ({}, lambda f: f.assign(valence=0), "E-NOVARIATION"),
    ],
)
def test_data_that_cannot_answer(settings, change, code):
    sample = made(**settings)
    found = bias.recency(sample.table, incidents=change(sample.incidents.frame))
    assert [(p.code, p.column) for p in found.refused] == [(code, "recency")]
    assert not found.tables


def test_constant_scores_cannot_answer():
    sample = made()
    found = bias.recency(sample.table.frame.assign(score=3), incidents=sample.incidents)
    assert [p.code for p in found.refused] == ["E-NOVARIATION"]


def test_bad_input():
    sample = made()
    with pytest.raises(DataError) as caught:
        bias.recency(sample.table, incidents=sample.incidents.frame.assign(valence=9))
    assert caught.value.code == "E-VALENCE"
    for setting in ({"split": "yesterday"}, {"split": "2020-01-01"}, {"bootstrap": 10}, {"level": 0}, {"review_q": 2}):
        with pytest.raises(SettingsError):
            bias.recency(sample.table, incidents=sample.incidents, **setting)


def test_order_of_rows_and_labels_decide_nothing():
    sample = made(seed=5)
    ratings, happened = sample.table.frame, sample.incidents.frame
    rng = np.random.default_rng(0)
    names = {p: f"y{k}" for p, k in zip(sample.table.people, rng.permutation(99), strict=False)}
    turned = ratings.assign(ratee=ratings["ratee"].map(names)).sample(frac=1, random_state=1)
    moved = happened.assign(ratee=happened["ratee"].map(names)).sample(frac=1, random_state=2)
    one, two = bias.recency(ratings, incidents=happened), bias.recency(turned, incidents=moved)
    for name in ("recency", "recency_terms"):
        pd.testing.assert_frame_equal(one.of(name), two.of(name), rtol=1e-7)

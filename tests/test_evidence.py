"""Evidence behind ratings: the three states, scales, raters compared, what reports and appeals may ask."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit import archive
from rankkit.errors import DataError, RatingsError, SettingsError


def marks(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["rater", "ratee", "dimension", "score"])


def log(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["ratee", "dimension", "valence"]).assign(occurred_on="2026-03-01")


def test_the_three_states() -> None:
    rated = marks(("m", "a", "x", 5), ("m", "b", "x", 4), ("m", "c", "x", 5), ("m", "d", "x", 1), ("m", "e", "x", 3), ("m", "f", "x", 2))
    seen = log(("a", "x", 1), ("b", "x", -1), ("c", "x", -1), ("c", "x", -2), ("d", "x", -1), ("d", "y", 2), ("f", "x", 1), ("f", "x", -1))
    found = rk.evidence_coverage(rated, seen, scale=(1, 5))
    states = found.ratings.set_index("ratee")["state"].to_dict()
    assert states == {"a": "supported", "b": "unsupported", "c": "contradicted", "d": "supported", "f": "supported"}  # e is in the middle
    assert found.share == pytest.approx(3 / 5)
    assert found.raters.loc["m", ["rated", "ends", "supported", "contradicted"]].tolist() == [6, 5, 3, 1]
    assert "I-OTHERDIMENSION" in [n.code for n in found.notes]


def test_one_opposite_more_is_not_a_contradiction_two_are() -> None:
    rated = marks(("m", "a", "x", 5))
    for opposing, state in ((1, "supported"), (2, "supported"), (3, "contradicted")):
        seen = log(("a", "x", 1), *[("a", "x", -1)] * opposing)
        assert rk.evidence_coverage(rated, seen, scale=(1, 5)).ratings["state"].tolist() == [state]


@pytest.mark.parametrize(("scale", "low", "high"), [((1, 5), 2, 4), ((1, 3), 1, 3), ((1, 4), 1, 4), ((1, 7), 2, 6), ((0, 10), 1, 9)])
def test_a_middle_remains_on_every_scale(scale, low, high) -> None:
    rated = marks(("m", "a", "x", scale[0]))
    found = rk.evidence_coverage(rated, log(("a", "x", -1)), scale=scale)
    assert (found.ends["low"][1], found.ends["high"][0]) == (low, high)


def test_a_rating_of_the_whole_is_held_against_every_dimension() -> None:
    rated = pd.DataFrame({"rater": "m", "ratee": ["a", "b"], "score": [5, 1]})
    found = rk.evidence_coverage(rated, log(("a", "x", 1), ("b", "y", -1)), scale=(1, 5))
    assert found.ratings["state"].tolist() == ["supported", "supported"]


def test_period_names_of_dimensions_and_results() -> None:
    rated = rk.Ratings.from_frame(marks(*[("m", p, "care", s) for p, s in zip("abcd", (5, 4, 2, 1), strict=True)]), scale=(1, 5))
    seen = log(*[(p, "小心", 1) for p in "abcd"])
    with pytest.raises(DataError, match="小心") as caught:
        rk.evidence_coverage(rated, seen)
    assert caught.value.code == "E-NODIMENSION"
    named = {"小心": "care"}
    assert rk.evidence_coverage(rated, seen, dimensions=named).share == 0.5
    assert rk.evidence_coverage(rated, seen, dimensions=named, period=("2026-04-01", "2026-12-31")).share == 0.0
    result = rk.GraphicRatingScale(scale=(1, 5)).fit(rated)
    pd.testing.assert_frame_equal(
        rk.evidence_coverage(result, seen, dimensions=named).ratings,
        rk.evidence_coverage(rated, seen, dimensions=named).ratings,
        check_dtype=False,
    )


def test_bad_settings_and_missing_scales() -> None:
    rated, seen = marks(("m", "a", "x", 5)), log(("a", "x", 1))
    with pytest.raises(RatingsError):
        rk.evidence_coverage(rated, seen)
    for bad in ({"ends": 0}, {"needed": 1.5}, {"level": 1}, {"period": ("2026-05-01", "2026-04-01")}, {"period": ("x", "y")}):
        with pytest.raises(SettingsError):
            rk.evidence_coverage(rated, seen, scale=(1, 5), **bad)
    found = rk.evidence_coverage(rated, seen, scale=(1, 5))
    with pytest.raises(SettingsError):
        found.of("nobody")


def test_reports_see_no_rater_and_appeals_what_is_open() -> None:
    rated = marks(("m", "a", "x", 5), ("n", "a", "x", 5), ("m", "a", "y", 1))
    found = rk.evidence_coverage(rated, log(("a", "x", 1), ("a", "y", 2), ("a", "y", 1)), scale=(1, 5))
    assert "rater" not in found.of("a").reset_index().columns
    assert found.of("a").loc["x", ["high", "supported"]].tolist() == [2, 2]
    assert found.appeal("a")["state"].tolist() == ["contradicted"]
    again = archive.loads(archive.dumps(found))
    pd.testing.assert_frame_equal(again.ratings, found.ratings)


@pytest.mark.recovery
def test_raters_alike_are_seldom_flagged_and_one_without_evidence_is() -> None:
    rng = np.random.default_rng(4)
    flagged, found_it, runs = 0, 0, 20
    for _ in range(runs):
        rows, seen = [], []
        for m in range(5):
            for k in range(8):
                who = f"p{m}{k}"
                for d in "wxyz":
                    rows.append((f"m{m}", who, d, float(rng.choice([1, 2, 3, 4, 5]))))
                    seen += [(who, d, 1.0), (who, d, -1.0)] if rng.random() < 0.55 else [(who, d, 0.0)]
        rated, table = marks(*rows), log(*seen)
        flagged += bool(len(rk.evidence_coverage(rated, table, scale=(1, 5)).findings))
        blank = table[~((table["ratee"].str[1] == "0") & (table["valence"] != 0))]
        f = rk.evidence_coverage(rated, blank, scale=(1, 5)).findings
        found_it += "m0" in set(f.loc[f["level"] == "review", "unit_id"])
    assert flagged / runs <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / runs) + 1 / runs  # q < .05 over five raters
    assert found_it / runs > 0.7

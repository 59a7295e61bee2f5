"""Adjusting ratings for raters: never unasked, the raw score beside it, standard errors that know what was taken out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit import GraphicRatingScale
from rankkit.errors import IdentificationError
from tests import oracles_composites as plain
from tests.oracles_composites import drop, frame, panel

EXACT = 1e-10  # the same sums in another order


def test_adjusting_is_refused_unless_every_rater_rates_everyone():
    nested = {(f"m{a % 2}", f"p{a}", "k"): float(a % 5) for a in range(8)}
    for adjust in ("center", "z"):
        with pytest.raises(IdentificationError, match="m0") as caught:
            GraphicRatingScale(adjust=adjust).fit(frame(nested))
        assert "p0" in str(caught.value)
        assert len(GraphicRatingScale(adjust=adjust, assume="equal_teams").fit(frame(nested)).changes) == 8
    GraphicRatingScale(adjust="center").fit(frame(panel()))


def test_a_dimension_rated_for_some_people_only_counts_as_another_team():
    """The rater's mean on it is that of some people; subtracting it would favour the weak."""
    cells = drop(panel(), ("r0", "p0", "k"), ("r0", "p1", "k"))
    with pytest.raises(IdentificationError):
        GraphicRatingScale(adjust="center").fit(frame(cells))
    whole = {k: v for k, v in panel().items() if not (k[0] == "r0" and k[2] == "k")}  # left out for everyone: fair
    assert (GraphicRatingScale(adjust="center").fit(frame(whole)).changes["rank_change"] == 0).all()


def test_centring_is_by_rater_and_dimension_and_keeps_the_raw_score():
    cells = {(f"m{a % 3}", f"p{a}", d): float((a * 7) % 5 + (a % 3) * 2) for a in range(12) for d in "kq"}
    found = GraphicRatingScale(adjust="center", assume="equal_teams").fit(frame(cells))
    w = {"k": 0.5, "q": 0.5}
    expected = plain.composite_scores(plain.centre_by_rater(cells), w, found.people)
    raw = plain.composite_scores(cells, w, found.people)
    np.testing.assert_allclose(found.estimate, [expected[p] for p in found.people], rtol=EXACT)
    changes = found.changes
    np.testing.assert_allclose(changes["raw_score"], [raw[p] for p in changes.index], rtol=EXACT)
    before, after = plain.ranks(raw), plain.ranks(expected)
    assert changes["rank_change"].to_dict() == {p: before[p] - after[p] for p in changes.index}
    assert {"I-ADJUSTED", "I-ASSUMETEAMS"} <= set(found.messages["code"])


def test_centring_changes_nothing_where_everyone_is_rated_by_everyone():
    data = frame(panel(spread=2.0))
    raw, centred = GraphicRatingScale().fit(data), GraphicRatingScale(adjust="center").fit(data)
    np.testing.assert_allclose(centred.estimate, raw.estimate, rtol=EXACT)
    np.testing.assert_allclose(centred.covariance.dense(), raw.covariance.dense(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(centred.df, raw.df, rtol=1e-9)
    for name in raw.parts:
        np.testing.assert_allclose(centred.parts[name].scores["se"], raw.parts[name].scores["se"], rtol=1e-9)


def test_standardising_gives_the_residual_back_what_it_took():
    """z takes a degree of freedom of each rater; in a crossed panel of equal spreads the se is the raw one over the spread."""
    rng = np.random.default_rng(8)
    n, m = 8, 3
    y = rng.normal(size=n)[:, None] + rng.normal(size=m) + 0.7 * rng.normal(size=(n, m))
    y = (y - y.mean(axis=0)) / y.std(axis=0, ddof=1)  # equal spread, so that z only rescales
    cells = {(f"r{b}", f"p{a}", "k"): 10 + 2 * y[a, b] + b for a in range(n) for b in range(m)}
    raw, z = (GraphicRatingScale(adjust=a).fit(frame(cells)) for a in ("none", "z"))
    assert z.difference("p0", "p1").se == pytest.approx(raw.difference("p0", "p1").se / 2, rel=1e-6)
    assert z.unit == "z"


def test_standardising_by_manager_removes_merit_that_lies_between_teams():
    """Half of merit between teams: raw scores follow it, z-scores by manager do not; so nobody gets them unasked."""
    rng = np.random.default_rng(5)
    raw, z = [], []
    for _ in range(20):
        team = rng.normal(size=20) * np.sqrt(0.5)
        merit = np.repeat(team, 8) + rng.normal(size=160) * np.sqrt(0.5)
        score = merit + np.repeat(0.6 * rng.normal(size=20), 8) + 0.7 * rng.normal(size=160)
        data = pd.DataFrame(
            {"rater": np.repeat([f"m{k}" for k in range(20)], 8), "ratee": [f"p{k:03d}" for k in range(160)], "score": score}
        )
        raw.append(np.corrcoef(GraphicRatingScale().fit(data).estimate, merit)[0, 1])
        z.append(np.corrcoef(GraphicRatingScale(adjust="z", assume="equal_teams").fit(data).estimate, merit)[0, 1])
    assert np.mean(raw) == pytest.approx(0.735, abs=0.03)  # simulated elsewhere: .735 and .461
    assert np.mean(z) == pytest.approx(0.461, abs=0.03)


def test_a_rater_without_spread_has_no_z_scores():
    cells = panel(dimensions="k")
    for a in range(6):
        cells["r0", f"p{a}", "k"] = 4.0
    found = GraphicRatingScale(adjust="z").fit(frame(cells))
    assert "W-CONST" in set(found.messages["code"])
    assert (found.n_raters == 3).all()
    only = GraphicRatingScale(adjust="z", assume="equal_teams").fit(
        frame({("c", "x", "k"): 3.0, ("c", "y", "k"): 3.0, ("d", "v", "k"): 1.0, ("d", "w", "k"): 2.0})
    )
    assert "same score" in only.scores.loc["x", "status_reason"]

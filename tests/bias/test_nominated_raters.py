"""Raters whom the ratee chose: leniency that was chosen, and what is left when raters are compared with themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit import bias, simulate


def panel_of(shift_rater, shift_relation, seed=1, n=40):
    """Twenty raters; each person is rated by six, two of whom they chose, lenient ones if these are lenient."""
    rng = np.random.default_rng(seed)
    lenient = np.arange(20) < 8
    rows = []
    for i in range(n):
        chosen = rng.permutation(np.flatnonzero(lenient) if shift_rater else np.arange(20))[:2]
        others = rng.permutation(np.setdiff1d(np.arange(20), chosen))[:4]
        for r in (*chosen, *others):
            score = 3 + rng.normal(0, 0.5) + shift_rater * lenient[r] + shift_relation * (r in chosen)
            rows.append((f"r{r:02d}", f"p{i:02d}", score, "ratee" if r in chosen else "manager", "peer"))
    return pd.DataFrame(rows, columns=["rater", "ratee", "score", "nominated_by", "source"])


def test_choosing_lenient_raters_is_told_from_favour():
    table = bias.nominated_raters(panel_of(0.8, 0.0)).of("nominated_raters")
    assert table.loc["peer: chosen raters", "level"] == "review"
    assert table.loc["peer: same raters", "level"] == ""
    both = bias.nominated_raters(panel_of(0.0, 0.6)).of("nominated_raters")
    assert both["level"].tolist() == ["review", "review"]
    assert (both["ci_low"] < 0.6).all()
    assert (both["ci_high"] > 0.6).all()


def test_raters_who_rate_higher_because_they_rate_better_people_do_not_count():
    frame = panel_of(0.0, 0.0)
    better = frame["ratee"].isin([f"p{k:02d}" for k in range(20)])
    frame["score"] += np.where(better, 2.0, 0.0)
    assert (bias.nominated_raters(frame).of("nominated_raters")["level"] == "").all()


def test_words_for_the_ratee():
    frame = panel_of(0.0, 0.6)
    words = frame.assign(nominated_by=frame["nominated_by"].map({"ratee": "本人", "manager": "主管"}))
    a, b = (bias.nominated_raters(f).of("nominated_raters") for f in (frame, words))
    pd.testing.assert_frame_equal(a, b)


def test_refusals():
    frame = panel_of(0.0, 0.0)
    for lacking in (frame.drop(columns="nominated_by"), frame.assign(nominated_by="manager"), frame.assign(nominated_by=None)):
        assert [p.code for p in bias.nominated_raters(lacking).refused] == ["E-NOTCHOSEN"]
    few = bias.nominated_raters(frame[frame["ratee"] < "p05"]).of("nominated_raters")
    assert few["p"].isna().all()
    assert few["reason"].str.contains("20").all()
    roles = frame.assign(rater=frame["rater"] + frame["nominated_by"].str[0])  # nobody is chosen here and assigned there
    apart = bias.nominated_raters(roles).of("nominated_raters")
    assert np.isnan(apart.loc["peer: same raters", "p"])
    assert apart.loc["peer: chosen raters", "p"] >= 0


def test_the_estimate_is_the_planted_one():
    found = [bias.nominated_raters(simulate.feedback(48, 6, nomination=0.4, seed=s).table).of("nominated_raters") for s in range(12)]
    mean = np.mean([t.loc["peer: same raters", "estimate"] for t in found])
    assert mean == pytest.approx(0.4, abs=0.06)  # 3 se of twelve; scores at 5 take a little away

"""Bombing: distance from the others in units that the form itself has no part in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rankkit import bias


def panel_of(n=30, m=8, seed=0):
    rng = np.random.default_rng(seed)
    return 3 + rng.normal(size=(n, 1)) + 0.5 * rng.normal(size=(n, m))


def frame_of(x):
    i, r = np.nonzero(~np.isnan(x))
    return pd.DataFrame({"ratee": [f"p{k:02d}" for k in i], "rater": [f"r{k}" for k in r], "score": x[i, r]})


def test_the_distance_is_that_of_a_prediction_from_the_others():
    x = panel_of()
    table = bias.bombing(frame_of(x)).of("bombing")
    row = table.loc["r2 → p07"]
    others = np.delete(x[7], 2)
    rest = np.concatenate([np.delete(x, 7, axis=0) - np.delete(x, 7, axis=0).mean(axis=1, keepdims=True)], axis=None)
    ss = (rest**2).sum() + ((others - others.mean()) ** 2).sum()
    df = 29 * 7 + 6
    z = (x[7, 2] - others.mean()) / np.sqrt(ss / df * (1 + 1 / 7))
    assert row["estimate"] == pytest.approx(x[7, 2] - others.mean(), abs=1e-9)
    assert row["effect"] == pytest.approx(z, abs=1e-9)
    assert row["p"] == pytest.approx(2 * stats.t.sf(abs(z), df), abs=1e-9)


def test_a_planted_form_is_found_and_does_not_hide_itself():
    x = panel_of()
    x[4, 1] -= 4
    found = bias.bombing(frame_of(x))
    assert found.of("bombing").query("level == 'review'").index.tolist() == ["r1 → p04"]
    assert [(f.code, f.unit_kind) for f in found.patterns] == [("F-FARBELOW", "pair")]
    x[9, 3] += 4
    assert {f.code for f in bias.bombing(frame_of(x)).patterns} == {"F-FARBELOW", "F-FARABOVE"}


def test_a_rater_who_is_severe_with_everybody_bombs_nobody():
    x = panel_of()
    x[:, 0] -= 2.6
    table = bias.bombing(frame_of(x)).of("bombing")
    assert (table.loc[table["level"] != "", "rater"] == "r0").all()
    assert not (table["level"] == "review").any()


def test_a_toy_with_the_median_of_few_flags_noise():
    """|x − median of others|/(1.4826 MAD) > 3.5 without a floor or a correction, five raters each."""
    toy, ours = [], []
    for seed in range(40):
        x = panel_of(30, 5, seed)
        z = []
        for i in range(30):
            for r in range(5):
                others = np.delete(x[i], r)
                mad = 1.4826 * np.median(np.abs(others - np.median(others)))
                z.append(abs(x[i, r] - np.median(others)) / mad)
        toy.append(np.max(z) > 3.5)
        ours.append((bias.bombing(frame_of(x)).of("bombing")["q"] < 0.05).any())
    assert np.mean(toy) > 0.9
    assert np.mean(ours) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 40)


def test_few_raters():
    assert [p.code for p in bias.bombing(frame_of(panel_of(m=4))).refused] == ["E-FEWRATERSEACH"]
    assert len(bias.bombing(frame_of(panel_of(m=4)), fewest=4).of("bombing")) == 120


def test_everybody_agrees_but_one():
    x = np.full((20, 6), 4.0)
    x[3, 2] = 1
    found = bias.bombing(frame_of(x))
    assert found.of("bombing").query("level == 'review'").index.tolist() == ["r2 → p03"]
    assert [p.code for p in bias.bombing(frame_of(np.full((20, 6), 4.0))).refused] == ["E-NOVARIATION"]

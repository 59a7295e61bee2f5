"""Copying: coincidences against a model in which raters are independent but dimensions are not; halo is no copy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rankkit import bias, simulate


def frame_of(seed=0, **settings):
    made = simulate.ratings(30, 8, **{"dimensions": 5, "sd_halo": 0.4, "sd_residual": 0.5, "seed": seed} | settings)
    return made.table.frame.astype(dict.fromkeys(("rater", "ratee", "dimension"), "str"))


def test_two_raters_who_hand_in_the_same_are_found():
    frame = frame_of().set_index(["rater", "ratee", "dimension"])["score"].sort_index()
    for i in [f"p{k:02d}" for k in range(1, 13)]:
        frame.loc["r2", i] = frame.loc["r5", i].to_numpy()
    found = bias.copying(frame.reset_index())
    assert found.of("copying").query("level == 'review'").index.tolist() == ["r2 = r5"]
    assert [(f.code, f.unit_kind) for f in found.patterns if f.level == "review"] == [("F-COPIED", "pair")]


def test_a_rater_who_pastes_is_found_and_a_flat_one_is_not():
    frame = frame_of().set_index(["rater", "ratee", "dimension"])["score"].sort_index()
    for i in [f"p{k:02d}" for k in range(1, 15)]:
        frame.loc["r3", i] = [3.0, 4.0, 2.0, 3.0, 4.0]
        frame.loc["r6", i] = [4.0] * 5
    found = bias.copying(frame.reset_index())
    assert found.of("copying").query("level == 'review'").index.tolist() == ["r3"]


def test_a_toy_that_multiplies_shares_calls_halo_a_copy():
    """Independent raters with strong impressions: the product of marginal shares expects far fewer identical forms than there are."""
    toy, ours = [], []
    for seed in range(12):
        frame = frame_of(seed, sd_halo=0.9, sd_residual=0.25)
        wide = frame.pivot_table(index=["rater", "ratee"], columns="dimension", values="score")
        shares = [wide[d].value_counts(normalize=True) for d in wide]
        chance = float(np.prod([(s**2).sum() for s in shares]))
        forms = wide.loc["r1"].to_numpy()
        pairs = [(a, b) for a in range(30) for b in range(a)]
        same = sum((forms[a] == forms[b]).all() for a, b in pairs)
        toy.append(stats.binom.sf(same - 1, len(pairs), chance) < 0.05)
        ours.append((bias.copying(frame).of("copying")["q"] < 0.05).any())
    assert np.mean(toy) > 0.9
    assert np.mean(ours) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 12)


def test_refusals_and_blanks():
    frame = frame_of()
    assert [p.code for p in bias.copying(frame[frame["dimension"] < "d3"]).refused] == ["E-DIMENSIONS"]
    assert [p.code for p in bias.copying(frame.assign(score=3)).refused] == ["E-NOVARIATION"]
    few = frame[frame["ratee"].isin(["p01", "p02"])]
    assert [p.code for p in bias.copying(few).refused] == ["E-NOFORMS"]
    holes = frame.assign(score=frame["score"].mask((frame["rater"] == "r1") & (frame["dimension"] == "d1")))
    assert "r1" not in bias.copying(holes).of("copying").index  # no complete form


def test_the_share_has_an_exact_interval():
    row = bias.copying(frame_of()).of("copying").query("identical > 0").iloc[0]
    low = stats.beta.ppf(0.025, row["identical"], row["n"] - row["identical"] + 1)
    assert row["ci_low"] == pytest.approx(low, abs=1e-12)

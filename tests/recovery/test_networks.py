"""Error rates and power of the checks of rater networks on simulated feedback."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit import bias, simulate
from rankkit.bias.panel import panel

pytestmark = pytest.mark.recovery

PERMUTED = {"reciprocity", "cliques"}
ONE_CYCLE = ("reciprocity", "cliques", "nominated_raters", "bombing", "copying")
SMALL = {"n_people": 40, "n_teams": 5, "n_customers": 24, "mean": 3.3}
PLANTED = {
    "reciprocity": {"reciprocity": 0.7},
    "cliques": {"cliques": 1, "clique_lift": 1.5, "mean": 2.8},
    "nominated_raters": {"nomination": 0.4},
    "retaliation": {"retaliation": 1.5},
    "bombing": {"bombs": 1, "bomb": -3.0, "mean": 3.8},
    "copying": {"copies": 1, "dimensions": 6},
}


def fired(name, settings, seeds):
    """Whether any unit has q < .05, a row a data set; all p-values; whether any pair was named."""
    out, p, pairs = [], [], []
    for seed in seeds:
        table = panel(simulate.feedback(**SMALL | settings | ({"cycles": 2} if name == "retaliation" else {}), seed=seed).table)
        found = getattr(bias, name)(table, **({"times": 199, "seed": seed} if name in PERMUTED else {}))
        out.append(bool((found.of(name)["q"] < 0.05).any()))
        p += found.of(name)["p"].dropna().tolist()
        pairs += [bool((found.of("reciprocity_pairs")["q"] < 0.05).any())] if name == "reciprocity" else []
    return np.array(out), np.array(p), np.array(pairs)


def limit(n):
    return 0.05 + 2 * np.sqrt(0.05 * 0.95 / n)


@pytest.mark.parametrize("name", PLANTED)
def test_null_data_seldom_fire_and_planted_effects_are_found(name):
    found, p, pairs = fired(name, {}, range(20))
    assert found.mean() <= limit(20)
    assert (p < 0.05).mean() <= limit(20)
    assert len(pairs) == (20 if name == "reciprocity" else 0)
    assert pairs.sum() <= limit(20) * len(pairs)
    assert fired(name, PLANTED[name], range(100, 106))[0].mean() >= 0.5


def uneven(seed):
    """Peers whose impressions differ in how far they go: half of them three times the others'."""
    made = simulate.feedback(**SMALL, seed=seed)
    frame = made.table.frame.astype(dict.fromkeys(("rater", "ratee", "dimension", "source"), "str"))
    rng = np.random.default_rng(seed)
    wide = {r: 0.9 if rng.random() < 0.5 else 0.1 for r in sorted(set(frame["rater"]))}
    key = frame.groupby(["rater", "ratee"]).ngroup().to_numpy()
    return frame.assign(score=frame["score"] + frame["rater"].map(wide) * rng.standard_normal(key.max() + 1)[key])


def test_raters_of_uneven_precision_are_no_clique():
    found = [(bias.cliques(uneven(seed), times=199).of("cliques")["q"] < 0.05).any() for seed in range(20)]
    assert np.mean(found) <= limit(20)


@pytest.mark.thorough
@pytest.mark.parametrize("name", PLANTED)
def test_a_thousand_null_data_sets(name, capsys):
    found, p, pairs = fired(name, {}, range(10_000, 11_000))
    power = fired(name, PLANTED[name], range(20_000, 20_100))[0].mean()
    with capsys.disabled():
        named = f", pairs {pairs.mean():.3f}" if len(pairs) else ""
        print(f"\n{name}: fires in {found.mean():.3f} of 1 000, single p below .05 {(p < 0.05).mean():.3f}{named}; power {power:.2f}")
    assert found.mean() <= limit(1000)
    assert pairs.sum() <= limit(1000) * len(pairs)

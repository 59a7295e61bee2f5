"""Simulated ratings of a many-facet Rasch model: the truth that is handed back is the truth that made them."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit import simulate
from rankkit.errors import SettingsError


def test_the_same_seed_gives_the_same_ratings():
    a, b = (simulate.rasch_ratings(20, 5, raters_per_ratee=3, seed=4) for _ in range(2))
    assert a.table.frame.equals(b.table.frame)
    assert len(a.table) == 20 * 3 * 3
    assert a.table.scale == (1.0, 5.0)
    assert a.table.frame.groupby("ratee", observed=True)["rater"].nunique().eq(3).all()


def test_measures_are_centred_and_ratings_follow_them():
    made = simulate.rasch_ratings(4000, 4, dimensions=["a", "b"], sd_rater=0.8, thresholds=(-1, 2), lowest=0, mean=0.5, seed=2)
    assert abs(made.raters["effect"].sum()) < 1e-9
    assert made.parameters["thresholds"] == (-1.5, 1.5)
    assert abs(sum(made.parameters["difficulties"])) < 1e-9
    theta = made.truth["score"].to_numpy()
    table = made.table
    psi = np.array([0.0, -1.5, 0.0])
    eta = made.dimensions.to_numpy()[table.ratee, table.dimension] + made.raters["effect"].to_numpy()[table.rater]
    p = np.exp(eta[:, None] * np.arange(3) - psi)
    expected = p @ np.arange(3) / p.sum(axis=1)
    for k in range(4):
        own = table.rater == k
        error = table.score[own].std() / np.sqrt(own.sum())
        assert abs(table.score[own].mean() - expected[own].mean()) < 4 * error
    assert abs(theta.mean() - 0.5) < 4 / np.sqrt(4000)


def test_halo_and_thresholds_of_their_own():
    plain = simulate.rasch_ratings(3000, 2, dimensions=2, seed=1)
    halo = simulate.rasch_ratings(3000, 2, dimensions=2, sd_halo=1.5, seed=1)

    def together(made):
        wide = made.table.frame.pivot_table(index=["ratee", "rater"], columns="dimension", values="score", observed=True)
        return np.corrcoef(wide.to_numpy().T)[0, 1]

    assert together(halo) > together(plain) + 0.1
    own = simulate.rasch_ratings(3000, 2, dimensions=2, sd_threshold=1.0, seed=1).table.frame
    use = own.groupby("rater", observed=True)["score"].value_counts(normalize=True).unstack()
    assert (use.iloc[0] - use.iloc[1]).abs().max() > 0.03


@pytest.mark.parametrize(
    "settings",
    [{"n_ratees": 0}, {"dimensions": 0}, {"raters_per_ratee": 9}, {"sd_halo": -1}, {"thresholds": ()}, {"thresholds": (0, np.inf)}],
)
def test_impossible_settings(settings):
    with pytest.raises(SettingsError):
        simulate.rasch_ratings(**settings)

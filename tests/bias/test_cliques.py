"""Cliques: found again in every permutation; the toy that tests the group it found on the same data fails."""

from __future__ import annotations

import numpy as np
from scipy import stats

from rankkit import bias, simulate
from rankkit.bias.panel import panel
from rankkit.bias.rating_network import network


def toy(table):
    """Detect groups once, then compare residuals inside and outside them on the same data."""
    data = network(panel(table))
    own = data.of(data.layers()[0].at)
    inside = np.zeros(len(own.rater), dtype=bool)
    for members in bias.cliques(table, times=99).of("cliques")["members"]:
        who = [data.who.index(m) for m in members.split(", ")]
        inside |= np.isin(own.rater, who) & np.isin(own.ratee, who)
    return stats.ttest_ind(own.residual[inside], own.residual[~inside], alternative="greater").pvalue


def test_a_toy_that_tests_where_it_searched_rejects_nearly_always_and_we_do_not():
    rejects, ours = [], []
    for seed in range(25):
        table = simulate.feedback(32, 4, peers=7, n_customers=8, seed=seed).table
        rejects.append(toy(table) < 0.05)
        ours.append((bias.cliques(table, times=199, seed=seed).of("cliques")["q"] < 0.05).any())
    assert np.mean(rejects) > 0.95
    assert np.mean(ours) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 25)


def test_reciprocity_alone_is_no_clique():
    found = []
    for seed in range(25):
        table = simulate.feedback(40, 5, peers=7, reciprocity=0.7, n_customers=8, seed=seed).table
        found.append((bias.cliques(table, times=199).of("cliques")["q"] < 0.05).any())
    assert np.mean(found) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 25)


def test_other_sources_tell_which_side_is_favoured():
    made = simulate.feedback(32, 4, cliques=1, clique_size=4, clique_lift=1.6, peers=7, mean=2.5, seed=4)
    found = bias.cliques(made.table)
    row = found.of("cliques").query("level == 'review'").iloc[0]
    assert set(row["members"].split(", ")) == set(made.planted["rater"])
    assert row["lift"] - row["lift_rest"] > 0.8
    assert [f.code for f in found.patterns] == ["F-CLIQUE"]
    only_peers = made.table.where(made.table.source == made.table.sources.index("peer"))
    assert [f.code for f in bias.cliques(only_peers).patterns] == ["F-CLIQUESIDE"]  # half a team: which half cannot be told


def test_one_large_network_is_searched_around_every_person():
    made = simulate.feedback(60, 1, peers=9, nominated=4, cliques=1, clique_size=5, clique_lift=2, sd_residual=0.3, sd_halo=0.3, seed=2)
    table = bias.cliques(made.table, times=199).of("cliques")
    assert table["people"].tolist() == [60]
    assert set(table["members"].iloc[0].split(", ")) == set(made.planted["rater"])
    assert table["level"].tolist() == ["review"]


def test_small_parts_are_not_searched():
    found = bias.cliques(simulate.feedback(12, 3, n_experts=3, seed=1).table, times=99)
    assert {p.code for p in found.refused} == {"E-NOGROUPS"}
    assert "network_dyads" in found.tables

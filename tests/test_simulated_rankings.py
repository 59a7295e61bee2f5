"""Simulated rankings: the picks follow the model they say they follow."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from rankkit import simulate
from rankkit.errors import SettingsError
from rankkit.kernels.rankings.plackett_luce import fit, log_chances
from rankkit.kernels.rankings.ranking_lists import from_matrix
from rankkit.simulate.judged_rankings import Manner, pick_in_turn
from rankkit.tables.ranking_picks import BEST, NOT_KNOWN, RANKED, UNRANKED, WORST

SHARE = 0.02  # some four standard errors of a share of 8 000
SAME = 1e-12


def ranks_of(table):
    """Rater × person."""
    out = np.full((len(table.raters), len(table.people)), np.nan)
    out[table.rater, table.ratee] = table.rank
    return out


def chance(strength, order, first, manner):
    """Probability of an order under alternation without ties, pick by pick."""
    left, total = list(order), 1.0
    for number in range(len(order) - 1):
        side = BEST if manner.top_down or (number % 2 == 0) == (first == BEST) else WORST
        certainty = np.exp(-manner.depth_loss * (number // 2)) * (1 if side == BEST else -manner.worst_scale)
        weight = np.exp(certainty * strength[left])
        total *= weight[0 if side == BEST else -1] / weight.sum()
        left.pop(0 if side == BEST else -1)
    return total


@pytest.mark.parametrize("first", [BEST, WORST])
@pytest.mark.parametrize("manner", [Manner(), Manner(worst_scale=0.6, depth_loss=0.5), Manner(top_down=True)])
def test_every_order_comes_as_often_as_the_model_says(manner, first):
    strength, rng, times = np.array([0.9, 0.2, -0.3, -0.8]), np.random.default_rng(1), 8_000
    seen = {}
    for _ in range(times):
        order = tuple(np.argsort(pick_in_turn(rng, strength, manner, first).rank).tolist())
        seen[order] = seen.get(order, 0) + 1
    expected = {order: chance(strength, order, first, manner) for order in itertools.permutations(range(4))}
    assert sum(expected.values()) == pytest.approx(1)
    for order, p in expected.items():
        assert seen.get(order, 0) / times == pytest.approx(p, abs=SHARE)


def test_two_picked_together_come_as_often_as_in_either_order():
    strength, rng, times = np.array([0.9, 0.2, -0.3, -0.8]), np.random.default_rng(2), 8_000
    seen = np.zeros((4, 4))
    for _ in range(times):
        first = np.flatnonzero(pick_in_turn(rng, strength, Manner(ties=1.0, top_down=True), BEST).pick == 1)
        seen[first[0], first[1]] += 1
    pairs = list(itertools.combinations(range(4), 2))
    ranks = np.array([[1.0 if k in pair else 2.0 for k in range(4)] for pair in pairs])
    for (i, j), p in zip(pairs, np.exp(log_chances(from_matrix(ranks), strength)), strict=True):
        assert seen[i, j] / times == pytest.approx(p, abs=SHARE)


def test_complete_lists_have_one_person_placed_without_a_choice():
    t = simulate.rankings(9, raters=40, first_end="random", seed=3).table
    assert (ranks_of(t) > 0).all()
    assert np.bincount(t.rater, weights=t.forced).tolist() == [1.0] * 40
    assert np.bincount(t.rater, weights=t.pick >= 0).tolist() == [8.0] * 40
    first = pd.Series(t.end[t.pick == 1]).value_counts()
    assert set(first.index) == {BEST, WORST}
    assert first.min() >= 8  # of 40 by lot
    assert "forced" in t.frame
    down = simulate.rankings(9, raters=5, procedure="top_down", seed=3).table
    assert set(down.end[~down.forced]) == {BEST}


def test_partial_lists():
    t = simulate.rankings(10, raters=30, shown=6, most_picks=3, seed=4).table
    assert np.bincount(t.rater).tolist() == [6] * 30
    assert np.bincount(t.ratee, minlength=10).min() > 5
    assert np.bincount(t.rater, weights=t.status == UNRANKED).tolist() == [3.0] * 30
    assert not t.forced.any()
    lists = t.to_lists()
    assert lists.left_over.sum() == 90
    places = lists.place.reshape(30, 6)
    assert (places == [0, 1, 2, 2, 2, 3]).all(), "two best picks and a worst one, the others between"
    one_left = simulate.rankings(4, raters=5, most_picks=3, seed=4).table
    assert one_left.forced.sum() == 5


def test_ties_share_pick_end_and_the_better_rank():
    t = simulate.rankings(12, raters=50, ties=0.3, seed=5).table
    f = t.frame[t.pick >= 0]
    groups = f.groupby(["rater", "pick"], observed=True)
    assert (groups["rank"].max() == groups["rank"].min()).all()
    assert (f.drop_duplicates(["rater", "pick", "end"]).groupby(["rater", "pick"], observed=True).size() == 1).all()
    assert groups.size().max() == 2
    assert 0.2 < (groups.size() == 2).mean() < 0.4
    for _, one in t.frame.groupby("rater", observed=True):
        better = one["rank"].rank(method="min")
        assert (one["rank"] == better).all()


def test_top_down_rankings_give_the_worths_back():
    made = simulate.rankings(10, raters=500, procedure="top_down", sd=1.0, seed=6)
    found = fit(made.table.to_lists())
    se = np.sqrt(np.diag(found.covariance))
    assert (np.abs(found.worth - made.truth["score"].to_numpy()) < 4 * se).all()


def test_own_views_spread_the_lists_of_raters():
    def spread(rater_sd):
        return ranks_of(simulate.rankings(10, raters=200, sd=0, rater_sd=rater_sd, seed=7).table).std(axis=0).mean()

    clear = simulate.rankings(10, raters=200, sd=3.0, seed=7).table
    assert ranks_of(clear).std(axis=0).mean() < 0.7 * spread(0.0)
    assert spread(3.0) == pytest.approx(spread(0.0), rel=0.1)  # nobody is better than anybody in either


@pytest.mark.parametrize(
    "settings",
    [
        {"procedure": "other"}, {"first_end": "middle"}, {"n": 1}, {"raters": 0}, {"sd": -1.0}, {"rater_sd": float("nan")}, {"ties": 1.5},
        {"shown": 1}, {"shown": 13}, {"most_picks": 0}, {"worst_scale": -0.1}, {"depth_loss": float("inf")},
    ],
)  # fmt: skip
def test_impossible_rankings_are_refused(settings):
    with pytest.raises(SettingsError) as caught:
        simulate.rankings(**settings)
    assert caught.value.code == "E-SETTING"


def test_service_team_rankings_are_the_same_people():
    made, team = simulate.service_team_rankings(), simulate.service_team()
    t = made.table
    assert t.raters == tuple(f"L{k}" for k in range(1, 9))
    merit = team.truth["score"].loc[made.truth.index]
    assert made.truth["score"].to_numpy() == pytest.approx((4.0 * (merit - merit.mean())).to_numpy(), abs=SAME)
    assert set(t.status) == {RANKED, NOT_KNOWN}
    assert (t.status == NOT_KNOWN).sum() == 19
    own = simulate.service_team_people().frame["manager"].loc[list(t.people)]
    crossed_out = t.status == NOT_KNOWN
    bosses = own.to_numpy()[t.ratee[crossed_out]]
    assert (bosses != np.array(t.raters)[t.rater[crossed_out]]).all(), "a lead knows the own team"
    assert sorted(t.end[t.pick == 1]) == [BEST] * 4 + [WORST] * 4
    assert t.forced.sum() == 8
    found = fit(t.to_lists())
    assert np.corrcoef(found.worth, made.truth["score"])[0, 1] > 0.9
    assert simulate.service_team_rankings(names="en").table.labels["A06"] == "Wang Wei"

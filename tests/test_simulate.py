"""Simulated judgements: seeds, designs, moments, and the truth that made them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit import simulate
from rankkit.errors import SettingsError

SAME = 1e-12
MOMENT = 0.03  # some four standard errors of a standard deviation from 10 000 draws


def plain(**settings):
    return simulate.ratings(**{"scale": None, "rounded": False, "seed": 7} | settings)


def test_the_same_seed_gives_the_same_data_and_another_seed_does_not():
    plain_ones = (simulate.ratings, simulate.comparisons, simulate.rankings)
    for make in (*plain_ones, simulate.service_team, simulate.service_team_pairs, simulate.service_team_rankings):
        first, again, other = make(seed=3), make(seed=3), make(seed=4)
        pd.testing.assert_frame_equal(first.table.frame, again.table.frame)
        pd.testing.assert_frame_equal(first.truth, again.truth)
        assert not first.table.frame.equals(other.table.frame)


def test_it_says_that_it_is_simulated():
    made = simulate.ratings(5, 2)
    assert "SIMULATED" in repr(made)
    assert "SIMULATED" in made._repr_html_()
    assert "simulated" in made.table.source_name
    assert made.parameters["seed"] == 0


def test_without_noise_the_score_is_the_truth_plus_leniency():
    made = plain(n_ratees=9, n_raters=3, dimensions=["a", "b"], sd_ratee_dimension=0.5, sd_halo=0, sd_residual=0)
    f = made.table.frame.astype(dict.fromkeys(("rater", "ratee", "dimension"), "str"))
    truth = np.array([made.dimensions.loc[i, d] for i, d in zip(f["ratee"], f["dimension"], strict=True)])
    assert f["score"].to_numpy() - truth == pytest.approx(made.raters["effect"].loc[f["rater"]].to_numpy(), abs=SAME)
    assert made.truth["score"].to_numpy() == pytest.approx(made.dimensions.mean(axis=1).to_numpy(), abs=SAME)


@pytest.mark.parametrize("name", ["sd_ratee", "sd_rater", "sd_halo", "sd_ratee_dimension", "sd_rater_dimension", "sd_residual"])
def test_each_standard_deviation_moves_its_own_effect(name):
    sds = dict.fromkeys(["sd_ratee", "sd_rater", "sd_halo", "sd_ratee_dimension", "sd_rater_dimension", "sd_residual"], 0.0)
    shape = {"sd_rater": (2, 10_000), "sd_rater_dimension": (2, 5000)}.get(name, (10_000, 2))
    made = plain(n_ratees=shape[0], n_raters=shape[1], dimensions=2, **(sds | {name: 1.0}))
    y = np.empty((*shape, 2))
    t = made.table
    y[t.ratee, t.rater, t.dimension] = t.score
    depends_on = {
        "sd_ratee": (0,),
        "sd_rater": (1,),
        "sd_halo": (0, 1),
        "sd_ratee_dimension": (0, 2),
        "sd_rater_dimension": (1, 2),
        "sd_residual": (0, 1, 2),
    }[name]
    for axis in range(3):
        assert (np.ptp(y, axis=axis).max() > SAME) == (axis in depends_on)
    draws = y[tuple(slice(None) if axis in depends_on else 0 for axis in range(3))]
    assert draws.std() == pytest.approx(1, abs=MOMENT)


def test_variance_components_of_the_whole_model():
    made = plain(n_ratees=4000, n_raters=40, sd_ratee=0.6, sd_rater=0, sd_halo=0.3, sd_residual=0.4, mean=3.0)
    y = made.table.score.reshape(4000, 40)
    within = y.var(axis=1, ddof=1).mean()
    assert within == pytest.approx(0.3**2 + 0.4**2, rel=MOMENT)
    assert y.mean(axis=1).var(ddof=1) - within / 40 == pytest.approx(0.6**2, rel=0.1)  # 4 se of a variance from 4 000
    assert np.corrcoef(y.mean(axis=1), made.truth["score"])[0, 1] > 0.98  # reliability of 40 raters is .983


def test_rounded_scores_are_whole_and_on_the_scale():
    made = simulate.ratings(200, 5, sd_ratee=2, scale=(1, 7), seed=1)
    assert set(made.table.score) == set(range(1, 8))
    assert made.table.scale == (1, 7)
    loose = simulate.ratings(200, 5, sd_ratee=2, scale=(1, 7), rounded=False, seed=1).table.score
    assert loose.min() == 1
    assert loose.max() == 7
    assert (loose % 1 != 0).any()


@pytest.mark.parametrize(("n_raters", "per"), [(6, 4), (50, 3), (400, 2)])
def test_partial_panels_hold_different_raters(n_raters, per):
    t = plain(n_ratees=500, n_raters=n_raters, design="partial", raters_per_ratee=per).table
    assert len(t) == 500 * per
    assert len(set(zip(t.ratee, t.rater, strict=True))) == len(t)
    assert len(t.raters) > 0.9 * n_raters


def test_nested_teams_share_no_rater_and_share_the_variance_asked_for():
    made = plain(n_ratees=20_000, n_raters=4000, design="nested", raters_per_ratee=2, sd_ratee=1.0, team_share=0.4)
    team = made.truth["team"].to_numpy()
    t = made.table
    assert len(set(zip(t.rater, team[t.ratee], strict=True))) == len(t.raters)
    truth = made.truth["score"]
    within = truth.groupby(team).var(ddof=1).mean()
    assert within == pytest.approx(0.6, abs=MOMENT)
    assert truth.var() - within == pytest.approx(0.4, abs=3 * MOMENT)  # only 2 000 teams


@pytest.mark.parametrize(
    "settings",
    [
        {"design": "other"}, {"n_ratees": 0}, {"sd_rater": -1}, {"raters_per_ratee": 3}, {"team_share": 2}, {"scale": (5, 1)},
        {"design": "nested", "n_raters": 5, "raters_per_ratee": 2}, {"design": "partial", "raters_per_ratee": 99}, {"dimensions": []},
        {"sd_halo": float("nan")},
    ],
)  # fmt: skip
def test_impossible_ratings_are_refused(settings):
    with pytest.raises(SettingsError) as caught:
        simulate.ratings(**settings)
    assert caught.value.code == "E-SETTING"


@pytest.mark.parametrize("settings", [{"design": "other"}, {"n": 1}, {"judges": 0}, {"ties": -1}, {"rounds": 0}, {"sd": float("nan")}])
def test_impossible_comparisons_are_refused(settings):
    with pytest.raises(SettingsError) as caught:
        simulate.comparisons(**settings)
    assert caught.value.code == "E-SETTING"


def test_complete_design_has_every_pair_once_a_judge():
    t = simulate.comparisons(7, judges=3, design="complete", ties=0.5).table
    seen = {(j, *sorted(pair)) for j, *pair in zip(t.rater, t.left, t.right, strict=True)}
    assert len(seen) == len(t) == 3 * 21


@pytest.mark.parametrize("design", ["random", "near"])
@pytest.mark.parametrize("n", [10, 11])
def test_rounds_give_everybody_about_the_same_number(design, n):
    t = simulate.comparisons(n, design=design, rounds=200, judges=4).table
    seen = np.bincount(np.r_[t.left, t.right], minlength=n)
    assert seen.sum() == 2 * 200 * (n // 2)
    assert seen.min() >= (200 if n == 10 else 160)  # with an odd n one of eleven sits out by lot: 182, sd 4
    assert np.ptp(np.bincount(t.rater)) <= 1


def test_near_pairs_are_nearer_than_random_ones():
    def gap(design):
        made = simulate.comparisons(40, design=design, rounds=50, seed=2)
        theta = made.truth["score"].to_numpy()
        return np.abs(theta[made.table.left] - theta[made.table.right]).mean()

    assert gap("near") < 0.7 * gap("random")


def test_outcomes_follow_the_model():
    made = simulate.comparisons(40, rounds=5000, ties=0.6, order_effect=0.3, seed=5)
    t, theta = made.table, made.truth["score"].to_numpy()
    d = theta[t.left] - theta[t.right] + 0.3
    total = np.exp(d / 2) + np.exp(-d / 2) + 0.6
    for result, p in ((1, np.exp(d / 2) / total), (-1, np.exp(-d / 2) / total), (0, 0.6 / total)):
        for part in (d < -0.5, np.abs(d) <= 0.5, d > 0.5):
            assert (t.result[part] == result).mean() == pytest.approx(p[part].mean(), abs=0.01)  # 4 se of a share of 20 000


def test_judges_own_views_make_their_comparisons_depend_on_each_other():
    def agreement(judge_sd):
        t = simulate.comparisons(12, judges=2, judge_sd=judge_sd, sd=0, design="complete", seed=9).table
        wins = np.zeros((2, 12))
        np.add.at(wins, (t.rater, np.where(t.result == 1, t.left, t.right)), 1)
        return wins.var(axis=1).mean()

    assert agreement(2.0) > 2 * agreement(0.0)  # own views spread the number of wins of one judge


def test_service_team_is_what_it_says():
    made = simulate.service_team()
    t = made.table
    people = simulate.service_team_people().frame
    assert people["level"].value_counts().to_dict() == {"agent": 60, "lead": 8, "head": 1}
    assert people["label"].value_counts().loc["王伟"] == 2
    assert any("龑" in label for label in people["label"])
    assert people["label"].drop_duplicates().size == len(people) - 1
    assert len(t.people) == 68
    assert len(t.dimensions) == 4
    forms = t.frame.drop_duplicates(["rater", "ratee"]).astype(dict.fromkeys(("rater", "ratee", "source"), "str"))
    per = pd.crosstab(forms["ratee"], forms["source"])
    agents = per[per.index.str.startswith("A")]
    ranges = {"supervisor": (1, 1), "peer": (3, 4), "self": (1, 1), "customer": (2, 3), "expert": (2, 2), "subordinate": (0, 0)}
    for source, limits in ranges.items():
        assert (agents[source].min(), agents[source].max()) == limits
    assert (per.loc[per.index.str.startswith("L"), "subordinate"] == 5).all()
    unit = people["unit"]
    peers = forms[(forms["source"] == "peer") & forms["ratee"].str.startswith("A")]
    assert (unit.loc[peers["rater"]].to_numpy() == unit.loc[peers["ratee"]].to_numpy()).all()
    experts = forms[forms["source"] == "expert"]
    assert (unit.loc[experts["ratee"]].groupby(experts["rater"].to_numpy()).nunique() >= 7).all()
    assert np.corrcoef(t.frame.groupby("ratee", observed=True)["score"].mean(), made.truth["score"].sort_index())[0, 1] > 0.8


def test_service_team_in_pinyin_has_the_same_numbers():
    zh, en = simulate.service_team(), simulate.service_team(names="en")
    assert np.array_equal(zh.table.score, en.table.score)
    assert en.table.labels["A06"] == en.table.labels["A38"] == "Wang Wei"
    assert simulate.service_team_pairs(names="en").table.labels["A01"] == "Wang Yutong"
    for make in (simulate.service_team, simulate.service_team_pairs, simulate.service_team_rankings):
        with pytest.raises(SettingsError):
            make(names="fr")


def test_service_team_pairs_are_the_same_people_and_decidable():
    made, team = simulate.service_team_pairs(), simulate.service_team()
    t = made.table
    assert set(t.people) <= set(team.table.people)
    merit = team.truth["score"].loc[made.truth.index]
    assert made.truth["score"].to_numpy() == pytest.approx((1.8 * (merit - merit.mean())).to_numpy(), abs=SAME)
    assert set(np.bincount(np.r_[t.left, t.right])) == {40}
    won = np.bincount(np.where(t.result == 1, t.left, t.right)[np.abs(t.result) == 1], minlength=24)
    lost = np.bincount(np.where(t.result == 1, t.right, t.left)[np.abs(t.result) == 1], minlength=24)
    assert won.min() > 0
    assert lost.min() > 0
    units = simulate.service_team_people().frame["unit"]
    assert (units.loc[list(t.people)].value_counts() == 3).all()

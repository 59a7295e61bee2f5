"""Tables beside the scores of rankings: what they are tests of, where they hold, and what they leave out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit import AlternationRanking, Rankings, simulate
from rankkit.kernels.rankings.first_end import first_ends
from rankkit.kernels.rankings.partial_concordance import skillings_mack

SCALES = ["worst_scale", "depth_loss"]
SAME = 1e-6  # two fits of one model from different starts


@pytest.mark.parametrize("how", [{"worst_scale": 3.0}, {"depth_loss": 0.5}, {"prior": "gaussian", "tau": 0.5}, {"worst_scale": "estimate"}])
def test_tests_of_scales_do_not_depend_on_the_scales_of_the_fit(how):
    table = simulate.rankings(8, raters=12, seed=3).table
    plain, other = AlternationRanking().fit(table).tests, AlternationRanking(**how).fit(table).tests
    assert (plain.loc[SCALES, "p"] > 0.01).all()
    columns = ["estimate", "statistic", "p", "likelihood_ratio"]
    np.testing.assert_allclose(other.loc[SCALES, columns], plain.loc[SCALES, columns], rtol=1e-3, atol=SAME)


def test_likelihoods_of_other_events_are_left_out():
    tied = simulate.rankings(6, raters=10, ties=0.4, seed=3).table
    assert list(AlternationRanking(model="plackett_luce", ties="davidson_luce").fit(tied).models.index) == ["plackett_luce"]
    assert list(AlternationRanking(model="plackett_luce").fit(tied).models.index) == ["best_worst", "plackett_luce"]


def test_ties_as_answers_may_have_an_estimate_where_partial_orders_have_none():
    table = simulate.rankings(4, raters=6, ties=0.5, seed=3).table
    assert AlternationRanking().fit(table).existence == "one_sided"
    found = AlternationRanking(model="plackett_luce", ties="davidson_luce").fit(table)
    assert found.existence == "finite"
    assert list(found.models.index) == ["plackett_luce"]
    assert not set(SCALES) & set(found.tests.index)


def test_a_rival_model_that_breaks_down_is_left_out(monkeypatch):
    def breaks(*_, **__):
        raise np.linalg.LinAlgError

    found = AlternationRanking().fit(simulate.rankings(6, raters=10, seed=3).table)
    monkeypatch.setattr("rankkit.kernels.rankings.maxdiff.fit", breaks)
    assert list(found.models.index) == ["best_worst", "plackett_luce"]


def test_no_test_where_the_picks_have_no_maximum_likelihood():
    found = AlternationRanking(prior="gaussian", tau=1.0).fit(simulate.rankings(6, raters=8, seed=3, most_picks=1).table)
    assert found.existence == "one_sided"
    assert not set(SCALES) & set(found.tests.index)
    assert np.isfinite(found.models["loglik"]).all()


@pytest.mark.parametrize("raters", [4, 6, 9])
def test_sets_and_shares_use_the_joint_degrees_of_freedom(raters):
    seen = 0
    for seed in range(6):
        found = AlternationRanking(top=2).fit(simulate.rankings(12, raters=raters, seed=seed).table)
        sets = found.rank_sets(kind="marginal")
        middle = (sets["rank_low"] <= 6.5) & (sets["rank_high"] >= 6.5)
        assert list(found.consensus["grey_zone"]) == list(middle)
        seen += found.joint_df != found.df_difference
    assert seen or raters == 4


def test_no_interval_for_a_concentration_around_an_order_chosen_to_fit():
    noise = AlternationRanking(model="borda").fit(simulate.rankings(6, sd=0, raters=4, seed=1).table).concordance
    assert noise.loc["mallows_theta", "value"] > 0
    assert noise.loc["mallows_theta", ["ci_low", "ci_high", "p"]].isna().all()
    assert "no interval" in noise.loc["mallows_theta", "method"]


def test_beside_the_score_rounding_decides_nothing():
    frame = simulate.rankings(8, raters=5, seed=1, sd=0.5).table.frame
    for model in ("borda", "kemeny"):
        one = AlternationRanking(model=model).fit(Rankings.from_frame(frame)).concordance
        names = {f"r{i}": f"q{(i * 3) % 7}" for i in range(1, 6)}
        renamed = frame.assign(rater=frame["rater"].astype(str).map(names)).sample(frac=1, random_state=2)
        other = AlternationRanking(model=model).fit(Rankings.from_frame(renamed)).concordance
        pd.testing.assert_frame_equal(one, other, rtol=0, atol=SAME)


def test_lists_by_one_rater_are_one_opinion():
    orders = {"r1": "abcdef", "r2": "badcfe"}
    once = pd.concat([pd.DataFrame({"rater": r, "session": "s0", "ratee": list(o), "rank": range(1, 7)}) for r, o in orders.items()])
    again = pd.concat([once.assign(session=f"s{k}") for k in range(10)], ignore_index=True)
    alone, often = (rk.agreement.kendall_w(Rankings.from_frame(f)).set_index("coefficient") for f in (once, again))
    columns = ["value", "ci_low", "ci_high", "p"]
    pd.testing.assert_frame_equal(often[columns], alone[columns])
    assert "20 lists, averaged by rater" in often.loc["kendall_w", "method"]
    beside = AlternationRanking().fit(Rankings.from_frame(again)).concordance
    assert list(beside.columns) == list(often.columns)
    pd.testing.assert_frame_equal(beside.loc[["kendall_w", "mean_spearman", "mean_tau"], columns], often[columns])


def test_an_interval_without_width_is_none():
    found = rk.agreement.kendall_w(Rankings.from_orders({r: list(o) for r, o in zip("123", ("abcd", "bacd", "abdc"), strict=True)}))
    same = Rankings.from_orders({"1": list("abc"), "2": list("bca"), "3": list("cab")})
    circle = rk.agreement.kendall_w(same)
    assert found["ci_low"].notna().any()
    for table in (found, circle):
        both = table["ci_low"].notna()
        assert (table.loc[both, "ci_low"] < table.loc[both, "ci_high"]).all()


def test_what_late_picks_can_and_cannot_tell():
    """Sure raters of differing views look like raters who lose certainty."""
    found = AlternationRanking(judges="model").fit(simulate.rankings(15, raters=30, rater_sd=1.5, seed=1001).table).tests
    assert found.loc["depth_loss", "p"] < 0.05
    assert found.loc["depth_loss", "estimate"] > 0
    assert "differ in their views" in found.loc["depth_loss", "method"]


def test_lists_by_one_rater_that_differ_are_described_not_flagged():
    """Honest raters of people who are nearly equal rank them anew each time."""
    two = simulate.rankings(6, sd=0.3, raters=2, seed=8).table.frame
    own = two.assign(session=two["rater"].astype(str), rater="x")
    other = simulate.rankings(6, sd=0.3, raters=1, seed=9).table.frame.assign(rater="y", session="s")
    found = AlternationRanking(model="borda").fit(Rankings.from_frame(pd.concat([own, other], ignore_index=True)))
    assert np.isfinite(found.raters.loc["x", "repeat_tau"])
    assert not len(found.findings)


def test_gaps_call_for_permutations():
    """Chi-squared of many short lists rejects far too seldom; what is drawn does not depend on the order of the lists."""
    rng = np.random.default_rng(3)
    ranks = np.full((8, 30), np.nan)
    for row in ranks:
        shown = np.sort(rng.permutation(30)[:8])
        row[shown] = np.argsort(np.argsort(0.2 * shown + rng.gumbel(size=8)))
    found = skillings_mack(ranks)
    assert found.method == "permutation"
    assert found.p < found.p_chi2 / 2
    assert skillings_mack(ranks[::-1]).p == found.p


def test_who_was_picked_first_may_be_withdrawn():
    which, pick, end = np.array([0, 0, 0, 1, 1, 2]), np.array([3, 1, 2, 2, 3, 3]), np.array([1, 1, -1, 1, -1, -1])
    assert first_ends(which, pick, end, 4).tolist() == [1, -1, -1, 0]
    made = simulate.rankings(8, raters=10, first_end="random", seed=2).table
    frame = made.frame
    gone = (frame["rater"].astype(str) == "r1") & (frame["pick"] == 1)
    status = frame["status"].astype(object) if "status" in frame else pd.Series("ranked", index=frame.index, dtype=object)
    left = frame.assign(status=status.where(~gone, "withdrawn"))
    for column in ("rank", "pick", "end"):
        left[column] = left[column].astype(object).where(~gone, None)
    whole, without = (AlternationRanking().fit(Rankings.from_frame(f)) for f in (frame, left))
    assert list(without.raters["first_end"]) == list(whole.raters["first_end"])
    assert without.tests.loc["first_end", "method"] == whole.tests.loc["first_end", "method"]

"""PairedComparison: what its standard errors and chances must not claim."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit import PairedComparison, People, archive, datasets, simulate
from rankkit.errors import ConvergenceError


def table(rows, columns=("left", "right", "outcome")):
    return pd.DataFrame(rows, columns=list(columns))


def codes(found):
    return set(found.messages["code"])


def home_and_away():
    return datasets.load("baseball_1987")


def ties_everywhere():
    return simulate.comparisons(n=6, judges=1, ties=0.8, rounds=60, seed=4).table


def test_many_people_with_ties_survive_an_archive():
    n, rng = 2100, np.random.default_rng(1)
    left = np.concatenate([np.arange(n), rng.integers(0, n, 4 * n)])
    right = np.concatenate([(np.arange(n) + 1) % n, rng.integers(0, n, 4 * n)])
    keep = left != right
    frame = pd.DataFrame({"left": left[keep].astype(str), "right": right[keep].astype(str)})
    frame["outcome"] = rng.choice(["left", "right", "tie"], len(frame))
    found = PairedComparison(order_effect=True).fit(frame)
    kept = archive.decode(archive.encode(found.covariance))
    some = np.arange(5)
    np.testing.assert_array_equal(kept.block(some, some), found.covariance.block(some, some))


def test_the_deviance_of_a_model_without_sides_is_of_pairs():
    """Winner and loser are no sides: the same comparisons written either way have one deviance."""
    frame = datasets.load("guilford_vegetables").frame
    won = PairedComparison(link="probit").fit(frame)
    turned = frame.rename(columns={"winner": "right", "loser": "left"}).assign(outcome="right")
    sided = PairedComparison(link="probit").fit(turned)
    assert won.deviance == pytest.approx(sided.deviance)
    assert won.deviance_df == sided.deviance_df == 28


def test_bootstrap_agrees_with_theory_and_knows_no_row_order():
    frame = home_and_away().frame
    plain, drawn = PairedComparison().fit(frame), PairedComparison(bootstrap=2000, seed=1).fit(frame)
    np.testing.assert_allclose(drawn.scores["se"], plain.scores["se"], rtol=0.12)  # few comparisons a pair, 2000 draws
    again = PairedComparison(bootstrap=2000, seed=1).fit(frame.sample(frac=1, random_state=3))
    np.testing.assert_allclose(again.scores["se"], drawn.scores["se"], rtol=1e-9)
    assert drawn.se_basis == "bootstrap"
    assert "I-BOOTSTRAP" in codes(drawn)
    home = PairedComparison(order_effect=True, bootstrap=200).fit(frame)
    exact = PairedComparison(order_effect=True).fit(frame)
    assert home.parameters.loc["order_effect", "se"] == pytest.approx(
        exact.parameters.loc["order_effect", "se"], rel=0.15
    )  # 200 draws know a spread to 5 %
    judged = simulate.comparisons(n=6, judges=12, judge_sd=1.0, rounds=60, seed=2).table
    by_judge = PairedComparison(bootstrap=400).fit(judged)
    np.testing.assert_allclose(
        by_judge.scores["se"], PairedComparison().fit(judged).scores["se"], rtol=0.2
    )  # both estimate the same from 12 judges
    assert "judges" in by_judge.messages["text"].str.cat()


def test_resampling_a_chain_falls_apart_and_says_so():
    rows = [(f"p{i:02d}", f"p{i + 1:02d}", o) for i in range(12) for o in ("left", "right")]
    with pytest.raises(ConvergenceError, match="bootstrap"):
        PairedComparison(bootstrap=100).fit(table(rows))


def test_scores_explained_by_covariates_do_not_pass_for_those_of_people():
    rng, n = np.random.default_rng(3), 8
    x, own = rng.normal(size=n), 0.9 * rng.normal(size=n)
    rows = [(f"j{r}", f"p{i}", f"p{j}") for r in range(12) for i in range(n) for j in range(i + 1, n)]
    frame = table(rows, ("rater", "left", "right"))
    people = People.from_frame(pd.DataFrame({"person": [f"p{i}" for i in range(n)], "x": x}))
    for residual, said in ((0.0, "I-EXPLAINED"), (1.0, "W-NOTEXPLAINED")):
        u = dict(zip([f"p{i}" for i in range(n)], x + residual * own, strict=True))
        chance = 1 / (1 + np.exp(frame["right"].map(u) - frame["left"].map(u)))
        found = PairedComparison(covariates=("x",)).fit(
            frame.assign(outcome=np.where(rng.random(len(frame)) < chance, "left", "right")), people=people
        )
        assert said in codes(found)
        assert set(found.scores["status"]) == {"provisional"}
        assert found.scores["rank_low"].isna().all()


def test_a_gaussian_prior_with_judges_counts_what_it_shrinks_away():
    """Without disagreement among judges the posterior's standard error comes out, not a smaller one (the mean over panels)."""
    ratio = []
    for seed in range(8):
        frame = simulate.comparisons(n=8, judges=12, rounds=36, sd=0.7, seed=seed).table
        by_judge = PairedComparison(penalty="gaussian", prior_sd=0.7).fit(frame)
        model = PairedComparison(penalty="gaussian", prior_sd=0.7, judges="model").fit(frame)
        ratio.append(np.mean(by_judge.scores["se"] / model.scores["se"]))
    assert np.mean(ratio) == pytest.approx(1.0, abs=0.06)  # eight panels of twelve judges


def test_the_bootstrap_by_judge_covers_all_people_together():
    judged = simulate.comparisons(n=16, judges=8, judge_sd=0.8, rounds=40, seed=4).table
    found = PairedComparison(bootstrap=200).fit(judged)
    assert found.joint_covariance is not None
    assert np.linalg.matrix_rank(found.joint_covariance.dense(), tol=1e-8) == 15
    usual = PairedComparison().fit(judged)
    width = [(r.scores["rank_high"] - r.scores["rank_low"]).mean() for r in (found, usual)]
    assert width[0] > 0.7 * width[1]


def test_chances_of_winning_under_rao_and_kuppers_ties_are_those_of_decided_comparisons():
    frame = ties_everywhere().frame
    found = PairedComparison(ties="rao_kupper", judges="model").fit(frame)
    a, b = found.scores.sort_values("rank").index[[0, -1]]
    gap, threshold = found.difference(a, b).difference, found.parameters.loc["log_theta", "estimate"]
    left, right = 1 / (1 + np.exp(threshold - gap)), 1 / (1 + np.exp(threshold + gap))
    assert found.win_probability(a, b) == pytest.approx(left / (left + right))
    matrix = found.pair_matrix()
    assert matrix.loc[a, b] == pytest.approx(found.win_probability(a, b))


def test_an_unknown_kind_of_design_counts_as_adaptive():
    frame = simulate.comparisons(n=10, judges=4, rounds=20, seed=2).table.frame
    found = PairedComparison().fit(frame.assign(design="acj"))
    assert "W-ADAPT" in codes(found)
    assert set(found.scores["status"]) == {"provisional"}
    assert found.growth["reliability"].isna().all()
    assert "W-ADAPT" not in codes(PairedComparison().fit(frame.assign(design="random_regular")))


def test_judges_the_estimates_rely_on_are_named():
    frame = simulate.comparisons(n=6, judges=9, judge_sd=0.5, rounds=60, seed=1).table.frame[["rater", "left", "right", "outcome"]]
    alone = pd.DataFrame(
        [
            {"rater": "j1", "left": "new", "right": p, "outcome": o}
            for p, o in zip(frame["left"].unique()[:2], ("left", "right"), strict=True)
        ]
    )
    found = PairedComparison().fit(pd.concat([frame, alone]))
    note = found.messages.set_index("code")["text"]["W-RELIED"]
    assert "j1" in note
    assert found.se_basis == "model"
    plain = PairedComparison(judges="model").fit(pd.concat([frame, alone]))
    assert (found.scores["se"] >= plain.scores["se"] - 1e-12).all()  # enlarged by how much judges disagree on the whole


def test_a_composite_of_explained_scores_has_no_interval_either():
    one = simulate.comparisons(n=6, judges=9, rounds=40, seed=1).table.frame.drop(columns="dimension")
    people = People.from_frame(pd.DataFrame({"person": sorted({*one["left"], *one["right"]}), "x": [3.0, 1.0, 2.0, 5.0, 4.0, 0.0]}))
    both = pd.concat([one.assign(dimension="care"), one.assign(dimension="speed")])
    found = PairedComparison(covariates=("x",), standardise=True).fit(both, people=people)
    assert found.covariance is None
    assert found.se_basis == "none"
    assert found.scores["score"].notna().all()
    assert found.scores["se"].isna().all()

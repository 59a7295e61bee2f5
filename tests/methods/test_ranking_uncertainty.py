"""What rankings do not say is not printed as if they did: scales, priors and few raters are named for what they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit import AlternationRanking, simulate
from rankkit.errors import ConvergenceError, IdentificationError
from rankkit.kernels.rankings import best_worst
from rankkit.kernels.rankings.choice_newton import FIXED_TAU, centred_inverse
from rankkit.kernels.rankings.picks import top_down


def orders(lists):
    return pd.DataFrame([(r, p, k + 1) for r, order in lists.items() for k, p in enumerate(order)], columns=["rater", "ratee", "rank"])


def said(found):
    return dict(zip(found.messages["code"], found.messages["text"], strict=True))


# a prior in place of an estimate


@pytest.mark.parametrize("m", [3, 6])
def test_a_spread_that_runs_into_its_bounds_is_assumed_and_said_to_be(m):
    found = AlternationRanking().fit(orders({f"r{k}": "abcdef" for k in range(m)}))
    assert found.existence == "one_sided"
    assert found.tau == FIXED_TAU
    assert "is assumed" in said(found)["W-TAUASSUMED"]
    assert found.df_difference == max(m - 1, 3)
    assert found.joint_df == 2 * found.df_difference


def test_a_prior_does_not_hide_that_disagreement_could_not_be_measured():
    found = AlternationRanking().fit(orders({"r1": "abcd", "r2": "abdc", "r3": "acbd", "r4": "abcd"}))
    assert found.tau >= 1
    assert {"I-RANKPRIOR", "W-ONESIDED"} <= set(said(found))
    assert "distances are the prior's" in said(found)["I-RANKPRIOR"]
    given = AlternationRanking(tau=FIXED_TAU).fit(orders({"r1": "abcd", "r2": "abdc", "r3": "acbd", "r4": "abcd"}))
    assert "W-TAUASSUMED" not in said(given)


# scales that run away


@pytest.mark.parametrize(("n", "m", "sd", "seed"), [(8, 10, 1.0, 29), (4, 6, 0.3, 39), (3, 6, 0.3, 35), (4, 4, 2.0, 1)])
def test_a_scale_that_runs_away_or_turns_negative_is_refused(n, m, sd, seed):
    with pytest.raises(IdentificationError, match="runs away") as caught:
        AlternationRanking(worst_scale="estimate").fit(simulate.rankings(n, raters=m, seed=seed, sd=sd).table)
    assert caught.value.codes == ("E-SCALES",)


# what raters and choices bear


def test_raters_on_whom_somebody_depends_are_named():
    found = AlternationRanking().fit(orders({"r1": "abc", "r2": "abc", "r3": "abc", "Zoe": "cba"}))
    assert found.existence == "finite"
    assert "Zoe" in said(found)["W-RELIED"]
    assert "W-ONESIDED" not in said(found)


def test_two_raters_are_provisional():
    found = AlternationRanking().fit(orders({"r1": "abc", "r2": "cab"}))
    assert found.existence == "finite"
    assert set(found.scores["status"]) == {"provisional"}
    assert set(found.scores["status_reason"]) == {"fewer than 3 raters"}


def test_lists_without_a_log_among_lists_with_one_are_counted():
    frame = simulate.rankings(5, raters=6, seed=2).table.frame.astype({"rater": str, "ratee": str}).drop(columns="dimension")
    unlogged = orders({"r0": list(dict.fromkeys(frame["ratee"]))}).assign(status="ranked")
    found = AlternationRanking().fit(pd.concat([unlogged, frame[frame["rater"] != "r1"]]))
    assert found.model == "plackett_luce"
    assert said(found)["I-TOPDOWNSOME"].startswith("1 of 6 lists have no pick log")
    assert "I-TOPDOWN" not in said(found)


def test_ties_as_answers_need_people_left_over_to_stand_last():
    columns = ["rater", "ratee", "rank", "status", "pick", "end"]
    rows = []
    for k, order in enumerate(("abcd", "bacd", "dabc", "cdab")):
        best, *rest, worst = order
        rows += [(f"r{k}", best, 1, "ranked", 1, "best"), (f"r{k}", worst, 4, "ranked", 2, "worst")]
        rows += [(f"r{k}", p, None, "unranked", None, None) for p in rest]
    frame = pd.DataFrame(rows, columns=columns)
    with pytest.raises(IdentificationError) as caught:
        AlternationRanking(model="plackett_luce", ties="davidson_luce").fit(frame)
    assert caught.value.codes == ("E-TIESLEFTOVER",)
    assert "marginal" in str(caught.value)


def test_a_tie_parameter_that_runs_away_is_named():
    frame = pd.DataFrame(
        [
            ("r1", "a", 1),
            ("r1", "b", 1),
            ("r1", "c", 2),
            ("r2", "b", 1),
            ("r2", "c", 1),
            ("r2", "a", 2),
            ("r3", "a", 1),
            ("r3", "c", 1),
            ("r3", "b", 2),
        ],
        columns=["rater", "ratee", "rank"],
    )
    with pytest.raises(IdentificationError) as caught:
        AlternationRanking(model="plackett_luce", ties="davidson_luce").fit(frame)
    assert caught.value.codes == ("E-TIEPARAMETER",)


def test_maxdiff_without_a_whole_stage_is_refused():
    columns = ["rater", "ratee", "rank", "status", "pick", "end"]
    rows = []
    for k, order in enumerate(("abc", "bca", "cab")):
        rows += [(f"r{k}", order[0], 1, "ranked", 1, "best")] + [(f"r{k}", p, None, "unranked", None, None) for p in order[1:]]
    with pytest.raises(IdentificationError) as caught:
        AlternationRanking(model="maxdiff").fit(pd.DataFrame(rows, columns=columns))
    assert caught.value.codes == ("E-MAXDIFFNONE",)


def test_groups_the_choices_of_a_model_do_not_link_are_named():
    rows = [("all", "a", 1, "ranked", 1, "best")] + [("all", p, None, "unranked", None, None) for p in "bcd"]
    for k, (first, last) in enumerate(("ab", "ba", "cd", "dc")):
        rows += [(f"r{k}", first, 1, "ranked", 1, "best"), (f"r{k}", last, 2, "ranked", None, None)]
    frame = pd.DataFrame(rows, columns=["rater", "ratee", "rank", "status", "pick", "end"])
    found = AlternationRanking(model="maxdiff").fit(frame)
    assert said(found)["W-CHOICESAPART"].endswith("a, b | c, d")
    assert "W-ALWAYSABOVE" not in said(found)


# kernels


def test_information_without_an_inverse_is_no_convergence():
    with pytest.raises(ConvergenceError):
        centred_inverse(np.zeros((3, 3)), 3)


@pytest.mark.parametrize("worst", [1.0, None])
def test_a_runaway_is_never_certified(worst):
    picks = top_down(np.zeros(3, int), np.arange(3), np.arange(3.0), np.zeros(1, int), 3, 1)
    with pytest.raises(ConvergenceError):
        best_worst.fit(picks, worst_scale=worst)

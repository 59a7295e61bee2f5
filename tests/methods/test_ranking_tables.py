from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rankkit import AlternationRanking, Rankings
from rankkit.kernels.rankings import best_worst, maxdiff
from rankkit.kernels.rankings.mallows import mallows
from rankkit.kernels.rankings.pick_scales import scale_tests
from tests.oracles_best_worst import drawn_logs, logged, rankings_frame

N = 6


def logs_of(m, seed=0, *, n=N, private=0.7, first_ends=None):
    rng = np.random.default_rng(seed)
    views = np.linspace(1.2, -1.2, n) + private * rng.normal(size=(m, n))
    ends = [1] * m if first_ends is None else first_ends
    return [drawn_logs([view], rng, first_end=end)[0] for view, end in zip(views, ends, strict=True)]


def table_of(m, seed=0, **how):
    return Rankings.from_frame(rankings_frame(logs_of(m, seed, **how), how.get("n", N)))


def test_consensus_sets_counting_beside_the_model():
    found = AlternationRanking(top=2).fit(table_of(9))
    consensus = found.consensus
    assert (consensus["kemeny_low"] <= consensus["kemeny_high"]).all()
    assert (consensus["borda_rank"].astype(int).to_numpy() == stats.rankdata(-consensus["borda"], method="min")).all()
    ranks = rankings_frame(logs_of(9), N).groupby("ratee")["rank"].mean()
    np.testing.assert_allclose(consensus["mean_rank"], ranks.loc[list(found.people)])
    assert consensus["p_top"].sum() == pytest.approx(2, abs=0.01)
    assert consensus["p_bottom"].sum() == pytest.approx(2, abs=0.01)
    sets = found.rank_sets(kind="marginal")
    middle = (sets["rank_low"] <= 3.5) & (sets["rank_high"] >= 3.5)
    assert list(consensus["grey_zone"]) == list(middle)
    assert set(found.grey_zone) == set(middle.index[middle])
    assert list(found.grey_zone) == sorted(found.grey_zone, key=lambda p: -found.scores.loc[p, "score"])
    kernel = mallows(table_of(9).to_lists())
    assert found.concordance.loc["mallows_theta", "value"] == pytest.approx(kernel.theta)
    tau = stats.kendalltau(found.scores["score"], consensus["borda"]).statistic
    assert found.concordance.loc["score_with_borda", "value"] == pytest.approx(tau)


def test_models_and_tests():
    logs = logs_of(12, seed=4)
    found = AlternationRanking().fit(rankings_frame(logs, N))
    picks = logged(logs, N)
    assert list(found.models.index) == ["best_worst", "maxdiff", "plackett_luce"]
    assert found.models["chosen"].to_list() == [True, False, False]
    assert found.models.loc["maxdiff", "loglik"] == pytest.approx(maxdiff.fit(picks).loglik)
    assert (found.models["parameters"] == N - 1).all()
    np.testing.assert_allclose(found.models["aic"], 2 * (N - 1) - 2 * found.models["loglik"])
    kernel = scale_tests(picks, best_worst.fit(picks))
    for name in ("worst_scale", "depth_loss"):
        assert found.tests.loc[name, "p"] == pytest.approx(kernel[name].p)
    assert "first_end" not in found.tests.index
    few = AlternationRanking().fit(table_of(4, seed=3, private=1.5))
    assert not len(few.tests)  # five raters at least


def test_first_end():
    found = AlternationRanking().fit(table_of(10, seed=6, first_ends=[1, -1] * 5))
    assert found.tests.loc["first_end", "method"] == "exact"
    assert 0 < found.tests.loc["first_end", "p"] <= 1
    assert set(found.raters["first_end"]) == {"best", "worst"}


def test_concordance():
    frame = pd.DataFrame([(f"r{r}", p, k) for r, ranks in enumerate([(1, 2.5, 2.5, 4), (1, 2, 3.5, 3.5), (2, 1, 3, 4)])
                          for p, k in zip("abcd", ranks, strict=True)], columns=["rater", "ratee", "rank"])  # fmt: skip
    found = AlternationRanking().fit(frame).concordance
    # failing toy l: chi-squared for three lists, ties ignored (.766667)
    assert found.loc["kendall_w", "value"] == pytest.approx(0.821429, abs=5e-7)
    assert found.loc["kendall_w", "method"] == "exact"
    partial = AlternationRanking().fit(frame[~((frame["rater"] == "r0") & (frame["ratee"] == "b"))]).concordance
    assert "kendall_w" not in partial.index
    assert {"mean_tau", "skillings_mack"} <= set(partial.index)


def test_majorities():
    odd = AlternationRanking().fit(Rankings.from_orders({"1": list("abcd"), "2": list("bcad"), "3": list("cabd")}))
    assert "W-CYCLE" in set(odd.messages["code"])
    assert len(odd.cycles) == 3
    assert (odd.cycles["preferring"] > odd.cycles["against"]).all()
    assert odd.condorcet_winner is None
    clear = AlternationRanking().fit(Rankings.from_orders({"1": list("abc"), "2": list("acb"), "3": list("bac")}))
    assert clear.condorcet_winner == "a"
    assert not len(clear.cycles)


def test_ladder_and_ranks():
    log = [((2,), 1), ((0, 1), -1), ((3,), 1)]
    found = AlternationRanking().fit(pd.concat([rankings_frame([log], 5), rankings_frame(logs_of(3, n=5), 5, raters=["x", "y", "z"])]))
    own = found.ladder[found.ladder["rater"] == "r0"]
    assert own[["pick", "stage", "end", "ratee", "rank", "tied", "shown"]].to_numpy().tolist() == [
        [1, 1, "best", "p2", 1, 1, 5],
        [2, 1, "worst", "p0", 4, 2, 4],
        [2, 1, "worst", "p1", 4, 2, 4],
        [3, 2, "best", "p3", 2, 1, 2],
    ]
    ranks = found.ranks[found.ranks["rater"] == "r0"].set_index("ratee")
    assert ranks["rank"].to_dict() == {"p2": 1, "p3": 2, "p4": 3, "p0": 4, "p1": 4}
    assert ranks.loc["p0", "midrank"] == 4.5


def test_findings_about_raters():
    people = [f"p{k}" for k in range(8)]
    orders = {f"r{k}": people for k in range(6)} | {"odd": people[::-1]}
    found = AlternationRanking().fit(Rankings.from_orders(orders))
    assert list(found.findings["code"]) == ["F-AGAINST"]
    assert found.findings.loc[0, "unit_id"] == "odd"
    assert found.findings.loc[0, "what_it_could_also_be"]
    assert found.raters["review"].to_dict()["odd"]
    twice = pd.concat([Rankings.from_orders({"r0": order}).frame.assign(session=k) for k, order in enumerate((people, people[::-1]))])
    others = Rankings.from_orders({"x": people, "y": people}).frame.assign(session=0)
    again = pd.concat([twice, others])
    repeats = AlternationRanking().fit(again)
    assert repeats.raters.loc["r0", "repeat_tau"] == pytest.approx(-1)
    assert "F-REPEATS" not in set(repeats.findings["code"])  # nearly equal people are ranked anew by chance
    fast = rankings_frame(logs_of(3), N).assign(response_ms=lambda f: np.where(f["rater"] == "r0", 500.0, 6000.0))
    quick = AlternationRanking().fit(fast.astype({"response_ms": object}))
    odd = fast.assign(response_ms="soon")
    assert (AlternationRanking().fit(odd).raters["timed"] == 0).all()
    assert quick.raters["seconds"].to_dict() == {"r0": 0.5, "r1": 6.0, "r2": 6.0}
    assert list(quick.findings["code"]) == ["F-FASTPICKS"]

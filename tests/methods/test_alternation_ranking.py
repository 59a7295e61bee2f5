from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rankkit import AlternationRanking, ForcedDistribution, People, Rankings, compare
from rankkit.elicit.alternation import AlternationSession
from rankkit.errors import IdentificationError, InsufficientDataError, SettingsError
from rankkit.kernels.pairs import judge_clusters
from rankkit.kernels.rankings import best_worst, maxdiff
from rankkit.kernels.rankings.choice_newton import FIXED_TAU
from rankkit.kernels.rankings.picks import top_down
from rankkit.methods.alternation_result import AlternationRankingResult
from tests.oracles_best_worst import drawn_logs, final_order, logged, rankings_frame

EXACT = 1e-9  # the same numbers through two doors
N = 6


def logs_of(m, seed=0, *, n=N, private=0.7, first_ends=None):
    rng = np.random.default_rng(seed)
    views = np.linspace(1.2, -1.2, n) + private * rng.normal(size=(m, n))
    ends = [1] * m if first_ends is None else first_ends
    return [drawn_logs([view], rng, first_end=end)[0] for view, end in zip(views, ends, strict=True)]


def table_of(m, seed=0, **how):
    return Rankings.from_frame(rankings_frame(logs_of(m, seed, **how), how.get("n", N)))


def by_person(result, n=N):
    return result.scores.loc[[f"p{j}" for j in range(n)]]


def test_auto_models_the_picks_where_there_are_any():
    logs = logs_of(9)
    found = AlternationRanking().fit(rankings_frame(logs, N))
    kernel = best_worst.fit(logged(logs, N))
    assert (found.model, found.existence, found.unit, found.se_basis) == ("best_worst", "finite", "logit", "judge_cluster")
    np.testing.assert_allclose(by_person(found)["score"], kernel.worth, atol=EXACT)
    single = judge_clusters.sandwich(kernel.by_rater, lambda x: kernel.covariance @ x, full_rank=False)
    np.testing.assert_allclose(by_person(found)["se"] ** 2, single.covariance(kernel.covariance).diagonal(), atol=EXACT)
    assert found.df_difference == 8
    assert found.loglik == pytest.approx(kernel.loglik)
    assert found.joint_covariance is not None
    assert (found.scores["status"] == "scored").all()
    assert (found.scores["n_obs"] == 9).all()


def test_top_down_on_alternation_data_is_refused_as_a_default_and_marked_as_a_choice():
    # failing toy h: Plackett-Luce from the top, though the picks came from both ends
    table = table_of(9)
    assert AlternationRanking().fit(table).model != "plackett_luce"
    chosen = AlternationRanking(model="plackett_luce").fit(table)
    assert "W-TOPDOWN" in set(chosen.messages["code"])
    logs = logs_of(9)
    orders = np.concatenate([final_order(log, N) for log in logs])
    plain = best_worst.fit(top_down(np.repeat(np.arange(9), N), orders, np.tile(np.arange(1.0, N + 1), 9), np.arange(9), N, 9))
    np.testing.assert_allclose(by_person(chosen)["score"], plain.worth, atol=1e-7)


def test_lists_without_picks_are_read_from_the_top_and_it_is_said():
    frame = rankings_frame(logs_of(9), N)[["rater", "ratee", "rank"]]
    found = AlternationRanking().fit(frame)
    assert found.model == "plackett_luce"
    assert "I-TOPDOWN" in set(found.messages["code"])
    assert np.isnan(found.worst_scale)


def test_one_list_is_ordinal():
    # failing toy g: a standard error from one ranking
    found = AlternationRanking().fit(Rankings.from_orders({"r1": ["a", "b", ["c", "d"]]}))
    assert (found.model, found.unit, found.se_basis, found.covariance) == ("ranks", "ordinal", "none", None)
    assert found.scores["score"].to_dict() == {"a": 87.5, "b": 62.5, "c": 25.0, "d": 25.0}
    assert found.scores["rank"].to_list() == [1, 2, 3, 3]
    assert found.scores["se"].isna().all()
    assert "E-ONE" in set(found.messages["code"])
    assert found.consensus.loc["a", "normal_score"] == pytest.approx(stats.norm.ppf(0.875))
    with pytest.raises(IdentificationError) as caught:
        found.difference("a", "b")
    assert "one ranking" in str(caught.value)
    with pytest.raises(IdentificationError):
        _ = found.grey_zone
    with pytest.raises(IdentificationError) as caught:
        AlternationRanking(model="plackett_luce").fit(Rankings.from_orders({"r1": ["a", "b", "c"]}))
    assert caught.value.codes == ("E-ONE",)
    shrunken = AlternationRanking(model="plackett_luce", prior="gaussian").fit(Rankings.from_orders({"r1": ["a", "b", "c"]}))
    assert (shrunken.scores["status"] == "provisional").all()
    assert shrunken.tau == 1.5


def test_ranks_of_different_teams_are_not_merged():
    # failing toy k: averaging ranks across teams
    teams = {"r1": ["a", "b", "c"], "r2": ["d", "e"], "r3": ["e", "d"]}
    for model in ("auto", "borda", "kemeny"):
        with pytest.raises(IdentificationError) as caught:
            AlternationRanking(model=model).fit(Rankings.from_orders(teams))
        assert caught.value.codes == ("E-OVERLAP",)
        assert "r1 | r2, r3" in str(caught.value)
    linked = AlternationRanking().fit(Rankings.from_orders({**teams, "r4": ["a", "e"]}))
    assert len(linked.estimated_ids) == 5


@pytest.mark.parametrize(("m", "basis", "df"), [(2, "model", np.inf), (5, "judge_cluster", 4), (8, "judge_cluster", 7)])
def test_standard_errors_follow_the_number_of_raters(m, basis, df):
    found = AlternationRanking().fit(table_of(m, seed=3, private=1.5))
    assert found.existence == "finite"
    assert found.se_basis == basis
    assert found.df_difference == df
    codes = set(found.messages["code"])
    assert ("I-JUDGES" in codes) == (m < 3)
    assert ("I-JACKKNIFE" in codes) == (3 <= m < 8)
    assert (found.scores["status"] == ("provisional" if m < 8 else "scored")).all()


def test_the_jackknife_leaves_out_one_rater_at_a_time():
    logs = logs_of(5, seed=3, private=1.5)
    found = AlternationRanking().fit(rankings_frame(logs, N))
    whole = best_worst.fit(logged(logs, N)).worth
    without = [best_worst.fit(logged([log for k, log in enumerate(logs) if k != r], N)).worth for r in range(5)]
    variance = 4 / 5 * np.sum((np.array(without) - whole) ** 2, axis=0)
    np.testing.assert_allclose(by_person(found)["se"] ** 2, variance, rtol=1e-6)


def test_unanimous_raters_get_no_clustered_error():
    frame = pd.concat([rankings_frame([log], N, raters=[f"r{k}"]) for k, log in enumerate([logs_of(1)[0]] * 9)])
    found = AlternationRanking().fit(frame)
    assert found.se_basis == "model"
    assert (found.scores["status"] == "provisional").all()
    assert found.existence == "one_sided"
    assert {"I-RANKPRIOR", "W-ALWAYSABOVE"} <= set(found.messages["code"])
    assert found.tau == FIXED_TAU  # the spread runs away
    with pytest.raises(IdentificationError) as caught:
        AlternationRanking(prior="none").fit(frame)
    assert caught.value.codes == ("E-NORANKML",)
    assert AlternationRanking(tau=0.5).fit(frame).tau == 0.5


def test_maxdiff_and_what_it_cannot_read():
    logs = logs_of(9)
    found = AlternationRanking(model="maxdiff").fit(rankings_frame(logs, N))
    np.testing.assert_allclose(by_person(found)["score"], maxdiff.fit(logged(logs, N)).worth, atol=EXACT)
    tied = [[((0, 1), 1), ((5,), -1)], *logs]
    with pytest.raises(IdentificationError) as caught:
        AlternationRanking(model="maxdiff").fit(rankings_frame(tied, N))
    assert caught.value.codes == ("E-MAXDIFFTIES",)
    lone = [[((0,), 1), ((5,), -1), ((1,), 1)], *logs]
    assert "I-MAXDIFFALONE" in set(AlternationRanking(model="maxdiff").fit(rankings_frame(lone, N)).messages["code"])


def test_models_of_picks_need_picks():
    for model in ("best_worst", "maxdiff"):
        with pytest.raises(IdentificationError) as caught:
            AlternationRanking(model=model).fit(Rankings.from_orders({"r1": ["a", "b"], "r2": ["b", "a"]}))
        assert caught.value.codes == ("E-PICKLOG",)
    mixed = pd.concat(
        [rankings_frame(logs_of(3), N), rankings_frame(logs_of(1, 9), N, raters=["x"]).assign(pick=None, end=None, forced=False)]
    )
    assert AlternationRanking().fit(mixed).model == "plackett_luce"


def test_tie_groups_are_partial_orders():
    logs = [[((0, 1), 1), ((5,), -1), ((2,), 1), ((3, 4), -1)], *logs_of(8)]
    found = AlternationRanking().fit(rankings_frame(logs, N))
    np.testing.assert_allclose(by_person(found)["score"], best_worst.fit(logged(logs, N)).worth, atol=EXACT)
    assert "I-TIEGROUPS" in set(found.messages["code"])
    assert "maxdiff" not in found.models.index
    answers = AlternationRanking(model="plackett_luce", ties="davidson_luce").fit(rankings_frame(logs, N))
    assert "I-TIEANSWERS" in set(answers.messages["code"])
    assert answers.loglik < found.loglik  # it predicts ties besides


def test_scales_can_be_set_and_estimated():
    table = table_of(20, seed=5, private=0.3)
    surer = AlternationRanking(worst_scale=2.0, depth_loss=0.1).fit(table)
    assert (surer.worst_scale, surer.depth_loss) == (2.0, 0.1)
    free = AlternationRanking(worst_scale="estimate", depth_loss="estimate").fit(table)
    assert free.loglik >= max(surer.loglik, AlternationRanking().fit(table).loglik)
    assert free.worst_scale != 1
    runaway = [[((o,), 1), ((3,), -1)] for o in (0, 1, 2, 0, 1, 2, 0)] + [[((3,), 1), ((0,), -1)]]
    with pytest.raises(IdentificationError) as caught:
        AlternationRanking(worst_scale="estimate").fit(rankings_frame(runaway, 4))
    assert caught.value.codes == ("E-SCALES",)


def test_choix_is_a_cross_check():
    frame = rankings_frame(logs_of(9), N)[["rater", "ratee", "rank"]]
    ours, theirs = (AlternationRanking(model="plackett_luce", solver=s).fit(frame) for s in ("newton", "choix"))
    np.testing.assert_allclose(ours.scores["score"], theirs.scores["score"], atol=EXACT)


def test_counting_methods_are_ordinal():
    table = table_of(9)
    for model in ("borda", "kemeny"):
        found = AlternationRanking(model=model).fit(table)
        assert (found.unit, found.se_basis) == ("ordinal", "none")
        assert found.scores["se"].isna().all()
        assert "I-COUNTED" in set(found.messages["code"])
        assert found.consensus["grey_zone"].isna().all()
        assert "models" not in found.evidence
    borda = AlternationRanking(model="borda").fit(table)
    ranks = rankings_frame(logs_of(9), N).groupby("ratee")["rank"].mean()
    np.testing.assert_allclose(borda.scores["score"], 100 * (N - ranks.loc[list(borda.people)]) / (N - 1))
    circle = AlternationRanking(model="kemeny").fit(Rankings.from_orders({"1": list("abc"), "2": list("bca"), "3": list("cab")}))
    assert circle.scores["rank"].to_list() == [1, 1, 1]  # three best orders: nobody is told apart


def test_nobody_is_left_out():
    # failing toy j: somebody withdrawn is dropped from the sets, and stays in the scores
    frame = rankings_frame(logs_of(4, seed=3, private=1.5), N).assign(status="")
    gone = pd.DataFrame({"rater": ["r0", "r1", "r2", "r3"], "ratee": ["w", "k", "n", "l"], "rank": np.nan,
                         "status": ["withdrawn", "not_known", "not_presented", "unranked"]})  # fmt: skip
    found = AlternationRanking().fit(
        pd.concat([frame, gone]), people=People.from_frame(pd.DataFrame({"person": ["p0", "z"], "label": ["甲", "乙"]}))
    )
    assert found.scores.loc["w", ["status", "status_reason"]].to_list() == ["withdrawn", "withdrawn from the ranking"]
    assert found.scores.loc["k", "status"] == "insufficient_data"
    assert "not known" in found.scores.loc["k", "status_reason"]
    assert "shown to nobody" in found.scores.loc["n", "status_reason"]
    assert found.scores.loc["z", "status_reason"] == "nobody judged this person"
    assert found.scores.loc["l", "status"] == "provisional"  # left over at the finish: everybody was preferred
    assert found.scores.loc["p0", "label"] == "甲"
    assert found.consensus.loc["z", "lists"] == 0
    assert set(found.consensus.index) == set(found.people)
    without = AlternationRanking().fit(frame)
    kept = found.scores.loc[list(without.people), "score"]
    assert stats.spearmanr(kept, without.scores["score"]).statistic == pytest.approx(1)
    alone = AlternationRanking().fit(Rankings.from_orders({"r1": ["a", "b"], "r2": ["b", "a"], "r3": ["c"]}))
    assert alone.scores.loc["c", "status"] == "insufficient_data"
    assert "before or after" in alone.scores.loc["c", "status_reason"]


def test_withdrawal_leaves_what_was_said_about_the_others():
    logs = logs_of(9)
    frame = rankings_frame(logs, N)
    last = frame["ratee"] == "p5"
    gone = frame.assign(rank=frame["rank"].mask(last), pick=frame["pick"].mask(last), end=frame["end"].mask(last),
                        forced=frame["forced"] & ~last, status=np.where(last, "withdrawn", ""))  # fmt: skip
    found = AlternationRanking().fit(gone)
    dropped = [[((g), e) for g, e in log if g != (5,)] for log in logs]
    numbered = [{g[0]: (k, e) for k, (g, e) in enumerate(log, start=1)} for log in logs]
    assert found.scores.loc["p5", "status"] == "withdrawn"
    assert len(found.estimated_ids) == N - 1
    assert all(k <= N for log in numbered for k, _ in log.values())
    expected = best_worst.fit(logged(dropped, N - 1)).worth
    np.testing.assert_allclose(by_person(found, N - 1)["score"], expected, atol=EXACT)


def test_several_dimensions():
    frame = pd.concat([rankings_frame(logs_of(9, seed), N).assign(dimension=d) for seed, d in ((1, "speed"), (2, "care"))])
    apart = AlternationRanking().fit(frame)
    assert set(apart.parts) == {"speed", "care"}
    assert (apart.scores["status"] == "not_scored").all()
    assert "W-LISTDIMENSIONS" in set(apart.messages["code"])
    assert apart.model == "best_worst"
    with pytest.raises(InsufficientDataError) as caught:
        _ = apart.consensus
    assert caught.value.codes == ("E-NOTABLE",)
    alone = AlternationRanking().fit(frame[frame["dimension"] == "care"])
    pd.testing.assert_frame_equal(apart.parts["care"].scores, alone.scores)
    both = AlternationRanking(standardise=True).fit(frame)
    assert (both.unit, both.se_basis) == ("z", "judge_cluster")
    mean = np.mean([p.estimate / p.estimate.std(ddof=1) for p in both.parts.values()], axis=0)
    np.testing.assert_allclose(both.estimate, mean)
    assert "I-LISTSTANDARDISED" in set(both.messages["code"])


def test_dimensions_that_cannot_be_combined():
    frame = rankings_frame(logs_of(9), N)
    one = rankings_frame(logs_of(1, 5), N)
    ordinal = AlternationRanking(standardise=True).fit(pd.concat([frame.assign(dimension="a"), one.assign(dimension="b")]))
    assert "E-ORDINAL" in set(ordinal.messages["code"])
    assert ordinal.unit == "none"
    silent = pd.DataFrame({"rater": "r0", "ratee": ["p0", "p1"], "rank": 1, "dimension": "b"})
    found = AlternationRanking().fit(pd.concat([frame.assign(dimension="a"), silent]))
    assert list(found.parts) == ["a"]
    assert "W-NOORDER" in set(found.messages["code"])
    some = AlternationRanking(standardise=True).fit(
        pd.concat([frame.assign(dimension="a"), rankings_frame(logs_of(9, 2, n=5), 5).assign(dimension="b")])
    )
    assert some.scores.loc["p5", "status_reason"] == "not ranked on b"
    with pytest.raises(IdentificationError) as caught:
        AlternationRanking().fit(pd.concat([frame.assign(dimension="a"), pd.DataFrame(
            {"rater": ["x", "x", "y", "y"], "ratee": list("abcd"), "rank": [1, 2, 1, 2], "dimension": "b"})]))  # fmt: skip
    assert "b" in str(caught.value)


def test_lists_that_order_nobody():
    for orders in ({"r1": [["a", "b"]], "r2": [["b", "a"]]}, {"r1": ["a"]}):
        with pytest.raises(InsufficientDataError) as caught:
            AlternationRanking().fit(Rankings.from_orders(orders))
        assert caught.value.codes == ("E-NOORDER",)
    with pytest.raises(InsufficientDataError):
        AlternationRanking().fit(pd.DataFrame({"rater": "r", "ratee": list("ab") * 2, "rank": 1, "dimension": list("xxyy")}))


def test_partial_lists_are_marked():
    orders = {"r1": list("abc"), "r2": list("cab"), "r3": list("bc"), "r4": list("ba")}
    assert "I-PARTLISTS" in set(AlternationRanking().fit(Rankings.from_orders(orders)).messages["code"])
    assert "W-MIXEDLISTS" in set(AlternationRanking(model="borda").fit(Rankings.from_orders(orders)).messages["code"])


@pytest.mark.parametrize(
    "settings",
    [
        {"model": "elo"}, {"ties": "half"}, {"ties": "davidson_luce"}, {"worst_scale": 0}, {"worst_scale": "free"}, {"depth_loss": np.nan},
        {"prior": "flat"}, {"tau": 0}, {"tau": np.inf}, {"judges": "none"}, {"top": 0}, {"top": True}, {"solver": "choix"},
        {"solver": "mm"}, {"solver": "choix", "model": "plackett_luce", "ties": "davidson_luce"},
    ],
)  # fmt: skip
def test_impossible_settings(settings):
    with pytest.raises(SettingsError):
        AlternationRanking(**settings)


def test_the_result_travels():
    found = AlternationRanking().fit(table_of(9))
    for copy in (pickle.loads(pickle.dumps(found)), AlternationRankingResult.from_json(found.to_json())):
        assert copy.to_json() == found.to_json()
        pd.testing.assert_frame_equal(copy.raters, found.raters)
        assert copy.grey_zone == found.grey_zone
    graded = ForcedDistribution(shares={"A": 0.5, "B": 0.5}).fit(found)
    assert len(graded.grades) == N
    ordinal = AlternationRanking(model="borda").fit(table_of(9))
    assert len(ForcedDistribution(shares={"A": 0.5, "B": 0.5}).fit(ordinal).grades) == N
    assert len(compare({"model": found, "counted": ordinal}).agreement)


def session(log, rater, rest=None):
    """An alternation session through these picks."""
    people = [f"p{j}" for j in range(N)]
    asked = AlternationSession.start(people, rater=rater, first_end="best" if log[0][1] > 0 else "worst")
    for group, _ in log:
        asked.pick([f"p{j}" for j in group])
    if rest is not None:
        asked.finish(rest=rest)
    return asked.frame()


def test_sessions_become_scores():
    logs = logs_of(9, first_ends=[1, -1, 1] * 3)
    found = AlternationRanking().fit(pd.concat([session(log, f"r{k}") for k, log in enumerate(logs)]))
    np.testing.assert_allclose(by_person(found)["score"], best_worst.fit(logged(logs, N)).worth, atol=EXACT)


def test_leftovers_tied_or_unranked_say_the_same_about_the_picks():
    # failing toy i: places nobody chose are no choices
    logs = logs_of(9)
    cut = [log[:3] for log in logs]
    both = [
        AlternationRanking().fit(pd.concat([session(log, f"r{k}", rest) for k, log in enumerate(cut)])) for rest in ("tied", "unranked")
    ]
    expected = best_worst.fit(logged(cut, N)).worth
    for found in both:
        np.testing.assert_allclose(by_person(found)["score"], expected, atol=EXACT)
    assert (both[0].ranks["midrank"] == both[1].ranks["midrank"]).all()

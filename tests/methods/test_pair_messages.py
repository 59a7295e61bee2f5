"""Bad and barely sufficient comparisons: each has a message that names people or rows, and no number stands without it."""

from __future__ import annotations

import choix
import numpy as np
import pandas as pd
import pytest

from rankkit import PairedComparison, People
from rankkit.errors import ComparisonsError, IdentificationError, InsufficientDataError, RankkitError, SolverError, use_language
from rankkit.methods import pair_fitting
from rankkit.tables.comparisons import Comparisons
from tests.methods.edge_pairs import ABSURD, J, check_numbers, panel, rows, said, undefeated

SAME = 1e-9  # the same numbers through two doors


# tables that are refused, with the row and the people


@pytest.mark.parametrize(
    ("frame", "code", "words"),
    [
        (rows([("b", "a", "left"), ("a", "a", "left")]), "E-SELFPAIR", ("row 3", "a is compared with themself")),
        (rows([("Ａ１", "A1", "left"), ("A1", "b", "left")]), "E-SELFPAIR", ("row 2", "A1")),
        (rows([("a", "b", "won"), ("a", "c", "left")]), "E-OUTCOME", ("row 2", "'won'", "left, right, tie or skip")),
        (rows([("a", None, "left"), ("a", "b", "left")]), "E-BLANK", ("row 2", "right")),
        (panel(2, 3).assign(rater=lambda d: np.where(np.arange(6) == 1, None, d["rater"])), "E-BLANK", ("row 3", "rater")),
        (rows([("a", " ", "left"), ("a", "b", "left")]), "E-BLANK", ("row 2", "right")),
        (rows([("a", "b", "skip"), ("b", "c", "skip")]), "E-NOCOMPARISON", ("skipped",)),
        (rows([("a", "b", "left", 0), ("b", "c", "left", 0)], (*J[1:], "count")), "E-NOCOMPARISON", ("0",)),
        (rows([("a", "b", "left", -1), ("b", "c", "left", 2)], (*J[1:], "count")), "E-COUNT", ("row 2", "-1")),
        (rows([("a", "b", "left", np.inf), ("b", "c", "left", 2)], (*J[1:], "count")), "E-COUNT", ("row 2", "inf")),
        (rows([("a", "b", "left", 1e15), ("b", "c", "left", 2)], (*J[1:], "count")), "E-COUNT", ("row 2", "1 000 000")),
        (rows([("007", "8", "left"), ("7", "8", "left")]), "E-ID", ("007", "'7'")),
    ],
)
def test_refused_rows_are_named(frame, code, words):
    with pytest.raises(ComparisonsError) as caught:
        PairedComparison().fit(frame)
    assert code in caught.value.codes
    assert all(word.strip("'") in str(caught.value) for word in words)
    use_language("zh")
    assert str(caught.value) != caught.value.text("en")


def test_outcomes_in_any_case_and_in_chinese():
    mixed = rows([("a", "b", "Left"), ("b", "c", "RIGHT"), ("c", "a", "Tie"), ("a", "c", " left "), ("c", "b", "left")])
    plain = mixed.assign(outcome=["left", "right", "tie", "left", "left"])
    chinese = mixed.assign(outcome=["左", "右优", "平局", "左优", "左"])
    np.testing.assert_array_equal(PairedComparison().fit(mixed).estimate, PairedComparison().fit(plain).estimate)
    np.testing.assert_array_equal(PairedComparison().fit(chinese).estimate, PairedComparison().fit(plain).estimate)


def test_groups_never_compared_are_named_where_a_peer_ranks_them():
    apart = rows([("Ann", "Bob", "left"), ("Bob", "Ann", "left"), ("Xu", "Ye", "left"), ("Ye", "Xu", "left")])
    numbers = choix.ilsr_pairwise(4, [(0, 1), (1, 0), (2, 3), (3, 2)], alpha=1e-3)
    assert np.isfinite(numbers).all()  # an order of all four
    for penalty in ("auto", "jeffreys", "gaussian"):
        with pytest.raises(IdentificationError) as caught:
            PairedComparison(penalty=penalty).fit(apart)
        assert caught.value.code == "E-DISC"
        assert all(name in str(caught.value) for name in ("Ann", "Bob", "Xu", "Ye"))


# somebody without a finite estimate


@pytest.mark.parametrize(
    ("result", "code", "clause"), [("left", "W-UNDEFEATED", "e03 never lost"), ("right", "W-WINLESS", "e03 never won")]
)
def test_all_won_or_all_lost_is_one_sided_in_substance(result, code, clause):
    found = PairedComparison().fit(undefeated(result))
    text = said(found)[code]
    assert text.startswith(clause)
    assert "12" in text
    assert "penalty" in text
    assert "one-sided in substance" in text
    assert found.scores.loc["e03", "status"] == "provisional"
    assert "实质上是单侧" in dict(zip(found.messages["code"], found.messages_in("zh")["text"], strict=True))[code]
    check_numbers(found)
    wins = [(3, k) for k in range(3) for _ in range(4)] + [(0, 1), (1, 2), (2, 0)]
    wins = wins if result == "left" else [(b, a) for a, b in wins]
    assert np.abs(choix.ilsr_pairwise(4, wins, alpha=1e-9)).max() > ABSURD  # a peer returns a stand-in for infinity


def test_groups_split_by_results_are_named_on_both_sides():
    circles = [(a, b, "left") for trio in ("abc", "xyz") for a, b in zip(trio, trio[1:] + trio[0], strict=True)]
    text = said(PairedComparison().fit(rows([*circles, ("a", "x", "left")])))["W-SPLIT"]
    assert text.startswith("a, b, c beat x, y, z without exception")
    assert "one-sided in substance" in text


def test_demanding_maximum_likelihood_names_them_too():
    with pytest.raises(IdentificationError, match="e03 never lost"):
        PairedComparison(penalty="none").fit(undefeated())


def test_a_prior_that_was_asked_for_is_not_called_a_fallback():
    codes = said(PairedComparison(penalty="gaussian", prior_sd=1.0).fit(undefeated()))
    assert "I-GAUSSIAN" not in codes  # that one says there are too many people for another penalty
    assert "asked for" in codes["W-PRIORONLY"]
    assert "W-UNDEFEATED" in codes
    assert "I-JEFFREYSCHOSEN" in said(PairedComparison(penalty="jeffreys").fit(panel(1, 4, gap=0.1)))


def test_a_parameter_without_a_finite_estimate_is_named():
    both = rows([(a, b, "left") for a in "abc" for b in "abc" if a != b])
    found = PairedComparison(order_effect=True).fit(both)
    assert "order_effect" in said(found)["W-RUNAWAY"]
    assert set(found.scores["status"]) == {"provisional"}
    with pytest.raises(IdentificationError) as caught:
        PairedComparison(order_effect=True, penalty="none").fit(both)
    assert caught.value.code == "E-ORDERALWAYS"


@pytest.mark.parametrize("penalty", ["auto", "none", "jeffreys", "gaussian"])
def test_an_order_effect_that_cannot_be_told_apart_is_refused_under_any_penalty(penalty):
    one_way = rows([("a", "b", o) for o in ("left", "right", "left")] + [("b", "c", o) for o in ("left", "right")])
    with pytest.raises(IdentificationError) as caught:
        PairedComparison(order_effect=True, penalty=penalty).fit(one_way)
    assert caught.value.code == "E-ALIASED"
    assert "order_effect" in str(caught.value)


def test_sides_unknown():
    with pytest.raises(IdentificationError) as caught:
        PairedComparison(order_effect=True).fit(pd.DataFrame({"winner": list("abca"), "loser": list("bcab")}))
    assert caught.value.code == "E-NOSIDES"


def test_a_tie_parameter_without_a_finite_estimate_is_named():
    beside = panel(3, 4, ties=0.4, seed=2)
    only_ties = rows([(a, b, "tie") for a in "abc" for b in "abc" if a < b])
    with pytest.raises(IdentificationError) as caught:
        PairedComparison(ties="davidson", penalty="none").fit(only_ties)
    assert caught.value.code in ("E-SEPARATED", "E-NOTIES")
    check_numbers(PairedComparison(ties="davidson").fit(beside))


@pytest.mark.parametrize("frame", [undefeated(), rows([("a", "b", "left")] * 3), rows([("a", "b", "tie")]), panel(9, 4, ties=1.0)])
def test_a_bootstrap_of_one_sided_or_equal_answers_is_no_certainty(frame):
    found = PairedComparison(bootstrap=50).fit(frame)
    assert "replicates repeat" in said(found)["W-NOBOOTSTRAP"]
    assert found.se_basis != "bootstrap"
    assert set(found.scores["status"]) == {"provisional"}
    np.testing.assert_allclose(found.scores["se"], PairedComparison().fit(frame).scores["se"], atol=SAME)


def test_a_bootstrap_of_identical_judges_is_no_certainty():
    one = panel(1, 5, seed=4, gap=0.1)
    alike = pd.concat([one.assign(rater=f"j{k}") for k in range(9)])
    found = PairedComparison(bootstrap=50).fit(alike)
    assert {"W-ONESIDED", "W-NOBOOTSTRAP"} <= set(said(found))
    assert found.se_basis == "model"
    kept = PairedComparison(bootstrap=50).fit(panel(9, 5))
    assert "50 bootstrap replicates (judges resampled)" in said(kept)["I-BOOTSTRAP"]
    few = PairedComparison(bootstrap=50).fit(panel(4, 5))
    assert {"W-BOOTSTRAPFEW", "I-JACKKNIFE"} <= set(said(few))


def test_a_bootstrap_that_cuts_the_design_apart_is_refused():
    chain = rows([(f"p{k}", f"p{k + 1}", o) for k in range(12) for o in ("left", "right")])
    with pytest.raises(RankkitError) as caught:
        PairedComparison(bootstrap=50).fit(chain)
    assert caught.value.code == "E-BOOTSTRAP"


# barely sufficient data


def test_two_people_need_no_scale_only_a_message():
    found = PairedComparison().fit(rows([("a", "b", "left")] * 3 + [("a", "b", "right")]))
    assert found.estimate[0] == pytest.approx(np.log(3) / 2, abs=SAME)
    assert {"I-NOJUDGES", "W-FEW"} <= set(said(found))
    assert found.reliability.empty
    once = PairedComparison().fit(rows([("a", "b", "left")]))
    assert {"W-UNDEFEATED", "W-WINLESS"} <= set(said(once))
    check_numbers(once, every_table=True)


def test_one_judge_and_two_judges_say_that_disagreement_is_unknown():
    for judges in (1, 2):
        found = PairedComparison().fit(panel(judges, 5))
        assert f"({judges})" in said(found)["I-JUDGES"]
        assert found.se_basis == "model"
        check_numbers(found)
    assert "I-NOJUDGES" in said(PairedComparison().fit(panel(1, 5).drop(columns="rater")))


@pytest.mark.parametrize("judges", [1, 4])
def test_everyone_tied_is_nobody_ahead(judges):
    found = PairedComparison().fit(panel(judges, 4, ties=1.0))
    assert set(found.scores["rank"]) == {1}
    assert (found.scores["rank_high"] == 4).all()
    assert "half a win for each" in said(found)["I-TIES"]
    with pytest.raises(InsufficientDataError):
        PairedComparison(ties="drop").fit(panel(judges, 4, ties=1.0))


def test_few_comparisons_name_the_people():
    some = pd.concat([panel(6, 4), rows([("judge0", "p0", "zoe", "left"), ("judge1", "zoe", "p1", "left")], J)])
    assert said(PairedComparison().fit(some))["W-FEW"] == "1 person was compared fewer than 10 times: zoe"


def test_three_judges_of_three_teams_that_never_meet():
    apart = pd.concat([panel(1, 3, seed=k, names=[f"s{k}{i}" for i in range(3)]).assign(rater=f"j{k}") for k in range(3)])
    with pytest.raises(IdentificationError, match="s00"):
        PairedComparison().fit(apart)


def test_a_unanimous_judge_among_others_does_not_make_the_interval_narrow():
    frame = panel(9, 5, seed=3)
    frame.loc[frame["rater"] == "judge3", "outcome"] = np.where(frame["left"] < frame["right"], "left", "right")[frame["rater"] == "judge3"]
    check_numbers(PairedComparison().fit(frame))


def test_a_dimension_with_a_single_comparison_has_its_own_messages():
    frame = pd.concat([panel(4, 5).assign(dimension="care"), rows([("judge0", "p0", "p1", "left")], J).assign(dimension="speed")])
    found = PairedComparison().fit(frame)
    assert set(found.scores["status"]) == {"not_scored"}
    assert any(t.startswith("speed: p0 never lost") for t in found.messages["text"])
    assert "p0" not in said(found.parts["care"]).get("W-UNDEFEATED", "")
    check_numbers(found)


def test_people_listed_but_never_compared_are_told_so():
    people = People.from_frame(pd.DataFrame({"person": [f"p{i}" for i in range(4)] + ["zoe"]}))
    found = PairedComparison().fit(panel(3, 4), people=people)
    assert found.scores.loc["zoe", "status"] == "insufficient_data"
    assert found.scores.loc["zoe", "status_reason"] != ""
    assert found.record.loc["zoe", "comparisons"] == 0
    check_numbers(found)


def test_a_triad_test_is_refused_where_pairs_are_missing_or_tied():
    table = PairedComparison().fit(pd.concat([panel(1, 5), panel(1, 5, ties=0.5).assign(rater="judge9")])).consistency
    assert table.loc["judge0", "method"] == "exact"
    assert table.loc["judge9", ["zeta", "p"]].isna().all()
    assert table.loc["judge9", "pairs_tied"] > 0
    some = PairedComparison().fit(panel(2, 5).iloc[2:]).consistency
    assert some.loc["judge0", ["zeta", "p"]].isna().all()
    assert some.loc["judge0", "pairs_missing"] == 2


def test_judges_to_review_are_named_and_not_accused():
    noisy = panel(8, 8, gap=1.5, seed=1)
    turned = noisy["rater"] == "judge3"
    noisy.loc[turned, "outcome"] = noisy.loc[turned, "outcome"].map({"left": "right", "right": "left"})
    findings = PairedComparison().fit(noisy).findings
    one = findings[findings["unit_id"] == "judge3"].iloc[0]
    assert one["code"] == "F-JUDGENOISY"
    assert one["message"].startswith("judge3's 28 choices")
    assert one["level"] == "review"
    assert one["what_it_could_also_be"] != ""
    left = panel(6, 6, seed=2)
    left.loc[left["rater"] == "judge1", "outcome"] = "left"
    found = PairedComparison().fit(left).findings
    assert "judge1" in found.loc[found["code"] == "F-LEFT", "message"].iloc[0]


def test_a_judge_who_follows_the_common_order_too_closely_is_a_pattern_too():
    others = panel(15, 8, gap=0.6, seed=1)
    tame = panel(1, 8, seed=2).assign(rater="zoe")
    tame["outcome"] = np.where(tame["left"] < tame["right"], "left", "right")
    found = PairedComparison().fit(pd.concat([others, *[tame] * 3])).findings.set_index("unit_id").loc[["zoe"]]
    assert "F-JUDGETAME" in set(found["code"])
    assert "know" in found["what_it_could_also_be"].iloc[0]


def test_a_cross_check_that_differs_stops_everything(monkeypatch):
    monkeypatch.setattr(pair_fitting, "_by_choix", lambda counts: np.linspace(1.0, -1.0, counts.n))
    with pytest.raises(SolverError) as caught:
        PairedComparison(solver="choix").fit(panel(2, 4))
    assert caught.value.code == "E-CROSSCHECK"


# weights and sizes


@pytest.mark.parametrize("count", [1 / 30, 1e12])
def test_any_weight_gives_tables_that_can_be_made(count):
    found = PairedComparison().fit(panel(3, 4).assign(count=count))
    plain = PairedComparison().fit(panel(3, 4))
    np.testing.assert_allclose(found.estimate, plain.estimate, atol=1e-5)
    for name in found.evidence:
        assert isinstance(found.evidence[name], pd.DataFrame)
    PairedComparison(bootstrap=50, judges="model").fit(panel(3, 4).assign(count=max(count, 1.0)))


def test_a_million_copies_of_a_row_are_one_row_with_a_count():
    few = rows([("a", "b", "left"), ("b", "a", "left"), ("b", "c", "left"), ("c", "b", "left")])
    many = pd.DataFrame({c: np.repeat(few[c].to_numpy(), 250_000) for c in few})
    found = PairedComparison().fit(many)
    counted = PairedComparison().fit(few.assign(count=250_000))
    np.testing.assert_allclose(found.estimate, counted.estimate, atol=SAME)
    np.testing.assert_allclose(found.scores["se"], counted.scores["se"], rtol=SAME)
    assert found.scores["se"].max() < 0.01  # rows are taken at their word: a million comparisons


def test_thousands_of_people_with_three_comparisons_each():
    rng = np.random.default_rng(0)
    n = 2100
    order = np.concatenate([rng.permutation(n) for _ in range(3)])
    left, right = order.reshape(-1, 2).T
    keep = left != right
    frame = (
        pd.DataFrame({"left": left[keep], "right": right[keep]})
        .astype(str)
        .assign(outcome=np.where(rng.random(keep.sum()) < 0.5, "left", "right"))
    )
    frame["rater"] = np.array(["ann", "ben", "cy"])[np.arange(len(frame)) % 3]
    found = PairedComparison().fit(Comparisons.from_frame(frame))
    text = said(found)
    assert found.penalty == "gaussian"
    assert {"I-GAUSSIAN", "W-UNDEFEATED", "W-WINLESS", "W-FEW", "I-JUDGESMANY"} <= set(text)
    assert max(map(len, text.values())) < 1000
    assert set(found.scores["status"]) == {"provisional"}
    assert found.scores["score"].abs().max() < ABSURD

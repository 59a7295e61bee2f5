"""PairedComparison: verdicts first, then worths against published and reference values."""

from __future__ import annotations

import json
from pathlib import Path

import choix
import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from rankkit import PairedComparison, simulate
from rankkit.errors import IdentificationError, InsufficientDataError, SettingsError

CLOSE = 1e-6  # published and reference estimates are given to six digits or more
REFERENCE = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "pairs"


def sided(rows, columns=("left", "right", "outcome")):
    return pd.DataFrame(rows, columns=list(columns))


def wins(rows):
    return pd.DataFrame(rows, columns=["winner", "loser", "count"])


GOLDEN = wins([("A", "B", 4), ("B", "A", 1), ("A", "C", 4), ("C", "A", 1), ("B", "C", 4), ("C", "B", 1)])
LADDER = sided([("a", "b", "left"), ("b", "c", "left"), ("a", "c", "left")])


def judged(m, n=5, tie=0.0, seed=0, gap=0.4):
    rng = np.random.default_rng(seed)
    rows = []
    for r in range(m):
        for i in range(n):
            for j in range(i + 1, n):
                u, w = rng.random(2)
                rows.append((f"j{r}", f"p{i}", f"p{j}", "tie" if u < tie else "left" if w < 1 / (1 + np.exp(-gap * (j - i))) else "right"))
    return sided(rows, ("rater", "left", "right", "outcome"))


def codes(found):
    return set(found.messages["code"])


def test_three_people_fifteen_comparisons():
    """û = (.971262, 0, −.971262), centred se (.542878, .472341, .542878), log-likelihood −7.765545."""
    found = PairedComparison().fit(GOLDEN)
    np.testing.assert_allclose(found.estimate, [0.971262, 0, -0.971262], atol=CLOSE)
    np.testing.assert_allclose(found.scores["se"], [0.542878, 0.472341, 0.542878], atol=CLOSE)
    assert found.loglik == pytest.approx(-7.765545, abs=CLOSE)
    assert found.existence == "finite"
    assert found.penalty == "none"
    assert found.unit == "logit"


def test_the_covariance_is_the_inverse_information_on_the_sum_to_zero_space():
    found = PairedComparison().fit(GOLDEN)

    def minus_loglik(x):
        u = dict(zip("ABC", [*x, -x.sum()], strict=True))
        return sum(c * np.log1p(np.exp(u[b] - u[a])) for a, b, c in GOLDEN.itertuples(index=False))

    best = optimize.minimize(minus_loglik, np.zeros(2), method="BFGS", options={"gtol": 1e-10})
    np.testing.assert_allclose(found.estimate[:2], best.x, atol=1e-6)
    h, e = 1e-4, np.eye(2)
    f = lambda x: minus_loglik(best.x + h * x)  # noqa: E731
    hessian = np.array([[(f(a + b) - f(a - b) - f(b - a) + f(-a - b)) / (4 * h * h) for b in e] for a in e])
    to_all = np.vstack([np.eye(2), -np.ones(2)])
    np.testing.assert_allclose(found.covariance.dense(), to_all @ np.linalg.inv(hessian) @ to_all.T, rtol=1e-4)


def test_deviance_against_one_probability_a_pair():
    found = PairedComparison().fit(GOLDEN)
    saturated = 3 * (4 * np.log(0.8) + np.log(0.2))
    assert found.deviance == pytest.approx(2 * (saturated - found.loglik))
    assert found.deviance_df == 1
    assert np.isnan(PairedComparison(penalty="jeffreys").fit(GOLDEN).deviance)


# existence


def test_a_perfect_ladder_gets_the_jeffreys_prior_and_says_so():
    """(1.034757, 0, −1.034757), information se (1.2494, 1.0718, 1.2494)."""
    found = PairedComparison().fit(LADDER)
    np.testing.assert_allclose(found.estimate, [1.034757, 0, -1.034757], atol=CLOSE)
    np.testing.assert_allclose(found.scores["se"], [1.2494, 1.0718, 1.2494], atol=5e-5)
    assert (found.scores["status"] == "provisional").all()
    assert found.existence == "one_sided"
    assert found.penalty == "jeffreys"
    said = found.messages.set_index("code")["text"]
    assert "a" in said["W-UNDEFEATED"].split()[0]
    assert "c" in said["W-WINLESS"].split()[0]
    assert "I-JEFFREYS" in said.index


def test_demanding_maximum_likelihood_names_those_who_prevent_it():
    named = LADDER.assign(
        left_label=LADDER["left"].map(dict(zip("abc", ["安娜", "Ben", "Carl"], strict=True))),
        right_label=LADDER["right"].map(dict(zip("abc", ["安娜", "Ben", "Carl"], strict=True))),
    )
    with pytest.raises(IdentificationError) as caught:
        PairedComparison(penalty="none").fit(named)
    assert caught.value.code == "E-UNBEATEN"
    assert "安娜" in str(caught.value)
    assert "Carl" in str(caught.value)
    assert "Ben" not in str(caught.value)


def test_groups_between_which_all_results_go_one_way_are_named():
    rows = [("a", "b", "left"), ("b", "a", "left"), ("c", "d", "left"), ("d", "c", "left"), ("a", "c", "left")]
    with pytest.raises(IdentificationError, match="a, b beat c, d"):
        PairedComparison(penalty="none").fit(sided(rows))
    assert "W-SPLIT" in codes(PairedComparison().fit(sided(rows)))


@pytest.mark.parametrize("penalty", ["auto", "none", "jeffreys"])
def test_people_never_compared_even_through_others_are_an_error(penalty):
    with pytest.raises(IdentificationError) as caught:
        PairedComparison(penalty=penalty).fit(sided([("a", "b", "left"), ("c", "d", "left")]))
    assert caught.value.code == "E-DISC"
    for name in "abcd":
        assert name in str(caught.value)


def test_the_dimension_at_fault_is_named():
    rows = [
        ("a", "b", "left", "speed"),
        ("c", "d", "left", "speed"),
        ("a", "b", "left", "care"),
        ("b", "c", "left", "care"),
        ("c", "d", "left", "care"),
    ]
    with pytest.raises(IdentificationError, match="speed"):
        PairedComparison().fit(sided(rows, ("left", "right", "outcome", "dimension")))


def test_estimates_are_never_huge_stand_ins_for_infinity():
    found = PairedComparison().fit(sided([("a", "b", "left")] * 30 + [("b", "c", "left"), ("c", "b", "left")]))
    assert np.abs(found.estimate).max() < 6  # a toy reports 18.7 here, wherever its iteration stopped
    assert (found.scores["status"] == "provisional").all()


# ties


def test_davidson_ties_of_six_judges():
    """Pairs AB, AC, BC with 1 = first, −1 = second, 0 = tie: u_A − u_C 1.562749, u_B − u_C 1.042995, log-likelihood −17.933136."""
    answers = [(1, 1, 0), (1, 0, -1), (1, -1, 1), (-1, 1, 1), (0, 1, 1), (0, 0, 1)]
    rows = [
        (*pair, {1: "left", -1: "right", 0: "tie"}[x])
        for answer in answers
        for pair, x in zip((("A", "B"), ("A", "C"), ("B", "C")), answer, strict=True)
    ]
    found = PairedComparison().fit(sided(rows))
    np.testing.assert_allclose(found.estimate[:2] - found.estimate[2], [1.562749, 1.042995], atol=CLOSE)
    assert found.loglik == pytest.approx(-17.933136, abs=CLOSE)
    assert "Davidson" in found.messages.set_index("code").loc["I-TIES", "text"]


@pytest.mark.reference_data
def test_pudding_with_ties_as_published():
    if not REFERENCE.exists():
        pytest.skip("reference files are not here")
    data = pd.read_csv(REFERENCE / "pudding_davidson1970.csv")
    rows = [(str(x.i), str(x.j), o, c) for x in data.itertuples() for o, c in (("left", x.w_ij), ("right", x.w_ji), ("tie", x.t_ij))]
    found = PairedComparison().fit(sided(rows, ("left", "right", "outcome", "count")))
    reference = json.loads((REFERENCE / "pudding_davidson1970_mle.json").read_text())
    expected = np.array(reference["coef"]["Estimate"][:6])
    np.testing.assert_allclose(found.estimate - found.estimate[0], expected, atol=1e-7)
    v = np.array(reference["vcov"]["values"])[:6, :6]
    centre = np.eye(6) - 1 / 6
    np.testing.assert_allclose(found.covariance.dense(), centre @ v @ centre, rtol=1e-4, atol=1e-7)


def test_half_a_win_each_is_two_half_comparisons():
    tied = judged(4, tie=0.3)
    data = tied.drop(columns="rater")
    halves = pd.concat(
        [
            data[data["outcome"] != "tie"].assign(weight=1.0),
            *(data[data["outcome"] == "tie"].assign(outcome=o, weight=0.5) for o in ("left", "right")),
        ]
    )
    a, b = PairedComparison(ties="half").fit(data), PairedComparison().fit(halves)
    np.testing.assert_allclose(a.estimate, b.estimate, atol=1e-9)
    np.testing.assert_allclose(a.scores["se"], b.scores["se"], rtol=1e-8)
    assert "approximation" in a.messages.set_index("code").loc["I-TIES", "text"]


def test_dropping_ties_is_leaving_the_rows_out():
    data = judged(9, tie=0.3)
    a, b = PairedComparison(ties="drop").fit(data), PairedComparison().fit(data[data["outcome"] != "tie"])
    np.testing.assert_allclose(a.estimate, b.estimate, rtol=1e-12)
    np.testing.assert_allclose(a.scores["se"], b.scores["se"], rtol=1e-9)
    assert "left out" in a.messages.set_index("code").loc["I-TIES", "text"]


def test_dropping_ties_is_judged_before_anything_is_fitted():
    found = PairedComparison(ties="drop").fit(sided([("a", "b", "left"), ("b", "c", "left"), ("a", "c", "left"), ("c", "a", "tie")]))
    assert found.existence == "one_sided"  # the tie was the only thing that spoke for c
    assert "I-JEFFREYS" in codes(found)
    cycle = [("a", "b", "left"), ("b", "c", "left"), ("c", "a", "left")]
    lone = PairedComparison(ties="drop").fit(sided([*cycle, ("d", "a", "tie")]))
    assert lone.scores.loc["d", "status"] == "insufficient_data"
    assert "tie" in lone.scores.loc["d", "status_reason"]
    with pytest.raises(InsufficientDataError):
        PairedComparison(ties="drop").fit(sided([("a", "b", "tie")]))
    with pytest.raises(IdentificationError, match="never compared"):
        PairedComparison(ties="drop").fit(sided([("a", "b", "left"), ("b", "c", "tie"), ("c", "d", "left")]))


# weights, skips


def test_counts_weights_and_repeated_rows_are_the_same():
    repeated = GOLDEN.loc[GOLDEN.index.repeat(GOLDEN["count"])].drop(columns="count")
    weighted = GOLDEN.assign(weight=GOLDEN["count"] * 2, count=0.5)
    for other in (repeated, weighted):
        found = PairedComparison().fit(other)
        np.testing.assert_allclose(found.estimate, PairedComparison().fit(GOLDEN).estimate, atol=1e-9)
        np.testing.assert_allclose(found.scores["se"], PairedComparison().fit(GOLDEN).scores["se"], rtol=1e-8)


def test_rows_of_count_zero_say_nothing():
    with_zero = pd.concat([GOLDEN, wins([("D", "A", 0)])])
    found = PairedComparison().fit(with_zero)
    np.testing.assert_allclose(found.estimate[:3], PairedComparison().fit(GOLDEN).estimate, atol=1e-12)
    assert found.scores.loc["D", "status"] == "insufficient_data"


def test_somebody_only_ever_skipped_stays_without_a_score():
    rows = [("a", "b", "left"), ("b", "c", "left"), ("c", "a", "left"), ("z", "a", "skip")]
    found = PairedComparison().fit(sided(rows))
    assert found.scores.loc["z", "status"] == "insufficient_data"
    assert "skipped" in found.scores.loc["z", "status_reason"]
    assert found.scores["rank"].dropna().tolist() == [1, 1, 1]
    assert "I-SKIPS" in codes(found)
    assert found.record.loc["z", "comparisons"] == 0


def test_the_reason_for_no_score_is_the_true_one():
    cycle = [("a", "b", "left", 1), ("b", "c", "left", 1), ("c", "a", "left", 1)]
    rows = [
        *cycle,
        ("skipped", "a", "skip", 1),
        ("tied", "a", "tie", 1),
        ("none", "a", "left", 0),
        ("mixed", "a", "tie", 1),
        ("mixed", "b", "skip", 1),
    ]
    found = PairedComparison(ties="drop").fit(sided(rows, ("left", "right", "outcome", "count")))
    given = dict(zip(found.people, (None if r is None else r.code for r in found.reasons), strict=True))
    expected = {"skipped": "S-NOTCOMPARED", "tied": "S-ONLYTIES", "none": "S-NODECISION", "mixed": "S-NODECISION"}
    assert given == {"a": None, "b": None, "c": None, **expected}


def test_winning_against_strong_people_counts_for_more_than_the_share_of_wins():
    """d wins half of the games, all against the best; c wins two thirds, all against the weakest."""
    rows = [
        ("a", "b", 3),
        ("b", "a", 2),
        ("d", "a", 2),
        ("a", "d", 2),
        ("a", "e", 5),
        ("e", "a", 1),
        ("c", "e", 4),
        ("e", "c", 2),
        ("b", "e", 4),
        ("e", "b", 1),
    ]
    found = PairedComparison().fit(wins(rows))
    share = found.record["wins"] / found.record["comparisons"]
    assert share["c"] > share["d"]
    assert found.scores.loc["c", "score"] < found.scores.loc["d", "score"]


# judges


@pytest.mark.parametrize(
    ("m", "basis", "said", "status", "df"),
    [
        (1, "model", "I-JUDGES", "scored", np.inf),
        (2, "model", "I-JUDGES", "scored", np.inf),
        (3, "judge_cluster", "I-JACKKNIFE", "provisional", 2),
        (7, "judge_cluster", "I-JACKKNIFE", "provisional", 6),
        (8, "judge_cluster", None, "scored", 7),
    ],
)
@pytest.mark.parametrize("tie", [0.0, 0.3])
def test_standard_errors_by_number_of_judges(m, basis, said, status, df, tie):
    data = pd.concat([judged(m, tie=tie, seed=s, gap=0.05) for s in range(8)])
    found = PairedComparison().fit(data)
    assert found.se_basis == basis
    assert found.df_difference == df
    assert set(found.scores["status"]) == {status}
    assert codes(found) & {"I-JUDGES", "I-JACKKNIFE", "W-UNANIMOUS"} == ({said} if said else set())
    assert (found.joint_covariance is not None) == (basis == "judge_cluster")


@pytest.mark.parametrize("tie", [0.0, 0.3])
@pytest.mark.parametrize("m", [5, 9])
def test_covariance_by_judge_is_that_of_leaving_judges_out(m, tie):
    """Jackknife by refitting without each judge; the sandwich approximates it."""
    data = pd.concat([judged(m, tie=tie, seed=s, gap=0.1) for s in range(6)])
    found = PairedComparison().fit(data)
    shifts = np.array([PairedComparison(judges="model").fit(data[data["rater"] != f"j{r}"]).estimate - found.estimate for r in range(m)])
    by_hand = (m - 1) / m * shifts.T @ shifts
    if m < 8:
        np.testing.assert_allclose(found.covariance.dense(), by_hand, atol=1e-8)
    else:
        np.testing.assert_allclose(np.diag(found.covariance.dense()), np.diag(by_hand), rtol=0.25)  # both estimate the same


@pytest.mark.parametrize("tie", [0.0, 0.3])
def test_a_judge_copied_from_another_is_not_new_evidence(tie):
    """Every judge twice: the model's se shrinks by √2, and that by judge stays if the copies count as one judge."""
    data = pd.concat([judged(9, tie=tie, seed=s, gap=0.1) for s in range(3)])
    once, twice = PairedComparison().fit(data), PairedComparison().fit(pd.concat([data, data]))
    np.testing.assert_allclose(twice.scores["se"], once.scores["se"], rtol=1e-6)
    model = PairedComparison(judges="model")
    np.testing.assert_allclose(model.fit(pd.concat([data, data])).scores["se"] * np.sqrt(2), model.fit(data).scores["se"], rtol=1e-6)


def test_identical_judges_do_not_give_certainty():
    one = sided([("a", "b", "left"), ("b", "c", "left"), ("c", "a", "left"), ("a", "c", "left")])
    data = pd.concat([one.assign(rater=f"j{r}") for r in range(10)])
    found = PairedComparison().fit(data)
    assert found.se_basis == "model"  # the sandwich would say zero
    assert "W-UNANIMOUS" in codes(found)
    assert (found.scores["se"] > 0.1).all()
    assert (found.scores["status"] == "provisional").all()


def test_unanimous_judges_fall_back_to_the_model():
    data = pd.concat([LADDER.assign(rater=f"j{r}") for r in range(10)])
    found = PairedComparison().fit(data)
    assert found.se_basis == "model"
    assert "W-ONESIDED" in codes(found)
    assert (found.scores["status"] == "provisional").all()
    assert (found.scores["se"] > 0.1).all()


# solver


def test_choix_agrees():
    data = simulate.comparisons(15, judges=6, design="complete", sd=0.5, seed=3).table
    ours, theirs = PairedComparison().fit(data), PairedComparison(solver="choix").fit(data)
    np.testing.assert_allclose(ours.estimate, theirs.estimate, atol=1e-8)
    pairs = [(a, b) if r == 1 else (b, a) for a, b, r in zip(data.left, data.right, data.result, strict=True)]
    direct = choix.ilsr_pairwise(15, pairs)
    np.testing.assert_allclose(PairedComparison(judges="model").fit(data).estimate, direct - direct.mean(), atol=1e-6)


def test_row_order_sides_and_labels_decide_nothing():
    data = judged(9, seed=5)
    turned = data.rename(columns={"left": "right", "right": "left"}).assign(outcome=data["outcome"].map({"left": "right", "right": "left"}))
    a = PairedComparison().fit(data).scores
    for other in (data.sample(frac=1, random_state=2), turned):
        b = PairedComparison().fit(other).scores
        pd.testing.assert_frame_equal(a, b, rtol=1e-9)


@pytest.mark.parametrize("settings", [{"ties": "rao"}, {"penalty": "ridge"}, {"judges": "all"}, {"solver": "mm"}])
def test_impossible_settings(settings):
    with pytest.raises(SettingsError):
        PairedComparison(**settings)

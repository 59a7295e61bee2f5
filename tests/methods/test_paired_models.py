"""PairedComparison beyond plain worths: sides, ties, links, priors, covariates, and what is said about them."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from rankkit import PairedComparison, People, datasets, simulate
from rankkit.errors import (
    DataError,
    IdentificationError,
    InsufficientDataError,
    PeopleError,
    RankkitError,
    SettingsError,
    use_language,
)
from rankkit.methods.paired_comparison import PairedComparisonResult

CLOSE = 1e-6  # an optimiser without derivatives stops about here
PUBLISHED = 5e-4  # printed to three decimals


def table(rows, columns=("left", "right", "outcome")):
    return pd.DataFrame(rows, columns=list(columns))


def codes(found):
    return set(found.messages["code"])


def home_and_away():
    return datasets.load("baseball_1987")


def test_home_advantage_of_baseball_teams():
    """Agresti (1990): home effect .302 (se .131), deviance 38.64."""
    found = PairedComparison(order_effect=True).fit(home_and_away())
    effect = found.parameters.loc["order_effect"]
    assert effect["estimate"] == pytest.approx(0.302, abs=PUBLISHED)
    assert effect["se"] == pytest.approx(0.131, abs=PUBLISHED)
    assert found.deviance == pytest.approx(38.64, abs=5e-3)
    assert effect["ci_low"] < 0.302 < effect["ci_high"]
    # a likelihood-ratio test against the plain model needs the same contests: 44.05 - 38.64 = 5.41 on 1
    assert found.deviance_df == 35


def test_turning_every_comparison_round_turns_the_order_effect_round_and_leaves_the_scores():
    frame = home_and_away().frame
    turned = frame.rename(columns={"left": "right", "right": "left"}).assign(
        outcome=frame["outcome"].map({"left": "right", "right": "left"})
    )
    a, b = (PairedComparison(order_effect=True).fit(f) for f in (frame, turned))
    np.testing.assert_allclose(a.estimate, b.estimate, atol=CLOSE)
    np.testing.assert_allclose(a.parameters["estimate"], -b.parameters["estimate"], atol=CLOSE)


def test_an_order_effect_needs_sides():
    won = pd.DataFrame({"winner": ["a", "b", "c"], "loser": ["b", "c", "a"]})
    with pytest.raises(IdentificationError, match="left or right"):
        PairedComparison(order_effect=True).fit(won)


def test_left_always_preferred_has_no_finite_order_effect():
    rows = [(a, b, "left") for a in "abc" for b in "abc" if a != b]
    with pytest.raises(IdentificationError, match="left was always preferred"):
        PairedComparison(order_effect=True, penalty="none").fit(table(rows))
    found = PairedComparison(order_effect=True).fit(table(rows))
    assert found.penalty == "jeffreys"
    assert set(found.scores["status"]) == {"provisional"}
    assert 0 < found.parameters.loc["order_effect", "estimate"] < np.inf
    np.testing.assert_allclose(found.estimate, 0, atol=CLOSE)


def test_pairs_seen_in_one_order_only_along_a_path_cannot_tell_an_order_effect():
    rows = [("a", "b", o) for o in ("left", "right")] + [("b", "c", o) for o in ("left", "right")]
    with pytest.raises(IdentificationError, match="order_effect"):
        PairedComparison(order_effect=True).fit(table(rows))


def ties_everywhere():
    return simulate.comparisons(n=6, judges=1, ties=0.8, rounds=60, seed=4).table


def likelihood(frame, probabilities, extra):
    """Slow maximum: scipy on the raw likelihood, worths relative to the first person."""
    people = sorted({*frame["left"], *frame["right"]})
    i, j = (frame[c].map(people.index).to_numpy() for c in ("left", "right"))
    k = frame["outcome"].map({"left": 0, "right": 1, "tie": 2}).to_numpy()

    def loss(x):
        u = np.append(0, x[: len(people) - 1])
        return -np.log(np.array(probabilities(u[i] - u[j], *x[len(people) - 1 :]))[k, np.arange(len(k))]).sum()

    best = optimize.minimize(loss, np.append(np.zeros(len(people) - 1), extra), method="BFGS", options={"gtol": 1e-8})
    u = np.append(0, best.x[: len(people) - 1])
    return u - u.mean(), best.x[len(people) - 1 :], -best.fun


def rao_kupper(d, log_theta):
    theta = np.exp(np.abs(log_theta))  # the optimiser may step below one
    left, right = 1 / (1 + theta * np.exp(-d)), 1 / (1 + theta * np.exp(d))
    return [left, right, 1 - left - right]


def davidson_beaver(d, order, log_nu):
    left, right, tie = np.exp((d + order) / 2), np.exp(-(d + order) / 2), np.full_like(d, np.exp(log_nu))
    whole = left + right + tie
    return [left / whole, right / whole, tie / whole]


def glenn_david(d, shift):
    shift = np.abs(shift)
    left, right = stats.norm.cdf(d - shift), stats.norm.cdf(-d - shift)
    return [left, right, 1 - left - right]


@pytest.mark.parametrize(
    ("settings", "chances", "start", "names"),
    [
        ({"ties": "rao_kupper", "judges": "model"}, rao_kupper, [0.5], ["log_theta"]),
        ({"order_effect": True, "judges": "model"}, davidson_beaver, [0.0, -0.3], ["order_effect", "log_nu"]),
        ({"link": "probit", "judges": "model"}, glenn_david, [0.3], ["log_theta"]),
    ],
)
def test_models_of_ties_maximise_their_likelihood(settings, chances, start, names):
    frame = ties_everywhere().frame
    found = PairedComparison(**settings).fit(frame)
    worth, others, loglik = likelihood(frame, chances, start)
    assert found.loglik == pytest.approx(loglik, abs=CLOSE)
    np.testing.assert_allclose(found.estimate, worth, atol=1e-4)  # flat at the top: the optimiser is less sure
    assert list(found.parameters.index) == names
    wanted = np.abs(others) if names == ["log_theta"] else others
    np.testing.assert_allclose(found.parameters["estimate"], wanted, atol=1e-4)


def test_thurstone_case_v():
    """With one free probability a pair of three people and a path, Case V gives the normal quantiles of the shares."""
    rows = [("a", "b", "left", 80), ("a", "b", "right", 20), ("b", "c", "left", 60), ("b", "c", "right", 40)]
    found = PairedComparison(link="probit").fit(table(rows, ("left", "right", "outcome", "count")))
    gaps = -np.diff(found.estimate)
    np.testing.assert_allclose(gaps, stats.norm.ppf([0.8, 0.6]), atol=CLOSE)
    assert found.unit == "probit"
    assert found.win_probability("a", "b") == pytest.approx(0.8, abs=CLOSE)


def test_davidson_has_no_normal_version():
    with pytest.raises(SettingsError, match="rao_kupper"):
        PairedComparison(link="probit", ties="davidson")


def test_a_gaussian_prior_shrinks_and_says_so():
    frame = home_and_away()
    plain = PairedComparison().fit(frame)
    found = PairedComparison(penalty="gaussian", prior_sd=0.3).fit(frame)
    assert np.ptp(found.estimate) < np.ptp(plain.estimate)
    assert "I-GAUSSIANCHOSEN" in codes(found)
    assert found.penalty == "gaussian"
    with pytest.raises(SettingsError, match="gaussian"):
        PairedComparison(penalty="none", prior_sd=1.0)
    wide = PairedComparison(penalty="gaussian", prior_sd=1e4).fit(frame)
    np.testing.assert_allclose(wide.estimate, plain.estimate, atol=1e-5)  # a prior this wide says nothing


def test_too_many_people_for_jeffreys_get_a_gaussian_prior_labelled():
    n = 2100
    rng = np.random.default_rng(1)
    left = np.concatenate([np.arange(n), rng.integers(0, n, 4 * n)])
    right = np.concatenate([(np.arange(n) + 1) % n, rng.integers(0, n, 4 * n)])
    keep = (left != right) & (right != 0)  # person 0 never stands right, and always wins
    frame = pd.DataFrame({"left": left[keep].astype(str), "right": right[keep].astype(str)})
    frame["outcome"] = np.where((frame["left"] == "0") | (rng.random(len(frame)) < 0.5), "left", "right")
    found = PairedComparison().fit(frame)
    assert found.penalty == "gaussian"
    assert {"I-GAUSSIAN", "W-UNDEFEATED"} <= codes(found)
    assert found.scores["score"].abs().max() < 20
    assert set(found.scores["status"]) == {"provisional"}


def skilled(n=8, seed=5):
    rng = np.random.default_rng(seed)
    x = np.linspace(-1, 1, n)
    rows = []
    for r in range(10):
        expert = float(r % 2)
        for i in range(n):
            for j in range(i + 1, n):
                lead = (0.5 + 1.0 * expert) * (x[i] - x[j])
                rows.append((f"j{r}", f"p{i}", f"p{j}", "left" if rng.random() < 1 / (1 + np.exp(-lead)) else "right", expert))
    people = People.from_frame(pd.DataFrame({"person": [f"p{i}" for i in range(n)], "years": x, "unit": "A"}))
    return table(rows, ("rater", "left", "right", "outcome", "expert")), people


def logistic(frame, x, interaction):
    """Slow maximum of the logistic regression on differences."""
    d = (frame["left"].map(x) - frame["right"].map(x)).to_numpy()
    columns = np.column_stack([d * frame["expert"], d] if interaction else [d])
    y = (frame["outcome"] == "left").to_numpy(dtype=float)

    def loss(beta):
        eta = columns @ beta
        return float(np.sum(np.logaddexp(0, eta) - y * eta))

    return optimize.minimize(loss, np.zeros(columns.shape[1]), method="BFGS", options={"gtol": 1e-9}).x


@pytest.mark.parametrize("interaction", [False, True])
def test_worths_explained_by_a_covariate(interaction):
    frame, people = skilled()
    x = people.frame["years"].to_dict()
    found = PairedComparison(covariates=("years",), interactions=(("expert", "years"),) if interaction else ()).fit(frame, people=people)
    beta = logistic(frame, x, interaction)
    assert list(found.parameters.index) == (["expert × years", "years"] if interaction else ["years"])
    np.testing.assert_allclose(found.parameters["estimate"], beta, atol=1e-5)
    values = np.array([x[p] for p in found.people])
    np.testing.assert_allclose(found.estimate, beta[-1] * (values - values.mean()), atol=1e-5)
    assert found.scores["se"].isna().all()  # nobody's own deviation is known
    assert codes(found) & {"I-EXPLAINED", "W-NOTEXPLAINED"}
    assert (found.parameters["se"] > 0).all()


def test_an_interaction_with_judges_beside_free_worths():
    frame, people = skilled()
    found = PairedComparison(interactions=(("expert", "years"),)).fit(frame, people=people)
    assert list(found.parameters.index) == ["expert × years"]
    assert found.parameters.loc["expert × years", "ci_low"] > 0  # experts see the difference, as they were made to
    assert found.se_basis == "judge_cluster"


def test_people_may_deviate_from_their_covariate_under_a_prior():
    frame, people = skilled()
    found = PairedComparison(covariates=("years",), penalty="gaussian").fit(frame, people=people)
    explained = PairedComparison(covariates=("years",)).fit(frame, people=people)
    assert found.parameters.loc["years", "estimate"] == pytest.approx(explained.parameters.loc["years", "estimate"], rel=0.2)
    assert (found.scores["se"] > 0).all()
    assert np.abs(found.estimate - explained.estimate).max() > 0.01


def test_every_gap_in_the_covariates_is_named():
    frame, people = skilled()
    with pytest.raises(PeopleError, match="years"):
        PairedComparison(covariates=("years",)).fit(frame)
    facts = people.frame.reset_index()
    holes = People.from_frame(facts.assign(years=[None, "x", *facts["years"][2:]], same=1.0))
    with pytest.raises(PeopleError) as caught:
        PairedComparison(covariates=("years", "same", "height")).fit(frame, people=holes)
    text = str(caught.value)
    assert all(word in text for word in ("p0", "p1", "same", "height"))
    with pytest.raises(DataError, match="shoe"):
        PairedComparison(interactions=(("shoe", "years"),)).fit(frame, people=people)
    use_language("zh")
    with pytest.raises(PeopleError, match="协变量"):
        PairedComparison(covariates=("height",)).fit(frame, people=people)


@pytest.mark.parametrize(
    "settings",
    [
        {"covariates": "years"},
        {"interactions": (("a",),)},
        {"prior_sd": -1.0},
        {"bootstrap": 10},
        {"bootstrap": True},
        {"link": "cauchy"},
        {"ties": "coin"},
    ],
)
def test_impossible_settings(settings):
    with pytest.raises(SettingsError):
        PairedComparison(**settings)


def test_tables_survive_pickling_and_archives_and_are_made_only_when_asked_for():
    found = PairedComparison(order_effect=True).fit(datasets.load("service_team_pairs"))
    assert "judges (not yet made)" in repr(found.evidence)
    again = pickle.loads(pickle.dumps(found))
    kept = PairedComparisonResult.from_json(found.to_json())
    for name in ("judges", "pairs", "parameters", "reliability", "consistency", "growth"):
        pd.testing.assert_frame_equal(again.evidence[name], found.evidence[name])
        pd.testing.assert_frame_equal(kept.evidence[name], found.evidence[name], check_names=True)


def test_the_pair_matrix_is_complete_and_antisymmetric():
    found = PairedComparison().fit(home_and_away())
    chance = found.pair_matrix()
    np.testing.assert_allclose(chance + chance.T, np.where(np.eye(7, dtype=bool), np.nan, 1))
    assert list(chance.index) == list(found.scores.sort_values("rank").index)
    residual = found.pair_matrix("residual")
    np.testing.assert_allclose(residual, -residual.T)
    won = found.pair_matrix("observed")
    assert won.sum(axis=None) == found.record["comparisons"].sum() / 2
    with pytest.raises(SettingsError):
        found.pair_matrix("colour")


def test_residuals_add_up_to_nothing_for_each_person():
    found = PairedComparison().fit(home_and_away())
    gap = found.pairs["wins_first"] - found.pairs["expected_first"]
    total = pd.concat([gap.groupby(found.pairs["first"]).sum(), -gap.groupby(found.pairs["second"]).sum()]).groupby(level=0).sum()
    np.testing.assert_allclose(total, 0, atol=CLOSE)
    assert found.surprises["residual"].abs().is_monotonic_decreasing


def test_tables_of_one_dimension_are_asked_for_there():
    one = simulate.comparisons(n=5, judges=1, rounds=10, seed=1).table.frame
    found = PairedComparison().fit(pd.concat([one.assign(dimension="care"), one.assign(dimension="speed")]))
    with pytest.raises(InsufficientDataError, match="parts"):
        _ = found.judges
    assert len(found.parts["care"].pairs)
    assert set(found.record.index.names) == {"ratee", "dimension"}


def test_adaptive_pairs_without_a_hold_out_show_no_reliability():
    frame = simulate.comparisons(n=10, judges=4, rounds=20, design="near", seed=2).table.frame
    found = PairedComparison().fit(frame.assign(design="adaptive"))
    assert "W-ADAPT" in codes(found)
    assert not found.reliability["coefficient"].str.contains("SSR|split-half").any()
    rng = np.random.default_rng(0)
    held = PairedComparison().fit(frame.assign(design=np.where(rng.random(len(frame)) < 0.25, "holdout", "adaptive")))
    assert "I-HOLDOUT" in codes(held)
    assert {"hold-out calibration κ", "deflated spread"} <= set(held.reliability["coefficient"])
    assert not held.reliability["coefficient"].str.contains("SSR").any()


def test_a_judge_who_prefers_the_left_is_a_pattern_to_review():
    frame = simulate.comparisons(n=8, judges=6, rounds=60, seed=6).table.frame
    mine = frame["rater"] == frame["rater"].iloc[0]
    found = PairedComparison().fit(frame.assign(outcome=frame["outcome"].mask(mine, "left")))
    about = found.findings[found.findings["code"] == "F-LEFT"]
    assert list(about["unit_id"]) == [frame["rater"].iloc[0]]
    assert about["what_it_could_also_be"].str.len().gt(0).all()
    assert found.judges.loc[frame["rater"].iloc[0], "review"]


def test_two_people_everyone_tied_and_one_judge():
    two = PairedComparison().fit(table([("a", "b", "left"), ("a", "b", "left"), ("a", "b", "right")]))
    assert two.win_probability("a", "b") == pytest.approx(2 / 3, abs=CLOSE)
    tied = PairedComparison().fit(table([(a, b, "tie") for a, b in ("ab", "bc", "ca")]))
    np.testing.assert_allclose(tied.estimate, 0, atol=CLOSE)
    assert set(tied.scores["rank"]) == {1}
    alone = PairedComparison().fit(
        table([("j", *r) for r in [("a", "b", "left"), ("b", "c", "left"), ("c", "a", "left")]], ("rater", "left", "right", "outcome"))
    )
    assert "I-JUDGES" in codes(alone)


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([("a", "a", "left")], "itself|themsel"),
        ([("a", "b", "perhaps")], "perhaps"),
        ([(None, "b", "left")], "blank|empty|missing"),
    ],
)
def test_bad_rows_are_named(rows, text):
    with pytest.raises(RankkitError, match=text):
        PairedComparison().fit(table([*rows, ("a", "b", "left")]))


def test_choix_confirms_the_worths():
    found = PairedComparison(solver="choix").fit(home_and_away())
    np.testing.assert_allclose(found.estimate, PairedComparison().fit(home_and_away()).estimate, atol=CLOSE)

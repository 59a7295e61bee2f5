"""GraphicRatingScale against loops and explicit covariance matrices, and against what a toy gets wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit import GraphicRatingScale, Ratings
from rankkit.errors import InsufficientDataError, PolicyError, RatingsError, SettingsError
from rankkit.kernels.rater_effects.rating_composite import composite, raw_covariance
from rankkit.kernels.reliability.internal_consistency import cronbach_alpha
from tests import oracles_composites as plain
from tests.oracles_composites import drop, frame, panel

EXACT = 1e-10  # the same sums in another order


def parts_of(table, weights):
    c = table.cells
    w = np.array([weights[d] for d in table.dimensions])
    return composite(c.ratee, c.rater, c.dimension, c.score, w, len(table.people), len(table.raters))


WEIGHTS = {"k": 0.5, "q": 0.3, "s": 0.2}


@pytest.mark.parametrize("kind", ["crossed", "partial", "gaps"])
def test_scores_are_weighted_means_of_raters(kind):
    cells = panel()
    if kind == "partial":
        cells = {k: v for i, (k, v) in enumerate(cells.items()) if (i // 3) % 5 != 1}
    if kind == "gaps":
        cells = drop(cells, ("r0", "p1", "k"), ("r1", "p1", "k"), ("r2", "p1", "k"), ("r3", "p1", "k"), ("r0", "p2", "s"))
    found = GraphicRatingScale(weights=WEIGHTS, min_weight=0.4).fit(frame(cells))
    expected = plain.composite_scores(cells, WEIGHTS, found.people)
    np.testing.assert_allclose(found.estimate, [expected[p] for p in found.people], rtol=EXACT)
    assert found.scores["rank"].to_dict() == plain.ranks(expected)


@pytest.mark.parametrize("partial", [False, True])
def test_the_covariance_is_that_of_the_linear_map_of_the_cells(partial):
    """Any split of the raters' variance over dimensions gives M Var(y) M'."""
    cells = panel()
    if partial:
        cells = {(r, p, d): v for (r, p, d), v in cells.items() if (int(r[1]) + int(p[1])) % 3}
    table = Ratings.from_frame(frame(cells))
    components = {"r": 0.31, "ir": 0.22, "rd": 0.13, "e": 0.47}
    w2 = sum(w**2 for w in WEIGHTS.values())
    rater = components["r"] + w2 * components["rd"]  # of a rater's own composite
    residual = components["ir"] + w2 * components["e"]
    found = raw_covariance(parts_of(table, WEIGHTS), np.arange(len(table.people)), rater, residual).dense()
    np.testing.assert_allclose(found, plain.error_covariance(cells, WEIGHTS, table.people, **components), rtol=1e-9)


def test_worked_example_of_the_standard_error():
    """3 raters, 4 dimensions: fixed dimensions .342, random .380 (Brennan's p × r × d design; twelve independent ratings
    would claim .231)."""
    interaction, halo, residual = 0.108985, 0.292617, 0.235880
    cells = {(f"r{b}", p, d): 1.0 for b in range(3) for p in "xy" for d in "abcd"}
    w = dict.fromkeys("abcd", 0.25)
    fixed = plain.error_covariance(cells, w, "xy", ir=halo, e=residual)[0, 0]
    random = plain.error_covariance(cells, w, "xy", ir=halo, e=residual, id_=interaction)[0, 0]
    assert np.sqrt(fixed) == pytest.approx(0.342, abs=5e-4)
    assert np.sqrt(random) == pytest.approx(0.380, abs=5e-4)
    table = Ratings.from_frame(frame(cells))
    found = raw_covariance(parts_of(table, w), np.arange(2), 0.0, halo + 0.25 * residual).diagonal()
    np.testing.assert_allclose(found, fixed, rtol=EXACT)


def test_crossed_panels_have_the_textbook_standard_error():
    cells = panel(n=9, m=5)
    found = GraphicRatingScale(weights=WEIGHTS).fit(frame(cells))
    y = np.array([[sum(WEIGHTS[d] * cells[f"r{b}", f"p{a}", d] for d in WEIGHTS) for b in range(5)] for a in range(9)])
    fit = y - y.mean(axis=1, keepdims=True) - y.mean(axis=0) + y.mean()
    ms_e = (fit**2).sum() / (8 * 4)
    ms_r = 9 * ((y.mean(axis=0) - y.mean()) ** 2).sum() / 4
    assert ms_r > ms_e
    np.testing.assert_allclose(found.covariance.diagonal(), (ms_e + (ms_r - ms_e) / 9) / 5, rtol=1e-9)
    one = found.difference("p0", "p1")
    assert one.se == pytest.approx(np.sqrt(2 * ms_e / 5), rel=1e-9)
    assert found.df_difference == pytest.approx(32)
    assert found.se_basis == "rater"


def test_consistency_of_dimensions_does_not_enter_the_standard_error():
    """Same disagreement of raters' composites, other consistency within raters: α moves from .98 to .5, se not at all."""
    rng = np.random.default_rng(4)
    base = {(b, a): 5 + rng.normal() + 0.6 * a for a in range(8) for b in range(3)}
    split = {(b, a): rng.normal() for a in range(8) for b in range(3)}
    found = []
    for size in (0.05, 2.5):
        cells = {(f"r{b}", f"p{a}", d): base[b, a] + s * size * split[b, a] for (b, a) in base for d, s in (("k", 1), ("q", -1))}
        result = GraphicRatingScale().fit(frame(cells))
        x = np.array([[np.mean([cells[f"r{b}", f"p{a}", d] for b in range(3)]) for d in "kq"] for a in range(8)])
        found.append((result.scores["se"].to_numpy(), cronbach_alpha(x).alpha))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-9)
    assert found[0][1] - found[1][1] > 0.3


def test_dimensions_are_not_replicates():
    """Copying a dimension adds no information: the toy's se shrinks with √D, ours stays."""
    cells = panel(dimensions="k")
    copied = {(r, p, d): v for (r, p, _), v in cells.items() for d in "kqsx"}
    one, four = (GraphicRatingScale().fit(frame(c)) for c in (cells, copied))
    np.testing.assert_allclose(one.scores["se"], four.scores["se"], rtol=1e-9)
    np.testing.assert_allclose(one.df, four.df, rtol=1e-6)
    toy = np.array([np.std([v for (_, q, _), v in copied.items() if q == p], ddof=1) / np.sqrt(16) for p in one.people])
    assert (toy < 0.75 * four.scores["se"]).mean() > 0.5


def test_repeating_the_data_on_other_occasions_does_not_shrink_the_standard_error():
    """Duplicated as independent raters, .310 becomes .222; averaged to cells it stays (corrections C7)."""
    data = frame(panel())
    twice = pd.concat([data.assign(occasion="1"), data.assign(occasion="2")])
    once, again = GraphicRatingScale().fit(data), GraphicRatingScale().fit(twice)
    np.testing.assert_allclose(once.scores["se"], again.scores["se"], rtol=1e-12)
    np.testing.assert_allclose(once.df, again.df, rtol=1e-12)
    assert "I-OCCASIONS" in set(again.messages["code"])
    toy = GraphicRatingScale().fit(pd.concat([data, data.assign(rater=data["rater"] + "'")]))
    assert (toy.scores["se"] < 0.9 * once.scores["se"]).all()
    with pytest.raises(RatingsError) as caught:
        GraphicRatingScale().fit(pd.concat([data, data]))
    assert caught.value.code == "E-DUP"


def test_disconnected_groups_are_scored_and_said_to_be_incomparable():
    cells = panel(n=6, m=4, dimensions="k", spread=4.0)
    split = {(r, p, d): v for (r, p, d), v in cells.items() if (r in "r0r1") == (p in ("p0", "p1", "p2"))}
    found = GraphicRatingScale().fit(frame(split))
    assert found.design.kind == "disconnected"
    assert "W-DISCONN" in set(found.messages["code"])
    near, far = found.difference("p0", "p1").se, found.difference("p0", "p5").se
    assert far > near  # no rater in common: severity does not cancel


def test_raters_of_ones_own_carry_severity_in_every_difference():
    rng = np.random.default_rng(3)
    cells = {(f"r{a}{b}", f"p{a}", "k"): float(rng.normal()) for a in range(8) for b in range(3)}
    found = GraphicRatingScale().fit(frame(cells))
    y = np.array([[cells[f"r{a}{b}", f"p{a}", "k"] for b in range(3)] for a in range(8)])
    ms = y.var(axis=1, ddof=1).mean()
    between = 3 * y.mean(axis=1).var(ddof=1)
    variance = ms if between > ms else (ms * 16 + between * 7) / 23  # a negative ratee component is pooled
    np.testing.assert_allclose(found.covariance.dense(), np.eye(8) * variance / 3, rtol=1e-6, atol=1e-12)
    forms = set(found.reliability["coefficient"])
    assert "ICC(1,1)" in forms
    assert not forms & {"ICC(A,1)", "ICC(C,1)"}


@pytest.mark.parametrize("reliability", [None, 0.0, 0.7])
def test_one_rater_a_person_uses_the_declared_reliability(reliability):
    cells = {(f"m{a % 3}", f"p{a}", d): float(3 + (a * 7 % 5) + (d == "q")) for a in range(9) for d in "kq"}
    found = GraphicRatingScale(reliability=reliability).fit(frame(cells))
    r = 0.52 if reliability is None else reliability  # Viswesvaran, Ones & Schmidt (1996)
    np.testing.assert_allclose(found.scores["se"], np.std(found.estimate, ddof=1) * np.sqrt(1 - r), rtol=EXACT)
    assert found.se_basis == "assumed"
    assert {"I-NESTED", "I-ASSUMED"} <= set(found.messages["code"])


def test_one_rater_for_everyone():
    cells = {("m", f"p{a}", "k"): float(a % 4) for a in range(6)}
    found = GraphicRatingScale().fit(frame(cells))
    assert found.design.kind == "one_rater"
    assert {"I-ONERATER", "I-ASSUMED"} <= set(found.messages["code"])
    assert found.scores["rank"].tolist() == [5, 3, 2, 1, 5, 3]


def test_averages_have_no_standard_error():
    found = GraphicRatingScale().fit(Ratings.averaged(pd.DataFrame({"ratee": ["a", "b"], "score": [3.0, 4.0]})))
    assert found.covariance is None
    assert found.scores["se"].isna().all()
    assert found.scores["n_raters"].isna().all()
    assert found.scores["rank"].tolist() == [2, 1]


def test_raters_who_agree_exactly_give_no_standard_error():
    for shift in (0.0, 1.0):
        cells = {(f"r{b}", p, "k"): float(a) + shift * b for b in range(3) for a, p in enumerate("xyz")}
        found = GraphicRatingScale().fit(frame(cells))
        assert found.covariance is None
        assert "W-NOVAR" in set(found.messages["code"])
        assert found.scores["rank"].tolist() == [3, 2, 1]


def test_all_scores_equal():
    found = GraphicRatingScale().fit(frame({(r, p, "k"): 3.0 for r in "ab" for p in "xyz"}))
    assert found.scores["rank"].tolist() == [1, 1, 1]
    assert found.covariance is None
    assert "W-ALLEQUAL" in set(found.messages["code"])


def test_equal_scores_of_raters_who_disagree_are_equal_with_a_known_error():
    cells = {
        ("a", "x", "k"): 3.0,
        ("b", "x", "k"): 4.0,
        ("a", "y", "k"): 4.0,
        ("b", "y", "k"): 3.0,
        ("a", "z", "k"): 3.5,
        ("b", "z", "k"): 3.5,
    }
    found = GraphicRatingScale().fit(frame(cells))
    assert "W-ALLEQUAL" in set(found.messages["code"])
    assert (found.scores["se"] > 0).all()
    assert found.scores["rank_high"].tolist() == [3, 3, 3]


def test_one_person_with_several_raters():
    found = GraphicRatingScale().fit(frame({("a", "x", "k"): 3.0, ("b", "x", "k"): 4.0, ("c", "x", "k"): 5.0}))
    row = found.scores.loc["x"]
    assert row["se"] == pytest.approx(1 / np.sqrt(3))
    assert found.df[0] == pytest.approx(2)
    assert row["rank"] == row["rank_low"] == row["rank_high"] == 1
    alone = GraphicRatingScale().fit(frame({("a", "x", "k"): 3.0}))
    assert alone.covariance is None
    assert "I-ONEPERSON" in set(alone.messages["code"])


# weights


@pytest.mark.parametrize("weights", [{"k": 0.5, "q": 0.4}, {"k": 1.0, "q": 1.0}, {"k": 50, "q": 51}, {}])
def test_weights_must_sum_to_one_or_a_hundred(weights):
    with pytest.raises(PolicyError):
        GraphicRatingScale(weights=weights)


@pytest.mark.parametrize("weight", [-0.1, float("nan"), float("inf"), "0.5", True, None])
def test_impossible_weights_are_named(weight):
    with pytest.raises(PolicyError, match="weight of q"):
        GraphicRatingScale(weights={"k": 0.5, "q": weight})


def test_weights_may_be_per_cent_and_numpy_numbers():
    data = frame(panel(dimensions="kq"))
    a = GraphicRatingScale(weights={"k": 0.7, "q": 0.3}).fit(data)
    b = GraphicRatingScale(weights={"k": np.int64(70), "q": np.float64(30)}).fit(data)
    np.testing.assert_allclose(a.estimate, b.estimate, rtol=EXACT)


def test_weights_of_other_dimensions_are_an_error():
    with pytest.raises(PolicyError) as caught:
        GraphicRatingScale(weights={"k": 0.5, "z": 0.5}).fit(frame(panel(dimensions="kq")))
    assert "q" in str(caught.value)
    assert "z" in str(caught.value)


def test_effective_weights_are_shown_beside_nominal_ones():
    """Two halves with SD 1 and .3 and correlation .5 weigh 83 % and 17 %."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(400, 2))
    z -= z.mean(axis=0)
    z = z @ np.linalg.inv(np.linalg.cholesky(np.cov(z, rowvar=False))).T
    x = z @ np.linalg.cholesky(np.array([[1, 0.15], [0.15, 0.09]])).T
    data = pd.DataFrame([(f"p{a}", d, x[a, k]) for a in range(400) for k, d in enumerate("kq")], columns=["ratee", "dimension", "score"])
    found = GraphicRatingScale().fit(Ratings.averaged(data)).weights
    np.testing.assert_allclose(found["effective"], [0.82734, 0.17266], atol=5e-6)
    np.testing.assert_allclose(found["nominal"], 0.5)


def test_people_below_the_least_weight_get_a_status_not_a_score():
    cells = panel()
    thin = {k: v for k, v in cells.items() if not (k[1] == "p0" and k[2] != "k")}
    thin = {k: v for k, v in thin.items() if not (k[1] == "p1" and k[2] == "s")}
    found = GraphicRatingScale(weights=WEIGHTS).fit(frame(thin)).scores
    assert found.loc["p0", "status"] == "insufficient_data"
    assert "50%" in found.loc["p0", "status_reason"]
    assert "60%" in found.loc["p0", "status_reason"]
    assert found.loc["p1", "status"] == "provisional"
    assert pd.isna(found.loc["p0", "rank"])
    assert found["rank"].max() == 5
    with pytest.raises(InsufficientDataError):
        GraphicRatingScale(weights=WEIGHTS, min_weight=0.9).fit(
            frame({k: v for k, v in cells.items() if k[2] == "k"} | {("r0", "p0", "q"): 1.0, ("r0", "p1", "s"): 2.0})
        )


def test_unrated_people_stay():
    data = frame(panel(dimensions="k"))
    data.loc[data["ratee"] == "p3", "score"] = np.nan
    found = GraphicRatingScale().fit(data).scores
    assert len(found) == 6
    assert found.loc["p3", "status"] == "insufficient_data"
    assert pd.isna(found.loc["p3", "score"])


# sources, cycles, settings


def test_self_ratings_do_not_count_where_there_are_others():
    rng = np.random.default_rng(1)
    rows = [(f"p{k}", f"p{k}", "self", 9.0) for k in range(5)]
    rows += [(f"p{(k + s) % 5}", f"p{k}", "peer", float(rng.integers(1, 6))) for k in range(5) for s in (1, 2)]
    data = pd.DataFrame(rows, columns=["rater", "ratee", "source", "score"])
    whole, peers = GraphicRatingScale().fit(data), GraphicRatingScale().fit(data[data["source"] == "peer"])
    np.testing.assert_allclose(whole.estimate, peers.estimate)
    np.testing.assert_allclose(whole.scores["se"], peers.scores["se"])
    assert {"I-SOURCES"} <= set(whole.messages["code"])
    assert "W-NOTOBS" not in set(whole.messages["code"])  # what was left out was not left blank
    assert GraphicRatingScale(sources=("self",)).fit(data).estimate.tolist() == [9.0] * 5
    with pytest.raises(SettingsError):
        GraphicRatingScale(sources=("customer",)).fit(data)


def test_somebody_with_self_ratings_only_is_kept_without_a_score():
    rows = [("x", "x", "self", 5.0), ("m", "y", "supervisor", 3.0), ("m", "z", "supervisor", 4.0)]
    found = GraphicRatingScale().fit(pd.DataFrame(rows, columns=["rater", "ratee", "source", "score"]))
    assert found.scores.loc["x", "status"] == "insufficient_data"


def test_cycles_are_not_pooled():
    data = frame(panel(dimensions="k"))
    with pytest.raises(RatingsError) as caught:
        GraphicRatingScale().fit(pd.concat([data.assign(cycle="2024"), data.assign(cycle="2025")]))
    assert caught.value.code == "E-CYCLE"


def test_row_order_and_labels_decide_nothing():
    data = frame(panel())
    rng = np.random.default_rng(3)
    shuffled = data.sample(frac=1, random_state=1)
    renamed = data.assign(
        ratee=data["ratee"].map(dict(zip(sorted(data["ratee"].unique()), rng.permutation([f"z{k}" for k in range(6)]), strict=True)))
    )
    back = dict(zip(data["ratee"], renamed["ratee"], strict=True))
    a, b, c = (GraphicRatingScale().fit(x).scores for x in (data, shuffled, renamed))
    pd.testing.assert_frame_equal(a, b)
    for p in a.index:
        for column in ("score", "se", "rank", "rank_low", "rank_high"):
            assert a.loc[p, column] == pytest.approx(c.loc[back[p], column], rel=1e-12)


def test_dimensions_are_scored_as_if_alone():
    data = frame(panel())
    whole = GraphicRatingScale(weights=WEIGHTS).fit(data)
    for name in "kqs":
        alone = GraphicRatingScale().fit(data[data["dimension"] == name])
        np.testing.assert_allclose(whole.parts[name].estimate, alone.estimate)
        np.testing.assert_allclose(whole.parts[name].scores["se"], alone.scores["se"])
    assert whole.dimensions.loc[("p0", "q"), "score"] == pytest.approx(whole.parts["q"].estimate[0])


@pytest.mark.parametrize(
    "settings",
    [{"scale": (5, 1)}, {"min_weight": 0}, {"min_weight": 1.1}, {"reliability": 1.0}, {"adjust": "t"}, {"assume": "no"}, {"level": 1.0}],
)
def test_impossible_settings(settings):
    with pytest.raises(SettingsError):
        GraphicRatingScale(**settings)


def test_guilford_scores_are_means():
    found = GraphicRatingScale().fit(rk.datasets.load("guilford_creativity"))
    raw = rk.datasets.frame("guilford_creativity").groupby("ratee")["score"].mean()
    np.testing.assert_allclose(found.scores["score"], raw[list(found.people)])


def test_two_ratings_that_differ_are_not_said_to_agree() -> None:
    for scores, code in (([1, 2], "W-TWORATINGS"), ([3, 3], "W-NOVAR")):
        found = rk.GraphicRatingScale().fit(pd.DataFrame({"rater": ["a", "b"], "ratee": "p", "score": scores}))
        assert found.se_basis == "none"
        assert code in set(found.messages["code"])

"""agreement.rwg, rwg_j, group_icc: golden values, the test of the rule of .70, bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.agreement import group_icc, rwg, rwg_j
from rankkit.errors import InsufficientDataError, RatingsError, SettingsError
from rankkit.kernels.reliability.within_group_nulls import null_shares

FIVE = (1, 5)


def one(*scores, dimension="overall"):
    return pd.DataFrame({"rater": [f"r{k}" for k in range(len(scores))], "ratee": "x", "dimension": dimension, "score": scores})


def panel(n=30, m=6, items=3, seed=1, *, spread=0.7):
    rng = np.random.default_rng(seed)
    truth = rng.normal(3.4, 0.6, (n, 1, 1))
    y = truth + spread * (0.6 * rng.normal(size=(n, m, 1)) + 0.8 * rng.normal(size=(n, m, items)))
    y = np.clip(np.round(y), 1, 5)
    rows = [(f"r{b}", f"p{a:02d}", f"d{c}", y[a, b, c]) for a in range(n) for b in range(m) for c in range(items)]
    return pd.DataFrame(rows, columns=["rater", "ratee", "dimension", "score"])


def test_golden():
    row = rwg(one(4, 4, 5, 3, 4), FIVE).iloc[0]
    assert row[["rwg_uniform", "ad_m"]].tolist() == pytest.approx([0.75, 0.40])
    assert row["a_wg"] == pytest.approx(0.7333, abs=5e-5)
    split = rwg(one(1, 5, 1, 5), FIVE).iloc[0]
    assert split["raw_uniform"] == pytest.approx(-1.6667, abs=5e-5)
    assert split["rwg_uniform"] == 0
    items = [(4, 4, 5, 3, 4), (3, 4, 4, 3, 5), (5, 5, 5, 4, 4)]
    together = rwg_j(pd.concat([one(*x, dimension=f"i{k}") for k, x in enumerate(items)]), FIVE).iloc[0]
    assert together[["rwg_j_uniform", "ad_m_j", "ad_md_j"]].tolist() == pytest.approx([0.90, 0.506667, 0.466667], abs=5e-7)
    assert together["rwg_star_uniform"] == pytest.approx(0.75)
    assert together["n_items"] == 3


def test_three_random_raters_pass_the_rule_of_seventy_but_not_ours():
    """Toy: "r_wg ≥ .70 means agreement". With three raters 23 % of random groups pass; with p and a second null none does."""
    rng = np.random.default_rng(3)
    scores = rng.integers(1, 6, (1000, 3))
    data = pd.DataFrame([(f"r{b}", f"p{a:04d}", scores[a, b]) for a in range(1000) for b in range(3)], columns=["rater", "ratee", "score"])
    table = rwg(data, FIVE)
    toy = (table["rwg_uniform"] >= 0.70).mean()
    assert 0.19 < toy < 0.27  # 23 %, Monte-Carlo se 1.3 %
    assert not table["agrees"].any()
    assert (table["p_uniform"] <= 0.05).mean() <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 1000)
    passed = table[table["rwg_uniform"] >= 0.70]
    assert (passed["p_uniform"] >= 0.039).all()
    assert (passed["rwg_slight_skew"] < passed["rwg_uniform"]).mean() > 0.5


def test_two_nulls_by_default_and_all_on_request():
    table = rwg(one(4, 4, 5, 3, 4), FIVE, nulls=("uniform", "slight_skew", "moderate_skew", "heavy_skew", "triangular", "normal"))
    found = [table[f"rwg_{n}"].item() for n in ("uniform", "slight_skew", "moderate_skew", "heavy_skew", "triangular", "normal")]
    assert found == pytest.approx([1 - 0.5 / v if v > 0.5 else 0 for v in (2, 1.34, 0.9, 0.44, 1.32, 1.04)])
    assert rwg(one(4, 4, 5), FIVE).filter(like="rwg_").columns.tolist() == ["rwg_uniform", "rwg_slight_skew"]


def test_own_null():
    shares = null_shares("slight_skew", 5).tolist()
    own = rwg(one(4, 4, 5, 3, 4), FIVE, nulls={"ours": shares}).iloc[0]
    ready = rwg(one(4, 4, 5, 3, 4), FIVE).iloc[0]
    assert (own["rwg_ours"], own["p_ours"]) == pytest.approx((ready["rwg_slight_skew"], ready["p_slight_skew"]))
    for bad in ([0.5, 0.5], [0.2] * 4 + [0.3], [1, 0, 0, 0, 0], ["a"] * 5, [-0.2, 0.6, 0.2, 0.2, 0.2]):
        with pytest.raises(SettingsError):
            rwg(one(4, 4, 5), FIVE, nulls={"ours": bad})


def test_clear_agreement_is_found():
    table = rwg(pd.concat([one(*[4] * 9 + [5]).assign(ratee=f"p{k}") for k in range(5)]), FIVE)
    assert table["agrees"].all()
    assert (table["reason"].str.contains("a_wg") | (table["reason"] == "")).all()


def test_one_row_a_person_dimension_and_source():
    data = panel().assign(source=lambda d: np.where(d["rater"] < "r3", "peer", "subordinate"))
    assert len(rwg(data, FIVE)) == 30 * 3
    table = rwg(data, FIVE, by="source")
    assert len(table) == 30 * 3 * 2
    assert (table["n_raters"] == 3).all()
    peers = rwg(data[data["source"] == "peer"].drop(columns="source"), FIVE)
    mine = table[table["source"] == "peer"].reset_index(drop=True)
    np.testing.assert_allclose(mine["p_uniform"], peers["p_uniform"])
    assert set(rwg_j(data, FIVE, by="source")["source"]) == {"peer", "subordinate"}
    assert len(rwg(data, FIVE, dimension="d1")) == 30
    with pytest.raises(SettingsError):
        rwg(data, FIVE, by="ratee")
    with pytest.raises(RatingsError):
        rwg(data, FIVE, by="team")
    with pytest.raises(RatingsError):
        rwg(data, FIVE, dimension="nonesuch")


def test_half_steps_are_a_longer_scale():
    row = rwg(one(2.5, 3, 3, 3.5), FIVE, nulls=("uniform",), step=0.5).iloc[0]
    doubled = rwg(one(5, 6, 6, 7), (2, 10), nulls=("uniform",)).iloc[0]
    assert (row["rwg_uniform"], row["p_uniform"], row["a_wg"]) == pytest.approx(
        (doubled["rwg_uniform"], doubled["p_uniform"], doubled["a_wg"])
    )
    assert row["ad_cut"] == pytest.approx(doubled["ad_cut"] / 2)
    with pytest.raises(RatingsError) as caught:
        rwg(one(2.5, 3, 3, 3.5), FIVE)
    assert caught.value.code == "E-STEP"
    with pytest.raises(SettingsError):
        rwg(one(2, 3), FIVE, step=0.3)


def test_other_scale_lengths_say_what_is_not_known():
    seven = rwg(one(4, 4, 5, 3, 4), (1, 7)).iloc[0]
    assert np.isfinite(seven["p_uniform"])
    assert np.isnan(seven["p_slight_skew"])
    assert "only the variance" in seven["reason"]
    four = rwg(one(4, 4, 3, 3, 4), (1, 4)).iloc[0]
    assert np.isnan(four["rwg_slight_skew"])
    assert "nothing was published" in four["reason"]
    with pytest.raises(SettingsError) as caught:
        rwg(one(1, 2), (1, 4), nulls=("normal",))
    assert caught.value.code == "E-NONULL"
    for bad in ((), ("flat",)):
        with pytest.raises(SettingsError):
            rwg(one(1, 2), FIVE, nulls=bad)


def test_occasions_averaged_are_not_tested():
    data = pd.concat([one(4, 4, 5).assign(occasion=1), one(4, 5, 5).assign(occasion=2)])
    row = rwg(data, FIVE).iloc[0]
    assert np.isfinite(row["rwg_uniform"])
    assert np.isnan(row["p_uniform"])
    assert "occasions" in row["reason"]
    assert "occasions" in rwg_j(data, FIVE)["reason"].item()


def test_a_scale_is_needed_and_checked():
    with pytest.raises(SettingsError) as caught:
        rwg(one(4, 4, 5))
    assert caught.value.code == "E-NOSCALE"
    with pytest.raises(RatingsError):
        rwg(one(4, 4, 7), FIVE)
    with pytest.raises(InsufficientDataError):
        rwg(rk.Ratings.averaged(one(4).drop(columns="rater"), scale=FIVE))


def test_every_blank_has_its_reason():
    data = pd.concat([one(3), one(5, 5, 5, 4).assign(ratee="y"), one(5, 5).assign(ratee="z"), one(1, 5, 1, 5).assign(ratee="w")])
    for table in (rwg(data, FIVE), rwg_j(data, FIVE)):
        blank = table.drop(columns=["reason"]).isna().any(axis=1)
        assert (table.loc[blank, "reason"] != "").all()
        assert "fewer than 2 raters" in table.set_index("ratee")["reason"]["x"]
    assert "random answers" in rwg_j(data, FIVE).set_index("ratee")["reason"]["w"]
    low = rwg(one(-2, 0, 1), (-2, 2)).iloc[0]
    assert np.isnan(low["cv"])
    assert "coefficient of variation" in low["reason"]


def test_unanimous_raters():
    table = rwg(pd.concat([one(5, 5, 5), one(*[3] * 40).assign(ratee="y")]), FIVE).set_index("ratee")
    assert table["rwg_uniform"].tolist() == [1, 1]
    assert table["a_wg"].tolist() == [1, 1]
    assert table["p_uniform"]["x"] == pytest.approx(5 * 0.2**3)
    assert table["agrees"].tolist() == [False, True]


def test_order_of_rows_and_names_do_not_matter():
    data = panel().sample(frac=0.7, random_state=2)
    shuffled = data.sample(frac=1, random_state=5)
    swap = {"d0": "z", "d1": "a", "d2": "m"}
    renamed = data.assign(rater="s" + data["rater"].str[::-1], dimension=data["dimension"].map(swap))
    for check in (rwg, rwg_j):
        pd.testing.assert_frame_equal(check(shuffled, FIVE), check(data, FIVE))
    np.testing.assert_allclose(rwg_j(renamed, FIVE)["p_uniform"], rwg_j(data, FIVE)["p_uniform"])


def test_items_that_hang_together_are_less_convincing():
    data = panel()
    apart, together = rwg_j(data, FIVE, item_correlation=0.0), rwg_j(data, FIVE, item_correlation=0.8)
    assert together["p_uniform"].mean() > apart["p_uniform"].mean()
    np.testing.assert_allclose(together["rwg_j_uniform"], apart["rwg_j_uniform"])
    assert "0.80" in together["assumes"].iloc[0]
    for bad in ({"item_correlation": 1.0}, {"draws": 10}):
        with pytest.raises(SettingsError):
            rwg_j(data, FIVE, **bad)


def test_self_ratings_are_left_out():
    data = panel().assign(source="peer")
    own = pd.DataFrame({"rater": ["p00"], "ratee": ["p00"], "dimension": ["d0"], "score": [5.0], "source": ["self"]})
    pd.testing.assert_frame_equal(rwg(pd.concat([data, own]), FIVE), rwg(data, FIVE))


def test_reliability_of_the_mean_stands_beside():
    table = group_icc(rk.datasets.load("shrout_fleiss"))
    assert table["value"].round(2).tolist() == [0.17, 0.44]
    icc = rk.agreement.icc(rk.datasets.load("shrout_fleiss")).set_index("coefficient")
    np.testing.assert_allclose(table[["value", "ci_low", "ci_high"]], icc.loc[["ICC(1,1)", "ICC(1,k)"], ["value", "ci_low", "ci_high"]])
    data = panel().assign(source=lambda d: np.where(d["rater"] < "r3", "peer", "subordinate"))
    assert len(group_icc(data, by="source")) == 3 * 2 * 2
    assert group_icc(data, "d1")["dimension"].unique().tolist() == ["d1"]
    with pytest.raises(SettingsError):
        group_icc(data, level=0)


@pytest.mark.parametrize(
    "data", [one(4, 4, 5), one(3), one(4, 4).assign(ratee=["x", "y"]), pd.concat([one(4, 4), one(4, 4).assign(ratee="y")])]
)
def test_reliability_that_cannot_be_had(data):
    table = group_icc(data)
    assert table["value"].isna().all()
    assert (table["reason"] != "").all()


def test_agreement_without_reliability():
    """Everybody gets a four from everybody, give or take: raters agree and tell nobody apart."""
    rng = np.random.default_rng(2)
    data = pd.DataFrame(
        [(f"r{b}", f"p{a:02d}", 4 + int(rng.random() < 0.2)) for a in range(40) for b in range(10)], columns=["rater", "ratee", "score"]
    )
    assert rwg(data, FIVE)["agrees"].mean() > 0.9
    assert group_icc(data)["ci_low"].iloc[0] < 0.05

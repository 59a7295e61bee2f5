"""What a multi-source result says beyond its scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.errors import InsufficientDataError, RatingsError, SettingsError
from rankkit.kernels.components.mixed_reml import fit as reml
from rankkit.methods.multi_source_adjusted import mixed, rater_composites
from tests.multi_source_panels import panel

ROUNDING = 1e-9


@pytest.fixture(scope="module")
def made():
    return rk.simulate.service_team()


@pytest.fixture(scope="module")
def result(made):
    return rk.MultiSourceFeedback().fit(made.table)


def test_source_means(result, made):
    frame = made.table.frame
    plain = frame.groupby(["ratee", "source", "dimension"], observed=True)["score"].agg(["mean", "size"])
    found = result.sources
    single = found[found.index.get_level_values("dimension") != "(all)"]
    assert len(single) == len(plain)
    assert single["mean"].to_numpy() == pytest.approx(plain["mean"].reindex(single.index).to_numpy())
    assert (single["n"] == plain["size"].reindex(single.index)).all()
    whole = found.xs("(all)", level="dimension")
    assert whole["mean"].to_numpy() == pytest.approx(
        single["mean"].groupby(level=["ratee", "source"]).mean().reindex(whole.index).to_numpy()
    )
    assert set(found["se_basis"][found.index.get_level_values("source") == "supervisor"]) == {"assumed"}


def test_agreement_inside_sources_has_two_nulls_and_their_tests(result):
    found = result.agreement_within
    for null in ("uniform", "slight_skew"):
        assert {f"rwg_{null}", f"raw_{null}", f"p_{null}", f"q_{null}"} <= set(found.columns)
    rows = found[found["n_raters"] > 1]
    assert (rows["rwg_slight_skew"] <= rows["rwg_uniform"] + ROUNDING).all()  # the uniform null flatters
    three = rows[rows["n_raters"] == 3]
    assert (three["rwg_uniform"] >= 0.7).mean() > 0.3  # the rule of .70 is passed by many panels of three …
    assert (three["agrees"]).mean() < 0.05  # … of whom almost none agree beyond chance
    icc = result.source_reliability
    assert set(icc.index.get_level_values("coefficient")) == {"ICC(1)", "ICC(1,k)"}
    assert "ICC(2)" not in icc.to_string()


def test_no_scale_no_within_group_agreement_but_a_reason(made):
    found = rk.MultiSourceFeedback().fit(made.table.frame.drop(columns=["ratee_label", "rater_label"])).agreement_within
    assert len(found) == 1
    assert found["reason"].tolist() == ["the lowest and highest possible score are not known"]


def test_self_other_differences_have_an_error(result):
    found, told = result.self_other, result.self_other_reliability
    whole = found.xs("(all)", level="dimension")
    assert whole["difference"].to_numpy() == pytest.approx((whole["self"] - whole["others"]).to_numpy())
    spread = whole["self"].var(ddof=1) * 0.3
    assert whole["se"].to_numpy() == pytest.approx(np.sqrt(spread + result.scores["se"].loc[whole.index] ** 2).to_numpy())
    assert list(told.loc["(all)"].index) == [0.5, 0.6, 0.7, 0.8, 0.9]
    assert (np.diff(told.loc["(all)", "r_d"]) > 0).all()
    assert (found["finding"] != "").sum() < (found["category"].isin(["over", "under"])).sum() / 3  # categories are not findings
    flagged = found[found["finding"] != ""]
    assert ((flagged["difference"] > 0) == (flagged["finding"] == "blind spot")).all()
    assert (flagged["holds_from"] <= 0.7 + ROUNDING).all()
    assert found["profile_r"].isna().all()  # four dimensions are too few for a profile


def test_profiles_of_six_dimensions():
    rng = np.random.default_rng(0)
    rows = [
        (f"{s}{k}", f"p{i}", s, f"d{d}", 3 + (d % 3) * (i % 2) + 0.1 * rng.normal())
        for i in range(8)
        for s, k in (("peer", 10 * i), ("peer", 10 * i + 1))
        for d in range(6)
    ]
    rows += [(f"p{i}", f"p{i}", "self", f"d{d}", 3 + (d % 3) * (1 - i % 2) + 0.1 * rng.normal()) for i in range(8) for d in range(6)]
    frame = pd.DataFrame(rows, columns=["rater", "ratee", "source", "dimension", "score"])
    whole = rk.MultiSourceFeedback().fit(frame).self_other.xs("(all)", level="dimension")
    assert whole["profile_r"].notna().all()


def test_no_self_ratings(made):
    frame = made.table.frame
    result = rk.MultiSourceFeedback(scale=(1, 5)).fit(frame[frame["source"] != "self"])
    assert len(result.self_other) == 0
    with pytest.raises(InsufficientDataError, match="themselves"):
        result.response_surface(made.truth["score"])


def test_response_surface_with_names(result, made):
    surface = result.response_surface(made.truth["score"], errors="ols")
    rows = result.self_other.xs("(all)", level="dimension")
    s, o = rows["self"] - 3, rows["others"] - 3
    X = np.column_stack([np.ones(len(s)), s, o, s * s, s * o, o * o])
    b = np.linalg.lstsq(X, made.truth["score"].loc[rows.index].to_numpy(), rcond=None)[0]
    assert surface.coefficients["estimate"].to_numpy() == pytest.approx(b)
    assert surface.tests["estimate"].to_numpy() == pytest.approx([b[1] + b[2], b[3:].sum(), b[1] - b[2], b[3] - b[4] + b[5]])
    assert surface.difference_models.loc["difference", "p"] < 1e-6
    one = result.response_surface(made.truth["score"], dimension="attitude")
    assert one.name == "attitude"
    lead = made.truth["score"].index.to_series().map(lambda p: int(p[1:]) % 9)
    assert result.response_surface(made.truth["score"], errors="cluster", cluster=lead).fitted.df == 8
    for bad in (
        {"outcome": "pay"},
        {"outcome": made.truth["score"], "dimension": "charm"},
        {"outcome": made.truth["score"].astype(str) + "x"},
    ):
        with pytest.raises(SettingsError):
            result.response_surface(**bad)


def test_an_outcome_from_the_table_of_people(made):
    people = rk.People.from_frame(pd.DataFrame({"person": made.truth.index, "sales": made.truth["score"].to_numpy(), "unit": "A"}))
    found = rk.MultiSourceFeedback().fit(made.table, people=people)
    assert found.response_surface("sales").fitted.n == 68


def test_components_agree_with_reml_and_mark_what_is_confounded(result):
    found = result.components
    whole = found.loc["(all)"].drop(index="rater severity")
    assert whole["variance"].to_numpy() == pytest.approx(whole["reml"].to_numpy(), abs=0.04)
    inside = (whole["ci_low"] <= whole["variance"] + ROUNDING) & (whole["variance"] <= whole["ci_high"] + ROUNDING)
    assert inside.all()
    assert "rater" in found.loc[("supervisor", "general"), "reason"]
    assert "cannot be told" in found.loc[("supervisor", "rater"), "reason"]
    groups = result.variance_groups
    assert groups["share"].sum() == pytest.approx(1.0)
    assert groups.loc["rater"].iloc[3:5].tolist() == [0.62, 0.53]


def test_raters_needed_are_exact(result):
    found = result.raters_needed
    assert found.loc[("supervisor", 0.9), "raters_published"] == 9
    assert pd.isna(found.loc[("supervisor", 0.7), "raters"])
    r = found.loc[("peer", 0.8), "single"]
    k = int(found.loc[("peer", 0.8), "raters"])
    assert k * r / (1 + (k - 1) * r) >= 0.8 > (k - 1) * r / (1 + (k - 2) * r)


def test_adjusted_scores_stand_beside_the_raw(result):
    found = result.adjusted
    assert set(found.index.get_level_values("adjust")) == {"none", "sources", "mixed", "mfrm"}
    raw = found.xs("none", level="adjust")
    assert raw["score"].to_numpy() == pytest.approx(result.scores["score"].to_numpy())
    for name in ("sources", "mixed", "mfrm"):
        one = found.xs(name, level="adjust")
        assert one["score"].corr(raw["score"]) > 0.95
        assert (one["rank_change"] != 0).any()


def test_the_mixed_model_is_the_one_of_the_normal_equations():
    made = panel(np.random.default_rng(1), 12, pools={"peer": 8, "subordinate": 9, "customer": 6}, dimensions=1)
    result = rk.MultiSourceFeedback().fit(made.frame)
    scoring = result.evidence._makers["sources"].args[0]
    z, ratee, role, source = rater_composites(scoring)
    n, S = 12, 3
    role = np.unique(role, return_inverse=True)[1]
    fitted = reml(
        z,
        [(ratee, n), (ratee * S + source, n * S), (role, role.max() + 1)],
        np.eye(S)[source],
        information="average",
    )
    vg, vs, vr, ve = fitted.variances
    Z = [np.eye(n)[ratee], np.eye(n * S)[ratee * S + source], np.eye(role.max() + 1)[role]]
    V = vg * Z[0] @ Z[0].T + vs * Z[1] @ Z[1].T + vr * Z[2] @ Z[2].T + ve * np.eye(len(z))
    X = np.eye(S)[source]
    mu = np.linalg.solve(X.T @ np.linalg.solve(V, X), X.T @ np.linalg.solve(V, z))
    away = np.linalg.solve(V, z - X @ mu)
    expected = mu.mean() + vg * Z[0].T @ away + (vs * Z[1].T @ away).reshape(n, S).mean(axis=1)
    found = mixed(scoring)
    assert found.score == pytest.approx(expected, abs=1e-5)
    L = vg * Z[0] + vs * Z[1].reshape(len(z), n, S).mean(axis=2)  # covariance of the data with each person's target
    pick = np.full((S, n), 1 / S)
    B = np.linalg.inv(X.T @ np.linalg.solve(V, X))
    gap = pick - X.T @ np.linalg.solve(V, L)
    error = vg + vs / S - np.einsum("ij,ik,kj->j", L, np.linalg.inv(V), L) + np.einsum("ij,ik,kj->j", gap, B, gap)
    assert found.se**2 == pytest.approx(error, rel=1e-4)


def test_coverage_counts_blanks_reasons_and_lists():
    frame = pd.DataFrame(
        [("p1", "a", "peer", "x", 3, "", "ratee"), ("p1", "a", "peer", "y", None, "not_observed", "ratee"),
         ("p2", "a", "peer", "x", None, "declined", "manager"), ("p2", "a", "peer", "y", None, "declined", "manager"),
         ("p3", "a", "peer", "x", 4, "", "ratee"), ("p3", "a", "peer", "y", 4, "", "ratee"),
         ("v", "a", "supervisor", "x", 4, "", "system"),
         ("v", "b", "supervisor", "x", 3, "", "system"), ("p3", "b", "peer", "x", 2, "", "system")],
        columns=["rater", "ratee", "source", "dimension", "score", "na_reason", "nominated_by"],
    )  # fmt: skip
    result = rk.MultiSourceFeedback().fit(frame)
    row = result.coverage().loc[("a", "peer")]
    assert row[["invited", "answered", "items", "filled", "not_observed", "declined"]].tolist() == [3, 2, 6, 3, 1, 2]
    assert row["response"] == pytest.approx(2 / 3)
    assert row["nominated_by_ratee"] == 2
    asked = pd.DataFrame({"rater": ["p1", "p2", "p4", "c1"], "ratee": "a", "source": ["peer", "peer", "peer", "customer"]})
    listed = result.coverage(asked)
    assert listed.loc[("a", "peer"), ["invited", "answered", "unasked"]].tolist() == [3, 1, 1]
    assert listed.loc[("a", "customer"), "response"] == 0
    with pytest.raises(RatingsError):
        result.coverage(asked.drop(columns="source"))
    with pytest.raises(RatingsError):
        result.coverage(asked.assign(source="boss"))


def test_notes_say_of_no_rater_what_was_answered(made):
    frame = made.table.frame
    frame = frame.assign(score=frame["score"].mask(frame["rater"] == "X1", 3.0).mask((frame["rater"] == "C01"), np.nan))
    told = " ".join(rk.MultiSourceFeedback().fit(frame).messages["text"])
    for rater in ("X1", "C01"):
        assert made.table.rater_labels[rater] not in told


def test_archives_keep_everything(result):
    again = rk.Result.from_json(result.to_json())
    assert type(again) is type(result)
    pd.testing.assert_frame_equal(again.sources, result.sources)
    pd.testing.assert_frame_equal(again.cells, result.cells)
    assert again.response_surface(pd.Series(1.0 + np.arange(68.0) ** 2, index=list(result.people))).fitted.n == 68


def test_what_leaves_is_what_may_be_shown(made):
    """Nothing exact of a group below its threshold; no table of exact means; an interval holds the exact score."""
    result = rk.MultiSourceFeedback(scale=(1, 5)).fit(made.table)
    shown = result.released_sources
    assert not (shown.index.get_level_values("source").isin(["customer"]) & (shown["n"] < 5) & shown["value"].notna()).any()
    k = {"peer": 3, "subordinate": 3, "expert": 3, "customer": 5}
    for source, least in k.items():
        rows = shown[(shown.index.get_level_values("source") == source) & shown["value"].notna()]
        assert (rows["n"] >= least).all()
    exact = result.sources["mean"]
    both = shown.join(exact.rename("exact"), how="inner")
    both = both[both["value"].notna()]
    assert ((both["low"] - 1e-9 <= both["exact"]) & (both["exact"] <= both["high"] + 1e-9)).all()
    released = result.release("hr")
    assert not np.allclose(released["score"].to_numpy(), result.scores["score"].to_numpy())
    few = made.table.where(np.isin(np.array(made.table.people)[made.table.ratee], ["A01", "A02", "A03", "L1", "L2"]))
    strict = rk.MultiSourceFeedback(scale=(1, 5), disclosure="strict").fit(few)
    assert strict.confidential.finished.policy == "strict"

"""Scores of multi-source feedback: what counts, what is missing, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.errors import InsufficientDataError, PolicyError, RatingsError, SettingsError
from tests.multi_source_panels import panel

ROUNDING = 1e-9
WEIGHTS = {"supervisor": 0.4, "peer": 0.4, "customer": 0.2}


def rows(*entries):
    return pd.DataFrame(entries, columns=["rater", "ratee", "source", "score"])


@pytest.fixture(scope="module")
def team():
    return rk.datasets.load("service_team")


def small(customers=True):
    """Three people; c has no customer."""
    out = [("c" + str(k), p, "customer", 3 + k % 2) for p in ("a", "b") for k in range(3) if customers]
    out += [("v" + p, p, "supervisor", x) for p, x in (("a", 2), ("b", 4), ("c", 3))]
    out += [(f"e{k}{p}", p, "peer", 2 + (k + j) % 3) for j, p in enumerate("abc") for k in range(4)]
    return rows(*out)


def test_sources_are_averaged_before_they_are_weighted():
    result = rk.MultiSourceFeedback(weights=WEIGHTS).fit(small())
    frame = small()
    mean = frame.groupby(["ratee", "source"])["score"].mean()
    for p in "ab":
        expected = sum(w * mean[p, s] for s, w in WEIGHTS.items())
        assert result.scores.loc[p, "score"] == pytest.approx(expected, abs=ROUNDING)
        toy = frame[frame["ratee"] == p]["score"].mean()
        assert abs(toy - expected) > 0.01  # the grand mean of all raters is another number
    assert result.scores.loc["c", "score"] == pytest.approx((0.4 * mean["c", "supervisor"] + 0.4 * mean["c", "peer"]) / 0.8)
    assert result.scores["status"].to_dict() == {"a": "scored", "b": "scored", "c": "provisional"}
    assert "customer" in result.scores.loc["c", "status_reason"]


def test_the_grand_mean_follows_the_size_of_the_groups():
    """Two people every source rates alike; one was asked more lenient peers. The toy ranks them apart."""
    alike = [("v1", "a", "supervisor", 3), ("v1", "b", "supervisor", 3)]
    alike += [(f"a{k}", "a", "peer", 5 - k % 2) for k in range(12)] + [(f"b{k}", "b", "peer", 5 - k % 2) for k in range(2)]
    frame = rows(*alike, ("v1", "c", "supervisor", 2), ("a1", "c", "peer", 3))
    toy = frame.groupby("ratee")["score"].mean()
    assert toy["a"] - toy["b"] > 0.2
    result = rk.MultiSourceFeedback().fit(frame)
    assert result.scores.loc["a", "score"] == pytest.approx(result.scores.loc["b", "score"])


def test_self_ratings_count_for_nothing_unless_declared(team):
    result = rk.MultiSourceFeedback().fit(team)
    frame = team.frame.assign(score=np.where(team.frame["source"] == "self", 5.0, team.frame["score"]))
    other = rk.MultiSourceFeedback().fit(frame)
    assert result.scores["score"].to_numpy() == pytest.approx(other.scores["score"].to_numpy(), abs=ROUNDING)
    assert result.source_weights.loc["self", "nominal"] == 0
    own = dict.fromkeys(("supervisor", "peer", "subordinate", "customer", "expert"), 0.18) | {"self": 0.1}
    counted = rk.MultiSourceFeedback(weights=own).fit(team)
    assert "W-SELFWEIGHT" in set(counted.messages["code"])


def test_weights_are_printed_whether_declared_or_not(team):
    told = rk.MultiSourceFeedback().fit(team).messages.set_index("code")["text"]
    assert "peer 0.2" in told["I-EQUALSOURCES"]
    assert "self" in told["I-EQUALSOURCES"]
    w = {"supervisor": 40, "peer": 30, "subordinate": 10, "customer": 10, "expert": 10}
    told = rk.MultiSourceFeedback(weights=w).fit(team).messages.set_index("code")["text"]
    assert "supervisor 0.4" in told["I-SOURCEWEIGHTS"]


def test_missing_sources_are_counted_and_named(team):
    told = rk.MultiSourceFeedback().fit(team).messages.set_index("code")["text"]
    assert "60 of 68 people lack subordinate ratings" in told["W-COMP"]
    assert "subordinate" in told["W-COMPOSITION"]
    filled = rk.MultiSourceFeedback(missing_source="impute_eb").fit(team)
    assert {"W-COMP", "W-COMPOSITION"}.isdisjoint(filled.messages["code"])
    assert (filled.scores["status"] == "provisional").sum() == 60
    strict = rk.MultiSourceFeedback(missing_source="incomplete").fit(team)
    assert (strict.scores["status"] == "scored").sum() == 8
    assert strict.scores.loc["A01", "status"] == "insufficient_data"


def test_taking_source_levels_out_makes_composites_comparable():
    """People alike but for which source they lack; customers rate lower by .2, subordinates higher by .3."""
    gap = {"none": [], "sources": []}
    for k in range(15):
        made = panel(np.random.default_rng(k), 60, missing={"customer": 0.5})
        lacks = ~made.frame.groupby("ratee")["source"].agg(lambda s: "customer" in set(s))
        for adjust, out in gap.items():
            result = rk.MultiSourceFeedback(adjust=adjust, min_weight=0.5).fit(made.frame)
            error = result.scores["score"] - made.composite(dict.fromkeys(made.views, 1 / 3))
            out.append(error[lacks.reindex(error.index)].mean() - error[~lacks.reindex(error.index)].mean())
    assert np.mean(gap["none"]) > 0.10
    assert abs(np.mean(gap["sources"])) < 0.05


def test_groups_below_the_least_number_do_not_count():
    frame = small()
    one = rk.MultiSourceFeedback(weights=WEIGHTS, min_raters={"customer": 4}).fit(frame)
    without = rk.MultiSourceFeedback(weights={"supervisor": 0.5, "peer": 0.5}).fit(frame[frame["source"] != "customer"])
    assert one.scores["score"].to_numpy() == pytest.approx(without.scores["score"].to_numpy())
    assert (one.scores["status"] == "provisional").all()
    assert not one.sources.loc[("a", "customer", "(all)"), "counts"]
    number = rk.MultiSourceFeedback(weights=WEIGHTS, min_raters=3).fit(frame)  # one supervisor is enough all the same
    assert number.scores.loc["a", "status"] == "scored"


def test_a_source_with_one_rater_each_is_assumed_and_said():
    result = rk.MultiSourceFeedback(weights=WEIGHTS, reliability={"supervisor": 0.6}).fit(small())
    row = result.source_weights.loc["supervisor"]
    assert row["error"] == "assumed"
    assert row["variance_error"] == pytest.approx(np.var([2, 4, 3], ddof=1) * 0.4)
    assert result.se_basis == "assumed"
    assert "supervisor 0.6" in result.messages.set_index("code")["text"]["I-ASSUMEDSOURCE"]


def test_errors_of_a_score_are_those_of_its_sources(team):
    result = rk.MultiSourceFeedback().fit(team)
    parts = result.error_parts
    total = parts["variance"].groupby(level="ratee").sum()
    assert np.sqrt(total).to_numpy() == pytest.approx(result.scores["se"].loc[total.index].to_numpy())
    assert parts["weight"].groupby(level="ratee").sum().to_numpy() == pytest.approx(1.0)


def test_people_who_share_raters_share_their_error():
    made = panel(np.random.default_rng(3), 30, pools={"peer": 8, "subordinate": 8, "customer": 4})
    alone = panel(np.random.default_rng(3), 30)
    shared, apart = (rk.MultiSourceFeedback().fit(p.frame).covariance.dense() for p in (made, alone))
    off = ~np.eye(30, dtype=bool)
    assert shared[off].mean() > 0.03 * np.diag(shared).mean()
    assert apart[off] == pytest.approx(0.0, abs=ROUNDING)


def test_dimensions_are_no_replicates(team):
    """Ratings of one rater on four dimensions are not four raters: the naive error is far too small."""
    result = rk.MultiSourceFeedback().fit(team)
    frame = team.frame[(team.frame["source"] == "peer") & (team.frame["ratee"] == "A01")]
    naive = frame["score"].std(ddof=1) / np.sqrt(len(frame))
    assert result.sources.loc[("A01", "peer", "(all)"), "se"] > 1.3 * naive


def test_only_self():
    frame = pd.concat([small(), rows(("d", "d", "self", 5), ("a", "a", "self", 4))])
    result = rk.MultiSourceFeedback().fit(frame)
    assert result.scores.loc["d", "status"] == "insufficient_data"
    assert result.scores.loc["d", "status_reason"] == "rated only by themselves"
    with pytest.raises(InsufficientDataError, match="no source with a weight"):
        rk.MultiSourceFeedback().fit(rows(("a", "a", "self", 4), ("b", "b", "self", 2)))


def refused(kind, code, frame=None, **settings):
    with pytest.raises(kind) as error:
        rk.MultiSourceFeedback(**settings).fit(small() if frame is None else frame)
    assert code in error.value.codes
    assert error.value.text("en") != error.value.text("zh")
    return error.value


def test_impossible_weights_and_settings_are_refused():
    refused(PolicyError, "E-WEIGHT", weights={"peer": 0.5, "supervisor": 0.4})
    error = refused(PolicyError, "E-SOURCEWEIGHTS", weights={"supervisor": 0.5, "peer": 0.3, "expert": 0.2})
    assert "customer" in str(error)
    assert "expert" in str(error)
    refused(SettingsError, "E-SETTING", weights={"boss": 1.0})
    refused(SettingsError, "E-SETTING", weights={})
    refused(SettingsError, "E-SETTING", min_raters=0)
    refused(SettingsError, "E-SETTING", min_raters={"boss": 3})
    refused(SettingsError, "E-SETTING", reliability=1.0)
    refused(SettingsError, "E-SETTING", self_reliability="high")
    refused(SettingsError, "E-SETTING", missing_source="drop")
    refused(SettingsError, "E-SETTING", adjust="z")
    refused(SettingsError, "E-SETTING", disclosure="none")
    refused(SettingsError, "E-SETTING", min_weight=0)


def test_bad_tables_are_refused():
    refused(RatingsError, "E-COLS", small().drop(columns="source"))
    refused(RatingsError, "E-SELF", pd.concat([small(), rows(("a", "a", "peer", 3))]))
    refused(RatingsError, "E-NOTSELF", pd.concat([small(), rows(("a", "b", "self", 3))]))
    blank = refused(RatingsError, "E-BLANK", pd.concat([small(), rows(("x", "a", None, 3))], ignore_index=True))
    assert [p.row for p in blank.items] == [len(small()) + 2]
    refused(RatingsError, "E-CYCLE", small().assign(cycle=["2025"] * 10 + ["2026"] * (len(small()) - 10)))
    refused(
        InsufficientDataError,
        "E-NOCOMPLETE",
        small()[lambda f: ~f["ratee"].eq("c")].iloc[3:-1],
        missing_source="incomplete",
        weights=None,
        min_raters={"customer": 9},
    )
    with pytest.raises(RatingsError):
        rk.MultiSourceFeedback().fit(rk.Ratings.averaged(pd.DataFrame({"ratee": ["a", "b"], "score": [1, 2]})))


def test_everybody_equal_and_nobody_else():
    same = small().assign(score=3)
    result = rk.MultiSourceFeedback(weights=WEIGHTS).fit(same)
    assert result.covariance is None
    assert "W-NOVAR" in set(result.messages["code"])
    one = rk.MultiSourceFeedback().fit(rows(("v", "a", "supervisor", 4)))
    assert one.scores.loc["a", "score"] == 4
    assert one.covariance is None
    assert "I-NOSOURCEERROR" in set(one.messages["code"])


def test_dimension_weights_and_scales():
    frame = pd.concat([small().assign(dimension="x"), small().assign(dimension="y", score=lambda f: 2 * f["score"])])
    result = rk.MultiSourceFeedback(dimension_weights={"x": 0.75, "y": 0.25}, weights=WEIGHTS).fit(frame)
    x, y = (result.dimensions.xs(d, level="dimension")["score"] for d in "xy")
    assert result.scores["score"].to_numpy() == pytest.approx((0.75 * x + 0.25 * y).to_numpy())
    pomp = rk.MultiSourceFeedback(scale={"x": (1, 5), "y": (2, 10)}, weights=WEIGHTS).fit(frame)
    assert pomp.unit == "POMP"
    x, y = (pomp.dimensions.xs(d, level="dimension")["score"] for d in "xy")
    assert x.to_numpy() == pytest.approx(y.to_numpy())

"""What is shown of one ratee: remedies, bands, statements, and nothing that depends on the answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit.errors import DataError, PolicyError, SettingsError
from rankkit.privacy import (
    Composite,
    DisclosurePolicy,
    GroupMean,
    Linear,
    RollUp,
    audit,
    cells_of,
    disclose,
    disclose_each,
    require_purpose,
)
from rankkit.tables.ratings import Ratings

SIX = pd.DataFrame(
    {"rater": list("abcdef"), "source": ["supervisor", *["peer"] * 4, "subordinate"], "dimension": "care", "score": [4, 3, 4, 2, 3, 5]}
)


def table(groups, dimensions=("care",), score=3, seed=None):
    """Cells with so many raters of each source; answers all alike, or random."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"{s}{j}", s, d, score if seed is None else int(rng.integers(1, 6)))
        for s, n in groups.items()
        for j in range(n)
        for d in dimensions
    ]
    return pd.DataFrame(rows, columns=["rater", "source", "dimension", "score"])


def test_golden_design_is_caught_and_mended():
    wanted = [
        GroupMean("supervisor", "care"),
        GroupMean("peer", "care"),
        RollUp("all others", ("supervisor", "peer", "subordinate"), "care"),
    ]
    found = audit(SIX, wanted, scale=(1, 5))
    assert found.loc[found["kind"] == "set", "raters"].tolist() == ["f"]
    shown = disclose(SIX, wanted, scale=(1, 5))
    assert shown.table["shown"].to_dict() == {
        "supervisor · care": "exact",
        "peer · care": "suppressed",
        "all others": "exact",
        "colleagues · care": "exact",
    }
    assert shown.table.loc["colleagues · care", ["value", "n", "sources"]].tolist() == [3.4, 5, "peer + subordinate"]
    assert [n.code for n in shown.notes] == ["W-MERGED"]
    assert "n = 5" in shown.messages("en")["text"].iloc[0]
    assert "同仁" in shown.messages("zh")["text"].iloc[0]


def test_without_a_roll_up_the_small_group_is_simply_not_shown():
    shown = disclose(SIX, [GroupMean("peer", "care"), GroupMean("subordinate", "care")], scale=(1, 5))
    assert shown.table["shown"].tolist() == ["exact", "suppressed"]
    assert shown.suppressed["code"].tolist() == ["W-K"]
    assert [n.code for n in shown.notes] == ["W-K"]


def test_small_groups_are_shown_together_where_that_costs_nothing():
    shown = disclose(table({"peer": 2, "subordinate": 2, "expert": 4}), [GroupMean("expert", "care")], scale=(1, 5))
    assert shown.table["n"].to_dict() == {"expert · care": 4, "colleagues · care": 4}
    assert shown.groups["shown_as"].to_dict() == {
        ("care", "expert"): "expert",
        ("care", "peer"): "colleagues",
        ("care", "subordinate"): "colleagues",
    }


def test_a_roll_up_that_no_merging_saves_is_dropped():
    cells = table({"supervisor": 1, "subordinate": 1})
    shown = disclose(cells, [RollUp("all", ("supervisor", "subordinate"), "care")], scale=(1, 5))
    assert shown.table["code"].tolist() == ["E-DISCLOSE"]
    assert "'all'" in shown.messages("en").set_index("code").loc["E-DISCLOSE", "text"]


def test_a_merged_group_needs_the_largest_k_of_its_parts():
    assert disclose(table({"customer": 2, "peer": 2}), [], scale=(1, 5)).table.empty  # four, and customers need five
    shown = disclose(table({"customer": 3, "peer": 2}), [], scale=(1, 5))
    assert shown.table["n"].tolist() == [5]


@pytest.mark.parametrize("policy", ["standard", "strict"])
def test_nothing_but_numbers_depends_on_the_answers(policy):
    """Groups, remedies, refusals and n are the same whatever was answered: they say nothing about it."""
    rng = np.random.default_rng(3)
    for _ in range(15):
        sizes = {s: int(rng.integers(0, 7)) for s in ("supervisor", "peer", "subordinate", "customer", "expert")}
        sizes["supervisor"] = 1
        dimensions = ("A", "B")
        others = tuple(s for s in sizes if s != "supervisor")
        wanted = [
            Composite("total", {(s, d): 1 for s in sizes for d in dimensions}),
            *(GroupMean(s, d) for s in sizes for d in dimensions),
            RollUp("others", others, "A"),
        ]
        outs = [disclose(table(sizes, dimensions, seed=k), wanted, DisclosurePolicy(policy=policy), scale=(1, 5)) for k in range(4)]
        for out in outs[1:]:
            pd.testing.assert_frame_equal(out.groups, outs[0].groups)
            assert list(out.table["n"]) == list(outs[0].table["n"])
            assert (out.table["shown"] == "suppressed").tolist() == (outs[0].table["shown"] == "suppressed").tolist()
            assert [n.code for n in out.notes] == [n.code for n in outs[0].notes]


def test_bands_at_both_ends_and_exact_between():
    for total, expected in ((6, (1.0, 2.0)), (10, (1.0, 2.0)), (11, (2.2, 2.2)), (19, (3.8, 3.8)), (20, (4.0, 5.0)), (25, (4.0, 5.0))):
        cells = table({"peer": 5})
        cells["score"] = [total // 5 + (j < total % 5) for j in range(5)]
        assert disclose(cells, [GroupMean("peer", "care")], scale=(1, 5)).interval("peer · care") == expected


def test_strict_keeps_three_categories_and_refuses_three_raters_on_five_points():
    strict = DisclosurePolicy(policy="strict")
    assert disclose(table({"peer": 3}), [GroupMean("peer", "care")], strict, scale=(1, 5)).table["shown"].tolist() == ["suppressed"]
    assert disclose(table({"peer": 4}), [GroupMean("peer", "care")], strict, scale=(1, 5)).table["shown"].tolist() == ["exact"]
    assert disclose(table({"peer": 3}, score=4), [GroupMean("peer", "care")], strict, scale=(1, 7)).table["shown"].tolist() == ["exact"]


def test_two_raters_are_never_shown_whatever_k_says():
    lax = DisclosurePolicy(min_raters={"peer": 2})
    assert disclose(table({"peer": 2}), [GroupMean("peer", "care")], lax, scale=(1, 5)).table["shown"].tolist() == ["suppressed"]


def test_ratings_without_a_source_are_not_protected():
    cells = table({"": 2}).assign(score=[5, 4])
    assert disclose(cells, [GroupMean("", "care")], scale=(1, 5)).value(" · care") == 4.5


def test_composites_renormalise_or_are_dropped():
    cells = table({"supervisor": 1, "peer": 4, "subordinate": 1}).assign(score=[4, 3, 4, 2, 3, 5])
    weights = {("supervisor", "care"): 0.5, ("peer", "care"): 0.3, ("subordinate", "care"): 0.2}
    shown = disclose(cells, [Composite("soft", weights), Composite("hard", weights, "drop")], scale=(1, 5)).table
    assert shown.loc["soft", "value"] == pytest.approx((0.5 * 4 + 0.3 * 3) / 0.8)
    assert shown.loc["soft", "renormalised"]
    assert shown.loc["hard", "code"] == "W-GROUPSLACKING"


def test_the_first_composite_is_finer_and_the_second_follows_from_the_bands():
    cells = table({"supervisor": 1, "peer": 6, "subordinate": 6}, ("A", "B"))
    cells["score"] = [4 + k % 4 // 2 for k in range(len(cells))]
    parts = {(s, d): 1 for s in ("supervisor", "peer", "subordinate") for d in "AB"}
    shown = disclose(
        cells, [Composite("total", parts), Composite("again", {k: v + (k[0] == "peer") for k, v in parts.items()})], scale=(1, 5)
    ).table
    assert shown["shown"].tolist() == ["rounded", "interval"]
    assert shown.loc["total", "high"] - shown.loc["total", "low"] < 0.11
    assert shown.loc["again", "high"] - shown.loc["again", "low"] > 0.3


def test_linear_statements_pass_only_if_they_follow():
    cells = table({"peer": 4, "supervisor": 1})
    even = {(f"peer{j}", "care"): 1 for j in range(4)}
    tilted = {**even, ("peer0", "care"): 2}
    shown = disclose(
        cells, [Linear("even", even), Linear("tilted", tilted), Linear("boss", {("supervisor0", "care"): 1})], scale=(1, 5)
    ).table
    assert shown["shown"].tolist() == ["exact", "suppressed", "exact"]
    assert shown.loc["tilted", "code"] == "W-NOTDERIVED"


def test_row_order_and_names_decide_nothing():
    cells = table({"supervisor": 1, "peer": 4, "subordinate": 2}, ("A", "B"), seed=5)
    wanted = [GroupMean("peer", "A"), RollUp("others", ("peer", "subordinate"), "B")]
    first = disclose(cells, wanted, scale=(1, 5))
    second = disclose(cells.sample(frac=1, random_state=1), wanted, scale=(1, 5))
    renamed = disclose(cells.assign(rater=["x" + r[::-1] for r in cells["rater"]]), wanted, scale=(1, 5))
    for other in (second, renamed):
        pd.testing.assert_frame_equal(other.table, first.table)
        pd.testing.assert_frame_equal(other.groups, first.groups)


def test_bad_input_is_explained():
    wanted = [GroupMean("peer", "care")]
    with pytest.raises(DataError, match="missing"):
        disclose(SIX.drop(columns="source"), wanted, scale=(1, 5))
    with pytest.raises(DataError, match="2 people"):
        disclose(SIX.assign(ratee=["x"] * 3 + ["y"] * 3), wanted, scale=(1, 5))
    with pytest.raises(DataError, match="twice"):
        disclose(pd.concat([SIX, SIX.head(1)]), wanted, scale=(1, 5))
    with pytest.raises(DataError, match="outside"):
        disclose(SIX, wanted, scale=(1, 4))
    for scale, step in (((5, 1), 1), ((1, 5), 3), ((1, 5), 0)):
        with pytest.raises(SettingsError):
            disclose(SIX, wanted, scale=scale, step=step)
    for weights in ({}, {("peer", "care"): 0}, {("peer", "care"): -1}):
        with pytest.raises(SettingsError):
            Composite("c", weights)
    with pytest.raises(SettingsError):
        disclose(SIX, [Composite("c", {("peer", "care"): 1}), Composite("c", {("peer", "care"): 1})], scale=(1, 5))
    with pytest.raises(SettingsError):
        disclose(SIX, wanted, scale=(1, 5)).value("nothing")
    for bad in ({"policy": "lax"}, {"min_raters": {"peer": 0}}, {"min_raters": {"friend": 3}}, {"min_comments": 0}, {"purpose": "fun"}):
        with pytest.raises(SettingsError):
            DisclosurePolicy(**bad)


def test_cells_average_occasions_and_refuse_two_roles():
    frame = pd.DataFrame(
        {"rater": ["a", "a", "b"], "ratee": "z", "source": "peer", "score": [3, 4, 5], "occasion": [1, 2, 1]},
    )
    assert cells_of(Ratings.from_frame(frame))["score"].tolist() == [3.5, 5.0]
    with pytest.raises(DataError, match="two roles"):
        cells_of(Ratings.from_frame(frame.assign(source=["peer", "customer", "peer"])))


def test_everyone_at_once():
    cells = pd.concat([SIX.assign(ratee="x"), SIX.assign(ratee="y", score=3)])
    both = disclose_each(cells, [GroupMean("peer", "care")], scale=(1, 5))
    assert {r: d.value("peer · care") for r, d in both.items()} == {"x": 3.0, "y": 3.0}


def test_purpose_is_held():
    require_purpose(None, "administration")
    require_purpose("development", "research")
    with pytest.raises(PolicyError, match="development"):
        require_purpose("development", "administration")


def test_spread_needs_two_more():
    policy = DisclosurePolicy()
    assert [policy.spread_floor(s) for s in ("peer", "customer", "expert")] == [5, 7, 5]
    assert policy.may_comment(5)
    assert not policy.may_comment(4)


def test_audit_finds_what_rounding_does_not_hide_and_who_knows_it():
    five = table({"peer": 5}, score=5)
    found = audit(five, [GroupMean("peer", "care")], scale=(1, 5), decimals=1)
    assert found["low"].tolist() == [5.0] * 5
    one_low = five.assign(score=[1, 5, 5, 5, 5])
    found = audit(one_low, [GroupMean("peer", "care")], scale=(1, 5), decimals=1)
    assert set(found["known_by"]) == {"peer0"}
    assert len(found) == 4
    assert audit(table({"peer": 5}), [GroupMean("peer", "care")], scale=(1, 5)).empty

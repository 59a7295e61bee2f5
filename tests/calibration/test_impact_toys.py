"""What simple programs get wrong about groups: each is coded here and fails where ours does not."""

from __future__ import annotations

from math import comb

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit import calibration
from rankkit.calibration.adverse_impact import impact_tables


def both(own: tuple[int, int], other: tuple[int, int], **settings: object) -> calibration.Impact:
    counts = pd.DataFrame({"group": ["f", "m"], "selected": [own[0], other[0]], "considered": [own[1], other[1]]})
    return calibration.impact_of_counts(counts, law="us", **settings)  # type: ignore[arg-type]


def test_four_fifths_alone_flags_ten_people() -> None:
    """Five and five people, no difference in truth: added up over all 36 tables."""
    toy = ours = 0.0
    for a in range(6):
        for c in range(6):
            chance = comb(5, a) * comb(5, c) / 4**5
            toy += chance * (c > 0 and a / 5 < 0.8 * c / 5)
            ours += chance * ("below" in set(both((a, 5), (c, 5)).comparisons["verdict"]))
    assert toy > 0.3
    assert ours <= 0.05


def passes(own: tuple[int, int], other: tuple[int, int]) -> bool:
    """The toy: four fifths on the rate of the favourable outcome."""
    return own[0] / own[1] >= 0.8 * other[0] / other[1]


def test_four_fifths_on_the_favourable_rate_hides_the_bottom() -> None:
    rows = [("f", "A", 200), ("f", "B", 700), ("f", "C", 100), ("m", "A", 200), ("m", "B", 770), ("m", "C", 30)]
    counts = pd.DataFrame(rows, columns=["group", "grade", "n"])
    assert passes((900, 1000), (970, 1000))
    assert passes((200, 1000), (200, 1000))
    found = calibration.impact_of_counts(counts, grades=["A", "B", "C"], law="us").comparisons.query("against == 'highest'")
    bottom = found[found["end"] == "adverse"].iloc[0]
    assert bottom["ratio"] == pytest.approx(0.928, abs=1e-3)
    assert bottom["adverse_ratio"] == pytest.approx(3.333, abs=1e-3)
    assert bottom["verdict"] == "below"


def test_one_person_can_carry_it_over_the_threshold_at_either_end() -> None:
    row = both((2, 10), (6, 20)).comparisons.iloc[0]
    assert row["swapped"] == pytest.approx(1.2)
    assert row["one_person_reverses"]
    assert row["one_person_crosses"]
    large = both((150, 2000), (190, 2000)).comparisons.iloc[0]
    assert not large["one_person_reverses"]
    # at the bottom the rule is held against the inverse of the adverse ratio, and so is the exchange
    counts = pd.DataFrame([("f", "A", 5), ("f", "B", 93), ("f", "C", 2), ("m", "A", 5), ("m", "B", 94), ("m", "C", 1)],
                          columns=["group", "grade", "n"])  # fmt: skip
    found = calibration.impact_of_counts(counts, grades=["A", "B", "C"], law="us").comparisons
    bottom = found[(found["end"] == "adverse") & (found["group"] == "f")].iloc[0]
    assert bottom["ratio"] > 0.98
    assert bottom["one_person_crosses"]


def test_holm_over_the_groups() -> None:
    counts = pd.DataFrame({"group": list("abcd"), "selected": [30, 20, 22, 25], "considered": [50, 50, 50, 50]})
    rows = calibration.impact_of_counts(counts).comparisons.query("against == 'highest'")
    p = np.sort(rows["mid_p"].to_numpy())
    by_hand = np.minimum(np.maximum.accumulate(p * [3, 2, 1]), 1)
    assert np.sort(rows["q"].to_numpy()) == pytest.approx(by_hand)
    assert list(rows["reference"].unique()) == ["a"]
    others = calibration.impact_of_counts(counts).comparisons.query("against == 'others'")
    assert len(others) == 4
    assert others.set_index("group").loc["b", "ratio"] == pytest.approx((20 / 50) / (77 / 150))


SIMPSON = [("s1", "f", 8, 20), ("s1", "m", 20, 50), ("s2", "f", 4, 40), ("s2", "m", 1, 10)]


def test_pooling_over_units_makes_a_difference_that_no_unit_has() -> None:
    counts = pd.DataFrame(SIMPSON, columns=["stratum", "group", "selected", "considered"])
    sums = counts.groupby("group")[["selected", "considered"]].sum()
    toy = (sums.loc["f", "selected"] / sums.loc["f", "considered"]) / (sums.loc["m", "selected"] / sums.loc["m", "considered"])
    row = calibration.impact_of_counts(counts, reference={"all": "m"}).strata.iloc[0]
    assert toy == pytest.approx(0.571429, abs=1e-6)
    assert row["pooled_ratio"] == pytest.approx(toy)
    assert row["pooled_odds_ratio"] == pytest.approx(0.464286, abs=1e-6)
    assert row["ratio"] == row["odds_ratio"] == row["adverse_ratio"] == row["homogeneity_p"] == 1


def test_years_are_pooled_as_strata_and_sparse_ones_are_read_by_the_exact_answer() -> None:
    rows = [(str(2023 + k), g, s, n) for k in range(3) for g, s, n in (("f", k % 2, 4), ("m", 2, 6))]
    found = calibration.impact_of_counts(pd.DataFrame(rows, columns=["stratum", "group", "selected", "considered"]), min_group=1)
    row = found.strata.iloc[0]
    assert row["sparse"]
    assert row["told_by"] == "exact"
    assert row["q"] == row["exact_mid_p"]
    assert "W-IMPACTSPARSE" in {n.code for n in found.notes}
    graded = {"1": "A", "2": "B", "3": "A", "4": "B"}
    frame = pd.DataFrame({"person": list(graded), "attribute": "gender", "value": ["f", "f", "m", "m"]})
    some = rk.Attributes.from_frame(frame)
    years = pd.concat([calibration.group_counts(graded, some, order=["A", "B"], stratum=str(y)) for y in (2025, 2026)])
    pooled = calibration.impact_of_counts(years, grades=["A", "B"], min_group=1)
    assert pooled.strata.iloc[0]["strata"] == 2
    assert pooled.strata.iloc[0]["n"] == 4


def recovered(found: calibration.Impact, totals: dict[str, int]) -> list[int]:
    """Subtract what is shown from what everybody knows: the people, and the seats of the best grade."""
    shown = found.rates.dropna(subset=["considered"]).query("outcome == 'A'")
    return [totals["people"] - int(shown["considered"].sum()), totals["A"] - int(shown["selected"].sum())]


@pytest.mark.parametrize("sizes", [(3, 40, 57), (3, 4, 93), (1, 30, 30), (4, 6, 90), (2, 2, 2, 94)])
def test_a_hidden_group_cannot_be_had_by_subtraction(sizes: tuple[int, ...]) -> None:
    """The toy hides the group and prints the rest: the total gives it away."""
    rows = [(f"g{k}", grade, n) for k, size in enumerate(sizes) for grade, n in (("A", size // 3), ("B", size - size // 3))]
    counts = pd.DataFrame(rows, columns=["group", "grade", "n"])
    totals = {"people": sum(sizes), "A": sum(n // 3 for n in sizes)}
    toy = totals["people"] - sum(n for n in sizes if n >= 5)
    assert 0 < toy < 10
    found = calibration.impact_of_counts(counts, grades=["A", "B"])
    left, _ = recovered(found, totals)
    assert left >= 5
    for table in (found.rates.dropna(subset=["considered"]), found.comparisons, found.strata):
        small = {f"g{k}" for k, n in enumerate(sizes) if n < 5}
        assert "group" not in table or not small & set(table["group"])
    hidden = found.rates[found.rates["considered"].isna()]
    assert hidden.drop(columns=["attribute", "outcome", "end", "group", "reason"]).isna().all(axis=None)


def test_what_is_hidden_is_no_smaller_than_the_rule_for_any_sizes() -> None:
    rng = np.random.default_rng(3)
    for _ in range(300):
        sizes = {f"g{k}": int(n) for k, n in enumerate(rng.integers(0, 12, rng.integers(1, 7)))}
        hidden = impact_tables.hidden_groups(sizes, 5)
        shown = [n for g, n in sizes.items() if g not in hidden and n]
        assert all(n >= 5 for n in shown)
        left = sum(sizes.values()) - sum(shown)
        assert left == 0 or left >= 5 or not shown


def crossing(ages: list[str | None]) -> calibration.Impact:
    people = [f"p{k:02d}" for k in range(40)]
    rows = [(p, "gender", "f" if k % 2 else "m") for k, p in enumerate(people)]
    rows += [(p, "age", a) for p, a in zip(people, ages, strict=True) if a is not None]
    some = rk.Attributes.from_frame(pd.DataFrame(rows, columns=["person", "attribute", "value"]))
    return calibration.impact({p: "ABC"[k % 3] for k, p in enumerate(people)}, some, order=["A", "B", "C"], crossed=[("gender", "age")])


def test_crossed_groups_are_for_exploring_and_never_give_small_cells_away() -> None:
    whole = crossing(["young"] * 20 + ["old"] * 20)
    assert {"f × old", "m × young"} <= set(whole.rates["group"])
    assert whole.comparisons.loc[whole.comparisons["attribute"] == "gender × age", "exploratory"].all()
    assert "gender × age" not in set(whole.words()["attribute"]), "no verdict rests on them"
    assert "I-IMPACTCROSSED" in {n.code for n in whole.notes}
    for ages in (["young"] * 34 + ["old"] * 6, [None] + ["young"] * 20 + ["old"] * 19):
        part = crossing(ages)  # cells of three, or one person with one attribute: margins would give them away
        assert "gender × age" not in set(part.rates["attribute"])
        assert "W-IMPACTCROSSED" in {n.code for n in part.notes}

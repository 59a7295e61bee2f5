"""A bonus plan: exact to the cent, the same in any order, and appeals that cost nobody anything."""

from __future__ import annotations

import pickle
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rankkit as rk
from rankkit.calibration import BonusAllocation, BonusPlan
from rankkit.errors import DataError, PolicyError
from tests import oracles_bonus as oracle
from tests.calibration.bonus_cases import COLUMNS, WORTH, allocated, grades, payroll
from tests.calibration.session_cases import graded, session


def claims_of(n: int = 20) -> dict[str, Fraction]:
    frame, held = payroll(n), grades(n)
    rows = zip(frame["工号"], frame["基数"], frame["月数"], strict=True)
    return {p: Fraction(b) * Fraction(WORTH[held[p]]) * Fraction(m) / 12 for p, b, m in rows}


def test_the_formula_to_the_cent() -> None:
    found, claims = allocated(), claims_of()
    whole = sum(claims.values())
    cents = [100_000_000 * claims[p] / whole for p in found.people]
    assert (list(found.cents), 0) == oracle.in_cents(cents, [claims[p] for p in found.people])
    assert found.table["amount"].sum() == Decimal("1000000.00")
    assert found.rate == Fraction(1_000_000) / whole
    assert found.table.loc["000", ["base", "coefficient", "months"]].tolist() == [Decimal("8000.50"), Decimal("1.5"), Decimal("6.5")]
    assert found.by_grade["amount"].sum() == Decimal(1_000_000)
    assert all(isinstance(v, Decimal) for v in found.table["total"])


def test_caps_hold_and_what_they_leave_is_shared() -> None:
    found = allocated(cap="6")
    caps = {p: Fraction(b) * 6 * 100 for p, b in zip(payroll()["工号"], payroll()["基数"], strict=True)}
    assert all(c <= caps[p] for p, c in zip(found.people, found.cents, strict=True))
    assert found.table["capped"].any()
    assert sum(found.cents) == 100_000_000
    dues = oracle.divided_again(100_000_000, [claims_of()[p] for p in found.people], [int(caps[p]) for p in found.people])
    assert list(found.cents) == oracle.in_cents(dues, [claims_of()[p] for p in found.people])[0]
    assert [n.code for n in found.notes] == ["I-BONUSCAPPED"]


def test_caps_and_floors_of_a_column() -> None:
    frame = payroll().assign(top=[None if k else "1,000.00" for k in range(20)], least=["60000" if k == 3 else "" for k in range(20)])
    found = BonusPlan(pool="1000000", reserve="1", coefficients=WORTH, cap="top", floor="least").allocate(grades(), frame, columns=COLUMNS)
    assert found.table.loc["000", "amount"] == Decimal("1000.00")
    assert found.table.loc["003", "amount"] == Decimal("60000.00")
    assert found.table.loc["003", "floored"]
    assert sum(found.cents) == 100_000_000


def test_caps_that_cannot_hold_the_pool_are_refused_in_numbers() -> None:
    with pytest.raises(PolicyError, match=r"caps add up to CNY 372,0\d\d\.\d\d, and the pool is CNY 1,000,000\.00: CNY 627,9") as caught:
        allocated(cap="2")
    assert "surplus='reserve'" in caught.value.text("en")
    assert "奖金池" in caught.value.text("zh")
    kept = allocated(cap="2", surplus="reserve")
    assert sum(kept.cents) + kept.surplus == 100_000_000
    assert kept.reserve_left == Decimal(60_000) + kept.plan.money(kept.surplus)
    assert kept.top_up("003", "A").amount == 0  # at the cap already
    with pytest.raises(PolicyError, match=r"floors add up to .* CNY .* is missing"):
        allocated(floor="9")


def test_equal_claims_get_equal_cents_and_a_declared_column_decides_the_rest() -> None:
    frame = pd.DataFrame({"person": ["c", "a", "b"], "base": "100", "months": 12, "joined": ["2020-05-01", "2019-01-31", "2021-07-01"]})
    even = BonusPlan(pool="100", reserve="1", coefficients={"A": 1}).allocate(dict.fromkeys("abc", "A"), frame)
    assert even.table["amount"].tolist() == [Decimal("33.33")] * 3
    assert (even.kept, even.reserve_left, even.notes[-1].code) == (1, Decimal("1.01"), "I-BONUSKEPT")
    for name, first in (("joined", "a"), ("-joined", "b")):
        plan = BonusPlan(pool="100", coefficients={"A": 1}, tiebreak=[name])
        assert plan.allocate(dict.fromkeys("abc", "A"), frame).table["amount"].idxmax() == first


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(20)), st.permutations(range(20)))
def test_the_order_of_rows_and_names_decides_nothing(rows, names) -> None:
    frame = payroll().assign(基数=["8000" if k % 3 else "9000" for k in range(20)])
    plan = BonusPlan(pool="999999.97", coefficients=WORTH)
    found = plan.allocate(grades(), frame, columns=COLUMNS).table["amount"]
    shuffled = plan.allocate(pd.Series(grades()).iloc[names], frame.iloc[rows], columns=COLUMNS).table["amount"]
    assert found.equals(shuffled)
    other = {f"{k:03}": f"x{names[k]:03}" for k in range(20)}
    renamed = plan.allocate({other[p]: g for p, g in grades().items()}, frame.assign(工号=frame["工号"].map(other)), columns=COLUMNS)
    assert renamed.table["amount"].to_dict() == {other[p]: v for p, v in found.items()}


def test_the_claims_scale_and_the_pool_scales() -> None:
    found = allocated()
    times = payroll().assign(基数=[str(Decimal(b) * 3) for b in payroll()["基数"]])
    assert BonusPlan(pool="1000000", coefficients=WORTH).allocate(grades(), times, columns=COLUMNS).cents == found.cents
    yen = BonusPlan(pool=1_000_001, coefficients=WORTH, currency="JPY", minor_units=0)
    whole = yen.allocate(grades(), payroll().assign(基数=[b.split(".")[0] for b in payroll()["基数"]]), columns=COLUMNS)
    assert sum(whole.cents) + whole.kept == 1_000_001
    assert "." not in str(whole.table["amount"].iloc[0])


def test_an_appeal_costs_nobody_anything_and_the_toy_does() -> None:
    before = allocated()
    after = before.after_appeal({"001": "A"})
    same = before.table.index != "001"
    assert after.table.loc[same, "total"].equals(before.table.loc[same, "total"])
    expected = before.rate * claims_of()["001"] * Fraction(3, 2)
    assert 0 <= Fraction(after.table.loc["001", "total"]) - expected < Fraction(1, 100)
    assert before.awarded == {}
    # the toy divides the pool anew: everybody else is silently paid less
    toy = before.plan.allocate({**grades(), "001": "A"}, payroll(), columns=COLUMNS).table["amount"]
    assert (toy[same] < before.table.loc[same, "amount"]).all()


def test_upheld_people_have_what_colleagues_of_equal_claim_have() -> None:
    frame = pd.DataFrame({"person": [f"{k:02}" for k in range(7)], "base": "9000", "months": 12})
    held = dict(zip(frame["person"], "AAABBBB", strict=True))
    found = BonusPlan(pool="100000.01", reserve="20000", coefficients=WORTH).allocate(held, frame)
    after = found.after_appeal({"03": "A"}).table["total"]
    assert after["03"] >= max(after[["00", "01", "02"]])
    assert after["03"] - after["00"] <= Decimal("0.01")


def test_several_appeals_one_after_another() -> None:
    once = allocated(reserve="90000").after_appeal({"001": "A", "003": "B"})
    step = allocated(reserve="90000").after_appeal({"003": "B"}).after_appeal({"001": "A"})
    assert once.table.equals(step.table)
    assert once.totals["reserve_left"] == Decimal(90_000) - once.table["top_up"].sum() >= 0
    higher = step.after_appeal({"003": "A"})
    assert higher.table.loc["003", "total"] > step.table.loc["003", "total"]
    lower = higher.after_appeal({"003": "C"})
    assert lower.table.equals(higher.table)
    assert lower.notes[-1].code == "I-BONUSNOWORSE"
    assert allocated().top_up("003", "C").amount == 0
    told = once.top_up("003", "A")
    assert told.from_grade == "B"
    assert told.before + told.amount == told.after == higher.table.loc["003", "total"]
    assert told.reserve_left == once.reserve_left - told.amount


def test_the_reserve_never_falls_below_zero() -> None:
    found = allocated(reserve="20000")
    need = found.top_up("001", "A")
    assert need.reserve_left < 0
    with pytest.raises(PolicyError) as caught:
        found.after_appeal({"001": "A"})
    text = caught.value.text("en")
    assert f"CNY {-need.reserve_left:,f} is missing (李敏" in text
    assert "others would lose" in text
    assert "尚缺" in caught.value.text("zh")
    exact = allocated(reserve=str(need.amount))
    assert exact.after_appeal({"001": "A"}).reserve_left == 0
    with pytest.raises(PolicyError) as caught:
        found.after_appeal({"x": "A", "001": "Z"})
    assert caught.value.codes == ("E-BONUSPERSON", "E-BONUSGRADE")


def test_the_left_out_stay_in_the_table_and_may_appeal() -> None:
    frame = payroll()
    plan = BonusPlan(pool="1000000", reserve="90000", coefficients=WORTH)
    held = {p: g for p, g in grades().items() if p != "007"}
    found = plan.allocate(held, frame, columns=COLUMNS, excluded={"007": "试用期", "001": "left in May"})
    assert found.table.loc[["001", "007"], "total"].sum() == 0
    assert found.table.loc["007", "reason"] == "试用期"
    assert sum(found.cents) == 100_000_000
    after = found.after_appeal({"001": "B"})
    assert abs(after.table.loc["001", "total"] - plan.money(round(found.level * claims_of()["001"]))) <= Decimal("0.01")


def test_grades_of_a_forced_distribution_and_of_a_session() -> None:
    held = graded(30)
    frame = pd.DataFrame({"person": list(held.people), "base": [8000 + k for k in range(30)], "months": 12})
    plan = BonusPlan(pool="500000", reserve="9000", coefficients=WORTH)
    found = plan.allocate(held, frame)
    assert found.table["grade"].to_dict() == held.grades["grade"].to_dict()
    assert plan.allocate(held, rk.People.from_frame(frame)).cents == found.cents
    with session(n=30) as meeting:
        with pytest.raises(PolicyError, match="not final"):
            plan.allocate(meeting, frame)
        trial = plan.allocate(meeting, frame, preview=True)
        assert trial.preview
        assert trial.cents == found.cents
        assert "W-BONUSPREVIEW" in [n.code for n in trial.notes]
        assert trial.source == str(meeting.head())
    with session(n=30, phase="ratify") as meeting:
        for who in ("Wang", "Li", held.people[5]):
            meeting.ratify(who)
        meeting.advance("Wang")
        final = plan.allocate(meeting, frame)
        assert not final.preview
        assert final.cents == found.cents


def test_it_is_kept_and_read_back(tmp_path) -> None:
    found = allocated(cap="6", tiebreak=["入职"]).after_appeal({"003": "B"})
    found.to_json(tmp_path / "bonus.json")
    again = BonusAllocation.from_json(tmp_path / "bonus.json")
    assert again.table.equals(found.table)
    assert again.plan == found.plan
    assert hash(again.plan) == hash(found.plan)
    assert pickle.loads(pickle.dumps(found)).table.equals(found.table)
    assert pickle.loads(pickle.dumps(rk.read_payroll(payroll(), COLUMNS))).ids == found.people
    assert again.after_appeal({"001": "A"}).table.equals(found.after_appeal({"001": "A"}).table)
    text = found.to_json().replace(str(found.cents[0]), str(found.cents[0] + 1))
    with pytest.raises(DataError, match="amounts and pool differ"):
        BonusAllocation.from_json(text)
    with pytest.raises(DataError):
        BonusAllocation.from_json("{}")


def test_ten_thousand_people() -> None:
    n = 10_000
    frame = pd.DataFrame({"person": [f"{k:05}" for k in range(n)], "base": [f"{6000 + 7 * (k % 991)}.{k % 100:02}" for k in range(n)]})
    found = BonusPlan(pool="123456789.01", coefficients=WORTH, cap="2.5").allocate({p: "ABC"[int(p) % 3] for p in frame["person"]}, frame)
    assert sum(found.cents) + found.kept == 12_345_678_901


@st.composite
def offices(draw):
    n = draw(st.integers(2, 8))
    pay = draw(st.lists(st.integers(1, 40), min_size=n, max_size=n))
    months = draw(st.lists(st.integers(0, 12), min_size=n, max_size=n))
    held = draw(st.lists(st.sampled_from("ABC"), min_size=n, max_size=n))
    frame = pd.DataFrame({"person": [f"{k:02}" for k in range(n)], "base": [f"{p}.37" for p in pay], "months": months})
    upheld = draw(st.dictionaries(st.sampled_from(list(frame["person"])), st.sampled_from("ABC"), max_size=3))
    cap = draw(st.none() | st.sampled_from(["1", "7.5", "40"]))
    return frame, dict(zip(frame["person"], held, strict=True)), upheld, cap, draw(st.integers(1, 300_000))


@settings(max_examples=150, deadline=None)
@given(offices())
def test_every_cent_of_pool_and_reserve_is_accounted_for(office) -> None:
    frame, held, upheld, cap, pool = office
    plan = BonusPlan(pool=Decimal(pool).scaleb(-2), reserve="100000", coefficients=WORTH, cap=cap, surplus="reserve")
    try:
        before = plan.allocate(held, frame)
    except PolicyError as error:
        assert error.code == "E-BONUSNOCLAIM"  # noqa: PT017 - nobody worked a month
        assert frame["months"].sum() == 0
        return
    try:
        after = before.after_appeal(upheld)
    except PolicyError as error:
        assert error.code == "E-BONUSRESERVE"  # noqa: PT017 - tiny claims make a steep rate
        return
    assert after.table["total"].sum() + after.reserve_left == Decimal(pool).scaleb(-2) + Decimal(100_000)
    assert after.reserve_left >= 0
    others = ~after.table.index.isin(list(upheld))
    assert after.table.loc[others, "total"].equals(before.table.loc[others, "total"])
    assert (after.table["total"] >= before.table["total"]).all()
    if cap is not None:
        assert all(t <= Decimal(cap) * b for t, b in zip(after.table["total"], after.table["base"], strict=True))
    assert after.after_appeal(pd.Series(upheld, dtype=object)).table.equals(after.table)

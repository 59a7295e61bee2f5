"""What a bonus plan refuses: every problem at once, with its row and what to do, in both languages."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

import rankkit as rk
from rankkit.calibration import BonusPlan
from rankkit.errors import DisclosureError, PeopleError, PolicyError, RankkitError, SettingsError
from tests.calibration.bonus_cases import COLUMNS, WORTH, allocated, grades, payroll
from tests.calibration.session_cases import graded


def plan(**changes: object) -> BonusPlan:
    return BonusPlan(**({"pool": "1000000", "reserve": "60000", "coefficients": WORTH} | changes))  # type: ignore[arg-type]


def test_all_settings_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        BonusPlan(pool=0.1 + 0.2, reserve="-5", coefficients={"A": "150%", "B": "one", "C": -1}, cap="0", surplus="burn", minor_units=2)  # type: ignore[arg-type]
    assert caught.value.codes == ("E-DECIMALS", "E-BONUSNEGATIVE", "E-PERCENT", "E-NOTANUMBER", "E-BONUSAMOUNT", "E-SETTING")
    en, zh = caught.value.text("en"), caught.value.text("zh")
    assert "pool: has more than 2 decimals ('0.30000000000000004')" in en
    assert "coefficients['A']: is a percentage ('150%'). Write the number itself: 1.5 for 150 %." in en
    assert "pool：小数超过 2 位" in zh
    for bad in ({}, {"A": 0}, None):
        with pytest.raises(SettingsError):
            plan(coefficients=bad)
    for name, bad in (
        ("pool", None),
        ("pool", True),
        ("pool", float("nan")),
        ("pool", "1e9"),
        ("pool", "一百万"),
        ("tiebreak", "joined"),
        ("currency", ""),
    ):
        with pytest.raises(SettingsError):
            plan(**{name: bad})


def test_a_float_is_the_decimal_it_prints_as() -> None:
    assert plan(pool=1234567.89).pool == Decimal("1234567.89")
    assert plan(pool="１,234,567.89").pool_cents == 123_456_789
    assert plan(cap=2.5).cap == Decimal("2.5")
    assert plan(cap="上限").cap == "上限"


def test_one_error_lists_grades_pay_and_plan() -> None:
    frame = payroll().astype({"基数": object})
    frame.loc[2, "基数"] = "-9000"
    frame.loc[4, "基数"] = "110%"
    frame.loc[5, "月数"] = "13"
    frame.loc[6, "基数"] = 0.1 + 0.2
    frame.loc[7, "基数"] = ""
    frame.loc[9, "工号"] = "008"
    held = {**grades(), "012": "S", "013": "S"}
    with pytest.raises(PolicyError) as caught:
        plan().allocate(held, frame, columns=COLUMNS, excluded={"000": " "})
    found = {(p.code, p.row) for p in caught.value.items}
    assert found == {
        ("E-BONUSREASON", None), ("E-BONUSGRADE", None), ("E-PAY", 4), ("E-PERCENT", 6), ("E-MONTHS", 7), ("E-DECIMALS", 8),
        ("E-PAYBLANK", 9), ("E-LABELS2", 11), ("E-DUPPERSON", 11),
    }  # fmt: skip
    assert "row 4, 基数 = '-9000': is not above 0. Correct it" in caught.value.text("en")
    assert "第 7 行，月数 = '13'：不在 0 至 12 个月之间" in caught.value.text("zh")


def test_people_without_grade_or_pay_are_named_with_their_row() -> None:
    frame = payroll(20)
    held = {p: g for p, g in grades(22).items() if p not in ("004", "006")} | {"006": None, "012": "S"}
    with pytest.raises(PolicyError) as caught:
        plan().allocate(held, frame, columns=COLUMNS, excluded={"999": "gone"})
    found = [(p.code, p.row) for p in caught.value.items]
    assert found == [
        ("E-BONUSWHO", None), ("E-BONUSNOPAY", None), ("E-BONUSNOPAY", None),
        ("E-BONUSUNGRADED", 6), ("E-BONUSUNGRADED", 8), ("E-BONUSGRADE", 14),
    ]  # fmt: skip
    assert "there are A, B, C" in caught.value.text("en")


def test_ids_that_lost_their_zeros_are_told_once() -> None:
    with pytest.raises(PolicyError) as caught:
        plan().allocate({p.lstrip("0") or "0": g for p, g in grades(3).items()}, payroll(3), columns=COLUMNS)
    assert set(caught.value.codes) == {"E-ID"}
    assert [p.row for p in caught.value.items] == [2, 3, 4]


def test_open_grades_are_refused_by_name() -> None:
    scores = [5, 4, 4, 4, 3, 2]
    ratings = pd.DataFrame([(r, f"p{k}", x) for k, x in enumerate(scores) for r in ("r1", "r2")], columns=["rater", "ratee", "score"])
    held = rk.ForcedDistribution(shares={"A": 0.5, "B": 0.5}).fit(rk.GraphicRatingScale().fit(ratings))
    assert held.grades["grade"].isna().sum() == 3
    frame = pd.DataFrame({"person": list(held.people), "base": 8000})
    with pytest.raises(PolicyError, match=r"has no grade yet \(open: "):
        plan().allocate(held, frame)
    given = plan().allocate(held, frame, excluded=dict.fromkeys(["p1", "p2", "p3"], "awaits the committee"))
    assert given.table.loc["p1", "total"] == 0


def test_people_not_eligible_by_declaration_are_left_out_with_their_reason() -> None:
    scores = rk.GraphicRatingScale().fit(rk.simulate.ratings(20, 5, seed=2).table)
    out = scores.people[3]
    held = rk.ForcedDistribution(shares={"A": 0.2, "B": 0.6, "C": 0.2}, ties="up", not_eligible={out: "probation"}).fit(scores)
    found = plan().allocate(held, pd.DataFrame({"person": list(scores.people), "base": 8000}))
    assert "probation" in found.table.loc[out, "reason"]
    assert found.table.loc[out, "total"] == 0


def test_columns_that_are_missing_or_hold_words() -> None:
    with pytest.raises(PolicyError) as caught:
        plan(cap="上限", tiebreak=["资历", "姓"]).allocate(grades(), payroll().assign(姓=list("赵钱孙李") * 5), columns=COLUMNS)
    assert caught.value.codes == ("E-BONUSCOLUMN", "E-BONUSTIEBREAK")
    with pytest.raises(PolicyError) as caught:
        plan(cap="top", floor="least").allocate(
            grades(), payroll().assign(top=["x", "5%", "-1", *["10"] * 17], least="20"), columns=COLUMNS
        )
    assert set(caught.value.codes) == {"E-NOTANUMBER", "E-PERCENT", "E-BONUSNEGATIVE", "E-BONUSBOUNDS"}
    with pytest.raises(PolicyError) as caught:
        plan().allocate(grades(), payroll())
    assert "'base': '基数'" in caught.value.text("en")  # the heading is suggested, never guessed silently


def test_nobody_or_nothing_to_share() -> None:
    with pytest.raises(PolicyError, match="nobody has a claim"):
        plan().allocate(grades(), payroll().assign(月数="0"), columns=COLUMNS)
    with pytest.raises(PolicyError, match="nobody shares"):
        plan().allocate(grades(2), payroll(2), columns=COLUMNS, excluded={"000": "left", "001": "left"})
    for bad in (3, ["A"], pd.DataFrame({"grade": ["A"]}), pd.DataFrame({"ratee": ["000"]})):
        with pytest.raises(RankkitError):
            plan().allocate(bad, payroll(), columns=COLUMNS)  # type: ignore[arg-type]
    twice = pd.DataFrame({"ratee": ["000", "000"], "grade": ["A", "B"]})
    with pytest.raises(PolicyError, match="listed twice"):
        plan().allocate(twice, payroll(1), columns=COLUMNS)
    with pytest.raises(PeopleError, match="is not above 0"):
        rk.read_payroll(payroll().assign(基数="0"), COLUMNS)


def test_notes_on_the_plan() -> None:
    held = graded(30)
    frame = pd.DataFrame({"person": list(held.people), "base": 8000})
    found = plan(coefficients={"A": "1", "B": "1.2", "C": "0"}, reserve=0).allocate(held, frame)
    assert [n.code for n in found.notes][:3] == ["I-FULLYEAR", "W-BONUSORDER", "W-BONUSRESERVE"]
    assert found.table.loc[found.table["grade"] == "C", "total"].sum() == 0


def test_input_is_not_touched() -> None:
    frame, held = payroll(), pd.Series(grades())
    kept, before = frame.copy(), held.copy()
    plan(cap="9").allocate(held, frame, columns=COLUMNS)
    pd.testing.assert_frame_equal(frame, kept)
    pd.testing.assert_series_equal(held, before)


@pytest.mark.parametrize("audience", ["committee", "manager", "research", "everyone"])
def test_amounts_are_personal(audience, tmp_path) -> None:
    found = allocated()
    for write in (found.to_report, found.to_excel):
        with pytest.raises(DisclosureError, match=f"amounts are personal: {audience}"):
            write(tmp_path / "out.html", audience=audience)
    with pytest.raises(DisclosureError):
        found.to_report(tmp_path / "out.html", audience="ratee")
    with pytest.raises(PolicyError):
        found.to_report(tmp_path / "out.html", audience="ratee", ratee="nobody")
    assert not list(tmp_path.iterdir())
    assert found.table_for("ratee", "003").index.tolist() == ["003"]
    assert "share" not in found.table_for("ratee", "003")


def test_ratings_collected_for_development_pay_nothing() -> None:
    collected = rk.MultiSourceFeedback(scale=(1, 5), purpose="development").fit(rk.datasets.load("service_team"))
    held = rk.ForcedDistribution(shares={"A": 0.2, "B": 0.6, "C": 0.2}, ties="up").fit(collected)
    with pytest.raises(PolicyError) as caught:
        plan().allocate(held, pd.DataFrame({"person": list(held.people), "base": 9000}))
    assert "development" in caught.value.text("en")


def test_grades_in_two_spellings() -> None:
    assert (
        plan(coefficients={"Ａ": "1.5", "B": 1, "C": 1}).allocate(grades(), payroll(), columns=COLUMNS).table["coefficient"].notna().all()
    )
    with pytest.raises(SettingsError, match="every grade once"):
        plan(coefficients={"Ａ": "1.5", "A": 1})

"""Pay in exact decimals: ids keep their zeros, every bad cell is named with its row."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

import rankkit as rk
from rankkit.errors import PeopleError
from rankkit.tables import money

COLUMNS = {"person": "工号", "base": "基数", "months": "月数"}


def test_a_file_of_a_chinese_office(tmp_path) -> None:
    path = tmp_path / "工资.csv"
    path.write_bytes('工号,基数,月数,入职\n００7,"12,345.60",6.5,2020-01-01\n008,９５００,12,2019-05-01\n'.encode("gb18030"))
    pay = rk.read_payroll(path, COLUMNS)
    assert pay.ids == ("007", "008")
    assert pay.base == (Decimal("12345.60"), Decimal("9500.00"))
    assert pay.months == (Decimal("6.5"), Decimal(12))
    assert pay.frame.loc["007", "入职"] == "2020-01-01"
    assert repr(pay) == "<Payroll: 2 people>"
    assert rk.read_payroll(pay) is pay
    changed = pay.frame
    changed.loc["007", "base"] = Decimal(1)
    assert pay.frame.loc["007", "base"] == Decimal("12345.60")


def test_every_bad_cell_is_named_with_its_row(tmp_path) -> None:
    path = tmp_path / "pay.csv"
    rows = [
        "a,1e4,12",
        "b,¥900,12",
        "c,-1,12",
        "d,0,12",
        "e,100%,12",
        "f,9.999,12",
        "g,,12",
        "h,1,234",
        "i,5,-1",
        "j,5,twelve",
        "a,5,5",
        ",5,5",
    ]
    path.write_text("person,base,months\n" + "\n".join(rows), encoding="utf-8")
    with pytest.raises(PeopleError) as caught:
        rk.read_payroll(path)
    found = {(p.row, p.code) for p in caught.value.items}
    assert found == {
        (2, "E-NOTANUMBER"), (3, "E-NOTANUMBER"), (4, "E-PAY"), (5, "E-PAY"), (6, "E-PERCENT"), (7, "E-DECIMALS"), (8, "E-PAYBLANK"),
        (9, "E-MONTHS"), (10, "E-MONTHS"), (11, "E-NOTANUMBER"), (12, "E-DUPPERSON"), (13, "E-BLANK"),
    }  # fmt: skip
    assert all(p.message("zh") and p.fix("zh") for p in caught.value.items)


def test_headings_are_suggested_and_ids_that_lost_zeros_told() -> None:
    frame = pd.DataFrame({"员工编号": ["007", "7"], "基本工资": [1, 2], "在岗月数": [1, 2]})
    with pytest.raises(PeopleError, match="'person': '员工编号', 'base': '基本工资'"):
        rk.read_payroll(frame)
    with pytest.raises(PeopleError) as caught:
        rk.read_payroll(frame, {"person": "员工编号", "base": "基本工资"})
    assert caught.value.codes == ("E-ID",)


def test_numbers_are_what_is_written() -> None:
    assert money.exact_decimal(0.1) == Decimal("0.1")
    assert money.exact_decimal(Decimal("1E+3"), 2) == 1000
    assert money.exact_decimal(12345678.9, 2) == Decimal("12345678.9")
    assert money.exact_decimal("1.10", 1) == Decimal("1.10")
    assert money.exact_decimal(5000.0, 0) == 5000
    for blank in (None, float("nan"), pd.NA, "", "  ", Decimal("NaN")):
        assert money.exact_decimal(blank) is None
    for bad in (True, "1,23", "12,34.5", "1.2.3", "--1", "1/2", "∞", float("inf"), "1e5", "9" * 30, "四千", "1,234.567"):
        assert money.exact_decimal(bad) == "E-NOTANUMBER", bad
    assert money.exact_decimal("5％") == "E-PERCENT"


def test_the_minor_units_of_a_currency() -> None:
    with pytest.raises(PeopleError, match="more than 0 decimals"):
        rk.read_payroll(pd.DataFrame({"person": ["a"], "base": ["300000.50"]}), minor_units=0)
    assert str(rk.read_payroll(pd.DataFrame({"person": ["a"], "base": ["300000.0"]}), minor_units=0).base[0]) == "300000"
    assert str(rk.read_payroll(pd.DataFrame({"person": ["a"], "base": ["30.125"]}), minor_units=3).base[0]) == "30.125"

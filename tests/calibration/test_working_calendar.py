"""Working days against the official notices of 2024, 2025 and 2026."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from rankkit import calibration
from rankkit.calibration import WorkingCalendar, working_calendar
from rankkit.errors import DataError, PolicyError, RankkitError, SettingsError

WORKED = {  # weekend days worked, by the notices 国办发明电〔2023〕7号, 〔2024〕12号, 〔2025〕7号
    2024: ["02-04", "02-18", "04-07", "04-28", "05-11", "09-14", "09-29", "10-12"],
    2025: ["01-26", "02-08", "04-27", "09-28", "10-11"],
    2026: ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"],
}
OFF = {  # weekdays not worked
    2024: ["01-01", "02-12", "02-13", "02-14", "02-15", "02-16", "04-04", "04-05", "05-01", "05-02", "05-03", "06-10", "09-16", "09-17",
           "10-01", "10-02", "10-03", "10-04", "10-07"],
    2025: ["01-01", "01-28", "01-29", "01-30", "01-31", "02-03", "02-04", "04-04", "05-01", "05-02", "05-05", "06-02", "10-01", "10-02",
           "10-03", "10-06", "10-07", "10-08"],
    2026: ["01-01", "01-02", "02-16", "02-17", "02-18", "02-19", "02-20", "02-23", "04-06", "05-01", "05-04", "05-05", "06-19", "09-25",
           "10-01", "10-02", "10-05", "10-06", "10-07"],
}  # fmt: skip


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_every_day_of_the_year(year: int) -> None:
    calendar = working_calendar("cn")
    worked, off = ({f"{year}-{d}" for d in days[year]} for days in (WORKED, OFF))
    for k in range(366 if year % 4 == 0 else 365):
        day = dt.date(year, 1, 1) + dt.timedelta(days=k)
        expected = (day.weekday() < 5 or day.isoformat() in worked) and day.isoformat() not in off
        assert calendar.is_working(day) == expected, day


@pytest.mark.parametrize(("year", "legal", "days"), [(2024, 11, 251), (2025, 13, 248), (2026, 13, 248)])
def test_days_off_are_the_legal_holidays_and_make_up_days_give_the_rest_back(year: int, legal: int, days: int) -> None:
    calendar = working_calendar("cn")
    weekdays = sum((dt.date(year, 1, 1) + dt.timedelta(days=k)).weekday() < 5 for k in range(366 if year % 4 == 0 else 365))
    found = calendar.between(f"{year}-01-01", f"{year}-12-31") + calendar.is_working(f"{year}-01-01")
    assert weekdays - found == legal
    assert found == days
    files = list((Path(calibration.__file__).parent / "calendars").glob(f"cn-{year}*.toml"))
    assert [tomllib.loads(f.read_text(encoding="utf-8"))["legal_days"] for f in files] == [legal]
    assert any(str(year) in source and "国办发明电" in source for source in calendar.sources)


def test_periods_over_holidays() -> None:
    calendar = working_calendar("cn")
    assert calendar.deadline("2025-09-26", 5) == dt.date(2025, 10, 10)  # 28 (worked), 29, 30, 9, 10
    assert calendar.deadline("2025-01-27", 5) == dt.date(2025, 2, 10)  # 5, 6, 7, Saturday the 8th is worked, 10
    assert calendar.between("2025-01-27", "2025-02-09") == 4
    assert calendar.start("2025-10-03") == dt.date(2025, 10, 9)
    assert calendar.deadline("2025-10-03", 3) == calendar.deadline("2025-10-09", 3) == dt.date(2025, 10, 13)
    weekends = WorkingCalendar.weekends()
    assert weekends.deadline("2025-09-26", 5) == dt.date(2025, 10, 3)  # what a calendar of weekends alone would say
    for n in range(1, 40):
        last = calendar.working_days_after("2026-01-29", n)
        assert calendar.between("2026-01-29", last) == n
        assert calendar.is_working(last)


def test_a_day_nobody_knows_of_is_an_error() -> None:
    calendar = working_calendar("cn")
    for step in (
        lambda: calendar.is_working("2027-01-01"),
        lambda: calendar.deadline("2026-12-30", 5),
        lambda: calendar.working_days_after("2023-12-29", 1),
    ):
        with pytest.raises(PolicyError) as error:
            step()
        assert error.value.code == "E-CALENDARYEAR"
        assert "2024, 2025, 2026" in error.value.text("zh")
    table = pd.DataFrame({"date": ["2027-01-01"], "kind": ["holiday"]})
    longer = calendar.extended(WorkingCalendar.from_table(table, years=[2027]))
    assert longer.deadline("2026-12-30", 2) == dt.date(2027, 1, 4)
    with pytest.raises(SettingsError):
        calendar.extended(WorkingCalendar.weekends())


def test_zones() -> None:
    calendar = working_calendar("cn")
    late = dt.datetime(2026, 3, 1, 16, 30, tzinfo=dt.UTC)
    assert calendar.day(late) == dt.date(2026, 3, 2)
    assert calendar.day(late.isoformat()) == dt.date(2026, 3, 2)
    assert calendar.day(dt.datetime(2026, 3, 1, 23, 59)) == dt.date(2026, 3, 1)  # noqa: DTZ001 - a local time
    assert WorkingCalendar.weekends(zone="America/New_York").day(late) == dt.date(2026, 3, 1)
    assert calendar.day(pd.Timestamp("2026-03-01 20:00", tz="UTC")) == dt.date(2026, 3, 2)
    for bad in ("soon", "03/04/2026", pd.NaT, 5):
        with pytest.raises(SettingsError):
            calendar.day(bad)  # type: ignore[arg-type]


def test_tables_and_files_in_both_languages(tmp_path: Path) -> None:
    chinese = tmp_path / "days.csv"
    chinese.write_bytes("日期,类型,名称\n2027年1月1日,节假日,元旦\n2027-01-09,调休上班,元旦\n".encode("gb18030"))
    found = WorkingCalendar.from_table(chinese)
    assert (found.name, found.years, found.is_working("2027-01-09"), found.is_working("2027-01-01")) == ("days.csv", (2027,), True, False)
    assert found.holidays[dt.date(2027, 1, 1)] == "元旦"
    named = pd.DataFrame({"Tag": ["2027-01-01"], "Art": ["holiday"]})
    assert not WorkingCalendar.from_table(named, columns={"date": "Tag", "kind": "Art"}).is_working("2027-01-01")
    bad = pd.DataFrame({"date": ["2027-01-01", "soon", "2027-01-01", None], "kind": ["holiday", "holiday", "off day", "working"]})
    with pytest.raises(DataError) as error:
        WorkingCalendar.from_table(bad)
    assert set(error.value.codes) == {"E-TIME", "E-CALENDARKIND", "E-CALENDARTWICE", "E-BLANK"}
    assert error.value.problems["row"].tolist() == [3, 4, 4, 5]
    with pytest.raises(DataError):
        WorkingCalendar.from_table(pd.DataFrame({"day": ["2027-01-01"]}))


def test_impossible_calendars() -> None:
    day = dt.date(2026, 1, 2)
    for wrong in (
        {"weekend": ("sat", "sunday")},
        {"zone": "Mars/Olympus"},
        {"holidays": {day: ""}},
        {"holidays": {day: ""}, "worked": {day: ""}, "years": (2026,)},
        {"holidays": {day: ""}, "years": (2025,)},
    ):
        with pytest.raises(RankkitError):
            WorkingCalendar(**wrong)  # type: ignore[arg-type]
    for n in (0, -1, True, 1.5):
        with pytest.raises(SettingsError):
            working_calendar("cn").working_days_after("2026-01-05", n)  # type: ignore[arg-type]
    with pytest.raises(SettingsError):
        working_calendar("mars")
    kept = working_calendar("cn")
    assert WorkingCalendar.of_record(kept.record()) == kept
    assert hash(kept) == hash(working_calendar("cn"))

"""Working days: weekends, public holidays, and the weekend days that are worked in their place (调休)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from rankkit.calibration import working_calendar_tables
from rankkit.errors import PolicyError, Problem, SettingsError

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEKDAYS: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MOST = 3660  # working days a deadline may have: ten years


@dataclass(frozen=True)
class WorkingCalendar:
    """Which days are worked; a day outside the years covered is an error, never a guess.

    A public notice may also change days of the neighbouring year (31 December 2022 was a holiday by the notice for 2023): extend
    the calendar as soon as the next notice is out.

    Parameters
    ----------
    name : str
        What the calendar is called.
    weekend : sequence of {"mon", …, "sun"}
        Days of the week that are not worked.
    holidays : mapping of date to str
        Days off, with their names.
    worked : mapping of date to str
        Weekend days that are worked.
    years : sequence of int, optional
        Years the holidays are known of; None covers every year, for a calendar that knows weekends only.
    zone : str
        Time zone (IANA) moments are turned into before their day is taken.
    sources : sequence of str
        Notices or laws it rests on.

    Raises
    ------
    PolicyError
        If a day is both, lies outside the years, or a day of the week or the zone does not exist.

    Examples
    --------
    >>> calendar = working_calendar("cn")
    >>> calendar.is_working("2025-01-26"), calendar.is_working("2025-10-08")
    (True, False)
    >>> calendar.working_days_after("2025-09-30", 2).isoformat()
    '2025-10-10'
    """

    name: str = "weekends"
    weekend: tuple[Weekday, ...] = ("sat", "sun")
    holidays: Mapping[dt.date, str] = field(default_factory=dict)
    worked: Mapping[dt.date, str] = field(default_factory=dict)
    years: tuple[int, ...] | None = None
    zone: str = "Asia/Shanghai"
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        bad = []
        weekend = tuple(w for w in _WEEKDAYS if w in self.weekend)
        if set(self.weekend) - set(_WEEKDAYS) or len(weekend) == len(_WEEKDAYS):
            bad.append(_setting("weekend", list(self.weekend), "mon … sun, not all of them"))
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
            bad.append(_setting("zone", self.zone, "a time zone as Asia/Shanghai, Europe/Berlin"))
        years = None if self.years is None else tuple(sorted({int(y) for y in self.years}))
        if years is None and (self.holidays or self.worked):
            bad.append(_setting("years", None, "the years the holidays are known of"))
        both = sorted(set(self.holidays) & set(self.worked))
        bad += [Problem("E-CALENDARBOTH", None, None, None, {"day": d.isoformat()}) for d in both]
        outside = sorted(d for d in {*self.holidays, *self.worked} if years is not None and d.year not in years)
        bad += [
            Problem("E-CALENDARYEAR", None, None, None, {"day": d.isoformat(), "years": _told(years), "name": self.name}) for d in outside
        ]
        if bad:
            raise PolicyError(bad)
        object.__setattr__(self, "weekend", weekend)
        object.__setattr__(self, "years", years)
        object.__setattr__(self, "holidays", dict(sorted(self.holidays.items())))
        object.__setattr__(self, "worked", dict(sorted(self.worked.items())))
        object.__setattr__(self, "sources", tuple(self.sources))

    def __hash__(self) -> int:
        return hash((self.name, self.weekend, tuple(self.holidays), tuple(self.worked), self.years, self.zone))

    @classmethod
    def weekends(cls, weekend: Iterable[Weekday] = ("sat", "sun"), *, zone: str = "Asia/Shanghai", name: str = "weekends") -> Self:
        """Return a calendar without any holiday, for every year.

        >>> WorkingCalendar.weekends(("fri", "sat"), zone="Asia/Riyadh").is_working("2026-11-20")
        False
        """
        return cls(name=name, weekend=tuple(weekend), zone=zone)

    @classmethod
    def from_table(
        cls,
        source: Any,
        *,
        years: Iterable[int] | None = None,
        name: str = "",
        weekend: Iterable[Weekday] = ("sat", "sun"),
        zone: str = "Asia/Shanghai",
        columns: Mapping[str, str] | None = None,
        sources: Iterable[str] = (),
    ) -> Self:
        """Read a calendar from a table or a file.

        Parameters
        ----------
        source : path-like or DataFrame
            Columns ``date, kind`` (``holiday`` or ``working``) and perhaps ``name``; or 日期, 类型 (节假日 or 调休上班), 名称.
        years : sequence of int, optional
            Years the table is complete for; the years it has dates of by default.
        name, weekend, zone, sources
            As the class.
        columns : mapping, optional
            Our column name to the table's own.

        Returns
        -------
        WorkingCalendar

        Raises
        ------
        DataError
            With every row that is no date, of no known kind, or there twice.

        Examples
        --------
        >>> table = pd.DataFrame({"日期": ["2027-01-01", "2027-01-09"], "类型": ["节假日", "调休上班"]})
        >>> WorkingCalendar.from_table(table, name="公司").is_working("2027-01-09")
        True
        """
        found = working_calendar_tables.read(source, columns)
        days = {*found.holidays, *found.worked}
        given = {d.year for d in days} if years is None else years
        title = name or found.name
        return cls(title, tuple(weekend), found.holidays, found.worked, tuple(given), zone, tuple(sources))

    def extended(self, other: WorkingCalendar) -> Self:
        """Return this calendar with the days of another; where both cover a year, the other one counts.

        Raises
        ------
        SettingsError
            If weekends or zones differ, or one of them covers every year.
        """
        if self.years is None or other.years is None or (self.weekend, self.zone) != (other.weekend, other.zone):
            raise SettingsError(
                "E-SETTING", name="other", value=other.name, allowed="a calendar of the same weekend and zone, with its years"
            )
        kept = [{d: n for d, n in days.items() if d.year not in other.years} for days in (self.holidays, self.worked)]
        return type(self)(
            self.name, self.weekend, {**kept[0], **other.holidays}, {**kept[1], **other.worked}, (*self.years, *other.years), self.zone,
            tuple(dict.fromkeys((*self.sources, *other.sources))),
        )  # fmt: skip

    def day(self, when: dt.date | str | pd.Timestamp | None = None) -> dt.date:
        """Day of a moment in the calendar's zone; a moment without zone is a local one, None is now.

        >>> import datetime as dt
        >>> working_calendar("cn").day(dt.datetime(2026, 3, 1, 17, tzinfo=dt.UTC)).isoformat()
        '2026-03-02'
        """
        zone = ZoneInfo(self.zone)
        if when is None:
            return dt.datetime.now(zone).date()
        moment = _moment(when)
        if isinstance(moment, dt.datetime):
            return (moment if moment.tzinfo is None else moment.astimezone(zone)).date()
        return moment

    def is_working(self, day: dt.date | str) -> bool:
        """Whether a day is worked.

        Raises
        ------
        PolicyError
            ``E-CALENDARYEAR`` if the calendar does not cover it.
        """
        when = self.day(day)
        if self.years is not None and when.year not in self.years:
            raise PolicyError("E-CALENDARYEAR", day=when.isoformat(), years=_told(self.years), name=self.name)
        if when in self.worked:
            return True
        return when not in self.holidays and _WEEKDAYS[when.weekday()] not in self.weekend

    def working_days_after(self, day: dt.date | str, n: int) -> dt.date:
        """The n-th working day after a day, which does not count itself.

        Parameters
        ----------
        day : date
            Worked or not.
        n : int
            1 or more.

        Raises
        ------
        PolicyError
            If the days covered run out.
        SettingsError
            If n is not a whole number from 1 on.
        """
        if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= _MOST:
            raise SettingsError("E-SETTING", name="n", value=n, allowed=f"1–{_MOST}")
        at = self.day(day)
        self.is_working(at)  # the first day has to be covered too
        while n:
            at += dt.timedelta(days=1)
            n -= self.is_working(at)
        return at

    def between(self, first: dt.date | str, last: dt.date | str) -> int:
        """Working days after the first day up to and with the last; 0 if the last is not later.

        >>> working_calendar("cn").between("2025-09-26", "2025-10-13")
        7
        """
        at, end = self.day(first), self.day(last)
        n = 0
        while at < end:
            at += dt.timedelta(days=1)
            n += self.is_working(at)
        return n

    def start(self, delivered: dt.date | str) -> dt.date:
        """Day a delivery counts for: the day itself, or the next working day if it is a day off."""
        at = self.day(delivered)
        while not self.is_working(at):
            at += dt.timedelta(days=1)
        return at

    def deadline(self, delivered: dt.date | str, n: int) -> dt.date:
        """Last day, included, of a period of n working days that begins with a delivery.

        The day of delivery does not count. What is delivered on a day off counts as delivered on the next working day.

        >>> working_calendar("cn").deadline("2025-10-04", 1).isoformat()  # delivered in the holidays: on the 9th; one day later
        '2025-10-10'
        """
        return self.working_days_after(self.start(delivered), n)

    def record(self) -> dict[str, Any]:
        """As a log keeps it."""
        return {
            "name": self.name,
            "weekend": list(self.weekend),
            "holidays": [[d.isoformat(), n] for d, n in self.holidays.items()],
            "worked": [[d.isoformat(), n] for d, n in self.worked.items()],
            "years": None if self.years is None else list(self.years),
            "zone": self.zone,
            "sources": list(self.sources),
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Self:
        """Read what a log keeps."""
        days = [{dt.date.fromisoformat(d): n for d, n in record[k]} for k in ("holidays", "worked")]
        years = None if record["years"] is None else tuple(record["years"])
        return cls(record["name"], tuple(record["weekend"]), days[0], days[1], years, record["zone"], tuple(record["sources"]))


def working_calendar(name: str = "cn") -> WorkingCalendar:
    """Return a calendar that comes with the library.

    Parameters
    ----------
    name : str
        ``"cn"``: the years whose notice by the General Office of the State Council is included; ``sources`` names them.

    Raises
    ------
    SettingsError
        If there is none of that name.

    Examples
    --------
    >>> working_calendar("cn").years
    (2024, 2025, 2026)
    """
    packs = working_calendar_tables.packs()
    if name not in packs:
        raise SettingsError("E-SETTING", name="name", value=name, allowed=sorted(packs))
    found = packs[name]
    return WorkingCalendar(name, found.weekend, found.holidays, found.worked, found.years, found.zone, found.sources)  # type: ignore[arg-type]


def _moment(when: Any) -> dt.date | dt.datetime:
    """Read a day or a moment."""
    if isinstance(when, (dt.datetime, dt.date)) and not pd.isna(when):
        return when
    try:
        text = str(when).strip()
        return dt.date.fromisoformat(text) if len(text) in (8, 10) else dt.datetime.fromisoformat(text)
    except (ValueError, TypeError) as error:
        raise SettingsError("E-SETTING", name="day", value=str(when)[:40], allowed="a date as 2026-03-31, or a datetime") from error


def _setting(name: str, value: Any, allowed: str) -> Problem:
    return Problem("E-SETTING", None, None, None, {"name": name, "value": value, "allowed": allowed})


def _told(years: tuple[int, ...] | None) -> str:
    return "–" if not years else ", ".join(map(str, years))

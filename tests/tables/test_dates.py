from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from rankkit.tables import dates


def test_dates_and_times() -> None:
    column = pd.Series(
        ["2026-03-31", " 2026-03-31T14:05 ", dt.date(2026, 4, 1), pd.Timestamp("2026-04-01 06:00"), None, "", float("nan")], dtype=object
    )
    times, bad = dates.parse(column)
    assert not bad.any()
    assert times.isna().tolist() == [False] * 4 + [True] * 3
    assert times[1] == pd.Timestamp("2026-03-31 14:05")
    assert times[3] - times[2] == pd.Timedelta(hours=6)


def test_ambiguous_and_other_texts_are_refused() -> None:
    _, bad = dates.parse(pd.Series(["03/04/2026", "April", "2026", 46000, 2026.5, "20260331"], dtype=object))
    assert bad.tolist() == [True, True, True, True, True, False]


def test_time_zones_become_utc() -> None:
    times, bad = dates.parse(pd.Series(["2026-03-31T10:00+08:00", "2026-03-31T02:00Z"]))
    assert not bad.any()
    assert times[0] == times[1] == pd.Timestamp("2026-03-31 02:00")
    aware = pd.Series(pd.to_datetime(["2026-03-31 10:00"]).tz_localize("Asia/Shanghai"))
    assert dates.parse(aware)[0][0] == times[0]


def test_days_take_numbers_as_they_are() -> None:
    assert dates.days(pd.Series([1.5, None, "3"], dtype=object))[0].tolist()[::2] == [1.5, 3.0]
    values, bad = dates.days(pd.Series(pd.to_datetime(["1970-01-03", None])))
    assert values[0] == 2.0
    assert np.isnan(values[1])
    assert not bad.any()
    assert dates.days(pd.Series(["soon", "1970-01-02"]))[1].tolist() == [True, False]

"""Critical incidents: no score by default, exact intervals, lags, authors' diligence, texts; and what a toy gets wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import rankkit as rk
from rankkit import datasets, simulate
from rankkit.errors import DataError, SettingsError
from rankkit.methods.incident_index import evidence_index
from rankkit.methods.incident_tables import lags
from rankkit.simulate.incident_logs import incident_log

YEAR = ("2026-01-01", "2026-12-31")


@pytest.fixture(scope="module")
def year():
    return rk.CriticalIncidents(period=YEAR).fit(datasets.load("service_team_incidents"))


def rows(**columns):
    n = max(len(v) for v in columns.values() if isinstance(v, list))
    base = {"ratee": "e1", "occurred_on": "2026-03-01", "valence": 1, "author": "m1"}
    return pd.DataFrame({**base, **columns}, index=range(n))


def test_nobody_is_scored_unless_an_index_is_asked_for(year):
    assert year.unit == "none"
    assert set(year.scores["status"]) == {"not_scored"}
    assert year.scores["score"].isna().all()
    assert "I-NOSCORE" in list(year.messages["code"])
    index = rk.CriticalIncidents(period=YEAR, score="evidence_index").fit(datasets.load("service_team_incidents"))
    assert (index.unit, index.se_basis, index.covariance) == ("ordinal", "none", None)
    assert index.scores["se"].isna().all()


def test_the_toy_sum_of_plus_and_minus_ones_ignores_exposure():
    """Seen for one month with two good incidents beats seen for twelve with three; the toy says the contrary."""
    log = rows(ratee=["short"] * 2 + ["long"] * 3 + ["other"] * 4, valence=[1] * 5 + [1, 1, -1, -1], author=list("ababcabab"))
    seen = pd.DataFrame(
        {"ratee": ["short"] * 2 + ["long"] * 3 + ["other"] * 2, "author": list("ababcab"), "months": [0.5] * 2 + [4.0] * 3 + [6.0] * 2}
    )
    table = rk.Incidents.from_frame(log, exposure=seen)
    toy = log.groupby("ratee")["valence"].sum()
    assert toy["long"] > toy["short"]
    score = rk.CriticalIncidents(score="evidence_index").fit(table).scores["score"]
    assert score["short"] > score["long"] > score["other"]


def test_the_toy_diligence_as_merit(year):
    """Counts rank the people of the diligent author first; the model tells the author from the people."""
    made = simulate.service_team_incidents()
    team = datasets.load("service_team_people").frame["manager"].reindex(made.truth.index)
    toy = year.counts.xs("(all)", level="dimension")["n"].reindex(made.truth.index)
    assert toy[team == "L3"].mean() > 1.5 * toy[team != "L3"].mean()
    assert year.loggers["effect"].idxmax() == "L3"
    row = year.loggers.loc["L3"]
    assert row["ci_low"] > 1
    assert row["ci_low"] < 3.0 < 1.3 * row["ci_high"]
    effects = year.ratee_effects["effect"]
    assert effects[team == "L3"].mean() < 1.2 * effects[team != "L3"].mean()
    assert "F-LOGGERS" in set(year.findings["code"])


def test_one_author_a_person_cannot_be_told_from_diligence():
    table = incident_log(20, 4, 1, seed=3).table
    found = rk.CriticalIncidents(period=YEAR, score="evidence_index").fit(table)
    assert "E-DILIGENCE" in list(found.messages["code"])
    assert found.loggers["effect"].isna().all()
    assert found.loggers["reason"].str.len().gt(0).all()
    assert set(found.scores["status"]) == {"provisional"}
    bare = rk.CriticalIncidents(period=YEAR).fit(pd.DataFrame(table.entries))
    assert "I-NOEXPOSURE" in list(bare.messages["code"])
    assert bare.rates["assumed"].all()


def test_net_balance_is_exact():
    log = rows(valence=[1, 2, 1, -1, 0, 1], ratee=["a"] * 5 + ["b"])
    found = rk.CriticalIncidents().fit(log).balance
    low, high = stats.binomtest(3, 4).proportion_ci(0.95, method="exact")
    assert found.loc["a", ["balance", "ci_low", "ci_high"]].astype(float).tolist() == pytest.approx([0.5, 2 * low - 1, 2 * high - 1])
    assert (found.loc["b", "balance"], found.loc["b", "ci_high"]) == (1.0, 1.0)
    neutral = rk.CriticalIncidents().fit(rows(valence=[0])).balance.iloc[0]
    assert np.isnan(neutral["balance"])
    assert neutral["reason"]


def test_rates_are_per_month_of_observation_with_poisson_intervals():
    seen = pd.DataFrame({"ratee": ["e1", "e2", "e3"], "author": "m1", "months": [10.0, 4.0, 0.0], "observed_share": [0.5, 1.0, 1.0]})
    found = rk.CriticalIncidents(period=YEAR).fit(rk.Incidents.from_frame(rows(valence=[1, 1, 1, -1]), exposure=seen))
    row = found.rates.loc["e1"]
    assert row["positive_rate"] == pytest.approx(3 / 5)
    assert row["positive_low"] == pytest.approx(stats.chi2.ppf(0.025, 6) / 2 / 5)
    assert found.rates.loc["e2", "positive_high"] == pytest.approx(stats.chi2.ppf(0.975, 2) / 2 / 4)
    assert np.isnan(found.rates.loc["e3", "positive_rate"])
    assert found.rates.loc["e3", "reason"]
    assert set(found.people) == {"e1", "e2", "e3"}  # nobody is dropped


def test_lags_and_the_rush_at_the_end(year):
    assert year.lags.loc["L2", "median_lag"] > 14 > year.lags.loc["L1", "median_lag"]
    assert year.lags.loc["L5", "last_share"] > 0.5
    own = year.findings[year.findings["code"] == "F-LASTDAYS"]
    assert "L5" in set(own.loc[own["level"] == "review", "unit_id"])
    assert own["what_it_could_also_be"].str.len().gt(0).all()
    undeclared = rk.CriticalIncidents().fit(datasets.load("service_team_incidents"))
    assert undeclared.lags["p"].isna().all()  # the last record would be in the last days by construction
    assert undeclared.lags["reason"].str.len().gt(0).all()
    undated = rk.CriticalIncidents().fit(rows(valence=[1, 1]))
    assert undated.lags["median_lag"].isna().all()
    assert undated.lags["reason"].str.len().gt(0).all()


@pytest.mark.parametrize("names", ["zh", "en"])
def test_planted_texts_are_found_and_precision_is_printed(names):
    made = simulate.service_team_incidents(names=names)
    found = rk.CriticalIncidents(period=YEAR).fit(made.table)
    texts = found.texts.set_index("place")
    assert set(texts.index[texts["trait"] != ""]) == set(made.planted["traits"])
    assert set(texts.index[texts["personal_data"] != ""]) == set(made.planted["personal_data"])
    assert len(set(made.planted["copies"]) - set(texts.index[texts["copy_of"] != ""])) <= 2
    codes = found.messages.set_index("code")["text"]
    assert {"W-TRAIT", "W-PII", "W-DUP", "W-LATE", "W-ONESIDEDLOG"} <= set(codes.index)
    assert "0.91" in codes["W-TRAIT"]  # its recall in Chinese, as measured
    for table in found.tables().values():
        assert not table.astype(str).apply(lambda c: c.str.contains("13800005", regex=False)).any(axis=None)  # no words of an incident


def test_saturation_counts_new_categories():
    log = rows(category=list("aaabbbbccc") + list("aaaaaaaaad"), occurred_on=[f"2026-01-{k:02d}" for k in range(1, 21)])
    found = rk.CriticalIncidents().fit(log).saturation
    assert found["new"].tolist() == [3, 1]
    assert found["coverage"].tolist() == [1.0, 0.95]
    assert found["unseen"].tolist() == [0.0, 0.0]


def test_bad_input_is_explained():
    log = rows(valence=[1, 1], recorded_at=["2026-02-01", "2026-03-05"], incident=["i1", "i1"])
    with pytest.raises(DataError) as caught:
        rk.CriticalIncidents().fit(log)
    assert [(p.code, p.row) for p in caught.value.items] == [("E-FUTURE", 2), ("E-DUPINCIDENT", 3)]
    with pytest.raises(DataError, match="after the last day"):
        rk.Incidents.from_frame(rows(valence=[1]), as_of="2026-02-01")
    with pytest.raises(DataError) as caught:
        rk.Incidents.from_frame(rows(valence=[1, 1], months=[3, 4], observed_share=[1.5, 1]))
    assert caught.value.codes == ("E-EXPOSURE",)
    with pytest.raises(DataError) as caught:
        rk.Incidents.from_frame(rows(valence=[1, 1], months=[3, 4]))
    assert caught.value.codes == ("E-EXPOSURE2",)
    for bad in ({"period": ("2026-05-01", "2026-05-09")}, {"period": "2026"}, {"score": "sum"}, {"late_days": 0}, {"copy_threshold": 0.3}):
        with pytest.raises(SettingsError):
            rk.CriticalIncidents(**bad)


def test_to_bars_strips_names_and_keeps_the_link():
    table = datasets.load("service_team_incidents")
    drafts = table.to_bars(datasets.load("service_team_people"))
    assert list(drafts) == ["incident", "dimension", "situation", "behaviour", "result", "effectiveness", "author"]
    text = " ".join(drafts[["situation", "behaviour", "result"]].to_numpy().ravel())
    assert not [n for n in table.labels.values() if n in text]
    assert "13800005" not in text
    assert drafts["behaviour"].str.startswith("预期会：").all()
    assert drafts["incident"].isin(table.entries["incident"]).all()
    assert drafts["effectiveness"].between(1, 7).all()


def test_mirrored_incidents_mirror_the_index():
    rng = np.random.default_rng(1)
    a, b, months = rng.poisson(3, 9).astype(float), rng.poisson(2, 9).astype(float), rng.uniform(3, 12, 9)
    np.testing.assert_allclose(evidence_index(a, b, months), -evidence_index(b, a, months), atol=1e-12)


@pytest.mark.recovery
@pytest.mark.parametrize("mean_lag", [1, 15])
def test_checks_of_authors_fire_at_their_level(mean_lag):
    """What happened shortly before the end is written down by the end: at a lag of 15 days that is no rush (.68 of logs without λ)."""
    fired, runs = 0, 40
    first, last = ((np.datetime64(day) - np.datetime64("1970-01-01")).astype(float) for day in YEAR)
    for seed in range(runs):
        found = lags(incident_log(24, 5, 1, rate=2.0, mean_lag=mean_lag, seed=seed).table, (first, last), 14, 30, 0.95)
        fired += ((found["q"] < 0.05) & (found["last_share"] > found["expected"])).any()
    assert fired / runs <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / runs)

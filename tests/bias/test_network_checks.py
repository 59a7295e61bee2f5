"""What all checks of rater networks share: planted effects found, order and names without meaning, refusals, settings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit import bias, datasets, simulate
from rankkit.archive import dumps, loads
from rankkit.errors import InsufficientDataError, SettingsError
from rankkit.findings import Findings
from rankkit.tables.ratings import Ratings

CHECKS = ("reciprocity", "cliques", "nominated_raters", "retaliation", "bombing", "copying")
QUICK = {"reciprocity": {"times": 199}, "cliques": {"times": 199}}
IDS = dict.fromkeys(("rater", "ratee", "dimension", "source"), "str")


@pytest.fixture(scope="module")
def service():
    table = datasets.load("service_team_feedback")
    return {name: getattr(bias, name)(table) for name in CHECKS}


@pytest.fixture(scope="module")
def frame():
    return simulate.feedback(32, 4, cycles=2, n_customers=16, seed=3).table.frame.astype(IDS)


def run(name, data, **settings):
    return getattr(bias, name)(data, **QUICK.get(name, {}) | settings)


def test_what_was_planted_in_the_service_team_is_found(service):
    units = {name: {f.unit_id for f in found.patterns if f.level == "review"} for name, found in service.items()}
    assert units["reciprocity"] >= {"2026 peer"}
    members = next(iter(units["cliques"])).split(" – ")
    assert set(members) >= {"A19", "A27", "A35", "A43"}
    assert len(members) <= 5
    assert units["nominated_raters"] == {"peer: chosen raters", "peer: same raters"}
    assert units["retaliation"] == {"2025 → 2026"}
    assert units["bombing"] == {"2026 A36 → A04", "2026 C28 → A12"}
    assert units["copying"] == {"X6", "2026 A15 = A39"}


def test_the_planted_sizes_lie_in_their_intervals(service):
    row = service["nominated_raters"].of("nominated_raters").loc["peer: same raters"]
    assert row["ci_low"] < 0.4 < row["ci_high"]  # .4 points before scores are cut off at 5
    assert service["retaliation"].of("retaliation")["estimate"].iloc[0] > 0.3


def test_older_checks_find_theirs_in_the_same_feedback():
    now = datasets.load("service_team_feedback").split("cycle")["2026"]
    assert bias.careless(now).of("careless").query("level == 'review'").index.to_list() == ["L5"]
    assert {"X4", "L6"} <= set(bias.severity(now).of("severity").query("level == 'review'").index)
    assert bias.halo(now).of("halo").loc["X2", "ratio_level"] == "review"


def test_a_change_from_one_cycle_to_the_next_is_no_inconsistency():
    found = bias.careless(datasets.load("service_team_feedback"))
    assert "repeated" not in found.of("careless").columns  # nobody answered a question twice in one cycle


@pytest.mark.parametrize("name", CHECKS)
def test_findings_keep_their_contract(service, name):
    found = service[name]
    assert not found.refused
    for f in found.patterns:
        assert f.level in ("info", "review")
        assert f.family
        assert f.message
        assert f.what_it_could_also_be
        single = f.unit_kind in ("rater", "pair")
        assert single == (name in ("cliques", "bombing", "copying"))  # what names people is never of an open kind
    table = found.of(name)
    assert {"n", "estimate", "ci_low", "ci_high", "effect", "p", "q", "mde", "level", "reason"} <= set(table.columns)
    blank = table[["estimate", "p", "mde"]].isna().any(axis=1)
    assert (table.loc[blank, "reason"] != "").all()
    again = loads(dumps(found))
    pd.testing.assert_frame_equal(again.of(name), table)


@pytest.mark.parametrize("name", CHECKS)
def test_rows_and_names_do_not_matter(frame, name):
    found = run(name, frame).of(name)
    mixed = frame.sample(frac=1, random_state=1)
    before = mixed.copy()
    pd.testing.assert_frame_equal(run(name, mixed).of(name), found)
    pd.testing.assert_frame_equal(mixed, before)
    if name not in ("reciprocity", "cliques"):  # their permutations follow the order of names: only Monte Carlo error differs
        other = {p: f"q{k:03d}" for k, p in enumerate(sorted({*frame["rater"], *frame["ratee"]}, key=lambda p: p[::-1]))}
        renamed = frame.assign(rater=frame["rater"].map(other), ratee=frame["ratee"].map(other))
        columns = ["n", "estimate", "p", "q"]
        a, b = (t[columns].sort_values(columns).to_numpy() for t in (found, run(name, renamed).of(name)))
        assert b == pytest.approx(a, abs=1e-6)


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize(
    "rows",
    [
        {"rater": ["r"] * 6, "ratee": list("abcdef"), "score": [1, 2, 3, 4, 5, 4]},
        {"rater": list("abcdef"), "ratee": ["p"] * 6, "score": [4] * 6},
        {"rater": ["a", "b"], "ratee": ["b", "a"], "score": [3, 4], "source": ["peer"] * 2},
        {"rater": ["a", "b"], "ratee": ["a", "b"], "score": [3, 4], "source": ["self"] * 2},  # nothing but self ratings
        {"rater": ["a"], "ratee": ["b"], "score": [3], "cycle": ["2025"], "nominated_by": ["ratee"], "source": ["supervisor"]},
    ],
)
def test_poor_data_are_refused_and_nothing_breaks(name, rows):
    found = run(name, pd.DataFrame(rows))
    assert isinstance(found, Findings)
    assert not found.patterns
    assert found.refused or found.of(name)["p"].isna().all() or (found.of(name)["level"] == "").all()


@pytest.mark.parametrize("name", CHECKS)
def test_everybody_given_the_same_score(name, frame):
    found = run(name, frame.assign(score=3.0))
    assert not found.patterns


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("settings", [{"level": 1.0}, {"review_q": 0.0}, {"floor": -1.0}])
def test_impossible_settings(frame, name, settings):
    with pytest.raises(SettingsError):
        getattr(bias, name)(frame, **settings)


def test_all_impossible_settings_are_named_at_once(frame):
    with pytest.raises(SettingsError) as caught:
        bias.bombing(frame, level=0.0, review_q=1.0, floor=-1.0, fewest=2)
    assert [(p.code, p.details.get("name")) for p in caught.value.items] == [
        ("E-LEVEL", None), ("E-SETTING", "review_q"), ("E-SETTING", "floor"), ("E-SETTING", "fewest"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", CHECKS)
def test_averages_have_no_raters(name):
    with pytest.raises(InsufficientDataError):
        run(name, Ratings.averaged(pd.DataFrame({"ratee": ["a", "b"], "score": [1.0, 2.0]})))


def test_all_checks_together_on_feedback():
    found = bias.check(simulate.feedback(24, 3, seed=1).table)
    asked = {p.column for p in found.refused} | set(found.tables)
    assert set(CHECKS) <= asked
    assert {p.column: p.code for p in found.refused}["retaliation"] == "E-NOBEFORE"
    assert np.isfinite(found.of("power").loc[["reciprocity", "cliques", "bombing"], "mde"]).all()

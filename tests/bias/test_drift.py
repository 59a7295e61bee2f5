from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rankkit import bias, simulate
from rankkit.errors import RatingsError, SettingsError

COLUMNS = ["n", "estimate", "se", "df", "ci_low", "ci_high", "effect", "p", "q", "mde", "level", "reason"]


def made(**settings):
    return simulate.biased_ratings(**{"n_ratees": 30, "n_raters": 6, "dimensions": 2} | settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"n_ratees": 10, "occasions": 4, "anchors": 8},
        {"occasions": 3, "sd_change": 0.4, "raters_per_ratee": 4},
        {"n_ratees": 60, "raters_per_ratee": 5},
    ],
    ids=["anchors", "crossed", "one sitting"],
)
def test_planted_drift_is_found_and_others_are_not(settings):
    sample = made(drift=1.0, sd_residual=0.3, seed=3, **settings)
    found = bias.drift(sample.table, time="occasion" if settings.get("occasions") else "rated_at")
    table, tests = found.of("drift"), found.of("drift_global")
    steps = max(settings.get("occasions", 2) - 1, 1)
    true = sample.raters["drift"] / steps
    assert [c for c in table.columns if c in COLUMNS] == COLUMNS
    assert tests["p"].iloc[0] < 0.001
    assert np.corrcoef(true, table["estimate"])[0, 1] > 0.9
    assert (np.sign(table["estimate"]) == np.sign(true - true.mean()))[table["level"] == "review"].all()
    assert (table["level"] == "review").sum() >= 2
    assert set(found.frame["code"]) >= {"F-DRIFTUP", "F-DRIFTDOWN"}
    assert not found.refused
    assert not table[["estimate", "se", "p", "mde", "cusum", "cusum_p"]].isna().to_numpy().any()
    assert ((table["sd_p"].isna()) == (table["sd_reason"] != "")).all()


def test_the_family_opens_only_if_raters_differ_as_a_whole():
    found = bias.drift(made(seed=8).table)
    assert found.of("drift_global").loc["variance of slopes, unequal precision", "p"] > 0.05
    table = found.of("drift")
    assert table["q"].isna().all()
    assert (table["level"] == "").all()
    assert table["reason"].str.contains("as a whole").all()
    assert table["p"].notna().all()


def test_real_change_is_no_drift():
    """Everybody improves: targets are people within an occasion."""
    sample = made(occasions=4, seed=1).table.frame
    better = sample.assign(score=(sample["score"] + sample["occasion"] - 1).clip(1, 9))
    found = bias.drift(better, time="occasion")
    assert "mean slope" not in found.of("drift_global").index
    assert found.of("drift_global")["p"].iloc[0] > 0.01


def test_anchors_show_what_all_raters_do_together():
    sample = made(n_ratees=10, n_raters=8, occasions=5, anchors=8, mean_drift=1.2, seed=2)
    found = bias.drift(sample.table, time="occasion", per=4)
    row = found.of("drift_global").loc["mean slope"]
    assert row["estimate"] == pytest.approx(1.2, abs=0.3)
    assert row["p"] < 0.001
    assert "F-ALLUP" in found.frame["code"].tolist()
    assert found.patterns[0].unit_kind == "group"


def test_step_at_a_known_time():
    sample = made(n_ratees=10, occasions=4, anchors=8, sd_residual=0.3, seed=4).table.frame
    jump = (sample["rater"].astype(str) == "r2") & (sample["occasion"] >= 3)
    stepped = sample.assign(score=sample["score"] + 1.5 * jump)
    for at, time in (("3", "occasion"), (3, "occasion"), ("2026-04-15", "rated_at")):
        found = bias.drift(stepped, time=time, step_at=at)
        table = found.of("drift")
        assert table["estimate"].idxmax() == "r2"
        assert table.loc["r2", "estimate"] == pytest.approx(1.5 * 5 / 6, abs=0.35)
        assert table.loc["r2", "level"] == "review"
        assert "F-STEPUP" in found.frame["code"].tolist()
    for at in ("soon", "2030-01-01"):
        with pytest.raises(SettingsError):
            bias.drift(stepped, time="rated_at", step_at=at)
    with pytest.raises(SettingsError):
        bias.drift(stepped, time="occasion", step_at="9")


def test_cusum_names_the_time_and_its_false_alarms():
    sample = made(n_ratees=60, seed=5).table.frame
    late = (sample["rater"].astype(str) == "r3") & (sample["order"] > 30)
    found = bias.drift(sample.assign(score=sample["score"] + 2.0 * late))
    table, course = found.of("drift"), found.of("drift_cusum")
    assert table["cusum"].idxmax() == "r3"
    assert table.loc["r3", "cusum_level"] == "info"
    assert table.loc["r3", "signal_at"].startswith("2026-")
    assert table["false_alarm"].between(0.2, 0.35).all()  # sixty ratings: .29 without any change
    assert (course.groupby("rater")["time"].apply(lambda t: t.is_monotonic_increasing)).all()
    assert course.columns.tolist() == ["rater", "time", "t", "n", "z", "upper", "lower", "signal"]
    assert (course["signal"] == ((course["upper"] > 4) | (course["lower"] > 4))).all()
    assert "F-CUSUM" in found.frame["code"].tolist()
    quiet = bias.drift(made(n_ratees=20, seed=5).table).of("drift")
    assert (quiet.loc[quiet["cusum"] <= 4, "signal_at"] == "").all()


def test_use_of_the_scale_over_time():
    sample = made(n_ratees=80, sd_residual=0.3, scale=None, rounded=False, seed=6).table.frame
    late = (sample["rater"].astype(str) == "r4") & (sample["order"] > 40)
    shrunk = sample["score"].where(~late, 0.4 * sample["score"])
    found = bias.drift(sample.assign(score=shrunk))
    table = found.of("drift")
    assert table.loc["r4", "sd_level"] == "review"
    assert table.loc["r4", "sd_ratio"] == pytest.approx(0.4, abs=0.12)
    assert (table.drop("r4")["sd_level"] != "review").all()
    assert "F-NARROWER" in found.frame["code"].tolist()


def test_without_common_targets_a_trend_is_a_remark():
    sample = made(n_ratees=120, raters_per_ratee=1, drift=2.0, sd_residual=0.3, seed=7)
    found = bias.drift(sample.table)
    assert [p.code for p in found.refused] == ["E-NOTARGETS"]
    assert set(found.of("drift")["level"]) <= {"", "info"}
    assert len(found.patterns)
    assert not found.frame["design_ok"].any()
    assert set(found.frame["code"]) <= {"F-TRENDUP", "F-TRENDDOWN"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda f: f.drop(columns=["rated_at", "occasion", "order"]), "E-NOTIMES"),
        (lambda f: f.assign(rated_at="2026-03-01", occasion=1, order=1), "E-NOTIMES"),
        (lambda f: f.assign(score=4), "E-NOVARIATION"),
        (lambda f: f[f["rater"] == "r1"], "E-NOTARGETS"),
        (lambda f: f[f["rater"].isin(["r1", "r2"])], "E-NOTARGETS"),
    ],
)
def test_designs_that_cannot_answer(change, code):
    found = bias.drift(change(made().table.frame))
    assert [(p.code, p.column) for p in found.refused] == [(code, "drift")]


def test_bad_input():
    sample = made().table.frame.astype({"rated_at": object, "anchor": object})
    sample.loc[0, "rated_at"] = "3.4.2026"
    with pytest.raises(RatingsError) as caught:
        bias.drift(sample)
    assert [(p.code, p.row, p.column) for p in caught.value.items] == [("E-TIME", 2, "rated_at")]
    sample = made().table.frame.astype({"anchor": object})
    sample.loc[1, "anchor"] = "perhaps"
    with pytest.raises(RatingsError) as caught:
        bias.drift(sample)
    assert caught.value.code == "E-FLAG"
    for setting in ({"time": "noon"}, {"per": 0}, {"fewest": 1}, {"level": 1.5}, {"review_q": 0}):
        with pytest.raises(SettingsError):
            bias.drift(made().table, **setting)


def test_order_of_rows_and_labels_decide_nothing():
    one = made(drift=0.5, seed=9, raters_per_ratee=4, occasions=2).table.frame
    names = {r: f"x{k}" for r, k in zip(sorted(one["rater"].unique()), [5, 3, 9, 1, 7, 2], strict=True)}
    two = one.assign(rater=one["rater"].map(names)).sample(frac=1, random_state=0)
    a, b = bias.drift(one).of("drift"), bias.drift(two).of("drift")
    a.index = pd.Index([names[r] for r in a.index], name="rater")
    pd.testing.assert_frame_equal(a.sort_index(), b, rtol=1e-6)


def test_a_rater_with_one_rating_is_shown_with_the_reason():
    sample = made(n_ratees=20, seed=2).table.frame
    sample = sample[(sample["rater"] != "r6") | (sample["order"] == 1)]
    table = bias.drift(sample).of("drift")
    assert np.isnan(table.loc["r6", "p"])
    assert table.loc["r6", "reason"]
    assert table.loc["r6", "n"] == 1

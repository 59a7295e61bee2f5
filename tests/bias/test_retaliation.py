"""Retaliation: time order, standing taken from others, refusals where it is not identified."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit import bias, simulate
from rankkit.bias.rating_network import in_order
from rankkit.errors import SettingsError

IDS = dict.fromkeys(("rater", "ratee", "dimension", "source"), "str")


@pytest.fixture(scope="module")
def frame():
    return simulate.feedback(64, 8, cycles=["2024", "2025"], retaliation=1.5, seed=1).table.frame.astype(IDS)


def test_it_is_found_in_the_right_direction_of_time(frame):
    row = bias.retaliation(frame).of("retaliation").loc["2024 → 2025"]
    assert row["level"] == "review"
    assert row["controlled"]
    backwards = bias.retaliation(frame, cycles=["2025", "2024"]).of("retaliation").iloc[0]
    assert backwards["p"] > 0.05


def test_with_one_superior_each_and_nobody_else_it_is_refused(frame):
    alone = frame[frame["source"].isin(["supervisor", "subordinate"])]
    assert [p.code for p in bias.retaliation(alone).refused] == ["E-NOSTANDING"]


def test_without_standing_a_toy_confuses_strictness_with_a_weak_year():
    """Subordinates who had a weak year rate the superior lower: no retaliation, and the raw ratings look like it."""
    made = simulate.feedback(64, 8, cycles=2, sd_ratee=0.8, sd_halo=0.2, seed=2)
    frame, truth = made.table.frame.astype(IDS), made.truth["score_c1"]
    up = (frame["source"] == "subordinate") & (frame["cycle"] == "c2")
    frame.loc[up, "score"] = frame.loc[up, "score"] + 0.8 * (frame.loc[up, "rater"].map(truth) - truth.mean())
    down = frame[(frame["cycle"] == "c1") & (frame["source"] == "supervisor")].groupby(["ratee", "rater"])["score"].mean()
    answer = frame[up].groupby(["rater", "ratee"])["score"].mean()
    answer.index.names = down.index.names = ["person", "boss"]
    both = down.rename("x").to_frame().join(answer.rename("y"), how="inner")
    both = both - both.groupby("boss").transform("mean")
    toy = np.corrcoef(both["x"], both["y"])[0, 1]
    assert toy > 0.4
    assert abs(bias.retaliation(frame).of("retaliation")["effect"].iloc[0]) < 0.3


def test_refusals(frame):
    def code(data, **settings):
        return [p.code for p in bias.retaliation(data, **settings).refused]

    assert code(frame[frame["cycle"] == "2025"]) == ["E-NOBEFORE"]
    assert code(frame[frame["source"] != "subordinate"]) == ["E-NOUPWARD"]
    assert code(frame.assign(cycle=frame["cycle"].map({"2024": "spring", "2025": "autumn"}))) == ["E-CYCLEORDER"]
    with pytest.raises(SettingsError):
        bias.retaliation(frame, cycles=["2025"])
    few = bias.retaliation(frame[~((frame["source"] == "subordinate") & (frame["rater"] > "A10"))]).of("retaliation")
    assert few["p"].isna().all()
    assert (few["reason"] != "").all()


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["2026", "2025"], ["2025", "2026"]),
        (["2025H2", "2026H1", "2025H1"], ["2025H1", "2025H2", "2026H1"]),
        (["Q4 2025", "Q1 2026"], ["Q4 2025", "Q1 2026"]),
        (["2025-11", "2025-2"], ["2025-2", "2025-11"]),
        (["第2期", "第1期"], ["第1期", "第2期"]),
        (["before", "after"], None),
        (["2025", "2025H1"], None),
    ],
)
def test_cycles_in_order(names, order):
    assert in_order(names, None) == order

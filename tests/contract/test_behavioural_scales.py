"""Ratings on behavioural scales × every check of the contract, on small tables: their points mean something of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.testing import check_assessment, checks

NAMES = ("care", "speed")
NOT_MOVED = 1  # a scale whose points mean something cannot be moved


def card(scale=(1.0, 7.0)):
    """A card with judged anchors."""
    columns = ["dimension", "label", "definition", "high", "acceptable", "low"]
    dimensions = pd.DataFrame([[d, d, "…", "…", "…", "…"] for d in NAMES], columns=columns)
    points = np.array([1.0, 2.5, 4.0, 5.5, 6.8])
    parts = [
        pd.DataFrame({"dimension": d, "point": points, "incident": [f"{d}{p:g}" for p in points], "value": points + 0.1}) for d in NAMES
    ]
    anchors = pd.concat(parts, ignore_index=True).assign(text="…", sd=0.6, n_scaled=12, n_retranslated=20)
    anchors = anchors.assign(value_low=anchors["value"] - 0.3, value_high=anchors["value"] + 0.3)
    anchors = anchors.assign(agreement=0.9, agreement_low=0.7, agreement_high=0.97)
    return rk.ScaleCard.from_anchors(dimensions, anchors, scale=scale)


def ratings(kind: str) -> rk.Ratings:
    """Eight people and four raters who all rate everybody."""
    rng = np.random.default_rng(4)
    merit = rng.normal(size=(8, 2))
    rows = []
    for i in range(8):
        for r in range(4):
            for d, name in enumerate(NAMES):
                z = merit[i, d] + 0.3 * r + 0.6 * rng.standard_normal(3)
                if kind == "marks":
                    rows.append((f"r{r}", f"p{i:02d}", name, float(np.clip(4 + z[0], 1, 7).round(1))))
                else:
                    for k, cut in enumerate((1.2, 0.0, -1.2)):
                        often = float(np.clip(np.rint(3 + z[k]), 1, 5))
                        beside = float(np.sign(z[k] - cut) * (abs(z[k] - cut) > 0.4))
                        seen = often if kind == "frequencies" else beside
                        rows.append((f"r{r}", f"p{i:02d}", f"{name}{k}", seen))
    scale = {"marks": (1.0, 7.0), "frequencies": (1.0, 5.0), "answers": (-1.0, 1.0)}[kind]
    return rk.Ratings.from_frame(pd.DataFrame(rows, columns=["rater", "ratee", "dimension", "score"]), scale=scale)


THREE = {d: tuple(f"{d}{k}" for k in range(3)) for d in NAMES}
TRIALS = {
    "BARS": (rk.BARS(scale=card()), "marks"),
    "BehaviouralObservationScale": (rk.BehaviouralObservationScale(criteria=THREE), "frequencies"),
    "MixedStandardScale": (rk.MixedStandardScale(key=THREE), "answers"),
}


@pytest.mark.parametrize("name", TRIALS)
def test_contract(name):
    assessment, kind = TRIALS[name]
    found = check_assessment(assessment, ratings(kind))
    assert tuple(found["check"]) == checks()
    skipped = found[found["outcome"] != "passed"]
    assert list(skipped["check"]) == ["shift"]
    assert len(found) - len(skipped) == len(checks()) - NOT_MOVED

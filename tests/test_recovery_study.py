"""Recovery studies count what they say they count."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest

from rankkit import GraphicRatingScale, PairedComparison, simulate
from rankkit.errors import InsufficientDataError, SettingsError
from rankkit.findings import Finding, Findings

panel = partial(simulate.ratings, 12, 4, rounded=False, scale=None)


def made(seed):
    return panel(seed=seed)


def test_bias_error_and_coverage_are_those_of_the_replicates():
    study = simulate.recovery_study(GraphicRatingScale(), made, 8, seed=3)
    one = made(5)
    table = GraphicRatingScale().fit(one.table).scores
    truth = one.truth["score"].reindex(table.index)
    row = study.replicates[(study.replicates["seed"] == 5) & (study.replicates["quantity"] == "score")].iloc[0]
    assert row["bias"] == pytest.approx((table["score"] - truth).mean())
    assert row["coverage"] == ((table["ci_low"] <= truth) & (truth <= table["ci_high"])).mean()
    every = study.replicates[study.replicates["quantity"] == "score"]
    assert study.summary.loc["score", "rmse"] == pytest.approx(np.sqrt(every["mean_square"].mean()))
    assert list(study.summary.index) == ["score", "difference", "rank (simultaneous)", "rank (marginal)"]
    assert "SIMULATED" in repr(study)


def test_logits_are_centred_before_they_are_compared():
    study = simulate.recovery_study(PairedComparison(), lambda s: simulate.comparisons(n=6, judges=8, rounds=12, seed=s), 6)
    assert study.summary.loc["score", "bias"] == pytest.approx(0, abs=1e-9)
    assert study.summary.loc["difference", "coverage"] > 0.7


def test_workers_change_nothing():
    one, two = (simulate.recovery_study(GraphicRatingScale(), made, 4, workers=w) for w in (1, 2))
    pd.testing.assert_frame_equal(one.replicates, two.replicates)


def test_replicates_that_cannot_be_fitted_are_listed():
    nested = partial(simulate.ratings, 12, 4, design="nested")
    with pytest.raises(InsufficientDataError, match="none of 3 simulated data sets"):
        simulate.recovery_study(GraphicRatingScale(adjust="severity"), lambda s: nested(seed=s), 3)
    mixed = simulate.recovery_study(GraphicRatingScale(adjust="severity"), lambda s: nested(seed=s) if s % 2 else made(s), 4)
    assert len(mixed.failures) == 2
    assert mixed.failures["error"].tolist() == ["IdentificationError"] * 2
    with pytest.raises(SettingsError):
        simulate.recovery_study(GraphicRatingScale(), made, 0)


def test_detection_counts_data_sets_not_findings():
    def check(ratings):
        high = ratings.frame["score"].mean() > 0
        one = Finding(code="F-X", level="review", unit_kind="rater", unit_id="r", message="m", what_it_could_also_be="else")
        return Findings(patterns=(one, one) if high else ())

    found = simulate.detection_rate(check, made, 10)
    share = np.mean([made(s).table.frame["score"].mean() > 0 for s in range(10)])
    assert found.loc["any", "rate"] == share
    assert found.loc["F-X", "mean"] == pytest.approx(2 * share)
    with pytest.raises(SettingsError):
        simulate.detection_rate(check, made, 5, level="act")

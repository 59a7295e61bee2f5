"""Error rates and power of the check of drift."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit import bias, simulate

pytestmark = pytest.mark.recovery

PLAIN = {"dimensions": 1, "sd_halo": 0.3}
DESIGNS = {
    "anchors: 5 by 6, 5 times": {"n_ratees": 2, "n_raters": 6, "anchors": 5, "occasions": 5},
    "re-rated: 30 by 8, three each, 3 times": {"n_ratees": 30, "n_raters": 8, "raters_per_ratee": 3, "occasions": 3, "sd_change": 0.4},
    "one sitting: 40 by 12, four each": {"n_ratees": 40, "n_raters": 12, "raters_per_ratee": 4},
    "one sitting: 120 by 40, five each": {"n_ratees": 120, "n_raters": 40, "raters_per_ratee": 5},
}


def outcomes(settings, replicates, start=0, noisy=0):
    """Global p, share of single raters below .05, of them flagged, signalled, p of the mean slope, share of SD tests below .05."""
    out = []
    for seed in range(start, start + replicates):
        made = simulate.biased_ratings(**PLAIN | settings, seed=seed)
        frame = made.table.frame
        if noisy:
            rng = np.random.default_rng(seed)
            wild = frame["rater"].isin(list(made.raters.index[:noisy]))
            frame["score"] = np.where(wild, np.clip(frame["score"] + np.rint(1.3 * rng.standard_normal(len(frame))), 1, 5), frame["score"])
        found = bias.drift(frame, time="occasion" if settings.get("occasions") else "rated_at")
        table, tests = found.of("drift"), found.of("drift_global")
        names = "variance of slopes, unequal precision"
        single = table["p"].dropna()
        out.append(
            [
                tests.loc[names, "p"],
                (single < 0.05).mean(),
                (table["level"] == "review").any(),
                (table["cusum"] > 4).mean() - table["false_alarm"].mean(),
                tests["p"].get("mean slope", np.nan),
                (table["sd_p"].dropna() < 0.05).mean() if table["sd_p"].notna().any() else np.nan,
                tests.loc["variance of slopes", "p"],
            ]
        )
    return np.array(out, dtype=float)


def error(replicates, times=2):
    return times * np.sqrt(0.05 * 0.95 / replicates)


@pytest.mark.parametrize("name", list(DESIGNS)[:3])
def test_level(name):
    found = outcomes(DESIGNS[name], 40)
    assert (found[:, 0] < 0.05).mean() <= 0.05 + error(40, 3)
    assert found[:, 1].mean() <= 0.05 + 0.02
    assert found[:, 2].mean() <= 0.05 + error(40, 3)
    assert found[:, 3].mean() <= 0.02  # residuals of a fitted level signal less often than stated, never more
    if "anchors" in name:
        assert (found[:, 4] < 0.05).mean() <= 0.05 + error(40, 3)


def test_drift_of_half_a_point_is_found():
    found = outcomes(DESIGNS["re-rated: 30 by 8, three each, 3 times"] | {"drift": 0.5}, 15)
    assert (found[:, 0] < 0.05).mean() > 0.6
    assert found[:, 2].mean() > 0.5


def test_trends_of_means_take_real_change_for_drift():
    """The toy: slope of each rater's mean over time. Everybody improves by half a point a time; nobody drifts."""
    toy = ours = 0
    for seed in range(6):
        made = simulate.biased_ratings(30, 6, occasions=4, dimensions=1, scale=None, rounded=False, seed=seed)
        frame = made.table.frame
        frame["score"] += 0.5 * frame["occasion"]
        ours += (bias.drift(frame, time="occasion").of("drift")["level"] == "review").any()
        means = frame.groupby(["rater", "occasion"], observed=True)["score"].mean().to_numpy().reshape(6, 4)
        toy += (np.polyfit(np.arange(4), means.T, 1)[0] > 0.2).all()
    assert toy == 6
    assert ours <= 2


@pytest.mark.thorough
@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize("name", DESIGNS)
def test_level_with_small_simulation_error(name, noisy, capsys):
    settings, replicates = DESIGNS[name], 600
    found = outcomes(settings, replicates, start=10_000, noisy=settings["n_raters"] // 4 if noisy else 0)
    with capsys.disabled():
        print(
            f"\n{name}{', a quarter of the raters noisy' if noisy else ''}: global {(found[:, 0] < 0.05).mean():.3f} "
            f"(equal variances {(found[:, 6] < 0.05).mean():.3f}), single {found[:, 1].mean():.3f}, any flag {found[:, 2].mean():.3f}, "
            f"CUSUM less stated {found[:, 3].mean():+.3f}, mean slope {(found[:, 4] < 0.05).mean():.3f}, "
            f"SD {np.nanmean(np.r_[found[:, 5], 0]):.3f}"
        )
    assert (found[:, 0] < 0.05).mean() <= 0.05 + error(replicates) + (0.025 if noisy else 0)  # variances of few ratings each
    assert found[:, 2].mean() <= 0.05 + error(replicates)


@pytest.mark.thorough
@pytest.mark.parametrize("name", DESIGNS)
def test_power(name, capsys):
    for drift in (0.3, 0.6):
        found = outcomes(DESIGNS[name] | {"drift": drift}, 150, start=50_000)
        with capsys.disabled():
            print(f"\n{name}, drift SD {drift}: global {(found[:, 0] < 0.05).mean():.2f}, any review {found[:, 2].mean():.2f}")
    assert (found[:, 0] < 0.05).mean() > 0.3

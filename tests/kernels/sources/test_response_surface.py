from __future__ import annotations

import numpy as np
import pytest

from rankkit.errors import InsufficientDataError
from rankkit.kernels.sources.response_surface import response_surface

ROUNDING = 1e-8
DRAWS = 400


def sample(seed=0, n=120):
    rng = np.random.default_rng(seed)
    s = rng.normal(size=n)
    o = 0.4 * s + rng.normal(size=n)
    return s, o, 1 + 0.3 * s + 0.6 * o - 0.2 * (s - o) ** 2 + 0.5 * rng.normal(size=n)


def test_coefficients_and_errors_are_those_of_least_squares():
    s, o, z = sample()
    X = np.column_stack([np.ones(len(s)), s, o, s * s, s * o, o * o])
    b, rest, *_ = np.linalg.lstsq(X, z, rcond=None)
    found = response_surface(s, o, z, "ols")
    assert found.b == pytest.approx(b, abs=ROUNDING)
    assert found.covariance == pytest.approx(np.linalg.inv(X.T @ X) * rest[0] / (len(s) - 6), abs=ROUNDING)
    assert found.a == pytest.approx([b[1] + b[2], b[3] + b[4] + b[5], b[1] - b[2], b[3] - b[4] + b[5]], abs=ROUNDING)
    assert found.r_squared == pytest.approx(1 - rest[0] / ((z - z.mean()) ** 2).sum())


def test_groups_of_one_are_hc3():
    s, o, z = sample()
    n = len(s)
    hc3 = response_surface(s, o, z, "hc3")
    alone = response_surface(s, o, z, "cluster", np.arange(n))
    assert alone.covariance == pytest.approx(hc3.covariance * (n - 1) / n, abs=ROUNDING)
    assert alone.df == n - 1


def test_a_group_left_out_is_a_jackknife():
    """CR3 is, up to how it is centred, the jackknife over groups."""
    s, o, z = sample(n=90)
    group = np.arange(90) // 6
    found = response_surface(s, o, z, "cluster", group)
    each = np.array([response_surface(s[group != g], o[group != g], z[group != g], "ols").b for g in range(15)])
    jackknife = 14 / 15 * (each - found.b).T @ (each - found.b)
    assert found.covariance == pytest.approx(jackknife, rel=1e-6, abs=ROUNDING)


def test_stationary_point_and_axes():
    s, o, z = sample()
    found = response_surface(s, o, z)
    s0, o0 = found.stationary_point()
    _, b1, b2, b3, b4, b5 = found.b
    assert [b1 + 2 * b3 * s0 + b4 * o0, b2 + b4 * s0 + 2 * b5 * o0] == pytest.approx([0, 0], abs=ROUNDING)
    axes = found.principal_axes()
    assert axes[0, 1] * axes[1, 1] == pytest.approx(-1.0)  # perpendicular
    assert axes[:, 0] + axes[:, 1] * s0 == pytest.approx([o0, o0])
    curvature = [b3 + b4 * m + b5 * m * m for m in axes[:, 1]]
    assert curvature[0] / (1 + axes[0, 1] ** 2) >= curvature[1] / (1 + axes[1, 1] ** 2)
    assert found.shape() == ("saddle" if 4 * b3 * b5 < b4 * b4 else "top" if b3 < 0 else "bottom")


def test_a_plane_has_no_stationary_point():
    s, o, _ = sample()
    found = response_surface(s, o, 2 + s - o)
    assert np.isnan(found.stationary_point()).all()
    assert found.shape() == "none"
    assert np.isnan(found.principal_axes()).all()


def test_the_difference_score_is_refuted_where_it_is_wrong():
    """The toy regresses on D = S − O: with two main effects of the same sign it finds nothing and says nothing."""
    rng = np.random.default_rng(1)
    s, o = rng.normal(size=(2, 300))
    z = 0.5 * s + 0.5 * o + rng.normal(size=300)
    toy = np.corrcoef(s - o, z)[0, 1]
    assert abs(toy) < 0.12
    found = response_surface(s, o, z)
    assert found.wald("difference")[1] < 1e-6
    assert found.a[0] / found.a_se[0] > 5


def test_tests_of_the_surface_hold_their_level_and_categories_do_not():
    """Outcome without any effect of agreement; heteroscedastic; and the toy that puts the category in place of the ratings."""
    refused = {"ols": 0, "hc3": 0, "toy": 0}
    for k in range(DRAWS):
        rng = np.random.default_rng(k)
        s, o = rng.normal(size=(2, 60))
        z = 0.6 * o + (0.4 + 0.5 * np.abs(o)) * rng.normal(size=60)
        for errors in ("ols", "hc3"):
            found = response_surface(s, o, z, errors)
            refused[errors] += found.p_values(found.a, found.a_se)[3] < 0.05
        gap = s - o
        over = gap > gap.mean() + 0.5 * gap.std()
        under = gap < gap.mean() - 0.5 * gap.std()
        difference = z[over].mean() - z[under].mean()
        se = np.sqrt(z[over].var(ddof=1) / over.sum() + z[under].var(ddof=1) / under.sum())
        refused["toy"] += abs(difference / se) > 1.96
    assert refused["hc3"] / DRAWS <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / DRAWS)
    assert refused["toy"] / DRAWS > 0.5  # "overraters perform worse": it is the others' rating that does


def test_too_little_is_refused():
    s, o, z = sample()
    for bad in (
        lambda: response_surface(s[:8], o[:8], z[:8]),
        lambda: response_surface(s, s, z),
        lambda: response_surface(s, o, z, "cluster"),
    ):
        with pytest.raises(InsufficientDataError):
            bad()

"""Infit, outfit and their standardisation, against every possible outcome."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.kernels.pairs.judge_fit import fit_statistics
from rankkit.kernels.pairs.pair_residuals import points
from tests.oracles_triads import mean_square_variances, mean_squares

ROUNDING = 1e-12


def case(seed, rows=60, groups=4):
    rng = np.random.default_rng(seed)
    tie = rng.uniform(0, 0.3, rows)
    win = rng.uniform(0.05, 0.95, rows) * (1 - tie)
    return rng.integers(0, groups, rows), rng.choice([1.0, 0.5, 0.0], rows), win, tie


def test_mean_squares_by_loops():
    group, scored, win, tie = case(1)
    found = fit_statistics(group, 5, scored, points(win, tie))
    for g in range(4):
        mine = group == g
        expected = mean_squares(scored[mine], win[mine], tie[mine])
        assert (found.infit[g], found.outfit[g]) == pytest.approx(expected, abs=ROUNDING)
        assert found.load[g] == mine.sum()
    assert np.isnan([found.infit[4], found.outfit[4], found.infit_z[4]]).all()  # nobody's


@pytest.mark.parametrize("ties", [0.0, 1.0])
def test_standardisation_uses_the_true_variances(ties):
    win, tie = np.array([0.1, 0.35, 0.5, 0.72, 0.6]), ties * np.array([0.1, 0.2, 0.0, 0.05, 0.3])
    scored = np.array([1.0, 0.0, 1.0, 1.0, 0.0])
    found = fit_statistics(np.zeros(5, dtype=np.int64), 1, scored, points(win, tie))
    q_in, q_out = np.sqrt(mean_square_variances(win, tie))
    for z, square, q in ((found.infit_z, found.infit, q_in), (found.outfit_z, found.outfit, q_out)):
        assert z[0] == pytest.approx((np.cbrt(square[0]) - 1) * 3 / q + q / 3, abs=1e-9)


def test_chances_of_a_half_leave_nothing_to_standardise():
    found = fit_statistics(np.zeros(6, dtype=np.int64), 1, np.array([1.0, 0, 1, 0, 1, 1]), points(np.full(6, 0.5)))
    assert (found.infit[0], found.outfit[0]) == (1.0, 1.0)
    assert np.isnan(found.infit_z[0])
    assert np.isnan(found.outfit_z[0])


def test_a_weight_is_that_many_rows():
    group, scored, win, tie = case(2)
    weight = np.random.default_rng(3).integers(1, 4, len(group))
    once = fit_statistics(group, 4, scored, points(win, tie), weight.astype(float))
    k = np.repeat(np.arange(len(group)), weight)
    spelled = fit_statistics(group[k], 4, scored[k], points(win[k], tie[k]))
    for name in ("load", "infit", "outfit", "infit_z", "outfit_z"):
        np.testing.assert_allclose(getattr(once, name), getattr(spelled, name), rtol=1e-9)

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gammaln

from rankkit.kernels.rankings import unordered_choice
from rankkit.kernels.rankings.unordered_choice import unordered_choices
from tests.oracles_rankings import all_orders

ROUNDING = 1e-12  # of a log-chance: a sum over some 400 nodes
SLOPE = 1e-8  # central differences with step 1e-5


@pytest.mark.parametrize("size", range(1, 7))
@pytest.mark.parametrize("spread", [0.1, 1.0, 5.0])
@pytest.mark.parametrize("lead", [-20.0, 0.0, 20.0])
def test_all_orders_summed(size: int, spread: float, lead: float) -> None:
    w = lead + spread * np.random.default_rng(size).normal(size=size)
    plain = all_orders(np.append(w, 0.0), list(range(size)), [size])
    assert unordered_choices(w[None]).log_chance[0] == pytest.approx(np.log(plain), abs=ROUNDING, rel=ROUNDING)


@pytest.mark.parametrize("size", [1, 2, 10, 40, 150])
def test_groups_of_any_size(size: int) -> None:
    equal = unordered_choices(np.zeros((1, size)))
    assert equal.log_chance[0] == pytest.approx(-np.log(size + 1), abs=ROUNDING)
    hopeless = unordered_choices(np.full((1, size), -25.0)).log_chance[0]  # each order has chance exp(-25 size) nearly
    assert hopeless == pytest.approx(gammaln(size + 1) - 25.0 * size, abs=size * (size + 1) * np.exp(-25.0))
    sure = unordered_choices(np.full((1, size), 40.0))
    assert sure.log_chance[0] == pytest.approx(0.0, abs=ROUNDING)
    assert abs(sure.gradient).max() < ROUNDING


def test_derivatives() -> None:
    w = np.random.default_rng(3).normal(size=(4, 5)) * 2
    found = unordered_choices(w)
    for k in range(5):
        step = 1e-5 * np.eye(5)[k]
        up, down = unordered_choices(w + step), unordered_choices(w - step)
        np.testing.assert_allclose((up.log_chance - down.log_chance) / 2e-5, found.gradient[:, k], atol=SLOPE)
        np.testing.assert_allclose((up.gradient - down.gradient) / 2e-5, found.hessian[:, k], atol=SLOPE)
    assert (np.linalg.eigvalsh(found.hessian) < ROUNDING).all(), "log-concave"


def test_many_events_are_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    w = np.random.default_rng(4).normal(size=(50, 3))
    whole = unordered_choices(w)
    monkeypatch.setattr(unordered_choice, "_AT_ONCE", 5_000)
    parts = unordered_choices(w)
    np.testing.assert_array_equal(whole.log_chance, parts.log_chance)
    np.testing.assert_array_equal(whole.hessian, parts.hessian)

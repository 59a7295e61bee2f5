"""Estimated variance components, and coefficients formed from them with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from rankkit.kernels.arrays import Floats
from rankkit.kernels.components import decision_study
from rankkit.kernels.components.component_intervals import exact_ratio_interval, pivotal_components
from rankkit.kernels.components.decision_study import Shares
from rankkit.kernels.components.variance_components import BalancedComponents

Coefficient = Literal["relative", "absolute"]


@dataclass(frozen=True, eq=False)
class Estimates:
    """Components in the order of the design's effects, and the (pseudo) mean squares that say how sure they are.

    ``squares`` is None where no sampling covariance is known; then there are no intervals.
    """

    method: str
    mean: float
    variances: Floats
    raw: Floats
    se: Floats
    low: Floats
    high: Floats
    df: Floats
    squares: BalancedComponents | None = None

    @cached_property
    def _draws(self) -> Floats:
        """Generalised pivotal quantities of the components, from the mean squares."""
        assert self.squares is not None  # noqa: S101 - asked for only then
        return pivotal_components(self.squares)

    def evaluated(self, shares: Shares, kind: Coefficient, level: float) -> dict[str, float]:
        """Value, interval and variances of one coefficient.

        Parameters
        ----------
        shares : Shares
            Of the decision study.
        kind : {"relative", "absolute"}
            Eρ² or Φ.
        level : float
            Confidence level.

        Returns
        -------
        dict
            ``value, ci_low, ci_high, universe_variance, error_variance, sem, signal_noise``.
        """
        found = decision_study.decide(self.variances, shares)
        error, universe = float(getattr(found, kind)), float(found.universe)
        value = float(found.erho2 if kind == "relative" else found.phi)
        low, high = self._interval(shares.universe, getattr(shares, kind), value, (1 - level) / 2)
        return {
            "value": value,
            "ci_low": low,
            "ci_high": high,
            "universe_variance": universe,
            "error_variance": error,
            "sem": float(np.sqrt(error)),
            "signal_noise": universe / error if error > 0 else float("inf"),
        }

    def _interval(self, u: Floats, e: Floats, value: float, tail: float) -> tuple[float, float]:
        """Exact where two mean squares decide, else quantiles of pivotal draws."""
        if np.isnan(value) or not e.any():
            return value, value
        if self.squares is None:
            return float("nan"), float("nan")
        exact = exact_ratio_interval(self.squares, u, e, level=1 - 2 * tail)
        low, high = self._drawn(u, e, tail) if exact is None else exact
        return min(low, value), max(high, value)  # strongly negative components, counted as zero in the value, stay so in the draws

    def _drawn(self, u: Floats, e: Floats, tail: float) -> tuple[float, float]:
        """Quantiles of the coefficient over the pivotal draws, either variance cut at zero."""
        universe, error = np.maximum(self._draws @ u, 0.0), np.maximum(self._draws @ e, 0.0)
        whole = universe + error
        low, high = np.quantile(np.divide(universe, whole, out=np.zeros_like(whole), where=whole > 0), [tail, 1 - tail])
        return float(low), float(high)

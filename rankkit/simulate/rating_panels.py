"""Ratings by a panel of raters of known leniency, of people of known merit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.random import Generator

from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.simulate.simulated import Simulated, ids
from rankkit.tables.ratings import Ratings

Design = Literal["crossed", "partial", "nested"]


def ratings(
    n_ratees: int = 60,
    n_raters: int = 8,
    *,
    dimensions: int | Sequence[str] = 1,
    design: Design = "crossed",
    raters_per_ratee: int | None = None,
    mean: float | None = None,
    sd_ratee: float = 0.6,
    sd_rater: float = 0.4,
    sd_halo: float = 0.3,
    sd_ratee_dimension: float = 0.0,
    sd_rater_dimension: float = 0.0,
    sd_residual: float = 0.5,
    team_share: float = 0.0,
    scale: tuple[float, float] | None = (1, 5),
    rounded: bool = True,
    seed: int = 0,
) -> Simulated[Ratings]:
    r"""Simulate ratings with known true scores and known leniency.

    The rating of person i by rater r on dimension d is

    .. math:: y_{ird} = \mu + \theta_i + \delta_{id} + \beta_r + \gamma_{rd} + h_{ir} + e_{ird}

    with independent normal effects: merit θ (``sd_ratee``), merit peculiar to a dimension δ (``sd_ratee_dimension``),
    leniency β (``sd_rater``), leniency peculiar to a dimension γ (``sd_rater_dimension``), the rater's general
    impression of the person h (``sd_halo``, shared by all dimensions) and a residual e (``sd_residual``); this is the
    crossed design of generalizability theory (Cronbach, Gleser, Nanda & Rajaratnam 1972). Then, if asked for, y is
    rounded to whole points and cut off at the ends of the scale: variances are those before rounding.

    Parameters
    ----------
    n_ratees, n_raters : int
        People rated and raters.
    dimensions : int or sequence of str
        Number of dimensions (``d1``, ``d2``, …) or their names.
    design : {"crossed", "partial", "nested"}
        ``crossed``: every rater rates everybody. ``partial``: every person is rated by ``raters_per_ratee`` raters drawn
        at random. ``nested``: every team has its own ``raters_per_ratee`` raters, who rate nobody else.
    raters_per_ratee : int, optional
        For ``partial`` (default 3 or all) and ``nested`` (default 1).
    mean : float, optional
        μ in scale points; the middle of the scale (0 without a scale) by default.
    sd_ratee, sd_rater, sd_halo, sd_ratee_dimension, sd_rater_dimension, sd_residual : float
        Standard deviations, in scale points.
    team_share : float
        Share of the variance of merit that lies between teams (``nested`` only).
    scale : (float, float) or None
        Lowest and highest score; ``None`` leaves scores unbounded.
    rounded : bool
        Whether scores are whole numbers.
    seed : int
        Seed of the random numbers; the same seed gives the same ratings.

    Returns
    -------
    Simulated
        ``truth`` has ``score`` = μ + θ + mean δ, and ``team`` where there are teams.

    Raises
    ------
    SettingsError
        If the design is unknown or impossible, or a standard deviation is negative.

    Examples
    --------
    >>> from rankkit import simulate
    >>> simulate.ratings(20, 4, seed=1).table
    <Ratings: 80 rows, 20 people, 4 raters, 1 dimension>
    """
    sds = {
        "sd_ratee": sd_ratee, "sd_rater": sd_rater, "sd_halo": sd_halo, "sd_ratee_dimension": sd_ratee_dimension,
        "sd_rater_dimension": sd_rater_dimension, "sd_residual": sd_residual,
    }  # fmt: skip
    names = ids("d", dimensions) if isinstance(dimensions, int) else tuple(dimensions)
    per = _raters_per_ratee(design, n_raters, raters_per_ratee)
    _check(n_ratees, n_raters, names, sds, team_share, scale)
    if mean is None:
        mean = 0.0 if scale is None else (scale[0] + scale[1]) / 2

    rng = np.random.default_rng(seed)
    raters, team = _who_rates_whom(rng, design, n_ratees, n_raters, per)
    k = len(names)
    theta = sd_ratee * rng.standard_normal(n_ratees)
    if design == "nested" and team_share:
        between = sd_ratee * rng.standard_normal(n_raters // per)
        theta = np.sqrt(1 - team_share) * theta + np.sqrt(team_share) * between[team]
    delta = sd_ratee_dimension * rng.standard_normal((n_ratees, k))
    beta = sd_rater * rng.standard_normal(n_raters)
    gamma = sd_rater_dimension * rng.standard_normal((n_raters, k))
    halo = sd_halo * rng.standard_normal(raters.shape)
    y: Floats = mean + (theta[:, None] + delta)[:, None, :] + (beta[:, None] + gamma)[raters] + halo[:, :, None]
    y = y + sd_residual * rng.standard_normal(y.shape)
    if rounded:
        y = np.rint(y)
    if scale is not None:
        y = np.clip(y, *scale)

    true = mean + theta[:, None] + delta
    people, panel = ids("p", n_ratees), ids("r", n_raters)
    frame = pd.DataFrame(
        {
            "rater": pd.Categorical.from_codes(np.repeat(raters.ravel(), k), pd.Index(panel)),
            "ratee": pd.Categorical.from_codes(np.repeat(np.arange(n_ratees), per * k), pd.Index(people)),
            "dimension": pd.Categorical.from_codes(np.tile(np.arange(k), n_ratees * per), pd.Index(names)),
            "score": y.ravel(),
        }
    )
    index = pd.Index(people, name="ratee")
    truth = pd.DataFrame({"score": true.mean(axis=1)}, index=index)
    if design == "nested":
        truth["team"] = team
    settings: dict[str, Any] = {
        "n_ratees": n_ratees, "n_raters": n_raters, "dimensions": names, "design": design, "raters_per_ratee": per, "mean": mean, **sds,
        "team_share": team_share, "scale": scale, "rounded": rounded, "seed": seed,
    }  # fmt: skip
    return Simulated(
        table=Ratings.from_frame(frame, scale=scale, source_name="simulated ratings").as_simulated(),
        truth=truth,
        dimensions=pd.DataFrame(true, index=index, columns=pd.Index(names, name="dimension")),
        raters=pd.DataFrame({"effect": beta}, index=pd.Index(panel, name="rater")),
        parameters=settings,
    )


def _raters_per_ratee(design: str, n_raters: int, wanted: int | None) -> int:
    """How many raters each person has."""
    if design not in ("crossed", "partial", "nested"):
        raise SettingsError("E-SETTING", name="design", value=design, allowed="'crossed', 'partial', 'nested'")
    per = n_raters if design == "crossed" else wanted if wanted is not None else min(3, n_raters) if design == "partial" else 1
    if design == "crossed" and wanted not in (None, n_raters):
        raise SettingsError("E-SETTING", name="raters_per_ratee", value=wanted, allowed=f"{n_raters} in a crossed design")
    if not 1 <= per <= n_raters:
        raise SettingsError("E-SETTING", name="raters_per_ratee", value=per, allowed=f"1 to {n_raters}")
    if design == "nested" and n_raters % per:
        raise SettingsError("E-SETTING", name="n_raters", value=n_raters, allowed=f"a multiple of raters_per_ratee = {per}")
    return per


def _check(
    n_ratees: int, n_raters: int, names: Sequence[str], sds: dict[str, float], share: float, scale: tuple[float, float] | None
) -> None:
    """Refuse impossible settings."""
    for name, value in {"n_ratees": n_ratees, "n_raters": n_raters, "dimensions": len(names)}.items():
        if value < 1:
            raise SettingsError("E-SETTING", name=name, value=value, allowed="1 or more")
    for name, sd in sds.items():
        if not 0 <= sd < np.inf:
            raise SettingsError("E-SETTING", name=name, value=sd, allowed="0 or more")
    if not 0 <= share <= 1:
        raise SettingsError("E-SETTING", name="team_share", value=share, allowed="0 to 1")
    if scale is not None and not scale[0] < scale[1]:
        raise SettingsError("E-SETTING", name="scale", value=scale, allowed="(lowest, highest)")


def _who_rates_whom(rng: Generator, design: str, n: int, m: int, per: int) -> tuple[Ints, Ints]:
    """Raters of each person, shape (n, per), and the team of each person, shape (n,)."""
    team = np.zeros(n, dtype=np.int64)
    if design == "crossed":
        return np.broadcast_to(np.arange(m), (n, m)), team
    if design == "nested":
        team = np.arange(n) % (m // per)
        return team[:, None] * per + np.arange(per), team
    return panels_of(rng, n, m, per), team


def panels_of(rng: Generator, n: int, m: int, per: int) -> Ints:
    """Draw ``per`` different raters of ``m`` for each of ``n`` people."""
    if per * per >= m:
        return np.sort(np.argsort(rng.random((n, m)), axis=1)[:, :per], axis=1)
    drawn = np.sort(rng.integers(m, size=(n, per)), axis=1)
    while True:  # few rows hold a rater twice; draw those again
        again = (np.diff(drawn, axis=1) == 0).any(axis=1)
        if not again.any():
            return drawn
        drawn[again] = np.sort(rng.integers(m, size=(int(again.sum()), per)), axis=1)

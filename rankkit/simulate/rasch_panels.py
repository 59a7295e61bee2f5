"""Ratings that follow a many-facet Rasch model with known measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.simulate.rating_panels import panels_of
from rankkit.simulate.simulated import Simulated, ids
from rankkit.tables.ratings import Ratings

_BLOCK = 200_000  # ratings drawn at a time


def rasch_ratings(
    n_ratees: int = 60,
    n_raters: int = 8,
    *,
    dimensions: int | Sequence[str] = 3,
    raters_per_ratee: int | None = None,
    sd_ratee: float = 1.0,
    sd_rater: float = 0.5,
    sd_dimension: float = 0.4,
    sd_halo: float = 0.0,
    sd_threshold: float = 0.0,
    thresholds: Sequence[float] = (-1.5, -0.5, 0.5, 1.5),
    mean: float = 0.0,
    lowest: int = 1,
    seed: int = 0,
) -> Simulated[Ratings]:
    r"""Simulate ratings in ordered categories.

    .. math:: \log \frac{P(x = k)}{P(x = k - 1)} = \theta_i + \gamma_{ir} - \beta_r - \delta_d - \tau_{rk}

    Merit θ is normal with mean ``mean``; severities β and difficulties δ are drawn and then centred exactly; γ is what all
    ratings of one person by one rater share (halo); with ``sd_threshold`` each rater has thresholds of their own, centred.

    Parameters
    ----------
    n_ratees, n_raters : int
        People rated and raters.
    dimensions : int or sequence of str
        Number of dimensions (``d1``, ``d2``, …) or their names.
    raters_per_ratee : int, optional
        Raters of each person, drawn at random; all by default.
    sd_ratee, sd_rater, sd_dimension, sd_halo, sd_threshold : float
        Standard deviations in logits.
    thresholds : sequence of float
        Andrich thresholds τ_1, τ_2, …, centred before use; one less than there are categories.
    mean : float
        Mean of θ, in logits.
    lowest : int
        Rating of the lowest category.
    seed : int
        Seed of the random numbers; the same seed gives the same ratings.

    Returns
    -------
    Simulated
        ``truth.score`` = θ, ``dimensions`` = θ − δ, ``raters.effect`` = −β, all in logits; ``parameters`` has the centred
        ``difficulties`` and ``thresholds``.

    Raises
    ------
    SettingsError
        If a number is impossible.

    References
    ----------
    Linacre (1994), Many-Facet Rasch Measurement. Andrich (1978), A rating formulation for ordered response categories.

    Examples
    --------
    >>> from rankkit import simulate
    >>> made = simulate.rasch_ratings(20, 4, seed=1)
    >>> made.table, made.parameters["thresholds"]
    (<Ratings: 240 rows, 20 people, 4 raters, 3 dimensions>, (-1.5, -0.5, 0.5, 1.5))
    """
    sds = {"sd_ratee": sd_ratee, "sd_rater": sd_rater, "sd_dimension": sd_dimension, "sd_halo": sd_halo, "sd_threshold": sd_threshold}
    names = ids("d", dimensions) if isinstance(dimensions, int) else tuple(dimensions)
    per = n_raters if raters_per_ratee is None else raters_per_ratee
    _check(n_ratees, n_raters, names, per, sds, thresholds)
    rng = np.random.default_rng(seed)
    k = len(names)
    raters = panels_of(rng, n_ratees, n_raters, per)
    theta = mean + sd_ratee * rng.standard_normal(n_ratees)
    beta = _centred(sd_rater * rng.standard_normal(n_raters))
    delta = _centred(sd_dimension * rng.standard_normal(k))
    common = _centred(np.asarray(thresholds, dtype=np.float64))
    own = sd_threshold * rng.standard_normal((n_raters, len(common)))
    tau = common + own - own.mean(axis=1, keepdims=True)
    halo = sd_halo * rng.standard_normal(raters.shape)
    ratee, rater = np.repeat(np.arange(n_ratees), per * k), np.repeat(raters.ravel(), k)
    dimension = np.tile(np.arange(k), n_ratees * per)
    eta = theta[ratee] + np.repeat(halo.ravel(), k) - beta[rater] - delta[dimension]
    score = _drawn(rng, eta, rater, tau) + lowest
    people, panel = ids("p", n_ratees), ids("r", n_raters)
    frame = pd.DataFrame(
        {
            "rater": pd.Categorical.from_codes(rater, pd.Index(panel)),
            "ratee": pd.Categorical.from_codes(ratee, pd.Index(people)),
            "dimension": pd.Categorical.from_codes(dimension, pd.Index(names)),
            "score": score.astype(np.float64),
        }
    )
    index = pd.Index(people, name="ratee")
    settings: dict[str, Any] = {
        "n_ratees": n_ratees, "n_raters": n_raters, "dimensions": names, "raters_per_ratee": per, **sds, "mean": mean, "lowest": lowest,
        "thresholds": tuple(common.tolist()), "difficulties": tuple(delta.tolist()), "seed": seed,
    }  # fmt: skip
    scale = (float(lowest), float(lowest + len(common)))
    return Simulated(
        table=Ratings.from_frame(frame, scale=scale, source_name="simulated ratings").as_simulated(),
        truth=pd.DataFrame({"score": theta}, index=index),
        dimensions=pd.DataFrame(theta[:, None] - delta, index=index, columns=pd.Index(names, name="dimension")),
        raters=pd.DataFrame({"effect": -beta}, index=pd.Index(panel, name="rater")),
        parameters=settings,
    )


def _centred(values: Floats) -> Floats:
    return np.asarray(values - values.mean())


def _drawn(rng: np.random.Generator, eta: Floats, rater: Ints, tau: Floats) -> Ints:
    """Category 0…K of each rating."""
    psi = np.concatenate([np.zeros((len(tau), 1)), np.cumsum(tau, axis=1)], axis=1)
    category = np.arange(psi.shape[1])
    out = np.empty(len(eta), dtype=np.int64)
    for start in range(0, len(eta), _BLOCK):
        at = slice(start, start + _BLOCK)
        z = eta[at, None] * category - psi[rater[at]]
        p = np.exp(z - z.max(axis=1, keepdims=True))
        cumulative = np.cumsum(p, axis=1)
        uniform = rng.random(len(z)) * cumulative[:, -1]
        out[at] = (uniform[:, None] > cumulative[:, :-1]).sum(axis=1)
    return out


def _check(n_ratees: int, n_raters: int, names: Sequence[str], per: int, sds: dict[str, float], thresholds: Sequence[float]) -> None:
    """Refuse impossible settings."""
    for name, value in {"n_ratees": n_ratees, "n_raters": n_raters, "dimensions": len(names)}.items():
        if value < 1:
            raise SettingsError("E-SETTING", name=name, value=value, allowed="1 or more")
    for name, sd in sds.items():
        if not 0 <= sd < np.inf:
            raise SettingsError("E-SETTING", name=name, value=sd, allowed="0 or more")
    if not 1 <= per <= n_raters:
        raise SettingsError("E-SETTING", name="raters_per_ratee", value=per, allowed=f"1 to {n_raters}")
    if len(thresholds) < 1 or not np.isfinite(np.asarray(thresholds, dtype=np.float64)).all():
        raise SettingsError("E-SETTING", name="thresholds", value=thresholds, allowed="one finite number or more")

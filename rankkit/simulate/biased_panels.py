"""Ratings with planted, known biases: what the checks of ratings are tried on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.simulate.rating_panels import panels_of
from rankkit.simulate.simulated import Simulated, ids
from rankkit.tables.attributes import Attributes
from rankkit.tables.incidents import Incidents
from rankkit.tables.ratings import Ratings

START, DAYS = pd.Timestamp("2026-01-05"), 180.0  # the period that is rated
_SECONDS_EACH, _CARELESS_SECONDS = 8.0, 0.7  # median time for one score
_STRAIGHT = 0.9  # share of a careless rater's scores that are the same one


@dataclass(frozen=True, eq=False, repr=False)
class BiasedRatings(Simulated[Ratings]):
    """Simulated ratings with planted biases, and the tables some checks need beside them.

    Attributes
    ----------
    attributes : Attributes
        ``group`` (``a`` or ``b``) of every ratee and rater.
    incidents : Incidents or None
        Incidents, if asked for.
    raters : DataFrame
        Index ``rater``: ``effect`` (leniency), ``slope`` (of merit; below 1 = restricted), ``central``, ``halo`` (SD of the
        general impression), ``drift`` (points over the period), ``careless``, ``group``.
    """

    attributes: Attributes
    incidents: Incidents | None


def biased_ratings(
    n_ratees: int = 60,
    n_raters: int = 12,
    *,
    raters_per_ratee: int | None = None,
    dimensions: int | Sequence[str] = 3,
    occasions: int = 1,
    anchors: int = 0,
    mean: float | None = None,
    sd_ratee: float = 0.6,
    sd_ratee_dimension: float = 0.3,
    sd_change: float = 0.0,
    sd_rater: float = 0.3,
    sd_halo: float = 0.2,
    sd_residual: float = 0.5,
    restricted: int = 0,
    restriction: float = 0.4,
    central: int = 0,
    centrality: float = 0.3,
    haloed: int = 0,
    halo: float = 0.8,
    careless: int = 0,
    contrast: float = 0.0,
    serial: float = 0.0,
    drift: float = 0.0,
    mean_drift: float = 0.0,
    similarity: float = 0.0,
    group_gap: float = 0.0,
    group_shares: tuple[float, float] = (0.5, 0.5),
    incidents: int = 0,
    recency: tuple[float, float] = (0.0, 0.0),
    scale: tuple[float, float] | None = (1, 5),
    rounded: bool = True,
    seed: int = 0,
) -> BiasedRatings:
    r"""Simulate ratings with biases of known size, and every column the checks read.

    The rating of person i by rater r on dimension d at time t (0 … 1), as the k-th of K in the rater's sitting after person j, is

    .. math:: y = \mu + \beta_r + s_r(\theta_i + \delta_{id} + h_{ir} + e) + \gamma(\theta_j + \delta_{jd}) + \delta(k/K - ½)
        + \kappa_r(t - ½) + \rho 1\{g_i = g_r\} + w_1 v_i^{early} + w_2 v_i^{late}

    then drawn to the middle of the scale for central raters, rounded and cut off at its ends. Each rater works in an order
    drawn at random; who carries a planted bias is drawn at random too, and stands in ``raters``.

    Parameters
    ----------
    n_ratees, n_raters : int
        People rated and raters.
    raters_per_ratee : int, optional
        Raters drawn for each person; all by default.
    dimensions : int or sequence of str
        Number or names.
    occasions : int
        How often everybody is rated. One: each rater's sitting is spread over the half year. More: sittings at equal distances.
    anchors : int
        Further people, of constant merit, rated by every rater at every occasion (column ``anchor``).
    mean : float, optional
        μ; the middle of the scale by default.
    sd_ratee, sd_ratee_dimension, sd_change, sd_rater, sd_halo, sd_residual : float
        Standard deviations of merit, merit peculiar to a dimension, real change between occasions, leniency, general
        impression, residual.
    restricted, restriction : int, float
        Raters with ``s_r = restriction`` instead of 1.
    central, centrality : int, float
        Raters whose ratings keep only this share of their distance from the middle.
    haloed, halo : int, float
        Raters whose general impression has this SD.
    careless : int
        Raters who give nearly everybody the same score, quickly.
    contrast : float
        γ, points for each point of merit of the person before; negative = contrast.
    serial : float
        δ, points over a sitting.
    drift, mean_drift : float
        SD and mean of κ_r, points over the period.
    similarity : float
        ρ, points where ratee and rater have the same group.
    group_gap : float
        How much merit of group b lies above that of group a.
    group_shares : (float, float)
        Share of group b among ratees and among raters.
    incidents : int
        Mean number of incidents of a person; better people have better ones.
    recency : (float, float)
        ``w_1, w_2``, points for each point of valence in the first and second half of the period.
    scale : (float, float) or None
        Lowest and highest score.
    rounded : bool
        Whether scores are whole numbers.
    seed : int
        Seed.

    Returns
    -------
    BiasedRatings
        ``table.extras`` has ``order, position, occasion, rated_at, response_ms, anchor``.

    Raises
    ------
    SettingsError
        If a setting is impossible.

    Examples
    --------
    >>> from rankkit import simulate
    >>> made = simulate.biased_ratings(20, 6, restricted=1, contrast=-0.3, seed=1)
    >>> made.table
    <Ratings: 360 rows, 20 people, 6 raters, 3 dimensions>
    >>> int((made.raters["slope"] < 1).sum())
    1
    """
    settings: dict[str, Any] = dict(locals())
    names = ids("d", dimensions) if isinstance(dimensions, int) else tuple(dimensions)
    per = n_raters if raters_per_ratee is None else raters_per_ratee
    _check(settings, per, names)
    rng = np.random.default_rng(seed)
    middle = 0.0 if scale is None else (scale[0] + scale[1]) / 2
    mu = middle if mean is None else mean
    n, D = n_ratees + anchors, len(names)

    group = rng.random(n) < group_shares[0]
    theta = sd_ratee * rng.standard_normal(n) + group_gap * (group - group_shares[0])
    merit = theta[:, None] + sd_ratee_dimension * rng.standard_normal((n, D))
    moved = np.cumsum(sd_change * rng.standard_normal((occasions, n)), axis=0) * (np.arange(n) < n_ratees)
    raters = _raters(rng, settings)
    happened, early, late = _incidents(rng, theta, incidents)
    merit_shown = merit + (recency[0] * early + recency[1] * late)[:, None]

    seen = np.zeros((n, n_raters), dtype=bool)
    seen[np.repeat(np.arange(n_ratees), per), panels_of(rng, n_ratees, n_raters, per).ravel()] = True
    seen[n_ratees:] = True
    who = [_sitting(rng, np.flatnonzero(seen[:, r]), r, o, occasions) for r in range(n_raters) for o in range(occasions)]
    ratee, rater, occasion, place, size, time = (np.concatenate(x) for x in zip(*who, strict=True))
    slope, lenient = raters["slope"].to_numpy(), raters["effect"].to_numpy()
    own = merit_shown[ratee] + moved[occasion, ratee][:, None]
    impression = raters["halo"].to_numpy()[rater] * rng.standard_normal((n, n_raters))[ratee, rater]
    y = own + impression[:, None] + sd_residual * rng.standard_normal((len(ratee), D))
    before = np.where((place > 1)[:, None], np.roll(own, 1, axis=0), 0.0)
    shift = serial * (place / size - 0.5) + raters["drift"].to_numpy()[rater] * (time - 0.5)
    alike = similarity * (group[ratee] == (raters["group"].to_numpy() == "b")[rater])
    y = mu + (lenient[rater] + shift + alike)[:, None] + slope[rater][:, None] * y + contrast * before
    pulled = raters["central"].to_numpy()[rater][:, None]
    y = np.where(pulled, middle + centrality * (y - middle), y)
    lazy = raters["careless"].to_numpy()[rater][:, None]
    y = np.where(lazy & (rng.random(y.shape) < _STRAIGHT), mu + lenient[rater][:, None], y)
    y = np.rint(y) if rounded else y
    y = y if scale is None else np.clip(y, *scale)

    people, panel = ids("p", n), ids("r", n_raters)
    seconds = np.where(lazy, _CARELESS_SECONDS, _SECONDS_EACH) * np.exp(0.4 * rng.standard_normal(y.shape))
    frame = pd.DataFrame(
        {
            "rater": pd.Categorical.from_codes(np.repeat(rater, D), pd.Index(panel)),
            "ratee": pd.Categorical.from_codes(np.repeat(ratee, D), pd.Index(people)),
            "dimension": pd.Categorical.from_codes(np.tile(np.arange(D), len(ratee)), pd.Index(names)),
            "score": y.ravel(),
            "occasion": np.repeat(occasion + 1, D),
            "order": np.repeat(place, D),
            "position": np.tile(np.arange(D) + 1, len(ratee)),
            "rated_at": START + pd.to_timedelta(np.repeat(np.rint(time * DAYS * 1440), D), unit="min"),
            "response_ms": np.rint(1000 * seconds).ravel(),
            "anchor": np.repeat(ratee >= n_ratees, D),
        }
    )
    raters.index = pd.Index(panel, name="rater")
    index = pd.Index(people, name="ratee")
    groups = pd.DataFrame({"person": [*people, *panel], "attribute": "group", "value": [*np.where(group, "b", "a"), *raters["group"]]})
    truth = mu + merit
    return BiasedRatings(
        table=Ratings.from_frame(frame, scale=scale, source_name="simulated ratings").as_simulated(),
        truth=pd.DataFrame({"score": truth.mean(axis=1), "anchor": np.arange(n) >= n_ratees}, index=index),
        dimensions=pd.DataFrame(truth, index=index, columns=pd.Index(names, name="dimension")),
        raters=raters,
        parameters=settings | {"dimensions": names, "mean": mu, "raters_per_ratee": per},
        attributes=Attributes.from_frame(groups),
        incidents=_table(happened, people) if incidents else None,
    )


def _raters(rng: Generator, s: dict[str, Any]) -> pd.DataFrame:
    """Draw the raters and who of them carries which bias."""
    m = s["n_raters"]
    marked = {name: _some(rng, m, s[name]) for name in ("restricted", "central", "haloed", "careless")}
    return pd.DataFrame(
        {
            "effect": s["sd_rater"] * rng.standard_normal(m),
            "slope": np.where(marked["restricted"], s["restriction"], 1.0),
            "central": marked["central"],
            "halo": np.where(marked["haloed"], s["halo"], s["sd_halo"]),
            "drift": s["mean_drift"] + s["drift"] * rng.standard_normal(m),
            "careless": marked["careless"],
            "group": np.where(_some(rng, m, round(m * s["group_shares"][1])), "b", "a"),
        }
    )


def _some(rng: Generator, m: int, k: int) -> Bools:
    """Draw k of m."""
    return np.asarray(np.isin(np.arange(m), rng.permutation(m)[:k]))


def _sitting(rng: Generator, people: Ints, rater: int, occasion: int, occasions: int) -> tuple[np.ndarray, ...]:
    """One rater's sitting: ratee, rater, occasion, place, size, time (0 … 1)."""
    k = len(people)
    place = np.arange(1, k + 1)
    time = (place - rng.random(k)) / max(k, 1) if occasions == 1 else occasion / (occasions - 1) + place * 1e-4
    return rng.permutation(people), np.full(k, rater), np.full(k, occasion), place, np.full(k, k), np.minimum(time, 1.0)


def _incidents(rng: Generator, theta: Floats, rate: int) -> tuple[pd.DataFrame, Floats, Floats]:
    """Incidents at random times; their valence follows merit."""
    n = rng.poisson(rate, len(theta)) if rate else np.zeros(len(theta), dtype=np.int64)
    ratee = np.repeat(np.arange(len(theta)), n)
    time = rng.random(len(ratee))
    valence = np.clip(np.rint(0.8 * theta[ratee] + rng.standard_normal(len(ratee))), -2, 2)
    frame = pd.DataFrame({"ratee": ratee, "time": time, "valence": valence})
    halves = [np.asarray(np.bincount(ratee[part], valence[part], len(theta)), dtype=np.float64) for part in (time < 0.5, time >= 0.5)]
    return frame, halves[0], halves[1]


def _table(happened: pd.DataFrame, people: tuple[str, ...]) -> Incidents:
    """Incidents as the checks read them."""
    when = START + pd.to_timedelta(np.floor(happened["time"].to_numpy() * DAYS), unit="D")
    ratee = np.array(people, dtype=object)[happened["ratee"].to_numpy()]
    return Incidents.from_frame(pd.DataFrame({"ratee": ratee, "occurred_on": when, "valence": happened["valence"].to_numpy()}))


def _check(s: dict[str, Any], per: int, names: Sequence[str]) -> None:
    """Refuse impossible settings."""
    least = {"n_ratees": s["n_ratees"], "n_raters": s["n_raters"], "dimensions": len(names), "occasions": s["occasions"]}
    for name, value in least.items():
        if value < 1:
            raise SettingsError("E-SETTING", name=name, value=value, allowed="1 or more")
    if not 1 <= per <= s["n_raters"]:
        raise SettingsError("E-SETTING", name="raters_per_ratee", value=per, allowed=f"1 to {s['n_raters']}")
    for name in ("restricted", "central", "haloed", "careless"):
        if not 0 <= s[name] <= s["n_raters"]:
            raise SettingsError("E-SETTING", name=name, value=s[name], allowed=f"0 to {s['n_raters']}")
    positive = (
        "sd_ratee",
        "sd_ratee_dimension",
        "sd_change",
        "sd_rater",
        "sd_halo",
        "sd_residual",
        "halo",
        "drift",
        "anchors",
        "incidents",
    )
    for name in positive:
        if not 0 <= s[name] < np.inf:
            raise SettingsError("E-SETTING", name=name, value=s[name], allowed="0 or more")
    if not all(0 <= share <= 1 for share in s["group_shares"]):
        raise SettingsError("E-SETTING", name="group_shares", value=str(s["group_shares"]), allowed="two shares from 0 to 1")
    if s["scale"] is not None and not s["scale"][0] < s["scale"][1]:
        raise SettingsError("E-SETTING", name="scale", value=s["scale"], allowed="(lowest, highest)")

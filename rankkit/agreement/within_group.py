"""Do the raters of one person agree? r_wg with several nulls and a test, average deviation, a_wg: one row a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rankkit.agreement.kappa_notes import say
from rankkit.agreement.within_group_data import GroupedRatings, NullAnswers, answer_nulls, grouped, point_scale
from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.reliability import within_group as kernel
from rankkit.kernels.reliability.within_group_tests import null_agreement
from rankkit.tables.ratings import Ratings

Nulls = Sequence[str] | Mapping[str, Sequence[float]]
RULE = 0.70  # the customary cut-off of r_wg
REVIEW_Q = 0.05  # false discovery rate within one null
_DRAWS = 20_000


def rwg(
    ratings: Ratings | pd.DataFrame,
    scale: tuple[float, float] | None = None,
    nulls: Nulls = ("uniform", "slight_skew"),
    by: str | None = None,
    dimension: str | None = None,
    *,
    step: float = 1.0,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Agreement among the raters of each person, against random answers.

    :math:`r_{wg} = 1 - s^2/\sigma^2_E`: variance of the ratings (k − 1) over that of answers at random. What random answers look
    like is an assumption, so at least two are shown: spread evenly, and leaning to the upper end as real ratings do.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        ``rater, ratee, score`` and perhaps ``dimension, source``. Self ratings are left out where there are others.
    scale : (float, float), optional
        Lowest and highest possible score; the table's own by default.
    nulls : sequence of str, or mapping of str to sequence of float
        Among "uniform", "slight_skew", "moderate_skew", "heavy_skew", "triangular", "normal" (LeBreton & Senter 2008; other than
        uniform for 5 to 11 points, else blank with a reason); or names with the share of each answer, lowest first.
    by : str, optional
        A column, such as "source", whose groups of raters are looked at apart.
    dimension : str, optional
        One dimension; by default each person has a row a dimension.
    step : float
        Distance between neighbouring answers, score units.
    seed : int
        Seed of the draws, for panels too large to go through all answers.

    Returns
    -------
    DataFrame
        One row a person × dimension (× ``by``): ``ratee, dimension, n_raters, mean, sd, cv, ad_m, ad_md, ad_cut, a_wg``; for each
        null ``rwg_NAME`` (cut at 0), ``raw_NAME``, ``p_NAME`` (chance that random answers agree as well), ``q_NAME`` (adjusted for the
        number of rows) and ``p_ad_NAME``; ``agrees`` and ``reason``. ``agrees`` is true only if, for every null, r_wg reaches .70
        *and* q < .05, and AD_M stays within the practical cut-off of A/6 steps. p is exact up to about 20 raters on 5 points, else
        from 20 000 draws; blank, with a reason, for nulls of which only the variance was published.

    Raises
    ------
    RatingsError
        If the table has problems, lacks the dimension, or has scores off the steps (``E-STEP``).
    SettingsError
        Without a scale (``E-NOSCALE``); for a null that is not known; if none of them was published for this scale (``E-NONULL``).
    InsufficientDataError
        If nobody was rated.

    Notes
    -----
    The rule "r_wg ≥ .70" lets random answers to five points pass with probability .23 (three raters), .10 (four), .06 (five), .02
    (eight). Agreement is not reliability: see :func:`group_icc`.

    References
    ----------
    James, Demaree & Wolf (1984); Burke & Dunlap (2002), Organizational Research Methods 5, 159-172; Dunlap, Burke & Smith-Crowe (2003),
    Journal of Applied Psychology 88, 356-362; Brown & Hauenstein (2005); LeBreton & Senter (2008).

    Examples
    --------
    >>> import pandas as pd, rankkit as rk
    >>> panel = pd.DataFrame({"rater": list("abcde"), "ratee": "x", "score": [4, 4, 5, 3, 4]})
    >>> row = rk.agreement.rwg(panel, scale=(1, 5)).iloc[0]
    >>> [round(float(row[c]), 3) for c in ("rwg_uniform", "rwg_slight_skew", "ad_m", "a_wg", "p_uniform")]
    [0.75, 0.627, 0.4, 0.733, 0.059]
    """
    data = grouped(ratings, scale, by, dimension)
    points = point_scale(data, step)
    tested = answer_nulls(nulls, points, step)
    low, high = data.scale
    found = kernel.within_group(data.group, data.score, data.n_groups, low, high)
    out = _describe(data, found, kernel.practical_ad(points, step))
    some = found.k >= 2
    clean = some & ~data.averaged
    pools = {int(k): k == found.k for k in np.unique(found.k[clean])}
    good = some & (found.ad_mean <= kernel.practical_ad(points, step) + 1e-9)
    for null in tested:
        raw, cut = kernel.rwg(found.variance, null.variance)
        p, p_ad = (np.full(data.n_groups, np.nan) for _ in range(2))
        if null.shares is not None:
            for k, rows in pools.items():
                chance = null_agreement(k, null.shares, step=step, draws=_DRAWS, seed=seed)
                at = rows & clean
                p[at], p_ad[at] = chance.p_value(found.variance[at]), chance.p_value(found.ad_mean[at], "ad_mean")
        q = benjamini_hochberg(p)
        name = null.name
        out |= {f"rwg_{name}": cut, f"raw_{name}": raw, f"p_{name}": p, f"q_{name}": q, f"p_ad_{name}": p_ad}
        good &= _beyond_chance(cut, q, null)
    out["agrees"] = good & clean & any(null.shares is not None for null in tested)
    out["reason"] = _reasons(data, found, tested)
    return pd.DataFrame(out)


def _describe(data: GroupedRatings, found: kernel.WithinGroup, ad_cut: float) -> dict[str, Any]:
    """Columns that need no null."""
    sd = np.sqrt(found.variance)
    with np.errstate(invalid="ignore", divide="ignore"):
        cv = np.where(found.mean > 0, sd / found.mean, np.nan)
    return {
        **data.names,
        "n_raters": found.k,
        "mean": found.mean,
        "sd": sd,
        "cv": cv,
        "ad_m": found.ad_mean,
        "ad_md": found.ad_median,
        "ad_cut": np.full(data.n_groups, ad_cut),
        "a_wg": found.a_wg,
    }


def _beyond_chance(cut: Floats, q: Floats, null: NullAnswers) -> Any:
    """Whether the rule is met and random answers rarely meet it; a null of which nothing was published decides nothing."""
    if np.isnan(null.variance):
        return True
    reached = np.nan_to_num(cut) >= RULE - 1e-9
    return reached & (np.nan_to_num(q, nan=1.0) < REVIEW_Q) if null.shares is not None else reached


def _blank_nulls(tested: list[NullAnswers], *, averaged: bool) -> list[str]:
    """Say which nulls have no test, or no published variance."""
    unknown = [n.name for n in tested if np.isnan(n.variance)]
    known = [n.name for n in tested if n.shares is None and not np.isnan(n.variance)]
    said = [say("S-NOTPUBLISHED", nulls=unknown)] if unknown else []
    return said + ([say("S-NONULL", nulls=known)] if known and not averaged else [])


def _reasons(data: GroupedRatings, found: kernel.WithinGroup, tested: list[NullAnswers]) -> list[str]:
    """What is missing in each row, and why."""
    out = []
    for k, a_wg, mean, averaged in zip(found.k, found.a_wg, found.mean, data.averaged, strict=True):
        if k < 2:
            out.append(say("S-ONERATER"))
            continue
        said = [say("S-AVERAGED")] if averaged else []
        said += _blank_nulls(tested, averaged=bool(averaged))
        said += [say("S-AWG")] if np.isnan(a_wg) else []
        said += [say("S-CV")] if mean <= 0 else []
        out.append("; ".join(said))
    return out


@dataclass(frozen=True)
class _Items:
    """Items of one person (and group of raters) put together."""

    n_items: Floats
    variance: Floats
    ad_mean: Floats
    ad_median: Floats
    a_wg: Floats


def rwg_j(
    ratings: Ratings | pd.DataFrame,
    scale: tuple[float, float] | None = None,
    nulls: Nulls = ("uniform", "slight_skew"),
    by: str | None = None,
    *,
    step: float = 1.0,
    item_correlation: float | None = None,
    draws: int = 10_000,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Agreement among the raters of each person on several dimensions together, taken as items of one scale.

    :math:`r_{wg(j)} = \frac{J(1-u)}{J(1-u)+u}` and :math:`r^*_{wg(j)} = 1 - u` with :math:`u = \bar s^2/\sigma^2_E`, the mean of the J
    items' variances over that of random answers. r_wg(j) rises with J whatever the agreement; r*_wg(j) does not.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        ``rater, ratee, dimension, score`` and perhaps ``source``. Self ratings are left out where there are others.
    scale, nulls, by, step, seed
        As for :func:`rwg`.
    item_correlation : float, optional
        Correlation between items of a rater who answers at random; by default that found within raters in this table. Items
        answered independently would make the test too lenient: a rater's answers hang together.
    draws : int
        Random panels drawn for each pattern of who rated what.

    Returns
    -------
    DataFrame
        One row a person (× ``by``): ``ratee, n_raters, n_items, ad_m_j, ad_md_j, ad_cut, a_wg_j``; for each null ``rwg_j_NAME`` (0 where
        u > 1), ``raw_j_NAME`` (blank where u > 1: it has a pole), ``rwg_star_NAME``, ``p_NAME``, ``q_NAME``; ``agrees``, ``reason``,
        ``assumes``. Items fewer than two raters rated are left out.

    Raises
    ------
    RatingsError, SettingsError, InsufficientDataError
        As :func:`rwg`.

    References
    ----------
    James, Demaree & Wolf (1984). Lindell, Brandt & Whitney (1999), Applied Psychological Measurement 23, 127-135 (r*). Cohen, Doveh &
    Eick (2001), Psychological Methods 6, 297-310. Cohen, Doveh & Nahum-Shani (2009), Organizational Research Methods 12, 148-164.

    Examples
    --------
    >>> import pandas as pd, rankkit as rk
    >>> items = {"i1": (4, 4, 5, 3, 4), "i2": (3, 4, 4, 3, 5), "i3": (5, 5, 5, 4, 4)}
    >>> panel = pd.DataFrame([(r, "x", d, s) for d, row in items.items() for r, s in zip("abcde", row)],
    ...                      columns=["rater", "ratee", "dimension", "score"])
    >>> row = rk.agreement.rwg_j(panel, scale=(1, 5)).iloc[0]
    >>> [round(float(row[c]), 6) for c in ("rwg_j_uniform", "ad_m_j", "ad_md_j")]
    [0.9, 0.506667, 0.466667]
    """
    if item_correlation is not None and not 0 <= item_correlation < 1:
        raise SettingsError("E-SETTING", name="item_correlation", value=item_correlation, allowed="0 to less than 1")
    if draws < 1000:
        raise SettingsError("E-SETTING", name="draws", value=draws, allowed="1000 or more")
    data = grouped(ratings, scale, by, None)
    points = point_scale(data, step)
    tested = answer_nulls(nulls, points, step)
    found = kernel.within_group(data.group, data.score, data.n_groups, *data.scale)
    panels = data.panels()
    items = _together(panels.of_group, len(panels.names["ratee"]), found)
    ad_cut = kernel.practical_ad(points, step)
    some = items.n_items > 0
    rho = panels.item_correlation() if item_correlation is None else item_correlation
    out: dict[str, Any] = {
        **panels.names,
        "n_raters": panels.n_raters,
        "n_items": items.n_items.astype(np.int64),
        "ad_m_j": items.ad_mean,
        "ad_md_j": items.ad_median,
        "ad_cut": np.full(len(some), ad_cut),
        "a_wg_j": items.a_wg,
    }
    good = some & (items.ad_mean <= ad_cut + 1e-9)
    for null in tested:
        raw, cut = kernel.rwg_j(items.variance, null.variance, items.n_items)
        p = panels.p_values(items.variance, null, rho, step, draws, seed)
        q = benjamini_hochberg(p)
        star = np.maximum(1 - items.variance / null.variance, 0.0)
        name = null.name
        out |= {f"rwg_j_{name}": cut, f"raw_j_{name}": raw, f"rwg_star_{name}": star, f"p_{name}": p, f"q_{name}": q}
        good &= _beyond_chance(cut, q, null)
    out["agrees"] = good & ~panels.averaged & any(null.shares is not None for null in tested)
    out["reason"] = _item_reasons(items, panels.averaged, tested)
    out["assumes"] = f"dimensions are items of one scale; random answers with item correlation {rho:.2f}"
    return pd.DataFrame(out)


def _together(of_group: np.ndarray[Any, Any], n: int, found: kernel.WithinGroup) -> _Items:
    """Mean over the items with two raters or more."""
    use = found.k >= 2
    at = of_group[use]
    size = np.bincount(at, minlength=n).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = [np.bincount(at, x[use], n) / size for x in (found.variance, found.ad_mean, found.ad_median, found.a_wg)]
    return _Items(size, *means)


def _item_reasons(items: _Items, averaged: np.ndarray[Any, Any], tested: list[NullAnswers]) -> list[str]:
    """What is missing in each row, and why."""
    out = []
    for j, variance, a_wg, mean in zip(items.n_items, items.variance, items.a_wg, averaged, strict=True):
        if j == 0:
            out.append(say("S-ONERATER"))
            continue
        said = [say("S-AVERAGED")] if mean else []
        said += _blank_nulls(tested, averaged=bool(mean))
        said += [say("S-POLE")] if any(variance > null.variance for null in tested) else []
        said += [say("S-AWG")] if np.isnan(a_wg) else []
        out.append("; ".join(said))
    return out

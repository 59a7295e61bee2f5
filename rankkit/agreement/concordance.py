"""Whether raters put people in the same order."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rankkit.errors import InsufficientDataError, RatingsError, SettingsError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.rankings.partial_concordance import GAPS_DRAWS, mean_tau, one_each, skillings_mack, spread_out
from rankkit.kernels.rankings.rank_concordance import kendall_w as concordance
from rankkit.kernels.rankings.rank_concordance import rank_matrix
from rankkit.kernels.rater_effects.rating_composite import composite
from rankkit.tables.rankings import Rankings
from rankkit.tables.ratings import Ratings

COLUMNS = ("coefficient", "value", "ci_low", "ci_high", "p", "method")
_SHARED = 4  # people two lists must share for a τ between them
_P = {
    "exact": "p from all arrangements of the ranks",
    "permutation": "p from 10 000 random arrangements of the ranks",
    "chi_square": "p from χ²",
    "none": "no list tells people apart",
}
_P_GAPS = {"permutation": f"p from {GAPS_DRAWS:,} random arrangements of the ranks".replace(",", " ")}


def kendall_w(
    rankings: Rankings | Ratings | pd.DataFrame, dimension: str | None = None, level: float = 0.95, seed: int = 0
) -> pd.DataFrame:
    r"""Agreement of raters about the order of people: Kendall's W, and what stands in for it where lists have gaps.

    :math:`W = 12 S / (m^2 (n^3 - n) - m \sum T_r)` with :math:`S = \sum (R_i - \bar R)^2` and tie corrections
    :math:`T_r = \sum (t^3 - t)`. Agreement does not mean that the order is right.

    Parameters
    ----------
    rankings : Rankings, Ratings or DataFrame
        ``rater, ratee, rank`` (1 = best) or ``rater, ratee, score`` (higher = better), and perhaps ``dimension``.
        Several lists by one rater are averaged over the people in all of them. Of ratings, self ratings are left
        out where there are others.
    dimension : str, optional
        One dimension. Needed for rankings on several; for ratings each rater's mean over dimensions is taken by default.
    level : float
        Confidence level.
    seed : int
        Seed of the permutations, where they are drawn: for lists with gaps, and for at most seven people or five lists with
        too many arrangements to visit all.

    Returns
    -------
    DataFrame
        One row a coefficient: ``coefficient, value, ci_low, ci_high, p, method``. ``kendall_w`` and ``mean_spearman`` if all
        lists hold the same people, else ``skillings_mack`` (a χ²); always ``mean_tau``, of τ_b over pairs of lists that share
        four people. No interval where leaving a list out changes nothing.

    Raises
    ------
    RankingsError, RatingsError
        If the table has problems or lacks the dimension.
    SettingsError
        If rankings are on several dimensions and none is named.
    InsufficientDataError
        With fewer than two lists of two or more people, or no two that share two.

    References
    ----------
    Kendall & Babington Smith (1939), Annals of Mathematical Statistics 10, 275-287. Skillings & Mack (1981), Technometrics 23,
    171-177.

    Examples
    --------
    >>> import rankkit as rk
    >>> lists = rk.Rankings.from_orders({"r1": ["a", "b", "c", "d"], "r2": ["b", "a", "c", "d"], "r3": ["a", "b", "d", "c"]})
    >>> rk.agreement.kendall_w(lists).set_index("coefficient")["value"].round(3).to_dict()
    {'kendall_w': 0.822, 'mean_spearman': 0.733, 'mean_tau': 0.556}
    """
    if not 0 < level < 1:
        raise SettingsError("E-LEVEL", value=level)
    ranks, averaged = _ranks(rankings, dimension)
    ranks = ranks[(~np.isnan(ranks)).sum(axis=1) > 1]
    ranks = ranks[:, ~np.isnan(ranks).all(axis=0)]
    held = (~np.isnan(ranks)).astype(np.int64)
    if len(ranks) < 2:
        raise InsufficientDataError("E-FEW", what="agreement about an order", needed=2, unit="lists", found=len(ranks))
    shared = int((held @ held.T)[np.triu_indices(len(ranks), 1)].max())
    if shared < 2:
        raise InsufficientDataError("E-FEW", what="agreement about an order", needed=2, unit="people in the same two lists", found=shared)
    rows: list[tuple[str, float, float, float, float, str]] = []
    nothing = float("nan")
    if not np.isnan(ranks).any():
        w = concordance(ranks, level=level, seed=seed)
        size = f"{w.m} lists of {w.n} people{averaged}"
        rows += [
            ("kendall_w", w.w, *spread_out(w.low, w.high), w.p, f"{size}, corrected for ties; jackknife over lists; {_P[w.method]}"),
            ("mean_spearman", w.mean_spearman, nothing, nothing, nothing, f"mean over pairs of {size}"),
        ]
    else:
        test = skillings_mack(ranks, seed=seed)
        size = f"{len(ranks)} lists that hold different people{averaged}"
        rows.append(
            (
                "skillings_mack",
                test.statistic,
                nothing,
                nothing,
                test.p,
                f"{size}; χ² on {test.df} df; {_P_GAPS.get(test.method, _P[test.method])}",
            )
        )
    tau = mean_tau(ranks, level=level, min_shared=_SHARED)
    pairs = f"Kendall's tau-b, mean over {tau.n_pairs} pairs of lists that share {_SHARED} or more people{averaged}; jackknife over lists"
    rows.append(("mean_tau", tau.mean, tau.low, tau.high, nothing, pairs))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _ranks(table: Rankings | Ratings | pd.DataFrame, dimension: str | None) -> tuple[Floats, str]:
    """One list a row, smaller = better; and what to say if a rater's own lists were averaged."""
    if isinstance(table, pd.DataFrame):
        table = Rankings.from_frame(table) if "rank" in table and "score" not in table else Ratings.from_frame(table)
    if isinstance(table, Rankings):
        if dimension is None and len(table.dimensions) > 1:
            raise SettingsError("E-SETTING", name="dimension", value=None, allowed=list(table.dimensions))
        lists = table.to_lists(dimension)
        each = one_each(lists)
        return rank_matrix(each), "" if each.size == lists.size else f" (of {lists.size} lists, averaged by rater)"
    if "self" in table.sources and len(table.sources) > 1:
        table = table.where(table.source != table.sources.index("self"))
    cells = table.cells
    keep = np.ones(len(cells.score), dtype=np.bool_)
    weights = np.full(len(table.dimensions), 1 / len(table.dimensions))
    if dimension is not None:
        if dimension not in table.dimensions:
            raise RatingsError("E-NOTPARTS", dimension=dimension, found=list(table.dimensions))
        code = table.dimensions.index(dimension)
        keep, weights = cells.dimension == code, (np.arange(len(table.dimensions)) == code).astype(np.float64)
    parts = composite(
        cells.ratee[keep], cells.rater[keep], cells.dimension[keep], cells.score[keep], weights, len(table.people), len(table.raters)
    )
    out = np.full((len(table.raters), len(table.people)), np.nan)
    out[parts.rater, parts.ratee] = -np.round(parts.rater_score, 9)  # means summed in another order are equal
    return out, ""

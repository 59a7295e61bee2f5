"""In which order each rater worked, whom they had seen before each person, and whether the order followed merit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.bias import rating_columns
from rankkit.bias.panel import Panel
from rankkit.errors import Problem
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.two_way_fixed import two_way_fixed

SORTED_TAU = 0.3  # rank correlation of order and merit from which, if significant, an order counts as sorted
FEWEST_RATERS = 6
_ALPHA = 0.01  # of each sitting's test: at .05 one panel of six in four would lose a rater by chance
_OVERALL = 0.05


@dataclass(frozen=True, eq=False)
class WorkOrder:
    """Ratings in the order in which they were given.

    Attributes
    ----------
    row : ndarray of int, shape (n,)
        Place of each in the table.
    person, rater, sitting, dimension : ndarray of int, shape (n,)
        Person within a period, rater, rater's sitting, dimension.
    score : ndarray, shape (n,)
    place : ndarray, shape (n,)
        1, 2, … within sitting and dimension.
    previous : ndarray of int, shape (n,)
        The rating before it in the same sitting on the same dimension; −1 for the first.
    merit : ndarray, shape (n,)
        What the *other* raters gave this person on this dimension, their severity taken out; ``nan`` where nobody else did.
    standing : ndarray, shape (n,)
        The same over all raters: one value a person and dimension.
    others : ndarray of int, shape (n,)
        Ratings behind ``merit``.
    sorted_out : ndarray of bool, shape (n,)
        Ratings of sittings whose order followed merit.
    orders : DataFrame
        Index ``rater``: ``n, tau, p, q, sorted, reason``, the sitting with the strongest correlation for each.
    sittings : int
        Sittings tested.
    tau, tau_p : float
        Mean rank correlation over all raters and its p-value.
    """

    row: Ints
    person: Ints
    rater: Ints
    sitting: Ints
    dimension: Ints
    score: Floats
    place: Floats
    previous: Ints
    merit: Floats
    standing: Floats
    others: Ints
    sorted_out: Bools
    orders: pd.DataFrame
    sittings: int
    tau: float
    tau_p: float

    @property
    def previous_merit(self) -> Floats:
        """Merit of the person seen before, as the other raters see it, shape (n,)."""
        return np.where(self.previous >= 0, self.merit[self.previous], np.nan)

    @property
    def previous_standing(self) -> Floats:
        """Standing of the person seen before, shape (n,)."""
        return np.where(self.previous >= 0, self.standing[self.previous], np.nan)

    @property
    def previous_others(self) -> Ints:
        """Ratings behind :attr:`previous_merit`, shape (n,)."""
        return np.where(self.previous >= 0, self.others[self.previous], 0)

    @property
    def length(self) -> float:
        """Median number of people in a sitting."""
        _, group = np.unique(self.sitting * (int(self.dimension.max()) + 1) + self.dimension, return_inverse=True)
        return float(np.median(np.bincount(group)))

    @property
    def all_sorted(self) -> bool:
        """Whether raters in general worked by merit."""
        return abs(self.tau) >= SORTED_TAU and self.tau_p < _OVERALL

    def warning(self, panel: Panel, check: str) -> list[Problem]:
        """Name the raters whose order followed merit in some sitting; nothing of the kind gives nothing."""
        who = [panel.labels.get(str(r), str(r)) for r in self.orders.index[self.orders["sorted"]]]
        details = {"n": len(who), "m": len(self.orders), "who": who, "chance": round(_ALPHA * self.sittings, 1)}
        return [Problem("W-ORDERSORT", None, check, None, details)] if who else []


def work_order(panel: Panel, check: str) -> WorkOrder | Problem:
    """Read the order of work, or say why it cannot be.

    Parameters
    ----------
    panel : Panel
        Ratings with the column ``order``.
    check : str
        Who asks.

    Returns
    -------
    WorkOrder or Problem
        The problem if there is no order, or two people share a place.

    Raises
    ------
    RatingsError
        If cells of ``order`` are no numbers.
    """
    table = panel.table
    if not rating_columns.has(table, "order"):
        return Problem("E-NEEDCOLUMN", None, check, None, {"needed": "order"})
    order = rating_columns.number_column(table, "order")
    period, sitting = rating_columns.periods(table), rating_columns.sittings(table)
    use = np.flatnonzero(~np.isnan(table.score) & ~np.isnan(order))
    D = len(table.dimensions)
    use = use[np.lexsort((order[use], table.dimension[use], sitting[use]))]
    series = sitting[use] * D + table.dimension[use]
    new = np.diff(series, prepend=-1) != 0
    tied = ~new & (np.diff(order[use], prepend=np.nan) == 0)
    if tied.any():
        who = sorted({panel.name(r) for r in table.rater[use[tied]]})
        return Problem("E-ORDERTIES", None, check, None, {"n": int(tied.sum()), "who": who})
    position = np.arange(len(use))
    start = position[new][np.cumsum(new) - 1] if len(use) else position
    previous = np.where(new, -1, position - 1)
    person = period[use] * len(table.people) + table.ratee[use]
    rater, score, dimension = table.rater[use], table.score[use], table.dimension[use]
    merit, standing, others = others_mean(person, rater, sitting[use], dimension, score, D)
    place = (position - start + 1).astype(np.float64)
    orders = _orders(person, rater, sitting[use], dimension, place, merit, D)
    flagged = orders.loc[orders["sorted"], "sitting"].to_numpy()
    tau, tau_p = _overall(orders)
    shown = orders.assign(size=-orders["tau"].abs()).sort_values(["rater", "size"]).drop_duplicates("rater")
    shown.index = panel.rater_index()[shown["rater"].to_numpy()]
    return WorkOrder(
        use, person, rater, sitting[use], dimension, score, place, previous, merit, standing, others, np.isin(sitting[use], flagged),
        shown[["n", "tau", "p", "q", "sorted", "reason"]], int(orders["p"].notna().sum()), tau, tau_p,
    )  # fmt: skip


def others_mean(person: Ints, rater: Ints, sitting: Ints, dimension: Ints, score: Floats, D: int) -> tuple[Floats, Floats, Ints]:
    """Mean of the other raters' ratings of the same person and dimension, of all raters', and how many the others are.

    Severity of the sittings, estimated with persons as fixed effects, is taken out first.
    """
    if not len(score):
        return score, score, person
    _, severity = two_way_fixed(person * D + dimension, sitting * D + dimension).effects(score)
    adjusted = score - severity
    _, whom = np.unique(person * D + dimension, return_inverse=True)
    _, own = np.unique(whom * (int(rater.max()) + 1) + rater, return_inverse=True)
    every, whole = np.bincount(whom)[whom], np.bincount(whom, adjusted)[whom]
    n, total = every - np.bincount(own)[own], whole - np.bincount(own, adjusted)[own]
    return np.divide(total, n, out=np.full(len(score), np.nan), where=n > 0), whole / every, n


def _orders(person: Ints, rater: Ints, sitting: Ints, dimension: Ints, place: Floats, merit: Floats, D: int) -> pd.DataFrame:
    """Rank correlation of order and merit in each sitting, merit and place averaged over dimensions."""
    seen = ~np.isnan(merit)
    frame = pd.DataFrame({"sitting": sitting[seen], "person": person[seen], "rater": rater[seen], "place": place[seen]})
    level = np.bincount(dimension[seen], merit[seen], D) / np.maximum(np.bincount(dimension[seen], minlength=D), 1)
    frame["merit"] = merit[seen] - level[dimension[seen]]
    each = frame.groupby(["sitting", "person"], sort=True)[["rater", "place", "merit"]].mean().reset_index()
    rows = []
    for which, one in each.groupby("sitting", sort=True):
        place_of, merit_of = one["place"].to_numpy(), one["merit"].to_numpy().round(9)
        tau, p = np.nan, np.nan
        if len(one) > 2 and np.ptp(merit_of) > 0 and np.ptp(place_of) > 0:
            found = stats.kendalltau(place_of, merit_of)
            tau, p = float(found.statistic), float(found.pvalue)
        rows.append((which, int(one["rater"].iloc[0]), len(one), tau, p))
    kinds = {"sitting": "int64", "rater": "int64", "n": "int64", "tau": "float64", "p": "float64"}
    out = pd.DataFrame(rows, columns=list(kinds)).astype(kinds)
    out["q"] = benjamini_hochberg(out["p"].to_numpy())
    out["sorted"] = (out["p"] < _ALPHA) & (out["tau"].abs() >= SORTED_TAU)
    out["reason"] = np.where(out["p"].isna(), Problem("S-NOSPREAD").message(), "")
    return out


def _overall(orders: pd.DataFrame) -> tuple[float, float]:
    """Mean rank correlation and the p-value of its sum, from the null variance 2(2n + 5)/(9n(n − 1)) of Kendall's tau."""
    tested = orders[orders["tau"].notna()]
    if tested.empty:
        return float("nan"), float("nan")
    n = tested["n"].to_numpy(dtype=float)
    variance = 2 * (2 * n + 5) / (9 * n * (n - 1))
    tau = float(tested["tau"].mean())
    return tau, float(2 * stats.norm.sf(abs(float(tested["tau"].sum())) / np.sqrt(variance.sum())))

"""What every check of ratings starts from: a validated table without self ratings, as cells and as the rows behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from rankkit.design_audit import DesignAudit, of_ratings
from rankkit.errors import InsufficientDataError, Problem, RatingsError, SettingsError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.rater_effects.rating_composite import Composite, composite
from rankkit.tables.people import People
from rankkit.tables.ratings import Cells, Ratings

REVIEW_Q = 0.05  # false discovery rate within a family (index × unit kind × cycle)
POWER = 0.80  # at which minimum detectable effects are stated
Levels = np.ndarray  # of str: "", "info", "review"


def check_settings(level: float, review_q: float = REVIEW_Q, **least: tuple[float, float]) -> None:
    """Refuse a confidence level or false discovery rate that is none, and settings below their least value.

    Parameters
    ----------
    level, review_q : float
        Between 0 and 1.
    **least : (float, float)
        A setting and its least value: ``fewest=(fewest, 3)``.

    Raises
    ------
    SettingsError
        With every setting that is impossible.

    Examples
    --------
    >>> check_settings(0.95, 0.05, floor=(0.2, 0), times=(9, 99))
    Traceback (most recent call last):
        ...
    rankkit.errors.SettingsError: ...times...
    """
    found = [] if 0 < level < 1 else [Problem("E-LEVEL", details={"value": level})]
    rules = {"review_q": (0 < review_q < 1, review_q, "0 < review_q < 1")}
    rules |= {name: (value >= low, value, f"{name} >= {low:g}") for name, (value, low) in least.items()}
    found += [Problem("E-SETTING", details={"name": n, "value": v, "allowed": rule}) for n, (ok, v, rule) in rules.items() if not ok]
    if found:
        raise SettingsError(found)


@dataclass(frozen=True, eq=False)
class Panel:
    """Ratings as the checks read them.

    Attributes
    ----------
    table : Ratings
        Without self ratings, where there are others.
    labels : mapping
        What a rater or person is called in messages.
    """

    table: Ratings
    labels: Mapping[str, str]

    @property
    def cells(self) -> Cells:
        """One value a ratee × rater × dimension, occasions averaged, canonical order."""
        return self.table.cells

    @cached_property
    def design(self) -> DesignAudit:
        """Who was rated by whom."""
        return of_ratings(self.table, np.ones(len(self.table), dtype=bool))

    @property
    def connected(self) -> bool:
        """Whether all raters are linked through people they share."""
        return self.design.kind in ("crossed", "partially_crossed")

    @cached_property
    def composites(self) -> Composite:
        """Each rater's mean over the dimensions of each person (dimension means taken out where some are blank)."""
        c, k = self.cells, len(self.table.dimensions)
        shape = (len(self.table.people), len(self.table.raters))
        return composite(c.ratee, c.rater, c.dimension, c.score, np.full(k, 1 / k), *shape)

    def rater_index(self) -> pd.Index[str]:
        """Raters as the index of a table."""
        return pd.Index(list(self.table.raters), name="rater")

    def name(self, rater: int) -> str:
        """What a rater is called."""
        ident = self.table.raters[rater]
        return self.labels.get(ident, ident)


def panel(ratings: Ratings | pd.DataFrame | Panel, people: People | None = None, dimension: str | None = None) -> Panel:
    """Validate ratings, leave self ratings out, keep one dimension if asked; a panel already made is handed back.

    Raises
    ------
    RatingsError
        If the table has problems, has no raters, or lacks the dimension.
    InsufficientDataError
        If nothing is left.
    SettingsError
        If ``people`` is not a table of people.
    """
    if people is not None and not isinstance(people, People):
        raise SettingsError("E-TYPE", expected="People", found=type(people).__name__)
    if isinstance(ratings, Panel):
        return ratings
    table = ratings if isinstance(ratings, Ratings) else Ratings.from_frame(ratings)
    if table.averaged_over:
        raise InsufficientDataError("E-FEW", what="a check of raters", needed=2, unit="raters", found="–")
    if "self" in table.sources and len(table.sources) > 1:
        table = table.where(table.source != table.sources.index("self"))
    if dimension is not None:
        if dimension not in table.dimensions:
            raise RatingsError("E-NOTPARTS", dimension=dimension, found=list(table.dimensions))
        table = table.where(table.dimension == table.dimensions.index(dimension))
    names = dict(table.rater_labels) | {r: people.labels[r] for r in table.raters if people is not None and r in people.labels}
    return Panel(table, names)


def levels(
    p: Floats, q: Floats, effect: Floats, n: Ints, *, floor: float, fewest: int, design_ok: bool = True, review_q: float = REVIEW_Q
) -> Levels:
    """Grade what a family of tests found.

    ``review`` needs q < .05 *and* an effect that reaches its floor *and* enough observations *and* a design that can tell;
    what is significant without all of these is ``info``; the rest is blank.

    Parameters
    ----------
    p, q, effect : ndarray, shape (k,)
        Test, its false-discovery-rate adjusted value, and the effect the floor is stated for; NaN = not tested.
    n : ndarray of int, shape (k,)
        Observations behind each.
    floor : float
        Smallest effect (absolute value) worth a review.
    fewest : int
        Fewest observations for a review.
    design_ok : bool
        Whether the design identifies the effect.
    review_q : float
        False discovery rate of the family.
    """
    found = np.nan_to_num(q, nan=1.0) < review_q
    large = (np.abs(np.nan_to_num(effect)) >= floor) & (n >= fewest)
    out = np.full(len(p), "", dtype=object)
    out[found] = "info"
    if design_ok:
        out[found & large] = "review"
    return out

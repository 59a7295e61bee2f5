"""Which rater put whom into which category: what the chance-corrected coefficients read, from numbers or from words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from rankkit.errors import InsufficientDataError, Problem, RatingsError, SettingsError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.reliability.agreement_weights import KINDS, WeightKind, weight_matrix
from rankkit.tables import numbers
from rankkit.tables.judgements import Intake
from rankkit.tables.ratings import OVERALL, Ratings
from rankkit.tables.text import encode, normalise

_LONG_SCALE = 100  # steps of an integer scale up to which categories nobody used count as categories

Weights = WeightKind | ArrayLike | None


@dataclass(frozen=True, eq=False)
class Codings:
    """Codings of units (people, incidents …), at most one a rater, unit and dimension.

    Attributes
    ----------
    raters, dimensions, categories : tuple of str
        Names; categories in their order, or sorted where they have none.
    rater, unit, dimension, category : ndarray of int, shape (n,)
        Codes.
    value : ndarray, shape (n,)
        Score of each coding: the number itself, or the place of its category.
    scores : ndarray, shape (q,)
        Score of each category.
    ordered : bool
        Whether the categories have an order.
    repeated : int
        Codings that are means over several occasions.
    """

    raters: tuple[str, ...]
    dimensions: tuple[str, ...]
    categories: tuple[str, ...]
    rater: Ints
    unit: Ints
    dimension: Ints
    category: Ints
    value: Floats
    scores: Floats
    ordered: bool
    repeated: int = 0

    def by_dimension(self) -> Iterator[tuple[str, Codings]]:
        """One part a dimension, all with the same categories."""
        for k, name in enumerate(self.dimensions):
            yield name, self.where(self.dimension == k)

    def where(self, keep: Bools) -> Codings:
        """Keep some codings; names and categories stay."""
        return Codings(
            self.raters,
            self.dimensions,
            self.categories,
            self.rater[keep],
            self.unit[keep],
            self.dimension[keep],
            self.category[keep],
            self.value[keep],
            self.scores,
            self.ordered,
            self.repeated,
        )

    def weight_matrix(self, weights: Weights) -> tuple[Floats, str]:
        """Agreement weights of the categories, and what they are called.

        Raises
        ------
        SettingsError
            ``E-SETTING`` for weights that are none; ``E-CATORDER`` for weights of categories without an order.
        """
        if weights is None or (isinstance(weights, str) and weights == "identity"):
            return np.eye(len(self.categories)), ""
        if isinstance(weights, str):
            if weights not in KINDS:
                raise SettingsError("E-SETTING", name="weights", value=weights, allowed=[None, *KINDS, "a square table of weights"])
            if not self.ordered:
                raise SettingsError("E-CATORDER", found=list(self.categories))
            return weight_matrix(self.scores, weights), weights
        table = _given_weights(weights, self.categories)
        return table, "given"

    def need(self, what: str) -> None:
        """Raise unless some unit was coded by two raters."""
        shared = np.bincount(self.unit * len(self.dimensions) + self.dimension) if len(self.unit) else np.zeros(1)
        if shared.max() < 2:
            raise InsufficientDataError("E-FEW", what=what, needed=2, unit="raters for the same person", found=int(shared.max()))


def _given_weights(weights: Any, categories: tuple[str, ...]) -> Floats:
    """Check a table of weights; a DataFrame may name its categories in any order."""
    q = len(categories)
    allowed = f"{q} × {q} numbers up to 1, ones on the diagonal, symmetric, for {', '.join(categories)}"
    if isinstance(weights, pd.DataFrame):
        rows, columns = ([normalise(str(v)) for v in axis] for axis in (weights.index, weights.columns))
        if sorted(rows) != sorted(categories) or sorted(columns) != sorted(categories):
            raise SettingsError("E-SETTING", name="weights", value=f"a table of {rows}", allowed=allowed)
        weights = weights.set_axis(rows, axis=0).set_axis(columns, axis=1).loc[list(categories), list(categories)]
    try:
        w = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        w = np.zeros(0)
    good = w.shape == (q, q) and bool(np.isfinite(w).all()) and bool((np.diag(w) == 1).all()) and bool((w <= 1).all())
    if not good or not np.allclose(w, w.T):
        raise SettingsError("E-SETTING", name="weights", value=f"an array of shape {w.shape}", allowed=allowed)
    return w


def codings(
    table: Ratings | pd.DataFrame,
    dimension: str | None = None,
    categories: Sequence[Any] | None = None,
    *,
    kind: Literal["categories", "ranks", "numbers"] = "categories",
) -> Codings:
    """Read ratings, or codings in words, for the chance-corrected coefficients.

    Parameters
    ----------
    table : Ratings or DataFrame
        ``rater, ratee, score`` and perhaps ``dimension, source``. In a DataFrame the score may be a word and the column may be called
        ``value``. Self ratings are left out where there are others.
    dimension : str, optional
        One dimension; all by default.
    categories : sequence, optional
        All categories, in order, used or not. By default the steps of an integer scale the table carries, else those in use.
    kind : {"categories", "ranks", "numbers"}
        What the scores mean. Several occasions are averaged where they are numbers, and refused otherwise; only categories are
        listed.

    Returns
    -------
    Codings

    Raises
    ------
    RatingsError
        If the table has problems, lacks the dimension, or has values that are no category.
    SettingsError
        If ``categories`` repeats itself or has fewer than two.
    InsufficientDataError
        If nothing is left, or there are no raters.
    """
    if isinstance(table, pd.DataFrame):
        if "score" not in table.columns and "value" in table.columns:
            table = table.rename(columns={"value": "score"})
        if "score" in table.columns and _in_words(table["score"], categories):
            return _of_words(table, dimension, categories)
        table = Ratings.from_frame(table)
    if table.averaged_over:
        raise InsufficientDataError("E-FEW", what="agreement", needed=2, unit="raters", found="–")
    if "self" in table.sources and len(table.sources) > 1:
        table = table.where(table.source != table.sources.index("self"))
    cells = table.cells
    keep = np.ones(len(cells.score), dtype=np.bool_)
    if dimension is not None:
        _known(dimension, table.dimensions)
        keep = cells.dimension == table.dimensions.index(dimension)
    repeated = int((cells.n[keep] > 1).sum())
    if repeated and kind != "numbers":
        raise RatingsError("E-REPEATED", n=repeated)
    score = cells.score[keep]
    if not len(score):
        raise RatingsError("E-ALLMISSING")
    scores = np.zeros(0) if kind != "categories" and categories is None else _categories(score, categories, table.scale)
    category = np.searchsorted(scores, score)
    kept, code = np.unique(cells.dimension[keep], return_inverse=True)
    return Codings(
        table.raters,
        tuple(table.dimensions[k] for k in kept),
        tuple(f"{s:g}" for s in scores),
        cells.rater[keep],
        cells.ratee[keep],
        code.astype(np.int64),
        category.astype(np.int64),
        score,
        scores,
        ordered=True,
        repeated=repeated,
    )


def _known(dimension: str, dimensions: Sequence[str]) -> None:
    if dimension not in dimensions:
        raise RatingsError("E-NOTPARTS", dimension=dimension, found=list(dimensions))


def _in_words(column: pd.Series[Any], categories: Sequence[Any] | None) -> bool:
    """Whether no cell is a number, or the categories are words; a word among numbers is a slip of the pen."""
    if categories is not None and any(isinstance(c, str) for c in categories):
        return True
    found, bad = numbers.parse(column)
    return bool(bad.any()) and bool(np.isnan(found).all())


def _categories(score: Floats, categories: Sequence[Any] | None, scale: tuple[float, float] | None) -> Floats:
    """Scores of the categories, ascending."""
    used = np.unique(score)
    if categories is not None:
        given = np.array([float(c) for c in categories])
        _distinct(given.tolist())
        strange = np.setdiff1d(used, given)
        if len(strange):
            raise RatingsError("E-NOTCATEGORY", found=[f"{v:g}" for v in strange], allowed=[f"{v:g}" for v in given])
        return np.sort(given)
    whole = scale is not None and all(float(v).is_integer() for v in (*scale, *used)) and scale[1] - scale[0] <= _LONG_SCALE
    return np.arange(scale[0], scale[1] + 1, dtype=np.float64) if whole and scale is not None else used


def _distinct(categories: list[Any]) -> None:
    """Raise unless there are two categories or more, each once."""
    if len(categories) < 2 or len(set(categories)) < len(categories):
        raise SettingsError("E-SETTING", name="categories", value=categories, allowed="two categories or more, each once")


def _of_words(frame: pd.DataFrame, dimension: str | None, categories: Sequence[Any] | None) -> Codings:
    """Codings in words; the order is the one given, if any."""
    intake = Intake(Ratings, frame, None, None, None)
    intake.need("rater", "ratee", "score")
    rater, unit, word = encode(intake.column("rater")), encode(intake.column("ratee")), encode(intake.column("score"))
    intake.check_ids("rater", rater)
    intake.check_ids("ratee", unit)
    named = encode(intake.column("dimension")) if intake.has("dimension") else None
    if named is not None:
        intake.require_filled("dimension", named)
    dimensions = (OVERALL,) if named is None else named.values
    code = np.zeros(len(frame), dtype=np.int64) if named is None else named.codes
    names = list(word.values)
    if categories is not None:
        names = [normalise(str(c)) for c in categories]
        _distinct(names)
        strange = np.array([v not in names for v in word.values] + [False])
        intake.at("E-NOTCATEGORY", strange[word.codes], "score", found=[v for v in word.values if v not in names], allowed=names)
    keep = word.codes >= 0
    if intake.has("source"):
        source = encode(intake.column("source"))
        own = np.array([s == "self" for s in source.values] + [False])[source.codes]
        if not own.all():
            keep &= ~own
    intake.problems += _twice(intake, rater.codes, unit.codes, code, keep)
    intake.fail_if_any()
    if dimension is not None:
        _known(dimension, dimensions)
        keep &= code == dimensions.index(dimension)
    if not keep.any():
        raise RatingsError("E-ALLMISSING")
    place = np.array([names.index(v) for v in word.values], dtype=np.int64)[word.codes[keep]]
    kept, among = np.unique(code[keep], return_inverse=True)
    order = np.lexsort((among, rater.codes[keep], unit.codes[keep]))
    return Codings(
        rater.values,
        tuple(dimensions[k] for k in kept),
        tuple(names),
        rater.codes[keep][order],
        unit.codes[keep][order],
        among[order].astype(np.int64),
        place[order],
        place[order].astype(np.float64) + 1,
        np.arange(len(names)).astype(np.float64) + 1,
        ordered=categories is not None,
    )


def _twice(intake: Intake, rater: Ints, unit: Ints, dimension: Ints, keep: Bools) -> list[Problem]:
    """Units a rater coded more than once."""
    rows = pd.DataFrame({"rater": rater, "unit": unit, "dimension": dimension, "row": intake.rows})[keep & (rater >= 0) & (unit >= 0)]
    again = rows[rows.duplicated(["rater", "unit", "dimension"], keep=False)]
    out = []
    for _, same in again.groupby(["rater", "unit", "dimension"], sort=True):
        at = (same["row"] - intake.rows[0]).to_numpy()
        details = {
            "rater": str(intake.column("rater").iloc[at[0]]),
            "ratee": str(intake.column("ratee").iloc[at[0]]),
            "dimension": str(intake.column("dimension").iloc[at[0]]) if intake.has("dimension") else OVERALL,
            "rows": [int(r) for r in same["row"]],
            "values": [str(v) for v in intake.column("score").iloc[at]],
        }
        out.append(Problem("E-DUP", int(same["row"].iloc[1]), None, None, details))
    return out

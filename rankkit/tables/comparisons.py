"""Comparisons: of two people, which did better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from rankkit.errors import ComparisonsError, DataError, Problem
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.tables import numbers
from rankkit.tables.judgements import Intake, Judgements, label_columns
from rankkit.tables.ratings import OVERALL
from rankkit.tables.text import Encoded, categorical, common_values, display_names, encode, merge, recode, zero_padded_twins

OUTCOMES = ("left", "right", "tie", "skip")
LEFT, RIGHT, TIE, SKIP = 1, -1, 0, 2
_CODE = {"left": LEFT, "right": RIGHT, "tie": TIE, "skip": SKIP}
_CODE |= {"左": LEFT, "左优": LEFT, "右": RIGHT, "右优": RIGHT, "平": TIE, "平局": TIE, "相当": TIE, "跳过": SKIP, "未判断": SKIP}
_MOST = 1e12  # comparisons a row can stand for
_KNOWN = {
    "rater",
    "left",
    "right",
    "winner",
    "loser",
    "outcome",
    "dimension",
    "count",
    "weight",
    "left_label",
    "right_label",
    "winner_label",
    "loser_label",
}


@dataclass(frozen=True, eq=False, repr=False)
class Comparisons(Judgements):
    """A validated, immutable table of comparisons; build it with :meth:`from_frame` or :func:`rankkit.read_comparisons`.

    Attributes
    ----------
    people, raters, dimensions : tuple of str
        Distinct ids, sorted. ``raters`` is empty if the judges are unknown.
    left, right, rater, dimension : array of int, shape (n,)
        Codes into them; ``rater`` is ``-1`` where unknown.
    result : array of int, shape (n,)
        1 left won, -1 right won, 0 tie, 2 skipped.
    count : array of float, shape (n,)
        How often (or with what weight) this outcome was observed.
    """

    people: tuple[str, ...]
    raters: tuple[str, ...]
    dimensions: tuple[str, ...]
    left: Ints
    right: Ints
    rater: Ints
    dimension: Ints
    result: Ints
    count: Floats
    labels: Mapping[str, str]
    rows: Ints
    extras: pd.DataFrame
    sided: bool = True
    source_name: str | None = None
    notes: tuple[Problem, ...] = field(default=())

    error: ClassVar[type[DataError]] = ComparisonsError

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        columns: Mapping[str, str] | None = None,
        source_name: str | None = None,
        row_numbers: Sequence[int] | Ints | None = None,
    ) -> Self:
        """Validate a DataFrame of comparisons.

        Parameters
        ----------
        frame : DataFrame
            Either ``winner, loser`` or ``left, right, outcome`` with outcome ``left``, ``right``, ``tie`` or ``skip``
            (or 左, 右, 平局, 跳过);
            optional ``rater`` (the judge), ``dimension``, ``count`` or ``weight``, labels (``left_label`` …).
        columns : mapping, optional
            Our name to the frame's own name.
        source_name : str, optional
            What messages call the table.
        row_numbers : sequence of int, optional
            Spreadsheet row of each record; 2, 3, … by default.

        Returns
        -------
        Comparisons

        Raises
        ------
        ComparisonsError
            With every problem of the table: row, column, value and fix.

        Examples
        --------
        >>> import pandas as pd, rankkit as rk
        >>> rk.Comparisons.from_frame(pd.DataFrame({"winner": ["甲", "乙"], "loser": ["乙", "丙"]}))
        <Comparisons: 2 rows, 3 people, judges unknown, 1 dimension>
        """
        intake = Intake(cls, frame, columns, source_name, row_numbers)
        sided = not (intake.has("winner") or intake.has("loser"))
        if intake.has("outcome") and not sided:
            ways = [[intake.shown(c) for c in names if intake.has(c)] for names in (("winner", "loser"), ("left", "right", "outcome"))]
            intake.problems.append(Problem("E-TWOWAYS", None, None, None, {"first": ways[0], "second": ways[1]}))
            intake.fail_if_any()
        first, second = ("left", "right") if sided else ("winner", "loser")
        intake.need(*((first, second, "outcome") if sided and (intake.has("left") or intake.has("outcome")) else ("winner", "loser")))
        n = len(intake.user_frame)
        a = encode(intake.column(first))
        b = encode(intake.column(second), alike=a)
        intake.check_ids(first, a)
        intake.check_ids(second, b)
        together = common_values(a, b)
        if not a.values == b.values == together:
            across = sorted({*zero_padded_twins(together)} - {*zero_padded_twins(a.values), *zero_padded_twins(b.values)})
            intake.check_zeros(across, first, a)
            intake.check_zeros(across, second, b)
        (left, right), people = merge(a, b)
        same = (left == right) & (left >= 0)
        for k in np.flatnonzero(same):
            intake.problems.append(Problem("E-SELFPAIR", int(intake.rows[k]), None, None, {"name": people[left[k]]}))
        rater = encode(intake.column("rater")) if intake.has("rater") else Encoded(_all(-1, n), (), {})
        if intake.has("rater"):
            intake.check_ids("rater", rater)
        dimension = encode(intake.column("dimension")) if intake.has("dimension") else Encoded(_all(0, n), (OVERALL,), {})
        if intake.has("dimension"):
            intake.require_filled("dimension", dimension)
        result = _outcomes(intake) if sided else _all(LEFT, n)
        count = _counts(intake, n)
        labels = _labels(intake, left, right, people, first, second)
        if not intake.problems and not ((result != SKIP) & (count > 0)).any():
            intake.problems.append(Problem("E-NOCOMPARISON"))
        intake.fail_if_any()
        extras = intake.extras(_KNOWN)
        return cls(
            people=people,
            raters=rater.values,
            dimensions=dimension.values,
            left=left,
            right=right,
            rater=rater.codes,
            dimension=dimension.codes,
            result=result,
            count=count,
            labels=labels,
            rows=intake.rows,
            extras=extras,
            sided=sided,
            source_name=source_name,
            notes=tuple(intake.notes),
        )

    @cached_property
    def _tidy(self) -> pd.DataFrame:
        data: dict[str, Any] = {"rater": categorical(self.rater, self.raters)} if self.raters else {}
        left, right = categorical(self.left, self.people), categorical(self.right, self.people)
        if self.sided:
            outcome = np.array(["tie", "left", "skip", "right"], dtype=object)[self.result]
            data |= {"left": left, "right": right, "outcome": outcome}
        else:
            data |= {"winner": left, "loser": right}
        data |= {"dimension": categorical(self.dimension, self.dimensions), "count": self.count}
        sides = (("left", self.left), ("right", self.right)) if self.sided else (("winner", self.left), ("loser", self.right))
        data |= label_columns(*((f"{side}_label", codes, self.people, self.labels) for side, codes in sides))
        return pd.DataFrame(data).join(self.extras)

    def _where(self, mask: Bools) -> Self:
        both, people = recode(np.concatenate([self.left[mask], self.right[mask]]), self.people)
        left, right = np.split(both, 2)
        rater, raters = recode(self.rater[mask], self.raters)
        dimension, dimensions = recode(self.dimension[mask], self.dimensions)
        return replace(
            self,
            people=people,
            raters=raters,
            dimensions=dimensions,
            left=left,
            right=right,
            rater=rater,
            dimension=dimension,
            result=self.result[mask],
            count=self.count[mask],
            rows=self.rows[mask],
            labels={p: self.labels[p] for p in people},
            extras=self.extras[mask].reset_index(drop=True),
        )

    @property
    def _keys(self) -> Sequence[tuple[Ints, tuple[str, ...]]]:
        return [
            (self.left, self.people),
            (self.right, self.people),
            (self.rater, self.raters),
            (self.dimension, self.dimensions),
        ]

    @property
    def _values(self) -> Floats:
        return np.asarray(self.count * 4.0 + self.result)

    def __len__(self) -> int:
        return len(self.result)

    def __repr__(self) -> str:
        who = f"{len(self.raters):,} judges" if self.raters else "judges unknown"
        s = "" if len(self.dimensions) == 1 else "s"
        return f"<Comparisons: {len(self):,} rows, {len(self.people):,} people, {who}, {len(self.dimensions)} dimension{s}>"


def _all(code: int, n: int) -> Ints:
    """The same code for every row, kept once."""
    return np.broadcast_to(np.int64(code), n)


def _outcomes(intake: Intake) -> Ints:
    """Read the outcome column."""
    encoded = encode(intake.column("outcome"))
    intake.require_filled("outcome", encoded)
    lookup = np.array([_CODE.get(v.lower(), SKIP) for v in encoded.values] + [SKIP], dtype=np.int64)
    unknown = np.array([v.lower() not in _CODE for v in encoded.values] + [False])
    if unknown.any():
        intake.at("E-OUTCOME", unknown[encoded.codes], "outcome")
    return lookup[encoded.codes]


def _counts(intake: Intake, n: int) -> Floats:
    """Read count and weight; a row stands for their product."""
    total = np.broadcast_to(1.0, n)
    for name in ("count", "weight"):
        if intake.has(name):
            value, bad = numbers.parse(intake.column(name))
            bad |= np.isnan(value) | (np.nan_to_num(value) < 0) | (np.nan_to_num(value) > _MOST)
            intake.at("E-COUNT", bad, name)
            total = total * value
    return total


def _labels(intake: Intake, left: Ints, right: Ints, people: tuple[str, ...], first: str, second: str) -> dict[str, str]:
    """Display names from either side, or from both."""
    sides = [(f"{side}_label", codes) for side, codes in ((first, left), (second, right)) if intake.has(f"{side}_label")]
    if not sides:
        return {p: p for p in people}
    both = pd.concat([intake.column(name) for name, _ in sides], ignore_index=True)
    codes = np.concatenate([codes for _, codes in sides])
    labels, found = display_names(codes, people, both, intake.shown(sides[-1][0]), np.tile(intake.rows, len(sides)))
    intake.problems += found
    return labels

"""What is known of people and judges beside the comparisons, as columns of contest covariates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rankkit.errors import DataError, PeopleError, Problem
from rankkit.kernels.arrays import Floats
from rankkit.methods.pair_data import Pairs
from rankkit.tables import numbers
from rankkit.tables.comparisons import Comparisons
from rankkit.tables.people import People


@dataclass(frozen=True, eq=False)
class Covariates:
    """Columns beside the worths.

    Attributes
    ----------
    names : tuple of str
        One for each column of :attr:`contest`.
    contest : ndarray, shape (rows, q)
        What each adds to the lead of the left person, per unit of its coefficient.
    person : ndarray, shape (n, p)
        Covariates of people, centred; they are the last ``p`` columns of :attr:`contest` as differences.
    """

    names: tuple[str, ...]
    contest: Floats
    person: Floats

    @property
    def explained(self) -> bool:
        """Whether covariates of people stand for the worths."""
        return len(self.person.T) > 0


def covariates(
    table: Comparisons,
    pairs: Pairs,
    people: People | None,
    *,
    order_effect: bool,
    of_people: Sequence[str],
    interactions: Sequence[tuple[str, str]],
) -> Covariates:
    """Collect the order effect, judge × person interactions and covariates of people, in this order.

    Raises
    ------
    PeopleError
        If a covariate is asked for and nobody says where it is, or a person has no number; all are listed.
    DataError
        If a column of the comparisons is missing or not a number.
    """
    names: list[str] = []
    columns: list[Floats] = []
    if order_effect:
        names.append("order_effect")
        columns.append(np.ones(len(pairs.left)))
    wanted = [*dict.fromkeys([p for _, p in interactions] + list(of_people))]
    facts = _of_people(wanted, pairs, people) if wanted else {}
    for judge_column, person_column in interactions:
        x = facts[person_column]
        names.append(f"{judge_column} × {person_column}")
        columns.append(_of_rows(judge_column, table, pairs) * (x[pairs.left] - x[pairs.right]))
    person = np.column_stack([facts[c] for c in of_people]) if of_people else np.zeros((pairs.n, 0))
    for k, name in enumerate(of_people):
        names.append(name)
        columns.append(person[pairs.left, k] - person[pairs.right, k])
    contest = np.column_stack(columns) if columns else np.zeros((len(pairs.left), 0))
    return Covariates(tuple(names), contest, person - person.mean(axis=0))


def _of_people(wanted: Sequence[str], pairs: Pairs, people: People | None) -> dict[str, Floats]:
    """Read columns of the table of people; every gap is a problem of its own."""
    if people is None:
        raise PeopleError("E-COVARIATE", name=", ".join(wanted), found="—")
    facts = people.frame
    problems, out = [], {}
    for name in wanted:
        if name not in facts.columns:
            problems.append(Problem("E-COVARIATE", None, name, None, {"name": name, "found": list(map(str, facts.columns))}))
            continue
        column = facts[name].reindex(list(pairs.people))
        value, bad = numbers.parse(column.reset_index(drop=True))
        lacking = [pairs.names[i] for i in np.flatnonzero(bad | np.isnan(value))]
        if lacking:
            problems.append(Problem("E-COVARIATEGAP", None, name, None, {"name": name, "n": len(lacking), "who": lacking[:6]}))
        elif np.ptp(value) == 0:
            problems.append(Problem("E-COVARIATESAME", None, name, None, {"name": name}))
        out[name] = value
    if problems:
        raise PeopleError(problems)
    return out


def _of_rows(name: str, table: Comparisons, pairs: Pairs) -> Floats:
    """Read a column of the comparisons, in the rows that count."""
    if name not in table.extras.columns:
        raise DataError("E-COVARIATEROW", name=name, found=[str(c) for c in table.extras.columns], n=0)
    value, bad = numbers.parse(pd.Series(table.extras[name].to_numpy()[pairs.row]))
    missing = bad | np.isnan(value)
    if missing.any():
        raise DataError("E-COVARIATEROW", name=name, found=[str(c) for c in table.extras.columns], n=int(missing.sum()))
    return value

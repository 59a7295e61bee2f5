"""What leaves of grades of confidential ratings: the grades themselves, and numbers no finer than the released scores."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from rankkit.errors import Problem
from rankkit.kernels.arrays import Ints
from rankkit.kernels.covariance import difference_variance

if TYPE_CHECKING:
    from rankkit.methods.distribution_result import ForcedDistributionResult

G = TypeVar("G", bound="ForcedDistributionResult")
_STEP = 0.2  # probabilities are told in fifths: finer ones would tell the score


def released(shown: G) -> G:
    """Put released scores in the tables of a grading whose scores were replaced; grades and seats stay as they are.

    Grades are decisions and rest on the exact scores; what a grade tells about a score is on which side of a cut it lies, and
    the score of the cut is not told.
    """
    score = pd.Series(shown.estimate, index=list(shown.people), dtype="float64")
    grades = shown.grades.assign(score=score.reindex(shown.grades.index))
    unknown = {"score": np.nan}
    return replace(
        shown,
        grades=grades,
        probabilities=None if shown.probabilities is None else (shown.probabilities / _STEP).round() * _STEP,
        boundary=_boundary(shown, score),
        cuts=shown.cuts.assign(**unknown) if "score" in shown.cuts else shown.cuts,
        unit_cuts=shown.unit_cuts.assign(**unknown) if "score" in shown.unit_cuts else shown.unit_cuts,
        expected_misgraded=round(shown.expected_misgraded) if np.isfinite(shown.expected_misgraded) else shown.expected_misgraded,
        notes=(*shown.notes, Problem("I-GRADESEXACT")),
    )


def _boundary(shown: ForcedDistributionResult, score: pd.Series[float]) -> pd.DataFrame:
    """People near a cut with differences of released scores."""
    table = shown.boundary
    if not len(table):
        return table
    across = score.reindex(table["across"]).to_numpy(dtype=np.float64)
    own = score.reindex(table.index).to_numpy(dtype=np.float64)
    se = np.full(len(table), np.nan)
    place = {p: k for k, p in enumerate(shown.estimated_ids)}
    known = np.array([i in place and j in place for i, j in zip(table.index, table["across"], strict=True)], dtype=bool)
    if shown.covariance is not None and known.any():
        i, j = (np.array([place[p] for p in ids[known]]) for ids in (table.index.to_numpy(), table["across"].to_numpy()))
        se[known] = np.sqrt(difference_variance(shown.covariance, i, j))
    told = (table["largest_probability"] / _STEP).round() * _STEP
    out = table.assign(score=own, difference=own - across, se=se, largest_probability=told)
    return out.iloc[_told_order(shown, out)]


def _told_order(shown: ForcedDistributionResult, table: pd.DataFrame) -> Ints:
    """By curve and released score, then as people stand in the result: rows in the order of exact scores would tell these."""
    place = {p: k for k, p in enumerate(shown.people)}
    score = table["score"].to_numpy(dtype=np.float64)
    keys = [np.array([place[p] for p in table.index], dtype=np.int64), -np.where(np.isnan(score), -np.inf, score)]
    if "curve" in table:
        keys.append(np.unique(table["curve"].astype(str), return_inverse=True)[1])
    return np.lexsort(keys)

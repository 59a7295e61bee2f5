"""Several dimensions of comparisons side by side: a common score on demand, and what judges carry from one to the next."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from rankkit.errors import Problem
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.covariance import Dense
from rankkit.kernels.pairs.judge_habits import dimension_copying
from rankkit.lazy_tables import LazyTables
from rankkit.methods.pair_data import Pairs
from rankkit.methods.paired_result import PairedComparisonResult
from rankkit.result import Result, Status
from rankkit.tables.comparisons import Comparisons

Fits = Mapping[str, PairedComparisonResult]
_EQUAL = 1e-9  # spread of worths, in logits, that is rounding error


def combine(fits: Mapping[str, Result], fitted: Bools) -> tuple[Floats, Dense | None] | None:
    """Mean of ``u_d / SD(u_d)`` of the people with a score on every dimension; None where a dimension has no spread.

    The same judges judge all dimensions, so their errors may go together in full; the mean of the covariances is
    what the covariance of the mean then is at most. There is none where a dimension has none.

    Parameters
    ----------
    fits : mapping
        One result a dimension.
    fitted : ndarray of bool, shape (dimensions, n)
        Who has a score.
    """
    everyone = np.asarray(fitted.all(axis=0))
    if not everyone.any() or not all(np.ptp(f.estimate[everyone]) > _EQUAL for f in fits.values()):
        return None
    total = np.zeros(int(everyone.sum()))
    root: Floats | None = np.zeros((len(total), len(total)))
    for part in fits.values():
        sd = float(np.std(part.estimate[everyone], ddof=1))
        position = {p: k for k, p in enumerate(part.estimated_ids)}
        keep = np.array([position[p] for p, e in zip(part.people, everyone, strict=True) if e])
        total += part.estimate[everyone] / sd / len(fits)
        joint = part.joint_covariance or part.covariance
        root = None if joint is None or root is None else root + joint.take(keep).dense() / sd**2 / len(fits)
    estimate = np.full(fitted.shape[1], np.nan)
    estimate[everyone] = total
    return estimate, None if root is None else Dense(root)


def standing(fits: Fits, fitted: Bools, *, combined: bool) -> tuple[tuple[Status, ...], tuple[Problem | None, ...]]:
    """Status and reason of each person over all dimensions."""
    n = fitted.shape[1]
    why = {r.code: r for f in fits.values() for s, r in zip(f.status, f.reasons, strict=True) if s == "provisional" and r is not None}
    provisional = why[min(why)] if why else None
    status: list[Status] = ["insufficient_data"] * n
    reasons: list[Problem | None] = [Problem("S-NODECISION")] * n
    for i in np.flatnonzero(fitted.any(axis=0)):
        if not combined:
            status[i], reasons[i] = "not_scored", Problem("S-DIMENSIONS")
        elif fitted[:, i].all():
            status[i], reasons[i] = "scored" if provisional is None else "provisional", provisional
        else:
            lacking = [d for d, has in zip(fits, fitted[:, i], strict=True) if not has]
            reasons[i] = Problem("S-NODECISIONON", None, None, None, {"dimension": lacking})
    return tuple(status), tuple(reasons)


def evidence(table: Comparisons, use: Bools, fits: Fits) -> LazyTables:
    """Tables about all dimensions together."""
    makers = {"record": partial(_record, dict(fits))}
    if table.raters and len(fits) > 1:
        makers["copying"] = partial(_copying, table, use, dict(fits))
    return LazyTables(makers)


def _record(fits: Fits) -> pd.DataFrame:
    return pd.concat({d: f.record for d, f in fits.items()}, names=["dimension"]).swaplevel().sort_index()


def _copying(table: Comparisons, use: Bools, fits: Fits) -> pd.DataFrame:
    """How alike each judge's orders on two dimensions are, beside how alike the pooled orders are."""
    present = [d for d, name in enumerate(table.dimensions) if name in fits]
    rows = use & np.isin(table.dimension, present)
    pairs = Pairs.of(table, rows)
    place = {d: k for k, d in enumerate(present)}
    dimension = np.array([place[d] for d in table.dimension[rows].tolist()], dtype=np.int64)
    keep = {p: k for k, p in enumerate(table.people)}
    worths = np.array([[fits[table.dimensions[d]].estimate[keep[p]] for p in pairs.people] for d in present])
    found = dimension_copying(pairs.judge, pairs.left, pairs.right, pairs.result, dimension, worths, pairs.m)
    index = pd.Index(list(pairs.raters), name="rater")
    return pd.DataFrame({"pairs": found.pairs, "tau": found.tau, "expected": found.expected}, index=index)

"""Rows of the tables of Mantel tests: the correlation of two matrices of dimensions, with its interval over people."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.bias.dimension_correlations import DimensionCorrelations
from rankkit.bias.halo_tables import because
from rankkit.bias.panel import REVIEW_Q
from rankkit.kernels.arrays import Floats
from rankkit.kernels.rater_effects.halo_indices import CAP
from rankkit.kernels.reliability.mantel import mantel

FLOOR = 0.30  # correlation of matrices worth a review
DIMENSIONS = 4
COLUMNS = ("n", "estimate", "se", "ci_low", "ci_high", "effect", "p", "q", "mde", "p_smallest", "level", "design_ok", "method", "reason")


def excess(parts: DimensionCorrelations) -> tuple[Floats, Floats]:
    """Same-rater correlations less the reference in atanh units, and without each ratee; without a reference as they are."""
    with np.errstate(invalid="ignore"):
        same = np.arctanh(np.clip(parts.pairs.same_rater, -CAP, CAP))
    if not parts.source:
        return same, parts.pairs.same_without
    return same - parts.reference, parts.pairs.same_without - parts.without_or_same


def squares(values: Floats, D: int) -> Floats:
    """Symmetric matrices from values of the pairs d < d′, shape (…, D, D)."""
    i, j = np.triu_indices(D, 1)
    out = np.zeros((*values.shape[:-1], D, D))
    out[..., i, j] = out[..., j, i] = values
    return out


def matrix_test(
    a: Floats, a_without: Floats, b: Floats, given: Floats | None, *, floor: float, level: float, seed: int, design_ok: bool, method: str
) -> dict[str, object]:
    """One row of a table.

    Parameters
    ----------
    a : ndarray, shape (F, K)
        Inflation of the pairs, one row an order of the form.
    a_without : ndarray, shape (F, n, K)
        The same without each ratee.
    b, given : ndarray, shape (F, K)
        What it is compared with, and what is taken out of both.
    floor, level, seed, design_ok
        As in the checks.
    method : str
        What was done.
    """
    D = int((1 + np.sqrt(1 + 8 * a.shape[1])) / 2)
    found = mantel(squares(a, D), squares(b, D), given=None if given is None else squares(given, D), seed=seed)
    if np.isnan(found.r):
        return {"n": D, "level": "", "design_ok": design_ok, "method": method, "reason": "S-NOMATRIX"}
    se = _jackknife(a_without, b, given)
    z = np.arctanh(np.clip(found.r, -CAP, CAP))
    half = stats.norm.isf((1 - level) / 2) * se / max(1 - found.r**2, 1 - CAP**2)
    how = f"all {found.arrangements} orders of dimensions" if found.exact else f"{found.arrangements - 1} random orders of dimensions"
    graded = "" if found.p_greater >= REVIEW_Q else "review" if found.r >= floor and design_ok else "info"
    mde = min(found.high + 0.8416 * found.sd, 1.0) if found.p_smallest < REVIEW_Q else np.nan
    return {
        "n": D,
        "estimate": found.r,
        "se": se,
        "ci_low": np.tanh(z - half),
        "ci_high": np.tanh(z + half),
        "effect": found.r,
        "p": found.p_greater,
        "q": found.p_greater,
        "mde": mde,
        "p_smallest": found.p_smallest,
        "level": graded,
        "design_ok": design_ok,
        "method": f"{method}; {how}",
        "reason": "" if np.isfinite(mde) else "S-FEWORDERS",
    }


def frame_of(rows: dict[str, dict[str, object]]) -> pd.DataFrame:
    """Lay rows out as a table, reasons in words."""
    blank: dict[str, object] = dict.fromkeys(COLUMNS, float("nan"))
    frame = pd.DataFrame.from_dict({k: blank | row for k, row in rows.items()}, orient="index", columns=list(COLUMNS))
    frame["reason"] = because(frame["reason"].to_list())
    return frame.rename_axis("test")


def _jackknife(a: Floats, b: Floats, given: Floats | None) -> float:
    """Standard error of the correlation over people."""
    x = np.moveaxis(a, 1, 0).reshape(a.shape[1], -1)
    x = x[np.isfinite(x).all(axis=1)]
    if len(x) < 3:
        return float("nan")
    x, y = x - x.mean(axis=1, keepdims=True), b.ravel() - b.mean()
    if given is not None:
        z = given.ravel() - given.mean()
        if z @ z > 0:
            x, y = x - np.outer(x @ z, z) / (z @ z), y - z * (y @ z) / (z @ z)
    with np.errstate(divide="ignore", invalid="ignore"):
        r = (x @ y) / np.sqrt((x**2).sum(axis=1) * (y @ y))
    n = len(r)
    return float(np.sqrt((n - 1) / n * ((r - r.mean()) ** 2).sum()))

"""Log-likelihood of every unit and sum of ratings over a grid of θ, and its derivatives by the parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rankkit.kernels.arrays import Floats
from rankkit.kernels.rasch.rasch_cells import Cells
from rankkit.kernels.rasch.rasch_unit_tables import Items, pieces

_LARGE = 50_000_000  # numbers beyond which a table that only covariances need is kept in single precision


@dataclass(frozen=True, eq=False)
class Tables:
    """Rows of cells over the grid of θ.

    Attributes
    ----------
    theta : ndarray, shape (Q,)
        Grid with equal spacing.
    log_f : ndarray, shape (R, Q)
        Log-likelihood of a row, without e^{sθ} and constants.
    own, shared : ndarrays, shapes (R, own, Q) and (R, shared, Q), or None
        Its derivatives by the unit's own parameters and by those all share (ω last), without the observed part.
    """

    theta: Floats
    log_f: Floats
    own: Floats | None
    shared: NDArray[np.floating[Any]] | None


def tables(cells: Cells, items: Items, theta: Floats, n_z: int, *, scores: bool) -> Tables:
    """Compute the tables; with ``scores`` also the derivatives."""
    n_rows, q = len(cells.row_unit), len(theta)
    own_positions = cells.touched.own
    random = items.omega > 0
    log_f = np.empty((n_rows, q))
    own = np.empty((n_rows, own_positions, q)) if scores else None
    shape = n_rows, len(cells.touched.shared) + random, q
    shared = np.empty(shape, dtype=np.float64 if np.prod(shape, dtype=float) < _LARGE else np.float32) if scores else None
    for piece in pieces(cells, items, theta, n_z):
        at = piece.rows.start + piece.row[piece.real]
        log_f[at] = piece.log_f[piece.real]
        if own is None or shared is None:
            continue
        f = piece.functions(cells)
        if random:
            f = posterior_means(piece.pi, f)[piece.real]
            m = piece.total(cells, piece.curves.mean)
            slope = np.matmul(piece.pi, piece.z) * piece.score[:, :, None] - np.einsum("usqg,uqg->usq", piece.pi, m * piece.z)
            shared[at, -1] = slope[piece.real]
        own[at], shared[at, : len(cells.touched.shared)] = f[:, :own_positions], f[:, own_positions:]
    return Tables(theta, log_f, own, shared)


def posterior_means(pi: Floats, f: Floats) -> Floats:
    """Means over z: pi (units, S, Q, G) and functions (units, P, Q·G) give (units, S, P, Q)."""
    units, _, q, g = pi.shape
    functions = np.ascontiguousarray(f.reshape(units, -1, q, g).transpose(0, 2, 3, 1))
    weights = np.ascontiguousarray(pi.transpose(0, 2, 1, 3))
    return np.ascontiguousarray((weights @ functions).transpose(0, 2, 3, 1))

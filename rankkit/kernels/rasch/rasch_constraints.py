"""Linear algebra of an information matrix that is singular until facets are centred, done in its own memory.

The information does not change when a facet and the mean of θ move together. Adding a constant to the facet's block
makes it regular. Steps and the inverse are those under the constraint once facets are centred and the mean of θ has
taken what they lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack

from rankkit.errors import ConvergenceError, IdentificationError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.rasch.rasch_cells import Cells

_FIRST_LIFT, _LAST_LIFT = 0.05, 1e6  # multiples of the complete information added where the observed is not definite
_STRIP = 1024


@dataclass(frozen=True, eq=False)
class Constraints:
    """Which parameters move, and the facets whose mean is held at zero.

    Attributes
    ----------
    free : ndarray of bool, shape (P,)
        Parameters with data and not at a boundary.
    facets : tuple of int arrays
        Positions of the elements of each facet that sum to zero.
    mu : int
        Position of the mean of θ, which takes what they give up.
    """

    free: Bools
    facets: tuple[Ints, ...]
    mu: int

    @classmethod
    def of(cls, cells: Cells, size: int, *, sigma_free: bool = True) -> Constraints:
        """Sum-to-zero facets over the elements with ratings."""
        where = cells.parameters
        free = np.ones(size, dtype=bool)
        free[where.log_sigma] = sigma_free
        facets = []
        for f, (offset, count) in enumerate(zip(where.offset, where.sizes, strict=True)):
            seen = np.zeros(count, dtype=bool)
            seen[cells.element[:, f]] = True
            free[offset : offset + count] = seen
            facets.append(offset + np.flatnonzero(seen))
        return cls(free, tuple(facets), where.mu)

    def step(self, information: Floats, gradient: Floats, complete: Floats) -> tuple[Floats, bool]:
        """Newton step, and whether the information had to be lifted by ``complete``; it is left as it was."""
        held = np.flatnonzero(~self.free)
        information[held, :] = 0.0
        information[:, held] = 0.0
        wanted = np.where(self.free, gradient, 0.0)
        diagonal = information.diagonal().copy()
        lift = 0.0
        while lift <= _LAST_LIFT:
            information[np.diag_indices_from(information)] = np.where(self.free, diagonal + lift * complete, 1.0)
            constants = self._add(information, diagonal)
            factor, failed = lapack.dpotrf(information.T, lower=1, overwrite_a=1, clean=0)
            step = wanted if failed else lapack.dpotrs(factor, wanted, lower=1)[0]
            mirror(information)  # the other triangle still holds it
            information[np.diag_indices_from(information)] = diagonal
            self._add(information, diagonal, [-c for c in constants], spare_diagonal=True)
            if not failed:
                self._centre(step)
                return np.asarray(step), lift > 0
            lift = 4 * lift if lift else _FIRST_LIFT
        raise ConvergenceError("E-CONV", iterations=0, gradient=float(np.abs(wanted).max()))

    def covariance(self, information: Floats) -> Floats:
        """Inverse under the constraints, zero for what is not free; overwrites ``information``.

        Raises
        ------
        IdentificationError
            ``E-RASCHSINGULAR`` if it has no inverse.
        """
        held = np.flatnonzero(~self.free)
        information[held, :] = 0.0
        information[:, held] = 0.0
        information[held, held] = 1.0
        self._add(information, information.diagonal().copy())
        factor, failed = lapack.dpotrf(information.T, lower=1, overwrite_a=1, clean=0)
        if failed:
            raise IdentificationError("E-RASCHSINGULAR")
        inverse, failed = lapack.dpotri(factor, lower=1, overwrite_c=1)
        if failed:
            raise IdentificationError("E-RASCHSINGULAR")
        mirror(inverse)
        covariance = inverse.T
        self._centre(covariance)
        self._centre(covariance.T)
        covariance[held, held] = 0.0
        return np.asarray(covariance)

    def _centre(self, values: Floats) -> None:
        """Centre every facet along the first axis, in place, and let the mean of θ take what it loses."""
        for at in self.facets:
            runs = _runs(at)
            mean = sum(values[run].sum(axis=0) for run in runs) / len(at)
            for run in runs:
                values[run] -= mean
            values[self.mu] -= mean

    def _add(
        self, information: Floats, diagonal: Floats, constants: list[float] | None = None, *, spare_diagonal: bool = False
    ) -> list[float]:
        """Add a constant to the block of every facet, by default its mean diagonal over its size."""
        if constants is None:
            means = [float(diagonal[at].mean()) for at in self.facets]
            constants = [(mean if mean > 0 else 1.0) / len(at) for mean, at in zip(means, self.facets, strict=True)]
        for at, constant in zip(self.facets, constants, strict=True):
            runs = _runs(at)
            for block in runs:
                for other in runs:
                    information[block, other] += constant
            if spare_diagonal:
                information[at, at] -= constant
        return constants


def _runs(at: Ints) -> list[slice]:
    """Consecutive positions as slices."""
    breaks = np.flatnonzero(np.diff(at) > 1) + 1
    return [slice(int(part[0]), int(part[-1]) + 1) for part in np.split(at, breaks)] if len(at) else []


def mirror(matrix: Floats) -> None:
    """Copy the lower triangle to the upper, in strips."""
    for a in range(0, len(matrix), _STRIP):
        b = min(a + _STRIP, len(matrix))
        square = matrix[a:b, a:b]
        upper = np.triu_indices(b - a, 1)
        square[upper] = square.T[upper]
        matrix[a:b, b:] = matrix[b:, a:b].T

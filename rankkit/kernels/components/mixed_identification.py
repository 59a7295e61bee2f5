"""Which variance components a design can tell apart, and the quadratic estimates that follow from the same numbers.

Components are separable exactly if the matrices M V_k M are linearly independent, M the projection that takes the fixed
part out: their Gram matrix tr(M V_k M V_l) is regular. An eigenvector of zero names the effects of an aliased set.

Sources: Rao (1971), MINQUE(0); Searle, Casella & McCulloch (1992), chapter 11.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse

from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.components.mixed_design import MixedDesign

_ALIASED = 1e-9  # smallest eigenvalue of the scaled Gram matrix that still separates the components
_SWALLOWED = 1e-10  # share of tr(V_k V_k) that the fixed part must leave over
_INVOLVED = 1e-4  # entry of that eigenvector from which a component belongs to the set


@dataclass(frozen=True, eq=False)
class Separation:
    """What the design identifies.

    Attributes
    ----------
    identified : ndarray of bool, shape (K + 1,)
        False for each member of an aliased set and for effects that the fixed part swallows.
    held : ndarray of bool, shape (K,)
        Effects kept at zero so that the rest are identified.
    aliased : tuple of tuples of int
        The sets; K stands for the residual. A set of one is swallowed by the fixed part, or has one level.
    """

    identified: Bools
    held: Bools
    aliased: tuple[tuple[int, ...], ...]


def gram(design: MixedDesign) -> Floats:
    """Return tr(M V_k M V_l) over effects and residual, shape (K + 1, K + 1); zero for effects the fixed part swallows."""
    d = design
    k = d.k
    inverse = np.linalg.inv(d.fixed.base) if d.p else np.zeros((0, 0))
    z = [d.indicator(i) for i in range(k)]
    weighted = [sparse.csr_array(i.T.multiply(d.weight)) for i in z]
    fixed = [sparse.csr_array(w @ d.x) for w in weighted]  # Z_k'X
    square = [np.asarray((f.T @ f).toarray()) @ inverse for f in fixed]
    out = np.zeros((k + 1, k + 1))
    for i in range(k):
        for j in range(i + 1):
            both = sparse.csr_array(weighted[i] @ z[j])
            middle = (fixed[i].T @ (both @ fixed[j])).toarray()
            whole = both.data @ both.data
            out[i, j] = whole - 2 * np.vdot(middle, inverse) + np.vdot(square[i].T, square[j])
            out[j, i] = out[i, j]
        swallowed = out[i, i] <= _SWALLOWED * whole  # the last product was of the effect with itself
        out[i, k] = out[k, i] = d.weight @ z[i].data ** 2 - np.trace(square[i])
        if swallowed:
            out[i] = out[:, i] = 0.0
    out[k, k] = d.n - d.p
    return out


def separate(products: Floats) -> Separation:
    """Find aliased sets; the last effect of each is held at zero, or the only one if its partner is the residual.

    Parameters
    ----------
    products : ndarray, shape (K + 1, K + 1)
        From :func:`gram`.

    Returns
    -------
    Separation
        The first effects of a set carry the sum; with the residual in the set, the residual does.

    Examples
    --------
    >>> separate(np.array([[4.0, 4.0, 2.0], [4.0, 4.0, 2.0], [2.0, 2.0, 5.0]])).aliased
    ((0, 1),)
    """
    k = len(products) - 1
    size = np.sqrt(np.clip(np.diag(products), 0, None))
    present = size > _ALIASED * max(size.max(), 1.0)
    identified, held = present.copy(), ~present[:k]
    sets: list[tuple[int, ...]] = [(int(i),) for i in np.flatnonzero(held)]
    while True:
        keep = np.flatnonzero(np.r_[~held, present[k]])
        if len(keep) < 2:
            break
        values, vectors = np.linalg.eigh(products[np.ix_(keep, keep)] / np.outer(size[keep], size[keep]))
        if values[0] > _ALIASED:
            break
        members = keep[np.abs(vectors[:, 0]) > _INVOLVED]
        identified[members] = False
        held[members[members < k][-1]] = True
        sets.append(tuple(int(i) for i in members))
    return Separation(identified, held, tuple(sets))


def quadratic_start(products: Floats, squares: Floats, held: Bools) -> Floats:
    """MINQUE(0) components, none negative: the start of the iterations.

    Parameters
    ----------
    products : ndarray, shape (K + 1, K + 1)
        From :func:`gram`.
    squares : ndarray, shape (K + 1,)
        y'M V_k M y.
    held : ndarray of bool, shape (K,)
        Effects kept at zero.

    Returns
    -------
    ndarray, shape (K + 1,)
        Each effect at least a fiftieth and at most a thousand times the residual, held ones zero.
    """
    free = np.flatnonzero(np.r_[~held, True])
    scale = 1 / np.sqrt(np.diag(products)[free])
    found = optimize.nnls(products[np.ix_(free, free)] * np.outer(scale, scale), squares[free] * scale)[0] * scale
    out = np.zeros(len(products))
    out[free] = found
    if out[-1] <= 0:
        out[-1] = squares[-1] / products[-1, -1] / len(free)
    out[free[:-1]] = np.clip(out[free[:-1]], 0.02 * out[-1], 1000 * out[-1])
    return out

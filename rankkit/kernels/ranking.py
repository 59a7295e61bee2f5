"""Ranks with honest ties, and an order of people that neither rows nor labels decide."""

from __future__ import annotations

import numpy as np

from rankkit.kernels.arrays import Floats, Ints

TIE_TOLERANCE = 1e-9
"""Scores closer than this share of the spread of all scores are the same score, computed in another order."""

_ROUNDING = 64 * float(np.finfo(np.float64).eps)  # what summing in another order does to a number of size 1


def tie_groups(score: Floats, tolerance: float = TIE_TOLERANCE) -> Ints:
    """Give each group of equal scores a number, best first.

    Parameters
    ----------
    score : (n,) array
        Higher is better; NaN = no score.
    tolerance : float
        Two neighbours in sorted order are tied if they differ by at most ``tolerance`` × (highest − lowest), or by
        rounding error. Ties chain: a = b and b = c make a = c.

    Returns
    -------
    (n,) array of int
        0 for the best group, 1 for the next, … ; −1 where there is no score.

    Examples
    --------
    >>> import numpy as np
    >>> tie_groups(np.array([3.0, 0.1 + 0.2, np.nan, 0.3]))
    array([ 0,  1, -1,  1])
    """
    score = np.asarray(score, dtype=np.float64)
    groups = np.full(score.shape, -1, dtype=np.int64)
    scored = np.flatnonzero(~np.isnan(score))
    if len(scored) == 0:
        return groups
    order = scored[np.argsort(-score[scored], kind="stable")]
    finite = score[np.isfinite(score)]
    slack = max(tolerance * float(np.ptp(finite)), _ROUNDING * float(np.abs(finite).max())) if len(finite) else 0.0
    with np.errstate(invalid="ignore"):  # inf − inf: tied
        steps = -np.diff(score[order]) > slack
    groups[order] = np.concatenate([[0], np.cumsum(steps)])
    return groups


def competition_ranks(score: Floats, tolerance: float = TIE_TOLERANCE) -> Ints:
    """Rank = 1 + number of people with a better score; equal scores share the better rank ("1, 2, 2, 4").

    Parameters
    ----------
    score : (n,) array
        Higher is better; NaN = no score.
    tolerance : float
        See :func:`tie_groups`.

    Returns
    -------
    (n,) array of int
        1 = best; 0 where there is no score.

    Examples
    --------
    >>> import numpy as np
    >>> competition_ranks(np.array([3.0, 4.0, np.nan, 3.0, 2.0]))
    array([2, 1, 0, 2, 4])
    """
    groups = tie_groups(score, tolerance)
    sizes = np.bincount(groups[groups >= 0])
    better = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return np.where(groups >= 0, better[np.clip(groups, 0, None)] + 1, 0)


def canonical_form(score: Floats, variance: Floats, covariance: Floats | None = None) -> tuple[Ints, Ints]:
    """Order people by what is known about them alone, and say who is exchangeable with whom.

    People are classed by score, then variance, then (given the covariances) by the covariances they have with each
    class, until no class splits further (colour refinement; Weisfeiler & Lehman 1968). Members of a class that is
    left are interchangeable: the rest of the order is completed so that the covariance matrix in this order is the
    same whichever of them comes first.

    Parameters
    ----------
    score, variance : (n,) arrays
        Higher scores first; among equal scores smaller variances first.
    covariance : (n, n) array, optional
        Covariances of the scores.

    Returns
    -------
    order : (n,) array of int
        Positions of the people, in canonical order.
    classes : (n,) array of int
        Per person: equal numbers = exchangeable.

    Examples
    --------
    >>> import numpy as np
    >>> order, classes = canonical_form(np.array([3.0, 4.0, 3.0]), np.array([0.1, 0.1, 0.1]))
    >>> int(order[0]), classes
    (1, array([1, 0, 1]))
    """
    colours = _combine(tie_groups(score), tie_groups(-np.asarray(variance, dtype=np.float64)))
    if covariance is None:
        return np.argsort(colours, kind="stable"), colours
    levels = _levels(np.asarray(covariance, dtype=np.float64), colours)
    if levels is None:
        return np.argsort(colours, kind="stable"), colours
    classes = _refine(colours, levels)
    return np.argsort(_complete(classes, levels), kind="stable"), classes


def canonical_order(score: Floats, variance: Floats, extra: Floats | None = None) -> Ints:
    """Return a permutation of the people that depends neither on their order nor on their labels.

    Parameters
    ----------
    score, variance : (n,) arrays
        Higher scores first; among equal scores smaller variances first.
    extra : (n,) or (n, n) array, optional
        A further key (smaller first), or the covariances, by which people of equal score and variance are told
        apart; see :func:`canonical_form`.

    Returns
    -------
    (n,) array of int
        ``score[order]`` is the same for every arrangement of the input. Exchangeable people come in any order.

    Examples
    --------
    >>> import numpy as np
    >>> canonical_order(np.array([2.0, 5.0, 2.0]), np.array([0.2, 0.1, 0.1]))
    array([1, 2, 0])
    """
    if extra is not None and np.ndim(extra) == 1:
        colours = _combine(tie_groups(score), tie_groups(-np.asarray(variance, dtype=np.float64)))
        return np.argsort(_combine(colours, tie_groups(-np.asarray(extra, dtype=np.float64))), kind="stable")
    return canonical_form(score, variance, extra)[0]


def _combine(major: Ints, minor: Ints) -> Ints:
    """Classes by two keys, numbered in order of the keys."""
    span = int(minor.max(initial=0)) + 2
    codes: Ints = np.unique(major * span + (minor + 1), return_inverse=True)[1].astype(np.int64)
    return codes


def _levels(covariance: Floats, colours: Ints) -> Ints | None:
    """Code the covariances of the undecided people by value; None if no class is undecided or all values are equal."""
    sizes = np.bincount(colours)
    if (sizes == 1).all():
        return None
    n = len(colours)
    off = ~np.eye(n, dtype=bool)
    values = tie_groups(-covariance[off])
    if values.max(initial=0) == 0:
        return None
    out = np.full((n, n), -1, dtype=np.int64)
    out[off] = values
    return out


def _refine(colours: Ints, levels: Ints) -> Ints:
    """Split classes by the multiset of (class of the other, covariance with the other) until nothing splits."""
    while True:
        sizes = np.bincount(colours)
        undecided = np.flatnonzero(sizes[colours] > 1)
        if len(undecided) == 0:
            return colours
        seen = np.sort(colours[None, :] * (levels.max() + 2) + levels[undecided] + 1, axis=1)
        minor = np.zeros(len(colours), dtype=np.int64)
        minor[undecided] = np.unique(seen, axis=0, return_inverse=True)[1].ravel()
        finer = _combine(colours, minor)
        if finer.max() == colours.max():
            return colours
        colours = finer


def _complete(colours: Ints, levels: Ints) -> Ints:
    """Make every class a single person: set one apart, let everyone else be split by the covariance with them."""
    done = np.zeros(len(colours), dtype=bool)
    while True:
        sizes = np.bincount(colours)
        if (sizes == 1).all():
            return colours
        single = np.flatnonzero((sizes[colours] == 1) & ~done)
        if len(single) == 0:
            first = int(np.flatnonzero(sizes > 1)[0])
            chosen = int(np.flatnonzero(colours == first)[0])
            minor = np.ones(len(colours), dtype=np.int64)
            minor[chosen] = 0
            colours = _combine(colours, minor)
            continue
        person = single[np.argmin(colours[single])]
        done[person] = True
        colours = _combine(colours, levels[person])

"""Which pair to ask next, given the answers so far: the information rule, Swiss standings, and slots for the hold-out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.designs.pair_designs import PairDesign
from rankkit.kernels.designs.pair_matching import pair_off
from rankkit.kernels.pairs import bradley_terry
from rankkit.kernels.pairs.pair_counts import aggregate
from rankkit.kernels.pairs.pair_laplacian import dense_laplacian, pseudo_inverse

_DIGITS = 9  # significant digits of the information that count; beyond, machines differ and the lot decides


@dataclass(frozen=True)
class Standing:
    """What is known of people in the middle of a session.

    Attributes
    ----------
    worth : ndarray, shape (n,)
        Log-worths in logits, shrunken towards equality.
    difference_variance : ndarray, shape (n, n)
        Variance of each difference, ``V_i + V_j - 2 V_ij``.
    """

    worth: Floats
    difference_variance: Floats


def standing(left: Ints, right: Ints, result: Ints, n: int) -> Standing:
    """Estimate where people stand from any number of answers, none included.

    A Bradley-Terry fit to the answers and one drawn comparison of everybody with an average person: a prior of standard
    deviation near two logits, which keeps estimates finite whatever the answers are and whoever is linked.

    Parameters
    ----------
    left, right : ndarray of int, shape (answers,)
        Codes ``0 .. n-1``.
    result : ndarray of int, shape (answers,)
        1 left won, -1 right won, 0 tie.
    n : int
        Number of people.

    Returns
    -------
    Standing

    Raises
    ------
    ConvergenceError
        If the fit fails.

    Examples
    --------
    >>> import numpy as np
    >>> found = standing(np.array([0]), np.array([1]), np.array([1]), 3)
    >>> found.worth.round(3) + 0.0, found.difference_variance[0].round(2)
    (array([ 0.756, -0.756,  0.   ]), array([0.  , 3.9 , 7.27]))
    """
    people = np.arange(n)
    counts = aggregate(
        np.concatenate([left, people]), np.concatenate([right, np.full(n, n)]), np.concatenate([result, np.zeros(n, np.int64)]), None, n + 1
    )
    found = bradley_terry.fit(counts)
    inverse = pseudo_inverse(dense_laplacian(counts, found.weight))[:n, :n]
    own = np.diag(inverse)
    return Standing(found.worth[:n] - found.worth[n], own[:, None] + own - 2 * inverse)


def information(known: Standing) -> Floats:
    """Information of comparing each pair next, ``p (1 - p) (V_i + V_j - 2 V_ij)``.

    How much one more comparison tells, relative to what is known of the difference: close pairs about which little is
    known come first.

    Parameters
    ----------
    known : Standing
        Worths and variances of differences.

    Returns
    -------
    ndarray, shape (n, n)
        Symmetric, zero on the diagonal.

    Notes
    -----
    Pollitt, A. (2012). The method of adaptive comparative judgement. *Assessment in Education*, 19. Adding a comparison
    of information ``w`` multiplies the determinant of the information by ``1 + w d' L+ d`` (D-optimal choice).

    Examples
    --------
    >>> import numpy as np
    >>> information(Standing(np.zeros(2), np.array([[0.0, 4.0], [4.0, 0.0]])))
    array([[0., 1.],
           [1., 0.]])
    """
    gap = np.abs(known.worth[:, None] - known.worth)
    p = 1 / (1 + np.exp(gap))
    return np.asarray(p * (1 - p) * known.difference_variance)


def next_pair(known: Standing, allowed: Bools, lot: Floats, max_gap: float) -> tuple[int, int] | None:
    """Choose the permitted pair that tells most.

    Parameters
    ----------
    known : Standing
        Worths and variances of differences.
    allowed : ndarray of bool, shape (n, n)
        Pairs that may be asked; symmetric.
    lot : ndarray, shape (n, n)
        Decides between equally informative pairs; symmetric.
    max_gap : float
        Pairs further apart, in logits, are left out.

    Returns
    -------
    tuple of int, or None
        Codes, the smaller first; None if no pair is permitted.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.designs.adaptive_pairs import Standing
    >>> known = Standing(np.array([0.0, 0.1, 3.0]), np.ones((3, 3)))
    >>> next_pair(known, ~np.eye(3, dtype=bool), np.zeros((3, 3)), 2.0)
    (0, 1)
    """
    near = np.abs(known.worth[:, None] - known.worth) <= max_gap
    i, j = np.nonzero(np.triu(allowed & near, 1))
    if not len(i):
        return None
    value = information(known)[i, j]
    with np.errstate(divide="ignore"):
        scale = 10.0 ** (_DIGITS - 1 - np.floor(np.log10(np.maximum(value.max(), 1e-300))))
    best = int(np.lexsort((lot[i, j], -np.round(value * scale)))[0])
    return int(i[best]), int(j[best])


def swiss_round(score: Floats, lot: Floats, allowed: Bools, present: Bools, byes: Ints) -> list[tuple[int, int]]:
    """Pair a Swiss round: neighbours in the standings who may meet, best first.

    With an odd number one person sits out: of those with the fewest byes the last in the standings.

    Parameters
    ----------
    score : ndarray, shape (n,)
        Points so far, a tie being half a point.
    lot : ndarray, shape (n,)
        Decides the order of equal scores.
    allowed : ndarray of bool, shape (n, n)
        Pairs that have not met and may; symmetric.
    present : ndarray of bool, shape (n,)
        Who is to be paired.
    byes : ndarray of int, shape (n,)
        Rounds each person has sat out.

    Returns
    -------
    list of tuple of int
        Pairs, best standings first. As many as can be (:func:`rankkit.kernels.designs.pair_matching.pair_off`).

    Examples
    --------
    >>> import numpy as np
    >>> open_ = ~np.eye(5, dtype=bool)
    >>> swiss_round(np.array([2.0, 0, 1, 1, 2]), np.arange(5.0), open_, np.ones(5, dtype=bool), np.zeros(5, dtype=int))
    [(0, 4), (2, 3)]
    """
    people = np.flatnonzero(present)
    order = people[np.lexsort((lot[people], -score[people]))]
    if len(order) % 2:
        fewest = byes[order].min()
        out = next(place for place in range(len(order) - 1, -1, -1) if byes[order[place]] == fewest)
        without = np.delete(order, out)
        partner = pair_off(without, allowed)
        if np.any(partner[without] < 0):  # somebody else must sit out for the rest to be paired
            partner = pair_off(order, allowed)
    else:
        partner = pair_off(order, allowed)
    place_of = {int(p): t for t, p in enumerate(order)}
    return [(int(i), int(partner[i])) for i in order if partner[i] >= 0 and place_of[int(i)] < place_of[int(partner[i])]]


def random_rounds(n: int, pairs: int, allowed: Bools, rng: Generator) -> PairDesign:
    """Draw pairs in rounds that pair everybody off at random, so that loads differ by little.

    Parameters
    ----------
    n : int
        Number of people.
    pairs : int
        How many; fewer if no more are permitted.
    allowed : ndarray of bool, shape (n, n)
        Pairs that may be drawn; symmetric.
    rng : Generator
        Source of the random numbers.

    Returns
    -------
    PairDesign
        The pairs in the order of drawing, one round after the other.

    Examples
    --------
    >>> import numpy as np
    >>> found = random_rounds(6, 6, ~np.eye(6, dtype=bool), np.random.default_rng(0))
    >>> found.degree
    array([2, 2, 2, 2, 2, 2])
    """
    allowed = allowed.copy()
    np.fill_diagonal(allowed, val=False)
    load = np.zeros(n)
    chosen: list[tuple[int, int]] = []
    while len(chosen) < pairs:
        lot = rng.random(n)
        order = np.lexsort((lot, load))  # who has had fewest is paired for certain
        busiest = order if n % 2 == 0 else order[:-1]
        partner = pair_off(rng.permutation(busiest), allowed)
        found = [(i, int(partner[i])) for i in rng.permutation(n).tolist() if i < partner[i]]
        if not found:
            partner = pair_off(order, allowed)
            found = [(i, int(partner[i])) for i in range(n) if i < partner[i]]
            if not found:
                break
        for i, j in found[: pairs - len(chosen)]:
            chosen.append((i, j))
            allowed[i, j] = allowed[j, i] = False
            load[i] += 1
            load[j] += 1
    drawn = np.array(chosen, dtype=np.int64).reshape(-1, 2)
    return PairDesign(n, drawn[:, 0], drawn[:, 1])


def slots(total: int, chosen: int, rng: Generator) -> Bools:
    """Spread slots evenly over a session, at random within each stretch.

    Parameters
    ----------
    total, chosen : int
        Questions, and how many of them are slots.
    rng : Generator
        Draws the place within each stretch.

    Returns
    -------
    ndarray of bool, shape (total,)
        True in exactly ``chosen`` places, one in each of ``chosen`` equal stretches.

    Examples
    --------
    >>> import numpy as np
    >>> slots(10, 2, np.random.default_rng(0)).reshape(2, 5).sum(axis=1)
    array([1, 1])
    """
    taken = np.zeros(total, dtype=np.bool_)
    for s in range(chosen):
        low, high = s * total // chosen, (s + 1) * total // chosen
        taken[int(rng.integers(low, high))] = True
    return taken

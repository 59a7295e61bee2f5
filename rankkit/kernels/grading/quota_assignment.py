"""Who is in which grade when the number of people per grade is given, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from scipy import stats

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.covariance import Covariance, difference_variance
from rankkit.kernels.matrix_forms import runs
from rankkit.kernels.ranking import TIE_TOLERANCE, canonical_form, tie_groups

CutTies = Literal["committee", "up", "down"]
_CELLS = 4_000_000  # draws × people sorted at once
_EVERYONE = 3000  # people up to whom all pairs across a cut are compared
_SORTED = 500  # people up to whom sorting all is faster than finding the cuts
_NEAREST = 200  # people on each side compared above that
_ROUNDING = 64 * float(np.finfo(np.float64).eps)  # share of Σ_ii + Σ_jj below which s² is rounding error


@dataclass(frozen=True, eq=False)
class Assignment:
    """Grades by quota; grade 0 is the best.

    Attributes
    ----------
    grade : (n,) array of int
        −1 while a tie at a cut awaits the committee, and for people without a score.
    candidates : (n, 2) array of int
        Best and worst grade the person can get: equal if graded, (−1, −1) without a score.
    counts : (B,) array of int
        People per grade after the tie rule; those who await the committee are not counted.
    cuts : (B−1,) array of int
        Number of people above each cut, after the tie rule.
    cut_score : (B−1,) array
        Middle between the scores on both sides of each cut; NaN if one side is empty.
    """

    grade: Ints
    candidates: Ints
    counts: Ints
    cuts: Ints
    cut_score: Floats


@dataclass(frozen=True, eq=False)
class Boundary:
    """How far each person is from the one across a cut who is fewest standard errors away.

    Attributes
    ----------
    nearest : (n,) array of int
        Position of the person across a cut with the smallest |difference|/se; −1 if there is none.
    difference, se : (n,) arrays
        Own score minus theirs, and its standard error; NaN if there is none.
    tied : (n,) bool array
        |difference| < t·se, or the person awaits the committee.
    """

    nearest: Ints
    difference: Floats
    se: Floats
    tied: Bools


def assign(score: Floats, counts: Ints, *, ties: CutTies = "committee", tolerance: float = TIE_TOLERANCE) -> Assignment:
    """Give the best ``counts[0]`` people grade 0, the next ``counts[1]`` grade 1, …; never split a tie by order.

    Parameters
    ----------
    score : (n,) array
        Higher is better; NaN = no score, not counted.
    counts : (B,) array of int
        People per grade, best first; they sum to the number of scores.
    ties : {"committee", "up", "down"}
        What happens to people of equal score on both sides of a cut. ``"committee"``: none of them is graded, each
        gets the grades open to them. ``"up"`` (nobody is demoted by a tie): all get the best of these grades, and the
        grades below shrink. ``"down"`` (no grade is expanded from above): all get the worst of them.
    tolerance : float
        Relative tolerance of equality, see :func:`rankkit.kernels.ranking.tie_groups`.

    Returns
    -------
    Assignment
        Equal scores have equal grades and candidates.

    Raises
    ------
    ValueError
        If the counts do not sum to the number of scores.

    Examples
    --------
    >>> import numpy as np
    >>> assign(np.array([4.0, 3.0, 3.0, 2.0]), np.array([2, 1, 1])).grade
    array([ 0, -1, -1,  2])
    >>> assign(np.array([4.0, 3.0, 3.0, 2.0]), np.array([2, 1, 1]), ties="up").grade
    array([0, 0, 0, 2])
    """
    score, counts = np.asarray(score, dtype=np.float64), np.asarray(counts, dtype=np.int64)
    group = tie_groups(score, tolerance)
    scored = np.flatnonzero(group >= 0)
    if counts.sum() != len(scored):
        msg = f"the counts sum to {counts.sum()}, the scores are {len(scored)}"
        raise ValueError(msg)
    cuts = np.cumsum(counts)[:-1]
    ends = np.cumsum(np.bincount(group[scored]))
    starts = np.concatenate([[0], ends])[:-1]
    if ties != "committee" and len(ends):
        holder = np.searchsorted(ends, cuts, side="right").clip(max=len(ends) - 1)  # the group a cut falls into
        inside = (starts[holder] < cuts) & (cuts < ends[holder])
        cuts = np.where(inside, (ends if ties == "up" else starts)[holder], cuts)
    best = np.searchsorted(cuts, starts, side="right")  # grade of a group's first and last position
    worst = np.searchsorted(cuts, ends - 1, side="right")
    candidates = np.full((len(score), 2), -1, dtype=np.int64)
    candidates[scored, 0], candidates[scored, 1] = best[group[scored]], worst[group[scored]]
    grade = np.where(candidates[:, 0] == candidates[:, 1], candidates[:, 0], -1)
    descending = np.sort(score[scored])[::-1]
    cut_score = np.full(len(cuts), np.nan)
    proper = (cuts > 0) & (cuts < len(scored))
    cut_score[proper] = (descending[cuts[proper] - 1] + descending[cuts[proper]]) / 2.0
    return Assignment(grade, candidates, np.bincount(grade[grade >= 0], minlength=len(counts)), cuts, cut_score)


def membership(draws: Floats, counts: Ints, *, tolerance: float = TIE_TOLERANCE) -> Floats:
    """Probability of each grade: the share of draws in which the quota puts the person there.

    Parameters
    ----------
    draws : (R, n) array
        Draws of the people's true scores, e.g. from their posterior.
    counts : (B,) array of int
        People per grade, best first; they sum to n.
    tolerance : float
        People equal in a draw share the places they hold: each counts for every grade in proportion.

    Returns
    -------
    (n, B) array
        Rows sum to 1, columns to the counts.

    Examples
    --------
    >>> import numpy as np
    >>> membership(np.array([[3.0, 2.0, 1.0], [2.0, 3.0, 1.0]]), np.array([1, 2]))
    array([[0.5, 0.5],
           [0.5, 0.5],
           [0. , 1. ]])
    """
    draws, counts = np.asarray(draws, dtype=np.float64), np.asarray(counts, dtype=np.int64)
    size, n = draws.shape
    grade_at = np.repeat(np.arange(len(counts)), counts)
    upto = np.cumsum(counts)[:-1]
    inner = np.flatnonzero((upto > 0) & (upto < n))
    place = n - upto[inner]  # of the last person above each cut, from the lowest score
    above = np.zeros((n, len(counts) - 1))
    total, equal = np.zeros((n, len(counts))), 0
    for rows in np.array_split(np.arange(size), max(1, -(-size * n // _CELLS))):
        block = draws[rows]
        both = np.unique(np.concatenate([place, place - 1]))
        parted = np.sort(block, axis=1) if n < _SORTED else np.partition(block, both, axis=1) if len(place) else block
        near = tolerance * np.ptp(block, axis=1, keepdims=True)
        tied = (parted[:, place] - parted[:, place - 1] <= near).any(axis=1)
        plain = block[~tied]
        for k, at in zip(inner, place, strict=True):
            above[:, k] += (plain >= parted[~tied, at][:, None]).sum(axis=0)
        if tied.any():
            equal += int(tied.sum())
            total += _tied(block[tied], grade_at, len(counts), tolerance)
    above[:, upto == n] = size - equal
    total += np.diff(np.column_stack([np.zeros(n), above, np.full(n, size - equal)]), axis=1)
    shares: Floats = total / size
    return shares


def _tied(draws: Floats, grade_at: Ints, n_grades: int, tolerance: float) -> Floats:
    """Count grades in draws where people are equal across a cut."""
    order = np.argsort(-draws, axis=1, kind="stable")
    drawn = np.take_along_axis(draws, order, axis=1)
    steps = -np.diff(drawn, axis=1) > tolerance * np.ptp(drawn, axis=1, keepdims=True)
    return _shared(order, steps, grade_at, n_grades)


def _shared(order: Ints, steps: Bools, grade_at: Ints, n_grades: int) -> Floats:
    """Count grades where tied people share the grades of their places equally."""
    size, n = order.shape
    groups = np.concatenate([np.ones((size, 1), dtype=bool), steps], axis=1).ravel().cumsum() - 1
    people = np.bincount(groups)
    out = np.zeros((n, n_grades))
    for grade in range(n_grades):
        held = np.bincount(groups, weights=np.tile(grade_at == grade, size))
        out[:, grade] = np.bincount(order.ravel(), weights=(held / people)[groups], minlength=n)
    return out


def boundary(score: Floats, covariance: Covariance, assignment: Assignment, *, level: float = 0.95, df: float = np.inf) -> Boundary:
    """Find the people who are statistically tied with anyone across a cut.

    Parameters
    ----------
    score : (n,) array
        Higher is better; NaN = no score.
    covariance : Covariance
        Of all n scores; what it says of people without a score is not used.
    assignment : Assignment
        From :func:`assign`. Of someone who awaits the committee the nearest is one they are tied with.
    level : float
        Confidence level of the comparison of two people.
    df : float
        Degrees of freedom of the difference; infinite = normal.

    Returns
    -------
    Boundary
        Tied if |θ̂_i − θ̂_j| < t·s_ij for anyone across the cut above or below. Where several are equally many
        standard errors away, the nearest is the one whose comparison has the largest standard error, then the first in
        canonical order (:func:`rankkit.kernels.ranking.canonical_form`).

    Notes
    -----
    Up to 3000 people everyone is compared with everyone across a cut. Above that, with the 200 on each side nearest by
    score (of equal scores the least certain ones; all who equal the last of them in both come too).

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.covariance import Dense
    >>> score = np.array([4.0, 3.1, 3.0, 1.0])
    >>> boundary(score, Dense(np.eye(4) * 0.04), assign(score, np.array([2, 2]))).tied
    array([False,  True,  True, False])
    """
    score = np.asarray(score, dtype=np.float64)
    best, worst = assignment.candidates.T
    scored = np.flatnonzero(best >= 0)
    awaiting = (assignment.grade < 0) & (best >= 0)
    variance = covariance.diagonal()
    descending = scored[np.lexsort((-variance[scored], -score[scored]))]
    ascending = scored[np.lexsort((-variance[scored], score[scored]))]  # of equal scores the less certain one is nearer

    @cache
    def place() -> Ints:
        return _canonical_place(score, variance, covariance, scored)

    nearest = np.full(len(score), -1, dtype=np.int64)
    for low, high in np.unique(assignment.candidates[scored], axis=0):
        people = np.flatnonzero((best == low) & (worst == high))
        if low < high:
            sides = [_near(descending[(best == low)[descending] & (worst == high)[descending]], score, variance, len(scored))]
        else:
            above, below = ascending[worst[ascending] < low], descending[best[descending] > high]
            sides = [_near(side, score, variance, len(scored)) for side in (above, below)]
        others = np.concatenate(sides)
        if len(others):
            for rows in runs(people, len(others)):
                nearest[rows] = _fewest_errors(score, variance, covariance, rows, others, place)
    i = np.flatnonzero(nearest >= 0)
    j = nearest[i]
    difference, se, ratio = (np.full(len(score), fill) for fill in (np.nan, np.nan, np.inf))
    difference[i], se[i] = score[i] - score[j], np.sqrt(difference_variance(covariance, i, j))
    ratio[i] = _errors_apart(np.abs(difference[i]), se[i])
    return Boundary(nearest, difference, se, awaiting | (ratio < float(stats.t.isf((1.0 - level) / 2.0, df))))


def _near(side: Ints, score: Floats, variance: Floats, n: int) -> Ints:
    """Everyone on one side of a cut, listed nearest first; of many people those nearest by score."""
    if n <= _EVERYONE or len(side) <= _NEAREST:
        return side
    last = side[_NEAREST - 1]
    equal = (score[side] == score[last]) & (variance[side] == variance[last])
    return side[: int(np.flatnonzero(equal)[-1]) + 1]


def _fewest_errors(score: Floats, variance: Floats, covariance: Covariance, people: Ints, others: Ints, place: Callable[[], Ints]) -> Ints:
    """For each person the other one fewest standard errors away; −1 = there is none but themselves."""
    gap = np.abs(score[people][:, None] - score[others])
    total = variance[people][:, None] + variance[others]
    square = total - 2.0 * covariance.block(people, others)
    s = np.sqrt(np.where(square > _ROUNDING * total, square, 0.0))
    left = people[:, None] != others
    for measure, unit in ((_errors_apart(gap, s), 1.0), (-s, 0.0), (gap, 0.0)):  # the last decides only where nothing has an error
        least = np.where(left, measure, np.inf).min(axis=1, keepdims=True)
        left &= measure <= least + TIE_TOLERANCE * np.maximum(np.abs(least), unit)
    chosen: Ints = others[left.argmax(axis=1)]
    several = left.sum(axis=1) > 1
    if several.any():
        chosen[several] = others[np.where(left[several], place()[others], len(score)).argmin(axis=1)]
    return np.where(left.any(axis=1), chosen, -1)


def _errors_apart(gap: Floats, s: Floats) -> Floats:
    """|θ̂_i − θ̂_j| / s_ij; nothing apart is 0 errors apart, whatever the error."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(gap == 0.0, 0.0, gap / s)


def _canonical_place(score: Floats, variance: Floats, covariance: Covariance, scored: Ints) -> Ints:
    """Place of each person in canonical order; people without a score come last."""
    full = covariance.block(scored, scored) if len(scored) <= _EVERYONE else None
    order, _ = canonical_form(score[scored], variance[scored], full)
    place = np.full(len(score), len(score), dtype=np.int64)
    place[scored[order]] = np.arange(len(scored))
    return place

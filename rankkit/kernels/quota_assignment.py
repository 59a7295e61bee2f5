"""Who is in which grade when the number of people per grade is given, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.covariance import Covariance, difference_variance
from rankkit.kernels.ranking import TIE_TOLERANCE, tie_groups

CutTies = Literal["committee", "up", "down"]
_CELLS = 4_000_000  # draws × people sorted at once


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
    """How far each person is from the nearest one across a cut.

    Attributes
    ----------
    nearest : (n,) array of int
        Position of the person across a neighbouring cut who is fewest standard errors away; −1 if there is none.
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
    total = np.zeros((n, len(counts)))
    for rows in np.array_split(np.arange(size), max(1, -(-size * n // _CELLS))):
        order = np.argsort(-draws[rows], axis=1, kind="stable")
        drawn = np.take_along_axis(draws[rows], order, axis=1)
        steps = -np.diff(drawn, axis=1) > tolerance * np.ptp(drawn, axis=1, keepdims=True)
        tied = ~steps.all(axis=1)
        plain = order[~tied]
        total += np.bincount((plain * len(counts) + grade_at).ravel(), minlength=total.size).reshape(total.shape)
        if tied.any():
            total += _shared(order[tied], steps[tied], grade_at, len(counts))
    shares: Floats = total / size
    return shares


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
    """Find the people who are statistically tied with the nearest person across a cut.

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
        Two comparisons per person (across the cut above and below); tied if |θ̂_i − θ̂_j| < t·s_ij in either.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.covariance import Dense
    >>> score = np.array([4.0, 3.1, 3.0, 1.0])
    >>> boundary(score, Dense(np.eye(4) * 0.04), assign(score, np.array([2, 2]))).tied
    array([False,  True,  True, False])
    """
    score = np.asarray(score, dtype=np.float64)
    scored = np.flatnonzero(assignment.candidates[:, 0] >= 0)
    best, worst = assignment.candidates.T
    n, t = len(score), float(stats.t.isf((1.0 - level) / 2.0, df))
    awaiting = (assignment.grade < 0) & (best >= 0)
    nearest, ratio = np.full(n, -1, dtype=np.int64), np.full(n, np.inf)
    difference, se = np.full(n, np.nan), np.full(n, np.nan)
    spread = covariance.diagonal()[scored]
    for mine, theirs, sign in ((best, worst, 1), (worst, best, -1)):  # across the cut above, then below
        order = scored[np.lexsort((spread, -sign * score[scored]))]  # of equal scores the less certain one is nearer
        across = _next_across(order, mine * sign, theirs * sign, scored)
        i = scored[across >= 0]
        j = across[across >= 0]
        gap = score[i] - score[j]
        s = np.sqrt(difference_variance(covariance, i, j))
        with np.errstate(divide="ignore", invalid="ignore"):
            far = np.where(gap == 0.0, 0.0, np.abs(gap) / s)
        closer = (far < ratio[i]) & ~awaiting[i]
        i, j = i[closer], j[closer]
        nearest[i], ratio[i], difference[i], se[i] = j, far[closer], gap[closer], s[closer]
    _beside(score, covariance, np.flatnonzero(awaiting), best, (nearest, difference, se))
    tied = awaiting | (ratio < t)
    return Boundary(nearest, difference, se, tied)


def _next_across(order: Ints, mine: Ints, theirs: Ints, scored: Ints) -> Ints:
    """For each scored person: the last in the order all of whose open grades come before all of theirs; −1 = nobody."""
    before = np.searchsorted(theirs[order], mine[scored], side="left")  # grades never fall along the order
    return np.where(before > 0, order[before - 1], -1)


def _beside(score: Floats, covariance: Covariance, people: Ints, best: Ints, out: tuple[Ints, Floats, Floats]) -> None:
    """Pair everyone who awaits the committee with the next person of the same tie."""
    nearest, difference, se = out
    for grade in np.unique(best[people]):  # a cut is split by one tie at most
        group = people[best[people] == grade]
        partner = np.roll(group, -1)
        nearest[group], difference[group] = partner, score[group] - score[partner]
        se[group] = np.sqrt(difference_variance(covariance, group, partner))

"""Pre-votes: how far a committee agrees before anybody has spoken.

Votes are given before those of others can be seen: judgements made apart carry more information than judgements that follow
the first speaker (Lorenz, Rauhut, Schweitzer & Helbing 2011).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.reliability import krippendorff

Stance = Literal["agree", "up", "down", "abstain"]
STANCES: tuple[Stance, ...] = ("agree", "up", "down", "abstain")


def entropy(counts: Sequence[int] | Ints) -> float:
    r"""Entropy of votes over grades, as a share of the largest possible.

    .. math:: H = -\frac{1}{\log K} \sum_k p_k \log p_k

    Parameters
    ----------
    counts : sequence of int, length K
        Votes for each grade.

    Returns
    -------
    float
        0 if all vote alike, 1 if every grade has as many votes; NaN without a vote, 0 with one grade only.

    References
    ----------
    Shannon (1948), Bell System Technical Journal 27, 379–423.

    Examples
    --------
    >>> round(entropy([2, 2, 0]), 3), entropy([4, 0, 0])
    (0.631, 0.0)
    """
    n = np.asarray(counts, dtype=np.float64)
    if not n.sum():
        return float("nan")
    if len(n) < 2:
        return 0.0
    p = n[n > 0] / n.sum()
    return abs(float((p * np.log(p)).sum() / np.log(len(n))))


def agreement(counts: Sequence[int] | Ints) -> float:
    r"""Mean weighted agreement of all pairs of voters on one case.

    .. math:: A = \binom{m}{2}^{-1} \sum_{i<j} \Bigl(1 - \frac{|g_i - g_j|}{K - 1}\Bigr)

    Parameters
    ----------
    counts : sequence of int, length K
        Votes for each grade, in order.

    Returns
    -------
    float
        1 if all vote alike, 0 if half vote for either end with two voters; NaN with fewer than two votes.

    References
    ----------
    Gwet (2014), Handbook of Inter-Rater Reliability, 4th ed., for linear weights.

    Examples
    --------
    >>> agreement([1, 1, 0]), agreement([1, 0, 1]), agreement([3, 0, 0])
    (0.5, 0.0, 1.0)
    """
    n = np.asarray(counts, dtype=np.float64)
    m, K = float(n.sum()), len(n)
    if m < 2:
        return float("nan")
    if K < 2:
        return 1.0
    weight = 1 - np.abs(np.subtract.outer(np.arange(K), np.arange(K))) / (K - 1)
    return float((n @ weight @ n - m) / (m * (m - 1)))


@dataclass(frozen=True)
class VoteAgreement:
    """Agreement of a committee over its cases.

    Attributes
    ----------
    cases, votes : int
        Cases with two votes or more, and the votes on them.
    observed : float
        Mean over cases of the mean weighted agreement of pairs of voters.
    expected : float
        The same of two votes drawn from all votes together: what the spread of grades alone would give.
    alpha : float
        Krippendorff's alpha, ordinal: 1 perfect, 0 no better than drawing votes at random; NaN if all votes are alike.
    """

    cases: int
    votes: int
    observed: float
    expected: float
    alpha: float


def overall(table: Floats | Ints) -> VoteAgreement:
    """Agreement over cases.

    Parameters
    ----------
    table : ndarray of int, shape (cases, K)
        Votes for each grade, by case.

    Returns
    -------
    VoteAgreement

    References
    ----------
    Krippendorff (2019), Content Analysis, 4th ed., ch. 12.

    Examples
    --------
    >>> import numpy as np
    >>> found = overall(np.array([[3, 0, 0], [0, 3, 0], [0, 1, 2]]))
    >>> found.cases, round(found.observed, 3), round(found.expected, 3)
    (3, 0.889, 0.556)
    """
    counts = np.asarray(table, dtype=np.int64)
    paired = counts[counts.sum(axis=1) >= 2]
    if not len(paired):
        return VoteAgreement(0, 0, float("nan"), float("nan"), float("nan"))
    case, grade = (
        a.repeat(paired.ravel())
        for a in (np.repeat(np.arange(len(paired)), paired.shape[1]), np.tile(np.arange(paired.shape[1]), len(paired)))
    )
    alpha = float("nan")
    if len(set(grade.tolist())) > 1:
        alpha = float(krippendorff.disagreement(case, grade.astype(np.float64), "ordinal").alpha().value)
    observed = float(np.mean([agreement(row) for row in paired]))
    return VoteAgreement(len(paired), int(paired.sum()), observed, agreement(paired.sum(axis=0)), alpha)


def tally(grades: Sequence[str], votes: Mapping[str, str | None]) -> Ints:
    """Count votes for each grade; abstentions count for none.

    >>> tally(["A", "B"], {"v1": "A", "v2": None, "v3": "A"}).tolist()
    [2, 0]
    """
    place = {g: k for k, g in enumerate(grades)}
    given = [place[g] for g in votes.values() if g is not None]
    return np.bincount(np.array(given, dtype=np.int64), minlength=len(grades))


def meant(stance: Stance, grades: Sequence[str], current: str | None, grade: str | None) -> str | None:
    """Grade a stance comes to: the one named, else the current one or its neighbour.

    >>> meant("up", ["A", "B", "C"], "B", None), meant("agree", ["A", "B"], "B", None), meant("abstain", ["A"], "A", None)
    ('A', 'B', None)
    """
    if stance == "abstain":
        return None
    if grade is not None or current is None:
        return grade
    step = {"agree": 0, "up": -1, "down": 1}[stance]
    return grades[min(max(grades.index(current) + step, 0), len(grades) - 1)]

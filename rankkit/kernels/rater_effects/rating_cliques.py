r"""Groups of people who rate each other higher than they rate, and are rated by, others: a scan over groups with its own null.

For a group G the residuals of the ratings inside it are added up, ``S_G = Σ_{i,j ∈ G} e_ij``, and divided by their standard
deviation, ``z_G = S_G / (σ̂ √v_G)``, σ̂ the residual standard deviation of the network and ``v_G = 1'M1`` for the indicator of those
ratings (M takes out the effects of ratees and raters). The statistic of a part of the network is the largest ``z_G`` over groups
of three or more. Groups that were *found* look striking in pure noise, therefore they are looked for again, in the same way and
with σ̂ computed again, in every permutation of the residuals, standardised by how exactly their raters rate: a group detected
once and tested on the data it was detected in rejects nearly always.

Parts of up to twelve people are searched exhaustively. In larger ones a group is grown around every person among those
this person exchanges ratings with, adding whoever raises ``S_G / √m_G`` most (m ratings inside).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations

import numpy as np
from numpy.random import Generator

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.rater_effects.social_relations import Relations

SMALLEST = 3
_EXHAUSTIVE = 12  # people of a part up to which every group is looked at
_LARGEST = 12  # people of a group grown in a larger part
_PAIRS = 15  # mutual pairs needed to estimate the reciprocity the null hypothesis allows for
_MOST = 0.9  # of that reciprocity
_PRECISE = 1e-9


@dataclass(frozen=True, eq=False)
class RatingGroup:
    """The group that stands out most in one part of a network.

    Attributes
    ----------
    part : int
        Connected part of the network.
    people : ndarray of int
        Members, codes as in the network, ascending.
    rest : ndarray of int
        The other people of the part.
    inside : ndarray of int
        Places of the ratings inside the group.
    z : float
        Standardised sum of their residuals.
    variance : float
        v: how much the ratings inside vary after the effects, in units of σ².
    p : float
        Share of permutations in which the part shows as striking a group.
    critical : float
        95 % point of the largest z in permutations.
    candidates : int
        Groups looked at; 0 where they were grown.
    """

    part: int
    people: Ints
    rest: Ints
    inside: Ints
    z: float
    variance: float
    p: float
    critical: float
    candidates: int


def rating_cliques(data: Relations, *, rng: Generator, times: int = 999) -> list[RatingGroup]:
    """Find the most striking group of every connected part and test it against permutations with detection repeated.

    The null hypothesis allows pairs to go together: each part with the reciprocity of the *other* parts, or, where these have
    too few pairs, of its own pairs outside the group found.

    Parameters
    ----------
    data : Relations
        Residuals of a network of ratings.
    rng : Generator
        For the permutations.
    times : int
        Permutations.

    Returns
    -------
    list of RatingGroup
        One a part of five people or more with residual variation; ties are broken in favour of the smaller group.

    References
    ----------
    The scaling by the residual standard deviation and the repeated detection are those of a scan statistic (Kulldorff 1997, A spatial
    scan statistic, Communications in Statistics: Theory and Methods 26, 1481–1496).

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.rater_effects.social_relations import relations
    >>> rng = np.random.default_rng(3)
    >>> i, j = np.nonzero(~np.eye(12, dtype=bool))
    >>> score = rng.normal(size=132) + 3.0 * ((i < 3) & (j < 3))
    >>> found = rating_cliques(relations(i, j, score, 12), rng=rng, times=199)[0]
    >>> found.people, bool(found.p < 0.05)
    (array([0, 1, 2]), True)
    """
    if not data.sigma > 0:
        return []
    scans = [scan for part in range(int(data.part.max(initial=-1)) + 1) if (scan := _scan(data, part)) is not None]
    observed = [scan.best(data.residual[None] / data.sigma) for scan in scans]
    reciprocity = _allowed(data, scans, [scan.people[member[0]] for scan, (_, member) in zip(scans, observed, strict=True)])
    largest = np.empty((times, len(scans)))
    start = 0
    for size in data.blocks(times):
        rows = data.exchanged(rng, size, reciprocity)
        scale = np.sqrt(np.einsum("ij,ij->i", rows, rows) / data.df)
        rows = rows / np.where(scale > 0, scale, 1.0)[:, None]
        for k, scan in enumerate(scans):
            largest[start : start + size, k] = scan.best(rows)[0]
        start += size
    out = []
    for k, (scan, (z, member)) in enumerate(zip(scans, observed, strict=True)):
        people = scan.people[member[0]]
        inside = np.flatnonzero(np.isin(data.rater, people) & np.isin(data.ratee, people))
        p = (1 + int((largest[:, k] >= z[0] - _PRECISE).sum())) / (times + 1)
        rest = np.setdiff1d(scan.people, people)
        variance = _variance(data, inside)
        out.append(RatingGroup(scan.part, people, rest, inside, float(z[0]), variance, p, float(np.quantile(largest[:, k], 0.95)), scan.n))
    return out


def _allowed(data: Relations, scans: list[_Scan], groups: list[Ints]) -> Floats:
    """Reciprocity that the null hypothesis grants each rating, 0 or more."""
    out = np.zeros(len(data.rater))
    for scan, people in zip(scans, groups, strict=True):
        own = data.part == scan.part
        use = data.mutual & ~own
        if use.sum() < 2 * _PAIRS:
            use = data.mutual & ~(own & np.isin(data.rater, people) & np.isin(data.ratee, people))
        if use.sum() >= 2 * _PAIRS:
            rho = float(replace(data, reverse=np.where(use, data.reverse, -1)).correlation(data.residual[None])[0])
            out[own] = np.clip(np.nan_to_num(rho), 0.0, _MOST)
    return out


def _variance(data: Relations, inside: Ints) -> float:
    """``1'M1`` of the ratings inside a group."""
    one = np.zeros((1, len(data.rater)))
    one[0, inside] = 1.0
    return float((data.project(one) ** 2).sum())


@dataclass(frozen=True, eq=False)
class _Scan:
    """How one part is searched: ``best`` returns the largest z and the members, for every row of residuals."""

    part: int
    people: Ints
    n: int
    best: Callable[[Floats], tuple[Floats, Bools]]


def _scan(data: Relations, part: int) -> _Scan | None:
    """Prepare the search of a part; None if it has fewer than five people or no group with ratings inside."""
    at = np.flatnonzero(data.part == part)
    people = np.union1d(data.rater[at], data.ratee[at])
    if len(people) < SMALLEST + 2:
        return None
    if len(people) > _EXHAUSTIVE:
        grown = _grown(data, at, people)
        return None if grown is None else _Scan(part, people, 0, grown)
    a, b = (np.searchsorted(people, codes[at]) for codes in (data.rater, data.ratee))
    groups = _groups(len(people))
    inside = (groups[:, a] & groups[:, b]).astype(np.float64)  # group × rating
    whole = np.zeros((len(groups), len(data.rater)))
    whole[:, at] = inside
    variance = (data.project(whole)[:, at] ** 2).sum(axis=1)
    # every member takes part, and pairs rate each other on average once or more
    linked = np.array([np.unique(np.concatenate([a[row], b[row]])).size for row in inside.astype(bool)])
    size = groups.sum(axis=1)
    keep = np.flatnonzero((linked == size) & (inside.sum(axis=1) >= size * (size - 1) / 2) & (variance > _PRECISE * len(at)))
    if not len(keep):
        return None
    weight, groups = inside[keep].T / np.sqrt(variance[keep]), groups[keep]

    def best(rows: Floats) -> tuple[Floats, Bools]:
        z = rows[:, at] @ weight
        top = z.max(axis=1)
        return top, groups[np.argmax(z >= top[:, None] - _PRECISE, axis=1)]  # the first of equals is the smallest

    return _Scan(part, people, len(keep), best)


@cache
def _groups(n: int) -> Bools:
    """All groups of three or more that leave three or more out (two or more of five), by size."""
    most = max(n - SMALLEST, SMALLEST)
    rows = [c for size in range(SMALLEST, most + 1) for c in combinations(range(n), size)]
    out = np.zeros((len(rows), n), dtype=bool)
    for k, c in enumerate(rows):
        out[k, list(c)] = True
    out.setflags(write=False)
    return out


def _grown(data: Relations, at: Ints, people: Ints) -> Callable[[Floats], tuple[Floats, Bools]] | None:
    """Search of a large part: groups grown around every person among those they exchange ratings with."""
    a, b = (np.searchsorted(people, codes[at]) for codes in (data.rater, data.ratee))
    n = len(people)
    known: dict[tuple[int, int], list[int]] = {}
    for k, (r, i) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        known.setdefault((min(r, i), max(r, i)), []).append(k)
    near: list[set[int]] = [set() for _ in range(n)]
    for (r, i), both in known.items():
        if len(both) == 2:
            near[r].add(i)
            near[i].add(r)
    circles = [(k, *sorted(s)) for k, s in enumerate(near) if len(s) >= SMALLEST - 1]
    if not circles:
        return None
    width = max(map(len, circles))
    first = np.full((len(circles), width, width), -1)
    second = first.copy()
    member = np.zeros((len(circles), n), dtype=bool)
    who = np.full((len(circles), width), -1)
    for c, circle in enumerate(circles):
        who[c, : len(circle)] = circle
        member[c, list(circle)] = True
        for x, y in combinations(range(len(circle)), 2):
            edge = known.get((min(circle[x], circle[y]), max(circle[x], circle[y])), [])
            for slot, k in zip((first, second), edge, strict=False):
                slot[c, x, y] = slot[c, y, x] = k
    count = (first >= 0).astype(np.float64) + (second >= 0)

    def best(rows: Floats) -> tuple[Floats, Bools]:
        top, chosen = np.full(len(rows), -np.inf), np.zeros((len(rows), n), dtype=bool)
        padded = np.concatenate([rows[:, at], np.zeros((len(rows), 1))], axis=1)
        for k in range(len(rows)):
            z, inside = _grow(padded[k][first] + padded[k][second], count, who >= 0)
            c = int(np.argmax(z >= z.max() - _PRECISE))
            top[k] = z[c]
            chosen[k, who[c, inside[c]]] = True
        return top, chosen

    return best


def _grow(total: Floats, count: Floats, there: Bools) -> tuple[Floats, Bools]:
    """Grow the group of each circle greedily from its first person; the best of all stages of three or more."""
    c, width = there.shape
    inside = np.zeros((c, width), dtype=bool)
    inside[:, 0] = True
    s, m, row = np.zeros(c), np.zeros(c), np.arange(c)
    best, kept = np.full(c, -np.inf), inside.copy()
    for size in range(2, min(width, _LARGEST) + 1):
        gain, more = (np.einsum("cij,cj->ci", part, inside) for part in (total, count))
        with np.errstate(invalid="ignore", divide="ignore"):
            z = np.where(there & ~inside & (more > 0), (s[:, None] + gain) / np.sqrt(m[:, None] + more), -np.inf)
        pick = np.argmax(z, axis=1)
        now = z[row, pick]
        grown = np.isfinite(now)
        inside[row[grown], pick[grown]] = True
        s[grown] += gain[row, pick][grown]
        m[grown] += more[row, pick][grown]
        better = grown & (size >= SMALLEST) & (now > best + _PRECISE) & (m >= size * (size - 1) / 2)
        best[better], kept[better] = now[better], inside[better]
    return best, kept

"""Do the changes made to people depend on the group they are in: changes permuted among all people of a stratum.

Under the null hypothesis the changes of a stratum (people who started from the same grade) fell on its people by lot, whatever
their group. The total of one group is then a sum of draws without replacement, stratum by stratum, and its distribution is
computed exactly; all groups together are tested by random permutations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from rankkit.kernels.arrays import Floats, Ints

_EQUAL = 1e-9  # distances from the mean this close are taken for equal
_CHUNK = 4_000_000  # values permuted at a time


@dataclass(frozen=True, eq=False)
class GroupChanges:
    """Mean change of each group against lot.

    Attributes
    ----------
    n : ndarray of int, shape (G,)
        People.
    mean, expected : ndarray, shape (G,)
        Mean change, and its mean over all permutations; NaN for a group of nobody.
    sd : ndarray, shape (G,)
        Standard deviation of the mean over all permutations.
    p : ndarray, shape (G,)
        Exact two-sided p: permutations whose mean is at least as far from the expected one. NaN where nothing can vary.
    overall : float
        p of all groups together, of the sum over groups of n(mean − expected)²; NaN where nothing can vary.
    """

    n: Ints
    mean: Floats
    expected: Floats
    sd: Floats
    p: Floats
    overall: float


def group_changes(change: Ints, stratum: Ints, group: Ints, n_groups: int, *, permutations: int = 9_999, seed: int = 0) -> GroupChanges:
    r"""Test the mean change of every group.

    .. math:: E(S_g) = \sum_s n_{gs} \bar x_s, \qquad
        \mathrm{Var}(S_g) = \sum_s \frac{n_{gs}(N_s - n_{gs})}{N_s (N_s - 1)} \sum_{i \in s} (x_i - \bar x_s)^2

    Parameters
    ----------
    change : ndarray of int, shape (N,)
        Grades up (positive) or down.
    stratum, group : ndarray of int, shape (N,)
        Codes from 0.
    n_groups : int
        Number of groups.
    permutations : int
        Random permutations of the overall test; its p is (1 + as extreme) / (1 + permutations).
    seed : int
        Of these. Neither the order of people nor that of groups matters.

    Returns
    -------
    GroupChanges

    References
    ----------
    Good (2005), Permutation, Parametric and Bootstrap Tests of Hypotheses, 3rd ed. Phipson & Smyth (2010), Statistical Applications in
    Genetics and Molecular Biology 9, 39, for the 1 in the overall p.

    Examples
    --------
    Three of one group's four people were moved down, nobody of the other four: 10 of 70 divisions are that uneven.

    >>> import numpy as np
    >>> found = group_changes(np.array([-1, -1, -1, 0, 0, 0, 0, 0]), np.zeros(8, int), np.repeat([0, 1], 4), 2)
    >>> found.mean.tolist(), found.p.round(4).tolist()
    ([-0.75, 0.0], [0.1429, 0.1429])
    """
    x, s, g = (np.asarray(a, dtype=np.int64) for a in (change, stratum, group))
    n_strata = int(s.max(initial=-1)) + 1
    counts = np.zeros((n_groups, max(n_strata, 1)), dtype=np.int64)
    np.add.at(counts, (g, s), 1)
    size = counts.sum(axis=0)
    safe = np.maximum(size, 1)
    centre = np.bincount(s, x, minlength=len(size)) / safe
    spread = np.bincount(s, x.astype(np.float64) ** 2, minlength=len(size)) - safe * centre**2
    total = np.asarray(np.bincount(g, x, minlength=n_groups), dtype=np.float64)
    expected: Floats = np.asarray(counts @ centre, dtype=np.float64)
    variance = (counts * (size - counts) / (safe * np.maximum(safe - 1, 1)) * np.where(size > 1, spread, 0.0)).sum(axis=1)
    n = counts.sum(axis=1)
    p = np.full(n_groups, np.nan)
    for k in np.flatnonzero(variance > _EQUAL):
        lowest, chances = 0, np.ones(1)
        for j in np.flatnonzero(counts[k]):
            low, more = _sum_of_draws(x[s == j], int(counts[k, j]))
            lowest, chances = lowest + low, np.convolve(chances, more)
        distance = np.abs(lowest + np.arange(len(chances)) - expected[k])
        p[k] = min(float(chances[distance >= abs(total[k] - expected[k]) - _EQUAL].sum()), 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = [np.where(n > 0, a / n, np.nan) for a in (total, expected, np.sqrt(variance))]
    varies = bool((variance > _EQUAL).any())
    overall = _overall(x, s, counts, expected, total, permutations, seed) if varies else float("nan")
    return GroupChanges(n, means[0], means[1], means[2], p, overall)


def _sum_of_draws(x: Ints, n: int) -> tuple[int, Floats]:
    """Exact distribution of the sum of n of these values drawn without replacement: smallest sum, and probabilities from there on."""
    values, count = np.unique(x[x != 0], return_counts=True)
    lowest = int((values * np.minimum(count, n))[values < 0].sum())
    highest = int((values * np.minimum(count, n))[values > 0].sum())
    table = np.zeros((n + 1, highest - lowest + 1))  # by values drawn that are not 0, and their sum
    table[0, -lowest] = 1.0
    left = len(x)
    for value, c in zip(values.tolist(), count.tolist(), strict=True):
        drawn = np.arange(n + 1)
        new = np.zeros_like(table)
        for k in range(min(c, n) + 1):
            chance: Floats = np.asarray(stats.hypergeom.pmf(k, left, c, np.minimum(n - drawn, left)), dtype=np.float64)
            new[k:] += np.roll(table[: n + 1 - k] * chance[: n + 1 - k, None], k * value, axis=1)
        table, left = new, left - c
    out: Floats = table.sum(axis=0)
    return lowest, out / out.sum()


def _overall(x: Ints, s: Ints, counts: Ints, expected: Floats, total: Floats, permutations: int, seed: int) -> float:
    """Test all groups together by random permutations, people and groups in an order that names have no part in."""
    n = counts.sum(axis=1)
    order = np.lexsort(counts.T[::-1])  # groups by how many people they have in each stratum
    used = n[order] > 0
    order = order[used]
    seen = float(((total[order] - expected[order]) ** 2 / n[order]).sum())
    strata = [j for j in range(counts.shape[1]) if np.ptp(x[s == j]) > 0] if len(x) else []
    fixed: Floats = np.zeros(len(order))
    for j in range(counts.shape[1]):
        if j not in strata and (s == j).any():
            fixed += counts[order, j] * x[s == j].mean()
    rng = np.random.default_rng(seed)
    beyond, rows = 0, max(1, _CHUNK // max(len(x), 1))
    for start in range(0, permutations, rows):
        size = min(rows, permutations - start)
        sums = np.tile(fixed, (size, 1))
        for j in strata:
            values = np.tile(np.sort(x[s == j]), (size, 1))
            shuffled = rng.permuted(values, axis=1)
            edges = np.concatenate([[0], np.cumsum(counts[order, j])])
            running = np.concatenate([np.zeros((size, 1)), np.cumsum(shuffled, axis=1)], axis=1)
            sums += running[:, edges[1:]] - running[:, edges[:-1]]
        beyond += int((((sums - expected[order]) ** 2 / n[order]).sum(axis=1) >= seen - _EQUAL).sum())
    return (1 + beyond) / (1 + permutations)

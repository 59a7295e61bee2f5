"""Slow and plain versions of the Plackett-Luce kernels: every order and every set is listed."""

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy.optimize import minimize

from rankkit.kernels.rankings.ranking_lists import RankingLists, from_matrix


def groups_of(lists: RankingLists) -> list[list[tuple[list[int], bool]]]:
    """Each list as places from the best down: the people there, and whether they were left over."""
    out = []
    for k in range(lists.size):
        part = range(lists.start[k], lists.start[k + 1])
        places = sorted({int(lists.place[e]) for e in part})
        out.append(
            [
                ([int(lists.item[e]) for e in part if lists.place[e] == p], any(lists.left_over[e] for e in part if lists.place[e] == p))
                for p in places
            ]
        )
    return out


def all_orders(worth, group, below):
    """Chance that the group comes before all below, summed over its orders."""
    total = 0.0
    for order in itertools.permutations(group):
        chance = 1.0
        for k, person in enumerate(order):
            chance *= math.exp(worth[person]) / sum(math.exp(worth[j]) for j in (*order[k:], *below))
        total += chance
    return total


def marginal_chances(lists, worth):
    """Probability of each ranking, summed over the orders nobody recorded."""
    out = []
    for places in groups_of(lists):
        chance = 1.0
        for k, (group, _) in enumerate(places[:-1]):
            chance *= all_orders(worth, group, [j for later, _ in places[k + 1 :] for j in later])
        out.append(chance)
    return np.array(out)


def tie_chances(lists, worth, delta):
    """Probability of each ranking under Davidson and Luce's model; ``delta`` maps the size of a tie to its parameter."""
    delta = {1: 1.0, **delta}

    def mass(chosen):
        return delta.get(len(chosen), 0.0) * math.exp(sum(worth[i] for i in chosen) / len(chosen))

    out = []
    for places in groups_of(lists):
        chance = 1.0
        for k, (group, left_over) in enumerate(places):
            left = [j for later, _ in places[k:] for j in later]
            if left_over:
                break
            sets = (s for t in delta if t <= len(left) for s in itertools.combinations(left, t))
            chance *= mass(group) / sum(mass(s) for s in sets)
        out.append(chance)
    return np.array(out)


def maximum(lists, *, sizes=None, prior_sd=math.inf):
    """Worths (and log tie parameters) by a general optimiser on the plain likelihood."""
    n = lists.n

    def lack(x):
        worth = x[:n] - x[:n].mean()
        if sizes is None:
            chances = marginal_chances(lists, worth)
        else:
            chances = tie_chances(lists, worth, {t: math.exp(d) for t, d in zip(sizes, x[n:], strict=True)})
        prior = 0.5 * float(np.sum(worth**2)) / prior_sd**2
        return -float(lists.weight @ np.log(chances)) + prior + 0.5 * float(x[:n].mean()) ** 2

    found = minimize(lack, np.zeros(n + len(sizes or ())), method="BFGS", options={"gtol": 1e-8})
    return np.concatenate([found.x[:n] - found.x[:n].mean(), found.x[n:]]), -found.fun


def weak_orders(n):
    """All rankings of n people with ties, as ranks."""
    return np.array(sorted({tuple(np.unique(r, return_inverse=True)[1] + 1.0) for r in itertools.product(range(n), repeat=n)}))


def orders(n):
    """All rankings of n people without ties, as ranks."""
    return np.array([np.argsort(p) + 1.0 for p in itertools.permutations(range(n))])


def drawn(rng, worth, lists, longest, *, scale=1.0):
    """Rankings drawn from the model, each of ``longest`` people taken at random, as a matrix of ranks."""
    n = len(worth)
    ranks = np.full((lists, n), np.nan)
    for k in range(lists):
        shown = rng.choice(n, longest, replace=False)
        order = shown[np.argsort(-(scale * worth[shown] + rng.gumbel(size=longest)))]
        ranks[k, order] = np.arange(longest) + 1.0
    return ranks


def muddled(rng, lists, n, *, ties=True, left_over=True, absent=True, weights=True):
    """Rankings without a model behind them, with ties, people left over and people absent."""
    ranks = rng.integers(1, 4 if ties else 10**6, size=(lists, n)).astype(float)
    if absent:
        ranks[rng.random(ranks.shape) < 0.2] = np.nan
    if left_over:
        ranks[rng.random(ranks.shape) < 0.15] = np.inf
    return from_matrix(ranks, rater=np.arange(lists) % 5, weight=rng.random(lists) + 0.5 if weights else None)

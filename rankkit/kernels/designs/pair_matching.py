"""Pairing people off, each with one partner: as many pairs as can be, neighbours in a given order preferred."""

from __future__ import annotations

from collections import deque

import numpy as np

from rankkit.kernels.arrays import Bools, Ints


def pair_off(order: Ints, allowed: Bools) -> Ints:
    """Pair people with near neighbours in an order, so that as few as possible are left over.

    From the front of the order everybody takes the nearest free permitted partner. Who is left over then is brought in
    along augmenting paths (Edmonds 1965), so that the number of pairs is the greatest there is: in a Swiss round a
    rematch is avoided wherever it can be.

    Parameters
    ----------
    order : ndarray of int, shape (m,)
        People to be paired off, e.g. best first.
    allowed : ndarray of bool, shape (n, n)
        Whether two people may be paired; symmetric.

    Returns
    -------
    ndarray of int, shape (n,)
        Partner of each person; -1 for who is left over or not in ``order``.

    Notes
    -----
    Edmonds, J. (1965). Paths, trees, and flowers. *Canadian Journal of Mathematics*, 17.

    Examples
    --------
    >>> import numpy as np
    >>> allowed = np.ones((4, 4), dtype=bool)
    >>> allowed[0, 1] = allowed[1, 0] = False
    >>> pair_off(np.arange(4), allowed)
    array([2, 3, 0, 1])
    """
    n = len(allowed)
    partner = np.full(n, -1, dtype=np.int64)
    free = np.zeros(n, dtype=np.bool_)
    free[order] = True
    for place, i in enumerate(order.tolist()):
        if partner[i] >= 0:
            continue
        later = order[place + 1 :]
        possible = later[allowed[i, later] & (partner[later] < 0) & (later != i)]
        if len(possible):
            j = int(possible[0])
            partner[i], partner[j] = j, i
    left = [int(i) for i in order if partner[i] < 0]
    if len(left) > 1:
        neighbours = [np.flatnonzero(allowed[i] & free & (np.arange(n) != i)).tolist() if free[i] else [] for i in range(n)]
        found = partner.tolist()
        for i in left:
            if found[i] < 0:
                _augment(i, found, neighbours)
        partner = np.array(found, dtype=np.int64)
    return partner


def _augment(root: int, partner: list[int], neighbours: list[list[int]]) -> bool:
    """Grow an alternating tree from a free person, shrinking odd cycles, until another free person is met; re-pair along the path."""
    n = len(partner)
    base = list(range(n))  # of the odd cycle a person was shrunk into
    before = [-1] * n  # previous person on the alternating path, for persons at odd distance
    even = [False] * n
    even[root] = True
    queue = deque([root])

    def meet(a: int, b: int) -> int:
        seen = set()
        while True:
            a = base[a]
            seen.add(a)
            if partner[a] < 0:
                break
            a = before[partner[a]]
        while base[b] not in seen:
            b = before[partner[base[b]]]
        return base[b]

    def mark(v: int, top: int, child: int, inside: set[int]) -> None:
        while base[v] != top:
            inside |= {base[v], base[partner[v]]}
            before[v] = child
            child = partner[v]
            v = before[partner[v]]

    while queue:
        v = queue.popleft()
        for w in neighbours[v]:
            if base[v] == base[w] or partner[v] == w:
                continue
            if w == root or (partner[w] >= 0 and before[partner[w]] >= 0):  # both at even distance: an odd cycle
                top = meet(v, w)
                inside: set[int] = set()
                mark(v, top, w, inside)
                mark(w, top, v, inside)
                for u in range(n):
                    if base[u] in inside:
                        base[u] = top
                        if not even[u]:
                            even[u] = True
                            queue.append(u)
            elif before[w] < 0:
                before[w] = v
                if partner[w] < 0:
                    end = w
                    while end >= 0:
                        mate = before[end]
                        following = partner[mate]
                        partner[mate], partner[end] = end, mate
                        end = following
                    return True
                even[partner[w]] = True
                queue.append(partner[w])
    return False

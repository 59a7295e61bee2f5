"""Random designs in which everybody is compared equally often."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Ints
from rankkit.kernels.designs.cyclic_designs import cyclic
from rankkit.kernels.designs.pair_designs import PairDesign, check_degree, components, design_of, pair_keys

_MIXING = 10  # switches tried for each pair; the chain forgets its start long before
_STUBBORN = 120  # rounds of switches to get rid of forbidden pairs, or to join two parts, before giving up
_ATTEMPTS = 5  # designs begun anew where pairs are forbidden


def random_regular(n: int, k: int, rng: Generator, forbidden: Ints | None = None) -> PairDesign:
    """Draw a connected design in which everybody is compared with ``k`` different people.

    A cyclic design under random labels, shuffled by random switches of two pairs ``ab, cd`` into ``ac, bd``, which keep
    everybody's number of comparisons; switches go on until no forbidden pair is left and everybody is linked.

    Parameters
    ----------
    n, k : int
        People, and comparisons of each; ``n k`` must be even and ``2 <= k < n``.
    rng : Generator
        Source of the random numbers.
    forbidden : ndarray of int, shape (f, 2), optional
        Pairs that must not be compared.

    Returns
    -------
    PairDesign
        Simple, ``k``-regular and connected.

    Raises
    ------
    SettingsError
        ``E-KRANGE``, ``E-ODDTOTAL``; ``E-NOREGULAR`` if no such design that avoids the forbidden pairs was found.

    Notes
    -----
    Cooper, C., Dyer, M. & Greenhill, C. (2007). Sampling regular graphs and a peer-to-peer network. *Combinatorics,
    Probability and Computing*, 16 (the switch chain is rapidly mixing, with the uniform distribution as its limit).

    Examples
    --------
    >>> import numpy as np
    >>> found = random_regular(9, 4, np.random.default_rng(0))
    >>> found.connected, found.degree
    (True, array([4, 4, 4, 4, 4, 4, 4, 4, 4]))
    """
    check_degree(n, k)
    banned = {int(v) for v in pair_keys(n, forbidden)}
    for _ in range(_ATTEMPTS if banned else 1):
        base = cyclic(n, k)
        label = rng.permutation(n)
        pairs = _Switching(n, label[base.first].tolist(), label[base.second].tolist(), banned)
        pairs.mix(rng, _MIXING * len(base.first))
        if pairs.avoid(rng) and pairs.join(rng):
            return design_of(n, np.array(pairs.a, dtype=np.int64), np.array(pairs.b, dtype=np.int64))
    raise SettingsError("E-NOREGULAR", k=k, n=n, excluded=len(banned))


class _Switching:
    """Pairs under random switches that keep everybody's number of comparisons."""

    def __init__(self, n: int, a: list[int], b: list[int], banned: set[int]) -> None:
        self.n, self.a, self.b, self.banned = n, a, b, banned
        self.present = {self._key(i, j) for i, j in zip(a, b, strict=True)}

    def _key(self, i: int, j: int) -> int:
        return i * self.n + j if i < j else j * self.n + i

    def switch(self, e: int, f: int, flip: bool) -> bool:
        """Turn pairs ``ab, cd`` into ``ac, bd`` (or ``ad, bc``) unless that repeats a pair or adds forbidden ones."""
        a, b = self.a[e], self.b[e]
        c, d = (self.b[f], self.a[f]) if flip else (self.a[f], self.b[f])
        new = self._key(a, c), self._key(b, d)
        if {a, b} & {c, d} or new[0] in self.present or new[1] in self.present:
            return False
        old = self._key(a, b), self._key(c, d)
        if sum(v in self.banned for v in new) > sum(v in self.banned for v in old):
            return False
        self.present -= {*old}
        self.present |= {*new}
        self.a[e], self.b[e], self.a[f], self.b[f] = a, c, b, d
        return True

    def mix(self, rng: Generator, tries: int) -> None:
        """Try random switches."""
        for e, f, flip in rng.integers(0, [len(self.a), len(self.a), 2], size=(tries, 3)).tolist():
            if e != f:
                self.switch(e, f, bool(flip))

    def avoid(self, rng: Generator) -> bool:
        """Switch forbidden pairs away; False if some stay."""
        for _ in range(_STUBBORN):
            bad = [e for e, (i, j) in enumerate(zip(self.a, self.b, strict=True)) if self._key(i, j) in self.banned]
            if not bad:
                return True
            for e in bad:
                for f, flip in rng.integers(0, [len(self.a), 2], size=(8, 2)).tolist():
                    if f != e and self.switch(e, f, bool(flip)):
                        break
        return False

    def join(self, rng: Generator) -> bool:
        """Switch pairs of different parts until everybody is linked; False if that fails."""
        for _ in range(_STUBBORN):
            part = components(np.array(self.a), np.array(self.b), self.n)
            if not part.max():
                return True
            part_of_pair = part[np.array(self.a)]
            e = int(rng.choice(np.flatnonzero(part_of_pair == 0)))
            f = int(rng.choice(np.flatnonzero(part_of_pair != 0)))
            before = self.a[e], self.b[e], self.a[f], self.b[f]
            if self.switch(e, f, bool(rng.integers(2))):
                after = components(np.array(self.a), np.array(self.b), self.n)
                if after.max() > part.max():  # both pairs were the only links of their parts
                    self._restore(e, f, before)
        return False

    def _restore(self, e: int, f: int, before: tuple[int, int, int, int]) -> None:
        self.present -= {self._key(self.a[e], self.b[e]), self._key(self.a[f], self.b[f])}
        self.a[e], self.b[e], self.a[f], self.b[f] = before
        self.present |= {self._key(before[0], before[1]), self._key(before[2], before[3])}

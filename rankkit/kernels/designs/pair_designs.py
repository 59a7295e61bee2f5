"""Pairs to be compared: what a design is, and the complete one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from rankkit.errors import SettingsError
from rankkit.kernels.arrays import Ints


@dataclass(frozen=True)
class PairDesign:
    """Pairs to be compared, each unordered pair once.

    Attributes
    ----------
    n : int
        Number of people.
    first, second : ndarray of int, shape (pairs,)
        Codes of the two people, ``first < second``, sorted by ``(first, second)``.
    """

    n: int
    first: Ints
    second: Ints

    @cached_property
    def degree(self) -> Ints:
        """Comparisons of each person, shape (n,)."""
        return np.bincount(np.concatenate([self.first, self.second]), minlength=self.n).astype(np.int64)

    @cached_property
    def component(self) -> Ints:
        """Connected component of each person, shape (n,)."""
        return components(self.first, self.second, self.n)

    @property
    def connected(self) -> bool:
        """Whether everybody is linked to everybody, directly or through others."""
        return bool(self.component.max(initial=0) == 0)

    @cached_property
    def efficiency(self) -> float:
        """A-efficiency relative to comparing all pairs equally often, between equals; 0 if not connected, 1 if complete.

        The mean variance of a difference of the balanced design over that of this one, at the same number of
        comparisons: ``(n - 1)² / (trace(L) * trace(L+))`` with ``L`` the Laplacian of the pairs.
        """
        if not self.connected or self.n < 2:
            return 0.0
        L = np.diag(self.degree.astype(np.float64))
        L[self.first, self.second] = L[self.second, self.first] = -1.0
        roots = np.linalg.eigvalsh(L)[1:]
        return float((self.n - 1) ** 2 / (roots.sum() * np.sum(1 / roots)))


def components(first: Ints, second: Ints, n: int) -> Ints:
    """Number the connected parts of a comparison graph.

    Parameters
    ----------
    first, second : ndarray of int, shape (pairs,)
        Codes of the two people.
    n : int
        Number of people.

    Returns
    -------
    ndarray of int, shape (n,)
        Part of each person, 0, 1, … in order of the first member; a person never compared is alone.

    Examples
    --------
    >>> import numpy as np
    >>> components(np.array([0, 2]), np.array([2, 3]), 4)
    array([0, 1, 0, 0])
    """
    graph = csr_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(n, n))
    label = connected_components(graph, directed=False)[1]
    _, start, inverse = np.unique(label, return_index=True, return_inverse=True)
    place = np.empty(len(start), dtype=np.int64)
    place[np.argsort(start)] = np.arange(len(start))
    return np.asarray(place[inverse], dtype=np.int64)


def complete(n: int, forbidden: Ints | None = None) -> PairDesign:
    """Take all ``n (n - 1) / 2`` pairs but the forbidden ones.

    Parameters
    ----------
    n : int
        Number of people.
    forbidden : ndarray of int, shape (f, 2), optional
        Pairs that must not be compared.

    Returns
    -------
    PairDesign

    Examples
    --------
    >>> complete(4).degree, len(complete(30).first)
    (array([3, 3, 3, 3]), 435)
    """
    first, second = np.triu_indices(n, 1)
    keep = ~np.isin(first * n + second, pair_keys(n, forbidden))
    return PairDesign(n, first[keep].astype(np.int64), second[keep].astype(np.int64))


def check_degree(n: int, k: int, *, even_total: bool = True, times: int = 1) -> None:
    """Refuse numbers of comparisons per person that no design has.

    Parameters
    ----------
    n, k : int
        People, and comparisons of each.
    even_total : bool
        Whether everybody must have exactly ``k``, so that ``n k`` must be even.
    times : int
        How often a pair may be compared.

    Raises
    ------
    SettingsError
        ``E-KRANGE`` unless ``2 <= k <= times * (n - 1)`` (with fewer than two each, the comparisons cannot link everybody),
        ``E-ODDTOTAL`` if ``n k`` is odd.

    Examples
    --------
    >>> check_degree(10, 4)
    """
    most = times * (n - 1)
    if not 2 <= k <= most:
        raise SettingsError("E-KRANGE", k=k, n=n, most=most)
    if even_total and n * k % 2:
        raise SettingsError("E-ODDTOTAL", k=k, n=n, total=n * k, options=[v for v in (k - 1, k + 1) if 2 <= v <= most])


def pair_keys(n: int, pairs: Ints | None) -> Ints:
    """Unordered pairs as single numbers."""
    if pairs is None or not len(pairs):
        return np.zeros(0, dtype=np.int64)
    return np.unique(pairs.min(axis=1).astype(np.int64) * n + pairs.max(axis=1))


def design_of(n: int, a: Ints, b: Ints) -> PairDesign:
    """Put pairs into their canonical order."""
    key = np.sort(np.minimum(a, b).astype(np.int64) * n + np.maximum(a, b))
    return PairDesign(n, key // n, key % n)

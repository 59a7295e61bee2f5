"""Texts that are nearly the same: longest common subsequence of characters, with a filter that loses none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from rankkit.kernels.arrays import Floats, Ints

_Q = 3  # characters of a shingle
_BLOCK = 2048  # texts whose overlaps are counted at a time


@dataclass(frozen=True, eq=False)
class SimilarPairs:
    """Pairs of texts that are alike, ``first < second``, most alike first.

    Attributes
    ----------
    first, second : ndarray of int, shape (k,)
    similarity : ndarray, shape (k,)
        2·LCS/(m + n): share of the characters of both texts that stand in their longest common subsequence.
    """

    first: Ints
    second: Ints
    similarity: Floats


def common_subsequence(a: str, b: str) -> int:
    """Length of the longest common subsequence of two strings, bit by bit.

    One step a character of ``b`` on integers of ``len(a)`` bits (Hyyrö 2004).

    References
    ----------
    Hyyrö (2004), Bit-parallel LCS-length computation revisited, AWOCA, 16-27.

    Examples
    --------
    >>> common_subsequence("当天回电道歉", "当天道歉"), common_subsequence("", "x")
    (4, 0)
    """
    where: dict[str, int] = {}
    for k, c in enumerate(a):
        where[c] = where.get(c, 0) | (1 << k)
    full = (1 << len(a)) - 1
    v = full
    for c in b:
        u = v & where.get(c, 0)
        v = ((v + u) | (v - u)) & full
    return len(a) - v.bit_count()


def similarity(a: str, b: str) -> float:
    """2·LCS/(m + n), 1 for equal strings; 0 where one is empty.

    >>> similarity("abcd", "abxd")
    0.75
    """
    return 2 * common_subsequence(a, b) / (len(a) + len(b)) if a and b else 0.0


def similar_pairs(texts: Sequence[str], threshold: float = 0.9, shortest: int = 12) -> SimilarPairs:
    """Find all pairs of texts whose similarity reaches a threshold.

    Pairs are compared only if they share enough shingles of three characters: d edits (of one character each) leave at least
    m − 2 − 3d of a text's m − 2 shingles (Ukkonen 1992), so that no pair over the threshold is lost.

    Parameters
    ----------
    texts : sequence of str
        Already normalised (case, width, blanks).
    threshold : float
        From .85 to 1.
    shortest : int
        Characters below which a text is not compared: short phrases are alike by nature.

    Returns
    -------
    SimilarPairs

    Raises
    ------
    ValueError
        For a threshold below .85, where the filter would let pairs through.

    References
    ----------
    Ukkonen (1992), Approximate string-matching with q-grams and maximal matches, Theoretical Computer Science 92, 191-211.

    Examples
    --------
    >>> found = similar_pairs(["当天回电并道歉，补发配件。", "当天回电并道歉，补发了配件。", "迟到三次，无人接听电话，无解释"])
    >>> found.first, found.second, found.similarity.round(3)
    (array([0]), array([1]), array([0.963]))
    """
    if not 0.85 <= threshold <= 1:
        msg = f"a threshold of {threshold} is not from 0.85 to 1"
        raise ValueError(msg)
    long = np.array([k for k, t in enumerate(texts) if len(t) >= shortest], dtype=np.int64)
    first, second = _candidates([texts[k] for k in long], threshold)
    value = np.array([similarity(texts[long[i]], texts[long[j]]) for i, j in zip(first, second, strict=True)], dtype=np.float64)
    keep = value >= threshold - 1e-12
    i, j, value = long[first[keep]], long[second[keep]], value[keep]
    order = np.lexsort((j, i, -value))
    return SimilarPairs(i[order], j[order], value[order])


def _candidates(texts: Sequence[str], threshold: float) -> tuple[Ints, Ints]:
    """Pairs that share enough shingles, counted with repetition (the k-th occurrence of a shingle is one of its own)."""
    if len(texts) < 2:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    codes: dict[tuple[str, int], int] = {}
    rows, columns = [], []
    for row, text in enumerate(texts):
        seen: dict[str, int] = {}
        for k in range(len(text) - _Q + 1):
            gram = text[k : k + _Q]
            seen[gram] = seen.get(gram, 0) + 1
            rows.append(row)
            columns.append(codes.setdefault((gram, seen[gram]), len(codes)))
    shape = (len(texts), len(codes))
    grams = sparse.csr_array((np.ones(len(rows), dtype=np.int32), (rows, columns)), shape=shape)
    size = np.array([len(t) for t in texts])
    out: list[tuple[Ints, Ints]] = []
    for start in range(0, len(texts), _BLOCK):
        shared = (grams[start : start + _BLOCK] @ grams.T).tocoo()
        i, j = shared.coords[0].astype(np.int64) + start, shared.coords[1].astype(np.int64)
        # deletions from i: m − LCS, insertions: n − LCS; one deletion ends 3 of i's shingles, one insertion breaks 2
        common = threshold * (size[i] + size[j]) / 2
        least = size[i] - _Q + 1 - _Q * (size[i] - common) - (_Q - 1) * (size[j] - common)
        keep = (i < j) & (shared.data >= np.floor(least))
        out.append((i[keep], j[keep]))
    return np.concatenate([a for a, _ in out]), np.concatenate([b for _, b in out])

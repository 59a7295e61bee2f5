"""Designs of ``y = Xβ + Σ_k Z_k b_k + e`` for any crossed or nested random effects, cut into blocks for absorption.

Effects nested in one factor (say ratee, ratee × rater and ratee × dimension, all nested in ratees) fall apart into
small independent blocks. They are absorbed block by block; what is left, the fixed effects and the effects that cross
all blocks (rater, dimension, rater × dimension), stays dense. Rows that are alike in everything but the score are one
cell with a weight, and blocks with the same cross-products are one pattern with several members.

Sources: Henderson (1984), absorption; Golub & Van Loan (2013), block elimination.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.components.mixed_fixed import FixedPart
from rankkit.kernels.components.mixed_nesting import choose_blocks

Effect = tuple[ArrayLike, int] | tuple[ArrayLike, int, ArrayLike | None]
LIMIT = 10_000  # columns of the dense part: 0.8 GB for each of the six matrices an iteration holds
_CHUNK = 2**18  # numbers in one batch of blocks: they stay in the cache of the processor
_SAME = 1e-12  # relative difference of checksums below which two blocks are compared entry by entry


@dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks of the same padded size: q absorbed levels by c columns of the dense part.

    Attributes
    ----------
    gram : ndarray, shape (n_patterns, q, q)
        R = Z'Z of the absorbed levels.
    cross : ndarray, shape (n_patterns, q, c)
        K = Z'G with the columns of the dense part that occur.
    effect : int array, shape (n_patterns, q)
        Effect of each absorbed level, −1 for padding.
    columns : int array, shape (n_patterns, c)
        Columns of the dense part; its size (one past the end) for padding.
    rows : int array, shape (n_members, q)
        Absorbed levels; their number (one past the end) for padding.
    pattern : int array, shape (n_members,)
        Pattern of each block, ascending.
    count : ndarray, shape (n_patterns,)
        Members of each pattern.
    """

    gram: Floats
    cross: Floats
    effect: Ints
    columns: Ints
    rows: Ints
    pattern: Ints
    count: Floats

    @property
    def single(self) -> bool:
        """Whether every pattern has one member."""
        return len(self.pattern) == len(self.count)


class MixedDesign:
    """The design: which effects are absorbed, the blocks, and the raw cross-products of the dense part.

    Attributes
    ----------
    levels : int array, shape (K,)
        Levels of each effect.
    absorbed, dense : lists of int
        Effects absorbed, in the order of their flat levels; effects kept dense, in the order of their columns.
    first_absorbed, first_dense : int arrays, shape (K,)
        First flat level, or first column of the dense part, of each effect; −1 where it is the other kind.
    n_absorbed, n_dense : int
        Flat levels; columns of the dense part, those of the fixed effects first.
    base : ndarray, shape (n_dense, n_dense)
        G'G before absorption.
    """

    def __init__(self, effects: Sequence[Effect], fixed: ArrayLike | None, n: int) -> None:
        codes = [np.asarray(e[0], dtype=np.int64) for e in effects]
        values = [None if len(e) < 3 or e[2] is None else np.asarray(e[2], dtype=np.float64) for e in effects]
        self.levels = np.array([int(e[1]) for e in effects], dtype=np.int64)
        self.n, self.k = n, len(codes)
        self.fixed = FixedPart(fixed, n)
        self.cell, first, self.weight = _cells(codes, values, self.fixed.columns)
        self.codes = [c[first] for c in codes]
        self.values = [None if v is None else v[first] for v in values]
        self.x = self.fixed.columns[first]
        self.p = self.x.shape[1]
        in_block, block = choose_blocks(self.codes, self.levels, self.p)
        self.absorbed = [int(k) for k in np.flatnonzero(in_block)]
        self.dense = [int(k) for k in np.flatnonzero(~in_block)]
        self.n_dense = int(self.p + self.levels[self.dense].sum())
        self.n_absorbed = int(self.levels[self.absorbed].sum())
        if self.n_dense > LIMIT:
            raise ConvergenceError("E-MIXEDSIZE", levels=self.n_dense, limit=LIMIT)
        self.first_absorbed, self.first_dense = np.full(self.k, -1), np.full(self.k, -1)
        self.first_absorbed[self.absorbed] = np.cumsum(np.r_[0, self.levels[self.absorbed]])[:-1]
        self.first_dense[self.dense] = self.p + np.cumsum(np.r_[0, self.levels[self.dense]])[:-1]
        g = self._columns()
        weighted = g.copy()
        weighted.data *= self.weight[np.repeat(np.arange(len(self.weight)), np.diff(g.indptr))]
        self.base: Floats = np.asarray((g.T.tocsr() @ weighted).toarray())
        self.fixed.keep_products(self.base[: self.p, : self.p])
        self.blocks = self._blocks(block, g) if len(self.absorbed) else []

    def dense_part(self, k: int) -> slice:
        """Columns of effect k in the dense part."""
        return slice(self.first_dense[k], self.first_dense[k] + self.levels[k])

    def absorbed_part(self, k: int) -> slice:
        """Flat levels of effect k."""
        return slice(self.first_absorbed[k], self.first_absorbed[k] + self.levels[k])

    def pick(self, k: int, absorbed: Floats, dense: Floats) -> Floats:
        """Part of effect k out of a pair of stacked vectors or matrices."""
        return absorbed[self.absorbed_part(k)] if self.first_absorbed[k] >= 0 else dense[self.dense_part(k)]

    def indicator(self, k: int) -> sparse.csr_array:
        """Z_k, one row a cell."""
        rows = len(self.weight)
        data = self.values[k]
        data = np.ones(rows) if data is None else data
        return sparse.csr_array((data, self.codes[k], np.arange(rows + 1)), shape=(rows, int(self.levels[k])))

    def expand(self, k: int, effect: Floats) -> Floats:
        """Z_k times a vector, one entry a cell."""
        out: Floats = effect[self.codes[k]]
        v = self.values[k]
        return out if v is None else out * v

    def totals(self, y: Floats) -> tuple[Floats, Floats]:
        """Z'y of the absorbed levels and G'y for a weighted sum of scores per cell."""
        absorbed = np.zeros(self.n_absorbed)
        dense = np.zeros(self.n_dense)
        dense[: self.p] = self.x.T @ y
        for k in range(self.k):
            v = self.values[k]
            total = np.bincount(self.codes[k], y if v is None else y * v, self.levels[k])
            if self.first_absorbed[k] >= 0:
                absorbed[self.absorbed_part(k)] = total
            else:
                dense[self.dense_part(k)] = total
        return absorbed, dense

    def _columns(self) -> sparse.csr_array:
        """G = [X, Z of the effects kept dense], one row a cell."""
        parts = [self.x, *(self.indicator(k) for k in self.dense)]
        return sparse.csr_array(sparse.hstack(parts, format="csr"))

    def _blocks(self, block: Ints, g: sparse.csr_array) -> list[Blocks]:
        """Cross-products of every block, padded to a few sizes."""
        cell_of = np.repeat(np.arange(len(block)), np.diff(g.indptr))
        pairs, local_column = np.unique(block[cell_of] * self.n_dense + g.indices, return_inverse=True)
        n_blocks = int(block.max()) + 1
        owner = pairs // self.n_dense
        n_columns = np.bincount(owner, minlength=n_blocks)
        local_column -= (np.cumsum(n_columns) - n_columns)[block[cell_of]]
        flat, flat_owner, effect_of = self._flat(block)
        n_rows = np.bincount(flat_owner, minlength=n_blocks)
        local_row = np.full(self.n_absorbed, -1)
        local_row[flat] = np.arange(len(flat)) - (np.cumsum(n_rows) - n_rows)[flat_owner]
        q, c = _round_up(n_rows), _round_up(n_columns)
        start_r, start_k = np.cumsum(q * q) - q * q, np.cumsum(q * c) - q * c
        gram, cross = np.zeros(int((q * q).sum())), np.zeros(int((q * c).sum()))
        weight = self.weight[cell_of] * g.data
        for k in self.absorbed:
            row, value = local_row[self.first_absorbed[k] + self.codes[k]], self.values[k]
            entry = start_k[block[cell_of]] + row[cell_of] * c[block[cell_of]] + local_column
            cross += np.bincount(entry, weight if value is None else weight * value[cell_of], len(cross))
            for other in self.absorbed:
                entry = start_r[block] + row * q[block] + local_row[self.first_absorbed[other] + self.codes[other]]
                product = self.weight if value is None else self.weight * value
                more = self.values[other]
                gram += np.bincount(entry, product if more is None else product * more, len(gram))
        out = []
        sizes, group = np.unique(q * (LIMIT * 2) + c, return_inverse=True)
        for s in range(len(sizes)):
            of = np.flatnonzero(group == s)
            height, width = int(q[of[0]]), int(c[of[0]])
            rows = _padded(flat, n_rows, of, height, self.n_absorbed)
            columns = _padded(pairs % self.n_dense, n_columns, of, width, self.n_dense)
            r = gram[start_r[of][:, None] + np.arange(height * height)].reshape(-1, height, height)
            x = cross[start_k[of][:, None] + np.arange(height * width)].reshape(-1, height, width)
            out += _chunks(r, x, np.r_[effect_of, -1][rows], columns, rows)
        return out

    def _flat(self, block: Ints) -> tuple[Ints, Ints, Ints]:
        """Absorbed levels with data sorted by block, their block, and the effect of every absorbed level."""
        owner = np.full(self.n_absorbed, -1)
        for k in self.absorbed:
            owner[self.first_absorbed[k] + self.codes[k]] = block
        seen = np.flatnonzero(owner >= 0)
        flat = seen[np.argsort(owner[seen], kind="stable")]
        return flat, owner[flat], np.repeat(self.absorbed, self.levels[self.absorbed])


def cross(*codes: ArrayLike) -> tuple[Ints, int]:
    """Codes of the combinations that occur: the interaction of factors, or a factor nested in another.

    Parameters
    ----------
    *codes : int arrays, shape (N,)
        Codes of the factors, none negative.

    Returns
    -------
    codes : ndarray, shape (N,)
        0 … n−1 in the order of the combinations.
    n : int
        Number of combinations that occur.

    Examples
    --------
    >>> cross([0, 0, 1, 1], [2, 0, 2, 2])
    (array([1, 0, 2, 2]), 3)
    """
    key = np.asarray(codes[0], dtype=np.int64)
    for more in codes[1:]:
        extra = np.asarray(more, dtype=np.int64)
        found, key = np.unique(key * (int(extra.max(initial=0)) + 1) + extra, return_inverse=True)
    found, key = np.unique(key, return_inverse=True)
    return np.asarray(key, dtype=np.int64), len(found)


def _cells(codes: list[Ints], values: list[Floats | None], x: sparse.csr_array) -> tuple[Ints, Ints, Floats]:
    """Cell of each row, the first row of each cell, and rows per cell; alike in every code, value and column of X."""
    key, n = cross(*codes)
    rng = np.random.default_rng(0)
    checks = [x @ rng.random(x.shape[1]), *(v for v in values if v is not None)]
    for check in checks:
        if check[0] != check.min() or check[0] != check.max():
            key, n = cross(key, np.unique(check, return_inverse=True)[1])
    _, first = np.unique(key, return_index=True)
    difference = x[first][key] - x if n < len(key) else x[:0]
    if np.any(difference.data != 0):  # two rows with one checksum by accident
        key, first = np.arange(len(key)), np.arange(len(key))
    return key, first, np.bincount(key).astype(np.float64)


def _round_up(size: Ints) -> Ints:
    """Next of 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, … so that blocks of a few sizes can be batched."""
    steps = [1]
    while steps[-1] < size.max(initial=1):
        steps.append(max(steps[-1] + 1, steps[-1] * 5 // 4))
    grid = np.array(steps)
    return np.asarray(grid[np.searchsorted(grid, np.maximum(size, 1))])


def _padded(items: Ints, counts: Ints, of: Ints, width: int, filler: int) -> Ints:
    """Rows of a ragged list as a table, filled up at the end."""
    place = (np.cumsum(counts) - counts)[of][:, None] + np.arange(width)
    inside = np.arange(width) < counts[of][:, None]
    return np.where(inside, items[np.minimum(place, len(items) - 1)], filler)


def _chunks(gram: Floats, cross_: Floats, effect: Ints, columns: Ints, rows: Ints) -> list[Blocks]:
    """Merge equal blocks into patterns and cut the patterns into batches."""
    n, q, c = cross_.shape
    pattern, first = _patterns(gram.reshape(n, -1), cross_.reshape(n, -1), effect, columns)
    order = np.argsort(pattern, kind="stable")
    count = np.bincount(pattern)
    ends = np.r_[0, np.cumsum(count)]
    size = max(1, _CHUNK // (c * c + q * c + q * q))
    out = []
    for low in range(0, len(first), size):
        high = min(low + size, len(first))
        of, members = first[low:high], order[ends[low] : ends[high]]
        out.append(
            Blocks(gram[of], cross_[of], effect[of], columns[of], rows[members], pattern[members] - low, count[low:high].astype(float))
        )
    return out


def _patterns(gram: Floats, cross_: Floats, effect: Ints, columns: Ints) -> tuple[Ints, Ints]:
    """Pattern of each block and the first block of each pattern."""
    n = len(gram)
    rng = np.random.default_rng(1)
    sums = [np.einsum("ij,j->i", part, rng.random(part.shape[1])) for part in (gram, cross_, effect.astype(float), columns.astype(float))]
    check = np.sum([s / max(np.abs(s).max(), 1e-300) for s in sums], axis=0)
    order = np.argsort(check, kind="stable")
    jumps = np.r_[0, np.cumsum(np.diff(check[order]) > _SAME)]
    pattern = np.empty(n, dtype=np.int64)
    pattern[order] = jumps
    _, first, pattern = np.unique(pattern, return_index=True, return_inverse=True)
    rep = first[pattern]
    alone = len(first) > 0.7 * n
    if alone or any(np.any(part[rep] != part) for part in (columns, effect, gram, cross_)):
        return np.arange(n), np.arange(n)
    return pattern, first

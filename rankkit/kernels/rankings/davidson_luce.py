"""Rankings in which a tie is an answer of its own: the likelihood of the Davidson-Luce model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import comb

from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.rankings.ordered_choices import Block, blocks
from rankkit.kernels.rankings.ranking_lists import RankingLists

_TINY = 1e-20  # step into the imaginary: its square vanishes
_AT_ONCE = 2_000_000  # complex numbers held at a time


@dataclass(frozen=True)
class TieEvaluation:
    """The likelihood at one set of parameters, the log-worths first and the log tie parameters after them.

    Attributes
    ----------
    loglik : ndarray, shape (lists,)
        Log-probability of each list, its weight left out.
    score : ndarray, shape (n + ties,)
        Derivatives of the weighted sum.
    information : ndarray, shape (n + ties, n + ties), or None
        Observed (= expected) information.
    """

    loglik: Floats
    score: Floats
    information: Floats | None


class TieOutcomes:
    """Rankings with ties as outcomes, laid out once for many evaluations.

    From those who are left a set ``T`` of ``t`` people is chosen, with chances in proportion to ``delta_t (prod_{i in
    T} exp(u_i))^(1/t)``, ``delta_1 = 1``. Set sizes never observed have ``delta = 0``, their maximum likelihood
    estimate. People left over end their list.

    Parameters
    ----------
    lists : RankingLists
        The rankings; whoever is left over must stand last.
    sizes : tuple of int, optional
        Sizes of ties that have a parameter; by default those observed.

    Attributes
    ----------
    sizes : tuple of int
        Sizes of ties with a parameter, ascending.
    choices : ndarray, shape (ties + 1,)
        Weighted number of choices of one person, and of each of the sizes.
    exposure : ndarray, shape (n,)
        Choices in which a person could have been chosen, weighted.

    Raises
    ------
    ValueError
        If somebody left over stands above somebody placed: no order of theirs can be summed over here. For a tie of a
        size that has no parameter.

    Notes
    -----
    Firth, D., Kosmidis, I. & Turner, H. (2019). Davidson-Luce model for multi-item choice with ties.
    arXiv:1909.07123.
    Turner, H. L., van Etten, J., Firth, D. & Kosmidis, I. (2020). Modelling rankings in R: the PlackettLuce package.
    *Computational Statistics*, 35.
    """

    def __init__(self, lists: RankingLists, sizes: tuple[int, ...] | None = None) -> None:
        self.lists = lists
        self._blocks = blocks(lists, tied=True)
        if not _places_all_above(self._blocks):
            msg = "people left over above people placed have no likelihood in the Davidson-Luce model"
            raise ValueError(msg)
        self._opens = [_choices(b) for b in self._blocks]
        found = [b.group_size[opens] for b, opens in zip(self._blocks, self._opens, strict=True)]
        mass = [np.broadcast_to(b.weight[:, None], b.item.shape)[opens] for b, opens in zip(self._blocks, self._opens, strict=True)]
        size = np.concatenate([*found, np.zeros(0, dtype=np.int64)])
        seen = tuple(int(t) for t in np.unique(size[size > 1]))
        if sizes is not None and not set(seen) <= set(sizes):
            msg = f"ties of {sorted(set(seen) - set(sizes))} people have no parameter"
            raise ValueError(msg)
        self.sizes: tuple[int, ...] = seen if sizes is None else sizes
        per_size = np.bincount(size, weights=np.concatenate([*mass, np.zeros(0)]), minlength=max((1, *self.sizes)) + 1)
        self.choices: Floats = per_size[[1, *self.sizes]].astype(np.float64)
        self.exposure = np.zeros(lists.n)
        for b, opens in zip(self._blocks, self._opens, strict=True):
            times = b.weight[:, None] * np.cumsum(opens, axis=1)
            self.exposure += np.bincount(b.item[b.real], weights=times[b.real], minlength=lists.n)

    def even_start(self) -> Floats:
        """Log tie parameters that would explain how many ties there are if all were equal, shape (ties,)."""
        out = np.zeros(len(self.sizes))
        for k, t in enumerate(self.sizes):
            ways, mass = 0.0, 0.0
            for b, opens in zip(self._blocks, self._opens, strict=True):
                left = (b.real.sum(axis=1, keepdims=True) - np.arange(b.item.shape[1]))[opens]
                weight = np.broadcast_to(b.weight[:, None], b.item.shape)[opens]
                ways += float(weight @ (comb(left, t) / left))
                mass += float(weight.sum())
            out[k] = np.log((self.choices[k + 1] + 0.5) / (self.choices[0] + 0.5)) - np.log(max(ways / mass, 1e-3))
        return out

    def evaluate(self, worth: Floats, log_delta: Floats, *, information: bool = True) -> TieEvaluation:
        """Return log-likelihood, score and information; shapes of the arguments (n,) and (ties,)."""
        n, ties = self.lists.n, len(self.sizes)
        loglik, score = np.zeros(self.lists.size), np.zeros(n + ties)
        total = np.zeros((n + ties) ** 2) if information else None
        for b, opens in zip(self._blocks, self._opens, strict=True):
            level = _levels(b, worth)
            loglik[b.which], by_level, by_delta = _derivatives(b, opens, level, log_delta, self.sizes)
            parameter = self._parameters(b)
            gradient = b.weight[:, None] * np.concatenate([by_level, by_delta], axis=1)
            score += np.bincount(parameter.ravel(), weights=gradient.ravel(), minlength=n + ties)
            if total is not None:
                lists, longest = b.item.shape
                chunk = max(1, _AT_ONCE // (lists * longest * (1 + sum(self.sizes))))
                for low in range(0, longest + ties, chunk):
                    directions = np.arange(low, min(low + chunk, longest + ties))
                    bent = b.weight[:, None] * _second_derivatives(b, opens, level, log_delta, self.sizes, directions)
                    key = parameter.T[directions][:, :, None] * (n + ties) + parameter
                    total -= np.bincount(key.ravel(), weights=bent.ravel(), minlength=(n + ties) ** 2)
        return TieEvaluation(loglik, score, None if total is None else total.reshape(n + ties, n + ties))

    def list_scores(self, worth: Floats, log_delta: Floats, group: Ints, groups: int) -> Floats:
        """Add the weighted scores up by a group of lists, e.g. by rater: shape (groups, n + ties)."""
        width = self.lists.n + len(self.sizes)
        total = np.zeros(groups * width)
        for b, opens in zip(self._blocks, self._opens, strict=True):
            _, by_level, by_delta = _derivatives(b, opens, _levels(b, worth), log_delta, self.sizes)
            gradient = b.weight[:, None] * np.concatenate([by_level, by_delta], axis=1)
            key = group[b.which, None] * width + self._parameters(b)
            total += np.bincount(key.ravel(), weights=gradient.ravel(), minlength=groups * width)
        return total.reshape(groups, width)

    def _parameters(self, block: Block) -> Ints:
        """Parameter of each entry of a block, and of each size of a tie: shape (lists, longest + ties)."""
        own = np.broadcast_to(self.lists.n + np.arange(len(self.sizes)), (len(block.item), len(self.sizes)))
        return np.concatenate([block.item, own], axis=1)


def bears(lists: RankingLists) -> bool:
    """Say whether rankings have a likelihood in the Davidson-Luce model: nobody left over stands above somebody placed.

    Parameters
    ----------
    lists : RankingLists
        The rankings.

    Returns
    -------
    bool

    Examples
    --------
    >>> from rankkit.kernels.rankings.ranking_lists import from_matrix
    >>> bears(from_matrix(np.array([[1.0, 2, 2], [2, 1, 3]])))
    True
    """
    return _places_all_above(blocks(lists, tied=True))


def _places_all_above(parts: Sequence[Block]) -> bool:
    return not any(bool((b.left_over & ~b.last).any()) for b in parts)


def _choices(block: Block) -> Bools:
    """First entry of each set that was chosen from two people or more."""
    opens = block.real & ~block.left_over
    opens[:, 1:] &= block.place[:, 1:] != block.place[:, :-1]
    below = np.cumsum(block.real[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(opens & (below > 1))


def _levels(block: Block, worth: Floats) -> Floats:
    """Log-worths of the entries, the highest of a list being 0."""
    level = np.where(block.real, worth[block.item], -np.inf)
    return np.where(block.real, level - level.max(axis=1, keepdims=True), 0.0)


def _second_derivatives(block: Block, opens: Bools, level: Floats, log_delta: Floats, sizes: tuple[int, ...], directions: Ints) -> Floats:
    """Derivatives of the gradient along some parameters: ``Im f(x + ih) / h``, exact to rounding (Squire & Trapp 1998).

    Shape (directions, lists, longest + ties).
    """
    lists, longest = level.shape
    moved = np.broadcast_to(level, (len(directions), lists, longest)).astype(np.complex128)
    tilted = np.broadcast_to(log_delta, (len(directions), 1, len(sizes))).astype(np.complex128)
    for k, direction in enumerate(directions.tolist()):
        if direction < longest:
            moved[k, :, direction] += 1j * _TINY
        else:
            tilted[k, 0, direction - longest] += 1j * _TINY
    _, by_level, by_delta = _derivatives(block, opens, moved, tilted, sizes)
    return np.asarray(np.concatenate([by_level, by_delta], axis=-1).imag / _TINY)


def _derivatives(
    block: Block, opens: Bools, level: NDArray[Any], log_delta: NDArray[Any], sizes: tuple[int, ...]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Log-probability of each list, and its derivatives by the entries' log-worths and by the log tie parameters.

    The weights of all sets of ``t`` people sum to the elementary symmetric polynomial of degree ``t`` of ``y = exp(u /
    t)``: over the entry ``s`` and those below, ``E_k(s) = E_k(s+1) + y_s E_{k-1}(s+1)``. Derivatives run back down.
    """
    longest = level.shape[-1]
    all_sizes = (1, *sizes)
    alone = block.last & (block.group_size == 1)
    share = np.where(block.real & ~block.left_over & ~alone, 1 / np.maximum(block.group_size, 1), 0.0)
    by_level = np.zeros(level.shape, dtype=level.dtype) + share
    tied = np.stack([(opens & (block.group_size == t)).sum(axis=1) for t in sizes], axis=-1) if sizes else np.zeros((len(opens), 0))
    logarithm = (level * share).sum(axis=-1) + (log_delta * tied).sum(axis=-1)
    by_delta = np.zeros((*level.shape[:-1], len(sizes)), dtype=level.dtype) + tied
    delta = [np.ones(1), *(np.exp(log_delta[..., k]) for k in range(len(sizes)))]
    powers = [np.exp(level / t) * block.real for t in all_sizes]
    sums = [_symmetric(y, t) for y, t in zip(powers, all_sizes, strict=True)]  # each: (t + 1, ..., longest + 1)
    everything = sum(d[..., None] * e[-1][..., :longest] for d, e in zip(delta, sums, strict=True))
    chosen = np.where(opens, everything, 1.0)
    logarithm = logarithm - np.log(chosen).sum(axis=-1)
    pull = np.where(opens, -1.0, 0.0) / chosen
    for k, (t, y, e) in enumerate(zip(all_sizes, powers, sums, strict=True)):
        if k:
            by_delta = by_delta + _unit(by_delta, k - 1) * (delta[k] * (pull * e[-1][..., :longest]).sum(axis=-1))[..., None]
        carried = [np.zeros(pull.shape[:-1], dtype=pull.dtype) for _ in range(t + 1)]
        for s in range(longest):
            carried[t] = carried[t] + delta[k] * pull[..., s]
            by_y = sum(carried[j] * e[j - 1][..., s + 1] for j in range(1, t + 1))
            by_level[..., s] += by_y * y[..., s] / t
            for j in range(1, t):
                carried[j] = carried[j] + carried[j + 1] * y[..., s]
    return logarithm, by_level, by_delta


def _symmetric(y: NDArray[Any], degree: int) -> NDArray[Any]:
    """Elementary symmetric polynomials of each entry and all after it, shape (degree + 1, ..., longest + 1)."""
    longest = y.shape[-1]
    e = np.zeros((degree + 1, *y.shape[:-1], longest + 1), dtype=y.dtype)
    e[0] = 1.0
    for s in range(longest - 1, -1, -1):
        e[1:, ..., s] = e[1:, ..., s + 1] + y[..., s] * e[:-1, ..., s + 1]
    return e


def _unit(like: NDArray[Any], k: int) -> Floats:
    """Unit vector along the last axis."""
    out = np.zeros(like.shape[-1])
    out[k] = 1.0
    return out

"""Whether a paired-comparison model has finite estimates, and if not, what runs away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array, hstack, vstack

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.pairs.beats_graph import is_connected
from rankkit.kernels.pairs.beats_graph import verdict as beats_verdict
from rankkit.kernels.pairs.contests import Contests
from rankkit.kernels.pairs.pair_laplacian import PairSystem

_ALIASED = 1e-9  # share of a column that worths and other columns do not explain; below, it is rounding
_MOVES = 1e-7  # coordinates of a direction of unit size below this are the solver's rounding
_LOOK = 8  # rounds of relaxation between two searches for a cycle


@dataclass(frozen=True, eq=False)
class Separation:
    """Verdict on the existence of finite maximum likelihood estimates.

    Attributes
    ----------
    kind : {"finite", "disconnected", "aliased", "one_sided", "no_ties", "separated"}
        Estimates exist; people were never compared with the others; covariates cannot be told from worths or from
        each other; some group was never beaten (nor tied) from outside, whatever the covariates; no comparison ended
        in a tie, so that the tie parameter has no estimate; or along a direction of worths and other parameters
        together the likelihood never falls.
    worths : ndarray, shape (n,)
        The direction, its largest coordinate one: how the worths move. (With ``aliased``, what cannot be told apart;
        with ``one_sided`` see :func:`rankkit.kernels.pairs.beats_graph.verdict` for the groups.)
    effects : ndarray, shape (q,)
        How the coefficients of the covariates move: positive ones go to plus infinity.
    tie : float
        How the tie parameter moves.
    """

    kind: Literal["finite", "disconnected", "aliased", "one_sided", "no_ties", "separated"]
    worths: Floats
    effects: Floats
    tie: float = 0.0

    @property
    def rising(self) -> Ints:
        """People whose worth runs ahead of all others': the top level of the direction; empty where worths stand still."""
        top = float(self.worths.max(initial=0.0))
        return np.flatnonzero(self.worths > top - _MOVES) if np.ptp(self.worths) > _MOVES else np.zeros(0, dtype=np.int64)

    @property
    def falling(self) -> Ints:
        """People whose worth falls behind all others': the bottom level of the direction."""
        low = float(self.worths.min(initial=0.0))
        return np.flatnonzero(self.worths < low + _MOVES) if np.ptp(self.worths) > _MOVES else np.zeros(0, dtype=np.int64)

    @property
    def running(self) -> Ints:
        """Covariates whose coefficient has no finite estimate."""
        return np.flatnonzero(self.effects != 0)


def verdict(contests: Contests, *, ties: bool = False, worths: Literal["free", "none"] = "free", held: Bools | None = None) -> Separation:
    """Say whether finite maximum likelihood estimates exist.

    They fail to exist if and only if a direction ``(v, g, s)`` of worths, coefficients and tie parameter leads nowhere
    down: with ``d = v_left - v_right + V g``, ``d >= s`` for every win of the left person, ``-d >= s`` for every win of
    the right one and ``|d| <= s`` for every tie (``s = 0`` where ties count half), not all leads standing still. The
    condition is the same for logit and probit, Davidson's and Rao & Kupper's ties. It is decided by the "beats" digraph for
    the worths, by difference constraints (Bellman-Ford) if an order effect is the only other parameter, else by
    linear programming.

    Parameters
    ----------
    contests : Contests
        Comparisons by contest.
    ties : bool
        Whether a tie parameter is estimated; else ties count half.
    worths : {"free", "none"}
        Whether people have worths of their own.
    held : ndarray of bool, shape (q,), optional
        Coefficients that a prior keeps finite.

    Returns
    -------
    Separation
        The verdict, and the direction.

    Notes
    -----
    Albert, A. & Anderson, J. A. (1984). On the existence of maximum likelihood estimates in logistic regression
    models. *Biometrika*, 71.
    Konis, K. (2007). Linear programming algorithms for detecting separated data in binary logistic regression models.

    Examples
    --------
    >>> import numpy as np
    >>> from rankkit.kernels.pairs.contests import aggregate
    >>> left, right = np.array([0, 1, 1, 2, 2, 0]), np.array([1, 0, 2, 1, 0, 2])
    >>> found = verdict(aggregate(left, right, np.ones(6, int), None, 3, np.ones((6, 1))))
    >>> found.kind, found.effects, found.rising  # left always won
    ('separated', array([1.]), array([], dtype=int64))
    """
    c = contests
    n, q = c.n, c.covariates.shape[1]
    still, nothing = np.zeros(n), np.zeros(q)
    free = np.ones(q, dtype=np.bool_) if held is None else ~held
    if worths == "free" and not is_connected(c.pairs):
        return Separation("disconnected", still, nothing)
    alias = _aliased(c, worths, free)
    if alias is not None:
        return _direction("aliased", *alias)
    if ties and not c.has_ties:
        return Separation("no_ties", still, nothing, -1.0)
    if worths == "free":
        found = beats_verdict(c.pairs)
        if found.kind != "finite":
            return Separation("one_sided", _levels(found.unbeaten_group, found.beating_nobody_group, found.strong), nothing)
    if not ties and (not free.any()):
        return Separation("finite", still, nothing)
    if not ties and worths == "free" and int(free.sum()) == 1:
        column = c.covariates[:, free][:, 0]
        for sign in (1.0, -1.0):
            v = _potential(c, sign * column)
            if v is not None:
                nothing[free] = sign
                return _direction("separated", v, nothing)
        return Separation("finite", still, nothing)
    return _by_linear_program(c, ties, worths, free)


def _levels(upper: Bools, lower: Bools, group: Ints) -> Floats:
    """Unbeaten groups up, groups that beat nobody down; a group that is both has met no other."""
    return np.asarray(upper[group].astype(np.float64) - lower[group])


def _direction(kind: Literal["aliased", "separated"], worths: Floats, effects: Floats, tie: float = 0.0) -> Separation:
    """Centre the worths between their extremes and make the largest move one."""
    worths = worths - 0.5 * (worths.max(initial=0.0) + worths.min(initial=0.0)) if np.ptp(worths) > 0 else np.zeros_like(worths)
    size = max(float(np.max(np.abs(np.concatenate([worths, effects])), initial=0.0)), abs(tie))
    worths = worths / size
    return Separation(kind, np.where(np.abs(worths) > _MOVES, worths, 0.0), effects / size, tie / size)


def _aliased(c: Contests, worths: str, free: Bools) -> tuple[Floats, Floats] | None:
    """Find a combination of covariates that differences of worths, or nothing at all, could stand in for."""
    q = c.covariates.shape[1]
    values = c.covariates[:, free]
    scale = np.sqrt(np.mean(values**2, axis=0)) if len(values) else np.ones(values.shape[1])
    if not values.shape[1]:
        return None
    blank = np.flatnonzero(scale == 0)
    scale[blank] = 1.0
    z = values / scale
    gram, slopes = z.T @ z, np.zeros((c.n, z.shape[1]))
    if worths == "free":
        system = PairSystem(c.pairs)
        system.set_weights(c.per_pair(np.ones(len(c.left))))
        border = np.stack([c.per_person(column) for column in z.T], axis=1)
        slopes = system.solve(border, 1e-13)
        gram = gram - border.T @ slopes
    size, direction = np.linalg.eigh(gram / len(z))
    if size[0] > _ALIASED:
        return None
    effects = np.zeros(q)
    effects[free] = np.where(np.abs(direction[:, 0]) > _MOVES, direction[:, 0] / scale, 0.0)
    return np.asarray(-slopes @ direction[:, 0]), effects


def _potential(c: Contests, shift: Floats) -> Floats | None:
    """Worths ``v`` with ``v_left - v_right + shift >= 0`` wherever left won and ``<= 0`` wherever right won, or None.

    Bellman-Ford: a win of the left says ``v_right <= v_left + shift``; no solution if a cycle of such steps falls.
    """
    left_won, right_won = (c.wins_left > 0) | (c.ties > 0), (c.wins_right > 0) | (c.ties > 0)
    source = np.concatenate([c.left[left_won], c.right[right_won]])
    target = np.concatenate([c.right[left_won], c.left[right_won]])
    length = np.concatenate([shift[left_won], -shift[right_won]])
    order = np.argsort(target, kind="stable")
    source, target, length = source[order], target[order], length[order]
    starts = np.flatnonzero(np.concatenate([[True], target[1:] != target[:-1]]))
    people = target[starts]
    slack = 1e-12 * max(float(np.max(np.abs(length), initial=0.0)), 1e-300)
    v, parent = np.zeros(c.n), np.arange(c.n)
    for turn in range(1, c.n + 2):
        reach = v[source] + length
        best = np.minimum.reduceat(reach, starts)
        lower = best < v[people] - slack
        if not lower.any():
            return v
        at_best = np.flatnonzero(reach == np.repeat(best, np.diff(starts, append=len(target))))
        chosen = np.empty(c.n, dtype=np.int64)
        chosen[target[at_best]] = source[at_best]
        moved = people[lower]
        v[moved], parent[moved] = best[lower], chosen[moved]
        if turn % _LOOK == 0 and _has_cycle(parent):
            return None
    return None


def _has_cycle(parent: Ints) -> bool:
    """Whether following parents never ends for somebody; who has no parent is his own."""
    ahead = parent
    for _ in range(int(np.ceil(np.log2(len(parent) + 1))) + 1):
        ahead = ahead[ahead]
    return bool(np.any(parent[ahead] != ahead))


def _by_linear_program(c: Contests, ties: bool, worths: str, free: Bools) -> Separation:
    """Maximise how much the likelihood's terms rise along a direction of bounded size."""
    q, k = c.covariates.shape[1], len(c.left)
    values = c.covariates[:, free]
    scale = np.max(np.abs(values), axis=0, initial=0.0)
    scale[scale == 0] = 1.0
    blocks = [csr_array(values / scale)]
    if worths == "free":
        at = np.arange(k)
        ends = (np.concatenate([at, at]), np.concatenate([c.left, c.right]))
        blocks.insert(0, csr_array(coo_array((np.repeat([1.0, -1.0], k), ends), shape=(k, c.n))))
    lead = csr_array(hstack(blocks)) if blocks else csr_array((k, 0))
    left_won, right_won, tied = c.wins_left > 0, c.wins_right > 0, c.ties > 0
    of_tie = [(left_won, 1.0, -1.0), (right_won, -1.0, -1.0), (tied, 1.0, 1.0), (tied, -1.0, 1.0)]  # rows: sign * d + weight * s >= 0
    rows = []
    for which, sign, weight in of_tie:
        part = sign * lead[which]
        s = csr_array(np.full((int(which.sum()), 1), weight))
        rows.append(hstack([part, s]) if ties else part)
    cone: Any = csr_array(vstack(rows))
    width = cone.shape[1]
    bounds = np.tile([-1.0, 1.0], (width, 1))
    if ties:
        bounds[-1, 0] = 0.0
    gain = np.asarray(cone.sum(axis=0), dtype=np.float64).ravel()
    found = milp(-gain, constraints=LinearConstraint(cone, 0.0, np.inf), bounds=Bounds(bounds[:, 0], bounds[:, 1]))
    if found.status != 0:
        raise ConvergenceError("E-CONV", iterations=0, gradient=float("nan"))
    x = np.where(np.abs(found.x) > _MOVES, found.x, 0.0)
    if not np.any(cone @ found.x > _MOVES):
        return Separation("finite", np.zeros(c.n), np.zeros(q))
    v = x[: c.n] if worths == "free" else np.zeros(c.n)
    effects = np.zeros(q)
    effects[free] = x[c.n if worths == "free" else 0 :][: int(free.sum())] / scale
    return _direction("separated", v, effects, float(x[-1]) if ties else 0.0)

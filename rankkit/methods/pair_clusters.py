"""Which covariance to trust: clustered by judge where there are enough judges who differ, else the model's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rankkit.errors import Problem
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.covariance import Covariance, Dense
from rankkit.kernels.pairs import judge_clusters
from rankkit.kernels.pairs.pair_laplacian import DENSE

ALIKE = 0.01  # share of the model's variance that independent judges never fall below: their answers are copies
NOTHING = 1e-6  # share at which one person's variance by judge is rounding error


class Outcomes(Protocol):
    """Who was put before whom by which judge, as rows; :class:`~rankkit.methods.pair_data.Pairs` is one."""

    @property
    def n(self) -> int:
        """Number of people."""

    @property
    def m(self) -> int:
        """Number of judges."""

    @property
    def raters(self) -> tuple[str, ...]:
        """Ids of the judges; empty where codes are all that is known."""

    @property
    def judge(self) -> Ints:
        """Judge of each row."""

    @property
    def left(self) -> Ints:
        """One of the two people of each row."""

    @property
    def right(self) -> Ints:
        """The other."""

    @property
    def result(self) -> Ints:
        """+1 left was preferred, -1 right, 0 a tie."""


@dataclass(frozen=True, eq=False)
class Clustered:
    """Covariance of single scores and for joint statements, and what to say about it."""

    single: Covariance
    joint: Covariance | None = None
    df: float = np.inf
    basis: str = "model"
    df_joint: float | None = None
    note: Problem | None = None
    reason: Problem | None = None


def clustered(
    pairs: Outcomes,
    worth: Floats,
    model: Covariance,
    *,
    scores: Callable[[], Floats],
    information: Callable[[Floats], Floats],
    refit: Callable[[int], Floats | None],
    ridge: float = 0.0,
) -> Clustered:
    """Cluster the covariance by judge: sandwich from 8 judges, jackknife from 3, else the model's.

    Single scores use the plain form with t; joint statements use the form of full rank (Morel, Bokossa & Neerchal 2003),
    whose second term leaves room for what few judges do not show. Normal draws from it cover all differences at once in
    .948 or more of simulations from 8 judges on; below, t on twice the judges less one does (.98 or more), while t on the
    judges less one would open every rank for everyone.

    Parameters
    ----------
    pairs : Outcomes
        The data.
    worth : ndarray, shape (n,)
        Estimates.
    model : Covariance
        The model's own, every comparison taken as independent.
    scores : callable
        Score contribution of each judge about the worths, shape (m, n).
    information : callable
        Multiplies columns by the information about the worths.
    refit : callable
        Worths without judge ``r``, or None where they have no estimate.
    ridge : float
        Precision of a Gaussian prior on the worths. What it shrinks away is an error too: ``H+ (C ridge) H+`` is added, so
        that without disagreement among judges the posterior covariance comes out.
    """
    m, n = pairs.m, pairs.n
    if m == 0:
        return Clustered(model, note=Problem("I-NOJUDGES"))
    if m < judge_clusters.FEWEST_FOR_JACKKNIFE:
        return Clustered(model, note=Problem("I-JUDGES", None, None, None, {"n": m}))
    if n > DENSE:
        return Clustered(model, note=Problem("I-JUDGESMANY", None, None, None, {"n": n}))
    inverse = model.dense()
    each = scores()
    needed = judge_clusters.indispensable_judges(pairs.judge, pairs.left, pairs.right, pairs.result, n, m)
    if needed is None or len(needed):
        phi = judge_clusters.overdispersion(each, lambda x: inverse @ x)
        return Clustered(Dense(phi * inverse), note=_relied(pairs, needed, phi), reason=Problem("S-RELIED"))
    alike = Clustered(model, note=Problem("W-UNANIMOUS"), reason=Problem("S-UNANIMOUS"))
    if m >= judge_clusters.FEWEST_FOR_SANDWICH:
        single, joint = (judge_clusters.sandwich(each, lambda x: inverse @ x, full_rank=full) for full in (False, True))
    else:
        left_out = [refit(r) for r in range(m)]
        single, joint = (judge_clusters.jackknife(left_out.__getitem__, worth, m, information, full_rank=full) for full in (False, True))
    if single.basis == "model":
        return alike
    by_judge, by_model = single.covariance(inverse).diagonal(), inverse.diagonal()
    if by_judge.sum() < ALIKE * by_model.sum() or (by_judge < NOTHING * by_model).any():
        return alike  # judges who answer alike, pair by pair
    shrunken = ridge * inverse @ inverse if ridge > 0 else 0.0
    few = single.basis == "jackknife"
    return Clustered(
        single=Dense(single.covariance(inverse) + shrunken),
        joint=Dense(joint.covariance(inverse) + shrunken),
        df=single.df,
        basis=single.basis,
        df_joint=2 * single.df if few else float("inf"),
        note=Problem("I-JACKKNIFE", None, None, None, {"n": m}) if few else None,
        reason=Problem("S-JACKKNIFE") if few else None,
    )


def _relied(pairs: Outcomes, needed: Ints | None, phi: float) -> Problem:
    """Say why judges' disagreement about single people cannot be measured."""
    names = [] if needed is None else [pairs.raters[r] for r in needed if r < len(pairs.raters)]
    if names:
        return Problem("W-RELIED", None, None, None, {"rater": names, "phi": f"{phi:.2f}"})
    return Problem("W-ONESIDED", None, None, None, {"phi": f"{phi:.2f}"})

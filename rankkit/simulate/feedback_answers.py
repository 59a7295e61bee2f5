"""The answers on forms of feedback: merit, levels, impressions and errors, with what is planted in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.random import Generator

from rankkit.kernels.arrays import Bools, Floats, Ints

SECONDS_EACH, CARELESS_SECONDS = 8.0, 0.8  # median time for one answer
_STRAIGHT = 0.9  # share of a careless rater's answers that are the same one
_HALO_RESIDUAL = 0.15  # what a haloed rater adds to the one impression, in scale points


@dataclass(frozen=True)
class Answering:
    """How answers come about; standard deviations in scale points.

    Attributes
    ----------
    mean, scale, rounded
        Middle of merit, ends of the scale (None = no ends), whether answers are whole numbers.
    sd_halo, sd_residual : float
        A rater's general impression of a person, and the rest.
    leniency, sd_rater : mapping of str to float
        By source: level, and SD of the raters' levels.
    """

    mean: float
    scale: tuple[float, float] | None
    rounded: bool
    sd_halo: float
    sd_residual: float
    leniency: Mapping[str, float]
    sd_rater: Mapping[str, float]


@dataclass(frozen=True)
class Planted:
    """What is planted, and in whom.

    Attributes
    ----------
    severity : mapping of str to float
        Further leniency of single raters, scale points.
    halo : mapping of str to float
        SD of the general impression of single raters.
    reciprocity : float
        Correlation of the impressions two peers have of each other.
    cliques, clique_lift
        Groups of peers who rate each other so many points higher.
    nomination : float
        Points by which raters whom the ratee chose rate higher.
    retaliation : float
        Points for every point of the superior's impression one cycle before, where subordinates rate the superior.
    bombs, bomb : tuple of (rater, ratee), float
        Single forms of the last cycle moved by so many points.
    copies : tuple of (rater, rater)
        The first hands in the second's answers, where both rate a person in the last cycle.
    pasted : mapping of str to int
        So many forms of a rater in the last cycle have the same answers.
    careless : tuple of str
        Raters of the last cycle who give nearly the same score everywhere, quickly.
    """

    severity: Mapping[str, float] = field(default_factory=dict)
    halo: Mapping[str, float] = field(default_factory=dict)
    reciprocity: float = 0.0
    cliques: tuple[tuple[str, ...], ...] = ()
    clique_lift: float = 0.0
    nomination: float = 0.0
    retaliation: float = 0.0
    bombs: tuple[tuple[str, str], ...] = ()
    bomb: float = 0.0
    copies: tuple[tuple[str, str], ...] = ()
    pasted: Mapping[str, int] = field(default_factory=dict)
    careless: tuple[str, ...] = ()

    def frame(self, cycles: tuple[str, ...]) -> pd.DataFrame:
        """List it: ``effect, cycle, rater, ratee, size``; blank = everywhere, or everybody."""
        last = cycles[-1]
        rows: list[tuple[str, str, str, str, float]] = []
        rows += [("severity", "", r, "", size) for r, size in sorted(self.severity.items())]
        rows += [("halo", "", r, "", size) for r, size in sorted(self.halo.items())]
        rows += [("reciprocity", "", "", "", self.reciprocity)] if self.reciprocity else []
        rows += [("clique", "", a, b, self.clique_lift) for group in self.cliques for a in group for b in group if a != b]
        rows += [("nomination", "", "", "", self.nomination)] if self.nomination else []
        rows += [("retaliation", last, "", "", self.retaliation)] if self.retaliation and len(cycles) > 1 else []
        rows += [("bombing", last, r, i, self.bomb) for r, i in self.bombs]
        rows += [("copying", last, a, "", 1.0) for pair in self.copies for a in pair]
        rows += [("pasting", last, r, "", float(n)) for r, n in sorted(self.pasted.items())]
        rows += [("careless", last, r, "", 1.0) for r in self.careless]
        return pd.DataFrame(rows, columns=["effect", "cycle", "rater", "ratee", "size"])


def levels(rng: Generator, roles: list[tuple[str, str]], how: Answering, plan: Planted) -> Floats:
    """Leniency of each (rater, source)."""
    own = rng.standard_normal(len(roles))
    return np.array([how.leniency[s] + how.sd_rater[s] * z + plan.severity.get(r, 0.0) for (r, s), z in zip(roles, own, strict=True)])


def impressions(rng: Generator, frame: pd.DataFrame, how: Answering, plan: Planted) -> Floats:
    """General impression of each form of a cycle; two peers' impressions of each other may be correlated."""
    z = rng.standard_normal(len(frame))
    place = {(r, i): k for k, (r, i) in enumerate(zip(frame["rater"], frame["ratee"], strict=True))}
    for (r, i), k in place.items():
        back = place.get((i, r))
        if back is not None and back < k and frame["source"].iloc[k] == frame["source"].iloc[back] == "peer":
            z[k] = plan.reciprocity * z[back] + np.sqrt(1 - plan.reciprocity**2) * z[k]
    sd = np.array([plan.halo.get(r, how.sd_halo) for r in frame["rater"]])
    return np.asarray(sd * z, dtype=np.float64)


def planted_shift(frame: pd.DataFrame, plan: Planted, before: pd.DataFrame | None) -> Floats:
    """Points added to each form of a cycle; ``before`` has ``rater, ratee, source, impression`` of the cycle before."""
    peer = (frame["source"] == "peer").to_numpy()
    shift = plan.nomination * (frame["nominated_by"] == "ratee").to_numpy(dtype=np.float64)
    for group in plan.cliques:
        shift += plan.clique_lift * (peer & frame["rater"].isin(group).to_numpy() & frame["ratee"].isin(group).to_numpy())
    if before is not None and plan.retaliation:
        boss = before[before["source"] == "supervisor"]
        felt = dict(zip(zip(boss["rater"], boss["ratee"], strict=True), boss["impression"], strict=True))
        for k, (r, i, s) in enumerate(zip(frame["rater"], frame["ratee"], frame["source"], strict=True)):
            shift[k] += plan.retaliation * felt.get((i, r), 0.0) if s == "subordinate" else 0.0
    return np.asarray(shift)


def answers(rng: Generator, frame: pd.DataFrame, centre: Floats, how: Answering, plan: Planted, *, last: bool) -> tuple[Floats, Ints]:
    """Scores and milliseconds of every form, form × dimension; ``centre`` is what a rater feels before the rest is added."""
    n, k = centre.shape
    sd = np.where(frame["rater"].isin(list(plan.halo)), _HALO_RESIDUAL, how.sd_residual)
    y = centre + sd[:, None] * rng.standard_normal((n, k))
    straight, pace = rng.random((n, k)) < _STRAIGHT, np.exp(0.4 * rng.standard_normal((n, k)))
    paste = np.asarray(rng.random(n))
    lazy = frame["rater"].isin(plan.careless).to_numpy() if last else np.zeros(n, dtype=bool)
    if last and plan.bombs:
        bombed = set(plan.bombs)
        hit = np.array([pair in bombed for pair in zip(frame["rater"], frame["ratee"], strict=True)])
        y = np.where(hit[:, None], y + plan.bomb, y)
    y = np.where(lazy[:, None] & straight, how.mean + 0.5, y)
    y = np.rint(y) if how.rounded else y
    y = y if how.scale is None else np.clip(y, *how.scale)
    if last:
        y = _copied(frame, y, plan, paste)
    seconds = np.where(lazy[:, None], CARELESS_SECONDS, SECONDS_EACH) * pace
    return y, np.rint(1000 * seconds).astype(np.int64)


def _copied(frame: pd.DataFrame, y: Floats, plan: Planted, paste: Floats) -> Floats:
    """Answers handed in twice: those of another rater, or a rater's own about somebody else."""
    y = y.copy()
    place = {(r, i): k for k, (r, i) in enumerate(zip(frame["rater"], frame["ratee"], strict=True))}
    for copier, original in plan.copies:
        for (r, i), k in place.items():
            if r == copier and i != copier and (original, i) in place and i != original:
                y[k] = y[place[original, i]]
    for rater, n in plan.pasted.items():
        own = np.flatnonzero(_is(frame, rater))
        own = own[np.argsort(paste[own], kind="stable")]
        uneven = own[np.ptp(y[own], axis=1) > 0]
        if len(uneven):
            y[own[:n]] = y[uneven[0]]
    return y


def _is(frame: pd.DataFrame, rater: str) -> Bools:
    """Forms of a rater about others."""
    return np.asarray((frame["rater"] == rater) & (frame["source"] != "self"))

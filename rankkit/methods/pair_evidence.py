"""What comparisons say about worths: which model can be fitted, how precise it is, and whom that concerns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from rankkit.errors import Problem
from rankkit.kernels import bradley_terry, davidson, judge_clusters
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.beats_graph import Existence, verdict
from rankkit.kernels.covariance import Covariance, Dense, Precision
from rankkit.kernels.pair_counts import PairCounts, aggregate
from rankkit.result import SeBasis
from rankkit.tables.comparisons import TIE, Comparisons

Ties = Literal["auto", "davidson", "half", "drop"]
Judges = Literal["auto", "model"]
Solver = Literal["newton", "choix"]
_CLOSE = 1e-6  # logits within which the cross-check solver must agree
_NAMED = 6


@dataclass(frozen=True, eq=False)
class Pairs:
    """Decided comparisons of one dimension, coded among the people compared."""

    left: Ints
    right: Ints
    result: Ints
    weight: Floats
    judge: Ints
    m: int
    counts: PairCounts
    existence: Existence

    @classmethod
    def of(cls, table: Comparisons, use: Bools, compared: Ints) -> Pairs:
        """Take the rows in use and count them."""
        place = np.full(len(table.people), -1, dtype=np.int64)
        place[compared] = np.arange(len(compared))
        judge = table.rater[use]
        known = np.unique(judge[judge >= 0])
        code = np.searchsorted(known, judge) if len(known) else np.full(len(judge), -1)
        left, right, result, weight = place[table.left[use]], place[table.right[use]], table.result[use], table.count[use]
        unit = None if (weight == 1).all() else weight
        counts = aggregate(left, right, result, unit, len(compared))
        return cls(left, right, result, weight, code.astype(np.int64), len(known), counts, verdict(counts))

    def without_ties(self) -> Pairs:
        """Leave ties out."""
        keep = self.result != TIE
        left, right, result, weight = self.left[keep], self.right[keep], self.result[keep], self.weight[keep]
        counts = aggregate(left, right, result, weight, self.counts.n)
        return Pairs(left, right, result, weight, self.judge[keep], self.m, counts, verdict(counts))

    def record(self) -> tuple[Floats, Floats, Floats]:
        """Wins, losses and ties of each person."""
        c, n = self.counts, self.counts.n
        wins = np.bincount(c.first, c.wins_first, n) + np.bincount(c.second, c.wins_second, n)
        losses = np.bincount(c.first, c.wins_second, n) + np.bincount(c.second, c.wins_first, n)
        return wins, losses, np.bincount(c.first, c.ties, n) + np.bincount(c.second, c.ties, n)


@dataclass(frozen=True, eq=False)
class PairFit:
    """Worths with their covariance, and how they were come by."""

    worth: Floats
    covariance: Covariance
    df: float
    se_basis: SeBasis
    penalty: Literal["none", "jeffreys"]
    tie_model: Literal["none", "davidson", "half", "drop"]
    basis: str
    loglik: float
    deviance: float
    deviance_df: float
    reason: Problem | None
    judge_note: Problem | None


def fit(pairs: Pairs, ties: Ties, penalty: str, judges: Judges, solver: Solver) -> PairFit | None:
    """Fit what can be fitted; ``None`` where maximum likelihood is demanded but does not exist."""
    tied = pairs.counts.has_ties
    if tied and ties == "drop":
        pairs, tied = pairs.without_ties(), False
    if tied and ties in ("auto", "davidson"):
        possible = davidson.has_finite_estimate(pairs.counts) and penalty != "jeffreys"
        if possible:
            return _with_tie_parameter(pairs)
        if ties == "davidson" and penalty == "none":
            return None
    finite = pairs.existence.kind == "finite" and pairs.counts.n > 1
    if not finite and penalty == "none":
        return None
    used: Literal["none", "jeffreys"] = "jeffreys" if penalty == "jeffreys" or not finite else "none"
    start = _by_choix(pairs.counts) if solver == "choix" and used == "none" else None
    fitted = bradley_terry.fit(pairs.counts, penalty=used, start=start)
    model = Dense(fitted.covariance) if fitted.covariance is not None else Precision(fitted.information)
    covariance, df, basis, note = _clustered(pairs, fitted, model, judges, used)
    jack = Problem("S-JACKKNIFE") if basis == "jackknife" else None
    reason = Problem("S-PENALTY") if not finite else Problem("S-UNANIMOUS") if note is not None and note.code == "W-UNANIMOUS" else jack
    deviance = fitted.deviance
    return PairFit(
        worth=fitted.worth,
        covariance=covariance,
        df=df,
        se_basis="judge_cluster" if basis in ("sandwich", "jackknife") else "model",
        penalty=used,
        tie_model="half" if tied else "none",
        basis=basis,
        loglik=fitted.loglik,
        deviance=float("nan") if deviance is None else deviance,
        deviance_df=float("nan") if deviance is None else float(fitted.df),
        reason=reason,
        judge_note=note,
    )


def _with_tie_parameter(pairs: Pairs) -> PairFit:
    fitted = davidson.fit(pairs.counts)
    covariance: Covariance = Dense(fitted.covariance) if fitted.covariance is not None else Precision(fitted.information)
    note = Problem("I-JUDGES", None, None, None, {"n": pairs.m}) if pairs.m else Problem("I-NOJUDGES")
    nan = float("nan")
    return PairFit(fitted.worth, covariance, np.inf, "model", "none", "davidson", "model", fitted.loglik, nan, nan, None, note)


def _clustered(
    pairs: Pairs, fitted: bradley_terry.BradleyTerryFit, model: Covariance, judges: Judges, used: str
) -> tuple[Covariance, float, str, Problem | None]:
    """Covariance clustered by judge: sandwich from 8 judges, jackknife from 3, else the model's (Morel et al. 2003)."""
    m, n = pairs.m, pairs.counts.n
    if judges == "model" or m == 0:
        return model, np.inf, "model", None if judges == "model" else Problem("I-NOJUDGES")
    if m < judge_clusters.FEWEST_FOR_JACKKNIFE:
        return model, np.inf, "model", Problem("I-JUDGES", None, None, None, {"n": m})
    if not isinstance(model, Dense):
        return model, np.inf, "model", Problem("I-JUDGESMANY", None, None, None, {"n": n})
    if judge_clusters.unanimity_blocks(pairs.judge, pairs.left, pairs.right, pairs.result, n, m):
        return model, np.inf, "model", Problem("W-UNANIMOUS")
    if m >= judge_clusters.FEWEST_FOR_SANDWICH:
        scores = judge_clusters.judge_scores(pairs.judge, pairs.left, pairs.right, pairs.result, pairs.weight, fitted.worth, n, m)
        found = judge_clusters.sandwich(scores, fitted.solve)
    else:
        information = fitted.information

        def without(r: int) -> Floats | None:
            keep = pairs.judge != r
            counts = aggregate(pairs.left[keep], pairs.right[keep], pairs.result[keep], pairs.weight[keep], n)
            return bradley_terry.fit(counts, penalty="none" if used == "none" else "jeffreys").worth if verdict(counts).kind == "finite" else None

        found = judge_clusters.jackknife(without, fitted.worth, m, lambda x: information @ x, full_rank=True)
    if found.basis == "model":
        return model, np.inf, "model", Problem("W-UNANIMOUS")
    note = Problem("I-JACKKNIFE", None, None, None, {"n": m}) if found.basis == "jackknife" else None
    return Dense(found.covariance(model.dense())), found.df, found.basis, note


def _by_choix(counts: PairCounts) -> Floats:
    """Worths by choix's dense iterative Luce spectral ranking, as a start our own iteration must confirm."""
    import choix  # noqa: PLC0415 - an optional cross-check, slow to import

    wins = np.zeros((counts.n, counts.n))
    wins[counts.first, counts.second] = counts.wins_first + counts.ties / 2
    wins[counts.second, counts.first] = counts.wins_second + counts.ties / 2
    worth: Floats = np.asarray(choix.ilsr_pairwise_dense(wins))
    return worth - worth.mean()


def who_is_extreme(pairs: Pairs, table: Comparisons) -> str:
    """Name those because of whom no finite estimate exists."""
    return "; ".join(p.message() for p in extremes(pairs, table))


def extremes(pairs: Pairs, table: Comparisons) -> list[Problem]:
    """Undefeated and winless people, or the groups between which all results go one way."""
    found = pairs.existence
    names = [table.labels.get(p, p) for p in table.people]
    out = []
    if len(found.undefeated):
        out.append(Problem("W-UNDEFEATED", None, None, None, {"who": [names[i] for i in found.undefeated]}))
    if len(found.winless):
        out.append(Problem("W-WINLESS", None, None, None, {"who": [names[i] for i in found.winless]}))
    if not out:
        for group in np.flatnonzero(found.unbeaten_group):
            members = [names[i] for i in np.flatnonzero(found.strong == group)]
            others = [names[i] for i in np.flatnonzero(found.strong != group)]
            out.append(Problem("W-SPLIT", None, None, None, {"upper": members, "lower": others}))
    return out


def notes(fitted: PairFit, pairs: Pairs, table: Comparisons) -> list[Problem]:
    """Say how the worths were come by."""
    out = []
    if pairs.existence.kind == "one_sided":
        out.append(Problem("I-JEFFREYS"))
        out += extremes(pairs, table)
    elif fitted.penalty == "jeffreys":
        out.append(Problem("I-JEFFREYSCHOSEN"))
    n_ties = float(pairs.counts.ties.sum())
    if n_ties:
        how = {"davidson": "Davidson 1970", "half": "half a win for each, an approximation", "none": "left out", "drop": "left out"}
        out.append(Problem("I-TIES", None, None, None, {"n": n_ties, "how": how[fitted.tie_model]}))
    if fitted.judge_note is not None:
        out.append(fitted.judge_note)
    return out

"""What comparisons say about worths: which model can be fitted, how precise it is, and whom that concerns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rankkit.errors import Problem, SolverError
from rankkit.kernels import bradley_terry, davidson, judge_clusters
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.beats_graph import Existence, verdict
from rankkit.kernels.covariance import Covariance, Dense, Precision
from rankkit.kernels.pair_counts import PairCounts, aggregate
from rankkit.result import SeBasis
from rankkit.tables.comparisons import SKIP, TIE, Comparisons

Ties = Literal["auto", "davidson", "half", "drop"]
Judges = Literal["auto", "model"]
Solver = Literal["newton", "choix"]
_ALIKE = 0.01  # share of the model's variance that independent judges never fall below: their answers are copies
_NOTHING = 1e-6  # share at which one person's variance by judge is rounding error
_CLOSE = 1e-6  # logits within which the cross-check solver must agree


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

    def without_judge(self, r: int) -> PairCounts:
        """Count the comparisons of all other judges."""
        keep = self.judge != r
        return aggregate(self.left[keep], self.right[keep], self.result[keep], self.weight[keep], self.counts.n)

    def record(self) -> tuple[Floats, Floats, Floats]:
        """Wins, losses and ties of each person."""
        c, n = self.counts, self.counts.n

        def added(first: Floats, second: Floats) -> Floats:
            return np.asarray(np.bincount(c.first, first, n) + np.bincount(c.second, second, n), dtype=np.float64)

        return added(c.wins_first, c.wins_second), added(c.wins_second, c.wins_first), added(c.ties, c.ties)


@dataclass(frozen=True, eq=False)
class PairFit:
    """Worths with their covariance, and how they were come by."""

    worth: Floats
    covariance: Covariance
    joint_covariance: Covariance | None
    df: float
    se_basis: SeBasis
    penalty: Literal["none", "jeffreys"]
    tie_model: Literal["none", "davidson", "half"]
    basis: str
    loglik: float
    deviance: float
    deviance_df: float
    reason: Problem | None
    judge_note: Problem | None


def fit(pairs: Pairs, ties: Ties, penalty: str, judges: Judges, solver: Solver) -> PairFit | None:
    """Fit what can be fitted; ``None`` where maximum likelihood is demanded but does not exist."""
    tied = pairs.counts.has_ties
    if tied and ties in ("auto", "davidson"):
        if davidson.has_finite_estimate(pairs.counts) and penalty != "jeffreys":
            return _with_tie_parameter(pairs, judges)
        if ties == "davidson" and penalty == "none":
            return None
    finite = pairs.existence.kind == "finite" and pairs.counts.n > 1
    if not finite and penalty == "none":
        return None
    used: Literal["none", "jeffreys"] = "jeffreys" if penalty == "jeffreys" or not finite else "none"
    start = _by_choix(pairs.counts) if solver == "choix" and used == "none" else None
    fitted = bradley_terry.fit(pairs.counts, penalty=used, start=start)
    if start is not None and float(np.abs(start - fitted.worth).max()) > _CLOSE:
        raise SolverError("E-CROSSCHECK", gap=float(np.abs(start - fitted.worth).max()))
    information, n, m = fitted.information, pairs.counts.n, pairs.m

    def scores() -> Floats:
        return judge_clusters.judge_scores(pairs.judge, pairs.left, pairs.right, pairs.result, pairs.weight, fitted.worth, n, m)

    def refit(counts: PairCounts) -> Floats | None:
        return bradley_terry.fit(counts, penalty=used).worth if verdict(counts).kind == "finite" else None

    model = Dense(fitted.covariance) if fitted.covariance is not None else Precision(information)
    found = _clustered(pairs, fitted.worth, model, judges, scores=scores, information=lambda x: information @ x, refit=refit)
    nan, deviance = float("nan"), fitted.deviance
    return PairFit(
        worth=fitted.worth,
        covariance=found.single,
        joint_covariance=found.joint,
        df=found.df,
        se_basis="model" if found.basis == "model" else "judge_cluster",
        penalty=used,
        tie_model="half" if tied else "none",
        basis=found.basis,
        loglik=fitted.loglik,
        deviance=nan if deviance is None else deviance,
        deviance_df=nan if deviance is None else float(fitted.df),
        reason=found.reason if finite else Problem("S-PENALTY"),
        judge_note=found.note,
    )


def _with_tie_parameter(pairs: Pairs, judges: Judges) -> PairFit:
    """Davidson's model. The tie parameter is estimated too: judges' scores are those about the worths left by it."""
    fitted = davidson.fit(pairs.counts)
    information = fitted.information
    first, second, tie = fitted.probabilities()
    across = -0.5 * pairs.counts.total * (first - second) * tie
    border = pairs.counts.per_person(across, -across)  # information shared by the worths and log ν
    corner = float(np.sum(pairs.counts.total * tie * (1 - tie)))

    def scores() -> Floats:
        n, m, judge = pairs.counts.n, pairs.m, pairs.judge
        half = 0.5 * (fitted.worth[pairs.left] - fitted.worth[pairs.right])
        left, right, nu = np.exp(half), np.exp(-half), np.exp(fitted.log_nu)
        lead = 0.5 * pairs.weight * (pairs.result - (left - right) / (left + right + nu))
        of_worth = np.bincount(judge * n + pairs.left, lead, m * n) - np.bincount(judge * n + pairs.right, lead, m * n)
        of_nu = np.bincount(judge, pairs.weight * ((pairs.result == TIE) - nu / (left + right + nu)), m)
        out: Floats = of_worth.reshape(m, n) - np.outer(of_nu, border / corner)
        return out

    def known_apart(x: Floats) -> Floats:
        out: Floats = information @ x - np.outer(border, border @ x) / corner
        return out

    def refit(counts: PairCounts) -> Floats | None:
        return davidson.fit(counts).worth if davidson.has_finite_estimate(counts) else None

    model: Covariance = Dense(fitted.covariance) if fitted.covariance is not None else Precision(information)
    found = _clustered(pairs, fitted.worth, model, judges, scores=scores, information=known_apart, refit=refit)
    basis: SeBasis = "model" if found.basis == "model" else "judge_cluster"
    nan = float("nan")
    return PairFit(
        fitted.worth,
        found.single,
        found.joint,
        found.df,
        basis,
        "none",
        "davidson",
        found.basis,
        fitted.loglik,
        nan,
        nan,
        found.reason,
        found.note,
    )


@dataclass(frozen=True, eq=False)
class _Clustered:
    """Covariance of single scores and for joint statements, and what to say about it."""

    single: Covariance
    joint: Covariance | None = None
    df: float = np.inf
    basis: str = "model"
    note: Problem | None = None
    reason: Problem | None = None


def _clustered(
    pairs: Pairs,
    worth: Floats,
    model: Covariance,
    judges: Judges,
    *,
    scores: Callable[[], Floats],
    information: Callable[[Floats], Floats],
    refit: Callable[[PairCounts], Floats | None],
) -> _Clustered:
    """Covariance clustered by judge: sandwich from 8 judges, jackknife from 3, else the model's.

    Single scores use the plain form; joint statements use the form of full rank (Morel, Bokossa & Neerchal 2003).
    """
    m, n = pairs.m, pairs.counts.n
    if judges == "model" or m == 0:
        return _Clustered(model, note=None if judges == "model" else Problem("I-NOJUDGES"))
    if m < judge_clusters.FEWEST_FOR_JACKKNIFE:
        return _Clustered(model, note=Problem("I-JUDGES", None, None, None, {"n": m}))
    if not isinstance(model, Dense):
        return _Clustered(model, note=Problem("I-JUDGESMANY", None, None, None, {"n": n}))
    inverse = model.dense()
    unanimous = _Clustered(model, note=Problem("W-UNANIMOUS"), reason=Problem("S-UNANIMOUS"))
    if judge_clusters.unanimity_blocks(pairs.judge, pairs.left, pairs.right, pairs.result, n, m):
        return unanimous
    if m >= judge_clusters.FEWEST_FOR_SANDWICH:
        each = scores()
        single, joint = (judge_clusters.sandwich(each, lambda x: inverse @ x, full_rank=full) for full in (False, True))
    else:
        left_out = [refit(pairs.without_judge(r)) for r in range(m)]
        single, joint = (judge_clusters.jackknife(left_out.__getitem__, worth, m, information, full_rank=full) for full in (False, True))
    if single.basis == "model":
        return unanimous
    by_judge, by_model = single.covariance(inverse).diagonal(), inverse.diagonal()
    if by_judge.sum() < _ALIKE * by_model.sum() or (by_judge < _NOTHING * by_model).any():
        return unanimous  # judges who answer alike, pair by pair
    few = single.basis == "jackknife"
    return _Clustered(
        single=Dense(single.covariance(inverse)),
        joint=Dense(joint.covariance(inverse)),
        df=single.df,
        basis=single.basis,
        note=Problem("I-JACKKNIFE", None, None, None, {"n": m}) if few else None,
        reason=Problem("S-JACKKNIFE") if few else None,
    )


def _by_choix(counts: PairCounts) -> Floats:
    """Worths by choix's dense iterative Luce spectral ranking, as a start our own iteration must confirm."""
    import choix  # noqa: PLC0415 - an optional cross-check, slow to import

    wins = np.zeros((counts.n, counts.n))
    wins[counts.first, counts.second] = counts.wins_first + counts.ties / 2
    wins[counts.second, counts.first] = counts.wins_second + counts.ties / 2
    worth: Floats = np.asarray(choix.ilsr_pairwise_dense(wins))
    return np.asarray(worth - worth.mean())


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
        how = {"davidson": "Davidson 1970", "half": "half a win for each, an approximation"}
        out.append(Problem("I-TIES", None, None, None, {"n": n_ties, "how": how[fitted.tie_model]}))
    if fitted.judge_note is not None:
        out.append(fitted.judge_note)
    return out


def why_undecided(table: Comparisons, rows: Bools) -> list[Problem]:
    """Reason for each person, should no comparison of theirs in these rows count."""
    some = rows & (table.count > 0)

    def number(which: Bools) -> Ints:
        return np.bincount(np.concatenate([table.left[which], table.right[which]]), minlength=len(table.people))

    every, skipped, tied = number(some), number(some & (table.result == SKIP)), number(some & (table.result == TIE))
    codes = np.select([every == 0, skipped == every, tied == every], ["S-NODECISION", "S-NOTCOMPARED", "S-ONLYTIES"], "S-NODECISION")
    return [Problem(str(code)) for code in codes]

"""Standard errors by resampling: judges where there are enough of them, else comparisons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rankkit.errors import ConvergenceError, Problem
from rankkit.kernels.arrays import Floats
from rankkit.kernels.bradley_terry import BradleyTerryFit
from rankkit.kernels.comparison_order import canonical_people, canonical_rows
from rankkit.kernels.covariance import Dense
from rankkit.kernels.judge_clusters import FEWEST_FOR_SANDWICH
from rankkit.kernels.pair_bootstrap import bootstrap
from rankkit.methods.pair_clusters import ALIKE, NOTHING, Clustered
from rankkit.methods.pair_covariates import Covariates
from rankkit.methods.pair_data import Pairs
from rankkit.methods.pair_fitting import PairFit, PairModel, refitted

_ENOUGH = 0.9  # share of replicates that must have an estimate


def resampled(fitted: PairFit, pairs: Pairs, model: PairModel, beside: Covariates, *, replicates: int, seed: int) -> PairFit:
    """Return the fit with the covariance of bootstrap replicates around their own mean.

    Judges are drawn with replacement where there are eight or more and ``judges="auto"``, else single comparisons. A
    replicate without a maximum likelihood estimate is fitted with the Jeffreys penalty and counted.

    The fit is returned as it was, with a note, where resampling says nothing: without a maximum likelihood estimate every
    replicate is one-sided too, and judges who answer alike stay alike.

    Raises
    ------
    ConvergenceError
        If fewer than nine in ten replicates have an estimate, as when resampling cuts the design apart.
    """
    if not fitted.finite:
        return _as_it_was(fitted)
    by_judge = model.judges == "auto" and pairs.m >= FEWEST_FOR_SANDWICH and bool((pairs.judge >= 0).all())
    draw = _plain if isinstance(fitted.source, BradleyTerryFit) else _one_by_one
    worths, others, penalised = draw(fitted, pairs, model, beside, replicates, seed, by_judge=by_judge)
    if len(worths) < _ENOUGH * replicates:
        raise ConvergenceError("E-BOOTSTRAP", failed=replicates - len(worths), replicates=replicates)
    spread, before = _covariance(worths), fitted.covariance.diagonal()
    if np.trace(spread) < ALIKE * before.sum() or (np.diag(spread) < NOTHING * before).any():
        return _as_it_was(fitted)
    details = {"replicates": replicates, "unit": "judges" if by_judge else "comparisons", "failed": penalised}
    df = float(pairs.m - 1) if by_judge else float("inf")
    note = Problem("I-BOOTSTRAP", None, None, None, details)
    clusters = Clustered(Dense(spread), df=df, basis="bootstrap", note=note, reason=fitted.clusters.reason if not by_judge else None)
    return replace(fitted, clusters=clusters, parameter_covariance=_covariance(others) if fitted.names else None)


def _plain(
    fitted: PairFit, pairs: Pairs, model: PairModel, beside: Covariates, replicates: int, seed: int, *, by_judge: bool
) -> tuple[Floats, Floats, int]:
    """Worths alone: many refits at once."""
    if not isinstance(fitted.source, BradleyTerryFit):
        return _one_by_one(fitted, pairs, model, beside, replicates, seed, by_judge=by_judge)
    order = np.argsort(canonical_people(pairs.counts), kind="stable")
    rows, judge = None, None
    if by_judge:
        lines, _, classes = canonical_rows(pairs.judge, pairs.left, pairs.right, pairs.result, pairs.n, pairs.m)
        place = np.empty(pairs.m, dtype=np.int64)
        place[np.argsort(classes, kind="stable")] = np.arange(pairs.m)
        rows = (pairs.left[lines], pairs.right[lines], pairs.result[lines], None if pairs.weight is None else pairs.weight[lines])
        judge = place[pairs.judge[lines]]
    found = bootstrap(fitted.source, replicates, np.random.default_rng(seed), order, rows=rows, judge=judge)
    return found.usable, np.zeros((len(found.usable), 0)), found.penalised


def _one_by_one(
    fitted: PairFit, pairs: Pairs, model: PairModel, beside: Covariates, replicates: int, seed: int, *, by_judge: bool
) -> tuple[Floats, Floats, int]:
    """Refit any model to weights of the rows drawn again."""
    order, _, classes = canonical_rows(pairs.judge if by_judge else None, pairs.left, pairs.right, pairs.result, pairs.n, pairs.m)
    rng = np.random.default_rng(seed)
    turn = np.argsort(classes, kind="stable")
    worths, others, penalised = [], [], 0
    for _ in range(replicates):
        weight = np.zeros(len(pairs.left))
        if by_judge:
            times = np.zeros(pairs.m)
            times[turn] = np.bincount(rng.integers(0, pairs.m, pairs.m), minlength=pairs.m)
            weight = pairs.mass * times[pairs.judge]
        else:
            total = float(pairs.mass.sum())
            weight[order] = rng.multinomial(round(total), pairs.mass[order] / total)
        found = refitted(pairs, model, beside, fitted, weight)
        if found is not None:
            worths.append(found[0])
            others.append(found[1])
            penalised += found[2]
    return np.array(worths), np.array(others), penalised


def _as_it_was(fitted: PairFit) -> PairFit:
    """Say that resampling said nothing."""
    clusters = replace(fitted.clusters, reason=fitted.clusters.reason or Problem("S-UNANIMOUS"))
    return replace(fitted, clusters=clusters, aside=Problem("W-NOBOOTSTRAP"))


def _covariance(draws: Floats) -> Floats:
    centred = draws - draws.mean(axis=0)
    return np.asarray(centred.T @ centred / (len(draws) - 1))

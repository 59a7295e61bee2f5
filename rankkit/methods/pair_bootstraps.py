"""Standard errors by resampling: judges where there are enough of them, else comparisons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rankkit.errors import ConvergenceError, Problem
from rankkit.kernels.arrays import Floats
from rankkit.kernels.covariance import Dense
from rankkit.kernels.pairs.bradley_terry import BradleyTerryFit
from rankkit.kernels.pairs.comparison_order import canonical_people, canonical_rows
from rankkit.kernels.pairs.judge_clusters import FEWEST_FOR_JACKKNIFE, FEWEST_FOR_SANDWICH, model_share
from rankkit.kernels.pairs.pair_bootstrap import bootstrap
from rankkit.kernels.pairs.pair_laplacian import DENSE
from rankkit.methods.pair_clusters import ALIKE, NOTHING, Clustered
from rankkit.methods.pair_covariates import Covariates
from rankkit.methods.pair_data import Pairs
from rankkit.methods.pair_fit import PairFit, PairModel
from rankkit.methods.pair_fitting import refitted

_ENOUGH = 0.9  # share of replicates that must have an estimate


def resampled(fitted: PairFit, pairs: Pairs, model: PairModel, beside: Covariates, *, replicates: int, seed: int) -> PairFit:
    """Return the fit with the covariance of bootstrap replicates around their own mean.

    Judges are drawn with replacement where there are eight or more and ``judges="auto"``; with three to seven the fit keeps
    its jackknife and says so; else single comparisons are drawn. A replicate without a maximum likelihood estimate is
    fitted with the Jeffreys penalty and counted.

    The fit is returned as it was, with a note, where resampling says nothing: without a maximum likelihood estimate every
    replicate is one-sided too, and judges who answer alike stay alike.

    Raises
    ------
    ConvergenceError
        If fewer than nine in ten replicates have an estimate, as when resampling cuts the design apart.
    """
    if not fitted.finite:
        return _as_it_was(fitted)
    judged = model.judges == "auto" and pairs.m >= FEWEST_FOR_JACKKNIFE
    by_judge = judged and pairs.m >= FEWEST_FOR_SANDWICH
    if judged and not by_judge:  # too few to draw again, and single comparisons of one judge say less than they seem to
        return replace(fitted, aside=Problem("W-BOOTSTRAPFEW", None, None, None, {"n": pairs.m}))
    draw = _plain if isinstance(fitted.source, BradleyTerryFit) else _one_by_one
    worths, others, penalised = draw(fitted, pairs, model, beside, replicates, seed, by_judge=by_judge)
    if len(worths) < _ENOUGH * replicates:
        raise ConvergenceError("E-BOOTSTRAP", failed=replicates - len(worths), replicates=replicates)
    details = {"replicates": replicates, "unit": "judges" if by_judge else "comparisons", "failed": penalised}
    note = Problem("I-BOOTSTRAP", None, None, None, details)
    of_others = _covariance(others) if fitted.names else None
    df = float(pairs.m - 1) if by_judge else float("inf")
    if fitted.explained:
        return replace(fitted, clusters=replace(fitted.clusters, df=df), aside=note, parameter_covariance=of_others)
    spread, before = _covariance(worths), fitted.clusters.single.diagonal()
    if np.trace(spread) < ALIKE * before.sum() or (np.diag(spread) < NOTHING * before).any():
        return _as_it_was(fitted)
    found = Clustered(Dense(spread), df=df, basis="bootstrap", note=note, reason=None if by_judge else fitted.clusters.reason)
    if by_judge and pairs.n <= DENSE:
        found = replace(found, joint=_of_full_rank(fitted, spread, pairs.m), df_joint=float("inf"))
    return replace(fitted, clusters=found, parameter_covariance=of_others)


def _of_full_rank(fitted: PairFit, spread: Floats, m: int) -> Dense:
    """Add what few judges do not show, as for the sandwich: ``V + delta phi H+``."""
    source = fitted.source
    if isinstance(source, BradleyTerryFit):
        seen, inverse = source.information @ spread, source.covariance_on_demand().dense()
    else:
        seen, inverse = source.times_information(spread), source.compact_covariance().dense()
    return Dense(spread + model_share(float(np.trace(seen)), len(spread) - 1, m)[0] * inverse)


def _plain(
    fitted: PairFit, pairs: Pairs, model: PairModel, beside: Covariates, replicates: int, seed: int, *, by_judge: bool
) -> tuple[Floats, Floats, int]:
    """Worths alone: many refits at once."""
    if not isinstance(fitted.source, BradleyTerryFit):
        return _one_by_one(fitted, pairs, model, beside, replicates, seed, by_judge=by_judge)
    order = np.argsort(canonical_people(pairs.counts), kind="stable")
    rows, judge = None, None
    if by_judge:
        lines, _, classes = canonical_rows(pairs.judge, pairs.left, pairs.right, pairs.result, pairs.n, pairs.m, kind=pairs.weight)
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
    judge, kind = pairs.judge if by_judge else None, np.column_stack([beside.contest, pairs.mass])
    order, _, classes = canonical_rows(judge, pairs.left, pairs.right, pairs.result, pairs.n, pairs.m, kind=kind)
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

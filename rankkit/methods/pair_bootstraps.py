"""Standard errors by resampling: judges where there are enough of them, else comparisons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rankkit.errors import ConvergenceError, Problem
from rankkit.kernels.arrays import Floats
from rankkit.kernels.comparison_order import canonical_rows
from rankkit.kernels.covariance import Dense
from rankkit.kernels.judge_clusters import FEWEST_FOR_SANDWICH
from rankkit.methods.pair_clusters import Clustered
from rankkit.methods.pair_covariates import Covariates
from rankkit.methods.pair_data import Pairs
from rankkit.methods.pair_fitting import PairFit, PairModel, refitted

_ENOUGH = 0.9  # share of replicates that must have an estimate


def resampled(fitted: PairFit, pairs: Pairs, model: PairModel, beside: Covariates, *, replicates: int, seed: int) -> PairFit:
    """Return the fit with the covariance of bootstrap replicates around their own mean.

    Judges are drawn with replacement where there are eight or more and ``judges="auto"``, else single comparisons. A
    replicate without a maximum likelihood estimate is fitted with the Jeffreys penalty and counted.

    Raises
    ------
    ConvergenceError
        If fewer than nine in ten replicates have an estimate, as when resampling cuts the design apart.
    """
    by_judge = model.judges == "auto" and pairs.m >= FEWEST_FOR_SANDWICH and bool((pairs.judge >= 0).all())
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
    if len(worths) < _ENOUGH * replicates:
        raise ConvergenceError("E-BOOTSTRAP", failed=replicates - len(worths), replicates=replicates)
    spread = _covariance(np.array(worths))
    details = {"replicates": replicates, "unit": "judges" if by_judge else "comparisons", "failed": penalised}
    df = float(pairs.m - 1) if by_judge else float("inf")
    note = Problem("I-BOOTSTRAP", None, None, None, details)
    clusters = Clustered(Dense(spread), df=df, basis="bootstrap", note=note, reason=fitted.clusters.reason if not by_judge else None)
    return replace(fitted, clusters=clusters, parameter_covariance=_covariance(np.array(others)) if fitted.names else None)


def _covariance(draws: Floats) -> Floats:
    centred = draws - draws.mean(axis=0)
    return np.asarray(centred.T @ centred / (len(draws) - 1))

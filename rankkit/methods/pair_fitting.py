"""Which model of the comparisons can be fitted, how precise it is, and if none can, because of whom."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import stats

from rankkit.errors import ConvergenceError, IdentificationError, Problem, SolverError
from rankkit.kernels.arrays import Floats
from rankkit.kernels.covariance import Covariance, Dense
from rankkit.kernels.on_demand_covariance import OnDemand
from rankkit.kernels.pairs import bradley_terry, davidson, judge_clusters, pair_models, separation
from rankkit.kernels.pairs.bradley_terry import BradleyTerryFit
from rankkit.kernels.pairs.contests import Contests
from rankkit.kernels.pairs.pair_counts import PairCounts
from rankkit.kernels.pairs.pair_laplacian import DENSE
from rankkit.kernels.pairs.pair_model_fit import PairModelFit
from rankkit.methods.pair_clusters import Clustered, clustered
from rankkit.methods.pair_covariates import Covariates
from rankkit.methods.pair_data import Pairs
from rankkit.methods.pair_fit import PairFit, PairModel, TieModel, Used
from rankkit.methods.pair_notes import not_finite, who_is_extreme

_CLOSE = 1e-6  # logits within which the cross-check solver must agree
_PROBIT = 0.6  # normal units for a logit, about
_BEYOND = 0.05  # p below which people differ beyond their covariates


def fit(pairs: Pairs, model: PairModel, beside: Covariates) -> PairFit:
    """Fit what can be fitted.

    Raises
    ------
    IdentificationError
        Where maximum likelihood is demanded but does not exist, or parameters cannot be told apart; names the people.
    """
    tie = _tie_model(pairs, model, beside)
    if model.link == "logit" and tie in ("none", "half") and not beside.names:
        return _plain(pairs, model, tie)
    return _general(pairs, model, beside, tie)


def _tie_model(pairs: Pairs, model: PairModel, beside: Covariates) -> TieModel:
    """Davidson's where it can be estimated and nobody says otherwise; with the normal link Rao and Kupper's (Glenn and David's)."""
    if not pairs.counts.has_ties:
        return "none"
    if model.ties in ("davidson", "rao_kupper", "half"):
        return model.ties
    if model.link == "probit":
        return "rao_kupper"
    if model.penalty == "auto" and not beside.names and not davidson.has_finite_estimate(pairs.counts):
        return "half"
    if model.penalty == "gaussian" and not (pairs.counts.wins_first.any() or pairs.counts.wins_second.any()):
        return "half"  # nothing but ties: no prior of worths keeps a tie parameter finite
    return "davidson"


def _plain(pairs: Pairs, model: PairModel, tie: TieModel) -> PairFit:
    """Bradley and Terry's model, ties counting half."""
    used: Used = "none" if model.penalty == "auto" else model.penalty
    start = _by_choix(pairs.counts) if model.solver == "choix" and used == "none" and pairs.existence.kind == "finite" else None
    free = None
    if used == "none":
        free, found_out = bradley_terry.fit_if_finite(pairs.counts, start=start)
        pairs.remember(found_out)
        if free is None and model.penalty == "none":
            raise IdentificationError("E-UNBEATEN", who=who_is_extreme(pairs))
        used = used if free is not None else _fallback(pairs)
    fitted = bradley_terry.fit(pairs.counts, penalty=used, prior_sd=model.prior_sd) if free is None else free
    finite = free is not None or pairs.existence.kind == "finite"
    if start is not None and float(np.abs(start - fitted.worth).max()) > _CLOSE:
        raise SolverError("E-CROSSCHECK", gap=float(np.abs(start - fitted.worth).max()))
    n, m = pairs.n, pairs.m

    def scores() -> Floats:
        return judge_clusters.judge_scores(pairs.judge, pairs.left, pairs.right, pairs.result, pairs.weight, fitted.worth, n, m)

    def refit(r: int) -> Floats | None:
        try:
            return bradley_terry.fit(pairs.without_judge(r), penalty=used, prior_sd=_given(fitted.prior_sd)).worth
        except ConvergenceError:
            return None

    def information(x: Floats) -> Floats:
        return np.asarray(fitted.information @ x + fitted.ridge * (x - x.mean(axis=0)))

    covariance = fitted.covariance_on_demand()
    found = Clustered(covariance)
    if model.judges == "auto":
        found = clustered(pairs, fitted.worth, covariance, scores=scores, information=information, refit=refit, ridge=fitted.ridge)
    prior = (fitted.prior_sd, fitted.prior_source)
    return PairFit(fitted, fitted.worth, found, used, tie, "logit", finite, prior=prior)


def _fallback(pairs: Pairs) -> Used:
    """Jeffreys where it is affordable, beyond a Gaussian prior."""
    return "jeffreys" if pairs.n <= DENSE else "gaussian"


def _given(sd: float) -> float | None:
    return sd if np.isfinite(sd) else None


def _general(pairs: Pairs, model: PairModel, beside: Covariates, tie: TieModel) -> PairFit:
    """Order effect, tie parameter, covariates or normal link."""
    sided = bool(beside.names)
    rows = pairs if sided else pairs.unordered()
    seen = rows.contests(beside.contest)
    used: Used = "none" if model.penalty == "auto" else model.penalty
    worths: Literal["free", "none"] = "none" if beside.explained and used != "gaussian" else "free"
    prior = (float("inf"), "none")
    finite, running = True, tuple[str, ...]()

    def verdict() -> separation.Separation:
        held = np.arange(len(beside.names)) >= len(beside.names) - (beside.person.shape[1] if used == "gaussian" else 0)
        why = separation.verdict(seen, ties=tie in ("davidson", "rao_kupper"), worths=worths, held=held)
        if why.kind == "aliased":
            raise IdentificationError([not_finite(why, pairs, beside.names)]) from None
        return why

    def fitted_with(penalty: Used, data: Contests) -> PairModelFit:
        tau = prior[0] if penalty == "gaussian" else 1.0
        return pair_models.fit(
            data, link=model.link, ties="half" if tie == "none" else tie, worths=worths, penalty=penalty, tau=tau, tau_effects=_wide(tau)
        )

    if used == "gaussian":
        prior = _prior(pairs, model)
    try:
        source = fitted_with(used, seen)
    except ConvergenceError:
        why = verdict()
        if why.kind == "finite" or used == "jeffreys" or (used == "gaussian" and why.tie == 0):
            raise
        if used == "gaussian":
            raise IdentificationError([not_finite(why, pairs, beside.names)]) from None
        if model.penalty == "none":
            raise IdentificationError([not_finite(why, pairs, beside.names)]) from None
        running = tuple(beside.names[k] for k in why.running)
        used, finite = ("jeffreys" if worths == "none" else _fallback(pairs)), False
        prior = _prior(pairs, model) if used == "gaussian" else prior
        source = fitted_with(used, seen)
    else:
        if used != "none":
            why = verdict()
            finite, running = why.kind == "finite", tuple(beside.names[k] for k in why.running)
    names = (*beside.names, *({"davidson": ("log_nu",), "rao_kupper": ("log_theta",)}.get(tie, ())))
    estimates = np.append(source.effects, source.tie if tie in ("davidson", "rao_kupper") else [])
    left_out: dict[int, PairModelFit | None] = {}

    def without(r: int) -> PairModelFit | None:
        if r not in left_out:
            try:
                left_out[r] = fitted_with(used, seen.recounted(rows.result, np.where(pairs.judge == r, 0.0, pairs.mass)))
            except ConvergenceError:
                left_out[r] = None
        return left_out[r]

    def refit(r: int) -> Floats | None:
        one = without(r)
        return None if one is None else worths_of(one, beside)

    worth = worths_of(source, beside)
    own = source.parameter_covariance
    covariance = _covariance(source, beside)
    found, scores = Clustered(covariance), None
    if model.judges == "auto" and pairs.m >= judge_clusters.FEWEST_FOR_JACKKNIFE:
        scores = source.judge_scores(pairs.judge, rows.result, pairs.weight, pairs.m)
    if model.judges == "auto" and not beside.explained:
        found = clustered(
            pairs,
            worth,
            covariance,
            scores=lambda: own if scores is None else scores.worths,
            information=source.times_information,
            refit=refit,
            ridge=source.ridge,
        )
    elif beside.explained and worths == "free":
        found = Clustered(covariance, note=Problem("I-COVARIATESE"))
    explained = worths == "none"
    by_judge = found.basis if not explained else _how_to_cluster(pairs, model)
    if by_judge == "sandwich" and scores is not None:
        own = scores.others_covariance
    elif by_judge == "jackknife":
        each = [one for one in (without(r) for r in range(pairs.m)) if one is not None]
        if len(each) == pairs.m:
            shift = np.array([np.append(one.effects, [one.tie][: len(estimates) - len(one.effects)]) for one in each]) - estimates
            own = shift.T @ shift * ((pairs.m - 1) / pairs.m)
    if explained:
        note = _beyond(source, pairs, beside, own)
        found = Clustered(covariance, df=float(pairs.m - 1) if by_judge in ("sandwich", "jackknife") else np.inf, basis="none", note=note)
    return PairFit(
        source=source,
        worth=worth,
        clusters=found,
        penalty=used,
        tie_model=tie,
        link=model.link,
        finite=finite,
        names=names,
        parameters=estimates,
        parameter_covariance=own,
        prior=prior,
        explained=explained,
        sided=sided,
        running=running,
    )


def _how_to_cluster(pairs: Pairs, model: PairModel) -> str:
    """How the coefficients of covariates get their standard errors."""
    if model.judges == "model" or pairs.m < judge_clusters.FEWEST_FOR_JACKKNIFE:
        return "model"
    return "sandwich" if pairs.m >= judge_clusters.FEWEST_FOR_SANDWICH else "jackknife"


def _beyond(source: PairModelFit, pairs: Pairs, beside: Covariates, own: Floats) -> Problem:
    """Say whether people differ beyond what their covariates explain: likelihood ratio against free worths."""
    p = beside.person.shape[1]
    others = beside.contest[:, : beside.contest.shape[1] - p]
    df = pairs.n - 1 - p
    try:
        free = pair_models.fit(pairs.contests(others), link=source.model.link, ties=source.model.ties)
    except ConvergenceError:
        df = 0
    if df <= 0:
        return Problem("I-EXPLAINED")
    swollen = max(1.0, float(np.trace(own) / np.trace(source.parameter_covariance)))  # as much as judges' views swell the errors
    chance = float(stats.chi2.sf(2 * (free.loglik - source.loglik) / swollen, df))
    return Problem("W-NOTEXPLAINED", None, None, None, {"p": f"{chance:.3g}"}) if chance < _BEYOND else Problem("I-EXPLAINED")


def refitted(pairs: Pairs, model: PairModel, beside: Covariates, fitted: PairFit, weight: Floats) -> tuple[Floats, Floats, bool] | None:
    """Fit the same model to other weights of the rows: worths, other parameters, and whether a penalty was needed.

    None where the people are not all linked any more.
    """
    source = fitted.source
    if isinstance(source, BradleyTerryFit):
        return None
    result = pairs.result if fitted.sided else pairs.unordered().result
    for used in (fitted.penalty, "jeffreys"):
        try:
            again = pair_models.fit(
                source.contests.recounted(result, weight),
                link=model.link,
                ties=source.model.ties,
                worths=source.worths,
                penalty=used,
                tau=fitted.prior[0] if used == "gaussian" else 1.0,
                tau_effects=_wide(fitted.prior[0]) if used == "gaussian" else float("inf"),
            )
        except ConvergenceError:
            continue
        others = np.append(again.effects, again.tie if source.model.has_tie_parameter else [])
        return worths_of(again, beside), others, used != fitted.penalty
    return None


def worths_of(source: PairModelFit, beside: Covariates) -> Floats:
    """Worths, and what covariates of people say of them."""
    return np.asarray(source.worth + beside.person @ source.effects[len(source.effects) - beside.person.shape[1] :])


def _covariance(source: PairModelFit, beside: Covariates) -> Covariance:
    """Covariance of the worths, on demand; of worths explained by covariates it follows from their coefficients."""
    if not beside.explained:
        return OnDemand(source.contests.n, source.compact_covariance)
    p, r = beside.person.shape[1], len(source.information.corner)
    first = len(source.effects) - p
    mine = np.arange(first, len(source.effects))
    x = beside.person

    def make() -> Covariance:
        of_effects = x @ source.parameter_covariance[np.ix_(mine, mine)] @ x.T
        if source.worths == "none":
            return Dense(of_effects)
        across = source.cross_covariance[:, mine] @ x.T if r else np.zeros((len(x), len(x)))
        return Dense(source.compact_covariance().dense() + of_effects + across + across.T)

    return OnDemand(source.contests.n, make)


def _prior(pairs: Pairs, model: PairModel) -> tuple[float, str]:
    """Prior standard deviation of the worths in units of the link: given, or estimated from the worths alone."""
    if model.prior_sd is not None:
        return model.prior_sd, "given"
    alone = bradley_terry.fit(pairs.counts, penalty="gaussian")
    return alone.prior_sd * (_PROBIT if model.link == "probit" else 1.0), alone.prior_source


def _wide(tau: float) -> float:
    """Prior of coefficients: wider than any worth, so that it only keeps them finite."""
    return 10 * tau


def _by_choix(counts: PairCounts) -> Floats:
    """Worths by choix's dense iterative Luce spectral ranking, as a start our own iteration must confirm."""
    import choix  # noqa: PLC0415 - an optional cross-check, slow to import

    wins = np.zeros((counts.n, counts.n))
    wins[counts.first, counts.second] = counts.wins_first + counts.ties / 2
    wins[counts.second, counts.first] = counts.wins_second + counts.ties / 2
    worth: Floats = np.asarray(choix.ilsr_pairwise_dense(wins))
    return np.asarray(worth - worth.mean())

"""Tables of a result from rankings, each computed when somebody asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.errors import ConvergenceError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.covariance import Covariance
from rankkit.kernels.pairs.scale_reliability import separation
from rankkit.kernels.rank_sets import p_top, rank_sets
from rankkit.kernels.ranking import competition_ranks
from rankkit.kernels.rankings import best_worst, maxdiff
from rankkit.kernels.rankings.best_worst import BestWorstFit
from rankkit.kernels.rankings.borda import Borda, borda
from rankkit.kernels.rankings.condorcet import Condorcet, condorcet, preference_matrix
from rankkit.kernels.rankings.first_end import first_end_effect
from rankkit.kernels.rankings.kemeny import Kemeny, kemeny
from rankkit.kernels.rankings.mallows import mallows
from rankkit.kernels.rankings.pick_scales import scale_tests
from rankkit.kernels.rankings.picks import Picks, has_finite_estimate
from rankkit.lazy_tables import LazyTables
from rankkit.methods import ranking_patterns, rater_tables
from rankkit.methods.ranking_evidence import Lists, RankFit

_DIGITS = 9  # of a score that rounding leaves alone
_TEST_COLUMNS = ["estimate", "se", "statistic", "df", "p", "method", "likelihood_ratio", "p_likelihood_ratio"]
_TIME_LIMIT = 10.0  # seconds for the Kemeny order inside a result
_FEWEST_FOR_TESTS = 5  # raters
_BY_RATER = {
    "worst_scale": "scores by rater",
    "depth_loss": "scores by rater; lost certainty or raters who differ in their views: both look like this",
}
_MALLOWS = "given the Kemeny order, which is chosen to fit: above 0 by chance too, so no interval"


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the tables of one dimension are made of.

    Attributes
    ----------
    lists : Lists
        The lists.
    estimate : array, shape (n,)
        Scores of everybody in the table; ``nan`` = none.
    fit : RankFit or None
        Where a choice model was fitted.
    picks : Picks or None
        The choices of the pick logs among active people, where all lists have one.
    top : int
        Places that count as top and as bottom.
    level : float
        Confidence level.
    seed : int
        Of random draws.
    """

    lists: Lists
    estimate: Floats
    fit: RankFit | None
    picks: Picks | None
    top: int
    level: float
    seed: int

    @property
    def covariance(self) -> Covariance | None:
        """For joint statements about the active people."""
        return None if self.fit is None else self.fit.joint or self.fit.covariance

    @cached_property
    def preferences(self) -> Floats:
        """How often each person of the table was put above each other one."""
        return preference_matrix(self.lists.entries)

    @cached_property
    def in_order(self) -> Ints:
        """Active people, best score first."""
        active = self.lists.active
        return active[np.lexsort((-self.borda.share[active], -np.round(self.estimate[active], _DIGITS)))]

    @cached_property
    def majorities(self) -> Condorcet:
        """Majorities among active people, best score first, so that names do not decide which circle is shown."""
        return condorcet(self.preferences[np.ix_(self.in_order, self.in_order)])

    @property
    def cycles(self) -> list[list[int]]:
        """Circles of majorities as people of the table, each begun with the best of them."""
        begun = sorted(np.roll(cycle, -int(np.argmin(cycle))).tolist() for cycle in self.majorities.cycles)
        return [self.in_order[cycle].tolist() for cycle in begun]

    @cached_property
    def kemeny(self) -> Kemeny | None:
        """Orders of active people with the fewest disagreements; None if none was proven in time."""
        active = self.lists.active
        try:
            return kemeny(self.preferences[np.ix_(active, active)], time_limit=_TIME_LIMIT)
        except ConvergenceError:
            return None

    @cached_property
    def raters(self) -> pd.DataFrame:
        """What each rater did."""
        return rater_tables.raters(self.lists, self.seed)

    @cached_property
    def borda(self) -> Borda:
        """Points by rank, of everybody in the table."""
        return borda(self.lists.entries)


def evidence(data: Evidence) -> LazyTables:
    """Promise the tables of one dimension."""
    makers: dict[str, Any] = {
        "consensus": partial(_consensus, data),
        "raters": partial(_raters, data),
        "findings": partial(_findings, data),
        "concordance": partial(_concordance, data),
        "cycles": partial(_cycles, data),
        "majorities": partial(_majorities, data),
        "ladder": partial(rater_tables.ladder, data.lists),
        "ranks": partial(rater_tables.ranks, data.lists),
    }
    if data.fit is not None:
        makers["models"] = partial(_models, data)
        makers["tests"] = partial(_tests, data)
        makers["reliability"] = partial(_reliability, data)
    return LazyTables(makers)


def percentiles(score: Floats) -> Floats:
    """Percentile ``100 (n - rank + 1/2) / n`` of each score among those there are, tied people at their mean rank."""
    out = np.full(len(score), np.nan)
    known = ~np.isnan(score)
    if known.any():
        rank = competition_ranks(score[known])
        size = np.bincount(rank)
        out[known] = 100 * (known.sum() - (rank + (size[rank] - 1) / 2) + 0.5) / known.sum()
    return out


def _consensus(data: Evidence) -> pd.DataFrame:
    """One row a person."""
    lists, active = data.lists, data.lists.active
    n = len(lists.people)
    entries, counted = lists.entries, data.borda
    together = np.bincount(entries.item, entries.midrank, n)
    share = np.where(np.isin(np.arange(n), active), counted.share, np.nan)
    percentile = percentiles(data.estimate)
    columns: dict[str, Any] = {
        "score": data.estimate,
        "percentile": percentile,
        "normal_score": stats.norm.ppf(percentile / 100),
        "borda": share,
        "borda_rank": _whole(competition_ranks(share)),
        "mean_rank": together / np.maximum(counted.lists, 1) if counted.same_people else np.full(n, np.nan),
        "kemeny_low": _placed(n, active, None if data.kemeny is None else data.kemeny.best),
        "kemeny_high": _placed(n, active, None if data.kemeny is None else data.kemeny.worst),
        "lists": pd.array(np.bincount(entries.item, minlength=n), dtype="Int64"),
        "p_top": np.full(n, np.nan),
        "p_bottom": np.full(n, np.nan),
        "grey_zone": pd.array([pd.NA] * n, dtype="boolean"),
    }
    columns["mean_rank"] = np.where(np.isin(np.arange(n), active), columns["mean_rank"], np.nan)
    covariance = data.covariance
    if covariance is not None and data.fit is not None:
        worth, df = data.estimate[active], data.fit.df if data.fit.df_joint is None else data.fit.df_joint
        columns["p_top"][active] = p_top(worth, covariance, data.top, df=df, seed=data.seed)
        columns["p_bottom"][active] = p_top(-worth, covariance, data.top, df=df, seed=data.seed)
        sets = rank_sets(worth, covariance, level=data.level, kind="marginal", df=df, seed=data.seed)
        middle = (len(active) + 1) / 2
        columns["grey_zone"][active] = (sets.low <= middle) & (middle <= sets.high)
    return pd.DataFrame(columns, index=pd.Index(list(lists.people), name="ratee"))


def _whole(rank: Any) -> Any:
    """Ranks as whole numbers, NA for 0."""
    return pd.array([int(v) if v > 0 else pd.NA for v in rank], dtype="Int64")


def _placed(n: int, active: Any, place: Any) -> Any:
    """Places of active people among everybody; NA where not known."""
    out = np.zeros(n, dtype=np.int64)
    if place is not None:
        out[active] = place
    return _whole(out)


def _raters(data: Evidence) -> pd.DataFrame:
    """One row a rater."""
    return data.raters.copy(deep=False)


def _findings(data: Evidence) -> pd.DataFrame:
    """Patterns to review among raters."""
    return ranking_patterns.patterns_to_review(data.raters)


def _concordance(data: Evidence) -> pd.DataFrame:
    """How far lists agree with each other, and counting with the model."""
    rows = rater_tables.agreement_rows(data.lists, data.level, data.seed)
    active = data.lists.active
    score = np.round(data.estimate[active], _DIGITS)
    beside = {"score_with_borda": data.borda.share[active]}
    if data.kemeny is not None:
        beside["score_with_kemeny"] = -(data.kemeny.best + data.kemeny.worst) / 2
    for name, other in beside.items():
        alike = stats.kendalltau(score, np.round(other, _DIGITS)).statistic if len(active) > 1 else np.nan
        rows[name] = (float(alike), np.nan, np.nan, np.nan, "Kendall's tau-b")
    rows |= _mallows(data)
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "ci_low", "ci_high", "p", "method"])
    return frame.rename_axis("coefficient")


def _mallows(data: Evidence) -> dict[str, tuple[Any, ...]]:
    """Concentration of complete lists without ties around the Kemeny order; 0 = every order equally likely."""
    entries = data.lists.active_entries
    whole = (entries.length == entries.n).all() and (entries.group_size == 1).all() and not entries.left_over.any()
    if not whole or data.kemeny is None or entries.size < 2:
        return {}
    found = mallows(entries, order=data.kemeny.order)
    if np.isinf(found.theta):
        return {"mallows_theta": (np.nan, np.nan, np.nan, np.nan, "no finite estimate: no list departs from the Kemeny order")}
    return {"mallows_theta": (found.theta, np.nan, np.nan, np.nan, _MALLOWS)}


def _cycles(data: Evidence) -> pd.DataFrame:
    """Circles of majorities, one step a row."""
    rows = []
    people = data.lists.people
    for number, cycle in enumerate(data.cycles, start=1):
        for one, other in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
            rows.append((number, people[one], people[other], float(data.preferences[one, other]), float(data.preferences[other, one])))
    return pd.DataFrame(rows, columns=["cycle", "winner", "loser", "preferring", "against"])


def _majorities(data: Evidence) -> pd.DataFrame:
    """How many others each person met, and how many of them a majority puts below."""
    active = data.lists.active
    p = data.preferences[np.ix_(active, active)]
    index = pd.Index([data.lists.people[i] for i in active], name="ratee")
    return pd.DataFrame({"met": ((p + p.T) > 0).sum(axis=1), "wins": (p > p.T).sum(axis=1)}, index=index)


def _models(data: Evidence) -> pd.DataFrame:
    """Log-likelihood of each model that can describe the same lists and has an estimate, at that estimate."""
    used, fits = "", dict[str, BestWorstFit | None]()
    tau, ties_are_answers = np.inf, False
    if data.fit is not None:
        used, tau = data.fit.model, data.fit.found.tau
        fits[used] = data.fit.found
        ties_are_answers = any(name.startswith("tie_of_") for name in data.fit.found.estimated)
    if not ties_are_answers:  # else the likelihoods are of different events
        for name, (picks, fit) in _rivals(data).items():
            if name != used and (np.isfinite(tau) or has_finite_estimate(picks)):
                fits[name] = _tried(partial(fit, tau=tau))
    order = [m for m in ("best_worst", "maxdiff", "plackett_luce") if fits.get(m) is not None]
    rows = [(f.loglik, f.parameters, f.aic, m == used) for m in order if (f := fits[m]) is not None]
    return pd.DataFrame(rows, columns=["loglik", "parameters", "aic", "chosen"], index=pd.Index(order, name="model"))


def _rivals(data: Evidence) -> dict[str, tuple[Picks, Any]]:
    """The models these lists can bear: the choices each is of, and its fit."""
    top_down = data.lists.among_active(data.lists.top_down)
    found: dict[str, tuple[Picks, Any]] = {"plackett_luce": (top_down, partial(best_worst.fit, top_down))}
    if data.picks is not None:
        found["best_worst"] = data.picks, partial(best_worst.fit, data.picks)
        paired = None if data.picks.ties else maxdiff.pair_choices(data.picks)
        if paired is not None and not paired.alone:
            found["maxdiff"] = paired.used, partial(maxdiff.fit, data.picks)
    return found


def _tried(fit: Any) -> BestWorstFit | None:
    try:
        found: BestWorstFit = fit()
    except (ConvergenceError, np.linalg.LinAlgError):
        return None
    return found


def _tests(data: Evidence) -> pd.DataFrame:
    """Tests of the scales of the picks, and of the end at which lists were begun."""
    rows: dict[str, tuple[Any, ...]] = {}
    fit, picks = data.fit, data.picks
    null = _without_scales(fit, picks) if fit is not None and picks is not None and data.lists.m >= _FEWEST_FOR_TESTS else None
    if null is not None and picks is not None:
        for name, test in scale_tests(picks, null).items():
            rows[name] = (
                test.estimate,
                test.se,
                test.t,
                test.df,
                test.p,
                _BY_RATER[name],
                test.likelihood_ratio,
                test.p_likelihood_ratio,
            )
    if picks is not None:
        lists = np.unique(picks.ranking)
        begun = rater_tables.begun(data.lists)[lists]
        found = first_end_effect(rater_tables.shares(data.lists)[lists], begun < 0, seed=data.seed)
        if found.method != "none":
            rows["first_end"] = (found.effect, np.nan, np.nan, np.nan, found.p, found.method, np.nan, np.nan)
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=_TEST_COLUMNS)
    return frame.rename_axis("test")


def _without_scales(fit: RankFit, picks: Picks) -> BestWorstFit | None:
    """The null of the tests, lambda = 1 and rho = 0 by maximum likelihood; None where that does not exist."""
    if not has_finite_estimate(picks):
        return None
    found = fit.found
    at_null = np.isinf(found.tau) and found.worst_scale == 1 and found.depth_loss == 0
    return found if fit.model == "best_worst" and not found.estimated and at_null else _tried(partial(best_worst.fit, picks))


def _reliability(data: Evidence) -> pd.DataFrame:
    """How well the scale tells people apart."""
    columns = ["coefficient", "value", "ci_low", "ci_high", "assumes"]
    if data.fit is None or len(data.lists.active) < 3:
        return pd.DataFrame(columns=columns)
    shrunken = bool(np.isfinite(data.fit.found.tau))
    found = separation(data.fit.found.worth, data.fit.covariance.diagonal(), shrunken=shrunken)
    how = "lists are independent" if data.fit.se_basis == "model" else "raters are independent"
    rows = [
        ("scale separation reliability", found.ssr, np.nan, np.nan, how),
        ("the same, by the median error", found.ssr_median, np.nan, np.nan, how),
    ]
    return pd.DataFrame(rows, columns=columns)

"""What lists say about people: which choices they are made of, which model they can bear, and how precise it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from rankkit.errors import ConvergenceError, IdentificationError, Problem, SolverError
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.covariance import Covariance, Dense
from rankkit.kernels.pairs.judge_clusters import FEWEST_FOR_JACKKNIFE
from rankkit.kernels.rankings import best_worst, maxdiff, plackett_luce
from rankkit.kernels.rankings.best_worst import BestWorstFit
from rankkit.kernels.rankings.choice_newton import FIXED_TAU
from rankkit.kernels.rankings.davidson_luce import bears
from rankkit.kernels.rankings.picks import Picks, from_log, has_finite_estimate, top_down
from rankkit.kernels.rankings.ranking_lists import RankingLists
from rankkit.methods.pair_clusters import Clustered, clustered
from rankkit.methods.ranking_crosscheck import worths_by_choix
from rankkit.methods.ranking_outcomes import Outcomes, one_sided, outcomes_of, with_ties
from rankkit.result import SeBasis
from rankkit.tables import numbers
from rankkit.tables.ranking_picks import UNRANKED
from rankkit.tables.rankings import Rankings

Fitted = Literal["best_worst", "maxdiff", "plackett_luce"]
Model = Literal["auto", "best_worst", "maxdiff", "plackett_luce", "borda", "kemeny"]
Scale = float | Literal["estimate"]
Ties = Literal["marginal", "davidson_luce"]
Prior = Literal["auto", "none", "gaussian"]
Judges = Literal["auto", "model"]
Solver = Literal["newton", "choix"]
_FEWEST_DF = 3  # of t where a prior stands in for what the lists do not say
_CLOSE = 1e-6  # logits within which the cross-check solver must agree
_SCALES = (0.05, 20.0)  # worst picks this much less, or more, sure than best ones
_WIDEST_SE = 2.5  # of log lambda and of rho: intervals over four powers of ten
_END = np.array([1, -1, 0])  # of the table's codes: best, worst, none (-1)


@dataclass(frozen=True, eq=False)
class Lists:
    """The lists of one dimension; people are coded by their place in the table.

    Attributes
    ----------
    people : tuple of str, length n
        Everybody in the table.
    labels : mapping
        Display names.
    raters : tuple of str, length m
        Those who handed in one of these lists, in the order of the codes in :attr:`entries`.
    names : tuple of str
        One name a list.
    entries : RankingLists
        Who stands where.
    person, which : array of int, shape (rows,)
        People who were shown, as rows of the table, and the list of each.
    pick, end : array of int, shape (rows,)
        Number of the pick, 0 = none; +1 best, -1 worst.
    milliseconds : array, shape (rows,)
        Response times; ``nan`` where not known.
    """

    people: tuple[str, ...]
    labels: Mapping[str, str]
    raters: tuple[str, ...]
    names: tuple[str, ...]
    entries: RankingLists
    person: Ints
    which: Ints
    pick: Ints
    end: Ints
    milliseconds: Floats

    @classmethod
    def of(cls, table: Rankings, dimension: int) -> Lists:
        """Take the lists of a dimension."""
        found = table.lists
        wanted = found.dimension == dimension
        which = np.repeat(np.arange(found.size), np.diff(found.start))
        shown = wanted[which] & (table.status[found.row] <= UNRANKED)
        row = found.row[shown]
        entries = table.to_lists(table.dimensions[dimension])
        known, code = np.unique(entries.rater, return_inverse=True)
        names = tuple(name for name, w in zip(found.names, wanted, strict=True) if w)
        times = np.full(len(row), np.nan)
        if "response_ms" in table.extras:
            value, bad = numbers.parse(table.extras["response_ms"])
            times = np.where(bad, np.nan, value)[row]
        return cls(
            people=table.people,
            labels=table.labels,
            raters=tuple(table.raters[r] for r in known),
            names=names,
            entries=replace(entries, rater=code.astype(np.int64)),
            person=table.ratee[row],
            which=(np.cumsum(wanted) - 1)[which[shown]],
            pick=np.maximum(table.pick[row], 0),
            end=_END[table.end[row]],
            milliseconds=times,
        )

    @property
    def m(self) -> int:
        """Number of raters."""
        return len(self.raters)

    @cached_property
    def top_down(self) -> Picks:
        """The orders as choices from the top, among all people of the table."""
        e = self.entries
        return top_down(e.list_of, e.item, e.place.astype(np.float64), e.rater, e.n, self.m)

    @cached_property
    def active(self) -> Ints:
        """People about whom some choice says something, shape (k,)."""
        return np.flatnonzero(self.top_down.made > 0)

    @property
    def informative(self) -> Ints:
        """Lists that put somebody before somebody."""
        return np.unique(self.top_down.ranking)

    @cached_property
    def active_raters(self) -> Ints:
        """Raters who put somebody before somebody, shape (m,)."""
        return np.unique(self.top_down.rater)

    def among_active(self, picks: Picks) -> Picks:
        """Code people and raters afresh, leaving out those of whom nothing is known."""
        person = np.searchsorted(self.active, picks.person)
        rater = np.searchsorted(self.active_raters, picks.rater)
        return replace(picks, n=len(self.active), m=len(self.active_raters), person=person, rater=rater)

    @cached_property
    def active_entries(self) -> RankingLists:
        """The lists that put somebody before somebody, coded as :meth:`among_active` does."""
        kept = self.entries.choose(np.isin(np.arange(self.entries.size), self.informative))
        item, rater = np.searchsorted(self.active, kept.item), np.searchsorted(self.active_raters, kept.rater)
        return replace(kept, n=len(self.active), item=item, rater=rater)

    @property
    def names_of_active(self) -> list[str]:
        """Display names of :attr:`active`."""
        return [self.labels.get(self.people[i], self.people[i]) for i in self.active]


def of_table(table: Rankings, dimension: int) -> tuple[Lists, Picks]:
    """Lists of a dimension, and the choices their pick logs record, among all people of the table."""
    lists = Lists.of(table, dimension)
    e = lists.entries
    return lists, from_log(lists.which, lists.person, lists.pick, lists.end, e.rater, e.n, lists.m)


def check_overlap(lists: Lists) -> None:
    """Raise if the lists fall into groups without a common person: ranks of different teams cannot be merged."""
    picks = lists.among_active(lists.top_down)
    _, better, worse = picks.outcomes()
    graph = csr_array((np.ones(len(better), dtype=np.int8), (better, worse)), shape=(picks.n, picks.n))
    number, component = connected_components(graph, directed=False)
    if number > 1:
        of_list = {int(which): int(component[picks.person[s]]) for which, s in zip(picks.ranking, picks.start[:-1], strict=True)}
        groups = [[lists.names[k] for k, c in of_list.items() if c == g] for g in range(number)]
        whom = [[lists.names_of_active[i] for i in np.flatnonzero(component == g)] for g in range(number)]
        details: dict[str, Any] = {"groups": " | ".join(", ".join(g) for g in groups), "people": " | ".join(", ".join(w) for w in whom)}
        raise IdentificationError("E-OVERLAP", **details)


@dataclass(frozen=True, eq=False)
class ModelSettings:
    """How a choice model is to be fitted."""

    ties: Ties = "marginal"
    worst_scale: Scale = 1.0
    depth_loss: Scale = 0.0
    prior: Prior = "auto"
    tau: float | None = None
    judges: Judges = "auto"
    solver: Solver = "newton"


@dataclass(frozen=True, eq=False)
class RankFit:
    """Worths of the people of whom something is known, with their covariance, and how they were come by."""

    model: Fitted
    found: BestWorstFit
    covariance: Covariance
    joint: Covariance | None
    df_joint: float | None
    df: float
    se_basis: SeBasis
    basis: str
    finite: bool
    reason: Problem | None
    notes: tuple[Problem, ...]


@dataclass(frozen=True, eq=False)
class _Model:
    """A model of some lists: can it be fitted, fit it, and leave a rater out."""

    outcomes: Outcomes
    finite: bool
    fit: Callable[[float | None, Floats | None], BestWorstFit]
    without: Callable[[int], _Model]


def fit(model: Fitted, lists: Lists, picks: Picks | None, settings: ModelSettings) -> RankFit:
    """Fit one of the choice models; ``picks`` are those of the pick logs among the active people, if there are logs.

    Raises
    ------
    IdentificationError
        If maximum likelihood is demanded where it does not exist, if a scale cannot be estimated, or if maxdiff is asked
        of lists with tie groups.
    """
    notes: list[Problem] = []
    if model == "plackett_luce" or picks is None:
        if settings.ties == "davidson_luce" and not bears(lists.active_entries):
            raise IdentificationError("E-TIESLEFTOVER")
        data, ties = _of_lists(lists.active_entries, settings), lists.top_down.ties
    else:
        notes += _of_stages(picks) if model == "maxdiff" else []
        data, ties = _of_picks(model, picks, settings), picks.ties
    data = replace(data, outcomes=replace(data.outcomes, raters=tuple(lists.raters[r] for r in lists.active_raters)))
    if not data.finite and settings.prior == "none":
        raise IdentificationError("E-NORANKML", who=one_sided(data.outcomes, lists.names_of_active).message())
    tau = np.inf if data.finite and settings.prior != "gaussian" else settings.tau
    try:
        found = data.fit(tau, None)
    except ConvergenceError as error:
        if "estimate" in (settings.worst_scale, settings.depth_loss):
            raise IdentificationError("E-SCALES") from error
        if settings.ties == "davidson_luce":
            raise IdentificationError("E-TIEPARAMETER") from error
        raise
    _check_scales(found)
    if np.isfinite(found.tau):
        notes.append(Problem("I-RANKPRIORCHOSEN" if data.finite else "I-RANKPRIOR", None, None, None, {"tau": round(found.tau, 2)}))
        if settings.tau is None and found.tau == FIXED_TAU:
            notes.append(Problem("W-TAUASSUMED", None, None, None, {"tau": FIXED_TAU}))
    if not data.finite:
        notes.append(one_sided(data.outcomes, lists.names_of_active))
    if ties:
        notes.append(Problem("I-TIEANSWERS" if settings.ties == "davidson_luce" else "I-TIEGROUPS", None, None, None, {"n": ties}))
    errors = _clusters(data, found, settings.judges)
    if errors.note is not None:
        notes.append(errors.note)
    few = data.outcomes.m < FEWEST_FOR_JACKKNIFE
    df, df_joint = errors.df, errors.df_joint
    if not data.finite and np.isinf(df):
        df = float(max(data.outcomes.m - 1, _FEWEST_DF))
        df_joint = 2 * df  # as for the jackknife: joint statements have critical values of their own
    return RankFit(
        model=model,
        found=found,
        covariance=errors.single,
        joint=errors.joint,
        df_joint=df_joint,
        df=df,
        se_basis="model" if errors.basis == "model" else "judge_cluster",
        basis=errors.basis,
        finite=data.finite,
        reason=Problem("S-RANKPRIOR") if not data.finite else Problem("S-FEWRATERS") if few else errors.reason,
        notes=tuple(notes),
    )


def _check_scales(found: BestWorstFit) -> None:
    """Refuse an estimated scale that ran away, or of which the lists say next to nothing."""
    for name, se in zip(found.estimated, found.se, strict=True):
        if name == "worst_scale":
            known = _SCALES[0] <= found.worst_scale <= _SCALES[1] and se <= _WIDEST_SE * found.worst_scale
        elif name == "depth_loss":
            known = abs(found.depth_loss) <= np.log(_SCALES[1]) and se <= _WIDEST_SE
        else:
            known = True
        if not known:
            raise IdentificationError("E-SCALES")


def _of_stages(picks: Picks) -> list[Problem]:
    """Say which choices maxdiff cannot use."""
    if picks.ties:
        raise IdentificationError("E-MAXDIFFTIES", n=picks.ties)
    found = maxdiff.pair_choices(picks)
    if not len(found.picks):
        raise IdentificationError("E-MAXDIFFNONE")
    return [Problem("I-MAXDIFFALONE", None, None, None, {"n": found.alone})] if found.alone else []


def _of_picks(model: Fitted, picks: Picks, settings: ModelSettings) -> _Model:
    """The sequential best-worst logit, or maxdiff, of pick logs."""
    scale, loss = (None if value == "estimate" else float(value) for value in (settings.worst_scale, settings.depth_loss))

    def fitted(tau: float | None, start: Floats | None) -> BestWorstFit:
        if model == "maxdiff":
            return maxdiff.fit(picks, tau=tau, start=start)
        return best_worst.fit(picks, worst_scale=scale, depth_loss=loss, tau=tau, start=start)

    used = maxdiff.pair_choices(picks).used if model == "maxdiff" else picks
    return _Model(outcomes_of(used), has_finite_estimate(used), fitted, lambda r: _of_picks(model, picks.without(r), settings))


def _of_lists(entries: RankingLists, settings: ModelSettings) -> _Model:
    """Plackett and Luce's model of orders from the top."""
    ties = settings.ties

    def fitted(tau: float | None, start: Floats | None) -> BestWorstFit:
        if tau is None:
            picks = top_down(entries.list_of, entries.item, entries.place.astype(np.float64), entries.rater, entries.n, entries.m)
            tau = best_worst.fit(picks, tau=None).tau
        found = plackett_luce.fit(entries, ties=ties, prior_sd=tau, start=start)
        if settings.solver == "choix" and np.isinf(tau) and ties == "marginal" and start is None:
            gap = float(np.abs(worths_by_choix(entries) - found.worth).max())
            if gap > _CLOSE:
                raise SolverError("E-CROSSCHECK", gap=gap)
        return BestWorstFit(
            worth=found.worth,
            worst_scale=float("nan"),
            depth_loss=float("nan"),
            loglik=found.loglik,
            by_rater=found.rater_scores,
            information=found.information + found.ridge * np.eye(entries.n),
            covariance=found.solve(np.eye(entries.n)),
            estimated=tuple(f"tie_of_{size}" for size in found.tie_sizes),
            se=found.se_log_delta if found.tie_sizes else np.zeros(0),
            tau=found.prior_sd,
            iterations=found.iterations,
        )

    finite = plackett_luce.existence(entries, ties=ties).kind == "finite"
    outcomes = outcomes_of(top_down(entries.list_of, entries.item, entries.place.astype(np.float64), entries.rater, entries.n, entries.m))
    if ties == "davidson_luce":
        outcomes = with_ties(outcomes, entries)
    return _Model(outcomes, finite, fitted, lambda r: _of_lists(entries.without_rater(r), settings))


def _clusters(data: _Model, found: BestWorstFit, judges: Judges) -> Clustered:
    """Covariance clustered by rater where there are enough of them who differ."""
    model = Dense(found.covariance)
    if judges == "model":
        return Clustered(model)

    def refit(r: int) -> Floats | None:
        rest = data.without(r)
        if np.isinf(found.tau) and not rest.finite:
            return None
        try:
            return rest.fit(found.tau, found.worth).worth
        except ConvergenceError:
            return None

    return clustered(
        data.outcomes,
        found.worth,
        model,
        scores=lambda: found.by_rater,
        information=lambda x: found.information @ x,
        refit=refit,
        ridge=found.tau**-2.0,
    )

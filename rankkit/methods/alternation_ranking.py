"""Alternation ranking: people ranked by picking the best, the worst, the second best … of those left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any, ClassVar, get_args

import numpy as np

from rankkit.assessment import Assessment, check_choice, is_number
from rankkit.design_audit import of_rankings
from rankkit.errors import IdentificationError, InsufficientDataError, Problem, SettingsError
from rankkit.kernels.covariance import Covariance
from rankkit.kernels.rankings.picks import Picks
from rankkit.methods import pair_dimensions, ranking_evidence, ranking_tables
from rankkit.methods.alternation_result import AlternationRankingResult
from rankkit.methods.dimension_notes import of_dimension
from rankkit.methods.ranking_evidence import Fitted, Judges, Lists, Model, ModelSettings, Prior, RankFit, Scale, Solver, Ties
from rankkit.methods.ranking_standing import over_dimensions, raters_per_person, standing
from rankkit.methods.ranking_tables import Evidence, percentiles
from rankkit.tables.people import People
from rankkit.tables.rankings import Rankings

_TOP = Fraction(1, 5)  # of the people, for p_top and p_bottom
_FITTED: dict[str, Fitted] = {name: name for name in get_args(Fitted)}
_ZERO = 1e-12  # logits that are rounding error: people about whom the lists cancel out are tied
_CYCLES_UP_TO = 200  # people among whom a fit looks for circles of majorities


@dataclass(frozen=True, kw_only=True)
class AlternationRanking(Assessment[Rankings, AlternationRankingResult]):
    r"""Models of ranked lists, by default of the very picks that made them.

    At a best pick from the set :math:`R`, :math:`P(b|R) \propto e^{\kappa_s u_b}`; at a worst pick
    :math:`P(w|R) \propto e^{-\lambda\kappa_s u_w}`, with :math:`\kappa_s = e^{-\rho(s-1)}` at stage :math:`s`.

    One ranking has an order, but no likelihood maximum and no precision: its result is ordinal. Lists without a common
    person cannot be merged (error naming them).

    Parameters
    ----------
    model : {"auto", "best_worst", "maxdiff", "plackett_luce", "borda", "kemeny"}
        ``best_worst``: the sequential best–worst logit above, for pick logs (Marley & Louviere 2005). ``maxdiff``: both ends
        of a stage chosen together. ``plackett_luce``: choices from the top. ``borda``, ``kemeny``: counting only, without
        standard errors. ``auto``: one list, its ranks; else ``best_worst`` where all lists have pick logs, else
        ``plackett_luce``.
    ties : {"marginal", "davidson_luce"}
        People taken together could not be separated: all orders among them are added up. Or, with Plackett–Luce, a tie is
        an answer of its own (Firth, Kosmidis & Turner 2019).
    worst_scale : float or "estimate"
        :math:`\lambda`: scale of worst picks relative to best ones.
    depth_loss : float or "estimate"
        :math:`\rho`: loss of certainty with each stage (Hausman & Ruud 1987).
    prior : {"auto", "none", "gaussian"}
        ``auto``: maximum likelihood where it exists, else a Gaussian prior of the worths, labelled and ``provisional``.
        ``none``: error where it does not exist.
    tau : float, optional
        Standard deviation of that prior in logits; from the marginal likelihood by default, but at least 1, and
        1.5, with a note, where the lists do not say.
    judges : {"auto", "model"}
        Standard errors clustered by rater where there are three or more, or the model's own.
    solver : {"newton", "choix"}
        Our Newton kernels, or, for ``plackett_luce`` without ties, choix's ``ilsr_top1`` as a cross-check of the worths.
    top : int, optional
        Places counted by ``p_top`` and ``p_bottom``; a fifth of the people by default.
    standardise : bool
        With several dimensions: also form the mean of worths divided by their standard deviation on each dimension.
    level, seed
        See :class:`~rankkit.assessment.Assessment`.

    Raises
    ------
    SettingsError
        For impossible settings.
    InsufficientDataError
        If no list puts anybody before anybody.
    IdentificationError
        If lists have no common person, if a model is asked of one list, or of lists without the pick logs it needs;
        if a scale or a tie parameter has no estimate.

    Examples
    --------
    >>> import rankkit as rk
    >>> orders = {"r1": ["a", "b", "c", "d"], "r2": ["b", "a", "d", "c"], "r3": ["a", "c", "b", "d"], "r4": ["d", "a", "b", "c"]}
    >>> found = rk.AlternationRanking().fit(rk.Rankings.from_orders(orders))
    >>> found.model, found.scores["score"].round(2).to_dict()
    ('plackett_luce', {'a': 1.35, 'b': 0.37, 'c': -0.88, 'd': -0.84})
    """

    accepts: ClassVar[type[Rankings]] = Rankings
    model: Model = "auto"
    ties: Ties = "marginal"
    worst_scale: Scale = 1.0
    depth_loss: Scale = 0.0
    prior: Prior = "auto"
    tau: float | None = None
    judges: Judges = "auto"
    solver: Solver = "newton"
    top: int | None = None
    standardise: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, choices in (("model", Model), ("ties", Ties), ("prior", Prior), ("judges", Judges), ("solver", Solver)):
            check_choice(name, getattr(self, name), choices)
        for name in ("worst_scale", "depth_loss"):
            value = getattr(self, name)
            if value != "estimate" and not (is_number(value) and np.isfinite(value) and (value > 0 or name == "depth_loss")):
                allowed = "a number above 0, or 'estimate'" if name == "worst_scale" else "a number, or 'estimate'"
                raise SettingsError("E-SETTING", name=name, value=value, allowed=allowed)
        if self.tau is not None and not (is_number(self.tau) and 0 < self.tau < np.inf):
            raise SettingsError("E-SETTING", name="tau", value=self.tau, allowed="a number of logits above 0, or None")
        if self.top is not None and not (isinstance(self.top, (int, np.integer)) and not isinstance(self.top, bool) and self.top > 0):
            raise SettingsError("E-SETTING", name="top", value=self.top, allowed="1, 2, 3, … or None")
        if self.solver == "choix" and (self.model != "plackett_luce" or self.ties != "marginal"):
            raise SettingsError("E-SETTING", name="solver", value=self.solver, allowed="'newton', or model='plackett_luce'")
        if self.ties == "davidson_luce" and self.model != "plackett_luce":
            raise SettingsError("E-SETTING", name="ties", value=self.ties, allowed="'marginal', or model='plackett_luce'")

    def _estimate(self, table: Rankings, people: People | None, /) -> AlternationRankingResult:  # noqa: ARG002 - names are attached later
        if len(table.dimensions) == 1:
            return self._dimension(table, 0)
        fits: dict[str, AlternationRankingResult] = {}
        silent = []
        for d, name in enumerate(table.dimensions):
            try:
                fits[name] = self._dimension(table, d)
            except IdentificationError as error:
                raise IdentificationError([of_dimension(p, name) for p in error.items]) from None
            except InsufficientDataError:
                silent.append(Problem("W-NOORDER", None, None, None, {"dimension": name}))
        if not fits:
            raise InsufficientDataError("E-NOORDER")
        return self._several(table, fits, silent)

    def _dimension(self, table: Rankings, dimension: int) -> AlternationRankingResult:
        """Fit one dimension; nobody is left out."""
        lists, picks = ranking_evidence.of_table(table, dimension)
        if not len(lists.informative):
            raise InsufficientDataError("E-NOORDER")
        ranking_evidence.check_overlap(lists)
        unlogged = int(np.sum(~np.isin(lists.informative, picks.ranking)))
        logged = None if unlogged else lists.among_active(picks)
        model = self._chosen(lists, logged)
        n, fitted = len(table.people), None
        estimate, notes = np.full(n, np.nan), self._notes(lists, logged, model, unlogged)
        if model in _FITTED:
            fitted = ranking_evidence.fit(_FITTED[model], lists, logged, self._settings())
            estimate[lists.active] = np.where(np.abs(fitted.found.worth) > _ZERO, fitted.found.worth, 0.0)
            notes += fitted.notes
        top = self.top or max(1, ceil(_TOP * len(lists.active)))
        data = Evidence(lists, estimate, fitted, logged, top, self.level, self.seed)
        if fitted is None:
            estimate[lists.active] = _counted(model, data)[lists.active]
        notes += _circles(data)
        return self._result(table, dimension, model, data, notes)

    def _settings(self) -> ModelSettings:
        return ModelSettings(
            ties=self.ties,
            worst_scale=self.worst_scale,
            depth_loss=self.depth_loss,
            prior=self.prior,
            tau=self.tau,
            judges=self.judges,
            solver=self.solver,
        )

    def _chosen(self, lists: Lists, logged: Picks | None) -> str:
        """The model these lists can bear, or the one that was asked for."""
        one = len(lists.informative) == 1
        if self.model == "auto":
            return "ranks" if one else "plackett_luce" if logged is None else "best_worst"
        if self.model in _FITTED and one and self.prior != "gaussian":
            raise IdentificationError("E-ONE")
        if self.model in ("best_worst", "maxdiff") and logged is None:
            raise IdentificationError("E-PICKLOG", model=self.model)
        return self.model

    def _notes(self, lists: Lists, logged: Picks | None, model: str, unlogged: int) -> list[Problem]:
        """Say what the lists can and cannot bear."""
        notes = []
        if model == "ranks":
            notes.append(Problem("E-ONE"))
        elif model in ("borda", "kemeny"):
            notes.append(Problem("I-COUNTED", None, None, None, {"model": {"borda": "Borda", "kemeny": "Kemeny"}[model]}))
        elif model == "plackett_luce" and self.model == "auto":
            total = len(lists.informative)
            some = Problem("I-TOPDOWNSOME", None, None, None, {"n": unlogged, "total": total})
            notes.append(some if unlogged < total else Problem("I-TOPDOWN"))
        elif model == "plackett_luce" and logged is not None and (logged.end < 0).any():
            notes.append(Problem("W-TOPDOWN"))
        entries = lists.entries
        partial = int(np.sum(entries.length < len(np.unique(entries.item))))
        if partial:
            code = "W-MIXEDLISTS" if model == "borda" else "I-PARTLISTS"
            notes.append(Problem(code, None, None, None, {"n": partial, "total": entries.size}))
        return notes

    def _result(self, table: Rankings, dimension: int, model: str, data: Evidence, notes: list[Problem]) -> AlternationRankingResult:
        n, fit = len(table.people), data.fit
        rows = table.dimension == dimension
        status, reasons = standing(table, rows, data.lists.active, None if fit is None else fit.reason)
        shown = np.bincount(data.lists.entries.item, minlength=n)
        df = np.inf if fit is None else fit.df
        return AlternationRankingResult(
            method=type(self).__name__,
            people=table.people,
            labels=table.labels,
            estimate=data.estimate,
            status=status,
            reasons=reasons,
            n_raters=raters_per_person(table, rows),
            n_obs=shown.astype(np.int64),
            covariance=None if fit is None else fit.covariance,
            joint_covariance=None if fit is None else fit.joint,
            df=np.full(n, df),
            df_difference=df,
            df_joint=None if fit is None else fit.df_joint,
            unit="ordinal" if fit is None else "logit",
            se_basis="none" if fit is None else fit.se_basis,
            level=self.level,
            seed=self.seed,
            notes=tuple(notes),
            design=of_rankings(table, rows),
            evidence=ranking_tables.evidence(data),
            top=data.top,
            **_of_fit(model, fit),
        )

    def _several(self, table: Rankings, fits: Mapping[str, AlternationRankingResult], silent: list[Problem]) -> AlternationRankingResult:
        """Dimensions side by side; a common score only on demand."""
        fitted = np.array([[s in ("scored", "provisional") for s in f.status] for f in fits.values()])
        measured = all(f.unit == "logit" for f in fits.values())
        common = pair_dimensions.combine(fits, fitted) if self.standardise and measured else None
        status, reasons = over_dimensions(table, fits, fitted, combined=common is not None)
        n = len(table.people)
        by_judge = all(f.se_basis == "judge_cluster" for f in fits.values())
        covariance: Covariance | None = None if common is None else common[1]
        df = min(f.df_difference for f in fits.values())
        refused = [Problem("E-ORDINAL")] if self.standardise and not measured else []
        kinds = {f.model for f in fits.values()}
        return AlternationRankingResult(
            method=type(self).__name__,
            people=table.people,
            labels=table.labels,
            estimate=np.full(n, np.nan) if common is None else common[0],
            status=status,
            reasons=reasons,
            n_raters=raters_per_person(table, np.ones(len(table), dtype=bool)),
            n_obs=np.sum([f.n_obs for f in fits.values()], axis=0),
            covariance=covariance,
            df=np.full(n, df),
            df_difference=df,
            df_joint=min(f.joint_df for f in fits.values()),
            unit="none" if common is None else "z",
            se_basis="none" if common is None else ("judge_cluster" if by_judge else "model"),
            level=self.level,
            seed=self.seed,
            parts=dict(fits),
            notes=(
                Problem("W-LISTDIMENSIONS" if common is None else "I-LISTSTANDARDISED", None, None, None, {"n": len(fits)}),
                *refused,
                *silent,
                *dict.fromkeys(of_dimension(note, d) for d, f in fits.items() for note in f.notes),
            ),
            design=of_rankings(table),
            model=next(iter(kinds)) if len(kinds) == 1 else "several",
            existence=next((kind for kind in ("one_sided", "none") if any(f.existence == kind for f in fits.values())), "finite"),
        )


def _of_fit(model: str, fit: RankFit | None) -> dict[str, Any]:
    """Facts of a fit that results keep."""
    if fit is None:
        return {"model": model}
    found = fit.found
    return {
        "model": model,
        "existence": "finite" if fit.finite else "one_sided",
        "loglik": found.loglik,
        "worst_scale": found.worst_scale if model == "best_worst" else float("nan"),
        "depth_loss": found.depth_loss if model == "best_worst" else float("nan"),
        "tau": found.tau,
    }


def _counted(model: str, data: Evidence) -> Any:
    """Ordinal scores, from 0 to 100: Borda's share of the others a person is put above, or the percentile of the place."""
    active = data.lists.active
    if model == "borda":
        return 100 * data.borda.share
    score = np.full(len(data.estimate), np.nan)
    if model == "kemeny":
        if data.kemeny is None:
            raise IdentificationError("E-KEMENYOPEN", n=len(active))
        score[active] = -(data.kemeny.best + data.kemeny.worst) / 2
    else:
        which = data.lists.informative[0]
        here = data.lists.entries.list_of == which
        score[data.lists.entries.item[here]] = -data.lists.entries.midrank[here]
    return percentiles(score)


def _circles(data: Evidence) -> list[Problem]:
    """Name the people whom majorities put in a circle."""
    if len(data.lists.informative) < 2 or len(data.lists.active) > _CYCLES_UP_TO:
        return []
    names = [data.lists.labels.get(p, p) for p in data.lists.people]
    return [Problem("W-CYCLE", None, None, None, {"who": " > ".join(names[i] for i in (*cycle, cycle[0]))}) for cycle in data.cycles]

"""Paired comparison: Bradley–Terry worths and their relatives, with the verdict on their existence first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rankkit.assessment import Assessment, check_choice, is_number
from rankkit.design_audit import DesignAudit, of_comparisons, of_pairs
from rankkit.errors import IdentificationError, InsufficientDataError, Problem, SettingsError
from rankkit.kernels.arrays import Bools, Ints
from rankkit.methods import pair_bootstraps, pair_dimensions, pair_fitting, pair_notes, pair_reliability, pair_tables
from rankkit.methods.dimension_notes import of_dimension
from rankkit.methods.pair_covariates import covariates
from rankkit.methods.pair_data import Pairs
from rankkit.methods.pair_fit import Judges, Link, PairFit, PairModel, Penalty, Solver, Ties
from rankkit.methods.paired_result import PairedComparisonResult
from rankkit.result import Status
from rankkit.tables.comparisons import SKIP, TIE, Comparisons
from rankkit.tables.people import People

_FEW = 10  # comparisons per person below which scale reliability is expected under .70 (Verhavert et al. 2019)


@dataclass(frozen=True, kw_only=True)
class PairedComparison(Assessment[Comparisons, PairedComparisonResult]):
    r"""Bradley–Terry model of paired comparisons, and the models around it.

    .. math:: P(i \succ j) = 1 / (1 + e^{u_j - u_i}), \qquad \sum_i u_i = 0

    Before anything is said the design is judged: groups never compared, not even through others, have no order
    (error naming them); somebody undefeated or winless has no finite maximum likelihood estimate.

    Parameters
    ----------
    ties : {"auto", "davidson", "rao_kupper", "half", "drop"}
        Tie parameter of Davidson (1970), where it can be estimated (``auto``), or of Rao & Kupper (1967); half a win for
        each; or ties left out.
    order_effect : bool
        Estimate what being named first (left; at home) adds: ``result.parameters.loc["order_effect"]``. Davidson &
        Beaver (1977).
    penalty : {"auto", "none", "jeffreys", "gaussian"}
        ``auto``: maximum likelihood where it exists, else the Jeffreys prior (Kosmidis & Firth 2021), beyond 2000 people a
        Gaussian prior, labelled and ``provisional``. ``none``: error where maximum likelihood does not exist.
    prior_sd : float, optional
        Standard deviation of the Gaussian prior, in the unit of the scores; estimated by default.
    link : {"logit", "probit"}
        Bradley & Terry (1952), or Thurstone's Case V (1927) in standard deviations of a difference.
    covariates : sequence of str
        Columns of the table of people that stand for the worths, ``u_i = x_i' β`` (Springall 1973; Turner & Firth 2012);
        with ``penalty="gaussian"`` each person deviates from it.
    interactions : sequence of (str, str)
        A numeric column of the comparisons (about the judge) and one of the people: their product is a contest covariate.
    judges : {"auto", "model"}
        Standard errors clustered by judge where there are three or more, or the model's own.
    bootstrap : int
        Replicates for standard errors: judges are resampled where there are eight or more, else comparisons; 0 = none.
    solver : {"newton", "choix"}
        Our Newton kernel, or ``choix.ilsr_pairwise_dense`` as a cross-check of the worths.
    standardise : bool
        With several dimensions: also form the mean of worths divided by their standard deviation on each dimension
        (logits of different dimensions are not comparable as they stand).
    level, seed
        See :class:`~rankkit.assessment.Assessment`.

    Raises
    ------
    SettingsError
        For impossible settings.
    IdentificationError
        If groups were never compared, or if maximum likelihood is demanded where it does not exist.

    References
    ----------
    Bradley & Terry (1952); Ford (1957); Rao & Kupper (1967); Davidson (1970); Davidson & Beaver (1977); Firth (1993);
    Kosmidis & Firth (2021); Turner & Firth (2012); Morel, Bokossa & Neerchal (2003) for the covariance by judge.

    Examples
    --------
    >>> import rankkit as rk
    >>> duel = rk.PairedComparison().fit(rk.datasets.load("journal_citations"))
    >>> duel.scores["score"].round(3).to_dict()
    {'Biometrika': 0.79, 'Comm Statist': -2.159, 'JASA': 0.31, 'JRSS-B': 1.059}
    """

    accepts: ClassVar[type[Comparisons]] = Comparisons
    ties: Ties = "auto"
    order_effect: bool = False
    penalty: Penalty = "auto"
    prior_sd: float | None = None
    link: Link = "logit"
    covariates: tuple[str, ...] = ()
    interactions: tuple[tuple[str, str], ...] = ()
    judges: Judges = "auto"
    bootstrap: int = 0
    solver: Solver = "newton"
    standardise: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, choices in (("ties", Ties), ("penalty", Penalty), ("link", Link), ("judges", Judges), ("solver", Solver)):
            check_choice(name, getattr(self, name), choices)
        for name in ("covariates", "interactions"):
            value: object = getattr(self, name)
            if isinstance(value, str) or not isinstance(value, Iterable):
                raise SettingsError("E-SETTING", name=name, value=value, allowed="a tuple")
        object.__setattr__(self, "covariates", tuple(self.covariates))
        object.__setattr__(self, "interactions", tuple(tuple(pair) for pair in self.interactions))
        if any(len(pair) != 2 for pair in self.interactions):
            raise SettingsError(
                "E-SETTING", name="interactions", value=self.interactions, allowed="pairs (column of comparisons, column of people)"
            )
        if self.prior_sd is not None and not (is_number(self.prior_sd) and self.prior_sd > 0):
            raise SettingsError("E-SETTING", name="prior_sd", value=self.prior_sd, allowed="a number above 0")
        if self.prior_sd is not None and self.penalty not in ("auto", "gaussian"):
            raise SettingsError("E-SETTING", name="penalty", value=self.penalty, allowed="'gaussian', as prior_sd is given")
        if self.link == "probit" and self.ties == "davidson":
            raise SettingsError("E-SETTING", name="ties", value=self.ties, allowed="'rao_kupper', 'half' or 'drop' with link='probit'")
        if (
            not isinstance(self.bootstrap, (int, np.integer))
            or isinstance(self.bootstrap, bool)
            or self.bootstrap < 0
            or 0 < self.bootstrap < 50
        ):
            raise SettingsError("E-SETTING", name="bootstrap", value=self.bootstrap, allowed="0, or 50 and more")

    def _estimate(self, table: Comparisons, people: People | None, /) -> PairedComparisonResult:
        if self.order_effect and not table.sided:
            raise IdentificationError("E-NOSIDES")
        use = self._used(table)
        present = [d for d in range(len(table.dimensions)) if len(table.dimensions) == 1 or (use & (table.dimension == d)).any()]
        if not present or not use.any():
            raise InsufficientDataError("E-FEW", what="a fit", needed=1, unit="comparisons with a winner", found=0)
        if len(table.dimensions) == 1:
            return self._dimension(table, use, people)
        fits = {}
        for d in present:
            try:
                fits[table.dimensions[d]] = self._dimension(table, use & (table.dimension == d), people, d)
            except IdentificationError as error:
                raise IdentificationError([of_dimension(p, table.dimensions[d]) for p in error.items]) from None
        return self._several(table, fits)

    def _used(self, table: Comparisons) -> Bools:
        """Rows that count: with an outcome, and no ties where they are to be left out."""
        decided = _decided(table)
        return decided & (table.result != TIE) if self.ties == "drop" else decided

    def _dimension(self, table: Comparisons, use: Bools, people: People | None, dimension: int = 0) -> PairedComparisonResult:
        """Fit one dimension; people who were only skipped stay, without a score."""
        pairs = Pairs.of(table, use)
        design = of_pairs(pairs.counts, pairs.people, table.labels, len(table.raters))
        if design.kind == "disconnected":
            raise IdentificationError(design.notes[0].code, **design.notes[0].details)
        beside = covariates(table, pairs, people, order_effect=self.order_effect, of_people=self.covariates, interactions=self.interactions)
        model = PairModel(
            ties=self.ties, penalty=self.penalty, link=self.link, judges=self.judges, solver=self.solver, prior_sd=self.prior_sd
        )
        fitted = pair_fitting.fit(pairs, model, beside)
        if self.bootstrap:
            fitted = pair_bootstraps.resampled(fitted, pairs, model, beside, replicates=int(self.bootstrap), seed=self.seed)
        return self._result(table, pairs, fitted, design, dimension)

    def _result(self, table: Comparisons, pairs: Pairs, fitted: PairFit, design: DesignAudit, dimension: int) -> PairedComparisonResult:
        n = len(table.people)
        chosen = pair_reliability.adaptive_notes(table.extras.get("design"), pairs)
        reason = fitted.reason or (Problem("S-ADAPT") if chosen else None)
        found: Status = "scored" if reason is None else "provisional"
        status: tuple[Status, ...] = (found,) * n
        reasons: tuple[Problem | None, ...] = (reason,) * n
        estimate, n_obs = fitted.worth, pairs.counts.comparisons
        if pairs.n < n:
            compared = _positions(pairs.people, table.people)
            estimate, n_obs = (_spread(x, compared, n, empty) for x, empty in ((estimate, np.nan), (n_obs, 0.0)))
            why = pair_notes.why_undecided(table, table.dimension == dimension)
            known = set(compared.tolist())
            status = tuple(found if i in known else "insufficient_data" for i in range(n))
            reasons = tuple(reason if i in known else why[i] for i in range(n))
        seldom = np.flatnonzero(pairs.counts.comparisons < _FEW)
        few = [table.labels.get(p, p) for p in map(pairs.people.__getitem__, seldom)]
        notes = pair_notes.notes(fitted, pairs, self.penalty)
        notes += [Problem("W-FEW", None, None, None, {"n": len(few), "who": few})] if few else []
        notes += chosen
        return PairedComparisonResult(
            method=type(self).__name__,
            people=table.people,
            labels=table.labels,
            estimate=estimate,
            status=status,
            reasons=reasons,
            n_raters=_judges_per_person(table, pairs),
            n_obs=np.rint(n_obs).astype(np.int64),
            covariance=fitted.covariance,
            joint_covariance=fitted.clusters.joint,
            df=np.full(n, fitted.clusters.df),
            df_difference=fitted.clusters.df,
            df_joint=fitted.clusters.df_joint,
            unit=self.link,
            se_basis=fitted.se_basis,
            level=self.level,
            seed=self.seed,
            notes=(*notes, *self._left_out(table, table.dimension == dimension)),
            design=design,
            evidence=pair_tables.evidence(table, pairs, fitted, self.level, self.seed),
            existence="finite" if fitted.finite else "one_sided",
            penalty=fitted.penalty,
            link=self.link,
            tie_model=fitted.tie_model,
        )

    def _left_out(self, table: Comparisons, rows: Bools) -> list[Problem]:
        """Say which of the rows do not count."""
        notes = []
        if self.ties == "drop":
            ties = rows & _decided(table) & (table.result == TIE)
            if ties.any():
                notes.append(Problem("I-TIES", None, None, None, {"n": float(table.count[ties].sum()), "how": "left out"}))
        skips = int(np.count_nonzero(rows & (table.result == SKIP)))
        if skips:
            notes.append(Problem("I-SKIPS", None, None, None, {"n": skips}))
        return notes

    def _undecided(self, table: Comparisons, fitted: Iterable[str]) -> list[Problem]:
        """Name the dimensions that could not be fitted, and say what became of their rows."""
        notes = []
        for code, d in enumerate(table.dimensions):
            if d not in fitted:
                notes.append(Problem("W-NODECISION", None, None, None, {"dimension": d}))
                notes += [of_dimension(note, d) for note in self._left_out(table, table.dimension == code)]
        return notes

    def _several(self, table: Comparisons, fits: Mapping[str, PairedComparisonResult]) -> PairedComparisonResult:
        """Dimensions side by side; a common score only on demand."""
        fitted = np.array([[s in ("scored", "provisional") for s in f.status] for f in fits.values()])
        common = pair_dimensions.combine(fits, fitted) if self.standardise else None
        status, reasons = pair_dimensions.standing(fits, fitted, combined=common is not None)
        n = len(table.people)
        by_judge = all(f.se_basis == "judge_cluster" for f in fits.values())
        penalties = {f.penalty for f in fits.values()}
        df = min(f.df_difference for f in fits.values())
        return PairedComparisonResult(
            method=type(self).__name__,
            people=table.people,
            labels=table.labels,
            estimate=np.full(n, np.nan) if common is None else common[0],
            status=status,
            reasons=reasons,
            n_raters=_judges_per_person(table, Pairs.of(table, self._used(table))),
            n_obs=np.sum([f.n_obs for f in fits.values()], axis=0),
            covariance=None if common is None else common[1],
            df=np.full(n, df),
            df_difference=df,
            df_joint=min(f.joint_df for f in fits.values()),
            unit="none" if common is None else "z",
            se_basis="none" if common is None or common[1] is None else ("judge_cluster" if by_judge else "model"),
            level=self.level,
            seed=self.seed,
            parts=dict(fits),
            notes=(
                Problem("W-MIXDIM" if common is None else "I-STANDARDISED", None, None, None, {"n": len(fits)}),
                *self._undecided(table, fits),
                *dict.fromkeys(of_dimension(note, d) for d, f in fits.items() for note in f.notes),
            ),
            design=of_comparisons(table),
            evidence=pair_dimensions.evidence(table, self._used(table), fits),
            existence="finite" if all(f.existence == "finite" for f in fits.values()) else "one_sided",
            penalty="none" if penalties == {"none"} else next(iter(penalties - {"none"})),
            link=self.link,
            tie_model=next(iter({f.tie_model for f in fits.values()} - {"none"}), "none"),
        )


def _decided(table: Comparisons) -> Bools:
    """Rows that carry an outcome."""
    return np.asarray((table.result != SKIP) & (table.count > 0))


def _positions(some: tuple[str, ...], everyone: tuple[str, ...]) -> Ints:
    """Positions of some people among everyone; both are in the same order."""
    wanted = set(some)
    return np.flatnonzero([p in wanted for p in everyone])


def _spread(values: Any, at: Ints, n: int, empty: float) -> Any:
    out = np.full(n, empty)
    out[at] = values
    return out


def _judges_per_person(table: Comparisons, pairs: Pairs) -> Ints:
    """Number of judges who compared each person; -1 where judges are unknown."""
    n, m = len(table.people), pairs.m
    if not m:
        return np.full(n, -1 if not table.raters else 0, dtype=np.int64)
    known = pairs.judge >= 0
    person = np.concatenate([pairs.left[known], pairs.right[known]])
    seen = np.unique(person * m + np.tile(pairs.judge[known], 2))
    each = np.bincount(seen // m, minlength=pairs.n)
    return each if pairs.n == n else np.asarray(_spread(each, _positions(pairs.people, table.people), n, 0.0), dtype=np.int64)

"""Paired comparison: Bradley–Terry worths, with the verdict on their existence first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd

from rankkit.archive import archived
from rankkit.assessment import Assessment, check_choice
from rankkit.design_audit import of_comparisons
from rankkit.errors import IdentificationError, InsufficientDataError, Problem, SettingsError
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.covariance import Dense
from rankkit.methods import pair_evidence
from rankkit.methods.pair_evidence import Judges, PairFit, Pairs, Solver, Ties
from rankkit.result import Result, Status
from rankkit.tables.comparisons import SKIP, TIE, Comparisons
from rankkit.tables.people import People

Penalty = Literal["auto", "none", "jeffreys"]
_FEW = 10  # comparisons per person below which scale reliability is expected under .70 (Verhavert et al. 2019)


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PairedComparisonResult(Result):
    """Result of :class:`PairedComparison`; scores are log-worths in logits that sum to zero.

    Attributes
    ----------
    record : DataFrame
        Indexed by ``ratee`` (and ``dimension`` where there are several): wins, losses, ties, comparisons.
    existence : str
        ``finite`` (maximum likelihood exists) or ``one_sided`` (it does not; see the messages).
    penalty : str
        What was maximised: ``none`` or ``jeffreys``.
    loglik : float
        Log-likelihood of the comparisons at the estimate.
    deviance, deviance_df : float
        Against one free probability for each pair; ``nan`` with ties or a penalty.
    """

    record: pd.DataFrame = field(default_factory=pd.DataFrame)
    existence: str = "finite"
    penalty: str = "none"
    loglik: float = float("nan")
    deviance: float = float("nan")
    deviance_df: float = float("nan")

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables this method adds to reports."""
        return {"record": self.record}

    def completed(self) -> Self:
        """Return the result with everybody in :attr:`record`: zeros for people nobody compared."""
        parts = {d: part.completed() for d, part in self.parts.items()}
        if isinstance(self.record.index, pd.MultiIndex):
            return replace(self, parts=parts)
        everyone = pd.Index(list(self.people), name="ratee")
        return replace(self, parts=parts, record=self.record.reindex(everyone, fill_value=0.0))

    def win_probability(self, a: str, b: str) -> float:
        """Chance that ``a`` is preferred to ``b`` in a decided comparison: ``1 / (1 + exp(u_b − u_a))``.

        Raises
        ------
        SettingsError
            If the scores are not log-worths (several dimensions: ask the result of one of them, in ``parts``), or if
            one of the two is not in the result.
        IdentificationError
            If one of the two has no score.
        """
        if self.unit != "logit":
            allowed = [f"parts[{d!r}].win_probability({a!r}, {b!r})" for d in self.parts]
            raise SettingsError("E-SETTING", name="unit", value=self.unit, allowed=allowed)
        return float(1 / (1 + np.exp(-self.difference(a, b).difference)))


@dataclass(frozen=True, kw_only=True)
class PairedComparison(Assessment[Comparisons, PairedComparisonResult]):
    r"""Bradley–Terry model of paired comparisons.

    .. math:: P(i \succ j) = 1 / (1 + e^{u_j - u_i}), \qquad \sum_i u_i = 0

    Before anything is estimated the design is judged: groups never compared, not even through others, have no order
    (error naming them); somebody undefeated or winless has no finite maximum likelihood estimate.

    Parameters
    ----------
    ties : {"auto", "davidson", "half", "drop"}
        Davidson's (1970) tie parameter where it can be estimated (``auto``), half a win for each, or left out.
    penalty : {"auto", "none", "jeffreys"}
        ``auto``: maximum likelihood where it exists, else the Jeffreys prior (Kosmidis & Firth 2021), labelled and
        ``provisional``. ``none``: error where it does not exist.
    judges : {"auto", "model"}
        Standard errors clustered by judge where there are three or more, or the model's own.
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
    Bradley & Terry (1952); Ford (1957); Davidson (1970); Firth (1993); Kosmidis & Firth (2021); Morel, Bokossa &
    Neerchal (2003) for the covariance clustered by judge.

    Examples
    --------
    >>> import rankkit as rk
    >>> duel = rk.PairedComparison().fit(rk.datasets.load("journal_citations"))
    >>> duel.scores["score"].round(3).to_dict()
    {'Biometrika': 0.79, 'Comm Statist': -2.159, 'JASA': 0.31, 'JRSS-B': 1.059}
    """

    accepts: ClassVar[type[Comparisons]] = Comparisons
    ties: Ties = "auto"
    penalty: Penalty = "auto"
    judges: Judges = "auto"
    solver: Solver = "newton"
    standardise: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, choices in (("ties", Ties), ("penalty", Penalty), ("judges", Judges), ("solver", Solver)):
            check_choice(name, getattr(self, name), choices)

    def _estimate(self, table: Comparisons, people: People | None, /) -> PairedComparisonResult:  # noqa: ARG002 - names are attached later
        present = [d for d in range(len(table.dimensions)) if ((table.dimension == d) & self._used(table)).any()]
        if not present:
            raise InsufficientDataError("E-FEW", what="a fit", needed=1, unit="comparisons with a winner", found=0)
        if len(table.dimensions) == 1:
            return self._dimension(table, table.dimension == 0)
        fits = {}
        for d in present:
            try:
                fits[table.dimensions[d]] = self._dimension(table, table.dimension == d)
            except IdentificationError as error:
                raise IdentificationError([_of_dimension(p, table.dimensions[d]) for p in error.items]) from None
        return self._several(table, fits)

    def _used(self, table: Comparisons) -> Bools:
        """Rows that count: with an outcome, and no ties where they are to be left out."""
        decided = _decided(table)
        return decided & (table.result != TIE) if self.ties == "drop" else decided

    def _dimension(self, table: Comparisons, rows: Bools) -> PairedComparisonResult:
        """Fit one dimension; people who were only skipped stay, without a score."""
        use = rows & self._used(table)
        compared = np.unique(np.concatenate([table.left[use], table.right[use]]))
        pairs = Pairs.of(table, use, compared)
        named = replace(table, people=tuple(table.people[i] for i in compared))
        design = of_comparisons(named, pairs.counts)
        if design.kind == "disconnected":
            raise IdentificationError(design.notes[0].code, **design.notes[0].details)
        fitted = pair_evidence.fit(pairs, self.ties, self.penalty, self.judges, self.solver)
        if fitted is None:
            raise IdentificationError("E-UNBEATEN", who=pair_evidence.who_is_extreme(pairs, named))
        return self._result(table, compared, pairs, fitted, design=design, rows=rows)

    def _result(
        self, table: Comparisons, compared: Any, pairs: Pairs, fitted: PairFit, *, design: Any, rows: Bools
    ) -> PairedComparisonResult:
        n = len(table.people)
        estimate = np.full(n, np.nan)
        estimate[compared] = fitted.worth
        status: list[Status] = ["insufficient_data"] * n
        reasons: list[Problem | None] = [*pair_evidence.why_undecided(table, rows)]
        for i in compared:
            status[i] = "scored" if fitted.reason is None else "provisional"
            reasons[i] = fitted.reason
        wins, losses, ties = pairs.record()
        record = pd.DataFrame(0.0, index=pd.Index(list(table.people), name="ratee"), columns=["wins", "losses", "ties"])
        record.iloc[compared] = np.column_stack([wins, losses, ties])
        record["comparisons"] = record.sum(axis=1)
        n_obs = record["comparisons"].to_numpy().round().astype(np.int64)
        few = int((n_obs[compared] < _FEW).sum())
        named = replace(table, people=tuple(table.people[i] for i in compared))
        notes = [*pair_evidence.notes(fitted, pairs, named), *([Problem("W-FEW", None, None, None, {"n": few})] if few else [])]
        notes += self._left_out(table, rows)
        return PairedComparisonResult(
            method=type(self).__name__,
            people=table.people,
            labels=table.labels,
            estimate=estimate,
            status=tuple(status),
            reasons=tuple(reasons),
            n_raters=_judges_per_person(table, rows & self._used(table)),
            n_obs=n_obs,
            covariance=fitted.covariance,
            joint_covariance=fitted.joint_covariance,
            df=np.full(n, fitted.df),
            df_difference=fitted.df,
            unit="logit",
            se_basis=fitted.se_basis,
            level=self.level,
            seed=self.seed,
            notes=tuple(notes),
            design=design,
            record=record,
            existence=pairs.existence.kind,
            penalty=fitted.penalty,
            loglik=fitted.loglik,
            deviance=fitted.deviance,
            deviance_df=fitted.deviance_df,
        )

    def _left_out(self, table: Comparisons, rows: Bools) -> list[Problem]:
        """Say which of the rows do not count."""
        notes = []
        ties, skips = rows & _decided(table) & ~self._used(table), int((rows & (table.result == SKIP)).sum())
        if ties.any():
            notes.append(Problem("I-TIES", None, None, None, {"n": float(table.count[ties].sum()), "how": "left out"}))
        if skips:
            notes.append(Problem("I-SKIPS", None, None, None, {"n": skips}))
        return notes

    def _undecided(self, table: Comparisons, fitted: Iterable[str]) -> list[Problem]:
        """Name the dimensions that could not be fitted, and say what became of their rows."""
        notes = []
        for code, d in enumerate(table.dimensions):
            if d not in fitted:
                notes.append(Problem("W-NODECISION", None, None, None, {"dimension": d}))
                notes += [_of_dimension(note, d) for note in self._left_out(table, table.dimension == code)]
        return notes

    def _several(self, table: Comparisons, fits: Mapping[str, PairedComparisonResult]) -> PairedComparisonResult:
        """Dimensions side by side; a common score only on demand."""
        n = len(table.people)
        whole = of_comparisons(table)
        record = pd.concat({d: f.record for d, f in fits.items()}, names=["dimension"]).swaplevel().sort_index()
        fitted = np.array([[s in ("scored", "provisional") for s in f.status] for f in fits.values()])
        everyone: Bools = np.asarray(fitted.all(axis=0))
        combined = self.standardise and bool(everyone.any()) and all(np.ptp(f.estimate[everyone]) > 0 for f in fits.values())
        estimate, covariance = np.full(n, np.nan), None
        by_judge = all(f.se_basis == "judge_cluster" for f in fits.values())
        if combined:
            estimate[everyone], covariance = self._composite(fits, everyone)
        why = {r.code: r for f in fits.values() for s, r in zip(f.status, f.reasons, strict=True) if s == "provisional" and r is not None}
        provisional = why[min(why)] if why else None
        status: list[Status] = ["insufficient_data"] * n
        reasons: list[Problem | None] = [Problem("S-NODECISION")] * n
        for i in np.flatnonzero(fitted.any(axis=0)):
            if not combined:
                status[i], reasons[i] = "not_scored", Problem("S-DIMENSIONS")
            elif everyone[i]:
                status[i], reasons[i] = "scored" if provisional is None else "provisional", provisional
            else:
                lacking = [d for d, has in zip(fits, fitted[:, i], strict=True) if not has]
                reasons[i] = Problem("S-NODECISIONON", None, None, None, {"dimension": lacking})
        return PairedComparisonResult(
            method=type(self).__name__,
            people=table.people,
            labels=table.labels,
            estimate=estimate,
            status=tuple(status),
            reasons=tuple(reasons),
            n_raters=_judges_per_person(table, self._used(table)),
            n_obs=np.sum([f.n_obs for f in fits.values()], axis=0),
            covariance=covariance,
            df=np.full(n, min(f.df_difference for f in fits.values())),
            df_difference=min(f.df_difference for f in fits.values()),
            unit="z" if combined else "none",
            se_basis=("judge_cluster" if by_judge else "model") if combined else "none",
            level=self.level,
            seed=self.seed,
            parts=dict(fits),
            notes=(
                Problem("I-STANDARDISED" if combined else "W-MIXDIM", None, None, None, {"n": len(fits)}),
                *self._undecided(table, fits),
                *dict.fromkeys(_of_dimension(note, d) for d, f in fits.items() for note in f.notes),
            ),
            design=whole,
            record=record,
            existence="finite" if all(f.existence == "finite" for f in fits.values()) else "one_sided",
            penalty="jeffreys" if any(f.penalty == "jeffreys" for f in fits.values()) else "none",
        )

    def _composite(self, fits: Mapping[str, PairedComparisonResult], everyone: Bools) -> tuple[Floats, Dense]:
        """Mean of u_d / SD(u_d).

        The same judges judge all dimensions, so their errors may go together in full; the mean of the covariances is
        what the covariance of the mean then is at most.
        """
        total = np.zeros(int(everyone.sum()))
        root = np.zeros((len(total), len(total)))
        for part in fits.values():
            sd = float(np.std(part.estimate[everyone], ddof=1))
            position = {p: k for k, p in enumerate(part.estimated_ids)}
            keep = np.array([position[p] for p, e in zip(part.people, everyone, strict=True) if e])
            total += part.estimate[everyone] / sd / len(fits)
            joint = part.joint_covariance or part.covariance
            if joint is not None:
                root += joint.take(keep).dense() / sd**2 / len(fits)
        return total, Dense(root)


def _decided(table: Comparisons) -> Bools:
    """Rows that carry an outcome."""
    return np.asarray((table.result != SKIP) & (table.count > 0))


def _of_dimension(note: Problem, dimension: str) -> Problem:
    """A dimension's note keeps its dimension where it names people."""
    return Problem(note.code, None, dimension, None, _Frozen(note.details))


class _Frozen(dict[str, Any]):
    """Details of a note, hashable so that equal notes are listed once."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple((k, str(v)) for k, v in self.items()))


def _judges_per_person(table: Comparisons, rows: Bools) -> Any:
    """Number of judges who compared each person; -1 where judges are unknown."""
    n, m = len(table.people), len(table.raters)
    if not m:
        return np.full(n, -1, dtype=np.int64)
    person = np.concatenate([table.left[rows], table.right[rows]])
    seen = np.unique(person * m + np.tile(table.rater[rows], 2))
    return np.bincount(seen // m, minlength=n)

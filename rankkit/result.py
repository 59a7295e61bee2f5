"""Result: scores with their covariance, the one thing every method returns and everything downstream reads."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import methodcaller
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import numpy as np
import pandas as pd
from scipy import stats

from rankkit import archive, findings, show
from rankkit.design_audit import DesignAudit
from rankkit.errors import IdentificationError, InsufficientDataError, Problem, SettingsError, writing
from rankkit.kernels import rank_sets as kernel
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.covariance import Covariance, difference_variance
from rankkit.kernels.ranking import canonical_order, competition_ranks
from rankkit.lazy_tables import each
from rankkit.privacy.audience import Audience, restrict
from rankkit.privacy.confidential import Confidential, ConfidentialLater
from rankkit.privacy.policy import require_purpose
from rankkit.privacy.redaction import Guarded

if TYPE_CHECKING:
    from rankkit.errors import Lang

Unit = Literal["scale points", "POMP", "logit", "probit", "T", "points", "z", "percentile", "ordinal", "none"]
SeBasis = Literal["rater", "judge_cluster", "model", "bootstrap", "binomial", "assumed", "none"]
Status = Literal["scored", "provisional", "insufficient_data", "not_identified", "not_scored", "suppressed", "withdrawn"]
Kind = Literal["simultaneous", "marginal"]
COLUMNS = ("label", "score", "se", "ci_low", "ci_high", "rank", "rank_low", "rank_high", "n_raters", "n_obs", "status", "status_reason")
_ESTIMATED = ("scored", "provisional")
_NO_SE = (  # notes that say why there is none
    *("W-ALLEQUAL", "W-NOVAR", "W-TWORATINGS", "I-NORATERS", "W-MIXDIM", "I-ONEPERSON", "E-ONE", "I-COUNTED"),
    *("W-LISTDIMENSIONS", "E-ORDINAL", "I-INDEX"),
)
_DENSE_LIMIT = 2000  # people up to which covariances, not only variances, decide the canonical order


@dataclass(frozen=True)
class Difference:
    """Difference of two people's scores: first minus second."""

    difference: float
    se: float
    ci_low: float
    ci_high: float
    distinguishable: bool


@archive.archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Result(show.ShownOfPeople, Guarded):
    """Scores of people with their uncertainty; higher is better, rank 1 is best, nobody is left out.

    Attributes
    ----------
    method : str
        Name of the assessment that made it.
    people : tuple of str, length n
        Ids of everyone in the input.
    labels : mapping
        Display names.
    estimate : array of float, shape (n,)
        Scores; ``nan`` where there is none.
    status : tuple of str, length n
        ``scored, provisional, insufficient_data, not_identified, not_scored, suppressed`` or ``withdrawn``.
    reasons : tuple of Problem or None, length n
        Why the status is not ``scored``.
    n_raters, n_obs : array of int, shape (n,)
        ``-1`` where not known.
    covariance : Covariance or None
        Of the estimated people (:attr:`estimated_ids`); ``None`` = not estimable, never zeros.
    joint_covariance : Covariance or None
        For statements about all people together (rank sets, draws), where :attr:`covariance` has too low a rank for
        them: clustering by a few judges knows only as many directions as there are judges. ``None`` = the same.
    df : array of float, shape (n,)
        Degrees of freedom of each score's interval (``inf`` = normal).
    df_difference : float
        Degrees of freedom of a single difference.
    df_joint : float or None
        Degrees of freedom of the rank sets, if they are others than those of a difference.
    unit, se_basis : str
        What a score is measured in; where its standard error comes from.
    level : float
        Confidence level.
    parts : mapping
        One result a dimension, where the method has dimensions.
    evidence : mapping of str to DataFrame
        Further tables by name, computed when they are asked for (:class:`~rankkit.lazy_tables.LazyTables`).
    confidential : Confidential or None
        What others may see of scores made of protected ratings; ``None`` = nothing is protected.
    """

    method: str
    people: tuple[str, ...]
    labels: Mapping[str, str]
    estimate: Floats
    status: tuple[Status, ...]
    reasons: tuple[Problem | None, ...]
    n_raters: Ints
    n_obs: Ints
    covariance: Covariance | None = None
    joint_covariance: Covariance | None = None
    df: Floats = field(default_factory=lambda: np.array([]))
    df_difference: float = float("inf")
    df_joint: float | None = None
    unit: Unit = "none"
    se_basis: SeBasis = "none"
    level: float = 0.95
    seed: int = 0
    parts: Mapping[str, Result] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()
    patterns: tuple[findings.Finding, ...] = ()
    design: DesignAudit | None = None
    evidence: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    confidential: Confidential | ConfidentialLater | None = None

    def __post_init__(self) -> None:
        for name in ("estimate", "n_raters", "n_obs", "df"):
            kept = np.array(getattr(self, name))
            kept.setflags(write=False)
            object.__setattr__(self, name, kept)
        for covariance in (self.covariance, self.joint_covariance):
            if covariance is not None and covariance.size != int(self._estimated.sum()):
                msg = f"the covariance is of {covariance.size} people, the result has {int(self._estimated.sum())} with a score"
                raise ValueError(msg)

    @cached_property
    def _estimated(self) -> Bools:
        return np.array([s in _ESTIMATED for s in self.status], dtype=bool)

    @property
    def estimated_ids(self) -> tuple[str, ...]:
        """Ids of the people with a score, in the order of the covariance."""
        return tuple(p for p, e in zip(self.people, self._estimated, strict=True) if e)

    @cached_property
    def _se(self) -> Floats:
        se = np.full(len(self.people), np.nan)
        if self.covariance is not None:
            se[self._estimated] = np.sqrt(np.maximum(self.covariance.diagonal(), 0.0))
        return se

    @cached_property
    def _half_width(self) -> Floats:
        df = np.broadcast_to(self.df if len(self.df) else np.array(np.inf), self._se.shape)
        return stats.t.ppf(0.5 + self.level / 2, df) * self._se

    @property
    def scores(self) -> pd.DataFrame:
        """One row a person, the same columns for every method.

        ``rank_low`` to ``rank_high`` is the *simultaneous* confidence set for the rank, because a table is read as a
        whole; ``rank_sets(kind="marginal")`` gives the set for one person's own report.
        """
        return self._scores.copy(deep=False)

    @cached_property
    def _scores(self) -> pd.DataFrame:
        frame = self._numbers(self.rank_sets())
        frame["status_reason"] = [r.message() if r is not None else "" for r in self.reasons]
        return frame

    def _numbers(self, ranks: pd.DataFrame) -> pd.DataFrame:
        counts = {
            k: pd.array([v if v >= 0 else pd.NA for v in n.tolist()], dtype="Int64")
            for k, n in (("n_raters", self.n_raters), ("n_obs", self.n_obs))
        }
        frame = pd.DataFrame(
            {
                "label": [self.labels.get(p, p) for p in self.people],
                "score": self.estimate,
                "se": self._se,
                "ci_low": self.estimate - self._half_width,
                "ci_high": self.estimate + self._half_width,
                **{c: ranks[c].array for c in ("rank", "rank_low", "rank_high")},
                **counts,
                "status": list(self.status),
            },
            index=pd.Index(list(self.people), name="ratee"),
        )
        return frame.astype({"label": "object", "status": "object"})

    @property
    def dimensions(self) -> pd.DataFrame | None:
        """The same columns per (``ratee``, ``dimension``), or ``None`` if the method has no dimensions."""
        if not self.parts:
            return None
        frame = pd.concat({d: part.scores for d, part in self.parts.items()}, names=["dimension"])
        return frame.swaplevel().sort_index(level="ratee", sort_remaining=False, kind="stable")

    @property
    def joint_df(self) -> float:
        """Degrees of freedom of statements about all people together."""
        return self.df_difference if self.df_joint is None else self.df_joint

    @cached_property
    def _rank(self) -> Ints:
        return competition_ranks(self.estimate)

    @cached_property
    def _kept_rank_sets(self) -> dict[tuple[float, Kind], pd.DataFrame]:
        return {}

    def rank_sets(self, level: float | None = None, kind: Kind = "simultaneous") -> pd.DataFrame:
        """Confidence sets for ranks (Mogstad, Romano, Shaikh & Wilhelm 2024).

        Parameters
        ----------
        level : float, optional
            Confidence level; the result's own by default.
        kind : {"simultaneous", "marginal"}
            Cover all ranks together (a published table), or each person's rank by itself (one person's report).

        Returns
        -------
        DataFrame
            Indexed by ``ratee``: ``rank, rank_low, rank_high``; NA where there is no score, and no set where there is
            no covariance.
        """
        if kind not in get_args(Kind):
            raise SettingsError("E-SETTING", name="kind", value=kind, allowed=list(get_args(Kind)))
        if level is not None and not 0 < level < 1:
            raise SettingsError("E-LEVEL", value=level)
        key = (self.level if level is None else level, kind)
        if key not in self._kept_rank_sets:
            self._kept_rank_sets[key] = self._rank_sets(*key)
        return self._kept_rank_sets[key].copy(deep=False)

    def _rank_sets(self, level: float, kind: Kind) -> pd.DataFrame:
        n = len(self.people)
        low, high = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        joint = self.joint_covariance or self.covariance
        if joint is not None and self._estimated.any():
            sets = kernel.rank_sets(self.estimate[self._estimated], joint, level=level, kind=kind, df=self.joint_df, seed=self.seed)
            low[self._estimated], high[self._estimated] = sets.low, sets.high
        data = {
            name: pd.array([v if v > 0 else pd.NA for v in x.tolist()], dtype="Int64")
            for name, x in (("rank", self._rank), ("rank_low", low), ("rank_high", high))
        }
        return pd.DataFrame(data, index=pd.Index(list(self.people), name="ratee"))

    def difference(self, a: str, b: str) -> Difference:
        """Compare two people: score of ``a`` minus score of ``b``.

        Raises
        ------
        SettingsError
            If one of them is not in the result.
        IdentificationError
            If there is no score or no covariance.
        """
        ids = self.estimated_ids
        for name in (a, b):
            if name not in self.people:
                raise SettingsError("E-PERSON", name=name)
            if name not in ids:
                raise IdentificationError("W-UNSCORED", n=1, who=name)
        if self.covariance is None:
            raise IdentificationError("E-NOCOV", reason=self._why_no_se())
        i, j = ids.index(a), ids.index(b)
        d = float(self.estimate[self.people.index(a)] - self.estimate[self.people.index(b)])
        se = float(np.sqrt(max(difference_variance(self.covariance, np.array([i]), np.array([j]))[0], 0.0)))
        half = float(stats.t.ppf(0.5 + self.level / 2, self.df_difference)) * se
        return Difference(d, se, d - half, d + half, bool(abs(d) > half))

    def draws(self, size: int, seed: int | None = None) -> Floats:
        """Draw joint scores around the estimates: shape (``size``, number of :attr:`estimated_ids`).

        The draws follow a canonical order of the people, not the order of rows or labels.

        Raises
        ------
        IdentificationError
            If there is no covariance.
        """
        if size < 0:
            raise SettingsError("E-SETTING", name="size", value=size, allowed="0 or more")
        joint = self.joint_covariance or self.covariance
        if joint is None:
            raise IdentificationError("E-NOCOV", reason=self._why_no_se())
        estimate = self.estimate[self._estimated]
        dense = joint.dense() if len(estimate) <= _DENSE_LIMIT else None
        order = canonical_order(estimate, joint.diagonal(), dense)
        rng = np.random.default_rng(self.seed if seed is None else seed)
        out = np.empty((size, len(estimate)))
        out[:, order] = joint.take(order).draws(size, rng) + estimate[order]
        return out

    @property
    def messages(self) -> pd.DataFrame:
        """Notes and warnings about this fit: ``code, text, fix``."""
        return self.messages_in(None)

    def messages_in(self, lang: Lang | None) -> pd.DataFrame:
        """Notes and warnings in a language of choice."""
        return pd.DataFrame([(m.code, m.note(lang), m.fix(lang)) for m in self.notes], columns=["code", "text", "fix"])

    @property
    def findings(self) -> pd.DataFrame:
        """Patterns to review (columns of the findings contract)."""
        if "findings" in self.evidence:
            return self.evidence["findings"].copy(deep=False)
        return findings.as_frame(self.patterns)

    @property
    def reliability(self) -> pd.DataFrame:
        """Coefficients with their form named: ``coefficient, value, ci_low, ci_high, assumes``; empty where there are none."""
        if "reliability" not in self.evidence:
            return pd.DataFrame(columns=["coefficient", "value", "ci_low", "ci_high", "assumes"])
        return self.evidence["reliability"].copy(deep=False)

    @property
    def title(self) -> str:
        """Name of the method in words."""
        return "".join(" " + c.lower() if c.isupper() else c for c in self.method).strip().capitalize()

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables a method adds to its reports, by name."""
        return {}

    def to_frame(self) -> pd.DataFrame:
        """Return all scores in one flat table: dimension ``(all)`` first, then each dimension."""
        frames = {d: r.scores.assign(method=r.method, unit=r.unit, se_basis=r.se_basis) for d, r in {"(all)": self, **self.parts}.items()}
        return pd.concat(frames, names=["dimension"]).reset_index()

    def completed(self) -> Self:
        """Return the result with a method's own tables covering everyone in :attr:`people`; a hook for methods."""
        return self

    def to_json(self, path: str | Path | None = None) -> str:
        """Write the whole result as JSON, to a file too if asked: the owner's archive, unredacted. :meth:`from_json` reads it."""
        text = archive.dumps(self)
        if path is not None:
            with writing(path) as target:
                target.write_text(text, encoding="utf-8")
        return text

    @classmethod
    def from_json(cls, source: str | Path) -> Self:
        """Read an archive: its text, or the path of a file.

        Raises
        ------
        DataError
            If the file is no archive, or one of another schema.
        """
        text = archive.text_of(source)
        show.load_result_types()
        result = archive.loads(text)
        if not isinstance(result, cls):
            raise InsufficientDataError("E-TYPE", expected=cls.__name__, found=type(result).__name__)
        return result

    def release(
        self,
        audience: Audience,
        ratee: str | None = None,
        key: bytes | None = None,
        team: Sequence[str] | None = None,
        use: str | None = None,
    ) -> pd.DataFrame:
        """Return the scores an audience may see.

        A ratee sees the own row only, with the *marginal* rank set; a manager those of the ``team``; research sees pseudonyms,
        made with ``key`` (kept secret, the same key gives the same pseudonyms) or with a key that is thrown away. ``use`` says
        what it is for.

        Raises
        ------
        DisclosureError
            If the audience is a ratee or a manager and nobody says which.
        PolicyError
            If protected ratings were collected for another use.
        """
        require_purpose(self.purpose, use)
        kind: Kind = "marginal" if audience == "ratee" else "simultaneous"
        shown = self.for_audience(audience)
        ranks = shown.rank_sets(kind=kind)
        frame = shown._numbers(ranks).assign(status_reason=shown.scores["status_reason"])  # noqa: SLF001 - its own kind
        return restrict(frame, audience, ratee, secrets.token_bytes(32) if key is None else key, team=team)

    def relabelled(self, labels: Mapping[str, str]) -> Self:
        """Return the result under other display names."""
        own = {p: labels[p] for p in self.people if p in labels}
        return replace(self, labels={**self.labels, **own}, parts=each(self.parts, methodcaller("relabelled", labels)))

    def _why_no_se(self) -> str:
        return next((n.message() for n in self.notes if n.code in _NO_SE), self.se_basis)

"""What alternation ranking returns: scores where lists can give them, and on demand everything that says how far to trust them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from rankkit.archive import archived
from rankkit.errors import IdentificationError, InsufficientDataError
from rankkit.result import Result

_TABLES = ("consensus", "raters", "concordance", "models", "tests", "cycles")
_BY_PERSON = ("consensus",)


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AlternationRankingResult(Result):
    """Result of :class:`~rankkit.AlternationRanking`.

    Scores are log-worths in logits that sum to zero, or, where lists give an order only, in the unit ``ordinal``, from 0 to
    100 and without standard errors: the percentile ``100 (n - rank + 1/2) / n`` of the place, for Borda the mean share of the
    others a person was put above. Tables are computed when they are asked for; with several
    dimensions they belong to the result of each dimension, in ``parts``.

    Attributes
    ----------
    model : str
        ``best_worst``, ``maxdiff``, ``plackett_luce``, ``borda``, ``kemeny``, or ``ranks`` (one list, or nothing but ties).
    existence : str
        ``finite`` (maximum likelihood exists), ``one_sided`` (it does not; see the messages) or ``none`` (no model).
    loglik : float
        Log-likelihood of the choices at the estimate.
    worst_scale, depth_loss : float
        Scale of worst picks (lambda) and loss of sharpness with each stage (rho), given or estimated.
    tau : float
        Standard deviation of the Gaussian prior, in logits; infinite = none.
    top : int
        Number of places that ``p_top`` and ``p_bottom`` count.
    """

    model: str = "ranks"
    existence: str = "none"
    loglik: float = float("nan")
    worst_scale: float = float("nan")
    depth_loss: float = float("nan")
    tau: float = float("inf")
    top: int = 1

    def _table(self, name: str) -> pd.DataFrame:
        if name not in self.evidence:
            raise InsufficientDataError("E-NOTABLE", name=name, dimensions=list(self.parts))
        frame = self.evidence[name]
        if name in _BY_PERSON and len(frame) < len(self.people):
            frame = frame.reindex(pd.Index(list(self.people), name="ratee"))
            frame["lists"] = frame["lists"].fillna(0)
        return frame.copy(deep=False)

    @property
    def consensus(self) -> pd.DataFrame:
        """One row a person: what plain counting says beside the score.

        ``borda`` is the mean share of the others a person was put above, ``mean_rank`` the mean rank (only where all lists
        hold the same people), ``kemeny_low`` and ``kemeny_high`` the best and the worst place over all orders with the
        fewest disagreements, ``percentile`` and ``normal_score`` those of the rank. ``p_top`` and ``p_bottom`` are the
        shares of simulated draws among the best and the last :attr:`top`: an index, not a confidence statement.
        ``grey_zone`` marks people whose marginal rank set spans the middle.
        """
        return self._table("consensus")

    @property
    def grey_zone(self) -> tuple[str, ...]:
        """Ids of people whose marginal rank set spans the middle, best score first: for ``PairingSession(items=…)``.

        Raises
        ------
        IdentificationError
            If there are no standard errors, so that nobody's rank set is known.
        """
        if self.covariance is None:
            raise IdentificationError("E-NOCOV", reason=self._why_no_se())
        inside = self.consensus["grey_zone"].fillna(value=False).to_numpy(dtype=bool)
        order = np.argsort(-self.estimate, kind="stable")
        return tuple(self.people[i] for i in order if inside[i])

    @property
    def models(self) -> pd.DataFrame:
        """How well the choice models describe the same lists, by ``model``: ``loglik, parameters, aic, chosen``."""
        return self._table("models")

    @property
    def tests(self) -> pd.DataFrame:
        """Tests of how the lists were made, by ``test``: ``estimate, se, statistic, df, p, method``, and the likelihood ratio.

        ``worst_scale``: worst picks as sure as best ones (lambda = 1). ``depth_loss``: late picks as sharp as early ones
        (rho = 0); lost certainty or raters who differ in their views: both look like this.
        Both by the raters' own scores, as ``p_likelihood_ratio`` is far too small with few raters.
        ``first_end``: it does not matter at which end a list was begun.
        """
        return self._table("tests")

    @property
    def raters(self) -> pd.DataFrame:
        """One row a rater: agreement with the consensus of the others, repeats, speed; patterns to review."""
        return self._table("raters")

    @property
    def concordance(self) -> pd.DataFrame:
        """How far the lists agree, by ``coefficient``: ``value, ci_low, ci_high, p, method``. Not whether they are right."""
        return self._table("concordance")

    @property
    def cycles(self) -> pd.DataFrame:
        """Majorities that go in a circle: ``cycle, winner, loser, preferring, against``; empty if there are none."""
        return self._table("cycles")

    @property
    def ladder(self) -> pd.DataFrame:
        """The picks in order: ``rater, list, pick, stage, end, ratee, rank, tied, shown, seconds``."""
        return self._table("ladder")

    @property
    def ranks(self) -> pd.DataFrame:
        """Who stands where in which list: ``rater, list, ratee, rank, midrank, left_over, end, pick``."""
        return self._table("ranks")

    @property
    def condorcet_winner(self) -> str | None:
        """Who is preferred to each of the others by a majority; ``None`` if nobody is."""
        found = self._table("majorities")
        others = len(found) - 1
        first = found.index[(found["wins"] == others) & (found["met"] == others)]
        return str(first[0]) if len(first) and others > 0 else None

    @property
    def findings(self) -> pd.DataFrame:
        """Patterns to review, in one table over the dimensions (columns of the findings contract)."""
        frames = [self.evidence["findings"]] if "findings" in self.evidence else [p.findings for p in self.parts.values()]
        found = [frame for frame in frames if len(frame)]
        return pd.concat(found, ignore_index=True) if found else super().findings

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables this method adds to reports."""
        return {name: getattr(self, name) for name in _TABLES if name in self.evidence and len(self.evidence[name])}

    def completed(self) -> Self:
        """Return the result and its parts with the people nobody ranked."""
        return replace(self, parts={d: part.completed() for d, part in self.parts.items()})

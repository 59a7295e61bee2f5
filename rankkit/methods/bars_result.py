"""What ratings on behavioural scales return beside scores: cited incidents, frequencies of behaviours, answers that contradict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import pandas as pd

from rankkit.archive import archived
from rankkit.lazy_tables import LazyTables
from rankkit.methods.rating_result import GraphicRatingScaleResult


class _Scaled(GraphicRatingScaleResult):
    """Adds tables that show no rater to those of reports."""

    def _more(self, *names: str) -> Mapping[str, pd.DataFrame]:
        kept = super().tables()
        makers = {name: partial(kept.__getitem__, name) for name in kept} | {
            n: partial(self._table, n) for n in names if n in self.evidence
        }
        return LazyTables(makers)


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BARSResult(_Scaled):
    """Result of :class:`~rankkit.BARS`.

    Attributes
    ----------
    card : str
        Which edition of the scale card was used (:attr:`ScaleCard.digest`).
    dimension_labels : mapping
        What the card calls each dimension; reports do too.
    """

    card: str = ""
    dimension_labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def cited(self) -> pd.DataFrame:
        """Cited incidents: ``rater, ratee, dimension, mark, incident, value, distance, inconsistent``."""
        return self._table("cited")

    @property
    def citing(self) -> pd.DataFrame:
        """By ``rater``: ``marks, with_incident, cited, scaled, inconsistent, share, ci_low, ci_high``."""
        return self._table("citing")

    @property
    def marks(self) -> pd.DataFrame:
        """By ``dimension``: ``marks``, and the shares on whole points and on anchors."""
        return self._table("marks")

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables this method adds to reports; none shows a rater."""
        return self._more("marks")


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BehaviouralObservationResult(_Scaled):
    """Result of :class:`~rankkit.BehaviouralObservationScale`."""

    @property
    def behaviours(self) -> pd.DataFrame:
        """Items: ``criterion, behaviour, n, mean, sd, item_total, ci_low, ci_high, low`` (below the least correlation)."""
        return self._table("behaviours")

    @property
    def criteria(self) -> pd.DataFrame:
        """Criteria: ``criterion, behaviours, alpha, ci_low, ci_high, lowest, highest`` (possible sums)."""
        return self._table("criteria")

    @property
    def sums(self) -> pd.DataFrame:
        """The forms: ``rater, ratee, dimension`` (criterion), ``score`` (sum), ``answered``."""
        return self._table("sums")

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables this method adds to reports; none shows a rater."""
        return self._more("behaviours", "criteria")


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MixedStandardResult(_Scaled):
    """Result of :class:`~rankkit.MixedStandardScale`."""

    @property
    def answers(self) -> pd.DataFrame:
        """Sets of three answers: ``rater, ratee, dimension, good, average, poor, score, logical_error``."""
        return self._table("answers")

    @property
    def errors_by_rater(self) -> pd.DataFrame:
        """By ``rater``: ``n, errors, share, ci_low, ci_high, p, q``."""
        return self._table("errors_by_rater")

    @property
    def errors_by_dimension(self) -> pd.DataFrame:
        """By ``dimension``: ``n, errors, share, ci_low, ci_high, p, q``."""
        return self._table("errors_by_dimension")

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables this method adds to reports; none shows a rater."""
        return self._more("errors_by_dimension")

"""Behaviourally anchored rating scales: marks anywhere on a scale whose anchors are examples, scored like other ratings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal

import pandas as pd

from rankkit.assessment import Assessment, Fixed
from rankkit.errors import RatingsError, SettingsError
from rankkit.methods import bars_cited
from rankkit.methods.bars_card import ScaleCard
from rankkit.methods.bars_result import BARSResult
from rankkit.methods.behavioural_scoring import check_shared, plain_ratings, result_fields
from rankkit.methods.graphic_rating_scale import GraphicRatingScale
from rankkit.methods.rating_adjustments import Adjust
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings


@dataclass(frozen=True, kw_only=True)
class BARS(Assessment[Ratings, BARSResult]):
    """Scores of ratings on a behaviourally anchored scale, with the incidents raters cited held against their marks.

    A rater marks any point of the scale: anchors illustrate, they are not the only answers, and nothing is rounded to them. A
    column ``incident_ids`` names the incidents the rater observed; those with a scale value (of the card's item bank, or given
    in ``observed``) that lie more than two points of a scale from 1 to 7 from the mark are listed and counted by rater. They never
    change a score. Scores, standard errors and adjustments are those of :class:`~rankkit.GraphicRatingScale`.

    Parameters
    ----------
    scale : ScaleCard
        The card the raters used, from :meth:`BARSBuilder.card` or :meth:`ScaleCard.from_anchors`.
    observed : mapping or DataFrame or Incidents, optional
        Value of incidents that are not on the card: incident to points of the scale, or a table ``incident, effectiveness``
        (1 to 7).
    weights, adjust, assume, min_weight, reliability, sources
        See :class:`~rankkit.GraphicRatingScale`.
    level, seed
        See :class:`~rankkit.assessment.Assessment`.

    Raises
    ------
    SettingsError
        If ``scale`` is no card, and as :class:`~rankkit.GraphicRatingScale`.
    RatingsError
        ``E-CARDDIMENSION`` for ratings on dimensions the card does not have, ``E-RANGE`` for marks off the scale.

    References
    ----------
    Smith & Kendall (1963), Journal of Applied Psychology 47, 149-155. Bernardin & Smith (1981), Journal of Applied Psychology 66,
    458-463, on recording observations beside the anchors.

    Examples
    --------
    >>> import pandas as pd, rankkit as rk
    >>> names = pd.DataFrame([["care", "Care", "…", "…", "…", "…"]],
    ...     columns=["dimension", "label", "definition", "high", "acceptable", "low"])
    >>> anchors = pd.DataFrame({"dimension": "care", "point": [2, 6], "incident": ["i1", "i2"], "text": ["…", "…"], "value": [2.1, 5.8],
    ...     "value_low": [1.7, 5.4], "value_high": [2.5, 6.2], "sd": [.6, .7], "n_scaled": 12, "agreement": .9, "agreement_low": .6,
    ...     "agreement_high": 1.0, "n_retranslated": 20})
    >>> card = rk.ScaleCard.from_anchors(names, anchors)
    >>> marks = pd.DataFrame({"rater": ["r1", "r1", "r2", "r2"], "ratee": ["a", "b"] * 2, "dimension": "care", "score": [4.3, 5, 4.6, 6]})
    >>> rk.BARS(scale=card).fit(marks).scores["score"].round(2).to_list()
    [4.45, 5.5]
    """

    accepts: ClassVar[type[Ratings]] = Ratings
    fixed_scale: ClassVar[bool] = True  # its points mean something: scores cannot be moved along it
    scale: ScaleCard
    observed: Mapping[str, float] | None = None
    weights: Mapping[str, float] | None = None
    adjust: Adjust = "none"
    assume: Literal["equal_teams"] | None = None
    min_weight: float = 0.6
    reliability: float | None = None
    sources: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.scale, ScaleCard):
            raise SettingsError("E-SETTING", name="scale", value=type(self.scale).__name__, allowed="a ScaleCard")
        values: Any = bars_cited.values_of(self.observed, self.scale.scale)
        object.__setattr__(self, "observed", Fixed.of(values) if self.observed is not None else None)
        check_shared(self, self.scale.scale)

    def settings(self) -> dict[str, Any]:
        """Return the settings by name: of the card the ends of its scale (its fingerprint is ``BARSResult.card``)."""
        return {**super().settings(), "scale": list(self.scale.scale)}

    @property
    def _ratings(self) -> GraphicRatingScale:
        """The scoring of the marks."""
        return plain_ratings(self, self.scale.scale)

    def _estimate(self, table: Ratings, people: People | None, /) -> BARSResult:
        strange = sorted(set(table.dimensions) - set(self.scale.names))
        if strange:
            raise RatingsError("E-CARDDIMENSION", names=strange, known=list(self.scale.names))
        scored = self._ratings._estimate(table, people)  # noqa: SLF001 - the same pipeline, on the scale of the card
        table, _ = self._ratings._prepared(table)  # noqa: SLF001 - the rows that count, self ratings left out
        cited = bars_cited.cited_table(table, self.scale, self.observed or {})
        tables: dict[str, Callable[[], pd.DataFrame]] = {
            "cited": cited.copy,
            "citing": partial(bars_cited.citing_table, table, cited, self.level),
            "marks": partial(bars_cited.marks_table, table, self.scale),
        }
        own = result_fields(self, scored, bars_cited.cited_notes(table, self.scale, cited), tables)
        return BARSResult(**own, card=self.scale.digest, dimension_labels=self.scale.labels)

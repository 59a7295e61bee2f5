"""Behavioural observation scales: how often each behaviour was seen, summed by criterion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from rankkit.assessment import Assessment, Fixed, check_choice, is_number
from rankkit.errors import Problem, RatingsError, SettingsError
from rankkit.kernels.arrays import Bools
from rankkit.kernels.behaviours.behaviour_frequency import BANDS, SCALE, frequency_class, item_totals
from rankkit.methods.bars_result import BehaviouralObservationResult
from rankkit.methods.behavioural_scoring import check_shared, plain_ratings, result_fields
from rankkit.methods.graphic_rating_scale import GraphicRatingScale
from rankkit.methods.rating_adjustments import Adjust
from rankkit.privacy import pooled
from rankkit.privacy.confidential import Confidential
from rankkit.tables.people import People
from rankkit.tables.ratings import OVERALL, Ratings

Frequencies = Literal["classes", "percent"]
_WHOLE = 1e-9  # a class is a whole number


@dataclass(frozen=True, kw_only=True)
class BehaviouralObservationScale(Assessment[Ratings, BehaviouralObservationResult]):
    """Sums of frequencies of behaviours, by criterion (Latham & Wexley 1977).

    A rater says how often a person showed each behaviour: as a class from 1 (almost never, 0-64 % of the occasions) to 5 (almost
    always, 95-100 %), or in percent, which is turned into classes. The sum over the behaviours of a criterion is that rater's
    rating; scores, standard errors and adjustments of the sums are those of :class:`~rankkit.GraphicRatingScale`. Criteria
    with different numbers of behaviours are put on percent of maximum possible, and a note says so. The frequency of an effective
    behaviour is not linear in effectiveness: doing it all the time may be no better than often.

    Parameters
    ----------
    criteria : mapping, optional
        Criterion to its behaviours (the ``dimension`` of the ratings); by default all behaviours are one criterion, ``"overall"``.
    frequencies : {"classes", "percent"}
        Whether ``score`` is a class from 1 to 5 or a share of the occasions from 0 to 100.
    bands : tuple of float
        Lower ends of the classes above the first, in percent.
    min_answered : float
        Share of a criterion's behaviours a rater must have answered; the sum is then scaled up from those answered. Below it the
        rater gives no sum.
    least_correlation : float
        Correlation with the rest of the criterion below which a behaviour is marked (.3).
    weights, adjust, assume, min_weight, reliability, sources
        See :class:`~rankkit.GraphicRatingScale`; weights are of criteria.
    level, seed
        See :class:`~rankkit.assessment.Assessment`.

    Raises
    ------
    SettingsError
        For impossible settings.
    RatingsError
        ``E-NOTCLASS`` for classes that are no whole number from 1 to 5, ``E-NOCRITERION`` for behaviours of no criterion.

    References
    ----------
    Latham & Wexley (1977), Personnel Psychology 30, 255-268. Bernardin & Kane (1980), Personnel Psychology 33, 809-814, on fixed
    frequency classes.

    Examples
    --------
    >>> import pandas as pd, rankkit as rk
    >>> seen = pd.DataFrame({"rater": ["r1"] * 4 + ["r2"] * 4, "ratee": ["a", "a", "b", "b"] * 2, "dimension": ["greets", "listens"] * 4,
    ...     "score": [97, 80, 60, 70, 90, 88, 50, 66]})
    >>> scale = rk.BehaviouralObservationScale(criteria={"courtesy": ["greets", "listens"]}, frequencies="percent")
    >>> scale.fit(seen).scores["score"].to_list()
    [8.0, 3.0]
    """

    accepts: ClassVar[type[Ratings]] = Ratings
    fixed_scale: ClassVar[bool] = True  # its points mean something: scores cannot be moved along it
    criteria: Mapping[str, Sequence[str]] | None = None
    frequencies: Frequencies = "classes"
    bands: tuple[float, ...] = BANDS
    min_answered: float = 0.6
    least_correlation: float = 0.3
    weights: Mapping[str, float] | None = None
    adjust: Adjust = "none"
    assume: Literal["equal_teams"] | None = None
    min_weight: float = 0.6
    reliability: float | None = None
    sources: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("frequencies", self.frequencies, Frequencies)
        if not is_number(self.min_answered) or not 0 < self.min_answered <= 1:
            raise SettingsError("E-SETTING", name="min_answered", value=self.min_answered, allowed="above 0, up to 1")
        if not is_number(self.least_correlation) or not -1 <= self.least_correlation <= 1:
            raise SettingsError("E-SETTING", name="least_correlation", value=self.least_correlation, allowed="-1 to 1")
        bands: Any = self.bands
        rising = isinstance(bands, (tuple, list)) and all(map(is_number, bands)) and list(bands) == sorted(set(bands))
        if not rising or len(bands) != len(BANDS) or not bands[0] > 0 or not bands[-1] <= 100:
            raise SettingsError("E-SETTING", name="bands", value=bands, allowed="four rising numbers from 0 to 100")
        object.__setattr__(self, "bands", tuple(map(float, bands)))
        if self.criteria is not None:
            object.__setattr__(self, "criteria", Fixed.of(_checked(self.criteria)))
        check_shared(self, SCALE)

    def _sums_of(self, scale: Any) -> GraphicRatingScale:
        """The scoring of the sums."""
        return plain_ratings(self, scale)

    def _estimate(self, table: Ratings, people: People | None, /) -> BehaviouralObservationResult:
        if table.averaged_over:
            raise RatingsError("E-NEEDRATERS", method="BehaviouralObservationScale")
        criteria = dict(self.criteria) if self.criteria is not None else {OVERALL: table.dimensions}
        strange = sorted(set(table.dimensions) - {b for k in criteria.values() for b in k})
        if strange:
            raise RatingsError("E-NOCRITERION", names=strange)
        table = _classes(table, self.frequencies, self.bands)
        sums, frame = _sums(table, criteria, self.min_answered)
        widths = {name: len(behaviours) for name, behaviours in criteria.items() if name in sums.dimensions}
        ends = {name: (SCALE[0] * k, SCALE[1] * k) for name, k in widths.items()}
        scoring = self._sums_of(next(iter(ends.values())) if len(set(ends.values())) == 1 else ends)
        scored = scoring._estimate(sums, people)  # noqa: SLF001 - the same pipeline, on sums
        items, totals = _items(table, criteria, self.least_correlation, self.level)
        tables = {"behaviours": items.copy, "criteria": totals.copy, "sums": frame.copy}
        low = list(items.loc[items["low"], "behaviour"])
        weak = {"n": len(low), "which": low, "least": self.least_correlation}
        notes = [Problem("W-ITEMTOTAL", None, None, None, weak)] if low else []
        lost = int((np.isnan(frame["score"])).sum())
        notes += [Problem("I-BOSGAPS", None, None, None, {"n": lost, "share": f"{self.min_answered:.0%}"})] if lost else []
        result = BehaviouralObservationResult(**result_fields(self, scored, notes, tables))
        if not pooled.protects_some(sums):
            return result
        return replace(result, confidential=Confidential.later(partial(pooled.later, sums, result, scoring)))


def _checked(criteria: Any) -> dict[str, tuple[str, ...]]:
    """Criteria with their behaviours, no behaviour in two of them."""
    fine = isinstance(criteria, Mapping) and bool(criteria)
    found = {str(k): (v,) if isinstance(v, str) else tuple(map(str, v)) for k, v in criteria.items()} if fine else {}
    every = [b for v in found.values() for b in v]
    if not fine or not all(found.values()) or len(set(every)) < len(every):
        raise SettingsError("E-SETTING", name="criteria", value=str(criteria)[:80], allowed="{'criterion': ('behaviour', …)}, each once")
    return found


def _classes(table: Ratings, frequencies: Frequencies, bands: tuple[float, ...]) -> Ratings:
    """Frequencies as classes from 1 to 5."""
    if frequencies == "percent":
        table = table.with_scale((0.0, 100.0))
        return replace(table, score=frequency_class(table.score, bands), scale=SCALE)
    score = table.score
    wrong: Bools = ~np.isnan(score) & ((np.abs(score - np.rint(score)) > _WHOLE) | (score < SCALE[0]) | (score > SCALE[1]))
    if wrong.any():
        problems = [Problem("E-NOTCLASS", int(table.rows[k]), "score", float(score[k])) for k in np.flatnonzero(wrong)]
        raise RatingsError(problems, source=table.source_name, n_rows=len(table))
    return replace(table, scale=SCALE)


def _sums(table: Ratings, criteria: Mapping[str, Sequence[str]], least: float) -> tuple[Ratings, pd.DataFrame]:
    """Sum the behaviours of each criterion, form by form."""
    of = {b: name for name, behaviours in criteria.items() for b in behaviours}
    keys = [c for c in ("cycle", "occasion", "form", "method", "session") if c in table.extras]
    long = table.frame.assign(dimension=[of[table.dimensions[d]] for d in table.dimension])
    columns = ["rater", "ratee", *(["source"] if table.sources else []), *keys, "dimension"]
    for c in ("rater", "ratee", "source"):
        if c in long:
            long[c] = long[c].astype("object")
    grouped = long.groupby(columns, sort=True, observed=True, dropna=False)["score"]
    frame = grouped.agg(total="sum", answered="count").reset_index()
    size = frame["dimension"].map({name: len(b) for name, b in criteria.items()}).to_numpy(dtype=np.float64)
    answered = frame["answered"].to_numpy(dtype=np.float64)
    enough = (answered > 0) & (answered >= least * size - _WHOLE)
    with np.errstate(invalid="ignore", divide="ignore"):
        frame["score"] = np.where(enough, frame["total"] / answered * size, np.nan)
    if not enough.any():
        raise RatingsError("E-FEW", what="a sum", needed=f"{least:.0%}", unit="of the behaviours answered", found="less in every form")
    rows = frame.drop(columns=["total", "answered"])
    sums = Ratings.from_frame(rows, source_name=table.source_name)
    sums = replace(sums, notes=table.notes, labels={p: table.labels[p] for p in sums.people})
    labels = {r: table.rater_labels[r] for r in sums.raters}
    return replace(sums, rater_labels=labels), frame[["rater", "ratee", "dimension", "score", "answered"]]


def _items(table: Ratings, criteria: Mapping[str, Sequence[str]], least: float, level: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How each behaviour goes with its criterion, over people (a person's mean over raters is one observation)."""
    cells = table.cells
    mean = pd.DataFrame(
        {"ratee": cells.ratee, "behaviour": np.array(table.dimensions, dtype=object)[cells.dimension], "score": cells.score}
    )
    wide = mean.pivot_table(index="ratee", columns="behaviour", values="score", aggfunc="mean")
    items, totals = [], []
    for name, behaviours in criteria.items():
        used = [b for b in behaviours if b in wide.columns]
        if not used:
            continue
        found = item_totals(wide[used].to_numpy(dtype=np.float64), level=level)
        for k, behaviour in enumerate(used):
            r = found.r[k]
            items.append((name, behaviour, int(found.n[k]), found.mean[k], found.sd[k], r, found.low[k], found.high[k], bool(r < least)))
        totals.append((name, len(used), found.alpha, found.alpha_low, found.alpha_high, SCALE[0] * len(used), SCALE[1] * len(used)))
    columns = ["criterion", "behaviour", "n", "mean", "sd", "item_total", "ci_low", "ci_high", "low"]
    frame = pd.DataFrame(items, columns=columns).astype({"low": "bool"})
    return frame, pd.DataFrame(totals, columns=["criterion", "behaviours", "alpha", "ci_low", "ci_high", "lowest", "highest"])

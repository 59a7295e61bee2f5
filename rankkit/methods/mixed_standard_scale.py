"""Mixed standard scales: better than, as good as or worse than three examples of each dimension, in mixed order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.assessment import Assessment, Fixed, is_number
from rankkit.errors import Problem, RatingsError, SettingsError
from rankkit.findings import Finding, as_frame, pattern
from rankkit.kernels.behaviours.mixed_standard import SCALE, logical_errors, mixed_standard_scores
from rankkit.kernels.behaviours.retranslation import wilson
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.methods.bars_result import MixedStandardResult
from rankkit.methods.behavioural_scoring import check_shared, plain_ratings, result_fields
from rankkit.methods.graphic_rating_scale import GraphicRatingScale
from rankkit.methods.rating_adjustments import Adjust
from rankkit.privacy import pooled
from rankkit.privacy.confidential import Confidential
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings

LEVELS = ("good", "average", "poor")
WORDS = {
    "+": 1.0, "0": 0.0, "-": -1.0, "＋": 1.0, "−": -1.0, "–": -1.0, "better": 1.0, "same": 0.0, "worse": -1.0,
    "优于": 1.0, "符合": 0.0, "不如": -1.0,
}  # fmt: skip
_SURE = 0.05


@dataclass(frozen=True, kw_only=True)
class MixedStandardScale(Assessment[Ratings, MixedStandardResult]):
    """Values from answers to three examples of each dimension, and answers that contradict each other (Blanz & Ghiselli 1972).

    Each dimension has a good, an average and a poor example, scattered over the form. A rater says of a person: better than this
    (+, score 1), as good (0), worse (-, score -1). Three answers give a value from 1 to 7, ``4 + s_good + s_average + s_poor``. Seven of
    the 27 sets of answers follow the order of the examples; each of the other twenty is a logical error. Values of sets with
    errors are used as they are; scores, standard errors and adjustments are those of :class:`~rankkit.GraphicRatingScale`.

    A rater, or a dimension, with more logical errors than ``most_errors`` is a pattern to review: examples out of order, words
    misunderstood, or little care. Answers given at random have 74 %.

    Parameters
    ----------
    key : mapping
        Dimension to the statements that stand for it, (good, average, poor), as they are called in the column ``dimension`` of the ratings.
    most_errors : float
        Share of logical errors above which there is something to review.
    weights, adjust, assume, min_weight, reliability, sources
        See :class:`~rankkit.GraphicRatingScale`.
    level, seed
        See :class:`~rankkit.assessment.Assessment`.

    Raises
    ------
    SettingsError
        For an impossible key or share.
    RatingsError
        ``E-NOTMIXED`` for answers other than +, 0, - (or 1, 0, -1), ``E-NOKEY`` for statements that are not in the key.

    References
    ----------
    Blanz & Ghiselli (1972), Personnel Psychology 25, 185-199. Saal (1979), Journal of Applied Psychology 64, 422-428, on values for
    inconsistent answers.

    Examples
    --------
    >>> import pandas as pd, rankkit as rk
    >>> answers = pd.DataFrame({"rater": ["r1"] * 6 + ["r2"] * 6, "ratee": ["a", "a", "a", "b", "b", "b"] * 2,
    ...     "dimension": ["q2", "q1", "q3"] * 4, "score": ["0", "+", "+", "-", "-", "+", "+", "+", "+", "-", "0", "+"]})
    >>> rk.MixedStandardScale(key={"courtesy": ("q2", "q1", "q3")}).fit(answers).scores["score"].to_list()
    [6.5, 3.5]
    """

    accepts: ClassVar[type[Ratings]] = Ratings
    fixed_scale: ClassVar[bool] = True  # its points mean something: scores cannot be moved along it
    key: Mapping[str, Sequence[str]]
    most_errors: float = 0.2
    weights: Mapping[str, float] | None = None
    adjust: Adjust = "none"
    assume: Literal["equal_teams"] | None = None
    min_weight: float = 0.6
    reliability: float | None = None
    sources: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "key", Fixed.of(_checked(self.key)))
        if not is_number(self.most_errors) or not 0 < self.most_errors < 1:
            raise SettingsError("E-SETTING", name="most_errors", value=self.most_errors, allowed="between 0 and 1")
        check_shared(self, SCALE)

    @property
    def _values(self) -> GraphicRatingScale:
        """The scoring of the values."""
        return plain_ratings(self, SCALE)

    def _table(self, data: Any) -> Ratings:
        """Read +, 0 and - as numbers."""
        if isinstance(data, pd.DataFrame) and "score" in data.columns and not pd.api.types.is_numeric_dtype(data["score"]):
            return Ratings.from_frame(data.assign(score=[WORDS.get(str(v).strip(), v) for v in data["score"]]))
        return super()._table(data)

    def _estimate(self, table: Ratings, people: People | None, /) -> MixedStandardResult:
        if table.averaged_over:
            raise RatingsError("E-NEEDRATERS", method="MixedStandardScale")
        statements = {s: (d, level) for d, three in self.key.items() for s, level in zip(three, LEVELS, strict=True)}
        strange = sorted(set(table.dimensions) - set(statements))
        if strange:
            raise RatingsError("E-NOKEY", names=strange)
        wrong = ~np.isnan(table.score) & ~np.isin(table.score, (-1.0, 0.0, 1.0))
        if wrong.any():
            problems = [Problem("E-NOTMIXED", int(table.rows[k]), "score", float(table.score[k])) for k in np.flatnonzero(wrong)]
            raise RatingsError(problems, source=table.source_name, n_rows=len(table))
        values, answers = _values_of(table, statements)
        scored = self._values._estimate(values, people)  # noqa: SLF001 - the same pipeline, on values from 1 to 7
        by_rater, by_dimension = (_errors(answers, c, self.most_errors, self.level) for c in ("rater", "dimension"))
        found = as_frame([*_findings(by_rater, "rater", self.most_errors), *_findings(by_dimension, "dimension", self.most_errors)])
        tables: dict[str, Callable[[], pd.DataFrame]] = {
            "answers": answers.copy,
            "errors_by_rater": by_rater.copy,
            "errors_by_dimension": by_dimension.copy,
            "findings": partial(_joined, found, partial(scored.evidence.__getitem__, "findings")),
        }
        lost = int(answers["score"].isna().sum())
        notes = [Problem("I-MIXEDGAPS", None, None, None, {"n": lost})] if lost else []
        result = MixedStandardResult(**result_fields(self, scored, notes, tables))
        if not pooled.protects_some(values):
            return result
        return replace(result, confidential=Confidential.later(partial(pooled.later, values, result, self._values)))


def _checked(key: Any) -> dict[str, tuple[str, ...]]:
    """Three statements a dimension, no statement twice."""
    fine = isinstance(key, Mapping) and bool(key) and all(isinstance(v, (tuple, list)) and len(v) == len(LEVELS) for v in key.values())
    found = {str(k): tuple(map(str, v)) for k, v in key.items()} if fine else {}
    every = [s for v in found.values() for s in v]
    if not fine or len(set(every)) < len(every):
        raise SettingsError(
            "E-SETTING", name="key", value=str(key)[:80], allowed="{'dimension': (good, average, poor)}, each statement once"
        )
    return found


def _values_of(table: Ratings, statements: Mapping[str, tuple[str, str]]) -> tuple[Ratings, pd.DataFrame]:
    """Turn sets of three answers into values, and list the sets."""
    keys = [c for c in ("cycle", "occasion", "form", "method", "session") if c in table.extras]
    where = [statements[d] for d in table.dimensions]
    long = table.frame.assign(dimension=[where[d][0] for d in table.dimension], level=[where[d][1] for d in table.dimension])
    columns = ["rater", "ratee", *(["source"] if table.sources else []), *keys, "dimension"]
    for c in ("rater", "ratee", "source"):
        if c in long:
            long[c] = long[c].astype("object")
    by_level = {level: long.loc[long["level"] == level].set_index(columns)["score"] for level in LEVELS}
    wide = pd.DataFrame(by_level).sort_index().reset_index()
    three = wide[list(LEVELS)].to_numpy(dtype=np.float64)
    wide = wide.assign(score=mixed_standard_scores(three), logical_error=logical_errors(three))
    if wide["score"].isna().all():
        raise RatingsError("E-FEW", what="a value", needed=len(LEVELS), unit="answers", found="fewer in every set")
    values = Ratings.from_frame(wide[[*columns, "score"]], source_name=table.source_name)
    labels = {p: table.labels[p] for p in values.people}
    rater_labels = {r: table.rater_labels[r] for r in values.raters}
    values = replace(values, notes=table.notes, labels=labels, rater_labels=rater_labels)
    return values, wide[["rater", "ratee", "dimension", *LEVELS, "score", "logical_error"]]


def _errors(answers: pd.DataFrame, by: str, most: float, level: float) -> pd.DataFrame:
    """Logical errors by rater or dimension, against the largest share that needs no review."""
    whole = answers[answers["score"].notna()]
    counted = whole.groupby(by, sort=True)["logical_error"].agg(n="count", errors="sum")
    n, errors = counted["n"].to_numpy(dtype=np.int64), counted["errors"].to_numpy(dtype=np.int64)
    low, high = wilson(errors, n, level)
    p = stats.binom.sf(errors - 1, n, most)
    shares = {"share": errors / n, "ci_low": low, "ci_high": high, "p": p, "q": benjamini_hochberg(p)}
    return pd.DataFrame({"n": n, "errors": errors} | shares, index=counted.index)


def _findings(table: pd.DataFrame, kind: Literal["rater", "dimension"], most: float) -> list[Finding]:
    """Patterns to review: more logical errors than the limit; by more than chance, or a remark."""
    found = []
    for name, row in table[table["share"] > most].iterrows():
        details = {"who": str(name), "errors": int(row["errors"]), "n": int(row["n"]), "most": f"{most:.0%}"}
        found.append(
            pattern(
                "F-LOGICALRATER" if kind == "rater" else "F-LOGICALDIMENSION",
                "review" if row["q"] < _SURE else "info",
                kind,
                str(name),
                details,
                estimate=float(row["share"]),
                ci_low=float(row["ci_low"]),
                ci_high=float(row["ci_high"]),
                effect=float(row["share"]),
                effect_name="share of logical errors",
                p=float(row["p"]),
                q=float(row["q"]),
                family=f"logical errors by {kind}",
                n=int(row["n"]),
            )
        )
    return found


def _joined(own: pd.DataFrame, ratings: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """Findings on the answers, then those on the values."""
    others = ratings()
    return pd.concat([own, others], ignore_index=True) if len(own) and len(others) else others if len(others) else own

"""One method on one table: what every check starts from."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from rankkit.assessment import Assessment
from rankkit.errors import RankkitError
from rankkit.result import Result
from rankkit.tables.judgements import Judgements
from rankkit.tables.people import People


@dataclass(frozen=True, eq=False)
class Trial:
    """A method with its settings, a table it reads, and, for a method that reads results, the method in between."""

    assessment: Assessment[Any, Any]
    table: Judgements
    through: Assessment[Any, Any] | None = None

    @cached_property
    def result(self) -> Result:
        """The result on the table as it is."""
        return self.fit()

    @property
    def reader(self) -> Assessment[Any, Any]:
        """The method that reads the table."""
        return self.assessment if self.through is None else self.through

    def fit(self, data: Any = None, *, people: People | None = None, **settings: Any) -> Result:
        """Fit to the table or to another one, perhaps under other settings."""
        assessment = replace(self.assessment, **settings) if settings else self.assessment
        found: Result = assessment.fit(self.source(data), people=people)
        return found

    def source(self, data: Any = None) -> Any:
        """Return what the method itself is given: a table, or a result made from it."""
        data = self.table if data is None else data
        return data if self.through is None else self.through.fit(data)

    def with_reader(self, **settings: Any) -> Trial:
        """Change settings of the method that reads the table."""
        if self.through is None:
            return replace(self, assessment=replace(self.assessment, **settings))
        return replace(self, through=replace(self.through, **settings))

    def named(self, labels: dict[str, str]) -> People:
        """Return a table of people with these display names."""
        return People.from_frame(pd.DataFrame({"person": list(labels), "label": list(labels.values())}, dtype=object))

    @property
    def has_scores(self) -> bool:
        """Whether anybody has a score."""
        return bool(self.result.estimated_ids)


def attempt(trial: Trial, alteration: Callable[..., Judgements | None], *args: Any) -> tuple[Result | RankkitError | None, str]:
    """Fit to an altered table, which may be impossible; the text says what came out that is neither sound nor explained."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            result = trial.fit(alteration(*args))
            text = unsound(result)
    except RankkitError as error:
        return error, unexplained(error)
    except Exception as error:  # noqa: BLE001 - this is what the checks look for
        return None, f"raised {type(error).__name__}: {error}"
    return result, text


def unsound(result: Result, *, part: bool = False) -> str:
    """Say who has a number without a status, or a gap without a reason; empty if nobody. Parts leave the notes to the whole."""
    scores = result.scores
    estimated = np.isin(scores.index, result.estimated_ids)
    finite = np.isfinite(scores["score"].to_numpy(dtype=float))
    for who, row, is_estimated, is_finite in zip(scores.index, scores.itertuples(), estimated, finite, strict=True):
        if is_estimated != is_finite:
            return f"{who}: status {row.status} with score {row.score}"
        if row.status != "scored" and not str(row.status_reason).strip():
            return f"{who}: status {row.status} without a reason"
    if result.covariance is None:
        if result.se_basis != "none":
            return f"se_basis is {result.se_basis} without a covariance"
        if estimated.any() and not part and not len(result.messages):
            return "no covariance and no note that says why"
    elif not np.isfinite(scores["se"].to_numpy(dtype=float)[estimated]).all():
        return "a covariance with missing standard errors"
    return ""


def unexplained(error: RankkitError) -> str:
    """Say what an error leaves out: a message or a remedy, in English or in Chinese; empty if nothing."""
    if not error.items:
        return f"{type(error).__name__} without a problem"
    for problem in error.items:
        texts = [problem.message("en"), problem.fix("en"), problem.message("zh"), problem.fix("zh")]
        if not all(t.strip() for t in texts):
            return f"{problem.code} lacks a message or a remedy"
        if texts[0] == texts[2]:
            return f"{problem.code} is not said in Chinese"
    return ""

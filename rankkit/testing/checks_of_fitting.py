"""Checks of ``fit``: settings stay settings, data stay data, and nothing but the two decides the result."""

from __future__ import annotations

import pickle
import random
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from rankkit.kernels.on_demand_covariance import OnDemand
from rankkit.kernels.rank_sets import rank_sets
from rankkit.result import Result
from rankkit.tables.ratings import Ratings
from rankkit.testing.alterations import plain
from rankkit.testing.altered_texts import has_attachments
from rankkit.testing.contract import ContractViolation, NotApplicable, check, require
from rankkit.testing.sameness import difference
from rankkit.testing.trial import Trial

_LEVEL = 0.5
_SEED = 12345


@check
def settings_frozen(trial: Trial) -> NotApplicable | None:
    """Settings are a frozen dataclass: hashable, picklable, equal after pickling, all listed by ``settings()``."""
    a = trial.assessment
    require(is_dataclass(a), f"{type(a).__name__} is not a dataclass")
    try:
        a.level = a.level  # type: ignore[misc]
    except FrozenInstanceError:
        pass
    else:
        raise ContractViolation("a setting can be changed after it was made")
    copy = pickle.loads(pickle.dumps(a))  # noqa: S301 - our own bytes
    require(copy == a, "settings differ after pickling")
    require(hash(copy) == hash(a), "equal settings have different hashes")
    require(set(a.settings()) == {f.name for f in fields(a)}, "settings() does not list every setting")
    return None


@check
def pure(trial: Trial) -> NotApplicable | None:
    """The same table and settings give the same bytes, whatever the global random state, which stays untouched."""
    texts = []
    kept = random.getstate(), np.random.get_state()  # noqa: NPY002 - the state a method must leave alone
    try:
        for seed in (1, 2):
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002
            before = random.getstate(), _state()
            result = trial.fit()
            texts.append((result.to_json(), result.scores.to_json()))
            require((random.getstate(), _state()) == before, "fit uses up global random numbers")
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])  # noqa: NPY002
    require(texts[0] == texts[1], "two fits of the same table differ")
    return None


def _state() -> tuple[Any, ...]:
    name, keys, *rest = np.random.get_state(legacy=True)  # noqa: NPY002
    return (name, np.asarray(keys).tobytes(), *rest)


@check
def input_untouched(trial: Trial) -> NotApplicable | None:
    """Neither a table nor a DataFrame nor a result is changed by being fitted."""
    given = trial.source()
    before = pickle.dumps(given)
    pristine = pickle.loads(before)  # noqa: S301 - our own bytes
    _ = trial.assessment.fit(given).scores
    for f in fields(given):
        require(_equal(getattr(given, f.name), getattr(pristine, f.name)), f"fit changed {f.name} of what it was given")
    if trial.through is None and not _is_averaged(trial):
        frame = plain(trial.table)
        copy = frame.copy(deep=True)
        _ = trial.fit(frame).scores
        pd.testing.assert_frame_equal(frame, copy)
    return None


def _equal(a: Any, b: Any) -> bool:
    """Equal through and through; two missing numbers are equal, and so is a covariance computed now or later."""
    a, b = (x.resolved if isinstance(x, OnDemand) else x for x in (a, b))
    if isinstance(a, np.ndarray):
        return bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))
    if isinstance(a, pd.DataFrame):
        return a.equals(b) and list(a.columns) == list(b.columns)
    if isinstance(a, (sparse.sparray, sparse.spmatrix)):
        return bool((a != b).nnz == 0)
    if isinstance(a, Mapping):
        return list(a) == list(b) and all(_equal(v, b[k]) for k, v in a.items())
    if isinstance(a, tuple):
        return len(a) == len(b) and all(_equal(x, y) for x, y in zip(a, b, strict=True))
    if is_dataclass(a) and not isinstance(a, type):
        return type(a) is type(b) and all(_equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    return bool(a == b) or (isinstance(a, float) and np.isnan(a) and np.isnan(b))


def _is_averaged(trial: Trial) -> bool:
    return isinstance(trial.table, Ratings) and trial.table.averaged_over


@check
def accepts_plain_frame(trial: Trial) -> NotApplicable | None:
    """A plain DataFrame gives the scores the validated table gives."""
    if _is_averaged(trial):
        return NotApplicable("averaged ratings are declared as such, a plain table cannot be")
    if has_attachments(trial.table):
        return NotApplicable("texts with codes or comparisons are more than one table")
    text = difference(trial.result, _with_notes_of(trial, trial.fit(plain(trial.table))))
    require(not text, f"a plain DataFrame gives another result: {text}")
    return None


def _with_notes_of(trial: Trial, result: Result) -> Result:
    """Notes may differ: a plain frame carries neither a scale nor what was noted while reading."""
    return replace(
        result, notes=trial.result.notes, parts={d: replace(p, notes=trial.result.parts[d].notes) for d, p in result.parts.items()}
    )


@check
def level(trial: Trial) -> NotApplicable | None:
    """The confidence level is the one asked for: it is recorded, moves no score, and lower levels give rank sets inside."""
    low = trial.fit(level=_LEVEL)
    require(low.level == _LEVEL, f"the result says level {low.level}, asked was {_LEVEL}")
    require(np.array_equal(low.estimate, trial.result.estimate, equal_nan=True), "scores depend on the level")
    if trial.result.covariance is None:
        return None
    inner, outer = low.rank_sets(), trial.result.rank_sets()
    inside = (inner["rank_low"] >= outer["rank_low"]) & (inner["rank_high"] <= outer["rank_high"])
    require(
        inside.fillna(value=True).all(),
        f"rank sets at {_LEVEL} reach beyond those at {trial.result.level}: {list(inner.index[~inside.fillna(value=True)])[:5]}",
    )
    asked = trial.result.rank_sets(level=_LEVEL)
    require(asked.equals(inner), f"rank_sets(level={_LEVEL}) differs from a fit at that level")
    widths = (inner["rank_high"] - inner["rank_low"]).sum(), (outer["rank_high"] - outer["rank_low"]).sum()
    expected = [_width(trial.result, level) for level in (_LEVEL, trial.result.level)]
    require(widths[0] < widths[1] or expected[0] == expected[1], f"rank sets at {_LEVEL} are as wide as those at {trial.result.level}")
    return None


def _width(result: Result, level: float) -> int:
    """Total width of the rank sets that the covariance implies."""
    estimate = result.estimate[~np.isnan(result.estimate)]
    joint = result.joint_covariance or result.covariance
    if joint is None:
        return 0
    sets = rank_sets(estimate, joint, level=level, kind="simultaneous", df=result.joint_df, seed=result.seed)
    return int((sets.high - sets.low).sum())


@check
def seed(trial: Trial) -> NotApplicable | None:
    """The seed is recorded and decides random draws only: scores, standard errors and ranks do not depend on it."""
    other = trial.fit(seed=_SEED)
    require(other.seed == _SEED, f"the result says seed {other.seed}, given was {_SEED}")
    a, b = trial.result.scores, other.scores
    for column in ("score", "se", "ci_low", "ci_high", "rank", "status"):
        require(a[column].equals(b[column]), f"{column} depends on the seed")
    return None

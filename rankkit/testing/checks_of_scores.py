"""Checks of a result: what the numbers of one fit owe each other."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.errors import IdentificationError
from rankkit.kernels.arrays import Floats
from rankkit.result import COLUMNS, Kind, Result, Status
from rankkit.tables.people import People
from rankkit.testing.alterations import with_unjudged
from rankkit.testing.contract import ContractViolation, NotApplicable, check, require
from rankkit.testing.trial import Trial, unsound

_ROUNDING = 1e-8  # relative: square roots and eigenvalues of matrices of some hundred people
_SMALL = 1e-9  # share of the spread of the scores below which two scores count as one
_SUMMED = 1e-13  # share of a score that adding up in another order may change
_DRAWS = 4000
_SIGMAS = 6.0  # standard errors of a simulated moment that a sound generator does not exceed
_NEWCOMER = "zz newcomer"
_LEVELS = (0.5, 0.8)


@check
def same_columns(trial: Trial) -> NotApplicable | None:
    """Scores have the columns, types and index every method has; dimensions too, by person and dimension."""
    _check_columns(trial.result.scores, ["ratee"], "scores")
    if trial.result.dimensions is not None:
        _check_columns(trial.result.dimensions, ["ratee", "dimension"], "dimensions")
    return None


def _check_columns(frame: pd.DataFrame, names: list[str], what: str) -> None:
    require(list(frame.columns) == list(COLUMNS), f"{what} has columns {list(frame.columns)}")
    require(list(frame.index.names) == names, f"{what} is indexed by {list(frame.index.names)}")
    require(frame.index.is_unique, f"{what} lists somebody twice")
    for column in ("score", "se", "ci_low", "ci_high"):
        require(frame[column].dtype == np.float64, f"{what}.{column} is {frame[column].dtype}, not float64")
    for column in ("rank", "rank_low", "rank_high", "n_raters", "n_obs"):
        require(str(frame[column].dtype) == "Int64", f"{what}.{column} is {frame[column].dtype}, not Int64")
    for column in ("label", "status", "status_reason"):
        require(all(isinstance(v, str) for v in frame[column]), f"{what}.{column} holds something other than text")
    unknown = sorted(set(frame["status"]) - set(get_args(Status)))
    require(not unknown, f"{what} has unknown statuses {unknown}")


@check
def nobody_dropped(trial: Trial) -> NotApplicable | None:
    """Everyone in the table or in the list of people is in the scores, with a status and, if not scored, a reason."""
    _check_everyone(trial.result, trial.table.people, "")
    labels = {**dict.fromkeys(trial.table.people, ""), _NEWCOMER: ""}
    people = People.from_frame(pd.DataFrame({"person": list(labels)}, dtype=object))
    _check_everyone(trial.fit(people=people), (*trial.table.people, _NEWCOMER), "with somebody nobody judged: ")
    blank = with_unjudged(trial.table, _NEWCOMER)
    if blank is not None:
        _check_everyone(trial.fit(blank), (*trial.table.people, _NEWCOMER), "with somebody whose judgement is blank: ")
    return None


def _check_everyone(result: Result, people: tuple[str, ...], when: str) -> None:
    missing = sorted(set(people) - set(result.scores.index))
    require(not missing, f"{when}not in the scores: {missing[:6]}")
    require(set(result.people) == set(result.scores.index), f"{when}people and scores list different persons")
    for dimension, part in result.parts.items():
        text = unsound(part, part=True)
        require(not text, f"{when}{dimension}: {text}")
    text = unsound(result)
    require(not text, when + text)


@check
def covariance(trial: Trial) -> NotApplicable | None:
    """The covariance belongs to the people with a score, is symmetric and positive semidefinite, and gives the standard errors."""
    for result in (trial.result, *trial.result.parts.values()):
        _check_covariance(result)
    return None if trial.result.covariance is not None else NotApplicable(f"no covariance: se_basis is {trial.result.se_basis}")


def _check_covariance(result: Result) -> None:
    se, score = result.scores["se"], result.scores["score"]
    if result.covariance is None:
        require(se.isna().all(), "standard errors without a covariance")
        require(result.se_basis == "none", f"se_basis is {result.se_basis} without a covariance")
        return
    ids = list(result.estimated_ids)
    require(result.covariance.size == len(ids), f"the covariance has {result.covariance.size} people, {len(ids)} have a score")
    require(se.drop(ids).isna().all(), "a standard error of somebody without a score")
    matrix = result.covariance.dense()
    size = _check_semidefinite(matrix, "the covariance")
    if result.joint_covariance is not None:
        joint = result.joint_covariance.dense()
        _check_semidefinite(joint, "the joint covariance")
        require(joint.shape == matrix.shape, f"the joint covariance has {len(joint)} people, {len(ids)} have a score")
    expected = np.sqrt(np.diagonal(matrix))
    wrong = np.flatnonzero(np.abs(se[ids].to_numpy() - expected) > _ROUNDING * np.sqrt(size))
    if len(wrong):
        raise ContractViolation(f"se of {ids[wrong[0]]} is {se[ids[wrong[0]]]:.6g}, the covariance says {expected[wrong[0]]:.6g}")
    for a, b in list(zip(range(len(ids)), range(1, len(ids)), strict=False))[:5]:
        var = matrix[a, a] + matrix[b, b] - 2 * matrix[a, b]
        found = result.difference(ids[a], ids[b])
        require(
            abs(found.se**2 - var) <= _ROUNDING * size,
            f"se of the difference of {ids[a]} and {ids[b]} is {found.se:.6g}, the covariance says {var**0.5:.6g}",
        )
        gap = float(score.loc[ids[a]]) - float(score.loc[ids[b]])
        require(np.isclose(found.difference, gap, rtol=_ROUNDING), f"difference of {ids[a]} and {ids[b]} is not that of their scores")


def _check_semidefinite(matrix: Floats, what: str) -> float:
    size = float(np.abs(matrix).max())
    require(size > 0, f"{what} is zero; not estimable is None, never zeros")
    require(np.allclose(matrix, matrix.T, rtol=0, atol=_ROUNDING * size), f"{what} is not symmetric")
    require(float(np.linalg.eigvalsh((matrix + matrix.T) / 2)[0]) >= -_ROUNDING * size, f"{what} has a negative eigenvalue")
    return size


@check
def rank_in_set(trial: Trial) -> NotApplicable | None:
    """Every rank lies in its simultaneous and in its marginal confidence set, and the sets within 1 to the number of people."""
    if not trial.has_scores:
        return NotApplicable("nobody has a score")
    kinds: tuple[Kind, ...] = ("simultaneous", "marginal")
    for result in (trial.result, *trial.result.parts.values()):
        n = len(result.estimated_ids)
        for kind in kinds:
            sets = result.rank_sets(kind=kind)
            require(sets["rank"].notna().sum() == n, "ranks and scores are of different people")
            known = sets["rank_low"].notna()
            require(known.equals(sets["rank_high"].notna()), f"{kind}: a rank set with one end")
            require(known.sum() == (0 if result.covariance is None else n), f"{kind}: rank sets of {known.sum()} people, {n} have a score")
            inside = (
                (sets["rank_low"] >= 1)
                & (sets["rank_low"] <= sets["rank"])
                & (sets["rank"] <= sets["rank_high"])
                & (sets["rank_high"] <= n)
            )
            out = sets[known & ~inside.fillna(value=False)]
            if len(out):
                row = out.iloc[0]
                raise ContractViolation(
                    f"{kind}: {out.index[0]} has rank {row['rank']} outside {row['rank_low']}–{row['rank_high']} (of {n})"
                )
    return None


@check
def ranks_competition(trial: Trial) -> NotApplicable | None:
    """Rank 1 is the highest score, equal scores share the better rank, and people without a score have none."""
    if not trial.has_scores:
        return NotApplicable("nobody has a score")
    for result in (trial.result, *trial.result.parts.values()):
        scored = result.scores.dropna(subset=["score"])
        x = scored["score"].to_numpy()
        tie = max(_SMALL * float(np.ptp(x)), _SUMMED * float(np.abs(x).max()))
        expected = 1 + (x[None, :] > x[:, None] + tie).sum(axis=1)
        wrong = np.flatnonzero(scored["rank"].to_numpy(dtype=int) != expected)
        if len(wrong):
            k = wrong[0]
            raise ContractViolation(f"{scored.index[k]} has rank {scored['rank'].iloc[k]} with {expected[k] - 1} people better")
        require(result.scores.loc[result.scores["score"].isna(), "rank"].isna().all(), "a rank without a score")
    return None


@check
def interval(trial: Trial) -> NotApplicable | None:
    """An interval holds its score, widens with the level by the t distribution, and is missing where the standard error is."""
    if trial.result.covariance is None:
        scores = trial.result.scores
        require(scores[["ci_low", "ci_high"]].isna().all(axis=None), "intervals without standard errors")
        return NotApplicable(f"no intervals: se_basis is {trial.result.se_basis}")
    for asked in _LEVELS:
        result = trial.fit(level=asked)
        scores = result.scores
        known = scores["se"].notna()
        require((scores["ci_low"].notna() == known).all(), "intervals and standard errors are of different people")
        require((scores["ci_high"].notna() == known).all(), "intervals and standard errors are of different people")
        own = scores[known]
        df = np.broadcast_to(result.df if len(result.df) else np.array(np.inf), known.shape)[known.to_numpy()]
        half = stats.t.ppf(0.5 + asked / 2, df) * own["se"].to_numpy()
        for column, end in (("ci_low", own["score"] - half), ("ci_high", own["score"] + half)):
            wrong = np.flatnonzero(~np.isclose(own[column], end, rtol=_ROUNDING, atol=_ROUNDING * float(half.max())))
            if len(wrong):
                raise ContractViolation(
                    f"{column} of {own.index[wrong[0]]} at level {asked} is {own[column].iloc[wrong[0]]:.6g}, not {end.iloc[wrong[0]]:.6g}"
                )
    return None


@check
def draws(trial: Trial) -> NotApplicable | None:
    """Draws are seeded, centred on the scores, and have their joint covariance; without a covariance they are refused."""
    result = trial.result
    if result.covariance is None:
        try:
            result.draws(1)
        except IdentificationError:
            return NotApplicable(f"draws are refused: se_basis is {result.se_basis}")
        raise ContractViolation("draws without a covariance")
    ids = result.estimated_ids
    sample = result.draws(_DRAWS)
    require(sample.shape == (_DRAWS, len(ids)), f"draws have shape {sample.shape}, not {(_DRAWS, len(ids))}")
    require(np.array_equal(sample, result.draws(_DRAWS)), "the same seed gives other draws")
    require(not np.array_equal(sample, result.draws(_DRAWS, seed=result.seed + 1)), "another seed gives the same draws")
    matrix = (result.joint_covariance or result.covariance).dense()
    variance = np.diagonal(matrix)
    score = result.scores.loc[list(ids), "score"].to_numpy()
    off = np.abs(sample.mean(axis=0) - score) - _SIGMAS * np.sqrt(variance / _DRAWS)
    require((off <= _ROUNDING).all(), f"draws are not centred on the score of {ids[int(off.argmax())]}")
    error = np.sqrt((np.outer(variance, variance) + matrix**2) / _DRAWS)
    wrong = np.abs(np.cov(sample, rowvar=False).reshape(matrix.shape) - matrix) - _SIGMAS * error
    require((wrong <= _ROUNDING * variance.max()).all(), f"draws do not have the covariance of {ids[int(wrong.max(axis=1).argmax())]}")
    return None

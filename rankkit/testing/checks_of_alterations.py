"""Checks of what must not matter, and of what must: order, names, direction, origin and repetition of judgements."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rankkit.errors import RankkitError
from rankkit.result import Result
from rankkit.testing import alterations
from rankkit.testing.contract import ContractViolation, NotApplicable, check, require
from rankkit.testing.sameness import difference
from rankkit.testing.trial import Trial, attempt

_TOLERANCE = 1e-7  # relative: an iteration on other numbers stops one step apart
_CONSTANT = 3.0
_LOST = 0.3  # share of rows lost in missing_cells
_AT_THE_EDGE = 0.1  # share of people whose rank set simulation error may move by one
_ORIGIN_FREE = ("z", "T", "percentile")


@check
def row_order(trial: Trial) -> NotApplicable | None:
    """Shuffled rows give the same result."""
    for seed in (None, 7):
        text = difference(trial.result, trial.fit(alterations.shuffled(trial.table, seed)))
        require(not text, f"rows {'from last to first' if seed is None else 'in random order'} give another result: {text}")
    return None


@check
def relabel(trial: Trial) -> NotApplicable | None:
    """Other ids of people and raters give the same result under those ids, whatever their alphabetical order."""
    for names, how in (
        (alterations.backwards(trial.table), "in the opposite alphabetical order"),
        (alterations.at_random(trial.table, 7), "at random"),
    ):
        text = difference(trial.result, trial.fit(alterations.renamed(trial.table, names)), names)
        require(not text, f"new ids {how} give another result: {text}")
    return None


@check
def reversal(trial: Trial) -> NotApplicable | None:
    """Judgements turned round mirror the scores and reverse the ranks and the rank sets."""
    if not trial.has_scores:
        return NotApplicable("nobody has a score")
    table = alterations.reversed_judgements(trial)
    if table is None:
        return NotApplicable("a model of rankings need not be reversible")
    other = trial.fit(table)
    _check_mirrored(trial.result, other, "")
    for dimension, part in trial.result.parts.items():
        _check_mirrored(part, other.parts[dimension], f"{dimension}: ")
    return None


def _check_mirrored(result: Result, other: Result, where: str) -> None:
    a, b = result.scores, other.scores.loc[list(result.people)]
    if not result.estimated_ids:
        return
    total = (a["score"] + b["score"]).dropna()
    spread = max(float(np.ptp(a["score"].dropna())), float(a["score"].abs().max()))
    require(len(total) == len(result.estimated_ids), f"{where}other people are scored when judgements are turned round")
    require(
        np.ptp(total) <= _TOLERANCE * spread,
        f"{where}scores are not mirrored: the sums of {total.idxmin()} and {total.idxmax()} are {total.min():.6g} and {total.max():.6g}",
    )
    _check_close(a["se"], b["se"], f"{where}se when judgements are turned round")
    ids = list(result.estimated_ids)
    n, ranks, turned = len(ids), a.loc[ids, "rank"].to_numpy(dtype=int), b.loc[ids, "rank"].to_numpy(dtype=int)
    same = np.sign(ranks[:, None] - ranks[None, :]) == -np.sign(turned[:, None] - turned[None, :])
    require(same.all(), f"{where}ranks are not reversed for {[ids[k] for k in np.flatnonzero(~same.all(axis=1))][:6]}")
    if result.covariance is not None:
        low = n + 1 - b.loc[ids, "rank_high"] - a.loc[ids, "rank_low"]
        high = n + 1 - b.loc[ids, "rank_low"] - a.loc[ids, "rank_high"]
        off = pd.concat([low.abs(), high.abs()], axis=1).max(axis=1)
        # the critical value is simulated, so a pair at the very edge may fall on either side of it
        require(
            off.max() <= 1 and (off > 0).sum() <= max(2, _AT_THE_EDGE * n),
            f"{where}rank sets are not mirrored for {list(off.index[off > 0])[:6]}",
        )


@check
def higher_is_better(trial: Trial) -> NotApplicable | None:
    """Judging one person as well as can be neither lowers that person's score nor worsens the rank."""
    if not trial.has_scores:
        return NotApplicable("nobody has a score")
    ids = list(trial.result.estimated_ids)
    worst = str(trial.result.scores.loc[ids, "score"].idxmin())
    if alterations.improved(trial, worst) is None:
        return NotApplicable("no better judgement is known for a table of this kind")
    found, text = attempt(trial, alterations.improved, trial, worst)
    require(not text, f"with {worst} judged as well as can be: {text}")
    if isinstance(found, RankkitError):
        return NotApplicable(f"the improved table has no result: {found.code}")
    if found is None or worst not in found.estimated_ids:
        return NotApplicable("the improved person has no score")
    before, after = trial.result.scores.loc[worst], found.scores.loc[worst]
    slack = _TOLERANCE * max(abs(before["score"]), 1e-12)
    require(
        after["score"] >= before["score"] - slack,
        f"{worst} falls from {before['score']:.6g} to {after['score']:.6g} when judged as well as can be",
    )
    require(after["rank"] <= before["rank"], f"{worst} falls from rank {before['rank']} to {after['rank']} when judged as well as can be")
    return None


@check
def shift(trial: Trial) -> NotApplicable | None:
    """A constant added to every rating moves the scores by it and leaves standard errors, ranks and rank sets."""
    if not trial.has_scores:
        return NotApplicable("nobody has a score")
    unit = trial.result.unit
    if unit not in ("scale points", "points", *_ORIGIN_FREE):
        return NotApplicable(f"scores in {unit} have no origin that ratings could move")
    moved = alterations.moved(trial, _CONSTANT)
    if moved is None:
        return NotApplicable("only ratings have an origin")
    expected = 0.0 if unit in _ORIGIN_FREE else _CONSTANT
    for a, b in ((trial.result, moved.result), *((p, moved.result.parts[d]) for d, p in trial.result.parts.items())):
        x, y = a.scores, b.scores.loc[list(a.people)]
        _check_close(x["score"] + expected, y["score"], f"score after {_CONSTANT:g} was added to every rating")
        _check_close(x["se"], y["se"], f"se after {_CONSTANT:g} was added to every rating")
        for column in ("rank", "rank_low", "rank_high", "status"):
            require(x[column].equals(y[column]), f"{column} changes when {_CONSTANT:g} is added to every rating")
    return None


def _check_close(a: pd.Series[float], b: pd.Series[float], what: str) -> None:
    size = max(float(a.abs().max()), 1e-12) if a.notna().any() else 1.0
    off = (a - b).abs()
    wrong = (off > _TOLERANCE * size) | (a.isna() != b.isna())
    if wrong.any():
        k = str(wrong.idxmax())
        raise ContractViolation(f"{what}: {k} has {b[k]:.6g}, expected was {a[k]:.6g}")


@check
def duplication(trial: Trial) -> NotApplicable | None:
    """The same raters saying everything twice add no rater: a standard error that comes from raters does not shrink."""
    basis = trial.result.se_basis
    if basis not in ("rater", "judge_cluster"):
        return NotApplicable(f"se_basis is {basis}, not raters")
    table = alterations.doubled(trial.table)
    if table is None:
        return NotApplicable("nothing is known about who would repeat a table of this kind")
    other = trial.fit(table)
    if other.se_basis != basis:
        raise ContractViolation(f"se_basis changes from {basis} to {other.se_basis} when everything is said twice")
    a, b = trial.result.scores["se"], other.scores["se"]
    shrunk = (b < a * (1 - _TOLERANCE)).to_numpy()
    if shrunk.any():
        k = a.index[shrunk][0]
        raise ContractViolation(
            f"se of {k} shrinks from {a[k]:.6g} to {b[k]:.6g} when the same raters say everything twice ({shrunk.sum()} people)"
        )
    return None


@check
def missing_cells(trial: Trial) -> NotApplicable | None:
    """A table that lost rows gives a sound result or an explained error, never a gap without a reason."""
    for seed in (1, 2):
        found, text = attempt(trial, alterations.thinned, trial.table, _LOST, seed)
        require(not text, f"with {_LOST:.0%} of the rows lost: {text or found}")
    return None

"""Comparisons of texts: texts without names for judges, worths of texts, scores of people, and whether length pays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rankkit.errors import InsufficientDataError, Problem
from rankkit.findings import Finding, pattern
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.behaviours.length_effect import length_effect
from rankkit.kernels.covariance import Covariance, Dense
from rankkit.methods.paired_comparison import PairedComparison
from rankkit.methods.paired_result import PairedComparisonResult
from rankkit.tables.comparisons import SKIP, TIE, Comparisons
from rankkit.tables.narratives import Narratives
from rankkit.tables.people import People
from rankkit.tables.text_detectors import wilson
from rankkit.tables.text_redaction import redact

MODEL = "model"
FEWEST_SHARED = 30  # decided comparisons a model shares with people before it may count as a judge
_REVIEW_P, _FLOOR = 0.05, 0.30


def texts_for_judges(table: Narratives, people: People | None = None, *, gender: bool = True) -> pd.DataFrame:
    """Texts as judges may read them: ``narrative, text``, without names, units, gender words and personal data."""
    names = {*table.labels.values(), *table.author_labels.values(), *table.people, *table.authors}
    units: set[str] = set()
    if people is not None:
        names |= {*people.ids, *people.labels.values()}
        for column in people.facts.columns:
            if str(column).startswith("label"):
                names |= {str(v) for v in people.facts[column].dropna()}
        units = {str(v) for v in people.facts["unit"].dropna()} if "unit" in people.facts else set()
    wanted = {n for n in names if len(n) > 1}
    docs = table.documents["text"]
    return pd.DataFrame({"narrative": docs.index, "text": [redact(t, wanted, units, gender=gender) for t in docs]})


@dataclass(frozen=True, eq=False)
class Judged:
    """Worths of texts, and who judged them."""

    worths: PairedComparisonResult
    by_people: Comparisons
    models: pd.DataFrame


def judged(table: Comparisons, level: float, seed: int, *, count_models: bool) -> Judged:
    """Fit the comparisons people made; those of models only where they are asked for and have shown that they agree.

    Raises
    ------
    InsufficientDataError
        ``E-MODELALONE`` where nothing is left without the models, or a model that is to count shares too little with people.
    """
    source = table.extras["source"].astype(str).str.lower().to_numpy() if "source" in table.extras else np.full(len(table), "human")
    is_model: Bools = np.asarray(source == MODEL)
    if is_model.all():
        raise InsufficientDataError("E-MODELALONE", needed=FEWEST_SHARED)
    people = table.where(~is_model) if is_model.any() else table
    fit = PairedComparison(level=level, seed=seed)
    worths = fit.fit(people)
    compared = _models(table, is_model, worths, level)
    if count_models and is_model.any():
        if len(compared) == 0 or int(compared["n"].min()) < FEWEST_SHARED:
            raise InsufficientDataError("E-MODELALONE", needed=FEWEST_SHARED)
        worths = fit.fit(table)
    return Judged(worths, people, compared)


def _models(table: Comparisons, is_model: Bools, worths: PairedComparisonResult, level: float) -> pd.DataFrame:
    """How often a model preferred the text people's comparisons prefer, beside what people's own do (``expected`` by their worths)."""
    columns = ["n", "agreed", "share", "ci_low", "ci_high", "people_share"]
    if not is_model.any() or not table.raters:
        return pd.DataFrame(columns=columns, index=pd.Index([], name="rater"))
    place = {p: k for k, p in enumerate(worths.people)}
    code = np.array([place.get(p, -1) for p in table.people])
    left, right = code[table.left], code[table.right]
    usable = (left >= 0) & (right >= 0) & (table.result != SKIP) & (table.result != TIE)
    gap = np.where(usable, worths.estimate[left] - worths.estimate[right], np.nan)
    usable &= ~np.isnan(gap) & (gap != 0)
    right_one = np.sign(gap) == table.result
    own = float(right_one[usable & ~is_model].mean()) if (usable & ~is_model).any() else np.nan
    rows, names = [], []
    for k, name in enumerate(table.raters):
        mine = usable & is_model & (table.rater == k)
        if (is_model & (table.rater == k)).any():
            n, hits = int(mine.sum()), int(right_one[mine].sum())
            rows.append((n, hits, *wilson(hits, n, level), own))
            names.append(name)
    return pd.DataFrame(rows, columns=columns, index=pd.Index(names, name="rater"))


@dataclass(frozen=True, eq=False)
class OfPeople:
    """Scores of people from those of their texts."""

    estimate: Floats
    covariance: Covariance | None
    joint: Covariance | None
    status: tuple[Any, ...]
    reasons: tuple[Problem | None, ...]
    n_raters: np.ndarray[Any, Any]
    n_obs: np.ndarray[Any, Any]


def of_people(table: Narratives, worths: PairedComparisonResult) -> OfPeople:
    """Average the worths of each person's texts: u = A·w, covariance A·Σ·Aᵀ; others have no score and a reason."""
    ratee_of = table.documents["ratee"].to_dict()
    n = len(table.people)
    place = {p: k for k, p in enumerate(table.people)}
    scored = list(worths.estimated_ids)
    weight = np.zeros((n, len(scored)))
    for k, narrative in enumerate(scored):
        weight[place[ratee_of[narrative]], k] = 1.0
    texts = weight.sum(axis=1)
    has = texts > 0
    weight[has] /= texts[has, None]
    value = dict(zip(worths.people, worths.estimate, strict=True))
    own = np.array([value[s] for s in scored])
    states = dict(zip(worths.people, zip(worths.status, worths.reasons, strict=True), strict=True))
    status: list[str] = ["insufficient_data"] * n
    reasons: list[Problem | None] = [Problem("S-TEXTNOTCOMPARED")] * n
    for narrative in scored:
        k = place[ratee_of[narrative]]
        state, why = states[narrative]
        if status[k] != "provisional":
            status[k], reasons[k] = state, why
    n_raters, n_obs = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for narrative, judges, comparisons in zip(worths.people, worths.n_raters, worths.n_obs, strict=True):
        k = place[ratee_of[narrative]]
        n_raters[k], n_obs[k] = max(n_raters[k], judges) if judges >= 0 else -1, n_obs[k] + max(comparisons, 0)
    a = weight[has]

    def mapped(covariance: Covariance | None) -> Covariance | None:
        if covariance is None:
            return None
        if bool((texts[has] == 1).all()):
            return covariance.take(np.argmax(a, axis=1).astype(np.int64))
        return Dense(a @ covariance.dense() @ a.T)

    estimate = np.full(n, np.nan)
    estimate[has] = a @ own
    return OfPeople(estimate, mapped(worths.covariance), mapped(worths.joint_covariance), tuple(status), tuple(reasons), n_raters, n_obs)


def length_table(worths: PairedComparisonResult, lengths: pd.DataFrame, level: float) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Regress worths of texts on log length within languages; one row ``log length`` with its interval, and what is to be reviewed."""
    columns = ["n", "estimate", "se", "df", "ci_low", "ci_high", "p", "doubling", "length_correlation", "between", "reason"]
    index = pd.Index(["log length"], name="term")
    written = set(lengths.index[lengths["length"] > 0])
    ids = [p for p in worths.estimated_ids if p in written]
    kept = np.array([list(worths.estimated_ids).index(p) for p in ids], dtype=np.int64)
    blank = pd.DataFrame([[len(ids), *[np.nan] * 9, Problem("S-NOLENGTH").message()]], columns=columns, index=index)
    if worths.covariance is None or len(ids) < 5:
        return blank, ()
    score = np.array([worths.estimate[worths.people.index(p)] for p in ids])
    group = pd.factorize(lengths.loc[ids, "lang"], sort=True)[0].astype(np.int64)
    log_length = np.log(lengths.loc[ids, "length"].to_numpy(dtype=np.float64))
    found = length_effect(score, worths.covariance.take(kept).dense(), log_length, group, level)
    if found is None:
        return blank, ()
    doubling = found.slope * np.log(2)
    row = [len(ids), found.slope, found.se, found.df, found.low, found.high, found.p, doubling, found.correlation, found.between, ""]
    out = pd.DataFrame([row], columns=columns, index=index)
    if not found.p < _REVIEW_P:
        return out, ()
    details = {"value": f"{doubling:+.2f}", "correlation": f"{found.correlation:.2f}", "n": len(ids)}
    finding = pattern(
        "F-LENGTH", "review" if abs(found.correlation) >= _FLOOR else "info", "cycle", "all", details, estimate=found.slope, se=found.se,
        ci_low=found.low, ci_high=found.high, effect=found.correlation, effect_name="correlation of worth and log length", p=found.p,
        q=found.p, family="length × cycle", n=len(ids),
    )  # fmt: skip
    return out, (finding,)

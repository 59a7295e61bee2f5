"""How much of the number of incidents is the diligence of who writes them down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from rankkit.errors import Problem
from rankkit.findings import Finding, pattern
from rankkit.kernels.arrays import Bools, Floats, Ints
from rankkit.kernels.behaviours.logger_rates import LoggerRates, logger_rates
from rankkit.tables.incidents import Incidents

FEWEST_PAIRS, FEWEST_LOGGERS = 10, 3
REVIEW_P, FLOOR = 0.05, 0.20  # SD of log rates between loggers that is worth a look


@dataclass(frozen=True, eq=False)
class LoggerTables:
    """The logger model as tables; empty with the reason in ``refused`` where the design cannot tell."""

    loggers: pd.DataFrame
    ratees: pd.DataFrame
    model: pd.DataFrame
    findings: tuple[Finding, ...] = ()
    refused: Problem | None = None


@dataclass(frozen=True, eq=False)
class _Pairs:
    ratee: Ints
    logger: Ints
    count: Ints
    exposure: Floats


def logger_tables(table: Incidents, level: float) -> LoggerTables:
    """Counts of each author and person with their exposure, and the model of both where people share authors."""
    pairs = _pairs(table)
    authors = pd.Index(list(table.authors), name="rater")
    k, n = len(table.authors), len(table.people)
    if pairs is None:
        counts = np.bincount(table.author[table.author >= 0], minlength=k)
        blank = dict.fromkeys(("months", "rate", "effect", "ci_low", "ci_high"), np.nan)
        reason = Problem("S-NOEXPOSURE").message()
        return LoggerTables(
            pd.DataFrame({"n": counts, **blank, "reason": reason}, index=authors), _ratees(table, None, None, reason, level),
            _model(None), (), Problem("E-NOEXPOSURE"),
        )  # fmt: skip
    used = pairs.exposure > 0
    months = np.bincount(pairs.logger, pairs.exposure, k)
    n_of = np.bincount(pairs.logger, pairs.count, k)
    rate = np.divide(n_of, months, out=np.full(k, np.nan), where=months > 0)
    base = {"n": n_of.astype("int64"), "months": months, "rate": rate}
    keep = used & _shared(pairs, used, n, k)
    why = _refusal(pairs, keep)
    if why is not None:
        blank = dict.fromkeys(("effect", "ci_low", "ci_high"), np.nan)
        reason = why.message()
        loggers = pd.DataFrame({**base, **blank, "reason": reason}, index=authors)
        return LoggerTables(loggers, _ratees(table, None, None, reason, level), _model(None), (), why)
    kept_r, r = np.unique(pairs.ratee[keep], return_inverse=True)
    kept_l, logger = np.unique(pairs.logger[keep], return_inverse=True)
    r, logger, order, back = _canonical(r, logger, pairs.count[keep], pairs.exposure[keep])
    found = logger_rates(pairs.count[keep][order], pairs.exposure[keep][order], r, logger)
    kept_r, kept_l = kept_r[back[0]], kept_l[back[1]]
    z = float(stats.norm.ppf((1 + level) / 2))
    spread = {name: np.full(k, np.nan) for name in ("effect", "ci_low", "ci_high")}
    for name, value in (("effect", 0.0), ("ci_low", -z), ("ci_high", z)):
        spread[name][kept_l] = np.exp(found.logger + value * found.logger_se)
    linked = np.where(np.isin(np.arange(k), kept_l), "", Problem("S-NOTLINKED").message())
    return LoggerTables(
        pd.DataFrame({**base, **spread, "reason": linked}, index=authors),
        _ratees(table, found, kept_r, Problem("S-ONELOGGER").message(), level),
        _model(found),
        _findings(found, int(keep.sum())),
    )


def pair_rates(table: Incidents) -> pd.DataFrame:
    """Incidents and months of every author and person: ``ratee, rater, rater_label, n, months``; empty without exposure."""
    pairs = _pairs(table)
    columns = ["ratee", "rater", "rater_label", "n", "months"]
    if pairs is None:
        return pd.DataFrame(columns=columns)
    people, authors = np.array(table.people, dtype=object), np.array(table.authors, dtype=object)
    names = [table.author_labels.get(a, a) for a in authors[pairs.logger]]
    rows = pd.DataFrame(dict(zip(columns, (people[pairs.ratee], authors[pairs.logger], names, pairs.count, pairs.exposure), strict=True)))
    return rows[rows["months"] > 0].reset_index(drop=True)


def _pairs(table: Incidents) -> _Pairs | None:
    """Every author and person with exposure, those without incidents too; ``None`` where exposure is unknown."""
    if table.exposure is None:
        return None
    place, names = {p: i for i, p in enumerate(table.people)}, {a: i for i, a in enumerate(table.authors)}
    ratee = np.array([place[p] for p in table.exposure["ratee"]], dtype=np.int64)
    logger = np.array([names[a] for a in table.exposure["author"]], dtype=np.int64)
    known = table.author >= 0
    k = max(len(names), 1)
    counts = np.bincount(table.ratee[known] * k + table.author[known], minlength=len(place) * k)
    seen = (table.exposure["months"] * table.exposure["observed_share"]).to_numpy(dtype=np.float64)
    return _Pairs(ratee, logger, counts[ratee * k + logger], seen)


def _shared(pairs: _Pairs, used: Bools, n: int, k: int) -> Bools:
    """Pairs of the largest group of people and authors that hang together through people with two authors or more."""
    of = np.bincount(pairs.ratee[used], minlength=n)
    several = used & (of[pairs.ratee] >= 2)
    if not several.any():
        return several
    rows, columns = pairs.ratee[several], n + pairs.logger[several]
    graph = csr_array((np.ones(len(rows)), (rows, columns)), shape=(n + k, n + k))
    label = connected_components(graph, directed=False)[1]
    sizes = np.bincount(label[rows])
    return np.asarray(several & (label[pairs.ratee] == int(sizes.argmax())))


def _canonical(ratee: Any, logger: Any, count: Ints, exposure: Floats) -> tuple[Ints, Ints, Ints, tuple[Ints, Ints]]:
    """Put people, authors and pairs in an order that their counts decide, never their names: sums then round alike.

    Each person's mark is a sum over the pairs of a hash of count, exposure and the author's mark, and the other way round; whole
    numbers add up alike in any order. Returns codes, the order of the pairs, and which person and author each code was.
    """
    marks = [np.ones(int(x.max()) + 1, dtype=np.uint64) for x in (ratee, logger)]
    own = pd.util.hash_array(np.ascontiguousarray(exposure)) ^ pd.util.hash_array(count.astype(np.int64))
    with np.errstate(over="ignore"):
        for _ in range(4):
            for side, (mine, theirs) in enumerate(((ratee, logger), (logger, ratee))):
                fresh = np.zeros_like(marks[side])
                np.add.at(fresh, mine, pd.util.hash_array(own ^ marks[1 - side][theirs]))
                marks[side] = fresh
    back = (np.argsort(marks[0], kind="stable"), np.argsort(marks[1], kind="stable"))
    r, k = np.argsort(back[0])[ratee], np.argsort(back[1])[logger]
    order = np.lexsort((k, r))
    return r[order], k[order], order, back


def _refusal(pairs: _Pairs, keep: Bools) -> Problem | None:
    """Say why the model cannot be asked."""
    if not keep.any():
        return Problem("E-DILIGENCE")
    loggers = len(np.unique(pairs.logger[keep]))
    if keep.sum() < FEWEST_PAIRS or loggers < FEWEST_LOGGERS or not pairs.count[keep].any():
        details = {"pairs": int(keep.sum()), "loggers": loggers, "least_pairs": FEWEST_PAIRS, "least_loggers": FEWEST_LOGGERS}
        return Problem("E-FEWPAIRS", None, None, None, details)
    return None


def _ratees(table: Incidents, found: LoggerRates | None, kept: Ints | None, reason: str, level: float) -> pd.DataFrame:
    """Each person's rate over the average person's, authors' diligence taken out, where two authors or more say so."""
    out = pd.DataFrame(
        {"effect": np.nan, "ci_low": np.nan, "ci_high": np.nan, "reason": reason}, index=pd.Index(list(table.people), name="ratee")
    )
    if found is not None and kept is not None:
        z = float(stats.norm.ppf((1 + level) / 2))
        rows = out.index[kept]
        for name, value in (("effect", 0.0), ("ci_low", -z), ("ci_high", z)):
            out.loc[rows, name] = np.exp(found.ratee + value * found.ratee_se)
        out.loc[rows, "reason"] = ""
    return out


def _model(found: LoggerRates | None) -> pd.DataFrame:
    """Spread of log rates between people and between authors, and the dispersion; with the tests of the latter two."""
    index = pd.Index(["rate of an average month (log)", "SD between people", "SD between authors", "dispersion"], name="term")
    if found is None:
        return pd.DataFrame(columns=["estimate", "se", "lr", "p", "reason"], index=index[:0])
    nan = np.nan
    untested, spread = Problem("S-NOTTESTED").message(), Problem("S-LIKELIHOODONLY").message()
    rows = [
        (found.mean, found.mean_se, nan, nan, untested),
        (found.sd_ratee, nan, nan, nan, untested),
        (found.sd_logger, nan, found.logger_lr, found.logger_p, spread),
        (found.dispersion, nan, found.dispersion_lr, found.dispersion_p, spread),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["estimate", "se", "lr", "p", "reason"], index=index)


def _findings(found: LoggerRates, n: int) -> tuple[Finding, ...]:
    """Authors write unequally much of the same people."""
    if not found.logger_p < REVIEW_P:
        return ()
    level = "review" if found.sd_logger >= FLOOR else "info"
    details = {"ratio": f"{np.exp(found.sd_logger):.2f}", "n": n}
    return (
        pattern(
            "F-LOGGERS", level, "cycle", "all", details, estimate=found.sd_logger, effect=found.sd_logger,  # type: ignore[arg-type]
            effect_name="SD of log rates between authors", p=found.logger_p, q=found.logger_p, family="authors' diligence × cycle", n=n,
        ),
    )  # fmt: skip

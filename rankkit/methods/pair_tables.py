"""Tables about a fit of comparisons, each computed when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.kernels.pairs import pair_goodness, pair_models
from rankkit.kernels.pairs.contests import of_pairs
from rankkit.kernels.pairs.pair_model_fit import PairModelFit
from rankkit.kernels.pairs.pair_residuals import pair_residuals
from rankkit.kernels.pairs.quasi_variances import quasi_variances
from rankkit.kernels.pairs.stochastic_transitivity import chance_violations, stochastic_transitivity
from rankkit.lazy_tables import LazyTables
from rankkit.methods import judge_tables, pair_expectations, pair_reliability
from rankkit.methods.pair_data import Pairs
from rankkit.methods.pair_fit import PairFit
from rankkit.methods.paired_result import decided
from rankkit.tables.comparisons import Comparisons

_MOST_QUASI = 2000  # people up to whom quasi-variances are sought
_MOST_TESTED = 300  # people up to whom a model is fitted to simulated data
_MOST_SIMULATED = 60  # people up to whom violations of transitivity are simulated
_REPLICATES = 499  # simulated data sets of the goodness of fit


def evidence(table: Comparisons, pairs: Pairs, fitted: PairFit, level: float, seed: int) -> LazyTables:
    """Say how to make each table."""
    makers: dict[str, Callable[[], pd.DataFrame]] = {
        "record": partial(record, pairs),
        "likelihood": partial(likelihood, fitted),
        "parameters": partial(parameters, fitted, level),
        "pairs": partial(pair_table, pairs, fitted),
        "goodness_of_fit": partial(goodness_of_fit, pairs, fitted, seed),
        "transitivity": partial(transitivity, pairs, fitted, seed),
        "quasi": partial(quasi, pairs, fitted, level),
        "reliability": partial(pair_reliability.reliability, table.extras.get("design"), pairs, fitted, level, seed),
        "growth": partial(pair_reliability.growth_table, table.extras.get("seq"), table.extras.get("design"), pairs, seed),
    }
    if pairs.m or (pairs.weight is None and len(pairs.counts.first) == len(pairs.left)):  # else nobody's consistency is meant
        makers["consistency"] = partial(judge_tables.consistency, pairs, seed)
        makers["circular_triads"] = partial(judge_tables.circular_triads, pairs, seed)
    if pairs.m:
        makers["judges"] = partial(judge_tables.judges, table.extras.get("response_ms"), pairs, fitted, level, seed)
        makers["findings"] = partial(judge_tables.as_findings, table.extras.get("response_ms"), pairs, fitted, level, seed)
    return LazyTables(makers)


def record(pairs: Pairs) -> pd.DataFrame:
    """Wins, losses and ties of each person compared."""
    wins, losses, ties = pairs.record()
    index = pd.Index(list(pairs.people), name="ratee")
    return pd.DataFrame({"wins": wins, "losses": losses, "ties": ties, "comparisons": wins + losses + ties}, index=index)


def likelihood(fitted: PairFit) -> pd.DataFrame:
    """Log-likelihood, and deviance with its degrees of freedom where there is one."""
    deviance = fitted.source.deviance
    df = float("nan") if deviance is None else float(fitted.source.df)
    values = [fitted.source.loglik, float("nan") if deviance is None else deviance, df]
    return pd.DataFrame({"value": values}, index=pd.Index(["loglik", "deviance", "deviance_df"], name="statistic"))


def parameters(fitted: PairFit, level: float) -> pd.DataFrame:
    """Estimates beside the worths with intervals; clustered by judge as the scores are."""
    index = pd.Index(list(fitted.names), name="parameter", dtype="object")
    columns = ["estimate", "se", "ci_low", "ci_high", "p"]
    if fitted.parameters is None or fitted.parameter_covariance is None:
        return pd.DataFrame(columns=columns, index=index, dtype=np.float64)
    estimate, se = fitted.parameters, np.sqrt(np.diag(fitted.parameter_covariance))
    reach = stats.t.ppf(0.5 + level / 2, fitted.clusters.df) * se
    p = 2 * stats.t.sf(np.abs(estimate) / se, fitted.clusters.df)
    p = np.where(np.isin(index, ("log_nu", "log_theta")), np.nan, p)  # no value of a tie parameter means "nothing there"
    return pd.DataFrame(dict(zip(columns, (estimate, se, estimate - reach, estimate + reach, p), strict=True)), index=index)


def pair_table(pairs: Pairs, fitted: PairFit) -> pd.DataFrame:
    """One row a pair: what happened and what the model expects."""
    counts = pairs.counts
    cells = pair_expectations.cells(pairs, fitted)
    win, tie, variance = cells.expected(counts.total)
    found = pair_residuals(counts, win, tie, cells.leverage, variance)
    ids = np.array(pairs.people, dtype=object)
    gap = fitted.worth[counts.first] - fitted.worth[counts.second]
    return pd.DataFrame(
        {
            "first": ids[counts.first],
            "second": ids[counts.second],
            "comparisons": counts.total,
            "wins_first": counts.wins_first,
            "wins_second": counts.wins_second,
            "ties": counts.ties,
            "probability": decided(gap, fitted.link, fitted.threshold),
            "expected_first": found.expected,
            "residual": found.standardised,
        }
    )


def as_model(pairs: Pairs, fitted: PairFit) -> PairModelFit:
    """Return the fit as one of the general models, for what only those can do."""
    if isinstance(fitted.source, PairModelFit):
        return fitted.source
    return pair_models.fit(of_pairs(pairs.counts))


def _whole(pairs: Pairs) -> bool:
    """Whether weights are counts."""
    return pairs.weight is None or np.array_equal(pairs.weight, np.rint(pairs.weight))


def goodness_of_fit(pairs: Pairs, fitted: PairFit, seed: int) -> pd.DataFrame:
    """Deviance and Pearson's statistic against free chances for every pair, tested by parametric bootstrap.

    The chi-squared distribution does not hold where pairs were compared a few times only. Empty where there is no
    test: with a penalty, with ties counted half, with weights that are no counts, with nothing left over, or with more
    than 300 people.
    """
    columns = ["statistic", "df", "p", "method"]
    empty = pd.DataFrame(columns=columns, index=pd.Index([], name="test", dtype="object"))
    if fitted.penalty != "none" or fitted.tie_model == "half" or fitted.source.df <= 0 or not _whole(pairs) or pairs.n > _MOST_TESTED:
        return empty
    found = pair_goodness.goodness(as_model(pairs, fitted), replicates=_REPLICATES, seed=seed)
    how = f"parametric bootstrap, {found.replicates} replicates; comparisons taken as independent"
    if pairs.m:
        how += " (where judges have views of their own, a high p is no evidence of fit)"
    rows = {"deviance": (found.deviance, found.df, found.p_deviance, how), "Pearson": (found.pearson, found.df, found.p_pearson, how)}
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("test")


def transitivity(pairs: Pairs, fitted: PairFit, seed: int) -> pd.DataFrame:
    """Violations of weak, moderate and strong stochastic transitivity among triads whose pairs were all compared.

    ``expected`` is the share that chance alone produces where the fitted model holds, its worths drawn together by the root of
    the separation reliability as fitted ones lie further apart than true ones; ``p`` the share of data sets so simulated with as
    many violations. Neither with more than 60 people or with weights that are no counts.
    """
    found = stochastic_transitivity(pairs.counts)
    kinds = {"weak": found.weak, "moderate": found.moderate, "strong": found.strong}
    expected = p = np.full(3, np.nan)
    if _whole(pairs) and 2 < pairs.n <= _MOST_SIMULATED and found.triads:
        cells = pair_expectations.cells(pairs, fitted).drawn_together(pairs, fitted)
        chance = chance_violations(pairs.counts, cells.pair, cells.total, cells.win, cells.tie, seed=seed)
        expected, p = chance.expected / found.triads, chance.p
    rows = {kind: (found.triads, v.violations, v.share, expected[k], p[k], v.mean, v.largest) for k, (kind, v) in enumerate(kinds.items())}
    columns = ["triples", "violations", "share", "expected", "p", "mean", "largest"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("kind")


def quasi(pairs: Pairs, fitted: PairFit, level: float) -> pd.DataFrame:
    """Quasi-standard errors and comparison intervals; how far off they are at worst stands in ``worst_error``."""
    index = pd.Index(list(pairs.people), name="ratee")
    columns = ["quasi_se", "quasi_low", "quasi_high", "worst_error"]
    if pairs.n < 3 or pairs.n > _MOST_QUASI or fitted.covariance is None:
        return pd.DataFrame(np.nan, index=index, columns=columns)
    found = quasi_variances((fitted.clusters.joint or fitted.covariance).dense())  # of full rank where judges are few
    reach = stats.t.ppf(0.5 + level / 2, fitted.clusters.df) * found.se
    worst = round(max(abs(found.smallest_error), abs(found.largest_error)), 6)
    return pd.DataFrame(
        {"quasi_se": found.se, "quasi_low": fitted.worth - reach, "quasi_high": fitted.worth + reach, "worst_error": worst}, index=index
    )

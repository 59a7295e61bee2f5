"""Tables of a many-facet Rasch model: measures and fit of every facet, categories, separation, agreement."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm

from rankkit.kernels.arrays import Floats
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.rasch.rasch_fit import category_use, element_fit, exact_agreement
from rankkit.kernels.rasch.rasch_marginal_fitted import MarginalFit
from rankkit.kernels.rasch.rasch_model import sums
from rankkit.kernels.rasch.rasch_separation import SameTest, fixed_chi2, random_chi2, separation, wald
from rankkit.methods.rasch_fitting import RaschFitted

_OF_TESTS = (("", "statistic"), ("_df", "df"), ("_p", "p"))
_WHOLE = 1e-9  # distance from a whole number that is rounding
_WALD = 1500  # elements up to which their covariance is inverted
_TOP, _BOTTOM, _UNPLACED, _APART, _UNUSED, _MEASURED = (
    "all at the top",
    "all at the bottom",
    "not placed",
    "not linked",
    "no ratings",
    "measured",
)


def facet_measures(fitted: RaschFitted, facet: int, level: float) -> pd.DataFrame:
    """Measures, fair averages and fit of the elements of one facet, by the facet's name.

    ``measure`` is merit of people, severity or difficulty of others (higher makes ratings lower), in logits. Fit statistics
    are those of joint maximum likelihood, whose residuals behave in a known way, under marginal estimation too.
    """
    fit, data = fitted.fit, fitted.data
    found, fair = element_fit(fitted.residuals, facet), fitted.fair(facet)
    measure, se = fit.measures[facet], fit.se[facet]
    averages, fair_se = fitted.fair_people(level)[:2] if facet == 0 else (fair.value, fair.slope * se)
    half = norm.ppf(0.5 + level / 2) * se
    n = sums(fit.design.facets[facet], fit.design.weight, fit.design.sizes[facet])
    observed = sums(fit.design.facets[facet], fit.design.weight * fit.design.observed, len(n))
    columns: dict[str, Any] = {
        "label": [data.labels[facet].get(i, i) for i in data.ids[facet]],
        "measure": measure,
        "se": se,
        "ci_low": measure - half,
        "ci_high": measure + half,
        "se_conditional": fit.se_conditional[facet],
        "n_obs": counts(n),
        "observed": np.where(n > 0, observed / np.where(n > 0, n, 1.0), np.nan),
        "fair": averages,
        "fair_se": fair_se,
        "fair_at_mean": fair.at_mean,
        "infit": found.infit,
        "infit_z": found.infit_z,
        "infit_low": found.infit_low,
        "infit_high": found.infit_high,
        "infit_p": found.infit_p,
        "infit_q": benjamini_hochberg(found.infit_p),
        "outfit": found.outfit,
        "outfit_z": found.outfit_z,
        "correlation": found.correlation,
        "correlation_expected": found.correlation_expected,
    }
    if data.names[facet] == "rater":
        agreement = exact_agreement(fitted.residuals, facet)
        pairs = np.where(agreement.opportunities > 0, agreement.opportunities, np.nan)
        columns |= {"pairs": agreement.opportunities, "exact": agreement.exact / pairs, "exact_expected": agreement.expected / pairs}
    if facet == 0 and isinstance(fit, MarginalFit):
        columns |= {
            "eap": np.where(np.isnan(measure), np.nan, fit.eap),
            "posterior_sd": np.where(np.isnan(measure), np.nan, fit.posterior_sd),
        }
    columns["status"] = _states(fitted, facet, n)
    return pd.DataFrame(columns, index=pd.Index(list(data.ids[facet]), name=data.names[facet]))


def counts(numbers: Floats) -> Any:
    """Whole numbers as integers; left as they are where repeated ratings share a cell and count in part."""
    whole = np.round(numbers)
    return whole.astype(np.int64) if np.all(np.abs(numbers - whole) < _WHOLE) else numbers


def _states(fitted: RaschFitted, facet: int, n: Floats) -> list[str]:
    """Say of each element why its measure is what it is."""
    fit = fitted.fit
    out = np.full(len(n), _MEASURED, dtype=object)
    out[fit.subsets.label[facet] > 0] = _APART
    out[fit.extreme[facet] > 0], out[fit.extreme[facet] < 0] = _TOP, _BOTTOM
    out[np.isnan(fit.measures[facet])] = _UNPLACED
    out[n == 0] = _UNUSED
    if facet == 0 and fitted.data.apart:
        others = {p for group in fitted.data.apart for p in group}
        out[[p in others for p in fitted.data.ids[0]]] = _APART
    return list(out)


def measures(fitted: RaschFitted, level: float) -> pd.DataFrame:
    """All facets in one table, for a ruler: ``facet, element, label, measure, se, …``."""
    frames = []
    for f, name in enumerate(fitted.data.names):
        frame = facet_measures(fitted, f, level)
        frames.append(frame.rename_axis("element").reset_index().assign(facet=name))
    whole = pd.concat(frames, ignore_index=True)
    return whole[["facet", "element", *(c for c in whole.columns if c not in ("facet", "element"))]]


def thresholds(fitted: RaschFitted, level: float) -> pd.DataFrame:
    """Categories and thresholds: one row a category (of each threshold group).

    ``threshold`` lies between a category and the one below it; ``disordered``: it is lower than the threshold before, so
    the category is never the likeliest. ``average`` is the mean location of the ratings in the category, which should rise;
    ``outfit`` above 2 says that the category is given where it is not expected.
    """
    fit, design = fitted.fit, fitted.fit.design
    use = category_use(design, fitted.residuals)
    g, j = np.nonzero(design.used)
    step = design.score[g, j] - np.where(j > 0, design.score[g, np.maximum(j - 1, 0)], np.nan)
    tau = np.where(j > 0, fit.psi[g, j] - fit.psi[g, np.maximum(j - 1, 0)], np.nan) / np.where(j > 0, step, 1.0)
    before = np.where(j > 1, _at(fit.psi, g, j - 1) - _at(fit.psi, g, j - 2), np.nan)
    without = fit.no_threshold[g, j] | (j > 0) & fit.no_threshold[g, np.maximum(j - 1, 0)]
    se = _threshold_se(fitted, g, j) / np.where(j > 0, step, 1.0)
    half = norm.ppf(0.5 + level / 2) * se
    count = use.count[g, j]
    total = np.bincount(g, count, minlength=design.n_groups)[g]
    frame = pd.DataFrame(
        {
            "category": counts(design.value[g, j]),
            "count": counts(count),
            "share": count / total,
            "average": use.measure[g, j],
            "average_expected": use.expected_measure[g, j],
            "outfit": use.outfit[g, j],
            "threshold": tau,
            "se": se,
            "ci_low": tau - half,
            "ci_high": tau + half,
            "disordered": np.nan_to_num(tau - before / np.where(j > 1, _step(design.score, g, j - 1), 1.0), nan=0.0) < 0,
            "falling": _falling(use.measure[g, j], g),
            "status": np.select([j == 0, without], ["lowest category", "used at the ends only"], "estimated"),
        }
    )
    facet = design.threshold_facet
    if facet is None:
        return frame.set_index("category")
    ids = fitted.data.ids[facet]
    frame.insert(0, fitted.data.names[facet], [ids[k] for k in g])
    return frame.set_index([fitted.data.names[facet], "category"])


def _at(psi: Floats, g: Any, j: Any) -> Floats:
    return np.where(j >= 0, psi[g, np.maximum(j, 0)], np.nan)


def _step(score: Floats, g: Any, j: Any) -> Floats:
    """Category numbers between a slot and the one before."""
    return np.where(j > 0, score[g, j] - score[g, np.maximum(j - 1, 0)], 1.0)


def _falling(average: Floats, g: Any) -> Any:
    """Whether the mean location is below that of the category before, in the same group."""
    same = np.diff(g, prepend=-1) == 0
    return same & (np.diff(average, prepend=np.nan) < 0)


def _threshold_se(fitted: RaschFitted, g: Any, j: Any) -> Floats:
    """Standard error of the threshold below each slot; NaN where it was not estimated."""
    fit, design = fitted.fit, fitted.fit.design
    active = design.where(fit.active)
    table = np.full((design.n_groups, len(design.categories)), np.nan)
    at = np.nonzero(active.used)
    inside = at[1] > 0
    known = fit.tau_se
    table[at[0][inside], active.score[at][inside].astype(np.int64)] = known[at[0][inside], at[1][inside] - 1]
    return np.where(j > 0, table[g, design.score[g, j].astype(np.int64)], np.nan)


def separations(fitted: RaschFitted) -> pd.DataFrame:
    """Separation, reliability and strata of each facet, by ``facet`` and ``kind``; and tests that all its elements are alike.

    ``kind``: the elements as a sample of more, or as all there are. Standard errors are those with everything else known
    (the convention of FACETS). ``wald_p`` uses the covariance of the measures instead.
    """
    fit, rows = fitted.fit, []
    for f, name in enumerate(fitted.data.names):
        finite = (fit.extreme[f] == 0) & (fit.subsets.label[f] <= 0) & ~np.isnan(fit.measures[f])
        m, se = fit.measures[f][finite], fit.se_conditional[f][finite]
        tests = {"fixed": fixed_chi2(m, se), "random": random_chi2(m, se)}
        numbers = {f"{k}{end}": getattr(test, part) for k, test in tests.items() for end, part in _OF_TESTS}
        whole = _wald(fitted, f, finite)
        numbers |= {"wald": whole.statistic, "wald_p": whole.p}
        for kind in ("sample", "population"):
            found = asdict(separation(m, se, population=kind == "population"))
            found = {"elements": found.pop("n"), **found}
            rows.append({"facet": name, "kind": kind, **found, **numbers})
    return pd.DataFrame(rows).set_index(["facet", "kind"])


def _wald(fitted: RaschFitted, facet: int, finite: Any) -> SameTest:
    """Test with the covariance of the measures, where it is not too large."""
    fit, n = fitted.fit, int(finite.sum())
    nothing = SameTest(float("nan"), max(n - 1, 0), float("nan"))
    if n < 2 or n > _WALD or getattr(fit, "approximate", False):
        return nothing
    if facet == 0:
        at = np.searchsorted(fit.measured, np.flatnonzero(finite))
        covariance = fit.theta_covariance().take(at).dense()
    else:
        at = np.flatnonzero(finite)
        covariance = fit.facet_covariance(facet)[np.ix_(at, at)]
    return wald(fit.measures[facet][finite], covariance)


def reliability(fitted: RaschFitted, level: float) -> pd.DataFrame:
    """How reliably people are told apart, form named; the interval takes true measures as normal and errors as known."""
    fit = fitted.fit
    finite = fitted.comparable & (fit.extreme[0] == 0)
    m, se = fit.measures[0][finite], fit.se[0][finite]
    columns = ["coefficient", "value", "ci_low", "ci_high", "assumes"]
    if len(m) < 2:
        return pd.DataFrame(columns=columns)
    error, df = float(np.mean(se**2)), len(m) - 1
    squares = df * float(np.var(m, ddof=1))
    low, high = (max(1 - error * float(chi2.ppf(q, df)) / squares, 0.0) for q in (0.5 + level / 2, 0.5 - level / 2))
    rows = [("separation reliability", max(1 - error * df / squares, 0.0), low, high, "standard errors with the severities estimated")]
    if isinstance(fit, MarginalFit) and fit.sigma > 0:
        share = 1 - float(np.mean(fit.posterior_sd[~np.isnan(fit.measures[0])] ** 2)) / fit.sigma**2
        text = "share of the variance of merit that the posterior means carry; no interval is known"
        rows.append(("expected a posteriori reliability", max(share, 0.0), np.nan, np.nan, text))
    return pd.DataFrame(rows, columns=columns)


def parameters(fitted: RaschFitted, level: float) -> pd.DataFrame:
    """Of a marginal fit: mean and spread of merit, and of the ratee × rater term, by ``parameter``."""
    fit = fitted.fit
    columns = ["estimate", "se", "ci_low", "ci_high", "status"]
    if not isinstance(fit, MarginalFit):
        return pd.DataFrame(columns=columns, index=pd.Index([], name="parameter", dtype="object"))
    z = norm.ppf(0.5 + level / 2)
    rows = []
    for value, se, positive in ((fit.mu, fit.mu_se, False), (fit.sigma, fit.sigma_se, True), (fit.omega, fit.omega_se, True)):
        known = np.isfinite(se) and (value > 0 or not positive)
        ends = (value - z * se, value + z * se)
        if known and positive:  # on the scale of the logarithm, where that is of any use
            ends = (value / np.exp(z * se / value), value * np.exp(z * se / value)) if z * se < value else (0.0, ends[1])
        rows.append(
            (
                value,
                se if known else np.nan,
                *(ends if known else (np.nan, np.nan)),
                "estimated" if known else "at zero or not in the model",
            )
        )
    return pd.DataFrame(
        rows, columns=columns, index=pd.Index(["mean of merit", "spread of merit", "spread of ratee × rater"], name="parameter")
    )


def fair_table(fitted: RaschFitted, level: float) -> pd.DataFrame:
    """Fair averages by ``ratee``, in units of the form: ``observed, fair, fair_se, ci_low, ci_high, change`` (fair − observed)."""
    fit, data = fitted.fit, fitted.data
    n = sums(fit.design.facets[0], fit.design.weight, fit.design.sizes[0])
    total = sums(fit.design.facets[0], fit.design.weight * fit.design.observed, len(n))
    observed = np.where(n > 0, total / np.where(n > 0, n, 1.0), np.nan)
    fair, se, low, high = fitted.fair_people(level)
    columns = {"observed": observed, "fair": fair, "fair_se": se, "ci_low": low, "ci_high": high, "change": fair - observed}
    frame = pd.DataFrame(columns, index=pd.Index(list(data.ids[0]), name="ratee"))
    frame.insert(0, "label", [data.labels[0].get(i, i) for i in data.ids[0]])
    return frame.assign(status=_states(fitted, 0, n))


def likelihood(fitted: RaschFitted) -> pd.DataFrame:
    """Log-likelihood, ratings and steps of the fit, by ``statistic``."""
    fit = fitted.fit
    values = {"loglik": fit.loglik, "ratings": float(fit.active.sum()), "iterations": float(fit.iterations)}
    return pd.DataFrame({"value": values}).rename_axis("statistic")

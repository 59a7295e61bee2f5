"""Halo: whether a rater's scores of one person go together more than the person's dimensions do. Four indices, never one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rankkit.bias import halo_tables
from rankkit.bias.dimension_correlations import dimension_correlations
from rankkit.bias.halo_tables import HaloSettings
from rankkit.bias.panel import REVIEW_Q, Panel, check_settings, panel
from rankkit.errors import InsufficientDataError, Problem, RatingsError, SettingsError
from rankkit.findings import Finding, Findings, pattern
from rankkit.kernels.reliability.parallel_analysis import parallel_analysis
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings

_DIMENSIONS = 3  # below which correlations of dimensions say too little


def halo(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    true_scores: pd.DataFrame | None = None,
    floor: float = 0.15,
    ratio: float = 0.67,
    fewest: int = 8,
    review_q: float = REVIEW_Q,
    level: float = 0.95,
    seed: int = 0,
) -> Findings:
    r"""Examine halo by four indices that answer different questions and need not agree (Balzer & Sulsky 1992).

    * **H1, covariance**: :math:`\bar z_r`, the mean of atanh r(d, d′) over pairs of dimensions within rater r, against a
      reference: correlations of true scores, or :math:`\hat\rho = r_{cross}/\sqrt{ICC_d\,ICC_{d'}}` between *different*
      raters of the same people, corrected for their disagreement and cut at .99. Error in single ratings lowers the
      former only, so the inflation is rather underestimated: raters without any halo show a negative one. Standard errors by
      jackknife over people, t on n − 1: against a known reference type I error .024 with 8 people and .045 with 20, coverage
      .93 and .95 (the percentile bootstrap: .086, and .88 with 8); with the estimated one coverage .97 to .95.
    * **H2, dispersion**: the mean spread of a person's standardised scores over dimensions; small = alike. Against other
      raters of the same people, as if raters of a person changed places (:mod:`rankkit.kernels.rater_effects.exchange_test`), or, where
      raters share nobody, against others' spread about other people, which can be a remark at most. A narrow use of the
      scale or its end lowers it too (severity of half a standard deviation on five points: 13 % of panels show a remark).
    * **H3, interaction**: share of σ²(ratee × rater) in the variance of a rating; also holds a legitimate view of one's own.
    * **H4, eigenvalue**: λ₁/D of the correlations within raters, against dimensions in random order (Horn 1965). Says that
      dimensions go together, not why.

    Whether H1 or H2 is a pattern to review needs q < ``review_q`` *and* an inflation of at least ``floor`` (a ratio of at
    most ``ratio``) *and* ``fewest`` people. An overall rating is never partialled out.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        Ratings on three or more dimensions; self ratings are left out where there are others.
    people : People, optional
        For the names of raters.
    true_scores : DataFrame, optional
        True scores (ratee × dimension) or their correlations (dimension × dimension): the reference of H1 if given.
    floor : float
        Smallest inflation, as a difference of correlations, worth a review.
    ratio : float
        Largest ratio of spreads worth a review.
    fewest : int
        Fewest people of a rater.
    review_q : float
        False discovery rate.
    level : float
        Of the intervals.
    seed : int
        Of the random orders of H4.

    Returns
    -------
    Findings
        Table ``halo``, one row a rater. H1: ``n`` people, ``pairs`` of dimensions, ``same_rater`` and ``reference``
        correlation, ``estimate`` = ``effect`` their difference with ``se, ci_low, ci_high``, one-sided ``p``, ``q``,
        ``mde``, ``level``, ``capped`` (a correlation beyond ±.99), ``design_ok``, ``reason``. H2: ``dispersion`` and
        ``dispersion_others``, ``ratio`` with interval, ``ratio_n, ratio_p, ratio_q, ratio_mde, ratio_level,
        ratio_design_ok, ratio_reason``. Table ``halo_indices``: H1–H4 over all raters. Table ``halo_correlations``: pairs of
        dimensions, ``same_rater, cross_rater, disattenuated, inflation``.

    Raises
    ------
    RatingsError, InsufficientDataError
        If the table cannot be read, or nothing is left of it.
    SettingsError
        For an impossible setting.

    References
    ----------
    Thorndike (1920), Journal of Applied Psychology 4, 25–29. Fox, Bizman & Herrmann (1983), Journal of Occupational
    Psychology 56, 289–296. Balzer & Sulsky (1992), Journal of Applied Psychology 77, 975–985. Viswesvaran, Schmidt & Ones
    (2005), Journal of Applied Psychology 90, 108–131.

    Examples
    --------
    >>> from rankkit import simulate
    >>> ratings = simulate.ratings(40, 4, dimensions=5, sd_ratee_dimension=0.8, sd_halo=0, seed=2).table
    >>> halo(ratings).of("halo")[["same_rater", "reference", "level"]].round(2)
           same_rater  reference level
    rater
    ...
    """
    _check(floor, ratio, fewest, review_q, level)
    settings = HaloSettings(floor, ratio, fewest, review_q, level, seed)
    start = panel(ratings, people)
    if len(start.table.dimensions) < _DIMENSIONS:
        details = {"n": len(start.table.dimensions), "needed": _DIMENSIONS}
        return Findings(refused=(Problem("E-DIMENSIONS", None, "halo", None, details),), labels=start.labels)
    parts = dimension_correlations(start, true_scores)
    raters = halo_tables.rater_table(start, parts, settings)
    indices = halo_tables.index_table(parts, raters, settings)
    tables = {"halo": raters, "halo_indices": indices, "halo_correlations": halo_tables.correlation_table(start, parts, settings)}
    why = {"S-NOSECOND": "E-HALOREF", "S-DISAGREE": "E-HALODISAGREE"}
    refused = [Problem(why[parts.reason], None, "halo")] if parts.reason in why else []
    if not (raters["pairs"] > 0).any():
        refused.append(Problem("E-HALOFEW", None, "halo", None, {"needed": fewest}))
    return Findings(
        patterns=(*_raters(start, raters, parts.source), *_overall(indices, review_q, len(parts.found.shared))),
        refused=tuple(refused),
        tables=tables,
        labels=start.labels,
    )


def _check(floor: float, ratio: float, fewest: int, review_q: float, level: float) -> None:
    check_settings(level, review_q, floor=(floor, 0), fewest=(fewest, 5))
    if not 0 < ratio <= 1:
        raise SettingsError("E-SETTING", name="ratio", value=ratio, allowed="0 < ratio <= 1")


def _raters(start: Panel, table: pd.DataFrame, source: str) -> list[Finding]:
    """Say what stands out, rater by rater, H1 and H2 apart."""
    found = []
    for r, row in enumerate(table.to_dict("records")):
        who = start.table.raters[r]
        if row["level"]:
            details = {"rater": start.name(r), "n": row["n"], "same": round(row["same_rater"], 2), "reference": round(row["reference"], 2)}
            numbers = {k: row[k] for k in ("estimate", "se", "ci_low", "ci_high", "effect", "p", "q", "n", "design_ok")}
            code = "F-HALOTRUE" if source == "true scores" else "F-HALO"
            numbers |= {"effect_name": "inflation", "family": "halo covariance × rater"}
            found.append(pattern(code, row["level"], "rater", who, details, **numbers))
        if row["ratio_level"]:
            details = {"rater": start.name(r), "n": row["ratio_n"], "ratio": round(row["ratio"], 2)}
            numbers = {"estimate": row["dispersion"], "ci_low": row["ratio_low"], "ci_high": row["ratio_high"], "effect": row["ratio"]}
            numbers |= {k: row[f"ratio_{k}"] for k in ("p", "q", "n", "design_ok")}
            numbers |= {"effect_name": "ratio of spreads", "family": "halo dispersion × rater"}
            code = "F-ALIKE" if row["ratio_design_ok"] else "F-ALIKETEAM"
            found.append(pattern(code, row["ratio_level"], "rater", who, details, **numbers))
    return found


def _overall(indices: pd.DataFrame, review_q: float, n: int) -> list[Finding]:
    """Remark on the share of general impressions (H3)."""
    share, low, high, p = indices.loc[["H3"], ["estimate", "ci_low", "ci_high", "p"]].to_numpy(dtype=float)[0].tolist()
    if not p < review_q:
        return []
    numbers = {"estimate": share, "ci_low": low, "ci_high": high, "effect": share, "effect_name": "share", "p": p, "q": p, "n": n}
    return [
        pattern("F-IMPRESSION", "info", "form", "all", {"percent": round(100 * share), "n": n}, family="halo interaction × form", **numbers)
    ]


def halo_of_matrix(scores: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """First eigenvalue of the correlations of dimensions where ratings are averages without raters (H4 alone).

    Averages hold no second rater: that the dimensions go together is described, whether raters or people make them do so
    cannot be told.

    Parameters
    ----------
    scores : DataFrame
        People in rows, dimensions in columns; people with a gap are left out.
    seed : int
        Of the random orders.

    Returns
    -------
    DataFrame
        One row an eigenvalue (index ``factor``): ``eigenvalue, share`` of the dimensions, ``random_mean, random_high`` (95 %
        point in random order), ``above``; ``attrs["p"]`` of the first.

    Raises
    ------
    RatingsError
        If a column is not numbers or does not vary.
    InsufficientDataError
        With fewer than two dimensions, or too few complete people.

    Examples
    --------
    >>> import rankkit as rk
    >>> judges = rk.datasets.frame("us_judge_ratings").pivot_table(index="ratee", columns="dimension", values="score")
    >>> table = halo_of_matrix(judges)
    >>> float(table["eigenvalue"].iloc[0].round(4)), float(table["share"].iloc[0].round(2)), int(table["above"].sum())
    (10.1334, 0.92, 1)
    """
    if not isinstance(scores, pd.DataFrame):
        raise SettingsError("E-TYPE", expected="DataFrame", found=type(scores).__name__)
    x = scores.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
    x = x[np.isfinite(x).all(axis=1)]
    D = x.shape[1]
    if D < 2:
        raise InsufficientDataError("E-FEW", what="correlations of dimensions", needed=2, unit="dimensions", found=D)
    if len(x) < D + 2:
        raise InsufficientDataError("E-FEW", what=f"correlations of {D} dimensions", needed=D + 2, unit="complete people", found=len(x))
    flat = np.ptp(x, axis=0) <= 1e-12 * np.maximum(np.abs(x).max(axis=0), 1)
    if flat.any():
        raise RatingsError("E-FLATDIMS", who=[str(c) for c, f in zip(scores.columns, flat, strict=True) if f])
    found = parallel_analysis(x, seed=seed)
    table = pd.DataFrame(
        {
            "eigenvalue": found.eigenvalues,
            "share": found.eigenvalues / D,
            "random_mean": found.null_mean,
            "random_high": found.null_high,
            "above": np.arange(D) < found.factors,
        },
        index=pd.RangeIndex(1, D + 1, name="factor"),
    )
    table.attrs["p"] = found.p
    return table

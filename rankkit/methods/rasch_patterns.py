"""What in the ratings does not follow a many-facet Rasch model: single ratings, interactions, raters, and findings."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Literal

import numpy as np
import pandas as pd

from rankkit.findings import Finding, as_frame, pattern
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.rasch.rasch_bias import Interactions, contrasts, interactions
from rankkit.kernels.rasch.rasch_bootstrap import fit_bands
from rankkit.kernels.rasch.rasch_fit import element_fit
from rankkit.kernels.rasch.rasch_fitted import RaschFit
from rankkit.methods.rasch_fitting import RaschFitted
from rankkit.methods.rasch_tables import counts

Pairs = tuple[tuple[str, str], ...]
Level = Literal["info", "review"]
SURPRISING = 3.0  # standardised residual from which a single rating is listed
_LOW, _HIGH = 0.5, 1.5  # infit outside which a rater is worth a look (Linacre 2002)
_BIAS = 0.5  # logits from which an interaction is worth a look
_Q = 0.05
_FEWEST = 10  # ratings behind a finding about a rater
_FEWEST_CELL = 4  # … about a cell
_MOST_CONTRASTS = 200_000
_BOOTSTRAP = 5_000  # ratings up to which fit statistics are simulated
_FEWEST_REPLICATES, _MOST_REPLICATES = 100, 300
_DRAWS = 100_000  # ratings to simulate in all, within these bounds


def unexpected(fitted: RaschFitted) -> pd.DataFrame:
    """Ratings more than three standard deviations off, worst first: elements, ``score, expected, residual, z``."""
    found, data = fitted.residuals, fitted.data
    at = np.flatnonzero(np.abs(found.z) > SURPRISING)
    keys = np.stack([*(codes[at].astype(np.float64) for codes in found.design.facets), -np.round(np.abs(found.z[at]), 9)])
    order = np.lexsort(keys)
    at = at[order]
    columns: dict[str, Any] = {name: [data.ids[f][k] for k in found.design.facets[f][at]] for f, name in enumerate(data.names)}
    columns |= {
        "score": found.design.observed[at],
        "expected": found.expected_value[at],
        "residual": found.design.observed[at] - found.expected_value[at],
        "z": found.z[at],
    }
    return pd.DataFrame(columns)


def interaction(fitted: RaschFitted, first: str, second: str) -> Interactions:
    """Bias of every cell of two facets."""
    return interactions(fitted.residuals, fitted.data.position(first), fitted.data.position(second))


def interaction_tables(fitted: RaschFitted, pairs: Pairs) -> pd.DataFrame:
    """Cells of pairs of facets: ``family, first, second, n_obs, observed, expected, difference, bias, se, t, df, p, q, status``.

    ``observed`` and ``expected`` are mean ratings. ``bias`` is in logits and ``difference`` in points of the form a rating:
    positive = higher than the measures say.
    """
    return pd.concat([_interaction_table(fitted, first, second) for first, second in pairs], ignore_index=True)


def _interaction_table(fitted: RaschFitted, first: str, second: str) -> pd.DataFrame:
    found, data = interaction(fitted, first, second), fitted.data
    a, b = data.ids[data.position(first)], data.ids[data.position(second)]
    return pd.DataFrame(
        {
            "family": f"{first} × {second}",
            "first": [a[k] for k in found.first],
            "second": [b[k] for k in found.second],
            "n_obs": counts(found.n),
            "observed": found.observed / found.n,
            "expected": found.expected / found.n,
            "difference": found.difference,
            "bias": found.bias,
            "se": found.se,
            "t": found.t,
            "df": found.df,
            "p": found.p,
            "q": found.q,
            "status": np.select([found.extreme, np.isnan(found.t)], ["all at one end", "one rating"], "estimated"),
        }
    )


def interaction_tests(fitted: RaschFitted, pairs: Pairs) -> pd.DataFrame:
    """Whether two facets interact at all, by ``test``: what cells have in common against what is left, an F test."""
    rows, names = [], []
    for first, second in pairs:
        found = interaction(fitted, first, second)
        names.append(f"{first} × {second}")
        state = "estimated" if np.isfinite(found.statistic) else "one rating"
        rows.append((found.statistic, *counts(np.array([found.df1, found.df2])), found.statistic_p, "summed residuals of cells", state))
    columns = ["statistic", "df1", "df2", "p", "method", "status"]
    return pd.DataFrame(rows, columns=columns, index=pd.Index(names, name="test"))


def differentials(fitted: RaschFitted, pairs: Pairs) -> pd.DataFrame:
    """Each element of the first facet on two of the second (a rater on two dimensions): difference of its biases, Welch's t.

    Columns ``family, first, second, third, difference`` (second less third), ``se, t, df, p, q, status``; a pair of facets
    with more than 200 000 contrasts is left out.
    """
    frames = [_differential(fitted, first, second) for first, second in pairs]
    return pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True)


def _differential(fitted: RaschFitted, first: str, second: str) -> pd.DataFrame:
    found, data = interaction(fitted, first, second), fitted.data
    sizes = np.bincount(found.first)
    columns = ["first", "second", "third", "difference", "se", "t", "df", "p", "q", "status"]
    if int((sizes * (sizes - 1) // 2).sum()) > _MOST_CONTRASTS:
        return pd.DataFrame(columns=columns)
    pairs = contrasts(found)
    a, b = data.ids[data.position(first)], data.ids[data.position(second)]
    values = ([a[k] for k in pairs.first], [b[k] for k in pairs.low], [b[k] for k in pairs.high])
    state = np.where(np.isnan(pairs.t), "one rating", "estimated")
    parts = (*values, pairs.difference, pairs.se, pairs.t, pairs.df, pairs.p, pairs.q, state)
    frame = pd.DataFrame(dict(zip(columns, parts, strict=True)))
    frame.insert(0, "family", f"{first} × {second}")
    return frame


def bands(fitted: RaschFitted, level: float, seed: int) -> pd.DataFrame:
    """Mean squares of every element beside what they do by chance: ``facet, element, infit, infit_low, infit_high, infit_p, outfit, …``.

    By parametric bootstrap with refitting up to 5 000 ratings; beyond, by the Wilson–Hilferty approximation (``status``),
    for infit only.
    """
    frames, fit = [], fitted.joint
    found = fitted.residuals
    bootstrap = None
    if isinstance(fit, RaschFit) and len(found.design) <= _BOOTSTRAP:
        replicates = int(np.clip(_DRAWS // len(found.design), _FEWEST_REPLICATES, _MOST_REPLICATES))
        bootstrap = fit_bands(fit, replicates=replicates, level=level, seed=seed)
    for f, name in enumerate(fitted.data.names):
        own = element_fit(found, f)
        frame = pd.DataFrame({"facet": name, "element": list(fitted.data.ids[f]), "infit": own.infit, "outfit": own.outfit})
        if bootstrap is not None:
            frame = frame.assign(**{field.name: getattr(bootstrap[f], field.name) for field in fields(bootstrap[f])}, status="bootstrap")
        else:
            frame = frame.assign(infit_low=own.infit_low, infit_high=own.infit_high, infit_p=own.infit_p, status="approximate")
        frame.loc[np.isnan(own.infit), "status"] = "not placed"
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def findings(fitted: RaschFitted, pairs: Pairs) -> pd.DataFrame:
    """Raters whose ratings do not follow the model, and cells that stand out (columns of the findings contract)."""
    out: list[Finding] = []
    facet = fitted.data.position("rater")
    if facet > 0:
        out += _raters(fitted, facet)
    for first, second in pairs:
        out += _cells(fitted, first, second)
    return as_frame(out)


def _raters(fitted: RaschFitted, facet: int) -> list[Finding]:
    found = element_fit(fitted.residuals, facet)
    q = benjamini_hochberg(found.infit_p)
    out = []
    for k in np.flatnonzero(q < _Q):
        name, infit, n = fitted.data.name(facet, int(k)), float(found.infit[k]), round(float(found.n[k]))
        level: Level = "review" if not _LOW <= infit <= _HIGH and n >= _FEWEST else "info"
        code = "F-RASCHERRATIC" if infit > 1 else "F-RASCHMUTED"
        details = {"rater": name, "infit": f"{infit:.2f}", "low": f"{found.infit_low[k]:.2f}", "high": f"{found.infit_high[k]:.2f}", "n": n}
        numbers = {"estimate": infit, "ci_low": float(found.infit_low[k]), "ci_high": float(found.infit_high[k]), "effect": infit}
        family = "infit × rater"
        out.append(
            pattern(
                code,
                level,
                "rater",
                fitted.data.ids[facet][k],
                details,
                **numbers,
                effect_name="mean square",
                p=float(found.infit_p[k]),
                q=float(q[k]),
                family=family,
                n=n,
            )
        )
    return out


def _cells(fitted: RaschFitted, first: str, second: str) -> list[Finding]:
    found, data = interaction(fitted, first, second), fitted.data
    a, b = data.position(first), data.position(second)
    out = []
    for k in np.flatnonzero(np.nan_to_num(found.q, nan=1.0) < _Q):
        i, j = int(found.first[k]), int(found.second[k])
        who, whom = data.name(a, i), data.name(b, j)
        bias, n = float(found.bias[k]), round(float(found.n[k]))
        level: Level = "review" if abs(bias) >= _BIAS and n >= _FEWEST_CELL else "info"
        points = float(found.difference[k])
        details = {"who": f"{who} × {whom}", "points": f"{abs(points):.2f}", "bias": f"{bias:+.2f}", "n": n}
        numbers = {"estimate": bias, "se": float(found.se[k]), "effect": points, "p": float(found.p[k]), "q": float(found.q[k])}
        code = "F-RASCHKINDER" if bias > 0 else "F-RASCHHARSHER"
        ident = f"{data.ids[a][i]} × {data.ids[b][j]}"
        family = f"{first} × {second}"
        out.append(pattern(code, level, "pair", ident, details, **numbers, effect_name="points a rating", family=family, n=n))
    return out

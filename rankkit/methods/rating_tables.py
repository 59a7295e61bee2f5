"""Tables of a rating result: who changes rank, what raters gave, variance components, weights, patterns to review."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rankkit.errors import Problem
from rankkit.findings import as_frame
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.components.variance_components import three_way
from rankkit.kernels.ranking import competition_ranks
from rankkit.kernels.sources.effective_weights import effective_weights, weight_sensitivity
from rankkit.methods.rating_evidence import Evidence
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings


def changes(table: Ratings, raw: Evidence, used: Evidence) -> pd.DataFrame:
    """Raw beside adjusted: who changes rank."""
    both: Bools = raw.scored & used.scored
    before, after = (np.where(both, e.parts.score, np.nan) for e in (raw, used))
    ranks = [competition_ranks(x) for x in (before, after)]
    frame = pd.DataFrame(
        {
            "label": [table.labels[p] for p in table.people],
            "raw_score": before,
            "raw_rank": ranks[0],
            "score": after,
            "rank": ranks[1],
            "rank_change": ranks[0] - ranks[1],
        },
        index=pd.Index(list(table.people), name="ratee"),
    )
    return frame[both].sort_values(["rank", "label"], kind="stable")


def by_rater(table: Ratings) -> pd.DataFrame:
    """Cells with names, for plots of how raters use the scale."""
    if table.averaged_over:
        return pd.DataFrame()
    cells = table.cells
    raters, people = np.array(table.raters, dtype=object), np.array(table.people, dtype=object)
    names = np.array([table.rater_labels[r] for r in table.raters], dtype=object)
    data = {
        "rater": raters[cells.rater],
        "rater_label": names[cells.rater],
        "ratee": people[cells.ratee],
        "dimension": np.array(table.dimensions, dtype=object)[cells.dimension],
        "score": cells.score,
    }
    return pd.DataFrame(data)


def complete_array(table: Ratings) -> Floats | None:
    """Ratings as a ratee × rater × dimension array, if every cell is filled."""
    cells = table.cells
    shape = (len(table.people), len(table.raters), len(table.dimensions))
    if table.averaged_over or len(cells.score) != int(np.prod(shape)):
        return None
    y = np.empty(shape)
    y[cells.ratee, cells.rater, cells.dimension] = cells.score
    return y


def components(table: Ratings, used: Evidence) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Variance components: all seven where the design is complete, else those of raters' composites."""
    y = complete_array(table)
    if y is not None and min(y.shape) > 1:
        found = three_way(y)
        frame = pd.DataFrame({"variance": found.estimates, "as_estimated": found.raw}, index=pd.Index(list(found.names), name="facet"))
        told = used.fitted is not None and bool(used.fitted.at_boundary[1])  # the raters' zero is a note of its own
        negative = [k for k, v in enumerate(found.raw) if v < 0 and not (told and found.names[k] == "rater")]
        notes = [Problem("I-NEGVAR", None, None, None, {"facet": found.names[k], "value": f"{found.raw[k]:.3g}"}) for k in negative]
        return frame, tuple(notes)
    if used.fitted is None:
        return pd.DataFrame(), ()
    facets = pd.Index(["ratee", "rater", "residual"], name="facet")
    return pd.DataFrame({"variance": used.fitted.variances, "as_estimated": used.fitted.variances}, index=facets), ()


def weight_table(table: Ratings, used: Evidence, weights: Floats) -> pd.DataFrame:
    """Nominal beside effective weights of the people scored: w_d Cov(x_d, X) / Var(X)."""
    x = used.parts.dimension_mean[used.scored]
    some = (weights > 0) & ~np.isnan(x).all(axis=0)
    part = x[~np.isnan(x[:, some]).any(axis=1)][:, some]
    index = pd.Index(list(table.dimensions), name="dimension")
    effective = np.where(some, np.nan, 0.0)
    own = weights[some] / max(float(weights[some].sum()), 1e-300)
    if len(part) > 1 and np.ptp(part @ own) > 1e-9 * float(np.abs(part).max()):
        effective[some] = effective_weights(np.atleast_2d(np.cov(part, rowvar=False)), own)
    with np.errstate(invalid="ignore"):
        sd = np.array([np.nanstd(c, ddof=1) if (~np.isnan(c)).sum() > 1 else np.nan for c in x.T])
    return pd.DataFrame({"nominal": weights, "effective": effective, "sd": sd}, index=index)


def weight_sensitivities(table: Ratings, used: Evidence, weights: Floats, seed: int) -> pd.DataFrame:
    """How much the order depends on the weights: Kendall's τ with the declared ones, by ``scenario``."""
    columns = ["scenario", "tau", "tau_low"]
    x = used.parts.dimension_mean[used.scored]
    some = ~np.isnan(x).all(axis=0) & (weights > 0)
    if some.sum() < 2 or int((~np.isnan(x[:, some]).any(axis=1)).sum()) < 2:
        return pd.DataFrame(columns=columns)
    found = weight_sensitivity(x[:, some], weights[some] / weights[some].sum(), seed=seed)
    with np.errstate(invalid="ignore"):
        known = found.perturbed[~np.isnan(found.perturbed)]
    rows = [("equal weights", found.equal, float("nan"))]
    rows += [(f"without {name}", float(t), float("nan")) for name, t in zip(np.array(table.dimensions)[some], found.without, strict=True)]
    if len(known):
        rows.append(("weights perturbed (Dirichlet, concentration 50)", float(np.median(known)), float(np.quantile(known, 0.05))))
    return pd.DataFrame(rows, columns=columns)


def findings(table: Ratings, people: People | None, level: float, seed: int) -> pd.DataFrame:
    """Patterns to review that the design allows to look for."""
    from rankkit.bias.checking import check  # noqa: PLC0415 - the checks are loaded when somebody looks at them

    if table.averaged_over:
        return as_frame(())
    return check(table, people, level=level, seed=seed).frame

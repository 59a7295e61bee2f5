"""Logical error: whether dimensions that seem to belong together are rated more alike than they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from rankkit.bias import matrix_tests
from rankkit.bias.dimension_correlations import dimension_correlations, square
from rankkit.bias.form_positions import form_orders
from rankkit.bias.panel import check_settings, panel
from rankkit.errors import Problem, SettingsError
from rankkit.findings import Finding, Findings, pattern
from rankkit.kernels.arrays import Floats
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings


def logical_error(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    similarity: pd.DataFrame | None = None,
    positions: Mapping[str, float] | Sequence[str] | None = None,
    true_scores: pd.DataFrame | None = None,
    floor: float = matrix_tests.FLOOR,
    level: float = 0.95,
    seed: int = 0,
) -> Findings:
    """Test whether similarity of meaning raises the correlation of two dimensions beyond what they have in common.

    The inflation of same-rater correlations over the reference (see :func:`~rankkit.bias.halo`) is correlated with
    similarity as judged by experts, and tested by exchanging dimensions (Mantel 1967), where positions on the form are
    known also with closeness taken out of both (Smouse, Long & Sokal 1986). The reference takes out what similar dimensions
    really share in people; without one similarity and true correlation are the same thing, and the pattern is a remark.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        Ratings on four or more dimensions.
    people : People, optional
        Accepted as in all checks.
    similarity : DataFrame, optional
        Similarity of meaning, dimension × dimension, symmetric, larger = more similar; the diagonal is not read. Without it the
        check is refused.
    positions : mapping or sequence, optional
        Position of each dimension on the form; by default the column ``position``.
    true_scores : DataFrame, optional
        As in :func:`~rankkit.bias.halo`.
    floor : float
        Smallest Mantel correlation worth a review.
    level : float
        Of the intervals (jackknife over people).
    seed : int
        Of the random orders.

    Returns
    -------
    Findings
        Table ``logical_error`` (index ``test``: ``similarity``, ``similarity_given_position``), columns as in
        :func:`~rankkit.bias.proximity`. Table ``logical_error_pairs``: ``first, second, inflation, similarity``.

    Raises
    ------
    RatingsError, InsufficientDataError
        If the table cannot be read, or nothing is left of it.
    SettingsError
        For an impossible setting, a similarity that is not symmetric or lacks dimensions.

    References
    ----------
    Newcomb (1931), Journal of Educational Psychology 22, 279–289. Guilford (1954), Psychometric Methods. Cooper (1981),
    Psychological Bulletin 90, 218–244.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from rankkit import simulate
    >>> ratings = simulate.ratings(40, 4, dimensions=5, sd_ratee_dimension=0.5, seed=2).table
    >>> names = list(ratings.dimensions)
    >>> alike = pd.DataFrame(np.abs(np.subtract.outer(range(5), range(5))) * -1.0, index=names, columns=names)
    >>> logical_error(ratings, similarity=alike).of("logical_error")[["n", "level"]]
                n level
    test
    similarity  5
    """
    check_settings(level)
    start = panel(ratings, people)
    D = len(start.table.dimensions)
    if similarity is None:
        return Findings(refused=(Problem("E-NOSIMILARITY", None, "logical_error"),), labels=start.labels)
    if D < matrix_tests.DIMENSIONS:
        problem = Problem("E-DIMENSIONS", None, "logical_error", None, {"n": D, "needed": matrix_tests.DIMENSIONS})
        return Findings(refused=(problem,), labels=start.labels)
    i, j = np.triu_indices(D, 1)
    alike = square(similarity, list(start.table.dimensions), "similarity")[i, j]
    if np.ptp(alike) <= 1e-12 * max(float(np.abs(alike).max()), 1.0):
        raise SettingsError("E-SQUARE", name="similarity", need="numbers that differ between pairs", need_zh="各对之间有差异的数字")
    parts = dimension_correlations(start, true_scores)
    a, without = matrix_tests.excess(parts)
    if not np.isfinite(a).all():
        return Findings(refused=(Problem("E-FLATPAIRS", None, "logical_error"),), labels=start.labels)
    orders = form_orders(start, parts.data, positions)
    told = "inflation of same-rater correlations" if parts.source else "same-rater correlations, no second rater"
    tests: dict[str, tuple[Floats | None, str]] = {"similarity": (None, f"{told}, with similarity")}
    if orders is not None:
        tests["similarity_given_position"] = (orders.mean_closeness[i, j][None], f"{told}, with similarity; closeness taken out of both")
    rows = {
        name: matrix_tests.matrix_test(
            a[None], without[None], alike[None], given, floor=floor, level=level, seed=seed, design_ok=bool(parts.source), method=how
        )
        for name, (given, how) in tests.items()
    }
    table = matrix_tests.frame_of(rows)
    names = start.table.dimensions
    pairs = pd.DataFrame({"first": [names[d] for d in i], "second": [names[d] for d in j], "inflation": a, "similarity": alike})
    return Findings(
        patterns=tuple(_patterns(table)),
        refused=() if parts.source else (Problem("E-LOGICALREF", None, "logical_error"),),
        tables={"logical_error": table, "logical_error_pairs": pairs},
        labels=start.labels,
    )


def _patterns(table: pd.DataFrame) -> list[Finding]:
    """One finding, position taken out where it is known."""
    row = table.iloc[[-1]].to_dict("records")[0]
    if not row["level"]:
        return []
    numbers = {k: row[k] for k in ("estimate", "se", "ci_low", "ci_high", "effect", "p", "q", "n", "design_ok")}
    code = "F-LOGICAL" if row["design_ok"] else "F-LOGICALALONE"
    details = {"r": round(row["estimate"], 2), "n": row["n"]}
    return [pattern(code, row["level"], "form", "all", details, **numbers, effect_name="Mantel r", family="logical error × form")]

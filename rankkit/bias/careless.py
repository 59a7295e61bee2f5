"""Careless responding: raters whose forms look as if the items were not read, on two kinds of evidence at least."""

from __future__ import annotations

import pandas as pd

from rankkit.bias import careless_tables
from rankkit.bias.careless_tables import KINDS, CarelessSettings
from rankkit.bias.dimension_correlations import profiles_of
from rankkit.bias.panel import REVIEW_Q, Panel, check_settings, panel
from rankkit.bias.rating_columns import has
from rankkit.errors import Problem, SettingsError
from rankkit.findings import Finding, Findings, pattern
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings

_DIMENSIONS = 3


def careless(
    ratings: Ratings | pd.DataFrame,
    people: People | None = None,
    *,
    seconds: float = 2.0,
    fewest: int = 8,
    review_q: float = REVIEW_Q,
    level: float = 0.95,
    seed: int = 0,  # noqa: ARG001 - every check takes it
) -> Findings:
    r"""Look for raters who may not have read the items; two kinds of signs must speak, and nobody is deleted.

    Four kinds, each against the other raters (of the same people where they share some, as if they had changed places;
    else of other people):

    * **sameness**: little variation over the items of a form (IRV; Dunn et al. 2018) *and* over people (Brown–Forsythe
      distances). Flat forms of a rater who tells people apart are ordinary halo, and so is one flat form.
    * **oddness**: profiles far from those of others, by Mahalanobis' D² in the covariance of the other raters.
    * **inconsistency**: even–odd halves in the order of presentation, dimensions of one meaning (correlation ≥ .60 in all
      raters' forms), repeated items; the smallest p times their number.
    * **speed**: at most half of the forms took ``seconds`` an item or more (Huang et al. 2012), by a sign test over forms.

    The p-value of a rater is that of *at least two* kinds, :math:`(K-1) p_{(2)}`, valid whatever their dependence
    (Benjamini & Heller 2008). ``review`` needs q < ``review_q``, two kinds each with q < ``review_q`` and a large effect (a
    ratio of spreads ≤ .67, distance .5 above the others', correlation half the others', differences 1.5 times theirs),
    and ``fewest`` forms.

    Parameters
    ----------
    ratings : Ratings or DataFrame
        Ratings on three or more dimensions; columns ``position`` (place of the dimension on the form), ``response_ms``
        (milliseconds for the item) and ``occasion`` (repeated items) are used if there.
    people : People, optional
        For the names of raters.
    seconds : float
        Seconds an item that are too few to have read it.
    fewest : int
        Fewest forms of a rater.
    review_q : float
        False discovery rate.
    level : float
        Accepted as in all checks; the table has no intervals.
    seed : int
        Accepted as in all checks; nothing is drawn.

    Returns
    -------
    Findings
        Table ``careless``, one row a rater: ``n`` forms, ``items``, ``estimate`` kinds that speak, ``p, q`` of at least two,
        ``level``, ``signs`` by name, ``longest_run`` and ``straight_lines`` (share), and for each kind its indices, the other
        raters' (``…_others``), ``…_p`` and ``…_q``; ``reason``. Table ``careless_nonresponse``: blanks by source. Table
        ``careless_sensitivity``, where someone is flagged: scores and ranks of all people without those raters.

    Raises
    ------
    RatingsError, InsufficientDataError
        If the table cannot be read, or nothing is left of it.
    SettingsError
        For an impossible setting.

    References
    ----------
    Curran (2016), Methods for the detection of carelessly invalid responses in survey data, Journal of Experimental Social
    Psychology 66, 4–19. Dunn, Heggestad, Shanock & Theilgard (2018), Journal of Business and Psychology 33, 105–121. Huang,
    Curran, Keeney, Poposki & DeShon (2012), Journal of Business and Psychology 27, 99–114.

    Examples
    --------
    >>> from rankkit import simulate
    >>> found = careless(simulate.ratings(20, 5, dimensions=6, seed=1).table)
    >>> found.of("careless")[["n", "estimate", "level"]].head(2)
            n  estimate level
    rater
    ...
    """
    check_settings(level, review_q, fewest=(fewest, 5))
    if not seconds > 0:
        raise SettingsError("E-SETTING", name="seconds", value=seconds, allowed="seconds > 0")
    start = panel(ratings, people)
    blanks = {"careless_nonresponse": careless_tables.nonresponse(start)}
    D = len(start.table.dimensions)
    if D < _DIMENSIONS:
        problem = Problem("E-DIMENSIONS", None, "careless", None, {"n": D, "needed": _DIMENSIONS})
        return Findings(refused=(problem,), tables=blanks, labels=start.labels)
    table = careless_tables.rater_table(start, profiles_of(start), CarelessSettings(seconds, fewest, review_q))
    flagged = (table["level"] == "review").to_numpy()
    tables = {"careless": table} | blanks
    if flagged.any():
        tables["careless_sensitivity"] = careless_tables.sensitivity(start, flagged)
    return Findings(
        patterns=tuple(_patterns(start, table)), refused=tuple(_missing(start, table, fewest)), tables=tables, labels=start.labels
    )


def _missing(start: Panel, table: pd.DataFrame, fewest: int) -> list[Problem]:
    """Say which signs could not be looked for."""
    if not (table["n"] >= fewest).any():
        return [Problem("E-CARELESSFEW", None, "careless", None, {"needed": fewest})]
    return [] if has(start.table, "response_ms") else [Problem("E-NOTIMES", None, "careless", None, {"needed": ["response_ms"]})]


def _patterns(start: Panel, table: pd.DataFrame) -> list[Finding]:
    """Say who shows two kinds of signs or more; one alone is left in the table."""
    found = []
    for r, row in enumerate(table.to_dict("records")):
        if row["level"] == "review":
            details = {"rater": start.name(r), "n": row["n"], "signs": [_NAMES[k] for k in KINDS if k in row["signs"]]}
            details["signs_zh"] = [_NAMES_ZH[k] for k in KINDS if k in row["signs"]]
            numbers = {"estimate": float(row["estimate"]), "effect": float(row["estimate"]), "effect_name": "kinds of signs"}
            numbers |= {"p": row["p"], "q": row["q"], "n": row["n"], "family": "careless responding × rater"}
            found.append(pattern("F-CARELESS", "review", "rater", start.table.raters[r], details, **numbers))
    return found


_NAMES = {
    "sameness": "nearly one score for all items and people",
    "oddness": "profiles unlike those of other raters",
    "inconsistency": "answers that do not agree with each other",
    "speed": "too little time to read",
}
_NAMES_ZH = {
    "sameness": "对几乎所有项目和人评分相同",
    "oddness": "评分模式与其他评价人不同",
    "inconsistency": "前后回答不一致",
    "speed": "作答时间过短",
}

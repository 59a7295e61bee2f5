"""Adverse impact of grades on groups: described at both ends of the scale, never fed back into scores, quotas or moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from rankkit.archive import archived
from rankkit.calibration import impact_tables
from rankkit.calibration.impact_tables import Outcome
from rankkit.calibration.jurisdiction import Jurisdiction, jurisdiction
from rankkit.errors import InsufficientDataError, Lang, Problem, SettingsError
from rankkit.kernels.arrays import Floats
from rankkit.methods.forced_distribution import ForcedDistributionResult
from rankkit.tables.attributes import Attributes
from rankkit.tables.people import People

_ONE = "all"


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Impact:
    """How groups fare.

    Attributes
    ----------
    rates : DataFrame
        ``attribute, outcome, end`` ("favourable": the rate of having the outcome is good; "adverse": it is bad), ``group,
        considered, selected, rate, ci_low, ci_high, reason``; groups too small to show have no numbers.
    comparisons : DataFrame
        Every group ``against`` the group that fares best ("highest") and against everybody else ("others"): ``ratio`` of the
        rates of faring well, ``adverse_ratio`` of the rates of faring badly, ``odds_ratio``, ``difference``, each with its interval;
        Cohen's ``h``; ``z`` ("two standard deviations") with ``z_p``; ``fisher`` and ``mid_p``; ``q`` (mid-p after Holm
        over the groups); ``swapped``, the ratio with one person exchanged, ``one_person_reverses``, ``one_person_crosses`` (the
        threshold); ``detectable``, the largest ratio below 1 that would have been told from 1 with probability .80; ``verdict``.
    strata : DataFrame
        The same within strata (Mantel–Haenszel), where strata were given.
    scores : DataFrame
        Difference of mean scores from the reference group, where scores were given.
    jurisdiction : str
        Pack whose threshold and words are used, with its version.
    notes : tuple of Problem
        Who was left out, and what was hidden.
    """

    rates: pd.DataFrame
    comparisons: pd.DataFrame
    strata: pd.DataFrame
    scores: pd.DataFrame
    jurisdiction: str
    notes: tuple[Problem, ...] = field(default_factory=tuple)

    def words(self, lang: Lang = "en") -> pd.DataFrame:
        """Verdicts in words of the jurisdiction; its own comparison only (the best group, or everybody else)."""
        pack = jurisdiction(self.jurisdiction)
        rows = self.comparisons[self.comparisons["against"] == pack.compare_with]
        said = [pack.say(v, lang, end) for v, end in zip(rows["verdict"], rows["end"], strict=True)]
        return rows[["attribute", "outcome", "end", "group", "reference"]].assign(text=said).reset_index(drop=True)

    def caveat(self, lang: Lang = "en") -> str:
        """What to keep in mind of the law."""
        return jurisdiction(self.jurisdiction).say("caveat", lang)

    def __repr__(self) -> str:
        columns = ["attribute", "outcome", "group", "reference", "ratio", "adverse_ratio", "mid_p", "verdict"]
        rows = self.comparisons
        shown = rows.loc[rows["against"] == "highest", columns].round(3).to_string(index=False) if len(rows) else "nothing to compare"
        return "\n".join([f"Impact of grades ({self.jurisdiction})", shown, *(n.note() for n in self.notes)])


def impact(
    grades: ForcedDistributionResult,
    attributes: Attributes,
    *,
    outcomes: Mapping[str, Sequence[str]] | None = None,
    adverse: Mapping[str, Sequence[str]] | None = None,
    reference: Mapping[str, str] | None = None,
    people: People | None = None,
    strata: str | None = None,
    min_group: int = 5,
    law: str = "none",
    level: float = 0.95,
) -> Impact:
    r"""Compare how groups fare under grades, at both ends.

    The ratio of favourable rates hides what happens at the bottom: 90 against 97 % "not in the lowest grade" is a ratio of .93,
    and 10 against 3 % in it a ratio of 3.33. Both are shown, with the odds ratio, for the top and for the bottom grade.

    Parameters
    ----------
    grades : ForcedDistributionResult
        Graded people; those without a grade are left out and counted.
    attributes : Attributes
        Protected attributes. They go nowhere else: no score, quota or move can be given them.
    outcomes : mapping of str to sequence of str, optional
        Name of a favourable outcome to its grades; by default the best grade.
    adverse : mapping of str to sequence of str, optional
        The same for adverse outcomes; by default the lowest grade.
    reference : mapping of str to str, optional
        Attribute to the group others are compared with; by default the one that fares best.
    people, strata : People and str, optional
        Column of ``people`` (``unit``, ``level`` …) within whose values groups are compared too.
    min_group : int
        Groups of fewer people are not shown, nor the next smallest where subtraction would show them.
    law : str
        Jurisdiction, see :func:`~rankkit.calibration.jurisdiction.names`.
    level : float
        Confidence level.

    Returns
    -------
    Impact

    Raises
    ------
    SettingsError
        For anything but Attributes, an unknown grade, group, column or jurisdiction.
    InsufficientDataError
        If no graded person has an attribute.

    References
    ----------
    Morris & Lobsenz (2000), Personnel Psychology 53, 89–111. Oswald, Dunleavy & Shaw (2017), in Morris & Dunleavy (eds), Adverse
    Impact Analysis. Mantel & Haenszel (1959), JNCI 22, 719–748.

    Examples
    --------
    >>> import pandas as pd, rankkit as rk
    >>> from rankkit import calibration, simulate
    >>> scores = rk.GraphicRatingScale().fit(simulate.ratings(60, 6, seed=1).table)
    >>> graded = rk.ForcedDistribution(shares={"A": 0.3, "B": 0.5, "C": 0.2}, ties="up").fit(scores)
    >>> groups = ["f", "m"] * 30
    >>> frame = pd.DataFrame({"person": list(graded.people), "attribute": "gender", "value": groups})
    >>> found = calibration.impact(graded, rk.Attributes.from_frame(frame))
    >>> found.rates[["outcome", "group", "considered", "selected"]].head(2)
      outcome group  considered  selected
    0       A     f          30        11
    1       A     m          30        10
    """
    if not isinstance(attributes, Attributes):
        raise SettingsError("E-SETTING", name="attributes", value=type(attributes).__name__, allowed="rankkit.Attributes")
    order = [str(g) for g in grades.quota.index]
    graded = grades.grades["grade"].dropna()
    rows = attributes.frame.rename(columns={"value": "group"})
    rows = rows[rows["person"].isin(graded.index)]
    if rows.empty:
        raise InsufficientDataError("E-IMPACTNOBODY")
    rows = rows.assign(grade=graded.reindex(rows["person"]).to_numpy(), stratum=_strata(rows["person"], people, strata), n=1)
    notes = []
    for name in attributes.names:
        lacking = len(graded) - int((rows["attribute"] == name).sum())
        if lacking:
            notes.append(Problem("W-IMPACTUNKNOWN", None, name, None, {"n": lacking, "total": len(graded)}))
    if left := len(grades.grades) - len(graded):
        notes.append(Problem("W-IMPACTUNGRADED", None, None, None, {"n": left}))
    counts = rows.groupby(["attribute", "stratum", "group", "grade"])["n"].sum().reset_index()
    ends = _ends(order, outcomes, adverse)
    found = _found(counts, ends, reference or {}, min_group, law, level, within=strata is not None)
    score = pd.Series(grades.estimate, index=list(grades.people))
    return _impact(found, notes, _scores(rows, score, found[4], reference or {}, level))


def impact_of_counts(
    counts: pd.DataFrame,
    *,
    outcomes: Mapping[str, Sequence[str]] | None = None,
    adverse: Mapping[str, Sequence[str]] | None = None,
    grades: Sequence[str] | None = None,
    reference: Mapping[str, str] | None = None,
    min_group: int = 5,
    law: str = "none",
    level: float = 0.95,
) -> Impact:
    """Compare how groups fare from counts that are already public.

    Parameters
    ----------
    counts : DataFrame
        ``group, considered, selected``, or ``group, grade, n``; perhaps ``attribute`` and ``stratum``.
    grades : sequence of str, optional
        All grades, best first; needed with ``grade`` unless ``outcomes`` and ``adverse`` say all.
    outcomes, adverse, reference, min_group, law, level
        As for :func:`impact`.

    Returns
    -------
    Impact

    Raises
    ------
    SettingsError
        If columns are missing, counts are no whole numbers of 0 or more, or more were selected than considered.

    Examples
    --------
    >>> import rankkit as rk
    >>> from rankkit import calibration
    >>> cases = rk.datasets.load("ricci_pass_counts")
    >>> cases = cases.rename(columns={"position": "attribute", "n_considered": "considered", "n_selected": "selected"})
    >>> found = calibration.impact_of_counts(cases, law="us")
    >>> found.comparisons.query("against == 'highest'")[["attribute", "group", "ratio", "fisher", "verdict"]].round(3)
        attribute     group  ratio  fisher          verdict
    ...
    """
    tidy, order = _tidy(counts, grades)
    if order is None and (outcomes is None or adverse is None):
        raise SettingsError("E-SETTING", name="grades", value=None, allowed="all grades, best first")
    ends = _ends(order or [], outcomes, adverse)
    found = _found(tidy, ends, reference or {}, min_group, law, level, within=len(set(tidy["stratum"])) > 1)
    return _impact(found, [], pd.DataFrame())


_Found = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, Jurisdiction, Mapping[str, set[str]]]


def _found(
    counts: pd.DataFrame, ends: Sequence[Outcome], reference: Mapping[str, str], least: int, law: str, level: float, *, within: bool
) -> _Found:
    """Rates, comparisons, strata; the law; and what is hidden."""
    if not 0 < level < 1:
        raise SettingsError("E-SETTING", name="level", value=level, allowed="0 < level < 1")
    pack = jurisdiction(law)
    sizes = counts.groupby(["attribute", "group"])["n"].sum()
    hidden: dict[str, set[str]] = {}
    for name in dict.fromkeys(counts["attribute"]):
        of = {str(g): int(n) for g, n in sizes[name].items()}
        hidden[str(name)] = impact_tables.hidden_groups(of, least)
        if reference.get(str(name), next(iter(of))) not in of:
            raise SettingsError("E-SETTING", name="reference", value=reference[str(name)], allowed=sorted(of))
    tally = impact_tables.tallies(counts, ends)
    usable = {k: v for k, v in reference.items() if v not in hidden.get(k, set())}
    compared = impact_tables.comparison_table(tally, hidden, usable, pack, level)
    if len(compared):
        compared = impact_tables.flips(compared, pack.threshold)
    strata = impact_tables.strata_table(tally, hidden, usable, level) if within else pd.DataFrame()
    return impact_tables.rate_table(tally, hidden, level), compared, strata, pack, hidden


def _impact(found: _Found, notes: Sequence[Problem], scores: pd.DataFrame) -> Impact:
    rates, compared, strata, pack, hidden = found
    small = [Problem("W-IMPACTSMALL", None, name, None, {"n": len(groups)}) for name, groups in hidden.items() if groups]
    name = f"{pack.id}-{pack.version}"
    return Impact(rates=rates, comparisons=compared, strata=strata, scores=scores, jurisdiction=name, notes=(*notes, *small))


def _ends(order: Sequence[str], outcomes: Mapping[str, Sequence[str]] | None, adverse: Mapping[str, Sequence[str]] | None) -> list[Outcome]:
    """Outcomes to compare: by default the best grade and, where there are others, the lowest."""
    good = {order[0]: [order[0]]} if outcomes is None else outcomes
    bad = ({order[-1]: [order[-1]]} if len(order) > 2 else {}) if adverse is None else adverse  # of two, one says it all
    for grades in (*good.values(), *bad.values()):
        unknown = [g for g in grades if order and g not in order]
        if unknown:
            raise SettingsError("E-SETTING", name="outcomes", value=unknown, allowed=list(order))
    ends: list[tuple[Literal["favourable", "adverse"], Mapping[str, Sequence[str]]]] = [("favourable", good), ("adverse", bad)]
    return [(name, end, list(grades)) for end, named in ends for name, grades in named.items()]


def _strata(person: pd.Series, people: People | None, column: str | None) -> np.ndarray | str:
    """Stratum of each person; people without one are a stratum of their own."""
    if column is None:
        return _ONE
    if people is None or column not in people.frame.columns:
        allowed = [] if people is None else list(people.frame.columns)
        raise SettingsError("E-SETTING", name="strata", value=column, allowed=allowed)
    known = people.frame[column]
    return known.reindex(person).astype("object").where(lambda v: v.notna(), "—").to_numpy()


def _scores(
    rows: pd.DataFrame, score: pd.Series, hidden: Mapping[str, set[str]], reference: Mapping[str, str], level: float
) -> pd.DataFrame:
    """Mean score of each group less that of the reference (the best mean by default): Welch's interval, Hedges' g."""
    out: list[dict[str, Any]] = []
    for name, part in rows.assign(score=score.reindex(rows["person"]).to_numpy()).dropna(subset=["score"]).groupby("attribute"):
        shown = part[~part["group"].isin(hidden[str(name)])].groupby("group")["score"]
        values = {str(g): v.to_numpy(dtype=np.float64) for g, v in shown if len(v) > 1}
        if len(values) < 2:
            continue
        wanted = reference.get(str(name), "")
        best = wanted if wanted in values else max(values, key=lambda g: (values[g].mean(), len(values[g]), g))
        out += [
            {"attribute": name, "group": g, "reference": best, "n": len(values[g])} | _gap(values[g], values[best], level)
            for g in values
            if g != best
        ]
    return pd.DataFrame(out)


def _gap(x: Floats, y: Floats, level: float) -> dict[str, Any]:
    """Welch's interval of a difference of means, and Hedges' g."""
    parts = np.array([x.var(ddof=1) / len(x), y.var(ddof=1) / len(y)])
    free = np.array([len(x) - 1, len(y) - 1])
    se, d = float(np.sqrt(parts.sum())), float(x.mean() - y.mean())
    if not se > 0:
        return {"difference": d, "ci_low": np.nan, "ci_high": np.nan, "g": np.nan, "reason": "all scores of both groups are equal"}
    half = float(stats.t.ppf((1 + level) / 2, parts.sum() ** 2 / (parts**2 / free).sum())) * se
    pooled = float(np.sqrt((free @ [x.var(ddof=1), y.var(ddof=1)]) / free.sum()))
    g = d / pooled * (1 - 3 / (4 * float(free.sum()) - 1))
    return {"difference": d, "ci_low": d - half, "ci_high": d + half, "g": g, "reason": ""}


def _tidy(counts: pd.DataFrame, grades: Sequence[str] | None) -> tuple[pd.DataFrame, list[str] | None]:
    """Bring either form of counts to ``attribute, stratum, group, grade, n``."""
    table = pd.DataFrame(counts).copy()
    for name in ("attribute", "stratum"):
        table[name] = table[name].astype(str) if name in table else _ONE
    by_grade = {"group", "grade", "n"} <= set(table)
    needed = ["group", "grade", "n"] if by_grade else ["group", "considered", "selected"]
    if absent := [c for c in needed if c not in table]:
        raise SettingsError("E-SETTING", name="counts", value=list(table.columns), allowed=f"with columns {', '.join(absent)}")
    numbers = table[["n"] if by_grade else ["considered", "selected"]].apply(pd.to_numeric, errors="coerce")
    table, numbers = table[numbers.notna().all(axis=1)], numbers[numbers.notna().all(axis=1)]
    wrong = (numbers < 0).any(axis=None) or (numbers % 1 != 0).any(axis=None)
    if wrong or not len(table) or (not by_grade and (numbers["selected"] > numbers["considered"]).any()):
        raise SettingsError("E-SETTING", name="counts", value="…", allowed="whole numbers of 0 or more, not more selected than considered")
    if by_grade:
        return table.assign(n=numbers["n"].astype("int64"), grade=table["grade"].astype(str)), None if grades is None else list(grades)
    chosen = table.assign(grade="selected", n=numbers["selected"].astype("int64"))
    rest = table.assign(grade="not selected", n=(numbers["considered"] - numbers["selected"]).astype("int64"))
    return pd.concat([chosen, rest], ignore_index=True), ["selected", "not selected"]

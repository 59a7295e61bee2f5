"""Adverse impact of grades on groups: described at both ends of the scale, never fed back into scores, quotas or moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from rankkit import show
from rankkit.archive import archived
from rankkit.calibration.adverse_impact import impact_counts, impact_files, impact_tables
from rankkit.calibration.adverse_impact.impact_counts import CROSS, Grades
from rankkit.calibration.adverse_impact.impact_tables import Interval, Outcome
from rankkit.calibration.adverse_impact.jurisdiction import Jurisdiction, jurisdiction
from rankkit.calibration.adverse_impact.score_gaps import gap_table
from rankkit.errors import Lang, Problem, SettingsError
from rankkit.methods.forced_distribution import ForcedDistributionResult
from rankkit.tables.attributes import Attributes
from rankkit.tables.people import People


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Impact(show.Shown):
    """How groups fare.

    It draws an ``impact_forest`` and writes reports and workbooks, like any result; single people and managers get none.

    Attributes
    ----------
    rates : DataFrame
        ``attribute, outcome, end`` ("favourable": the rate of having the outcome is good; "adverse": it is bad), ``group,
        considered, selected, rate, ci_low, ci_high, reason``; groups too small to show have no numbers.
    comparisons : DataFrame
        Every group ``against`` the group that fares best ("highest") and against everybody else ("others"): ``n, n_reference``;
        ``ratio`` of the rates of faring well, ``adverse_ratio`` of the rates of faring badly, ``odds_ratio``, ``difference``, each
        with its interval; Cohen's ``h``; ``z`` ("two standard deviations") with ``z_p``; ``fisher`` and ``mid_p``; ``q`` (mid-p
        after Holm over the groups); ``swapped`` and ``swapped_back``, the ratio with one person exchanged either way (``adverse_…``
        likewise), ``one_person_reverses``, ``one_person_crosses`` (the threshold); ``detectable``, the largest ratio below 1 that
        would have been told from 1 with probability .80; ``verdict``; ``exploratory``, of crossed attributes.
    strata : DataFrame
        The same within strata (Mantel–Haenszel), where strata were given; ``told_by`` says whether the χ² test ("cmh") or, too few
        being expected for it, the exact conditional answer ("exact") is the one to read; ``q`` is Holm's of that one's p.
    scores : DataFrame
        Difference of mean scores from the reference group, where there are scores: see
        :class:`~rankkit.calibration.adverse_impact.score_gaps.ScoreGaps`.
    jurisdiction : str
        Pack whose threshold and words are used, with its version.
    notes : tuple of Problem
        Who was left out, and what was hidden.
    level : float
        Confidence level.
    min_group : int
        Groups of fewer people are not shown.
    """

    rates: pd.DataFrame
    comparisons: pd.DataFrame
    strata: pd.DataFrame
    scores: pd.DataFrame
    jurisdiction: str
    notes: tuple[Problem, ...] = field(default_factory=tuple)
    level: float = 0.95
    min_group: int = 5

    def words(self, lang: Lang = "en") -> pd.DataFrame:
        """Verdicts in words of the jurisdiction; its own comparison only (the best group, or everybody else), none of crossed groups."""
        pack, table = jurisdiction(self.jurisdiction), self.comparisons
        rows = table[(table["against"] == pack.compare_with) & ~table["exploratory"].astype(bool)]
        said = [pack.say(v, lang, end) for v, end in zip(rows["verdict"], rows["end"], strict=True)]
        return rows[["attribute", "outcome", "end", "group", "reference"]].assign(text=said).reset_index(drop=True)

    def caveat(self, lang: Lang = "en") -> str:
        """What to keep in mind of the law."""
        return jurisdiction(self.jurisdiction).say("caveat", lang)


def impact(
    grades: Grades,
    attributes: Attributes,
    *,
    order: Sequence[str] | None = None,
    outcomes: Mapping[str, Sequence[str]] | None = None,
    adverse: Mapping[str, Sequence[str]] | None = None,
    reference: Mapping[str, str] | None = None,
    people: People | None = None,
    strata: str | None = None,
    covariates: Sequence[str] = (),
    cluster: str | None = None,
    crossed: Sequence[tuple[str, str]] = (),
    min_group: int = 5,
    law: str = "none",
    level: float = 0.95,
    interval: Interval = "score",
) -> Impact:
    r"""Compare how groups fare under grades, at both ends.

    The ratio of favourable rates hides what happens at the bottom: 90 against 97 % "not in the lowest grade" is a ratio of .93,
    and 10 against 3 % in it a ratio of 3.33. Both are shown, with the odds ratio, for the top and for the bottom grade.

    Parameters
    ----------
    grades : ForcedDistributionResult, Series or mapping
        Graded people, or the grade of each person; those without a grade are left out and counted.
    attributes : Attributes
        Protected attributes. They go nowhere else: no score, quota or move can be given them.
    order : sequence of str, optional
        All grades, best first; needed unless ``grades`` is a result.
    outcomes : mapping of str to sequence of str, optional
        Name of a favourable outcome to its grades; by default the best grade.
    adverse : mapping of str to sequence of str, optional
        The same for adverse outcomes; by default the lowest grade.
    reference : mapping of str to str, optional
        Attribute to the group others are compared with; by default the one that fares best.
    people, strata : People and str, optional
        Column of ``people`` (``unit``, ``level`` …) within whose values groups are compared too.
    covariates, cluster
        Columns of ``people`` beside which gaps in scores are shown too: :func:`~rankkit.calibration.adverse_impact.score_gaps`.
    crossed : sequence of (str, str)
        Pairs of attributes whose groups are crossed, to explore: no verdict rests on them, and nothing of a crossing with a small
        cell is shown.
    min_group : int
        Groups of fewer people are not shown, nor the next smallest where subtraction would show them.
    law : str
        Jurisdiction, see :func:`~rankkit.calibration.adverse_impact.jurisdiction.names`.
    level : float
        Confidence level.
    interval : {"score", "log"}
        Of ratios: Koopman's, which covers as it says in small groups and near rates of 0 and 1, or the usual one on the log scale.

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
    Morris & Lobsenz (2000), Personnel Psychology 53, 89–111. Koopman (1984), Biometrics 40, 513–517. Oswald, Dunleavy & Shaw
    (2017), in Morris & Dunleavy (eds), Adverse Impact Analysis. Mantel & Haenszel (1959), JNCI 22, 719–748.

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
    impact_counts.must_be_attributes(attributes)
    graded, names = impact_counts.grades_of(grades, order)
    ends = _ends(names, outcomes, adverse)
    rows, notes = impact_counts.rows_of(graded, attributes, people, strata)
    if isinstance(grades, ForcedDistributionResult) and (left := len(grades.grades) - len(graded)):
        notes.append(Problem("W-IMPACTUNGRADED", None, None, None, {"n": left}))
    impact_tables.check_settings(min_group, level, interval)
    more, said = impact_counts.crossed_rows(rows, crossed, min_group)
    counts = impact_counts.counted(pd.concat([rows, more], ignore_index=True))
    found = _found(counts, ends, reference or {}, min_group, law, level, interval, within=strata is not None)
    notes += said + ([Problem("I-IMPACTCROSSED")] if len(more) else [])
    if not isinstance(grades, ForcedDistributionResult):
        if len(covariates) or cluster is not None:
            raise SettingsError("E-SETTING", name="covariates", value=list(covariates), allowed="only with scores (a result)")
        return _impact(found, notes, pd.DataFrame())
    score = pd.Series(grades.estimate, index=list(grades.people))
    gaps = gap_table(
        rows, score, found.hidden, reference or {}, level, people=people, covariates=covariates, cluster=cluster, least=min_group
    )
    return _impact(found, [*notes, *gaps.notes], gaps.table)


def impact_of_counts(
    counts: Any,
    columns: Mapping[str, str] | None = None,
    *,
    outcomes: Mapping[str, Sequence[str]] | None = None,
    adverse: Mapping[str, Sequence[str]] | None = None,
    grades: Sequence[str] | None = None,
    reference: Mapping[str, str] | None = None,
    min_group: int = 5,
    law: str = "none",
    level: float = 0.95,
    interval: Interval = "score",
    encoding: str | None = None,
    sheet: str | int | None = None,
) -> Impact:
    """Compare how groups fare from counts that are already public.

    Parameters
    ----------
    counts : DataFrame, path-like, or any frame narwhals supports
        ``group, considered, selected``, or ``group, grade, n``; perhaps ``attribute``, and ``stratum`` (a unit, a level, a year:
        several years are pooled by giving each as a stratum).
    columns : mapping, optional
        Our column name to the table's own: ``{"group": "群体", "considered": "应考", "selected": "入选"}``.
    grades : sequence of str, optional
        All grades, best first; needed with ``grade`` unless ``outcomes`` and ``adverse`` say all.
    outcomes, adverse, reference, min_group, law, level, interval
        As for :func:`impact`.
    encoding, sheet
        Of a file, as for :func:`rankkit.read_people`.

    Returns
    -------
    Impact

    Raises
    ------
    DataError
        With every problem of the table: missing columns, blank groups, counts that are no whole numbers of 0 or more, more selected
        than considered, unknown grades.
    SettingsError
        For an unknown grade, group or jurisdiction.
    InsufficientDataError
        If all counts are 0.

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
    tidy, order = impact_counts.tidy_counts(impact_files.named(counts, columns, encoding=encoding, sheet=sheet), grades)
    if order is None and (outcomes is None or adverse is None):
        raise SettingsError("E-SETTING", name="grades", value=None, allowed="all grades, best first")
    ends = _ends(order or [str(g) for g in dict.fromkeys(tidy["grade"])], outcomes, adverse)
    within = len(set(tidy["stratum"])) > 1
    return _impact(_found(tidy, ends, reference or {}, min_group, law, level, interval, within=within), [], pd.DataFrame())


@dataclass(frozen=True, eq=False)
class _Found:
    """Tables, the law, and what is hidden."""

    rates: pd.DataFrame
    comparisons: pd.DataFrame
    strata: pd.DataFrame
    pack: Jurisdiction
    hidden: Mapping[str, set[str]]
    unusable: Mapping[str, str]
    level: float
    least: int


def _found(
    counts: pd.DataFrame,
    ends: Sequence[Outcome],
    reference: Mapping[str, str],
    least: int,
    law: str,
    level: float,
    interval: Interval,
    *,
    within: bool,
) -> _Found:
    """Rates, comparisons, strata; the law; and what is hidden."""
    impact_tables.check_settings(least, level, interval)
    pack = jurisdiction(law)
    sizes = counts.groupby(["attribute", "group"])["n"].sum()
    counts = counts[counts.set_index(["attribute", "group"]).index.isin(sizes[sizes > 0].index)]
    hidden: dict[str, set[str]] = {}
    for name in dict.fromkeys(counts["attribute"]):
        of = {str(g): int(n) for g, n in sizes[name].items()}
        hidden[str(name)] = impact_tables.hidden_groups(of, least)
        if reference.get(str(name), next(iter(of))) not in of:
            raise SettingsError("E-SETTING", name="reference", value=reference[str(name)], allowed=sorted(of))
    if unknown := sorted(set(reference) - set(hidden)):
        raise SettingsError("E-SETTING", name="reference", value=unknown, allowed=sorted(hidden))
    tally = impact_tables.tallies(counts, ends)
    usable = {k: v for k, v in reference.items() if v not in hidden.get(k, set())}
    compared = impact_tables.comparison_table(tally, hidden, usable, pack, level, interval)
    compared = impact_tables.flips(compared, pack.threshold).assign(
        exploratory=compared["attribute"].str.contains(CROSS, regex=False).astype(bool)
    )
    strata = impact_tables.strata_table(tally, hidden, usable, level) if within else pd.DataFrame()
    unusable = {k: v for k, v in reference.items() if k not in usable}
    return _Found(impact_tables.rate_table(tally, hidden, level), compared, strata, pack, hidden, unusable, level, least)


def _impact(found: _Found, notes: Sequence[Problem], scores: pd.DataFrame) -> Impact:
    told = [Problem("W-IMPACTSMALL", None, name, None, {"n": len(groups)}) for name, groups in found.hidden.items() if groups]
    told += [Problem("W-IMPACTREFERENCE", None, name, None, {"group": group}) for name, group in found.unusable.items()]
    if "told_by" in found.strata and (sparse := int((found.strata["told_by"] == "exact").sum())):
        told.append(Problem("W-IMPACTSPARSE", None, None, None, {"n": sparse}))
    return Impact(
        rates=found.rates,
        comparisons=found.comparisons,
        strata=found.strata,
        scores=scores,
        jurisdiction=f"{found.pack.id}-{found.pack.version}",
        notes=(*notes, *told),
        level=found.level,
        min_group=found.least,
    )


def _ends(order: Sequence[str], outcomes: Mapping[str, Sequence[str]] | None, adverse: Mapping[str, Sequence[str]] | None) -> list[Outcome]:
    """Outcomes to compare: by default the best grade and, where there are others, the lowest."""
    good = {order[0]: [order[0]]} if outcomes is None else outcomes
    bad = ({order[-1]: [order[-1]]} if len(order) > 2 else {}) if adverse is None else adverse  # of two, one says it all
    for grades in (*good.values(), *bad.values()):
        unknown = [g for g in grades if g not in order]
        if unknown or isinstance(grades, str):
            raise SettingsError("E-SETTING", name="outcomes", value=unknown, allowed=list(order))
    ends: list[tuple[Literal["favourable", "adverse"], Mapping[str, Sequence[str]]]] = [("favourable", good), ("adverse", bad)]
    return [(name, end, list(grades)) for end, named in ends for name, grades in named.items()]

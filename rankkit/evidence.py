"""Evidence behind ratings: which marks at the ends of the scale have incidents to show for them, and which have the opposite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from rankkit import show
from rankkit.archive import archived
from rankkit.assessment import is_number
from rankkit.errors import DataError, Problem, RatingsError, SettingsError
from rankkit.findings import Finding, Findings, as_frame, pattern
from rankkit.kernels.arrays import Floats, Ints
from rankkit.kernels.multiplicity import benjamini_hochberg
from rankkit.kernels.share_intervals import clustered_shares
from rankkit.result import Result
from rankkit.tables import dates
from rankkit.tables.incidents import Incidents
from rankkit.tables.people import People
from rankkit.tables.ratings import OVERALL, Ratings

if TYPE_CHECKING:
    from pathlib import Path

    from rankkit.errors import Lang
    from rankkit.privacy.audience import Audience

SUPPORTED, UNSUPPORTED, CONTRADICTED = "supported", "unsupported", "contradicted"
STATES = (SUPPORTED, UNSUPPORTED, CONTRADICTED)
_REVIEW_Q, _FEWEST, _FLOOR = 0.05, 5, 0.20


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class EvidenceCoverage(show.Shown):
    """What incidents say to ratings at the ends of the scale.

    Attributes
    ----------
    ratings : DataFrame
        One rating at an end a row: ``rater, ratee, label, dimension, score, end`` (``high`` or ``low``), ``supporting`` and ``opposing``
        incidents, ``state``.
    raters : DataFrame
        By ``rater``: ``rated`` (all ratings), ``ends`` (of them at the ends), counts of each state, ``share`` supported with Wilson's
        interval clustered by person, ``p, q`` against the other raters together, ``reason``.
    dimensions : DataFrame
        The same by ``dimension``.
    notes : tuple of Problem
        What to keep in mind.
    patterns : tuple of Finding
        Patterns to review.
    """

    ratings: pd.DataFrame
    raters: pd.DataFrame
    dimensions: pd.DataFrame
    labels: Mapping[str, str] = field(default_factory=dict)
    rater_labels: Mapping[str, str] = field(default_factory=dict)
    needed: int = 1
    ends: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    level: float = 0.95
    notes: tuple[Problem, ...] = ()
    patterns: tuple[Finding, ...] = ()

    @property
    def findings(self) -> pd.DataFrame:
        """Patterns to review (columns of the findings contract)."""
        return as_frame(self.patterns)

    @property
    def share(self) -> float:
        """Share of the ratings at the ends that incidents support."""
        return float((self.ratings["state"] == SUPPORTED).mean()) if len(self.ratings) else float("nan")

    def of(self, ratee: str) -> pd.DataFrame:
        """Evidence by ``dimension`` for one person's report: ``high, low`` ratings and how many of them have which state; no rater.

        Raises
        ------
        SettingsError
            If nobody goes by this id.
        """
        if ratee not in self.labels:
            raise SettingsError("E-PERSON", name=ratee)
        own = self.ratings[self.ratings["ratee"] == ratee]
        columns = ["high", "low", *STATES]
        parts = [pd.crosstab(own["dimension"], own[c]) for c in ("end", "state")]
        out = pd.concat(parts, axis=1).reindex(columns=columns, fill_value=0) if len(own) else pd.DataFrame(columns=columns, dtype="int64")
        return out.rename_axis(index="dimension", columns=None).astype("int64")

    def appeal(self, ratee: str) -> pd.DataFrame:
        """Return the ratings of one person that incidents do not support or contradict, for whoever decides on an appeal.

        Raises
        ------
        SettingsError
            If nobody goes by this id.
        """
        self.of(ratee)
        own = self.ratings[(self.ratings["ratee"] == ratee) & (self.ratings["state"] != SUPPORTED)]
        order = {s: k for k, s in enumerate((CONTRADICTED, UNSUPPORTED))}
        return own.sort_values(["state", "dimension", "rater"], key=lambda c: c.map(order) if c.name == "state" else c, ignore_index=True)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables for reports: by rater and by dimension."""
        return {"evidence_by_rater": self.raters, "evidence_by_dimension": self.dimensions}

    def to_report(self, path: str | Path, audience: Audience = "hr", lang: Lang = "en", *args: Any, **options: Any) -> Path:
        """Write an HTML page for human resources or a committee; parameters as for results.

        People rated and their managers read :meth:`of` in their own reports: this page compares raters.

        Raises
        ------
        DisclosureError
            For a ratee or a manager.
        """
        return self._as_findings().to_report(path, audience, lang, *args, **options)

    def to_excel(self, path: str | Path, audience: Audience = "hr", lang: Lang = "en", *args: Any, **options: Any) -> Path:
        """Write an Excel workbook; parameters as :meth:`to_report`."""
        return self._as_findings().to_excel(path, audience, lang, *args, **options)

    def _as_findings(self) -> Findings:
        """Return the tables and patterns in the form that pages of checks are made from."""
        return Findings(patterns=self.patterns, tables=self.tables(), labels=self.rater_labels, notes=self.notes)

    def __repr__(self) -> str:
        counts = self.ratings["state"].value_counts()
        said = ", ".join(f"{counts.get(s, 0)} {s}" for s in STATES)
        return f"<EvidenceCoverage: {len(self.ratings)} ratings at the ends: {said}>"

    def _repr_html_(self) -> str:
        return f"<p>{repr(self)[1:-1]}</p>"


def evidence_coverage(
    rated: Ratings | Result | pd.DataFrame,
    incidents: Incidents | pd.DataFrame,
    *,
    people: People | None = None,
    scale: tuple[float, float] | None = None,
    ends: int = 2,
    needed: int = 1,
    period: tuple[Any, Any] | None = None,
    dimensions: Mapping[str, str] | None = None,
    level: float = 0.95,
) -> EvidenceCoverage:
    """Hold ratings at the ends of the scale against the incidents of the same person and dimension.

    A rating among the ``ends`` highest (lowest) points is *supported* by ``needed`` positive (negative) incidents, *contradicted* where
    opposite incidents outnumber the supporting ones by two or more, else *unsupported*. Middle ratings need no evidence. A rating of the
    whole (dimension ``overall``) is held against incidents of every dimension.

    Parameters
    ----------
    rated : Ratings, DataFrame or Result
        Ratings, or a result that keeps them (``ratings_by_rater``).
    incidents : Incidents or DataFrame
        ``ratee, occurred_on, valence`` and ``dimension``.
    people : People, optional
        Display names.
    scale : (float, float), optional
        Ends of the scale; by default the table's own.
    ends : int
        Points at each end that need evidence (the two highest and the two lowest of five); fewer where the scale is short, so that a
        middle remains.
    needed : int
        Incidents that make a rating supported.
    period : (date, date), optional
        Only incidents of these days count.
    dimensions : mapping of str to str, optional
        What a dimension of the incidents is called in the ratings.
    level : float
        Of the intervals.

    Returns
    -------
    EvidenceCoverage

    Raises
    ------
    RatingsError, DataError
        If a table has problems; ``E-NOSCALE`` without a scale, ``E-NODIMENSION`` if no dimension is in both tables.
    SettingsError
        For an impossible setting.

    Examples
    --------
    >>> import pandas as pd
    >>> marks = pd.DataFrame({"rater": "m1", "ratee": ["a", "b", "c"], "dimension": "care", "score": [5, 1, 3]})
    >>> log = pd.DataFrame({"ratee": ["a", "b", "b"], "dimension": "care", "valence": [1, 2, 1], "occurred_on": "2026-03-01"})
    >>> evidence_coverage(marks, log, scale=(1, 5)).ratings[["ratee", "end", "supporting", "opposing", "state"]].values.tolist()
    [['a', 'high', 1, 0, 'supported'], ['b', 'low', 0, 2, 'contradicted']]
    """
    _check(ends, needed, level)
    frame, own_scale, labels, rater_labels = _read(rated)
    bounds = scale or own_scale
    if bounds is None:
        raise RatingsError("E-NOSCALE", dimension="–")
    log = incidents if isinstance(incidents, Incidents) else Incidents.from_frame(incidents)
    counts, notes = _counts(log, period, dimensions or {}, set(frame["dimension"]))
    low, high = _limits(bounds, int(ends))
    frame = frame.assign(end=np.where(frame["score"] >= high, "high", np.where(frame["score"] <= low, "low", "")))
    at = frame[frame["end"] != ""].merge(counts, on=["ratee", "dimension"], how="left").fillna({"positive": 0, "negative": 0})
    is_high = (at["end"] == "high").to_numpy()
    supporting = np.where(is_high, at["positive"], at["negative"]).astype("int64")
    opposing = np.where(is_high, at["negative"], at["positive"]).astype("int64")
    state = np.where(opposing - supporting >= 2, CONTRADICTED, np.where(supporting >= needed, SUPPORTED, UNSUPPORTED))
    names = {**labels, **({} if people is None else dict(people.labels))}
    own = {**rater_labels, **({} if people is None else {r: people.labels[r] for r in set(frame["rater"]) & set(people.ids)})}
    ratings = at[["rater", "ratee"]].assign(
        label=[names.get(p, p) for p in at["ratee"]],
        dimension=at["dimension"],
        score=at["score"],
        end=at["end"],
        supporting=supporting,
        opposing=opposing,
        state=state,
    )
    ratings = ratings.sort_values(["ratee", "dimension", "rater"], kind="stable", ignore_index=True)
    by_rater = _shares(ratings, frame, "rater", level)
    notes.append(Problem("I-EVIDENCE", None, None, None, {"n": len(ratings), "of": len(frame), "needed": int(needed)}))
    return EvidenceCoverage(
        ratings=ratings,
        raters=by_rater,
        dimensions=_shares(ratings, frame, "dimension", level).drop(columns=["p", "q"]),
        labels={p: names.get(p, p) for p in sorted({*frame["ratee"], *log.people})},
        rater_labels=own,
        needed=int(needed),
        ends={"low": (float(bounds[0]), low), "high": (high, float(bounds[1]))},
        level=level,
        notes=tuple(notes),
        patterns=_patterns(by_rater, own),
    )


def _check(ends: Any, needed: Any, level: Any) -> None:
    for name, value in (("ends", ends), ("needed", needed)):
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
            raise SettingsError("E-SETTING", name=name, value=value, allowed="1 or more")
    if not is_number(level) or not 0 < level < 1:
        raise SettingsError("E-LEVEL", value=level)


def _limits(bounds: tuple[float, float], ends: int) -> tuple[float, float]:
    """Return the highest low mark and the lowest high mark; a middle of one point at least remains."""
    points = min(ends, max(int((bounds[1] - bounds[0]) // 2), 1))
    return float(bounds[0]) + points - 1, float(bounds[1]) - points + 1


def _read(rated: Ratings | Result | pd.DataFrame) -> tuple[pd.DataFrame, tuple[float, float] | None, dict[str, str], dict[str, str]]:
    """Ratings as rows ``rater, ratee, dimension, score``; self ratings are left out where there are others."""
    if isinstance(rated, Result):
        if "ratings_by_rater" not in rated.evidence:
            raise DataError("E-TYPE", expected="Ratings", found=type(rated).__name__)
        kept = rated.evidence["ratings_by_rater"]
        declared = rated.settings.get("scale")
        scale = (float(declared[0]), float(declared[1])) if isinstance(declared, (list, tuple)) and len(declared) == 2 else None
        frame = kept[["rater", "ratee", "dimension", "score"]].astype({"rater": object, "ratee": object, "dimension": object})
        names = dict(zip(kept["rater"], kept["rater_label"], strict=True)) if "rater_label" in kept else {}
        return frame.dropna(subset="score"), scale, dict(rated.labels), {str(k): str(v) for k, v in names.items()}
    table = rated if isinstance(rated, Ratings) else Ratings.from_frame(rated)
    if "self" in table.sources and len(table.sources) > 1:
        table = table.where(table.source != table.sources.index("self"))
    c = table.cells
    data = {
        "rater": np.array([*table.raters, "–"], dtype=object)[c.rater],
        "ratee": np.array(table.people, dtype=object)[c.ratee],
        "dimension": np.array(table.dimensions, dtype=object)[c.dimension],
        "score": c.score,
    }
    return pd.DataFrame(data).dropna(subset="score"), table.scale, dict(table.labels), dict(table.rater_labels)


def _counts(log: Incidents, period: Any, renamed: Mapping[str, str], rated: set[str]) -> tuple[pd.DataFrame, list[Problem]]:
    """Positive and negative incidents of each person and dimension that is rated; what has no counterpart is noted."""
    keep = np.ones(len(log.entries), dtype=bool)
    notes: list[Problem] = []
    if period is not None:
        days, bad = dates.days(pd.Series([str(v) for v in period], dtype=object))
        if bad.any() or len(days) != 2 or not days[0] <= days[1]:
            raise SettingsError("E-SETTING", name="period", value=[str(v) for v in period], allowed="two dates, the first one first")
        keep = (log.day >= days[0]) & (log.day < days[1] + 1)
    dimension = (
        log.entries["dimension"].map(lambda d: renamed.get(d, d))
        if "dimension" in log.entries
        else pd.Series(None, index=log.entries.index, dtype=object)
    )
    long = pd.DataFrame({"ratee": log.entries["ratee"], "dimension": dimension, "positive": log.valence > 0, "negative": log.valence < 0})
    if not long["dimension"].isin(rated).any() and OVERALL not in rated:
        found = sorted({str(d) for d in dimension.dropna()})
        raise DataError("E-NODIMENSION", found=found, rated=sorted(rated))
    long = long[keep]
    known = long["dimension"].isin(rated)
    lost = int((~known).sum())
    if lost and OVERALL not in rated:
        notes.append(
            Problem("I-OTHERDIMENSION", None, None, None, {"n": lost, "which": sorted({str(d) for d in long.loc[~known, "dimension"]})})
        )
    parts = [long[known]] + ([long.assign(dimension=OVERALL)] if OVERALL in rated else [])
    return pd.concat(parts).groupby(["ratee", "dimension"], as_index=False)[["positive", "negative"]].sum(), notes


def _shares(ratings: pd.DataFrame, frame: pd.DataFrame, by: str, level: float) -> pd.DataFrame:
    """Share supported of each rater or dimension, with its interval and a comparison with all others together."""
    names = sorted(set(frame[by]))
    place = {n: k for k, n in enumerate(names)}
    unit = np.array([place[v] for v in ratings[by]], dtype=np.int64)
    cluster: Ints = pd.factorize(ratings["ratee"], sort=True)[0].astype(np.int64)
    hit = (ratings["state"] == SUPPORTED).to_numpy(dtype=bool)
    n = len(names)
    out = pd.DataFrame(index=pd.Index(names, name=by))
    out["rated"] = frame[by].value_counts().reindex(names, fill_value=0).to_numpy()
    out["ends"] = np.bincount(unit, minlength=n)
    for state in STATES:
        out[state] = np.bincount(unit[(ratings["state"] == state).to_numpy()], minlength=n)
    found = clustered_shares(unit, cluster, hit, n, level)
    out["share"], out["ci_low"], out["ci_high"] = found.share, found.low, found.high
    out["p"] = [_against_others(unit, cluster, hit, k) for k in range(n)]
    out["q"] = benjamini_hochberg(out["p"].to_numpy(dtype=np.float64))
    out["reason"] = np.where(out["ends"] > 0, "", Problem("S-NOENDS").message())
    return out


def _against_others(unit: Ints, cluster: Ints, hit: Any, k: int) -> float:
    """P of a unit's share against that of all others: two-sample t over people (each person's mean weighs by its ratings)."""
    parts: list[tuple[float, float, int]] = []
    for mine in (unit == k, unit != k):
        if not mine.any():
            return float("nan")
        _, who = np.unique(cluster[mine], return_inverse=True)
        size: Floats = np.bincount(who).astype(np.float64)
        share = float(hit[mine].mean())
        residual = np.bincount(who, hit[mine] - share)
        g = len(size)
        if g < 3:
            return float("nan")
        common = float(hit.mean() * (1 - hit.mean()) / size.sum())  # none or all supported is no proof that nothing varies
        parts.append((share, max(float(g / (g - 1) * (residual**2).sum() / size.sum() ** 2), common), g))
    (a, va, na), (b, vb, nb) = parts
    if va + vb <= 0:
        return float("nan")
    df = (va + vb) ** 2 / (va**2 / (na - 1) + vb**2 / (nb - 1))
    return float(2 * stats.t.sf(abs(a - b) / np.sqrt(va + vb), df))


def _patterns(raters: pd.DataFrame, labels: Mapping[str, str]) -> tuple[Finding, ...]:
    """Raters whose marks at the ends have less to show for them than the others'."""
    total = raters[["ends", SUPPORTED]].sum()
    out = []
    row: Any
    for row in raters[raters["q"] < _REVIEW_Q].itertuples():
        others = (total[SUPPORTED] - row.supported) / max(total["ends"] - row.ends, 1)
        if row.share >= others:
            continue
        name = str(row.Index)
        details = {"rater": labels.get(name, name), "share": f"{row.share:.0%}", "n": int(row.ends), "others": f"{others:.0%}"}
        large = others - row.share >= _FLOOR and row.ends >= _FEWEST
        out.append(
            pattern(
                "F-UNSUPPORTED", "review" if large else "info", "rater", name, details, estimate=row.share, ci_low=row.ci_low,
                ci_high=row.ci_high, effect=row.share - others, effect_name="share supported − others'", p=row.p, q=row.q,
                family="evidence × rater", n=int(row.ends),
            )
        )  # fmt: skip
    return tuple(out)

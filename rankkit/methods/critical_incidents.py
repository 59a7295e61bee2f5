"""Critical incidents: what was observed, how often, how late and by whom; no score unless one is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from rankkit import findings
from rankkit.archive import archived
from rankkit.assessment import Assessment, check_choice, is_number
from rankkit.errors import Problem, SettingsError
from rankkit.findings import Finding, pattern
from rankkit.lazy_tables import LazyTables
from rankkit.methods import incident_loggers, incident_tables, incident_texts
from rankkit.methods.incident_index import evidence_index
from rankkit.result import Result, Status
from rankkit.tables import dates
from rankkit.tables.incidents import Incidents
from rankkit.tables.people import People
from rankkit.tables.text_detectors import accuracy

Score = Literal["none", "evidence_index"]
_SHOWN = ("balance", "counts", "rates", "lags", "loggers", "logger_model", "ratee_effects", "saturation", "detectors")
_REVIEW_Q, _FEWEST, _FLOOR = 0.05, 5, 0.20  # of a test of the last days; records; excess of the share


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CriticalIncidentsResult(Result):
    """Result of :class:`~rankkit.CriticalIncidents`: tables of what was recorded; scores only if an index was asked for."""

    def _table(self, name: str) -> pd.DataFrame:
        return self.evidence[name].copy(deep=False)

    @property
    def counts(self) -> pd.DataFrame:
        """By (``ratee``, ``dimension``): ``positive, neutral, negative, n``."""
        return self._table("counts")

    @property
    def balance(self) -> pd.DataFrame:
        """By ``ratee``: (positive − negative)/(positive + negative) with its exact interval."""
        return self._table("balance")

    @property
    def rates(self) -> pd.DataFrame:
        """By ``ratee``: incidents a month of full observation, with exact intervals, and how many authors there are."""
        return self._table("rates")

    @property
    def lags(self) -> pd.DataFrame:
        """By ``rater``: days from the event to the record, the share of late ones, and the share written in the last days."""
        return self._table("lags")

    @property
    def loggers(self) -> pd.DataFrame:
        """By ``rater``: incidents, months, rate, and ``effect``: how many times the average author's rate on the same people."""
        return self._table("loggers")

    @property
    def ratee_effects(self) -> pd.DataFrame:
        """By ``ratee``: how many times the average person's rate, authors' diligence taken out; needs two authors a person."""
        return self._table("ratee_effects")

    @property
    def logger_model(self) -> pd.DataFrame:
        """By ``term``: spread of log rates between people and between authors, dispersion of counts, with tests."""
        return self._table("logger_model")

    @property
    def saturation(self) -> pd.DataFrame:
        """New categories in each ten incidents."""
        return self._table("saturation")

    @property
    def texts(self) -> pd.DataFrame:
        """What the detectors found in each incident, without its words."""
        return self._table("texts")

    @property
    def one_sided(self) -> pd.DataFrame:
        """By (``rater``, ``ratee``): negatives of this person beside those of the author's other people."""
        return self._table("one_sided")

    @property
    def detectors(self) -> pd.DataFrame:
        """Precision and recall of the text detectors on labelled texts they were not made from."""
        return self._table("detectors")

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables this method adds to reports; none has the words of an incident."""
        return LazyTables({name: partial(self._table, name) for name in _SHOWN if name in self.evidence})


@dataclass(frozen=True, kw_only=True)
class CriticalIncidents(Assessment[Incidents, CriticalIncidentsResult]):
    r"""Critical incidents (Flanagan 1954), described: counts, balance, rates, lags, authors, texts.

    By default nobody gets a score: counts measure how diligently an author writes as much as what a person does, and a sum of plus and
    minus ones ignores how long and by whom a person was observed.

    Parameters
    ----------
    period : (date, date), optional
        First and last day of the appraisal period. Without it the period is from the first to the last date of the table, and the
        share written in the last days is not tested: the last record would be in it by construction.
    score : {"none", "evidence_index"}
        ``evidence_index``: shrunken rate of positive less that of negative incidents a month. An order, no measure: no standard
        errors, and ``provisional`` for people of fewer than two authors.
    late_days : int
        Days after which a record is late.
    last_days : int
        Length of the end of the period, in days.
    copy_threshold : float
        Share of common characters, .85 to 1, from which two texts are copies.
    level, seed
        See :class:`~rankkit.assessment.Assessment`; nothing here is random.

    Raises
    ------
    SettingsError
        For impossible settings.
    DataError
        If the table has problems.

    References
    ----------
    Flanagan (1954), The critical incident technique, Psychological Bulletin 51, 327-358.

    Examples
    --------
    >>> import pandas as pd, rankkit as rk
    >>> log = pd.DataFrame({"ratee": ["e1", "e1", "e2"], "author": "m1", "occurred_on": ["2026-03-01", "2026-05-09", "2026-05-10"],
    ...                     "recorded_at": ["2026-03-02", "2026-06-20", "2026-05-10"], "valence": [2, -1, 1]})
    >>> result = rk.CriticalIncidents(period=("2026-01-01", "2026-06-30")).fit(log)
    >>> result.balance[["positive", "negative", "balance", "ci_low", "ci_high"]].round(2)
           positive  negative  balance  ci_low  ci_high
    ratee
    e1            1         1      0.0   -0.97     0.97
    e2            1         0      1.0   -0.95     1.00
    >>> result.scores["status"].tolist()
    ['not_scored', 'not_scored']
    """

    accepts: ClassVar[type[Incidents]] = Incidents
    period: tuple[str, str] | None = None
    score: Score = "none"
    late_days: int = 14
    last_days: int = 30
    copy_threshold: float = 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("score", self.score, Score)
        for name in ("late_days", "last_days"):
            value = getattr(self, name)
            if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
                raise SettingsError("E-SETTING", name=name, value=value, allowed="1 or more days")
        if not is_number(self.copy_threshold) or not 0.85 <= self.copy_threshold <= 1:
            raise SettingsError("E-SETTING", name="copy_threshold", value=self.copy_threshold, allowed="0.85 to 1")
        if self.period is not None:
            object.__setattr__(self, "period", _checked_period(self.period, int(self.last_days)))

    def _estimate(self, table: Incidents, _people: People | None, /) -> CriticalIncidentsResult:
        declared = None if self.period is None else (_day(self.period[0]), _day(self.period[1]))
        first, last = declared or _span(table)
        days = last - first + 1
        texts = incident_texts.texts(table, int(self.late_days), float(self.copy_threshold))
        sided, one_sided, sided_notes = incident_texts.one_sided(table)
        lags = incident_tables.lags(table, declared, int(self.late_days), int(self.last_days), self.level)
        loggers = incident_loggers.logger_tables(table, self.level)
        authors = incident_tables.loggers_of(table)
        patterns = (*self._last_findings(lags, table), *loggers.findings, *one_sided)
        notes = [*incident_texts.notes(texts, table, int(self.late_days)), *sided_notes, *self._notes(table, declared, loggers.refused)]
        n = len(table.people)
        estimate, status, reasons = self._scores(table, days, authors)
        n_obs = np.bincount(table.ratee, minlength=n).astype(np.int64)
        makers: dict[str, Any] = {
            "counts": partial(incident_tables.counts, table),
            "balance": partial(incident_tables.balance, table, self.level),
            "rates": partial(incident_tables.rates, table, days, self.level),
            "lags": partial(_with_names, lags, table),
            "loggers": partial(_with_names, loggers.loggers, table),
            "logger_model": loggers.model.copy,
            "ratee_effects": loggers.ratees.copy,
            "saturation": partial(incident_tables.saturation, table),
            "texts": texts.copy,
            "one_sided": sided.copy,
            "detectors": partial(accuracy, self.level),
            "timeline": partial(_timeline, table),
            "pair_rates": partial(incident_loggers.pair_rates, table),
            "findings": partial(findings.as_frame, patterns),
        }
        return CriticalIncidentsResult(
            method=type(self).__name__,
            people=table.people,
            labels=table.labels,
            estimate=estimate,
            status=status,
            reasons=reasons,
            n_raters=np.where(authors > 0, authors, -1 if not table.authors else 0).astype(np.int64),
            n_obs=n_obs,
            unit="none" if self.score == "none" else "ordinal",
            level=self.level,
            seed=self.seed,
            notes=tuple(notes),
            patterns=patterns,
            evidence=LazyTables(makers),
        )

    def _scores(
        self, table: Incidents, days: float, authors: np.ndarray[Any, Any]
    ) -> tuple[np.ndarray[Any, Any], tuple[Status, ...], tuple[Problem | None, ...]]:
        """Nobody, or the index with its reservations."""
        n = len(table.people)
        if self.score == "none":
            none: Status = "not_scored"
            return np.full(n, np.nan), (none,) * n, (Problem("S-NOTSCORED"),) * n
        months, assumed = incident_tables.observed_months(table, days)
        counts = [np.bincount(table.ratee, np.sign(table.valence) == s, n).astype(np.float64) for s in (1, -1)]
        index = evidence_index(counts[0], counts[1], months)
        # adding up in another order must not part equal people
        index = np.round(index, 12)
        status: list[Status] = []
        reasons: list[Problem | None] = []
        for k in range(n):
            if not months[k] > 0:
                status.append("insufficient_data")
                reasons.append(Problem("S-NOTOBSERVED"))
            elif authors[k] < 2 or assumed[k]:
                status.append("provisional")
                reasons.append(Problem("S-ONELOGGER") if authors[k] < 2 else Problem("S-NOEXPOSURE"))
            else:
                status.append("scored")
                reasons.append(None)
        return index, tuple(status), tuple(reasons)

    def _notes(self, table: Incidents, declared: tuple[float, float] | None, refused: Problem | None) -> list[Problem]:
        """Say what the table leaves open."""
        out = [Problem("I-INDEX" if self.score != "none" else "I-NOSCORE")]
        if declared is None:
            first, last = _span(table)
            shown = {"first": f"{dates_of(first)}", "last": f"{dates_of(last)}"}
            out.append(Problem("I-PERIOD", None, None, None, shown))
        else:
            outside = int(((table.day < declared[0]) | (table.day >= declared[1] + 1)).sum())
            if outside:
                out.append(Problem("W-OUTSIDE", None, None, None, {"n": outside, "of": len(table.entries)}))
        if table.exposure is None:
            out.append(Problem("I-NOEXPOSURE"))
        if refused is not None and refused.code != "E-NOEXPOSURE":
            out.append(refused)
        return out

    def _last_findings(self, lags: pd.DataFrame, table: Incidents) -> list[Finding]:
        """Authors who write much of their log in the last days of the period."""
        own = lags.drop(index=incident_tables.ALL)
        out = []
        row: Any
        for row in own[(own["q"] < _REVIEW_Q) & (own["last_share"] > own["expected"])].itertuples():
            gap = row.last_share - row.expected
            level: Literal["info", "review"] = "review" if gap >= _FLOOR and row.in_period >= _FEWEST else "info"
            name = table.author_labels.get(str(row.Index), str(row.Index))
            details = {"rater": name, "share": f"{row.last_share:.0%}", "expected": f"{row.expected:.0%}", "days": int(self.last_days)}
            out.append(
                pattern(
                    "F-LASTDAYS", level, "rater", str(row.Index), {**details, "n": int(row.in_period)}, estimate=row.last_share,
                    ci_low=row.last_low, ci_high=row.last_high, effect=gap, effect_name="share − expected", p=row.p, q=row.q,
                    family="last days × author", n=int(row.in_period),
                )
            )  # fmt: skip
        return out


def _timeline(table: Incidents) -> pd.DataFrame:
    """What the picture of a person's year draws: when, how good, which dimension, how late; no words."""
    kept = [c for c in ("ratee", "author", "occurred_on", "recorded_at", "valence", "dimension") if c in table.entries]
    return table.entries[kept].rename(columns={"author": "rater"}).assign(place=table.places)


def _with_names(frame: pd.DataFrame, table: Incidents) -> pd.DataFrame:
    """Put the names of authors beside their ids."""
    out = frame.copy()
    out.insert(0, "rater_label", [table.author_labels.get(str(a), str(a)) for a in out.index])
    return out


def dates_of(day: float) -> str:
    """Write a day since 1970 as a date.

    >>> dates_of(0.0)
    '1970-01-01'
    """
    return f"{pd.Timestamp(0) + pd.Timedelta(days=float(np.floor(day))):%Y-%m-%d}"


def _span(table: Incidents) -> tuple[float, float]:
    """First and last day of the table."""
    both = np.concatenate([table.day, table.recorded])
    return float(np.floor(np.nanmin(both))), float(np.floor(np.nanmax(both)))


def _day(text: str) -> float:
    return float(np.floor(dates.days(pd.Series([text]))[0][0]))


def _checked_period(period: Any, last_days: int) -> tuple[str, str]:
    """Two dates, the second at least as long after the first as the end is long."""
    allowed = f"two dates such as ('2026-01-01', '2026-12-31'), more than {last_days} days apart"
    if isinstance(period, str) or not hasattr(period, "__len__") or len(period) != 2:
        raise SettingsError("E-SETTING", name="period", value=period, allowed=allowed)
    read, bad = dates.parse(pd.Series([str(v) for v in period], dtype=object))
    if bad.any() or read.isna().any() or (read[1] - read[0]).days < last_days:
        raise SettingsError("E-SETTING", name="period", value=[str(v) for v in period], allowed=allowed)
    return f"{read[0]:%Y-%m-%d}", f"{read[1]:%Y-%m-%d}"

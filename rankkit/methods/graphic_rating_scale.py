"""Graphic rating scale: weighted composites of ratings, with standard errors that come from raters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from rankkit.archive import archived
from rankkit.assessment import Assessment, Fixed, check_choice, is_number
from rankkit.design_audit import DesignAudit, of_ratings
from rankkit.errors import IdentificationError, InsufficientDataError, PolicyError, Problem, RatingsError, SettingsError
from rankkit.kernels.arrays import Bools, Floats
from rankkit.kernels.rating_composite import adjust as adjust_cells
from rankkit.kernels.rating_composite import composite
from rankkit.methods import rating_evidence, rating_tables
from rankkit.methods.rating_evidence import Evidence, rating_notes
from rankkit.result import Result, Status, Unit
from rankkit.tables.people import People
from rankkit.tables.ratings import Cells, Ratings
from rankkit.tables.score_checks import possible

Adjust = Literal["none", "center", "z"]
SINGLE_RATER_RELIABILITY = 0.52  # supervisors' interrater reliability: Viswesvaran, Ones & Schmidt (1996)
_SUM_SLACK = 1e-9  # rounding when weights are added


@archived
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GraphicRatingScaleResult(Result):
    """Result of :class:`GraphicRatingScale`.

    Attributes
    ----------
    weights : DataFrame
        Indexed by ``dimension``: nominal weight, effective weight, standard deviation between people.
    components : DataFrame
        Indexed by ``facet``: variance component (estimate, and as it came out before zeroing).
    ratings_by_rater : DataFrame
        The cells the scores were made of.
    changes : DataFrame
        With an adjustment: raw beside adjusted score, and who changes rank.
    """

    weights: pd.DataFrame = field(default_factory=pd.DataFrame)
    components: pd.DataFrame = field(default_factory=pd.DataFrame)
    ratings_by_rater: pd.DataFrame = field(default_factory=pd.DataFrame)
    changes: pd.DataFrame = field(default_factory=pd.DataFrame)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables this method adds to reports."""
        named = {"changes": self.changes, "weights": self.weights, "components": self.components}
        return {k: v for k, v in named.items() if len(v)}


@dataclass(frozen=True, kw_only=True)
class GraphicRatingScale(Assessment[Ratings, GraphicRatingScaleResult]):
    r"""Weighted composite of ratings over dimensions, averaged over raters.

    .. math:: X_i = \sum_d w_d \bar x_{id} / \sum_d w_d, \qquad
        \Sigma = \sigma^2_\beta C C^\top + \sigma^2_\varepsilon \operatorname{diag}(\textstyle\sum_r c_{ir}^2)

    where :math:`c_{ir}` is the share rater r has in the score of ratee i and the variances are those of raters' own
    composites (two-way crossed REML; analysis of variance where the table is complete). Dimensions are never counted
    as replicates and coefficient α never enters a standard error. Intervals are Student's t with Satterthwaite's degrees
    of freedom. The interval of a score includes the raters' severity, that of a difference only what two people do not
    share. Simulated coverage of both is 94 to 96 % at 95 %; where people have different, partly shared raters whose
    severity outweighs everything else it is higher (up to 98 %), and with three raters whose severity variance is ten
    times the residual one 93.5 to 94 %.

    Parameters
    ----------
    scale : (float, float), optional
        Lowest and highest possible score; the table's own by default.
    weights : mapping, optional
        Dimension to weight, summing to 1 or 100; equal by default. Nothing is rescaled silently.
    adjust : {"none", "center", "z"}
        Take out each rater's mean, or mean and spread, dimension by dimension. The raw score stays beside it.
    assume : {"equal_teams"}, optional
        Accepts in writing that the raters' groups are equally good, which is taken literally: that groups of people drawn
        at random differ by chance is not in the standard errors. Needed to adjust unless every rater rates everyone.
    min_weight : float
        Share of the total weight that must be observed for a score.
    reliability : float, optional
        Reliability of a single rater, used for the standard error s√(1 − r) where each person has one rater; .52 by
        default, and said so. People of the same rater share that rater's severity, so their difference is surer than
        the standard error says; by how much such data cannot tell.
    sources : tuple of str, optional
        Sources that count; by default all but ``self`` (self ratings alone are used if there is nothing else).
    level, seed
        See :class:`~rankkit.assessment.Assessment`.

    Raises
    ------
    SettingsError, PolicyError
        For impossible settings and weights.
    IdentificationError
        If an adjustment is asked for that the design cannot carry without ``assume``.

    References
    ----------
    Paterson (1922); Shrout & Fleiss (1979); Brennan (2001), Generalizability Theory; Viswesvaran, Ones & Schmidt (1996).

    Examples
    --------
    >>> import rankkit as rk
    >>> result = rk.GraphicRatingScale().fit(rk.datasets.load("guilford_creativity"))
    >>> result.scores[["score", "se", "rank", "rank_low", "rank_high"]].round(2).head(2)
           score    se  rank  rank_low  rank_high
    ratee
    Anne    4.67  0.72     4         1          7
    Betty   6.27  0.72     1         1          7
    """

    accepts: ClassVar[type[Ratings]] = Ratings
    scale: tuple[float, float] | None = None
    weights: Mapping[str, float] | None = None
    adjust: Adjust = "none"
    assume: Literal["equal_teams"] | None = None
    min_weight: float = 0.6
    reliability: float | None = None
    sources: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("adjust", self.adjust, Adjust)
        check_choice("assume", self.assume or "equal_teams", Literal["equal_teams"])
        object.__setattr__(self, "scale", possible(self.scale))
        if not is_number(self.min_weight) or not 0 < self.min_weight <= 1:
            raise SettingsError("E-SETTING", name="min_weight", value=self.min_weight, allowed="above 0, up to 1")
        if self.reliability is not None and not (is_number(self.reliability) and 0 <= self.reliability < 1):
            raise SettingsError("E-SETTING", name="reliability", value=self.reliability, allowed="0 up to, but not including, 1")
        if self.weights is not None:
            object.__setattr__(self, "weights", Fixed.of(checked_weights(self.weights)))
        sources: Any = self.sources
        if sources is not None:
            object.__setattr__(self, "sources", (sources,) if isinstance(sources, str) else tuple(sources))

    def _estimate(self, table: Ratings, people: People | None, /) -> GraphicRatingScaleResult:  # noqa: ARG002 - names are attached later
        table, notes = self._prepared(table)
        weights = self._weights_for(table)
        design = of_ratings(table, np.ones(len(table), dtype=bool))  # the rows in use are chosen, self ratings included
        cells = table.cells
        raw = self._evidence(table, cells, weights, design)
        used, changes = raw, pd.DataFrame()
        extra: list[Problem] = []
        if self.adjust != "none":
            self._may_adjust(design, table)
            cells, extra = self._adjusted(table)
            used = self._evidence(table, cells, weights, design, raw)
            changes = rating_tables.changes(table, raw, used)
        notes += [*rating_notes(table, used.parts), *used.notes, *extra]
        design = replace(design, notes=self._design_notes(design))
        parts = self._parts(table, cells, design) if len(table.dimensions) > 1 else {}
        facets, negative = rating_tables.components(table, used)
        return GraphicRatingScaleResult(
            **self._common(table, used, design),
            parts=parts,
            notes=(*design.notes, *notes, *rating_evidence.of_parts(parts, used), *negative),
            evidence={"reliability": rating_tables.reliability(raw, self.level)},
            weights=rating_tables.weight_table(table, used.parts, weights),
            components=facets,
            ratings_by_rater=rating_tables.by_rater(table),
            changes=changes,
        )

    def _design_notes(self, design: DesignAudit) -> tuple[Problem, ...]:
        """What the design cannot tell, less what was just accepted in writing (which has a note of its own)."""
        accepted = self.adjust != "none" and self.assume is not None
        return tuple(n for n in design.notes if not (accepted and n.code == "I-NESTED"))

    def _prepared(self, table: Ratings) -> tuple[Ratings, list[Problem]]:
        """Check scale and cycle, choose the sources."""
        if self.scale is not None and self.scale != table.scale:
            table = table.with_scale(self.scale)
        if "cycle" in table.extras and len(table.extras["cycle"].unique()) > 1:
            raise RatingsError("E-CYCLE", cycles=sorted(map(str, table.extras["cycle"].unique())))
        notes = [Problem("I-WEIGHTCOLUMN")] if "weight" in table.extras else []
        if not table.sources:
            if self.sources:
                raise RatingsError("E-COLS", missing="source", found=list(map(str, table.frame.columns)), example="'source': '…'")
            return table, notes
        use = rating_evidence.rows_of_sources(table, self.sources)
        if not use.all():
            left_out = sorted({table.sources[s] if s >= 0 else "–" for s in table.source[~use]})
            notes.append(Problem("I-SOURCES", None, None, None, {"n": int((~use).sum()), "left_out": left_out}))
            table = _with_rows(table, use)
        return table, notes

    def _weights_for(self, table: Ratings) -> Floats:
        """Weights of the dimensions in the data, summing to one; by default equal over those that anyone was rated on."""
        dimensions = table.dimensions
        if self.weights is None:
            rated = np.bincount(table.dimension[~np.isnan(table.score)], minlength=len(dimensions)) > 0
            return rated / rated.sum() if rated.any() else np.full(len(dimensions), 1 / len(dimensions))
        missing = [d for d in dimensions if d not in self.weights]
        unknown = [d for d in self.weights if d not in dimensions]
        if missing or unknown:
            raise PolicyError("E-WEIGHTNAME", missing=missing or "–", unknown=unknown or "–")
        w = np.array([self.weights[d] for d in dimensions])
        return np.asarray(w / w.sum())

    def _evidence(self, table: Ratings, cells: Cells, weights: Floats, design: DesignAudit, raw: Evidence | None = None) -> Evidence:
        """Composites with their covariance and degrees of freedom; of adjusted cells, given the evidence of the raw ones."""
        filled = ~np.isnan(cells.score)
        parts = composite(
            cells.ratee[filled],
            cells.rater[filled],
            cells.dimension[filled],
            cells.score[filled],
            weights,
            len(table.people),
            len(table.raters),
        )
        scored = ~np.isnan(parts.score) & (parts.weight_seen >= self.min_weight - _SUM_SLACK)
        if not scored.any():
            raise InsufficientDataError(
                "E-FEW", what="a score", needed=f"{self.min_weight:.0%}", unit="of the weight rated", found=f"{parts.weight_seen.max():.0%}"
            )
        single = SINGLE_RATER_RELIABILITY if self.reliability is None else self.reliability
        before = raw.fitted if raw is not None and self.adjust == "center" else None
        return rating_evidence.evidence(parts, scored, design.kind, single, centred=raw is not None, before=before)

    def _common(self, table: Ratings, used: Evidence, design: DesignAudit) -> dict[str, Any]:
        """Fields every part of the result shares."""
        status, reasons = self._status(table, used)
        unit: Unit = "z" if self.adjust == "z" else "scale points"
        n_raters = used.parts.n_raters if not table.averaged_over else np.full(len(table.people), -1, dtype=np.int64)
        rated = ~np.isnan(table.score)
        return {
            "method": type(self).__name__,
            "people": table.people,
            "labels": table.labels,
            "estimate": np.where(used.scored, used.parts.score, np.nan),
            "status": status,
            "reasons": reasons,
            "n_raters": n_raters,
            "n_obs": np.bincount(table.ratee[rated], minlength=len(table.people)),
            "covariance": used.covariance,
            "df": used.df,
            "df_difference": used.df_difference,
            "unit": unit,
            "se_basis": used.se_basis,
            "level": self.level,
            "seed": self.seed,
            "design": design,
        }

    def _status(self, table: Ratings, used: Evidence) -> tuple[tuple[Status, ...], tuple[Problem | None, ...]]:
        """Say of each person how final the score is, and why."""
        rated = np.bincount(table.ratee[~np.isnan(table.score)], minlength=len(table.people)) > 0
        status: list[Status] = []
        reasons: list[Problem | None] = []
        for i in range(len(table.people)):
            share = float(used.parts.weight_seen[i])
            if used.scored[i]:
                whole = share > 1 - _SUM_SLACK
                status.append("scored" if whole else "provisional")
                reasons.append(None if whole else Problem("S-PARTIAL", None, None, None, {"share": f"{share:.0%}"}))
                continue
            status.append("insufficient_data")
            if not rated[i]:
                reasons.append(Problem("S-NOSCORE"))
            elif share == 0 or np.isnan(used.parts.score[i]):
                reasons.append(Problem("S-CONSTRATERS" if self.adjust == "z" else "S-NOWEIGHT"))
            else:
                reasons.append(Problem("S-MINWEIGHT", None, None, None, {"share": f"{share:.0%}", "least": f"{self.min_weight:.0%}"}))
        return tuple(status), tuple(reasons)

    def _parts(self, table: Ratings, cells: Cells, design: DesignAudit) -> dict[str, Result]:
        """Score each dimension by itself."""
        parts: dict[str, Result] = {}
        for code, name in enumerate(table.dimensions):
            keep = cells.dimension == code
            own = Cells(cells.ratee[keep], cells.rater[keep], np.zeros(int(keep.sum()), dtype=np.int64), cells.score[keep], cells.n[keep])
            if np.isnan(own.score).all():
                continue
            whole = replace(table, score=np.where(table.dimension == code, table.score, np.nan))
            raw = None
            if self.adjust != "none":
                raw = self._evidence(whole, replace(own, score=table.cells.score[keep]), np.ones(1), design)
            used = self._evidence(whole, own, np.ones(1), design, raw)
            parts[name] = Result(**self._common(whole, used, design), notes=used.notes)
        return parts

    def _may_adjust(self, design: DesignAudit, table: Ratings) -> None:
        """Refuse what would remove real differences between teams without anyone having said so."""
        if table.averaged_over:
            raise IdentificationError("E-IDENT", what="adjust", reason="the raters are unknown", remedy="Use the ratings of single raters.")
        if self.assume == "equal_teams" or (design.kind in ("crossed", "one_rater") and _rated_alike(table)):
            return
        teams = {str(r): [str(p) for p in team] for r, team in design.links.groupby("rater", observed=True)["ratee"]}
        shown = []
        for rater, team in list(teams.items())[:4]:
            names = ", ".join(table.labels.get(p, p) for p in team[:3]) + (" …" if len(team) > 3 else "")
            shown.append(f"{table.rater_labels.get(rater, rater)}: {names}")
        who = "; ".join(shown)
        raise IdentificationError("E-ASSUME", adjust=self.adjust, who=who + (" …" if len(teams) > 4 else ""))

    def _adjusted(self, table: Ratings) -> tuple[Cells, list[Problem]]:
        """Cells without the raters' level (and spread), and what to say about it."""
        cells = table.cells
        how: Literal["center", "z"] = "z" if self.adjust == "z" else "center"
        score, pooled = adjust_cells(cells.rater, cells.dimension, cells.score, how, len(table.raters), len(table.dimensions))
        notes = [Problem("I-ADJUSTED", None, None, None, {"adjust": self.adjust})]
        if self.assume is not None:
            notes.append(Problem("I-ASSUMETEAMS"))
        if pooled.any():
            notes.append(
                Problem("W-SHRUNKSD", None, None, None, {"who": [table.rater_labels[table.raters[r]] for r in np.flatnonzero(pooled)]})
            )
        lost = np.unique(np.column_stack([cells.rater, cells.dimension])[np.isnan(score)], axis=0)
        for r, d in lost:
            notes.append(
                Problem("W-NOSPREAD", None, None, None, {"rater": table.rater_labels[table.raters[r]], "dimension": table.dimensions[d]})
            )
        return replace(cells, score=score), notes


def checked_weights(weights: Mapping[str, float]) -> dict[str, float]:
    """Check weights: not negative, summing to 1 or 100.

    Raises
    ------
    PolicyError
        Naming the weight, or the sum.
    SettingsError
        If the weights are not named.
    """
    out: dict[str, float] = {}
    if not isinstance(weights, Mapping):
        raise SettingsError("E-SETTING", name="weights", value=str(weights), allowed="{'dimension': weight, …}")
    for name, value in weights.items():
        if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)) or not np.isfinite(value) or value < 0:
            raise PolicyError("E-WEIGHTNEG", name=name, value=value)
        out[str(name)] = float(value)
    total = sum(out.values())
    if not (abs(total - 1) < _SUM_SLACK or abs(total - 100) < 100 * _SUM_SLACK):
        raise PolicyError("E-WEIGHT", total=total)
    return out


def _with_rows(table: Ratings, use: Bools) -> Ratings:
    """Keep some rows, and everybody: people left without a rating stay and are said to have none."""
    kept = {name: getattr(table, name)[use] for name in ("ratee", "rater", "dimension", "source", "score", "rows")}
    return replace(table, **kept, extras=table.extras[use].reset_index(drop=True))


def _rated_alike(table: Ratings) -> bool:
    """Whether every rater who rates a dimension rates everybody on it; else the rater's mean is that of some people only."""
    cells = table.cells
    size = np.bincount(cells.rater * len(table.dimensions) + cells.dimension)
    return bool((size[size > 0] == len(np.unique(cells.ratee))).all())

"""Every check of the contract can fail: for each there is a method broken in that one way, which fails that check and no other."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from rankkit import archive
from rankkit.errors import RankkitError, SettingsError
from rankkit.kernels.covariance import Dense
from rankkit.methods.forced_distribution import ForcedDistribution
from rankkit.methods.graphic_rating_scale import GraphicRatingScale, GraphicRatingScaleResult
from rankkit.report import pictures
from rankkit.result import Result
from rankkit.tables.attributes import Attributes
from rankkit.tables.ratings import Ratings
from rankkit.testing import ContractViolation, check_assessment, checks, invariants

BROKEN: dict[str, type[GraphicRatingScale]] = {}
_runs = itertools.count()


def ratings() -> Ratings:
    """Six people (two of them tied), four raters, two dimensions, everything filled."""
    rng = np.random.default_rng(20260101)
    merit = {"Ann": 0, "Bo": 0, "Cy": 2, "Di": 3, "Ed": 4, "Flo": 6}
    noise = {(p, r, d): int(rng.integers(0, 3)) for p in merit for r in "wxyz" for d in ("pace", "care")}
    rows = [(r, p, d, merit[p] + noise["Ann" if p == "Bo" else p, r, d]) for (p, r, d) in noise]
    return Ratings.from_frame(pd.DataFrame(rows, columns=["rater", "ratee", "dimension", "score"]), scale=(0, 10))


def breaks(check: str):
    """Register a broken method under the check it must fail."""

    def register(cls):
        made = dataclass(frozen=True, kw_only=True)(cls)
        BROKEN[check] = made
        return made

    return register


def returning(**methods):
    """A method whose result has some of its methods replaced."""
    kind = type(f"BrokenResult{next(_runs)}", (GraphicRatingScaleResult,), {"__module__": __name__, **methods})
    kind = archive.archived(dataclass(frozen=True, kw_only=True, eq=False, repr=False)(kind))
    globals()[kind.__name__] = kind

    def _estimate(self, table, people, /):
        found = GraphicRatingScale._estimate(self, table, people)
        return kind(**{f: getattr(found, f) for f in found.__dataclass_fields__})

    return _estimate


# settings and fitting


@breaks("settings_frozen")
class UnhashableSettings(GraphicRatingScale):
    def __hash__(self):
        raise TypeError("unhashable")


@breaks("pure")
class CountsItsRuns(GraphicRatingScale):
    def _attach(self, result, table, people):
        found = super()._attach(result, table, people)
        return replace(found, provenance={**found.provenance, "run": next(_runs)})


@breaks("input_untouched")
class WritesIntoTheTable(GraphicRatingScale):
    def _estimate(self, table, people, /):
        table.extras["seen"] = next(_runs)
        return super()._estimate(table, people)


@breaks("accepts_plain_frame")
class LosesARowOfAPlainFrame(GraphicRatingScale):
    def _table(self, data):
        table = super()._table(data)
        return table if data is table else table.where(np.arange(len(table)) > 0)


@breaks("level")
class RankSetsAtOneLevel(GraphicRatingScale):
    _estimate = returning(_rank_sets=lambda self, level, kind: Result._rank_sets(self, 0.95, kind))


@breaks("seed")
class ScoresDependOnTheSeed(GraphicRatingScale):
    def _estimate(self, table, people, /):
        found = super()._estimate(table, people)
        return replace(found, estimate=found.estimate + 0.001 * self.seed)


# scores


@breaks("same_columns")
class CountsAsFloats(GraphicRatingScale):
    _estimate = returning(scores=property(lambda self: self._scores.astype({"n_obs": "float64"})))


@breaks("nobody_dropped")
class DropsTheUnrated(GraphicRatingScale):
    def _estimate(self, table, people, /):
        rated = {table.people[i] for i in np.unique(table.ratee[~np.isnan(table.score)])}
        keep = np.array([table.people[i] in rated for i in table.ratee])
        return super()._estimate(table if keep.all() else table.where(keep), people)


@breaks("covariance")
class StandardErrorsOfItsOwn(GraphicRatingScale):
    _estimate = returning(_se=property(lambda self: 1.1 * Result._se.func(self)))


@breaks("rank_in_set")
class MarginalSetsMissTheRank(GraphicRatingScale):
    def _marginal_missed(self, level, kind):
        found = Result._rank_sets(self, level, kind)
        return found if kind == "simultaneous" else found.assign(rank_high=found["rank"] - 1)

    _estimate = returning(_rank_sets=_marginal_missed)


@breaks("ranks_competition")
class TiesShareTheWorseRank(GraphicRatingScale):
    _estimate = returning(_rank=property(lambda self: np.array([(self.estimate >= x).sum() for x in np.round(self.estimate, 9)])))

    def _estimate(self, table, people, /, _base=_estimate):
        found = _base(self, table, people)
        return replace(found, estimate=np.round(found.estimate, 9))


@breaks("interval")
class NormalIntervals(GraphicRatingScale):
    _estimate = returning(_half_width=property(lambda self: 1.96 * self._se))


@breaks("draws")
class DrawsOffTheScore(GraphicRatingScale):
    _estimate = returning(draws=lambda self, size, seed=None: Result.draws(self, size, seed) + 0.5)


# alterations


@breaks("row_order")
class FirstRowCountsTwice(GraphicRatingScale):
    def _estimate(self, table, people, /):
        found = super()._estimate(table, people)
        n_obs = found.n_obs.copy()
        n_obs[table.ratee[0]] += 1
        return replace(found, n_obs=n_obs)


@breaks("relabel")
class TheAlphabetDecides(GraphicRatingScale):
    def _estimate(self, table, people, /):
        found = super()._estimate(table, people)
        n_obs = found.n_obs.copy()
        n_obs[0] += 1
        return replace(found, n_obs=n_obs)


@breaks("reversal")
class ABonusForTheBest(GraphicRatingScale):
    def _estimate(self, table, people, /):
        found = super()._estimate(table, people)
        best = found.estimate >= np.nanmax(found.estimate) - 1e-9
        return replace(found, estimate=found.estimate + 0.5 * best)


@breaks("higher_is_better")
class LowIsBetter(GraphicRatingScale):
    def _estimate(self, table, people, /):
        found = super()._estimate(table, people)
        return replace(found, estimate=2 * np.nanmean(found.estimate) - found.estimate)


@breaks("shift")
class StretchesTheScale(GraphicRatingScale):
    def _estimate(self, table, people, /):
        found = super()._estimate(table, people)
        return replace(found, estimate=1.1 * found.estimate)


@breaks("duplication")
class CountsOccasionsAsRaters(GraphicRatingScale):
    def _estimate(self, table, people, /):
        found = super()._estimate(table, people)
        repeats = (~np.isnan(table.score)).sum() / len(table.cells.score)
        return found if found.covariance is None else replace(found, covariance=Dense(found.covariance.dense() / repeats))


@breaks("missing_cells")
class NeedsACompleteTable(GraphicRatingScale):
    def _estimate(self, table, people, /):
        cells = table.cells
        if len(cells.score) < len(np.unique(cells.ratee)) * len(table.raters) * len(table.dimensions):
            raise ValueError("cannot reshape array")
        return super()._estimate(table, people)


# bad input


@breaks("bad_table")
class SkipsBlankIds(GraphicRatingScale):
    def _table(self, data):
        if isinstance(data, pd.DataFrame) and "ratee" in data:
            data = data[[str(p).strip() != "" for p in data["ratee"]]]
        return super()._table(data)


@breaks("one_person_or_rater")
class NeedsTwoPeople(GraphicRatingScale):
    def _estimate(self, table, people, /):
        if len(table.people) < 2:
            raise ValueError("array is too small")
        return super()._estimate(table, people)


@breaks("protected")
class TakesAttributes(GraphicRatingScale):
    def fit(self, data, *, people=None):
        return super().fit(data, people=None if isinstance(people, Attributes) else people)


# output


@breaks("pickles")
class CannotBePickled(GraphicRatingScale):
    def _refuse(self, protocol):
        raise TypeError("cannot pickle")

    _estimate = returning(__reduce_ex__=_refuse)


@breaks("json")
class RoundsItsArchive(GraphicRatingScale):
    _estimate = returning(to_json=lambda self, path=None: archive.dumps(replace(self, estimate=np.round(self.estimate, 1))))


@breaks("people_names")
class ShowsIds(GraphicRatingScale):
    def _attach(self, result, table, people):
        found = super()._attach(result, table, people)
        return found.relabelled({p: p for p in found.people})


@breaks("representation")
class UnescapedNames(GraphicRatingScale):
    _estimate = returning(_repr_html_=lambda self: "".join(f"<td>{v}</td>" for v in self.labels.values()))


@breaks("tables")
class NumberedColumns(GraphicRatingScale):
    _estimate = returning(tables=lambda self: {"numbers": pd.DataFrame({0: [1.0]})})


@breaks("plots")
class DrawsNothing(GraphicRatingScale):
    _estimate = returning(plot=lambda self, kind=None, ax=None: None)


@breaks("release_ratee")
class ShowsARateeEverybody(GraphicRatingScale):
    _estimate = returning(
        release=lambda self, audience, ratee=None, key=b"": Result.release(
            self, "committee" if audience == "ratee" else audience, ratee, key
        )
    )


@breaks("release_research")
class ShowsResearchNames(GraphicRatingScale):
    _estimate = returning(
        release=lambda self, audience, ratee=None, key=b"": Result.release(
            self, "committee" if audience == "research" else audience, ratee, key
        )
    )


@pytest.fixture(autouse=True)
def _reports_without_pictures(monkeypatch):
    """Pictures in reports are most of the time and in none of these methods what is broken."""
    monkeypatch.setattr(pictures, "draw", lambda *_: [])


def test_the_whole_method_passes_every_check():
    found = check_assessment(GraphicRatingScale(), ratings())
    assert tuple(found["check"]) == checks()
    assert (found["outcome"] == "passed").all(), found


@pytest.mark.parametrize("check", checks())
def test_a_method_broken_in_one_way_fails_that_check_and_no_other(check):
    with pytest.raises(ContractViolation) as caught:
        check_assessment(BROKEN[check](), ratings())
    assert caught.value.checks == (check,), str(caught.value)


def test_no_breaker_without_a_check():
    assert set(BROKEN) == set(checks())


def test_every_check_says_its_invariant_in_one_sentence():
    said = invariants()
    assert list(said["check"]) == list(checks())
    assert said["invariant"].str.fullmatch(r"[^\n]{20,140}\.").all(), said


def test_a_violation_lists_every_failure_and_what_differed():
    @dataclass(frozen=True, kw_only=True)
    class TwiceBroken(BROKEN["row_order"], BROKEN["seed"]):
        pass

    with pytest.raises(ContractViolation) as caught:
        check_assessment(TwiceBroken(), ratings(), only=["row_order", "shift", "seed"])
    assert caught.value.checks == ("row_order", "seed")
    assert "n_obs of" in str(caught.value)


def test_what_cannot_be_checked_is_refused():
    with pytest.raises(SettingsError):
        check_assessment(GraphicRatingScale(), ratings(), only=["no such check"])
    with pytest.raises(SettingsError):
        check_assessment(ForcedDistribution(), ratings())
    with pytest.raises(SettingsError):
        check_assessment(GraphicRatingScale(), ratings(), through=GraphicRatingScale())
    with pytest.raises(RankkitError):
        check_assessment(GraphicRatingScale(), pd.DataFrame({"rater": ["a"], "ratee": ["b"], "score": ["?"]}))

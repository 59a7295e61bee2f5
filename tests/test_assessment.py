from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.assessment import Assessment, Fixed, check_choice, fit_by, with_people
from rankkit.errors import DataError, IdentificationError, PeopleError, Problem, RatingsError, SettingsError
from rankkit.kernels.covariance import Dense
from rankkit.result import Result
from rankkit.tables.attributes import Attributes
from rankkit.tables.comparisons import Comparisons
from rankkit.tables.people import People
from rankkit.tables.ratings import Ratings


@dataclass(frozen=True, kw_only=True)
class PlainMeans(Assessment[Ratings, Result]):
    """Mean of a person's ratings; refuses a table with one person."""

    accepts: ClassVar[type[Any]] = Ratings
    words: Fixed = field(default_factory=lambda: Fixed.of({}))

    def _estimate(self, table: Ratings, people: People | None, /) -> Result:
        n = len(table.people)
        if n < 2:
            raise IdentificationError("E-FEW", what="a ranking", needed=2, unit="people", found=n)
        cells = table.cells
        k = np.bincount(cells.ratee, minlength=n)
        return Result(
            method="PlainMeans",
            people=table.people,
            labels=table.labels,
            estimate=np.bincount(cells.ratee, cells.score, n) / k,
            status=("scored",) * n,
            reasons=(None,) * n,
            n_raters=k,
            n_obs=k,
            covariance=Dense(np.diag(1.0 / k)),
            df=np.full(n, 4.0),
            level=self.level,
            notes=(Problem("W-ALLEQUAL"),),
        )


def _frame(**changes: Any) -> pd.DataFrame:
    return pd.DataFrame({"rater": ["r1", "r1", "r2", "r2"], "ratee": ["a", "b", "a", "b"], "score": [1.0, 2.0, 3.0, 5.0]}).assign(**changes)


def test_fit_takes_a_frame_or_a_table() -> None:
    one, two = PlainMeans().fit(_frame()), PlainMeans().fit(Ratings.from_frame(_frame()))
    pd.testing.assert_frame_equal(one.scores, two.scores)
    assert one.estimate.tolist() == [2.0, 3.5]
    assert one.provenance["data"] == Ratings.from_frame(_frame()).data_hash()
    assert one.provenance["rows"] == 4
    assert one.settings["level"] == 0.95


def test_fit_takes_frames_of_other_engines() -> None:
    pl = pytest.importorskip("polars")
    pd.testing.assert_frame_equal(PlainMeans().fit(pl.DataFrame(_frame().to_dict("list"))).scores, PlainMeans().fit(_frame()).scores)


@pytest.mark.parametrize(
    "data",
    [
        Comparisons.from_frame(pd.DataFrame({"winner": ["a"], "loser": ["b"]})),
        Attributes.from_frame(pd.DataFrame({"person": ["a"], "attribute": ["x"], "value": [1]})),
        People.from_frame(pd.DataFrame({"person": ["a"]})),
        PlainMeans().fit(_frame()),
    ],
)
def test_fit_refuses_other_tables(data: Any) -> None:
    with pytest.raises(RatingsError) as caught:
        PlainMeans().fit(data)
    assert caught.value.code == "E-TYPE"


def test_protected_attributes_are_refused() -> None:
    attributes = Attributes.from_frame(pd.DataFrame({"person": ["a"], "attribute": ["sex"], "value": ["f"]}))
    with pytest.raises(PeopleError) as caught:
        PlainMeans().fit(_frame(), people=attributes)  # type: ignore[arg-type]
    assert caught.value.code == "E-ATTRIBUTES"
    long = pd.DataFrame({"person": ["a"], "attribute": ["sex"], "value": ["f"]})
    wide = pd.DataFrame({"person": ["a"], "gender": ["f"]})
    for frame, code in ((long, "E-ATTRIBUTES"), (wide, "E-ATTR")):
        with pytest.raises(PeopleError) as caught:
            PlainMeans().fit(_frame(), people=frame)
        assert caught.value.codes == (code,)


def test_people_may_be_a_frame() -> None:
    frame = pd.DataFrame({"person": ["a", "z"], "label": ["王", "李"]})
    found, same = (PlainMeans().fit(_frame(), people=p) for p in (frame, People.from_frame(frame)))
    pd.testing.assert_frame_equal(found.scores, same.scores)
    assert found.labels["z"] == "李"
    cycles = _frame().assign(cycle="2026")
    assert fit_by(PlainMeans(), cycles, "cycle", people=frame)["2026"].labels["a"] == "王"
    with pytest.raises(PeopleError) as caught:
        PlainMeans().fit(_frame(), people=["a"])  # type: ignore[arg-type]
    assert caught.value.code == "E-TYPE"


@pytest.mark.parametrize("level", [0, 1, -0.1, 95])
def test_levels(level: float) -> None:
    with pytest.raises(SettingsError) as caught:
        PlainMeans(level=level)
    assert caught.value.code == "E-LEVEL"


def test_settings_are_hashable_and_comparable() -> None:
    assert PlainMeans(words=Fixed.of({"a": 1})) == PlainMeans(words=Fixed.of({"a": 1}))
    assert len({PlainMeans(), PlainMeans(seed=0), PlainMeans(seed=1)}) == 2
    with pytest.raises(AttributeError):
        PlainMeans().level = 0.5  # type: ignore[misc]


def test_settings_in_another_order_are_other_settings() -> None:
    """Grades are listed best first: order means something."""
    one, two = PlainMeans(words=Fixed.of({"a": 1, "b": 2})), PlainMeans(words=Fixed.of({"b": 2, "a": 1}))
    assert one != two
    assert one == PlainMeans(words=Fixed.of({"a": 1, "b": 2}))
    assert hash(one) == hash(PlainMeans(words=Fixed.of({"a": 1, "b": 2})))


def test_settings_cannot_be_changed_afterwards() -> None:
    method = PlainMeans(words=Fixed.of({"a": 1}))
    with pytest.raises(TypeError):
        method.words["a"] = 2


def test_people_add_names_and_those_nobody_judged() -> None:
    people = People.from_frame(pd.DataFrame({"person": ["a", "b", "z"], "label": ["王", None, "李"]}))
    result = PlainMeans().fit(_frame(ratee_label=["x", "y", "x", "y"]), people=people)
    assert result.people == ("a", "b", "z")
    assert result.scores["label"].tolist() == ["王", "y", "李"]
    assert result.scores["status"].tolist() == ["scored", "scored", "insufficient_data"]
    assert result.scores.loc["z", "status_reason"] == "nobody judged this person"
    assert result.scores.loc["z", "n_raters"] == 0
    assert result.scores.loc[["a", "b"], "ci_low"].notna().all()
    assert pd.isna(result.scores.loc["z", "ci_low"])
    assert result.draws(2).shape == (2, 2)
    alone = PlainMeans().fit(_frame())
    pd.testing.assert_frame_equal(result.scores.loc[["a", "b"]].drop(columns="label"), alone.scores.drop(columns="label"))
    assert with_people(alone, People.from_frame(pd.DataFrame({"person": ["a"]}))).people == ("a", "b")


def test_fit_by() -> None:
    frame = pd.concat([_frame(cycle="2025"), _frame(cycle="2026", score=[1, 1, 2, 9]), _frame(cycle="2027").iloc[[0]]])
    found = fit_by(PlainMeans(), frame, "cycle")
    assert list(found) == ["2025", "2026"]
    assert len(found) == 2
    assert found["2026"].estimate.tolist() == [1.5, 5.0]
    assert list(found.errors) == ["2027"]
    assert isinstance(found.errors["2027"], IdentificationError)
    assert "not fitted: 2027" in repr(found)
    assert found.scores.index.names == ["cycle", "ratee"]
    assert found.scores.loc[("2025", "b"), "score"] == 3.5
    pd.testing.assert_frame_equal(found["2025"].scores, PlainMeans().fit(_frame()).scores)


def test_fit_by_where_every_group_fails() -> None:
    found = fit_by(PlainMeans(), _frame(cycle=list("wxyz")), "cycle")
    assert len(found) == 0
    assert len(found.errors) == 4
    assert len(found.scores) == 0


def test_fit_by_needs_the_column_and_leaves_nobody_out() -> None:
    with pytest.raises(DataError) as caught:
        fit_by(PlainMeans(), _frame(), "cycle")
    assert caught.value.code == "E-COLS"
    with pytest.raises(DataError) as caught:
        fit_by(PlainMeans(), _frame(cycle=["1", "1", "1", None]), "cycle")
    assert caught.value.code == "E-BLANK"


def test_fit_by_with_names() -> None:
    people = People.from_frame(pd.DataFrame({"person": ["a", "z"], "label": ["王", "李"]}))
    found = fit_by(PlainMeans(), _frame(cycle=["1", "1", "1", "1"]), "cycle", people=people)
    assert found["1"].scores["label"].tolist() == ["王", "b"]


def test_choices() -> None:
    from typing import Literal

    check_choice("kind", "a", Literal["a", "b"])
    with pytest.raises(SettingsError) as caught:
        check_choice("kind", "c", Literal["a", "b"])
    assert caught.value.code == "E-SETTING"


@pytest.mark.parametrize(
    "settings",
    [{"level": "95%"}, {"seed": -1}, {"seed": "x"}, {"seed": True}, {"min_weight": "a"}, {"reliability": "a"}, {"weights": [1, 2]}],
)
def test_settings_of_another_kind_are_refused_at_once(settings: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        rk.GraphicRatingScale(**settings)


def test_sources_that_the_table_does_not_tell() -> None:
    assert rk.GraphicRatingScale(sources="peer").sources == ("peer",)  # type: ignore[arg-type]
    frame = pd.DataFrame({"rater": ["r1", "r2"], "ratee": ["a", "a"], "score": [3, 4]})
    with pytest.raises(RatingsError) as caught:
        rk.GraphicRatingScale(sources=("peer",)).fit(frame)
    assert caught.value.codes == ("E-COLS",)


def test_days_as_cycles_are_shown_as_days() -> None:
    day = pd.Timestamp("2026-06-30")
    frame = pd.DataFrame({"rater": ["r1", "r2"] * 2, "ratee": ["a", "a", "b", "b"], "score": [3, 4, 5, 3], "cycle": [day] * 4})
    assert list(rk.fit_by(rk.GraphicRatingScale(), frame, "cycle")) == ["2026-06-30"]


def test_people_whose_ids_lost_their_zeros_are_not_taken_for_others() -> None:
    frame = pd.DataFrame({"rater": ["a", "b"], "ratee": ["007", "007"], "score": [1, 2], "cycle": "2026"})
    people = People.from_frame(pd.DataFrame({"person": [7], "label": ["王伟"]}))
    for call in (
        lambda: rk.GraphicRatingScale().fit(frame, people=people),
        lambda: fit_by(rk.GraphicRatingScale(), frame, "cycle", people=people),
    ):
        with pytest.raises(PeopleError) as caught:
            call()
        assert caught.value.codes == ("E-ID",)


def test_what_cannot_be_graded_or_compared_says_why() -> None:
    two = pd.DataFrame(
        [("j", a, b, "left", d) for a, b in ("ab", "bc", "ca") for d in "xy"], columns=["rater", "left", "right", "outcome", "dimension"]
    )
    with pytest.raises(rk.RankkitError, match="several dimensions"):
        rk.ForcedDistribution().fit(rk.PairedComparison().fit(two))
    alike = rk.GraphicRatingScale().fit(pd.DataFrame({"rater": ["r"] * 2, "ratee": ["a", "b"], "score": [3, 3]}))
    with pytest.raises(IdentificationError, match="all scores are equal"):
        alike.difference("a", "b")


def test_the_fingerprint_of_the_data_is_made_when_asked_for(monkeypatch):
    asked = []
    own = Ratings.data_hash
    monkeypatch.setattr(Ratings, "data_hash", lambda self: asked.append(self) or own(self))
    result = rk.GraphicRatingScale().fit(_frame())
    assert not asked
    assert set(result.provenance) == {"rankkit", "data", "rows", "seed", "simulated"}
    copy = pickle.loads(pickle.dumps(result))
    assert type(copy.provenance) is dict
    assert copy.provenance == dict(result.provenance)
    assert result.provenance["data"] == own(Ratings.from_frame(_frame()))
    assert len(asked) == 1
    assert "data" in repr(result.provenance)

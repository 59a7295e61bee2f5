from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rankkit.errors import DataError, DisclosureError, IdentificationError, Problem, SettingsError
from rankkit.findings import Finding
from rankkit.kernels.covariance import Dense, Factor
from rankkit.result import COLUMNS, Result

EXACT = 1e-12  # the same formula written twice
MATRIX = np.array([[0.04, 0.01, 0.0], [0.01, 0.09, 0.0], [0.0, 0.0, 0.01]])


def _result(**changes: Any) -> Result:
    given: dict[str, Any] = {
        "method": "PlainMeans",
        "people": ("a", "b", "c", "d"),
        "labels": {"a": "王", "b": "王", "c": "c", "d": "d"},
        "estimate": np.array([1.0, 3.0, np.nan, 2.0]),
        "status": ("scored", "provisional", "insufficient_data", "scored"),
        "reasons": (None, Problem("S-JACKKNIFE"), Problem("S-NOJUDGEMENT"), None),
        "n_raters": np.array([2, 2, 0, -1]),
        "n_obs": np.array([4, 4, 0, 2]),
        "covariance": Dense(MATRIX),
        "df": np.array([5.0, np.inf, np.nan, 2.0]),
        "df_difference": 7.0,
        "unit": "scale points",
        "se_basis": "rater",
    }
    return Result(**{**given, **changes})


def test_scores() -> None:
    scores = _result().scores
    assert tuple(scores.columns) == COLUMNS
    assert scores.index.name == "ratee"
    assert scores["label"].tolist() == ["王", "王", "c", "d"]
    np.testing.assert_allclose(scores["se"], [0.2, 0.3, np.nan, 0.1], rtol=EXACT)
    np.testing.assert_allclose(scores["ci_high"] - scores["score"], stats.t.ppf(0.975, [5, np.inf, np.nan, 2]) * scores["se"], rtol=EXACT)
    np.testing.assert_allclose(scores["score"] - scores["ci_low"], scores["ci_high"] - scores["score"], rtol=1e-9)
    assert scores["rank"].tolist() == [3, 1, pd.NA, 2]
    assert scores["n_raters"].tolist() == [2, 2, 0, pd.NA]
    for column in ("rank", "rank_low", "rank_high", "n_raters", "n_obs"):
        assert scores[column].dtype == "Int64"
    assert scores["status_reason"].tolist() == ["", "fewer than 8 judges", "nobody judged this person", ""]
    assert scores.loc["c", ["score", "se", "ci_low", "rank", "rank_low", "rank_high"]].isna().all()


def test_a_factor_covariance_gives_the_same() -> None:
    loadings = np.array([[0.1], [0.1], [0.0]])
    factor = Factor(loadings, np.diag(MATRIX) - loadings[:, 0] ** 2)
    np.testing.assert_allclose(factor.dense(), MATRIX, atol=EXACT)
    one, two = _result(), _result(covariance=factor)
    pd.testing.assert_frame_equal(one.scores, two.scores)
    assert one.difference("b", "a").se == pytest.approx(two.difference("b", "a").se)
    np.testing.assert_allclose(one.draws(50), two.draws(50), rtol=1e-9)


def test_without_a_covariance_there_is_no_interval() -> None:
    result = _result(covariance=None, se_basis="none")
    assert result.scores[["se", "ci_low", "ci_high"]].isna().all().all()
    assert result.scores["rank"].tolist() == [3, 1, pd.NA, 2]
    assert result.scores[["rank_low", "rank_high"]].isna().all().all()
    for ask in (lambda: result.difference("a", "b"), lambda: result.draws(3)):
        with pytest.raises(IdentificationError) as caught:
            ask()
        assert caught.value.code == "E-NOCOV"


def test_nobody_estimated() -> None:
    result = _result(
        people=("a",),
        estimate=np.array([np.nan]),
        status=("not_scored",),
        reasons=(None,),
        n_raters=np.array([0]),
        n_obs=np.array([0]),
        covariance=None,
        df=np.array([]),
    )
    assert result.scores["rank"].tolist() == [pd.NA]
    assert result.estimated_ids == ()


def test_ties_share_the_better_rank() -> None:
    assert _result(estimate=np.array([2.0, 2.0, np.nan, 1.0])).scores["rank"].tolist() == [1, 1, pd.NA, 3]


def test_difference() -> None:
    found = _result().difference("b", "a")
    se = np.sqrt(0.04 + 0.09 - 0.02)
    assert found.difference == 2.0
    assert found.se == pytest.approx(se)
    assert found.ci_low == pytest.approx(2 - stats.t.ppf(0.975, 7) * se)
    assert found.distinguishable
    back = _result().difference("a", "b")
    assert (back.difference, back.se, back.ci_high) == pytest.approx((-2.0, found.se, -found.ci_low))
    assert not _result(covariance=Dense(100 * MATRIX)).difference("b", "a").distinguishable
    with pytest.raises(SettingsError) as unknown:
        _result().difference("a", "nobody")
    assert unknown.value.code == "E-PERSON"
    with pytest.raises(IdentificationError):
        _result().difference("a", "c")


def test_rank_sets() -> None:
    result = _result(covariance=Dense(MATRIX * 4))
    whole, own = result.rank_sets(), result.rank_sets(kind="marginal")
    assert list(whole.columns) == ["rank", "rank_low", "rank_high"]
    pd.testing.assert_frame_equal(whole, result.scores[["rank", "rank_low", "rank_high"]])
    scored = whole.dropna()
    assert (scored["rank_low"] <= scored["rank"]).all()
    assert (scored["rank"] <= scored["rank_high"]).all()
    width, narrow = whole["rank_high"] - whole["rank_low"], own["rank_high"] - own["rank_low"]
    assert (narrow.dropna() <= width.dropna()).all()
    wide = result.rank_sets(level=0.999)
    assert ((wide["rank_high"] - wide["rank_low"]).dropna() >= width.dropna()).all()
    kept = dict(result._kept_rank_sets)
    assert set(kept) == {(0.95, "simultaneous"), (0.95, "marginal"), (0.999, "simultaneous")}
    result.rank_sets()
    assert result._kept_rank_sets[(0.95, "simultaneous")] is kept[(0.95, "simultaneous")]  # computed once


def test_sure_scores_have_sure_ranks() -> None:
    sure = _result(covariance=Dense(MATRIX * 1e-8)).rank_sets()
    assert sure["rank_low"].dropna().tolist() == sure["rank_high"].dropna().tolist() == [3, 1, 2]


def test_draws() -> None:
    result = _result()
    draws = result.draws(20_000, seed=3)
    assert draws.shape == (20_000, 3)
    assert result.estimated_ids == ("a", "b", "d")
    np.testing.assert_allclose(draws.mean(axis=0), [1, 3, 2], atol=0.02)  # 9 standard errors of the largest
    np.testing.assert_allclose(np.cov(draws.T), MATRIX, atol=0.005)
    np.testing.assert_array_equal(result.draws(5), result.draws(5))
    assert not np.array_equal(result.draws(5), result.draws(5, seed=1))
    np.testing.assert_array_equal(_result(seed=1).draws(5), result.draws(5, seed=1))


def test_draws_and_rank_sets_follow_the_people_not_the_rows() -> None:
    order = np.array([3, 2, 1, 0])
    names = ("z", "y", "x", "w")  # also other ids, in another alphabetical order
    one = _result(covariance=Dense(MATRIX * 4))
    two = _result(
        people=names,
        labels={},
        estimate=one.estimate[order],
        status=tuple(one.status[i] for i in order),
        reasons=tuple(one.reasons[i] for i in order),
        covariance=Dense((MATRIX * 4)[::-1, ::-1].copy()),
        df=one.df[order],
        n_raters=one.n_raters[order],
        n_obs=one.n_obs[order],
    )
    np.testing.assert_array_equal(two.draws(7), one.draws(7)[:, ::-1])
    assert two.rank_sets()["rank_low"].tolist() == one.rank_sets()["rank_low"].tolist()[::-1]


def test_joint_covariance_serves_joint_statements_only() -> None:
    result = _result(joint_covariance=Dense(MATRIX * 400))
    np.testing.assert_allclose(result.scores["se"].dropna(), np.sqrt(np.diag(MATRIX)))
    assert result.rank_sets()["rank_high"].dropna().tolist() == [3, 3, 3]
    assert result.difference("a", "b").se == pytest.approx(_result().difference("a", "b").se)
    assert result.draws(2000).std(axis=0).min() > 1


@pytest.mark.parametrize("ask", ["scores", "dimensions", "rank_sets", "messages", "findings"])
def test_changing_what_is_returned_changes_nothing(ask: str) -> None:
    part = _result()
    result = _result(parts={"x": part}, notes=(Problem("W-ALLEQUAL"),), patterns=(_finding(),))

    def get() -> pd.DataFrame:
        found = getattr(result, ask)
        return found() if callable(found) else found

    before, returned = get().copy(), get()
    returned[returned.columns[0]] = None
    returned["new"] = 1
    returned.index.name = "other"
    pd.testing.assert_frame_equal(get(), before)


def _finding() -> Finding:
    numbers = dict.fromkeys(("estimate", "se", "ci_low", "ci_high", "effect", "p", "q"), 0.5)
    return Finding(code="W-X", level="info", unit_kind="rater", unit_id="r", message="m", what_it_could_also_be="chance", **numbers)  # type: ignore[arg-type]


def test_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        _result().level = 0.5  # type: ignore[misc]


def test_relabelled() -> None:
    result = _result(parts={"x": _result()}).relabelled({"a": "甲", "nobody": "?"})
    assert result.scores["label"].tolist() == ["甲", "王", "c", "d"]
    assert result.parts["x"].scores.loc["a", "label"] == "甲"
    assert "nobody" not in result.labels
    assert _result().scores["label"].tolist()[0] == "王"


def test_dimensions() -> None:
    result = _result(parts={"x": _result(), "y": _result(estimate=np.array([5.0, 3.0, np.nan, 2.0]))})
    frame = result.dimensions
    assert frame is not None
    assert frame.index.names == ["ratee", "dimension"]
    assert frame.loc["a", "score"].tolist() == [1.0, 5.0]
    assert len(frame) == 8
    assert _result().dimensions is None
    flat = result.to_frame()
    assert flat["dimension"].tolist() == ["(all)"] * 4 + ["x"] * 4 + ["y"] * 4
    assert set(flat["unit"]) == {"scale points"}


def test_messages() -> None:
    result = _result(notes=(Problem("W-ALLEQUAL"), Problem("I-ONERATER")))
    assert result.messages["code"].tolist() == ["W-ALLEQUAL", "I-ONERATER"]
    assert result.messages_in("zh")["text"].iloc[0] == "所有分数相同：无法排序"
    assert result.title == "Plain means"


def test_release() -> None:
    result = _result(covariance=Dense(MATRIX * 4))
    own = result.release("ratee", ratee="d")
    assert own.index.tolist() == ["d"]
    marginal = result.rank_sets(kind="marginal").loc["d"]
    assert own[["rank_low", "rank_high"]].iloc[0].tolist() == marginal[["rank_low", "rank_high"]].tolist()
    with pytest.raises(DisclosureError):
        result.release("ratee")
    pd.testing.assert_frame_equal(result.release("committee"), result.scores)
    research = result.release("research", key=b"k")
    assert "label" not in research
    assert not set(research.index) & set(result.people)
    released = result.release("committee")
    released["score"] = 0.0
    assert result.scores["score"].iloc[0] == 1.0


def test_json_round_trip(tmp_path: Path) -> None:
    result = _result(
        parts={"x": _result(parts={})},
        notes=(Problem("I-OCCASIONS", details={"n": 3}),),
        patterns=(_finding(),),
        settings={"weights": {"x": 1.0}, "scale": [1, 5], "none": None},
        provenance={"data": "abc", "seed": 0},
        evidence={
            "reliability": pd.DataFrame(
                {"coefficient": ["ICC(1,1)"], "value": [0.5], "ci_low": [np.nan], "ci_high": [np.inf], "assumes": ["crossed"]}
            )
        },
    )
    path = tmp_path / "结果.json"
    text = result.to_json(path)
    for again in (Result.from_json(text), Result.from_json(path), Result.from_json(str(path))):
        pd.testing.assert_frame_equal(again.scores, result.scores, check_exact=True)
        assert again.dimensions is not None
        pd.testing.assert_frame_equal(again.dimensions, result.dimensions, check_exact=True)
        pd.testing.assert_frame_equal(again.reliability, result.reliability)
        assert again.settings == result.settings
        assert again.notes == result.notes
        assert again.patterns == result.patterns
        np.testing.assert_array_equal(again.draws(5), result.draws(5))
        assert again.to_json() == text


def test_json_that_is_none() -> None:
    with pytest.raises(DataError):
        Result.from_json('{"schema": 99}')
    with pytest.raises(DataError):
        Result.from_json("{broken")


def test_pickle() -> None:
    result = _result()
    result.rank_sets()
    again = pickle.loads(pickle.dumps(result))
    pd.testing.assert_frame_equal(again.scores, result.scores, check_exact=True)

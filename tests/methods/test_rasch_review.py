"""What a review of the many-facet Rasch model found: each defect once, so that it stays mended."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.errors import ConvergenceError, Problem, RatingsError


def of_different_scales():
    """Dimensions on 1–5 and 1–7: in percent of maximum possible some scores are no whole numbers."""
    rng = np.random.default_rng(0)
    merit, rows = rng.normal(size=12), []
    for person, rater in np.ndindex(12, 4):
        for name, top in {"care": 5, "pace": 7}.items():
            score = np.clip(np.round((1 + top) / 2 + merit[person] + 0.7 * rng.normal()), 1, top)
            rows.append((f"r{rater}", f"p{person:02d}", name, float(score)))
    return pd.DataFrame(rows, columns=["rater", "ratee", "dimension", "score"])


@pytest.mark.parametrize("setting", [{"adjust": "mfrm"}, {"ordinal": True}])
@pytest.mark.parametrize("tops", [(5, 7), (5, 3)])
def test_dimensions_of_different_scales_are_called_that(setting, tops):
    """The message was that scores are no whole number; whole percentages (1–5 beside 1–3) were fitted as shared categories."""
    data = of_different_scales()
    tops = dict(zip(("care", "pace"), tops, strict=True))
    data["score"] = np.minimum(data["score"], data["dimension"].map(tops))
    scale = {name: (1, top) for name, top in tops.items()}
    with pytest.raises(RatingsError, match="different scales") as caught:
        rk.GraphicRatingScale(scale=scale, **setting).fit(data)
    assert caught.value.codes == ("E-RASCHSCALES",)
    assert "thresholds='dimension'" in caught.value.items[0].fix()
    assert rk.GraphicRatingScale(scale=dict.fromkeys(tops, (1, 7)), **setting).fit(data).scores["score"].notna().all()


def test_the_way_out_for_different_scales_works():
    found = rk.ManyFacetRasch(thresholds="dimension").fit(of_different_scales())
    assert found.scores["score"].notna().all()
    ends = found.thresholds.reset_index().groupby("dimension")["category"].max()
    assert ends["care"] == 5 < ends["pace"]


def test_perfect_agreement_accuses_nobody():
    """Sparse ratings without a finite maximum were put down to raters who copied each other."""
    table = pd.DataFrame({"rater": ["r0", "r1"] * 3, "ratee": [p for p in "abc" for _ in range(2)], "score": [3, 4, 2, 3, 5, 5]})
    problem = Problem("E-RASCHPERFECT")
    for language in ("en", "zh"):
        assert not {"copied", "抄袭"} & set(problem.text(language).split())
    assert "gaps" in problem.fix()
    assert "抄袭" not in problem.fix("zh")
    with pytest.raises(ConvergenceError):
        rk.ManyFacetRasch().fit(table)


@pytest.fixture(scope="module")
def creativity():
    return rk.ManyFacetRasch(interactions=(("rater", "dimension"),)).fit(rk.datasets.load("guilford_creativity"))


def test_mean_ratings_of_cells_are_means(creativity):
    """Totals such as 43 stood under the heading of a mean rating on a scale of 1 to 9."""
    cells = creativity.interactions.set_index(["first", "second"])
    frame = rk.datasets.load("guilford_creativity").frame
    means = frame.groupby(["rater", "dimension"], observed=True)["score"].mean()
    for cell, mean in means.items():
        assert cells.loc[cell, "observed"] == pytest.approx(mean)
    np.testing.assert_allclose(cells["difference"], cells["observed"] - cells["expected"])


def test_counts_are_whole_numbers_unless_ratings_are_shared(creativity):
    """Reports said that a rater gave 35.00 judgements and listed a category 1.00."""
    assert creativity.raters["n_obs"].dtype.kind == "i"
    assert creativity.thresholds["count"].dtype.kind == "i"
    assert creativity.thresholds.index.tolist() == [*range(1, 10)]
    assert creativity.thresholds.index.dtype.kind == "i"
    frame = rk.datasets.load("guilford_creativity").frame
    again = pd.concat([frame.assign(occasion="1"), frame.assign(occasion="2")])
    assert rk.ManyFacetRasch(estimation="joint").fit(again).raters["n_obs"].tolist() == [35, 35, 35]


def test_facets_that_sum_to_zero_have_the_mean_zero(creativity):
    """Rounding was printed: a mean of 9.3e-18 logits."""
    assert (creativity.separation.loc[["rater", "dimension"], "mean"] == 0).all()
    assert creativity.separation["elements"].tolist() == [7, 7, 3, 3, 5, 5]


def test_reports_name_the_picture_and_do_not_deny_the_dependence(creativity, tmp_path):
    """The caption was "wright"; the marginal model was said to take every judgement as independent."""
    for lang, caption in (("en", "People, raters and dimensions on one scale"), ("zh", "同一尺度上的人员、评价人与维度")):
        page = creativity.to_report(tmp_path / f"{lang}.html", lang=lang).read_text(encoding="utf-8")
        assert f">{caption}<" in page
        assert ">wright<" not in page
        assert "every judgement independent" not in page
        assert "By chance" not in page
        assert "e-18" not in page


def test_intervals_of_neighbours_stand_side_by_side(creativity):
    """They lay on one line and could not be told apart."""
    axes = creativity.plot("wright")
    lines = [line for line in axes.get_lines() if len(set(line.get_xdata())) == 1 and len(line.get_xdata()) == 2]
    people = [float(line.get_xdata()[0]) for line in lines if line.get_xdata()[0] <= 0]
    assert len(people) == len(set(people)) == 7


def test_a_first_step_down_in_the_spread_does_not_strand_the_fit():
    """σ fell by three logarithms in one step and crawled back for 80: no convergence, with a maximum at σ = .9."""
    rng = np.random.default_rng(2)
    y = 3 + rng.normal(size=(12, 1, 1)) + 0.4 * rng.normal(size=(1, 3, 1)) + rng.normal(size=(12, 3, 1))
    y = np.clip(np.round(y), 1, 5)[:, :, 0]
    y[(rng.random((12, 3, 1)) < 0.4)[:, :, 0]] = np.nan
    people, raters = np.nonzero(~np.isnan(y))
    table = pd.DataFrame({"rater": [f"r{k}" for k in raters], "ratee": [f"p{k:02d}" for k in people], "score": y[people, raters]})
    found = rk.ManyFacetRasch(thresholds="rater").fit(table)
    assert found.parameters.loc["spread of merit", "estimate"] == pytest.approx(0.94, abs=0.01)
    assert found.loglik > -18.47

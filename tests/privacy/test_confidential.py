"""Results with protected ratings: what leaves is made of released values, for every audience."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

import rankkit as rk
from rankkit.errors import DisclosureError, PolicyError, SettingsError
from rankkit.privacy import Confidential, DisclosurePolicy, GroupMean, Ledger, cells_of, disclose_each

AUDIENCES = ("ratee", "manager", "committee", "hr", "research")
PEOPLE = pd.DataFrame({"person": [f"Qx{k}Q" for k in range(8)], "manager": ["m1"] * 4 + ["m2"] * 4})


def panel(seed=1):
    """Eight people, a supervisor and five peers each; scores that betray themselves by their digits."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"{s}{j}of{k}", f"Qx{k}Q", s, "care", int(rng.integers(3, 6)))
        for k in range(8)
        for s, n in (("supervisor", 1), ("peer", 5 if k else 2))
        for j in range(n)
    ]
    return pd.DataFrame(rows, columns=["rater", "ratee", "source", "dimension", "score"])


@pytest.fixture(scope="module")
def fitted():
    return rk.GraphicRatingScale(scale=(1, 5)).fit(panel().drop(columns="dimension"))


def texts(result, audience, folder):
    """Everything an audience can get, as text."""
    whose = {"ratee": "Qx3Q"} if audience == "ratee" else {}
    boss = {"manager": "m1", "people": PEOPLE} if audience == "manager" else {}
    page = result.to_report(folder / "r.html", audience=audience, **whose, **boss).read_text(encoding="utf-8")
    book = CalamineWorkbook.from_path(result.to_excel(folder / "r.xlsx", audience=audience, **whose, **boss))
    cells = [c for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for c in row]
    frame = result.release(audience, **whose, team=("Qx0Q", "Qx1Q", "Qx2Q", "Qx3Q"))
    return page, cells, frame


@pytest.mark.parametrize("audience", AUDIENCES)
def test_no_audience_gets_an_exact_banded_score_or_a_rating(fitted, audience, tmp_path):
    page, cells, frame = texts(fitted, audience, tmp_path)
    told = fitted.confidential.finished.scores
    hidden = told.index[(told["shown"] != "exact")]
    assert len(hidden) >= 2
    numbers = [v for v in [*cells, *frame.select_dtypes("number").to_numpy(dtype=float, na_value=np.nan).ravel()] if isinstance(v, float)]
    for person in hidden:
        exact = fitted.scores.loc[person, "score"]
        if np.isclose(exact, told["value"].dropna()).any():
            continue  # another's released value, or the middle of the own range
        assert not np.isclose(np.array(numbers), exact, atol=1e-9).any(), person
    assert "peer0of" not in page  # no rater by name, and so no rating of theirs
    assert fitted.provenance["data"] not in page


def test_two_peers_are_suppressed_with_a_reason(fitted):
    frame = fitted.release("hr")
    assert frame.loc["Qx0Q", ["status", "status_reason"]].tolist() == ["suppressed", "too few answered for a score that gives nobody away"]
    assert np.isnan(frame.loc["Qx0Q", "score"])
    assert pd.isna(frame.loc["Qx0Q", "rank"])
    assert not np.isnan(fitted.scores.loc["Qx0Q", "score"])  # the owner sees it
    assert list(frame.index) == list(fitted.people)


def test_ranks_and_intervals_are_made_of_released_values(fitted):
    told = fitted.confidential.finished.scores["value"]
    frame = fitted.release("committee")
    shown = frame["score"].dropna()
    np.testing.assert_allclose(shown, told.loc[shown.index])
    np.testing.assert_array_equal(frame["rank"].dropna().astype(int), shown.rank(ascending=False, method="min").astype(int))
    wide = fitted.confidential.finished.scores.loc[shown.index]
    banded = (wide["high"] > wide["low"]).to_numpy()
    assert (frame.loc[shown.index, "se"] >= fitted.scores.loc[shown.index, "se"] - 1e-12).all()
    assert (frame.loc[shown.index, "se"] > fitted.scores.loc[shown.index, "se"] + 1e-6).to_numpy()[banded].all()


def test_a_table_without_sources_is_shown_as_it_is():
    plain = rk.GraphicRatingScale(scale=(1, 5)).fit(panel()[["rater", "ratee", "score"]])
    assert plain.confidential is None
    assert plain.for_audience("hr") is plain
    bosses = rk.GraphicRatingScale(scale=(1, 5)).fit(panel().query("source == 'supervisor'"))
    assert bosses.confidential is None


def html_of(result):
    from rankkit.report import html

    return html.page(result, audience="committee")


def test_grades_are_decided_on_exact_scores_and_shown_with_released_ones(fitted):
    """Decided on released scores, a tenth of the people would have another grade."""
    graded = rk.ForcedDistribution(shares={"A": 50, "B": 50}).fit(fitted)
    np.testing.assert_allclose(graded.scores["score"], fitted.scores["score"])
    for audience in ("hr", "committee"):
        shown = graded.for_audience(audience)
        pd.testing.assert_series_equal(shown.grades["grade"], graded.grades["grade"])
        pd.testing.assert_series_equal(shown.quota["seats"], graded.quota["seats"])
        np.testing.assert_allclose(shown.grades["score"], fitted.release("hr")["score"].reindex(shown.grades.index))
        assert shown.cuts["score"].isna().all()
        assert shown.boundary["score"].isin([*fitted.release("hr")["score"]]).all()
        fifths = shown.probabilities.to_numpy() / 0.2
        np.testing.assert_allclose(fifths, np.round(fifths), atol=1e-9)
        assert "I-GRADESEXACT" in {n.code for n in shown.notes}
    assert "I-GRADESEXACT" not in {n.code for n in graded.notes}
    page, without = html_of(graded), re.compile(r"<svg.*?</svg>", flags=re.DOTALL)
    told = {f"{v:.2f}" for v in shown.scores["score"].dropna()}
    cells = set(re.findall(r'class="number">(\d\.\d\d)<', without.sub("", page)))
    assert {f"{v:.2f}" for v in graded.scores["score"]} & cells <= told | {
        f"{v:.2f}" for v in shown.scores[["se", "ci_low", "ci_high"]].to_numpy().ravel()
    }
    unprotected = rk.ForcedDistribution(shares={"A": 50, "B": 50}).fit(rk.GraphicRatingScale().fit(panel()[["rater", "ratee", "score"]]))
    assert unprotected.for_audience("hr") is unprotected


def test_comparisons_are_made_anew_for_readers(fitted):
    other = rk.GraphicRatingScale(scale=(1, 5)).fit(panel(2)[["rater", "ratee", "score"]])
    both = rk.compare({"feedback": fitted, "named": other})
    np.testing.assert_allclose(both.results["feedback"].scores["score"], fitted.scores["score"])
    shown = both.for_audience("committee")
    np.testing.assert_allclose(shown.results["feedback"].scores["score"], fitted.release("hr")["score"])
    named = rk.compare({"one": other, "two": other})
    assert named.for_audience("hr") is named


def test_adjusted_scores_are_withheld():
    frame = panel()
    frame["rater"] = [r.split("of")[0] for r in frame["rater"]]  # everybody rates everybody
    adjusted = rk.GraphicRatingScale(scale=(1, 5), adjust="center", assume="equal_teams").fit(frame.drop(columns="dimension"))
    assert adjusted.release("hr")["score"].isna().all()


def test_a_manager_reads_about_the_team_and_nobody_else(tmp_path):
    result = rk.GraphicRatingScale(scale=(1, 5)).fit(panel()[["rater", "ratee", "score"]])
    page = result.to_report(tmp_path / "m.html", audience="manager", manager="m2", people=PEOPLE).read_text(encoding="utf-8")
    assert [f"Qx{k}Q" in page for k in range(8)] == [False] * 4 + [True] * 4
    assert "peer0of" not in page
    with pytest.raises(DisclosureError):
        result.to_report(tmp_path / "x.html", audience="manager")
    with pytest.raises(SettingsError):
        result.to_excel(tmp_path / "x.xlsx", audience="manager", manager="nobody", people=PEOPLE)
    with pytest.raises(DisclosureError):
        result.release("manager")
    assert list(result.release("manager", team=["Qx1Q", "elsewhere"]).index) == ["Qx1Q"]


def test_other_uses_are_refused(tmp_path):
    cells = cells_of(rk.Ratings.from_frame(panel()))
    told = disclose_each(cells, [GroupMean("peer", "care")], DisclosurePolicy(purpose="development"), scale=(1, 5))
    result = rk.GraphicRatingScale(scale=(1, 5)).fit(panel()[["rater", "ratee", "score"]])
    import dataclasses

    tagged = dataclasses.replace(result, confidential=Confidential.of(told, score="peer · care"))
    assert tagged.purpose == "development"
    tagged.to_report(tmp_path / "ok.html", use="development")
    with pytest.raises(PolicyError, match="development"):
        tagged.to_report(tmp_path / "no.html", use="administration")
    assert not (tmp_path / "no.html").exists()


def test_the_archive_keeps_everything_and_the_confidential_form(fitted):
    copy = type(fitted).from_json(fitted.to_json())
    pd.testing.assert_frame_equal(copy.scores, fitted.scores)
    pd.testing.assert_frame_equal(copy.release("hr"), fitted.release("hr"))
    assert repr(copy) == repr(fitted)
    assert copy._repr_html_() == fitted._repr_html_()


def test_a_table_of_protected_ratings_prints_counts_and_no_scores():
    shown = rk.Ratings.from_frame(panel(), scale=(1, 5))._repr_html_()
    assert "peer0of" not in shown
    assert "peer" in shown
    assert not re.search(r"<td>[1-7]</td>\s*</tr>\s*<tr>\s*<td>peer", shown)
    open_ = rk.Ratings.from_frame(panel()[["rater", "ratee", "score"]])._repr_html_()
    assert "peer0of" in open_


def test_reports_are_judged_together_with_the_ledger(tmp_path):
    """A second export after one late answer shows the first one's number; the toy's difference is gone."""
    ledger = Ledger(tmp_path / "ledger.jsonl")
    everyone = panel().drop(columns="dimension")
    early = everyone[everyone["rater"] != "peer4of3"]
    method = rk.GraphicRatingScale(scale=(1, 5))
    first = method.fit(early).recorded(ledger, "2026")
    alone, second = method.fit(everyone), method.fit(everyone).recorded(ledger, "2026")
    told = second.confidential.finished.scores
    assert told.loc["Qx3Q", "shown"] == "earlier"  # the mean of all is another number now, and would show the late answer
    assert alone.confidential.finished.scores.loc["Qx3Q", "shown"] != "earlier"
    pd.testing.assert_frame_equal(second.release("hr")[["score"]], first.release("hr")[["score"]])
    with pytest.raises(DisclosureError, match="not at hand"):
        type(first).from_json(alone.to_json()).recorded(ledger)

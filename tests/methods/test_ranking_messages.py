"""Bad and barely sufficient rankings: each has a message that names people, raters or rows, and no number stands without it."""

from __future__ import annotations

import re
import warnings

import choix
import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from rankkit import AlternationRanking, People, Rankings
from rankkit.elicit.alternation import AlternationSession
from rankkit.errors import (
    ConvergenceError,
    IdentificationError,
    InsufficientDataError,
    RankingsError,
    RankkitError,
    SolverError,
    use_language,
)
from rankkit.methods import ranking_evidence, ranking_tables
from tests.report.page_checks import Page

ABSURD = 15.0  # logits: a worth beyond this stands for infinity
WIDEST = 30.0  # logits: a standard error beyond this says nothing
MODELS = ["auto", "best_worst", "maxdiff", "plackett_luce", "borda", "kemeny"]


def rows(data, columns=("rater", "ratee", "rank")):
    return pd.DataFrame(data, columns=list(columns))


def orders(lists):
    return rows([(rater, person, k + 1) for rater, order in lists.items() for k, person in enumerate(order)])


def drawn(raters, n, seed=0, noise=1.0):
    rng = np.random.default_rng(seed)
    return orders({f"r{k}": [f"p{i}" for i in np.argsort(np.linspace(0, 2, n) + noise * rng.gumbel(size=n))] for k in range(raters)})


def said(found):
    return dict(zip(found.messages["code"], found.messages["text"], strict=True))


def check_numbers(found):
    """Scores that stand are finite and not absurd; whoever has none is told why; every table can be made."""
    scores = found.scores
    stands = scores["status"].isin(["scored", "provisional"])
    assert np.isfinite(scores.loc[stands, "score"]).all()
    if found.unit == "logit":
        assert (scores.loc[stands, "score"].abs() < ABSURD).all()
        assert scores.loc[stands, "se"].between(1e-6, WIDEST).all()
    assert (scores.loc[~stands, "status_reason"] != "").all()
    for result in (found, *found.parts.values()):
        for name in result.evidence:
            numbers = result.evidence[name].select_dtypes("number").to_numpy(dtype=float, na_value=np.nan)
            assert not np.isinf(numbers).any(), name


# tables that are refused


@pytest.mark.parametrize(
    ("rank", "shown"), [(0, "rank = 0"), (-1, "rank = -1"), (1.3, "1.3"), ("first", "'first'"), (np.inf, "inf"), ("第一", "第一")]
)
def test_what_is_no_rank_is_named_with_its_row(rank, shown):
    with pytest.raises(RankingsError) as caught:
        AlternationRanking().fit(rows([("r1", "b", 2), ("r1", "a", rank)]))
    assert caught.value.code == "E-RANK"
    assert "row 3" in str(caught.value)
    assert shown in str(caught.value)


def test_who_is_ranked_twice_is_named_with_both_rows():
    with pytest.raises(RankingsError, match=r"r1 ranks a twice \(rows 2, 4\)"):
        AlternationRanking().fit(rows([("r1", "a", 1), ("r1", "b", 2), ("r1", "a", 3)]))
    with pytest.raises(RankingsError) as caught:
        AlternationRanking().fit(rows([("r1", None, 1), ("r1", "b", 2)]))
    assert caught.value.code == "E-BLANK"
    assert "row 2, ratee" in str(caught.value)


def test_nobody_ranked():
    with pytest.raises(RankingsError, match="rank is blank"):
        AlternationRanking().fit(rows([("r1", "a", None), ("r1", "b", None)]))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "frame",
    [
        rows([(r, p, 1) for r in ("r1", "r2") for p in "abc"]),
        rows([("r1", "a", 1), ("r2", "b", 1), ("r3", "c", 1)]),
        rows([("r1", "a", 1)]),
    ],
)
def test_lists_that_put_nobody_before_anybody(frame, model):
    with pytest.raises(InsufficientDataError) as caught:
        AlternationRanking(model=model).fit(frame)
    assert caught.value.code == "E-NOORDER"


@pytest.mark.parametrize("model", MODELS)
def test_teams_without_a_common_person_are_named_where_a_peer_ranks_them(model):
    apart = orders({"Ann": "abc", "Cy": "cba", "Bob": "xyz"})
    worths = choix.ilsr_rankings(6, [(0, 1, 2), (2, 1, 0), (3, 4, 5)], alpha=1e-3)
    assert np.isfinite(worths).all()  # an order of both teams
    with pytest.raises(IdentificationError) as caught:
        AlternationRanking(model=model).fit(apart)
    assert caught.value.code == "E-OVERLAP"
    assert "Ann, Cy | Bob" in str(caught.value)
    assert "equally good" in str(caught.value)
    use_language("zh")
    assert "Ann" in str(caught.value)
    assert "没有共同" in str(caught.value)


# lists that say little


def test_one_list_has_an_order_and_says_why_it_has_no_error():
    found = AlternationRanking().fit(orders({"r1": "abcde"}))
    assert found.unit == "ordinal"
    assert found.scores["se"].isna().all()
    assert "second rater or a repeat" in dict(zip(found.messages["code"], found.messages["fix"], strict=True))["E-ONE"]
    with pytest.raises(IdentificationError) as caught:
        AlternationRanking(model="plackett_luce").fit(orders({"r1": "abcde"}))
    assert caught.value.code == "E-ONE"
    worths = choix.ilsr_rankings(5, [(0, 1, 2, 3, 4)], alpha=1e-3)
    assert np.isfinite(worths).all()  # a peer returns interval scores
    assert np.ptp(worths) > 5
    prior = AlternationRanking(model="plackett_luce", prior="gaussian").fit(orders({"r1": "abcde"}))
    assert set(prior.scores["status"]) == {"provisional"}
    assert "I-RANKPRIOR" in said(prior)
    check_numbers(prior)


def test_ranks_of_one_list_a_dimension_are_not_added_up():
    one = [orders({"r1": order}).assign(dimension=d) for d, order in (("care", "abcd"), ("speed", "badc"))]
    found = AlternationRanking(standardise=True).fit(pd.concat(one))
    assert "no unit" in said(found)["E-ORDINAL"]
    assert found.existence == "none"
    assert set(found.scores["status"]) == {"not_scored"}
    assert found.scores["score"].isna().all()


def test_a_prior_that_was_asked_for_is_said():
    found = AlternationRanking(prior="gaussian", tau=0.5).fit(drawn(4, 5))
    assert "as chosen" in said(found)["I-RANKPRIORCHOSEN"]
    assert "I-RANKPRIOR" not in said(found)


@pytest.mark.parametrize("raters", [2, 9])
def test_identical_lists_are_one_sided_and_provisional(raters):
    found = AlternationRanking().fit(orders({f"r{k}": "abcd" for k in range(raters)}))
    assert said(found)["W-ALWAYSABOVE"].startswith("nobody of b, c, d was ever put above a")
    assert set(found.scores["status"]) == {"provisional"}
    assert "no finite estimate" in found.concordance.loc["mallows_theta", "method"]
    assert np.isnan(found.concordance.loc["mallows_theta", "value"])
    check_numbers(found)
    with pytest.raises(IdentificationError) as caught:
        AlternationRanking(prior="none").fit(orders({f"r{k}": "abcd" for k in range(raters)}))
    assert caught.value.code == "E-NORANKML"


def test_two_raters_who_contradict_each_other_leave_everybody_tied():
    found = AlternationRanking().fit(orders({"r1": "abcd", "r2": "dcba"}))
    assert "(2)" in said(found)["I-JUDGES"]
    assert (found.scores["rank_high"] == 4).all()
    check_numbers(found)


def test_a_list_written_from_the_wrong_end_is_a_pattern_to_review():
    rng = np.random.default_rng(3)
    straight = {f"r{k}": [*rng.permutation(list("abc")), *"defgh"] for k in range(8)}
    found = AlternationRanking().fit(orders(straight | {"turned": "hgfedcba"}))
    one = found.findings.set_index("unit_id").loc["turned"]
    assert one["code"] == "F-AGAINST"
    assert one["level"] == "review"
    assert "worst to best" in one["what_it_could_also_be"]


def test_a_circle_of_majorities_is_listed():
    found = AlternationRanking().fit(orders({"r1": "abc", "r2": "bca", "r3": "cab"}))
    assert re.search(r"(\w) > (\w) > (\w) > \1", said(found)["W-CYCLE"])
    assert set(found.scores["rank"]) == {1}
    check_numbers(found)


# numbers that may be no ranks


@pytest.mark.parametrize(
    ("ranks", "code"),
    [
        ([1, 5, 99], "W-RANKGAPS"),
        ([2, 3, 4], "W-RANKGAPS"),
        ([5, 4, 2], "W-RANKGAPS"),
        ([1, 2, 2, 3], "I-RANKDENSE"),
        ([4, 3, 3, 2, 1], "I-RANKDENSE"),
        ([1, 2, 2, 4], None),
        ([1, 2.5, 2.5, 4], None),
        ([1, 3, 3, 4], None),
        ([1, 1, 1], None),
        ([3, 1, 2], None),
    ],
)
def test_numbers_that_may_be_scores_are_read_as_ranks_aloud(ranks, code):
    table = Rankings.from_frame(rows([("Ann", f"p{k}", r) for k, r in enumerate(ranks)] + [("Bob", "p0", 1), ("Bob", "p1", 2)]))
    found = {note.code: note.message("en") for note in table.notes}
    assert set(found) == ({code} if code else set())
    if code:
        assert "1 (Ann)" in found[code]
        assert "1 " in found[code].rpartition(";")[2]
        assert "scores in which more is better" in table.notes[0].fix("en")


def test_gaps_left_by_people_who_were_not_placed_are_no_news():
    frame = rows([("r1", "a", 1), ("r1", "b", None), ("r1", "c", None), ("r1", "d", 4)])
    assert {n.code for n in Rankings.from_frame(frame).notes} == {"I-LEFTOVER"}


# who has no score, and why


def test_the_reason_for_no_score_is_the_true_one():
    status = ("rater", "ratee", "rank", "status")
    frame = rows(
        [(r, p, k + 1, None) for r, order in (("r1", "ab"), ("r2", "ba"), ("r3", "ab")) for k, p in enumerate(order)]
        + [("r1", "c", None, "not_known"), ("r2", "d", None, "withdrawn"), ("r2", "e", None, "not_presented"), ("solo", "f", 1, None)],
        status,
    )
    people = People.from_frame(pd.DataFrame({"person": list("abcdefg")}))
    found = AlternationRanking().fit(frame, people=people)
    why = {p: r.code for p, r in zip(found.people, found.reasons, strict=True) if p in "cdefg"}
    assert why == {"c": "S-NOTKNOWN", "d": "S-WITHDRAWN", "e": "S-NOTSHOWN", "f": "S-NOCHOICE", "g": "S-NOJUDGEMENT"}
    check_numbers(found)


def test_reasons_by_dimension():
    care = orders({"r1": "abc", "r2": "bac", "r3": "acb"}).assign(dimension="care")
    speed = orders({"r1": "abd", "r2": "bad", "r3": "adb"}).assign(dimension="speed")
    found = AlternationRanking(standardise=True).fit(pd.concat([care, speed]))
    why = {p: r for p, r in zip(found.people, found.reasons, strict=True) if p in "cd"}
    assert {p: r.code for p, r in why.items()} == {"c": "S-NOLISTON", "d": "S-NOLISTON"}
    assert "speed" in why["c"].message("en")
    assert dict(zip(found.parts["care"].people, found.parts["care"].reasons, strict=True))["d"].code == "S-NOLIST"


def test_a_rater_who_ranked_one_person_or_nobody_is_left_out_and_it_is_said():
    three = orders({"r1": "abcd", "r2": "bacd", "r3": "abdc"})
    found = AlternationRanking().fit(pd.concat([three, rows([("solo", "a", 1)])]))
    plain = AlternationRanking().fit(three)
    np.testing.assert_allclose(found.estimate, plain.estimate)
    assert "1 of 4 lists" in said(found)["I-PARTLISTS"]
    blank = AlternationRanking().fit(pd.concat([three, rows([("none", p, None) for p in "abcd"])]))
    assert "I-LEFTOVER" in said(blank)
    np.testing.assert_allclose(blank.estimate, plain.estimate)


def test_an_order_that_was_not_proven_in_time_is_not_given(monkeypatch):
    def late(*_, **__):
        raise ConvergenceError("E-KEMENYTIME", seconds=10, gap=2)

    monkeypatch.setattr(ranking_tables, "kemeny", late)
    with pytest.raises(IdentificationError) as caught:
        AlternationRanking(model="kemeny").fit(drawn(4, 5))
    assert caught.value.code == "E-KEMENYOPEN"
    found = AlternationRanking().fit(drawn(4, 5))
    assert found.consensus[["kemeny_low", "kemeny_high"]].isna().all(axis=None)
    check_numbers(found)


def test_a_cross_check_that_differs_stops_everything(monkeypatch):
    monkeypatch.setattr(ranking_evidence, "worths_by_choix", lambda entries: np.linspace(1.0, -1.0, entries.n))
    with pytest.raises(SolverError) as caught:
        AlternationRanking(model="plackett_luce", solver="choix").fit(drawn(6, 4, noise=2.0))
    assert caught.value.code == "E-CROSSCHECK"


# sizes


@pytest.mark.parametrize("size", [6, 10])
def test_large_tie_groups(size):
    frame = rows([(r, f"p{k:02}", 1 + size * (k >= size)) for r in ("r1", "r2", "r3") for k in range(2 * size)])
    found = AlternationRanking().fit(frame)
    assert "3" in said(found)["I-TIEGROUPS"]
    upper, lower = found.estimate[:size], found.estimate[size:]
    np.testing.assert_allclose(upper, upper[0], atol=1e-6)
    assert upper.min() > lower.max()


def test_two_hundred_people_three_raters():
    found = AlternationRanking().fit(drawn(3, 200, noise=0.3))
    scores = found.scores
    assert np.isfinite(scores["score"]).all()
    assert scores["se"].between(1e-6, WIDEST).all()
    assert set(scores["status"]) == {"provisional"}


def test_response_times_that_are_no_numbers_are_not_known():
    found = AlternationRanking().fit(drawn(3, 4).assign(response_ms="soon"))
    check_numbers(found)


# every model and setting

SETTINGS = [
    {},
    *({"model": m} for m in MODELS[1:]),
    {"model": "plackett_luce", "ties": "davidson_luce"},
    {"model": "plackett_luce", "solver": "choix"},
    {"worst_scale": "estimate"},
    {"worst_scale": "estimate", "depth_loss": "estimate"},
    {"prior": "none"},
    {"prior": "gaussian"},
    {"tau": 0.5, "prior": "gaussian"},
    {"judges": "model"},
    {"top": 100},
    {"standardise": True},
]


def logs(raters, n, seed=0):
    rng = np.random.default_rng(seed)
    out = []
    for k in range(raters):
        people = [f"p{i}" for i in range(n)]
        worth = dict(zip(people, rng.normal(size=n), strict=True))
        session = AlternationSession.start(people, rater=f"r{k}", seed=seed)
        while session.remaining:
            choose = max if session.end == "best" else min
            session.pick(choose(session.remaining, key=worth.__getitem__))
        out.append(session.frame())
    return pd.concat(out, ignore_index=True)


EDGES = {
    "one list": orders({"r1": "abcd"}),
    "two people": orders({"r1": "ab", "r2": "ba", "r3": "ab"}),
    "identical": orders({f"r{k}": "abc" for k in range(8)}),
    "opposite": orders({"r1": "abcd", "r2": "dcba"}),
    "ties": rows([("r1", "a", 1), ("r1", "b", 1), ("r1", "c", 3), ("r2", "c", 1), ("r2", "b", 2), ("r2", "a", 2)]),
    "left over": rows([("r1", "a", 1), ("r1", "b", None), ("r1", "c", None), ("r2", "c", 1), ("r2", "b", None), ("r2", "a", None)]),
    "picks": logs(4, 5),
}


@pytest.mark.parametrize("edge", EDGES)
def test_every_setting_gives_a_number_that_stands_or_says_why_not(edge):
    refused = []
    for settings in SETTINGS:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                check_numbers(AlternationRanking(**settings).fit(EDGES[edge]))
            except RankkitError as error:
                refused.append(error.code)
    assert "E-CONV" not in refused
    assert len(refused) < len(SETTINGS)


# what others read


def test_awkward_ids_stay_with_those_they_belong_to(tmp_path):
    ids = ["😀", "=cmd|'/c calc'!A0", "𠮷", "007", "Zoë Quill"]
    lists = {"Ruth": ids, "=Raj": ids[::-1], "Ben": [ids[i] for i in (1, 0, 3, 2, 4)], "Uma": [ids[i] for i in (2, 0, 4, 1, 3)]}
    found = AlternationRanking().fit(orders(lists))
    again = type(found).from_json(found.to_json())
    pd.testing.assert_frame_equal(again.scores, found.scores)
    assert found._repr_html_()
    for audience, ratee in (("research", None), ("ratee", "007")):
        page, book = tmp_path / "r.html", tmp_path / "r.xlsx"
        found.to_report(page, audience=audience, ratee=ratee, lang="zh")
        found.to_excel(book, audience=audience, ratee=ratee, lang="zh")
        sheets = CalamineWorkbook.from_path(str(book))
        cells = [str(c) for name in sheets.sheet_names for row in sheets.get_sheet_by_name(name).to_python() for c in row]
        texts = Page(page.read_text(encoding="utf-8")).texts
        for name in (*ids, *lists):
            if name != ratee:
                assert [t for t in (*cells, *texts) if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", t)] == [], (audience, name)

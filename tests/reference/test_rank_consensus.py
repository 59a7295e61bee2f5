"""Published rankings: Kemeny, Borda, Condorcet, plurality, Kendall's W and Mallows."""

from __future__ import annotations

import json

import numpy as np
import pytest

from rankkit.kernels.rankings.borda import borda
from rankkit.kernels.rankings.condorcet import condorcet, plurality, preference_matrix
from rankkit.kernels.rankings.kemeny import kemeny, kemeny_cost
from rankkit.kernels.rankings.mallows import mallows
from rankkit.kernels.rankings.rank_concordance import kendall_w
from rankkit.kernels.rankings.ranking_lists import from_matrix
from tests.oracles_consensus import DATA, kemeny_by_all_orders, rows

pytestmark = [
    pytest.mark.reference_data,
    pytest.mark.skipif(not DATA.is_dir(), reason="data sets of other sources are kept outside the repository"),
]

PRINTED = 5e-5  # mean ranks and percentages as printed
PRINTED_SIX = 5e-7
SEARCHED = 2e-5  # the published λ comes from a numerical search, printed to six digits


@pytest.fixture(scope="module")
def published():
    return json.loads((DATA / "reference_values.json").read_text(encoding="utf-8"))


def election():
    """Ballots of the American Psychological Association, 1980; candidates 1 to 5 are codes 0 to 4."""
    table = rows("apa_election_1980")
    orders = np.array([[int(c) - 1 for c in row["ranking_pattern"].split("-")] for row in table])
    return from_matrix(np.argsort(orders, axis=1) + 1.0, weight=np.array([float(row["n_ballots"]) for row in table]))


def ranked(name, columns, keep=lambda row: True):
    table = [row for row in rows(name) if keep(row)]
    return np.array([[float(row[c]) for c in columns] for row in table]), np.array([int(row["n_judges"]) for row in table])


def test_election_ballots():
    lists = election()
    assert lists.weight.sum() == 5738
    share = plurality(lists) / 5738
    np.testing.assert_allclose(share, [0.184, 0.135, 0.280, 0.204, 0.197], atol=5e-4)


def test_election_has_four_verdicts(published):
    lists = election()
    preferences = preference_matrix(lists)
    found = condorcet(preferences)
    assert found.winner == 0
    assert found.cycles == ()
    assert (preferences[0, 2], preferences[2, 0]) == (2897, 2841)
    assert int(np.argmax(plurality(lists))) == 2
    consensus = kemeny(preferences)
    expected = published["apa_election_1980"]
    assert (consensus.order + 1).tolist() == expected["kemeny"] == [1, 3, 5, 4, 2]
    assert consensus.cost == expected["kemeny_disagreements"] == 26_967
    assert consensus.n_optimal == 1
    assert consensus.best.tolist() == consensus.worst.tolist() == [1, 5, 2, 4, 3]
    least, orders = kemeny_by_all_orders(preferences)
    assert (least, orders) == (26_967, [tuple(consensus.order)])
    points = borda(lists)
    np.testing.assert_allclose(5 - points.points / 5738, expected["mean_ranks"], atol=PRINTED)
    assert (np.argsort(-points.share) + 1).tolist() == [1, 3, 5, 4, 2]
    assert kemeny_cost(preferences, np.arange(5)) > 26_967


def test_election_concentration():
    found = mallows(election())
    assert found.distance @ election().weight == 26_967
    assert 0 < found.theta < 0.2  # hardly more agreement than by lot, with thousands of ballots
    assert found.theta / found.se > 10


def test_salad_tartness(published):
    table = rows("salad_tartness_ranks")
    judges, items = sorted({r["judge_id"] for r in table}), sorted({r["item"] for r in table})
    ranks = np.full((len(judges), len(items)), np.nan)
    for row in table:
        ranks[judges.index(row["judge_id"]), items.index(row["item"])] = float(row["rank"])
    found = kendall_w(ranks)
    assert found.w == pytest.approx(published["salad_tartness_ranks"]["w"], abs=PRINTED_SIX)
    assert found.chi2 == pytest.approx(41.1, abs=1e-9)
    np.testing.assert_allclose(ranks.mean(axis=0), [3.4375, 1.4375, 2.3125, 2.8125])
    assert (found.m, found.n) == (32, 4)
    assert found.p < 1e-3
    assert kemeny(preference_matrix(from_matrix(ranks))).order.tolist() == [1, 2, 3, 0]
    assert (found.low, found.high) == pytest.approx((found.w, found.w), abs=0.25)
    assert found.low < found.w < found.high


@pytest.mark.parametrize(
    ("group", "w", "chi2", "p"), [("black_women", 0.4497041, 11.692, 0.00289), ("white_women", 0.6581633, 18.429, 1.0e-4)]
)
def test_leisure_company(group, w, chi2, p):
    """Hollander & Sethuraman (1978)."""
    columns = ("rank_male", "rank_female", "rank_both")
    ranks, count = ranked("leisure_company_ranks", columns, lambda row: row["group"] == group)
    found = kendall_w(np.repeat(ranks, count, axis=0))
    assert found.w == pytest.approx(w, abs=5e-8)
    assert found.chi2 == pytest.approx(chi2, abs=5e-4)
    assert found.p_chi2 == pytest.approx(p, rel=0.01)
    assert found.method == "exact"
    assert found.p < 0.01


def test_leisure_groups_disagree():
    """The two groups name different favourites: both together with a partner, or women."""
    columns = ("rank_male", "rank_female", "rank_both")
    first = []
    for group in ("black_women", "white_women"):
        ranks, count = ranked("leisure_company_ranks", columns, lambda row, g=group: row["group"] == g)
        first.append(kemeny(preference_matrix(from_matrix(ranks, weight=count.astype(float)))).order[0])
    assert first == [2, 1]


def test_word_association(published):
    """Fligner & Verducci (1986), fitted by Mallows' model with Kendall's distance."""
    columns = ("rank_thought", "rank_play", "rank_theory", "rank_dream", "rank_attention")
    ranks, count = ranked("word_association_idea", columns)
    expected = published["word_association_idea"]
    assert count.sum() == 98
    found = mallows(from_matrix(ranks, weight=count.astype(float)))
    assert found.theta == pytest.approx(expected["mallows_lambda"], abs=SEARCHED)
    place = np.argsort(found.order) + 1
    assert place.tolist() == expected["modal"] == [1, 5, 2, 3, 4]
    assert kendall_w(np.repeat(ranks, count, axis=0)).w == pytest.approx(expected["w"], abs=PRINTED_SIX)

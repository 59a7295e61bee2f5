"""Attacks found in review: parts, small tables, two methods side by side, answers on several lattices, pooled numbers, late answers."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit.errors import PolicyError
from rankkit.privacy import Composite, GroupMean, Ledger, clear, disclose
from rankkit.report import feedback_page

NEAR = 1e-9  # float sums of whole numbers
METHODS = {"graphic": rk.GraphicRatingScale(scale=(1, 5)), "sources": rk.MultiSourceFeedback(scale=(1, 5))}


def panel(n=6, groups=(("supervisor", 1), ("peer", 4)), dimensions=("care", "skill"), seed=1, low=2, high=5):
    """Answers between ``low`` and ``high`` about n people, by groups of raters of their own."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"{source}{i}_{j}", f"e{i}", source, d, int(rng.integers(low, high + 1)))
        for i in range(n)
        for source, size in groups
        for j in range(size)
        for d in dimensions
    ]
    return pd.DataFrame(rows, columns=["rater", "ratee", "source", "dimension", "score"])


def unanimous(frame):
    """A group at the top of the scale: its exact mean gives everybody away."""
    return frame.assign(score=np.where((frame["ratee"] == "e0") & (frame["source"] == "peer"), 5, frame["score"]))


@pytest.mark.parametrize("name", METHODS)
def test_parts_of_a_result_are_guarded_like_the_whole(name, tmp_path):
    """``result.parts[…]`` is a result of its own: what it releases and prints is released too."""
    result = METHODS[name].fit(unanimous(panel(groups=(("peer", 4),))))
    for part in (
        result.parts["care"],
        pickle.loads(pickle.dumps(result)).parts["care"],
        type(result).from_json(result.to_json()).parts["care"],
    ):
        row = part.release("ratee", "e0").loc["e0"]
        assert part.estimate[part.people.index("e0")] == 5
        assert row["score"] == result.for_audience("ratee").parts["care"].release("ratee", "e0").loc["e0", "score"] < 5
        assert "5.0" not in repr(part).split("\n")[1]
    told = result.parts["care"].recorded(Ledger(tmp_path / "l.jsonl")).release("ratee", "e0")
    assert told.loc["e0", "score"] < 5


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("n", [1, 2, 4])
def test_spread_of_few_people_is_the_spread_of_their_raters(name, n):
    """Mean and standard error of one person's raters fix their answers, so no error is shown below five people."""
    result = METHODS[name].fit(panel(n, groups=(("peer", 6),), dimensions=("care",)))
    shown = result.for_audience("hr")
    assert result.release("hr")[["se", "ci_low", "ci_high", "rank_low"]].isna().all(axis=None)
    assert "reliability" not in shown.evidence
    for table in ("source_weights", "components", "source_reliability", "between_sources", "raters_needed"):
        assert not len(shown.evidence.get(table, pd.DataFrame()))
    enough = METHODS[name].fit(panel(8, groups=(("peer", 6),), dimensions=("care",))).release("hr")["se"]
    assert enough.notna().all()
    assert all(len(f"{v:.2g}") >= len(repr(round(v, 6))) for v in enough)  # two digits


@pytest.mark.parametrize("sources", [None, ("peer", "subordinate")])
def test_two_methods_on_one_table_give_no_more_than_one(sources):
    """The toy: peers by multi-source feedback, everybody by a plain mean, and the one subordinate is the difference."""
    frame = panel(groups=(("supervisor", 1), ("peer", 4), ("subordinate", 1)), dimensions=("care",), low=3, high=4)
    frame.loc[frame["source"] == "peer", "score"] = [2, 3, 4, 3, 3, 2, 4, 4] * 3  # away from the ends of the scale
    own = frame.groupby(["ratee", "source"])["score"].mean().unstack()  # noqa: PD010 - one value a cell
    both = rk.MultiSourceFeedback(scale=(1, 5)).fit(frame)
    plain = rk.GraphicRatingScale(scale=(1, 5), sources=sources).fit(frame).confidential.finished.scores
    peers = both.released_sources["value"].xs("peer", level="source").droplevel("dimension")
    assert np.allclose(peers, own["peer"])
    left_out = own["peer"] if sources else (own["supervisor"] + 4 * own["peer"]) / 5
    assert np.allclose(plain["value"], left_out)
    for value in range(1, 6):  # whatever the subordinates said, both show the same
        frame.loc[frame["source"] == "subordinate", "score"] = value
        again = rk.GraphicRatingScale(scale=(1, 5), sources=sources).fit(frame).confidential.finished.scores
        assert again["value"].equals(plain["value"])


def test_small_groups_are_the_same_whatever_sources_a_score_uses():
    frame = panel(groups=(("peer", 2), ("subordinate", 2), ("customer", 2)), dimensions=("care",))
    seen = rk.GraphicRatingScale(scale=(1, 5), sources=("peer", "subordinate")).fit(frame).confidential.finished.scores
    assert seen["value"].isna().all()  # with the mean of all six, the two customers would be the difference


def lattice_outputs(widest):
    """What is shown of three peers, one of whom answered twice (a mean on halves), for every set of answers."""
    shown = {}
    whole, halves = range(1, 6), np.arange(1, 5.25, 0.5)
    for answers in itertools.product(whole, whole, halves):
        cells = pd.DataFrame({"rater": list("abc"), "source": "peer", "dimension": "care", "score": answers})
        d = disclose(cells, [GroupMean("peer", "care"), Composite("all", {("peer", "care"): 1})], scale=(1, 5), step=0.5, widest=widest)
        shown.setdefault(tuple(d.table[["shown", "low", "high"]].itertuples(index=False, name=None)), []).append(answers)
    return shown


def given_away(shown):
    """Raters who are fixed for an outsider or for one of the others who knows the own answer."""
    out = 0
    for sets in shown.values():
        for own in (None, 0, 1, 2):
            for known in {None} if own is None else {s[own] for s in sets}:
                left = [s for s in sets if own is None or s[own] == known]
                out += sum(len({s[k] for s in left}) == 1 for k in range(3) if k != own)
    return out


def test_margins_count_whole_answers_where_some_are_means_of_occasions():
    """The toy counts margins in the finest step of the table, which protects nobody who answered once."""
    assert given_away(lattice_outputs(None)) > 0
    assert given_away(lattice_outputs(1)) == 0


def test_scales_brought_to_one_keep_the_margin_of_their_own_points():
    """Five points become 0, 25 … 100: read as a scale of a hundred points, a band of one point protects nobody."""
    frame = unanimous(panel(8, groups=(("peer", 4),), seed=3))
    frame.loc[frame["dimension"] == "skill", "score"] = (frame.loc[frame["dimension"] == "skill", "score"] + 1) // 2
    result = rk.MultiSourceFeedback(scale={"care": (1, 5), "skill": (1, 3)}).fit(frame)
    row = result.released_sources.loc[("e0", "peer", "care")]
    assert (row["low"], row["high"]) == pytest.approx((100 * (3 * 2 - 1) / 8, 100), abs=NEAR)  # points as far apart as on three


def test_averaged_answers_keep_the_margin_of_single_ones():
    frame = unanimous(panel(8, groups=(("peer", 4),), dimensions=("care",)))
    again = frame[frame["rater"] == "peer3_0"].assign(score=3, occasion=2)
    both = pd.concat([frame.assign(occasion=1), again], ignore_index=True)
    once = rk.MultiSourceFeedback(scale=(1, 5)).fit(frame).released_sources
    twice = rk.MultiSourceFeedback(scale=(1, 5)).fit(both).released_sources
    assert twice.loc[("e0", "peer", "care")].equals(once.loc[("e0", "peer", "care")])


@pytest.mark.parametrize("name", METHODS)
def test_a_late_answer_never_shows_whatever_it_is(name, tmp_path):
    """Scores, parts and the tables of groups after one late answer are those from before, for each value it may have."""
    frame = panel(groups=(("peer", 4),), dimensions=("care", "skill"), low=3, high=4)
    late = frame["rater"] == "peer0_3"
    first = METHODS[name].fit(frame[~late])
    shown = set()
    for value in range(1, 6):
        ledger = Ledger(tmp_path / f"{value}.jsonl")
        before = first.recorded(ledger)
        after = METHODS[name].fit(frame.assign(score=frame["score"].where(~late, value))).recorded(ledger)
        a, b = before.for_audience("hr"), after.for_audience("hr")
        told = [after.release("ratee", "e0")["score"], *(p.release("ratee", "e0")["score"] for p in b.parts.values())]
        told += [after.parts["care"].release("ratee", "e0")["score"]]
        then = [before.release("ratee", "e0")["score"], *(p.release("ratee", "e0")["score"] for p in a.parts.values())]
        assert told[0].equals(then[0])
        if name == "sources":
            columns = ["value", "low", "high"]
            assert b.evidence["released_sources"][columns].loc["e0"].equals(a.evidence["released_sources"][columns].loc["e0"])
            new = after.evidence["released_sources"].loc["e0"]
            assert not new[columns].equals(a.evidence["released_sources"].loc["e0", columns])  # the owner's own, without the ledger
        shown.add(tuple(round(float(s.iloc[0]), 9) for s in told))
    assert len(shown) == 1


def test_two_results_through_one_ledger_follow_from_the_same_groups(tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    frame = panel(groups=(("supervisor", 1), ("peer", 5)), seed=5)
    for method in METHODS.values():
        method.fit(frame).recorded(ledger).release("hr")
    with ledger.held():
        entries = ledger._entries
    refined = [key for e in entries for r in e["refined"] for key, _ in r.weights]
    assert len({b.key for e in entries for b in e["blocks"]}) == sum(len(e["blocks"]) for e in entries)
    assert len({r.weights for e in entries for r in e["refined"]}) == sum(len(e["refined"]) for e in entries)
    assert refined is not None


def test_numbers_over_everybody_leave_the_withheld_mean_open():
    """With all other means known, an exact mean difference of two sources gives the one that is banded away."""
    frame = panel(12, groups=(("peer", 4), ("subordinate", 4)), dimensions=("care",), low=3, high=4)
    frame.loc[frame["rater"].str.startswith("peer0"), "score"] = 5
    seen = []
    for change in (0, 1):  # two sets of answers in the same band
        frame.loc[frame["rater"] == "peer0_0", "score"] = 5 - change
        shown = rk.MultiSourceFeedback(scale=(1, 5)).fit(frame).for_audience("hr")
        seen.append((shown.evidence["between_sources"]["difference"].tolist(), shown.evidence["released_sources"]["value"].tolist()))
        assert "level" not in shown.evidence["source_weights"]
    assert seen[0] == seen[1]


def test_levels_of_few_people_add_nothing_to_a_released_score():
    """What the level of a source adds to one person's score is what somebody else was given."""
    frame = panel(8, groups=(("supervisor", 1), ("peer", 4), ("subordinate", 4)), dimensions=("care",))
    frame = frame[(frame["source"] != "subordinate") | (frame["ratee"] < "e6")]
    shown = rk.MultiSourceFeedback(scale=(1, 5), adjust="sources").fit(frame).release("hr")
    assert shown.loc[["e6", "e7"], "status"].tolist() == ["suppressed"] * 2
    assert shown.loc["e0", "status"] == "scored"


def test_purpose_is_carried_to_every_release(tmp_path):
    collected = rk.MultiSourceFeedback(scale=(1, 5), purpose="development").fit(panel())
    assert collected.purpose == collected.parts["care"].purpose == "development"
    assert type(collected).from_json(collected.to_json()).purpose == "development"
    for refused in (
        lambda: collected.release("hr", use="administration"),
        lambda: collected.to_report(tmp_path / "r.html", use="administration"),
        lambda: collected.to_excel(tmp_path / "r.xlsx", use="administration"),
        lambda: collected.to_feedback(tmp_path / "f.html", "e0", use="administration"),
    ):
        with pytest.raises(PolicyError):
            refused()
    assert len(collected.release("hr", use="development")) == len(collected.release("research", use="research"))
    with pytest.raises(rk.errors.SettingsError):
        rk.MultiSourceFeedback(purpose="gossip")


@pytest.mark.parametrize("groups", [(("peer", 5),), (("supervisor", 1),), (("supervisor", 1), ("peer", 3))])
@pytest.mark.parametrize("n", [1, 2])
def test_reports_of_the_smallest_tables_are_written(groups, n, tmp_path):
    result = rk.MultiSourceFeedback(scale=(1, 5)).fit(panel(n, groups=groups, dimensions=("care",)))
    for lang in ("en", "zh"):
        assert result.to_report(tmp_path / "r.html", audience="hr", lang=lang).exists()
        assert result.to_feedback(tmp_path / "f.html", "e0", lang=lang).exists()
    assert result.to_excel(tmp_path / "r.xlsx").exists()


def test_a_score_of_fewer_raters_says_so_and_is_less_certain():
    """Two subordinates are left out of what is shown: fewer raters are counted, and the error is that of fewer."""
    frame = panel(8, groups=(("supervisor", 1), ("peer", 5), ("subordinate", 2)), dimensions=("care",))
    result = rk.GraphicRatingScale(scale=(1, 5)).fit(frame)
    row = result.release("hr").loc["e1"]
    assert (row["n_raters"], result.scores.loc["e1", "n_raters"]) == (6, 8)
    assert row["se"] >= result.scores.loc["e1", "se"] * np.sqrt(8 / 6) - NEAR


def test_the_page_for_one_person_is_cleared(monkeypatch, tmp_path):
    seen = []

    def counting(subject, audience, **options):
        seen.append((audience, options["ratee"]))
        return clear(subject, audience, **options)

    monkeypatch.setattr(feedback_page, "clear", counting)
    METHODS["graphic"].fit(panel()).to_feedback(tmp_path / "f.html", "e1")
    assert seen == [("ratee", "e1")]

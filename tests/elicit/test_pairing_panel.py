"""Several raters share the comparisons."""

from __future__ import annotations

import numpy as np
import pytest

import rankkit as rk
from rankkit.elicit.pairing import PairingSession
from rankkit.elicit.pairing_gathering import gather_comparisons
from rankkit.elicit.pairing_panel import assign
from rankkit.errors import IdentificationError, PeopleError, SessionError, SettingsError
from tests.elicit.pairing_sessions import ids, run


def test_loads_are_even_and_pairs_overlap():
    panel = assign(ids(20), ["a", "b", "c", "d"], design="random_regular", k=10, judges_per_pair=1.3, dimensions=["x", "y"], seed=2)
    loads = panel.loads
    assert loads["comparisons"].sum() == 2 * 130
    assert np.ptp(loads["comparisons"]) <= 2  # one a dimension
    assert (loads["parts"] == 1).all()
    assert panel.notes == ()
    pairs = panel.pairs
    for _, table in pairs.groupby("dimension"):
        times = table.groupby(["first", "second"]).size()
        assert (len(times), (times == 2).sum()) == (100, 30)
        assert not table.duplicated(["rater", "first", "second"]).any()
    assert loads["hours"].sum() == pytest.approx((260 + loads["repeats"].sum()) * 6 / 3600)


def test_everybody_may_judge_everything():
    panel = assign(ids(6), ["a", "b", "c"], judges_per_pair=3)
    assert (panel.loads["comparisons"] == 15).all()


def test_raters_never_judge_themselves_or_those_they_may_not():
    conflicts = {"e00": ["e01"], "x": ["e05", "e06"]}
    panel = assign(ids(9), ["e00", "e03", "x"], judges_per_pair=1.5, conflicts=conflicts, seed=1)
    met = {r: {*t["first"], *t["second"]} for r, t in panel.pairs.groupby("rater")}
    assert not met["e00"] & {"e00", "e01"}
    assert not met["e03"] & {"e03"}
    assert not met["x"] & {"e05", "e06"}
    sessions = panel.sessions()
    for rater, session in sessions.items():
        asked = {frozenset((q.left, q.right)) for q in run(session)}
        planned = panel.pairs[panel.pairs["rater"] == rater]
        assert asked == {frozenset(p) for p in planned[["first", "second"]].itertuples(index=False)}


def test_pairs_that_few_may_judge_are_told():
    panel = assign(ids(6), ["e00", "e01", "x"], judges_per_pair=2, conflicts={"x": ["e00"]})
    assert [n.code for n in panel.notes] == ["W-NOJUDGE", "W-FEWJUDGES"]  # e00 with e01: nobody; others with e00: one rater only
    assert "1 pairs" in panel.notes[0].text("en")
    assert "4 pairs" in panel.notes[1].text("en")


def test_people_nobody_may_judge_are_named():
    with pytest.raises(IdentificationError) as caught:
        assign(ids(5), ["r", "s"], conflicts={"r": ["e04"], "s": ["e04"]}, labels={"e04": "李娜"})
    assert caught.value.code == "E-NOJUDGE"
    for lang in ("en", "zh"):
        assert "e00, e01, e02, e03 | 李娜" in caught.value.text(lang)


def test_too_many_raters_have_nothing_to_do_or_unlinked_shares():
    panel = assign(ids(4), [f"r{i}" for i in range(9)], judges_per_pair=1)
    assert [n.code for n in panel.notes] == ["W-IDLE"]
    assert len(panel.sessions()) == 6
    wide = assign(ids(10), ["a", "b"], design="cyclic", k=2, judges_per_pair=1)
    assert wide.loads["comparisons"].tolist() == [5, 5]
    assert (wide.loads["parts"] == 1).all(), "a ring is cut into two chains"
    barred = [(a, b) for a in ("e00", "e01") for b in ("e02", "e03")]
    split = assign(ids(5), ["x", "y"], conflicts={"x": ["e04"]}, judges_per_pair=2, exclude_pairs=barred)
    assert [n.code for n in split.notes] == ["W-FEWJUDGES", "W-PARTS"]


def test_the_plan_does_not_depend_on_the_order_of_lists():
    one = assign(ids(10), ["a", "b", "c"], design="cyclic", k=4, seed=3)
    other = assign(ids(10)[::-1], ["c", "a", "b"], design="cyclic", k=4, seed=3)
    assert one.pairs.equals(other.pairs)


def test_settings_that_are_impossible():
    for changes in ({"judges_per_pair": 3}, {"judges_per_pair": 0.5}, {"design": "adaptive"}, {"k": 20, "design": "cyclic"}, {"seed": -1}):
        with pytest.raises(SettingsError):
            assign(ids(8), ["a", "b"], **changes)
    with pytest.raises(PeopleError) as caught:
        assign(ids(8), ["a", "b"], conflicts={"c": ["e00"]})
    assert caught.value.code == "E-NOTITEM"


def test_from_the_plan_to_the_scores(tmp_path):
    panel = assign(ids(12), ["王", "李/二", "c"], design="random_regular", k=8, judges_per_pair=1.2, labels={"e00": "赵一"})
    worth = np.linspace(2, -2, 12)
    for number, session in enumerate(panel.sessions(tmp_path).values()):
        run(session, worth, seed=number)
        session.close()
    with pytest.raises(SessionError):
        panel.sessions(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["01_c.jsonl", "02_李_二.jsonl", "03_王.jsonl"]
    table = gather_comparisons(tmp_path)
    assert len(table) == int(panel.loads[["comparisons", "repeats"]].to_numpy().sum())
    assert table.raters == ("c", "李/二", "王")
    scores = rk.PairedComparison().fit(table).scores
    assert np.corrcoef(scores.loc[ids(12), "score"], worth)[0, 1] > 0.8


def test_conflicts_may_be_given_by_display_name():
    """A conflict of interest that is not understood would be asked about: names count like ids, and so does the rater's own."""
    labels = {p: f"{p}号" for p in ids(6)}
    first, second = ids(6)[:2]
    panel = assign(ids(6), ["甲", labels[second]], conflicts={"甲": [labels[first]]}, labels=labels, judges_per_pair=2)
    frame = panel.pairs
    asked = {r: {*g["first"], *g["second"]} for r, g in frame.groupby("rater")}
    assert first not in asked["甲"]
    assert second not in asked[labels[second]]
    session = PairingSession.start(ids(6), rater="甲", conflicts=[labels[first]], labels=labels)
    assert first not in session.settings.items
    assert assign(ids(6), ["甲"]).loads["comparisons"].sum() == 15

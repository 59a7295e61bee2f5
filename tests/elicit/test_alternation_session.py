"""Alternation sessions: the rules of the list, and undoing."""

from itertools import pairwise

import pandas as pd
import pytest

import rankkit as rk
from rankkit.elicit import AlternationSession, alternation_workload
from rankkit.errors import RankingsError
from tests.elicit.alternation_sessions import SEVEN, ranks_of, refused, started

# --- the rules ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [3, 4, 5, 6, 7])
def test_ends_alternate_and_only_the_last_is_placed_without_a_choice(n):
    items = [f"p{k}" for k in range(n)]
    session = started(items)
    ends = []
    while session.state != "done":
        assert session.step == len(ends) + 1
        assert session.stage == len(ends) // 2 + 1
        ends.append(session.end)
        session.pick(min(session.remaining) if session.end == "best" else max(session.remaining))
    assert ends == (["best", "worst"] * n)[: n - 1]  # n - 1 choices; with two left the second best is one too
    frame = session.rankings().frame.set_index("ratee")
    assert frame["rank"].to_dict() == {f"p{k}": k + 1 for k in range(n)}
    assert frame["forced"].sum() == 1
    assert frame.loc[frame["forced"], "pick"].isna().all()
    assert sorted(frame["pick"].dropna()) == list(range(1, n))
    assert session.remaining == []
    assert session.state == "done"


def test_the_ladder_tells_stage_size_and_end():
    session = started()
    for item in ("e03", ["e01", "e07"], "e02"):
        session.pick(item, response_ms=1234.6)
    ladder = session.ladder()
    assert ladder["ratee"].tolist() == ["e03", "e01", "e07", "e02"]
    assert ladder["pick"].tolist() == [1, 2, 2, 3]
    assert ladder["stage"].tolist() == [1, 1, 1, 2]
    assert ladder["end"].tolist() == ["best", "worst", "worst", "best"]
    assert ladder["shown"].tolist() == [7, 6, 6, 4]
    assert ladder["tied"].tolist() == [1, 2, 2, 1]
    assert ladder["rank"].tolist() == [1, 6, 6, 2]
    assert ladder["response_ms"].tolist() == [1235] * 4


def test_tied_people_share_the_better_rank_at_both_ends():
    session = started()
    session.pick(["e01", "e02"])
    session.pick(["e06", "e07"])
    session.pick("e03")
    session.pick("e05")
    assert ranks_of(session) == {"e01": 1, "e02": 1, "e03": 3, "e04": 4, "e05": 5, "e06": 6, "e07": 6}
    frame = session.rankings().frame.set_index("ratee")
    assert frame.loc["e04", "forced"]
    assert frame.loc["e06", "end"] == "worst"


def test_everybody_left_can_be_tied_by_a_pick():
    session = started(["a", "b", "c"])
    session.pick("b")
    session.pick(["a", "c"])
    assert session.state == "done"
    assert ranks_of(session) == {"a": 2, "b": 1, "c": 2}
    assert not session.rankings().frame.get("forced", pd.Series([False])).any()


@pytest.mark.parametrize(("rest", "middle", "status"), [("tied", 2, "ranked"), ("unranked", None, "unranked")])
def test_an_early_finish_says_what_the_rest_means(rest, middle, status):
    session = started()
    session.pick("e02")
    session.pick("e05")
    session.finish(rest=rest)
    frame = session.frame().set_index("ratee")
    assert frame.loc["e02", "rank"] == 1
    assert frame.loc["e05", "rank"] == 7  # the places of those in between stay theirs
    for item in ("e01", "e03", "e04", "e06", "e07"):
        assert ranks_of(session)[item] == middle
        assert frame.loc[item, "status"] == status
        assert pd.isna(frame.loc[item, "pick"])
    assert len(session.rankings()) == 7


def test_the_first_end_and_switching():
    session = started(first_end="worst")
    assert session.end == "worst"
    session.pick("e01")
    session.switch_end()
    assert session.end == "worst"
    session.pick("e02")
    assert session.end == "best"
    session.pick("e03")
    assert session.stage == 2  # three picks were made
    assert ranks_of(session) == {**dict.fromkeys(SEVEN), "e01": 7, "e02": 6, "e03": 1}
    drawn = {started(rater=f"r{k}", first_end="random").end for k in range(20)}
    assert drawn == {"best", "worst"}
    assert started(first_end="random", seed=3).end == started(first_end="random", seed=3).end


def test_crossing_out_comes_before_picking():
    session = started()
    session.exclude("e01")
    session.exclude("e02", "absent")
    session.exclude("e03", "conflict")
    assert session.state == "screen"
    assert set(session.remaining) == {"e04", "e05", "e06", "e07"}
    session.pick("e04")
    session.pick("e07")
    session.pick("e05")
    frame = session.rankings().frame.set_index("ratee")
    assert frame["status"].to_dict() == {
        **dict.fromkeys(["e04", "e05", "e06", "e07"], "ranked"),
        "e01": "not_known",
        "e02": "not_presented",
        "e03": "not_presented",
    }
    assert frame["reason"].dropna().to_dict() == {"e01": "not_known", "e02": "absent", "e03": "conflict"}
    assert frame.loc["e07", "rank"] == 4


def test_withdrawing_somebody_keeps_the_history():
    session = started()
    session.pick("e01")
    session.pick("e07")
    session.pick("e02")
    session.withdraw("e01", "left the company")
    session.withdraw("e04")
    assert ranks_of(session) == {**dict.fromkeys(SEVEN), "e02": 1, "e07": 5}
    ladder = session.ladder().set_index("ratee")
    assert ladder["status"].to_dict() == {"e01": "withdrawn", "e07": "ranked", "e02": "ranked"}
    assert ladder.loc["e01", "shown"] == 7
    assert pd.isna(ladder.loc["e01", "rank"])
    session.pick("e06")
    session.pick("e03")
    assert session.state == "done"
    table = session.rankings()
    frame = table.frame.set_index("ratee")
    assert frame.loc["e01", "status"] == frame.loc["e04", "status"] == "withdrawn"
    assert pd.isna(frame.loc["e01", "pick"])
    assert frame.loc["e01", "reason"] == "left the company"
    assert frame.loc["e02", "pick"] == 3  # the numbers of the picks stay
    session.undo(to=1)
    assert ranks_of(session) == dict.fromkeys(SEVEN)
    assert [e["event"] for e in session.log.events][:4] == ["start", "pick", "pick", "pick"]


def test_withdrawing_the_last_but_one_places_the_last():
    session = started(["a", "b", "c", "d"])
    session.pick("a")
    session.pick("d")
    session.withdraw("b")
    assert session.state == "done"
    assert session.standing.forced == "c"
    session.undo()
    assert session.state == "pick"


# --- the order shown ---------------------------------------------------------------------------------------------------


def test_the_list_is_shown_in_a_fresh_order_at_every_pick():
    items = [f"p{k:02d}" for k in range(20)]
    session, again, other = started(items), started(items[::-1]), started(items, rater="r2")
    orders = []
    for _ in range(6):
        assert session.remaining == again.remaining
        assert sorted(session.remaining) == sorted(other.remaining)
        assert session.remaining != other.remaining
        orders.append(session.remaining)
        for one in (session, again, other):
            one.pick(min(one.remaining))
    kept = [[i for i in order if i in orders[-1]] for order in orders]
    assert all(a != b for a, b in pairwise(kept))
    assert started(items, seed=1).remaining != started(items).remaining


def test_every_place_is_equally_likely_at_first_sight():
    places = [started(rater=f"r{k}").remaining.index("e01") for k in range(700)]
    counts = pd.Series(places).value_counts()
    assert len(counts) == 7
    assert counts.between(60, 140).all()  # 100 expected; four standard deviations are 37


# --- undo and redo -----------------------------------------------------------------------------------------------------


def test_undo_cancels_the_last_effective_step_and_deletes_nothing():
    session = started()
    session.pick("e01")
    session.note("difficult")
    session.pick("e07")
    session.switch_end()
    session.undo()
    assert session.end == "best"
    session.undo()
    assert ranks_of(session)["e07"] is None
    assert session.can_redo
    session.redo()
    assert ranks_of(session)["e07"] == 7
    session.undo()
    session.pick("e06")
    assert not session.can_redo
    refused("E-NOREDO", session.redo)
    assert [e["event"] for e in session.log.events] == [
        "start", "pick", "note", "pick", "switch_end", "undo", "undo", "redo", "undo", "pick",
    ]  # fmt: skip
    events = session.events
    assert events["cancels"].dropna().tolist() == [5, 4, 4, 4]
    assert events.loc[events["event"] == "pick", "in_force"].tolist() == [True, False, True]
    assert events.loc[events["event"] == "pick", "end"].tolist() == ["best", "worst", "worst"]
    assert events["text"].dropna().tolist() == ["difficult"]
    session.undo()
    session.undo()
    assert session.state == "screen"
    assert not session.can_undo
    refused("E-NOUNDO", session.undo)


def test_undoing_to_a_step():
    session = started()
    for item in ("e01", "e07", "e02", "e06"):
        session.pick(item)
    session.switch_end()
    session.undo(to=2)
    assert (session.step, session.end) == (2, "worst")
    for _ in range(4):
        session.redo()
    assert (session.step, session.end) == (5, "worst")
    for bad in (0, 5, 9):
        refused("E-SETTING", lambda to=bad: session.undo(to=to))


def test_done_and_given_up_can_be_undone():
    session = started(["a", "b", "c"])
    session.pick("a")
    session.pick("b")
    assert session.state == "done"
    session.undo()
    session.abandon()
    assert session.state == "abandoned"
    session.note("why")
    session.undo()
    assert session.state == "pick"


def test_pausing():
    session = started()
    session.pick("e01")
    session.pause()
    assert session.state == "paused"
    for call in (session.undo, session.pause, lambda: session.pick("e02"), session.switch_end, lambda: session.finish("tied")):
        refused("E-PAUSED", call)
    session.note("lunch")
    session.resume()
    refused("E-NOTPAUSED", session.resume)
    session.pick("e02")
    session.pause()
    session.abandon()
    refused("E-ABANDONED", session.resume)


# --- what is refused ---------------------------------------------------------------------------------------------------


def test_people_who_cannot_be_picked_are_explained():
    session = started(labels={"e05": "王伟"})
    session.exclude("e07")
    for item in ("e01", "e02", "e03"):
        session.pick(item)
    session.withdraw("e06")
    session.pick("e04")
    refused(
        "E-PLACED",
        lambda: session.pick("e04"),
        "e04 is already placed 2nd from the bottom. Undo to step 4 or choose another.",
        "e04 已排在倒数第 2。请撤销到第 4 步，或选择其他人。",
    )
    session.undo()
    refused("E-PLACED", lambda: session.pick(["e04", "e03"]), "2nd from the top. Undo to step 3", "正数第 2")
    refused("E-OUT", lambda: session.pick("e07"), "e07 is out of this list (not known well enough)", "不够了解")
    refused("E-OUT", lambda: session.withdraw("e06"), "withdrawn", "已撤回")
    refused("E-NOTLISTED", lambda: session.pick("x9"), "x9 is not in this list. Choose from those left: ", "王伟 (e05)")
    refused("E-PICKTWICE", lambda: session.pick(["e05", "e05"]), "王伟 (e05) is named twice")
    refused("E-NOPICK", lambda: session.pick([]), "nobody is named", "没有指定")
    refused("E-SCREENED", lambda: session.exclude("e04"), "Withdraw e04 instead", "撤回 e04")
    refused("E-REST", session.finish, "2 people are not placed yet: e04, 王伟 (e05)", "还有 2 人未排：e04、王伟 (e05)")
    refused("E-SETTING", lambda: session.finish("somehow"), "tied, unranked")
    refused("E-UNFINISHED", session.rankings, "the session session of r1 is not finished: 2 people")
    n = len(session.log)
    session.finish("tied")
    assert len(session.log) == n + 1  # what is refused leaves no trace
    refused("E-PLACED", lambda: session.pick("e05"), "Undo to step 3")
    for call in (lambda: session.finish("tied"), session.switch_end, session.pause):
        refused("E-ALLPLACED", call, "Undo the last step", "请撤销上一步")


def test_the_forced_one_and_those_left_over_cannot_be_picked():
    session = started(["a", "b", "c"])
    session.pick("a")
    session.pick("b")
    refused("E-PLACED", lambda: session.pick("c"), "c is already placed 2nd from the top. Undo to step 2")
    session.undo()
    session.finish("unranked")
    refused("E-ALLPLACED", lambda: session.pick("c"))
    session.undo()
    session.abandon()
    refused("E-ABANDONED", lambda: session.pick("c"))


def test_lists_cannot_shrink_below_two():
    session = started(["a", "b", "c"])
    session.exclude("a")
    refused("E-LASTTWO", lambda: session.exclude("b"), "without b fewer than two", "不足两人")
    refused("E-LASTTWO", lambda: session.withdraw("b"))
    refused("E-SETTING", lambda: session.exclude("b", "bored"), "not_known, absent, conflict")
    refused("E-NOPICKS", lambda: session.finish("unranked"), "nobody was picked yet", "尚未选择")
    session.pick("c")
    assert ranks_of(session) == {"a": None, "b": 2, "c": 1}


def test_lists_that_cannot_be_ranked_are_refused_at_once():
    refused("E-SHORTLIST", lambda: started(["a", "b"]), "With two people use a single comparison", "两个人请直接作一次比较")
    refused("E-DUPPERSON", lambda: started(["a", "b", "a", "c"]))
    refused("E-BLANK", lambda: started(["a", "b", None, "c"]))
    refused("E-ID", lambda: started(["007", "7", "8"]))
    refused("E-TYPE", lambda: started("abc"))
    refused("E-TYPE", lambda: started(3))
    refused("E-SETTING", lambda: started(rater=" "))
    refused("E-SETTING", lambda: started(first_end="middle"))
    with pytest.raises(RankingsError) as caught:
        started(["007", "7", "7", ""])
    assert set(caught.value.codes) == {"E-BLANK", "E-DUPPERSON", "E-ID"}


def test_notes_of_a_list():
    assert started().notes == ()
    long = started([f"p{k}" for k in range(31)])
    assert [n.code for n in long.notes] == ["W-LONGLIST"]
    assert "31 people" in long.notes[0].text("en")
    assert "31 人" in long.notes[0].text("zh")
    long.exclude("p1")
    assert long.notes == ()
    own = started(rater="e03")
    assert [n.code for n in own.notes] == ["W-OWNLIST"]
    assert "e03" in own.notes[0].text("en")
    assert "e03" in own.notes[0].text("zh")
    own.exclude("e03", "conflict")
    assert own.notes == ()


def test_load():
    load = alternation_workload(10, seconds_per_name=2, seconds_per_pick=0)
    assert (load.picks, load.names, load.minutes) == (9, 54, 108 / 60)
    assert alternation_workload(1).picks == 0
    session = started()
    session.pick("e01")
    assert session.load == alternation_workload(6)


def test_people_give_ids_and_names():
    people = rk.People.from_frame(pd.DataFrame({"person": ["007", "012", "013"], "label": ["王伟", "李娜", "王伟"]}))
    session = AlternationSession.start(people, rater="　Ｂ１ ", dimension="quality")
    assert session.rater == "B1"
    session.pick("007")
    session.pick("013")
    table = session.rankings()
    assert table.labels == {"007": "王伟", "012": "李娜", "013": "王伟"}
    assert table.dimensions == ("quality",)
    assert repr(session) == "<AlternationSession: B1, done, 3 of 3 placed>"

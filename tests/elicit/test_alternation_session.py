"""Alternation sessions: the rules of the list, undoing, and nothing lost wherever a session is stopped."""

import random
from itertools import pairwise

import pandas as pd
import pytest

import rankkit as rk
from rankkit.elicit import AlternationSession, EventLog, alternation_workload, event_log, gather
from rankkit.elicit.alternation_state import AlternationState, apply, fold
from rankkit.errors import RankingsError, ReadingError, SessionError

SEVEN = [f"e0{k}" for k in range(1, 8)]


def _start(items=SEVEN, **options):
    return AlternationSession.start(items, rater=options.pop("rater", "r1"), **options)


def _rng(seed):
    return random.Random(seed)  # noqa: S311 - seeded, not secret


def _ranks(session):
    frame = session.frame(partial=True)
    return {i: None if pd.isna(r) else int(r) for i, r in zip(frame["ratee"], frame["rank"], strict=True)}


def _refused(code, call, en=None, zh=None):
    with pytest.raises((SessionError, RankingsError, ReadingError)) as caught:
        call()
    error = caught.value
    assert error.codes == (code,)
    said, chinese = error.text("en"), error.text("zh")
    assert "…" not in said + chinese
    assert any("\u4e00" <= c <= "\u9fff" for c in chinese)
    if en:
        assert en in said
    if zh:
        assert zh in chinese
    return error


# --- the rules ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [3, 4, 5, 6, 7])
def test_ends_alternate_and_only_the_last_is_placed_without_a_choice(n):
    items = [f"p{k}" for k in range(n)]
    session = _start(items)
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
    session = _start()
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
    session = _start()
    session.pick(["e01", "e02"])
    session.pick(["e06", "e07"])
    session.pick("e03")
    session.pick("e05")
    assert _ranks(session) == {"e01": 1, "e02": 1, "e03": 3, "e04": 4, "e05": 5, "e06": 6, "e07": 6}
    frame = session.rankings().frame.set_index("ratee")
    assert frame.loc["e04", "forced"]
    assert frame.loc["e06", "end"] == "worst"


def test_everybody_left_can_be_tied_by_a_pick():
    session = _start(["a", "b", "c"])
    session.pick("b")
    session.pick(["a", "c"])
    assert session.state == "done"
    assert _ranks(session) == {"a": 2, "b": 1, "c": 2}
    assert not session.rankings().frame.get("forced", pd.Series([False])).any()


@pytest.mark.parametrize(("rest", "middle", "status"), [("tied", 2, "ranked"), ("unranked", None, "unranked")])
def test_an_early_finish_says_what_the_rest_means(rest, middle, status):
    session = _start()
    session.pick("e02")
    session.pick("e05")
    session.finish(rest=rest)
    frame = session.frame().set_index("ratee")
    assert frame.loc["e02", "rank"] == 1
    assert frame.loc["e05", "rank"] == 7  # the places of those in between stay theirs
    for item in ("e01", "e03", "e04", "e06", "e07"):
        assert _ranks(session)[item] == middle
        assert frame.loc[item, "status"] == status
        assert pd.isna(frame.loc[item, "pick"])
    assert len(session.rankings()) == 7


def test_the_first_end_and_switching():
    session = _start(first_end="worst")
    assert session.end == "worst"
    session.pick("e01")
    session.switch_end()
    assert session.end == "worst"
    session.pick("e02")
    assert session.end == "best"
    session.pick("e03")
    assert session.stage == 2  # three picks were made
    assert _ranks(session) == {**dict.fromkeys(SEVEN), "e01": 7, "e02": 6, "e03": 1}
    drawn = {_start(rater=f"r{k}", first_end="random").end for k in range(20)}
    assert drawn == {"best", "worst"}
    assert _start(first_end="random", seed=3).end == _start(first_end="random", seed=3).end


def test_crossing_out_comes_before_picking():
    session = _start()
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
    session = _start()
    session.pick("e01")
    session.pick("e07")
    session.pick("e02")
    session.withdraw("e01", "left the company")
    session.withdraw("e04")
    assert _ranks(session) == {**dict.fromkeys(SEVEN), "e02": 1, "e07": 5}
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
    assert _ranks(session) == dict.fromkeys(SEVEN)
    assert [e["event"] for e in session.log.events][:4] == ["start", "pick", "pick", "pick"]


def test_withdrawing_the_last_but_one_places_the_last():
    session = _start(["a", "b", "c", "d"])
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
    session, again, other = _start(items), _start(items[::-1]), _start(items, rater="r2")
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
    assert _start(items, seed=1).remaining != _start(items).remaining


def test_every_place_is_equally_likely_at_first_sight():
    places = [_start(rater=f"r{k}").remaining.index("e01") for k in range(700)]
    counts = pd.Series(places).value_counts()
    assert len(counts) == 7
    assert counts.between(60, 140).all()  # 100 expected; four standard deviations are 37


# --- undo and redo -----------------------------------------------------------------------------------------------------


def test_undo_cancels_the_last_effective_step_and_deletes_nothing():
    session = _start()
    session.pick("e01")
    session.note("difficult")
    session.pick("e07")
    session.switch_end()
    session.undo()
    assert session.end == "best"
    session.undo()
    assert _ranks(session)["e07"] is None
    assert session.can_redo
    session.redo()
    assert _ranks(session)["e07"] == 7
    session.undo()
    session.pick("e06")
    assert not session.can_redo
    _refused("E-NOREDO", session.redo)
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
    _refused("E-NOUNDO", session.undo)


def test_undoing_to_a_step():
    session = _start()
    for item in ("e01", "e07", "e02", "e06"):
        session.pick(item)
    session.switch_end()
    session.undo(to=2)
    assert (session.step, session.end) == (2, "worst")
    for _ in range(4):
        session.redo()
    assert (session.step, session.end) == (5, "worst")
    for bad in (0, 5, 9):
        _refused("E-SETTING", lambda to=bad: session.undo(to=to))


def test_done_and_given_up_can_be_undone():
    session = _start(["a", "b", "c"])
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
    session = _start()
    session.pick("e01")
    session.pause()
    assert session.state == "paused"
    for call in (session.undo, session.pause, lambda: session.pick("e02"), session.switch_end, lambda: session.finish("tied")):
        _refused("E-PAUSED", call)
    session.note("lunch")
    session.resume()
    _refused("E-NOTPAUSED", session.resume)
    session.pick("e02")
    session.pause()
    session.abandon()
    _refused("E-ABANDONED", session.resume)


# --- what is refused ---------------------------------------------------------------------------------------------------


def test_people_who_cannot_be_picked_are_explained():
    session = _start(labels={"e05": "王伟"})
    session.exclude("e07")
    for item in ("e01", "e02", "e03"):
        session.pick(item)
    session.withdraw("e06")
    session.pick("e04")
    _refused(
        "E-PLACED",
        lambda: session.pick("e04"),
        "e04 is already placed 2nd from the bottom. Undo to step 4 or choose another.",
        "e04 已排在倒数第 2。请撤销到第 4 步，或选择其他人。",
    )
    session.undo()
    _refused("E-PLACED", lambda: session.pick(["e04", "e03"]), "2nd from the top. Undo to step 3", "正数第 2")
    _refused("E-OUT", lambda: session.pick("e07"), "e07 is out of this list (not known well enough)", "不够了解")
    _refused("E-OUT", lambda: session.withdraw("e06"), "withdrawn", "已撤回")
    _refused("E-NOTLISTED", lambda: session.pick("x9"), "x9 is not in this list. Choose from those left: ", "王伟 (e05)")
    _refused("E-PICKTWICE", lambda: session.pick(["e05", "e05"]), "王伟 (e05) is named twice")
    _refused("E-NOPICK", lambda: session.pick([]), "nobody is named", "没有指定")
    _refused("E-SCREENED", lambda: session.exclude("e04"), "Withdraw e04 instead", "撤回 e04")
    _refused("E-REST", session.finish, "2 people are not placed yet: e04, 王伟 (e05)", "还有 2 人未排：e04、王伟 (e05)")
    _refused("E-SETTING", lambda: session.finish("somehow"), "tied, unranked")
    _refused("E-UNFINISHED", session.rankings, "the session session of r1 is not finished: 2 people")
    n = len(session.log)
    session.finish("tied")
    assert len(session.log) == n + 1  # what is refused leaves no trace
    _refused("E-PLACED", lambda: session.pick("e05"), "Undo to step 3")
    for call in (lambda: session.finish("tied"), session.switch_end, session.pause):
        _refused("E-ALLPLACED", call, "Undo the last step", "请撤销上一步")


def test_the_forced_one_and_those_left_over_cannot_be_picked():
    session = _start(["a", "b", "c"])
    session.pick("a")
    session.pick("b")
    _refused("E-PLACED", lambda: session.pick("c"), "c is already placed 2nd from the top. Undo to step 2")
    session.undo()
    session.finish("unranked")
    _refused("E-ALLPLACED", lambda: session.pick("c"))
    session.undo()
    session.abandon()
    _refused("E-ABANDONED", lambda: session.pick("c"))


def test_lists_cannot_shrink_below_two():
    session = _start(["a", "b", "c"])
    session.exclude("a")
    _refused("E-LASTTWO", lambda: session.exclude("b"), "without b fewer than two", "不足两人")
    _refused("E-LASTTWO", lambda: session.withdraw("b"))
    _refused("E-SETTING", lambda: session.exclude("b", "bored"), "not_known, absent, conflict")
    _refused("E-NOPICKS", lambda: session.finish("unranked"), "nobody was picked yet", "尚未选择")
    session.pick("c")
    assert _ranks(session) == {"a": None, "b": 2, "c": 1}


def test_lists_that_cannot_be_ranked_are_refused_at_once():
    _refused("E-SHORTLIST", lambda: _start(["a", "b"]), "With two people use a single comparison", "两个人请直接作一次比较")
    _refused("E-DUPPERSON", lambda: _start(["a", "b", "a", "c"]))
    _refused("E-BLANK", lambda: _start(["a", "b", None, "c"]))
    _refused("E-ID", lambda: _start(["007", "7", "8"]))
    _refused("E-TYPE", lambda: _start("abc"))
    _refused("E-TYPE", lambda: _start(3))
    _refused("E-SETTING", lambda: _start(rater=" "))
    _refused("E-SETTING", lambda: _start(first_end="middle"))
    with pytest.raises(RankingsError) as caught:
        _start(["007", "7", "7", ""])
    assert set(caught.value.codes) == {"E-BLANK", "E-DUPPERSON", "E-ID"}


def test_notes_of_a_list():
    assert _start().notes == ()
    long = _start([f"p{k}" for k in range(31)])
    assert [n.code for n in long.notes] == ["W-LONGLIST"]
    assert "31 people" in long.notes[0].text("en")
    assert "31 人" in long.notes[0].text("zh")
    long.exclude("p1")
    assert long.notes == ()
    own = _start(rater="e03")
    assert [n.code for n in own.notes] == ["W-OWNLIST"]
    assert "e03" in own.notes[0].text("en")
    assert "e03" in own.notes[0].text("zh")
    own.exclude("e03", "conflict")
    assert own.notes == ()


def test_load():
    load = alternation_workload(10, seconds_per_name=2, seconds_per_pick=0)
    assert (load.picks, load.names, load.minutes) == (9, 54, 108 / 60)
    assert alternation_workload(1).picks == 0
    session = _start()
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


# --- nothing is lost ---------------------------------------------------------------------------------------------------


def _naive(events):
    """Ranks and forced by the plainest reading of the rules, from the effective events alone."""
    effective, undone = [], []
    for e in events[1:]:
        if e["event"] == "undo":
            undone.append(effective.pop())
        elif e["event"] == "redo":
            effective.append(undone.pop())
        elif e["event"] not in ("note", "pause", "resume"):
            effective.append(e)
            undone = []
    left = list(events[0]["items"])
    best, worst, gone, end, rest = [], [], [], events[0]["first_end"], None
    for e in effective:
        if e["event"] == "pick":
            (best if end == "best" else worst).append(e["items"])
            left = [i for i in left if i not in e["items"]]
            end = {"best": "worst", "worst": "best"}[end]
        elif e["event"] == "switch_end":
            end = {"best": "worst", "worst": "best"}[end]
        elif e["event"] in ("exclude", "withdraw"):
            gone.append(e["item"])
            left = [i for i in left if i != e["item"]]
        elif e["event"] == "finish":
            rest = e["rest"]
    ranks, place = {}, 1
    done = rest is not None or (bool(best or worst) and len(left) <= 1)
    for group in [*best, left, *worst[::-1]]:
        here = [i for i in group if i not in gone]
        if here != left or (done and rest != "unranked"):
            ranks |= dict.fromkeys(here, place)
        place += len(here)
    return ranks, end, done


def _random_step(session, rng):
    """One random legal step."""
    remaining, state = session.remaining, session.state
    if state == "paused":
        return session.resume()
    if state in ("done", "abandoned"):
        return session.undo(to=rng.randint(1, session.step - 1)) if session.step > 1 and rng.random() < 0.5 else session.undo()
    kind = rng.choices(
        ["pick", "tie", "undo", "redo", "withdraw", "exclude", "switch", "note", "pause", "finish", "abandon"],
        [40, 10, 18, 12, 3, 6, 6, 5, 3, 3, 1],
    )[0]
    if kind == "pick":
        return session.pick(rng.choice(remaining), response_ms=rng.randint(500, 9000))
    if kind == "tie":
        return session.pick(rng.sample(remaining, min(len(remaining), rng.randint(2, 3))))
    if kind == "undo" and session.can_undo:
        return session.undo()
    if kind == "redo" and session.can_redo:
        return session.redo()
    out = len(session.standing.excluded) + len(session.standing.withdrawn)
    if kind == "withdraw" and out < 6:
        gone = {*session.standing.withdrawn, *session.standing.excluded}
        return session.withdraw(rng.choice([i for i in session.standing.items if i not in gone]))
    if kind == "exclude" and state == "screen" and out < 6:
        return session.exclude(rng.choice(remaining), rng.choice(["not_known", "absent", "conflict"]))
    if kind == "switch":
        return session.switch_end()
    if kind == "pause":
        return session.pause()
    if kind == "finish" and session.step > 1:
        return session.finish(rng.choice(["tied", "unranked"]))
    if kind == "abandon":
        return session.abandon()
    return session.note(f"备注 {rng.random()}")


@pytest.fixture(scope="module")
def long_log(tmp_path_factory):
    """A session of more than 200 events with every kind of step in it."""
    path = tmp_path_factory.mktemp("long") / "long.jsonl"
    rng = _rng(20)
    session = _start([f"员工{k:02d}" for k in range(24)], path=path, rater="王", seed=5)
    session.exclude("员工03")
    while len(session.log) < 210 or session.state != "pick":
        _random_step(session, rng)
    kinds = {e["event"] for e in session.log.events}
    assert kinds == {
        "start", "pick", "undo", "redo", "withdraw", "exclude", "switch_end", "note", "pause", "resume", "finish", "abandon",
    }  # fmt: skip
    assert any(len(e.get("items", "")) > 1 for e in session.log.events[1:])
    session.close()
    return path


def test_the_state_agrees_with_a_plain_reading_at_every_event(long_log):
    events = EventLog.read(long_log).events
    for k in range(1, len(events) + 1):
        state = fold(events[:k])
        ranks, end, done = _naive(events[:k])
        assert (state.ladder.ranks, state.ladder.end, state.ladder.done) == (ranks, end, done)


def test_times_never_matter(long_log):
    events = EventLog.read(long_log).events
    timeless = [{k: v for k, v in e.items() if k not in ("at", "response_ms")} for e in events]
    assert _everything(fold(timeless)) == _everything(fold(events))


def _everything(state: AlternationState):
    return state, state.phase, state.ladder.remaining, state.ladder.ranks, state.ladder.forced


def _finish_off(session, rng):
    """Go on to the end in a way that depends on the state alone."""
    while session.state != "done":
        if session.state == "paused":
            session.resume()
        elif session.state == "abandoned":
            session.undo()
        else:
            session.pick(rng.choice(session.remaining))
    return session.frame()


def test_a_session_stopped_at_any_event_goes_on_where_it_was(long_log, tmp_path, monkeypatch):
    monkeypatch.setattr(event_log.os, "fsync", lambda _descriptor: None)  # hundreds of files; the disk is not on trial here
    lines = long_log.read_bytes().splitlines(keepends=True)
    events = EventLog.read(long_log).events
    rng = _rng(7)
    path = tmp_path / "long.jsonl"
    state = None
    for k in range(2, len(lines) + 1):
        state = apply(state, events[k - 2])
        torn = lines[k][: rng.randrange(len(lines[k]) - 1)] if k < len(lines) else b'{"n": '
        for tail in (b"", torn):
            path.write_bytes(b"".join(lines[:k]) + tail)
            (tmp_path / "long.jsonl.torn").unlink(missing_ok=True)
            with AlternationSession.open(path) as session:
                assert session.log.events == events[: k - 1]
                assert _everything(session._state) == _everything(state)
                assert [n.code for n in session.notes] == (["W-TORN"] if tail else [])
                if tail:
                    assert (tmp_path / "long.jsonl.torn").read_bytes() == tail + b"\n"
            assert path.read_bytes() == b"".join(lines[:k])
        if k % 10 == 0:
            with AlternationSession.open(path) as session:
                ended = _finish_off(session, _rng(k))
            replayed = AlternationSession.read(path)
            pd.testing.assert_frame_equal(replayed.frame(), ended)


def test_a_session_interrupted_again_and_again_ends_like_one_in_one_go(long_log, tmp_path, monkeypatch):
    monkeypatch.setattr(event_log.os, "fsync", lambda _descriptor: None)
    events = EventLog.read(long_log).events
    names = {"pick", "switch_end", "exclude", "withdraw", "undo", "redo", "note", "finish", "pause", "resume", "abandon"}
    path = tmp_path / "long.jsonl"
    start = events[0]
    _start(start["items"], path=path, rater="王", seed=5).close()
    for e in events[1:]:
        with AlternationSession.open(path) as session:
            assert e["event"] in names
            said = {k: v for k, v in e.items() if k not in ("n", "at", "of")}
            session._step({**said, **({"of": e["of"]} if "of" in e else {})})
        with path.open("ab") as file:
            file.write(b'{"n": 999, "event": "pi')
    with AlternationSession.open(path) as session:
        assert _everything(session._state) == _everything(fold(events))
        once = AlternationSession.read(long_log)
        pd.testing.assert_frame_equal(session.ladder(), once.ladder())
        pd.testing.assert_frame_equal(session.frame(partial=True), once.frame(partial=True))


def test_starting_on_a_file_that_holds_a_session_is_refused(tmp_path):
    path = tmp_path / "s.jsonl"
    _start(path=path).close()
    before = path.read_bytes()
    _refused("E-STARTED", lambda: _start(path=path), "already holds a session", "已有会话")
    assert path.read_bytes() == before
    lines = before.splitlines(keepends=True)
    path.write_bytes(lines[0])  # killed before the start was written
    _refused("E-NOLOG", lambda: AlternationSession.open(path))
    assert _start(path=path).rater == "r1"


def test_other_logs_are_refused(tmp_path):
    path = tmp_path / "p.jsonl"
    EventLog.open(path, kind="pairing", header={}).close()
    _refused("E-LOGKIND", lambda: AlternationSession.open(path), "kind pairing, not alternation")
    _refused("E-FILE", lambda: AlternationSession.open(tmp_path / "none.jsonl"))


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"event": "pick", "items": ["e01"]}, "already placed"),
        ({"event": "pick"}, "items"),
        ({"event": "redo"}, "nothing to redo"),
        ({"event": "dance"}, "dance"),
        ({"event": "start", "items": SEVEN}, "event = start"),
    ],
)
def test_steps_that_do_not_fit_are_refused_on_opening(tmp_path, event, why):
    path = tmp_path / "s.jsonl"
    with _start(path=path) as session:
        session.pick("e01")
        session.log.append(event)
    _refused("E-LOGSTEP", lambda: AlternationSession.open(path), why, "第 3 步")
    with EventLog.open(path, kind="alternation") as log:  # it was closed again
        assert len(log) == 3


def test_a_log_must_begin_with_the_start(tmp_path):
    path = tmp_path / "s.jsonl"
    with EventLog.open(path, kind="alternation", header={}) as log:
        log.append({"event": "pick", "items": ["a"]})
    _refused("E-LOGSTEP", lambda: AlternationSession.open(path))
    other = tmp_path / "t.jsonl"
    with EventLog.open(other, kind="alternation", header={}) as log:
        log.append({"event": "start", "items": ["a", "b"], "first_end": "best"})
    _refused("E-LOGSTEP", lambda: AlternationSession.open(other))
    with EventLog.open(tmp_path / "u.jsonl", kind="alternation", header={}) as log:
        log.append({"event": "start", "items": ["a", "b", "c"], "first_end": "middle"})
    _refused("E-LOGSTEP", lambda: AlternationSession.open(tmp_path / "u.jsonl"))


# --- several raters ----------------------------------------------------------------------------------------------------


def _session_file(folder, rater, order, *, finish=True, **options):
    path = folder / f"{rater}.jsonl"
    with AlternationSession.start(sorted(order), rater=rater, path=path, **options) as session:
        left = list(order)
        while session.state != "done" and (finish or session.step < 3):
            session.pick(left.pop(0) if session.end == "best" else left.pop())
    return path


def test_sessions_of_several_raters_make_one_table(tmp_path):
    files = [_session_file(tmp_path, r, order) for r, order in (("王", "abcd"), ("李", "bacd"), ("张", "dcba"))]
    EventLog.open(tmp_path / "pairs.jsonl", kind="pairing", header={}).close()
    table = gather(files)
    assert table.raters == ("张", "李", "王")
    assert len(table) == 12
    assert table.lists.size == 3
    frame = table.frame
    assert frame.loc[(frame["rater"] == "张") & (frame["ratee"] == "d"), "rank"].tolist() == [1.0]
    assert gather(tmp_path).data_hash() == table.data_hash() == gather(reversed(files)).data_hash()
    assert frame["session"].tolist() == [r for r in ("王", "李", "张") for _ in range(4)]


def test_gathering_lists_everything_that_is_wrong(tmp_path):
    good = _session_file(tmp_path, "a", "wxyz")
    half = _session_file(tmp_path, "b", "wxyz", finish=False)
    csv = tmp_path / "c.csv"
    csv.write_text("person\n1\n", encoding="utf-8")
    with pytest.raises(ReadingError) as caught:
        gather([good, half, csv])
    assert caught.value.codes == ("E-UNFINISHED", "E-NOLOG")
    _refused("E-UNFINISHED", lambda: gather(half), "2 people are not placed", "还有 2 人未排")
    partial = gather([good, half], partial=True).frame
    assert (partial["status"] == "unranked").sum() == 2
    empty = tmp_path / "empty"
    empty.mkdir()
    _refused("E-NOLOG", lambda: gather(empty))
    twice = tmp_path / "again"
    twice.mkdir()
    again = _session_file(twice, "a", "wxyz")
    with pytest.raises(RankingsError) as caught:
        gather([good, again])
    assert set(caught.value.codes) == {"E-DUPRANK"}


def test_one_rater_may_rank_on_several_dimensions(tmp_path):
    files = []
    for k, dimension in enumerate(("quality", "speed")):
        folder = tmp_path / str(k)
        folder.mkdir()
        files.append(_session_file(folder, "a", "wxyz"[:: 1 if k else -1], dimension=dimension))
    table = gather(files)
    assert table.dimensions == ("quality", "speed")
    assert table.lists.size == 2

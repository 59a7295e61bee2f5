"""Alternation sessions: nothing is lost wherever one is stopped, and several make one table."""

import pandas as pd
import pytest

from rankkit.elicit import AlternationSession, EventLog, event_log, gather
from rankkit.elicit.alternation_state import AlternationState, apply, fold
from rankkit.errors import RankingsError, ReadingError
from tests.elicit.alternation_sessions import SEVEN, refused, rng_of, started

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
    rng = rng_of(20)
    session = started([f"员工{k:02d}" for k in range(24)], path=path, rater="王", seed=5)
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
    rng = rng_of(7)
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
                ended = _finish_off(session, rng_of(k))
            replayed = AlternationSession.read(path)
            pd.testing.assert_frame_equal(replayed.frame(), ended)


def test_a_session_interrupted_again_and_again_ends_like_one_in_one_go(long_log, tmp_path, monkeypatch):
    monkeypatch.setattr(event_log.os, "fsync", lambda _descriptor: None)
    events = EventLog.read(long_log).events
    names = {"pick", "switch_end", "exclude", "withdraw", "undo", "redo", "note", "finish", "pause", "resume", "abandon"}
    path = tmp_path / "long.jsonl"
    start = events[0]
    started(start["items"], path=path, rater="王", seed=5).close()
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
    started(path=path).close()
    before = path.read_bytes()
    refused("E-STARTED", lambda: started(path=path), "already holds a session", "已有会话")
    assert path.read_bytes() == before
    lines = before.splitlines(keepends=True)
    path.write_bytes(lines[0])  # killed before the start was written
    refused("E-NOLOG", lambda: AlternationSession.open(path))
    assert started(path=path).rater == "r1"


def test_other_logs_are_refused(tmp_path):
    path = tmp_path / "p.jsonl"
    EventLog.open(path, kind="pairing", header={}).close()
    refused("E-LOGKIND", lambda: AlternationSession.open(path), "kind pairing, not alternation")
    refused("E-FILE", lambda: AlternationSession.open(tmp_path / "none.jsonl"))


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
    with started(path=path) as session:
        session.pick("e01")
        session.log.append(event)
    refused("E-LOGSTEP", lambda: AlternationSession.open(path), why, "第 3 步")
    with EventLog.open(path, kind="alternation") as log:  # it was closed again
        assert len(log) == 3


def test_a_log_must_begin_with_the_start(tmp_path):
    path = tmp_path / "s.jsonl"
    with EventLog.open(path, kind="alternation", header={}) as log:
        log.append({"event": "pick", "items": ["a"]})
    refused("E-LOGSTEP", lambda: AlternationSession.open(path))
    other = tmp_path / "t.jsonl"
    with EventLog.open(other, kind="alternation", header={}) as log:
        log.append({"event": "start", "items": ["a", "b"], "first_end": "best"})
    refused("E-LOGSTEP", lambda: AlternationSession.open(other))
    with EventLog.open(tmp_path / "u.jsonl", kind="alternation", header={}) as log:
        log.append({"event": "start", "items": ["a", "b", "c"], "first_end": "middle"})
    refused("E-LOGSTEP", lambda: AlternationSession.open(tmp_path / "u.jsonl"))


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
    refused("E-UNFINISHED", lambda: gather(half), "2 people are not placed", "还有 2 人未排")
    partial = gather([good, half], partial=True).frame
    assert (partial["status"] == "unranked").sum() == 2
    empty = tmp_path / "empty"
    empty.mkdir()
    refused("E-NOLOG", lambda: gather(empty))
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

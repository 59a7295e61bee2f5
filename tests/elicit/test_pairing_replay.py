"""A session killed at any event, or in the middle of writing one, goes on with nothing lost."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.elicit.pairing import PairingSession
from rankkit.elicit.pairing_state import fold
from rankkit.errors import SessionError
from tests.elicit.pairing_sessions import ids, run

N = 9


def long_session(path, design):
    """Play a session with every kind of event; note the state after each."""
    rng = np.random.default_rng(11)
    session = PairingSession.start(
        ids(N), rater="王经理", design=design, k=4, dimensions=["a", "b"], seed=6, path=path, repeats=0.2, labels={"e00": "赵一"}
    )
    seen = [(session.state, session.next)]

    def note():
        seen.append((session.state, session.next))

    for turn in range(70):
        if session.next is None:
            break
        session.answer(
            str(rng.choice(["left", "right", "tie", "skip"], p=[0.5, 0.3, 0.1, 0.1])), response_ms=float(rng.integers(500, 9000))
        )
        note()
        if turn % 9 == 4:
            session.undo()
            note()
        if turn % 17 == 8:
            session.pause()
            note()
            session.resume()
            note()
        if turn in (20, 33):
            session.withdraw(ids(N)[turn % N])
            note()
        if turn == 21:
            session.undo()
            note()
    session.close()
    return seen


@pytest.mark.parametrize("design", ["complete", "random_regular", "swiss", "adaptive"])
def test_killed_after_any_event(tmp_path, design):
    path = tmp_path / "whole.jsonl"
    seen = long_session(path, design)
    lines = path.read_bytes().splitlines(keepends=True)
    assert len(lines) == len(seen)
    for count, (state, question) in enumerate(seen, 1):
        cut = tmp_path / "cut.jsonl"
        cut.write_bytes(b"".join(lines[:count]))
        with PairingSession.open(cut) as session:
            assert session.log.repaired is None
            assert session.state == state
            assert session.next == question


def test_killed_while_writing_any_byte(tmp_path):
    path = tmp_path / "whole.jsonl"
    seen = long_session(path, "adaptive")
    lines = path.read_bytes().splitlines(keepends=True)
    rng = np.random.default_rng(0)
    for count in range(1, len(lines)):
        for byte in {1, len(lines[count]) - 2, int(rng.integers(1, len(lines[count]) - 1))}:
            cut = tmp_path / "cut.jsonl"
            cut.write_bytes(b"".join(lines[:count]) + lines[count][:byte])
            with PairingSession.open(cut) as session:
                assert [note.code for note in session.notes][-1] == "W-TORN"
                assert (session.state, session.next) == seen[count - 1]
            if byte == 1:
                with PairingSession.open(cut) as session:
                    assert session.log.repaired is None, "repaired once and for all"


@pytest.mark.parametrize("design", ["complete", "swiss", "adaptive"])
def test_going_on_after_every_answer_asks_the_same_as_never_stopping(tmp_path, design):
    options = {"rater": "r", "design": design, "k": 4, "seed": 3, "dimensions": ["a", "b"]}
    worth = np.linspace(2, -2, N)

    def answer(session):
        q = session.next
        session.answer("left" if worth[int(q.left[1:])] > worth[int(q.right[1:])] else "right")
        return q

    straight, stopped = PairingSession.start(ids(N), **options), []
    path = tmp_path / "session.jsonl"
    PairingSession.start(ids(N), **options, path=path).close()
    while True:
        with PairingSession.open(path) as session:
            if session.next is None:
                break
            stopped.append(answer(session))
    whole = []
    while straight.next is not None:
        whole.append(answer(straight))
    assert stopped == whole
    with PairingSession.open(path) as session:
        assert session.frame().drop(columns="session").equals(straight.frame().drop(columns="session"))


def test_times_do_not_matter(tmp_path):
    path = tmp_path / "s.jsonl"
    with PairingSession.start(ids(N), rater="r", design="adaptive", k=6, path=path) as session:
        run(session, most=20)
        state, question = session.state, session.next
    moved = [{**e, "at": "1999-01-01T00:00:00Z"} for e in session.log.events]
    assert fold(moved) == state
    text = path.read_text(encoding="utf-8").replace("202", "198")
    path.write_text(text, encoding="utf-8")
    assert PairingSession.read(path).next == question


def test_reading_takes_no_answers(tmp_path):
    path = tmp_path / "s.jsonl"
    with PairingSession.start(ids(4), rater="r", path=path) as session:
        session.answer("left")
        other = PairingSession.read(path)
        assert other.progress.asked == 1
        with pytest.raises(SessionError) as caught:
            other.answer("left")
        assert caught.value.code == "E-LOGCLOSED"
        session.answer("right")
    assert PairingSession.read(path).progress.asked == 2


def test_starting_twice(tmp_path):
    path = tmp_path / "s.jsonl"
    with PairingSession.start(ids(4), rater="r", path=path) as session:
        session.answer("left")
    for again in ({"seed": 0}, {"seed": 1}):
        with pytest.raises(SessionError) as caught:
            PairingSession.start(ids(4), rater="r", path=path, **again)
        assert caught.value.code == "E-STARTED"
    assert PairingSession.read(path).progress.asked == 1
    fresh = tmp_path / "fresh.jsonl"
    PairingSession.start(ids(4), rater="r", path=fresh).close()
    PairingSession.start(ids(4), rater="r", path=fresh).close()  # killed before the first answer: the same session
    with pytest.raises(SessionError):
        PairingSession.start(ids(5), rater="r", path=fresh)


def test_logs_changed_by_hand_are_refused(tmp_path):
    path = tmp_path / "s.jsonl"
    with PairingSession.start(ids(4), rater="r", path=path) as session:
        session.answer("left")
        session.undo()
    whole = path.read_text(encoding="utf-8")
    changes = {
        '"event":"undo"': ('"event":"redo"', "E-LOGSTEP"),
        '"of":1': ('"of":7', "E-LOGSTEP"),
        '"design"': ('"desing"', "E-LOGHEADER"),
    }
    for old, (new, code) in changes.items():
        spaced = old.replace(":", ": ")
        assert old in whole or spaced in whole
        path.write_text(whole.replace(old, new).replace(spaced, new), encoding="utf-8")
        with pytest.raises(SessionError) as caught:
            PairingSession.read(path)
        assert caught.value.code == code
        for lang in ("en", "zh"):
            assert "…" not in caught.value.text(lang)


def test_answers_must_be_of_a_known_kind():
    event = {"n": 1, "event": "answer", "left": "a", "right": "b", "dimension": "overall", "kind": "random", "outcome": "left"}
    assert fold([event]).answers[0].pair == ("a", "b")
    for broken in ({"outcome": "best"}, {"kind": "chosen"}, {"event": "answered"}):
        with pytest.raises(SessionError):
            fold([{**event, **broken}])
    with pytest.raises(SessionError):
        fold([{k: v for k, v in event.items() if k != "left"}])
    with pytest.raises(SessionError):
        fold([{"n": 1, "event": "undo", "of": 1}])

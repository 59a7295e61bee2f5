"""A pairing session asks what its design promises."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import ceil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rankkit as rk
from rankkit.elicit.pairing import PairingSession
from rankkit.elicit.pairing_gathering import gather_comparisons
from rankkit.errors import ReadingError, SessionError
from tests.elicit.pairing_sessions import ids, run, shown

DESIGNS = ("complete", "random_regular", "cyclic", "swiss", "adaptive")


def start(n=8, **changes):
    return PairingSession.start(ids(n), **{"rater": "boss", **changes})


def people(question) -> set[str]:
    return {question.left, question.right}


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.sampled_from(DESIGNS), st.integers(6, 14), st.integers(0, 1000), st.sampled_from([0.0, 0.1, 0.3]))
def test_every_design_keeps_its_promises(design, n, seed, repeats):
    k = None if design == "complete" else 4 if n < 9 else 6
    session = start(n, design=design, k=k, seed=seed, repeats=repeats)
    total = session.progress.total
    asked = run(session, np.linspace(-2, 2, n), seed=seed)
    found = session.progress
    assert found.done
    assert found.asked == found.total == total == len(asked)
    assert [q.number for q in asked] == list(range(1, total + 1))
    base = [q for q in asked if q.kind != "repeat"]
    again = [q for q in asked if q.kind == "repeat"]
    pairs = Counter(frozenset(people(q)) for q in base)
    assert max(pairs.values()) == 1
    load = Counter(p for q in base for p in people(q))
    if design == "complete":
        assert len(pairs) == n * (n - 1) // 2
    elif design in ("random_regular", "cyclic"):
        assert set(load.values()) == {k}
    elif design == "adaptive":
        assert len(base) == n * k // 2
        assert len([q for q in base if q.kind == "holdout"]) == round(0.2 * len(base))
        assert max(load.values()) <= ceil(1.25 * k) + 3  # the hold-out and the random beginning are not capped
    assert len(again) == ceil(repeats * len(base) - 1e-9)
    first_time = {frozenset(people(q)): q for q in base}
    for q in again:
        original = first_time[frozenset(people(q))]
        assert (q.left, q.right) == (original.right, original.left)
        assert q.number - original.number >= 2
    assert len({frozenset(people(q)) for q in again}) == len(again)
    assert found.left_surplus <= (2 if design not in ("swiss", "adaptive") else 4)
    in_a_row = sum(bool(people(a) & people(b)) for a, b in pairwise(asked))
    assert in_a_row == found.in_a_row
    assert in_a_row <= (0 if n >= 9 and design not in ("swiss", "adaptive") else 3)


def test_the_lot_does_not_depend_on_the_order_of_the_list():
    listed = ids(9)
    for design in DESIGNS:
        kept = [
            shown(run(PairingSession.start(order, rater="r", design=design, k=4, seed=7), np.linspace(1, -1, 9), seed=1))
            for order in (listed, listed[::-1], pd.Series(listed), pd.DataFrame({"ratee": listed}), pd.DataFrame(index=listed))
        ]
        assert all(found == kept[0] for found in kept)
    one, other = (shown(run(start(9, design="random_regular", k=4, seed=s))) for s in (1, 2))
    assert one != other


def test_the_hold_out_never_decides_what_is_asked():
    """Turning every held-out answer around changes no question."""
    for design in ("swiss", "adaptive"):
        kept = []
        for turned in (False, True):
            session = start(12, design=design, k=6, seed=4)
            asked = []
            while (q := session.next) is not None:
                asked.append((q.left, q.right, q.kind))
                better = q.left if int(q.left[1:]) < int(q.right[1:]) else q.right
                win = (better == q.left) ^ (turned and q.kind == "holdout")
                session.answer("left" if win else "right")
            kept.append(asked)
        assert kept[0] == kept[1]
        assert any(kind == "holdout" for _, _, kind in kept[0])
        held = {frozenset(p[:2]) for p in kept[0] if p[2] == "holdout"}
        assert not held & {frozenset(p[:2]) for p in kept[0] if p[2] in ("random", "adaptive")}
        other = start(12, design=design, k=6, seed=4)
        run(other, np.linspace(3, -3, 12), seed=8)
        answers = other.comparisons().frame
        assert {frozenset(p) for p in answers.loc[answers["design"] == "holdout", ["left", "right"]].itertuples(index=False)} == held


def test_repetitions_never_decide_what_is_asked():
    session = start(10, design="adaptive", k=6, repeats=0.5, seed=1)
    questions = run(session, np.linspace(2, -2, 10), seed=3)
    plain = start(10, design="adaptive", k=6, repeats=0.0, seed=1)
    answers = {(q.left, q.right): a.outcome for q, a in zip(questions, session.state.answers, strict=True) if q.kind != "repeat"}
    count = 0
    while (q := plain.next) is not None and (q.left, q.right) in answers:
        plain.answer(answers[q.left, q.right])
        count += 1
    assert count >= 8  # until sides or rests differ because a repetition stood between


def test_adaptive_pairs_people_of_about_equal_strength():
    worth = np.linspace(4, -4, 20)
    asked = run(start(20, design="adaptive", k=10, start_rounds=4, seed=2), worth, seed=2)
    gap = {
        kind: np.mean([abs(worth[int(q.left[1:])] - worth[int(q.right[1:])]) for q in asked if q.kind == kind])
        for kind in ("adaptive", "holdout")
    }
    assert gap["adaptive"] < 0.6 * gap["holdout"]


def test_pairs_may_be_asked_again_of_few_people():
    """Five people in a grey zone: with max_repeats=3 everybody can have more comparisons than there are partners."""
    session = start(5, design="adaptive", k=8, max_repeats=3, repeats=0.0, holdout=0.2)
    asked = run(session, np.linspace(1, -1, 5), seed=2)
    times = Counter((frozenset(people(q)), q.kind == "holdout") for q in asked)
    assert len(asked) == 20
    assert max(times.values()) == 3
    assert all(count == 1 for (_, held), count in times.items() if held)
    assert not any(people(a) == people(b) for a, b in pairwise(asked))
    swiss = start(6, design="swiss", k=8, max_repeats=2, repeats=0.0, holdout=0.0)
    assert Counter(p for q in run(swiss, np.linspace(1, -1, 6)) for p in people(q)) == dict.fromkeys(ids(6), 8)


def test_swiss_rounds_never_repeat_a_pair_and_follow_the_scores():
    session = start(8, design="swiss", k=5, holdout=0.0, repeats=0.0)
    while (q := session.next) is not None:
        session.answer("left" if q.left < q.right else "right")
    by_round = {}
    for a in session.state.answers:
        by_round.setdefault(a.round, []).append(a)
    assert {r: len(v) for r, v in by_round.items()} == {1: 4, 2: 4, 3: 4, 4: 4, 5: 4}
    assert all(a.kind == ("random" if a.round == 1 else "adaptive") for a in session.state.answers)
    wins = Counter(min(a.pair) for a in by_round[1])
    for a in by_round[2]:
        assert wins[a.left] == wins[a.right]


def test_one_dimension_after_the_other():
    session = start(6, dimensions=["quality", "speed"], seed=3)
    asked = [q.dimension for q in run(session)]
    assert asked == sorted(asked)
    assert set(asked) == {"quality", "speed"}
    first, second = (
        [(q.left, q.right) for q in run(start(6, dimensions=["quality", "speed"], seed=3)) if q.dimension == d]
        for d in ("quality", "speed")
    )
    assert first != second
    one = start(6, dimensions="质量", labels={"e00": "王伟"})
    assert one.next.dimension == "质量"
    assert {one.settings.labels["e00"], one.settings.labels["e01"]} == {"王伟", "e01"}


def test_the_lot_is_not_the_users_own_stream():
    """Answers simulated from the seed of the session must not follow its lot."""
    first = [start(8, seed=s).next.left for s in range(40)]
    streams = [np.random.default_rng(entropy).permutation(8)[0] for s in range(40) for entropy in (s, [s, 0])]
    same = [np.mean([int(p[1:]) == v for p, v in zip(first, streams[k::2], strict=True)]) for k in (0, 1)]
    assert max(same) < 0.4  # one in eight by chance


def test_progress_on_the_way():
    session = start(10, design="cyclic", k=4, dimensions=["a", "b"])
    assert session.progress.dimensions == {"a": (0, 22), "b": (0, 22)}
    assert (session.progress.seconds, session.progress.minutes_left) == (6.0, pytest.approx(4.4))
    session.answer("left", response_ms=2000)
    session.answer("skip", response_ms=4000)
    found = session.progress
    assert (found.asked, found.remaining, found.dimension, found.seconds) == (2, 42, "a", 3.0)
    assert found.outcomes == {"left": 1, "skip": 1}
    assert not found.done
    assert "2 of 44" in repr(session)


def test_undo_asks_the_same_question_again():
    for design in DESIGNS:
        session = start(9, design=design, k=4, seed=5)
        run(session, np.linspace(2, -2, 9), most=12)
        before = session.next
        session.answer("left")
        undone = session.undo()
        assert (undone.left, undone.right) == (before.left, before.right)
        assert session.next == before
        while session.state.answers:
            session.undo()
        assert len(session.log.events) == 2 * 13
        assert shown(run(session, np.linspace(2, -2, 9))) == shown(run(start(9, design=design, k=4, seed=5), np.linspace(2, -2, 9)))
        with pytest.raises(SessionError, match=r"undo|撤销"):
            start(9).undo()


@pytest.mark.parametrize("design", DESIGNS)
def test_withdrawn_people_are_not_asked_about_and_nothing_is_lost(design):
    session = start(9, design=design, k=4, seed=2)
    run(session, np.linspace(2, -2, 9), most=8)
    gone = session.state.answers[0].left
    kept = len(session.comparisons())
    session.withdraw(gone, reason="on leave")
    assert len(session.comparisons()) == kept
    asked = run(session, np.linspace(2, -2, 9))
    assert all(gone not in people(q) for q in asked)
    assert session.progress.done
    assert session.progress.withdrawn == (gone,)
    assert gone in session.comparisons().people
    assert gone not in session.comparisons(withdrawn="drop").people
    assert session.log.events[8] == {**session.log.events[8], "event": "withdraw", "item": gone, "reason": "on leave"}
    for _ in asked:
        session.undo()
    assert session.undo() == gone
    assert session.state.withdrawn == {}


def test_skipped_pairs_are_not_asked_again():
    for design in DESIGNS:
        session = start(10, design=design, k=4, seed=3, repeats=0.3)
        asked = run(session, np.linspace(2, -2, 10), skips=0.3, seed=4)
        skipped = {a.pair for a in session.state.answers if a.outcome == "skip" and a.kind != "repeat"}
        times = Counter(tuple(sorted(people(q))) for q in asked)
        assert skipped
        assert all(times[pair] == 1 for pair in skipped)


def test_excluded_pairs_and_conflicts_of_interest():
    barred = [("e00", "e01"), ("e03", "e02")]
    for design in DESIGNS:
        session = start(10, design=design, k=4, rater="e09", conflicts=["e08"], exclude_pairs=[*barred, ("e09", "e00")])
        asked = run(session)
        assert not {"e08", "e09"} & {p for q in asked for p in people(q)}
        assert not {frozenset(p) for p in barred} & {frozenset(people(q)) for q in asked}
        assert [note.code for note in session.notes][:1] == ["I-CONFLICT"]
        assert "e08, e09" in session.notes[0].text("en")
        assert "e08" in session.notes[0].text("zh")


def test_given_pairs_are_asked_and_no_others():
    session = start(
        6,
        design="given",
        pairs={"a": [("e00", "e01"), ("e02", "e03"), ("e04", "e05")], "b": [("e05", "e00")]},
        dimensions=["a", "b"],
        repeats=0,
    )
    asked = {(q.dimension, q.left, q.right) if q.left < q.right else (q.dimension, q.right, q.left) for q in run(session)}
    assert asked == {("a", "e00", "e01"), ("a", "e02", "e03"), ("a", "e04", "e05"), ("b", "e00", "e05")}


def test_pause_and_resume():
    session = start(4)
    session.pause()
    for step in (lambda: session.answer("left"), session.undo, session.pause, lambda: session.withdraw("e00")):
        with pytest.raises(SessionError) as caught:
            step()
        assert caught.value.code == "E-PAUSED"
    assert session.progress.paused
    session.resume()
    session.answer("left")
    with pytest.raises(SessionError) as caught:
        session.resume()
    assert caught.value.code == "E-NOTPAUSED"


def test_the_table_can_be_fitted():
    session = start(8, labels={"e00": "王伟"}, dimensions=["work"])
    run(session, np.linspace(2, -2, 8), ties=0.1, seed=6)
    table = session.comparisons()
    frame = table.frame
    assert list(frame["seq"]) == list(range(1, len(frame) + 1))
    assert set(frame["design"]) == {"random", "repeat"}
    assert set(frame["session"]) == {session.settings.session}
    assert frame["response_ms"].isna().all()
    assert table.labels["e00"] == "王伟"
    assert table.raters == ("boss",)
    result = rk.PairedComparison().fit(table)
    assert result.scores.loc["e00", "rank"] <= 3


def test_several_sessions_become_one_table(tmp_path):
    for rater in ("r1", "r2"):
        with PairingSession.start(ids(5), rater=rater, path=tmp_path / f"{rater}.jsonl") as session:
            run(session, most=6)
    table = gather_comparisons(tmp_path)
    assert len(table) == 12
    assert table.raters == ("r1", "r2")
    again = gather_comparisons([tmp_path / "r2.jsonl", PairingSession.read(tmp_path / "r1.jsonl")])
    assert again.data_hash() == table.data_hash()
    (tmp_path / "copy.jsonl").write_bytes((tmp_path / "r1.jsonl").read_bytes())
    with pytest.raises(ReadingError) as caught:
        gather_comparisons(tmp_path)
    assert caught.value.code == "E-SESSIONTWICE"
    assert "copy.jsonl" in str(caught.value)
    repeated = PairingSession.start(ids(5), rater="r1", session="r1 again")
    repeated.answer("tie")
    assert len(gather_comparisons([tmp_path / "r1.jsonl", repeated])) == 7
    with pytest.raises(ReadingError) as caught:
        gather_comparisons([])
    assert caught.value.code == "E-NOLOG"
    with pytest.raises(ReadingError) as caught:
        gather_comparisons([tmp_path / "r1.jsonl", tmp_path / "absent.jsonl"])
    assert caught.value.code == "E-FILE"

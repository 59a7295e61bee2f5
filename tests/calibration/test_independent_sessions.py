"""A session walked at random beside a plain model of its rules, replayed, read back, and tampered with."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rankkit import ForcedDistribution
from rankkit.calibration import CalibrationSession, Participant, read_export
from rankkit.calibration.event_log.event_store_file import TABLES
from rankkit.errors import RankkitError, SessionError
from tests.calibration.session_cases import REASON
from tests.methods.test_forced_distribution import scored

PHASES = ["prepare", "discuss", "propose", "ratify", "close"]
ORDER = ["A", "B", "C", "D"]
SECOND = ("data_error", "A second reason of another kind, written down here.")
EXACT = 1e-9  # sums of a few hundred probabilities


def started(path: Path | None, n: int = 20) -> CalibrationSession:
    source = scored(np.random.default_rng(2).normal(size=n), se=0.4)
    grades = ForcedDistribution(shares={"A": 0.2, "B": 0.4, "C": 0.3, "D": 0.1}, ties="up").fit(source)
    people = pd.DataFrame({"person": source.people, "manager": [f"M{k % 3}" for k in range(n)]})
    members = ["W", Participant(id="L", family=("p003",)), "p005", Participant(id="O", role="observer")]
    return CalibrationSession.create(path, grades, members, people=people, seed=7)


@dataclass
class Model:
    """What the rules of a session say, in a few lines."""

    grade: dict[str, str]
    phase: str = "prepare"
    recused: set[tuple[str, str]] = field(default_factory=lambda: {("L", "p003"), ("p005", "p005")})
    moves: dict[int, list[Any]] = field(default_factory=dict)
    signed: set[str] = field(default_factory=set)

    def may(self, by: str, who: str) -> bool:
        return by not in {"O", who} and (by, who) not in self.recused

    def standing(self) -> list[int]:
        return [n for n, m in self.moves.items() if not m[4]]

    def last(self, who: str) -> int:
        return max(n for n in self.standing() if self.moves[n][0] == who)


def step(s: CalibrationSession, m: Model, draw: np.random.Generator) -> bool:
    """Take one step at random; it is taken if and only if the model says so."""
    kind = str(draw.choice(["move"] * 4 + ["undo"] * 2 + ["recuse", "discuss", "ratify", "reopen", "advance"]))
    who, by = str(draw.choice(list(m.grade))), str(draw.choice(["W", "L", "p005", "O"]))
    target, allowed = 0, False
    if kind == "move":
        to = str(draw.choice(ORDER))
        allowed = m.phase == "propose" and m.may(by, who) and to != m.grade[who] and who not in {s.names.id(w) for w in s.state.batch}
        code = str(draw.choice(["new_evidence", "quota_only"]))
        take = lambda: s.move(by, who, to, code, REASON, ["x"], second=SECOND)  # type: ignore[arg-type] # noqa: E731
    elif kind == "undo":
        target = int(draw.choice(list(m.moves))) if m.moves else 10**6
        held = m.moves.get(target)
        allowed = m.phase == "propose" and held is not None and not held[4] and m.may(by, held[0]) and m.last(held[0]) == target
        take = lambda: s.undo(by, REASON, target)  # noqa: E731
    elif kind == "recuse":
        allowed = m.phase in PHASES[:3]
        take = lambda: s.recuse(by, who, "family")  # noqa: E731
    elif kind == "discuss":
        allowed = m.phase in PHASES[1:3] and m.may(by, who)
        take = lambda: s.discuss(who, by)  # noqa: E731
    elif kind == "ratify":
        allowed = m.phase == "ratify" and by not in {"O", *m.signed}
        take = lambda: s.ratify(by)  # noqa: E731
    elif kind == "reopen":
        allowed = m.phase == "ratify" and by != "O"
        take = lambda: s.reopen(by, REASON)  # noqa: E731
    else:
        if m.phase in ("propose", "ratify") and draw.random() < 0.7:
            return False
        allowed = by != "O" and m.phase != "close" and (m.phase != "ratify" or len(m.signed) == 3)
        take = lambda: s.advance(by)  # noqa: E731
    try:
        done = take()
    except RankkitError:
        assert not allowed, (kind, by, who, m.phase)
        return False
    assert allowed, (kind, by, who, m.phase)
    if kind == "move":
        m.moves[done.n] = [who, m.grade[who], done.to_grade, code, 0]
        m.grade[who] = done.to_grade
    elif kind == "undo":
        m.moves[target][4], m.grade[m.moves[target][0]] = s.head().count, m.moves[target][1]
    elif kind == "recuse":
        m.recused.add((by, who))
    elif kind == "ratify":
        m.signed.add(by)
    elif kind != "discuss":
        m.phase = "propose" if kind == "reopen" else PHASES[PHASES.index(m.phase) + 1]
        m.signed = set()
    return True


def shown(s: Any) -> list[str]:
    """Everything a session shows, as text."""
    views = (s.grades, s.moves, s.quota, s.before_after, s.flows, s.who_moved_whom, s.boundary, s.retained, s.manager_moves.table)
    return [v.to_string() for v in views] + [s.phase, repr(s.quota_only), repr([(n.code, n.details) for n in s.notes])]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Model, dict[int, list[str]], CalibrationSession]:
    path = tmp_path_factory.mktemp("walk") / "session.db"
    s, draw = started(path), np.random.default_rng(4)
    m, seen = Model(s.grades["grade"].to_dict()), {}
    for k in range(320):
        taken = step(s, m, draw)
        assert s.phase == m.phase
        if taken and k % 16 == 0:
            seen[s.head().count] = shown(s)
    return path, m, seen, s


def test_only_what_the_rules_allow_is_taken_and_the_counts_are_theirs(walked) -> None:
    _, m, _, s = walked
    assert len(m.moves) > 15
    assert any(x[4] for x in m.moves.values())
    assert s.grades["grade"].to_dict() == m.grade
    used = Counter(m.grade.values())
    assert s.quota["used"].to_dict() == {g: used[g] for g in ORDER}
    assert (s.quota["slack"] == s.quota["seats"] - s.quota["used"]).all()
    down = [x for x in m.moves.values() if not x[4] and ORDER.index(x[2]) > ORDER.index(x[1])]
    assert s.quota_only == (sum(x[3] == "quota_only" for x in down), len(down))


def test_replay_the_file_and_an_export_show_the_same(walked, tmp_path: Path) -> None:
    path, _, seen, s = walked
    assert len(seen) > 3
    for n, views in seen.items():
        assert shown(s.replay(n)) == views
    with CalibrationSession.open(path, write=False) as again:
        assert shown(again) == shown(s)
    s.export(tmp_path / "all.jsonl")
    assert shown(read_export(tmp_path / "all.jsonl")) == shown(s)


def test_moves_by_manager_against_every_division(walked) -> None:
    """All ways to deal the changes of each first grade to the managers' people, and the odds by hand."""
    _, m, _, s = walked
    first, table = s.grades["before"].to_dict(), s.manager_moves.table
    change = {p: ORDER.index(first[p]) - ORDER.index(g) for p, g in m.grade.items()}
    for manager, own in ((f"M{r}", {p for p in change if int(p[1:]) % 3 == r}) for r in range(3)):
        sums, over, under = Counter({0: 1}), 0.0, 0.0
        for g in ORDER:
            people = [p for p in change if first[p] == g]
            mine = [p for p in people if p in own]
            dealt = Counter(sum(change[p] for p in some) for some in combinations(people, len(mine)))
            sums, before = Counter(), sums
            for a, x in before.items():
                for b, y in dealt.items():
                    sums[a + b] += x * y
            low, others = sum(change[p] < 0 for p in mine), sum(change[p] < 0 for p in people if p not in own)
            over += low * (len(people) - len(mine) - others) / len(people)
            under += (len(mine) - low) * others / len(people)
        ways = sums.total()
        mean, seen = sum(a * x for a, x in sums.items()) / ways, sum(change[p] for p in own)
        p = sum(x for a, x in sums.items() if abs(a - mean) >= abs(seen - mean) - EXACT) / ways
        assert table.loc[manager, "p"] == pytest.approx(p, abs=EXACT)
        assert table.loc[manager, "expected"] * len(own) == pytest.approx(mean, abs=EXACT)
        assert table.loc[manager, "odds"] == pytest.approx(over / under if under else float("inf"))


def test_the_agenda_is_doubt_times_entropy_and_its_order_tells_nobody() -> None:
    """Priority by hand; and the order of tokens is not that of any lot drawn from known ids and the seed."""
    s, draw = started(None), np.random.default_rng(3)
    given: dict[str, list[str]] = {p: [] for p in s.grades.index}
    for p, row in s.grades.iterrows():
        for by in ("W", "L", "p005"):
            if (by, p) in {("L", "p003"), ("p005", "p005")}:
                continue
            to = str(draw.choice(ORDER))
            step_ = ORDER.index(row["grade"]) - ORDER.index(to)
            s.vote(by, str(p), "agree" if not step_ else "up" if step_ > 0 else "down", to)
            given[str(p)].append(to)
    chance = s.grades["probability"]
    s.advance("W")
    for p, votes in given.items():
        part = [k / len(votes) for k in Counter(votes).values()]
        doubt = (1 - chance[p]) * -sum(x * log(x) for x in part) / log(len(ORDER))
        assert s.cases.loc[p, "priority"] == pytest.approx(abs(doubt), abs=EXACT)
    ids = [str(p) for p in s.cases.index[s.cases["order"].notna()]]
    lots = [hashlib.sha256(f"7:{p}".encode()).digest() for p in ids]
    assert sum(a > b for a, b in pairwise(lots)) > 2


@pytest.mark.parametrize("how", ["space", "number", "escape", "swap", "shift", "tail", "rewrite", "sheet", "count"])
def test_what_was_changed_in_the_file_is_found(walked, tmp_path: Path, how: str) -> None:
    _, _, _, s = walked
    path, head = tmp_path / "t.db", str(s.head())
    shutil.copy(_kept(s, tmp_path), path)
    db = sqlite3.connect(path)
    for name in ("event_stays", "event_fixed"):
        db.execute(f"DROP TRIGGER {name}")
    old = db.execute("SELECT record FROM event WHERE n = 5").fetchone()[0]
    new = {"space": (b',"by"', b', "by"'), "number": (b'"n":5', b'"n":5.0'), "escape": (b'"kind":"', b'"kind":"\\u0020')}
    if how in new:
        db.execute("UPDATE event SET record = ? WHERE n = 5", (old.replace(*new[how], 1),))
    elif how == "swap":
        for a, b in ((5, -1), (6, 5), (-1, 6)):
            db.execute("UPDATE event SET n = ? WHERE n = ?", (b, a))
    elif how == "shift":
        db.execute("DELETE FROM event WHERE n = 6")
        for n in range(7, s.head().count + 1):
            db.execute("UPDATE event SET n = ? WHERE n = ?", (n - 1, n))
    elif how in ("tail", "rewrite"):
        _again(db, s.head().count - (how == "tail"), change=how == "rewrite")
    elif how == "sheet":
        db.execute('UPDATE personal SET body = CAST(REPLACE(CAST(body AS TEXT), \'"id":"p00\', \'"id":"p01\') AS BLOB)')
    else:
        db.execute("UPDATE head SET count = count - 1")
    for name in ("event_stays", "event_fixed"):
        db.execute(TABLES[name])
    db.commit()
    db.close()
    if how in ("tail", "rewrite"):  # a chain made anew is found only against a head kept elsewhere
        CalibrationSession.open(path, write=False).close()
    with pytest.raises(SessionError) as found, CalibrationSession.open(path, write=False) as opened:
        opened.verify(head)
    assert found.value.code == {"tail": "E-TAIL", "rewrite": "E-REWRITTEN", "sheet": "E-HASHPERSONAL", "count": "E-HASHHEAD"}.get(
        how, "E-HASH"
    )


def _kept(s: CalibrationSession, folder: Path) -> Path:
    """Copy a session that is open."""
    target = sqlite3.connect(folder / "copy.db")
    with sqlite3.connect(str(s.path)) as source:
        source.backup(target)
    target.close()
    return folder / "copy.db"


def _again(db: sqlite3.Connection, count: int, *, change: bool) -> None:
    """Write a chain anew with hashes that fit, one code changed, or up to some event."""
    db.execute("DELETE FROM event WHERE n > ?", (count,))
    last, kept = hashlib.sha256(db.execute("SELECT record FROM genesis").fetchone()[0]).digest(), set()
    for n, record in list(db.execute("SELECT n, record FROM event ORDER BY n")):
        text = record.replace(b'"code":"new_evidence"', b'"code":"data_error"') if change else record
        last = hashlib.sha256(last + text).digest()
        kept |= {bytes.fromhex(bound) for _, bound in json.loads(text)["sealed"]}
        db.execute("UPDATE event SET record = ?, hash = ? WHERE n = ?", (text, last, n))
    for (bound,) in list(db.execute("SELECT commitment FROM personal")):
        if bound not in kept:
            db.execute("DELETE FROM personal WHERE commitment = ?", (bound,))
    db.execute("UPDATE head SET count = ?, hash = ?", (count, last))
